//! Contact fields over the REST API.

use crate::eloqua::Eloqua;
use crate::field::{self, Field, Kind, NewField};
use crate::reply::{self, Refused};
use crate::rest_page::{Depth, Page, text};
use crate::router::Call;
use crate::value;
use serde_json::{Map, Value};
use standin_ports::Response;
use std::sync::Arc;

const DISPLAY: [&str; 5] = ["text", "textArea", "singleSelect", "multiSelect", "checkbox"];
const UPDATE: [&str; 5] = ["always", "newNotBlank", "existingBlank", "newEmailAddress", "never"];
/// Members that are kept as they come.
const EXTRAS: [&str; 5] = ["description", "optionListId", "checkedValue", "uncheckedValue", "outputFormatId"];

/// Whether an answer follows the making of a field, and so knows less of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Made,
    Later,
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
        add("createdBy", "222".to_owned());
    }
    add("depth", depth.word().to_owned());
    add("name", field.name.clone());
    if let (true, Some(updated)) = (dated, field.updated) {
        add("updatedAt", updated.seconds().to_string());
        add("updatedBy", "222".to_owned());
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
    add("isRequired", "false".to_owned());
    add("isStandard", field.standard.to_string());
    if dated {
        add("isAccountLinkageField", "false".to_owned());
        add("isProtected", "false".to_owned());
    }
    for (name, value) in &field.extras {
        add(name, value.clone());
    }
    add("showTrustedVisitorsOnly", "true".to_owned());
    add("updateType", field.update_type.clone());
    Value::Object(out)
}

fn wrong(id: Option<u32>, property: &str, requirement: &str, value: &str) -> Refused {
    reply::invalid(400, ("ContactField", id.map(|id| id.to_string())), property, requirement, value)
}

fn wishes(eloqua: &Eloqua, members: &Map<String, Value>, id: Option<u32>) -> Result<NewField, Refused> {
    let name = text(members, "name").map(|name| name.trim().to_owned()).unwrap_or_default();
    if name.is_empty() {
        return Err(wrong(id, "name", "NotNullRequirement", ""));
    }
    if name.chars().count() > 100 {
        return Err(wrong(id, "name", "ValidTextLengthRequirement", &name));
    }
    if eloqua.store.fields.named(&name).is_some_and(|other| Some(other.id) != id) {
        return Err(wrong(id, "name", "UniquenessRequirement", &name));
    }
    let word = |member: &str, known: &[&str], default: &str| -> Result<String, Refused> {
        let Some(given) = text(members, member) else { return Ok(default.to_owned()) };
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(&given));
        found.map(|found| (*found).to_owned()).ok_or_else(|| wrong(id, member, "EnumRequirement", &given))
    };
    let kind = word("dataType", &["text", "largeText", "numeric", "date"], "text")?;
    let default = text(members, "defaultValue").filter(|text| !text.is_empty());
    let extra = |name: &&str| text(members, name).map(|value| ((*name).to_owned(), value));
    Ok(NewField {
        name,
        kind: Kind::from_rest(&kind).unwrap_or(Kind::Text),
        display_type: word("displayType", &DISPLAY, "text")?,
        update_type: word("updateType", &UPDATE, "always")?,
        default,
        extras: EXTRAS.iter().filter_map(extra).collect(),
    })
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
    let field = eloqua.store.fields.add(call.now, new);
    Ok(reply::rest(201, &view(&field, Depth::Complete, Moment::Made)))
}

/// `GET /assets/contact/field/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let depth = Depth::read(call, Depth::Complete);
    Ok(reply::rest(200, &view(&*find(eloqua, call)?, depth, Moment::Later)))
}

/// `GET /assets/contact/fields`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let page = Page::read(call)?;
    let depth = Depth::read(call, Depth::Minimal);
    let wanted = call.query.get_any_case("search").map(str::trim).filter(|text| !text.is_empty());
    let found = |field: &&Arc<Field>| {
        let Some(wanted) = wanted else { return true };
        crate::search::parse(wanted).iter().all(|clause| {
            let text = match clause.term.to_ascii_lowercase().as_str() {
                "internalname" => &field.internal,
                _ => &field.name,
            };
            value::fits(&clause.value.to_lowercase(), &text.to_lowercase(), '*', None)
        })
    };
    let all: Vec<Arc<Field>> = eloqua.store.fields.iter().filter(found).cloned().collect();
    let elements = page.of(&all).iter().map(|field| view(field, depth, Moment::Later)).collect();
    Ok(page.envelope(elements, all.len()))
}

/// `PUT /assets/contact/field/{id}`. A new name leaves the internal name as it is.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let before = find(eloqua, call)?;
    let new = wishes(eloqua, &call.object()?, Some(before.id))?;
    if before.standard && before.kind != new.kind && before.kind != Kind::Email {
        return Err(wrong(Some(before.id), "dataType", "ImmutabilityRequirement", new.kind.rest()));
    }
    let field = Field {
        name: new.name,
        kind: if before.standard { before.kind } else { new.kind },
        display_type: new.display_type,
        update_type: new.update_type,
        default: new.default,
        extras: new.extras,
        updated: Some(call.now),
        ..(*before).clone()
    };
    eloqua.store.fields.replace(field.clone());
    Ok(reply::rest(200, &view(&field, Depth::Complete, Moment::Later)))
}

/// `DELETE /assets/contact/field/{id}`: refused for standard fields and for those that a definition or job
/// uses.
pub(crate) fn delete(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let field = find(eloqua, call)?;
    if field.standard || eloqua.uses(&field) {
        let object = ("ContactField", Some(field.id.to_string()));
        return Err(reply::invalid(409, object, "id", "RelationshipRequirement", &field.id.to_string()));
    }
    eloqua.store.fields.remove(field.id);
    eloqua.store.forget_field(field.id);
    Ok(reply::bare(200))
}

impl Eloqua {
    fn uses(&self, field: &Field) -> bool {
        let statement = field.statement();
        let in_definition = self.bulk.definitions.values().any(|definition| {
            let fields = definition.members.get("fields").and_then(Value::as_object);
            fields.is_some_and(|fields| fields.values().any(|value| value.as_str() == Some(&statement)))
        });
        in_definition
            || self
                .jobs
                .all
                .values()
                .any(|job| job.mapping.iter().any(|(_, name)| name.eq_ignore_ascii_case(&field.internal)))
    }
}
