//! Eloqua's own jobs: files that it fetches from a customer's SFTP server and loads, files that it makes of
//! contacts and delivers there. The stage does the fetching and delivering; everything else happens here.

use crate::eloqua::Eloqua;
use crate::elq;
use crate::export::{self, ExportPlan};
use crate::filter::{Filter, Op};
use crate::import::{self, Choices, Column, ImportRule, Outcome, Plan, Reject, Row, Target, UpdateRule};
use crate::statement::Statement;
use crate::table::{self, Format, Table};
use crate::time::{self, Zone};
use crate::value;
use bytes::Bytes;
use imbl::{OrdMap, Vector};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use standin_fake_kit::Agenda;
use standin_model::Instant;
use standin_ports::{FileEntry, FilesTarget};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How many runs are remembered; older ones are forgotten.
const RUNS_KEPT: usize = 1000;
/// How many rejects one run remembers; all are counted.
const REJECTS_KEPT: usize = 1000;
/// How many files one run takes.
const FILES_A_RUN: usize = 100;
/// How many notifications are remembered.
const OUTBOX_KEPT: usize = 1000;
/// Endings of files that are not whole yet.
const UNFINISHED: [&str; 2] = [".uploading", ".part"];

/// One run of one job.
#[derive(Clone, Debug)]
pub struct JobRun {
    /// The run's number.
    pub id: u64,
    /// The job's name.
    pub name: String,
    /// Where its server is.
    pub target: FilesTarget,
    /// The folder there.
    pub folder: String,
    /// What is to be done.
    pub work: Work,
}

/// What a run does at the server.
#[derive(Clone, Debug)]
pub enum Work {
    /// Lists the folder, takes the files that [`Eloqua::choose`] picks, and gives each to [`Eloqua::load`].
    Import,
    /// Puts this file into the folder.
    Export {
        /// Its name.
        file: String,
        /// Its content.
        bytes: Bytes,
    },
}

/// What a file of an import job means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ImportKind {
    Contacts,
    Unsubscribe,
    UpdateAddresses,
}

/// Names at the head of the columns of an export without a mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heading {
    Internal,
    Display,
}

/// How the subscription stands in a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SetsSubscription {
    pub(crate) column: String,
    pub(crate) yes: String,
    pub(crate) no: String,
}

/// A job's direction with what belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Import {
        kind: ImportKind,
        key: String,
        update_rule: UpdateRule,
        import_rule: ImportRule,
        sets_subscription: Option<SetsSubscription>,
    },
    Export { heading: Heading, filter: Option<String>, changed_since_last_run: bool, zone: Zone },
}

/// A job as its user defined it.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) target: FilesTarget,
    pub(crate) folder: String,
    pub(crate) file: String,
    pub(crate) format: Format,
    /// Columns and internal names or statements; empty means that names speak for themselves.
    pub(crate) mapping: Vec<(String, String)>,
    pub(crate) every: Option<Duration>,
    pub(crate) notify: Option<String>,
    pub(crate) direction: Direction,
}

/// All jobs and what they did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) all: OrdMap<String, Arc<Job>>,
    pub(crate) agenda: Agenda<String>,
    runs: OrdMap<u64, Arc<Run>>,
    loaded: OrdMap<(String, String), Loaded>,
    succeeded: OrdMap<String, Instant>,
    outbox: Vector<Value>,
    next: u64,
}

impl Jobs {
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.agenda.next_due()
    }
}

/// A file that was loaded: what the listing said, when, and what was in it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Loaded {
    size: u64,
    modified: Instant,
    at: Instant,
    digest: [u8; 32],
}

#[derive(Clone, Debug)]
struct Run {
    id: u64,
    job: String,
    started: Instant,
    ended: Option<Instant>,
    failure: Option<String>,
    import: bool,
    listed: BTreeMap<String, (u64, Instant)>,
    files: Vec<String>,
    rows: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    rejects: Vec<Value>,
    notes: Vec<String>,
}

