//! The secure token that a customer's page puts into a campaign's address: who is about to take part, and what the
//! form shall be filled in with.
//!
//! It is a JSON Web Signature in its compact form, signed with the key that the account shares with the customer
//! (HS256). The platform takes key pairs, key sets and encrypted tokens, too, and more claims; they are not here.

use crate::campaign::Campaign;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::{Instant, text};
use standin_ports::Secret;
use std::collections::BTreeMap;

/// The parameter of the address.
pub(crate) const PARAMETER: &str = "token";

/// The longest token.
const LONGEST: usize = 8_192;

/// The shortest key, in bytes: what the algorithm asks for.
const SHORTEST_KEY: usize = 32;

/// Why a token brings nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// The account has no key, or this is no token.
    Malformed,
    /// It is signed with something else than HS256.
    Algorithm,
    Signature,
    /// `sub` or `campaignId` is missing.
    Claims,
    /// It is for another campaign.
    Campaign,
    Expired,
    NotYet,
}

/// What a world may say about it.
pub(crate) const SHAPE: Shape = &[Part::Plain(&["key"])];

/// Reads the account's key.
pub(crate) fn read_key(section: &Section<'_>) -> Result<Secret, SeedError> {
    section.shaped(SHAPE)?;
    let key = section.need("key")?;
    match key.text()? {
        text if text.len() < SHORTEST_KEY => {
            Err(key.wrong(format!("a key has at least {SHORTEST_KEY} bytes")))
        }
        text => Ok(Secret::new(text)),
    }
}

/// What the token brings for the campaign's form: values by variable, `1` and `0` by the opt-in's control.
pub(crate) fn read(
    key: Option<&Secret>,
    token: &str,
    campaign: &Campaign,
    now: Instant,
) -> Result<BTreeMap<String, String>, Refused> {
    let claims = verified(key.ok_or(Refused::Malformed)?, token)?;
    let text_of = |name: &str| claims[name].as_str().filter(|text| !text.is_empty()).ok_or(Refused::Claims);
    text_of("sub")?;
    if text_of("campaignId")? != campaign.id.to_string() {
        return Err(Refused::Campaign);
    }
    let second = |name: &str| match &claims[name] {
        Value::Null => Ok(None),
        value => value.as_i64().map(Some).ok_or(Refused::Malformed),
    };
    if second("exp")?.is_some_and(|end| end <= now.seconds()) {
        return Err(Refused::Expired);
    }
    if second("nbf")?.is_some_and(|start| now.seconds() < start) {
        return Err(Refused::NotYet);
    }
    let fields = campaign.fields.iter().filter_map(|field| {
        let value = claims["form"][&field.variable].as_str()?;
        (value.chars().count() <= text::LIMIT).then(|| (field.variable.clone(), value.to_owned()))
    });
    let optins = campaign.optins.iter().filter_map(|optin| {
        let value = claims["optin"][&optin.variable].as_str().filter(|value| ["0", "1"].contains(value))?;
        Some((optin.name(), value.to_owned()))
    });
    Ok(fields.chain(optins).collect())
}

fn verified(key: &Secret, token: &str) -> Result<Value, Refused> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err(Refused::Malformed) };
    if token.len() > LONGEST {
        return Err(Refused::Malformed);
    }
    let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed);
    let json = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).map_err(|_| Refused::Malformed);
    if json(header)?["alg"] != "HS256" {
        return Err(Refused::Algorithm);
    }
    let mac = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes()).map_err(|_| Refused::Malformed)?;
    let mac = mac.chain_update(header).chain_update(".").chain_update(claims);
    mac.verify_slice(&bytes(signature)?).map_err(|_| Refused::Signature)?;
    json(claims)
}
