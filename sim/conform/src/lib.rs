//! What the articles promise, how we know what we imitate, and whether somebody else's system keeps the promises.
//!
//! - [`clauses`]: the promises, by id.
//! - [`ledger`]: the evidence of every behaviour on the stage, read from the lists that define them.
//! - [`verify`]: partners whose system plays a role, held against the promises.

pub mod clauses;
pub mod ledger;
pub mod verify;

pub use clauses::{CLAUSES, Clause};
