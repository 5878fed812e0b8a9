//! Whether a document matches a condition.

use crate::query::check::Fields;
use crate::query::parse::{Expr, Op};
use serde_json::Value;
use std::cmp::Ordering;

impl Expr {
    /// Whether `document` matches. A field that is not there equals nothing.
    pub(crate) fn matches(&self, document: &Value, fields: Fields<'_>) -> bool {
        match self {
            Self::And(terms) => terms.iter().all(|term| term.matches(document, fields)),
            Self::Or(terms) => terms.iter().any(|term| term.matches(document, fields)),
            Self::Not(inner) => !inner.matches(document, fields),
            Self::IsNull { path } => values(document, path).iter().all(|value| value.is_null()),
            Self::Compare { path, op: Op::NotEqual, value } => {
                !any(document, path, |it| equal(it, value, fields.is_encrypted(path)))
            }
            Self::Compare { path, op: Op::Equal, value } => {
                any(document, path, |it| equal(it, value, fields.is_encrypted(path)))
            }
            Self::Compare { path, op, value } => any(document, path, |it| in_order(it, *op, value)),
            Self::In { path, values } => {
                let encrypted = fields.is_encrypted(path);
                any(document, path, |it| values.iter().any(|value| equal(it, value, encrypted)))
            }
            Self::Contains { path, value } => any(document, path, |it| contains(it, value, path, fields)),
            Self::Matches { path, pattern } => {
                any(document, path, |it| it.as_str().is_some_and(|text| pattern.is_match(text)))
            }
        }
    }
}

fn any(document: &Value, path: &str, test: impl Fn(&Value) -> bool) -> bool {
    values(document, path).into_iter().any(test)
}

/// The values at a path. Lists on the way and at the end count item by item.
pub(crate) fn values<'d>(document: &'d Value, path: &str) -> Vec<&'d Value> {
    let mut at = vec![document];
    for name in path.split('.') {
        at = at.into_iter().flat_map(items).filter_map(|value| value.get(name)).collect();
    }
    at.into_iter().flat_map(items).collect()
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        other => std::slice::from_ref(other),
    }
}

fn equal(value: &Value, constant: &Value, encrypted: bool) -> bool {
    match (value, constant) {
        (Value::String(a), Value::String(b)) if encrypted => a.to_lowercase() == b.to_lowercase(),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => value == constant,
    }
}

fn in_order(value: &Value, op: Op, constant: &Value) -> bool {
    let order = match (value, constant) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b),
        _ => None,
    };
    order.is_some_and(|order| match op {
        Op::Less => order.is_lt(),
        Op::LessOrEqual => order.is_le(),
        Op::Greater => order.is_gt(),
        Op::GreaterOrEqual => order.is_ge(),
        Op::Equal => order.is_eq(),
        Op::NotEqual => order.is_ne(),
    })
}

fn compare_numbers(a: &serde_json::Number, b: &serde_json::Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// Whole words in a row, by case; the whole value where the field is encrypted or not analysed.
fn contains(value: &Value, constant: &Value, path: &str, fields: Fields<'_>) -> bool {
    let (Value::String(text), Value::String(wanted)) = (value, constant) else {
        return equal(value, constant, false);
    };
    if fields.is_encrypted(path) {
        return equal(value, constant, true);
    }
    if !fields.is_analysed(path) {
        return text == wanted;
    }
    let (text, wanted) = (words(text), words(wanted));
    !wanted.is_empty() && text.windows(wanted.len()).any(|window| window == wanted)
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// The order of two documents' values at one path; one without a value comes last, whichever way is sorted.
pub(crate) fn order(a: Option<&Value>, b: Option<&Value>, descending: bool) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let order = compare(a, b);
            if descending { order.reverse() } else { order }
        }
    }
}

/// Booleans, then numbers, then text, then the rest.
fn compare(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        _ => 4,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b).unwrap_or(Ordering::Equal),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}
