//! Which documents a query finds, in which order.

use crate::envelope::Refusal;
use crate::query::check::Fields;
use crate::query::eval::order;
use crate::query::parse::{Direction, Query};
use crate::query::project::first;
use serde_json::Value;
use std::borrow::Borrow;
use std::cmp::Ordering;

/// Records on a page when the query does not say.
pub(crate) const PAGE: u64 = 300;
const MOST_LIMIT: u64 = 10_000;
const MOST_START: u64 = 5_000;

impl Query {
    /// The documents that match, sorted; without ORDER BY they stay in the order in which they came.
    pub(crate) fn find<K, D: Borrow<Value>>(
        &self,
        documents: impl Iterator<Item = (K, D)>,
        fields: Fields<'_>,
    ) -> Vec<(K, D)> {
        let wanted =
            |document: &Value| self.filter.as_ref().is_none_or(|filter| filter.matches(document, fields));
        let mut found: Vec<(K, D)> = documents.filter(|(_, document)| wanted(document.borrow())).collect();
        if !self.order_by.is_empty() {
            found.sort_by(|(_, a), (_, b)| self.compare(a.borrow(), b.borrow()));
        }
        found
    }

    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        let each = self.order_by.iter().map(|(path, direction)| {
            order(first(a, path), first(b, path), *direction == Direction::Descending)
        });
        each.fold(Ordering::Equal, Ordering::then)
    }

    /// Refuses what pages cannot be; gives the page's size.
    pub(crate) fn page_size(&self, cursor: bool) -> Result<usize, Refusal> {
        let limit = self.limit.unwrap_or(PAGE);
        if limit > MOST_LIMIT {
            return Err(Refusal::because(400_006, format!("LIMIT may not exceed {MOST_LIMIT}")));
        }
        if self.start.is_some_and(|start| start > MOST_START) {
            return Err(Refusal::because(400_006, format!("START may not exceed {MOST_START}")));
        }
        if cursor && self.start.is_some() {
            return Err(Refusal::because(400_006, "START cannot be used with a cursor"));
        }
        if cursor && self.aggregates() {
            return Err(Refusal::because(400_006, "GROUP BY and aggregates cannot be used with a cursor"));
        }
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }
}
