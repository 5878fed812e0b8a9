//! The second factor: providers, assertions, and the codes between them.
//!
//! A login that needs one ends in 403101 (show it) or 403102 (set one up) with a regToken. `initTFA` gives an
//! assertion for one provider, the provider's own methods turn it into a second assertion, and `finalizeTFA`
//! takes both; then finalizeRegistration lets the person in.

pub(crate) mod backup_codes;
pub(crate) mod codes;
pub(crate) mod finalize;
pub(crate) mod get_providers;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod reset;
pub(crate) mod totp;

use crate::account::Account;
use crate::accounts::session::{pending, uid_of};
use crate::call::Call;
use crate::envelope::Refusal;
use crate::gigya::{Gigya, RegToken};
use crate::rare::{Forced, SecondFactors};
use crate::tickets::{Purpose, Ticket};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long an assertion is good for.
pub(crate) const ASSERTION_LASTS: Duration = Duration::from_secs(300);
/// How many contacts of a kind, devices and former codes an account keeps.
pub(crate) const MOST_KEPT: usize = 20;

/// A kind of second factor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Provider {
    Phone,
    Email,
    Totp,
}

impl Provider {
    pub(crate) const ALL: [Self; 3] = [Self::Phone, Self::Email, Self::Totp];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Phone => "gigyaPhone",
            Self::Email => "gigyaEmail",
            Self::Totp => "gigyaTotp",
        }
    }

    /// The provider of a name, if the site has it.
    pub(crate) fn of(call: &Call, name: &str) -> Result<Self, Refusal> {
        let known = Self::ALL.into_iter().find(|it| it.word().eq_ignore_ascii_case(name));
        let known = known.filter(|it| it.is_enabled(call));
        known.ok_or_else(|| {
            Refusal::because(400_006, format!("provider is not enabled: {}", crate::params::brief(name)))
        })
    }

    /// Whether the policy names it; without the policy every provider is there.
    pub(crate) fn is_enabled(self, call: &Call) -> bool {
        let Some(list) = call.site.policies.get("twoFactorAuth").and_then(|it| it.get("providers")) else {
            return true;
        };
        let is_it =
            |entry: &&Value| entry["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(self.word()));
        let entry = list.as_array().into_iter().flatten().find(is_it);
        entry.is_some_and(|entry| entry["enabled"].as_bool() != Some(false))
    }

    /// Whether the account has it set up.
    pub(crate) fn is_active(self, factors: &SecondFactors) -> bool {
        match self {
            Self::Phone => !factors.phones.is_empty(),
            Self::Email => !factors.emails.is_empty(),
            Self::Totp => factors.totp.is_some(),
        }
    }
}

/// Whether a provider is being set up or shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Mode {
    Register,
    Verify,
}

/// Refuses a login that lacks its second factor.
pub(crate) fn second_factor(
    gigya: &mut Gigya,
    call: &Call,
    account: &Account,
    open: RegToken,
) -> Result<(), Refusal> {
    let Some(factors) = account.rare.as_deref().map(|rare| &rare.second) else { return Ok(()) };
    let known_device = device(call).is_some_and(|id| factors.devices.iter().any(|it| it == id));
    if open.second_factor || factors.forced == Some(Forced::Off) || known_device {
        return Ok(());
    }
    let active = Provider::ALL.into_iter().any(|it| it.is_active(factors) && it.is_enabled(call));
    match (active, factors.forced) {
        (true, _) => Err(pending(gigya, call, open, 403_101, "Account Pending TFA Verification")),
        (false, Some(Forced::On)) => {
            Err(pending(gigya, call, open, 403_102, "Account Pending TFA Registration"))
        }
        _ => Ok(()),
    }
}

/// What the machine is known by that a call comes from: a browser's cookie, or what an app says.
pub(crate) fn device(call: &Call) -> Option<&str> {
    call.machine.id().or_else(|| call.params.get("gmid"))
}

/// Whose factors a call is about: behind a regToken, a session, or a server's UID.
pub(crate) fn person(gigya: &Gigya, call: &Call) -> Result<Arc<Account>, Refusal> {
    let uid = match call.params.get("regToken") {
        Some(token) => gigya.reg_token(call.now, &call.site.api_key, token)?.uid,
        None => Some(uid_of(call)?),
    };
    let uid = uid.ok_or_else(|| Refusal::new(403_005))?;
    gigya.account_of(&call.site.api_key, &uid)
}

/// An account's factors, which it may not have.
pub(crate) fn factors(account: &Account) -> SecondFactors {
    account.rare.as_deref().map(|rare| rare.second.clone()).unwrap_or_default()
}

/// The ticket behind `gigyaAssertion`, its provider and mode.
pub(crate) fn asserted(gigya: &Gigya, call: &Call) -> Result<(Ticket, Provider, Mode), Refusal> {
    let token = call.need("gigyaAssertion")?;
    let ticket = gigya.tickets.any(call.now, call.site.home(), token);
    match ticket.map(|ticket| (ticket, &ticket.purpose)) {
        Some((ticket, Purpose::Assertion(provider, mode))) => Ok((ticket.clone(), *provider, *mode)),
        _ => Err(Refusal::because(403_025, "Invalid gigyaAssertion")),
    }
}

/// The same, of one provider.
pub(crate) fn asserted_by(gigya: &Gigya, call: &Call, wanted: Provider) -> Result<(Ticket, Mode), Refusal> {
    match asserted(gigya, call)? {
        (ticket, provider, mode) if provider == wanted => Ok((ticket, mode)),
        _ => Err(Refusal::because(400_006, format!("gigyaAssertion is not one of {}", wanted.word()))),
    }
}

/// The second assertion: that the person has shown the factor.
pub(crate) fn proven(gigya: &mut Gigya, call: &Call, uid: &str, provider: Provider, shown: String) -> String {
    let token = format!("PA1_{}", gigya.ids.token(48));
    let ticket = Ticket {
        home: call.site.home().to_owned(),
        purpose: Purpose::Proven(provider),
        uid: uid.to_owned(),
        to: shown,
        code: None,
    };
    gigya.tickets.issue(call.now.plus(ASSERTION_LASTS), token.clone(), ticket);
    token
}

#[cfg(test)]
mod tests;
