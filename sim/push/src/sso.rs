//! Who a participant is, and what the customer's site allows.

use crate::outbox::EXTRA_FIELDS;
use crate::prefill::prefill;
use crate::verdict::names_user_key;
use serde_json::Value;
use standin_clients::gigya::uid_signature::{self, Distrust};
use standin_clients::{GigyaAccess, GigyaClient, GigyaError, Proof};
use standin_model::{Email, Instant, Uid};
use standin_ports::{Http, Secret};
use std::sync::Arc;

/// A participant whom Gigya vouches for.
#[derive(Clone, PartialEq, Debug)]
pub struct Identified {
    /// The account.
    pub uid: String,
    /// The address in its profile, decoded; `None` where it has none.
    pub email: Option<String>,
    /// Whether the registration was completed; one that was not counts as not signed in.
    pub registered: bool,
    /// The profile, with the members that Gigya gives on request only.
    pub profile: Value,
    /// Values for the variables asked for.
    pub prefill: Vec<(String, String)>,
    /// `UidLength`, `UnusualEmail`: worth knowing, no reason to refuse.
    pub warnings: Vec<String>,
}

/// Why a participant is not identified.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum IdentifyError {
    /// Gigya gave no answer, or none for now.
    #[error("gigya gives no answer")]
    GigyaUnreachable {
        /// What went wrong.
        source: GigyaError,
    },
    /// Gigya does not take our keys, or we have none.
    #[error("gigya refuses the configured keys{}", code_of(.refusal.as_ref()))]
    CredentialsRejected {
        /// Its refusal; `None` where nothing was asked, since the keys cannot be right.
        refusal: Option<GigyaError>,
    },
    /// The signature does not prove the UID.
    #[error("the signature does not prove the UID")]
    InvalidSignature,
    /// The signature is too old, or from the future.
    #[error("the signature is too old or from the future")]
    StaleTimestamp,
    /// The account may not be used.
    #[error("the account is disabled")]
    AccountDisabled,
    /// There is no such account.
    #[error("there is no such account")]
    UnknownUser,
}

fn code_of(refusal: Option<&GigyaError>) -> String {
    match refusal {
        Some(GigyaError::Api { code, .. }) => format!(" with {code}"),
        _ => String::new(),
    }
}

/// Finds out who came back from the login, and what of the form is known.
///
/// The browser's word is worth nothing by itself: its signature is exchanged at Gigya for one with our own
/// key, and that one is checked here. Nothing is asked about a signature that is too old anyway.
pub async fn identify(
    http: Arc<dyn Http>,
    access: &GigyaAccess,
    now: Instant,
    uid: &str,
    uid_signature: &str,
    signature_timestamp: &str,
    variables: &[String],
) -> Result<Identified, IdentifyError> {
    let client = GigyaClient::new(http, access.clone(), "push")
        .with_nonce_prefix(format!("sso.{uid}.{signature_timestamp}"));
    let secret = secret_of(access).ok_or(IdentifyError::CredentialsRejected { refusal: None })?;
    let known_form: Result<Uid, _> = uid.parse();
    let Ok(known_form) = known_form else { return Err(IdentifyError::InvalidSignature) };
    if !uid_signature::is_fresh(now, signature_timestamp) {
        return Err(IdentifyError::StaleTimestamp);
    }
    prove(&client, secret, now, uid, uid_signature, signature_timestamp).await?;
    let params = [
        ("UID", uid.to_owned()),
        ("include", "profile".to_owned()),
        ("extraProfileFields", EXTRA_FIELDS.to_owned()),
    ];
    let account = client.call(now, "accounts.getAccountInfo", &params).await.map_err(refused)?;
    if account.get("UID").and_then(Value::as_str) != Some(uid) {
        return Err(IdentifyError::UnknownUser);
    }
    if account.get("isActive").and_then(Value::as_bool) == Some(false) {
        return Err(IdentifyError::AccountDisabled);
    }
    Ok(identified(&known_form, &account, variables))
}

fn secret_of(access: &GigyaAccess) -> Option<&Secret> {
    match &access.proof {
        // A key pair signs calls, and no UIDs.
        Proof::None | Proof::PrivateKey { .. } => None,
        Proof::Secret { secret, .. } | Proof::Signature { secret, .. } => Some(secret),
    }
}

