//! What an import job does with a file: from bytes to rows, from headings to a plan, and the kinds of import.

use crate::eloqua::Eloqua;
use crate::elq;
use crate::import::{self, Choices, Column, Outcome, Plan, Reject, Row, Target};
use crate::job::{Direction, ImportKind, Job, JobRun, Loaded, Of, REJECTS_KEPT, Run};
use crate::load_plan::constant_key;
use crate::statement::Statement;
use crate::table::{self, Table};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use standin_model::Instant;
use standin_model::mutant::mutated;
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
            record.note(format!("{file} changed while it was fetched and is left for the next run"));
            self.jobs.runs.insert(run.id, Arc::new(record));
            return told;
        }
        let place = (run.name.clone(), file.to_owned());
        let again = !mutated("eloqua.import.file-loaded-again")
            && self.jobs.loaded.get(&place).is_some_and(|before| {
                before.digest == digest && before.modified.seconds() == modified.seconds()
            });
        if again {
            record.note(format!("{file} was loaded before and has not changed"));
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
        let Direction::Import(import) = &job.direction else {
            return Err("an export loads no file".to_owned());
        };
        let Table { headings, records } = table;
        if headings.is_empty() {
            record.note("the file is empty".to_owned());
            return Ok(());
        }
        if let Some(twice) = repeated(&headings) {
            return Err(format!("the heading `{twice}` stands twice"));
        }
        let (mut rows, malformed) = rows_of(&headings, records);
        match import.kind {
            ImportKind::Contacts | ImportKind::Accounts => {
                let plan = self.plan_of(job, import, &headings, record)?;
                for row in &mut rows {
                    let constants = import.constants.iter();
                    row.values.extend(constants.map(|(name, value)| (constant_key(name), value.clone())));
                }
                let choices = Choices::of(&self.knobs).checking(import.validate);
                let outcome = match import.kind.of() {
                    Of::Contacts => import::run(&mut self.store, now, &plan, &rows, choices),
                    Of::Records(owner) => {
                        import::run_records(&mut self.store, owner, now, &plan, &rows, choices)
                    }
                };
                record.take(&outcome);
                if import.kind == ImportKind::Contacts {
                    let place = format!("import `{}` by {}", job.name, import.key);
                    told.extend(self.told(&place, &plan, &rows, &outcome));
                }
            }
            _ => self.load_kind(now, job, import, &headings, &rows, record)?,
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
}

impl Run {
    fn take(&mut self, outcome: &Outcome) {
        self.rows += outcome.total;
        self.created += outcome.created;
        self.updated += outcome.updated;
        self.unchanged += outcome.unchanged;
        self.rejected += outcome.refused_count();
        // Only so many are remembered; one more shows that there were more.
        let repeated: BTreeSet<u64> = outcome.repeated.iter().map(|reject| reject.index).collect();
        for reject in outcome.refused().into_iter().take(REJECTS_KEPT + 1) {
            let why = if reject.code == 26 && repeated.contains(&reject.index) {
                elq::of(26).text
            } else {
                elq::reject_text(reject.code)
            };
            self.keep_reject(reject_view(reject, why, false));
        }
        for reject in outcome.partial.iter().take(REJECTS_KEPT + 1) {
            self.keep_reject(reject_view(reject, elq::reject_text(reject.code), true));
        }
    }

    /// Counts a row that was refused.
    pub(crate) fn refuse(&mut self, index: u64, code: u32, detail: &str) {
        self.rejected += 1;
        let text = elq::reject_text(code);
        let reason = if detail.is_empty() { text.to_owned() } else { format!("{text} ({detail})") };
        self.keep_reject(json!({ "row": index, "code": elq::of(code).name(), "reason": reason }));
    }
}

fn reject_view(reject: &Reject, why: &str, stored: bool) -> Value {
    let values: serde_json::Map<String, Value> =
        reject.values().map(|(key, value)| (key.clone(), Value::from(value.clone()))).collect();
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
