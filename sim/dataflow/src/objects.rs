//! What readers and writers of object stores have in common.

use crate::component::{Component, FilePart, Setup, sub_path};
use crate::components::datasource_read_sftp::{changed_after, matching};
use crate::file_sink::CHUNK;
use crate::java_text::{self, Pattern};
use crate::run::{Outlet, Stop};
use crate::server::passing;
use standin_model::Instant;
use standin_ports::stores::{Store, StoreTarget, Stores};
use standin_ports::{FileEntry, FileError, FileWriter};
use std::sync::Arc;

/// A reader of the objects below a prefix.
pub(crate) fn reader(
    setup: &Setup<'_>,
    target: StoreTarget,
    prefix: &str,
) -> Result<Box<dyn Component>, String> {
    let pattern = match setup.pattern("fileNameRegex")? {
        text if text.is_empty() => None,
        text => Some(java_text::whole(&text).map_err(|told| format!("parameter `fileNameRegex`: {told}"))?),
    };
    Ok(Box::new(ReadObjects {
        stores: setup.ports.stores.clone(),
        target,
        prefix: prefix.trim_start_matches('/').to_owned(),
        pattern,
        since: setup.since(),
    }))
}

/// A writer of objects below a prefix.
pub(crate) fn writer(
    setup: &Setup<'_>,
    target: StoreTarget,
    prefix: &str,
) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(WriteObjects {
        stores: setup.ports.stores.clone(),
        target,
        prefix: prefix.trim_start_matches('/').to_owned(),
        store: None,
        upload: None,
    }))
}

struct ReadObjects {
    stores: Arc<dyn Stores>,
    target: StoreTarget,
    prefix: String,
    pattern: Option<Pattern>,
    since: Option<Instant>,
}

/// The part of a key that a pattern is held against: what stands behind the last slash.
fn name_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

impl ReadObjects {
    /// Oldest first, as file readers do; keys that end in a slash stand for folders.
    fn chosen(&self, mut entries: Vec<FileEntry>) -> Result<Vec<FileEntry>, String> {
        entries.retain(|entry| {
            let name = name_of(&entry.name);
            !name.is_empty()
                && entry.name.starts_with(&self.prefix)
                && self.since.is_none_or(|since| changed_after(entry.modified, since))
        });
        let mut entries = matching(self.pattern.as_ref(), entries, |entry| name_of(&entry.name))?;
        entries.sort_by(|one, other| (one.modified, &one.name).cmp(&(other.modified, &other.name)));
        Ok(entries)
    }

    fn told(&self, what: &str, error: &FileError) -> Stop {
        told(what, &self.target, error)
    }

    async fn one(&self, store: &dyn Store, key: &str, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let failed = |error: FileError| self.told(&format!("read `{key}`"), &error);
        let mut reader = store.open(key).await.map_err(failed)?;
        out.file(FilePart::Start(name_of(key).to_owned())).await?;
        loop {
            let bytes = reader.read(CHUNK).await.map_err(failed)?;
            if bytes.is_empty() {
                return out.file(FilePart::End).await;
            }
            out.file(FilePart::Bytes(bytes)).await?;
        }
    }
}

#[async_trait::async_trait]
impl Component for ReadObjects {
    async fn read(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let store = self.stores.store(&self.target).await.map_err(|error| self.told("open", &error))?;
        let entries = store.list(&self.prefix).await.map_err(|error| self.told("list", &error))?;
        let chosen = self.chosen(entries).map_err(Stop::Here)?;
        let place = format!("{}/{}", self.target.url(), self.prefix);
        out.trace(&format!("{} files to read in {place}", chosen.len()));
        for entry in chosen {
            self.one(store.as_ref(), &entry.name, out).await?;
        }
        Ok(())
    }
}

fn told(what: &str, target: &StoreTarget, error: &FileError) -> Stop {
    let told = format!("cannot {what} at {}: {error}", target.url());
    if passing(error) { Stop::Outside(told) } else { Stop::Here(told) }
}

struct WriteObjects {
    stores: Arc<dyn Stores>,
    target: StoreTarget,
    prefix: String,
    store: Option<Box<dyn Store>>,
    upload: Option<Upload>,
}

/// An object on its way. Dropped before it is closed, it leaves nothing.
struct Upload {
    key: String,
    writer: Box<dyn FileWriter>,
    bytes: u64,
}

impl WriteObjects {
    fn key(&self, name: &str) -> Result<String, String> {
        Ok(format!("{}{}", self.prefix, sub_path(name)?))
    }

    async fn start(&mut self, key: String) -> Result<(), FileError> {
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(self.stores.store(&self.target).await?),
        };
        let writer = store.create(&key).await?;
        self.upload = Some(Upload { key, writer, bytes: 0 });
        Ok(())
    }

    fn failed(&self, key: &str, error: &FileError) -> Stop {
        told(&format!("write `{key}`"), &self.target, error)
    }
}

#[async_trait::async_trait]
impl Component for WriteObjects {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => {
                let key = self.key(&name)?;
                self.start(key.clone()).await.map_err(|error| self.failed(&key, &error))
            }
            FilePart::Bytes(bytes) => {
                let Some(upload) = &mut self.upload else { return Ok(()) };
                upload.bytes += bytes.len() as u64;
                let written = upload.writer.write(bytes).await;
                let key = upload.key.clone();
                written.map_err(|error| self.failed(&key, &error))
            }
            FilePart::End => {
                let Some(Upload { key, writer, bytes }) = self.upload.take() else { return Ok(()) };
                writer.close().await.map_err(|error| self.failed(&key, &error))?;
                let place = format!("{}/{key}", self.target.url());
                out.trace(&format!("{bytes} bytes to {place}, file {}", name_of(&key)));
                out.stored(place);
                Ok(())
            }
        }
    }

    async fn abandon(&mut self) {
        if let Some(upload) = self.upload.take() {
            upload.writer.abandon().await;
        }
    }
}

/// Keys of service accounts come as base64 of their PEM text, or as they are.
pub(crate) fn pem(key: &str) -> String {
    crate::component::unpacked_key(key)
}
