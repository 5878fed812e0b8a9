//! What a session does.

use super::Checker;
use crate::replacing::{Names, replace};
use crate::task;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use russh::Disconnect;
use russh::client::Handle as Ssh;
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{File, FileAttributes, OpenFlags, Packet, StatusCode};
use standin_model::Instant;
use standin_ports::{FileEntry, FileError, FileReader, FileWriter, Files, FilesTarget, PathStart};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

const POSIX_RENAME: &str = "posix-rename@openssh.com";
const LIMITS: &str = "limits@openssh.com";

/// The piece of a file in one packet that every server takes.
const PIECE: u32 = 32 * 1024;
/// The largest piece in one packet, whatever a server allows.
const LARGEST_PIECE: u64 = 255 * 1024;
/// How many pieces are under way at once.
const UNDER_WAY: usize = 16;
/// The most that one call reads.
const READ_LIMIT: usize = 4 * 1024 * 1024;
/// The most names that a folder may have.
const NAMES: usize = 1_000_000;

/// One session. It ends when the last of its files and itself are dropped.
pub(super) struct Line {
    handle: Handle,
    ssh: Option<Ssh<Checker>>,
    sftp: Arc<RawSftpSession>,
    host: String,
    /// Stands before every path; nothing where paths start at the root.
    home: String,
    timeout: Duration,
    renames_over: bool,
    read_piece: u32,
    write_piece: u32,
}

impl Line {
    pub(super) async fn start(
        handle: Handle,
        ssh: Ssh<Checker>,
        sftp: RawSftpSession,
        target: FilesTarget,
    ) -> Result<Self, FileError> {
        let FilesTarget { host, timeout, start, .. } = target;
        let version = sftp.init().await.map_err(|error| told(&host, &host, error))?;
        let offers = |name: &str| version.extensions.get(name).is_some_and(|version| version == "1");
        let (mut read_piece, mut write_piece) = (PIECE, PIECE);
        if offers(LIMITS) {
            let limits = sftp.limits().await.map_err(|error| told(&host, &host, error))?;
            read_piece = piece(limits.max_read_len);
            write_piece = piece(limits.max_write_len);
        }
        let renames_over = offers(POSIX_RENAME);
        let home = match start {
            PathStart::Root => String::new(),
            PathStart::LoginFolder => {
                let names = sftp.realpath(".").await.map_err(|error| told(&host, ".", error))?.files;
                names.into_iter().next().map(|name| name.filename).unwrap_or_default()
            }
        };
        let (ssh, sftp) = (Some(ssh), Arc::new(sftp));
        let home = home.trim_end_matches('/').to_owned();
        Ok(Self { handle, ssh, sftp, host, home, timeout, renames_over, read_piece, write_piece })
    }

    /// The path as the server knows it.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.home)
    }

    /// Does `work` on the runtime, within the time that one answer may take.
    async fn run<T: Send + 'static, W>(
        &self,
        path: &str,
        work: impl FnOnce(Arc<RawSftpSession>) -> W + Send,
    ) -> Result<T, FileError>
    where
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let work = work(Arc::clone(&self.sftp));
        let limit = self.timeout;
        let done = task::start(&self.handle, async move { tokio::time::timeout(limit, work).await }).await;
        match done {
            Ok(Ok(result)) => result.map_err(|error| told(&self.host, path, error)),
            Ok(Err(_)) => Err(told(&self.host, path, Error::Timeout)),
            Err(_) => Err(FileError::Failed("the network runtime stopped".to_owned())),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(ssh) = self.ssh.take() {
            let goodbye = async move { ssh.disconnect(Disconnect::ByApplication, "", "en").await };
            // Nobody waits for the goodbye; a server that is gone already needs none.
            drop(self.handle.spawn(goodbye));
        }
    }
}

fn piece(allowed: u64) -> u32 {
    let allowed = if allowed == 0 { u64::from(PIECE) } else { allowed.min(LARGEST_PIECE) };
    u32::try_from(allowed).unwrap_or(PIECE)
}

/// What the server or the network said, as the port says it.
fn told(host: &str, path: &str, error: Error) -> FileError {
    match error {
        Error::Status(status) => match status.status_code {
            StatusCode::NoSuchFile => FileError::NotFound(path.to_owned()),
            StatusCode::PermissionDenied => FileError::Denied(path.to_owned()),
            StatusCode::NoConnection | StatusCode::ConnectionLost => broke(host),
            _ => FileError::Failed(format!("{path}: {}", status.error_message)),
        },
        Error::Timeout => FileError::Lost(format!("no answer from {host} in time")),
        Error::Limited(why) => FileError::Failed(format!("{path}: {why}")),
        Error::IO(_) | Error::UnexpectedPacket | Error::UnexpectedBehavior(_) => broke(host),
    }
}

