//! Rules that can be made wrong on purpose, one at a time, to see whether anything notices.
//!
//! A place asks [`mutated`] by the name of its mutant. Only debug builds have the switch: anywhere else the answer is a
//! constant `false` and the compiler drops what hangs on it. The switch belongs to a thread, so that worlds on others go on
//! undisturbed.

#[cfg(debug_assertions)]
use std::cell::Cell;

#[cfg(debug_assertions)]
thread_local! {
    static ON: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Whether the rule of this name is made wrong here and now.
#[inline]
#[must_use]
pub fn mutated(name: &str) -> bool {
    #[cfg(debug_assertions)]
    return ON.get() == Some(name);
    #[cfg(not(debug_assertions))]
    return {
        let _ = name;
        false
    };
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
    }
}
