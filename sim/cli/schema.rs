//! JSON Schemas: of the report for programs, of scenario, world and partners' files for editors. What the lists know of steps,
//! clauses, knobs and a world's sections is in them; what a section's values may be is checked when a world is made.

use crate::args::ListCommand;
use crate::{Stop, say};
use serde_json::{Map, Value, json};
use standin_conform::CLAUSES;
use standin_conform::clauses::clause_of;
use standin_conform::verify::ROLES;
use standin_conform::verify::role::{Member, Role, Takes as Shape};
use standin_fake_kit::faults::rule::one_kind;
use standin_fake_kit::seed;
use standin_scenario::nearest;
use standin_stage::step::{Arg, Step, Takes, between};
use standin_stage::steps::{FAULT, STEPS};
use standin_stage::world::{SECTIONS, knobs};

struct Schema {
    name: &'static str,
    summary: &'static str,
    make: fn() -> Value,
}

const SCHEMAS: &[Schema] = &[
    Schema {
        name: "report",
        summary: "what `--report json=FILE` writes",
        make: standin_report::json::schema,
    },
    Schema { name: "scenario", summary: "a scenario file", make: scenario },
    Schema { name: "world", summary: "a world file, and the `world` of a scenario", make: world_file },
    Schema { name: "verify", summary: "a partner's file for `standin verify`", make: partner },
];

/// What they are of.
pub(crate) fn names() -> Vec<&'static str> {
    SCHEMAS.iter().map(|schema| schema.name).collect()
}

/// All of them by name, or those that were asked for.
pub(crate) fn list(command: &ListCommand) -> Result<u8, Stop> {
    for name in &command.names {
        let Some(schema) = SCHEMAS.iter().find(|schema| schema.name == name) else {
            let near = nearest(name, SCHEMAS.iter().map(|schema| schema.name));
            let hint = near.map(|near| format!("\n  help: did you mean `{near}`?")).unwrap_or_default();
            return Err(Stop::wrong(format!("error: there is no schema of `{name}`{hint}")));
        };
        say(&format!("{:#}\n", (schema.make)()));
    }
    if command.names.is_empty() && command.json {
        let all = SCHEMAS.iter().map(|schema| json!({"name": schema.name, "summary": schema.summary}));
        say(&format!("{:#}\n", Value::Array(all.collect())));
    } else if command.names.is_empty() {
        for schema in SCHEMAS {
            say(&format!("{:<10} {}\n", schema.name, schema.summary));
        }
    }
    Ok(0)
}

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

fn scenario() -> Value {
    let known = CLAUSES.iter().map(|clause| json!({"const": clause.id, "description": clause.says}));
    let clauses: Vec<Value> = known.chain([later()]).collect();
    json!({
        "$schema": DRAFT,
        "title": "A scenario of standin",
        "type": "object",
        "additionalProperties": false,
        "required": ["scenario", "steps"],
        "properties": {
            "scenario": {"type": "string", "description": "what it shows, in a sentence"},
            "clauses": {"type": "array", "items": {"anyOf": clauses}, "description": "the clauses that it shows"},
            "tags": texts("words to choose scenarios by"),
            "world": {"$ref": "#/$defs/world"},
            "examples": {
                "type": "array", "minItems": 1, "items": {"type": "object"},
                "description": "a row for each run: `<name>` in the scenario becomes its value",
            },
            "steps": {
                "type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"},
                "description": "what happens, in order",
            },
            "expected_failure": {
                "type": "string",
                "description": "text of the failure that it must end in, where it shows a breach being caught",
            },
        },
        "$defs": {"world": world(), "step": step()},
    })
}

fn texts(description: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}

fn world_file() -> Value {
    let mut schema = world();
    schema["$schema"] = Value::from(DRAFT);
    schema["title"] = Value::from("A world of standin");
    schema
}

fn world() -> Value {
    let mut members = Map::new();
    members.insert(
        "from".to_owned(),
        json!({"type": "string", "description": "a world file to build on, beside this one or in a folder above"}),
    );
    members.extend(seed::members(SECTIONS));
    members.insert(
        "dataflows".to_owned(),
        json!({
            "type": "object", "additionalProperties": {"type": "string"},
            "description": "dataflow files by the name that steps use",
        }),
    );
    let settings: Map<String, Value> = knobs()
        .into_iter()
        .map(|knob| {
            let about = format!("{} ({}; otherwise {})", knob.summary, knob.takes, knob.default);
            (knob.name.to_owned(), json!({"type": ["string", "integer", "boolean"], "description": about}))
        })
        .collect();
    members.insert(
        "knobs".to_owned(),
        json!({"type": "object", "additionalProperties": false, "properties": settings}),
    );
    members.insert("seed".to_owned(), json!({"type": "integer", "minimum": 0}));
    json!({"type": "object", "additionalProperties": false, "properties": members})
}

/// A partner's file: what it says beside what all say depends on the role.
fn partner() -> Value {
    let roles: Vec<Value> = ROLES.iter().map(of_role).collect();
    json!({
        "$schema": DRAFT,
        "title": "A partner's file for `standin verify`",
        "type": "object",
        "required": ["verify"],
        "properties": {"verify": {"enum": ROLES.iter().map(|role| role.name).collect::<Vec<_>>()}},
        "anyOf": roles,
        "$defs": {"world": world()},
    })
}

