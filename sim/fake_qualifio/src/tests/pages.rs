//! Addresses, steps, whose participation it is, what a page holds.

use super::world::{Browser, World, redirecting};
use crate::Qualifio;
use http::header;
use serde_json::json;
use std::time::Duration;

fn plain() -> World {
    World::new(&json!({"campaigns": [{"name": "Quiz"}]}))
}

#[test]
fn first_call_redirects_with_session() {
    let guid = plain().qualifio.campaigns()[0]["channels"][0]["guid"].as_str().unwrap().to_owned();
    let forms = include_str!("../../../../fixtures/contracts/qualifio/player_urls.txt");
    for form in forms.lines().filter(|line| !line.is_empty()) {
        let (expected, url) = form.split_once(' ').unwrap();
        let url = url.replace("{guid}", &guid).replace("{GUID}", &guid.to_lowercase());
        let mut world = plain();
        let request = http::Request::get(&url).body(bytes::Bytes::new()).unwrap();
        let response = world.send(request);
        assert_eq!(response.status().as_str(), expected, "{url}");
        if expected == "302" {
            let location = response.headers()[header::LOCATION].to_str().unwrap();
            for name in ["cfid=", "cftoken=0", "uk=", "page=1"] {
                assert!(location.contains(name), "{location}");
            }
            assert!(response.headers()[header::SET_COOKIE].to_str().unwrap().starts_with("qlf_visitor="));
        }
    }
}

#[test]
fn steps_in_order() {
    let question = json!({"label": "Capital?", "answers": ["Brussels", "Ghent"], "correct": "Brussels"});
    for (steps, expected) in [
        (json!(["intro", "questionset", "identityset", "exit"]), vec!["questionset", "identityset", "exit"]),
        (json!(["intro", "identityset", "questionset", "exit"]), vec!["identityset", "questionset", "exit"]),
        (json!(["questionset", "identityset", "exit"]), vec!["questionset", "identityset", "exit"]),
    ] {
        let campaign = json!({"name": "Quiz", "questions": [question], "steps": steps});
        let mut world = World::new(&json!({"campaigns": [campaign]}));
        let mut browser = world.browser();
        let mut seen = vec![browser.step().to_owned()];
        while browser.step() != "exit" {
            if browser.step() == "questionset" {
                let name = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
                browser.post(&mut world, &[("action", "answers"), (&name, "Brussels")]);
            } else {
                browser.submit(&mut world, &[("email", "a@b.be")]);
            }
            seen.push(browser.step().to_owned());
        }
        assert_eq!(seen, expected);
        assert_eq!(world.rows()[0]["score"], json!(50));
    }
}

#[test]
fn questions_on_pages_of_their_own() {
    let choice = json!({"label": "Capital?", "answers": ["Brussels", "Ghent"], "correct": "Brussels"});
    let open = json!({"label": "Why?", "correct": "so"});
    let campaign = json!({
        "id": 700_101, "language": "en", "steps": ["questionset", "identityset", "exit"],
        "questions": [choice, open, "How?"], "questions_per_page": 1,
    });
    let mut world = World::new(&json!({"campaigns": [campaign]}));
    let (mut browser, url) = (Browser::new(""), world.url());
    browser.open(&mut world, &url);
    let mut seen = Vec::new();
    for given in ["Brussels", "so", "thus"] {
        let question = browser.state["questions"][0].clone();
        assert_eq!(browser.state["questions"].as_array().unwrap().len(), 1);
        seen.push(format!("{} {}/{}", question["label"], browser.state["part"], browser.state["parts"]));
        let layer =
            browser.html.split_once("var qlfDataLayer = ").unwrap().1.split_once(";</script>").unwrap().0;
        let layer: serde_json::Value = serde_json::from_str(layer).unwrap();
        seen.push(layer[0]["page_path"].as_str().unwrap().to_owned());
        let page = browser.state["page"].to_string();
        let form = [("action", "answers"), ("pg", &page[..]), (question["name"].as_str().unwrap(), given)];
        browser.post(&mut world, &form);
        let ahead = browser.state["page"].clone();
        browser.post(&mut world, &form);
        assert_eq!(browser.state["page"], ahead, "a page that comes twice answers once");
        browser.post(&mut world, &[form[0], form[2]]);
        assert_eq!(browser.state["page"], ahead, "nor where only the question tells which it was");
    }
    let expected = [
        "\"Capital?\" 1/3",
        "/700101/en/1/questionset/1",
        "\"Why?\" 2/3",
        "/700101/en/2/questionset/2",
        "\"How?\" 3/3",
        "/700101/en/3/questionset/3",
    ];
    assert_eq!(seen, expected);
    assert_eq!((browser.step(), &browser.state["part"]), ("identityset", &json!(1)));
    browser.submit(&mut world, &[("email", "a@b.be")]);
    assert_eq!((browser.step(), &world.rows()[0]["score"]), ("exit", &json!(100)));
}

