//! Participations on their way to webhooks.

use super::world::{World, redirecting};
use crate::webhooks::signature;
use proptest::prelude::*;
use serde_json::{Value, json};
use standin_ports::{Request, Secret};
use std::time::Duration;

const URL: &str = "https://hooks.brand.example/participations";

fn world(hook: Value, campaign: Value) -> World {
    let mut section = json!({
        "campaigns": [{"id": 700_101, "title": "Spring quiz", "mode": "identified"}],
        "webhooks": [{"name": "CRM", "url": URL}],
    });
    for (list, more) in [("webhooks", hook), ("campaigns", campaign)] {
        for (name, value) in more.as_object().unwrap() {
            section[list][0][name] = value.clone();
        }
    }
    World::new(&section)
}

/// Somebody who takes part in a campaign without single sign-on.
fn plays(world: &mut World, more: &[(&str, &str)]) {
    let mut browser = world.browser_with("UA/1.0 Mobile");
    let mut values = vec![("firstname", "Ann"), ("lastname", "Peeters"), ("email", "ann@brand.example")];
    values.extend(more);
    browser.submit(world, &values);
    assert_eq!(browser.step(), "exit", "{}", browser.state);
}

/// Takes what is due; the receiver answers with `status`.
fn delivered(world: &mut World, status: u16) -> Option<Request> {
    let call = world.qualifio.take_webhook(world.now)?;
    world.qualifio.webhook_answered(world.now, call.delivery, Ok(status));
    Some(call.request)
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

fn states(world: &World) -> Vec<String> {
    let log = world.qualifio.webhook_deliveries();
    log.iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect()
}

/// The values are those of `openssl dgst -sha256 -hmac SECRET` over the same bytes.
#[test]
fn signatures() {
    for (secret, body, expected) in [
        (
            "whsec-1",
            r#"{"id":"0F3C6A52-7C1E-4B0D-9A77-2E5D1B7C9A10","state":"COMPLETED"}"#,
            "sha256=a408883bade02cdd5635dfed0f2cc69801af62fd4275703b726e2969892668e3",
        ),
        ("k", "", "sha256=8bb990c40a7d61cb97597a942125025be50ac8beb74436e3735b98893a7f6620"),
        (
            "clé",
            r#"{"name":"Zoë"}"#,
            "sha256=3f85998efb8f4bcffa391f3344d5a12cad613aefd4068f8f8efe8b6c3e799a6a",
        ),
    ] {
        assert_eq!(signature(&Secret::new(secret), body.as_bytes()), expected);
    }
}

#[test]
fn a_completed_participation_in_full() {
    let campaign = json!({
        "themes": [{"code": "SPRING", "description": "Spring"}],
        "fields": ["firstname", {"variable": "lastname", "label": "Nom"}, "email",
            {"variable": "gender", "label": "Genre", "options": [{"value": "F", "label": "Femme"}, "M"]}],
        "optins": [{"variable": "my_newsletter", "label": "Newsletter", "description": "Monthly mail",
            "categories": [{"id": 118, "label": "Newsletter & marketing", "name": "newsletter_marketing",
                "parent": {"id": 117, "label": "All mail", "name": "mail"}}]}],
        "questions": [{"label": "Capital?", "correct": "Brussels", "score": 50, "variable": "capital"}],
        "starts": "2024-03-01T00:00:00Z", "ends": "2026-03-31T23:59:00Z",
    });
    let mut world = world(json!({}), campaign);
    let mut browser = world.browser_with("UA/1.0 Mobile");
    let question = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
    browser.post(&mut world, &[("action", "answers"), (&question, " Brussels ")]);
    assert!(delivered(&mut world, 200).is_none(), "nobody has submitted a form yet");
    world.now = world.now.plus(Duration::from_millis(250_000));
    let values = [
        ("firstname", "Ann"),
        ("lastname", "Peeters"),
        ("email", "ann@brand.example"),
        ("gender", "F"),
        ("my_newsletter", "1"),
    ];
    browser.submit(&mut world, &values);
    let request = delivered(&mut world, 200).unwrap();
    let mut told = body(&request);
    let (id, guid) = (told["id"].clone(), told["campaign"]["channel"]["uuid"].clone());
    assert_eq!(id, world.rows()[0]["participation_id"]);
    for list in ["form", "optins", "questionnaire"] {
        for entry in told[list].as_array_mut().unwrap() {
            assert!(entry.as_object_mut().unwrap().shift_remove("id").unwrap().is_u64());
        }
    }
    let url = format!("https://jeux.brand.example/20/{0}/v1.cfm?id={0}", guid.as_str().unwrap());
    // The first 16 hex digits of `printf 127.0.0.1 | openssl dgst -sha256`.
    let expected = json!({
        "id": id, "ip": "12CA17B49AF22894", "url": url,
        "startedAt": "2026-01-05T08:00:00.000Z", "completedAt": "2026-01-05T08:04:10.000Z", "state": "COMPLETED",
        "browser": {"device": "mobile", "userAgent": "UA/1.0 Mobile"},
        "campaign": {
            "id": 700_101, "name": "Spring quiz", "themes": [{"code": "SPRING", "description": "Spring"}],
            "type": "QUIZZ",
            "channel": {
                "uuid": guid, "publishType": "minisite",
                "dateStart": "2024-03-01T00:00:00.000Z", "dateEnd": "2026-03-31T23:59:00.000Z",
                "website": {"id": 4321, "name": "Brand BE", "domain": "jeux.brand.example", "country": "BE"},
            },
        },
        "form": [
            {"label": "firstname", "type": "FIRSTNAME", "variable": "firstname", "responses": [{"value": "Ann"}]},
            {"label": "Nom", "type": "LASTNAME", "variable": "lastname", "responses": [{"value": "Peeters"}]},
            {"label": "email", "type": "EMAIL", "variable": "email", "responses": [{"value": "ann@brand.example"}]},
            {"label": "Genre", "type": "GENDER", "variable": "gender",
                "responses": [{"label": "Femme", "value": "F"}]},
        ],
        "optins": [{"label": "Newsletter", "description": "Monthly mail", "response": "1",
            "variable": "my_newsletter", "categories": [{"id": 118, "label": "Newsletter & marketing",
            "technicalName": "newsletter_marketing",
            "parent": {"id": 117, "label": "All mail", "technicalName": "mail"}}]}],
        "questionnaire": [{"label": "Capital?", "type": "ALPHA NUMERIC", "score": 50, "maxScore": 50,
            "variable": "capital", "responses": [{"value": "Brussels", "score": 50, "isCorrect": true}]}],
    });
    assert_eq!(told, expected);
    assert_eq!((request.uri().to_string(), request.method().as_str()), (URL.to_owned(), "POST"));
    assert!(!request.headers().contains_key("x-qualifio-signature"), "there is no secret");
}

/// However the operator wrote it: the page, the statistics and the webhook agree on what is right.
#[test]
fn one_answer_is_right_for_all() {
    for (correct, given, right) in [
        ("Cafe\u{301}", "Caf\u{e9}", true),
        ("Caf\u{e9}", "Cafe\u{301}", true),
        (" Brussels ", "Brussels", true),
        ("Brussels", "Ghent", false),
    ] {
        let questions = json!([{"label": "Why?", "correct": correct, "score": 50}]);
        let mut world = world(json!({}), json!({"questions": questions}));
        let mut browser = world.browser_with("UA/1.0");
        let question = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
        browser.post(&mut world, &[("action", "answers"), (&question, given)]);
        browser
            .submit(&mut world, &[("firstname", "Ann"), ("lastname", "P"), ("email", "ann@brand.example")]);
        let told = body(&delivered(&mut world, 200).unwrap());
        let told = &told["questionnaire"][0]["responses"][0];
        let score = if right { 50 } else { 0 };
        assert_eq!((&told["isCorrect"], &told["score"]), (&json!(right), &json!(score)), "{correct} {given}");
        assert_eq!(world.rows()[0]["score"], score, "{correct} {given}");
    }
}

#[test]
fn one_header_and_a_signature() {
    for (authorization, name, value) in [
        (json!({"token": "Bearer abc"}), "authorization", "Bearer abc"),
        (json!({"name": "X-Api-Token", "token": "t-1"}), "x-api-token", "t-1"),
    ] {
        let mut world = world(json!({"authorization": authorization, "secret": "whsec-1"}), json!({}));
        plays(&mut world, &[]);
        let request = delivered(&mut world, 204).unwrap();
        assert_eq!(request.headers()[name], value);
        assert_eq!(request.headers()["content-type"], "application/json");
        let expected = signature(&Secret::new("whsec-1"), request.body());
        assert_eq!(request.headers()["x-qualifio-signature"], expected);
        let names: Vec<&str> = request.headers().keys().map(http::HeaderName::as_str).collect();
        assert_eq!(names.len(), 3, "{names:?}");
    }
}

#[test]
fn a_changed_secret_is_cached() {
    let mut world = world(json!({"secret": "old"}), json!({}));
    let change = |world: &mut World, secret: &str| {
        let (status, told) = world.call("admin", "PUT integrations/webhooks/1", &json!({"secret": secret}));
        assert_eq!(status, 200, "{told}");
        told["secret"].clone()
    };
    assert_eq!(change(&mut world, "brand-new"), json!("••••-new"));
    change(&mut world, "••••-new");
    for (seconds, secret) in [(0, Some("old")), (1799, Some("old")), (1800, Some("brand-new"))] {
        world.now = standin_model::Instant::START.plus(Duration::from_secs(seconds));
        plays(&mut world, &[("email", &format!("ann{seconds}@brand.example"))]);
        let request = delivered(&mut world, 200).unwrap();
        let sent = request.headers().get("x-qualifio-signature").map(|it| it.to_str().unwrap().to_owned());
        assert_eq!(sent, secret.map(|secret| signature(&Secret::new(secret), request.body())), "{seconds}");
    }
    change(&mut world, "");
    world.now = world.now.plus(Duration::from_secs(1800));
    plays(&mut world, &[]);
    assert!(!delivered(&mut world, 200).unwrap().headers().contains_key("x-qualifio-signature"));
    world.qualifio.knobs_mut().set("qualifio.webhook_secret_cache", "0s").unwrap();
    change(&mut world, "third");
    plays(&mut world, &[]);
    let request = delivered(&mut world, 200).unwrap();
    assert_eq!(request.headers()["x-qualifio-signature"], signature(&Secret::new("third"), request.body()));
}

#[test]
fn a_delivery_is_signed_as_it_is_laid_out() {
    for (layout, indented) in [("compact", false), ("indented", true)] {
        let mut world = world(json!({"secret": "old"}), json!({}));
        world.qualifio.knobs_mut().set("qualifio.webhook_body", layout).unwrap();
        plays(&mut world, &[]);
        let request = delivered(&mut world, 200).unwrap();
        let told: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(request.body() != told.to_string().as_bytes(), indented);
        assert_eq!(request.headers()["x-qualifio-signature"], signature(&Secret::new("old"), request.body()));
    }
}

#[test]
fn a_signature_may_be_cut() {
    for (part, length) in [("whole", 7 + 64), ("cut", 7 + 32), ("empty", 7)] {
        let mut world = world(json!({"secret": "old"}), json!({}));
        world.qualifio.knobs_mut().set("qualifio.webhook_signature", part).unwrap();
        plays(&mut world, &[]);
        let request = delivered(&mut world, 200).unwrap();
        let whole = signature(&Secret::new("old"), request.body());
        assert_eq!(request.headers()["x-qualifio-signature"], whole[..length]);
    }
}

#[test]
fn failed_deliveries_are_tried_again() {
    for (answer, message) in [
        (Ok(500), None),
        (Ok(404), None),
        (Ok(302), None),
        (Err("connection refused".to_owned()), Some("connection refused")),
    ] {
        let mut world = world(json!({}), json!({}));
        plays(&mut world, &[]);
        let begun = world.now;
        let (mut waits, mut bodies) = (Vec::new(), Vec::new());
        while let Some(due) = world.qualifio.next_due() {
            world.now = world.now.max(due);
            world.qualifio.advance(world.now);
            let Some(call) = world.qualifio.take_webhook(world.now) else { continue };
            waits.push(world.now.since(begun).as_secs());
            bodies.push(call.request.body().clone());
            world.qualifio.webhook_answered(world.now, call.delivery, answer.clone());
            let state = if waits.len() < 5 { "Retrying" } else { "Dead(Exhausted)" };
            assert_eq!(states(&world), [state]);
        }
        // 30 s, 2 min, 10 min and 60 min between five attempts.
        assert_eq!(waits, [0, 30, 150, 750, 4350]);
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "the same body");
        let line = &world.qualifio.webhook_deliveries()[0];
        assert_eq!(line["http_status"], json!(answer.ok()));
        assert_eq!((&line["message"], &line["attempt"]), (&json!(message), &json!(5)));
    }
}

