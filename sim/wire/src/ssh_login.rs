//! Sessions at a file server, over SSH.
//!
//! - `files`: what a session does.
//! - `key`: private keys as people hand them over.
//! - `known_hosts`: which host keys a file knows.

mod files;
mod key;
mod known_hosts;

pub use key::public_key_of;

use crate::task;
use files::{Line, SshFiles};
use russh::client::{AuthResult, Config, Handle as Ssh, Handler};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{ChannelMsg, Preferred, cipher, kex};
use russh_sftp::client::RawSftpSession;
use standin_ports::{Credential, FileError, Files, FilesTarget, Login};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// Where a host and port are, if they are anywhere.
pub type ResolvePort = Arc<dyn Fn(&str, u16) -> Option<SocketAddr> + Send + Sync>;

/// Which host key a server may show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostKey {
    /// Any; for addresses that nobody else can listen on.
    AcceptAny,
    /// The one with this SHA-256 fingerprint, as clients print it: `SHA256:...`.
    Fingerprint(String),
    /// One that this file names for the host, as OpenSSH keeps them.
    KnownHosts(PathBuf),
}

/// Logs in to file servers over SSH and speaks SFTP with them.
#[derive(Clone)]
pub struct SshLogin {
    handle: Handle,
    resolve: ResolvePort,
    host_key: HostKey,
    config: Arc<Config>,
}

impl SshLogin {
    /// Logins that work on the runtime behind `handle`, whatever host key a server shows.
    pub fn new(handle: Handle, resolve: ResolvePort) -> Self {
        Self { handle, resolve, host_key: HostKey::AcceptAny, config: Arc::new(config()) }
    }

    fn config_for(&self, target: &FilesTarget) -> Arc<Config> {
        let HostKey::KnownHosts(file) = &self.host_key else { return Arc::clone(&self.config) };
        let preferred = known_hosts::preferring(&self.config.preferred, file, &target.host, target.port);
        Arc::new(Config { preferred, ..config() })
    }

    /// The same, to servers that show this host key.
    pub fn trusting(self, host_key: HostKey) -> Self {
        Self { host_key, ..self }
    }
}

/// The library's own choice of algorithms with the cheap ones first: a login takes milliseconds then.
fn config() -> Config {
    let first = |name: kex::Name| (name != kex::CURVE25519, name != kex::CURVE25519_PRE_RFC_8731);
    let mut exchanges = Preferred::DEFAULT.kex.to_vec();
    exchanges.sort_by_key(|name| first(*name));
    let mut ciphers = Preferred::DEFAULT.cipher.to_vec();
    ciphers.sort_by_key(|name| *name != cipher::AES_256_GCM);
    let preferred =
        Preferred { kex: Cow::Owned(exchanges), cipher: Cow::Owned(ciphers), ..Preferred::DEFAULT };
    Config { preferred, nodelay: true, maximum_packet_size: 65_535, ..Config::default() }
}

#[async_trait::async_trait]
impl Login for SshLogin {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        let unreachable =
            |why: &str| FileError::Unreachable { host: target.host.clone(), why: why.to_owned() };
        let address = (self.resolve)(&target.host, target.port)
            .ok_or_else(|| unreachable("the name does not resolve"))?;
        let private_key = match &target.credential {
            Credential::Password(_) => None,
            Credential::PrivateKey { key, passphrase } => Some(key::read(key, passphrase.as_ref())?),
        };
        let attempt = Attempt {
            target: target.clone(),
            address,
            private_key,
            host_key: self.host_key.clone(),
            config: self.config_for(target),
        };
        let (limit, handle) = (target.timeout, self.handle.clone());
        let work = async move { tokio::time::timeout(limit, attempt.session(handle)).await };
        match task::start(&self.handle, work).await {
            Ok(Ok(opened)) => opened.map(|files| Box::new(files) as Box<dyn Files>),
            Ok(Err(_)) => Err(unreachable("no answer in time")),
            Err(_) => Err(unreachable("the network runtime stopped")),
        }
    }
}

/// One attempt to log in.
struct Attempt {
    target: FilesTarget,
    address: SocketAddr,
    private_key: Option<PrivateKey>,
    host_key: HostKey,
    config: Arc<Config>,
}

