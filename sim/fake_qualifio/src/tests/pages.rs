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
    let mut world = World::new(&json!({"campaigns": [{"id": 700_101, "name": "Quiz", "language": "nl"}]}));
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
