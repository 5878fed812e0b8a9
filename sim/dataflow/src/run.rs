//! Runs a document: entry points read, batches go depth-first through the branches in the order of the list,
//! and what waits for the end of its input is closed in topological order.

use crate::component::{Carries, Component, Each, Fate, FilePart, Setup};
use crate::document::{Document, Step};
use crate::gigya::Gigya;
use crate::job::{Extract, Job, JobReport, Log, Ports, StepCount, Unwatched, Watcher};
use crate::placeholder::Placeholders;
use crate::record::{ERROR_DETAILS, Record};
use crate::shared_variables::SharedVariables;
use serde_json::Value;
use standin_model::mutant::mutated_at;
use standin_ports::journal::masked;
use standin_ports::{Journal, What};
use std::pin::Pin;
use std::sync::Arc;

/// Records that travel together.
pub(crate) const BATCH: usize = 300;

/// Changed records that one step tells the journal about in one run.
const JOURNALED: u32 = 200;

/// Records that one step looks at for changes.
const WATCHED: u32 = 2000;

/// Records between two steps that a run in debug traces.
const DEBUGGED: u32 = 3;

/// Dropped records that one step traces one by one.
const DROPS_TOLD: u64 = 20;

/// Lines of trace.
const TRACE: usize = 10_000;

/// Runs a document once. Never panics and never fails: a failed job is a report.
pub async fn run(document: &Document, job: &Job, ports: &Ports) -> JobReport {
    run_watched(document, job, ports, Arc::new(Unwatched)).await
}

/// The same under the eyes of somebody who may stop it.
pub async fn run_watched(
    document: &Document,
    job: &Job,
    ports: &Ports,
    watcher: Arc<dyn Watcher>,
) -> JobReport {
    let mut engine = Engine::new(document, job, ports, watcher);
    let result = engine.work(job, ports).await;
    if let Err(stop) = &result {
        for slot in engine.slots.iter_mut().flatten() {
            slot.abandon().await;
        }
        let failed = if stop.cause() == Cause::Asked { "was" } else { "failed:" };
        engine.told(Log::Error, format!("job {} {failed} {}", job.id, stop.text()));
    }
    engine.report(result)
}

/// Why a job cannot go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// This step failed; whoever called it adds its name.
    Here(String),
    /// The same, since something outside could not be reached or broke off: another attempt may succeed.
    Outside(String),
    /// A step further on failed, and is named in the text.
    Named(String, Cause),
}

/// What stopped a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// The flow, its data, or a refusal.
    Inside,
    /// Something outside that may pass.
    Outside,
    /// Its watcher.
    Asked,
}

impl Stop {
    fn text(&self) -> &str {
        match self {
            Self::Here(text) | Self::Outside(text) | Self::Named(text, _) => text,
        }
    }

    fn cause(&self) -> Cause {
        match self {
            Self::Here(_) => Cause::Inside,
            Self::Outside(_) => Cause::Outside,
            Self::Named(_, cause) => *cause,
        }
    }

    fn named(self, step: &Step) -> Self {
        match self {
            Self::Here(text) => Self::Named(format!("{}: {text}", step.place()), Cause::Inside),
            Self::Outside(text) => Self::Named(format!("{}: {text}", step.place()), Cause::Outside),
            named @ Self::Named(..) => named,
        }
    }
}

impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::Here(text)
    }
}

type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// What one run knows beside its components.
struct Engine {
    document: Document,
    journal: Arc<dyn Journal>,
    log: Log,
    slots: Vec<Option<Box<dyn Component>>>,
    counts: Vec<StepCount>,
    tallies: Vec<Tally>,
    gigya: Gigya,
    trace: Vec<String>,
    files_written: Vec<String>,
    watcher: Arc<dyn Watcher>,
}

#[derive(Clone, Default)]
struct Tally {
    journaled: u32,
    watched: u32,
    debugged: u32,
    dropped: u64,
}

