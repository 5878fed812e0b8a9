//! GDPR: finding, exporting and forgetting people.
//!
//! - [`rule`]: what was asked for, and how it stands.
//! - [`erasure`]: everything that forgetting somebody changes.
//! - [`toolbox`]: what operators and the Data Protection Officer do.

pub mod erasure;
pub mod rule;
pub mod toolbox;

use crate::api::{Call, Refusal, json_answer};
use crate::manager::typed::{LONGEST_TEXT, text};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use imbl::{OrdMap, Vector};
use rule::{Kind, Rule, Scope, Status};
use serde_json::{Value, json};
use standin_fake_kit::{Agenda, Ids, Part, Section, SeedError, Shape};
use standin_model::Instant;
use standin_ports::{Response, Secret};
use std::sync::Arc;
use std::time::Duration;

/// The most rules that are kept; the oldest that is done goes first.
const MOST_RULES: usize = 10_000;

/// The most profiles of one rule or one search.
const MOST_PROFILES: usize = 1_000;

/// The most tokens.
const MOST_TOKENS: usize = 100;

/// The GDPR part of one account's state.
#[derive(Clone, Debug)]
pub struct Gdpr {
    ids: Ids,
    /// Tokens of the API and the accounts that they belong to.
    tokens: Vector<(Secret, u64)>,
    rules: OrdMap<u64, Arc<Rule>>,
    /// Approved rules that are still to be carried out.
    pub(crate) agenda: Agenda<u64>,
    /// After how long people are forgotten by themselves.
    retention: Option<Duration>,
    /// Whether what is anonymous goes as well.
    delete_anonymous: bool,
    last: u64,
}

impl Gdpr {
    /// No tokens, no rules, nobody forgotten by themselves.
    pub fn new(seed: u64) -> Self {
        Self {
            ids: Ids::new(seed, "qualifio-gdpr"),
            tokens: Vector::new(),
            rules: OrdMap::new(),
            agenda: Agenda::default(),
            retention: None,
            delete_anonymous: false,
            last: 0,
        }
    }

    /// The account that a token belongs to.
    pub(crate) fn owner_of(&self, token: &str) -> Option<u64> {
        self.tokens.iter().find(|(known, _)| known.reveal() == token).map(|(_, client)| *client)
    }

    fn keep(&mut self, rule: Rule) {
        self.rules.insert(rule.number, Arc::new(rule));
        if self.rules.len() > MOST_RULES {
            let over = self.rules.values().find(|rule| rule.status == Status::Done).map(|rule| rule.number);
            over.map(|number| self.rules.remove(&number));
        }
    }

    fn find(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.values().find(|rule| rule.id == id)
    }
}

/// What somebody asks for.
struct Wish {
    kind: Kind,
    scope: Scope,
    justification: String,
    user: Value,
    test: bool,
}

impl Qualifio {
    /// When GDPR work is next due.
    pub(crate) fn gdpr_due(&self) -> Option<Instant> {
        let oldest = self.gdpr.retention.and_then(|span| Some(self.statistics.oldest_held()?.plus(span)));
        [self.gdpr.agenda.next_due(), oldest].into_iter().flatten().min()
    }

    /// Does the GDPR work that is due.
    pub(crate) fn gdpr_work(&mut self, now: Instant) {
        while let Some((_, number)) = self.gdpr.agenda.take_due(now) {
            carry_out(self, now, number);
        }
        let Some(span) = self.gdpr.retention else { return };
        let rows = self.statistics.held_between(Instant::from_millis(i64::MIN), now.minus(span));
        if rows.is_empty() {
            return;
        }
        let result = erasure::erase(self, now, &rows);
        let scope = Scope::Between(None, now.minus(span));
        let wish = Wish {
            kind: Kind::ForgottenRight,
            scope,
            justification: "retention".to_owned(),
            user: Value::Null,
            test: false,
        };
        let mut rule = new_rule(self, now, wish);
        (rule.status, rule.auto, rule.result) = (Status::Done, true, result);
        self.gdpr.keep(rule);
    }
}

