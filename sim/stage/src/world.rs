//! A world: all platforms, the drop, the clock and the real sync logic, made in one go and gone on drop.

use crate::builder::WorldBuilder;
use crate::clock::StageClock;
use crate::control::Control;
use crate::control::routed::Routed;
use crate::control::worlds::{Hosting, Place, Worlds};
use crate::customer::LoginPages;
use crate::front::{Callers, Front, Opening};
use crate::journal::WorldJournal;
use crate::parts::{Direct, Parts, Sockets};
use crate::run::Run;
use crate::stores::Buckets;
use crate::surface::{Platform, Surface, locked};
use crate::trouble::Patient;
use serde_json::{Map, Value};
use standin_clients::gigya::GigyaError;
use standin_fake_eloqua::Eloqua;
use standin_fake_gigya::Gigya;
use standin_fake_kit::faults::{BadRule, Fault, Faults};
use standin_fake_kit::knobs::KnobError;
use standin_fake_kit::{Knob, Part, SeedError, Shape};
use standin_fake_qualifio::{GigyaConfig, Qualifio};
use standin_fake_sftp::Drop as FileDrop;
use standin_fake_sftp::MemoryLogin;
use standin_model::{Instant, Level};
use standin_ports::{Clock, Credential, FilesTarget, Http, Journal, Login, Secret};
use standin_push::Outbox;
use standin_serve::{Door, Doors, Served};
use standin_wire::{FileLogin, FtpLogin, HttpClient, LiveHttp, ResolvePort, SshLogin};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// How the parts of a world reach each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Transport {
    /// Real HTTP and real SSH over loopback.
    #[default]
    Wire,
    /// The same fakes, called directly.
    Memory,
}

impl Transport {
    /// The word for it on the command line and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Memory => "memory",
        }
    }
}

/// What a world is made from: the sections of a world file, and what the command line adds.
#[derive(Clone, Debug, Default)]
pub struct WorldSpec {
    /// Where identifiers start; the same seed gives the same journal.
    pub seed: u64,
    /// Knobs by name.
    pub knobs: Vec<(String, String)>,
    /// Sections by name, see [`SECTIONS`].
    pub sections: BTreeMap<String, Value>,
    /// Dataflow documents by the name that steps use.
    pub dataflows: BTreeMap<String, Value>,
    /// The name under which it has credentials of its own beside other worlds, if it has; empty otherwise.
    pub owner: String,
}

/// The sections of a world file that a platform reads.
pub const SECTIONS: Shape = &[
    Part::One("gigya", standin_fake_gigya::SHAPE),
    Part::One("qualifio", standin_fake_qualifio::SHAPE),
    Part::One("eloqua", standin_fake_eloqua::SHAPE),
    Part::One("sftp", standin_fake_sftp::SHAPE),
    Part::One("stores", crate::stores::SHAPE),
    Part::List("login_pages", crate::customer::SHAPE),
];

