//! What a dataflow document must be, and which of its parameters are secret.

use crate::envelope::{Object, Refusal};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Component types that the platform knows, in lower case.
const TYPES: &[&str] = &[
    "datasource.lookup.gender",
    "datasource.lookup.gigya.account",
    "datasource.lookup.gigya.gm",
    "datasource.read.amazon.s3",
    "datasource.read.azure.blob",
    "datasource.read.azure.blob_token",
    "datasource.read.azure.sas",
    "datasource.read.campaignmonitor",
    "datasource.read.constantcontact",
    "datasource.read.ftp",
    "datasource.read.gigya.account",
    "datasource.read.gigya.audit",
    "datasource.read.gigya.comment",
    "datasource.read.gigya.ds",
    "datasource.read.googlecloud",
    "datasource.read.mailchimp",
    "datasource.read.marketo",
    "datasource.read.sftp",
    "datasource.read.sharedvariable",
    "datasource.read.silverpop",
    "datasource.write.amazon.s3",
    "datasource.write.azure.blob",
    "datasource.write.azure.blob_token",
    "datasource.write.azure.sas",
    "datasource.write.bluekai",
    "datasource.write.campaignmonitor",
    "datasource.write.constantcontact",
    "datasource.write.exacttarget",
    "datasource.write.external.generic",
    "datasource.write.ftp",
    "datasource.write.gigya.account",
    "datasource.write.gigya.ds",
    "datasource.write.gigya.generic",
    "datasource.write.gigya.importaccount",
    "datasource.write.googlecloud",
    "datasource.write.mailchimp",
    "datasource.write.marketo",
    "datasource.write.salesforce",
    "datasource.write.sftp",
    "datasource.write.silverpop",
    "field.add",
    "field.array.extract",
    "field.array.join",
    "field.copy",
    "field.date.format",
    "field.evaluate",
    "field.flatten",
    "field.move",
    "field.remove",
    "field.rename",
    "field.replace",
    "field.select",
    "file.compress.gzip",
    "file.compress.lzo",
    "file.compress.zip",
    "file.decrypt.pgp",
    "file.empty",
    "file.encrypt.pgp",
    "file.format.aam",
    "file.format.count",
    "file.format.dsv",
    "file.format.json",
    "file.format.krux",
    "file.parse.dsv",
    "file.parse.json",
    "file.uncompress.gzip",
    "file.uncompress.lzo",
    "file.uncompress.zip",
    "record.evaluate",
];

/// Parameters whose values are never told, in lower case.
const SECRETS: &[&str] = &[
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
/// What is told instead.
const MASK: &str = "********";
/// How many steps a dataflow may have.
const MOST_STEPS: usize = 1000;

/// Every component type as the search source `script` lists it.
pub(crate) fn components() -> Vec<(String, Value)> {
    let told = |name: &&str| {
        let (input, output) = match *name {
            name if name.starts_with("datasource.read.gigya.") => ("", "record"),
            name if name.starts_with("datasource.read.") => ("", "file"),
            name if name.starts_with("datasource.write.gigya.") => ("record", "record"),
            name if name.starts_with("datasource.write.") => ("file", ""),
            name if name.starts_with("file.parse.") => ("file", "record"),
            name if name.starts_with("file.format.") => ("record", "file"),
            name if name.starts_with("file.") => ("file", "file"),
            _ => ("record", "record"),
        };
        ((*name).to_owned(), json!({"id": name, "description": "", "input": input, "output": output}))
    };
    TYPES.iter().map(told).collect()
}

/// Checks the structure: steps with unique ids and known types, references that exist, an entry, no cycle.
pub(crate) fn check(document: &Object) -> Result<(), Refusal> {
    if document.get("name").and_then(Value::as_str).is_none_or(|name| name.trim().is_empty()) {
        return Err(wrong("name is missing"));
    }
    let steps = match document.get("steps") {
        None | Some(Value::Null) => return Ok(()),
        Some(steps) => steps.as_array().ok_or_else(|| wrong("steps must be a list"))?,
    };
    if steps.len() > MOST_STEPS {
        return Err(wrong(&format!("a dataflow has at most {MOST_STEPS} steps")));
    }
    let mut graph: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        let (id, next) = check_step(at, step)?;
        if graph.insert(id, next).is_some() {
            return Err(wrong(&format!("step id `{id}` occurs twice")));
        }
    }
    for (id, next) in &graph {
        if let Some(stray) = next.iter().find(|name| !graph.contains_key(**name)) {
            return Err(wrong(&format!("step `{id}` refers to `{stray}`, which does not exist")));
        }
    }
    check_order(&graph)
}

fn wrong(details: &str) -> Refusal {
    Refusal::because(400_006, format!("Invalid dataflow: {details}"))
}

