//! Named things that end by themselves, never more of them than a bound.

use imbl::OrdMap;
use standin_model::Instant;

/// Things by name. The one that ends first goes first, also when there are too many.
#[derive(Clone, Debug)]
pub(crate) struct Expiring<T: Clone> {
    held: OrdMap<String, Held<T>>,
    order: OrdMap<(Instant, u64), String>,
    added: u64,
    most: usize,
}

#[derive(Clone, Debug)]
struct Held<T> {
    place: (Instant, u64),
    thing: T,
}

impl<T: Clone> Expiring<T> {
    pub(crate) fn at_most(most: usize) -> Self {
        Self { held: OrdMap::new(), order: OrdMap::new(), added: 0, most }
    }

    /// Keeps a thing until `ends`, in the place of what had the name. Gives what had to go for it.
    pub(crate) fn insert(&mut self, ends: Instant, name: String, thing: T) -> Option<(String, T)> {
        self.remove(&name);
        let full = self.held.len() >= self.most;
        let first = self.order.get_min().filter(|_| full).map(|(_, name)| name.clone());
        let gone = first.and_then(|first| Some((first.clone(), self.remove(&first)?)));
        self.added += 1;
        let place = (ends, self.added);
        self.order.insert(place, name.clone());
        self.held.insert(name, Held { place, thing });
        gone
    }

    /// What has the name and has not ended.
    pub(crate) fn get(&self, now: Instant, name: &str) -> Option<&T> {
        self.held.get(name).filter(|held| held.place.0 > now).map(|held| &held.thing)
    }

    /// The same, to change it; when it ends stays.
    pub(crate) fn get_mut(&mut self, now: Instant, name: &str) -> Option<&mut T> {
        self.held.get_mut(name).filter(|held| held.place.0 > now).map(|held| &mut held.thing)
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<T> {
        let held = self.held.remove(name)?;
        self.order.remove(&held.place);
        Some(held.thing)
    }

    /// Drops something that ended by `now`, if there is such a thing.
    pub(crate) fn expire_one(&mut self, now: Instant) -> Option<(String, T)> {
        let (_, name) = self.order.get_min().filter(|((ends, _), _)| *ends <= now)?;
        let name = name.clone();
        self.remove(&name).map(|thing| (name, thing))
    }

    /// Drops what ended by `now`.
    pub(crate) fn expire(&mut self, now: Instant) {
        while self.expire_one(now).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_end_goes_first() {
        let at = Instant::from_millis;
        let mut kept = Expiring::at_most(2);
        for (ends, name) in [(30, "c"), (10, "a"), (20, "b")] {
            kept.insert(at(ends), name.to_owned(), ends);
        }
        assert_eq!((kept.get(at(0), "a"), kept.get(at(0), "b")), (None, Some(&20)), "two at most");
        assert_eq!((kept.get(at(19), "b"), kept.get(at(20), "b")), (Some(&20), None));
        kept.expire(at(20));
        assert_eq!(kept.remove("b"), None);
        assert_eq!(kept.remove("c"), Some(30));
        assert!(kept.held.is_empty() && kept.order.is_empty());
    }
}
