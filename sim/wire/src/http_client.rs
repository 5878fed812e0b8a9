//! HTTP over reqwest, to wherever a host is said to be.

use crate::task;
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Uri, header};
use reqwest::redirect::Policy;
use standin_ports::{Http, HttpError, Reason, Request, Response};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Where a host is, if it is anywhere.
pub type Resolve = Arc<dyn Fn(&str) -> Option<SocketAddr> + Send + Sync>;

/// How long one request may take, connection and body included.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest body that an answer may have, in bytes.
pub const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Sends requests over plain HTTP/1.1 to the address of their host.
///
/// The request keeps its logical authority in `Host` and its logical scheme in `X-Forwarded-Proto`, so the
/// other side can rebuild the absolute URI. Redirects are answers like any other, cookies are the caller's,
/// bodies are passed as they came, and nothing is sent twice.
#[derive(Clone)]
pub struct HttpClient {
    handle: Handle,
    resolve: Resolve,
    client: Result<reqwest::Client, String>,
}

impl HttpClient {
    /// A client that works on the runtime behind `handle`. Connections are kept and used again; clones share
    /// them.
    pub fn new(handle: Handle, resolve: Resolve) -> Self {
        Self::with_timeout(handle, resolve, TIMEOUT)
    }

    /// The same with another limit for one request.
    pub fn with_timeout(handle: Handle, resolve: Resolve, timeout: Duration) -> Self {
        let client = crate::tls::trusting_nobody()
            .and_then(|tls| Self::built(tls, timeout).map_err(|error| error.to_string()));
        Self { handle, resolve, client }
    }

    fn built(tls: rustls::ClientConfig, timeout: Duration) -> reqwest::Result<reqwest::Client> {
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .no_proxy()
            .gzip(false)
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .timeout(timeout)
            .build()
    }
}

#[async_trait::async_trait]
impl Http for HttpClient {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let host = standin_ports::http::host_of(&request);
        let unreachable = |why: &str| HttpError::Unreachable { host: host.clone(), why: why.to_owned() };
        let client = self.client.as_ref().map_err(|why| unreachable(why))?.clone();
        let address = (self.resolve)(&host).ok_or_else(|| unreachable("the name does not resolve"))?;
        let outgoing = outgoing(request, address).map_err(|why| unreachable(&why))?;
        let sent = task::start(&self.handle, exchange(client, outgoing, host.clone()));
        sent.await.unwrap_or_else(|_| {
            Err(HttpError::Broken { host, why: "the network runtime stopped".to_owned() })
        })
    }
}

/// The same request as it goes to `address`.
fn outgoing(request: Request, address: SocketAddr) -> Result<reqwest::Request, String> {
    let (mut parts, body) = request.into_parts();
    let authority = parts.uri.authority().ok_or("the request names no host")?;
    // Whoever wants another `Host` than the one in the URI wants it on the wire, too.
    if !parts.headers.contains_key(header::HOST) {
        let shown = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host);
        let value = HeaderValue::from_str(shown).map_err(|_| "the host is no header value")?;
        parts.headers.insert(header::HOST, value);
    }
    if !parts.headers.contains_key(&FORWARDED_PROTO) {
        let scheme = parts.uri.scheme_str().unwrap_or("http");
        let value = HeaderValue::from_str(scheme).map_err(|_| "the scheme is no header value")?;
        parts.headers.insert(FORWARDED_PROTO, value);
    }
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    parts.uri = format!("http://{address}{target}").parse::<Uri>().map_err(|error| error.to_string())?;
    let request = http::Request::from_parts(parts, body);
    reqwest::Request::try_from(request).map_err(|error| error.to_string())
}

pub(crate) async fn exchange(
    client: reqwest::Client,
    request: reqwest::Request,
    host: String,
) -> Result<Response, HttpError> {
    let mut answer = client.execute(request).await.map_err(|error| failed(&host, &error))?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.version_mut() = answer.version();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    if let Some(reason) = answer.extensions().get::<hyper::ext::ReasonPhrase>() {
        let text = String::from_utf8_lossy(reason.as_bytes()).into_owned();
        response.extensions_mut().insert(Reason(text.into()));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&host, &error))? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            let why = format!("the answer is larger than {ANSWER_LIMIT} bytes");
            return Err(HttpError::Broken { host, why });
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = body.freeze();
    Ok(response)
}

