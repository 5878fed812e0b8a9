//! A run as one value: what the JSON report is, and what the page is drawn from.
//!
//! These structs are the border: their doc comments are the descriptions of the schema.

use crate::terminal::counted;
use crate::{Partner, Results};
use schemars::JsonSchema;
use serde::Serialize;
use standin_model::Level;
use standin_scenario::outcome::{self, Outcome, Stand, What};

/// What came of a run of scenarios. Only `micros` differs between two runs of the same scenarios.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// What this is: `standin-report`.
    #[schemars(extend("const" = "standin-report"))]
    pub format: &'static str,
    /// The version of this shape. New members do not change it.
    pub version: u32,
    /// Whose system plays a role, where somebody's does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<Partner<'a>>,
    /// The run in numbers.
    pub summary: Summary,
    /// Every clause, whether or not this run shows it.
    pub clauses: Vec<Clause<'a>>,
    /// How the clauses stand, area by area.
    pub areas: Vec<Area<'a>>,
    /// The scenarios, in the order of the run.
    pub scenarios: Vec<Scenario<'a>>,
}

/// A run in numbers.
#[derive(Serialize, JsonSchema)]
pub struct Summary {
    /// All scenarios.
    pub scenarios: usize,
    /// Those that held.
    pub held: usize,
    /// Those of which an expectation did not hold.
    pub failed: usize,
    /// Those that turned out to be written wrongly.
    pub miswritten: usize,
    /// Those in which the harness broke.
    pub broken: usize,
    /// Those that were not run.
    pub skipped: usize,
    /// Those that were run and of which nothing can be said.
    pub inconclusive: usize,
    /// Clauses by state.
    pub clauses: ClauseCounts,
    /// The weakest evidence that the run rests on.
    pub evidence: Option<Evidence>,
}

/// Clauses by state.
#[derive(Serialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClauseCounts {
    /// Shown, and so.
    pub kept: usize,
    /// Shown not to be so.
    pub broken: usize,
    /// Not shown by this run.
    pub not_shown: usize,
}

impl Document<'_> {
    /// What is reported on: `standin`, and the partner's system where there is one.
    pub fn subject(&self) -> String {
        match self.partner {
            None => "standin".to_owned(),
            Some(Partner { role, name }) => format!("standin verify {role}: {name}"),
        }
    }

    /// What came of it, in a line: of scenarios, or of a partner's clauses.
    pub fn title(&self) -> String {
        let Summary { scenarios, held, clauses, .. } = &self.summary;
        let all = clauses.kept + clauses.broken + clauses.not_shown;
        match (self.partner, self.summary.bad()) {
            (Some(_), _) if clauses.broken > 0 => {
                format!("{} of {} broken", clauses.broken, counted(all, "clause"))
            }
            (Some(_), 0) => format!("{} of {} kept", clauses.kept, counted(all, "clause")),
            (_, 0) => format!("{held} of {} held", counted(*scenarios, "scenario")),
            (_, bad) => format!("{bad} of {} did not hold", counted(*scenarios, "scenario")),
        }
    }

    /// What is said of a clause that is neither kept nor broken: no scenario of a run has to show it, and a partner's
    /// system is to be exercised.
    pub fn unseen(&self) -> &'static str {
        if self.partner.is_some() { "not exercised" } else { "not shown" }
    }
}

impl Summary {
    /// How many did not hold, of those that say anything.
    pub fn bad(&self) -> usize {
        self.failed + self.miswritten + self.broken
    }
}

impl ClauseCounts {
    fn add(&mut self, state: ClauseState) {
        match state {
            ClauseState::Kept => self.kept += 1,
            ClauseState::Broken => self.broken += 1,
            ClauseState::NotShown => self.not_shown += 1,
        }
    }

    /// How many of a hundred shown clauses are kept, rounded down; nothing where none is shown.
    pub fn score(self) -> Option<usize> {
        (self.kept * 100).checked_div(self.kept + self.broken)
    }
}

/// The clauses of which the ids begin alike.
#[derive(Serialize, JsonSchema)]
pub struct Area<'a> {
    /// What their ids have in common: `GE-OUT` of `GE-OUT-1`.
    pub name: &'a str,
    /// Clauses by state.
    #[serde(flatten)]
    pub clauses: ClauseCounts,
    /// How many of a hundred shown clauses are kept, rounded down.
    pub score: Option<usize>,
}

