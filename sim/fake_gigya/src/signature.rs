//! The platform's signatures: HMAC-SHA1 over a text, the key being the decoded secret.
//!
//! What this crate accepts it judges with [`verifies`]; what it hands out it makes with [`hmac_sha1`].

use crate::jwt::Token;
use crate::site::Key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use standin_model::Instant;
use standin_ports::{Request, Secret};

/// What RFC 3986 leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Base64 of HMAC-SHA1 over `text`. `None` if the secret is not Base64.
pub fn hmac_sha1(secret: &Secret, text: &str) -> Option<String> {
    let key = STANDARD.decode(secret.reveal()).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(text.as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether `given` is the signature of `text`; takes the same time wherever they differ.
pub(crate) fn verifies(secret: &Secret, text: &str, given: &str) -> bool {
    let Ok(key) = STANDARD.decode(secret.reveal()) else { return false };
    let (Ok(mut mac), Ok(given)) = (Hmac::<Sha1>::new_from_slice(&key), STANDARD.decode(given)) else {
        return false;
    };
    mac.update(text.as_bytes());
    mac.verify_slice(&given).is_ok()
}

/// What is signed for a UID.
pub fn uid_text(timestamp: &str, uid: &str) -> String {
    format!("{timestamp}_{uid}")
}

/// What is signed for a friendship.
pub fn friend_text(timestamp: &str, friend_uid: &str, uid: &str) -> String {
    format!("{timestamp}_{friend_uid}_{uid}")
}

/// What is signed for an identity at a provider.
pub fn provider_text(timestamp: &str, provider: &str, provider_uid: &str) -> String {
    format!("{timestamp}_{provider}_{provider_uid}")
}

/// What is signed for a search from a browser; the end is in milliseconds.
pub fn query_text(query: &str, exp_time: &str) -> String {
    format!("{query}_{exp_time}")
}

/// What is signed to keep a session with a dynamic end alive; the user key only where it signs.
pub fn gltexp_text(login_token: &str, exp: &str, user_key: Option<&str>) -> String {
    match user_key {
        None => format!("{login_token}_{exp}"),
        Some(key) => format!("{login_token}_{exp}_{key}"),
    }
}

/// The signature that a site hands out with a UID.
pub(crate) fn uid_signature(secret: &Secret, uid: &str, at: Instant) -> String {
    hmac_sha1(secret, &uid_text(&at.seconds().to_string(), uid)).unwrap_or_default()
}

/// Whether a UID's signature is right; its age is the caller's business.
pub(crate) fn uid_signature_is_right(secret: &Secret, uid: &str, timestamp: &str, signature: &str) -> bool {
    verifies(secret, &uid_text(timestamp, uid), signature)
}

/// The secret of a mobile session; it signs the session's calls.
pub(crate) fn session_secret(partner: &Secret, token: &str) -> Secret {
    Secret::new(hmac_sha1(partner, token).unwrap_or_default())
}

/// Whether the value of a `gltexp_` cookie is right for `token` and not over: an end and a signature of the
/// partner's or of a key's, or a token that a key signed with RSA.
pub(crate) fn gltexp_is_right(
    now: Instant,
    token: &str,
    value: &str,
    partner: &Secret,
    key_of: impl Fn(&str) -> Option<Key>,
) -> bool {
    if let Some(signed) = Token::parse(value) {
        return gltexp_token_is_right(now, token, &signed, key_of);
    }
    let Some((exp, rest)) = value.split_once('_') else { return false };
    if exp.parse::<i64>().map_or(true, |exp| exp <= now.seconds()) {
        return false;
    }
    let (secret, key, signature) = match rest.rsplit_once('_') {
        None => (partner.clone(), None, rest),
        Some((key, signature)) => match key_of(key) {
            // A key that signs with RSA has no secret, and the empty one would sign for anybody.
            Some(known) if !known.secret.reveal().is_empty() => (known.secret, Some(key), signature),
            _ => return false,
        },
    };
    verifies(&secret, &gltexp_text(token, exp, key), signature)
}

fn gltexp_token_is_right(
    now: Instant,
    token: &str,
    signed: &Token<'_>,
    key_of: impl Fn(&str) -> Option<Key>,
) -> bool {
    let key = signed.header("kid").and_then(key_of).and_then(|key| key.public);
    key.is_some_and(|key| signed.is_signed_by(&key))
        && signed.claim("aud") == Some("gltexp")
        && signed.claim("sub") == Some(token)
        && signed.time("exp").is_some_and(|exp| exp > now.seconds())
}

/// Method, address and parameters as one text, as it is signed.
pub(crate) fn base_string(method: &str, url: &str, params: &[(&str, &str)]) -> String {
    let mut sorted: Vec<_> = params.iter().filter(|(name, _)| *name != "sig").collect();
    sorted.sort();
    let pairs: Vec<String> =
        sorted.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("{}&{}&{}", method.to_ascii_uppercase(), encoded(url), encoded(&pairs.join("&")))
}

/// Scheme and host in lower case, the port only where it is not the scheme's own, the path as it is. A
/// `public` base address takes the place of what the request says of scheme, host and port.
pub(crate) fn signed_url(request: &Request, public: &str) -> String {
    let uri = request.uri();
    if !public.is_empty() {
        return format!("{}{}", public.trim_end_matches('/').to_lowercase(), uri.path());
    }
    let scheme = uri.scheme_str().unwrap_or("https").to_ascii_lowercase();
    let host = standin_ports::http::host_of(request);
    let port = match (scheme.as_str(), uri.port_u16()) {
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    format!("{scheme}://{host}{port}{}", uri.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::PublicKey;

    const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    const OTHER_SITE: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQ=";
    const OTHER_APPLICATION: &str = "ZWZnaGlqa2xtbm9wcXJzdHV2d3g=";
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
    const INFO: &[(&str, &str)] = &[
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
    const INFO_BASE: &str = "POST&https%3A%2F%2Faccounts.eu1.gigya.com%2Faccounts.getAccountInfo&UID%3Du%25201%252F%25C3%25A9%252A~\
         %26apiKey%3D3_TestKey%26data%3D%257B%2522a%2522%253A1%257D%26format%3Djson%26httpStatusCodes%3Dfalse\
         %26nonce%3D1700000000123_1%26timestamp%3D1700000000%26userKey%3DATestUserKey";

    #[test]
    fn base_strings() {
        let url = "https://accounts.eu1.gigya.com/accounts.getAccountInfo";
        assert_eq!(base_string("POST", url, INFO), INFO_BASE);
    }

    /// Each text with its secret and the signature that others computed for it.
    #[test]
    fn vectors() {
        let photos = STANDARD.encode("kd94hf93k423kf44&pfkkdhi9sl3r4s00");
        let photo = |method| base_string(method, "http://photos.example.net/photos", PHOTOS);
        let uid = |stamp: &str, uid: &str| uid_text(stamp, uid);
        for (name, secret, text, expected) in [
            ("1 OAuth, GET", photos.as_str(), photo("GET"), "tR3+Ty81lMeYAr/Fid0kMTYa/WM="),
            ("2 OAuth, POST", &photos, photo("post"), "wPkvxykrw+BTdCcGqKr+3I+PsiM="),
            ("3 request", SECRET, INFO_BASE.to_owned(), "yiWEnaEj4XjIvj3ur2Dr3nGgDzs="),
            (
                "4 UID",
                SECRET,
                uid("1700000000", "d0a1b2c3d4e5f60718293a4b5c6d7e8f"),
                "2um9ugd9ElkGR9EjtMrR9z+qAOs=",
            ),
            (
                "5 friend",
                SECRET,
                friend_text("1700000000", "friend1", "user1"),
                "kuq/oGxFSUcdMeaCsUJ56svQfq8=",
            ),
            (
                "6 gltexp",
                SECRET,
                gltexp_text("glt_token", "1700000900", None),
                "RJS+1rkNB5ZuCU5ee9aAUqtZn0Y=",
            ),
            (
                "7 query",
                SECRET,
                query_text("SELECT UID FROM accounts", "1700000000000"),
                "0P+tgqhxG/b64qkoEx18GW8uoeI=",
            ),
            (
                "8 webhook body",
                SECRET,
                r#"{"events":[],"nonce":"n1","timestamp":1700000000}"#.to_owned(),
                "Ye90ETvPj7xISf4IVfUZT0fK71o=",
            ),
            (
                "UID of another site",
                OTHER_SITE,
                uid("1735689600", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
                "4tIwbFecpV++6DhCz+YgP6nIoGY=",
            ),
            (
                "UID after the exchange",
                OTHER_APPLICATION,
                uid("1735689610", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
                "2k3lfr71W+mkjqWAMzlZQedBZ8w=",
            ),
            (
                "UID beyond ASCII",
                OTHER_SITE,
                uid("1735689600", "jörg@example.be"),
                "EmgovEiDh1V4pzTwOGTYbwv7Gdw=",
            ),
            (
                "gltexp of a key",
                OTHER_APPLICATION,
                gltexp_text("st2.s.FAKE-token-0001.sc3", "1735690500", Some("AppKey01")),
                "b11jppUCeIhC0pa/JCNLx9YsFrA=",
            ),
            (
                "gltexp of the partner",
                OTHER_SITE,
                gltexp_text("st2.s.FAKE-token-0001.sc3", "1735690500", None),
                "3vqFpxw/KTkuqIDUqr8IbLPCpzw=",
            ),
        ] {
            let secret = Secret::new(secret);
            assert_eq!(hmac_sha1(&secret, &text).unwrap(), expected, "{name}");
            assert!(verifies(&secret, &text, expected), "{name}");
            assert!(!verifies(&secret, &format!("{text} "), expected), "{name}");
            let damaged = expected.replace('+', " ");
            assert_eq!(verifies(&secret, &text, &damaged), damaged == expected, "{name}");
        }
    }

    /// Vector 9: what a webhook's token says of its body, Base64 for URLs over SHA-256.
    #[test]
    fn digest_of_a_webhook_body() {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(r#"{"events":[],"nonce":"n1","timestamp":1700000000}"#);
        let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
        assert_eq!(text, "dpDcBhLVLPaXCBvD-kIllOVC1Nqkw29k8Yyv9YHs1AM");
    }

    #[test]
    fn dynamic_ends_of_sessions() {
        let now = Instant::from_seconds(1_735_690_499);
        let partner = Secret::new(OTHER_SITE);
        let application = PublicKey::from_pem(include_str!("../../../fixtures/keys/application.pub.pem"));
        let key = |name: &str| match name {
            "AppKey01" => Some((OTHER_APPLICATION, None)),
            "ARsaUserKey" => Some(("", application.clone())),
            _ => None,
        };
        let key = |name: &str| {
            key(name).map(|(secret, public)| Key { secret: Secret::new(secret), public, permissions: None })
        };
        // Made with `openssl dgst -sha256 -sign` from `fixtures/keys/application.pem`.
        let signed = include_str!("../../../fixtures/keys/gltexp.jwt").trim();
        let of_another_kind = include_str!("../../../fixtures/keys/application.jwt").trim();
        let empty =
            hmac_sha1(&Secret::default(), "st2.s.FAKE-token-0001.sc3_1735690500_ARsaUserKey").unwrap();
        let empty = format!("1735690500_ARsaUserKey_{empty}");
        for (value, at, expected) in [
            ("1735690500_AppKey01_b11jppUCeIhC0pa/JCNLx9YsFrA=", 0, true),
            ("1735690500_3vqFpxw/KTkuqIDUqr8IbLPCpzw=", 0, true),
            ("1735690500_3vqFpxw/KTkuqIDUqr8IbLPCpzw=", 1, false),
            ("1735690501_3vqFpxw/KTkuqIDUqr8IbLPCpzw=", 0, false),
            ("1735690500_AppKey02_b11jppUCeIhC0pa/JCNLx9YsFrA=", 0, false),
            ("1735690500", 0, false),
            ("x_y", 0, false),
            (signed, 0, true),
            (signed, 1, false),
            (of_another_kind, 0, false),
            (empty.as_str(), 0, false),
        ] {
            let at = now.plus(std::time::Duration::from_secs(at));
            let found = gltexp_is_right(at, "st2.s.FAKE-token-0001.sc3", value, &partner, key);
            assert_eq!(found, expected, "{value}");
        }
        assert!(!gltexp_is_right(now, "st2.s.another", signed, &partner, key));
    }

    #[test]
    fn only_foreign_ports_are_signed() {
        for (given, public, expected) in [
            ("https://Accounts.EU1.gigya.com:443/a.b?x=1", "", "https://accounts.eu1.gigya.com/a.b"),
            ("http://127.0.0.1:8080/a.b", "", "http://127.0.0.1:8080/a.b"),
            (
                "http://127.0.0.1:8080/a.B",
                "https://Accounts.eu1.gigya.com/",
                "https://accounts.eu1.gigya.com/a.B",
            ),
        ] {
            let request = http::Request::get(given).body(bytes::Bytes::new()).unwrap();
            assert_eq!(signed_url(&request, public), expected);
        }
    }
}
