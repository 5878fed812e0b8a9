//! Writing subscriptions, consents and communication topics.

use crate::envelope::{Object, Problem};
use crate::schema::Kind;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_model::Instant;

/// Where a write comes from: imports may set what the platform sets otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Call,
    Import,
}

/// Calls `each` with the dotted id and the entry of everything in `from` that `is_entry` knows as one.
fn walk(prefix: &str, from: &Object, is_entry: fn(&Object) -> bool, each: &mut dyn FnMut(&str, &Object)) {
    for (key, value) in from {
        let id = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value.as_object() {
            Some(members) if is_entry(members) => each(&id, members),
            Some(members) => walk(&id, members, is_entry, each),
            None => {}
        }
    }
}

/// The object at a dotted id, made where it is missing.
fn slot<'o>(into: &'o mut Object, id: &str) -> Option<&'o mut Object> {
    let mut at = into;
    for name in id.split('.') {
        at = at.entry(name).or_insert_with(|| json!({})).as_object_mut()?;
    }
    Some(at)
}

/// Writes subscriptions: `isSubscribed` flips at once, double opt-in or not.
pub(crate) fn write_subscriptions(
    into: &mut Object,
    from: &Object,
    declared: &OrdMap<String, bool>,
    source: Source,
    now: Instant,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_entry = |members: &Object| members.get("email").is_some_and(Value::is_object);
    walk("", from, is_entry, &mut |id, members| {
        let place = format!("subscriptions.{id}.email");
        if !declared.is_empty() && !declared.contains_key(id) {
            let message = format!("subscription {id} is not in the schema");
            problems.push(Problem::new(400_024, place, message));
            return;
        }
        let double = declared.get(id).copied().unwrap_or(false);
        let Some(wanted) = members.get("email").and_then(Value::as_object) else { return };
        let Some(entry) = slot(into, &format!("{id}.email")) else { return };
        if let Err(problem) = write_subscription(&place, entry, wanted, double, source, now) {
            problems.push(problem);
        }
    });
    problems
}

fn write_subscription(
    place: &str,
    entry: &mut Object,
    wanted: &Object,
    double: bool,
    source: Source,
    now: Instant,
) -> Result<(), Problem> {
    let before = entry.get("isSubscribed").and_then(Value::as_bool);
    let mut subscribed = before.unwrap_or(false);
    if let Some(value) = wanted.get("isSubscribed").filter(|value| !value.is_null()) {
        let flag = Kind::Boolean.coerce(value).and_then(|flag| flag.as_bool());
        let field = format!("{place}.isSubscribed");
        subscribed = flag.ok_or_else(|| Problem::new(400_023, field, "invalid value for type boolean"))?;
    }
    let verified = wanted.get("doubleOptIn").and_then(|it| it.get("isExternallyVerified"));
    let verified = verified == Some(&Value::Bool(true));
    let changed = before != Some(subscribed);
    entry.insert("isSubscribed".into(), subscribed.into());
    if let Some(tags) = wanted.get("tags").filter(|tags| tags.is_array()) {
        entry.insert("tags".into(), tags.clone());
    }
    let given = wanted.get("lastUpdatedSubscriptionState").filter(|_| source == Source::Import);
    match given {
        Some(given) => _ = entry.insert("lastUpdatedSubscriptionState".into(), given.clone()),
        None if changed => _ = entry.insert("lastUpdatedSubscriptionState".into(), now.to_string().into()),
        None => {}
    }
    let opt_in = match (verified && subscribed, changed && subscribed && double && source == Source::Call) {
        (true, _) => json!({"status": "Confirmed", "confirmTime": now.to_string()}),
        (_, true) => json!({"status": "Pending", "emailSentTime": now.to_string(), "confirmTime": null}),
        _ if changed || !entry.contains_key("doubleOptIn") => json!({"status": "NotConfirmed"}),
        _ => return Ok(()),
    };
    entry.insert("doubleOptIn".into(), opt_in);
    Ok(())
}

/// Writes consents: `isConsentGranted` alone, and tags with a change of it.
pub(crate) fn write_preferences(into: &mut Object, from: &Object, lang: &str, now: Instant) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_entry =
        |members: &Object| members.contains_key("isConsentGranted") || members.contains_key("tags");
    let nested = expanded(from);
    walk("", &nested, is_entry, &mut |id, wanted| {
        let place = format!("preferences.{id}.isConsentGranted");
        let Some(value) = wanted.get("isConsentGranted") else { return };
        let Some(granted) = Kind::Boolean.coerce(value) else {
            problems.push(Problem::new(400_023, place, "invalid value for type boolean"));
            return;
        };
        let Some(entry) = slot(into, id) else { return };
        if entry.get("isConsentGranted") == Some(&granted) {
            return;
        }
        entry.insert("isConsentGranted".into(), granted);
        if let Some(tags) = wanted.get("tags").filter(|tags| tags.is_array()) {
            entry.insert("tags".into(), tags.clone());
        }
        entry.entry("docVersion").or_insert_with(|| 1.0.into());
        entry.insert("lang".into(), lang.into());
        entry.insert("lastConsentModified".into(), now.to_string().into());
        entry.insert("actionTimestamp".into(), now.to_string().into());
    });
    problems
}

