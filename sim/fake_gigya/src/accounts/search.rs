//! `accounts.search`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::people::People;
use crate::query::check::Fields;
use crate::query::cursor::Cursor;
use crate::query::parse::{Query, parse};
use serde_json::{Value, json};
use standin_model::Evidence;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.search",
    summary: "Finds accounts or addresses by a query; sees only the index, which lags behind writes.",
    evidence: Evidence::documented("accounts.search REST", "queries_over_a_small_world"),
    access: Access::Private,
    params: &[
        "query",
        "openCursor",
        "cursorId",
        "timeout",
        "accountTypes",
        "restrictedQuery",
        "querySig",
        "expTime",
    ],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    if call.params.number("timeout")?.is_some_and(|timeout| !(0..=60_000).contains(&timeout)) {
        return Err(Refusal::because(400_006, "timeout may not exceed 60000"));
    }
    let text = call.params.get("query").or(call.params.get("restrictedQuery"));
    match (text, call.params.get("cursorId")) {
        (Some(_), Some(_)) => Err(Refusal::because(400_006, "query and cursorId exclude each other")),
        (None, Some(id)) => next_page(gigya, call, id),
        (Some(text), None) => first_page(gigya, call, text),
        (None, None) => Err(Refusal::missing(call.method, "query")),
    }
}

/// Whether a source of accounts or of addresses is asked.
fn is_email_source(query: &Query) -> Result<bool, Refusal> {
    match query.from.to_ascii_lowercase().as_str() {
        "accounts" => Ok(false),
        "emailaccounts" => Ok(true),
        _ => Err(Refusal::because(400_006, format!("Unknown source in FROM: {}", brief(&query.from)))),
    }
}

fn first_page(gigya: &mut Gigya, call: &Call, text: &str) -> Reply {
    let query = parse(text)?;
    let open = call.params.get("openCursor").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let size = query.page_size(open)?;
    let email_source = is_email_source(&query)?;
    let (full, lite) = account_types(call)?;
    let fields = Fields { schemas: Some((&call.site.profile_schema, &call.site.data_schema)) };
    fields.check(&query)?;
    let people = gigya.people_at(&call.site.api_key).cloned().unwrap_or_default();
    let documents = documents(&people, email_source, full, lite);
    let found = query.find(documents.into_iter(), fields);
    if query.aggregates() {
        let rows = query.rows(&found.iter().map(|(_, document)| document.as_ref()).collect::<Vec<_>>());
        let shown: Vec<Value> = rows.into_iter().skip(start(&query)).take(size).collect();
        return Ok(page(shown, found.len(), email_source));
    }
    if open {
        let ids: Vec<String> = found.into_iter().map(|(id, _)| id).collect();
        let cursor = Cursor::new(&call.site.api_key, Arc::new(query), Arc::new(ids), 0, 0, call.now);
        return cursor_page(gigya, call, cursor, None);
    }
    let total = found.len();
    let results =
        found.iter().skip(start(&query)).take(size).map(|(_, document)| show(gigya, &query, document));
    Ok(page(results.collect(), total, email_source))
}

fn start(query: &Query) -> usize {
    query.start.and_then(|start| usize::try_from(start).ok()).unwrap_or(0)
}

fn account_types(call: &Call) -> Result<(bool, bool), Refusal> {
    let Some(words) = call.params.words("accountTypes") else { return Ok((true, false)) };
    let has = |wanted: &str| words.iter().any(|word| word.eq_ignore_ascii_case(wanted));
    let known = |word: &String| ["full", "lite"].iter().any(|known| word.eq_ignore_ascii_case(known));
    match words.iter().all(known) {
        true => Ok((has("full"), has("lite"))),
        false => Err(Refusal::because(400_006, "accountTypes takes full and lite")),
    }
}

/// All documents of a source with their ids: `f:` and a UID, or `l:` and an address.
fn documents(people: &People, email_source: bool, full: bool, lite: bool) -> Vec<(String, Cow<'_, Value>)> {
    let mut out: Vec<(String, Cow<'_, Value>)> = Vec::new();
    let mut with_account = BTreeSet::new();
    for (uid, indexed) in &people.index {
        let id = format!("f:{uid}");
        match (&indexed.email, email_source) {
            (Some(document), true) => {
                let email = crate::email::folded(document["email"].as_str().unwrap_or_default());
                out.push((id, with_lite(people, &email, document)));
                if !people.lite_index.is_empty() {
                    with_account.insert(email);
                }
            }
            (_, false) if full => out.push((id, Cow::Borrowed(&indexed.account))),
            _ => {}
        }
    }
    if email_source || lite {
        let alone = people.lite_index.iter().filter(|(email, _)| !with_account.contains(*email));
        out.extend(alone.map(|(email, document)| (format!("l:{email}"), Cow::Borrowed(document.as_ref()))));
    }
    out
}

/// The record of an address that has both an account and a lite record.
fn with_lite<'d>(people: &People, email: &str, document: &'d Value) -> Cow<'d, Value> {
    if people.lite_index.is_empty() || !people.lite_index.contains_key(email) {
        return Cow::Borrowed(document);
    }
    let mut both = document.clone();
    both["hasLiteAccount"] = true.into();
    Cow::Owned(both)
}

