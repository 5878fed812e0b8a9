//! Our own rules made wrong, one at a time: a scenario has to notice each.
//!
//! Where a rule asks `mutated("name.of-it")` stands a mutant. Each is put into the world of every scenario that runs in memory, until
//! one does not hold; one that no scenario notices survives, and that is a scenario which is missing.

use crate::{all_scenarios, top};
use standin::{Ready, Transport};
use standin_model::mutant::make_wrong;
use standin_stage::runner::run;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The names of all mutants in the sources below a folder.
fn mutants(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            mutants(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("mutant.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let named = text.split("mutated(\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(named.map(str::to_owned));
        }
    }
}

/// The scenario that notices, of those that run in memory; what has to do with a name in common comes first.
fn noticed(mutant: &'static str, scenarios: &[Ready]) -> Option<String> {
    let _guard = make_wrong(mutant);
    let words: Vec<&str> = mutant.split(['.', '-']).collect();
    let mut order: Vec<&Ready> = scenarios.iter().filter(|ready| !ready.needs_browser()).collect();
    order.sort_by_key(|ready| {
        let name = format!("{} {}", ready.path.display(), ready.scenario.name).to_lowercase();
        std::cmp::Reverse(words.iter().filter(|word| name.contains(*word)).count())
    });
    order.iter().find(|ready| !run(ready, Transport::Memory).held()).map(|ready| ready.scenario.name.clone())
}

#[test]
fn every_wrong_rule_is_noticed_by_a_scenario() {
    let mut names = BTreeSet::new();
    mutants(&top().join("sim"), &mut names);
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    assert!(names.len() >= 40, "{names:?}");
    let scenarios = all_scenarios();
    let (next, told) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(mutant) = names.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let by = noticed(mutant, &scenarios);
                    println!("{mutant:<40} {}", by.as_deref().unwrap_or("SURVIVES"));
                    told.lock().unwrap().push((*mutant, by));
                }
            });
        }
    });
    let mut told = told.into_inner().unwrap();
    told.sort();
    let survivors: Vec<&str> =
        told.iter().filter(|(_, by)| by.is_none()).map(|(mutant, _)| *mutant).collect();
    assert!(survivors.is_empty(), "no scenario notices {survivors:?}");
}
