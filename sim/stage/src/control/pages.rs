//! What the stage's own pages ask for, and whoever wants to know whether a server is up. It is told of one world: the
//! first, or the one that a request names in its header or its host.

use super::operation::{Answer, JSON, LINES, Param, check_query, json, left, number, with};
use super::problem::{BROKEN, CONFLICT, METHOD, Problem, UNKNOWN, WRONG};
use super::{entry_json, person, places};
use crate::clock::LONGEST;
use crate::parts::{Parts, Sockets};
use crate::surface::locked;
use serde_json::{Value, json as value};
use standin_fake_kit::form::Form;
use standin_fake_kit::knobs::span;
use standin_ports::{Clock, Request, Response};
use std::sync::Arc;

/// How many entries and people an answer has at most.
pub(super) const MOST: usize = 500;
/// How many of the last entries are searched.
pub(super) const SEARCHED: u64 = 5_000;
/// How much of one body is shown, in characters; the journal has more.
const SHOWN: usize = 4_000;

/// Whole numbers that a program in any language can hold.
const NUMBER: &str = r#"{"type": "integer", "minimum": 0, "maximum": 9007199254740991}"#;
const MOST_NUMBER: u64 = (1 << 53) - 1;

/// One thing that is asked for.
pub struct Page {
    /// Its name.
    pub name: &'static str,
    /// How it is asked for.
    pub method: &'static str,
    /// Where.
    pub path: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it takes.
    pub params: &'static [Param],
    /// What body it reads: kind and schema.
    pub body: &'static [(&'static str, &'static str)],
    /// Its answer where it is done.
    pub answer: Answer,
    /// What it refuses beside what all refuse.
    pub refuses: &'static [u16],
    run: fn(&Asked) -> Result<Response, Problem>,
}

/// All of them, in the order of the description.
pub const PAGES: &[Page] = &[UP, ADVANCE, STATE, JOURNAL, PULSE, PLACES, PEOPLE, PERSON, ENTRIES, ENTRY];

struct Asked {
    parts: Arc<Parts>,
    sockets: Option<Sockets>,
    query: Form,
    request: Request,
}

impl Page {
    /// Answers a request to its path.
    pub(super) async fn answer(
        &'static self,
        parts: Arc<Parts>,
        sockets: Option<Sockets>,
        request: Request,
    ) -> Response {
        let method = if request.method() == http::Method::HEAD { "GET" } else { request.method().as_str() };
        if method != self.method {
            let what = format!("{} does not answer to {}", self.path, request.method());
            return Problem::new(&METHOD, what).allowing(self.method);
        }
        // A long journal takes its time, and nobody else is to wait for that.
        let work = crate::world::runtime().spawn_blocking(move || {
            let query = Form::query(&request);
            check_query(&query, self.params)?;
            (self.run)(&Asked { parts, sockets, query, request })
        });
        let broken = |error| Err(Problem::new(&BROKEN, format!("the answer ended early: {error}")));
        work.await.unwrap_or_else(broken).unwrap_or_else(|problem| problem.answer())
    }
}

const fn told(schema: &'static str, summary: &'static str) -> Answer {
    Answer { status: 200, kind: JSON, schema, summary }
}

const fn optional(name: &'static str, schema: &'static str, summary: &'static str) -> Param {
    Param { name, place: "query", schema, summary, needed: false }
}

/// Where everybody may ask.
pub const HEALTH: &str = "/health";

const UP: Page = Page {
    name: "health",
    method: "GET",
    path: HEALTH,
    summary: "tells that the server is up; nobody needs a token to ask",
    params: &[],
    body: &[],
    answer: told("Health", "it is, and what time it is in the world"),
    refuses: &[404],
    run: |asked| Ok(json(200, &value!({"ok": true, "now": asked.parts.clock.now().to_string()}))),
};

const ADVANCE: Page = Page {
    name: "advance",
    method: "POST",
    path: "/advance",
    summary: "lets time pass as advance_clock does, in the world that the page shows",
    params: &[],
    body: &[(JSON, "Span")],
    answer: told("Now", "what time it is then"),
    refuses: &[404, 409],
    run: advance,
};

const STATE: Page = Page {
    name: "state",
    method: "GET",
    path: "/state",
    summary: "tells the state of all platforms and of the drop at once",
    params: &[],
    body: &[],
    answer: told("State", "the state"),
    refuses: &[404],
    run: |asked| Ok(json(200, &state(&asked.parts))),
};

const JOURNAL: Page = Page {
    name: "journal",
    method: "GET",
    path: "/journal",
    summary: "reads the whole journal, one JSON object a line",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: LINES, schema: "Lines", summary: "the entries, oldest first" },
    refuses: &[404],
    run: |asked| Ok(with(200, LINES, lines(&asked.parts))),
};

const PULSE: Page = Page {
    name: "pulse",
    method: "GET",
    path: "/pulse",
    summary: "tells whether anything has happened",
    params: &[],
    body: &[],
    answer: told("Pulse", "the time, and the position of the journal's next entry"),
    refuses: &[404],
    run: |asked| {
        let parts = &asked.parts;
        Ok(json(200, &value!({"now": parts.clock.now().to_string(), "next": parts.journal.mark()})))
    },
};