impl Run {
    fn status(&self) -> &'static str {
        match (&self.ended, &self.failure) {
            (None, _) => "running",
            (Some(_), Some(_)) => "failed",
            (Some(_), None) if self.rejects.is_empty() => "success",
            (Some(_), None) => "warning",
        }
    }

    fn view(&self) -> Value {
        let mut out = json!({
            "id": self.id,
            "job": self.job,
            "kind": if self.import { "import" } else { "export" },
            "status": self.status(),
            "started": self.started.to_string(),
            "ended": self.ended.map(|at| at.to_string()),
            "files": self.files,
        });
        if let Some(failure) = &self.failure {
            out["failure"] = Value::from(failure.clone());
        }
        if self.import {
            out["in"] = Value::from(self.rows);
            out["created"] = Value::from(self.created);
            out["updated"] = Value::from(self.updated);
            out["unchanged"] = Value::from(self.unchanged);
            out["rejected"] = Value::from(self.rejected);
            out["rejects"] = Value::from(self.rejects.clone());
        } else {
            out["out"] = Value::from(self.rows);
        }
        out["notes"] = Value::from(self.notes.clone());
        out
    }

    fn keep_reject(&mut self, reject: Value) {
        if self.rejects.len() < REJECTS_KEPT {
            self.rejects.push(reject);
        } else if self.rejects.len() == REJECTS_KEPT {
            self.rejects.push(json!({ "reason": format!("more than {REJECTS_KEPT} rejects; the rest is only counted") }));
        }
    }
}

impl Eloqua {
    /// The run of the next job that is due, if one is. A job that is still running is passed over until its
    /// next time.
    pub fn take_run(&mut self, now: Instant) -> Option<JobRun> {
        while let Some((at, name)) = self.jobs.agenda.take_due(now) {
            let Some(job) = self.jobs.all.get(&name).cloned() else { continue };
            if let Some(every) = job.every {
                self.jobs.agenda.add(at.plus(every.max(Duration::from_secs(1))), name);
            }
            if let Ok(run) = self.start_run(now, &job) {
                return Some(run);
            }
        }
        None
    }