#[test]
fn only_what_is_offered_is_an_answer() {
    let choice = json!({"label": "Capital?", "answers": ["Brussels", " Ghent "], "correct": "Ghent"});
    let campaign = json!({"mode": "anonymous", "questions": [choice]});
    for (given, expected, score) in
        [("Brussels", Some("Brussels"), 0), (" Ghent", Some("Ghent"), 50), ("Paris", None, 0), ("", None, 0)]
    {
        let webhook = json!({"name": "CRM", "url": "https://hooks.brand.example/"});
        let mut world = World::new(&json!({"campaigns": [campaign], "webhooks": [webhook]}));
        let mut browser = world.browser();
        let name = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
        browser.post(&mut world, &[("action", "answers"), (&name, given)]);
        assert_eq!(browser.step(), "exit");
        let told = world.qualifio.take_webhook(world.now).unwrap();
        let told: serde_json::Value = serde_json::from_slice(told.request.body()).unwrap();
        let response = told["questionnaire"][0]["responses"][0]["value"].as_str();
        assert_eq!((response, &world.rows()[0]["score"]), (expected, &json!(score)), "{given}");
    }
}

/// A form may be 1 MiB, but no page sends that back, and nothing keeps it.
#[test]
fn refused_values_are_not_kept_whole() {
    let long = "x".repeat((1 << 20) - 300);
    let mut world = World::new(&json!({"campaigns": [{"language": "en", "questions": ["Why?"]}]}));
    let mut browser = world.browser();
    let question = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
    browser.post(&mut world, &[("action", "answers"), (&question, &long)]);
    assert_eq!(
        (browser.step(), browser.texts("errors")),
        ("questionset", vec![format!("TooLong({question})")])
    );
    assert_eq!(browser.state["questions"][0]["value"].as_str().unwrap().len(), 1_000);
    let said = "This is longer than 255 characters.";
    assert_eq!(browser.state["questions"][0]["message"], json!(said));
    assert!(
        browser.html.contains(&format!("<a href=\"#reponse\"><bdi>Why?</bdi></a> – {said}")),
        "{}",
        browser.html
    );
    browser.post(&mut world, &[("action", "answers"), (&question, "so")]);
    for _ in 0..2 {
        browser.submit(&mut world, &[("firstname", &long), ("email", "a@b.be")]);
        assert_eq!(browser.texts("errors"), ["TooLong(firstname)"]);
        assert_eq!(browser.state["fields"][0]["value"].as_str().unwrap().len(), 1_000);
        assert!(browser.html.len() < 20_000, "{}", browser.html.len());
    }
    // What came back was cut, and is refused like the whole.
    browser.submit(&mut world, &[("email", "a@b.be")]);
    assert_eq!((browser.texts("errors"), world.rows().len()), (vec!["TooLong(firstname)".to_owned()], 0));
    browser.submit(&mut world, &[("firstname", &"x".repeat(255)), ("email", "a@b.be")]);
    assert_eq!((browser.step(), world.rows().len()), ("exit", 1));
}

