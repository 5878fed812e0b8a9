//! The console as a browser meets it.

use crate::testing::*;
use crate::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY};
use bytes::Bytes;
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_ports::{Request, Response};

const HOST: &str = "https://console.gigya.com";

/// A request of a page of the console, with a cookie unless it is blank.
fn page(method: &str, url: &str, cookie: &str, body: &str) -> Request {
    let url = if url.starts_with('/') { format!("{HOST}{url}") } else { url.to_owned() };
    let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let request = http::Request::builder().method(method).uri(url).header("content-type", kind);
    let request = request.header("origin", origin).header("sec-fetch-site", "same-origin");
    let request = if cookie.is_empty() { request } else { request.header("cookie", cookie) };
    request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

fn sign_in(bench: &mut Bench, user_key: &str, secret: &str) -> Response {
    let body = json!({"userKey": user_key, "secret": secret}).to_string();
    bench.send(page("POST", "/console/session", "", &body))
}

/// The cookie of an operator with the default key.
fn operator(bench: &mut Bench) -> String {
    operator_with(bench, DEFAULT_USER_KEY)
}

fn operator_with(bench: &mut Bench, user_key: &str) -> String {
    let answer = sign_in(bench, user_key, DEFAULT_SECRET);
    assert_eq!(answer.status(), 200);
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Status and body of a call of the console's own.
fn own(bench: &mut Bench, method: &str, path: &str, cookie: &str, body: &str) -> (u16, Value) {
    let answer = bench.send(page(method, path, cookie, body));
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// A method called by a page.
fn method(bench: &mut Bench, name: &str, cookie: &str, params: &[(&str, &str)]) -> Value {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let answer = bench.send(page("POST", &format!("/console/api/{name}"), cookie, &form));
    serde_json::from_slice(answer.body()).unwrap()
}

#[test]
fn an_operator_signs_in_and_out() {
    let mut bench = Bench::new();
    assert_eq!(own(&mut bench, "GET", "/console/session", "", "").0, 401);
    for (user_key, secret) in
        [(DEFAULT_USER_KEY, "d3Jvbmc="), ("nobody", DEFAULT_SECRET), (DEFAULT_USER_KEY, "")]
    {
        let answer = sign_in(&mut bench, user_key, secret);
        assert_eq!(answer.status(), 401, "{user_key} {secret}");
        assert_eq!(body(&answer)["errorDetails"], "the key or its secret is wrong");
        assert!(!answer.headers().contains_key("set-cookie"));
    }
    assert_eq!(own(&mut bench, "POST", "/console/session", "", "{}").0, 400);
    let answer = sign_in(&mut bench, DEFAULT_USER_KEY, DEFAULT_SECRET);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let (name, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict; Secure");
    assert_eq!(body(&answer), json!({"userKey": DEFAULT_USER_KEY}));
    assert_eq!(
        own(&mut bench, "GET", "/console/session", name, ""),
        (200, json!({"userKey": DEFAULT_USER_KEY}))
    );
    assert_eq!(own(&mut bench, "DELETE", "/console/session", name, "").0, 200);
    assert_eq!(own(&mut bench, "GET", "/console/session", name, "").0, 401);
    assert_eq!(own(&mut bench, "PUT", "/console/session", "", "").0, 405);
}

#[test]
fn a_session_of_the_console_ends() {
    let mut bench = Bench::new();
    bench.knob("gigya.console_session", "1h");
    let cookie = operator(&mut bench);
    bench.wait(3_599_999);
    assert_eq!(own(&mut bench, "GET", "/console/session", &cookie, "").0, 200);
    bench.wait(1);
    assert_eq!(own(&mut bench, "GET", "/console/session", &cookie, "").0, 401);
    assert_eq!(method(&mut bench, "admin.getSiteConfig", &cookie, &[])["errorCode"], 403_012);
}

#[test]
fn same_seed_same_session() {
    assert_eq!(operator(&mut Bench::new()), operator(&mut Bench::new()));
}

#[test]
fn methods_are_called_with_the_operators_key() {
    let mut bench = Bench::new();
    bench.account("ann", r#"{"email":"ann@example.org"}"#);
    let cookie = operator(&mut bench);
    let sites = method(&mut bench, "admin.getUserSites", &cookie, &[]);
    assert_eq!(sites["sites"][0]["sites"][0]["apiKey"], DEFAULT_API_KEY);
    let site = ("apiKey", DEFAULT_API_KEY);
    let answer = method(&mut bench, "accounts.getAccountInfo", &cookie, &[site, ("UID", "ann")]);
    assert_eq!((&answer["errorCode"], &answer["profile"]["email"]), (&json!(0), &json!("ann@example.org")));
    // What a page says of credentials counts for nothing.
    let forged = [site, ("UID", "ann"), ("userKey", "nobody"), ("secret", "x"), ("sig", "y")];
    assert_eq!(method(&mut bench, "accounts.getAccountInfo", &cookie, &forged)["errorCode"], 0);
    assert_eq!(method(&mut bench, "accounts.getAccountInfo", "", &forged)["errorCode"], 403_012);
    assert_eq!(
        method(&mut bench, "accounts.getAccountInfo", &cookie, &[("apiKey", "3_no")])["errorCode"],
        400_093
    );
    assert_eq!(method(&mut bench, "accounts.nope", &cookie, &[site])["errorCode"], 405_001);
    assert_eq!(own(&mut bench, "GET", "/console/api/admin.getUserSites", &cookie, "").0, 400);
}

#[test]
fn a_page_of_another_origin_may_not_write() {
    let mut bench = Bench::new();
    let cookie = operator(&mut bench);
    for (header, value) in [
        ("origin", "https://evil.example"),
        ("origin", "https://console.gigya.com.evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for path in ["/console/api/accounts.deleteAccount", "/console/session", "/console/keys"] {
            let mut request = page("POST", path, &cookie, "{}");
            request.headers_mut().insert(header, value.parse().unwrap());
            let answer = bench.send(request);
            assert_eq!(answer.status(), 403, "{header} {value} {path}");
            assert_eq!(body(&answer)["errorCode"], 403_026);
        }
    }
    let mut request = page("GET", "/console/session", &cookie, "");
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    let answer = bench.send(request);
    assert!(!answer.headers().contains_key("access-control-allow-origin"), "the page cannot read it");
}

#[test]
fn a_keys_secret_is_told_once() {
    let mut bench = Bench::seeded(&json!({"sites": [
        {"api_key": DEFAULT_API_KEY, "keys": [
            {"user_key": DEFAULT_USER_KEY, "secret": DEFAULT_SECRET},
            {"user_key": "Narrow", "secret": DEFAULT_SECRET, "permissions": ["admin", "accounts.search"]},
            {"user_key": "Reader", "secret": DEFAULT_SECRET, "permissions": ["accounts"]},
        ]},
        {"api_key": "3_other", "keys": [{"user_key": "Other", "secret": DEFAULT_SECRET}]},
    ]}));
    let cookie = operator(&mut bench);
    let list = format!("/console/keys?apiKey={DEFAULT_API_KEY}");
    let wanted = json!({"apiKey": DEFAULT_API_KEY, "permissions": ["accounts.search"]}).to_string();
    let (status, made) = own(&mut bench, "POST", "/console/keys", &cookie, &wanted);
    let (user_key, secret) = (made["userKey"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!((status, user_key.len(), secret.len()), (200, 16, 32));
    let (_, listed) = own(&mut bench, "GET", &list, &cookie, "");
    assert!(listed.to_string().contains(user_key) && !listed.to_string().contains(secret));
    let with = |method: &str| {
        let params = [
            ("apiKey", DEFAULT_API_KEY),
            ("userKey", user_key),
            ("secret", secret),
            ("query", "SELECT * FROM accounts"),
        ];
        post(method, &params)
    };
    assert_eq!(body(&bench.send(with("accounts.search")))["errorCode"], 0);
    assert_eq!(body(&bench.send(with("admin.getSiteConfig")))["errorCode"], 403_007);
    for (user_key, permissions, expected) in [
        ("Narrow", json!(["accounts.search"]), 200),
        ("Narrow", json!(["accounts"]), 403),
        ("Narrow", json!(["idx.search"]), 403),
        ("Reader", json!([]), 403),
        ("Other", json!([]), 403),
        (DEFAULT_USER_KEY, json!(["<b>"]), 400),
        (DEFAULT_USER_KEY, json!("accounts"), 400),
    ] {
        let cookie = operator_with(&mut bench, user_key);
        let body = json!({"apiKey": DEFAULT_API_KEY, "permissions": permissions}).to_string();
        assert_eq!(
            own(&mut bench, "POST", "/console/keys", &cookie, &body).0,
            expected,
            "{user_key} {permissions}"
        );
    }
    // Who asks for no limits gets those of the key that asks.
    let cookie = operator_with(&mut bench, "Narrow");
    let body = json!({"apiKey": DEFAULT_API_KEY}).to_string();
    let (_, made) = own(&mut bench, "POST", "/console/keys", &cookie, &body);
    let (_, listed) = own(&mut bench, "GET", &list, &cookie, "");
    let key = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["userKey"] == made["userKey"])
        .unwrap()
        .clone();
    assert_eq!(key["permissions"], json!(["admin", "accounts.search"]));
    let other = operator_with(&mut bench, "Other");
    assert_eq!(own(&mut bench, "GET", &list, &other, "").0, 403);
}

#[test]
fn a_job_is_stopped_by_its_site() {
    let mut bench = Bench::seeded(&json!({"sites": [
        {"api_key": DEFAULT_API_KEY},
        {"api_key": "3_other", "keys": [{"user_key": "Other", "secret": DEFAULT_SECRET}]},
    ]}));
    let flow = json!({"name": "flow", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "*"}, "next": ["write"]},
        {"id": "write", "type": "datasource.write.sftp", "params": {}},
    ]});
    let id = bench.gigya.put_dataflow(bench.now, DEFAULT_API_KEY, &flow).unwrap();
    let once = json!({"dataflowId": id, "frequencyType": "once"});
    bench.gigya.schedule(bench.now, DEFAULT_API_KEY, &once).unwrap();
    let job = bench.gigya.take_job(bench.now).unwrap().job_id;
    let stop = json!({"id": job}).to_string();
    let other = operator_with(&mut bench, "Other");
    assert_eq!(own(&mut bench, "POST", "/console/jobs/stop", &other, &stop).0, 404);
    assert!(bench.gigya.job_is_running(&job));
    let cookie = operator(&mut bench);
    assert_eq!(own(&mut bench, "POST", "/console/jobs/stop", &cookie, &stop), (200, json!({"stopped": job})));
    assert!(!bench.gigya.job_is_running(&job));
    assert_eq!(own(&mut bench, "POST", "/console/jobs/stop", &cookie, &stop).0, 404);
}

#[test]
fn a_preview_can_do_nothing() {
    let mut bench = Bench::new();
    let cookie = operator(&mut bench);
    let params = [
        ("apiKey", DEFAULT_API_KEY),
        ("screenSetID", "Brand"),
        ("html", "<p>Hi</p><script>x()</script>"),
        ("css", "p{} </style><script>y()</script>"),
    ];
    assert_eq!(method(&mut bench, "accounts.setScreenSet", &cookie, &params)["errorCode"], 0);
    let path = format!("/console/preview?apiKey={DEFAULT_API_KEY}&screenSetID=Brand&screen=a%7D*%7B");
    let answer = bench.send(page("GET", &path, &cookie, ""));
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("sandbox; default-src 'none';"), "{policy}");
    let text = std::str::from_utf8(answer.body()).unwrap();
    assert!(text.contains("<p>Hi</p>") && !text.contains("</style><script>"), "{text}");
    assert!(text.contains(".gigya-screen#a {"), "a screen is a word: {text}");
    assert_eq!(own(&mut bench, "GET", &path, "", "").0, 401);
    let none = format!("/console/preview?apiKey={DEFAULT_API_KEY}&screenSetID=None");
    assert_eq!(own(&mut bench, "GET", &none, &cookie, "").0, 404);
}

#[test]
fn the_console_is_on_its_host_and_on_this_machine() {
    let mut bench = Bench::new();
    for (url, expected) in [
        ("https://console.gigya.com/", "text/html; charset=utf-8"),
        ("https://console.gigya.com/console/", "text/html; charset=utf-8"),
        ("http://127.0.0.1:8080/console/", "text/html; charset=utf-8"),
        ("http://localhost:8080/console", "text/html; charset=utf-8"),
        ("http://[::1]:8080/console/console.css", "text/css; charset=utf-8"),
        ("https://console.gigya.com/console/gigya.js", "text/javascript; charset=utf-8"),
        ("https://console.gigya.com/console/nothing.js", "application/json; charset=utf-8"),
        // Elsewhere it is a call of a method that there is not.
        ("http://127.0.0.1:8080/", "text/javascript; charset=utf-8"),
        ("https://login.brand.example/console/", "text/javascript; charset=utf-8"),
    ] {
        let answer = bench.send(page("GET", url, "", ""));
        assert_eq!(answer.headers()["content-type"], expected, "{url}");
        if expected.contains("html") {
            let policy = answer.headers()["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        }
    }
    let plain = sign_in_at(&mut bench, "http://127.0.0.1:8080/console/session");
    assert!(!plain.headers()["set-cookie"].to_str().unwrap().contains("Secure"), "no TLS here");
}

fn sign_in_at(bench: &mut Bench, url: &str) -> Response {
    let body = json!({"userKey": DEFAULT_USER_KEY, "secret": DEFAULT_SECRET}).to_string();
    bench.send(page("POST", url, "", &body))
}

#[test]
fn requests_have_names() {
    for (verb, path, expected) in [
        ("GET", "/", "GET /console/"),
        ("POST", "/console/session", "POST /console/session"),
        ("GET", "/console/gigya.js", "GET /console/gigya.js"),
        ("POST", "/console/api/accounts.search", "accounts.search"),
    ] {
        assert_eq!(crate::Gigya::call_name(&page(verb, path, "", "")), expected);
    }
}
