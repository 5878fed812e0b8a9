//! Compression of answers on the wire.

use ::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use standin_ports::Response;
use standin_ports::http::Compressible;
use std::io::Write;

/// Whether the client takes gzip.
pub(crate) fn accepted(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let codings: Vec<(String, bool)> = lines.flat_map(|line| line.split(',')).map(coding).collect();
    let says = |name: &str| codings.iter().find(|(coding, _)| coding == name).map(|(_, wanted)| *wanted);
    says("gzip").or_else(|| says("x-gzip")).or_else(|| says("*")).unwrap_or(false)
}

/// A coding in lower case, and whether its weight is above nothing.
fn coding(item: &str) -> (String, bool) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
    (name, weight.is_none_or(|weight| weight > 0.0))
}

/// The response with its body compressed, where the surface wants that.
pub(crate) fn compressed(mut response: Response) -> Response {
    let wanted = response.extensions().get::<Compressible>().is_some();
    if !wanted || response.body().is_empty() || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(response.body().len() / 2), Compression::fast());
    let Ok(packed) = encoder.write_all(response.body()).and_then(|()| encoder.finish()) else {
        return response;
    };
    *response.body_mut() = Bytes::from(packed);
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    response
}
