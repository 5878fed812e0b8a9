//! The drop: users, folders and files behind the files port.
//!
//! One tree, seen by each user from the user's own root. What a user does goes through a [`session`],
//! whether it came over a socket or straight from memory, so both leave the same journal. No socket, no
//! cryptography and no wall clock in here: a shell checks signatures and only asks whether a key is allowed.
//!
//! - [`path`]: where something is, and why it can be nowhere else.
//! - [`content`]: the bytes of a file, shared between copies.
//! - [`user`]: who may log in, and with what.
//! - [`mod@drop`]: the tree and its bounds.
//! - `seed`: reading a world file's section.
//! - [`fault`]: connections that break on purpose.
//! - [`session`]: what one login does, and what the journal hears of it.
//! - [`operations`]: what a login can do, as SFTP names it.
//! - [`memory_login`]: the files port straight onto the drop.

pub mod content;
pub mod drop;
pub mod fault;
pub mod memory_login;
pub mod operations;
pub mod path;
mod seed;
pub mod session;
pub mod user;

pub use content::Content;
pub use drop::{DEFAULT_HOST, DEFAULT_PASSWORD, DEFAULT_USER, Drop, DropError, KNOBS, Stat};
pub use fault::FileOp;
pub use memory_login::{MemoryLogin, ReadKey};
pub use operations::OPERATIONS;
pub use path::DropPath;
pub use seed::SHAPE;
pub use session::{Attributes, Existing, LoginError, Mode, Reading, Session, Writing};
pub use user::{Proof, PublicKey, User};
