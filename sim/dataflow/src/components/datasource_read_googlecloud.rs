//! `datasource.read.googlecloud`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;
use standin_ports::{Secret, StoreTarget};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.googlecloud",
    summary: "Reads the files of a bucket of Google Cloud Storage that changed since the last successful run; nothing is moved or deleted",
    params: &[
        optional("projectId", "", "accepted; a bucket's name says it all"),
        required("clientEmail", "the service account"),
        required("privateKey", "the service account's key, as base64 of its text"),
        required("bucketName", "the bucket"),
        optional("objectKeyPrefix", "", "the beginning of the keys, across folders; every key if empty"),
        optional("fileNameRegex", "", "a pattern for whole file names; every file if empty"),
    ],
    input: Carries::Nothing,
    output: Carries::Files,
    evidence: Evidence::inferred(
        "connector definitions of SAP CDP; the type's name is deduced",
        "objects_below_a_prefix_are_read",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    objects::reader(setup, target(setup)?, setup.text("objectKeyPrefix")?)
}

/// The place that a step names.
pub(super) fn target(setup: &Setup<'_>) -> Result<StoreTarget, String> {
    Ok(StoreTarget::GoogleCloud {
        bucket: setup.required_text("bucketName")?.trim().to_owned(),
        client_email: setup.required_text("clientEmail")?.trim().to_owned(),
        private_key: Secret::new(objects::pem(setup.required_text("privateKey")?)),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::stores::check_reader;
    use serde_json::json;

    #[test]
    fn objects_below_a_prefix_are_read() {
        let params = json!({"projectId": "p", "clientEmail": "e@p.example", "privateKey": "LS0tLS1CRUdJTi0tLS0t", "bucketName": "b"});
        check_reader("datasource.read.googlecloud", &params, "objectKeyPrefix", "gs://b", "bucketName");
    }
}
