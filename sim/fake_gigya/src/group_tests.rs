//! Sites of one group share people, and where the group has single sign-on, sessions.

use crate::testing::*;
use crate::{DEFAULT_SECRET, DEFAULT_USER_KEY};
use serde_json::{Value, json};

const PARENT: &str = "3_parent";

fn bench(sso: bool) -> Bench {
    Bench::seeded(&json!({
        "sites": [
            {"api_key": PARENT, "enable_sso": sso, "base_domain": "group.example",
             "policies": {"passwordComplexity": {"minLength": 8}}},
            {"api_key": "3_news", "parent": PARENT, "base_domain": "news.example",
             "policies": {"passwordComplexity": {"minLength": 2}, "accountOptions": {"verifyEmail": true}}},
            {"api_key": "3_shop", "parent": PARENT, "base_domain": "shop.example",
             "data_schema": {"fields": {"shop.size": {"type": "string", "required": true}}}},
            {"api_key": "3_games", "parent": PARENT, "sso_segment": "play", "base_domain": "games.example"},
            {"api_key": "3_alone", "base_domain": "alone.example"},
        ],
        "accounts": [{"api_key": "3_news", "UID": "ann", "password": "secret12",
            "profile": {"email": "ann@example.org"}}],
    }))
}

fn at(bench: &mut Bench, api_key: &str, method: &str, params: &[(&str, &str)]) -> Value {
    let all = [&[("apiKey", api_key)][..], params].concat();
    body(&bench.send(post(method, &all)))
}

fn server(bench: &mut Bench, api_key: &str, method: &str, params: &[(&str, &str)]) -> Value {
    let key = [("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
    at(bench, api_key, method, &[&key[..], params].concat())
}

#[test]
fn people_are_shared() {
    let mut bench = bench(false);
    for (api_key, expected) in [(PARENT, 0), ("3_shop", 0), ("3_games", 0), ("3_alone", 403_005)] {
        let answer = server(&mut bench, api_key, "accounts.getAccountInfo", &[("UID", "ann")]);
        assert_eq!(answer["errorCode"], expected, "{api_key}");
    }
    let params = [("email", "ann@example.org"), ("password", "secret12")];
    let answer = server(&mut bench, "3_shop", "accounts.register", &params);
    assert_eq!(answer["validationErrors"][0]["errorCode"], 400_003, "one address, one person");
    let answer = server(&mut bench, "3_alone", "accounts.register", &params);
    assert_eq!(answer["errorCode"], 206_001);
    let query = [("query", "SELECT UID FROM accounts")];
    let answer = server(&mut bench, "3_games", "accounts.search", &query);
    assert_eq!(answer["results"], json!([{"UID": "ann"}]));
}

#[test]
fn sessions_are_shared_within_a_segment() {
    for (sso, api_key, expected) in [
        (true, "3_news", 0),
        (true, "3_shop", 0),
        (true, PARENT, 0),
        (true, "3_games", 403_005),
        (true, "3_alone", 403_005),
        (false, "3_news", 0),
        (false, "3_shop", 403_005),
    ] {
        let mut bench = bench(sso);
        let params = [("loginID", "ann@example.org"), ("password", "secret12")];
        let answer = at(&mut bench, "3_news", "accounts.login", &params);
        assert_eq!(answer["sessionInfo"]["cookieName"], "glt_3_news");
        let token = answer["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned();
        let answer = at(&mut bench, api_key, "accounts.getAccountInfo", &[("login_token", &token)]);
        assert_eq!(answer["errorCode"], expected, "{sso} {api_key}");
        let answer = at(&mut bench, "3_news", "accounts.logout", &[("login_token", &token)]);
        assert_eq!(answer["errorCode"], 0);
        let answer = at(&mut bench, api_key, "accounts.getAccountInfo", &[("login_token", &token)]);
        assert_eq!(answer["errorCode"], 403_005, "a logout ends the session everywhere");
    }
}

#[test]
fn what_a_child_requires_is_required_there_alone() {
    let mut bench = bench(true);
    let params = [("loginID", "ann@example.org"), ("password", "secret12")];
    let answer = at(&mut bench, "3_shop", "accounts.login", &params);
    assert_eq!(
        (&answer["errorCode"], &answer["errorDetails"]),
        (&json!(206_001), &json!("Missing required fields for registration: data.shop.size"))
    );
    assert_eq!(at(&mut bench, "3_news", "accounts.login", &params)["errorCode"], 0);
    let write = [("UID", "ann"), ("data", r#"{"shop":{"size":"38"}}"#)];
    assert_eq!(server(&mut bench, "3_news", "accounts.setAccountInfo", &write)["errorCode"], 0);
    assert_eq!(at(&mut bench, "3_shop", "accounts.login", &params)["errorCode"], 0);
}

#[test]
fn policies_are_the_parents_but_for_a_few() {
    let mut bench = bench(true);
    let base = [("email", "bob@example.org"), ("finalizeRegistration", "true")];
    let short = [&base[..], &[("password", "secret1")]].concat();
    let answer = server(&mut bench, "3_news", "accounts.register", &short);
    assert_eq!(
        answer["validationErrors"][0]["fieldName"], "password",
        "eight characters, as the parent says"
    );
    let long = [&base[..], &[("password", "secret12")]].concat();
    let answer = server(&mut bench, "3_news", "accounts.register", &long);
    assert_eq!(answer["errorCode"], 206_002, "verifyEmail is the child's own");
}

#[test]
fn a_group_tells_its_sites() {
    let mut bench = bench(true);
    let params = [("includeSiteGroupConfig", "true")];
    let answer = server(&mut bench, "3_games", "admin.getSiteConfig", &params);
    assert_eq!(answer["siteGroupOwner"], PARENT);
    assert_eq!(
        answer["siteGroupConfig"],
        json!({"members": ["3_games", "3_news", "3_shop"], "enableSSO": true, "SSOSegment": "play"})
    );
    let params = [("description", "Play")];
    assert_eq!(server(&mut bench, "3_games", "admin.setSiteConfig", &params)["errorCode"], 0);
    let site = &bench.gigya.sites["3_games"];
    assert!(site.policies.is_empty(), "a child does not take over what it inherits");
}

#[test]
fn a_child_of_a_child_is_refused() {
    for (parent, path) in [("3_b", "sites[2].parent"), ("3_nobody", "sites[2].parent")] {
        let mut gigya = crate::Gigya::new(1);
        let section = json!({"sites": [
            {"api_key": "3_a"}, {"api_key": "3_b", "parent": "3_a"}, {"api_key": "3_c", "parent": parent},
        ]});
        let error = gigya.seed(standin_model::Instant::START, &section).unwrap_err();
        assert_eq!(error.path, path);
    }
}
