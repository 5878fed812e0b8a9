//! The operations of the control API, by what they are about.

mod clock;
mod faults;
mod journal;
mod runs;
mod snapshots;
mod state;
mod worlds;

use super::operation::{Answer, JSON, Operation, Turn, json};
pub use state::VIEWS;

/// All of them, in the order of the description.
pub const OPERATIONS: &[Operation] = &[
    DESCRIBE,
    worlds::LIST,
    worlds::CREATE,
    worlds::READ,
    worlds::DELETE,
    worlds::RESET,
    worlds::FORK,
    snapshots::LIST,
    snapshots::TAKE,
    snapshots::RESTORE,
    snapshots::DELETE,
    clock::READ,
    clock::SET,
    clock::ADVANCE,
    state::VIEWS_LIST,
    state::READ,
    state::READ_FILE,
    state::WRITE_FILE,
    state::SET_KNOB,
    faults::ADD,
    faults::CLEAR,
    journal::READ,
    journal::FOLLOW,
    runs::RUN_IN,
    runs::RUN_DATAFLOW,
    runs::STOP,
    runs::RUN,
];

const DESCRIBE: Operation = Operation {
    name: "describe",
    method: "GET",
    path: "/openapi.json",
    summary: "describes these operations",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "Description", summary: "an OpenAPI 3.1 document" },
    refuses: &[],
    turn: Turn::Looks,
    test: "every_operation_answers_as_it_is_described",
    run: |call| Ok(json(200, &super::openapi::document(&call.worlds.hosting))),
};