impl Engine {
    fn new(document: &Document, job: &Job, ports: &Ports, watcher: Arc<dyn Watcher>) -> Self {
        let counts = document.steps.iter().map(|step| StepCount {
            id: step.id.clone(),
            kind: step.component.kind.to_owned(),
            ..StepCount::default()
        });
        Self {
            journal: ports.journal.clone(),
            log: job.log,
            slots: Vec::new(),
            counts: counts.collect(),
            tallies: vec![Tally::default(); document.steps.len()],
            gigya: Gigya::new(job, ports),
            trace: Vec::new(),
            files_written: Vec::new(),
            watcher,
            document: document.clone(),
        }
    }

    async fn work(&mut self, job: &Job, ports: &Ports) -> Result<(), Stop> {
        let what = match job.extract {
            Extract::Full => "everything".to_owned(),
            Extract::Since(at) => format!("what changed after {at}"),
        };
        self.trace(format!("job {} of dataflow `{}` reads {what}", job.id, self.document.name));
        let placeholders =
            Placeholders { now: job.started, job_id: job.id.clone(), api_key: job.access.api_key.clone() };
        let shared = SharedVariables::default();
        for step in &self.document.steps {
            let setup =
                Setup { step, job, ports, gigya: &self.gigya, placeholders: &placeholders, shared: &shared };
            let component = match &step.stub {
                Some(stub) => stub.build(&setup),
                None if mutated_at("dataflow.step.idle", step.component.kind) => Box::new(Each(Fate::next)),
                None => (step.component.build)(&setup).map_err(|text| Stop::Here(text).named(step))?,
            };
            self.slots.push(Some(component));
        }
        for entry in self.document.graph.entries.clone() {
            self.at_work(entry, |component, out| Box::pin(async move { component.read(out).await })).await?;
        }
        for step in self.document.graph.order.clone() {
            self.at_work(step, |component, out| Box::pin(async move { component.finish(out).await })).await?;
        }
        Ok(())
    }

    fn report(mut self, result: Result<(), Stop>) -> JobReport {
        let unnamed: Vec<String> = self
            .document
            .steps
            .iter()
            .zip(&self.tallies)
            .filter(|(_, tally)| tally.dropped > DROPS_TOLD)
            .map(|(step, tally)| format!("{}: {} records dropped in all", step.place(), tally.dropped))
            .collect();
        for line in unnamed {
            self.told(Log::Error, line);
        }
        if result.is_err() {
            for count in &mut self.counts {
                count.unfinished = (count.input + count.made).saturating_sub(count.settled());
            }
        }
        let sources = self.document.steps.iter().zip(&self.counts).filter(|(step, _)| {
            step.component.input != Carries::Records && step.component.output == Carries::Records
        });
        let cause = result.as_ref().err().map(Stop::cause);
        JobReport {
            succeeded: result.is_ok(),
            stopped: cause == Some(Cause::Asked),
            unreachable: cause == Some(Cause::Outside),
            failure: result.err().map(|stop| masked(stop.text().as_bytes())),
            processed: sources.map(|(_, count)| count.made).sum(),
            calls: self.gigya.calls(),
            steps: self.counts,
            trace: self.trace,
            files_written: self.files_written,
        }
    }

    /// Asks whoever watches whether the job goes on.
    fn watched(&self) -> Result<(), Stop> {
        match self.watcher.goes_on(&self.counts) {
            true => Ok(()),
            false => Err(Stop::Named("stopped".to_owned(), Cause::Asked)),
        }
    }

    fn trace(&mut self, line: String) {
        self.told(Log::Info, line);
    }

    fn told(&mut self, level: Log, line: String) {
        if level > self.log {
            return;
        }
        // Scripts log whole records, and refusals quote what was sent.
        let line = masked(line.as_bytes());
        match self.trace.len() {
            TRACE.. => return,
            length if length + 1 == TRACE => self.trace.push(format!("no more than {TRACE} lines are kept")),
            _ => self.trace.push(line.clone()),
        }
        self.journal.record(What::Note { who: "dataflow", text: line });
    }

