//! Lists of assets over the REST API: searched, ordered, in pages.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::rest_page::{Depth, Order, Page, number};
use crate::router::Call;
use crate::search::{self, Clause};
use crate::user::By;
use serde_json::{Map, Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::cmp::Ordering;

/// A value that is searched and ordered by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Own {
    Text(String),
    Number(u64),
    At(Option<Instant>),
}

impl Own {
    fn holds(&self, clause: &Clause) -> bool {
        match self {
            Self::Text(text) => search::text_holds(text, clause.op, &clause.value),
            Self::Number(number) => search::text_holds(&number.to_string(), clause.op, &clause.value),
            Self::At(Some(at)) => search::time_holds(*at, clause.op, &clause.value),
            Self::At(None) => search::text_holds("", clause.op, &clause.value),
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::At(a), Self::At(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}

/// Something that a user of the site made and the API lists.
pub(crate) trait Asset {
    /// As the member `type` says.
    const KIND: &'static str;
    fn id(&self) -> u64;
    fn name(&self) -> &str;
    fn created(&self) -> Option<Instant>;
    fn updated(&self) -> Option<Instant>;
    fn by(&self) -> By {
        By::default()
    }
    /// Another property, by its name in lower case.
    fn other(&self, _term: &str) -> Option<Own> {
        None
    }

    /// A property, by its name in any case.
    fn own(&self, term: &str) -> Option<Own> {
        let term = term.to_ascii_lowercase();
        match term.as_str() {
            "id" => Some(Own::Number(self.id())),
            "name" => Some(Own::Text(self.name().to_owned())),
            "createdat" => Some(Own::At(self.created())),
            "updatedat" | "lastupdatedat" => Some(Own::At(self.updated())),
            "depth" | "type" => None,
            _ => self.other(&term),
        }
    }
}

/// The members that all assets begin with; those of the system have no dates.
pub(crate) fn head<A: Asset + ?Sized>(asset: &A) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("type".to_owned(), Value::from(A::KIND));
    out.insert("id".to_owned(), Value::from(asset.id().to_string()));
    if let Some(created) = asset.created() {
        out.insert("createdAt".to_owned(), Value::from(created.seconds().to_string()));
        out.insert("createdBy".to_owned(), Value::from(asset.by().made.to_string()));
    }
    out
}

/// The rights on an asset, in the words of a version.
pub(crate) fn permissions(second: bool) -> Value {
    if second { json!(["Retrieve", "SetSecurity", "Delete", "Update"]) } else { Value::from("fullControl") }
}

/// The answer of a list: the assets that are wanted, in the wanted order, one page of them.
pub(crate) fn page<A: Asset + ?Sized>(
    eloqua: &Eloqua,
    call: &Call<'_>,
    all: Vec<&A>,
    view: impl Fn(&A, Depth) -> Value,
) -> Result<Response, Refused> {
    let page = Page::read(call)?;
    let depth = Depth::read(call, Depth::Minimal);
    let clauses = match call.query.get_any_case("search").map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => search::alternatives(search::parse(text)),
        None => Vec::new(),
    };
    if let Some(first) = all.first() {
        let unknown = clauses.iter().flatten().find(|clause| first.own(&clause.term).is_none());
        if let Some(clause) = unknown {
            return Err(reply::bad_parameter(
                "search",
                &json!({ "type": "SyntaxRequirement" }),
                &clause.term,
            ));
        }
    }
    let since = number(call, "lastUpdatedAt")?;
    let wanted = |asset: &&A| {
        let young = |since: i64| asset.updated().is_some_and(|at| at.seconds() >= since);
        since.is_none_or(young)
            && clauses.iter().all(|any| {
                any.iter().any(|clause| asset.own(&clause.term).is_some_and(|own| own.holds(clause)))
            })
    };
    let mut found: Vec<&A> = all.into_iter().filter(wanted).collect();
    if let Some(order) = Order::read(call) {
        let key = |asset: &A| asset.own(&order.term);
        found.sort_by(|a, b| match (key(a), key(b)) {
            (Some(a), Some(b)) => order.turned(a.order(&b)),
            _ => Ordering::Equal,
        });
    }
    let mut elements: Vec<Value> = found.iter().map(|asset| view(asset, depth)).collect();
    if let Some(since) = since
        && eloqua.knobs.on("eloqua.list_deleted")
        && clauses.is_empty()
    {
        elements.extend(eloqua.graves.since(A::KIND, since).cloned());
    }
    let total = elements.len();
    Ok(page.envelope(page.of(&elements), total))
}
