//! What time it is.

use standin_model::Instant;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time and nothing else.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Instant;
}

/// A clock that stands still until somebody moves it.
#[derive(Debug)]
pub struct VirtualClock(AtomicI64);

impl VirtualClock {
    /// A clock that shows `at`.
    pub fn new(at: Instant) -> Self {
        Self(AtomicI64::new(at.millis()))
    }

    /// Moves forward to `at`; a time already passed changes nothing.
    pub fn reach(&self, at: Instant) {
        self.0.fetch_max(at.millis(), Ordering::SeqCst);
    }

    /// Shows `at`, be it earlier: for a world that goes back to a state that it was in.
    pub fn set(&self, at: Instant) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}
