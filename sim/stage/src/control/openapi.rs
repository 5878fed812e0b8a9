//! The description of the control API: an OpenAPI 3.1 document, written from the list of operations.

use super::operation::{Answer, Operation, Param};
use super::operations::{OPERATIONS, VIEWS};
use super::pages::{HEALTH, PAGES, Page};
use super::problem::KINDS;
use super::worlds::Hosting;
use crate::step::{Arg, Takes, between};
use crate::steps::FAULT;
use crate::world::SECTIONS;
use serde_json::{Map, Value, json};
use standin_fake_kit::faults::rule::{CHANCE, one_kind};
use standin_fake_kit::seed::members;

/// Bodies that need not be there.
const OPTIONAL: &[&str] = &["NewWorld", "NewName", "DataflowRun", "Bytes"];

/// How a span of time is written.
const SPAN: &str = "^[0-9]{1,6} ?(ms|s|min|m|h|d)$";

/// The whole document.
pub fn document(hosting: &Hosting) -> Value {
    let mut paths = Map::new();
    for told in OPERATIONS.iter().map(Told::from).chain(PAGES.iter().map(Told::from)) {
        let path = paths.entry(told.path).or_insert_with(|| json!({}));
        path[told.method.to_ascii_lowercase()] = one(&told, hosting);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "standin",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Worlds of stand-ins for Gigya, Qualifio and Eloqua: made, seeded, watched, disturbed and reset from test suites in any language. A request to a platform reaches the world whose credential it shows, or the one that its header Standin-World names.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas(hosting)},
    });
    if hosting.token.is_some() {
        document["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
        document["security"] = json!([{"token": []}]);
    }
    document
}

/// What is described.
struct Told {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    params: &'static [Param],
    body: &'static [(&'static str, &'static str)],
    answer: &'static Answer,
    refuses: &'static [u16],
    tag: &'static str,
}

impl From<&'static Operation> for Told {
    fn from(it: &'static Operation) -> Self {
        let Operation { name, method, path, summary, params, body, answer, refuses, .. } = it;
        Self { name, method, path, summary, params, body, answer, refuses, tag: "worlds" }
    }
}

impl From<&'static Page> for Told {
    fn from(it: &'static Page) -> Self {
        let Page { name, method, path, summary, params, body, answer, refuses, .. } = it;
        Self { name, method, path, summary, params, body, answer, refuses, tag: "pages" }
    }
}

