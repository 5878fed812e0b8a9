//! Lists of the Bulk API: pages, order, and the `q` filter.

use crate::filter::{OPS, Op};
use crate::reply::{self, Failure, Refused};
use crate::value;
use serde_json::{Value, json};
use standin_fake_kit::form::Form;
use standin_ports::Response;
use std::cmp::Ordering;

/// What a list does with a limit above the largest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Oversize {
    Refuse,
    Clamp,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    told: bool,
}

/// The largest page of a list.
pub(crate) const LIST: usize = 1000;
/// The largest page of data.
pub(crate) const DATA: usize = 50_000;

impl Window {
    /// Reads `limit`, `offset` and `totalResults`.
    pub(crate) fn read(query: &Form, most: usize, oversize: Oversize) -> Result<Self, Refused> {
        let number = |name: &str| match query.get_any_case(name).map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => text
                .parse::<usize>()
                .map(Some)
                .map_err(|_| reply::failures(&[Failure::new(name, Some(text), "Must be an integer value.")])),
        };
        let mut limit = number("limit")?.unwrap_or(LIST);
        if limit > most && oversize == Oversize::Clamp {
            limit = most;
        }
        if limit == 0 || limit > most {
            let constraint = format!("Must be an integer value, at least 1 and at most {most}.");
            return Err(reply::failures(&[Failure::new("limit", Some(&limit.to_string()), &constraint)]));
        }
        let told = query.get_any_case("totalResults").is_none_or(|text| value::flag(text) != Some(false));
        Ok(Self { offset: number("offset")?.unwrap_or(0), limit, told })
    }

    /// The envelope around a page; `items` is left out where `page` is none.
    pub(crate) fn envelope(self, page: Option<Vec<Value>>, total: usize) -> Response {
        let count = page.as_ref().map_or(0, Vec::len);
        let mut out = json!({});
        if let Some(page) = page {
            out["items"] = Value::from(page);
        }
        if self.told {
            out["totalResults"] = Value::from(total);
        }
        out["limit"] = Value::from(self.limit);
        out["offset"] = Value::from(self.offset);
        out["count"] = Value::from(count);
        out["hasMore"] = Value::from(self.more(count, total));
        reply::bulk(200, &out)
    }
}

impl Window {
    /// The rest of the envelope behind a page that is already written.
    pub(crate) fn around(self, mut begun: String, count: usize, total: usize) -> Response {
        if self.told {
            begun.push_str(&format!("\"totalResults\":{total},"));
        }
        let more = self.more(count, total);
        let (limit, offset) = (self.limit, self.offset);
        begun.push_str(&format!(
            "\"limit\":{limit},\"offset\":{offset},\"count\":{count},\"hasMore\":{more}}}"
        ));
        reply::bulk_text(200, begun)
    }

    fn more(self, count: usize, total: usize) -> bool {
        if self.told { self.offset.saturating_add(count) < total } else { count == self.limit }
    }
}

/// Answers a list request out of all items.
pub(crate) fn page(mut items: Vec<Value>, query: &Form, oversize: Oversize) -> Result<Response, Refused> {
    let window = Window::read(query, LIST, oversize)?;
    if let Some(text) = query.get_any_case("q").filter(|text| !text.trim().is_empty()) {
        let wanted = Wanted::read(text).ok_or_else(|| {
            reply::failures(&[Failure::new("q", Some(text), "Must be a valid search term.")])
        })?;
        items.retain(|item| wanted.holds(item));
    }
    if let Some(order) = query.get_any_case("orderBy").filter(|text| !text.trim().is_empty()) {
        sort(&mut items, order);
    }
    let total = items.len();
    let page: Vec<Value> = items.into_iter().skip(window.offset).take(window.limit).collect();
    Ok(window.envelope(Some(page), total))
}

fn text_of(item: &Value, name: &str) -> String {
    let members = item.as_object();
    let found = members.and_then(|all| all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
    match found {
        Some((_, Value::String(text))) => text.clone(),
        Some((_, value)) => value.to_string(),
        None => String::new(),
    }
}

fn sort(items: &mut [Value], order: &str) {
    let mut words = order.split_whitespace();
    let field = words.next().unwrap_or_default();
    let down = words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc"));
    items.sort_by(|a, b| {
        let order = compare(&text_of(a, field), &text_of(b, field));
        if down { order.reverse() } else { order }
    });
}

/// Numbers by their value, before all texts.
fn compare(a: &str, b: &str) -> Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

/// One condition of `q`.
struct Wanted {
    field: String,
    op: Op,
    value: String,
}

impl Wanted {
    /// Reads `name=*Test*`, `"name='Test'"`, `createdAt<2025-07-01`.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let at = text.find(['=', '!', '<', '>'])?;
        let (field, rest) = text.split_at(at);
        let (sign, op) = OPS.iter().find(|(sign, _)| rest.starts_with(sign))?;
        let value = rest[sign.len()..].trim();
        let value = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(value);
        let field = field.trim();
        (!field.is_empty()).then(|| Self { field: field.to_owned(), op: *op, value: value.to_owned() })
    }

    fn holds(&self, item: &Value) -> bool {
        let text = text_of(item, &self.field);
        match self.op {
            Op::Equal => value::fits(&self.value, &text, '*', None),
            Op::NotEqual => !value::fits(&self.value, &text, '*', None),
            op => op.holds(compare(&text, &self.value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_names_are_put_in_order(names in proptest::collection::vec("[0-9]{1,2}[a-b]?", 21..200)) {
            let mut items: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
            sort(&mut items, "name ASC");
            let sorted: Vec<String> = items.iter().map(|item| text_of(item, "name")).collect();
            let in_order = |(at, one): (usize, &String)| {
                sorted[at..].iter().all(|later| compare(one, later) != Ordering::Greater)
            };
            prop_assert!(sorted.iter().enumerate().all(in_order), "{:?}", sorted);
        }
    }

    #[test]
    fn forms_of_q() {
        let item = json!({ "name": "Test List 1", "createdAt": "2025-06-01T00:00:00.0000000Z", "count": 5 });
        for (text, expected) in [
            ("\"name=Test*List*1\"", true),
            ("\"name=*Test*\"", true),
            ("name='Email*'", false),
            ("name=test*", false),
            ("createdAt<2025-07-01", true),
            ("count>=10", false),
            ("name!=Other", true),
        ] {
            assert_eq!(Wanted::read(text).map(|wanted| wanted.holds(&item)), Some(expected), "{text}");
        }
        assert!(Wanted::read("nonsense").is_none());
    }
}
