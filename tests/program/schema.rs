//! What a JSON Schema says of a value, as far as ours say anything. The crate for it would have `serde_json` built with
//! another feature, and with it everything twice.

use regex::Regex;
use serde_json::Value;

/// A schema with its definitions.
pub(super) struct Schema(Value);

/// The words that are understood here, or say nothing of a value.
const WORDS: &[&str] = &[
    "$defs",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maximum",
    "maxProperties",
    "minItems",
    "minProperties",
    "minimum",
    "not",
    "oneOf",
    "pattern",
    "prefixItems",
    "properties",
    "required",
    "title",
    "type",
];

impl Schema {
    /// A schema that uses no other words than these.
    pub(super) fn of(schema: Value) -> Self {
        understood(&schema);
        Self(schema)
    }

    /// What is wrong in the value, with its place.
    pub(super) fn mistakes(&self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.hold(&self.0, value, "$", &mut found);
        found
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut found = Vec::new();
        self.hold(schema, value, "", &mut found);
        found.is_empty()
    }

    fn hold(&self, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
        if *schema == Value::Bool(false) {
            found.push(format!("{place}: nothing may stand here"));
        }
        if let Some(name) = schema["$ref"].as_str() {
            self.hold(self.0.pointer(name.trim_start_matches('#')).unwrap(), value, place, found);
        }
        let choices = |word: &str| schema[word].as_array().map(Vec::as_slice).unwrap_or_default();
        let fitting = |word: &str| choices(word).iter().filter(|one| self.fits(one, value)).count();
        for (word, wrong) in [
            ("allOf", fitting("allOf") != choices("allOf").len()),
            ("anyOf", fitting("anyOf") == 0 && !choices("anyOf").is_empty()),
            ("oneOf", fitting("oneOf") != 1 && !choices("oneOf").is_empty()),
            ("not", schema.get("not").is_some_and(|not| self.fits(not, value))),
            ("enum", schema.get("enum").is_some() && !choices("enum").contains(value)),
            ("const", schema.get("const").is_some_and(|only| only != value)),
            ("type", !of_type(&schema["type"], value)),
            ("pattern", !of_pattern(schema["pattern"].as_str(), value)),
            ("size", !of_size(schema, value)),
        ] {
            if wrong {
                found.push(format!("{place}: {word} is against {value}"));
            }
        }
        self.below(schema, value, place, found);
    }

    fn below(&self, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
        for (at, item) in value.as_array().into_iter().flatten().enumerate() {
            let below = schema["prefixItems"].get(at).unwrap_or(&schema["items"]);
            self.hold(below, item, &format!("{place}[{at}]"), found);
        }
        let Some(members) = value.as_object() else { return };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                found.push(format!("{place}: no {name}"));
            }
        }
        for (name, member) in members {
            let below = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            self.hold(below, member, &format!("{place}.{name}"), found);
        }
    }
}

fn understood(schema: &Value) {
    for (word, below) in schema.as_object().into_iter().flatten() {
        assert!(WORDS.contains(&word.as_str()), "the word {word} is not understood");
        match word.as_str() {
            "properties" | "$defs" => below.as_object().unwrap().values().for_each(understood),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                below.as_array().unwrap().iter().for_each(understood);
            }
            "items" | "not" | "additionalProperties" => understood(below),
            _ => {}
        }
    }
}

fn of_type(wanted: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match wanted {
        Value::String(one) => one == kind,
        Value::Array(some) => some.iter().any(|one| one == kind),
        _ => true,
    }
}

fn of_pattern(pattern: Option<&str>, value: &Value) -> bool {
    let (Some(pattern), Some(text)) = (pattern, value.as_str()) else { return true };
    Regex::new(pattern).unwrap().is_match(text)
}

fn of_size(schema: &Value, value: &Value) -> bool {
    let (least, most, size) = match value {
        Value::Array(items) => ("minItems", "maxItems", items.len() as u64),
        Value::Object(members) => ("minProperties", "maxProperties", members.len() as u64),
        Value::Number(number) => ("minimum", "maximum", number.as_u64().unwrap_or_default()),
        _ => return true,
    };
    schema[least].as_u64().is_none_or(|least| size >= least)
        && schema[most].as_u64().is_none_or(|most| size <= most)
}
