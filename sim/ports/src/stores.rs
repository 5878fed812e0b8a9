//! Object stores: buckets and containers of named objects.
//!
//! An object's name is its whole key, slashes and all; there are no folders. An object is there once its writer is
//! closed, and not before.

use crate::{FileEntry, FileError, FileReader, FileWriter, Secret};

/// Which bucket or container, and as whom.
#[derive(Clone, Debug)]
pub enum StoreTarget {
    /// A bucket of Amazon S3.
    AmazonS3 {
        /// Its name.
        bucket: String,
        /// Its region; none if it has to be found out.
        region: Option<String>,
        /// The access key's id.
        access_key: String,
        /// The access key's secret.
        secret_key: Secret,
    },
    /// A container of Azure Blob Storage, with the account's key.
    AzureBlob {
        /// The storage account.
        account: String,
        /// The account's key.
        key: Secret,
        /// The container.
        container: String,
    },
    /// A container of Azure Blob Storage, with a token.
    AzureToken {
        /// The storage's address, `https://account.blob.core.windows.net`.
        base_uri: String,
        /// A shared access signature, or a token of Entra ID.
        token: Secret,
        /// The container.
        container: String,
    },
    /// A bucket of Google Cloud Storage.
    GoogleCloud {
        /// Its name.
        bucket: String,
        /// The service account.
        client_email: String,
        /// The service account's key as PEM text.
        private_key: Secret,
    },
}

impl StoreTarget {
    /// How people write it: `s3://bucket`, `azure://account/container`, `gs://bucket`.
    pub fn url(&self) -> String {
        match self {
            Self::AmazonS3 { bucket, .. } => format!("s3://{bucket}"),
            Self::AzureBlob { account, container, .. } => format!("azure://{account}/{container}"),
            Self::AzureToken { base_uri, container, .. } => {
                format!("azure://{}/{container}", account_of(base_uri))
            }
            Self::GoogleCloud { bucket, .. } => format!("gs://{bucket}"),
        }
    }
}

/// The storage account that an address of Azure names: the first part of its host.
pub fn account_of(base_uri: &str) -> &str {
    let host = base_uri.split_once("://").map_or(base_uri, |(_, rest)| rest);
    let end = host.find(['.', '/', ':', '?']).unwrap_or(host.len());
    &host[..end]
}

/// Opens buckets and containers.
#[async_trait::async_trait]
pub trait Stores: Send + Sync {
    /// Opens one. Whether it is there may show at the first call only.
    async fn store(&self, target: &StoreTarget) -> Result<Box<dyn Store>, FileError>;
}

/// One bucket or container.
#[async_trait::async_trait]
pub trait Store: Send + Sync {
    /// The objects whose keys begin so, in byte order; [`FileEntry::name`] is the whole key.
    async fn list(&self, prefix: &str) -> Result<Vec<FileEntry>, FileError>;
    /// Opens an object for reading.
    async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError>;
    /// Writes an object, in place of any of that key once it is closed. A writer that is dropped leaves nothing.
    async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError>;
}

/// Where no object store is.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStores;

#[async_trait::async_trait]
impl Stores for NoStores {
    async fn store(&self, target: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
        let why = "there is no object store here".to_owned();
        Err(FileError::Unreachable { host: target.url(), why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_like_addresses() {
        let secret = || Secret::new("s");
        let token = |base_uri: &str| StoreTarget::AzureToken {
            base_uri: base_uri.to_owned(),
            token: secret(),
            container: "c".to_owned(),
        };
        let bucket = "b".to_owned();
        let s3 = StoreTarget::AmazonS3 {
            bucket: bucket.clone(),
            region: None,
            access_key: "AK".to_owned(),
            secret_key: secret(),
        };
        let google = StoreTarget::GoogleCloud { bucket, client_email: String::new(), private_key: secret() };
        for (target, url) in [
            (s3, "s3://b"),
            (google, "gs://b"),
            (token("https://acct.blob.core.windows.net/"), "azure://acct/c"),
            (token("acct"), "azure://acct/c"),
            (token("http://localhost:10000/x"), "azure://localhost/c"),
        ] {
            assert_eq!(target.url(), url);
            assert!(!format!("{target:?}").contains("\"s\""), "{target:?}");
        }
    }
}
