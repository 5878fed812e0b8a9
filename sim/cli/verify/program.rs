//! A partner's program on the stage: started in a world, watched to its end, stopped when patience is over.

use crate::Stop;
use crate::clock::WallClock;
use crate::outfit::{Trust, dress, exit};
use crate::serve::{told, wait_until};
use standin_conform::verify::role::Programme;
use standin_model::Instant;
use standin_ports::Clock;
use standin_scenario::Verdict;
use standin_serve::authority::Authority;
use standin_stage::World;
use standin_stage::front::{Callers, Front, Opening};
use standin_stage::partner::{Ended, Part, Partner, Session, System};
use std::cell::{OnceCell, RefCell};
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much of what a program said is told, in bytes.
const TOLD: usize = 2_000;

/// What all programs of one verification share.
#[derive(Default)]
pub(super) struct Programs {
    stage: OnceCell<Result<Arc<Backdrop>, String>>,
    /// Why the service is not tried again, once it has let somebody wait in vain.
    silent: Arc<OnceLock<String>>,
    unable: RefCell<Option<Stop>>,
    /// Set once everything is to end early.
    stopped: Arc<AtomicBool>,
}

/// Who vouches for the hosts, and the files that say so.
struct Backdrop {
    authority: Arc<Authority>,
    trust: Trust,
    _folder: TempDir,
}

impl Backdrop {
    /// A new authority, for this verification alone.
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let authority = Authority::new()?;
        let folder = tempfile::tempdir()?;
        let trust = Trust::write(folder.path(), authority.pem(), false)?;
        Ok(Self { authority: Arc::new(authority), trust, _folder: folder })
    }
}

/// What is said of a program that was ended early.
const STOPPED: &str = "it was stopped";

/// Comes back once everything is to end early.
async fn until(stopped: &AtomicBool) {
    let mut tick = tokio::time::interval(MOMENT);
    while !stopped.load(Ordering::SeqCst) {
        tick.tick().await;
    }
}

fn hindered(stopped: &AtomicBool) -> Option<Verdict> {
    stopped.load(Ordering::SeqCst).then(|| Verdict::Inconclusive(STOPPED.to_owned()))
}

impl Programs {
    /// None yet; all of them end early once `stopped` is set.
    pub(super) fn until(stopped: Arc<AtomicBool>) -> Self {
        Self { stopped, ..Self::default() }
    }

    /// Brings a program onto the stage.
    pub(super) fn bring(&self, part: Part, programme: Programme) -> Arc<Partner> {
        if let Some(program) =
            programme.command.first().filter(|program| !is_there(program, &programme.folder))
        {
            *self.unable.borrow_mut() = Some(Stop::wrong(format!("error: there is no program `{program}`")));
        }
        let made = || Backdrop::new().map(Arc::new).map_err(|error| told(error.as_ref()));
        let backdrop = self.stage.get_or_init(made).clone();
        if let Err(why) = &backdrop {
            *self.unable.borrow_mut() = Some(Stop::broke(format!("error: {why}")));
        }
        let (silent, stopped) = (Arc::clone(&self.silent), Arc::clone(&self.stopped));
        let system = Box::new(Started { programme, backdrop, silent, stopped });
        let clock: Arc<dyn Clock> = match part {
            Part::Loader => Arc::new(Behind),
            _ => Arc::new(WallClock),
        };
        Arc::new(Partner { part, system, clock })
    }

    /// Why no program can be tried.
    pub(super) fn unable(self) -> Option<Stop> {
        self.unable.into_inner()
    }
}

/// A clock that is behind the machine's, so that a loader finds files that have lain at the drop for a while: many
/// leave alone what was written a moment ago.
struct Behind;

/// How far it is behind, in milliseconds.
const LAIN: i64 = 10 * 60 * 1000;

impl Clock for Behind {
    fn now(&self) -> Instant {
        Instant::from_millis(WallClock.now().millis() - LAIN)
    }
}

/// Whether a program can be found as the system finds it.
fn is_there(program: &str, folder: &Path) -> bool {
    if program.contains('/') {
        return folder.join(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|place| place.join(program).is_file())
}

struct Started {
    programme: Programme,
    backdrop: Result<Arc<Backdrop>, String>,
    silent: Arc<OnceLock<String>>,
    stopped: Arc<AtomicBool>,
}

impl System for Started {
    fn enter(&self, world: &World) -> Result<Box<dyn Session>, String> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(STOPPED.to_owned());
        }
        if let Some(why) = self.silent.get() {
            return Err(why.clone());
        }
        let state = tempfile::tempdir().map_err(|error| format!("no folder for the program: {error}"))?;
        let backdrop = self.backdrop.clone()?;
        front(world, &backdrop)?;
        if let Some(port) = self.programme.port {
            let mut command = command(&self.programme, world, &backdrop)?;
            command.env("STANDIN_STATE", state.path());
            let stopped = Arc::clone(&self.stopped);
            let started = Serving::start(command, world, port, self.programme.patience, state, stopped);
            return started.map(|serving| Box::new(serving) as Box<dyn Session>).map_err(|late| match late {
                NotUp::Late(why) => self.silent.get_or_init(|| why).clone(),
                NotUp::Ended(why) => why,
            });
        }
        let (programme, stopped) = (self.programme.clone(), Arc::clone(&self.stopped));
        Ok(Box::new(Inside { programme, backdrop, state, stopped, last: None }))
    }
}

