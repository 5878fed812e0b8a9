//! `field.evaluate`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, optional, required};
use crate::jexl::Expression;
use crate::record::{FieldPath, Record, depth, error_message};
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
            Expression::parse(&text).map_err(|problem| format!("expression of `{field}`: {problem}"))?;
        rules.push((FieldPath::new(&field), expression));
    }
    let apart = (0..rules.len()).all(|later| {
        let names = rules[later].1.names();
        rules[..later].iter().all(|(earlier, _)| names.iter().all(|name| !touches(earlier.text(), name)))
    });
    Ok(Box::new(Each(Evaluate { rules, apart })))
}

/// Whether a name may mean a field that is set, or something around or in it.
fn touches(field: &str, name: &str) -> bool {
    let (field, name) = (field.replace('.', "_"), name.replace('.', "_"));
    field.starts_with(&name) || name.starts_with(&field)
}

struct Evaluate {
    rules: Vec<(FieldPath, Expression)>,
    /// Whether no expression can see the result of an earlier one.
    apart: bool,
}

impl Evaluate {
    /// All values first, which leaves the record whole until nothing can fail any more.
    fn at_once(&self, record: Record) -> Fate {
        let mut values = Vec::with_capacity(self.rules.len());
        for (path, expression) in &self.rules {
            match expression.evaluate(&record.fields) {
                Ok(value) => values.push(value),
                Err(problem) => return failed(record, path, &problem.to_string()),
            }
        }
        let deepens =
            self.rules.iter().zip(&values).map(|((path, _), value)| path.levels() + depth(value)).sum();
        let changed = record.changed(deepens, |fields| {
            self.rules.iter().zip(values).try_for_each(|((path, _), value)| path.put(fields, value))
        });
        match changed {
            Ok(record) => Fate::next(record),
            Err((record, refused)) => {
                let path = self.rules.iter().map(|(path, _)| path).find(|path| refused.is_about(path));
                failed(record, path.unwrap_or(&self.rules[0].0), &refused.to_string())
            }
        }
    }
}

fn failed(record: Record, path: &FieldPath, why: &str) -> Fate {
    Fate::error(record, error_message(format!("expression of `{}`: {why}", path.text())))
}

impl Transform for Evaluate {
    fn transform(&mut self, record: Record) -> Fate {
        if self.apart {
            return self.at_once(record);
        }
        let mut fields = record.fields.clone();
        for (path, expression) in &self.rules {
            let result = expression
                .evaluate(&fields)
                .map_err(|problem| problem.to_string())
                .and_then(|value| path.put(&mut fields, value).map_err(|refused| refused.to_string()));
            if let Err(text) = result {
                return failed(record, path, &text);
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
