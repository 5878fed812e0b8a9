//! Subscriptions: what a schema says about them, and how they are written.

use crate::consent::{Source, slot, walk};
use crate::envelope::{Object, Problem, Refusal};
use crate::merge::Writer;
use crate::schema::{Kind, Write};
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_model::Instant;

/// What the subscriptions schema says about one subscription. The channel is always `email`.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) required: bool,
    pub(crate) write: Write,
    pub(crate) double_opt_in: bool,
    /// An address that has confirmed before need not confirm again.
    pub(crate) conditional: bool,
    pub(crate) description: String,
    pub(crate) related_consents: Vec<String>,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            required: false,
            write: Write::ClientModify,
            double_opt_in: false,
            conditional: false,
            description: String::new(),
            related_consents: Vec::new(),
        }
    }
}

impl Subscription {
    /// Sets the properties that are passed; `null` takes one back to its default.
    pub(crate) fn set(&mut self, id: &str, properties: &Object) -> Result<(), Refusal> {
        let plain = Self::default();
        for (name, value) in properties {
            let wrong =
                || Refusal::because(400_006, format!("subscription {id}: invalid value for {name}: {value}"));
            let flag = |default: bool| match value {
                Value::Null => Ok(default),
                value => Kind::Boolean.coerce(value).and_then(|flag| flag.as_bool()).ok_or_else(wrong),
            };
            match name.as_str() {
                "type" if value != "subscription" && !value.is_null() => return Err(wrong()),
                "required" => self.required = flag(plain.required)?,
                "doubleOptIn" => self.double_opt_in = flag(plain.double_opt_in)?,
                "enableConditionalDoubleOptIn" => self.conditional = flag(plain.conditional)?,
                "writeAccess" if value.is_null() => self.write = plain.write,
                "writeAccess" => self.write = Write::of(value).ok_or_else(wrong)?,
                "description" => self.description = value.as_str().unwrap_or_default().to_owned(),
                "relatedConsentIds" => self.related_consents = crate::accounts::write::texts(Some(value)),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "type": "subscription",
            "required": self.required,
            "writeAccess": self.write.word(),
            "doubleOptIn": self.double_opt_in,
            "description": self.description,
            "enableConditionalDoubleOptIn": self.conditional,
            "relatedConsentIds": self.related_consents,
        })
    }
}

/// Under which rules subscriptions are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscribing<'s> {
    /// By id; with none declared every id is taken.
    pub(crate) declared: &'s OrdMap<String, Subscription>,
    pub(crate) source: Source,
    pub(crate) writer: Writer,
    pub(crate) now: Instant,
}

/// Writes subscriptions: `isSubscribed` flips at once, double opt-in or not.
pub(crate) fn write_subscriptions(into: &mut Object, from: &Object, rules: Subscribing<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let confirmed_before = has_confirmed(into);
    walk("", from, is_entry, &mut |id, members| {
        let place = format!("subscriptions.{id}.email");
        let declared = rules.declared.get(id);
        if !rules.declared.is_empty() && declared.is_none() {
            let message = format!("subscription {id} is not in the schema");
            problems.push(Problem::new(400_024, place, message));
            return;
        }
        let plain = Subscription::default();
        let declared = declared.unwrap_or(&plain);
        let Some(wanted) = members.get("email").and_then(Value::as_object) else { return };
        let mut changed = entry(into, id).cloned().unwrap_or_default();
        let present = changed.contains_key("isSubscribed");
        let written = write_one(&place, &mut changed, wanted, declared, confirmed_before, rules);
        if let Err(problem) = written {
            problems.push(problem);
            return;
        }
        if entry(into, id) == Some(&changed) {
            return;
        }
        if rules.writer == Writer::Client && !declared.write.lets_client(present) {
            let message = format!("{place} may not be written by a client");
            problems.push(Problem::new(400_025, place, message));
            return;
        }
        if let Some(slot) = slot(into, &format!("{id}.email")) {
            *slot = changed;
        }
    });
    problems
}

