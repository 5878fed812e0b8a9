//! What a session does.

use super::told::{broke, told};
use crate::replacing::{Names, replace};
use crate::task;
use bytes::{Bytes, BytesMut};
use standin_model::Instant;
use standin_ports::{FileEntry, FileError, FileReader, FileWriter, Files};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use suppaftp::list::{File, ListParser};
use suppaftp::tokio::{AsyncFtpStream, AsyncNoTlsStream, TransferStream};
use suppaftp::{FtpError, FtpResult};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The most that one call reads.
const READ_LIMIT: usize = 4 * 1024 * 1024;
/// The most names that a folder may have.
const NAMES: usize = 1_000_000;

type Transfer = TransferStream<AsyncNoTlsStream>;

/// One session. It ends when the last of its files and itself are dropped.
pub(super) struct Line {
    handle: Handle,
    ftp: Arc<Mutex<AsyncFtpStream>>,
    host: String,
    /// Stands before every path; nothing where paths start at the root.
    home: String,
    timeout: Duration,
    tells_facts: bool,
    lost: AtomicBool,
}

impl Line {
    pub(super) fn new(
        handle: Handle,
        ftp: AsyncFtpStream,
        host: String,
        home: String,
        timeout: Duration,
        tells_facts: bool,
    ) -> Self {
        let (ftp, lost) = (Arc::new(Mutex::new(ftp)), AtomicBool::new(false));
        Self { handle, ftp, host, home, timeout, tells_facts, lost }
    }

    /// The path as the server knows it.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.home)
    }

    /// Does `work` on the runtime, within the time that one answer may take. After a break there is no other answer
    /// than that: commands and replies might no longer belong together.
    async fn run<T: Send + 'static>(
        &self,
        path: &str,
        work: impl Future<Output = FtpResult<T>> + Send + 'static,
    ) -> Result<T, FileError> {
        if self.lost.load(Ordering::SeqCst) {
            return Err(broke(&self.host));
        }
        let limit = self.timeout;
        let done = task::start(&self.handle, async move { tokio::time::timeout(limit, work).await }).await;
        let result = match done {
            Ok(Ok(result)) => result.map_err(|error| told(&self.host, path, error)),
            Ok(Err(_)) => Err(FileError::Lost(format!("no answer from {} in time", self.host))),
            Err(_) => Err(FileError::Failed("the network runtime stopped".to_owned())),
        };
        if let Err(FileError::Lost(_)) = &result {
            self.lost.store(true, Ordering::SeqCst);
        }
        result
    }

    /// One command after the other, as the protocol has it.
    async fn command<T: Send + 'static, W>(
        &self,
        path: &str,
        work: impl FnOnce(OwnedMutexGuard<AsyncFtpStream>, String) -> W + Send + 'static,
    ) -> Result<T, FileError>
    where
        W: Future<Output = FtpResult<T>> + Send + 'static,
    {
        // A line break would be another command.
        if path.chars().any(char::is_control) {
            return Err(FileError::Failed(format!("{path}: a name has a control character in it")));
        }
        let (ftp, wanted) = (Arc::clone(&self.ftp), self.at(path));
        self.run(path, async move { work(ftp.lock_owned().await, wanted).await }).await
    }
}

/// The files of one session.
pub(super) struct FtpFiles(pub(super) Arc<Line>);

#[async_trait::async_trait]
impl Files for FtpFiles {
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        let facts = self.0.tells_facts;
        let work = move |ftp, folder| async move {
            if facts { with_facts(ftp, folder).await } else { as_people_read(ftp, folder).await }
        };
        let mut entries = self.0.command(folder, work).await?;
        if entries.len() > NAMES {
            return Err(FileError::Failed(format!("{folder}: more than {NAMES} names")));
        }
        entries.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        Ok(entries)
    }

    async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
        self.open_at(path, 0).await
    }

    async fn open_at(&self, path: &str, from: u64) -> Result<Box<dyn FileReader>, FileError> {
        let from = usize::try_from(from).map_err(|_| FileError::Failed(format!("{path} is too large")))?;
        let open = move |mut ftp: OwnedMutexGuard<AsyncFtpStream>, path: String| async move {
            ftp.resume_transfer(from).await?;
            ftp.retr_as_stream(path).await
        };
        let transfer = self.0.command(path, open).await?;
        Ok(Box::new(FtpReader { line: Arc::clone(&self.0), path: path.to_owned(), transfer: Some(transfer) }))
    }

    /// A server says what has arrived only once a file is whole: half a file has to be sent again from its start.
    fn resumes(&self) -> bool {
        false
    }

    async fn resume(&self, path: &str, _from: u64) -> Result<Box<dyn FileWriter>, FileError> {
        let host = &self.0.host;
        Err(FileError::Lost(format!(
            "the connection to {host} broke, and nobody knows how much of {path} arrived"
        )))
    }

    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let create = |mut ftp: OwnedMutexGuard<AsyncFtpStream>, path: String| async move {
            ftp.put_with_stream(path).await
        };
        let transfer = self.0.command(path, create).await?;
        Ok(Box::new(FtpWriter { line: Arc::clone(&self.0), path: path.to_owned(), transfer: Some(transfer) }))
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        replace(&*self.0, from, to).await
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        Names::remove(&*self.0, path).await
    }
}

