//! What became of each clause, and how two runs differ.

use crate::verify::role::{Bearing, Role};
use serde_json::Value;
use standin_model::Level;
use standin_scenario::outcome::{Journal, Outcome, Stand, Verdict};
use std::collections::BTreeMap;

/// What became of a clause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// The clause.
    pub clause: String,
    /// How it stands.
    pub standing: Standing,
}

/// How a clause stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Every case that names it and was run held, so many of them.
    Kept(usize),
    /// Some case that names it did not hold: so many, of so many.
    Broken(usize, usize),
    /// Nothing can be said of it, and why.
    NotExercised(String),
}

/// The outcome of a clause that no case could exercise, so that reports tell it as well.
pub fn not_exercised(role: &str, clause: &str, why: &str) -> Outcome {
    Outcome {
        name: format!("{clause} is not exercised"),
        file: format!("verify/{role}/{clause}"),
        clauses: vec![clause.to_owned()],
        tags: Vec::new(),
        transport: "wire",
        verdict: Verdict::Skipped(why.to_owned()),
        steps: Vec::new(),
        evidence: None::<(Level, String)>,
        journal: Journal::default(),
        micros: 0,
    }
}

/// Takes what failed only because something else is broken for what it is: nothing can be said of it. Where a case of the
/// role fails on which others rest, it breaks its own clauses, and no failure of theirs counts.
pub fn excuse(role: &Role, outcomes: &mut [Outcome]) {
    for Bearing { case, bears } in role.bearing {
        let fails = |outcome: &&Outcome| {
            role.case_of(&outcome.file) == Some(case) && matches!(outcome.verdict, Verdict::Failed(_))
        };
        let Some(broken) = outcomes.iter().find(fails).map(|outcome| outcome.clauses.join(", ")) else {
            continue;
        };
        let rests = |file: &str| {
            let rests = |name: &str| name != *case && name.starts_with(bears) && !role.apart.contains(&name);
            role.case_of(file).is_some_and(rests)
        };
        let fail = |outcome: &&mut Outcome| matches!(outcome.verdict, Verdict::Failed(_));
        for outcome in outcomes.iter_mut().filter(|outcome| rests(&outcome.file)).filter(fail) {
            outcome.verdict = Verdict::Inconclusive(format!("it rests on {broken}, which is broken"));
        }
    }
}

/// What became of each of `clauses`, in their order.
pub fn judge(clauses: &[&str], outcomes: &[Outcome]) -> Vec<Judgement> {
    let judged = clauses.iter().map(|clause| {
        let naming = outcomes.iter().filter(|outcome| outcome.clauses.iter().any(|name| name == clause));
        let verdicts: Vec<&Verdict> = naming.map(|outcome| &outcome.verdict).collect();
        Judgement { clause: (*clause).to_owned(), standing: standing(&verdicts) }
    });
    judged.collect()
}

fn standing(verdicts: &[&Verdict]) -> Standing {
    let that = |word: &str| verdicts.iter().filter(|verdict| verdict.word() == word).count();
    match Stand::of(verdicts.iter().map(|verdict| verdict.word())) {
        Stand::Kept => Standing::Kept(that("held")),
        Stand::Broken => Standing::Broken(that("failed"), verdicts.len()),
        Stand::Unknown => Standing::NotExercised(silence(verdicts)),
    }
}

/// Why nothing can be said: what was tried and came to nothing tells more than what was not tried.
fn silence(verdicts: &[&Verdict]) -> String {
    let silent = verdicts.iter().filter(|verdict| verdict.reason().is_some());
    match silent.min_by_key(|verdict| matches!(verdict, Verdict::Skipped(_))) {
        Some(Verdict::Broken(why)) => format!("the harness broke: {why}"),
        Some(verdict) => verdict.reason().unwrap_or_default().to_owned(),
        None => "no case names it".to_owned(),
    }
}

/// A report for programs, of `standin run` or `standin verify`, as far as clauses go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stood {
    /// The role of the partner's system, where it is about one.
    pub role: Option<String>,
    /// How each clause stands.
    pub clauses: BTreeMap<String, &'static str>,
}

