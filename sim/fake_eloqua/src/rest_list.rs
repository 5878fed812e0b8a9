//! Shared contact lists over the REST API.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::rest_asset::{self, Asset, Own};
use crate::rest_page::{Depth, list as items, text};
use crate::router::Call;
use crate::store::List;
use crate::user::By;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// How many lists there may be.
const MOST: usize = 10_000;

impl Asset for List {
    const KIND: &'static str = "ContactList";

    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn created(&self) -> Option<Instant> {
        Some(self.created)
    }

    fn updated(&self) -> Option<Instant> {
        Some(self.updated)
    }

    fn by(&self) -> By {
        self.by
    }

    fn other(&self, term: &str) -> Option<Own> {
        (term == "count").then(|| Own::Number(self.members.len() as u64))
    }
}

/// The id under which a list is looked up from forms and programs.
fn data_lookup_id(site_code: &str, list: u64) -> String {
    let digest = Sha256::digest(format!("{site_code} list {list}"));
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn view(site_code: &str, list: &List, depth: Depth, second: bool) -> Value {
    let mut out = rest_asset::head(list);
    let mut add = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    add("depth", Value::from(depth.word()));
    add("folderId", Value::from("1"));
    add("name", Value::from(list.name.clone()));
    add("permissions", rest_asset::permissions(second));
    add("updatedAt", Value::from(list.updated.seconds().to_string()));
    add("updatedBy", Value::from(list.by.changed.to_string()));
    if depth > Depth::Minimal {
        add("count", Value::from(list.members.len().to_string()));
        add("dataLookupId", Value::from(data_lookup_id(site_code, list.id)));
        add("scope", Value::from("global"));
    }
    Value::Object(out)
}

fn shown(eloqua: &Eloqua, call: &Call<'_>, list: &List, depth: Depth) -> Value {
    view(&eloqua.store.site_code, list, depth, call.second)
}

fn find(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<List>, Refused> {
    let id = call.rest_id()?;
    eloqua.store.lists.get(&id).cloned().ok_or_else(reply::absent)
}

/// The name that a body gives an asset.
pub(crate) fn name_of(members: &Map<String, Value>, kind: &str) -> Result<String, Refused> {
    let name = text(members, "name")?.map(|name| name.trim().to_owned()).unwrap_or_default();
    if name.is_empty() || name.chars().count() > 100 {
        let requirement = if name.is_empty() { "NotNullRequirement" } else { "ValidTextLengthRequirement" };
        return Err(reply::invalid(400, (kind, None), "name", requirement, &name));
    }
    Ok(name)
}

/// The ids of contacts in a member; one that is no number is refused.
fn ids(members: &Map<String, Value>, name: &str) -> Result<Vec<u64>, Refused> {
    let mut all = Vec::new();
    for id in items(members, name)? {
        let known = id.as_u64().or_else(|| id.as_str()?.trim().parse().ok());
        let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let wrong = || reply::invalid(400, (List::KIND, None), name, "IdRequirement", &text);
        all.push(known.ok_or_else(wrong)?);
    }
    Ok(all)
}

/// Who comes and who goes.
struct Changes {
    additions: Vec<u64>,
    deletions: Vec<u64>,
}

impl Changes {
    fn read(members: &Map<String, Value>) -> Result<Self, Refused> {
        Ok(Self {
            additions: ids(members, "membershipAdditions")?,
            deletions: ids(members, "membershipDeletions")?,
        })
    }

    fn make(&self, eloqua: &mut Eloqua, call: &Call<'_>, list: u64) {
        for (ids, on) in [(&self.additions, true), (&self.deletions, false)] {
            for id in ids {
                eloqua.store.set_member(call.now, list, *id, on);
            }
        }
    }
}

fn sign(eloqua: &mut Eloqua, list: u64, by: By) {
    if let Some(list) = eloqua.store.lists.get_mut(&list) {
        Arc::make_mut(list).by = by;
    }
}

/// `POST /assets/contact/list`.
pub(crate) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let members = call.object()?;
    let (name, changes) = (name_of(&members, List::KIND)?, Changes::read(&members)?);
    if eloqua.store.lists.len() >= MOST {
        return Err(Box::new(reply::bare(413)));
    }
    let id = eloqua.store.add_list(call.now, &name);
    sign(eloqua, id, By::new(call.user));
    changes.make(eloqua, call, id);
    let list = eloqua.store.lists.get(&id).ok_or_else(reply::absent)?;
    Ok(reply::rest(201, &shown(eloqua, call, list, Depth::Complete)))
}

/// `GET /assets/contact/list/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let list = find(eloqua, call)?;
    Ok(reply::rest(200, &shown(eloqua, call, &list, Depth::read(call, Depth::Complete))))
}

/// `PUT /assets/contact/list/{id}`.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let before = find(eloqua, call)?;
    let members = call.object()?;
    let changes = Changes::read(&members)?;
    if text(&members, "name")?.is_some() {
        let name = name_of(&members, List::KIND)?;
        let changed = List { name, updated: call.now, ..(*before).clone() };
        eloqua.store.lists.insert(before.id, Arc::new(changed));
    }
    changes.make(eloqua, call, before.id);
    sign(eloqua, before.id, before.by.then(call.user));
    let list = find(eloqua, call)?;
    Ok(reply::rest(200, &shown(eloqua, call, &list, Depth::Complete)))
}

/// `DELETE /assets/contact/list/{id}`.
pub(crate) fn delete(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let list = find(eloqua, call)?;
    eloqua.graves.add(List::KIND, call.now, shown(eloqua, call, &list, Depth::Minimal));
    eloqua.store.lists.remove(&list.id);
    Ok(reply::bare(eloqua.deleted_status()))
}

/// `GET /assets/contact/lists`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.store.lists.values().map(AsRef::as_ref).collect();
    rest_asset::page(eloqua, call, all, |list, depth| shown(eloqua, call, list, depth))
}
