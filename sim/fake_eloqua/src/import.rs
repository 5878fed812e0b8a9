//! What happens to rows: one algorithm for imports over the API and for files that Eloqua fetches itself.
//!
//! The steps, in order: count what was staged; note columns that the plan does not know; refuse bad
//! addresses and missing identifiers; keep one row of each identifier; match; decide between creating,
//! updating and refusing; apply the update rule to each field; write; do what the plan asks beyond fields;
//! log; weigh.

use crate::elq::{self, Severity};
use crate::field::{self, Field, Kind};
use crate::statement::{Place, Statement};
use crate::store::{AddressTaken, Contact, Store};
use crate::time;
use crate::value;
use standin_fake_kit::Knobs;
use standin_model::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// When a new value replaces a stored one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum UpdateRule {
    Always,
    IfNewIsNotNull,
    IfExistingIsNull,
    UseFieldRule,
}

impl UpdateRule {
    /// The words of definitions.
    pub(crate) const WORDS: [&'static str; 4] =
        ["always", "ifNewIsNotNull", "ifExistingIsNull", "useFieldRule"];

    /// From a word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let rules = [Self::Always, Self::IfNewIsNotNull, Self::IfExistingIsNull, Self::UseFieldRule];
        Self::WORDS.iter().position(|known| known.eq_ignore_ascii_case(word)).map(|at| rules[at])
    }
}

/// Which rows may create and which may update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ImportRule {
    CreateAndUpdate,
    UpdateOnly,
    CreateOnly,
}

impl ImportRule {
    /// The words of definitions.
    pub(crate) const WORDS: [&'static str; 3] = ["createAndUpdate", "updateOnly", "createOnly"];

    /// From a word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let rules = [Self::CreateAndUpdate, Self::UpdateOnly, Self::CreateOnly];
        Self::WORDS.iter().position(|known| known.eq_ignore_ascii_case(word)).map(|at| rules[at])
    }
}

/// Where a column goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A field, a flag of the address, or, as identifier only, an id.
    Statement(Statement),
    /// The subscription, by words of the job's own.
    Subscription { yes: String, no: String },
}

impl Target {
    fn field(&self) -> Option<&Arc<Field>> {
        match self {
            Self::Statement(Statement::Field(field)) => Some(field),
            _ => None,
        }
    }

    fn is_email(&self) -> bool {
        self.field().is_some_and(|field| field.id == field::EMAIL)
    }
}

/// A column of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    pub(crate) key: String,
    pub(crate) target: Target,
    pub(crate) rule: UpdateRule,
}

/// What is done with every accepted row beyond its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Action {
    pub(crate) place: Place,
    /// Add and subscribe, or remove and unsubscribe.
    pub(crate) on: bool,
}

/// An import whose names are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    pub(crate) columns: Vec<Column>,
    pub(crate) identifier: String,
    pub(crate) import_rule: ImportRule,
    pub(crate) multiple: bool,
    pub(crate) null_identifier: bool,
    pub(crate) actions: Vec<Action>,
    /// Whether dates with a fraction of a second are left out, as file uploads do.
    pub(crate) fractions_ignored: bool,
    /// Columns of the source that are known not to be wanted, and so are no cause for a warning.
    pub(crate) unmapped: BTreeSet<String>,
}

/// A staged row: its number from 1, and its values by key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) index: u64,
    pub(crate) values: BTreeMap<String, String>,
}

/// Why a row is refused: the code, and the keys that are to blame.
type Refusal = (u32, Vec<String>);

/// A row, or some of its values, that did not arrive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reject {
    pub(crate) index: u64,
    pub(crate) code: u32,
    pub(crate) fields: Vec<String>,
    pub(crate) values: Vec<(String, String)>,
}

/// An entry of a sync's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Log {
    pub(crate) code: u32,
    pub(crate) severity: Severity,
    pub(crate) count: u64,
    pub(crate) text: String,
}

