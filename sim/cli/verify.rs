//! `standin verify`: somebody else's system in one role, clause by clause.

mod program;
mod table;

use crate::args::VerifyCommand;
use crate::clock::WallClock;
use crate::file_later::why;
use crate::reports::Reports;
use crate::run::clause_hint;
use crate::run::walk::{AfterFailure, How, walk};
use crate::{Stop, say};
use program::Programs;
use standin_conform::clauses::clause_of;
use standin_conform::verify::judgement::not_exercised;
use standin_conform::verify::partner::role_hint;
use standin_conform::verify::role::{Verification, Work, role_of};
use standin_conform::verify::{PartnerFile, Role, csv, excuse, judge};
use standin_report::terminal::Look;
use standin_report::{Partner, Promise, Results};
use standin_scenario::Named;
use standin_scenario::outcome::{Outcome, Verdict, exit_code};
use standin_stage::Transport;
use standin_stage::runner::{Extras, check_knobs};
use standin_stage::story::Depth;
use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use table::Table;

pub(crate) fn verify(command: &VerifyCommand) -> Result<u8, Stop> {
    let role = role(&command.role)?;
    let reports = Reports::asked(&command.report)?;
    let clauses = clauses(role, &command.clause)?;
    let extras = Extras { seed: command.world.seed, knobs: command.world.set.clone(), ..Extras::default() };
    check_knobs(&extras).map_err(|bad| Stop::wrong(bad.0))?;
    let colour = std::io::stderr().is_terminal();
    let partner = partner(role, &command.files, colour)?;
    let secrets = RefCell::default();
    let (stopped, left) = (Arc::new(AtomicBool::new(false)), Arc::default());
    stop_in_order(&stopped);
    let programs = Programs::until(Arc::clone(&stopped));
    let verification = Verification {
        partner: &partner,
        extras: &extras,
        bring: &|part, programme| programs.bring(part, programme),
        clock: Arc::new(WallClock),
        environment: &variable,
        secrets: &secrets,
        allow_writes: command.allow_writes,
        stopped: Arc::clone(&stopped),
        left: Arc::clone(&left),
        wait: Arc::new(std::thread::park_timeout),
        browser: command.browser,
        port: &program::free_port,
        colour,
    };
    let work = (role.work)(&verification).map_err(|bad| Stop::wrong(bad.0))?;
    programs.unable().map_or(Ok(()), Err)?;
    let mut outcomes = outcomes(role, work, &clauses, &how(command, &reports, &stopped))?;
    add_silent(&partner, &clauses, &mut outcomes);
    outcomes.iter_mut().for_each(|outcome| secrets.borrow().hide(outcome));
    let look = Look {
        colour: std::io::stdout().is_terminal()
            && anstream::stdout().current_choice() != anstream::ColorChoice::Never,
        steps: command.steps,
        timeless: true,
        ..Look::default()
    };
    let judgements = judge(&clauses, &outcomes);
    let promises: Vec<Promise<'_>> = clauses
        .iter()
        .filter_map(|id| clause_of(id))
        .map(|clause| Promise { id: clause.id, says: clause.says })
        .collect();
    let results = Results {
        outcomes: &outcomes,
        clauses: &promises,
        partner: Some(Partner { role: role.name, name: &partner.name }),
    };
    say(&Table { partner: &partner, judgements: &judgements, results: &results, look }.text());
    let left = left.lock().unwrap_or_else(PoisonError::into_inner);
    if !left.is_empty() {
        say(&secrets.borrow().hidden(&format!("\nleft behind:\n  {}\n", left.join("\n  "))));
    }
    reports.write(&results)?;
    Ok(if stopped.load(Ordering::SeqCst) { STOPPED } else { exit_code(&outcomes) })
}

/// The exit code of what was stopped, as shells tell it of Ctrl-C.
const STOPPED: u8 = 130;

/// Lets Ctrl-C, or the signal that ends a process, end the work in order: what the cases under way have started is ended,
/// and what they have made is removed. The second one ends it at once.
fn stop_in_order(stopped: &Arc<AtomicBool>) {
    let stopped = Arc::clone(stopped);
    // Without this thread signals end the program, as they do by themselves.
    let _ = std::thread::Builder::new().spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            crate::serve::stop().await;
            stopped.store(true, Ordering::SeqCst);
            let _ = writeln!(
                anstream::stderr(),
                "stopping: what was started is ended and what was made is removed first"
            );
            crate::serve::stop().await;
        });
        std::process::exit(i32::from(STOPPED));
    });
}

