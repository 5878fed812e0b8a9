//! What happened in a world: as lines, and as a stream of events.

use crate::control::entry_json;
use crate::control::events::Following;
use crate::control::operation::{Answer, Call, EVENTS, LINES, Operation, Param, Turn, with};
use crate::control::problem::{FULL, Problem, WRONG};
use http::HeaderValue;
use standin_ports::Response;
use standin_ports::http::Streamed;
use std::fmt::Write;
use std::sync::Arc;

/// How many entries one answer has.
const MOST: u64 = 10_000;

const NEXT: &str = "standin-next";

pub(super) const READ: Operation = Operation {
    name: "read_journal",
    method: "GET",
    path: "/worlds/{world}/journal",
    summary: "reads the journal of a world from a position on, one JSON object a line",
    params: &[
        Param {
            name: "after",
            place: "query",
            schema: r#"{"type": "integer", "minimum": 0, "maximum": 9007199254740991}"#,
            summary: "only entries after this position, 0 if it is not given",
            needed: false,
        },
        Param {
            name: "limit",
            place: "query",
            schema: r#"{"type": "integer", "minimum": 0, "maximum": 10000}"#,
            summary: "how many entries come at most, 10000 if it is not given; the header Standin-Next says after which to go on",
            needed: false,
        },
    ],
    body: &[],
    answer: Answer { status: 200, kind: LINES, schema: "Lines", summary: "the entries, oldest first" },
    refuses: &[404],
    turn: Turn::Looks,
    test: "the_journal_is_read_and_followed",
    run: |call| {
        let after = call.number("after", 0, (1 << 53) - 1)?;
        let limit = usize::try_from(call.number("limit", MOST, MOST)?).unwrap_or(0);
        let journal = &call.hosted()?.parts().journal;
        let entries = journal.some_since(after.saturating_add(1), limit, usize::MAX);
        let mut text = String::new();
        for entry in &entries {
            let _ = writeln!(text, "{}", entry_json(entry));
        }
        let next = entries.last().map_or(after, |entry| entry.seq);
        let mut answer = with(200, LINES, text);
        let headers = answer.headers_mut();
        headers.insert(NEXT, HeaderValue::from(next));
        headers.insert("standin-forgotten", HeaderValue::from(journal.forgotten()));
        Ok(answer)
    },
};

pub(super) const FOLLOW: Operation = Operation {
    name: "follow_journal",
    method: "GET",
    path: "/worlds/{world}/events",
    summary: "sends each entry of the journal as it comes, as server-sent events; Last-Event-ID goes on where one was",
    params: &[
        Param {
            name: "after",
            place: "query",
            schema: r#"{"type": "string", "maxLength": 62, "pattern": "^(end|[0-9]+\\.[0-9]+-[0-9]+)$"}"#,
            summary: "the id of the last event that was seen, where no header can be sent; `end` begins with what comes",
            needed: false,
        },
        Param {
            name: "most",
            place: "query",
            schema: r#"{"type": "integer", "minimum": 1, "maximum": 1000000}"#,
            summary: "ends the stream after so many events, 100000 if it is not given",
            needed: false,
        },
        Param {
            name: "Last-Event-ID",
            place: "header",
            schema: r#"{"type": "string", "maxLength": 62, "pattern": "^[0-9]+\\.[0-9]+-[0-9]+$"}"#,
            summary: "the id of the last event that was seen",
            needed: false,
        },
    ],
    body: &[],
    answer: Answer {
        status: 200,
        kind: EVENTS,
        schema: "Events",
        summary: "the events, for as long as somebody listens",
    },
    refuses: &[404, 429],
    turn: Turn::Looks,
    test: "the_journal_is_read_and_followed",
    run: follow,
};

fn follow(call: &Call<'_>) -> Result<Response, Problem> {
    let hosted = call.hosted()?;
    let stand = hosted.parts().journal.stand();
    let header = call.request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let from = match (header.or_else(|| call.query("after")), header) {
        (None, _) => (stand.0, 1),
        (Some("end"), _) => stand,
        (Some(id), header) => {
            let parts = id.split_once('-').and_then(|(world, seq)| {
                let (making, returns) = world.split_once('.')?;
                let (making, returns): (u64, u64) = (making.parse().ok()?, returns.parse().ok()?);
                let next = seq.parse::<u64>().ok()?.saturating_add(1);
                // An event of another world of that name is none of this one's: it begins anew.
                Some((if making == hosted.making { returns } else { u64::MAX }, next))
            });
            let place = if header.is_some() { "header: Last-Event-ID" } else { "query: after" };
            parts.ok_or_else(|| {
                Problem::new(&WRONG, format!("`{id}` is no id of an event"))
                    .at(place)
                    .hint("as in `1767600000001.0-17`")
            })?
        }
    };
    let events = call.number("most", 100_000, 1_000_000)?.max(1);
    let most = call.worlds.hosting.streams;
    let pieces = Following::begin(call.worlds, hosted, from, events).ok_or_else(|| {
        Problem::new(&FULL, format!("{most} streams of events are open"))
            .hint("close one, or read the journal in pieces")
    })?;
    let mut answer = with(200, EVENTS, format!("retry: 1000\n: world {}\n\n", hosted.name));
    answer.extensions_mut().insert(Streamed { pieces: Arc::new(pieces), idle: b": still here\n\n" });
    Ok(answer)
}
