//! What the tests of the shells share: a runtime that is not theirs.

use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A runtime on a thread of its own, as a stage has one, so that tests poll ports from outside of it.
pub(crate) struct Network {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    pub(crate) fn start() -> Self {
        let (stop, stopped) = oneshot::channel();
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            sender.send(runtime.handle().clone()).unwrap();
            let _ = runtime.block_on(stopped);
        });
        Self { handle: receiver.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Comes back when the runtime has had the chance to do what was waiting.
    pub(crate) fn settle(&self) {
        for _ in 0..10 {
            let turn = self.handle.spawn(async { tokio::task::yield_now().await });
            pollster::block_on(turn).unwrap();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
