//! What did not hold, as it is told.

use crate::lineage::lineage;
use crate::partner::Part;
use crate::run::Run;
use crate::sought::Sought;
use crate::step::Unmet;
use crate::steps::EXPECT_CALLS;
use crate::story::hop;
use crate::world::World;
use standin_scenario::outcome::{Failure, Hop, Screenshot, Verdict};
use standin_scenario::{Diagnostic, Scenario};

/// How many of the things that do not hold are told.
const TOLD: usize = 20;

/// What does not hold, as much of it as is told.
#[derive(Default)]
pub(crate) struct Failures {
    told: Vec<Failure>,
    more: usize,
}

impl Failures {
    /// Adds one. To make it is work, which those that are only counted do not need.
    pub(crate) fn add(&mut self, failure: impl FnOnce() -> Failure) {
        match self.told.len() < TOLD {
            true => self.told.push(failure()),
            false => self.more += 1,
        }
    }

    /// All of it as one failure, which stands where the first one does.
    pub(crate) fn joined(self) -> Option<Failure> {
        let many = self.told.len() + self.more;
        let told = |side: &Option<String>, message: &str| {
            side.as_ref().map(|side| if many > 1 { format!("{message}: {side}") } else { side.clone() })
        };
        let mut all = self.told.into_iter();
        let mut whole = all.next()?;
        let (message, mut line) = (whole.message.clone(), whole.line);
        whole.expected = told(&whole.expected, &message);
        whole.actual = told(&whole.actual, &message);
        for failure in all {
            for (side, other) in
                [(&mut whole.expected, &failure.expected), (&mut whole.actual, &failure.actual)]
            {
                let other = told(other, &failure.message);
                let lines: Vec<String> = [side.take(), other].into_iter().flatten().collect();
                *side = (!lines.is_empty()).then(|| lines.join("\n"));
            }
            if failure.line != line {
                whole.snippet = format!("{}\n\n{}", whole.snippet.trim_end(), failure.snippet);
                line = failure.line;
            }
            let new: Vec<_> =
                failure.lineage.into_iter().filter(|hop| !whole.lineage.contains(hop)).collect();
            whole.lineage.extend(new);
        }
        if many > 1 {
            whole.message = format!("{message}, and {} more", many - 1);
        }
        Some(whole)
    }
}

/// What did not hold counts for more than what ended the walk, unless that is a break of ours; the other is told with
/// it.
pub(crate) fn concluded(world: &World, failed: Option<Failure>, ended: Option<Verdict>) -> Verdict {
    let Some(mut failure) = failed else { return ended.unwrap_or(Verdict::Held) };
    if let Some(Verdict::Broken(why)) = ended {
        return Verdict::Broken(format!("{why}\nbefore that: {}\n{}", failure.message, failure.snippet));
    }
    if let Some(why) = ended.as_ref().and_then(Verdict::reason) {
        let (seq, at) = (world.parts().journal.mark(), world.now().to_string());
        failure.lineage.push(Hop { seq, at, place: "what ended it".to_owned(), text: why.to_owned() });
    }
    Verdict::Failed(failure)
}

/// Adds to a verdict what a partner could not remove.
pub(crate) fn add_left(world: &World, verdict: &mut Verdict, left: &[String]) {
    if left.is_empty() {
        return;
    }
    let left = left.join("\n");
    match verdict {
        Verdict::Failed(failure) => {
            let (seq, at) = (world.parts().journal.mark(), world.now().to_string());
            failure.lineage.push(Hop { seq, at, place: "left behind".to_owned(), text: left });
        }
        Verdict::Miswritten(why)
        | Verdict::Skipped(why)
        | Verdict::Inconclusive(why)
        | Verdict::Broken(why) => {
            why.push_str(&format!("\nleft behind: {left}"));
        }
        Verdict::Held => {}
    }
}

