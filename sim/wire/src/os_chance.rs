//! Chance from the operating system.

use standin_ports::Chance;

/// Bytes that nobody can foretell.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsChance;

impl Chance for OsChance {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), String> {
        getrandom::fill(bytes).map_err(|error| format!("the system gives no random bytes: {error}"))
    }
}
