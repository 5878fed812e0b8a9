//! The one socket on which a world answers under all of its host names, as a browser needs it.

use crate::parts::Direct;
use crate::surface::{ACTOR, locked};
use crate::world::World;
use http::HeaderValue;
use standin_ports::{Http, HttpError, Request, Response};
use standin_serve::Served;
use standin_serve::authority::Authority;
use standin_serve::front::Known;
use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// How many names that nobody has are remembered.
const SOUGHT: usize = 1_000;

/// The front of a world; it serves until it is dropped.
#[derive(Debug)]
pub struct Front {
    authority: Arc<Authority>,
    sought: Arc<Mutex<BTreeSet<String>>>,
    served: Served,
}

impl Front {
    pub(crate) fn open(world: &World) -> io::Result<Self> {
        let authority = Arc::new(Authority::new().map_err(io::Error::other)?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let parts = Arc::downgrade(world.parts());
        let sought = Arc::new(Mutex::new(BTreeSet::new()));
        let (seen, answering) = (Arc::clone(&sought), parts.clone());
        let known: Known = Arc::new(move |name| {
            let known = answering.upgrade().is_some_and(|parts| parts.platform_of(name).is_some());
            if !known && locked(&seen).len() < SOUGHT {
                locked(&seen).insert(name.to_owned());
            }
            known
        });
        let surface = Arc::new(FromBrowser(Direct(parts)));
        let served =
            standin_serve::front::spawn_on(crate::world::runtime(), listener, &authority, known, surface)?;
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
        locked(&self.sought).iter().cloned().collect()
    }
}

/// Tells the journal who calls.
struct FromBrowser(Direct);

#[async_trait::async_trait]
impl Http for FromBrowser {
    async fn send(&self, mut request: Request) -> Result<Response, HttpError> {
        request.headers_mut().insert(ACTOR, HeaderValue::from_static("browser"));
        self.0.send(request).await
    }
}
