//! One socket for every host name of a world: TLS by the name that the client asks for, or plain HTTP.
//!
//! A name that does not resolve in the world has nobody behind it: the connection breaks off before anything is
//! said, so that a client sees a host that is dead and not one that answers with an error. A client that takes the
//! front for its proxy is told so in words.

use crate::authority::Authority;
use crate::http::{Line, connection, foreign_peer};
use crate::room::{Place, Room};
use crate::served::{self, Served};
use ::http::uri::Scheme;
use rustls::ServerConfig;
use standin_ports::Http;
use std::io::{self, Cursor};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::LazyConfigAcceptor;

/// Where a host name leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Somebody here answers under it.
    Here,
    /// To a socket that speaks another protocol under it.
    At(SocketAddr),
    /// To the world outside, which its name was allowed to reach.
    Outside,
    /// Nobody has it.
    Nowhere,
}

/// Where host names lead; with the port, where a tunnel to it is asked for.
pub type Names = Arc<dyn Fn(&str, Option<u16>) -> Way + Send + Sync>;

/// How long a client may take to begin.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The first byte of a TLS record that begins a handshake.
const HANDSHAKE: u8 = 0x16;

/// How a request for a tunnel begins.
const CONNECT: &[u8] = b"CONNECT ";

/// The longest head of such a request.
const LONGEST_HEAD: usize = 8 * 1024;

/// Serves `surface` under every name that leads here, on the runtime behind `handle`; a client may also take it for
/// its proxy.
pub fn spawn_on(
    handle: &Handle,
    listener: TcpListener,
    authority: &Arc<Authority>,
    names: Names,
    surface: Arc<dyn Http>,
) -> io::Result<Served> {
    let config = Arc::new(authority.server().map_err(io::Error::other)?);
    served::accept(handle, listener, Room::shared(), move |stream, place| {
        let (config, names, surface) = (Arc::clone(&config), Arc::clone(&names), Arc::clone(&surface));
        let front = Front { config, names, surface, place };
        async move { front.first(stream).await }
    })
}

struct Front {
    config: Arc<ServerConfig>,
    names: Names,
    surface: Arc<dyn Http>,
    place: Arc<Place>,
}

impl Front {
    /// What a client wants is told by the first byte that it sends.
    async fn first(&self, mut stream: TcpStream) {
        let mut first = [0];
        loop {
            match tokio::time::timeout(PATIENCE, stream.peek(&mut first)).await {
                Ok(Ok(1)) if first[0] == HANDSHAKE => return self.secured(stream).await,
                Ok(Ok(1)) if first[0] == CONNECT[0] => {
                    let Ok(Some(begun)) = tokio::time::timeout(PATIENCE, begun(&mut stream)).await else {
                        return;
                    };
                    let line = self.plain(&stream);
                    if begun != CONNECT {
                        let (rest, writer) = stream.into_split();
                        let whole = tokio::io::join(Cursor::new(begun).chain(rest), writer);
                        return connection(whole, line, Arc::clone(&self.surface)).await;
                    }
                    match self.tunnel(&mut stream).await {
                        // Inside the tunnel the client begins anew.
                        Some(()) => continue,
                        None => return,
                    }
                }
                Ok(Ok(1)) => {
                    let line = self.plain(&stream);
                    return connection(stream, line, Arc::clone(&self.surface)).await;
                }
                _ => return,
            }
        }
    }

    fn plain(&self, stream: &TcpStream) -> Line {
        let (names, place) = (Some(Arc::clone(&self.names)), Arc::clone(&self.place));
        Line { peer: foreign_peer(stream), scheme: Scheme::HTTP, names, place }
    }

    async fn secured(&self, stream: TcpStream) {
        let peer = foreign_peer(&stream);
        let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
        let Ok(Ok(hello)) = tokio::time::timeout(PATIENCE, acceptor).await else { return };
        let named = hello.client_hello().server_name().map(plain_name);
        if named.is_none_or(|name| (self.names)(&name, None) != Way::Here) {
            return;
        }
        if let Ok(Ok(stream)) =
            tokio::time::timeout(PATIENCE, hello.into_stream(Arc::clone(&self.config))).await
        {
            let line = Line { peer, scheme: Scheme::HTTPS, names: None, place: Arc::clone(&self.place) };
            connection(stream, line, Arc::clone(&self.surface)).await;
        }
    }