/// Dotted keys as nested objects: `terms.tos.isConsentGranted` and the nested form mean the same.
fn expanded(from: &Object) -> Object {
    let mut out = Object::new();
    for (key, value) in from {
        let value = value.as_object().map_or_else(|| value.clone(), |members| expanded(members).into());
        match key.rsplit_once('.') {
            Some((path, last)) => {
                if let Some(entry) = slot(&mut out, path) {
                    entry.insert(last.to_owned(), value);
                }
            }
            None => match (out.get_mut(key), value) {
                (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
                (_, value) => _ = out.insert(key.clone(), value),
            },
        }
    }
    out
}

/// Writes communication topics; `optIn` and `optOut` are read back as `OptIn` and `OptOut`.
pub(crate) fn write_communications(into: &mut Object, from: &Object, now: Instant) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, value) in from {
        let place = format!("communications.{key}");
        let Some(wanted) = value.as_object() else {
            problems.push(Problem::new(400_023, place, "must be an object"));
            continue;
        };
        let status =
            match wanted.get("status").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
                Some("optin") => "OptIn",
                Some("optout") => "OptOut",
                _ => {
                    problems.push(Problem::new(
                        400_006,
                        format!("{place}.status"),
                        "status must be optIn or optOut",
                    ));
                    continue;
                }
            };
        let acted = wanted.get("userActionTimestamp").and_then(Value::as_str);
        let acted_at = acted.map(str::parse::<Instant>).transpose();
        if acted_at.as_ref().is_err() || acted_at.as_ref().is_ok_and(|at| at.is_some_and(|at| at > now)) {
            let field = format!("{place}.userActionTimestamp");
            problems.push(Problem::new(400_006, field, "must be a time in the past"));
            continue;
        }
        let (channel, topic) = key.split_once('_').unwrap_or((key, ""));
        let Some(entry) = slot_exact(into, key) else { continue };
        let text = |name: &str, or: &str| wanted.get(name).and_then(Value::as_str).unwrap_or(or).to_owned();
        entry.insert("topic".into(), text("topic", topic).into());
        entry.insert("channel".into(), text("channel", channel).into());
        if entry.get("status").and_then(Value::as_str) != Some(status) {
            entry.insert("status".into(), status.into());
            entry.insert("lastModified".into(), now.to_string().into());
            entry.insert(
                "userActionTimestamp".into(),
                acted.map_or_else(|| now.to_string(), str::to_owned).into(),
            );
        }
        if let Some(opt_in) = wanted.get("optIn").filter(|it| it.is_object()) {
            entry.insert("optIn".into(), opt_in.clone());
        }
    }
    problems
}

fn slot_exact<'o>(into: &'o mut Object, key: &str) -> Option<&'o mut Object> {
    into.entry(key).or_insert_with(|| json!({})).as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn double_opt_in_is_pending_and_subscribed_at_once() {
        let declared = OrdMap::from_iter([("news".to_owned(), true), ("offers.daily".to_owned(), false)]);
        let mut into = Object::new();
        let from = object(
            json!({"news": {"email": {"isSubscribed": "true"}}, "offers": {"daily": {"email": {"isSubscribed": true, "tags": ["a"]}}}}),
        );
        let now = Instant::START;
        assert_eq!(write_subscriptions(&mut into, &from, &declared, Source::Call, now), []);
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
        let later = now.plus(std::time::Duration::from_secs(9));
        assert_eq!(write_subscriptions(&mut into, &from, &declared, Source::Call, later), []);
        assert_eq!(into, again, "the same state changes nothing");
        let confirm = object(json!({"news": {"email": {"doubleOptIn": {"isExternallyVerified": true}}}}));
        assert_eq!(write_subscriptions(&mut into, &confirm, &declared, Source::Call, later), []);
        assert_eq!(into["news"]["email"]["doubleOptIn"]["status"], "Confirmed");
        let stray = object(json!({"nws": {"email": {"isSubscribed": true}}}));
        let problems = write_subscriptions(&mut into, &stray, &declared, Source::Call, now);
        assert_eq!((problems[0].code, problems[0].field.as_str()), (400_024, "subscriptions.nws.email"));
    }

    #[test]
    fn consents_keep_who_when_and_which() {
        let mut into = Object::new();
        let from = object(json!({"terms.tos.isConsentGranted": true, "privacy": {"tags": ["x"]}}));
        assert_eq!(write_preferences(&mut into, &from, "fr", Instant::START), []);
        let time = "2026-01-05T08:00:00.000Z";
        assert_eq!(
            Value::Object(into),
            json!({"terms": {"tos": {"isConsentGranted": true, "docVersion": 1.0, "lang": "fr",
                "lastConsentModified": time, "actionTimestamp": time}}})
        );
    }

    #[test]
    fn topics_change_case_on_the_way_back() {
        let mut into = Object::new();
        let from = object(json!({"SMS_offers": {"status": "optIn", "optIn": {"brand": "B"}}}));
        assert_eq!(write_communications(&mut into, &from, Instant::START), []);
        assert_eq!(into["SMS_offers"]["status"], "OptIn");
        assert_eq!(into["SMS_offers"]["topic"], "offers");
        let future = object(
            json!({"SMS_offers": {"status": "optOut", "userActionTimestamp": "2027-01-01T00:00:00Z"}}),
        );
        assert_eq!(write_communications(&mut into, &future, Instant::START)[0].code, 400_006);
    }
}
