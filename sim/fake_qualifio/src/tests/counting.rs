//! Limits, mapping variables, consents, figures.

use super::world::{Browser, World};
use serde_json::{Value, json};
use std::time::Duration;

fn world(campaign: Value) -> World {
    let mut one =
        json!({"id": 700_101, "title": "Quiz", "fields": ["firstname", "lastname", "email", "phone"]});
    for (name, value) in campaign.as_object().unwrap() {
        one[name] = value.clone();
    }
    World::new(&json!({"campaigns": [one]}))
}

/// Somebody takes part from an address in the network; whether they were let in.
fn plays(world: &mut World, first: &str, email: &str, phone: &str, ip: &str) -> bool {
    let before = world.rows().len();
    let mut browser = Browser::new("UA/1.0").from(ip);
    let url = world.url();
    browser.open(world, &url);
    browser.post(world, &[("action", "start")]);
    browser.submit(world, &[("firstname", first), ("lastname", "P"), ("email", email), ("phone", phone)]);
    let taken = world.rows().len() > before;
    assert_eq!(browser.texts("errors") == ["LimitReached"], !taken, "{}", browser.state);
    taken
}

#[test]
fn limits_by_person_and_place() {
    for (limit, ann_again, same_email, same_phone, same_ip, other) in [
        (json!("Unlimited"), true, true, true, true, true),
        (json!("OnePerTrigram"), false, true, true, true, true),
        (json!({"NPerEmail": 1}), false, false, true, true, true),
        (json!({"NPerPhone": 1}), false, true, false, true, true),
        (json!({"NPerIp": 1}), false, true, true, false, true),
        (json!({"MaxParticipants": 1}), true, false, false, false, false),
        (json!({"MaxParticipations": 1}), false, false, false, false, false),
        (json!({"NPerEmail": 1, "NPerIp": 1}), false, false, true, false, true),
    ] {
        for (first, email, phone, ip, expected) in [
            ("ann", "ANN@b.be", "+32 487 66 49 25", "10.0.0.1", ann_again),
            ("Bob", "ann@b.be", "1", "10.0.0.2", same_email),
            ("Bob", "bob@b.be", "0487/66.49.25", "10.0.0.2", same_phone),
            ("Bob", "bob@b.be", "1", "10.0.0.1", same_ip),
            ("Bob", "bob@b.be", "1", "10.0.0.2", other),
        ] {
            let mut world = world(json!({"limit": limit}));
            assert!(plays(&mut world, "Ann", "ann@b.be", "0487 66 49 25", "10.0.0.1"));
            assert_eq!(
                plays(&mut world, first, email, phone, ip),
                expected,
                "{limit} {first} {email} {phone} {ip}"
            );
        }
    }
}

/// Whoever took part once is known by name and address, and by the cookie of the browser.
#[test]
fn once_for_each_browser() {
    let mut world = world(json!({"limit": "OnePerTrigram"}));
    let url = world.url();
    let mut first = Browser::new("UA/1.0");
    for (mut browser, name, taken) in [(first.clone(), "Ann", true), (Browser::new("UA/1.0"), "Bob", true)] {
        browser.open(&mut world, &url);
        browser.post(&mut world, &[("action", "start")]);
        browser.submit(&mut world, &[("firstname", name), ("lastname", "P"), ("email", "a@b.be")]);
        assert_eq!(browser.step() == "exit", taken, "{name}");
        first = browser;
    }
    first.open(&mut world, &url);
    first.post(&mut world, &[("action", "start")]);
    first.submit(&mut world, &[("firstname", "Cem"), ("lastname", "P"), ("email", "c@b.be")]);
    assert_eq!((first.texts("errors"), world.rows().len()), (vec!["LimitReached".to_owned()], 2));
    // Elsewhere the same browser counts anew.
    let other = world.call("admin", "POST campaigns", &json!({"title": "Other", "limit": "OnePerTrigram"})).1;
    first.open(&mut world, other["channels"][0]["url"].as_str().unwrap());
    first.post(&mut world, &[("action", "start")]);
    first.submit(&mut world, &[("firstname", "Cem"), ("lastname", "P"), ("email", "c@b.be")]);
    assert_eq!(first.step(), "exit");
}

