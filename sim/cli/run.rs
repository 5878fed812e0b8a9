//! `standin run` and `standin check`.

use crate::args::{CheckCommand, RunCommand, WorldOptions};
use crate::file_later::FileLater;
use crate::{Stop, say};
use indicatif::{ProgressBar, ProgressStyle};
use standin_conform::clauses::clause_of;
use standin_report::terminal::{Look, counted, write};
use standin_report::{FORMATS, format_of};
use standin_scenario::nearest;
use standin_scenario::outcome::{Outcome, Verdict, exit_code};
use standin_stage::runner::{Browser, Extras, Ready, check_knobs, find_files, load, run as run_one};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(crate) fn run(command: &RunCommand) -> Result<u8, Stop> {
    for (format, _) in &command.report {
        if format_of(format).is_none() {
            let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
            return Err(Stop::wrong(format!(
                "error: no report format is called `{format}`; known: {}",
                known.join(", ")
            )));
        }
    }
    let unknown = command.clause.iter().find(|id| clause_of(id).is_none());
    if let Some(id) = unknown {
        return Err(Stop::wrong(format!("error: no clause is called `{id}`\n  help: {}", clause_hint(id))));
    }
    // Asked for before the work, so that a name that cannot be written is not told after it.
    let reports: Vec<_> =
        command.report.iter().map(|(_, file)| FileLater::at(file)).collect::<Result<_, _>>()?;
    let mut ready = loaded(&command.paths, &command.world)?;
    if command.require_browser {
        ready.iter_mut().for_each(|ready| ready.browser = Browser::Required);
    }
    let chosen: Vec<&Ready> = ready.iter().filter(|ready| wanted(command, ready)).collect();
    if chosen.is_empty() {
        return Err(Stop::wrong("error: no scenario is left to run; see --only, --tag and --clause"));
    }
    let mut outcomes = walk(&chosen, command);
    for outcome in &mut outcomes {
        keep_screenshot(outcome, &command.screenshots)?;
    }
    let look = Look {
        colour: std::io::stdout().is_terminal()
            && anstream::stdout().current_choice() != anstream::ColorChoice::Never,
        steps: command.steps,
        quiet: command.quiet,
        timeless: command.timeless,
    };
    say(&write(&outcomes, look));
    for ((format, _), file) in command.report.iter().zip(reports) {
        let Some(format) = format_of(format) else { continue };
        file.write(&(format.write)(&outcomes).map_err(|error| Stop::broke(format!("error: {error}")))?)?;
    }
    Ok(exit_code(&outcomes))
}

/// Keeps what the browser showed when a step failed, in a file that is named after scenario and line.
fn keep_screenshot(outcome: &mut Outcome, folder: &Path) -> Result<(), Stop> {
    let Verdict::Failed(failure) = &mut outcome.verdict else { return Ok(()) };
    let Some(screenshot) = &mut failure.screenshot else { return Ok(()) };
    let name: String =
        outcome.name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(80).collect();
    let file = folder.join(format!("{name}-line-{}.png", failure.line));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, &screenshot.png));
    written.map_err(|error| Stop::wrong(format!("error: {} cannot be written: {error}", file.display())))?;
    screenshot.file = Some(file.display().to_string());
    Ok(())
}

pub(crate) fn check(command: &CheckCommand) -> Result<u8, Stop> {
    let ready = loaded(&command.paths, &command.world)?;
    let verb = if ready.len() == 1 { "is" } else { "are" };
    say(&format!("{} {verb} well written\n", counted(ready.len(), "scenario")));
    Ok(0)
}

/// All scenarios under `paths`; every file with a mistake is told before anything runs.
pub(crate) fn loaded(paths: &[PathBuf], options: &WorldOptions) -> Result<Vec<Ready>, Stop> {
    let extras = Extras { seed: options.seed, knobs: options.set.clone(), ..Extras::default() };
    check_knobs(&extras).map_err(|bad| Stop::wrong(bad.0))?;
    let colour = std::io::stderr().is_terminal();
    let files = find_files(paths).map_err(|bad| Stop::wrong(bad.0))?;
    let (mut ready, mut mistakes) = (Vec::new(), Vec::new());
    for file in files {
        match load(&file, &extras, colour) {
            Ok(scenarios) => ready.extend(scenarios),
            Err(bad) => mistakes.push(bad.0),
        }
    }
    for scenario in &ready {
        mistakes.extend(unknown_clauses(scenario, colour));
    }
    if mistakes.is_empty() { Ok(ready) } else { Err(Stop::wrong(mistakes.join("\n\n"))) }
}

fn unknown_clauses(ready: &Ready, colour: bool) -> Vec<String> {
    let unknown = ready.scenario.clauses.iter().filter(|clause| clause_of(&clause.name).is_none());
    let told = unknown.map(|clause| {
        let diagnostic = standin_scenario::Diagnostic {
            message: format!("no clause is called `{}`", clause.name),
            span: clause.span,
            label: String::new(),
            hint: Some(clause_hint(&clause.name)),
        };
        diagnostic.render(&ready.scenario.source, colour)
    });
    told.collect()
}

pub(crate) fn clause_hint(id: &str) -> String {
    let ids = standin_conform::CLAUSES.iter().map(|clause| clause.id);
    nearest(id, ids).map_or_else(
        || "`standin list clauses` shows all clauses".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}

fn wanted(command: &RunCommand, ready: &Ready) -> bool {
    let scenario = &ready.scenario;
    let any = |list: &[String], holds: &dyn Fn(&String) -> bool| list.is_empty() || list.iter().any(holds);
    any(&command.only, &|text| scenario.name.contains(text.as_str()))
        && any(&command.tag, &|tag| scenario.tags.contains(tag))
        && any(&command.clause, &|id| scenario.clauses.iter().any(|clause| clause.name == *id))
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a run takes is told by the wall clock and is no part of its result"
)]
fn walk(chosen: &[&Ready], command: &RunCommand) -> Vec<Outcome> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(chosen.len() as u64)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    let mut outcomes = Vec::with_capacity(chosen.len());
    for ready in chosen {
        bar.set_message(ready.scenario.name.clone());
        let started = Instant::now();
        let mut outcome = run_one(ready, command.transport.transport());
        outcome.micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        outcomes.push(outcome);
        bar.inc(1);
    }
    bar.finish_and_clear();
    outcomes
}
