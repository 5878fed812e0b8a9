//! `idx.createScheduling`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.createScheduling",
    summary: "Stores when a dataflow runs.",
    evidence: Evidence::recorded(
        "IdentitySync clients: gigya-dataflow-tool, customer-data-cloud-toolkit",
        "scheduling_runs_and_records",
    ),
    access: Access::Private,
    params: &["data"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("data")?;
    let data = call.params.json("data")?.unwrap_or_default();
    let id = gigya.ids.hex(32);
    let id = gigya.idx.create_scheduling(call.now, &call.site, &data, id)?;
    Ok(Object::from_iter([("id".into(), id.into())]))
}
