//! The one socket on which a world answers under all of its host names, as a browser needs it.

use crate::control::Control;
use crate::control::worlds::Worlds;
use crate::parts::Direct;
use crate::surface::{ACTOR, Platform, locked};
use crate::world::World;
use http::HeaderValue;
use standin_ports::http::host_of;
use standin_ports::{Http, HttpError, Request, Response};
use standin_serve::Served;
use standin_serve::authority::Authority;
use standin_serve::front::{Names, Way};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock};

/// How many names that nobody has are remembered.
const SOUGHT: usize = 1_000;

/// Where SSH listens, and FTP.
const DROP_PORTS: [u16; 2] = [22, 21];

/// Where the web listens.
const WEB_PORTS: [u16; 2] = [80, 443];

/// The front of a world; it serves until it is dropped.
#[derive(Debug)]
pub struct Front {
    authority: Arc<Authority>,
    sought: Arc<Mutex<Sought>>,
    _served: Served,
    /// Where it is called by whoever is on this machine.
    address: SocketAddr,
}

impl Front {
    /// Opens it as described.
    pub(crate) fn open(world: &World, opening: Opening) -> io::Result<Self> {
        let Opening { on, port, callers, allowed, authority } = opening;
        let authority = match authority {
            Some(authority) => authority,
            None => Arc::new(Authority::new().map_err(io::Error::other)?),
        };
        let listener = TcpListener::bind((on, port))
            .map_err(|error| io::Error::new(error.kind(), format!("port {port}: {}", error.kind())))?;
        let known = Arc::new(world.sockets().map_or_else(OnceLock::new, OnceLock::from));
        let worlds = world.worlds().cloned();
        let control = match &worlds {
            Some(worlds) => Control::of_many(worlds, known),
            None => Control::new(world.parts(), known),
        };
        let parts = Arc::downgrade(world.parts());
        let others = worlds.clone();
        let sought = Arc::new(Mutex::new(Sought::default()));
        let (seen, answering) = (Arc::clone(&sought), parts.clone());
        let sockets = world.sockets();
        let names: Names = Arc::new(move |name, port| {
            if let (Some(parts), Some(sockets), Some(port)) = (answering.upgrade(), sockets, port)
                && DROP_PORTS.contains(&port)
                && locked(&parts.files).answers_to(name)
            {
                return Way::At(if port == DROP_PORTS[0] { sockets.sftp } else { sockets.ftp });
            }
            let web = port.is_none_or(|port| !DROP_PORTS.contains(&port));
            let here = web
                && (name == CONTROL
                    || answering.upgrade().is_some_and(|parts| parts.platform_of(name).is_some())
                    || others.as_ref().is_some_and(|others| others.of_host(name).is_some()));
            let way = match here {
                true => Way::Here,
                false if allowed.iter().any(|one| one == name) => Way::Outside,
                false => Way::Nowhere,
            };
            if way == Way::Nowhere {
                locked(&seen).note(name, port);
            }
            way
        });
        let surface = Arc::new(Everything { platforms: Direct(parts), worlds, control, callers });
        let served =
            standin_serve::front::spawn_on(crate::world::runtime(), listener, &authority, names, surface)?;
        let mut address = served.addr;
        // Nobody can be called at every address at once.
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                Ipv4Addr::LOCALHOST.into()
            } else {
                Ipv6Addr::LOCALHOST.into()
            });
        }
        Ok(Self { authority, sought, _served: served, address })
    }

    /// Where it is called.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who vouches for its names.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Where somebody was asked for and nobody is.
    pub fn sought_in_vain(&self) -> Vec<Place> {
        locked(&self.sought).places.iter().cloned().collect()
    }

    /// Whether more names were asked for in vain than are remembered.
    pub fn sought_more(&self) -> bool {
        locked(&self.sought).more
    }
}

/// A name, and the port under it where that is none of the web's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    name: String,
    port: Option<u16>,
}

