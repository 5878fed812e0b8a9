//! A socket as web servers read it: more forgiving than the HTTP library is.
//!
//! Clients send a raw `"` or `<` in a query, and web servers take it; the library refuses the request. So such
//! bytes of a request target are escaped on their way in. And the library's own refusals, which have no body,
//! are held back, so that the surface can word them.
//!
//! Nothing here finds out where a message ends. A request line is known to begin where the library has consumed
//! all that was read, no body is awaited, and an answer goes out; the line of a request that came together
//! with the one before it passes as it is.

use futures_util::task::AtomicWaker;
use memchr::memchr;
use standin_ports::http::Left;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

/// The longest request target that is handed on, in bytes; of a longer one the rest is left out. The library
/// takes a little more.
pub(crate) const LONGEST_TARGET: usize = 60 * 1024;

/// The longest answer that may be one of the library's own.
const LONGEST_REFUSAL: usize = 160;

/// What the service and the stream tell each other about their connection.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// A request has begun, and its body is not read yet.
    reading: AtomicBool,
    /// The service gave an answer of which nothing is written yet.
    answered: AtomicBool,
    /// An answer is being made.
    answering: AtomicBool,
    /// An answer goes on for as long as somebody reads it.
    streams: AtomicBool,
    /// Nothing more comes from the client.
    left: Left,
    /// Whoever waits for that.
    waiting: AtomicWaker,
    /// The target of the last request was too long, and the rest is left out.
    cut: AtomicBool,
}

impl Notes {
    pub(crate) fn request_began(&self) {
        self.reading.store(true, Ordering::Relaxed);
    }

    /// From here on the client's end is looked out for: the library does not read while an answer is made.
    pub(crate) fn body_is_read(&self) {
        self.reading.store(false, Ordering::Relaxed);
        self.answering.store(true, Ordering::Relaxed);
    }

    pub(crate) fn answer_is_ready(&self) {
        self.answering.store(false, Ordering::Relaxed);
        self.answered.store(true, Ordering::Relaxed);
    }

    /// Tells whether the client has left.
    pub(crate) fn left(&self) -> Left {
        self.left.clone()
    }

    /// From here on the client's end is looked out for, as while an answer is made.
    pub(crate) fn stream_began(self: Arc<Self>) -> Streaming {
        self.streams.store(true, Ordering::Relaxed);
        Streaming(self)
    }

    /// Whether the target of the request at hand was cut.
    pub(crate) fn target_was_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }
}

/// An answer that goes on, until it is dropped.
pub(crate) struct Streaming(Arc<Notes>);

impl Streaming {
    /// Waits until nothing more comes from the client.
    pub(crate) async fn client_left(&self) {
        poll_fn(|context| {
            self.0.waiting.register(context.waker());
            if self.0.left.is_so() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.0.streams.store(false, Ordering::Relaxed);
    }
}

/// Where in a message the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Method,
    Target,
    Version,
    Behind,
}

/// A socket that is read so, or what TLS makes of one.
pub(crate) struct Tolerant<S> {
    stream: S,
    notes: Arc<Notes>,
    line: Line,
    /// What was read, and found no room in the reader's buffer.
    spare: Vec<u8>,
    /// What came while an answer went out, as it came.
    early: Vec<u8>,
    /// The last bytes written are a refusal of the library's.
    refused: bool,
}

impl<S: AsyncWrite + Unpin> Tolerant<S> {
    pub(crate) fn new(stream: S) -> Self {
        let line = Line { place: Place::Method, target: 0 };
        Self { stream, notes: Arc::default(), line, spare: Vec::new(), early: Vec::new(), refused: false }
    }

    pub(crate) fn notes(&self) -> Arc<Notes> {
        Arc::clone(&self.notes)
    }

    /// Whether the client has read every answer but the one to what the library could not read.
    pub(crate) fn owes_an_answer(&self) -> bool {
        !self.refused && !self.notes.answered.load(Ordering::Relaxed)
    }