fn front<'w>(world: &'w World, backdrop: &Backdrop) -> Result<&'w Front, String> {
    let opening = Opening {
        on: Ipv4Addr::LOCALHOST.into(),
        port: 0,
        callers: Callers::Anybody,
        allowed: Vec::new(),
        authority: Some(Arc::clone(&backdrop.authority)),
    };
    world.front_as(opening).map_err(|error| format!("cannot listen on loopback: {error}"))
}

/// The program in one world, with a folder for what it remembers there.
struct Inside {
    programme: Programme,
    backdrop: Arc<Backdrop>,
    state: TempDir,
    stopped: Arc<AtomicBool>,
    /// How it ended last.
    last: Option<String>,
}

impl Session for Inside {
    fn work(&mut self, world: &World, order: &[(&str, String)]) -> Result<Ended, String> {
        let mut command = command(&self.programme, world, &self.backdrop)?;
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("STANDIN_STATE", self.state.path());
        for (name, value) in order {
            command.env(name, value);
        }
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        let (out, err) = (Heard::default(), Heard::default());
        let patience = Duration::from_secs(self.programme.patience);
        let mut ended = None;
        let work = async {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => return ended = Some(Err(error)),
            };
            let id = child.id();
            let (said, complained) = (child.stdout.take(), child.stderr.take());
            let hearing = async { tokio::join!(out.listen(said), err.listen(complained)) };
            tokio::pin!(hearing);
            let mut heard_all = false;
            let done = async {
                tokio::select! {
                    status = child.wait() => return status,
                    _ = &mut hearing => heard_all = true,
                }
                child.wait().await
            };
            let status = tokio::select! {
                status = tokio::time::timeout(patience, done) => status.ok(),
                () = until(&self.stopped) => None,
            };
            ended = status;
            if ended.is_none() {
                id.into_iter().for_each(end_offspring);
                return;
            }
            // What it has left running may hold its streams for ever.
            if !heard_all {
                let _ = tokio::time::timeout(MOMENT, hearing).await;
            }
        };
        wait_until(world, work).map_err(|stop| stop.text)?;
        let said = [err, out].into_iter().map(Heard::all).find(|said| !said.is_empty());
        let told = end_of(&said.unwrap_or_default());
        let ended = match ended {
            Some(Ok(status)) => Ended { code: exit(status), told },
            Some(Err(error)) => return Err(format!("the command cannot be started: {error}")),
            None if self.stopped.load(Ordering::SeqCst) => return Err(STOPPED.to_owned()),
            None => {
                let stopped = format!("stopped after {} s", self.programme.patience);
                let told = if told.is_empty() { stopped } else { format!("{stopped}; it had said: {told}") };
                Ended { code: 124, told }
            }
        };
        let code = format!("it has ended with exit code {}", ended.code);
        self.last = Some(if ended.told.is_empty() { code } else { format!("{}\n{code}", ended.told) });
        Ok(ended)
    }

    fn rest(&mut self, _: &World) -> bool {
        false
    }

    fn last_words(&mut self) -> Option<String> {
        self.last.clone()
    }

    fn hindered(&mut self) -> Option<Verdict> {
        hindered(&self.stopped)
    }
}

/// The end of what a program has said so far.
#[derive(Default)]
struct Heard(RefCell<Vec<u8>>);

impl Heard {
    async fn listen(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut piece = [0; 4096];
        while let Ok(many @ 1..) = stream.read(&mut piece).await {
            let mut heard = self.0.borrow_mut();
            heard.extend_from_slice(&piece[..many]);
            let over = heard.len().saturating_sub(2 * TOLD);
            heard.drain(..over);
        }
    }

    fn all(self) -> Vec<u8> {
        self.0.into_inner()
    }
}

/// Ends a program and what it has started and has not ended, where the system tells what that is.
fn end_offspring(program: u32) {
    let mut found = vec![program];
    let children = children();
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(children.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        at += 1;
    }
    // A shell has `kill` built in wherever there is one.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "kill -KILL \"$@\"", "sh"]).args(found.iter().map(u32::to_string));
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Without one the program alone is ended, when it is dropped.
    let _ = shell.status();
}

/// Every process, and which one started it.
fn children() -> Vec<(u32, u32)> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pairs = all.filter_map(|entry| {
        let process: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // A name may have blanks and brackets; the state and the parent stand after its last bracket.
        let (_, rest) = stat.rsplit_once(')')?;
        Some((process, rest.split_whitespace().nth(1)?.parse().ok()?))
    });
    pairs.collect()
}

/// A partner's command as it finds its way in a world.
fn command(programme: &Programme, world: &World, backdrop: &Backdrop) -> Result<Command, String> {
    let (program, arguments) = programme.command.split_first().ok_or("no command is given")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&programme.folder).stdin(Stdio::null());
    dress(&mut command, world, front(world, backdrop)?, &backdrop.trust);
    for (name, value) in &programme.variables {
        command.env(name, value);
    }
    Ok(command)
}

