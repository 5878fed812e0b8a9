//! For CI systems: one suite a folder, one case a scenario.

use crate::{Format, ReportError};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use standin_scenario::outcome::{Outcome, Verdict};
use std::collections::BTreeMap;
use std::time::Duration;

/// The format.
pub const FORMAT: Format =
    Format { name: "junit", summary: "JUnit XML, one suite a folder and one case a scenario", write };

fn write(outcomes: &[Outcome]) -> Result<String, ReportError> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for outcome in outcomes {
        let folder = outcome.file.rsplit_once('/').map_or("scenarios", |(folder, _)| folder);
        suites.entry(folder).or_insert_with(|| TestSuite::new(folder)).add_test_case(case(outcome));
    }
    let mut report = Report::new("standin");
    report.add_test_suites(suites.into_values());
    Ok(report.to_string()?)
}

fn case(outcome: &Outcome) -> TestCase {
    let status = match &outcome.verdict {
        Verdict::Held => TestCaseStatus::success(),
        Verdict::Skipped(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why.as_str());
            status
        }
        Verdict::Broken(why) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(why.as_str());
            status
        }
        Verdict::Miswritten(mistake) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let message = mistake.lines().next().unwrap_or_default();
            status.set_message(message).set_type("miswritten").set_description(mistake.as_str());
            status
        }
        Verdict::Failed(failure) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let mut text = failure.snippet.clone();
            for (word, value) in [("expected", &failure.expected), ("actual", &failure.actual)] {
                if let Some(value) = value {
                    text.push_str(&format!("\n{word}: {value}"));
                }
            }
            for hop in &failure.lineage {
                text.push_str(&format!("\n{} {}: {}", hop.at, hop.place, hop.text));
            }
            status
                .set_message(failure.message.as_str())
                .set_type(failure.step.as_str())
                .set_description(text);
            status
        }
    };
    let mut case = TestCase::new(outcome.name.as_str(), status);
    case.set_classname(outcome.file.trim_end_matches(".yaml").replace('/', "."));
    case.set_time(Duration::from_micros(outcome.micros));
    case.extra.insert("file".into(), outcome.file.as_str().into());
    for clause in &outcome.clauses {
        case.add_property(Property::new("clause", clause.as_str()));
    }
    case
}

#[cfg(test)]
mod tests {
    use crate::samples::outcomes;

    #[test]
    fn counts_and_texts() {
        let text = super::write(&outcomes()).unwrap();
        for part in [
            r#"<testsuites name="standin" tests="4" skipped="0" failures="1" errors="2""#,
            r#"<testsuite name="scenarios/identity" tests="1" skipped="0" errors="0" failures="0""#,
            r#"<testcase name="A changed address keeps one contact" classname="scenarios.identity.a" time="0.002" file="scenarios/identity/a.yaml">"#,
            r#"<property name="clause" value="GE-UID-1"/>"#,
            "<failure message=\"account ann is different at profile.zip\" type=\"expect_account\">",
            "changed here: 01234 -&gt; 1234",
            "<error message=\"error: no dataflow is called `x`\" type=\"miswritten\">",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
