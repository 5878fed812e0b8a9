//! The live adapters of the ports: HTTP over reqwest, files over SSH or with FTP, object stores over HTTP.
//!
//! All do their work on the tokio runtime whose handle they are given, so a port may be polled from a
//! thread that belongs to no runtime. Nothing in here knows what stands behind a socket, and nothing in here
//! keeps a journal: a border is written down by the side that owns it.
//!
//! - [`http_client`]: one request, one response, over a kept connection.
//! - [`live_http`]: the same to real hosts; [`tls`]: whom it trusts there.
//! - [`object_stores`]: buckets and containers of the real services.
//! - [`os_chance`]: bytes that nobody can foretell.
//! - [`file_login`]: a file server, whichever it speaks.
//! - [`ssh_login`], [`ftp_login`]: sessions there.
//! - `replacing`: renaming over an existing file at servers that refuse to.
//! - `task`: how work gets onto the runtime and ends with whoever asked for it.

pub mod file_login;
pub mod ftp_login;
pub mod http_client;
pub mod live_http;
pub mod object_stores;
pub mod os_chance;
mod replacing;
pub mod ssh_login;
mod task;
pub mod tls;

pub use file_login::FileLogin;
pub use ftp_login::FtpLogin;
pub use http_client::{HttpClient, Resolve};
pub use live_http::LiveHttp;
pub use object_stores::ObjectStores;
pub use os_chance::OsChance;
pub use ssh_login::{HostKey, ResolvePort, SshLogin, public_key_of};