const PLACES: Page = Page {
    name: "places",
    method: "GET",
    path: "/places",
    summary: "tells where everything is, by address and by name",
    params: &[],
    body: &[],
    answer: told("Objects", "the places, in the order in which somebody's data comes by"),
    refuses: &[404],
    run: |asked| Ok(json(200, &places::all(&asked.parts, asked.sockets.as_ref()))),
};

const PEOPLE: Page = Page {
    name: "people",
    method: "GET",
    path: "/people",
    summary: "lists whom the platforms know",
    params: &[optional(
        "search",
        r#"{"type": "string"}"#,
        "only those who have this text in their name or address",
    )],
    body: &[],
    answer: told("People", "the people, at most 500 of them"),
    refuses: &[404],
    run: |asked| Ok(json(200, &person::list(&asked.parts, asked.query.get("search").unwrap_or_default()))),
};

const PERSON: Page = Page {
    name: "person",
    method: "GET",
    path: "/person",
    summary: "follows one person through all platforms",
    params: &[optional("who", r#"{"type": "string"}"#, "the UID or the e-mail address")],
    body: &[],
    answer: told("Object", "what each platform has of that person"),
    refuses: &[404],
    run: |asked| Ok(json(200, &person::follow(&asked.parts, asked.query.get("who").unwrap_or_default()))),
};

const ENTRIES: Page = Page {
    name: "entries",
    method: "GET",
    path: "/entries",
    summary: "reads the last entries of the journal, with long texts cut",
    params: &[
        optional("after", NUMBER, "only entries after this position"),
        optional("limit", NUMBER, "at most so many, and never more than 500"),
        optional("search", r#"{"type": "string"}"#, "only those of the last 5000 that have this text"),
    ],
    body: &[],
    answer: told("Entries", "the entries, oldest first"),
    refuses: &[404],
    run: |asked| entries(&asked.parts, &asked.query).map(|entries| json(200, &entries)),
};

const ENTRY: Page = Page {
    name: "entry",
    method: "GET",
    path: "/entry",
    summary: "reads one entry of the journal, with all that it has",
    params: &[Param {
        name: "seq",
        place: "query",
        schema: NUMBER,
        summary: "the entry's position",
        needed: true,
    }],
    body: &[],
    answer: told("Entry", "the entry"),
    refuses: &[404],
    run: |asked| {
        let seq = number(&asked.query, "seq", 0, MOST_NUMBER)?;
        let missing =
            || Problem::new(&UNKNOWN, "the journal has no such entry, or no longer").at("query: seq");
        Ok(json(200, &entry_json(&asked.parts.journal.entry(seq).ok_or_else(missing)?)))
    },
};

fn advance(asked: &Asked) -> Result<Response, Problem> {
    let Asked { parts, request, .. } = asked;
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let by = body["by"].as_str().and_then(span).ok_or_else(|| {
        Problem::new(&WRONG, "send {\"by\": \"30s\"}: a number and one of ms, s, min, h, d").at("body: by")
    })?;
    if by > LONGEST {
        let by = body["by"].as_str().unwrap_or_default();
        let what = format!("{by} is more than the ten years that may pass at once");
        return Err(Problem::new(&WRONG, what).at("body: by"));
    }
    match pollster::block_on(parts.advance_for(&left(request), by)) {
        true => Ok(json(200, &value!({"now": parts.clock.now().to_string()}))),
        false => Err(Problem::new(&CONFLICT, "the world was taken back while time passed")),
    }
}

/// Entries from position `after` on, or the last ones that have the text `search`: at most `limit` of them, bodies
/// cut short.
fn entries(parts: &Parts, query: &Form) -> Result<Value, Problem> {
    let limit = number(query, "limit", MOST as u64, MOST_NUMBER)?;
    let limit = usize::try_from(limit).unwrap_or(MOST).min(MOST);
    let sought = query.get("search").unwrap_or_default().trim().to_lowercase();
    let next = parts.journal.mark();
    let span = if sought.is_empty() { limit as u64 } else { SEARCHED };
    let after = number(query, "after", 0, MOST_NUMBER)?;
    let from = after.max(next.saturating_sub(span.saturating_add(1))) + 1;
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
    Ok(value!({"entries": found, "left_out": surplus, "next": next, "forgotten": parts.journal.forgotten()}))
}

/// An entry whose long texts are cut.
pub(super) fn brief(mut entry: Value) -> Value {
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

fn state(parts: &Parts) -> Value {
    let files = locked(&parts.files).files();
    value!({
        "now": parts.clock.now().to_string(),
        "accounts": locked(&parts.gigya).accounts(),
        "gigya_sessions": locked(&parts.gigya).sessions(parts.clock.now()),
        "contacts": locked(&parts.eloqua).contacts(),
        "runs": locked(&parts.eloqua).runs(),
        "pushes": locked(&parts.qualifio).pushes(),
        "files": files.iter().map(|(path, size, at)| value!({"path": path, "size": size, "modified": at.to_string()}))
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
