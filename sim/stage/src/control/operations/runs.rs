//! Scenarios and dataflows, run over the API.

use crate::control::operation::{Answer, Call, JSON, Operation, Turn, YAML, empty, json, text_of};
use crate::control::problem::{CONFLICT, Problem, UNKNOWN, WRONG};
use crate::find::SENT;
use crate::runner::{Extras, Ready, load_text, run_for, run_in};
use crate::step::known_names;
use crate::world::World;
use serde_json::{Map, Value, json as value};
use standin_ports::Response;
use standin_scenario::Outcome;
use std::path::Path;

pub(super) const RUN_IN: Operation = Operation {
    name: "run_scenario",
    method: "POST",
    path: "/worlds/{world}/scenarios",
    summary: "does the steps of a scenario in a world as it is, and reports what came of them",
    params: &[],
    body: &[(JSON, "ScenarioBody"), (YAML, "ScenarioText")],
    answer: Answer {
        status: 200,
        kind: JSON,
        schema: "Report",
        summary: "the report, whether or not it held",
    },
    refuses: &[404, 413, 415],
    turn: Turn::Waits,
    test: "scenarios_run_in_a_world_or_in_one_of_their_own",
    run: |call| {
        let hosted = call.hosted()?;
        let extras = Extras { under: Some(hosted.spec.clone()), ..Extras::default() };
        let ready = read(&scenario(call)?, &extras)?;
        if ready.iter().any(|ready| ready.scenario.world.is_some()) {
            return Err(Problem::new(
                &WRONG,
                "the scenario has a `world` of its own, and runs in one that is there",
            )
            .at("body: world")
            .hint("leave `world` out, make a world from it first, or POST /scenarios"));
        }
        Ok(report(call, &ready.iter().map(|ready| run_in(ready, &hosted.world)).collect::<Vec<_>>()))
    },
};

pub(super) const RUN_DATAFLOW: Operation = Operation {
    name: "run_dataflow",
    method: "POST",
    path: "/worlds/{world}/dataflows/{dataflow}/runs",
    summary: "runs a dataflow of a world once, now, and lets time pass until the job has ended",
    params: &[],
    body: &[(JSON, "DataflowRun")],
    answer: Answer {
        status: 200,
        kind: JSON,
        schema: "Report",
        summary: "the report, whether or not it succeeded",
    },
    refuses: &[404, 413, 415],
    turn: Turn::Waits,
    test: "dataflows_run",
    run: |call| {
        let (hosted, name) = (call.hosted()?, call.part("dataflow"));
        dataflow_id(&hosted.world, name)?;
        let mut args: Map<String, Value> = call.members(&["full", "limit", "expect"])?;
        text_of(&args, "expect")?;
        args.insert("name".to_owned(), Value::from(name));
        let text = value!({"scenario": format!("dataflow {name}"), "steps": [{"run_dataflow": args}]});
        let extras = Extras { under: Some(hosted.spec.clone()), ..Extras::default() };
        let ready = read(&format!("{text:#}"), &extras)?;
        Ok(report(call, &ready.iter().map(|ready| run_in(ready, &hosted.world)).collect::<Vec<_>>()))
    },
};

pub(super) const STOP: Operation = Operation {
    name: "stop_dataflow",
    method: "DELETE",
    path: "/worlds/{world}/dataflows/{dataflow}/runs",
    summary: "stops the running job of a dataflow, also one that waits for its next attempt",
    params: &[],
    body: &[],
    answer: Answer { status: 204, kind: "", schema: "", summary: "it is stopped" },
    refuses: &[404, 409],
    turn: Turn::Looks,
    test: "a_job_that_waits_is_stopped",
    run: |call| {
        let (hosted, name) = (call.hosted()?, call.part("dataflow"));
        let id = dataflow_id(&hosted.world, name)?;
        match hosted.world.stop_job(&id) {
            Some(_) => Ok(empty()),
            None => Err(Problem::new(&CONFLICT, format!("no job of `{name}` is running"))),
        }
    },
};

/// The id of a dataflow of this name.
fn dataflow_id(world: &World, name: &str) -> Result<String, Problem> {
    world.dataflow_id(name).map(Into::into).ok_or_else(|| {
        let known: Vec<&str> = world.dataflow_names().collect();
        let problem = Problem::new(&UNKNOWN, format!("no dataflow is called `{name}`"));
        problem.at("path: dataflow").hint(known_names(name, &known))
    })
}

pub(super) const RUN: Operation = Operation {
    name: "run_scenario_alone",
    method: "POST",
    path: "/scenarios",
    summary: "runs a scenario in a world of its own, which is gone afterwards, and reports what came of it",
    params: &[],
    body: &[(JSON, "ScenarioBody"), (YAML, "ScenarioText")],
    answer: Answer {
        status: 200,
        kind: JSON,
        schema: "Report",
        summary: "the report, whether or not it held",
    },
    refuses: &[413, 415],
    turn: Turn::Apart,
    test: "scenarios_run_in_a_world_or_in_one_of_their_own",
    run: |call| {
        let ready = read(&scenario(call)?, &Extras::default())?;
        let asker = call.left();
        Ok(report(call, &ready.iter().map(|ready| run_for(&asker, ready)).collect::<Vec<_>>()))
    },
};

/// The text of the scenario that was sent.
fn scenario(call: &Call<'_>) -> Result<String, Problem> {
    if call.kind() == YAML {
        return call.text().map(str::to_owned);
    }
    let known = ["scenario", "clauses", "tags", "world", "examples", "steps", "expected_failure"];
    Ok(format!("{:#}", Value::Object(call.members(&known)?)))
}

fn read(text: &str, extras: &Extras) -> Result<Vec<Ready>, Problem> {
    load_text(Path::new(SENT), text, extras, false).map_err(|bad| Problem::new(&WRONG, bad.0).at("body"))
}

fn report(call: &Call<'_>, outcomes: &[Outcome]) -> Response {
    json(200, &(call.worlds.hosting.report)(outcomes))
}