fn of_role(role: &Role) -> Value {
    let mut members: Map<String, Value> =
        role.members.iter().map(|member| (member.name.to_owned(), member_of_role(member))).collect();
    let left_out: Map<String, Value> = role
        .clauses
        .iter()
        .filter_map(|id| clause_of(id))
        .map(|clause| (clause.id.to_owned(), json!({"type": "string", "description": clause.says})))
        .collect();
    members.insert("verify".to_owned(), json!({"const": role.name, "description": role.summary}));
    members.insert("name".to_owned(), json!({"type": "string", "description": "what the system is called"}));
    members.insert(
        "leaves_out".to_owned(),
        json!({
            "type": "object", "additionalProperties": false, "properties": left_out,
            "description": "clauses that the system does not take part in, each with the reason",
        }),
    );
    members.insert("world".to_owned(), json!({"$ref": "#/$defs/world"}));
    let needed = role.members.iter().filter(|member| member.needed).map(|member| member.name);
    let needed: Vec<&str> = ["verify"].into_iter().chain(needed).collect();
    json!({"type": "object", "additionalProperties": false, "required": needed, "properties": members})
}

fn member_of_role(member: &Member) -> Value {
    let mut value = match member.takes {
        Shape::Text => json!({"type": "string"}),
        Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Number => json!({"type": "integer", "minimum": 0}),
        Shape::Word(words) => json!({"enum": words}),
        Shape::Names => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Shape::Dataflow => json!({"anyOf": [{"type": "string"}, {
            "type": "object", "additionalProperties": false, "required": ["file"],
            "properties": {
                "file": {"type": "string", "description": "the file, from the folder of this one"},
                "set": {
                    "type": "object", "additionalProperties": {"type": "object"},
                    "description": "parameters by step that are tried with another value",
                },
            },
        }]}),
    };
    value["description"] = Value::from(member.summary);
    value
}

/// A step is a word, if it needs nothing, or a word with its arguments.
fn step() -> Value {
    let bare = STEPS.iter().filter(|step| step.args.iter().all(|arg| !arg.needed));
    let bare: Vec<Value> =
        bare.map(|step| json!({"const": step.name, "description": step.summary})).collect();
    let members: Map<String, Value> =
        STEPS.iter().map(|step| (step.name.to_owned(), arguments(step))).collect();
    let full = json!({
        "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
        "properties": members,
    });
    json!({"anyOf": [full, {"oneOf": bare}]})
}

fn arguments(step: &Step) -> Value {
    let members: Map<String, Value> =
        step.args.iter().map(|arg| (arg.name.to_owned(), argument(arg, true))).collect();
    let (some, all): (Vec<&Arg>, Vec<&Arg>) =
        step.args.iter().filter(|arg| arg.needed).partition(|arg| !arg.instead.is_empty());
    let all: Vec<&str> = all.iter().map(|arg| arg.name).collect();
    let mut whole = json!({
        "type": "object", "properties": members, "required": all, "additionalProperties": step.open,
    });
    if step.name == FAULT.name {
        whole["allOf"] = json!([one_kind(Some(&later()))]);
    }
    if !some.is_empty() {
        let there = |name: &str| json!({"required": [name], "properties": {name: {"not": {"type": "null"}}}});
        let one_of = |arg: &&Arg| {
            let names = [arg.name].into_iter().chain(arg.instead.iter().copied());
            json!({"anyOf": names.map(there).collect::<Vec<_>>()})
        };
        whole["allOf"] = some.iter().map(one_of).collect();
    }
    let mut choices = vec![whole];
    if all.is_empty() && some.is_empty() {
        choices.push(json!({"type": "null"}));
    }
    let alone = step.alone.and_then(|alone| step.args.iter().find(|arg| arg.name == alone));
    if let Some(arg) = alone {
        let value = argument(arg, false);
        // Only where it is the one argument may it be a mapping of its own.
        choices.push(match step.args.len() {
            1 => value,
            _ => json!({"allOf": [value, {"not": {"type": "object"}}]}),
        });
    }
    json!({"description": format!("{}\n\nFor example: {}", step.summary, step.example), "anyOf": choices})
}

/// A value of the examples' rows, or one that an earlier step saves.
fn later() -> Value {
    json!({"type": "string", "pattern": r"<\w+>|\$\{"})
}

/// What stands for an argument.
fn argument(arg: &Arg, described: bool) -> Value {
    let later = later();
    let value = match arg.takes {
        Takes::Anything => json!({}),
        Takes::Text | Takes::Dataflow | Takes::NewDataflow | Takes::EloquaJob | Takes::Campaign => {
            json!({"type": "string"})
        }
        Takes::TextOrMap => json!({"type": ["string", "object"]}),
        Takes::Lists => {
            let texts = json!({"type": "array", "items": {"type": "string"}});
            json!({"anyOf": [texts, {"type": "object", "additionalProperties": texts}, later]})
        }
        Takes::Span => json!({"anyOf": [{"type": "string", "pattern": "^\\d+\\s*(ms|s|min|m|h|d)$"}, later]}),
        Takes::Number => json!({"anyOf": [between(0, u64::MAX), later]}),
        Takes::Between(least, most) => json!({"anyOf": [between(least, most), later]}),
        Takes::Flag => json!({"anyOf": [{"type": "boolean"}, later]}),
        Takes::Word(words) => json!({"anyOf": [{"enum": words}, later]}),
    };
    let mut value = if matches!(arg.takes, Takes::Anything) || arg.needed {
        value
    } else {
        json!({"anyOf": [value, {"type": "null"}]})
    };
    if described {
        value["description"] = Value::from(arg.summary);
    }
    value
}
