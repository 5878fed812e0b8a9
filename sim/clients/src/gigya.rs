//! Calls to Gigya's REST API.
//!
//! - [`signature`]: the request signature that stands in for the secret.
//! - [`bearer`]: the token that stands in for it where there is a key pair.
//! - [`uid_signature`]: the proof that a UID came from Gigya.

pub mod bearer;
pub mod signature;
pub mod uid_signature;

use crate::{ACTOR_HEADER, answer};
use bearer::BadKey;
use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;
use signature::BadSecret;
use standin_model::Instant;
use standin_ports::{Http, HttpError, Request, Response, Secret};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The code of a call whose signature is from another time.
const EXPIRED: i64 = 403_002;

/// Which site to speak to, and as whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GigyaAccess {
    /// The site's API key.
    pub api_key: String,
    /// The data centre that the site lives in, `eu1`.
    pub data_center: String,
    /// How a call is proved to come from the site's owner.
    pub proof: Proof,
}

/// How a call is proved to come from the site's owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// Not at all: the call counts as one from a browser.
    None,
    /// The secret travels with the call.
    Secret {
        /// Key of a user or an application.
        user_key: String,
        /// Its secret, Base64.
        secret: Secret,
    },
    /// The secret signs the call and stays at home.
    Signature {
        /// Key of a user or an application.
        user_key: String,
        /// Its secret, Base64.
        secret: Secret,
    },
    /// A private key signs a token for each call, and stays at home.
    PrivateKey {
        /// Key of an application that has a key pair.
        user_key: String,
        /// The private half, in PEM.
        key: Secret,
    },
}

