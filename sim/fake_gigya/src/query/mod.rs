//! The search language of accounts.search and idx.search.
//!
//! - [`parse`]: text to a [`parse::Query`], with the place of every mistake.
//! - [`check`]: what encrypted fields refuse.
//! - [`eval`]: whether a document matches.
//! - [`project`]: what of a document is shown, and aggregates.
//! - [`run`]: which documents a query finds, in which order.
//! - [`cursor`]: pages that continue.

pub(crate) mod check;
pub(crate) mod cursor;
pub(crate) mod eval;
pub(crate) mod parse;
pub(crate) mod pattern;
pub(crate) mod project;
pub(crate) mod run;

#[cfg(test)]
mod table_tests;
