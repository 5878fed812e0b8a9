//! Requests that arrive after their callers have given up, and callers that have.

use standin_model::Instant;
use standin_ports::Request;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Held {
    /// Where it goes.
    pub platform: &'static str,
    /// The call's name.
    pub call: String,
    /// When it arrives at the latest.
    pub due: Instant,
    /// The request.
    pub request: Request,
}

/// How many requests may be on their way.
const MOST: usize = 1_000;

/// What is on its way, in the order in which it was sent.
#[derive(Clone, Debug, Default)]
pub struct Late {
    held: VecDeque<Held>,
    given_up: BTreeSet<String>,
}

impl Late {
    /// Keeps a request back; where there are too many, the oldest is lost for good.
    pub fn hold(&mut self, held: Held) {
        if self.held.len() >= MOST {
            self.held.pop_front();
        }
        self.held.push_back(held);
    }

    /// When the next one arrives, whatever else is sent.
    pub fn next_due(&self) -> Option<Instant> {
        self.held.iter().map(|held| held.due).min()
    }

    /// One that has arrived by now.
    pub fn take_due(&mut self, now: Instant) -> Option<Held> {
        let first = self.held.iter().enumerate().filter(|(_, held)| held.due <= now);
        let (at, _) = first.min_by_key(|(at, held)| (held.due, *at))?;
        self.held.remove(at)
    }

    /// One that a call of this name has overtaken.
    pub fn take_overtaken(&mut self, platform: &str, call: &str) -> Option<Held> {
        let at = self.held.iter().position(|held| held.platform == platform && held.call == call)?;
        self.held.remove(at)
    }

    /// Remembers that a caller of this host has stopped waiting.
    pub fn give_up(&mut self, host: String) {
        self.given_up.insert(host);
    }

    /// Whether a caller of this host has stopped waiting; asked once.
    pub fn gave_up(&mut self, host: &str) -> bool {
        self.given_up.remove(host)
    }
}

/// How long our own callers wait for an answer on a clock that does not move by itself.
pub const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_arrive_when_they_are_overtaken_or_due() {
        let at = Instant::from_seconds;
        let mut late = Late::default();
        for (call, due) in [("a", 30), ("b", 10), ("a", 20), ("c", 20)] {
            let call = call.to_owned();
            late.hold(Held { platform: "gigya", call, due: at(due), request: Request::default() });
        }
        assert!(late.take_overtaken("eloqua", "a").is_none() && late.take_due(at(9)).is_none());
        assert_eq!(late.next_due(), Some(at(10)));
        assert_eq!(late.take_overtaken("gigya", "a").map(|held| held.due), Some(at(30)));
        let mut arrived = Vec::new();
        while let Some(held) = late.take_due(at(25)) {
            arrived.push(held.call);
        }
        assert_eq!((arrived.join(" "), late.next_due()), ("b a c".to_owned(), None));
        late.give_up("a.example".to_owned());
        assert_eq!(
            [late.gave_up("b.example"), late.gave_up("a.example"), late.gave_up("a.example")],
            [false, true, false]
        );
    }
}
