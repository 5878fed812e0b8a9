//! Connections that break on purpose.

use standin_fake_kit::faults::{Asked, Effect, Faults};
use standin_model::Instant;
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

/// What waits for an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Strike {
    /// The connection ends after so many bytes.
    Break(u64),
    /// There is room for no more than so many bytes of a file.
    Full(u64),
}

/// The rules about a drop.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileFaults(pub(crate) Faults);

impl FileFaults {
    /// What becomes of this operation, if a rule takes it.
    pub(crate) fn take(&mut self, now: Instant, op: FileOp, path: &str) -> Option<Strike> {
        match self.0.consult(now, &Asked { platform: PLATFORM, call: op.word(), path })? {
            Effect::BreakAfter(bytes) => Some(Strike::Break(bytes)),
            Effect::FullAfter(bytes) => Some(Strike::Full(bytes)),
            // Rules of the other kinds are not added to a drop.
            _ => None,
        }
    }
}

/// The drop's name in rules.
pub(crate) const PLATFORM: &str = "sftp";
