//! The platform's state, and what the stage asks of it.

use crate::account::Account;
use crate::accounts::social::ProviderUser;
use crate::addresses::Strays;
use crate::attempts::Attempts;
use crate::audit::Audit;
use crate::auth_codes::{AuthCode, Journey, MOST as MOST_CODES};
use crate::bearer::AccessToken;
use crate::call::{Call, Form, endpoint_of, method_of};
use crate::console::operators::nobody;
use crate::console::{self, Entered};
use crate::double_opt_in::Confirmations;
use crate::ds::store::Store;
use crate::envelope::{Later, Refusal};
use crate::events::Events;
use crate::expiring::Expiring;
use crate::idx::Idx;
use crate::idx::jobs::Retries;
use crate::job::{IdxJob, JobEnd};
use crate::knobs::KNOBS;
use crate::limits::Counts;
use crate::outbox::Outbox;
use crate::outgoing::{Incoming, Outgoing};
use crate::params::Params;
use crate::people::People;
use crate::query::cursor::Cursors;
use crate::sessions::{Session, Sessions};
use crate::site::{DEFAULT_API_KEY, Site};
use crate::tickets::Tickets;
use crate::webhooks::queue::Deliveries;
use http::StatusCode;
use imbl::{OrdMap, OrdSet};
use serde_json::Value;
use standin_fake_kit::{Fake, Ids, Knobs, SeedError};
use standin_model::Instant;
use standin_ports::http::Unreadable;
use standin_ports::{Request, Response};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The fake Gigya. Cloning shares what neither copy changes.
#[derive(Clone, Debug)]
pub struct Gigya {
    pub(crate) knobs: Knobs,
    pub(crate) ids: Ids,
    /// Those of the console's sessions: who looks on changes nothing of what the site's own calls give out.
    pub(crate) console_ids: Ids,
    pub(crate) sites: OrdMap<String, Arc<Site>>,
    pub(crate) first_site: String,
    /// Keys of sites that are gone, which is told apart from keys that never were.
    pub(crate) deleted_sites: OrdSet<String>,
    pub(crate) people: OrdMap<String, People>,
    pub(crate) nonces: Expiring<()>,
    pub(crate) access_tokens: Expiring<AccessToken>,
    pub(crate) counts: Counts,
    /// What the answer in the making sets; empty between calls.
    pub(crate) cookies: Vec<String>,
    /// Members of the answer in the making that are written behind the others; empty between calls.
    pub(crate) later: Later,
    /// What the answer in the making looks like.
    pub(crate) form: Form,
    pub(crate) reg_tokens: Expiring<RegToken>,
    pub(crate) tickets: Tickets,
    /// Codes that browsers exchange for sessions, and who is on the way to a central login page.
    pub(crate) auth_codes: Expiring<AuthCode>,
    pub(crate) journeys: Expiring<Journey>,
    pub(crate) sessions: Sessions,
    pub(crate) attempts: Attempts,
    /// When accounts were imported in the last minute, by home and UID.
    pub(crate) imports: Expiring<Vec<Instant>>,
    /// What social providers would tell, by provider and token.
    pub(crate) provider_users: OrdMap<String, Arc<ProviderUser>>,
    pub(crate) outbox: Outbox,
    pub(crate) events: Events,
    pub(crate) cursors: Cursors,
    pub(crate) idx: Idx,
    /// The id of the call that is being answered, once its work is done.
    pub(crate) call_id: Option<String>,
    pub(crate) audit: Audit,
    pub(crate) strays: Strays,
    pub(crate) confirmations: Confirmations,
    pub(crate) deliveries: Deliveries,
    /// Up to where the log of events has been followed.
    pub(crate) events_told: u64,
    /// The data store of each site.
    pub(crate) stores: OrdMap<String, Store>,
    pub(crate) operators: standin_fake_kit::Sessions,
}

/// A registration or login that is not complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegToken {
    /// The site whose accounts these are.
    pub(crate) home: String,
    /// The account that it completes; `None` until one is made.
    pub(crate) uid: Option<String>,
    /// The address of a lite record that it may write.
    pub(crate) email: Option<String>,
    pub(crate) lite: bool,
    /// The second factor was shown.
    pub(crate) second_factor: bool,
    /// The account of somebody else that has the address, and with which this one may be linked.
    pub(crate) conflict: Option<String>,
}

