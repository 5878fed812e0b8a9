//! One person on all platforms: found by UID or address, and what each platform knows.

use super::entry_json;
use super::pages::{MOST, SEARCHED, brief};
use crate::parts::Parts;
use crate::surface::locked;
use serde_json::{Value, json};
use standin_ports::{Entry, What};

/// How many rows of one kind are told.
const ROWS: usize = 100;

/// People whom Gigya or Eloqua knows and who have the text `search` somewhere, an account before its contact.
pub(super) fn list(parts: &Parts, search: &str) -> Value {
    let sought = search.trim().to_lowercase();
    let wanted = |value: &Value| sought.is_empty() || value.to_string().to_lowercase().contains(&sought);
    let accounts = locked(&parts.gigya).accounts();
    let contacts = locked(&parts.eloqua).contacts();
    let is_contact = |uid: &str, email: &str| {
        contacts.iter().any(|it| same(&it["C_Gigya_UID1"], uid) || same(&it["C_EmailAddress"], email))
    };
    let total = json!({"accounts": accounts.len(), "contacts": contacts.len(), "files": locked(&parts.files).files().len(),
        "pushes": locked(&parts.qualifio).pushes().len()});
    let of_account = |it: &Value| {
        let (uid, email) = (text(&it["UID"]), text(&it["profile"]["email"]));
        json!({"who": uid, "uid": uid, "email": email, "account": true, "contact": is_contact(uid, email),
            "name": full(&it["profile"]["firstName"], &it["profile"]["lastName"])})
    };
    let mut people: Vec<Value> = accounts.iter().filter(|it| wanted(it)).take(MOST).map(of_account).collect();
    let strange = |it: &&Value| {
        !accounts.iter().any(|account| {
            same(&account["UID"], text(&it["C_Gigya_UID1"]))
                || same(&account["profile"]["email"], text(&it["C_EmailAddress"]))
        })
    };
    let room = MOST.saturating_sub(people.len());
    let of_contact = |it: &Value| {
        json!({"who": text(&it["C_EmailAddress"]), "uid": text(&it["C_Gigya_UID1"]), "email": text(&it["C_EmailAddress"]),
            "account": false, "contact": true,
            "name": full(&it["C_FirstName"], &it["C_LastName"])})
    };
    people.extend(contacts.iter().filter(|it| wanted(it)).filter(strange).take(room).map(of_contact));
    json!({"people": people, "total": total})
}

/// What every platform knows of the person with this UID or address, and the entries of the journal that have them.
pub(super) fn follow(parts: &Parts, who: &str) -> Value {
    let accounts = locked(&parts.gigya).accounts();
    let account =
        accounts.iter().find(|it| text(&it["UID"]) == who || same(&it["profile"]["email"], who)).cloned();
    let mut known = vec![who.to_owned()];
    if let Some(account) = &account {
        known.extend([text(&account["UID"]), text(&account["profile"]["email"])].map(str::to_owned));
    }
    let contacts = locked(&parts.eloqua).contacts();
    let is_theirs = |it: &&Value| {
        known.iter().any(|one| same(&it["C_Gigya_UID1"], one) || same(&it["C_EmailAddress"], one))
    };
    let contacts: Vec<Value> = contacts.iter().filter(is_theirs).take(ROWS).cloned().collect();
    for contact in &contacts {
        known.extend([text(&contact["C_Gigya_UID1"]), text(&contact["C_EmailAddress"])].map(str::to_owned));
    }
    known.retain(|it| it.chars().count() > 1);
    let lower: Vec<String> = known.iter().map(|it| it.to_lowercase()).collect();
    let qualifio = locked(&parts.qualifio);
    let mut statistics = Vec::new();
    for campaign in qualifio.campaigns() {
        let rows = qualifio.statistics(campaign["id"].as_u64().unwrap_or(0));
        statistics.extend(rows.into_iter().filter(|row| holds(row, &lower)));
    }
    let mut pushes: Vec<Value> = qualifio.pushes().into_iter().filter(|push| holds(push, &lower)).collect();
    drop(qualifio);
    for rows in [&mut statistics, &mut pushes] {
        let surplus = rows.len().saturating_sub(ROWS);
        rows.drain(..surplus);
    }
    let from = parts.journal.mark().saturating_sub(SEARCHED);
    let told = parts.journal.since(from);
    let mut files: Vec<Value> = told.iter().flat_map(|entry| lines(entry, &lower)).collect();
    let surplus = files.len().saturating_sub(ROWS);
    files.drain(..surplus);
    let mut entries: Vec<Value> =
        told.iter().map(entry_json).filter(|entry| holds(entry, &lower)).map(brief).collect();
    let surplus = entries.len().saturating_sub(MOST);
    entries.drain(..surplus);
    json!({"who": who, "known_as": known, "account": account, "statistics": statistics, "pushes": pushes,
        "files": files, "contacts": contacts, "entries": entries})
}

/// The lines of a file at the drop that have one of these texts, with its first line.
fn lines(entry: &Entry, known: &[String]) -> Vec<Value> {
    let What::File { who, op, path, text, .. } = &entry.what else { return Vec::new() };
    let head = text.lines().next().unwrap_or_default();
    let found = text.lines().enumerate().filter(|(_, line)| has(line, known));
    found
        .take(ROWS)
        .map(|(at, line)| {
            json!({"seq": entry.seq, "at": entry.at.to_string(), "who": who, "op": op, "path": path, "line": at + 1,
                "head": head, "text": line.chars().take(1_000).collect::<String>()})
        })
        .collect()
}

fn has(text: &str, known: &[String]) -> bool {
    let text = text.to_lowercase();
    known.iter().any(|one| text.contains(one.as_str()))
}

/// Whether some text in a value has one of these in it.
fn holds(value: &Value, known: &[String]) -> bool {
    match value {
        Value::String(text) => has(text, known),
        Value::Array(items) => items.iter().any(|it| holds(it, known)),
        Value::Object(members) => members.values().any(|it| holds(it, known)),
        _ => false,
    }
}

fn same(value: &Value, text: &str) -> bool {
    !text.is_empty() && value.as_str().is_some_and(|it| it.to_lowercase() == text.to_lowercase())
}

/// First and last name as one.
fn full(first: &Value, last: &Value) -> String {
    format!("{} {}", text(first), text(last)).trim().to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
