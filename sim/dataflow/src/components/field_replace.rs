//! `field.replace`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, required};
use crate::java_text::{self, Pattern, Which};
use crate::record::{FieldPath, Record, error_message};
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

/// A text may grow to so many bytes.
const MAX_TEXT: usize = 16 << 20;

/// Texts up to this length are not expected to grow that much.
const LONG: usize = 1000;

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
    regex: Pattern,
    replacement: String,
}

struct Replace(Vec<Rule>);

impl Transform for Replace {
    fn transform(&mut self, mut record: Record) -> Fate {
        // A record that fails leaves as it came; only one that may fail has to pay for that.
        let kept = self.may_fail(&record).then(|| record.clone());
        let replaced = self.0.iter().try_for_each(|rule| match &rule.field {
            None => record.fields.values_mut().try_for_each(|value| rule.everywhere(value)),
            Some(path) => {
                if let Some(Value::String(text)) = path.get(&record.fields) {
                    let replaced = rule.text(text)?;
                    // The field is there, so that putting it back cannot nest anything deeper.
                    let _ = path.put(&mut record.fields, replaced.into());
                }
                Ok(())
            }
        });
        if let Err(told) = replaced {
            return Fate::error(kept.unwrap_or(record), error_message(told));
        }
        record.name();
        Fate::next(record)
    }
}

impl Replace {
    fn may_fail(&self, record: &Record) -> bool {
        self.0.iter().any(|rule| rule.regex.backtracks())
            || record.fields.values().any(|value| longest(value) > LONG)
    }
}

fn longest(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(longest).max().unwrap_or_default(),
        Value::Object(members) => members.values().map(longest).max().unwrap_or_default(),
        _ => 0,
    }
}

impl Rule {
    fn everywhere(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) => *text = self.text(text)?,
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.everywhere(item))?,
            Value::Object(members) => members.values_mut().try_for_each(|member| self.everywhere(member))?,
            _ => {}
        }
        Ok(())
    }

    fn text(&self, text: &str) -> Result<String, String> {
        java_text::replace(&self.regex, Which::All, &self.replacement, text, MAX_TEXT.max(text.len()))
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

    #[test]
    fn patterns_look_around_as_in_java() {
        let params =
            json!({"fields": [{"field": "n", "regex": "(?<=\\d)(?=(\\d{3})+$)", "replacement": "."}]});
        check_step("field.replace", params, r#"{"n":"1234567"}"#, &[r#"{"n":"1.234.567"}"#], &[]);
    }

    #[test]
    fn what_grows_without_end_is_an_error() {
        let (text, replacement) = ("x".repeat(10_000), "y".repeat(10_000));
        let params = json!({"fields": [
            {"field": "b", "regex": "x", "replacement": "z"},
            {"field": "a", "regex": "x", "replacement": replacement},
        ]});
        let before = format!(r#"{{"a":"{text}","b":"x"}}"#);
        let error = format!(
            r#"{{"a":"{text}","b":"x","_errorDetails":{{"errorMessage":"the text grows too long"}}}}"#
        );
        check_step("field.replace", params, &before, &[], &[&error]);
    }
}