/// A promise, and what this run shows of it.
#[derive(Serialize, JsonSchema)]
pub struct Clause<'a> {
    /// Its id.
    pub id: &'a str,
    /// The promise.
    pub says: &'a str,
    /// What this run shows of it.
    pub state: ClauseState,
    /// The weakest evidence that its scenarios rest on.
    pub evidence: Option<&'static str>,
    /// The positions of its scenarios in `scenarios`, from 0.
    pub scenarios: Vec<usize>,
}

/// What a run shows of a clause.
#[derive(Serialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum ClauseState {
    /// At least one scenario shows it, and all of them that were run held.
    Kept,
    /// An expectation of one of its scenarios did not hold.
    Broken,
    /// No scenario shows it, or one of them came to no result.
    NotShown,
}

/// How well something is known.
#[derive(Serialize, JsonSchema)]
pub struct Evidence {
    /// `recorded`, `documented`, `inferred` or `decided`, strongest first.
    pub level: &'static str,
    /// The call that it is about.
    pub of: String,
}

/// What came of one scenario.
#[derive(Serialize, JsonSchema)]
pub struct Scenario<'a> {
    /// Its name, with the row of its examples.
    pub name: &'a str,
    /// Its file.
    pub file: &'a str,
    /// The clauses that it shows.
    pub clauses: &'a [String],
    /// Its tags.
    pub tags: &'a [String],
    /// `wire` or `memory`.
    pub transport: &'static str,
    /// How it ended: `held`, `failed`, `miswritten`, `broken`, `skipped` or `inconclusive`.
    #[schemars(extend("enum" = ["held", "failed", "miswritten", "broken", "skipped", "inconclusive"]))]
    pub verdict: &'static str,
    /// Why there is no result, where there is none.
    pub reason: Option<&'a str>,
    /// The weakest evidence that it rests on.
    pub evidence: Option<Evidence>,
    /// The steps that were reached.
    pub steps: Vec<Step<'a>>,
    /// The expectation that did not hold.
    pub failure: Option<Failure<'a>>,
    /// What happened; a bounded part of it.
    pub journal: Vec<Entry<'a>>,
    /// How many entries were left out of `journal`. Where `seq` jumps, they would stand.
    pub left_out: u64,
    /// Wall-clock time, in microseconds.
    pub micros: u64,
}

/// What came of one step.
#[derive(Serialize, JsonSchema)]
pub struct Step<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its line.
    pub line: usize,
    /// Whether it held.
    pub held: bool,
    /// What it says of itself.
    pub summary: &'a str,
    /// When it began, in virtual time.
    pub at: &'a str,
    /// The position in the journal of the first entry that it brought about, and that after the last.
    pub entries: (u64, u64),
    /// Values that were as expected.
    pub checked: Vec<Checked<'a>>,
}

/// A value that was as expected.
#[derive(Serialize, JsonSchema)]
pub struct Checked<'a> {
    /// Where in what was looked at.
    pub place: &'a str,
    /// The value.
    pub value: &'a str,
    /// Where it was seen on its way.
    pub lineage: Vec<Hop<'a>>,
}

/// An expectation that did not hold.
#[derive(Serialize, JsonSchema)]
pub struct Failure<'a> {
    /// Which step.
    pub step: &'a str,
    /// Its line.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// What did not hold.
    pub message: &'a str,
    /// What was expected.
    pub expected: Option<&'a str>,
    /// What was there.
    pub actual: Option<&'a str>,
    /// The place in the scenario, as text.
    pub snippet: &'a str,
    /// Where the values were seen on their way.
    pub lineage: Vec<Hop<'a>>,
    /// The file with what the browser showed.
    pub screenshot: Option<&'a str>,
}

/// One place that a value passed.
#[derive(Serialize, JsonSchema)]
pub struct Hop<'a> {
    /// Position in the journal.
    pub seq: u64,
    /// When, in virtual time.
    pub at: &'a str,
    /// Where.
    pub place: &'a str,
    /// What was seen there.
    pub text: &'a str,
}

/// One thing that happened.
#[derive(Serialize, JsonSchema)]
pub struct Entry<'a> {
    /// Position in the journal, from 1.
    pub seq: u64,
    /// When, in virtual time.
    pub at: &'a str,
    /// What.
    #[serde(flatten)]
    pub what: Happening<'a>,
}

