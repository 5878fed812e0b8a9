//! Eloqua's own jobs: files that it fetches from a customer's SFTP server and loads, files that it makes of
//! contacts and delivers there. The stage does the fetching and delivering; everything else happens here.

use crate::archive;
use crate::condition::Scope;
use crate::eloqua::Eloqua;
use crate::export::{self, ExportPlan};
use crate::filter::{Filter, Op};
use crate::import::{ImportRule, UpdateRule};
use crate::records::Owner;
use crate::statement::{Own, Statement};
use crate::table::{self, Format};
use crate::time::{self, Zone};
use crate::value;
use bytes::Bytes;
use imbl::{OrdMap, Vector};
use serde_json::{Value, json};
use standin_fake_kit::Agenda;
use standin_model::Instant;
use standin_ports::{FileEntry, FilesTarget};
use std::collections::BTreeMap;
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

/// Endings of files that Eloqua reads and this one does not.
const SPREADSHEETS: [&str; 2] = [".xls", ".xlsx"];
/// Endings of files that are read.
const TEXTS: [&str; 2] = [".txt", ".csv"];
/// The size of the largest file that is loaded.
const LARGEST_FILE: u64 = 5 << 30;
/// How many remarks one run remembers.
const NOTES_KEPT: usize = 200;
/// How many rejects all runs together remember; beyond it those of the oldest runs are forgotten.
const REJECTS_KEPT_IN_ALL: usize = 20_000;

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
    /// Rows make and change contacts.
    Contacts,
    /// Rows make and change accounts.
    Accounts,
    /// Contacts move from one address to another.
    UpdateAddresses,
    /// Addresses bounced for good.
    Bouncebacks,
    /// Addresses are opted out of everything.
    Unsubscribe,
    DeleteContacts,
    DeleteAccounts,
    /// Contacts say whether short messages may be sent.
    Sms {
        on: bool,
    },
}

impl ImportKind {
    /// The words of world files.
    pub(crate) const WORDS: [(&'static str, Self); 9] = [
        ("contacts", Self::Contacts),
        ("accounts", Self::Accounts),
        ("update_addresses", Self::UpdateAddresses),
        ("bouncebacks", Self::Bouncebacks),
        ("unsubscribe", Self::Unsubscribe),
        ("delete_contacts", Self::DeleteContacts),
        ("delete_accounts", Self::DeleteAccounts),
        ("sms_opt_in", Self::Sms { on: true }),
        ("sms_opt_out", Self::Sms { on: false }),
    ];

    /// Whose rows a file of this kind has.
    pub(crate) fn of(self) -> Of {
        match self {
            Self::Accounts | Self::DeleteAccounts => Of::Records(Owner::Accounts),
            _ => Of::Contacts,
        }
    }
}

/// Whose rows a file has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Of {
    Contacts,
    Records(Owner),
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

/// What belongs to an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ImportJob {
    pub(crate) kind: ImportKind,
    pub(crate) key: String,
    pub(crate) update_rule: UpdateRule,
    /// Rules of single columns, by heading.
    pub(crate) update_rules: Vec<(String, UpdateRule)>,
    pub(crate) import_rule: ImportRule,
    pub(crate) sets_subscription: Option<SetsSubscription>,
    /// Fields that get the same value in every row, by internal name.
    pub(crate) constants: Vec<(String, String)>,
    /// Whether what is no address is refused.
    pub(crate) validate: bool,
}

/// What belongs to an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ExportJob {
    pub(crate) of: Of,
    pub(crate) heading: Heading,
    pub(crate) filter: Option<String>,
    pub(crate) changed_since_last_run: bool,
    pub(crate) zone: Zone,
    pub(crate) zip: bool,
    pub(crate) date_stamp: bool,
}

/// A job's direction with what belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Import(ImportJob),
    Export(ExportJob),
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
    pub(crate) runs: OrdMap<u64, Arc<Run>>,
    pub(crate) loaded: OrdMap<(String, String), Loaded>,
    pub(crate) succeeded: OrdMap<String, Instant>,
    pub(crate) outbox: Vector<Value>,
    pub(crate) next: u64,
}

impl Jobs {
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.agenda.next_due()
    }
}

/// A file that was loaded: what the listing said, when, and what was in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Loaded {
    pub(crate) size: u64,
    pub(crate) modified: Instant,
    pub(crate) at: Instant,
    pub(crate) digest: [u8; 32],
}

