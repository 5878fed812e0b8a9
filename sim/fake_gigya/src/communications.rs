//! Communication topics: which there are, and how a person's choices are written.

use crate::consent::Source;
use crate::envelope::{Object, Problem};
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_model::Instant;

/// The channels and topics of a site.
#[derive(Clone, Debug, Default)]
pub(crate) struct Communications {
    /// Channels by name, as accounts.communication.getChannels tells them.
    pub(crate) channels: OrdMap<String, Value>,
    /// Topics on channels, by `<channel>_<topic>`.
    pub(crate) topics: OrdMap<String, Value>,
}

/// How many channels, and how many topics on channels, a site may have.
pub(crate) const MOST: usize = 2_000;

/// The members of `optIn` that are kept.
const OPT_IN: &[&str] = &[
    "sourceApplication",
    "brand",
    "acceptanceLocation",
    "acceptanceEvent",
    "reason",
    "agentType",
    "frequency",
    "data1",
    "data2",
    "data3",
];

/// Writes communication topics; `optIn` and `optOut` are read back as `OptIn` and `OptOut`. The order of
/// channel and topic in the key is not reliable: the members of the same names decide.
pub(crate) fn write_communications(
    into: &mut Object,
    from: &Object,
    site: &Communications,
    source: Source,
    now: Instant,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, value) in from {
        if let Err(problem) = write_one(into, key, value, site, source, now) {
            problems.push(problem);
        }
    }
    problems
}

fn write_one(
    into: &mut Object,
    key: &str,
    value: &Value,
    site: &Communications,
    source: Source,
    now: Instant,
) -> Result<(), Problem> {
    let place = format!("communications.{key}");
    let wanted = value.as_object().ok_or_else(|| Problem::new(400_023, &place, "must be an object"))?;
    let text = |name: &str| wanted.get(name).and_then(Value::as_str);
    let (first, second) = key.split_once('_').unwrap_or((key, ""));
    let (channel, topic) = match (text("channel"), text("topic")) {
        (Some(channel), Some(topic)) => (channel, topic),
        // `marketing_Twitter` names the topic first.
        (None, None) if !site.channels.contains_key(first) && site.channels.contains_key(second) => {
            (second, first)
        }
        (channel, topic) => (channel.unwrap_or(first), topic.unwrap_or(second)),
    };
    let known = format!("{channel}_{topic}");
    if !site.topics.is_empty() && !site.topics.contains_key(&known) {
        let message = format!("there is no topic {topic} on the channel {channel}");
        return Err(Problem::new(400_006, place, message));
    }
    let status = match text("status").map(str::to_ascii_lowercase).as_deref() {
        Some("optin") => "OptIn",
        Some("optout") => "OptOut",
        _ => {
            return Err(Problem::new(400_006, format!("{place}.status"), "status must be optIn or optOut"));
        }
    };
    let acted = text("userActionTimestamp");
    let acted_at = acted.map(str::parse::<Instant>).transpose();
    if acted_at.is_err() || acted_at.is_ok_and(|at| at.is_some_and(|at| at > now)) {
        let field = format!("{place}.userActionTimestamp");
        return Err(Problem::new(400_006, field, "must be a time in the past"));
    }
    let own = own_key(into, channel, topic).unwrap_or_else(|| key.to_owned());
    let Some(entry) = into.entry(own).or_insert_with(|| json!({})).as_object_mut() else { return Ok(()) };
    entry.insert("topic".into(), topic.into());
    entry.insert("channel".into(), channel.into());
    if entry.get("status").and_then(Value::as_str) != Some(status) {
        entry.insert("status".into(), status.into());
        let given = text("lastModified").filter(|_| source == Source::Import);
        entry.insert("lastModified".into(), given.map_or_else(|| now.to_string(), str::to_owned).into());
        let acted = acted.map_or_else(|| now.to_string(), str::to_owned);
        entry.insert("userActionTimestamp".into(), acted.into());
    }
    if let Some(opt_in) = wanted.get("optIn").and_then(Value::as_object) {
        let kept = opt_in.iter().filter(|(name, _)| OPT_IN.contains(&name.as_str()));
        entry.insert("optIn".into(), kept.map(|(k, v)| (k.clone(), v.clone())).collect());
    }
    Ok(())
}

/// The key under which a person's choice for a topic is kept already.
fn own_key(of: &Object, channel: &str, topic: &str) -> Option<String> {
    let same = |entry: &Value| entry["channel"] == channel && entry["topic"] == topic;
    of.iter().find(|(_, entry)| same(entry)).map(|(key, _)| key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    fn write(into: &mut Object, from: Value, site: &Communications) -> Vec<Problem> {
        write_communications(into, &object(from), site, Source::Call, Instant::START)
    }

    #[test]
    fn topics_change_case_on_the_way_back() {
        let mut into = Object::new();
        let site = Communications::default();
        let from = json!({"SMS_offers": {"status": "optIn", "optIn": {"brand": "B", "colour": "red"}}});
        assert_eq!(write(&mut into, from, &site), []);
        let time = "2026-01-05T08:00:00.000Z";
        assert_eq!(
            Value::Object(into.clone()),
            json!({"SMS_offers": {"topic": "offers", "channel": "SMS", "status": "OptIn", "lastModified": time,
                "userActionTimestamp": time, "optIn": {"brand": "B"}}})
        );
        let future =
            json!({"SMS_offers": {"status": "optOut", "userActionTimestamp": "2027-01-01T00:00:00Z"}});
        assert_eq!(write(&mut into, future, &site)[0].code, 400_006);
        let past = json!({"x": {"channel": "SMS", "topic": "offers", "status": "OPTOUT",
            "userActionTimestamp": "2025-01-01T00:00:00.000Z"}});
        assert_eq!(write(&mut into, past, &site), []);
        assert_eq!(into.len(), 1, "members, not the key, say which topic is meant");
        assert_eq!(into["SMS_offers"]["status"], "OptOut");
        assert_eq!(into["SMS_offers"]["userActionTimestamp"], "2025-01-01T00:00:00.000Z");
    }

    #[test]
    fn declared_topics_are_the_only_ones() {
        let site = Communications {
            channels: OrdMap::unit("Twitter".to_owned(), json!({})),
            topics: OrdMap::unit("Twitter_marketing".to_owned(), json!({})),
        };
        let mut into = Object::new();
        assert_eq!(write(&mut into, json!({"marketing_Twitter": {"status": "optIn"}}), &site), []);
        assert_eq!(into["marketing_Twitter"]["channel"], "Twitter");
        let problems = write(&mut into, json!({"Twitter_jokes": {"status": "optIn"}}), &site);
        assert_eq!((problems[0].code, problems[0].field.as_str()), (400_006, "communications.Twitter_jokes"));
    }
}
