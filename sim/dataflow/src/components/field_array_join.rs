//! `field.array.join`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, optional, required};
use crate::record::{FieldPath, Record, error_message, plain_text};
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.array.join",
    summary: "Makes one text of an array; what is no array stays as it is",
    params: &[
        required("field", "path to the array"),
        optional("separator", ",", "what stands between two elements"),
        optional("delimiter", "", "another name of `separator`"),
    ],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::documented(
        "Component Repository; the separator's parameter is deduced",
        "arrays_become_texts",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let separator = ["separator", "delimiter"].into_iter().find(|name| setup.param(name).is_some());
    let separator = separator.map_or(Ok(","), |name| setup.text(name))?.to_owned();
    Ok(Box::new(Each(Join { array: FieldPath::new(setup.required_text("field")?), separator })))
}

struct Join {
    array: FieldPath,
    separator: String,
}

impl Transform for Join {
    fn transform(&mut self, mut record: Record) -> Fate {
        let Some(Value::Array(items)) = self.array.get(&record.fields) else { return Fate::next(record) };
        let text = items.iter().map(plain_text).collect::<Vec<_>>().join(&self.separator);
        match self.array.put(&mut record.fields, text.into()) {
            Ok(()) => Fate::next(record),
            Err(refused) => Fate::error(record, error_message(refused.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn arrays_become_texts() {
        for (params, before, after) in [
            (
                json!({"field": "p.t", "separator": ";"}),
                r#"{"p":{"t":["a","b"]},"x":1}"#,
                r#"{"p":{"t":"a;b"},"x":1}"#,
            ),
            (json!({"field": "t", "delimiter": " "}), r#"{"t":["a",1,true,null]}"#, r#"{"t":"a 1 true "}"#),
            (json!({"field": "t"}), r#"{"t":["a","b"]}"#, r#"{"t":"a,b"}"#),
            (json!({"field": "t", "separator": ""}), r#"{"t":["a","b"]}"#, r#"{"t":"ab"}"#),
            (json!({"field": "t"}), r#"{"t":[]}"#, r#"{"t":""}"#),
            (json!({"field": "t"}), r#"{"t":[{"a":1}]}"#, r#"{"t":"{\"a\":1}"}"#),
            (json!({"field": "t"}), r#"{"t":"a"}"#, r#"{"t":"a"}"#),
            (json!({"field": "t"}), "{}", "{}"),
        ] {
            check_step("field.array.join", params, before, &[after], &[]);
        }
    }
}
