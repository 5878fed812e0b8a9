//! Qualifio to Gigya: the mapping rules and the real-time push with its outbox.
//!
//! A participant signs in, the form is filled from the profile, the accepted form is pushed back. Campaigns,
//! forms and statistics are not in here, nor is anything that Gigya does with what it gets.
//!
//! - [`rules`]: the thirteen rows, each with its path, behaviour and evidence.
//! - [`participation`]: what an accepted form brings.
//! - [`payload`]: what of it is sent, a pure function.
//! - [`prefill`]: the rows read from right to left.
//! - [`sso`]: who the participant is, and what the site allows.
//! - [`outbox`]: sends, in order and again where it failed.
//! - [`record`]: what became of each push, names only.
//! - [`verdict`]: what an answer of Gigya's means for a push.
//! - [`entities`]: the form in which Gigya stores an ampersand.

pub mod entities;
pub mod outbox;
pub mod participation;
pub mod payload;
pub mod prefill;
pub mod record;
pub mod rules;
pub mod sso;
pub mod verdict;

pub use outbox::Outbox;
pub use participation::{Participation, PhonePolicy, PushBack, SendMode};
pub use payload::{Payload, Reason, payload};
pub use prefill::prefill;
pub use record::{Death, Idle, PushRecord, PushState};
pub use rules::{RULES, Rule};
pub use sso::{Identified, IdentifyError, SiteConfig, SiteConfigError};

#[cfg(test)]
mod scripted;
