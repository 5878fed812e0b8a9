//! `field.add`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::record::{FieldPath, Record, error_message};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.add",
    summary: "Sets fields to constant texts",
    params: &[required(
        "fields",
        "list of `field` and `value`; placeholders are filled in, the value stays a text",
    )],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "constants_stay_texts",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let rows = setup.rows("fields", ["field", "value"])?;
    let filled = rows.into_iter().filter(|[field, _]| !field.is_empty());
    let filled = filled.map(|[field, value]| (FieldPath::new(&field), setup.placeholders.text(&value)));
    let filled: Vec<(FieldPath, String)> = filled.collect();
    let deepens = filled.iter().map(|(path, _)| path.levels()).sum();
    Ok(Box::new(Each(Add { filled, deepens })))
}

struct Add {
    filled: Vec<(FieldPath, String)>,
    deepens: usize,
}

impl Transform for Add {
    fn transform(&mut self, record: Record) -> Fate {
        let added = record.changed(self.deepens, |fields| {
            self.filled.iter().try_for_each(|(path, value)| path.put(fields, value.as_str().into()))
        });
        match added {
            Ok(record) => Fate::next(record),
            Err((record, refused)) => Fate::error(record, error_message(refused.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn constants_stay_texts() {
        for (field, value, before, after) in [
            ("isRegistered", "true", r#"{"UID":"u"}"#, r#"{"UID":"u","isRegistered":"true"}"#),
            ("data.job", "${jobId}", r#"{}"#, r#"{"data":{"job":"job-1"}}"#),
            ("at", "${now:yyyy}", r#"{"at":"x","b":1}"#, r#"{"at":"2026","b":1}"#),
        ] {
            let params = json!({"fields": [{"field": field, "value": value}]});
            check_step("field.add", params, before, &[after], &[]);
        }
        let plain = json!({"fields": [{"field": "t", "value": true}, {"field": "n", "value": 5}, {"field": "z", "value": null}]});
        check_step("field.add", plain, "{}", &[r#"{"t":"true","n":"5","z":""}"#], &[]);
    }
}