    /// Lets one step work, with an outlet into the rest of the flow.
    async fn at_work<F>(&mut self, step: usize, work: F) -> Result<(), Stop>
    where
        F: for<'c> FnOnce(&'c mut Box<dyn Component>, &'c mut Outlet<'_>) -> Done<'c> + Send,
    {
        let Some(mut component) = self.slots.get_mut(step).and_then(Option::take) else {
            return Err(Stop::Here("a step was fed while it was at work".to_owned()));
        };
        let mut out = Outlet { engine: self, step, next: Vec::new(), errors: Vec::new() };
        let mut result = work(&mut component, &mut out).await;
        if result.is_ok() {
            result = out.flush().await;
        }
        let named = result.map_err(|stop| stop.named(&self.document.steps[step]));
        self.slots[step] = Some(component);
        named
    }

    fn deliver_records(&mut self, step: usize, batch: Vec<Record>) -> Done<'_> {
        self.counts[step].input += batch.len() as u64;
        Box::pin(self.at_work(step, |component, out| Box::pin(component.records(batch, out))))
    }

    fn deliver_file(&mut self, step: usize, part: FilePart) -> Done<'_> {
        let parser = self.document.steps[step].component.output == Carries::Records;
        if matches!(part, FilePart::Start(_)) && !parser {
            self.counts[step].input += 1;
        }
        Box::pin(self.at_work(step, |component, out| Box::pin(component.file(part, out))))
    }
}

/// Where a component puts what it makes.
pub(crate) struct Outlet<'e> {
    engine: &'e mut Engine,
    step: usize,
    next: Vec<Record>,
    errors: Vec<Record>,
}

/// A record before its step, kept as long as the journal wants to know.
pub(crate) struct Watch {
    before: Option<String>,
    subject: Arc<str>,
}