fn broke(host: &str) -> FileError {
    FileError::Lost(format!("the connection to {host} broke"))
}

/// The files of one session.
pub(super) struct SshFiles(pub(super) Arc<Line>);

#[async_trait::async_trait]
impl Files for SshFiles {
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        let wanted = self.0.at(folder);
        let mut entries = self.0.run(folder, move |sftp| names(sftp, wanted)).await?;
        entries.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        Ok(entries)
    }

    async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
        self.open_at(path, 0).await
    }

    async fn open_at(&self, path: &str, from: u64) -> Result<Box<dyn FileReader>, FileError> {
        let wanted = self.0.at(path);
        let open = |sftp: Arc<RawSftpSession>| async move {
            sftp.open(wanted, OpenFlags::READ, FileAttributes::empty()).await
        };
        let file = self.0.run(path, open).await?.handle;
        let line = Arc::clone(&self.0);
        Ok(Box::new(SshReader { line, path: path.to_owned(), file, next: from }))
    }

    async fn resume(&self, path: &str, from: u64) -> Result<Box<dyn FileWriter>, FileError> {
        let wanted = self.0.at(path);
        let open = move |sftp: Arc<RawSftpSession>| async move {
            let file = sftp.open(wanted, OpenFlags::WRITE, FileAttributes::empty()).await?.handle;
            let there = sftp.fstat(file.as_str()).await?.attrs.size.unwrap_or(0);
            if there > from {
                let cut = FileAttributes { size: Some(from), ..FileAttributes::empty() };
                sftp.fsetstat(file.as_str(), cut).await?;
            }
            Ok((file, there))
        };
        let (file, there) = self.0.run(path, open).await?;
        let line = Arc::clone(&self.0);
        let writer = SshWriter { line, path: path.to_owned(), file, next: from };
        if there < from {
            return Err(FileError::Failed(format!("{path}: only {there} of {from} bytes are there")));
        }
        Ok(Box::new(writer))
    }

    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let wanted = self.0.at(path);
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
        let create = move |sftp: Arc<RawSftpSession>| async move {
            sftp.open(wanted, flags, FileAttributes::empty()).await
        };
        let file = self.0.run(path, create).await?.handle;
        let line = Arc::clone(&self.0);
        Ok(Box::new(SshWriter { line, path: path.to_owned(), file, next: 0 }))
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        if !self.0.renames_over {
            return replace(&*self.0, from, to).await;
        }
        let (old, new) = (self.0.at(from), self.0.at(to));
        self.0.run(from, move |sftp| posix_rename(sftp, old, new)).await
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        Names::remove(&*self.0, path).await
    }
}

async fn names(sftp: Arc<RawSftpSession>, folder: String) -> Result<Vec<FileEntry>, Error> {
    let handle = sftp.opendir(folder).await?.handle;
    let mut entries = Vec::new();
    loop {
        match sftp.readdir(handle.as_str()).await {
            Ok(page) => entries.extend(page.files.into_iter().filter_map(entry)),
            Err(Error::Status(status)) if status.status_code == StatusCode::Eof => break,
            Err(error) => return Err(error),
        }
        if entries.len() > NAMES {
            return Err(Error::Limited(format!("more than {NAMES} names")));
        }
    }
    sftp.close(handle).await?;
    Ok(entries)
}

fn entry(file: File) -> Option<FileEntry> {
    if matches!(file.filename.as_str(), "." | "..") {
        return None;
    }
    let folder = file.attrs.file_type().is_dir();
    let size = if folder { 0 } else { file.attrs.size.unwrap_or(0) };
    let modified = Instant::from_seconds(i64::from(file.attrs.mtime.unwrap_or(0)));
    Some(FileEntry { name: file.filename, folder, size, modified })
}

/// OpenSSH's rename, which replaces at once.
async fn posix_rename(sftp: Arc<RawSftpSession>, from: String, to: String) -> Result<(), Error> {
    let mut data = Vec::new();
    for name in [&from, &to] {
        let length = u32::try_from(name.len()).map_err(|_| Error::Limited("the path is too long".into()))?;
        data.extend_from_slice(&length.to_be_bytes());
        data.extend_from_slice(name.as_bytes());
    }
    match sftp.extended(POSIX_RENAME, data).await? {
        Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
        Packet::Status(status) => Err(status.into()),
        _ => Err(Error::UnexpectedPacket),
    }
}

