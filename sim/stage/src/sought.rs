//! What the story behind a failed expectation looks for in the journal.

use serde_json::Value;
use standin_ports::{Entry, What};
use std::collections::BTreeSet;

/// The values that differ, and the name of the field that holds them.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    expected: Vec<Needle>,
    actual: Vec<Needle>,
    field: Option<String>,
}

/// One of two sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// What the scenario expects.
    Expected,
    /// What is there.
    Actual,
}

/// A value, in the spellings by which it is recognised.
#[derive(Clone, Debug)]
struct Needle {
    spellings: Vec<String>,
    /// What one side of a change is if it is this value and nothing else.
    whole: String,
}

impl Sought {
    /// From the two sides of a difference at `path`, as a message shows them.
    pub fn new(path: &str, expected: Option<&str>, actual: Option<&str>) -> Self {
        let last = path.rsplit('.').next().unwrap_or_default();
        let field = last.split('[').next().filter(|name| !name.is_empty()).map(str::to_owned);
        let name = field.clone().unwrap_or_default();
        let (expected, actual) = (values(&name, expected), values(&name, actual));
        let names: BTreeSet<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
        let only = |one: &[(String, String)], other: &[(String, String)]| -> Vec<Needle> {
            let told = one.iter().filter(|value| !other.contains(value));
            // Of a whole contact only the fields matter that the expectation names.
            let asked = |value: &&(String, String)| names.is_empty() || names.contains(value.0.as_str());
            told.filter(asked).filter_map(|(name, value)| Needle::new(name, value)).collect()
        };
        Self { expected: only(&expected, &actual), actual: only(&actual, &expected), field }
    }

    /// Whether there is nothing to look for.
    pub fn is_nothing(&self) -> bool {
        self.expected.is_empty() && self.actual.is_empty() && self.field.is_none()
    }

    /// Where in `text` one of the values stands first.
    pub fn place_in(&self, text: &str) -> Option<usize> {
        self.expected.iter().chain(&self.actual).filter_map(|needle| needle.place_in(text)).min()
    }

    /// Whether `text`, a side of a change, holds a value of this side of the difference.
    pub fn holds(&self, side: Side, text: &str) -> bool {
        let needles = match side {
            Side::Expected => &self.expected,
            Side::Actual => &self.actual,
        };
        needles.iter().any(|needle| needle.whole == text || needle.place_in(text).is_some())
    }

    /// Whether the name of a place is about the field.
    pub fn is_field_in(&self, place: &str) -> bool {
        self.field.as_ref().is_some_and(|field| find(place, field).is_some())
    }

    /// Whether an entry holds an expected value.
    pub fn is_expected_in(&self, entry: &Entry) -> bool {
        let here = |text: &str| self.expected.iter().any(|needle| needle.place_in(text).is_some());
        let decoded = |text: &str| {
            let mut pairs = form_urlencoded::parse(text.as_bytes());
            here(text) || ((text.contains('%') || text.contains('+')) && pairs.any(|(_, value)| here(&value)))
        };
        match &entry.what {
            What::Call { request, answer, line, .. } => {
                decoded(request) || decoded(data(answer)) || decoded(line)
            }
            What::File { text, .. } => here(text),
            What::Change { after, .. } => here(after),
            What::Note { .. } => false,
        }
    }
}

impl Needle {
    fn new(name: &str, value: &str) -> Option<Self> {
        let common = value.chars().count() <= 1 || matches!(value, "true" | "false");
        let spellings = match (value.is_empty(), common, name.is_empty()) {
            (true, ..) | (_, true, true) => return None,
            (_, true, false) => vec![format!("\"{name}\":\"{value}\""), format!("\"{name}\":{value}")],
            (_, false, _) => vec![value.to_owned()],
        };
        Some(Self { spellings, whole: value.to_owned() })
    }

    fn place_in(&self, text: &str) -> Option<usize> {
        self.spellings.iter().filter_map(|spelling| find(text, spelling)).min()
    }
}

/// What is data in a body: of a page only what it carries for programs, since its words may be anything.
pub fn data(body: &str) -> &str {
    if !body.trim_start().starts_with('<') {
        return body;
    }
    let carried = body.find("type=\"application/json\"").and_then(|at| body[at..].split_once('>'));
    carried.map_or("", |(_, rest)| rest.split("</script>").next().unwrap_or_default())
}

/// The values in what a message shows: the thing itself, and for a list or an object all that is in it.
fn values(name: &str, shown: Option<&str>) -> Vec<(String, String)> {
    let Some(shown) = shown.filter(|shown| *shown != "(absent)") else { return Vec::new() };
    let bare = match shown.split_once(" items: ") {
        Some((count, rest)) if count.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => shown,
    };
    let mut found = vec![(name.to_owned(), bare.to_owned())];
    if let Ok(value @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str(bare) {
        leaves(name, &value, &mut found);
    }
    found
}

fn leaves(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| leaves(name, value, found)),
        Value::Array(items) => items.iter().for_each(|item| leaves(name, item, found)),
        Value::Null => {}
        other => found.push((name.to_owned(), crate::compare::plain(other))),
    }
}

/// Where `value` stands in `text` for itself and not as a part of another word.
fn find(text: &str, value: &str) -> Option<usize> {
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let whole = |at: &usize| {
        let end = at + value.len();
        let goes_on_before = inside(text[..*at].chars().next_back()) && inside(value.chars().next());
        let goes_on_behind = inside(text[end..].chars().next()) && inside(value.chars().next_back());
        !goes_on_before && !goes_on_behind
    };
    text.match_indices(value).map(|(at, _)| at).find(whole)
}
