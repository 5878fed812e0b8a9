//! `accounts.tfa.backupCodes.*`: codes on paper, each good once.

use crate::account::Account;
use crate::accounts::tfa::{asserted, factors, person, proven};
use crate::accounts::write::put;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use serde_json::json;
use standin_model::Evidence;

/// How many codes are made at a time.
const CODES: usize = 10;

pub(crate) const CREATE: Endpoint = Endpoint {
    name: "accounts.tfa.backupCodes.create",
    summary: "Makes new backup codes; the ones before are void.",
    evidence: Evidence::documented("accounts.tfa.backupCodes.create REST", "a_backup_code_is_good_once"),
    access: Access::Public,
    params: &["regToken"],
    server_params: &["UID"],
    run: create,
};

pub(crate) const GET: Endpoint = Endpoint {
    name: "accounts.tfa.backupCodes.get",
    summary: "Tells the backup codes that are left.",
    evidence: Evidence::documented("accounts.tfa.backupCodes.get REST", "a_backup_code_is_good_once"),
    access: Access::Private,
    params: &["UID"],
    server_params: &[],
    run: get,
};

pub(crate) const VERIFY: Endpoint = Endpoint {
    name: "accounts.tfa.backupCodes.verify",
    summary: "Takes a backup code in the place of the second factor.",
    evidence: Evidence::documented("accounts.tfa.backupCodes.verify REST", "a_backup_code_is_good_once"),
    access: Access::Public,
    params: &["gigyaAssertion", "code"],
    server_params: &[],
    run: verify,
};

fn create(gigya: &mut Gigya, call: &Call) -> Reply {
    if let Some(token) = call.params.get("regToken")
        && !gigya.reg_token(call.now, &call.site.api_key, token)?.second_factor
    {
        return Err(Refusal::because(403_101, "the second factor must be shown first"));
    }
    let mut account = Account::clone(&*person(gigya, call)?);
    let codes: Vec<String> = (0..CODES).map(|_| gigya.ids.digits(8)).collect();
    account.rare_mut().second.backup_codes = codes.clone();
    put(gigya, call, account);
    Ok(Object::from_iter([("codes".into(), json!(codes))]))
}

fn get(gigya: &mut Gigya, call: &Call) -> Reply {
    let account = person(gigya, call)?;
    Ok(Object::from_iter([("codes".into(), json!(factors(&account).backup_codes))]))
}

fn verify(gigya: &mut Gigya, call: &Call) -> Reply {
    let (ticket, provider, _) = asserted(gigya, call)?;
    let code = call.need("code")?;
    let mut account = Account::clone(&*gigya.account_of(&call.site.api_key, &ticket.uid)?);
    let codes = &mut account.rare_mut().second.backup_codes;
    let at = codes.iter().position(|kept| kept == code);
    let at = at.ok_or_else(|| Refusal::because(400_006, "Wrong verification code"))?;
    codes.remove(at);
    put(gigya, call, account);
    let assertion = proven(gigya, call, &ticket.uid, provider, String::new());
    Ok(Object::from_iter([("providerAssertion".into(), assertion.into())]))
}
