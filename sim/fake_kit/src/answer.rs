//! Building responses.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use standin_ports::{Reason, Response};

/// A response with a body of one kind.
pub fn with_body(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A page.
pub fn html(status: u16, body: impl Into<Bytes>) -> Response {
    with_body(status, "text/html; charset=utf-8", body)
}

/// A response without body or kind.
pub fn empty(status: u16) -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// A redirect to `location`; a location that no header can hold becomes a plain 500.
pub fn redirect(status: u16, location: &str) -> Response {
    let Ok(value) = HeaderValue::from_str(location) else { return empty(500) };
    let mut response = empty(status);
    response.headers_mut().insert(header::LOCATION, value);
    response
}

/// The same response with another reason phrase.
pub fn with_reason(mut response: Response, phrase: &'static str) -> Response {
    response.extensions_mut().insert(Reason(phrase.into()));
    response
}
