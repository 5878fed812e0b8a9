//! `datasource.write.azure.blob`

use super::datasource_read_azure_blob::target;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.azure.blob",
    summary: "Puts each file into a container of Azure Blob Storage, in place of any of that name",
    params: &[
        required("accountName", "the storage account"),
        required("accountKey", "the storage account's key"),
        required("container", "the container"),
        optional("blobPrefix", "", "what stands before each name, such as `folder/`"),
    ],
    input: Carries::Files,
    output: Carries::Nothing,
    evidence: Evidence::recorded(
        "dataflows and templates of sap-customer-data-cloud-toolkit and gigya-dataflow-tool",
        "files_become_objects_below_a_prefix",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    objects::writer(setup, target(setup)?, setup.text("blobPrefix")?)
}

#[cfg(test)]
mod tests {
    use crate::testing::stores::check_writer;
    use serde_json::json;

    #[test]
    fn files_become_objects_below_a_prefix() {
        let params = json!({"accountName": "acct", "accountKey": "a2V5", "container": "c"});
        check_writer("datasource.write.azure.blob", &params, "blobPrefix", "azure://acct/c", "accountName");
    }
}
