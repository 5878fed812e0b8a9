//! Eloqua's own jobs: files that it fetches from a customer's SFTP server and loads, files that it makes of
//! contacts and delivers there. The stage does the fetching and delivering; everything else happens here.

mod run;

pub(crate) use run::{REJECTS_KEPT, Run};

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
use standin_model::mutant::mutated;
use standin_ports::{FileEntry, FilesTarget};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How many runs are remembered; older ones are forgotten.
const RUNS_KEPT: usize = 1000;
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
/// The size of the largest file that is loaded. The platform takes 5 GB; here every contact stays in memory, at several
/// times its size in the file.
pub const LARGEST_FILE: u64 = 256 << 20;
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

    /// Where a job finds or puts its files: its folder, and the name or pattern of its files on a day.
    pub fn job_files(&self, now: Instant, name: &str) -> Option<(String, String)> {
        let job = self.jobs.all.get(name)?;
        let stamped = matches!(&job.direction, Direction::Export(export) if export.date_stamp);
        Some((job.folder.clone(), file_name(&job.file, stamped, now)))
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
                record.note(format!(
                    "{} is larger than 256 MiB and was left alone: the platform would take it up to 5 GB",
                    entry.name
                ));
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
            if same && !mutated("eloqua.import.file-loaded-again") {
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
        if export.changed_since_last_run && !mutated("eloqua.export.always-everything") {
            match self.jobs.succeeded.get(&job.name) {
                Some(since) => {
                    notes.push(format!("changed since {since}"));
                    let text = time::exported(export.zone.civil(*since));
                    let changed = match export.of {
                        Of::Contacts => Statement::UpdatedAt,
                        Of::Records(owner) => Statement::Record(owner, Own::UpdatedAt),
                    };
                    filters.push(Filter::Compare(changed, Op::NotLess, text.into()));
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
        if record.failure.is_none() || mutated("eloqua.export.watermark-moves-on-failure") {
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
mod tests;
