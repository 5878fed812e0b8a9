//! The world's clock: the agenda's own, or one that also follows another clock.

use standin_model::Instant;
use standin_ports::Clock;
use standin_ports::clock::VirtualClock;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How much time may be let pass at once.
pub(crate) const LONGEST: Duration = Duration::from_secs(3660 * 86_400);

/// What every part of a world asks for the time.
pub struct StageClock {
    hands: VirtualClock,
    leader: OnceLock<Arc<dyn Clock>>,
    pace: AtomicU8,
    /// By how many milliseconds it is ahead of its leader, for a clock that goes on from where it was moved.
    ahead: AtomicI64,
}

/// How a clock moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Only where the agenda moves it.
    Still,
    /// It shows what its leader shows, or later if the agenda is ahead of that.
    Following,
    /// It goes on as fast as its leader, from wherever it was moved.
    GoingOn,
}

impl StageClock {
    /// A clock that only the agenda moves.
    pub fn still(at: Instant) -> Self {
        Self::at(at, Pace::Still, 0)
    }

    /// A clock that shows what `leader` shows, or later if the agenda is ahead of it.
    pub fn following(leader: Arc<dyn Clock>) -> Self {
        Self { leader: OnceLock::from(Arc::clone(&leader)), ..Self::at(leader.now(), Pace::Following, 0) }
    }

    /// A clock that goes on as fast as `leader`, also after the agenda has moved it forward.
    pub fn going_on_with(leader: Arc<dyn Clock>) -> Self {
        let clock = Self::following(leader);
        clock.set_pace(Pace::GoingOn);
        clock
    }

    fn at(at: Instant, pace: Pace, ahead: i64) -> Self {
        let (pace, ahead) = (AtomicU8::new(pace as u8), AtomicI64::new(ahead));
        Self { hands: VirtualClock::new(at), leader: OnceLock::new(), pace, ahead }
    }

    /// Gives a clock that has no leader one, for the day on which it is to follow.
    pub fn lead_by(&self, leader: Arc<dyn Clock>) {
        // One that has a leader keeps it.
        drop(self.leader.set(leader));
    }

    /// What it can follow.
    pub fn leader(&self) -> Option<&Arc<dyn Clock>> {
        self.leader.get()
    }

    /// How it moves.
    pub fn pace(&self) -> Pace {
        match self.pace.load(Ordering::SeqCst) {
            1 => Pace::Following,
            2 => Pace::GoingOn,
            _ => Pace::Still,
        }
    }

    /// Lets it move in another way, from what it shows. Without a leader it stands still whatever is said.
    pub fn set_pace(&self, pace: Pace) {
        let now = self.now();
        self.hands.reach(now);
        let leader = self.leader.get().map_or(now, |leader| leader.now());
        self.ahead.store(now.millis() - leader.millis(), Ordering::SeqCst);
        self.pace.store(pace as u8, Ordering::SeqCst);
    }

    /// What the leader makes of the time, where it leads.
    fn led(&self) -> Option<Instant> {
        let leader = self.leader.get()?;
        match self.pace() {
            Pace::Still => None,
            Pace::Following => Some(leader.now()),
            Pace::GoingOn => {
                Some(Instant::from_millis(leader.now().millis() + self.ahead.load(Ordering::SeqCst)))
            }
        }
    }

    /// Another clock that shows the same and goes on by itself.
    pub(crate) fn fork(&self) -> Self {
        let leader =
            self.leader.get().map_or_else(OnceLock::new, |leader| OnceLock::from(Arc::clone(leader)));
        Self { leader, ..Self::at(self.now(), self.pace(), self.ahead.load(Ordering::SeqCst)) }
    }

    /// Shows what `other` shows, be it earlier, and moves as that one does.
    pub(crate) fn take_over(&self, other: &Self) {
        self.pace.store(Pace::Still as u8, Ordering::SeqCst);
        self.hands.set(other.now());
        if let Some(leader) = other.leader.get() {
            self.lead_by(Arc::clone(leader));
        }
        self.set_pace(other.pace());
    }

    /// Whether it moves by itself.
    pub fn follows(&self) -> bool {
        self.pace() != Pace::Still && self.leader.get().is_some()
    }

    /// Moves forward to `at`.
    pub fn reach(&self, at: Instant) {
        if let (Pace::GoingOn, Some(leader)) = (self.pace(), self.leader.get()) {
            self.ahead.fetch_max(at.millis() - leader.now().millis(), Ordering::SeqCst);
        }
        self.hands.reach(at);
    }
}

impl Clock for StageClock {
    fn now(&self) -> Instant {
        if let Some(led) = self.led() {
            self.hands.reach(led);
        }
        self.hands.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_let_go_and_held_where_it_stands() {
        let at = |seconds: i64| Instant::from_seconds(1_000 + seconds);
        let leader = Arc::new(VirtualClock::new(at(500)));
        let clock = StageClock::still(at(0));
        clock.lead_by(Arc::clone(&leader) as Arc<dyn Clock>);
        assert_eq!((clock.now(), clock.follows()), (at(0), false), "a leader alone moves nothing");
        let before = clock.fork();
        clock.set_pace(Pace::GoingOn);
        leader.reach(at(510));
        assert_eq!(clock.now(), at(10), "it goes on from where it stood");
        clock.set_pace(Pace::Still);
        leader.reach(at(520));
        assert_eq!(clock.now(), at(10));
        clock.set_pace(Pace::Following);
        assert_eq!(clock.now(), at(520));
        clock.take_over(&before);
        leader.reach(at(530));
        assert_eq!((clock.now(), clock.pace()), (at(0), Pace::Still), "it goes back with its world");
    }

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
