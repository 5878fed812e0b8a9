//! The object stores of a world: buckets and containers in memory. Which there are is said by the world; whoever
//! names one may read and write it, whatever credentials a dataflow holds.

use crate::clock::StageClock;
use crate::journal::WorldJournal;
use crate::surface::locked;
use bytes::Bytes;
use imbl::{OrdMap, OrdSet};
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::Instant;
use standin_ports::journal::masked;
use standin_ports::{
    Clock, FileEntry, FileError, FileReader, FileWriter, Journal, Store, StoreTarget, Stores, What,
};
use std::sync::{Arc, Mutex};

/// Bytes of all objects together.
const MOST_BYTES: usize = 1 << 30;

/// Objects.
const MOST_OBJECTS: usize = 100_000;

/// Buckets, and objects by their whole address, `s3://bucket/key`.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    names: OrdSet<String>,
    objects: OrdMap<String, (Bytes, Instant)>,
    bytes: usize,
}

/// What a world's section may have.
pub const SHAPE: Shape = &[Part::Plain(&["buckets"]), Part::List("objects", OBJECT)];
const OBJECT: Shape = &[Part::Plain(&["path", "text"])];

impl Buckets {
    /// Fills the stores from a world's section: `buckets`, `objects`.
    pub fn seed(&mut self, now: Instant, section: &serde_json::Value) -> Result<(), SeedError> {
        let section = Section::root(section);
        section.shaped(SHAPE)?;
        for bucket in section.list("buckets")? {
            let name = bucket.text()?.trim_end_matches('/');
            if !well_named(name) {
                let hint = "`s3://bucket`, `gs://bucket` or `azure://account/container`";
                return Err(bucket.wrong_because(format!("`{name}` is no bucket"), hint));
            }
            self.names.insert(name.to_owned());
        }
        for object in section.list("objects")? {
            object.shaped(OBJECT)?;
            let (path, text) = (object.need("path")?, object.need("text")?);
            let put = self.put(now, path.text()?, Bytes::copy_from_slice(text.text()?.as_bytes()));
            put.map_err(|error| path.wrong(error.to_string()))?;
        }
        Ok(())
    }

    /// The addresses of all objects, in byte order.
    pub fn objects(&self) -> Vec<String> {
        self.objects.keys().cloned().collect()
    }

    /// The bytes of an object.
    pub fn read(&self, path: &str) -> Option<Bytes> {
        self.objects.get(path).map(|(bytes, _)| bytes.clone())
    }

    /// Puts an object there, in place of any of that address; its bucket has to be there.
    pub fn put(&mut self, now: Instant, path: &str, bytes: Bytes) -> Result<(), FileError> {
        let inside = self.names.iter().any(|name| {
            path.strip_prefix(name.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|key| !key.is_empty())
        });
        if !inside {
            return Err(FileError::NotFound(path.to_owned()));
        }
        let old = self.objects.get(path).map_or(0, |(old, _)| old.len());
        let after = self.bytes - old + bytes.len();
        if after > MOST_BYTES || (self.objects.len() >= MOST_OBJECTS && !self.objects.contains_key(path)) {
            return Err(FileError::Failed(format!("{path}: the stores of this world are full")));
        }
        self.bytes = after;
        self.objects.insert(path.to_owned(), (bytes, now));
        Ok(())
    }
}

/// Whether an address is one of a whole bucket.
fn well_named(name: &str) -> bool {
    let named = |rest: &str, parts: usize| {
        rest.split('/').count() == parts && rest.split('/').all(|part| !part.is_empty())
    };
    match name.split_once("://") {
        Some(("s3" | "gs", rest)) => named(rest, 1),
        Some(("azure", rest)) => named(rest, 2),
        _ => false,
    }
}

/// Opens the buckets of one world, on both transports.
#[derive(Clone)]
pub(crate) struct WorldStores {
    pub(crate) buckets: Arc<Mutex<Buckets>>,
    pub(crate) clock: Arc<StageClock>,
    pub(crate) journal: Arc<WorldJournal>,
}

