//! The outcome of a run, for people and for programs.

use serde_json::{Value, json};
use standin_dataflow::{Document, Extract};
use standin_live::hints::hint;
use standin_live::{Live, Outcome, Plan};
use standin_report::terminal::counted;
use std::fmt::Write;
use std::time::Duration;

pub(crate) struct Told<'a> {
    pub(crate) document: &'a Document,
    pub(crate) live: &'a Live,
    pub(crate) outcome: &'a Outcome,
    pub(crate) trace: bool,
}

impl Told<'_> {
    pub(crate) fn text(&self, took: Duration) -> String {
        let Self { document, live, outcome, .. } = self;
        let report = &outcome.report;
        let mut out = String::new();
        let what = match live.extract {
            Extract::Full => "everything".to_owned(),
            Extract::Since(at) => format!("what changed after {at}"),
        };
        let _ = writeln!(out, "dataflow `{}`, job {}, reads {what}\n", document.name, live.job_id);
        out.push_str(&self.table());
        if let Some(plan) = &outcome.plan {
            out.push_str(&planned(plan));
        }
        if self.trace {
            let _ = writeln!(out, "\ntrace:");
            for line in &report.trace {
                let _ = writeln!(out, "  {line}");
            }
        }
        if outcome.plan.is_none() && !report.files_written.is_empty() {
            let _ = writeln!(out, "\nwritten:");
            for file in &report.files_written {
                let _ = writeln!(out, "  {file}");
            }
        }
        if report.succeeded {
            let tries = if outcome.attempts > 1 {
                format!(" at attempt {}", outcome.attempts)
            } else {
                String::new()
            };
            let records = usize::try_from(report.processed).unwrap_or(usize::MAX);
            let calls = usize::try_from(report.calls).unwrap_or(usize::MAX);
            let _ = writeln!(
                out,
                "\n{}{}, {} to Gigya: succeeded{tries} in {:.1} s",
                if outcome.plan.is_some() { "dry run: " } else { "" },
                counted(records, "record"),
                counted(calls, "call"),
                took.as_secs_f64()
            );
        }
        out
    }

    fn table(&self) -> String {
        let names: Vec<String> = self.document.steps.iter().map(standin_dataflow::Step::place).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(4);
        let steps = &self.outcome.report.steps;
        // A job that went through has nothing there.
        let broken_off = steps.iter().any(|step| step.unfinished > 0);
        let mut out =
            format!("{:<width$}  {:>9} {:>9} {:>9} {:>9}", "step", "in", "out", "errors", "filtered");
        out.push_str(if broken_off { "  unfinished\n" } else { "\n" });
        for (name, step) in names.iter().zip(steps) {
            let came = step.input + step.made;
            let _ = write!(
                out,
                "{name:<width$}  {came:>9} {:>9} {:>9} {:>9}",
                step.output, step.errors, step.filtered
            );
            if broken_off {
                let _ = write!(out, " {:>11}", step.unfinished);
            }
            out.push('\n');
        }
        out
    }

    /// What failed, where, and what to do about it.
    pub(crate) fn failure(&self) -> String {
        let report = &self.outcome.report;
        let failure = report.failure.as_deref().unwrap_or("the job failed");
        if report.stopped {
            return "stopped: what was not whole was taken away".to_owned();
        }
        let step =
            self.document.steps.iter().find(|step| failure.starts_with(&format!("{}: ", step.place())));
        let what =
            step.and_then(|step| failure.strip_prefix(&format!("{}: ", step.place()))).unwrap_or(failure);
        let mut out = format!("error: {what}");
        if let Some(step) = step {
            let _ = write!(out, "\n  at step `{}`, {}", step.id, step.component.kind);
        }
        if self.outcome.attempts > 1 {
            let _ = write!(out, "\n  after {} attempts", self.outcome.attempts);
        }
        if let Some(hint) = hint(what) {
            let _ = write!(out, "\n  help: {hint}");
        }
        out
    }

    pub(crate) fn json(&self) -> String {
        let report = &self.outcome.report;
        let steps: Vec<Value> = report
            .steps
            .iter()
            .map(|step| {
                json!({
                    "id": step.id, "type": step.kind, "input": step.input, "made": step.made,
                    "output": step.output, "errors": step.errors, "filtered": step.filtered,
                    "unfinished": step.unfinished,
                })
            })
            .collect();
        let mut out = json!({
            "dataflow": self.document.name, "jobId": self.live.job_id, "succeeded": report.succeeded,
            "stopped": report.stopped, "failure": report.failure, "attempts": self.outcome.attempts,
            "startTime": self.outcome.started.to_string(), "records": report.processed, "calls": report.calls,
            "steps": steps, "files": report.files_written,
        });
        if self.trace {
            out["trace"] = report.trace.clone().into();
        }
        if let Some(plan) = &self.outcome.plan {
            out["files"] = json!([]);
            out["plan"] = json!({
                "calls": plan.calls().iter().map(|(method, calls)| {
                    json!({"method": method, "count": calls.count, "first": calls.shown})
                }).collect::<Vec<_>>(),
                "files": plan.files().iter().map(|file| {
                    json!({"host": file.host, "path": file.path, "bytes": file.bytes, "start": file.start})
                }).collect::<Vec<_>>(),
                "moreFiles": plan.more_files(),
            });
        }
        format!("{out:#}\n")
    }
}

fn planned(plan: &Plan) -> String {
    let mut out = String::from("\nwould write:\n");
    let (calls, files) = (plan.calls(), plan.files());
    if calls.is_empty() && files.is_empty() {
        out.push_str("  nothing\n");
    }
    for (method, calls) in calls {
        let _ = writeln!(
            out,
            "  {method}, {}",
            counted(usize::try_from(calls.count).unwrap_or(usize::MAX), "call")
        );
        for call in &calls.shown {
            let _ = writeln!(out, "    {call}");
        }
        if calls.count > calls.shown.len() as u64 {
            let _ = writeln!(out, "    ... and {} more", calls.count - calls.shown.len() as u64);
        }
    }
    for file in files {
        let _ = writeln!(out, "  {} at {}, {} bytes", file.path, file.host, file.bytes);
        for line in &file.start {
            let _ = writeln!(out, "    {line}");
        }
    }
    if plan.more_files() > 0 {
        let _ = writeln!(out, "  ... and {} more files", plan.more_files());
    }
    out
}