/// Whether an object is a subscription's entry and not a part of its dotted id.
fn is_entry(members: &Object) -> bool {
    members.get("email").is_some_and(Value::is_object)
}

/// The state of one subscription.
pub(crate) fn entry<'o>(of: &'o Object, id: &str) -> Option<&'o Object> {
    let mut at = of;
    for name in id.split('.') {
        at = at.get(name)?.as_object()?;
    }
    at.get("email")?.as_object()
}

/// Puts the state of one subscription in its place.
pub(crate) fn put_entry(into: &mut Object, id: &str, state: Object) {
    if let Some(slot) = slot(into, &format!("{id}.email")) {
        *slot = state;
    }
}

/// All subscriptions with their ids.
pub(crate) fn entries(of: &Object) -> Vec<(String, Object)> {
    let mut out = Vec::new();
    walk("", of, is_entry, &mut |id, members| {
        if let Some(state) = members.get("email").and_then(Value::as_object) {
            out.push((id.to_owned(), state.clone()));
        }
    });
    out
}

fn has_confirmed(subscriptions: &Object) -> bool {
    entries(subscriptions).iter().any(|(_, state)| opt_in_status(state) == Some("Confirmed"))
}

/// `NotConfirmed`, `Pending` or `Confirmed`.
pub(crate) fn opt_in_status(state: &Object) -> Option<&str> {
    state.get("doubleOptIn")?.get("status")?.as_str()
}

/// Whether a state is that of a subscriber.
pub(crate) fn is_subscribed(state: &Object) -> bool {
    state.get("isSubscribed") == Some(&Value::Bool(true))
}

fn write_one(
    place: &str,
    entry: &mut Object,
    wanted: &Object,
    declared: &Subscription,
    confirmed_before: bool,
    rules: Subscribing<'_>,
) -> Result<(), Problem> {
    let now = rules.now.to_string();
    let before = entry.get("isSubscribed").and_then(Value::as_bool);
    let mut subscribed = before.unwrap_or(false);
    if let Some(value) = wanted.get("isSubscribed").filter(|value| !value.is_null()) {
        let flag = Kind::Boolean.coerce(value).and_then(|flag| flag.as_bool());
        let field = format!("{place}.isSubscribed");
        subscribed = flag.ok_or_else(|| Problem::new(400_023, field, "invalid value for type boolean"))?;
    }
    let given = |name: &str| wanted.get("doubleOptIn").and_then(|it| it.get(name));
    let verified = given("isExternallyVerified") == Some(&Value::Bool(true));
    let changed = before != Some(subscribed);
    entry.insert("isSubscribed".into(), subscribed.into());
    if let Some(tags) = wanted.get("tags").filter(|tags| tags.is_array()) {
        entry.insert("tags".into(), tags.clone());
    }
    let import = rules.source == Source::Import;
    match wanted.get("lastUpdatedSubscriptionState").filter(|_| import) {
        Some(given) => _ = entry.insert("lastUpdatedSubscriptionState".into(), given.clone()),
        None if changed => _ = entry.insert("lastUpdatedSubscriptionState".into(), now.clone().into()),
        None => {}
    }
    if let Some(state) = wanted.get("doubleOptIn").filter(|it| import && it.get("status").is_some()) {
        entry.insert("doubleOptIn".into(), state.clone());
        return Ok(());
    }
    let asks = changed && subscribed && declared.double_opt_in && !import;
    let opt_in = if verified && subscribed {
        json!({"status": "Confirmed", "confirmTime": now})
    } else if asks && declared.conditional && confirmed_before {
        json!({"status": "Confirmed", "confirmTime": now, "doiConditionallyConfirmed": true})
    } else if asks {
        json!({"status": "Pending", "emailSentTime": now, "confirmTime": null})
    } else if changed || !entry.contains_key("doubleOptIn") {
        json!({"status": "NotConfirmed"})
    } else {
        return Ok(());
    };
    entry.insert("doubleOptIn".into(), opt_in);
    Ok(())
}

