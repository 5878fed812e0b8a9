//! Any surface over HTTP/1.1.

use crate::forward::forward;
use crate::front::{Names, PATIENCE, Way, plain_name};
use crate::gzip;
use crate::room::{Place, Room, Used};
use crate::served::{self, Served, pass};
use crate::tolerant::{Notes, Streaming, Tolerant};
use ::http::request::Parts;
use ::http::uri::{Authority, PathAndQuery, Scheme};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use standin_ports::http::{Addressed, Halved, Oversized, Peer, Streamed, Unreadable, Waits};
use standin_ports::{Http, HttpError, Reason, Request, Response};
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// The largest body that a surface gets to see, in bytes; of a larger one it hears only that it came.
pub const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// How much of a body above the limit is read, so that its client gets to read the refusal.
const DRAINED: usize = 8 * BODY_LIMIT;

/// How long a body that goes on may be quiet.
const QUIET: Duration = Duration::from_secs(15);

/// How long a body that goes on has for its next piece when nothing more comes from its client.
const PARTING: Duration = Duration::from_millis(500);

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Serves `surface` on `listener`, on the runtime that the caller is in.
pub fn spawn(listener: TcpListener, surface: Arc<dyn Http>) -> io::Result<Served> {
    spawn_on(&served::current()?, listener, surface)
}

/// Serves `surface` on `listener`, on the runtime behind `handle`.
///
/// The surface sees the absolute URI that the client meant: scheme from `X-Forwarded-Proto` (else `http`),
/// authority from `X-Forwarded-Host`, else from the request target where a client takes this for its proxy, else
/// `Host`. A body above [`BODY_LIMIT`] is withheld and marked [`Oversized`]. What is no request that a surface could
/// be sent is answered as [`Http::unreadable`] words it. What the surface marks
/// [`Compressible`](standin_ports::http::Compressible) is compressed for clients that accept gzip. Where the surface has no answer, the connection
/// is cut, so the client sees what it would see of a platform that broke.
pub fn spawn_on(handle: &Handle, listener: TcpListener, surface: Arc<dyn Http>) -> io::Result<Served> {
    spawn_in(handle, listener, Room::shared(), surface)
}

fn spawn_in(
    handle: &Handle,
    listener: TcpListener,
    room: Arc<Room>,
    surface: Arc<dyn Http>,
) -> io::Result<Served> {
    served::accept(handle, listener, room, move |stream, place| {
        let line = Line { peer: foreign_peer(&stream), scheme: Scheme::HTTP, names: None, place };
        connection(stream, line, Arc::clone(&surface))
    })
}

/// What is known about a connection before anything is read from it.
#[derive(Clone)]
pub(crate) struct Line {
    /// Who calls, from another machine.
    pub(crate) peer: Option<IpAddr>,
    /// How the client speaks, where nothing in front of us says otherwise.
    pub(crate) scheme: Scheme,
    /// Where host names lead, for a client that may take this for its proxy.
    pub(crate) names: Option<Names>,
    /// What it gives up when it has been idle for longest, and another comes.
    pub(crate) place: Arc<Place>,
}

/// Who calls. Those on this machine are not told apart, as in memory.
pub(crate) fn foreign_peer(stream: &TcpStream) -> Option<IpAddr> {
    stream.peer_addr().ok().map(|peer| peer.ip()).filter(|ip| !ip.to_canonical().is_loopback())
}

/// Serves one connection to its end.
pub(crate) async fn connection<S>(stream: S, line: Line, surface: Arc<dyn Http>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = Tolerant::new(stream);
    let notes = stream.notes();
    // Who has only just come is about to ask, and is no more idle than who has asked.
    let first = Mutex::new(Some(line.place.used()));
    let mut patience = pin!(async {
        pass(PATIENCE).await;
        drop(taken(&first));
        std::future::pending::<()>().await;
    });
    let service = service_fn(|request| {
        notes.request_began();
        let used = taken(&first).unwrap_or_else(|| line.place.used());
        let answer = answer(request, Arc::clone(&surface), Arc::clone(&notes), line.clone(), used);
        Box::pin(async { answer.await.inspect(|_| notes.answer_is_ready()) })
    });
    let mut builder = http1::Builder::new();
    // A `Date` would be the wall clock's.
    // Simple clients close their half once they have asked.
    builder.auto_date_header(false).pipeline_flush(true).half_close(true);
    let ended = {
        let mut serving = pin!(builder.serve_connection(TokioIo::new(&mut stream), service));
        loop {
            tokio::select! {
                biased;
                ended = poll_fn(|context| serving.poll_without_shutdown(context)) => break ended,
                () = line.place.is_wanted() => serving.as_mut().graceful_shutdown(),
                () = &mut patience => {}
            }
        }
    };
    let last = match &ended {
        Ok(()) => Vec::new(),
        Err(error) if error.is_parse() && stream.owes_an_answer() => {
            last_bytes(&surface.unreadable(&unreadable(error)))
        }
        // Another error is the client's, or the cut that the surface asked for.
        Err(_) => return,
    };
    // Where this fails, nobody is there any more.
    let _ = stream.end_with(&last).await;
}

