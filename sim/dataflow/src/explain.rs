//! What a document does, for a reader: its graph as a tree, and every step with the component list's own words.

mod drawing;

pub use drawing::svg;

use crate::components::record_evaluate::source_of;
use crate::document::{Document, Step};
use serde_json::Value;
use standin_ports::journal::hidden;
use std::fmt::Write;

/// Parameters longer than this are cut.
const SHOWN: usize = 100;

/// Parameters that the service masks when a flow is read, and others that are secret by nature.
const SECRETS: [&str; 13] = [
    "accesskey",
    "accesstoken",
    "accountkey",
    "clientsecret",
    "passphrase",
    "password",
    "pgpkey",
    "pgpkey.importedprivatekey",
    "privatekey",
    "refreshtoken",
    "secret",
    "secretkey",
    "token",
];

/// What stands in place of a secret when a flow is read.
pub const MASK: &str = "********";

/// Whether a parameter of a component is a secret; an API key is one where it is not the public key of a site.
pub fn is_secret(kind: &str, param: &str) -> bool {
    let param = param.to_ascii_lowercase();
    SECRETS.contains(&param.as_str()) || (param == "apikey" && !kind.contains(".gigya."))
}

impl Document {
    /// Secrets that the service left out, as ``password of `sftp` ``.
    pub fn masked_secrets(&self) -> Vec<String> {
        let mut found = Vec::new();
        for step in &self.steps {
            for (name, value) in &step.params {
                if value == MASK {
                    found.push(format!("{name} of `{}`", step.id));
                }
            }
        }
        found
    }
}

/// The graph as a tree, then each step in the order in which the job runs it.
pub fn explain(document: &Document) -> String {
    let mut out = format!("{}\n", document.name);
    let state = if document.status.is_empty() { "no status" } else { &document.status };
    let _ = writeln!(out, "{state}, {} steps, in the order in which they run:\n", document.steps.len());
    let mut seen = vec![false; document.steps.len()];
    for entry in &document.graph.entries {
        let _ = writeln!(out, "{}", named(&document.steps[*entry]));
        seen[*entry] = true;
        branch(document, *entry, "", &mut seen, &mut out);
    }
    for index in &document.graph.order {
        out.push('\n');
        step(document, &document.steps[*index], &mut out);
    }
    out
}

fn named(step: &Step) -> String {
    // Quotes, since blanks at the ends of an id count.
    format!("`{}` {}", step.id, step.component.kind)
}

fn branch(document: &Document, from: usize, indent: &str, seen: &mut [bool], out: &mut String) {
    let step = &document.steps[from];
    let edges = step.next.iter().map(|to| (*to, "")).chain(step.error.iter().map(|to| (*to, "on error: ")));
    let edges: Vec<(usize, &str)> = edges.collect();
    for (index, (to, word)) in edges.iter().enumerate() {
        let (knot, below) = if index + 1 == edges.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let again = std::mem::replace(&mut seen[*to], true);
        let target = &document.steps[*to];
        if again {
            let _ = writeln!(out, "{indent}{knot}{word}`{}` (see above)", target.id);
        } else {
            let _ = writeln!(out, "{indent}{knot}{word}{}", named(target));
            branch(document, *to, &format!("{indent}{below}"), seen, out);
        }
    }
}

fn step(document: &Document, step: &Step, out: &mut String) {
    let _ = writeln!(out, "{}", named(step));
    let _ = writeln!(out, "  {}.", step.component.summary);
    for (name, value) in &step.params {
        let shown = param(step, name, value);
        let blank = if shown.starts_with('\n') { "" } else { " " };
        let _ = writeln!(out, "  {name} ={blank}{shown}");
    }
    for param in step.component.params {
        if !param.default.is_empty() && !step.params.contains_key(param.name) {
            let _ = writeln!(out, "  {} = {} (by default)", param.name, param.default);
        }
    }
    for (edges, word) in [(&step.next, "then"), (&step.error, "on error")] {
        if !edges.is_empty() {
            let ids: Vec<String> = edges.iter().map(|to| format!("`{}`", document.steps[*to].id)).collect();
            let _ = writeln!(out, "  {word}: {}", ids.join(", "));
        }
    }
}

/// Whether a parameter that the component does not have sounds like a secret.
fn sounds_secret(step: &Step, name: &str) -> bool {
    let known = step.component.params.iter().any(|param| param.name == name);
    let name = name.to_ascii_lowercase();
    !known && ["secret", "password", "passphrase", "token", "key"].iter().any(|word| name.contains(word))
}

fn param(step: &Step, name: &str, value: &Value) -> String {
    if is_secret(step.component.kind, name) || sounds_secret(step, name) {
        return match value {
            Value::String(text) if text.is_empty() => "(missing secret)".to_owned(),
            value if value == MASK => "(masked secret)".to_owned(),
            _ => "(secret)".to_owned(),
        };
    }
    if (step.component.kind, name) == ("record.evaluate", "script") {
        return script(value).unwrap_or_else(|| "(no script)".to_owned());
    }
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().map(|item| format!("\n    {}", cut(&row(item)))).collect()
        }
        Value::Array(items) => cut(&items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        other => cut(&plain(other)),
    }
}

