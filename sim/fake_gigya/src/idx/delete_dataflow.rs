//! `idx.deleteDataflow`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.deleteDataflow",
    summary: "Deletes a dataflow with its drafts and schedulings.",
    evidence: Evidence::recorded(
        "IdentitySync clients: gigya-dataflow-tool, customer-data-cloud-toolkit",
        "dataflow_life",
    ),
    access: Access::Private,
    params: &["id"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    gigya.idx.delete_dataflow(&call.site, call.need("id")?)?;
    Ok(Object::new())
}