/// Reads such a report.
pub fn read_report(text: &str) -> Result<Stood, String> {
    let report: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let scenarios = report["scenarios"].as_array().filter(|_| report["format"] == "standin-report");
    let scenarios = scenarios.ok_or("it is no report that `--report json=FILE` wrote")?;
    let mut verdicts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scenario in scenarios {
        for clause in scenario["clauses"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            verdicts.entry(clause).or_default().push(scenario["verdict"].as_str().unwrap_or_default());
        }
    }
    let stands = verdicts.into_iter().map(|(clause, verdicts)| {
        let word = match Stand::of(verdicts) {
            Stand::Kept => "kept",
            Stand::Broken => "broken",
            Stand::Unknown => "not exercised",
        };
        (clause.to_owned(), word)
    });
    let role = report["partner"]["role"].as_str().map(str::to_owned);
    Ok(Stood { role, clauses: stands.collect() })
}

/// One clause that stands differently in two runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The clause.
    pub clause: String,
    /// How it stood; `absent` where the run did not name it.
    pub before: &'static str,
    /// How it stands.
    pub after: &'static str,
}

impl Change {
    /// Whether a clause that was kept is now broken.
    pub fn is_loss(&self) -> bool {
        self.before == "kept" && self.after == "broken"
    }
}

