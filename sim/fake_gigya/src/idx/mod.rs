//! The `idx` namespace: dataflow documents, schedulings and job records, one method a file.
//!
//! - [`document`]: what a dataflow must be, and which of its parameters are secret.
//! - [`dataflow`], [`scheduling`], [`jobs`]: the stores.

pub(crate) mod create_dataflow;
pub(crate) mod create_scheduling;
pub(crate) mod dataflow;
pub(crate) mod delete_dataflow;
pub(crate) mod delete_scheduling;
pub(crate) mod document;
pub(crate) mod get_dataflow;
pub(crate) mod get_scheduling;
#[cfg(test)]
mod job_tests;
pub(crate) mod jobs;
pub(crate) mod scheduling;
pub(crate) mod search;
pub(crate) mod set_dataflow;
pub(crate) mod set_scheduling;

use imbl::OrdMap;
use serde_json::Value;
use standin_model::Instant;
use std::sync::Arc;

/// Everything that IdentitySync keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Idx {
    dataflows: OrdMap<String, Arc<dataflow::Dataflow>>,
    drafts: OrdMap<String, Arc<dataflow::Dataflow>>,
    /// Every version of a dataflow or draft, by id and number.
    versions: OrdMap<(String, u64), Arc<dataflow::Dataflow>>,
    draft_versions: OrdMap<(String, u64), Arc<dataflow::Dataflow>>,
    schedulings: OrdMap<String, Arc<scheduling::Scheduling>>,
    jobs: OrdMap<u64, Arc<Job>>,
    made: u64,
}

/// The record of one job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    id: String,
    api_key: String,
    scheduling_id: String,
    dataflow_id: String,
    started: Instant,
    record: Value,
}

impl Job {
    pub(crate) fn has_ended(&self) -> bool {
        self.record["status"] != "running"
    }
}

/// How many versions of one dataflow are kept; the oldest go first.
const MOST_VERSIONS: u64 = 100;
/// Dataflows, schedulings and jobs that are kept at most; the oldest jobs go first.
const MOST: usize = 10_000;
