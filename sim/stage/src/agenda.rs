//! What a world does by itself: one ordered agenda over all parts, each entry completed before the next.

use crate::clock::StageClock;
use crate::parts::Parts;
use crate::surface::locked;
use serde_json::{Value, json};
use standin_clients::gigya::{GigyaAccess, Proof};
use standin_dataflow::{Document, Job, JobReport, Pace, Ports, StepCount, Watcher};
use standin_fake_eloqua::{JobRun, LARGEST_FILE, RowLoaded, Work};
use standin_fake_gigya::{Gigya, IdxJob, JobEnd};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::chance::Seeded;
use standin_ports::files::{read_whole, write_whole};
use standin_ports::http::Left;
use standin_ports::journal::masked;
use standin_ports::{Clock, FileError, Journal, What};
use standin_push::Outbox;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// More than the largest file that Eloqua's own import takes: one that grew meanwhile is left for the next run.
const LARGEST_IMPORT: usize = (LARGEST_FILE as usize) * 2;

impl Parts {
    /// When the world next has something to do by itself.
    pub async fn next_due(&self) -> Option<Instant> {
        let outbox = self.outbox.lock().await.next_due();
        let fakes = [
            locked(&self.gigya).next_due(),
            locked(&self.eloqua).next_due(),
            locked(&self.qualifio).next_due(),
            locked(&self.faults).late.next_due(),
        ];
        fakes.into_iter().chain([outbox]).flatten().min()
    }

    /// Does everything that is due by now, and tells whether that came to an end.
    pub async fn settle(&self) -> bool {
        self.collect_pushes().await;
        self.collect_erasures().await;
        // Work may bring more work that is due at once; a world that never comes to rest is a mistake of ours.
        for _ in 0..10_000 {
            let now = self.clock.now();
            match self.next_due().await {
                Some(due) if due <= now => self.work(now).await,
                _ => return true,
            }
        }
        self.note("the agenda does not come to rest: more than 10000 entries were due at one time");
        false
    }

    /// Lets `span` pass, entry by entry, but no more of it once nobody waits for that any more.
    pub async fn advance(&self, span: Duration) {
        self.advance_while(span, || !self.asker_left()).await;
    }

    /// Lets `span` pass, but no more of it once somebody waits who would undo it, or once `asker` has left. Whether all
    /// of it passed.
    pub async fn advance_for(&self, asker: &Left, span: Duration) -> bool {
        self.advance_while(span, || self.undoing.load(Ordering::SeqCst) == 0 && !asker.is_so()).await
    }

    async fn advance_while(&self, span: Duration, go_on: impl Fn() -> bool) -> bool {
        let end = self.clock.now().plus(span);
        self.settle().await;
        while let Some(due) = self.next_due().await.filter(|due| *due <= end) {
            if !go_on() {
                return false;
            }
            self.clock.reach(due);
            if !self.settle().await {
                break;
            }
        }
        self.clock.reach(end);
        self.settle().await;
        true
    }

    async fn work(&self, now: Instant) {
        locked(&self.gigya).advance(now);
        locked(&self.eloqua).advance(now);
        locked(&self.qualifio).advance(now);
        loop {
            let held = locked(&self.faults).late.take_due(now);
            let Some(held) = held else { break };
            self.arrive(held).await;
        }
        self.collect_pushes().await;
        self.collect_erasures().await;
        self.push(now).await;
        loop {
            let job = locked(&self.gigya).take_job(now);
            let Some(job) = job else { break };
            self.run_job(job).await;
        }
        loop {
            let call = locked(&self.gigya).take_webhook(now);
            let Some(call) = call else { break };
            self.deliver(call).await;
        }
        loop {
            let call = locked(&self.qualifio).take_webhook(now);
            let Some(call) = call else { break };
            self.deliver_participation(call).await;
        }
        loop {
            let callback = locked(&self.eloqua).take_callback();
            let Some(callback) = callback else { break };
            self.call_back(callback).await;
        }
        loop {
            let run = locked(&self.eloqua).take_run(now);
            let Some(run) = run else { break };
            self.run_eloqua(run).await;
        }
    }

