//! Buckets and containers of the real services, through `object_store` over the HTTP port: one HTTP stack, one TLS
//! stack, and whoever holds the port sees the calls.
//!
//! - `places`: from what a dataflow says to a client of that service.

mod places;
#[cfg(test)]
mod tests;

use crate::task;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use standin_model::Instant;
use standin_ports::{FileEntry, FileError, FileReader, FileWriter, Http, Store, StoreTarget, Stores};
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Bytes asked for at once, and bytes of one part of an upload.
const PIECE: usize = 8 << 20;

/// The most objects that one listing may have.
const OBJECTS: usize = 1_000_000;

/// Gives the HTTP by which services are called, once one is.
pub type Connect = Arc<dyn Fn() -> Result<Arc<dyn Http>, String> + Send + Sync>;

/// Opens buckets and containers of Amazon, Microsoft and Google.
#[derive(Clone)]
pub struct ObjectStores {
    handle: Handle,
    connect: Connect,
}

impl ObjectStores {
    /// Stores that are called over what `connect` gives and work on the runtime behind `handle`.
    pub fn new(handle: Handle, connect: Connect) -> Self {
        Self { handle, connect }
    }
}

#[async_trait::async_trait]
impl Stores for ObjectStores {
    async fn store(&self, target: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
        let (http, place) = ((self.connect)().map_err(FileError::Failed)?, target.clone());
        let url = target.url();
        let work = async move { places::open(http, &place).await };
        let store = task::start(&self.handle, work).await.map_err(|_| stopped())??;
        Ok(Box::new(Bucket(Arc::new(At { handle: self.handle.clone(), store, url }))))
    }
}

fn stopped() -> FileError {
    FileError::Failed("the network runtime stopped".to_owned())
}

/// An open store, and how people write its address.
struct At {
    handle: Handle,
    store: Arc<dyn ObjectStore>,
    url: String,
}

impl At {
    async fn run<T: Send + 'static>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, FileError> {
        let done = task::start(&self.handle, work).await.map_err(|_| stopped())?;
        done.map_err(|error| self.told(key, &error))
    }

    fn told(&self, key: &str, error: &Error) -> FileError {
        let place = if key.is_empty() { self.url.clone() } else { format!("{}/{key}", self.url) };
        match error {
            Error::NotFound { .. } => FileError::NotFound(place),
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => FileError::Denied(place),
            Error::Precondition { .. } => FileError::Failed(format!("{place} changed while it was read")),
            other if by_network(other) => FileError::Lost(format!("{place}: {other}")),
            other => FileError::Failed(format!("{place}: {other}")),
        }
    }

    fn path(&self, key: &str) -> Result<Path, FileError> {
        Path::parse(key).map_err(|error| FileError::Failed(format!("{}/{key}: {error}", self.url)))
    }
}

/// Whether no answer came, rather than one that refuses.
fn by_network(error: &Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<object_store::client::HttpError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

struct Bucket(Arc<At>);

#[async_trait::async_trait]
impl Store for Bucket {
    /// The library lists whole folders: what is left of the prefix is compared here.
    async fn list(&self, prefix: &str) -> Result<Vec<FileEntry>, FileError> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (path, store) = (self.0.path(folder)?, Arc::clone(&self.0.store));
        let (wanted, url) = (prefix.to_owned(), self.0.url.clone());
        let work = async move {
            let below = (!path.as_ref().is_empty()).then_some(&path);
            let mut found = store.list(below);
            let mut entries = Vec::new();
            while let Some(object) = found.try_next().await? {
                if entries.len() == OBJECTS {
                    let source = format!("{url} has more than {OBJECTS} objects").into();
                    return Err(Error::NotSupported { source });
                }
                let name = object.location.as_ref().to_owned();
                if name.starts_with(&wanted) {
                    let modified = Instant::from_millis(object.last_modified.timestamp_millis());
                    entries.push(FileEntry { name, folder: false, size: object.size, modified });
                }
            }
            Ok(entries)
        };
        let mut entries = self.0.run("", work).await?;
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(without_folders(entries))
    }

    async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError> {
        let (path, store) = (self.0.path(key)?, Arc::clone(&self.0.store));
        let head = self.0.run(key, async move { store.head(&path).await }).await?;
        Ok(Box::new(Reading {
            at: Arc::clone(&self.0),
            key: key.to_owned(),
            size: head.size,
            tag: head.e_tag,
            next: 0,
            held: Bytes::new(),
        }))
    }

    async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let path = self.0.path(key)?;
        let at = Arc::clone(&self.0);
        Ok(Box::new(Writing { at, key: key.to_owned(), path, held: BytesMut::new(), upload: None }))
    }
}

