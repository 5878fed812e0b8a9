//! Who called whom, drawn from the journal. A long journal is folded: calls that repeat become one arrow with a
//! number, and what stands between the beginning and the end is counted.

use serde::Serialize;
use standin_scenario::outcome::{Entry, Outcome, What};
use std::fmt::Write;

/// The drawing: places and texts, for the template to write as SVG.
#[derive(Serialize)]
pub(super) struct Diagram {
    width: usize,
    height: usize,
    /// Where the lines of those who take part end.
    foot: usize,
    lanes: Vec<Lane>,
    rows: Vec<Row>,
    /// What it shows, for those who do not see it.
    summary: String,
}

/// One who takes part.
#[derive(Serialize)]
struct Lane {
    x: usize,
    name: String,
}

/// One line of the drawing.
#[derive(Serialize)]
struct Row {
    y: usize,
    kind: &'static str,
    from: usize,
    to: usize,
    /// Where the label begins.
    x: usize,
    label: String,
    /// The label without a bound.
    whole: String,
}

/// Who and what, before it has a place.
#[derive(PartialEq, Clone)]
struct Arrow {
    from: String,
    to: String,
    label: String,
    kind: &'static str,
    count: usize,
}

/// How many arrows a drawing has at its beginning and at its end.
const FIRST: usize = 50;
const LAST: usize = 20;

/// How many take part at most; further ones share the last line.
const LANES: usize = 10;

/// Pixels between two lanes, and between two rows.
const LANE: usize = 200;
const ROW: usize = 30;

/// Pixels between a lane and the label of an arrow that leads back to it.
const LOOP: usize = 26;

/// How many characters have room in so many pixels; the average one has six and a half.
const fn characters(pixels: usize) -> usize {
    pixels * 2 / 13
}

/// The drawing of what a scenario did; none where nobody called anybody.
pub(super) fn of(outcome: &Outcome) -> Option<Diagram> {
    let mut lines: Vec<Line> = Vec::new();
    let mut steps = outcome.steps.iter().peekable();
    for entry in &outcome.journal.entries {
        while let Some(step) = steps.next_if(|step| step.entries.0 <= entry.seq) {
            if step.entries.1 > entry.seq {
                lines.push(Line::Step(format!("line {}: {}", step.line, step.name)));
            }
        }
        if let Some(arrow) = arrow(entry) {
            push(&mut lines, arrow);
        }
    }
    let arrows = lines.iter().filter(|line| matches!(line, Line::Arrow(_))).count();
    (arrows > 0).then(|| drawn(&folded(lines, arrows)))
}

enum Line {
    Step(String),
    Arrow(Arrow),
    Gap(usize),
}

fn arrow(entry: &Entry) -> Option<Arrow> {
    let (from, to, label, kind) = match &entry.what {
        What::Call { from, to, name, status, answer, .. } => {
            let refusal = refusal(*status, answer);
            let kind = if refusal.is_empty() { "call" } else { "refused" };
            (from.clone(), to.clone(), format!("{name}{refusal}"), kind)
        }
        What::File { who, op, path, .. } => {
            (format!("{who} (login)"), "drop".to_owned(), format!("{op} {path}"), "file")
        }
        What::Change { who, .. } => (who.clone(), who.clone(), "values changed".to_owned(), "change"),
        What::Note { .. } => return None,
    };
    Some(Arrow { from, to, label, kind, count: 1 })
}

/// How an answer says no: by its status, or as Gigya does, by a code in it.
fn refusal(status: u16, answer: &str) -> String {
    let code = answer.split_once("\"errorCode\":").map(|(_, rest)| rest.trim_start());
    let digits: String = code.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    match (status, digits.trim_start_matches('0')) {
        (0, _) => ": no answer".to_owned(),
        (400.., "") => format!(": {status}"),
        (_, "") => String::new(),
        (_, code) => format!(": {code}"),
    }
}

fn push(lines: &mut Vec<Line>, arrow: Arrow) {
    if let Some(Line::Arrow(last)) = lines.last_mut()
        && *last == (Arrow { count: last.count, ..arrow.clone() })
    {
        last.count += 1;
        return;
    }
    lines.push(Line::Arrow(arrow));
}

fn folded(lines: Vec<Line>, arrows: usize) -> Vec<Line> {
    if arrows <= FIRST + LAST {
        return lines;
    }
    let mut seen = 0;
    let mut kept = Vec::new();
    for line in lines {
        seen += usize::from(matches!(line, Line::Arrow(_)));
        if seen <= FIRST || seen > arrows - LAST {
            kept.push(line);
        } else if !matches!(kept.last(), Some(Line::Gap(_))) {
            kept.push(Line::Gap(arrows - FIRST - LAST));
        }
    }
    kept
}

