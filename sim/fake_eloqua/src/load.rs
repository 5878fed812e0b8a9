//! What an import job does with a file: from bytes to rows, from headings to a plan, and the kinds of import.

use crate::eloqua::Eloqua;
use crate::elq;
use crate::import::{self, Choices, Column, ImportRule, Outcome, Plan, Reject, Row, Target, UpdateRule};
use crate::job::{Direction, ImportKind, Job, JobRun, Loaded, Run, SetsSubscription};
use crate::statement::Statement;
use crate::table::{self, Table};
use crate::value;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use standin_model::Instant;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many refused rows of one file are told of.
const ROWS_TOLD: usize = 200;

/// What an import made of one row, for whoever follows a value.
#[derive(Clone, PartialEq, Debug)]
pub struct RowLoaded {
    /// The import and its unique match field, as a reader would name them.
    pub place: String,
    /// The row's number in its file, from 1.
    pub row: u64,
    /// The row's cells by heading.
    pub cells: Value,
    /// Created, updated, left unchanged or refused, with the contact or the reason.
    pub verdict: String,
    /// The contact's values of the same columns afterwards; null where the row was refused.
    pub contact: Value,
}

impl Eloqua {
    /// Loads one file of an import run; says of the first rows of contacts what became of them.
    /// One that is not as long as it was listed is still being written.
    pub fn load(&mut self, now: Instant, run: &JobRun, file: &str, bytes: &[u8]) -> Vec<RowLoaded> {
        let mut told = Vec::new();
        let Some(job) = self.jobs.all.get(&run.name).cloned() else { return told };
        let Some(mut record) = self.jobs.runs.get(&run.id).map(|run| (**run).clone()) else { return told };
        if record.ended.is_some() {
            return told;
        }
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let (size, modified) = record.listed.get(file).copied().unwrap_or((bytes.len() as u64, now));
        if size != bytes.len() as u64 {
            record.notes.push(format!("{file} changed while it was fetched and is left for the next run"));
            self.jobs.runs.insert(run.id, Arc::new(record));
            return told;
        }
        let place = (run.name.clone(), file.to_owned());
        let again =
            self.jobs.loaded.get(&place).is_some_and(|before| {
                before.digest == digest && before.modified.seconds() == modified.seconds()
            });
        if again {
            record.notes.push(format!("{file} was loaded before and has not changed"));
        } else {
            record.files.push(file.to_owned());
            match table::read(bytes, job.format) {
                Ok(table) => match self.load_table(now, &job, table, &mut record, &mut told) {
                    Ok(()) => {
                        self.jobs.loaded.insert(place, Loaded { size, modified, at: now, digest });
                    }
                    Err(why) => record.failure = Some(format!("{file}: {why}")),
                },
                Err(why) => record.failure = Some(format!("{file}: {why}")),
            }
        }
        self.jobs.runs.insert(run.id, Arc::new(record));
        told
    }

    fn load_table(
        &mut self,
        now: Instant,
        job: &Job,
        table: Table,
        record: &mut Run,
        told: &mut Vec<RowLoaded>,
    ) -> Result<(), String> {
        let Direction::Import { kind, key, update_rule, import_rule, sets_subscription } = &job.direction
        else {
            return Err("an export loads no file".to_owned());
        };
        let Table { headings, records } = table;
        if headings.is_empty() {
            record.notes.push("the file is empty".to_owned());
            return Ok(());
        }
        if let Some(twice) = repeated(&headings) {
            return Err(format!("the heading `{twice}` stands twice"));
        }
        let (rows, malformed) = rows_of(&headings, records);
        match kind {
            ImportKind::Contacts => {
                let rules = (*update_rule, *import_rule);
                let plan = self.plan_of(job, key, rules, sets_subscription.as_ref(), &headings, record)?;
                let choices = Choices::of(&self.knobs);
                let outcome = import::run(&mut self.store, now, &plan, &rows, choices);
                record.take(&outcome);
                let place = format!("import `{}` by {key}", job.name);
                told.extend(self.told(&place, &plan, &rows, &outcome));
            }
            ImportKind::Unsubscribe => {
                let column = self.address_column(job, &headings)?;
                record.rows += rows.len() as u64;
                for row in &rows {
                    self.unsubscribe(now, row, &column, record);
                }
            }
            ImportKind::UpdateAddresses => {
                let original = mapped_to(job, "original").ok_or("no column is mapped to `original`")?;
                let new = mapped_to(job, "new").ok_or("no column is mapped to `new`")?;
                record.rows += rows.len() as u64;
                for row in &rows {
                    self.readdress(now, row, &original, &new, record);
                }
            }
        }
        for index in malformed {
            record.rows += 1;
            record.refuse(index, 32, "more values than headings");
        }
        Ok(())
    }

