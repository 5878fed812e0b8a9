//! What file servers would get.

use super::{Draft, Plan};
use bytes::Bytes;
use standin_ports::{FileEntry, FileError, FileReader, FileWriter, Files, FilesTarget, Login};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct DryLogin {
    pub(super) login: Arc<dyn Login>,
    pub(super) plan: Plan,
}

#[async_trait::async_trait]
impl Login for DryLogin {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        let files = self.login.login(target).await?;
        Ok(Box::new(DryFiles {
            files,
            host: target.host.clone(),
            plan: self.plan.clone(),
            open: Arc::default(),
        }))
    }
}

/// A session that writes nothing. What was written and not yet named waits in `open`.
struct DryFiles {
    files: Box<dyn Files>,
    host: String,
    plan: Plan,
    open: Arc<Mutex<BTreeMap<String, Draft>>>,
}

#[async_trait::async_trait]
impl Files for DryFiles {
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        self.files.list(folder).await
    }

    async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
        self.files.open(path).await
    }

    async fn open_at(&self, path: &str, from: u64) -> Result<Box<dyn FileReader>, FileError> {
        self.files.open_at(path, from).await
    }

    /// The folder has to be there, as it would have to be.
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let folder =
            path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder });
        self.files.list(folder).await?;
        Ok(Box::new(DryWriter { path: path.to_owned(), draft: Draft::default(), open: self.open.clone() }))
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let draft = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(from);
        let draft = draft.ok_or_else(|| FileError::NotFound(from.to_owned()))?;
        self.plan.note(self.host.clone(), to.to_owned(), &draft);
        Ok(())
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        Ok(())
    }
}

struct DryWriter {
    path: String,
    draft: Draft,
    open: Arc<Mutex<BTreeMap<String, Draft>>>,
}

#[async_trait::async_trait]
impl FileWriter for DryWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        self.draft.add(&bytes);
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(self.path, self.draft);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::File;
    use super::*;
    use pollster::block_on;

    struct Server;

    #[async_trait::async_trait]
    impl Login for Server {
        async fn login(&self, _: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
            Ok(Box::new(Server))
        }
    }

    #[async_trait::async_trait]
    impl Files for Server {
        async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
            if folder == "/out" { Ok(Vec::new()) } else { Err(FileError::NotFound(folder.to_owned())) }
        }
        async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
            Err(FileError::NotFound(path.to_owned()))
        }
        async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
            Err(FileError::Denied(path.to_owned()))
        }
        async fn rename(&self, path: &str, _: &str) -> Result<(), FileError> {
            Err(FileError::Denied(path.to_owned()))
        }
        async fn remove(&self, path: &str) -> Result<(), FileError> {
            Err(FileError::Denied(path.to_owned()))
        }
    }

    #[test]
    fn files_are_shown_and_not_written() {
        let plan = Plan::default();
        let target = FilesTarget {
            protocol: standin_ports::FileProtocol::Sftp,
            host: "h".to_owned(),
            port: 22,
            username: "u".to_owned(),
            credential: standin_ports::Credential::Password(standin_ports::Secret::new("p")),
            timeout: std::time::Duration::from_secs(1),
            start: standin_ports::PathStart::Root,
        };
        block_on(async {
            let files = plan.login(Arc::new(Server)).login(&target).await.unwrap();
            let missing = files.create("/no/a.csv").await.err();
            assert_eq!(missing, Some(FileError::NotFound("/no".to_owned())));
            for (name, text) in [("a.csv", "UID,city\nann,Diest\n".as_bytes()), ("b.gz", b"\x1f\x8b\x08\xff")]
            {
                let part = format!("/out/{name}.uploading");
                let mut writer = files.create(&part).await.unwrap();
                writer.write(Bytes::copy_from_slice(text)).await.unwrap();
                writer.close().await.unwrap();
                files.rename(&part, &format!("/out/{name}")).await.unwrap();
            }
            let mut broken = files.create("/out/c.csv").await.unwrap();
            broken.write(Bytes::from_static(b"half")).await.unwrap();
        });
        let file = |path: &str, bytes, start: &[&str]| File {
            host: "h".to_owned(),
            path: path.to_owned(),
            bytes,
            start: start.iter().map(|line| (*line).to_owned()).collect(),
        };
        assert_eq!(
            plan.files(),
            [file("/out/a.csv", 19, &["UID,city", "ann,Diest"]), file("/out/b.gz", 4, &[])]
        );
    }
}
