//! E-mail groups over the REST API.

use crate::eloqua::Eloqua;
use crate::group::EmailGroup;
use crate::reply::{self, Refused};
use crate::rest_asset::{self, Asset, Own};
use crate::rest_list::name_of;
use crate::rest_page::{Depth, text};
use crate::router::Call;
use crate::user::By;
use crate::value;
use serde_json::{Map, Value};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// How many groups there may be.
const MOST: usize = 1000;
/// Members that are kept as they come, in the order in which answers carry them.
const EXTRAS: [&str; 11] = [
    "emailHeaderId",
    "emailFooterId",
    "subscriptionLandingPageId",
    "unsubscriptionLandingPageId",
    "isVisibleInPublicSubscriptionList",
    "isVisibleInOutlookPlugin",
    "subscriptionListId",
    "unSubscriptionListId",
    "subscriptionListDataLookupId",
    "unSubscriptionListDataLookupId",
    "notificationEmailId",
];

impl Asset for EmailGroup {
    const KIND: &'static str = "EmailGroup";

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
        match term {
            "displayname" => Some(Own::Text(self.display_name.clone())),
            "description" => Some(Own::Text(self.description.clone())),
            _ => None,
        }
    }
}

/// A group as answers carry it.
pub(crate) fn view(group: &EmailGroup, depth: Depth, second: bool) -> Value {
    let mut out = rest_asset::head(group);
    let mut add = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    add("depth", Value::from(depth.word()));
    if !group.description.is_empty() {
        add("description", Value::from(group.description.clone()));
    }
    add("name", Value::from(group.name.clone()));
    add("permissions", rest_asset::permissions(second));
    add("updatedAt", Value::from(group.updated.seconds().to_string()));
    add("updatedBy", Value::from(group.by.changed.to_string()));
    if depth == Depth::Minimal {
        return Value::Object(out);
    }
    add("displayName", Value::from(group.display_name.clone()));
    for (name, value) in &group.extras {
        add(name, Value::from(value.clone()));
    }
    add("emailIds", Value::from(Vec::<Value>::new()));
    add("requireOptIn", Value::from(group.require_opt_in.to_string()));
    Value::Object(out)
}

/// The group of a number in the path.
pub(crate) fn find(eloqua: &Eloqua, call: &Call<'_>, at: usize) -> Result<Arc<EmailGroup>, Refused> {
    let group = call.number(at).and_then(|id| eloqua.store.groups.get(id));
    group.cloned().ok_or_else(reply::absent)
}

/// Writes the members of a body into a group.
fn take(eloqua: &Eloqua, group: &mut EmailGroup, members: &Map<String, Value>) -> Result<(), Refused> {
    let name = name_of(members, EmailGroup::KIND)?;
    let wrong = |property: &str, requirement: &str, value: &str| {
        reply::invalid(400, (EmailGroup::KIND, None), property, requirement, value)
    };
    if eloqua.store.groups.named(&name).is_some_and(|other| other.id != group.id) {
        return Err(wrong("name", "UniquenessRequirement", &name));
    }
    group.display_name = text(members, "displayName")?.unwrap_or_else(|| name.clone());
    group.name = name;
    group.description = text(members, "description")?.unwrap_or_default();
    if let Some(word) = text(members, "requireOptIn")?.filter(|word| !word.is_empty()) {
        group.require_opt_in =
            value::flag(&word).ok_or_else(|| wrong("requireOptIn", "BooleanRequirement", &word))?;
    }
    group.extras.clear();
    for name in EXTRAS {
        if let Some(value) = text(members, name)?.filter(|value| !value.is_empty()) {
            let value = match value::flag(&value) {
                Some(on) if name.starts_with("is") => on.to_string(),
                None if name.starts_with("is") => return Err(wrong(name, "BooleanRequirement", &value)),
                _ => value,
            };
            group.extras.push((name.to_owned(), value));
        }
    }
    Ok(())
}

/// `GET /assets/email/groups`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.store.groups.iter().map(AsRef::as_ref).collect();
    rest_asset::page(eloqua, call, all, |group, depth| view(group, depth, call.second))
}

/// `POST /assets/email/group`.
pub(crate) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let members = call.object()?;
    let mut groups = eloqua.store.groups.clone();
    if groups.len() >= MOST {
        return Err(Box::new(reply::bare(413)));
    }
    let mut group = groups.add(call.now, "");
    take(eloqua, &mut group, &members)?;
    group.by = By::new(call.user);
    groups.put(group.clone());
    eloqua.store.groups = groups;
    Ok(reply::rest(201, &view(&group, Depth::Complete, call.second)))
}

/// `GET /assets/email/group/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    call.rest_id()?;
    let group = find(eloqua, call, 0)?;
    Ok(reply::rest(200, &view(&group, Depth::read(call, Depth::Complete), call.second)))
}

/// `PUT /assets/email/group/{id}`.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    call.rest_id()?;
    let mut group = (*find(eloqua, call, 0)?).clone();
    take(eloqua, &mut group, &call.object()?)?;
    group.updated = call.now;
    group.by = group.by.then(call.user);
    eloqua.store.groups.put(group.clone());
    Ok(reply::rest(200, &view(&group, Depth::Complete, call.second)))
}

/// `DELETE /assets/email/group/{id}`.
pub(crate) fn delete(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    call.rest_id()?;
    let group = find(eloqua, call, 0)?;
    eloqua.graves.add(EmailGroup::KIND, call.now, view(&group, Depth::Minimal, call.second));
    eloqua.store.groups.remove(group.id);
    Ok(reply::bare(eloqua.deleted_status()))
}
