//! The GDPR Toolbox: what operators set, ask for and approve.

use super::{MOST_PROFILES, MOST_TOKENS, Wish, approve, lay_down, read_profiles, told};
use crate::account::Role;
use crate::gdpr::rule::{Kind, Scope, Status};
use crate::integration::mask;
use crate::manager::session::Operator;
use crate::manager::typed::{LONGEST_TEXT, text};
use crate::manager::{Call, json_reply};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::turn::Turn;
use serde_json::{Value, json};
use standin_fake_kit::knobs::span;
use standin_fake_kit::{Section, SeedError};
use standin_model::Instant;
use standin_ports::Secret;
use std::time::Duration;

/// The shortest and the longest time after which people may be forgotten by themselves: a week, two years.
const RETENTION: std::ops::RangeInclusive<u64> = 7..=730;

const DAY: u64 = 24 * 60 * 60;

/// Keeps a token of an account.
pub(super) fn add_token(qualifio: &mut Qualifio, token: &str, client: u64) -> Result<(), Problem> {
    if qualifio.gdpr.tokens.len() >= MOST_TOKENS {
        return Err(Problem::Full("100 tokens"));
    }
    if token.is_empty() || qualifio.gdpr.owner_of(token).is_some() {
        return Err(Problem::InvalidField { field: "token", why: "is empty or known already" });
    }
    qualifio.gdpr.tokens.push_back((Secret::new(token), client));
    Ok(())
}

/// Reads the settings.
pub(super) fn read(qualifio: &mut Qualifio, section: &Section<'_>) -> Result<(), Problem> {
    if let Some(word) = section.text_of("retention")? {
        qualifio.gdpr.retention = if word == "none" { None } else { Some(read_retention(word)?) };
    }
    qualifio.gdpr.delete_anonymous =
        section.flag_of("delete_anonymous_data", qualifio.gdpr.delete_anonymous)?;
    Ok(())
}

fn read_retention(word: &str) -> Result<Duration, Problem> {
    let read = span(word).filter(|span| {
        span.as_secs() % DAY == 0 && RETENTION.contains(&(span.as_secs() / DAY)) && span.subsec_nanos() == 0
    });
    read.ok_or(Problem::InvalidField { field: "retention", why: "is none or whole days, from 7d to 730d" })
}

fn settings(qualifio: &Qualifio) -> Value {
    let gdpr = &qualifio.gdpr;
    let own = gdpr.tokens.iter().filter(|(_, client)| *client == qualifio.client_id);
    json!({
        "client_id": qualifio.client_id,
        "retention": gdpr.retention.map_or("none".to_owned(), |span| format!("{}d", span.as_secs() / DAY)),
        "delete_anonymous_data": gdpr.delete_anonymous,
        "tokens": own.map(|(token, _)| mask(token.reveal())).collect::<Vec<_>>(),
        "officers": qualifio.officers.iter().collect::<Vec<_>>(),
    })
}

/// Whether somebody is the Data Protection Officer.
pub(crate) fn is_officer(qualifio: &Qualifio, operator: &Operator) -> bool {
    qualifio.officers.contains(&operator.name)
}

/// The Toolbox is for administrators and for the Data Protection Officer.
pub(crate) fn is_open_to(qualifio: &Qualifio, operator: &Operator) -> bool {
    operator.role == Role::Admin || is_officer(qualifio, operator)
}

fn check(qualifio: &Qualifio, call: &Call<'_>) -> Result<(), Problem> {
    if call.operator.as_ref().is_some_and(|operator| is_open_to(qualifio, operator)) {
        return Ok(());
    }
    let role = call.operator.as_ref().map_or(Role::Observer, |operator| operator.role);
    Err(Problem::Forbidden { role: role.name(), needed: "Admin or Data Protection Officer" })
}

pub(crate) fn get(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    check(qualifio, call)?;
    Ok(json_reply(200, &settings(qualifio)))
}

