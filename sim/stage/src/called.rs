//! What programs of others called, counted as it passes, since a journal forgets.

use crate::journal::Crossing;
use standin_ports::What;
use standin_ports::journal::masked_path;
use std::collections::BTreeMap;

/// How many calls of different names are told apart.
const ROWS: usize = 10_000;

/// Who calls from outside, as the journal names it.
const CLIENT: &str = "client";

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Answer {
    /// At the drop, where there are no statuses.
    Done,
    /// None came.
    Cut,
    /// By a status.
    Status(u16),
    /// By a code in a body.
    Code(u64),
}

/// The code in a body by which a platform refuses where the status says nothing.
pub type CodeOf = fn(&str) -> Option<u64>;

/// The calls of one name: how often each answer came.
pub type Answers = BTreeMap<Answer, u64>;

/// Calls by platform and name.
#[derive(Clone, Debug)]
pub struct Called {
    /// How often each was made, and what came of it.
    pub rows: BTreeMap<(&'static str, String), Answers>,
    /// Calls of names for which there was no room.
    pub more: u64,
    code_of: CodeOf,
}

impl Called {
    /// Nothing yet.
    pub(crate) fn new(code_of: CodeOf) -> Self {
        Self { rows: BTreeMap::new(), more: 0, code_of }
    }

    /// Counts a call of a program from outside.
    pub(crate) fn crossed(&mut self, call: &Crossing<'_>) {
        if call.from != CLIENT {
            return;
        }
        let code = || (self.code_of)(std::str::from_utf8(call.answer).ok()?);
        let answer = match call.status {
            0 => Answer::Cut,
            status => code().map_or(Answer::Status(status), Answer::Code),
        };
        self.count(call.to, masked_path(&call.name).into_owned(), answer);
    }

    /// Counts what a session over a socket did at the drop.
    pub(crate) fn brought(&mut self, what: &What) {
        if let What::File { op, path, .. } = what {
            self.count("drop", format!("{op} {path}"), Answer::Done);
        }
    }

    fn count(&mut self, platform: &'static str, name: String, answer: Answer) {
        let key = (platform, name);
        if self.rows.len() >= ROWS && !self.rows.contains_key(&key) {
            self.more += 1;
            return;
        }
        *self.rows.entry(key).or_default().entry(answer).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let mut called = Called::new(|_| None);
        let read = |n: usize| What::File {
            who: "ann".to_owned(),
            op: "read",
            path: format!("/{n}"),
            bytes: 0,
            text: String::new(),
        };
        (0..ROWS + 2).for_each(|n| called.brought(&read(n)));
        called.brought(&read(0));
        assert_eq!((called.rows.len(), called.more), (ROWS, 2));
        assert_eq!(called.rows[&("drop", "read /0".to_owned())], Answers::from([(Answer::Done, 2)]));
    }
}
