//! `datasource.read.azure.blob_token`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;
use standin_ports::{Secret, StoreTarget};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.azure.blob_token",
    summary: "Reads the files of a container of Azure Blob Storage, with a token that changed since the last successful run; nothing is moved or deleted",
    params: &[
        required("baseUri", "the storage's address, `https://account.blob.core.windows.net`"),
        required("accessToken", "a shared access signature, or a token of Entra ID"),
        required("container", "the container"),
        optional("blobPrefix", "", "the beginning of the keys, across folders; every key if empty"),
        optional("fileNameRegex", "", "a pattern for whole file names; every file if empty"),
    ],
    input: Carries::Nothing,
    output: Carries::Files,
    evidence: Evidence::inferred(
        "templates of gigya-dataflow-tool; what a token is, is deduced",
        "objects_below_a_prefix_are_read",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    objects::reader(setup, target(setup)?, setup.text("blobPrefix")?)
}

/// The place that a step names.
pub(super) fn target(setup: &Setup<'_>) -> Result<StoreTarget, String> {
    Ok(StoreTarget::AzureToken {
        base_uri: setup.required_text("baseUri")?.trim().to_owned(),
        token: Secret::new(setup.required_text("accessToken")?.trim()),
        container: setup.required_text("container")?.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::stores::check_reader;
    use serde_json::json;

    #[test]
    fn objects_below_a_prefix_are_read() {
        let params =
            json!({"baseUri": "https://acct.blob.core.windows.net", "accessToken": "t", "container": "c"});
        check_reader("datasource.read.azure.blob_token", &params, "blobPrefix", "azure://acct/c", "baseUri");
    }
}
