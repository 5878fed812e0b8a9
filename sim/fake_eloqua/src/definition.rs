//! Definitions of imports, exports and sync actions: what may stand in them, and what they mean.

use crate::bulk::{Family, Key, Sort};
use crate::export::ExportPlan;
use crate::field::Kind;
use crate::filter::Filter;
use crate::import::{Action, Column, ImportRule, Plan, Target, UpdateRule};
use crate::reply::Failure;
use crate::statement::{Place, Statement};
use crate::store::Store;
use crate::time::{self, Zone};
use crate::value;
use serde_json::{Map, Value};
use standin_model::Instant;
use std::collections::BTreeSet;
use std::time::Duration;

/// A stored definition: its members as they are echoed, and its dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Definition {
    pub(crate) key: Key,
    pub(crate) members: Map<String, Value>,
    pub(crate) created: Instant,
    pub(crate) updated: Instant,
}

impl Definition {
    /// The definition as answers carry it.
    pub(crate) fn view(&self, user: &str) -> Value {
        let mut out = self.members.clone();
        out.insert("uri".to_owned(), Value::from(self.key.uri()));
        out.insert("createdBy".to_owned(), Value::from(user));
        out.insert("createdAt".to_owned(), Value::from(time::bulk(self.created)));
        out.insert("updatedBy".to_owned(), Value::from(user));
        out.insert("updatedAt".to_owned(), Value::from(time::bulk(self.updated)));
        Value::Object(out)
    }

    /// How long data of this definition is kept.
    pub(crate) fn retention(&self) -> Duration {
        let text = self.members.get("dataRetentionDuration").and_then(Value::as_str);
        text.and_then(time::duration).unwrap_or(Duration::from_secs(12 * 3600))
    }

    /// After how long the definition deletes itself.
    pub(crate) fn auto_delete(&self) -> Option<Duration> {
        self.members.get("autoDeleteDuration").and_then(Value::as_str).and_then(time::duration)
    }

    /// What it says about starting a sync when data comes.
    pub(crate) fn triggers(&self) -> Option<bool> {
        self.members.get("isSyncTriggeredOnImport").and_then(Value::as_bool)
    }
}

/// What a definition means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    Import(Plan),
    Addresses(Plan),
    Actions(Plan),
    Export(ExportPlan),
}

/// Members as they came in: null is absent, booleans may be text.
struct Given<'d> {
    members: &'d Map<String, Value>,
    failures: Vec<Failure>,
    echo: Map<String, Value>,
}

impl<'d> Given<'d> {
    fn get(&self, name: &str) -> Option<&'d Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn fail(&mut self, field: &str, value: Option<&str>, constraint: &str) {
        self.failures.push(Failure::new(field, value, constraint));
    }

    fn name(&mut self, field: &str, required: bool) -> Option<String> {
        let given = self.get(field);
        match given.and_then(Value::as_str) {
            Some(text) if (1..=100).contains(&text.chars().count()) => {
                self.echo.insert(field.to_owned(), Value::from(text));
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

    fn flag(&mut self, field: &str) -> Option<bool> {
        let flag = match self.get(field)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => value::flag(text),
            _ => None,
        };
        match flag {
            Some(flag) => {
                self.echo.insert(field.to_owned(), Value::from(flag));
            }
            None => self.fail(field, None, "Must be a boolean value."),
        }
        flag
    }

    fn word(&mut self, field: &str, known: &[&str]) -> Option<String> {
        let text = self.get(field)?.as_str();
        match text.filter(|text| known.iter().any(|word| word.eq_ignore_ascii_case(text))) {
            Some(text) => {
                self.echo.insert(field.to_owned(), Value::from(text));
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
                self.echo.insert(field.to_owned(), Value::from(default));
            }
            return;
        };
        let text = given.as_str().unwrap_or_default();
        let fits = time::duration(text)
            .is_some_and(|span| span >= Duration::from_secs(3600) && most.is_none_or(|most| span <= most));
        if fits {
            self.echo.insert(field.to_owned(), Value::from(text));
        } else {
            let range = if most.is_some() { "between PT1H and P14D" } else { "of at least PT1H" };
            self.fail(field, Some(text), &format!("Must be a duration {range}."));
        }
    }

    /// The entries of `fields`, each with its statement.
    fn fields(
        &mut self,
        most: usize,
        read: impl Fn(&str) -> Option<Statement>,
        writable: bool,
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
        self.echo.insert("fields".to_owned(), Value::Object(entries.clone()));
        let mut columns = Vec::new();
        for (key, entry) in entries {
            let text = entry.as_str().unwrap_or_default();
            match read(text) {
                None => self.fail("fields", Some(text), "Must reference known statements."),
                Some(statement) if writable && !writes(&statement) => {
                    self.fail("fields", Some(text), "Must not reference read-only fields.");
                }
                Some(statement) => columns.push((key.clone(), statement)),
            }
        }
        columns
    }

    fn actions(&mut self, store: &Store, addresses: bool) -> Vec<Action> {
        let Some(given) = self.get("syncActions") else { return Vec::new() };
        let list = given.as_array().map(Vec::as_slice).unwrap_or_default();
        if !given.is_array() || list.len() > 10 {
            self.fail("syncActions", None, "Must contain at most 10 sync actions.");
            return Vec::new();
        }
        self.echo.insert("syncActions".to_owned(), given.clone());
        let mut actions = Vec::new();
        for item in list {
            match action(item, store)
                .filter(|action| !addresses || *action == Action { place: Place::GlobalSubscribe, on: false })
            {
                Some(action) => actions.push(action),
                None => {
                    let destination = item.get("destination").and_then(Value::as_str);
                    self.fail("syncActions", destination, "Must be a valid sync action.");
                }
            }
        }
        actions
    }
}

/// Ids are for matching only; everything else must be writable.
fn writes(statement: &Statement) -> bool {
    let external = matches!(statement, Statement::Field(field) if field.internal == "ContactIDExt");
    statement.writable() || *statement == Statement::Id || external
}

fn action(item: &Value, store: &Store) -> Option<Action> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_ascii_lowercase);
    let place = Place::read(item.get("destination")?.as_str()?)?;
    let on = match (place, text("action").as_deref(), text("status").as_deref()) {
        (Place::ContactList(id), Some("add"), _) if store.lists.contains_key(&id) => true,
        (Place::ContactList(id), Some("remove"), _) if store.lists.contains_key(&id) => false,
        (Place::EmailGroup(_) | Place::GlobalSubscribe, Some("setstatus"), Some("subscribed")) => true,
        (Place::EmailGroup(_) | Place::GlobalSubscribe, Some("setstatus"), Some("unsubscribed")) => false,
        _ => return None,
    };
    Some(Action { place, on })
}

