//! Work with a due time.

use imbl::OrdMap;
use standin_model::Instant;

/// Things to do later, ordered by due time and, within one time, by when they were added.
#[derive(Clone, Debug)]
pub struct Agenda<T: Clone> {
    entries: OrdMap<(Instant, u64), T>,
    added: u64,
}

impl<T: Clone> Default for Agenda<T> {
    fn default() -> Self {
        Self { entries: OrdMap::new(), added: 0 }
    }
}

impl<T: Clone> Agenda<T> {
    /// Adds work due at `at`.
    pub fn add(&mut self, at: Instant, work: T) {
        self.added += 1;
        self.entries.insert((at, self.added), work);
    }

    /// When the first entry is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.entries.get_min().map(|((at, _), _)| *at)
    }

    /// Takes the first entry if it is due at or before `now`.
    pub fn take_due(&mut self, now: Instant) -> Option<(Instant, T)> {
        let (key, _) = self.entries.get_min()?;
        let key = *key;
        if key.0 > now {
            return None;
        }
        self.entries.remove(&key).map(|work| (key.0, work))
    }

    /// Drops the entries that `keep` does not want.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.entries =
            self.entries.iter().filter(|(_, work)| keep(work)).map(|(k, v)| (*k, v.clone())).collect();
    }

    /// All entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (Instant, &T)> {
        self.entries.iter().map(|((at, _), work)| (*at, work))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_due_time_then_order_of_adding() {
        let mut agenda = Agenda::default();
        for (at, work) in [(20, "c"), (10, "a"), (10, "b"), (30, "d")] {
            agenda.add(Instant::from_millis(at), work);
        }
        let mut seen = Vec::new();
        while let Some((_, work)) = agenda.take_due(Instant::from_millis(20)) {
            seen.push(work);
        }
        assert_eq!(seen, ["a", "b", "c"]);
        assert_eq!(agenda.next_due(), Some(Instant::from_millis(30)));
    }
}