#[test]
fn the_exit_screen_in_the_operators_words() {
    let text = "Well done, {firstname}!\n\n{score} points, {shoe size} {lastname}{zipcode}{";
    let campaign = json!({"exit_text": text, "questions": [{"label": "Why?", "correct": "so", "score": 7}]});
    let mut world = World::new(&json!({"campaigns": [campaign]}));
    let mut browser = world.browser();
    let question = browser.state["questions"][0]["name"].as_str().unwrap().to_owned();
    browser.post(&mut world, &[("action", "answers"), (&question, "so")]);
    assert_eq!(browser.state["exit"], json!([]));
    let name = "<b>{lastname}\u{202e}";
    browser.submit(&mut world, &[("firstname", name), ("lastname", ""), ("email", "a@b.be")]);
    let expected = json!([
        [{"text": "Well done, "}, {"value": name}, {"text": "!"}],
        [{"value": "7"}, {"text": " points, {shoe size} "}, {"text": "{zipcode}{"}],
    ]);
    assert_eq!(browser.state["exit"], expected);
    // A mark that turns the direction of writing ends with the value.
    let line = "<p dir=\"auto\">Well done, <bdi>&lt;b&gt;{lastname}\u{202e}</bdi>!</p>";
    assert!(browser.html.contains(line), "{}", browser.html);
    let long = json!({"exit_text": "x".repeat(2_001)});
    assert_eq!(world.outcome("admin", "PUT campaigns/700101", &long), "Malformed(exit_text)");
}

#[test]
fn anonymous_campaigns_have_no_form() {
    let mut world = World::new(&json!({"campaigns": [{"mode": "anonymous", "questions": ["Why?"]}]}));
    let mut browser = world.browser();
    assert_eq!(browser.step(), "questionset");
    browser.post(&mut world, &[("action", "answers")]);
    assert_eq!((browser.step(), world.rows().len()), ("exit", 1));
    assert_eq!(world.rows()[0]["external_id"], json!(""));
}

#[test]
fn participations_belong_to_their_browser() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let mut own = world.browser();
    let mut other = Browser::new("");
    let url = world.url();
    other.open(&mut world, &url);
    other.state["action"] = own.state["action"].clone();
    other.signed_in(&mut world);
    assert_eq!((other.status, other.step()), (403, "message"));
    let address = own.state["action"].as_str().unwrap().to_owned();
    other.open(&mut world, &address);
    assert_ne!(other.state["uk"], own.state["uk"], "a shared link starts a participation of one's own");
    own.signed_in(&mut world);
    assert_eq!(own.place(), "identityset");
}

#[test]
fn unfinished_ones_expire() {
    let mut world = plain();
    let mut early = world.browser();
    let mut done = world.browser();
    done.submit(&mut world, &[("email", "a@b.be")]);
    assert_eq!(world.qualifio.next_due(), Some(world.now.plus(Duration::from_secs(3600))));
    world.now = world.now.plus(Duration::from_secs(3599));
    early.post(&mut world, &[("action", "start")]);
    assert_eq!(early.status, 200);
    world.now = world.now.plus(Duration::from_secs(1));
    early.submit(&mut world, &[("email", "x@b.be")]);
    assert_eq!((early.status, early.texts("errors")), (410, vec!["Expired".to_owned()]));
    assert_eq!((world.rows().len(), world.qualifio.next_due()), (1, None));
}

#[test]
fn domain_security() {
    for (security, host, expected) in [
        ("Default", "brand.qualifioapp.com", 302),
        ("Default", "jeux.brand.example", 302),
        ("Loose", "brand.qualifioapp.com", 404),
        ("Loose", "spel.brand.example", 302),
        ("Strict", "spel.brand.example", 404),
        ("Strict", "jeux.brand.example", 302),
    ] {
        let websites = json!([{"name": "Brand BE"}, {"name": "Brand NL", "domain": "spel.brand.example", "country": "NL"}]);
        let mut world = World::new(&json!({"websites": websites, "campaigns": [{}]}));
        world.qualifio.knobs_mut().set("qualifio.domain_security", security).unwrap();
        let url = world.url().replace("jeux.brand.example", host);
        let response = world.send(http::Request::get(url).body(bytes::Bytes::new()).unwrap());
        assert_eq!(response.status(), expected, "{security} {host}");
    }
}

#[test]
fn https_can_be_forced() {
    let mut world = plain();
    let url = world.url().replace("https://", "http://");
    let request = || http::Request::get(&url).body(bytes::Bytes::new()).unwrap();
    assert_eq!(world.send(request()).status(), 302);
    world.qualifio.knobs_mut().set("qualifio.force_https", "true").unwrap();
    let response = world.send(request());
    assert_eq!(
        (response.status().as_u16(), response.headers()[header::LOCATION].to_str().unwrap()),
        (301, &world.url()[..])
    );
}

