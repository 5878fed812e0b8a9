//! For CI systems: one suite a folder, one case a scenario.
//!
//! What the usual systems look for: `file` and `line` (annotations), the failure's text (GitLab, Jenkins, Azure), and
//! `[[ATTACHMENT|file]]` in a case's output (GitLab and the JUnit Attachments plugin of Jenkins show the file).

use crate::document::document;
use crate::{Format, Needs, ReportError, Results};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use standin_scenario::outcome::{Failure, Outcome, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// The format.
pub const FORMAT: Format = Format {
    name: "junit",
    summary: "JUnit XML, one suite a folder and one case a scenario",
    needs: Needs::Outcome,
    write,
};

fn write(results: &Results<'_>) -> Result<String, ReportError> {
    let mut suites: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in results.outcomes {
        let folder = outcome.file.rsplit_once('/').map_or("scenarios", |(folder, _)| folder);
        suites.entry(folder).or_default().push(outcome);
    }
    let mut report = Report::new(document(results).subject());
    report.set_time(lasted(results.outcomes.iter()));
    report.add_test_suites(suites.into_iter().map(|(folder, outcomes)| suite(folder, &outcomes)));
    Ok(report.to_string()?)
}

fn lasted<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Duration {
    Duration::from_micros(outcomes.map(|outcome| outcome.micros).fold(0, u64::saturating_add))
}

fn suite(folder: &str, outcomes: &[&Outcome]) -> TestSuite {
    let mut suite = TestSuite::new(folder);
    suite.set_time(lasted(outcomes.iter().copied()));
    suite.add_property(Property::new("transport", outcomes.first().map_or("", |outcome| outcome.transport)));
    suite.add_test_cases(outcomes.iter().map(|outcome| case(outcome)));
    suite
}

fn case(outcome: &Outcome) -> TestCase {
    let mut case = TestCase::new(outcome.name.as_str(), status(&outcome.verdict));
    case.set_classname(outcome.file.trim_end_matches(".yaml").replace('/', "."));
    case.set_time(Duration::from_micros(outcome.micros));
    case.extra.insert("file".into(), outcome.file.as_str().into());
    if let Verdict::Failed(failure) = &outcome.verdict {
        case.extra.insert("line".into(), failure.line.to_string().into());
    }
    for (name, values) in [("clause", &outcome.clauses), ("tag", &outcome.tags)] {
        case.add_properties(values.iter().map(|value| Property::new(name, value.as_str())));
    }
    if let Some((level, of)) = &outcome.evidence {
        case.add_property(Property::new("evidence", format!("{level}: {of}")));
    }
    let told = told(outcome);
    if !told.is_empty() {
        case.set_system_out(told);
    }
    case
}

/// The steps of a scenario that did not hold, and the file that shows what its browser saw.
fn told(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.held() {
        return text;
    }
    for step in &outcome.steps {
        let mark = if step.held { "ok    " } else { "FAILED" };
        let _ = writeln!(text, "{mark} line {} {}: {}", step.line, step.name, step.summary);
    }
    if let Verdict::Failed(Failure { screenshot: Some(screenshot), .. }) = &outcome.verdict
        && let Some(file) = &screenshot.file
    {
        let _ = writeln!(text, "[[ATTACHMENT|{file}]]");
    }
    text
}

fn status(verdict: &Verdict) -> TestCaseStatus {
    let error = |message: &str, kind: &str, text: &str| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(message).set_type(kind).set_description(text);
        status
    };
    match verdict {
        Verdict::Held => TestCaseStatus::success(),
        // The format has no word for what was run and says nothing.
        Verdict::Skipped(why) | Verdict::Inconclusive(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why.as_str());
            status
        }
        Verdict::Broken(why) => error(why, "broken", why),
        Verdict::Miswritten(mistake) => {
            error(mistake.lines().next().unwrap_or_default(), "miswritten", mistake)
        }
        Verdict::Failed(failure) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let text = described(failure);
            status
                .set_message(failure.message.as_str())
                .set_type(failure.step.as_str())
                .set_description(text);
            status
        }
    }
}

fn described(failure: &Failure) -> String {
    let mut text = failure.snippet.clone();
    for (word, value) in [("expected:", &failure.expected), ("actual:  ", &failure.actual)] {
        if let Some(value) = value {
            let _ = write!(text, "\n{word} {value}");
        }
    }
    if !failure.lineage.is_empty() {
        text.push_str("\nwhere the values were seen:");
    }
    for hop in &failure.lineage {
        let _ = write!(text, "\n  {} {}: {}", hop.at, hop.place, hop.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::samples::{outcomes, results};

    #[test]
    fn whole() {
        insta::assert_snapshot!(super::write(&results(&outcomes())).unwrap());
    }
}
