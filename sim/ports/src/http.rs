//! One request, one response.

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A whole request. The URI is absolute and names the platform's own host
/// (`https://accounts.eu1.gigya.com/accounts.login`), whatever socket it will really go to.
pub type Request = http::Request<Bytes>;

/// A whole response.
pub type Response = http::Response<Bytes>;

/// The HTTP/1.1 reason phrase of a response, kept in its extensions where it differs from the usual one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason(pub Cow<'static, str>);

/// In the extensions of a request: the socket did not take its body, since it is larger than the socket's bound.
/// The body is empty, and the platform refuses the call in its own words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Oversized;

/// In the extensions of a request: the machine at the other end of the connection, where that is not this one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer(pub IpAddr);

/// In the extensions of a request: the host that the client itself addressed, without port and in lower case, where
/// `X-Forwarded-Host` put another one into the URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addressed(pub String);

/// In the extensions of a request: whether whoever sent it has left, as far as a socket can tell. Who has only closed
/// the own half looks the same.
#[derive(Clone, Default, Debug)]
pub struct Left(Arc<AtomicBool>);

impl Left {
    /// Whether it is so by now.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// From here on it is so.
    pub fn note(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// What came to a socket and is no request that a surface could be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// The status with which a web server refuses it.
    pub status: StatusCode,
    /// What is wrong with it.
    pub why: &'static str,
    /// Path and query, as far as they could be read.
    pub target: Option<PathAndQuery>,
}

impl Unreadable {
    /// The answer of a web server that knows of no platform.
    pub fn plain(&self) -> Response {
        let mut response = Response::new(Bytes::from_static(self.why.as_bytes()));
        *response.status_mut() = self.status;
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        response
    }
}

/// In the extensions of a response: the platform compresses it for clients that accept that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compressible;

/// In the extensions of a response: how long whoever is at the other end of a socket waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waits {
    /// Before its head.
    pub before: Duration,
    /// The rate of its body, where it is slow.
    pub bytes_per_second: Option<u64>,
}

impl Waits {
    /// How long a body of so many bytes takes.
    pub fn for_body(&self, bytes: usize) -> Duration {
        let Some(rate) = self.bytes_per_second else { return Duration::ZERO };
        Duration::from_millis((bytes as u64).saturating_mul(1_000).div_ceil(rate.max(1)))
    }
}

/// In the extensions of a response: its body is the beginning of one of so many bytes, and the connection ends behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Halved(pub usize);

/// In the extensions of a response: the body is a file that stands in the program, and no event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct File;

/// In the extensions of a response: what follows its body, piece by piece, for as long as somebody reads.
#[derive(Clone)]
pub struct Streamed {
    /// Where the pieces come from.
    pub pieces: Arc<dyn Pieces>,
    /// What is sent where nothing comes for a while, so that the connection is not taken for dead.
    pub idle: &'static [u8],
}

/// A body that is not there yet.
#[async_trait::async_trait]
pub trait Pieces: Send + Sync {
    /// Waits for the next piece; nothing is lost where the wait is given up. None at the end.
    async fn next(&self) -> Option<Bytes>;
}

/// No response came.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HttpError {
    /// Nobody listens there, or the name does not resolve.
    #[error("cannot reach {host}: {why}")]
    Unreachable {
        /// The host of the request.
        host: String,
        /// What the network said.
        why: String,
    },
    /// The connection ended before a whole response came.
    #[error("connection to {host} broke: {why}")]
    Broken {
        /// The host of the request.
        host: String,
        /// What the network said.
        why: String,
    },
    /// No whole response within the time allowed.
    #[error("no answer from {host} in time")]
    Timeout {
        /// The host of the request.
        host: String,
    },
}

/// Sends requests: over a socket, or straight into a fake.
#[async_trait::async_trait]
pub trait Http: Send + Sync {
    /// Sends one request and waits for the whole response.
    async fn send(&self, request: Request) -> Result<Response, HttpError>;

    /// The answer to what is no request, in the platform's words where it has words for that.
    fn unreadable(&self, what: &Unreadable) -> Response {
        what.plain()
    }
}

/// The host of a request, without port, in lower case; empty if the URI has none.
pub fn host_of(request: &Request) -> String {
    request.uri().host().unwrap_or_default().to_ascii_lowercase()
}
