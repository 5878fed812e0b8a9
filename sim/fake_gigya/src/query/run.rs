//! Which documents a plan finds, in which order.

use crate::query::document::Document;
use crate::query::eval::order;
use crate::query::plan::Plan;
use crate::query::source::{Candidates, Hold};
use crate::query::tree::Direction;
use serde_json::Value;
use std::cmp::Ordering;
use std::ops::Range;

/// A match with what it is sorted by.
struct Match<'s> {
    keys: Box<[Option<Value>]>,
    place: usize,
    hold: Hold<'s>,
    document: Document<'s>,
}

/// How many match, and those of them that were wanted.
pub(crate) struct Matches<'s> {
    pub(crate) total: usize,
    pub(crate) wanted: Vec<(Hold<'s>, Document<'s>)>,
}

impl Plan {
    pub(crate) fn matches(&self, document: &Document<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(document))
    }

    /// Counts all matches and gives those at the places `window` of their order.
    pub(crate) fn find<'s>(&self, candidates: Candidates<'s>, window: Range<usize>) -> Matches<'s> {
        let matching = candidates.documents.filter(|(_, document)| self.matches(document));
        if self.order_by.is_empty() && !candidates.shuffled {
            let mut found = Matches { total: 0, wanted: Vec::new() };
            for it in matching {
                if window.contains(&found.total) {
                    found.wanted.push(it);
                }
                found.total += 1;
            }
            return found;
        }
        let mut found: Vec<Match<'s>> = matching
            .enumerate()
            .map(|(place, (hold, document))| {
                let keys = self.order_by.iter().map(|(path, _)| document.first(path)).collect();
                Match { keys, place, hold, document }
            })
            .collect();
        let total = found.len();
        let compare = |a: &Match<'s>, b: &Match<'s>| self.compare(a, b, candidates.shuffled);
        if window.end < total / 2 {
            found.select_nth_unstable_by(window.end, compare);
            found.truncate(window.end);
        }
        found.sort_by(compare);
        let wanted = found.into_iter().skip(window.start).take(window.len());
        Matches { total, wanted: wanted.map(|it| (it.hold, it.document)).collect() }
    }

    fn compare(&self, a: &Match<'_>, b: &Match<'_>, by_id: bool) -> Ordering {
        let each = self.order_by.iter().zip(a.keys.iter().zip(&b.keys));
        let sorted = each
            .map(|((_, direction), (a, b))| {
                order(a.as_ref(), b.as_ref(), *direction == Direction::Descending)
            })
            .fold(Ordering::Equal, Ordering::then);
        let among_equals = || match by_id {
            true => a.hold.order().cmp(&b.hold.order()),
            false => a.place.cmp(&b.place),
        };
        sorted.then_with(among_equals)
    }
}
