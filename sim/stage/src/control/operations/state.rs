//! What there is in a world, platform by platform; files and knobs can also be set.

use crate::control::operation::{Answer, BYTES, JSON, Operation, Param, Turn, empty, json, text_of, with};
use crate::control::problem::{Problem, UNKNOWN, WRONG};
use crate::parts::Parts;
use crate::surface::locked;
use crate::world::World;
use serde_json::{Value, json as value};
use standin_ports::Clock;
use standin_ports::journal::masked;
use standin_scenario::nearest;
use std::ops::Range;

/// How many items one answer has.
const MOST: u64 = 10_000;

/// Something that can be read of a world: a list of items.
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    read: Read,
}

/// How the items are come by.
enum Read {
    /// All at once.
    Whole(fn(&World) -> Vec<Value>),
    /// Those in a range, and how many there are; for what a world may have very many of.
    Part(fn(&World, Range<usize>) -> (Vec<Value>, usize)),
}

impl View {
    /// The items in a range, and how many there are.
    fn some(&self, world: &World, range: Range<usize>) -> (Vec<Value>, usize) {
        match self.read {
            Read::Part(read) => read(world, range),
            Read::Whole(read) => {
                let mut items = read(world);
                let total = items.len();
                items.truncate(range.end);
                (items.split_off(range.start.min(items.len())), total)
            }
        }
    }
}

/// All views.
pub const VIEWS: &[View] = &[
    View {
        name: "accounts",
        summary: "Gigya's accounts",
        read: Read::Part(|world, range| locked(&world.parts().gigya).some_accounts(range)),
    },
    View {
        name: "sessions",
        summary: "Gigya's sessions that are open",
        read: Read::Whole(|world| locked(&world.parts().gigya).sessions(world.now())),
    },
    View {
        name: "messages",
        summary: "what Gigya has sent to people",
        read: Read::Whole(|world| locked(&world.parts().gigya).outbox()),
    },
    View {
        name: "dataflows",
        summary: "the dataflows that the world was made with",
        read: Read::Whole(dataflows),
    },
    View {
        name: "campaigns",
        summary: "Qualifio's campaigns",
        read: Read::Whole(|world| locked(&world.parts().qualifio).campaigns()),
    },
    View {
        name: "statistics",
        summary: "the rows of the statistics of all campaigns",
        read: Read::Whole(statistics),
    },
    View {
        name: "participations",
        summary: "what people did in campaigns",
        read: Read::Whole(|world| locked(&world.parts().qualifio).participations()),
    },
    View {
        name: "profiles",
        summary: "the people whom Qualifio knows",
        read: Read::Whole(|world| locked(&world.parts().qualifio).profiles()),
    },
    View {
        name: "pushes",
        summary: "the pushes from Qualifio to Gigya, and what became of them",
        read: Read::Whole(|world| locked(&world.parts().qualifio).pushes()),
    },
    View {
        name: "webhooks",
        summary: "what webhooks brought to the customer's receiver",
        read: Read::Whole(|world| received(world.parts())),
    },
    View {
        name: "contacts",
        summary: "Eloqua's contacts",
        read: Read::Part(|world, range| locked(&world.parts().eloqua).some_contacts(range)),
    },
    View {
        name: "runs",
        summary: "the runs of Eloqua's own imports and exports",
        read: Read::Whole(|world| locked(&world.parts().eloqua).runs()),
    },
    View {
        name: "notices",
        summary: "what Eloqua's imports and exports told people when they ended",
        read: Read::Whole(|world| locked(&world.parts().eloqua).outbox()),
    },
    View { name: "files", summary: "the files of the drop", read: Read::Whole(|world| files(world.parts())) },
    View {
        name: "objects",
        summary: "the addresses of the objects in the stores",
        read: Read::Whole(|world| {
            let objects = locked(&world.parts().buckets).objects();
            objects.into_iter().map(|address| value!({"address": address})).collect()
        }),
    },
    View { name: "agenda", summary: "who has something to do next, and when", read: Read::Whole(agenda) },
    View { name: "faults", summary: "what is still to go wrong, and how often", read: Read::Whole(faults) },
];

