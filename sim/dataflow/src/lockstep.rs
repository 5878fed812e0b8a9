//! Lets a library that pulls its input work in a flow that pushes: it runs on a thread of its own, in lock-step
//! with whoever feeds it, so that no more than a piece is held and the outcome does not depend on timing.

use crate::file_sink::CHUNK;
use bytes::{Buf, Bytes};
use std::io::{BufWriter, Error, ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// Work that is fed piece by piece.
pub(crate) struct Lockstep {
    food: Sender<Option<Bytes>>,
    said: Receiver<Said>,
}

enum Said {
    Hungry,
    Made(Vec<u8>),
    Over(Result<(), String>),
}

impl Lockstep {
    /// Starts work that reads from the one and writes to the other.
    pub(crate) fn start<W>(work: W) -> Result<Self, String>
    where
        W: FnOnce(Source, &mut BufWriter<Sink>) -> Result<(), String> + Send + 'static,
    {
        let ((food, eaten), (mouth, said)) = (channel(), channel());
        let source = Source { food: eaten, said: mouth.clone(), piece: Bytes::new(), ended: false };
        let run = move || {
            let mut sink = BufWriter::with_capacity(CHUNK, Sink(mouth.clone()));
            let result = work(source, &mut sink)
                .and_then(|()| sink.flush().map_err(|error| format!("cannot write: {error}")));
            let _ = mouth.send(Said::Over(result));
        };
        let spawned = thread::Builder::new().name("standin-file".to_owned()).spawn(run);
        spawned.map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { food, said })
    }

    /// The next piece that it made; none once it waits for food or has ended.
    pub(crate) fn made(&mut self) -> Result<Option<Bytes>, String> {
        match self.said.recv() {
            Ok(Said::Made(bytes)) => Ok(Some(bytes.into())),
            Ok(Said::Hungry | Said::Over(Ok(()))) => Ok(None),
            Ok(Said::Over(Err(why))) => Err(why),
            Err(_) => Err("it stopped in the middle".to_owned()),
        }
    }

    /// Gives it a piece, or tells it that there are no more; to be called once `made` gave none.
    pub(crate) fn feed(&mut self, piece: Option<Bytes>) {
        // Whoever has ended is not hungry, and says so on its own.
        let _ = self.food.send(piece);
    }
}

/// What the work reads from.
#[derive(Debug)]
pub(crate) struct Source {
    food: Receiver<Option<Bytes>>,
    said: Sender<Said>,
    piece: Bytes,
    ended: bool,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            let gone = || Error::from(ErrorKind::BrokenPipe);
            self.said.send(Said::Hungry).map_err(|_| gone())?;
            match self.food.recv().map_err(|_| gone())? {
                Some(piece) => self.piece = piece,
                None => self.ended = true,
            }
        }
        let taken = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..taken]);
        Ok(taken)
    }
}

/// What the work writes to.
pub(crate) struct Sink(Sender<Said>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.send(Said::Made(bytes.to_vec())).map_err(|_| Error::from(ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(work: &mut Lockstep, all: &mut Vec<u8>) -> Result<(), String> {
        while let Some(piece) = work.made()? {
            all.extend_from_slice(&piece);
        }
        Ok(())
    }

    #[test]
    fn what_goes_in_comes_out_and_no_more_than_a_piece_is_held() {
        let mut work = Lockstep::start(|mut source, sink| {
            std::io::copy(&mut source, sink).map(drop).map_err(|error| error.to_string())
        })
        .unwrap();
        let (mut all, mut fed) = (Vec::new(), 0);
        drain(&mut work, &mut all).unwrap();
        for size in [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK + 7, 5] {
            work.feed(Some(vec![7; size].into()));
            fed += size;
            drain(&mut work, &mut all).unwrap();
            assert!(fed - all.len() <= 2 * CHUNK, "{fed} {}", all.len());
        }
        work.feed(None);
        drain(&mut work, &mut all).unwrap();
        assert_eq!(all, vec![7; fed]);
    }

    #[test]
    fn failure_is_told_and_abandoned_work_ends() {
        let mut work = Lockstep::start(|mut source, _| {
            let mut byte = [0];
            source.read_exact(&mut byte).map_err(|error| error.to_string())?;
            Err(format!("no {}", byte[0]))
        })
        .unwrap();
        assert_eq!(work.made(), Ok(None));
        work.feed(Some(Bytes::from_static(&[9, 9])));
        assert_eq!(work.made(), Err("no 9".to_owned()));

        let (sender, ended) = channel();
        let work = Lockstep::start(move |mut source, _| {
            let result = source.read(&mut [0]).map(drop).map_err(|error| error.kind());
            sender.send(result).map_err(|error| error.to_string())
        })
        .unwrap();
        drop(work);
        assert_eq!(ended.recv().unwrap(), Err(ErrorKind::BrokenPipe));
    }
}
