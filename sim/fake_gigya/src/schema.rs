//! Fields, their types, and who may write them.

use crate::envelope::{Object, Problem, Refusal};
use imbl::{OrdMap, OrdSet};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Integer,
    Long,
    Float,
    Boolean,
    Date,
    /// Searched by words.
    String,
    /// Searched as a whole.
    BasicString,
    /// Longer than a string.
    Text,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Integer,
        Self::Long,
        Self::Float,
        Self::Boolean,
        Self::Date,
        Self::String,
        Self::BasicString,
        Self::Text,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Long => "long",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::String => "string",
            Self::BasicString => "basic-string",
            Self::Text => "text",
        }
    }

    /// The type of a field that nobody declared, from its first value.
    pub(crate) fn guess(value: &Value) -> Self {
        match value {
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Float,
            Value::Number(_) => Self::Long,
            _ => Self::String,
        }
    }

    /// The value as this type, if it fits.
    pub(crate) fn coerce(self, value: &Value) -> Option<Value> {
        match self {
            Self::Integer => whole(value).filter(|number| i32::try_from(*number).is_ok()).map(Value::from),
            Self::Long => whole(value).map(Value::from),
            Self::Float => match value {
                Value::Number(_) => Some(value.clone()),
                Value::String(text) => {
                    text.trim().parse::<f64>().ok().filter(|it| it.is_finite()).map(Value::from)
                }
                _ => None,
            },
            Self::Boolean => boolean(value).map(Value::from),
            Self::Date => value.as_str().filter(|text| is_date(text)).map(Value::from),
            Self::String | Self::BasicString => {
                text(value).filter(|text| text.len() <= 16 * 1024).map(Value::from)
            }
            Self::Text => text(value).filter(|text| text.len() <= 64 * 1024).map(Value::from),
        }
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => [false, true].get(usize::try_from(number.as_u64()?).ok()?).copied(),
        Value::String(text) if text == "1" || text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text == "0" || text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// `YYYY-MM-DD` with or without a time.
fn is_date(text: &str) -> bool {
    text.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok())
}

/// Who may write a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Write {
    /// Calls with credentials only.
    ServerOnly,
    /// The person once, the server always.
    ClientCreate,
    /// The person too.
    ClientModify,
}

impl Write {
    pub(crate) const ALL: [Self; 3] = [Self::ServerOnly, Self::ClientCreate, Self::ClientModify];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ServerOnly => "serverOnly",
            Self::ClientCreate => "clientCreate",
            Self::ClientModify => "clientModify",
        }
    }

    /// From its word, in any case.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let word = value.as_str()?;
        Self::ALL.into_iter().find(|write| write.word().eq_ignore_ascii_case(word))
    }

    /// Whether a client may write; `present` says whether there is a value already.
    pub(crate) fn lets_client(self, present: bool) -> bool {
        match self {
            Self::ClientModify => true,
            Self::ClientCreate => !present,
            Self::ServerOnly => false,
        }
    }
}

/// A format that values must have.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// An e-mail address.
    Email,
    /// `regex('…')`; the whole value must match.
    Regex { written: String, compiled: Arc<regex::Regex> },
}

impl Format {
    /// From `regex('…')` or `true`, as schemas write it.
    pub(crate) fn of(written: &Value) -> Option<Self> {
        match written {
            Value::Bool(true) => Some(Self::Email),
            Value::String(text) if text == "true" => Some(Self::Email),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }

    /// From `regex('…')`.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let inner = written.strip_prefix("regex('")?.strip_suffix("')")?;
        let compiled =
            regex::RegexBuilder::new(&format!(r"\A(?:{inner})\z")).size_limit(1 << 20).build().ok()?;
        Some(Self::Regex { written: written.to_owned(), compiled: Arc::new(compiled) })
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Email => crate::email::is_valid(text),
            Self::Regex { compiled, .. } => compiled.is_match(text),
        }
    }
}

/// One field of a schema.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) allow_null: bool,
    pub(crate) write: Write,
    pub(crate) format: Option<Format>,
    /// The least and the greatest number, where the platform itself has bounds; no schema tells them.
    pub(crate) range: Option<(i64, i64)>,
    pub(crate) encrypted: bool,
    /// The properties that were set one by one, as they were given; the rest are defaults.
    pub(crate) explicit: Object,
}

