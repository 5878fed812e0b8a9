//! Contact fields over the REST API.

use crate::condition::{Filter, Scope};
use crate::eloqua::Eloqua;
use crate::field::{self, Field, Kind, NewField};
use crate::job::{Direction, Job, Of};
use crate::reply::{self, Refused};
use crate::rest_asset::{self, Asset, Own};
use crate::rest_page::{Depth, Page, member, text};
use crate::router::Call;
use crate::user::By;
use crate::value;
use serde_json::{Map, Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

const DISPLAY: [&str; 5] = ["text", "textArea", "singleSelect", "multiSelect", "checkbox"];
const UPDATE: [&str; 5] = ["always", "newNotBlank", "existingBlank", "newEmailAddress", "never"];
/// Members that are kept as they come.
const EXTRAS: [&str; 12] = [
    "description",
    "optionListId",
    "checkedValue",
    "uncheckedValue",
    "outputFormatId",
    "isRequired",
    "isCaseSensitive",
    "isPhoneValidationRequired",
    "isPopulatedInOutlookPlugin",
    "permissions",
    "showTrustedVisitorsOnly",
    "currentStatus",
];
/// Extras that answers carry in any case, at a place of their own.
const PLACED: [&str; 2] = ["isRequired", "showTrustedVisitorsOnly"];

/// Whether an answer follows the making of a field, and so knows less of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Made,
    Later,
}

impl Asset for Field {
    const KIND: &'static str = "ContactField";

    fn id(&self) -> u64 {
        self.id.into()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn created(&self) -> Option<Instant> {
        self.created
    }

    fn updated(&self) -> Option<Instant> {
        self.updated
    }

    fn by(&self) -> By {
        self.by
    }

    fn other(&self, term: &str) -> Option<Own> {
        let text = match term {
            "internalname" => self.internal.clone(),
            "datatype" => self.kind.rest().to_owned(),
            "displaytype" => self.display_type.clone(),
            "updatetype" => self.update_type.clone(),
            "isstandard" => self.standard.to_string(),
            "isreadonly" => self.read_only.to_string(),
            _ => return None,
        };
        Some(Own::Text(text))
    }
}

fn view(field: &Field, depth: Depth, moment: Moment) -> Value {
    let mut out = Map::new();
    let mut add = |name: &str, value: String| {
        out.insert(name.to_owned(), Value::from(value));
    };
    add("type", "ContactField".to_owned());
    add("id", field.id.to_string());
    let dated = moment == Moment::Later;
    if let (true, Some(created)) = (dated, field.created) {
        add("createdAt", created.seconds().to_string());
        add("createdBy", field.by.made.to_string());
    }
    add("depth", depth.word().to_owned());
    add("name", field.name.clone());
    if let (true, Some(updated)) = (dated, field.updated) {
        add("updatedAt", updated.seconds().to_string());
        add("updatedBy", field.by.changed.to_string());
    }
    if depth == Depth::Minimal {
        return Value::Object(out);
    }
    add("dataType", field.kind.rest().to_owned());
    if let Some(default) = &field.default {
        add("defaultValue", default.clone());
    }
    add("displayType", field.display_type.clone());
    add("internalName", field.internal.clone());
    if dated {
        add("isCaseSensitive", "false".to_owned());
    }
    add("isReadOnly", field.read_only.to_string());
    let of =
        |name: &str| field.extras.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    add("isRequired", of("isRequired").unwrap_or_else(|| (field.id == field::EMAIL).to_string()));
    add("isStandard", field.standard.to_string());
    if dated {
        add("isAccountLinkageField", "false".to_owned());
        add("isProtected", "false".to_owned());
    }
    for (name, value) in field.extras.iter().filter(|(name, _)| !PLACED.contains(&name.as_str())) {
        add(name, value.clone());
    }
    if dated && field.kind == Kind::Date && of("outputFormatId").is_none() {
        add("outputFormatId", "1".to_owned());
    }
    add("showTrustedVisitorsOnly", of("showTrustedVisitorsOnly").unwrap_or_else(|| "true".to_owned()));
    add("updateType", field.update_type.clone());
    Value::Object(out)
}

fn wrong(id: Option<u32>, property: &str, requirement: &str, value: &str) -> Refused {
    reply::invalid(400, ("ContactField", id.map(|id| id.to_string())), property, requirement, value)
}

fn wishes(eloqua: &Eloqua, members: &Map<String, Value>, id: Option<u32>) -> Result<NewField, Refused> {
    let name = text(members, "name")?.map(|name| name.trim().to_owned()).unwrap_or_default();
    if name.is_empty() {
        return Err(wrong(id, "name", "NotNullRequirement", ""));
    }
    if name.chars().count() > 100 {
        return Err(wrong(id, "name", "ValidTextLengthRequirement", &name));
    }
    if eloqua.store.fields.named(&name).is_some_and(|other| Some(other.id) != id) {
        let status = if eloqua.knobs.text("eloqua.duplicate_field") == "409" { 409 } else { 400 };
        let object = (Field::KIND, id.map(|id| id.to_string()));
        return Err(reply::invalid(status, object, "name", "UniquenessRequirement", &name));
    }
    let word = |member: &str, known: &[&str], default: &str| -> Result<String, Refused> {
        let given = text(members, member)?.filter(|given| !given.trim().is_empty());
        let Some(given) = given else { return Ok(default.to_owned()) };
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(&given));
        found.map(|found| (*found).to_owned()).ok_or_else(|| wrong(id, member, "EnumRequirement", &given))
    };
    let before = id.and_then(|id| eloqua.store.fields.get(id));
    let usual = before.map_or("text", |field| field.kind.rest());
    let kind = word("dataType", &["text", "largeText", "numeric", "date", "emailAddress"], usual)?;
    let kind = match Kind::from_rest(&kind) {
        Some(kind) => kind,
        // The word of the one field that has it; a PUT repeats it.
        None if id == Some(field::EMAIL) => Kind::Email,
        None => return Err(wrong(id, "dataType", "EnumRequirement", &kind)),
    };
    let display_type = word("displayType", &DISPLAY, "text")?;
    let default = text(members, "defaultValue")?.filter(|text| !text.is_empty());
    let update_type = word("updateType", &UPDATE, "always")?;
    let new =
        NewField { name, kind, display_type, update_type, default, extras: extras(eloqua, members, id)? };
    match new.unfit() {
        Some("displayType") => Err(wrong(id, "displayType", "RelationshipRequirement", &new.display_type)),
        Some(_) => {
            Err(wrong(id, "defaultValue", "SyntaxRequirement", new.default.as_deref().unwrap_or_default()))
        }
        None => Ok(new),
    }
}

