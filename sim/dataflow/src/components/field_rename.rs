//! `field.rename`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::record::{FieldPath, Record, error_message};
use standin_model::Evidence;
use standin_model::mutant::mutated;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.rename",
    summary: "Moves values to other names, in list order; emptied parents stay",
    params: &[required(
        "fields",
        "list of `sourceField` and `targetField`; a missing source changes nothing",
    )],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "values_move_in_list_order",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let rows = setup.rows("fields", ["sourceField", "targetField"])?;
    let pairs = rows.into_iter().filter(|[from, to]| !from.is_empty() && !to.is_empty());
    let pairs = pairs.map(|[from, to]| (FieldPath::new(&from), FieldPath::new(&to)));
    let pairs: Vec<(FieldPath, FieldPath)> = pairs.filter(|(from, to)| from != to).collect();
    let deepens = pairs.iter().map(|(_, to)| to.levels()).sum();
    Ok(Box::new(Each(Rename { pairs, deepens })))
}

struct Rename {
    pairs: Vec<(FieldPath, FieldPath)>,
    deepens: usize,
}

impl Transform for Rename {
    fn transform(&mut self, record: Record) -> Fate {
        let renamed = record.changed(self.deepens, |fields| {
            for (from, to) in
                self.pairs.iter().take(if mutated("dataflow.rename.first-alone") { 1 } else { usize::MAX })
            {
                if mutated("dataflow.rename.copies")
                    && let Some(value) = from.get(fields).cloned()
                {
                    to.put(fields, value)?;
                } else if let Some(value) = from.take(fields) {
                    to.put(fields, value)?;
                }
            }
            Ok(())
        });
        match renamed {
            Ok(record) => Fate::next(record),
            Err((record, refused)) => Fate::error(record, error_message(refused.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    fn check(pairs: &[(&str, &str)], before: &str, after: &str) {
        let fields: Vec<_> =
            pairs.iter().map(|(from, to)| json!({"sourceField": from, "targetField": to})).collect();
        check_step("field.rename", json!({"fields": fields}), before, &[after], &[]);
    }

    #[test]
    fn values_move_in_list_order() {
        check(&[("a", "b")], r#"{"a":1,"c":2}"#, r#"{"c":2,"b":1}"#);
        check(&[("a", "b"), ("b", "c")], r#"{"a":1}"#, r#"{"c":1}"#);
        check(&[("a", "b"), ("b", "a")], r#"{"a":1,"b":2}"#, r#"{"a":1}"#);
        check(&[("x", "b")], r#"{"a":1}"#, r#"{"a":1}"#);
        check(&[("a", "a")], r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2}"#);
        check(&[("a", "b")], r#"{"a":null}"#, r#"{"b":null}"#);
    }

    #[test]
    fn parents_are_made_and_left() {
        check(&[("p.x", "X")], r#"{"p":{"x":1}}"#, r#"{"p":{},"X":1}"#);
        check(&[("C", "data.news.abc")], r#"{"C":"Yes"}"#, r#"{"data":{"news":{"abc":"Yes"}}}"#);
        check(&[("p", "q.r")], r#"{"p":{"x":1}}"#, r#"{"q":{"r":{"x":1}}}"#);
    }

    #[test]
    fn dotted_names_stay_flat_where_they_are_flat() {
        check(&[("profile.email", "MAIL")], r#"{"profile.email":"a"}"#, r#"{"MAIL":"a"}"#);
        check(
            &[("profile.gender", "'profile.gender'")],
            r#"{"profile":{"gender":"f"}}"#,
            r#"{"profile":{},"profile.gender":"f"}"#,
        );
    }
}
