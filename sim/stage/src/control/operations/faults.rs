//! What is to go wrong in a world. A rule is what the step `fault` of a scenario takes.

use crate::control::operation::{Answer, JSON, Operation, Turn, empty, json};
use crate::control::problem::{FULL, Problem, WRONG};
use crate::step::{Args, Step};
use crate::steps::{FAULT, fault};
use serde_json::{Map, Value, json as value};
use standin_scenario::scenario::parse_world;
use standin_scenario::{Diagnostic, Source};

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
        let world = &call.hosted()?.world;
        let told = with(&FAULT, members, |args| {
            let rule = fault(world.now(), args)?;
            let told = rule.to_string();
            Ok(world.parts().add_fault(rule).map(|()| told))
        })?;
        let told = told.map_err(|full| {
            Problem::new(&FULL, full.to_string()).hint(
                "DELETE faults takes all away; one whose `times` or `until` is over makes room by itself",
            )
        })?;
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
    run: |call| {
        call.hosted()?.world.clear_faults();
        Ok(empty())
    },
};

/// Reads members as the arguments of a step, and does something with them; a mistake is shown in the body.
fn with<T>(
    step: &'static Step,
    members: Map<String, Value>,
    act: impl FnOnce(&Args<'_>) -> Result<T, Diagnostic>,
) -> Result<T, Problem> {
    let source = Source::new("body", format!("{:#}", Value::Object(members)));
    let done = parse_world(&source).and_then(|node| act(&Args::new(step, &node)?));
    done.map_err(|diagnostic| {
        let hint = diagnostic.hint.clone().unwrap_or_else(|| format!("for example: {}", step.example));
        Problem::new(&WRONG, diagnostic.render(&source, false)).at("body").hint(hint)
    })
}