fn taken(first: &Mutex<Option<Used>>) -> Option<Used> {
    first.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// What is wrong with bytes of which the HTTP library made no request.
fn unreadable(error: &hyper::Error) -> Unreadable {
    let (status, why) = match error.is_parse_too_large() {
        true => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the head of the request is too large"),
        false => (StatusCode::BAD_REQUEST, "this cannot be read as a request"),
    };
    Unreadable { status, why, target: None }
}

/// A response on a connection that the HTTP library has given up.
fn last_bytes(response: &Response) -> Vec<u8> {
    let status = response.status();
    let mut bytes =
        format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    for (name, value) in response.headers() {
        bytes.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    bytes.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", response.body().len()));
    [bytes.as_bytes(), response.body()].concat()
}

async fn answer(
    request: ::http::Request<Incoming>,
    surface: Arc<dyn Http>,
    notes: Arc<Notes>,
    line: Line,
    used: Used,
) -> Result<::http::Response<Body>, HttpError> {
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().cloned();
    let refuse = |status, why| {
        let mut response = outgoing(surface.unreadable(&Unreadable { status, why, target: target.clone() }));
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        Ok(response)
    };
    if notes.target_was_cut() {
        return refuse(StatusCode::URI_TOO_LONG, "the request target is too long");
    }
    let uri = match logical_uri(&parts, line.scheme) {
        Ok(uri) => uri,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, why),
    };
    if let Some(names) = &line.names {
        // Whoever names the host in the target takes us for a proxy, and is told in words; for all others a name that
        // nobody has is dead, as the surface will find.
        let asked = parts.uri.host();
        match (names(&plain_name(asked.or(uri.host()).unwrap_or_default()), None), asked) {
            (Way::Outside, Some(_)) => {
                return Ok(forward(parts, body).await.unwrap_or_else(|(status, why)| in_words(status, why)));
            }
            (Way::Nowhere, Some(host)) => {
                return Ok(in_words(StatusCode::FORBIDDEN, crate::front::nobody(host)));
            }
            _ => {}
        }
    }
    let body = match whole(&parts.headers, body, &notes).await {
        Ok(body) => body,
        Err(NotWhole::TooLarge) => {
            parts.extensions.insert(Oversized);
            Bytes::new()
        }
        Err(NotWhole::BrokenOff) => {
            let host = uri.host().unwrap_or_default().to_owned();
            return Err(HttpError::Broken { host, why: "the request broke off".to_owned() });
        }
    };
    if parts.headers.contains_key(FORWARDED_HOST) {
        let addressed = Addressed(addressed(&parts).unwrap_or_default());
        parts.extensions.insert(addressed);
    }
    parts.uri = uri;
    if let Some(peer) = line.peer {
        parts.extensions.insert(Peer(peer));
    }
    parts.extensions.insert(notes.left());
    let gzip = gzip::accepted(&parts.headers);
    without_hops(&mut parts.headers);
    parts.headers.remove(FORWARDED_PROTO);
    parts.headers.remove(FORWARDED_HOST);
    let response = surface.send(Request::from_parts(parts, body)).await?;
    let gzip = gzip && response.extensions().get::<Halved>().is_none();
    if let Some(waits) = response.extensions().get::<Waits>() {
        pass(waits.before).await;
    }
    let mut response = if gzip { gzip::compressed(response) } else { response };
    Ok(match response.extensions_mut().remove::<Streamed>() {
        Some(streamed) => outgoing(response).map(|first| following(first, streamed, notes, used)),
        None => outgoing(response),
    })
}

/// An answer of the proxy itself.
fn in_words(status: StatusCode, why: String) -> ::http::Response<Body> {
    let mut answer = ::http::Response::new(Body::from(why));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// The URI that the client meant, or what is wrong with what it sent.
fn logical_uri(parts: &Parts, scheme: Scheme) -> Result<Uri, &'static str> {
    const TARGET: &str = "only a path or an address with http or https is served as the request target";
    let asked = parts.uri.scheme().filter(|asked| [&Scheme::HTTP, &Scheme::HTTPS].contains(asked));
    let proxied = asked.is_some();
    if parts.method == Method::CONNECT || (parts.uri.authority().is_some() && !proxied) {
        return Err(TARGET);
    }
    let target = parts.uri.path_and_query().filter(|target| target.as_str().starts_with('/'));
    let target: PathAndQuery = target.cloned().ok_or(TARGET)?;
    let scheme = match single(&parts.headers, FORWARDED_PROTO)? {
        // Some clients ask their proxy to speak TLS for them.
        None if asked == Some(&Scheme::HTTPS) => Scheme::HTTPS,
        None => scheme,
        Some(text) if text.eq_ignore_ascii_case("http") => Scheme::HTTP,
        Some(text) if text.eq_ignore_ascii_case("https") => Scheme::HTTPS,
        Some(_) => return Err("x-forwarded-proto is http or https"),
    };
    let named = single(&parts.headers, header::HOST)?;
    let host = match (single(&parts.headers, FORWARDED_HOST)?, parts.uri.authority()) {
        (Some(host), _) => host,
        (None, Some(authority)) => authority.as_str(),
        (None, None) => named.ok_or("the host header is missing")?,
    };
    let authority: Authority = host.parse().map_err(|_| "the host header is not a host")?;
    if host.contains('@') || authority.host().is_empty() {
        return Err("the host header is not a host");
    }
    let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(target);
    uri.build().map_err(|_| "the request target is not a path")
}

/// The host that the client itself addressed: that of the request target, else of `Host`.
fn addressed(parts: &Parts) -> Option<String> {
    let named = || single(&parts.headers, header::HOST).ok().flatten()?.parse().ok();
    let authority: Option<Authority> = parts.uri.authority().cloned().or_else(named);
    authority.map(|authority| authority.host().to_ascii_lowercase())
}

/// The value of a header that may come once. Proxies in a row make a list; its first is what the client saw.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, &'static str> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("a header that says where the request goes comes twice");
    }
    let text = value.to_str().map_err(|_| "a header that says where the request goes is not text")?;
    Ok(Some(text.split(',').next().unwrap_or_default().trim()))
}

