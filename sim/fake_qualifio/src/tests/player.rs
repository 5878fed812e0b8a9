//! What browsers get besides the state: markup, files, policies, messages in the participant's language.

use super::world::{Browser, UID, World, redirecting, showing_screen_set};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn with(campaign: Value) -> World {
    World::new(&json!({"campaigns": [campaign]}))
}

#[test]
fn files_of_the_pages() {
    let mut world = with(json!({}));
    for (path, expected) in [
        ("/player/player.css", Some("text/css; charset=utf-8")),
        ("/player/player.js", Some("text/javascript; charset=utf-8")),
        ("/kit/qualp.2.min.js", Some("text/javascript; charset=utf-8")),
        ("/player/player.html", None),
        ("/kit/", None),
    ] {
        for host in ["jeux.brand.example", "files.qualifio.com"] {
            let request =
                http::Request::get(format!("https://{host}{path}")).body(bytes::Bytes::new()).unwrap();
            assert_eq!(crate::Qualifio::call_name(&request) == "player file", expected.is_some(), "{path}");
            let response = world.send(request);
            assert_eq!(response.status() == 200, expected.is_some(), "{path}");
            if let Some(kind) = expected {
                assert_eq!(response.headers()[header::CONTENT_TYPE], kind);
                assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            }
        }
    }
}

#[test]
fn ids_that_automation_looks_for() {
    let question = |answers: Value| json!({"label": "Why?", "answers": answers});
    let questions = json!([question(json!(["a", "b"])), question(json!([])), question(json!([]))]);
    let mut world =
        with(json!({"questions": questions, "fields": ["firstname", "lastname", "email", "birthday"]}));
    let (mut browser, url) = (Browser::new(""), world.url());
    browser.open(&mut world, &url);
    let has = |browser: &Browser, ids: &[&str]| {
        for id in ids {
            assert_eq!(browser.html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}: {}", browser.html);
        }
    };
    has(&browser, &["jouer", "qlf-start", "qlf-state"]);
    browser.post(&mut world, &[("action", "start")]);
    let ids: Vec<u64> = world.qualifio.campaigns()[0]["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| q["id"].as_u64().unwrap())
        .collect();
    let (first, third) = (ids[0], ids[2]);
    let choice = |n: u32| format!("check_choix_{first}_{n}");
    has(&browser, &[&choice(1), &choice(2), "reponse", &format!("reponse_{third}"), "next"]);
    browser.post(&mut world, &[("action", "answers")]);
    let name = browser.state["fields"][0]["name"].as_str().unwrap().to_owned();
    has(&browser, &[&name, "day", "month", "year", "register", "qlf-form"]);
    assert!(browser.html.contains("<select id=\"month\" name=\"month\""), "{}", browser.html);
}

/// Every page allows the one script in its head by that script's own hash, and nothing else inline.
#[test]
fn nothing_inline_but_the_data_layer() {
    let question = json!({"label": "\"onmouseover=", "correct": "x"});
    let mut world = with(json!({"public_name": "</script>'\u{202e}\u{e9}", "questions": [question]}));
    let mut browser = Browser::new("");
    let url = world.url();
    browser.open(&mut world, &url);
    for _ in 0..3 {
        let (head, body) = browser.html.split_once("</head>").unwrap();
        let layer = head.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        assert!(layer.starts_with("var qlfDataLayer = [{"), "{layer}");
        let hash = BASE64_STANDARD.encode(Sha256::digest(layer.as_bytes()));
        let expected = format!(
            "default-src 'none'; script-src 'self' 'sha256-{hash}'; style-src 'self'; img-src 'self' data:; \
             form-action 'self'; base-uri 'none'; \
             frame-ancestors 'self' https://brand.example https://*.brand.example"
        );
        assert_eq!(browser.policy, expected);
        assert!(!body.contains("<script") && !body.contains(" style=") && !body.contains(" on"), "{body}");
        match browser.step() {
            "intro" => browser.post(&mut world, &[("action", "start")]),
            "questionset" => browser.post(&mut world, &[("action", "answers")]),
            _ => browser.submit(&mut world, &[("email", "a@b.be")]),
        }
    }
}

#[test]
fn only_the_page_before_the_login_speaks_with_gigya() {
    let gigya = "script-src 'self' 'sha256-HASH' https://cdns.eu1.gigya.com; style-src 'self' https://cdns.eu1.gigya.com; \
                 img-src 'self' data: https://cdns.eu1.gigya.com; form-action 'self'; base-uri 'none'; frame-ancestors ";
    let hosts = " https://cdns.eu1.gigya.com https://accounts.eu1.gigya.com https://socialize.eu1.gigya.com";
    for (prefix, host, expected) in [
        (None, "jeux.brand.example", ""),
        (
            Some("login"),
            "jeux.brand.example",
            " https://login.jeux.brand.example https://login.brand.example",
        ),
        (
            Some("login"),
            "acme.qualifioapp.com",
            " https://login.acme.qualifioapp.com https://login.qualifioapp.com",
        ),
        (Some("x; script-src *"), "jeux.brand.example", ""),
    ] {
        let mut world = World::with_sso(showing_screen_set(), &json!({}));
        world.site = Ok(crate::SiteAnswer {
            custom_api_domain_prefix: prefix.map(str::to_owned),
            ..crate::SiteAnswer::default()
        });
        let mut browser = Browser::new("");
        let url = world.url().replace("jeux.brand.example", host);
        browser.open(&mut world, &url);
        assert!(!browser.policy.contains("gigya"), "{}", browser.policy);
        browser.post(&mut world, &[("action", "start")]);
        let start = browser.policy.find("'sha256-").unwrap();
        let end = start + browser.policy[start..].find("' ").unwrap() + 1;
        let policy = browser.policy.replace(&browser.policy[start..end], "'sha256-HASH'");
        let ancestors = "'self' https://brand.example https://*.brand.example";
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; {gigya}{ancestors}; connect-src 'self'{hosts}{expected}; frame-src{hosts}{expected}; \
                 font-src https://cdns.eu1.gigya.com"
            )
        );
        assert_eq!(
            browser.state["sso"]["script"],
            json!("https://cdns.eu1.gigya.com/js/gigya.js?apikey=3_Key")
        );
    }
}

