//! `datasource.read.azure.blob`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;
use standin_ports::{Secret, StoreTarget};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.azure.blob",
    summary: "Reads the files of a container of Azure Blob Storage that changed since the last successful run; nothing is moved or deleted",
    params: &[
        required("accountName", "the storage account"),
        required("accountKey", "the storage account's key"),
        required("container", "the container"),
        optional("blobPrefix", "", "the beginning of the keys, across folders; every key if empty"),
        optional("fileNameRegex", "", "a pattern for whole file names; every file if empty"),
    ],
    input: Carries::Nothing,
    output: Carries::Files,
    evidence: Evidence::recorded(
        "dataflows and templates of sap-customer-data-cloud-toolkit and gigya-dataflow-tool",
        "objects_below_a_prefix_are_read",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    objects::reader(setup, target(setup)?, setup.text("blobPrefix")?)
}

/// The place that a step names.
pub(super) fn target(setup: &Setup<'_>) -> Result<StoreTarget, String> {
    Ok(StoreTarget::AzureBlob {
        account: setup.required_text("accountName")?.trim().to_owned(),
        key: Secret::new(setup.required_text("accountKey")?.trim()),
        container: setup.required_text("container")?.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::stores::check_reader;
    use serde_json::json;

    #[test]
    fn objects_below_a_prefix_are_read() {
        let params = json!({"accountName": "acct", "accountKey": "a2V5", "container": "c"});
        check_reader("datasource.read.azure.blob", &params, "blobPrefix", "azure://acct/c", "accountName");
    }
}
