//! Which pages may call a site from a browser.

use crate::call::Caller;
use crate::envelope::Refusal;
use crate::gigya::Gigya;
use crate::params::{Params, brief};
use crate::site::Site;
use http::HeaderValue;
use standin_model::Host;
use standin_ports::Request;
use std::net::IpAddr;

impl Gigya {
    /// Refuses a browser's call from a page that the site does not trust. The page is what `Origin` says, else
    /// `Referer`, else `pageURL`.
    pub(crate) fn check_page(
        &self,
        request: &Request,
        site: &Site,
        caller: &Caller,
        params: &Params,
    ) -> Result<(), Refusal> {
        if matches!(caller, Caller::Server { .. }) || !self.knobs.on("gigya.check_origin") {
            return Ok(());
        }
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let origin = header(http::header::ORIGIN).map(Place::of).map(|it| Place { path: None, ..it });
        let page = || header(http::header::REFERER).or_else(|| params.get("pageURL")).map(Place::of);
        let Some(place) = origin.or_else(page) else {
            let needed = self.knobs.on("gigya.need_referrer");
            return if needed { Err(Refusal::new(403_015)) } else { Ok(()) };
        };
        let local = place.is_local() && !self.knobs.on("gigya.strict_localhost");
        if local || site.trusted_site_urls.iter().any(|entry| place.is_covered_by(entry)) {
            return Ok(());
        }
        let code = if self.knobs.text("gigya.untrusted_error") == "403007" { 403_007 } else { 400_120 };
        Err(Refusal::because(code, format!("{} is not a trusted site URL", brief(&place.host))))
    }
}

impl Site {
    /// Whether an address is absolute, free of tricks, and on a page that the site trusts.
    pub(crate) fn trusts(&self, url: &str) -> bool {
        let web = url.starts_with("https://") || url.starts_with("http://");
        // Browsers take a backslash for a slash, and drop line breaks.
        let plain = !url.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace());
        let behind = url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
        let place = Place::of(url);
        web && plain
            && !authority.contains('@')
            && (place.is_local() || self.trusted_site_urls.iter().any(|entry| place.is_covered_by(entry)))
    }
}

/// How long a trusted address may be.
const LONGEST_ENTRY: usize = 2048;

/// A trusted address as it is kept: a host, with `*.` before it for all that is below it, and a path that may end
/// in `*`. The host is in lower case and ASCII, since browsers tell theirs so; a scheme is left out, since none
/// counts. Nothing else is an address: a wildcard elsewhere, a port or a query would never be found again.
pub(crate) fn trusted_entry(text: &str) -> Option<String> {
    let text = text.trim();
    let schemes = ["https://", "http://"];
    let behind = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let (host, path) = behind.find('/').map_or((behind, ""), |at| behind.split_at(at));
    let (below, name) = host.strip_prefix("*.").map_or(("", host), |name| ("*.", name));
    let host: Host = name.parse().ok().filter(|_| !name.contains(':'))?;
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '?' | '#' | '*' | '"' | '<' | '>');
    let path_fits = path.strip_suffix('*').unwrap_or(path).chars().all(plain);
    let labels_fit = host.as_str().split('.').all(|label| is_label(label) || label.contains('_'));
    (text.len() <= LONGEST_ENTRY && path_fits && labels_fit).then(|| format!("{below}{host}{path}"))
}

/// Whether a text in lower case is one label of a domain name.
pub(crate) fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Host and path of a page.
struct Place<'u> {
    host: String,
    /// `Origin` tells none.
    path: Option<&'u str>,
}

impl<'u> Place<'u> {
    /// Takes scheme, user, port, query and fragment away.
    fn of(url: &'u str) -> Self {
        let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
        let end = behind.find(['?', '#']).unwrap_or(behind.len());
        let (authority, path) = match behind[..end].find('/') {
            Some(at) => behind[..end].split_at(at),
            None => (&behind[..end], "/"),
        };
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let port = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        Self { host: authority[..port.unwrap_or(authority.len())].to_ascii_lowercase(), path: Some(path) }
    }

    fn is_local(&self) -> bool {
        let address = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || address.is_ok_and(|it| it.is_loopback())
    }

