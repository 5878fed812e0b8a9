//! The drop over SSH.
//!
//! One host key, logins by password or key, and of all that SSH can do only the `sftp` subsystem.
//!
//! - `answers`: what the subsystem answers.
//! - `listing`: how a folder is shown.

mod answers;
#[cfg(test)]
mod laws;
mod listing;

use crate::door::{self, Door, Doors};
use crate::line::{CutOnDrop, Cutter, Line};
use crate::room::Room;
use crate::served::{self, Served};
use answers::Answers;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{HashAlg, PrivateKey, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session as SshSession, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, MethodKind, MethodSet, SshId};
use standin_fake_sftp::{Drop, LoginError, Proof, PublicKey as AllowedKey, Session};
use standin_ports::{Clock, Journal, Secret};
use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// How many channels one connection may have open.
const CHANNELS: usize = 16;
/// How many bytes of requests, and of answers, may wait on one channel.
const BACKLOG: usize = 4 * 1024 * 1024;
/// The largest packet that SFTP clients are told to send.
const PACKET: u32 = 256 * 1024;

/// Serves `drop` on `listener`, on the runtime that the caller is in.
pub fn spawn(
    listener: TcpListener,
    drop: Arc<Mutex<Drop>>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    host_key_seed: &[u8; 32],
) -> io::Result<Served> {
    spawn_on(&served::current()?, listener, drop, clock, journal, host_key_seed)
}

/// Serves `drop` on `listener`, on the runtime behind `handle`. The same seed gives the same host key.
pub fn spawn_on(
    handle: &Handle,
    listener: TcpListener,
    drop: Arc<Mutex<Drop>>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    host_key_seed: &[u8; 32],
) -> io::Result<Served> {
    spawn_before(handle, listener, door::one(Door { drop, clock, journal }), host_key_seed)
}

/// Serves many drops on `listener`, on the runtime behind `handle`: a login's name says which.
pub fn spawn_before(
    handle: &Handle,
    listener: TcpListener,
    doors: Doors,
    host_key_seed: &[u8; 32],
) -> io::Result<Served> {
    let config = Arc::new(config(host_key_seed));
    served::accept(handle, listener, Room::shared(), move |stream, place| {
        let connection = connection(stream, Arc::clone(&config), Arc::clone(&doors));
        async move {
            connection.await;
            drop(place);
        }
    })
}

/// The fingerprint of the host key that a seed gives, as clients print it: `SHA256:...`.
pub fn host_key_fingerprint(host_key_seed: &[u8; 32]) -> String {
    host_key(host_key_seed).fingerprint(HashAlg::Sha256).to_string()
}

/// The host key that a seed gives, as `known_hosts` writes it after the host name.
pub fn host_key_line(host_key_seed: &[u8; 32]) -> String {
    host_key(host_key_seed).public_key().to_openssh().unwrap_or_default()
}

fn host_key(seed: &[u8; 32]) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(seed))
}

fn config(host_key_seed: &[u8; 32]) -> Config {
    Config {
        server_id: SshId::Standard("SSH-2.0-standin".into()),
        methods: methods(),
        // Guessing is not slowed down: nobody guards anything here, and tests would wait.
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![host_key(host_key_seed)],
        maximum_packet_size: 65_535,
        ..Config::default()
    }
}

async fn connection(stream: TcpStream, config: Arc<Config>, doors: Doors) {
    let cutter = Arc::new(Cutter::default());
    let _cut = CutOnDrop(Arc::clone(&cutter));
    let line = Line::new(stream, Arc::clone(&cutter));
    let connection = Connection { doors, cutter, session: None, channels: BTreeMap::new() };
    // What goes wrong on one connection is its client's affair.
    if let Ok(running) = russh::server::run_stream(config, line, connection).await {
        let _ = running.await;
    }
}

/// One client's connection, before and after login.
struct Connection {
    doors: Doors,
    cutter: Arc<Cutter>,
    session: Option<(Arc<Session>, Arc<dyn Clock>)>,
    /// Open, and no subsystem started on them.
    channels: BTreeMap<ChannelId, Channel<Msg>>,
}

impl Connection {
    fn login(&mut self, user: &str, proof: Proof<'_>) -> Result<Auth, russh::Error> {
        let (Door { drop, clock, journal }, user) = (self.doors)(user);
        match Session::open(drop, Arc::clone(&clock), journal, &user, proof) {
            Ok(session) => {
                self.session = Some((Arc::new(session), clock));
                Ok(Auth::Accept)
            }
            Err(LoginError::Refused) => Ok(refusal()),
            Err(LoginError::Cut) => {
                self.cutter.cut();
                Err(russh::Error::Disconnect)
            }
        }
    }
}

/// The channel as a stream whose directions do not wait for each other.
///
/// The connection stops reading from the network while a channel has too much unread, and what the client
/// says about its window with it. A subsystem that reads nothing while it answers would then wait for the
/// connection, and the connection for the subsystem.
fn apart(channel: Channel<Msg>) -> DuplexStream {
    let (near, mut far) = tokio::io::duplex(BACKLOG);
    let mut stream = channel.into_stream();
    tokio::spawn(async move {
        // It ends with either side, and neither asks why.
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut far).await;
    });
    near
}

/// A refusal that leaves every method open, so that clients may try another password or key.
fn refusal() -> Auth {
    Auth::Reject { proceed_with_methods: Some(methods()), partial_success: false }
}

fn methods() -> MethodSet {
    MethodSet::from([MethodKind::PublicKey, MethodKind::Password].as_slice())
}

fn allowed_key(key: &PublicKey) -> Option<AllowedKey> {
    key.to_bytes().ok().map(AllowedKey::from_bytes)
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        self.login(user, Proof::Password(&Secret::new(password)))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, russh::Error> {
        let (door, user) = (self.doors)(user);
        let drop = door.drop.lock().unwrap_or_else(PoisonError::into_inner);
        let known = drop.user(&user).zip(allowed_key(offer.public_key));
        let allowed = known.is_some_and(|(user, key)| user.admits(Proof::Key(&key)));
        Ok(if allowed { Auth::Accept } else { refusal() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        match allowed_key(key.public_key) {
            Some(key) => self.login(user, Proof::Key(&key)),
            None => Ok(refusal()),
        }
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut SshSession,
    ) -> Result<(), russh::Error> {
        // A reply that is dropped is a refusal.
        if self.channels.len() < CHANNELS {
            self.channels.insert(channel.id(), channel);
            reply.accept().await;
        }
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut SshSession,
    ) -> Result<(), russh::Error> {
        let login = self.session.clone().filter(|_| name == "sftp");
        let Some(((login, clock), channel)) = login.zip(self.channels.remove(&id)) else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        let answers = Answers::new(login, clock, Arc::clone(&self.cutter));
        let config = russh_sftp::server::Config { max_client_packet_len: PACKET };
        russh_sftp::server::run_with_config(apart(channel), answers, config).await;
        Ok(())
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut SshSession) -> Result<(), russh::Error> {
        session.channel_failure(id)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        _command: &[u8],
        session: &mut SshSession,
    ) -> Result<(), russh::Error> {
        session.channel_failure(id)
    }

    async fn channel_eof(&mut self, id: ChannelId, session: &mut SshSession) -> Result<(), russh::Error> {
        self.channels.remove(&id);
        session.exit_status_request(id, 0)?;
        session.close(id)
    }

    async fn channel_close(&mut self, id: ChannelId, _session: &mut SshSession) -> Result<(), russh::Error> {
        self.channels.remove(&id);
        Ok(())
    }
}