/// How many nonces are remembered; the first to be forgotten go first.
const MOST_NONCES: usize = 100_000;
/// How many access tokens are kept; the first to end go first.
const MOST_ACCESS_TOKENS: usize = 100_000;
/// How many open registrations are kept; the first to end go first.
const MOST_REG_TOKENS: usize = 100_000;
/// How many UIDs the pace of imports is watched for; the first to end go first.
const MOST_IMPORTS: usize = 100_000;
/// How long a registration token lasts.
const REG_TOKEN_LASTS: Duration = Duration::from_secs(3600);

impl Gigya {
    /// What a request says under the names of some parameters, read as every endpoint reads it; the console is told the
    /// key of its operator in JSON.
    pub fn said<const N: usize>(request: &Request, names: [&str; N]) -> [Option<String>; N] {
        let params = Params::of(request);
        let body = match console::is_sign_in(request) {
            true => serde_json::from_slice(request.body()).unwrap_or_default(),
            false => Value::Null,
        };
        names.map(|name| params.get(name).or_else(|| body[name].as_str()).map(str::to_owned))
    }

    /// A platform with the default site and nobody on it.
    pub fn new(seed: u64) -> Self {
        let site = Site::new(DEFAULT_API_KEY);
        Self {
            knobs: Knobs::new(KNOBS),
            ids: Ids::new(seed, "gigya"),
            console_ids: Ids::new(seed, "gigya console"),
            sites: OrdMap::unit(site.api_key.clone(), Arc::new(site)),
            first_site: DEFAULT_API_KEY.to_owned(),
            deleted_sites: OrdSet::new(),
            people: OrdMap::new(),
            nonces: Expiring::at_most(MOST_NONCES),
            access_tokens: Expiring::at_most(MOST_ACCESS_TOKENS),
            counts: Counts::default(),
            cookies: Vec::new(),
            later: Later::default(),
            form: Form::default(),
            reg_tokens: Expiring::at_most(MOST_REG_TOKENS),
            tickets: Tickets::default(),
            auth_codes: Expiring::at_most(MOST_CODES),
            journeys: Expiring::at_most(MOST_CODES),
            sessions: Sessions::default(),
            attempts: Attempts::default(),
            imports: Expiring::at_most(MOST_IMPORTS),
            provider_users: OrdMap::new(),
            outbox: Outbox::default(),
            events: Events::default(),
            cursors: Cursors::default(),
            idx: Idx::default(),
            call_id: None,
            audit: Audit::default(),
            strays: Strays::default(),
            confirmations: Confirmations::default(),
            deliveries: Deliveries::default(),
            events_told: 0,
            stores: OrdMap::new(),
            operators: nobody(),
        }
    }

    /// Takes a world file's section.
    pub fn seed(&mut self, now: Instant, section: &Value) -> Result<(), SeedError> {
        crate::seed::seed(self, now, section)
    }

    /// Answers a request. What it takes to read the one and to write the other is not done here, so that
    /// whoever shares the platform holds it no longer than needed.
    pub fn take(&mut self, now: Instant, incoming: Incoming) -> Outgoing {
        self.advance(now);
        let Incoming { request, params } = match console::enter(self, now, incoming) {
            Entered::Answered(incoming, response) => {
                return Outgoing::file(now, incoming.request, incoming.params, *response);
            }
            Entered::Call(incoming) => incoming,
        };
        if let Some(file) = crate::web::file_of(&request) {
            let answer = crate::web::answer(self, file, &request, &params);
            return Outgoing::file(now, request, params, answer);
        }
        let reply = self.answer(now, &request, &params);
        self.outgoing(now, request, params, reply)
    }

    /// Refuses what is no request. What could be read of it decides the form of the answer.
    pub fn unreadable(&mut self, now: Instant, what: &Unreadable) -> Response {
        let mut request = Request::default();
        *request.uri_mut() = what.target.clone().map(Into::into).unwrap_or_default();
        let code = if what.status == StatusCode::URI_TOO_LONG { 414_000 } else { 400_001 };
        self.refused(now, request, Refusal::because(code, what.why))
    }

    fn refused(&mut self, now: Instant, request: Request, refusal: Refusal) -> Response {
        let Incoming { request, params } = Incoming::read(request);
        self.outgoing(now, request, params, Err(refusal)).write()
    }

