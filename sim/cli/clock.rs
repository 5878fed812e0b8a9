//! The machine's clock.

use standin_model::Instant;
use standin_ports::Clock;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the machine says. Only commands that live in its time use it.
pub(crate) struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the program is where the wall clock comes in")]
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