impl Log {
    /// An entry with the code's own text and weight.
    pub(crate) fn new(code: u32, count: u64) -> Self {
        let known = elq::of(code);
        Self { code, severity: known.severity, count, text: known.text.to_owned() }
    }

    /// The same with the places in its text filled.
    pub(crate) fn with(mut self, place: &str, value: &str) -> Self {
        self.text = self.text.replace(&format!("{{{place}}}"), value);
        self
    }
}

/// What became of the rows: total = created + updated + unchanged + rejected + repeated + unmatched.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) total: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    /// Rows refused.
    pub(crate) rejected: Vec<Reject>,
    /// Rows dropped for another of the same identifier.
    pub(crate) repeated: Vec<Reject>,
    /// Rows that would have had to create and may not.
    pub(crate) unmatched: Vec<Reject>,
    /// Rows stored without some of their values.
    pub(crate) partial: Vec<Reject>,
    /// Keys outside the plan.
    pub(crate) unknown: BTreeSet<String>,
    /// Columns of the plan that no row had.
    pub(crate) absent: Vec<String>,
    /// What became of rows that were not refused, the first of them.
    pub(crate) fates: Vec<Fate>,
    actions: Vec<Log>,
}

/// How many fates an outcome keeps.
const FATES_KEPT: usize = 200;

/// What became of one row that was not refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fate {
    pub(crate) index: u64,
    pub(crate) contacts: Vec<u64>,
    pub(crate) verdict: &'static str,
}

/// What the sources leave open, as set by knobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Choices {
    missing_clears: bool,
    keep_first: bool,
    lowest_match: bool,
    in_use: u32,
    absent_warns: bool,
    unchanged_touches: bool,
}

impl Choices {
    /// Reads the knobs.
    pub(crate) fn of(knobs: &Knobs) -> Self {
        Self {
            missing_clears: knobs.text("eloqua.missing_key") == "clear",
            keep_first: knobs.text("eloqua.repeated_identifier") == "first",
            lowest_match: knobs.text("eloqua.multiple_matches") == "lowest_id",
            in_use: if knobs.text("eloqua.address_in_use") == "ELQ-00048" { 48 } else { 11 },
            absent_warns: knobs.text("eloqua.absent_column") == "warning",
            unchanged_touches: knobs.on("eloqua.unchanged_touches"),
        }
    }
}

/// Runs the whole algorithm.
pub(crate) fn run(store: &mut Store, now: Instant, plan: &Plan, rows: &[Row], choices: Choices) -> Outcome {
    let mut outcome = Outcome { total: rows.len() as u64, ..Outcome::default() };
    note_columns(plan, rows, &mut outcome);
    let fit: Vec<&Row> =
        rows.iter().filter(|row| keep(row, plan, check_row(plan, row), &mut outcome.rejected)).collect();
    let kept = one_each(plan, &fit, choices, &mut outcome);
    let index = index_of(store, plan);
    let mut touched = Vec::new();
    for row in kept {
        let (created, updated) = (outcome.created, outcome.updated);
        match place_row(store, now, plan, row, &index, choices, &mut outcome) {
            Ok(ids) => {
                if outcome.fates.len() < FATES_KEPT {
                    let verdict = match (outcome.created > created, outcome.updated > updated) {
                        (true, _) => "created",
                        (_, true) => "updated",
                        _ => "left unchanged",
                    };
                    outcome.fates.push(Fate { index: row.index, contacts: ids.clone(), verdict });
                }
                touched.extend(ids);
            }
            Err((34, _)) => outcome.unmatched.push(reject(plan, row, 34, Vec::new())),
            Err((code, fields)) => outcome.rejected.push(reject(plan, row, code, fields)),
        }
    }
    outcome.actions = act(store, now, plan, &touched);
    if choices.absent_warns {
        for key in &outcome.absent {
            let mut log = Log::new(121, 1).with("field", key).with("file", "");
            log.severity = Severity::Warning;
            outcome.actions.push(log);
        }
    }
    outcome
}

