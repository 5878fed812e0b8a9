//! Types, their schemas, and the objects in them.

use crate::envelope::{Object, Problem, Refusal};
use crate::merge::Writer;
use crate::query::document::is_in;
use crate::schema::{Field, Kind, Schema};
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_model::Instant;
use std::sync::Arc;

/// The data store of one site.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) types: OrdMap<String, Type>,
}

/// One type of objects.
#[derive(Clone, Debug)]
pub(crate) struct Type {
    pub(crate) schema: Schema,
    /// Lists of fields whose values together occur once.
    pub(crate) unique: Vec<Vec<String>>,
    pub(crate) objects: OrdMap<Key, Arc<Item>>,
}

/// What tells objects apart: `oid` and the owner.
pub(crate) type Key = (String, Option<String>);

/// One object.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) data: Object,
    pub(crate) created: Instant,
    pub(crate) updated: Instant,
}

/// What a write does with what is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Behaviour {
    ArrayPush,
    ArraySet,
    Replace,
}

/// How many types a site may have.
pub(crate) const MOST_TYPES: usize = 1_000;
/// How many objects one type may have.
pub(crate) const MOST_OBJECTS: usize = 200_000;
/// How large an object may be, in bytes of JSON.
pub(crate) const LARGEST: usize = 512 * 1024;

impl Default for Type {
    fn default() -> Self {
        Self { schema: Schema::open(), unique: Vec::new(), objects: OrdMap::new() }
    }
}

impl Behaviour {
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        match text.map(str::to_ascii_lowercase).as_deref() {
            None | Some("arraypush") => Ok(Self::ArrayPush),
            Some("arrayset") => Ok(Self::ArraySet),
            Some("replace") => Ok(Self::Replace),
            Some(_) => Err(Refusal::because(400_006, "updateBehavior takes arrayPush, arraySet and replace")),
        }
    }
}

/// The type that a field's name ends with, or else that of its first value.
fn guess(name: &str, value: &Value) -> Kind {
    match name.rsplit_once('_').map(|(_, suffix)| suffix) {
        Some("i") => Kind::Integer,
        Some("f") => Kind::Float,
        Some("s") => Kind::String,
        Some("t") => Kind::Text,
        Some("b") => Kind::Boolean,
        Some("d") => Kind::Date,
        _ => Kind::guess(value),
    }
}

/// One write into one object.
pub(crate) struct Writing<'s> {
    pub(crate) schema: &'s Schema,
    pub(crate) writer: Writer,
    pub(crate) behaviour: Behaviour,
    pub(crate) problems: Vec<Problem>,
    pub(crate) new_fields: Vec<(String, Field)>,
}

