//! Whether a document matches a condition. Conditions are prepared once for a query: paths are cut, patterns
//! compiled, words and case folded; then they are asked of each document.

use crate::query::document::{Document, Leaf, Node};
use crate::query::fields::Fields;
use crate::query::pattern::Pattern;
use crate::query::tree::{Constant, Expr, Op, Path};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The names of a path.
pub(crate) type Names = Box<[Box<str>]>;

/// A prepared condition.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// Some value at the path passes.
    Any(Names, Test),
    IsNull(Names),
}

/// What one value must be.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Equal(Constant),
    /// A text without regard to case, given in lower case.
    EqualAnyCase(String),
    OneOf(Listed),
    InOrder(Op, Constant),
    /// Whole words in a row.
    Words(Vec<String>),
    Matches(Pattern),
    Nothing,
}

/// The constants of an IN.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    any_case: bool,
    /// In lower case if case makes no difference.
    texts: BTreeSet<String>,
    others: Vec<Constant>,
}

/// A path, cut.
pub(crate) fn names(path: &Path) -> Names {
    path.as_str().split('.').map(Box::from).collect()
}

impl Filter {
    /// Prepares a condition.
    pub(crate) fn new(expr: &Expr, fields: Fields<'_>) -> Self {
        let all = |terms: &[Expr]| terms.iter().map(|term| Self::new(term, fields)).collect();
        match expr {
            Expr::And(terms) => Self::And(all(terms)),
            Expr::Or(terms) => Self::Or(all(terms)),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner, fields))),
            Expr::IsNull { path } => Self::IsNull(names(path)),
            Expr::Compare { path, op, value } => {
                let any = |test| Self::Any(names(path), test);
                match op {
                    Op::Equal => any(Test::equal(path, value, fields)),
                    Op::NotEqual => Self::Not(Box::new(any(Test::equal(path, value, fields)))),
                    _ => any(Test::InOrder(*op, value.clone())),
                }
            }
            Expr::In { path, values } => Self::Any(names(path), Test::one_of(path, values, fields)),
            Expr::Contains { path, value } => Self::Any(names(path), Test::contains(path, value, fields)),
            Expr::Matches { path, pattern } => Self::Any(names(path), Test::Matches(pattern.clone())),
        }
    }

    /// Whether `document` matches. A field that is not there equals nothing.
    pub(crate) fn matches(&self, document: &Document<'_>) -> bool {
        match self {
            Self::And(terms) => terms.iter().all(|term| term.matches(document)),
            Self::Or(terms) => terms.iter().any(|term| term.matches(document)),
            Self::Not(inner) => !inner.matches(document),
            Self::Any(path, test) => document.any(path, &mut |node| test.passes(node)),
            Self::IsNull(path) => !document.any(path, &mut |node| !matches!(node.leaf(), Some(Leaf::Null))),
        }
    }
}

impl Test {
    fn equal(path: &Path, value: &Constant, fields: Fields<'_>) -> Self {
        match value {
            Constant::Text(text) if fields.ignores_case(path.as_str()) => {
                Self::EqualAnyCase(text.to_lowercase())
            }
            _ => Self::Equal(value.clone()),
        }
    }

    fn one_of(path: &Path, values: &[Constant], fields: Fields<'_>) -> Self {
        let any_case = fields.ignores_case(path.as_str());
        let mut listed = Listed { any_case, texts: BTreeSet::new(), others: Vec::new() };
        for value in values {
            match value {
                Constant::Text(text) if any_case => _ = listed.texts.insert(text.to_lowercase()),
                Constant::Text(text) => _ = listed.texts.insert(text.clone()),
                other => listed.others.push(other.clone()),
            }
        }
        Self::OneOf(listed)
    }

    /// Whole words in a row, by case; the whole value where the field is encrypted or not analysed.
    fn contains(path: &Path, value: &Constant, fields: Fields<'_>) -> Self {
        let Constant::Text(text) = value else { return Self::Equal(value.clone()) };
        if fields.is_encrypted(path.as_str()) || !fields.is_analysed(path.as_str()) {
            return Self::equal(path, value, fields);
        }
        let wanted: Vec<String> = words(text).map(str::to_owned).collect();
        if wanted.is_empty() { Self::Nothing } else { Self::Words(wanted) }
    }

    fn passes(&self, node: Node<'_>) -> bool {
        let Some(leaf) = node.leaf() else { return false };
        match (self, &leaf) {
            (Self::Equal(constant), _) => is_equal(&leaf, constant),
            (Self::OneOf(listed), Leaf::Text(text)) if listed.any_case => {
                listed.texts.contains(&text.to_lowercase())
            }
            (Self::OneOf(listed), Leaf::Text(text)) => listed.texts.contains(&**text),
            (Self::OneOf(listed), _) => listed.others.iter().any(|constant| is_equal(&leaf, constant)),
            (Self::EqualAnyCase(wanted), Leaf::Text(text)) => is_equal_any_case(text, wanted),
            (Self::InOrder(op, constant), _) => in_order(&leaf, *op, constant),
            (Self::Words(wanted), Leaf::Text(text)) => has_words(text, wanted),
            (Self::Matches(pattern), Leaf::Text(text)) => pattern.is_match(text),
            _ => false,
        }
    }
}

fn is_equal(leaf: &Leaf<'_>, constant: &Constant) -> bool {
    match (leaf, constant) {
        (Leaf::Text(a), Constant::Text(b)) => a == b,
        (Leaf::Flag(a), Constant::Flag(b)) => a == b,
        _ => compare_numbers(leaf, constant).is_some_and(Ordering::is_eq),
    }
}

fn is_equal_any_case(text: &str, lower: &str) -> bool {
    match text.is_ascii() && lower.is_ascii() {
        true => text.eq_ignore_ascii_case(lower),
        false => text.to_lowercase() == lower,
    }
}

fn in_order(leaf: &Leaf<'_>, op: Op, constant: &Constant) -> bool {
    let order = match (leaf, constant) {
        (Leaf::Text(a), Constant::Text(b)) => Some((**a).cmp(b.as_str())),
        _ => compare_numbers(leaf, constant),
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

fn compare_numbers(leaf: &Leaf<'_>, constant: &Constant) -> Option<Ordering> {
    match (leaf, constant) {
        (Leaf::Whole(a), Constant::Whole(b)) => Some(a.cmp(b)),
        (Leaf::Whole(a), Constant::Float(b)) => (*a as f64).partial_cmp(b),
        (Leaf::Float(a), Constant::Whole(b)) => a.partial_cmp(&(*b as f64)),
        (Leaf::Float(a), Constant::Float(b)) => a.partial_cmp(b),
        _ => None,
    }
}

/// Letters and digits in a row; everything else, underscores too, separates.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn has_words(text: &str, wanted: &[String]) -> bool {
    if let [one] = wanted {
        return words(text).any(|word| word == one);
    }
    let text: Vec<&str> = words(text).collect();
    text.windows(wanted.len()).any(|window| window.iter().eq(wanted))
}

/// The order of two values; one that is missing comes last, whichever way is sorted.
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
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}
