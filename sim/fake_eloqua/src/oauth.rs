//! Access by token: the password and refresh grants of the token endpoint.

use crate::eloqua::Eloqua;
use crate::login;
use crate::reply::{self, Refused};
use crate::router::Call;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_fake_kit::form::Form;
use standin_model::Instant;
use standin_ports::Response;
use std::time::Duration;

/// The application that may ask for tokens when nobody seeds one.
pub const DEFAULT_CLIENT_ID: &str = "standin-client";
/// Its secret.
pub const DEFAULT_CLIENT_SECRET: &str = "standin-client-secret";

const ACCESS_LIFE: Duration = Duration::from_secs(28_800);
const REFRESH_LIFE: Duration = Duration::from_secs(365 * 86_400);
const KEPT: usize = 1000;

/// Tokens that were given out.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    /// Access tokens and when they end.
    access: OrdMap<String, Instant>,
    /// Refresh tokens that were not used yet, and when they end.
    refresh: OrdMap<String, Instant>,
}

/// Numbers alone: a token opens the instance to whoever reads it.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({} access, {} refresh)", self.access.len(), self.refresh.len())
    }
}

impl Tokens {
    /// Whether an access token is good now.
    pub(crate) fn admits(&self, now: Instant, token: &str) -> bool {
        self.access.get(token).is_some_and(|end| now < *end)
    }
}

/// The parameters of a token request, which come as JSON or as a form.
fn parameters(call: &Call<'_>) -> Vec<(String, String)> {
    if let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(call.request.body()) {
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        return members.iter().filter_map(text).collect();
    }
    Form::parse(call.request.body()).iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn refused(status: u16, error: &str, code: u32, description: &str) -> Refused {
    let body = json!({ "error": error, "error_description": description, "error_code": code });
    Box::new(reply::bulk(status, &body))
}

/// `POST /auth/oauth2/token`.
pub(crate) fn token(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let client = login::basic(call.request);
    let known = client.is_some_and(|(id, secret)| {
        id == eloqua.site.client_id && secret == eloqua.site.client_secret.reveal()
    });
    if !known {
        return Err(refused(401, "invalid_client", 3001, "The client is not known."));
    }
    let parameters = parameters(call);
    let of = |name: &str| {
        parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    match of("grant_type") {
        "password" => {
            let user = of("username");
            if !login::is_user(eloqua, user, of("password")) {
                return Err(refused(401, "invalid_grant", 4001, "The user name or password is wrong."));
            }
        }
        "refresh_token" => {
            let end = eloqua.tokens.refresh.remove(of("refresh_token"));
            if end.is_none_or(|end| end <= call.now) {
                return Err(refused(
                    401,
                    "invalid_grant",
                    4002,
                    "The refresh token was used or has expired.",
                ));
            }
        }
        _ => return Err(refused(400, "unsupported_grant_type", 2001, "The grant type is not supported.")),
    }
    let (access, refresh) = (eloqua.ids.token(64), eloqua.ids.token(64));
    let tokens = &mut eloqua.tokens;
    tokens.access.insert(access.clone(), call.now.plus(ACCESS_LIFE));
    tokens.refresh.insert(refresh.clone(), call.now.plus(REFRESH_LIFE));
    for store in [&mut tokens.access, &mut tokens.refresh] {
        while store.len() > KEPT {
            let Some(first) = store.iter().min_by_key(|(_, end)| **end).map(|(token, _)| token.clone())
            else {
                break;
            };
            store.remove(&first);
        }
    }
    Ok(reply::bulk(
        200,
        &json!({
            "access_token": access,
            "token_type": "bearer",
            "expires_in": ACCESS_LIFE.as_secs(),
            "refresh_token": refresh,
        }),
    ))
}
