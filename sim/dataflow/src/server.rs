//! A file server that connections to break off from: each session is made again a few times, and a transfer goes
//! on where it stood.

use crate::job::Pace;
use bytes::Bytes;
use standin_ports::{FileEntry, FileError, FileReader, FileWriter, Files, FilesTarget, Login};
use std::sync::Arc;

/// How often one thing is tried at a server before the job fails.
const TRIES: u32 = 3;

/// A server, and the session with it if one is open.
pub(crate) struct Server {
    login: Arc<dyn Login>,
    target: FilesTarget,
    session: Option<Box<dyn Files>>,
}

/// Whether another session may do better.
pub(crate) fn passing(error: &FileError) -> bool {
    matches!(error, FileError::Unreachable { .. } | FileError::Lost(_))
}

impl Server {
    /// The server that `login` finds at `target`; nothing is opened yet.
    pub(crate) fn new(login: Arc<dyn Login>, target: FilesTarget) -> Self {
        Self { login, target, session: None }
    }

    /// Its name.
    pub(crate) fn host(&self) -> &str {
        &self.target.host
    }

    async fn session(&mut self) -> Result<&dyn Files, FileError> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.login.login(&self.target).await?,
        };
        Ok(&**self.session.insert(session))
    }

    /// Whether its session, if there is one, can go on with half a file.
    fn resumes(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.resumes())
    }

    /// Whether something that failed is tried again, with another session.
    fn again(&mut self, error: &FileError, tries: &mut u32) -> bool {
        *tries += 1;
        let again = passing(error) && *tries < TRIES;
        if passing(error) {
            self.session = None;
        }
        again
    }

    /// The names in a folder.
    pub(crate) async fn list(&mut self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        let mut tries = 0;
        loop {
            let listed = match self.session().await {
                Ok(session) => session.list(folder).await,
                Err(error) => Err(error),
            };
            match listed {
                Err(error) if self.again(&error, &mut tries) => {}
                result => return result,
            }
        }
    }

    async fn entry(&mut self, path: &str) -> Result<Option<FileEntry>, FileError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let entries = self.list(if folder.is_empty() { "/" } else { folder }).await?;
        Ok(entries.into_iter().find(|entry| entry.name == name))
    }

    /// Removes a file, as far as that is possible.
    async fn remove(&mut self, path: &str) {
        let mut tries = 0;
        loop {
            let removed = match self.session().await {
                Ok(session) => session.remove(path).await,
                Err(error) => Err(error),
            };
            match removed {
                Err(error) if self.again(&error, &mut tries) => {}
                _ => return,
            }
        }
    }
}

/// A file on its way from a server. After a break it goes on where it stood, unless it changed meanwhile.
pub(crate) struct Download {
    path: String,
    known: FileEntry,
    reader: Option<Box<dyn FileReader>>,
    at: u64,
    begun: bool,
}

impl Download {
    /// A file that stands in `folder` as it was listed.
    pub(crate) fn new(folder: &str, known: FileEntry) -> Self {
        let path = format!("{}/{}", folder.trim_end_matches('/'), known.name);
        Self { path, known, reader: None, at: 0, begun: false }
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The next bytes, at most `max`; none at the end.
    pub(crate) async fn next(&mut self, server: &mut Server, max: usize) -> Result<Bytes, FileError> {
        let mut tries = 0;
        loop {
            match self.attempt(server, max).await {
                Err(error) if server.again(&error, &mut tries) => self.reader = None,
                result => return result,
            }
        }
    }

    async fn attempt(&mut self, server: &mut Server, max: usize) -> Result<Bytes, FileError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                if self.begun {
                    self.unchanged(server).await?;
                }
                let session = server.session().await?;
                let reader = match self.at {
                    0 => session.open(&self.path).await?,
                    at => session.open_at(&self.path, at).await?,
                };
                self.begun = true;
                self.reader.insert(reader)
            }
        };
        let bytes = reader.read(max).await?;
        if bytes.is_empty() && self.at < self.known.size {
            return Err(changed(&self.path));
        }
        self.at += bytes.len() as u64;
        Ok(bytes)
    }

    async fn unchanged(&mut self, server: &mut Server) -> Result<(), FileError> {
        match server.entry(&self.path).await? {
            Some(entry) if entry == self.known => Ok(()),
            _ => Err(changed(&self.path)),
        }
    }
}

fn changed(path: &str) -> FileError {
    FileError::Failed(format!("{path} changed while it was read"))
}

