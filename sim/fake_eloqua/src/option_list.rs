//! Option lists: the values that a picklist offers. Nothing that is imported is held against them.

use crate::user::By;
use imbl::OrdMap;
use standin_model::Instant;
use std::sync::Arc;

/// One list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OptionList {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// Names as people read them, and values, in order.
    pub(crate) options: Vec<(String, String)>,
    pub(crate) created: Instant,
    pub(crate) updated: Instant,
    pub(crate) by: By,
}

/// All lists of a site.
#[derive(Clone, Debug)]
pub(crate) struct OptionLists {
    by_id: OrdMap<u64, Arc<OptionList>>,
    next: u64,
}

impl Default for OptionLists {
    fn default() -> Self {
        Self { by_id: OrdMap::new(), next: 1 }
    }
}

impl OptionLists {
    /// In order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<OptionList>> {
        self.by_id.values()
    }

    /// By id.
    pub(crate) fn get(&self, id: u64) -> Option<&Arc<OptionList>> {
        self.by_id.get(&id)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Makes one.
    pub(crate) fn add(&mut self, now: Instant, name: &str, options: Vec<(String, String)>) -> u64 {
        let id = self.next;
        self.next += 1;
        let (name, by) = (name.to_owned(), By::default());
        self.put(OptionList { id, name, options, created: now, updated: now, by });
        id
    }

    /// Puts a list in place of the one with its id.
    pub(crate) fn put(&mut self, list: OptionList) {
        self.by_id.insert(list.id, Arc::new(list));
    }

    /// Takes one away.
    pub(crate) fn remove(&mut self, id: u64) {
        self.by_id.remove(&id);
    }
}
