//! Who may log in, and with what.

use crate::path::DropPath;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use standin_ports::Secret;

/// One who may log in.
#[derive(Clone, Debug)]
pub struct User {
    /// Login name.
    pub name: String,
    /// The password, if the user has one.
    pub password: Option<Secret>,
    /// The keys that are allowed.
    pub keys: Vec<PublicKey>,
    /// The folder that the user sees as `/`.
    pub root: DropPath,
    /// Whether the user may only look.
    pub read_only: bool,
}

/// What a login offers.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// A password.
    Password(&'a Secret),
    /// A key of which the login has the private half; whoever asks has checked that.
    Key(&'a PublicKey),
}

impl User {
    /// Whether `proof` is this user's.
    pub fn admits(&self, proof: Proof<'_>) -> bool {
        match proof {
            Proof::Password(given) => self.password.as_ref() == Some(given),
            Proof::Key(given) => self.keys.contains(given),
        }
    }
}

/// A public key as SSH writes it down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// From a line such as `ssh-ed25519 AAAAC3Nza... ann@laptop`.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (kind, blob) = (words.next()?, words.next()?);
        let blob = STANDARD.decode(blob).ok()?;
        let named = take_string(&mut blob.as_slice())? == kind.as_bytes();
        named.then_some(Self(blob))
    }

    /// From the key in SSH's own encoding.
    pub fn from_bytes(blob: Vec<u8>) -> Self {
        Self(blob)
    }

    /// The public half that an unencrypted OpenSSH private key carries, given as PEM text or as Base64 of it.
    pub(crate) fn of_private(text: &str) -> Option<Self> {
        let unwrapped;
        let pem = if text.contains("-----BEGIN") {
            text
        } else {
            let packed: String = text.split_whitespace().collect();
            unwrapped = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
            &unwrapped
        };
        let (_, rest) = pem.split_once("-----BEGIN OPENSSH PRIVATE KEY-----")?;
        let (body, _) = rest.split_once("-----END OPENSSH PRIVATE KEY-----")?;
        let body = STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?;
        let mut rest = body.strip_prefix(b"openssh-key-v1\0")?;
        let (cipher, _kdf, _options) =
            (take_string(&mut rest)?, take_string(&mut rest)?, take_string(&mut rest)?);
        let (count, mut rest) = rest.split_first_chunk::<4>()?;
        if cipher != b"none" || u32::from_be_bytes(*count) != 1 {
            return None;
        }
        take_string(&mut rest).map(|blob| Self(blob.to_vec()))
    }
}

/// Takes a string in SSH's encoding: four bytes of length, then so many bytes.
fn take_string<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (string, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    Some(string)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both halves as `ssh-keygen -t ed25519` wrote them.
    const PRIVATE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDkCGsCge8BxSl8QcycxEXxrq8W2YChgqRSdfdDoDeuHQAAAIjSJ9iH0ifY
hwAAAAtzc2gtZWQyNTUxOQAAACDkCGsCge8BxSl8QcycxEXxrq8W2YChgqRSdfdDoDeuHQ
AAAECRxXeRehx4cx42MTcpoxQ1GZVoFUuysGrnJfAqZnaP9eQIawKB7wHFKXxBzJzERfGu
rxbZgKGCpFJ190OgN64dAAAABGxhd3MB
-----END OPENSSH PRIVATE KEY-----
";
    const PUBLIC: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQIawKB7wHFKXxBzJzERfGurxbZgKGCpFJ190OgN64d laws";

    #[test]
    fn a_private_key_carries_its_public_half() {
        let public = PublicKey::parse(PUBLIC);
        assert!(public.is_some());
        assert_eq!(PublicKey::of_private(PRIVATE), public);
        assert_eq!(PublicKey::of_private(&STANDARD.encode(PRIVATE)), public);
    }

    #[test]
    fn key_lines() {
        let good = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
        assert!(PublicKey::parse(good).is_some());
        assert_eq!(PublicKey::parse(&format!("  {good} ann@laptop ")), PublicKey::parse(good));
        for bad in ["", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==", "x AAAA"] {
            assert_eq!(PublicKey::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn broken_private_keys_have_no_public_half() {
        for bad in [
            "",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
        ] {
            assert_eq!(PublicKey::of_private(bad), None);
        }
    }
}
