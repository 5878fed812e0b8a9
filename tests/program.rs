//! The commands' whole output and exit codes.
//!
//! What a list shows is taken by name, so that one more entry changes no snapshot; that the lists are whole is
//! held by [`lists`]. A changed text is looked at and taken over with `INSTA_UPDATE=always cargo test program`.

mod drop_clients;
mod lists;
mod live;
mod live_ways;
mod reports;
mod schema;
mod serving;

use crate::top;
use std::process::{Command, Output};

/// The program, where a person would start it: at the top of the checkout, without a terminal.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.current_dir(top()).args(arguments).env_remove("CLICOLOR_FORCE");
    command
}

/// The command line, what it printed, and how it ended.
fn told(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    let mut text = format!("$ standin {}\n", arguments.join(" "));
    text.push_str(&String::from_utf8(stdout).unwrap());
    let errors = String::from_utf8(stderr).unwrap();
    if !errors.is_empty() {
        text.push_str(&format!("--- standard error\n{errors}"));
    }
    format!("{text}--- exit code {}\n", status.code().unwrap())
}

/// Every command line has its snapshot, named after what it shows.
fn check(cases: &[(&str, &str)]) {
    for (name, line) in cases {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{name}"), told(&arguments));
        });
    }
}

#[test]
fn help() {
    check(&[
        ("help", "--help"),
        ("help-run", "run --help"),
        ("help-check", "check --help"),
        ("help-dataflow", "dataflow --help"),
        ("help-dataflow-run", "dataflow run --help"),
        ("help-list", "list --help"),
        ("help-new", "new --help"),
        ("help-completions", "completions --help"),
        ("help-man", "man --help"),
        ("help-serve", "serve --help"),
        ("help-exec", "exec --help"),
        ("help-ca", "ca --help"),
        ("help-verify", "verify --help"),
        ("help-compare", "compare --help"),
        ("help-new-verify", "new verify --help"),
        ("version", "--version"),
    ]);
}

#[test]
fn run() {
    check(&[
        ("run-held", "run tests/program/two-held.yaml --timeless"),
        ("run-steps", "run tests/program/two-held.yaml --timeless --steps"),
        ("run-quiet", "run tests/program/two-held.yaml --timeless --quiet"),
        ("run-in-memory", "run tests/program/two-held.yaml --timeless --transport memory"),
        ("run-failed", "run tests/program/broken-expectation.yaml --timeless"),
        ("run-some", "run tests/program/two-held.yaml --timeless --only Gent"),
        ("run-none", "run tests/program/two-held.yaml --tag nothing"),
    ]);
}

#[test]
fn a_mistake_is_shown_at_its_place() {
    check(&[
        ("bad-step", "check tests/program/unknown-step.yaml"),
        ("bad-argument", "check tests/program/missing-argument.yaml"),
        ("bad-placeholder", "check tests/program/missing-placeholder.yaml"),
        ("bad-plain-scalar", "check tests/program/plain-scalar.yaml"),
        ("bad-yaml", "check tests/program/no-yaml.yaml"),
        ("bad-clause", "check tests/program/unknown-clause.yaml"),
        ("bad-member", "check tests/program/unknown-member.yaml"),
        ("bad-value", "check tests/program/wrong-value.yaml"),
        ("bad-dataflow", "check tests/program/bad-dataflow.yaml"),
        ("bad-name", "check tests/program/unknown-dataflow.yaml"),
        ("bad-stub", "check tests/program/unknown-stub.yaml"),
        ("bad-span", "check tests/program/wrong-span.yaml"),
        ("bad-knob", "check tests/program/unknown-knob.yaml"),
        ("bad-word", "check tests/program/wrong-word.yaml"),
        ("bad-circle", "serve --world tests/program/world-on-itself.yaml"),
        ("bad-late", "run tests/program/late-mistake.yaml --timeless"),
        ("bad-base", "check tests/program/bad-base.yaml"),
        ("bad-world", "serve --world tests/program/bad-world.yaml"),
        ("several-mistakes", "run tests/program/unknown-step.yaml tests/program/unknown-clause.yaml"),
    ]);
}

#[test]
fn dataflows() {
    check(&[
        ("dataflow-good", "dataflow check fixtures/dataflows/samples/01-gigya-to-sftp-export.json"),
        ("dataflow-warned", "dataflow check tests/program/vendor-dataflow.json"),
        ("dataflow-comment", "dataflow check tests/program/commented-dataflow.json"),
        (
            "dataflow-wrong",
            "dataflow check tests/program/wrong-dataflow.json fixtures/dataflows/gigya-to-sftp.json",
        ),
        ("dataflow-nowhere", "dataflow check nowhere.json"),
        ("dataflow-expressions", "dataflow check tests/program/wrong-expressions.json"),
        (
            "dataflow-explained",
            "dataflow explain fixtures/dataflows/samples/05-eloqua-unsubscribes-to-subscriptions.json",
        ),
        ("dataflow-not-explained", "dataflow explain tests/program/commented-dataflow.json"),
    ]);
}