fn faults(world: &World) -> Vec<Value> {
    let rules = world.parts().fault_rules().into_iter();
    let told = rules.map(|rule| {
        value!({
            "platform": rule.platform, "call": rule.call, "path": rule.path, "effect": rule.effect.to_string(),
            "skip": rule.skip, "times": rule.times, "every": rule.every, "chance": share(rule.chance),
            "from": rule.from.map(|at| at.to_string()), "until": rule.until.map(|at| at.to_string()),
        })
    });
    told.collect()
}

/// A share of all calls as rules write it.
fn share(millionths: u32) -> String {
    let (whole, part) = (millionths / 10_000, millionths % 10_000);
    let part = format!("{part:04}");
    match part.trim_end_matches('0') {
        "" => format!("{whole}%"),
        part => format!("{whole}.{part}%"),
    }
}

pub(super) const VIEWS_LIST: Operation = Operation {
    name: "list_state",
    method: "GET",
    path: "/worlds/{world}/state",
    summary: "tells what can be read of a world, and how much there is of each",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "ViewList", summary: "the views" },
    refuses: &[404],
    turn: Turn::Looks,
    test: "any_state_is_read",
    run: |call| {
        let world = &call.hosted()?.world;
        let views = VIEWS.iter().map(
            |view| value!({"name": view.name, "summary": view.summary, "total": view.some(world, 0..0).1}),
        );
        Ok(json(200, &value!({"views": views.collect::<Vec<_>>()})))
    },
};

pub(super) const READ: Operation = Operation {
    name: "read_state",
    method: "GET",
    path: "/worlds/{world}/state/{view}",
    summary: "reads one of a world's lists: accounts, contacts, statistics, pushes, files, ...",
    params: &[
        Param {
            name: "offset",
            place: "query",
            schema: r#"{"type": "integer", "minimum": 0, "maximum": 1000000000}"#,
            summary: "how many items are passed over, 0 if it is not given",
            needed: false,
        },
        Param {
            name: "limit",
            place: "query",
            schema: r#"{"type": "integer", "minimum": 0, "maximum": 10000}"#,
            summary: "how many items come at most, 1000 if it is not given",
            needed: false,
        },
    ],
    body: &[],
    answer: Answer {
        status: 200,
        kind: JSON,
        schema: "Items",
        summary: "the items, and where the next ones begin",
    },
    refuses: &[404],
    turn: Turn::Looks,
    test: "any_state_is_read",
    run: |call| {
        let name = call.part("view");
        let view = VIEWS.iter().find(|view| view.name == name).ok_or_else(|| {
            let near = nearest(name, VIEWS.iter().map(|view| view.name));
            let all = || VIEWS.iter().map(|view| view.name).collect::<Vec<_>>().join(", ");
            let hint = near
                .map_or_else(|| format!("known here: {}", all()), |near| format!("did you mean `{near}`?"));
            Problem::new(&UNKNOWN, format!("a world has no `{name}` to read")).at("path: view").hint(hint)
        })?;
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let offset = count(call.number("offset", 0, 1_000_000_000)?);
        let limit = count(call.number("limit", 1000, MOST)?);
        let next = offset.saturating_add(limit);
        let (items, total) = view.some(&call.hosted()?.world, offset..next);
        let next = (next < total).then_some(next);
        Ok(json(200, &value!({"view": view.name, "total": total, "items": items, "next": next})))
    },
};

const PATH: Param = Param {
    name: "path",
    place: "query",
    schema: r#"{"type": "string", "minLength": 1, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"}"#,
    summary: "the file's path at the drop: `/out/contacts.csv`",
    needed: true,
};

pub(super) const READ_FILE: Operation = Operation {
    name: "read_file",
    method: "GET",
    path: "/worlds/{world}/file",
    summary: "reads a file of the drop, whoever it belongs to",
    params: &[PATH],
    body: &[],
    answer: Answer { status: 200, kind: BYTES, schema: "Bytes", summary: "the file as it is" },
    refuses: &[404],
    turn: Turn::Looks,
    test: "files_and_knobs_are_set",
    run: |call| {
        let path = call.query("path").unwrap_or_default();
        let file = locked(&call.hosted()?.parts().files).read(path);
        file.map(|bytes| with(200, BYTES, bytes)).ok_or_else(|| {
            Problem::new(&UNKNOWN, format!("the drop has no file `{path}`"))
                .at("query: path")
                .hint("GET state/files shows them all")
        })
    },
};

