//! `idx.createDataflow`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::idx::dataflow::Store;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.createDataflow",
    summary: "Stores a dataflow and gives its id.",
    evidence: Evidence::recorded(
        "IdentitySync clients: gigya-dataflow-tool, customer-data-cloud-toolkit",
        "dataflow_life",
    ),
    access: Access::Private,
    params: &["data"],
    server_params: &[],
    run,
};

/// The same for drafts.
pub(crate) const DRAFT: Endpoint = Endpoint {
    name: "idx.createDataflowDraft",
    summary: "Stores a draft of a dataflow and gives its id.",
    run: run_draft,
    ..ENDPOINT
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    create(gigya, call, Store::Published)
}

fn run_draft(gigya: &mut Gigya, call: &Call) -> Reply {
    create(gigya, call, Store::Draft)
}

fn create(gigya: &mut Gigya, call: &Call, store: Store) -> Reply {
    let document = data(call)?;
    let id = gigya.ids.hex(32);
    let id = gigya.idx.create_dataflow(call.now, &call.site, &document, id, store)?;
    Ok(Object::from_iter([("id".into(), id.into())]))
}

/// The document that the parameter `data` carries.
pub(crate) fn data(call: &Call) -> Result<Object, Refusal> {
    call.need("data")?;
    call.params.object("data")?.ok_or_else(|| Refusal::missing(call.method, "data"))
}
