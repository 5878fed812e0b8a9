//! The world's journal: bounded, in order, masked when it is read.

use crate::called::{Called, CodeOf};
use crate::clock::StageClock;
use bytes::{Bytes, BytesMut};
use http::{Method, Uri};
use imbl::Vector;
use standin_model::Instant;
use standin_ports::journal::{KEPT, masked, masked_path, masked_query};
use standin_ports::{Clock, Entry, Journal, What};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How much a journal keeps; the oldest goes first.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries.
    pub entries: usize,
    /// Bytes of what passed.
    pub bodies: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 200_000, bodies: 96 << 20 }
    }
}

/// A call as it passed, before masking.
#[derive(Debug)]
pub struct Crossing<'c> {
    /// Who called.
    pub from: Cow<'static, str>,
    /// Which platform.
    pub to: &'static str,
    /// The platform's own name for the call.
    pub name: Cow<'static, str>,
    /// How it was asked.
    pub method: &'c Method,
    /// Host, path and query.
    pub uri: &'c Uri,
    /// The request's body.
    pub request: &'c [u8],
    /// HTTP status; 0 where no answer came.
    pub status: u16,
    /// The answer's body.
    pub answer: &'c [u8],
}

enum Kept {
    Plain(What),
    Crossed(Crossed),
}

/// A call as it is kept.
struct Crossed {
    from: Cow<'static, str>,
    to: &'static str,
    name: Cow<'static, str>,
    status: u16,
    /// Method, host and path, then the query, then the bodies of request and answer.
    text: Bytes,
    ends: [usize; 3],
}

impl Crossed {
    fn line(&self) -> &[u8] {
        &self.text[..self.ends[0]]
    }

    fn query(&self) -> &[u8] {
        &self.text[self.ends[0]..self.ends[1]]
    }

    fn request(&self) -> &[u8] {
        &self.text[self.ends[1]..self.ends[2]]
    }

    fn answer(&self) -> &[u8] {
        &self.text[self.ends[2]..]
    }
}

/// One entry as it is kept.
struct Item {
    seq: u64,
    at: Instant,
    kept: Kept,
}

#[derive(Default)]
struct Store {
    items: Vector<Arc<Item>>,
    bodies: usize,
    forgotten: u64,
    limits: Limits,
    /// How often its world has gone back to an earlier state.
    returns: u64,
    /// Its world is gone.
    closed: bool,
    /// Where the texts of the next calls go, one behind the other: what passed is copied once, and the buffers
    /// it came in are free for the next call.
    room: BytesMut,
    /// What programs of others called, where that is counted.
    called: Option<Called>,
}

/// How much room is made at once, in bytes.
const ROOM: usize = 64 << 10;

/// The journal of one world. Calls are kept as they passed, copied once, and masked on the way out: there is no way to
/// read them that is not masked. Files and changes come masked.
pub struct WorldJournal {
    clock: Arc<StageClock>,
    store: Mutex<Store>,
    news: Notify,
}

impl WorldJournal {
    /// An empty journal.
    pub fn new(clock: Arc<StageClock>) -> Self {
        Self::limited(clock, Limits::default())
    }

    /// An empty journal that keeps so much.
    pub fn limited(clock: Arc<StageClock>, limits: Limits) -> Self {
        Self { clock, store: Mutex::new(Store { limits, ..Store::default() }), news: Notify::new() }
    }

    /// The same journal from here on apart, under another clock.
    pub(crate) fn fork(&self, clock: Arc<StageClock>) -> Self {
        let store = self.store();
        let (items, room) = (store.items.clone(), BytesMut::new());
        Self {
            clock,
            store: Mutex::new(Store {
                items,
                room,
                bodies: store.bodies,
                forgotten: store.forgotten,
                limits: store.limits,
                ..Store::default()
            }),
            news: Notify::new(),
        }
    }

    /// Has what `other` has, and nothing else, from here on.
    pub(crate) fn take_over(&self, other: &Self) {
        let (items, bodies, forgotten) = {
            let other = other.store();
            (other.items.clone(), other.bodies, other.forgotten)
        };
        let mut store = self.store();
        (store.items, store.bodies, store.forgotten) = (items, bodies, forgotten);
        store.returns += 1;
        drop(store);
        self.news.notify_waiters();
    }

    /// Where it stands: how often its world has gone back to an earlier state, and the position that the next entry
    /// will have.
    pub fn stand(&self) -> (u64, u64) {
        let store = self.store();
        (store.returns, store.next())
    }

