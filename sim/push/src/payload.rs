//! What of an accepted form is sent to Gigya.

use crate::participation::{Participation, PhonePolicy, SendMode};
use crate::prefill;
use crate::rules::{BIRTH_MEMBERS, Behaviour, RULES, Rule};
use serde_json::{Map, Value, json};
use standin_model::mutant::{mutated, mutated_at};
use standin_model::{Birthday, Country, Instant, Language, Phone, email, phone, text};
use std::collections::BTreeSet;
use std::fmt;

/// The most telephone numbers that a profile is made to hold.
pub const PHONES_LIMIT: usize = 20;

/// The largest profile that is sent, in bytes of JSON.
pub const PROFILE_LIMIT: usize = 64 * 1024;

/// Where a day begins that a date of birth may not lie ahead of: no website tells its own zone.
const ZONE: &str = "Europe/Brussels";

/// What is sent, and what is not.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Payload {
    /// The value of the call's `profile` parameter: members of rows 1 to 12 only.
    pub profile: Map<String, Value>,
    /// Names of the rows that are in it, in order.
    pub sent: Vec<&'static str>,
    /// Variables that are not, each with the reason.
    pub skipped: Vec<(String, Reason)>,
    /// What each row did, for the lineage of a value.
    pub changes: Vec<RowChange>,
}

impl Payload {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.profile.is_empty()
    }
}

/// What one row did to a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowChange {
    /// The row, as a reader would name it: `rule 7 locality to profile.city (overwrite)`.
    pub place: String,
    /// The value in Gigya before.
    pub before: String,
    /// The value sent, or why none is.
    pub after: String,
}

/// Why a value is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Nothing was left after cleaning.
    Empty,
    /// Longer than a form takes.
    TooLong,
    /// No date, or one that cannot be a date of birth.
    InvalidDate,
    /// No digit, or too long for a telephone number.
    InvalidPhone,
    /// A value that the row has no word for.
    UnmappedValue,
    /// A language that has no known English name.
    UnknownLanguage,
    /// It is in the profile already.
    AlreadyThere,
    /// The profile holds as many as it may.
    ListFull,
    /// It is what the profile held at identification.
    Unchanged,
    /// What Gigya holds there has a form that nothing can be added to without losing something.
    UnreadableExisting,
    /// The whole profile would be too large.
    ProfileTooLarge,
    /// The e-mail address is the key and stays what it is.
    KeyNeverSent,
    /// An e-mail address other than the profile's was submitted.
    EmailTamperIgnored,
    /// No row takes this variable.
    NotMapped,
    /// Gigya refused the value before.
    Refused,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What of `participation` is sent to an account whose profile is `existing`.
///
/// A date of birth that lies ahead is the form's business; [`payload_at`] looks at the clock, too.
pub fn payload(participation: &Participation, existing: &Value) -> Payload {
    build(participation, existing, None, &[])
}

