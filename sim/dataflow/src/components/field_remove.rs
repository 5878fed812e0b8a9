//! `field.remove`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::record::{FieldPath, Record};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.remove",
    summary: "Removes fields or whole objects",
    params: &[required("fields", "list of paths; one that is not there changes nothing")],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "leaves_and_objects_go",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Each(Remove(setup.texts("fields")?.into_iter().map(FieldPath::new).collect()))))
}

struct Remove(Vec<FieldPath>);

impl Transform for Remove {
    fn transform(&mut self, mut record: Record) -> Fate {
        for path in &self.0 {
            path.take(&mut record.fields);
        }
        Fate::next(record)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn leaves_and_objects_go() {
        for (fields, before, after) in [
            (json!(["profile"]), r#"{"UID":"u","profile":{"a":1},"x":2}"#, r#"{"UID":"u","x":2}"#),
            (json!(["profile.a", "nothing"]), r#"{"profile":{"a":1,"b":2}}"#, r#"{"profile":{"b":2}}"#),
            (json!(["p.a"]), r#"{"p.a":1,"p":{"a":2}}"#, r#"{"p":{"a":2}}"#),
            (json!([]), r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            check_step("field.remove", json!({"fields": fields}), before, &[after], &[]);
        }
    }
}
