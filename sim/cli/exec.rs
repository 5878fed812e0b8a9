//! `standin exec`: any program, unchanged, inside the stage.

use crate::args::ExecCommand;
use crate::outfit::{LOOPBACK, Trust, dress, exit};
use crate::serve::{clock, hosting, spec, wait_until};
use crate::{Stop, authority};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use standin_report::refusal::error_code;
use standin_report::terminal::{Look, one};
use standin_scenario::outcome::exit_code;
use standin_stage::World;
use standin_stage::called::Answer;
use standin_stage::front::{Callers, Front, Opening};
use standin_stage::runner::{Extras, Ready, check_expectations, expectations, load};
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

/// The program could not be started, as shells say it.
const NOT_FOUND: u8 = 127;

/// It is there, and cannot be started.
const NOT_STARTED: u8 = 126;

pub(crate) fn exec(command: &ExecCommand) -> Result<u8, Stop> {
    let expected = command.expect.as_deref().map(|path| expected(path, command)).transpose()?;
    let spec = match (&expected, &command.world) {
        (Some(ready), None) => ready.spec.clone(),
        (_, world) => spec(world.as_deref(), &command.options)?,
    };
    let broke = |error: &dyn std::error::Error| Stop::wrong(format!("error: {}", crate::serve::told(error)));
    let world =
        World::open_served(&spec, clock(command.clock), 0, hosting()).map_err(|error| broke(&error))?;
    let opening = Opening {
        on: Ipv4Addr::LOCALHOST.into(),
        port: 0,
        callers: Callers::Anybody,
        allowed: allowed(command),
        authority: authority::kept()?,
    };
    let front = world.front_as(opening).map_err(|error| broke(&error))?;
    let folder = tempfile::tempdir().map_err(|error| broke(&error))?;
    let trust = Trust::write(folder.path(), front.authority().pem(), !command.allow.is_empty())
        .map_err(|error| broke(&error))?;
    world.parts().journal.count_called(error_code);
    let code = run(command, &world, front, &trust)?;
    let mut out = anstream::stderr();
    let _ = out.write_all(summary(&world, front).as_bytes());
    let Some(ready) = expected else { return Ok(code) };
    let outcome = expectations(&ready, &world);
    let colour = std::io::stderr().is_terminal();
    let look = Look { colour, steps: true, timeless: true, ..Look::default() };
    let _ = write!(out, "\n{}", one(&outcome, look));
    Ok(if code == 0 { exit_code(&[outcome]) } else { code })
}

/// The scenario whose expectations are to be checked.
fn expected(path: &Path, command: &ExecCommand) -> Result<Ready, Stop> {
    let extras =
        Extras { seed: command.options.seed, knobs: command.options.set.clone(), ..Extras::default() };
    let mut ready = load(path, &extras, std::io::stderr().is_terminal()).map_err(|bad| Stop::wrong(bad.0))?;
    match ready.len() {
        1 => {
            check_expectations(&ready[0]).map_err(|bad| Stop::wrong(bad.0))?;
            Ok(ready.remove(0))
        }
        _ => Err(Stop::wrong(format!(
            "error: {} has a table of examples; the expectations of one scenario are wanted here",
            path.display()
        ))),
    }
}

/// Runs the command to its end while the world goes on, and gives its exit code.
fn run(command: &ExecCommand, world: &World, front: &Front, trust: &Trust) -> Result<u8, Stop> {
    let (program, arguments) =
        command.command.split_first().ok_or_else(|| Stop::wrong("error: no command is given"))?;
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::inherit());
    dress(&mut child, world, front, trust);
    child.env("STANDIN_ALLOW", allowed(command).join(","));
    // Before it starts: what comes from then on is meant for it.
    let signals = heard().map_err(|error| Stop::broke(format!("error: no signals are heard: {error}")))?;
    let mut child = child.spawn().map_err(|error| Stop {
        code: if error.kind() == std::io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED },
        text: format!("error: {program} cannot be started: {error}"),
    })?;
    let (hearing, id) = (signals.handle(), child.id().to_string());
    std::thread::spawn(move || pass_on(signals, &id));
    let (done, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || done.send(child.wait()));
    let mut ended = None;
    wait_until(world, async { ended = end.await.ok() })?;
    hearing.close();
    match ended {
        Some(Ok(status)) => Ok(exit(status)),
        Some(Err(error)) => Err(Stop::broke(format!("error: {program}: {error}"))),
        None => Err(Stop::broke("error: nobody waited for the command")),
    }
}

