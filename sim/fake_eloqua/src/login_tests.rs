//! Logging in, tokens, rights and trouble, as callers see them.

use crate::caller::{BASE, Caller, basic, json_of, line_of, request};
use crate::eloqua::DEFAULT_PASSWORD;
use crate::oauth::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_ports::Response;

const AUTHORIZE: &str = "https://login.eloqua.com/auth/oauth2/authorize";
const TOKEN: &str = "https://login.eloqua.com/auth/oauth2/token";
const NOT_AUTHORIZED: &str = "You are not authorized to make this request";

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// A parameter of an address, in its query or behind its `#`.
fn parameter(address: &str, name: &str) -> String {
    let pairs = address.split(['?', '#', '&']);
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).unwrap().1.to_owned()
}

impl Caller {
    fn token(&mut self, kind: &str, body: &str) -> (u16, Value) {
        let client = basic(DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET);
        let headers = [("authorization", client.as_str()), ("content-type", kind)];
        let response = self.send(request("POST", TOKEN, &headers, body.to_owned()));
        (response.status().as_u16(), json_of(&response))
    }

    fn as_form(&mut self, body: &str) -> (u16, Value) {
        self.token("application/x-www-form-urlencoded", body)
    }

    fn authorize(&mut self, query: &str) -> Response {
        self.send(request("GET", &format!("{AUTHORIZE}?{query}"), &[], ""))
    }

    /// The status and phrase of a call with this header.
    fn with(&mut self, authorization: &str) -> (u16, String) {
        let uri = format!("{BASE}/api/rest/2.0/data/contacts");
        let headers = [("authorization", authorization)];
        let headers = if authorization.is_empty() { &headers[..0] } else { &headers[..] };
        line_of(&self.send(request("GET", &uri, headers, "")))
    }

    fn id(&mut self, uri: &str, authorization: &str) -> Value {
        json_of(&self.send(request("GET", uri, &[("authorization", authorization)], "")))
    }
}

fn own() -> String {
    basic("StandinCo\\sync.user", DEFAULT_PASSWORD)
}

