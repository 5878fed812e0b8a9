//! Room for connections: how many are served at once, and who goes where one more comes.
//!
//! Clients keep connections open that they do not use. Where there is no room for one more, the one that has been idle
//! longest ends; where all are in use, whoever comes waits until one is not.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How many connections a process serves at once, if it may open as many.
pub const CONNECTIONS: usize = 4096;

/// Lets this process open as many files and sockets as the system allows it: many begin with a limit far below.
pub fn raise_the_limit_of_descriptors() -> io::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX).map(drop)
}

/// Room for so many connections.
#[derive(Debug)]
pub(crate) struct Room {
    places: Arc<Semaphore>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Who is idle, in the order in which they became so.
    idle: BTreeMap<u64, Arc<Leave>>,
    /// The next one's place in that order.
    turn: u64,
    /// How many wait for a place.
    waiting: usize,
    /// How many have been told to go for them, and are still there.
    leaving: usize,
}

#[derive(Debug, Default)]
struct Leave {
    told: AtomicBool,
    tells: Notify,
}

impl Held {
    /// Has as many go as are waited for, as far as anybody is idle.
    fn balance(&mut self) {
        while self.waiting > self.leaving
            && let Some((_, leave)) = self.idle.pop_first()
        {
            leave.told.store(true, Ordering::Relaxed);
            leave.tells.notify_one();
            self.leaving += 1;
        }
    }
}

impl Room {
    pub(crate) fn of(most: usize) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(Semaphore::new(most)), held: Mutex::default() })
    }

    /// The room of this process: its shells share it as they share its descriptors, of which some are needed for else.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Room>> = LazyLock::new(|| {
            let limit =
                rlimit::Resource::NOFILE.get_soft().ok().and_then(|limit| usize::try_from(limit).ok());
            Room::of(limit.map_or(CONNECTIONS, |limit| CONNECTIONS.min(limit / 4 * 3)))
        });
        Arc::clone(&SHARED)
    }

    /// A place, as soon as there is one.
    pub(crate) async fn place(self: &Arc<Self>) -> Arc<Place> {
        let places = Arc::clone(&self.places);
        let free = match Arc::clone(&places).try_acquire_owned() {
            Ok(free) => Some(free),
            Err(_) => {
                let _waiting = self.wait();
                places.acquire_owned().await.ok()
            }
        };
        Arc::new(Place {
            room: Arc::clone(self),
            leave: Arc::default(),
            since: AtomicU64::new(0),
            _taken: free,
        })
    }

    /// Somebody waits for room, until the answer is dropped.
    pub(crate) fn wait(self: &Arc<Self>) -> Waiting {
        let mut held = self.held();
        held.waiting += 1;
        held.balance();
        Waiting(Arc::clone(self))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Waiting(Arc<Room>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.held().waiting -= 1;
    }
}

/// The place of one connection. It counts as used, but between the end of one use and the begin of the next.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    leave: Arc<Leave>,
    /// Since which turn it is idle; 0 if it is not.
    since: AtomicU64,
    _taken: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// It is used, until the answer is dropped.
    pub(crate) fn used(self: &Arc<Self>) -> Used {
        let mut held = self.room.held();
        held.idle.remove(&self.since.swap(0, Ordering::Relaxed));
        Used(Arc::clone(self))
    }

    /// Waits until it is to be left. A use that has begun meanwhile is brought to its end.
    pub(crate) async fn is_wanted(&self) {
        self.leave.tells.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.room.held();
        held.idle.remove(&self.since.swap(0, Ordering::Relaxed));
        if self.leave.told.load(Ordering::Relaxed) {
            held.leaving -= 1;
        }
    }
}

/// A use of a place.
#[derive(Debug)]
pub(crate) struct Used(Arc<Place>);

impl Drop for Used {
    fn drop(&mut self) {
        let Place { room, leave, since, .. } = &*self.0;
        let mut held = room.held();
        if leave.told.load(Ordering::Relaxed) {
            return;
        }
        held.turn += 1;
        let turn = held.turn;
        since.store(turn, Ordering::Relaxed);
        held.idle.insert(turn, Arc::clone(leave));
        held.balance();
    }
}
