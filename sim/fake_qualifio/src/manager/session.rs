//! Who calls: an operator with a cookie of the console, or an API client with a bearer token.

use super::{Call, json_reply, plain};
use crate::account::{Allowed, Role};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::turn::Turn;
use http::{HeaderValue, header};
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_fake_kit::form::cookies;
use standin_fake_kit::{Ids, Section, origin};
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The console's cookie.
pub const COOKIE: &str = "qlf_manager";

/// The most sessions; the one that ends first goes.
const MOST: usize = 1_000;

/// Somebody who is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Operators who are signed in by cookie.
#[derive(Clone)]
pub struct Sessions {
    // Apart from the account's own, so that looking into the console moves no other identifier.
    ids: Ids,
    open: OrdMap<String, (Instant, String)>,
}

/// Session ids are as good as passwords, so they are not printed.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sessions", self.open.len())
    }
}

impl Sessions {
    /// Nobody is signed in.
    pub fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed, "qualifio-operators"), open: OrdMap::new() }
    }

    fn open(&mut self, now: Instant, lifetime: Duration, operator: &str) -> String {
        let over = self.open.iter().filter(|(_, (ends, _))| *ends <= now).map(|(id, _)| id.clone());
        for id in over.collect::<Vec<_>>() {
            self.open.remove(&id);
        }
        if self.open.len() >= MOST {
            let first = self.open.iter().min_by_key(|(_, (ends, _))| *ends).map(|(id, _)| id.clone());
            first.map(|id| self.open.remove(&id));
        }
        let id = self.ids.token(43);
        self.open.insert(id.clone(), (now.plus(lifetime), operator.to_owned()));
        id
    }

    fn of(&self, now: Instant, id: &str) -> Option<&str> {
        let (ends, operator) = self.open.get(id)?;
        (*ends > now).then_some(operator.as_str())
    }
}

fn session_id(request: &Request) -> Option<String> {
    cookies(request).into_iter().find(|(name, _)| name == COOKIE).map(|(_, id)| id)
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
    let id = session_id(request);
    Ok(id.and_then(|id| qualifio.sessions.of(now, &id)).and_then(known))
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
    // Who signs in again leaves no session behind.
    if let Some(before) = session_id(call.request) {
        qualifio.sessions.open.remove(&before);
    }
    let id = qualifio.sessions.open(call.now, lifetime, name);
    let operator = Operator { name: name.to_owned(), role };
    let response = plain(200, "application/json", shown(&operator).to_string());
    let age = lifetime.as_secs();
    Ok(Turn::Reply(with_cookie(response, call, &id, age)))
}

pub(super) fn sign_out(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    if let Some(id) = session_id(call.request) {
        qualifio.sessions.open.remove(&id);
    }
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

pub(super) fn me(_: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let operator = call.operator.as_ref().ok_or(Problem::Unauthorized)?;
    Ok(json_reply(200, &shown(operator)))
}

fn shown(operator: &Operator) -> Value {
    let may = |allowed: Allowed| allowed.check(operator.role).is_ok();
    json!({
        "operator": operator.name,
        "role": operator.role.name(),
        "may": {
            "integrations": may(Allowed::ADMIN), "expert": may(Allowed::EXPERT), "websites": may(Allowed::ADMIN),
            "campaigns": may(Allowed::CAMPAIGNS), "data": may(Allowed::DATA),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_that_ends_first_makes_room() {
        let mut sessions = Sessions::new(7);
        let hour = Duration::from_secs(3600);
        let first = sessions.open(Instant::START, hour, "a");
        let later = Instant::START.plus(Duration::from_secs(1));
        let rest: Vec<String> = (0..MOST).map(|_| sessions.open(later, hour, "b")).collect();
        assert_eq!((sessions.of(later, &first), sessions.open.len()), (None, MOST));
        assert!(rest.iter().all(|id| sessions.of(later, id) == Some("b")));
        sessions.open(later.plus(hour), hour, "c");
        assert_eq!(sessions.open.len(), 1, "those whose time is over go");
        assert!(!format!("{sessions:?}").contains(&first));
    }
}
