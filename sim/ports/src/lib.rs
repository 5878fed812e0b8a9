//! The seams between logic and world. Logic is given these; what stands behind them (a fake in memory,
//! loopback, the live platform) it cannot tell.
//!
//! - [`http`]: one request, one response.
//! - [`files`]: a server with folders and files that one logs in to.
//! - [`chance`]: where unpredictable bytes come from.
//! - [`clock`]: what time it is. Nothing in here waits.
//! - [`journal`]: what happened, for failures, reports and the lineage of a value.
//! - [`stores`]: buckets and containers of named objects.
//! - [`secret`]: text that is used and never shown.

pub mod chance;
pub mod clock;
pub mod files;
pub mod http;
pub mod journal;
pub mod secret;
pub mod stores;

pub use chance::Chance;
pub use clock::Clock;
pub use files::{
    Credential, FileEntry, FileError, FileProtocol, FileReader, FileWriter, Files, FilesTarget, Login,
    PathStart,
};
pub use http::{Http, HttpError, Reason, Request, Response};
pub use journal::{Entry, Journal, What};
pub use secret::Secret;
pub use stores::{Store, StoreTarget, Stores};
