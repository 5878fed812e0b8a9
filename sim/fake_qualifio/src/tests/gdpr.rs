//! Finding, exporting and forgetting people.

use super::world::{UID, World, ann, redirecting};
use crate::Identity;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

const URL: &str = "https://hooks.brand.example/participations";

fn world(more: Value) -> World {
    let mut section = json!({
        "operators": [{"name": "olga", "role": "Observer", "dpo": true}, {"name": "mia", "role": "Marketer"}],
        "gigya_sso": redirecting(),
        "campaigns": [
            {"id": 700_101, "name": "Quiz", "sso": true, "optins": ["news"],
                "fields": ["firstname", "lastname", "email", "phone", "birthday", "shoe_size", "function"]},
        ],
        "gdpr": {"tokens": ["tok-1", {"token": "tok-2", "client_id": 99}]},
    });
    for (name, value) in more.as_object().unwrap() {
        section[name] = value.clone();
    }
    World::new(&section)
}

fn person(first: &str, n: usize) -> Identity {
    let uid = format!("{n:032x}");
    let email = format!("{}@brand.example", first.to_lowercase());
    let profile = json!({"firstName": first, "email": email});
    let prefill =
        vec![("firstname".to_owned(), first.to_owned()), ("lastname".to_owned(), "Peeters".to_owned())];
    Identity { uid, email: Some(email), profile, prefill, ..ann() }
}

fn plays(world: &mut World, who: &Identity, values: &[(&str, &str)]) {
    world.identity = Ok(who.clone());
    let mut browser = world.browser();
    browser.signed_in_as(world, &who.uid);
    browser.submit(world, values);
    assert_eq!(browser.step(), "exit", "{}", browser.state);
}

