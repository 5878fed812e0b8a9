//! Hashes of addresses and phones, as Eloqua keeps them for advertisers: of lower-case text, in hexadecimal.

use crate::value;
use md5::{Digest, Md5};
use sha2::Sha256;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The MD5 of a text; of nothing, nothing.
pub(crate) fn md5(text: &str) -> String {
    if text.is_empty() { String::new() } else { hex(Md5::digest(value::folded(text))) }
}

/// The SHA-256 of a text; of nothing, nothing.
pub(crate) fn sha256(text: &str) -> String {
    if text.is_empty() { String::new() } else { hex(Sha256::digest(value::folded(text))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_of_lower_case() {
        // The MD5 of "abc" is in RFC 1321, its SHA-256 in FIPS 180-2.
        assert_eq!(md5("ABC"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(sha256("abc "), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((md5(""), sha256("")), (String::new(), String::new()));
    }
}
