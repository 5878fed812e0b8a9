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

#[cfg(test)]
mod tests {
    use super::*;

    // Each pair as `ssh-keygen` wrote it, for these tests alone.
    const ED25519: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDkCGsCge8BxSl8QcycxEXxrq8W2YChgqRSdfdDoDeuHQAAAIjSJ9iH0ifY
hwAAAAtzc2gtZWQyNTUxOQAAACDkCGsCge8BxSl8QcycxEXxrq8W2YChgqRSdfdDoDeuHQ
AAAECRxXeRehx4cx42MTcpoxQ1GZVoFUuysGrnJfAqZnaP9eQIawKB7wHFKXxBzJzERfGu
rxbZgKGCpFJ190OgN64dAAAABGxhd3MB
-----END OPENSSH PRIVATE KEY-----
";
    const ED25519_PUBLIC: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQIawKB7wHFKXxBzJzERfGurxbZgKGCpFJ190OgN64d";
    const LOCKED: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCyIGxrm8
XM8rLieVdrgg1HAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAILjXS/UbjuGP2SSF
5G1qd5Bj53iSuwuQF5k7avNcv163AAAAkGOX+PWu2IizOxGkv5mwMfK3cFrHb/jvREsH5y
3PmnDdr1V2chF/q8QC8EF3TMlE3HtV17xIqbxLz4tt8dMbzS5s7cfAT/7U76bRMIq6udxb
wuG/4jk41ira2ldudZe9C4S6dgXxuiHcbGfesBwW176Np5M6lSUwvuIEC9MMn3YwO8/Cbg
J3cjQnFTZ60dGZ4Q==
-----END OPENSSH PRIVATE KEY-----
";
    const LOCKED_PUBLIC: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILjXS/UbjuGP2SSF5G1qd5Bj53iSuwuQF5k7avNcv163";
    const ECDSA: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS
1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQTCrqvKOsTQwIg9IvpwbQ1iS3fmZf3n
vuQ7Rv59MW8kFLEqoEklvPZM5CL60jPL9nToqp39Kz4X67+FZst0rwYNAAAAoH/VwKN/1c
CjAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMKuq8o6xNDAiD0i
+nBtDWJLd+Zl/ee+5DtG/n0xbyQUsSqgSSW89kzkIvrSM8v2dOiqnf0rPhfrv4Vmy3SvBg
0AAAAhAPWSrMCKKBEiXlkNJXlBsmhZLjd4yvss6t9s3gSlSF8FAAAABGxhd3MBAgM=
-----END OPENSSH PRIVATE KEY-----
";
    const ECDSA_PUBLIC: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMKuq8o6xNDAiD0i+nBtDWJLd+Zl/ee+5DtG/n0xbyQUsSqgSSW89kzkIvrSM8v2dOiqnf0rPhfrv4Vmy3SvBg0=";
    const RSA_PEM: &str = "-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEArdxNy8FQAGUjRFhj6yMQSnPatgQ6Ot4P4fP7a4srFfThNTF5
MXTqZQpXZ5lejxueYJ6XCUC+YCUr16w54HFGr/Z4kw7uukJBXaRX39O2VC9JoGYE
7hz7iQlzK/9i/ayH7RIgje6tNJvluSdiCIiWDGUiarxf/fzhTDSECicvCIn2BrIC
csNYVdz936oFINjGHc/tiFQjRce24tyF+/BoVhTHlwllWOcoOI5Xfb92TK+g/N1t
ey90dKiABlvbf09cMRISDlNNhMPa33WdKXGEqluOO4H5tMdtRo6CHck/PuCMkkxZ
r9iRhdLwaOe0lTge6BfkWvsTv3DyTb32OvW7OQIDAQABAoIBAA3U/yN8x76gTUP8
vEZSzdL+kKH2iCNy01SospIFynG+v8QZoYi7woIzZmzJmOpNyjXpqB6GVh8UFf7c
puYiXPtW4pTglUGgT88BajRWhaUA9hyawT2odKKca9tOQDPqbA4CaTChkooi9Q3c
AkKniziFO02+mux8F/iWHQMpxuYo4iN9qYUDzqqUiLxpcWcTH5cGNJvw/ajBE2fQ
V4kdSrlO4KEiJKSG3RWKSBuCXuwqv4ct4A/W+ctaVY+PzC5jeXSDFxkiVSnCLD4o
sMuWijYtfXWmUTo77/uUk0zd5Re7ndZ4zHwI6glik49YJ+WeTs3gzZRWhwnS87bo
JgxnAOECgYEA2GJPu5/p274wr7VvqYYASp37CSEPTC/ZTZqgZP9ARhqx7vKmW42O
d9YAV9ED99tbQd1tUsOuLIwF2XjxDaBy0UxCN1cM8zEfGCEBw3ZLDZd8W1Fj+wG/
BanTRfYJpUjmdqAjoGN3tJUmNBJZaG6IHE8+qVMropQRNbecXAbUsGUCgYEAzbD2
gTe7KM+vSOn/i/2bLLzrl/+wx0nXbN8tIvpKaM5oJuedLpXabTLDiJJkXzCJHlD1
ZSoM1kdKhdudGAARrMXBPftzm21OP7uPGjOf8eIVIH7lljDEJaW89ZQyl59VCZGZ
moWPAx/Hf0Nr3hVL7S5S7GqwimOLEHQpaUY+cEUCgYAWyCME6g1BKYEOvteGzajy
Mjff+i8WImOKnCEPASDPQLhDJCEHupupWkqm9Eaqrdmp0ZpVAG0yG3vyLZ2ThbUQ
/CpskSm34RAZBkCdR7MXNz/MjYEtSD3IZtzrnL/fOxGoo6uck1xjEuD20oe/SwPh
lyZNxYfukhBNy4sW1VFHUQKBgDNUvT+kC9X0dlbo5ngmEuqIPvcQvSoOuG8YBuia
s6USFZXX6Tbt+LOVnoxflCLZNu7U31ietNNouSVMmBicM8z9EOuJ6+DW11c6VE0C
oyC2/fS9Fkhz5Q9MHCrhD/scrRkVN9MDD5yE+sE8rxeeEvOewtzzBxmSG+tAQfFe
sUhNAoGBALdfy3cFzHz9e9/Lhf68g7FAVZhHszl9xDx+T/3gj6Vsv7y2OMSNwzcq
bpcJApQAVfm+qDBKEP+s0OIfeRISXM2RXPS8t7fyPut7wypp2fUI+Xrin8Aag+eC
Lc27y2OFWdxSXRZVv9hnEQiUc6BNQFtHYCUQ3PfRfvhGxObUl6hz
-----END RSA PRIVATE KEY-----
";
    const RSA_PUBLIC: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCt3E3LwVAAZSNEWGPrIxBKc9q2BDo63g/h8/triysV9OE1MXkxdOplCldnmV6PG55gnpcJQL5gJSvXrDngcUav9niTDu66QkFdpFff07ZUL0mgZgTuHPuJCXMr/2L9rIftEiCN7q00m+W5J2IIiJYMZSJqvF/9/OFMNIQKJy8IifYGsgJyw1hV3P3fqgUg2MYdz+2IVCNFx7bi3IX78GhWFMeXCWVY5yg4jld9v3ZMr6D83W17L3R0qIAGW9t/T1wxEhIOU02Ew9rfdZ0pcYSqW447gfm0x21GjoIdyT8+4IySTFmv2JGF0vBo57SVOB7oF+Ra+xO/cPJNvfY69bs5";

    fn check(key: &str, passphrase: Option<&str>, expected: Option<&str>) {
        let passphrase = passphrase.map(Secret::new);
        let line = public_key_of(&Secret::new(key), passphrase.as_ref());
        let words: Option<String> =
            line.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
        assert_eq!(words.as_deref(), expected, "{key}");
    }

    #[test]
    fn keys_are_read_in_every_form_that_people_have() {
        for (key, public) in [(ED25519, ED25519_PUBLIC), (ECDSA, ECDSA_PUBLIC), (RSA_PEM, RSA_PUBLIC)] {
            check(key, None, Some(public));
            check(&STANDARD.encode(key), None, Some(public));
            check(&key.replace('\n', "\r\n  "), None, Some(public));
        }
        check(LOCKED, Some("open sesame"), Some(LOCKED_PUBLIC));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        check(LOCKED, Some("open barley"), None);
        check(LOCKED, None, None);
        check("", None, None);
        check("-----BEGIN OPENSSH PRIVATE KEY-----", None, None);
        check(&RSA_PEM.replace("MII", "AII"), None, None);
        check(ED25519_PUBLIC, None, None);
    }
}
