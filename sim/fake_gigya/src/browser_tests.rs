//! What pages of the Web SDK send, and what of it counts.

use crate::testing::*;
use crate::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET};
use bytes::Bytes;
use serde_json::{Value, json};
use standin_ports::Secret;

const PAGE: &str = "https://www.brand.example";

fn ann() -> Bench {
    Bench::seeded(&json!({"sites": [{"api_key": DEFAULT_API_KEY}, {"api_key": "3_other"}], "accounts": [
        {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org", "firstName": "Ann"}}]}))
}

/// The login form of a screen-set, down to its last parameter.
const FORM: &[(&str, &str)] = &[
    ("loginID", "ann@example.org"),
    ("password", "secret1"),
    ("loginMode", "standard"),
    ("sessionExpiration", "-1"),
    ("include", "profile,data,emails,subscriptions,preferences,"),
    ("includeUserInfo", "true"),
    ("lang", "en"),
    ("captchaToken", ""),
    ("captchaType", ""),
    ("riskContext", r#"{"b0":1}"#),
    ("APIKey", DEFAULT_API_KEY),
    ("source", "showScreenSet"),
    ("sdk", "js_latest"),
    ("sdkBuild", "15000"),
    ("targetEnv", "jssdk"),
    ("authMode", "cookie"),
    ("pageURL", "https://www.brand.example/login"),
    ("format", "json"),
];

#[test]
fn the_sdks_own_parameters_are_known() {
    let mut bench = ann();
    let answer = body(&bench.send(post("accounts.login", FORM)));
    assert_eq!((&answer["errorCode"], answer.get("ignoredParams")), (&json!(0), None));
    assert_eq!(answer["sessionInfo"]["expires_in"], "0", "the site's signature decides");
    assert_eq!(answer["userInfo"]["UID"], "ann");
    let sets =
        [("screenSetIDs", "Default-RegistrationLogin"), ("noAuth", "true"), ("httpStatusCodes", "true")];
    assert!(bench.client("accounts.getScreenSets", &sets).get("ignoredParams").is_none());
}

/// Methods change between GET and POST with what they carry, and a page may be on any trusted host.
#[test]
fn get_and_post_are_one_and_pages_may_read_the_answer() {
    let mut bench = ann();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(FORM).finish();
    let get = http::Request::get(format!("https://accounts.eu1.gigya.com/accounts.LOGIN?{query}"));
    let got = bench.send(get.header("origin", PAGE).body(Bytes::new()).unwrap());
    assert_eq!(body(&got)["errorCode"], 0);
    let mut refused = post("accounts.login", &[("APIKey", DEFAULT_API_KEY), ("loginID", "ann@example.org")]);
    refused.headers_mut().insert("origin", PAGE.parse().unwrap());
    for response in [got, bench.send(refused)] {
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(header("access-control-allow-origin"), PAGE);
        assert_eq!(header("access-control-allow-credentials"), "true");
        assert_eq!(header("vary"), "Origin");
    }
}

#[test]
fn a_pending_registration_goes_before_a_session() {
    let mut bench = ann();
    let session = bench.session("ann");
    let token = bench.client("accounts.initRegistration", &[])["regToken"].as_str().unwrap().to_owned();
    let params = [("regToken", token.as_str()), ("email", "ben@example.org"), ("password", "secret2")];
    let ben = bench.client("accounts.register", &params);
    assert_eq!(ben["errorCode"], 206_001);
    let token = ben["regToken"].as_str().unwrap();
    for (carried, expected) in [(vec![("regToken", token)], &ben["UID"]), (vec![], &json!("ann"))] {
        let params = [&carried[..], &[("login_token", session.as_str())]].concat();
        let info = bench.client("accounts.getAccountInfo", &params);
        assert_eq!((&info["errorCode"], &info["UID"]), (&json!(0), expected));
    }
}

#[test]
fn a_cookie_counts_up_to_its_bar_and_at_its_own_site() {
    let mut bench = ann();
    let token = bench.session("ann");
    let other =
        body(&bench.send(post("accounts.getAccountInfo", &[("apiKey", "3_other"), ("login_token", &token)])));
    assert_eq!(other["errorCode"], 403_005);
    for (value, expected) in
        [(format!("{token}|UUID=abc"), 0), (format!("x{token}"), 403_005), ("|a=b".into(), 403_005)]
    {
        let info = bench.client("accounts.getAccountInfo", &[("login_token", &value)]);
        assert_eq!(info["errorCode"], expected, "{value}");
    }
}

#[test]
fn empty_words_of_an_include_count_for_nothing() {
    let mut bench = ann();
    let token = bench.session("ann");
    let shown = |bench: &mut Bench, include: &str| -> Vec<bool> {
        let info = bench.client("accounts.getAccountInfo", &[("login_token", &token), ("include", include)]);
        ["profile", "data", "emails"].iter().map(|name| info.get(name).is_some()).collect()
    };
    for (include, expected) in [
        ("profile,data,", [true, true, false]),
        ("profile, data", [true, true, false]),
        ("emails,", [false, false, true]),
        ("", [true, true, true]),
    ] {
        assert_eq!(shown(&mut bench, include), expected, "{include:?}");
    }
}

/// A dynamic session needs the site's own signature after a minute, over this very token.
#[test]
fn a_dynamic_session_lives_by_the_sites_signature() {
    let mut bench = ann();
    let login = body(&bench.send(post("accounts.login", FORM)));
    let token = login["sessionInfo"]["login_token"].as_str().unwrap().to_owned();
    let other = body(&bench.send(post("accounts.login", FORM)));
    let other = other["sessionInfo"]["login_token"].as_str().unwrap().to_owned();
    let signed = |token: &str, end: i64| {
        let text = format!("{token}_{end}");
        format!("{end}_{}", crate::signature::hmac_sha1(&Secret::new(DEFAULT_PARTNER_SECRET), &text).unwrap())
    };
    let end = bench.now.seconds() + 900;
    let code = |bench: &mut Bench, proof: &str| {
        let params = [("login_token", token.as_str()), ("loginTokenExp", proof)];
        bench.client("accounts.session.verify", &params)["errorCode"].as_u64().unwrap()
    };
    bench.wait(59_999);
    assert_eq!(code(&mut bench, ""), 0);
    bench.wait(1);
    assert_eq!(code(&mut bench, ""), 403_005);
    assert_eq!(code(&mut bench, &signed(&token, end)), 0);
    assert_eq!(code(&mut bench, &signed(&other, end)), 403_005);
    bench.wait(839_999);
    assert_eq!(code(&mut bench, &signed(&token, end)), 0);
    bench.wait(1);
    assert_eq!(code(&mut bench, &signed(&token, end)), 403_005);
}

#[test]
fn callbacks_are_names() {
    let mut bench = ann();
    for (name, expected) in [
        ("gigya.callback", true),
        ("_a.$b", true),
        ("$", true),
        ("alert(1)//", false),
        ("1a", false),
        ("a-b", false),
        ("", false),
    ] {
        let params = [
            ("apiKey", DEFAULT_API_KEY),
            ("format", "jsonp"),
            ("callback", name),
            ("context", "R1</script>"),
        ];
        let response = bench.send(post("accounts.webSdkBootstrap", &params));
        let text = std::str::from_utf8(response.body()).unwrap();
        assert_eq!(text.starts_with(&format!("{name}({{")) && text.ends_with("});"), expected, "{name}");
        let inner = text.trim_start_matches(name).trim_start_matches('(').trim_end_matches(");");
        let answer: Value = serde_json::from_str(if expected { inner } else { text }).unwrap();
        assert_eq!(
            (answer["errorCode"] == 0, &answer["context"]),
            (expected, &json!("R1</script>")),
            "{name}"
        );
    }
}
