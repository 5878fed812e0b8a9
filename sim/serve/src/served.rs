//! What keeps a shell running.

use crate::room::{Place, Room};
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};

/// How long a shell without descriptors waits for one at a time: it may come back anywhere in the process.
const BREATH: Duration = Duration::from_millis(50);

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

/// Serves each connection of `listener` with what `serve` makes of it, for as long as that holds its place.
pub(crate) fn accept<F>(
    handle: &Handle,
    listener: StdListener,
    room: Arc<Room>,
    serve: impl Fn(TcpStream, Arc<Place>) -> F + Send + 'static,
) -> io::Result<Served>
where
    F: Future<Output = ()> + Send + 'static,
{
    let addr = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    // Registering a socket needs the runtime's reactor, whatever thread this is.
    let _inside = handle.enter();
    let listener = TcpListener::from_std(listener)?;
    let task = handle.spawn(accept_all(listener, room, serve)).abort_handle();
    Ok(Served { addr, task })
}

async fn accept_all<F>(listener: TcpListener, room: Arc<Room>, serve: impl Fn(TcpStream, Arc<Place>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    // Connections end with the set, and the set ends with this task.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            let _waiting = room.wait();
            pass(BREATH).await;
            continue;
        };
        // A window of small answers would otherwise wait for delayed acknowledgements.
        let _ = stream.set_nodelay(true);
        let place = room.place().await;
        connections.spawn(serve(stream, place));
    }
}

#[expect(clippy::disallowed_methods, reason = "who is at the other end of a socket waits for real")]
pub(crate) async fn pass(span: Duration) {
    tokio::time::sleep(span).await;
}

/// The runtime that this thread is in.
pub(crate) fn current() -> io::Result<Handle> {
    Handle::try_current().map_err(io::Error::other)
}
