//! Scenarios one after the other or side by side; what comes out is the same.
//!
//! Each scenario has a world of its own, its time is virtual and its identifiers come from its seed, so that nothing
//! in an outcome or a journal depends on what runs beside it. Outcomes stand in the order of the files. That is why
//! all cores are used unless one asks for less. Real browsers are the exception, they are slow together: scenarios with
//! one take turns.

use indicatif::{ProgressBar, ProgressStyle};
use standin_scenario::outcome::{Failure, Outcome, Verdict};
use standin_stage::Transport;
use standin_stage::runner::{Ready, not_run, run_telling};
use standin_stage::story::Depth;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, scope};
use std::time::Instant;

/// How scenarios are run.
pub(crate) struct How {
    /// By which transport.
    pub(crate) transport: Transport,
    /// How much is told of each.
    pub(crate) depth: Depth,
    /// How many at the same time.
    pub(crate) jobs: usize,
    /// How many times each.
    pub(crate) repeat: u32,
    /// What follows the first that does not hold.
    pub(crate) after_failure: AfterFailure,
    /// Set once nothing more is to be begun.
    pub(crate) stopped: Arc<AtomicBool>,
}

/// What follows the first scenario that does not hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterFailure {
    /// The others.
    GoOn,
    /// Nothing.
    Stop,
}

/// What a thread has for its stack: as much as the main thread.
const STACK: usize = 8 << 20;

/// The outcomes, in the order of `chosen`.
pub(crate) fn walk(chosen: &[&Ready], how: &How) -> std::io::Result<Vec<Outcome>> {
    let bar = progress(chosen.len());
    let next = AtomicUsize::new(0);
    let first_bad = AtomicUsize::new(usize::MAX);
    let browser = Mutex::new(());
    let done: Vec<Mutex<Option<Outcome>>> = chosen.iter().map(|_| Mutex::default()).collect();
    let over = |at: usize| how.after_failure == AfterFailure::Stop && at > first_bad.load(Ordering::SeqCst);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let stopped = how.stopped.load(Ordering::SeqCst);
            let Some(ready) = chosen.get(at).filter(|_| !stopped && !over(at)) else { break };
            bar.set_message(ready.scenario.name.clone());
            let turn = ready.needs_browser().then(|| browser.lock().unwrap_or_else(PoisonError::into_inner));
            let outcome = timed(ready, how);
            drop(turn);
            if outcome.verdict.is_bad() {
                first_bad.fetch_min(at, Ordering::SeqCst);
            }
            *done[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            bar.inc(1);
        }
    };
    scope(|threads| {
        for _ in 0..how.jobs.min(chosen.len()) {
            Builder::new().stack_size(STACK).spawn_scoped(threads, work)?;
        }
        Ok::<(), std::io::Error>(())
    })?;
    bar.finish_and_clear();
    // What was under way when the first one failed is left out too: how far it came is chance.
    let outcomes = chosen.iter().zip(done).enumerate().map(|(at, (ready, outcome))| {
        let outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcome.filter(|_| !over(at)).unwrap_or_else(|| {
            let bad = chosen.get(first_bad.load(Ordering::SeqCst)).map(|bad| bad.scenario.name.as_str());
            let bad = bad.filter(|_| how.after_failure == AfterFailure::Stop);
            let why = bad.map(|bad| format!("stopped after `{bad}` did not hold"));
            not_run(ready, how.transport, why.unwrap_or_else(|| "it was stopped".to_owned()))
        })
    });
    Ok(outcomes.collect())
}

fn progress(count: usize) -> ProgressBar {
    let bar =
        if std::io::stderr().is_terminal() { ProgressBar::new(count as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a run takes is told by the wall clock and is no part of its result"
)]
fn timed(ready: &Ready, how: &How) -> Outcome {
    let started = Instant::now();
    let mut outcome = repeated(ready, how);
    outcome.micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    outcome
}

/// Runs a scenario as often as asked. It holds if it holds each time, by the same journal; what a real browser asks
/// for and when is its own affair, so there only the results are compared.
fn repeated(ready: &Ready, how: &How) -> Outcome {
    let (first, world) = run_telling(ready, how.transport, how.depth);
    let journal = |world: Option<standin_stage::World>| {
        world.filter(|_| how.repeat > 1 && !ready.needs_browser()).map(|world| world.journal())
    };
    let before = journal(world);
    for number in 2..=how.repeat {
        if !first.held() {
            break;
        }
        let (mut again, world) = run_telling(ready, how.transport, how.depth);
        if let Verdict::Failed(failure) = &mut again.verdict {
            failure.message = format!("run {number} of {}: {}", how.repeat, failure.message);
        }
        if !again.held() {
            return again;
        }
        if let (Some(before), Some(now)) = (&before, journal(world))
            && let Some(failure) = parted(before, &now, number, how.repeat, &first)
        {
            return Outcome { verdict: Verdict::Failed(failure), ..first };
        }
    }
    first
}

/// Where two journals part, as a failure.
fn parted(before: &str, now: &str, number: u32, of: u32, outcome: &Outcome) -> Option<Failure> {
    if before == now {
        return None;
    }
    let (mut one, mut other, mut line) = (before.lines(), now.lines(), 0);
    let (left, right) = loop {
        line += 1;
        match (one.next(), other.next()) {
            (left, right) if left == right && left.is_some() => {}
            sides => break sides,
        }
    };
    let side = |text: Option<&str>| Some(text.unwrap_or("(the journal ends)").to_owned());
    let message =
        format!("run {number} of {of} went another way than the first, from entry {line} of the journal");
    Some(Failure {
        step: "--repeat".to_owned(),
        line: 1,
        column: 1,
        snippet: format!("error: {message}\n --> {}", outcome.file),
        message,
        expected: side(left),
        actual: side(right),
        lineage: Vec::new(),
        screenshot: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_two_journals_part() {
        let outcome = Outcome {
            name: "A".into(),
            file: "a.yaml".into(),
            clauses: vec![],
            tags: vec![],
            transport: "memory",
            verdict: Verdict::Held,
            steps: vec![],
            evidence: None,
            journal: standin_scenario::outcome::Journal::default(),
            micros: 0,
        };
        let told = |now: &str| {
            let failure = parted("1\n2\n3\n", now, 2, 5, &outcome)?;
            Some((failure.message, failure.expected.unwrap(), failure.actual.unwrap()))
        };
        let message = |line: usize| {
            format!("run 2 of 5 went another way than the first, from entry {line} of the journal")
        };
        assert_eq!(told("1\n2\n3\n"), None);
        assert_eq!(told("1\nx\n3\n"), Some((message(2), "2".into(), "x".into())));
        assert_eq!(told("1\n2\n"), Some((message(3), "3".into(), "(the journal ends)".into())));
        assert_eq!(told("1\n2\n3\n4\n"), Some((message(4), "(the journal ends)".into(), "4".into())));
    }
}
