//! The worlds of one server, and how a request finds its own.

use super::credentials::{self, Credential};
use super::problem::{CONFLICT, FULL, Problem, UNKNOWN, WRONG};
use crate::clock::StageClock;
use crate::journal::Brought;
use crate::parts::{Parts, Sockets};
use crate::surface::{Platform, locked};
use crate::world::{World, WorldSpec, host_key};
use serde_json::Value;
use standin_model::Instant;
use standin_ports::http::host_of;
use standin_ports::{Clock, Request, Secret};
use standin_scenario::Outcome;
use standin_serve::Door;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// The header that names a world.
pub const HEADER: &str = "standin-world";

/// The world that answers whoever shows nothing that belongs to another.
pub const MAIN: &str = "main";

/// How many tokens of one platform, and how many sessions of browsers, are remembered of one world.
const GIVEN: usize = 1024;

/// How a server holds its worlds.
#[derive(Clone)]
pub struct Hosting {
    /// Where it listens.
    pub address: IpAddr,
    /// What its own surface asks for, where others can reach it.
    pub token: Option<Secret>,
    /// The most worlds, with the first.
    pub worlds: usize,
    /// The most snapshots of one world.
    pub snapshots: usize,
    /// The most streams of events at once.
    pub streams: usize,
    /// What worlds follow that are told to.
    pub wall: Option<Arc<dyn Clock>>,
    /// The report of a run.
    pub report: fn(&[Outcome]) -> Value,
    /// The schema of that report.
    pub report_schema: fn() -> Value,
}

impl Default for Hosting {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            token: None,
            worlds: 4096,
            snapshots: 64,
            streams: 256,
            wall: None,
            report: |_| Value::Null,
            report_schema: || Value::Bool(true),
        }
    }
}

/// One world of a server.
pub struct Hosted {
    /// Its name.
    pub name: String,
    /// The world; its sockets are the server's.
    pub world: World,
    /// What it was made from.
    pub spec: WorldSpec,
    /// Held by whatever changes it as a whole; calls to its platforms do not wait for that.
    pub busy: Arc<tokio::sync::Mutex<()>>,
    /// Calls from outside pass one by one, so that a slow world keeps one thread of the server and not all of them.
    pub(crate) gate: tokio::sync::Semaphore,
    /// Its state when it was made.
    origin: Arc<Parts>,
    /// States that were kept, by name.
    snapshots: Mutex<BTreeMap<String, Arc<Parts>>>,
    /// Whether somebody called since work was last looked for.
    touched: AtomicBool,
    /// Tells it from another one that had its name before.
    pub(crate) making: u64,
    /// The tokens and sessions that it gave out, oldest first, and when they expire.
    given: Mutex<VecDeque<(Credential, Option<Instant>)>>,
    /// Whether it was said that it had to forget one.
    forgets: AtomicBool,
}

impl Hosted {
    fn new(name: &str, making: u64, world: World, spec: WorldSpec) -> Self {
        let origin = world.wait(world.parts().fork());
        Self {
            name: name.to_owned(),
            world,
            spec,
            busy: Arc::default(),
            gate: tokio::sync::Semaphore::new(1),
            origin,
            snapshots: Mutex::default(),
            touched: AtomicBool::new(false),
            making,
            given: Mutex::default(),
            forgets: AtomicBool::new(false),
        }
    }

    /// Tells the world that somebody waits who will undo what happens in it, until the answer is dropped.
    pub(crate) fn to_be_undone(self: &Arc<Self>) -> Undoing {
        self.parts().undoing.fetch_add(1, Ordering::SeqCst);
        Undoing(Arc::clone(self))
    }

