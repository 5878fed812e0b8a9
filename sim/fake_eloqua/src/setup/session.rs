//! Who is signed in to the pages.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::router::Call;
use crate::setup::home;
use crate::user::User;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use standin_fake_kit::{asset, origin};
use standin_model::Instant;
use standin_ports::http::host_of;
use standin_ports::{Request, Response};

/// The cookie that names a session.
const COOKIE: &str = "eloqua_session";
/// The header in which a page shows that it could read the session's token.
const TOKEN: &str = "x-xsrf-token";
const UNWRITTEN: &str = "XSRF Protection Failure";

/// The people who are signed in, each session with its token.
pub(crate) type Sessions = standin_fake_kit::Sessions<String>;

/// Nobody is signed in.
pub(crate) fn nobody_yet() -> Sessions {
    Sessions::by(COOKIE)
}

/// The user of a request's session.
pub(crate) fn user_of(eloqua: &Eloqua, now: Instant, request: &Request) -> Option<User> {
    let (user, _) = eloqua.sessions.of(now, request)?;
    eloqua.site.user_named(user).filter(|user| user.enabled)
}

/// Refuses a write that a foreign page may have caused: a browser sends the cookie by itself, but only a page of
/// the instance knows the session's token.
pub(crate) fn check_page(eloqua: &Eloqua, now: Instant, request: &Request) -> Result<(), Refused> {
    let by_session = !request.headers().contains_key(header::AUTHORIZATION);
    let writes = ![Method::GET, Method::HEAD].contains(request.method());
    if !by_session || !writes || !eloqua.knobs.on("eloqua.xsrf") {
        return Ok(());
    }
    let shown = request.headers().get(TOKEN).and_then(|token| token.to_str().ok());
    let right = eloqua.sessions.of(now, request).is_some_and(|(_, token)| shown == Some(token.as_str()));
    if right && !origin::is_foreign(request) { Ok(()) } else { Err(unwritten()) }
}

/// The pages answer on Eloqua's own hosts and on this machine: a name that somebody else may lead here learns nothing.
pub(crate) fn check_host(request: &Request) -> Result<(), Refused> {
    let own = host_of(request).ends_with(".eloqua.com") || origin::is_local(request);
    if own { Ok(()) } else { Err(absent()) }
}

fn unwritten() -> Refused {
    guarded(reply::bare_as(403, UNWRITTEN))
}

/// The refusal of somebody who is not signed in.
pub(crate) fn nobody() -> Refused {
    guarded(reply::bare_as(401, "Login required"))
}

/// Nothing is there for a browser.
pub(crate) fn absent() -> Refused {
    guarded(*reply::absent())
}

/// A refusal that no browser keeps or shows in a foreign page.
fn guarded(mut response: Response) -> Refused {
    asset::guard(response.headers_mut(), asset::OWN_HOST_ONLY);
    Box::new(response)
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = reply::rest(status, body);
    asset::guard(response.headers_mut(), asset::OWN_HOST_ONLY);
    response
}

/// `POST /login`.
pub(crate) fn sign_in(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    check_host(call.request)?;
    if origin::is_foreign(call.request) {
        return Err(unwritten());
    }
    let body = call.object()?;
    let of = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = format!("{}\\{}", of("company").trim(), of("user").trim());
    let Some(user) = eloqua.site.login(&name, of("password")).filter(|_| eloqua.lets_in()) else {
        return Ok(answer(401, &json!({ "message": "The company, user name or password is wrong." })));
    };
    let (name, token) = (eloqua.session_ids.token(43), eloqua.session_ids.token(43));
    let end = call.now.plus(eloqua.knobs.span("eloqua.session_life"));
    eloqua.sessions.begin(call.request, call.now, end, name.clone(), &user.name, token);
    let response = answer(200, &json!({ "next": home(eloqua, call) }));
    Ok(with_cookie(call.request, response, &name, ""))
}

/// `GET /setup/session`.
pub(crate) fn told(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    check_host(call.request)?;
    let user = user_of(eloqua, call.now, call.request);
    let session = eloqua.sessions.of(call.now, call.request);
    let (Some(user), Some((_, token))) = (user, session) else {
        return Err(nobody());
    };
    let body = json!({
        "company": eloqua.site.name,
        "user": user.name,
        "displayName": user.display_name(),
        "token": token,
    });
    Ok(answer(200, &body))
}

/// `DELETE /setup/session`.
pub(crate) fn sign_out(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    check_host(call.request)?;
    if origin::is_foreign(call.request) {
        return Err(unwritten());
    }
    eloqua.sessions.end(call.request);
    Ok(with_cookie(call.request, answer(200, &json!({})), "", "; Max-Age=0"))
}

/// The cookie is for the whole of the vendor's domain, since one signs in on another host than one works on.
fn with_cookie(request: &Request, mut response: Response, value: &str, tail: &str) -> Response {
    let domain = if host_of(request).ends_with(".eloqua.com") { "; Domain=eloqua.com" } else { "" };
    let secure = if request.uri().scheme_str() == Some("https") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}{domain}; Path=/; HttpOnly; SameSite=Strict{secure}{tail}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
