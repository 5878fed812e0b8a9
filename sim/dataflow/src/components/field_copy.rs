//! `field.copy`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::record::{FieldPath, Record, error_message};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.copy",
    summary: "Copies values to other names, in list order",
    params: &[required(
        "fields",
        "list of `sourceField` and `targetField`; a missing source changes nothing",
    )],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::inferred(
        "Component Repository; parameters shaped like field.rename",
        "the_source_stays",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let rows = setup.rows("fields", ["sourceField", "targetField"])?;
    let pairs = rows.into_iter().filter(|[from, to]| !from.is_empty() && !to.is_empty());
    Ok(Box::new(Each(Copy(pairs.map(|[from, to]| (FieldPath::new(&from), FieldPath::new(&to))).collect()))))
}

struct Copy(Vec<(FieldPath, FieldPath)>);

impl Transform for Copy {
    fn transform(&mut self, record: Record) -> Fate {
        let mut fields = record.fields.clone();
        for (from, to) in &self.0 {
            if let Some(value) = from.get(&fields).cloned()
                && let Err(refused) = to.put(&mut fields, value)
            {
                return Fate::error(record, error_message(refused.to_string()));
            }
        }
        Fate::next(record.with(fields))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn the_source_stays() {
        for (from, to, before, after) in [
            ("a", "b.c", r#"{"a":{"x":1}}"#, r#"{"a":{"x":1},"b":{"c":{"x":1}}}"#),
            ("x", "b", r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            let params = json!({"fields": [{"sourceField": from, "targetField": to}]});
            check_step("field.copy", params, before, &[after], &[]);
        }
    }
}
