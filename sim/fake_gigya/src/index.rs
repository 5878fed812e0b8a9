//! What search sees of one kind of record. The records are those that the store has, or had when the index
//! last looked: nothing is kept twice.

use imbl::{OrdMap, OrdSet};
use standin_model::Instant;
use std::ops::Bound;
use std::sync::Arc;

/// A record that can be found otherwise than by its key.
pub(crate) trait Indexed {
    /// When it last changed.
    fn updated(&self) -> Instant;

    /// The names under which it can be found, folded, each once.
    fn names(&self) -> Vec<String>;
}

/// Records by key, by their last change, and by name.
#[derive(Clone, Debug)]
pub(crate) struct Index<T> {
    records: OrdMap<Arc<str>, Arc<T>>,
    by_update: OrdSet<(Instant, Arc<str>)>,
    by_name: OrdSet<(Arc<str>, Arc<str>)>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self { records: OrdMap::new(), by_update: OrdSet::new(), by_name: OrdSet::new() }
    }
}

impl<T: Indexed> Index<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) fn get(&self, key: &str) -> Option<(&Arc<str>, &T)> {
        self.records.get_key_value(key).map(|(key, record)| (key, &**record))
    }

    /// All records by key.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &T)> {
        self.records.iter().map(|(key, record)| (key, &**record))
    }

    /// The records whose last change lies between, the oldest first.
    pub(crate) fn updated(
        &self,
        from: Bound<Instant>,
        to: Bound<Instant>,
    ) -> impl Iterator<Item = (&Arc<str>, &T)> {
        let least: Arc<str> = "".into();
        let first = match from {
            Bound::Included(at) => Bound::Included((at, least.clone())),
            Bound::Excluded(at) => Bound::Included((next(at), least.clone())),
            Bound::Unbounded => Bound::Unbounded,
        };
        let last = match to {
            Bound::Included(at) => Bound::Excluded((next(at), least)),
            Bound::Excluded(at) => Bound::Excluded((at, least)),
            Bound::Unbounded => Bound::Unbounded,
        };
        // A range that ends before it begins is empty, not a mistake.
        let empty = match (&first, &last) {
            (Bound::Included(first), Bound::Excluded(last)) => first >= last,
            _ => false,
        };
        let keys = (!empty).then(|| self.by_update.range::<_, (Instant, Arc<str>)>((first, last)));
        keys.into_iter().flatten().filter_map(|(_, key)| self.get(key))
    }

    /// The records with this name, by key.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = (&Arc<str>, &T)> {
        let name: Arc<str> = name.into();
        let from = (name.clone(), Arc::from(""));
        let keys = self.by_name.range::<_, (Arc<str>, Arc<str>)>(from..);
        keys.take_while(move |(it, _)| *it == name).filter_map(|(_, key)| self.get(key))
    }

    /// Takes a record in; `spelt` gives the text to keep for a name.
    pub(crate) fn put(&mut self, key: Arc<str>, record: Arc<T>, spelt: &dyn Fn(&str) -> Arc<str>) {
        let names = record.names();
        if let Some(old) = self.records.get(&key) {
            let known = old.names();
            if old.updated() != record.updated() {
                self.by_update.remove(&(old.updated(), key.clone()));
            }
            for name in known.iter().filter(|name| !names.contains(name)) {
                self.by_name.remove(&(name.as_str().into(), key.clone()));
            }
            for name in names.iter().filter(|name| !known.contains(name)) {
                self.by_name.insert((spelt(name), key.clone()));
            }
        } else {
            for name in &names {
                self.by_name.insert((spelt(name), key.clone()));
            }
        }
        self.by_update.insert((record.updated(), key.clone()));
        self.records.insert(key, record);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        let Some((key, old)) = self.records.remove_with_key(key) else { return };
        self.by_update.remove(&(old.updated(), key.clone()));
        for name in old.names() {
            self.by_name.remove(&(name.into(), key.clone()));
        }
    }
}

/// The next millisecond.
fn next(at: Instant) -> Instant {
    Instant::from_millis(at.millis().saturating_add(1))
}