fn extras(
    eloqua: &Eloqua,
    members: &Map<String, Value>,
    id: Option<u32>,
) -> Result<Vec<(String, String)>, Refused> {
    let mut extras = Vec::new();
    for name in EXTRAS {
        // Rights are a list in version 2.0, and nobody gets others by sending them.
        if name == "permissions" && member(members, name).is_some_and(|value| !value.is_string()) {
            continue;
        }
        if let Some(value) = text(members, name)?.filter(|value| !value.is_empty()) {
            let flag = name.starts_with("is") || name == "showTrustedVisitorsOnly";
            let value = match value::flag(&value) {
                Some(on) if flag => on.to_string(),
                None if flag => return Err(wrong(id, name, "BooleanRequirement", &value)),
                _ => value,
            };
            extras.push((name.to_owned(), value));
        }
    }
    let list = extras.iter().find(|(name, _)| name == "optionListId").map(|(_, value)| value);
    match list {
        Some(list) if list.parse().ok().and_then(|id| eloqua.store.option_lists.get(id)).is_none() => {
            Err(wrong(id, "optionListId", "RelationshipRequirement", list))
        }
        _ => Ok(extras),
    }
}

fn find(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<Field>, Refused> {
    let id = u32::try_from(call.rest_id()?).map_err(|_| reply::absent())?;
    eloqua.store.fields.get(id).cloned().ok_or_else(reply::absent)
}

/// `POST /assets/contact/field`; an internal name that comes along is ignored.
pub(crate) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let new = wishes(eloqua, &call.object()?, None)?;
    if eloqua.store.fields.custom() >= field::MOST_CUSTOM {
        return Err(wrong(None, "name", "ContentRequirement", &new.name));
    }
    let made = eloqua.store.fields.add(call.now, new);
    let field = Field { by: By::new(call.user), ..(*made).clone() };
    eloqua.store.fields.replace(field.clone());
    Ok(reply::rest(201, &view(&field, Depth::Complete, Moment::Made)))
}

