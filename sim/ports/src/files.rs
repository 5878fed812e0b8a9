//! A server with folders and files that one logs in to.
//!
//! Paths begin with `/`, with `/` between parts, no `.` or `..`; where they start is the target's to say.

use crate::Secret;
use bytes::Bytes;
use standin_model::Instant;
use std::time::Duration;

/// What a file server speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileProtocol {
    /// SFTP, inside SSH.
    Sftp,
    /// FTP, unencrypted.
    Ftp,
}

/// Where paths start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathStart {
    /// At the root of what the login sees.
    Root,
    /// In the folder that a login finds itself in; at most servers for many people that is the root too.
    LoginFolder,
}

/// Where to log in, and as whom.
#[derive(Clone, Debug)]
pub struct FilesTarget {
    /// What is spoken there.
    pub protocol: FileProtocol,
    /// Host name as the dataflow or job names it.
    pub host: String,
    /// Port, 22 as a rule and 21 for FTP.
    pub port: u16,
    /// Login name.
    pub username: String,
    /// How the login is proved.
    pub credential: Credential,
    /// How long one answer may take.
    pub timeout: Duration,
    /// Where paths start.
    pub start: PathStart,
}

/// How a login is proved.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A password.
    Password(Secret),
    /// A private key in OpenSSH or PEM text, and its passphrase if it has one.
    PrivateKey {
        /// The key's text.
        key: Secret,
        /// Its passphrase.
        passphrase: Option<Secret>,
    },
}

/// One name in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileEntry {
    /// Name without folder.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Bytes; zero for a folder.
    pub size: u64,
    /// Last modification, to the second as SFTP tells it.
    pub modified: Instant,
}

/// What a file server refused or failed at.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileError {
    /// The connection could not be made.
    #[error("cannot reach file server {host}: {why}")]
    Unreachable {
        /// The host asked for.
        host: String,
        /// What the network said.
        why: String,
    },
    /// The login was refused.
    #[error("login of `{username}` at {host} refused")]
    LoginRefused {
        /// The host asked for.
        host: String,
        /// The login name.
        username: String,
    },
    /// No such file or folder.
    #[error("no such file or folder: {0}")]
    NotFound(String),
    /// The login may not do this there.
    #[error("permission denied: {0}")]
    Denied(String),
    /// The connection ended or fell silent half way: nobody knows what became of what was under way.
    #[error("{0}")]
    Lost(String),
    /// Anything else the server said.
    #[error("{0}")]
    Failed(String),
}

/// Opens sessions.
#[async_trait::async_trait]
pub trait Login: Send + Sync {
    /// Logs in.
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError>;
}

/// One session at a file server.
#[async_trait::async_trait]
pub trait Files: Send + Sync {
    /// The names in a folder, in byte order.
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError>;
    /// Opens a file for reading.
    async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError>;
    /// Opens a file for reading from byte `from` on. A server that cannot start there sends what stands before,
    /// too, and it is passed over here.
    async fn open_at(&self, path: &str, from: u64) -> Result<Box<dyn FileReader>, FileError> {
        let mut reader = self.open(path).await?;
        let mut left = from;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(1 << 18);
            let passed = reader.read(most).await?;
            if passed.is_empty() {
                return Err(FileError::Failed(format!("{path} became shorter than {from} bytes")));
            }
            left = left.saturating_sub(passed.len() as u64);
        }
        Ok(reader)
    }
    /// Whether [`Files::resume`] works here: whether what was written is known to be there before a file is whole.
    fn resumes(&self) -> bool {
        true
    }
    /// Goes on writing a file of which the first `from` bytes are there; what stands behind them goes.
    async fn resume(&self, path: &str, from: u64) -> Result<Box<dyn FileWriter>, FileError> {
        let _ = from;
        Err(FileError::Failed(format!("{path}: this server cannot go on with half a file")))
    }
    /// Makes a file, or empties one that exists, for writing.
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError>;
    /// Gives a file another name at once, in place of any file of that name.
    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError>;
    /// Removes a file.
    async fn remove(&self, path: &str) -> Result<(), FileError>;
}

/// A file being read from its start.
#[async_trait::async_trait]
pub trait FileReader: Send {
    /// The next bytes, at most `max`; empty at the end.
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError>;
}

/// A file being written from its start.
#[async_trait::async_trait]
pub trait FileWriter: Send {
    /// Adds bytes at the end.
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError>;
    /// Says that the file is whole.
    async fn close(self: Box<Self>) -> Result<(), FileError>;
    /// Gives it up, and waits until what the server keeps of it is gone, where it keeps something out of sight.
    async fn abandon(self: Box<Self>) {}
}

/// The bytes of a whole file, refused above `limit`.
pub async fn read_whole(files: &dyn Files, path: &str, limit: usize) -> Result<Vec<u8>, FileError> {
    let mut reader = files.open(path).await?;
    let mut all = Vec::new();
    loop {
        let chunk = reader.read(1 << 18).await?;
        if chunk.is_empty() {
            return Ok(all);
        }
        if all.len() + chunk.len() > limit {
            return Err(FileError::Failed(format!("{path} is larger than {limit} bytes")));
        }
        all.extend_from_slice(&chunk);
    }
}

/// Writes a whole file.
pub async fn write_whole(files: &dyn Files, path: &str, bytes: Bytes) -> Result<(), FileError> {
    let mut writer = files.create(path).await?;
    writer.write(bytes).await?;
    writer.close().await
}