#[test]
fn limits_by_time() {
    for (limit, waits, expected) in [
        (json!({"NoneWithin": "2h"}), [7199, 1, 7200], [false, true, true]),
        // Nine o'clock in Brussels when the world starts.
        (json!({"NoneUntil": "hour"}), [3599, 1, 3600], [false, true, true]),
        (json!({"NoneUntil": "day"}), [15 * 3600 - 1, 1, 86_399], [false, true, false]),
        (json!({"NoneUntil": "Monday"}), [7 * 86_400 - 9 * 3600 - 1, 1, 7 * 86_400], [false, true, true]),
    ] {
        let mut world = world(json!({"limit": limit}));
        assert!(plays(&mut world, "Ann", "ann@b.be", "", "10.0.0.1"));
        for (wait, expected) in waits.into_iter().zip(expected) {
            world.now = world.now.plus(Duration::from_secs(wait));
            assert_eq!(plays(&mut world, "Ann", "ann@b.be", "", "10.0.0.1"), expected, "{limit} {wait}");
            let other = format!("bob{}@b.be", world.now.millis());
            assert!(plays(&mut world, "Bob", &other, "", "10.0.0.1"));
        }
    }
}

#[test]
fn limits_are_read() {
    let mut world = world(json!({}));
    for (limit, expected) in [
        (json!({"NPerEmail": 1, "NoneUntil": "Tuesday"}), "Malformed(limit.NoneUntil)"),
        (json!({"NoneWithin": "two hours"}), "Malformed(limit.NoneWithin)"),
        (json!({"NPerIP": 1}), "Malformed(limit.NPerIP)"),
        (json!("Sometimes"), "Malformed(limit)"),
        (json!({"NPerIp": 1, "MaxParticipants": 10}), "200"),
    ] {
        assert_eq!(
            world.outcome("admin", "PUT campaigns/700101", &json!({"limit": limit})),
            expected,
            "{limit}"
        );
    }
    let (_, shown) = world.call("admin", "GET campaigns/700101", &Value::Null);
    assert_eq!(shown["limit"], json!({"NPerIp": 1, "MaxParticipants": 10}));
}

#[test]
fn mapping_variables() {
    let mut world = World::new(&json!({
        "operators": [{"name": "edi", "role": "Editor"}],
        "mapping_variables": [{"label": "Shoe size", "name": "shoe_size", "type": "Answer"}],
        "campaigns": [{"id": 700_101, "fields": ["firstname", "lastname", "email", "shoe_size"]}],
    }));
    let new = |name: &str, kind: &str| json!({"label": "My label", "name": name, "type": kind});
    assert_eq!(world.outcome("edi", "POST mapping-variables", &new("x", "Answer")), "Forbidden");
    for (body, expected) in [
        (new("my_news", "Opt-in"), "201"),
        (new("my_news", "Opt-in"), "DuplicateVariable(my_news)"),
        (new("email", "Answer"), "DuplicateVariable(email)"),
        (new("my news", "Opt-in"), "Malformed(name)"),
        (new("", "Answer"), "Malformed(name)"),
        (new("other", "Consent"), "Malformed(type)"),
        (json!({"name": "other", "type": "Answer", "label": " "}), "InvalidField(label)"),
        (json!({"name": "other"}), "Malformed"),
    ] {
        assert_eq!(world.outcome("admin", "POST mapping-variables", &body), expected, "{body}");
    }
    for (id, body, expected) in [
        ("my_news", json!({"label": "News"}), "200"),
        ("my_news", json!({"label": "News", "name": "my_news", "type": "Opt-in"}), "200"),
        ("my_news", json!({"type": "Answer"}), "InvalidField(type)"),
        ("my_news", json!({"name": "news"}), "InvalidField(name)"),
        ("nothing", json!({"label": "x"}), "NotFound"),
    ] {
        assert_eq!(world.outcome("admin", &format!("PUT mapping-variables/{id}"), &body), expected, "{body}");
    }
    let (_, all) = world.call("edi", "GET mapping-variables", &Value::Null);
    let expected = json!([
        {"label": "News", "name": "my_news", "type": "Opt-in"},
        {"label": "Shoe size", "name": "shoe_size", "type": "Answer"},
    ]);
    assert_eq!(all["variables"], expected);
    for (body, expected) in [
        (json!({"optins": ["shoe_size"]}), "Malformed(optins[0])"),
        (json!({"fields": ["firstname", "lastname", "email", "my_news"]}), "Malformed(fields[3])"),
        (json!({"optins": ["my_news", "free"]}), "200"),
    ] {
        assert_eq!(world.outcome("admin", "PUT campaigns/700101", &body), expected, "{body}");
    }
    let (_, campaign) = world.call("admin", "GET campaigns/700101", &Value::Null);
    assert_eq!(
        json!([
            campaign["fields"][3]["label"],
            campaign["optins"][0]["label"],
            campaign["optins"][1]["label"]
        ]),
        json!(["Shoe size", "News", "free"])
    );
}

