//! Files that browsers load: pages, scripts, styles. They stand beside the code as they are served.

use crate::answer;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;
use standin_ports::Response;
use std::fmt::Write as _;

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

/// JSON that cannot end the script element around it, and that JavaScript of any age reads.
pub fn in_script(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
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
    fn no_value_ends_its_script() {
        for (raw, expected) in [
            ("<script>", r#""\u003cscript\u003e""#),
            ("a & \"b\" 'c'", r#""a \u0026 \"b\" 'c'""#),
            ("</script><!--", r#""\u003c/script\u003e\u003c!--""#),
            ("\u{2028}\u{e9}", "\"\\u2028\u{e9}\""),
        ] {
            assert_eq!(in_script(&raw.into()), expected);
        }
    }

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
