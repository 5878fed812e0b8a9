//! Dataflows: made, scheduled and run through the `idx` API, as a client does it.

use crate::run::Run;
use crate::step::{Args, Miss, Step, needed, optional, unmet};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a started job may take in virtual time before the step gives up on it.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

/// One run, now.
pub const RUN_DATAFLOW: Step = Step {
    name: "run_dataflow",
    summary: "schedules a dataflow to run once, now, and lets time pass until the job has ended",
    args: &[
        needed("name", "the dataflow's name in the world file"),
        optional("full", "true: all records, whatever the last run was"),
        optional("limit", "at most so many records"),
        optional("expect", "`succeeded` (if it is not given) or `failed`"),
    ],
    alone: Some("name"),
    open: false,
    example: "run_dataflow: { name: outbound, full: true }",
    run: |run, args| {
        let id = dataflow_id(run, args)?;
        let full = args.flag("full")?.unwrap_or(false);
        let mut scheduling = json!({
            "name": "run now", "dataflowId": id, "frequencyType": "once", "fullExtract": full, "enabled": true,
        });
        if let Some(limit) = args.number("limit")? {
            scheduling["limit"] = json!(limit);
        }
        let scheduling_id = idx(run, "idx.createScheduling", &scheduling)?;
        run.world.advance(Duration::ZERO);
        let query = format!("SELECT * FROM idx_job_status WHERE schedulingId = \"{scheduling_id}\"");
        let mut waited = Duration::ZERO;
        let job = loop {
            let job = search(run, &query)?;
            let status = job["status"].as_str().unwrap_or("pending");
            if !matches!(status, "pending" | "running") || waited >= PATIENCE {
                break job;
            }
            run.world.advance(Duration::from_secs(30));
            waited += Duration::from_secs(30);
        };
        run.job = job.clone();
        counts_add_up(&job)?;
        let wanted = args.text("expect")?.unwrap_or("succeeded");
        let trace =
            job["trace"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
        run.hold(
            args.get("expect").unwrap_or(args.node()),
            &json!(wanted),
            &job["status"],
            &format!("the job's status ({})", trace.last().copied().unwrap_or("no trace")),
        )?;
        Ok(format!("{wanted}, {} records", job["processedRecords"]))
    },
};

/// A new dataflow.
pub const CREATE_DATAFLOW: Step = Step {
    name: "create_dataflow",
    summary: "makes a dataflow through idx.createDataflow from a file, with steps customised on the way",
    args: &[
        needed("name", "the name that later steps use"),
        needed("file", "the document, looked for beside the scenario and in the folders above it"),
        optional("set", "parameters by step id: { account: { where: ... } }"),
    ],
    alone: None,
    open: false,
    example: "create_dataflow: { name: members, file: fixtures/dataflows/gigya-to-sftp.json, set: { dsv: { quoteFields: false } } }",
    run: |run, args| {
        let file = args.need("file")?;
        let text = run.read_beside(file)?;
        let mut document: Value =
            serde_json::from_str(&text).map_err(|error| run.mistake(file, &error.to_string()))?;
        if let Some(document) = document.as_object_mut() {
            document.remove("id");
        }
        let changes = args.json("set")?.unwrap_or(json!({}));
        for (step_id, params) in changes.as_object().into_iter().flatten() {
            let step = document["steps"]
                .as_array_mut()
                .into_iter()
                .flatten()
                .find(|step| step["id"] == step_id.as_str());
            let Some(step) = step else {
                return Err(run.mistake(args.need("set")?, &format!("the dataflow has no step `{step_id}`")));
            };
            for (name, value) in params.as_object().into_iter().flatten() {
                step["params"][name] = value.clone();
            }
        }
        let document = run.world.with_secrets(document);
        let id = idx(run, "idx.createDataflow", &document)?;
        run.dataflows.insert(args.need_text("name")?.to_owned(), id.clone());
        Ok(format!("dataflow {id}"))
    },
};

/// A schedule.
pub const SCHEDULE_DATAFLOW: Step = Step {
    name: "schedule_dataflow",
    summary: "schedules a dataflow through idx.createScheduling; its jobs run as time passes",
    args: &[
        needed("name", "the dataflow's name"),
        needed("frequencyType", "once, minute, hour, day, week or month"),
        optional("frequencyInterval", "how many of those, as text or number"),
        optional("fullExtract", "true: all records at every run"),
        optional("nextJobStartTime", "when the first job starts, now if it is not given"),
        optional("failureEmailNotification", "addresses that hear of a failure"),
    ],
    alone: None,
    open: false,
    example: "schedule_dataflow: { name: outbound, frequencyType: hour, frequencyInterval: 1 }",
    run: |run, args| {
        let id = dataflow_id(run, args)?;
        let mut scheduling = json!({"name": args.need_text("name")?, "dataflowId": id, "enabled": true});
        for name in [
            "frequencyType",
            "frequencyInterval",
            "fullExtract",
            "nextJobStartTime",
            "failureEmailNotification",
        ] {
            if let Some(value) = args.json(name)? {
                scheduling[name] = value;
            }
        }
        let id = idx(run, "idx.createScheduling", &scheduling)?;
        Ok(format!("scheduling {id}"))
    },
};

/// The last job.
pub const EXPECT_JOB: Step = Step {
    name: "expect_job",
    summary: "holds the last job of a dataflow, as idx.search tells it, against what is expected",
    args: &[
        needed("name", "the dataflow's name"),
        optional("status", "succeeded or failed"),
        optional("processedRecords", "how many records were read"),
        optional("jobs", "how many jobs there have been"),
        optional("steps", "counters by step id: { write: { input: 2, errors: 1 } }"),
    ],
    alone: None,
    open: false,
    example: "expect_job: { name: inbound, status: succeeded, steps: { write: { input: 1, errors: 0 } } }",
    run: |run, args| {
        let id = dataflow_id(run, args)?;
        let query = format!(
            "SELECT * FROM idx_job_status WHERE dataflowId = \"{id}\" ORDER BY startTime DESC LIMIT 1"
        );
        let job = search(run, &query)?;
        counts_add_up(&job)?;
        for name in ["status", "processedRecords"] {
            if let Some(expected) = args.json(name)? {
                run.hold(args.need(name)?, &expected, &job[name], &format!("{name} of the last job"))?;
            }
        }
        if let Some(expected) = args.number("jobs")? {
            let all = run.answer(
                "idx.search",
                &[("query", format!("SELECT id FROM idx_job_status WHERE dataflowId = \"{id}\""))],
            )?;
            run.hold(args.need("jobs")?, &json!(expected), &all["resultCount"], "the number of jobs")?;
        }
        if let Some(steps) = args.json("steps")? {
            for (step_id, counters) in steps.as_object().into_iter().flatten() {
                let metrics = job["metrics"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find(|one| one["stepId"] == step_id.as_str());
                let found = metrics.cloned().unwrap_or(Value::Null);
                run.hold(
                    args.need("steps")?,
                    counters,
                    &found,
                    &format!("the counters of step `{step_id}`"),
                )?;
            }
        }
        Ok(format!("job {}", job["status"].as_str().unwrap_or("none")))
    },
};

/// No record disappears: at every step of a job that went through, what came in or was made there went out,
/// was refused or was left out.
fn counts_add_up(job: &Value) -> Result<(), Miss> {
    if job["status"] != "succeeded" {
        return Ok(());
    }
    for step in job["metrics"].as_array().into_iter().flatten() {
        let sum = |names: &[&str]| names.iter().filter_map(|name| step[*name].as_u64()).sum::<u64>();
        if sum(&["input", "made"]) != sum(&["output", "errors", "filtered"]) {
            return Err(Miss::Broken(format!("records disappeared at step {}: {step}", step["stepId"])));
        }
    }
    Ok(())
}

fn dataflow_id(run: &Run<'_>, args: &Args<'_>) -> Result<String, Miss> {
    let node = args.need("name")?;
    let name = node.text()?;
    if let Some(id) = run.dataflows.get(name).map(String::as_str).or_else(|| run.world.dataflow_id(name)) {
        return Ok(id.to_owned());
    }
    let known: Vec<&str> =
        run.world.dataflow_names().chain(run.dataflows.keys().map(String::as_str)).collect();
    Err(run.mistake_near(node, &format!("no dataflow is called `{name}`"), name, &known))
}

/// Creates something through `idx` and returns its id.
fn idx(run: &mut Run<'_>, method: &str, data: &Value) -> Result<String, Miss> {
    let answer = run.answer(method, &[("data", data.to_string())])?;
    answer["id"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| unmet(format!("{method} answers without an id: {answer}")))
}

/// The first hit of an `idx.search`, or null.
fn search(run: &mut Run<'_>, query: &str) -> Result<Value, Miss> {
    let answer = run.answer("idx.search", &[("query", query.to_owned())])?;
    Ok(answer["result"][0].clone())
}
