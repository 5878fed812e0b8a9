//! Searching JSON documents that are no accounts: job records, stored objects, logged calls.

use crate::envelope::Object;
use crate::gigya::Gigya;
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
pub(crate) fn results(gigya: &mut Gigya, page: Page) -> Object {
    let mut out = Object::new();
    out.insert("objectsCount".into(), page.rows.count.into());
    out.insert("totalCount".into(), page.total.into());
    page.rows.put(gigya, "results");
    if let Some(next) = page.next {
        out.insert("nextCursorId".into(), next.into());
    }
    out
}
