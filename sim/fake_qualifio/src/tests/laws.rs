//! What holds whatever happens.

use super::world::{World, redirecting, showing_screen_set};
use crate::{KNOBS, Qualifio};
use proptest::prelude::*;
use serde_json::json;
use standin_model::Instant;
use std::collections::BTreeSet;

/// The names of this crate's tests.
fn tests() -> BTreeSet<String> {
    let files = [
        include_str!("pages.rs"),
        include_str!("identity.rs"),
        include_str!("player.rs"),
        include_str!("results.rs"),
        include_str!("configuration.rs"),
        include_str!("console.rs"),
        include_str!("exports.rs"),
        include_str!("laws.rs"),
        include_str!("counting.rs"),
        include_str!("feeds.rs"),
        include_str!("gdpr.rs"),
        include_str!("webhooks.rs"),
    ];
    let lines = files.iter().flat_map(|file| file.lines());
    let names = lines.filter_map(|line| line.trim().strip_prefix("fn ")?.split_once('('));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn evidence_names_tests_that_exist() {
    let known = tests();
    let endpoints = Qualifio::endpoints().into_iter().map(|doc| (doc.name, doc.evidence));
    let knobs = KNOBS.iter().map(|knob| (knob.name, knob.evidence));
    for (name, evidence) in endpoints.chain(knobs) {
        assert!(known.contains(evidence.test), "{name}: {}", evidence.test);
    }
}

#[test]
fn knobs_take_their_defaults() {
    for knob in KNOBS {
        Qualifio::new(1).knobs_mut().set(knob.name, knob.default).unwrap();
    }
}

#[test]
fn same_seed_same_addresses() {
    let url = |seed| {
        let mut qualifio = Qualifio::new(seed);
        qualifio.seed(Instant::START, &json!({"campaigns": [{"id": 700_101}]})).unwrap();
        qualifio.player_url(700_101)
    };
    assert_eq!(url(1), url(1));
    assert_ne!(url(1), url(2));
}

#[test]
fn worlds_are_forked() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let mut browser = world.browser();
    browser.signed_in(&mut world);
    let fork = world.qualifio.clone();
    browser.submit(&mut world, &[]);
    let campaign = world.campaign();
    assert_eq!((world.rows().len(), fork.statistics(campaign).len()), (1, 0));
}

#[test]
fn answers_that_nobody_waits_for() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let answer = crate::Answer::SiteConfig(Ok(crate::SiteAnswer::default()));
    match world.qualifio.resume(Instant::START, 99, answer) {
        crate::Turn::Reply(response) => assert_eq!(response.status(), 409),
        crate::Turn::Ask { .. } => panic!("asked again"),
    }
}

#[test]
fn trouble_in_the_platforms_own_words() {
    let mut qualifio = Qualifio::new(1);
    for (url, code, status, kind) in [
        ("https://manager.example/manager/api/campaigns", 503, 503, "application/json"),
        ("https://jeux.brand.example/20/v1.cfm", 500, 500, "text/html; charset=utf-8"),
        ("https://jeux.brand.example/20/v1.cfm", 7, 500, "text/html; charset=utf-8"),
    ] {
        let request = http::Request::get(url).body(bytes::Bytes::new()).unwrap();
        let response = qualifio.refuse(Instant::START, &request, code);
        let seen = response.headers()[http::header::CONTENT_TYPE].to_str().unwrap();
        assert_eq!((response.status().as_u16(), seen), (status, kind));
    }
}

