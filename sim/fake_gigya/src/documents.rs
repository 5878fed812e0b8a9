//! Searching JSON documents that are no accounts: job records, stored objects, logged calls.

use crate::envelope::Object;
use crate::query::search::Page;
use crate::query::source::{Documents as Listed, Source};
use serde_json::Value;
use std::borrow::Cow;

/// Documents, each with an id that stays the same.
pub(crate) type Documents = Vec<(String, Value)>;

/// Documents as something that a query can be asked of.
pub(crate) fn source<'g>(documents: Documents) -> Box<dyn Source + 'g> {
    let each = documents.into_iter().map(|(id, document)| (id.into(), Cow::Owned(document)));
    Box::new(Listed(each.collect()))
}

/// `results`, `objectsCount` and `totalCount`, as most searches tell a page.
pub(crate) fn results(page: Page) -> Object {
    let mut out = Object::new();
    out.insert("objectsCount".into(), page.rows.len().into());
    out.insert("totalCount".into(), page.total.into());
    out.insert("results".into(), page.rows.into());
    if let Some(next) = page.next {
        out.insert("nextCursorId".into(), next.into());
    }
    out
}
