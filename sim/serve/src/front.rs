//! One socket for every host name of a world: TLS by the name that the client asks for, or plain HTTP.
//!
//! A name that does not resolve in the world has nobody behind it: the connection breaks off before anything is
//! said, so that a client sees a host that is dead and not one that answers with an error.

use crate::authority::Authority;
use crate::http::{Line, connection, foreign_peer};
use crate::served::{self, Served};
use ::http::uri::Scheme;
use rustls::ServerConfig;
use standin_ports::Http;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::LazyConfigAcceptor;

/// Whether somebody answers under a host name.
pub type Known = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// How long a client may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first byte of a TLS record that begins a handshake.
const HANDSHAKE: u8 = 0x16;

/// Serves `surface` under every name that is known, on the runtime behind `handle`.
pub fn spawn_on(
    handle: &Handle,
    listener: TcpListener,
    authority: &Arc<Authority>,
    known: Known,
    surface: Arc<dyn Http>,
) -> io::Result<Served> {
    let config = Arc::new(authority.server().map_err(io::Error::other)?);
    served::accept(handle, listener, move |stream| {
        front(stream, Arc::clone(&config), Arc::clone(&known), Arc::clone(&surface))
    })
}

async fn front(stream: TcpStream, config: Arc<ServerConfig>, known: Known, surface: Arc<dyn Http>) {
    let peer = foreign_peer(&stream);
    let mut first = [0];
    match tokio::time::timeout(PATIENCE, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first[0] == HANDSHAKE => {}
        Ok(Ok(1)) => return connection(stream, Line { peer, scheme: Scheme::HTTP }, surface).await,
        _ => return,
    }
    let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
    let Ok(Ok(hello)) = tokio::time::timeout(PATIENCE, acceptor).await else { return };
    let named = hello.client_hello().server_name().map(str::to_ascii_lowercase);
    if !named.is_some_and(|name| known(&name)) {
        return;
    }
    if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, hello.into_stream(config)).await {
        connection(stream, Line { peer, scheme: Scheme::HTTPS }, surface).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Network;
    use pollster::block_on;
    use rustls::ClientConfig;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use standin_fake_kit::answer;
    use standin_ports::{HttpError, Request, Response};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;

    /// Says under which address it was called.
    struct Echo;

    #[async_trait::async_trait]
    impl Http for Echo {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            Ok(answer::html(200, request.uri().to_string()))
        }
    }

    /// What comes back to a request under this name, over TLS that trusts the authority alone, or without it.
    fn check(name: &str, tls: bool) -> Option<String> {
        let network = Network::start();
        let authority = Arc::new(Authority::new().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let known: Known = Arc::new(|name| name.ends_with(".example"));
        let served = spawn_on(network.handle(), listener, &authority, known, Arc::new(Echo)).unwrap();
        let address = served.addr;
        let request = format!("GET /a?b HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let talk = network.handle().spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            let mut told = String::new();
            if tls {
                let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
                stream.write_all(request.as_bytes()).await.unwrap();
                // The other side ends without taking leave, as web servers do.
                let _ = stream.read_to_string(&mut told).await;
            } else {
                let mut stream = stream;
                stream.write_all(request.as_bytes()).await.unwrap();
                stream.read_to_string(&mut told).await.unwrap();
            }
            told.split("\r\n\r\n").nth(1).map(str::to_owned)
        });
        block_on(talk).unwrap()
    }

    #[test]
    fn a_known_name_is_answered_under_its_own_certificate() {
        assert_eq!(check("www.brand.example", true).as_deref(), Some("https://www.brand.example/a?b"));
        assert_eq!(check("www.brand.example", false).as_deref(), Some("http://www.brand.example/a?b"));
    }

    #[test]
    fn an_unknown_name_is_dead() {
        assert_eq!(check("www.brand.test", true), None);
    }
}