/// The present document behind an id of [`documents`].
fn document<'p>(people: &'p People, id: &str, email_source: bool) -> Option<Cow<'p, Value>> {
    match id.split_once(':')? {
        ("f", uid) => {
            let indexed = people.index.get(uid)?;
            match (&indexed.email, email_source) {
                (Some(document), true) => {
                    let email = crate::email::folded(document["email"].as_str().unwrap_or_default());
                    Some(with_lite(people, &email, document))
                }
                (None, true) => None,
                _ => Some(Cow::Borrowed(&indexed.account)),
            }
        }
        (_, email) => people.lite_index.get(email).map(|document| Cow::Borrowed(document.as_ref())),
    }
}

fn show(gigya: &Gigya, query: &Query, document: &Value) -> Value {
    let mut shown = query.show(document);
    if let Some(phones) = shown.pointer_mut("/profile/phones") {
        match (gigya.phones_shape(), &mut *phones) {
            ("array", Value::Object(one)) => *phones = json!([one]),
            ("single", Value::Array(list)) if list.len() == 1 => *phones = list.remove(0),
            _ => {}
        }
    }
    shown
}

fn page(results: Vec<Value>, total: usize, email_source: bool) -> Object {
    let mut out = Object::new();
    out.insert("objectsCount".into(), results.len().into());
    out.insert("totalCount".into(), total.into());
    if email_source {
        out.insert("missing".into(), 0.into());
    }
    out.insert("results".into(), results.into());
    out
}

fn next_page(gigya: &mut Gigya, call: &Call, id: &str) -> Reply {
    let found = gigya.cursors.take(call.now, &call.site.api_key, id);
    let cursor = found.ok_or_else(|| Refusal::because(400_006, "cursorId is not known or has expired"))?;
    cursor_page(gigya, call, cursor, Some(id))
}