/// A world could not be made.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A section has a mistake.
    #[error("{section}: {error}")]
    Seed {
        /// Which section.
        section: &'static str,
        /// Where in it, and what.
        error: SeedError,
    },
    /// A knob could not be set.
    #[error(transparent)]
    Knob(#[from] KnobError),
    /// A dataflow was refused by the fake Gigya.
    #[error("dataflow `{name}`: {why}")]
    Dataflow {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// A socket could not be opened.
    #[error("cannot listen")]
    Listen(#[source] std::io::Error),
}

/// How many ports a world that listens on ports of one's own choice takes in a row, without its front.
pub const PORTS: u16 = 7;

/// Where a world listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listen {
    /// First of [`PORTS`] ports in a row, or 0 to let the system choose each.
    pub port: u16,
    /// Whether the stage itself answers too: its page and control API.
    pub control: bool,
}

/// A running world.
pub struct World {
    parts: Arc<Parts>,
    transport: Transport,
    seed: u64,
    sockets: Option<Sockets>,
    control: Option<SocketAddr>,
    dataflows: BTreeMap<String, String>,
    served: Vec<Served>,
    front: OnceLock<Front>,
    worlds: Option<Arc<Worlds>>,
}

impl World {
    /// A world with everything at its defaults, on the wire.
    pub fn new() -> Result<Self, WorldError> {
        Self::open(&WorldSpec::default(), Transport::Wire)
    }

    /// A world that is described member by member.
    pub fn builder() -> WorldBuilder {
        WorldBuilder::default()
    }

    /// A world made from `spec`; its clock stands still until it is advanced.
    pub fn open(spec: &WorldSpec, transport: Transport) -> Result<Self, WorldError> {
        Self::open_at(spec, transport, StageClock::still(Instant::START), Listen::default())
    }

    /// A world with a clock and ports of one's own choice.
    pub fn open_at(
        spec: &WorldSpec,
        transport: Transport,
        clock: StageClock,
        listen: Listen,
    ) -> Result<Self, WorldError> {
        let parts = seeded(spec, Arc::new(clock))?;
        let mut world = Self::connected(parts, transport, spec.seed, listen, Hosting::default())?;
        world.put_dataflows(&spec.dataflows)?;
        world.take_in(spec);
        Ok(world)
    }

    /// A world on the wire that is the first of a server's.
    pub fn open_served(
        spec: &WorldSpec,
        clock: StageClock,
        port: u16,
        hosting: Hosting,
    ) -> Result<Self, WorldError> {
        let parts = seeded(spec, Arc::new(clock))?;
        // As in the server's other worlds our own side uses no sockets: what it waits for passes on the world's clock.
        connect_memory(&parts);
        let listen = Listen { port, control: true };
        let mut world = Self::connected(parts, Transport::Wire, spec.seed, listen, hosting)?;
        world.put_dataflows(&spec.dataflows)?;
        world.take_in(spec);
        Ok(world)
    }

    /// A world of a server's, behind the sockets of the first.
    pub(crate) fn hosted(spec: &WorldSpec, clock: StageClock) -> Result<Self, WorldError> {
        let mut world = Self::over(seeded(spec, Arc::new(clock))?, spec.seed);
        connect_memory(&world.parts);
        drop(world.parts.outside.set(runtime().clone()));
        world.put_dataflows(&spec.dataflows)?;
        Ok(world)
    }

    /// Another world of a server's in the same state.
    pub(crate) fn fork_hosted(&self) -> Self {
        let mut fork = Self::over(self.wait(self.parts.fork()), self.seed);
        connect_memory(&fork.parts);
        drop(fork.parts.outside.set(runtime().clone()));
        fork.dataflows.clone_from(&self.dataflows);
        fork
    }

    /// Takes the world in as the first of its server's, once it is whole.
    fn take_in(&self, spec: &WorldSpec) {
        if let Some(worlds) = &self.worlds {
            let mut world = Self::over(Arc::clone(&self.parts), self.seed);
            world.dataflows.clone_from(&self.dataflows);
            worlds.take_main(world, spec);
        }
    }

    /// The same parts without sockets of their own.
    fn over(parts: Arc<Parts>, seed: u64) -> Self {
        Self {
            parts,
            transport: Transport::Memory,
            seed,
            sockets: None,
            control: None,
            dataflows: BTreeMap::new(),
            served: Vec::new(),
            front: OnceLock::new(),
            worlds: None,
        }
    }

    /// The worlds of the server whose first this one is.
    pub fn worlds(&self) -> Option<&Arc<Worlds>> {
        self.worlds.as_ref()
    }

    /// Where identifiers started.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Another world in the same state, from here on apart from this one; on the wire it has ports of its own.
    pub fn fork(&self) -> Result<Self, WorldError> {
        let parts = self.wait(self.parts.fork());
        let (listen, hosting) = (Listen::default(), Hosting::default());
        let mut fork = Self::connected(parts, self.transport, self.seed, listen, hosting)?;
        fork.dataflows.clone_from(&self.dataflows);
        Ok(fork)
    }

    fn connected(
        parts: Arc<Parts>,
        transport: Transport,
        seed: u64,
        listen: Listen,
        hosting: Hosting,
    ) -> Result<Self, WorldError> {
        let mut world = Self { transport, ..Self::over(parts, seed) };
        match transport {
            Transport::Memory => connect_memory(&world.parts),
            Transport::Wire => world.connect_wire(listen, hosting).map_err(WorldError::Listen)?,
        }
        Ok(world)
    }

    /// The parts, for those who look behind the scenes.
    pub fn parts(&self) -> &Arc<Parts> {
        &self.parts
    }

    /// How this world's parts reach each other.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Where it listens; nowhere on the memory transport.
    pub fn sockets(&self) -> Option<Sockets> {
        self.sockets
    }

    /// The id under which Gigya keeps a dataflow of the spec.
    pub fn dataflow_id(&self, name: &str) -> Option<&str> {
        self.dataflows.get(name).map(String::as_str)
    }

    /// The names of the dataflows.
    pub fn dataflow_names(&self) -> impl Iterator<Item = &str> {
        self.dataflows.keys().map(String::as_str)
    }

    /// The present time.
    pub fn now(&self) -> Instant {
        self.parts.clock.now()
    }

    /// Lets `span` of virtual time pass; everything that falls due is done, in order.
    pub fn advance(&self, span: Duration) {
        self.wait(self.parts.advance(span));
    }

    /// Puts somebody else's platform in the place of ours: every call to it goes out by `http`, through the journal.
    /// What the world seeds of that platform stands in ours, which nobody asks any more. Only the first one counts.
    pub fn replace(&self, platform: Platform, http: Arc<dyn Http>) {
        drop(self.parts.elsewhere.set((platform, http)));
    }

    /// The way out: to the hosts that requests name, or all of them to `base`.
    pub fn outside(base: Option<&str>) -> Result<Arc<dyn Http>, String> {
        let parsed = base.map(str::parse).transpose();
        let base = parsed.map_err(|_| format!("`{}` is no URL", base.unwrap_or_default()))?;
        Ok(Arc::new(LiveHttp::new(runtime().clone(), base)?))
    }

    /// Runs a future of this world to its end on the calling thread, inside an async test or outside one.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        pollster::block_on(future)
    }

    /// Lets coming calls go wrong by a rule, which is written as in a scenario's `fault`.
    ///
    /// ```
    /// use serde_json::json;
    /// use standin_stage::{Transport, World, WorldSpec};
    ///
    /// let world = World::open(&WorldSpec::default(), Transport::Memory)?;
    /// world.fault(&json!({"platform": "gigya", "call": "accounts.search", "nth": 2, "code": 500001}))?;
    /// let search = || world.gigya("accounts.search", &[("query", "SELECT * FROM accounts")]);
    /// assert!(search().is_ok() && search().is_err() && search().is_ok());
    /// let bad = world.fault(&json!({"platform": "gigya", "cut": "befor"})).unwrap_err();
    /// assert_eq!(bad.member, "cut");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fault(&self, rule: &Value) -> Result<Fault, BadRule> {
        let rule = Fault::read(self.now(), rule)?;
        self.parts.add_fault(rule.clone()).map_err(|error| BadRule::at("", error.to_string()))?;
        Ok(rule)
    }

    /// Stops the running job of a dataflow, as the console's button does, and gives its id.
    pub(crate) fn stop_job(&self, dataflow_id: &str) -> Option<String> {
        let now = self.now();
        let mut gigya = locked(&self.parts.gigya);
        gigya.running_job_of(dataflow_id).filter(|job| gigya.stop_job(now, job))
    }

    /// Takes all rules away.
    pub fn clear_faults(&self) {
        self.parts.clear_faults();
    }

    /// Sets a knob of a fake from here on.
    pub fn set_knob(&self, name: &str, value: &str) -> Result<(), KnobError> {
        match name.split('.').next() {
            Some("qualifio") => locked(&self.parts.qualifio).knobs_mut().set(name, value),
            Some("eloqua") => locked(&self.parts.eloqua).knobs_mut().set(name, value),
            Some("sftp") => locked(&self.parts.files).knobs_mut().set(name, value),
            _ => locked(&self.parts.gigya).knobs_mut().set(name, value),
        }
    }

    /// Calls a method of Gigya with the first site's key, as the customer's own program does, over this
    /// world's transport.
    pub fn gigya(&self, method: &str, params: &[(&str, &str)]) -> Result<Value, GigyaError> {
        let params: Vec<(&str, String)> =
            params.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Run::new(self, PathBuf::new()).gigya(method, &params, false)
    }

    /// An account with everything in it.
    pub fn account(&self, uid: &str) -> Option<Value> {
        locked(&self.parts.gigya).account(uid)
    }

    /// All contacts, oldest first.
    pub fn contacts(&self) -> Vec<Value> {
        locked(&self.parts.eloqua).contacts()
    }

    /// The statistics of a campaign, oldest row first.
    pub fn statistics(&self, title: &str) -> Vec<Value> {
        let qualifio = locked(&self.parts.qualifio);
        qualifio.campaign_of(title).map(|id| qualifio.statistics(id)).unwrap_or_default()
    }

    /// The whole journal as JSON Lines, which is what two runs are compared by.
    pub fn journal(&self) -> String {
        let entries = self.parts.journal.entries();
        entries.iter().map(|entry| format!("{}\n", crate::control::entry_json(entry))).collect()
    }

    /// The one socket under which all host names of this world answer; it is opened when it is first asked for.
    pub fn front(&self) -> std::io::Result<&Front> {
        self.front_as(Opening {
            on: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            callers: Callers::Browsers,
            allowed: Vec::new(),
            authority: None,
        })
    }

    /// The same, opened as described if it is not open yet.
    pub fn front_as(&self, opening: Opening) -> std::io::Result<&Front> {
        if self.front.get().is_none() {
            let opened = Front::open(self, opening)?;
            // Whoever was faster has opened one just like it.
            drop(self.front.set(opened));
        }
        self.front.get().ok_or_else(|| std::io::Error::other("the front is gone"))
    }

    /// Where the stage's own page is.
    pub fn control_url(&self) -> String {
        self.control.map(|address| format!("http://{address}")).unwrap_or_default()
    }

    /// What a program needs to find and use the platforms, as names and values of environment variables.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let Some(sockets) = self.sockets else { return Vec::new() };
        let user = self.file_target().username;
        self.environment_at(&sockets, &self.control_url(), host_key(self.seed), &user)
    }

    /// The same behind sockets of others, with this user of the drop's.
    pub(crate) fn environment_at(
        &self,
        sockets: &Sockets,
        control: &str,
        host_key: [u8; 32],
        login: &str,
    ) -> Vec<(&'static str, String)> {
        let api_key = locked(&self.parts.gigya).first_site();
        let (user_key, secret, _) = locked(&self.parts.gigya).site_access(&api_key).unwrap_or_default();
        let partner_secret = locked(&self.parts.gigya).partner_secret(&api_key).unwrap_or_default();
        let (site, user, password) = locked(&self.parts.eloqua).credentials();
        let (client_id, client_secret) = locked(&self.parts.eloqua).oauth_client();
        let known = {
            let files = locked(&self.parts.files);
            let behind = login.rsplit_once('@').map_or(login, |(name, _)| name);
            files.user(login).or_else(|| files.user(behind))
        };
        let sftp_password = known.and_then(|user| user.password.clone()).unwrap_or_default();
        let url = |address: SocketAddr| format!("http://{address}");
        vec![
            ("GIGYA_URL", url(sockets.gigya)),
            ("ELOQUA_URL", url(sockets.eloqua)),
            ("QUALIFIO_URL", url(sockets.qualifio)),
            ("SFTP_HOST", sockets.sftp.ip().to_string()),
            ("SFTP_PORT", sockets.sftp.port().to_string()),
            ("SFTP_USER", login.to_owned()),
            ("SFTP_PASSWORD", sftp_password.reveal().to_owned()),
            ("SFTP_HOST_KEY", standin_serve::sftp::host_key_fingerprint(&host_key)),
            ("FTP_PORT", sockets.ftp.port().to_string()),
            ("GIGYA_API_KEY", api_key),
            ("GIGYA_USER_KEY", user_key),
            ("GIGYA_SECRET", secret.reveal().to_owned()),
            ("GIGYA_PARTNER_SECRET", partner_secret.reveal().to_owned()),
            ("ELOQUA_SITE", site),
            ("ELOQUA_USER", user),
            ("ELOQUA_PASSWORD", password.reveal().to_owned()),
            ("ELOQUA_CLIENT_ID", client_id),
            ("ELOQUA_CLIENT_SECRET", client_secret.reveal().to_owned()),
            ("STANDIN_URL", control.to_owned()),
        ]
    }

    /// The drop, and its first user who has a password.
    pub fn file_target(&self) -> FilesTarget {
        let files = locked(&self.parts.files);
        let first = files.users().find_map(|user| Some((user.name.clone(), user.password.clone()?)));
        let (username, password) = first.unwrap_or_default();
        FilesTarget {
            protocol: standin_ports::FileProtocol::Sftp,
            host: files.host().to_owned(),
            port: 22,
            username,
            credential: Credential::Password(password),
            timeout: Duration::from_secs(10),
            start: standin_ports::PathStart::Root,
        }
    }

    /// The weakest evidence among the platform calls that were made here, and which call it is.
    pub fn weakest_evidence(&self) -> Option<(Level, String)> {
        let calls: BTreeSet<(&'static str, String)> = self.parts.journal.calls();
        let lists = [
            ("gigya", standin_fake_gigya::endpoints()),
            ("qualifio", Qualifio::endpoints()),
            ("eloqua", Eloqua::endpoints()),
        ];
        let known =
            lists.iter().flat_map(|(platform, list)| list.iter().map(move |endpoint| (*platform, endpoint)));
        let made =
            known.filter(|(platform, endpoint)| calls.contains(&(*platform, endpoint.name.to_owned())));
        made.map(|(platform, endpoint)| (endpoint.evidence.level, format!("{platform}: {}", endpoint.name)))
            .min_by_key(|(level, _)| *level)
    }

    fn connect_wire(&mut self, listen: Listen, hosting: Hosting) -> std::io::Result<()> {
        let handle = runtime().clone();
        let _entered = handle.enter();
        let address = hosting.address;
        let bind = |at: usize| bind(listen, address, at);
        let worlds = listen.control.then(|| Arc::new(Worlds::new(&self.parts, hosting)));
        let platforms = [Platform::Gigya, Platform::Qualifio, Platform::Eloqua, Platform::LoginPage];
        let mut addresses = Vec::new();
        for (at, platform) in platforms.into_iter().enumerate() {
            let (listener, address) = bind(at)?;
            let surface = match &worlds {
                Some(worlds) => Arc::new(Routed::new(platform, worlds)) as Arc<dyn Http>,
                None => Arc::new(Surface::new(platform, &self.parts)),
            };
            self.served.push(standin_serve::http::spawn(listener, surface)?);
            addresses.push(address);
        }
        let doors: Doors = match worlds.clone() {
            Some(worlds) => Arc::new(move |user: &str| worlds.door(user)),
            None => {
                let door = Door {
                    drop: Arc::clone(&self.parts.files),
                    clock: Arc::clone(&self.parts.clock) as Arc<dyn Clock>,
                    journal: Arc::clone(&self.parts.journal) as Arc<dyn Journal>,
                };
                Arc::new(move |user: &str| (door.clone(), user.to_owned()))
            }
        };
        let (listener, sftp) = bind(platforms.len())?;
        let key = host_key(self.seed);
        self.served.push(standin_serve::sftp::spawn_before(&handle, listener, Arc::clone(&doors), &key)?);
        let known = Arc::new(OnceLock::new());
        if let Some(worlds) = &worlds {
            let (listener, address) = bind(platforms.len() + 1)?;
            let control = Control::of_many(worlds, Arc::clone(&known));
            self.served.push(standin_serve::http::spawn(listener, Arc::new(control))?);
            self.control = Some(address);
        }
        let (listener, ftp) = bind(platforms.len() + 2)?;
        self.served.push(standin_serve::ftp::spawn_before(&handle, listener, doors)?);
        // Nobody but Gigya calls it: it needs no port of one's own choice.
        let (listener, receiver) = self::bind(Listen::default(), IpAddr::V4(Ipv4Addr::LOCALHOST), 0)?;
        self.served.push(standin_serve::http::spawn(listener, crate::receiver::surface(&self.parts))?);
        let sockets = Sockets {
            receiver,
            gigya: addresses[0],
            qualifio: addresses[1],
            eloqua: addresses[2],
            login_pages: addresses[3],
            sftp,
            ftp,
        };
        let _ = known.set(sockets);
        if let Some(worlds) = &worlds {
            let url = self.control_url();
            worlds.settle_in(Place { sockets, url, seed: self.seed });
        }
        self.worlds = worlds;
        let weak = Arc::downgrade(&self.parts);
        let client =
            HttpClient::new(handle.clone(), Arc::new(move |host: &str| resolve(&weak, &sockets, host)));
        let at = |address: SocketAddr| -> ResolvePort {
            let weak = Arc::downgrade(&self.parts);
            Arc::new(move |host: &str, _port| resolve_drop(&weak, address, host))
        };
        let ssh = SshLogin::new(handle.clone(), at(sockets.sftp));
        let login = FileLogin { ssh, ftp: FtpLogin::new(handle, at(sockets.ftp)) };
        drop(self.parts.outside.set(runtime().clone()));
        let client = Patient { client, parts: Arc::downgrade(&self.parts) };
        drop(self.parts.http.set(Arc::new(client) as Arc<dyn Http>));
        drop(self.parts.login.set(Arc::new(login) as Arc<dyn Login>));
        self.sockets = Some(sockets);
        Ok(())
    }

    fn put_dataflows(&mut self, dataflows: &BTreeMap<String, Value>) -> Result<(), WorldError> {
        let now = self.now();
        for (name, document) in dataflows {
            let api_key = document["apiKey"].as_str().filter(|key| locked(&self.parts.gigya).has_site(key));
            let api_key = api_key.map_or_else(|| locked(&self.parts.gigya).first_site(), str::to_owned);
            let document = self.with_secrets(document.clone());
            let id = locked(&self.parts.gigya)
                .put_dataflow(now, &api_key, &document)
                .map_err(|why| WorldError::Dataflow { name: name.clone(), why })?;
            self.dataflows.insert(name.clone(), id);
        }
        Ok(())
    }

    /// A stored dataflow shows its passwords as asterisks; those of the drop's own users are known here.
    pub fn with_secrets(&self, mut document: Value) -> Value {
        let files = locked(&self.parts.files);
        for step in document["steps"].as_array_mut().into_iter().flatten() {
            let Some(params) = step.get_mut("params").and_then(Value::as_object_mut) else { continue };
            let masked = params.get("password").is_some_and(|password| password == "********");
            let username = params.get("username").and_then(Value::as_str).unwrap_or_default();
            let known = files.user(username).and_then(|user| user.password.clone());
            if masked && let Some(password) = known {
                params.insert("password".to_owned(), Value::from(password.reveal()));
            }
        }
        document
    }
}