enum NotWhole {
    TooLarge,
    BrokenOff,
}

/// The whole body; a body above the limit is read to its end, within reason, so that the client gets to read
/// its refusal.
async fn whole(headers: &HeaderMap, mut body: Incoming, notes: &Notes) -> Result<Bytes, NotWhole> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let limit = u64::try_from(BODY_LIMIT).unwrap_or(u64::MAX);
    let declared_too_large = declared.is_some_and(|length: u64| length > limit);
    // Nothing was sent yet where the client waits to be told to go on.
    if declared_too_large && headers.contains_key(header::EXPECT) {
        return Err(NotWhole::TooLarge);
    }
    let (mut first, mut all) = (Bytes::new(), BytesMut::new());
    let mut seen = 0usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(NotWhole::BrokenOff) };
        let Ok(chunk) = frame.into_data() else { continue };
        seen = seen.saturating_add(chunk.len());
        if seen > DRAINED {
            return Err(NotWhole::TooLarge);
        }
        if declared_too_large || seen > BODY_LIMIT {
            (first, all) = (Bytes::new(), BytesMut::new());
        } else if seen == chunk.len() {
            first = chunk;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&chunk);
        }
    }
    notes.body_is_read();
    if seen > BODY_LIMIT {
        return Err(NotWhole::TooLarge);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn outgoing(response: Response) -> ::http::Response<Body> {
    let (mut parts, body) = response.into_parts();
    without_hops(&mut parts.headers);
    // The connection counts the body itself.
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(Reason(phrase)) = parts.extensions.remove::<Reason>()
        && let Ok(phrase) = ReasonPhrase::try_from(phrase.as_bytes())
    {
        parts.extensions.insert(phrase);
    }
    if let Some(Halved(whole)) = parts.extensions.remove::<Halved>() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole));
        return ::http::Response::from_parts(parts, Body::from_stream(broken_off(body)));
    }
    let slow = parts.extensions.get::<Waits>().copied().filter(|waits| waits.bytes_per_second.is_some());
    let body = match slow {
        Some(waits) => Body::from_stream(paced(body, waits)),
        None => Body::from(body),
    };
    ::http::Response::from_parts(parts, body)
}

