//! The tree and its bounds.

use crate::content::Content;
use crate::fault::{FileFaults, FileOp, PLATFORM};
use crate::path::{BadPath, DropPath};
use crate::user::User;
use bytes::Bytes;
use imbl::OrdMap;
use standin_fake_kit::faults::{Effect, Fault, Faults, TooMany};
use standin_fake_kit::knobs::Takes;
use standin_fake_kit::{Knob, Knobs};
use standin_model::{Evidence, Instant};
use standin_ports::{FileEntry, Secret};
use std::ops::Bound;
use std::sync::Arc;

/// The host that the drop answers to when a world names none.
pub const DEFAULT_HOST: &str = "sftp.exchange.example";
/// The user that is always there.
pub const DEFAULT_USER: &str = "cdc-batch";
/// The password of [`DEFAULT_USER`].
pub const DEFAULT_PASSWORD: &str = "cdc-batch-password";

/// How many users a drop may have.
pub(crate) const USER_LIMIT: usize = 1000;

const MAX_BYTES: &str = "sftp.max_bytes";
const MAX_FILES: &str = "sftp.max_files";
const EXTENSIONS: &str = "sftp.extensions";

/// What may be set.
pub const KNOBS: &[Knob] = &[
    Knob {
        name: EXTENSIONS,
        default: "true",
        takes: Takes::Bool,
        summary: "whether the server offers OpenSSH's extensions; without them no rename replaces a file",
        evidence: Evidence::documented("OpenSSH PROTOCOL, section 4", "extensions_are_a_knob"),
    },
    Knob {
        name: MAX_BYTES,
        default: "1073741824",
        takes: Takes::Number,
        summary: "how many bytes all files may have together; a write beyond that fails",
        evidence: Evidence::decided(
            "a drop in memory needs a bound",
            "a_full_drop_refuses_and_stays_as_it_is",
        ),
    },
    Knob {
        name: MAX_FILES,
        default: "100000",
        takes: Takes::Number,
        summary: "how many files and folders there may be; one more fails",
        evidence: Evidence::decided(
            "a drop in memory needs a bound",
            "a_full_drop_refuses_and_stays_as_it_is",
        ),
    },
];

/// Why something could not be done. The path is the caller's to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DropError {
    /// No such file or folder, or no folder to put it in.
    #[error("no such file or folder")]
    NotFound,
    /// The user may not.
    #[error("permission denied")]
    Denied,
    /// The name is taken.
    #[error("the name is taken")]
    Exists,
    /// A folder where a file is wanted.
    #[error("it is a folder")]
    IsFolder,
    /// A file where a folder is wanted.
    #[error("it is not a folder")]
    NotFolder,
    /// A folder with something in it.
    #[error("the folder is not empty")]
    NotEmpty,
    /// A folder into itself.
    #[error("a folder cannot go into itself")]
    IntoItself,
    /// A bound is reached.
    #[error("the drop is full")]
    Full,
    /// The text can be no path.
    #[error("{0}")]
    BadPath(#[from] BadPath),
    /// The connection is broken; nothing more is said on it.
    #[error("the connection broke")]
    Cut,
}

/// What is known about a file or folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// Whether it is a folder.
    pub folder: bool,
    /// Bytes; zero for a folder.
    pub size: u64,
    /// Last modification, to the second.
    pub modified: Instant,
}

/// A file, whatever it is called at the moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct FileId(u64);

#[derive(Clone, Debug)]
enum Entry {
    Folder(Instant),
    File(FileId),
}

#[derive(Clone, Debug)]
struct File {
    content: Content,
    modified: Instant,
}

/// Users, folders and files. A copy is cheap and shares what does not change.
#[derive(Clone, Debug)]
pub struct Drop {
    pub(crate) host: String,
    pub(crate) users: OrdMap<String, Arc<User>>,
    tree: OrdMap<DropPath, Entry>,
    files: OrdMap<FileId, File>,
    made: u64,
    used: u64,
    knobs: Knobs,
    pub(crate) faults: FileFaults,
    pub(crate) logins: u64,
}

