//! The world's clock: the agenda's own, or one that also follows another clock.

use standin_model::Instant;
use standin_ports::Clock;
use standin_ports::clock::VirtualClock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// What every part of a world asks for the time.
pub struct StageClock {
    hands: VirtualClock,
    leader: Option<Arc<dyn Clock>>,
    /// By how many milliseconds it is ahead of its leader, for a clock that goes on from where it was moved.
    ahead: Option<AtomicI64>,
}

impl StageClock {
    /// A clock that only the agenda moves.
    pub fn still(at: Instant) -> Self {
        Self { hands: VirtualClock::new(at), leader: None, ahead: None }
    }

    /// A clock that shows what `leader` shows, or later if the agenda is ahead of it.
    pub fn following(leader: Arc<dyn Clock>) -> Self {
        Self { hands: VirtualClock::new(leader.now()), leader: Some(leader), ahead: None }
    }

    /// A clock that goes on as fast as `leader`, also after the agenda has moved it forward.
    pub fn going_on_with(leader: Arc<dyn Clock>) -> Self {
        Self { ahead: Some(AtomicI64::new(0)), ..Self::following(leader) }
    }

    /// What the leader makes of the time.
    fn led(&self, leader: &Arc<dyn Clock>) -> Instant {
        let ahead = self.ahead.as_ref().map_or(0, |ahead| ahead.load(Ordering::SeqCst));
        leader.now().plus(Duration::from_millis(u64::try_from(ahead).unwrap_or(0)))
    }

    /// Another clock that shows the same and goes on by itself.
    pub(crate) fn fork(&self) -> Self {
        let ahead = self.ahead.as_ref().map(|ahead| AtomicI64::new(ahead.load(Ordering::SeqCst)));
        Self { hands: VirtualClock::new(self.now()), leader: self.leader.clone(), ahead }
    }

    /// Whether it moves by itself.
    pub fn follows(&self) -> bool {
        self.leader.is_some()
    }

    /// Moves forward to `at`.
    pub fn reach(&self, at: Instant) {
        if let (Some(leader), Some(ahead)) = (&self.leader, &self.ahead) {
            ahead.fetch_max(at.millis() - leader.now().millis(), Ordering::SeqCst);
        }
        self.hands.reach(at);
    }
}

impl Clock for StageClock {
    fn now(&self) -> Instant {
        if let Some(leader) = &self.leader {
            self.hands.reach(self.led(leader));
        }
        self.hands.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who lives by a clock of its own waits in vain where time stands until that clock has caught up.
    #[test]
    fn a_clock_that_goes_on_passes_after_a_jump() {
        let at = |seconds: i64| Instant::from_seconds(1_000 + seconds);
        for (goes_on, expected) in [(true, [60, 65, 65, 70]), (false, [60, 60, 60, 60])] {
            let leader = Arc::new(VirtualClock::new(at(0)));
            let led = Arc::clone(&leader) as Arc<dyn Clock>;
            let clock = if goes_on { StageClock::going_on_with(led) } else { StageClock::following(led) };
            clock.reach(at(60));
            let mut seen = vec![clock.now()];
            leader.reach(at(5));
            seen.push(clock.now());
            // Earlier than it is: nothing moves back.
            clock.reach(at(30));
            seen.push(clock.fork().now());
            leader.reach(at(10));
            seen.push(clock.now());
            assert_eq!(seen, expected.map(at));
        }
    }
}
