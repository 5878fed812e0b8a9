//! Sessions at a file server, with FTP.
//!
//! Everything is unencrypted, as the protocol has it. Data connections are opened from this side, to the address of
//! the control connection whatever else a server names.
//!
//! - `files`: what a session does.
//! - `told`: what a server's replies mean.

mod files;
#[cfg(test)]
mod tests;
mod told;

use crate::ssh_login::ResolvePort;
use crate::task;
use files::{FtpFiles, Line};
use standin_ports::{Credential, FileError, Files, FilesTarget, Login, PathStart};
use std::net::SocketAddr;
use std::sync::Arc;
use suppaftp::types::FileType;
use suppaftp::{FtpError, Mode, tokio::AsyncFtpStream};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// Logs in to file servers with FTP.
#[derive(Clone)]
pub struct FtpLogin {
    handle: Handle,
    resolve: ResolvePort,
}

impl FtpLogin {
    /// Logins that work on the runtime behind `handle`.
    pub fn new(handle: Handle, resolve: ResolvePort) -> Self {
        Self { handle, resolve }
    }
}

#[async_trait::async_trait]
impl Login for FtpLogin {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        let unreachable =
            |why: &str| FileError::Unreachable { host: target.host.clone(), why: why.to_owned() };
        let address = (self.resolve)(&target.host, target.port)
            .ok_or_else(|| unreachable("the name does not resolve"))?;
        let Credential::Password(password) = &target.credential else {
            return Err(FileError::Failed("FTP knows no private keys: a password is needed".to_owned()));
        };
        // A line break in either would be another command.
        if [&target.username, password.reveal()].iter().any(|text| text.contains(['\r', '\n', '\0'])) {
            return Err(refused(target));
        }
        let (limit, wanted) = (target.timeout, target.clone());
        let work = async move { tokio::time::timeout(limit, session(wanted, address)).await };
        let (ftp, home, tells_facts) = match task::start(&self.handle, work).await {
            Ok(Ok(opened)) => opened?,
            Ok(Err(_)) => return Err(unreachable("no answer in time")),
            Err(_) => return Err(unreachable("the network runtime stopped")),
        };
        let (handle, host) = (self.handle.clone(), target.host.clone());
        Ok(Box::new(FtpFiles(Arc::new(Line::new(handle, ftp, host, home, limit, tells_facts)))))
    }
}

fn refused(target: &FilesTarget) -> FileError {
    FileError::LoginRefused { host: target.host.clone(), username: target.username.clone() }
}

/// A session, what stands before every path, and whether the server lists folders for machines to read.
async fn session(
    target: FilesTarget,
    address: SocketAddr,
) -> Result<(AsyncFtpStream, String, bool), FileError> {
    let unreachable = |why: String| FileError::Unreachable { host: target.host.clone(), why };
    let broke = |_: FtpError| unreachable("the connection broke during login".to_owned());
    let stream = TcpStream::connect(address).await.map_err(|error| unreachable(error.to_string()))?;
    stream.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
    let mut ftp = AsyncFtpStream::connect_with_stream(stream).await.map_err(broke)?;
    let password = match &target.credential {
        Credential::Password(password) => password.reveal(),
        Credential::PrivateKey { .. } => "",
    };
    ftp.login(target.username.as_str(), password).await.map_err(|error| match error {
        FtpError::UnexpectedResponse(reply) if reply.status.code() != 421 => refused(&target),
        other => broke(other),
    })?;
    ftp.transfer_type(FileType::Binary).await.map_err(broke)?;
    ftp.set_passive_nat_workaround(true);
    if address.is_ipv6() {
        ftp.set_mode(Mode::ExtendedPassive);
    }
    // Servers that do not know the question list in their own way.
    let features = match ftp.feat().await {
        Ok(features) => features,
        Err(FtpError::UnexpectedResponse(_)) => Default::default(),
        Err(error) => return Err(broke(error)),
    };
    let tells_facts = features.keys().any(|name| name.eq_ignore_ascii_case("MLST"));
    let home = match target.start {
        PathStart::Root => String::new(),
        PathStart::LoginFolder => ftp.pwd().await.map_err(broke)?,
    };
    Ok((ftp, home.trim_end_matches('/').to_owned(), tells_facts))
}
