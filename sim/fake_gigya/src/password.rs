//! Passwords as they are kept.

use crate::account::Password;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::Digest as _;
use standin_model::Instant;
use standin_ports::Secret;

impl Password {
    /// Hashes a password that a person chose.
    pub(crate) fn new(plain: &str, salt: String, now: Instant) -> Self {
        let mut made = Self {
            algorithm: "sha256".into(),
            format: "$salt$password".into(),
            salt,
            hash: Secret::default(),
            created: now,
        };
        made.hash = Secret::new(made.digest(plain).unwrap_or_default());
        made
    }

    /// Whether `plain` is it.
    pub(crate) fn is(&self, plain: &str) -> bool {
        self.digest(plain).is_some_and(|digest| digest == self.hash.reveal())
    }

    /// Base64 of the hash, if the algorithm is one of those that are modelled.
    fn digest(&self, plain: &str) -> Option<String> {
        let salt = STANDARD.decode(&self.salt).unwrap_or_else(|_| self.salt.clone().into_bytes());
        let bytes = match self.format.as_str() {
            "$salt$password" => [salt.as_slice(), plain.as_bytes()].concat(),
            "$password$salt" => [plain.as_bytes(), salt.as_slice()].concat(),
            _ => plain.as_bytes().to_vec(),
        };
        Some(match self.algorithm.as_str() {
            "sha1" => STANDARD.encode(sha1::Sha1::digest(&bytes)),
            "sha256" => STANDARD.encode(sha2::Sha256::digest(&bytes)),
            "sha512" => STANDARD.encode(sha2::Sha512::digest(&bytes)),
            _ => return None,
        })
    }

    /// As `include=password` tells it.
    pub(crate) fn show(&self) -> Value {
        json!({
            "hash": self.hash.reveal(),
            "hashSettings": {"algorithm": self.algorithm, "rounds": 1, "salt": self.salt, "format": self.format},
            "created": self.created.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_matches() {
        let password = Password::new("correct horse", "c2FsdA==".into(), Instant::START);
        assert!(password.is("correct horse") && !password.is("Correct horse") && !password.is(""));
        assert_eq!(format!("{:?}", password.hash), "********");
    }
}
