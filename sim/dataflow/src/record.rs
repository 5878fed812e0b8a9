//! One record on its way through a dataflow, and the paths that name its fields.

use serde_json::{Map, Value};
use std::sync::Arc;

/// The fields of a record, in column order.
pub type Fields = Map<String, Value>;

/// Values nested deeper than this are refused: nothing legitimate is, and a reader downstream may not bear it.
pub const MAX_DEPTH: usize = 100;

/// A record, and whose it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Its fields in order.
    pub fields: Fields,
    /// The UID as soon as one is known; before that an e-mail address, or file and line.
    pub subject: Arc<str>,
}

impl Record {
    /// A record with a subject until a better one is known.
    pub fn new(fields: Fields, origin: impl Into<Arc<str>>) -> Self {
        let mut record = Self { fields, subject: origin.into() };
        record.name();
        record
    }

    /// The same record with other fields.
    #[must_use]
    pub fn with(&self, fields: Fields) -> Self {
        let mut record = Self { fields, subject: self.subject.clone() };
        record.name();
        record
    }

    /// Looks again whose record it is: a UID wins over what was known, an e-mail address over nothing.
    pub fn name(&mut self) {
        if let Some(Value::String(uid)) = self.fields.get("UID")
            && !uid.is_empty()
        {
            if **uid != *self.subject {
                self.subject = uid.as_str().into();
            }
        } else if self.subject.is_empty() {
            let email = self.fields.get("email").or_else(|| self.fields.get("profile")?.get("email"));
            if let Some(Value::String(email)) = email {
                self.subject = email.as_str().into();
            }
        }
    }

    /// This record after a change to its fields, or as it was if the change fails. `deepens` is by how many levels
    /// the change may deepen it: with room for them nothing can fail, and nothing has to be kept for that case.
    pub(crate) fn changed(
        mut self,
        deepens: usize,
        change: impl FnOnce(&mut Fields) -> Result<(), TooDeep>,
    ) -> Result<Self, (Self, TooDeep)> {
        let kept = (room(&self.fields) < deepens).then(|| self.fields.clone());
        match change(&mut self.fields) {
            Ok(()) => {
                self.name();
                Ok(self)
            }
            Err(refused) => {
                if let Some(kept) = kept {
                    self.fields = kept;
                }
                Err((self, refused))
            }
        }
    }

    /// The fields as compact JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.fields).unwrap_or_default()
    }

    /// This record on the error path.
    #[must_use]
    pub fn rejected(mut self, details: Value) -> Self {
        self.fields.insert(ERROR_DETAILS.to_owned(), details);
        self
    }
}

/// The member that tells an error record's reason.
pub const ERROR_DETAILS: &str = "_errorDetails";

/// Error details as a failed call leaves them.
pub fn error_details(code: i64, message: impl Into<String>) -> Value {
    let mut details = Map::new();
    details.insert("errorCode".to_owned(), code.into());
    details.insert("errorMessage".to_owned(), message.into().into());
    Value::Object(details)
}

/// Error details for what has no platform code.
pub fn error_message(message: impl Into<String>) -> Value {
    let mut details = Map::new();
    details.insert("errorMessage".to_owned(), message.into().into());
    Value::Object(details)
}

/// A path to a field: `a.b` addresses nested objects, unless a field with exactly that dotted name is there;
/// `'a.b'` in single quotes is a literal name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldPath {
    text: String,
    literal: bool,
    levels: usize,
}

/// A path that cannot be used, or a value that would be nested too deeply.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is nested deeper than {MAX_DEPTH} levels")]
pub struct TooDeep(String);

impl TooDeep {
    /// Whether it was this path that was refused.
    pub(crate) fn is_about(&self, path: &FieldPath) -> bool {
        path.text.chars().take(SHOWN).eq(self.0.chars())
    }
}

/// Characters of a path that a refusal shows.
const SHOWN: usize = 60;

impl FieldPath {
    /// Reads a path.
    pub fn new(text: &str) -> Self {
        let quoted = text.len() > 1 && text.starts_with('\'') && text.ends_with('\'');
        let name = if quoted { &text[1..text.len() - 1] } else { text };
        let levels = if quoted { 1 } else { name.split('.').count() };
        Self { text: name.to_owned(), literal: quoted, levels }
    }

    /// How many names it goes through.
    pub(crate) fn levels(&self) -> usize {
        self.levels
    }