    /// Remembers that it gave this out; what is forgotten for that, if there is no room.
    fn gave(&self, credential: Credential, expires: Option<Instant>) -> Option<Credential> {
        let now = self.parts().clock.now();
        let mut given = locked(&self.given);
        let of_kind = |it: &Credential| it.place() == credential.place();
        let there = given.iter().filter(|(it, _)| of_kind(it)).count();
        let mut gone = None;
        if there >= GIVEN {
            let over = |at: &Option<Instant>| at.is_some_and(|at| at <= now);
            let at = given.iter().position(|(it, expires)| of_kind(it) && over(expires));
            let at = at.or_else(|| given.iter().position(|(it, _)| of_kind(it)))?;
            let (credential, expires) = given.remove(at)?;
            if !over(&expires) && !self.forgets.swap(true, Ordering::Relaxed) {
                self.parts().note(&format!(
                    "the server remembers {GIVEN} of a world's tokens and {GIVEN} of its sessions: the oldest leads \
                     here no longer; send the header Standin-World"
                ));
            }
            gone = Some(credential);
        }
        given.push_back((credential, expires));
        gone
    }

    /// Its parts.
    pub fn parts(&self) -> &Arc<Parts> {
        self.world.parts()
    }

    /// Goes back to how it was when it was made.
    pub fn reset(&self) {
        self.world.wait(self.parts().take_over(&self.origin));
    }

    /// Keeps its state under a name, in the place of any of that name.
    pub fn keep(&self, name: &str, most: usize) -> Result<(), Problem> {
        let state = self.world.wait(self.parts().fork());
        let mut snapshots = locked(&self.snapshots);
        if snapshots.len() >= most && !snapshots.contains_key(name) {
            return Err(Problem::new(&FULL, format!("world `{}` has {most} snapshots", self.name))
                .hint("delete one that is no longer needed, or take one under a name that is there"));
        }
        snapshots.insert(name.to_owned(), state);
        Ok(())
    }

    /// Goes back to a state that was kept.
    pub fn restore(&self, name: &str) -> Result<(), Problem> {
        let state = locked(&self.snapshots).get(name).cloned();
        let state = state.ok_or_else(|| self.no_snapshot(name))?;
        self.world.wait(self.parts().take_over(&state));
        Ok(())
    }

    /// Forgets a state that was kept.
    pub fn forget(&self, name: &str) -> Result<(), Problem> {
        let gone = locked(&self.snapshots).remove(name);
        gone.map(drop).ok_or_else(|| self.no_snapshot(name))
    }

    /// The states that are kept: name and time.
    pub fn snapshots(&self) -> Vec<(String, String)> {
        let snapshots = locked(&self.snapshots);
        snapshots.iter().map(|(name, state)| (name.clone(), state.clock.now().to_string())).collect()
    }

    fn no_snapshot(&self, name: &str) -> Problem {
        let known: Vec<String> = locked(&self.snapshots).keys().cloned().collect();
        let hint = match &known[..] {
            [] => "take one first: POST snapshots".to_owned(),
            known => format!("known here: {}", known.join(", ")),
        };
        Problem::new(&UNKNOWN, format!("world `{}` has no snapshot `{name}`", self.name))
            .at("path: snapshot")
            .hint(hint)
    }

    /// Notes that there may be work.
    pub fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
    }
}

/// Somebody waits to undo what happens in a world.
pub(crate) struct Undoing(Arc<Hosted>);

