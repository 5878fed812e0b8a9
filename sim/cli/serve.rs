//! `standin serve`: the platforms on loopback for any program.

use crate::args::{ServeCommand, Time, WorldOptions};
use crate::clock::WallClock;
use crate::file_later::FileLater;
use crate::{Stop, authority, say};
use serde_json::Value;
use standin_browser::{PREFERENCES, Program, Window, flags, preferences};
use standin_conform::CLAUSES;
use standin_model::Instant;
use standin_ports::Secret;
use standin_report::{Promise, Results};
use standin_scenario::Outcome;
use standin_serve::room::raise_the_limit_of_descriptors;
use standin_stage::clock::StageClock;
use standin_stage::control::worlds::Hosting;
use standin_stage::front::{CONTROL, Callers, Front, Opening};
use standin_stage::runner::{Extras, check_knobs, load_world};
use standin_stage::world::PORTS;
use standin_stage::{World, WorldSpec};
use std::borrow::Cow;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often the agenda is looked at while the clock follows the wall.
const TICK: Duration = Duration::from_millis(100);

pub(crate) fn serve(command: &ServeCommand) -> Result<u8, Stop> {
    let spec = spec(command.world.as_deref(), &command.options)?;
    for file in [&command.env_file, &command.token_file].into_iter().flatten() {
        standin_stage::find::withhold(file);
    }
    // Many clients keep many connections; with fewer descriptors there is room for fewer.
    let _ = raise_the_limit_of_descriptors();
    let clock = clock(command.clock);
    let hosting = Hosting {
        address: command.listen,
        token: token(command)?,
        worlds: command.worlds.get(),
        ..hosting()
    };
    let world = World::open_served(&spec, clock, command.port, hosting)
        .map_err(|error| Stop::wrong(format!("error: {}", told(&error))))?;
    let mut addresses = world.environment();
    let front = front(command, &world)?;
    if let Some(front) = front {
        addresses.push(("STANDIN_TLS", front.address().to_string()));
    }
    let mut text = String::new();
    for (name, value) in &addresses {
        let _ = writeln!(text, "{name}={}", quoted(value));
    }
    if let Some(file) = &command.env_file {
        FileLater::private(file)?.write(&text)?;
    }
    say(&format!("{text}\nThe page with everything that happens: {}\n", world.control_url()));
    let mut window = None;
    if let Some(front) = front {
        let flags = flags(front.address(), &front.authority().key_hash());
        let shown: Vec<_> = flags.iter().map(|flag| quoted(flag)).collect();
        let home = format!("https://{CONTROL}/");
        say(&format!(
            "\nChromium finds every host name here with these flags and a profile of its own (--user-data-dir):\n  {}\n  {home}\n\
             A browser that blocks third-party cookies logs nobody in on the other sites of a group. It lets them pass where \
             {PREFERENCES} in the profile's folder says, before the first start:\n  {}\n",
            shown.join(" "),
            preferences()
        ));
        if command.browse {
            // Whoever has no browser here can still go to the address with one of their own.
            match Browsing::start(&flags, &home) {
                Ok(browsing) => window = Some(browsing),
                Err(why) => say(&format!(
                    "\nNo window can be opened here: {}\nOpen {home} yourself, with the flags above.\n",
                    why.text.trim_start_matches("error: ")
                )),
            }
        }
    }
    say("Ctrl-C stops.\n");
    let ended = wait(&world);
    drop(window);
    ended
}

/// How worlds are held where nothing else is said: on loopback.
pub(crate) fn hosting() -> Hosting {
    Hosting {
        wall: Some(Arc::new(WallClock)),
        report,
        report_schema: standin_report::json::schema,
        ..Hosting::default()
    }
}

