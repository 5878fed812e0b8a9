//! The records of jobs: attempts, ends, and the mails about them.

use crate::idx::scheduling::Scheduling;
use crate::idx::{Idx, Job, MOST};
use crate::job::JobEnd;
use crate::outbox::Message;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_model::mutant::mutated;
use std::sync::Arc;
use std::time::Duration;

/// How often a job is tried, and how long it waits in between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    pub(crate) most: u64,
    pub(crate) pause: Duration,
}

/// Addresses that one scheduling tells about its jobs.
const MOST_ADDRESSES: usize = 50;
/// Lines of trace that all attempts of a job keep.
const MOST_LINES: usize = 20_000;

impl Idx {
    pub(crate) fn open_job(&mut self, now: Instant, scheduling: &Scheduling, document: &Value, job_id: &str) {
        let copied = |name: &str| scheduling.sent.get(name).cloned().unwrap_or(Value::Null);
        let mut record = json!({
            "id": job_id,
            "apiKey": scheduling.api_key,
            "siteId": scheduling.site_id,
            "dataflowId": scheduling.dataflow_id,
            "dataflowName": document["name"],
            "schedulingId": scheduling.id,
            "hostName": "standin",
            "status": "running",
            "createTime": now.to_string(),
            "startTime": now.to_string(),
            "updateTime": now.to_string(),
            "frequencyType": copied("frequencyType"),
            "successEmailNotification": copied("successEmailNotification"),
            "failureEmailNotification": copied("failureEmailNotification"),
            "processedRecords": 0,
            "attemptNumber": 1,
            "trace": [],
        });
        if let Value::Object(members) = &mut record {
            members.retain(|_, value| !value.is_null());
        }
        if self.jobs.len() >= MOST
            && let Some(oldest) = self.jobs.iter().find(|(_, job)| job.has_ended()).map(|(made, _)| *made)
        {
            self.jobs.remove(&oldest);
        }
        self.made += 1;
        let job = Job {
            id: job_id.to_owned(),
            api_key: scheduling.api_key.clone(),
            scheduling_id: scheduling.id.clone(),
            dataflow_id: scheduling.dataflow_id.clone(),
            started: now,
            record,
        };
        self.jobs.insert(self.made, Arc::new(job));
    }

    /// The last job with this id that has not ended.
    fn running(&self, job_id: &str) -> Option<(u64, Job)> {
        let found = self.jobs.iter().rev().find(|(_, job)| job.id == job_id && !job.has_ended());
        found.map(|(made, job)| (*made, Job::clone(job)))
    }

    /// Whether a job has not ended.
    pub(crate) fn is_running(&self, job_id: &str) -> bool {
        self.running(job_id).is_some()
    }

    /// The site of a job that has not ended.
    pub(crate) fn site_of_running(&self, job_id: &str) -> Option<&str> {
        let found = self.jobs.values().rev().find(|job| job.id == job_id && !job.has_ended());
        found.map(|job| job.api_key.as_str())
    }

    /// The running job of a dataflow.
    pub(crate) fn running_job_of(&self, dataflow_id: &str) -> Option<String> {
        let running = |job: &&Arc<Job>| job.dataflow_id == dataflow_id && job.record["status"] == "running";
        self.jobs.values().rev().find(running).map(|job| job.id.clone())
    }

    /// Counts another attempt and gives the job's start, which stays what it was: names and watermark follow it.
    pub(crate) fn next_attempt(&mut self, now: Instant, job_id: &str) -> Instant {
        let Some((made, mut job)) = self.running(job_id) else { return now };
        job.record["attemptNumber"] = (job.record["attemptNumber"].as_u64().unwrap_or(0) + 1).into();
        job.record["updateTime"] = now.to_string().into();
        let started = job.started;
        self.jobs.insert(made, Arc::new(job));
        started
    }

    /// Closes a job, or an attempt of it, and gives the mails that tell of its end. A job that is not known or
    /// already over changes nothing.
    pub(crate) fn finish_job(
        &mut self,
        now: Instant,
        job_id: &str,
        end: JobEnd,
        attempts: Retries,
    ) -> Vec<(String, Message)> {
        let Some((made, mut job)) = self.running(job_id) else { return Vec::new() };
        let mut trace = job.record["trace"].take();
        let told = end.trace.into_iter().map(Value::from);
        if let Value::Array(lines) = &mut trace {
            lines.extend(told.take(MOST_LINES.saturating_sub(lines.len())));
        }
        job.record["processedRecords"] = end.processed.into();
        job.record["metrics"] = end.metrics;
        job.record["updateTime"] = now.to_string().into();
        let attempt = job.record["attemptNumber"].as_u64().unwrap_or(1);
        let retry =
            (!end.succeeded && end.again && attempt < attempts.most).then(|| now.plus(attempts.pause));
        let scheduling = self.schedulings.get_mut(&job.scheduling_id);
        if let (Some(at), Some(scheduling)) = (retry, scheduling) {
            if let Value::Array(lines) = &mut trace {
                lines.push(format!("attempt {attempt} failed, the next one begins at {at}").into());
            }
            job.record["trace"] = trace;
            Arc::make_mut(scheduling).retry = Some((at, job_id.to_owned()));
            self.jobs.insert(made, Arc::new(job));
            return Vec::new();
        }
        job.record["trace"] = trace;
        self.close(now, made, job, if end.succeeded { "succeeded" } else { "failed" })
    }

    /// Ends a running job as the console's button does; says whether there was one.
    pub(crate) fn stop_job(&mut self, now: Instant, job_id: &str) -> bool {
        let Some((made, job)) = self.running(job_id) else { return false };
        self.close(now, made, job, "stopped");
        true
    }

    fn close(
        &mut self,
        now: Instant,
        made: u64,
        mut job: Job,
        status: &'static str,
    ) -> Vec<(String, Message)> {
        job.record["status"] = status.into();
        job.record["endTime"] = now.to_string().into();
        job.record["updateTime"] = now.to_string().into();
        if let Some(scheduling) = self.schedulings.get_mut(&job.scheduling_id) {
            let scheduling = Arc::make_mut(scheduling);
            (scheduling.busy, scheduling.retry) = (false, None);
        }
        if (status == "succeeded" || mutated("idx.watermark.moves-on-failure"))
            && !mutated("idx.watermark.never-moves")
            && let Some(flow) = self.dataflows.get_mut(&job.dataflow_id)
        {
            Arc::make_mut(flow).last_runtime =
                Some(if mutated("idx.watermark.end-of-job") { now } else { job.started });
        }
        let mails = mails(&job, status);
        self.jobs.insert(made, Arc::new(job));
        mails
    }
}

/// Who hears of the end of a job: one list of success, the other of failure, nobody of a stop.
fn mails(job: &Job, status: &str) -> Vec<(String, Message)> {
    let (list, kind) = match status {
        "succeeded" => ("successEmailNotification", "idxJobSucceeded"),
        "failed" => ("failureEmailNotification", "idxJobFailed"),
        _ => return Vec::new(),
    };
    let addresses = job.record[list].as_str().unwrap_or_default();
    let text = format!(
        "dataflow {}, job {}: {status}, {} records",
        job.record["dataflowName"].as_str().unwrap_or_default(),
        job.id,
        job.record["processedRecords"]
    );
    let addresses = addresses.split(',').map(str::trim).filter(|address| !address.is_empty());
    let mail = |address| (job.api_key.clone(), Message::email(kind, address, "en").saying(&text));
    addresses.take(MOST_ADDRESSES).map(mail).collect()
}
