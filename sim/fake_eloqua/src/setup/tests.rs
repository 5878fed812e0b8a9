//! The pages as a browser meets them.

use crate::caller::{BASE, Caller, basic, json_of, line_of, request};
use crate::eloqua::DEFAULT_PASSWORD;
use serde_json::{Value, json};
use standin_ports::Response;

const LOGIN: &str = "https://login.eloqua.com";
const FIELD: &str = "/api/REST/2.0/assets/contact/field";

impl Caller {
    fn sign_in(&mut self, host: &str, password: &str) -> Response {
        let body = json!({ "company": "standinco", "user": "Sync.User", "password": password });
        let headers = [("origin", host), ("content-type", "application/json")];
        self.send(request("POST", &format!("{host}/login"), &headers, body.to_string()))
    }

    /// The cookie and the token of a session.
    fn signed_in(&mut self) -> (String, String) {
        let answer = self.sign_in(LOGIN, DEFAULT_PASSWORD);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let told = self.page("GET", "/setup/session", &[("cookie", &cookie)], "");
        (cookie, json_of(&told)["token"].as_str().unwrap().to_owned())
    }

    fn page(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = [headers, &[("content-type", "application/json")]].concat();
        self.send(request(method, &format!("{BASE}{path}"), &headers, body.to_owned()))
    }
}

#[test]
fn people_sign_in_and_out() {
    let mut caller = Caller::new(json!({}));
    let wrong = caller.sign_in(LOGIN, "wrong");
    assert_eq!(wrong.status(), 401);
    assert_eq!(json_of(&wrong), json!({ "message": "The company, user name or password is wrong." }));
    assert!(!wrong.headers().contains_key("set-cookie"));
    let answer = caller.sign_in(LOGIN, DEFAULT_PASSWORD);
    assert_eq!(json_of(&answer), json!({ "next": "https://secure.p04.eloqua.com/" }));
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let (cookie, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Domain=eloqua.com; Path=/; HttpOnly; SameSite=Strict; Secure");
    let headers = [("cookie", cookie)];
    let told = json_of(&caller.page("GET", "/setup/session", &headers, ""));
    assert_eq!(
        (&told["company"], &told["user"], &told["displayName"]),
        (&json!("StandinCo"), &json!("sync.user"), &json!("Sync User"))
    );
    assert_eq!(caller.page("GET", "/", &headers, "").status(), 200);
    let gone = caller.page("DELETE", "/setup/session", &headers, "");
    assert!(gone.headers()["set-cookie"].to_str().unwrap().ends_with("Max-Age=0"));
    assert_eq!(
        line_of(&caller.page("GET", "/setup/session", &headers, "")),
        (401, "Login required".to_owned())
    );
    let home = caller.page("GET", "/", &headers, "");
    assert_eq!(
        (home.status().as_u16(), &home.headers()["location"]),
        (302, &"https://login.eloqua.com/".parse().unwrap())
    );
}

#[test]
fn a_session_ends() {
    let mut caller = Caller::new(json!({}));
    caller.set("eloqua.session_life", "1h");
    let (cookie, _) = caller.signed_in();
    caller.pass(3599);
    assert_eq!(caller.page("GET", "/setup/session", &[("cookie", &cookie)], "").status(), 200);
    caller.pass(1);
    assert_eq!(caller.page("GET", "/setup/session", &[("cookie", &cookie)], "").status(), 401);
    let path = "/api/REST/2.0/data/contacts";
    assert_eq!(
        line_of(&caller.page("GET", path, &[("cookie", &cookie)], "")),
        (401, "Login required".to_owned())
    );
}

#[test]
fn on_this_machine_the_cookie_is_the_hosts_alone() {
    let mut caller = Caller::new(json!({}));
    let answer = caller.sign_in("http://127.0.0.1:8080", DEFAULT_PASSWORD);
    assert_eq!(json_of(&answer), json!({ "next": "http://127.0.0.1:8080/" }));
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict") && !cookie.contains("Domain"),
        "{cookie}"
    );
    let page = caller.send(request("GET", "http://127.0.0.1:8080/", &[], ""));
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
}

#[test]
fn a_write_needs_the_sessions_token() {
    let mut caller = Caller::new(json!({}));
    let (cookie, token) = caller.signed_in();
    let (_, other) = caller.signed_in();
    let body = json!({ "name": "Gigya UID", "dataType": "text" }).to_string();
    let cookie = ("cookie", cookie.as_str());
    let own = ("origin", BASE);
    let token = ("x-xsrf-token", token.as_str());
    let refused = (403, "XSRF Protection Failure".to_owned());
    for headers in [
        &[cookie][..],
        &[cookie, own],
        &[cookie, own, ("x-xsrf-token", "guess")],
        &[cookie, own, ("x-xsrf-token", &other)],
        &[cookie, token, ("origin", "https://evil.example")],
        &[cookie, token, ("origin", "https://login.eloqua.com")],
        &[cookie, token, ("sec-fetch-site", "cross-site")],
        &[cookie, own, ("x-http-method-override", "GET")],
    ] {
        assert_eq!(line_of(&caller.page("POST", FIELD, headers, &body)), refused, "{headers:?}");
    }
    let made = caller.page("POST", FIELD, &[cookie, own, token], &body);
    assert_eq!(
        (made.status().as_u16(), json_of(&made)["internalName"].clone()),
        (201, json!("C_Gigya_UID1"))
    );
    // Who shows a password is no page, whatever cookie comes along.
    let user = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let body = json!({ "name": "Other" }).to_string();
    assert_eq!(caller.page("POST", FIELD, &[cookie, ("authorization", &user)], &body).status(), 201);
    caller.set("eloqua.xsrf", "false");
    let body = json!({ "name": "Third" }).to_string();
    assert_eq!(caller.page("POST", FIELD, &[cookie], &body).status(), 201);
}

