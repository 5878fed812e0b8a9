//! Dataflows: made, scheduled and run through the `idx` API, as a client does it.

use crate::run::Run;
use crate::step::{Args, Miss, Step, Takes, needed, optional, unmet};
use serde_json::{Value, json};
use standin_scenario::{Kind, Node};
use std::time::Duration;

/// How long a started job may take in virtual time before the step gives up on it.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

/// One run, now.
pub const RUN_DATAFLOW: Step = Step {
    name: "run_dataflow",
    summary: "schedules a dataflow to run once, now, and lets time pass until the job has ended",
    args: &[
        needed("name", "the dataflow's name in the world file").takes(Takes::Dataflow),
        optional("full", "true: all records, whatever the last run was").takes(Takes::Flag),
        optional("limit", "at most so many records").takes(Takes::Number),
        optional("expect", "`succeeded` (if it is not given) or `failed`")
            .takes(Takes::Word(&["succeeded", "failed"])),
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
            let left = run.world.parts().asker_left();
            if !matches!(status, "pending" | "running") || waited >= PATIENCE || left {
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
    summary: "makes a dataflow through idx.createDataflow from a file, and customises it through idx.setDataflow",
    args: &[
        needed("name", "the name that later steps use").takes(Takes::NewDataflow),
        needed("file", "the document, looked for beside the scenario and in the folders above it")
            .takes(Takes::Text),
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
        let document = run.world.with_secrets(document);
        let id = idx(run, "idx.createDataflow", &document)?;
        if let Some(changes) = args.get("set") {
            customise(run, &id, changes)?;
        }
        run.dataflows.insert(args.need_text("name")?.to_owned(), id.clone());
        Ok(format!("dataflow {id}"))
    },
};

/// Changes parameters of a stored dataflow: it is read, with its secrets masked, and set as a whole.
fn customise(run: &mut Run<'_>, id: &str, changes: &Node) -> Result<(), Miss> {
    let mut document = document_of(run, id)?;
    let mut steps: Vec<&mut Value> = document["steps"].as_array_mut().into_iter().flatten().collect();
    let ids: Vec<String> = steps.iter().filter_map(|step| step["id"].as_str().map(str::to_owned)).collect();
    for (key, params) in changes.map()? {
        let Some(step) = steps.iter_mut().find(|step| step["id"] == key.name.as_str()) else {
            let known: Vec<&str> = ids.iter().map(String::as_str).collect();
            let node = Node { kind: Kind::Null, span: key.span };
            return Err(run.mistake_near(
                &node,
                &format!("the dataflow has no step `{}`", key.name),
                &key.name,
                &known,
            ));
        };
        for (name, value) in params.map()? {
            step["params"][name.name.as_str()] = value.to_json()?;
        }
    }
    run.answer("idx.setDataflow", &[("data", document.to_string())]).map(drop)
}

/// A schedule.
pub const SCHEDULE_DATAFLOW: Step = Step {
    name: "schedule_dataflow",
    summary: "schedules a dataflow through idx.createScheduling; its jobs run as time passes",
    args: &[
        needed("name", "the dataflow's name").takes(Takes::Dataflow),
        needed("frequencyType", "once, minute, hour, day, week or month"),
        optional("frequencyInterval", "how many of those, as text or number"),
        optional("fullExtract", "true: all records at every run").takes(Takes::Flag),
        optional("nextJobStartTime", "when the first job starts, now if it is not given"),
        optional("failureEmailNotification", "addresses that hear of a failure"),
        optional("successEmailNotification", "addresses that hear of a success"),
        optional("limit", "at most so many records"),
        optional("logLevel", "`info` (if it is not given), `error` or `debug`"),
        optional("enabled", "false: it does not start by itself").takes(Takes::Flag),
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
            "successEmailNotification",
            "limit",
            "logLevel",
            "enabled",
        ] {
            if let Some(value) = args.json(name)? {
                scheduling[name] = value;
            }
        }
        let id = idx(run, "idx.createScheduling", &scheduling)?;
        Ok(format!("scheduling {id}"))
    },
};

/// The console's button.
pub const STOP_JOB: Step = Step {
    name: "stop_job",
    summary: "stops the running job of a dataflow, as the console's button does, also one that waits for its next attempt",
    args: &[needed("name", "the dataflow's name").takes(Takes::Dataflow)],
    alone: Some("name"),
    open: false,
    example: "stop_job: outbound",
    run: |run, args| {
        let id = dataflow_id(run, args)?;
        match run.world.stop_job(&id) {
            Some(job) => Ok(format!("job {job} stopped")),
            None => Err(unmet("no job of this dataflow is running".to_owned())),
        }
    },
};

/// The last job.
pub const EXPECT_JOB: Step = Step {
    name: "expect_job",
    summary: "holds the last job of a dataflow, as idx.search tells it, against what is expected",
    args: &[
        needed("name", "the dataflow's name").takes(Takes::Dataflow),
        optional("status", "running, succeeded, failed or stopped").takes(Takes::Word(&[
            "running",
            "succeeded",
            "failed",
            "stopped",
        ])),
        optional("processedRecords", "how many records were read").takes(Takes::Number),
        optional("attemptNumber", "at which attempt it is or ended").takes(Takes::Number),
        optional("jobs", "how many jobs there have been").takes(Takes::Number),
        optional("steps", "counters by step id: { write: { input: 2, errors: 1 } }"),
        optional("save", "names for members of the job: { job: id }; later steps write ${job}"),
    ],
    alone: None,
    open: false,
    example: "expect_job: { name: inbound, status: succeeded, steps: { write: { input: 1, errors: 0 } } }",
    run: |run, args| {
        let id = dataflow_id(run, args)?;
        let query = format!(
            "SELECT * FROM idx_job_status WHERE dataflowId = \"{id}\" ORDER BY startTime DESC LIMIT 1"
        );
        if ["status", "processedRecords", "attemptNumber", "jobs", "steps", "save"]
            .iter()
            .all(|name| args.get(name).is_none())
        {
            return Err(run.mistake(args.node(), "nothing is expected of the job"));
        }
        let job = search(run, &query)?;
        counts_add_up(&job)?;
        for name in ["status", "processedRecords", "attemptNumber"] {
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
        run.save(args.get("save"), &job)?;
        Ok(format!("job {}", job["status"].as_str().unwrap_or("none")))
    },
};

/// No record disappears: at every step, what came in or was made there went out, was refused or was left out, or was
/// under way where the job ended early.
fn counts_add_up(job: &Value) -> Result<(), Miss> {
    for step in job["metrics"].as_array().into_iter().flatten() {
        let sum = |names: &[&str]| names.iter().filter_map(|name| step[*name].as_u64()).sum::<u64>();
        if sum(&["input", "made"]) != sum(&["output", "errors", "filtered", "unfinished"]) {
            return Err(Miss::Broken(format!("records disappeared at step {}: {step}", step["stepId"])));
        }
    }
    Ok(())
}

/// The id of the dataflow that the argument `name` means.
pub(super) fn dataflow_id(run: &Run<'_>, args: &Args<'_>) -> Result<String, Miss> {
    let node = args.need("name")?;
    let name = node.text()?;
    if let Some(id) = run.dataflows.get(name).map(String::as_str).or_else(|| run.world.dataflow_id(name)) {
        return Ok(id.to_owned());
    }
    let known: Vec<&str> =
        run.world.dataflow_names().chain(run.dataflows.keys().map(String::as_str)).collect();
    Err(run.mistake_near(node, &format!("no dataflow is called `{name}`"), name, &known))
}

/// A stored dataflow.
pub(super) fn document_of(run: &Run<'_>, id: &str) -> Result<Value, Miss> {
    let answer = run.answer("idx.getDataflow", &[("id", id.to_owned())])?;
    Ok(answer["dataflow"].clone())
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
