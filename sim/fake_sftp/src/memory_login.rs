//! The files port straight onto the drop.

use crate::drop::{Drop, DropError};
use crate::session::{Attributes, Existing, LoginError, Mode, Reading, Session, Writing};
use crate::user::{Proof, PublicKey};
use bytes::Bytes;
use standin_ports::{
    Clock, Credential, FileEntry, FileError, FileProtocol, FileReader, FileWriter, Files, FilesTarget,
    Journal, Login, Secret,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes of a private key and its passphrase the line of its public half, `ssh-ed25519 AAAA...`.
pub type ReadKey = Arc<dyn Fn(&Secret, Option<&Secret>) -> Option<String> + Send + Sync>;

/// Logs in to a drop without a socket in between.
#[derive(Clone)]
pub struct MemoryLogin {
    drop: Arc<Mutex<Drop>>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    read_key: Option<ReadKey>,
}

impl MemoryLogin {
    /// Logins to `drop`. Of private keys it understands those that OpenSSH writes without a passphrase.
    pub fn new(drop: Arc<Mutex<Drop>>, clock: Arc<dyn Clock>, journal: Arc<dyn Journal>) -> Self {
        Self { drop, clock, journal, read_key: None }
    }

    /// Lets `read_key` understand private keys, so that every kind of key works as over SSH.
    pub fn reading_keys(self, read_key: ReadKey) -> Self {
        Self { read_key: Some(read_key), ..self }
    }

    fn public_half(&self, key: &Secret, passphrase: Option<&Secret>) -> Option<PublicKey> {
        match &self.read_key {
            Some(read_key) => PublicKey::parse(&read_key(key, passphrase)?),
            None => PublicKey::of_private(key.reveal()),
        }
    }

    fn open(&self, user: &str, proof: Proof<'_>) -> Result<Session, LoginError> {
        let (drop, clock, journal) = (self.drop.clone(), self.clock.clone(), self.journal.clone());
        Session::open(drop, clock, journal, user, proof)
    }
}

#[async_trait::async_trait]
impl Login for MemoryLogin {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        let host = target.host.clone();
        let known = self.drop.lock().unwrap_or_else(PoisonError::into_inner).answers_to(&host);
        if !known {
            return Err(FileError::Unreachable { host, why: "the name does not resolve".to_owned() });
        }
        let user = target.username.as_str();
        let opened = match &target.credential {
            Credential::Password(password) => self.open(user, Proof::Password(password)),
            Credential::PrivateKey { .. } if target.protocol == FileProtocol::Ftp => {
                let why = "FTP knows no private keys: a password is needed";
                return Err(FileError::Failed(why.to_owned()));
            }
            Credential::PrivateKey { key, passphrase } => match self.public_half(key, passphrase.as_ref()) {
                Some(key) => self.open(user, Proof::Key(&key)),
                None => return Err(FileError::Failed("the private key cannot be read".to_owned())),
            },
        };
        match opened {
            Ok(session) => {
                let protocol = target.protocol;
                Ok(Box::new(MemoryFiles(Arc::new(At { host, protocol, session }))))
            }
            Err(LoginError::Refused) => Err(FileError::LoginRefused { host, username: user.to_owned() }),
            Err(LoginError::Cut) => {
                Err(FileError::Unreachable { host, why: "the connection broke during login".to_owned() })
            }
        }
    }
}

/// A session, and the host that its errors name.
struct At {
    host: String,
    protocol: FileProtocol,
    session: Session,
}

impl At {
    fn told<T>(&self, path: &str, result: Result<T, DropError>) -> Result<T, FileError> {
        result.map_err(|error| match error {
            DropError::NotFound => FileError::NotFound(path.to_owned()),
            DropError::Denied => FileError::Denied(path.to_owned()),
            DropError::Cut => FileError::Lost(format!("the connection to {} broke", self.host)),
            other => FileError::Failed(format!("{path}: {other}")),
        })
    }
}

struct MemoryFiles(Arc<At>);

#[async_trait::async_trait]
impl Files for MemoryFiles {
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        self.0.told(folder, self.0.session.list(folder))
    }

    async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
        let file = self.0.told(path, self.0.session.open_read(path))?;
        Ok(Box::new(MemoryReader { at: Arc::clone(&self.0), path: path.to_owned(), file, next: 0 }))
    }

    async fn open_at(&self, path: &str, from: u64) -> Result<Box<dyn FileReader>, FileError> {
        let file = self.0.told(path, self.0.session.open_read(path))?;
        Ok(Box::new(MemoryReader { at: Arc::clone(&self.0), path: path.to_owned(), file, next: from }))
    }

    fn resumes(&self) -> bool {
        self.0.protocol != FileProtocol::Ftp
    }

    async fn resume(&self, path: &str, from: u64) -> Result<Box<dyn FileWriter>, FileError> {
        if self.0.protocol == FileProtocol::Ftp {
            // Over a socket, nobody can know how much of a file arrived before it is whole.
            let host = &self.0.host;
            let why = format!("the connection to {host} broke, and nobody knows how much of {path} arrived");
            return Err(FileError::Lost(why));
        }
        let mut file = self.0.told(path, self.0.session.open_write(path, Mode::Existing))?;
        let there = self.0.told(path, self.0.session.stat_writing(&file))?.size;
        if there < from {
            let why = format!("{path}: only {there} of {from} bytes are there");
            return Err(FileError::Failed(why));
        }
        if there > from {
            let cut = Attributes { size: Some(from), ..Attributes::default() };
            self.0.told(path, self.0.session.set_writing(&mut file, cut))?;
        }
        Ok(Box::new(MemoryWriter { at: Arc::clone(&self.0), path: path.to_owned(), file, next: from }))
    }

    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let file = self.0.told(path, self.0.session.open_write(path, Mode::Create))?;
        Ok(Box::new(MemoryWriter { at: Arc::clone(&self.0), path: path.to_owned(), file, next: 0 }))
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.0.told(from, self.0.session.rename(from, to, Existing::Replace))
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        self.0.told(path, self.0.session.remove(path))
    }
}

struct MemoryReader {
    at: Arc<At>,
    path: String,
    file: Reading,
    next: u64,
}

#[async_trait::async_trait]
impl FileReader for MemoryReader {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        let read = self.at.session.read_at(&mut self.file, self.next, max);
        let bytes = self.at.told(&self.path, read)?;
        self.next += bytes.len() as u64;
        Ok(bytes)
    }
}

struct MemoryWriter {
    at: Arc<At>,
    path: String,
    file: Writing,
    next: u64,
}

#[async_trait::async_trait]
impl FileWriter for MemoryWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        let written = self.at.session.write_at(&mut self.file, self.next, &bytes);
        self.at.told(&self.path, written)?;
        self.next += bytes.len() as u64;
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        let Self { at, path, file, .. } = *self;
        at.told(&path, at.session.close(file))
    }
}
