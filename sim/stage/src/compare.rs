//! Expected against actual, and where they part.

use serde_json::Value;

/// Where expected and actual part.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// Path from the root of the comparison.
    pub path: String,
    /// What was expected there.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

/// Holds if everything in `expected` is so in `actual`: members that are not named do not matter, `null`
/// means absent, lists have the same length. Text matches a number or boolean of the same spelling, since
/// scenarios quote what a reader could mistake.
pub fn compare(expected: &Value, actual: &Value) -> Result<(), Difference> {
    at("", expected, actual)
}

fn at(path: &str, expected: &Value, actual: &Value) -> Result<(), Difference> {
    let differ =
        |expected: String, actual: String| Err(Difference { path: path.to_owned(), expected, actual });
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (name, value) in wanted {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                at(&below, value, found.get(name).unwrap_or(&Value::Null))?;
            }
            Ok(())
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => wanted
            .iter()
            .zip(found)
            .enumerate()
            .try_for_each(|(index, (one, other))| at(&format!("{path}[{index}]"), one, other)),
        (Value::Array(wanted), Value::Array(found)) => differ(
            format!("{} items: {}", wanted.len(), expected),
            format!("{} items: {}", found.len(), actual),
        ),
        (Value::Object(_), Value::Null) if is_absence(expected) => Ok(()),
        (Value::String(text), Value::Bool(flag)) if text == if *flag { "true" } else { "false" } => Ok(()),
        (Value::String(text), Value::Number(number)) if number.to_string() == text.as_str() => Ok(()),
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => Ok(()),
        _ if expected == actual => Ok(()),
        _ => differ(plain(expected), plain(actual)),
    }
}

/// Whether nothing is expected but that members are absent.
fn is_absence(expected: &Value) -> bool {
    match expected {
        Value::Object(members) => !members.is_empty() && members.values().all(is_absence),
        other => other.is_null(),
    }
}

/// A value as a message shows it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "(absent)".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn named_members_matter_and_others_do_not() {
        let actual = json!({"a": {"b": "1", "c": [1, 2]}, "n": 1959, "t": true});
        for (expected, path) in [
            (json!({"a": {"b": "1"}}), None),
            (json!({"n": "1959", "t": "true", "x": null}), None),
            (json!({"n": 1959}), None),
            (json!({"a": {"b": 1}}), Some("a.b")),
            (json!({"a": {"c": [1]}}), Some("a.c")),
            (json!({"a": {"c": [1, 3]}}), Some("a.c[1]")),
            (json!({"x": "1"}), Some("x")),
            (json!({"x": {"y": null, "z": {"a": null}}}), None),
            (json!({"x": {"y": null, "z": "1"}}), Some("x")),
            (json!({"x": {}}), Some("x")),
        ] {
            assert_eq!(compare(&expected, &actual).err().map(|difference| difference.path).as_deref(), path);
        }
    }
}
