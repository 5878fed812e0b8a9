//! `standin compare`: which clauses stand differently in two reports.

use crate::args::CompareCommand;
use crate::{Stop, say};
use standin_conform::verify::judgement::{Stood, changes, read_report};
use standin_report::terminal::counted;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

pub(crate) fn compare(command: &CompareCommand) -> Result<u8, Stop> {
    let (before, after) = (read(&command.old)?, read(&command.new)?);
    let changes = changes(&before, &after).map_err(|why| Stop::wrong(format!("error: {why}")))?;
    let lost = changes.iter().filter(|change| change.is_loss()).count();
    let mut text = String::new();
    for change in &changes {
        let mark = if change.is_loss() { "LOST" } else { "" };
        let _ = writeln!(text, "{mark:<5}{:<11} {} -> {}", change.clause, change.before, change.after);
    }
    let _ = writeln!(
        text,
        "{} named, {} differently, {lost} kept before and broken now",
        counted(before.clauses.keys().chain(after.clauses.keys()).collect::<BTreeSet<_>>().len(), "clause"),
        changes.len()
    );
    say(&text);
    Ok(u8::from(lost > 0))
}

fn read(file: &Path) -> Result<Stood, Stop> {
    let wrong = |why: String| Stop::wrong(format!("error: {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.kind().to_string()))?;
    read_report(&text).map_err(wrong)
}
