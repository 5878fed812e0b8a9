//! For a pull request: the run in a line, what did not hold in a table, the rest folded. Values stand in code
//! spans and fences, so that no text of a test becomes markup or calls people.

use crate::document::{Area, ClauseState, Document, Failure, Scenario, document};
use crate::terminal::{counted, placed};
use crate::{Format, Needs, ReportError, Results};
use std::fmt::Write;

/// The format.
pub const FORMAT: Format = Format {
    name: "markdown",
    summary: "Markdown for a pull request: summary, what did not hold, details folded",
    needs: Needs::Outcome,
    write,
};

/// A comment on GitHub holds 65,536 characters; what stands behind the details fits into the rest.
const ROOM: usize = 60_000;

/// How much of a value a cell shows, in characters.
const CELL: usize = 120;

fn write(results: &Results<'_>) -> Result<String, ReportError> {
    let run = document(results);
    let mut out = String::new();
    heading(&mut out, &run);
    let that = |verdicts: &[&str]| -> Vec<&Scenario<'_>> {
        run.scenarios.iter().filter(|one| verdicts.contains(&one.verdict)).collect()
    };
    let bad = that(&["failed", "miswritten", "broken"]);
    if !bad.is_empty() {
        out.push_str("\n| scenario | where | expected | actual |\n|---|---|---|---|\n");
        bounded(&mut out, &bad, ROOM / 3, row);
        out.push('\n');
        bounded(&mut out, &bad, ROOM - ROOM / 6, details);
    }
    silent(&mut out, &that(&["skipped"]), "not run");
    silent(&mut out, &that(&["inconclusive"]), "without a result");
    broken_clauses(&mut out, &run);
    areas(&mut out, &run);
    Ok(out)
}

fn heading(out: &mut String, run: &Document<'_>) {
    let numbers = &run.summary;
    let _ = writeln!(out, "### {}: {}\n", escaped(&run.subject()), run.title());
    let _ = writeln!(
        out,
        "| held | failed | miswritten | broken | skipped | inconclusive | clauses kept | broken | {} |",
        run.unseen()
    );
    out.push_str("|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    let clauses = &numbers.clauses;
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        numbers.held,
        numbers.failed,
        numbers.miswritten,
        numbers.broken,
        numbers.skipped,
        numbers.inconclusive,
        clauses.kept,
        clauses.broken,
        clauses.not_shown
    );
    if let Some(evidence) = &numbers.evidence {
        let _ = writeln!(out, "\nWeakest evidence: {} ({})", evidence.level, span(&evidence.of));
    }
}

/// Writes one after the other until there is no more room, and says how many there was none for.
fn bounded(out: &mut String, all: &[&Scenario<'_>], room: usize, write: fn(&mut String, &Scenario<'_>)) {
    for (at, scenario) in all.iter().enumerate() {
        let before = out.len();
        write(out, scenario);
        if out.len() > room {
            out.truncate(before);
            let _ = writeln!(out, "\n... and {} more.", all.len() - at);
            return;
        }
    }
}

fn row(out: &mut String, scenario: &Scenario<'_>) {
    let cell = |value: Option<&str>| value.map(cell).unwrap_or_default();
    let place = |line: usize| format!("{}:{line}", scenario.file);
    let (place, expected, actual) = match &scenario.failure {
        Some(failure) => (place(failure.line), cell(failure.expected), cell(failure.actual)),
        None => (scenario.file.to_owned(), scenario.verdict.to_owned(), cell(scenario.reason)),
    };
    let _ =
        writeln!(out, "| {} | {} | {expected} | {actual} |", self::cell(scenario.name), self::cell(&place));
}

fn details(out: &mut String, scenario: &Scenario<'_>) {
    let _ = writeln!(out, "<details><summary>{}</summary>\n", escaped(scenario.name));
    if !scenario.clauses.is_empty() {
        let _ = writeln!(out, "Clauses: {}\n", scenario.clauses.join(", "));
    }
    match &scenario.failure {
        Some(failure) => failed(out, failure),
        None => fenced(out, scenario.reason.unwrap_or_default()),
    }
    out.push_str("</details>\n\n");
}

