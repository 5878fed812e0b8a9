//! A journal as server-sent events.
//!
//! An event's id is the world's making, how often it has gone back to an earlier state since, and the entry's position:
//! `1767600000001.0-17`. Entries are read when the client is ready for them, so a slow one makes nothing pile up; what
//! the journal has forgotten meanwhile is told as `gap`, and a world that has gone back, or another one under the same
//! name, as `reset`, after which it begins anew.

use super::entry_json;
use super::worlds::{Hosted, Worlds};
use crate::surface::locked;
use bytes::Bytes;
use serde_json::json;
use standin_ports::http::Pieces;
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// How many entries travel in one piece.
const PIECE: usize = 256;
/// How many bytes of what passed do: a piece has the entry that reaches them, and no more.
const BYTES: usize = 256 << 10;

pub(crate) struct Following {
    worlds: Arc<Worlds>,
    hosted: Arc<Hosted>,
    at: Mutex<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    returns: u64,
    next: u64,
    left: u64,
}

impl Following {
    /// Follows a journal from a place on, to `left` events at most; none where too many do so already.
    pub(crate) fn begin(
        worlds: &Arc<Worlds>,
        hosted: &Arc<Hosted>,
        (returns, next): (u64, u64),
        left: u64,
    ) -> Option<Self> {
        let (worlds, hosted) = (Arc::clone(worlds), Arc::clone(hosted));
        let most = worlds.hosting.streams;
        let one_more = |open: usize| (open < most).then_some(open + 1);
        worlds.streams.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).ok()?;
        Some(Self { worlds, hosted, at: Mutex::new(Place { returns, next: next.max(1), left }) })
    }

    /// Whether the world is still one of the server's.
    fn is_there(&self) -> bool {
        self.worlds.named(&self.hosted.name).is_ok_and(|named| Arc::ptr_eq(&named, &self.hosted))
    }
}

/// What is there to be told from a place on, where that leads, and where the journal stood.
fn piece(hosted: &Hosted, mut at: Place) -> (String, Place, (u64, u64)) {
    let journal = &hosted.parts().journal;
    let (stand, forgotten) = (journal.stand(), journal.forgotten());
    let making = hosted.making;
    let mut text = String::new();
    if stand.0 != at.returns || at.next > stand.1 {
        (at.returns, at.next) = (stand.0, 1);
        let _ = write!(text, "event: reset\nid: {making}.{}-0\ndata: {{}}\n\n", stand.0);
    }
    if at.next <= forgotten {
        let gap = json!({"from": at.next, "to": forgotten});
        let _ = write!(text, "event: gap\nid: {making}.{}-{forgotten}\ndata: {gap}\n\n", at.returns);
        at.next = forgotten + 1;
    }
    let most = PIECE.min(usize::try_from(at.left).unwrap_or(PIECE));
    for entry in journal.some_since(at.next, most, BYTES) {
        let (returns, seq, entry) = (at.returns, entry.seq, entry_json(&entry));
        let _ = write!(text, "event: entry\nid: {making}.{returns}-{seq}\ndata: {entry}\n\n");
        at.next = seq + 1;
        at.left -= 1;
    }
    (text, at, stand)
}

#[async_trait::async_trait]
impl Pieces for Following {
    async fn next(&self) -> Option<Bytes> {
        loop {
            let at = *locked(&self.at);
            if at.left == 0 {
                return None;
            }
            let hosted = Arc::clone(&self.hosted);
            // Many readers of long journals would keep every thread that answers calls busy with masking.
            let turn = Arc::clone(&self.worlds.pieces).acquire_owned().await.ok();
            let work = crate::world::runtime().spawn_blocking(move || {
                let _held = turn;
                piece(&hosted, at)
            });
            let (text, at, stand) = work.await.ok()?;
            // Only what is handed out counts as told: whoever gave up waiting asks for it again.
            *locked(&self.at) = at;
            if !text.is_empty() {
                return Some(Bytes::from(text));
            }
            if !self.is_there() {
                return None;
            }
            self.hosted.parts().journal.news(stand).await;
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.worlds.streams.fetch_sub(1, Ordering::SeqCst);
    }
}
