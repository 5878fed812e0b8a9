//! `ds.delete`.

use crate::call::Call;
use crate::ds::owner;
use crate::ds::store::{Behaviour, Item, Writing};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::merge::Writer;
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "ds.delete",
    summary: "Deletes an object, or the fields of it that are named.",
    evidence: Evidence::documented("ds.delete REST", "objects_are_stored_and_changed"),
    access: Access::Public,
    params: &["type", "oid", "UID", "fields"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let key = (call.need("oid")?.to_owned(), owner(call)?);
    let name = call.need("type")?;
    let mut store = gigya.stores.get(&call.site.api_key).cloned().unwrap_or_default();
    let mut kind = store.types.get(name).cloned().ok_or_else(|| Refusal::new(404_000))?;
    let item = kind.objects.get(&key).cloned().ok_or_else(|| Refusal::new(404_000))?;
    match call.params.words("fields") {
        None => _ = kind.objects.remove(&key),
        Some(fields) => {
            let mut data = item.data.clone();
            for path in &fields {
                let gone = path
                    .rsplit('.')
                    .fold(Value::Null, |inner, name| Object::from_iter([(name.to_owned(), inner)]).into());
                let writer = if call.is_server() { Writer::Server } else { Writer::Client };
                let mut writing = Writing {
                    schema: &kind.schema,
                    writer,
                    behaviour: Behaviour::ArraySet,
                    problems: Vec::new(),
                    new_fields: Vec::new(),
                };
                writing.object("", &mut data, gone.as_object().unwrap_or(&Object::new()));
                if !writing.problems.is_empty() {
                    return Err(Refusal::invalid(writing.problems));
                }
            }
            let problems = kind.missing(&data);
            if !problems.is_empty() {
                return Err(Refusal::invalid(problems));
            }
            let item = Item { data, created: item.created, updated: call.now };
            kind.objects.insert(key, Arc::new(item));
        }
    }
    store.types.insert(name.to_owned(), kind);
    gigya.stores.insert(call.site.api_key.clone(), store);
    Ok(Object::new())
}
