//! Projections of outcomes. A report is a function of values that are there already: nothing in here runs,
//! reads or decides anything.
//!
//! - [`terminal`]: for a person.
//! - [`junit`]: for CI systems.
//! - [`json`]: for programs.

pub mod json;
pub mod junit;
pub mod terminal;

use standin_scenario::Outcome;

/// One format of report.
#[derive(Clone, Copy)]
pub struct Format {
    /// The word before the `=` of `--report`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The projection.
    pub write: fn(&[Outcome]) -> Result<String, ReportError>,
}

/// Every format that goes to a file.
pub const FORMATS: &[Format] = &[junit::FORMAT, json::FORMAT];

/// A report could not be written as text.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The XML writer refused.
    #[error("the JUnit report cannot be written")]
    Junit(#[from] quick_junit::SerializeError),
}

/// The format of a name.
pub fn format_of(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod samples {
    use standin_model::Level;
    use standin_scenario::outcome::{Failure, Hop, Outcome, StepOutcome, Verdict};

    /// One that held, one that failed, one that broke, one that is written wrongly.
    pub fn outcomes() -> Vec<Outcome> {
        let held = Outcome {
            name: "A changed address keeps one contact".into(),
            file: "scenarios/identity/a.yaml".into(),
            clauses: vec!["GE-UID-1".into()],
            tags: vec![],
            transport: "wire",
            verdict: Verdict::Held,
            steps: vec![StepOutcome {
                name: "advance".into(),
                line: 4,
                held: true,
                summary: "it is later".into(),
            }],
            evidence: Some((Level::Inferred, "eloqua: POST /contacts/imports".into())),
            micros: 1_500,
        };
        let failed = Outcome {
            name: "Phone <on> append".into(),
            file: "scenarios/mapping/b.yaml".into(),
            clauses: vec!["QG-MAP-9b".into()],
            verdict: Verdict::Failed(Failure {
                step: "expect_account".into(),
                line: 9,
                column: 5,
                message: "account ann is different at profile.zip".into(),
                expected: Some("01234".into()),
                actual: Some("1234".into()),
                snippet: "error: account ann is different".into(),
                lineage: vec![Hop {
                    seq: 7,
                    at: "2026-01-05T08:00:01.000Z".into(),
                    place: "push: rule 6 zipcode for ann".into(),
                    text: "changed here: 01234 -> 1234".into(),
                }],
                screenshot: None,
            }),
            steps: vec![],
            evidence: None,
            ..held.clone()
        };
        let broken =
            Outcome { name: "Broken".into(), verdict: Verdict::Broken("no socket".into()), ..failed.clone() };
        let mistake = "error: no dataflow is called `x`\n --> b.yaml:4:5";
        let wrong =
            Outcome { name: "Wrong".into(), verdict: Verdict::Miswritten(mistake.into()), ..failed.clone() };
        vec![held, failed, broken, wrong]
    }
}
