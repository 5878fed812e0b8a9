//! `field.flatten`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::record::{FieldPath, Fields, Record, leaves};
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.flatten",
    summary: "Lifts the leaves of objects to the top, under their own name, or their dotted path where that is taken",
    params: &[required("fields", "list of paths to objects")],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::decided(
        "Component Repository names the component; the resulting names are ours",
        "leaves_are_lifted",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Each(Flatten(setup.texts("fields")?.into_iter().map(FieldPath::new).collect()))))
}

struct Flatten(Vec<FieldPath>);

impl Transform for Flatten {
    fn transform(&mut self, mut record: Record) -> Fate {
        for path in &self.0 {
            if path.get(&record.fields).is_some_and(Value::is_object)
                && let Some(Value::Object(members)) = path.take(&mut record.fields)
            {
                lift(path.text(), &members, &mut record.fields);
            }
        }
        record.name();
        Fate::next(record)
    }
}

fn lift(from: &str, members: &Fields, fields: &mut Fields) {
    leaves(members, &mut |path, value| {
        let leaf = path.rsplit_once('.').map_or(path, |(_, leaf)| leaf);
        let name = if fields.contains_key(leaf) { format!("{from}.{path}") } else { leaf.to_owned() };
        fields.insert(name, value.clone());
    });
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn leaves_are_lifted() {
        for (fields, before, after) in [
            (json!(["p"]), r#"{"p":{"a":1,"q":{"b":2}},"c":3}"#, r#"{"c":3,"a":1,"b":2}"#),
            (json!(["p"]), r#"{"a":0,"p":{"a":1}}"#, r#"{"a":0,"p.a":1}"#),
            (json!(["p", "x"]), r#"{"p":5}"#, r#"{"p":5}"#),
        ] {
            check_step("field.flatten", json!({"fields": fields}), before, &[after], &[]);
        }
    }
}