/// Checks the members of a definition: what is echoed, and what it means.
pub(crate) fn read(
    key: Key,
    members: &Map<String, Value>,
    store: &Store,
) -> Result<(Map<String, Value>, Meaning), Vec<Failure>> {
    let mut given = Given { members, failures: Vec::new(), echo: Map::new() };
    given.name("name", true);
    let meaning = match (key.family, key.sort) {
        (Family::Contacts, Sort::Import) => import(&mut given, store).map(Meaning::Import),
        (Family::EmailAddresses, Sort::Import) => addresses(&mut given, store).map(Meaning::Addresses),
        (_, Sort::SyncAction) => sync_actions(&mut given, store).map(Meaning::Actions),
        (_, Sort::Export) => Some(Meaning::Export(export(&mut given, store))),
    };
    match meaning {
        Some(meaning) if given.failures.is_empty() => Ok((given.echo, meaning)),
        _ => Err(given.failures),
    }
}

const FORTNIGHT: Duration = Duration::from_secs(14 * 86_400);

fn import(given: &mut Given<'_>, store: &Store) -> Option<Plan> {
    let fields = given.fields(100, |text| Statement::read(text, store), true);
    let identifier = identifier_of(given, &fields);
    given.flag("isSyncTriggeredOnImport");
    given.duration("dataRetentionDuration", Some("P7D"), Some(FORTNIGHT));
    let multiple = given.flag("isUpdatingMultipleMatchedRecords");
    given.echo.insert("isUpdatingMultipleMatchedRecords".to_owned(), Value::from(multiple.unwrap_or(false)));
    let rule = given.word("updateRule", &UpdateRule::WORDS);
    let rule = rule.and_then(|word| UpdateRule::read(&word)).unwrap_or(UpdateRule::Always);
    let import_rule = given.word("importRule", &ImportRule::WORDS);
    let import_rule =
        import_rule.and_then(|word| ImportRule::read(&word)).unwrap_or(ImportRule::CreateAndUpdate);
    let null_identifier = given.flag("nullIdentifierFieldName").unwrap_or(false);
    given.duration("autoDeleteDuration", None, None);
    let actions = given.actions(store, false);
    let columns = columns_of(given, fields, rule);
    Some(Plan {
        columns,
        identifier: identifier?,
        import_rule,
        multiple: multiple.unwrap_or(false),
        null_identifier,
        actions,
        fractions_ignored: false,
        unmapped: BTreeSet::new(),
    })
}

fn columns_of(given: &mut Given<'_>, fields: Vec<(String, Statement)>, rule: UpdateRule) -> Vec<Column> {
    let by_field = given.get("updateRuleByField").and_then(Value::as_object);
    if let Some(by_field) = by_field {
        given.echo.insert("updateRuleByField".to_owned(), Value::Object(by_field.clone()));
        for (key, rule) in by_field {
            let known = rule.as_str().and_then(UpdateRule::read).is_some();
            if !known || !fields.iter().any(|(field, _)| field == key) {
                given.fail(
                    "updateRuleByField",
                    Some(key),
                    "Must name fields of the definition and known rules.",
                );
            }
        }
    }
    let own = |key: &str| by_field?.get(key)?.as_str().and_then(UpdateRule::read);
    let column = |(key, statement): (String, Statement)| Column {
        rule: own(&key).unwrap_or(rule),
        target: Target::Statement(statement),
        key,
    };
    fields.into_iter().map(column).collect()
}