#[async_trait::async_trait]
impl Names for Line {
    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let (old, new) = (self.at(from), self.at(to));
        let rename = |sftp: Arc<RawSftpSession>| async move { sftp.rename(old, new).await.map(drop) };
        self.run(from, rename).await
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        let wanted = self.at(path);
        let remove = |sftp: Arc<RawSftpSession>| async move { sftp.remove(wanted).await.map(drop) };
        self.run(path, remove).await
    }

    async fn stands(&self, path: &str) -> Result<bool, FileError> {
        let wanted = self.at(path);
        let stat = |sftp: Arc<RawSftpSession>| async move { sftp.stat(wanted).await.map(drop) };
        match self.run(path, stat).await {
            Ok(()) => Ok(true),
            Err(lost @ FileError::Lost(_)) => Err(lost),
            Err(_) => Ok(false),
        }
    }
}

struct SshReader {
    line: Arc<Line>,
    path: String,
    file: String,
    next: u64,
}

#[async_trait::async_trait]
impl FileReader for SshReader {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        let (file, offset) = (self.file.clone(), self.next);
        let (max, piece) = (max.min(READ_LIMIT), self.line.read_piece);
        let bytes = self.line.run(&self.path, move |sftp| read(sftp, file, offset, max, piece)).await?;
        self.next += bytes.len() as u64;
        Ok(bytes)
    }
}

impl Drop for SshReader {
    fn drop(&mut self) {
        let (sftp, file) = (Arc::clone(&self.line.sftp), std::mem::take(&mut self.file));
        // A server allows only so many open files; whether this one is closed in time is nobody's worry.
        drop(self.line.handle.spawn(async move { sftp.close(file).await }));
    }
}

/// Reads exactly what is asked for and not ahead, so that what the server has sent is what somebody wanted.
async fn read(
    sftp: Arc<RawSftpSession>,
    file: String,
    offset: u64,
    max: usize,
    piece: u32,
) -> Result<Bytes, Error> {
    let end = offset.saturating_add(max as u64);
    let ask = |start: u64| {
        let length = u32::try_from(end - start).unwrap_or(u32::MAX).min(piece);
        let (sftp, file) = (Arc::clone(&sftp), file.clone());
        async move {
            match sftp.read(file, start, length).await {
                Ok(data) => Ok((data.data, length)),
                Err(Error::Status(status)) if status.status_code == StatusCode::Eof => {
                    Ok((Vec::new(), length))
                }
                Err(error) => Err(error),
            }
        }
    };
    let starts = (offset..end).step_by(usize::try_from(piece).unwrap_or(1).max(1));
    let mut pieces = stream::iter(starts).map(ask).buffered(UNDER_WAY);
    let mut out = BytesMut::new();
    while let Some((data, asked)) = pieces.try_next().await? {
        out.extend_from_slice(&data);
        // After a short piece the next ones do not follow on.
        if data.len() < usize::try_from(asked).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(out.freeze())
}

struct SshWriter {
    line: Arc<Line>,
    path: String,
    file: String,
    next: u64,
}

#[async_trait::async_trait]
impl FileWriter for SshWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        let (file, offset, piece) = (self.file.clone(), self.next, self.line.write_piece);
        let length = bytes.len() as u64;
        self.line.run(&self.path, move |sftp| write(sftp, file, offset, bytes, piece)).await?;
        self.next += length;
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        let file = self.file;
        let close = |sftp: Arc<RawSftpSession>| async move { sftp.close(file).await.map(drop) };
        self.line.run(&self.path, close).await
    }
}

async fn write(
    sftp: Arc<RawSftpSession>,
    file: String,
    offset: u64,
    bytes: Bytes,
    piece: u32,
) -> Result<(), Error> {
    let piece = usize::try_from(piece).unwrap_or(1).max(1);
    let send = |start: usize| {
        let data = bytes[start..bytes.len().min(start + piece)].to_vec();
        let (sftp, file) = (Arc::clone(&sftp), file.clone());
        async move { sftp.write(file, offset + start as u64, data).await }
    };
    let sent = stream::iter((0..bytes.len()).step_by(piece)).map(send).buffered(UNDER_WAY);
    sent.try_for_each(|_| async { Ok(()) }).await
}
