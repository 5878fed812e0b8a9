//! What the Bulk API lists and does not change: fields, lists, segments, filters, models, custom objects,
//! types of activities, priorities.

use crate::activity;
use crate::bulk::definition::PRIORITIES;
use crate::bulk::family::Family;
use crate::eloqua::{Eloqua, Site};
use crate::field::{self, Field};
use crate::listing::{self, Oversize};
use crate::records::{CustomObject, Owner};
use crate::reply::{self, Failure, Refused};
use crate::router::Call;
use crate::statement::{Place, Score, Statement};
use crate::store::{List, Model, Segment};
use crate::time;
use serde_json::{Map, Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

const SYSTEM_DATE: &str = "1900-01-01T05:00:00.0000000Z";

type Answer = Result<Response, Refused>;

fn field_view(field: &Field, statement: String, uri: String, site: &Site) -> Value {
    let mut out = json!({
        "name": field.name,
        "internalName": field.internal,
        "dataType": field.kind.bulk(),
    });
    if let Some(default) = &field.default {
        out["defaultValue"] = Value::from(default.clone());
    }
    let email = field.id == field::EMAIL;
    out["hasReadOnlyConstraint"] = Value::from(field.read_only);
    out["hasNotNullConstraint"] = Value::from(email);
    out["hasUniquenessConstraint"] = Value::from(email);
    out["statement"] = Value::from(statement);
    out["uri"] = Value::from(uri);
    if field.created.is_some() {
        out["createdBy"] = Value::from(site.name_of(field.by.made));
    }
    out["createdAt"] = Value::from(field.created.map_or_else(|| SYSTEM_DATE.to_owned(), time::bulk));
    if field.updated.is_some() {
        out["updatedBy"] = Value::from(site.name_of(field.by.changed));
    }
    out["updatedAt"] = Value::from(field.updated.map_or_else(|| SYSTEM_DATE.to_owned(), time::bulk));
    out
}

fn fields_of(eloqua: &Eloqua, family: Family) -> Result<Vec<(u32, Value)>, Refused> {
    let user = &eloqua.site;
    let uri = |field: &Field| format!("/{}/fields/{}", family.path(), field.id);
    let Some(owner) = family.owner() else {
        let one = |field: &Arc<Field>| {
            let mut view = field_view(field, field.statement(), uri(field), user);
            if field.id == field::EMAIL && eloqua.knobs.on("eloqua.contacts_without_address") {
                view["hasNotNullConstraint"] = Value::from(false);
            }
            (field.id, view)
        };
        return Ok(eloqua.store.fields.iter().map(one).collect());
    };
    let table = eloqua.store.records.of(owner).ok_or_else(reply::absent)?;
    let one = |field: &Arc<Field>| {
        let mut view = field_view(field, table.statement(field), uri(field), user);
        if owner == Owner::Activities {
            view = activity_field(field, table.statement(field));
        }
        if owner == Owner::Accounts {
            let company = field.id == crate::records::COMPANY_NAME;
            view["hasNotNullConstraint"] = Value::from(company);
        }
        (field.id, view)
    };
    Ok(table.fields.iter().map(one).collect())
}

fn activity_field(field: &Field, statement: String) -> Value {
    json!({
        "name": field.name,
        "internalName": field.internal,
        "dataType": field.kind.bulk(),
        "hasReadOnlyConstraint": true,
        "hasNotNullConstraint": false,
        "hasUniquenessConstraint": false,
        "statement": statement,
        "activityTypes": activity::types_with(field),
        "uri": "",
    })
}

/// `GET /{family}/fields`.
pub(crate) fn fields(eloqua: &mut Eloqua, call: &Call<'_>) -> Answer {
    if call.family == Family::EmailAddresses {
        return Err(reply::absent());
    }
    let mut all = fields_of(eloqua, call.family)?;
    let wanted = call.query.get_any_case("activityType").filter(|text| !text.trim().is_empty());
    if let Some(wanted) = wanted.filter(|_| call.family == Family::Activities) {
        let Some(kind) = activity::type_of(wanted) else {
            let failure = Failure::new("activityType", Some(wanted), "Must be a known activity type.");
            return Err(reply::failures(&[failure]));
        };
        let has = |value: &Value| {
            value["activityTypes"].as_array().is_some_and(|types| types.contains(&Value::from(kind.name)))
        };
        all.retain(|(_, view)| has(view));
    }
    listing::page(all.into_iter().map(|(_, view)| view).collect(), &call.query, Oversize::Refuse)
}

/// `GET /{family}/fields/{id}`.
pub(crate) fn field(eloqua: &mut Eloqua, call: &Call<'_>) -> Answer {
    if call.family == Family::EmailAddresses {
        return Err(reply::absent());
    }
    let id = call.id().ok_or_else(reply::absent)?;
    let all = fields_of(eloqua, call.family)?;
    let found = all.into_iter().find(|(known, _)| u64::from(*known) == id).ok_or_else(reply::absent)?;
    Ok(reply::bulk(200, &found.1))
}

/// A list, a segment or a filter, as answers carry it.
fn gathering(
    eloqua: &Eloqua,
    (name, count, place): (&str, usize, Place),
    uri: String,
    (created, updated, executed): (Instant, Instant, Option<Instant>),
) -> Value {
    let user = &eloqua.site.user;
    let mut out = json!({
        "name": name,
        "count": count,
        "statement": place.text(),
        "uri": uri,
        "createdBy": user,
        "createdAt": time::bulk(created),
        "updatedBy": user,
        "updatedAt": time::bulk(updated),
    });
    if let Some(executed) = executed {
        out["executedAt"] = Value::from(time::bulk(executed));
    }
    out
}

fn all_lists(eloqua: &Eloqua, call: &Call<'_>) -> Vec<(u64, Value)> {
    let path = call.family.path();
    let (lists, place): (_, fn(u64) -> Place) = match call.family {
        Family::Contacts => (&eloqua.store.lists, Place::ContactList),
        Family::Accounts => (&eloqua.store.account_lists, Place::AccountList),
        _ => return Vec::new(),
    };
    let one = |list: &Arc<List>| {
        let what = (list.name.as_str(), list.members.len(), place(list.id));
        let uri = format!("/{path}/lists/{}", list.id);
        let mut out = gathering(eloqua, what, uri, (list.created, list.updated, None));
        for (member, user) in [("createdBy", list.by.made), ("updatedBy", list.by.changed)] {
            out[member] = Value::from(eloqua.site.name_of(user));
        }
        (list.id, out)
    };
    lists.values().map(one).collect()
}

fn all_segments(eloqua: &Eloqua, call: &Call<'_>) -> Vec<(u64, Value)> {
    if call.family != Family::Contacts {
        return Vec::new();
    }
    let one = |segment: &Arc<Segment>| {
        let place = Place::ContactSegment(segment.id);
        let count = eloqua.store.gathered(place).len();
        let uri = format!("/contacts/segments/{}", segment.id);
        let dates = (segment.created, segment.created, Some(call.now));
        (segment.id, gathering(eloqua, (&segment.name, count, place), uri, dates))
    };
    eloqua.store.segments.values().map(one).collect()
}

fn all_filters(eloqua: &Eloqua, call: &Call<'_>) -> Vec<(u64, Value)> {
    if call.family != Family::Contacts {
        return Vec::new();
    }
    let one = |filter: &Arc<Segment>| {
        let place = Place::ContactFilter(filter.id);
        let count = eloqua.store.gathered(place).len();
        let uri = format!("/contacts/filters/{}", filter.id);
        (
            filter.id,
            gathering(eloqua, (&filter.name, count, place), uri, (filter.created, filter.created, None)),
        )
    };
    eloqua.store.filters.values().map(one).collect()
}

fn all_models(eloqua: &Eloqua, _call: &Call<'_>) -> Vec<(u64, Value)> {
    let one = |model: &Arc<Model>| {
        let field = |part: Score| {
            json!({
                "name": part.word(),
                "statement": Statement::Score(model.id, part).text(&eloqua.store),
                "dataType": "string",
            })
        };
        let view = json!({
            "name": model.name,
            "status": "Active",
            "id": model.id,
            "uri": format!("/contacts/scoring/models/{}", model.id),
            "fields": Score::ALL.map(field),
            "createdBy": eloqua.site.user,
            "createdAt": time::bulk(model.created),
            "updatedBy": eloqua.site.user,
            "updatedAt": time::bulk(model.created),
        });
        (model.id, view)
    };
    eloqua.store.models.values().map(one).collect()
}

fn all_objects(eloqua: &Eloqua, _call: &Call<'_>) -> Vec<(u64, Value)> {
    let one = |(id, object): (&u64, &Arc<CustomObject>)| {
        let mut out = Map::new();
        out.insert("name".to_owned(), Value::from(object.name.clone()));
        let fields = [
            ("displayNameFieldUri", object.display_field),
            ("emailAddressFieldUri", object.email_field),
            ("uniqueFieldUri", object.unique_field),
        ];
        for (member, field) in fields {
            if let Some(field) = field {
                out.insert(member.to_owned(), Value::from(format!("/customObjects/{id}/fields/{field}")));
            }
        }
        out.insert("uri".to_owned(), Value::from(format!("/customObjects/{id}")));
        for (by, at) in [("createdBy", "createdAt"), ("updatedBy", "updatedAt")] {
            out.insert(by.to_owned(), Value::from(eloqua.site.user.clone()));
            out.insert(at.to_owned(), Value::from(time::bulk(object.created)));
        }
        (*id, Value::Object(out))
    };
    eloqua.store.records.custom_objects.iter().map(one).collect()
}

fn all_types(_eloqua: &Eloqua, _call: &Call<'_>) -> Vec<(u64, Value)> {
    let one = |(at, kind): (usize, &activity::Type)| {
        let id = at as u64 + 1;
        (id, json!({ "name": kind.name, "uri": format!("/activities/types/{id}") }))
    };
    activity::TYPES.iter().enumerate().map(one).collect()
}

fn all_priorities(_eloqua: &Eloqua, _call: &Call<'_>) -> Vec<(u64, Value)> {
    let one =
        |(id, name): (u64, &str)| (id, json!({ "name": name, "uri": format!("/imports/priorities/{id}") }));
    PRIORITIES.into_iter().map(one).collect()
}

macro_rules! catalogues {
    ($($all:ident: $list:ident, $one:ident;)*) => {
        $(
            pub(crate) fn $list(eloqua: &mut Eloqua, call: &Call<'_>) -> Answer {
                let all = $all(eloqua, call).into_iter().map(|(_, view)| view).collect();
                listing::page(all, &call.query, Oversize::Refuse)
            }

            pub(crate) fn $one(eloqua: &mut Eloqua, call: &Call<'_>) -> Answer {
                let id = call.id().ok_or_else(reply::absent)?;
                let found = $all(eloqua, call).into_iter().find(|(known, _)| *known == id);
                Ok(reply::bulk(200, &found.ok_or_else(reply::absent)?.1))
            }
        )*
    };
}

catalogues! {
    all_lists: lists, one_list;
    all_segments: segments, one_segment;
    all_filters: filters, one_filter;
    all_models: models, one_model;
    all_objects: objects, one_object;
    all_types: types, one_type;
    all_priorities: priorities, one_priority;
}