/// The JSON report of what was run over the control API.
fn report(outcomes: &[Outcome]) -> Value {
    let clauses: Vec<Promise<'_>> =
        CLAUSES.iter().map(|clause| Promise { id: clause.id, says: clause.says }).collect();
    let written =
        (standin_report::json::FORMAT.write)(&Results { outcomes, clauses: &clauses, partner: None });
    written.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// The token of the control API: that of a file, or of the environment.
fn token(command: &ServeCommand) -> Result<Option<Secret>, Stop> {
    const VARIABLE: &str = "STANDIN_TOKEN";
    let (text, from) = match &command.token_file {
        Some(file) => {
            let told = |error: std::io::Error| {
                Stop::wrong(format!("error: {} cannot be read: {error}", file.display()))
            };
            (Some(std::fs::read_to_string(file).map_err(told)?), file.display().to_string())
        }
        None => (variable(VARIABLE), VARIABLE.to_owned()),
    };
    let text = text.map(|text| text.trim().to_owned());
    match text {
        Some(text) if text.len() < SHORTEST => {
            Err(Stop::wrong(format!("error: the token in {from} has fewer than {SHORTEST} characters")))
        }
        None if !command.listen.to_canonical().is_loopback() => Err(Stop::wrong(format!(
            "error: others can reach {}, and there is no token\n  help: name a file with one: --token-file FILE, or set {VARIABLE}",
            command.listen
        ))),
        text => Ok(text.map(Secret::new)),
    }
}

#[expect(clippy::disallowed_methods, reason = "the program is where the environment comes in")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The shortest token.
const SHORTEST: usize = 16;

/// The world that a file describes, or the one with everything at its defaults.
pub(crate) fn spec(world: Option<&Path>, options: &WorldOptions) -> Result<WorldSpec, Stop> {
    let extras = Extras { seed: options.seed, knobs: options.set.clone(), ..Extras::default() };
    check_knobs(&extras).map_err(|bad| Stop::wrong(bad.0))?;
    match world {
        Some(path) => {
            load_world(path, &extras, std::io::stderr().is_terminal()).map_err(|bad| Stop::wrong(bad.0))
        }
        None => Ok(WorldSpec { seed: extras.seed, knobs: extras.knobs, ..WorldSpec::default() }),
    }
}

/// The clock of a world that is served.
pub(crate) fn clock(time: Time) -> StageClock {
    match time {
        Time::Wall => StageClock::going_on_with(Arc::new(WallClock)),
        Time::Still => StageClock::still(Instant::START),
    }
}

/// The socket for all host names, if it is wanted.
fn front<'w>(command: &ServeCommand, world: &'w World) -> Result<Option<&'w Front>, Stop> {
    if !command.tls && !command.browse && command.ca_file.is_none() {
        return Ok(None);
    }
    let port = if command.port == 0 { 0 } else { command.port.saturating_add(PORTS) };
    let front = world
        .front_as(Opening {
            on: command.listen,
            port,
            callers: Callers::Anybody,
            allowed: Vec::new(),
            authority: authority::kept()?,
        })
        .map_err(|error| {
            Stop::wrong(format!("error: cannot listen on {}: {}", command.listen, told(&error)))
        })?;
    if let Some(file) = &command.ca_file {
        FileLater::at(file)?.write(front.authority().pem())?;
    }
    Ok(Some(front))
}

/// A window and the folder of its profile.
struct Browsing {
    _window: Window,
    _profile: tempfile::TempDir,
}

impl Browsing {
    fn start(flags: &[String], url: &str) -> Result<Self, Stop> {
        let program = Program::find().map_err(|missing| Stop::wrong(format!("error: {missing}")))?;
        let broke =
            |error: std::io::Error| Stop::broke(format!("error: the browser does not start: {error}"));
        let profile = tempfile::tempdir().map_err(broke)?;
        let window = program.window(profile.path(), flags, url).map_err(broke)?;
        Ok(Self { _window: window, _profile: profile })
    }
}

/// A value as shells and readers of such files take it; quoted only where it must be, since some take quotes as
/// they stand.
fn quoted(value: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=+@%,".contains(c);
    if value.chars().all(plain) { value.into() } else { format!("'{}'", value.replace('\'', "'\\''")).into() }
}

/// Until Ctrl-C, or until the process is told to end.
fn wait(world: &World) -> Result<u8, Stop> {
    wait_until(world, stop())?;
    say("stopped\n");
    Ok(0)
}

/// Lets the world go on until `end`.
pub(crate) fn wait_until(world: &World, end: impl Future<Output = ()>) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::broke(format!("error: no runtime: {error}")))?;
    runtime.block_on(async {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return,
                _ = tick.tick() => {
                    world.parts().settle().await;
                    if let Some(worlds) = world.worlds() {
                        worlds.tick();
                    }
                }
            }
        }
    });
    Ok(())
}

/// Ctrl-C, or the signal that ends a process.
pub(crate) async fn stop() {
    #[cfg(unix)]
    if let Ok(mut ended) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = ended.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

pub(crate) fn told(error: &dyn std::error::Error) -> String {
    standin_stage::run::chain(error)
}
