//! Addresses whose secrets are masked, and which stay addresses.

use super::{hidden, masked, masked_path};
use std::borrow::Cow;

/// How deep addresses are looked for in the values of addresses.
const NESTED: usize = 4;

/// An address as it stands, but for every secret in its path, query and fragment and in the addresses that are values
/// there.
pub fn masked_address(address: &str) -> String {
    masked_within(address, NESTED)
}

fn masked_within(address: &str, depth: usize) -> String {
    const ENDS: [char; 2] = ['&', '#'];
    let (place, rest) = address.split_at(address.find(['?', '#']).unwrap_or(address.len()));
    let mut told = masked_path(place).into_owned();
    for piece in rest.split_inclusive(ENDS) {
        let plain = piece.strip_suffix(ENDS).unwrap_or(piece);
        // An address may be a value as it stands, and has a question mark of its own.
        for pair in plain.split_inclusive('?') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if hidden(&decoded(name)) && !value.is_empty() {
                told.push_str(&masked_path(&format!("{name}=")));
                break;
            }
            let value = decoded(value);
            let shown = match value.chars().next() {
                Some('{' | '[') => Cow::Owned(masked(value.as_bytes())),
                _ if depth > 0 && value.contains(['?', '#']) => Cow::Owned(masked_within(&value, depth - 1)),
                _ => Cow::Borrowed(&*value),
            };
            if shown == value {
                told.push_str(pair);
            } else {
                told.push_str(&format!("{name}="));
                told.extend(form_urlencoded::byte_serialize(shown.as_bytes()));
            }
        }
        told.push_str(&piece[plain.len()..]);
    }
    told
}

/// A name or value of a query as it is meant.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_without_its_secrets() {
        for (address, expected) in [
            (
                "https://a.example/x;token=s3/y?a=1&b=%C3%A9+x#top",
                "https://a.example/x;token=********/y?a=1&b=%C3%A9+x#top",
            ),
            (
                "https://a.example/?login%54oken=s3+cr%263t?/&a=b",
                "https://a.example/?login%54oken=********&a=b",
            ),
            ("/back#id_token=s3&state=1", "/back#id_token=********&state=1"),
            ("/in?to=https://b.example/?sig=s3?4&a=b", "/in?to=https://b.example/?sig=********&a=b"),
            (
                "/in?to=https%3A%2F%2Fb.example%2F%3Fsig%3Ds3%26a%3Db",
                "/in?to=https%3A%2F%2Fb.example%2F%3Fsig%3D********%26a%3Db",
            ),
            ("/in?data=%7B%22secret%22%3A%22s3%22%7D", "/in?data=%7B%22secret%22%3A%22********%22%7D"),
            ("/in?secret&token=&to=%2F%3Fa", "/in?secret&token=&to=%2F%3Fa"),
            ("", ""),
        ] {
            assert_eq!(masked_address(address), expected, "{address}");
        }
    }
}
