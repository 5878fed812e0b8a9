//! The API for other systems, at `api.qualifio.com`: campaign feeds and GDPR.

use crate::feed::{self, Format};
use crate::gdpr;
use crate::gdpr::rule::Kind;
use crate::qualifio::Qualifio;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use standin_fake_kit::form::Form;
use standin_fake_kit::{EndpointDoc, answer};
use standin_model::{Evidence, Instant};
use standin_ports::{Request, Response};
use std::time::Duration;

/// Below which paths it answers.
const ROOTS: &[&str] = &["/v1/campaignfeed/", "/v1/gdpr/"];

/// The longest body.
const LONGEST_BODY: usize = 1 << 20;

/// The calls of the present minute, which a limit counts.
#[derive(Clone, Debug)]
pub struct Calls {
    since: Instant,
    count: u64,
}

impl Calls {
    /// No calls yet.
    pub const NONE: Self = Self { since: Instant::from_millis(0), count: 0 };

    /// Counts a call, and tells whether it is still within the limit. Zero is no limit.
    fn count(&mut self, now: Instant, most: u64) -> bool {
        if most == 0 {
            return true;
        }
        if now >= self.since.plus(Duration::from_secs(60)) {
            *self = Self { since: now, count: 0 };
        }
        self.count += 1;
        self.count <= most
    }
}

/// Why a call is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    status: u16,
    message: String,
}

impl Refusal {
    /// A refusal with a status and what it says.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    fn answer(&self) -> Response {
        let mut response = json_answer(self.status, &json!({"message": self.message}));
        if self.status == 429 {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// A call in parts.
pub(crate) struct Call<'r> {
    pub(crate) now: Instant,
    /// What stood in place of `{id}`.
    pub(crate) id: &'r str,
    pub(crate) query: Form,
    pub(crate) body: &'r [u8],
    /// The account, from the query.
    pub(crate) client: u64,
}

impl Call<'_> {
    /// The body, which has to be JSON.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(self.body)
            .map_err(|error| Refusal::new(400, format!("the body is not JSON: {error}")))
    }
}

type Act = fn(&mut Qualifio, &Call<'_>) -> Result<Response, Refusal>;

/// One call of the API.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// How it describes itself; the name is method, space, path.
    pub doc: EndpointDoc,
    /// Whether it takes a token.
    guarded: bool,
    act: Act,
}

const FEED: Evidence = Evidence::documented("Qualifio developers: Campaign Feeds", "a_feed_entry");

const fn gdpr(name: &'static str, summary: &'static str, evidence: Evidence, act: Act) -> Endpoint {
    Endpoint { doc: EndpointDoc { name, summary, evidence }, guarded: true, act }
}

/// Every call of the API.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        doc: EndpointDoc {
            name: "GET /v1/campaignfeed/channels/{id}/json",
            summary: "the channels of a feed in JSON",
            evidence: FEED,
        },
        guarded: false,
        act: |qualifio, call| feed(qualifio, call, Format::Json),
    },
    Endpoint {
        doc: EndpointDoc {
            name: "GET /v1/campaignfeed/channels/{id}/xml",
            summary: "the channels of a feed in XML",
            evidence: Evidence::inferred(
                "the elements have the names of the JSON's members",
                "a_feed_in_xml",
            ),
        },
        guarded: false,
        act: |qualifio, call| feed(qualifio, call, Format::Xml),
    },
    gdpr(
        "GET /v1/gdpr/profiles",
        "finds CRM profiles by e-mail address, first name, last name",
        Evidence::documented("Postman: GDPR Api Documentation", "profiles_are_found"),
        gdpr::profiles,
    ),
    gdpr(
        "POST /v1/gdpr/rules/forgottenRight",
        "asks for profiles to be forgotten",
        Evidence::documented("Postman: GDPR Api Documentation", "forgotten_after_approval"),
        |qualifio, call| gdpr::ask(qualifio, call, Kind::ForgottenRight),
    ),
    gdpr(
        "POST /v1/gdpr/rules/exportData",
        "asks for everything about profiles",
        Evidence::documented("Postman: GDPR Api Documentation", "everything_is_exported"),
        |qualifio, call| gdpr::ask(qualifio, call, Kind::ExportData),
    ),
    gdpr(
        "GET /v1/gdpr/rules/{id}",
        "tells how a rule stands, and its result once it is done",
        Evidence::decided("how an export is fetched is not published", "everything_is_exported"),
        gdpr::show,
    ),
];

fn feed(qualifio: &mut Qualifio, call: &Call<'_>, format: Format) -> Result<Response, Refusal> {
    if call.client != qualifio.client_id {
        return Err(Refusal::new(404, "there is no such feed"));
    }
    let cursor = match call.query.get("cursor").filter(|cursor| !cursor.is_empty()) {
        Some(cursor) => {
            Some(cursor.parse().map_err(|_| Refusal::new(400, "cursor is not the number of a campaign"))?)
        }
        None => None,
    };
    feed::read(qualifio, call.now, call.id, format, cursor)
}

/// Whether a request is for the API: campaigns live on other hosts.
pub(crate) fn is_called(qualifio: &Qualifio, request: &Request) -> bool {
    let path = request.uri().path();
    let host = request.uri().host().unwrap_or_default();
    let plays = qualifio.serves(host) || host.to_ascii_lowercase().ends_with(".qualifioapp.com");
    ROOTS.iter().any(|root| path.starts_with(root)) && !plays
}

/// The name of a call to the API.
pub(crate) fn call_name(request: &Request) -> Option<String> {
    find(request.method(), request.uri().path()).map(|(endpoint, _)| endpoint.doc.name.to_owned())
}

fn find<'r>(method: &Method, path: &'r str) -> Option<(&'static Endpoint, &'r str)> {
    ENDPOINTS.iter().find_map(|endpoint| Some((endpoint, endpoint.doc.id_in(method, path)?)))
}

/// Answers a call to the API.
pub(crate) fn handle(qualifio: &mut Qualifio, now: Instant, request: &Request) -> Response {
    answered(qualifio, now, request).unwrap_or_else(|refusal| refusal.answer())
}

fn answered(qualifio: &mut Qualifio, now: Instant, request: &Request) -> Result<Response, Refusal> {
    let path = request.uri().path();
    let found = find(request.method(), path);
    let (endpoint, id) = found.ok_or_else(|| Refusal::new(404, "Not Found"))?;
    if !qualifio.calls.count(now, qualifio.knobs.number("qualifio.api_rate_limit")) {
        return Err(Refusal::new(429, "Too Many Requests"));
    }
    let token = request.headers().get("x-api-token").and_then(|token| token.to_str().ok());
    let owner = token.and_then(|token| qualifio.gdpr.owner_of(token));
    if endpoint.guarded && owner.is_none() {
        return Err(Refusal::new(401, "Unauthorized"));
    }
    let query = Form::query(request);
    let client = query.get("clientId").and_then(|client| client.parse().ok());
    let client = client.ok_or_else(|| Refusal::new(400, "clientId is missing or is no number"))?;
    if endpoint.guarded && owner != Some(client) {
        return Err(Refusal::new(403, "Forbidden"));
    }
    if request.body().len() > LONGEST_BODY {
        return Err(Refusal::new(400, "the body is longer than 1 MiB"));
    }
    (endpoint.act)(qualifio, &Call { now, id, query, body: request.body(), client })
}

/// An answer in JSON.
pub(crate) fn json_answer(status: u16, body: &Value) -> Response {
    answer::with_body(status, "application/json", body.to_string())
}