    /// The path without quotes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value there.
    pub fn get<'a>(&self, fields: &'a Fields) -> Option<&'a Value> {
        if self.levels == 1 {
            return fields.get(&self.text);
        }
        let (mut level, mut rest) = (fields, self.text.as_str());
        loop {
            if let Some(value) = level.get(rest) {
                return Some(value);
            }
            let (head, tail) = rest.split_once('.')?;
            level = level.get(head)?.as_object()?;
            rest = tail;
        }
    }

    /// Takes the value out and leaves its parents as they are, empty or not.
    pub fn take(&self, fields: &mut Fields) -> Option<Value> {
        if self.levels == 1 {
            return fields.shift_remove(&self.text);
        }
        let (mut level, mut rest) = (fields, self.text.as_str());
        loop {
            if let Some(value) = level.shift_remove(rest) {
                return Some(value);
            }
            let (head, tail) = rest.split_once('.')?;
            level = level.get_mut(head)?.as_object_mut()?;
            rest = tail;
        }
    }

    /// Puts a value there, in place of what was; parents that are missing or are no objects are made.
    pub fn put(&self, fields: &mut Fields, value: Value) -> Result<(), TooDeep> {
        if self.levels + depth(&value) > MAX_DEPTH {
            return Err(TooDeep(self.text.chars().take(SHOWN).collect()));
        }
        if self.levels == 1 {
            fields.insert(self.text.clone(), value);
            return Ok(());
        }
        let (mut level, mut rest) = (fields, self.text.as_str());
        while !level.contains_key(rest) {
            let Some((head, tail)) = rest.split_once('.') else { break };
            let child = level.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if !child.is_object() {
                *child = Value::Object(Map::new());
            }
            let Value::Object(members) = child else { return Ok(()) };
            (level, rest) = (members, tail);
        }
        level.insert(rest.to_owned(), value);
        Ok(())
    }
}

/// How many levels may be added to a record whatever happens in it.
pub(crate) fn room(fields: &Fields) -> usize {
    let deepest = fields.values().map(depth).max().unwrap_or(0);
    MAX_DEPTH.saturating_sub(deepest)
}

/// How many levels a value has; 1 for a leaf.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}

/// The leaves of an object with their dotted paths, in order; arrays are leaves, and so are empty objects.
pub fn leaves<'a>(fields: &'a Fields, visit: &mut impl FnMut(&str, &'a Value)) {
    fn walk<'a>(prefix: &mut String, fields: &'a Fields, visit: &mut impl FnMut(&str, &'a Value)) {
        let length = prefix.len();
        for (name, value) in fields {
            if length > 0 {
                prefix.push('.');
            }
            prefix.push_str(name);
            match value {
                Value::Object(members) if !members.is_empty() => walk(prefix, members, visit),
                _ => visit(prefix, value),
            }
            prefix.truncate(length);
        }
    }
    walk(&mut String::new(), fields, visit);
}

/// A value as the text of a cell: nothing for null, JSON for arrays and objects.
pub fn plain_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(members) if members.is_empty() => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// The fields of a JSON object.
    pub(crate) fn fields(value: Value) -> Fields {
        match value {
            Value::Object(members) => members,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn a_flat_name_wins_over_nesting() {
        let record = fields(json!({"a.b": 1, "a": {"b": 2, "c.d": 3, "c": {"d": 4}}}));
        for (path, expected) in [
            ("a.b", Some(json!(1))),
            ("'a.b'", Some(json!(1))),
            ("a.c.d", Some(json!(3))),
            ("'a'", Some(json!({"b": 2, "c.d": 3, "c": {"d": 4}}))),
            ("'a.c'", None),
            ("a.x", None),
            ("a.b.c.d", None),
            ("", None),
        ] {
            assert_eq!(FieldPath::new(path).get(&record), expected.as_ref(), "{path}");
        }
    }

    #[test]
    fn writing_makes_parents() {
        for (before, path, after) in [
            (json!({}), "a.b", json!({"a": {"b": 9}})),
            (json!({"a": 1}), "a.b", json!({"a": {"b": 9}})),
            (json!({"a": null}), "a.b", json!({"a": {"b": 9}})),
            (json!({"a.b": 1}), "a.b", json!({"a.b": 9})),
            (json!({"x": 1}), "'a.b'", json!({"x": 1, "a.b": 9})),
            (json!({"a": {"b": 1, "c": 2}}), "a.b", json!({"a": {"b": 9, "c": 2}})),
        ] {
            let mut record = fields(before);
            FieldPath::new(path).put(&mut record, json!(9)).unwrap();
            assert_eq!(Value::Object(record).to_string(), after.to_string(), "{path}");
        }
    }

    #[test]
    fn taking_leaves_empty_parents_and_keeps_order() {
        let mut record = fields(json!({"a": {"b": 1}, "c": 2, "d": 3}));
        assert_eq!(FieldPath::new("a.b").take(&mut record), Some(json!(1)));
        assert_eq!(FieldPath::new("a.b").take(&mut record), None);
        assert_eq!(FieldPath::new("c").take(&mut record), Some(json!(2)));
        assert_eq!(Value::Object(record).to_string(), r#"{"a":{},"d":3}"#);
    }

    #[test]
    fn endless_paths_are_refused() {
        assert!(FieldPath::new(&"a.".repeat(5000)).put(&mut Fields::new(), json!(1)).is_err());
    }

    #[test]
    fn a_record_is_known_by_the_best_name_so_far() {
        let by_line = Record::new(fields(json!({"C_EmailAddress": "a@x.example"})), "f.csv:2");
        assert_eq!(&*by_line.subject, "f.csv:2");
        assert_eq!(&*by_line.with(fields(json!({"UID": "ann"}))).subject, "ann");
        assert_eq!(
            &*Record::new(fields(json!({"profile": {"email": "a@x.example"}})), "").subject,
            "a@x.example"
        );
        assert_eq!(&*Record::new(fields(json!({"UID": "ann"})), "").with(Fields::new()).subject, "ann");
    }
}
