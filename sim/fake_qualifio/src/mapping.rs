//! Mapping variables: account-wide names under which forms keep answers and consents.

use crate::campaign::{is_mapped, technical_name};
use crate::manager::{Call, json_reply};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::statistics::COLUMNS;
use crate::turn::Turn;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_fake_kit::{Part, Section, SeedError, Shape};

/// What a mapping variable may have.
pub(crate) const VARIABLE: Shape = &[Part::Plain(&["label", "name", "type"])];

/// The most mapping variables of one account.
const MOST: usize = 1000;

/// What a variable keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// What somebody wrote or chose.
    Answer,
    /// A consent.
    Optin,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Answer => "Answer",
            Self::Optin => "Opt-in",
        }
    }
}

#[derive(Clone, Debug)]
struct Variable {
    label: String,
    kind: Kind,
}

/// The mapping variables of one account, by technical name.
#[derive(Clone, Debug, Default)]
pub struct Mapping(OrdMap<String, Variable>);

impl Mapping {
    /// Whether a form may use `variable` for this; tells its display label. A name that the account has not
    /// declared is a custom variable of the old kind and may be used for anything.
    pub fn check(&self, at: &Section<'_>, variable: &str, kind: Kind) -> Result<Option<&str>, SeedError> {
        match self.0.get(variable) {
            Some(known) if known.kind != kind => {
                Err(at.wrong(format!("the mapping variable `{variable}` keeps an {}", known.kind.name())))
            }
            known => Ok(known.map(|known| known.label.as_str())),
        }
    }

    /// Adds one out of a mapping.
    pub fn add(&mut self, section: &Section<'_>) -> Result<String, Problem> {
        section.shaped(VARIABLE)?;
        let name = technical_name(&section.need("name")?)?;
        let kind = read_kind(&section.need("type")?)?;
        let label = section.text_of("label")?.unwrap_or(&name).trim();
        if label.is_empty() || label.chars().count() > 100 {
            return Err(Problem::InvalidField { field: "label", why: "has 1 to 100 characters" });
        }
        if is_mapped(&name) || COLUMNS.contains(&name.as_str()) || self.0.contains_key(&name) {
            return Err(Problem::DuplicateVariable(name));
        }
        if self.0.len() >= MOST {
            return Err(Problem::Full("1000 mapping variables"));
        }
        self.0.insert(name.clone(), Variable { label: label.to_owned(), kind });
        Ok(name)
    }

    fn to_json(&self, name: &str) -> Value {
        self.0.get(name).map_or(
            Value::Null,
            |known| json!({"label": known.label, "name": name, "type": known.kind.name()}),
        )
    }
}

fn read_kind(section: &Section<'_>) -> Result<Kind, SeedError> {
    Ok(match section.word(&["Answer", "Opt-in"])? {
        "Answer" => Kind::Answer,
        _ => Kind::Optin,
    })
}

pub(crate) fn list(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let mapping = &qualifio.mapping;
    let all: Value = mapping.0.keys().map(|name| mapping.to_json(name)).collect();
    Ok(json_reply(200, &json!({"variables": all})))
}

pub(crate) fn create(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let name = qualifio.mapping.add(&Section::root(&call.body))?;
    Ok(json_reply(201, &qualifio.mapping.to_json(&name)))
}

/// The label may be written anew. Type and technical name stay what they are: answers are kept under them.
pub(crate) fn change(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let section = Section::root(&call.body);
    section.shaped(VARIABLE)?;
    let known = qualifio.mapping.0.get(call.id).cloned();
    let known = known.ok_or_else(|| Problem::NotFound(format!("mapping variable `{}`", call.id)))?;
    if section.get("type").map(|kind| read_kind(&kind)).transpose()?.is_some_and(|kind| kind != known.kind) {
        return Err(Problem::InvalidField { field: "type", why: "cannot be changed" });
    }
    if section.text_of("name")?.is_some_and(|name| name != call.id) {
        return Err(Problem::InvalidField { field: "name", why: "cannot be changed" });
    }
    let label = section.text_of("label")?.unwrap_or(&known.label).trim().to_owned();
    if label.is_empty() || label.chars().count() > 100 {
        return Err(Problem::InvalidField { field: "label", why: "has 1 to 100 characters" });
    }
    qualifio.mapping.0.insert(call.id.to_owned(), Variable { label, ..known });
    Ok(json_reply(200, &qualifio.mapping.to_json(call.id)))
}