pub(super) const WRITE_FILE: Operation = Operation {
    name: "write_file",
    method: "PUT",
    path: "/worlds/{world}/file",
    summary: "puts a file into the drop, in the place of any of that path; its folders are made",
    params: &[PATH],
    body: &[(BYTES, "Bytes")],
    answer: Answer { status: 204, kind: "", schema: "", summary: "it is there" },
    refuses: &[404, 413],
    turn: Turn::Looks,
    test: "files_and_knobs_are_set",
    run: |call| {
        let parts = call.hosted()?.parts();
        let (path, now) = (call.query("path").unwrap_or_default(), parts.clock.now());
        let put = locked(&parts.files).put(now, path, call.request.body());
        put.map_err(|error| Problem::new(&WRONG, format!("`{path}`: {error}")).at("query: path"))?;
        Ok(empty())
    },
};

pub(super) const SET_KNOB: Operation = Operation {
    name: "set_knob",
    method: "PUT",
    path: "/worlds/{world}/knobs/{knob}",
    summary: "sets a knob of a fake from here on; `standin list knobs` shows them all",
    params: &[],
    body: &[(JSON, "KnobValue")],
    answer: Answer { status: 204, kind: "", schema: "", summary: "it is set" },
    refuses: &[404, 413, 415],
    turn: Turn::Looks,
    test: "files_and_knobs_are_set",
    run: |call| {
        let (name, members) = (call.part("knob"), call.members(&["value"])?);
        let Some(text) = text_of(&members, "value")? else {
            return Err(Problem::new(&WRONG, "`value` is missing").at("body: value"));
        };
        let all = crate::world::knobs();
        if !all.iter().any(|knob| knob.name == name) {
            let near = nearest(name, all.iter().map(|knob| knob.name));
            let hint = near.map_or_else(
                || "`standin list knobs` shows all knobs".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Problem::new(&UNKNOWN, format!("no knob is called `{name}`"))
                .at("path: knob")
                .hint(hint));
        }
        let set = call.hosted()?.world.set_knob(name, text);
        set.map_err(|error| Problem::new(&WRONG, error.to_string()).at("body: value"))?;
        Ok(empty())
    },
};

fn dataflows(world: &World) -> Vec<Value> {
    let gigya = locked(&world.parts().gigya);
    let one = |name: &str| {
        let id = world.dataflow_id(name)?;
        Some(value!({"name": name, "id": id, "document": gigya.dataflow(id)}))
    };
    world.dataflow_names().filter_map(one).collect()
}

fn statistics(world: &World) -> Vec<Value> {
    let qualifio = locked(&world.parts().qualifio);
    let mut rows = Vec::new();
    for campaign in qualifio.campaigns() {
        let of_campaign = qualifio.statistics(campaign["id"].as_u64().unwrap_or(0));
        rows.extend(of_campaign.into_iter().map(|mut row| {
            row["campaign"] = campaign["title"].clone();
            row
        }));
    }
    rows
}

fn received(parts: &Parts) -> Vec<Value> {
    let receiver = locked(&parts.receiver);
    let one = |received: &crate::receiver::Received| {
        value!({"at": received.at.to_string(), "url": received.url, "events": received.events,
            "body": masked(&received.body)})
    };
    receiver.received().map(one).collect()
}

fn files(parts: &Parts) -> Vec<Value> {
    let files = locked(&parts.files).files();
    let one = |(path, size, at): (String, u64, standin_model::Instant)| value!({"path": path, "size": size, "modified": at.to_string()});
    files.into_iter().map(one).collect()
}

fn agenda(world: &World) -> Vec<Value> {
    use standin_fake_kit::Fake;
    let parts = world.parts();
    let pushes = world.wait(async { parts.outbox.lock().await.next_due() });
    let due = [
        ("gigya", locked(&parts.gigya).next_due()),
        ("qualifio", locked(&parts.qualifio).next_due()),
        ("eloqua", locked(&parts.eloqua).next_due()),
        ("push", pushes),
    ];
    let mut due: Vec<_> = due.into_iter().filter_map(|(who, at)| Some((at?, who))).collect();
    due.sort();
    due.into_iter().map(|(at, who)| value!({"who": who, "at": at.to_string()})).collect()
}
