//! `standin list`: what there is, read from the lists that define it.

use crate::args::{ListCommand, What, WorldOptions};
use crate::{Stop, run, say, schema};
use serde_json::{Value, json};
use standin_conform::CLAUSES;
use standin_conform::ledger::ledger;
use standin_fake_kit::faults::{KINDS, Kind};
use standin_scenario::nearest;
use standin_stage::steps::STEPS;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(crate) fn list(command: &ListCommand) -> Result<u8, Stop> {
    let mut rows = match command.what {
        What::Schema => return schema::list(command),
        What::Steps => steps(),
        What::Endpoints => of_kinds(&["gigya", "qualifio", "eloqua"]),
        What::Components => of_kinds(&["component"]),
        What::Rules => of_kinds(&["rule"]),
        What::Knobs => knobs(),
        What::Evidence => evidence(),
        What::Faults => faults(),
        What::Reports => reports(),
        What::Roles => roles(),
        What::Cases => cases(),
        What::Operations => operations(),
        What::Clauses => clauses(command)?,
    };
    for wanted in &command.names {
        if !rows.iter().any(|row| row.name.contains(wanted.as_str())) {
            let near = nearest(wanted, rows.iter().map(|row| row.name.as_str()));
            let hint = near.map(|near| format!("\n  help: did you mean `{near}`?")).unwrap_or_default();
            return Err(Stop::wrong(format!("error: nothing here has `{wanted}` in its name{hint}")));
        }
    }
    rows.retain(|row| command.names.is_empty() || command.names.iter().any(|name| row.name.contains(name)));
    if command.json {
        say(&format!("{:#}\n", Value::Array(rows.into_iter().map(|row| row.json).collect())));
    } else {
        for row in rows {
            say(&row.text);
        }
    }
    Ok(0)
}

struct Row {
    name: String,
    text: String,
    json: Value,
}

fn steps() -> Vec<Row> {
    let row = |step: &standin_stage::step::Step| {
        let mut text = format!("{}\n  {}\n", step.name, step.summary);
        for arg in step.args {
            let _ = writeln!(
                text,
                "    {:<26} {}{}",
                arg.name,
                arg.summary,
                match (arg.needed, arg.instead.is_empty()) {
                    (true, true) => " (needed)".to_owned(),
                    (true, false) => format!(" ({} is needed)", arg.or_others()),
                    _ => String::new(),
                }
            );
        }
        let _ = writeln!(text, "    - {}\n", step.example);
        let args: Vec<Value> = step
            .args
            .iter()
            .map(|arg| json!({"name": arg.name, "needed": arg.needed, "instead": arg.instead, "summary": arg.summary}))
            .collect();
        let json = json!({
            "name": step.name, "summary": step.summary, "args": args, "alone": step.alone, "open": step.open,
            "example": step.example,
        });
        Row { name: step.name.to_owned(), text, json }
    };
    STEPS.iter().map(row).collect()
}

fn of_kinds(kinds: &[&str]) -> Vec<Row> {
    let lines = ledger().into_iter().filter(|line| kinds.contains(&line.kind));
    lines
        .map(|line| Row {
            name: line.name.clone(),
            text: format!("{:<10} {:<52} {}\n", line.kind, line.name, line.summary),
            json: json!({"kind": line.kind, "name": line.name, "summary": line.summary, "evidence": line.evidence.level.word()}),
        })
        .collect()
}

fn evidence() -> Vec<Row> {
    let row = |line: standin_conform::ledger::Line| Row {
        name: line.name.clone(),
        text: format!(
            "{:<10} {:<10} {:<52} {} [{}]\n",
            line.evidence.level.word(),
            line.kind,
            line.name,
            line.evidence.source,
            line.evidence.test
        ),
        json: json!({
            "level": line.evidence.level.word(), "kind": line.kind, "name": line.name,
            "source": line.evidence.source, "test": line.evidence.test,
        }),
    };
    ledger().into_iter().map(row).collect()
}

