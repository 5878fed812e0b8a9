//! Files that browsers load: pages, scripts, styles. They stand beside the code as they are served.

use crate::answer;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use standin_ports::Response;

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where it is asked for.
    pub path: &'static str,
    /// Its content type.
    pub kind: &'static str,
    /// What is in it.
    pub text: &'static str,
}

/// A page in HTML.
pub const HTML: &str = "text/html; charset=utf-8";
/// A script.
pub const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
/// A style sheet.
pub const CSS: &str = "text/css; charset=utf-8";

/// The policy of a page of ours that needs nothing from elsewhere: no inline script, no foreign host, no frame.
pub const OWN_HOST_ONLY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

const POLICY: HeaderName = header::CONTENT_SECURITY_POLICY;

impl Asset {
    /// The file as an answer. Nothing is cached: the next world may serve another one under the same name.
    pub fn answer(&self) -> Response {
        let mut response = answer::with_body(200, self.kind, self.text);
        guard(response.headers_mut(), OWN_HOST_ONLY);
        response.extensions_mut().insert(standin_ports::http::File);
        response
    }
}

/// The file that is asked for under `path`.
pub fn find<'a>(assets: &'a [Asset], path: &str) -> Option<&'a Asset> {
    assets.iter().find(|asset| asset.path == path)
}

/// Gives an answer for a browser the headers that keep others out.
pub fn guard(headers: &mut HeaderMap, policy: &'static str) {
    headers.insert(POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console;

    #[test]
    fn an_asset_is_found_by_its_path_and_guarded() {
        let asset = find(console::ASSETS, "/console/console.js").expect("the consoles' script");
        let answer = asset.answer();
        assert_eq!(answer.headers()["content-type"], JAVASCRIPT);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.body(), asset.text);
        assert!(find(console::ASSETS, "/console/nothing.js").is_none());
    }
}
