//! What object stores would get.

use super::{Draft, Plan};
use bytes::Bytes;
use standin_ports::{FileEntry, FileError, FileReader, FileWriter, Store, StoreTarget, Stores};
use std::sync::Arc;

pub(super) struct DryStores {
    pub(super) stores: Arc<dyn Stores>,
    pub(super) plan: Plan,
}

#[async_trait::async_trait]
impl Stores for DryStores {
    async fn store(&self, target: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
        let store = self.stores.store(target).await?;
        Ok(Box::new(DryStore { store, url: target.url(), plan: self.plan.clone() }))
    }
}

struct DryStore {
    store: Box<dyn Store>,
    url: String,
    plan: Plan,
}

#[async_trait::async_trait]
impl Store for DryStore {
    async fn list(&self, prefix: &str) -> Result<Vec<FileEntry>, FileError> {
        self.store.list(prefix).await
    }

    async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError> {
        self.store.open(key).await
    }

    async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let (host, path, plan) = (self.url.clone(), format!("/{key}"), self.plan.clone());
        Ok(Box::new(DryObject { host, path, draft: Draft::default(), plan }))
    }
}

struct DryObject {
    host: String,
    path: String,
    draft: Draft,
    plan: Plan,
}

#[async_trait::async_trait]
impl FileWriter for DryObject {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        self.draft.add(&bytes);
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        let Self { host, path, draft, plan } = *self;
        plan.note(host, path, &draft);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::File;
    use super::*;
    use pollster::block_on;

    struct Nobody;

    #[async_trait::async_trait]
    impl Stores for Nobody {
        async fn store(&self, _: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
            Ok(Box::new(Nobody))
        }
    }

    #[async_trait::async_trait]
    impl Store for Nobody {
        async fn list(&self, _: &str) -> Result<Vec<FileEntry>, FileError> {
            Ok(Vec::new())
        }
        async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError> {
            Err(FileError::NotFound(key.to_owned()))
        }
        async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError> {
            Err(FileError::Denied(key.to_owned()))
        }
    }

    #[test]
    fn objects_are_shown_and_not_written() {
        let plan = Plan::default();
        let target = StoreTarget::AmazonS3 {
            bucket: "b".to_owned(),
            region: None,
            access_key: "AK".to_owned(),
            secret_key: standin_ports::Secret::new("s"),
        };
        block_on(async {
            let store = plan.stores(Arc::new(Nobody)).store(&target).await.unwrap();
            assert_eq!(store.list("").await, Ok(Vec::new()));
            assert_eq!(store.open("k").await.err(), Some(FileError::NotFound("k".to_owned())));
            let mut writer = store.create("cdc/a.csv").await.unwrap();
            writer.write(Bytes::from_static(b"UID\nann\n")).await.unwrap();
            writer.close().await.unwrap();
            drop(store.create("half.csv").await.unwrap());
        });
        let (host, path, bytes) = ("s3://b".to_owned(), "/cdc/a.csv".to_owned(), 8);
        let start = vec!["UID".to_owned(), "ann".to_owned()];
        assert_eq!(plan.files(), [File { host, path, bytes, start }]);
    }
}