#[async_trait::async_trait]
impl Names for Line {
    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        if to.chars().any(char::is_control) {
            return Err(FileError::Failed(format!("{to}: a name has a control character in it")));
        }
        let to = self.at(to);
        self.command(from, |mut ftp, from| async move { ftp.rename(from, to).await }).await
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        self.command(path, |mut ftp, path| async move { ftp.rm(path).await }).await
    }

    async fn stands(&self, path: &str) -> Result<bool, FileError> {
        match self.command(path, |mut ftp, path| async move { ftp.size(path).await }).await {
            Ok(_) => Ok(true),
            Err(lost @ FileError::Lost(_)) => Err(lost),
            Err(_) => Ok(false),
        }
    }
}

async fn with_facts(mut ftp: OwnedMutexGuard<AsyncFtpStream>, folder: String) -> FtpResult<Vec<FileEntry>> {
    let lines = ftp.mlsd(Some(&folder)).await?;
    let real = |line: &&String| {
        let facts = line.to_ascii_lowercase();
        !facts.contains("type=cdir;") && !facts.contains("type=pdir;")
    };
    let files = lines.iter().filter(real).filter_map(|line| ListParser::parse_mlsd(line).ok());
    Ok(files.filter_map(|file| entry(&file, None)).collect())
}

/// Lists for people tell minutes at best, and years or the time of day: a server is asked for the time of each file.
async fn as_people_read(
    mut ftp: OwnedMutexGuard<AsyncFtpStream>,
    folder: String,
) -> FtpResult<Vec<FileEntry>> {
    let lines = ftp.list(Some(&folder)).await?;
    // Not by the library's guess, which takes `total 8` for a file.
    let file = |line: &String| ListParser::parse_posix(line).or_else(|_| ListParser::parse_dos(line)).ok();
    let files: Vec<File> = lines.iter().filter_map(file).collect();
    let (mut entries, mut knows_times) = (Vec::new(), true);
    for file in files {
        let mut modified = None;
        if knows_times && !file.is_directory() {
            let path = format!("{}/{}", folder.trim_end_matches('/'), file.name());
            match ftp.mdtm(path).await {
                Ok(time) => modified = Some(Instant::from_seconds(time.and_utc().timestamp())),
                Err(FtpError::UnexpectedResponse(reply)) if reply.status.code() >= 550 => {}
                Err(FtpError::UnexpectedResponse(_) | FtpError::BadResponse) => knows_times = false,
                Err(error) => return Err(error),
            }
        }
        entries.extend(entry(&file, modified));
    }
    Ok(entries)
}

fn entry(file: &File, modified: Option<Instant>) -> Option<FileEntry> {
    let name = file.name();
    if matches!(name, "" | "." | "..") || name.contains('/') {
        return None;
    }
    let folder = file.is_directory();
    let size = if folder { 0 } else { file.size() as u64 };
    let modified = modified.unwrap_or_else(|| to_second(file.modified()));
    Some(FileEntry { name: name.to_owned(), folder, size, modified })
}

fn to_second(time: SystemTime) -> Instant {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |span| span.as_secs());
    Instant::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1000))
}

struct FtpReader {
    line: Arc<Line>,
    path: String,
    transfer: Option<Transfer>,
}

#[async_trait::async_trait]
impl FileReader for FtpReader {
    /// The end of the data says nothing by itself: only the server's reply tells a whole file from half a one.
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        let Some(mut transfer) = self.transfer.take() else { return Ok(Bytes::new()) };
        let max = max.min(READ_LIMIT);
        let read = async move {
            let mut out = BytesMut::with_capacity(max.min(1 << 18));
            while out.len() < max {
                let mut rest = (&mut transfer).take((max - out.len()) as u64);
                if rest.read_buf(&mut out).await.map_err(FtpError::ConnectionError)? == 0 {
                    if out.is_empty() {
                        transfer.finish().await?;
                        return Ok((Bytes::new(), None));
                    }
                    break;
                }
            }
            Ok((out.freeze(), Some(transfer)))
        };
        let (bytes, transfer) = self.line.run(&self.path, read).await?;
        self.transfer = transfer;
        Ok(bytes)
    }
}

struct FtpWriter {
    line: Arc<Line>,
    path: String,
    transfer: Option<Transfer>,
}

#[async_trait::async_trait]
impl FileWriter for FtpWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        let Some(mut transfer) = self.transfer.take() else { return Err(broke(&self.line.host)) };
        let write = async move {
            transfer.write_all(&bytes).await.map_err(FtpError::ConnectionError)?;
            Ok(transfer)
        };
        self.transfer = Some(self.line.run(&self.path, write).await?);
        Ok(())
    }

    async fn close(mut self: Box<Self>) -> Result<(), FileError> {
        let Some(transfer) = self.transfer.take() else { return Err(broke(&self.line.host)) };
        self.line.run(&self.path, transfer.finish()).await
    }
}