fn note_columns(plan: &Plan, rows: &[Row], outcome: &mut Outcome) {
    let known: BTreeSet<&str> = plan.columns.iter().map(|column| column.key.as_str()).collect();
    let mut seen = BTreeSet::new();
    for key in rows.iter().flat_map(|row| row.values.keys()) {
        if known.contains(key.as_str()) {
            seen.insert(key.as_str());
        } else if !plan.unmapped.contains(key) && !outcome.unknown.contains(key) {
            outcome.unknown.insert(key.clone());
        }
    }
    if !rows.is_empty() {
        outcome.absent =
            known.iter().filter(|key| !seen.contains(**key)).map(|key| (*key).to_owned()).collect();
    }
}

fn reject(plan: &Plan, row: &Row, code: u32, fields: Vec<String>) -> Reject {
    let value =
        |column: &Column| (column.key.clone(), row.values.get(&column.key).cloned().unwrap_or_default());
    Reject { index: row.index, code, fields, values: plan.columns.iter().map(value).collect() }
}

fn keep(row: &Row, plan: &Plan, check: Result<(), Refusal>, rejected: &mut Vec<Reject>) -> bool {
    match check {
        Ok(()) => true,
        Err((code, fields)) => {
            rejected.push(reject(plan, row, code, fields));
            false
        }
    }
}

fn email_key(plan: &Plan) -> Vec<String> {
    plan.columns.iter().filter(|column| column.target.is_email()).map(|column| column.key.clone()).collect()
}

fn identifier_key(plan: &Plan) -> Vec<String> {
    vec![plan.identifier.clone()]
}

fn cell<'r>(row: &'r Row, key: &str) -> &'r str {
    row.values.get(key).map(String::as_str).unwrap_or_default()
}

fn check_row(plan: &Plan, row: &Row) -> Result<(), Refusal> {
    for key in email_key(plan) {
        let address = cell(row, &key).trim_matches(' ');
        if !address.is_empty() && !value::is_address(address) {
            return Err((2, vec![key]));
        }
    }
    if cell(row, &plan.identifier).trim().is_empty() && !plan.null_identifier {
        return Err((61, identifier_key(plan)));
    }
    Ok(())
}

/// Keeps one row of each identifier. Blank identifiers are nobody's and so are never the same.
fn one_each<'r>(plan: &Plan, rows: &[&'r Row], choices: Choices, outcome: &mut Outcome) -> Vec<&'r Row> {
    let mut winner: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        let identifier = value::folded(cell(row, &plan.identifier));
        if choices.keep_first {
            winner.entry(identifier).or_insert(row.index);
        } else {
            winner.insert(identifier, row.index);
        }
    }
    let mut kept = Vec::new();
    for row in rows {
        let identifier = value::folded(cell(row, &plan.identifier));
        if identifier.is_empty() || winner.get(&identifier) == Some(&row.index) {
            kept.push(*row);
        } else {
            outcome.repeated.push(reject(plan, row, 26, identifier_key(plan)));
        }
    }
    kept
}

/// Contacts by the folded text of the identifier.
fn index_of(store: &Store, plan: &Plan) -> BTreeMap<String, Vec<u64>> {
    let mut index: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let Some(column) = plan.columns.iter().find(|column| column.key == plan.identifier) else {
        return index;
    };
    if column.target.is_email() {
        return index;
    }
    for contact in store.contacts.values() {
        let text = match &column.target {
            Target::Statement(Statement::Field(field)) => store.text(contact, field),
            Target::Statement(Statement::Id) => contact.id.to_string(),
            _ => continue,
        };
        let text = value::folded(&text);
        if !text.is_empty() {
            index.entry(text).or_default().push(contact.id);
        }
    }
    index
}

fn matches(store: &Store, plan: &Plan, row: &Row, index: &BTreeMap<String, Vec<u64>>) -> Vec<u64> {
    let identifier = value::folded(cell(row, &plan.identifier));
    if identifier.is_empty() {
        return Vec::new();
    }
    let by_email =
        plan.columns.iter().any(|column| column.key == plan.identifier && column.target.is_email());
    if by_email {
        return store.with_email(&identifier).into_iter().collect();
    }
    index.get(&identifier).cloned().unwrap_or_default()
}