impl Writing<'_> {
    /// Writes `from` over `into`, both at `path`.
    pub(crate) fn object(&mut self, path: &str, into: &mut Object, from: &Object) {
        for (name, value) in from {
            let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                self.problem(400_006, &place, "the name of a field begins with a letter");
                continue;
            }
            match value {
                Value::Null if self.may_write(&place, into.contains_key(name)) => {
                    into.shift_remove(name);
                }
                Value::Null => {}
                Value::Object(members) => {
                    let mut inner = into.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
                    self.object(&place, &mut inner, members);
                    into.insert(name.clone(), inner.into());
                }
                Value::Array(items) => self.list(&place, into, name, items),
                value => self.leaf(&place, into, name, value),
            }
        }
    }

    fn list(&mut self, place: &str, into: &mut Object, name: &str, items: &[Value]) {
        let mut made = match (self.behaviour, into.get(name)) {
            (Behaviour::ArrayPush, Some(Value::Array(old))) => old.clone(),
            _ => Vec::new(),
        };
        for item in items {
            let mut slot = Object::new();
            match item {
                Value::Object(members) => {
                    self.object(place, &mut slot, members);
                    made.push(slot.into());
                }
                item => {
                    self.leaf(place, &mut slot, "item", item);
                    made.extend(slot.shift_remove("item"));
                }
            }
        }
        into.insert(name.to_owned(), made.into());
    }

    fn leaf(&mut self, place: &str, into: &mut Object, name: &str, value: &Value) {
        let made = self.new_fields.iter().find(|(known, _)| known == place).map(|(_, field)| field.clone());
        let known = self.schema.fields.get(place).cloned().or(made);
        let Some(field) = known.or_else(|| self.new_field(place, value)) else { return };
        match field.accept(place, value) {
            Err(problem) => self.problems.push(problem),
            Ok(value) => {
                if into.get(name) == Some(&value) || self.may_write(place, into.contains_key(name)) {
                    into.insert(name.to_owned(), value);
                }
            }
        }
    }

    fn new_field(&mut self, place: &str, value: &Value) -> Option<Field> {
        if !self.schema.dynamic || self.schema.retired.contains(place) {
            self.problem(400_024, place, "is not in the schema and dynamic fields are not allowed");
            return None;
        }
        if self.schema.fields.len() + self.new_fields.len() >= crate::schema::MOST_FIELDS {
            self.problem(400_024, place, "the type has as many fields as it may have");
            return None;
        }
        let last = place.rsplit('.').next().unwrap_or(place);
        let write = crate::schema::Write::ClientModify;
        let field = Field { write, ..Field::new(guess(last, value)) };
        self.new_fields.push((place.to_owned(), field.clone()));
        Some(field)
    }

    fn may_write(&mut self, place: &str, present: bool) -> bool {
        let closed = |field: &Field| self.writer == Writer::Client && !field.write.lets_client(present);
        if self.schema.fields.get(place).is_some_and(closed) {
            self.problem(400_025, place, "may not be written by a client");
            return false;
        }
        true
    }

    fn problem(&mut self, code: u32, place: &str, what: &str) {
        let message = if what.starts_with("the ") { what.to_owned() } else { format!("{place} {what}") };
        self.problems.push(Problem::new(code, format!("data.{place}"), message));
    }
}

impl Type {
    /// Required fields that `data` does not have.
    pub(crate) fn missing(&self, data: &Object) -> Vec<Problem> {
        let lacks = |path: &str| !is_in(data, path);
        let required = self.schema.fields.iter().filter(|(path, field)| field.required && lacks(path));
        let problem = |path: &String| {
            Problem::new(400_027, format!("data.{path}"), format!("Missing required field: {path}"))
        };
        required.map(|(path, _)| problem(path)).collect()
    }

    /// The list of unique fields whose values another object has already.
    pub(crate) fn taken(&self, key: &Key, data: &Object) -> Option<&Vec<String>> {
        let values = |data: &Object, fields: &[String]| -> Option<Vec<Value>> {
            fields.iter().map(|path| at(data, path).cloned()).collect()
        };
        self.unique.iter().find(|fields| {
            let Some(own) = values(data, fields) else { return false };
            let same = |(other, item): (&Key, &Arc<Item>)| {
                other != key && values(&item.data, fields).as_ref() == Some(&own)
            };
            self.objects.iter().any(same)
        })
    }

    /// As ds.getSchema tells it.
    pub(crate) fn schema_json(&self) -> Value {
        let mut out = self.schema.to_json(crate::schema::Filter::Full);
        out["unique"] = json!(self.unique);
        out
    }
}

/// The value at a dotted path.
pub(crate) fn at<'o>(object: &'o Object, path: &str) -> Option<&'o Value> {
    let mut names = path.split('.');
    let first = object.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

impl Item {
    /// The object as answers tell it.
    pub(crate) fn told(&self, key: &Key, data: Object) -> Object {
        let mut out = Object::new();
        out.insert("oid".into(), key.0.as_str().into());
        if let Some(uid) = &key.1 {
            out.insert("UID".into(), uid.as_str().into());
        }
        out.insert("data".into(), data.into());
        out.insert("lastUpdated".into(), self.updated.millis().into());
        out.insert("lastUpdatedTime".into(), self.updated.to_string().into());
        out.insert("created".into(), self.created.millis().into());
        out.insert("createdTime".into(), self.created.to_string().into());
        out
    }
}
