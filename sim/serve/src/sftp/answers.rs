//! What the `sftp` subsystem answers: protocol version 3 as OpenSSH speaks it.

use super::{PACKET, listing};
use crate::line::Cutter;
use russh_sftp::protocol::{
    Attrs, Data, ExtendedReply, File, FileAttributes, Handle as HandleReply, Name, OpenFlags, Packet, Status,
    StatusCode, Version,
};
use russh_sftp::server::{Handler, StatusReply};
use standin_fake_sftp::{Attributes, DropError, Existing, Mode, Reading, Session, Stat, Writing};
use standin_model::Instant;
use standin_ports::Clock;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The largest piece of a file in one packet: a packet less its head.
const PIECE: u32 = PACKET - 1024;
/// How many handles one session may have open.
const HANDLES: usize = 256;
/// How many names one answer lists.
const PAGE: usize = 100;

const POSIX_RENAME: &str = "posix-rename@openssh.com";
const FSYNC: &str = "fsync@openssh.com";
const LIMITS: &str = "limits@openssh.com";

/// Answers one session's packets, one after the other.
pub(super) struct Answers {
    session: Arc<Session>,
    clock: Arc<dyn Clock>,
    cutter: Arc<Cutter>,
    handles: BTreeMap<u64, Open>,
    opened: u64,
}

enum Open {
    Reading(Reading),
    Writing { file: Writing, append: bool },
    Listing(VecDeque<File>),
}

type Answer<T> = Result<T, StatusReply>;

impl Answers {
    pub(super) fn new(session: Arc<Session>, clock: Arc<dyn Clock>, cutter: Arc<Cutter>) -> Self {
        Self { session, clock, cutter, handles: BTreeMap::new(), opened: 0 }
    }

    /// A drop's refusal as a status; a broken connection is broken for good.
    fn told<T>(&self, result: Result<T, DropError>) -> Answer<T> {
        result.map_err(|error| {
            let code = match error {
                DropError::NotFound => StatusCode::NoSuchFile,
                DropError::Denied => StatusCode::PermissionDenied,
                DropError::Cut => {
                    self.cutter.cut();
                    StatusCode::ConnectionLost
                }
                _ => StatusCode::Failure,
            };
            code.with_message(error.to_string())
        })
    }

    fn keep(&mut self, open: Open) -> Answer<String> {
        if self.handles.len() >= HANDLES {
            return Err(StatusCode::Failure.with_message("too many open handles"));
        }
        self.opened += 1;
        self.handles.insert(self.opened, open);
        Ok(self.opened.to_string())
    }

    fn handle(&mut self, handle: &str) -> Answer<&mut Open> {
        let open = handle.parse().ok().and_then(|number: u64| self.handles.get_mut(&number));
        open.ok_or_else(no_handle)
    }

    fn open_file(&mut self, path: &str, flags: OpenFlags) -> Answer<String> {
        if !flags.intersects(OpenFlags::WRITE | OpenFlags::APPEND) {
            let file = self.told(self.session.open_read(path))?;
            return self.keep(Open::Reading(file));
        }
        let has = |flag| flags.contains(flag);
        let mode = match (has(OpenFlags::CREATE), has(OpenFlags::EXCLUDE), has(OpenFlags::TRUNCATE)) {
            (true, true, _) => Mode::CreateNew,
            (true, false, true) => Mode::Create,
            (true, false, false) => Mode::Keep,
            (false, _, true) => Mode::Empty,
            (false, _, false) => Mode::Existing,
        };
        let file = self.told(self.session.open_write(path, mode))?;
        self.keep(Open::Writing { file, append: has(OpenFlags::APPEND) })
    }

    fn open_folder(&mut self, path: &str) -> Answer<String> {
        let entries = self.told(self.session.list(path))?;
        let now = self.clock.now();
        let owner = self.session.user().name.clone();
        let here = self.told(self.session.stat(path))?;
        let mut lines: VecDeque<File> =
            [".", ".."].iter().map(|name| listing::line(now, &owner, name, here)).collect();
        lines.extend(entries.into_iter().map(|entry| {
            let stat = Stat { folder: entry.folder, size: entry.size, modified: entry.modified };
            listing::line(now, &owner, &entry.name, stat)
        }));
        self.keep(Open::Listing(lines))
    }