#[test]
fn login_carries_the_recorded_headers() {
    let mut caller = Caller::new(json!({}));
    for authorization in [own(), "Basic AAAA".to_owned()] {
        let headers = [("authorization", authorization.as_str())];
        let response = caller.send(request("GET", "https://login.eloqua.com/id", &headers, ""));
        for (name, value) in [
            ("cache-control", "no-store"),
            ("pragma", "no-cache"),
            ("expires", "-1"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(response.headers()[name], value);
        }
        for name in ["p3p", "x-xss-protection", "strict-transport-security", "set-cookie", "x-request-id"] {
            assert!(response.headers().contains_key(name), "{name}");
        }
    }
}

#[test]
fn basic_has_its_quirks() {
    let mut caller = Caller::new(json!({ "site": { "users": [{ "name": "colon", "password": "a:b" }] } }));
    let colon = basic("STANDINCO\\Colon", "a:b");
    let (head, tail) = colon.split_at(14);
    for (header, expected) in [
        (colon.clone(), 200),
        (format!("{head}\t{tail} "), 200),
        (colon.replace("Basic", "bAsIc"), 200),
        (basic("StandinCo\\colon", "a"), 401),
        (basic("StandinCo/colon", "a:b"), 401),
        (basic("Other\\colon", "a:b"), 401),
        ("Basic %%%".to_owned(), 401),
        ("Basic".to_owned(), 401),
        ("Digest x".to_owned(), 401),
    ] {
        assert_eq!(caller.with(&header).0, expected, "{header}");
    }
    assert_eq!(caller.id("https://x.example/id", &colon)["user"]["id"], json!(223));
}

#[test]
fn strangers_hear_why() {
    let mut caller = Caller::new(json!({ "site": { "users": [
        { "name": "gone", "password": "pw", "enabled": false },
        { "name": "web", "password": "pw", "api": false },
    ] } }));
    assert_eq!(caller.with(""), (401, "Login required".to_owned()));
    for name in ["gone", "web", "nobody"] {
        let header = basic(&format!("StandinCo\\{name}"), "pw");
        assert_eq!(caller.with(&header), (401, NOT_AUTHORIZED.to_owned()), "{name}");
        assert_eq!(caller.id("https://login.eloqua.com/id", &header), json!("Not authenticated."));
    }
    caller.set("eloqua.caller_allowed", "false");
    assert_eq!(caller.with(&own()).0, 401);
    assert_eq!(caller.id("https://login.eloqua.com/id", &own()), json!("Not authenticated."));
}

#[test]
fn rights_are_checked() {
    let mut caller = Caller::new(json!({ "site": {
        "without": ["* /assets/campaigns"],
        "users": [{ "name": "reader", "password": "pw", "without": ["POST /data/contact", "DELETE *"] }],
    } }));
    let reader = basic("StandinCo\\reader", "pw");
    let call = |caller: &mut Caller, method: &str, path: &str| {
        let headers = [("authorization", reader.as_str()), ("content-type", "application/json")];
        line_of(&caller.send(request(method, &format!("{BASE}/api/rest/2.0{path}"), &headers, "{}")))
    };
    for (method, path, status, phrase) in [
        ("GET", "/data/contacts", 200, "OK"),
        ("POST", "/data/contact", 403, "Forbidden"),
        ("DELETE", "/data/contact/1", 403, "Forbidden"),
        ("GET", "/assets/campaigns", 403, "This service has not been enabled for your site."),
    ] {
        assert_eq!(call(&mut caller, method, path), (status, phrase.to_owned()), "{method} {path}");
    }
    caller.set("eloqua.no_right", "401");
    assert_eq!(call(&mut caller, "POST", "/data/contact"), (401, NOT_AUTHORIZED.to_owned()));
}

#[test]
fn a_code_is_good_for_one_token() {
    let address = "https://app.example/back?a=1";
    let mut caller = Caller::new(json!({}));
    let query = "response_type=code&client_id=standin-client&scope=full&state=a%20%26b\
                 &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fa%3D1";
    let code = |caller: &mut Caller| {
        let response = caller.authorize(query);
        assert_eq!(response.status(), 302);
        let place = location(&response);
        assert!(place.starts_with(&format!("{address}&code=")), "{place}");
        assert_eq!(parameter(&place, "state"), "a+%26b");
        parameter(&place, "code")
    };
    let first = code(&mut caller);
    let wish = |code: &str, address: &str| {
        json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": address }).to_string()
    };
    let (status, given) = caller.token("application/json", &wish(&first, address));
    assert_eq!(status, 200);
    let bearer = format!("Bearer {}", given["access_token"].as_str().unwrap());
    assert_eq!(caller.with(&bearer).0, 200);
    assert_eq!(caller.id("https://login.eloqua.com/id", &bearer)["user"]["username"], json!("sync.user"));
    let other = code(&mut caller);
    let late = code(&mut caller);
    for (seconds, code, address) in
        [(0, &first, address), (0, &other, "https://app.example/other"), (60, &late, address)]
    {
        caller.pass(seconds);
        let (status, body) = caller.token("application/json", &wish(code, address));
        assert_eq!((status, &body["error"]), (401, &json!("invalid_grant")));
    }
}

#[test]
fn a_token_may_come_in_the_fragment() {
    let mut caller = Caller::new(json!({}));
    let response = caller.authorize(
        "response_type=token&client_id=standin-client&redirect_uri=https%3A%2F%2Fapp.example%2F&state=s",
    );
    let place = location(&response);
    assert!(place.starts_with("https://app.example/#access_token="), "{place}");
    for (name, expected) in [("token_type", "bearer"), ("expires_in", "28800"), ("state", "s")] {
        assert_eq!(parameter(&place, name), expected);
    }
    let bearer = format!("Bearer {}", parameter(&place, "access_token"));
    assert_eq!(caller.with(&bearer).0, 200);
}

#[test]
fn faults_before_the_client_is_known_are_sentences() {
    let world = json!({ "site": { "redirect_uri": "https://app.example/back" } });
    let mut caller = Caller::new(world);
    for (query, sentence) in [
        ("response_type=code", "The \"client_id\" parameter is required."),
        ("client_id=a%20b", "The \"client_id\" value is not a valid client identifier."),
        ("client_id=other", "The \"client_id\" value is not a known client identifier."),
        ("client_id=standin-client", "The \"redirect_uri\" parameter is required."),
        ("client_id=standin-client&redirect_uri=back", "The \"redirect_uri\" value is not a valid URI."),
        (
            "client_id=standin-client&redirect_uri=https://evil.example/back",
            "The \"redirect_uri\" value does not match the registered redirection endpoint.",
        ),
    ] {
        let response = caller.authorize(query);
        assert_eq!(response.status(), 200);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert_eq!(response.body(), sentence.as_bytes());
    }
    let known = "client_id=standin-client&redirect_uri=https://app.example/back&state=s";
    for (more, error) in [
        ("", "invalid_request"),
        ("&response_type=magic", "unsupported_response_type"),
        ("&response_type=code&scope=half", "invalid_scope"),
    ] {
        let place = location(&caller.authorize(&format!("{known}{more}")));
        assert_eq!(place, format!("https://app.example/back?error={error}&state=s"));
    }
}

#[test]
fn a_person_may_be_asked() {
    let mut caller = Caller::new(json!({}));
    let query = "response_type=code&client_id=standin-client&redirect_uri=https://app.example/&state=%22s";
    caller.set("eloqua.consent", "refuse");
    let place = location(&caller.authorize(query));
    assert_eq!(place, "https://app.example/?error=access_denied&state=%22s");
    caller.set("eloqua.consent", "ask");
    let page = caller.authorize(query);
    assert_eq!(page.status(), 200);
    assert!(String::from_utf8_lossy(page.body()).contains("name=\"state\" value=\"&quot;s\""));
    let press = |caller: &mut Caller, more: &str| {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        caller.send(request("POST", AUTHORIZE, &kind, format!("{query}&{more}")))
    };
    let wrong = press(&mut caller, "sitename=StandinCo&username=sync.user&password=x&decision=accept");
    assert_eq!(wrong.status(), 200);
    assert!(String::from_utf8_lossy(wrong.body()).contains("password is wrong"));
    let refused = location(&press(&mut caller, "decision=refuse"));
    assert_eq!(refused, "https://app.example/?error=access_denied&state=%22s");
    let right = format!("sitename=StandinCo&username=sync.user&password={DEFAULT_PASSWORD}&decision=accept");
    assert!(location(&press(&mut caller, &right)).starts_with("https://app.example/?code="));
}

#[test]
fn tokens_that_are_no_good() {
    let mut caller = Caller::new(json!({ "site": { "redirect_uri": "https://app.example/back" } }));
    let password =
        format!("grant_type=password&username=StandinCo%5Csync.user&password={DEFAULT_PASSWORD}&scope=full");
    let (status, given) = caller.as_form(&password);
    assert_eq!(status, 200);
    let refresh = given["refresh_token"].as_str().unwrap().to_owned();
    for (body, status, error) in [
        ("", 400, "invalid_request"),
        ("\u{ff}", 400, "invalid_request"),
        ("grant_type=magic", 400, "unsupported_grant_type"),
        ("grant_type=password&username=StandinCo%5Csync.user&password=x", 401, "invalid_grant"),
        ("grant_type=password", 400, "invalid_request"),
        ("grant_type=authorization_code&code=x", 401, "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=x", 401, "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=x&scope=half", 400, "invalid_scope"),
        (
            &format!("grant_type=refresh_token&refresh_token={refresh}&redirect_uri=https://other.example"),
            401,
            "invalid_grant",
        ),
    ] {
        let (found, answer) = caller.as_form(body);
        assert_eq!((found, &answer["error"]), (status, &json!(error)), "{body}");
        assert!(answer["error_code"].is_number() && answer["error_description"].is_string());
    }
    let uri = "&redirect_uri=https://app.example/back";
    assert_eq!(caller.as_form(&format!("grant_type=refresh_token&refresh_token={refresh}{uri}")).0, 200);
    caller.set("eloqua.invalid_grant", "400");
    assert_eq!(caller.as_form(&format!("grant_type=refresh_token&refresh_token={refresh}")).0, 400);
    let stranger = basic(DEFAULT_CLIENT_ID, "x");
    let response = caller.send(request("POST", TOKEN, &[("authorization", &stranger)], password));
    assert_eq!((response.status().as_u16(), &json_of(&response)["error"]), (401, &json!("invalid_client")));
    let json =
        json!({ "grant_type": "password", "username": "StandinCo\\sync.user", "password": DEFAULT_PASSWORD });
    let (_, given) = caller.token("application/json", &json.to_string());
    let refresh =
        format!("grant_type=refresh_token&refresh_token={}", given["refresh_token"].as_str().unwrap());
    caller.pass(365 * 86_400);
    assert_eq!(caller.as_form(&refresh).0, 400, "it lives for a year");
}

#[test]
fn tokens_end_on_the_agenda() {
    let mut caller = Caller::new(json!({}));
    let password = format!("grant_type=password&username=StandinCo%5Csync.user&password={DEFAULT_PASSWORD}");
    caller.as_form(&password);
    caller.authorize("response_type=code&client_id=standin-client&redirect_uri=https://app.example/");
    let shown = |caller: &Caller| format!("{:?}", caller.eloqua.tokens);
    let (eight_hours, year) = (8 * 3600, 365 * 86_400);
    for (seconds, left) in [
        (60, "Tokens(1 access, 1 refresh, 0 codes)"),
        (eight_hours - 60, "Tokens(0 access, 1 refresh, 0 codes)"),
        (year - eight_hours, "Tokens(0 access, 0 refresh, 0 codes)"),
    ] {
        caller.pass(seconds);
        assert_eq!(caller.eloqua.next_due(), Some(caller.now));
        caller.eloqua.advance(caller.now);
        assert_eq!(shown(&caller), left);
    }
    assert_eq!(caller.eloqua.next_due(), None);
}

#[test]
fn a_refresh_may_end_the_access_token() {
    for (knob, expected) in [("false", 200), ("true", 401)] {
        let mut caller = Caller::new(json!({}));
        caller.set("eloqua.refresh_ends_access", knob);
        let password =
            format!("grant_type=password&username=StandinCo%5Csync.user&password={DEFAULT_PASSWORD}");
        let (_, given) = caller.as_form(&password);
        let refresh = given["refresh_token"].as_str().unwrap();
        let (_, next) = caller.as_form(&format!("grant_type=refresh_token&refresh_token={refresh}"));
        let mut status =
            |given: &Value| caller.with(&format!("Bearer {}", given["access_token"].as_str().unwrap())).0;
        assert_eq!((status(&given), status(&next)), (expected, 200));
    }
}

#[test]
fn an_instance_moves() {
    let mut caller = Caller::new(json!({}));
    caller.set("eloqua.moved_to", "p06");
    assert_eq!(caller.with(&own()), (401, "Login required".to_owned()));
    let base = caller.id("https://login.eloqua.com/id", &own())["urls"]["base"].clone();
    assert_eq!(base, json!("https://secure.p06.eloqua.com"));
    let uri = format!("{}/api/rest/1.0/data/contacts", base.as_str().unwrap());
    assert_eq!(caller.send(request("GET", &uri, &[("authorization", &own())], "")).status(), 200);
    caller.set("eloqua.moved_to", "http://localhost:8080/");
    let told = caller.id("http://127.0.0.1:8080/id", &own());
    assert_eq!(told["urls"]["apis"]["rest"]["standard"], json!("http://localhost:8080/API/REST/{version}/"));
}

#[test]
fn too_many_calls_are_refused() {
    let mut caller = Caller::new(json!({}));
    caller.set("eloqua.rest_limit", "2");
    caller.set("eloqua.id_limit", "1");
    for expected in [200, 200, 429] {
        assert_eq!(caller.with(&own()).0, expected);
    }
    let response = caller.raw("GET", "/api/rest/2.0/data/contacts", "");
    assert_eq!(line_of(&response), (429, "Too Many Requests".to_owned()));
    assert!(!response.headers().contains_key("retry-after"));
    assert_eq!(caller.raw("GET", "/api/bulk/2.0/contacts/fields", "").status(), 200);
    for expected in [200, 429] {
        let headers = [("authorization", own())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(caller.send(request("GET", "https://x.example/id", &headers, "")).status(), expected);
    }
    caller.pass(30);
    assert_eq!(caller.with(&own()).0, 200);
}

#[test]
fn the_platform_in_trouble() {
    let mut caller = Caller::new(json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] }));
    caller.set("eloqua.storage_full", "true");
    let new = r#"{"emailAddress":"bob@brand.example"}"#;
    let full = caller.raw("POST", "/api/rest/1.0/data/contact", new);
    assert_eq!(line_of(&full), (413, "Storage space exceeded.".to_owned()));
    assert_eq!(caller.raw("PUT", "/api/rest/1.0/data/contact/1986000", r#"{"city":"Ghent"}"#).status(), 200);
    caller.set("eloqua.maintenance", "true");
    for path in ["/id", "/api/rest/1.0/data/contacts", "/api/bulk/2.0/syncs"] {
        let response = caller.raw("GET", path, "");
        assert_eq!(line_of(&response), (503, "There was a timeout processing the request".to_owned()));
    }
    assert_eq!(caller.eloqua.contacts().len(), 1);
}

#[test]
fn a_body_says_what_it_is() {
    let mut caller = Caller::new(json!({}));
    let uri = format!("{BASE}/api/rest/1.0/data/contact");
    let new = r#"{"emailAddress":"ann@brand.example"}"#;
    let own = own();
    let post = |caller: &mut Caller, kind: Option<&str>| {
        let mut headers = vec![("authorization", own.as_str())];
        headers.extend(kind.map(|kind| ("content-type", kind)));
        line_of(&caller.send(request("POST", &uri, &headers, new)))
    };
    let refused = (400, "There was a serialization error.".to_owned());
    assert_eq!(post(&mut caller, None), refused);
    assert_eq!(post(&mut caller, Some("application/xml")), refused);
    caller.set("eloqua.content_type", "optional");
    assert_eq!(post(&mut caller, None), (201, "Success".to_owned()));
    assert_eq!(post(&mut caller, Some("text/json")).0, 409);
}

#[test]
fn a_post_may_stand_for_another_method() {
    let mut caller = Caller::new(json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] }));
    let own = own();
    let uri = format!("{BASE}/api/rest/1.0/data/contact/1986000");
    for (method, meant, status) in
        [("POST", "get", 200), ("GET", "DELETE", 200), ("POST", "DELETE", 200), ("GET", "GET", 404)]
    {
        let headers = [
            ("authorization", own.as_str()),
            ("content-type", "application/json"),
            ("x-http-method-override", meant),
        ];
        let answer = caller.send(request(method, &uri, &headers, r#"{"id":"1986000"}"#));
        assert_eq!(answer.status(), status, "{method} {meant}");
    }
}

#[test]
fn names_are_told_as_they_are_written() {
    let users = json!([{ "name": "Ann.Lee", "password": "pw" }]);
    let mut caller = Caller::new(json!({ "site": { "users": users } }));
    let told = caller.id("https://login.eloqua.com/id", &basic("StandinCo\\ANN.lee", "pw"));
    assert_eq!(told["user"]["username"], json!("Ann.Lee"));
    assert_eq!(told["user"]["displayName"], json!("Ann Lee"));
}

#[test]
fn staged_refusals_keep_to_the_conduct() {
    use standin_fake_kit::Fake;
    let mut caller = Caller::new(json!({}));
    let mut refused = |uri: &str, method: &str, headers: &[(&str, &str)], code: u32| {
        caller.eloqua.refuse(caller.now, &request(method, uri, headers, ""), code)
    };
    let contacts = format!("{BASE}/api/rest/2.0/data/contacts");
    for (code, expected) in [
        (301, (301, "Login required")),
        (429, (429, "Too Many Requests")),
        (503, (503, "There was a timeout processing the request")),
        (7, (500, "The service has encountered an error.")),
        (100_000, (500, "The service has encountered an error.")),
    ] {
        let response = refused(&contacts, "GET", &[], code);
        assert_eq!(line_of(&response), (expected.0, expected.1.to_owned()));
        assert!(response.body().is_empty() && response.headers().contains_key("x-request-id"));
    }
    let forced = refused(&contacts, "GET", &[("x-http-status-code-override", "200")], 503);
    assert_eq!(
        (line_of(&forced).0, &forced.headers()["x-http-original-status-code"]),
        (200, &"503".parse().unwrap())
    );
    for (code, error) in [
        (401, "invalid_client"),
        (429, "temporarily_unavailable"),
        (503, "temporarily_unavailable"),
        (500, "server_error"),
    ] {
        let body = json_of(&refused(TOKEN, "POST", &[], code));
        assert_eq!(body["error"], json!(error));
        assert!(body["error_description"].is_string() && body["error_code"].is_number(), "{body}");
    }
}