/// All knobs of all fakes.
pub fn knobs() -> Vec<Knob> {
    [
        standin_fake_gigya::KNOBS,
        standin_fake_qualifio::KNOBS,
        standin_fake_eloqua::KNOBS,
        standin_fake_sftp::KNOBS,
    ]
    .concat()
}

fn seeded(spec: &WorldSpec, clock: Arc<StageClock>) -> Result<Arc<Parts>, WorldError> {
    let now = clock.now();
    let (mut gigya, mut qualifio, mut eloqua) =
        (Gigya::new(spec.seed), Qualifio::new(spec.seed), Eloqua::new(spec.seed));
    let mut files = FileDrop::new();
    if !spec.owner.is_empty() {
        qualifio.owned_by(&spec.owner);
    }
    for (name, value) in &spec.knobs {
        let knobs = match name.split('.').next() {
            Some("qualifio") => qualifio.knobs_mut(),
            Some("eloqua") => eloqua.knobs_mut(),
            Some("sftp") => files.knobs_mut(),
            _ => gigya.knobs_mut(),
        };
        knobs.set(name, value)?;
    }
    let empty = Value::Object(Map::new());
    let section = |name: &str| spec.sections.get(name).unwrap_or(&empty);
    let failed = |section: &'static str| move |error: SeedError| WorldError::Seed { section, error };
    gigya.seed(now, section("gigya")).map_err(failed("gigya"))?;
    let data_center_of = |api_key: &str| gigya.site_access(api_key).map(|(_, _, data_center)| data_center);
    let api_key = gigya.first_site();
    let (user_key, secret, data_center) = gigya.site_access(&api_key).unwrap_or_default();
    qualifio.gigya_defaults(GigyaConfig { api_key, user_key: Secret::new(user_key), secret, data_center });
    qualifio.seed(now, section("qualifio")).map_err(failed("qualifio"))?;
    eloqua.seed(now, section("eloqua")).map_err(failed("eloqua"))?;
    files.seed(now, section("sftp")).map_err(failed("sftp"))?;
    files.seed_faults(spec.seed);
    let mut buckets = Buckets::default();
    buckets.seed(now, section("stores")).map_err(failed("stores"))?;
    let mut login_pages = LoginPages::default();
    login_pages
        .seed(spec.sections.get("login_pages").unwrap_or(&Value::Null), &data_center_of)
        .map_err(failed("login_pages"))?;
    Ok(Arc::new(Parts {
        journal: Arc::new(WorldJournal::new(Arc::clone(&clock))),
        clock,
        faults: Mutex::new(Faults::seeded(spec.seed)),
        gigya: Arc::new(Mutex::new(gigya)),
        qualifio: Mutex::new(qualifio),
        eloqua: Mutex::new(eloqua),
        files: Arc::new(Mutex::new(files)),
        buckets: Arc::new(Mutex::new(buckets)),
        login_pages: Mutex::new(login_pages),
        receiver: Mutex::default(),
        stubs: Mutex::default(),
        outside: OnceLock::new(),
        elsewhere: OnceLock::new(),
        asker: Mutex::default(),
        undoing: AtomicUsize::new(0),
        outbox: tokio::sync::Mutex::new(Outbox::default()),
        http: OnceLock::new(),
        login: OnceLock::new(),
    }))
}