impl Field {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            required: false,
            allow_null: true,
            write: Write::ServerOnly,
            format: None,
            range: None,
            encrypted: false,
            explicit: Object::new(),
        }
    }

    /// Sets the properties that are passed; `null` takes a property back to its default. `has_data` says
    /// whether somebody has a value in the field: then its type stays.
    pub(crate) fn set(
        &mut self,
        path: &str,
        properties: &Object,
        has_data: impl Fn() -> bool,
    ) -> Result<(), Refusal> {
        let plain = Self::new(Kind::String);
        for (name, value) in properties {
            let wrong = || Refusal::because(400_006, format!("{path}: invalid value for {name}: {value}"));
            let flag = |default: bool| match value {
                Value::Null => Ok(default),
                value => boolean(value).ok_or_else(wrong),
            };
            match name.as_str() {
                "type" => {
                    let kind = match value {
                        Value::Null => plain.kind,
                        value => Kind::ALL
                            .into_iter()
                            .find(|kind| {
                                value.as_str().is_some_and(|it| it.eq_ignore_ascii_case(kind.word()))
                            })
                            .ok_or_else(wrong)?,
                    };
                    if kind != self.kind && has_data() {
                        let details = format!(
                            "{path} holds data of type {} and cannot become {}",
                            self.kind.word(),
                            kind.word()
                        );
                        return Err(Refusal::because(400_029, details));
                    }
                    self.kind = kind;
                }
                "required" => self.required = flag(plain.required)?,
                "allowNull" => self.allow_null = flag(plain.allow_null)?,
                "writeAccess" if value.is_null() => self.write = plain.write,
                "writeAccess" => self.write = Write::of(value).ok_or_else(wrong)?,
                "format" => {
                    self.format = match value {
                        Value::Null => None,
                        value => Some(Format::of(value).ok_or_else(wrong)?),
                    }
                }
                "encrypt" if value.is_null() && self.encrypted => {
                    let details = format!("{path} is encrypted and stays so");
                    return Err(Refusal::because(400_030, details));
                }
                "encrypt" if value.is_null() => {}
                "encrypt" if value == "AES" => self.encrypted = true,
                "encrypt" => return Err(wrong()),
                "encryptedNonSearchable" => _ = flag(false)?,
                "languages" | "subType" | "tags" | "description" => {}
                _ => continue,
            }
            match value {
                Value::Null => _ = self.explicit.shift_remove(name),
                value => _ = self.explicit.insert(name.clone(), value.clone()),
            }
        }
        Ok(())
    }

    /// The value in the field's type and format, or what is wrong with it.
    pub(crate) fn accept(&self, path: &str, value: &Value) -> Result<Value, Problem> {
        let wrong = || Problem::new(400_023, path, format!("invalid value for type {}", self.kind.word()));
        let coerced = self.kind.coerce(value).ok_or_else(wrong)?;
        let has_format = match (&self.format, coerced.as_str()) {
            (Some(format), Some(text)) => format.holds(text),
            _ => true,
        };
        let in_range = match (self.range, coerced.as_i64()) {
            (Some((least, most)), Some(number)) => (least..=most).contains(&number),
            _ => true,
        };
        if has_format && in_range {
            return Ok(coerced);
        }
        Err(Problem::new(400_026, path, format!("value of {path} does not have the required format")))
    }

    /// As accounts.getSchema tells it.
    pub(crate) fn to_json(&self) -> Value {
        let mut out = json!({
            "required": self.required,
            "type": self.kind.word(),
            "allowNull": self.allow_null,
            "writeAccess": self.write.word(),
        });
        match &self.format {
            Some(Format::Email) => out["format"] = true.into(),
            Some(Format::Regex { written, .. }) => out["format"] = written.as_str().into(),
            None => {}
        }
        if self.encrypted {
            out["encrypt"] = "AES".into();
        }
        for name in ["encryptedNonSearchable", "languages", "subType", "tags", "description"] {
            if let Some(value) = self.explicit.get(name) {
                out[name] = value.clone();
            }
        }
        out
    }
}

/// How many custom fields a site may have.
pub(crate) const MOST_FIELDS: usize = 1000;

/// Fields by dotted path. Lists do not show in a path: `phones.number` is the number of each phone.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) fields: OrdMap<String, Field>,
    pub(crate) dynamic: bool,
    /// Names of deleted fields; they cannot be used again.
    pub(crate) retired: OrdSet<String>,
}

