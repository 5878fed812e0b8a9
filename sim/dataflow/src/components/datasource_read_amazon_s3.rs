//! `datasource.read.amazon.s3`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;
use standin_ports::{Secret, StoreTarget};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.amazon.s3",
    summary: "Reads the files of a bucket of Amazon S3 that changed since the last successful run; nothing is moved or deleted",
    params: &[
        required("bucketName", "the bucket"),
        required("accessKey", "the access key"),
        required("secretKey", "the access key's secret"),
        optional("objectKeyPrefix", "", "the beginning of the keys, across folders; every key if empty"),
        optional("fileNameRegex", "", "a pattern for whole file names; every file if empty"),
        optional("region", "not specified", "the bucket's region; found out if it is not specified"),
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
    objects::reader(setup, target(setup)?, setup.text("objectKeyPrefix")?)
}

/// The place that a step names.
pub(super) fn target(setup: &Setup<'_>) -> Result<StoreTarget, String> {
    // Templates store this text where nobody chose a region.
    let region = Some(setup.text("region")?.trim()).filter(|text| !matches!(*text, "" | "not specified"));
    Ok(StoreTarget::AmazonS3 {
        bucket: setup.required_text("bucketName")?.trim().to_owned(),
        region: region.map(str::to_owned),
        access_key: setup.required_text("accessKey")?.trim().to_owned(),
        secret_key: Secret::new(setup.required_text("secretKey")?),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::stores::check_reader;
    use serde_json::json;

    #[test]
    fn objects_below_a_prefix_are_read() {
        let params =
            json!({"bucketName": "b", "accessKey": "AK", "secretKey": "s", "region": "not specified"});
        check_reader("datasource.read.amazon.s3", &params, "objectKeyPrefix", "s3://b", "bucketName");
    }
}