/// One page of a cursor. Asked twice with the same id it is the same page and names the same next cursor.
fn cursor_page(gigya: &mut Gigya, call: &Call, cursor: Cursor, id: Option<&str>) -> Reply {
    let size = cursor.query.page_size(true)?.max(1);
    let jitter = gigya.knobs.number("gigya.search_batch_jitter");
    let shorter = cursor.page.checked_rem(jitter.saturating_add(1)).unwrap_or(0);
    let size = size.saturating_sub(usize::try_from(shorter).unwrap_or(0)).max(1);
    let email_source = is_email_source(&cursor.query)?;
    let end = cursor.offset.saturating_add(size).min(cursor.ids.len());
    let people = gigya.people_at(&call.site.api_key).cloned().unwrap_or_default();
    let wanted = cursor.ids.get(cursor.offset..end).unwrap_or_default();
    let present = wanted.iter().filter_map(|id| document(&people, id, email_source));
    let results: Vec<Value> = present.map(|document| show(gigya, &cursor.query, &document)).collect();
    let mut out = page(results, cursor.ids.len(), email_source);
    if end < cursor.ids.len() {
        let next = match cursor.next {
            Some(next) => next,
            None => {
                let next = gigya.ids.token(48);
                let behind =
                    Cursor::new(&cursor.api_key, cursor.query, cursor.ids, end, cursor.page + 1, call.now);
                gigya.cursors.open(call.now, next.clone(), behind);
                if let Some(id) = id {
                    gigya.cursors.follow(id, &next);
                }
                next
            }
        };
        out.insert("nextCursorId".into(), next.into());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench(people: usize) -> Bench {
        let accounts: Vec<Value> = (0..people).map(|n| json!({"UID": format!("u{n}")})).collect();
        Bench::seeded(&json!({"accounts": accounts}))
    }

    fn uids(answer: &Value) -> Vec<String> {
        let each = answer["results"].as_array().unwrap().iter();
        each.map(|it| it["UID"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn index_lags_behind_writes() {
        let mut bench = Bench::new();
        bench.knob("gigya.index_delay", "5s");
        bench.account("ann", r#"{"city":"Diest"}"#);
        let write = [("UID", "ann"), ("data", r#"{"n":1}"#)];
        assert_eq!(bench.code("accounts.setAccountInfo", &write), 0);
        let query = "SELECT UID FROM accounts WHERE data.n = 1";
        assert_eq!(bench.total(query), 0);
        bench.wait(4999);
        assert_eq!(bench.total(query), 0);
        bench.wait(1);
        assert_eq!(bench.total(query), 1);
    }

    #[test]
    fn cursor_pages_repeat_and_end() {
        let mut bench = bench(5);
        let first = bench.call(
            "accounts.search",
            &[("query", "SELECT UID FROM accounts LIMIT 2"), ("openCursor", "true")],
        );
        assert_eq!((uids(&first), &first["totalCount"]), (vec!["u0".into(), "u1".into()], &json!(5)));
        let second = first["nextCursorId"].as_str().unwrap().to_owned();
        let once = bench.call("accounts.search", &[("cursorId", &second)]);
        let twice = bench.call("accounts.search", &[("cursorId", &second)]);
        assert_eq!(uids(&once), ["u2", "u3"]);
        assert_eq!((uids(&once), &once["nextCursorId"]), (uids(&twice), &twice["nextCursorId"]));
        let third = once["nextCursorId"].as_str().unwrap().to_owned();
        let last = bench.call("accounts.search", &[("cursorId", &third)]);
        assert_eq!((uids(&last), last.get("nextCursorId")), (vec!["u4".to_owned()], None));
    }

    #[test]
    fn cursor_lives_for_five_minutes() {
        for (idle, expected) in [(300_000, 0), (301_000, 400_006)] {
            let mut bench = bench(3);
            let first = bench.call(
                "accounts.search",
                &[("query", "SELECT UID FROM accounts LIMIT 2"), ("openCursor", "true")],
            );
            let id = first["nextCursorId"].as_str().unwrap().to_owned();
            bench.wait(idle);
            assert_eq!(bench.code("accounts.search", &[("cursorId", &id)]), expected, "{idle}");
        }
    }

    #[test]
    fn cursor_is_a_snapshot_of_ids() {
        let mut bench = bench(4);
        let query = "SELECT UID, data.n FROM accounts LIMIT 2";
        let first = bench.call("accounts.search", &[("query", query), ("openCursor", "true")]);
        let id = first["nextCursorId"].as_str().unwrap().to_owned();
        bench.account("u25", "{}");
        assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "u2")]), 0);
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "u3"), ("data", r#"{"n":7}"#)]), 0);
        bench.wait(1000);
        let second = bench.call("accounts.search", &[("cursorId", &id)]);
        assert_eq!(second["results"], json!([{"UID": "u3", "data": {"n": 7}}]));
    }

    #[test]
    fn cursor_pages_may_be_short() {
        let mut bench = bench(9);
        bench.knob("gigya.search_batch_jitter", "1");
        let mut answer = bench.call(
            "accounts.search",
            &[("query", "SELECT UID FROM accounts LIMIT 3"), ("openCursor", "true")],
        );
        let mut sizes = vec![uids(&answer).len()];
        while let Some(id) = answer.get("nextCursorId").and_then(Value::as_str).map(str::to_owned) {
            answer = bench.call("accounts.search", &[("cursorId", &id)]);
            sizes.push(uids(&answer).len());
        }
        assert_eq!(sizes, [3, 2, 3, 1]);
    }

    #[test]
    fn what_pages_refuse() {
        let mut bench = bench(1);
        for (params, expected) in [
            (vec![], 400_002),
            (vec![("query", "SELECT UID FROM accounts"), ("cursorId", "x")], 400_006),
            (vec![("cursorId", "x")], 400_006),
            (vec![("query", "SELECT UID FROM accounts START 1"), ("openCursor", "true")], 400_006),
            (
                vec![("query", "SELECT count(*) FROM accounts GROUP BY data.x"), ("openCursor", "true")],
                400_006,
            ),
            (vec![("query", "SELECT UID FROM accounts LIMIT 10001")], 400_006),
            (vec![("query", "SELECT UID FROM accounts START 5001")], 400_006),
            (vec![("query", "SELECT UID FROM people")], 400_006),
            (vec![("query", "SELECT UID FROM accounts"), ("timeout", "60001")], 400_006),
            (vec![("query", "SELECT UID FROM accounts START 5000 LIMIT 10000")], 0),
        ] {
            assert_eq!(bench.code("accounts.search", &params), expected, "{params:?}");
        }
    }
}