/// Paths of required subscriptions that are missing.
pub(crate) fn missing(declared: &OrdMap<String, Subscription>, subscriptions: &Object) -> Vec<String> {
    let lacks = |id: &str| !entry(subscriptions, id).is_some_and(is_subscribed);
    let required = declared.iter().filter(|(id, it)| it.required && lacks(id));
    required.map(|(id, _)| format!("subscriptions.{id}.email.isSubscribed")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    fn declared() -> OrdMap<String, Subscription> {
        let double = Subscription { double_opt_in: true, ..Subscription::default() };
        OrdMap::from_iter([
            ("news".to_owned(), double.clone()),
            ("extra".to_owned(), Subscription { conditional: true, ..double }),
            ("offers.daily".to_owned(), Subscription::default()),
            ("staff".to_owned(), Subscription { write: Write::ServerOnly, ..Subscription::default() }),
        ])
    }

    #[test]
    fn double_opt_in_is_pending_and_subscribed_at_once() {
        let declared = declared();
        let rules = Subscribing {
            declared: &declared,
            source: Source::Call,
            writer: Writer::Server,
            now: Instant::START,
        };
        let mut into = Object::new();
        let from = object(json!({
            "news": {"email": {"isSubscribed": "true"}},
            "offers": {"daily": {"email": {"isSubscribed": true, "tags": ["a"]}}},
        }));
        assert_eq!(write_subscriptions(&mut into, &from, rules), []);
        let time = "2026-01-05T08:00:00.000Z";
        assert_eq!(
            Value::Object(into.clone()),
            json!({
                "news": {"email": {"isSubscribed": true, "lastUpdatedSubscriptionState": time,
                    "doubleOptIn": {"status": "Pending", "emailSentTime": time, "confirmTime": null}}},
                "offers": {"daily": {"email": {"isSubscribed": true, "tags": ["a"],
                    "lastUpdatedSubscriptionState": time, "doubleOptIn": {"status": "NotConfirmed"}}}},
            })
        );
        let again = into.clone();
        let later = Subscribing { now: rules.now.plus(std::time::Duration::from_secs(9)), ..rules };
        assert_eq!(write_subscriptions(&mut into, &from, later), []);
        assert_eq!(into, again, "the same state changes nothing");
        let confirm = object(json!({"news": {"email": {"doubleOptIn": {"isExternallyVerified": true}}}}));
        assert_eq!(write_subscriptions(&mut into, &confirm, later), []);
        assert_eq!(into["news"]["email"]["doubleOptIn"]["status"], "Confirmed");
        let conditional = object(json!({"extra": {"email": {"isSubscribed": true}}}));
        assert_eq!(write_subscriptions(&mut into, &conditional, later), []);
        assert_eq!(into["extra"]["email"]["doubleOptIn"]["doiConditionallyConfirmed"], true);
        assert_eq!(write_subscriptions(&mut Object::new(), &conditional, later), []);
        let stray = object(json!({"nws": {"email": {"isSubscribed": true}}}));
        let problems = write_subscriptions(&mut into, &stray, rules);
        assert_eq!((problems[0].code, problems[0].field.as_str()), (400_024, "subscriptions.nws.email"));
    }

    #[test]
    fn who_may_write_and_what_imports_may() {
        let declared = declared();
        let client = Subscribing {
            declared: &declared,
            source: Source::Call,
            writer: Writer::Client,
            now: Instant::START,
        };
        let from = object(json!({"staff": {"email": {"isSubscribed": true}}}));
        let problems = write_subscriptions(&mut Object::new(), &from, client);
        assert_eq!((problems[0].code, problems[0].field.as_str()), (400_025, "subscriptions.staff.email"));
        let import = Subscribing { source: Source::Import, writer: Writer::Server, ..client };
        let from = object(json!({"news": {"email": {"isSubscribed": true,
            "lastUpdatedSubscriptionState": "2020-01-01T00:00:00.000Z", "doubleOptIn": {"status": "Confirmed"}}}}));
        let mut into = Object::new();
        assert_eq!(write_subscriptions(&mut into, &from, import), []);
        assert_eq!(
            Value::Object(into),
            Value::Object(from),
            "an import sets what the platform sets otherwise"
        );
    }
}
