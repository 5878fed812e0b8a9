//! The search language of every method that searches, over any source of documents.
//!
//! - [`tree`]: a query as it was written; [`parse`], [`dialect`], [`lower`]: from text to it, with the place of
//!   every mistake.
//! - [`plan`]: a query prepared once; [`fields`]: what encrypted fields refuse; [`eval`], [`pattern`]: whether
//!   a document matches; [`access`]: what an index may make of a condition.
//! - [`source`], [`document`]: what is asked, where it lies.
//! - [`run`], [`project`]: which documents a plan finds, in which order, and what of them is shown.
//! - [`search`]: a whole call; [`cursor`]: pages that continue.

pub(crate) mod access;
pub(crate) mod cursor;
pub(crate) mod dialect;
pub(crate) mod document;
pub(crate) mod eval;
pub(crate) mod fields;
pub(crate) mod lower;
pub(crate) mod parse;
pub(crate) mod pattern;
pub(crate) mod plan;
pub(crate) mod project;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod source;
pub(crate) mod tree;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod parse_tests;
#[cfg(test)]
mod table_tests;
