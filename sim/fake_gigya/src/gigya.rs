//! The platform's state, and what the stage asks of it.

use crate::account::Account;
use crate::call::{endpoint_of, method_of};
use crate::envelope::Refusal;
use crate::idx::Idx;
use crate::job::{IdxJob, JobEnd};
use crate::knobs::KNOBS;
use crate::params::Params;
use crate::people::People;
use crate::query::cursor::Cursors;
use crate::site::{DEFAULT_API_KEY, Site};
use imbl::OrdMap;
use serde_json::Value;
use standin_fake_kit::{Agenda, Fake, Ids, Knobs, SeedError};
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::sync::Arc;
use std::time::Duration;

/// The fake Gigya. Cloning shares what neither copy changes.
#[derive(Clone, Debug)]
pub struct Gigya {
    pub(crate) knobs: Knobs,
    pub(crate) ids: Ids,
    pub(crate) sites: OrdMap<String, Arc<Site>>,
    pub(crate) first_site: String,
    pub(crate) people: OrdMap<String, People>,
    pub(crate) nonces: OrdMap<String, Instant>,
    pub(crate) nonce_ends: Agenda<String>,
    pub(crate) reg_tokens: OrdMap<String, RegToken>,
    pub(crate) reg_token_ends: Agenda<String>,
    pub(crate) sessions: OrdMap<String, Session>,
    pub(crate) session_order: Agenda<String>,
    pub(crate) cursors: Cursors,
    pub(crate) idx: Idx,
}

/// A registration that is not complete.
#[derive(Clone, Debug)]
pub(crate) struct RegToken {
    pub(crate) api_key: String,
    /// The account that it completes; `None` until one is made.
    pub(crate) uid: Option<String>,
    pub(crate) lite: bool,
    pub(crate) ends: Instant,
}

/// A browser that is logged in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) api_key: String,
    pub(crate) uid: String,
    pub(crate) ends: Option<Instant>,
}

/// How many sessions are kept; the oldest go first.
const MOST_SESSIONS: usize = 100_000;
/// How many open registrations are kept; the oldest go first.
const MOST_REG_TOKENS: usize = 100_000;
/// How long a registration token lasts.
const REG_TOKEN_LASTS: Duration = Duration::from_secs(3600);

impl Gigya {
    /// A platform with the default site and nobody on it.
    pub fn new(seed: u64) -> Self {
        let site = Site::new(DEFAULT_API_KEY);
        Self {
            knobs: Knobs::new(KNOBS),
            ids: Ids::new(seed, "gigya"),
            sites: OrdMap::unit(site.api_key.clone(), Arc::new(site)),
            first_site: DEFAULT_API_KEY.to_owned(),
            people: OrdMap::new(),
            nonces: OrdMap::new(),
            nonce_ends: Agenda::default(),
            reg_tokens: OrdMap::new(),
            reg_token_ends: Agenda::default(),
            sessions: OrdMap::new(),
            session_order: Agenda::default(),
            cursors: Cursors::default(),
            idx: Idx::default(),
        }
    }

    /// Takes a world file's section.
    pub fn seed(&mut self, now: Instant, section: &Value) -> Result<(), SeedError> {
        crate::seed::seed(self, now, section)
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
        let mut all: Vec<_> = self.people.values().flat_map(People::all).collect();
        all.sort_by(|a, b| a.uid.cmp(&b.uid));
        all.into_iter().map(|account| self.whole(account)).collect()
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
        self.idx.finish_job(now, job_id, end);
    }

    pub(crate) fn phones_shape(&self) -> &str {
        self.knobs.text("gigya.phones_shape")
    }

    /// When search sees what is written now.
    pub(crate) fn visible_at(&self, now: Instant) -> Instant {
        now.plus(self.knobs.span("gigya.index_delay"))
    }

    pub(crate) fn people_of(&mut self, api_key: &str) -> &mut People {
        self.people.entry(api_key.to_owned()).or_default()
    }