fn new_rule(qualifio: &mut Qualifio, now: Instant, wish: Wish) -> Rule {
    qualifio.gdpr.last += 1;
    Rule {
        number: qualifio.gdpr.last,
        id: qualifio.gdpr.ids.hex(24),
        kind: wish.kind,
        scope: wish.scope,
        status: Status::New,
        created: now,
        updated: now,
        auto: false,
        test: wish.test,
        justification: wish.justification,
        user: wish.user,
        result: Value::Null,
    }
}

/// Keeps a rule that waits for approval, or for being carried out where that is not needed.
fn lay_down(qualifio: &mut Qualifio, now: Instant, wish: Wish, direct: bool) -> Value {
    let mut rule = new_rule(qualifio, now, wish);
    rule.auto = direct;
    let number = rule.number;
    qualifio.gdpr.keep(rule);
    if direct {
        approve(qualifio, now, number);
    }
    told(qualifio, number)
}

fn told(qualifio: &Qualifio, number: u64) -> Value {
    qualifio.gdpr.rules.get(&number).map_or(Value::Null, |rule| rule.to_json(qualifio.client_id))
}

fn set(qualifio: &mut Qualifio, number: u64, change: impl FnOnce(&mut Rule)) {
    if let Some(rule) = qualifio.gdpr.rules.get_mut(&number) {
        change(Arc::make_mut(rule));
    }
}

fn approve(qualifio: &mut Qualifio, now: Instant, number: u64) {
    set(qualifio, number, |rule| (rule.status, rule.updated) = (Status::Approved, now));
    let delay = qualifio.knobs.span("qualifio.gdpr_delay");
    qualifio.gdpr.agenda.add(now.plus(delay), number);
}

fn carry_out(qualifio: &mut Qualifio, now: Instant, number: u64) {
    let Some(rule) = qualifio.gdpr.rules.get(&number).cloned() else { return };
    let rows = match &rule.scope {
        Scope::Profiles(profiles) => {
            let known = profiles.iter().filter_map(|(id, _)| qualifio.statistics.crm.get(*id));
            known.flat_map(|profile| profile.rows.iter().copied()).collect()
        }
        Scope::Between(from, to) => {
            qualifio.statistics.held_between(from.unwrap_or(Instant::from_millis(i64::MIN)), *to)
        }
    };
    let result = match (rule.kind, rule.test) {
        (Kind::ForgottenRight, false) => erasure::erase(qualifio, now, &rows),
        (Kind::ForgottenRight, true) => {
            json!({"profiles": erasure::profiles_of(qualifio, &rows), "participations": rows.len()})
        }
        (Kind::ExportData, _) => export(qualifio, &rule.scope),
    };
    set(qualifio, number, |rule| {
        rule.status = Status::Done;
        rule.updated = now;
        rule.result = result;
    });
}

/// Everything about people: profile and participations.
fn export(qualifio: &Qualifio, scope: &Scope) -> Value {
    let Scope::Profiles(profiles) = scope else { return Value::Null };
    let person = |(id, _): &(u64, String)| {
        let profile = qualifio.statistics.crm.get(*id)?;
        let rows = profile.rows.iter().filter_map(|(campaign, number)| {
            let campaign = qualifio.campaigns.get(campaign)?;
            qualifio.statistics.row_json(campaign, *number)
        });
        Some(json!({"profile": profile.value, "participations": rows.collect::<Value>()}))
    };
    json!({"profiles": profiles.iter().filter_map(person).collect::<Value>()})
}