    /// The rows and what became of them: refused ones first, as far as they are kept.
    fn told(&self, place: &str, plan: &Plan, rows: &[Row], outcome: &Outcome) -> Vec<RowLoaded> {
        let loaded = |index: u64, verdict: String, contact: Value| {
            let row = rows.iter().find(|row| row.index == index)?;
            let cells = serde_json::to_value(&row.values).unwrap_or_default();
            Some(RowLoaded { place: place.to_owned(), row: index, cells, verdict, contact })
        };
        let refused = outcome.refused().into_iter().take(ROWS_TOLD).filter_map(|reject| {
            let name = elq::of(reject.code).name();
            loaded(reject.index, format!("refused, {name}: {}", elq::reject_text(reject.code)), Value::Null)
        });
        let placed = outcome.fates.iter().filter_map(|fate| {
            let contact = fate.contacts.first().and_then(|id| self.store.contacts.get(id))?;
            let value = |column: &Column| match &column.target {
                Target::Statement(Statement::Field(field)) => {
                    Some((column.key.clone(), Value::from(self.store.text(contact, field))))
                }
                _ => None,
            };
            let values = plan.columns.iter().filter_map(value).collect();
            loaded(fate.index, format!("{} contact {}", fate.verdict, contact.id), Value::Object(values))
        });
        refused.chain(placed).collect()
    }

    fn plan_of(
        &self,
        job: &Job,
        key: &str,
        (update_rule, import_rule): (UpdateRule, ImportRule),
        sets_subscription: Option<&SetsSubscription>,
        headings: &[String],
        record: &mut Run,
    ) -> Result<Plan, String> {
        let mut columns = Vec::new();
        let mut unmapped = BTreeSet::new();
        for heading in headings {
            let target = match sets_subscription {
                Some(sets) if sets.column == *heading => {
                    Some(Target::Subscription { yes: sets.yes.clone(), no: sets.no.clone() })
                }
                _ => self.target_of(job, heading)?,
            };
            match target {
                Some(target) => {
                    columns.push(Column { key: heading.clone(), target, rule: update_rule });
                }
                None => {
                    unmapped.insert(heading.clone());
                    record.notes.push(format!("column `{heading}` is not mapped and was ignored"));
                }
            }
        }
        for (column, _) in &job.mapping {
            if !headings.contains(column) {
                record.notes.push(format!("column `{column}` is mapped and not in the file"));
            }
        }
        let names_key = |column: &&Column| match &column.target {
            Target::Statement(Statement::Field(field)) => field.internal.eq_ignore_ascii_case(key),
            Target::Statement(Statement::Id) => key.eq_ignore_ascii_case(&Statement::Id.text(&self.store)),
            _ => false,
        };
        let identifier = columns
            .iter()
            .find(names_key)
            .map(|column| column.key.clone())
            .ok_or_else(|| format!("no column holds the unique match field {key}"))?;
        Ok(Plan {
            columns,
            identifier,
            import_rule,
            multiple: false,
            null_identifier: false,
            actions: Vec::new(),
            fractions_ignored: true,
            unmapped,
            card: None,
        })
    }

    /// What a heading is mapped to. Without a mapping, internal names and display names speak for themselves.
    fn target_of(&self, job: &Job, heading: &str) -> Result<Option<Target>, String> {
        let statement = if job.mapping.is_empty() {
            let field = self.store.fields.internal(heading).or_else(|| self.store.fields.named(heading));
            field.filter(|field| !field.read_only).cloned().map(Statement::Field)
        } else {
            let Some((_, name)) = job.mapping.iter().find(|(column, _)| column == heading) else {
                return Ok(None);
            };
            Some(self.named_statement(name).ok_or_else(|| format!("no contact field is called {name}"))?)
        };
        Ok(statement.map(Target::Statement))
    }