/// Kinds of what happens. Secrets are masked, long texts break off and say so.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Happening<'a> {
    /// A call to a platform and its answer; status 0 where no answer came.
    Call {
        /// Who called.
        from: &'a str,
        /// Which platform was called.
        to: &'a str,
        /// The platform's own name for the call.
        name: &'a str,
        /// Method, host, path and query.
        line: &'a str,
        /// The request's body.
        request: &'a str,
        /// HTTP status.
        status: u16,
        /// The answer's body.
        answer: &'a str,
    },
    /// A file that was written, read, renamed or removed.
    File {
        /// Who did it.
        who: &'a str,
        /// What was done.
        op: &'a str,
        /// Where.
        path: &'a str,
        /// How many bytes.
        bytes: u64,
        /// The content, where it is text.
        text: &'a str,
    },
    /// A rule or component made one value out of another.
    Change {
        /// Who.
        who: &'a str,
        /// Where in it.
        place: &'a str,
        /// Whose value.
        subject: &'a str,
        /// Before.
        before: &'a str,
        /// After.
        after: &'a str,
    },
    /// A sentence.
    Note {
        /// Who says so.
        who: &'a str,
        /// The sentence.
        text: &'a str,
    },
}

/// The whole run.
pub fn document<'a>(results: &Results<'a>) -> Document<'a> {
    let outcomes = results.outcomes;
    let count = |word: &str| outcomes.iter().filter(|outcome| outcome.verdict.word() == word).count();
    let clauses: Vec<Clause<'a>> =
        results.clauses.iter().map(|promise| clause(promise.id, promise.says, outcomes)).collect();
    let summary = Summary {
        scenarios: outcomes.len(),
        held: count("held"),
        failed: count("failed"),
        miswritten: count("miswritten"),
        broken: count("broken"),
        skipped: count("skipped"),
        inconclusive: count("inconclusive"),
        clauses: tally(&clauses),
        evidence: outcomes
            .iter()
            .filter_map(|outcome| outcome.evidence.as_ref())
            .min_by_key(|(level, _)| *level)
            .map(evidence),
    };
    Document {
        format: "standin-report",
        version: 1,
        partner: results.partner,
        summary,
        areas: areas(&clauses),
        clauses,
        scenarios: outcomes.iter().map(scenario).collect(),
    }
}

fn tally<'c>(clauses: impl IntoIterator<Item = &'c Clause<'c>>) -> ClauseCounts {
    let mut counts = ClauseCounts::default();
    for clause in clauses {
        counts.add(clause.state);
    }
    counts
}

/// In the order in which they first come.
fn areas<'a>(clauses: &[Clause<'a>]) -> Vec<Area<'a>> {
    let mut areas: Vec<Area<'a>> = Vec::new();
    for clause in clauses {
        let name = clause.id.rsplit_once('-').map_or(clause.id, |(area, _)| area);
        let at = areas.iter().position(|area| area.name == name).unwrap_or_else(|| {
            areas.push(Area { name, clauses: ClauseCounts::default(), score: None });
            areas.len() - 1
        });
        areas[at].clauses.add(clause.state);
        areas[at].score = areas[at].clauses.score();
    }
    areas
}

fn evidence((level, of): &(Level, String)) -> Evidence {
    Evidence { level: level.word(), of: of.clone() }
}

fn clause<'a>(id: &'a str, says: &'a str, outcomes: &[Outcome]) -> Clause<'a> {
    let shows = |(_, outcome): &(usize, &Outcome)| outcome.clauses.iter().any(|clause| clause == id);
    let shown: Vec<(usize, &Outcome)> = outcomes.iter().enumerate().filter(shows).collect();
    let state = match Stand::of(shown.iter().map(|(_, outcome)| outcome.verdict.word())) {
        Stand::Kept => ClauseState::Kept,
        Stand::Broken => ClauseState::Broken,
        Stand::Unknown => ClauseState::NotShown,
    };
    let levels = shown.iter().filter_map(|(_, outcome)| outcome.evidence.as_ref()).map(|(level, _)| *level);
    let evidence = levels.min().map(Level::word);
    Clause { id, says, state, evidence, scenarios: shown.into_iter().map(|(at, _)| at).collect() }
}