#[test]
fn who_may_frame_a_campaign() {
    let own = "'self' https://brand.example https://*.brand.example";
    for (campaign, expected) in [
        (json!({"channel": "minisite"}), own.to_owned()),
        (json!({"channel": "mobile"}), own.to_owned()),
        (json!({"channel": "widget"}), "*".to_owned()),
        (
            json!({"channel": "widget", "parent_page": "https://news.example:8443/win?x#y"}),
            format!("{own} https://news.example:8443"),
        ),
    ] {
        let mut world = with(campaign.clone());
        let (mut browser, url) = (Browser::new(""), world.url());
        browser.open(&mut world, &url);
        let (_, ancestors) = browser.policy.split_once("frame-ancestors ").unwrap();
        assert_eq!(ancestors, expected, "{campaign}");
    }
}

/// A request of a browser that keeps no cookies: status, where it leads, the page.
fn bare(world: &mut World, url: &str, place: &str, body: Option<&str>) -> (u16, Option<String>, String) {
    let method = if body.is_some() { "POST" } else { "GET" };
    let request = http::Request::builder().method(method).uri(url).header("sec-fetch-dest", place);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response = world.send(request.body(body.unwrap_or_default().to_owned().into()).unwrap());
    let location = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
    let html = String::from_utf8(response.body().to_vec()).unwrap();
    (response.status().as_u16(), location, html)
}

