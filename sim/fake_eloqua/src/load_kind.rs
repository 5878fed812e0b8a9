//! Kinds of import jobs that write no fields: addresses that changed, bounced or opted out, contacts and
//! accounts that go, short messages.

use crate::eloqua::Eloqua;
use crate::field;
use crate::import::Row;
use crate::job::{ImportJob, ImportKind, Job, Run};
use crate::records::Owner;
use crate::statement::{Statement, Subject};
use crate::time::Zone;
use crate::value;
use standin_model::Instant;
use std::collections::BTreeMap;

/// What became of one row.
enum Fate {
    Updated,
    Unchanged,
    Deleted,
    /// Nobody has the address that is to change.
    Skipped,
    Refused(u32),
}

fn changed(different: bool) -> Fate {
    if different { Fate::Updated } else { Fate::Unchanged }
}

fn cell<'r>(row: &'r Row, key: &str) -> &'r str {
    row.values.get(key).map(|text| value::trimmed(text)).unwrap_or_default()
}

impl Eloqua {
    /// Does what a file of such a kind asks, row by row.
    pub(crate) fn load_kind(
        &mut self,
        now: Instant,
        job: &Job,
        import: &ImportJob,
        headings: &[String],
        rows: &[Row],
        record: &mut Run,
    ) -> Result<(), String> {
        let statement = self.statement_of(import.kind.of(), &import.key);
        let statement = statement.ok_or_else(|| format!("no field is called {}", import.key))?;
        let column = match import.kind {
            ImportKind::UpdateAddresses => {
                mapped_to(job, "original").ok_or("no column is mapped to `original`")?
            }
            ImportKind::Bouncebacks | ImportKind::Unsubscribe => {
                self.address_column(job, import, headings)?
            }
            _ => self
                .column_of(job, import, headings, &statement)
                .ok_or_else(|| format!("no column holds the unique match field {}", import.key))?,
        };
        let new = match import.kind {
            ImportKind::UpdateAddresses => mapped_to(job, "new").ok_or("no column is mapped to `new`")?,
            _ => String::new(),
        };
        let index = match import.kind {
            ImportKind::DeleteContacts | ImportKind::DeleteAccounts | ImportKind::Sms { .. } => {
                self.index_of(import.kind, &statement)
            }
            _ => BTreeMap::new(),
        };
        record.rows += rows.len() as u64;
        let mut skipped = 0u64;
        for row in rows {
            let text = cell(row, &column);
            let fate = match import.kind {
                ImportKind::UpdateAddresses => self.readdress(now, text, cell(row, &new)),
                ImportKind::Bouncebacks | ImportKind::Unsubscribe if !value::is_address(text) => {
                    Fate::Refused(2)
                }
                ImportKind::Bouncebacks => changed(self.store.set_bounced(now, text, true)),
                ImportKind::Unsubscribe => changed(self.store.set_subscribed(now, text, false)),
                _ if text.is_empty() => Fate::Refused(61),
                kind => match index.get(&value::folded(text)).map(Vec::as_slice) {
                    None => Fate::Refused(34),
                    Some([id]) => self.do_with(now, kind, *id),
                    Some(_) => Fate::Refused(26),
                },
            };
            match fate {
                Fate::Updated => record.updated += 1,
                Fate::Unchanged => record.unchanged += 1,
                Fate::Deleted => record.deleted += 1,
                Fate::Skipped => skipped += 1,
                Fate::Refused(code) => record.refuse(row.index, code, ""),
            }
        }
        if skipped > 0 {
            record.unchanged += skipped;
            record.note(format!("rows of addresses that no contact has, which were skipped: {skipped}"));
        }
        self.store.records.index_accounts();
        Ok(())
    }

    /// Contacts or accounts by the folded text of the field that tells them apart.
    fn index_of(&self, kind: ImportKind, statement: &Statement) -> BTreeMap<String, Vec<u64>> {
        let mut index: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let mut add = |id: u64, subject: Subject<'_>| {
            let text = value::folded(&statement.of(&self.store, subject, Zone::Eastern));
            if !text.is_empty() {
                index.entry(text).or_default().push(id);
            }
        };
        if kind == ImportKind::DeleteAccounts {
            for account in self.store.records.accounts.records.values() {
                add(account.id, Subject::Record(account));
            }
        } else {
            for contact in self.store.contacts.values() {
                add(contact.id, Subject::Contact(contact));
            }
        }
        index
    }

    fn do_with(&mut self, now: Instant, kind: ImportKind, id: u64) -> Fate {
        match kind {
            ImportKind::DeleteContacts if self.bury_contact(now, id) => Fate::Deleted,
            ImportKind::DeleteAccounts if self.delete_account(id) => Fate::Deleted,
            ImportKind::Sms { on } if self.store.contacts.contains_key(&id) => {
                changed(self.store.set_extra(now, id, |extra| extra.sms = Some(on)))
            }
            // A row before this one deleted it.
            _ => Fate::Refused(34),
        }
    }

    fn delete_account(&mut self, id: u64) -> bool {
        let accounts = self.store.records.of_mut(Owner::Accounts);
        accounts.is_some_and(|accounts| accounts.records.remove(&id).is_some())
    }

    fn readdress(&mut self, now: Instant, original: &str, new: &str) -> Fate {
        let Some(id) = self.store.with_email(original) else { return Fate::Skipped };
        if !value::is_address(new) {
            return Fate::Refused(2);
        }
        match self.store.write(now, id, &[(field::EMAIL, new.to_owned())].into()) {
            Ok(different) => changed(different),
            Err(_) => Fate::Refused(11),
        }
    }
}

fn mapped_to(job: &Job, role: &str) -> Option<String> {
    job.mapping.iter().find(|(_, name)| name == role).map(|(column, _)| column.clone())
}
