//! `ds.getSchema`, `ds.setSchema`, `ds.deleteSchemaFields` and `ds.getTypes`.

use crate::accounts::set_schema::fields_of;
use crate::call::Call;
use crate::ds::put::check_name;
use crate::ds::store::MOST_TYPES;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::query::document::is_in;
use crate::schema::Kind;
use serde_json::{Value, json};
use standin_model::Evidence;

/// The schema of a type.
pub(crate) const GET: Endpoint = Endpoint {
    name: "ds.getSchema",
    summary: "Tells the fields of a type.",
    evidence: Evidence::documented("ds.getSchema REST", "what_the_data_store_refuses"),
    access: Access::Private,
    params: &["type"],
    server_params: &[],
    run: get,
};

/// A change of it.
pub(crate) const SET: Endpoint = Endpoint {
    name: "ds.setSchema",
    summary: "Adds fields to a type and changes their properties.",
    evidence: Evidence::documented("ds.setSchema REST", "what_the_data_store_refuses"),
    params: &["type", "schema"],
    run: set,
    ..GET
};

/// The end of fields.
pub(crate) const DELETE_FIELDS: Endpoint = Endpoint {
    name: "ds.deleteSchemaFields",
    summary: "Deletes fields of a type; their names cannot be used again.",
    evidence: Evidence::documented("ds.deleteSchemaFields REST", "what_the_data_store_refuses"),
    params: &["type", "fields"],
    run: delete_fields,
    ..GET
};

/// All types.
pub(crate) const TYPES: Endpoint = Endpoint {
    name: "ds.getTypes",
    summary: "Tells which types there are.",
    evidence: Evidence::documented("ds.getTypes REST", "objects_are_stored_and_changed"),
    params: &[],
    run: types,
    ..GET
};

/// How many lists of unique fields a type may have.
const MOST_UNIQUE: usize = 50;

fn get(gigya: &mut Gigya, call: &Call) -> Reply {
    let name = call.need("type")?;
    let kind = gigya.stores.get(&call.site.api_key).and_then(|store| store.types.get(name));
    let kind = kind.ok_or_else(|| Refusal::new(404_000))?;
    Ok(Object::from_iter([("schema".into(), kind.schema_json())]))
}

fn set(gigya: &mut Gigya, call: &Call) -> Reply {
    let name = call.need("type")?;
    check_name(name)?;
    call.need("schema")?;
    let wanted = call.params.object("schema")?.unwrap_or_default();
    let mut store = gigya.stores.get(&call.site.api_key).cloned().unwrap_or_default();
    if !store.types.contains_key(name) && store.types.len() >= MOST_TYPES {
        return Err(Refusal::because(400_124, format!("a site has at most {MOST_TYPES} types")));
    }
    let mut kind = store.types.get(name).cloned().unwrap_or_default();
    if let Some(value) = wanted.get("dynamicSchema") {
        let flag = Kind::Boolean.coerce(value).and_then(|flag| flag.as_bool());
        kind.schema.dynamic =
            flag.ok_or_else(|| Refusal::because(400_006, "schema: invalid value for dynamicSchema"))?;
    }
    let objects = kind.objects.clone();
    for (path, properties) in fields_of("schema", &wanted)? {
        let has_data = || objects.values().any(|item| is_in(&item.data, &path));
        kind.schema.set_field(&path, &properties, has_data)?;
    }
    if let Some(unique) = wanted.get("unique") {
        kind.unique = unique_of(unique)?;
    }
    store.types.insert(name.to_owned(), kind);
    gigya.stores.insert(call.site.api_key.clone(), store);
    Ok(Object::new())
}

/// Lists of field names; a name alone is a list of one.
fn unique_of(value: &Value) -> Result<Vec<Vec<String>>, Refusal> {
    let wrong = || Refusal::because(400_006, "schema: unique is a list of lists of field names");
    let list = value.as_array().filter(|list| list.len() <= MOST_UNIQUE).ok_or_else(wrong)?;
    let one = |item: &Value| match item {
        Value::String(name) => Some(vec![name.clone()]),
        Value::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    list.iter().map(|item| one(item).ok_or_else(wrong)).collect()
}

fn delete_fields(gigya: &mut Gigya, call: &Call) -> Reply {
    let name = call.need("type")?;
    let fields = match call.need("fields")?.trim_start().starts_with('[') {
        true => crate::accounts::write::texts(call.params.json("fields")?.as_ref()),
        false => call.params.words("fields").unwrap_or_default(),
    };
    let mut store = gigya.stores.get(&call.site.api_key).cloned().unwrap_or_default();
    let kind = store.types.get_mut(name).ok_or_else(|| Refusal::new(404_000))?;
    for field in fields {
        if kind.schema.fields.remove(&field).is_none() {
            return Err(Refusal::because(400_006, format!("type {name} has no field {field}")));
        }
        kind.schema.retired.insert(field);
    }
    gigya.stores.insert(call.site.api_key.clone(), store);
    Ok(Object::new())
}

fn types(gigya: &mut Gigya, call: &Call) -> Reply {
    let types: Vec<String> = gigya
        .stores
        .get(&call.site.api_key)
        .map(|store| store.types.keys().cloned().collect())
        .unwrap_or_default();
    Ok(Object::from_iter([("types".into(), json!(types))]))
}
