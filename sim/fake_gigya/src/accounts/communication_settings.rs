//! `accounts.communication.getChannels`, `accounts.communication.setChannels`,
//! `accounts.communications.settings.search` and `accounts.communications.settings.set`.

use crate::call::Call;
use crate::communications::MOST;
use crate::documents::{self, results};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::query::fields::Fields;
use crate::query::plan::Plan;
use crate::query::search::{LIMITS, Search, Sourced};
use serde_json::{Value, json};
use standin_model::Evidence;
use std::sync::Arc;

/// The channels.
pub(crate) const GET_CHANNELS: Endpoint = Endpoint {
    name: "accounts.communication.getChannels",
    summary: "Tells the channels on which a site reaches people.",
    evidence: Evidence::recorded("fixtures of sap-customer-data-cloud-toolkit", "channels_and_topics"),
    access: Access::Private,
    params: &[],
    server_params: &[],
    run: get_channels,
};

/// New channels.
pub(crate) const SET_CHANNELS: Endpoint = Endpoint {
    name: "accounts.communication.setChannels",
    summary: "Adds channels and changes them.",
    params: &["Channels"],
    run: set_channels,
    ..GET_CHANNELS
};

/// The topics.
pub(crate) const SEARCH: Endpoint = Endpoint {
    name: "accounts.communications.settings.search",
    summary: "Finds topics on channels.",
    params: &["query", "openCursor", "cursorId"],
    run: find,
    ..GET_CHANNELS
};

/// New topics.
pub(crate) const SET: Endpoint = Endpoint {
    name: "accounts.communications.settings.set",
    summary: "Adds a topic on a channel, or changes it.",
    params: &["topicChannel"],
    run: set_topic,
    ..GET_CHANNELS
};

fn get_channels(_: &mut Gigya, call: &Call) -> Reply {
    let channels: Object =
        call.site.communications.channels.iter().map(|(name, it)| (name.clone(), it.clone())).collect();
    Ok(Object::from_iter([("Channels".into(), channels.into())]))
}

fn wrong(details: impl Into<String>) -> Refusal {
    Refusal::because(400_006, details)
}

fn is_word(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

fn set_channels(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("Channels")?;
    let given = call.params.object("Channels")?.unwrap_or_default();
    let mut site = gigya.home_site(call);
    for (name, channel) in given {
        if !is_word(&name) || !channel.is_object() {
            return Err(wrong(format!("Channels: {} is no channel", brief(&name))));
        }
        let mut channel = channel.clone();
        let depends = channel.get("dependsOn").cloned().unwrap_or_else(|| json!([]));
        let fits = |item: &Value| item.get("fieldID").is_some_and(Value::is_string);
        if !depends.as_array().is_some_and(|list| list.iter().all(fits)) {
            return Err(wrong("Channels: dependsOn is a list of objects with fieldID"));
        }
        channel["dependsOn"] = depends;
        site.communications.channels.insert(name, channel);
    }
    if site.communications.channels.len() > MOST {
        return Err(Refusal::because(400_124, format!("a site has at most {MOST} channels")));
    }
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

fn set_topic(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("topicChannel")?;
    let given = match call.params.json("topicChannel")? {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let mut site = gigya.home_site(call);
    for topic in given {
        let text = |name: &str| topic.get(name).and_then(Value::as_str).filter(|text| is_word(text));
        let (Some(channel), Some(name)) = (text("channel"), text("topic")) else {
            return Err(wrong("topicChannel: channel and topic are needed"));
        };
        if !site.communications.channels.contains_key(channel) {
            return Err(wrong(format!("topicChannel: there is no channel {channel}")));
        }
        site.communications.topics.insert(format!("{channel}_{name}"), topic.clone());
    }
    if site.communications.topics.len() > MOST {
        return Err(Refusal::because(400_124, format!("a site has at most {MOST} topics")));
    }
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

const FIND: Search = Search { limits: LIMITS, fields: |_| Fields::PLAIN, source, profiles: false };

fn find(gigya: &mut Gigya, call: &Call) -> Reply {
    let mut call = call.clone();
    if call.params.get("query").is_none() && call.params.get("cursorId").is_none() {
        Arc::make_mut(&mut call.params).put("query", "select * from topicChannels limit 2000");
    }
    let page = FIND.run(gigya, &call)?;
    Ok(results(gigya, page))
}

fn source<'g>(_: &'g Gigya, call: &'g Call, plan: &Plan) -> Sourced<'g> {
    if !plan.from.eq_ignore_ascii_case("topicChannels") {
        return Err(wrong(format!("Unknown source in FROM: {}", brief(&plan.from))));
    }
    let topics = call.site.communications.topics.iter();
    Ok(documents::source(topics.map(|(key, topic)| (key.clone(), topic.clone())).collect()))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn channels_and_topics() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let channels =
            r#"{"SMS":{"dependsOn":[{"fieldID":"phoneNumber","required":true}],"description":"text"}}"#;
        assert_eq!(bench.code("accounts.communication.setChannels", &[("Channels", channels)]), 0);
        let told = bench.call("accounts.communication.getChannels", &[]);
        assert_eq!(
            told["Channels"],
            json!({"SMS": {"dependsOn": [{"fieldID": "phoneNumber", "required": true}], "description": "text"}})
        );
        let set = |bench: &mut Bench, text: &str| {
            bench.code("accounts.communications.settings.set", &[("topicChannel", text)])
        };
        assert_eq!(set(&mut bench, r#"{"channel":"SMS","topic":"offers"}"#), 0);
        assert_eq!(set(&mut bench, r#"[{"channel":"SMS","topic":"news"}]"#), 0);
        let found = bench.call("accounts.communications.settings.search", &[]);
        assert_eq!(
            (&found["totalCount"], &found["results"][0]),
            (&json!(2), &json!({"channel": "SMS", "topic": "news"}))
        );
        let query = r#"SELECT topic FROM topicChannels WHERE topic = "offers""#;
        let found = bench.call("accounts.communications.settings.search", &[("query", query)]);
        assert_eq!(found["results"], json!([{"topic": "offers"}]));
        let write = |bench: &mut Bench, text: &str| {
            bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("communications", text)])
        };
        assert_eq!(write(&mut bench, r#"{"SMS_offers":{"status":"optIn"}}"#), 0);
        assert_eq!(write(&mut bench, r#"{"SMS_jokes":{"status":"optIn"}}"#), 400_009);
        let info =
            bench.call("accounts.getAccountInfo", &[("UID", "ann"), ("includeCommunications", "true")]);
        assert_eq!(info["communications"]["SMS_offers"]["status"], "OptIn");
        for (text, expected) in [
            (r#"{"channel":"Fax","topic":"offers"}"#, 400_006),
            (r#"{"channel":"SMS"}"#, 400_006),
            ("", 400_002),
        ] {
            assert_eq!(set(&mut bench, text), expected, "{text}");
        }
        let bad = [("Channels", r#"{"SMS":{"dependsOn":[1]}}"#)];
        assert_eq!(bench.code("accounts.communication.setChannels", &bad), 400_006);
    }

    #[test]
    fn lite_records_have_topics_too() {
        let mut bench = Bench::new();
        let params =
            [("email", "lite@example.org"), ("communications", r#"{"SMS_offers":{"status":"optIn"}}"#)];
        assert_eq!(bench.code("accounts.importLiteAccount", &params), 0);
        let site = bench.gigya.first_site();
        let lite = bench.gigya.people_of(&site).lite("lite@example.org").cloned().unwrap();
        assert_eq!(lite.communications.object()["SMS_offers"]["status"], "OptIn");
    }
}
