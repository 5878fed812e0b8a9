//! What the articles promise and how we know what we imitate.
//!
//! - [`clauses`]: the promises, by id.
//! - [`ledger`]: the evidence of every behaviour on the stage, read from the lists that define them.

pub mod clauses;
pub mod ledger;

pub use clauses::{CLAUSES, Clause};
