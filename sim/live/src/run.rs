//! Attempts until a job succeeds or there is no point in another.

use crate::dry_run::Plan;
use crate::endpoints::Endpoints;
use standin_clients::gigya::GigyaAccess;
use standin_dataflow::{Document, Extract, Job, JobReport, Log, Pace, Ports, Watcher, run_watched};
use standin_model::Instant;
use standin_ports::journal::Silent;
use standin_ports::{Clock, Http, Stores};
use standin_wire::{LiveHttp, ObjectStores, OsChance};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What a live run is told.
#[derive(Clone)]
pub struct Live {
    /// Where everything is.
    pub endpoints: Endpoints,
    /// The site, and who calls it.
    pub access: GigyaAccess,
    /// The job's id.
    pub job_id: String,
    /// What is read.
    pub extract: Extract,
    /// A cap on records.
    pub limit: Option<u64>,
    /// What is traced.
    pub log: Log,
    /// How often the job is tried where something cannot be reached.
    pub attempts: u32,
    /// How long it waits before the second attempt; before each further one twice as long.
    pub pause: Duration,
    /// Whether it only shows what it would write.
    pub dry: bool,
}

/// What a live run leaves.
pub struct Outcome {
    /// The last attempt's report.
    pub report: JobReport,
    /// How many attempts there were.
    pub attempts: u32,
    /// When the job began.
    pub started: Instant,
    /// What the last attempt would have written, if it was dry.
    pub plan: Option<Plan>,
}

/// Runs a document against real endpoints, on the runtime behind `handle`.
pub async fn run(
    document: &Document,
    live: &Live,
    handle: &Handle,
    clock: Arc<dyn Clock>,
    watcher: Arc<dyn Watcher>,
) -> Result<Outcome, String> {
    let started = clock.now();
    let job = Job {
        id: live.job_id.clone(),
        access: live.access.clone(),
        extract: live.extract,
        limit: live.limit,
        started,
        log: live.log,
        pace: Pace::Overlapping,
    };
    let (mut attempt, mut pause) = (1, live.pause);
    loop {
        let plan = live.dry.then(Plan::default);
        let (http, login) = (live.endpoints.http(handle)?, live.endpoints.login(handle));
        let (http, login, stores) = match &plan {
            Some(plan) => (plan.http(http), plan.login(login), plan.stores(stores(handle))),
            None => (http, login, stores(handle)),
        };
        let ports = Ports {
            http,
            login,
            stores,
            journal: Arc::new(Silent),
            clock: Arc::clone(&clock),
            chance: Arc::new(OsChance),
        };
        let report = run_watched(document, &job, &ports, Arc::clone(&watcher)).await;
        if report.succeeded || !report.unreachable || attempt >= live.attempts {
            return Ok(Outcome { report, attempts: attempt, started, plan });
        }
        let mut left = pause;
        while !left.is_zero() {
            // Whoever watches is asked every second.
            let now = left.min(Duration::from_secs(1));
            wait(handle, now).await;
            left -= now;
            if !watcher.goes_on(&report.steps) {
                return Ok(Outcome { report, attempts: attempt, started, plan });
            }
        }
        attempt += 1;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The real services, whatever other server Gigya's calls go to. Nothing is opened before a step needs it.
fn stores(handle: &Handle) -> Arc<dyn Stores> {
    let on = handle.clone();
    let connect = move || LiveHttp::new(on.clone(), None).map(|http| Arc::new(http) as Arc<dyn Http>);
    Arc::new(ObjectStores::new(handle.clone(), Arc::new(connect)))
}

#[expect(clippy::disallowed_methods, reason = "a live run waits for the world's own time")]
async fn wait(handle: &Handle, pause: Duration) {
    let waited = handle.spawn(async move { tokio::time::sleep(pause).await });
    // A runtime that stopped ends the wait as well.
    drop(waited.await);
}
