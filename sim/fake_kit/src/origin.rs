//! Which page a browser's request comes from.

use http::{HeaderValue, Method, header};
use standin_ports::Request;

/// Whether a request that may change something comes from a page of another origin. Who names no origin is no
/// browser, and is not led astray by a page.
pub fn is_foreign(request: &Request) -> bool {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return false;
    }
    let header = |name: &str| request.headers().get(name).map(HeaderValue::as_bytes);
    if header("sec-fetch-site").is_some_and(|site| site != b"same-origin") {
        return true;
    }
    let Some(origin) = header(header::ORIGIN.as_str()) else { return false };
    let origin = String::from_utf8_lossy(origin).to_ascii_lowercase();
    let own = request.uri().authority().map(|own| plain(&own.as_str().to_ascii_lowercase()).to_owned());
    origin.split_once("://").map(|(_, authority)| plain(authority)) != own.as_deref()
}

/// An authority without the port that goes without saying.
fn plain(authority: &str) -> &str {
    authority.strip_suffix(":443").or_else(|| authority.strip_suffix(":80")).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn pages_of_other_origins_are_told() {
        for (method, url, headers, expected) in [
            ("POST", "https://a.example/x", &[("origin", "https://a.example")][..], false),
            ("POST", "https://A.example:443/x", &[("origin", "https://a.example")], false),
            ("POST", "http://127.0.0.1:80/x", &[("origin", "http://127.0.0.1")], false),
            ("POST", "http://127.0.0.1:81/x", &[("origin", "http://127.0.0.1:82")], true),
            ("POST", "https://a.example/x", &[("origin", "https://a.example.evil.example")], true),
            ("DELETE", "https://a.example/x", &[("origin", "null")], true),
            ("POST", "https://a.example/x", &[("sec-fetch-site", "same-site")], true),
            ("POST", "https://a.example/x", &[("sec-fetch-site", "same-origin")], false),
            ("POST", "/x", &[("origin", "https://a.example")], true),
            ("POST", "https://a.example/x", &[], false),
            ("GET", "https://a.example/x", &[("origin", "https://b.example")], false),
        ] {
            let mut request = http::Request::builder().method(method).uri(url);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            assert_eq!(
                is_foreign(&request.body(Bytes::new()).unwrap()),
                expected,
                "{method} {url} {headers:?}"
            );
        }
    }
}
