//! `field.array.extract`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform, optional, required};
use crate::record::{FieldPath, Fields, Record, error_message, plain_text};
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "field.array.extract",
    summary: "Makes one record of each element of an array; no array or an empty one makes none",
    params: &[
        required("field", "path to the array"),
        optional("propagationFields", "", "list of paths that every new record takes from the old one"),
        optional(
            "generateKey",
            "false",
            "whether each record gets a `_key`: its parent's UID, a dash, its number from 0",
        ),
    ],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users; the key's name and form are ours",
        "each_element_becomes_a_record",
    ),
    build,
};

/// What the records of one array take along may fill so many bytes.
const MOST: usize = 64 << 20;

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let path = setup.required_text("field")?;
    Ok(Box::new(Each(Extract {
        array: FieldPath::new(path),
        leaf: path.trim_matches('\'').rsplit('.').next().unwrap_or(path).to_owned(),
        kept: setup.texts("propagationFields")?.into_iter().map(FieldPath::new).collect(),
        key: setup.truth("generateKey", false)?,
    })))
}

struct Extract {
    array: FieldPath,
    /// What an element that is no object is called.
    leaf: String,
    kept: Vec<FieldPath>,
    key: bool,
}

impl Transform for Extract {
    fn transform(&mut self, record: Record) -> Fate {
        let items = match self.array.get(&record.fields) {
            None | Some(Value::Null) => return Fate::filtered("there is no array to extract"),
            Some(Value::Array(items)) if items.is_empty() => return Fate::filtered("the array is empty"),
            Some(Value::Array(items)) => items,
            Some(_) => {
                let message = format!("`{}` is no array", self.array.text());
                return Fate::error(record, error_message(message));
            }
        };
        let parent = match record.fields.get("UID").map(plain_text) {
            Some(uid) if !uid.is_empty() => uid,
            _ => record.subject.to_string(),
        };
        let along = self.kept.iter().filter_map(|path| path.get(&record.fields));
        let along: usize = along.map(|value| value.to_string().len()).sum::<usize>() + parent.len();
        if along.saturating_mul(items.len()) > MOST {
            let message = format!(
                "`{}` has {} elements, and {along} bytes for each of them to take along are too many",
                self.array.text(),
                items.len()
            );
            return Fate::error(record, error_message(message));
        }
        let mut next = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let mut fields = match item {
                Value::Object(members) => members.clone(),
                other => Fields::from_iter([(self.leaf.clone(), other.clone())]),
            };
            for path in &self.kept {
                if let Some(value) = path.get(&record.fields)
                    && let Err(refused) = path.put(&mut fields, value.clone())
                {
                    return Fate::error(record, error_message(refused.to_string()));
                }
            }
            if self.key {
                fields.insert("_key".to_owned(), format!("{parent}-{index}").into());
            }
            next.push(record.with(fields));
        }
        Fate { next, ..Fate::default() }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn each_element_becomes_a_record() {
        let family = r#"{"UID":"ann","p":{"email":"a@x.example","age":40},"d":{"kids":[{"name":"Bo","y":2015},{"name":"Cy"}]}}"#;
        for (params, before, next) in [
            (json!({"field": "d.kids"}), family, &[r#"{"name":"Bo","y":2015}"#, r#"{"name":"Cy"}"#][..]),
            (
                json!({"field": "d.kids", "propagationFields": ["UID", "p.email", "gone"], "generateKey": true}),
                family,
                &[
                    r#"{"name":"Bo","y":2015,"UID":"ann","p":{"email":"a@x.example"},"_key":"ann-0"}"#,
                    r#"{"name":"Cy","UID":"ann","p":{"email":"a@x.example"},"_key":"ann-1"}"#,
                ],
            ),
            (
                json!({"field": "a", "propagationFields": "UID, p.email"}),
                r#"{"UID":"ann","p":{"email":"e"},"a":[{"n":1}]}"#,
                &[r#"{"n":1,"UID":"ann","p":{"email":"e"}}"#],
            ),
            (json!({"field": "d.tags"}), r#"{"d":{"tags":["x",2]}}"#, &[r#"{"tags":"x"}"#, r#"{"tags":2}"#]),
            (json!({"field": "a"}), r#"{"a":[]}"#, &[]),
            (json!({"field": "a"}), r#"{"a":null}"#, &[]),
            (json!({"field": "a"}), r#"{"b":1}"#, &[]),
        ] {
            check_step("field.array.extract", params, before, next, &[]);
        }
    }

    #[test]
    fn what_is_no_array_is_an_error() {
        let error = r#"{"a":{"b":1},"_errorDetails":{"errorMessage":"`a` is no array"}}"#;
        check_step("field.array.extract", json!({"field": "a"}), r#"{"a":{"b":1}}"#, &[], &[error]);
    }

    #[test]
    fn elements_do_not_multiply_without_end() {
        let before = format!(r#"{{"UID":"ann","a":[{}0],"t":"{}"}}"#, "0,".repeat(9_999), "x".repeat(9_995));
        let error = format!(
            r#"{}{}"#,
            before.trim_end_matches('}'),
            r#","_errorDetails":{"errorMessage":"`a` has 10000 elements, and 10000 bytes for each of them to take along are too many"}}"#
        );
        let params = json!({"field": "a", "propagationFields": ["t"]});
        check_step("field.array.extract", params, &before, &[], &[&error]);
    }
}
