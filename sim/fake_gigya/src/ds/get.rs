//! `ds.get`.

use crate::call::Call;
use crate::ds::owner;
use crate::ds::store::at;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use serde_json::Value;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "ds.get",
    summary: "Tells an object, or the fields of it that are asked for.",
    evidence: Evidence::documented("ds.get REST", "objects_are_stored_and_changed"),
    access: Access::Public,
    params: &["type", "oid", "UID", "fields"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let key = (call.need("oid")?.to_owned(), owner(call)?);
    let kind =
        gigya.stores.get(&call.site.api_key).and_then(|store| store.types.get(call.params.get("type")?));
    call.need("type")?;
    let item = kind.and_then(|kind| kind.objects.get(&key)).ok_or_else(|| Refusal::new(404_000))?;
    let fields = call.params.words("fields").filter(|fields| !fields.iter().any(|it| it == "*"));
    let data = match fields {
        None => item.data.clone(),
        Some(fields) => {
            let mut data = Object::new();
            for path in &fields {
                if let Some(value) = at(&item.data, path) {
                    put(&mut data, path, value.clone());
                }
            }
            data
        }
    };
    Ok(item.told(&key, data))
}

/// Puts a value at a dotted path.
fn put(into: &mut Object, path: &str, value: Value) {
    match path.split_once('.') {
        None => _ = into.insert(path.to_owned(), value),
        Some((first, rest)) => {
            let slot = into.entry(first).or_insert_with(|| Object::new().into());
            if let Some(members) = slot.as_object_mut() {
                put(members, rest, value);
            }
        }
    }
}
