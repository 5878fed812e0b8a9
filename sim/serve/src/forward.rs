//! A request that a client gave to us as its proxy, on its way to a host of the world outside.

use crate::http::without_hops;
use ::http::header::{self, HeaderName};
use ::http::request::Parts;
use ::http::uri::Scheme;
use ::http::{HeaderValue, Response, StatusCode, Uri};
use axum::body::Body;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The port of an address that names none.
const HTTP: u16 = 80;

/// What a client says to its proxy alone.
const TO_THE_PROXY: [HeaderName; 3] = [
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("keep-alive"),
];

/// Sends the request where its target says, and gives what comes back as it comes; else a status and why.
pub(crate) async fn forward(
    mut parts: Parts,
    body: Incoming,
) -> Result<Response<Body>, (StatusCode, String)> {
    let target = std::mem::take(&mut parts.uri);
    let (Some(host), Some(authority)) = (target.host(), target.authority()) else {
        return Err((StatusCode::BAD_REQUEST, "the request target names no host".to_owned()));
    };
    if target.scheme() != Some(&Scheme::HTTP) {
        let why = format!("a request over https reaches {host} through a tunnel: CONNECT {host}:443");
        return Err((StatusCode::NOT_IMPLEMENTED, why));
    }
    let unreachable = |_| (StatusCode::BAD_GATEWAY, format!("{host} cannot be reached"));
    let broken = |error: hyper::Error| (StatusCode::BAD_GATEWAY, format!("{host} broke off: {error}"));
    let place = (host.trim_matches(['[', ']']), target.port_u16().unwrap_or(HTTP));
    let stream = TcpStream::connect(place).await.map_err(unreachable)?;
    let (mut there, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends with the answer, or when nobody waits for that any more.
    tokio::spawn(connection);
    let bad = || (StatusCode::BAD_REQUEST, "the request target is not a path".to_owned());
    let path = target.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse::<Uri>().map_err(|_| bad())?;
    parts.version = ::http::Version::HTTP_11;
    without_hops(&mut parts.headers);
    TO_THE_PROXY.iter().for_each(|name| _ = parts.headers.remove(name));
    parts.headers.insert(header::HOST, HeaderValue::from_str(authority.as_str()).map_err(|_| bad())?);
    let bodiless = body.is_end_stream();
    let answer = there.send_request(::http::Request::from_parts(parts, body)).await.map_err(broken)?;
    let (mut parts, body) = answer.into_parts();
    without_hops(&mut parts.headers);
    if !bodiless {
        // Where the body of the request was read to is not known, and so not where the next one begins.
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(Response::from_parts(parts, Body::new(body)))
}