#[test]
fn browsers_without_cookies_are_told() {
    for (channel, place) in [("minisite", "document"), ("minisite", "iframe"), ("widget", "document")] {
        let mut world = with(json!({"channel": channel}));
        let url = format!("{}&pdomain=https://www.brand.example", world.url());
        let (_, location, _) = bare(&mut world, &url, place, None);
        let (status, _, html) = bare(&mut world, &location.unwrap(), place, None);
        assert_eq!(status, 403, "{channel} {place}");
        assert!(html.contains("data-error=\"CookiesOff\""), "{html}");
        let again = "href=\"?id=";
        assert_eq!(html.matches(again).count(), 2, "start again, and in a window of its own");
        assert!(html.contains("pdomain=https%3A%2F%2Fwww.brand.example"), "{html}");
        assert!(!html.contains("uk="), "{html}");
        // A shared address is another matter: its owner was there, and whoever follows it has no cookie yet.
        let mut owner = Browser::new("");
        owner.open(&mut world, &url);
        let shared = owner.state["action"].as_str().unwrap().to_owned();
        let (status, location, _) = bare(&mut world, &shared, place, None);
        assert_eq!(status, 302);
        assert_ne!(location.unwrap(), shared);
    }
}

/// In a frame on somebody else's page the browser may keep no cookies at all: the addresses carry the session.
#[test]
fn a_frame_needs_no_cookie() {
    let mut world = World::with_sso(showing_screen_set(), &json!({"channel": "widget"}));
    let (mut frame, url) = (Browser::new("").without_cookies(), world.url());
    frame.open(&mut world, &url);
    assert_eq!(frame.step(), "intro");
    frame.post(&mut world, &[("action", "start")]);
    frame.signed_out(&mut world);
    assert_eq!(frame.place(), "sso screen_set");
    frame.signed_in(&mut world);
    frame.submit(&mut world, &[("firstname", "Anna")]);
    assert_eq!((frame.step(), &world.rows()[0]["external_id"]), ("exit", &json!(UID)));
    // Where a browser keeps the cookie, it is wanted in a frame, too.
    let mut kept = Browser::new("");
    kept.open(&mut world, &url);
    let action = kept.state["action"].as_str().unwrap().to_owned();
    assert_eq!(bare(&mut world, &action, "iframe", Some("action=start")).0, 403);
}

/// Whoever has somebody come by an address of theirs does not see with it who logged in there.
#[test]
fn an_address_made_before_a_login_shows_nobody() {
    let mut world = World::with_sso(showing_screen_set(), &json!({"channel": "widget"}));
    let (mut other, url) = (Browser::new("").without_cookies(), world.url());
    other.open(&mut world, &url);
    let address = other.state["action"].as_str().unwrap().to_owned();
    let uk = other.state["uk"].as_str().unwrap().to_owned();
    let mut person = Browser::new("").without_cookies();
    person.open(&mut world, &format!("{url}&qlf_uk={uk}"));
    assert_eq!(person.state["uk"], json!(uk));
    person.post(&mut world, &[("action", "start")]);
    person.signed_in(&mut world);
    assert_eq!((person.place().as_str(), person.html.contains("Ann")), ("identityset", true));
    other.open(&mut world, &address);
    assert_eq!((other.step(), other.html.contains("Ann")), ("intro", false));
    assert_eq!(bare(&mut world, &address, "iframe", Some("action=start")).0, 410);
    person.submit(&mut world, &[]);
    assert_eq!((person.step(), world.rows().len()), ("exit", 1));
}

#[test]
fn a_form_that_comes_twice_counts_once() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let mut browser = world.browser();
    browser.signed_in(&mut world);
    let form = browser.clone();
    browser.submit(&mut world, &[("firstname", "Anna")]);
    assert_eq!((browser.step(), &browser.state["notice"]), ("exit", &Value::Null));
    let mut again = form.clone();
    again.submit(&mut world, &[("firstname", "Hanna")]);
    assert_eq!((again.step(), &again.state["notice"]), ("exit", &json!("AlreadyReceived")));
    assert!(again.html.contains("id=\"qlf-notice\""));
    assert_eq!((world.rows().len(), world.qualifio.take_pushes().len()), (1, 1));
    assert_eq!(world.rows()[0]["firstname"], json!("Anna"));
}

