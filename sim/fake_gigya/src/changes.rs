//! What one call changed, record by record: the state before it and the state after it.

use crate::account::Account;
use crate::envelope::Object;
use crate::people::{Lite, Touched};
use indexmap::IndexMap;
use indexmap::map::Entry;
use std::sync::Arc;

/// One record before and after a call; a record that was stored twice is one change.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Account { uid: String, before: Option<Arc<Account>>, after: Option<Arc<Account>> },
    Lite { email: String, before: Option<Arc<Lite>>, after: Option<Arc<Lite>> },
}

impl Change {
    /// Joins what was stored one after the other.
    pub(crate) fn join(touched: Vec<Touched>) -> Vec<Self> {
        let mut changes: IndexMap<(bool, String), Self> = IndexMap::new();
        for step in touched {
            let Some((key, change)) = Self::of(step) else { continue };
            match (changes.entry(key), change) {
                (Entry::Vacant(slot), change) => _ = slot.insert(change),
                (Entry::Occupied(slot), change) => slot.into_mut().go_on(change),
            }
        }
        changes.into_values().collect()
    }

    /// One step and whose it is: an account's or a lite record's, and its UID or address.
    fn of(step: Touched) -> Option<((bool, String), Self)> {
        match step {
            Touched::Account { before, after } => {
                let uid = after.as_ref().or(before.as_ref())?.uid.clone();
                Some(((true, uid.clone()), Self::Account { uid, before, after }))
            }
            Touched::Lite { before, after } => {
                let email = crate::email::folded(&after.as_ref().or(before.as_ref())?.email);
                Some(((false, email.clone()), Self::Lite { email, before, after }))
            }
        }
    }

    fn go_on(&mut self, next: Self) {
        match (self, next) {
            (Self::Account { after, .. }, Self::Account { after: now, .. }) => *after = now,
            (Self::Lite { after, .. }, Self::Lite { after: now, .. }) => *after = now,
            _ => {}
        }
    }

    pub(crate) fn uid(&self) -> Option<String> {
        match self {
            Self::Account { uid, .. } => Some(uid.clone()),
            Self::Lite { .. } => None,
        }
    }

    /// The language of an account.
    pub(crate) fn lang(&self) -> Option<String> {
        match self {
            Self::Account { after, .. } => after.as_ref()?.lang.clone(),
            Self::Lite { .. } => None,
        }
    }

    /// The address before, as addresses are compared.
    pub(crate) fn email_before(&self) -> Option<String> {
        match self {
            Self::Account { before, .. } => before.as_ref()?.email().map(crate::email::folded),
            Self::Lite { email, before, .. } => before.as_ref().map(|_| email.clone()),
        }
    }

    /// The address after.
    pub(crate) fn email_after(&self) -> Option<String> {
        match self {
            Self::Account { after, .. } => after.as_ref()?.email().map(crate::email::folded),
            Self::Lite { email, after, .. } => after.as_ref().map(|_| email.clone()),
        }
    }

    pub(crate) fn subscriptions_before(&self) -> Object {
        match self {
            Self::Account { before, .. } => before.as_ref().map(|it| it.subscriptions.object()),
            Self::Lite { before, .. } => before.as_ref().map(|it| it.subscriptions.object()),
        }
        .unwrap_or_default()
    }

    pub(crate) fn subscriptions_after(&self) -> Object {
        match self {
            Self::Account { after, .. } => after.as_ref().map(|it| it.subscriptions.object()),
            Self::Lite { after, .. } => after.as_ref().map(|it| it.subscriptions.object()),
        }
        .unwrap_or_default()
    }
}
