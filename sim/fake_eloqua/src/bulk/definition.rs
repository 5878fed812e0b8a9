//! Definitions of imports, exports and sync actions: what may stand in them, and what they mean.

use crate::bulk::family::Family;
use crate::bulk::given::Given;
use crate::bulk::{Key, Sort};
use crate::export::ExportPlan;
use crate::filter::Filter;
use crate::import::{Action, Card, Column, ImportRule, Plan, Target, UpdateRule};
use crate::reply::Failure;
use crate::statement::{Own, Statement};
use crate::store::Store;
use crate::time::{self, Zone};
use serde_json::{Map, Value};
use standin_model::Instant;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many fields an import may have.
const MOST_IMPORTED: usize = 100;
/// How many fields of contacts an export of activities may have.
const MOST_OF_CONTACTS: usize = 10;

/// A stored definition: its members as they are echoed, and its dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Definition {
    pub(crate) key: Key,
    pub(crate) members: Map<String, Value>,
    pub(crate) created: Instant,
    /// The login name of whoever stored it first.
    pub(crate) created_by: String,
    pub(crate) updated: Instant,
    pub(crate) updated_by: String,
}

impl Definition {
    /// The definition as answers carry it.
    pub(crate) fn view(&self) -> Value {
        let mut out = self.members.clone();
        out.insert("uri".to_owned(), Value::from(self.key.uri()));
        out.insert("createdBy".to_owned(), Value::from(self.created_by.clone()));
        out.insert("createdAt".to_owned(), Value::from(time::bulk(self.created)));
        out.insert("updatedBy".to_owned(), Value::from(self.updated_by.clone()));
        out.insert("updatedAt".to_owned(), Value::from(time::bulk(self.updated)));
        Value::Object(out)
    }