/// Finds profiles.
pub(crate) fn profiles(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Response, Refusal> {
    let given = |name: &str| call.query.get(name).filter(|value| !value.trim().is_empty());
    let (email, first, last) = (given("email"), given("firstName"), given("lastName"));
    if email.or(first).or(last).is_none() {
        return Err(Refusal::new(400, "one of email, firstName and lastName is wanted"));
    }
    if call.client != qualifio.client_id {
        return Ok(json_answer(200, &json!([])));
    }
    let mut found = qualifio.statistics.crm.search(email, first, last);
    found.truncate(MOST_PROFILES);
    Ok(json_answer(200, &Value::Array(found)))
}

/// Takes a rule.
pub(crate) fn ask(qualifio: &mut Qualifio, call: &Call<'_>, kind: Kind) -> Result<Response, Refusal> {
    let body = call.json()?;
    let wish = read_wish(qualifio, &Section::root(&body), kind, call.client)
        .map_err(|error| Refusal::new(400, error.to_string()))?;
    let direct = call.query.get("direct") == Some("true");
    Ok(json_answer(200, &lay_down(qualifio, call.now, wish, direct)))
}

fn read_wish(qualifio: &Qualifio, body: &Section<'_>, kind: Kind, client: u64) -> Result<Wish, SeedError> {
    body.only(&["ruleType", "clientId", "ruleTypePayload", "justification", "userId", "test"])?;
    let named = body.need("ruleType")?;
    if named.text()? != kind.name() {
        return Err(named.wrong(format!("this address takes {}", kind.name())));
    }
    let own = body.need("clientId")?;
    if own.number()? != client {
        return Err(own.wrong("the address names another account"));
    }
    let user = body.get("userId").map_or(Value::Null, |user| user.value().clone());
    if user.to_string().len() > LONGEST_TEXT {
        return Err(body.wrong(format!("`userId` has no more than {LONGEST_TEXT} characters")));
    }
    let payload = body.need("ruleTypePayload")?;
    payload.only(&["profiles"])?;
    Ok(Wish {
        kind,
        scope: read_profiles(qualifio, &payload.need("profiles")?)?,
        justification: text(body, "justification", LONGEST_TEXT)?.unwrap_or_default(),
        user,
        test: body.flag_of("test", false)?,
    })
}

/// Profiles by number, never by address.
fn read_profiles(qualifio: &Qualifio, section: &Section<'_>) -> Result<Scope, SeedError> {
    let mut profiles = Vec::new();
    for item in section.items()? {
        let id = item.number()?;
        let known = qualifio.statistics.crm.get(id);
        let known = known.ok_or_else(|| item.wrong(format!("there is no profile {id}")))?;
        profiles.push((id, known.key.clone()));
    }
    if profiles.is_empty() || profiles.len() > MOST_PROFILES {
        return Err(section.wrong("1 to 1000 profiles are wanted here"));
    }
    Ok(Scope::Profiles(profiles))
}

/// Tells how a rule stands.
pub(crate) fn show(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Response, Refusal> {
    let rule = qualifio.gdpr.find(call.id).filter(|_| call.client == qualifio.client_id);
    let rule = rule.ok_or_else(|| Refusal::new(404, "there is no such rule"))?;
    Ok(json_answer(200, &rule.to_json(qualifio.client_id)))
}

/// What a world may say about GDPR.
pub(crate) const SHAPE: Shape =
    &[Part::Shorts("tokens", TOKEN), Part::Plain(&["retention", "delete_anonymous_data"])];
const TOKEN: Shape = &[Part::Plain(&["token", "client_id"])];

/// Reads the part of a world that is about GDPR.
pub(crate) fn seed(qualifio: &mut Qualifio, section: &Section<'_>) -> Result<(), Problem> {
    section.shaped(SHAPE)?;
    for item in section.list("tokens")? {
        let whole = item.value().is_object();
        if whole {
            item.shaped(TOKEN)?;
        }
        let token = if whole { item.need("token")?.text()? } else { item.text()? };
        let client = item.get("client_id").map_or(Ok(qualifio.client_id), |client| client.number())?;
        toolbox::add_token(qualifio, token, client)?;
    }
    toolbox::read(qualifio, section)
}