/// The same at a point in time, without the rows in `refused`.
pub fn payload_at(
    participation: &Participation,
    existing: &Value,
    now: Instant,
    refused: &[&'static str],
) -> Payload {
    build(participation, existing, Some(now), refused)
}

/// What a row leads to: members to write, or the reason for none.
type Outcome = Result<Vec<(&'static str, Value)>, Reason>;

/// Everything that a row may look at.
struct Context<'a> {
    participation: &'a Participation,
    existing: &'a Value,
    now: Option<Instant>,
}

fn build(
    participation: &Participation,
    existing: &Value,
    now: Option<Instant>,
    refused: &[&'static str],
) -> Payload {
    let context = Context { participation, existing, now };
    let mut payload = Payload::default();
    for rule in RULES {
        let Some(outcome) = context.row(rule) else { continue };
        let outcome = if refused.contains(&rule.name) { Err(Reason::Refused) } else { outcome };
        let outcome = within_limit(&payload.profile, outcome);
        payload.changes.push(context.change(rule, &outcome));
        match outcome {
            Ok(members) => {
                payload.profile.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
                payload.sent.push(rule.name);
            }
            Err(reason) => payload.skipped.push((rule.name.to_owned(), reason)),
        }
    }
    // A variable may have the name of a row that takes none, `languages`: then the row has spoken.
    let mut named: BTreeSet<String> = payload.skipped.iter().map(|(name, _)| name.clone()).collect();
    for (variable, value) in &participation.submitted {
        if Rule::of_variable(variable).is_none() && named.insert(variable.clone()) {
            if mutated("push.unmapped.is-sent") {
                payload.profile.insert(variable.clone(), Value::from(value.clone()));
            }
            payload.skipped.push((variable.clone(), Reason::NotMapped));
        }
    }
    payload
}

/// Refuses a row that would make the profile too large. Single values are short, so this can only be the
/// list of telephone numbers that Gigya already had.
fn within_limit(profile: &Map<String, Value>, outcome: Outcome) -> Outcome {
    let members = outcome?;
    let size = |name: &str, value: &Value| name.len() + value.to_string().len() + 4;
    let held: usize = profile.iter().map(|(name, value)| size(name, value)).sum();
    let added: usize = members.iter().map(|(name, value)| size(name, value)).sum();
    if held + added + 2 > PROFILE_LIMIT { Err(Reason::ProfileTooLarge) } else { Ok(members) }
}

impl Context<'_> {
    /// What a row leads to; `None` where the form does not have its variable.
    fn row(&self, rule: &Rule) -> Option<Outcome> {
        let submitted = rule.variable.and_then(|variable| self.submitted(variable));
        if mutated_at("push.row.dropped", rule.name) {
            return None;
        }
        match rule.behaviour {
            Behaviour::ReadOnly => None,
            Behaviour::Languages => Some(self.languages()),
            Behaviour::Key if mutated("push.email.is-written") => {
                Some(Ok(vec![("email", self.participation.email_at_identification.as_str().into())]))
            }
            Behaviour::Key => Some(Err(self.key(submitted?))),
            Behaviour::Overwrite { .. } | Behaviour::Phone | Behaviour::Birthday => {
                Some(self.value(rule, submitted?))
            }
        }
    }

    /// The submitted value of a variable; the last one in the form's order where there are several.
    fn submitted(&self, variable: &str) -> Option<&str> {
        let mut all = self.participation.submitted.iter().rev();
        all.find(|(name, _)| name == variable).map(|(_, value)| value.as_str())
    }

    fn key(&self, submitted: &str) -> Reason {
        let same = email::same(submitted, &self.participation.email_at_identification);
        if same || submitted.trim().is_empty() { Reason::KeyNeverSent } else { Reason::EmailTamperIgnored }
    }

    fn value(&self, rule: &Rule, submitted: &str) -> Outcome {
        let cleaned = match standin_model::Text::new(submitted) {
            Ok(Some(cleaned)) => cleaned.into_string(),
            Ok(None) => return self.cleared(rule),
            Err(_) => return Err(Reason::TooLong),
        };
        let members = match rule.behaviour {
            Behaviour::Phone => self.phone(&cleaned)?,
            Behaviour::Birthday => self.birthday(&cleaned)?,
            Behaviour::Overwrite { member, .. }
                if mutated_at("push.row.fills", rule.name) && self.existing.get(member).is_some() =>
            {
                return Err(Reason::AlreadyThere);
            }
            Behaviour::Overwrite { member, write } => vec![(member, Value::from(write(&cleaned)?))],
            Behaviour::Key | Behaviour::Languages | Behaviour::ReadOnly => return Err(Reason::NotMapped),
        };
        if self.participation.send_mode == SendMode::ChangedOnly
            && self.is_unchanged(rule, &cleaned)
            && !mutated("push.changed-only.sends-all")
        {
            return Err(Reason::Unchanged);
        }
        Ok(members)
    }

    /// An empty field: not sent, or, where the customer wants it so, null, which removes the value. Numbers
    /// are not removed by a policy that only adds.
    fn cleared(&self, rule: &Rule) -> Outcome {
        let keeps = matches!(rule.behaviour, Behaviour::Phone)
            && self.participation.phone_policy == PhonePolicy::Append
            && !mutated("push.phone.append-erases");
        let clears = self.participation.clear_on_empty && !mutated("push.empty.never-erases");
        if !(clears || mutated("push.empty.erases")) || keeps {
            return Err(Reason::Empty);
        }
        let shown = prefill::value(rule, &self.participation.profile_at_identification);
        if self.participation.send_mode == SendMode::ChangedOnly && shown.is_none() {
            return Err(Reason::Unchanged);
        }
        Ok(rule.members().iter().map(|member| (*member, Value::Null)).collect())
    }

    /// Whether the participant was shown this very value and left it.
    fn is_unchanged(&self, rule: &Rule, cleaned: &str) -> bool {
        let Some(shown) = prefill::value(rule, &self.participation.profile_at_identification) else {
            return false;
        };
        let shown = text::clean(&shown);
        if shown == cleaned {
            return true;
        }
        match rule.behaviour {
            Behaviour::Birthday => shown.parse::<Birthday>().is_ok_and(|born| cleaned.parse() == Ok(born)),
            Behaviour::Overwrite { write, .. } => write(cleaned).is_ok_and(|written| written == shown),
            _ => false,
        }
    }

    fn birthday(&self, cleaned: &str) -> Outcome {
        let born: Birthday = cleaned.parse().map_err(|_| Reason::InvalidDate)?;
        if self.now.is_some_and(|now| born.is_future(now, ZONE)) {
            return Err(Reason::InvalidDate);
        }
        if mutated("push.birthday.year-alone") {
            return Ok(vec![("birthYear", Value::from(born.year()))]);
        }
        let parts = match mutated("push.birthday.month-first") {
            true => [born.month(), born.day(), born.year()],
            false => [born.day(), born.month(), born.year()],
        };
        Ok(BIRTH_MEMBERS.into_iter().zip(parts).map(|(member, part)| (member, Value::from(part))).collect())
    }

    fn phone(&self, cleaned: &str) -> Outcome {
        let number: Phone = cleaned.parse().map_err(|_| Reason::InvalidPhone)?;
        let held = self.existing.get("phones").unwrap_or(&Value::Null);
        let phones = match self.participation.phone_policy {
            PhonePolicy::Overwrite if mutated("push.phone.overwrite-appends") => {
                self.joined_phone(&number, held)?
            }
            PhonePolicy::Append if mutated("push.phone.append-overwrites") => self.only_phone(&number, held),
            PhonePolicy::Overwrite => self.only_phone(&number, held),
            PhonePolicy::Append => self.joined_phone(&number, held)?,
        };
        Ok(vec![("phones", phones)])
    }

    /// The number alone, in the form that Gigya holds: an object stays one, a list stays one. Type and
    /// default flag describe a number, so they survive only where the number does.
    fn only_phone(&self, number: &Phone, held: &Value) -> Value {
        let mut entry = Map::new();
        if let Some(known) = entries(held).iter().find(|entry| self.is_same_phone(entry, number))
            && !mutated("push.phone.loses-type")
        {
            for member in ["type", "default"] {
                if let Some(value) = known.get(member) {
                    entry.insert(member.to_owned(), value.clone());
                }
            }
        }
        entry.insert("number".to_owned(), Value::from(number.as_str()));
        let entry = Value::Object(entry);
        let listed = held.is_array() && !mutated("push.phone.list-becomes-object");
        if listed || mutated("push.phone.object-becomes-list") { Value::Array(vec![entry]) } else { entry }
    }

    /// The held numbers as they are, and the new one last.
    fn joined_phone(&self, number: &Phone, held: &Value) -> Result<Value, Reason> {
        if !matches!(held, Value::Null | Value::Object(_) | Value::Array(_)) {
            return Err(Reason::UnreadableExisting);
        }
        let held = entries(held);
        if !mutated("push.phone.appended-again") && held.iter().any(|entry| self.is_same_phone(entry, number))
        {
            return Err(Reason::AlreadyThere);
        }
        if held.len() >= PHONES_LIMIT && !mutated("push.phone.without-limit") {
            return Err(Reason::ListFull);
        }
        let mut all = held.to_vec();
        let at = if mutated("push.phone.new-one-first") { 0 } else { all.len() };
        all.insert(at, json!({ "number": number.as_str() }));
        Ok(Value::Array(all))
    }

    fn is_same_phone(&self, entry: &Value, number: &Phone) -> bool {
        let site = &self.participation.site_country;
        let country = Country::find(site).map_or(site.as_str(), |country| country.alpha2());
        if mutated("push.phone.compared-as-written") {
            return entry.get("number").and_then(Value::as_str) == Some(number.as_str());
        }
        let held = entry.get("number").and_then(Value::as_str);
        held.is_some_and(|held| phone::comparable(held, country) == number.comparable(country))
    }

    fn languages(&self) -> Outcome {
        let language = Language::from_code(&self.participation.language).ok_or(Reason::UnknownLanguage)?;
        let held = match self.existing.get("languages") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(held)) => held.clone(),
            Some(Value::Array(words)) => {
                let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
                words.ok_or(Reason::UnreadableExisting)?.join(",")
            }
            Some(_) => return Err(Reason::UnreadableExisting),
        };
        let mut words: Vec<&str> = held.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if !mutated("push.languages.appended-again") && words.iter().any(|word| language.is_meant_by(word)) {
            return Err(Reason::AlreadyThere);
        }
        if mutated("push.languages.replaced") {
            words.clear();
        }
        words.push(if mutated("push.languages.code") {
            &self.participation.language
        } else {
            language.name()
        });
        let joined = words.join(if mutated("push.languages.semicolons") { "; " } else { ", " });
        if joined.chars().count() > text::LIMIT {
            return Err(Reason::TooLong);
        }
        Ok(vec![("languages", Value::from(joined))])
    }

    fn change(&self, rule: &Rule, outcome: &Outcome) -> RowChange {
        let word = match (rule.behaviour, self.participation.phone_policy) {
            (Behaviour::Phone, PhonePolicy::Append) | (Behaviour::Languages, _) => "append",
            (Behaviour::Key, _) => "key",
            (Behaviour::ReadOnly, _) => "read-only",
            _ => "overwrite",
        };
        let held = rule.members().iter().map(|member| self.existing.get(member).cloned().unwrap_or_default());
        RowChange {
            place: format!("rule {} {} to {} ({word})", rule.number, rule.name, rule.path),
            before: shown(held.collect()),
            after: match outcome {
                Ok(members) => shown(members.iter().map(|(_, value)| value.clone()).collect()),
                Err(reason) => format!("not sent: {reason}"),
            },
        }
    }
}

/// The telephone numbers of a profile, whichever of its two forms they are stored in.
fn entries(held: &Value) -> &[Value] {
    match held {
        Value::Array(entries) => entries,
        Value::Object(_) => std::slice::from_ref(held),
        _ => &[],
    }
}

/// Values as a reader would write them: text bare, several with commas between, nothing where there is none.
fn shown(values: Vec<Value>) -> String {
    if values.iter().all(Value::is_null) {
        return String::new();
    }
    let words: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    words.join(", ")
}

#[cfg(test)]
mod tests;