impl Default for Drop {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop {
    /// An empty drop with its default user.
    pub fn new() -> Self {
        let user = User {
            name: DEFAULT_USER.to_owned(),
            password: Some(Secret::new(DEFAULT_PASSWORD)),
            keys: Vec::new(),
            root: DropPath::root(),
            read_only: false,
        };
        Self {
            host: DEFAULT_HOST.to_owned(),
            users: OrdMap::unit(user.name.clone(), Arc::new(user)),
            tree: OrdMap::unit(DropPath::root(), Entry::Folder(Instant::START)),
            files: OrdMap::new(),
            made: 0,
            used: 0,
            knobs: Knobs::new(KNOBS),
            faults: FileFaults::default(),
            logins: 0,
        }
    }

    /// The host that it answers to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether `host` is its own.
    pub fn answers_to(&self, host: &str) -> bool {
        self.host.eq_ignore_ascii_case(host)
    }

    /// A user by name.
    pub fn user(&self, name: &str) -> Option<Arc<User>> {
        self.users.get(name).cloned()
    }

    /// How often somebody who may has logged in.
    pub fn logins(&self) -> u64 {
        self.logins
    }

    /// All users, by name.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// Adds a user or puts another in place of one of that name, and makes the root folder.
    pub fn add_user(&mut self, now: Instant, user: User) -> Result<(), DropError> {
        if self.users.len() >= USER_LIMIT && !self.users.contains_key(&user.name) {
            return Err(DropError::Full);
        }
        self.make_folders(now, &user.root)?;
        self.users.insert(user.name.clone(), Arc::new(user));
        Ok(())
    }

    /// Settings.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.knobs
    }

    /// Whether OpenSSH's extensions of the protocol are offered, `posix-rename` above all.
    pub fn offers_extensions(&self) -> bool {
        self.knobs.on(EXTENSIONS)
    }

    /// All files: path, bytes, last modification.
    pub fn files(&self) -> Vec<(String, u64, Instant)> {
        let file = |(path, entry): (&DropPath, &Entry)| match entry {
            Entry::File(id) => {
                self.files.get(id).map(|file| (path.to_string(), file.content.size(), file.modified))
            }
            Entry::Folder(_) => None,
        };
        self.tree.iter().filter_map(file).collect()
    }

    /// The bytes of a file.
    pub fn read(&self, path: &str) -> Option<Bytes> {
        self.content(&DropPath::parse(path).ok()?).ok().map(|content| content.bytes())
    }

    /// Puts a file there, with the folders it needs, in place of any file of that name.
    pub fn put(&mut self, now: Instant, path: &str, bytes: &[u8]) -> Result<(), DropError> {
        let path = DropPath::parse(path)?;
        let folder = path.parent().ok_or(DropError::IsFolder)?;
        let old = match self.tree.get(&path) {
            Some(Entry::Folder(_)) => return Err(DropError::IsFolder),
            Some(Entry::File(id)) => self.files.get(id).map_or(0, |file| file.content.size()),
            None => 0,
        };
        self.room_for((bytes.len() as u64).saturating_sub(old))?;
        self.make_folders(now, &folder)?;
        let id = self.open(now, &path, true, true)?;
        self.set_content(now, id, Content::from(bytes))
    }

    /// Makes a folder and those above it, as far as they are missing.
    pub fn make_folders(&mut self, now: Instant, path: &DropPath) -> Result<(), DropError> {
        let mut missing = Vec::new();
        let mut at = Some(path.clone());
        while let Some(path) = at {
            match self.tree.get(&path) {
                Some(Entry::Folder(_)) => break,
                Some(Entry::File(_)) => return Err(DropError::NotFolder),
                None => at = path.parent(),
            }
            missing.push(path);
        }
        self.room_in_tree(missing.len())?;
        for path in missing {
            self.tree.insert(path, Entry::Folder(to_second(now)));
        }
        Ok(())
    }

    /// Orders the next connection that does `op` to break.
    ///
    /// For reading and writing it breaks with the first byte after `after_bytes`; what came before has been
    /// sent or stored. For the others it breaks before anything is done if that is 0, else after the work is
    /// done and before the answer.
    pub fn fail_next(&mut self, op: FileOp, after_bytes: u64) -> Result<(), DropError> {
        self.add_fault(Fault::next(PLATFORM, op.word(), Effect::BreakAfter(after_bytes)))
            .map_err(|_| DropError::Full)
    }

    /// Forgets the rules whose time is over.
    pub fn outlive_faults(&mut self, now: Instant) {
        self.faults.0.outlive(now);
    }

