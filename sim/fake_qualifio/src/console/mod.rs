//! The operators' pages: one document, its scripts and its style, which speak to the API of [`crate::manager`].

use http::Method;
use standin_fake_kit::asset::{self, Asset, CSS, HTML, JAVASCRIPT};
use standin_fake_kit::{EndpointDoc, answer, console};
use standin_model::Evidence;
use standin_ports::{Request, Response};

/// Where the document stands.
pub const ROOT: &str = "/manager/";

/// How the pages describe themselves.
pub const DOC: EndpointDoc = EndpointDoc {
    name: "manager page",
    summary: "the back office for people: signing in, integrations, websites, campaigns, statistics",
    evidence: Evidence::decided(
        "the platform's back office is no part of its documents; menus and names are the help's",
        "pages_are_served_and_guarded",
    ),
};

const fn script(path: &'static str, text: &'static str) -> Asset {
    Asset { path, kind: JAVASCRIPT, text }
}

/// The files of the pages.
pub const ASSETS: &[Asset] = &[
    Asset { path: ROOT, kind: HTML, text: include_str!("manager.html") },
    Asset { path: "/manager/manager.css", kind: CSS, text: include_str!("manager.css") },
    script("/manager/manager.js", include_str!("manager.js")),
    script("/manager/api.js", include_str!("api.js")),
    script("/manager/words.js", include_str!("words.js")),
    script("/manager/sign_in.js", include_str!("sign_in.js")),
    script("/manager/integrations.js", include_str!("integrations.js")),
    script("/manager/block.js", include_str!("block.js")),
    script("/manager/webhooks.js", include_str!("webhooks.js")),
    script("/manager/variables.js", include_str!("variables.js")),
    script("/manager/websites.js", include_str!("websites.js")),
    script("/manager/campaigns.js", include_str!("campaigns.js")),
    script("/manager/channels.js", include_str!("channels.js")),
    script("/manager/feeds.js", include_str!("feeds.js")),
    script("/manager/gdpr.js", include_str!("gdpr.js")),
    script("/manager/form_step.js", include_str!("form_step.js")),
    script("/manager/single_sign_on.js", include_str!("single_sign_on.js")),
    script("/manager/data.js", include_str!("data.js")),
];

fn find(path: &str) -> Option<&'static Asset> {
    asset::find(ASSETS, path).or_else(|| asset::find(console::ASSETS, path))
}

/// The name of a call to a page.
pub fn call_name(request: &Request) -> Option<String> {
    let path = request.uri().path();
    (path == "/manager" || find(path).is_some()).then(|| DOC.name.to_owned())
}

/// The page that is asked for, if it is one of these.
pub fn answer(request: &Request) -> Option<Response> {
    let path = request.uri().path();
    if path == "/manager" || (path == "/" && !standin_fake_kit::origin::is_local(request)) {
        return Some(answer::redirect(301, ROOT));
    }
    let asset = find(path)?;
    Some(match *request.method() {
        Method::GET | Method::HEAD => asset.answer(),
        _ => answer::empty(405),
    })
}