/// What a call cannot be signed with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unsigned {
    /// A secret.
    #[error(transparent)]
    Secret(#[from] BadSecret),
    /// A private key.
    #[error(transparent)]
    Key(#[from] BadKey),
}

/// Why a call gave nothing.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum GigyaError {
    /// No whole answer came.
    #[error(transparent)]
    Transport(#[from] HttpError),
    /// What came is not an answer of Gigya's.
    #[error("{call}: HTTP {status} and no JSON object with an errorCode: `{start_of_body}`")]
    NotJson {
        /// Method and host.
        call: String,
        /// HTTP status.
        status: u16,
        /// The start of what came.
        start_of_body: String,
    },
    /// Gigya refused.
    #[error("{call}: {code} {message}{}", in_brackets(.message, .details))]
    Api {
        /// Method and host.
        call: String,
        /// `errorCode`
        code: i64,
        /// `errorMessage`
        message: String,
        /// `errorDetails`
        details: String,
        /// The whole body.
        body: Box<Value>,
    },
    /// The call could not be signed.
    #[error("{call}: cannot sign the request")]
    Unsigned {
        /// Method and host.
        call: String,
        /// Why.
        source: Unsigned,
    },
}

fn in_brackets(message: &str, details: &str) -> String {
    if details.is_empty() || details == message { String::new() } else { format!(" ({details})") }
}

/// Speaks to one Gigya site.
pub struct GigyaClient {
    http: Arc<dyn Http>,
    access: GigyaAccess,
    actor: &'static str,
    nonce_prefix: String,
    calls: AtomicU64,
}

impl GigyaClient {
    /// A client for the site in `access`, known to a journal as `actor`.
    pub fn new(http: Arc<dyn Http>, access: GigyaAccess, actor: &'static str) -> Self {
        Self { http, access, actor, nonce_prefix: actor.to_owned(), calls: AtomicU64::new(0) }
    }

    /// The same with other nonces. Two clients of one actor that sign calls in one millisecond need
    /// different prefixes: a job's or a participation's id.
    #[must_use]
    pub fn with_nonce_prefix(self, prefix: impl Into<String>) -> Self {
        Self { nonce_prefix: prefix.into(), ..self }
    }

    /// The same client at another data centre.
    #[must_use]
    pub fn at(&self, data_center: &str) -> Self {
        Self {
            http: Arc::clone(&self.http),
            access: GigyaAccess { data_center: data_center.to_owned(), ..self.access.clone() },
            actor: self.actor,
            nonce_prefix: self.nonce_prefix.clone(),
            calls: AtomicU64::new(self.calls.load(Ordering::Relaxed)),
        }
    }

    /// Calls `accounts.getAccountInfo` or any other method. Success is `errorCode` 0 and nothing else; the
    /// body comes back whole.
    ///
    /// A signed call that was on its way for too long, or whose clock is wrong, is signed once more by the
    /// platform's own time, as the vendor's SDKs do it. Nothing was done before.
    pub async fn call(
        &self,
        now: Instant,
        method: &str,
        params: &[(&str, String)],
    ) -> Result<Value, GigyaError> {
        let answer = self.call_once(now, method, params).await;
        match answer.as_ref().err().and_then(|error| self.platform_time(error)) {
            Some(time) => self.call_once(time, method, params).await,
            None => answer,
        }
    }

    async fn call_once(
        &self,
        now: Instant,
        method: &str,
        params: &[(&str, String)],
    ) -> Result<Value, GigyaError> {
        let host = self.host(method);
        let url = format!("https://{host}/{method}");
        let call = format!("{method} at {host}");
        let fields = self
            .fields(now, &url, params)
            .map_err(|source| GigyaError::Unsigned { call: call.clone(), source })?;
        let token = self.token(now).map_err(|source| GigyaError::Unsigned { call: call.clone(), source })?;
        let mut request = self.request(&url, &host, &fields)?;
        if let Some(token) = token {
            request.headers_mut().insert(http::header::AUTHORIZATION, token);
        }
        let response = self.http.send(request).await?;
        read(call, &response)
    }

    /// What time it was where a call was refused for its time; none where no time was signed.
    fn platform_time(&self, error: &GigyaError) -> Option<Instant> {
        let GigyaError::Api { code: EXPIRED, body, .. } = error else { return None };
        match self.access.proof {
            Proof::None | Proof::Secret { .. } => None,
            Proof::Signature { .. } | Proof::PrivateKey { .. } => body.get("time")?.as_str()?.parse().ok(),
        }
    }

    fn nonce(&self, now: Instant) -> String {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        format!("{}_{}_{number}", self.nonce_prefix, now.millis())
    }

    fn token(&self, now: Instant) -> Result<Option<HeaderValue>, Unsigned> {
        let Proof::PrivateKey { user_key, key } = &self.access.proof else { return Ok(None) };
        let token = bearer::token(user_key, key, now, &self.nonce(now))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| BadKey)?;
        header.set_sensitive(true);
        Ok(Some(header))
    }

    /// The host that serves a method: its namespace at the site's data centre.
    fn host(&self, method: &str) -> String {
        let namespace = method.split('.').next().unwrap_or_default();
        match self.access.data_center.as_str() {
            "cn1" => format!("{namespace}.cn1.sapcdm.cn"),
            center => format!("{namespace}.{center}.gigya.com"),
        }
    }

    fn fields(
        &self,
        now: Instant,
        url: &str,
        params: &[(&str, String)],
    ) -> Result<Vec<(String, String)>, Unsigned> {
        let mut fields: Vec<(String, String)> = vec![("apiKey".to_owned(), self.access.api_key.clone())];
        let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        match &self.access.proof {
            Proof::None => {}
            Proof::Secret { user_key, secret } => {
                add("userKey", user_key);
                add("secret", secret.reveal());
            }
            Proof::Signature { user_key, .. } => {
                add("userKey", user_key);
                add("timestamp", &now.seconds().to_string());
                add("nonce", &self.nonce(now));
            }
            // The token says whose it is.
            Proof::PrivateKey { .. } => {}
        }
        for (name, value) in params {
            add(name, value);
        }
        add("format", "json");
        add("httpStatusCodes", "false");
        if let Proof::Signature { secret, .. } = &self.access.proof {
            let sig = signature::sign(secret, "POST", url, &fields)?;
            fields.push(("sig".to_owned(), sig));
        }
        Ok(fields)
    }

    /// The request as it is sent; none to a host that a slip in a setting would make somebody else's, since
    /// the secret may be in it.
    fn request(&self, url: &str, host: &str, fields: &[(String, String)]) -> Result<Request, HttpError> {
        let no_url = || HttpError::Unreachable { host: host.to_owned(), why: "it is no host".to_owned() };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        if !host.bytes().all(is_plain) {
            return Err(no_url());
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        http::Request::post(url)
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACTOR_HEADER, self.actor)
            .body(Bytes::from(body))
            .map_err(|_| no_url())
    }
}