/// A call of the GDPR API.
fn ask(world: &mut World, token: Option<&str>, line: &str, body: &Value) -> (u16, Value) {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request =
        http::Request::builder().method(method).uri(format!("https://api.qualifio.com/v1/gdpr/{path}"));
    if let Some(token) = token {
        request = request.header("x-api-token", token);
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let response = world.send(request.body(body.into()).unwrap());
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

fn forget(world: &mut World, profiles: Value, direct: bool) -> Value {
    let body = json!({"ruleType": "GDPR_ForgottenRight", "clientId": 2345, "ruleTypePayload": {"profiles": profiles},
        "justification": "asked for it", "userId": 5});
    let line = format!("POST rules/forgottenRight?clientId=2345{}", if direct { "&direct=true" } else { "" });
    let (status, rule) = ask(world, Some("tok-1"), &line, &body);
    assert_eq!(status, 200, "{rule}");
    rule
}

fn rule(world: &mut World, id: &Value) -> Value {
    let line = format!("GET rules/{}?clientId=2345", id.as_str().unwrap());
    let (status, rule) = ask(world, Some("tok-1"), &line, &Value::Null);
    assert_eq!(status, 200, "{rule}");
    rule
}

#[test]
fn tokens_belong_to_accounts() {
    let mut world = world(json!({}));
    let profiles = "GET profiles?clientId=2345&email=a@b.be";
    for (token, line, status, message) in [
        (None, profiles, 401, "Unauthorized"),
        (Some("tok-3"), profiles, 401, "Unauthorized"),
        (Some(""), profiles, 401, "Unauthorized"),
        (Some("tok-2"), profiles, 403, "Forbidden"),
        (Some("tok-1"), "GET profiles?clientId=99&email=a@b.be", 403, "Forbidden"),
        (Some("tok-1"), "GET profiles?email=a@b.be", 400, "clientId is missing or is no number"),
        (Some("tok-1"), "GET profiles?clientId=2345", 400, "one of email, firstName and lastName is wanted"),
        (Some("tok-1"), "GET rules/x?clientId=2345", 404, "there is no such rule"),
        (Some("tok-1"), "GET nothing?clientId=2345", 404, "Not Found"),
    ] {
        assert_eq!(
            ask(&mut world, token, line, &Value::Null),
            (status, json!({"message": message})),
            "{line}"
        );
    }
    assert_eq!(ask(&mut world, Some("tok-1"), profiles, &Value::Null), (200, json!([])));
    assert_eq!(
        ask(&mut world, Some("tok-2"), "GET profiles?clientId=99&email=a@b.be", &Value::Null),
        (200, json!([]))
    );
    assert_eq!(world.outcome("mia", "POST gdpr/tokens", &Value::Null), "Forbidden");
    let (status, made) = world.call("admin", "POST gdpr/tokens", &Value::Null);
    assert_eq!(status, 201);
    assert_eq!(ask(&mut world, made["token"].as_str(), profiles, &Value::Null).0, 200);
    let (_, shown) = world.call("admin", "GET gdpr", &Value::Null);
    assert_eq!(shown["tokens"][0], json!("••••ok-1"));
    assert!(!shown.to_string().contains(made["token"].as_str().unwrap()), "shown once");
    assert_eq!(shown["officers"], json!(["olga"]));
}

#[test]
fn profiles_are_found() {
    let mut world = world(json!({}));
    let values =
        [("phone", "0487 66 49251"), ("day", "6"), ("month", "5"), ("year", "1959"), ("function", "Baker")];
    plays(&mut world, &person("Ann", 1), &values);
    plays(&mut world, &person("Bob", 2), &[]);
    for (query, expected) in [
        ("email=ann@brand.example", vec![1]),
        ("email=%20ANN@Brand.Example", vec![1]),
        ("lastName=peeters", vec![1, 2]),
        ("lastName=Peeters&firstName=Bob", vec![2]),
        ("firstName=Bob&email=ann@brand.example", vec![]),
        ("email=ann@brand", vec![]),
    ] {
        let (status, found) =
            ask(&mut world, Some("tok-1"), &format!("GET profiles?clientId=2345&{query}"), &Value::Null);
        let ids: Vec<u64> = found.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect();
        assert_eq!((status, ids), (200, expected), "{query}");
    }
    let (_, found) = ask(&mut world, Some("tok-1"), "GET profiles?clientId=2345&firstName=ann", &Value::Null);
    let expected = json!([{
        "id": 1, "firstName": "Ann", "lastName": "Peeters", "function": "Baker", "gender": "",
        "email": "ann@brand.example", "birthDay": "06/05/1959", "company": "", "address": "", "box": "",
        "country": "", "createdAt": "2026-01-05T08:00:00.000Z", "updatedAt": "2026-01-05T08:00:00.000Z",
        "language": "FR", "ip": "127.0.0.1", "fb_uid": "0", "locality": "", "login": "", "number": "",
        "phone": "0487 66 49251", "trigramme": "Ann|Peeters|ann@brand.example", "zipcode": "", "isEmailValid": 1,
    }]);
    assert_eq!(found, expected);
}

#[test]
fn forgotten_after_approval() {
    let mut world = world(json!({}));
    plays(&mut world, &person("Ann", 1), &[("shoe_size", "42"), ("news", "1")]);
    plays(&mut world, &person("Bob", 2), &[]);
    let mut asked = forget(&mut world, json!([1]), false);
    let id = asked.as_object_mut().unwrap().shift_remove("_id").unwrap();
    assert!(id.as_str().is_some_and(|id| id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit())));
    let expected = json!({
        "ruleStatus": {"status": "NEW", "updatedAt": "2026-01-05T08:00:00.000Z", "isAuto": false},
        "ruleType": "GDPR_ForgottenRight", "clientId": 2345,
        "ruleTypePayload": {"profiles": [{"crmId": 1, "crmKey": "Ann|Peeters|ann@brand.example"}]},
        "justification": "asked for it", "userId": 5, "test": false, "createdAt": "2026-01-05T08:00:00.000Z",
    });
    assert_eq!(asked, expected);
    world.now = world.now.plus(Duration::from_secs(86_400));
    world.qualifio.knobs_mut().set("qualifio.gdpr_delay", "5min").unwrap();
    assert_eq!(rule(&mut world, &id)["ruleStatus"]["status"], json!("NEW"), "nobody approved it");
    let line = format!("PUT gdpr/rules/{}/approve", id.as_str().unwrap());
    for operator in ["admin", "mia"] {
        assert_eq!(world.outcome(operator, &line, &Value::Null), "Forbidden");
        let expected = if operator == "admin" { "200" } else { "Forbidden" };
        assert_eq!(world.outcome(operator, "GET gdpr/rules", &Value::Null), expected);
    }
    assert_eq!(world.rows()[0]["firstname"], json!("Ann"));
    let (status, approved) = world.call("olga", &line, &Value::Null);
    assert_eq!((status, &approved["ruleStatus"]["status"]), (200, &json!("APPROVED")));
    assert_eq!(world.outcome("olga", &line, &Value::Null), "InvalidField(status)");
    world.now = world.now.plus(Duration::from_secs(299));
    assert_eq!(rule(&mut world, &id)["ruleStatus"]["status"], json!("APPROVED"));
    world.now = world.now.plus(Duration::from_secs(1));
    let done = rule(&mut world, &id);
    assert_eq!(
        json!([done["ruleStatus"]["status"], done["ruleResult"], done["ruleTypePayload"]["profiles"]]),
        json!(["DONE", {"profiles": 1, "participations": 1}, [{"crmId": 1, "crmKey": ""}]])
    );
    let rows = world.rows();
    let blank = ["firstname", "lastname", "email", "phone", "shoe_size", "optin:news", "external_id"];
    assert!(blank.iter().all(|name| rows[0][*name] == ""), "{}", rows[0]);
    assert_eq!(
        json!([rows[0]["state"], rows[0]["anonymised_at"], rows[1]["firstname"]]),
        json!(["COMPLETED", "2026-01-06T08:05:00.000Z", "Bob"])
    );
    let (_, left) = world.call("admin", "GET crm/profiles", &Value::Null);
    assert_eq!((left["profiles"].as_array().unwrap().len(), &left["profiles"][0]["id"]), (1, &json!(2)));
    plays(&mut world, &person("Ann", 1), &[]);
    let (_, found) = ask(&mut world, Some("tok-1"), "GET profiles?clientId=2345&firstName=Ann", &Value::Null);
    assert_eq!(found[0]["id"], json!(3), "whoever comes back is somebody new");
}

#[test]
fn direct_skips_approval_and_test_only_pretends() {
    let mut world = world(json!({}));
    plays(&mut world, &person("Ann", 1), &[]);
    let body = json!({"ruleType": "GDPR_ForgottenRight", "clientId": 2345, "ruleTypePayload": {"profiles": [1]}, "test": true});
    let (_, asked) =
        ask(&mut world, Some("tok-1"), "POST rules/forgottenRight?clientId=2345&direct=true", &body);
    assert_eq!(
        json!([asked["ruleStatus"]["status"], asked["ruleStatus"]["isAuto"], asked["test"]]),
        json!(["APPROVED", true, true])
    );
    let done = rule(&mut world, &asked["_id"]);
    assert_eq!(done["ruleResult"], json!({"profiles": 1, "participations": 1}));
    assert_eq!(world.rows()[0]["firstname"], json!("Ann"), "nothing was changed");
    let asked = forget(&mut world, json!([1]), true);
    assert_eq!(rule(&mut world, &asked["_id"])["ruleStatus"]["status"], json!("DONE"));
    assert_eq!(world.rows()[0]["firstname"], json!(""));
}

#[test]
fn what_rules_refuse() {
    let mut world = world(json!({}));
    plays(&mut world, &person("Ann", 1), &[]);
    let good =
        json!({"ruleType": "GDPR_ForgottenRight", "clientId": 2345, "ruleTypePayload": {"profiles": [1]}});
    for (member, value, message) in [
        ("ruleType", json!("GDPR_ExportData"), "ruleType: this address takes GDPR_ForgottenRight"),
        ("ruleType", Value::Null, "`ruleType` is missing"),
        ("clientId", json!(99), "clientId: the address names another account"),
        (
            "ruleTypePayload",
            json!({"profiles": []}),
            "ruleTypePayload.profiles: 1 to 1000 profiles are wanted here",
        ),
        ("ruleTypePayload", json!({"profiles": [2]}), "ruleTypePayload.profiles[0]: there is no profile 2"),
        (
            "ruleTypePayload",
            json!({"profiles": ["ann@brand.example"]}),
            "ruleTypePayload.profiles[0]: a whole number is wanted here, not the text `ann@brand.example`",
        ),
        ("emails", json!([]), "emails: `emails` is not known here"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let answer = ask(&mut world, Some("tok-1"), "POST rules/forgottenRight?clientId=2345", &body);
        assert_eq!(answer, (400, json!({"message": message})));
    }
    let request = http::Request::post("https://api.qualif.io/v1/gdpr/rules/exportData?clientId=2345")
        .header("x-api-token", "tok-1")
        .body("{".into())
        .unwrap();
    assert_eq!(world.send(request).status(), 400);
}

#[test]
fn everything_is_exported() {
    let mut world = world(json!({}));
    plays(&mut world, &person("Ann", 1), &[("shoe_size", "42"), ("news", "1")]);
    world.now = world.now.plus(Duration::from_secs(60));
    plays(&mut world, &person("Ann", 1), &[("phone", "02 111 22 33")]);
    plays(&mut world, &person("Bob", 2), &[]);
    let body = json!({"ruleType": "GDPR_ExportData", "clientId": 2345, "ruleTypePayload": {"profiles": [1]}});
    let (_, asked) = ask(&mut world, Some("tok-1"), "POST rules/exportData?clientId=2345", &body);
    assert_eq!(asked["ruleStatus"]["status"], json!("NEW"));
    assert!(asked.get("ruleResult").is_none());
    let line = format!("PUT gdpr/rules/{}/approve", asked["_id"].as_str().unwrap());
    assert_eq!(world.outcome("olga", &line, &Value::Null), "200");
    let told = rule(&mut world, &asked["_id"])["ruleResult"].clone();
    let people = told["profiles"].as_array().unwrap();
    assert_eq!((people.len(), &people[0]["profile"]["phone"]), (1, &json!("02 111 22 33")));
    let rows = world.rows();
    assert_eq!(people[0]["participations"], json!([rows[0], rows[1]]), "as the statistics have them");
    assert_eq!(rows[0]["shoe_size"], json!("42"));
    forget(&mut world, json!([1]), true);
    let told = rule(&mut world, &asked["_id"]);
    assert_eq!(
        json!([told["ruleResult"]["profiles"], told["ruleTypePayload"]["profiles"][0]["crmKey"]]),
        json!([[], ""]),
        "an export does not outlive the person's data"
    );
}

#[test]
fn operators_find_export_and_forget() {
    let mut world = world(json!({}));
    plays(&mut world, &person("Ann", 1), &[]);
    plays(&mut world, &person("Bob", 2), &[]);
    world.qualifio.knobs_mut().set("qualifio.gdpr_delay", "5min").unwrap();
    assert_eq!(world.outcome("mia", "GET gdpr/profiles?email=ann@brand.example", &Value::Null), "Forbidden");
    assert_eq!(world.outcome("mia", "POST gdpr/exports", &json!({"profiles": [1]})), "Forbidden");
    assert_eq!(world.outcome("admin", "GET gdpr/profiles?email=", &Value::Null), "MissingField(email)");
    let (_, found) = world.call("admin", "GET gdpr/profiles?lastName=peeters", &Value::Null);
    assert_eq!((&found["total"], &found["profiles"][1]["firstName"]), (&json!(2), &json!("Bob")));
    let bob = found["profiles"][1]["id"].clone();
    for (asked, by) in [("exports", "admin"), ("erasures", "olga")] {
        let line = format!("POST gdpr/{asked}");
        let (status, rule) =
            world.call(by, &line, &json!({"profiles": [bob], "justification": "asked for it"}));
        assert_eq!(
            (status, &rule["ruleStatus"]["status"], &rule["userId"]),
            (201, &json!("NEW"), &json!(by))
        );
        let approve = format!("PUT gdpr/rules/{}/approve", rule["_id"].as_str().unwrap());
        assert_eq!(world.outcome("admin", &approve, &json!({})), "Forbidden");
        assert_eq!(world.outcome("olga", &approve, &json!({})), "200");
        world.now = world.now.plus(Duration::from_secs(300));
        let (_, rules) = world.call("admin", "GET gdpr/rules", &Value::Null);
        let told = rules["rules"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(told["ruleStatus"]["status"], "DONE");
        match asked {
            "exports" => {
                assert_eq!(told["ruleResult"]["profiles"][0]["profile"]["email"], "bob@brand.example")
            }
            _ => assert_eq!(told["ruleResult"], json!({"profiles": 1, "participations": 1})),
        }
    }
    let (_, found) = world.call("admin", "GET gdpr/profiles?lastName=peeters", &Value::Null);
    assert_eq!(found["total"], 1);
    assert_eq!(
        world.outcome("admin", "POST gdpr/exports", &json!({"profiles": [bob]})),
        "Malformed(profiles[0])"
    );
}

#[test]
fn anonymous_data_may_go_too() {
    for (delete, rows, unique) in [(false, 3, 1), (true, 1, 1)] {
        let mut world = world(json!({}));
        assert_eq!(world.outcome("admin", "PUT gdpr", &json!({"delete_anonymous_data": delete})), "200");
        plays(&mut world, &person("Ann", 1), &[]);
        plays(&mut world, &person("Ann", 1), &[]);
        plays(&mut world, &person("Bob", 2), &[]);
        let asked = forget(&mut world, json!([1]), true);
        assert_eq!(
            rule(&mut world, &asked["_id"])["ruleResult"],
            json!({"profiles": 1, "participations": 2})
        );
        let (_, figures) = world.call("admin", "GET campaigns/700101/summary", &Value::Null);
        assert_eq!(
            json!([figures["participations"], figures["unique_participants"], figures["anonymised"]]),
            json!([rows, unique, rows - 1])
        );
    }
}

#[test]
fn forgotten_by_date() {
    let mut world = world(json!({}));
    for (n, name) in ["Ann", "Bob", "Cor"].into_iter().enumerate() {
        plays(&mut world, &person(name, n), &[]);
        world.now = world.now.plus(Duration::from_secs(86_400));
    }
    plays(&mut world, &person("Ann", 0), &[]);
    let dates = json!({"from": "2026-01-05T00:00:00Z", "to": "2026-01-06T23:59:59Z"});
    assert_eq!(world.outcome("mia", "POST gdpr/erasures", &dates), "Forbidden");
    assert_eq!(
        world.outcome("admin", "POST gdpr/erasures", &json!({"from": "yesterday"})),
        "Malformed(from)"
    );
    let (status, asked) = world.call("admin", "POST gdpr/erasures", &dates);
    assert_eq!((status, &asked["ruleStatus"]["status"]), (201, &json!("NEW")));
    let line = format!("PUT gdpr/rules/{}/approve", asked["_id"].as_str().unwrap());
    world.call("olga", &line, &Value::Null);
    let done = rule(&mut world, &asked["_id"]);
    assert_eq!(done["ruleResult"], json!({"profiles": 1, "participations": 2}), "Ann took part again later");
    let names: Vec<Value> = world.rows().iter().map(|row| row["firstname"].clone()).collect();
    assert_eq!(names, ["", "", "Cor", "Ann"]);
}

#[test]
fn people_are_forgotten_after_a_while() {
    let mut world = world(json!({}));
    plays(&mut world, &person("Ann", 1), &[]);
    for (retention, expected) in [
        ("6d", "InvalidField(retention)"),
        ("731d", "InvalidField(retention)"),
        ("169h", "InvalidField(retention)"),
        ("soon", "InvalidField(retention)"),
        ("730d", "200"),
        ("none", "200"),
        ("168h", "200"),
    ] {
        assert_eq!(
            world.outcome("admin", "PUT gdpr", &json!({"retention": retention})),
            expected,
            "{retention}"
        );
    }
    let begun = world.now;
    world.now = begun.plus(Duration::from_secs(3600));
    plays(&mut world, &person("Bob", 2), &[]);
    world.now = begun.plus(Duration::from_secs(7200));
    world.qualifio.advance(world.now);
    let week = Duration::from_secs(7 * 86_400);
    assert_eq!(world.qualifio.next_due(), Some(begun.plus(week)));
    world.now = begun.plus(week);
    world.qualifio.advance(world.now);
    let names = |world: &World| world.rows().iter().map(|row| row["firstname"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&world), ["", "Bob"]);
    assert_eq!(world.qualifio.next_due(), Some(begun.plus(week + Duration::from_secs(3600))));
    world.now = begun.plus(week + Duration::from_secs(3600));
    let (_, told) = world.call("olga", "GET gdpr/rules", &Value::Null);
    assert_eq!(names(&world), ["", ""]);
    let rules: Value = told["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            json!([
                rule["ruleStatus"]["status"],
                rule["ruleStatus"]["isAuto"],
                rule["ruleTypePayload"]["dateTo"]
            ])
        })
        .collect();
    assert_eq!(
        rules,
        json!([["DONE", true, "2026-01-05T08:00:00.000Z"], ["DONE", true, "2026-01-05T09:00:00.000Z"]])
    );
    assert_eq!(world.qualifio.next_due(), None);
}

