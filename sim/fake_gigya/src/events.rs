//! What happened to accounts, in the words of the platform's notifications.

use crate::call::Call;
use crate::gigya::Gigya;
use imbl::OrdMap;
use standin_model::Instant;
use std::time::Duration;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Created,
    Registered,
    Updated,
    LoggedIn,
    LockedOut,
    Merged,
    Progressed,
    Deleted,
}

/// One entry of the log.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) at: Instant,
    pub(crate) home: String,
    pub(crate) uid: String,
    pub(crate) event: Event,
}

/// How long entries are kept.
pub(crate) const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many entries are kept; the oldest go first.
const MOST: usize = 100_000;

/// Everything that happened, in order, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events {
    log: OrdMap<u64, Happened>,
    next: u64,
}

impl Event {
    /// The name of the notification.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Created => "accountCreated",
            Self::Registered => "accountRegistered",
            Self::Updated => "accountUpdated",
            Self::LoggedIn => "accountLoggedIn",
            Self::LockedOut => "accountLockedOut",
            Self::Merged => "accountMerged",
            Self::Progressed => "accountProgressed",
            Self::Deleted => "accountDeleted",
        }
    }
}

impl Events {
    fn add(&mut self, happened: Happened) {
        while let Some((first, old)) = self.log.get_min()
            && (self.log.len() >= MOST || old.at.plus(KEPT) < happened.at)
        {
            let first = *first;
            self.log.remove(&first);
        }
        self.log.insert(self.next, happened);
        self.next += 1;
    }

    /// The number of the first entry at or after `at`.
    pub(crate) fn since(&self, at: Instant) -> u64 {
        self.log.iter().find(|(_, it)| it.at >= at).map_or(self.next, |(number, _)| *number)
    }

    /// The entries from `number` on.
    pub(crate) fn from(&self, number: u64) -> impl Iterator<Item = (u64, &Happened)> {
        self.log.range(number..).map(|(number, it)| (*number, it))
    }
}

impl Gigya {
    /// Takes note of what happened to an account.
    pub(crate) fn happened(&mut self, call: &Call, uid: &str, event: Event) {
        let home = call.site.home().to_owned();
        self.events.add(Happened { at: call.now, home, uid: uid.to_owned(), event });
    }
}
