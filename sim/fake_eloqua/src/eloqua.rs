//! The platform as a whole.

use crate::bulk::Bulk;
use crate::grave::Graves;
use crate::job::Jobs;
use crate::knobs::KNOBS;
use crate::limits::Limits;
use crate::oauth::Tokens;
use crate::router;
use crate::setup::{Sessions, nobody_yet};
use crate::store::Store;
use crate::user::User;
use serde_json::{Map, Value};
use standin_fake_kit::{Agenda, EndpointDoc, Fake, Ids, Knobs};
use standin_model::Instant;
use standin_ports::{Request, Response, Secret};
use std::borrow::Cow;
use std::ops::Range;

/// The name of the site that exists when nobody seeds one.
pub const DEFAULT_SITE: &str = "StandinCo";
/// Its user.
pub const DEFAULT_USER: &str = "sync.user";
/// The password of its user.
pub const DEFAULT_PASSWORD: &str = "sync-Pa55word";

/// Whose instance this is, and who may call it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) pod: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    /// Where the application is sent back to; blank if any address will do.
    pub(crate) redirect_uri: String,
    /// Users beside the site's own.
    pub(crate) others: Vec<User>,
    /// Endpoints of services that the site has not bought; `*` stands for any run of characters.
    pub(crate) without: Vec<String>,
}

/// What Eloqua does by itself later.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    StartSync(u64),
    EndSync(u64),
    DropStaging(crate::bulk::Key),
    DropDefinition(crate::bulk::Key),
    DropData(u64),
    /// Some tokens or codes have had their time.
    EndTokens,
}

/// An Eloqua instance.
#[derive(Clone, Debug)]
pub struct Eloqua {
    pub(crate) site: Site,
    pub(crate) store: Store,
    pub(crate) bulk: Bulk,
    pub(crate) jobs: Jobs,
    pub(crate) graves: Graves,
    pub(crate) tokens: Tokens,
    pub(crate) sessions: Sessions,
    pub(crate) limits: Limits,
    pub(crate) agenda: Agenda<Due>,
    pub(crate) knobs: Knobs,
    pub(crate) ids: Ids,
    /// Those of people's sessions: who looks on changes nothing of what the APIs give out.
    pub(crate) session_ids: Ids,
    requests: u64,
}

impl Eloqua {
    /// The company that somebody names who signs in, or asks for a token with a name and a password.
    pub fn company_said(request: &Request) -> Option<String> {
        let member = match request.uri().path() {
            "/login" => "company",
            "/auth/oauth2/token" => "username",
            _ => return None,
        };
        let said = crate::oauth::parameters(request.body()).into_iter().find(|(name, _)| name == member)?.1;
        let company = said.split_once('\\').map_or(said.as_str(), |(company, _)| company);
        Some(company.trim().to_owned())
    }

    /// An instance without contacts.
    pub fn new(seed: u64) -> Self {
        Self {
            site: Site {
                id: 734_972_267,
                name: DEFAULT_SITE.to_owned(),
                user: DEFAULT_USER.to_owned(),
                password: Secret::new(DEFAULT_PASSWORD),
                pod: "p04".to_owned(),
                client_id: crate::oauth::DEFAULT_CLIENT_ID.to_owned(),
                client_secret: Secret::new(crate::oauth::DEFAULT_CLIENT_SECRET),
                redirect_uri: String::new(),
                others: Vec::new(),
                without: Vec::new(),
            },
            store: Store::new("SNDC"),
            bulk: Bulk::default(),
            jobs: Jobs::default(),
            graves: Graves::default(),
            tokens: Tokens::default(),
            sessions: nobody_yet(),
            limits: Limits::default(),
            agenda: Agenda::default(),
            knobs: Knobs::new(KNOBS),
            ids: Ids::new(seed, "eloqua"),
            session_ids: Ids::new(seed, "eloqua sessions"),
            requests: 0,
        }
    }

    /// Its knobs.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.knobs
    }

    /// The site's name, its user and the password.
    pub fn credentials(&self) -> (String, String, Secret) {
        (self.site.name.clone(), self.site.user.clone(), self.site.password.clone())
    }

    /// Where the site lives, as long as it has not moved.
    pub fn address(&self) -> String {
        format!("https://secure.{}.eloqua.com", self.site.pod)
    }

    /// Id and secret of its OAuth client.
    pub fn oauth_client(&self) -> (String, Secret) {
        (self.site.client_id.clone(), self.site.client_secret.clone())
    }

    /// What it answers to.
    pub fn endpoints() -> Vec<EndpointDoc> {
        router::ENDPOINTS.iter().map(|endpoint| endpoint.doc).collect()
    }

    /// All contacts by ascending id: `id`, each field that is not blank under its internal name,
    /// `isSubscribed` and `isBounced`.
    pub fn contacts(&self) -> Vec<Value> {
        self.some_contacts(0..usize::MAX).0
    }

    /// Those of them in a range, and how many there are.
    pub fn some_contacts(&self, range: Range<usize>) -> (Vec<Value>, usize) {
        let one = |contact: &std::sync::Arc<crate::store::Contact>| {
            let mut out = Map::new();
            out.insert("id".to_owned(), Value::from(contact.id.to_string()));
            for field in self.store.fields.iter() {
                let text = self.store.text(contact, field);
                if !text.is_empty() {
                    out.insert(field.internal.clone(), Value::from(text));
                }
            }
            out.insert("isSubscribed".to_owned(), Value::from(self.store.subscribed(contact.email())));
            out.insert("isBounced".to_owned(), Value::from(self.store.bounced(contact.email())));
            Value::Object(out)
        };
        let some = self.store.contacts.values().skip(range.start).take(range.len());
        (some.map(one).collect(), self.contact_count())
    }

    /// The internal names of all contact fields.
    pub fn contact_fields(&self) -> Vec<String> {
        self.store.fields.iter().map(|field| field.internal.clone()).collect()
    }

    /// How many contacts there are.
    pub fn contact_count(&self) -> usize {
        self.store.contacts.len()
    }

    /// The number of the next request, for its id.
    pub(crate) fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("{}/{}", self.ids.hex(32), self.requests)
    }
}

impl Fake for Eloqua {
    fn name(&self) -> &'static str {
        "eloqua"
    }

    fn call_name(request: &Request) -> Cow<'static, str> {
        router::call_name(request).into()
    }

    fn handle(&mut self, now: Instant, request: Request) -> Response {
        self.advance(now);
        router::handle(self, now, &request)
    }

    fn refuse(&mut self, _now: Instant, request: &Request, code: u32) -> Response {
        router::refuse(self, request, u16::try_from(code).unwrap_or(500))
    }

    fn next_due(&self) -> Option<Instant> {
        [self.agenda.next_due(), self.jobs.next_due(), self.bulk.next_due()].into_iter().flatten().min()
    }

    fn advance(&mut self, now: Instant) {
        while let Some((at, due)) = self.agenda.take_due(now) {
            match due {
                Due::StartSync(id) => self.start_sync(at, id),
                Due::EndSync(id) => self.end_sync(at, id),
                Due::DropStaging(key) => self.drop_expired(at, key),
                Due::DropDefinition(key) => self.drop_definition(key),
                Due::DropData(id) => self.drop_data(id),
                Due::EndTokens => self.end_tokens(at),
            }
        }
    }
}
