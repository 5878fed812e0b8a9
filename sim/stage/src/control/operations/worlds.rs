//! Worlds: made, told, deleted, reset, forked.

use crate::clock::Pace;
use crate::control::operation::{Answer, Call, JSON, Operation, Param, Turn, YAML, empty, json, text_of};
use crate::control::problem::{Problem, WRONG};
use crate::control::worlds::{Hosted, Wanted};
use crate::find::SENT;
use crate::runner::{Extras, world_of};
use crate::world::WorldSpec;
use serde_json::{Map, Value, json as value};
use standin_dataflow::{Document, Severity};
use standin_ports::Clock;
use standin_scenario::Source;
use standin_scenario::scenario::parse_world;
use std::path::Path;
use std::sync::Arc;

pub(super) const LIST: Operation = Operation {
    name: "list_worlds",
    method: "GET",
    path: "/worlds",
    summary: "lists the worlds of this server",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "WorldList", summary: "the worlds by name" },
    refuses: &[],
    turn: Turn::Looks,
    test: "every_operation_answers_as_it_is_described",
    run: |call| {
        let worlds = call.worlds.all();
        let worlds: Vec<Value> = worlds.iter().map(|hosted| brief(hosted)).collect();
        Ok(json(200, &value!({"worlds": worlds, "most": call.worlds.hosting.worlds})))
    },
};

pub(super) const CREATE: Operation = Operation {
    name: "create_world",
    method: "POST",
    path: "/worlds",
    summary: "makes a world from the text of a world file or from the same in JSON, beside those that are there",
    params: &[
        Param {
            name: "name",
            place: "query",
            schema: r##"{"$ref": "#/components/schemas/WorldName"}"##,
            summary: "with a body in YAML: its name",
            needed: false,
        },
        Param {
            name: "seed",
            place: "query",
            schema: r#"{"type": "integer", "minimum": 0, "maximum": 9007199254740991}"#,
            summary: "with a body in YAML: where its identifiers start",
            needed: false,
        },
        Param {
            name: "credentials",
            place: "query",
            schema: r#"{"enum": ["own", "as_written"]}"#,
            summary: "with a body in YAML: whether it gets credentials of its own",
            needed: false,
        },
    ],
    body: &[(JSON, "NewWorld"), (YAML, "WorldText")],
    answer: Answer { status: 201, kind: JSON, schema: "World", summary: "the world" },
    refuses: &[409, 413, 415, 429],
    turn: Turn::Looks,
    test: "worlds_come_and_go",
    run: create,
};

pub(super) const READ: Operation = Operation {
    name: "read_world",
    method: "GET",
    path: "/worlds/{world}",
    summary: "tells of a world: how it is reached, and what time it is there",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "World", summary: "the world" },
    refuses: &[404],
    turn: Turn::Looks,
    test: "worlds_come_and_go",
    run: |call| Ok(json(200, &whole(call, call.hosted()?))),
};

pub(super) const DELETE: Operation = Operation {
    name: "delete_world",
    method: "DELETE",
    path: "/worlds/{world}",
    summary: "takes a world away, with its snapshots; the first one stays",
    params: &[],
    body: &[],
    answer: Answer { status: 204, kind: "", schema: "", summary: "it is gone" },
    refuses: &[404, 409],
    turn: Turn::Undoes,
    test: "worlds_come_and_go",
    run: |call| call.worlds.delete(&call.hosted()?.name).map(|()| empty()),
};

pub(super) const RESET: Operation = Operation {
    name: "reset_world",
    method: "POST",
    path: "/worlds/{world}/reset",
    summary: "brings a world back to how it was when it was made: state, clock, faults and journal",
    params: &[],
    body: &[],
    answer: Answer { status: 200, kind: JSON, schema: "World", summary: "the world" },
    refuses: &[404],
    turn: Turn::Undoes,
    test: "a_world_goes_back_to_what_it_was",
    run: |call| {
        call.hosted()?.reset();
        Ok(json(200, &whole(call, call.hosted()?)))
    },
};