#[test]
fn pages_answer_on_eloquas_hosts_alone_and_leave_nothing_behind() {
    let mut caller = Caller::new(json!({}));
    let (cookie, _) = caller.signed_in();
    let headers = [("cookie", cookie.as_str())];
    for (method, path, expected) in [
        ("GET", "/", 200),
        ("GET", "/setup/session", 200),
        ("GET", "/setup/runs", 200),
        ("GET", "/setup/setup.js", 200),
        ("GET", "/console/console.css", 200),
        ("GET", "/setup/nothing.js", 404),
        ("GET", "/api/REST/2.0/data/contacts", 200),
        ("GET", "/api/bulk/2.0/imports", 200),
        ("POST", FIELD, 403),
        ("DELETE", "/setup/session", 200),
        ("GET", "/setup/runs", 401),
    ] {
        let here = caller.page(method, path, &headers, "");
        assert_eq!(
            (here.status().as_u16(), &here.headers()["cache-control"]),
            (expected, &"no-store".parse().unwrap()),
            "{method} {path}"
        );
        if path.starts_with("/api/") {
            continue;
        }
        assert!(here.headers().contains_key("content-security-policy"), "{method} {path}");
        for host in ["https://evil.example", "https://eloqua.com.evil.example"] {
            let there = caller.send(request(method, &format!("{host}{path}"), &headers, ""));
            assert_eq!(there.status(), 404, "{method} {host}{path}");
        }
    }
    // A program with a password keeps the headers that were recorded.
    let user = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let answer = caller.page("GET", "/api/REST/2.0/data/contacts", &[("authorization", &user)], "");
    assert!(!answer.headers().contains_key("cache-control"));
}

#[test]
fn a_foreign_page_signs_nobody_in() {
    let mut caller = Caller::new(json!({}));
    let body =
        json!({ "company": "StandinCo", "user": "sync.user", "password": DEFAULT_PASSWORD }).to_string();
    let headers = [("origin", "https://evil.example")];
    let answer = caller.send(request("POST", &format!("{LOGIN}/login"), &headers, body));
    assert_eq!(line_of(&answer), (403, "XSRF Protection Failure".to_owned()));
    let (cookie, _) = caller.signed_in();
    let headers = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    assert_eq!(caller.page("DELETE", "/setup/session", &headers, "").status(), 403);
    assert_eq!(caller.page("GET", "/setup/session", &headers[..1], "").status(), 200);
}

#[test]
fn who_may_not_call_is_not_let_in_by_a_session() {
    let users = json!({ "site": { "users": [{ "name": "clerk", "password": "clerk-Pa55", "api": false }] } });
    let mut caller = Caller::new(users);
    let body = json!({ "company": "StandinCo", "user": "clerk", "password": "clerk-Pa55" }).to_string();
    let answer = caller.send(request("POST", &format!("{LOGIN}/login"), &[("origin", LOGIN)], body));
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let path = "/api/REST/2.0/data/contacts";
    assert_eq!(caller.page("GET", path, &[("cookie", &cookie)], "").status(), 401);
    caller.set("eloqua.caller_allowed", "false");
    assert_eq!(caller.sign_in(LOGIN, DEFAULT_PASSWORD).status(), 401);
}

#[test]
fn runs_are_told_without_passwords() {
    let mut caller = Caller::new(json!({
        "contact_fields": ["Gigya UID"],
        "imports": [{ "name": "by UID", "folder": "/in", "key": "C_Gigya_UID1", "user": "batch", "password": "batch-Pa55" }],
    }));
    assert_eq!(caller.page("GET", "/setup/runs", &[], "").status(), 401);
    let (cookie, _) = caller.signed_in();
    let run = caller.eloqua.run_now(caller.now, "by UID").unwrap();
    caller.eloqua.end_run(caller.now, &run, Err("no connection".to_owned()));
    let answer = caller.page("GET", "/setup/runs", &[("cookie", &cookie)], "");
    assert!(!String::from_utf8_lossy(answer.body()).contains("batch-Pa55"));
    let told = json_of(&answer);
    assert_eq!(told["jobs"][0]["key"], "C_Gigya_UID1");
    assert_eq!(
        (&told["runs"][0]["status"], &told["runs"][0]["failure"]),
        (&json!("failed"), &json!("no connection"))
    );
}

#[test]
fn files_of_the_pages_are_served() {
    let mut caller = Caller::new(json!({}));
    for (path, expected) in [
        ("/setup/setup.js", "text/javascript; charset=utf-8"),
        ("/console/console.css", "text/css; charset=utf-8"),
    ] {
        assert_eq!(caller.page("GET", path, &[], "").headers()["content-type"], expected);
    }
    assert_eq!(caller.page("GET", "/setup/nothing.js", &[], "").status(), 404);
    assert_eq!(json_of(&caller.page("GET", "/setup/nothing.js", &[], "")), Value::Null);
}
