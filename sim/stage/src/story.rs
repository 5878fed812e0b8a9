//! How a scenario came to its result: a bounded part of its journal, and the way of every value that was as
//! expected.

use crate::compare::plain;
use crate::lineage::{Hop, followed};
use crate::sought::Sought;
use crate::world::World;
use serde_json::Value;
use standin_ports::journal::{hidden, masked_start};
use standin_ports::{Entry, What};
use standin_scenario::outcome::{self, Checked, Journal, Outcome};

/// How much is told of a scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// What came of it.
    Outcome,
    /// And how.
    Story,
}

/// A value that a step held, and that was so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// What was looked at: `account ann`.
    what: String,
    /// Where in it: `profile.city`.
    path: String,
    value: String,
    /// Whether it can be told from other values.
    followed: bool,
}

/// How many values of one step are told.
const HELD: usize = 30;

/// How much of one value, and of one body, is told, in bytes.
const VALUE: usize = 200;
const BODY: usize = 2048;

/// How many entries are told at the beginning and at the end of a journal.
const FIRST: usize = 150;
const LAST: usize = 150;

/// The values that `expected` names, added to those of the same step.
pub(crate) fn held(all: &mut Vec<Held>, what: &str, expected: &Value) {
    leaves(all, what, "", expected);
}

fn leaves(all: &mut Vec<Held>, what: &str, path: &str, expected: &Value) {
    if all.len() >= HELD {
        return;
    }
    match expected {
        Value::Object(members) => {
            for (name, value) in members {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(all, what, &below, value);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leaves(all, what, &format!("{path}[{at}]"), value);
            }
        }
        value => {
            let secret = hidden(name_of(path));
            let text = if secret { "********".to_owned() } else { plain(value) };
            // A number by itself is a count, and counts travel nowhere.
            let followed = !secret && !value.is_null() && (value.is_string() || !path.is_empty());
            all.push(Held { what: what.to_owned(), path: path.to_owned(), value: text, followed });
        }
    }
}

fn name_of(path: &str) -> &str {
    let last = path.rsplit('.').next().unwrap_or_default();
    last.split('[').next().unwrap_or_default()
}

impl Held {
    /// As an outcome tells it, yet without its way.
    pub(crate) fn told(&self) -> Checked {
        let place = match (self.what.is_empty(), self.path.is_empty()) {
            (false, false) => format!("{}: {}", self.what, self.path),
            (false, true) => self.what.clone(),
            (true, _) => self.path.clone(),
        };
        Checked { place, value: clipped(&masked_start(&self.value), VALUE), lineage: Vec::new() }
    }

    /// Common values are followed beside the name of their field, others wherever they are.
    fn sought(&self) -> Sought {
        let common = self.value.chars().count() <= 2 || ["true", "false"].contains(&self.value.as_str());
        Sought::new(if common { &self.path } else { "" }, None, Some(&self.value))
    }
}

/// Adds to an outcome how it came about.
pub(crate) fn tell(outcome: &mut Outcome, world: &World, held: &[Vec<Held>]) {
    let entries = world.parts().journal.entries();
    for (step, held) in outcome.steps.iter_mut().zip(held) {
        let before = entries.partition_point(|entry| entry.seq < step.entries.1);
        for (checked, held) in step.checked.iter_mut().zip(held).filter(|(_, held)| held.followed) {
            let hops = followed(&entries[..before], &held.sought()).into_iter();
            checked.lineage = hops.map(hop).collect();
        }
    }
    outcome.journal = journal(&entries);
}

pub(crate) fn hop(hop: Hop) -> outcome::Hop {
    outcome::Hop { seq: hop.seq, at: hop.at, place: hop.place, text: hop.text }
}

fn journal(entries: &[Entry]) -> Journal {
    let left_out = entries.len().saturating_sub(FIRST + LAST);
    let first = entries.iter().take(if left_out == 0 { entries.len() } else { FIRST });
    let last = entries.iter().skip(entries.len() - if left_out == 0 { 0 } else { LAST });
    Journal { entries: first.chain(last).map(told).collect(), left_out: left_out as u64 }
}

fn told(entry: &Entry) -> outcome::Entry {
    let short = |text: &str| clipped(text, BODY);
    let what = match &entry.what {
        What::Call { from, to, name, line, request, status, answer } => outcome::What::Call {
            from: from.clone(),
            to: (*to).to_owned(),
            name: short(name),
            line: short(line),
            request: short(request),
            status: *status,
            answer: short(answer),
        },
        What::File { who, op, path, bytes, text } => outcome::What::File {
            who: who.clone(),
            op: (*op).to_owned(),
            path: short(path),
            bytes: *bytes,
            text: short(text),
        },
        What::Change { who, place, subject, before, after } => outcome::What::Change {
            who: (*who).to_owned(),
            place: short(place),
            subject: short(subject),
            before: short(before),
            after: short(after),
        },
        What::Note { who, text } => outcome::What::Note { who: (*who).to_owned(), text: short(text) },
    };
    outcome::Entry { seq: entry.seq, at: entry.at.to_string(), what }
}

fn clipped(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}... ({} bytes in all)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use standin_model::Instant;

    #[test]
    fn the_values_of_an_expectation() {
        let mut all = Vec::new();
        let expected =
            json!({"profile": {"zip": "03290", "age": null}, "password": "s3cr3t", "list": [{"n": 1}]});
        held(&mut all, "account ann", &expected);
        held(&mut all, "the number of accounts", &json!(12));
        let told: Vec<(String, String, bool)> =
            all.iter().map(|held| (held.told().place, held.told().value, held.followed)).collect();
        let expected = [
            ("account ann: profile.zip", "03290", true),
            ("account ann: profile.age", "(absent)", false),
            ("account ann: password", "********", false),
            ("account ann: list[0].n", "1", true),
            ("the number of accounts", "12", false),
        ];
        assert_eq!(told, expected.map(|(place, value, way)| (place.to_owned(), value.to_owned(), way)));
        held(&mut all, "", &json!(vec!["x"; 100]));
        assert_eq!(all.len(), HELD);
    }

    #[test]
    fn a_long_journal_keeps_its_beginning_and_its_end() {
        let note = |seq| Entry {
            seq,
            at: Instant::START,
            what: What::Note { who: "stage", text: "é".repeat(2000) },
        };
        for (count, left_out, kept) in [(300, 0, 300), (301, 1, 300), (1000, 700, 300)] {
            let entries: Vec<Entry> = (1..=count).map(note).collect();
            let journal = journal(&entries);
            assert_eq!((journal.left_out, journal.entries.len()), (left_out, kept));
            assert_eq!(journal.entries.last().unwrap().seq, count);
            let outcome::What::Note { text, .. } = &journal.entries[0].what else { panic!() };
            assert!(text.ends_with("é... (4000 bytes in all)") && text.len() < 2100, "{text}");
        }
    }
}
