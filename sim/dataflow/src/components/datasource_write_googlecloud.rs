//! `datasource.write.googlecloud`

use super::datasource_read_googlecloud::target;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.googlecloud",
    summary: "Puts each file into a bucket of Google Cloud Storage, in place of any of that name",
    params: &[
        optional("projectId", "", "accepted; a bucket's name says it all"),
        required("clientEmail", "the service account"),
        required("privateKey", "the service account's key, as base64 of its text"),
        required("bucketName", "the bucket"),
        optional("objectKeyPrefix", "", "what stands before each name, such as `folder/`"),
    ],
    input: Carries::Files,
    output: Carries::Nothing,
    evidence: Evidence::inferred(
        "connector definitions of SAP CDP; the type's name is deduced",
        "files_become_objects_below_a_prefix",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    objects::writer(setup, target(setup)?, setup.text("objectKeyPrefix")?)
}

#[cfg(test)]
mod tests {
    use crate::testing::stores::check_writer;
    use serde_json::json;

    #[test]
    fn files_become_objects_below_a_prefix() {
        let params = json!({"projectId": "p", "clientEmail": "e@p.example", "privateKey": "LS0tLS1CRUdJTi0tLS0t", "bucketName": "b"});
        check_writer("datasource.write.googlecloud", &params, "objectKeyPrefix", "gs://b", "bucketName");
    }
}
