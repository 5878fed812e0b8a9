//! Searching JSON documents that are no accounts: job records, stored objects, logged calls.

use crate::call::Call;
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::query::check::Fields;
use crate::query::cursor::Cursor;
use crate::query::parse::{Query, parse};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Documents, each with an id that stays the same.
pub(crate) type Documents = Vec<(String, Value)>;

/// Where documents come from, and how a page of them is told.
pub(crate) struct Source {
    /// The documents that a query is about.
    pub(crate) documents: fn(&Gigya, &Call, &Query) -> Result<Documents, Refusal>,
    pub(crate) page: fn(Vec<Value>, usize) -> Object,
    /// The query's text as the grammar takes it.
    pub(crate) rewrite: fn(&str) -> String,
}

const NO_FIELDS: Fields<'static> = Fields { schemas: None };

/// Answers `query`, or continues at `cursorId`.
pub(crate) fn search(gigya: &mut Gigya, call: &Call, source: &Source) -> Reply {
    match (call.params.get("query"), call.params.get("cursorId")) {
        (Some(_), Some(_)) => Err(Refusal::because(400_006, "query and cursorId exclude each other")),
        (None, None) => Err(Refusal::missing(call.method, "query")),
        (None, Some(id)) => {
            let found = gigya.cursors.take(call.now, &call.site.api_key, id);
            let cursor =
                found.ok_or_else(|| Refusal::because(400_006, "cursorId is not known or has expired"))?;
            cursor_page(gigya, call, source, cursor, Some(id))
        }
        (Some(text), None) => first_page(gigya, call, source, &(source.rewrite)(text)),
    }
}

/// `results`, `objectsCount` and `totalCount`, as most searches tell a page.
pub(crate) fn results(results: Vec<Value>, total: usize) -> Object {
    let mut out = Object::new();
    out.insert("objectsCount".into(), results.len().into());
    out.insert("totalCount".into(), total.into());
    out.insert("results".into(), results.into());
    out
}

fn first_page(gigya: &mut Gigya, call: &Call, source: &Source, text: &str) -> Reply {
    let query = parse(text)?;
    let open = call.params.get("openCursor").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let size = query.page_size(open)?;
    let documents = (source.documents)(gigya, call, &query)?;
    let found = query.find(documents.iter().map(|(id, document)| (id, document)), NO_FIELDS);
    if query.aggregates() {
        let rows = query.rows(&found.iter().map(|(_, document)| *document).collect::<Vec<_>>());
        let total = rows.len();
        return Ok((source.page)(rows, total));
    }
    if open {
        let ids = found.iter().map(|(id, _)| (*id).clone()).collect();
        let cursor = Cursor::new(&call.site.api_key, Arc::new(query), Arc::new(ids), 0, 0, call.now);
        return cursor_page(gigya, call, source, cursor, None);
    }
    let start = query.start.and_then(|start| usize::try_from(start).ok()).unwrap_or(0);
    let shown = found.iter().skip(start).take(size).map(|(_, document)| query.show(document)).collect();
    Ok((source.page)(shown, found.len()))
}

fn cursor_page(gigya: &mut Gigya, call: &Call, source: &Source, cursor: Cursor, id: Option<&str>) -> Reply {
    let size = cursor.query.page_size(true)?.max(1);
    let documents = (source.documents)(gigya, call, &cursor.query)?;
    let end = cursor.offset.saturating_add(size).min(cursor.ids.len());
    let wanted = cursor.ids.get(cursor.offset..end).unwrap_or_default();
    let by_id: BTreeMap<&String, &Value> = documents.iter().map(|(id, document)| (id, document)).collect();
    let present = wanted.iter().filter_map(|id| by_id.get(id));
    let shown = present.map(|document| cursor.query.show(document)).collect();
    let mut out = (source.page)(shown, cursor.ids.len());
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