/// Which fields and properties accounts.getSchema tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Filter {
    Full,
    /// Properties that were set one by one.
    ExplicitOnly,
    /// Fields that clients may write.
    ClientOnly,
}

impl Schema {
    /// This schema with what `child` requires on its own.
    pub(crate) fn requiring(&self, child: &Self) -> Self {
        let mut out = self.clone();
        for (name, own) in child.fields.iter().filter(|(_, own)| own.required) {
            let mut field = self.fields.get(name).cloned().unwrap_or_else(|| own.clone());
            field.required = true;
            out.fields.insert(name.clone(), field);
        }
        out
    }

    /// No fields yet; writes make them.
    pub(crate) fn open() -> Self {
        Self { fields: OrdMap::new(), dynamic: true, retired: OrdSet::new() }
    }

    /// Whether `path` is an object that has known fields in it.
    pub(crate) fn is_group(&self, path: &str) -> bool {
        let prefix = format!("{path}.");
        self.fields.range(prefix.clone()..).next().is_some_and(|(name, _)| name.starts_with(&prefix))
    }

    /// Adds or changes the field at `path`.
    pub(crate) fn set_field(
        &mut self,
        path: &str,
        properties: &Object,
        has_data: impl Fn() -> bool,
    ) -> Result<(), Refusal> {
        let known = self.fields.get(path).cloned();
        if known.is_none() {
            self.check_name(path)?;
        }
        let mut field = known.unwrap_or_else(|| Field::new(Kind::String));
        field.set(path, properties, has_data)?;
        self.fields.insert(path.to_owned(), field);
        Ok(())
    }

    /// Refuses names that a new field cannot have.
    fn check_name(&self, path: &str) -> Result<(), Refusal> {
        let word = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if path.len() > 255 || !path.split('.').all(word) {
            return Err(Refusal::because(
                400_006,
                format!("invalid field name: {}", crate::params::brief(path)),
            ));
        }
        if self.retired.contains(path) {
            return Err(Refusal::because(400_030, format!("{path} was deleted and cannot be used again")));
        }
        let mut above = path.match_indices('.').map(|(at, _)| &path[..at]);
        if self.is_group(path) || above.any(|parent| self.fields.contains_key(parent)) {
            return Err(Refusal::because(400_029, format!("{path} is both a field and a group of fields")));
        }
        if self.fields.len() >= MOST_FIELDS {
            return Err(Refusal::because(400_124, format!("a site has at most {MOST_FIELDS} custom fields")));
        }
        Ok(())
    }

    pub(crate) fn to_json(&self, filter: Filter) -> Value {
        let mut fields = Object::new();
        for (name, field) in &self.fields {
            let told = match filter {
                Filter::Full => field.to_json(),
                Filter::ExplicitOnly if field.explicit.is_empty() => continue,
                Filter::ExplicitOnly => field.explicit.clone().into(),
                Filter::ClientOnly if field.write == Write::ServerOnly => continue,
                Filter::ClientOnly => field.to_json(),
            };
            fields.insert(name.clone(), told);
        }
        json!({"fields": fields, "dynamicSchema": self.dynamic})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_coerced_where_they_fit() {
        for (kind, given, expected) in [
            (Kind::Long, json!("1959"), Some(json!(1959))),
            (Kind::Long, json!(5.0), Some(json!(5))),
            (Kind::Long, json!(""), None),
            (Kind::Integer, json!(3_000_000_000_u64), None),
            (Kind::Boolean, json!("True"), Some(json!(true))),
            (Kind::Boolean, json!(0), Some(json!(false))),
            (Kind::Boolean, json!(""), None),
            (Kind::Float, json!("1.5"), Some(json!(1.5))),
            (Kind::Date, json!("2024-02-30"), None),
            (Kind::Date, json!("2024-02-29T10:00:00Z"), Some(json!("2024-02-29T10:00:00Z"))),
            (Kind::String, json!(5), Some(json!("5"))),
            (Kind::String, json!(["a"]), None),
            (Kind::String, json!("x".repeat(16 * 1024 + 1)), None),
            (Kind::Text, json!("x".repeat(16 * 1024 + 1)), Some(json!("x".repeat(16 * 1024 + 1)))),
        ] {
            assert_eq!(kind.coerce(&given), expected, "{kind:?} {given}");
        }
    }
}