    /// A statement, or the field of an internal name.
    pub(crate) fn named_statement(&self, name: &str) -> Option<Statement> {
        let field = self.store.fields.internal(name).cloned().map(Statement::Field);
        field.or_else(|| Statement::read(name, &self.store))
    }

    fn address_column(&self, job: &Job, headings: &[String]) -> Result<String, String> {
        let is_address = |heading: &&String| {
            let target = self.target_of(job, heading);
            matches!(target, Ok(Some(Target::Statement(Statement::Field(field)))) if field.id == crate::field::EMAIL)
        };
        headings.iter().find(is_address).cloned().ok_or_else(|| "no column holds the address".to_owned())
    }

    fn unsubscribe(&mut self, now: Instant, row: &Row, column: &str, record: &mut Run) {
        let address = row.values.get(column).map(|text| text.trim()).unwrap_or_default();
        if !value::is_address(address) {
            record.refuse(row.index, 2, "");
        } else if self.store.set_subscribed(now, address, false) {
            record.updated += 1;
        } else {
            record.unchanged += 1;
        }
    }

    fn readdress(&mut self, now: Instant, row: &Row, original: &str, new: &str, record: &mut Run) {
        let cell = |key: &str| row.values.get(key).map(|text| text.trim()).unwrap_or_default();
        let (original, new) = (cell(original), cell(new));
        let Some(id) = self.store.with_email(original) else {
            record.refuse(row.index, 34, "");
            return;
        };
        if !value::is_address(new) {
            record.refuse(row.index, 2, "");
            return;
        }
        match self.store.write(now, id, &[(crate::field::EMAIL, new.to_owned())].into()) {
            Ok(true) => record.updated += 1,
            Ok(false) => record.unchanged += 1,
            Err(_) => record.refuse(row.index, 11, ""),
        }
    }
}

impl Run {
    fn take(&mut self, outcome: &Outcome) {
        self.rows += outcome.total;
        self.created += outcome.created;
        self.updated += outcome.updated;
        self.unchanged += outcome.unchanged;
        let refused = outcome.refused();
        self.rejected += refused.len() as u64;
        for reject in refused {
            let why = if reject.code == 26 && outcome.repeated.contains(reject) {
                elq::of(26).text
            } else {
                elq::reject_text(reject.code)
            };
            self.keep_reject(reject_view(reject, why, false));
        }
        for reject in &outcome.partial {
            self.keep_reject(reject_view(reject, elq::reject_text(reject.code), true));
        }
    }

    fn refuse(&mut self, index: u64, code: u32, detail: &str) {
        self.rejected += 1;
        let text = elq::reject_text(code);
        let reason = if detail.is_empty() { text.to_owned() } else { format!("{text} ({detail})") };
        self.keep_reject(json!({ "row": index, "code": elq::of(code).name(), "reason": reason }));
    }
}

fn reject_view(reject: &Reject, why: &str, stored: bool) -> Value {
    let values: serde_json::Map<String, Value> =
        reject.values.iter().map(|(key, value)| (key.clone(), Value::from(value.clone()))).collect();
    json!({
        "row": reject.index,
        "code": elq::of(reject.code).name(),
        "reason": why,
        "fields": reject.fields,
        "values": values,
        "stored": stored,
    })
}

fn repeated(headings: &[String]) -> Option<&String> {
    headings
        .iter()
        .enumerate()
        .find(|(at, heading)| headings[..*at].contains(heading))
        .map(|(_, twice)| twice)
}

fn mapped_to(job: &Job, role: &str) -> Option<String> {
    job.mapping.iter().find(|(_, name)| name == role).map(|(column, _)| column.clone())
}

/// The records as rows, and the numbers of those with more values than headings.
pub(crate) fn rows_of(headings: &[String], records: Vec<Vec<String>>) -> (Vec<Row>, Vec<u64>) {
    let (mut rows, mut malformed) = (Vec::new(), Vec::new());
    for (at, record) in records.into_iter().enumerate() {
        let index = at as u64 + 1;
        if record.len() > headings.len() {
            malformed.push(index);
            continue;
        }
        let values = headings.iter().cloned().zip(record).collect();
        rows.push(Row { index, values });
    }
    (rows, malformed)
}
