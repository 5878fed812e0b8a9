//! Reports, and the ways of running that change no report.

use super::schema::Schema;
use super::{check, program, told};
use crate::top;
use serde_json::{Value, json};
use standin_scenario::Source;
use standin_scenario::scenario::parse_world;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn ways_of_running() {
    let files = "tests/program/broken-expectation.yaml tests/program/two-held.yaml";
    let fast = format!("run {files} --timeless --fail-fast --jobs 4");
    check(&[
        ("run-fail-fast", fast.as_str()),
        ("run-repeated", "run tests/program/two-held.yaml --timeless --repeat 3"),
        ("wrong-shard", "run --shard 4/3"),
        ("wrong-schema", "list schema senario"),
        ("list-schemas", "list schema"),
    ]);
}

/// The JSON report of a run, without durations.
fn report(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.json");
    let option = format!("json={}", file.display());
    let mut all = vec!["run", "--transport", "memory", "--quiet", "--report", &option];
    all.extend(arguments);
    let code = program(&all).output().unwrap().status.code();
    assert!(matches!(code, Some(0 | 1)), "{arguments:?}: {code:?}");
    let mut report: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    for scenario in report["scenarios"].as_array_mut().unwrap() {
        scenario["micros"] = Value::from(0);
    }
    report
}

const SOME: &[&str] = &["scenarios/mapping", "scenarios/identity", "tests/program/two-held.yaml"];

#[test]
fn any_number_of_jobs_gives_the_same_report() {
    let with = |jobs: &str| report(&[SOME, &["--jobs", jobs]].concat());
    assert_eq!(with("1"), with("7"));
}

/// Each scenario is in exactly one shard, and comes out there as it does in the whole.
#[test]
fn the_union_of_the_shards_is_the_whole() {
    let key = |scenario: &Value| format!("{}\n{}", scenario["file"], scenario["name"]);
    let all = |report: Value| report["scenarios"].as_array().unwrap().clone();
    let mut whole = all(report(SOME));
    let shards: Vec<Vec<Value>> = ["1/3", "2/3", "3/3"]
        .iter()
        .map(|shard| all(report(&[SOME, &["--shard", *shard]].concat())))
        .collect();
    assert!(shards.iter().all(|shard| !shard.is_empty()));
    let mut union: Vec<Value> = shards.concat();
    whole.sort_by_key(key);
    union.sort_by_key(key);
    assert_eq!(union, whole);
    // Others may come and go: what is left stays where it was.
    let alone: BTreeSet<String> =
        all(report(&["scenarios/mapping", "--shard", "2/3"])).iter().map(key).collect();
    let among = shards[1].iter().filter(|scenario| scenario["file"].to_string().contains("mapping"));
    assert_eq!(among.map(key).collect::<BTreeSet<_>>(), alone);
}

#[test]
fn two_reports_need_two_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report");
    let [json, tap] = ["json", "tap"].map(|format| format!("{format}={}", file.display()));
    let refused = format!("error: two reports are to be written to {}\n", file.display());
    for command in [
        ["run", "tests/program/two-held.yaml"].as_slice(),
        &["verify", "csv", "fixtures/verify/csv/right.csv"],
    ] {
        let ran = program(&[command, &["--report", &json, "--report", &tap]].concat()).output().unwrap();
        assert_eq!((ran.status.code(), String::from_utf8_lossy(&ran.stderr).as_ref()), (Some(2), &*refused));
        assert!(!file.exists());
    }
}

#[test]
fn every_format_goes_to_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["run".to_owned(), SOME[2].to_owned()];
    for format in standin_report::FORMATS {
        let file = folder.path().join(format.name);
        arguments.extend(["--report".to_owned(), format!("{}={}", format.name, file.display())]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(program(&arguments).output().unwrap().status.code(), Some(0));
    for format in standin_report::FORMATS {
        let text = std::fs::read_to_string(folder.path().join(format.name)).unwrap();
        let shows = format.name == "markdown" || text.contains("A form value arrives in the profile");
        assert!(shows, "{} does not show the scenario", format.name);
    }
}

fn schema(name: &str) -> Schema {
    let output = program(&["list", "schema", name]).output().unwrap();
    Schema::of(serde_json::from_slice(&output.stdout).unwrap())
}

fn yaml(file: &Path) -> Value {
    let source = Source::new(file.display().to_string(), std::fs::read_to_string(file).unwrap());
    parse_world(&source).unwrap().to_json().unwrap()
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "yaml") {
            found.push(path);
        }
    }
}

fn faulty(fault: Value) -> Value {
    json!({"scenario": "A", "steps": [{"fault": fault}]})
}

