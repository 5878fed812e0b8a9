//! What one login does, and what the journal hears of it.

use crate::content::Content;
use crate::drop::{Drop, DropError, FileId, Stat};
use crate::fault::{FileOp, Strike};
use crate::path::DropPath;
use crate::user::{Proof, User};
use bytes::Bytes;
use standin_model::Instant;
use standin_ports::journal::{KEPT, masked, masked_start};
use standin_ports::{Clock, FileEntry, Journal, What};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One login at the drop. Paths are the user's own: absolute or relative within the user's root.
///
/// A session that was cut answers [`DropError::Cut`] from then on, and files it had open for writing stay as
/// they are: nobody said that they are whole.
pub struct Session {
    drop: Arc<Mutex<Drop>>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    user: Arc<User>,
    cut: AtomicBool,
}

/// Why a login failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LoginError {
    /// No such user, or not this user's password or key.
    #[error("login refused")]
    Refused,
    /// The connection broke, as ordered.
    #[error("the connection broke during login")]
    Cut,
}

/// How a file is opened for writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Made if it is missing, emptied if it is there.
    Create,
    /// Made; refused if it is there.
    CreateNew,
    /// Made if it is missing, kept if it is there.
    Keep,
    /// Refused if it is missing, kept if it is there.
    Existing,
    /// Refused if it is missing, emptied if it is there.
    Empty,
}

/// What happens to a file whose name a rename takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Existing {
    /// It is replaced at once.
    Replace,
    /// The rename is refused.
    Refuse,
}

/// What may be set about a file or folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attributes {
    /// Bytes; for a file only.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Instant>,
}

/// A file open for reading: its content as it was when it was opened.
#[derive(Debug)]
pub struct Reading {
    path: DropPath,
    content: Content,
    modified: Instant,
    served: u64,
    reached: u64,
    recorded: bool,
    breaks_after: Option<u64>,
}

/// A file open for writing.
#[derive(Debug)]
pub struct Writing {
    path: DropPath,
    file: FileId,
    written: u64,
    changed: bool,
    strike: Option<Strike>,
    /// Whether the journal has heard that the disk is full.
    told: bool,
}

/// A journal entry about a file, held back until the drop is free again.
struct Happened {
    op: &'static str,
    path: DropPath,
    bytes: u64,
    text: String,
}

impl Session {
    /// Logs in.
    pub fn open(
        drop: Arc<Mutex<Drop>>,
        clock: Arc<dyn Clock>,
        journal: Arc<dyn Journal>,
        user: &str,
        proof: Proof<'_>,
    ) -> Result<Self, LoginError> {
        let (user, fault) = {
            let mut drop = locked(&drop);
            let user = drop.user(user).filter(|user| user.admits(proof)).ok_or(LoginError::Refused)?;
            drop.logins += 1;
            (user, drop.faults.take(clock.now(), FileOp::Login, ""))
        };
        if fault.is_some() {
            let text = format!("connection of `{}` cut during login", user.name);
            journal.record(What::Note { who: "drop", text });
            return Err(LoginError::Cut);
        }
        Ok(Self { drop, clock, journal, user, cut: AtomicBool::new(false) })
    }

    /// Whether the connection was cut.
    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    /// The user.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether OpenSSH's extensions are offered to this session.
    pub fn offers_extensions(&self) -> bool {
        self.drop().offers_extensions()
    }

    /// The absolute path that the user means, whether or not something is there.
    pub fn real_path(&self, path: &str) -> Result<String, DropError> {
        self.alive()?;
        Ok(DropPath::parse(path)?.to_string())
    }

    /// What is known about a file or folder.
    pub fn stat(&self, path: &str) -> Result<Stat, DropError> {
        let path = self.place(path)?;
        self.drop().stat(&path)
    }

    /// The names in a folder, in byte order.
    pub fn list(&self, folder: &str) -> Result<Vec<FileEntry>, DropError> {
        let path = self.place(folder)?;
        let fault = self.fault(FileOp::List, &path)?;
        let listed = self.drop().list(&path)?;
        self.break_after(fault, FileOp::List, &path)?;
        Ok(listed)
    }

    /// Opens a file for reading.
    pub fn open_read(&self, path: &str) -> Result<Reading, DropError> {
        let path = self.place(path)?;
        let mut drop = self.drop();
        let content = drop.content(&path)?;
        let modified = drop.stat(&path)?.modified;
        let strike = drop.faults.take(self.clock.now(), FileOp::Read, path.as_str());
        let breaks_after = strike.and_then(breaks);
        Ok(Reading { path, content, modified, served: 0, reached: 0, recorded: false, breaks_after })
    }

