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
    /// What happened, where it was asked for; a bounded part of it.
    pub journal: Journal,
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
    /// It was run and nothing can be said, and why: what it is about could not be seen.
    Inconclusive(String),
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
    /// When it began, in virtual time.
    pub at: String,
    /// The journal's entries that it brought about: the position of the first, and that after the last.
    pub entries: (u64, u64),
    /// The values that it held against what is expected, and that were so; a bounded number of them.
    pub checked: Vec<Checked>,
}

/// A value that was as expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Where in what was looked at: `account ann: profile.city`.
    pub place: String,
    /// The value.
    pub value: String,
    /// Where it was seen on its way, where that was asked for.
    pub lineage: Vec<Hop>,
}

/// A bounded part of what happened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Journal {
    /// The entries in their order. Where the positions of two neighbours jump, entries were left out.
    pub entries: Vec<Entry>,
    /// How many were left out.
    pub left_out: u64,
}

/// One thing that happened. Texts are bounded and say so where they break off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Position in the journal, from 1.
    pub seq: u64,
    /// When, in virtual time.
    pub at: String,
    /// What.
    pub what: What,
}

/// Kinds of what happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A call to a platform and its answer.
    Call {
        /// Who called.
        from: String,
        /// Which platform was called.
        to: String,
        /// The platform's own name for the call.
        name: String,
        /// Method, host, path and query.
        line: String,
        /// The request's body.
        request: String,
        /// HTTP status; 0 where no answer came.
        status: u16,
        /// The answer's body.
        answer: String,
    },
    /// A file that was written, read, renamed or removed.
    File {
        /// Who did it.
        who: String,
        /// What was done.
        op: String,
        /// Where.
        path: String,
        /// How many bytes.
        bytes: u64,
        /// The content, where it is text.
        text: String,
    },
    /// A rule or component made one value out of another.
    Change {
        /// Who.
        who: String,
        /// Where in it.
        place: String,
        /// Whose value.
        subject: String,
        /// Before.
        before: String,
        /// After.
        after: String,
    },
    /// A sentence.
    Note {
        /// Who says so.
        who: String,
        /// The sentence.
        text: String,
    },
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

impl Verdict {
    /// The word for it in reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed(_) => "failed",
            Self::Miswritten(_) => "miswritten",
            Self::Skipped(_) => "skipped",
            Self::Inconclusive(_) => "inconclusive",
            Self::Broken(_) => "broken",
        }
    }

    /// Why there is no result, for a person.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Miswritten(why) | Self::Skipped(why) | Self::Inconclusive(why) | Self::Broken(why) => {
                Some(why)
            }
            Self::Held | Self::Failed(_) => None,
        }
    }

    /// Whether it is neither as it should be nor without a say.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Miswritten(_) | Self::Broken(_))
    }
}

/// How a clause stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stand {
    /// Some scenario that names it held, and each one that was run.
    Kept,
    /// Some scenario that names it failed.
    Broken,
    /// None that names it was run, or one of them came to no result.
    Unknown,
}

impl Stand {
    /// By the verdicts, in words, of the scenarios that name the clause.
    pub fn of<'w>(verdicts: impl IntoIterator<Item = &'w str>) -> Self {
        let (mut held, mut silent) = (false, false);
        for word in verdicts {
            match word {
                "failed" => return Self::Broken,
                "held" => held = true,
                // What is not tried here says nothing of what others have tried.
                "skipped" => {}
                _ => silent = true,
            }
        }
        if held && !silent { Self::Kept } else { Self::Unknown }
    }
}

/// The exit code of a run: 0 all held, 1 an expectation failed, 2 a scenario is written wrongly, 3 the harness
/// broke. The greatest of them counts.
pub fn exit_code(outcomes: &[Outcome]) -> u8 {
    let code = |outcome: &Outcome| match outcome.verdict {
        Verdict::Held | Verdict::Skipped(_) | Verdict::Inconclusive(_) => 0,
        Verdict::Failed(_) => 1,
        Verdict::Miswritten(_) => 2,
        Verdict::Broken(_) => 3,
    };
    outcomes.iter().map(code).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_stands_by_all_that_name_it() {
        for (verdicts, expected) in [
            (&["held", "held"][..], Stand::Kept),
            (&["held", "skipped"], Stand::Kept),
            (&["held", "inconclusive"], Stand::Unknown),
            (&["held", "miswritten"], Stand::Unknown),
            (&["held", "broken"], Stand::Unknown),
            (&["inconclusive", "held", "failed"], Stand::Broken),
            (&["skipped"], Stand::Unknown),
            (&[], Stand::Unknown),
        ] {
            assert_eq!(Stand::of(verdicts.iter().copied()), expected, "{verdicts:?}");
        }
    }
}
