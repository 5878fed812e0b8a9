//! The world's journal: bounded, in order, masked when it is read.

use crate::clock::StageClock;
use bytes::Bytes;
use imbl::Vector;
use standin_model::Instant;
use standin_ports::journal::{KEPT, masked};
use standin_ports::{Clock, Entry, Journal, What};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much a journal keeps; the oldest goes first.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries.
    pub entries: usize,
    /// Bytes of bodies.
    pub bodies: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 200_000, bodies: 96 << 20 }
    }
}

/// A call as it passed, before masking.
pub struct Crossing {
    /// Who called.
    pub from: Cow<'static, str>,
    /// Which platform.
    pub to: &'static str,
    /// The platform's own name for the call.
    pub name: Cow<'static, str>,
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
    Crossed(Crossing),
}

/// One entry as it is kept.
struct Item {
    seq: u64,
    at: Instant,
    kept: Kept,
}

#[derive(Clone, Default)]
struct Store {
    items: Vector<Arc<Item>>,
    bodies: usize,
    forgotten: u64,
    limits: Limits,
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
        Self::limited(clock, Limits::default())
    }

    /// An empty journal that keeps so much.
    pub fn limited(clock: Arc<StageClock>, limits: Limits) -> Self {
        Self { clock, store: Mutex::new(Store { limits, ..Store::default() }) }
    }

    /// The same journal from here on apart, under another clock.
    pub(crate) fn fork(&self, clock: Arc<StageClock>) -> Self {
        Self { clock, store: Mutex::new(self.store().clone()) }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a call.
    pub fn crossed(&self, crossing: Crossing) {
        self.keep(Kept::Crossed(crossing));
    }

    /// The position that the next entry will have; entries from here on are "after now".
    pub fn mark(&self) -> u64 {
        self.store().next()
    }

    /// How many entries were forgotten because the journal was full.
    pub fn forgotten(&self) -> u64 {
        self.store().forgotten
    }

    /// All entries from position `from` on. Where some of them were forgotten, the first one says so.
    pub fn since(&self, from: u64) -> Vec<Entry> {
        let store = self.store();
        let gap = (store.forgotten > 0 && from <= store.forgotten).then(|| store.gap());
        gap.into_iter().chain(store.from(from).map(|item| item.told())).collect()
    }

    /// All entries.
    pub fn entries(&self) -> Vec<Entry> {
        self.since(0)
    }

    /// How many calls from position `from` on satisfy `wanted`, which sees caller, platform and call name;
    /// nothing if some of them may be forgotten.
    pub fn count_calls(&self, from: u64, wanted: impl Fn(&str, &str, &str) -> bool) -> Option<usize> {
        let store = self.store();
        let known = store.forgotten == 0 || from > store.forgotten;
        let calls = store.from(from).filter_map(|item| item.crossing());
        known.then(|| calls.filter(|crossing| wanted(&crossing.from, crossing.to, &crossing.name)).count())
    }

    /// Which calls were made, by platform and name.
    pub fn calls(&self) -> BTreeSet<(&'static str, String)> {
        let store = self.store();
        let calls = store.items.iter().filter_map(|item| item.crossing());
        calls.map(|crossing| (crossing.to, crossing.name.to_string())).collect()
    }

    fn keep(&self, kept: Kept) {
        let at = self.clock.now();
        let mut store = self.store();
        let item = Item { seq: store.next(), at, kept };
        store.bodies += item.weight();
        store.items.push_back(Arc::new(item));
        while store.items.len() > store.limits.entries || store.bodies > store.limits.bodies {
            let Some(gone) = store.items.pop_front() else { break };
            store.bodies -= gone.weight();
            store.forgotten += 1;
        }
    }
}

impl Store {
    /// Entries are numbered from 1, without a gap.
    fn next(&self) -> u64 {
        self.forgotten + self.items.len() as u64 + 1
    }

    fn from(&self, from: u64) -> impl Iterator<Item = &Item> {
        let skipped = from.saturating_sub(self.forgotten + 1);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(self.items.len());
        self.items.iter().skip(skipped).map(Arc::as_ref)
    }

    /// What stands where entries are missing.
    fn gap(&self) -> Entry {
        let at = self.items.front().map_or(Instant::START, |item| item.at);
        let text = format!("the journal is full: its {} oldest entries are gone", self.forgotten);
        Entry { seq: self.forgotten, at, what: What::Note { who: "stage", text } }
    }
}

