//! Private keys as people hand them over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use russh::keys::{PrivateKey, decode_secret_key};
use standin_ports::{FileError, Secret};

/// Reads a private key: OpenSSH or PEM text, or Base64 of either.
pub(super) fn read(key: &Secret, passphrase: Option<&Secret>) -> Result<PrivateKey, FileError> {
    decode(key, passphrase).ok_or_else(|| FileError::Failed("the private key cannot be read".to_owned()))
}

/// The public half of a private key as one line, `ssh-ed25519 AAAA...`.
pub fn public_key_of(key: &Secret, passphrase: Option<&Secret>) -> Option<String> {
    decode(key, passphrase)?.public_key().to_openssh().ok()
}

fn decode(key: &Secret, passphrase: Option<&Secret>) -> Option<PrivateKey> {
    let text = key.reveal();
    let unpacked;
    let pem = if text.contains("-----BEGIN") {
        text
    } else {
        let packed: String = text.split_whitespace().collect();
        unpacked = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
        &unpacked
    };
    // A key that went through JSON or YAML often comes back indented.
    let lines: Vec<&str> = pem.lines().map(str::trim).collect();
    decode_secret_key(&lines.join("\n"), passphrase.map(Secret::reveal)).ok()
}
