//! Lists and members of the REST API, where every scalar is text.

use crate::reply::{self, Refused};
use crate::router::Call;
use serde_json::{Map, Value, json};
use standin_ports::Response;

/// How much of an object an answer holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Depth {
    Minimal,
    Partial,
    Complete,
}

impl Depth {
    /// From the query; an unknown word stands for `default`.
    pub(crate) fn read(call: &Call<'_>, default: Self) -> Self {
        call.query.get_any_case("depth").map_or(default, |word| Self::from_word(word, default))
    }

    /// From a word.
    pub(crate) fn from_word(word: &str, default: Self) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "minimal" => Self::Minimal,
            "partial" => Self::Partial,
            "complete" => Self::Complete,
            _ => default,
        }
    }

    /// As answers name it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Partial => "partial",
            Self::Complete => "complete",
        }
    }
}

/// Which page of a list is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// Reads `page` and `count`. Blank is absent, page 0 is page 1.
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Refused> {
        let number = |name: &str, default: usize| match call.query.get_any_case(name).map(str::trim) {
            None | Some("") => Ok(default),
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| reply::bad_parameter(name, &json!({ "type": "IntegerRequirement" }), text)),
        };
        let size = number("count", 1000)?;
        if !(1..=1000).contains(&size) {
            let requirement = json!({ "type": "IntegerRequirement", "minimum": "1", "maximum": "1000" });
            return Err(reply::bad_parameter("count", &requirement, &size.to_string()));
        }
        Ok(Self { number: number("page", 1)?.max(1), size })
    }

    /// The positions of this page in a list of `total`.
    pub(crate) fn range(self, total: usize) -> std::ops::Range<usize> {
        let first = (self.number - 1).saturating_mul(self.size).min(total);
        first..first.saturating_add(self.size).min(total)
    }

    /// The part of a list that is on this page.
    pub(crate) fn of<T: Clone>(self, all: &[T]) -> Vec<T> {
        all[self.range(all.len())].to_vec()
    }

    /// The envelope.
    pub(crate) fn envelope(self, elements: Vec<Value>, total: usize) -> Response {
        reply::rest(
            200,
            &json!({ "elements": elements, "page": self.number, "pageSize": self.size, "total": total }),
        )
    }
}

/// A member by its name in any case; null is absent.
pub(crate) fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    let found = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    found.filter(|value| !value.is_null())
}

/// A scalar member as text; an object or a list in its place is nothing that can be read.
pub(crate) fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Refused> {
    match member(members, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
        Some(_) => Err(reply::unusable()),
    }
}

/// A member that is a list; none where it is absent.
pub(crate) fn list(members: &Map<String, Value>, name: &str) -> Result<Vec<Value>, Refused> {
    match member(members, name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        Some(_) => Err(reply::unusable()),
    }
}

/// A number in the query; blank is absent.
pub(crate) fn number(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refused> {
    match call.query.get_any_case(name).map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| reply::bad_parameter(name, &json!({ "type": "IntegerRequirement" }), text)),
    }
}

/// The order that a list is wanted in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Order {
    pub(crate) term: String,
    down: bool,
}

impl Order {
    /// `orderBy=name DESC`, or `sort=name&dir=desc`.
    pub(crate) fn read(call: &Call<'_>) -> Option<Self> {
        let of = |name: &str| call.query.get_any_case(name).map(str::trim).filter(|text| !text.is_empty());
        let (term, direction) = match of("orderBy") {
            Some(text) => text.split_once(char::is_whitespace).unwrap_or((text, "")),
            None => (of("sort")?, of("dir").unwrap_or_default()),
        };
        Some(Self { term: term.to_owned(), down: direction.trim().eq_ignore_ascii_case("desc") })
    }

    /// An ascending order in the direction that is wanted.
    pub(crate) fn turned(&self, order: std::cmp::Ordering) -> std::cmp::Ordering {
        if self.down { order.reverse() } else { order }
    }
}
