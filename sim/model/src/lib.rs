//! Values with rules: what a field may hold, how it is compared, how it is written.
//!
//! Text becomes one of these types once, where it enters, and the type cannot hold a bad value. Nothing in
//! here reads or writes anything, knows a platform's wire format, or derives a serialisation.

pub mod evidence;
pub mod instant;

pub use evidence::{Evidence, Level};
pub use instant::Instant;