/// Lets a world's parts call each other directly, unless they are connected already.
fn connect_memory(parts: &Arc<Parts>) {
    let login = MemoryLogin::new(
        Arc::clone(&parts.files),
        Arc::clone(&parts.clock) as Arc<dyn Clock>,
        Arc::clone(&parts.journal) as Arc<dyn Journal>,
    )
    .reading_keys(Arc::new(standin_wire::public_key_of));
    drop(parts.http.set(Arc::new(Direct(Arc::downgrade(parts)))));
    drop(parts.login.set(Arc::new(login)));
}

fn bind(listen: Listen, on: IpAddr, at: usize) -> std::io::Result<(TcpListener, SocketAddr)> {
    let next = || u16::try_from(at).ok().and_then(|at| listen.port.checked_add(at));
    let port = if listen.port == 0 { Some(0) } else { next() };
    let port = port.ok_or_else(|| {
        let (first, last) = (listen.port, u16::MAX);
        std::io::Error::other(format!(
            "port {first}: the ports behind it are needed, too, and the last one is {last}"
        ))
    })?;
    let listener = TcpListener::bind((on, port))
        .map_err(|error| std::io::Error::new(error.kind(), format!("port {port}: {}", error.kind())))?;
    listener.set_nonblocking(true)?;
    let mut address = listener.local_addr()?;
    // Nobody can be called at every address at once.
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    Ok((listener, address))
}