    /// The settings of this fake.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.knobs
    }

    /// Everything about one account, on whatever site it is.
    pub fn account(&self, uid: &str) -> Option<Value> {
        let found = self.people.values().find_map(|people| people.get(uid))?;
        Some(self.whole(found))
    }

    /// Everything about all accounts, by UID.
    pub fn accounts(&self) -> Vec<Value> {
        self.some_accounts(0..usize::MAX).0
    }

    /// Those of them in a range, and how many there are.
    pub fn some_accounts(&self, range: Range<usize>) -> (Vec<Value>, usize) {
        let mut all: Vec<_> = self.people.values().flat_map(People::all).collect();
        all.sort_by(|a, b| a.uid.cmp(&b.uid));
        let some = all.iter().skip(range.start).take(range.len());
        (some.map(|account| self.whole(account)).collect(), all.len())
    }

    fn whole(&self, account: &Account) -> Value {
        account.whole(self.phones_shape(), account.last_updated).into()
    }

    /// A dataflow as the platform shows it, secrets masked.
    pub fn dataflow(&self, id: &str) -> Option<Value> {
        self.idx.dataflow(id)
    }

    /// Stores a dataflow, keeping its `id` if it has one, and gives its id.
    pub fn put_dataflow(&mut self, now: Instant, api_key: &str, doc: &Value) -> Result<String, String> {
        let site =
            self.sites.get(api_key).cloned().ok_or_else(|| format!("no site has the key {api_key}"))?;
        let fresh = self.ids.hex(32);
        let stored = self.idx.put_dataflow(now, &site, doc, fresh);
        stored.map_err(|refusal| refusal.details)
    }

    /// Stores a scheduling and gives its id.
    pub fn schedule(&mut self, now: Instant, api_key: &str, scheduling: &Value) -> Result<String, String> {
        let site =
            self.sites.get(api_key).cloned().ok_or_else(|| format!("no site has the key {api_key}"))?;
        let fresh = self.ids.hex(32);
        self.idx.create_scheduling(now, &site, scheduling, fresh).map_err(|refusal| refusal.details)
    }

    /// Takes the first scheduling that is due and not busy, and makes it busy.
    pub fn take_job(&mut self, now: Instant) -> Option<IdxJob> {
        let job_id = self.idx.is_due(now).then(|| self.ids.hex(32))?;
        self.idx.take_job(now, &self.sites, job_id)
    }

    /// Takes back a job that [`take_job`](Self::take_job) handed out.
    pub fn finish_job(&mut self, now: Instant, job_id: &str, end: JobEnd) {
        let attempts = Retries {
            most: self.knobs.number("gigya.idx_job_attempts"),
            pause: self.knobs.span("gigya.idx_retry_pause"),
        };
        for (api_key, mail) in self.idx.finish_job(now, job_id, end, attempts) {
            self.outbox.send(now, &api_key, mail);
        }
    }

    /// Stops a job that is running or waits for its next attempt; says whether there was one.
    pub fn stop_job(&mut self, now: Instant, job_id: &str) -> bool {
        self.idx.stop_job(now, job_id)
    }

    /// Whether a job is running or waits for its next attempt.
    pub fn job_is_running(&self, job_id: &str) -> bool {
        self.idx.is_running(job_id)
    }

    /// The running job of a dataflow.
    pub fn running_job_of(&self, dataflow_id: &str) -> Option<String> {
        self.idx.running_job_of(dataflow_id)
    }

    pub(crate) fn phones_shape(&self) -> &str {
        self.knobs.text("gigya.phones_shape")
    }

    /// When search sees what is written now.
    pub(crate) fn visible_at(&self, now: Instant) -> Instant {
        now.plus(self.knobs.span("gigya.index_delay"))
    }

    /// Every message that was sent, in order: time, channel, kind, to, and the link or code in it.
    pub fn outbox(&self) -> Vec<Value> {
        self.outbox.shown()
    }

    /// How many messages were sent and are no longer kept.
    pub fn forgotten_messages(&self) -> u64 {
        self.outbox.forgotten()
    }

    /// The site whose accounts a site has: the parent of its group, or itself.
    pub(crate) fn home_of<'a>(&'a self, api_key: &'a str) -> &'a str {
        self.sites.get(api_key).map_or(api_key, |site| site.home())
    }

    /// A copy of the calling site as it was set, to be changed.
    pub(crate) fn own_site(&self, call: &Call) -> Site {
        Site::clone(self.sites.get(&call.site.api_key).unwrap_or(&call.site))
    }

    /// A copy of the site whose accounts the calling site has, to be changed.
    pub(crate) fn home_site(&self, call: &Call) -> Site {
        Site::clone(self.sites.get(call.site.home()).unwrap_or(&call.site))
    }

    /// The children of a group, by API key.
    pub(crate) fn members_of(&self, parent: &str) -> Vec<String> {
        let of_it = |site: &&Arc<Site>| site.parent.as_deref() == Some(parent);
        self.sites.values().filter(of_it).map(|site| site.api_key.clone()).collect()
    }

    pub(crate) fn people_of(&mut self, api_key: &str) -> &mut People {
        let home = self.home_of(api_key).to_owned();
        self.people.entry(home).or_default()
    }

    /// The accounts that a site has, if it ever had one.
    pub(crate) fn people_at(&self, api_key: &str) -> Option<&People> {
        self.people.get(self.home_of(api_key))
    }

    /// An account of this site; unknown is 403005 like an unknown key.
    pub(crate) fn account_of(&self, api_key: &str, uid: &str) -> Result<Arc<Account>, Refusal> {
        let found = self.people_at(api_key).and_then(|people| people.get(uid));
        found.cloned().ok_or_else(|| Refusal::new(403_005))
    }

    /// Opens a registration.
    pub(crate) fn new_reg_token(&mut self, now: Instant, open: RegToken) -> String {
        self.new_reg_token_for(now, REG_TOKEN_LASTS, open)
    }

    /// Opens a registration for some time.
    pub(crate) fn new_reg_token_for(&mut self, now: Instant, lasts: Duration, open: RegToken) -> String {
        let token = format!("RT1_{}", self.ids.token(64));
        self.reg_tokens.insert(now.plus(lasts), token.clone(), open);
        token
    }

    /// An open registration of this site.
    pub(crate) fn reg_token(&self, now: Instant, api_key: &str, token: &str) -> Result<RegToken, Refusal> {
        let found = self.reg_tokens.get(now, token).filter(|it| it.home == self.home_of(api_key));
        found.cloned().ok_or_else(|| Refusal::because(403_025, "Invalid regToken"))
    }

    /// Starts a session and gives its token.
    pub(crate) fn new_session(
        &mut self,
        api_key: &str,
        uid: &str,
        ends: Option<Instant>,
        dynamic: bool,
    ) -> String {
        let token = format!("st2.s.{}.sc3", self.ids.token(64));
        let home = self.home_of(api_key).to_owned();
        let session = Session { api_key: api_key.to_owned(), home, uid: uid.to_owned(), ends, dynamic };
        self.sessions.start(token.clone(), session);
        token
    }

    /// Ends the sessions of an account, all but the one whose token is `spared`.
    pub(crate) fn end_sessions(&mut self, api_key: &str, uid: &str, spared: Option<&str>) {
        let home = self.home_of(api_key).to_owned();
        self.sessions.end_all(&home, uid, spared);
    }

    /// Ends one session, at every site that shares it.
    pub(crate) fn end_session(&mut self, token: &str) {
        self.sessions.end(token);
    }

    /// Whether a session of the site `started` also is one at `site`: sites of a group share it where the
    /// group has single sign-on and both are in the same segment.
    pub(crate) fn shares_session(&self, started: &str, site: &Site) -> bool {
        if started == site.api_key {
            return true;
        }
        let Some(other) = self.sites.get(started).filter(|other| other.home() == site.home()) else {
            return false;
        };
        let single = self.sites.get(site.home()).is_some_and(|parent| parent.enable_sso);
        single && other.sso_segment == site.sso_segment
    }
}