fn one(operation: &Told, hosting: &Hosting) -> Value {
    let parts = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut params: Vec<Value> = parts
        .map(|name| {
            let longest = if name == "snapshot" {
                json!({"type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,100}$"})
            } else {
                json!({"type": "string", "minLength": 1})
            };
            json!({"name": name, "in": "path", "required": true, "schema": longest})
        })
        .collect();
    params.extend(operation.params.iter().map(|param| {
        let schema: Value = serde_json::from_str(param.schema).unwrap_or_default();
        json!({"name": param.name, "in": param.place, "required": param.needed, "description": param.summary,
            "schema": schema})
    }));
    let mut responses = Map::new();
    let answer = operation.answer;
    let mut done = json!({"description": answer.summary});
    if !answer.kind.is_empty() {
        done["content"] = json!({answer.kind: {"schema": reference(answer.schema)}});
    }
    responses.insert(answer.status.to_string(), done);
    let always = [400, 405, 500];
    let guard = if hosting.token.is_some() { 401 } else { 421 };
    let foreign = (operation.method != "GET").then_some(403);
    let mut refusals: Vec<u16> =
        always.iter().chain(operation.refuses).copied().chain([guard]).chain(foreign).collect();
    refusals.sort_unstable();
    for status in refusals {
        let titles: Vec<&str> =
            KINDS.iter().filter(|kind| kind.status == status).map(|kind| kind.title).collect();
        responses.insert(
            status.to_string(),
            json!({"description": titles.join("; "),
                "content": {"application/problem+json": {"schema": reference("Problem")}}}),
        );
    }
    let mut value = json!({
        "operationId": operation.name, "summary": operation.summary, "tags": [operation.tag],
        "parameters": params, "responses": responses,
    });
    if operation.path == HEALTH {
        value["security"] = json!([]);
    }
    if !operation.body.is_empty() {
        let content: Map<String, Value> = operation
            .body
            .iter()
            .map(|(kind, schema)| ((*kind).to_owned(), json!({"schema": reference(schema)})))
            .collect();
        value["requestBody"] =
            json!({"content": content, "required": !OPTIONAL.contains(&operation.body[0].1)});
    }
    value
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// What may also be null, which says as little as nothing.
fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn schemas(hosting: &Hosting) -> Value {
    let instant = || json!({"type": "string", "format": "date-time"});
    let words = |names: &[&str]| json!({"enum": names});
    let text = || json!({"type": "string"});
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    let count = || json!({"type": "integer", "minimum": 0});
    let brief =
        json!({"name": reference("WorldName"), "seed": count(), "now": instant(), "pace": reference("Pace")});
    let mut whole = brief.clone();
    let more = json!({
        "header": object(json!({"Standin-World": reference("WorldName")}), &["Standin-World"]),
        "credentials": {"type": "object", "additionalProperties": texts(),
            "description": "what leads to this world when a client shows it, by kind"},
        "environment": {"type": "object", "additionalProperties": text(),
            "description": "addresses and credentials by the names that `standin serve` prints"},
        "dataflows": texts(), "snapshots": texts(),
    });
    if let (Some(whole), Some(more)) = (whole.as_object_mut(), more.as_object()) {
        whole.extend(more.clone());
    }
    let all: Vec<&str> =
        whole.as_object().into_iter().flat_map(|members| members.keys().map(String::as_str)).collect();
    let mut sections = members(SECTIONS);
    sections.insert("from".to_owned(), text());
    sections.insert("seed".to_owned(), count());
    sections.insert("knobs".to_owned(), json!({"type": "object"}));
    sections.insert(
        "dataflows".to_owned(),
        json!({"type": "object", "additionalProperties": {"type": ["string", "object"]},
            "description": "documents, or files below the folder that the server was started in"}),
    );
    let kinds: Vec<String> = KINDS.iter().map(|kind| format!("urn:standin:problem:{}", kind.name)).collect();
    let views: Vec<&str> = VIEWS.iter().map(|view| view.name).collect();
    json!({
        "Description": {"type": "object", "required": ["openapi", "info", "paths", "components"]},
        "Problem": object(json!({
            "type": {"enum": kinds}, "title": text(), "status": {"type": "integer"},
            "detail": {"type": "string", "description": "what is wrong"},
            "at": {"type": "string", "description": "where in the request"},
            "hint": {"type": "string", "description": "what to do about it"},
        }), &["type", "title", "status", "detail"]),
        "WorldName": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"},
        "Pace": {"enum": ["still", "wall", "running"],
            "description": "`still`: time stands until it is let pass; `wall`: as on the wall; `running`: as fast as on the wall, from what it showed"},
        "WorldList": object(json!({
            "worlds": {"type": "array", "items": object(brief, &["name", "seed", "now", "pace"])}, "most": count(),
        }), &["worlds", "most"]),
        "World": object(whole.clone(), &all),
        "NewWorld": object(json!({
            "name": or_null(reference("WorldName")),
            "seed": {"type": ["integer", "null"], "minimum": 0, "maximum": 9_007_199_254_740_991_u64,
                "description": "where identifiers start; each world has another if none is given"},
            "credentials": {"enum": ["own", "as_written", null],
                "description": "`own`: keys, sites and users get the world's name behind theirs, so that they lead to it; `as_written`: they stay, and lead to whichever world had them first"},
            "world": or_null(object(Value::Object(sections), &[])),
        }), &[]),
        "WorldText": {"type": "string", "description": "a world file, or a scenario whose `world` is meant"},
        "NewName": object(json!({"name": or_null(reference("WorldName"))}), &[]),
        "SnapshotList": object(json!({
            "snapshots": {"type": "array", "items": object(json!({"name": text(), "now": instant()}), &["name", "now"])},
            "most": count(),
        }), &["snapshots", "most"]),
        "Clock": object(json!({
            "now": instant(), "pace": reference("Pace"),
            "next_due": {"anyOf": [instant(), {"type": "null"}]},
        }), &["now", "pace", "next_due"]),
        "ClockPace": object(json!({"pace": reference("Pace")}), &["pace"]),
        "Passing": {
            "oneOf": [
                object(json!({
                    "by": {"type": "string", "pattern": SPAN, "description": "how long: 30s, 5min, 2h, 7d"},
                    "to": {"type": "null"},
                }), &["by"]),
                object(json!({"to": instant(), "by": {"type": "null"}}), &["to"]),
            ],
        },
        "ViewList": object(json!({"views": {"type": "array", "items": object(
            json!({"name": words(&views), "summary": text(), "total": count()}), &["name", "summary", "total"],
        )}}), &["views"]),
        "Items": object(json!({
            "view": words(&views), "total": count(), "items": {"type": "array", "items": {"type": "object"}},
            "next": {"anyOf": [count(), {"type": "null"}]},
        }), &["view", "total", "items", "next"]),
        "Bytes": {"type": "string", "format": "binary"},
        "KnobValue": object(json!({"value": text()}), &["value"]),
        "Fault": fault(),
        "FaultAdded": object(json!({"fault": text()}), &["fault"]),
        "Lines": {"type": "string", "description": "one Entry a line"},
        "Entry": {
            "type": "object",
            "required": ["seq", "at", "kind"],
            "properties": {"seq": count(), "at": instant(), "kind": {"enum": ["call", "file", "change", "note"]}},
        },
        "Events": {"type": "string",
            "description": "events `entry` with an Entry as data; `gap` where the journal has forgotten some; `reset` where the world has gone back to an earlier state"},
        "ScenarioText": {"type": "string", "description": "a scenario file"},
        "ScenarioBody": {"type": "object", "required": ["scenario", "steps"],
            "description": "a scenario in JSON: `standin list schema scenario`",
            "properties": {"scenario": text(), "steps": {"type": "array", "minItems": 1, "items": {"type": ["string", "object"]}}}},
        "DataflowRun": object(json!({
            "full": {"type": "boolean"}, "limit": count(), "expect": {"enum": ["succeeded", "failed"]},
        }), &[]),
        "Report": report(hosting),
        "Health": object(json!({"ok": {"const": true}, "now": instant()}), &["ok", "now"]),
        "Now": object(json!({"now": instant()}), &["now"]),
        "Span": {"type": "object", "required": ["by"],
            "properties": {"by": {"type": "string", "pattern": SPAN, "description": "how long: 30s, 5min, 2h, 7d"}}},
        "State": {"type": "object", "required": ["now", "accounts", "contacts", "pushes", "files"]},
        "Pulse": object(json!({"now": instant(), "next": count()}), &["now", "next"]),
        "Object": {"type": "object"},
        "Objects": {"type": "array", "items": {"type": "object"}},
        "People": {"type": "object", "required": ["people", "total"]},
        "Entries": object(json!({
            "entries": {"type": "array", "items": reference("Entry")}, "left_out": count(), "next": count(),
            "forgotten": count(),
        }), &["entries", "left_out", "next", "forgotten"]),
    })
}

/// A rule, as the step of scenarios takes it.
fn fault() -> Value {
    let of_kind = |takes: Takes| match takes {
        Takes::Number => between(0, u64::MAX),
        Takes::Between(least, most) => between(least, most),
        Takes::Flag => json!({"type": "boolean"}),
        Takes::Word(words) => json!({"enum": words}),
        Takes::Span => json!({"type": "string", "pattern": SPAN}),
        Takes::Text => json!({"type": "string"}),
        _ => json!({}),
    };
    let one = |arg: &Arg| {
        let value = match arg.name {
            "chance" => json!({"type": "string", "pattern": CHANCE}),
            "from" | "until" => {
                json!({"type": "string", "anyOf": [{"format": "date-time"}, {"pattern": SPAN}]})
            }
            _ => of_kind(arg.takes),
        };
        let mut schema = if arg.needed { value } else { or_null(value) };
        schema["description"] = Value::from(arg.summary);
        (arg.name.to_owned(), schema)
    };
    let members: Map<String, Value> = FAULT.args.iter().map(one).collect();
    let needed: Vec<&str> = FAULT.args.iter().filter(|arg| arg.needed).map(|arg| arg.name).collect();
    let mut rule = object(Value::Object(members), &needed);
    rule["allOf"] = json!([one_kind(None)]);
    rule
}

/// The report's schema, which refers to parts of its own: they are told that they stand deeper here.
fn report(hosting: &Hosting) -> Value {
    fn moved(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(to)) = members.get_mut("$ref")
                    && let Some(part) = to.strip_prefix("#/$defs/")
                {
                    *to = format!("#/components/schemas/Report/$defs/{part}");
                }
                members.remove("$schema");
                members.values_mut().for_each(moved);
            }
            Value::Array(items) => items.iter_mut().for_each(moved),
            _ => {}
        }
    }
    let mut schema = (hosting.report_schema)();
    moved(&mut schema);
    schema
}
