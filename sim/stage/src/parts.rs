//! Everything that one world consists of, and the names by which its hosts are found.

use crate::clock::StageClock;
use crate::customer::LoginPages;
use crate::journal::WorldJournal;
use crate::receiver::Receiver;
use crate::stores::{Buckets, WorldStores};
use crate::stubs::Stubs;
use crate::surface::{Platform, Surface, locked};
use crate::trouble::Near;
use standin_fake_eloqua::Eloqua;
use standin_fake_gigya::Gigya;
use standin_fake_kit::faults::Faults;
use standin_fake_qualifio::Qualifio;
use standin_fake_sftp::Drop as FileDrop;
use standin_ports::http::{Left, host_of};
use standin_ports::{Http, HttpError, Login, Request, Response};
use standin_push::Outbox;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, Weak};

/// The parts of one world.
pub struct Parts {
    /// The clock that everybody reads.
    pub clock: Arc<StageClock>,
    /// What happened.
    pub journal: Arc<WorldJournal>,
    /// What is to go wrong.
    pub faults: Mutex<Faults>,
    /// The fake Gigya.
    pub gigya: Arc<Mutex<Gigya>>,
    /// The fake Qualifio.
    pub qualifio: Mutex<Qualifio>,
    /// The fake Eloqua.
    pub eloqua: Mutex<Eloqua>,
    /// The drop.
    pub files: Arc<Mutex<FileDrop>>,
    /// The object stores.
    pub buckets: Arc<Mutex<Buckets>>,
    /// The customer's login pages.
    pub login_pages: Mutex<LoginPages>,
    /// Pushes on their way to Gigya.
    pub outbox: tokio::sync::Mutex<Outbox>,
    /// What webhooks brought to the customer.
    pub receiver: Mutex<Receiver>,
    /// What stands in the place of dataflows' steps.
    pub stubs: Mutex<Stubs>,
    /// The runtime on which receivers of others are reached, on the wire.
    pub(crate) outside: OnceLock<tokio::runtime::Handle>,
    /// A platform that is somebody else's in this world, and the way to it.
    pub(crate) elsewhere: OnceLock<(Platform, Arc<dyn Http>)>,
    /// For whom the work at hand is done, so that it ends early once nobody waits for it.
    pub(crate) asker: Mutex<Left>,
    /// How many wait to undo what happens here, so that time need not pass to its end.
    pub(crate) undoing: AtomicUsize,
    /// How our own side reaches the platforms.
    pub(crate) http: OnceLock<Arc<dyn Http>>,
    /// How our own side and Eloqua reach the drop.
    pub(crate) login: OnceLock<Arc<dyn Login>>,
}

impl Parts {
    /// How our own side reaches the platforms.
    pub fn http(&self) -> Arc<dyn Http> {
        self.http.get().cloned().unwrap_or_else(|| Arc::new(Nowhere))
    }

    /// How our own side reaches the drop.
    pub fn login(&self) -> Arc<dyn Login> {
        self.login.get().cloned().unwrap_or_else(|| Arc::new(Nowhere))
    }

    /// How our own side reaches object stores, on every transport.
    pub(crate) fn stores(&self) -> WorldStores {
        let (buckets, clock) = (Arc::clone(&self.buckets), Arc::clone(&self.clock));
        WorldStores { buckets, clock, journal: Arc::clone(&self.journal) }
    }