/// What is remembered of a run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) job: String,
    pub(crate) started: Instant,
    pub(crate) ended: Option<Instant>,
    pub(crate) failure: Option<String>,
    pub(crate) import: bool,
    pub(crate) listed: BTreeMap<String, (u64, Instant)>,
    pub(crate) files: Vec<String>,
    pub(crate) rows: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) deleted: u64,
    pub(crate) rejected: u64,
    pub(crate) rejects: Vec<Value>,
    pub(crate) notes: Vec<String>,
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
            if self.deleted > 0 {
                out["deleted"] = Value::from(self.deleted);
            }
            out["rejected"] = Value::from(self.rejected);
            out["rejects"] = Value::from(self.rejects.clone());
        } else {
            out["out"] = Value::from(self.rows);
        }
        out["notes"] = Value::from(self.notes.clone());
        out
    }

    /// Keeps a remark, as far as there is room.
    pub(crate) fn note(&mut self, text: String) {
        match self.notes.len() {
            NOTES_KEPT => self.notes.push("there was more to remark".to_owned()),
            kept if kept < NOTES_KEPT => self.notes.push(text),
            _ => {}
        }
    }

    pub(crate) fn keep_reject(&mut self, reject: Value) {
        if self.rejects.len() < REJECTS_KEPT {
            self.rejects.push(reject);
        } else if self.rejects.len() == REJECTS_KEPT {
            self.rejects.push(
                json!({ "reason": format!("more than {REJECTS_KEPT} rejects; the rest is only counted") }),
            );
        }
    }
}

