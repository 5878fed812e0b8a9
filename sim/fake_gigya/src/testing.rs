//! A bench for the tests of this crate: one platform, one clock, and the two kinds of caller.

use crate::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY, Gigya};
use bytes::Bytes;
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::time::Duration;

pub(crate) struct Bench {
    pub(crate) gigya: Gigya,
    pub(crate) now: Instant,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { gigya: Gigya::new(7), now: Instant::START }
    }

    pub(crate) fn seeded(section: &Value) -> Self {
        let mut bench = Self::new();
        bench.gigya.seed(bench.now, section).unwrap();
        bench
    }

    /// Seeds one account on the default site.
    pub(crate) fn account(&mut self, uid: &str, profile: &str) {
        let profile: Value = serde_json::from_str(profile).unwrap();
        self.gigya.seed(self.now, &json!({"accounts": [{"UID": uid, "profile": profile}]})).unwrap();
    }

    /// Logs an account in by the site and gives the session's token.
    pub(crate) fn session(&mut self, uid: &str) -> String {
        let answer = self.call("accounts.notifyLogin", &[("siteUID", uid)]);
        answer["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned()
    }

    pub(crate) fn knob(&mut self, name: &str, value: &str) {
        self.gigya.knobs_mut().set(name, value).unwrap();
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now = self.now.plus(Duration::from_millis(millis));
    }

    /// A server's call with the default key.
    pub(crate) fn call(&mut self, method: &str, params: &[(&str, &str)]) -> Value {
        let mut all =
            vec![("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
        all.extend(params);
        body(&self.send(post(method, &all)))
    }

    /// A browser's call.
    pub(crate) fn client(&mut self, method: &str, params: &[(&str, &str)]) -> Value {
        let mut all = vec![("apiKey", DEFAULT_API_KEY)];
        all.extend(params);
        body(&self.send(post(method, &all)))
    }

    pub(crate) fn code(&mut self, method: &str, params: &[(&str, &str)]) -> u64 {
        let answer = self.call(method, params);
        match answer.get("errorCode") {
            // One old method leaves a zero out.
            None if answer["statusCode"] == 200 => 0,
            code => code.and_then(Value::as_u64).unwrap_or_else(|| panic!("{answer}")),
        }
    }

    /// `totalCount` of a search.
    pub(crate) fn total(&mut self, query: &str) -> u64 {
        let answer = self.call("accounts.search", &[("query", query)]);
        answer["totalCount"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    }

    pub(crate) fn send(&mut self, request: Request) -> Response {
        self.gigya.handle(self.now, request)
    }
}

pub(crate) fn post(method: &str, params: &[(&str, &str)]) -> Request {
    let namespace = method.split('.').next().unwrap_or_default();
    post_to(&format!("https://{namespace}.eu1.gigya.com/{method}"), params)
}

pub(crate) fn post_to(url: &str, params: &[(&str, &str)]) -> Request {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    http::Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(form))
        .unwrap()
}

pub(crate) fn body(response: &Response) -> Value {
    let value: Value = serde_json::from_slice(response.body()).unwrap();
    // A member that comes twice would be gone in the value.
    assert_eq!(value.to_string().as_bytes(), response.body());
    value
}