    /// Does the work at hand for somebody, until the answer is dropped.
    pub(crate) fn for_asker(&self, asker: Left) -> Asked<'_> {
        *locked(&self.asker) = asker;
        Asked(self)
    }

    /// Whether whoever the work at hand is done for has left.
    pub(crate) fn asker_left(&self) -> bool {
        locked(&self.asker).is_so()
    }

    /// The same state, from here on apart. The stores share what neither side changes, so a world of any size
    /// is forked at once; who adds a kind of state has to say here what becomes of it.
    pub(crate) async fn fork(&self) -> Arc<Self> {
        let Self {
            clock,
            journal,
            faults,
            gigya,
            qualifio,
            eloqua,
            files,
            buckets,
            login_pages,
            outbox,
            receiver,
            stubs,
            outside: _,
            elsewhere,
            asker: _,
            undoing: _,
            http: _,
            login: _,
        } = self;
        let outbox = outbox.lock().await.clone();
        let clock = Arc::new(clock.fork());
        Arc::new(Self {
            journal: Arc::new(journal.fork(Arc::clone(&clock))),
            clock,
            faults: copied(faults),
            gigya: Arc::new(copied(gigya)),
            qualifio: copied(qualifio),
            eloqua: copied(eloqua),
            files: Arc::new(copied(files)),
            buckets: Arc::new(copied(buckets)),
            login_pages: copied(login_pages),
            outbox: tokio::sync::Mutex::new(outbox),
            receiver: copied(receiver),
            stubs: copied(stubs),
            outside: OnceLock::new(),
            elsewhere: elsewhere.clone(),
            asker: Mutex::default(),
            undoing: AtomicUsize::new(0),
            http: OnceLock::new(),
            login: OnceLock::new(),
        })
    }

    /// Goes back to the state of `from`, or over to it; whoever holds a part of this world holds it still. Calls that
    /// are under way land before or after.
    pub(crate) async fn take_over(&self, from: &Self) {
        let Self {
            clock,
            journal,
            faults,
            gigya,
            qualifio,
            eloqua,
            files,
            buckets,
            login_pages,
            outbox,
            receiver,
            stubs,
            elsewhere: _,
            outside: _,
            asker: _,
            undoing: _,
            http: _,
            login: _,
        } = self;
        let pushes = from.outbox.lock().await.clone();
        *outbox.lock().await = pushes;
        clock.take_over(&from.clock);
        taken(faults, &from.faults);
        taken(gigya, &from.gigya);
        taken(qualifio, &from.qualifio);
        taken(eloqua, &from.eloqua);
        taken(files, &from.files);
        taken(buckets, &from.buckets);
        taken(login_pages, &from.login_pages);
        taken(receiver, &from.receiver);
        taken(stubs, &from.stubs);
        journal.take_over(&from.journal);
    }

    /// Which platform answers under a host name; nobody, if the name does not resolve in this world.
    pub fn platform_of(&self, host: &str) -> Option<Platform> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let under = |domains: &[&str]| {
            domains.iter().any(|domain| {
                host.strip_suffix(domain).is_some_and(|head| head.is_empty() || head.ends_with('.'))
            })
        };
        if under(&["gigya.com", "sapcdm.cn", "gigya-api.cn", "gigya-api.com"]) {
            Some(Platform::Gigya)
        } else if under(&["eloqua.com"]) {
            Some(Platform::Eloqua)
        } else if locked(&self.login_pages).serves(host) {
            Some(Platform::LoginPage)
        } else if under(&["qualifioapp.com", "qualifio.com", "qualif.io", "manager.qualifio.example"])
            && !self.is_prefixed(host)
            || locked(&self.qualifio).serves(host)
        {
            Some(Platform::Qualifio)
        } else {
            // Under Qualifio's domain no customer can have a name that leads to Gigya.
            let prefixed = !under(&["qualifioapp.com"]) && locked(&self.gigya).is_custom_api_domain(host);
            let told = || {
                locked(&self.gigya).webhook_hosts().iter().any(|own| own == host)
                    || locked(&self.qualifio).webhook_hosts().iter().any(|own| own == host)
                    || locked(&self.eloqua).calls_back(host)
            };
            let elsewhere = || self.customer_elsewhere(host).is_some();
            prefixed
                .then_some(Platform::Gigya)
                .or_else(|| told().then_some(Platform::Receiver))
                .or_else(|| elsewhere().then_some(Platform::LoginPage))
        }
    }

    /// Whether a host name is a Custom API Domain Prefix in front of some domain.
    fn is_prefixed(&self, host: &str) -> bool {
        let prefixes = locked(&self.gigya).custom_api_domain_prefixes();
        prefixes
            .iter()
            .any(|prefix| host.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('.')))
    }
}

/// Somebody for whom a world works.
pub(crate) struct Asked<'p>(&'p Parts);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        *locked(&self.0.asker) = Left::default();
    }
}

fn copied<T: Clone>(state: &Mutex<T>) -> Mutex<T> {
    Mutex::new(locked(state).clone())
}

fn taken<T: Clone>(into: &Mutex<T>, from: &Mutex<T>) {
    let state = locked(from).clone();
    *locked(into) = state;
}

/// The memory transport: a request goes straight to the surface that its host names.
pub struct Direct(pub(crate) Weak<Parts>);

#[async_trait::async_trait]
impl Http for Direct {
    async fn send(&self, mut request: Request) -> Result<Response, HttpError> {
        request.extensions_mut().insert(Near);
        let host = host_of(&request);
        let unknown =
            || HttpError::Unreachable { host: host.clone(), why: "the name does not resolve".to_owned() };
        let parts = self.0.upgrade().ok_or_else(unknown)?;
        let platform = parts.platform_of(&host).ok_or_else(unknown)?;
        Surface::new(platform, &parts).send(request).await
    }
}

/// The sockets of a world on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Sockets {
    /// Gigya's.
    pub gigya: SocketAddr,
    /// Qualifio's.
    pub qualifio: SocketAddr,
    /// Eloqua's.
    pub eloqua: SocketAddr,
    /// The login pages'.
    pub login_pages: SocketAddr,
    /// The drop's, over SSH.
    pub sftp: SocketAddr,
    /// The drop's, with FTP.
    pub ftp: SocketAddr,
    /// That of the customer's receiver of webhooks.
    pub receiver: SocketAddr,
}

impl Sockets {
    /// The socket of a platform.
    pub fn of(&self, platform: Platform) -> SocketAddr {
        match platform {
            Platform::Gigya => self.gigya,
            Platform::Qualifio => self.qualifio,
            Platform::Eloqua => self.eloqua,
            Platform::LoginPage => self.login_pages,
            Platform::Receiver => self.receiver,
        }
    }
}

/// Where nothing answers.
struct Nowhere;

#[async_trait::async_trait]
impl Http for Nowhere {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        Err(HttpError::Unreachable { host: host_of(&request), why: "this world has no transport".to_owned() })
    }
}

#[async_trait::async_trait]
impl Login for Nowhere {
    async fn login(
        &self,
        target: &standin_ports::FilesTarget,
    ) -> Result<Box<dyn standin_ports::Files>, standin_ports::FileError> {
        let why = "this world has no transport".to_owned();
        Err(standin_ports::FileError::Unreachable { host: target.host.clone(), why })
    }
}
