//! For programs: one object, stable in shape. Durations are the only part that differs between two runs.

use crate::{Format, ReportError};
use serde_json::{Value, json};
use standin_scenario::outcome::{Outcome, Verdict};

/// The format.
pub const FORMAT: Format =
    Format { name: "json", summary: "one JSON object with every scenario, step and failure", write };

fn write(outcomes: &[Outcome]) -> Result<String, ReportError> {
    let count = |word: &str| outcomes.iter().filter(|outcome| verdict(outcome) == word).count();
    let whole = json!({
        "format": "standin-report",
        "version": 1,
        "summary": {
            "scenarios": outcomes.len(),
            "held": count("held"), "failed": count("failed"), "miswritten": count("miswritten"),
            "broken": count("broken"), "skipped": count("skipped"),
        },
        "scenarios": outcomes.iter().map(scenario).collect::<Vec<_>>(),
    });
    Ok(format!("{whole:#}\n"))
}

fn verdict(outcome: &Outcome) -> &'static str {
    match outcome.verdict {
        Verdict::Held => "held",
        Verdict::Failed(_) => "failed",
        Verdict::Miswritten(_) => "miswritten",
        Verdict::Skipped(_) => "skipped",
        Verdict::Broken(_) => "broken",
    }
}

fn scenario(outcome: &Outcome) -> Value {
    let steps: Vec<Value> = outcome
        .steps
        .iter()
        .map(|step| json!({"name": step.name, "line": step.line, "held": step.held, "summary": step.summary}))
        .collect();
    let reason = match &outcome.verdict {
        Verdict::Miswritten(why) | Verdict::Skipped(why) | Verdict::Broken(why) => Value::from(why.as_str()),
        _ => Value::Null,
    };
    json!({
        "name": outcome.name,
        "file": outcome.file,
        "clauses": outcome.clauses,
        "tags": outcome.tags,
        "transport": outcome.transport,
        "verdict": verdict(outcome),
        "reason": reason,
        "evidence": outcome.evidence.as_ref().map(|(level, what)| json!({"level": level.word(), "of": what})),
        "steps": steps,
        "failure": failure(&outcome.verdict),
        "micros": outcome.micros,
    })
}

fn failure(verdict: &Verdict) -> Value {
    let Verdict::Failed(failure) = verdict else { return Value::Null };
    json!({
        "step": failure.step, "line": failure.line, "column": failure.column, "message": failure.message,
        "expected": failure.expected, "actual": failure.actual, "snippet": failure.snippet,
        "lineage": failure.lineage.iter()
            .map(|hop| json!({"seq": hop.seq, "at": hop.at, "place": hop.place, "text": hop.text}))
            .collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::outcomes;

    #[test]
    fn shape() {
        let value: Value = serde_json::from_str(&write(&outcomes()).unwrap()).unwrap();
        assert_eq!(
            value["summary"],
            json!({"scenarios": 4, "held": 1, "failed": 1, "miswritten": 1, "broken": 1, "skipped": 0})
        );
        assert_eq!(
            value["scenarios"][0]["evidence"],
            json!({"level": "inferred", "of": "eloqua: POST /contacts/imports"})
        );
        assert_eq!(value["scenarios"][1]["failure"]["lineage"][0]["seq"], 7);
        assert_eq!(value["scenarios"][2]["reason"], "no socket");
    }
}
