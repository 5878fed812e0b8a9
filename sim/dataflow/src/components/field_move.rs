//! `field.move`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::record::{FieldPath, Fields, Record};
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.move",
    summary: "Moves columns behind another column",
    params: &[
        required("fields", "list of top-level fields, in the order in which they shall stand"),
        required("after", "the field behind which they go; if it is not there, they go first"),
    ],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "columns_change_places",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let after = FieldPath::new(setup.text("after")?).text().to_owned();
    let fields = setup.texts("fields")?.into_iter().map(|field| FieldPath::new(field).text().to_owned());
    Ok(Box::new(Each(Move { fields: fields.filter(|field| *field != after).collect(), after })))
}

struct Move {
    fields: Vec<String>,
    after: String,
}

impl Transform for Move {
    fn transform(&mut self, mut record: Record) -> Fate {
        let mut moved: Vec<(String, Value)> =
            self.fields.iter().filter_map(|field| record.fields.shift_remove_entry(field)).collect();
        let mut ordered = Fields::new();
        if !record.fields.contains_key(&self.after) {
            ordered.extend(moved.drain(..));
        }
        for (name, value) in record.fields {
            let here = name == self.after;
            ordered.insert(name, value);
            if here {
                ordered.extend(moved.drain(..));
            }
        }
        Fate::next(Record { fields: ordered, subject: record.subject })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn columns_change_places() {
        for (fields, after, expected) in [
            (json!(["d", "c"]), "a", r#"{"a":1,"d":4,"c":3,"b":2}"#),
            (json!(["a"]), "d", r#"{"b":2,"c":3,"d":4,"a":1}"#),
            (json!(["d"]), "nowhere", r#"{"d":4,"a":1,"b":2,"c":3}"#),
            (json!(["a", "x"]), "a", r#"{"a":1,"b":2,"c":3,"d":4}"#),
        ] {
            let params = json!({"fields": fields, "after": after});
            check_step("field.move", params, r#"{"a":1,"b":2,"c":3,"d":4}"#, &[expected], &[]);
        }
    }
}
