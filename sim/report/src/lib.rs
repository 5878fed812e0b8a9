//! Projections of outcomes. A report is a function of values that are there already: nothing in here runs,
//! reads or decides anything.
//!
//! - [`terminal`]: for a person at a terminal.
//! - [`document`]: a run as one value with a schema; what follows is drawn from it.
//! - [`json`]: that value, for programs.
//! - [`html`]: a page in one file, for people.
//! - [`markdown`]: for a pull request.
//! - [`junit`], [`tap`]: for CI systems.

pub mod document;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod tap;
pub mod terminal;

use schemars::JsonSchema;
use serde::Serialize;
use standin_scenario::Outcome;

/// What a report tells.
#[derive(Clone, Copy)]
pub struct Results<'r> {
    /// What came of each scenario, in the order of the run.
    pub outcomes: &'r [Outcome],
    /// Every promise there is, whether or not a scenario of this run shows it.
    pub clauses: &'r [Promise<'r>],
    /// Whose system plays a role, where somebody's does.
    pub partner: Option<Partner<'r>>,
}

/// A system of somebody else's, and the role that it plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Partner<'r> {
    /// The role.
    pub role: &'r str,
    /// What the system is called.
    pub name: &'r str,
}

/// A clause and what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Promise<'r> {
    /// Its id.
    pub id: &'r str,
    /// The promise.
    pub says: &'r str,
}

/// One format of report.
#[derive(Clone, Copy)]
pub struct Format {
    /// The word before the `=` of `--report`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it needs to be told of each scenario.
    pub needs: Needs,
    /// The projection.
    pub write: fn(&Results<'_>) -> Result<String, ReportError>,
}

/// How much of a scenario a report shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// What came of it.
    Outcome,
    /// And how it came to that: the journal, and the way of each value that was checked.
    Story,
}

/// Every format that goes to a file.
pub const FORMATS: &[Format] = &[html::FORMAT, junit::FORMAT, json::FORMAT, markdown::FORMAT, tap::FORMAT];

/// A report could not be written as text.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The XML writer refused.
    #[error("the JUnit report cannot be written")]
    Junit(#[from] quick_junit::SerializeError),
    /// The template and the values do not fit.
    #[error("the page cannot be written")]
    Page(#[from] minijinja::Error),
    /// The JSON writer refused.
    #[error("the JSON report cannot be written")]
    Json(#[from] serde_json::Error),
}

/// The format of a name.
pub fn format_of(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod samples;
