//! What one call changed, record by record: the state before it and the state after it.

use crate::account::Account;
use crate::envelope::Object;
use crate::people::{Lite, Touched};
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
        let mut changes: Vec<Self> = Vec::new();
        for step in touched {
            match step {
                Touched::Account { before, after } => {
                    let Some(uid) = after.as_ref().or(before.as_ref()).map(|it| it.uid.to_string()) else {
                        continue;
                    };
                    let known = changes.iter_mut().find_map(|change| match change {
                        Self::Account { uid: own, after, .. } if *own == uid => Some(after),
                        _ => None,
                    });
                    match known {
                        Some(slot) => *slot = after,
                        None => changes.push(Self::Account { uid, before, after }),
                    }
                }
                Touched::Lite { before, after } => {
                    let Some(email) =
                        after.as_ref().or(before.as_ref()).map(|it| crate::email::folded(&it.email))
                    else {
                        continue;
                    };
                    let known = changes.iter_mut().find_map(|change| match change {
                        Self::Lite { email: own, after, .. } if *own == email => Some(after),
                        _ => None,
                    });
                    match known {
                        Some(slot) => *slot = after,
                        None => changes.push(Self::Lite { email, before, after }),
                    }
                }
            }
        }
        changes
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
