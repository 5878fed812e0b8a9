//! Rows that become contacts.

use crate::field::{self, Field, Kind};
use crate::import::view::RowView;
use crate::import::{Codes, Ground, Index, Log, Plan, Refusal, Target, UpdateRule, Work};
use crate::statement::{Own, Place, Statement};
use crate::store::{AddressTaken, Contact, FORMATS, Store};
use crate::time;
use crate::value;
use crate::values::Values;
use indexmap::IndexMap;
use standin_model::mutant::mutated;
use std::borrow::Cow;
use std::sync::Arc;

/// The contacts of a store.
pub(crate) struct Contacts<'s> {
    store: &'s mut Store,
    /// What fields of new contacts hold unless a row says otherwise.
    defaults: Vec<(u32, String)>,
}

impl<'s> Contacts<'s> {
    pub(crate) fn new(store: &'s mut Store) -> Self {
        let defaults = store.defaults();
        Self { store, defaults }
    }
}

/// Values to write, in ascending order of field; blank ones clear.
type Changes<'r> = Vec<(u32, Cow<'r, str>)>;

impl Ground for Contacts<'_> {
    fn codes(&self) -> Codes {
        Codes::CONTACTS
    }

    fn index(&self, target: &Target, wanted: &IndexMap<Cow<'_, str>, u64>) -> Index {
        let store = &*self.store;
        let statement = match target {
            Target::Statement(Statement::Field(field)) if field.id == field::EMAIL => return Index::Direct,
            Target::Statement(statement @ (Statement::Field(_) | Statement::Id)) => statement,
            _ => return Index::Map(IndexMap::new()),
        };
        let mut index: IndexMap<String, Vec<u64>> = IndexMap::new();
        if *statement == Statement::Id {
            let known = |text: &str| text.parse().ok().filter(|id| store.contacts.contains_key(id));
            for text in wanted.keys() {
                index.extend(known(text).map(|id| (text.to_string(), vec![id])));
            }
            return Index::Map(index);
        }
        let Statement::Field(field) = statement else { return Index::Map(index) };
        // Any field may be the identifier. One walk over all contacts costs less than an index of every field
        // that each write has to keep.
        for contact in store.contacts.values() {
            let text = store.cell(contact, field);
            let text = value::fold(&text);
            if !text.is_empty() && wanted.contains_key(&text) {
                index.entry(text.into_owned()).or_default().push(contact.id);
            }
        }
        Index::Map(index)
    }

    fn direct(&self, identifier: &str) -> Vec<u64> {
        self.store.with_email(identifier).into_iter().collect()
    }

    fn create(&mut self, work: &Work<'_>, row: RowView<'_>, bad: &mut Vec<String>) -> Result<u64, Refusal> {
        let mut changes = changes_of(self.store, work, row, None, bad);
        changes.retain(|(_, text)| !text.is_empty());
        // Of several columns of the address the last one counts.
        let addressed = changes.iter().any(|(field, _)| *field == field::EMAIL);
        let may = work.choices.without_email || mutated("eloqua.import.makes-contacts-without-address");
        if !addressed && !may {
            return Err((61, row.email_keys()));
        }
        for (field, default) in &self.defaults {
            if let Err(at) = changes.binary_search_by_key(field, |(id, _)| *id) {
                changes.insert(at, (*field, Cow::Borrowed(default)));
            }
        }
        let made = self.store.insert(work.now, Values::of(changes));
        let id = made.map_err(|AddressTaken| (work.choices.in_use, row.email_keys()))?;
        set_flags(self.store, work, row, id, bad);
        Ok(id)
    }

    fn update(
        &mut self,
        work: &Work<'_>,
        row: RowView<'_>,
        id: u64,
        bad: &mut Vec<String>,
    ) -> Result<bool, Refusal> {
        let Some(contact) = self.store.contacts.get(&id).cloned() else { return Ok(false) };
        let changes = changes_of(self.store, work, row, Some(&contact), bad);
        let written = self.store.rewrite(work.now, &contact, contact.values.merged(&changes));
        let written = written.map_err(|AddressTaken| (work.choices.in_use, row.email_keys()))?;
        let flagged = set_flags(self.store, work, row, id, bad);
        if !written && !flagged && work.choices.unchanged_touches {
            self.store.touch(work.now, id);
        }
        Ok(written || flagged)
    }

    fn link(&mut self, _work: &Work<'_>, _row: RowView<'_>, _id: u64) -> bool {
        false
    }

    fn act(&mut self, work: &Work<'_>, ids: &[u64]) -> Vec<Log> {
        act(self.store, work, ids)
    }
}

/// The values to write. Keys whose value cannot be stored are added to `bad`; of two columns of one field the
/// later counts.
fn changes_of<'r>(
    store: &Store,
    work: &Work<'_>,
    row: RowView<'r>,
    existing: Option<&Arc<Contact>>,
    bad: &mut Vec<String>,
) -> Changes<'r> {
    let mut changes: Changes<'r> = Vec::with_capacity(work.plan.columns.len());
    for (at, column) in work.plan.columns.iter().enumerate() {
        let company = match &column.target {
            Target::Statement(Statement::Account(Own::Field(_))) => store.fields.get(field::COMPANY),
            _ => None,
        };
        let Some(field) = company.or(column.target.field()).filter(|field| !field.read_only) else {
            continue;
        };
        let value = match row.get(at) {
            Some(value) => value,
            None if work.choices.missing_clears => "",
            None => continue,
        };
        if field.id == field::EMAIL && existing.is_some() && mutated("eloqua.import.keeps-old-address") {
            continue;
        }
        let blank = value::trimmed(value).is_empty() && !mutated("eloqua.import.blank-clears-address");
        if field.id == field::EMAIL && existing.is_some() && blank {
            // Another identifier found the contact, whose address is never cleared.
            continue;
        }
        let stored = || existing.map(|contact| store.cell(contact, field)).unwrap_or_default();
        if !replaces(column.rule, field, value, stored, existing.is_none()) {
            continue;
        }
        let Some(value) = storable(field, value, existing, work) else {
            bad.push(column.key.clone());
            continue;
        };
        match changes.binary_search_by_key(&field.id, |(id, _)| *id) {
            Ok(at) => changes[at].1 = value.into(),
            Err(at) => changes.insert(at, (field.id, value.into())),
        }
    }
    changes
}

