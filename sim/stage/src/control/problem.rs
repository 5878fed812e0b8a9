//! What the control API refuses: problem details after RFC 9457.

use http::{HeaderValue, header};
use serde_json::{Value, json};
use standin_fake_kit::answer;
use standin_fake_kit::asset::{self, OWN_HOST_ONLY};
use standin_ports::Response;

/// One kind of refusal.
#[derive(Debug)]
pub struct Kind {
    /// The last part of its `type`.
    pub name: &'static str,
    /// The HTTP status that it travels with.
    pub status: u16,
    /// What it is, in a few words.
    pub title: &'static str,
}

/// A request that is written wrongly: a body, a parameter, a file that it names.
pub const WRONG: Kind = Kind { name: "wrong-request", status: 400, title: "the request is written wrongly" };
/// No token, or another one.
pub const NO_TOKEN: Kind = Kind { name: "no-token", status: 401, title: "the token is missing or wrong" };
/// A page of another origin that would change something.
pub const FOREIGN: Kind =
    Kind { name: "foreign", status: 403, title: "the request comes from a page of another origin" };
/// A host that is not this machine.
pub const MISDIRECTED: Kind =
    Kind { name: "misdirected", status: 421, title: "the request was meant for another host" };
/// Something that is not there.
pub const UNKNOWN: Kind = Kind { name: "unknown", status: 404, title: "there is no such thing" };
/// A path that is there, asked for in another way.
pub const METHOD: Kind =
    Kind { name: "wrong-method", status: 405, title: "the path does not answer to this method" };
/// A name that is taken, or a credential that more than one world has.
pub const CONFLICT: Kind = Kind { name: "conflict", status: 409, title: "something else stands in the way" };
/// A body above the bound.
pub const LARGE: Kind = Kind { name: "too-large", status: 413, title: "the body is too large" };
/// A body of another kind.
pub const MEDIA: Kind =
    Kind { name: "wrong-media-type", status: 415, title: "the body is of a kind that is not read here" };
/// A bound of the server.
pub const FULL: Kind = Kind { name: "full", status: 429, title: "a bound of this server is reached" };
/// The harness is wrong.
pub const BROKEN: Kind = Kind { name: "broken", status: 500, title: "the server itself is at fault" };

/// Every kind, for the description of the API.
pub const KINDS: &[&Kind] = &[
    &WRONG,
    &NO_TOKEN,
    &FOREIGN,
    &MISDIRECTED,
    &UNKNOWN,
    &METHOD,
    &CONFLICT,
    &LARGE,
    &MEDIA,
    &FULL,
    &BROKEN,
];

/// One refusal: what, where, and what to do.
#[derive(Debug)]
pub struct Problem {
    kind: &'static Kind,
    detail: String,
    at: Option<String>,
    hint: Option<String>,
}

impl Problem {
    /// A refusal of a kind, with what is wrong this time.
    pub fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), at: None, hint: None }
    }

    /// Where in the request it is wrong.
    pub fn at(self, at: impl Into<String>) -> Self {
        Self { at: Some(at.into()), ..self }
    }

    /// What to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The answer to a method that is not one of these; they are named.
    pub fn allowing(self, methods: &str) -> Response {
        let mut answer = self.hint(format!("it answers to {methods}")).answer();
        if let Ok(allow) = HeaderValue::from_str(methods) {
            answer.headers_mut().insert(header::ALLOW, allow);
        }
        answer
    }

    /// The answer.
    pub fn answer(&self) -> Response {
        let Kind { name, status, title } = self.kind;
        let mut value = json!({
            "type": format!("urn:standin:problem:{name}"), "title": title, "status": status, "detail": self.detail,
        });
        for (member, text) in [("at", &self.at), ("hint", &self.hint)] {
            if let Some(text) = text {
                value[member] = Value::from(text.as_str());
            }
        }
        let mut answer = answer::with_body(*status, "application/problem+json", value.to_string());
        asset::guard(answer.headers_mut(), OWN_HOST_ONLY);
        answer
    }
}
