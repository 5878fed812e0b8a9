//! Access by token: the token endpoint and what it gives out.

use crate::eloqua::{Due, Eloqua};
use crate::login;
use crate::reply::{self, Refused};
use crate::router::Call;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_fake_kit::Ids;
use standin_fake_kit::form::Form;
use standin_model::Instant;
use standin_ports::Response;
use std::time::Duration;

/// The application that may ask for tokens when nobody seeds one.
pub const DEFAULT_CLIENT_ID: &str = "standin-client";
/// Its secret.
pub const DEFAULT_CLIENT_SECRET: &str = "standin-client-secret";

/// How long an access token is good.
pub(crate) const ACCESS_LIFE: Duration = Duration::from_secs(28_800);
const REFRESH_LIFE: Duration = Duration::from_secs(365 * 86_400);
const KEPT: usize = 1000;

/// What stands behind a token or a code.
#[derive(Clone, PartialEq, Eq)]
struct Grant {
    user: String,
    end: Instant,
    /// Of a refresh token its access token, of a code the address that it was sent to.
    beside: String,
}

/// Tokens and codes that were given out.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    access: OrdMap<String, Grant>,
    /// Those that were not used yet.
    refresh: OrdMap<String, Grant>,
    /// Those that were not used yet.
    codes: OrdMap<String, Grant>,
    /// When the agenda next looks for those that have ended.
    planned: Option<Instant>,
}

/// Numbers alone: a token opens the instance to whoever reads it.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (access, refresh, codes) = (self.access.len(), self.refresh.len(), self.codes.len());
        write!(f, "Tokens({access} access, {refresh} refresh, {codes} codes)")
    }
}

fn keep(store: &mut OrdMap<String, Grant>, token: &str, grant: Grant) {
    store.insert(token.to_owned(), grant);
    while store.len() > KEPT {
        let first = store.iter().min_by_key(|(_, grant)| grant.end).map(|(token, _)| token.clone());
        let Some(first) = first else { break };
        store.remove(&first);
    }
}

impl Tokens {
    fn drop_ended(&mut self, now: Instant) {
        for store in [&mut self.access, &mut self.refresh, &mut self.codes] {
            *store = store
                .iter()
                .filter(|(_, grant)| now < grant.end)
                .map(|(key, grant)| (key.clone(), grant.clone()))
                .collect();
        }
    }

    fn first_end(&self) -> Option<Instant> {
        let stores = [&self.access, &self.refresh, &self.codes];
        stores.into_iter().flat_map(|store| store.values()).map(|grant| grant.end).min()
    }

    /// The user of an access token that is good now.
    pub(crate) fn user_of(&self, now: Instant, token: &str) -> Option<&str> {
        self.access.get(token).filter(|grant| now < grant.end).map(|grant| grant.user.as_str())
    }

    /// A new access token.
    pub(crate) fn access(&mut self, ids: &mut Ids, now: Instant, user: &str) -> String {
        let token = ids.token(64);
        let grant = Grant { user: user.to_owned(), end: now.plus(ACCESS_LIFE), beside: String::new() };
        keep(&mut self.access, &token, grant);
        token
    }

    fn refresh(&mut self, ids: &mut Ids, now: Instant, user: &str, access: &str) -> String {
        let token = ids.token(64);
        let grant = Grant { user: user.to_owned(), end: now.plus(REFRESH_LIFE), beside: access.to_owned() };
        keep(&mut self.refresh, &token, grant);
        token
    }

    /// A new code that is sent to `address`.
    pub(crate) fn code(&mut self, ids: &mut Ids, end: Instant, user: &str, address: &str) -> String {
        let code = ids.token(40);
        keep(&mut self.codes, &code, Grant { user: user.to_owned(), end, beside: address.to_owned() });
        code
    }
}

impl Eloqua {
    /// Takes away what has ended by now.
    pub(crate) fn end_tokens(&mut self, now: Instant) {
        self.tokens.drop_ended(now);
        self.tokens.planned = None;
        self.plan_end_of_tokens();
    }