impl Place {
    /// The name alone.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) if self.name.contains(':') => write!(f, "[{}]:{port}", self.name),
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Places where nobody is.
#[derive(Debug, Default)]
struct Sought {
    places: BTreeSet<Place>,
    /// Whether there were more of them than are remembered.
    more: bool,
}

impl Sought {
    fn note(&mut self, name: &str, port: Option<u16>) {
        let port = port.filter(|port| !WEB_PORTS.contains(port));
        let place = Place { name: name.to_owned(), port };
        if self.places.len() < SOUGHT {
            self.places.insert(place);
        } else {
            self.more |= !self.places.contains(&place);
        }
    }
}

/// How a front is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The address that it listens on.
    pub on: IpAddr,
    /// The port there; 0 lets the system choose.
    pub port: u16,
    /// Who calls.
    pub callers: Callers,
    /// Hosts of the world outside that clients may reach through it.
    pub allowed: Vec<String>,
    /// Who vouches for the names; without one there is a new one.
    pub authority: Option<Arc<Authority>>,
}

/// Who calls at the front.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Callers {
    /// The browsers of a scenario; the journal says so.
    Browsers,
    /// Whoever is told the address.
    Anybody,
}

/// The name of the stage's own page at the front.
pub const CONTROL: &str = "standin.localhost";

/// All platforms of a world, and the stage itself as [`CONTROL`].
struct Everything {
    platforms: Direct,
    worlds: Option<Arc<Worlds>>,
    control: Control,
    callers: Callers,
}

#[async_trait::async_trait]
impl Http for Everything {
    async fn send(&self, mut request: Request) -> Result<Response, HttpError> {
        if host_of(&request) == CONTROL {
            return self.control.send(request).await;
        }
        if self.callers == Callers::Browsers {
            request.headers_mut().insert(ACTOR, HeaderValue::from_static("browser"));
        }
        let Some(worlds) = &self.worlds else { return self.platforms.send(request).await };
        let host = host_of(&request);
        let platform = worlds.first().platform_of(&host);
        let asker = match worlds.of(platform.unwrap_or(Platform::LoginPage), &request) {
            Ok(asker) => asker,
            Err(problem) => return Ok(problem.answer()),
        };
        let hosted = asker.hosted.clone().or_else(|| worlds.of_host(&host));
        let (answer, hosted) = match &hosted {
            None => (self.platforms.send(request).await, worlds.main()),
            Some(hosted) => {
                let answer = Direct(Arc::downgrade(hosted.parts())).send(request).await;
                hosted.touch();
                (answer, Some(hosted))
            }
        };
        let parts = hosted.map_or(worlds.first(), |hosted| hosted.parts());
        if parts.platform_of(&host) == Some(Platform::Qualifio) {
            parts.push_accepted().await;
        }
        let answer = answer?;
        if let (Some(hosted), Some(platform)) = (hosted, platform) {
            worlds.learn(hosted, platform, &asker, &answer);
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_where_it_is_told_to() {
        let world = World::new().unwrap();
        let opening = Opening {
            on: Ipv4Addr::UNSPECIFIED.into(),
            port: 0,
            callers: Callers::Anybody,
            allowed: Vec::new(),
            authority: None,
        };
        let address = world.front_as(opening).unwrap().address();
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
        // An address of this machine that is not the one it is called at.
        assert!(std::net::TcpStream::connect(("127.0.0.2", address.port())).is_ok());
    }

    #[test]
    fn places_are_told_with_the_ports_that_are_not_the_webs() {
        let told = |name: &str, port| {
            let mut sought = Sought::default();
            sought.note(name, port);
            sought.places.iter().map(Place::to_string).collect::<String>()
        };
        for (name, port, expected) in [
            ("a.example", None, "a.example"),
            ("a.example", Some(443), "a.example"),
            ("a.example", Some(5432), "a.example:5432"),
            ("::2", Some(5432), "[::2]:5432"),
        ] {
            assert_eq!(told(name, port), expected);
        }
    }

    #[test]
    fn names_beyond_the_bound_are_told() {
        let mut sought = Sought::default();
        (0..SOUGHT).for_each(|n| sought.note(&format!("{n}.example"), None));
        sought.note("0.example", Some(443));
        assert!(!sought.more, "nothing was left out");
        sought.note("0.example", Some(5432));
        assert!(sought.more && sought.places.len() == SOUGHT);
    }
}
