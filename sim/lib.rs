//! Stand-ins for Gigya, Qualifio and Eloqua, on one stage, with the real sync logic between them.
//!
//! A [`World`] is all of it: three fake platforms, a file drop, a virtual clock, the Qualifio push and the
//! IdentitySync engine. Make one in a test, point your code at it (or let scenario steps drive it), and look
//! at what came of it. It is gone when it is dropped.
//!
//! ```
//! use standin::{Transport, World, json};
//!
//! let world = World::builder()
//!     .gigya(json!({"accounts": [{"UID": "ann", "profile": {"city": "Diest"}}]}))
//!     .transport(Transport::Memory)
//!     .open()?;
//! let answer = world.gigya("accounts.setAccountInfo", &[("UID", "ann"), ("profile", r#"{"city":"Gent"}"#)])?;
//! assert_eq!(answer["errorCode"], 0);
//! assert_eq!(world.account("ann").unwrap()["profile"]["city"], "Gent");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use serde_json::json;
pub use standin_model::Instant;
pub use standin_ports::{Entry, What};
pub use standin_scenario::outcome::{Outcome, Verdict};
pub use standin_stage::runner::{BadInput, Extras, Ready, load, load_text, run};
pub use standin_stage::{Transport, World, WorldBuilder, WorldError, WorldSpec};
