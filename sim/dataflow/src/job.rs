//! One run of a dataflow: what it is given and what it leaves.

use standin_clients::gigya::GigyaAccess;
use standin_model::Instant;
use standin_ports::{Chance, Clock, Http, Journal, Login, Stores};
use std::sync::Arc;

/// What a run is told.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's id, `${jobId}`.
    pub id: String,
    /// The site, and the credentials with which the engine calls it.
    pub access: GigyaAccess,
    /// Everything, or what changed since.
    pub extract: Extract,
    /// A cap on records, for test runs.
    pub limit: Option<u64>,
    /// When the job started; frozen for placeholders and scripts.
    pub started: Instant,
    /// What is traced.
    pub log: Log,
    /// How much may be under way at once.
    pub pace: Pace,
}

/// How much a job has under way at once. Either way the next page or piece is asked for before the last one is
/// worked on, never more than one ahead, and what comes of records is settled in the order in which they came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// One thing: calls reach the world in one order, so that the same seed gives the same journal.
    InOrder,
    /// The next page is fetched while the last one is worked on, and writers make `maxConnections` calls at once;
    /// those for one account still follow each other.
    Overlapping,
}

/// Looks at a run while it works.
pub trait Watcher: Send + Sync {
    /// Hears the counters after every batch and every piece of a file; `false` stops the job.
    fn goes_on(&self, steps: &[StepCount]) -> bool;
}

/// Lets every job run to its end.
pub(crate) struct Unwatched;

impl Watcher for Unwatched {
    fn goes_on(&self, _steps: &[StepCount]) -> bool {
        true
    }
}

/// How much a job tells in its trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Log {
    /// What went wrong.
    Error,
    /// And what each step did.
    Info,
    /// And the first records between every two steps.
    Debug,
}

/// Which records and files a reader takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extract {
    /// All of them.
    Full,
    /// Those changed after this point.
    Since(Instant),
}

/// The world as the engine sees it.
#[derive(Clone)]
pub struct Ports {
    /// To Gigya.
    pub http: Arc<dyn Http>,
    /// To file servers.
    pub login: Arc<dyn Login>,
    /// To object stores.
    pub stores: Arc<dyn Stores>,
    /// What happened.
    pub journal: Arc<dyn Journal>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Bytes for keys.
    pub chance: Arc<dyn Chance>,
}

/// What a run leaves.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct JobReport {
    /// Whether the job succeeded; records on error paths do not make it fail.
    pub succeeded: bool,
    /// Why it failed: the step, what it did, and where.
    pub failure: Option<String>,
    /// Whether it failed because its watcher stopped it.
    pub stopped: bool,
    /// Whether it failed because something outside could not be reached or broke off: another attempt may succeed.
    pub unreachable: bool,
    /// One per step, in the document's order.
    pub steps: Vec<StepCount>,
    /// What an operator reads.
    pub trace: Vec<String>,
    /// Final paths of the files written, in order.
    pub files_written: Vec<String>,
    /// Records that came in, from an account reader or a parser.
    pub processed: u64,
    /// Calls made to Gigya.
    pub calls: u64,
}

/// What went through one step.
///
/// Record steps count records, file steps files; a parser counts the records that it made, a formatter those
/// that it wrote. For each step `input + made = output + errors + filtered + unfinished`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StepCount {
    /// The step's id.
    pub id: String,
    /// Its component type, as in the component list.
    pub kind: String,
    /// Came in.
    pub input: u64,
    /// Made here: read, parsed, or the second and later results of one input.
    pub made: u64,
    /// Went on to `next`, or out of the flow where there is none.
    pub output: u64,
    /// Went to `error`, or was dropped and traced where there is none.
    pub errors: u64,
    /// Ended here on purpose.
    pub filtered: u64,
    /// Was under way here when the job ended early: what became of it, nobody counted. None in a job that succeeded.
    pub unfinished: u64,
}

impl StepCount {
    /// Whether nothing disappeared.
    pub fn balanced(&self) -> bool {
        self.input + self.made == self.settled() + self.unfinished
    }

    /// What left the step one way or another.
    pub(crate) fn settled(&self) -> u64 {
        self.output + self.errors + self.filtered
    }
}
