//! `accounts.otp.*` and `accounts.auth.otp.email.sendCode`: codes in the place of a password.

use crate::account::{Account, phone_key};
use crate::accounts::gate::{complete, enter, may_log_in, verified};
use crate::accounts::login::SHOWN;
use crate::accounts::session::{pending, uid_of};
use crate::accounts::set_account_info::is_e164;
use crate::accounts::write::{held, store};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::{Gigya, RegToken};
use crate::outbox::Message;
use crate::tickets::{Purpose, Ticket};
use standin_model::Evidence;
use std::sync::Arc;
use std::time::Duration;

/// How long a code is good for.
const LASTS: Duration = Duration::from_secs(600);

pub(crate) const SEND: Endpoint = Endpoint {
    name: "accounts.otp.sendCode",
    summary: "Sends a code to a phone or address; a server gets the code as well.",
    evidence: Evidence::documented("accounts.otp.sendCode REST", "a_code_logs_in"),
    access: Access::Public,
    params: &["phoneNumber", "email", "regToken"],
    server_params: &[],
    run: send,
};

pub(crate) const SEND_EMAIL: Endpoint = Endpoint {
    name: "accounts.auth.otp.email.sendCode",
    summary: "Sends a code to an address; a server gets the code as well.",
    evidence: Evidence::documented("accounts.auth.otp.email.sendCode REST", "a_code_logs_in"),
    access: Access::Public,
    params: &["email", "regToken"],
    server_params: &[],
    run: send,
};

pub(crate) const LOGIN: Endpoint = Endpoint {
    name: "accounts.otp.login",
    summary: "Logs in with a code that was sent; a phone or address that nobody has begins a registration.",
    evidence: Evidence::documented("accounts.otp.login REST", "a_code_logs_in"),
    access: Access::Public,
    params: &[
        "vToken",
        "code",
        "regToken",
        "include",
        "extraProfileFields",
        "includeCommunications",
        "sessionExpiration",
    ],
    server_params: &[],
    run: login,
};

pub(crate) const UPDATE: Endpoint = Endpoint {
    name: "accounts.otp.update",
    summary: "Gives an account the phone or address whose code is shown, or verifies it.",
    evidence: Evidence::documented("accounts.otp.update REST", "a_code_verifies_an_address"),
    access: Access::Public,
    params: &["vToken", "code", "regToken"],
    server_params: &["UID"],
    run: update,
};

pub(crate) const DELETE: Endpoint = Endpoint {
    name: "accounts.otp.delete",
    summary: "Takes the phone from an account.",
    evidence: Evidence::inferred("accounts.otp.delete in the list of methods", "a_code_verifies_an_address"),
    access: Access::Public,
    params: &[],
    server_params: &["UID"],
    run: delete,
};

fn is_email(to: &str) -> bool {
    to.contains('@')
}

fn send(gigya: &mut Gigya, call: &Call) -> Reply {
    let to = match (call.params.get("phoneNumber"), call.params.get("email")) {
        (Some(number), None) if is_e164(number) => number,
        (Some(_), None) => return Err(Refusal::because(400_006, "phoneNumber is not in E.164 form")),
        (None, Some(email)) if crate::email::is_valid(email) => email,
        (None, Some(_)) => return Err(Refusal::because(400_006, "email is not a valid address")),
        (None, None) => return Err(Refusal::missing(call.method, "phoneNumber")),
        _ => return Err(Refusal::because(400_006, "phoneNumber and email exclude each other")),
    };
    let who = match call.params.get("regToken") {
        Some(token) => gigya.reg_token(call.now, &call.site.api_key, token)?.uid.unwrap_or_default(),
        None => String::new(),
    };
    let code = gigya.ids.digits(6);
    let token = format!("OT1_{}", gigya.ids.token(48));
    let lang = call.params.get("lang").unwrap_or("en");
    let message = match is_email(to) {
        true => Message::email("oneTimeCode", to, lang),
        false => Message::sms("oneTimeCode", to, lang),
    };
    gigya.outbox.send(call.now, &call.site.api_key, message.with_code(&code));
    let ticket = Ticket {
        home: call.site.home().to_owned(),
        purpose: Purpose::OneTimeCode,
        uid: who,
        to: to.to_owned(),
        code: Some(code.clone()),
    };
    gigya.tickets.issue(call.now.plus(LASTS), token.clone(), ticket);
    let mut out = Object::from_iter([("vToken".into(), token.into())]);
    if call.is_server() {
        out.insert("code".into(), code.into());
    }
    Ok(out)
}