/// Has Gigya sign the UID with our own key, and checks that. The client adds the user key to the call.
async fn prove(
    client: &GigyaClient,
    secret: &Secret,
    now: Instant,
    uid: &str,
    uid_signature: &str,
    signature_timestamp: &str,
) -> Result<(), IdentifyError> {
    let params = [
        ("UID", uid.to_owned()),
        ("UIDSignature", uid_signature.to_owned()),
        ("signatureTimestamp", signature_timestamp.to_owned()),
    ];
    let ours = client.call(now, "accounts.exchangeUIDSignature", &params).await.map_err(refused)?;
    let text = |name: &str| match ours.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    if text("UID") != uid {
        return Err(IdentifyError::InvalidSignature);
    }
    match uid_signature::verify(secret, now, uid, &text("UIDSignature"), &text("signatureTimestamp")) {
        Ok(()) => Ok(()),
        Err(Distrust::Forged) => Err(IdentifyError::InvalidSignature),
        Err(Distrust::Stale) => Err(IdentifyError::StaleTimestamp),
        Err(Distrust::BadSecret(_)) => Err(IdentifyError::CredentialsRejected { refusal: None }),
    }
}

/// What a failed call means for a participant.
fn refused(error: GigyaError) -> IdentifyError {
    let (code, about_key) = match &error {
        GigyaError::Api { code, details, .. } => (*code, names_user_key(details)),
        GigyaError::Unsigned { .. } => return IdentifyError::CredentialsRejected { refusal: Some(error) },
        _ => return IdentifyError::GigyaUnreachable { source: error },
    };
    match code {
        400_128 => IdentifyError::StaleTimestamp,
        // With a signed request the same code could mean our own signature; the participant is let in by
        // neither.
        403_003 | 400_004 | 400_006 => IdentifyError::InvalidSignature,
        403_041 => IdentifyError::AccountDisabled,
        403_005 | 403_047 if !about_key => IdentifyError::UnknownUser,
        500_000..=599_999 | 403_048 | 409_030 => IdentifyError::GigyaUnreachable { source: error },
        _ => IdentifyError::CredentialsRejected { refusal: Some(error) },
    }
}

fn identified(uid: &Uid, account: &Value, variables: &[String]) -> Identified {
    let profile = account.get("profile").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let email = profile.get("email").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let email = email.map(|text| crate::entities::decode_once(text).into_owned());
    let mut warnings = Vec::new();
    if !uid.has_usual_length() {
        warnings.push("UidLength".to_owned());
    }
    if email.as_ref().is_some_and(|email| email.parse::<Email>().is_err()) {
        warnings.push("UnusualEmail".to_owned());
    }
    Identified {
        uid: uid.to_string(),
        email,
        registered: account.get("isRegistered").and_then(Value::as_bool) == Some(true),
        prefill: prefill(&profile, variables),
        profile,
        warnings,
    }
}

/// What the customer's Gigya site allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteConfig {
    /// The name below the customer's domain under which browsers call Gigya.
    pub custom_api_domain_prefix: Option<String>,
    /// Pages that may call, `*.brand.example/*`.
    pub trusted_site_urls: Vec<String>,
    /// The domain that the site is named after.
    pub base_domain: Option<String>,
    /// The data centre that it lives in.
    pub data_center: Option<String>,
}

/// Why nothing is known of a site.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("cannot read the site's configuration")]
pub struct SiteConfigError {
    /// What went wrong.
    #[from]
    pub source: GigyaError,
}

/// Asks Gigya what the site allows.
pub async fn site_config(
    http: Arc<dyn Http>,
    access: &GigyaAccess,
    now: Instant,
) -> Result<SiteConfig, SiteConfigError> {
    let client = GigyaClient::new(http, access.clone(), "operator").with_nonce_prefix("site-config");
    let params = [("includeGigyaSettings", "true".to_owned())];
    let body = client.call(now, "admin.getSiteConfig", &params).await?;
    let text = |path: &str| {
        let text = body.pointer(path).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let trusted = body.get("trustedSiteURLs").and_then(Value::as_array).into_iter().flatten();
    Ok(SiteConfig {
        custom_api_domain_prefix: text("/customAPIDomainPrefix")
            .or_else(|| text("/gigyaSettings/customAPIDomainPrefix")),
        trusted_site_urls: trusted.filter_map(Value::as_str).map(str::to_owned).collect(),
        base_domain: text("/baseDomain"),
        data_center: text("/dataCenter"),
    })
}

#[cfg(test)]
mod tests;
