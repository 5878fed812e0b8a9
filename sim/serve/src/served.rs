//! What keeps a shell running.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};

/// How many connections one shell serves at once; more wait in the listener's queue.
pub const CONNECTIONS: usize = 1024;

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

/// Serves each connection of `listener` with what `serve` makes of it.
pub(crate) fn accept<F>(
    handle: &Handle,
    listener: StdListener,
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> io::Result<Served>
where
    F: Future<Output = ()> + Send + 'static,
{
    let addr = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    // Registering a socket needs the runtime's reactor, whatever thread this is.
    let _inside = handle.enter();
    let listener = TcpListener::from_std(listener)?;
    let task = handle.spawn(accept_all(listener, serve)).abort_handle();
    Ok(Served { addr, task })
}

async fn accept_all<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    // Connections end with the set, and the set ends with this task.
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= CONNECTIONS {
            connections.join_next().await;
        }
        let accepted = tokio::select! {
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                // A window of small answers would otherwise wait for delayed acknowledgements.
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream));
            }
            // Out of descriptors: one comes back with the next connection that ends.
            Err(_) if !connections.is_empty() => {
                connections.join_next().await;
            }
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// The runtime that this thread is in.
pub(crate) fn current() -> io::Result<Handle> {
    Handle::try_current().map_err(io::Error::other)
}
