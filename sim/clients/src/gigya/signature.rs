//! The HMAC-SHA1 signature of a request, OAuth 1.0a's with unencoded names.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use standin_ports::Secret;

/// The secret is not Base64, so it cannot be the key of a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the secret is not Base64")]
pub struct BadSecret;

/// Base64 as Gigya writes it; a secret that lost its padding on the way is still the secret.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Signs a request: `url` without query, lower-case scheme and host; `fields` are all parameters but `sig`.
pub fn sign(
    secret: &Secret,
    method: &str,
    url: &str,
    fields: &[(String, String)],
) -> Result<String, BadSecret> {
    sign_text(secret, &base_string(method, url, fields))
}

/// What is signed: method, URL and sorted parameters. Values end up encoded twice.
pub fn base_string(method: &str, url: &str, fields: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = fields.iter().filter(|(name, _)| name != "sig").collect();
    sorted.sort();
    let query: Vec<String> =
        sorted.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("{}&{}&{}", method.to_ascii_uppercase(), encoded(url), encoded(&query.join("&")))
}

/// Base64 of the HMAC-SHA1 of any text: the primitive below all of Gigya's signatures.
pub fn sign_text(secret: &Secret, text: &str) -> Result<String, BadSecret> {
    let mut mac = keyed(secret)?;
    mac.update(text.as_bytes());
    Ok(BASE64.encode(mac.finalize().into_bytes()))
}

/// Whether `signature` is [`sign_text`]'s, compared in constant time.
pub(super) fn is_signed(secret: &Secret, text: &str, signature: &str) -> Result<bool, BadSecret> {
    let mut mac = keyed(secret)?;
    mac.update(text.as_bytes());
    Ok(BASE64.decode(signature).is_ok_and(|bytes| mac.verify_slice(&bytes).is_ok()))
}

fn keyed(secret: &Secret) -> Result<Hmac<Sha1>, BadSecret> {
    let key = BASE64.decode(secret.reveal().trim()).map_err(|_| BadSecret)?;
    Hmac::new_from_slice(&key).map_err(|_| BadSecret)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The sample request of the OAuth Core 1.0a specification, appendix A.
    const OAUTH_SAMPLE: &[(&str, &str)] = &[
        ("file", "vacation.jpg"),
        ("size", "original"),
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
        ("oauth_nonce", "kllo9940pd9333jh"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1191242096"),
        ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_version", "1.0"),
    ];

    const GIGYA_SAMPLE: &[(&str, &str)] = &[
        ("httpStatusCodes", "false"),
        ("UID", "u 1/é*~"),
        ("apiKey", "3_TestKey"),
        ("data", r#"{"a":1}"#),
        ("format", "json"),
        ("nonce", "1700000000123_1"),
        ("timestamp", "1700000000"),
        ("userKey", "ATestUserKey"),
    ];

    const GIGYA_URL: &str = "https://accounts.eu1.gigya.com/accounts.getAccountInfo";
    const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

    #[test]
    fn known_requests() {
        let oauth_key = BASE64.encode("kd94hf93k423kf44&pfkkdhi9sl3r4s00");
        let oauth_url = "http://photos.example.net/photos";
        for (key, method, url, fields, expected) in [
            (oauth_key.as_str(), "GET", oauth_url, OAUTH_SAMPLE, "tR3+Ty81lMeYAr/Fid0kMTYa/WM="),
            (oauth_key.as_str(), "POST", oauth_url, OAUTH_SAMPLE, "wPkvxykrw+BTdCcGqKr+3I+PsiM="),
            (SECRET, "POST", GIGYA_URL, GIGYA_SAMPLE, "yiWEnaEj4XjIvj3ur2Dr3nGgDzs="),
        ] {
            assert_eq!(sign(&Secret::new(key), method, url, &owned(fields)), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn known_base_string() {
        let expected = concat!(
            "POST&https%3A%2F%2Faccounts.eu1.gigya.com%2Faccounts.getAccountInfo&",
            "UID%3Du%25201%252F%25C3%25A9%252A~%26apiKey%3D3_TestKey%26data%3D%257B%2522a%2522%253A1%257D",
            "%26format%3Djson%26httpStatusCodes%3Dfalse%26nonce%3D1700000000123_1%26timestamp%3D1700000000",
            "%26userKey%3DATestUserKey"
        );
        assert_eq!(base_string("post", GIGYA_URL, &owned(GIGYA_SAMPLE)), expected);
    }

    #[test]
    fn known_texts() {
        for (text, expected) in [
            ("1700000000_d0a1b2c3d4e5f60718293a4b5c6d7e8f", "2um9ugd9ElkGR9EjtMrR9z+qAOs="),
            ("1700000000_friend1_user1", "kuq/oGxFSUcdMeaCsUJ56svQfq8="),
        ] {
            assert_eq!(sign_text(&Secret::new(SECRET), text), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn secrets() {
        assert_eq!(sign_text(&Secret::new("!"), "x"), Err(BadSecret));
        assert_eq!(sign_text(&Secret::new("YWI"), "x"), sign_text(&Secret::new("YWI="), "x"));
    }

    proptest! {
        #[test]
        fn order_of_parameters_does_not_matter(
            mut fields in proptest::collection::vec(("[a-zA-Z]{1,5}", ".{0,5}"), 0..6),
        ) {
            let one = base_string("POST", GIGYA_URL, &fields);
            fields.reverse();
            prop_assert_eq!(base_string("POST", GIGYA_URL, &fields), one);
        }

        #[test]
        fn no_text_panics(secret in ".*", text in ".*", signature in ".*") {
            let _ = is_signed(&Secret::new(secret), &text, &signature);
        }
    }
}
