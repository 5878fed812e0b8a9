//! Certificates in the file that Java reads to know whom it trusts. Java brings a program that writes such files, one
//! certificate at a time; many are needed where a program may also reach the world outside.
//!
//! The form is JKS, version 2, as `sun.security.provider.JavaKeyStore` of OpenJDK reads it: numbers in big-endian
//! order, and at the end a digest over the password and all of it.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

const MAGIC: u32 = 0xfeed_feed;
const VERSION: u32 = 2;
/// The tag of a certificate that is trusted.
const TRUSTED: u32 = 2;
/// What is digested between the password and the rest.
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// A store of all certificates of a text in PEM; what is none in it is left out.
pub fn trust_store(pem: &str, password: &str) -> Vec<u8> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect();
    let mut store = Vec::new();
    for number in [MAGIC, VERSION, length(certificates.len())] {
        store.extend(number.to_be_bytes());
    }
    for (at, certificate) in certificates.iter().enumerate() {
        store.extend(TRUSTED.to_be_bytes());
        text(&mut store, &format!("authority-{at}"));
        // When it was put in, in milliseconds; nobody asks.
        store.extend(0_u64.to_be_bytes());
        text(&mut store, "X.509");
        store.extend(length(certificate.len()).to_be_bytes());
        store.extend_from_slice(certificate);
    }
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
    [password.as_slice(), WHITENER, &store].iter().for_each(|part| digest.update(part));
    store.extend_from_slice(digest.finish().as_ref());
    store
}

fn length(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

fn text(store: &mut Vec<u8>, text: &str) {
    store.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    store.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Laid out by hand; the digest is from another program.
    #[test]
    fn a_store_of_two() {
        let pem = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        let store = trust_store(&[pem("YWJj"), "a word\n".to_owned(), pem("ZA==")].concat(), "pw");
        let expected = [
            &b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x02"[..],
            b"\0\0\0\x02\0\x0bauthority-0\0\0\0\0\0\0\0\0\0\x05X.509\0\0\0\x03abc",
            b"\0\0\0\x02\0\x0bauthority-1\0\0\0\0\0\0\0\0\0\x05X.509\0\0\0\x01d",
            DIGEST,
        ];
        assert_eq!(store, expected.concat());
    }

    const DIGEST: &[u8] = &[
        0xdf, 0x8d, 0x2f, 0x66, 0xd8, 0x02, 0x79, 0xb8, 0xf2, 0x1c, 0xdf, 0x53, 0xf8, 0x33, 0x97, 0xc0, 0x57,
        0x37, 0xfb, 0x00,
    ];
}