pub(super) const FORK: Operation = Operation {
    name: "fork_world",
    method: "POST",
    path: "/worlds/{world}/fork",
    summary: "makes another world in the same state; the credentials go on leading to the first, so it is named",
    params: &[],
    body: &[(JSON, "NewName")],
    answer: Answer { status: 201, kind: JSON, schema: "World", summary: "the new world" },
    refuses: &[404, 409, 413, 415, 429],
    turn: Turn::Waits,
    test: "a_fork_goes_its_own_way",
    run: |call| {
        let members = call.members(&["name"])?;
        let name = text_of(&members, "name")?.map(str::to_owned);
        let fork = call.worlds.fork(call.hosted()?, name)?;
        Ok(json(201, &whole(call, &fork)))
    },
};

fn create(call: &Call<'_>) -> Result<standin_ports::Response, Problem> {
    let (mut members, text, called) = if call.kind() == YAML {
        let mut members = Map::new();
        for name in ["name", "credentials", "seed"] {
            let given = call.query(name).map(|text| match (name, text.parse::<u64>()) {
                ("seed", Ok(number)) => Value::from(number),
                _ => Value::from(text),
            });
            members.extend(given.map(|given| (name.to_owned(), given)));
        }
        (members, call.text()?.to_owned(), "body")
    } else {
        if let Some(name) =
            ["name", "credentials", "seed"].into_iter().find(|name| call.query(name).is_some())
        {
            return Err(Problem::new(&WRONG, format!("`{name}` stands in the query beside a body in JSON"))
                .at(format!("query: {name}"))
                .hint("put it into the body"));
        }
        (call.members(&["name", "seed", "credentials", "world"])?, String::new(), "body: world")
    };
    let name = text_of(&members, "name")?.map(str::to_owned);
    let own = match text_of(&members, "credentials")? {
        None | Some("own") => true,
        Some("as_written") => false,
        Some(other) => {
            return Err(Problem::new(&WRONG, format!("`{other}` is no way to make credentials"))
                .at("credentials")
                .hint("`own` or `as_written`"));
        }
    };
    let seed = match members.remove("seed") {
        None | Some(Value::Null) => None,
        Some(given) => {
            let number = given.as_u64().filter(|number| *number < 1 << 53);
            let wrong = || {
                Problem::new(&WRONG, format!("`{given}` is no seed"))
                    .at("seed")
                    .hint("a whole number from 0 on")
            };
            Some(number.ok_or_else(wrong)?)
        }
    };
    let (text, documents) = match members.remove("world") {
        None | Some(Value::Null) => (text, Vec::new()),
        Some(Value::Object(mut world)) => {
            let documents = inline(&mut world)?;
            (format!("{:#}", Value::Object(world)), documents)
        }
        Some(other) => {
            return Err(Problem::new(&WRONG, format!("a mapping is wanted, not `{other}`")).at("body: world"));
        }
    };
    let mut spec = described(&text, called)?;
    spec.dataflows.extend(documents);
    let hosted = call.worlds.create(Wanted { name, seed, spec, own })?;
    Ok(json(201, &whole(call, &hosted)))
}

/// The dataflows of a world in JSON that are documents, and no names of files.
fn inline(world: &mut Map<String, Value>) -> Result<Vec<(String, Value)>, Problem> {
    let Some(Value::Object(dataflows)) = world.get_mut("dataflows") else { return Ok(Vec::new()) };
    let names: Vec<String> =
        dataflows.iter().filter(|(_, it)| it.is_object()).map(|(name, _)| name.clone()).collect();
    let mut found = Vec::new();
    for name in names {
        let Some(document) = dataflows.remove(&name) else { continue };
        if let Err(problems) = Document::parse(&document.to_string()) {
            let told = problems.iter().filter(|problem| problem.severity == Severity::Error);
            let told: Vec<&str> = told.map(|problem| problem.message.as_str()).collect();
            return Err(Problem::new(&WRONG, told.join("; ")).at(format!("body: world.dataflows.{name}")));
        }
        found.push((name, document));
    }
    Ok(found)
}