fn read(call: String, response: &Response) -> Result<Value, GigyaError> {
    let body: Option<Value> = serde_json::from_slice(response.body()).ok();
    let code = body.as_ref().and_then(|body| body.get("errorCode")).and_then(Value::as_i64);
    let (Some(body), Some(code)) = (body, code) else {
        let start_of_body = answer::start_of(response.body());
        return Err(GigyaError::NotJson { call, status: response.status().as_u16(), start_of_body });
    };
    if code == 0 {
        return Ok(body);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(GigyaError::Api {
        call,
        code,
        message: text("errorMessage"),
        details: text("errorDetails"),
        body: Box::new(body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::Scripted;
    use serde_json::json;

    const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

    fn access(data_center: &str, proof: Proof) -> GigyaAccess {
        GigyaAccess { api_key: "3_K".to_owned(), data_center: data_center.to_owned(), proof }
    }

    fn client(http: &Arc<Scripted>, access: GigyaAccess) -> GigyaClient {
        GigyaClient::new(http.clone(), access, "push")
    }

    fn call(client: &GigyaClient, method: &str) -> Result<Value, GigyaError> {
        let params = [("UID", "u 1".to_owned()), ("profile", r#"{"city":"Liège"}"#.to_owned())];
        pollster::block_on(client.call(Instant::START, method, &params))
    }

    #[test]
    fn a_call_with_a_secret_is_one_form_post() {
        let http = Scripted::answering(200, r#"{"errorCode":0,"UID":"u 1"}"#);
        let proof = Proof::Secret { user_key: "AU".to_owned(), secret: Secret::new("S=") };
        let body = call(&client(&http, access("eu1", proof)), "accounts.setAccountInfo");
        assert_eq!(body, Ok(json!({ "errorCode": 0, "UID": "u 1" })));
        assert_eq!(
            http.requests(),
            [concat!(
                "POST https://accounts.eu1.gigya.com/accounts.setAccountInfo\n",
                "content-type: application/x-www-form-urlencoded\nx-standin-actor: push\n\n",
                "apiKey=3_K&userKey=AU&secret=S%3D&UID=u+1&profile=%7B%22city%22%3A%22Li%C3%A8ge%22%7D",
                "&format=json&httpStatusCodes=false"
            )]
        );
    }

    #[test]
    fn a_call_with_a_private_key_carries_a_token_and_no_secret() {
        let http = Scripted::answering(200, r#"{"errorCode":0}"#);
        let key = Secret::new(include_str!("../../../fixtures/keys/application.pem"));
        let proof = Proof::PrivateKey { user_key: "ARsa".to_owned(), key };
        let client = client(&http, access("eu1", proof)).with_nonce_prefix("p7");
        call(&client, "accounts.getAccountInfo").unwrap();
        call(&client, "accounts.getAccountInfo").unwrap();
        let tokens: Vec<String> = http
            .requests()
            .iter()
            .map(|request| {
                assert!(request.ends_with("apiKey=3_K&UID=u+1&profile=%7B%22city%22%3A%22Li%C3%A8ge%22%7D&format=json&httpStatusCodes=false"), "{request}");
                request.lines().find_map(|line| line.strip_prefix("authorization: Bearer ")).unwrap().to_owned()
            })
            .collect();
        assert!(tokens[0] != tokens[1], "a token is used once");
        let bad = Proof::PrivateKey { user_key: "ARsa".to_owned(), key: Secret::new("x") };
        let refused = call(&self::client(&http, access("eu1", bad)), "accounts.getAccountInfo");
        assert!(matches!(refused, Err(GigyaError::Unsigned { source: Unsigned::Key(BadKey), .. })));
    }

    #[test]
    fn a_signed_call_keeps_its_secret() {
        let http = Scripted::answering(200, r#"{"errorCode":0}"#);
        let proof = Proof::Signature { user_key: "AU".to_owned(), secret: Secret::new(SECRET) };
        let client = client(&http, access("eu1", proof)).with_nonce_prefix("p7");
        call(&client, "accounts.getAccountInfo").unwrap();
        call(&client, "accounts.getAccountInfo").unwrap();
        for (number, request) in http.requests().iter().enumerate() {
            let fields: Vec<(String, String)> =
                form_urlencoded::parse(request.rsplit('\n').next().unwrap().as_bytes())
                    .into_owned()
                    .collect();
            let (sig, signed) = fields.split_last().unwrap();
            let url = "https://accounts.eu1.gigya.com/accounts.getAccountInfo";
            let expected = signature::sign(&Secret::new(SECRET), "POST", url, signed).unwrap();
            assert_eq!(*sig, ("sig".to_owned(), expected));
            assert!(signed.contains(&("timestamp".to_owned(), "1767600000".to_owned())));
            assert!(signed.contains(&("nonce".to_owned(), format!("p7_1767600000000_{number}"))));
            assert!(!request.contains(SECRET));
        }
    }

    /// 120 s are the platform's bound: 1767600000 is the caller's time, ten minutes later the platform's.
    #[test]
    fn a_call_from_another_time_is_signed_once_more_by_the_platforms_own() {
        const EXPIRED: &str =
            r#"{"errorCode":403002,"errorMessage":"Request has expired","time":"2026-01-05T08:10:00.000Z"}"#;
        let untimed = EXPIRED.replace("time\"", "at\"");
        let done = || Ok((200, r#"{"errorCode":0}"#.to_owned()));
        let expired = || Ok((200, EXPIRED.to_owned()));
        let signature = || Proof::Signature { user_key: "AU".to_owned(), secret: Secret::new(SECRET) };
        let secret = || Proof::Secret { user_key: "AU".to_owned(), secret: Secret::new(SECRET) };
        let (soon, late) = (
            "timestamp=1767600000&nonce=push_1767600000000_0",
            "timestamp=1767600600&nonce=push_1767600600000_1",
        );
        for (proof, answers, holds, stamps) in [
            (signature(), vec![expired(), done()], true, vec![soon, late]),
            (signature(), vec![expired(), expired(), done()], false, vec![soon, late]),
            (signature(), vec![Ok((200, untimed)), done()], false, vec![soon]),
            (secret(), vec![expired(), done()], false, vec!["userKey=AU&secret="]),
        ] {
            let http = Scripted::new(answers);
            let answer = call(&client(&http, access("eu1", proof)), "accounts.setAccountInfo");
            assert_eq!(answer.is_ok(), holds);
            let requests = http.requests();
            assert_eq!(requests.len(), stamps.len());
            for (request, stamp) in requests.iter().zip(stamps) {
                assert!(request.contains(stamp), "{request}");
            }
        }
    }

    #[test]
    fn hosts() {
        for (center, method, expected) in [
            ("eu1", "accounts.search", "https://accounts.eu1.gigya.com/accounts.search"),
            ("eu1", "accounts.tfa.initTFA", "https://accounts.eu1.gigya.com/accounts.tfa.initTFA"),
            ("us1", "idx.createDataflow", "https://idx.us1.gigya.com/idx.createDataflow"),
            ("cn1", "accounts.search", "https://accounts.cn1.sapcdm.cn/accounts.search"),
        ] {
            let http = Scripted::answering(200, r#"{"errorCode":0}"#);
            call(&client(&http, access(center, Proof::None)), method).unwrap();
            assert!(http.requests()[0].starts_with(&format!("POST {expected}\n")), "{expected}");
        }
    }

    #[test]
    fn a_host_that_cannot_be_is_refused_before_anything_is_sent() {
        for (center, method) in [
            ("eu1 /x", "accounts.search"),
            ("x.example/", "accounts.search"),
            ("x.example#", "accounts.search"),
            ("eu1", "accounts@x.example/.search"),
            ("eu1", "accounts.se arch"),
        ] {
            let http = Scripted::answering(200, r#"{"errorCode":0}"#);
            let refused = call(&client(&http, access(center, Proof::None)), method);
            assert!(matches!(refused, Err(GigyaError::Transport(HttpError::Unreachable { .. }))));
            assert_eq!(http.requests().len(), 0);
        }
    }

    #[test]
    fn a_secret_that_is_not_base64_cannot_sign() {
        let http = Scripted::answering(200, r#"{"errorCode":0}"#);
        let proof = Proof::Signature { user_key: "AU".to_owned(), secret: Secret::new("not base64!") };
        let refused = call(&client(&http, access("eu1", proof)), "accounts.search").unwrap_err();
        assert_eq!(refused.to_string(), "accounts.search at accounts.eu1.gigya.com: cannot sign the request");
        assert_eq!(http.requests().len(), 0);
    }

    #[test]
    fn answers_are_judged_by_their_error_code() {
        let at = "accounts.search at accounts.eu1.gigya.com";
        for (status, body, expected) in [
            (500, r#"{"errorCode":0}"#, None),
            (
                200,
                r#"{"errorCode":403007,"errorMessage":"Permission denied","errorDetails":"Permission denied"}"#,
                Some("403007 Permission denied"),
            ),
            (
                200,
                r#"{"errorCode":400002,"errorMessage":"Missing required parameter","errorDetails":"Missing required parameter : UID"}"#,
                Some("400002 Missing required parameter (Missing required parameter : UID)"),
            ),
            (
                502,
                "<h1>Bad\nGateway</h1>",
                Some("HTTP 502 and no JSON object with an errorCode: `<h1>Bad Gateway</h1>`"),
            ),
            (200, "{}", Some("HTTP 200 and no JSON object with an errorCode: `{}`")),
            (200, "[0]", Some("HTTP 200 and no JSON object with an errorCode: `[0]`")),
            (
                200,
                r#"{"errorCode":"0"}"#,
                Some(r#"HTTP 200 and no JSON object with an errorCode: `{"errorCode":"0"}`"#),
            ),
            (
                200,
                r#"{"errorCode":0"#,
                Some(r#"HTTP 200 and no JSON object with an errorCode: `{"errorCode":0`"#),
            ),
        ] {
            let http = Scripted::answering(status, body);
            let got = call(&client(&http, access("eu1", Proof::None)), "accounts.search");
            let expected = expected.map(|text| format!("{at}: {text}"));
            assert_eq!(got.err().map(|error| error.to_string()), expected);
        }
    }
}