/// Whether an update rule lets a new value in.
pub(super) fn replaces<'c>(
    rule: UpdateRule,
    field: &Field,
    new: &str,
    stored: impl FnOnce() -> Cow<'c, str>,
    creating: bool,
) -> bool {
    let blank = new.trim().is_empty();
    match rule {
        UpdateRule::Always => true,
        UpdateRule::IfNewIsNotNull => !blank || mutated("eloqua.import.blank-erases"),
        UpdateRule::IfExistingIsNull => stored().is_empty() || mutated("eloqua.import.fills-over"),
        UpdateRule::UseFieldRule if mutated("eloqua.import.field-rule-ignored") => true,
        UpdateRule::UseFieldRule => match field.update_type.as_str() {
            "newNotBlank" => !blank,
            "existingBlank" => stored().is_empty(),
            "newEmailAddress" => creating,
            "never" => false,
            _ => true,
        },
    }
}

/// The value as it is stored, if the field can hold it. An address is not changed where several contacts may
/// match.
fn storable<'r>(
    field: &Field,
    value: &'r str,
    existing: Option<&Arc<Contact>>,
    work: &Work<'_>,
) -> Option<&'r str> {
    if field.id == field::EMAIL {
        let address = value::trimmed(value);
        let same = existing.is_some_and(|contact| value::fold(contact.email()) == value::fold(address));
        let fixed = existing.is_some() && work.plan.multiple && !same;
        return (!fixed).then_some(address);
    }
    plain(field, value, work.plan)
}

/// The same for a field that is no address of a contact.
pub(super) fn plain<'r>(field: &Field, value: &'r str, plan: &Plan) -> Option<&'r str> {
    if value.trim().is_empty() && field.kind != Kind::Text && field.kind != Kind::LargeText {
        return Some("");
    }
    if field.kind == Kind::Date && plan.fractions_ignored && time::has_fraction(value) {
        return None;
    }
    accepts(field, value).then_some(value)
}

/// Whether a field can hold a value that is not blank.
pub(crate) fn accepts(field: &Field, value: &str) -> bool {
    match field.kind {
        Kind::Text if field.display_type == "multiSelect" => short(value, 1000),
        Kind::Text => short(value, 100),
        Kind::LargeText => short(value, 32_000),
        Kind::Numeric => value::number(value).is_some(),
        Kind::Date => time::civil(value).is_some(),
        Kind::Email => value::is_address(value),
    }
}

fn short(value: &str, most: usize) -> bool {
    value.len() <= most || value.chars().count() <= most
}

/// Sets what belongs to the address or the contact rather than to a field.
fn set_flags(store: &mut Store, work: &Work<'_>, row: RowView<'_>, id: u64, bad: &mut Vec<String>) -> bool {
    let is_flag = |target: &Target| match target {
        Target::Subscription { .. } => true,
        Target::Statement(Statement::IsSubscribed | Statement::IsBounced | Statement::Format) => true,
        Target::Statement(_) => false,
    };
    if !work.plan.columns.iter().any(|column| is_flag(&column.target)) {
        return false;
    }
    let email = store.contacts.get(&id).map(|contact| contact.email().to_owned()).unwrap_or_default();
    let mut changed = false;
    for (at, column) in work.plan.columns.iter().enumerate() {
        let value = row.cell(at).trim();
        if value.is_empty() || !is_flag(&column.target) {
            continue;
        }
        let done = match &column.target {
            Target::Subscription { yes, .. } if value::folded(yes) == value::folded(value) => {
                Some(store.set_subscribed(work.now, &email, true))
            }
            Target::Subscription { no, .. } if value::folded(no) == value::folded(value) => {
                Some(store.set_subscribed(work.now, &email, false))
            }
            Target::Statement(Statement::IsSubscribed) => {
                value::flag(value).map(|flag| store.set_subscribed(work.now, &email, flag))
            }
            Target::Statement(Statement::IsBounced) => {
                value::flag(value).map(|flag| store.set_bounced(work.now, &email, flag))
            }
            Target::Statement(Statement::Format) => {
                let format = value.to_lowercase();
                FORMATS.contains(&format.as_str()).then(|| store.set_format(work.now, id, &format))
            }
            _ => None,
        };
        match done {
            Some(done) => changed |= done,
            None => bad.push(column.key.clone()),
        }
    }
    changed
}

/// Does the plan's actions for the contacts that accepted rows touched.
fn act(store: &mut Store, work: &Work<'_>, ids: &[u64]) -> Vec<Log> {
    let mut logs = Vec::new();
    for action in &work.plan.actions {
        let mut count = 0;
        for id in ids {
            let email = store.contacts.get(id).map(|contact| contact.email().to_owned()).unwrap_or_default();
            let done = match action.place {
                Place::GlobalSubscribe => store.set_subscribed(work.now, &email, action.on),
                Place::EmailGroup(group) => store.set_group(work.now, &email, group, action.on),
                Place::ContactList(list) => store.set_member(work.now, list, *id, action.on),
                _ => false,
            };
            count += u64::from(done);
        }
        logs.push(action.log(count));
    }
    logs
}