    fn read_piece(&mut self, handle: &str, offset: u64, length: u32) -> Answer<Vec<u8>> {
        let session = Arc::clone(&self.session);
        let max = length.min(PIECE) as usize;
        let read = match self.handle(handle)? {
            Open::Reading(file) => session.read_at(file, offset, max),
            Open::Writing { file, .. } => session.read_back(file, offset, max),
            Open::Listing(_) => return Err(no_handle()),
        };
        let bytes = self.told(read)?;
        if bytes.is_empty() && length > 0 { Err(StatusCode::Eof.into()) } else { Ok(bytes.into()) }
    }

    fn write_piece(&mut self, handle: &str, offset: u64, data: &[u8]) -> Answer<()> {
        let session = Arc::clone(&self.session);
        let written = match self.handle(handle)? {
            Open::Writing { file, append: true } => session.append(file, data),
            Open::Writing { file, append: false } => session.write_at(file, offset, data),
            Open::Reading(_) => Err(DropError::Denied),
            Open::Listing(_) => return Err(no_handle()),
        };
        self.told(written)
    }

    fn close_handle(&mut self, handle: &str) -> Answer<()> {
        let open = handle.parse().ok().and_then(|number: u64| self.handles.remove(&number));
        match open.ok_or_else(no_handle)? {
            Open::Writing { file, .. } => self.told(self.session.close(file)),
            Open::Reading(_) | Open::Listing(_) => Ok(()),
        }
    }

    fn stat_handle(&mut self, handle: &str) -> Answer<Stat> {
        let session = Arc::clone(&self.session);
        let stat = match self.handle(handle)? {
            Open::Reading(file) => Ok(session.stat_reading(file)),
            Open::Writing { file, .. } => session.stat_writing(file),
            Open::Listing(_) => return Err(no_handle()),
        };
        self.told(stat)
    }

    fn set_handle(&mut self, handle: &str, attributes: &FileAttributes) -> Answer<()> {
        let session = Arc::clone(&self.session);
        let set = match self.handle(handle)? {
            Open::Writing { file, .. } => session.set_writing(file, wanted(attributes)),
            Open::Reading(_) => Err(DropError::Denied),
            Open::Listing(_) => return Err(no_handle()),
        };
        self.told(set)
    }

    fn extension(&mut self, id: u32, request: &str, mut data: &[u8]) -> Answer<Packet> {
        if !self.session.offers_extensions() {
            return Err(self.unimplemented());
        }
        match request {
            POSIX_RENAME => {
                let names = take_text(&mut data).zip(take_text(&mut data));
                let (from, to) = names.ok_or_else(|| StatusReply::from(StatusCode::BadMessage))?;
                self.told(self.session.rename(from, to, Existing::Replace))?;
                Ok(Packet::Status(done(id)))
            }
            FSYNC => {
                let handle = take_text(&mut data).ok_or_else(|| StatusReply::from(StatusCode::BadMessage))?;
                self.handle(handle)?;
                Ok(Packet::Status(done(id)))
            }
            LIMITS => {
                let limits = [u64::from(PACKET), u64::from(PIECE), u64::from(PIECE), HANDLES as u64];
                let data = limits.iter().flat_map(|limit| limit.to_be_bytes()).collect();
                Ok(Packet::ExtendedReply(ExtendedReply { id, data }))
            }
            _ => Err(self.unimplemented()),
        }
    }
}

fn done(id: u32) -> Status {
    let (error_message, language_tag) = ("Ok".to_owned(), "en".to_owned());
    Status { id, status_code: StatusCode::Ok, error_message, language_tag }
}

fn no_handle() -> StatusReply {
    StatusCode::Failure.with_message("no such handle")
}

/// What is wanted of size and time; owners and permissions are accepted and change nothing.
fn wanted(attributes: &FileAttributes) -> Attributes {
    let modified = attributes.mtime.map(|seconds| Instant::from_seconds(i64::from(seconds)));
    Attributes { size: attributes.size, modified }
}