/// `GET /assets/contact/field/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let depth = Depth::read(call, Depth::Complete);
    Ok(reply::rest(200, &view(&*find(eloqua, call)?, depth, Moment::Later)))
}

/// `GET /assets/contact/fields`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.store.fields.iter().map(AsRef::as_ref).collect();
    rest_asset::page(eloqua, call, all, |field, depth| view(field, depth, Moment::Later))
}

/// `GET /assets/contact/field/{id}/dependencies`.
pub(crate) fn dependencies(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let field = find(eloqua, call)?;
    let page = Page::read(call)?;
    let users = eloqua.users_of(&field);
    Ok(page.envelope(page.of(&users), users.len()))
}

/// `PUT /assets/contact/field/{id}`. A new name leaves the internal name as it is.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let before = find(eloqua, call)?;
    let members = call.object()?;
    let new = wishes(eloqua, &members, Some(before.id))?;
    if before.read_only {
        return Err(wrong(Some(before.id), "id", "ImmutabilityRequirement", &before.id.to_string()));
    }
    if before.kind != new.kind {
        return Err(wrong(Some(before.id), "dataType", "ImmutabilityRequirement", new.kind.rest()));
    }
    let field = Field {
        name: new.name,
        display_type: new.display_type,
        update_type: new.update_type,
        default: new.default,
        extras: new.extras,
        updated: Some(call.now),
        by: before.by.then(call.user),
        ..(*before).clone()
    };
    eloqua.store.fields.replace(field.clone());
    Ok(reply::rest(200, &view(&field, Depth::Complete, Moment::Later)))
}

/// `DELETE /assets/contact/field/{id}`: refused for standard fields and for those that a definition or job
/// uses.
pub(crate) fn delete(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let field = find(eloqua, call)?;
    if field.standard || !eloqua.users_of(&field).is_empty() {
        return Err(eloqua.depended_on(Field::KIND, &field.id.to_string()));
    }
    eloqua.graves.add(Field::KIND, call.now, view(&field, Depth::Minimal, Moment::Later));
    eloqua.store.fields.remove(field.id);
    eloqua.store.forget_field(field.id);
    Ok(reply::bare(eloqua.deleted_status()))
}

impl Eloqua {
    /// The refusal to delete what something else uses.
    pub(crate) fn depended_on(&self, kind: &str, id: &str) -> Refused {
        let status = if self.knobs.text("eloqua.dependency") == "412" { 412 } else { 409 };
        reply::invalid(status, (kind, Some(id.to_owned())), "id", "RelationshipRequirement", id)
    }

    /// Definitions, segments, filters and jobs that use a field.
    fn users_of(&self, field: &Field) -> Vec<Value> {
        let mut users = Vec::new();
        for (key, definition) in &self.bulk.definitions {
            if definition.uses(field.id, &self.store) {
                let name = definition.members.get("name").cloned().unwrap_or_default();
                users.push(json!({ "type": "BulkDefinition", "id": key.uri(), "name": name }));
            }
        }
        for (kind, all) in [("ContactSegment", &self.store.segments), ("ContactFilter", &self.store.filters)]
        {
            for (id, segment) in all {
                if segment.criteria.as_ref().is_some_and(|criteria| criteria.uses(field.id)) {
                    users.push(json!({ "type": kind, "id": id.to_string(), "name": segment.name }));
                }
            }
        }
        for job in self.jobs.all.values().filter(|job| self.job_uses(job, field.id)) {
            users.push(json!({ "type": "DataImportExport", "id": job.name, "name": job.name }));
        }
        users
    }

    fn job_uses(&self, job: &Job, field: u32) -> bool {
        let named =
            |of: Of, name: &str| self.statement_of(of, name).is_some_and(|statement| statement.uses(field));
        let of = match &job.direction {
            Direction::Import(import) => import.kind.of(),
            Direction::Export(export) => export.of,
        };
        let own = match &job.direction {
            Direction::Import(import) => {
                named(of, &import.key) || import.constants.iter().any(|(name, _)| named(of, name))
            }
            Direction::Export(export) => export.filter.as_ref().is_some_and(|text| {
                let scope = match of {
                    Of::Contacts => Scope::Contacts,
                    Of::Records(owner) => Scope::Records(owner),
                };
                Filter::read_in(text, scope, &self.store).is_ok_and(|filter| filter.uses(field))
            }),
        };
        own || job.mapping.iter().any(|(_, name)| named(of, name))
    }
}