    /// The last words on this connection.
    pub(crate) async fn end_with(mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.shutdown().await
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tolerant<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        while this.spare.is_empty() {
            if this.early.is_empty() {
                ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            } else {
                let rest = this.early.split_off(this.early.len().min(buffer.remaining()));
                buffer.put_slice(&mem::replace(&mut this.early, rest));
            }
            let new = &buffer.filled()[before..];
            if new.is_empty() || this.line.place == Place::Behind {
                return Poll::Ready(Ok(()));
            }
            let Some(changed) = this.line.read(new, &this.notes) else { return Poll::Ready(Ok(())) };
            this.spare = changed;
            buffer.set_filled(before);
        }
        let room = this.spare.len().min(buffer.remaining());
        let rest = this.spare.split_off(room);
        buffer.put_slice(&mem::replace(&mut this.spare, rest));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> Tolerant<S> {
    /// Looks whether the client is there still, while an answer is made or goes on.
    fn look_out(&mut self, context: &mut Context<'_>) {
        let notes = &self.notes;
        let looks = notes.streams.load(Ordering::Relaxed) || notes.answering.load(Ordering::Relaxed);
        if !looks || notes.left.is_so() || !self.early.is_empty() {
            return;
        }
        let mut room = [0; 1024];
        let mut buffer = ReadBuf::new(&mut room);
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, &mut buffer) else { return };
        match (read, buffer.filled()) {
            (Ok(()), new) if !new.is_empty() => self.early.extend_from_slice(new),
            _ => {
                notes.left.note();
                notes.waiting.wake();
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tolerant<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // The library writes only when it has consumed all that it read.
        if !this.notes.reading.load(Ordering::Relaxed) {
            this.line = Line { place: Place::Method, target: 0 };
        }
        let answered = this.notes.answered.swap(false, Ordering::Relaxed);
        let refusal = ends_in_a_refusal(bytes);
        if refusal && !answered {
            return Poll::Ready(Ok(bytes.len()));
        }
        this.refused = refusal;
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.look_out(context);
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Whether this ends as the library's refusals do: an error without a body, and the connection closes.
fn ends_in_a_refusal(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(LONGEST_REFUSAL)..];
    if !tail.ends_with(b"\r\n\r\n") {
        return false;
    }
    let Some(head) = memchr::memmem::rfind(tail, b"HTTP/1.").map(|at| &tail[at..]) else { return false };
    head.get(8..10) == Some(b" 4") && memchr::memmem::find(head, b"content-length: 0\r\n").is_some()
}

/// How far the reading of a request line has come.
struct Line {
    place: Place,
    target: usize,
}

impl Line {
    /// Follows what was read; gives what is to be read instead, if that differs.
    fn read(&mut self, bytes: &[u8], notes: &Notes) -> Option<Vec<u8>> {
        let end = memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
        let clean = !bytes[..end].iter().any(|byte| is_odd(*byte));
        let short = self.target + end <= LONGEST_TARGET;
        // The common case: a whole line with nothing to change.
        if clean && short && end > 2 && bytes[end - 1] == b'\n' && self.place == Place::Method {
            notes.cut.store(false, Ordering::Relaxed);
            self.place = Place::Behind;
            return None;
        }
        let mut changed = Vec::with_capacity(bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            match self.place {
                Place::Behind => {
                    changed.extend_from_slice(&bytes[at..]);
                    break;
                }
                Place::Target if !b" \r\n".contains(byte) => self.target_byte(*byte, notes, &mut changed),
                place => {
                    changed.push(*byte);
                    self.place = match (place, byte) {
                        (Place::Method, b' ') => {
                            notes.cut.store(false, Ordering::Relaxed);
                            Place::Target
                        }
                        // Blank lines may stand before a request.
                        (Place::Method, _) => Place::Method,
                        (_, b'\n') => Place::Behind,
                        _ => Place::Version,
                    };
                }
            }
        }
        Some(changed)
    }

    fn target_byte(&mut self, byte: u8, notes: &Notes, into: &mut Vec<u8>) {
        let escaped = [b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
        let byte = [byte];
        let bytes: &[u8] = if is_odd(byte[0]) { &escaped } else { &byte };
        self.target += bytes.len();
        if self.target > LONGEST_TARGET {
            notes.cut.store(true, Ordering::Relaxed);
        } else {
            into.extend_from_slice(bytes);
        }
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Whether the library refuses a target with this byte, and web servers do not.
fn is_odd(byte: u8) -> bool {
    byte >= 0x80 || b"\"<>`".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line becomes, read in pieces of each size.
    fn check(bytes: &[u8], expected: &str, cut: bool) {
        for size in [1, 2, 7, bytes.len()] {
            let notes = Notes::default();
            let mut line = Line { place: Place::Method, target: 0 };
            let mut out = Vec::new();
            for piece in bytes.chunks(size) {
                match line.place {
                    Place::Behind => out.extend_from_slice(piece),
                    _ => out.extend(line.read(piece, &notes).unwrap_or_else(|| piece.to_vec())),
                }
            }
            assert_eq!((String::from_utf8(out).unwrap().as_str(), notes.target_was_cut()), (expected, cut));
        }
    }

    #[test]
    fn odd_bytes_of_a_target_are_escaped() {
        let same = "GET /a?b=%3C{1}|x^\\ HTTP/1.1\r\nHost: \"<x>\"\r\n\r\n<body>";
        check(same.as_bytes(), same, false);
        check(
            b"\r\nPOST /<a>?q=a=\"b\"&c=`&\xc3\xa9\xff HTTP/1.1\r\nX: \"\r\n\r\n<",
            "\r\nPOST /%3Ca%3E?q=a=%22b%22&c=%60&%C3%A9%FF HTTP/1.1\r\nX: \"\r\n\r\n<",
            false,
        );
    }

    #[test]
    fn a_target_without_end_is_cut() {
        let path = |length: usize| format!("/{}", "a".repeat(length - 1));
        let line = |path: &str| format!("GET {path} HTTP/1.1\r\n\r\n");
        let longest = line(&path(LONGEST_TARGET));
        check(longest.as_bytes(), &longest, false);
        check(line(&path(LONGEST_TARGET + 1)).as_bytes(), &longest, true);
        check(line(&path(300_000)).as_bytes(), &longest, true);
    }

    #[test]
    fn refusals_of_the_library_are_known() {
        for (bytes, expected) in [
            ("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false),
            ("HTTP/1.1 100 Continue\r\n\r\n", false),
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nbody", false),
            ("", false),
        ] {
            assert_eq!(ends_in_a_refusal(bytes.as_bytes()), expected, "{bytes}");
        }
    }
}