#[test]
fn what_waits_is_cancelled() {
    let mut world = world(json!({"webhooks": [{"name": "CRM", "url": URL}]}));
    plays(&mut world, &person("Ann", 1), &[]);
    let pushed = world.qualifio.take_pushes().remove(0);
    world.qualifio.record_push(
        json!({"push_id": 1, "participation_id": pushed.id, "uid": pushed.uid, "state": "Queued"}),
    );
    plays(&mut world, &person("Ann", 1), &[]);
    plays(&mut world, &person("Bob", 2), &[]);
    forget(&mut world, json!([1]), true);
    world.qualifio.advance(world.now);
    let ids: Vec<Value> = world.rows().iter().map(|row| row["participation_id"].clone()).collect();
    let mut erased: Vec<String> =
        vec![ids[0].as_str().unwrap().to_owned(), ids[1].as_str().unwrap().to_owned()];
    erased.sort();
    assert_eq!(world.qualifio.take_erasures(), erased);
    assert!(world.qualifio.take_erasures().is_empty());
    let left: Vec<String> = world.qualifio.take_pushes().into_iter().map(|order| order.id).collect();
    assert_eq!(left, [ids[2].as_str().unwrap()]);
    let log: Value = world
        .qualifio
        .pushes()
        .iter()
        .map(|line| json!([line["participation_id"], line["uid"], line["state"]]))
        .collect();
    assert_eq!(log, json!([[ids[0], "", "Queued"], [ids[1], "", "Dead(Erased)"]]));
    let states: Vec<Value> =
        world.qualifio.webhook_deliveries().iter().map(|line| line["state"].clone()).collect();
    assert_eq!(states, ["Dead(Erased)", "Dead(Erased)", "Queued"]);
    let call = world.qualifio.take_webhook(world.now).unwrap();
    assert_eq!((call.delivery, world.qualifio.take_webhook(world.now).is_none()), (3, true));
}

