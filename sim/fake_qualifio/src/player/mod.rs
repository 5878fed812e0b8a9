//! The pages: which campaign an address means, whose participation it is, what a post asks for.
//!
//! - [`flow`]: the way from start to exit.
//! - [`single_sign_on`]: the part of it before the form.
//! - [`submit`]: the form itself.
//! - [`state`]: what a page holds.
//! - [`page`]: what people see of it.
//! - [`words`]: what the player says itself, in several languages.
//! - [`policy`]: what a page may load, and who may frame it.
//! - [`files`]: style and scripts.
//! - [`embed`]: the code for other pages.

pub mod embed;
pub mod files;
pub mod flow;
pub mod page;
pub mod policy;
pub mod single_sign_on;
pub mod state;
pub mod submit;
pub mod words;

use crate::campaign::{Channel, ChannelKind};
use crate::participation::{Participation, SsoState, device};
use crate::problem::Warning;
use crate::qualifio::Qualifio;
use crate::secure_token;
use crate::turn::Turn;
use http::{HeaderValue, Method, header};
use standin_fake_kit::form::{Form, cookies};
use standin_fake_kit::{EndpointDoc, answer};
use standin_model::{Evidence, Host, Instant, text};
use standin_ports::{Request, Response};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The cookie that ties participations to a browser.
pub const COOKIE: &str = "qlf_visitor";

/// The longest body of a post.
pub const LONGEST_BODY: usize = 1 << 20;

/// The most participations under way.
const MOST_PARTICIPATIONS: usize = 100_000;

/// What a post does to a participation.
type Act = fn(&mut Qualifio, Instant, &str, &Form) -> Turn;

/// One thing that a player page answers to.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The `action` of the post; empty is the page itself.
    pub action: &'static str,
    /// How it describes itself.
    pub doc: EndpointDoc,
    act: Act,
}

/// Everything that a player page answers to.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        action: "",
        doc: EndpointDoc {
            name: "player page",
            summary: "shows where the participant stands; the first call starts a participation",
            evidence: Evidence::recorded(
                "public pages that embed campaigns, Ibexa Engage connector",
                "first_call_redirects_with_session",
            ),
        },
        act: |qualifio, _, uk, _| flow::show(qualifio, uk),
    },
    Endpoint {
        action: "start",
        doc: EndpointDoc {
            name: "player start",
            summary: "leaves the welcome screen",
            evidence: Evidence::documented("Qualifio help: campaign steps", "steps_in_order"),
        },
        act: flow::start,
    },
    Endpoint {
        action: "answers",
        doc: EndpointDoc {
            name: "player answers",
            summary: "answers the questions",
            evidence: Evidence::documented("Qualifio help: campaign steps", "steps_in_order"),
        },
        act: flow::answers,
    },
    Endpoint {
        action: "session",
        doc: EndpointDoc {
            name: "player session",
            summary: "tells whether Gigya has a session, with the signed identity if it has",
            evidence: Evidence::decided(
                "a bare UID in an address could be anybody's; the signature is what Gigya gives a page",
                "forged_identities_are_refused",
            ),
        },
        act: single_sign_on::session,
    },
    Endpoint {
        action: "identify",
        doc: EndpointDoc {
            name: "player identify",
            summary: "brings the signed identity after a login in the screen-set",
            evidence: Evidence::documented("Gigya developers: Qualifio", "screen_set_walk"),
        },
        act: single_sign_on::identify,
    },
    Endpoint {
        action: "leave",
        doc: EndpointDoc {
            name: "player leave",
            summary: "tells that the participant leaves for the login page, by the button or without",
            evidence: Evidence::decided(
                "only who left can come back: loading a page again is no return",
                "only_who_left_comes_back",
            ),
        },
        act: single_sign_on::leave,
    },
    Endpoint {
        action: "form",
        doc: EndpointDoc {
            name: "player form",
            summary: "submits the form",
            evidence: Evidence::documented("Qualifio help: Identification form", "row_as_submitted"),
        },
        act: submit::form,
    },
    Endpoint {
        action: "retry",
        doc: EndpointDoc {
            name: "player retry",
            summary: "tries single sign-on again after it failed",
            evidence: Evidence::decided("no automatic redirect after three returns", "redirect_walk"),
        },
        act: single_sign_on::retry,
    },
];