impl Drop for Undoing {
    fn drop(&mut self) {
        self.0.parts().undoing.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A world that has a credential.
struct Owner {
    hosted: Arc<Hosted>,
    /// It was given out to somebody who named the world and goes on naming it, so it leads there only if nobody else
    /// has it.
    named: bool,
}

/// Whom a request reached, and what is worth to be known of it once it is answered.
pub(crate) struct Asker {
    /// The world that it means; none for the first.
    pub(crate) hosted: Option<Arc<Hosted>>,
    path: String,
    shown: Vec<Credential>,
    named: bool,
}

/// Where the server's own sockets are.
#[derive(Clone, Debug)]
pub struct Place {
    /// The platforms'.
    pub sockets: Sockets,
    /// The address of the stage itself.
    pub url: String,
    /// The seed of the drop's host key.
    pub seed: u64,
}

/// All worlds of a server.
pub struct Worlds {
    /// How they are held.
    pub hosting: Hosting,
    first: Arc<Parts>,
    main: OnceLock<Arc<Hosted>>,
    place: OnceLock<Place>,
    list: RwLock<BTreeMap<String, Arc<Hosted>>>,
    /// Who has a credential, in the order in which they came.
    owners: RwLock<BTreeMap<Credential, Vec<Owner>>>,
    made: AtomicU64,
    /// The next world's making.
    making: AtomicU64,
    /// How many there are beside the first, so that a server with one world looks nothing up.
    others: AtomicUsize,
    /// Streams of events that are open.
    pub(crate) streams: AtomicUsize,
    /// Lets only so many read out journals at once.
    pub(crate) pieces: Arc<tokio::sync::Semaphore>,
    /// Lets only so many runs that take a world of their own go on at once.
    pub(crate) runs: Arc<tokio::sync::Semaphore>,
}

impl Worlds {
    /// A server's worlds; the first has these parts.
    pub(crate) fn new(first: &Arc<Parts>, hosting: Hosting) -> Self {
        // Another server on the same port goes on with other numbers.
        let start = hosting.wall.as_ref().map_or(0, |wall| wall.now().millis().unsigned_abs());
        Self {
            hosting,
            first: Arc::clone(first),
            main: OnceLock::new(),
            place: OnceLock::new(),
            list: RwLock::default(),
            owners: RwLock::default(),
            made: AtomicU64::new(0),
            making: AtomicU64::new(start),
            others: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            pieces: Arc::new(tokio::sync::Semaphore::new(4)),
            runs: Arc::new(tokio::sync::Semaphore::new(16)),
        }
    }

    /// Says where the server listens.
    pub(crate) fn settle_in(&self, place: Place) {
        let _ = self.place.set(place);
    }

    /// Where the server listens, once it does.
    pub fn place(&self) -> Option<&Place> {
        self.place.get()
    }

    /// Takes the first world in, once it is ready.
    pub(crate) fn take_main(&self, world: World, spec: &WorldSpec) {
        if let Some(wall) = &self.hosting.wall {
            world.parts().clock.lead_by(Arc::clone(wall));
        }
        let mut shown = credentials::of_spec(spec);
        shown.extend(channels(world.parts()));
        let hosted = Arc::new(Hosted::new(MAIN, self.next_making(), world, spec.clone()));
        write(&self.list).insert(MAIN.to_owned(), Arc::clone(&hosted));
        self.register(&hosted, shown);
        let _ = self.main.set(hosted);
    }

    /// The first world's parts.
    pub fn first(&self) -> &Arc<Parts> {
        &self.first
    }

    /// All worlds by name.
    pub fn all(&self) -> Vec<Arc<Hosted>> {
        read(&self.list, |list| list.values().cloned().collect())
    }

    /// The world of a name.
    pub fn named(&self, name: &str) -> Result<Arc<Hosted>, Problem> {
        read(&self.list, |list| list.get(name).cloned()).ok_or_else(|| {
            Problem::new(&UNKNOWN, format!("there is no world `{name}`")).hint("GET /worlds shows all worlds")
        })
    }

    /// Makes a world.
    pub(crate) fn create(&self, wanted: Wanted) -> Result<Arc<Hosted>, Problem> {
        let (name, number) = self.free_name(wanted.name)?;
        let mut spec = wanted.spec;
        spec.seed = wanted.seed.or((spec.seed != 0).then_some(spec.seed)).unwrap_or(number);
        if wanted.own {
            credentials::own(&mut spec, &name);
        }
        let clock = StageClock::still(Instant::START);
        if let Some(wall) = &self.hosting.wall {
            clock.lead_by(Arc::clone(wall));
        }
        let world = World::hosted(&spec, clock)
            .map_err(|error| Problem::new(&WRONG, crate::run::chain(&error)).at("body: world"))?;
        let mut shown = credentials::of_spec(&spec);
        if wanted.own {
            // The names inside the world lead nobody to it who comes from outside.
            let second = format!("-{name}");
            shown.retain(
                |shown| !matches!(shown, Credential::DropUser(user) if !user.ends_with(second.as_str())),
            );
        }
        shown.extend(channels(world.parts()));
        self.take_in(Hosted::new(&name, self.next_making(), world, spec), shown)
    }

    /// Makes another world of one that is there, in the same state. What leads to a campaign that was made meanwhile
    /// goes on leading to the first.
    pub(crate) fn fork(&self, from: &Arc<Hosted>, name: Option<String>) -> Result<Arc<Hosted>, Problem> {
        let (name, _) = self.free_name(name)?;
        self.register(from, channels(from.parts()));
        let world = from.world.fork_hosted();
        self.take_in(Hosted::new(&name, self.next_making(), world, from.spec.clone()), Vec::new())
    }

    fn next_making(&self) -> u64 {
        self.making.fetch_add(1, Ordering::SeqCst)
    }

    fn free_name(&self, wanted: Option<String>) -> Result<(String, u64), Problem> {
        let number = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        let Some(name) = wanted else {
            let taken = |name: &String| read(&self.list, |list| list.contains_key(name));
            let name = (number..).map(|number| format!("w{number}")).find(|name| !taken(name));
            return Ok((name.unwrap_or_default(), number));
        };
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 40 || name.starts_with('-') || !name.bytes().all(fits) {
            return Err(Problem::new(&WRONG, format!("`{name}` is no name of a world"))
                .at("name")
                .hint("up to 40 lower-case letters, digits and hyphens, no hyphen at the beginning"));
        }
        Ok((name, number))
    }

    fn take_in(&self, hosted: Hosted, shown: Vec<Credential>) -> Result<Arc<Hosted>, Problem> {
        let hosted = Arc::new(hosted);
        let mut list = write(&self.list);
        if list.contains_key(&hosted.name) {
            return Err(Problem::new(&CONFLICT, format!("there is a world `{}`", hosted.name))
                .hint("choose another name, reset that world, or delete it"));
        }
        if list.len() >= self.hosting.worlds {
            return Err(Problem::new(&FULL, format!("this server holds {} worlds", list.len()))
                .hint("delete worlds that are no longer needed; `--worlds` sets the bound"));
        }
        list.insert(hosted.name.clone(), Arc::clone(&hosted));
        drop(list);
        self.register(&hosted, shown);
        self.others.fetch_add(1, Ordering::SeqCst);
        Ok(hosted)
    }

    /// Takes a world away. Whoever is inside it goes on until it is done.
    pub(crate) fn delete(&self, name: &str) -> Result<(), Problem> {
        if name == MAIN {
            return Err(Problem::new(&CONFLICT, "the first world stays as long as the server")
                .hint("reset it instead"));
        }
        let gone = write(&self.list).remove(name);
        let Some(gone) = gone else { return self.named(name).map(drop) };
        write(&self.owners).retain(|_, owners| {
            owners.retain(|owner| !Arc::ptr_eq(&owner.hosted, &gone));
            !owners.is_empty()
        });
        gone.parts().journal.close();
        self.others.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    /// Whether a world is still there. Who asks under the lock of the owners is before [`Worlds::delete`] there, which
    /// forgets what was learnt.
    fn has(&self, hosted: &Arc<Hosted>) -> bool {
        read(&self.list, |list| list.get(&hosted.name).is_some_and(|there| Arc::ptr_eq(there, hosted)))
    }

    /// A credential of a world's file leads to the world that had it first, for as long as that is there.
    fn register(&self, hosted: &Arc<Hosted>, shown: Vec<Credential>) {
        let mut owners = write(&self.owners);
        if !self.has(hosted) {
            return;
        }
        for credential in shown {
            let owners = owners.entry(credential).or_default();
            if !owners.iter().any(|owner| Arc::ptr_eq(&owner.hosted, hosted)) {
                owners.push(Owner { hosted: Arc::clone(hosted), named: false });
            }
        }
    }

    /// The credentials that lead to a world, in order.
    pub fn leading_to(&self, hosted: &Arc<Hosted>) -> Vec<Credential> {
        read(&self.owners, |owners| {
            let own = |credential: &&Credential| match owners
                .get(*credential)
                .map(|owners| sole(credential, owners))
            {
                Some(Ok(owner)) => Arc::ptr_eq(owner, hosted),
                _ => false,
            };
            owners.keys().filter(own).cloned().collect()
        })
    }

    /// Remembers what a platform of a world gives out. What the client showed itself was not given out.
    pub(crate) fn learn(
        &self,
        hosted: &Arc<Hosted>,
        platform: Platform,
        asker: &Asker,
        answer: &standin_ports::Response,
    ) {
        let now = hosted.parts().clock.now();
        for (credential, span) in credentials::of_answer(platform, &asker.path, answer) {
            if asker.shown.contains(&credential) {
                continue;
            }
            let mut owners = write(&self.owners);
            if !self.has(hosted) {
                return;
            }
            let having = owners.entry(credential.clone()).or_default();
            if let Some(owner) = having.iter_mut().find(|owner| Arc::ptr_eq(&owner.hosted, hosted)) {
                owner.named &= asker.named;
                continue;
            }
            having.push(Owner { hosted: Arc::clone(hosted), named: asker.named });
            let Some(gone) = hosted.gave(credential, span.map(|span| now.plus(span))) else { continue };
            if let Some(having) = owners.get_mut(&gone) {
                having.retain(|owner| !Arc::ptr_eq(&owner.hosted, hosted));
                if having.is_empty() {
                    owners.remove(&gone);
                }
            }
        }
    }

    /// The first world, once it is taken in.
    pub(crate) fn main(&self) -> Option<&Arc<Hosted>> {
        self.main.get()
    }

    /// The world that a request names outright: in a header, or as the first part of a host under `localhost`.
    fn told(&self, request: &Request) -> Result<Option<Arc<Hosted>>, Problem> {
        if let Some(name) = request.headers().get(HEADER) {
            let name = name.to_str().unwrap_or_default();
            return self.named(name).map(Some).map_err(|problem| problem.at("header: Standin-World"));
        }
        let host = host_of(request);
        let Some(name) = host.strip_suffix(".localhost").filter(|name| *name != "standin") else {
            return Ok(None);
        };
        self.named(name).map(Some).map_err(|problem| problem.at("host"))
    }

    /// The world that a request of a page of the stage means.
    pub fn of_page(&self, request: &Request) -> Result<Arc<Parts>, Problem> {
        let told = self.told(request)?;
        Ok(told.map_or_else(|| Arc::clone(&self.first), |hosted| Arc::clone(hosted.parts())))
    }

    /// The world that a request to a platform means.
    pub(crate) fn of(&self, platform: Platform, request: &Request) -> Result<Asker, Problem> {
        let told = self.told(request)?;
        let mut asker = Asker {
            named: told.is_some(),
            hosted: told,
            path: request.uri().path().to_owned(),
            shown: Vec::new(),
        };
        if self.others.load(Ordering::SeqCst) == 0 {
            return Ok(asker);
        }
        asker.shown = credentials::of_request(platform, request);
        if !asker.named {
            asker.hosted = self.owning(&asker.shown)?;
        }
        Ok(asker)
    }

    /// The world to which the first of these leads that leads anywhere; none for the first world.
    fn owning(&self, shown: &[Credential]) -> Result<Option<Arc<Hosted>>, Problem> {
        for credential in shown {
            let known = read(&self.owners, |owners| {
                owners.get(credential).map(|owners| sole(credential, owners).cloned())
            });
            match (known, credential) {
                (Some(owner), _) => return owner.map(Some),
                (None, Credential::QualifioChannel(guid)) => {
                    if let Some(found) = self.with_channel(guid)? {
                        return Ok(Some(found));
                    }
                }
                (None, _) => {}
            }
        }
        Ok(None)
    }

    /// The world with a channel of which nobody knew when its world was made.
    fn with_channel(&self, guid: &str) -> Result<Option<Arc<Hosted>>, Problem> {
        let has = |parts: &Parts| locked(&parts.qualifio).has_channel(guid);
        if has(&self.first) {
            return Ok(self.main().cloned());
        }
        let mut having = self.all().into_iter().filter(|hosted| has(hosted.parts()));
        let found = having.next();
        if having.next().is_some() {
            return Err(Problem::new(&CONFLICT, format!("more than one world has a channel {guid}"))
                .hint("send the header Standin-World"));
        }
        Ok(found)
    }

    /// The world in which a host name leads somewhere that the first does not know; none for the first.
    pub fn of_host(&self, host: &str) -> Option<Arc<Hosted>> {
        if self.others.load(Ordering::SeqCst) == 0 || self.first.platform_of(host).is_some() {
            return None;
        }
        self.all().into_iter().find(|hosted| hosted.parts().platform_of(host).is_some())
    }

    /// The drop that a login means. `USER@WORLD` names the world outright.
    pub(crate) fn door(&self, user: &str) -> (Door, String) {
        let owned = || {
            let key = Credential::DropUser(user.to_owned());
            read(&self.owners, |owners| sole(&key, owners.get(&key)?).ok().cloned())
        };
        let told =
            user.rsplit_once('@').and_then(|(user, world)| Some((self.named(world).ok()?, user.to_owned())));
        let (hosted, user) = match told {
            Some((hosted, user)) => (Some(hosted), user),
            None => (owned(), user.to_owned()),
        };
        let parts = hosted.as_ref().map_or(&self.first, |hosted| hosted.parts());
        if let Some(hosted) = &hosted {
            hosted.touch();
        }
        let door = Door {
            drop: Arc::clone(&parts.files),
            clock: Arc::clone(&parts.clock) as Arc<dyn Clock>,
            journal: Arc::new(Brought(Arc::clone(&parts.journal))),
        };
        (door, user)
    }

    /// Does what is due in all worlds but the first, each on its own: who is busy is passed over.
    pub fn tick(self: &Arc<Self>) {
        for hosted in self.all() {
            let first = Arc::ptr_eq(hosted.parts(), &self.first);
            let due = hosted.parts().clock.follows() || hosted.touched.swap(false, Ordering::Relaxed);
            if first || !due {
                continue;
            }
            match Arc::clone(&hosted.busy).try_lock_owned() {
                Ok(held) => {
                    drop(crate::world::runtime().spawn_blocking(move || {
                        hosted.world.wait(hosted.parts().settle());
                        drop(held);
                    }));
                }
                Err(_) => hosted.touch(),
            }
        }
    }

    /// What a program needs to reach a world, as names and values of environment variables.
    pub fn environment(&self, hosted: &Arc<Hosted>) -> Vec<(&'static str, String)> {
        let Some(place) = self.place() else { return Vec::new() };
        let own = self.leading_to(hosted).into_iter().find_map(|credential| match credential {
            Credential::DropUser(name) if hosted.name != MAIN => Some(name),
            _ => None,
        });
        let fallback = || {
            let name = hosted.world.file_target().username;
            if hosted.name == MAIN { name } else { format!("{name}@{}", hosted.name) }
        };
        let user = own.unwrap_or_else(fallback);
        let mut all = hosted.world.environment_at(&place.sockets, &place.url, host_key(place.seed), &user);
        if hosted.name != MAIN {
            all.push(("STANDIN_WORLD", hosted.name.clone()));
        }
        all
    }
}

/// What a new world is to be.
pub(crate) struct Wanted {
    pub(crate) name: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) spec: WorldSpec,
    /// Whether it gets credentials of its own.
    pub(crate) own: bool,
}

/// The one world to which a credential leads. Those of a file lead to the world that had them first; what worlds of one
/// seed have given out may be anybody's.
fn sole<'o>(credential: &Credential, owners: &'o [Owner]) -> Result<&'o Arc<Hosted>, Problem> {
    let plain = || owners.iter().filter(|owner| !owner.named);
    let mut having: Vec<&Owner> = plain().collect();
    if having.is_empty() {
        having = owners.iter().collect();
    }
    match (&having[..], credential.place()) {
        ([first, ..], None) | ([first], Some(_)) => Ok(&first.hosted),
        _ => Err(Problem::new(
            &CONFLICT,
            "worlds that were made with the same seed have given out this token, and it does not say which",
        )
        .hint("send the header Standin-World, or make the worlds with different seeds")),
    }
}

/// The channels of the campaigns that a world begins with.
fn channels(parts: &Parts) -> Vec<Credential> {
    let qualifio = locked(&parts.qualifio);
    qualifio.channel_guids().map(|guid| Credential::QualifioChannel(guid.to_uppercase())).collect()
}

fn read<T, R>(lock: &RwLock<T>, look: impl FnOnce(&T) -> R) -> R {
    look(&lock.read().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
