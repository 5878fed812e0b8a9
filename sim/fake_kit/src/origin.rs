//! Which page a browser's request comes from.

use http::{HeaderValue, Method, header};
use standin_ports::Request;
use standin_ports::http::{Addressed, host_of};
use std::net::IpAddr;

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

/// Whether a request was sent to this machine by name or address, and not to a host that somebody else's name server
/// may lead here. A page may say what it likes in `X-Forwarded-Host`, so the host that was addressed counts as well.
pub fn is_local(request: &Request) -> bool {
    let addressed = request.extensions().get::<Addressed>();
    names_this_machine(&host_of(request)) && addressed.is_none_or(|Addressed(host)| names_this_machine(host))
}

fn names_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
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
    fn this_machine_is_known_by_its_names_and_addresses() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/", true),
            ("http://[::1]:8080/", true),
            ("http://localhost/", true),
            ("https://standin.localhost/", true),
            ("http://127.0.0.1.evil.example/", false),
            ("http://localhost.example/", false),
            ("http://8.8.8.8/", false),
        ] {
            let mut request = http::Request::builder().uri(url).body(Bytes::new()).unwrap();
            assert_eq!(is_local(&request), expected, "{url}");
            request.extensions_mut().insert(Addressed("evil.example".to_owned()));
            assert!(!is_local(&request), "{url}, said by a page of evil.example");
        }
    }

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