fn scenario(outcome: &Outcome) -> Scenario<'_> {
    let failure = match &outcome.verdict {
        outcome::Verdict::Failed(failure) => Some(failed(failure)),
        _ => None,
    };
    Scenario {
        name: &outcome.name,
        file: &outcome.file,
        clauses: &outcome.clauses,
        tags: &outcome.tags,
        transport: outcome.transport,
        verdict: outcome.verdict.word(),
        reason: outcome.verdict.reason(),
        evidence: outcome.evidence.as_ref().map(evidence),
        steps: outcome.steps.iter().map(step).collect(),
        failure,
        journal: outcome.journal.entries.iter().map(entry).collect(),
        left_out: outcome.journal.left_out,
        micros: outcome.micros,
    }
}

fn step(step: &outcome::StepOutcome) -> Step<'_> {
    let checked = step.checked.iter().map(|checked| Checked {
        place: &checked.place,
        value: &checked.value,
        lineage: hops(&checked.lineage),
    });
    Step {
        name: &step.name,
        line: step.line,
        held: step.held,
        summary: &step.summary,
        at: &step.at,
        entries: step.entries,
        checked: checked.collect(),
    }
}

fn failed(failure: &outcome::Failure) -> Failure<'_> {
    Failure {
        step: &failure.step,
        line: failure.line,
        column: failure.column,
        message: &failure.message,
        expected: failure.expected.as_deref(),
        actual: failure.actual.as_deref(),
        snippet: &failure.snippet,
        lineage: hops(&failure.lineage),
        screenshot: failure.screenshot.as_ref().and_then(|screenshot| screenshot.file.as_deref()),
    }
}

fn hops(lineage: &[outcome::Hop]) -> Vec<Hop<'_>> {
    lineage.iter().map(|hop| Hop { seq: hop.seq, at: &hop.at, place: &hop.place, text: &hop.text }).collect()
}

fn entry(entry: &outcome::Entry) -> Entry<'_> {
    let what = match &entry.what {
        What::Call { from, to, name, line, request, status, answer } => {
            Happening::Call { from, to, name, line, request, status: *status, answer }
        }
        What::File { who, op, path, bytes, text } => Happening::File { who, op, path, bytes: *bytes, text },
        What::Change { who, place, subject, before, after } => {
            Happening::Change { who, place, subject, before, after }
        }
        What::Note { who, text } => Happening::Note { who, text },
    };
    Entry { seq: entry.seq, at: &entry.at, what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{outcomes, results};

    fn state(changed: impl Fn(&mut Vec<Outcome>), id: &str) -> ClauseState {
        let mut all = outcomes();
        changed(&mut all);
        let results = results(&all);
        document(&results).clauses.into_iter().find(|clause| clause.id == id).unwrap().state
    }

    #[test]
    fn what_a_run_shows_of_a_clause() {
        let also = |at: usize| move |all: &mut Vec<Outcome>| all[at].clauses.push("GE-UID-1".to_owned());
        for (state, expected) in [
            (state(|_| (), "GE-UID-1"), ClauseState::Kept),
            (state(|_| (), "QG-MAP-9b"), ClauseState::Broken),
            (state(|_| (), "QG-INT-2"), ClauseState::NotShown),
            (state(also(1), "GE-UID-1"), ClauseState::Broken),
            (state(also(2), "GE-UID-1"), ClauseState::NotShown),
            (state(also(3), "GE-UID-1"), ClauseState::NotShown),
            (state(also(4), "GE-UID-1"), ClauseState::Kept),
            (state(also(5), "GE-UID-1"), ClauseState::NotShown),
        ] {
            assert_eq!(state, expected);
        }
    }

    #[test]
    fn areas_are_scored_by_what_is_shown() {
        let clause = |id, state| Clause { id, says: "", state, evidence: None, scenarios: Vec::new() };
        let areas = areas(&[
            clause("GE-OUT-1", ClauseState::Kept),
            clause("GE-OUT-2", ClauseState::Broken),
            clause("QG-MAP-9a", ClauseState::NotShown),
            clause("GE-OUT-3", ClauseState::Kept),
        ]);
        let told: Vec<_> = areas.iter().map(|area| (area.name, area.clauses.not_shown, area.score)).collect();
        assert_eq!(told, [("GE-OUT", 0, Some(66)), ("QG-MAP", 1, None)]);
    }
}