    /// Waits until it stands elsewhere than `stand`, or nothing more will come.
    pub async fn news(&self, stand: (u64, u64)) {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            // Whoever looks first and listens then misses what happens between.
            news.as_mut().enable();
            let closed = self.store().closed;
            if closed || self.stand() != stand {
                return;
            }
            news.await;
        }
    }

    /// At most `most` entries from position `from` on, and no more once they hold `bytes`, without a word of those that
    /// are gone. Masking takes its time: it is done while the journal goes on.
    pub fn some_since(&self, from: u64, most: usize, bytes: usize) -> Vec<Entry> {
        let mut held = 0;
        let fits = |item: &&Arc<Item>| {
            let fits = held < bytes;
            held += item.weight();
            fits
        };
        let items: Vec<_> = self.store().from(from).take(most).take_while(fits).cloned().collect();
        items.iter().map(|item| item.told()).collect()
    }

    /// Says that nothing more will come, and that nobody is to wait for it.
    pub(crate) fn close(&self) {
        self.store().closed = true;
        self.news.notify_waiters();
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a call.
    pub fn crossed(&self, crossing: Crossing<'_>) {
        let at = self.clock.now();
        let mut store = self.store();
        if let Some(called) = &mut store.called {
            called.crossed(&crossing);
        }
        let crossed = store.copied(crossing);
        store.keep(at, Kept::Crossed(crossed));
        drop(store);
        self.news.notify_waiters();
    }

    /// Counts from here on what programs of others call, however much is forgotten.
    pub fn count_called(&self, code_of: CodeOf) {
        self.store().called = Some(Called::new(code_of));
    }

    /// What programs of others called since that is counted.
    pub fn called(&self) -> Option<Called> {
        self.store().called.clone()
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
        let (gap, items) = {
            let store = self.store();
            let gap = (store.forgotten > 0 && from <= store.forgotten).then(|| store.gap());
            (gap, store.from(from).cloned().collect::<Vec<_>>())
        };
        gap.into_iter().chain(items.iter().map(|item| item.told())).collect()
    }

    /// The entry at a position, if it is still there.
    pub fn entry(&self, seq: u64) -> Option<Entry> {
        let item = self.store().from(seq).next().filter(|item| item.seq == seq).cloned();
        item.map(|item| item.told())
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
        let calls = store.from(from).filter_map(|item| item.crossed());
        known.then(|| calls.filter(|call| wanted(&call.from, call.to, &call.name)).count())
    }

    /// Which calls were made, by platform and name.
    pub fn calls(&self) -> BTreeSet<(&'static str, String)> {
        let store = self.store();
        let calls = store.items.iter().filter_map(|item| item.crossed());
        calls.map(|call| (call.to, masked_path(&call.name).into_owned())).collect()
    }
}

impl Store {
    fn keep(&mut self, at: Instant, kept: Kept) {
        let item = Item { seq: self.next(), at, kept };
        self.bodies += item.weight();
        self.items.push_back(Arc::new(item));
        while self.items.len() > self.limits.entries || self.bodies > self.limits.bodies {
            let Some(gone) = self.items.pop_front() else { break };
            self.bodies -= gone.weight();
            self.forgotten += 1;
        }
    }

    fn copied(&mut self, call: Crossing<'_>) -> Crossed {
        let (host, path) = (call.uri.host().unwrap_or_default(), call.uri.path());
        let query = call.uri.query().unwrap_or_default();
        let texts = [
            call.method.as_str().as_bytes(),
            b" ",
            host.as_bytes(),
            path.as_bytes(),
            query.as_bytes(),
            call.request,
            call.answer,
        ];
        let length = texts.iter().map(|text| text.len()).sum();
        if self.room.capacity() < length {
            self.room = BytesMut::with_capacity(ROOM.max(length));
        }
        texts.iter().for_each(|text| self.room.extend_from_slice(text));
        let line = length - query.len() - call.request.len() - call.answer.len();
        let ends = [line, line + query.len(), length - call.answer.len()];
        let Crossing { from, to, name, status, .. } = call;
        Crossed { from, to, name, status, text: self.room.split().freeze(), ends }
    }

    /// Entries are numbered from 1, without a gap.
    fn next(&self) -> u64 {
        self.forgotten + self.items.len() as u64 + 1
    }

    fn from(&self, from: u64) -> impl Iterator<Item = &Arc<Item>> {
        let skipped = from.saturating_sub(self.forgotten + 1);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(self.items.len());
        self.items.iter().skip(skipped)
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
        let at = self.clock.now();
        self.store().keep(at, Kept::Plain(what));
        self.news.notify_waiters();
    }
}

/// The journal as a session over a socket writes it: what platforms and dataflows of the world do at the drop they do
/// without one.
pub(crate) struct Brought(pub(crate) Arc<WorldJournal>);

impl Journal for Brought {
    fn record(&self, what: What) {
        if let Some(called) = &mut self.0.store().called {
            called.brought(&what);
        }
        self.0.record(what);
    }
}

impl Item {
    fn crossed(&self) -> Option<&Crossed> {
        match &self.kept {
            Kept::Crossed(crossed) => Some(crossed),
            Kept::Plain(_) => None,
        }
    }

