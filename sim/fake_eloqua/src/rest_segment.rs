//! Segments and shared filters over the REST API, and the contacts that are in one.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::rest_asset::{self, Asset, Own};
use crate::rest_contact;
use crate::rest_page::Depth;
use crate::router::Call;
use crate::statement::Place;
use crate::store::Segment;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// A segment or filter with the number of contacts in it.
macro_rules! gathering {
    ($name:ident, $kind:literal) => {
        struct $name {
            own: Arc<Segment>,
            count: usize,
        }

        impl Asset for $name {
            const KIND: &'static str = $kind;

            fn id(&self) -> u64 {
                self.own.id
            }

            fn name(&self) -> &str {
                &self.own.name
            }

            fn created(&self) -> Option<Instant> {
                Some(self.own.created)
            }

            fn updated(&self) -> Option<Instant> {
                Some(self.own.created)
            }

            fn other(&self, term: &str) -> Option<Own> {
                (term == "count").then(|| Own::Number(self.count as u64))
            }
        }

        impl $name {
            fn view(&self, depth: Depth, second: bool) -> Value {
                let mut out = rest_asset::head(self);
                let mut add = |name: &str, value: Value| {
                    out.insert(name.to_owned(), value);
                };
                add("depth", Value::from(depth.word()));
                add("folderId", Value::from("1"));
                add("name", Value::from(self.own.name.clone()));
                add("permissions", rest_asset::permissions(second));
                add("updatedAt", Value::from(self.own.created.seconds().to_string()));
                add("updatedBy", Value::from(crate::user::OWN.to_string()));
                if depth > Depth::Minimal {
                    add("count", Value::from(self.count.to_string()));
                    add("elements", elements(&self.own));
                }
                Value::Object(out)
            }
        }
    };
}

gathering!(OfSegment, "ContactSegment");
gathering!(OfFilter, "ContactFilter");

/// What decides who is in it: criteria, or a list of contacts of its own.
fn elements(own: &Segment) -> Value {
    let kind =
        if own.criteria.is_some() { "ContactFilterSegmentElement" } else { "ContactListSegmentElement" };
    json!([{ "type": kind, "id": own.id.to_string(), "isIncluded": "true" }])
}

fn segment(eloqua: &Eloqua, own: &Arc<Segment>) -> OfSegment {
    let count = eloqua.store.gathered(Place::ContactSegment(own.id)).len();
    OfSegment { own: Arc::clone(own), count }
}

fn filter(eloqua: &Eloqua, own: &Arc<Segment>) -> OfFilter {
    let count = eloqua.store.gathered(Place::ContactFilter(own.id)).len();
    OfFilter { own: Arc::clone(own), count }
}

/// `GET /assets/contact/segments`.
pub(crate) fn segments(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all: Vec<OfSegment> = eloqua.store.segments.values().map(|own| segment(eloqua, own)).collect();
    rest_asset::page(eloqua, call, all.iter().collect(), |one, depth| one.view(depth, call.second))
}

/// `GET /assets/contact/segment/{id}`.
pub(crate) fn one_segment(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let own = eloqua.store.segments.get(&call.rest_id()?).ok_or_else(reply::absent)?;
    let depth = Depth::read(call, Depth::Complete);
    Ok(reply::rest(200, &segment(eloqua, own).view(depth, call.second)))
}

/// `GET /assets/contact/filters`.
pub(crate) fn filters(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all: Vec<OfFilter> = eloqua.store.filters.values().map(|own| filter(eloqua, own)).collect();
    rest_asset::page(eloqua, call, all.iter().collect(), |one, depth| one.view(depth, call.second))
}

/// `GET /assets/contact/filter/{id}`.
pub(crate) fn one_filter(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let own = eloqua.store.filters.get(&call.rest_id()?).ok_or_else(reply::absent)?;
    let depth = Depth::read(call, Depth::Complete);
    Ok(reply::rest(200, &filter(eloqua, own).view(depth, call.second)))
}

fn members(eloqua: &Eloqua, call: &Call<'_>, place: Place) -> Result<Response, Refused> {
    let ids = eloqua.store.gathered(place);
    let found = ids.iter().filter_map(|id| eloqua.store.contacts.get(id)).cloned().collect();
    rest_contact::page_of(eloqua, call, found, Vec::new())
}

/// `GET /data/contacts/segment/{id}`.
pub(crate) fn in_segment(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let id = call.rest_id()?;
    eloqua.store.segments.get(&id).ok_or_else(reply::absent)?;
    members(eloqua, call, Place::ContactSegment(id))
}

/// `GET /data/contacts/filter/{id}`.
pub(crate) fn in_filter(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let id = call.rest_id()?;
    eloqua.store.filters.get(&id).ok_or_else(reply::absent)?;
    members(eloqua, call, Place::ContactFilter(id))
}
