//! `field.evaluate`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, optional, required};
use crate::jexl::Expression;
use crate::record::{FieldPath, Record, error_message};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.evaluate",
    summary: "Sets fields to the values of expressions, in list order; later ones see earlier results",
    params: &[
        required("fields", "list of `field` and `expression`"),
        optional("language", "jexl", "the expressions' language; `jexl` is the only one"),
    ],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "fields_take_values",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let language = setup.text("language")?.trim();
    if !language.is_empty() && !language.eq_ignore_ascii_case("jexl") {
        return Err(format!("parameter `language` is `{language}`; only `jexl` is known"));
    }
    let mut rules = Vec::new();
    for [field, text] in setup.rows("fields", ["field", "expression"])? {
        let expression =
            Expression::parse(text).map_err(|problem| format!("expression of `{field}`: {problem}"))?;
        rules.push((FieldPath::new(field), expression));
    }
    Ok(Box::new(Each(Evaluate(rules))))
}

struct Evaluate(Vec<(FieldPath, Expression)>);

impl Transform for Evaluate {
    fn transform(&mut self, record: Record) -> Fate {
        let mut fields = record.fields.clone();
        for (path, expression) in &self.0 {
            let result = expression
                .evaluate(&fields)
                .map_err(|problem| problem.to_string())
                .and_then(|value| path.put(&mut fields, value).map_err(|refused| refused.to_string()));
            if let Err(text) = result {
                let details = error_message(format!("expression of `{}`: {text}", path.text()));
                return Fate::error(record, details);
            }
        }
        Fate::next(record.with(fields))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::{Value, json};

    fn params(rules: &[(&str, &str)]) -> Value {
        let fields: Vec<_> = rules
            .iter()
            .map(|(field, expression)| json!({"field": field, "expression": expression}))
            .collect();
        json!({"language": "jexl", "fields": fields})
    }

    #[test]
    fn fields_take_values() {
        for (rules, before, after) in [
            (&[("x", "a eq 'Yes' ? true : false")][..], r#"{"a":"Yes"}"#, r#"{"a":"Yes","x":true}"#),
            (&[("data.n", "'eloqua'")][..], r#"{}"#, r#"{"data":{"n":"eloqua"}}"#),
            (&[("a", "a + 1"), ("b", "a * 2")][..], r#"{"a":1}"#, r#"{"a":2,"b":4}"#),
            (&[("a", "nothing")][..], r#"{"a":1}"#, r#"{"a":null}"#),
        ] {
            check_step("field.evaluate", params(rules), before, &[after], &[]);
        }
    }

    #[test]
    fn an_expression_that_fails_rejects_the_record() {
        check_step(
            "field.evaluate",
            params(&[("a", "1"), ("b", "'x'.substring(5)")]),
            r#"{"a":0}"#,
            &[],
            &[
                r#"{"a":0,"_errorDetails":{"errorMessage":"expression of `b`: column 5: substring(5) is out of range"}}"#,
            ],
        );
    }
}