#[test]
fn nobody_goes_on_as_somebody_who_was_forgotten() {
    let mut world = world(json!({}));
    let who = person("Ann", 1);
    plays(&mut world, &who, &[]);
    let mut again = world.browser();
    again.signed_in_as(&mut world, &who.uid);
    assert_eq!(again.step(), "identityset");
    forget(&mut world, json!([1]), true);
    again.submit(&mut world, &[]);
    assert_eq!((again.status, world.rows().len()), (410, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// After an erasure nothing of what the person said is left, wherever one looks; the others keep theirs.
    #[test]
    fn nothing_personal_is_left(
        plays_of_ann in 1..4_usize, delete: bool, limits: bool, exported: bool, pushed: bool, under_way: bool,
        told_already: bool, by_retention: bool,
    ) {
        let limit = json!({"NPerEmail": 9, "NPerIp": 90, "NPerPhone": 9, "OnePerTrigram": false, "MaxParticipants": 9});
        let mut world = world(json!({"webhooks": [{"name": "CRM", "url": URL, "secret": "s", "incomplete": true}],
            "campaigns": [{"id": 700_101, "name": "Quiz", "sso": true, "optins": ["news"],
                "limit": if limits { limit } else { json!("Unlimited") }, "questions": ["Capital?"],
                "fields": ["firstname", "lastname", "email", "phone", "birthday", "shoe_size", "language"]}]}));
        world.call("admin", "PUT gdpr", &json!({"delete_anonymous_data": delete}));
        let named = |first: &str, n: usize| {
            let mut who = person(first, n);
            who.prefill[1].1 = format!("{first}-Family");
            who.profile["city"] = json!(format!("{first}ville"));
            who
        };
        let (ann, bob) = (named("Zyxann", 0xAAAA_BBBB), named("Zyxbob", 0xCCCC_DDDD));
        let play = |world: &mut World, who: &Identity, size: &str, phone: &str, born: &str| {
            world.identity = Ok(who.clone());
            let mut browser = world.browser();
            let question = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
            browser.post(world, &[("action", "answers"), (&question, &format!("answer {size}"))]);
            browser.signed_in_as(world, &who.uid);
            let values = [("shoe_size", size), ("phone", phone), ("day", "6"), ("month", "5"), ("year", born), ("language", size)];
            browser.submit(world, &values);
            assert_eq!(browser.step(), "exit", "{}", browser.state);
        };
        for _ in 0..plays_of_ann {
            play(&mut world, &ann, "size-ann", "0487 12 34 56", "1959");
        }
        if by_retention {
            world.now = world.now.plus(Duration::from_secs(3 * 3600));
            world.qualifio.advance(world.now);
        }
        play(&mut world, &bob, "size-bob", "0487 65 43 21", "1961");
        if pushed {
            for order in world.qualifio.take_pushes() {
                world.qualifio.record_push(json!({"participation_id": order.id, "uid": order.uid, "state": "Queued"}));
            }
        }
        if told_already {
            while let Some(call) = world.qualifio.take_webhook(world.now) {
                let status = if call.delivery % 2 == 0 { 200 } else { 500 };
                world.qualifio.webhook_answered(world.now, call.delivery, Ok(status));
            }
        }
        if exported {
            let body = json!({"ruleType": "GDPR_ExportData", "clientId": 2345, "ruleTypePayload": {"profiles": [1, 2]}});
            ask(&mut world, Some("tok-1"), "POST rules/exportData?clientId=2345&direct=true", &body);
        }
        if under_way {
            world.identity = Ok(ann.clone());
            let mut browser = world.browser();
            browser.post(&mut world, &[("action", "answers")]);
            browser.signed_in_as(&mut world, &ann.uid);
        }
        let before = format!("{:?}", world.qualifio);
        let secrets = |who: &Identity, size: &str, phones: [&str; 2], born: &str| -> Vec<String> {
            let email = who.email.clone().unwrap();
            let first = who.prefill[0].1.clone();
            let mut all = vec![who.uid.clone(), email, first.clone(), first.to_lowercase(), size.to_owned(), format!("06/05/{born}")];
            all.extend(phones.map(str::to_owned));
            all
        };
        let of_ann = secrets(&ann, "size-ann", ["0487 12 34 56", "+32487123456"], "1959");
        for word in [&of_ann[0], &of_ann[1], &of_ann[2]] {
            prop_assert!(before.contains(word.as_str()), "{word} was never there");
        }
        if by_retention {
            let (status, _) = world.call("admin", "PUT gdpr", &json!({"retention": "7d"}));
            prop_assert_eq!(status, 200);
            world.now = standin_model::Instant::START.plus(Duration::from_secs(7 * 86_400));
        } else {
            let asked = forget(&mut world, json!([1]), true);
            prop_assert!(asked["_id"].is_string());
        }
        world.qualifio.advance(world.now);
        let after = format!("{:?}", world.qualifio);
        for word in &of_ann {
            prop_assert!(!after.contains(word.as_str()), "{word} is left: {}", around(&after, word));
        }
        prop_assert!(after.contains("size-bob") && after.contains(&bob.uid));
        let rows = world.rows();
        prop_assert_eq!(rows.len(), if delete { 1 } else { plays_of_ann + 1 });
        prop_assert_eq!(&rows.last().unwrap()["shoe_size"], &json!("size-bob"));
        prop_assert!(!after.contains(UID));
    }
}

/// What stands around a word.
fn around<'t>(text: &'t str, word: &str) -> &'t str {
    let at = text.find(word).unwrap();
    let start = (0..=at.saturating_sub(200)).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    let end = (at + word.len()..text.len()).find(|end| text.is_char_boundary(*end)).unwrap();
    &text[start..end]
}
