//! Our own rules made wrong, one at a time: a scenario has to notice each.
//!
//! Where a rule asks `mutated("name.of-it")` stands a mutant. Each is put into the world of every scenario that comes to it,
//! until one does not hold; one that no scenario notices survives, and that is a scenario which is missing.

use crate::{all_scenarios, top};
use standin::{Ready, Transport};
use standin_dataflow::component::ComponentDoc;
use standin_dataflow::components::COMPONENTS;
use standin_model::mutant::{asked_in, make_wrong};
use standin_push::RULES;
use standin_push::rules::Behaviour;
use standin_stage::runner::run;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rules that stand once for many, and those many.
fn shared() -> [(&'static str, Vec<&'static str>); 3] {
    let rows = |fits: fn(&Behaviour) -> bool| {
        RULES.iter().filter(move |rule| fits(&rule.behaviour)).map(|rule| rule.name).collect()
    };
    let alone = |component: &&ComponentDoc| component.kind.starts_with("field.");
    [
        ("push.row.dropped", rows(|row| !matches!(row, Behaviour::Key | Behaviour::ReadOnly))),
        ("push.row.fills", rows(|row| matches!(row, Behaviour::Overwrite { .. }))),
        ("dataflow.step.idle", COMPONENTS.iter().filter(alone).map(|component| component.kind).collect()),
    ]
}

/// The names of all mutants in the sources below a folder.
fn mutants(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            mutants(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("mutant.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let named = |switch| text.split(switch).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(named("mutated(\"").map(str::to_owned));
            for name in named("mutated_at(\"") {
                let (_, many) = shared().into_iter().find(|(known, _)| *known == name).unwrap();
                found.extend(many.into_iter().map(|of| format!("{name}@{of}")));
            }
        }
    }
}

/// A scenario and the rules that it comes to.
struct Reach {
    ready: Ready,
    rules: BTreeSet<String>,
}

/// All scenarios that run in memory.
fn reaches() -> Vec<Reach> {
    let scenarios = all_scenarios().into_iter().filter(|ready| !ready.needs_browser());
    let each = scenarios.map(|ready| {
        let rules = asked_in(|| assert!(run(&ready, Transport::Memory).held(), "{}", ready.scenario.name));
        Reach { ready, rules }
    });
    each.collect()
}

/// The scenario that notices, of those that come to the rule; what has to do with a name in common is first.
fn noticed(mutant: &'static str, reaches: &[Reach]) -> Option<String> {
    let _guard = make_wrong(mutant);
    let words: Vec<&str> = mutant.split(['.', '-', '@']).collect();
    let mut order: Vec<&Reach> = reaches.iter().filter(|reach| reach.rules.contains(mutant)).collect();
    order.sort_by_key(|Reach { ready, rules }| {
        let name = format!("{} {}", ready.path.display(), ready.scenario.name).to_lowercase();
        (std::cmp::Reverse(words.iter().filter(|word| name.contains(*word)).count()), rules.len())
    });
    let notices = order.iter().find(|reach| !run(&reach.ready, Transport::Memory).held());
    notices.map(|reach| reach.ready.scenario.name.clone())
}

#[test]
fn every_wrong_rule_is_noticed_by_a_scenario() {
    let mut names = BTreeSet::new();
    mutants(&top().join("sim"), &mut names);
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    assert!(names.len() >= 130, "{names:?}");
    let reaches = reaches();
    let (next, told) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(mutant) = names.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let by = noticed(mutant, &reaches);
                    told.lock().unwrap().push((*mutant, by));
                }
            });
        }
    });
    let mut told = told.into_inner().unwrap();
    told.sort();
    let survivors: Vec<&str> =
        told.iter().filter(|(_, by)| by.is_none()).map(|(mutant, _)| *mutant).collect();
    assert!(survivors.is_empty(), "no scenario notices {survivors:?}; what notices the others: {told:#?}");
}
