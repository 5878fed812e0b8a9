//! What the scripts of one job tell each other: `ctx.setSharedVariable` in one step, `ctx.getSharedVariable` in another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many variables one job may have.
const NAMES: usize = 1000;
/// Bytes that all of them may have together.
const BYTES: usize = 16 << 20;

/// The variables of one job, each as JSON text.
#[derive(Clone, Default, Debug)]
pub(crate) struct SharedVariables(Arc<Mutex<BTreeMap<String, String>>>);

impl SharedVariables {
    /// The text of a variable that was set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Sets one; says whether there was room.
    pub(crate) fn set(&self, name: String, text: String) -> bool {
        let mut variables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = variables.iter().filter(|(other, _)| **other != name);
        let (count, bytes) =
            others.fold((0, 0), |(count, bytes), (name, text)| (count + 1, bytes + name.len() + text.len()));
        let room = count < NAMES && bytes + name.len() + text.len() <= BYTES;
        if room {
            variables.insert(name, text);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_bound() {
        let shared = SharedVariables::default();
        let large = "x".repeat(BYTES - 1);
        assert!(shared.set("a".to_owned(), large.clone()));
        assert!(!shared.set("b".to_owned(), String::new()), "a name takes room too");
        assert!(shared.set("a".to_owned(), String::new()), "what is replaced makes room");
        assert!(shared.set("b".to_owned(), "1".to_owned()));
        assert_eq!((shared.get("b").as_deref(), shared.get("c")), (Some("1"), None));
        let many = SharedVariables::default();
        assert!((0..NAMES).all(|n| many.set(n.to_string(), String::new())));
        assert!(!many.set("one more".to_owned(), String::new()));
    }
}