    /// Pushes what Qualifio has just accepted, and nothing else that is due: Gigya has a form before anybody who saw
    /// that it was accepted can ask, and still nobody's page waits for a receiver or for a job.
    pub(crate) async fn push_accepted(&self) {
        self.collect_pushes().await;
        self.collect_erasures().await;
        self.push(self.clock.now()).await;
    }

    /// Takes accepted forms from Qualifio to the push. Nobody who waits for the outbox finds them in between.
    async fn collect_pushes(&self) {
        let mut outbox = self.outbox.lock().await;
        let orders = locked(&self.qualifio).take_pushes();
        if orders.is_empty() {
            return;
        }
        let now = self.clock.now();
        for order in orders {
            outbox.enqueue(now, crate::sso::participation(order));
        }
        self.publish(&mut outbox);
    }

    /// Lets pushes of people whom Qualifio has forgotten be given up.
    async fn collect_erasures(&self) {
        let erased = locked(&self.qualifio).take_erasures();
        if erased.is_empty() {
            return;
        }
        let mut outbox = self.outbox.lock().await;
        outbox.erase(self.clock.now(), &erased.into_iter().collect());
        self.publish(&mut outbox);
    }

    async fn push(&self, now: Instant) {
        let mut outbox = self.outbox.lock().await;
        if outbox.next_due().is_some_and(|due| due <= now) {
            let present = |site| locked(&self.qualifio).gigya_config(site);
            outbox.renew_access(now, |site| present(site).map(|config| crate::sso::access(&config)));
            outbox.run_due(now, self.http(), self.journal.as_ref()).await;
            self.publish(&mut outbox);
        }
    }

    /// Brings what became of pushes to Qualifio's log.
    fn publish(&self, outbox: &mut Outbox) {
        let mut qualifio = locked(&self.qualifio);
        for record in outbox.take_news() {
            qualifio.record_push(record.to_json());
        }
    }

    async fn run_job(&self, job: IdxJob) {
        let report = self.run_document(&job).await;
        let (end, failure) = match report {
            Ok(report) => (ended(&report), report.failure.clone()),
            Err(why) => {
                let trace = vec![why.clone()];
                let end =
                    JobEnd { succeeded: false, again: false, processed: 0, trace, metrics: Value::Null };
                (end, Some(why))
            }
        };
        if let Some(why) = failure {
            self.note(&format!("job {} of dataflow {} failed: {why}", job.job_id, job.dataflow_id));
        }
        locked(&self.gigya).finish_job(self.clock.now(), &job.job_id, end);
    }

    async fn run_document(&self, job: &IdxJob) -> Result<JobReport, String> {
        let text = job.document.to_string();
        let (mut document, _) = Document::parse(&text).map_err(|problems| {
            problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
        })?;
        let extract = standin_dataflow::schedule::extract(&job.scheduling, job.last_runtime, job.started)?;
        let (dataflow, stubs) = (&job.dataflow_id, self.place_stubs(&job.dataflow_id, &mut document)?);
        let ports = Ports {
            http: self.http(),
            login: self.login(),
            stores: Arc::new(self.stores()),
            journal: Arc::clone(&self.journal) as Arc<dyn Journal>,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            chance: Arc::new(Seeded::new(&job.job_id)),
        };
        let access = GigyaAccess {
            api_key: job.api_key.clone(),
            data_center: job.data_center.clone(),
            proof: Proof::Secret { user_key: job.user_key.clone(), secret: job.secret.clone() },
        };
        let run = Job {
            id: job.job_id.clone(),
            access,
            extract,
            limit: standin_dataflow::schedule::limit(&job.scheduling)?,
            started: job.started,
            log: standin_dataflow::schedule::log(&job.scheduling)?,
            // Where time passes by itself nothing repeats to the byte, so nothing is lost by being quick.
            pace: if self.clock.follows() { Pace::Overlapping } else { Pace::InOrder },
        };
        let asker = locked(&self.asker).clone();
        let (gigya, clock) = (Arc::clone(&self.gigya), Arc::clone(&self.clock));
        let watcher = Stoppable { gigya, clock, asker, job_id: run.id.clone() };
        let report = standin_dataflow::run_watched(&document, &run, &ports, Arc::new(watcher)).await;
        self.keep_stubbed(dataflow, stubs);
        Ok(report)
    }