    fn weight(&self) -> usize {
        match &self.kept {
            Kept::Crossed(crossed) => crossed.text.len(),
            Kept::Plain(What::File { text, .. } | What::Note { text, .. }) => text.len(),
            Kept::Plain(What::Change { before, after, .. }) => before.len() + after.len(),
            Kept::Plain(What::Call { .. }) => 0,
        }
    }

    fn told(&self) -> Entry {
        let what = match &self.kept {
            Kept::Plain(What::Note { who, text }) => What::Note { who, text: masked(text.as_bytes()) },
            Kept::Plain(what) => what.clone(),
            Kept::Crossed(crossed) => What::Call {
                from: crossed.from.to_string(),
                to: crossed.to,
                name: masked_path(&crossed.name).into_owned(),
                line: {
                    let line = String::from_utf8_lossy(crossed.line());
                    let line = masked_path(&line);
                    match crossed.query() {
                        [] => line.into_owned(),
                        query => format!("{line}?{}", masked_query(query)),
                    }
                },
                request: shown(crossed.request()),
                status: crossed.status,
                answer: shown(crossed.answer()),
            },
        };
        Entry { seq: self.seq, at: self.at, what }
    }
}

/// Very large bodies are only told by their size: masking needs the whole of them.
fn shown(body: &[u8]) -> String {
    if body.len() > KEPT * 16 { format!("<{} bytes>", body.len()) } else { masked(body) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::called::Answer;

    fn journal(entries: usize, bodies: usize) -> WorldJournal {
        let clock = Arc::new(StageClock::still(Instant::START));
        WorldJournal::limited(clock, Limits { entries, bodies })
    }

    fn call(name: &str, uri: &str, request: &str, answer: &str) -> impl FnOnce(&WorldJournal) {
        let (name, uri) = (name.to_owned(), Uri::try_from(format!("http://x{uri}")).unwrap());
        let (request, answer) = (request.to_owned(), answer.to_owned());
        move |journal| {
            journal.crossed(Crossing {
                from: "client".into(),
                to: "gigya",
                name: name.into(),
                method: &Method::POST,
                uri: &uri,
                request: request.as_bytes(),
                status: 200,
                answer: answer.as_bytes(),
            });
        }
    }

    #[test]
    fn a_full_journal_forgets_the_oldest_and_says_so() {
        let journal = journal(3, 1000);
        for name in ["a", "b", "c", "d", "e"] {
            call(name, "/", "", "")(&journal);
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
    fn what_programs_called_is_counted_beyond_what_is_kept() {
        let journal = Arc::new(journal(3, 1000));
        call("before", "/", "", "")(&journal);
        assert!(journal.called().is_none());
        journal.count_called(|body| body.parse().ok());
        for answer in ["", "7", "", "7", ""] {
            call("a", "/", "", answer)(&journal);
        }
        call("x/secret=s3cr3t", "/", "", "")(&journal);
        let file = |who: &str| What::File {
            who: who.to_owned(),
            op: "read",
            path: "/a.csv".to_owned(),
            bytes: 0,
            text: String::new(),
        };
        // The same login may be a platform's and a program's.
        journal.record(file("cdc"));
        Brought(Arc::clone(&journal)).record(file("cdc"));
        let fork = journal.fork(Arc::new(StageClock::still(Instant::START)));
        assert_eq!((fork.forgotten(), fork.called().is_none()), (6, true), "a fork is another world");
        let rows: Vec<_> = journal.called().unwrap().rows.into_iter().collect();
        let row = |to, name: &str, answers: &[(Answer, u64)]| {
            ((to, name.to_owned()), answers.iter().copied().collect())
        };
        let expected = [
            row("drop", "read /a.csv", &[(Answer::Done, 1)]),
            row("gigya", "a", &[(Answer::Status(200), 3), (Answer::Code(7), 2)]),
            row("gigya", "x/secret=********", &[(Answer::Status(200), 1)]),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn bodies_have_a_bound_of_their_own() {
        // "POST x/" are seven.
        let journal = journal(100, 24);
        for _ in 0..5 {
            call("a", "/", "1234", "")(&journal);
        }
        assert_eq!((journal.forgotten(), journal.mark()), (3, 6));
        call("a", "/", "far too long for this", "")(&journal);
        assert_eq!((journal.forgotten(), journal.mark()), (6, 7));
    }

    #[test]
    fn whatever_is_read_is_masked() {
        let journal = journal(100, 10_000);
        call("a", "/?secret=s3cr3t", r#"{"password":"s3cr3t"}"#, "")(&journal);
        // Half an answer is no JSON.
        call("b", "/", "sig=s3cr3t&a=b", r#"{"sessionToken":"s3cr3t"#)(&journal);
        call("accounts.x/secret=s3cr3t", "/accounts.x/secret=s3cr3t", "", "")(&journal);
        journal.record(What::Note { who: "dataflow", text: r#"info {"secret":"s3cr3t"}"#.to_owned() });
        let shown = format!("{:?}", journal.entries());
        assert!(!shown.contains("s3cr3t") && shown.matches("********").count() == 7, "{shown}");
    }
}
