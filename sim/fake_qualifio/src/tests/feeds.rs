//! Campaign feeds.

use super::world::World;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const FEED: &str = "0b6e1c2d-1111-4222-8333-944455556666";

fn world() -> World {
    World::new(&json!({
        "websites": [{"name": "Brand BE"}, {"name": "Brand NL", "domain": "spel.brand.example", "country": "NL"}],
        "campaigns": [
            {"id": 700_101, "title": "Spring quiz", "public_name": "Printemps & \"vous\"", "creator": "Brand"},
            {"id": 700_110, "title": "Poll", "mode": "anonymous", "channels": [
                {"channel": "widget", "website": "Brand NL", "language": "nl", "starts": "2026-02-01T00:00:00Z",
                    "ends": "2026-02-28T23:59:00Z"},
                {"channel": "mobile", "language": "de"},
            ]},
        ],
        "feeds": [{"name": "All", "uuid": FEED}, {"name": "NL", "uuid": FEED.replace('0', "1"), "websites": ["Brand NL"]}],
    }))
}

fn ask(world: &mut World, url: &str) -> (u16, String) {
    let response = world.send(http::Request::get(url).body(bytes::Bytes::new()).unwrap());
    (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
}

fn channels(world: &mut World, rest: &str) -> Value {
    let url = format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/json?clientId=2345{rest}");
    let (status, text) = ask(world, &url);
    assert_eq!(status, 200, "{text}");
    let feed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(feed["numberRows"], json!(feed["channels"].as_array().unwrap().len()));
    feed["channels"].clone()
}

fn ids(channels: &Value) -> Vec<u64> {
    channels.as_array().unwrap().iter().map(|entry| entry["id"].as_u64().unwrap()).collect()
}

#[test]
fn a_feed_entry() {
    let mut world = world();
    let all = channels(&mut world, "");
    assert_eq!(ids(&all), [700_102, 700_111, 700_112]);
    let mut first = all[0].clone();
    let guid = first["channelId"].as_str().unwrap().to_owned();
    let code = first.as_object_mut().unwrap().shift_remove("integration").unwrap();
    assert_eq!(
        first,
        json!({
            "channelId": guid, "website": {"id": 4321, "name": "Brand BE"}, "channel": "MINI_SITE", "id": 700_102,
            "dateCreated": "2026-01-05T08:00:00.000Z", "dateLastModified": "2026-01-05T08:00:00.000Z",
            "campaign": {"campaignId": 700_101, "campaignTitle": "Spring quiz",
                "campaignType": "Quizz ou concours identifié", "creator": "Brand"},
            "schedule": {"startDate": "2026-01-05T08:00:00.000Z", "endDate": "2090-12-31T23:59:00.000Z",
                "hourlyLimitation": false},
        })
    );
    let address = format!("jeux.brand.example/20/{guid}/v1.cfm?id={guid}");
    assert_eq!(code["webview"], json!(format!("https://{address}")));
    let tag = code["javascript"].as_str().unwrap();
    for part in [
        "id=\"qualifio_insert_place_700102\" class=\"qualifio_iframe_wrapper\"",
        "_qual_async",
        "\"createIframe\"",
        "/kit/qualp.2.min.js",
    ] {
        assert!(tag.contains(part), "{part}: {tag}");
    }
    let frame = code["html"].as_str().unwrap();
    for part in ["class=\"qualifio_iframe_tag\"", "id=\"qualifio700102\"", &format!("src=\"//{address}\"")] {
        assert!(frame.contains(part), "{part}: {frame}");
    }
    let members = |at: usize| {
        json!([
            all[at]["channel"],
            all[at]["website"]["name"],
            all[at]["campaign"]["campaignType"],
            all[at]["campaign"].get("creator")
        ])
    };
    assert_eq!(members(1), json!(["WIDGET", "Brand NL", "Sondage ou vote anonyme", null]));
    assert_eq!(members(2), json!(["MOBILE", "Brand BE", "Sondage ou vote anonyme", null]));
    let dates = json!({"startDate": "2026-02-01T00:00:00.000Z", "endDate": "2026-02-28T23:59:00.000Z", "hourlyLimitation": false});
    assert_eq!(all[1]["schedule"], dates);
}

#[test]
fn a_feed_in_xml() {
    let mut world = world();
    for host in ["api.qualifio.com", "api.qualif.io"] {
        let url = format!("https://{host}/v1/campaignfeed/channels/{FEED}/xml?clientId=2345&cursor=700101");
        let response = world.send(http::Request::get(url).body(bytes::Bytes::new()).unwrap());
        assert_eq!(response.headers()["content-type"], "application/xml; charset=utf-8");
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<campaignFeed><numberRows>1</numberRows><channels>\
                     <channelEntry><channelId>";
        assert!(text.starts_with(start), "{text}");
        assert!(
            text.contains("<campaignType>Quizz ou concours identifié</campaignType><creator>Brand</creator>")
        );
        assert!(text.contains("<html>&lt;iframe class=\"qualifio_iframe_tag\""), "{text}");
        assert!(text.ends_with("</channelEntry></channels></campaignFeed>"));
    }
}

#[test]
fn a_cursor_asks_for_one_campaign() {
    let mut world = world();
    for (rest, expected) in [
        ("&cursor=700101", vec![700_102]),
        ("&cursor=700110", vec![700_111, 700_112]),
        ("&cursor=1", vec![]),
        ("&cursor=", vec![700_102, 700_111, 700_112]),
    ] {
        assert_eq!(ids(&channels(&mut world, rest)), expected, "{rest}");
    }
    let nl = FEED.replace('0', "1");
    let (_, text) = ask(
        &mut world,
        &format!("https://api.qualifio.com/v1/campaignfeed/channels/{nl}/json?clientId=2345"),
    );
    let feed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(ids(&feed["channels"]), [700_111]);
}

#[test]
fn a_feed_is_cached() {
    let mut world = world();
    let title = |world: &mut World| channels(world, "")[0]["campaign"]["campaignTitle"].clone();
    assert_eq!(title(&mut world), "Spring quiz");
    world.now = world.now.plus(Duration::from_secs(60));
    assert_eq!(world.outcome("admin", "PUT campaigns/700101", &json!({"title": "Summer quiz"})), "200");
    world.now = world.now.plus(Duration::from_secs(839));
    assert_eq!(title(&mut world), "Spring quiz", "a second before a quarter of an hour");
    assert_eq!(
        channels(&mut world, "&cursor=700101")[0]["campaign"]["campaignTitle"],
        "Summer quiz",
        "not asked before"
    );
    world.now = world.now.plus(Duration::from_secs(1));
    assert_eq!(title(&mut world), "Summer quiz");
    let entry = channels(&mut world, "")[0].clone();
    assert_eq!(
        json!([entry["dateCreated"], entry["dateLastModified"]]),
        json!(["2026-01-05T08:00:00.000Z", "2026-01-05T08:01:00.000Z"])
    );
}

#[test]
fn feeds_that_are_not_there() {
    let mut world = world();
    let unknown = FEED.replace('0', "f");
    for (url, status, message) in [
        (
            format!("https://api.qualifio.com/v1/campaignfeed/channels/{unknown}/json?clientId=2345"),
            404,
            "there is no such feed",
        ),
        (
            format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/json?clientId=1"),
            404,
            "there is no such feed",
        ),
        (
            format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/json"),
            400,
            "clientId is missing or is no number",
        ),
        (
            format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/json?clientId=2345&cursor=x"),
            400,
            "cursor is not the number of a campaign",
        ),
        (
            format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/csv?clientId=2345"),
            404,
            "Not Found",
        ),
    ] {
        let (found, text) = ask(&mut world, &url);
        assert_eq!((found, text), (status, json!({"message": message}).to_string()), "{url}");
    }
    for host in ["jeux.brand.example", "brand.qualifioapp.com"] {
        let (status, text) =
            ask(&mut world, &format!("https://{host}/v1/campaignfeed/channels/{FEED}/json?clientId=2345"));
        assert!(status == 404 && text.contains("<html"), "campaigns live on {host}");
    }
}

#[test]
fn calls_may_be_limited() {
    let mut world = world();
    world.qualifio.knobs_mut().set("qualifio.api_rate_limit", "2").unwrap();
    let url = format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/json?clientId=2345");
    let mut seen = Vec::new();
    for wait in [0, 0, 0, 59, 1] {
        world.now = world.now.plus(Duration::from_secs(wait));
        let response = world.send(http::Request::get(&url).body(bytes::Bytes::new()).unwrap());
        let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
        seen.push((response.status().as_u16(), wait));
    }
    let refused = (429, Some("60".to_owned()));
    assert_eq!(seen, [(200, None), (200, None), refused.clone(), refused, (200, None)]);
}

#[test]
fn feeds_are_managed() {
    let mut world = world();
    let (status, made) = world.call("admin", "POST feeds", &json!({"name": "App", "websites": [4321]}));
    assert_eq!((status, made["uuid"].as_str().unwrap().len()), (201, 36));
    let (_, told) = world.call("admin", "GET feeds", &Value::Null);
    assert_eq!((told["client_id"].clone(), told["feeds"].as_array().unwrap().len()), (json!(2345), 3));
    for (body, expected) in [
        (json!({"uuid": "x"}), "Malformed(uuid)"),
        (json!({"uuid": FEED}), "Malformed(uuid)"),
        (json!({"websites": ["Brand FR"]}), "Malformed(websites[0])"),
        (json!({"title": "x"}), "Malformed(title)"),
    ] {
        assert_eq!(world.outcome("admin", "POST feeds", &body), expected);
    }
    channels(&mut world, "");
    assert_eq!(world.outcome("admin", &format!("DELETE feeds/{FEED}"), &Value::Null), "200");
    assert_eq!(world.outcome("admin", &format!("DELETE feeds/{FEED}"), &Value::Null), "NotFound");
    let (status, _) = ask(
        &mut world,
        &format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/json?clientId=2345"),
    );
    assert_eq!(status, 404, "what was cached is gone, too");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every channel once, whatever campaigns there are, in both forms.
    #[test]
    fn every_channel_once(counts in proptest::collection::vec(1..4_usize, 0..6), titles in "\\PC{0,8}") {
        let campaigns: Value = counts.iter().map(|count| {
            let channels: Value = (0..*count).map(|_| json!({"channel": "widget"})).collect();
            json!({"title": format!("T{titles}"), "channels": channels})
        }).collect();
        let mut world = World::new(&json!({"campaigns": campaigns, "feeds": [{"uuid": FEED}]}));
        let all = channels(&mut world, "");
        let known: BTreeSet<String> = world.qualifio.campaigns().iter()
            .flat_map(|campaign| campaign["channels"].as_array().unwrap().clone())
            .map(|channel| channel["guid"].as_str().unwrap().to_owned()).collect();
        let listed: Vec<String> =
            all.as_array().unwrap().iter().map(|entry| entry["channelId"].as_str().unwrap().to_owned()).collect();
        prop_assert_eq!(listed.len(), counts.iter().sum::<usize>());
        prop_assert_eq!(&listed.iter().cloned().collect::<BTreeSet<_>>(), &known);
        let (_, xml) = ask(&mut world, &format!("https://api.qualifio.com/v1/campaignfeed/channels/{FEED}/xml?clientId=2345"));
        for guid in &known {
            let element = format!("<channelId>{guid}</channelId>");
            prop_assert_eq!(xml.matches(&element).count(), 1);
        }
    }
}
