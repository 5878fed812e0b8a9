//! Stubs in the place of a dataflow's steps, above all of connectors to platforms that this world has not.

use super::dataflow::{dataflow_id, document_of};
use super::files::{bytes_of, hold_bytes};
use crate::run::Run;
use crate::step::{Args, Miss, Step, Takes, needed, optional, unmet};
use crate::surface::locked;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use standin_dataflow::{Answer, Answered, Stub};
use standin_scenario::Node;

/// A stub.
pub const STUB_STEP: Step = Step {
    name: "stub_step",
    summary: "puts a stub in the place of a dataflow's step: it gives, answers and keeps what is said here, in every coming job",
    args: &[
        needed("name", "the dataflow's name").takes(Takes::Dataflow),
        needed("step", "the step's id").takes(Takes::Text),
        optional("records", "what a reader or a parser gives"),
        optional(
            "files",
            "what a storage reader or a formatter gives: { name, and text, lines, file or base64 }",
        ),
        optional(
            "answers",
            "what becomes of the records that come in: { of: fields, and one of with: fields, error: details, removed: true }; the first that fits counts, what none fits goes on",
        ),
        optional("fails", "the step fails, and the job, for this reason").takes(Takes::Text),
    ],
    alone: None,
    open: false,
    example: "stub_step: { name: crm, step: write contacts, answers: [{ of: { email: bo@brand.example }, error: { errorCode: 400, errorMessage: bad address } }] }",
    run: |run, args| {
        let id = dataflow_id(run, args)?;
        let step = known_step(run, args, &id)?;
        let mut stub = Stub { fails: args.text("fails")?.map(str::to_owned), ..Stub::default() };
        for record in args.get("records").map(Node::list).transpose()?.unwrap_or_default() {
            stub.records.push(fields_of(record)?);
        }
        for file in args.get("files").map(Node::list).transpose()?.unwrap_or_default() {
            stub.files.push(file_of(run, file)?);
        }
        for answer in args.get("answers").map(Node::list).transpose()?.unwrap_or_default() {
            stub.answers.push(answer_of(run, answer)?);
        }
        // Whether such a stub fits the step is the engine's to say; it is asked now, not at the next job.
        let text = document_of(run, &id)?.to_string();
        if let Ok((mut document, _)) = standin_dataflow::Document::parse(&text) {
            document.stub(&step, stub.clone()).map_err(|why| run.mistake(args.node(), &why.to_string()))?;
        }
        locked(&run.world.parts().stubs).put(&id, &step, stub);
        Ok(format!("a stub for `{step}`"))
    },
};

/// What a stub has got.
pub const EXPECT_STUB: Step = Step {
    name: "expect_stub",
    summary: "holds the records or files that a stub got since it was put in its step's place, in all jobs, in their order",
    args: &[
        needed("name", "the dataflow's name").takes(Takes::Dataflow),
        needed("step", "the step's id").takes(Takes::Text),
        optional("records", "the records; members that are not named do not matter").of_absence(),
        optional("exactly", "the records, with no member beside those named").of_absence(),
        optional(
            "files",
            "the files, byte by byte: { name, and text, lines, file or base64 }; `*` in a name stands for any part",
        ),
        optional("count", "how many records and files").takes(Takes::Number).of_absence(),
    ],
    alone: None,
    open: false,
    example: "expect_stub: { name: crm, step: write contacts, records: [{ email: ann@brand.example }] }",
    run: |run, args| {
        let id = dataflow_id(run, args)?;
        let step = known_step(run, args, &id)?;
        let Some(got) = locked(&run.world.parts().stubs).got(&id, &step) else {
            let known = locked(&run.world.parts().stubs).steps(&id);
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let message = format!("no stub stands in the place of step `{step}`");
            return Err(run.mistake_near(args.need("step")?, &message, &step, &known));
        };
        if ["records", "exactly", "files", "count"].iter().all(|name| args.get(name).is_none()) {
            return Err(run.mistake(args.node(), "nothing is expected of the stub"));
        }
        let records = Value::from_iter(got.records.iter().cloned());
        let what = format!("the records of the stub at `{step}`");
        if let Some(expected) = args.json("records")? {
            run.hold(args.need("records")?, &expected, &records, &what)?;
        }
        if let Some(expected) = args.json("exactly")? {
            let node = args.need("exactly")?;
            run.hold(node, &expected, &records, &what)?;
            run.hold(node, &json!(expected.to_string()), &json!(records.to_string()), &what)?;
        }
        if let Some(node) = args.get("files") {
            let expected = node.list()?;
            let names: Vec<&str> = got.files.iter().map(|(name, _)| name.as_str()).collect();
            if expected.len() != names.len() {
                return Err(unmet(format!("the stub got {} files: {}", names.len(), names.join(", "))));
            }
            for (one, (name, bytes)) in expected.iter().zip(&got.files) {
                let (pattern, content) = file_of(run, one)?;
                if !super::files::fits(&pattern, name) {
                    return Err(unmet(format!("the stub got `{name}` where `{pattern}` is expected")));
                }
                hold_bytes(run, one, &content, bytes, &format!("the content of {name}"))?;
            }
        }
        if let Some(count) = args.number("count")? {
            let found = got.records.len() + got.files.len();
            run.hold(args.need("count")?, &json!(count), &json!(found), "how much the stub got")?;
        }
        Ok(format!("{} records, {} files", got.records.len(), got.files.len()))
    },
};

/// The step that the argument names, if the dataflow has it.
fn known_step(run: &Run<'_>, args: &Args<'_>, id: &str) -> Result<String, Miss> {
    let (node, step) = (args.need("step")?, args.need_text("step")?);
    let document = document_of(run, id)?;
    let steps = document["steps"].as_array().into_iter().flatten();
    let known: Vec<&str> = steps.filter_map(|step| step["id"].as_str()).collect();
    if known.contains(&step) {
        return Ok(step.to_owned());
    }
    Err(run.mistake_near(node, &format!("the dataflow has no step `{step}`"), step, &known))
}

fn fields_of(node: &Node) -> Result<Map<String, Value>, Miss> {
    let pairs = node.map()?.iter().map(|(key, value)| Ok((key.name.clone(), value.to_json()?)));
    pairs.collect()
}

fn file_of(run: &Run<'_>, node: &Node) -> Result<(String, Bytes), Miss> {
    node.only(&["name", "text", "lines", "file", "base64", "gzip"])?;
    let Some(name) = node.get("name") else { return Err(run.mistake(node, "the file has no `name`")) };
    let content = bytes_of(run, node)?.unwrap_or_default();
    Ok((name.text()?.to_owned(), Bytes::from(content)))
}

fn answer_of(run: &Run<'_>, node: &Node) -> Result<Answer, Miss> {
    node.only(&["of", "with", "error", "removed"])?;
    let of = node.get("of").map(fields_of).transpose()?.unwrap_or_default();
    let removed = node.get("removed").map(Node::flag).transpose()?.unwrap_or(false);
    let fate = match (node.get("with"), node.get("error"), removed) {
        (Some(fields), None, false) => Answered::With(fields_of(fields)?),
        (None, Some(details), false) => Answered::Error(details.to_json()?),
        (None, None, true) => Answered::Removed,
        _ => return Err(run.mistake(node, "an answer has one of `with`, `error` and `removed: true`")),
    };
    Ok(Answer { of, fate })
}
