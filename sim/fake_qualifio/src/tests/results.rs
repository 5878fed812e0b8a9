//! What remains of a participation: rows, exports, profiles, pushes.

use super::world::{Browser, UID, World, redirecting};
use crate::PushBack;
use serde_json::{Value, json};

fn with_form(fields: Value, more: Value) -> (World, Browser) {
    let mut campaign = json!({"id": 700_101, "name": "Quiz", "fields": fields});
    for (name, value) in more.as_object().unwrap() {
        campaign[name] = value.clone();
    }
    let mut world = World::with_sso(redirecting(), &campaign);
    let mut browser = world.browser();
    browser.signed_in(&mut world);
    (world, browser)
}

#[test]
fn row_as_submitted() {
    let fields = json!([
        "firstname", "lastname", "email", "phone", "birthday",
        {"variable": "gender", "options": ["M", "F", "X"]}, {"variable": "shoe_size"},
    ]);
    let (mut world, mut browser) = with_form(fields, json!({"optins": ["news", "partners"]}));
    let values = [
        ("firstname", "  John "),
        ("phone", "0487 66 49251"),
        ("day", "6"),
        ("month", "5"),
        ("year", "1959"),
        ("gender", "X"),
        ("shoe_size", "42"),
        ("news", "1"),
    ];
    browser.submit(&mut world, &values);
    assert_eq!(browser.step(), "exit", "{}", browser.state);
    let mut row = world.rows().remove(0);
    for varying in ["participation_id", "channel_guid"] {
        assert_eq!(row.as_object_mut().unwrap().shift_remove(varying).unwrap().as_str().unwrap().len(), 36);
    }
    let expected = json!({
        "campaign_id": 700_101, "campaign_title": "Quiz", "website": "Brand BE", "channel": "minisite",
        "language": "fr", "device": "desktop", "started_at": "2026-01-05T08:00:00.000Z",
        "completed_at": "2026-01-05T08:00:00.000Z", "state": "COMPLETED", "username": "", "firstname": "John",
        "lastname": "A & B", "email": "a@b.be", "address": "", "zipcode": "", "locality": "", "country": "",
        "phone": "0487 66 49251", "birthday": "06/05/1959", "gender": "X", "shoe_size": "42", "optin:news": "1",
        "optin:partners": "", "score": 0, "external_id": UID, "warnings": [],
    });
    assert_eq!(row, expected);
    let order = world.qualifio.take_pushes().remove(0);
    let names: Vec<_> = order.submitted.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["firstname", "lastname", "phone", "birthday", "gender", "shoe_size"]);
}

#[test]
fn csv_export() {
    let fields = json!(["firstname", "lastname", "email", "phone", "shoe_size"]);
    let (mut world, mut browser) = with_form(fields, json!({"optins": ["news"]}));
    browser.submit(&mut world, &[("phone", "+32 487"), ("lastname", "=a;\"b\""), ("shoe_size", "42")]);
    let row = world.rows().remove(0);
    let id = row["participation_id"].as_str().unwrap();
    let guid = row["channel_guid"].as_str().unwrap();
    let sample = include_str!("../../../../fixtures/contracts/qualifio/statistics.csv");
    let expected = sample.replace("{id}", id).replace("{guid}", guid).replace('\n', "\r\n");
    let text = |world: &mut World, query: &str| {
        let request = http::Request::get(format!(
            "https://manager.qualifio.example/manager/api/campaigns/700101/statistics.csv{query}"
        ))
        .header("authorization", "Bearer admin")
        .body(bytes::Bytes::new())
        .unwrap();
        String::from_utf8(world.send(request).body().to_vec()).unwrap()
    };
    assert_eq!(text(&mut world, ""), format!("\u{FEFF}{expected}"));
    let safe = text(&mut world, "?spreadsheet_safe=1");
    assert!(safe.contains(";\"'+32 487\";") && safe.contains(";\"'=a;\"\"b\"\"\";"), "{safe}");
    let plain = text(&mut world, "");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(plain.trim_start_matches('\u{FEFF}').as_bytes());
    let read = reader.records().next().unwrap().unwrap();
    assert_eq!((&read[13], read.len()), ("=a;\"b\"", reader.headers().unwrap().len()));
}

#[test]
fn email_is_gigyas() {
    for (sent, warned) in [("x@y.be", true), (" A@B.BE ", false), ("", false)] {
        let (mut world, mut browser) = with_form(json!(["firstname", "lastname", "email"]), json!({}));
        browser.submit(&mut world, &[("email", sent)]);
        let row = world.rows().remove(0);
        assert_eq!(row["email"], json!("a@b.be"));
        let expected = if warned { json!(["EmailTamperIgnored"]) } else { json!([]) };
        assert_eq!(row["warnings"], expected, "{sent}");
        assert_eq!(world.qualifio.take_pushes()[0].email_at_identification, "a@b.be");
    }
}

#[test]
fn mistakes_keep_what_was_typed() {
    let (mut world, mut browser) =
        with_form(json!(["firstname", "lastname", "email", "phone", "birthday"]), json!({}));
    browser.submit(&mut world, &[("phone", "n/a"), ("day", "6"), ("month", "5"), ("firstname", "Bob")]);
    assert_eq!(browser.texts("errors"), ["InvalidPhone(phone)", "PartialDate(birthday)"]);
    assert_eq!((browser.status, browser.step(), world.rows().len()), (200, "identityset", 0));
    let field = |at: usize| browser.state["fields"][at].clone();
    assert_eq!(
        json!([field(0)["value"], field(2)["value"], field(2)["error"]]),
        json!(["Bob", "n/a", "InvalidPhone"])
    );
    assert_eq!(field(3)["parts"], json!({"day": "6", "month": "5", "year": ""}));
    let values = [("phone", "1"), ("day", "6"), ("month", "5"), ("year", "1959")];
    browser.submit(&mut world, &values);
    assert_eq!((browser.step(), world.rows().len()), ("exit", 1));
    browser.post(&mut world, &[("action", "form")]);
    assert_eq!(world.rows().len(), 1, "a form counts once");
}