fn place_row(
    store: &mut Store,
    now: Instant,
    plan: &Plan,
    row: &Row,
    index: &BTreeMap<String, Vec<u64>>,
    choices: Choices,
    outcome: &mut Outcome,
) -> Result<Vec<u64>, Refusal> {
    let mut ids = matches(store, plan, row, index);
    if ids.len() > 1 && !plan.multiple {
        if !choices.lowest_match {
            return Err((26, identifier_key(plan)));
        }
        ids.truncate(1);
    }
    if ids.is_empty() {
        return create(store, now, plan, row, choices, outcome).map(|id| vec![id]);
    }
    if plan.import_rule == ImportRule::CreateOnly {
        return Err((48, identifier_key(plan)));
    }
    update(store, now, plan, row, &ids, choices, outcome)?;
    Ok(ids)
}

fn create(
    store: &mut Store,
    now: Instant,
    plan: &Plan,
    row: &Row,
    choices: Choices,
    outcome: &mut Outcome,
) -> Result<u64, Refusal> {
    if plan.import_rule == ImportRule::UpdateOnly {
        return Err((34, Vec::new()));
    }
    let address = email_key(plan).first().map(|key| cell(row, key).trim()).unwrap_or_default();
    if address.is_empty() {
        return Err((61, email_key(plan)));
    }
    let mut bad = Vec::new();
    let changes = changes_of(store, plan, row, None, choices, &mut bad);
    let id = store.create(now, changes).map_err(|AddressTaken| (choices.in_use, email_key(plan)))?;
    set_flags(store, now, plan, row, id, &mut bad);
    outcome.created += 1;
    note_partial(plan, row, bad, outcome);
    Ok(id)
}

fn update(
    store: &mut Store,
    now: Instant,
    plan: &Plan,
    row: &Row,
    ids: &[u64],
    choices: Choices,
    outcome: &mut Outcome,
) -> Result<(), Refusal> {
    let mut bad = Vec::new();
    let mut changed = false;
    for id in ids {
        let Some(contact) = store.contacts.get(id).cloned() else { continue };
        let changes = changes_of(store, plan, row, Some(&contact), choices, &mut bad);
        let written = store.write(now, *id, &changes);
        let written = written.map_err(|AddressTaken| (choices.in_use, email_key(plan)))?;
        let flagged = set_flags(store, now, plan, row, *id, &mut bad);
        if !written && !flagged && choices.unchanged_touches {
            store.touch(now, *id);
        }
        changed |= written || flagged;
    }
    if changed {
        outcome.updated += 1;
    } else {
        outcome.unchanged += 1;
    }
    note_partial(plan, row, bad, outcome);
    Ok(())
}

fn note_partial(plan: &Plan, row: &Row, mut bad: Vec<String>, outcome: &mut Outcome) {
    bad.sort();
    bad.dedup();
    if !bad.is_empty() {
        outcome.partial.push(reject(plan, row, 40, bad));
    }
}

/// The values to write, by field. Keys whose value cannot be stored are added to `bad`.
fn changes_of(
    store: &Store,
    plan: &Plan,
    row: &Row,
    existing: Option<&Contact>,
    choices: Choices,
    bad: &mut Vec<String>,
) -> BTreeMap<u32, String> {
    let mut changes = BTreeMap::new();
    for column in &plan.columns {
        let Some(field) = column.target.field().filter(|field| !field.read_only) else { continue };
        let value = match row.values.get(&column.key) {
            Some(value) => value.as_str(),
            None if choices.missing_clears => "",
            None => continue,
        };
        let stored = existing.map(|contact| store.text(contact, field)).unwrap_or_default();
        if !replaces(column.rule, field, value, &stored, existing.is_none()) {
            continue;
        }
        match storable(field, value, existing, plan) {
            Some(value) => {
                changes.insert(field.id, value);
            }
            None => bad.push(column.key.clone()),
        }
    }
    changes
}

