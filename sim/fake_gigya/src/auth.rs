//! Who calls: secrets, request signatures, and sessions. Bearer tokens have a file of their own.

use crate::call::Caller;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::Refusal;
use crate::gigya::Gigya;
use crate::params::Params;
use crate::signature::{base_string, gltexp_is_right, query_text, session_secret, signed_url, verifies};
use crate::site::Site;
use standin_model::Instant;
use standin_ports::{Request, Secret};
use std::time::Duration;

/// Where a session's token travelled; the refusals differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Carrier {
    /// `login_token`, from a browser's cookie.
    Cookie,
    /// `oauth_token`, from an app or a server.
    OAuth,
}

impl Gigya {
    /// Finds out who calls, in the platform's order: kind of credential, time, nonce, signature or secret.
    pub(crate) fn authenticate(
        &mut self,
        now: Instant,
        request: &Request,
        params: &Params,
        endpoint: &Endpoint,
        site: &Site,
    ) -> Result<Caller, Refusal> {
        if endpoint.access == Access::Client {
            self.check_scheme(request)?;
            return Ok(Caller::Anonymous);
        }
        if let Some(header) = request.headers().get(http::header::AUTHORIZATION) {
            return self.bearer(now, site, header);
        }
        match (params.get("userKey"), params.get("secret"), params.get("sig")) {
            (user_key, Some(secret), _) => {
                self.check_scheme(request)?;
                self.by_secret(site, user_key, secret)
            }
            (Some(user_key), None, Some(_)) => {
                let secret = self.key_of(site, user_key)?;
                self.check_signature(now, request, params, user_key, &secret)?;
                Ok(Caller::Server { user_key: user_key.to_owned() })
            }
            (None, None, Some(_)) => self.by_signature_without_key(now, request, params, site),
            _ => self.by_token(now, params, endpoint, site),
        }
    }

    /// A key and its secret, or the partner secret alone.
    pub(crate) fn by_secret(
        &self,
        site: &Site,
        user_key: Option<&str>,
        given: &str,
    ) -> Result<Caller, Refusal> {
        let (secret, user_key) = match user_key {
            Some(user_key) => (self.key_of(site, user_key)?, user_key),
            None => (self.accepted_partner_secret(site)?, site.first_key.as_str()),
        };
        if secret.reveal().is_empty() || secret.reveal() != given {
            return Err(Refusal::because(403_010, "Invalid parameter: secret"));
        }
        Ok(Caller::Server { user_key: user_key.to_owned() })
    }

    /// A mobile session signs with its own secret, an old server with the partner's.
    fn by_signature_without_key(
        &mut self,
        now: Instant,
        request: &Request,
        params: &Params,
        site: &Site,
    ) -> Result<Caller, Refusal> {
        match params.get("oauth_token") {
            Some(token) => {
                let caller = self.session(now, site, token, Carrier::OAuth, None)?;
                let secret = session_secret(&site.partner_secret, token);
                self.check_signature(now, request, params, token, &secret)?;
                Ok(caller)
            }
            None => {
                let secret = self.accepted_partner_secret(site)?;
                self.check_signature(now, request, params, &site.api_key, &secret)?;
                Ok(Caller::Server { user_key: site.first_key.clone() })
            }
        }
    }

    fn by_token(
        &self,
        now: Instant,
        params: &Params,
        endpoint: &Endpoint,
        site: &Site,
    ) -> Result<Caller, Refusal> {
        if let Some(token) = params.get("oauth_token") {
            return match self.access_tokens.get(now, token) {
                Some(_) => self.by_access_token(now, site, token),
                None => self.session(now, site, token, Carrier::OAuth, None),
            };
        }
        // A pending registration goes before whatever cookie the browser still has.
        if let (Some(token), None) = (params.get("login_token"), params.get("regToken")) {
            let token = token.split('|').next().unwrap_or_default();
            return self.session(now, site, token, Carrier::Cookie, params.get("loginTokenExp"));
        }
        match (params.get("querySig"), endpoint.name) {
            (Some(signature), "accounts.search") => signed_query(now, params, site, signature),
            _ => Ok(Caller::Anonymous),
        }
    }

    fn check_scheme(&self, request: &Request) -> Result<(), Refusal> {
        let plain = request.uri().scheme_str() == Some("http");
        if plain && self.knobs.on("gigya.refuse_http_secret") {
            return Err(Refusal::new(403_006));
        }
        Ok(())
    }

    /// The partner secret, where it still authenticates.
    fn accepted_partner_secret(&self, site: &Site) -> Result<Secret, Refusal> {
        if !self.knobs.on("gigya.accept_partner_secret") {
            return Err(Refusal::because(403_007, "the partner secret is not accepted without a userKey"));
        }
        Ok(site.partner_secret.clone())
    }