/// Secrets of sandboxes are in no file.
#[expect(clippy::disallowed_methods, reason = "a partner's secrets are told by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// As many cases at a time as there are cores, and as much of each as the reports show.
fn how(command: &VerifyCommand, reports: &Reports, stopped: &Arc<AtomicBool>) -> How {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    How {
        transport: Transport::Wire,
        depth: if reports.tell_the_story() { Depth::Story } else { Depth::Outcome },
        jobs: command.jobs.map_or_else(cores, usize::from),
        repeat: 1,
        after_failure: AfterFailure::GoOn,
        stopped: Arc::clone(stopped),
    }
}

/// The role of a name.
pub(crate) fn role(name: &str) -> Result<&'static Role, Stop> {
    role_of(name)
        .ok_or_else(|| Stop::wrong(format!("error: no role is called `{name}`\n  help: {}", role_hint(name))))
}

/// The clauses that are looked at, in the order of the role.
fn clauses(role: &'static Role, wanted: &[String]) -> Result<Vec<&'static str>, Stop> {
    for id in wanted {
        if !role.clauses.contains(&id.as_str()) {
            let hint = match clause_of(id) {
                Some(_) => format!("it does not concern the role `{}`; see `standin list roles`", role.name),
                None => clause_hint(id),
            };
            return Err(Stop::wrong(format!("error: the role has no clause `{id}`\n  help: {hint}")));
        }
    }
    let chosen = |id: &str| wanted.is_empty() || wanted.iter().any(|one| one == id);
    Ok(role.clauses.iter().copied().filter(|id| chosen(id)).collect())
}

/// The partner's file, or one made of the files that were named.
fn partner(role: &'static Role, files: &[PathBuf], colour: bool) -> Result<PartnerFile, Stop> {
    let described = |file: &Path| file.extension().is_some_and(|kind| kind == "yaml" || kind == "yml");
    let wrong = |bad: standin_stage::runner::BadInput| Stop::wrong(bad.0);
    match files {
        [file] if described(file) || role.name != csv::ROLE.name => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Stop::wrong(format!("error: {} cannot be read: {}", file.display(), why(&error)))
            })?;
            PartnerFile::read(role, file, &text, colour).map_err(wrong)
        }
        _ if role.name == csv::ROLE.name => {
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            PartnerFile::read(role, Path::new(""), &csv::partner_text(&names), colour).map_err(wrong)
        }
        _ => Err(Stop::wrong("error: one file describes the system")),
    }
}

/// Does the work, as far as it is about one of `clauses` or others rest on it: case by case, each in a world of its own.
fn outcomes(role: &Role, work: Vec<Work>, clauses: &[&str], how: &How) -> Result<Vec<Outcome>, Stop> {
    let (mut cases, mut judged) = (Vec::new(), Vec::new());
    for work in work {
        match work {
            Work::Case(ready) => {
                let names = |clause: &Named| clauses.contains(&clause.name.as_str());
                let bears = ready.path.to_str().is_some_and(|file| role.bears(file));
                if bears || ready.scenario.clauses.iter().any(names) {
                    cases.push(*ready);
                }
            }
            Work::Judged(outcome) => judged.push(*outcome),
        }
    }
    let mut outcomes = walk(&cases.iter().collect::<Vec<_>>(), how)
        .map_err(|error| Stop::broke(format!("error: no thread could be started: {error}")))?;
    excuse(role, &mut outcomes);
    outcomes.append(&mut judged);
    let wanted = |outcome: &Outcome| outcome.clauses.iter().any(|clause| clauses.contains(&clause.as_str()));
    // Nothing is said of what rests on something broken, and that is no success.
    let silent = |outcome: &Outcome| wanted(outcome) && matches!(outcome.verdict, Verdict::Inconclusive(_));
    let silent = outcomes.iter().any(silent);
    let broken =
        |outcome: &Outcome| role.bears(&outcome.file) && matches!(outcome.verdict, Verdict::Failed(_));
    outcomes.retain(|outcome| wanted(outcome) || silent && broken(outcome));
    Ok(outcomes)
}

/// Says of every clause that nothing exercised why that is so.
fn add_silent(partner: &PartnerFile, clauses: &[&str], outcomes: &mut Vec<Outcome>) {
    for clause in clauses {
        if outcomes.iter().any(|outcome| outcome.clauses.iter().any(|named| named == clause)) {
            continue;
        }
        let left_out = partner.left_out(clause);
        let why = left_out.map_or_else(|| "no case names it".to_owned(), |why| format!("left out: {why}"));
        outcomes.push(not_exercised(partner.role.name, clause, &why));
    }
}
