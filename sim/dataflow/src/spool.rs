//! Bytes that wait: what a formatter has to keep until it knows its header, in compressed blocks.

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use std::io::{Read, Write};

/// Bytes of one block before compression.
const BLOCK: usize = 1 << 18;

/// A spool that grows beyond this many bytes in memory refuses more.
const LIMIT: usize = 1 << 30;

/// Frames of bytes, written once and read in order.
#[derive(Default)]
pub(crate) struct Spool {
    packed: Vec<Vec<u8>>,
    packed_bytes: usize,
    open: Vec<u8>,
}

/// More was spooled than may be held.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {LIMIT} bytes wait for the end of the stream, even compressed")]
pub(crate) struct SpoolFull;

impl Spool {
    /// Adds a frame at the end.
    pub(crate) fn push(&mut self, frame: &[u8]) -> Result<(), SpoolFull> {
        self.open.extend_from_slice(&(frame.len() as u64).to_le_bytes());
        self.open.extend_from_slice(frame);
        if self.open.len() >= BLOCK {
            self.pack();
        }
        if self.packed_bytes > LIMIT { Err(SpoolFull) } else { Ok(()) }
    }

    fn pack(&mut self) {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        // Writing into a vector cannot fail; a block that did not compress is empty and is read as such.
        let packed = encoder.write_all(&self.open).and_then(|()| encoder.finish()).unwrap_or_default();
        self.packed_bytes += packed.len();
        self.packed.push(packed);
        self.open.clear();
    }

    /// The frames, block by block, oldest first; each block leaves memory once it is read.
    pub(crate) fn drain(mut self) -> impl Iterator<Item = Vec<Vec<u8>>> + Send {
        if !self.open.is_empty() {
            self.pack();
        }
        self.packed.into_iter().map(|packed| {
            let mut block = Vec::new();
            let read = DeflateDecoder::new(packed.as_slice()).read_to_end(&mut block);
            if read.is_ok() { frames(&block) } else { Vec::new() }
        })
    }
}

fn frames(mut block: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    while let Some((length, rest)) = block.split_first_chunk::<8>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let Some((frame, rest)) = rest.split_at_checked(length) else { break };
        out.push(frame.to_vec());
        block = rest;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_in_order() {
        let mut spool = Spool::default();
        let frames: Vec<Vec<u8>> =
            (0..5000u32).map(|n| n.to_string().repeat(n as usize % 300).into_bytes()).collect();
        for frame in &frames {
            spool.push(frame).unwrap();
        }
        assert!(spool.packed_bytes < 600_000);
        assert_eq!(spool.drain().flatten().collect::<Vec<_>>(), frames);
    }

    #[test]
    fn an_empty_spool_has_no_frame() {
        assert_eq!(Spool::default().drain().count(), 0);
    }
}
