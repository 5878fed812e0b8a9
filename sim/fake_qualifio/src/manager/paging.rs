//! Long lists, a part at a time.

use super::Call;
use crate::problem::Problem;
use serde_json::{Value, json};

/// The most entries of one page.
const MOST: usize = 1_000;

/// Which part of a list is wanted, from `offset`, `limit` and `newest_first` of the query. Without them it is
/// the whole list in its own order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    offset: usize,
    limit: Option<usize>,
    backwards: bool,
}

impl Page {
    /// What the query asks for.
    pub fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let number = |name: &'static str| {
            let why = "is not a whole number";
            let text = call.query.get(name).map(str::parse::<usize>);
            text.transpose().map_err(|_| Problem::InvalidField { field: name, why })
        };
        let limit = number("limit")?;
        if limit.is_some_and(|limit| limit == 0 || limit > MOST) {
            return Err(Problem::InvalidField { field: "limit", why: "is not between 1 and 1000" });
        }
        let backwards = matches!(call.query.get("newest_first"), Some("1" | "true"));
        Ok(Self { offset: number("offset")?.unwrap_or(0), limit, backwards })
    }

    /// The part that is wanted of a list, which `entries` gives from its start.
    pub fn cut<I, V>(self, entries: I, show: impl FnMut(V) -> Value) -> Vec<Value>
    where
        I: DoubleEndedIterator<Item = V>,
    {
        let limit = self.limit.unwrap_or(usize::MAX);
        if self.backwards {
            entries.rev().skip(self.offset).take(limit).map(show).collect()
        } else {
            entries.skip(self.offset).take(limit).map(show).collect()
        }
    }

    /// The answer: the list's part under `name`, and how many there are in all.
    pub fn answer(self, name: &str, part: Vec<Value>, total: usize) -> Value {
        json!({name: part, "total": total, "offset": self.offset})
    }
}
