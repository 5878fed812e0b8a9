//! What came of a verification, for a person.

use anstyle::{AnsiColor, Style};
use standin_conform::clauses::clause_of;
use standin_conform::verify::{Judgement, PartnerFile, Standing};
use standin_report::Results;
use standin_report::document::{Area, document};
use standin_report::terminal::{Look, counted, one};
use std::fmt::Write;

/// What is told.
pub(super) struct Table<'t> {
    pub(super) partner: &'t PartnerFile,
    pub(super) judgements: &'t [Judgement],
    pub(super) results: &'t Results<'t>,
    pub(super) look: Look,
}

impl Table<'_> {
    /// The whole of it.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}: {}\n\n", self.partner.role.name, self.partner.name);
        for judgement in self.judgements {
            self.clause(&mut text, judgement);
        }
        let run = document(self.results);
        let whole = Area { name: "all", clauses: run.summary.clauses, score: run.summary.clauses.score() };
        let _ = writeln!(
            text,
            "\n{:<8} {:>5} {:>7} {:>14} {:>6}",
            "area", "kept", "broken", "not exercised", "score"
        );
        for area in run.areas.iter().chain([&whole]) {
            row(&mut text, area);
        }
        text
    }

    fn clause(&self, text: &mut String, judgement: &Judgement) {
        let says = clause_of(&judgement.clause).map_or("", |clause| clause.says);
        let (colour, word) = match judgement.standing {
            Standing::Kept(_) => (AnsiColor::Green, "kept"),
            Standing::Broken(..) => (AnsiColor::Red, "BROKEN"),
            Standing::NotExercised(_) => (AnsiColor::Yellow, "not exercised"),
        };
        let style = Style::new().fg_color(Some(colour.into()));
        let told = match &judgement.standing {
            Standing::Kept(cases) => counted(*cases, "case"),
            Standing::Broken(failed, cases) => format!("{failed} of {}", counted(*cases, "case")),
            Standing::NotExercised(why) => why.clone(),
        };
        let padded = format!("{word:<13}");
        let word = if self.look.colour { format!("{style}{padded}{style:#}") } else { padded };
        let _ = writeln!(text, "  {word} {:<10} {says} ({told})", judgement.clause);
        let broken = matches!(judgement.standing, Standing::Broken(..));
        let naming =
            self.results.outcomes.iter().filter(|outcome| outcome.clauses.contains(&judgement.clause));
        for outcome in naming.filter(|outcome| self.look.steps || broken && !outcome.held()) {
            for line in one(outcome, self.look).lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
}

fn row(text: &mut String, area: &Area<'_>) {
    let score = area.score.map_or_else(|| "-".to_owned(), |score| format!("{score} %"));
    let Area { name, clauses, .. } = area;
    let _ = writeln!(
        text,
        "{name:<8} {:>5} {:>7} {:>14} {score:>6}",
        clauses.kept, clauses.broken, clauses.not_shown
    );
}
