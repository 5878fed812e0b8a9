//! A screen-set as a document of its own, which a page of the console shows in a frame.

use crate::console::{Visit, refused};
use crate::gigya::Gigya;
use http::{HeaderName, HeaderValue, header};
use standin_fake_kit::answer::html;
use standin_fake_kit::asset;
use standin_ports::Response;

/// No script, no form, no request: whatever the markup says, it is only looked at.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'";

/// `GET /console/preview?apiKey=&screenSetID=&screen=`.
pub(crate) fn show(gigya: &mut Gigya, visit: &Visit<'_>) -> Response {
    let of = |name: &str| visit.query.get(name).unwrap_or_default();
    let user_key = visit.user_key.as_deref().unwrap_or_default();
    let site = gigya.sites.get(of("apiKey"));
    let Some(site) =
        site.filter(|site| site.keys.get(user_key).is_some_and(|key| key.may("accounts.getScreenSets")))
    else {
        return refused(403, 403_007, "the key may not see this site's screen-sets");
    };
    let Some(set) = site.screen_set(of("screenSetID")) else {
        return refused(404, 400_006, "there is no such screen-set");
    };
    let screen: String =
        of("screen").chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let one = match screen.is_empty() {
        true => String::new(),
        false => format!(".gigya-screen {{ display: none }} .gigya-screen#{screen} {{ display: block }}"),
    };
    // A style sheet cannot end its element early.
    let css = set.css.replace("</", "<\\/");
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Preview</title><style>\
         body {{ font: 1rem/1.5 system-ui, sans-serif; background: #fff; color: #1c2430 }} {css} {one}</style></head>\
         <body class=\"gigya-screen-content\">{}</body></html>",
        set.html
    );
    let mut response = html(200, page);
    asset::guard(response.headers_mut(), POLICY);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response.headers_mut().insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}
