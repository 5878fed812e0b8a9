//! The IdentitySync engine: it runs a customer's dataflow JSON unchanged.
//!
//! It knows neither a fake nor a socket nor the machine's clock: Gigya, file servers, journal and time are
//! ports. It is not for keeping dataflows, scheduling jobs or remembering when the last one ran.
//!
//! - [`document`]: text becomes a document, every problem with its line and column.
//! - [`components`]: the list of component types, one file each; [`component`] is what they have in common.
//! - [`mod@explain`]: what a document does, as text and as a drawing.
//! - [`job`] and [`mod@run`]: one run of a document, and what it leaves.
//! - [`schedule`]: from when on a job reads.
//! - [`stub`]: what can stand in the place of a step.
//! - [`record`], [`placeholder`], [`java_date`], [`java_text`], [`jexl`]: what steps are made of.

pub mod component;
pub mod components;
pub mod document;
pub mod explain;
mod file_sink;
mod gigya;
mod gigya_pages;
mod graph;
mod growth;
mod inspect;
pub mod java_date;
pub mod java_text;
pub mod jexl;
pub mod job;
mod json;
mod lanes;
mod lockstep;
mod lzop;
mod objects;
mod openpgp;
pub mod placeholder;
pub mod record;
pub mod run;
pub mod schedule;
mod script;
mod server;
mod shared_variables;
mod spool;
pub mod stub;
mod trial_build;
mod user_lines;

#[cfg(test)]
mod concurrency_tests;
#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod random_flow_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tool_tests;
#[cfg(test)]
mod transfer_tests;
#[cfg(test)]
mod trap_tests;

pub use component::{Carries, ComponentDoc, ParamDoc};
pub use components::{COMPONENTS, ELSEWHERE};
pub use document::{Document, Problem, Severity, Step};
pub use explain::{explain, svg};
pub use inspect::inspect;
pub use job::{Extract, Job, JobReport, Log, Pace, Ports, StepCount, Watcher};
pub use run::{run, run_watched};
pub use stub::{Answer, Answered, Got, Stub};