    /// Adds a rule about what is done here.
    pub fn add_fault(&mut self, rule: Fault) -> Result<(), TooMany> {
        self.faults.0.add(rule)
    }

    /// The rules that are not used up, in order.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.0.rules()
    }

    /// Lets the chance of rules start from `seed`.
    pub fn seed_faults(&mut self, seed: u64) {
        self.faults = FileFaults(Faults::seeded(seed));
    }

    /// Takes back every order and rule that has not come true.
    pub fn clear_faults(&mut self) {
        self.faults.0.clear();
    }
}

/// What sessions do. Paths are the drop's own; what a user may see is decided before.
impl Drop {
    pub(crate) fn stat(&self, path: &DropPath) -> Result<Stat, DropError> {
        match self.tree.get(path).ok_or(DropError::NotFound)? {
            Entry::Folder(modified) => Ok(Stat { folder: true, size: 0, modified: *modified }),
            Entry::File(id) => self.stat_file(*id),
        }
    }

    pub(crate) fn stat_file(&self, id: FileId) -> Result<Stat, DropError> {
        let file = self.files.get(&id).ok_or(DropError::NotFound)?;
        Ok(Stat { folder: false, size: file.content.size(), modified: file.modified })
    }

    pub(crate) fn list(&self, folder: &DropPath) -> Result<Vec<FileEntry>, DropError> {
        if !self.stat(folder)?.folder {
            return Err(DropError::NotFolder);
        }
        let prefix = folder.prefix();
        let mut entries = Vec::new();
        for path in self.below(&prefix) {
            let name = path.as_str().get(prefix.len()..).unwrap_or_default();
            if name.is_empty() || name.contains('/') {
                continue;
            }
            let Stat { folder, size, modified } = self.stat(path)?;
            entries.push(FileEntry { name: name.to_owned(), folder, size, modified });
        }
        Ok(entries)
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a DropPath> {
        let range = (Bound::Included(prefix), Bound::Unbounded);
        let paths = self.tree.range::<_, str>(range).map(|(path, _)| path);
        paths.take_while(move |path| path.as_str().starts_with(prefix))
    }

    pub(crate) fn content(&self, path: &DropPath) -> Result<Content, DropError> {
        match self.tree.get(path).ok_or(DropError::NotFound)? {
            Entry::Folder(_) => Err(DropError::IsFolder),
            Entry::File(id) => self.content_of(*id),
        }
    }

    pub(crate) fn content_of(&self, id: FileId) -> Result<Content, DropError> {
        Ok(self.files.get(&id).ok_or(DropError::NotFound)?.content.clone())
    }

    /// The file of that name; made if it is missing and `create`, emptied if it is there and `truncate`.
    pub(crate) fn open(
        &mut self,
        now: Instant,
        path: &DropPath,
        create: bool,
        truncate: bool,
    ) -> Result<FileId, DropError> {
        match self.tree.get(path) {
            Some(Entry::Folder(_)) => Err(DropError::IsFolder),
            Some(Entry::File(id)) => {
                let id = *id;
                if truncate {
                    self.set_content(now, id, Content::default())?;
                }
                Ok(id)
            }
            None if create => self.make_file(now, path),
            None => Err(DropError::NotFound),
        }
    }

    fn make_file(&mut self, now: Instant, path: &DropPath) -> Result<FileId, DropError> {
        self.folder_above(path)?;
        self.room_in_tree(1)?;
        self.made += 1;
        let id = FileId(self.made);
        self.files.insert(id, File { content: Content::default(), modified: to_second(now) });
        self.tree.insert(path.clone(), Entry::File(id));
        Ok(id)
    }

    pub(crate) fn write_at(
        &mut self,
        now: Instant,
        id: FileId,
        offset: u64,
        data: &[u8],
    ) -> Result<(), DropError> {
        let old = self.stat_file(id)?.size;
        let end = offset.checked_add(data.len() as u64).ok_or(DropError::Full)?;
        let added = if data.is_empty() { 0 } else { end.saturating_sub(old) };
        self.room_for(added)?;
        let file = self.files.get_mut(&id).ok_or(DropError::NotFound)?;
        file.content.write_at(offset, data);
        file.modified = to_second(now);
        self.used += added;
        Ok(())
    }

    pub(crate) fn set_size(&mut self, now: Instant, id: FileId, size: u64) -> Result<(), DropError> {
        let old = self.stat_file(id)?.size;
        self.room_for(size.saturating_sub(old))?;
        let file = self.files.get_mut(&id).ok_or(DropError::NotFound)?;
        file.content.set_size(size);
        file.modified = to_second(now);
        self.used = self.used.saturating_sub(old) + size;
        Ok(())
    }

    fn set_content(&mut self, now: Instant, id: FileId, content: Content) -> Result<(), DropError> {
        let file = self.files.get_mut(&id).ok_or(DropError::NotFound)?;
        self.used = self.used.saturating_sub(file.content.size()) + content.size();
        *file = File { content, modified: to_second(now) };
        Ok(())
    }

    pub(crate) fn set_modified(&mut self, path: &DropPath, modified: Instant) -> Result<(), DropError> {
        match self.tree.get_mut(path).ok_or(DropError::NotFound)? {
            Entry::Folder(at) => *at = to_second(modified),
            Entry::File(id) => {
                let id = *id;
                self.set_file_modified(id, modified)?;
            }
        }
        Ok(())
    }

    pub(crate) fn set_file_modified(&mut self, id: FileId, modified: Instant) -> Result<(), DropError> {
        self.files.get_mut(&id).ok_or(DropError::NotFound)?.modified = to_second(modified);
        Ok(())
    }

    /// Gives another name at once. A file may take the place of a file if `replace`.
    pub(crate) fn rename(&mut self, from: &DropPath, to: &DropPath, replace: bool) -> Result<(), DropError> {
        let source = self.tree.get(from).ok_or(DropError::NotFound)?.clone();
        if from == to {
            return Ok(());
        }
        self.folder_above(to)?;
        let taken = self.tree.get(to).cloned();
        match (source, taken) {
            (Entry::Folder(_), None) => self.rename_folder(from, to),
            (Entry::Folder(_), Some(Entry::File(_))) => Err(DropError::NotFolder),
            (Entry::Folder(_), Some(Entry::Folder(_))) => Err(DropError::Exists),
            (Entry::File(_), Some(Entry::Folder(_))) => Err(DropError::IsFolder),
            (Entry::File(_), Some(Entry::File(_))) if !replace => Err(DropError::Exists),
            (file @ Entry::File(_), taken) => {
                if let Some(Entry::File(old)) = taken {
                    self.forget(old);
                }
                self.tree.remove(from);
                self.tree.insert(to.clone(), file);
                Ok(())
            }
        }
    }

    fn rename_folder(&mut self, from: &DropPath, to: &DropPath) -> Result<(), DropError> {
        if from.is_root() || to.is_within(from) {
            return Err(DropError::IntoItself);
        }
        let prefix = from.prefix();
        let mut moves = vec![(from.clone(), to.clone())];
        for path in self.below(&prefix) {
            moves.push((path.clone(), path.moved(from, to)?));
        }
        for (old, new) in moves {
            if let Some(entry) = self.tree.remove(&old) {
                self.tree.insert(new, entry);
            }
        }
        Ok(())
    }

    pub(crate) fn remove(&mut self, path: &DropPath) -> Result<(), DropError> {
        match self.tree.get(path).ok_or(DropError::NotFound)? {
            Entry::Folder(_) => Err(DropError::IsFolder),
            Entry::File(id) => {
                let id = *id;
                self.tree.remove(path);
                self.forget(id);
                Ok(())
            }
        }
    }

    pub(crate) fn make_folder(&mut self, now: Instant, path: &DropPath) -> Result<(), DropError> {
        if self.tree.contains_key(path) {
            return Err(DropError::Exists);
        }
        self.folder_above(path)?;
        self.room_in_tree(1)?;
        self.tree.insert(path.clone(), Entry::Folder(to_second(now)));
        Ok(())
    }

    pub(crate) fn remove_folder(&mut self, path: &DropPath) -> Result<(), DropError> {
        if !self.stat(path)?.folder {
            return Err(DropError::NotFolder);
        }
        // A user's root is where the user stands.
        if path.is_root() || self.users.values().any(|user| user.root == *path) {
            return Err(DropError::Denied);
        }
        if self.below(&path.prefix()).next().is_some() {
            return Err(DropError::NotEmpty);
        }
        self.tree.remove(path);
        Ok(())
    }

    fn forget(&mut self, id: FileId) {
        if let Some(file) = self.files.remove(&id) {
            self.used = self.used.saturating_sub(file.content.size());
        }
    }

    fn folder_above(&self, path: &DropPath) -> Result<(), DropError> {
        match path.parent().and_then(|folder| self.tree.get(&folder)) {
            Some(Entry::Folder(_)) => Ok(()),
            Some(Entry::File(_)) => Err(DropError::NotFolder),
            None => Err(DropError::NotFound),
        }
    }

    fn room_for(&self, added: u64) -> Result<(), DropError> {
        let bound = self.knobs.number(MAX_BYTES);
        if added > 0 && self.used.saturating_add(added) > bound { Err(DropError::Full) } else { Ok(()) }
    }

    fn room_in_tree(&self, added: usize) -> Result<(), DropError> {
        let entries = (self.tree.len() - 1).saturating_add(added) as u64;
        if added > 0 && entries > self.knobs.number(MAX_FILES) { Err(DropError::Full) } else { Ok(()) }
    }
}

fn to_second(at: Instant) -> Instant {
    Instant::from_seconds(at.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(drop: &Drop) -> Vec<String> {
        drop.files().into_iter().map(|(path, _, _)| path).collect()
    }

    fn path(text: &str) -> DropPath {
        DropPath::parse(text).unwrap()
    }

    #[test]
    fn a_full_drop_refuses_and_stays_as_it_is() {
        let mut drop = Drop::new();
        drop.knobs_mut().set(MAX_BYTES, "10").unwrap();
        drop.knobs_mut().set(MAX_FILES, "3").unwrap();
        drop.put(Instant::START, "/in/a", b"12345").unwrap();
        let before = drop.files();
        let id = drop.open(Instant::START, &path("/in/a"), false, false).unwrap();
        for refused in [
            drop.put(Instant::START, "/in/b", b"123456"),
            drop.put(Instant::START, "/in/new/deep/b", b"1"),
            drop.write_at(Instant::START, id, 6, b"12345"),
            drop.write_at(Instant::START, id, u64::MAX, b"1"),
            drop.set_size(Instant::START, id, 11),
        ] {
            assert_eq!(refused, Err(DropError::Full));
        }
        assert_eq!(drop.files(), before);
        drop.put(Instant::START, "/in/a", b"1234567890").unwrap();
        drop.remove(&path("/in/a")).unwrap();
        drop.put(Instant::START, "/in/b", b"1234567890").unwrap();
        assert_eq!(names(&drop), ["/in/b"]);
    }

    #[test]
    fn a_folder_moves_with_all_that_is_in_it() {
        let mut drop = Drop::new();
        for file in ["/a/x", "/a/b/y", "/a.txt", "/ab/z"] {
            drop.put(Instant::START, file, file.as_bytes()).unwrap();
        }
        assert_eq!(drop.rename(&path("/a"), &path("/a/b/c"), true), Err(DropError::IntoItself));
        assert_eq!(drop.rename(&path("/a"), &path("/ab"), true), Err(DropError::Exists));
        drop.rename(&path("/a"), &path("/ab/moved"), true).unwrap();
        assert_eq!(names(&drop), ["/a.txt", "/ab/moved/b/y", "/ab/moved/x", "/ab/z"]);
        assert_eq!(drop.read("/ab/moved/b/y").unwrap(), "/a/b/y");
        let listed: Vec<String> =
            drop.list(&path("/ab")).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(listed, ["moved", "z"]);
    }

    #[test]
    fn extensions_are_a_knob() {
        let mut drop = Drop::new();
        assert!(drop.offers_extensions());
        drop.knobs_mut().set(EXTENSIONS, "false").unwrap();
        assert!(!drop.offers_extensions());
    }

    #[test]
    fn a_copy_does_not_change_with_the_original() {
        let mut drop = Drop::new();
        drop.put(Instant::START, "/a", b"one").unwrap();
        let copy = drop.clone();
        drop.put(Instant::START, "/a", b"two").unwrap();
        assert_eq!((copy.read("/a").unwrap(), drop.read("/a").unwrap()), ("one".into(), "two".into()));
    }
}
