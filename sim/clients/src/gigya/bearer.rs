//! The token that stands in for a secret where an application has a key pair: RS256 over two small objects.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::json;
use standin_model::Instant;
use standin_ports::Secret;

/// The key cannot sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the private key is no RSA key in PEM of at least 2048 bits")]
pub struct BadKey;

/// Reads PEM: `RSA PRIVATE KEY` as Gigya hands it out, or `PRIVATE KEY`.
pub fn read(key: &Secret) -> Result<RsaKeyPair, BadKey> {
    let (label, der) = pem_rfc7468::decode_vec(key.reveal().trim().as_bytes()).map_err(|_| BadKey)?;
    let pair = match label {
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
        _ => return Err(BadKey),
    };
    pair.map_err(|_| BadKey)
}

/// The token of one call; `id` is used once.
pub fn token(user_key: &str, key: &Secret, now: Instant, id: &str) -> Result<String, BadKey> {
    let pair = read(key)?;
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": user_key});
    let claims = json!({"iat": now.seconds(), "jti": id});
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let text = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
    let mut signature = vec![0; pair.public().modulus_len()];
    // This padding is deterministic; chance only blinds the computation.
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| BadKey)?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../../../fixtures/keys/application.pem");
    /// Made with `openssl dgst -sha256 -sign` from the same key.
    const TOKEN: &str = concat!(
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IkFSc2EifQ.eyJpYXQiOjE3Njc2MDAwMDAsImp0aSI6InA3XzE3N",
        "jc2MDAwMDAwMDBfMCJ9.PuX76WPYKiZY2Y6LM7xLDQ5izNRZybDw70isADp8fDxE-noI84dKCbFyAFqYaRDis7dnOIOuCHrC",
        "3zeO0TTzAT6l2ppI2udFkpr1t2aFBV-IKGQQhNlbBOrMfUjSrJNkuaIN5bIILaMTefY-TrDPHiR3SKs8BPqC6hyMbRQenVUU",
        "LnP8iXb3wNesUgZ1jnXa5Wjtd_vCfxQeD4d2GXfEycAyHb2yp2MatEpQK0_R8jMNHlMO0DR2nh0n9MHGCq8_vlgusYQ31VNM",
        "EizzV6g1N37t1qpL1TQt93RrXBTMDoMHrYgRUq29z7VhiYSTtNbgGLlRS9CV8U-GuNCsCxWvvQ",
    );

    #[test]
    fn a_token_is_that_of_openssl() {
        let made = token("ARsa", &Secret::new(KEY), Instant::START, "p7_1767600000000_0");
        assert_eq!(made.as_deref(), Ok(TOKEN));
        for bad in ["", "c2VjcmV0", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"]
        {
            assert_eq!(token("ARsa", &Secret::new(bad), Instant::START, "1"), Err(BadKey));
        }
    }
}
