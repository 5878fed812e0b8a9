//! What the Bulk API lists and does not change: fields and shared lists.

use crate::eloqua::Eloqua;
use crate::field::{self, Field};
use crate::listing::{self, Oversize};
use crate::reply::{self, Refused};
use crate::router::Call;
use crate::statement::Place;
use crate::store::List;
use crate::time;
use serde_json::{Value, json};
use standin_ports::Response;

const SYSTEM_DATE: &str = "1900-01-01T05:00:00.0000000Z";

fn field_view(field: &Field, user: &str) -> Value {
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
    out["statement"] = Value::from(field.statement());
    out["uri"] = Value::from(format!("/contacts/fields/{}", field.id));
    if field.created.is_some() {
        out["createdBy"] = Value::from(user);
    }
    out["createdAt"] = Value::from(field.created.map_or_else(|| SYSTEM_DATE.to_owned(), time::bulk));
    if field.updated.is_some() {
        out["updatedBy"] = Value::from(user);
    }
    out["updatedAt"] = Value::from(field.updated.map_or_else(|| SYSTEM_DATE.to_owned(), time::bulk));
    out
}

/// `GET /contacts/fields`.
pub(crate) fn fields(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.store.fields.iter().map(|field| field_view(field, &eloqua.site.user)).collect();
    listing::page(all, &call.query, Oversize::Refuse)
}

/// `GET /contacts/fields/{id}`.
pub(crate) fn field(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let id = call.id().and_then(|id| u32::try_from(id).ok()).ok_or_else(reply::absent)?;
    let field = eloqua.store.fields.get(id).ok_or_else(reply::absent)?;
    Ok(reply::bulk(200, &field_view(field, &eloqua.site.user)))
}

fn list_view(list: &List, user: &str) -> Value {
    json!({
        "name": list.name,
        "count": list.members.len(),
        "statement": Place::ContactList(list.id).text(),
        "uri": format!("/contacts/lists/{}", list.id),
        "createdBy": user,
        "createdAt": time::bulk(list.created),
        "updatedBy": user,
        "updatedAt": time::bulk(list.updated),
    })
}

/// `GET /contacts/lists`.
pub(crate) fn lists(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.store.lists.values().map(|list| list_view(list, &eloqua.site.user)).collect();
    listing::page(all, &call.query, Oversize::Refuse)
}

/// `GET /contacts/lists/{id}`.
pub(crate) fn one_list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let list = call.id().and_then(|id| eloqua.store.lists.get(&id)).ok_or_else(reply::absent)?;
    Ok(reply::bulk(200, &list_view(list, &eloqua.site.user)))
}
