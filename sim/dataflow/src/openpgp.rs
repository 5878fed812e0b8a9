//! Keys of OpenPGP as flows hold them.

use base64::Engine as _;
use pgp::composed::{Deserializable, SignedPublicKey, SignedPublicSubKey, SignedSecretKey};
use pgp::packet::SignatureType;
use pgp::types::KeyDetails as _;

/// The bytes of a key: its armored text as it is, or base64 of text or bytes.
fn bytes(parameter: &str, text: &str) -> Result<Vec<u8>, String> {
    if let Some(at) = text.find("-----BEGIN") {
        return Ok(text.as_bytes()[at..].to_vec());
    }
    let packed: String = text.split_whitespace().collect();
    let unpacked = base64::engine::general_purpose::STANDARD.decode(packed);
    unpacked.map_err(|_| format!("parameter `{parameter}` is neither an armored key nor base64 of one"))
}

/// A private key.
pub(crate) fn secret_key(parameter: &str, text: &str) -> Result<SignedSecretKey, String> {
    let key = SignedSecretKey::from_reader_single(bytes(parameter, text)?.as_slice());
    key.map(|(key, _)| key).map_err(|error| format!("parameter `{parameter}` holds no private key: {error}"))
}

/// A receiver's key.
pub(crate) fn public_key(parameter: &str, text: &str) -> Result<SignedPublicKey, String> {
    let key = SignedPublicKey::from_reader_single(bytes(parameter, text)?.as_slice());
    key.map(|(key, _)| key).map_err(|error| format!("parameter `{parameter}` holds no public key: {error}"))
}

/// The subkey that is for encryption: the newest that says so, is bound to its key and is not revoked. None
/// if the key itself is to be used, as old ones without subkeys are.
pub(crate) fn for_encryption(key: &SignedPublicKey) -> Option<&SignedPublicSubKey> {
    let fits = |subkey: &&SignedPublicSubKey| {
        let revoked =
            |signature: &pgp::packet::Signature| signature.typ() == Some(SignatureType::SubkeyRevocation);
        let meant = |signature: &pgp::packet::Signature| {
            let flags = signature.key_flags();
            flags.encrypt_comms() || flags.encrypt_storage()
        };
        subkey.algorithm().can_encrypt()
            && subkey.signatures.iter().any(meant)
            && !subkey.signatures.iter().any(revoked)
            && subkey.verify_bindings(&key.primary_key).is_ok()
    };
    key.public_subkeys.iter().filter(fits).max_by_key(|subkey| subkey.created_at())
}
