//! Rules that can be made wrong on purpose, one at a time, to see whether anything notices.
//!
//! A place asks [`mutated`] by the name of its mutant. Only debug builds have the switch: anywhere else the answer is a
//! constant `false` and the compiler drops what hangs on it. The switch belongs to a thread, so that worlds on others go on
//! undisturbed.

#[cfg(debug_assertions)]
use std::cell::{Cell, RefCell};
#[cfg(debug_assertions)]
use std::collections::BTreeSet;

#[cfg(debug_assertions)]
thread_local! {
    static ON: Cell<Option<&'static str>> = const { Cell::new(None) };
    static ASKED: RefCell<Option<BTreeSet<String>>> = const { RefCell::new(None) };
}

/// Whether the rule of this name is made wrong here and now.
#[inline]
#[must_use]
pub fn mutated(name: &str) -> bool {
    is_wrong(name, "")
}

/// Whether the rule of this name is made wrong here and now for one of several that share it, such as a row of a table:
/// `name@of`.
#[inline]
#[must_use]
pub fn mutated_at(name: &str, of: &str) -> bool {
    is_wrong(name, of)
}

#[inline]
fn is_wrong(name: &str, of: &str) -> bool {
    #[cfg(debug_assertions)]
    return asked(name, of);
    #[cfg(not(debug_assertions))]
    return {
        let _ = (name, of);
        false
    };
}

#[cfg(debug_assertions)]
fn asked(name: &str, of: &str) -> bool {
    ASKED.with_borrow_mut(|asked| {
        if let Some(asked) = asked {
            asked.insert(if of.is_empty() { name.to_owned() } else { format!("{name}@{of}") });
        }
    });
    let Some(rest) = ON.get().and_then(|on| on.strip_prefix(name)) else { return false };
    if of.is_empty() { rest.is_empty() } else { rest.strip_prefix('@') == Some(of) }
}

/// The names of the rules that are asked for on this thread while `work` is done.
#[cfg(debug_assertions)]
pub fn asked_in(work: impl FnOnce()) -> BTreeSet<String> {
    ASKED.set(Some(BTreeSet::new()));
    work();
    ASKED.take().unwrap_or_default()
}

/// Makes a rule wrong on this thread until the guard is dropped.
#[cfg(debug_assertions)]
#[must_use]
pub fn make_wrong(name: &'static str) -> Wrong {
    ON.set(Some(name));
    Wrong(())
}

/// What keeps a rule wrong.
#[cfg(debug_assertions)]
#[derive(Debug)]
pub struct Wrong(());

#[cfg(debug_assertions)]
impl Drop for Wrong {
    fn drop(&mut self) {
        ON.set(None);
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn one_rule_is_wrong_on_one_thread_while_the_guard_lives() {
        assert!(!mutated("a"));
        let guard = make_wrong("a");
        assert!(mutated("a") && !mutated("b"));
        assert!(!std::thread::spawn(|| mutated("a")).join().unwrap());
        drop(guard);
        assert!(!mutated("a"));
        assert_eq!(
            asked_in(|| _ = (mutated("a"), mutated_at("a", "x"))),
            ["a", "a@x"].map(str::to_owned).into()
        );
        let _guard = make_wrong("a@x");
        assert!(mutated_at("a", "x") && !mutated_at("a", "y") && !mutated("a"));
    }
}
