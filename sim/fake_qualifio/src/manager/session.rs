//! Who calls: an operator with a cookie of the console, or an API client with a bearer token.

use super::{Call, json_reply, plain};
use crate::account::{Allowed, Role};
use crate::gdpr::toolbox;
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::turn::Turn;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use standin_fake_kit::{Ids, Section, origin};
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::borrow::Cow;

/// The console's cookie.
pub const COOKIE: &str = "qlf_manager";

/// Somebody who is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Operators who are signed in by cookie.
#[derive(Clone, Debug)]
pub struct Sessions {
    // Apart from the account's own, so that looking into the console moves no other identifier.
    ids: Ids,
    open: standin_fake_kit::Sessions,
}

impl Sessions {
    /// Nobody is signed in.
    pub fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed, "qualifio-operators"), open: standin_fake_kit::Sessions::by(COOKIE) }
    }
}

/// Who calls. A cookie is carried along by whatever page makes the browser call, so a change that comes with
/// one must come from a page of this host; a bearer token is never carried along.
pub(super) fn operator(
    qualifio: &Qualifio,
    now: Instant,
    request: &Request,
) -> Result<Option<Operator>, Problem> {
    let known = |name: &str| {
        let role = *qualifio.operators.get(name)?;
        Some(Operator { name: name.to_owned(), role })
    };
    if let Some(header) = request.headers().get(header::AUTHORIZATION) {
        let bearer = header.to_str().ok().and_then(|header| header.split_once(' '));
        let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return Ok(bearer.and_then(|(_, name)| known(name.trim())));
    }
    if origin::is_foreign(request) {
        let named =
            request.headers().get(header::ORIGIN).map(|from| String::from_utf8_lossy(from.as_bytes()));
        return Err(Problem::ForeignOrigin(named.map_or("another site".to_owned(), Cow::into_owned)));
    }
    Ok(qualifio.sessions.open.of(now, request).and_then(|(name, ())| known(name)))
}

pub(super) fn operators(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let named = qualifio.operators.iter().map(|(name, role)| json!({"name": name, "role": role.name()}));
    Ok(json_reply(200, &json!({"operators": named.collect::<Value>()})))
}

pub(super) fn sign_in(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let section = Section::root(&call.body);
    section.only(&["operator"])?;
    let name = section.text_of("operator")?.unwrap_or_default();
    if name.is_empty() {
        return Err(Problem::MissingField("operator".to_owned()));
    }
    let unknown = Problem::InvalidField { field: "operator", why: "is nobody who is known here" };
    let role = *qualifio.operators.get(name).ok_or(unknown)?;
    let lifetime = qualifio.knobs.span("qualifio.operator_session");
    let id = qualifio.sessions.ids.token(43);
    let ends = call.now.plus(lifetime);
    qualifio.sessions.open.begin(call.request, call.now, ends, id.clone(), name, ());
    let operator = Operator { name: name.to_owned(), role };
    let response = plain(200, "application/json", shown(qualifio, &operator).to_string());
    let age = lifetime.as_secs();
    Ok(Turn::Reply(with_cookie(response, call, &id, age)))
}

pub(super) fn sign_out(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    qualifio.sessions.open.end(call.request);
    Ok(Turn::Reply(with_cookie(plain(200, "application/json", "{}"), call, "", 0)))
}

fn with_cookie(mut response: Response, call: &Call<'_>, id: &str, age: u64) -> Response {
    let secure = if call.request.uri().scheme_str() == Some("http") { "" } else { "; Secure" };
    let cookie = format!("{COOKIE}={id}; Path=/manager/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

pub(super) fn me(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let operator = call.operator.as_ref().ok_or(Problem::Unauthorized)?;
    Ok(json_reply(200, &shown(qualifio, operator)))
}

fn shown(qualifio: &Qualifio, operator: &Operator) -> Value {
    let may = |allowed: Allowed| allowed.check(operator.role).is_ok();
    json!({
        "operator": operator.name,
        "role": operator.role.name(),
        "may": {
            "integrations": may(Allowed::ADMIN), "expert": may(Allowed::EXPERT), "websites": may(Allowed::ADMIN),
            "campaigns": may(Allowed::CAMPAIGNS), "data": may(Allowed::DATA),
            "gdpr": toolbox::is_open_to(qualifio, operator), "approve": toolbox::is_officer(qualifio, operator),
        },
    })
}
