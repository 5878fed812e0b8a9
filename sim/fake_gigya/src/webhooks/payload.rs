//! What is sent to a webhook, and its signature.

use crate::gigya::Gigya;
use crate::webhooks::queue::Sealed;
use crate::webhooks::{Version, Webhook, object};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use standin_model::Instant;
use standin_ports::{Request, Secret};
use std::io::Write;
use std::sync::Arc;

/// How long the signature of a delivery lasts, in seconds.
const LASTS: i64 = 60;
/// From which size on version 3.0 compresses a body, in bytes.
const COMPRESSED_FROM: usize = 10 * 1024;

/// The request that delivers `events`, with a nonce and signature of its own. `None` if the address is none.
pub(crate) fn request(
    gigya: &mut Gigya,
    now: Instant,
    api_key: &str,
    hook: &Webhook,
    events: &[Arc<Sealed>],
) -> Option<Request> {
    let nonce = gigya.ids.guid().to_ascii_lowercase();
    let told: Vec<Value> = events.iter().map(|event| told(event, hook, api_key)).collect();
    let body = json!({"events": told, "nonce": nonce, "timestamp": now.seconds()}).to_string();
    let mut request = http::Request::post(&hook.url).header(header::CONTENT_TYPE, "application/json");
    let site = gigya.sites.get(api_key)?;
    request = match hook.version {
        Version::V1 => {
            let key = site.keys.get(&hook.signing_user_key)?;
            request.header("X-Gigya-Sig-Hmac-Sha1", hmac(&key.secret, body.as_bytes())?)
        }
        Version::V2 | Version::V3 => {
            let claims = object([
                ("sub", digest(body.as_bytes()).into()),
                ("jti", nonce.into()),
                ("iat", now.seconds().into()),
                ("exp", (now.seconds() + LASTS).into()),
                ("iss", format!("https://fidm.gigya.com/jwt/{api_key}/").into()),
            ]);
            request.header("x-gigya-sig-jwt", crate::jwt::sign(&site.data_center, &claims))
        }
    };
    for (name, value) in &hook.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request = request.header(name, HeaderValue::from_str(value).ok()?);
    }
    let body = match hook.version == Version::V3 && body.len() >= COMPRESSED_FROM {
        true => {
            request = request.header(header::CONTENT_ENCODING, "gzip");
            gzip(body.as_bytes())?
        }
        false => body.into_bytes(),
    };
    request.body(Bytes::from(body)).ok()
}

fn told(sealed: &Sealed, hook: &Webhook, api_key: &str) -> Value {
    let event = &sealed.event;
    if hook.version == Version::V1 {
        return json!({
            "type": event.kind.word(), "id": sealed.id, "timestamp": event.at.seconds(), "data": {"uid": event.uid},
        });
    }
    let mut data = json!({"accountType": event.account_type});
    let members =
        [("uid", &event.uid), ("newUid", &event.new_uid), ("emailAccountToken", &event.email_token)];
    for (name, value) in members {
        if let Some(value) = value {
            data[name] = value.as_str().into();
        }
    }
    let mut out = json!({
        "type": event.kind.word(),
        "id": sealed.id,
        "timestamp": event.at.seconds(),
        "callId": sealed.call_id,
        "version": hook.version.word(),
        "apiKey": api_key,
        "data": data,
    });
    if let Some(params) = sealed.params.as_ref().filter(|_| hook.with_params) {
        out["params"] = params.clone().into();
    }
    out
}

/// What ties a signature to a body: SHA-256, as unpadded Base64 for URLs.
fn digest(body: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(body))
}

/// Base64 of HMAC-SHA1 over the body; the key is the decoded secret.
fn hmac(secret: &Secret, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.reveal()).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(body);
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).ok()?;
    packed.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"events":[],"nonce":"n1","timestamp":1700000000}"#;

    #[test]
    fn signatures_of_a_body() {
        let secret = Secret::new("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3");
        assert_eq!(hmac(&secret, BODY).as_deref(), Some("Ye90ETvPj7xISf4IVfUZT0fK71o="));
        assert_eq!(digest(BODY), "dpDcBhLVLPaXCBvD-kIllOVC1Nqkw29k8Yyv9YHs1AM");
    }
}
