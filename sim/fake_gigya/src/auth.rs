//! Who calls: secrets, request signatures, sessions, and the signature on a UID.

use crate::call::Caller;
use crate::envelope::Refusal;
use crate::gigya::Gigya;
use crate::params::Params;
use crate::site::Site;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use standin_model::Instant;
use standin_ports::{Request, Secret};
use std::time::Duration;

/// How far the time of a signed request may be off.
const WINDOW_MS: i64 = 120_000;
/// How long a nonce is remembered: twice the window.
const NONCE_KEPT: Duration = Duration::from_secs(240);
/// How many nonces are remembered at most; the oldest go first.
const MOST_NONCES: usize = 100_000;

/// What RFC 3986 leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Base64 of HMAC-SHA1 over `text`; the key is the decoded secret. `None` if the secret is not Base64.
pub(crate) fn hmac_sha1(secret: &Secret, text: &str) -> Option<String> {
    let key = STANDARD.decode(secret.reveal()).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(text.as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether `given` is the signature; takes the same time wherever they differ.
fn verifies(secret: &Secret, text: &str, given: &str) -> bool {
    let Ok(key) = STANDARD.decode(secret.reveal()) else { return false };
    let (Ok(mut mac), Ok(given)) = (Hmac::<Sha1>::new_from_slice(&key), STANDARD.decode(given)) else {
        return false;
    };
    mac.update(text.as_bytes());
    mac.verify_slice(&given).is_ok()
}

/// The signature that a site hands out with a UID.
pub(crate) fn uid_signature(secret: &Secret, uid: &str, at: Instant) -> String {
    hmac_sha1(secret, &format!("{}_{uid}", at.seconds())).unwrap_or_default()
}

/// Whether a UID's signature is right; its age is the caller's business.
pub(crate) fn uid_signature_is_right(secret: &Secret, uid: &str, timestamp: &str, signature: &str) -> bool {
    verifies(secret, &format!("{timestamp}_{uid}"), signature)
}

/// Method, address and parameters as one text, as it is signed.
fn base_string(method: &str, url: &str, params: &[(&str, &str)]) -> String {
    let mut sorted: Vec<_> = params.iter().filter(|(name, _)| *name != "sig").collect();
    sorted.sort();
    let pairs: Vec<String> =
        sorted.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("{}&{}&{}", method.to_ascii_uppercase(), encoded(url), encoded(&pairs.join("&")))
}

/// Scheme and host in lower case, the port only where it is not the scheme's own, the path as it is.
fn signed_url(request: &Request) -> String {
    let uri = request.uri();
    let scheme = uri.scheme_str().unwrap_or("https").to_ascii_lowercase();
    let host = standin_ports::http::host_of(request);
    let port = match (scheme.as_str(), uri.port_u16()) {
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    format!("{scheme}://{host}{port}{}", uri.path())
}

impl Gigya {
    /// Finds out who calls, in the platform's order: kind of credential, time, nonce, signature or secret.
    pub(crate) fn authenticate(
        &mut self,
        now: Instant,
        request: &Request,
        params: &Params,
        site: &Site,
    ) -> Result<Caller, Refusal> {
        if request.headers().contains_key(http::header::AUTHORIZATION) {
            return Err(Refusal::new(400_008));
        }
        match (params.get("userKey"), params.get("secret"), params.get("sig")) {
            (Some(user_key), Some(secret), _) => {
                self.check_scheme(request)?;
                let key = self.key_of(site, user_key)?;
                if key.reveal() != secret {
                    return Err(Refusal::because(403_010, "Invalid parameter: secret"));
                }
                Ok(Caller::Server { user_key: user_key.to_owned() })
            }
            (Some(user_key), None, Some(_)) => {
                let secret = self.key_of(site, user_key)?;
                self.check_signature(now, request, params, user_key, &secret)?;
                Ok(Caller::Server { user_key: user_key.to_owned() })
            }
            (None, Some(secret), _) => {
                self.check_scheme(request)?;
                if !self.knobs.on("gigya.accept_partner_secret") {
                    return Err(Refusal::because(
                        403_007,
                        "the partner secret is not accepted without a userKey",
                    ));
                }
                if site.partner_secret.reveal() != secret {
                    return Err(Refusal::because(403_010, "Invalid parameter: secret"));
                }
                Ok(Caller::Server { user_key: site.first_key.clone() })
            }
            _ => match params.get("login_token").or_else(|| params.get("oauth_token")) {
                Some(token) => self.session(now, site, token),
                None => Ok(Caller::Anonymous),
            },
        }
    }

    fn check_scheme(&self, request: &Request) -> Result<(), Refusal> {
        let plain = request.uri().scheme_str() == Some("http");
        if plain && self.knobs.on("gigya.refuse_http_secret") {
            return Err(Refusal::new(403_006));
        }
        Ok(())
    }

    /// The secret of a key that this site knows.
    fn key_of(&self, site: &Site, user_key: &str) -> Result<Secret, Refusal> {
        if let Some(key) = site.keys.get(user_key) {
            return Ok(key.secret.clone());
        }
        if self.sites.values().any(|other| other.keys.contains_key(user_key)) {
            return Err(Refusal::new(403_036));
        }
        Err(Refusal::because(403_005, "The supplied userkey was not found"))
    }

    fn check_signature(
        &mut self,
        now: Instant,
        request: &Request,
        params: &Params,
        user_key: &str,
        secret: &Secret,
    ) -> Result<(), Refusal> {
        let method = crate::call::method_of(request);
        let need = |name: &str| params.get(name).ok_or_else(|| Refusal::missing(method, name));
        let (timestamp, nonce, sig) = (need("timestamp")?, need("nonce")?, need("sig")?);
        self.check_time(now, timestamp)?;
        let remembered = format!("{user_key}\n{nonce}");
        if self.nonces.get(&remembered).is_some_and(|at| at.plus(NONCE_KEPT) >= now) {
            return Err(Refusal::new(403_004));
        }
        let pairs: Vec<_> = params.iter().collect();
        let base = base_string(request.method().as_str(), &signed_url(request), &pairs);
        if !verifies(secret, &base, sig) {
            return Err(Refusal::new(403_003));
        }
        self.remember_nonce(now, remembered);
        Ok(())
    }

    fn check_time(&self, now: Instant, timestamp: &str) -> Result<(), Refusal> {
        let seconds = timestamp.parse::<i64>().unwrap_or(i64::MIN);
        let off = |at: i64, base: i64| at.saturating_sub(base).saturating_abs();
        let in_seconds = off(seconds, now.seconds()) <= WINDOW_MS / 1000;
        let in_millis = off(seconds, now.millis()) <= WINDOW_MS && self.knobs.on("gigya.accept_ms_timestamp");
        if in_seconds || in_millis {
            return Ok(());
        }
        let given = crate::params::brief(timestamp);
        let details =
            format!("Request has expired. Server time: {}, request timestamp: {given}", now.seconds());
        Err(Refusal::because(403_002, details))
    }

    /// A nonce is burnt only by a call whose signature was right.
    fn remember_nonce(&mut self, now: Instant, nonce: String) {
        while let Some((_, old)) = self.nonce_ends.take_due(now) {
            self.nonces.remove(&old);
        }
        if self.nonces.len() >= MOST_NONCES
            && let Some((_, old)) = self.nonce_ends.take_due(now.plus(NONCE_KEPT * 2))
        {
            self.nonces.remove(&old);
        }
        self.nonce_ends.add(now.plus(NONCE_KEPT + Duration::from_millis(1)), nonce.clone());
        self.nonces.insert(nonce, now);
    }

    fn session(&self, now: Instant, site: &Site, token: &str) -> Result<Caller, Refusal> {
        let session = self.sessions.get(now, token).filter(|it| self.shares_session(&it.api_key, site));
        let Some(session) = session else { return Err(Refusal::new(403_001)) };
        if session.ends.is_some_and(|end| end <= now) {
            return Err(Refusal::new(403_011));
        }
        Ok(Caller::Session { uid: session.uid.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")
    }

    const PHOTOS: &[(&str, &str)] = &[
        ("file", "vacation.jpg"),
        ("size", "original"),
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
        ("oauth_nonce", "kllo9940pd9333jh"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1191242096"),
        ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_version", "1.0"),
    ];

    #[test]
    fn request_signature_of_the_oauth_sample() {
        let key = Secret::new(STANDARD.encode("kd94hf93k423kf44&pfkkdhi9sl3r4s00"));
        for (method, expected) in
            [("GET", "tR3+Ty81lMeYAr/Fid0kMTYa/WM="), ("post", "wPkvxykrw+BTdCcGqKr+3I+PsiM=")]
        {
            let base = base_string(method, "http://photos.example.net/photos", PHOTOS);
            assert_eq!(hmac_sha1(&key, &base).unwrap(), expected);
        }
    }

    #[test]
    fn request_signature() {
        let params = [
            ("apiKey", "3_TestKey"),
            ("UID", "u 1/é*~"),
            ("data", r#"{"a":1}"#),
            ("format", "json"),
            ("httpStatusCodes", "false"),
            ("nonce", "1700000000123_1"),
            ("timestamp", "1700000000"),
            ("userKey", "ATestUserKey"),
            ("sig", "not signed"),
        ];
        let base = base_string("POST", "https://accounts.eu1.gigya.com/accounts.getAccountInfo", &params);
        assert_eq!(
            base,
            "POST&https%3A%2F%2Faccounts.eu1.gigya.com%2Faccounts.getAccountInfo&UID%3Du%25201%252F%25C3%25A9%252A~\
             %26apiKey%3D3_TestKey%26data%3D%257B%2522a%2522%253A1%257D%26format%3Djson%26httpStatusCodes%3Dfalse\
             %26nonce%3D1700000000123_1%26timestamp%3D1700000000%26userKey%3DATestUserKey"
        );
        assert_eq!(hmac_sha1(&secret(), &base).unwrap(), "yiWEnaEj4XjIvj3ur2Dr3nGgDzs=");
    }

    #[test]
    fn signature_of_a_uid() {
        let at = Instant::from_seconds(1_700_000_000);
        let signature = uid_signature(&secret(), "d0a1b2c3d4e5f60718293a4b5c6d7e8f", at);
        assert_eq!(signature, "2um9ugd9ElkGR9EjtMrR9z+qAOs=");
    }

    #[test]
    fn only_foreign_ports_are_signed() {
        for (given, expected) in [
            ("https://Accounts.EU1.gigya.com:443/a.b?x=1", "https://accounts.eu1.gigya.com/a.b"),
            ("http://127.0.0.1:8080/a.b", "http://127.0.0.1:8080/a.b"),
        ] {
            let request = http::Request::get(given).body(bytes::Bytes::new()).unwrap();
            assert_eq!(signed_url(&request), expected);
        }
    }
}