fn resolve(parts: &Weak<Parts>, sockets: &Sockets, host: &str) -> Option<SocketAddr> {
    parts.upgrade()?.platform_of(host).map(|platform| sockets.of(platform))
}

fn resolve_drop(parts: &Weak<Parts>, address: SocketAddr, host: &str) -> Option<SocketAddr> {
    let parts = parts.upgrade()?;
    let ours = locked(&parts.files).answers_to(host);
    ours.then_some(address)
}

pub(crate) fn host_key(seed: u64) -> [u8; 32] {
    let mut key = *b"standin loopback ssh host key 00";
    key[24..].copy_from_slice(&seed.to_le_bytes());
    key
}

/// The runtime that all sockets of this process share, started when the first world needs it.
pub(crate) fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            built.unwrap_or_else(|error| panic!("no runtime could be started: {error}"))
        })
        .handle()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use standin_fake_kit::seed;

    /// What stands in every item of a list, as far as it may, so that its reader comes to what is below.
    fn beside(list: &str, shape: Shape) -> Map<String, Value> {
        let always = match list {
            "accounts" => json!({"UID": "ann"}),
            "campaigns" => json!({"title": "Spring quiz"}),
            "custom_objects" | "imports" | "lead_scores" => json!({"name": "one"}),
            "fields" | "optins" => json!({"variable": "size"}),
            "webhooks" => json!({"name": "one", "url": "https://hook.example/"}),
            _ => json!({}),
        };
        let mut always = always.as_object().cloned().unwrap_or_default();
        always.retain(|name, _| seed::names(shape).contains(&name.as_str()));
        always
    }

    /// Mappings of a shape, each with a member somewhere that nobody knows.
    fn with_unknown(shape: Shape, always: &Map<String, Value>) -> Vec<Value> {
        let with = |name: &str, value: Value| {
            let mut members = always.clone();
            members.insert(name.to_owned(), value);
            Value::Object(members)
        };
        let mut all = vec![with(UNKNOWN, json!(1))];
        for part in shape {
            all.extend(below(part).into_iter().map(|value| with(part.names()[0], value)));
        }
        all
    }

    /// Values of a member, each with a member somewhere that nobody knows.
    fn below(part: &Part) -> Vec<Value> {
        let within = |shape, list| with_unknown(shape, &beside(list, shape)).into_iter();
        match *part {
            Part::Plain(_) => Vec::new(),
            Part::One(_, shape) | Part::Short(_, shape) => within(shape, "").collect(),
            Part::List(name, shape) | Part::Shorts(name, shape) => {
                within(shape, name).map(|item| json!([item])).collect()
            }
            Part::Named(_, shape) => within(shape, "").map(|item| json!({"Brand BE": item})).collect(),
        }
    }

    const UNKNOWN: &str = "nobodys";

    fn without_unknown(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let known = members.iter().filter(|(name, _)| *name != UNKNOWN);
                Value::Object(known.map(|(name, value)| (name.clone(), without_unknown(value))).collect())
            }
            Value::Array(items) => items.iter().map(without_unknown).collect(),
            value => value.clone(),
        }
    }

    /// Wherever a reader refuses a member that it does not know, the JSON Schema does too, and for nothing else.
    #[test]
    fn readers_and_schemas_refuse_the_same_members() {
        let schema = json!({"type": "object", "properties": seed::members(SECTIONS)});
        let schema = jsonschema::validator_for(&schema).unwrap();
        let (mut tried, mut parted) = (0, Vec::new());
        for part in SECTIONS {
            let section = part.names()[0];
            for value in below(part) {
                let mut spec = WorldSpec::default();
                spec.sections.insert(section.to_owned(), value.clone());
                let told = match World::open(&spec, Transport::Memory) {
                    Err(WorldError::Seed { error, .. }) => error.message,
                    Err(error) => error.to_string(),
                    Ok(_) => "nothing".to_owned(),
                };
                let refused = !schema.is_valid(&json!({section: value}));
                let for_that = schema.is_valid(&json!({section: without_unknown(&value)}));
                if told != format!("`{UNKNOWN}` is not known here") || !refused || !for_that {
                    parted.push(format!("{section}: {value}: {told}, {refused}, {for_that}"));
                }
                tried += 1;
            }
        }
        assert!(parted.is_empty() && tried > 50, "{tried}: {}", parted.join("\n"));
    }
}