    /// The secret of a key that this site knows.
    pub(crate) fn key_of(&self, site: &Site, user_key: &str) -> Result<Secret, Refusal> {
        if let Some(key) = site.keys.get(user_key) {
            return Ok(key.secret.clone());
        }
        Err(self.stranger(user_key))
    }

    /// Why a key is none of this site's.
    pub(crate) fn stranger(&self, user_key: &str) -> Refusal {
        if self.sites.values().any(|other| other.keys.contains_key(user_key)) {
            return Refusal::new(403_036);
        }
        Refusal::because(403_005, "The supplied userkey was not found")
    }

    fn check_signature(
        &mut self,
        now: Instant,
        request: &Request,
        params: &Params,
        signer: &str,
        secret: &Secret,
    ) -> Result<(), Refusal> {
        let method = crate::call::method_of(request);
        let need = |name: &str| params.get(name).ok_or_else(|| Refusal::missing(&method, name));
        let (timestamp, nonce, sig) = (need("timestamp")?, need("nonce")?, need("sig")?);
        self.check_time(now, timestamp.parse().ok(), timestamp)?;
        let nonce = format!("{signer}\n{nonce}");
        self.check_nonce(now, &nonce)?;
        let pairs: Vec<_> = params.iter().collect();
        let url = signed_url(request, self.knobs.text("gigya.public_base_url"));
        let base = base_string(request.method().as_str(), &url, &pairs);
        // A key that signs by other means has no secret, and the empty secret would sign for anybody.
        if secret.reveal().is_empty() || !verifies(secret, &base, sig) {
            return Err(Refusal::new(403_003));
        }
        self.remember_nonce(now, nonce);
        Ok(())
    }

    /// Whether a request was made about now. `stamp` is what `given` says, if that is a number.
    pub(crate) fn check_time(&self, now: Instant, stamp: Option<i64>, given: &str) -> Result<(), Refusal> {
        let window = i64::try_from(self.knobs.span("gigya.request_window").as_millis()).unwrap_or(i64::MAX);
        let stamp = stamp.unwrap_or(i64::MIN);
        let off = |base: i64| stamp.saturating_sub(base).saturating_abs();
        let in_seconds = off(now.seconds()) <= window / 1000;
        let in_millis = off(now.millis()) <= window && self.knobs.on("gigya.accept_ms_timestamp");
        if in_seconds || in_millis {
            return Ok(());
        }
        let given = crate::params::brief(given);
        let details =
            format!("Request has expired. Server time: {}, request timestamp: {given}", now.seconds());
        Err(Refusal::because(403_002, details))
    }

    pub(crate) fn check_nonce(&self, now: Instant, nonce: &str) -> Result<(), Refusal> {
        if self.nonces.get(now, nonce).is_some() { Err(Refusal::new(403_004)) } else { Ok(()) }
    }

    /// A nonce is burnt only by a call whose signature was right. It is kept for twice the window.
    pub(crate) fn remember_nonce(&mut self, now: Instant, nonce: String) {
        let kept = self.knobs.span("gigya.request_window") * 2 + Duration::from_millis(1);
        self.nonces.insert(now.plus(kept), nonce, ());
    }

    /// A session's own call. Browsers hear one code for every bad token, which makes them drop the cookie.
    fn session(
        &self,
        now: Instant,
        site: &Site,
        token: &str,
        carrier: Carrier,
        proof: Option<&str>,
    ) -> Result<Caller, Refusal> {
        let code = |oauth: u32| if carrier == Carrier::Cookie { 403_005 } else { oauth };
        let found = self.sessions.get(now, token).filter(|it| self.shares_session(&it.api_key, site));
        let session = found.ok_or_else(|| Refusal::new(code(403_001)))?;
        let over = session.ends.is_some_and(|end| end <= now);
        let key_of = |name: &str| site.keys.get(name).cloned();
        let renewed = session.dynamic
            && proof.is_some_and(|value| gltexp_is_right(now, token, value, &site.partner_secret, key_of));
        if over && !renewed {
            return Err(Refusal::new(code(403_011)));
        }
        Ok(Caller::Session { uid: session.uid.clone(), token: token.to_owned() })
    }

    pub(crate) fn session_by_bearer(
        &self,
        now: Instant,
        site: &Site,
        token: &str,
    ) -> Result<Caller, Refusal> {
        self.session(now, site, token, Carrier::OAuth, None)
    }
}

/// A search that a browser may make because the site signed it.
fn signed_query(now: Instant, params: &Params, site: &Site, signature: &str) -> Result<Caller, Refusal> {
    let need = |name: &str| params.get(name).ok_or_else(|| Refusal::missing("accounts.search", name));
    let (query, end) = (need("query")?, need("expTime")?);
    if !verifies(&site.partner_secret, &query_text(query, end), signature) {
        return Err(Refusal::because(403_003, "Invalid querySig"));
    }
    if end.parse::<i64>().map_or(true, |end| end <= now.millis()) {
        return Err(Refusal::because(403_002, "the signature of the query has expired"));
    }
    Ok(Caller::Query)
}