    /// Runs one of Eloqua's own jobs to its end and lets Eloqua keep its history.
    pub(crate) async fn run_eloqua(&self, run: JobRun) {
        let result = self.transfer(&run).await.map_err(|error| error.to_string());
        if let Err(why) = &result {
            self.note(&format!("Eloqua job `{}` failed: {why}", run.name));
        }
        locked(&self.eloqua).end_run(self.clock.now(), &run, result);
    }

    async fn transfer(&self, run: &JobRun) -> Result<(), FileError> {
        let files = self.login().login(&run.target).await?;
        let within = |name: &str| format!("{}/{name}", run.folder.trim_end_matches('/'));
        match &run.work {
            Work::Import => {
                let listing = files.list(&run.folder).await?;
                let chosen = locked(&self.eloqua).choose(run, &listing);
                for name in chosen {
                    let bytes = read_whole(files.as_ref(), &within(&name), LARGEST_IMPORT).await?;
                    let loaded = locked(&self.eloqua).load(self.clock.now(), run, &name, &bytes);
                    self.tell_rows(&within(&name), loaded);
                }
                Ok(())
            }
            Work::Export { file, bytes } => {
                let part = within(&format!("{file}.part"));
                write_whole(files.as_ref(), &part, bytes.clone()).await?;
                files.rename(&part, &within(file)).await
            }
        }
    }

    /// What became of the rows of a file, in the order in which they stood.
    fn tell_rows(&self, file: &str, mut loaded: Vec<RowLoaded>) {
        loaded.sort_by_key(|row| row.row);
        for row in loaded {
            let contact = match &row.contact {
                Value::Null => String::new(),
                values => format!(" {}", masked(values.to_string().as_bytes())),
            };
            self.journal.record(What::Change {
                who: "eloqua",
                place: row.place,
                subject: format!("{file}, row {}", row.row),
                before: masked(row.cells.to_string().as_bytes()),
                after: format!("{}{contact}", row.verdict),
            });
        }
    }

    /// A sentence in the journal.
    pub fn note(&self, text: &str) {
        self.journal.record(What::Note { who: "stage", text: text.to_owned() });
    }
}

/// Lets a job run until it is stopped, as it is when whoever waits for it leaves.
struct Stoppable {
    gigya: Arc<Mutex<Gigya>>,
    clock: Arc<StageClock>,
    asker: Left,
    job_id: String,
}

impl Watcher for Stoppable {
    fn goes_on(&self, _steps: &[StepCount]) -> bool {
        let mut gigya = locked(&self.gigya);
        if self.asker.is_so() {
            gigya.stop_job(self.clock.now(), &self.job_id);
        }
        gigya.job_is_running(&self.job_id)
    }
}

fn ended(report: &JobReport) -> JobEnd {
    let metrics = report.steps.iter().map(|step| {
        json!({
            "stepId": step.id, "type": step.kind, "input": step.input, "made": step.made, "output": step.output,
            "errors": step.errors, "filtered": step.filtered, "unfinished": step.unfinished,
        })
    });
    JobEnd {
        succeeded: report.succeeded,
        again: report.unreachable,
        processed: report.processed,
        trace: report.trace.clone(),
        metrics: metrics.collect(),
    }
}
