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
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock};

/// How many names that nobody has are remembered.
const SOUGHT: usize = 1_000;

/// The front of a world; it serves until it is dropped.
#[derive(Debug)]
pub struct Front {
    authority: Arc<Authority>,
    sought: Arc<Mutex<Sought>>,
    served: Served,
}

impl Front {
    /// Opens it as described.
    pub(crate) fn open(world: &World, opening: Opening) -> io::Result<Self> {
        let Opening { port, callers, allowed, authority } = opening;
        let authority = match authority {
            Some(authority) => authority,
            None => Arc::new(Authority::new().map_err(io::Error::other)?),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
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
        let names: Names = Arc::new(move |name| {
            let here = name == CONTROL
                || answering.upgrade().is_some_and(|parts| parts.platform_of(name).is_some())
                || others.as_ref().is_some_and(|others| others.of_host(name).is_some());
            let way = match here {
                true => Way::Here,
                false if allowed.iter().any(|one| one == name) => Way::Outside,
                false => Way::Nowhere,
            };
            if way == Way::Nowhere {
                locked(&seen).note(name);
            }
            way
        });
        let surface = Arc::new(Everything { platforms: Direct(parts), worlds, control, callers });
        let served =
            standin_serve::front::spawn_on(crate::world::runtime(), listener, &authority, names, surface)?;
        Ok(Self { authority, sought, served })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.addr
    }

    /// Who vouches for its names.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Names that were asked for and that nobody has.
    pub fn sought_in_vain(&self) -> Vec<String> {
        locked(&self.sought).names.iter().cloned().collect()
    }

    /// Whether more names were asked for in vain than are remembered.
    pub fn sought_more(&self) -> bool {
        locked(&self.sought).more
    }
}

/// Names that nobody has.
#[derive(Debug, Default)]
struct Sought {
    names: BTreeSet<String>,
    /// Whether there were more of them than are remembered.
    more: bool,
}

impl Sought {
    fn note(&mut self, name: &str) {
        if self.names.len() < SOUGHT {
            self.names.insert(name.to_owned());
        } else {
            self.more |= !self.names.contains(name);
        }
    }
}

/// How a front is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The port on loopback; 0 lets the system choose.
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
    fn names_beyond_the_bound_are_told() {
        let mut sought = Sought::default();
        (0..SOUGHT).for_each(|n| sought.note(&format!("{n}.example")));
        sought.note("0.example");
        assert!(!sought.more, "nothing was left out");
        sought.note("one.more.example");
        assert!(sought.more && sought.names.len() == SOUGHT);
    }
}
