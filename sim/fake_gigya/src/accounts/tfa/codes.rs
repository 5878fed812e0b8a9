//! `accounts.tfa.phone.*` and `accounts.tfa.email.*`: codes that are sent.

use crate::account::Account;
use crate::accounts::gate::mail_language;
use crate::accounts::set_account_info::is_e164;
use crate::accounts::tfa::{Mode, Provider, asserted_by, factors, proven};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::outbox::Message;
use crate::rare::Contact;
use crate::tickets::{Purpose, Ticket};
use serde_json::{Value, json};
use sha2::Digest as _;
use standin_model::Evidence;
use std::time::Duration;

const fn endpoint(
    name: &'static str,
    summary: &'static str,
    test: &'static str,
    params: &'static [&'static str],
    run: fn(&mut Gigya, &Call) -> Reply,
) -> Endpoint {
    let evidence = Evidence::documented("accounts.tfa REST pages", test);
    Endpoint { name, summary, evidence, access: Access::Public, params, server_params: &[], run }
}

pub(crate) const PHONES: Endpoint = endpoint(
    "accounts.tfa.phone.getRegisteredPhoneNumbers",
    "Tells the phones that take codes, not in full.",
    "a_phone_is_the_second_factor",
    &["gigyaAssertion"],
    |gigya, call| contacts(gigya, call, Provider::Phone, "phones"),
);

pub(crate) const EMAILS: Endpoint = endpoint(
    "accounts.tfa.email.getEmails",
    "Tells the addresses that may take codes, not in full.",
    "an_address_is_the_second_factor",
    &["gigyaAssertion"],
    |gigya, call| contacts(gigya, call, Provider::Email, "emails"),
);

pub(crate) const SEND_TO_PHONE: Endpoint = endpoint(
    "accounts.tfa.phone.sendVerificationCode",
    "Sends a code to a phone that is being set up or shown.",
    "a_phone_is_the_second_factor",
    &["gigyaAssertion", "phone", "phoneID", "method"],
    |gigya, call| send(gigya, call, Provider::Phone),
);

pub(crate) const SEND_TO_EMAIL: Endpoint = endpoint(
    "accounts.tfa.email.sendVerificationCode",
    "Sends a code to an address that is being set up or shown.",
    "an_address_is_the_second_factor",
    &["gigyaAssertion", "emailID"],
    |gigya, call| send(gigya, call, Provider::Email),
);

pub(crate) const PHONE_DONE: Endpoint = endpoint(
    "accounts.tfa.phone.completeVerification",
    "Takes the code that a phone got, and gives the second assertion.",
    "a_phone_is_the_second_factor",
    &["gigyaAssertion", "phvToken", "code"],
    |gigya, call| complete(gigya, call, Provider::Phone),
);

pub(crate) const EMAIL_DONE: Endpoint = endpoint(
    "accounts.tfa.email.completeVerification",
    "Takes the code that an address got, and gives the second assertion.",
    "an_address_is_the_second_factor",
    &["gigyaAssertion", "phvToken", "code"],
    |gigya, call| complete(gigya, call, Provider::Email),
);

/// How long a code is good for.
const CODE_LASTS: Duration = Duration::from_secs(600);

/// The name of a contact that is not told in full.
pub(crate) fn contact_id(to: &str) -> String {
    sha2::Sha256::digest(to.to_lowercase()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The first two characters and the end of a number or address.
fn obfuscated(to: &str) -> String {
    let (local, domain) = to.split_once('@').map_or((to, ""), |(local, _)| (local, &to[local.len()..]));
    let chars: Vec<char> = local.chars().collect();
    let hide = |(at, c): (usize, &char)| {
        if at < 2 || (domain.is_empty() && at + 2 >= chars.len()) { *c } else { '*' }
    };
    let shown: String = chars.iter().enumerate().map(hide).collect();
    format!("{shown}{domain}")
}

/// Contacts that may be used: those that are set up, and while an address is set up, the verified ones.
fn usable(account: &Account, provider: Provider, mode: Mode) -> Vec<Contact> {
    let factors = factors(account);
    match (provider, mode) {
        (Provider::Phone, _) => factors.phones,
        (_, Mode::Verify) => factors.emails,
        (_, Mode::Register) => {
            let contact =
                |to: &String| Contact { id: contact_id(to), to: to.clone(), since: account.created };
            account.verified_emails.iter().map(contact).collect()
        }
    }
}

fn contacts(gigya: &mut Gigya, call: &Call, provider: Provider, name: &str) -> Reply {
    let (ticket, mode) = asserted_by(gigya, call, provider)?;
    let account = gigya.account_of(&call.site.api_key, &ticket.uid)?;
    let told = usable(&account, provider, mode).into_iter();
    let told: Value = told
        .map(|it| json!({"id": it.id, "obfuscated": obfuscated(&it.to), "lastVerification": it.since.to_string()}))
        .collect();
    Ok(Object::from_iter([(name.into(), told)]))
}

fn send(gigya: &mut Gigya, call: &Call, provider: Provider) -> Reply {
    let (ticket, mode) = asserted_by(gigya, call, provider)?;
    let account = gigya.account_of(&call.site.api_key, &ticket.uid)?;
    let to = match (provider, mode) {
        (Provider::Phone, Mode::Register) => {
            let number = call.need("phone")?;
            let plain: String = number.chars().filter(|c| !" -()".contains(*c)).collect();
            if !is_e164(&plain) {
                return Err(Refusal::because(400_006, "phone is not in E.164 form"));
            }
            plain
        }
        (Provider::Phone, Mode::Verify) => known(call, &usable(&account, provider, mode), "phoneID")?,
        _ => known(call, &usable(&account, provider, mode), "emailID")?,
    };
    let code = gigya.ids.digits(6);
    let token = format!("PV1_{}", gigya.ids.token(48));
    let lang = mail_language(call, &account);
    let message = match provider {
        Provider::Phone => Message::sms("tfaPhone", &to, &lang),
        _ => Message::email("tfaEmail", &to, &lang),
    };
    gigya.outbox.send(call.now, &call.site.api_key, message.about(&account.uid).with_code(&code));
    let sent = Ticket { purpose: Purpose::CodeSent(provider), to, code: Some(code), ..ticket };
    gigya.tickets.issue(call.now.plus(CODE_LASTS), token.clone(), sent);
    Ok(Object::from_iter([("phvToken".into(), token.into())]))
}

fn known(call: &Call, contacts: &[Contact], name: &str) -> Result<String, Refusal> {
    let id = call.need(name)?;
    let found = contacts.iter().find(|it| it.id == id).map(|it| it.to.clone());
    found.ok_or_else(|| Refusal::because(400_006, format!("{name} is not known")))
}

fn complete(gigya: &mut Gigya, call: &Call, provider: Provider) -> Reply {
    let (ticket, _) = asserted_by(gigya, call, provider)?;
    let (token, code) = (call.need("phvToken")?, call.need("code")?);
    let sent = gigya.tickets.redeem(call.now, call.site.home(), &Purpose::CodeSent(provider), token, code)?;
    if sent.uid != ticket.uid {
        return Err(Refusal::because(403_025, "phvToken is somebody else's"));
    }
    let assertion = proven(gigya, call, &ticket.uid, provider, sent.to);
    Ok(Object::from_iter([("providerAssertion".into(), assertion.into())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_not_told_in_full() {
        for (to, expected) in [
            ("+32470112233", "+3********33"),
            ("annie@example.org", "an***@example.org"),
            ("a@b.org", "a@b.org"),
        ] {
            assert_eq!(obfuscated(to), expected);
        }
    }
}