#[test]
fn mistakes_stand_at_their_fields_in_the_campaigns_language() {
    for (language, expected) in [
        ("en", "Please fill in this field."),
        ("fr", "Veuillez remplir ce champ."),
        ("nl", "Vul dit veld in."),
        ("de", "Bitte füllen Sie dieses Feld aus."),
        ("es", "Please fill in this field."),
    ] {
        let own = json!({"variable": "plate", "mask": "999", "message": "Trois chiffres"});
        let mut world =
            with(json!({"language": language, "fields": ["firstname", "lastname", "email", own]}));
        let mut browser = world.browser();
        browser.submit(&mut world, &[("plate", "x")]);
        let fields = &browser.state["fields"];
        assert_eq!(
            json!([fields[0]["message"], fields[2]["message"], fields[3]["message"]]),
            json!([null, expected, "Trois chiffres"])
        );
        let name = fields[2]["name"].as_str().unwrap();
        for part in [
            format!("<html lang=\"{}\"", if language == "es" { "en" } else { language }),
            format!("aria-invalid=\"true\" aria-describedby=\"{name}-error\""),
            format!("id=\"{name}-error\" data-error=\"Required\">{expected}<"),
            format!("<a href=\"#{name}\">"),
        ] {
            assert!(browser.html.contains(&part), "{part} in {}", browser.html);
        }
    }
}

/// A page says in which language it speaks, and which words on it are in another.
#[test]
fn words_of_operators_in_languages_that_the_player_does_not_speak() {
    for (language, page, theirs) in [("es", "en", " lang=\"es\""), ("fr", "fr", ""), ("en", "en", "")] {
        let custom = json!({"variable": "plate", "label": "Matrícula"});
        let mut world =
            with(json!({"language": language, "fields": ["firstname", "lastname", "email", custom]}));
        let html = world.browser().html;
        for part in [
            format!("<html lang=\"{page}\""),
            format!("<h1 dir=\"auto\"{theirs}>"),
            format!("<bdi{theirs}>Matrícula</bdi>"),
        ] {
            assert!(html.contains(&part), "{part} in {html}");
        }
    }
}

#[test]
fn fields_without_a_label_have_the_usual_one() {
    let own = json!({"variable": "lastname", "label": "Family"});
    let gender = json!({"variable": "gender", "options": ["M", "F", {"value": "X", "label": "Other"}]});
    for (language, expected) in [
        ("en", json!(["First name", "Family", "E-mail address", "Gender", "shoe_size"])),
        ("fr", json!(["Prénom", "Family", "Adresse e-mail", "Genre", "shoe_size"])),
        ("nl", json!(["Voornaam", "Family", "E-mailadres", "Geslacht", "shoe_size"])),
        ("de", json!(["Vorname", "Family", "E-Mail-Adresse", "Geschlecht", "shoe_size"])),
    ] {
        let fields = json!(["firstname", own, "email", gender, "shoe_size"]);
        let mut world = with(json!({"language": language, "fields": fields}));
        let browser = world.browser();
        let shown = browser.state["fields"].as_array().unwrap();
        let labels: Value = shown.iter().map(|field| field["label"].clone()).collect();
        assert_eq!(labels, expected);
        if language == "fr" {
            let options =
                shown[3]["options"].as_array().unwrap().iter().map(|option| option["label"].clone());
            assert_eq!(options.collect::<Value>(), json!(["Homme", "Femme", "Other"]));
        }
    }
}

#[test]
fn limits_have_a_page_of_their_own() {
    for (limit, mode, expected) in [
        (json!("OnePerTrigram"), "identified", "can take part once"),
        (json!({"NPerEmail": 1}), "identified", "with this e-mail address"),
        (json!({"NPerIp": 1}), "identified", "from this connection"),
        (json!({"NoneWithin": "10min"}), "identified", "a little later"),
        (json!({"NoneUntil": "day"}), "identified", "come back later"),
        (json!({"MaxParticipants": 9, "MaxParticipations": 1}), "identified", "this campaign is complete"),
        (json!({"MaxParticipations": 1}), "identified", "this campaign is complete"),
        (json!({"MaxParticipations": 1}), "anonymous", "this campaign is complete"),
    ] {
        let mut campaign = json!({"language": "en", "mode": mode, "limit": limit});
        if mode == "anonymous" {
            campaign["questions"] = json!(["Why?"]);
        }
        let mut world = with(campaign);
        for refused in [false, true] {
            let mut browser = world.browser();
            match mode {
                "anonymous" => browser.post(&mut world, &[("action", "answers")]),
                _ => browser.submit(&mut world, &[("email", "a@b.be")]),
            }
            assert_eq!(
                browser.html.contains("data-error=\"LimitReached\""),
                refused,
                "{limit} {}",
                browser.html
            );
            assert_eq!(browser.html.contains(expected), refused, "{limit}");
            assert!(!browser.html.contains("id=\"register\""), "no form to try again with");
        }
        assert_eq!(world.rows().len(), 1);
    }
}