#[test]
fn received_is_any_2xx() {
    for status in [200, 201, 204, 299] {
        let mut world = world(json!({}), json!({}));
        plays(&mut world, &[]);
        assert!(delivered(&mut world, status).is_some());
        assert_eq!(states(&world), ["Succeeded"]);
        assert!(world.qualifio.take_webhook(world.now.plus(Duration::from_secs(9999))).is_none());
    }
}

#[test]
fn unfinished_ones_are_told_after_an_hour() {
    for (incomplete, expected) in [(true, 1), (false, 0)] {
        let mut world = world(json!({"incomplete": incomplete}), json!({"questions": ["Capital?"]}));
        let mut early = world.browser();
        let question = early.state["questions"][0]["name"].as_str().unwrap().to_owned();
        early.post(&mut world, &[("action", "answers"), (&question, "Liège")]);
        early.submit(&mut world, &[("firstname", "Ann"), ("email", "no address")]);
        assert_eq!(early.texts("errors"), ["InvalidEmail(email)"]);
        world.now = world.now.plus(Duration::from_secs(3599));
        world.qualifio.advance(world.now);
        assert!(delivered(&mut world, 200).is_none());
        world.now = world.now.plus(Duration::from_secs(1));
        world.qualifio.advance(world.now);
        let told: Vec<Value> =
            std::iter::from_fn(|| delivered(&mut world, 200)).map(|it| body(&it)).collect();
        assert_eq!(told.len(), expected);
        for told in told {
            assert_eq!(
                json!([told["state"], told["completedAt"], told["form"], told["optins"]]),
                json!(["INCOMPLETE", null, [], []])
            );
            assert_eq!(told["startedAt"], json!("2026-01-05T08:00:00.000Z"));
            assert_eq!(told["questionnaire"][0]["responses"][0]["value"], json!("Liège"));
        }
        assert_eq!(world.rows().len(), 0, "nothing is kept");
    }
}

