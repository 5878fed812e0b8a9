//! What keeps a shell running.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};

/// How many connections one shell serves at once. One more takes the place of whoever has been idle longest; where nobody
/// is, it waits.
pub const CONNECTIONS: usize = 4096;

/// A shell that serves. Dropped, it stops listening and ends every connection.
#[derive(Debug)]
pub struct Served {
    /// Where it listens.
    pub addr: SocketAddr,
    task: AbortHandle,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// All connections of this process: its descriptors are shared by all shells.
static SEATS: Mutex<BTreeMap<u64, Weak<Seat>>> = Mutex::new(BTreeMap::new());

/// Counts what passes on any connection, so that it is known who has been idle longest.
static TURNS: AtomicU64 = AtomicU64::new(0);

/// Somebody left, or has nothing under way any more.
static FREED: Notify = Notify::const_new();

fn turn() -> u64 {
    TURNS.fetch_add(1, Ordering::Relaxed)
}

fn seats() -> MutexGuard<'static, BTreeMap<u64, Weak<Seat>>> {
    SEATS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that is served.
#[derive(Debug)]
pub(crate) struct Seat {
    id: u64,
    shell: u64,
    /// When something passed last.
    last: AtomicU64,
    /// How much is under way.
    busy: AtomicUsize,
    leave: Notify,
}

impl Seat {
    fn taken(shell: u64) -> Arc<Self> {
        let (id, last) = (turn(), AtomicU64::new(turn()));
        let seat = Arc::new(Self { id, shell, last, busy: AtomicUsize::new(0), leave: Notify::new() });
        seats().insert(id, Arc::downgrade(&seat));
        seat
    }

    /// Remembers that something passes.
    pub(crate) fn touch(&self) {
        self.last.store(turn(), Ordering::Relaxed);
    }

    /// Something is under way, until this is dropped.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(self))
    }

    fn is_idle(&self) -> bool {
        self.busy.load(Ordering::SeqCst) == 0
    }

    /// Waits until another is to have its place. What began meanwhile is brought to its end.
    async fn called_for(&self) {
        loop {
            self.leave.notified().await;
            if self.is_idle() {
                return;
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        seats().remove(&self.id);
        FREED.notify_waiters();
    }
}

/// What keeps a connection from being ended for another.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Seat>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
        FREED.notify_waiters();
    }
}

/// Asks whoever has been idle longest to go: of one shell, or of all.
fn make_room(shell: Option<u64>) {
    let all: Vec<Arc<Seat>> = seats().values().filter_map(Weak::upgrade).collect();
    let idle = all.iter().filter(|seat| seat.is_idle() && shell.is_none_or(|shell| shell == seat.shell));
    if let Some(seat) = idle.min_by_key(|seat| seat.last.load(Ordering::Relaxed)) {
        seat.leave.notify_one();
    }
}

/// Serves each connection of `listener` with what `serve` makes of it, so many at once.
pub(crate) fn accept<F>(
    handle: &Handle,
    listener: StdListener,
    most: usize,
    serve: impl Fn(TcpStream, Arc<Seat>) -> F + Send + 'static,
) -> io::Result<Served>
where
    F: Future<Output = ()> + Send + 'static,
{
    let addr = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    // Registering a socket needs the runtime's reactor, whatever thread this is.
    let _inside = handle.enter();
    let listener = TcpListener::from_std(listener)?;
    let task = handle.spawn(accept_all(listener, most, serve)).abort_handle();
    Ok(Served { addr, task })
}

async fn accept_all<F>(listener: TcpListener, most: usize, serve: impl Fn(TcpStream, Arc<Seat>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let shell = turn();
    // Connections end with the set, and the set ends with this task.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors: one comes back with the next connection that ends, at whichever shell.
            room(&mut connections, None).await;
            continue;
        };
        while connections.len() >= most {
            room(&mut connections, Some(shell)).await;
        }
        // A window of small answers would otherwise wait for delayed acknowledgements.
        let _ = stream.set_nodelay(true);
        let seat = Seat::taken(shell);
        let served = serve(stream, Arc::clone(&seat));
        connections.spawn(async move {
            tokio::select! {
                biased;
                () = served => {}
                () = seat.called_for() => {}
            }
        });
    }
}

/// Makes room, and waits until somebody has left or could.
async fn room(connections: &mut JoinSet<()>, shell: Option<u64>) {
    let freed = FREED.notified();
    tokio::pin!(freed);
    // Whoever asks first and listens then misses what happens between.
    freed.as_mut().enable();
    make_room(shell);
    if seats().is_empty() {
        return tokio::task::yield_now().await;
    }
    tokio::select! {
        Some(_) = connections.join_next() => {}
        () = freed => {}
    }
}

/// The runtime that this thread is in.
pub(crate) fn current() -> io::Result<Handle> {
    Handle::try_current().map_err(io::Error::other)
}
