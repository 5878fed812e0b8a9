//! The world's journal: bounded, in order, masked when it is read.

use crate::clock::StageClock;
use bytes::Bytes;
use standin_ports::journal::{KEPT, masked};
use standin_ports::{Clock, Entry, Journal, What};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How many entries a world keeps; older ones go first.
const ENTRIES: usize = 200_000;

/// How many bytes of bodies a world keeps; the bodies of older calls go first.
const BODIES: usize = 96 << 20;

/// A call as it passed, before masking.
pub struct Crossing {
    /// Who called.
    pub from: String,
    /// Which platform.
    pub to: &'static str,
    /// The platform's own name for the call.
    pub name: String,
    /// Method, host and path.
    pub line: String,
    /// The query, if there was one.
    pub query: String,
    /// The request's body.
    pub request: Bytes,
    /// HTTP status; 0 where no answer came.
    pub status: u16,
    /// The answer's body.
    pub answer: Bytes,
}

enum Kept {
    Plain(What),
    Crossed(Box<Crossing>),
}

#[derive(Default)]
struct Store {
    entries: VecDeque<(u64, standin_model::Instant, Kept)>,
    next: u64,
    bodies: usize,
    forgotten: u64,
}

/// The journal of one world. Bodies are kept as they passed, which costs nothing, and masked on the way out:
/// there is no way to read them that is not masked.
pub struct WorldJournal {
    clock: Arc<StageClock>,
    store: Mutex<Store>,
}

impl WorldJournal {
    /// An empty journal.
    pub fn new(clock: Arc<StageClock>) -> Self {
        Self { clock, store: Mutex::default() }
    }

    /// Adds a call.
    pub fn crossed(&self, crossing: Crossing) {
        self.keep(Kept::Crossed(Box::new(crossing)));
    }

    /// The position that the next entry will have; entries from here on are "after now".
    pub fn mark(&self) -> u64 {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).next + 1
    }

    /// How many entries were forgotten because the journal was full.
    pub fn forgotten(&self) -> u64 {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).forgotten
    }

    /// All entries from position `from` on.
    pub fn since(&self, from: u64) -> Vec<Entry> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = store.entries.iter().filter(|(seq, _, _)| *seq >= from);
        wanted.map(|(seq, at, kept)| Entry { seq: *seq, at: *at, what: told(kept) }).collect()
    }

    /// All entries.
    pub fn entries(&self) -> Vec<Entry> {
        self.since(0)
    }

    /// How many calls from position `from` on satisfy `wanted`, which sees caller, platform and call name.
    pub fn count_calls(&self, from: u64, wanted: impl Fn(&str, &str, &str) -> bool) -> usize {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let calls =
            store.entries.iter().filter(|(seq, _, _)| *seq >= from).filter_map(|(_, _, kept)| match kept {
                Kept::Crossed(crossing) => Some(crossing),
                Kept::Plain(_) => None,
            });
        calls.filter(|crossing| wanted(&crossing.from, crossing.to, &crossing.name)).count()
    }

    /// Which calls were made, by platform and name.
    pub fn calls(&self) -> BTreeSet<(&'static str, String)> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = store.entries.iter().filter_map(|(_, _, kept)| match kept {
            Kept::Crossed(crossing) => Some((crossing.to, crossing.name.clone())),
            Kept::Plain(_) => None,
        });
        calls.collect()
    }

    fn keep(&self, kept: Kept) {
        let at = self.clock.now();
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.next += 1;
        store.bodies += weight(&kept);
        let seq = store.next;
        store.entries.push_back((seq, at, kept));
        while store.entries.len() > ENTRIES || store.bodies > BODIES {
            let Some((_, _, gone)) = store.entries.pop_front() else { break };
            store.bodies -= weight(&gone);
            store.forgotten += 1;
        }
    }
}

impl Journal for WorldJournal {
    fn record(&self, what: What) {
        self.keep(Kept::Plain(what));
    }
}

fn weight(kept: &Kept) -> usize {
    match kept {
        Kept::Crossed(crossing) => crossing.request.len() + crossing.answer.len(),
        Kept::Plain(What::File { text, .. }) => text.len(),
        Kept::Plain(What::Change { before, after, .. }) => before.len() + after.len(),
        Kept::Plain(_) => 64,
    }
}

fn told(kept: &Kept) -> What {
    match kept {
        Kept::Plain(what) => what.clone(),
        Kept::Crossed(crossing) => What::Call {
            from: crossing.from.clone(),
            to: crossing.to,
            name: crossing.name.clone(),
            line: if crossing.query.is_empty() {
                crossing.line.clone()
            } else {
                format!("{}?{}", crossing.line, masked(crossing.query.as_bytes()))
            },
            request: shown(&crossing.request),
            status: crossing.status,
            answer: shown(&crossing.answer),
        },
    }
}

/// Very large bodies are only told by their size: masking needs the whole of them.
fn shown(body: &Bytes) -> String {
    if body.len() > KEPT * 16 { format!("<{} bytes>", body.len()) } else { masked(body) }
}
