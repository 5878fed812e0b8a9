//! `field.select`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::record::{FieldPath, Fields, Record};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.select",
    summary: "Keeps only the fields that are named",
    params: &[required("fields", "list of paths, which is also the order of what remains")],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "only_what_is_named_stays",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Each(Select(setup.texts("fields")?.into_iter().map(FieldPath::new).collect()))))
}

struct Select(Vec<FieldPath>);

impl Transform for Select {
    fn transform(&mut self, record: Record) -> Fate {
        let mut kept = Fields::new();
        for path in &self.0 {
            if let Some(value) = path.get(&record.fields) {
                if record.fields.contains_key(path.text()) {
                    kept.insert(path.text().to_owned(), value.clone());
                } else if let Err(refused) = path.put(&mut kept, value.clone()) {
                    let details = crate::record::error_message(refused.to_string());
                    return Fate::error(record, details);
                }
            }
        }
        Fate::next(record.with(kept))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn only_what_is_named_stays() {
        for (fields, before, after) in [
            (json!(["b", "a"]), r#"{"a":1,"b":2,"c":3}"#, r#"{"b":2,"a":1}"#),
            (json!(["p.x", "q"]), r#"{"p":{"x":1,"y":2}}"#, r#"{"p":{"x":1}}"#),
            (json!(["p.x"]), r#"{"p.x":1}"#, r#"{"p.x":1}"#),
            (json!([]), r#"{"a":1}"#, r#"{}"#),
        ] {
            check_step("field.select", json!({"fields": fields}), before, &[after], &[]);
        }
    }
}