/// The drawing goes into a file; a document that is refused leaves none.
#[test]
fn a_dataflow_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    for (flow, code, drawn) in [
        ("fixtures/dataflows/samples/10-split-json-csv-ok-marker.json", 0, true),
        ("tests/program/commented-dataflow.json", 2, false),
    ] {
        let file = folder.path().join(format!("{code}.svg"));
        let output =
            program(&["dataflow", "explain", flow, "--svg", file.to_str().unwrap()]).output().unwrap();
        assert_eq!((output.status.code(), file.exists()), (Some(code), drawn), "{flow}");
    }
    let drawing = std::fs::read_to_string(folder.path().join("0.svg")).unwrap();
    assert!(
        drawing.starts_with("<svg ") && drawing.contains(">marker</text>") && drawing.ends_with("</svg>\n")
    );
}

#[test]
fn a_wrong_command_line_is_told_before_anything_runs() {
    check(&[
        ("wrong-command", "rum"),
        ("wrong-path", "run nowhere"),
        ("wrong-knob", "run --set gigya.indexdelay=4s"),
        ("wrong-knob-value", "serve --set gigya.index_delay=soon"),
        ("wrong-report", "run --report xml=out.xml"),
        ("wrong-report-place", "run --report junit=nowhere/out.xml tests/program/two-held.yaml"),
        ("wrong-report-form", "run --report html"),
        ("wrong-report-dash", "run --report html=-"),
        ("wrong-knob-form", "run --set x"),
        ("wrong-folder", "run tests/snapshots"),
        ("wrong-clause", "run --clause QG-MAP-99"),
        ("wrong-name", "list endpoints accounts.serch"),
        ("wrong-kind", "list everything"),
        ("wrong-port", "serve --port 80000"),
    ]);
}

/// A partner's file is held against its role, and the table tells what is broken, and where.
#[test]
fn partners() {
    check(&[
        ("verify-right", "verify csv fixtures/verify/csv/partner.yaml"),
        ("verify-wrong", "verify csv fixtures/verify/csv/wrong/GE-CSV-4.cut-off.csv --clause GE-CSV-4"),
        ("verify-role", "verify loadr x.yaml"),
        ("verify-other-role", "verify loader fixtures/verify/exporter/partner.yaml"),
        ("verify-left-out", "verify csv tests/program/partner-without.yaml"),
        ("verify-bad-clause", "verify csv tests/program/partner-bad-clause.yaml"),
        ("verify-no-service", "verify push tests/program/partner-ends.yaml --clause QG-MAP-1"),
        ("verify-no-program", "verify loader tests/program/partner-no-program.yaml"),
    ]);
}

/// The report for a CI system and the one for programs.
#[test]
fn reports() {
    let folder = tempfile::tempdir().unwrap();
    let [junit, json] = ["out.xml", "out.json"].map(|name| folder.path().join(name));
    let files = ["tests/program/two-held.yaml", "tests/program/broken-expectation.yaml"];
    let reports = [format!("junit={}", junit.display()), format!("json={}", json.display())];
    let arguments =
        ["run", files[0], files[1], "--timeless", "--report", &reports[0], "--report", &reports[1]];
    assert_eq!(program(&arguments).output().unwrap().status.code(), Some(1));
    // How long it took is all that may differ between two runs.
    let times = [(r#" time="\d+\.\d+""#, r#" time="0""#), (r#""micros": \d+"#, r#""micros": 0"#)];
    insta::with_settings!(
        { omit_expression => true, prepend_module_to_snapshot => false, filters => times },
        {
            insta::assert_snapshot!("report-junit", std::fs::read_to_string(junit).unwrap());
            insta::assert_snapshot!("report-json", without_journals(&std::fs::read_to_string(json).unwrap()));
        }
    );
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "a file was left beside the reports");
}

/// Journals hold what the platforms' pages look like, which is no matter of the report's shape.
fn without_journals(report: &str) -> String {
    let mut report: serde_json::Value = serde_json::from_str(report).unwrap();
    for scenario in report["scenarios"].as_array_mut().unwrap() {
        let journal = scenario["journal"].as_array_mut().unwrap();
        assert!(!journal.is_empty());
        journal.clear();
    }
    format!("{report:#}")
}

/// All scenarios but those of a browser, twice and on both transports.
#[test]
fn the_same_report_twice_and_on_both_transports() {
    let folders = std::fs::read_dir(top().join("scenarios")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let mut folders: Vec<String> =
        names.filter(|name| name != "browser").map(|name| format!("scenarios/{name}")).collect();
    folders.sort();
    let run = |options: &[&str]| {
        let words = ["run"].into_iter().chain(folders.iter().map(String::as_str));
        let all = told(&words.chain(options.iter().copied()).collect::<Vec<_>>());
        all.split_once('\n').map(|(_, report)| report.to_owned()).unwrap()
    };
    let wire = run(&["--timeless"]);
    assert!(wire.ends_with("--- exit code 0\n"), "{wire}");
    assert_eq!(wire, run(&["--timeless"]));
    let memory = run(&["--timeless", "--transport", "memory"]).replace(" on memory;", " on wire;");
    assert_eq!(wire, memory);
}