impl Attempt {
    async fn session(self, handle: Handle) -> Result<SshFiles, FileError> {
        let stream =
            TcpStream::connect(self.address).await.map_err(|error| self.unreachable(&error.to_string()))?;
        stream.set_nodelay(true).map_err(|error| self.unreachable(&error.to_string()))?;
        let refusal = Arc::new(OnceLock::new());
        let checker = Checker {
            trusted: self.host_key.clone(),
            host: self.target.host.clone(),
            port: self.target.port,
            refusal: Arc::clone(&refusal),
        };
        let connected = russh::client::connect_stream(Arc::clone(&self.config), stream, checker).await;
        let mut ssh = connected.map_err(|_| match refusal.get() {
            Some(refusal) => FileError::Failed(format!("{} shows {refusal}", self.target.host)),
            None => self.broke(),
        })?;
        match self.authenticate(&mut ssh).await.map_err(|_| self.broke())? {
            AuthResult::Success => self.subsystem(handle, ssh).await,
            // A server names the methods that are left; without any, the library speaks for a server
            // that has gone.
            AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => {
                Err(self.broke())
            }
            AuthResult::Failure { .. } => {
                let FilesTarget { host, username, .. } = self.target;
                Err(FileError::LoginRefused { host, username })
            }
        }
    }

    async fn authenticate(&self, ssh: &mut Ssh<Checker>) -> Result<AuthResult, russh::Error> {
        let user = self.target.username.as_str();
        match (&self.target.credential, &self.private_key) {
            (Credential::Password(password), _) => ssh.authenticate_password(user, password.reveal()).await,
            (_, Some(key)) => {
                let hash = if key.algorithm().is_rsa() {
                    ssh.best_supported_rsa_hash().await?.flatten()
                } else {
                    None
                };
                let key = PrivateKeyWithHashAlg::new(Arc::new(key.clone()), hash);
                ssh.authenticate_publickey(user, key).await
            }
            (_, None) => ssh.authenticate_none(user).await,
        }
    }

    async fn subsystem(self, handle: Handle, ssh: Ssh<Checker>) -> Result<SshFiles, FileError> {
        let none = || FileError::Failed(format!("{} offers no file transfer", self.target.host));
        let mut channel = ssh.channel_open_session().await.map_err(|_| none())?;
        channel.request_subsystem(true, "sftp").await.map_err(|_| none())?;
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Success) => break,
                Some(ChannelMsg::WindowAdjusted { .. }) => {}
                _ => return Err(none()),
            }
        }
        let seconds = self.target.timeout.as_secs().saturating_add(1);
        let config = russh_sftp::client::Config { request_timeout_secs: seconds, ..Default::default() };
        let sftp = RawSftpSession::new_with_config(channel.into_stream(), config);
        let line = Line::start(handle, ssh, sftp, self.target).await?;
        Ok(SshFiles(Arc::new(line)))
    }

    fn unreachable(&self, why: &str) -> FileError {
        FileError::Unreachable { host: self.target.host.clone(), why: why.to_owned() }
    }

    fn broke(&self) -> FileError {
        self.unreachable("the connection broke during login")
    }
}

/// Judges the host key, and says why it is refused.
pub(crate) struct Checker {
    trusted: HostKey,
    host: String,
    port: u16,
    refusal: Arc<OnceLock<String>>,
}

impl Checker {
    fn judge(&self, shown: &PublicKeyOrCertificate) -> Result<(), String> {
        let key = match (&self.trusted, shown) {
            (HostKey::AcceptAny, _) => return Ok(()),
            (_, PublicKeyOrCertificate::PublicKey { key, .. }) => key,
            (_, PublicKeyOrCertificate::Certificate(_)) => {
                return Err("a certificate as its host key".to_owned());
            }
        };
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        match &self.trusted {
            HostKey::KnownHosts(file) => known_hosts::judge(file, &self.host, self.port, key),
            HostKey::Fingerprint(wanted) if *wanted == fingerprint => Ok(()),
            _ => Err("another host key than expected".to_owned()),
        }
    }
}

impl Handler for Checker {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let judged = self.judge(shown);
        Ok(match judged {
            Ok(()) => true,
            Err(why) => {
                // The first refusal is the one that ends the connection.
                drop(self.refusal.set(why));
                false
            }
        })
    }
}
