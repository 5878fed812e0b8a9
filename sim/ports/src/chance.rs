//! Where unpredictable bytes come from.

use std::sync::{Mutex, PoisonError};

/// Gives bytes for keys.
pub trait Chance: Send + Sync {
    /// Fills all of `bytes`, or says why it cannot.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), String>;
}

/// The same bytes for the same seed: for worlds that are repeatable, and for nothing that is to stay secret.
#[derive(Debug)]
pub struct Seeded(Mutex<fastrand::Rng>);

impl Seeded {
    /// Starts from a text, such as a job's id.
    pub fn new(seed: &str) -> Self {
        let mixed = seed.bytes().fold(0xcbf2_9ce4_8422_2325, |acc: u64, byte| {
            (acc ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(Mutex::new(fastrand::Rng::with_seed(mixed)))
    }
}

impl Chance for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_it_all() {
        let drawn = |seed: &str| {
            let (chance, mut bytes) = (Seeded::new(seed), [[0; 32]; 2]);
            bytes.iter_mut().for_each(|bytes| chance.fill(bytes).unwrap());
            bytes
        };
        assert_eq!(drawn("job-1"), drawn("job-1"));
        assert_ne!(drawn("job-1"), drawn("job-2"));
        assert_ne!(drawn("job-1")[0], drawn("job-1")[1]);
    }
}