    /// Answers a request for a tunnel, of which the method is read; goes on in it if it leads here.
    async fn tunnel(&self, stream: &mut TcpStream) -> Option<()> {
        let head = tokio::time::timeout(PATIENCE, head(stream)).await.ok()??;
        let target = head.split(' ').next()?;
        let place = target.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let Some((host, port)) = place else {
            refuse(stream, "400 Bad Request", &format!("a tunnel leads to HOST:PORT, not to {target}")).await;
            return None;
        };
        let host = plain_name(host);
        let there = match (self.names)(&host, Some(port)) {
            Way::Here => return stream.write_all(ESTABLISHED).await.ok(),
            Way::At(address) => TcpStream::connect(address).await,
            Way::Outside => TcpStream::connect((host.as_str(), port)).await,
            Way::Nowhere => {
                refuse(stream, "403 Forbidden", &nobody(&host)).await;
                return None;
            }
        };
        let Ok(mut there) = there else {
            refuse(stream, "502 Bad Gateway", &format!("{host} cannot be reached")).await;
            return None;
        };
        stream.write_all(ESTABLISHED).await.ok()?;
        let _ = tokio::io::copy_bidirectional(stream, &mut there).await;
        None
    }
}

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

async fn refuse(stream: &mut TcpStream, status: &str, why: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{why}",
        why.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Why a name is refused.
pub(crate) fn nobody(host: &str) -> String {
    format!("nobody here answers under {host}")
}

/// A host as names are compared: in lower case, without the dot that says that it is whole, without the brackets of
/// an address.
pub fn plain_name(host: &str) -> String {
    let name = host.trim_matches(['[', ']']);
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase(),
    }
}

/// What a client begins with, as far as that is a request for a tunnel.
async fn begun(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    while read.len() < CONNECT.len() && CONNECT.starts_with(&read) {
        read.push(stream.read_u8().await.ok()?);
    }
    Some(read)
}

