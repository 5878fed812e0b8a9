//! What came of a run. Reports and exit codes are functions of these values.

use standin_model::Level;

/// What came of one scenario.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub name: String,
    /// Its file, as it was named.
    pub file: String,
    /// The clauses that it shows.
    pub clauses: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// `wire` or `memory`.
    pub transport: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What came of each step that was reached.
    pub steps: Vec<StepOutcome>,
    /// The weakest evidence that the result rests on, and what that is.
    pub evidence: Option<(Level, String)>,
    /// Wall-clock time, in microseconds; no part of the result.
    pub micros: u64,
}

/// How it ended.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Everything held, or the failure that was expected came.
    Held,
    /// An expectation did not hold.
    Failed(Failure),
    /// A step is written wrongly, which could only be seen when its turn came: the mistake, at its place.
    Miswritten(String),
    /// It was not run, and why.
    Skipped(String),
    /// The harness could not do its work.
    Broken(String),
}

/// What came of one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepOutcome {
    /// The step's name.
    pub name: String,
    /// Its line.
    pub line: usize,
    /// Whether it held.
    pub held: bool,
    /// What it says of itself.
    pub summary: String,
}

/// An expectation that did not hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// Which step.
    pub step: String,
    /// Its line.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// What did not hold.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What was there.
    pub actual: Option<String>,
    /// The place in the scenario, rendered without colour.
    pub snippet: String,
    /// Where the values were seen on their way.
    pub lineage: Vec<Hop>,
    /// What a browser showed, if one was open.
    pub screenshot: Option<Screenshot>,
}

/// A picture of what a browser showed.
#[derive(Clone, PartialEq, Eq)]
pub struct Screenshot {
    /// The picture.
    pub png: Vec<u8>,
    /// The file in which it is kept, once it is.
    pub file: Option<String>,
}

impl std::fmt::Debug for Screenshot {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "Screenshot({} bytes, {:?})", self.png.len(), self.file)
    }
}

/// One place that a value passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hop {
    /// Position in the journal.
    pub seq: u64,
    /// When, in virtual time.
    pub at: String,
    /// Where: a call, a file and its line, a rule or component.
    pub place: String,
    /// What was seen there.
    pub text: String,
}

impl Outcome {
    /// Whether it held.
    pub fn held(&self) -> bool {
        matches!(self.verdict, Verdict::Held)
    }
}

/// The exit code of a run: 0 all held, 1 an expectation failed, 2 a scenario is written wrongly, 3 the harness
/// broke. The greatest of them counts.
pub fn exit_code(outcomes: &[Outcome]) -> u8 {
    let code = |outcome: &Outcome| match outcome.verdict {
        Verdict::Held | Verdict::Skipped(_) => 0,
        Verdict::Failed(_) => 1,
        Verdict::Miswritten(_) => 2,
        Verdict::Broken(_) => 3,
    };
    outcomes.iter().map(code).max().unwrap_or(0)
}
