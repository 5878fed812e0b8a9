//! What happened, in order.
//!
//! Every crossing of a border and every change of a value by a rule is one entry. Failures, reports and the
//! lineage of a value are read from here. No secret is ever in an entry: bodies pass through [`masked`].

mod masking;

use standin_model::Instant;

pub use masking::{hidden, masked, masked_address, masked_path, masked_query, masked_start};

/// One thing that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Position in the journal, from 1.
    pub seq: u64,
    /// When, in virtual time.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// Kinds of entry.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A call to a platform and its answer.
    Call {
        /// Who called: `participant`, `push`, `dataflow`, `operator`, a program from outside (`client`).
        from: String,
        /// Which platform was called: `gigya`, `qualifio`, `eloqua`, `login-page`.
        to: &'static str,
        /// The platform's own name for the call, `accounts.setAccountInfo` or `POST /syncs`.
        name: String,
        /// Method, host, path and query, masked.
        line: String,
        /// The request's body, masked; a bounded part of it.
        request: String,
        /// HTTP status; 0 where no answer came.
        status: u16,
        /// The answer's body, masked; a bounded part of it.
        answer: String,
    },
    /// A file written, read or renamed at the drop.
    File {
        /// Who: a login's name.
        who: String,
        /// `write`, `read`, `rename`, `remove`.
        op: &'static str,
        /// Where, as an absolute path within the drop.
        path: String,
        /// How many bytes.
        bytes: u64,
        /// The content as text where it is text; a bounded part of it.
        text: String,
    },
    /// A rule or component made one value out of another.
    Change {
        /// `push`, `dataflow`, `eloqua import`, ...
        who: &'static str,
        /// Where in it, as a reader would name it: ``field.rename `rename` `` or `rule 9, phone`.
        place: String,
        /// Whose value: a UID, an e-mail address, a file's line.
        subject: String,
        /// Before.
        before: String,
        /// After; why, where something was refused or left out.
        after: String,
    },
    /// A sentence, for what has no value.
    Note {
        /// Who says so.
        who: &'static str,
        /// The sentence.
        text: String,
    },
}

/// Takes entries.
pub trait Journal: Send + Sync {
    /// Adds one at the end.
    fn record(&self, what: What);
}

/// A journal that keeps nothing, for runs that nobody will ask about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Journal for Silent {
    fn record(&self, _what: What) {}
}

/// How much of one body an entry keeps, in bytes.
pub const KEPT: usize = 64 * 1024;
