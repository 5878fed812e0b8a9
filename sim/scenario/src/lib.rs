//! The scenario language: text in, steps with positions out; and what a run of them came to.
//!
//! This crate knows neither platforms nor steps: a step is a name with arguments, and what names there are
//! the stage says. Read in this order:
//!
//! - [`source`]: a file and places in it.
//! - [`diagnostic`]: a mistake, shown on its own line like a compiler's.
//! - [`node`]: the tree that a file is, every part with its place.
//! - [`scenario`]: the parts of a scenario file.
//! - [`outcome`]: what came of a run.

pub mod diagnostic;
pub mod node;
pub mod outcome;
pub mod scenario;
pub mod source;
mod yaml;

pub use diagnostic::{Diagnostic, nearest};
pub use node::{Key, Kind, Node};
pub use outcome::{Failure, Hop, Outcome, StepOutcome, Verdict};
pub use scenario::{Named, Scenario, Step};
pub use source::{Source, Span};
