//! Who is signed in to the console.

use crate::call::Caller;
use crate::console::{Visit, refused, reply, sent};
use crate::gigya::Gigya;
use http::{HeaderValue, header};
use serde_json::json;
use standin_fake_kit::Sessions;
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::sync::Arc;

/// The cookie that names a session.
const COOKIE: &str = "gigya_console";
/// Nobody is signed in; each session will be that of a key.
pub(crate) fn nobody() -> Sessions {
    Sessions::by(COOKIE)
}

impl Gigya {
    /// The key of whoever a request's session belongs to. A key that is gone signs nobody in.
    pub(crate) fn operator(&self, now: Instant, request: &Request) -> Option<String> {
        let (user_key, ()) = self.operators.of(now, request)?;
        self.sites.values().any(|site| site.keys.contains_key(user_key)).then(|| user_key.to_owned())
    }
}

/// `POST /console/session`.
pub(crate) fn sign_in(gigya: &mut Gigya, visit: &Visit<'_>) -> Response {
    let body = sent(visit.request);
    let (Some(user_key), Some(secret)) = (body["userKey"].as_str(), body["secret"].as_str()) else {
        return refused(400, 400_002, "a key and its secret are needed");
    };
    let sites: Vec<_> =
        gigya.sites.values().filter(|site| site.keys.contains_key(user_key)).map(Arc::clone).collect();
    let is_known = |caller: &Caller| matches!(caller, Caller::Server { .. });
    let known =
        sites.iter().any(|site| gigya.by_secret(site, Some(user_key), secret).is_ok_and(|it| is_known(&it)));
    if !known {
        // One answer for a wrong key and a wrong secret: it tells nobody which keys there are.
        return refused(401, 403_010, "the key or its secret is wrong");
    }
    let token = gigya.console_ids.token(64);
    let ends = visit.now.plus(gigya.knobs.span("gigya.console_session"));
    gigya.operators.begin(visit.request, visit.now, ends, token.clone(), user_key, ());
    with_cookie(visit.request, reply(200, &json!({"userKey": user_key})), &token, "")
}

/// `GET /console/session`.
pub(crate) fn told(_: &mut Gigya, visit: &Visit<'_>) -> Response {
    reply(200, &json!({"userKey": visit.user_key}))
}

/// `DELETE /console/session`.
pub(crate) fn sign_out(gigya: &mut Gigya, visit: &Visit<'_>) -> Response {
    gigya.operators.end(visit.request);
    with_cookie(visit.request, reply(200, &json!({})), "", "; Max-Age=0")
}

fn with_cookie(request: &Request, mut response: Response, token: &str, tail: &str) -> Response {
    let secure = if request.uri().scheme_str() == Some("https") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{tail}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
