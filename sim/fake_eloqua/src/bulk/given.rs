//! The members of a definition as they came in: null is absent, booleans may be text, unknown ones are dropped.

use crate::bulk::Sort;
use crate::bulk::family::Family;
use crate::import::Action;
use crate::reply::Failure;
use crate::statement::{Place, Statement};
use crate::store::Store;
use crate::time;
use crate::value;
use serde_json::{Map, Value};
use std::time::Duration;

/// The longest that data is kept.
const FORTNIGHT: Duration = Duration::from_secs(14 * 86_400);
/// How many sync actions a definition may have.
const MOST_ACTIONS: usize = 10;

/// Members, what is wrong with them, and what is echoed of them.
pub(super) struct Given<'d> {
    members: &'d Map<String, Value>,
    pub(super) failures: Vec<Failure>,
    pub(super) echo: Map<String, Value>,
}

impl<'d> Given<'d> {
    pub(super) fn new(members: &'d Map<String, Value>) -> Self {
        Self { members, failures: Vec::new(), echo: Map::new() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'d Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn fail(&mut self, field: &str, value: Option<&str>, constraint: &str) {
        self.failures.push(Failure::new(field, value, constraint));
    }

    pub(super) fn echo(&mut self, field: &str, value: impl Into<Value>) {
        self.echo.insert(field.to_owned(), value.into());
    }

    pub(super) fn name(&mut self, field: &str, required: bool) -> Option<String> {
        let given = self.get(field);
        match given.and_then(Value::as_str) {
            Some(text) if (1..=100).contains(&text.chars().count()) => {
                self.echo(field, text);
                Some(text.to_owned())
            }
            text => {
                if required || given.is_some() {
                    let constraint =
                        "Must be a string value, at least 1 character and at most 100 characters long.";
                    self.fail(field, text, constraint);
                }
                None
            }
        }
    }

    pub(super) fn flag(&mut self, field: &str) -> Option<bool> {
        let flag = match self.get(field)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => value::flag(text),
            _ => None,
        };
        match flag {
            Some(flag) => self.echo(field, flag),
            None => self.fail(field, None, "Must be a boolean value."),
        }
        flag
    }

    pub(super) fn number(&mut self, field: &str) -> Option<u64> {
        let given = self.get(field)?;
        let number = given.as_u64().or_else(|| given.as_str()?.trim().parse().ok());
        match number {
            Some(number) => self.echo(field, number),
            None => self.fail(field, given.as_str(), "Must be an integer value."),
        }
        number
    }

    pub(super) fn word(&mut self, field: &str, known: &[&str]) -> Option<String> {
        let text = self.get(field)?.as_str();
        match text.filter(|text| known.iter().any(|word| word.eq_ignore_ascii_case(text))) {
            Some(text) => {
                self.echo(field, text);
                Some(text.to_owned())
            }
            None => {
                self.fail(field, text, &format!("Must be one of: {}.", known.join(", ")));
                None
            }
        }
    }

    fn duration(&mut self, field: &str, default: Option<&str>, most: Option<Duration>) {
        let Some(given) = self.get(field) else {
            if let Some(default) = default {
                self.echo(field, default);
            }
            return;
        };
        let text = given.as_str().unwrap_or_default();
        let fits = time::duration(text)
            .is_some_and(|span| span >= Duration::from_secs(3600) && most.is_none_or(|most| span <= most));
        if fits {
            self.echo(field, text);
        } else {
            let range = if most.is_some() { "between PT1H and P14D" } else { "of at least PT1H" };
            self.fail(field, Some(text), &format!("Must be a duration {range}."));
        }
    }

    /// How long data is kept.
    pub(super) fn retention(&mut self, sort: Sort) {
        let default = if sort == Sort::Export { "PT12H" } else { "P7D" };
        self.duration("dataRetentionDuration", Some(default), Some(FORTNIGHT));
    }

    /// When the definition deletes itself.
    pub(super) fn auto_delete(&mut self) {
        self.duration("autoDeleteDuration", None, None);
    }

    /// The entries of `fields`, each with its statement.
    pub(super) fn fields(
        &mut self,
        most: usize,
        read: impl Fn(&str) -> Option<Statement>,
        allowed: impl Fn(&Statement) -> bool,
    ) -> Vec<(String, Statement)> {
        let Some(Value::Object(entries)) = self.get("fields") else {
            self.fail("fields", None, "Must contain at least 1 field.");
            return Vec::new();
        };
        if entries.is_empty() || entries.len() > most {
            let constraint = format!("Must contain at least 1 and at most {most} fields.");
            self.fail("fields", Some(&entries.len().to_string()), &constraint);
            return Vec::new();
        }
        self.echo("fields", entries.clone());
        let mut columns = Vec::new();
        for (key, entry) in entries {
            let text = entry.as_str().unwrap_or_default();
            match read(text) {
                None => self.fail("fields", Some(text), "Must reference known statements."),
                Some(statement) if !allowed(&statement) => {
                    self.fail("fields", Some(text), "Must not reference read-only fields.");
                }
                Some(statement) => columns.push((key.clone(), statement)),
            }
        }
        columns
    }

    /// The sync actions of a family's definition.
    pub(super) fn actions(&mut self, family: Family, store: &Store) -> Vec<Action> {
        let Some(given) = self.get("syncActions") else { return Vec::new() };
        let list = given.as_array().map(Vec::as_slice).unwrap_or_default();
        if !given.is_array() || list.len() > MOST_ACTIONS {
            let constraint = format!("Must contain at most {MOST_ACTIONS} sync actions.");
            self.fail("syncActions", None, &constraint);
            return Vec::new();
        }
        self.echo("syncActions", given.clone());
        let mut actions = Vec::new();
        for item in list {
            match action(item, family, store) {
                Ok(action) => actions.push(action),
                Err(constraint) => {
                    let destination = item.get("destination").and_then(Value::as_str);
                    self.fail("syncActions", destination, constraint);
                }
            }
        }
        actions
    }
}

fn action(item: &Value, family: Family, store: &Store) -> Result<Action, &'static str> {
    const INVALID: &str = "Must be a valid sync action.";
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_ascii_lowercase);
    let destination = item.get("destination").and_then(Value::as_str).unwrap_or_default();
    let bare = destination.trim().trim_start_matches('{').to_ascii_lowercase();
    if bare.starts_with("actioninstance") || bare.starts_with("decisioninstance") {
        // No instance runs in a workflow here.
        return Err("Must reference service instance within a workflow");
    }
    let place = Place::read(destination).ok_or(INVALID)?;
    let on = match (text("action").as_deref(), text("status").as_deref()) {
        (Some("add"), _) | (Some("setstatus"), Some("subscribed")) => true,
        (Some("remove"), _) | (Some("setstatus"), Some("unsubscribed")) => false,
        _ => return Err(INVALID),
    };
    let sets = text("action").as_deref() == Some("setstatus");
    let fits = match (family, place) {
        (Family::Contacts, Place::ContactList(id)) => !sets && store.lists.contains_key(&id),
        (Family::Contacts, Place::EmailGroup(id)) => sets && store.groups.get(id).is_some(),
        (Family::Contacts, Place::GlobalSubscribe) => sets,
        (Family::Accounts, Place::AccountList(id)) => !sets && store.account_lists.contains_key(&id),
        (Family::EmailAddresses, Place::GlobalSubscribe) => sets && !on,
        _ => false,
    };
    if fits { Ok(Action { place, on }) } else { Err(INVALID) }
}