/// A body in pieces, each after the time that it takes.
fn paced(body: Bytes, waits: Waits) -> impl Stream<Item = Result<Bytes, Infallible>> {
    // As many bytes as a tenth of a second takes.
    let piece =
        usize::try_from(waits.bytes_per_second.unwrap_or(1).div_ceil(10)).unwrap_or(usize::MAX).max(1);
    stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        let sent = rest.split_to(piece.min(rest.len()));
        pass(waits.for_body(sent.len())).await;
        Some((Ok(sent), rest))
    })
}

/// A body behind which the connection ends.
fn broken_off(body: Bytes) -> impl Stream<Item = io::Result<Bytes>> {
    let end = async {
        // Once more round, so that what is there is sent before the end.
        tokio::task::yield_now().await;
        Err(io::ErrorKind::ConnectionAborted.into())
    };
    stream::iter((!body.is_empty()).then_some(Ok(body))).chain(stream::once(end))
}

/// A body that goes on. Pieces are asked for when the last one is on its way, so a slow reader makes nothing pile up.
fn following(first: Body, streamed: Streamed, notes: Arc<Notes>, used: Used) -> Body {
    let streaming = notes.stream_began();
    let pieces = stream::unfold((streamed, streaming, used), |(streamed, streaming, used)| async {
        let piece = following_piece(&streamed, &streaming).await?;
        Some((Ok::<_, axum::Error>(piece), (streamed, streaming, used)))
    });
    Body::from_stream(first.into_data_stream().chain(pieces))
}

async fn following_piece(streamed: &Streamed, streaming: &Streaming) -> Option<Bytes> {
    let mut next = streamed.pieces.next();
    let soon = async {
        tokio::select! {
            biased;
            piece = &mut next => Some(piece),
            () = streaming.client_left() => None,
        }
    };
    match tokio::time::timeout(QUIET, soon).await {
        Ok(Some(piece)) => piece,
        Err(_) => Some(Bytes::from_static(streamed.idle)),
        // A client that has closed only its own half still reads what is there.
        Ok(None) => tokio::time::timeout(PARTING, next).await.ok().flatten(),
    }
}

