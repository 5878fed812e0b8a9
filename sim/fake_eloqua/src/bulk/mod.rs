//! The Bulk API 2.0.
//!
//! - `family`: whose definitions there are, and what each family offers.
//! - `definition`, `given`: what may stand in a definition, and what it means; `definitions` answers for them.
//! - `staging`: rows that wait for a sync. `sync`: syncs and what they tell. `work`: what they do.
//! - `data`: the rows of exports.
//! - `catalogue`: what is listed and not changed: fields, lists, segments, models, priorities.

mod catalogue;
mod data;
mod definition;
mod definitions;
pub(crate) mod endpoints;
pub(crate) mod family;
mod given;
mod staging;
mod sync;
#[cfg(test)]
mod tests;
mod work;

use crate::bulk::definition::Definition;
use crate::bulk::family::Family;
use crate::bulk::staging::Posting;
use crate::bulk::sync::Sync;
use crate::eloqua::Eloqua;
use crate::login;
use crate::router::Call;
use imbl::{OrdMap, Vector};
use standin_model::Instant;
use std::sync::Arc;

/// Sorts of definitions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Sort {
    Import,
    Export,
    SyncAction,
}

impl Sort {
    const ALL: [Self; 3] = [Self::Import, Self::Export, Self::SyncAction];

    fn word(self) -> &'static str {
        match self {
            Self::Import => "imports",
            Self::Export => "exports",
            Self::SyncAction => "syncActions",
        }
    }
}

/// Names a definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub(crate) family: Family,
    pub(crate) sort: Sort,
    pub(crate) id: u64,
}

impl Key {
    /// Its address below the version.
    pub(crate) fn uri(&self) -> String {
        format!("/{}/{}/{}", self.family.path(), self.sort.word(), self.id)
    }

    /// From an address below the version.
    pub(crate) fn read(uri: &str) -> Option<Self> {
        let parts: Vec<String> = uri.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let parts = family::joined(&parts);
        let [family, sort, id] = parts.as_slice() else { return None };
        let sort = Sort::ALL.into_iter().find(|known| known.word().eq_ignore_ascii_case(sort))?;
        Some(Self { family: Family::read(family)?, sort, id: id.parse().ok()? })
    }
}

/// Everything of the Bulk API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bulk {
    pub(crate) definitions: OrdMap<Key, Arc<Definition>>,
    staging: OrdMap<Key, Vector<Arc<Posting>>>,
    /// How many bytes are staged in all.
    staged: usize,
    syncs: OrdMap<u64, Arc<Sync>>,
    /// The latest sync of each export.
    latest: OrdMap<Key, u64>,
    /// Until when the syncs of a definition keep it busy.
    busy: OrdMap<Key, Instant>,
    /// When the syncs of the last hour were asked for.
    asked: OrdMap<Sort, Vector<Instant>>,
    counters: OrdMap<(&'static str, Sort), u64>,
    last_sync: u64,
    callbacks: Vector<Callback>,
}

/// A call that whoever started a sync wants when it has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Callback {
    /// Since when it is owed.
    pub at: Instant,
    /// Where to.
    pub url: String,
    /// The sync as JSON.
    pub body: String,
}

impl Eloqua {
    /// The login name of whoever calls.
    fn login_of(&self, call: &Call<'_>) -> String {
        let user = login::caller(self, call.now, call.request);
        user.map_or_else(|| self.site.user.clone(), |user| user.name)
    }
}

impl Bulk {
    /// Since when a call is owed.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.callbacks.front().map(|callback| callback.at)
    }

    /// Definitions are counted by family and sort.
    fn next(&mut self, family: Family, sort: Sort) -> u64 {
        let key = (family.doc().product, sort);
        let next = self.counters.get(&key).copied().unwrap_or_default() + 1;
        self.counters.insert(key, next);
        next
    }
}
