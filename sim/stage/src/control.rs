//! The stage's own surface under `serve`: pages for people, and the control API for test suites in any language.
//!
//! - [`worlds`]: the worlds of one server, and how a request finds its own; [`credentials`]: by what.
//! - [`operation`], [`operations`]: what the API does; [`openapi`]: its description; [`problem`]: its refusals.
//! - `events`: a journal as server-sent events.
//! - `token`: who may call a server that others can reach.
//! - `routed`: a platform's socket before many worlds.
//! - [`pages`]: what the pages ask for.
//! - `person`: one person on all platforms.
//! - `places`: where everything is.

pub mod credentials;
mod events;
pub mod openapi;
pub mod operation;
pub mod operations;
pub mod pages;
mod person;
mod places;
pub mod problem;
pub(crate) mod routed;
mod token;
pub mod worlds;

use crate::parts::{Parts, Sockets};
use http::{HeaderValue, Method, header};
use pages::{HEALTH, PAGES};
use problem::{FOREIGN, MISDIRECTED, NO_TOKEN, Problem, UNKNOWN};
use serde_json::{Value, json};
use standin_fake_kit::asset::{self, Asset, CSS, HTML, JAVASCRIPT};
use standin_fake_kit::{console, origin};
use standin_ports::{Entry, Http, HttpError, Request, Response, What};
use std::sync::{Arc, OnceLock, Weak};
use worlds::Worlds;

const ASSETS: &[Asset] = &[
    Asset { path: "/", kind: HTML, text: include_str!("control/page.html") },
    Asset { path: "/stage/stage.css", kind: CSS, text: include_str!("control/stage.css") },
    Asset { path: "/stage/stage.js", kind: JAVASCRIPT, text: include_str!("control/stage.js") },
    Asset { path: "/stage/api.js", kind: JAVASCRIPT, text: include_str!("control/api.js") },
    Asset { path: "/stage/overview.js", kind: JAVASCRIPT, text: include_str!("control/overview.js") },
    Asset { path: "/stage/people.js", kind: JAVASCRIPT, text: include_str!("control/people.js") },
    Asset { path: "/stage/journal.js", kind: JAVASCRIPT, text: include_str!("control/journal.js") },
    Asset { path: "/stage/sequence.js", kind: JAVASCRIPT, text: include_str!("control/sequence.js") },
];

/// The surface behind `STANDIN_URL`.
pub struct Control {
    parts: Weak<Parts>,
    /// Where the platforms listen, once they do.
    sockets: Arc<OnceLock<Sockets>>,
    /// The worlds of the server, where the world is the first of some.
    worlds: Option<Arc<Worlds>>,
}

impl Control {
    /// The control surface of a world.
    pub fn new(parts: &Arc<Parts>, sockets: Arc<OnceLock<Sockets>>) -> Self {
        Self { parts: Arc::downgrade(parts), sockets, worlds: None }
    }

    /// The control surface of a server's worlds.
    pub fn of_many(worlds: &Arc<Worlds>, sockets: Arc<OnceLock<Sockets>>) -> Self {
        Self { worlds: Some(Arc::clone(worlds)), ..Self::new(worlds.first(), sockets) }
    }

    /// Whether a request may come in; if not, the refusal.
    fn refusal(&self, request: &Request) -> Option<Response> {
        let token = self.worlds.as_ref().and_then(|worlds| worlds.hosting.token.as_ref());
        match token {
            // Whether the server is up is asked by those who start it.
            Some(_) if request.uri().path() == HEALTH => {}
            Some(token) if !token::is_carried(request, token) => {
                let problem = Problem::new(&NO_TOKEN, "this server answers to those who show its token")
                    .at("header: Authorization")
                    .hint("send `Authorization: Bearer TOKEN`");
                let mut refusal = problem.answer();
                for scheme in ["Bearer realm=\"standin\"", "Basic realm=\"standin\", charset=\"UTF-8\""] {
                    refusal.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
                }
                return Some(refusal);
            }
            // A page that was led here by its own name server has no token; where none is asked for, the host tells.
            Some(_) => {}
            None if !origin::is_local(request) => {
                let told = "the stage answers under localhost and loopback addresses only";
                return Some(Problem::new(&MISDIRECTED, told).at("header: Host").answer());
            }
            None => {}
        }
        origin::is_foreign(request)
            .then(|| Problem::new(&FOREIGN, "a page of another origin may not change the stage").answer())
    }
}

#[async_trait::async_trait]
impl Http for Control {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        if let Some(refusal) = self.refusal(&request) {
            return Ok(refusal);
        }
        let parts = match &self.worlds {
            Some(worlds) => {
                if let Some(answer) = operation::answer(worlds, &request).await {
                    return Ok(answer);
                }
                match worlds.of_page(&request) {
                    Ok(parts) => Some(parts),
                    Err(problem) => return Ok(problem.answer()),
                }
            }
            None => self.parts.upgrade(),
        };
        let Some(parts) = parts else {
            return Err(HttpError::Broken { host: String::new(), why: "the world has ended".to_owned() });
        };
        let path = request.uri().path();
        if let Some(page) = PAGES.iter().find(|page| page.path == path) {
            return Ok(page.answer(parts, self.sockets.get().copied(), request).await);
        }
        let asked = [Method::GET, Method::HEAD].contains(request.method());
        let file = asset::find(ASSETS, path).or_else(|| asset::find(console::ASSETS, path));
        Ok(file.filter(|_| asked).map_or_else(
            || Problem::new(&UNKNOWN, format!("no {} {path} here", request.method())).at("path").answer(),
            Asset::answer,
        ))
    }
}

/// A journal entry as one JSON object; field order is fixed.
pub fn entry_json(entry: &Entry) -> Value {
    let mut value = json!({"seq": entry.seq, "at": entry.at.to_string()});
    let more = match &entry.what {
        What::Call { from, to, name, line, request, status, answer } => json!({
            "kind": "call", "from": from, "to": to, "name": name, "line": line,
            "request": request, "status": status, "answer": answer,
        }),
        What::File { who, op, path, bytes, text } => {
            json!({"kind": "file", "who": who, "op": op, "path": path, "bytes": bytes, "text": text})
        }
        What::Change { who, place, subject, before, after } => {
            json!({"kind": "change", "who": who, "place": place, "subject": subject, "before": before, "after": after})
        }
        What::Note { who, text } => json!({"kind": "note", "who": who, "text": text}),
    };
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    value
}

#[cfg(test)]
mod api_tests;
#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told_apart_tests;
