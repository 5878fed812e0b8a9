//! Who may call, and the address to call.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::router::Call;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::{Request, Response};

fn authorization(request: &Request) -> Option<(String, String)> {
    let header = request.headers().get(http::header::AUTHORIZATION)?.to_str().ok()?;
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

/// Whether `Site\User` and the password are this site's.
pub(crate) fn is_user(eloqua: &Eloqua, name: &str, password: &str) -> bool {
    let Some((site, user)) = name.split_once('\\') else { return false };
    site.to_lowercase() == eloqua.site.name.to_lowercase()
        && user.to_lowercase() == eloqua.site.user.to_lowercase()
        && password == eloqua.site.password.reveal()
}

/// Whether a request may do anything.
pub(crate) fn admitted(eloqua: &Eloqua, now: Instant, request: &Request) -> bool {
    match authorization(request) {
        Some((scheme, token)) if scheme == "bearer" => eloqua.tokens.admits(now, token.trim()),
        _ => basic(request).is_some_and(|(name, password)| is_user(eloqua, &name, &password)),
    }
}

/// `GET /id`. Whoever is not let in gets 200 and a sentence, as the platform does.
pub(crate) fn id(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    if !admitted(eloqua, call.now, call.request) {
        return Ok(reply::bulk(200, &Value::from("Not authenticated.")));
    }
    let base = base(eloqua, call.request);
    let user = eloqua.site.user.to_lowercase();
    let soap = |service: &str| format!("{base}/API/{{version}}/{service}.svc");
    let body = json!({
        "site": { "id": eloqua.site.id, "name": eloqua.site.name },
        "user": {
            "id": 222,
            "username": user,
            "displayName": "Sync User",
            "firstName": "Sync",
            "lastName": "User",
            "emailAddress": format!("{user}@brand.example"),
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
    Ok(reply::bulk(200, &body))
}

/// The address of this instance: the one that the request came to, unless it came to the common login host.
fn base(eloqua: &Eloqua, request: &Request) -> String {
    let uri = request.uri();
    let host = uri.host().unwrap_or_default();
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) if !host.eq_ignore_ascii_case("login.eloqua.com") => {
            format!("{scheme}://{authority}")
        }
        _ => format!("https://secure.{}.eloqua.com", eloqua.site.pod),
    }
}
