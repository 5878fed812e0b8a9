//! Bytes that wait: what a formatter has to keep until it knows its header. Little of it stays in memory, the
//! rest is in a file without a name that the system takes away with the process.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, Write};

/// Bytes that may wait in memory before a file is made for them.
const IN_MEMORY: usize = 4 << 20;

/// Bytes that are written to the file at once.
const BLOCK: usize = 1 << 18;

/// More bytes than this do not wait.
const LIMIT: u64 = 64 << 30;

/// A longer frame is a broken spool, not a record.
const LONGEST: usize = 1 << 30;

/// Frames of bytes, written once and read in order.
#[derive(Default)]
pub(crate) struct Spool {
    waiting: Vec<u8>,
    file: Option<File>,
    bytes: u64,
}

/// What a spool could not do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// More was spooled than may be held.
    #[error("more than {LIMIT} bytes wait for the end of the stream")]
    Full,
    /// The file for what waits failed.
    #[error("the file for what waits failed: {0}")]
    Disk(#[from] std::io::Error),
}

impl Spool {
    /// Adds a frame at the end.
    pub(crate) fn push(&mut self, frame: &[u8]) -> Result<(), SpoolError> {
        self.push_parts(&[frame])
    }

    /// Adds a frame that consists of these parts.
    pub(crate) fn push_parts(&mut self, parts: &[&[u8]]) -> Result<(), SpoolError> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.bytes += length as u64 + 4;
        if self.bytes > LIMIT || length > LONGEST {
            return Err(SpoolError::Full);
        }
        self.waiting.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        for part in parts {
            self.waiting.extend_from_slice(part);
        }
        let bearable = if self.file.is_some() { BLOCK } else { IN_MEMORY };
        if self.waiting.len() >= bearable { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), SpoolError> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        file.write_all(&self.waiting)?;
        self.waiting.clear();
        self.waiting.shrink_to(2 * BLOCK);
        Ok(())
    }

    /// Its frames, oldest first.
    pub(crate) fn read(mut self) -> Result<Frames, SpoolError> {
        if self.file.is_some() {
            self.spill()?;
        }
        let source: Box<dyn Read + Send> = match self.file {
            None => Box::new(Cursor::new(self.waiting)),
            Some(mut file) => {
                file.rewind()?;
                Box::new(BufReader::with_capacity(BLOCK, file))
            }
        };
        Ok(Frames { source, frame: Vec::new(), left: self.bytes })
    }
}

/// The frames of a spool.
pub(crate) struct Frames {
    source: Box<dyn Read + Send>,
    frame: Vec<u8>,
    left: u64,
}

impl Frames {
    /// The next frame; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, SpoolError> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut length = [0; 4];
        self.source.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(SpoolError::Disk(std::io::ErrorKind::InvalidData.into()));
        }
        self.frame.resize(length, 0);
        self.source.read_exact(&mut self.frame)?;
        self.left = self.left.saturating_sub(length as u64 + 4);
        Ok(Some(&self.frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frames: &[Vec<u8>], on_disk: bool) {
        let mut spool = Spool::default();
        for frame in frames {
            let (head, tail) = frame.split_at(frame.len() / 2);
            spool.push_parts(&[head, tail]).unwrap();
        }
        assert_eq!(spool.file.is_some(), on_disk);
        assert!(spool.waiting.len() < IN_MEMORY && spool.waiting.capacity() <= 2 * IN_MEMORY);
        let mut read = spool.read().unwrap();
        for frame in frames {
            assert_eq!(read.next().unwrap(), Some(frame.as_slice()));
        }
        assert_eq!(read.next().unwrap(), None);
    }

    #[test]
    fn frames_come_back_in_order_from_memory_and_from_disk() {
        let frame = |n: usize| n.to_string().repeat(n % 300).into_bytes();
        check(&[], false);
        check(&(0..5_000).map(frame).collect::<Vec<_>>(), false);
        check(&(0..20_000).map(frame).collect::<Vec<_>>(), true);
        check(&[vec![b'x'; 9 << 20], Vec::new(), vec![b'y'; 3]], true);
    }
}
