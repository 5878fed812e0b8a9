//! `field.replace`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::java_text;
use crate::record::{FieldPath, Record};
use regex::Regex;
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.replace",
    summary: "Replaces every match of a pattern in text values",
    params: &[required(
        "fields",
        "list of `field`, `regex` and `replacement`; `*` is every field, nested ones too; `$1` is a group",
    )],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "texts_are_replaced",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let mut rules = Vec::new();
    for [field, pattern, replacement] in setup.rows("fields", ["field", "regex", "replacement"])? {
        if field.is_empty() {
            continue;
        }
        let regex = java_text::pattern(&pattern)?;
        let field = (field != "*").then(|| FieldPath::new(&field));
        rules.push(Rule { field, regex, replacement: replacement.into_owned() });
    }
    Ok(Box::new(Each(Replace(rules))))
}

struct Rule {
    field: Option<FieldPath>,
    regex: Regex,
    replacement: String,
}

struct Replace(Vec<Rule>);

impl Transform for Replace {
    fn transform(&mut self, mut record: Record) -> Fate {
        for rule in &self.0 {
            match &rule.field {
                None => record.fields.values_mut().for_each(|value| rule.everywhere(value)),
                Some(path) => {
                    if let Some(Value::String(text)) = path.get(&record.fields) {
                        let replaced = rule.text(text);
                        // The field is there, so that putting it back cannot nest anything deeper.
                        let _ = path.put(&mut record.fields, replaced.into());
                    }
                }
            }
        }
        record.name();
        Fate::next(record)
    }
}

impl Rule {
    fn everywhere(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.everywhere(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.everywhere(member)),
            _ => {}
        }
    }

    fn text(&self, text: &str) -> String {
        java_text::replace(&self.regex, &self.replacement, text)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn texts_are_replaced() {
        for (field, regex, replacement, before, after) in [
            ("a", "[\\r\\n]+", " ", r#"{"a":"x\r\ny","b":"x\ny"}"#, r#"{"a":"x y","b":"x\ny"}"#),
            ("*", "o", "0", r#"{"a":"oo","p":{"b":["o",1]}}"#, r#"{"a":"00","p":{"b":["0",1]}}"#),
            ("a", "(\\d+)-(\\d+)", "$2/$1\\$", r#"{"a":"1-2"}"#, r#"{"a":"2/1$"}"#),
            ("a", "(x)", "$12", r#"{"a":"x"}"#, r#"{"a":"x2"}"#),
            ("a", "x", "y", r#"{"a":5}"#, r#"{"a":5}"#),
            ("p.a", "x", "y", r#"{"p":{"a":"x"}}"#, r#"{"p":{"a":"y"}}"#),
        ] {
            let params = json!({"fields": [{"field": field, "regex": regex, "replacement": replacement}]});
            check_step("field.replace", params, before, &[after], &[]);
        }
    }
}
