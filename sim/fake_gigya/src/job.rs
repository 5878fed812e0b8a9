//! Dataflow jobs as they leave the platform and come back. Who runs them is the stage's business.

use serde_json::Value;
use standin_model::Instant;
use standin_ports::Secret;

/// A job that is to be run now.
#[derive(Clone, Debug)]
pub struct IdxJob {
    /// The job's id, the value of `${jobId}`.
    pub job_id: String,
    /// Which dataflow.
    pub dataflow_id: String,
    /// Which scheduling started it.
    pub scheduling_id: String,
    /// The dataflow's site.
    pub api_key: String,
    /// The site's first key, which the platform uses for its own calls.
    pub user_key: String,
    /// The secret of that key.
    pub secret: Secret,
    /// The site's data centre.
    pub data_center: String,
    /// The dataflow with its real secrets.
    pub document: Value,
    /// The scheduling as it is told.
    pub scheduling: Value,
    /// When the dataflow's last successful run began.
    pub last_runtime: Option<Instant>,
    /// When this job begins, at its first attempt.
    pub started: Instant,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub struct JobEnd {
    /// Whether it succeeded; rejected records do not make it fail.
    pub succeeded: bool,
    /// Whether it failed for a reason that may pass, so that another attempt makes sense.
    pub again: bool,
    /// How many records it processed.
    pub processed: u64,
    /// What it tells about itself, line by line.
    pub trace: Vec<String>,
    /// Counts by step.
    pub metrics: Value,
}