    /// An account of this site; unknown is 403005 like an unknown key.
    pub(crate) fn account_of(&self, api_key: &str, uid: &str) -> Result<Arc<Account>, Refusal> {
        let found = self.people.get(api_key).and_then(|people| people.get(uid));
        found.cloned().ok_or_else(|| Refusal::new(403_005))
    }

    /// Opens a registration.
    pub(crate) fn new_reg_token(
        &mut self,
        now: Instant,
        api_key: &str,
        uid: Option<&str>,
        lite: bool,
    ) -> String {
        let token = format!("RT1_{}", self.ids.token(64));
        let ends = now.plus(REG_TOKEN_LASTS);
        let made = RegToken { api_key: api_key.to_owned(), uid: uid.map(str::to_owned), lite, ends };
        if self.reg_tokens.len() >= MOST_REG_TOKENS
            && let Some((_, old)) = self.reg_token_ends.take_due(ends)
        {
            self.reg_tokens.remove(&old);
        }
        self.reg_token_ends.add(ends, token.clone());
        self.reg_tokens.insert(token.clone(), made);
        token
    }

    /// An open registration of this site.
    pub(crate) fn reg_token(&self, now: Instant, api_key: &str, token: &str) -> Result<RegToken, Refusal> {
        let found = self.reg_tokens.get(token).filter(|it| it.api_key == api_key && it.ends > now);
        found.cloned().ok_or_else(|| Refusal::because(403_025, "Invalid regToken"))
    }

    /// Starts a session and gives its token.
    pub(crate) fn new_session(
        &mut self,
        now: Instant,
        api_key: &str,
        uid: &str,
        ends: Option<Instant>,
    ) -> String {
        let token = format!("st2.s.{}", self.ids.token(64));
        if self.sessions.len() >= MOST_SESSIONS
            && let Some((_, old)) = self.session_order.take_due(now)
        {
            self.sessions.remove(&old);
        }
        self.session_order.add(now, token.clone());
        self.sessions
            .insert(token.clone(), Session { api_key: api_key.to_owned(), uid: uid.to_owned(), ends });
        token
    }

    /// Ends all sessions of an account.
    pub(crate) fn end_sessions(&mut self, api_key: &str, uid: &str) {
        let of_it = |session: &Session| session.api_key == api_key && session.uid == uid;
        let tokens: Vec<String> =
            self.sessions.iter().filter(|(_, it)| of_it(it)).map(|(token, _)| token.clone()).collect();
        for token in &tokens {
            self.sessions.remove(token);
        }
        if !tokens.is_empty() {
            self.session_order.retain(|token| !tokens.contains(token));
        }
    }
}

impl Fake for Gigya {
    fn name(&self) -> &'static str {
        "gigya"
    }

    fn call_name(&self, request: &Request) -> String {
        endpoint_of(request).map_or_else(
            || match method_of(request) {
                "" => format!("{} {}", request.method(), request.uri().path()),
                name => name.to_owned(),
            },
            |endpoint| endpoint.name.to_owned(),
        )
    }

    fn handle(&mut self, now: Instant, request: Request) -> Response {
        self.advance(now);
        let params = Params::of(&request);
        let reply = self.answer(now, &request, &params);
        self.respond(now, &params, reply)
    }

    fn refuse(&mut self, now: Instant, request: &Request, code: u32) -> Response {
        let params = Params::of(request);
        self.respond(now, &params, Err(Refusal::new(code)))
    }

    fn next_due(&self) -> Option<Instant> {
        let index = self.people.values().filter_map(People::next_due);
        index.chain(self.idx.next_due()).min()
    }

    fn advance(&mut self, now: Instant) {
        let due = |people: &People| people.next_due().is_some_and(|at| at <= now);
        let behind: Vec<String> =
            self.people.iter().filter(|(_, it)| due(it)).map(|(key, _)| key.clone()).collect();
        for api_key in behind {
            self.people_of(&api_key).catch_up(now);
        }
        while let Some((_, token)) = self.reg_token_ends.take_due(now) {
            self.reg_tokens.remove(&token);
        }
        self.cursors.expire(now);
    }
}