fn failed(out: &mut String, failure: &Failure<'_>) {
    let mut text = placed(failure.message, failure.snippet);
    for (word, value) in [("expected", failure.expected), ("actual", failure.actual)] {
        if let Some(value) = value {
            let _ = write!(text, "\n{word}: {value}");
        }
    }
    fenced(out, &text);
    if !failure.lineage.is_empty() {
        out.push_str("Where the values were seen:\n\n");
    }
    for hop in &failure.lineage {
        let _ = writeln!(out, "1. {} {}", span(hop.place), span(hop.text));
    }
    if let Some(file) = failure.screenshot {
        let _ = writeln!(out, "\nWhat the browser showed: {}", span(file));
    }
    out.push('\n');
}

fn silent(out: &mut String, those: &[&Scenario<'_>], what: &str) {
    if those.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n<details><summary>{} {what}</summary>\n", counted(those.len(), "scenario"));
    bounded(out, those, ROOM, reason);
    out.push_str("\n</details>\n");
}

fn reason(out: &mut String, scenario: &Scenario<'_>) {
    let _ = writeln!(out, "- {}: {}", span(scenario.name), span(scenario.reason.unwrap_or_default()));
}

fn broken_clauses(out: &mut String, run: &Document<'_>) {
    let broken: Vec<_> = run.clauses.iter().filter(|clause| clause.state == ClauseState::Broken).collect();
    if broken.is_empty() {
        return;
    }
    out.push_str("\nBroken clauses:\n\n");
    for clause in broken {
        let _ = writeln!(out, "- {}: {}", clause.id, clause.says);
    }
}

fn areas(out: &mut String, run: &Document<'_>) {
    out.push_str("\n<details><summary>Score by area</summary>\n\n");
    let _ = writeln!(out, "| area | kept | broken | {} | score |\n|---|--:|--:|--:|--:|", run.unseen());
    for Area { name, clauses, score } in &run.areas {
        let score = score.map_or_else(String::new, |score| format!("{score} %"));
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {} | {score} |",
            clauses.kept, clauses.broken, clauses.not_shown
        );
    }
    out.push_str("\n</details>\n");
}

/// A fence that is longer than every run of backticks within.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

fn fenced(out: &mut String, text: &str) {
    let fence = fence(text, 3);
    let _ = writeln!(out, "{fence}text\n{}\n{fence}\n", visible(text, true));
}

fn span(text: &str) -> String {
    let text = visible(text, false);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = fence(&text, 1);
    format!("{fence} {text} {fence}")
}

/// In a table, a bar ends a cell even within code.
fn cell(text: &str) -> String {
    let short: String = text.chars().take(CELL).collect();
    let more = if short.len() < text.len() { "..." } else { "" };
    span(&format!("{short}{more}")).replace('|', "\\|")
}

fn visible(text: &str, lines: bool) -> String {
    let seen = |c: char| if c.is_control() && !(lines && c == '\n') { ' ' } else { c };
    text.chars().map(seen).collect()
}

/// Text in a summary is markup: nothing in it may be read as such. A mention needs a character before it to be none.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text, false).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("@\u{200b}"),
            '`' | '*' | '_' | '[' | ']' | '#' | '\\' | '|' | '~' | ':' | '!' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Partner;
    use crate::samples::{outcomes, results};
    use standin_scenario::Outcome;

    #[test]
    fn whole() {
        insta::assert_snapshot!(write(&results(&outcomes())).unwrap());
    }

    #[test]
    fn all_held() {
        insta::assert_snapshot!(write(&results(&outcomes()[..1])).unwrap());
    }

    #[test]
    fn the_partner_is_named_and_cannot_write_markup() {
        let all = outcomes();
        let partner = Some(Partner { role: "push", name: "<b>Ours</b>" });
        let text = write(&Results { partner, ..results(&all[..1]) }).unwrap();
        assert!(
            text.starts_with("### standin verify push&#58; &lt;b&gt;Ours&lt;/b&gt;: 1 of 3 clauses kept\n"),
            "{text}"
        );
        assert!(text.contains("| broken | not exercised |") && !text.contains("not shown"), "{text}");
    }

    #[test]
    fn a_comment_has_a_bound() {
        let failed = outcomes().remove(1);
        let many: Vec<Outcome> = std::iter::repeat_n(failed, 400).collect();
        let text = write(&results(&many)).unwrap();
        assert!(text.chars().count() < 65_536 && text.matches(" more.").count() == 2, "{}", text.len());
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}
