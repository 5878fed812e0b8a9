//! How we know what we imitate.

use std::fmt;

/// How strong the ground under a behaviour is, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Nothing is known: we chose, and the choice is a knob or is named as ours.
    Decided,
    /// Deduced from what is known.
    Inferred,
    /// The vendor's documentation, or one of the two vendor articles, says so.
    Documented,
    /// Seen in recorded traffic or in the code of a client that works.
    Recorded,
}

impl Level {
    /// All levels, strongest first.
    pub const ALL: [Self; 4] = [Self::Recorded, Self::Documented, Self::Inferred, Self::Decided];

    /// The word that reports print.
    pub fn word(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Inferred => "inferred",
            Self::Documented => "documented",
            Self::Recorded => "recorded",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The ground of one behaviour: how strong, from where, and which test holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// How strong.
    pub level: Level,
    /// The public page, client or recording that says so, or the reason of a decision.
    pub source: &'static str,
    /// The name of a test that fails when the behaviour changes.
    pub test: &'static str,
}

impl Evidence {
    /// Seen in recorded traffic or in working client code.
    pub const fn recorded(source: &'static str, test: &'static str) -> Self {
        Self { level: Level::Recorded, source, test }
    }

    /// Stated by a vendor.
    pub const fn documented(source: &'static str, test: &'static str) -> Self {
        Self { level: Level::Documented, source, test }
    }

    /// Deduced.
    pub const fn inferred(source: &'static str, test: &'static str) -> Self {
        Self { level: Level::Inferred, source, test }
    }

    /// Chosen by us.
    pub const fn decided(source: &'static str, test: &'static str) -> Self {
        Self { level: Level::Decided, source, test }
    }
}
