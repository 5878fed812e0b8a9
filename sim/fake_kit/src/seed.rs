//! Reading a world file's section with the place of every mistake.

use serde_json::{Map, Value, json};

/// A mistake in a section: where (`accounts[0].profile.zip`), what, and the obvious remedy if there is one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct SeedError {
    /// Path from the section's root: member names joined by dots, positions in brackets. Empty is the root.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What a part of a section may have. Its reader refuses every other member by the same list that JSON Schemas are made
/// of.
pub type Shape = &'static [Part];

/// Members of a part of a section.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Members of which nothing more is told here.
    Plain(&'static [&'static str]),
    /// A member that is such a part.
    One(&'static str, Shape),
    /// A member that is such a part, or a text in short.
    Short(&'static str, Shape),
    /// A member that is a list of such parts.
    List(&'static str, Shape),
    /// A member that is a list of such parts, or of texts in short.
    Shorts(&'static str, Shape),
    /// A member that has such parts under names of their own.
    Named(&'static str, Shape),
}

impl Part {
    /// The names of its members.
    pub fn names(&self) -> &[&'static str] {
        match self {
            Self::Plain(names) => names,
            Self::One(name, _)
            | Self::Short(name, _)
            | Self::List(name, _)
            | Self::Shorts(name, _)
            | Self::Named(name, _) => std::slice::from_ref(name),
        }
    }

    /// The JSON Schema of each of its members.
    fn schema(&self) -> Value {
        match self {
            Self::Plain(_) => json!({}),
            Self::One(_, shape) => with(&["null"], schema(shape)),
            Self::Short(_, shape) => with(&["null", "string"], schema(shape)),
            Self::List(_, shape) => listed(schema(shape)),
            Self::Shorts(_, shape) => listed(with(&["string"], schema(shape))),
            Self::Named(_, shape) => {
                json!({"type": ["object", "null"], "additionalProperties": schema(shape)})
            }
        }
    }
}

/// The names of all members of a shape.
pub fn names(shape: Shape) -> Vec<&'static str> {
    shape.iter().flat_map(|part| part.names().iter().copied()).collect()
}

/// The JSON Schema of each member of a shape. One that is named twice is told by its last part.
pub fn members(shape: Shape) -> Map<String, Value> {
    let named = |part: &'static Part| part.names().iter().map(|name| ((*name).to_owned(), part.schema()));
    shape.iter().flat_map(named).collect()
}

/// The JSON Schema of a mapping of this shape.
fn schema(shape: Shape) -> Value {
    json!({"type": ["object"], "additionalProperties": false, "properties": members(shape)})
}

fn listed(items: Value) -> Value {
    json!({"type": ["array", "null"], "items": items})
}

/// A schema that takes values of more types.
fn with(types: &[&str], mut schema: Value) -> Value {
    if let Some(known) = schema["type"].as_array_mut() {
        known.extend(types.iter().map(|name| Value::from(*name)));
    }
    schema
}

/// A part of a section, with its path.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Section<'a> {
    /// The root of a section.
    pub fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// The value itself.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Where it stands.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A mistake here.
    pub fn wrong(&self, message: impl Into<String>) -> SeedError {
        SeedError { path: self.path.clone(), message: message.into(), hint: None }
    }

    /// A mistake here, with its remedy.
    pub fn wrong_because(&self, message: impl Into<String>, hint: impl Into<String>) -> SeedError {
        SeedError { path: self.path.clone(), message: message.into(), hint: Some(hint.into()) }
    }

    /// Its members; anything but a mapping is refused.
    pub fn members(&self) -> Result<&'a Map<String, Value>, SeedError> {
        self.value
            .as_object()
            .ok_or_else(|| self.wrong(format!("a mapping is wanted here, not {}", kind(self.value))))
    }

    /// Refuses members that are not in `known`, naming the nearest that is.
    pub fn only(&self, known: &[&str]) -> Result<(), SeedError> {
        for name in self.members()?.keys() {
            if !known.contains(&name.as_str()) {
                let place = self.below(name, self.value);
                let hint = nearest(name, known.iter().copied()).map_or_else(
                    || format!("known here: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(place.wrong_because(format!("`{name}` is not known here"), hint));
            }
        }
        Ok(())
    }

    /// Refuses members that are not in `shape`.
    pub fn shaped(&self, shape: Shape) -> Result<(), SeedError> {
        self.only(&names(shape))
    }

    /// A member, if it is there and not null.
    pub fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name)?;
        if value.is_null() { None } else { Some(self.below(name, value)) }
    }

    /// A member that must be there.
    pub fn need(&self, name: &str) -> Result<Self, SeedError> {
        self.get(name).ok_or_else(|| self.wrong(format!("`{name}` is missing")))
    }

    /// All members with their places.
    pub fn each(&self) -> Result<Vec<(&'a str, Self)>, SeedError> {
        Ok(self.members()?.iter().map(|(name, value)| (name.as_str(), self.below(name, value))).collect())
    }

    /// All items of a list.
    pub fn items(&self) -> Result<Vec<Self>, SeedError> {
        let list = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong(format!("a list is wanted here, not {}", kind(self.value))))?;
        let place = |(at, value)| Self { value, path: format!("{}[{at}]", self.path) };
        Ok(list.iter().enumerate().map(place).collect())
    }

    /// The items of a member that is a list; none if it is absent.
    pub fn list(&self, name: &str) -> Result<Vec<Self>, SeedError> {
        self.get(name).map_or_else(|| Ok(Vec::new()), |list| list.items())
    }

    /// Text. A number or boolean is refused: it has lost its spelling already.
    pub fn text(&self) -> Result<&'a str, SeedError> {
        self.value.as_str().ok_or_else(|| {
            let message = format!("text is wanted here, not {}", kind(self.value));
            match self.value {
                Value::Number(_) | Value::Bool(_) => {
                    self.wrong_because(message, format!("quote it: \"{}\"", self.value))
                }
                _ => self.wrong(message),
            }
        })
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Result<bool, SeedError> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong(format!("true or false is wanted here, not {}", kind(self.value))))
    }

    /// A whole number, zero or more.
    pub fn number(&self) -> Result<u64, SeedError> {
        self.value
            .as_u64()
            .ok_or_else(|| self.wrong(format!("a whole number is wanted here, not {}", kind(self.value))))
    }

    /// One of the words in `known`.
    pub fn word(&self, known: &[&'static str]) -> Result<&'static str, SeedError> {
        let text = self.text()?;
        known.iter().copied().find(|word| *word == text).ok_or_else(|| {
            let hint = nearest(text, known.iter().copied()).map_or_else(
                || format!("known here: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.wrong_because(format!("`{text}` is not known here"), hint)
        })
    }

    /// The text of a member, if it is there.
    pub fn text_of(&self, name: &str) -> Result<Option<&'a str>, SeedError> {
        self.get(name).map(|member| member.text()).transpose()
    }

    /// The flag of a member, or `default`.
    pub fn flag_of(&self, name: &str, default: bool) -> Result<bool, SeedError> {
        self.get(name).map_or(Ok(default), |member| member.flag())
    }

    fn below(&self, name: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { value, path }
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// The known name that is most like `name`, if one is like it at all.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let folded = name.to_ascii_lowercase();
    known
        .map(|candidate| (strsim::jaro_winkler(&folded, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mistakes_have_places() {
        let value = json!({"accounts": [{"profil": {}, "zip": 3290}]});
        let root = Section::root(&value);
        let account = root.list("accounts").unwrap().remove(0);
        let error = account.only(&["profile", "zip"]).unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.hint.as_deref()),
            ("accounts[0].profil", Some("did you mean `profile`?"))
        );
        let error = account.need("zip").unwrap().text().unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.hint.as_deref()),
            ("accounts[0].zip", Some("quote it: \"3290\""))
        );
    }
}
