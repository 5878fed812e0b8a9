//! Pages that continue. A cursor is a snapshot of ids at the time it was opened; values are the present ones.

use crate::query::parse::Query;
use imbl::OrdMap;
use standin_fake_kit::Agenda;
use standin_model::Instant;
use std::sync::Arc;
use std::time::Duration;

/// How long a cursor lives without being used.
const IDLE: Duration = Duration::from_secs(300);
/// How many cursors are open at once; the oldest go first.
const MOST: usize = 10_000;

/// One position in one snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    pub(crate) api_key: String,
    pub(crate) query: Arc<Query>,
    pub(crate) ids: Arc<Vec<String>>,
    pub(crate) offset: usize,
    pub(crate) page: u64,
    /// The cursor behind this one's page, once that page was asked for: asking again gives the same.
    pub(crate) next: Option<String>,
    used: Instant,
}

/// The cursors that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursors {
    open: OrdMap<String, Cursor>,
    ends: Agenda<String>,
}

impl Cursors {
    /// Opens a cursor on what comes after the first `offset` ids.
    pub(crate) fn open(&mut self, now: Instant, id: String, cursor: Cursor) {
        if self.open.len() >= MOST
            && let Some((key, _)) =
                self.open.iter().min_by_key(|(_, it)| it.used).map(|(k, v)| (k.clone(), v.used))
        {
            self.open.remove(&key);
        }
        self.ends.add(now.plus(IDLE), id.clone());
        self.open.insert(id, Cursor { used: now, ..cursor });
    }

    /// The cursor, if it has been used within the last five minutes.
    pub(crate) fn take(&mut self, now: Instant, api_key: &str, id: &str) -> Option<Cursor> {
        let cursor = self.open.get_mut(id).filter(|cursor| cursor.api_key == api_key)?;
        if cursor.used.plus(IDLE) < now {
            return None;
        }
        cursor.used = now;
        self.ends.add(now.plus(IDLE), id.to_owned());
        self.open.get(id).cloned()
    }

    /// Remembers what follows a cursor's page.
    pub(crate) fn follow(&mut self, id: &str, next: &str) {
        if let Some(cursor) = self.open.get_mut(id) {
            cursor.next = Some(next.to_owned());
        }
    }

    /// Forgets cursors that nobody used for too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        while self.ends.next_due().is_some_and(|at| at < now) {
            let Some((_, id)) = self.ends.take_due(now) else { return };
            if self.open.get(&id).is_some_and(|cursor| cursor.used.plus(IDLE) < now) {
                self.open.remove(&id);
            }
        }
    }
}

impl Cursor {
    pub(crate) fn new(
        api_key: &str,
        query: Arc<Query>,
        ids: Arc<Vec<String>>,
        offset: usize,
        page: u64,
        now: Instant,
    ) -> Self {
        Self { api_key: api_key.to_owned(), query, ids, offset, page, next: None, used: now }
    }
}
