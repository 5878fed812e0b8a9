//! `idx.setScheduling`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.setScheduling",
    summary: "Puts a scheduling in the place of the one with its id.",
    evidence: Evidence::recorded(
        "IdentitySync clients: gigya-dataflow-tool, customer-data-cloud-toolkit",
        "scheduling_is_replaced_whole",
    ),
    access: Access::Private,
    params: &["data"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("data")?;
    let data = call.params.json("data")?.unwrap_or_default();
    gigya.idx.set_scheduling(call.now, &call.site, &data)?;
    Ok(Object::new())
}