#[test]
fn closed_campaigns_say_so() {
    for (dates, expected) in [
        (json!({"starts": "2026-01-05T08:00:01Z"}), "message"),
        (json!({"ends": "2026-01-05T08:00:00Z"}), "message"),
        (json!({"starts": "2026-01-05T08:00:00Z", "ends": "2026-01-05T08:00:01Z"}), "intro"),
    ] {
        let mut world = World::new(&json!({"campaigns": [dates]}));
        let (mut browser, url) = (Browser::new(""), world.url());
        browser.open(&mut world, &url);
        assert_eq!(browser.step(), expected);
    }
}

#[test]
fn values_in_the_address_fill_the_form() {
    let mut world = plain();
    let mut browser = Browser::new("");
    let url = format!("{}&firstname=Bob&page=9&cfid=x", world.url());
    browser.open(&mut world, &url);
    browser.post(&mut world, &[("action", "start")]);
    assert_eq!(browser.state["fields"][0]["value"], json!("Bob"));
    for (length, expected) in [(255, 255), (256, 0)] {
        let mut browser = Browser::new("");
        let url = format!("{}&firstname={}", world.url(), "x".repeat(length));
        browser.open(&mut world, &url);
        browser.post(&mut world, &[("action", "start")]);
        assert_eq!(browser.state["fields"][0]["value"].as_str().unwrap().len(), expected);
    }
}

#[test]
fn hostile_values_are_text() {
    let hostile = "\"><script>alert('x')</script>&amp;</script>";
    let campaign = json!({"name": hostile, "fields": [
        "firstname", "lastname", "email", {"variable": "x", "label": hostile, "mandatory": true},
        {"variable": "y", "hidden": true}, {"variable": "z", "options": [hostile]},
    ]});
    let mut world = World::new(&json!({"campaigns": [campaign]}));
    let mut browser = world.browser();
    browser.submit(&mut world, &[("firstname", hostile), ("email", hostile), ("y", hostile), ("z", hostile)]);
    assert_eq!(browser.texts("errors"), ["InvalidEmail(email)", "Required(x)"]);
    assert_eq!(browser.state["fields"][0]["value"], json!(hostile));
    assert!(!browser.html.contains("<script>alert"), "{}", browser.html);
    assert!(
        browser
            .html
            .contains("value=\"&quot;&gt;&lt;script&gt;alert(&#x27;x&#x27;)&lt;&#x2f;script&gt;&amp;amp;")
    );
    assert_eq!(browser.html.matches("</script>").count(), 3, "data layer, state and the file, nothing else");
}

#[test]
fn data_layer_in_the_head() {
    let themes = json!([{"code": "SPRING", "description": "Spring"}]);
    let campaign = json!({"id": 700_101, "name": "Quiz", "language": "nl", "themes": themes});
    let mut world = World::new(&json!({"campaigns": [campaign]}));
    let mut browser = world.browser();
    browser.submit(&mut world, &[("email", "a@b.be")]);
    let head = browser.html.split("</head>").next().unwrap();
    let (_, rest) = head.split_once("var qlfDataLayer = ").unwrap();
    let layer: serde_json::Value = serde_json::from_str(rest.split(";</script>").next().unwrap()).unwrap();
    let seen = &layer[0];
    assert_eq!(
        json!([seen["campaign_id"], seen["lg"], seen["step"], seen["pg"], seen["page_path"]]),
        json!([700_101, "nl", "exit", 3, "/700101/nl/3/exit/1"])
    );
    assert_eq!(
        json!([seen["form_submitted"], seen["isIdentified"], seen["isWinner"], seen["device"]]),
        json!([1, 1, null, "desktop"])
    );
    assert_eq!(seen["thematics"], themes);
}

/// The data layer tells the address of its own page, and counts the login among the pages of the form's step.
fn layer(browser: &Browser) -> serde_json::Value {
    let text = browser.html.split_once("var qlfDataLayer = ").unwrap().1.split_once(";</script>").unwrap().0;
    serde_json::from_str::<serde_json::Value>(text).unwrap()[0].take()
}

