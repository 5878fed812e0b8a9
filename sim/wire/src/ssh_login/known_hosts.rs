//! A file of known hosts, as OpenSSH keeps it.

use russh::Preferred;
use russh::keys::known_hosts::known_host_keys_path;
use russh::keys::{Algorithm, HashAlg, PublicKey};
use std::borrow::Cow;
use std::path::Path;

/// Whether the file knows this key for the host, and why not.
pub(super) fn judge(file: &Path, host: &str, port: u16, shown: &PublicKey) -> Result<(), String> {
    let (name, fingerprint) = (file.display(), shown.fingerprint(HashAlg::Sha256));
    let unread = || {
        format!("host key {fingerprint}, which is not in the file of known hosts {name}: it cannot be read")
    };
    let text = std::fs::read_to_string(file).map_err(|_| unread())?;
    if let Some(line) = revoked(&text, shown) {
        return Err(format!("host key {fingerprint}, which line {line} of {name} revokes"));
    }
    let known = known_host_keys_path(host, port, file).map_err(|_| unread())?;
    // A server may have several keys, of one kind too.
    if known.iter().any(|(_, key)| key.key_data() == shown.key_data()) {
        return Ok(());
    }
    match known.iter().find(|(_, key)| key.algorithm() == shown.algorithm()) {
        Some((line, _)) => Err(format!("another host key than line {line} of {name} says: {fingerprint}")),
        None => Err(format!("host key {fingerprint}, which is not in the file of known hosts {name}")),
    }
}

/// The line that revokes a key, for whichever hosts it says so.
fn revoked(text: &str, shown: &PublicKey) -> Option<usize> {
    let line = shown.to_openssh().ok()?;
    let key = line.split_whitespace().nth(1)?.to_owned();
    let revokes = |line: &str| {
        let mut words = line.split_whitespace();
        words.next() == Some("@revoked") && words.nth(2) == Some(key.as_str())
    };
    text.lines().position(revokes).map(|at| at + 1)
}

/// The algorithms with those first of which the file knows a key of the host: a server that has several kinds of
/// keys shows one that can be compared.
pub(super) fn preferring(preferred: &Preferred, file: &Path, host: &str, port: u16) -> Preferred {
    let known: Vec<Algorithm> = known_host_keys_path(host, port, file)
        .unwrap_or_default()
        .into_iter()
        .map(|(_, key)| kind(&key.algorithm()))
        .collect();
    let mut keys = preferred.key.to_vec();
    keys.sort_by_key(|algorithm| !known.contains(&kind(algorithm)));
    Preferred { key: Cow::Owned(keys), ..preferred.clone() }
}

/// A key of RSA signs with several hashes.
fn kind(algorithm: &Algorithm) -> Algorithm {
    match algorithm {
        Algorithm::Rsa { .. } => Algorithm::Rsa { hash: None },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQIawKB7wHFKXxBzJzERfGurxbZgKGCpFJ190OgN64d";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    fn check(lines: &[&str], expected: Result<(), &str>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, format!("{}\n", lines.join("\n"))).unwrap();
        let shown: PublicKey = ONE.parse().unwrap();
        let judged = judge(&file, "h", 2222, &shown);
        match expected {
            Ok(()) => assert_eq!(judged, Ok(()), "{lines:?}"),
            Err(words) => {
                let told = judged.expect_err(words);
                assert!(told.contains(words), "{told}");
            }
        }
    }

    #[test]
    fn a_key_is_known_unknown_another_or_revoked() {
        let line = |key: &str| format!("[h]:2222 {key}");
        check(&[&line(ONE)], Ok(()));
        check(&[&line(OTHER), &line(ONE)], Ok(()));
        check(&[&line(OTHER)], Err("another host key than line 1 of "));
        check(&[&format!("h {ONE}")], Err("which is not in the file of known hosts"));
        check(&[&line(ONE), &format!("@revoked * {ONE}")], Err("which line 2 of "));
        check(&[&line(ONE), &format!("@revoked * {OTHER}")], Ok(()));
    }

    #[test]
    fn what_can_be_compared_is_asked_for_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, format!("h {ONE}\n")).unwrap();
        let rsa = [Algorithm::Rsa { hash: Some(HashAlg::Sha512) }, Algorithm::Ed25519];
        let preferred = Preferred { key: Cow::Owned(rsa.to_vec()), ..Preferred::DEFAULT };
        assert_eq!(preferring(&preferred, &file, "h", 22).key.first(), Some(&Algorithm::Ed25519));
        assert_eq!(preferring(&preferred, &file, "elsewhere", 22).key, preferred.key);
    }
}
