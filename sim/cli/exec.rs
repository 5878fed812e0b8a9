//! `standin exec`: any program, unchanged, inside the stage.

use crate::args::ExecCommand;
use crate::outfit::{LOOPBACK, Trust, dress, exit};
use crate::serve::{clock, hosting, spec, told, wait_until};
use crate::{Stop, authority};
use standin_ports::What;
use standin_report::refusal::error_code;
use standin_report::terminal::{Look, one};
use standin_scenario::outcome::exit_code;
use standin_stage::World;
use standin_stage::front::{Callers, Front, Opening};
use standin_stage::runner::{Extras, Ready, check_expectations, expectations, load};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    let broke = |error: &dyn std::error::Error| Stop::wrong(format!("error: {}", told(error)));
    let world =
        World::open_served(&spec, clock(command.clock), 0, hosting()).map_err(|error| broke(&error))?;
    let opening = Opening {
        port: 0,
        callers: Callers::Anybody,
        allowed: allowed(command),
        authority: authority::kept()?,
    };
    let front = world.front_as(opening).map_err(|error| broke(&error))?;
    let folder = tempfile::tempdir().map_err(|error| broke(&error))?;
    let trust = Trust::write(folder.path(), front.authority().pem(), !command.allow.is_empty())
        .map_err(|error| broke(&error))?;
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
    let mut ended = None;
    wait_until(world, async {
        // Before it starts: what comes from then on is meant for it.
        let signals = Signals::hear();
        let mut child = match child.spawn() {
            Ok(child) => child,
            Err(error) => return ended = Some(Err(error)),
        };
        let id = child.id().to_string();
        let (done, end) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || done.send(child.wait()));
        tokio::select! {
            status = end => ended = status.ok().map(Ok),
            () = passed_on(signals, &id) => {}
        }
    })?;
    match ended {
        Some(Ok(Ok(status))) => Ok(exit(status)),
        Some(Ok(Err(error))) => Err(Stop::broke(format!("error: {program}: {error}"))),
        Some(Err(error)) => Err(Stop {
            code: if error.kind() == std::io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED },
            text: format!("error: {program} cannot be started: {error}"),
        }),
        None => Err(Stop::broke("error: nobody waited for the command")),
    }
}

/// Signals that end a program which does not hear them.
struct Signals {
    /// What the terminal sends on a key to everybody.
    keys: [Option<Signal>; 2],
    end: Option<Signal>,
    hang_up: Option<Signal>,
}

impl Signals {
    fn hear() -> Self {
        let heard = |kind| signal(kind).ok();
        Self {
            keys: [SignalKind::interrupt(), SignalKind::quit()].map(heard),
            end: heard(SignalKind::terminate()),
            hang_up: heard(SignalKind::hangup()),
        }
    }
}

/// Tells the program what we are told, for as long as it runs. What the terminal sends on a key it has heard itself, and
/// a second time might end it while it cleans up.
async fn passed_on(signals: Signals, id: &str) {
    let Signals { keys: [mut interrupt, mut quit], mut end, mut hang_up } = signals;
    loop {
        let name = tokio::select! {
            () = next(&mut interrupt) => continue,
            () = next(&mut quit) => continue,
            () = next(&mut end) => "-TERM",
            () = next(&mut hang_up) => "-HUP",
        };
        let _ = Command::new("kill").args([name, id]).status();
    }
}

async fn next(signal: &mut Option<Signal>) {
    let heard = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Whom the program may reach beside the platforms: this machine, and hosts of the world outside.
fn allowed(command: &ExecCommand) -> Vec<String> {
    LOOPBACK.iter().map(|host| (*host).to_owned()).chain(command.allow.iter().cloned()).collect()
}

/// What the command called, as a table, and whom it asked for in vain.
fn summary(world: &World, front: &Front) -> String {
    let mut calls: BTreeMap<(String, String), (u64, BTreeMap<Answer, u64>)> = BTreeMap::new();
    for entry in world.parts().journal.entries() {
        let (platform, name, answer) = match entry.what {
            What::Call { from, to, name, status, answer, .. } if from == "client" => {
                (to.to_owned(), name, Answer::of(status, &answer))
            }
            What::File { op, path, .. } => ("drop".to_owned(), format!("{op} {path}"), Answer::Done),
            _ => continue,
        };
        let (count, answers) = calls.entry((platform, name)).or_default();
        *count += 1;
        *answers.entry(answer).or_default() += 1;
    }
    let mut text = String::from("\n");
    if calls.is_empty() {
        text.push_str("nothing was called\n");
    } else {
        let width = calls.keys().map(|(_, name)| name.chars().count()).max().unwrap_or(0).min(60);
        let _ = writeln!(text, "{:<10} {:<width$} {:>6}  answered", "platform", "call", "times");
        for ((platform, name), (count, answers)) in &calls {
            let told: Vec<String> = answers.iter().map(|(answer, times)| answer.told(*times)).collect();
            let _ = writeln!(text, "{platform:<10} {name:<width$} {count:>6}  {}", told.join(", "));
        }
    }
    for host in front.sought_in_vain() {
        let _ = writeln!(text, "refused: {host} is nobody here; --allow {host} lets the program reach it");
    }
    if front.sought_more() {
        let _ = writeln!(text, "refused: more names than these; no more of them are remembered");
    }
    text
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    /// At the drop, where there are no statuses.
    Done,
    /// None came.
    Cut,
    /// By a status.
    Status(u16),
    /// By a code in a body, as Gigya refuses.
    Code(u64),
}

impl Answer {
    fn of(status: u16, body: &str) -> Self {
        match (status, error_code(body)) {
            (0, _) => Self::Cut,
            (_, Some(code)) => Self::Code(code),
            (status, None) => Self::Status(status),
        }
    }

    fn told(self, times: u64) -> String {
        let told = match self {
            Self::Done => "done".to_owned(),
            Self::Cut => "cut".to_owned(),
            Self::Status(status) => status.to_string(),
            Self::Code(code) => code.to_string(),
        };
        if times == 1 { told } else { format!("{told} ({times})") }
    }
}
