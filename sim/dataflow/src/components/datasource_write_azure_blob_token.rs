//! `datasource.write.azure.blob_token`

use super::datasource_read_azure_blob_token::target;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.azure.blob_token",
    summary: "Puts each file into a container of Azure Blob Storage, with a token, in place of any of that name",
    params: &[
        required("baseUri", "the storage's address, `https://account.blob.core.windows.net`"),
        required("accessToken", "a shared access signature, or a token of Entra ID"),
        required("container", "the container"),
        optional("blobPrefix", "", "what stands before each name, such as `folder/`"),
    ],
    input: Carries::Files,
    output: Carries::Nothing,
    evidence: Evidence::inferred(
        "templates of gigya-dataflow-tool; what a token is, is deduced",
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
        let params =
            json!({"baseUri": "https://acct.blob.core.windows.net", "accessToken": "t", "container": "c"});
        check_writer("datasource.write.azure.blob_token", &params, "blobPrefix", "azure://acct/c", "baseUri");
    }
}
