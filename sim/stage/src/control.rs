//! The stage's own surface under `serve`: a page for people, and as much of a control API as `serve` needs.

use crate::parts::Parts;
use crate::surface::locked;
use serde_json::{Value, json};
use standin_fake_kit::{answer, knobs::span};
use standin_ports::{Clock, Entry, Http, HttpError, Request, Response, What};
use std::sync::{Arc, Weak};

/// How many journal entries the page shows.
const SHOWN: usize = 200;

/// The surface behind `STANDIN_URL`.
pub struct Control(Weak<Parts>);

impl Control {
    /// The control surface of a world.
    pub fn new(parts: &Arc<Parts>) -> Self {
        Self(Arc::downgrade(parts))
    }
}

#[async_trait::async_trait]
impl Http for Control {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let Some(parts) = self.0.upgrade() else {
            return Err(HttpError::Broken { host: String::new(), why: "the world has ended".to_owned() });
        };
        let path = request.uri().path().to_owned();
        Ok(match (request.method().as_str(), path.as_str()) {
            ("GET", "/") => answer::html(200, page(&parts)),
            ("GET", "/health") => reply(200, &json!({"ok": true, "now": parts.clock.now().to_string()})),
            ("GET", "/state") => reply(200, &state(&parts)),
            ("GET", "/journal") => answer::with_body(200, "application/x-ndjson", lines(&parts)),
            ("POST", "/advance") => advance(&parts, &request).await,
            ("POST", "/stop-job") => stop_job(&parts, &request),
            _ => reply(404, &json!({"error": format!("no {} {path} here", request.method())})),
        })
    }
}

async fn advance(parts: &Parts, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    match body["by"].as_str().and_then(span) {
        Some(by) => {
            parts.advance(by).await;
            reply(200, &json!({"now": parts.clock.now().to_string()}))
        }
        None => reply(400, &json!({"error": "send {\"by\": \"30s\"}: a number and one of ms, s, min, h, d"})),
    }
}

/// The console's button that no method of the API has.
fn stop_job(parts: &Parts, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let Some(id) = body["id"].as_str() else {
        return reply(400, &json!({"error": "send {\"id\": \"...\"}: the id of a job"}));
    };
    match locked(&parts.gigya).stop_job(parts.clock.now(), id) {
        true => reply(200, &json!({"stopped": id})),
        false => reply(404, &json!({"error": "no such job is running"})),
    }
}

fn reply(status: u16, value: &Value) -> Response {
    answer::with_body(status, "application/json", value.to_string())
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

fn page(parts: &Parts) -> String {
    let (accounts, contacts) = (locked(&parts.gigya).accounts(), locked(&parts.eloqua).contacts());
    let files = locked(&parts.files).files();
    let row = |cells: &[&str]| {
        format!(
            "<tr>{}</tr>",
            cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect::<String>()
        )
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let people: String = accounts
        .iter()
        .take(SHOWN)
        .map(|account| {
            let profile = &account["profile"];
            row(&[
                &text(&account["UID"]),
                &text(&profile["email"]),
                &text(&profile["firstName"]),
                &text(&profile["city"]),
            ])
        })
        .collect();
    let crm: String = contacts
        .iter()
        .take(SHOWN)
        .map(|contact| {
            row(&[
                &text(&contact["C_Gigya_UID1"]),
                &text(&contact["C_EmailAddress"]),
                &text(&contact["C_FirstName"]),
                &text(&contact["C_City"]),
            ])
        })
        .collect();
    let drop: String =
        files.iter().take(SHOWN).map(|(path, size, _)| row(&[path, &size.to_string()])).collect();
    let entries = parts.journal.entries();
    let journal: String =
        entries.iter().rev().take(SHOWN).map(|entry| row(&[&entry.at.to_string(), &told(entry)])).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>standin</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>\
         body{{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:72rem;color-scheme:light dark}}\
         table{{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}}\
         td,th{{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:anywhere}}\
         h2{{font-size:1.1rem;margin:1.5rem 0 0}}</style></head><body>\
         <h1>standin</h1><p>It is {now} on this stage. {people_count} accounts, {contact_count} contacts, {file_count} files.</p>\
         <h2>Gigya</h2><table><tr><th>UID<th>e-mail<th>first name<th>city</tr>{people}</table>\
         <h2>Eloqua</h2><table><tr><th>C_Gigya_UID1<th>C_EmailAddress<th>C_FirstName<th>C_City</tr>{crm}</table>\
         <h2>Drop</h2><table><tr><th>file<th>bytes</tr>{drop}</table>\
         <h2>Journal, newest first</h2><table>{journal}</table></body></html>",
        now = parts.clock.now(),
        people_count = accounts.len(),
        contact_count = contacts.len(),
        file_count = files.len(),
    )
}

fn told(entry: &Entry) -> String {
    match &entry.what {
        What::Call { from, to, name, status, .. } => format!("{from} -> {to}: {name} ({status})"),
        What::File { who, op, path, bytes, .. } => format!("{who}: {op} {path}, {bytes} bytes"),
        What::Change { who, place, subject, before, after } => {
            let cut = |text: &str| text.chars().take(120).collect::<String>();
            format!("{who}: {place} for {subject}: {} -> {}", cut(before), cut(after))
        }
        What::Note { who, text } => format!("{who}: {text}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