/// Consoles make an empty object of a folder's name, and its slash is gone by here.
fn without_folders(entries: Vec<FileEntry>) -> Vec<FileEntry> {
    let folders: Vec<bool> = entries
        .iter()
        .map(|entry| {
            let below = format!("{}/", entry.name);
            let at = entries.partition_point(|other| other.name < below);
            entry.size == 0 && entries.get(at).is_some_and(|other| other.name.starts_with(&below))
        })
        .collect();
    entries.into_iter().zip(folders).filter(|(_, folder)| !folder).map(|(entry, _)| entry).collect()
}

/// Reads in pieces, all of them of the object as it was when it was opened.
struct Reading {
    at: Arc<At>,
    key: String,
    size: u64,
    tag: Option<String>,
    next: u64,
    held: Bytes,
}

#[async_trait::async_trait]
impl FileReader for Reading {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        if self.held.is_empty() && self.next < self.size {
            let end = self.size.min(self.next + PIECE as u64);
            let options = GetOptions {
                range: Some(GetRange::Bounded(self.next..end)),
                if_match: self.tag.clone(),
                ..GetOptions::default()
            };
            let (path, store) = (self.at.path(&self.key)?, Arc::clone(&self.at.store));
            let work = async move { store.get_opts(&path, options).await?.bytes().await };
            self.held = self.at.run(&self.key, work).await?;
            if self.held.is_empty() {
                return Err(FileError::Failed(format!("{}/{} became shorter", self.at.url, self.key)));
            }
            self.next += self.held.len() as u64;
        }
        Ok(self.held.split_to(self.held.len().min(max)))
    }
}

/// Writes in parts that become an object together, or one small object at once.
struct Writing {
    at: Arc<At>,
    key: String,
    path: Path,
    held: BytesMut,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl Writing {
    /// Sends the next part; the upload goes along to the runtime and comes back.
    async fn part(&mut self, bytes: Bytes) -> Result<(), FileError> {
        let (store, path) = (Arc::clone(&self.at.store), self.path.clone());
        let upload = self.upload.take();
        let work = async move {
            let mut upload = match upload {
                Some(upload) => upload,
                None => store.put_multipart(&path).await?,
            };
            match upload.put_part(PutPayload::from_bytes(bytes)).await {
                Ok(()) => Ok(upload),
                Err(error) => {
                    let _ = upload.abort().await;
                    Err(error)
                }
            }
        };
        self.upload = Some(self.at.run(&self.key, work).await?);
        Ok(())
    }
}

#[async_trait::async_trait]
impl FileWriter for Writing {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        self.held.extend_from_slice(&bytes);
        while self.held.len() > PIECE {
            let part = self.held.split_to(PIECE).freeze();
            self.part(part).await?;
        }
        Ok(())
    }

    async fn close(mut self: Box<Self>) -> Result<(), FileError> {
        let rest = self.held.split().freeze();
        if self.upload.is_none() {
            let (store, path) = (Arc::clone(&self.at.store), self.path.clone());
            let work = async move { store.put(&path, PutPayload::from_bytes(rest)).await.map(drop) };
            return self.at.run(&self.key, work).await;
        }
        self.part(rest).await?;
        let Some(mut upload) = self.upload.take() else { return Ok(()) };
        let work = async move {
            match upload.complete().await {
                Ok(_) => Ok(()),
                Err(error) => {
                    let _ = upload.abort().await;
                    Err(error)
                }
            }
        };
        self.at.run(&self.key, work).await
    }

    async fn abandon(mut self: Box<Self>) {
        if let Some(mut upload) = self.upload.take() {
            // The job has failed already, whatever becomes of this.
            let _ = self.at.run(&self.key, async move { upload.abort().await }).await;
        }
    }
}

impl Drop for Writing {
    /// Services keep the parts of an upload that nobody ended, and bill them. Who can wait abandons it.
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            drop(self.at.handle.spawn(async move { upload.abort().await }));
        }
    }
}
