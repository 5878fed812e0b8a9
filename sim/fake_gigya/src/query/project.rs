//! What of a match is shown, and functions over many.

use crate::envelope::{Object, Writer};
use crate::query::document::{Document, Leaf};
use crate::query::eval::{Names, order};
use crate::query::plan::{Aggregate, Plan, Shown};
use crate::query::tree::Function;
use crate::shown::shape_phones;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

impl Plan {
    /// A match as the select list wants it.
    pub(crate) fn show(&self, document: &Document<'_>) -> Value {
        let Some(shown) = &self.shown else { return document.whole() };
        let mut out = Value::Object(Object::new());
        for item in shown {
            let Some((name, rest)) = item.path.split_first() else { continue };
            let Some(inner) = document.member(name).and_then(|node| node.part(rest, item.alias.as_deref()))
            else {
                continue;
            };
            let alias = item.alias.as_deref().filter(|_| rest.is_empty());
            blend(&mut out, Object::from_iter([(alias.unwrap_or(name).to_owned(), inner)]).into());
        }
        out
    }

    /// The same as JSON text, phones of a profile in the shape `phones`.
    pub(crate) fn write(&self, document: &Document<'_>, phones: &str, out: &mut Writer) {
        if phones != "stored" || !self.shown.as_deref().is_none_or(are_members) {
            let mut row = self.show(document);
            if let Some(profile) = row.get_mut("profile").and_then(Value::as_object_mut) {
                shape_phones(profile, phones);
            }
            return out.value(&row);
        }
        out.0.push(b'{');
        match &self.shown {
            None => document.tell(&mut |name, node| out.put(name, node)),
            Some(items) => {
                for name in items.iter().flat_map(|item| &item.path) {
                    if let Some(node) = document.member(name) {
                        out.put(name, node);
                    }
                }
            }
        }
        out.0.push(b'}');
    }

    /// One row for each group, or one for all; and how many documents match.
    pub(crate) fn rows<'d>(&self, documents: impl Iterator<Item = Document<'d>>) -> (Vec<Value>, usize) {
        let mut total = 0;
        let mut groups: BTreeMap<String, (Vec<Value>, Vec<Tally>)> = BTreeMap::new();
        let fresh = || vec![Tally::default(); self.aggregates.len()];
        if self.group_by.is_empty() {
            groups.insert(String::new(), (Vec::new(), fresh()));
        }
        for document in documents.filter(|document| self.matches(document)) {
            total += 1;
            let key: Option<Vec<Value>> = self.group_by.iter().map(|path| document.first(path)).collect();
            let Some(key) = key else { continue };
            let name: String = key.iter().map(|value| format!("{value}\n")).collect();
            let (_, tallies) = groups.entry(name).or_insert_with(|| (key, fresh()));
            for (aggregate, tally) in self.aggregates.iter().zip(tallies) {
                tally.add(aggregate, &document);
            }
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|(a, _), (b, _)| {
            let orders = a.iter().zip(b).map(|(a, b)| order(Some(a), Some(b), false));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        (groups.into_iter().map(|(key, tallies)| self.row(key, &tallies)).collect(), total)
    }

    fn row(&self, key: Vec<Value>, tallies: &[Tally]) -> Value {
        let mut out = Value::Object(Object::new());
        for (path, value) in self.group_by.iter().zip(key) {
            blend(&mut out, nested(path, self.alias_of(path), value));
        }
        for (aggregate, tally) in self.aggregates.iter().zip(tallies) {
            let column = Object::from_iter([(aggregate.column.clone(), tally.result(aggregate))]);
            blend(&mut out, column.into());
        }
        out
    }

    fn alias_of(&self, path: &Names) -> Option<&str> {
        self.shown.iter().flatten().find(|item| item.path == *path)?.alias.as_deref()
    }
}

fn nested(path: &Names, alias: Option<&str>, value: Value) -> Value {
    let mut names = path.iter().rev().map(AsRef::as_ref);
    let last = names.next().unwrap_or_default();
    let inner = Object::from_iter([(alias.unwrap_or(last).to_owned(), value)]);
    names.fold(inner.into(), |inner, name| Object::from_iter([(name.to_owned(), inner)]).into())
}

/// Whether whole members are shown under their own names, none twice.
fn are_members(items: &[Shown]) -> bool {
    let seen = |at: usize, item: &Shown| items[..at].iter().any(|other| other.path == item.path);
    let mut each = items.iter().enumerate();
    each.all(|(at, item)| item.path.len() == 1 && item.alias.is_none() && !seen(at, item))
}

/// Puts `from` into `into`: objects member by member, lists of one length item by item.
fn blend(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in new {
                match old.get_mut(&name) {
                    Some(slot) => blend(slot, value),
                    None => _ = old.insert(name, value),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            old.iter_mut().zip(new).for_each(|(slot, value)| blend(slot, value));
        }
        (slot, value) => *slot = value,
    }
}

/// What is known so far of one function over one group.
#[derive(Clone, Debug)]
struct Tally {
    documents: u64,
    numbers: u64,
    sum: f64,
    squares: f64,
    least: f64,
    most: f64,
}

impl Default for Tally {
    fn default() -> Self {
        let (least, most) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { documents: 0, numbers: 0, sum: 0.0, squares: 0.0, least, most }
    }
}

impl Tally {
    fn add(&mut self, aggregate: &Aggregate, document: &Document<'_>) {
        let Some(path) = &aggregate.path else {
            self.documents += 1;
            return;
        };
        let mut there = false;
        document.any(path, &mut |node| {
            let number = match node.leaf() {
                Some(Leaf::Null) => return false,
                Some(Leaf::Whole(number)) => number as f64,
                Some(Leaf::Float(number)) => number,
                _ => {
                    there = true;
                    return false;
                }
            };
            there = true;
            self.numbers += 1;
            self.sum += number;
            self.squares += number * number;
            self.least = self.least.min(number);
            self.most = self.most.max(number);
            false
        });
        self.documents += u64::from(there);
    }

    fn result(&self, aggregate: &Aggregate) -> Value {
        let count = self.numbers as f64;
        let mean = if self.numbers == 0 { 0.0 } else { self.sum / count };
        let variance = || match self.numbers {
            0 => 0.0,
            _ => (self.squares / count - mean.powi(2)).max(0.0),
        };
        number(match aggregate.function {
            Function::Count => return self.documents.into(),
            Function::Sum => self.sum,
            Function::Min => self.least,
            Function::Max => self.most,
            Function::Avg => mean,
            Function::SumOfSquares => self.squares,
            Function::Variance => variance(),
            Function::Std => variance().sqrt(),
        })
    }
}

/// Whole results as whole numbers; the two infinities as words.
fn number(result: f64) -> Value {
    if result == f64::INFINITY {
        "infinity".into()
    } else if result == f64::NEG_INFINITY {
        "-infinity".into()
    } else if result.fract() == 0.0 && result.abs() < 9e15 {
        (result as i64).into()
    } else {
        result.into()
    }
}