/// Takes away what speaks about one connection and not about the message.
pub(crate) fn without_hops(headers: &mut HeaderMap) {
    const HOPS: [HeaderName; 5] =
        [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TE, header::TRAILER];
    // Most messages have none of them, and a look at each name they have costs less.
    if headers.keys().any(|name| HOPS.contains(name)) {
        HOPS.iter().for_each(|name| _ = headers.remove(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Network;
    use pollster::block_on;
    use standin_ports::http::{Compressible, Left};
    use standin_wire::HttpClient;
    use std::io::{Read, Write};
    use std::net::{Shutdown, SocketAddr, TcpStream};

    /// Says what it was asked; `/broken` breaks. Keeps the requests.
    #[derive(Default)]
    struct Echo(Mutex<Vec<Request>>);

    #[async_trait::async_trait]
    impl Http for Echo {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            let said = format!("{} {} {}", request.method(), request.uri(), request.body().len());
            let path = request.uri().path().to_owned();
            self.0.lock().unwrap().push(request);
            if path == "/broken" {
                return Err(HttpError::Broken { host: String::new(), why: String::new() });
            }
            let mut response = Response::new(Bytes::from(said));
            *response.status_mut() = StatusCode::from_u16(if path == "/412" { 412 } else { 200 }).unwrap();
            if path == "/412" {
                response.extensions_mut().insert(Reason("Duplicate E-mail".into()));
            }
            if path == "/gzip" {
                response.extensions_mut().insert(Compressible);
            }
            response
                .headers_mut()
                .insert(header::LOCATION, HeaderValue::from_static("https://else.example/"));
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("999"));
            Ok(response)
        }
    }

    struct Stand {
        network: Network,
        echo: Arc<Echo>,
        served: Served,
    }

    fn stand() -> Stand {
        let network = Network::start();
        let echo = Arc::new(Echo::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let served = spawn_on(network.handle(), listener, echo.clone()).unwrap();
        Stand { network, echo, served }
    }

    fn client(stand: &Stand) -> HttpClient {
        let addr = stand.served.addr;
        let resolve = move |host: &str| host.ends_with(".gigya.com").then_some(addr);
        HttpClient::new(stand.network.handle().clone(), Arc::new(resolve))
    }

    fn request(method: Method, uri: &str, body: impl Into<Bytes>) -> Request {
        ::http::Request::builder().method(method).uri(uri).body(body.into()).unwrap()
    }

    #[test]
    fn the_surface_sees_the_absolute_uri_and_the_client_the_reason() {
        let stand = stand();
        let client = client(&stand);
        for (method, uri, status, reason) in [
            (Method::GET, "https://accounts.eu1.gigya.com/accounts.login?a=%20b&c", 200, None),
            (Method::POST, "https://accounts.eu1.gigya.com/412", 412, Some("Duplicate E-mail")),
            (Method::PUT, "http://cdn.gigya.com:8443/", 200, None),
        ] {
            let response = block_on(client.send(request(method.clone(), uri, "12345"))).unwrap();
            let said = response.extensions().get::<Reason>().map(|Reason(text)| text.as_ref());
            assert_eq!((response.status().as_u16(), said), (status, reason));
            assert_eq!(response.body(), &format!("{method} {uri} 5"));
            assert_eq!(response.headers()[header::LOCATION], "https://else.example/");
            assert_eq!(response.headers().get(header::DATE), None);
        }
        let seen = stand.echo.0.lock().unwrap();
        assert!(seen.iter().all(|request| !request.headers().contains_key(FORWARDED_PROTO)));
    }

    #[test]
    fn a_surface_without_an_answer_is_a_broken_connection() {
        let stand = stand();
        let client = client(&stand);
        let uri = "https://accounts.eu1.gigya.com/broken";
        for _ in 0..3 {
            let error = block_on(client.send(request(Method::POST, uri, "x"))).unwrap_err();
            assert!(matches!(error, HttpError::Broken { ref host, .. } if host == "accounts.eu1.gigya.com"));
            let good = request(Method::GET, "https://accounts.eu1.gigya.com/", "");
            assert_eq!(block_on(client.send(good)).unwrap().status(), 200);
        }
        assert_eq!(stand.echo.0.lock().unwrap().len(), 6, "nothing is sent twice");
    }

    #[test]
    fn nobody_there() {
        let stand = stand();
        let client = client(&stand);
        let uri = "https://nowhere.example/";
        let error = block_on(client.send(request(Method::GET, uri, ""))).unwrap_err();
        let why = "the name does not resolve".to_owned();
        assert_eq!(error, HttpError::Unreachable { host: "nowhere.example".to_owned(), why });
        drop(stand.served);
        let uri = "https://accounts.eu1.gigya.com/";
        stand.network.settle();
        let error = block_on(client.send(request(Method::GET, uri, ""))).unwrap_err();
        assert!(matches!(error, HttpError::Unreachable { .. }), "{error}");
    }

    #[test]
    fn a_body_above_the_limit_is_withheld() {
        let stand = stand();
        let client = client(&stand);
        let uri = "https://accounts.eu1.gigya.com/";
        for (length, seen) in [(BODY_LIMIT, BODY_LIMIT), (BODY_LIMIT + 1, 0), (100 << 20, 0)] {
            let response = block_on(client.send(request(Method::POST, uri, vec![b'x'; length]))).unwrap();
            assert_eq!(response.body(), &format!("POST {uri} {seen}"));
        }
        let seen = stand.echo.0.lock().unwrap();
        let marked: Vec<bool> = seen.iter().map(|it| it.extensions().get::<Oversized>().is_some()).collect();
        assert_eq!(marked, [false, true, true]);
    }

    #[test]
    fn bodies_in_chunks_and_connections_kept_open() {
        let stand = stand();
        let bytes = "POST /a HTTP/1.1\r\nHost: x.example\r\nTransfer-Encoding: chunked\r\n\r\n\
                     3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n\
                     GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n\
                     GET /c HTTP/1.0\r\nHost: x.example\r\n\r\n";
        let answer = whole_answer(stand.served.addr, bytes);
        let said: Vec<&str> = answer.lines().filter(|line| line.contains("http://")).collect();
        let expected = ["POST http://x.example/a 5", "GET http://x.example/b 0", "GET http://x.example/c 0"];
        assert!(said.iter().zip(expected).all(|(line, expected)| line.starts_with(expected)), "{answer}");
        assert_eq!(said.len(), 3, "{answer}");
    }

    #[test]
    fn what_servers_take_in_a_target_is_taken_on_every_request() {
        let stand = stand();
        let mut stream = TcpStream::connect(stand.served.addr).unwrap();
        // Were the body taken for a head, it would change.
        let body = "GET /\"<never> HTTP/1.1\r\n\r\n";
        let endless = format!("/{}", "x".repeat(300_000));
        for (target, status) in
            [("/a?q=\"1\"<2", "200"), ("/<b>?\u{e9}", "200"), ("/c`", "200"), (endless.as_str(), "414")]
        {
            let length = body.len();
            let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
            let mut answer = [0; 400];
            let length = stream.read(&mut answer).unwrap();
            let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
            assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
        }
        let seen = stand.echo.0.lock().unwrap();
        let uris: Vec<String> = seen.iter().map(|request| request.uri().to_string()).collect();
        assert_eq!(uris, ["http://x/a?q=%221%22%3C2", "http://x/%3Cb%3E?%C3%A9", "http://x/c%60"]);
        assert!(seen.iter().all(|request| request.body() == body));
        assert!(seen.iter().all(|request| request.extensions().get::<Peer>().is_none()), "this machine");
    }

    #[test]
    fn compressed_where_surface_and_client_agree() {
        let stand = stand();
        let ask = |path: &str, accepts: &str| {
            let bytes = format!(
                "GET {path} HTTP/1.1\r\nHost: x.example\r\nAccept-Encoding: {accepts}\r\nConnection: close\r\n\r\n"
            );
            whole_answer(stand.served.addr, &bytes).to_ascii_lowercase().contains("content-encoding: gzip")
        };
        for (path, accepts, expected) in [
            ("/gzip", "gzip, deflate", true),
            ("/gzip", "br;q=1.0, GZIP;q=0.5", true),
            ("/gzip", "*", true),
            ("/gzip", "gzip;q=0", false),
            ("/gzip", "gzip;q=0, *", false),
            ("/gzip", "identity", false),
            ("/plain", "gzip", false),
        ] {
            assert_eq!(ask(path, accepts), expected, "{path} {accepts}");
        }
        let uri = "https://accounts.eu1.gigya.com/gzip";
        let response = block_on(client(&stand).send(request(Method::GET, uri, ""))).unwrap();
        assert_eq!(response.body(), &format!("GET {uri} 0"), "what the client reads is the same");
    }

    fn whole_answer(addr: SocketAddr, bytes: &str) -> String {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status line of what a socket answers to these bytes.
    fn raw(addr: SocketAddr, bytes: &str) -> String {
        whole_answer(addr, bytes).lines().next().unwrap_or_default().to_owned()
    }

    /// `/half` breaks off; anything else goes on, without a piece.
    struct Odd(Mutex<Option<std::sync::mpsc::Sender<()>>>);

    struct Never(std::sync::mpsc::Sender<()>);

    impl Drop for Never {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    #[async_trait::async_trait]
    impl standin_ports::http::Pieces for Never {
        async fn next(&self) -> Option<Bytes> {
            std::future::pending().await
        }
    }

    #[async_trait::async_trait]
    impl Http for Odd {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            let mut response = Response::new(Bytes::from_static(b"12345"));
            if request.uri().path() == "/half" {
                response.extensions_mut().insert(Halved(10));
                response.extensions_mut().insert(Compressible);
            } else if let Some(gone) = self.0.lock().unwrap().take() {
                let pieces = Arc::new(Never(gone));
                response.extensions_mut().insert(Streamed { pieces, idle: b": idle" });
            }
            Ok(response)
        }
    }

    fn odd() -> (Network, Served, std::sync::mpsc::Receiver<()>) {
        let (gone, left) = std::sync::mpsc::channel();
        let network = Network::start();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let odd = Arc::new(Odd(Mutex::new(Some(gone))));
        let served = spawn_on(network.handle(), listener, odd).unwrap();
        (network, served, left)
    }

    #[test]
    fn half_a_body_says_how_long_the_whole_is() {
        let (_network, served, _) = odd();
        let asked = "GET /half HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n";
        let answer = whole_answer(served.addr, asked);
        assert!(
            answer.contains("\r\ncontent-length: 10\r\n") && answer.ends_with("\r\n\r\n12345"),
            "{answer}"
        );
    }

    /// Does not answer before its client has left.
    struct Patient(Mutex<Option<std::sync::mpsc::Sender<()>>>);

    #[async_trait::async_trait]
    impl Http for Patient {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            let left = request.extensions().get::<Left>().unwrap().clone();
            while !left.is_so() {
                pass(Duration::from_millis(5)).await;
            }
            let _ = self.0.lock().unwrap().take().unwrap().send(());
            Ok(Response::new(Bytes::new()))
        }
    }

    #[test]
    fn a_client_that_leaves_is_known_to_have_left_while_its_answer_is_made() {
        let (gone, left) = std::sync::mpsc::channel();
        let network = Network::start();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let served = spawn_on(network.handle(), listener, Arc::new(Patient(Mutex::new(Some(gone))))).unwrap();
        let mut stream = connect(&served);
        stream.write_all(b"POST /long HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1").unwrap();
        network.settle();
        assert_eq!(left.try_recv(), Err(std::sync::mpsc::TryRecvError::Empty));
        drop(stream);
        left.recv_timeout(Duration::from_secs(5)).unwrap();
    }

    /// Long before anything would be sent, which is what else tells that nobody is there.
    #[test]
    fn a_client_that_leaves_ends_what_goes_on() {
        let (_network, served, left) = odd();
        let mut stream = TcpStream::connect(served.addr).unwrap();
        stream.write_all(b"GET /on HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut head = [0; 400];
        let length = stream.read(&mut head).unwrap();
        assert!(head[..length].starts_with(b"HTTP/1.1 200 OK"));
        drop(stream);
        left.recv_timeout(QUIET * 2 / 3).unwrap();
    }

    /// Echoes to as many clients at once.
    fn stand_for(most: usize) -> Stand {
        let network = Network::start();
        let echo = Arc::new(Echo::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let served = spawn_in(network.handle(), listener, Room::of(most), echo.clone()).unwrap();
        Stand { network, echo, served }
    }

    /// A connection on which nobody waits for ever.
    fn connect(served: &Served) -> TcpStream {
        let stream = TcpStream::connect(served.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// Asks on a connection that stays open; whether an answer comes.
    fn answered(stream: &mut TcpStream) -> bool {
        let asked = stream.write_all(b"GET /else HTTP/1.1\r\nHost: x\r\n\r\n");
        let mut answer = [0; 400];
        asked.is_ok()
            && stream.read(&mut answer).is_ok_and(|length| answer[..length].starts_with(b"HTTP/1.1 200"))
    }

    /// Clients keep connections open that they do not use.
    #[test]
    fn who_has_been_idle_longest_makes_room() {
        let stand = stand_for(2);
        let connect = || connect(&stand.served);
        let (mut first, mut second) = (connect(), connect());
        assert!(answered(&mut first) && answered(&mut second) && answered(&mut first));
        let mut third = connect();
        assert!(answered(&mut third), "there is room for it");
        assert_eq!(second.read(&mut [0]).unwrap(), 0, "which was the second's");
        assert!(answered(&mut first) && answered(&mut third));
        drop((first, third));
        let mut more: Vec<TcpStream> = (0..20).map(|_| connect()).collect();
        assert!(more.iter_mut().all(answered), "they come in turn");
    }

    /// The second client has asked for all but the last byte, the third for nothing yet.
    #[test]
    fn who_is_about_something_is_not_ended_for_another() {
        let stand = stand_for(3);
        let connect = || connect(&stand.served);
        let (mut idle, mut asking, mut new) = (connect(), connect(), connect());
        assert!(answered(&mut idle));
        asking.write_all(b"POST /else HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1234").unwrap();
        stand.network.settle();
        let mut fourth = connect();
        assert!(answered(&mut fourth));
        assert_eq!(idle.read(&mut [0]).unwrap(), 0);
        asking.write_all(b"5").unwrap();
        let mut answer = [0; 400];
        let length = asking.read(&mut answer).unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
        assert!(answered(&mut new));
    }

    #[test]
    fn where_all_are_busy_whoever_comes_waits_for_the_first_that_is_not() {
        let stand = stand_for(1);
        let mut asking = connect(&stand.served);
        asking.write_all(b"POST /else HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1234").unwrap();
        stand.network.settle();
        let mut waiting = connect(&stand.served);
        waiting.write_all(b"GET /else HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stand.network.settle();
        assert_eq!(stand.echo.0.lock().unwrap().len(), 0);
        asking.write_all(b"5").unwrap();
        let mut answer = String::new();
        asking.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(waiting.read(&mut [0; 400]).unwrap() > 0);
    }

    #[test]
    fn what_goes_on_is_not_ended_for_another() {
        let (gone, left) = std::sync::mpsc::channel();
        let network = Network::start();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let odd = Arc::new(Odd(Mutex::new(Some(gone))));
        let served = spawn_in(network.handle(), listener, Room::of(2), odd).unwrap();
        let connect = || connect(&served);
        let mut goes_on = connect();
        goes_on.write_all(b"GET /on HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert!(goes_on.read(&mut [0; 400]).unwrap() > 0);
        let mut idle: Vec<TcpStream> = (0..3).map(|_| connect()).collect();
        assert!(idle.iter_mut().all(answered));
        assert_eq!(left.try_recv(), Err(std::sync::mpsc::TryRecvError::Empty));
    }

    /// A piece a tenth of a second, on a clock that nobody waits for.
    #[test]
    fn a_slow_body_comes_in_pieces_and_whole() {
        let waits = Waits { before: Duration::ZERO, bytes_per_second: Some(50) };
        let pieces = async {
            let began = tokio::time::Instant::now();
            let pieces = paced(Bytes::from_static(b"slow and sure"), waits).map(Result::unwrap);
            pieces.map(move |piece| (piece, began.elapsed().as_millis())).collect::<Vec<_>>().await
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let expected = [("slow ", 100), ("and s", 200), ("ure", 260)];
        assert_eq!(runtime.block_on(pieces), expected.map(|(text, at)| (Bytes::from(text), at)));
    }

    #[test]
    fn odd_requests_are_refused() {
        let stand = stand();
        for (bytes, expected) in [
            ("GET /a HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK"),
            ("GET ftp://x.example/a HTTP/1.1\r\nHost: x.example\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("OPTIONS * HTTP/1.1\r\nHost: x.example\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("CONNECT x.example:443 HTTP/1.1\r\nHost: x.example\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a HTTP/1.1\r\nHost: me@a\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: ftp\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a HTTP/1.1\r\nHo st: a\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("\u{16}\u{3}\u{1} a TLS hello", "HTTP/1.1 400 Bad Request"),
        ] {
            let answer = whole_answer(stand.served.addr, bytes);
            assert_eq!(answer.lines().next(), Some(expected), "{bytes:?}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(!body.is_empty() && !body.contains("HTTP/1.1"), "{answer}");
            assert!(head.to_lowercase().contains("\r\nconnection: close"), "{answer}");
        }
        for forwarded in [
            "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Host: p.example\r\n\
             X-Forwarded-Proto: HTTPS\r\nConnection: close\r\n\r\n",
            "GET /b HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Host: p.example, inner.example\r\n\
             X-Forwarded-Proto: https,http\r\nConnection: close\r\n\r\n",
            "GET http://q.example:81/c?d HTTP/1.1\r\nHost: q.example:81\r\nConnection: close\r\n\r\n",
        ] {
            assert_eq!(raw(stand.served.addr, forwarded), "HTTP/1.1 200 OK", "{forwarded}");
        }
        let seen: Vec<String> =
            stand.echo.0.lock().unwrap().iter().map(|request| request.uri().to_string()).collect();
        assert_eq!(
            seen,
            ["http://x.example/a", "https://p.example/a", "https://p.example/b", "http://q.example:81/c?d"]
        );
        let addressed = |request: &Request| request.extensions().get::<Addressed>().map(|it| it.0.clone());
        let addressed: Vec<_> = stand.echo.0.lock().unwrap().iter().map(addressed).collect();
        let here = || Some("127.0.0.1".to_owned());
        assert_eq!(addressed, [None, here(), here(), None], "what was asked is not forgotten");
    }
}