impl Journal for WorldJournal {
    fn record(&self, what: What) {
        self.keep(Kept::Plain(what));
    }
}

impl Item {
    fn crossing(&self) -> Option<&Crossing> {
        match &self.kept {
            Kept::Crossed(crossing) => Some(crossing),
            Kept::Plain(_) => None,
        }
    }

    fn weight(&self) -> usize {
        match &self.kept {
            Kept::Crossed(crossing) => crossing.query.len() + crossing.request.len() + crossing.answer.len(),
            Kept::Plain(What::File { text, .. } | What::Note { text, .. }) => text.len(),
            Kept::Plain(What::Change { before, after, .. }) => before.len() + after.len(),
            Kept::Plain(What::Call { .. }) => 0,
        }
    }

    fn told(&self) -> Entry {
        let what = match &self.kept {
            Kept::Plain(What::Note { who, text }) => What::Note { who, text: masked(text.as_bytes()) },
            Kept::Plain(what) => what.clone(),
            Kept::Crossed(crossing) => What::Call {
                from: crossing.from.to_string(),
                to: crossing.to,
                name: crossing.name.to_string(),
                line: if crossing.query.is_empty() {
                    crossing.line.clone()
                } else {
                    format!("{}?{}", crossing.line, masked(crossing.query.as_bytes()))
                },
                request: shown(&crossing.request),
                status: crossing.status,
                answer: shown(&crossing.answer),
            },
        };
        Entry { seq: self.seq, at: self.at, what }
    }
}

/// Very large bodies are only told by their size: masking needs the whole of them.
fn shown(body: &Bytes) -> String {
    if body.len() > KEPT * 16 { format!("<{} bytes>", body.len()) } else { masked(body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(entries: usize, bodies: usize) -> WorldJournal {
        let clock = Arc::new(StageClock::still(Instant::START));
        WorldJournal::limited(clock, Limits { entries, bodies })
    }

    fn call(name: &str, request: &str) -> Crossing {
        Crossing {
            from: "client".into(),
            to: "gigya",
            name: name.to_owned().into(),
            line: "POST x/".to_owned(),
            query: String::new(),
            request: Bytes::from(request.to_owned()),
            status: 200,
            answer: Bytes::new(),
        }
    }

    #[test]
    fn a_full_journal_forgets_the_oldest_and_says_so() {
        let journal = journal(3, 1000);
        for name in ["a", "b", "c", "d", "e"] {
            journal.crossed(call(name, ""));
        }
        let told: Vec<_> = journal
            .entries()
            .into_iter()
            .map(|entry| match entry.what {
                What::Call { name, .. } => (entry.seq, name),
                What::Note { text, .. } => (entry.seq, text),
                other => panic!("{other:?}"),
            })
            .collect();
        let gap = "the journal is full: its 2 oldest entries are gone";
        let expected = [(2, gap), (3, "c"), (4, "d"), (5, "e")];
        assert_eq!(told, expected.map(|(seq, text)| (seq, text.to_owned())));
        assert_eq!((journal.mark(), journal.since(4).len(), journal.since(6).len()), (6, 2, 0));
        // Who counts over the gap would count too few.
        assert_eq!(
            (journal.count_calls(0, |_, _, _| true), journal.count_calls(3, |_, _, _| true)),
            (None, Some(3))
        );
    }

    #[test]
    fn bodies_have_a_bound_of_their_own() {
        let journal = journal(100, 10);
        for _ in 0..5 {
            journal.crossed(call("a", "1234"));
        }
        assert_eq!((journal.forgotten(), journal.mark()), (3, 6));
        journal.crossed(call("a", "far too long for this"));
        assert_eq!((journal.forgotten(), journal.mark()), (6, 7));
    }

    #[test]
    fn whatever_is_read_is_masked() {
        let journal = journal(100, 10_000);
        journal
            .crossed(Crossing { query: "secret=s3cr3t".to_owned(), ..call("a", r#"{"password":"s3cr3t"}"#) });
        // Half an answer is no JSON.
        journal.crossed(Crossing {
            answer: Bytes::from(r#"{"sessionToken":"s3cr3t"#),
            ..call("b", "sig=s3cr3t&a=b")
        });
        journal.record(What::Note { who: "dataflow", text: r#"info {"secret":"s3cr3t"}"#.to_owned() });
        let shown = format!("{:?}", journal.entries());
        assert!(!shown.contains("s3cr3t") && shown.matches("********").count() == 5, "{shown}");
    }
}
