//! Whom a client trusts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// For clients that speak over plain sockets only: they trust no certificate, and looking for some would cost time.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, String> {
    config(RootCertStore::empty())
}

/// The certificate authorities of this machine, or those of the file that `SSL_CERT_FILE` names.
pub(crate) fn trusting_this_machines() -> Result<ClientConfig, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    match (added, found.errors.first()) {
        (0, Some(error)) => Err(format!("no certificate authority is known here: {error}")),
        // A machine without any can still speak to itself; a certificate will be refused.
        _ => config(roots),
    }
}

fn config(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The certificate authorities of this machine as PEM; none, if none are known.
pub fn authorities_of_this_machine() -> String {
    let found = rustls_native_certs::load_native_certs().certs;
    found.iter().map(|certificate| pem(certificate)).collect()
}

/// One certificate as PEM.
fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out + "-----END CERTIFICATE-----\n"
}
