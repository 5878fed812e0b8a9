//! Connections that break on purpose.

use std::fmt;
use std::str::FromStr;

/// What a login may be doing when its connection breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileOp {
    /// Logging in.
    Login,
    /// Listing a folder.
    List,
    /// Reading a file.
    Read,
    /// Writing a file.
    Write,
    /// Renaming.
    Rename,
    /// Removing a file.
    Remove,
}

impl FileOp {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Login, Self::List, Self::Read, Self::Write, Self::Rename, Self::Remove];

    /// Its name in worlds and journals.
    pub fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
            Self::Rename => "rename",
            Self::Remove => "remove",
        }
    }
}

impl fmt::Display for FileOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// No operation has this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no file operation is called `{0}`: login, list, read, write, rename or remove")]
pub struct NoSuchOp(String);

impl FromStr for FileOp {
    type Err = NoSuchOp;

    fn from_str(text: &str) -> Result<Self, NoSuchOp> {
        Self::ALL.into_iter().find(|op| op.word() == text).ok_or_else(|| NoSuchOp(text.to_owned()))
    }
}

/// How many faults may wait.
const WAITING: usize = 1000;

/// Faults in the order in which they were ordered; each breaks one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileFaults(imbl::Vector<(FileOp, u64)>);

impl FileFaults {
    /// Adds one; says whether there was room.
    pub(crate) fn add(&mut self, op: FileOp, after_bytes: u64) -> bool {
        let room = self.0.len() < WAITING;
        if room {
            self.0.push_back((op, after_bytes));
        }
        room
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// After how many bytes this operation's connection breaks, if one is waiting for it.
    pub(crate) fn take(&mut self, op: FileOp) -> Option<u64> {
        let at = self.0.iter().position(|(waiting, _)| *waiting == op)?;
        Some(self.0.remove(at).1)
    }
}
