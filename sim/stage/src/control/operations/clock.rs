//! The clock of a world.

use super::worlds::pace;
use crate::clock::LONGEST;
use crate::clock::Pace;
use crate::control::operation::{Answer, Call, JSON, Operation, Turn, json, text_of};
use crate::control::problem::{CONFLICT, Problem, WRONG};
use serde_json::{Value, json as value};
use standin_fake_kit::knobs::span;
use standin_model::Instant;
use standin_ports::Clock;
use std::time::Duration;

pub(super) const READ: Operation = Operation {
    name: "read_clock",
    method: "GET",
    path: "/worlds/{world}/clock",
    summary: "tells what time it is in a world, how its clock moves, and when something falls due next",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "Clock", summary: "the clock" },
    refuses: &[404],
    turn: Turn::Looks,
    test: "time_passes_as_it_is_told",
    run: |call| Ok(json(200, &told(call)?)),
};

pub(super) const SET: Operation = Operation {
    name: "set_clock",
    method: "PUT",
    path: "/worlds/{world}/clock",
    summary: "lets a world's clock stand still, follow the wall, or go on as fast as the wall from what it shows",
    params: &[],
    body: &[(JSON, "ClockPace")],
    answer: Answer { status: 200, kind: JSON, schema: "Clock", summary: "the clock" },
    refuses: &[404, 409, 413, 415],
    turn: Turn::Waits,
    test: "time_passes_as_it_is_told",
    run: |call| {
        let members = call.members(&["pace"])?;
        let wanted = match text_of(&members, "pace")? {
            Some("still") => Pace::Still,
            Some("wall") => Pace::Following,
            Some("running") => Pace::GoingOn,
            other => {
                let what =
                    other.map_or("`pace` is missing".to_owned(), |other| format!("`{other}` is no pace"));
                return Err(Problem::new(&WRONG, what).at("body: pace").hint("`still`, `wall` or `running`"));
            }
        };
        let hosted = call.hosted()?;
        let clock = &hosted.parts().clock;
        let leader = clock.leader().map(|leader| leader.now());
        match (wanted, leader) {
            (Pace::Still, _) => {}
            (_, None) => {
                return Err(Problem::new(&CONFLICT, "this server has no clock to follow").at("body: pace"));
            }
            // What falls due on the way to the wall's time is done in order.
            (Pace::Following, Some(wall)) => pass(call, wall.since(clock.now()))?,
            (Pace::GoingOn, Some(_)) => {}
        }
        clock.set_pace(wanted);
        Ok(json(200, &told(call)?))
    },
};

pub(super) const ADVANCE: Operation = Operation {
    name: "advance_clock",
    method: "POST",
    path: "/worlds/{world}/clock/advance",
    summary: "lets time pass in a world; everything that falls due is done, in order, before the answer comes",
    params: &[],
    body: &[(JSON, "Passing")],
    answer: Answer { status: 200, kind: JSON, schema: "Clock", summary: "the clock" },
    refuses: &[404, 409, 413, 415],
    turn: Turn::Waits,
    test: "time_passes_as_it_is_told",
    run: |call| {
        let members = call.members(&["by", "to"])?;
        let now = call.hosted()?.parts().clock.now();
        let by = match (text_of(&members, "by")?, text_of(&members, "to")?) {
            (Some(by), None) => span(by).ok_or_else(|| {
                Problem::new(&WRONG, format!("`{by}` is not a span of time"))
                    .at("body: by")
                    .hint("a number and one of ms, s, min, h, d: `30s`")
            })?,
            (None, Some(to)) => {
                let to: Instant = to.parse().map_err(|_| {
                    Problem::new(&WRONG, format!("`{to}` is no instant"))
                        .at("body: to")
                        .hint("as in `2026-01-05T08:00:00Z`")
                })?;
                if to < now {
                    return Err(Problem::new(
                        &WRONG,
                        format!("it is {now} already, and time does not go back"),
                    )
                    .at("body: to")
                    .hint("reset the world, or restore a snapshot"));
                }
                to.since(now)
            }
            _ => {
                return Err(Problem::new(&WRONG, "`by` or `to` is wanted, and not both")
                    .at("body")
                    .hint("for example {\"by\": \"30s\"}"));
            }
        };
        pass(call, by)?;
        Ok(json(200, &told(call)?))
    },
};

fn pass(call: &Call<'_>, by: Duration) -> Result<(), Problem> {
    if by > LONGEST {
        return Err(Problem::new(&WRONG, "more than ten years are not let pass at once").at("body"));
    }
    let hosted = call.hosted()?;
    let parts = hosted.parts();
    let asker = call.left();
    if !hosted.world.wait(parts.advance_for(&asker, by)) {
        let now = parts.clock.now();
        let why = if asker.is_so() { "whoever asked left" } else { "the world was taken back" };
        return Err(Problem::new(&CONFLICT, format!("{why} while time passed; it was {now} by then"))
            .hint("let time pass once that is done"));
    }
    Ok(())
}

fn told(call: &Call<'_>) -> Result<Value, Problem> {
    let hosted = call.hosted()?;
    let parts = hosted.parts();
    let due = hosted.world.wait(parts.next_due()).map(|due| due.to_string());
    let clock = &parts.clock;
    Ok(value!({"now": clock.now().to_string(), "pace": pace(clock.pace()), "next_due": due}))
}
