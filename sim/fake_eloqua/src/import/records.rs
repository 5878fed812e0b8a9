//! Rows that become accounts or custom object records.

use crate::field;
use crate::import::contacts::{plain, replaces};
use crate::import::view::RowView;
use crate::import::{Codes, Column, Ground, Index, Log, Refusal, Target, Work};
use crate::records::{COMPANY_NAME, Owner, Table};
use crate::statement::{Own, Place, Statement, Subject};
use crate::store::{Contact, Store};
use crate::time::Zone;
use crate::value;
use crate::values::Values;
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The records of an owner.
pub(crate) struct RecordsOf<'s> {
    store: &'s mut Store,
    owner: Owner,
    /// Contacts by the folded value that links them, read when the first row asks. No row changes a contact.
    linked: Option<IndexMap<String, Vec<u64>>>,
}

impl<'s> RecordsOf<'s> {
    pub(crate) fn new(store: &'s mut Store, owner: Owner) -> Self {
        Self { store, owner, linked: None }
    }

    fn table(&mut self) -> Option<&mut Table> {
        self.store.records.of_mut(self.owner)
    }

    fn changes_of(
        &mut self,
        work: &Work<'_>,
        row: RowView<'_>,
        id: Option<u64>,
        bad: &mut Vec<String>,
    ) -> BTreeMap<u32, String> {
        let mut changes = BTreeMap::new();
        let record = id.and_then(|id| self.store.records.of(self.owner)?.records.get(&id).cloned());
        for (at, column) in work.plan.columns.iter().enumerate() {
            let Some(field) = column.target.field().filter(|field| !field.read_only) else { continue };
            let value = match row.get(at) {
                Some(value) => value,
                None if work.choices.missing_clears => "",
                None => continue,
            };
            let stored = || match &record {
                Some(record) => Cow::from(record.values.get(&field.id).unwrap_or_default()),
                None => "".into(),
            };
            if !replaces(column.rule, field, value, stored, record.is_none()) {
                continue;
            }
            // A name that every account needs is never cleared.
            if self.owner == Owner::Accounts && field.id == COMPANY_NAME && value.trim().is_empty() {
                continue;
            }
            match plain(field, value, work.plan) {
                Some(value) => {
                    changes.insert(field.id, value.to_owned());
                }
                None => bad.push(column.key.clone()),
            }
        }
        changes
    }

    /// The contact that a row names as its own.
    fn contact_of(&mut self, work: &Work<'_>, row: RowView<'_>) -> Option<u64> {
        let card = work.plan.card.as_ref();
        let own = |at: usize, target: &Target| match target {
            Target::Statement(Statement::Linked(_, linked)) => Some((at, (**linked).clone())),
            _ => None,
        };
        let mut columns = work.plan.columns.iter().enumerate();
        let (at, by) = columns.find_map(|(at, column)| match card {
            Some(card) if column.key == card.source => Some((at, card.entity.clone())),
            Some(_) => None,
            None => own(at, &column.target),
        })?;
        let text = row.cell(at).trim();
        let same = |stored: &str| match card {
            Some(card) if card.case_sensitive => stored.trim() == text,
            _ => value::fold(stored) == value::fold(text),
        };
        if text.is_empty() {
            return None;
        }
        match &by {
            Statement::Id => text.parse().ok().filter(|id| self.store.contacts.contains_key(id)),
            Statement::Field(field) if field.id == field::EMAIL => {
                let id = self.store.with_email(text)?;
                self.store.contacts.get(&id).filter(|contact| same(contact.email())).map(|_| id)
            }
            by => {
                let store = &*self.store;
                let text_of =
                    |contact: &Contact| by.of(store, Subject::Contact(contact), Zone::Eastern).into_owned();
                let linked = self.linked.get_or_insert_with(|| {
                    let mut linked: IndexMap<String, Vec<u64>> = IndexMap::new();
                    for contact in store.contacts.values() {
                        let text = value::folded(&text_of(contact));
                        if !text.is_empty() {
                            linked.entry(text).or_default().push(contact.id);
                        }
                    }
                    linked
                });
                let candidates = linked.get(&value::folded(text))?.iter();
                let mut candidates = candidates.filter_map(|id| store.contacts.get(id));
                candidates.find(|contact| same(&text_of(contact))).map(|contact| contact.id)
            }
        }
    }
}

impl Ground for RecordsOf<'_> {
    fn codes(&self) -> Codes {
        match self.owner {
            Owner::Accounts => Codes { created: 5, updated: 23, linked: None },
            _ => Codes { created: 7, updated: 12, linked: Some(25) },
        }
    }

    fn index(&self, target: &Target, wanted: &IndexMap<Cow<'_, str>, u64>) -> Index {
        let mut index: IndexMap<String, Vec<u64>> = IndexMap::new();
        let Target::Statement(statement @ Statement::Record(_, own)) = target else {
            return Index::Map(index);
        };
        let records =
            self.store.records.of(self.owner).map(|table| table.records.clone()).unwrap_or_default();
        for record in records.values() {
            // Numbers are matched as they are stored, not with the decimals of exports.
            let text = match own {
                Own::Field(field) if !field.read_only => {
                    record.values.get(&field.id).unwrap_or_default().into()
                }
                _ => statement.of(self.store, Subject::Record(record), Zone::Eastern),
            };
            let text = value::fold(&text);
            if !text.is_empty() && wanted.contains_key(&text) {
                index.entry(text.into_owned()).or_default().push(record.id);
            }
        }
        Index::Map(index)
    }

    fn direct(&self, _identifier: &str) -> Vec<u64> {
        Vec::new()
    }

    fn create(&mut self, work: &Work<'_>, row: RowView<'_>, bad: &mut Vec<String>) -> Result<u64, Refusal> {
        let changes = self.changes_of(work, row, None, bad);
        if self.owner == Owner::Accounts && !changes.contains_key(&COMPANY_NAME) {
            let named =
                |column: &&Column| column.target.field().is_some_and(|field| field.id == COMPANY_NAME);
            let key = work.plan.columns.iter().find(named);
            return Err((61, key.map(|column| column.key.clone()).into_iter().collect()));
        }
        let now = work.now;
        let made = self.table().map(|table| table.add(now, Values::of(changes), None));
        made.ok_or((61, Vec::new()))
    }

    fn update(
        &mut self,
        work: &Work<'_>,
        row: RowView<'_>,
        id: u64,
        bad: &mut Vec<String>,
    ) -> Result<bool, Refusal> {
        let changes = self.changes_of(work, row, Some(id), bad);
        let now = work.now;
        Ok(self.table().is_some_and(|table| table.write(now, id, &changes)))
    }

    fn link(&mut self, work: &Work<'_>, row: RowView<'_>, id: u64) -> bool {
        let Some(contact) = self.contact_of(work, row) else { return false };
        let now = work.now;
        self.table().is_some_and(|table| table.link(now, id, contact))
    }

    fn act(&mut self, work: &Work<'_>, ids: &[u64]) -> Vec<Log> {
        if self.owner == Owner::Accounts {
            self.store.records.index_accounts();
        }
        let mut logs = Vec::new();
        for action in &work.plan.actions {
            let Place::AccountList(list) = action.place else { continue };
            let mut count = 0;
            for id in ids {
                count += u64::from(self.store.set_account_member(work.now, list, *id, action.on));
            }
            logs.push(action.log(count));
        }
        logs
    }
}