/// What an editor would underline: nothing in what runs, something in each of what is refused.
#[test]
fn schemas_of_what_people_write() {
    for (name, folder) in [("scenario", "scenarios"), ("world", "fixtures/worlds")] {
        let (schema, mut found) = (schema(name), Vec::new());
        files(&top().join(folder), &mut found);
        assert!(!found.is_empty());
        for file in found {
            let mistakes = schema.mistakes(&yaml(&file));
            assert!(mistakes.is_empty(), "{}: {mistakes:#?}", file.display());
        }
    }
    let scenario = schema("scenario");
    for name in ["unknown-step", "unknown-clause", "missing-argument", "wrong-word", "wrong-span"] {
        let file = top().join(format!("tests/program/{name}.yaml"));
        assert!(!scenario.mistakes(&yaml(&file)).is_empty(), "{name} fits");
    }
    let later = json!([{"advance": "1s"}]);
    for (wrong, right) in [
        (json!({"scenario": "A", "steps": []}), json!({"scenario": "A", "steps": later})),
        (
            json!({"scenario": "A", "step": later, "steps": later}),
            json!({"scenario": "A", "steps": ["clear_faults"]}),
        ),
        (
            json!({"scenario": "A", "steps": later, "world": {"gigia": {}}}),
            json!({"scenario": "A", "steps": later, "world": {"gigya": {}}}),
        ),
        (
            json!({"scenario": "A", "steps": later, "world": {"knobs": {"gigya.index_dealy": "5s"}}}),
            json!({"scenario": "A", "steps": later, "world": {"knobs": {"gigya.index_delay": "5s"}}}),
        ),
        (
            json!({"scenario": "A", "steps": [{"advance": "1s", "clear_faults": null}]}),
            json!({"scenario": "A", "steps": [{"advance": "1s"}, {"clear_faults": null}]}),
        ),
        (
            faulty(json!({"platform": "gigya", "http": 502, "cut": "half"})),
            faulty(json!({"platform": "gigya", "http": 502, "cut": null})),
        ),
        (faulty(json!({"platform": "gigya", "times": 2})), faulty(json!({"platform": "sftp", "times": 2}))),
        (
            faulty(json!({"platform": "gigya", "after_bytes": 1})),
            faulty(json!({"platform": "<where>", "after_bytes": 1})),
        ),
        (
            faulty(json!({"platform": "gigya", "http": 502, "times": 0})),
            faulty(json!({"platform": "gigya", "http": 502, "times": "<n>"})),
        ),
    ] {
        assert!(!scenario.mistakes(&wrong).is_empty(), "{wrong} fits");
        assert_eq!(scenario.mistakes(&right), Vec::<String>::new(), "{right}");
    }
}

/// What a partner writes, by hand or from what `new` writes.
#[test]
fn the_schema_of_partners_files_holds() {
    let schema = schema("verify");
    let mut found = Vec::new();
    files(&top().join("fixtures/verify"), &mut found);
    for file in &found {
        assert_eq!(schema.mistakes(&yaml(file)), Vec::<String>::new(), "{}", file.display());
    }
    let folder = tempfile::tempdir().unwrap();
    for role in standin_conform::verify::ROLES {
        let file = folder.path().join(format!("{}.yaml", role.name));
        let written = program(&["new", "verify", role.name, file.to_str().unwrap()]).output().unwrap();
        assert_eq!(written.status.code(), Some(0));
        assert_eq!(schema.mistakes(&yaml(&file)), Vec::<String>::new(), "{}", role.name);
    }
    for wrong in [
        json!({"command": ["load"]}),
        json!({"verify": "loadr", "command": ["load"]}),
        json!({"verify": "loader"}),
        json!({"verify": "loader", "command": "load"}),
        json!({"verify": "loader", "command": ["load"], "phone": "append"}),
        json!({"verify": "loader", "command": ["load"], "patience": "60"}),
        json!({"verify": "loader", "command": ["load"], "leaves_out": {"GE-SUB-11": "none"}}),
        json!({"verify": "push", "command": ["load"], "phone": "join"}),
        json!({"verify": "dataflow", "outbound": {"set": {}}}),
        json!({"verify": "csv", "files": ["a.csv"], "world": {"gigia": {}}}),
    ] {
        assert_ne!(schema.mistakes(&wrong), Vec::<String>::new(), "{wrong}");
    }
}

#[test]
fn the_schema_of_the_report_holds() {
    let schema = schema("report");
    let mut report = report(&["tests/program/broken-expectation.yaml", "tests/program/two-held.yaml"]);
    assert_eq!(schema.mistakes(&report), Vec::<String>::new());
    for (place, wrong) in [
        ("/format", Value::from("another")),
        ("/scenarios/0/verdict", Value::from("fine")),
        ("/scenarios/0/steps/0/line", Value::from("4")),
        ("/scenarios/0/journal/0/kind", Value::Null),
    ] {
        let right = std::mem::replace(report.pointer_mut(place).unwrap(), wrong);
        assert_ne!(schema.mistakes(&report), Vec::<String>::new(), "{place}");
        *report.pointer_mut(place).unwrap() = right;
    }
}

