//! The operators' console: pages for a browser, and the few calls that only they make.
//!
//! All else the pages do with the platform's own methods, `/console/api/accounts.search`. The console puts the key
//! of whoever signed in to such a call, so that no page ever holds a secret.
//!
//! - `operators`: who is signed in.
//! - `keys`, `jobs`, `preview`: what no method does.

mod jobs;
mod keys;
pub(crate) mod operators;
mod preview;
#[cfg(test)]
mod tests;

use crate::call::{api_domain, endpoint_of};
use crate::envelope;
use crate::gigya::Gigya;
use crate::outgoing::Incoming;
use crate::params::Params;
use http::Method;
use serde_json::{Value, json};
use standin_fake_kit::answer::with_body;
use standin_fake_kit::asset::{self, Asset, CSS, HTML, JAVASCRIPT, OWN_HOST_ONLY};
use standin_fake_kit::{EndpointDoc, console, origin};
use standin_model::{Evidence, Instant};
use standin_ports::http::{Peer, host_of};
use standin_ports::{Request, Response};
use std::borrow::Cow;
use std::sync::Arc;

/// The host on which the console is what one sees first.
const HOST: &str = "console.gigya.com";
/// Below it the console has everything that is its own.
const ROOT: &str = "/console/";
/// Below it the platform's methods.
const API: &str = "/console/api/";

const PAGE: Asset = Asset { path: "/console/", kind: HTML, text: include_str!("page.html") };

/// The console's own files.
const ASSETS: &[Asset] = &[
    Asset { path: "/console/gigya.css", kind: CSS, text: include_str!("gigya.css") },
    Asset { path: "/console/gigya.js", kind: JAVASCRIPT, text: include_str!("gigya.js") },
    Asset { path: "/console/gigya-api.js", kind: JAVASCRIPT, text: include_str!("api.js") },
    Asset { path: "/console/gigya-site.js", kind: JAVASCRIPT, text: include_str!("site.js") },
    Asset { path: "/console/gigya-keys.js", kind: JAVASCRIPT, text: include_str!("keys.js") },
    Asset { path: "/console/gigya-screen-sets.js", kind: JAVASCRIPT, text: include_str!("screen_sets.js") },
    Asset { path: "/console/gigya-accounts.js", kind: JAVASCRIPT, text: include_str!("accounts.js") },
    Asset { path: "/console/gigya-dataflows.js", kind: JAVASCRIPT, text: include_str!("dataflows.js") },
    Asset { path: "/console/gigya-audit.js", kind: JAVASCRIPT, text: include_str!("audit.js") },
];

/// A request to the console, and who makes it.
pub(crate) struct Visit<'r> {
    pub(crate) now: Instant,
    pub(crate) request: &'r Request,
    /// The key of whoever is signed in.
    pub(crate) user_key: Option<String>,
    pub(crate) query: Params,
}

/// A call that only the console's pages make.
struct Endpoint {
    method: Method,
    path: &'static str,
    /// Whether it is for those alone who are signed in.
    signed_in: bool,
    run: fn(&mut Gigya, &Visit<'_>) -> Response,
    doc: EndpointDoc,
}

macro_rules! endpoint {
    ($method:ident $path:literal, $signed_in:literal, $run:expr, $summary:literal, $test:literal) => {
        Endpoint {
            method: Method::$method,
            path: $path,
            signed_in: $signed_in,
            run: $run,
            doc: EndpointDoc {
                name: concat!(stringify!($method), " ", $path),
                summary: $summary,
                evidence: Evidence::decided(
                    "the console's pages are known, the calls behind them are not",
                    $test,
                ),
            },
        }
    };
}

const ENDPOINTS: &[Endpoint] = &[
    endpoint!(POST "/console/session", false, operators::sign_in,
        "Signs an operator in to the console with a key and its secret.", "an_operator_signs_in_and_out"),
    endpoint!(GET "/console/session", true, operators::told,
        "Tells who is signed in to the console.", "an_operator_signs_in_and_out"),
    endpoint!(DELETE "/console/session", true, operators::sign_out,
        "Signs an operator out of the console.", "an_operator_signs_in_and_out"),
    endpoint!(GET "/console/keys", true, keys::list,
        "Lists the keys of a site, without their secrets.", "a_keys_secret_is_told_once"),
    endpoint!(POST "/console/keys", true, keys::create,
        "Makes a key for a site and tells its secret once.", "a_keys_secret_is_told_once"),
    endpoint!(POST "/console/jobs/stop", true, jobs::stop,
        "Stops a job of IdentitySync, which no method does.", "a_job_is_stopped_by_its_site"),
    endpoint!(GET "/console/preview", true, preview::show,
        "Shows one screen-set as a document that can do nothing.", "a_preview_can_do_nothing"),
];

/// The console's own calls, for help and coverage.
pub(crate) fn endpoints() -> impl Iterator<Item = EndpointDoc> {
    ENDPOINTS.iter().map(|endpoint| endpoint.doc)
}

/// What became of a request at the console's door.
pub(crate) enum Entered {
    Answered(Incoming, Box<Response>),
    /// A method is called, here or by somebody who knows no console.
    Call(Incoming),
}

/// The name of a request to the console that is no call of a method.
pub(crate) fn call_name(request: &Request) -> Option<Cow<'static, str>> {
    let path = below(request)?;
    if path.starts_with(API) {
        return None;
    }
    let known = ENDPOINTS.iter().find(|it| it.method == *request.method() && it.path == path);
    Some(known.map_or_else(|| format!("{} {path}", request.method()).into(), |it| it.doc.name.into()))
}

