//! For a person.

use anstyle::{AnsiColor, Style};
use standin_model::Level;
use standin_scenario::outcome::{Failure, Outcome, Verdict};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How much to say, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// With colour.
    pub colour: bool,
    /// With every step.
    pub steps: bool,
    /// Only what did not hold, and the last line.
    pub quiet: bool,
    /// Without durations, so that two runs read the same.
    pub timeless: bool,
}

struct Paint(bool);

impl Paint {
    fn with(&self, colour: AnsiColor, text: &str) -> String {
        let style = Style::new().fg_color(Some(colour.into()));
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn dim(&self, text: &str) -> String {
        let style = Style::new().dimmed();
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// A number of things, in words.
pub fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// The whole report.
pub fn write(outcomes: &[Outcome], look: Look) -> String {
    let paint = Paint(look.colour);
    let mut out = String::new();
    let mut folder = "";
    for outcome in outcomes {
        if look.quiet && outcome.held() {
            continue;
        }
        let here = outcome.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        if here != folder {
            let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, paint.dim(here));
            folder = here;
        }
        scenario(&mut out, outcome, look, &paint);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&last_line(outcomes, look, &paint));
    out
}

/// One scenario, without what stands around it in a whole report.
pub fn one(outcome: &Outcome, look: Look) -> String {
    let mut out = String::new();
    scenario(&mut out, outcome, look, &Paint(look.colour));
    out
}

fn scenario(out: &mut String, outcome: &Outcome, look: Look, paint: &Paint) {
    let mark = match outcome.verdict {
        Verdict::Held => paint.with(AnsiColor::Green, "ok"),
        Verdict::Skipped(_) => paint.with(AnsiColor::Yellow, "--"),
        Verdict::Inconclusive(_) => paint.with(AnsiColor::Yellow, "??"),
        Verdict::Failed(_) => paint.with(AnsiColor::Red, "FAILED"),
        Verdict::Miswritten(_) => paint.with(AnsiColor::Red, "WRONG"),
        Verdict::Broken(_) => paint.with(AnsiColor::Magenta, "BROKEN"),
    };
    let clauses = if outcome.clauses.is_empty() {
        String::new()
    } else {
        format!("  {}", paint.dim(&outcome.clauses.join(" ")))
    };
    let _ = writeln!(out, "  {mark} {}{clauses}", calm(&outcome.name));
    if look.steps {
        for step in &outcome.steps {
            let mark = if step.held { "-" } else { "x" };
            let _ =
                writeln!(out, "       {mark} line {:<4} {}: {}", step.line, step.name, calm(&step.summary));
        }
    }
    match &outcome.verdict {
        Verdict::Held => {}
        Verdict::Skipped(why) => {
            let _ = writeln!(out, "       skipped: {why}");
        }
        Verdict::Inconclusive(why) => {
            let _ = writeln!(out, "       inconclusive: {why}");
        }
        Verdict::Broken(why) => {
            let _ = writeln!(out, "       the harness broke: {why}");
        }
        Verdict::Miswritten(mistake) => snippet(out, mistake),
        Verdict::Failed(failure) => told(out, failure, paint),
    }
}

/// The place of a failure with what it says, where the place does not say it.
pub(crate) fn placed(message: &str, place: &str) -> String {
    if place.contains(message) { place.to_owned() } else { format!("{message}\n{place}") }
}

fn snippet(out: &mut String, text: &str) {
    for line in calm(text).lines() {
        let _ = writeln!(out, "       {line}");
    }
}

fn told(out: &mut String, failure: &Failure, paint: &Paint) {
    snippet(out, &placed(&failure.message, &failure.snippet));
    if let Some(expected) = &failure.expected {
        let _ = writeln!(out, "       {} {}", paint.with(AnsiColor::Green, "expected"), indented(expected));
    }
    if let Some(actual) = &failure.actual {
        let _ = writeln!(out, "       {} {}", paint.with(AnsiColor::Red, "actual  "), indented(actual));
    }
    if let Some(file) = failure.screenshot.as_ref().and_then(|screenshot| screenshot.file.as_ref()) {
        let _ = writeln!(out, "       what the browser showed: {file}");
    }
    if !failure.lineage.is_empty() {
        let _ = writeln!(out, "       where the values were seen:");
    }
    for hop in &failure.lineage {
        let _ = writeln!(
            out,
            "         {} {}\n           {}",
            paint.dim(&hop.at),
            hop.place,
            indented(&hop.text)
        );
    }
}

/// Text that cannot drive the terminal, whatever a form or a page brought into it.
fn calm(text: &str) -> String {
    let harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
    let escaped = |c: char| if harmless(c) { c.to_string() } else { c.escape_unicode().to_string() };
    text.chars().map(escaped).collect()
}

fn indented(text: &str) -> String {
    calm(text).replace('\n', "\n                ")
}

fn last_line(outcomes: &[Outcome], look: Look, paint: &Paint) -> String {
    let count =
        |wanted: fn(&Verdict) -> bool| outcomes.iter().filter(|outcome| wanted(&outcome.verdict)).count();
    let held = count(|verdict| matches!(verdict, Verdict::Held));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let wrong = count(|verdict| matches!(verdict, Verdict::Miswritten(_)));
    let broken = count(|verdict| matches!(verdict, Verdict::Broken(_)));
    let skipped = count(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let silent = count(|verdict| matches!(verdict, Verdict::Inconclusive(_)));
    let clauses: BTreeSet<&String> =
        outcomes.iter().filter(|outcome| outcome.held()).flat_map(|outcome| &outcome.clauses).collect();
    let mut text = format!("{held} held");
    for (number, word) in [
        (failed, "failed"),
        (wrong, "written wrongly"),
        (broken, "broken"),
        (skipped, "skipped"),
        (silent, "inconclusive"),
    ] {
        if number > 0 {
            let _ = write!(text, ", {number} {word}");
        }
    }
    let _ = write!(text, ", of {}", counted(outcomes.len(), "scenario"));
    if let Some(first) = outcomes.first() {
        let _ = write!(text, " on {}", first.transport);
    }
    let _ = write!(text, "; {} shown", counted(clauses.len(), "clause"));
    if let Some(level) = weakest(outcomes) {
        let _ = write!(text, "; weakest evidence: {level}");
    }
    if !look.timeless {
        let micros: u64 = outcomes.iter().map(|outcome| outcome.micros).sum();
        let _ = write!(text, "; {}.{:03} s", micros / 1_000_000, micros / 1_000 % 1_000);
    }
    let colour = if failed + wrong + broken == 0 { AnsiColor::Green } else { AnsiColor::Red };
    format!("{}\n", paint.with(colour, &text))
}

fn weakest(outcomes: &[Outcome]) -> Option<Level> {
    outcomes.iter().filter_map(|outcome| outcome.evidence.as_ref().map(|(level, _)| *level)).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::outcomes;

    #[test]
    fn whole() {
        let look = Look { timeless: true, ..Look::default() };
        insta::assert_snapshot!(write(&outcomes(), look));
    }

    /// Where nothing is run, nothing is run on a transport.
    #[test]
    fn nothing() {
        let look = Look { timeless: true, ..Look::default() };
        assert_eq!(write(&[], look), "0 held, of 0 scenarios; 0 clauses shown\n");
    }
}