fn failed(host: &str, error: &reqwest::Error) -> HttpError {
    let host = host.to_owned();
    if error.is_timeout() {
        HttpError::Timeout { host }
    } else if error.is_connect() {
        HttpError::Unreachable { host, why: innermost(error) }
    } else {
        HttpError::Broken { host, why: innermost(error) }
    }
}

/// What the network itself said; the layers above it repeat the URL, which may carry a secret.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;
    use tokio::runtime::Builder;

    /// A runtime on a thread that runs as long as the process: tests poll from outside of it.
    fn network() -> Handle {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            sender.send(runtime.handle().clone()).unwrap();
            runtime.block_on(std::future::pending::<()>());
        });
        receiver.recv().unwrap()
    }

    /// Answers one connection with `answer` once a head has come, and says what came.
    fn answering(answer: &'static [u8]) -> (SocketAddr, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            stream.write_all(answer).unwrap();
            if answer.is_empty() {
                // Silent, and still there.
                let _ = stream.read(&mut byte);
            }
            let _ = sender.send(String::from_utf8(head).unwrap());
        });
        (addr, receiver)
    }

    fn send(addr: SocketAddr, request: http::request::Builder) -> Result<Response, HttpError> {
        send_within(TIMEOUT, addr, request)
    }

    fn send_within(
        timeout: Duration,
        addr: SocketAddr,
        request: http::request::Builder,
    ) -> Result<Response, HttpError> {
        let resolve: Resolve = Arc::new(move |host| (host == "a.example").then_some(addr));
        let client = HttpClient::with_timeout(network(), resolve, timeout);
        block_on(client.send(request.body(Bytes::new()).unwrap()))
    }

    #[test]
    fn a_request_keeps_its_host_and_says_its_scheme() {
        let (addr, heads) =
            answering(b"HTTP/1.1 302 See elsewhere\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nhi");
        let request = http::Request::get("https://a.example:8443/p?q=%C3%A9").header("x-mine", "1");
        let response = send(addr, request).unwrap();
        let reason = response.extensions().get::<Reason>().map(|Reason(text)| text.as_ref());
        assert_eq!((response.status().as_u16(), reason), (302, Some("See elsewhere")));
        assert_eq!(
            (response.body().as_ref(), &response.headers()["location"]),
            (b"hi".as_slice(), &"/x".parse::<HeaderValue>().unwrap())
        );
        let head = heads.recv().unwrap();
        let mut lines: Vec<&str> = head.trim_end().lines().collect();
        lines[1..].sort_unstable();
        let expected = [
            "GET /p?q=%C3%A9 HTTP/1.1",
            "accept: */*",
            "host: a.example:8443",
            "x-forwarded-proto: https",
            "x-mine: 1",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_goes_wrong_has_a_name() {
        let get = || http::Request::get("http://a.example/");
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(
            matches!(send(closed, get()), Err(HttpError::Unreachable { host, .. }) if host == "a.example")
        );
        let (silent, _heads) = answering(b"");
        assert_eq!(
            send_within(Duration::from_millis(50), silent, get()).err(),
            Some(HttpError::Timeout { host: "a.example".to_owned() })
        );
        for broken in [
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".as_slice(),
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"nonsense\r\n\r\n",
        ] {
            let (addr, _heads) = answering(broken);
            assert!(matches!(send(addr, get()), Err(HttpError::Broken { .. })));
        }
        for uri in ["/relative", "http://b.example/"] {
            let refused = send(closed, http::Request::get(uri));
            assert!(matches!(refused, Err(HttpError::Unreachable { .. })), "{uri}");
        }
    }

    #[test]
    fn a_compressed_answer_stays_compressed() {
        let (addr, _heads) =
            answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08");
        let response = send(addr, http::Request::get("http://a.example/")).unwrap();
        assert_eq!(response.body().as_ref(), b"\x1f\x8b\x08");
        assert_eq!(response.headers()["content-encoding"], "gzip");
    }
}