#[test]
fn scriptless_pages_say_what_they_need() {
    let mut world = World::with_sso(showing_screen_set(), &json!({"language": "nl"}));
    let browser = world.browser();
    let (_, rest) = browser.html.split_once("<noscript>").unwrap();
    assert!(rest.split_once("</noscript>").unwrap().0.contains("Zet JavaScript aan"), "{rest}");
    let mut world = with(json!({}));
    assert!(!world.browser().html.contains("<noscript>"), "a campaign without login needs no script");
}

#[test]
fn previews_say_so() {
    for preview in [true, false] {
        let mut world = with(json!({"preview": preview}));
        let browser = world.browser();
        assert_eq!(browser.html.contains("class=\"preview\""), preview);
    }
}

#[test]
fn code_for_other_pages() {
    let mut world = with(json!({"id": 700_101, "public_name": "Win & \"play\"", "channel": "widget"}));
    let (mut browser, url) = (Browser::new(""), world.url());
    browser.open(&mut world, &url);
    let guid = browser.state["channel_guid"].as_str().unwrap();
    let code = world.qualifio.embed_code(700_101).unwrap();
    assert_eq!(code.webview, url);
    assert_eq!(
        code.html,
        format!(
            "<iframe class=\"qualifio_iframe_tag\" id=\"qualifio700102\" \
             src=\"//jeux.brand.example/20/{guid}/v1.cfm?id={guid}\" title=\"Win &amp; &quot;play&quot;\" \
             width=\"100%\" height=\"1200\" style=\"border:0\"></iframe>"
        )
    );
    assert_eq!(
        code.javascript,
        format!(
            "<div id=\"qualifio_insert_place_700102\" class=\"qualifio_iframe_wrapper\" \
             data-title=\"Win &amp; &quot;play&quot;\"></div>\n<script>\nvar _qual_async = _qual_async || [];\n\
             _qual_async.push([\"createIframe\",\"qualifio_insert_place_700102\",\"jeux.brand.example\",\"20\",\"{guid}\",\
             \"100%\",\"1200\",\"\",\"\",\"\",\"max-width:810px;margin:0 auto\"]);\n</script>\n\
             <script src=\"//jeux.brand.example/kit/qualp.2.min.js\" async></script>"
        )
    );
}

#[test]
fn other_pages_get_the_widget() {
    let mut world =
        with(json!({"id": 700_101, "channels": [{"channel": "minisite"}, {"channel": "widget"}]}));
    let (_, shown) = world.call("admin", "GET campaigns/700101", &Value::Null);
    let guids: Vec<&str> = shown["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|channel| channel["guid"].as_str().unwrap())
        .collect();
    assert!(world.qualifio.embed_code(700_101).unwrap().webview.ends_with(guids[1]), "{shown}");
}

#[test]
fn messages_from_the_page_around() {
    for (channel, preview, address, expected) in [
        ("widget", false, "&pdomain=https://www.brand.example", true),
        ("widget", false, "&pdomain=https://news.example", false),
        ("widget", false, "&pdomain=brand.example", false),
        ("widget", false, "", false),
        ("widget", true, "&pdomain=https://www.brand.example", false),
        ("minisite", false, "&pdomain=https://www.brand.example", false),
    ] {
        let mut world = with(json!({"channel": channel, "preview": preview}));
        let (mut browser, url) = (Browser::new(""), world.url() + address);
        browser.open(&mut world, &url);
        assert_eq!(browser.state["messages"], json!(expected), "{channel} {preview} {address}");
    }
}
