//! A certificate authority of this machine's own: it vouches for whatever name the fakes answer to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many certificates are kept; another one is made again when it is asked for.
const KEPT: usize = 1_000;

/// The authority could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the local certificate authority cannot be made")]
pub struct AuthorityError(#[from] rcgen::Error);

/// The authority and the certificates that it has given out, all for one key.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
    given: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// A new one, with keys that nobody else has.
    pub fn new() -> Result<Self, AuthorityError> {
        Self::of(KeyPair::generate()?, None)
    }

    /// One that was kept: its key, and the certificate that others trust already.
    pub fn kept(key: &str, certificate: String) -> Result<Self, AuthorityError> {
        Self::of(KeyPair::from_pem(key)?, Some(certificate))
    }

    fn of(own: KeyPair, certificate: Option<String>) -> Result<Self, AuthorityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named("standin local authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        dated(&mut params);
        let certificate = match certificate {
            Some(kept) => kept,
            None => params.self_signed(&own)?.pem(),
        };
        let issuer = Issuer::new(params, own);
        Ok(Self { certificate, issuer, key: KeyPair::generate()?, given: Mutex::default() })
    }

    /// Its secret key as PEM, for whoever keeps it.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// The authority's own certificate as PEM, for those who shall trust it.
    pub fn pem(&self) -> &str {
        &self.certificate
    }

    /// The hash by which Chromium can be told to trust every certificate given out here, and no other.
    pub fn key_hash(&self) -> String {
        let hash = ::ring::digest::digest(&::ring::digest::SHA256, &self.key.subject_public_key_info());
        STANDARD.encode(hash)
    }

    /// TLS as a server that shows, to each client, a certificate for the name that it asks for.
    pub fn server(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
        let mut config = builder.with_cert_resolver(Arc::new(ByName(Arc::clone(self))));
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"http/1.0".to_vec()];
        Ok(config)
    }

    /// The certificate for a name.
    fn certified(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = given.get(name) {
            return Some(Arc::clone(known));
        }
        let made = Arc::new(self.make(name)?);
        if given.len() >= KEPT {
            given.pop_first();
        }
        given.insert(name.to_owned(), Arc::clone(&made));
        Some(made)
    }

    fn make(&self, name: &str) -> Option<CertifiedKey> {
        let mut params = CertificateParams::new([name.to_owned()]).ok()?;
        params.distinguished_name = named("standin");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        dated(&mut params);
        let certificate: CertificateDer<'static> = params.signed_by(&self.key, &self.issuer).ok()?.into();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let key = ring::sign::any_supported_type(&key).ok()?;
        Some(CertifiedKey::new(vec![certificate], key))
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// Valid whatever the machine's clock says: nobody trusts this authority but those who were told to.
fn dated(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
}

#[derive(Debug)]
struct ByName(Arc<Authority>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.certified(&hello.server_name()?.to_ascii_lowercase())
    }
}