/// Signals that end a program which does not hear them, as numbers and as `kill` has them.
const SIGNALS: [(i32, &str); 4] =
    [(SIGINT, "-INT"), (SIGQUIT, "-QUIT"), (SIGTERM, "-TERM"), (SIGHUP, "-HUP")];

/// Hears them, but for those that are not to be heard, as `nohup` has it.
fn heard() -> std::io::Result<SignalsInfo<WithOrigin>> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    SignalsInfo::new(SIGNALS.iter().map(|(signal, _)| *signal).filter(|signal| !ignores(&status, *signal)))
}

/// Whether a process ignores a signal, by what Linux tells of it.
fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| (mask >> (signal - 1)) & 1 == 1)
}

/// Tells the program what we are told, for as long as it runs. What a key at the terminal sends has no process as its
/// sender and goes to all in the foreground: the program has heard it by itself, and a second time might end it while it
/// cleans up. That the terminal is gone is told to the first of its processes alone.
fn pass_on(mut signals: SignalsInfo<WithOrigin>, id: &str) {
    for heard in &mut signals {
        let name = SIGNALS.iter().find(|(signal, _)| *signal == heard.signal);
        let alone = heard.signal == SIGHUP || matches!(heard.cause, Cause::Sent(_));
        if let (true, Some((_, name))) = (alone, name) {
            let _ = Command::new("kill").args([name, id]).status();
        }
    }
}

/// Whom the program may reach beside the platforms: this machine, and hosts of the world outside.
fn allowed(command: &ExecCommand) -> Vec<String> {
    LOOPBACK.iter().map(|host| (*host).to_owned()).chain(command.allow.iter().cloned()).collect()
}

/// What the command called, as a table, and whom it asked for in vain.
fn summary(world: &World, front: &Front) -> String {
    let mut text = String::from("\n");
    match world.parts().journal.called() {
        Some(called) if !called.rows.is_empty() => {
            let width = called.rows.keys().map(|(_, name)| name.chars().count()).max().unwrap_or(0).min(60);
            let _ = writeln!(text, "{:<10} {:<width$} {:>6}  answered", "platform", "call", "times");
            for ((platform, name), answers) in &called.rows {
                let count: u64 = answers.values().sum();
                let answers: Vec<String> =
                    answers.iter().map(|(answer, times)| told(*answer, *times)).collect();
                let _ = writeln!(text, "{platform:<10} {name:<width$} {count:>6}  {}", answers.join(", "));
            }
            if called.more > 0 {
                let _ = writeln!(text, "and {} calls of other names than these", called.more);
            }
        }
        _ => text.push_str("nothing was called\n"),
    }
    for place in front.sought_in_vain() {
        let host = place.name();
        let _ = writeln!(text, "refused: {place} is nobody here; --allow {host} lets the program reach it");
    }
    if front.sought_more() {
        let _ = writeln!(text, "refused: more names than these; no more of them are remembered");
    }
    text
}

fn told(answer: Answer, times: u64) -> String {
    let told = match answer {
        Answer::Done => "done".to_owned(),
        Answer::Cut => "cut".to_owned(),
        Answer::Status(status) => status.to_string(),
        Answer::Code(code) => code.to_string(),
    };
    if times == 1 { told } else { format!("{told} ({times})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_told_by_the_mask() {
        let status = "Name:\tstandin\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001003\n";
        assert_eq!(SIGNALS.map(|(signal, _)| ignores(status, signal)), [true, false, false, true]);
        assert!(!ignores("", SIGHUP));
    }
}
