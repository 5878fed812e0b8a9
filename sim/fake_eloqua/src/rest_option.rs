//! Option lists over the REST API.

use crate::eloqua::Eloqua;
use crate::option_list::OptionList;
use crate::reply::{self, Refused};
use crate::rest_asset::{self, Asset};
use crate::rest_list::name_of;
use crate::rest_page::{Depth, list as items, text};
use crate::router::Call;
use crate::user::By;
use serde_json::{Map, Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// How many lists there may be.
const MOST: usize = 1000;
/// How many options one list may have.
const MOST_OPTIONS: usize = 10_000;

impl Asset for OptionList {
    const KIND: &'static str = "OptionList";

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
}

fn view(list: &OptionList, depth: Depth, second: bool) -> Value {
    let mut out = rest_asset::head(list);
    let mut add = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    add("depth", Value::from(depth.word()));
    add("name", Value::from(list.name.clone()));
    add("permissions", rest_asset::permissions(second));
    add("updatedAt", Value::from(list.updated.seconds().to_string()));
    add("updatedBy", Value::from(list.by.changed.to_string()));
    if depth > Depth::Minimal {
        let one = |(name, value): &(String, String)| json!({ "type": "Option", "displayName": name, "value": value });
        add("elements", list.options.iter().map(one).collect());
    }
    Value::Object(out)
}

fn find(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<OptionList>, Refused> {
    eloqua.store.option_lists.get(call.rest_id()?).cloned().ok_or_else(reply::absent)
}

fn options(members: &Map<String, Value>) -> Result<Vec<(String, String)>, Refused> {
    let mut all = Vec::new();
    for item in items(members, "elements")? {
        let item = item.as_object().ok_or_else(reply::unusable)?;
        let value = text(item, "value")?.unwrap_or_default();
        let name = text(item, "displayName")?.unwrap_or_else(|| value.clone());
        all.push((name, value));
    }
    if all.len() > MOST_OPTIONS {
        let count = all.len().to_string();
        return Err(reply::invalid(400, (OptionList::KIND, None), "elements", "ContentRequirement", &count));
    }
    Ok(all)
}

/// `GET /assets/optionLists`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.store.option_lists.iter().map(AsRef::as_ref).collect();
    rest_asset::page(eloqua, call, all, |list, depth| view(list, depth, call.second))
}

/// `POST /assets/optionList`.
pub(crate) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let members = call.object()?;
    let (name, options) = (name_of(&members, OptionList::KIND)?, options(&members)?);
    if eloqua.store.option_lists.len() >= MOST {
        return Err(Box::new(reply::bare(413)));
    }
    let id = eloqua.store.option_lists.add(call.now, &name, options);
    let made = eloqua.store.option_lists.get(id).ok_or_else(reply::absent)?;
    let made = OptionList { by: By::new(call.user), ..(**made).clone() };
    eloqua.store.option_lists.put(made.clone());
    Ok(reply::rest(201, &view(&made, Depth::Complete, call.second)))
}

/// `GET /assets/optionList/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let depth = Depth::read(call, Depth::Complete);
    Ok(reply::rest(200, &view(&*find(eloqua, call)?, depth, call.second)))
}

/// `PUT /assets/optionList/{id}`.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let before = find(eloqua, call)?;
    let members = call.object()?;
    let (name, options) = (name_of(&members, OptionList::KIND)?, options(&members)?);
    let changed =
        OptionList { name, options, updated: call.now, by: before.by.then(call.user), ..(*before).clone() };
    eloqua.store.option_lists.put(changed.clone());
    Ok(reply::rest(200, &view(&changed, Depth::Complete, call.second)))
}

/// `DELETE /assets/optionList/{id}`: refused while a contact field offers it.
pub(crate) fn delete(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let list = find(eloqua, call)?;
    let id = list.id.to_string();
    let offers = |(name, value): &(String, String)| name == "optionListId" && *value == id;
    if eloqua.store.fields.iter().any(|field| field.extras.iter().any(offers)) {
        return Err(eloqua.depended_on(OptionList::KIND, &id));
    }
    eloqua.graves.add(OptionList::KIND, call.now, view(&list, Depth::Minimal, call.second));
    eloqua.store.option_lists.remove(list.id);
    Ok(reply::bare(eloqua.deleted_status()))
}
