//! What stands between a known person and a session.

use crate::account::Account;
use crate::accounts::lite::progress;
use crate::accounts::session::{logged_in, missing_fields, pending};
use crate::accounts::tfa::second_factor;
use crate::accounts::write::{put, store};
use crate::call::Call;
use crate::envelope::{Refusal, Reply};
use crate::events::Event;
use crate::gigya::{Gigya, RegToken};
use crate::outbox::Message;
use crate::packed::Packet;
use serde_json::json;
use standin_model::Instant;
use std::time::Duration;

/// Refuses accounts that may not log in yet, or no more.
pub(crate) fn may_log_in(
    gigya: &mut Gigya,
    call: &Call,
    account: &Account,
    open: RegToken,
) -> Result<(), Refusal> {
    if !account.is_active {
        return Err(Refusal::new(403_041));
    }
    if account.must_change_password || password_is_too_old(gigya, call, account) {
        return Err(pending(gigya, call, open, 403_100, "Pending Password Change"));
    }
    let missing = missing_fields(call, account);
    if !account.is_registered || !missing.is_empty() {
        return Err(pending(gigya, call, open, 206_001, &incomplete(&missing)));
    }
    if must_verify(call, account) {
        return Err(unverified(gigya, call, account, open));
    }
    second_factor(gigya, call, account, open)
}

/// What is missing of a registration, in the words of 206001.
pub(crate) fn incomplete(missing: &[String]) -> String {
    match missing.is_empty() {
        true => "Registration was not finalized".to_owned(),
        false => format!("Missing required fields for registration: {}", missing.join(", ")),
    }
}

/// Whether the site's policy lets nobody in with an address that was not verified.
pub(crate) fn must_verify(call: &Call, account: &Account) -> bool {
    call.site.policy_on("accountOptions", "verifyEmail")
        && !account.is_verified
        && !call.site.policy_on("accountOptions", "allowUnverifiedLogin")
}

/// 206002, or 206006 where the site verifies by codes, with the addresses that wait.
fn unverified(gigya: &mut Gigya, call: &Call, account: &Account, open: RegToken) -> Refusal {
    let (code, details) = match call.site.policy_on("accountOptions", "useCodeVerification") {
        true => (206_006, "Account Pending Code Verification"),
        false => (206_002, "Account Pending Verification"),
    };
    let mut refusal = pending(gigya, call, open, code, details);
    refusal.body.insert("unverifiedEmails".into(), json!(account.unverified_emails));
    refusal
}

fn password_is_too_old(gigya: &Gigya, call: &Call, account: &Account) -> bool {
    let interval = call.site.policy_number("security", &["passwordChangeInterval"], 0);
    let unit = if gigya.knobs.text("gigya.password_change_unit") == "seconds" { 1 } else { 24 * 3600 };
    let lasts = Duration::from_secs(interval.saturating_mul(unit).min(100 * 365 * 24 * 3600));
    let is_old = |made: Instant| made.plus(lasts) <= call.now;
    interval > 0 && account.password.as_ref().is_some_and(|password| is_old(password.created))
}

/// Lets a person in: the account moves its last login, and the answer has a session.
pub(crate) fn enter(
    gigya: &mut Gigya,
    call: &Call,
    mut account: Account,
    provider: Option<&str>,
    default: &[&'static str],
) -> Reply {
    account.last_login = Some(call.now);
    account.unlock();
    if account.rare.is_some() || provider.is_some() {
        account.rare_mut().login_provider = provider.map(str::to_owned);
        account.shrink();
    }
    put(gigya, call, account.clone());
    gigya.happened(call, &account.uid, Event::LoggedIn);
    logged_in(gigya, call, &account, default)
}

/// Finalises the registration unless something is still missing, and logs the person in.
pub(crate) fn complete(
    gigya: &mut Gigya,
    call: &Call,
    before: &Account,
    open: RegToken,
    default: &[&'static str],
) -> Reply {
    let missing = missing_fields(call, before);
    if !missing.is_empty() {
        return Err(pending(gigya, call, open, 206_001, &incomplete(&missing)));
    }
    let mut account = before.clone();
    let new_user = !account.is_registered;
    if new_user {
        account.is_registered = true;
        account.registered.get_or_insert(call.now);
        account.last_updated = call.now;
        put(gigya, call, account.clone());
        gigya.happened(call, &account.uid, Event::Registered);
        progress(gigya, call, &mut account);
        welcome(gigya, call, &account);
    }
    may_log_in(gigya, call, &account, open)?;
    let provider = account.rare.as_deref().and_then(|rare| rare.login_provider.clone());
    let mut out = enter(gigya, call, account, provider.as_deref(), default)?;
    if new_user {
        out.insert("newUser".into(), true.into());
    }
    Ok(out)
}

/// The mails that a finished registration brings: a verification where the site wants one, else a welcome.
fn welcome(gigya: &mut Gigya, call: &Call, account: &Account) {
    let Some(email) = account.email() else { return };
    if call.site.policy_on("accountOptions", "verifyEmail") && !account.is_verified {
        if !call.site.policy_on("accountOptions", "useCodeVerification") {
            crate::accounts::resend_verification_code::send(gigya, call, account, email);
        }
    } else if call.site.policy_on("accountOptions", "sendWelcomeEmail") {
        let lang = mail_language(call, account);
        let mail = Message::email("welcome", email, &lang).about(&account.uid);
        gigya.outbox.send(call.now, &call.site.api_key, mail);
    }
}

/// The language of a mail: the call's, the person's, or the site's.
pub(crate) fn mail_language(call: &Call, account: &Account) -> String {
    let locale = account.profile.get("locale").and_then(Packet::as_str);
    let own = call.params.get("lang").or(account.lang.as_deref()).or(locale);
    let default = call.site.policy_text("accountOptions", &["defaultLanguage"]);
    own.or(default).unwrap_or("en").to_owned()
}

/// Stores an account whose addresses were just verified, and finishes what waited for it.
pub(crate) fn verified(gigya: &mut Gigya, call: &Call, before: &Account, email: &str) -> Account {
    let mut account = before.clone();
    account.add_email(email, true);
    account.is_verified = true;
    account.verified.get_or_insert(call.now);
    store(gigya, call, account.clone(), Some(before));
    account
}