#[test]
fn other_standard_variables_are_kept() {
    let fields =
        json!(["firstname", "lastname", "email", "company", "position", "number", "box", "language"]);
    let mut world = world(json!({"fields": fields}));
    let mut browser = world.browser();
    let kinds: Value = browser.state["fields"]
        .as_array()
        .unwrap()
        .iter()
        .skip(3)
        .map(|field| field["type"].clone())
        .collect();
    assert_eq!(kinds, json!(["COMPANY", "POSITION", "NUMBER", "BOX", "LANGUAGE"]));
    let values = [
        ("firstname", "Ann"),
        ("lastname", "P"),
        ("email", "ann@b.be"),
        ("company", "Brand"),
        ("position", "Baker"),
        ("number", "280"),
        ("box", "3"),
        ("language", "nl"),
    ];
    browser.submit(&mut world, &values);
    let row = world.rows().remove(0);
    assert_eq!(
        json!([row["company"], row["language"], row["form:language"]]),
        json!(["Brand", "fr", "nl"]),
        "the channel's language keeps its column"
    );
    let profile = world.qualifio.profiles().remove(0);
    assert_eq!(
        json!([
            profile["company"],
            profile["function"],
            profile["number"],
            profile["box"],
            profile["language"]
        ]),
        json!(["Brand", "Baker", "280", "3", "NL"])
    );
    let url = "https://manager.qualifio.example/manager/api/campaigns/700101/statistics.csv";
    let request =
        http::Request::get(url).header("authorization", "Bearer admin").body(bytes::Bytes::new()).unwrap();
    let text = String::from_utf8(world.send(request).body().to_vec()).unwrap();
    let mut captions: Vec<&str> =
        text.trim_start_matches('\u{FEFF}').lines().next().unwrap().split(';').collect();
    let count = captions.len();
    captions.sort_unstable();
    captions.dedup();
    assert_eq!(captions.len(), count, "no caption stands there twice: {captions:?}");
}

#[test]
fn figures_of_a_campaign() {
    let mut world = world(
        json!({"optins": [{"variable": "news", "categories": [{"name": "marketing", "label": "Marketing"}]}]}),
    );
    for (first, email, news) in
        [("Ann", "ann@b.be", "1"), ("ANN", "Ann@b.be", "0"), ("Bob", "ann@b.be", ""), ("", "x@b.be", "1")]
    {
        let mut browser = world.browser_with("UA/1.0 Mobile");
        browser
            .submit(&mut world, &[("firstname", first), ("lastname", "P"), ("email", email), ("news", news)]);
    }
    world.browser();
    let (_, figures) = world.call("admin", "GET campaigns/700101/summary", &Value::Null);
    let expected = json!({
        "campaign_id": 700_101, "campaign_title": "Quiz", "participations": 4, "in_progress": 1,
        "unique_participants": 3, "anonymised": 0, "devices": {"mobile": 4}, "channels": {"minisite": 4},
        "websites": {"Brand BE": 4}, "languages": {"fr": 4},
        "optins": {"news": {"accepted": 2, "refused": 1, "unanswered": 1}},
    });
    assert_eq!(figures, expected);
    assert_eq!(world.outcome("admin", "GET campaigns/1/summary", &Value::Null), "NotFound");
    let (_, campaign) = world.call("admin", "GET campaigns/700101", &Value::Null);
    let category = &campaign["optins"][0]["categories"][0];
    assert_eq!(json!([category["label"], category["technicalName"]]), json!(["Marketing", "marketing"]));
}

#[test]
fn figures_of_the_account() {
    let mut world = World::new(&json!({
        "websites": [{"name": "Brand BE"}, {"name": "Brand NL", "domain": "spel.brand.example", "language": "nl"}],
        "campaigns": [{"id": 700_101, "title": "A"}, {"id": 700_110, "title": "B", "website": "Brand NL"}],
    }));
    for (campaign, first, email) in [
        (700_101, "Ann", "ann@b.be"),
        (700_101, "Bob", "ann@b.be"),
        (700_110, "Ann", "ANN@b.be"),
        (700_110, "Cor", "cor@b.be"),
    ] {
        let url = world.qualifio.player_url(campaign).unwrap();
        let mut browser = Browser::new("UA/1.0");
        browser.open(&mut world, &url);
        browser.post(&mut world, &[("action", "start")]);
        browser.submit(&mut world, &[("firstname", first), ("lastname", "P"), ("email", email)]);
    }
    let (_, figures) = world.call("admin", "GET statistics/summary", &Value::Null);
    let expected = json!({
        "participations": 4, "unique_participants": 2,
        "campaigns": [
            {"campaign_id": 700_101, "campaign_title": "A", "participations": 2, "unique_participants": 1},
            {"campaign_id": 700_110, "campaign_title": "B", "participations": 2, "unique_participants": 2},
        ],
    });
    assert_eq!(figures, expected);
    let (_, own) = world.call("admin", "GET campaigns/700110/summary", &Value::Null);
    assert_eq!(json!([own["languages"], own["websites"]]), json!([{"nl": 2}, {"Brand NL": 2}]));
}
