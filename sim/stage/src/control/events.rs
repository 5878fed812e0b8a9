//! A journal as server-sent events.
//!
//! An event's id is how often the world has gone back to an earlier state, and the entry's position: `0-17`. Entries are
//! read when the client is ready for them, so a slow one makes nothing pile up; what the journal has forgotten meanwhile
//! is told as `gap`, and a world that has gone back as `reset`, after which it begins anew.

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

pub(crate) struct Following {
    worlds: Arc<Worlds>,
    hosted: Arc<Hosted>,
    at: Mutex<Place>,
}

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

    /// What is there to be told, and where the journal stood.
    fn piece(&self) -> (String, (u64, u64)) {
        let journal = &self.hosted.parts().journal;
        let mut at = locked(&self.at);
        let (stand, forgotten) = (journal.stand(), journal.forgotten());
        let mut text = String::new();
        if stand.0 != at.returns || at.next > stand.1 {
            (at.returns, at.next) = (stand.0, 1);
            let _ = write!(text, "event: reset\nid: {}-0\ndata: {{}}\n\n", stand.0);
        }
        if at.next <= forgotten {
            let gap = json!({"from": at.next, "to": forgotten});
            let _ = write!(text, "event: gap\nid: {}-{forgotten}\ndata: {gap}\n\n", at.returns);
            at.next = forgotten + 1;
        }
        let most = PIECE.min(usize::try_from(at.left).unwrap_or(PIECE));
        for entry in journal.some_since(at.next, most) {
            let _ = write!(
                text,
                "event: entry\nid: {}-{}\ndata: {}\n\n",
                at.returns,
                entry.seq,
                entry_json(&entry)
            );
            at.next = entry.seq + 1;
            at.left -= 1;
        }
        (text, stand)
    }

    /// Whether the world is still one of the server's.
    fn is_there(&self) -> bool {
        self.worlds.named(&self.hosted.name).is_ok_and(|named| Arc::ptr_eq(&named, &self.hosted))
    }
}

#[async_trait::async_trait]
impl Pieces for Following {
    async fn next(&self) -> Option<Bytes> {
        loop {
            if locked(&self.at).left == 0 {
                return None;
            }
            let (text, stand) = self.piece();
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