fn replaces(rule: UpdateRule, field: &Field, new: &str, stored: &str, creating: bool) -> bool {
    let blank = new.trim().is_empty();
    match rule {
        UpdateRule::Always => true,
        UpdateRule::IfNewIsNotNull => !blank,
        UpdateRule::IfExistingIsNull => stored.is_empty(),
        UpdateRule::UseFieldRule => match field.update_type.as_str() {
            "newNotBlank" => !blank,
            "existingBlank" => stored.is_empty(),
            "newEmailAddress" => creating,
            "never" => false,
            _ => true,
        },
    }
}

/// The value as it is stored, if the field can hold it. An address is never cleared, and not changed where
/// several contacts may match.
fn storable(field: &Field, value: &str, existing: Option<&Contact>, plan: &Plan) -> Option<String> {
    if field.id == field::EMAIL {
        let address = value.trim();
        let same = existing.is_some_and(|contact| value::folded(contact.email()) == value::folded(address));
        let fixed = existing.is_some() && (address.is_empty() || plan.multiple) && !same;
        return (!fixed).then(|| address.to_owned());
    }
    if value.trim().is_empty() && field.kind != Kind::Text && field.kind != Kind::LargeText {
        return Some(String::new());
    }
    if field.kind == Kind::Date && plan.fractions_ignored && time::has_fraction(value) {
        return None;
    }
    accepts(field, value).then(|| value.to_owned())
}

/// Whether a field can hold a value that is not blank.
pub(crate) fn accepts(field: &Field, value: &str) -> bool {
    match field.kind {
        Kind::Text if field.display_type == "multiSelect" => value.chars().count() <= 1000,
        Kind::Text => value.chars().count() <= 100,
        Kind::LargeText => value.chars().count() <= 32_000,
        Kind::Numeric => value::number(value).is_some(),
        Kind::Date => time::civil(value).is_some(),
        Kind::Email => value::is_address(value),
    }
}

/// Sets what belongs to the address or the contact rather than to a field.
fn set_flags(
    store: &mut Store,
    now: Instant,
    plan: &Plan,
    row: &Row,
    id: u64,
    bad: &mut Vec<String>,
) -> bool {
    let email = store.contacts.get(&id).map(|contact| contact.email().to_owned()).unwrap_or_default();
    let mut changed = false;
    for column in &plan.columns {
        let value = cell(row, &column.key).trim();
        if value.is_empty() {
            continue;
        }
        let wanted = match &column.target {
            Target::Subscription { yes, .. } if value::folded(yes) == value::folded(value) => Some(true),
            Target::Subscription { no, .. } if value::folded(no) == value::folded(value) => Some(false),
            Target::Subscription { .. } => None,
            Target::Statement(Statement::IsSubscribed | Statement::IsBounced) => value::flag(value),
            Target::Statement(Statement::Format) => {
                let format = value.to_lowercase();
                if ["unspecified", "text", "html"].contains(&format.as_str()) {
                    changed |= store.set_format(now, id, &format);
                } else {
                    bad.push(column.key.clone());
                }
                continue;
            }
            Target::Statement(_) => continue,
        };
        changed |= match (wanted, &column.target) {
            (None, _) => {
                bad.push(column.key.clone());
                false
            }
            (Some(flag), Target::Statement(Statement::IsBounced)) => store.set_bounced(now, &email, flag),
            (Some(flag), _) => store.set_subscribed(now, &email, flag),
        };
    }
    changed
}

