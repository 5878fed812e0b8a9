//! The stage's own surface under `serve`: pages for people, and the control API for test suites in any language.
//!
//! - [`worlds`]: the worlds of one server, and how a request finds its own; [`credentials`]: by what.
//! - [`operation`], [`operations`]: what the API does; [`openapi`]: its description; [`problem`]: its refusals.
//! - `events`: a journal as server-sent events.
//! - `token`: who may call a server that others can reach.
//! - `routed`: a platform's socket before many worlds.
//! - `person`: one person on all platforms.
//! - `places`: where everything is.

pub mod credentials;
mod events;
pub mod openapi;
pub mod operation;
pub mod operations;
mod person;
mod places;
pub mod problem;
pub(crate) mod routed;
mod token;
pub mod worlds;

use crate::clock::LONGEST;
use crate::parts::{Parts, Sockets};
use crate::surface::locked;
use http::{HeaderValue, Method, header};
use problem::{BROKEN, FOREIGN, MISDIRECTED, NO_TOKEN, Problem};
use serde_json::{Value, json};
use standin_fake_kit::asset::{self, Asset, CSS, HTML, JAVASCRIPT, OWN_HOST_ONLY};
use standin_fake_kit::form::Form;
use standin_fake_kit::{answer, console, knobs::span, origin};
use standin_ports::{Clock, Entry, Http, HttpError, Request, Response, What};
use std::sync::{Arc, OnceLock, Weak};
use worlds::Worlds;

/// How many entries and people an answer of the pages has at most.
const MOST: usize = 500;
/// How many of the last entries are searched.
const SEARCHED: u64 = 5_000;
/// How much of one body the pages show, in characters; the journal has more.
const SHOWN: usize = 4_000;

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
            Some(_) if request.uri().path() == "/health" => {}
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
        let path = request.uri().path().to_owned();
        let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
        Ok(match (method, path.as_str()) {
            ("GET", "/health") => reply(200, &json!({"ok": true, "now": parts.clock.now().to_string()})),
            ("POST", "/advance") => advance(&parts, &request).await,
            ("GET", _) => {
                // A long journal takes its time, and nobody else is to wait for that.
                let sockets = Arc::clone(&self.sockets);
                let work = move || shown(&parts, sockets.get(), &path, &Form::query(&request));
                let broken =
                    |error| Problem::new(&BROKEN, format!("the answer ended early: {error}")).answer();
                crate::world::runtime().spawn_blocking(work).await.unwrap_or_else(broken)
            }
            (method, _) => nothing(method, &path),
        })
    }
}

/// What a page asks for, or the page itself.
fn shown(parts: &Parts, sockets: Option<&Sockets>, path: &str, query: &Form) -> Response {
    match path {
        "/state" => reply(200, &state(parts)),
        "/journal" => {
            let mut journal = answer::with_body(200, "application/x-ndjson", lines(parts));
            asset::guard(journal.headers_mut(), OWN_HOST_ONLY);
            journal
        }
        "/pulse" => reply(200, &pulse(parts)),
        "/places" => reply(200, &places::all(parts, sockets)),
        "/people" => reply(200, &person::list(parts, query.get("search").unwrap_or_default())),
        "/person" => reply(200, &person::follow(parts, query.get("who").unwrap_or_default())),
        "/entries" => reply(200, &entries(parts, query)),
        "/entry" => entry(parts, query),
        _ => {
            let found = asset::find(ASSETS, path).or_else(|| asset::find(console::ASSETS, path));
            found.map_or_else(|| nothing("GET", path), Asset::answer)
        }
    }
}

fn nothing(method: &str, path: &str) -> Response {
    reply(404, &json!({"error": format!("no {method} {path} here")}))
}

/// What a page asks for again and again, to see whether anything happened.
fn pulse(parts: &Parts) -> Value {
    json!({"now": parts.clock.now().to_string(), "next": parts.journal.mark()})
}

/// Entries from position `after` on, or the last ones that have the text `search`: at most `limit` of them, bodies
/// cut short.
fn entries(parts: &Parts, query: &Form) -> Value {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let limit = number("limit").and_then(|it| usize::try_from(it).ok()).unwrap_or(MOST).min(MOST);
    let sought = query.get("search").unwrap_or_default().trim().to_lowercase();
    let next = parts.journal.mark();
    let span = if sought.is_empty() { limit as u64 } else { SEARCHED };
    let from = number("after").unwrap_or(0).max(next.saturating_sub(span.saturating_add(1))) + 1;
    let mut found: Vec<Value> = parts
        .journal
        .since(from)
        .iter()
        .map(entry_json)
        .filter(|entry| sought.is_empty() || entry.to_string().to_lowercase().contains(&sought))
        .map(brief)
        .collect();
    let surplus = found.len().saturating_sub(limit);
    found.drain(..surplus);
    json!({"entries": found, "left_out": surplus, "next": next, "forgotten": parts.journal.forgotten()})
}

/// One entry, with all that the journal has of it.
fn entry(parts: &Parts, query: &Form) -> Response {
    let seq = query.get("seq").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    parts.journal.entry(seq).map_or_else(
        || reply(404, &json!({"error": "the journal has no such entry, or no longer"})),
        |entry| reply(200, &entry_json(&entry)),
    )
}

/// An entry whose long texts are cut.
fn brief(mut entry: Value) -> Value {
    for value in entry.as_object_mut().into_iter().flat_map(|members| members.values_mut()) {
        if let Value::String(text) = value
            && let Some((at, _)) = text.char_indices().nth(SHOWN)
        {
            text.truncate(at);
            text.push('\u{2026}');
        }
    }
    entry
}

async fn advance(parts: &Parts, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    match body["by"].as_str().and_then(span) {
        Some(by) if by > LONGEST => {
            let by = body["by"].as_str().unwrap_or_default();
            reply(400, &json!({"error": format!("{by} is more than the ten years that may pass at once")}))
        }
        Some(by) => match parts.advance_unless_undone(by).await {
            true => reply(200, &json!({"now": parts.clock.now().to_string()})),
            false => reply(409, &json!({"error": "the world was taken back while time passed"})),
        },
        None => reply(400, &json!({"error": "send {\"by\": \"30s\"}: a number and one of ms, s, min, h, d"})),
    }
}

fn reply(status: u16, value: &Value) -> Response {
    let mut response = answer::with_body(status, "application/json", value.to_string());
    asset::guard(response.headers_mut(), OWN_HOST_ONLY);
    response
}

fn state(parts: &Parts) -> Value {
    let files = locked(&parts.files).files();
    json!({
        "now": parts.clock.now().to_string(),
        "accounts": locked(&parts.gigya).accounts(),
        "gigya_sessions": locked(&parts.gigya).sessions(parts.clock.now()),
        "contacts": locked(&parts.eloqua).contacts(),
        "runs": locked(&parts.eloqua).runs(),
        "pushes": locked(&parts.qualifio).pushes(),
        "files": files.iter().map(|(path, size, at)| json!({"path": path, "size": size, "modified": at.to_string()}))
            .collect::<Vec<_>>(),
    })
}

fn lines(parts: &Parts) -> String {
    let mut text = String::new();
    for entry in parts.journal.entries() {
        text.push_str(&entry_json(&entry).to_string());
        text.push('\n');
    }
    text
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