    /// Starts a job by hand. Its schedule is not changed.
    pub fn run_now(&mut self, now: Instant, name: &str) -> Result<JobRun, String> {
        let Some(job) = self.jobs.all.get(name).cloned() else {
            let near = standin_fake_kit::seed::nearest(name, self.jobs.all.keys().map(String::as_str));
            let hint = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("no import or export is called `{name}`{hint}"));
        };
        self.start_run(now, &job)
    }

    fn start_run(&mut self, now: Instant, job: &Arc<Job>) -> Result<JobRun, String> {
        if self.jobs.runs.values().any(|run| run.job == job.name && run.ended.is_none()) {
            return Err(format!("`{}` is still running", job.name));
        }
        let mut notes = Vec::new();
        let (work, rows) = match &job.direction {
            Direction::Import { .. } => (Work::Import, 0),
            Direction::Export { .. } => {
                let (bytes, rows) = self.export_file(job, &mut notes)?;
                let file = job.file.replace("{yyyyMMdd}", &time::file_stamp(now));
                (Work::Export { file, bytes }, rows)
            }
        };
        self.jobs.next += 1;
        let id = self.jobs.next;
        let run = Run {
            id,
            job: job.name.clone(),
            started: now,
            ended: None,
            failure: None,
            import: matches!(work, Work::Import),
            listed: BTreeMap::new(),
            files: match &work {
                Work::Export { file, .. } => vec![file.clone()],
                Work::Import => Vec::new(),
            },
            rows,
            created: 0,
            updated: 0,
            unchanged: 0,
            rejected: 0,
            rejects: Vec::new(),
            notes,
        };
        self.jobs.runs.insert(id, Arc::new(run));
        while self.jobs.runs.len() > RUNS_KEPT {
            let Some(oldest) = self.jobs.runs.get_min().map(|(id, _)| *id) else { break };
            self.jobs.runs.remove(&oldest);
        }
        Ok(JobRun {
            id,
            name: job.name.clone(),
            target: job.target.clone(),
            folder: job.folder.clone(),
            work,
        })
    }

    /// The files of a listing that an import run takes, in byte order: those that fit the job's pattern, are
    /// whole, and were not loaded before as they are.
    ///
    /// A file that was modified in the second in which it was loaded cannot be told apart by its time; it is
    /// taken again, and [`Eloqua::load`] leaves it alone if its content is the same.
    pub fn choose(&mut self, run: &JobRun, listing: &[FileEntry]) -> Vec<String> {
        let Some(job) = self.jobs.all.get(&run.name).cloned() else { return Vec::new() };
        let settle = self.knobs.span("eloqua.settle");
        let Some(record) = self.jobs.runs.get_mut(&run.id) else { return Vec::new() };
        let record = Arc::make_mut(record);
        let mut chosen = Vec::new();
        for entry in listing {
            let unfinished = UNFINISHED.iter().any(|ending| entry.name.ends_with(ending));
            if entry.folder || unfinished || !value::fits(&job.file, &entry.name, '*', None) {
                continue;
            }
            if !settle.is_zero() && record.started.since(entry.modified) < settle {
                record.notes.push(format!("{} is too young and left for the next run", entry.name));
                continue;
            }
            let before = self.jobs.loaded.get(&(run.name.clone(), entry.name.clone()));
            let same = before.is_some_and(|before| {
                before.size == entry.size
                    && before.modified.seconds() == entry.modified.seconds()
                    && before.modified.seconds() < before.at.seconds()
            });
            if same {
                continue;
            }
            if chosen.len() == FILES_A_RUN {
                record.notes.push(format!("more than {FILES_A_RUN} files; the rest is left for the next run"));
                break;
            }
            record.listed.insert(entry.name.clone(), (entry.size, entry.modified));
            chosen.push(entry.name.clone());
        }
        chosen.sort();
        chosen
    }

    /// Loads one file of an import run.
    pub fn load(&mut self, now: Instant, run: &JobRun, file: &str, bytes: &[u8]) {
        let Some(job) = self.jobs.all.get(&run.name).cloned() else { return };
        let Some(mut record) = self.jobs.runs.get(&run.id).map(|run| (**run).clone()) else { return };
        if record.ended.is_some() {
            return;
        }
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let (size, modified) =
            record.listed.get(file).copied().unwrap_or((bytes.len() as u64, now));
        let place = (run.name.clone(), file.to_owned());
        let again = self.jobs.loaded.get(&place).is_some_and(|before| {
            before.digest == digest && before.modified.seconds() == modified.seconds()
        });
        if again {
            record.notes.push(format!("{file} was loaded before and has not changed"));
        } else {
            record.files.push(file.to_owned());
            match table::read(bytes, job.format) {
                Ok(table) => match self.load_table(now, &job, &table, &mut record) {
                    Ok(()) => {
                        self.jobs.loaded.insert(place, Loaded { size, modified, at: now, digest });
                    }
                    Err(why) => record.failure = Some(format!("{file}: {why}")),
                },
                Err(why) => record.failure = Some(format!("{file}: {why}")),
            }
        }
        self.jobs.runs.insert(run.id, Arc::new(record));
    }

    fn load_table(&mut self, now: Instant, job: &Job, table: &Table, record: &mut Run) -> Result<(), String> {
        let Direction::Import { kind, key, update_rule, import_rule, sets_subscription } = &job.direction
        else {
            return Err("an export loads no file".to_owned());
        };
        if table.headings.is_empty() {
            record.notes.push("the file is empty".to_owned());
            return Ok(());
        }
        if let Some(twice) = repeated(&table.headings) {
            return Err(format!("the heading `{twice}` stands twice"));
        }
        let (rows, malformed) = rows_of(table);
        match kind {
            ImportKind::Contacts => {
                let rules = (*update_rule, *import_rule);
                let plan = self.plan_of(job, key, rules, sets_subscription.as_ref(), table, record)?;
                let choices = Choices::of(&self.knobs);
                let outcome = import::run(&mut self.store, now, &plan, &rows, choices);
                record.take(&outcome);
            }
            ImportKind::Unsubscribe => {
                let column = self.address_column(job, table)?;
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

    fn plan_of(
        &self,
        job: &Job,
        key: &str,
        (update_rule, import_rule): (UpdateRule, ImportRule),
        sets_subscription: Option<&SetsSubscription>,
        table: &Table,
        record: &mut Run,
    ) -> Result<Plan, String> {
        let mut columns = Vec::new();
        let mut unmapped = BTreeSet::new();
        for heading in &table.headings {
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
            if !table.headings.contains(column) {
                record.notes.push(format!("column `{column}` is mapped and not in the file"));
            }
        }
        let names_key = |column: &&Column| match &column.target {
            Target::Statement(Statement::Field(field)) => field.internal.eq_ignore_ascii_case(key),
            Target::Statement(Statement::Id) => key.eq_ignore_ascii_case(&Statement::Id.text()),
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

    fn address_column(&self, job: &Job, table: &Table) -> Result<String, String> {
        let is_address = |heading: &&String| {
            let target = self.target_of(job, heading);
            matches!(target, Ok(Some(Target::Statement(Statement::Field(field)))) if field.id == crate::field::EMAIL)
        };
        table.headings.iter().find(is_address).cloned().ok_or_else(|| "no column holds the address".to_owned())
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

    fn export_file(&self, job: &Job, notes: &mut Vec<String>) -> Result<(Bytes, u64), String> {
        let Direction::Export { heading, filter, changed_since_last_run, zone } = &job.direction else {
            return Err(format!("`{}` is an import", job.name));
        };
        let mut columns = Vec::new();
        for (column, name) in &job.mapping {
            let statement =
                self.named_statement(name).ok_or_else(|| format!("no contact field is called {name}"))?;
            let head = match (&statement, heading) {
                (Statement::Field(field), Heading::Display) if column == name => field.name.clone(),
                _ => column.clone(),
            };
            columns.push((head, statement));
        }
        let mut filters = Vec::new();
        if let Some(text) = filter {
            filters.push(Filter::read(text, &self.store)?);
        }
        if *changed_since_last_run {
            match self.jobs.succeeded.get(&job.name) {
                Some(since) => {
                    notes.push(format!("changed since {since}"));
                    let text = time::exported(zone.civil(*since));
                    filters.push(Filter::Compare(Statement::UpdatedAt, Op::NotLess, text));
                }
                None => notes.push("first run, everything".to_owned()),
            }
        }
        let plan = ExportPlan {
            columns,
            filter: if filters.is_empty() { None } else { Some(Filter::And(filters)) },
            zone: *zone,
            most: None,
        };
        let rows = export::rows(&self.store, &plan, &self.knobs);
        let heads: Vec<String> = plan.columns.iter().map(|(head, _)| head.clone()).collect();
        Ok((table::write(&heads, &rows, job.format), rows.len() as u64))
    }

    /// Ends a run: how the server took it. Only a run that ended well moves the point forward from which the
    /// next one looks for changes.
    pub fn end_run(&mut self, now: Instant, run: &JobRun, result: Result<(), String>) {
        let Some(record) = self.jobs.runs.get_mut(&run.id) else { return };
        let record = Arc::make_mut(record);
        if record.ended.is_some() {
            return;
        }
        record.ended = Some(now);
        if let Err(why) = result {
            record.failure.get_or_insert(why);
        }
        if record.failure.is_none() {
            self.jobs.succeeded.insert(run.name.clone(), record.started);
        }
        let to = self.jobs.all.get(&run.name).and_then(|job| job.notify.clone());
        let mail = json!({
            "to": to.unwrap_or_else(|| self.site.user.clone()),
            "subject": format!("{} finished: {}", run.name, record.status()),
            "at": now.to_string(),
            "run": record.view(),
        });
        self.jobs.outbox.push_back(mail);
        while self.jobs.outbox.len() > OUTBOX_KEPT {
            self.jobs.outbox.pop_front();
        }
    }

    /// What the jobs did, oldest first. For imports `in` = `created` + `updated` + `unchanged` + `rejected`.
    pub fn runs(&self) -> Vec<Value> {
        self.jobs.runs.values().map(|run| run.view()).collect()
    }

    /// The notifications that jobs sent when they ended, oldest first.
    pub fn outbox(&self) -> Vec<Value> {
        self.jobs.outbox.iter().cloned().collect()
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
    headings.iter().enumerate().find(|(at, heading)| headings[..*at].contains(heading)).map(|(_, twice)| twice)
}

fn mapped_to(job: &Job, role: &str) -> Option<String> {
    job.mapping.iter().find(|(_, name)| name == role).map(|(column, _)| column.clone())
}

/// The records as rows, and the numbers of those with more values than headings.
pub(crate) fn rows_of(table: &Table) -> (Vec<Row>, Vec<u64>) {
    let (mut rows, mut malformed) = (Vec::new(), Vec::new());
    for (at, record) in table.records.iter().enumerate() {
        let index = at as u64 + 1;
        if record.len() > table.headings.len() {
            malformed.push(index);
            continue;
        }
        let values = table.headings.iter().cloned().zip(record.iter().cloned()).collect();
        rows.push(Row { index, values });
    }
    (rows, malformed)
}