#[test]
fn submitted_ones_stay_whatever_comes_after_the_form() {
    let steps = json!({"steps": ["intro", "identityset", "questionset", "exit"], "questions": ["Capital?"]});
    let mut world = world(json!({"incomplete": true}), steps);
    let mut browser = world.browser();
    browser.submit(&mut world, &[("firstname", "Ann"), ("lastname", "P"), ("email", "ann@brand.example")]);
    assert_eq!(browser.step(), "questionset");
    let told = body(&delivered(&mut world, 200).unwrap());
    assert_eq!(
        json!([told["state"], told["questionnaire"][0]["responses"]]),
        json!(["COMPLETED", []]),
        "the questions are still to come"
    );
    let question = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
    browser.post(&mut world, &[("action", "answers"), (&question, "Liège")]);
    assert_eq!(browser.step(), "exit");
    world.now = world.now.plus(Duration::from_secs(3600));
    world.qualifio.advance(world.now);
    assert!(delivered(&mut world, 200).is_none(), "told once");
    assert_eq!(world.rows().len(), 1);
}

#[test]
fn who_is_told_of_what() {
    let anonymous = json!({"mode": "anonymous", "questions": ["Capital?"]});
    for (scope, campaign, expected) in [
        (json!({}), json!({}), 1),
        (json!({"mode": "identified"}), json!({}), 1),
        (json!({"mode": "anonymous"}), json!({}), 0),
        (json!({"mode": "both"}), anonymous.clone(), 1),
        (json!({"mode": "anonymous"}), anonymous.clone(), 1),
        (json!({"mode": "identified"}), anonymous, 0),
        (json!({"campaigns": [700_101]}), json!({}), 1),
        (json!({"campaigns": [700_103]}), json!({}), 0),
        (json!({"websites": [4321]}), json!({}), 1),
        (json!({"websites": [4322]}), json!({}), 0),
    ] {
        let without_form = campaign["mode"] == "anonymous";
        let mut world = world(json!({"scope": scope}), campaign);
        if without_form {
            let mut browser = world.browser();
            browser.post(&mut world, &[("action", "answers")]);
            assert_eq!(browser.step(), "exit");
        } else {
            plays(&mut world, &[]);
        }
        let count = std::iter::from_fn(|| delivered(&mut world, 200)).count();
        assert_eq!(count, expected, "{scope}");
    }
    let mut world = world(json!({}), json!({"preview": true}));
    plays(&mut world, &[]);
    assert!(delivered(&mut world, 200).is_none());
    assert_eq!(states(&world), ["Skipped(Preview)"]);
}

