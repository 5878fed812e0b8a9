//! E-mail groups: what people subscribe to one by one. Who is in one is known of the address, beside the
//! global opt-out.

use crate::user::By;
use imbl::OrdMap;
use standin_model::Instant;
use std::sync::Arc;

/// One group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EmailGroup {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
    /// Whether an address is no member until it says so.
    pub(crate) require_opt_in: bool,
    /// Members that are kept as they come.
    pub(crate) extras: Vec<(String, String)>,
    pub(crate) created: Instant,
    pub(crate) updated: Instant,
    pub(crate) by: By,
}

/// All groups of a site.
#[derive(Clone, Debug)]
pub(crate) struct EmailGroups {
    by_id: OrdMap<u64, Arc<EmailGroup>>,
    next: u64,
}

impl Default for EmailGroups {
    fn default() -> Self {
        Self { by_id: OrdMap::new(), next: 1 }
    }
}

impl EmailGroups {
    /// In order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<EmailGroup>> {
        self.by_id.values()
    }

    /// By id.
    pub(crate) fn get(&self, id: u64) -> Option<&Arc<EmailGroup>> {
        self.by_id.get(&id)
    }

    /// By name, in any case.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<EmailGroup>> {
        self.iter().find(|group| group.name.eq_ignore_ascii_case(name))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Makes one.
    pub(crate) fn add(&mut self, now: Instant, name: &str) -> EmailGroup {
        let group = EmailGroup {
            id: self.next,
            name: name.to_owned(),
            display_name: name.to_owned(),
            description: String::new(),
            require_opt_in: false,
            extras: Vec::new(),
            created: now,
            updated: now,
            by: By::default(),
        };
        self.next += 1;
        self.put(group.clone());
        group
    }

    /// Puts a group in place of the one with its id.
    pub(crate) fn put(&mut self, group: EmailGroup) {
        self.by_id.insert(group.id, Arc::new(group));
    }

    /// Takes one away.
    pub(crate) fn remove(&mut self, id: u64) {
        self.by_id.remove(&id);
    }
}
