//! `standin run` and `standin check`.

pub(crate) mod choose;
pub(crate) mod walk;

use crate::args::{CheckCommand, RunCommand, WorldOptions};
use crate::reports::Reports;
use crate::{Stop, say};
use choose::{hash, here, wanted};
use standin_conform::CLAUSES;
use standin_conform::clauses::clause_of;
use standin_report::terminal::{Look, counted, write};
use standin_report::{Promise, Results};
use standin_scenario::nearest;
use standin_scenario::outcome::{Outcome, Verdict, exit_code};
use standin_stage::runner::{Extras, Ready, WithoutBrowser, check_knobs, find_files, load};
use standin_stage::story::Depth;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walk::{AfterFailure, How, walk};

pub(crate) fn run(command: &RunCommand) -> Result<u8, Stop> {
    let reports = Reports::asked(&command.report)?;
    let unknown = command.clause.iter().find(|id| clause_of(id).is_none());
    if let Some(id) = unknown {
        return Err(Stop::wrong(format!("error: no clause is called `{id}`\n  help: {}", clause_hint(id))));
    }
    let mut ready = loaded(&command.paths, &command.world)?;
    if command.require_browser {
        ready.iter_mut().for_each(|ready| ready.without_browser = WithoutBrowser::Fail);
    }
    if ready.is_empty() {
        let places: Vec<String> = command.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Stop::wrong(format!("error: there is no scenario in {}", places.join(", "))));
    }
    let mut chosen: Vec<&Ready> = ready.iter().filter(|ready| wanted(command, ready)).collect();
    if chosen.is_empty() {
        return Err(Stop::wrong("error: no scenario is left to run; see --only, --tag and --clause"));
    }
    // A part may be empty: that nothing of little is here is no mistake.
    chosen.retain(|ready| here(command, ready));
    let mut outcomes = walk(&chosen, &how(command, &reports))
        .map_err(|error| Stop::broke(format!("error: no thread could be started: {error}")))?;
    for outcome in &mut outcomes {
        keep_screenshot(outcome, &command.screenshots)?;
        if command.timeless {
            outcome.micros = 0;
        }
    }
    let look = Look {
        colour: std::io::stdout().is_terminal()
            && anstream::stdout().current_choice() != anstream::ColorChoice::Never,
        steps: command.steps,
        quiet: command.quiet,
        timeless: command.timeless,
    };
    say(&write(&outcomes, look));
    let clauses: Vec<Promise<'_>> =
        CLAUSES.iter().map(|clause| Promise { id: clause.id, says: clause.says }).collect();
    let results = Results { outcomes: &outcomes, clauses: &clauses, partner: None };
    reports.write(&results)?;
    Ok(exit_code(&outcomes))
}

fn how(command: &RunCommand, reports: &Reports) -> How {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    How {
        transport: command.transport.transport(),
        depth: if reports.tell_the_story() { Depth::Story } else { Depth::Outcome },
        jobs: command.jobs.map_or_else(cores, usize::from),
        repeat: command.repeat,
        after_failure: if command.fail_fast { AfterFailure::Stop } else { AfterFailure::GoOn },
        stopped: Arc::default(),
    }
}

/// Keeps what the browser showed when a step failed, in a file that is named after scenario and line.
fn keep_screenshot(outcome: &mut Outcome, folder: &Path) -> Result<(), Stop> {
    let Verdict::Failed(failure) = &mut outcome.verdict else { return Ok(()) };
    let Some(screenshot) = &mut failure.screenshot else { return Ok(()) };
    let name: String =
        outcome.name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(80).collect();
    // Names may differ after that, and scenarios of two files have one name.
    let own = hash(format!("{}\n{}", outcome.file, outcome.name).as_bytes()) >> 32;
    let file = folder.join(format!("{name}-{own:08x}-line-{}.png", failure.line));
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
    let ids = CLAUSES.iter().map(|clause| clause.id);
    nearest(id, ids).map_or_else(
        || "`standin list clauses` shows all clauses".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}