/// The name of a call to a player page.
pub fn call_name(request: &Request) -> Option<String> {
    if files::answer(request).is_some() {
        return Some(files::DOC.name.to_owned());
    }
    wanted_guid(request)?;
    if request.method() != Method::POST {
        return Some("player page".to_owned());
    }
    let form = Form::body(request);
    let action = form.get("action").unwrap_or_default();
    let known = ENDPOINTS.iter().find(|endpoint| endpoint.action == action);
    Some(known.map_or("player post", |endpoint| endpoint.doc.name).to_owned())
}

/// The channel GUID that an address means, in upper case; `None` if it is no player address.
fn wanted_guid(request: &Request) -> Option<String> {
    let parts: Vec<&str> = request.uri().path().split('/').skip(1).collect();
    let style_ok = |style: &str| {
        (1..=16).contains(&style.len()) && style.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let in_path = match parts[..] {
        ["20", "v1.cfm"] => None,
        ["20", guid, "v1.cfm"] => Some(guid),
        ["20", guid, style, "v1.cfm"] if style_ok(style) => Some(guid),
        _ => return None,
    };
    let query = Form::query(request);
    let guid = in_path.or_else(|| query.get("id"))?.to_ascii_uppercase();
    let is_guid = guid.len() == 36 && guid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let agrees = query.get("id").is_none_or(|id| id.eq_ignore_ascii_case(&guid));
    (is_guid && agrees).then_some(guid)
}

/// Answers a call to a player page, or for one of the files that it loads.
pub fn handle(qualifio: &mut Qualifio, now: Instant, request: &Request) -> Turn {
    if let Some(file) = files::answer(request) {
        return Turn::Reply(file);
    }
    match visit(qualifio, now, request) {
        Ok(turn) => turn,
        Err((status, name)) => Turn::Reply(refuse(qualifio, request, status, name)),
    }
}

/// The page that tells a participant why there is no other.
pub fn refuse(qualifio: &Qualifio, request: &Request, status: u16, name: &str) -> Response {
    let channel = wanted_guid(request).and_then(|guid| channel(qualifio, &guid)).filter(|_| status != 404);
    let again = afresh(&Form::query(request));
    let again = ["Expired", "Forbidden", "TooLarge", "CookiesOff"].contains(&name).then_some(again.as_str());
    page::message(qualifio, page::Message { status, name, channel: channel.as_ref(), again })
}

/// Why there is no page: HTTP status and the name of what is said.
type Refusal = (u16, &'static str);

const UNKNOWN: Refusal = (404, "NotFound");

fn visit(qualifio: &mut Qualifio, now: Instant, request: &Request) -> Result<Turn, Refusal> {
    let guid = wanted_guid(request).ok_or(UNKNOWN)?;
    let host: Host = request.uri().host().and_then(|host| host.parse().ok()).ok_or((400, "BadHost"))?;
    if qualifio.knobs.on("qualifio.force_https") && request.uri().scheme_str() == Some("http") {
        let location = request.uri().to_string().replacen("http://", "https://", 1);
        return Ok(Turn::Reply(answer::redirect(301, &location)));
    }
    if !is_utf8(request.uri().query().unwrap_or_default().as_bytes()) {
        return Err((400, "NotUtf8"));
    }
    let channel = channel(qualifio, &guid).ok_or(UNKNOWN)?;
    if !is_served(qualifio, &host, &channel) {
        return Err(UNKNOWN);
    }
    let open = channel.starts.is_none_or(|start| start <= now) && channel.ends.is_none_or(|end| now < end);
    if !open {
        return Err((200, "NotOpen"));
    }
    match *request.method() {
        Method::GET | Method::HEAD => arrive(qualifio, now, request, &host, &channel),
        Method::POST => post(qualifio, now, request, &channel),
        _ => Err((405, "MethodNotAllowed")),
    }
}

fn is_utf8(encoded: &[u8]) -> bool {
    percent_encoding::percent_decode(encoded).decode_utf8().is_ok()
}

fn channel(qualifio: &Qualifio, guid: &str) -> Option<Channel> {
    let campaign = qualifio.campaigns.get(qualifio.channels.get(guid)?)?;
    campaign.channels.iter().find(|channel| channel.guid == guid).cloned()
}

fn is_served(qualifio: &Qualifio, host: &Host, channel: &Channel) -> bool {
    let is_domain = |domain: &str| domain.parse::<Host>().is_ok_and(|domain| domain == *host);
    match qualifio.knobs.text("qualifio.domain_security") {
        "Strict" => qualifio.websites.get(&channel.website).is_some_and(|site| is_domain(&site.domain)),
        "Loose" => qualifio.websites.values().any(|site| is_domain(&site.domain)),
        _ => true,
    }
}

fn visitor(request: &Request) -> Option<String> {
    let shaped = |value: &str| {
        value.len() == 32 && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let mut cookies = cookies(request).into_iter();
    cookies.find(|(name, value)| name == COOKIE && shaped(value)).map(|(_, value)| value)
}

/// The participation under this key, if it belongs to the browser that asks.
fn own<'q>(
    qualifio: &'q Qualifio,
    uk: &str,
    caller: &Caller,
    channel: &Channel,
) -> Option<&'q Arc<Participation>> {
    let found = qualifio.participations.get(uk)?;
    let theirs = match &caller.visitor {
        Some(visitor) => *visitor == found.visitor,
        // To the page around it a campaign in a frame is a third party, whose cookies many browsers keep back. There
        // the address of its own pages carries the session, until a cookie has shown that it need not.
        None => caller.framed && channel.kind == ChannelKind::Widget && !found.seen,
    };
    (theirs && found.channel_guid == channel.guid).then_some(found)
}

/// What a browser shows of itself.
struct Caller {
    /// The cookie.
    visitor: Option<String>,
    /// Whether the page may stand in a frame. Browsers that say where it stands say so of whole windows, too.
    framed: bool,
}

impl Caller {
    fn of(request: &Request) -> Self {
        let place = request.headers().get("sec-fetch-dest");
        Self { visitor: visitor(request), framed: place.is_none_or(|place| place != "document") }
    }
}

fn arrive(
    qualifio: &mut Qualifio,
    now: Instant,
    request: &Request,
    host: &Host,
    channel: &Channel,
) -> Result<Turn, Refusal> {
    let query = Form::query(request);
    let caller = Caller::of(request);
    if let Some(uk) = query.get("uk")
        && own(qualifio, uk, &caller, channel).is_some()
    {
        arrived(qualifio, uk, &caller);
        stands_at(qualifio, uk, request);
        return Ok(flow::show(qualifio, uk));
    }
    if caller.visitor.is_none() && query.get("uk").is_some_and(|uk| is_unseen(qualifio, uk, channel)) {
        return Err((403, "CookiesOff"));
    }
    if let Some(found) = left_for_login(qualifio, &query, &caller, channel) {
        // What else stands in the address may be Gigya's, and bring the session.
        let location = with_session(&query, &found);
        return Ok(Turn::Reply(answer::redirect(302, &location)));
    }
    if qualifio.participations.len() >= MOST_PARTICIPATIONS {
        return Err((503, "Full"));
    }
    Ok(begin(qualifio, now, request, host, channel, caller.visitor))
}

/// Notes the address of the page that is about to be shown.
fn stands_at(qualifio: &mut Qualifio, uk: &str, request: &Request) {
    let query = request.uri().query().unwrap_or_default();
    let query = &query[..query.floor_char_boundary(LONGEST_ADDRESS)];
    flow::edit(qualifio, uk, |participation| {
        if participation.address_query != query {
            participation.address_query = query.to_owned();
        }
    });
}

/// Somebody who left for the login page is back in front of us, whatever address brought them.
fn left_for_login(
    qualifio: &Qualifio,
    query: &Form,
    caller: &Caller,
    channel: &Channel,
) -> Option<Arc<Participation>> {
    if let Some(uk) = query.get("qlf_uk")
        && let Some(found) = own(qualifio, uk, caller, channel)
    {
        return Some(Arc::clone(found));
    }
    let uk = qualifio.visits.get(&(caller.visitor.clone()?, channel.guid.clone()))?;
    let found = own(qualifio, uk, caller, channel)?;
    matches!(found.sso, SsoState::Redirected(_)).then(|| Arc::clone(found))
}

/// Whether nobody has come with the cookie of this participation yet. Whoever follows a shared address has no
/// cookie either, but its participation has been seen: for them another one begins.
fn is_unseen(qualifio: &Qualifio, uk: &str, channel: &Channel) -> bool {
    let found = qualifio.participations.get(uk);
    found.is_some_and(|found| !found.seen && found.channel_guid == channel.guid)
}

fn arrived(qualifio: &mut Qualifio, uk: &str, caller: &Caller) {
    let Some(participation) = qualifio.participations.get_mut(uk) else { return };
    if caller.visitor.is_some() && !participation.seen {
        Arc::make_mut(participation).seen = true;
    }
    let came_back = matches!(participation.sso, SsoState::Redirected(_));
    if came_back || matches!(participation.sso, SsoState::RedirectOffered(_)) {
        // Either way there may be a session by now, and what may go without a click went once.
        let participation = Arc::make_mut(participation);
        participation.sso = SsoState::Check;
        participation.reach = None;
        participation.returned = came_back;
        participation.may_redirect = false;
    }
}

fn begin(
    qualifio: &mut Qualifio,
    now: Instant,
    request: &Request,
    host: &Host,
    channel: &Channel,
    visitor: Option<String>,
) -> Turn {
    let Some(campaign) = qualifio.channels.get(&channel.guid).and_then(|id| qualifio.campaigns.get(id))
    else {
        return Turn::Reply(refuse(qualifio, request, UNKNOWN.0, UNKNOWN.1));
    };
    let campaign = Arc::clone(campaign);
    let query = Form::query(request);
    let secure = request.uri().scheme_str() != Some("http");
    let scheme = if secure { "https" } else { "http" };
    let authority = request.uri().authority().map_or("", |authority| authority.as_str());
    let visitor = visitor.unwrap_or_else(|| qualifio.ids.token(32));
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let started = Participation {
        id: qualifio.ids.guid(),
        uk: qualifio.ids.upper(11),
        cfid: qualifio.ids.guid().to_ascii_lowercase(),
        base: format!("{scheme}://{authority}{}", request.uri().path()),
        host: host.clone(),
        parent: query.get("parentURL").or_else(|| query.get("pdomain")).filter(fits).map(str::to_owned),
        device: device(agent.unwrap_or_default()),
        agent: agent.unwrap_or_default().chars().take(LONGEST_AGENT).collect(),
        ip: network_address(request),
        started: now,
        at: 0,
        part: 0,
        page: 1,
        address_query: String::new(),
        sso: SsoState::Check,
        reach: None,
        returned: false,
        attempts: 0,
        // Whoever arrives with somebody's session but without the cookie has a browser that keeps none: an
        // automatic redirect would go round for ever.
        may_redirect: query.get("uk").is_none() && query.get("qlf_uk").is_none(),
        identity: None,
        prefill: from_address(&query, &campaign),
        typed: BTreeMap::new(),
        errors: BTreeMap::new(),
        refusal: None,
        limited: None,
        answers: imbl::OrdMap::new(),
        score: 0,
        row: None,
        just_submitted: false,
        repeated: false,
        seen: false,
        warnings: shared_host(host),
        channel_guid: channel.guid.clone(),
        visitor,
        campaign,
    };
    let mut started = started;
    if let Some(token) = query.get(secure_token::PARAMETER) {
        match secure_token::read(qualifio.token_key.as_ref(), token, &started.campaign, now) {
            Ok(given) => started.prefill.extend(given),
            Err(refused) => started.warn(Warning::about("SecureTokenRefused", format!("{refused:?}"))),
        }
    }
    let location = with_session(&query, &started);
    let cookie = cookie(&started.visitor, secure);
    qualifio.begin_participation(started);
    let mut response = answer::redirect(302, &location);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Turn::Reply(response)
}

/// The longest `User-Agent` that is kept.
const LONGEST_AGENT: usize = 500;

/// Where the browser is in the network, as whatever stands in front of the campaign says it; without that,
/// everybody is on this machine.
fn network_address(request: &Request) -> String {
    let told = request.headers().get("x-forwarded-for").and_then(|list| list.to_str().ok());
    let first = told.and_then(|list| list.split(',').next()).and_then(|first| first.trim().parse().ok());
    first.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_string()
}

fn shared_host(host: &Host) -> Vec<Warning> {
    if host.is_shared_qualifio() {
        vec![Warning::about("SharedQualifioHost", host.as_str())]
    } else {
        Vec::new()
    }
}

fn cookie(visitor: &str, secure: bool) -> HeaderValue {
    // A campaign in a frame is a third party to the page around it, so the cookie needs SameSite=None, which
    // browsers take with Secure only.
    let rest = if secure { "Secure; SameSite=None" } else { "SameSite=Lax" };
    let text = format!("{COOKIE}={visitor}; Path=/; HttpOnly; {rest}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("qlf_visitor=; Path=/"))
}

/// What finds a participation again.
const SESSION: [&str; 5] = ["cfid", "cftoken", "uk", "page", "qlf_uk"];

/// The address that was called, with the session added.
fn with_session(query: &Form, started: &Participation) -> String {
    let mut all = form_urlencoded::Serializer::new(String::new());
    // A token has said what it had to say, and what it says is nobody else's business.
    let stays = |name: &&str| !SESSION.contains(name) && *name != secure_token::PARAMETER;
    all.extend_pairs(query.iter().filter(|(name, _)| stays(name)));
    all.append_pair("cfid", &started.cfid).append_pair("cftoken", "0");
    all.append_pair("uk", &started.uk).append_pair("page", &started.page.to_string());
    format!("{}?{}", started.base, all.finish())
}

/// The address that was called, without any session.
fn afresh(query: &Form) -> String {
    let mut all = form_urlencoded::Serializer::new(String::new());
    all.extend_pairs(query.iter().filter(|(name, _)| !SESSION.contains(name)));
    format!("?{}", all.finish())
}

/// Values that the address gives for variables of the form: what the form would not take does not fill it.
fn from_address(query: &Form, campaign: &crate::campaign::Campaign) -> BTreeMap<String, String> {
    let fields = campaign.fields.iter().map(|field| field.variable.as_str());
    let given = |name: &str| query.get(name).filter(|value| value.chars().count() <= text::LIMIT);
    fields.filter_map(|name| given(name).map(|value| (name.to_owned(), value.to_owned()))).collect()
}

/// The longest address of a page around the campaign.
const LONGEST_ADDRESS: usize = 2_000;

fn fits(address: &&str) -> bool {
    address.len() <= LONGEST_ADDRESS
}

fn post(
    qualifio: &mut Qualifio,
    now: Instant,
    request: &Request,
    channel: &Channel,
) -> Result<Turn, Refusal> {
    if request.body().len() > LONGEST_BODY {
        return Err((413, "TooLarge"));
    }
    if !is_utf8(request.body()) {
        return Err((400, "NotUtf8"));
    }
    let form = Form::body(request);
    let query = Form::query(request);
    let uk = query.get("uk").or_else(|| form.get("uk")).unwrap_or_default().to_owned();
    if !qualifio.participations.contains_key(&uk) {
        return Err((410, "Expired"));
    }
    if own(qualifio, &uk, &Caller::of(request), channel).is_none() {
        return Err((403, "Forbidden"));
    }
    let action = form.get("action").filter(|action| !action.is_empty());
    let endpoint = ENDPOINTS.iter().find(|endpoint| Some(endpoint.action) == action);
    let endpoint = endpoint.ok_or((400, "UnknownAction"))?;
    stands_at(qualifio, &uk, request);
    Ok((endpoint.act)(qualifio, now, &uk, &form))
}
