//! Boundaries between crates, and lists against scenarios and clauses.

use crate::{all_scenarios, top};
use standin_conform::CLAUSES;
use standin_conform::ledger::ledger;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each crate may depend on, of ours. Development dependencies are no part of the boundary.
const MAY: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("ports", &["model"]),
    ("clients", &["model", "ports"]),
    ("push", &["model", "ports", "clients"]),
    ("dataflow", &["model", "ports", "clients"]),
    ("fake_kit", &["model", "ports"]),
    ("fake_gigya", &["model", "ports", "fake_kit"]),
    ("fake_qualifio", &["model", "ports", "fake_kit"]),
    ("fake_eloqua", &["model", "ports", "fake_kit"]),
    ("fake_sftp", &["model", "ports", "fake_kit"]),
    ("wire", &["model", "ports"]),
    ("browser", &[]),
    ("live", &["model", "ports", "clients", "dataflow", "wire"]),
    ("serve", &["model", "ports", "fake_kit", "fake_sftp"]),
    ("scenario", &["model"]),
    ("report", &["model", "scenario"]),
];

/// What nobody but the root may depend on.
const NEVER: &[(&str, &[&str])] = &[("stage", &["report", "conform"]), ("conform", &["report"])];

fn own_dependencies(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().cloned().unwrap_or_default();
    let ours = dependencies.keys().filter_map(|name| name.strip_prefix("standin-"));
    ours.map(|name| name.replace('-', "_")).collect()
}

#[test]
fn manifests_keep_the_boundaries() {
    for (name, may) in MAY {
        let found = own_dependencies(&top().join("sim").join(name));
        let allowed: BTreeSet<String> = may.iter().map(|name| (*name).to_owned()).collect();
        assert!(found.is_subset(&allowed), "{name} may use {allowed:?} and uses {found:?}");
    }
    for (name, never) in NEVER {
        let found = own_dependencies(&top().join("sim").join(name));
        assert!(never.iter().all(|other| !found.contains(*other)), "{name} uses {found:?}");
    }
}

#[test]
fn every_crate_is_in_the_table() {
    let mut folders: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(top().join("sim")).unwrap() {
        let path = entry.unwrap().path();
        if path.join("Cargo.toml").is_file() {
            folders.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    folders.sort();
    let mut known: Vec<&str> = MAY.iter().chain(NEVER).map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(folders, known);
}

#[test]
fn every_clause_has_a_scenario() {
    let scenarios = all_scenarios();
    let shown: BTreeSet<&str> = scenarios
        .iter()
        .flat_map(|ready| &ready.scenario.clauses)
        .map(|clause| clause.name.as_str())
        .collect();
    let missing: Vec<&str> =
        CLAUSES.iter().map(|clause| clause.id).filter(|id| !shown.contains(id)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "clauses without a scenario");
    let unknown: Vec<&&str> =
        shown.iter().filter(|id| standin_conform::clauses::clause_of(id).is_none()).collect();
    assert!(unknown.is_empty(), "scenarios name clauses that do not exist: {unknown:?}");
}

#[test]
fn scenario_names_are_unique() {
    let scenarios = all_scenarios();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for ready in &scenarios {
        *seen.entry(ready.scenario.name.as_str()).or_default() += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// The names of functions that stand under a test attribute.
fn tests_in(files: &[PathBuf]) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let mut marked = false;
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            if line.starts_with("#[") {
                marked |= line.contains("test]");
                continue;
            }
            let named = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            if let (true, Some((name, _))) = (marked, named.and_then(|rest| rest.split_once('('))) {
                tests.insert(name.to_owned());
            }
            marked = false;
        }
    }
    tests
}

/// Every line of the ledger says where it comes from and names a test that exists.
#[test]
fn evidence_names_tests_that_exist() {
    let mut files = Vec::new();
    sources(&top().join("sim"), &mut files);
    sources(&top().join("tests"), &mut files);
    let tests = tests_in(&files);
    let mut missing: BTreeSet<String> = BTreeSet::new();
    for line in ledger() {
        assert!(!line.evidence.source.trim().is_empty(), "{} has no source", line.name);
        let name = line.evidence.test.rsplit("::").next().unwrap_or_default();
        if !tests.contains(name) {
            missing.insert(format!("{} {}: {}", line.kind, line.name, line.evidence.test));
        }
    }
    assert!(missing.is_empty(), "evidence names tests that do not exist: {missing:#?}");
}

#[test]
fn names_in_the_lists_are_unique() {
    let mut seen = BTreeSet::new();
    for line in ledger() {
        assert!(
            seen.insert((line.kind, line.name.clone())),
            "{} {} stands there twice",
            line.kind,
            line.name
        );
    }
    let mut steps = BTreeSet::new();
    for step in standin_stage::steps::STEPS {
        assert!(steps.insert(step.name), "step {} stands there twice", step.name);
        assert!(step.example.contains(step.name), "the example of {} does not show it", step.name);
    }
}

/// The table that tells where one more of a kind goes names places that exist.
#[test]
fn where_to_add_one_is_there() {
    let map = std::fs::read_to_string(top().join("sim/README.md")).unwrap();
    let table = map.split("## How to add one").nth(1).unwrap().split("## ").next().unwrap();
    let places: Vec<&str> =
        table.split('`').skip(1).step_by(2).filter(|place| place.contains("src/")).collect();
    assert!(places.len() > 10, "{places:?}");
    let absent: Vec<&&str> = places
        .iter()
        .filter(|place| {
            let known = place.split('<').next().unwrap_or_default();
            !top().join("sim").join(known).exists()
        })
        .collect();
    assert!(absent.is_empty(), "{absent:?}");
}

/// The rows of the mapping and the variables of Qualifio's forms are written down twice, since a fake knows
/// no mapping of ours; they name the same.
#[test]
fn forms_have_a_variable_for_every_row() {
    let rows: BTreeSet<&str> = standin_push::rules::RULES.iter().filter_map(|rule| rule.variable).collect();
    let fields: BTreeSet<&str> =
        standin_fake_qualifio::campaign::MAPPED.iter().map(|(variable, _)| *variable).collect();
    assert_eq!(rows, fields);
}

/// The image is built by a compiler that is new enough, from folders that exist.
#[test]
fn the_image_is_of_this_project() {
    let image = std::fs::read_to_string(top().join("sim/Dockerfile")).unwrap();
    let manifest = std::fs::read_to_string(top().join("Cargo.toml")).unwrap();
    let needed = manifest.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(image.contains(&format!("FROM rust:{needed}-")), "rust-version is {needed}");
    assert!(image.contains("ENTRYPOINT [\"/standin\"]") && image.contains("--bin standin"), "{image}");
    let copied = image.split("cp -r ").nth(1).unwrap().split(" /image/work/").next().unwrap();
    for folder in copied.split(' ') {
        assert!(top().join(folder).is_dir(), "{folder}");
    }
}

/// The code map shows every crate.
#[test]
fn the_code_map_is_whole() {
    let map = std::fs::read_to_string(top().join("sim/README.md")).unwrap();
    for (name, _) in MAY.iter().chain(NEVER) {
        assert!(map.contains(&format!("`{name}`")), "sim/README.md does not show {name}");
    }
}
