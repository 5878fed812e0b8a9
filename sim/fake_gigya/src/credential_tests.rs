//! Ways to authenticate, over whole calls.

use crate::signature::{base_string, gltexp_text, hmac_sha1, query_text};
use crate::testing::*;
use crate::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET, DEFAULT_SECRET, DEFAULT_USER_KEY, Gigya};
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::Secret;
use standin_ports::http::Compressible;

const CONFIG: &str = "https://admin.eu1.gigya.com/admin.getSiteConfig";

/// Adds time, nonce and a signature over `signed` to parameters.
fn signed(signed: &str, params: &[(&str, &str)], secret: &str, nonce: &str) -> Vec<(String, String)> {
    let stamp = Instant::START.seconds().to_string();
    let mut all = params.to_vec();
    all.extend([("timestamp", stamp.as_str()), ("nonce", nonce)]);
    let sig = hmac_sha1(&Secret::new(secret), &base_string("POST", signed, &all)).unwrap();
    all.push(("sig", &sig));
    all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn send(bench: &mut Bench, url: &str, params: &[(String, String)]) -> Value {
    let params: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    body(&bench.send(post_to(url, &params)))
}

const KEYED: &[(&str, &str)] = &[("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY)];

#[test]
fn signatures_cover_the_address_that_the_client_saw() {
    for (called, signed_for, expected) in [
        (CONFIG, CONFIG, 0),
        ("https://ADMIN.eu1.gigya.com:443/admin.getSiteConfig", CONFIG, 0),
        ("http://admin.eu1.gigya.com/admin.getSiteConfig", CONFIG, 403_003),
        ("http://127.0.0.1:8080/admin.getSiteConfig", "http://127.0.0.1:8080/admin.getSiteConfig", 0),
        ("http://127.0.0.1:8080/admin.getSiteConfig", "http://127.0.0.1/admin.getSiteConfig", 403_003),
        (
            "https://login.brand.example/admin.getSiteConfig",
            "https://login.brand.example/admin.getSiteConfig",
            0,
        ),
        ("https://admin.eu1.gigya.com/ADMIN.getsiteconfig", CONFIG, 403_003),
    ] {
        let params = signed(signed_for, KEYED, DEFAULT_SECRET, "n");
        assert_eq!(send(&mut Bench::new(), called, &params)["errorCode"], expected, "{called}");
    }
}

#[test]
fn signed_address_behind_a_silent_proxy() {
    let mut bench = Bench::new();
    bench.knob("gigya.public_base_url", "https://admin.eu1.gigya.com");
    let params = signed(CONFIG, KEYED, DEFAULT_SECRET, "n");
    assert_eq!(send(&mut bench, "http://10.0.0.9:3000/admin.getSiteConfig", &params)["errorCode"], 0);
}

#[test]
fn every_parameter_is_signed_wherever_it_travels() {
    let all = signed(CONFIG, &[KEYED, &[("format", "json"), ("cid", "é ~*")]].concat(), DEFAULT_SECRET, "n");
    let (query, rest) = all.split_at(3);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let url = format!("{CONFIG}?{query}");
    assert_eq!(send(&mut Bench::new(), &url, rest)["errorCode"], 0, "query and body together");
    let mut one_more = rest.to_vec();
    one_more.push(("lang".into(), "fr".into()));
    assert_eq!(send(&mut Bench::new(), &url, &one_more)["errorCode"], 403_003);
    assert_eq!(send(&mut Bench::new(), &url, &rest[1..])["errorCode"], 403_003);
}

#[test]
fn what_a_signature_needs() {
    let whole = signed(CONFIG, KEYED, DEFAULT_SECRET, "n");
    for (missing, expected) in
        [("timestamp", 400_002), ("nonce", 400_002), ("sig", 403_007), ("userKey", 403_007)]
    {
        let some: Vec<_> = whole.iter().filter(|(name, _)| name != missing).cloned().collect();
        assert_eq!(send(&mut Bench::new(), CONFIG, &some)["errorCode"], expected, "without {missing}");
    }
    for (name, value, expected) in [
        ("timestamp", "soon", 403_002),
        ("timestamp", "-9223372036854775808", 403_002),
        ("timestamp", "9223372036854775807", 403_002),
        ("sig", "not Base64!", 403_003),
        ("sig", "", 403_007),
        ("nonce", "m", 403_003),
        ("userKey", "ANobody", 403_005),
    ] {
        let mut other = whole.clone();
        other.iter_mut().find(|(it, _)| it == name).unwrap().1 = value.to_owned();
        assert_eq!(send(&mut Bench::new(), CONFIG, &other)["errorCode"], expected, "{name}={value}");
    }
}

#[test]
fn partner_signs_only_where_it_is_accepted() {
    for (accept, secret, expected) in [
        ("false", DEFAULT_PARTNER_SECRET, 403_007),
        ("true", DEFAULT_PARTNER_SECRET, 0),
        ("true", DEFAULT_SECRET, 403_003),
    ] {
        let mut bench = Bench::new();
        bench.knob("gigya.accept_partner_secret", accept);
        let params = signed(CONFIG, &[("apiKey", DEFAULT_API_KEY)], secret, "n");
        assert_eq!(send(&mut bench, CONFIG, &params)["errorCode"], expected, "{accept}");
    }
}

#[test]
fn mobile_sessions_sign_with_their_secret() {
    let mut bench = Bench::new();
    let session = bench.call("accounts.notifyLogin", &[("siteUID", "ann"), ("targetEnv", "mobile")]);
    let session = &session["sessionInfo"];
    let (token, secret) =
        (session["sessionToken"].as_str().unwrap(), session["sessionSecret"].as_str().unwrap());
    let url = "https://accounts.eu1.gigya.com/accounts.getAccountInfo";
    let params = [("apiKey", DEFAULT_API_KEY), ("oauth_token", token)];
    let right = signed(url, &params, secret, "n");
    assert_eq!(send(&mut bench, url, &right)["UID"], "ann");
    assert_eq!(send(&mut bench, url, &right)["errorCode"], 403_004);
    let wrong = signed(url, &params, DEFAULT_PARTNER_SECRET, "m");
    assert_eq!(send(&mut bench, url, &wrong)["errorCode"], 403_003);
    let unknown = signed(url, &[("apiKey", DEFAULT_API_KEY), ("oauth_token", "st2.s.x")], secret, "o");
    assert_eq!(send(&mut bench, url, &unknown)["errorCode"], 403_001);
    assert_eq!(bench.client("accounts.getAccountInfo", &[("oauth_token", token)])["UID"], "ann");
}

#[test]
fn sessions_of_cookies() {
    let mut bench = Bench::new();
    let token = bench.session("ann");
    let tailed = format!("{token}|UUID=abc");
    assert_eq!(bench.client("accounts.getAccountInfo", &[("login_token", &tailed)])["UID"], "ann");
    for (name, expected) in [("login_token", 403_005), ("oauth_token", 403_001)] {
        assert_eq!(bench.client("accounts.getAccountInfo", &[(name, "st2.s.x")])["errorCode"], expected);
    }
    let answer = bench.call("accounts.notifyLogin", &[("siteUID", "ann"), ("sessionExpiration", "30")]);
    let short = answer["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned();
    bench.wait(30_000);
    for (name, expected) in [("login_token", 403_005), ("oauth_token", 403_011)] {
        assert_eq!(bench.client("accounts.getAccountInfo", &[(name, &short)])["errorCode"], expected);
    }
}

#[test]
fn dynamic_sessions_live_on_the_sites_word() {
    let mut bench = Bench::new();
    let answer = bench.call("accounts.notifyLogin", &[("siteUID", "ann"), ("sessionExpiration", "-1")]);
    let token = answer["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned();
    let ask = |bench: &mut Bench, proof: &str| {
        let params = [("login_token", token.as_str()), ("loginTokenExp", proof)];
        bench.client("accounts.getAccountInfo", &params)["errorCode"].clone()
    };
    assert_eq!(ask(&mut bench, ""), 0);
    bench.wait(60_000);
    assert_eq!(ask(&mut bench, ""), 403_005);
    let exp = (bench.now.seconds() + 100).to_string();
    let text = gltexp_text(&token, &exp, Some(DEFAULT_USER_KEY));
    let proof =
        format!("{exp}_{DEFAULT_USER_KEY}_{}", hmac_sha1(&Secret::new(DEFAULT_SECRET), &text).unwrap());
    assert_eq!(ask(&mut bench, &proof), 0);
    bench.wait(100_000);
    assert_eq!(ask(&mut bench, &proof), 403_005);
}

#[test]
fn browsers_search_with_a_signed_query() {
    let query = "SELECT UID FROM accounts";
    let end = (Instant::START.millis() + 1000).to_string();
    let sig = hmac_sha1(&Secret::new(DEFAULT_PARTNER_SECRET), &query_text(query, &end)).unwrap();
    let call = [("query", query), ("expTime", end.as_str()), ("querySig", sig.as_str())];
    let mut bench = Bench::new();
    let answer = bench.client("accounts.search", &call);
    assert_eq!((&answer["errorCode"], answer.get("ignoredParams")), (&json!(0), None));
    for (change, expected) in [
        (("query", "SELECT * FROM accounts"), 403_003),
        (("expTime", "1"), 403_003),
        (("openCursor", "true"), 403_007),
    ] {
        let mut params: Vec<_> = call.iter().copied().filter(|(name, _)| *name != change.0).collect();
        params.push(change);
        assert_eq!(bench.client("accounts.search", &params)["errorCode"], expected, "{change:?}");
    }
    assert_eq!(
        bench.client("accounts.getSchema", &call)["errorCode"],
        bench.client("accounts.getSchema", &[])["errorCode"]
    );
    bench.wait(1000);
    assert_eq!(bench.client("accounts.search", &call)["errorCode"], 403_002);
}

#[test]
fn keys_may_call_what_their_list_names() {
    let mut bench = Bench::seeded(&json!({"sites": [{"keys": [
        {"user_key": "AIdx", "secret": "c2Vj", "permissions": ["IDX.*", "accounts.getSchema"]},
        {"user_key": "ANone", "secret": "c2Vj", "permissions": []},
        {"user_key": "AAll", "secret": "c2Vj", "permissions": ["*"]},
    ]}]}));
    for (key, method, expected) in [
        ("AIdx", "idx.search", 400_002),
        ("AIdx", "accounts.getSchema", 0),
        ("AIdx", "accounts.search", 403_007),
        ("ANone", "accounts.getSchema", 403_007),
        ("ANone", "accounts.getJWTPublicKey", 403_007),
        ("AAll", "accounts.getSchema", 0),
    ] {
        let params = [("apiKey", DEFAULT_API_KEY), ("userKey", key), ("secret", "c2Vj")];
        assert_eq!(body(&bench.send(post(method, &params)))["errorCode"], expected, "{key} {method}");
    }
}

#[test]
fn names_that_are_left_out_and_names_that_do_not_exist() {
    for (method, expected, details) in [
        ("accounts.groups.getGroups", 403_007, "accounts.groups.getGroups is not available on this platform"),
        ("fidm.saml.idp.getConfig", 403_007, "fidm.saml.idp.getConfig is not available on this platform"),
        ("accounts.nope", 405_001, "Invalid API method: accounts.nope"),
        ("nope", 405_001, "Invalid API method: socialize.nope"),
        ("", 405_001, "Invalid API method: "),
        ("..", 405_001, "Invalid API method: .."),
    ] {
        let answer = body(&Bench::new().send(post(method, &[("apiKey", DEFAULT_API_KEY)])));
        assert_eq!(
            (&answer["errorCode"], &answer["errorDetails"]),
            (&json!(expected), &json!(details)),
            "{method}"
        );
    }
}

#[test]
fn every_name_of_the_inventory_exists() {
    let mut bench = Bench::new();
    for (namespace, methods) in crate::inventory::METHODS {
        for method in *methods {
            let name = format!("{namespace}.{}", method.replace('*', "anything"));
            assert_ne!(bench.code(&name, &[]), 405_001, "{name}");
        }
    }
}

#[test]
fn answers_may_be_compressed() {
    for (gzip, expected) in [("true", true), ("false", false)] {
        let mut bench = Bench::new();
        bench.knob("gigya.gzip", gzip);
        let response = bench.send(post("accounts.getJWTPublicKey", &[("apiKey", DEFAULT_API_KEY)]));
        assert_eq!(response.extensions().get::<Compressible>().is_some(), expected);
    }
}

#[test]
fn a_page_may_tell_its_own_address() {
    let mut bench = Bench::new();
    for (page, expected) in
        [("https://www.brand.example/a?b#c", 0), ("https://evil.example/?brand.example", 400_120)]
    {
        assert_eq!(
            bench.client("accounts.initRegistration", &[("pageURL", page)])["errorCode"],
            expected,
            "{page}"
        );
    }
}

#[test]
fn a_browser_may_ask_what_it_may_send() {
    let mut request = post("accounts.getAccountInfo", &[]);
    *request.method_mut() = http::Method::OPTIONS;
    for (name, value) in [
        ("origin", "https://www.brand.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = Bench::new().send(request);
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(body(&response)["errorCode"], 0);
    assert_eq!(header("access-control-allow-origin"), "https://www.brand.example");
    assert_eq!(header("access-control-allow-credentials"), "true");
    assert_eq!(header("access-control-allow-methods"), "GET, POST");
    assert_eq!(header("access-control-allow-headers"), "authorization");
    assert_eq!(header("vary"), "Origin");
    let mut plain = post("accounts.getAccountInfo", &[]);
    *plain.method_mut() = http::Method::OPTIONS;
    assert_eq!(body(&Bench::new().send(plain))["errorCode"], 400_001);
}

#[test]
fn what_cannot_be_read_is_refused_in_the_form_that_was_asked_for() {
    let mut request = post("accounts.getSchema", &[]);
    *request.body_mut() = "apiKey=%FF&format=jsonp&callback=cb&context=c%20d".into();
    let response = Bench::new().send(request);
    let text = std::str::from_utf8(response.body()).unwrap();
    let inner = text.strip_prefix("cb(").and_then(|text| text.strip_suffix(");")).unwrap();
    let answer: Value = serde_json::from_str(inner).unwrap();
    assert_eq!(
        (&answer["errorCode"], &answer["errorDetails"], &answer["context"]),
        (&json!(400_001), &json!("parameter apiKey is not UTF-8"), &json!("c d"))
    );
    assert_eq!(Gigya::call_name(&post("GETSAVEDRESPONSE", &[])), "socialize.GETSAVEDRESPONSE");
}
