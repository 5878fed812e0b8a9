//! `idx.deleteScheduling`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.deleteScheduling",
    summary: "Deletes a scheduling.",
    evidence: Evidence::recorded(
        "IdentitySync clients: gigya-dataflow-tool, customer-data-cloud-toolkit",
        "scheduling_is_replaced_whole",
    ),
    access: Access::Private,
    params: &["id"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    gigya.idx.delete_scheduling(call.now, &call.site, call.need("id")?)?;
    Ok(Object::new())
}