/// Where somebody signs in.
const SESSION: &str = "/console/session";

/// Whether somebody signs in to the console.
pub(crate) fn is_sign_in(request: &Request) -> bool {
    *request.method() == Method::POST && below(request) == Some(SESSION)
}

/// Answers a request to the console, or makes of it the call of a method.
pub(crate) fn enter(gigya: &mut Gigya, now: Instant, incoming: Incoming) -> Entered {
    let Some(path) = below(&incoming.request) else { return Entered::Call(incoming) };
    let user_key = gigya.operator(now, &incoming.request);
    if let (Some(user_key), true) = (&user_key, may_relay(&incoming.request, path)) {
        return relayed(gigya, user_key, incoming);
    }
    let visit = Visit { now, request: &incoming.request, user_key, query: Params::clone(&incoming.params) };
    let response = answer(gigya, path, &visit);
    Entered::Answered(incoming, Box::new(response))
}

/// Whether a request is the call of a method that an operator's page may make.
fn may_relay(request: &Request, path: &str) -> bool {
    path.starts_with(API) && *request.method() == Method::POST && !origin::is_foreign(request)
}

/// What the console itself answers.
fn answer(gigya: &mut Gigya, path: &str, visit: &Visit<'_>) -> Response {
    let method = visit.request.method();
    if origin::is_foreign(visit.request) {
        return refused(403, 403_026, "a page of another origin may not write here");
    }
    let page = (path == PAGE.path).then_some(&PAGE);
    let file = || asset::find(ASSETS, path).or_else(|| asset::find(console::ASSETS, path));
    if let Some(asset) = page.or_else(file).filter(|_| *method == Method::GET) {
        return asset.answer();
    }
    let nobody = || refused(401, 403_012, "nobody is signed in");
    if path.starts_with(API) {
        let posted = *method == Method::POST;
        return if posted { nobody() } else { refused(400, 400_001, "methods are called by POST") };
    }
    let here = || ENDPOINTS.iter().filter(|it| it.path == path);
    let Some(endpoint) = here().find(|it| it.method == *method) else {
        let status = if here().next().is_some() { 405 } else { 404 };
        return refused(status, 404_000, "the console has nothing here");
    };
    if endpoint.signed_in && visit.user_key.is_none() {
        return nobody();
    }
    (endpoint.run)(gigya, visit)
}

/// The path, if the request is one to the console: on its own host, or on this machine below `/console/`.
fn below(request: &Request) -> Option<&str> {
    let (host, path) = (host_of(request), request.uri().path());
    let path = if path == "/console" { ROOT } else { path };
    if host == HOST && path == "/" {
        return Some(ROOT);
    }
    (path.starts_with(ROOT) && (host == HOST || origin::is_local(request))).then_some(path)
}

/// The call of a method with the operator's key, as a server of the site would make it.
fn relayed(gigya: &Gigya, user_key: &str, incoming: Incoming) -> Entered {
    let Incoming { request, params } = incoming;
    let mut params = params;
    let own = Arc::make_mut(&mut params);
    let credentials =
        ["userKey", "secret", "sig", "timestamp", "nonce", "oauth_token", "login_token", "regToken"];
    own.forget(&credentials);
    let site = own.get("apiKey").and_then(|api_key| gigya.sites.get(api_key));
    let holder = || gigya.sites.values().find(|site| site.keys.contains_key(user_key));
    // A key of the group's parent works at its children.
    let parent = site.and_then(|site| site.parent.as_ref()).and_then(|key| gigya.sites.get(key));
    let key = [site, parent].into_iter().flatten().find_map(|site| site.keys.get(user_key));
    let secret =
        key.or_else(|| holder().and_then(|site| site.keys.get(user_key))).map(|key| key.secret.clone());
    own.put("userKey", user_key);
    own.put("secret", secret.unwrap_or_default().reveal());
    let domain = api_domain(site.map_or("us1", |site| site.data_center.as_str()));
    let name = endpoint_of(&request).map(|endpoint| endpoint.name).unwrap_or_default();
    let path = if name.is_empty() { request.uri().path().replacen(API, "/", 1) } else { format!("/{name}") };
    let mut call = Request::new(request.body().clone());
    *call.method_mut() = Method::POST;
    if let Ok(uri) = format!("https://accounts.{domain}{path}").parse() {
        *call.uri_mut() = uri;
    }
    if let Some(peer) = request.extensions().get::<Peer>() {
        call.extensions_mut().insert(*peer);
    }
    Entered::Call(Incoming { request: call, params })
}

/// An answer of the console's own.
fn reply(status: u16, value: &Value) -> Response {
    let mut response = with_body(status, "application/json; charset=utf-8", value.to_string());
    asset::guard(response.headers_mut(), OWN_HOST_ONLY);
    response
}

/// A refusal in the platform's words.
fn refused(status: u16, code: u32, details: &str) -> Response {
    let value = json!({"errorCode": code, "errorMessage": envelope::message(code), "errorDetails": details});
    reply(status, &value)
}

/// What a page sent, as a JSON object.
fn sent(request: &Request) -> Value {
    serde_json::from_slice(request.body()).unwrap_or_default()
}