    /// Has the agenda look when the first token or code ends, unless it looks earlier anyhow.
    pub(crate) fn plan_end_of_tokens(&mut self) {
        let Some(end) = self.tokens.first_end() else { return };
        if self.tokens.planned.is_none_or(|planned| end < planned) {
            self.tokens.planned = Some(end);
            self.agenda.add(end, Due::EndTokens);
        }
    }
}

/// The parameters of a token request, which come as JSON or as a form.
pub(crate) fn parameters(body: &[u8]) -> Vec<(String, String)> {
    if let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(body) {
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        return members.iter().filter_map(text).collect();
    }
    Form::parse(body).iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Refusals of the token endpoint: the number's thousands tell the kind of cause.
fn refused(status: u16, error: &str, code: u32, description: &str) -> Refused {
    let body = json!({ "error": error, "error_description": description, "error_code": code });
    Box::new(reply::bulk(status, &body))
}

/// What the token endpoint answers when it is told to fail with this status.
pub(crate) fn refusal(status: u16) -> Response {
    let (status, error, code, description) = match status {
        400 => (400, "invalid_request", 2002, "The request cannot be read."),
        401 => (401, "invalid_client", 3001, "The client is not known."),
        429 | 503 => (status, "temporarily_unavailable", 5002, "The service is busy; ask again later."),
        402..=599 => (status, "server_error", 5001, "The service has encountered an error."),
        _ => (500, "server_error", 5001, "The service has encountered an error."),
    };
    *refused(status, error, code, description)
}

fn no_grant(eloqua: &Eloqua, code: u32, description: &str) -> Refused {
    let status = if eloqua.knobs.text("eloqua.invalid_grant") == "400" { 400 } else { 401 };
    refused(status, "invalid_grant", code, description)
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
    let parameters = parameters(call.request.body());
    let of = |name: &str| {
        parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let need = |name: &str| match of(name) {
        "" => Err(refused(400, "invalid_request", 2002, &format!("The \"{name}\" parameter is required."))),
        value => Ok(value),
    };
    let scope = of("scope");
    if !scope.is_empty() && scope != "full" {
        return Err(refused(400, "invalid_scope", 2003, "The \"scope\" value is not a known scope."));
    }
    let user = match need("grant_type")? {
        "password" => {
            let user = eloqua.site.login(need("username")?, need("password")?).filter(|_| eloqua.lets_in());
            user.ok_or_else(|| no_grant(eloqua, 4001, "The user name or password is wrong."))?.name
        }
        "authorization_code" => {
            let grant = eloqua.tokens.codes.remove(need("code")?);
            let grant = grant.filter(|grant| call.now < grant.end && grant.beside == of("redirect_uri"));
            grant
                .ok_or_else(|| no_grant(eloqua, 4003, "The code was used, has expired or is another's."))?
                .user
        }
        "refresh_token" => {
            let registered = eloqua.site.redirect_uri.as_str();
            let address = of("redirect_uri");
            if !registered.is_empty() && !address.is_empty() && address != registered {
                return Err(no_grant(eloqua, 4004, "The redirect_uri is not the registered one."));
            }
            let grant = eloqua.tokens.refresh.remove(need("refresh_token")?);
            let grant = grant.filter(|grant| call.now < grant.end);
            let grant =
                grant.ok_or_else(|| no_grant(eloqua, 4002, "The refresh token was used or has expired."))?;
            if eloqua.knobs.on("eloqua.refresh_ends_access") {
                eloqua.tokens.access.remove(&grant.beside);
            }
            grant.user
        }
        _ => return Err(refused(400, "unsupported_grant_type", 2001, "The grant type is not supported.")),
    };
    let access = eloqua.tokens.access(&mut eloqua.ids, call.now, &user);
    let refresh = eloqua.tokens.refresh(&mut eloqua.ids, call.now, &user, &access);
    eloqua.plan_end_of_tokens();
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
