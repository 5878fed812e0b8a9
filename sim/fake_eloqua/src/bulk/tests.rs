//! What callers of the Bulk API see.

mod bad_input;
mod clients;
mod families;
mod filters;
mod imports;
mod limits;
mod machine;
mod pages;

use crate::eloqua::{DEFAULT_PASSWORD, Eloqua};
use base64::Engine;
use bytes::Bytes;
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::{Reason, Response};
use std::time::Duration;

/// Whoever calls.
pub(super) struct Caller {
    pub(super) eloqua: Eloqua,
    pub(super) now: Instant,
    pub(super) user: &'static str,
}

impl Caller {
    fn new(section: Value) -> Self {
        let mut eloqua = Eloqua::new(1);
        eloqua.seed(Instant::START, &section).unwrap();
        Self { eloqua, now: Instant::START, user: "sync.user" }
    }

    fn set(&mut self, knob: &str, value: &str) {
        self.eloqua.knobs_mut().set(knob, value).unwrap();
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    /// A call as it is; the path begins behind the version where it does not begin with `/api`.
    fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response {
        let credentials = format!("StandinCo\\{}:{DEFAULT_PASSWORD}", self.user);
        let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
        let root = if path.to_ascii_lowercase().starts_with("/api") { "" } else { "/api/bulk/2.0" };
        let path = path.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E").replace('"', "%22");
        let mut builder = http::Request::builder()
            .method(method)
            .uri(format!("https://secure.p04.eloqua.com{root}{path}"))
            .header("authorization", format!("Basic {encoded}"));
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            builder = builder.header("content-type", "application/json");
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        self.eloqua.handle(self.now, builder.body(body.into()).unwrap())
    }

    fn call(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.send(method, path, &[], text);
        (response.status().as_u16(), json_of(&response))
    }

    fn get(&mut self, path: &str) -> Value {
        self.call("GET", path, Value::Null).1
    }

    /// Stores a definition of `/contacts/imports` or another place and gives its address.
    fn define(&mut self, place: &str, definition: Value) -> String {
        let (status, body) = self.call("POST", place, definition);
        assert_eq!(status, 201, "{body}");
        body["uri"].as_str().unwrap().to_owned()
    }

    /// What a definition is refused for: the field and the constraint.
    fn refused(&mut self, place: &str, definition: Value) -> (String, String) {
        let response = self.send("POST", place, &[], definition.to_string());
        assert_eq!(line_of(&response), (400, "There was a validation error.".to_owned()), "{definition}");
        let failure = &json_of(&response)["failures"][0];
        let text = |name: &str| failure[name].as_str().unwrap_or_default().to_owned();
        (text("field"), text("constraint"))
    }

    /// Runs a sync of a definition to its end and gives the sync's address and final state.
    fn sync(&mut self, uri: &str) -> (String, String) {
        let (status, body) = self.call("POST", "/syncs", json!({ "syncedInstanceUri": uri }));
        assert_eq!((status, &body["status"]), (201, &json!("pending")), "{body}");
        self.pass(5);
        let sync = body["uri"].as_str().unwrap().to_owned();
        let state = self.get(&sync)["status"].as_str().unwrap().to_owned();
        (sync, state)
    }

    /// Stores a definition, posts rows, and runs a sync.
    fn import(&mut self, place: &str, definition: Value, rows: Value) -> (String, String) {
        let uri = self.define(place, definition);
        let (status, body) = self.call("POST", &format!("{uri}/data"), rows);
        assert_eq!(status, 204, "{body}");
        self.sync(&uri)
    }

    /// Stores an export, runs it, and gives its rows.
    fn export(&mut self, place: &str, definition: Value) -> Value {
        let uri = self.define(place, definition);
        let (sync, state) = self.sync(&uri);
        assert_eq!(state, "success");
        self.get(&format!("{sync}/data"))["items"].clone()
    }

    /// Codes and counts of a log, without those that count nothing.
    fn counts(&mut self, sync: &str) -> Vec<(String, u64)> {
        let logs = self.get(&format!("{sync}/logs"));
        let items = logs["items"].as_array().unwrap().iter();
        let one = |item: &Value| {
            (
                item["statusCode"].as_str().unwrap().trim_start_matches("ELQ-").to_owned(),
                item["count"].as_u64().unwrap(),
            )
        };
        items.map(one).filter(|(_, count)| *count > 0).collect()
    }
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

fn line_of(response: &Response) -> (u16, String) {
    let phrase = response.extensions().get::<Reason>().map(|reason| reason.0.to_string());
    (response.status().as_u16(), phrase.unwrap_or_default())
}

fn counted(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

/// An import of contacts by address.
fn by_email() -> Value {
    json!({
        "name": "by email",
        "fields": {
            "email": "{{Contact.Field(C_EmailAddress)}}",
            "first": "{{Contact.Field(C_FirstName)}}",
            "city": "{{Contact.Field(C_City)}}",
        },
        "identifierFieldName": "email",
        "isSyncTriggeredOnImport": false,
    })
}
