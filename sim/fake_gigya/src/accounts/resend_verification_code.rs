//! `accounts.resendVerificationCode`.

use crate::account::Account;
use crate::accounts::gate::mail_language;
use crate::accounts::session::uid_of;
use crate::accounts::write::store;
use crate::call::{Call, api_domain};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::outbox::Message;
use crate::tickets::{Purpose, Ticket};
use standin_model::Evidence;
use std::time::Duration;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.resendVerificationCode",
    summary: "Sends the link that verifies an address; an address that is new is added.",
    evidence: Evidence::documented("accounts.resendVerificationCode REST", "a_link_verifies_an_address"),
    access: Access::Public,
    params: &["regToken", "email"],
    server_params: &["UID"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = match call.params.get("regToken") {
        Some(token) => gigya.reg_token(call.now, &call.site.api_key, token)?.uid,
        None => Some(uid_of(call)?),
    };
    let uid = uid.ok_or_else(|| Refusal::new(403_005))?;
    let before = gigya.account_of(&call.site.api_key, &uid)?;
    let email = call.params.get("email").or(before.unverified_emails.first().map(String::as_str));
    let email = email.or(before.email()).ok_or_else(|| Refusal::missing(call.method, "email"))?.to_owned();
    if !crate::email::is_valid(&email) {
        return Err(Refusal::because(400_006, "email is not a valid address"));
    }
    let mut account = Account::clone(&before);
    account.add_email(&email, false);
    send(gigya, call, &account, &email);
    store(gigya, call, account, Some(&before));
    Ok(Object::new())
}

/// Sends the link that verifies `email`; the one before is void.
pub(crate) fn send(gigya: &mut Gigya, call: &Call, account: &Account, email: &str) {
    let token = format!("VT1_{}", gigya.ids.token(48));
    let seconds = call.site.policy_number("emailVerification", &["verificationEmailExpiration"], 86_400);
    let ends = call.now.plus(Duration::from_secs(seconds.min(365 * 24 * 3600)));
    let domain = api_domain(&call.site.data_center);
    let key = &call.site.api_key;
    let link = format!("https://accounts.{domain}/accounts.verifyEmail?apiKey={key}&code={token}");
    let lang = mail_language(call, account);
    let ticket = Ticket {
        home: call.site.home().to_owned(),
        purpose: Purpose::VerifyEmail,
        uid: account.uid.clone(),
        to: email.to_owned(),
        code: None,
    };
    let mail = Message::email("emailVerification", email, &lang).about(&account.uid);
    gigya.tickets.issue(ends, token.clone(), ticket);
    gigya.outbox.send(call.now, key, mail.with_link(link).with_code(&token));
}
