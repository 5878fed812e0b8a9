//! `idx.search`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::query::check::Fields;
use crate::query::cursor::Cursor;
use crate::query::parse::{Query, parse};
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.search",
    summary: "Finds dataflows, drafts, schedulings and job records; the list is called `result`.",
    evidence: Evidence::recorded("idx.search REST; recorded answers", "nothing_found_is_a_count_alone"),
    access: Access::Private,
    params: &["query", "openCursor", "cursorId"],
    server_params: &[],
    run,
};

const NO_FIELDS: Fields<'static> = Fields { schemas: None };

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    match (call.params.get("query"), call.params.get("cursorId")) {
        (Some(_), Some(_)) => Err(Refusal::because(400_006, "query and cursorId exclude each other")),
        (None, None) => Err(Refusal::missing(call.method, "query")),
        (None, Some(id)) => {
            let found = gigya.cursors.take(call.now, &call.site.api_key, id);
            let cursor =
                found.ok_or_else(|| Refusal::because(400_006, "cursorId is not known or has expired"))?;
            cursor_page(gigya, call, cursor, Some(id))
        }
        (Some(text), None) => first_page(gigya, call, text),
    }
}

/// The documents of a query's source.
fn documents(gigya: &Gigya, call: &Call, query: &Query) -> Result<Vec<Value>, Refusal> {
    let found = gigya.idx.documents(&call.site, &query.from.to_ascii_lowercase());
    found.ok_or_else(|| Refusal::because(400_006, format!("Unknown source in FROM: {}", brief(&query.from))))
}

fn first_page(gigya: &mut Gigya, call: &Call, text: &str) -> Reply {
    let query = parse(text)?;
    let open = call.params.get("openCursor").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let size = query.page_size(open)?;
    let documents = documents(gigya, call, &query)?;
    let found = query.find(documents.iter().enumerate(), NO_FIELDS);
    if query.aggregates() {
        let rows = query.rows(&found.iter().map(|(_, document)| *document).collect::<Vec<_>>());
        let total = rows.len();
        return Ok(page(rows, total));
    }
    if open {
        let id_of = |document: &Value| document["id"].as_str().unwrap_or_default().to_owned();
        let ids = found.iter().map(|(_, document)| id_of(document)).collect();
        let cursor = Cursor::new(&call.site.api_key, Arc::new(query), Arc::new(ids), 0, 0, call.now);
        return cursor_page(gigya, call, cursor, None);
    }
    let start = query.start.and_then(|start| usize::try_from(start).ok()).unwrap_or(0);
    let shown = found.iter().skip(start).take(size).map(|(_, document)| query.show(document)).collect();
    Ok(page(shown, found.len()))
}

/// With no hit at all there is a count and nothing else.
fn page(result: Vec<Value>, total: usize) -> Object {
    let mut out = Object::new();
    out.insert("resultCount".into(), result.len().into());
    if total > 0 {
        out.insert("totalCount".into(), total.into());
        out.insert("result".into(), result.into());
    }
    out
}

fn cursor_page(gigya: &mut Gigya, call: &Call, cursor: Cursor, id: Option<&str>) -> Reply {
    let size = cursor.query.page_size(true)?.max(1);
    let documents = documents(gigya, call, &cursor.query)?;
    let end = cursor.offset.saturating_add(size).min(cursor.ids.len());
    let wanted = cursor.ids.get(cursor.offset..end).unwrap_or_default();
    let present = wanted.iter().filter_map(|id| documents.iter().find(|it| it["id"] == id.as_str()));
    let shown = present.map(|document| cursor.query.show(document)).collect();
    let mut out = page(shown, cursor.ids.len());
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
