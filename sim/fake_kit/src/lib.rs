//! What fakes are built from.
//!
//! A fake is a state machine: a request and the present time go in, a response comes out, and what it does
//! later stands on its [`agenda`]. No socket, no runtime, no wall clock, no chance that is not seeded.
//! This crate knows no platform.
//!
//! - [`fake`]: what the stage asks of every fake.
//! - [`endpoint`]: how a list of endpoints describes itself.
//! - [`agenda`]: work with a due time.
//! - [`ids`]: seeded identifiers.
//! - [`knobs`]: behaviour that a user may set, by name.
//! - [`faults`]: answers that go wrong on purpose.
//! - [`seed`]: reading a world file's section.
//! - [`form`]: form bodies, queries and cookies.
//! - [`html`]: text in pages.
//! - [`sessions`]: who is signed in to a console.
//! - [`origin`]: which page a browser's request comes from.
//! - [`answer`]: building responses.
//! - [`asset`]: files that browsers load.
//! - [`console`]: what the operators' consoles are drawn with.

pub mod agenda;
pub mod answer;
pub mod asset;
pub mod console;
pub mod endpoint;
pub mod fake;
pub mod faults;
pub mod form;
pub mod html;
pub mod ids;
pub mod knobs;
pub mod origin;
pub mod seed;
pub mod sessions;

pub use agenda::Agenda;
pub use endpoint::EndpointDoc;
pub use fake::Fake;
pub use ids::Ids;
pub use knobs::{Knob, Knobs};
pub use seed::{Part, Section, SeedError, Shape};
pub use sessions::Sessions;