/// Takes a text in SSH's encoding: four bytes of length, then so many bytes of UTF-8.
fn take_text<'b>(rest: &mut &'b [u8]) -> Option<&'b str> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (text, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    std::str::from_utf8(text).ok()
}

impl Handler for Answers {
    type Error = StatusReply;

    fn unimplemented(&self) -> StatusReply {
        StatusCode::OpUnsupported.into()
    }

    #[expect(clippy::disallowed_types, reason = "the library's own signature; the map is not read")]
    async fn init(
        &mut self,
        _version: u32,
        _extensions: std::collections::HashMap<String, String>,
    ) -> Answer<Version> {
        let mut version = Version::new();
        let offered: &[&str] =
            if self.session.offers_extensions() { &[POSIX_RENAME, FSYNC, LIMITS] } else { &[] };
        version.extensions.extend(offered.iter().map(|name| ((*name).to_owned(), "1".to_owned())));
        Ok(version)
    }

    async fn open(
        &mut self,
        id: u32,
        filename: String,
        pflags: OpenFlags,
        _attrs: FileAttributes,
    ) -> Answer<HandleReply> {
        self.open_file(&filename, pflags).map(|handle| HandleReply { id, handle })
    }

    async fn close(&mut self, id: u32, handle: String) -> Answer<Status> {
        self.close_handle(&handle).map(|()| done(id))
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, len: u32) -> Answer<Data> {
        self.read_piece(&handle, offset, len).map(|data| Data { id, data })
    }

    async fn write(&mut self, id: u32, handle: String, offset: u64, data: Vec<u8>) -> Answer<Status> {
        self.write_piece(&handle, offset, &data).map(|()| done(id))
    }

    async fn stat(&mut self, id: u32, path: String) -> Answer<Attrs> {
        let stat = self.told(self.session.stat(&path))?;
        Ok(Attrs { id, attrs: listing::attributes(stat) })
    }

    async fn lstat(&mut self, id: u32, path: String) -> Answer<Attrs> {
        self.stat(id, path).await
    }

    async fn fstat(&mut self, id: u32, handle: String) -> Answer<Attrs> {
        self.stat_handle(&handle).map(|stat| Attrs { id, attrs: listing::attributes(stat) })
    }

    async fn setstat(&mut self, id: u32, path: String, attrs: FileAttributes) -> Answer<Status> {
        self.told(self.session.set(&path, wanted(&attrs))).map(|()| done(id))
    }

    async fn fsetstat(&mut self, id: u32, handle: String, attrs: FileAttributes) -> Answer<Status> {
        self.set_handle(&handle, &attrs).map(|()| done(id))
    }

    async fn opendir(&mut self, id: u32, path: String) -> Answer<HandleReply> {
        self.open_folder(&path).map(|handle| HandleReply { id, handle })
    }

    async fn readdir(&mut self, id: u32, handle: String) -> Answer<Name> {
        let Open::Listing(lines) = self.handle(&handle)? else { return Err(no_handle()) };
        let files: Vec<File> = lines.drain(..lines.len().min(PAGE)).collect();
        if files.is_empty() { Err(StatusCode::Eof.into()) } else { Ok(Name { id, files }) }
    }

    async fn remove(&mut self, id: u32, filename: String) -> Answer<Status> {
        self.told(self.session.remove(&filename)).map(|()| done(id))
    }

    async fn mkdir(&mut self, id: u32, path: String, _attrs: FileAttributes) -> Answer<Status> {
        self.told(self.session.make_folder(&path)).map(|()| done(id))
    }

    async fn rmdir(&mut self, id: u32, path: String) -> Answer<Status> {
        self.told(self.session.remove_folder(&path)).map(|()| done(id))
    }

    async fn realpath(&mut self, id: u32, path: String) -> Answer<Name> {
        let real = self.told(self.session.real_path(&path))?;
        Ok(Name { id, files: vec![File::dummy(real)] })
    }

    async fn rename(&mut self, id: u32, oldpath: String, newpath: String) -> Answer<Status> {
        self.told(self.session.rename(&oldpath, &newpath, Existing::Refuse)).map(|()| done(id))
    }

    async fn extended(&mut self, id: u32, request: String, data: Vec<u8>) -> Answer<Packet> {
        self.extension(id, &request, &data)
    }
}
