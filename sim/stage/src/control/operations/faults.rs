//! What is to go wrong in a world. A rule is what the step `fault` of a scenario takes.

use crate::control::operation::{Answer, JSON, Operation, Turn, empty, json};
use crate::control::problem::{BROKEN, FULL, Problem, WRONG};
use crate::run::Run;
use crate::step::{Args, Miss, Step};
use crate::steps::{CLEAR_FAULTS, FAULT};
use crate::world::World;
use serde_json::{Map, Value, json as value};
use standin_fake_kit::faults::TooMany;
use standin_scenario::scenario::parse_world;
use standin_scenario::{Kind, Source};
use std::path::PathBuf;

pub(super) const ADD: Operation = Operation {
    name: "add_fault",
    method: "POST",
    path: "/worlds/{world}/faults",
    summary: "makes coming calls to a platform of a world go wrong, as the step `fault` of a scenario does",
    params: &[],
    body: &[(JSON, "Fault")],
    answer: Answer { status: 201, kind: JSON, schema: "FaultAdded", summary: "what will go wrong, in words" },
    refuses: &[404, 413, 415, 429],
    turn: Turn::Looks,
    test: "faults_are_ordered_and_taken_away",
    run: |call| {
        let known: Vec<&str> = FAULT.args.iter().map(|arg| arg.name).collect();
        let members = call.members(&known)?;
        let told = step(&call.hosted()?.world, &FAULT, members)?;
        Ok(json(201, &value!({"fault": told})))
    },
};

pub(super) const CLEAR: Operation = Operation {
    name: "clear_faults",
    method: "DELETE",
    path: "/worlds/{world}/faults",
    summary: "takes all faults of a world away",
    params: &[],
    body: &[],
    answer: Answer { status: 204, kind: "", schema: "", summary: "nothing goes wrong any more" },
    refuses: &[404],
    turn: Turn::Looks,
    test: "faults_are_ordered_and_taken_away",
    run: |call| step(&call.hosted()?.world, &CLEAR_FAULTS, Map::new()).map(|_| empty()),
};

/// Does what a step of a scenario does, without its passing of time.
fn step(world: &World, step: &'static Step, members: Map<String, Value>) -> Result<String, Problem> {
    let source = Source::new("body", format!("{:#}", Value::Object(members)));
    let wrong = |diagnostic: standin_scenario::Diagnostic| {
        let hint = diagnostic.hint.clone().unwrap_or_else(|| format!("for example: {}", step.example));
        Problem::new(&WRONG, diagnostic.render(&source, false)).at("body").hint(hint)
    };
    let mut node = parse_world(&source).map_err(wrong)?;
    if matches!(&node.kind, Kind::Map(members) if members.is_empty()) && step.args.is_empty() {
        node.kind = Kind::Null;
    }
    let args = Args::new(step, &node).map_err(wrong)?;
    let mut run = Run::new(world, PathBuf::from(crate::find::SENT));
    (step.run)(&mut run, &args).map_err(|miss| match miss {
        Miss::Written(diagnostic) => wrong(diagnostic),
        Miss::Unmet(unmet) => Problem::new(&WRONG, unmet.message).at("body"),
        Miss::Broken(why) if why == TooMany.to_string() => Problem::new(&FULL, why)
            .hint("DELETE faults takes all away; one whose `times` or `until` is over makes room by itself"),
        Miss::Strange(why) | Miss::Broken(why) => Problem::new(&BROKEN, why),
    })
}