#[derive(Clone, Debug)]
enum Deed {
    In,
    Out,
    Back,
    Retry,
    Submit(String, String),
    Switch(bool),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::In),
        Just(Deed::Out),
        Just(Deed::Back),
        Just(Deed::Retry),
        ("\\PC{0,6}", prop_oneof![Just("1".to_owned()), "\\PC{0,4}"]).prop_map(|(a, b)| Deed::Submit(a, b)),
        any::<bool>().prop_map(Deed::Switch),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A row for each accepted form, at most one push for each row, and never a page out of nothing.
    #[test]
    fn a_row_for_each_accepted_form(deeds in proptest::collection::vec(deed(), 1..14), screen_set: bool) {
        let gigya = if screen_set { showing_screen_set() } else { redirecting() };
        let form = json!({"fields": ["firstname", "lastname", "email", "phone"]});
        let mut world = World::with_sso(gigya, &form);
        let mut browser = world.browser();
        for deed in deeds {
            match deed {
                Deed::In => browser.signed_in(&mut world),
                Deed::Out => browser.signed_out(&mut world),
                Deed::Back => {
                    let address = browser.state["action"].as_str().unwrap().to_owned();
                    browser.open(&mut world, &address);
                }
                Deed::Retry => browser.post(&mut world, &[("action", "retry")]),
                Deed::Submit(name, phone) => {
                    let values = [("firstname", name.as_str()), ("phone", &phone), ("email", "a@b.be")];
                    browser.submit(&mut world, &values);
                }
                Deed::Switch(on) => {
                    world.call("admin", "PUT integrations/gigya-sso/switch", &json!({"enabled": on}));
                }
            }
            prop_assert_eq!(browser.status, 200);
            prop_assert_eq!(world.rows().len(), usize::from(browser.step() == "exit"));
        }
        let orders = world.qualifio.take_pushes();
        prop_assert!(orders.len() <= world.rows().len());
        for order in orders {
            let row = world.rows().remove(0);
            prop_assert_eq!(&row["external_id"], &json!(order.uid));
            prop_assert!(order.submitted.iter().all(|(name, _)| name != "email"));
        }
    }

    #[test]
    fn no_bytes_panic(
        post: bool,
        path in "[/0-9a-zA-Z%.{}-]{0,40}|/20/v1\\.cfm\\?id=\\PC{0,20}|/manager/api/[a-z/-]{0,30}",
        body in proptest::collection::vec(any::<u8>(), 0..200),
        kind in "application/(json|x-www-form-urlencoded)",
        cookie in proptest::collection::vec(32_u8..127, 0..40),
    ) {
        let mut world = World::with_sso(redirecting(), &json!({}));
        let uri = format!("https://jeux.brand.example/{}", path.trim_start_matches('/'));
        let request = http::Request::builder()
            .method(if post { "POST" } else { "GET" })
            .uri(uri)
            .header("content-type", kind)
            .header("cookie", cookie)
            .header("authorization", "Bearer admin")
            .body(bytes::Bytes::from(body));
        if let Ok(request) = request {
            let status = world.send(request).status().as_u16();
            prop_assert!((200..500).contains(&status));
        }
    }

    #[test]
    fn no_post_panics(body in proptest::collection::vec(any::<u8>(), 0..200), action in 0..6_usize) {
        let mut world = World::with_sso(redirecting(), &json!({"fields": ["firstname", "lastname", "email", "birthday"]}));
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        let action = ["start", "answers", "session", "identify", "form", "retry"][action];
        let whole = [format!("action={action}&choix_101=").as_bytes(), &body].concat();
        let text = String::from_utf8_lossy(&whole).into_owned();
        let form: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post(&mut world, &form);
        prop_assert!((200..500).contains(&browser.status));
    }

    #[test]
    fn no_manager_body_panics(value in json_value(), endpoint in 0..8_usize) {
        let mut world = World::with_sso(redirecting(), &json!({}));
        let line = [
            "PUT integrations/gigya-sso", "PUT integrations/gigya-sso/switch", "POST websites", "PUT websites/4321",
            "POST campaigns", "PUT campaigns/700101", "PUT campaigns/700101/sso", "PUT integrations/gigya-sso/sites/4321",
        ][endpoint];
        let (status, _) = world.call("admin", line, &value);
        prop_assert!((200..500).contains(&status));
    }
}

/// Mappings whose members are often ones that the API knows.
fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let name = prop_oneof![
        Just("name"),
        Just("domain"),
        Just("login_screen"),
        Just("secret_key"),
        Just("redirection_url"),
        Just("fields"),
        Just("steps"),
        Just("limit"),
        Just("enabled"),
        Just("country"),
        Just("zone"),
        Just("id"),
        Just("channels"),
        Just("questions"),
        Just("screen_set"),
        Just("site_mode"),
    ];
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<u64>().prop_map(|n| json!(n)),
        "\\PC{0,12}".prop_map(|s| json!(s)),
        Just(json!("Redirect")),
        Just(json!("exit")),
    ];
    let value =
        leaf.prop_recursive(2, 8, 4, |inner| proptest::collection::vec(inner, 0..4).prop_map(|v| json!(v)));
    proptest::collection::btree_map(name, value, 0..5)
        .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
