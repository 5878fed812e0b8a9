//! `ds.store`.

use crate::call::Call;
use crate::ds::owner;
use crate::ds::store::{Behaviour, Item, LARGEST, MOST_OBJECTS, MOST_TYPES, Store, Writing};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::merge::Writer;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "ds.store",
    summary: "Stores an object, or changes what is passed of it; arrays are appended unless one says else.",
    evidence: Evidence::documented("ds.store REST", "objects_are_stored_and_changed"),
    access: Access::Public,
    params: &["type", "data", "oid", "UID", "updateBehavior"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let owner = owner(call)?;
    let name = call.need("type")?;
    check_name(name)?;
    let text = call.need("data")?;
    if text.len() > LARGEST {
        return Err(Refusal::because(413_003, format!("an object may not exceed {LARGEST} bytes")));
    }
    let from = call.params.object("data")?.ok_or_else(|| Refusal::missing(call.method, "data"))?;
    let behaviour = Behaviour::parse(call.params.get("updateBehavior"))?;
    let oid = match call.params.get("oid").unwrap_or("auto") {
        "auto" => gigya.ids.hex(32),
        oid if oid.len() <= 252 => oid.to_owned(),
        _ => return Err(Refusal::because(400_006, "oid is longer than 252 characters")),
    };
    let mut store = gigya.stores.get(&call.site.api_key).cloned().unwrap_or_default();
    if !store.types.contains_key(name) && store.types.len() >= MOST_TYPES {
        return Err(Refusal::because(400_124, format!("a site has at most {MOST_TYPES} types")));
    }
    let key = (oid.clone(), owner);
    write(&mut store, call, name, &key, &from, behaviour)?;
    gigya.stores.insert(call.site.api_key.clone(), store);
    Ok(Object::from_iter([("oid".into(), oid.into())]))
}

fn write(
    store: &mut Store,
    call: &Call,
    name: &str,
    key: &crate::ds::store::Key,
    from: &Object,
    behaviour: Behaviour,
) -> Result<(), Refusal> {
    let mut kind = store.types.get(name).cloned().unwrap_or_default();
    let known = kind.objects.get(key).cloned();
    if known.is_none() && kind.objects.len() >= MOST_OBJECTS {
        return Err(Refusal::because(400_124, format!("a type has at most {MOST_OBJECTS} objects")));
    }
    let mut data = match (&known, behaviour) {
        (Some(item), Behaviour::ArrayPush | Behaviour::ArraySet) => item.data.clone(),
        _ => Object::new(),
    };
    let writer = if call.is_server() { Writer::Server } else { Writer::Client };
    let mut writing =
        Writing { schema: &kind.schema, writer, behaviour, problems: Vec::new(), new_fields: Vec::new() };
    writing.object("", &mut data, from);
    let (mut problems, new_fields) = (writing.problems, writing.new_fields);
    problems.extend(kind.missing(&data));
    if !problems.is_empty() {
        return Err(Refusal::invalid(problems));
    }
    if serde_json::to_string(&data).map_or(0, |text| text.len()) > LARGEST {
        return Err(Refusal::because(413_003, format!("an object may not exceed {LARGEST} bytes")));
    }
    if let Some(fields) = kind.taken(key, &data) {
        return Err(Refusal::because(400_022, format!("another object has the same {}", fields.join(", "))));
    }
    kind.schema.fields.extend(new_fields);
    let created = known.map_or(call.now, |item| item.created);
    kind.objects.insert(key.clone(), Arc::new(Item { data, created, updated: call.now }));
    store.types.insert(name.to_owned(), kind);
    Ok(())
}

/// The name of a type is a word that begins with a letter.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match word && name.len() <= 100 {
        true => Ok(()),
        false => Err(Refusal::because(400_006, "type is a word that begins with a letter")),
    }
}
