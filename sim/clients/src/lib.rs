//! How our side speaks to Gigya and to Eloqua, over the ports.
//!
//! Everything that a wire wants is in here: URLs, encodings, signatures, what counts as success. What is
//! *not* in here is any decision that needs more than one answer: retries, mappings and polling belong to
//! the caller, and nothing in here waits.
//!
//! - [`gigya`]: calls to Gigya, signed or with a secret, judged by `errorCode`.
//! - [`eloqua`]: login, REST calls and Bulk calls.

mod answer;
pub mod eloqua;
pub mod gigya;

pub use eloqua::{EloquaClient, EloquaError};
pub use gigya::{GigyaAccess, GigyaClient, GigyaError, Proof};

/// The header that tells a journal who calls; no platform looks at it.
pub const ACTOR_HEADER: &str = "x-standin-actor";

#[cfg(test)]
mod broken_answers;
#[cfg(test)]
mod scripted;
