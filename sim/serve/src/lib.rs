//! Shells that put a surface on a socket: HTTP, SSH/SFTP and FTP.
//!
//! A shell translates bytes and decides nothing: what a request means is the surface's affair, what a user
//! may do at the drop is the drop's. It binds nothing by itself: the caller makes the listener.
//!
//! - [`http`]: any surface over HTTP/1.1.
//! - [`front`]: one socket for every host name of a world, with TLS.
//! - [`authority`]: who vouches for those names.
//! - [`java`]: whom Java trusts, in its own form.
//! - [`sftp`]: the drop over SSH.
//! - [`ftp`]: the drop with FTP.
//! - [`door`]: which drop a login means.
//! - [`room`]: for how many connections there is room.
//! - [`served`]: what keeps a shell running.

pub mod authority;
pub mod door;
mod forward;
pub mod front;
pub mod ftp;
mod gzip;
pub mod http;
pub mod java;
mod line;
pub mod room;
pub mod served;
pub mod sftp;
#[cfg(test)]
mod testing;
mod tolerant;

pub use door::{Door, Doors};
pub use served::Served;