fn drawn(lines: &[Line]) -> Diagram {
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        let Line::Arrow(arrow) = line else { continue };
        for name in [arrow.from.as_str(), arrow.to.as_str()] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let lane = |name: &str| names.iter().position(|known| *known == name).unwrap_or(0).min(LANES - 1);
    let x = |lane: usize| LANE / 2 + lane * LANE;
    let shown = names.len().min(LANES);
    let name = |at: usize| {
        let others = at == LANES - 1 && names.len() > LANES;
        if others { "others".to_owned() } else { clipped(names[at], characters(LANE)) }
    };
    let lanes: Vec<Lane> = (0..shown).map(|at| Lane { x: x(at), name: name(at) }).collect();
    // What the last one does with itself stands to the right of its line.
    let itself = lines.iter().any(|line| {
        matches!(line, Line::Arrow(arrow) if lane(&arrow.from) == shown - 1 && lane(&arrow.to) == shown - 1)
    });
    let width = (LANE * shown.max(2)).max(if itself { x(shown - 1) + LOOP + LANE } else { 0 });
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let y = ROW * (at + 2);
        rows.push(match line {
            Line::Step(label) => flat(y, "step", label, width),
            Line::Gap(count) => flat(y, "gap", &format!("... {count} more ..."), width),
            Line::Arrow(arrow) => {
                let (from, to) = (lane(&arrow.from), lane(&arrow.to));
                let mut whole = arrow.label.clone();
                if arrow.count > 1 {
                    let _ = write!(whole, " × {}", arrow.count);
                }
                let room = if from == to { LANE } else { from.abs_diff(to) * LANE - 24 };
                let kind = if from == to { "self" } else { arrow.kind };
                let x0 = x(from.min(to)) + if from == to { LOOP } else { 14 };
                let label = clipped(&whole, characters(room));
                Row { y, kind, from: x(from), to: x(to), x: x0, label, whole }
            }
        });
    }
    let foot = ROW * (lines.len() + 2);
    let summary = format!("Who called whom: {}. The journal below has the same as text.", {
        let known: Vec<&str> = lanes.iter().map(|lane| lane.name.as_str()).collect();
        known.join(", ")
    });
    Diagram { width, height: foot + 10, foot, lanes, rows, summary }
}

fn flat(y: usize, kind: &'static str, label: &str, width: usize) -> Row {
    let (label, whole) = (clipped(label, characters(width)), label.to_owned());
    Row { y, kind, from: 0, to: width, x: 4, label, whole }
}

fn clipped(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let start: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::outcomes;

    fn told(outcome: &Outcome) -> Vec<String> {
        let rows = of(outcome).unwrap().rows.into_iter();
        rows.map(|row| format!("{} {}", row.kind, row.whole)).collect()
    }

    #[test]
    fn steps_calls_files_and_changes_stand_in_their_order() {
        let expected = [
            "step line 4: participate",
            "refused accounts.login: 403042",
            "call accounts.setAccountInfo × 2",
            "step line 9: expect_account",
            "self values changed",
            "file write /out/contacts.csv",
        ];
        assert_eq!(told(&outcomes()[0]), expected);
    }

    #[test]
    fn a_long_journal_is_folded() {
        let mut outcome = outcomes().remove(0);
        let call = outcome.journal.entries[1].clone();
        outcome.steps.clear();
        outcome.journal.entries = (1..=100)
            .map(|seq| {
                let mut entry = Entry { seq, ..call.clone() };
                if let What::Call { name, .. } = &mut entry.what {
                    *name = format!("call {seq}");
                }
                entry
            })
            .collect();
        let told = told(&outcome);
        assert_eq!((told.len(), told[49].as_str()), (71, "call call 50"));
        assert_eq!((told[50].as_str(), told[51].as_str()), ("gap ... 30 more ...", "call call 81"));
    }

    #[test]
    fn every_label_has_room() {
        let mut outcome = outcomes().remove(0);
        outcome.journal.entries.retain(|entry| matches!(entry.what, What::Change { .. }));
        let drawing = of(&outcome).unwrap();
        let alone = drawing.rows.iter().find(|row| row.kind == "self").unwrap();
        assert!(drawing.width >= alone.x + LANE, "{} {}", drawing.width, alone.x);
    }

    #[test]
    fn how_an_answer_says_no() {
        for (status, answer, expected) in [
            (200, r#"{"errorCode":0}"#, ""),
            (200, r#"{"errorCode": 403042}"#, ": 403042"),
            (409, "[]", ": 409"),
            (204, "", ""),
            (0, "", ": no answer"),
        ] {
            assert_eq!(refusal(status, answer), expected);
        }
    }
}
