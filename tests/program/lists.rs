//! `standin list`: what single entries look like, and that no list leaves one out.

use super::{check, program};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn entries() {
    check(&[
        ("list-step", "list steps participate"),
        ("list-endpoint", "list endpoints accounts.setAccountInfo"),
        ("list-component", "list components field.rename"),
        ("list-clause", "list clauses QG-MAP-8 --scenarios tests/program/two-held.yaml"),
        ("list-clause-json", "list clauses QG-MAP-7 --json --scenarios tests/program/two-held.yaml"),
        ("list-rule", "list rules phone"),
        ("list-evidence", "list evidence accounts.login"),
        ("list-knob", "list knobs gigya.index_delay"),
        ("list-fault", "list faults overtaken"),
        ("list-knob-json", "list knobs gigya.index_delay --json"),
        ("list-reports", "list reports"),
        ("list-role", "list roles loader"),
    ]);
}

fn names(what: &str, member: &str) -> Vec<String> {
    let output = program(&["list", what, "--json"]).output().unwrap();
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    rows.as_array().unwrap().iter().map(|row| row[member].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_left_out() {
    let steps: Vec<&str> = standin_stage::steps::STEPS.iter().map(|step| step.name).collect();
    assert_eq!(names("steps", "name"), steps);
    let clauses: Vec<&str> = standin_conform::CLAUSES.iter().map(|clause| clause.id).collect();
    assert_eq!(names("clauses", "id"), clauses);
    let roles = standin_conform::verify::ROLES.iter();
    let cases: Vec<&str> = roles.flat_map(|role| role.cases.iter().map(|(name, _)| *name)).collect();
    assert_eq!(names("cases", "name"), cases);
    let ledger = standin_conform::ledger::ledger();
    let whole: Vec<String> = ledger.iter().map(|line| line.name.clone()).collect();
    assert_eq!(names("evidence", "name"), whole);
    let lists = ["endpoints", "components", "rules", "faults", "knobs"];
    let parts: BTreeSet<String> = lists.iter().flat_map(|what| names(what, "name")).collect();
    assert_eq!(parts, whole.into_iter().collect());
}

/// As text, every list has the same entries as in JSON, in the same order.
#[test]
fn text_and_json_show_the_same() {
    for (what, member) in [
        ("steps", "name"),
        ("endpoints", "name"),
        ("clauses", "id"),
        ("faults", "name"),
        ("knobs", "name"),
        ("cases", "name"),
        ("evidence", "name"),
    ] {
        let output = program(&["list", what]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut rest = text.as_str();
        for name in names(what, member) {
            let at = rest.find(&name).unwrap_or_else(|| panic!("{what}: {name} is missing or out of order"));
            rest = &rest[at..];
        }
    }
}
