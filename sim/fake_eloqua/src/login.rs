//! Who calls, and the address to call.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::router::Call;
use crate::user::User;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::{Request, Response};

/// What goes along with every answer of `/id`.
const HEADERS: [(&str, &str); 8] = [
    ("cache-control", "no-store"),
    ("pragma", "no-cache"),
    ("expires", "-1"),
    ("x-frame-options", "DENY"),
    ("p3p", "CP=\"IDC DSP COR DEVa TAIa OUR BUS PHY ONL UNI COM NAV CNT STA\""),
    ("x-xss-protection", "1; mode=block"),
    ("x-content-type-options", "nosniff"),
    ("strict-transport-security", "max-age=31536000"),
];

fn authorization(request: &Request) -> Option<(String, String)> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = header.trim().split_once(char::is_whitespace)?;
    Some((scheme.to_ascii_lowercase(), rest.to_owned()))
}

/// The name and password of Basic authentication. Some encoders leave blanks and line ends in long ones.
pub(crate) fn basic(request: &Request) -> Option<(String, String)> {
    let (scheme, encoded) = authorization(request)?;
    if scheme != "basic" {
        return None;
    }
    let encoded: String = encoded.chars().filter(|c| !c.is_whitespace()).collect();
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// The user behind a request.
pub(crate) fn caller(eloqua: &Eloqua, now: Instant, request: &Request) -> Option<User> {
    if !eloqua.lets_in() {
        return None;
    }
    match authorization(request) {
        Some((scheme, token)) if scheme == "bearer" => {
            let name = eloqua.tokens.user_of(now, token.trim())?;
            eloqua.site.user_named(name).filter(|user| user.enabled)
        }
        None => crate::setup::session::user_of(eloqua, now, request),
        Some(_) => basic(request).and_then(|(name, password)| eloqua.site.login(&name, &password)),
    }
}

/// The refusal of a request without a user: one that tried to log in has no right, another has to log in.
pub(crate) fn stranger(request: &Request) -> Response {
    match authorization(request) {
        Some(_) => reply::bare(401),
        None => reply::bare_as(401, "Login required"),
    }
}

/// `GET /id`. Whoever is not let in gets 200 and a sentence, as the platform does.
pub(crate) fn id(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let most = eloqua.knobs.number("eloqua.id_limit");
    if !eloqua.limits.id.admits(call.now, most) {
        return Ok(reply::bare(429));
    }
    let Some(user) = caller(eloqua, call.now, call.request).filter(|user| user.api) else {
        return Ok(with_headers(reply::bulk(200, &Value::from("Not authenticated."))));
    };
    let base = base(eloqua, call.request);
    let name = user.name.clone();
    let (first, last) = user.names();
    let soap = |service: &str| format!("{base}/API/{{version}}/{service}.svc");
    let body = json!({
        "site": { "id": eloqua.site.id, "name": eloqua.site.name },
        "user": {
            "id": user.id,
            "username": name,
            "displayName": user.display_name(),
            "firstName": first,
            "lastName": last,
            "emailAddress": format!("{name}@brand.example"),
        },
        "urls": {
            "base": base,
            "apis": {
                "soap": {
                    "standard": soap("Service"),
                    "dataTransfer": soap("DataTransferService"),
                    "email": soap("EmailService"),
                    "externalAction": soap("ExternalActionService"),
                },
                "rest": {
                    "standard": format!("{base}/API/REST/{{version}}/"),
                    "bulk": format!("{base}/API/Bulk/{{version}}/"),
                },
            },
        },
    });
    Ok(with_headers(reply::bulk(200, &body)))
}

fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let cookie = HeaderValue::from_static("culture=en-US; path=/; secure; HttpOnly");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// The address that a request came to.
fn asked(request: &Request) -> Option<String> {
    let uri = request.uri();
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?).to_ascii_lowercase())
}

/// Where the instance went, if it moved: the name of a pod, or a whole address.
fn new_home(eloqua: &Eloqua) -> Option<String> {
    let home = eloqua.knobs.text("eloqua.moved_to").trim();
    match home {
        "" => None,
        home if home.contains("://") => Some(home.trim_end_matches('/').to_ascii_lowercase()),
        pod => Some(format!("https://secure.{pod}.eloqua.com").to_ascii_lowercase()),
    }
}

/// Whether a request comes to an address that the instance has left.
pub(crate) fn is_elsewhere(eloqua: &Eloqua, request: &Request) -> bool {
    new_home(eloqua).is_some_and(|home| asked(request).is_some_and(|asked| asked != home))
}

/// The address of this instance: the one that the request came to, unless it came to the common login host
/// or the instance moved.
pub(crate) fn base(eloqua: &Eloqua, request: &Request) -> String {
    if let Some(home) = new_home(eloqua) {
        return home;
    }
    let host = request.uri().host().unwrap_or_default();
    match asked(request) {
        Some(asked) if !host.eq_ignore_ascii_case("login.eloqua.com") => asked,
        _ => eloqua.address(),
    }
}