/// Where ports are looked for: below those that systems give away by themselves, so that nobody takes one before the
/// program does.
const PORTS: std::ops::Range<u32> = 20_000..30_000;
/// How far apart ports are given: a service may have another of its own beside the one that it is told.
const APART: u32 = 10;

/// A port on loopback that nobody has now, and that nobody was given before.
pub(super) fn free_port() -> Result<u16, String> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let many = PORTS.end - PORTS.start;
    // Two runs on one machine begin in different places.
    let first = std::process::id().wrapping_mul(2_654_435_761) % many;
    for _ in 0..many / APART {
        let at = (first + APART * GIVEN.fetch_add(1, Ordering::SeqCst)) % many;
        let Ok(port) = u16::try_from(PORTS.start + at) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(format!("error: no port from {} to {} is free on loopback", PORTS.start, PORTS.end - 1))
}

/// A service in one world; it is ended when this is dropped.
struct Serving {
    child: Child,
    /// How long it may take for what it does by itself.
    within: Duration,
    /// How much of that is left.
    left: Duration,
    said: PathBuf,
    stopped: Arc<AtomicBool>,
    _state: TempDir,
}

/// Why a service does not serve.
enum NotUp {
    /// It cannot be started, or has ended.
    Ended(String),
    /// It goes on, and does not listen.
    Late(String),
}

/// How long a service may take until it listens.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// How long a moment is.
const MOMENT: Duration = Duration::from_millis(50);

impl Serving {
    /// Starts it and waits until it listens.
    fn start(
        mut command: Command,
        world: &World,
        port: u16,
        within: u64,
        state: TempDir,
        stopped: Arc<AtomicBool>,
    ) -> Result<Self, NotUp> {
        let broken = |error: std::io::Error| NotUp::Ended(error.to_string());
        let said = state.path().join("standin-said");
        let file = File::create(&said).map_err(broken)?;
        let other = file.try_clone().map_err(broken)?;
        command.stdout(file).stderr(other);
        let child = command
            .spawn()
            .map_err(|error| NotUp::Ended(format!("the command cannot be started: {error}")))?;
        let within = Duration::from_secs(within);
        let mut serving = Self { child, within, left: within, said: said.clone(), stopped, _state: state };
        let mut up = false;
        let (child, stopped) = (&mut serving.child, &serving.stopped);
        wait_until(world, async {
            let listens = async {
                let mut tick = tokio::time::interval(MOMENT / 5);
                while child.try_wait().is_ok_and(|ended| ended.is_none()) {
                    if tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
                        return true;
                    }
                    tick.tick().await;
                }
                false
            };
            up = tokio::select! {
                up = tokio::time::timeout(STARTS_WITHIN, listens) => up.unwrap_or(false),
                () = until(stopped) => false,
            };
        })
        .map_err(|stop| NotUp::Ended(stop.text))?;
        if up {
            return Ok(serving);
        }
        if serving.stopped.load(Ordering::SeqCst) {
            return Err(NotUp::Ended(STOPPED.to_owned()));
        }
        let said = end_of(&std::fs::read(&said).unwrap_or_default());
        let said = if said.is_empty() { "it printed nothing".to_owned() } else { said };
        Err(match serving.child.try_wait().ok().flatten() {
            Some(status) => NotUp::Ended(format!("the service ended before it listened ({status}): {said}")),
            None => {
                let seconds = STARTS_WITHIN.as_secs();
                let place = format!("127.0.0.1:{port}, where PORT says");
                NotUp::Late(format!("the service did not listen on {place}, within {seconds} s: {said}"))
            }
        })
    }
}

impl Session for Serving {
    fn work(&mut self, _: &World, _: &[(&str, String)]) -> Result<Ended, String> {
        Err("a service has nothing to do on demand".to_owned())
    }

    fn begin_anew(&mut self) {
        self.left = self.within;
    }

    fn rest(&mut self, world: &World) -> bool {
        if self.left.is_zero() || self.stopped.load(Ordering::SeqCst) {
            return false;
        }
        self.left = self.left.saturating_sub(MOMENT);
        let moment = async {
            let _ = tokio::time::timeout(MOMENT, std::future::pending::<()>()).await;
        };
        wait_until(world, moment).is_ok()
    }

    fn last_words(&mut self) -> Option<String> {
        let said = end_of(&std::fs::read(&self.said).unwrap_or_default());
        let ended = self.child.try_wait().ok().flatten().map(|status| format!("it has ended: {status}"));
        let told: Vec<String> =
            [Some(said), ended].into_iter().flatten().filter(|text| !text.is_empty()).collect();
        (!told.is_empty()).then(|| told.join("\n"))
    }

    fn hindered(&mut self) -> Option<Verdict> {
        hindered(&self.stopped)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // What it has started would keep its port. One that has ended already needs no ending.
        end_offspring(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn end_of(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let start = (text.len().saturating_sub(TOLD)..=text.len()).find(|at| text.is_char_boundary(*at));
    text[start.unwrap_or(0)..].trim().to_owned()
}