#[test]
fn webhooks_are_configured() {
    let mut world = World::new(&json!({"operators": [{"name": "mia", "role": "Marketer"}]}));
    let good = json!({"name": " CRM ", "url": URL, "authorization": {"token": "Bearer abcdef"}, "secret": "whsec-1"});
    assert_eq!(world.outcome("mia", "POST integrations/webhooks", &good), "Forbidden");
    let (status, told) = world.call("admin", "POST integrations/webhooks", &good);
    assert_eq!(
        (status, told),
        (
            201,
            json!({"id": 1, "name": "CRM", "url": URL, "secret": "••••ec-1", "incomplete": false, "active": true,
                "authorization": {"name": "authorization", "token": "••••cdef"},
                "scope": {"campaigns": [], "websites": [], "mode": "both"}})
        )
    );
    let long = format!("https://h.example/{}", "x".repeat(2000));
    for (change, expected) in [
        (json!({"url": "http://hooks.brand.example/"}), "InvalidField(url)"),
        (json!({"url": "http://127.0.0.1:9/x"}), "MissingField(authorization)"),
        (
            json!({"url": "http://127.0.0.1:9/x", "authorization": {"name": "X", "token": "abcdef"}, "secret": "new"}),
            "200",
        ),
        (
            json!({"url": "http://[::1]:9/x", "authorization": {"name": "X", "token": "abcdef"}, "secret": "new"}),
            "200",
        ),
        (json!({"url": "ftp://hooks.brand.example/"}), "InvalidField(url)"),
        (json!({"url": "/participations"}), "InvalidField(url)"),
        (json!({"url": "https://me:pw@h.example/"}), "InvalidField(url)"),
        (json!({"url": "https://h.example/#x"}), "InvalidField(url)"),
        (json!({"url": long}), "InvalidField(url)"),
        (json!({"name": ""}), "MissingField(name)"),
        (json!({"name": "x".repeat(101)}), "InvalidField(name)"),
        (json!({"authorization": {"name": "a b", "token": "x"}}), "InvalidField(authorization)"),
        (json!({"authorization": {"name": "Host", "token": "x"}}), "InvalidField(authorization)"),
        (
            json!({"authorization": {"name": "X-Qualifio-Signature", "token": "x"}}),
            "InvalidField(authorization)",
        ),
        (json!({"authorization": {"name": "X", "token": "a\nb"}}), "InvalidField(authorization)"),
        (json!({"authorization": {"token": "••••cdef"}}), "200"),
        (json!({"scope": {"mode": "all"}}), "Malformed(scope.mode)"),
        (json!({"secrets": "x"}), "Malformed(secrets)"),
        (json!({"authorization": {}, "secret": ""}), "200"),
    ] {
        assert_eq!(world.outcome("admin", "PUT integrations/webhooks/1", &change), expected, "{change}");
    }
    let (_, told) = world.call("admin", "GET integrations/webhooks", &Value::Null);
    let hook = &told["webhooks"][0];
    assert_eq!(json!([hook["authorization"], hook["secret"]]), json!([null, null]));
    assert_eq!(world.outcome("admin", "PUT integrations/webhooks/2", &json!({})), "NotFound");
    assert_eq!(world.outcome("admin", "DELETE integrations/webhooks/1", &Value::Null), "200");
    let (_, told) = world.call("admin", "POST integrations/webhooks", &good);
    assert_eq!(told["id"], json!(2), "numbers are not used again");
}