/// The clauses that stand differently, in byte order. Reports about different roles cannot be compared.
pub fn changes(before: &Stood, after: &Stood) -> Result<Vec<Change>, String> {
    if before.role != after.role {
        let about = |stood: &Stood| match &stood.role {
            None => "scenarios".to_owned(),
            Some(role) => format!("the role `{role}`"),
        };
        return Err(format!(
            "the first report is about {}, the second about {}",
            about(before),
            about(after)
        ));
    }
    let (before, after) = (&before.clauses, &after.clauses);
    let mut clauses: Vec<&String> = before.keys().chain(after.keys()).collect();
    clauses.sort();
    clauses.dedup();
    let of =
        |run: &BTreeMap<String, &'static str>, clause: &str| run.get(clause).copied().unwrap_or("absent");
    let changed = clauses.into_iter().map(|clause| Change {
        clause: clause.clone(),
        before: of(before, clause),
        after: of(after, clause),
    });
    Ok(changed.filter(|change| change.before != change.after).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::role::bearing;
    use standin_scenario::outcome::Failure;

    fn outcome(clauses: &[&str], verdict: Verdict) -> Outcome {
        let clauses = clauses.iter().map(|clause| (*clause).to_owned()).collect();
        Outcome { clauses, verdict, ..not_exercised("loader", "GE-OUT-1", "") }
    }

    fn failed() -> Verdict {
        Verdict::Failed(Failure {
            step: String::new(),
            line: 1,
            column: 1,
            message: String::new(),
            expected: None,
            actual: None,
            snippet: String::new(),
            lineage: Vec::new(),
            screenshot: None,
        })
    }

    #[test]
    fn one_case_that_fails_breaks_a_clause_and_one_without_a_result_keeps_none() {
        let silent = || Verdict::Skipped("no browser".to_owned());
        for (verdicts, expected) in [
            (vec![Verdict::Held, Verdict::Held], Standing::Kept(2)),
            (vec![Verdict::Held, failed()], Standing::Broken(1, 2)),
            (vec![silent(), failed()], Standing::Broken(1, 2)),
            (vec![Verdict::Held, silent()], Standing::Kept(1)),
            (vec![silent()], Standing::NotExercised("no browser".to_owned())),
            (
                vec![silent(), Verdict::Held, Verdict::Inconclusive("a strange page".to_owned())],
                Standing::NotExercised("a strange page".to_owned()),
            ),
            (vec![failed(), Verdict::Inconclusive("a strange page".to_owned())], Standing::Broken(1, 2)),
            (
                vec![Verdict::Held, Verdict::Miswritten("no such step".to_owned())],
                Standing::NotExercised("no such step".to_owned()),
            ),
            (vec![], Standing::NotExercised("no case names it".to_owned())),
            (
                vec![Verdict::Broken("no socket".to_owned())],
                Standing::NotExercised("the harness broke: no socket".to_owned()),
            ),
        ] {
            let mut outcomes: Vec<_> =
                verdicts.into_iter().map(|verdict| outcome(&["GE-OUT-1"], verdict)).collect();
            outcomes.push(outcome(&["GE-OUT-2"], failed()));
            let judged = judge(&["GE-OUT-1"], &outcomes);
            assert_eq!(judged[0].standing, expected);
        }
    }

    /// One fault of a system breaks one clause, whatever else does not work because of it.
    #[test]
    fn what_rests_on_a_broken_case_is_not_broken_by_it() {
        const BEARING: &[Bearing] = &[bearing("basis", ""), bearing("out-basis", "out-")];
        let role = Role { bearing: BEARING, ..crate::verify::programs::LOADER };
        let told = |cases: &[(&str, &str, bool)]| {
            let mut outcomes: Vec<_> = cases
                .iter()
                .map(|(case, clause, held)| Outcome {
                    file: format!("verify/loader/{case}.yaml"),
                    ..outcome(&[clause], if *held { Verdict::Held } else { failed() })
                })
                .collect();
            excuse(&role, &mut outcomes);
            outcomes.iter().map(|outcome| outcome.verdict.word()).collect::<Vec<_>>()
        };
        for (cases, expected) in [
            (
                &[("basis", "A", false), ("out-basis", "B", false), ("out-x", "C", false), ("y", "D", true)]
                    [..],
                &["failed", "inconclusive", "inconclusive", "held"][..],
            ),
            (
                &[
                    ("basis", "A", true),
                    ("out-basis", "B", false),
                    ("out-x", "C", false),
                    ("in-x", "D", false),
                ],
                &["held", "failed", "inconclusive", "failed"],
            ),
            (&[("basis", "A", true), ("out-x", "C", false)], &["held", "failed"]),
            (&[("basis", "A", false), ("opted-out", "C", false)], &["failed", "failed"]),
        ] {
            assert_eq!(told(cases), expected);
        }
        let mut outcomes = vec![outcome(&["A"], failed()), outcome(&["B"], failed())];
        outcomes[0].file = "verify/loader/basis.yaml".to_owned();
        outcomes[1].file = "verify/loader/y.yaml".to_owned();
        excuse(&role, &mut outcomes);
        assert_eq!(outcomes[1].verdict.reason(), Some("it rests on A, which is broken"));
    }

    #[test]
    fn cases_that_bear_others_are_cases_of_their_role() {
        for role in crate::verify::ROLES {
            let names: Vec<_> = role.cases.iter().filter_map(|(file, _)| role.case_of(file)).collect();
            for Bearing { case, bears } in role.bearing {
                assert!(names.contains(case), "{}: {case}", role.name);
                assert!(names.iter().any(|name| name != case && name.starts_with(bears)), "{case}: {bears}");
            }
        }
    }

    #[test]
    fn two_reports_are_held_against_each_other() {
        let report = |verdicts: &[(&str, &str)]| {
            let scenarios: Vec<Value> = verdicts
                .iter()
                .map(|(clause, verdict)| serde_json::json!({"clauses": [clause], "verdict": verdict}))
                .collect();
            let whole = serde_json::json!({"format": "standin-report", "scenarios": scenarios});
            read_report(&whole.to_string()).unwrap()
        };
        let before = report(&[
            ("A-1", "held"),
            ("A-2", "held"),
            ("A-2", "held"),
            ("A-3", "failed"),
            ("A-4", "held"),
            ("A-6", "held"),
        ]);
        let after = report(&[
            ("A-1", "held"),
            ("A-2", "held"),
            ("A-2", "failed"),
            ("A-3", "held"),
            ("A-4", "skipped"),
            ("A-5", "failed"),
            ("A-6", "held"),
            ("A-6", "inconclusive"),
        ]);
        let told: Vec<_> = changes(&before, &after)
            .unwrap()
            .into_iter()
            .map(|change| (change.clause.clone(), change.before, change.after, change.is_loss()))
            .collect();
        let expected = [
            ("A-2".to_owned(), "kept", "broken", true),
            ("A-3".to_owned(), "broken", "kept", false),
            ("A-4".to_owned(), "kept", "not exercised", false),
            ("A-5".to_owned(), "absent", "broken", false),
            ("A-6".to_owned(), "kept", "not exercised", false),
        ];
        assert_eq!(told, expected);
        assert!(read_report("[]").is_err() && read_report("{").is_err());
        let pushed = Stood { role: Some("push".to_owned()), ..before.clone() };
        assert_eq!(
            changes(&before, &pushed).unwrap_err(),
            "the first report is about scenarios, the second about the role `push`"
        );
    }
}