/// Does the plan's actions for the contacts that accepted rows touched.
pub(crate) fn act(store: &mut Store, now: Instant, plan: &Plan, ids: &[u64]) -> Vec<Log> {
    let mut logs = Vec::new();
    for action in &plan.actions {
        let mut count = 0;
        for id in ids {
            let email = store.contacts.get(id).map(|contact| contact.email().to_owned()).unwrap_or_default();
            let done = match action.place {
                Place::GlobalSubscribe => store.set_subscribed(now, &email, action.on),
                Place::EmailGroup(group) => store.set_group(now, &email, group, action.on),
                Place::ContactList(list) => store.set_member(now, list, *id, action.on),
            };
            count += u64::from(done);
        }
        logs.push(action.log(count));
    }
    logs
}

impl Action {
    /// The entry that reports it.
    pub(crate) fn log(&self, count: u64) -> Log {
        match (self.place, self.on) {
            (Place::GlobalSubscribe, true) => Log::new(138, count),
            (Place::GlobalSubscribe, false) => Log::new(17, count),
            (Place::EmailGroup(id), true) => Log::new(115, count).with("groupId", &id.to_string()),
            (Place::EmailGroup(id), false) => Log::new(116, count).with("groupId", &id.to_string()),
            (Place::ContactList(id), true) => Log::new(119, count).with("listId", &id.to_string()),
            (Place::ContactList(id), false) => Log::new(118, count).with("listId", &id.to_string()),
        }
    }
}

impl Outcome {
    /// Rows that are no contact now: refused, repeated, unmatched; in the order of the rows.
    pub(crate) fn refused(&self) -> Vec<&Reject> {
        let mut all: Vec<&Reject> =
            self.rejected.iter().chain(&self.repeated).chain(&self.unmatched).collect();
        all.sort_by_key(|reject| reject.index);
        all
    }

    /// Rows that GET rejects lists: refused ones and those with refused values. Repeated and unmatched rows
    /// are only counted in the log.
    pub(crate) fn listed(&self) -> Vec<Reject> {
        let mut all: Vec<Reject> = self.rejected.iter().chain(&self.partial).cloned().collect();
        all.sort_by_key(|reject| reject.index);
        all
    }

    /// The log of a sync, without the entry that names its final state.
    pub(crate) fn logs(&self) -> Vec<Log> {
        let mut logs = vec![Log::new(130, self.total), Log::new(137, 0)];
        for key in &self.unknown {
            logs.push(Log::new(111, 1).with("field", key));
        }
        logs.push(Log::new(1, self.total));
        for code in [2, 11, 48, 61] {
            let count = self.rejected.iter().filter(|reject| reject.code == code).count() as u64;
            if count > 0 {
                logs.push(Log::new(code, count));
            }
        }
        let matches = self.rejected.iter().filter(|reject| reject.code == 26).count();
        let repeated = (self.repeated.len() + matches) as u64;
        if repeated > 0 {
            logs.push(Log::new(26, repeated));
        }
        logs.push(Log::new(3, self.total - self.repeated.len() as u64));
        logs.push(Log::new(4, self.created));
        logs.push(Log::new(22, self.updated + self.unchanged));
        for (code, rows) in
            [(34, &self.unmatched), (40, &self.partial), (60, &self.rejected), (144, &self.partial)]
        {
            if !rows.is_empty() {
                logs.push(Log::new(code, rows.len() as u64));
            }
        }
        logs.push(Log::new(71, 0));
        logs.extend(self.actions.iter().cloned());
        logs
    }
}

/// The final state that a log amounts to.
pub(crate) fn weigh(logs: &[Log]) -> &'static str {
    match logs.iter().map(|log| log.severity).max() {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        _ => "success",
    }
}

/// Sync actions by themselves: no row creates or changes a field.
pub(crate) fn run_actions(store: &mut Store, now: Instant, plan: &Plan, rows: &[Row]) -> Vec<Log> {
    let index = index_of(store, plan);
    let mut ids = Vec::new();
    let mut unmatched = 0;
    for row in rows {
        let found = matches(store, plan, row, &index);
        if found.is_empty() {
            unmatched += 1;
        }
        ids.extend(found);
    }
    let mut logs = act(store, now, plan, &ids);
    if unmatched > 0 {
        logs.push(Log::new(34, unmatched));
    }
    logs
}