    /// Whether it names this contact field, however it writes it.
    pub(crate) fn uses(&self, field: u32, store: &Store) -> bool {
        let Ok((_, meaning)) = read(self.key, &self.members, store) else { return false };
        match meaning {
            Meaning::Import(plan) | Meaning::Addresses(plan) | Meaning::Actions(plan) => {
                let written =
                    |column: &Column| matches!(&column.target, Target::Statement(it) if it.uses(field));
                plan.columns.iter().any(written) || plan.card.is_some_and(|card| card.entity.uses(field))
            }
            Meaning::Export(plan, _) => {
                plan.columns.iter().any(|(_, statement)| statement.uses(field))
                    || plan.filter.is_some_and(|filter| filter.uses(field))
            }
        }
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
    Export(ExportPlan, Vec<Action>),
}

/// Checks the members of a definition: what is echoed, and what it means.
pub(crate) fn read(
    key: Key,
    members: &Map<String, Value>,
    store: &Store,
) -> Result<(Map<String, Value>, Meaning), Vec<Failure>> {
    let mut given = Given::new(members);
    given.name("name", true);
    let meaning = match (key.family, key.sort) {
        (Family::EmailAddresses, _) => addresses(&mut given, store).map(Meaning::Addresses),
        (family, Sort::Import) => import(&mut given, family, store).map(Meaning::Import),
        (family, Sort::SyncAction) => sync_actions(&mut given, family, store).map(Meaning::Actions),
        (family, Sort::Export) => Some(export(&mut given, family, store)),
    };
    match meaning {
        Some(meaning) if given.failures.is_empty() => Ok((given.echo, meaning)),
        _ => Err(given.failures),
    }
}

fn statement(text: &str, family: Family, store: &Store) -> Option<Statement> {
    match family.owner() {
        None => Statement::read(text, store),
        Some(owner) => Statement::read_record(text, owner, store),
    }
}

/// Ids are for matching only; everything else must be writable, or link to a contact.
fn writes(statement: &Statement) -> bool {
    let external = match statement {
        Statement::Field(field) => field.internal == "ContactIDExt",
        Statement::Record(_, Own::Field(field)) => field.internal == "CompanyIDExt",
        Statement::Record(_, own) => matches!(own, Own::Id | Own::ExternalId),
        Statement::Linked(_, linked) => linked.identifies(),
        _ => false,
    };
    statement.writable() || *statement == Statement::Id || external
}

fn import(given: &mut Given<'_>, family: Family, store: &Store) -> Option<Plan> {
    let fields = given.fields(MOST_IMPORTED, |text| statement(text, family, store), writes);
    let identifier = identifier_of(given, family, &fields);
    given.flag("isSyncTriggeredOnImport");
    given.retention(Sort::Import);
    let multiple = given.flag("isUpdatingMultipleMatchedRecords").unwrap_or(false);
    given.echo("isUpdatingMultipleMatchedRecords", multiple);
    let rule = given.word("updateRule", &UpdateRule::WORDS);
    let rule = rule.and_then(|word| UpdateRule::read(&word)).unwrap_or(UpdateRule::Always);
    let import_rule = given.word("importRule", &ImportRule::WORDS);
    let import_rule =
        import_rule.and_then(|word| ImportRule::read(&word)).unwrap_or(ImportRule::CreateAndUpdate);
    let null_identifier = given.flag("nullIdentifierFieldName").unwrap_or(false);
    given.auto_delete();
    priority(given);
    given.number("externalSystemId");
    let actions = given.actions(family, store);
    let card = card(given, family, &fields, store);
    let columns = columns_of(given, fields, rule);
    let identifier = identifier?;
    Some(Plan {
        columns,
        // Custom object records without an identifier are always new.
        null_identifier: null_identifier || identifier.is_empty(),
        identifier,
        import_rule,
        multiple,
        actions,
        fractions_ignored: false,
        unmapped: BTreeSet::new(),
        card,
    })
}

/// Which imports go first.
pub(super) const PRIORITIES: [(u64, &str); 3] = [(1, "High"), (2, "Medium"), (3, "Low")];

fn priority(given: &mut Given<'_>) {
    let Some(uri) = given.get("importPriorityUri") else { return };
    let text = uri.as_str().unwrap_or_default();
    if PRIORITIES.iter().any(|(id, _)| text.eq_ignore_ascii_case(&format!("/imports/priorities/{id}"))) {
        given.echo("importPriorityUri", text);
    } else {
        given.fail("importPriorityUri", uri.as_str(), "Must reference an existing import priority.");
    }
}

fn card(
    given: &mut Given<'_>,
    family: Family,
    fields: &[(String, Statement)],
    store: &Store,
) -> Option<Card> {
    if !matches!(family, Family::CustomObject(_)) {
        return None;
    }
    let wanted = given.flag("mapDataCards").unwrap_or(false);
    let source = given.name("mapDataCardsSourceField", wanted);
    let case_sensitive = given.flag("mapDataCardsCaseSensitiveMatch").unwrap_or(false);
    let to = given.word("mapDataCardsEntityType", &["Contact", "Company"]);
    let entity = given.get("mapDataCardsEntityField").and_then(Value::as_str).map(str::to_owned);
    if let Some(entity) = &entity {
        given.echo("mapDataCardsEntityField", entity.as_str());
    }
    if !wanted {
        return None;
    }
    if to.as_deref().is_some_and(|to| to.eq_ignore_ascii_case("company")) {
        given.fail("mapDataCardsEntityType", to.as_deref(), "Must be Contact.");
        return None;
    }
    let read = entity.as_deref().and_then(|text| Statement::read(text, store)).filter(Statement::identifies);
    if read.is_none() {
        given.fail("mapDataCardsEntityField", entity.as_deref(), "Must reference known statements.");
    }
    let source = source?;
    if !fields.iter().any(|(key, _)| *key == source) {
        given.fail(
            "mapDataCardsSourceField",
            Some(&source),
            "Must be contained within Fields, if specified.",
        );
    }
    Some(Card { source, entity: read?, case_sensitive })
}

fn columns_of(given: &mut Given<'_>, fields: Vec<(String, Statement)>, rule: UpdateRule) -> Vec<Column> {
    let by_field = given.get("updateRuleByField").and_then(Value::as_object);
    if let Some(by_field) = by_field {
        given.echo("updateRuleByField", by_field.clone());
        for (key, rule) in by_field {
            let known = rule.as_str().and_then(UpdateRule::read).is_some();
            if !known || !fields.iter().any(|(field, _)| field == key) {
                let constraint = "Must name fields of the definition and known rules.";
                given.fail("updateRuleByField", Some(key), constraint);
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

/// The key of the identifier. Without one, the column of the family's own stands in; records of custom
/// objects can do without.
fn identifier_of(given: &mut Given<'_>, family: Family, fields: &[(String, Statement)]) -> Option<String> {
    if given.get("identifierFieldName").is_none() {
        let Some(internal) = family.doc().identifier else { return Some(String::new()) };
        let is_own =
            |statement: &Statement| statement.field().is_some_and(|field| field.internal == internal);
        let found = fields.iter().find(|(_, statement)| is_own(statement)).map(|(key, _)| key.clone());
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
        Some((_, statement)) if !statement.identifies() => {
            let constraint = "Must not be a date, boolean or large text field.";
            given.fail("identifierFieldName", Some(&name), constraint);
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
        card: None,
    }
}

fn addresses(given: &mut Given<'_>, store: &Store) -> Option<Plan> {
    let fields = given.fields(1, |text| Statement::read_address(text, store), |_| true);
    let name = given.name("identifierFieldName", false);
    given.flag("isSyncTriggeredOnImport");
    given.retention(Sort::Import);
    given.auto_delete();
    let actions = given.actions(Family::EmailAddresses, store);
    let (key, statement) = fields.into_iter().next()?;
    if name.is_some_and(|name| name != key) {
        given.fail("identifierFieldName", None, "Must be contained within Fields, if specified.");
    }
    Some(one_column(key, statement, actions))
}

fn sync_actions(given: &mut Given<'_>, family: Family, store: &Store) -> Option<Plan> {
    let fields = given.fields(1, |text| statement(text, family, store), writes);
    let name = given.name("identifierFieldName", true)?;
    given.flag("isSyncTriggeredOnImport");
    given.retention(Sort::SyncAction);
    given.auto_delete();
    let actions = given.actions(family, store);
    let (key, statement) = fields.into_iter().next()?;
    let names = match &statement {
        Statement::Id | Statement::Record(_, Own::Id) => true,
        Statement::Field(field) | Statement::Record(_, Own::Field(field)) => {
            ["C_EmailAddress", "ContactIDExt", "M_CompanyName", "CompanyIDExt"]
                .contains(&field.internal.as_str())
        }
        _ => false,
    };
    if !names {
        let constraint = "Must reference the id or the address of a contact.";
        given.fail("fields", Some(&statement.text(store)), constraint);
    }
    if name != key {
        given.fail("identifierFieldName", Some(&name), "Must be contained within Fields, if specified.");
    }
    Some(one_column(key, statement, actions))
}

fn export(given: &mut Given<'_>, family: Family, store: &Store) -> Meaning {
    let columns = given.fields(family.doc().exported, |text| statement(text, family, store), |_| true);
    let of_contacts = columns.iter().filter(|(_, column)| matches!(column, Statement::Linked(..))).count();
    if family == Family::Activities && of_contacts > MOST_OF_CONTACTS {
        let constraint = format!("Must contain at most {MOST_OF_CONTACTS} fields of contacts.");
        given.fail("fields", Some(&of_contacts.to_string()), &constraint);
    }
    let mut filter = None;
    match given.get("filter") {
        Some(text) => match Filter::read_in(text.as_str().unwrap_or_default(), family.scope(), store) {
            Ok(read) => {
                filter = Some(read);
                given.echo("filter", text.clone());
            }
            Err(why) => given.fail("filter", text.as_str(), &why),
        },
        None if family == Family::Activities => {
            given.fail("filter", None, "Must contain a criterion on {{Activity.Type}}.");
        }
        None => {}
    }
    given.retention(Sort::Export);
    given.auto_delete();
    let utc = given.flag("areSystemTimestampsInUTC").unwrap_or(false);
    given.echo("areSystemTimestampsInUTC", utc);
    let most = given.number("maxRecords");
    given.number("externalSystemId");
    let actions = given.actions(family, store);
    let zone = if utc { Zone::Utc } else { Zone::Eastern };
    Meaning::Export(ExportPlan { columns, filter, zone, most }, actions)
}
