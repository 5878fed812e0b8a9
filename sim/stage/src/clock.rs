//! The world's clock: the agenda's own, or one that also follows another clock.

use standin_model::Instant;
use standin_ports::Clock;
use standin_ports::clock::VirtualClock;
use std::sync::Arc;

/// What every part of a world asks for the time.
pub struct StageClock {
    hands: VirtualClock,
    leader: Option<Arc<dyn Clock>>,
}

impl StageClock {
    /// A clock that only the agenda moves.
    pub fn still(at: Instant) -> Self {
        Self { hands: VirtualClock::new(at), leader: None }
    }

    /// A clock that shows what `leader` shows, or later if the agenda is ahead of it.
    pub fn following(leader: Arc<dyn Clock>) -> Self {
        Self { hands: VirtualClock::new(leader.now()), leader: Some(leader) }
    }

    /// Another clock that shows the same and goes on by itself.
    pub(crate) fn fork(&self) -> Self {
        Self { hands: VirtualClock::new(self.now()), leader: self.leader.clone() }
    }

    /// Whether it moves by itself.
    pub fn follows(&self) -> bool {
        self.leader.is_some()
    }

    /// Moves forward to `at`.
    pub fn reach(&self, at: Instant) {
        self.hands.reach(at);
    }
}

impl Clock for StageClock {
    fn now(&self) -> Instant {
        if let Some(leader) = &self.leader {
            self.hands.reach(leader.now());
        }
        self.hands.now()
    }
}
