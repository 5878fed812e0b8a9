//! E-mail groups as the Bulk API lists them.

use crate::eloqua::{Eloqua, Site};
use crate::group::EmailGroup;
use crate::listing::{self, Oversize};
use crate::reply::{self, Refused};
use crate::router::Call;
use crate::statement::Place;
use crate::time;
use serde_json::{Value, json};
use standin_ports::Response;

fn view(group: &EmailGroup, site: &Site) -> Value {
    json!({
        "name": group.name,
        "statement": Place::EmailGroup(group.id).text(),
        "uri": format!("/emailGroups/{}", group.id),
        "createdBy": site.name_of(group.by.made),
        "createdAt": time::bulk(group.created),
        "updatedBy": site.name_of(group.by.changed),
        "updatedAt": time::bulk(group.updated),
    })
}

/// `GET /emailGroups`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.store.groups.iter().map(|group| view(group, &eloqua.site)).collect();
    listing::page(all, &call.query, Oversize::Refuse)
}

/// `GET /emailGroups/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let group = call.id().and_then(|id| eloqua.store.groups.get(id)).ok_or_else(reply::absent)?;
    Ok(reply::bulk(200, &view(group, &eloqua.site)))
}
