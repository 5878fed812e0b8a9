//! Pages that continue. A cursor is a snapshot of ids at the time it was opened; values are the present ones.

use crate::query::plan::Plan;
use crate::query::source::Id;
use imbl::OrdMap;
use standin_fake_kit::Agenda;
use standin_model::Instant;
use std::sync::Arc;
use std::time::Duration;

/// How long a cursor lives without being used.
const IDLE: Duration = Duration::from_secs(300);
/// How many cursors are open at once; the oldest go first.
const MOST: usize = 10_000;
/// How many ids the snapshots of all cursors hold; the oldest go first.
const MOST_IDS: usize = 20_000_000;

/// What a query found when its cursor was opened.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) api_key: String,
    /// The method that opened it, and that alone continues it.
    pub(crate) method: &'static str,
    pub(crate) plan: Plan,
    pub(crate) ids: Vec<Id>,
}

/// One position in one snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) offset: usize,
    pub(crate) page: u64,
    /// The cursor behind this one's page, once that page was asked for: asking again gives the same.
    pub(crate) next: Option<String>,
    number: u64,
    used: Instant,
}

/// The cursors that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursors {
    open: OrdMap<String, Cursor>,
    ends: Agenda<String>,
    /// By number: how many ids, and how many cursors.
    snapshots: OrdMap<u64, (usize, usize)>,
    made: u64,
    ids: usize,
}

impl Cursor {
    /// The position before the first page.
    pub(crate) fn first(snapshot: Snapshot) -> Self {
        let start = Instant::from_millis(0);
        Self { snapshot: Arc::new(snapshot), offset: 0, page: 0, next: None, number: 0, used: start }
    }

    /// The position behind a page that ended at `offset`.
    pub(crate) fn behind(&self, offset: usize) -> Self {
        Self { offset, page: self.page + 1, next: None, ..self.clone() }
    }
}

impl Cursors {
    /// Opens a cursor.
    pub(crate) fn open(&mut self, now: Instant, id: String, mut cursor: Cursor) {
        if cursor.number == 0 {
            self.made += 1;
            cursor.number = self.made;
        }
        let length = cursor.snapshot.ids.len();
        let known = self.snapshots.get(&cursor.number).map_or(0, |(_, cursors)| *cursors);
        self.ids += if known == 0 { length } else { 0 };
        self.snapshots.insert(cursor.number, (length, known + 1));
        while self.open.len() >= MOST || (self.ids > MOST_IDS && !self.open.is_empty()) {
            if !self.drop_oldest() {
                break;
            }
        }
        self.ends.add(now.plus(IDLE), id.clone());
        self.open.insert(id, Cursor { used: now, ..cursor });
    }

    /// The cursor, if it has been used within the last five minutes.
    pub(crate) fn take(&mut self, now: Instant, api_key: &str, method: &str, id: &str) -> Option<Cursor> {
        let mine = |it: &Cursor| it.snapshot.api_key == api_key && it.snapshot.method == method;
        let cursor = self.open.get_mut(id).filter(|cursor| mine(cursor))?;
        if cursor.used.plus(IDLE) < now {
            return None;
        }
        if cursor.used != now {
            cursor.used = now;
            self.ends.add(now.plus(IDLE), id.to_owned());
        }
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
            let Some((due, id)) = self.ends.take_due(now) else { return };
            self.close_unused(due, &id);
        }
    }

    /// Forgets the cursor that was not used for the longest time.
    fn drop_oldest(&mut self) -> bool {
        while let Some(at) = self.ends.next_due() {
            if let Some((due, id)) = self.ends.take_due(at)
                && self.close_unused(due, &id)
            {
                return true;
            }
        }
        false
    }

    /// Closes a cursor if its last use is the one that `due` belongs to.
    fn close_unused(&mut self, due: Instant, id: &str) -> bool {
        if self.open.get(id).is_none_or(|cursor| cursor.used.plus(IDLE) != due) {
            return false;
        }
        let Some(cursor) = self.open.remove(id) else { return false };
        match self.snapshots.get_mut(&cursor.number) {
            Some((_, cursors)) if *cursors > 1 => *cursors -= 1,
            _ => {
                if let Some((length, _)) = self.snapshots.remove(&cursor.number) {
                    self.ids = self.ids.saturating_sub(length);
                }
            }
        }
        true
    }
}
