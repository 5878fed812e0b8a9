//! The token of a server that others on the network can reach.

use http::header;
use sha2::{Digest, Sha256};
use standin_ports::{Request, Secret};

/// Whether a request carries the token: as `Bearer`, or as the password of `Basic`, which browsers ask people for.
pub fn is_carried(request: &Request, token: &Secret) -> bool {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.split_once(' ')).and_then(|(scheme, rest)| {
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(rest.trim().to_owned());
        }
        let pair =
            scheme.eq_ignore_ascii_case("basic").then(|| crate::control::credentials::unpacked(rest))??;
        pair.split_once(':').map(|(_, password)| password.to_owned())
    });
    given.is_some_and(|given| same(&given, token.reveal()))
}

/// Compares digests, so that the time it takes says nothing about how much is right.
fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.iter().zip(other.iter()).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}
