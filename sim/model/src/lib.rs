//! Values with rules: what a field may hold, how it is compared, how it is written.
//!
//! Text becomes one of these types once, where it enters, and the type cannot hold a bad value. Nothing in
//! here reads or writes anything, knows a platform's wire format, or derives a serialisation.

pub mod birthday;
pub mod country;
pub mod email;
pub mod evidence;
pub mod gender;
pub mod host;
pub mod instant;
pub mod language;
pub mod mutant;
pub mod phone;
pub mod text;
pub mod uid;

pub use birthday::Birthday;
pub use country::Country;
pub use email::Email;
pub use evidence::{Evidence, Level};
pub use gender::Gender;
pub use host::Host;
pub use instant::Instant;
pub use language::Language;
pub use phone::Phone;
pub use text::Text;
pub use uid::Uid;
