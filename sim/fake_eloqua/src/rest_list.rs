//! Shared contact lists over the REST API.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::rest_page::{Depth, Page, member, text};
use crate::router::Call;
use crate::store::List;
use crate::value;
use serde_json::{Map, Value, json};
use standin_ports::Response;
use std::sync::Arc;

/// How many lists there may be.
const MOST: usize = 10_000;

fn view(list: &List, depth: Depth) -> Value {
    let mut out = json!({
        "type": "ContactList",
        "id": list.id.to_string(),
        "createdAt": list.created.seconds().to_string(),
        "createdBy": "222",
        "depth": depth.word(),
        "name": list.name,
        "updatedAt": list.updated.seconds().to_string(),
        "updatedBy": "222",
    });
    if depth > Depth::Minimal {
        out["permissions"] = Value::from("fullControl");
        out["count"] = Value::from(list.members.len().to_string());
        out["scope"] = Value::from("global");
    }
    out
}

fn find(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<List>, Refused> {
    let id = call.rest_id()?;
    eloqua.store.lists.get(&id).cloned().ok_or_else(reply::absent)
}

fn name_of(members: &Map<String, Value>) -> Result<String, Refused> {
    let name = text(members, "name").map(|name| name.trim().to_owned()).unwrap_or_default();
    if name.is_empty() || name.chars().count() > 100 {
        let requirement = if name.is_empty() { "NotNullRequirement" } else { "ValidTextLengthRequirement" };
        return Err(reply::invalid(400, ("ContactList", None), "name", requirement, &name));
    }
    Ok(name)
}

fn change_members(eloqua: &mut Eloqua, call: &Call<'_>, list: u64, members: &Map<String, Value>) {
    for (name, on) in [("membershipAdditions", true), ("membershipDeletions", false)] {
        let ids = member(members, name).and_then(Value::as_array).cloned().unwrap_or_default();
        for id in ids.iter().filter_map(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok())) {
            eloqua.store.set_member(call.now, list, id, on);
        }
    }
}

/// `POST /assets/contact/list`.
pub(crate) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let members = call.object()?;
    let name = name_of(&members)?;
    if eloqua.store.lists.len() >= MOST {
        return Err(Box::new(reply::bare(413)));
    }
    let id = eloqua.store.add_list(call.now, &name);
    change_members(eloqua, call, id, &members);
    let list = eloqua.store.lists.get(&id).ok_or_else(reply::absent)?;
    Ok(reply::rest(201, &view(list, Depth::Complete)))
}

/// `GET /assets/contact/list/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    Ok(reply::rest(200, &view(&*find(eloqua, call)?, Depth::read(call, Depth::Complete))))
}

/// `PUT /assets/contact/list/{id}`.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let before = find(eloqua, call)?;
    let members = call.object()?;
    if text(&members, "name").is_some() {
        let changed = List { name: name_of(&members)?, updated: call.now, ..(*before).clone() };
        eloqua.store.lists.insert(before.id, Arc::new(changed));
    }
    change_members(eloqua, call, before.id, &members);
    Ok(reply::rest(200, &view(&*find(eloqua, call)?, Depth::Complete)))
}

/// `DELETE /assets/contact/list/{id}`.
pub(crate) fn delete(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let list = find(eloqua, call)?;
    eloqua.store.lists.remove(&list.id);
    Ok(reply::bare(200))
}

/// `GET /assets/contact/lists`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let page = Page::read(call)?;
    let depth = Depth::read(call, Depth::Minimal);
    let wanted = call.query.get_any_case("search").map(str::trim).filter(|text| !text.is_empty());
    let found = |list: &&Arc<List>| {
        wanted.is_none_or(|wanted| {
            crate::search::parse(wanted)
                .iter()
                .all(|clause| value::fits(&clause.value.to_lowercase(), &list.name.to_lowercase(), '*', None))
        })
    };
    let all: Vec<Arc<List>> = eloqua.store.lists.values().filter(found).cloned().collect();
    let elements = page.of(&all).iter().map(|list| view(list, depth)).collect();
    Ok(page.envelope(elements, all.len()))
}