fn redeem(gigya: &mut Gigya, call: &Call) -> Result<Ticket, Refusal> {
    let (token, code) = (call.need("vToken")?, call.need("code")?);
    gigya.tickets.redeem(call.now, call.site.home(), &Purpose::OneTimeCode, token, code)
}

/// Who has the phone or address.
fn whose(gigya: &Gigya, call: &Call, to: &str) -> Option<Arc<Account>> {
    let people = gigya.people_at(&call.site.api_key)?;
    let uid = if is_email(to) { people.owner(to) } else { people.holder(&phone_key(to)) };
    uid.and_then(|uid| people.get(uid)).cloned()
}

/// The account with the phone or the verified address that was shown to be the person's.
fn with(account: &Account, to: &str) -> Account {
    let mut account = account.clone();
    if !is_email(to) {
        account.phone_number = Some(to.to_owned());
    }
    account
}

fn login(gigya: &mut Gigya, call: &Call) -> Reply {
    let ticket = redeem(gigya, call)?;
    if let Some(account) = whose(gigya, call, &ticket.to) {
        let account = if is_email(&ticket.to) {
            verified(gigya, call, &account, &ticket.to)
        } else {
            Account::clone(&account)
        };
        may_log_in(gigya, call, &account, RegToken::of(call, &account.uid))?;
        return enter(gigya, call, account, None, SHOWN);
    }
    let mut account = with(&Account::new(gigya.ids.hex(32), call.now), &ticket.to);
    if is_email(&ticket.to) {
        account.profile.insert("email", ticket.to.as_str());
        account.add_login_email(&ticket.to);
        account.add_email(&ticket.to, true);
        account.verify(call.now);
    }
    store(gigya, call, account.clone(), None);
    complete(gigya, call, &account, RegToken::of(call, &account.uid), SHOWN)
}

fn update(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = match call.params.get("regToken") {
        Some(token) => gigya.reg_token(call.now, &call.site.api_key, token)?.uid,
        None => Some(uid_of(call)?),
    };
    let uid = uid.ok_or_else(|| Refusal::new(403_005))?;
    let before = gigya.account_of(&call.site.api_key, &uid)?;
    let ticket = redeem(gigya, call)?;
    let problem = match is_email(&ticket.to) {
        true => crate::accounts::write::taken(gigya, call, &before, &ticket.to, "email"),
        false => held(gigya, call, &before, &phone_key(&ticket.to), "phoneNumber"),
    };
    if let Some(problem) = problem {
        let Some(owner) = whose(gigya, call, &ticket.to).filter(|_| !before.is_registered) else {
            return Err(Refusal::invalid(vec![problem]));
        };
        let open = RegToken { conflict: Some(owner.uid.clone()), ..RegToken::of(call, &uid) };
        return Err(pending(gigya, call, open, 403_043, "Login identifier exists"));
    }
    match is_email(&ticket.to) {
        true => _ = verified(gigya, call, &before, &ticket.to),
        false => store(gigya, call, with(&before, &ticket.to), Some(&before)),
    }
    Ok(Object::new())
}

