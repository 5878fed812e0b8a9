//! The state machine and everything that is its state.

use crate::account::{Role, Website};
use crate::api;
use crate::campaign::{Campaign, Channel, Numbers};
use crate::console;
use crate::feed::Feeds;
use crate::gdpr::Gdpr;
use crate::integration::Integration;
use crate::knobs::KNOBS;
use crate::manager;
use crate::mapping::Mapping;
use crate::participation::Participation;
use crate::player;
use crate::problem::Problem;
use crate::seed;
use crate::statistics::Statistics;
use crate::turn::{Answer, Ask, GigyaConfig, PushOrder, Turn};
use crate::webhooks::{self, Webhooks};
use imbl::{OrdMap, OrdSet, Vector};
use serde_json::Value;
use standin_fake_kit::{Agenda, EndpointDoc, Ids, Knobs, SeedError, answer};
use standin_model::Instant;
use standin_ports::{Request, Response, Secret};
use std::sync::Arc;

/// Qualifio's account, its websites and campaigns, and everybody who is taking part.
#[derive(Clone, Debug)]
pub struct Qualifio {
    pub(crate) ids: Ids,
    /// Whose account it is, where several of one seed are reached side by side.
    owner: Option<Arc<str>>,
    pub(crate) knobs: Knobs,
    pub(crate) numbers: Numbers,
    pub(crate) operators: OrdMap<String, Role>,
    pub(crate) websites: OrdMap<u64, Arc<Website>>,
    pub(crate) campaigns: OrdMap<u64, Arc<Campaign>>,
    /// Campaign numbers by channel GUID.
    pub(crate) channels: OrdMap<String, u64>,
    pub(crate) integration: Integration,
    pub(crate) defaults: Option<GigyaConfig>,
    /// Participations by their key in URLs.
    pub(crate) participations: OrdMap<String, Arc<Participation>>,
    /// The latest participation of a browser in a channel.
    pub(crate) visits: OrdMap<(String, String), String>,
    pub(crate) agenda: Agenda<String>,
    pub(crate) statistics: Statistics,
    pub(crate) orders: Vector<Arc<PushOrder>>,
    pub(crate) pushes: Vector<Arc<Value>>,
    /// Websites whose keys or permissions Gigya refused last.
    pub(crate) unhealthy: OrdSet<u64>,
    pub(crate) pending: OrdMap<u64, Arc<Pending>>,
    pub(crate) asked: u64,
    pub(crate) sessions: manager::session::Sessions,
    /// The account's number in APIs.
    pub(crate) client_id: u64,
    /// Names of operators who are Data Protection Officers.
    pub(crate) officers: OrdSet<String>,
    pub(crate) mapping: Mapping,
    pub(crate) webhooks: Webhooks,
    pub(crate) feeds: Feeds,
    pub(crate) gdpr: Gdpr,
    /// What secure tokens are signed with.
    pub(crate) token_key: Option<Secret>,
    /// The calls of other systems that a limit counts.
    pub(crate) calls: api::Calls,
    /// Participations whose people were forgotten and whose pushes are to be given up.
    pub(crate) erasures: Vector<String>,
}

/// What Gigya thinks of a website's keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keys {
    Taken,
    Refused,
}

/// What goes on when an answer comes.
#[derive(Clone, Debug)]
pub(crate) enum Pending {
    /// Show the page before the form.
    Page { uk: String },
    /// Decide about an identity.
    Session { uk: String, uid: String },
    /// Switch a campaign's single sign-on.
    Sso(manager::campaigns::SsoRound),
    /// Keep a website; no number yet means that it is new.
    Website { website: Website },
    /// Keep a campaign with its new channel.
    Channel(Box<Campaign>),
}

impl Pending {
    /// The participation that waits.
    pub(crate) fn participation(&self) -> Option<&str> {
        match self {
            Self::Page { uk } | Self::Session { uk, .. } => Some(uk),
            Self::Sso(_) | Self::Website { .. } | Self::Channel(_) => None,
        }
    }
}

/// The most push records that are kept; older ones go.
const MOST_PUSHES: usize = 100_000;

/// The number of the website that is there from the start.
pub const DEFAULT_WEBSITE: u64 = 4321;

/// The number of the account.
pub const CLIENT_ID: u64 = 2345;

