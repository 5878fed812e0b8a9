//! `datasource.write.amazon.s3`

use super::datasource_read_amazon_s3::target;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::objects;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.amazon.s3",
    summary: "Puts each file into a bucket of Amazon S3, in place of any of that name",
    params: &[
        required("bucketName", "the bucket"),
        required("accessKey", "the access key"),
        required("secretKey", "the access key's secret"),
        optional("objectKeyPrefix", "", "what stands before each name, such as `folder/`"),
        optional("region", "not specified", "the bucket's region; found out if it is not specified"),
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
    objects::writer(setup, target(setup)?, setup.text("objectKeyPrefix")?)
}

#[cfg(test)]
mod tests {
    use crate::testing::stores::check_writer;
    use serde_json::json;

    #[test]
    fn files_become_objects_below_a_prefix() {
        let params =
            json!({"bucketName": "b", "accessKey": "AK", "secretKey": "s", "region": "not specified"});
        check_writer("datasource.write.amazon.s3", &params, "objectKeyPrefix", "s3://b", "bucketName");
    }
}