/// The lines of a script.
fn script(value: &Value) -> Option<String> {
    let text = source_of(value.as_str().filter(|stored| !stored.trim().is_empty())?).ok()?;
    Some(text.lines().map(|line| format!("\n    {}", cut(line.trim_end()))).collect())
}

fn row(item: &Value) -> String {
    let Value::Object(members) = item else { return plain(item) };
    match (members.get("sourceField"), members.get("targetField")) {
        (Some(from), Some(to)) => format!("{} -> {}", plain(from), plain(to)),
        _ => {
            let names = ["paramName", "field", "targetField", "name"];
            let named = names.iter().filter_map(|name| members.get(*name)?.as_str());
            let secret = named.map(|path| path.rsplit('.').next().unwrap_or(path)).any(hidden);
            let shown = |(name, value): (&String, &Value)| match (name.as_str(), secret || hidden(name)) {
                ("value", true) => "value (secret)".to_owned(),
                (name, true) if hidden(name) => format!("{name} (secret)"),
                (name, _) => format!("{name} {}", plain(value)),
            };
            members.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
    }
}

/// A text with what cannot be seen written out, so that one value stays on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) if text.contains("://") => bare_url(text),
        Value::String(text) if text.trim() != text || text.contains(char::is_control) => value.to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An address without what may be a secret in it: a login before the host, and the query.
fn bare_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (place, query) = rest.split_once('?').map_or((rest, ""), |(place, _)| (place, "?…"));
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = host.rsplit_once('@').map_or(host.to_owned(), |(_, host)| format!("…@{host}"));
    format!("{scheme}://{host}{path}{query}")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = r#"{"name": "Members", "status": "draft", "steps": [
        {"id": "up", "type": "datasource.write.sftp", "params": {"host": "h", "username": "u", "password": "********"}},
        {"id": " csv", "type": "file.format.dsv", "params": {"fileName": "a.csv", "columnSeparator": "\t"}, "next": ["up"]},
        {"id": "bad", "type": "file.format.json", "params": {"fileName": "bad.json"}, "next": ["up"]},
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["name"]},
        {"id": "name", "type": "field.rename", "params": {"fields": [{"sourceField": "UID", "targetField": "ID"}]}, "next": [" csv"], "error": ["bad"]}
    ]}"#;

    fn document() -> Document {
        Document::parse(FLOW).unwrap_or_else(|problems| panic!("{problems:?}")).0
    }

    #[test]
    fn the_graph_is_a_tree_in_running_order() {
        let text = explain(&document());
        let expected = "\
Members
draft, 5 steps, in the order in which they run:

`read` datasource.read.gigya.account
└─ `name` field.rename
   ├─ ` csv` file.format.dsv
   │  └─ `up` datasource.write.sftp
   └─ on error: `bad` file.format.json
      └─ `up` (see above)
";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn steps_are_told_in_the_lists_words_and_secrets_are_not() {
        let text = explain(&document());
        for expected in [
            "\n`name` field.rename\n  Moves values to other names, in list order; emptied parents stay.\n  fields =\n    UID -> ID\n  then: ` csv`\n  on error: `bad`\n",
            "\n  columnSeparator = \"\\t\"\n",
            "\n  writeHeader = true (by default)\n",
            "\n  password = (masked secret)\n",
        ] {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
        assert_eq!(document().masked_secrets(), ["password of `up`"]);
        let typed = FLOW.replace("********", "hunter2");
        assert!(!explain(&Document::parse(&typed).unwrap().0).contains("hunter2"));
        for (kind, params) in [
            (
                "datasource.write.gigya.generic",
                r#"{"apiMethod": "accounts.setAccountInfo", "apiParams": [{"paramName": "newPassword", "sourceField": "", "value": "hunter2"}]}"#,
            ),
            ("field.add", r#"{"fields": [{"field": "password.hashedPassword", "value": "hunter2"}]}"#),
            ("datasource.read.azure.sas", r#"{"blobUri": "https://ann:hunter2@a.example/b?sig=hunter2"}"#),
            ("field.add", r#"{"fields": [], "clientSecretX": "hunter2"}"#),
        ] {
            let step = format!(r#"{{"id": "s", "type": "{kind}", "params": {params}}}"#);
            let flow = match kind.starts_with("datasource.read") {
                true => format!(r#"{{"name": "f", "steps": [{step}]}}"#),
                false => format!(
                    r#"{{"name": "f", "steps": [{{"id": "r", "type": "datasource.read.gigya.account", "params": {{"select": "UID"}}, "next": ["s"]}}, {step}]}}"#
                ),
            };
            let text = explain(&Document::parse(&flow).unwrap_or_else(|told| panic!("{kind}: {told:?}")).0);
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
