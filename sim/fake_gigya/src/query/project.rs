//! What of a match is shown, and functions over many.

use crate::envelope::Object;
use crate::query::eval::{order, values};
use crate::query::parse::{Item, Query, Select};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

impl Query {
    /// Whether the answer is computed over matches instead of showing them.
    pub(crate) fn aggregates(&self) -> bool {
        let is_aggregate = |item: &Item| matches!(item, Item::Aggregate { .. });
        !self.group_by.is_empty()
            || matches!(&self.select, Select::Items(items) if items.iter().any(is_aggregate))
    }

    /// A match as the select list wants it.
    pub(crate) fn show(&self, document: &Value) -> Value {
        let Select::Items(items) = &self.select else { return document.clone() };
        let mut out = Value::Object(Object::new());
        for item in items {
            if let Item::Path { path, alias } = item {
                let names: Vec<&str> = path.split('.').collect();
                if let Some(part) = part(document, &names, alias.as_deref()) {
                    blend(&mut out, part);
                }
            }
        }
        out
    }

    /// One row for each group, or one for all.
    pub(crate) fn rows(&self, documents: &[&Value]) -> Vec<Value> {
        if self.group_by.is_empty() {
            return vec![self.row(documents, None)];
        }
        let mut groups: BTreeMap<String, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for document in documents {
            let key: Vec<&Value> = self.group_by.iter().filter_map(|path| first(document, path)).collect();
            if key.len() == self.group_by.len() {
                let name = format!("{key:?}");
                groups.entry(name).or_insert_with(|| (key, Vec::new())).1.push(document);
            }
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|(a, _), (b, _)| {
            let orders = a.iter().zip(b).map(|(a, b)| order(Some(*a), Some(*b), false));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        groups.iter().map(|(key, members)| self.row(members, Some(key))).collect()
    }

    fn row(&self, documents: &[&Value], key: Option<&Vec<&Value>>) -> Value {
        let mut out = Value::Object(Object::new());
        for (path, value) in self.group_by.iter().zip(key.into_iter().flatten()) {
            blend(&mut out, nested(path, (*value).clone()));
        }
        if let Select::Items(items) = &self.select {
            for item in items {
                if let Item::Aggregate { function, path, alias } = item {
                    let name = alias.clone().unwrap_or_else(|| format!("{function}({path})"));
                    let found = aggregate(function, path, documents);
                    blend(&mut out, Object::from_iter([(name, found)]).into());
                }
            }
        }
        out
    }
}

/// The first value at a path.
pub(crate) fn first<'d>(document: &'d Value, path: &str) -> Option<&'d Value> {
    values(document, path).into_iter().find(|value| !value.is_null())
}

fn nested(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |inner, name| Object::from_iter([(name.to_owned(), inner)]).into())
}

/// The part of a document at a path, nested as it is there; the last name may be another.
fn part(value: &Value, names: &[&str], alias: Option<&str>) -> Option<Value> {
    let Some((name, rest)) = names.split_first() else { return Some(value.clone()) };
    match value {
        Value::Array(list) => {
            let parts: Vec<Option<Value>> = list.iter().map(|item| part(item, names, alias)).collect();
            let some = parts.iter().any(Option::is_some);
            some.then(|| parts.into_iter().map(|it| it.unwrap_or_else(|| Object::new().into())).collect())
        }
        _ => {
            let inner = part(value.get(name)?, rest, alias)?;
            let shown = if rest.is_empty() { alias.unwrap_or(name) } else { name };
            Some(Object::from_iter([(shown.to_owned(), inner)]).into())
        }
    }
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

fn aggregate(function: &str, path: &str, documents: &[&Value]) -> Value {
    if path == "*" {
        return documents.len().into();
    }
    let found: Vec<&Value> = documents.iter().flat_map(|document| values(document, path)).collect();
    if function == "count" {
        return documents.iter().filter(|document| first(document, path).is_some()).count().into();
    }
    let numbers: Vec<f64> = found.iter().filter_map(|value| value.as_f64()).collect();
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    let squares: f64 = numbers.iter().map(|number| number * number).sum();
    let variance = if numbers.is_empty() { 0.0 } else { (squares / count - (sum / count).powi(2)).max(0.0) };
    let result = match function {
        "min" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "sum" => sum,
        "avg" if numbers.is_empty() => 0.0,
        "avg" => sum / count,
        "sum_of_squares" => squares,
        "variance" => variance,
        _ => variance.sqrt(),
    };
    number(result)
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
