//! A run that reads and transforms, and only shows what it would write.
//!
//! - `calls`: what Gigya would be told.
//! - `files`: what file servers would get.
//! - `objects`: what object stores would get.

mod calls;
mod files;
mod objects;

use bytes::Bytes;
use calls::DryHttp;
pub use calls::reads;
use files::DryLogin;
use objects::DryStores;
use standin_ports::journal::{masked, masked_start};
use standin_ports::{Http, Login, Stores};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Calls of one method that are shown whole.
const SHOWN: usize = 10;
/// Files that are shown.
const FILES: usize = 100;
/// Bytes of a file of which the start is shown.
const START: usize = 4096;
/// Lines of a file that are shown.
const LINES: usize = 5;

/// What a run would write.
#[derive(Clone, Default)]
pub struct Plan(Arc<Mutex<Written>>);

#[derive(Clone, Default)]
struct Written {
    calls: BTreeMap<String, Calls>,
    files: Vec<File>,
    more_files: u64,
}

/// Calls of one method.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Calls {
    /// How many.
    pub count: u64,
    /// The first of them, as their parameters, secrets masked.
    pub shown: Vec<String>,
}

/// One file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct File {
    /// The server's name.
    pub host: String,
    /// Where it would stand.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its first lines, secrets masked; nothing if it is no text.
    pub start: Vec<String>,
}

impl Plan {
    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls by method, in the methods' order.
    pub fn calls(&self) -> Vec<(String, Calls)> {
        self.written().calls.clone().into_iter().collect()
    }

    /// Files that would stand whole under their names, in the order in which they were finished.
    pub fn files(&self) -> Vec<File> {
        self.written().files.clone()
    }

    /// How many files beyond those there would be.
    pub fn more_files(&self) -> u64 {
        self.written().more_files
    }

    /// Lets reads through to `http` and notes everything else.
    pub fn http(&self, http: Arc<dyn Http>) -> Arc<dyn Http> {
        Arc::new(DryHttp { http, plan: self.clone() })
    }

    /// Lets reads through to `stores` and notes everything else.
    pub fn stores(&self, stores: Arc<dyn Stores>) -> Arc<dyn Stores> {
        Arc::new(DryStores { stores, plan: self.clone() })
    }

    fn note(&self, host: String, path: String, draft: &Draft) {
        let mut written = self.written();
        if written.files.len() == FILES {
            written.more_files += 1;
            return;
        }
        written.files.push(File { host, path, bytes: draft.bytes, start: lines(&draft.start) });
    }

    /// Lets reads through to `login` and notes everything else.
    pub fn login(&self, login: Arc<dyn Login>) -> Arc<dyn Login> {
        Arc::new(DryLogin { login, plan: self.clone() })
    }
}

/// A file without a server.
#[derive(Clone, Default)]
struct Draft {
    bytes: u64,
    start: Vec<u8>,
}

impl Draft {
    fn add(&mut self, bytes: &Bytes) {
        self.bytes += bytes.len() as u64;
        let room = START - self.start.len().min(START);
        self.start.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// The first lines of a text; nothing of what is none.
fn lines(start: &[u8]) -> Vec<String> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // It may have been cut within a letter.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return Vec::new(),
    };
    // As a table first: a column's name stands in another line than its values.
    masked_start(text).lines().take(LINES).map(|line| masked(line.as_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_file_shows_no_secret() {
        let table = "UID;password;city\nann;geheim;Diest\nbo;\"ge;heim\";Gent\n";
        assert_eq!(lines(table.as_bytes()), ["UID;password;city", "ann;********;Diest", "bo;********;Gent"]);
        let json = r#"[{"UID":"ann","password":"geheim"}]"#;
        assert_eq!(lines(json.as_bytes()), [r#"[{"UID":"ann","password":"********"}]"#]);
        assert_eq!(lines(b"\x1f\x8b\x08\xff"), Vec::<String>::new());
    }
}
