//! Object stores in memory, and the checks that every reader and writer of one goes through.

use super::{Reading, Session, Shared, Trouble, World, with};
use crate::job::Extract;
use bytes::Bytes;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::{FileEntry, FileError, FileReader, FileWriter, Store, StoreTarget, Stores};
use std::sync::Arc;

/// A bucket of the world: its objects lie below its address among the files.
struct Bucket(Shared, String);

#[async_trait::async_trait]
impl Stores for Shared {
    async fn store(&self, target: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
        let url = target.url();
        if self.with(|state| !state.folders.contains(&url)) {
            return Err(FileError::NotFound(url));
        }
        Ok(Box::new(Bucket(self.clone(), url)))
    }
}

#[async_trait::async_trait]
impl Store for Bucket {
    async fn list(&self, prefix: &str) -> Result<Vec<FileEntry>, FileError> {
        let below = format!("{}/", self.1);
        Ok(self.0.with(|state| {
            let keys = state.files.iter().filter_map(|(path, (content, modified))| {
                let key = path.strip_prefix(&below)?;
                key.starts_with(prefix).then(|| FileEntry {
                    name: key.to_owned(),
                    folder: false,
                    size: content.len() as u64,
                    modified: *modified,
                })
            });
            keys.collect()
        }))
    }

    async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError> {
        let path = format!("{}/{key}", self.1);
        let content = self.0.with(|state| state.files.get(&path).map(|(content, _)| content.clone()));
        let session = Session(self.0.clone(), Arc::default());
        Ok(Box::new(Reading(session, content.ok_or(FileError::NotFound(path))?)))
    }

    async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError> {
        Ok(Box::new(Object(self.0.clone(), format!("{}/{key}", self.1), Vec::new())))
    }
}

struct Object(Shared, String, Vec<u8>);

#[async_trait::async_trait]
impl FileWriter for Object {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        if self.0.with(|state| state.trouble == Some(Trouble::StoreBreaks)) {
            return Err(FileError::Failed("connection lost".to_owned()));
        }
        self.2.extend_from_slice(&bytes);
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        let Self(shared, path, content) = *self;
        shared.with(|state| state.files.insert(path, (content, Instant::START)));
        Ok(())
    }
}

fn sftp() -> Value {
    json!({"host": "h", "username": "u", "password": "p"})
}

/// A reader takes what begins with the prefix, matches and changed, oldest first, and refuses what is missing.
pub(crate) fn check_reader(kind: &str, params: &Value, prefix: &str, url: &str, missing: &str) {
    let run = |params: &Value, extract: Extract| {
        let mut world = World::new();
        world.extract(extract);
        world.folder("/out");
        for (key, seconds) in [
            ("in/b.csv", 2_000),
            ("in/sub/a.csv", 1_000),
            ("in/", 1),
            ("in/x.txt", 3),
            ("inner.csv", 4),
            ("z.csv", 5),
        ] {
            world.file_at(&format!("{url}/{key}"), key.as_bytes(), Instant::from_seconds(seconds));
        }
        world.folder(url);
        let flow = json!({"name": "f", "steps": [
            {"id": "r", "type": kind, "params": params, "next": ["w"]},
            {"id": "w", "type": "datasource.write.sftp", "params": with(&sftp(), json!({"remotePath": "/out"}))},
        ]});
        let report = world.run(&flow.to_string());
        let contents = world.files("/out");
        let written =
            report.files_written.iter().map(|path| String::from_utf8(contents[path].clone()).unwrap());
        (report.failure, written.collect::<Vec<_>>())
    };
    let chosen = json!({prefix: "/in", "fileNameRegex": ".*\\.csv"});
    let chosen = with(params, chosen);
    let all = |keys: &[&str]| (None, keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
    assert_eq!(run(&chosen, Extract::Full), all(&["inner.csv", "in/sub/a.csv", "in/b.csv"]));
    assert_eq!(run(&chosen, Extract::Since(Instant::from_seconds(1_500))), all(&["in/b.csv"]));
    assert_eq!(
        run(&with(params, json!({prefix: "in/"})), Extract::Full),
        all(&["in/x.txt", "in/sub/a.csv", "in/b.csv"])
    );
    assert_eq!(run(params, Extract::Full).1.len(), 5);
    assert_refusals(kind, "r", params, missing, |params| run(params, Extract::Full).0);
}

/// A writer puts files below the prefix, whole or not at all.
pub(crate) fn check_writer(kind: &str, params: &Value, prefix: &str, url: &str, missing: &str) {
    let run = |params: &Value, trouble: Option<Trouble>| {
        let mut world = World::new();
        world.folder(url);
        world.file(&format!("{url}/cdc/a.csv"), b"old");
        world.file("/in/a.csv", b"new");
        if let Some(trouble) = trouble {
            world.trouble(trouble);
        }
        let flow = json!({"name": "f", "steps": [
            {"id": "r", "type": "datasource.read.sftp", "params": with(&sftp(), json!({"remotePath": "in"})), "next": ["w"]},
            {"id": "w", "type": kind, "params": params},
        ]});
        let report = world.run(&flow.to_string());
        (report.failure, report.files_written, world.files(url))
    };
    let file = |key: &str, content: &str| (format!("{url}/{key}"), content.as_bytes().to_vec());
    let below = with(params, json!({prefix: "/cdc/"}));
    assert_eq!(
        run(&below, None),
        (None, vec![format!("{url}/cdc/a.csv")], [file("cdc/a.csv", "new")].into())
    );
    assert_eq!(
        run(params, None),
        (None, vec![format!("{url}/a.csv")], [file("cdc/a.csv", "old"), file("a.csv", "new")].into())
    );
    let broken = format!("{kind} `w`: cannot write `cdc/a.csv` at {url}: connection lost");
    assert_eq!(
        run(&below, Some(Trouble::StoreBreaks)),
        (Some(broken), vec![], [file("cdc/a.csv", "old")].into())
    );
    assert_refusals(kind, "w", params, missing, |params| run(params, None).0);
}

fn assert_refusals(
    kind: &str,
    id: &str,
    params: &Value,
    missing: &str,
    run: impl Fn(&Value) -> Option<String>,
) {
    let empty = with(params, json!({missing: ""}));
    assert_eq!(run(&empty), Some(format!("{kind} `{id}`: parameter `{missing}` is missing or empty")));
    let other = if missing == "baseUri" { "https://other.blob.core.windows.net" } else { "other" };
    let elsewhere = run(&with(params, json!({missing: other}))).unwrap();
    assert!(elsewhere.contains("no such file or folder: ") && elsewhere.contains("other"), "{elsewhere}");
}