impl Outlet<'_> {
    /// Remembers a record that came in.
    pub(crate) fn watch(&mut self, record: &Record) -> Watch {
        let tally = &mut self.engine.tallies[self.step];
        let wanted = tally.journaled < JOURNALED && tally.watched < WATCHED;
        tally.watched = tally.watched.saturating_add(1);
        Watch { before: wanted.then(|| record.json()), subject: record.subject.clone() }
    }

    /// Counts, journals and sends on what became of a record that came in.
    pub(crate) async fn settle(&mut self, watch: Watch, fate: Fate) -> Result<(), Stop> {
        if let Some(before) = watch.before {
            self.journal_fate(&watch.subject, before, &fate);
        }
        let results = (fate.next.len() + fate.errors.len()) as u64;
        let count = &mut self.engine.counts[self.step];
        count.made += results.saturating_sub(1);
        count.filtered += u64::from(results == 0);
        self.put(fate.next);
        self.put_errors(fate.errors);
        self.flush_full().await
    }

    /// Sends on a record that was read, parsed or made from nothing.
    pub(crate) async fn made(&mut self, record: Record) -> Result<(), Stop> {
        let count = &mut self.engine.counts[self.step];
        count.made += 1;
        count.output += 1;
        self.next.push(record);
        self.flush_full().await
    }

    /// Sends results that belong to no single record that came in.
    pub(crate) async fn made_all(&mut self, fate: Fate) -> Result<(), Stop> {
        self.engine.counts[self.step].made += (fate.next.len() + fate.errors.len()) as u64;
        self.put(fate.next);
        self.put_errors(fate.errors);
        self.flush_full().await
    }

    fn put(&mut self, records: Vec<Record>) {
        self.engine.counts[self.step].output += records.len() as u64;
        self.next.extend(records);
    }

    fn put_errors(&mut self, records: Vec<Record>) {
        self.engine.counts[self.step].errors += records.len() as u64;
        if !self.here().error.is_empty() {
            self.errors.extend(records);
            return;
        }
        for record in records {
            self.engine.tallies[self.step].dropped += 1;
            if self.engine.tallies[self.step].dropped <= DROPS_TOLD {
                let why = record.fields.get(ERROR_DETAILS).map(Value::to_string).unwrap_or_default();
                let line = format!("{}: record {} dropped: {why}", self.here().place(), record.subject);
                self.engine.told(Log::Error, line);
            }
        }
    }

    fn journal_fate(&mut self, subject: &Arc<str>, before: String, fate: &Fate) {
        let mut outcomes: Vec<(Arc<str>, String)> = Vec::new();
        for record in &fate.next {
            let after = record.json();
            if after != before {
                outcomes.push((record.subject.clone(), after));
            }
        }
        for record in &fate.errors {
            let why = record.fields.get(ERROR_DETAILS).map(Value::to_string).unwrap_or_default();
            outcomes.push((record.subject.clone(), format!("rejected: {why}")));
        }
        if fate.next.is_empty() && fate.errors.is_empty() {
            outcomes.push((subject.clone(), format!("left out: {}", fate.filtered)));
        }
        for (subject, after) in outcomes {
            self.change(&subject, before.clone(), after);
        }
    }

    /// Tells the journal that a value became another here.
    pub(crate) fn change(&mut self, subject: &str, before: String, after: String) {
        let tally = &mut self.engine.tallies[self.step];
        if tally.journaled < JOURNALED {
            tally.journaled += 1;
            let place = self.here().place();
            let (before, after) = (masked(before.as_bytes()), masked(after.as_bytes()));
            let what = What::Change { who: "dataflow", place, subject: subject.to_owned(), before, after };
            self.engine.journal.record(what);
        }
    }

    /// Whether the journal still wants to hear of changes at this step.
    pub(crate) fn wants_changes(&self) -> bool {
        self.engine.tallies[self.step].journaled < JOURNALED
    }

    /// Adds a line to the trace, with the step's name.
    pub(crate) fn trace(&mut self, line: &str) {
        let line = format!("{}: {line}", self.here().place());
        self.engine.trace(line);
    }

    /// Adds a line about what went wrong to the trace, with the step's name.
    pub(crate) fn trace_error(&mut self, line: &str) {
        let line = format!("{}: {line}", self.here().place());
        self.engine.told(Log::Error, line);
    }

    /// Counts records that ended in a file.
    pub(crate) fn written(&mut self, records: u64) {
        self.engine.counts[self.step].output += records;
    }

    /// Counts records that end here on purpose.
    pub(crate) fn left_out(&mut self, records: u64) {
        self.engine.counts[self.step].filtered += records;
    }

    /// Counts files that came out of one beyond the first.
    pub(crate) fn multiplied(&mut self, files: u64) {
        self.engine.counts[self.step].made += files;
    }

    /// Counts a file that stands whole under its final name.
    pub(crate) fn stored(&mut self, path: String) {
        self.engine.counts[self.step].output += 1;
        self.engine.files_written.push(path);
    }

    /// Sends a piece of a file on.
    pub(crate) async fn file(&mut self, part: FilePart) -> Result<(), Stop> {
        let component = self.here().component;
        if matches!(part, FilePart::Start(_)) && component.input != Carries::Records {
            let count = &mut self.engine.counts[self.step];
            count.output += 1;
            count.made += u64::from(component.input == Carries::Nothing);
        }
        self.engine.watched()?;
        for target in self.here().next.clone() {
            self.engine.deliver_file(target, part.clone()).await?;
        }
        Ok(())
    }

    fn here(&self) -> &Step {
        &self.engine.document.steps[self.step]
    }

    async fn flush_full(&mut self) -> Result<(), Stop> {
        if self.next.len() >= BATCH || self.errors.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    /// Sends on what waits, branch by branch; each branch gets records of its own.
    pub(crate) async fn flush(&mut self) -> Result<(), Stop> {
        let (next, errors) = (std::mem::take(&mut self.next), std::mem::take(&mut self.errors));
        self.debug(&next);
        let (to_next, to_error) = (self.here().next.clone(), self.here().error.clone());
        self.branch(to_next, next).await?;
        self.branch(to_error, errors).await
    }

    async fn branch(&mut self, targets: Vec<usize>, batch: Vec<Record>) -> Result<(), Stop> {
        if batch.is_empty() {
            return Ok(());
        }
        self.engine.watched()?;
        let Some((last, others)) = targets.split_last() else { return Ok(()) };
        for target in others {
            self.engine.deliver_records(*target, batch.clone()).await?;
        }
        self.engine.deliver_records(*last, batch).await
    }

    fn debug(&mut self, next: &[Record]) {
        if self.engine.log < Log::Debug {
            return;
        }
        for record in next {
            if self.engine.tallies[self.step].debugged == DEBUGGED {
                return;
            }
            self.engine.tallies[self.step].debugged += 1;
            self.trace(&format!("-> {}", record.json()));
        }
    }
}
