//! What may happen to accounts, in the words of the platform's notifications, and the log of it.

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
    Deleted,
    LockedOut,
    Merged,
    Progressed,
    UidChanged,
    PreferencesReset,
    SubscriptionUpdated,
    ConsentUpdated,
    CommunicationUpdated,
}

/// Every event and its name.
const NAMES: &[(Event, &str)] = &[
    (Event::Created, "accountCreated"),
    (Event::Registered, "accountRegistered"),
    (Event::Updated, "accountUpdated"),
    (Event::LoggedIn, "accountLoggedIn"),
    (Event::Deleted, "accountDeleted"),
    (Event::LockedOut, "accountLockedOut"),
    (Event::Merged, "accountMerged"),
    (Event::Progressed, "accountProgressed"),
    (Event::UidChanged, "accountUidChanged"),
    (Event::PreferencesReset, "sitePreferencesReset"),
    (Event::SubscriptionUpdated, "subscriptionUpdated"),
    (Event::ConsentUpdated, "consentUpdated"),
    (Event::CommunicationUpdated, "communicationUpdated"),
];

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
        NAMES.iter().find(|(event, _)| *event == self).map_or("", |(_, name)| name)
    }

    /// The event whose notification has this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(event, _)| *event)
    }

    /// Whether the payload may carry the parameters of the call.
    pub(crate) fn carries_params(self) -> bool {
        matches!(self, Self::Created | Self::Registered | Self::Updated)
    }

    /// Whether an import does not keep it to itself.
    pub(crate) fn is_told_by_imports(self) -> bool {
        matches!(self, Self::SubscriptionUpdated | Self::Progressed)
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