#[test]
fn limits() {
    for (limit, expected) in [
        (json!("Unlimited"), 3),
        (json!("OnePerTrigram"), 2),
        (json!({"NPerEmail": 1}), 1),
        (json!({"NPerEmail": 2}), 2),
        (json!({"MaxParticipations": 2}), 2),
    ] {
        let (mut world, _) = with_form(json!(["firstname", "lastname", "email"]), json!({"limit": limit}));
        for name in ["Ann", "Ann", "Bob"] {
            let mut browser = world.browser();
            browser.signed_in(&mut world);
            let before = world.rows().len();
            browser.submit(&mut world, &[("firstname", name)]);
            let refused = world.rows().len() == before;
            assert_eq!(browser.texts("errors") == ["LimitReached"], refused);
            assert_eq!(browser.step(), if refused { "identityset" } else { "exit" });
        }
        assert_eq!(world.rows().len(), expected, "{limit}");
        assert_eq!(world.qualifio.take_pushes().len(), expected, "nothing is pushed of what was refused");
    }
}

#[test]
fn orders_say_whether_to_write() {
    for (preview, push_back) in [(false, true), (true, true), (false, false)] {
        let mut gigya = redirecting();
        gigya["push_back"] = json!(push_back);
        let mut world = World::with_sso(gigya, &json!({"preview": preview}));
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        browser.submit(&mut world, &[]);
        let order = world.qualifio.take_pushes().remove(0);
        assert_eq!((order.preview, order.push_back == PushBack::On), (preview, push_back));
        assert_eq!(world.rows()[0]["external_id"], json!(UID));
    }
}

#[test]
fn the_push_log_tells_whether_gigya_takes_the_keys() {
    let (mut world, _) = with_form(json!(["firstname", "lastname", "email"]), json!({}));
    for (state, expected) in [
        ("Queued", "green"),
        ("Dead(Config)", "red"),
        ("Retrying", "red"),
        ("Skipped(NothingToSend)", "red"),
        ("Partial{username}", "green"),
        ("Dead(Config)", "red"),
        ("Succeeded", "green"),
    ] {
        world.qualifio.record_push(json!({"site_id": 4321, "state": state}));
        let (_, body) = world.call("admin", "GET integrations/gigya-sso", &Value::Null);
        assert_eq!(
            json!([body["health"], body["sites"][0]["health"]]),
            json!([expected, expected]),
            "{state}"
        );
        let (_, log) = world.call("admin", "GET pushes", &Value::Null);
        assert_eq!(log["pushes"].as_array().unwrap().last().unwrap()["state"], json!(state));
    }
}

#[test]
fn a_gender_is_kept_as_chosen_and_sent_as_bound() {
    let options = json!(["M", "F", {"value": "X", "label": "Other", "gigya": "u"}, "Y"]);
    for (chosen, sent) in [("X", "u"), ("M", "M"), ("Y", "Y"), ("", "")] {
        let gender = json!({"variable": "gender", "options": options});
        let (mut world, mut browser) =
            with_form(json!(["firstname", "lastname", "email", gender]), json!({}));
        browser.submit(&mut world, &[("gender", chosen)]);
        assert_eq!(world.rows()[0]["gender"], json!(chosen));
        let order = world.qualifio.take_pushes().remove(0);
        assert_eq!(order.submitted[2], ("gender".to_owned(), sent.to_owned()));
    }
}

#[test]
fn one_profile_for_each_trigram() {
    let (mut world, mut browser) = with_form(json!(["firstname", "lastname", "email", "phone"]), json!({}));
    browser.submit(&mut world, &[("phone", "1")]);
    for (name, phone) in [("Ann", "2"), ("Bob", "3")] {
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        browser.submit(&mut world, &[("firstname", name), ("phone", phone)]);
    }
    let profiles = world.qualifio.profiles();
    let seen: Value = profiles.iter().map(|p| json!([p["id"], p["trigramme"], p["phone"]])).collect();
    assert_eq!(seen, json!([[1, "Ann|A & B|a@b.be", "2"], [2, "Bob|A & B|a@b.be", "3"]]));
}

#[test]
fn push_uses_the_credentials_of_the_moment() {
    let (mut world, mut browser) = with_form(json!(["firstname", "lastname", "email"]), json!({}));
    browser.submit(&mut world, &[]);
    let order = world.qualifio.take_pushes().remove(0);
    assert_eq!(order.config.api_key, "3_Key");
    world.call("admin", "PUT integrations/gigya-sso", &json!({"api_key": "3_New"}));
    assert_eq!(world.qualifio.gigya_config(order.site_id).unwrap().api_key, "3_New");
}

/// Where there are choices nothing else is kept, whoever made the form that was sent.
#[test]
fn what_is_not_offered_is_not_chosen() {
    let size = json!({"variable": "size", "options": ["S", "L"], "mandatory": true});
    let (mut world, mut browser) =
        with_form(json!(["firstname", "lastname", "email", "gender", size]), json!({}));
    browser.submit(&mut world, &[("gender", "Z"), ("size", "XXL")]);
    assert_eq!(browser.texts("errors"), ["Required(size)"]);
    browser.submit(&mut world, &[("gender", "Z"), ("size", "L")]);
    let row = world.rows().remove(0);
    assert_eq!(json!([row["gender"], row["size"]]), json!(["", "L"]));
}