/// Bytes of a file that are held back for a server that cannot go on with half a file, so that all of it can be sent
/// again; a larger one is sent as it comes, and after a break another attempt of the job makes it again.
const KEPT: u64 = if cfg!(test) { 2000 } else { 4 << 20 };

/// A file on its way to a server. It stands under another name until it is whole, whatever breaks.
pub(crate) struct Upload {
    path: String,
    writing: String,
    writer: Option<Box<dyn FileWriter>>,
    /// Bytes so far, and how many of them are on the server.
    bytes: u64,
    sent: u64,
    /// Whether the start of the file is held back, and what of it is there.
    keeps: bool,
    kept: Vec<Bytes>,
}

impl Upload {
    /// Begins a file that is to stand under `path`.
    pub(crate) async fn start(server: &mut Server, path: String) -> Result<Self, FileError> {
        let writing = format!("{path}.uploading");
        let mut upload =
            Self { path, writing, writer: None, bytes: 0, sent: 0, keeps: false, kept: Vec::new() };
        let mut tries = 0;
        loop {
            match upload.open(server).await {
                Err(error) if server.again(&error, &mut tries) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    upload.keeps = !server.resumes();
                    return Ok(upload);
                }
            }
        }
    }

    /// Where it will stand.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What has arrived is on the server, and only the piece that was under way is sent again.
    async fn open(&mut self, server: &mut Server) -> Result<&mut Box<dyn FileWriter>, FileError> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => {
                let session = server.session().await?;
                match self.sent {
                    0 => session.create(&self.writing).await?,
                    sent => session.resume(&self.writing, sent).await?,
                }
            }
        };
        Ok(self.writer.insert(writer))
    }

    /// Adds bytes at the end.
    pub(crate) async fn write(&mut self, server: &mut Server, bytes: Bytes) -> Result<(), FileError> {
        self.bytes += bytes.len() as u64;
        self.kept.push(bytes);
        if self.keeps && self.bytes <= KEPT {
            return Ok(());
        }
        let mut tries = 0;
        loop {
            match self.send(server).await {
                Err(error) if server.again(&error, &mut tries) => self.writer = None,
                Err(error) => return Err(error),
                Ok(()) => {
                    (self.sent, self.keeps) = (self.bytes, false);
                    self.kept.clear();
                    return Ok(());
                }
            }
        }
    }

    /// Sends what is not on the server yet.
    async fn send(&mut self, server: &mut Server) -> Result<(), FileError> {
        self.open(server).await?;
        let Some(writer) = &mut self.writer else { return Ok(()) };
        for piece in &self.kept {
            writer.write(piece.clone()).await?;
        }
        Ok(())
    }

    /// Says that it is whole, and gives it its name.
    pub(crate) async fn end(&mut self, server: &mut Server) -> Result<(), FileError> {
        let mut tries = 0;
        loop {
            let closed = match self.send(server).await {
                Ok(()) => match self.writer.take() {
                    Some(writer) => writer.close().await,
                    None => Ok(()),
                },
                Err(error) => Err(error),
            };
            match closed {
                Err(error) if server.again(&error, &mut tries) => self.writer = None,
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        self.rename(server).await
    }

    /// Where the answer to a rename is lost, it may have been done.
    async fn rename(&mut self, server: &mut Server) -> Result<(), FileError> {
        let (mut tries, mut lost) = (0, false);
        loop {
            let renamed = match server.session().await {
                Ok(session) => session.rename(&self.writing, &self.path).await,
                Err(error) => Err(error),
            };
            match renamed {
                Err(FileError::NotFound(_)) if lost && self.stands(server).await? => return Ok(()),
                Err(error) if server.again(&error, &mut tries) => lost = true,
                result => return result,
            }
        }
    }

    async fn stands(&mut self, server: &mut Server) -> Result<bool, FileError> {
        Ok(server.entry(&self.path).await?.is_some_and(|entry| entry.size == self.bytes))
    }

    /// Takes away what is not whole. It may fail too: the job already has.
    pub(crate) async fn abandon(self, server: &mut Server) {
        drop(self.writer);
        server.remove(&self.writing).await;
    }
}

/// Does `next` before `work`, or while it lasts.
pub(crate) async fn ahead<A, B>(
    pace: Pace,
    next: impl Future<Output = A>,
    work: impl Future<Output = B>,
) -> (A, B) {
    match pace {
        Pace::InOrder => {
            let next = next.await;
            (next, work.await)
        }
        Pace::Overlapping => futures_util::future::join(next, work).await,
    }
}
