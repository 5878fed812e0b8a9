//! Dataflows against real endpoints: the same engine that runs in a world, with the machine's network, clock and
//! secrets around it.
//!
//! It knows no fake and no stage, and keeps nothing between two runs: when a dataflow last ran is the caller's to
//! know. It reads neither arguments nor the environment; the program does.
//!
//! - [`settings`]: names and values, from the environment or a file, and how secrets get into a document.
//! - [`endpoints`]: where Gigya and the file servers are, and which host keys they may show.
//! - [`dry_run`]: what a run would write, without writing it.
//! - [`mod@run`]: attempts until a job succeeds or there is no point in another.
//! - [`hints`]: what to do about a failure.

pub mod dry_run;
pub mod endpoints;
pub mod hints;
pub mod run;
pub mod settings;

pub use dry_run::{Plan, reads};
pub use endpoints::Endpoints;
pub use run::{Live, Outcome, run};
pub use settings::Settings;
