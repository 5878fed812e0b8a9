//! `idx.setDataflow`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use crate::idx::create_dataflow::data;
use crate::idx::dataflow::Store;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.setDataflow",
    summary: "Puts a dataflow in the place of the one with its id, whole.",
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
    name: "idx.setDataflowDraft",
    summary: "Puts a draft in the place of the one with its id, whole.",
    run: run_draft,
    ..ENDPOINT
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    set(gigya, call, Store::Published)
}

fn run_draft(gigya: &mut Gigya, call: &Call) -> Reply {
    set(gigya, call, Store::Draft)
}

fn set(gigya: &mut Gigya, call: &Call, store: Store) -> Reply {
    let document = data(call)?;
    let version = gigya.idx.set_dataflow(call.now, &call.site, &document, store)?;
    Ok(Object::from_iter([("version".into(), version.into())]))
}
