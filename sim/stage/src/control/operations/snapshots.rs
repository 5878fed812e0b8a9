//! States of a world that are kept.

use crate::control::operation::{Answer, Call, JSON, Operation, Turn, empty, json};
use crate::control::problem::{Problem, WRONG};
use serde_json::{Value, json as value};

pub(super) const LIST: Operation = Operation {
    name: "list_snapshots",
    method: "GET",
    path: "/worlds/{world}/snapshots",
    summary: "lists the states of a world that are kept",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "SnapshotList", summary: "the snapshots by name" },
    refuses: &[404],
    turn: Turn::Looks,
    test: "a_world_goes_back_to_what_it_was",
    run: |call| Ok(json(200, &all(call)?)),
};

pub(super) const TAKE: Operation = Operation {
    name: "take_snapshot",
    method: "PUT",
    path: "/worlds/{world}/snapshots/{snapshot}",
    summary: "keeps the whole state of a world under a name; it shares what does not change",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "SnapshotList", summary: "the snapshots by name" },
    refuses: &[404, 429],
    turn: Turn::Waits,
    test: "a_world_goes_back_to_what_it_was",
    run: |call| {
        let name = call.part("snapshot");
        if name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(Problem::new(
                &WRONG,
                "a snapshot's name has at most 100 characters and nothing invisible",
            )
            .at("path: snapshot"));
        }
        call.hosted()?.keep(name, call.worlds.hosting.snapshots)?;
        Ok(json(200, &all(call)?))
    },
};

pub(super) const RESTORE: Operation = Operation {
    name: "restore_snapshot",
    method: "POST",
    path: "/worlds/{world}/snapshots/{snapshot}/restore",
    summary: "brings a world back to a state that is kept: state, clock, faults and journal",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "World", summary: "the world" },
    refuses: &[404],
    turn: Turn::Undoes,
    test: "a_world_goes_back_to_what_it_was",
    run: |call| {
        let hosted = call.hosted()?;
        hosted.restore(call.part("snapshot"))?;
        Ok(json(200, &super::worlds::whole(call, hosted)))
    },
};

pub(super) const DELETE: Operation = Operation {
    name: "delete_snapshot",
    method: "DELETE",
    path: "/worlds/{world}/snapshots/{snapshot}",
    summary: "forgets a state that is kept",
    params: &[],
    body: &[],
    answer: Answer { status: 204, kind: "", schema: "", summary: "it is forgotten" },
    refuses: &[404],
    turn: Turn::Waits,
    test: "a_world_goes_back_to_what_it_was",
    run: |call| call.hosted()?.forget(call.part("snapshot")).map(|()| empty()),
};

fn all(call: &Call<'_>) -> Result<Value, Problem> {
    let snapshots = call.hosted()?.snapshots();
    let snapshots: Vec<Value> =
        snapshots.into_iter().map(|(name, now)| value!({"name": name, "now": now})).collect();
    Ok(value!({"snapshots": snapshots, "most": call.worlds.hosting.snapshots}))
}