/// The key of the identifier; without one, the column of the address stands in.
fn identifier_of(given: &mut Given<'_>, fields: &[(String, Statement)]) -> Option<String> {
    let is_email =
        |statement: &Statement| matches!(statement, Statement::Field(field) if field.kind == Kind::Email);
    if given.get("identifierFieldName").is_none() {
        let found = fields.iter().find(|(_, statement)| is_email(statement)).map(|(key, _)| key.clone());
        if found.is_none() {
            given.name("identifierFieldName", true);
        }
        return found;
    }
    let name = given.name("identifierFieldName", true)?;
    match fields.iter().find(|(key, _)| *key == name) {
        None => {
            given.fail("identifierFieldName", Some(&name), "Must be contained within Fields, if specified.");
            None
        }
        Some((_, Statement::Field(field))) if matches!(field.kind, Kind::Date | Kind::LargeText) => {
            given.fail("identifierFieldName", Some(&name), "Must not be a date or large text field.");
            None
        }
        Some((_, Statement::IsSubscribed | Statement::IsBounced | Statement::Format)) => {
            given.fail("identifierFieldName", Some(&name), "Must not be a boolean field.");
            None
        }
        Some(_) => Some(name),
    }
}

fn one_column(identifier: String, statement: Statement, actions: Vec<Action>) -> Plan {
    let column =
        Column { key: identifier.clone(), target: Target::Statement(statement), rule: UpdateRule::Always };
    Plan {
        columns: vec![column],
        identifier,
        import_rule: ImportRule::UpdateOnly,
        multiple: true,
        null_identifier: false,
        actions,
        fractions_ignored: false,
        unmapped: BTreeSet::new(),
    }
}

fn addresses(given: &mut Given<'_>, store: &Store) -> Option<Plan> {
    let fields = given.fields(1, |text| Statement::read_address(text, store), true);
    let name = given.name("identifierFieldName", false);
    given.flag("isSyncTriggeredOnImport");
    given.duration("dataRetentionDuration", Some("P7D"), Some(FORTNIGHT));
    given.duration("autoDeleteDuration", None, None);
    let actions = given.actions(store, true);
    let (key, statement) = fields.into_iter().next()?;
    if name.is_some_and(|name| name != key) {
        given.fail("identifierFieldName", None, "Must be contained within Fields, if specified.");
    }
    Some(one_column(key, statement, actions))
}

fn sync_actions(given: &mut Given<'_>, store: &Store) -> Option<Plan> {
    let fields = given.fields(1, |text| Statement::read(text, store), true);
    let name = given.name("identifierFieldName", true)?;
    given.flag("isSyncTriggeredOnImport");
    given.duration("dataRetentionDuration", Some("P7D"), Some(FORTNIGHT));
    given.duration("autoDeleteDuration", None, None);
    let actions = given.actions(store, false);
    let (key, statement) = fields.into_iter().next()?;
    let names = match &statement {
        Statement::Id => true,
        Statement::Field(field) => field.kind == Kind::Email || field.internal == "ContactIDExt",
        _ => false,
    };
    if !names {
        given.fail("fields", Some(&statement.text()), "Must reference the id or the address of a contact.");
    }
    if name != key {
        given.fail("identifierFieldName", Some(&name), "Must be contained within Fields, if specified.");
    }
    Some(one_column(key, statement, actions))
}

fn export(given: &mut Given<'_>, store: &Store) -> ExportPlan {
    let columns = given.fields(250, |text| Statement::read(text, store), false);
    let mut filter = None;
    if let Some(text) = given.get("filter") {
        match Filter::read(text.as_str().unwrap_or_default(), store) {
            Ok(read) => {
                filter = Some(read);
                given.echo.insert("filter".to_owned(), text.clone());
            }
            Err(why) => given.fail("filter", text.as_str(), &why),
        }
    }
    given.duration("dataRetentionDuration", Some("PT12H"), Some(FORTNIGHT));
    given.duration("autoDeleteDuration", None, None);
    let utc = given.flag("areSystemTimestampsInUTC");
    given.echo.insert("areSystemTimestampsInUTC".to_owned(), Value::from(utc.unwrap_or(false)));
    let mut most = None;
    if let Some(records) = given.get("maxRecords") {
        most = records.as_u64().or_else(|| records.as_str()?.parse().ok());
        match most {
            Some(most) => {
                given.echo.insert("maxRecords".to_owned(), Value::from(most));
            }
            None => given.fail("maxRecords", None, "Must be an integer value."),
        }
    }
    let zone = if utc == Some(true) { Zone::Utc } else { Zone::Eastern };
    ExportPlan { columns, filter, zone, most }
}
