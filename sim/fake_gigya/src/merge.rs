//! Writing into `profile` and `data`: only passed fields change, `null` deletes, types are coerced.

use crate::envelope::{Object, Problem};
use crate::profile_schema::may_be_list;
use crate::sanitise::sanitised;
use crate::schema::{Field, Kind, MOST_FIELDS, Schema};
use serde_json::Value;
use standin_model::mutant::mutated;

/// Which part of an account is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Profile,
    Data,
}

/// Who writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Writer {
    Client,
    Server,
}

/// How the open questions are decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) writer: Writer,
    pub(crate) append: bool,
    pub(crate) ignore_unknown: bool,
    pub(crate) sanitise: bool,
}

/// One write: collects what is wrong and which fields of `data` are new.
pub(crate) struct Merge<'s> {
    schema: &'s Schema,
    part: Part,
    rules: Rules,
    pub(crate) problems: Vec<Problem>,
    pub(crate) new_fields: Vec<(String, Field)>,
}

/// The members that [`Merge::object`] looks at or changes when it writes `from`.
pub(crate) fn touched(from: &Object) -> impl Fn(&str) -> bool {
    |name| {
        from.keys()
            .any(|key| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

impl<'s> Merge<'s> {
    pub(crate) fn new(schema: &'s Schema, part: Part, rules: Rules) -> Self {
        Self { schema, part, rules, problems: Vec::new(), new_fields: Vec::new() }
    }

    /// Writes `from` over `into`, both at `path` below the part.
    pub(crate) fn object(&mut self, path: &str, into: &mut Object, from: &Object) {
        for (key, value) in from {
            let dotted = key.split_once('.').filter(|(a, b)| !a.is_empty() && !b.is_empty());
            if let Some((first, rest)) = dotted.filter(|_| !mutated("gigya.dotted.literal")) {
                let nested = Object::from_iter([(rest.to_owned(), value.clone())]);
                self.member(path, into, first, &Value::Object(nested));
            } else {
                self.member(path, into, key, value);
            }
        }
    }

    fn member(&mut self, path: &str, into: &mut Object, key: &str, value: &Value) {
        let place = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Null if mutated("gigya.null.ignored") => {}
            Value::Null => self.delete(&place, into, key),
            Value::Object(members) if self.is_group(&place) => self.nested(&place, into, key, members),
            Value::Array(items) if self.takes_list(&place) => self.list(&place, into, key, items),
            _ => self.leaf(&place, into, key, value),
        }
    }

    fn is_group(&self, place: &str) -> bool {
        self.schema.is_group(place) || (self.schema.dynamic && self.field(place).is_none())
    }

    fn takes_list(&self, place: &str) -> bool {
        self.part == Part::Data || may_be_list(place)
    }

    fn nested(&mut self, place: &str, into: &mut Object, key: &str, members: &Object) {
        let mut inner = match into.get(key) {
            Some(Value::Object(old)) if !mutated("gigya.data.replaced") => old.clone(),
            _ => Object::new(),
        };
        let had = !inner.is_empty();
        self.object(place, &mut inner, members);
        match had && inner.is_empty() && !mutated("gigya.group.stays-empty") {
            true => _ = into.shift_remove(key),
            false => _ = into.insert(key.to_owned(), Value::Object(inner)),
        }
    }

    fn list(&mut self, place: &str, into: &mut Object, key: &str, items: &[Value]) {
        let mut made = match (self.rules.append || mutated("gigya.list.appended"), into.get(key)) {
            (true, Some(Value::Array(old))) => old.clone(),
            _ => Vec::new(),
        };
        for item in items {
            let mut slot = Object::new();
            match item {
                Value::Object(members) => {
                    self.object(place, &mut slot, members);
                    made.push(Value::Object(slot));
                }
                Value::Null => {}
                _ => {
                    self.leaf(place, &mut slot, "item", item);
                    made.extend(slot.shift_remove("item"));
                }
            }
        }
        into.insert(key.to_owned(), Value::Array(made));
    }

    fn leaf(&mut self, place: &str, into: &mut Object, key: &str, value: &Value) {
        let Some(field) = self.field_for(place, value) else { return };
        match field.accept(&self.shown(place), value) {
            Err(problem) => self.problems.push(problem),
            Ok(value) => {
                let value = match (&value, self.part == Part::Profile && self.rules.sanitise) {
                    (Value::String(text), true) => Value::from(sanitised(place, text)),
                    _ => value,
                };
                if into.get(key) == Some(&value) || self.writable(place, &field, into.contains_key(key)) {
                    into.insert(key.to_owned(), value);
                }
            }
        }
    }

    fn delete(&mut self, place: &str, into: &mut Object, key: &str) {
        if let Some(field) = self.field(place) {
            if !self.writable(place, &field, into.contains_key(key)) {
                return;
            }
            if (!field.allow_null || field.required) && !mutated("gigya.required.nullable") {
                let message = format!("{} may not be null", self.shown(place));
                self.problems.push(Problem::new(400_027, self.shown(place), message));
                return;
            }
        } else if self.rules.writer == Writer::Client && into.contains_key(key) {
            self.refuse_write(place);
            return;
        }
        into.shift_remove(key);
    }

    /// Whether this writer may write the field; if not, says so.
    fn writable(&mut self, place: &str, field: &Field, present: bool) -> bool {
        use crate::schema::Write;
        let may = match (self.rules.writer, field.write) {
            (Writer::Server, _) | (_, Write::ClientModify) => true,
            (_, Write::ClientCreate) => !present,
            (_, Write::ServerOnly) => false,
        };
        let may = may || mutated("gigya.write-access.ignored");
        if !may {
            self.refuse_write(place);
        }
        may
    }

    fn refuse_write(&mut self, place: &str) {
        let shown = self.shown(place);
        self.problems.push(Problem::new(
            400_025,
            shown.clone(),
            format!("{shown} may not be written by a client"),
        ));
    }

    fn field(&self, place: &str) -> Option<Field> {
        let new = || self.new_fields.iter().find(|(name, _)| name == place).map(|(_, field)| field.clone());
        self.schema.fields.get(place).cloned().or_else(new)
    }

    /// The field at `place`, made on the fly where the schema lets that happen.
    fn field_for(&mut self, place: &str, value: &Value) -> Option<Field> {
        if let Some(field) = self.field(place) {
            return Some(field);
        }
        let shown = self.shown(place);
        if self.schema.is_group(place) {
            self.problems.push(Problem::new(400_023, shown.clone(), format!("{shown} must be an object")));
            return None;
        }
        if !self.schema.dynamic || self.schema.retired.contains(place) {
            if !self.rules.ignore_unknown {
                let message = format!("{shown} is not in the schema and dynamic fields are not allowed");
                self.problems.push(Problem::new(400_024, shown, message));
            }
            return None;
        }
        if self.schema.fields.len() + self.new_fields.len() >= MOST_FIELDS {
            let message = format!("the site has {MOST_FIELDS} custom fields already");
            self.problems.push(Problem::new(400_024, shown, message));
            return None;
        }
        let field = Field::new(Kind::guess(value));
        self.new_fields.push((place.to_owned(), field.clone()));
        Some(field)
    }

    fn shown(&self, place: &str) -> String {
        match self.part {
            Part::Profile => format!("profile.{place}"),
            Part::Data => format!("data.{place}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::Packed;
    use crate::profile_schema::profile_schema;
    use serde_json::json;

    const SERVER: Rules =
        Rules { writer: Writer::Server, append: false, ignore_unknown: false, sanitise: true };

    fn merged(part: Part, rules: Rules, before: Value, write: Value) -> (Value, Vec<(u32, String)>) {
        let schema = match part {
            Part::Profile => profile_schema(),
            Part::Data => Schema::open(),
        };
        let mut into = before.as_object().unwrap().clone();
        let mut merge = Merge::new(&schema, part, rules);
        let write = write.as_object().unwrap();
        merge.object("", &mut into, write);
        // What is written member by member comes to the same.
        let mut packed = Packed::of(before.as_object().unwrap());
        let mut again = Merge::new(&schema, part, rules);
        packed.edit_some(touched(write), |into| again.object("", into, write));
        assert_eq!(Value::from(&packed).to_string(), Value::from(into.clone()).to_string());
        (into.into(), merge.problems.into_iter().map(|problem| (problem.code, problem.field)).collect())
    }

    #[test]
    fn merging() {
        use Part::{Data, Profile};
        for (part, before, write, after) in [
            (
                Profile,
                json!({"city": "Diest"}),
                json!({"birthYear": "1959"}),
                json!({"city": "Diest", "birthYear": 1959}),
            ),
            (Profile, json!({"city": "Diest", "zip": "3290"}), json!({"city": null}), json!({"zip": "3290"})),
            (Profile, json!({"city": "Diest"}), json!({"city": ""}), json!({"city": ""})),
            (Data, json!({"a": {"b": 1}, "c": 2}), json!({"a.d": 3}), json!({"a": {"b": 1, "d": 3}, "c": 2})),
            (Profile, json!({}), json!({"phones": {"number": "1"}}), json!({"phones": {"number": "1"}})),
            (
                Profile,
                json!({"phones": {"number": "1"}}),
                json!({"phones": [{"number": "2"}]}),
                json!({"phones": [{"number": "2"}]}),
            ),
            (Profile, json!({"work": {"title": "x"}}), json!({"work": {"title": null}}), json!({})),
            (Data, json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 3}}), json!({"a": {"b": 3, "c": 2}})),
            (Data, json!({"t": [1, 2]}), json!({"t": [3]}), json!({"t": [3]})),
            (Data, json!({}), json!({"a.b": "x"}), json!({"a": {"b": "x"}})),
            (
                Data,
                json!({}),
                json!({"kids": [{"name": "Bo"}, {"name": "Cy"}]}),
                json!({"kids": [{"name": "Bo"}, {"name": "Cy"}]}),
            ),
        ] {
            assert_eq!(merged(part, SERVER, before, write), (after, vec![]));
        }
    }

    #[test]
    fn arrays_replace_or_append() {
        let append = Rules { append: true, ..SERVER };
        let (after, _) = merged(Part::Data, append, json!({"t": ["a"]}), json!({"t": ["b"]}));
        assert_eq!(after, json!({"t": ["a", "b"]}));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field() {
        let client = Rules { writer: Writer::Client, ..SERVER };
        for (rules, write, code, field) in [
            (SERVER, json!({"gender": "X"}), 400_026, "profile.gender"),
            (SERVER, json!({"email": "no"}), 400_026, "profile.email"),
            (SERVER, json!({"birthYear": "soon"}), 400_023, "profile.birthYear"),
            (SERVER, json!({"birthYear": ""}), 400_023, "profile.birthYear"),
            (SERVER, json!({"birthDay": 0}), 400_026, "profile.birthDay"),
            (SERVER, json!({"birthDay": "32"}), 400_026, "profile.birthDay"),
            (SERVER, json!({"birthMonth": 13}), 400_026, "profile.birthMonth"),
            (SERVER, json!({"birthYear": -5}), 400_026, "profile.birthYear"),
            (SERVER, json!({"birthYear": 99_999}), 400_026, "profile.birthYear"),
            (SERVER, json!({"favouriteColour": "red"}), 400_024, "profile.favouriteColour"),
            (SERVER, json!({"phones": "1"}), 400_023, "profile.phones"),
            (SERVER, json!({"languages": ["fr"]}), 400_023, "profile.languages"),
            (client, json!({"city": "Diest"}), 400_025, "profile.city"),
        ] {
            let (_, problems) = merged(Part::Profile, rules, json!({}), write);
            assert_eq!(problems, vec![(code, field.to_owned())]);
        }
    }

    #[test]
    fn unknown_profile_field() {
        let lenient = Rules { ignore_unknown: true, ..SERVER };
        let seen = merged(Part::Profile, lenient, json!({}), json!({"x": 1, "city": "Diest"}));
        assert_eq!(seen, (json!({"city": "Diest"}), vec![]));
    }
}