fn delete(gigya: &mut Gigya, call: &Call) -> Reply {
    let before = gigya.account_of(&call.site.api_key, &uid_of(call)?)?;
    let account = Account { phone_number: None, ..Account::clone(&before) };
    store(gigya, call, account, Some(&before));
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn a_code_logs_in() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "phoneNumber": "+32470112233", "profile": {"email": "ann@example.org"}},
        ]}));
        for (method, name, to, channel) in [
            ("accounts.otp.sendCode", "phoneNumber", "+32470112233", "sms"),
            ("accounts.otp.sendCode", "email", "ann@example.org", "email"),
            ("accounts.auth.otp.email.sendCode", "email", "ann@example.org", "email"),
        ] {
            let answer = bench.client(method, &[(name, to)]);
            assert!(answer.get("code").is_none(), "a browser reads the message");
            let message = bench.gigya.outbox().last().cloned().unwrap();
            assert_eq!((&message["to"], &message["channel"]), (&json!(to), &json!(channel)));
            let (token, code) = (answer["vToken"].as_str().unwrap(), message["code"].as_str().unwrap());
            let wrong = bench.client("accounts.otp.login", &[("vToken", token), ("code", "nonsense")]);
            assert_eq!(wrong["errorCode"], 400_006);
            let params = [("vToken", token), ("code", code)];
            let answer = bench.client("accounts.otp.login", &params);
            assert_eq!((&answer["errorCode"], &answer["UID"]), (&json!(0), &json!("ann")));
            assert_eq!(bench.client("accounts.otp.login", &params)["errorCode"], 403_025, "once only");
        }
        for (waited, expected) in [(599_999, 0), (600_000, 403_025)] {
            let sent = bench.call("accounts.otp.sendCode", &[("phoneNumber", "+32470112233")]);
            let (token, code) = (sent["vToken"].as_str().unwrap(), sent["code"].as_str().unwrap());
            bench.wait(waited);
            let params = [("vToken", token), ("code", code)];
            assert_eq!(bench.client("accounts.otp.login", &params)["errorCode"], expected);
        }
    }

    #[test]
    fn a_new_phone_begins_a_registration() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"profile_schema": {"fields": {"firstName": {"required": true}}}},
        ]}));
        let sent = bench.call("accounts.otp.sendCode", &[("phoneNumber", "+32470112233")]);
        let params = [("vToken", sent["vToken"].as_str().unwrap()), ("code", sent["code"].as_str().unwrap())];
        let answer = bench.client("accounts.otp.login", &params);
        assert_eq!(answer["errorCode"], 206_001);
        let token = answer["regToken"].as_str().unwrap();
        let params = [("regToken", token), ("profile", r#"{"firstName":"Ann"}"#)];
        assert_eq!(bench.client("accounts.setAccountInfo", &params)["errorCode"], 0);
        let answer = bench.client("accounts.finalizeRegistration", &[("regToken", token)]);
        assert_eq!(
            (&answer["errorCode"], &answer["newUser"], &answer["phoneNumber"]),
            (&json!(0), &json!(true), &json!("+32470112233"))
        );
    }

    #[test]
    fn a_code_verifies_an_address() {
        let mut bench = Bench::seeded(&json!({
            "sites": [{"policies": {"accountOptions": {"verifyEmail": true, "useCodeVerification": true}}}],
            "accounts": [{"UID": "bob", "phoneNumber": "+32470112233"}],
        }));
        let params =
            [("email", "ann@example.org"), ("password", "secret1"), ("finalizeRegistration", "true")];
        let answer = bench.call("accounts.register", &params);
        assert_eq!(answer["errorCode"], 206_006);
        assert!(bench.gigya.outbox().is_empty(), "the page asks for the code itself");
        let token = answer["regToken"].as_str().unwrap().to_owned();
        let params = [("regToken", token.as_str()), ("email", "ann@example.org"), ("lang", "nl")];
        let sent = bench.client("accounts.otp.sendCode", &params);
        let code = bench.gigya.outbox()[0]["code"].as_str().unwrap().to_owned();
        let params = [
            ("regToken", token.as_str()),
            ("vToken", sent["vToken"].as_str().unwrap()),
            ("code", code.as_str()),
        ];
        assert_eq!(bench.client("accounts.otp.update", &params)["errorCode"], 0);
        let answer = bench.client("accounts.finalizeRegistration", &[("regToken", &token)]);
        assert_eq!((&answer["errorCode"], &answer["isVerified"]), (&json!(0), &json!(true)));
        let uid = answer["UID"].as_str().unwrap().to_owned();
        for (number, expected) in [("+32470112233", 400_009), ("+32470445566", 0)] {
            let sent = bench.call("accounts.otp.sendCode", &[("phoneNumber", number)]);
            let params = [
                ("UID", uid.as_str()),
                ("vToken", sent["vToken"].as_str().unwrap()),
                ("code", sent["code"].as_str().unwrap()),
            ];
            assert_eq!(bench.code("accounts.otp.update", &params), expected, "{number}");
        }
        assert_eq!(bench.gigya.account(&uid).unwrap()["phoneNumber"], "+32470445566");
        assert_eq!(bench.code("accounts.otp.delete", &[("UID", &uid)]), 0);
        assert_eq!(bench.gigya.account(&uid).unwrap().get("phoneNumber"), None);
    }
}
