//! For harnesses that read the Test Anything Protocol, version 14: a scenario is a test, its steps are its subtest.

use crate::document::{Area, document};
use crate::{Format, Needs, ReportError, Results};
use standin_scenario::outcome::{Outcome, StepOutcome, Verdict};
use std::fmt::Write;

/// The format.
pub const FORMAT: Format = Format {
    name: "tap",
    summary: "TAP 14, one test a scenario with its steps as a subtest",
    needs: Needs::Outcome,
    write,
};

fn write(results: &Results<'_>) -> Result<String, ReportError> {
    let mut out = format!("TAP version 14\n1..{}\n", results.outcomes.len());
    for (number, outcome) in (1..).zip(results.outcomes) {
        scenario(&mut out, number, outcome);
    }
    let run = document(results);
    if run.partner.is_some() {
        let _ = writeln!(out, "# {}", plain(&run.subject()));
    }
    let unseen = run.unseen();
    for Area { name, clauses, score } in run.areas {
        let score = score.map_or_else(|| "no score".to_owned(), |score| format!("{score} %"));
        let _ = writeln!(
            out,
            "# {name}: {} kept, {} broken, {} {unseen}, {score}",
            clauses.kept, clauses.broken, clauses.not_shown
        );
    }
    Ok(out)
}

fn scenario(out: &mut String, number: usize, outcome: &Outcome) {
    let name = plain(&outcome.name);
    // The protocol has no word for what was run and says nothing.
    if let Verdict::Skipped(why) | Verdict::Inconclusive(why) = &outcome.verdict {
        let _ = writeln!(out, "ok {number} - {name} # SKIP {}", plain(why));
        return;
    }
    if !outcome.steps.is_empty() {
        let _ = writeln!(out, "# Subtest: {name}\n    1..{}", outcome.steps.len());
        for (number, step) in (1..).zip(&outcome.steps) {
            let _ = writeln!(out, "    {}", told(number, step, outcome.held()));
        }
    }
    let verb = if outcome.held() { "ok" } else { "not ok" };
    let _ = writeln!(out, "{verb} {number} - {name}");
    diagnosis(out, outcome);
}

/// A scenario that shows a breach being caught holds although its last step does not: a failure that is expected
/// is what the protocol calls TODO.
fn told(number: usize, step: &StepOutcome, held: bool) -> String {
    let (verb, directive) = match (step.held, held) {
        (true, _) => ("ok", ""),
        (false, true) => ("not ok", " # TODO this failure is expected"),
        (false, false) => ("not ok", ""),
    };
    format!("{verb} {number} - line {} {}: {}{directive}", step.line, plain(&step.name), plain(&step.summary))
}

fn diagnosis(out: &mut String, outcome: &Outcome) {
    let mut members: Vec<(&str, String)> = Vec::new();
    let severity = match &outcome.verdict {
        Verdict::Held | Verdict::Skipped(_) | Verdict::Inconclusive(_) => return,
        Verdict::Failed(_) => "fail",
        Verdict::Miswritten(_) => "miswritten",
        Verdict::Broken(_) => "broken",
    };
    match &outcome.verdict {
        Verdict::Failed(failure) => {
            members.push(("message", quoted(&failure.message)));
            members.push(("severity", quoted(severity)));
            members.push(("file", quoted(&outcome.file)));
            members.push(("line", failure.line.to_string()));
            members.push(("column", failure.column.to_string()));
            for (name, value) in [("expected", &failure.expected), ("actual", &failure.actual)] {
                members.extend(value.as_ref().map(|value| (name, quoted(value))));
            }
            members.push(("snippet", quoted(&failure.snippet)));
            let file = failure.screenshot.as_ref().and_then(|screenshot| screenshot.file.as_ref());
            members.extend(file.map(|file| ("screenshot", quoted(file))));
            let hops = failure.lineage.iter();
            let hops: String = hops
                .map(|hop| format!("\n    - {}", quoted(&format!("{} {}: {}", hop.at, hop.place, hop.text))))
                .collect();
            if !hops.is_empty() {
                members.push(("lineage", hops));
            }
        }
        other => {
            members.push(("message", quoted(other.reason().unwrap_or_default())));
            members.push(("severity", quoted(severity)));
            members.push(("file", quoted(&outcome.file)));
        }
    }
    out.push_str("  ---\n");
    for (name, value) in members {
        let space = if value.starts_with('\n') { "" } else { " " };
        let _ = writeln!(out, "  {name}:{space}{value}");
    }
    out.push_str("  ...\n");
}

/// Text on one line that holds no directive of its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '#' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A JSON string is a YAML string, whatever is in it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use crate::samples::{outcomes, results};
    use standin_scenario::Verdict;

    #[test]
    fn whole() {
        insta::assert_snapshot!(super::write(&results(&outcomes())).unwrap());
    }

    #[test]
    fn an_expected_failure_is_no_failure() {
        let mut outcomes = outcomes();
        outcomes[1].verdict = Verdict::Held;
        let text = super::write(&results(&outcomes[1..2])).unwrap();
        let last = text.lines().filter(|line| line.contains("ok 1 ")).collect::<Vec<_>>();
        assert!(
            last[0].starts_with("    not ok 1 ") && last[0].ends_with(" # TODO this failure is expected")
        );
        assert!(last[1].starts_with("ok 1 - Phone <on> append"), "{text}");
    }
}