#[test]
fn what_waits_for_a_removed_webhook_is_given_up() {
    for (line, body) in [
        ("DELETE integrations/webhooks/1", Value::Null),
        ("PUT integrations/webhooks/1", json!({"active": false})),
    ] {
        let mut world = world(json!({}), json!({}));
        plays(&mut world, &[]);
        assert_eq!(world.outcome("admin", line, &body), "200");
        assert!(delivered(&mut world, 200).is_none());
        assert_eq!(states(&world), ["Dead(Config)"]);
        assert_eq!(world.qualifio.next_due().map(|due| due > world.now), Some(true));
    }
}

/// One of many goes, and the others' times stay.
#[test]
fn what_is_given_up_leaves_the_agenda() {
    let second = json!({"name": "Other", "url": "https://other.brand.example/"});
    let mut world = world(json!({}), json!({}));
    assert_eq!(world.outcome("admin", "POST integrations/webhooks", &second), "201");
    plays(&mut world, &[]);
    while delivered(&mut world, 500).is_some() {}
    let retry = world.now.plus(Duration::from_secs(30));
    assert_eq!((states(&world), world.qualifio.next_due()), (vec!["Retrying".to_owned(); 2], Some(retry)));
    assert_eq!(world.outcome("admin", "DELETE integrations/webhooks/2", &Value::Null), "200");
    assert_eq!(
        (states(&world), world.qualifio.next_due()),
        (vec!["Retrying".to_owned(), "Dead(Config)".to_owned()], Some(retry))
    );
    assert_eq!(world.outcome("admin", "DELETE integrations/webhooks/1", &Value::Null), "200");
    let end_of_participation = world.now.plus(Duration::from_secs(3600));
    assert_eq!(world.qualifio.next_due(), Some(end_of_participation));
}