/// The number that the first campaign gets.
const FIRST_CAMPAIGN: u64 = 700_101;

impl Qualifio {
    /// An account with one website `Brand BE`, an administrator `admin` and the Qualifio expert `expert`.
    pub fn new(seed: u64) -> Self {
        let website = Website {
            id: DEFAULT_WEBSITE,
            name: "Brand BE".to_owned(),
            domain: "jeux.brand.example".to_owned(),
            country: "BE".to_owned(),
            language: "fr".to_owned(),
            zone: "Europe/Brussels".to_owned(),
        };
        let operators = [("admin", Role::Admin), ("expert", Role::Expert)];
        Self {
            ids: Ids::new(seed, "qualifio"),
            owner: None,
            knobs: Knobs::new(KNOBS),
            numbers: Numbers { campaign: FIRST_CAMPAIGN, part: 101 },
            operators: operators.into_iter().map(|(name, role)| (name.to_owned(), role)).collect(),
            websites: OrdMap::unit(website.id, Arc::new(website)),
            campaigns: OrdMap::new(),
            channels: OrdMap::new(),
            integration: Integration::default(),
            defaults: None,
            participations: OrdMap::new(),
            visits: OrdMap::new(),
            agenda: Agenda::default(),
            statistics: Statistics::default(),
            orders: Vector::new(),
            pushes: Vector::new(),
            unhealthy: OrdSet::new(),
            pending: OrdMap::new(),
            asked: 0,
            sessions: manager::session::Sessions::new(seed),
            client_id: CLIENT_ID,
            officers: OrdSet::new(),
            mapping: Mapping::default(),
            webhooks: Webhooks::default(),
            feeds: Feeds::new(seed),
            gdpr: Gdpr::new(seed),
            token_key: None,
            calls: api::Calls::NONE,
            erasures: Vector::new(),
        }
    }

    /// Lets its channels have ids that no account of another owner's has, be it of the same seed.
    pub fn owned_by(&mut self, owner: &str) {
        self.owner = Some(owner.into());
    }

    /// The id of a new channel.
    pub(crate) fn channel_guid(&mut self) -> String {
        let guid = self.ids.guid();
        match &self.owner {
            None => guid,
            Some(owner) => Ids::new(0, &format!("channel {guid} of {owner}")).guid(),
        }
    }

    /// The credentials, and their data centre, that a seeded integration gets where it names none.
    pub fn gigya_defaults(&mut self, config: GigyaConfig) {
        self.integration.data_center.clone_from(&config.data_center);
        self.defaults = Some(config);
    }

    /// Reads a world file's section.
    pub fn seed(&mut self, now: Instant, section: &Value) -> Result<(), SeedError> {
        let mut next = self.clone();
        seed::read(&mut next, now, section)?;
        *self = next;
        Ok(())
    }