    /// `*.d` are all domains under `d`, and `d` is `d` alone. A path that ends in `*` is a beginning; without
    /// a path all are meant.
    fn is_covered_by(&self, entry: &str) -> bool {
        let behind = entry.split_once("://").map_or(entry, |(_, rest)| rest);
        let (host, path) = behind.find('/').map_or((behind, "/*"), |at| behind.split_at(at));
        let host = host.to_ascii_lowercase();
        let host_fits = match host.strip_prefix('*') {
            Some("") => true,
            Some(domain) => {
                domain.starts_with('.') && self.host.len() > domain.len() && self.host.ends_with(domain)
            }
            None => self.host == host,
        };
        let path_fits = |own: &str| match path.strip_suffix('*') {
            Some(start) => own.starts_with(start),
            None => own == path,
        };
        host_fits && self.path.is_none_or(path_fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn pages_and_the_entries_that_cover_them() {
        let entries = ["*.brand.be/*", "brand.be/*", "shop.com/promo/*"];
        for (url, expected) in [
            ("https://brand.be/x", true),
            ("https://a.b.brand.be/", true),
            ("https://notbrand.be/", false),
            ("https://brand.be.evil.org/", false),
            ("https://shop.com/", false),
            ("https://shop.com/promo/1", true),
            ("https://www.shop.com/promo/1", false),
            ("https://BRAND.be:8443/x?y", true),
            ("https://evil.org/?brand.be/", false),
            ("https://brand.be:x@evil.org/", false),
            ("https://user@brand.be/", true),
            ("", false),
        ] {
            let place = Place::of(url);
            assert_eq!(entries.iter().any(|entry| place.is_covered_by(entry)), expected, "{url}");
        }
        for (entry, url, expected) in [
            ("*.brand.be/*", "https://brand.be/", false),
            ("brand.be/*", "https://www.brand.be/", false),
            ("brand.be", "https://brand.be/any", true),
            ("brand.be/one", "https://brand.be/one#x", true),
            ("brand.be/one", "https://brand.be/one/two", false),
            ("https://brand.be/*", "http://brand.be", true),
            ("*/*", "https://anybody.example/", true),
        ] {
            assert_eq!(Place::of(url).is_covered_by(entry), expected, "{entry} {url}");
        }
    }

    #[test]
    fn what_is_a_trusted_address() {
        for (text, kept) in [
            ("*.other.example/*", Some("*.other.example/*")),
            (" brand.be ", Some("brand.be")),
            ("https://Brand.BE/Promo/*", Some("brand.be/Promo/*")),
            ("*.BÜCHER.example/*", Some("*.xn--bcher-kva.example/*")),
            ("brand.be/one", Some("brand.be/one")),
            ("localhost/*", Some("localhost/*")),
            ("10.0.0.1/*", Some("10.0.0.1/*")),
            ("", None),
            ("*", None),
            ("*/*", None),
            ("*.", None),
            ("*brand.be/*", None),
            ("www.*.be/*", None),
            ("brand.be/*/x", None),
            ("brand.be:8443/*", None),
            ("brand.be/?x", None),
            ("me@brand.be/*", None),
            ("two words/*", None),
            ("ftp://brand.be/*", None),
            ("brand..be/*", None),
            ("-brand.be/*", None),
            ("brand.be/<script>", None),
        ] {
            assert_eq!(trusted_entry(text).as_deref(), kept, "{text:?}");
        }
        assert_eq!(trusted_entry(&format!("brand.be/{}", "x".repeat(2040))), None);
    }

    /// The code of a browser's call from a page.
    fn code(bench: &mut Bench, page: &str) -> u64 {
        let params: &[(&str, &str)] = if page.is_empty() { &[] } else { &[("pageURL", page)] };
        bench.client("accounts.initRegistration", params)["errorCode"].as_u64().unwrap()
    }

    #[test]
    fn places_on_this_machine_are_trusted() {
        for (strict, expected) in [("false", 0), ("true", 400_120)] {
            let mut bench = Bench::new();
            bench.knob("gigya.strict_localhost", strict);
            for page in [
                "http://localhost:3000/a",
                "http://127.0.0.1:8080/",
                "http://[::1]:80/",
                "http://a.localhost/",
            ] {
                assert_eq!(code(&mut bench, page), expected, "{page}");
            }
            assert_eq!(code(&mut bench, "http://localhost.evil.example/"), 400_120);
        }
    }

    #[test]
    fn how_an_untrusted_page_is_refused() {
        for (word, expected) in [("400120", 400_120), ("403007", 403_007)] {
            let mut bench = Bench::new();
            bench.knob("gigya.untrusted_error", word);
            assert_eq!(code(&mut bench, "https://evil.example/"), expected);
        }
        let answer =
            Bench::new().client("accounts.initRegistration", &[("pageURL", "https://evil.example/")]);
        assert_eq!(
            (&answer["errorMessage"], &answer["errorDetails"]),
            (&json!("Invalid site domain"), &json!("evil.example is not a trusted site URL"))
        );
    }

    #[test]
    fn a_browser_may_have_to_name_its_page() {
        for (needed, expected) in [("false", 0), ("true", 403_015)] {
            let mut bench = Bench::new();
            bench.knob("gigya.need_referrer", needed);
            assert_eq!(code(&mut bench, ""), expected);
            assert_eq!(code(&mut bench, "https://www.brand.example/"), 0);
            assert_eq!(bench.code("accounts.initRegistration", &[]), 0, "servers have no page");
        }
    }
}