/// Letters that an address carries as they are may lie across the bound.
#[test]
fn the_data_layer_tells_so_much_of_a_long_address() {
    for first in ["", "x"] {
        let mut world = World::with_sso(redirecting(), &json!({"id": 700_101}));
        let (mut browser, url) = (Browser::new(""), world.url());
        browser.open(&mut world, &url);
        let long = format!("{}&to={first}{}", browser.state["action"].as_str().unwrap(), "é".repeat(2_000));
        browser.open(&mut world, &long);
        let layer = layer(&browser);
        let told = layer["query_string"].as_str().unwrap();
        assert!(matches!(told.len(), 1_999 | 2_000) && long.contains(told), "{} {told}", told.len());
    }
}

#[test]
fn the_data_layer_tells_where_the_page_is() {
    let mut world = World::with_sso(redirecting(), &json!({"id": 700_101, "language": "nl"}));
    let (mut browser, url) = (Browser::new(""), world.url() + "&utm_source=mail");
    let address = browser.redirected(&mut world, &url);
    assert!(address.contains("&utm_source=mail&cfid="), "{address}");
    browser.open(&mut world, &url);
    let told = layer(&browser)["query_string"].as_str().unwrap().to_owned();
    let (before, after) = told.split_once("&cfid=").unwrap();
    assert!(url.ends_with(&format!("?{before}")), "{told}");
    assert!(after.ends_with("&page=1"), "{told}");
    let mut seen = Vec::new();
    for act in ["start", "session", "form"] {
        let posted = browser.state["action"].as_str().unwrap().to_owned();
        match act {
            "start" => browser.post(&mut world, &[("action", "start")]),
            "session" => browser.signed_in(&mut world),
            _ => browser.submit(&mut world, &[]),
        }
        let layer = layer(&browser);
        assert!(posted.ends_with(&format!("?{}", layer["query_string"].as_str().unwrap())), "{act}: {layer}");
        seen.push(json!([layer["step"], layer["pgi"], layer["page_path"]]));
    }
    assert_eq!(
        json!(seen),
        json!([
            ["identityset", 1, "/700101/nl/2/identityset/1"],
            ["identityset", 2, "/700101/nl/3/identityset/2"],
            ["exit", 1, "/700101/nl/4/exit/1"],
        ])
    );
}

#[test]
fn posts_that_make_no_sense_are_refused() {
    let mut world = plain();
    let browser = world.browser();
    for (form, expected) in [
        (vec![("action", "dance")], 400),
        (vec![("action", "")], 400),
        (vec![], 400),
        (vec![("action", "identify")], 400),
        (vec![("action", "retry")], 200),
        (vec![("action", "answers")], 200),
    ] {
        let mut browser = browser.clone();
        browser.post(&mut world, &form);
        assert_eq!(browser.status, expected, "{form:?}");
    }
    let url = browser.state["action"].as_str().unwrap();
    let raw = |body: Vec<u8>| {
        http::Request::post(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(bytes::Bytes::from(body))
            .unwrap()
    };
    assert_eq!(world.send(raw(b"action=form&x=%FF".to_vec())).status(), 400);
    let address = format!("{}&firstname=%FF", world.url());
    let get = http::Request::get(address).body(bytes::Bytes::new()).unwrap();
    assert_eq!(world.send(get).status(), 400);
    assert_eq!(world.send(raw(vec![b'x'; (1 << 20) + 1])).status(), 413);
    assert_eq!(world.rows().len(), 0);
}

#[test]
fn calls_have_names() {
    let world = plain();
    let url = world.url();
    for (method, url, body, expected) in [
        ("GET", url.as_str(), "", "player page"),
        ("POST", url.as_str(), "action=form", "player form"),
        ("POST", url.as_str(), "action=session", "player session"),
        ("POST", url.as_str(), "action=x", "player post"),
        (
            "PUT",
            "https://manager.example/manager/api/integrations/gigya-sso",
            "",
            "PUT /manager/api/integrations/gigya-sso",
        ),
        (
            "PUT",
            "https://manager.example/manager/api/campaigns/7/sso",
            "",
            "PUT /manager/api/campaigns/{id}/sso",
        ),
        (
            "GET",
            "https://manager.example/manager/api/campaigns/7/statistics.csv",
            "",
            "GET /manager/api/campaigns/{id}/statistics.csv",
        ),
        ("GET", "https://m.example/else", "", "GET /else"),
    ] {
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(bytes::Bytes::from(body))
            .unwrap();
        assert_eq!(Qualifio::call_name(&request), expected);
    }
}
