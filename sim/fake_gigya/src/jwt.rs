//! JSON web tokens signed with RSA and SHA-256 (RS256): the ones that the platform hands out, and the ones
//! that applications sign to authenticate.
//!
//! The crypto is `ring`, which the SSH shell is built on already; the crates for JSON web tokens would bring a
//! second one, and judge times by the machine's clock.

use crate::envelope::Object;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::sync::{Arc, OnceLock};

/// The key that signs for every site of every world, so that tokens are the same on every run. It guards
/// nothing.
const SITE_KEY: &str = include_str!("site_jwt.pem");

/// The platform's key pair, read when it is first needed.
fn site_key() -> &'static RsaKeyPair {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| {
        let (_, der) = pem_rfc7468::decode_vec(SITE_KEY.as_bytes()).expect("the key is PEM");
        RsaKeyPair::from_pkcs8(&der).expect("the key is an RSA key")
    })
}

fn site_components() -> PublicKeyComponents<Vec<u8>> {
    PublicKeyComponents::from(site_key().public())
}

/// The identifier of the platform's key: a hash of its modulus.
pub(crate) fn site_kid() -> &'static str {
    static KID: OnceLock<String> = OnceLock::new();
    KID.get_or_init(|| {
        let hash = Sha1::digest(&site_components().n);
        let digits: String = hash.iter().map(|byte| format!("{byte:02X}")).collect();
        URL_SAFE_NO_PAD.encode(digits)
    })
}

/// The platform's public key as a JSON web key.
pub(crate) fn site_jwk() -> Object {
    let key = site_components();
    let members = [
        ("kty", "RSA".to_owned()),
        ("alg", "RS256".to_owned()),
        ("use", "sig".to_owned()),
        ("kid", site_kid().to_owned()),
        ("n", URL_SAFE_NO_PAD.encode(&key.n)),
        ("e", URL_SAFE_NO_PAD.encode(&key.e)),
    ];
    members.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}

/// A token of the platform's for a site in `data_center`.
pub(crate) fn sign(data_center: &str, claims: &Object) -> String {
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": site_kid(), "dc": data_center});
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let text = format!("{}.{}", part(header.to_string()), part(Value::Object(claims.clone()).to_string()));
    let mut signature = vec![0; site_key().public().modulus_len()];
    // This padding is deterministic; chance only blinds the computation.
    site_key()
        .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .expect("the buffer has the modulus's length");
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// An application's public key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PublicKey(Arc<[u8]>);

impl PublicKey {
    /// Reads PEM: `PUBLIC KEY` or `RSA PUBLIC KEY`, of at least 2048 bits.
    pub(crate) fn from_pem(text: &str) -> Option<Self> {
        let (label, der) = pem_rfc7468::decode_vec(text.trim().as_bytes()).ok()?;
        let key = match label {
            "RSA PUBLIC KEY" => der,
            "PUBLIC KEY" => {
                let info = spki::SubjectPublicKeyInfoRef::try_from(der.as_slice()).ok()?;
                info.subject_public_key.as_bytes()?.to_vec()
            }
            _ => return None,
        };
        let readable = key.len() > 256;
        readable.then(|| Self(key.into()))
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(text.as_bytes(), signature)
            .is_ok()
    }
}

/// A token in its parts, not yet believed.
#[derive(Debug)]
pub(crate) struct Token<'t> {
    signed: &'t str,
    signature: Vec<u8>,
    header: Object,
    claims: Object,
}

impl<'t> Token<'t> {
    /// Takes a token apart. `None` if it is not three parts of Base64 for URLs, two of them JSON objects.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
        let object = |part: &str| match serde_json::from_slice(&decoded(part)?) {
            Ok(Value::Object(members)) => Some(members),
            _ => None,
        };
        Some(Self {
            signed,
            signature: decoded(signature)?,
            header: object(header)?,
            claims: object(claims)?,
        })
    }

    /// A text of the header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// A text among the claims.
    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A number among the claims, its fraction cut.
    #[expect(clippy::cast_possible_truncation, reason = "a float saturates, and is too far off then")]
    pub(crate) fn time(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }

    /// Whether the token says RS256 and its signature is the key's.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.header("alg") == Some("RS256") && key.verifies(self.signed, &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION: &str = include_str!("../../../fixtures/keys/application.pub.pem");
    /// Made with `openssl dgst -sha256 -sign` from `fixtures/keys/application.pem`.
    const SIGNED: &str = include_str!("../../../fixtures/keys/application.jwt");

    fn site_public() -> PublicKey {
        PublicKey(site_key().public().as_ref().into())
    }

    #[test]
    fn tokens_of_others() {
        let key = PublicKey::from_pem(APPLICATION).unwrap();
        let token = Token::parse(SIGNED.trim()).unwrap();
        assert_eq!((token.header("kid"), token.claim("jti")), (Some("ARsaUserKey"), Some("token-1")));
        assert_eq!(token.time("iat"), Some(1_767_600_000));
        assert!(token.is_signed_by(&key) && !token.is_signed_by(&site_public()));
        let other = format!("{}x", SIGNED.trim().split_once('.').unwrap().0);
        for text in ["", "a.b", "a.b.c", "e30.e30", "e30.W10.e30", other.as_str()] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
        for (header, taken) in [("RS256", true), ("none", false), ("HS256", false)] {
            let mut token = Token::parse(SIGNED.trim()).unwrap();
            token.header.insert("alg".into(), header.into());
            assert_eq!(token.is_signed_by(&key), taken, "{header}");
        }
    }

    #[test]
    fn own_tokens_are_the_same_every_time() {
        let claims = Object::from_iter([("sub".into(), "ann".into())]);
        let text = sign("eu1", &claims);
        assert_eq!(text, sign("eu1", &claims));
        let token = Token::parse(&text).unwrap();
        assert!(token.is_signed_by(&site_public()));
        assert_eq!((token.header("kid"), token.header("dc")), (Some(site_kid()), Some("eu1")));
    }

    #[test]
    fn keys_that_are_none() {
        for text in ["", "no PEM", SITE_KEY, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            assert!(PublicKey::from_pem(text).is_none(), "{text}");
        }
    }
}