impl WorldStores {
    fn tell(&self, who: &str, op: &'static str, path: &str, bytes: &Bytes) {
        let text = if std::str::from_utf8(bytes).is_ok() { masked(bytes) } else { String::new() };
        let (who, path, bytes) = (who.to_owned(), path.to_owned(), bytes.len() as u64);
        self.journal.record(What::File { who, op, path, bytes, text });
    }
}

#[async_trait::async_trait]
impl Stores for WorldStores {
    async fn store(&self, target: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
        let url = target.url();
        if !locked(&self.buckets).names.contains(&url) {
            return Err(FileError::NotFound(url));
        }
        Ok(Box::new(Bucket { world: self.clone(), who: who(target).to_owned(), url }))
    }
}

/// As whom a bucket is opened.
fn who(target: &StoreTarget) -> &str {
    match target {
        StoreTarget::AmazonS3 { access_key, .. } => access_key,
        StoreTarget::AzureBlob { account, .. } => account,
        StoreTarget::AzureToken { base_uri, .. } => standin_ports::stores::account_of(base_uri),
        StoreTarget::GoogleCloud { client_email, .. } => client_email,
    }
}

struct Bucket {
    world: WorldStores,
    who: String,
    url: String,
}

#[async_trait::async_trait]
impl Store for Bucket {
    async fn list(&self, prefix: &str) -> Result<Vec<FileEntry>, FileError> {
        let from = format!("{}/{prefix}", self.url);
        let buckets = locked(&self.world.buckets);
        let below = buckets.objects.range(from.clone()..).take_while(|(path, _)| path.starts_with(&from));
        let entries = below.map(|(path, (bytes, modified))| FileEntry {
            name: path[self.url.len() + 1..].to_owned(),
            folder: false,
            size: bytes.len() as u64,
            modified: *modified,
        });
        Ok(entries.collect())
    }

    async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError> {
        let path = format!("{}/{key}", self.url);
        let found = locked(&self.world.buckets).read(&path);
        let bytes = found.ok_or_else(|| FileError::NotFound(path.clone()))?;
        self.world.tell(&self.who, "read", &path, &bytes);
        Ok(Box::new(Reading(bytes)))
    }

    async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let path = format!("{}/{key}", self.url);
        Ok(Box::new(Writing { world: self.world.clone(), who: self.who.clone(), path, made: Vec::new() }))
    }
}

struct Reading(Bytes);

#[async_trait::async_trait]
impl FileReader for Reading {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        Ok(self.0.split_to(self.0.len().min(max)))
    }
}

struct Writing {
    world: WorldStores,
    who: String,
    path: String,
    made: Vec<u8>,
}

#[async_trait::async_trait]
impl FileWriter for Writing {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        if self.made.len() + bytes.len() > MOST_BYTES {
            return Err(FileError::Failed(format!("{}: the stores of this world are full", self.path)));
        }
        self.made.extend_from_slice(&bytes);
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        let Self { world, who, path, made } = *self;
        let (made, now) = (Bytes::from(made), world.clock.now());
        locked(&world.buckets).put(now, &path, made.clone())?;
        world.tell(&who, "write", &path, &made);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_lie_in_buckets_that_are_there() {
        let mut buckets = Buckets::default();
        let section = json!({"buckets": ["s3://a", "azure://acct/c/"], "objects": [{"path": "s3://a/x//y", "text": "1"}]});
        buckets.seed(Instant::START, &section).unwrap();
        for (path, fine) in [
            ("s3://a/k", true),
            ("azure://acct/c/k/l", true),
            ("s3://a", false),
            ("s3://a/", false),
            ("s3://ab/k", false),
            ("azure://acct/k", false),
        ] {
            assert_eq!(buckets.put(Instant::START, path, Bytes::new()).is_ok(), fine, "{path}");
        }
        assert_eq!(buckets.objects(), ["azure://acct/c/k/l", "s3://a/k", "s3://a/x//y"]);
        for name in ["a", "s3://", "s3://a/b", "azure://acct", "ftp://a"] {
            assert!(Buckets::default().seed(Instant::START, &json!({"buckets": [name]})).is_err(), "{name}");
        }
    }
}