/// The world that a text describes: that of a world file, or of a scenario's `world`.
fn described(text: &str, called: &str) -> Result<WorldSpec, Problem> {
    let source = Source::new(called, text);
    let wrong = |text: String| Problem::new(&WRONG, text).at(called);
    let root = parse_world(&source).map_err(|diagnostic| wrong(diagnostic.render(&source, false)))?;
    if matches!(root.kind, standin_scenario::Kind::Null) {
        return Ok(WorldSpec::default());
    }
    // Who sends a whole scenario means its world.
    let node = match root.get("scenario") {
        Some(_) => root.get("world"),
        None => Some(&root),
    };
    world_of(Path::new(SENT), &source, node, &Extras::default(), false).map_err(|bad| wrong(bad.0))
}

fn brief(hosted: &Hosted) -> Value {
    let clock = &hosted.parts().clock;
    value!({"name": hosted.name, "seed": hosted.world.seed(), "now": clock.now().to_string(), "pace": pace(clock.pace())})
}

/// All that is told of a world.
pub(super) fn whole(call: &Call<'_>, hosted: &Arc<Hosted>) -> Value {
    let mut world = brief(hosted);
    let mut leading: Map<String, Value> = Map::new();
    for credential in call.worlds.leading_to(hosted) {
        let Some(text) = credential.shown() else { continue };
        if let Some(list) = leading.entry(credential.kind()).or_insert_with(|| value!([])).as_array_mut() {
            list.push(Value::from(text));
        }
    }
    let mut environment = call.worlds.environment(hosted);
    // A server that is reached under many addresses tells its caller the one that the caller knows.
    if let (true, Some(place), Some(host)) =
        (call.worlds.hosting.address.is_unspecified(), call.worlds.place(), call.request.uri().host())
    {
        let here = place.sockets.gigya.ip().to_string();
        environment.iter_mut().for_each(|(_, text)| *text = as_reached(text, &here, host));
    }
    let environment: Map<String, Value> =
        environment.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    let dataflows: Vec<&str> = hosted.world.dataflow_names().collect();
    world["header"] = value!({"Standin-World": hosted.name});
    world["credentials"] = Value::Object(leading);
    world["environment"] = Value::Object(environment);
    world["dataflows"] = value!(dataflows);
    world["snapshots"] = hosted.snapshots().into_iter().map(|(name, _)| name).collect();
    world
}

/// What an environment says of the address `here`, for whoever reaches it as `host`, which has brackets where it is an
/// address of IPv6.
fn as_reached(text: &str, here: &str, host: &str) -> String {
    let own = if here.contains(':') { format!("[{here}]") } else { here.to_owned() };
    let behind = text.strip_prefix("http://").and_then(|text| text.strip_prefix(own.as_str()));
    match behind.filter(|behind| behind.starts_with(':')) {
        Some(behind) => format!("http://{host}{behind}"),
        None if text == here => host.trim_matches(['[', ']']).to_owned(),
        None => text.to_owned(),
    }
}

/// The API's word for how a clock moves.
pub(super) fn pace(pace: Pace) -> &'static str {
    match pace {
        Pace::Still => "still",
        Pace::Following => "wall",
        Pace::GoingOn => "running",
    }
}

#[cfg(test)]
mod tests {
    use super::as_reached;

    #[test]
    fn addresses_are_told_as_they_are_reached() {
        for (text, here, host, expected) in [
            ("http://127.0.0.1:8080", "127.0.0.1", "ci-7", "http://ci-7:8080"),
            ("127.0.0.1", "127.0.0.1", "10.0.0.7", "10.0.0.7"),
            ("http://[::1]:8080", "::1", "[fd00::7]", "http://[fd00::7]:8080"),
            ("::1", "::1", "[fd00::7]", "fd00::7"),
            ("8080", "127.0.0.1", "ci-7", "8080"),
            ("pass 127.0.0.1", "127.0.0.1", "ci-7", "pass 127.0.0.1"),
        ] {
            assert_eq!(as_reached(text, here, host), expected);
        }
    }
}