/// What `new` writes runs, and is not written over.
#[test]
fn a_new_scenario_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.yaml");
    let file = file.to_str().unwrap();
    assert_eq!(program(&["new", "scenario", file]).output().unwrap().status.code(), Some(0));
    let run = told(&["run", file, "--transport", "memory", "--timeless"]);
    assert!(run.contains("2 held, of 2 scenarios") && run.ends_with("--- exit code 0\n"), "{run}");
    std::fs::write(file, "mine").unwrap();
    assert_eq!(program(&["new", "scenario", file]).output().unwrap().status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
    let printed = program(&["new", "scenario"]).output().unwrap().stdout;
    std::fs::write(file, printed).unwrap();
    assert_eq!(schema("scenario").mistakes(&yaml(Path::new(file))), Vec::<String>::new());
}

#[test]
fn shells_and_the_manual_know_every_command() {
    let help = told(&["--help"]);
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = commands.lines().filter_map(named).collect();
    assert!(commands.contains(&"run") && commands.contains(&"completions"), "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = told(&["completions", shell]);
        assert!(
            commands.iter().all(|command| script.contains(command)) && script.contains("shard"),
            "{shell}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    assert_eq!(program(&["man", pages.to_str().unwrap()]).output().unwrap().status.code(), Some(0));
    for command in commands.iter().filter(|command| **command != "help") {
        let page = std::fs::read_to_string(pages.join(format!("standin-{command}.1"))).unwrap();
        assert!(page.contains(".TH"), "{command}");
    }
    let first = told(&["man"]);
    assert!(first.contains(".TH standin 1"));
    // Examples keep their lines.
    let notes = first.split(".SH NOTES\n.nf\n").nth(1).unwrap().split(".fi\n").next().unwrap();
    assert!(notes.lines().any(|line| line.starts_with("  standin list steps   ")), "{notes}");
}

/// Bash offers what can stand at a place, and nothing of ours behind the command of `exec`.
#[test]
fn bash_completes_by_the_words_before() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("standin.bash");
    std::fs::write(&script, program(&["completions", "bash"]).output().unwrap().stdout).unwrap();
    std::fs::write(folder.path().join("out.xml"), "").unwrap();
    for (words, expected) in [
        ("verify p", "push"),
        ("verify e", "exporter eloqua"),
        ("new verify log", "login-page"),
        ("list schema w", "world"),
        ("run --report j", "junit= json="),
        ("run --report junit = ou", "out.xml"),
        ("exec -- python3 -", ""),
        ("exec --al", "--allow"),
    ] {
        let asked = "source \"$0\"; COMP_WORDS=(standin \"$@\"); COMP_CWORD=$#; \
            _standin standin \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; echo \"${COMPREPLY[@]}\"";
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", asked]).arg(&script).args(words.split(' ')).current_dir(folder.path());
        let said = String::from_utf8(bash.output().unwrap().stdout).unwrap();
        assert_eq!(said.trim_end(), expected, "{words}");
    }
}

/// Fish offers the same. Where it is not there, there is nothing to see.
#[test]
fn fish_completes_by_the_words_before() {
    if std::process::Command::new("fish").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("standin.fish");
    std::fs::write(&script, program(&["completions", "fish"]).output().unwrap().stdout).unwrap();
    std::fs::write(folder.path().join("out.xml"), "").unwrap();
    for (words, expected) in [
        ("verify p", "push"),
        ("verify e", "eloqua exporter"),
        ("new verify log", "login-page"),
        ("list sch", "schema"),
        ("list schema w", "world"),
        ("run --transport m", "memory"),
        ("run --report j", "json= junit="),
        ("run --report junit=ou", "junit=out.xml"),
        ("verify loader --report=junit=ou", "--report=junit=out.xml"),
        ("exec --al", "--allow"),
    ] {
        let asked = "source $argv[1]; complete -C \"standin $argv[2]\" | string replace -r '\\t.*' ''";
        let mut fish = std::process::Command::new("fish");
        fish.args(["--no-config", "-c", asked]).arg(&script).arg(words).current_dir(folder.path());
        let said = String::from_utf8(fish.output().unwrap().stdout).unwrap();
        let mut said: Vec<&str> = said.lines().collect();
        said.sort_unstable();
        assert_eq!(said.join(" "), expected, "{words}");
    }
}

/// Zsh asks functions of ours for what depends on the words before.
#[test]
fn zsh_is_told_where_words_depend_on_others() {
    let script = String::from_utf8(program(&["completions", "zsh"]).output().unwrap().stdout).unwrap();
    let asks = |name: &str| script.lines().filter(|line| line.ends_with(&format!(":{name}' \\"))).count();
    assert_eq!((asks("_standin_report"), asks("_standin_names")), (2, 1));
    assert!(
        script.contains("compadd -S '' -- html= ") && script.contains("compadd -- report scenario "),
        "{script}"
    );
    assert!(script.contains("(push\\:") || script.contains("((push"), "roles are offered: {script}");
}

/// The command that a line of the help is about; a line that only goes on is indented further.
fn named(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
    rest.split_whitespace().next()
}