    /// The settings.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.knobs
    }

    /// What it answers to.
    pub fn endpoints() -> Vec<EndpointDoc> {
        let player = player::ENDPOINTS.iter().map(|endpoint| endpoint.doc);
        let manager = manager::ENDPOINTS.iter().map(|endpoint| endpoint.doc);
        let player = player.chain([player::files::DOC, console::DOC]);
        player.chain(manager).chain(api::ENDPOINTS.iter().map(|endpoint| endpoint.doc)).collect()
    }

    /// The platform's name in journals and faults.
    pub fn name(&self) -> &'static str {
        "qualifio"
    }

    /// The platform's own name for a call; unknown calls keep their method and path.
    pub fn call_name(request: &Request) -> String {
        player::call_name(request)
            .or_else(|| manager::call_name(request))
            .or_else(|| console::call_name(request))
            .or_else(|| api::call_name(request))
            .unwrap_or_else(|| format!("{} {}", request.method(), request.uri().path()))
    }

    /// Answers one request, or asks Gigya first.
    pub fn handle(&mut self, now: Instant, request: Request) -> Turn {
        self.advance(now);
        if is_back_office(&request) {
            if request.uri().path().starts_with(manager::ROOT) {
                return manager::handle(self, now, &request);
            }
            if let Some(page) = console::answer(&request) {
                return Turn::Reply(page);
            }
        }
        if api::is_called(self, &request) {
            return Turn::Reply(api::handle(self, now, &request));
        }
        player::handle(self, now, &request)
    }

    /// Goes on with the answer to a question.
    pub fn resume(&mut self, now: Instant, token: u64, answer: Answer) -> Turn {
        self.advance(now);
        let Some(pending) = self.pending.remove(&token) else {
            return Turn::Reply(answer::html(
                409,
                "<!doctype html><title>Nobody waits for this answer</title>",
            ));
        };
        match (&*pending, answer) {
            (Pending::Page { uk }, Answer::SiteConfig(site)) => player::flow::site_known(self, uk, site.ok()),
            (Pending::Session { uk, uid }, Answer::Identity(identity)) => {
                player::flow::identified(self, now, uk, uid, identity)
            }
            (Pending::Sso(round), Answer::SiteConfig(site)) => {
                manager::campaigns::sso_site_known(self, round.clone(), site)
            }
            (Pending::Website { website }, Answer::SiteConfig(site)) => {
                manager::websites::site_known(self, website.clone(), site)
            }
            (Pending::Channel(next), Answer::SiteConfig(site)) => {
                manager::channels::site_known(self, next, site)
            }
            _ => Turn::Reply(answer::html(
                500,
                "<!doctype html><title>Not the answer that was asked for</title>",
            )),
        }
    }

    /// The answer with which the platform reports trouble.
    pub fn refuse(&mut self, _now: Instant, request: &Request, code: u32) -> Response {
        let status = u16::try_from(code).ok().filter(|status| (400..600).contains(status)).unwrap_or(500);
        if request.uri().path().starts_with(manager::ROOT) {
            let body = serde_json::json!({"error": {"name": "Unavailable", "message": "try again later"}});
            return answer::with_body(status, "application/json", body.to_string());
        }
        if api::is_called(self, request) {
            return api::json_answer(status, &serde_json::json!({"message": "Unavailable"}));
        }
        player::refuse(self, request, status, "Unavailable")
    }

    /// When there is something to do next: a participation expires, somebody is forgotten, a delivery is due.
    pub fn next_due(&self) -> Option<Instant> {
        [self.agenda.next_due(), self.gdpr_due(), self.webhooks.queue.next_due()].into_iter().flatten().min()
    }

    /// Ends the participations whose time is over, and does what GDPR wants by now. What forms said stays in the
    /// statistics; participations without are told to webhooks that want them, and are gone.
    pub fn advance(&mut self, now: Instant) {
        while let Some((due, uk)) = self.agenda.take_due(now) {
            if let Some(gone) = self.end_participation(&uk).filter(|gone| gone.row.is_none()) {
                webhooks::tell(self, due, &gone, None);
            }
        }
        self.gdpr_work(now);
    }

    /// Takes a participation in, which ends when its time is over.
    pub(crate) fn begin_participation(&mut self, participation: Participation) {
        let uk = participation.uk.clone();
        let lifetime = self.knobs.span("qualifio.participation_lifetime");
        self.agenda.add(participation.started.plus(lifetime), uk.clone());
        let visit = (participation.visitor.clone(), participation.channel_guid.clone());
        self.visits.insert(visit, uk.clone());
        self.participations.insert(uk, Arc::new(participation));
    }

    /// Ends a participation.
    pub(crate) fn end_participation(&mut self, uk: &str) -> Option<Arc<Participation>> {
        let gone = self.participations.remove(uk)?;
        let visit = (gone.visitor.clone(), gone.channel_guid.clone());
        if self.visits.get(&visit).is_some_and(|latest| latest == uk) {
            self.visits.remove(&visit);
        }
        Some(gone)
    }

    /// Takes the participations whose pushes are to be given up, because their people were forgotten.
    pub fn take_erasures(&mut self) -> Vec<String> {
        std::mem::take(&mut self.erasures).into_iter().collect()
    }

    /// Takes the accepted forms that wait to be pushed, in order.
    pub fn take_pushes(&mut self) -> Vec<PushOrder> {
        std::mem::take(&mut self.orders).into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// Adds an entry to the push log: names and outcomes, no values. It tells, too, whether Gigya takes the
    /// keys of the website.
    pub fn record_push(&mut self, record: Value) {
        if let (Some(site), Some(state)) = (record["site_id"].as_u64(), record["state"].as_str()) {
            match state {
                "Dead(Config)" => self.keys_are(Keys::Refused, site),
                "Succeeded" => self.keys_are(Keys::Taken, site),
                _ if state.starts_with("Partial") => self.keys_are(Keys::Taken, site),
                _ => {}
            }
        }
        if self.pushes.len() >= MOST_PUSHES {
            self.pushes.pop_front();
        }
        self.pushes.push_back(Arc::new(record));
    }

    /// Keeps what Gigya last thought of a website's keys, for the operator to see.
    pub(crate) fn keys_are(&mut self, keys: Keys, site: u64) {
        match keys {
            Keys::Taken => self.unhealthy.remove(&site),
            Keys::Refused => self.unhealthy.insert(site),
        };
    }

    /// The push log.
    pub fn pushes(&self) -> Vec<Value> {
        self.pushes.iter().map(|record| (**record).clone()).collect()
    }

    /// The statistics of a campaign.
    pub fn statistics(&self, campaign: u64) -> Vec<Value> {
        self.campaigns.get(&campaign).map(|campaign| self.statistics.to_json(campaign)).unwrap_or_default()
    }

    /// The campaigns, as the manager API writes them.
    pub fn campaigns(&self) -> Vec<Value> {
        self.campaigns.values().map(|campaign| campaign.to_json()).collect()
    }

    /// The participations under way, as the manager API writes them.
    pub fn participations(&self) -> Vec<Value> {
        self.participations.values().map(|participation| participation.to_json()).collect()
    }

    /// The CRM's profiles.
    pub fn profiles(&self) -> Vec<Value> {
        self.statistics.profiles()
    }

    /// The present credentials of a website, which a push that waited is sent with.
    pub fn gigya_config(&self, site: u64) -> Option<GigyaConfig> {
        self.integration.config(site)
    }

    /// The address of a campaign's first channel.
    pub fn player_url(&self, campaign: u64) -> Option<String> {
        let channel = self.campaigns.get(&campaign)?.channels.first()?;
        Some(self.channel_url(channel))
    }

    /// The ids of all channels, in order.
    pub fn channel_guids(&self) -> impl Iterator<Item = &str> {
        self.channels.keys().map(String::as_str)
    }

    /// Whether a campaign has a channel of this id, which may be in any case.
    pub fn has_channel(&self, guid: &str) -> bool {
        self.channels.contains_key(&guid.to_ascii_uppercase())
    }

    pub(crate) fn channel_url(&self, channel: &Channel) -> String {
        let domain = self.websites.get(&channel.website).map_or("", |site| site.domain.as_str());
        let guid = &channel.guid;
        format!("https://{domain}/20/{guid}/v1.cfm?id={guid}")
    }

    /// Keeps a campaign and makes its channels findable.
    pub(crate) fn keep_campaign(&mut self, campaign: Campaign) {
        for channel in &campaign.channels {
            self.channels.insert(channel.guid.clone(), campaign.id);
        }
        self.campaigns.insert(campaign.id, Arc::new(campaign));
    }

    /// Keeps what waits for an answer and asks.
    pub(crate) fn ask(&mut self, pending: Pending, ask: Ask) -> Turn {
        self.asked += 1;
        self.pending.insert(self.asked, Arc::new(pending));
        if self.pending.len() > MOST_PENDING {
            let oldest = self.pending.get_min().map(|(token, _)| *token);
            oldest.map(|token| self.pending.remove(&token));
        }
        Turn::Ask { token: self.asked, ask }
    }

    /// What single sign-on lacks for a campaign's websites.
    pub(crate) fn check_configs(&self, campaign: &Campaign) -> Result<(), Problem> {
        for channel in &campaign.channels {
            if self.integration.effective(channel.website).is_none() {
                let site = self.websites.get(&channel.website).map_or("", |site| site.name.as_str());
                return Err(Problem::InvalidConfig(site.to_owned()));
            }
        }
        Ok(())
    }
}

/// Whether a request goes to the operators' host, and not to one that participants know: nothing on a campaign's page
/// may be of one origin with the back office.
fn is_back_office(request: &Request) -> bool {
    standin_fake_kit::origin::is_local(request)
        || request.uri().host().is_some_and(|host| host.to_ascii_lowercase().starts_with("manager."))
}

/// The most questions that wait for an answer; the oldest goes.
const MOST_PENDING: usize = 10_000;