/// The head of a request, to its blank line.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == LONGEST_HEAD {
            return None;
        }
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
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
    use tokio_rustls::TlsConnector;

    /// Says under which address it was called.
    struct Echo;

    #[async_trait::async_trait]
    impl Http for Echo {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            Ok(answer::html(200, request.uri().to_string()))
        }
    }

    /// How a client comes.
    #[derive(Clone, Copy, PartialEq)]
    enum By {
        Plain,
        Tls,
        Tunnel,
    }

    fn names() -> Names {
        names_with(None)
    }

    /// The same, with an address behind port 22.
    fn names_with(drop: Option<SocketAddr>) -> Names {
        Arc::new(move |name, port| match (name, drop) {
            (name, Some(drop)) if name.ends_with(".example") && port == Some(22) => Way::At(drop),
            (name, _) if name.ends_with(".example") => Way::Here,
            ("127.0.0.1", _) => Way::Outside,
            _ => Way::Nowhere,
        })
    }

    /// The status and body of each answer that comes back to what a client says to its proxy. `OUTSIDE` stands for the
    /// address of a server that is not the front's.
    fn proxied(said: &str) -> Vec<(String, String)> {
        let network = Network::start();
        let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = Arc::new(Authority::new().unwrap());
        let outside = crate::http::spawn_on(network.handle(), bind(), Arc::new(Echo)).unwrap();
        let names = names_with(Some(outside.addr));
        let served = spawn_on(network.handle(), bind(), &authority, names, Arc::new(Echo)).unwrap();
        let place = outside.addr.to_string();
        let said = said.replace("OUTSIDE", &place);
        let address = served.addr;
        let talk = network.handle().spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut told = String::new();
            let _ = stream.read_to_string(&mut told).await;
            told
        });
        let told = block_on(talk).unwrap().replace(&place, "OUTSIDE");
        let answers = told.split("HTTP/1.1 ").skip(1).map(|answer| {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            (head[..3].to_owned(), body.to_owned())
        });
        answers.collect()
    }

    /// What comes back to a request under this name; over TLS the authority alone is trusted.
    fn check(name: &str, by: By) -> Option<String> {
        let network = Network::start();
        let authority = Arc::new(Authority::new().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let served = spawn_on(network.handle(), listener, &authority, names(), Arc::new(Echo)).unwrap();
        let address = served.addr;
        let request = format!("GET /a?b HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connect = format!("CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n");
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let talk = network.handle().spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut told = String::new();
            if by == By::Tunnel {
                stream.write_all(connect.as_bytes()).await.unwrap();
                let answer = head(&mut stream).await.unwrap();
                if !answer.starts_with("HTTP/1.1 200 ") {
                    stream.read_to_string(&mut told).await.unwrap();
                    return Some(told);
                }
            }
            if by == By::Plain {
                stream.write_all(request.as_bytes()).await.unwrap();
                stream.read_to_string(&mut told).await.unwrap();
            } else {
                let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
                stream.write_all(request.as_bytes()).await.unwrap();
                // The other side ends without taking leave, as web servers do.
                let _ = stream.read_to_string(&mut told).await;
            }
            told.split("\r\n\r\n").nth(1).map(str::to_owned)
        });
        block_on(talk).unwrap()
    }

    #[test]
    fn a_known_name_is_answered_under_its_own_certificate() {
        for (by, expected) in [
            (By::Tls, "https://www.brand.example/a?b"),
            (By::Tunnel, "https://www.brand.example/a?b"),
            (By::Plain, "http://www.brand.example/a?b"),
        ] {
            assert_eq!(check("www.brand.example", by).as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_unknown_name_is_dead_or_refused_in_words() {
        assert_eq!(check("www.brand.test", By::Tls), None);
        assert_eq!(
            check("www.brand.test", By::Tunnel).as_deref(),
            Some("nobody here answers under www.brand.test")
        );
    }

    #[test]
    fn a_proxy_serves_forwards_or_refuses_by_the_name_in_the_target() {
        let close = "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        for (begins, status, told) in [
            ("GET http://www.brand.example/a?b", "200", "http://www.brand.example/a?b"),
            ("GET https://www.brand.example/a?b", "200", "https://www.brand.example/a?b"),
            ("COPY http://www.brand.example/a", "200", "http://www.brand.example/a"),
            ("GET http://OUTSIDE/a?b", "200", "http://OUTSIDE/a?b"),
            (
                "GET https://127.0.0.1/",
                "501",
                "a request over https reaches 127.0.0.1 through a tunnel: CONNECT 127.0.0.1:443",
            ),
            ("GET http://www.brand.test/", "403", "nobody here answers under www.brand.test"),
            ("GET https://www.brand.test/", "403", "nobody here answers under www.brand.test"),
            ("CONNECT www.brand.test:443", "403", "nobody here answers under www.brand.test"),
            ("CONNECT www.brand.example", "400", "a tunnel leads to HOST:PORT, not to www.brand.example"),
        ] {
            let expected = vec![(status.to_owned(), told.to_owned())];
            assert_eq!(proxied(&format!("{begins} {close}")), expected, "{begins}");
        }
    }

    #[test]
    fn a_tunnel_leads_to_whoever_speaks_another_protocol() {
        let through = "CONNECT drop.example:22 HTTP/1.1\r\n\r\n\
            GET /a HTTP/1.1\r\nHost: seen.by.it\r\nConnection: close\r\n\r\n";
        let expected = [("200", ""), ("200", "http://seen.by.it/a")];
        assert_eq!(proxied(through), expected.map(|(status, told)| (status.to_owned(), told.to_owned())));
    }

    /// A refusal takes no answer with it that was there before.
    #[test]
    fn a_proxy_answers_all_that_was_asked_at_once() {
        let ask = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
        let all = ["http://a.example/1", "http://OUTSIDE/2", "http://b.example/3", "http://b.test/4"];
        let answers = proxied(&all.map(ask).concat());
        let told: Vec<&str> = answers.iter().map(|(_, body)| body.as_str()).collect();
        assert_eq!(told, [all[0], all[1], all[2], "nobody here answers under b.test"]);
    }

    #[test]
    fn names_are_compared_as_they_are_meant() {
        for (host, expected) in [
            ("Accounts.EU1.gigya.com.", "accounts.eu1.gigya.com"),
            ("[::1]", "::1"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(plain_name(host), expected);
        }
    }
}