fn knobs() -> Vec<Row> {
    let row = |knob: standin_fake_kit::Knob| Row {
        name: knob.name.to_owned(),
        text: format!("{:<40} {:<16} {} ({})\n", knob.name, knob.default, knob.summary, knob.takes),
        json: json!({
            "name": knob.name, "default": knob.default, "takes": knob.takes.to_string(), "summary": knob.summary,
            "evidence": knob.evidence.level.word(),
        }),
    };
    standin_stage::world::knobs().into_iter().map(row).collect()
}

fn faults() -> Vec<Row> {
    let row = |kind: &Kind| Row {
        name: kind.name.to_owned(),
        text: format!(
            "{}\n  {}\n  {}: {}\n    {}\n\n",
            kind.name,
            kind.summary,
            kind.place.words(),
            kind.takes,
            kind.example
        ),
        json: json!({
            "name": kind.name, "summary": kind.summary, "takes": kind.takes.to_string(),
            "where": kind.place.words(), "example": kind.example, "evidence": kind.evidence.level.word(),
        }),
    };
    KINDS.iter().map(row).collect()
}

fn reports() -> Vec<Row> {
    let row = |format: &standin_report::Format| Row {
        name: format.name.to_owned(),
        text: format!("{:<10} {}\n", format.name, format.summary),
        json: json!({"name": format.name, "summary": format.summary}),
    };
    standin_report::FORMATS.iter().map(row).collect()
}

fn roles() -> Vec<Row> {
    let row = |role: &standin_conform::verify::Role| Row {
        name: role.name.to_owned(),
        text: format!("{:<10} {}\n{:10} {}\n", role.name, role.summary, "", role.clauses.join(" ")),
        json: json!({"name": role.name, "summary": role.summary, "clauses": role.clauses}),
    };
    standin_conform::verify::ROLES.iter().map(row).collect()
}

/// What partners are put through, as it is written: `@{word}` stands for what the partner's file says.
fn cases() -> Vec<Row> {
    let all = standin_conform::verify::ROLES
        .iter()
        .flat_map(|role| role.cases.iter().map(move |case| (role, case)));
    let row = |(role, (name, text)): (&standin_conform::verify::Role, &(&str, &str))| Row {
        name: (*name).to_owned(),
        text: format!("{name}\n{}\n", text.lines().map(|line| format!("  {line}\n")).collect::<String>()),
        json: json!({"name": name, "role": role.name, "text": text}),
    };
    all.map(row).collect()
}

fn operations() -> Vec<Row> {
    let row = |operation: &standin_stage::control::operation::Operation| {
        let (name, method, path) = (operation.name, operation.method, operation.path);
        Row {
            name: name.to_owned(),
            text: format!("{name:<20} {method:<6} {path}\n{:20} {}\n", "", operation.summary),
            json: json!({"name": name, "method": method, "path": path, "summary": operation.summary,
                "test": operation.test}),
        }
    };
    standin_stage::control::operations::OPERATIONS.iter().map(row).collect()
}

/// Each clause with the scenarios that show it.
fn clauses(command: &ListCommand) -> Result<Vec<Row>, Stop> {
    let ready = run::loaded(&command.scenarios, &WorldOptions { set: Vec::new(), seed: 0 })?;
    let mut shown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ready in &ready {
        for clause in &ready.scenario.clauses {
            let files = shown.entry(clause.name.as_str()).or_default();
            if !files.contains(&ready.scenario.source.name.as_str()) {
                files.push(&ready.scenario.source.name);
            }
        }
    }
    let row = |clause: &standin_conform::Clause| {
        let files = shown.get(clause.id).cloned().unwrap_or_default();
        let mut text = format!("{:<11} {}\n", clause.id, clause.says);
        for file in &files {
            let _ = writeln!(text, "{:12}{file}", "");
        }
        if files.is_empty() {
            let _ = writeln!(text, "{:12}(no scenario)", "");
        }
        let json = json!({"id": clause.id, "says": clause.says, "scenarios": files});
        Row { name: clause.id.to_owned(), text, json }
    };
    Ok(CLAUSES.iter().map(row).collect())
}
