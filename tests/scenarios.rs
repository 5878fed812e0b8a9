//! Every file under `scenarios/`, on both transports.

use crate::all_scenarios;
use standin::{Transport, Verdict, What, World};
use standin_stage::runner::{Ready, WithoutBrowser, run_keeping};
use standin_stage::surface::CALLERS;

/// Both transports come to the same outcome by the same journal, to the byte.
#[test]
fn every_scenario_holds_and_both_transports_tell_the_same_story() {
    let mut told = Vec::new();
    for ready in all_scenarios().into_iter().filter(|ready| !ready.needs_browser()) {
        let (wire, wire_world) = run_keeping(&ready, Transport::Wire);
        let (memory, memory_world) = run_keeping(&ready, Transport::Memory);
        if !wire.held() {
            told.push(format!("{} (wire): {:#?}", ready.scenario.name, wire.verdict));
        }
        if !memory.held() {
            told.push(format!("{} (memory): {:#?}", ready.scenario.name, memory.verdict));
        }
        let memory_world = memory_world.unwrap();
        told.extend(strangers(&memory_world).map(|from| format!("{}: {from} calls", ready.scenario.name)));
        let (one, two) = (wire_world.unwrap().journal(), memory_world.journal());
        if let Some((left, right)) = one.lines().zip(two.lines()).find(|(left, right)| left != right) {
            told.push(format!(
                "{}: the journals part\n  wire:   {left}\n  memory: {right}",
                ready.scenario.name
            ));
        } else if one.lines().count() != two.lines().count() {
            told.push(format!("{}: one journal is longer than the other", ready.scenario.name));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}

/// Callers that `expect_calls` could not name.
fn strangers(world: &World) -> impl Iterator<Item = String> {
    world.parts().journal.entries().into_iter().filter_map(|entry| match entry.what {
        What::Call { from, .. } if !CALLERS.contains(&from.as_ref()) => Some(from.to_string()),
        _ => None,
    })
}

/// What people do in a real browser comes out as expected, and no page asks for a host of the world outside. On a
/// machine without a browser there is nothing to look at, unless all tools are said to be there.
#[test]
fn every_scenario_of_a_browser_holds() {
    let all_tools = std::env::var_os("STANDIN_ALL_TOOLS").is_some();
    let without_browser = if all_tools { WithoutBrowser::Fail } else { WithoutBrowser::Skip };
    let mut told = Vec::new();
    for ready in all_scenarios().into_iter().filter(Ready::needs_browser) {
        let (outcome, world) = run_keeping(&Ready { without_browser, ..ready }, Transport::Wire);
        if !matches!(outcome.verdict, Verdict::Held | Verdict::Skipped(_)) {
            told.push(format!("{}: {:#?}", outcome.name, outcome.verdict));
        }
        let Some(world) = world else { continue };
        let foreign =
            world.front().unwrap().sought_in_vain().into_iter().filter(|host| is_foreign(host.name()));
        told.extend(foreign.map(|host| format!("{}: asked for {host}", outcome.name)));
    }
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}

/// Whether a host that nobody has is neither made up in a scenario nor one that Chromium asks for by itself.
fn is_foreign(host: &str) -> bool {
    let made_up = [".example", ".test", ".localhost", ".qualifioapp.com"];
    let chromiums = [".google.com", ".googleapis.com", ".gvt1.com"];
    // Chromium looks whether names without a dot are answered by whoever hijacks unknown ones.
    host.contains('.') && !made_up.iter().chain(&chromiums).any(|end| host.ends_with(end))
}

/// Running a scenario again gives the same journal, to the byte.
#[test]
fn the_same_seed_gives_the_same_journal() {
    for ready in all_scenarios().into_iter().filter(|ready| !ready.needs_browser()) {
        let journals: Vec<String> =
            (0..2).map(|_| run_keeping(&ready, Transport::Memory).1.unwrap().journal()).collect();
        assert!(journals[0] == journals[1], "{} differs from itself", ready.scenario.name);
    }
}

/// A scenario that must fail says where the value was changed.
#[test]
fn a_failed_expectation_comes_with_lineage() {
    let text = "scenario: Wrong on purpose
world: { from: fixtures/worlds/quiz.yaml }
steps:
  - participate: { campaign: Spring quiz, loginID: ann@brand.example, password: correct horse, form: { country: be } }
  - expect_account: { UID: ann, profile: { country: be } }
";
    let path = crate::top().join("scenarios/none.yaml");
    let ready = standin::load_text(&path, text, &standin::Extras::default(), false).unwrap().remove(0);
    let outcome = standin::run(&ready, Transport::Memory);
    let Verdict::Failed(failure) = outcome.verdict else { panic!("{:?}", outcome.verdict) };
    assert_eq!((failure.expected.as_deref(), failure.actual.as_deref()), (Some("be"), Some("Belgium")));
    assert_eq!((failure.line, failure.column), (5, 53));
    assert!(
        failure
            .lineage
            .iter()
            .any(|hop| hop.place.starts_with("push: rule 8") && hop.text.contains("Belgium")),
        "{:#?}",
        failure.lineage
    );
}