/// A failure with what a partner had to do with it.
pub(crate) fn failed(
    run: &mut Run<'_>,
    scenario: &Scenario,
    step: &standin_scenario::Step,
    unmet: Unmet,
    from: u64,
) -> Failure {
    let world = run.world;
    let screenshot = run.chromium.screenshot().map(|png| Screenshot { png, file: None });
    let mut failure = Failure { screenshot, ..failure(world, scenario, step, unmet) };
    if let Some(playing) = &mut run.partner {
        let platform = playing.part == Part::Platform;
        if platform {
            failure.lineage.clear();
        }
        if playing.part == Part::LoginPage {
            for (name, browser) in &run.browsers {
                crate::partner::add_pages(world, name, browser, &mut failure.lineage);
            }
        }
        let since = if platform { from } else { 0 };
        crate::partner::add_exchange(world, playing.part, since, &mut failure.lineage);
        crate::partner::add_last_words(world, playing, &mut failure.lineage);
    }
    failure
}

fn failure(world: &World, scenario: &Scenario, step: &standin_scenario::Step, unmet: Unmet) -> Failure {
    let span = unmet.span.unwrap_or(step.name.span);
    let (line, column) = scenario.source.line_column(span.start);
    // What a page shows or not, and how many calls there were, is no single value that could be followed.
    let page = unmet.expected.is_none() && step.name.name.starts_with("browser_");
    let hops = if !page && step.name.name != EXPECT_CALLS.name {
        let sought = Sought::new(&unmet.path, unmet.expected.as_deref(), unmet.actual.as_deref());
        lineage(&world.parts().journal.entries(), &sought)
    } else {
        Vec::new()
    };
    let snippet = Diagnostic {
        message: unmet.message.clone(),
        span,
        label: unmet.actual.as_ref().map(|actual| format!("actually {}", short(actual))).unwrap_or_default(),
        hint: None,
    }
    .render(&scenario.source, false);
    Failure {
        step: step.name.name.clone(),
        line,
        column,
        message: unmet.message,
        expected: unmet.expected,
        actual: unmet.actual,
        snippet,
        lineage: hops.into_iter().map(hop).collect(),
        screenshot: None,
    }
}

fn short(text: &str) -> String {
    let first: String = text.chars().take(100).map(|c| if c == '\n' { ' ' } else { c }).collect();
    if first.len() < text.len() { format!("{first}...") } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Transport, WorldSpec};

    fn one(at: usize) -> Failure {
        Failure {
            step: "gigya_call".to_owned(),
            line: 3,
            column: 1,
            message: format!("member {at} differs"),
            expected: Some(at.to_string()),
            actual: None,
            snippet: "a.yaml:3".to_owned(),
            lineage: Vec::new(),
            screenshot: None,
        }
    }

    #[test]
    fn what_is_only_counted_is_not_made() {
        let (mut failures, mut made) = (Failures::default(), 0);
        for at in 0..5_000 {
            failures.add(|| {
                made += 1;
                one(at)
            });
        }
        assert_eq!(made, TOLD);
        let whole = failures.joined().unwrap();
        assert_eq!(whole.message, "member 0 differs, and 4999 more");
        assert_eq!(whole.expected.unwrap().lines().count(), TOLD);
    }

    #[test]
    fn what_ended_a_walk_is_told_beside_what_did_not_hold_before() {
        let world = World::open(&WorldSpec::default(), Transport::Memory).unwrap();
        let after = |ended: Option<Verdict>| concluded(&world, Some(one(1)), ended);
        let hops = |verdict: Verdict| match verdict {
            Verdict::Failed(failure) => {
                failure.lineage.into_iter().map(|hop| (hop.place, hop.text)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(hops(after(None)), []);
        for ended in [Verdict::Miswritten, Verdict::Skipped, Verdict::Inconclusive] {
            let told = hops(after(Some(ended("HTTP 401".to_owned()))));
            assert_eq!(told, [("what ended it".to_owned(), "HTTP 401".to_owned())]);
        }
        // Our own break is the graver one: whoever reads exit codes must not take it for the partner's.
        let broken = after(Some(Verdict::Broken("no socket".to_owned())));
        let told = "no socket\nbefore that: member 1 differs\na.yaml:3";
        assert_eq!(broken, Verdict::Broken(told.to_owned()));
        assert_eq!(concluded(&world, None, None), Verdict::Held);
        let skipped = Verdict::Skipped("no browser".to_owned());
        assert_eq!(concluded(&world, None, Some(skipped.clone())), skipped);
    }
}