pub(crate) fn save(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    check(qualifio, call)?;
    let section = Section::root(&call.body);
    section.only(&["retention", "delete_anonymous_data"])?;
    read(qualifio, &section)?;
    Ok(json_reply(200, &settings(qualifio)))
}

/// A token is shown once, when it is made.
pub(crate) fn create_token(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let token = qualifio.gdpr.ids.token(40);
    add_token(qualifio, &token, qualifio.client_id)?;
    Ok(json_reply(201, &json!({"token": token, "client_id": qualifio.client_id})))
}

pub(crate) fn rules(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    check(qualifio, call)?;
    let all = qualifio.gdpr.rules.values().map(|rule| rule.to_json(qualifio.client_id));
    Ok(json_reply(200, &json!({"rules": all.collect::<Value>()})))
}

/// Finds people by address or name, as the API for other systems does.
pub(crate) fn profiles(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    check(qualifio, call)?;
    let given = |name: &str| call.query.get(name).filter(|value| !value.trim().is_empty());
    let (email, first, last) = (given("email"), given("firstName"), given("lastName"));
    if email.or(first).or(last).is_none() {
        return Err(Problem::MissingField("email".to_owned()));
    }
    let mut found = qualifio.statistics.crm.search(email, first, last);
    let total = found.len();
    found.truncate(MOST_PROFILES);
    Ok(json_reply(200, &json!({"profiles": found, "total": total})))
}

/// Asks for everything about people.
pub(crate) fn export(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    check(qualifio, call)?;
    let section = Section::root(&call.body);
    section.only(&["profiles", "justification"])?;
    let wish = Wish {
        kind: Kind::ExportData,
        scope: read_profiles(qualifio, &section.need("profiles")?)?,
        justification: text(&section, "justification", LONGEST_TEXT)?.unwrap_or_default(),
        user: call.operator.as_ref().map_or(Value::Null, |operator| operator.name.as_str().into()),
        test: false,
    };
    Ok(json_reply(201, &lay_down(qualifio, call.now, wish, false)))
}

/// Asks for people to be forgotten: profiles by number, or whoever took part between two moments.
pub(crate) fn erase(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    check(qualifio, call)?;
    let section = Section::root(&call.body);
    section.only(&["profiles", "from", "to", "justification", "test"])?;
    let scope = match section.get("profiles") {
        Some(profiles) => read_profiles(qualifio, &profiles)?,
        None => Scope::Between(Some(time(&section, "from")?), time(&section, "to")?),
    };
    let wish = Wish {
        kind: Kind::ForgottenRight,
        scope,
        justification: text(&section, "justification", LONGEST_TEXT)?.unwrap_or_default(),
        user: call.operator.as_ref().map_or(Value::Null, |operator| operator.name.as_str().into()),
        test: section.flag_of("test", false)?,
    };
    Ok(json_reply(201, &lay_down(qualifio, call.now, wish, false)))
}

fn time(section: &Section<'_>, member: &str) -> Result<Instant, SeedError> {
    let time = section.need(member)?;
    time.text()?.parse().map_err(|error: standin_model::instant::NotAnInstant| time.wrong(error.to_string()))
}

/// Only the Data Protection Officer approves.
pub(crate) fn approve_rule(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    if !call.operator.as_ref().is_some_and(|operator| is_officer(qualifio, operator)) {
        let role = call.operator.as_ref().map_or(Role::Observer, |operator| operator.role);
        return Err(Problem::Forbidden { role: role.name(), needed: "Data Protection Officer" });
    }
    let rule = qualifio.gdpr.find(call.id).cloned();
    let rule = rule.ok_or_else(|| Problem::NotFound(format!("rule `{}`", call.id)))?;
    if rule.status != Status::New {
        return Err(Problem::InvalidField { field: "status", why: "is no longer NEW" });
    }
    approve(qualifio, call.now, rule.number);
    Ok(json_reply(200, &told(qualifio, rule.number)))
}