fn check_step(at: usize, step: &Value) -> Result<(&str, Vec<&str>), Refusal> {
    let text = |name: &str| step.get(name).and_then(Value::as_str);
    let id =
        text("id").filter(|id| !id.is_empty()).ok_or_else(|| wrong(&format!("steps[{at}] has no id")))?;
    let kind = text("type").ok_or_else(|| wrong(&format!("step `{id}` has no type")))?;
    if !TYPES.contains(&kind.trim().to_ascii_lowercase().as_str()) {
        return Err(wrong(&format!("step `{id}` has the unknown type `{kind}`")));
    }
    if step.get("params").is_some_and(|params| !params.is_object() && !params.is_null()) {
        return Err(wrong(&format!("params of step `{id}` must be an object")));
    }
    let mut refs = Vec::new();
    for name in ["next", "error"] {
        match step.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                refs.extend(list.iter().filter_map(Value::as_str));
            }
            Some(_) => return Err(wrong(&format!("{name} of step `{id}` must be a list of step ids"))),
        }
    }
    Ok((id, refs))
}

/// Takes steps away that nothing leads to; what is left over leads in a circle.
fn check_order(graph: &BTreeMap<&str, Vec<&str>>) -> Result<(), Refusal> {
    let mut incoming: BTreeMap<&str, usize> = graph.keys().map(|id| (*id, 0)).collect();
    for id in graph.values().flatten() {
        *incoming.entry(id).or_default() += 1;
    }
    let mut free: Vec<&str> = incoming.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut done = BTreeSet::new();
    while let Some(id) = free.pop() {
        done.insert(id);
        for next in graph.get(id).into_iter().flatten() {
            let count = incoming.entry(next).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                free.push(next);
            }
        }
    }
    match graph.keys().find(|id| !done.contains(**id)) {
        Some(id) => Err(wrong(&format!("step `{id}` is part of a circle"))),
        None => Ok(()),
    }
}

/// The document with asterisks for every secret parameter.
pub(crate) fn masked(document: &Value) -> Value {
    let mut out = document.clone();
    each_secret(&mut out, &mut |_, _, value| {
        if value.as_str().is_some_and(|text| !text.is_empty()) {
            *value = MASK.into();
        }
    });
    out
}

/// Puts the stored secrets in where asterisks came back.
pub(crate) fn restore(document: &mut Value, stored: &Value) {
    let mut kept: BTreeMap<(String, String), Value> = BTreeMap::new();
    each_secret(&mut stored.clone(), &mut |step, name, value| {
        kept.insert((step.to_owned(), name.to_owned()), value.clone());
    });
    each_secret(document, &mut |step, name, value| {
        if value == MASK
            && let Some(secret) = kept.get(&(step.to_owned(), name.to_owned()))
        {
            *value = secret.clone();
        }
    });
}

/// An API key is a secret where it is not the public key of a site.
fn is_secret(kind: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.contains(&name.as_str()) || (name == "apikey" && !kind.contains(".gigya."))
}

fn each_secret(document: &mut Value, act: &mut dyn FnMut(&str, &str, &mut Value)) {
    let Some(steps) = document.get_mut("steps").and_then(Value::as_array_mut) else { return };
    for step in steps {
        let text = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, kind) = (text("id"), text("type").to_ascii_lowercase());
        let Some(params) = step.get_mut("params").and_then(Value::as_object_mut) else { continue };
        for (name, value) in params {
            if is_secret(&kind, name) {
                act(&id, name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure() {
        let step = |id: &str, next: &[&str]| json!({"id": id, "type": " Field.Remove", "next": next});
        for (steps, expected) in [
            (json!([step("a", &["b"]), step("b", &[])]), None),
            (json!([]), None),
            (json!([step("a", &[]), step("a", &[])]), Some("step id `a` occurs twice")),
            (json!([step("a", &["x"])]), Some("step `a` refers to `x`, which does not exist")),
            (
                json!([step("a", &["b"]), step("b", &["c"]), step("c", &["b"])]),
                Some("step `b` is part of a circle"),
            ),
            (
                json!([{"id": "a", "type": "field.teleport"}]),
                Some("step `a` has the unknown type `field.teleport`"),
            ),
            (json!([{"type": "field.add"}]), Some("steps[0] has no id")),
            (json!({}), Some("steps must be a list")),
        ] {
            let document = json!({"name": "n", "steps": steps});
            let found = check(document.as_object().unwrap()).err().map(|refusal| refusal.details);
            assert_eq!(found, expected.map(|text| format!("Invalid dataflow: {text}")));
        }
        assert!(check(json!({"steps": []}).as_object().unwrap()).is_err());
    }

    #[test]
    fn secrets_are_masked_and_kept() {
        let stored = json!({"steps": [{"id": "up", "type": "datasource.write.sftp", "params": {"password": "pw", "username": "u"}}]});
        let mut shown = masked(&stored);
        assert_eq!(shown["steps"][0]["params"], json!({"password": "********", "username": "u"}));
        restore(&mut shown, &stored);
        assert_eq!(shown, stored);
    }
}