/// The members that the schema has, by place.
const SCHEMA: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "browser",
            "campaign",
            "completedAt",
            "form",
            "id",
            "ip",
            "optins",
            "questionnaire",
            "startedAt",
            "state",
            "url",
        ],
    ),
    ("browser", &["device", "userAgent"]),
    ("campaign", &["channel", "id", "name", "themes", "type"]),
    ("campaign.themes", &["code", "description"]),
    ("campaign.channel", &["dateEnd", "dateStart", "publishType", "uuid", "website"]),
    ("campaign.channel.website", &["country", "domain", "id", "name"]),
    ("form", &["id", "label", "responses", "type", "variable"]),
    ("form.responses", &["label", "value"]),
    ("optins", &["categories", "description", "id", "label", "response", "variable"]),
    ("optins.categories", &["id", "label", "parent", "technicalName"]),
    ("optins.categories.parent", &["id", "label", "technicalName"]),
    ("questionnaire", &["id", "label", "maxScore", "responses", "score", "type", "variable"]),
    ("questionnaire.responses", &["isCorrect", "score", "value"]),
];

/// Members that an object may lack.
const OPTIONAL: &[(&str, &str)] =
    &[("form.responses", "label"), ("optins.categories", "parent"), ("questionnaire", "variable")];

fn follows_schema(place: &str, value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| follows_schema(place, item)),
        Value::Object(members) => {
            let (_, known) = SCHEMA.iter().find(|(known, _)| *known == place).unwrap();
            for name in members.keys() {
                assert!(known.contains(&name.as_str()), "{place}.{name}");
            }
            for name in *known {
                let needed = !OPTIONAL.contains(&(place, name));
                assert!(!needed || members.contains_key(*name), "{place} lacks {name}");
            }
            for (name, value) in members {
                let below = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                follows_schema(&below, value);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is written, the body has the schema's members and no other, and reads back as what was written.
    #[test]
    fn bodies_follow_the_schema(
        name in "\\PC{1,12}", news in prop_oneof![Just("1"), Just("0"), Just("")], answer in "\\PC{0,8}",
        channel in prop_oneof![Just("minisite"), Just("widget"), Just("mobile")], themes in 0..3_usize,
        finish: bool,
    ) {
        let themes: Value = (0..themes).map(|n| json!({"code": format!("T{n}")})).collect();
        let campaign = json!({
            "channel": channel, "themes": themes, "fields": ["firstname", "lastname", "email", "gender", "shoe_size"],
            "optins": [{"variable": "news", "categories": ["marketing", {"name": "mail", "parent": "all"}]}], "questions": [answer.clone() + "?", {"label": "B", "variable": "b"}],
        });
        let mut world = world(json!({"incomplete": true, "secret": "s"}), campaign);
        let mut browser = world.browser();
        let question = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
        browser.post(&mut world, &[("action", "answers"), (&question, &answer)]);
        if finish {
            let values = [("firstname", name.as_str()), ("lastname", "P"), ("email", "a@b.be"), ("news", news), ("gender", "F")];
            browser.submit(&mut world, &values);
        }
        world.now = world.now.plus(Duration::from_secs(3600));
        world.qualifio.advance(world.now);
        let request = delivered(&mut world, 200).unwrap();
        prop_assert!(delivered(&mut world, 200).is_none());
        let told = body(&request);
        follows_schema("", &told);
        let signed = signature(&Secret::new("s"), request.body());
        prop_assert_eq!(request.headers()["x-qualifio-signature"].to_str().unwrap(), signed);
        let completed = world.rows().len() == 1;
        prop_assert_eq!(&told["state"], if completed { "COMPLETED" } else { "INCOMPLETE" });
        if completed {
            let expected = standin_model::text::clean(&name);
            let responses = if expected.is_empty() { json!([]) } else { json!([{"value": expected}]) };
            prop_assert_eq!(&told["form"][0]["responses"], &responses);
            prop_assert_eq!(&told["optins"][0]["response"], news);
        }
    }
}

#[test]
fn single_sign_on_adds_nothing() {
    let mut gigya = redirecting();
    gigya["enabled"] = json!(true);
    let mut world = World::new(&json!({
        "gigya_sso": gigya, "webhooks": [{"name": "CRM", "url": URL}],
        "campaigns": [{"name": "Quiz", "sso": true, "fields": ["firstname", "lastname", "email"]}],
    }));
    let mut browser = world.browser();
    browser.signed_in(&mut world);
    browser.submit(&mut world, &[]);
    let told = body(&delivered(&mut world, 200).unwrap());
    follows_schema("", &told);
    assert_eq!(told["form"][2]["responses"], json!([{"value": "a@b.be"}]), "the address is Gigya's");
    assert!(!told.to_string().contains(super::world::UID), "the UID has no place in the schema");
}