    /// The bytes from `offset`, at most `max`; none at the end. Once all have been asked for, the journal
    /// hears of it.
    pub fn read_at(&self, file: &mut Reading, offset: u64, max: usize) -> Result<Bytes, DropError> {
        self.alive()?;
        let mut bytes = file.content.read_at(offset, max);
        if let Some(at) = file.breaks_after
            && offset.saturating_add(bytes.len() as u64) > at
        {
            // What is before that byte arrives; who asks for the next finds the connection ended.
            let left = usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX);
            if left == 0 && !bytes.is_empty() {
                return Err(self.cut(FileOp::Read, &file.path, at));
            }
            bytes.truncate(left);
        }
        let end = offset.saturating_add(bytes.len() as u64);
        file.served += bytes.len() as u64;
        // Clients ask for several pieces at once, and not always in order.
        file.reached = file.reached.max(end);
        if !file.recorded && file.served >= file.content.size() && file.reached >= file.content.size() {
            file.recorded = true;
            self.record(Happened {
                op: "read",
                path: file.path.clone(),
                bytes: file.content.size(),
                text: as_text(&file.content),
            });
        }
        Ok(bytes)
    }

    /// What is known about a file open for reading.
    pub fn stat_reading(&self, file: &Reading) -> Stat {
        Stat { folder: false, size: file.content.size(), modified: file.modified }
    }

    /// Opens a file for writing.
    pub fn open_write(&self, path: &str, mode: Mode) -> Result<Writing, DropError> {
        let path = self.place_to_change(path)?;
        let now = self.clock.now();
        let mut drop = self.drop();
        let there = drop.stat(&path).is_ok();
        if there && mode == Mode::CreateNew {
            return Err(DropError::Exists);
        }
        let create = matches!(mode, Mode::Create | Mode::CreateNew | Mode::Keep);
        let truncate = matches!(mode, Mode::Create | Mode::CreateNew | Mode::Empty);
        let file = drop.open(now, &path, create, truncate)?;
        let strike = drop.faults.take(now, FileOp::Write, path.as_str());
        Ok(Writing { path, file, written: 0, changed: !there || truncate, strike, told: false })
    }

    /// Writes `data` at `offset`.
    pub fn write_at(&self, file: &mut Writing, offset: u64, data: &[u8]) -> Result<(), DropError> {
        self.alive()?;
        let now = self.clock.now();
        let left = file.strike.map(|(Strike::Break(at) | Strike::Full(at))| at.saturating_sub(file.written));
        let stored = match left {
            Some(left) if (data.len() as u64) > left => &data[..usize::try_from(left).unwrap_or(0)],
            _ => data,
        };
        self.drop().write_at(now, file.file, offset, stored)?;
        file.changed |= !stored.is_empty();
        file.written += stored.len() as u64;
        match file.strike {
            _ if stored.len() == data.len() => Ok(()),
            Some(Strike::Full(_)) => Err(self.full(file)),
            _ => Err(self.cut(FileOp::Write, &file.path, file.written)),
        }
    }

    /// Writes `data` after what is there.
    pub fn append(&self, file: &mut Writing, data: &[u8]) -> Result<(), DropError> {
        let end = self.stat_writing(file)?.size;
        self.write_at(file, end, data)
    }

    /// The bytes that a file open for writing has by now.
    pub fn read_back(&self, file: &Writing, offset: u64, max: usize) -> Result<Bytes, DropError> {
        self.alive()?;
        Ok(self.drop().content_of(file.file)?.read_at(offset, max))
    }

    /// What is known about a file open for writing.
    pub fn stat_writing(&self, file: &Writing) -> Result<Stat, DropError> {
        self.alive()?;
        self.drop().stat_file(file.file)
    }

    /// Sets size or time of a file open for writing.
    pub fn set_writing(&self, file: &mut Writing, set: Attributes) -> Result<(), DropError> {
        self.alive()?;
        let now = self.clock.now();
        let mut drop = self.drop();
        if let Some(size) = set.size {
            drop.set_size(now, file.file, size)?;
            file.changed = true;
        }
        if let Some(modified) = set.modified {
            drop.set_file_modified(file.file, modified)?;
        }
        Ok(())
    }

    /// Says that a file is whole; the journal hears of it if it was changed.
    pub fn close(&self, file: Writing) -> Result<(), DropError> {
        self.alive()?;
        let content = self.drop().content_of(file.file)?;
        if file.changed {
            let bytes = content.size();
            self.record(Happened { op: "write", path: file.path, bytes, text: as_text(&content) });
        }
        Ok(())
    }

    /// Gives a file or folder another name at once.
    pub fn rename(&self, from: &str, to: &str, existing: Existing) -> Result<(), DropError> {
        let (from, to) = (self.place_to_change(from)?, self.place_to_change(to)?);
        let fault = self.fault(FileOp::Rename, &from)?;
        let size = {
            let mut drop = self.drop();
            drop.rename(&from, &to, existing == Existing::Replace)?;
            drop.stat(&to)?.size
        };
        let text = format!("from {from}");
        self.record(Happened { op: "rename", path: to, bytes: size, text });
        self.break_after(fault, FileOp::Rename, &from)
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) -> Result<(), DropError> {
        let path = self.place_to_change(path)?;
        let fault = self.fault(FileOp::Remove, &path)?;
        let size = {
            let mut drop = self.drop();
            let size = drop.stat(&path)?.size;
            drop.remove(&path)?;
            size
        };
        self.record(Happened { op: "remove", path: path.clone(), bytes: size, text: String::new() });
        self.break_after(fault, FileOp::Remove, &path)
    }

    /// Makes a folder.
    pub fn make_folder(&self, path: &str) -> Result<(), DropError> {
        let path = self.place_to_change(path)?;
        let now = self.clock.now();
        self.drop().make_folder(now, &path)
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, path: &str) -> Result<(), DropError> {
        let path = self.place_to_change(path)?;
        self.drop().remove_folder(&path)
    }

    /// Sets size or time of a file or folder.
    pub fn set(&self, path: &str, set: Attributes) -> Result<(), DropError> {
        if let Some(size) = set.size {
            let mut file = self.open_existing(path)?;
            self.set_writing(&mut file, Attributes { size: Some(size), modified: None })?;
            self.close(file)?;
        }
        let path = self.place_to_change(path)?;
        let mut drop = self.drop();
        drop.stat(&path)?;
        set.modified.map_or(Ok(()), |modified| drop.set_modified(&path, modified))
    }

    /// A file to change without writing to it: no fault waits for that.
    fn open_existing(&self, path: &str) -> Result<Writing, DropError> {
        let path = self.place_to_change(path)?;
        let now = self.clock.now();
        let file = self.drop().open(now, &path, false, false)?;
        Ok(Writing { path, file, written: 0, changed: false, strike: None, told: false })
    }

    fn drop(&self) -> MutexGuard<'_, Drop> {
        locked(&self.drop)
    }

    fn alive(&self) -> Result<(), DropError> {
        if self.is_cut() { Err(DropError::Cut) } else { Ok(()) }
    }

    /// The drop's own path for what the user wrote.
    fn place(&self, path: &str) -> Result<DropPath, DropError> {
        self.alive()?;
        Ok(DropPath::parse(path)?.under(&self.user.root)?)
    }

    fn place_to_change(&self, path: &str) -> Result<DropPath, DropError> {
        let path = self.place(path)?;
        if self.user.read_only { Err(DropError::Denied) } else { Ok(path) }
    }

    /// Takes the fault that waits for `op`; one that comes before the work comes true here.
    fn fault(&self, op: FileOp, path: &DropPath) -> Result<Option<u64>, DropError> {
        let now = self.clock.now();
        let strike = self.drop().faults.take(now, op, path.as_str());
        match strike.and_then(breaks) {
            Some(0) => Err(self.cut(op, path, 0)),
            other => Ok(other),
        }
    }

    /// A fault that comes after the work comes true here.
    fn break_after(&self, fault: Option<u64>, op: FileOp, path: &DropPath) -> Result<(), DropError> {
        fault.map_or(Ok(()), |bytes| Err(self.cut(op, path, bytes)))
    }

    fn cut(&self, op: FileOp, path: &DropPath, bytes: u64) -> DropError {
        self.cut.store(true, Ordering::SeqCst);
        let after = match op {
            FileOp::Read | FileOp::Write => format!(" after {bytes} bytes"),
            _ if bytes > 0 => " after the work was done".to_owned(),
            _ => String::new(),
        };
        let text = format!("connection of `{}` cut during {op} of {path}{after}", self.user.name);
        self.journal.record(What::Note { who: "drop", text });
        DropError::Cut
    }

    /// Clients send several pieces at once: the journal hears of the first that finds no room.
    fn full(&self, file: &mut Writing) -> DropError {
        if !std::mem::replace(&mut file.told, true) {
            let (path, bytes) = (&file.path, file.written);
            let text = format!("no room for more than {bytes} bytes of {path}");
            self.journal.record(What::Note { who: "drop", text });
        }
        DropError::Full
    }

    fn record(&self, happened: Happened) {
        let Happened { op, path, bytes, text } = happened;
        let who = self.user.name.clone();
        self.journal.record(What::File { who, op, path: path.to_string(), bytes, text });
    }
}

/// After how many bytes a connection breaks.
fn breaks(strike: Strike) -> Option<u64> {
    match strike {
        Strike::Break(bytes) => Some(bytes),
        Strike::Full(_) => None,
    }
}

fn locked(drop: &Mutex<Drop>) -> MutexGuard<'_, Drop> {
    // Every change of a drop is whole before anything can panic.
    drop.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The content as a journal keeps it: masked, bounded, and nothing where it is no text.
fn as_text(content: &Content) -> String {
    if content.size() <= KEPT as u64 {
        let bytes = content.bytes();
        return if std::str::from_utf8(&bytes).is_ok() { masked(&bytes) } else { String::new() };
    }
    let start = content.read_at(0, KEPT);
    let text = match std::str::from_utf8(&start) {
        Ok(text) => text,
        // A character cut in two at the end is no reason to keep nothing.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return String::new(),
    };
    // Half a document cannot be masked.
    if text.trim_start().starts_with(['{', '[']) {
        return String::new();
    }
    format!("{}... ({} bytes in all)", masked_start(text), content.size())
}

#[cfg(test)]
mod tests;
