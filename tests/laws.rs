//! The world at random.
//!
//! - [`identity`]: the UID is the key, whatever becomes of an address.
//! - [`whole`]: everything at once against a small model, and against a twin without trouble.
//! - [`again`]: twice is once.
//! - [`text`]: what stands in a cell arrives and comes back.
//! - [`counts`]: no record disappears.
//! - [`appending`]: numbers and languages join what is there.
//! - [`seeds`]: the same seed tells the same story.
//! - [`acts`], [`drive`]: what happens in these worlds, and how.

mod acts;
mod again;
mod appending;
mod counts;
pub(crate) mod drive;
mod identity;
mod seeds;
mod text;
mod whole;

use proptest::prelude::ProptestConfig;

/// A small number of cases, since each is a world.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
