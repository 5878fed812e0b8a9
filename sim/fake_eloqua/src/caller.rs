//! Whoever calls in tests.

use crate::eloqua::{DEFAULT_PASSWORD, Eloqua};
use base64::Engine;
use bytes::Bytes;
use serde_json::Value;
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::{Reason, Request, Response};
use std::time::Duration;

/// The base of all addresses.
pub(crate) const BASE: &str = "https://secure.p04.eloqua.com";

/// The header of Basic authentication.
pub(crate) fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
}

/// A request with headers as given.
pub(crate) fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let mut builder = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}

/// The body as JSON.
pub(crate) fn json_of(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

/// Status and reason phrase.
pub(crate) fn line_of(response: &Response) -> (u16, String) {
    let phrase = response.extensions().get::<Reason>().map(|reason| reason.0.to_string());
    (response.status().as_u16(), phrase.unwrap_or_default())
}

/// An instance and its user.
pub(crate) struct Caller {
    pub(crate) eloqua: Eloqua,
    pub(crate) now: Instant,
}

impl Caller {
    /// Of a world.
    pub(crate) fn new(section: Value) -> Self {
        let mut eloqua = Eloqua::new(1);
        eloqua.seed(Instant::START, &section).unwrap();
        Self { eloqua, now: Instant::START }
    }

    /// Sets a knob.
    pub(crate) fn set(&mut self, knob: &str, value: &str) {
        self.eloqua.knobs_mut().set(knob, value).unwrap();
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    /// Sends a request as it is.
    pub(crate) fn send(&mut self, request: Request) -> Response {
        self.eloqua.handle(self.now, request)
    }

    /// A call of the site's user with a body of JSON.
    pub(crate) fn raw(&mut self, method: &str, path: &str, body: impl Into<Bytes>) -> Response {
        let user = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
        let headers = [("authorization", user.as_str()), ("content-type", "application/json")];
        self.send(request(method, &format!("{BASE}{path}"), &headers, body))
    }

    /// The same, with blanks and quotes in the path as people write them.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let path = path.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E");
        let response = self.raw(method, &path, text);
        (response.status().as_u16(), json_of(&response))
    }

    /// The answer of a GET.
    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.call("GET", path, Value::Null).1
    }
}
