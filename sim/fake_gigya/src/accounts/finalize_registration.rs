//! `accounts.finalizeRegistration`.

use crate::account::Account;
use crate::accounts::session::{logged_in, missing_fields, pending};
use crate::accounts::write::store;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.finalizeRegistration",
    summary: "Completes a pending registration and logs the person in.",
    evidence: Evidence::documented("accounts.finalizeRegistration REST", "registration"),
    access: Access::Public,
    params: &[
        "regToken",
        "include",
        "extraProfileFields",
        "includeCommunications",
        "allowAccountsLinking",
        "sessionExpiration",
    ],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let token = call.need("regToken")?.to_owned();
    let open = gigya.reg_token(call.now, &call.site.api_key, &token)?;
    let uid =
        open.uid.ok_or_else(|| Refusal::because(403_025, "nothing is registered with this regToken yet"))?;
    let account = gigya.account_of(&call.site.api_key, &uid)?;
    let done = complete(gigya, call, &account, &["profile", "data"])?;
    gigya.reg_tokens.remove(&token);
    Ok(done)
}

/// Finalises the registration unless something is still missing, and logs the person in.
pub(crate) fn complete(gigya: &mut Gigya, call: &Call, before: &Account, default: &[&str]) -> Reply {
    let mut account = before.clone();
    let missing = missing_fields(call, &account);
    if !missing.is_empty() {
        let details = format!("Missing required fields for registration: {}", missing.join(", "));
        return Err(pending(gigya, call, &account.uid, 206_001, details));
    }
    let new_user = !account.is_registered;
    account.is_registered = true;
    account.registered.get_or_insert(call.now);
    if must_verify(call, &account) {
        store(gigya, call, account.clone(), Some(before));
        return Err(pending(gigya, call, &account.uid, 206_002, "Account Pending Verification".into()));
    }
    account.last_login = Some(call.now);
    store(gigya, call, account.clone(), Some(before));
    let shown = gigya.account_of(&call.site.api_key, &account.uid)?;
    let mut out = logged_in(gigya, call, &shown, default)?;
    if new_user {
        out.insert("newUser".into(), true.into());
    }
    Ok(out)
}

/// Whether the site's policy lets nobody in with an address that was not verified.
pub(crate) fn must_verify(call: &Call, account: &Account) -> bool {
    call.site.policy_on("accountOptions", "verifyEmail")
        && !account.is_verified
        && !call.site.policy_on("accountOptions", "allowUnverifiedLogin")
}