impl Fake for Gigya {
    fn name(&self) -> &'static str {
        "gigya"
    }

    fn call_name(request: &Request) -> Cow<'static, str> {
        if let Some(name) = console::call_name(request) {
            return name;
        }
        endpoint_of(request).map_or_else(
            || match method_of(request).into_owned() {
                name if name.is_empty() => format!("{} {}", request.method(), request.uri().path()).into(),
                name => name.into(),
            },
            |endpoint| endpoint.name.into(),
        )
    }

    fn handle(&mut self, now: Instant, request: Request) -> Response {
        self.take(now, Incoming::read(request)).write()
    }

    fn refuse(&mut self, now: Instant, request: &Request, code: u32) -> Response {
        self.refused(now, request.clone(), Refusal::new(code))
    }

    fn next_due(&self) -> Option<Instant> {
        let index = self.people.values().filter_map(People::next_due);
        index.chain(self.idx.next_due()).chain(self.deliveries.next_due()).min()
    }

    fn advance(&mut self, now: Instant) {
        let due = |people: &People| people.next_due().is_some_and(|at| at <= now);
        let behind: Vec<String> =
            self.people.iter().filter(|(_, it)| due(it)).map(|(key, _)| key.clone()).collect();
        for api_key in behind {
            self.people_of(&api_key).catch_up(now);
        }
        self.reg_tokens.expire(now);
        self.tickets.expire(now);
        self.auth_codes.expire(now);
        self.journeys.expire(now);
        self.imports.expire(now);
        self.attempts.expire(now);
        self.nonces.expire(now);
        self.access_tokens.expire(now);
        self.sessions.expire(now);
        self.confirmations.expire(now);
        self.cursors.expire(now);
    }
}