/// The name of an export's file on a day.
fn file_name(pattern: &str, date_stamp: bool, now: Instant) -> String {
    let stamp = time::file_stamp(now);
    let name = pattern.replace("{yyyyMMdd}", &stamp);
    match name.rsplit_once('.') {
        Some((stem, ending)) if date_stamp => format!("{stem}_{stamp}.{ending}"),
        None if date_stamp => format!("{name}_{stamp}"),
        _ => name,
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
            // One that cannot start has its record and its mail all the same.
            if let Ok(run) = self.start_run(now, &job) {
                return Some(run);
            }
        }
        None
    }

    /// The names of its own imports and exports.
    pub fn job_names(&self) -> Vec<String> {
        self.jobs.all.keys().cloned().collect()
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
        let made = self.work_of(now, job, &mut notes);
        self.jobs.next += 1;
        let id = self.jobs.next;
        let run = Run {
            id,
            job: job.name.clone(),
            started: now,
            ended: None,
            failure: None,
            import: matches!(job.direction, Direction::Import(_)),
            listed: BTreeMap::new(),
            files: match &made {
                Ok((Work::Export { file, .. }, _)) => vec![file.clone()],
                _ => Vec::new(),
            },
            rows: made.as_ref().map_or(0, |(_, rows)| *rows),
            created: 0,
            updated: 0,
            unchanged: 0,
            deleted: 0,
            rejected: 0,
            rejects: Vec::new(),
            notes,
        };
        self.jobs.runs.insert(id, Arc::new(run));
        while self.jobs.runs.len() > RUNS_KEPT {
            let Some(oldest) = self.jobs.runs.get_min().map(|(id, _)| *id) else { break };
            self.jobs.runs.remove(&oldest);
        }
        match made {
            Ok((work, _)) => Ok(JobRun {
                id,
                name: job.name.clone(),
                target: job.target.clone(),
                folder: job.folder.clone(),
                work,
            }),
            Err(why) => {
                self.close(now, id, &job.name, Err(why.clone()));
                Err(why)
            }
        }
    }

    /// What a run has to do, and how many rows it delivers.
    fn work_of(&self, now: Instant, job: &Job, notes: &mut Vec<String>) -> Result<(Work, u64), String> {
        let Direction::Export(export) = &job.direction else { return Ok((Work::Import, 0)) };
        let (bytes, rows) = self.export_file(job, export, notes)?;
        let file = file_name(&job.file, export.date_stamp, now);
        let (file, bytes) = if export.zip { archive::zipped(now, &file, &bytes)? } else { (file, bytes) };
        Ok((Work::Export { file, bytes }, rows))
    }

    /// The files of a listing that an import run takes, in byte order: those that fit the job's pattern, are
    /// whole and of a kind that Eloqua reads, and were not loaded before as they are.
    ///
    /// A file that was modified in the second in which it was loaded cannot be told apart by its time; it is
    /// taken again, and [`Eloqua::load`] leaves it alone if its content is the same.
    pub fn choose(&mut self, run: &JobRun, listing: &[FileEntry]) -> Vec<String> {
        let Some(job) = self.jobs.all.get(&run.name).cloned() else { return Vec::new() };
        let settle = self.knobs.span("eloqua.settle");
        let Some(record) = self.jobs.runs.get_mut(&run.id) else { return Vec::new() };
        let record = Arc::make_mut(record);
        let mut chosen = Vec::new();
        let mut listing: Vec<&FileEntry> = listing.iter().collect();
        listing.sort_by(|a, b| a.name.cmp(&b.name));
        // What is no longer there is new when it comes again.
        self.jobs.loaded = std::mem::take(&mut self.jobs.loaded)
            .into_iter()
            .filter(|((name, file), _)| {
                *name != run.name || listing.binary_search_by(|entry| entry.name.as_str().cmp(file)).is_ok()
            })
            .collect();
        for entry in listing {
            let lower = entry.name.to_ascii_lowercase();
            let unfinished = UNFINISHED.iter().any(|ending| lower.ends_with(ending));
            if entry.folder || unfinished || !value::fits(&job.file, &entry.name, '*', None) {
                continue;
            }
            if SPREADSHEETS.iter().any(|ending| lower.ends_with(ending)) {
                record.note(format!("{} is a spreadsheet, which is not read here", entry.name));
                continue;
            }
            if !TEXTS.iter().any(|ending| lower.ends_with(ending)) {
                record.note(format!("{} is no file of a kind that is loaded (.txt, .csv)", entry.name));
                continue;
            }
            if entry.size > LARGEST_FILE {
                record.note(format!("{} is larger than 5 GB and was left alone", entry.name));
                continue;
            }
            if !settle.is_zero() && record.started.since(entry.modified) < settle {
                record.note(format!("{} is too young and left for the next run", entry.name));
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
                record.note(format!("more than {FILES_A_RUN} files; the rest is left for the next run"));
                break;
            }
            record.listed.insert(entry.name.clone(), (entry.size, entry.modified));
            chosen.push(entry.name.clone());
        }
        chosen
    }

    fn export_file(
        &self,
        job: &Job,
        export: &ExportJob,
        notes: &mut Vec<String>,
    ) -> Result<(Bytes, u64), String> {
        let mut columns = Vec::new();
        for (column, name) in &job.mapping {
            let statement =
                self.statement_of(export.of, name).ok_or_else(|| format!("no field is called {name}"))?;
            let head = match (statement.field(), export.heading) {
                (Some(field), Heading::Display) if column == name => field.name.clone(),
                _ => column.clone(),
            };
            columns.push((head, statement));
        }
        let mut filters = Vec::new();
        let scope = match export.of {
            Of::Contacts => Scope::Contacts,
            Of::Records(owner) => Scope::Records(owner),
        };
        if let Some(text) = &export.filter {
            filters.push(Filter::read_in(text, scope, &self.store)?);
        }
        if export.changed_since_last_run {
            match self.jobs.succeeded.get(&job.name) {
                Some(since) => {
                    notes.push(format!("changed since {since}"));
                    let text = time::exported(export.zone.civil(*since));
                    let changed = match export.of {
                        Of::Contacts => Statement::UpdatedAt,
                        Of::Records(owner) => Statement::Record(owner, Own::UpdatedAt),
                    };
                    filters.push(Filter::Compare(changed, Op::NotLess, text));
                }
                None => notes.push("first run, everything".to_owned()),
            }
        }
        let plan = ExportPlan {
            columns,
            filter: if filters.is_empty() { None } else { Some(Filter::And(filters)) },
            zone: export.zone,
            most: None,
        };
        let rows = match export.of {
            Of::Contacts => export::rows(&self.store, &plan, &self.knobs),
            Of::Records(owner) => export::rows_of(&self.store, owner, &plan, &self.knobs),
        };
        let heads: Vec<String> = plan.columns.iter().map(|(head, _)| head.clone()).collect();
        Ok((table::write(&heads, &rows, job.format), rows.len() as u64))
    }

    /// Ends a run: how the server took it. Only a run that ended well moves the point forward from which the
    /// next one looks for changes.
    pub fn end_run(&mut self, now: Instant, run: &JobRun, result: Result<(), String>) {
        self.close(now, run.id, &run.name, result);
    }

    fn close(&mut self, now: Instant, id: u64, name: &str, result: Result<(), String>) {
        let Some(record) = self.jobs.runs.get_mut(&id) else { return };
        let record = Arc::make_mut(record);
        if record.ended.is_some() {
            return;
        }
        record.ended = Some(now);
        record.listed.clear();
        if let Err(why) = result {
            record.failure.get_or_insert(why);
        }
        if record.failure.is_none() {
            self.jobs.succeeded.insert(name.to_owned(), record.started);
        }
        self.forget_rejects();
        let Some(record) = self.jobs.runs.get(&id) else { return };
        let Some(to) = self.jobs.all.get(name).and_then(|job| job.notify.clone()) else { return };
        // The rejects are the run's alone; a mail has their number.
        let mut told = record.view();
        if let Some(told) = told.as_object_mut() {
            told.remove("rejects");
            told.remove("notes");
        }
        let mail = json!({
            "to": to,
            "subject": format!("{name} finished: {}", record.status()),
            "at": now.to_string(),
            "run": told,
        });
        self.jobs.outbox.push_back(mail);
        while self.jobs.outbox.len() > OUTBOX_KEPT {
            self.jobs.outbox.pop_front();
        }
    }

    /// Forgets the rejects of the oldest runs where there are too many in all. A run that had some still says so.
    fn forget_rejects(&mut self) {
        let mut kept: usize = self.jobs.runs.values().map(|run| run.rejects.len()).sum();
        for id in self.jobs.runs.keys().copied().collect::<Vec<_>>() {
            if kept <= REJECTS_KEPT_IN_ALL {
                break;
            }
            let Some(run) = self.jobs.runs.get_mut(&id).filter(|run| run.rejects.len() > 1) else { continue };
            kept -= run.rejects.len() - 1;
            Arc::make_mut(run).rejects = vec![json!({ "reason": "no longer kept" })];
        }
    }

    /// What the jobs did, oldest first. For imports `in` = `created` + `updated` + `unchanged` + `rejected`, and
    /// + `deleted` where something was.
    pub fn runs(&self) -> Vec<Value> {
        self.jobs.runs.values().map(|run| run.view()).collect()
    }

    /// The notifications that jobs sent when they ended, oldest first; only jobs with `notify` send any.
    pub fn outbox(&self) -> Vec<Value> {
        self.jobs.outbox.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use standin_fake_kit::Fake;

    const START: Instant = Instant::START;

    fn later(seconds: u64) -> Instant {
        START.plus(Duration::from_secs(seconds))
    }

    fn entry(name: &str, size: usize, modified: Instant) -> FileEntry {
        FileEntry { name: name.to_owned(), folder: false, size: size as u64, modified }
    }

    fn seeded(section: Value) -> Eloqua {
        let mut eloqua = Eloqua::new(1);
        eloqua.seed(START, &section).unwrap();
        eloqua
    }

    fn with_import(more: Value) -> Eloqua {
        let mut job = json!({
            "name": "from gigya", "user": "eloqua", "password": "pw", "folder": "/out", "file": "contacts*.csv",
            "key": "C_Gigya_UID1",
        });
        for (name, value) in more.as_object().unwrap() {
            job[name] = value.clone();
        }
        seeded(json!({
            "contact_fields": ["Gigya UID", { "name": "Notes", "dataType": "largeText" }],
            "contacts": [{ "C_EmailAddress": "ann@old.example", "C_Gigya_UID1": "ann", "C_City": "Ghent" }],
            "imports": [job],
        }))
    }

    /// Loads one file by hand and gives the run's record.
    fn load(eloqua: &mut Eloqua, now: Instant, text: &str) -> Value {
        let run = eloqua.run_now(now, "from gigya").unwrap();
        for file in eloqua.choose(&run, &[entry("contacts.csv", text.len(), now)]) {
            eloqua.load(now, &run, &file, text.as_bytes());
        }
        eloqua.end_run(now, &run, Ok(()));
        eloqua.runs().pop().unwrap()
    }

    #[test]
    fn a_file_creates_and_updates_by_uid() {
        let mut eloqua = with_import(json!({}));
        let file = "C_Gigya_UID1,Email Address,C_FirstName,ignored\r\n\
                    ann,ann@new.example,Ann,x\r\n\
                    bob,bob@brand.example,\"Bob \"\"B\"\"\nB\",x\r\n\
                    cid,no address,C,x\r\n\
                    ann,ann@new.example,Anna,x\r\n\
                    dan,,Dan,x\r\n\
                    ,eve@brand.example,Eve,x\r\n";
        let run = load(&mut eloqua, later(1), file);
        for (member, expected) in [
            ("status", json!("warning")),
            ("in", json!(6)),
            ("created", json!(1)),
            ("updated", json!(1)),
            ("unchanged", json!(0)),
            ("rejected", json!(4)),
            ("files", json!(["contacts.csv"])),
            ("notes", json!(["column `ignored` is not mapped and was ignored"])),
        ] {
            assert_eq!(run[member], expected, "{member}");
        }
        assert_eq!(
            (&run["rejects"][0]["row"], &run["rejects"][0]["reason"]),
            (&json!(1), &json!("Duplicate identifier."))
        );
        assert_eq!((&run["rejects"][1]["row"], &run["rejects"][1]["code"]), (&json!(3), &json!("ELQ-00002")));
        for (at, row, key) in [(2, 5, "Email Address"), (3, 6, "C_Gigya_UID1")] {
            let reject = &run["rejects"][at];
            let expected = (&json!(row), &json!("ELQ-00061"), &json!([key]));
            assert_eq!((&reject["row"], &reject["code"], &reject["fields"]), expected);
        }
        let contacts = eloqua.contacts();
        assert_eq!(
            (&contacts[0]["id"], &contacts[0]["C_EmailAddress"], &contacts[0]["C_City"]),
            (&json!("1986000"), &json!("ann@new.example"), &json!("Ghent"))
        );
        assert_eq!(contacts[1]["C_FirstName"], json!("Bob \"B\"\nB"));
        assert!(eloqua.outbox().is_empty(), "nobody asked for a mail");
    }

    #[test]
    fn whoever_asked_is_told_in_numbers() {
        let mut eloqua = with_import(json!({ "notify": "crm@brand.example" }));
        load(&mut eloqua, later(1), "C_Gigya_UID1,C_EmailAddress\nann,no address\n");
        let mail = eloqua.outbox().pop().unwrap();
        assert_eq!(
            (&mail["to"], &mail["subject"]),
            (&json!("crm@brand.example"), &json!("from gigya finished: warning"))
        );
        assert_eq!((&mail["run"]["id"], &mail["run"]["rejected"]), (&json!(1), &json!(1)));
        assert_eq!(mail["run"].get("rejects"), None);
        let job = json!({ "name": "x", "user": "u", "notify": "the team" });
        assert!(Eloqua::new(1).seed(START, &json!({ "imports": [job] })).is_err());
    }

    #[test]
    fn an_export_that_cannot_be_made_fails_for_all_to_see() {
        let mut eloqua = with_export(json!({ "notify": "crm@brand.example", "every": "1h" }));
        let list = eloqua.store.add_list(START, "VIP");
        let job = json!({
            "name": "vip", "user": "u", "file": "vip.csv", "fields": ["C_EmailAddress"], "every": "30min",
            "filter": "EXISTS('{{ContactList[1]}}')", "notify": "crm@brand.example",
        });
        eloqua.seed(START, &json!({ "exports": [job.clone()] })).unwrap();
        eloqua.store.lists.remove(&list);
        assert!(eloqua.take_run(later(1800)).is_none());
        let run = eloqua.runs().pop().unwrap();
        let why = "Must reference an existing list: {{ContactList[1]}} at character 8";
        assert_eq!(
            (&run["job"], &run["status"], &run["failure"], &run["ended"]),
            (&json!("vip"), &json!("failed"), &json!(why), &json!(later(1800).to_string()))
        );
        assert_eq!(eloqua.outbox().pop().unwrap()["subject"], json!("vip finished: failed"));
        assert_eq!(eloqua.run_now(later(1801), "vip").unwrap_err(), why);
        assert!(eloqua.take_run(later(3600)).is_some(), "other jobs run on, and so does its schedule");
        // One that could never be made is a mistake in the world file.
        let refused = Eloqua::new(1).seed(START, &json!({ "exports": [job] })).unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
    }

    #[test]
    fn the_first_hundred_files_are_taken_by_name() {
        let mut eloqua = with_import(json!({}));
        let run = eloqua.run_now(START, "from gigya").unwrap();
        let mut listing: Vec<FileEntry> =
            (0..103).map(|at| entry(&format!("contacts-{at:03}.csv"), 5, START)).collect();
        listing.reverse();
        let chosen = eloqua.choose(&run, &listing);
        assert_eq!(
            (chosen.len(), chosen[0].as_str(), chosen[99].as_str()),
            (100, "contacts-000.csv", "contacts-099.csv")
        );
        let notes = eloqua.runs().pop().unwrap()["notes"].clone();
        assert_eq!(notes, json!(["more than 100 files; the rest is left for the next run"]));
    }

    #[test]
    fn files_of_other_kinds_are_left_alone() {
        let mut eloqua = with_import(json!({ "file": "*" }));
        let run = eloqua.run_now(START, "from gigya").unwrap();
        let listing = [
            entry("a.TXT", 5, START),
            entry("b.Csv", 5 << 30, START),
            entry("c.csv", (5 << 30) + 1, START),
            entry("d.csv.UPLOADING", 5, START),
            entry("e.xml", 5, START),
            entry("f", 5, START),
            entry("g.XLSX", 5, START),
        ];
        assert_eq!(eloqua.choose(&run, &listing), ["a.TXT", "b.Csv"]);
        let run = eloqua.runs().pop().unwrap();
        let notes: Vec<&str> = run["notes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let about: Vec<&str> =
            notes.iter().filter_map(|note| note.split_once(' ')).map(|(name, _)| name).collect();
        assert_eq!(about, ["c.csv", "e.xml", "f", "g.XLSX"]);
    }

    #[test]
    fn what_runs_remember_is_bounded() {
        let mut eloqua = with_import(json!({}));
        // Each file is remembered as loaded as long as it is there.
        for at in 0..5 {
            let run = eloqua.run_now(later(at), "from gigya").unwrap();
            let name = format!("contacts-{at}.csv");
            eloqua.choose(&run, &[entry(&name, 13, START)]);
            eloqua.load(later(at), &run, &name, b"C_Gigya_UID1\n");
            eloqua.end_run(later(at), &run, Ok(()));
        }
        assert_eq!(
            eloqua.jobs.loaded.keys().map(|(_, file)| file.as_str()).collect::<Vec<_>>(),
            ["contacts-4.csv"]
        );
        // Remarks.
        let heads: Vec<String> = (0..300).map(|at| format!("h{at}")).collect();
        let run = load(&mut eloqua, later(10), &format!("C_Gigya_UID1,{}\n", heads.join(",")));
        assert_eq!(run["notes"].as_array().unwrap().len(), NOTES_KEPT + 1);
        // Rejects of all runs.
        let bad = format!("C_Gigya_UID1,C_EmailAddress\n{}", "ann,no address\n".repeat(REJECTS_KEPT + 1));
        for at in 0..30 {
            let run = load(&mut eloqua, later(20 + at), &format!("{bad}{at},no address\n"));
            assert_eq!(run["rejects"].as_array().unwrap().len(), REJECTS_KEPT + 1);
        }
        let runs = eloqua.runs();
        let of = |run: &Value| run["rejects"].as_array().unwrap().len();
        assert!(runs.iter().map(of).sum::<usize>() <= REJECTS_KEPT_IN_ALL + runs.len());
        let oldest = runs.iter().find(|run| run["rejected"] != json!(0)).unwrap();
        assert_eq!((of(oldest), &oldest["status"]), (1, &json!("warning")));
    }

    #[test]
    fn the_same_file_twice_changes_nothing() {
        let mut eloqua = with_import(json!({}));
        let file = "C_Gigya_UID1,C_EmailAddress\nann,ann@new.example\n";
        load(&mut eloqua, later(1), file);
        let before = eloqua.contacts();
        let again = load(&mut eloqua, later(61), file);
        assert_eq!((&again["in"], &again["unchanged"]), (&json!(1), &json!(1)));
        assert_eq!(eloqua.contacts(), before);
    }

    #[test]
    fn files_that_are_left_alone() {
        let mut eloqua = with_import(json!({}));
        let now = later(100);
        let run = eloqua.run_now(now, "from gigya").unwrap();
        let text = "C_Gigya_UID1,C_EmailAddress\nann,ann@new.example\n";
        let listing = [
            entry("contacts-2.csv", 5, later(10)),
            entry("contacts-1.csv", text.len(), later(20)),
            entry("contacts-3.csv.uploading", 5, later(10)),
            entry("contacts-4.csv.part", 5, later(10)),
            entry("other.csv", 5, later(10)),
            FileEntry { folder: true, ..entry("contacts-5.csv", 0, later(10)) },
        ];
        assert_eq!(eloqua.choose(&run, &listing), ["contacts-1.csv", "contacts-2.csv"]);
        eloqua.load(now, &run, "contacts-1.csv", text.as_bytes());
        eloqua.end_run(now, &run, Ok(()));
        // What was loaded as it is, is not taken again; what was written anew, is.
        for (size, modified, taken) in
            [(text.len(), later(20), false), (text.len(), later(30), true), (text.len() + 1, later(20), true)]
        {
            let run = eloqua.run_now(later(200), "from gigya").unwrap();
            let chosen = eloqua.choose(&run, &[entry("contacts-1.csv", size, modified)]);
            assert_eq!(!chosen.is_empty(), taken, "{size} {modified}");
            eloqua.end_run(later(200), &run, Ok(()));
        }
        eloqua.knobs_mut().set("eloqua.settle", "1min").unwrap();
        let run = eloqua.run_now(later(200), "from gigya").unwrap();
        let listing = [entry("contacts-6.csv", 5, later(150)), entry("contacts-7.csv", 5, later(140))];
        assert_eq!(eloqua.choose(&run, &listing), ["contacts-7.csv"]);
    }

    #[test]
    fn a_file_rewritten_in_the_second_of_its_load_is_told_by_content() {
        let mut eloqua = with_import(json!({}));
        let file = |city: &str| format!("C_Gigya_UID1,C_City\nann,{city}\n");
        for (city, rows) in [("Bruges", 1), ("Bruges", 0), ("Leuven", 1)] {
            let run = load(&mut eloqua, later(1), &file(city));
            assert_eq!(run["in"], json!(rows), "{city}");
            assert_eq!(eloqua.contacts()[0]["C_City"], json!(city));
        }
    }

    #[test]
    fn a_file_that_grows_while_it_is_fetched_is_left_for_the_next_run() {
        let mut eloqua = with_import(json!({}));
        let whole = "C_Gigya_UID1,C_City\nann,Bruges\n";
        let listed = [entry("contacts.csv", whole.len() - 4, START)];
        let before = eloqua.contacts();
        let run = eloqua.run_now(START, "from gigya").unwrap();
        assert_eq!(eloqua.choose(&run, &listed), ["contacts.csv"]);
        eloqua.load(START, &run, "contacts.csv", whole.as_bytes());
        eloqua.end_run(START, &run, Ok(()));
        let run = eloqua.runs().pop().unwrap();
        let note = "contacts.csv changed while it was fetched and is left for the next run";
        assert_eq!((&run["in"], &run["files"], &run["notes"]), (&json!(0), &json!([]), &json!([note])));
        assert_eq!(eloqua.contacts(), before);
        assert_eq!(load(&mut eloqua, START, whole)["updated"], json!(1));
    }

    #[test]
    fn subscriptions_come_in_a_column() {
        for more in [
            json!({ "sets_subscription": { "column": "news", "yes": "Y", "no": "N" } }),
            json!({ "mapping": {
                "C_Gigya_UID1": "C_Gigya_UID1", "news": "{{Contact.Email.IsSubscribed}}",
            } }),
        ] {
            let (yes, no) = if more.get("mapping").is_some() { ("true", "false") } else { ("y", "N") };
            let mut eloqua = with_import(more);
            for (at, word, expected) in [(1, no, false), (2, "", false), (3, yes, true)] {
                let run = load(&mut eloqua, later(at), &format!("C_Gigya_UID1,news\nann,{word}\n"));
                assert_eq!(run["status"], json!("success"));
                assert_eq!(eloqua.contacts()[0]["isSubscribed"], json!(expected), "{word}");
            }
            let run = load(&mut eloqua, later(4), "C_Gigya_UID1,news\nann,perhaps\n");
            assert_eq!((&run["status"], &run["rejects"][0]["fields"]), (&json!("warning"), &json!(["news"])));
        }
    }

    #[test]
    fn other_kinds_of_import() {
        let mut eloqua = with_import(json!({ "kind": "unsubscribe" }));
        let run = load(&mut eloqua, later(1), "C_EmailAddress\nANN@old.example\nnobody@brand.example\nx\n");
        assert_eq!((&run["in"], &run["updated"], &run["rejected"]), (&json!(3), &json!(2), &json!(1)));
        assert_eq!(eloqua.contacts()[0]["isSubscribed"], json!(false));

        let mapping = json!({ "before": "original", "after": "new" });
        let mut eloqua = with_import(json!({ "kind": "update_addresses", "mapping": mapping }));
        let file = "before,after\nann@old.example,ann@new.example\nnobody@x.example,b@x.example\n";
        let run = load(&mut eloqua, later(1), file);
        assert_eq!((&run["updated"], &run["unchanged"], &run["rejected"]), (&json!(1), &json!(1), &json!(0)));
        assert_eq!(eloqua.contacts()[0]["C_EmailAddress"], json!("ann@new.example"));
    }

    #[test]
    fn files_that_cannot_be_loaded() {
        for (file, why) in [
            (
                &b"C_EmailAddress\nann@old.example\n"[..],
                "contacts.csv: no column holds the unique match field C_Gigya_UID1",
            ),
            (&b"C_Gigya_UID1\n\xff\n"[..], "contacts.csv: the file is not in UTF-8"),
            (
                &b"C_Gigya_UID1,C_Gigya_UID1\nann,ann\n"[..],
                "contacts.csv: the heading `C_Gigya_UID1` stands twice",
            ),
        ] {
            let mut eloqua = with_import(json!({}));
            let before = eloqua.contacts();
            let run = eloqua.run_now(START, "from gigya").unwrap();
            eloqua.choose(&run, &[entry("contacts.csv", file.len(), START)]);
            eloqua.load(START, &run, "contacts.csv", file);
            eloqua.end_run(START, &run, Ok(()));
            let run = eloqua.runs().pop().unwrap();
            assert_eq!((&run["status"], &run["failure"]), (&json!("failed"), &json!(why)));
            assert_eq!(eloqua.contacts(), before);
        }
    }

    #[test]
    fn dates_with_fractions_are_left_out() {
        let mut eloqua = seeded(json!({
            "contact_fields": ["Gigya UID", { "name": "Born", "dataType": "date" }],
            "contacts": [{ "C_EmailAddress": "ann@old.example", "C_Gigya_UID1": "ann" }],
            "imports": [{ "name": "from gigya", "user": "eloqua", "key": "C_Gigya_UID1" }],
        }));
        for (at, date, expected) in
            [(1, "1959-05-06 10:00:00.5", None), (2, "1959-05-06", Some("1959-05-06"))]
        {
            let run =
                load(&mut eloqua, later(at), &format!("C_Gigya_UID1,C_Born1,C_City\nann,{date},Ghent\n"));
            assert_eq!(run["rejected"], json!(0));
            let contact = &eloqua.contacts()[0];
            assert_eq!(contact.get("C_Born1").and_then(Value::as_str), expected);
            assert_eq!(contact["C_City"], json!("Ghent"));
        }
    }

    fn with_export(more: Value) -> Eloqua {
        let mut job = json!({
            "name": "to gigya", "user": "eloqua", "file": "eloqua-{yyyyMMdd}.csv", "folder": "/in",
            "fields": ["C_Gigya_UID1", "C_EmailAddress", "{{Contact.Email.IsSubscribed}}"],
        });
        for (name, value) in more.as_object().unwrap() {
            job[name] = value.clone();
        }
        seeded(json!({
            "contact_fields": ["Gigya UID"],
            "contacts": [
                { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "ann" },
                { "C_EmailAddress": "bob@brand.example" },
            ],
            "exports": [job],
        }))
    }

    fn exported(run: &JobRun) -> (String, String) {
        let Work::Export { file, bytes } = &run.work else { panic!("an export is wanted") };
        (file.clone(), String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn an_export_makes_a_file() {
        for (more, heads) in [
            (json!({}), "Gigya UID;Email Address;{{Contact.Email.IsSubscribed}}"),
            (json!({ "header": "internal" }), "C_Gigya_UID1;C_EmailAddress;{{Contact.Email.IsSubscribed}}"),
        ] {
            let mut more = more;
            more["separator"] = json!(";");
            more["filter"] = json!("'{{Contact.Field(C_Gigya_UID1)}}' != ''");
            let mut eloqua = with_export(more);
            let run = eloqua.run_now(START, "to gigya").unwrap();
            let (file, text) = exported(&run);
            assert_eq!(file, "eloqua-20260105.csv");
            assert_eq!(text, format!("{heads}\r\nann;ann@brand.example;True\r\n"));
        }
        let mut eloqua = with_export(json!({ "mapping": { "uid": "C_Gigya_UID1" }, "fields": [] }));
        let run = eloqua.run_now(START, "to gigya").unwrap();
        assert_eq!(exported(&run).1, "uid\r\nann\r\n\"\"\r\n");
    }

    #[test]
    fn only_a_run_that_ended_well_moves_the_point_forward() {
        let mut eloqua = with_export(json!({ "changed_since_last_run": true, "every": "1h" }));
        let rows = |now: Instant, eloqua: &mut Eloqua, result: Result<(), String>| {
            let run = eloqua.run_now(now, "to gigya").unwrap();
            eloqua.end_run(now, &run, result);
            exported(&run).1.lines().count() - 1
        };
        assert_eq!(rows(later(10), &mut eloqua, Err("no connection".to_owned())), 2);
        assert_eq!(rows(later(20), &mut eloqua, Ok(())), 2);
        eloqua.store.set_subscribed(later(30), "bob@brand.example", false);
        assert_eq!(rows(later(40), &mut eloqua, Err("no connection".to_owned())), 1);
        assert_eq!(rows(later(50), &mut eloqua, Ok(())), 1);
        assert_eq!(rows(later(60), &mut eloqua, Ok(())), 0);
        assert_eq!(eloqua.runs()[0]["failure"], json!("no connection"));
    }

    #[test]
    fn schedules_repeat_and_do_not_overlap() {
        let mut eloqua = with_export(json!({ "every": "1h" }));
        assert_eq!(eloqua.next_due(), Some(later(3600)));
        assert!(eloqua.take_run(later(3599)).is_none());
        let first = eloqua.take_run(later(3600)).unwrap();
        assert_eq!(eloqua.run_now(later(3600), "to gigya").unwrap_err(), "`to gigya` is still running");
        assert!(eloqua.take_run(later(7200)).is_none(), "still running, so passed over");
        eloqua.end_run(later(7300), &first, Ok(()));
        assert!(eloqua.take_run(later(10_800)).is_some());
        assert_eq!(
            eloqua.run_now(START, "to gigia").unwrap_err(),
            "no import or export is called `to gigia`, did you mean `to gigya`?"
        );
        let mut once = with_export(json!({ "every": "once" }));
        let run = once.take_run(START).unwrap();
        once.end_run(START, &run, Ok(()));
        assert_eq!(once.next_due(), None);
    }

    proptest! {
        #[test]
        fn any_text_survives_the_trip(notes in proptest::collection::vec("[\\PC\r\n\t\",;|'+0]{1,40}", 1..5)) {
            let mut eloqua = with_import(json!({}));
            let job = json!({
                "name": "back", "user": "eloqua", "file": "back.csv", "fields": ["C_Gigya_UID1", "C_Notes1"],
                "header": "internal", "filter": "'{{Contact.Field(C_Gigya_UID1)}}' ~ 'p%'",
            });
            eloqua.seed(START, &json!({ "exports": [job] })).unwrap();
            let heads = ["C_Gigya_UID1", "C_EmailAddress", "C_Notes1"].map(str::to_owned);
            let row = |(at, note): (usize, &String)| vec![format!("p{at}"), format!("p{at}@brand.example"), note.clone()];
            let rows: Vec<Vec<String>> = notes.iter().enumerate().map(row).collect();
            let file = table::write(&heads, &rows, Format::CSV);
            let run = load(&mut eloqua, later(1), std::str::from_utf8(&file).unwrap());
            prop_assert_eq!(&run["created"], &json!(notes.len()));
            let run = eloqua.run_now(later(2), "back").unwrap();
            let back = table::read(exported(&run).1.as_bytes(), Format::CSV).unwrap();
            let told: Vec<String> = back.records.iter().map(|record| record[1].clone()).collect();
            prop_assert_eq!(told, notes);
        }

        #[test]
        fn any_bytes_may_be_loaded(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut eloqua = with_import(json!({}));
            let run = eloqua.run_now(START, "from gigya").unwrap();
            eloqua.load(START, &run, "contacts.csv", &bytes);
            eloqua.end_run(START, &run, Ok(()));
            let run = eloqua.runs().pop().unwrap();
            let number = |name: &str| run[name].as_u64().unwrap();
            prop_assert_eq!(
                number("in"),
                number("created") + number("updated") + number("unchanged") + number("rejected")
            );
        }
    }
}
