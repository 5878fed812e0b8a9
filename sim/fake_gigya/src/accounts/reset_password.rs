//! `accounts.resetPassword`.

use crate::account::Account;
use crate::accounts::gate::mail_language;
use crate::accounts::login::owner;
use crate::accounts::write::{new_password, store};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::outbox::Message;
use crate::query::document::Node;
use crate::tickets::{Purpose, Ticket};
use serde_json::Value;
use standin_model::Evidence;
use std::time::Duration;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.resetPassword",
    summary: "Sends the link of a password reset, or takes its token and the new password.",
    evidence: Evidence::documented("accounts.resetPassword REST", "a_link_resets_the_password"),
    access: Access::Public,
    params: &[
        "loginID",
        "passwordResetToken",
        "newPassword",
        "secretAnswer",
        "securityFields",
        "email",
        "captchaToken",
        "captchaType",
    ],
    server_params: &["sendEmail"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    if let Some(token) = call.params.get("passwordResetToken") {
        return by_token(gigya, call, token);
    }
    let id = call.need("loginID")?;
    let Some(account) = owner(gigya, call, id) else {
        let silent = call.site.policy_on("accountOptions", "preventLoginIDHarvesting");
        return if silent { Ok(Object::new()) } else { Err(Refusal::new(403_047)) };
    };
    check_person(call, &account)?;
    if call.params.get("secretAnswer").is_some() && call.params.get("newPassword").is_some() {
        return replace(gigya, call, &account);
    }
    let token = format!("RP1_{}", gigya.ids.token(48));
    let seconds = call.site.policy_number("passwordReset", &["tokenExpiration"], 3600);
    let ends = call.now.plus(Duration::from_secs(seconds.min(365 * 24 * 3600)));
    let home = call.site.home().to_owned();
    let ticket = Ticket {
        home,
        purpose: Purpose::ResetPassword,
        uid: account.uid.clone(),
        to: String::new(),
        code: None,
    };
    if call.params.flag("sendEmail")? == Some(false) {
        gigya.tickets.issue(ends, token.clone(), ticket);
        return Ok(Object::from_iter([
            ("passwordResetToken".into(), token.into()),
            ("emails".into(), Node::Emails(&account).value()),
        ]));
    }
    let to = address(call, &account, id)?;
    let page = call.site.policy_text("passwordReset", &["resetURL"]).map(str::to_owned);
    let page = page.unwrap_or_else(|| format!("https://{}/", call.site.base_domain));
    let joint = if page.contains('?') { '&' } else { '?' };
    let link = format!("{page}{joint}pwrt={token}&apiKey={}", call.site.api_key);
    let lang = mail_language(call, &account);
    let mail = Message::email("passwordReset", &to, &lang).about(&account.uid);
    gigya.tickets.issue(ends, token.clone(), ticket);
    gigya.outbox.send(call.now, &call.site.api_key, mail.with_link(link).with_code(&token));
    Ok(Object::new())
}

/// The secret answer and the fields that the person is asked for: what is given must be right, and what the
/// policy wants must be given.
fn check_person(call: &Call, account: &Account) -> Result<(), Refusal> {
    let secret = account.rare.as_deref().and_then(|rare| rare.secret.as_ref());
    let asked = call.site.policy_on("passwordReset", "requireSecurityCheck") && !call.is_server();
    let wrong = match (secret, call.params.get("secretAnswer")) {
        (Some(secret), Some(answer)) => !secret.is(answer),
        (Some(_), None) => asked,
        (None, answer) => answer.is_some(),
    };
    let whole = Value::Object(account.whole("stored", call.now));
    let fields = call.params.object("securityFields")?.unwrap_or_default();
    let differs = fields.iter().any(|(path, given)| {
        let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
        crate::query::document::first(&whole, path).is_none_or(|kept| told(&kept) != told(given))
    });
    if !wrong && !differs {
        return Ok(());
    }
    let question = secret.map(|it| ("secretQuestion".to_owned(), it.question.as_str().into()));
    Err(Refusal::new(400_050).with(question.into_iter().collect()))
}

/// Where the mail goes: the address that logs in, or one of the account's that the call names.
fn address(call: &Call, account: &Account, id: &str) -> Result<String, Refusal> {
    let own: Vec<&String> = account.verified_emails.iter().chain(&account.unverified_emails).collect();
    let same = |wanted: &str| own.iter().find(|email| email.eq_ignore_ascii_case(wanted));
    if let Some(wanted) = call.params.get("email") {
        let found = same(wanted).map(|email| (*email).clone());
        return found.ok_or_else(|| Refusal::because(400_006, "email is not an address of this account"));
    }
    let email = same(id).map(|email| email.as_str()).or(account.email());
    let email = email.or(own.first().map(|email| email.as_str()));
    email.map(str::to_owned).ok_or_else(|| Refusal::because(400_006, "this account has no email address"))
}

fn by_token(gigya: &mut Gigya, call: &Call, token: &str) -> Reply {
    let ticket = gigya.tickets.find(call.now, call.site.home(), &Purpose::ResetPassword, token);
    let uid = ticket.map(|it| it.uid.clone());
    let uid = uid.ok_or_else(|| Refusal::because(403_025, "Invalid passwordResetToken"))?;
    let account = gigya.account_of(&call.site.api_key, &uid)?;
    let done = replace(gigya, call, &account)?;
    gigya.tickets.spend(token);
    Ok(done)
}

/// The new password takes the old one's place; the account is unlocked, and all its sessions end.
fn replace(gigya: &mut Gigya, call: &Call, before: &Account) -> Reply {
    let plain = call.need("newPassword")?.to_owned();
    let mut account = before.clone();
    if let Some(problem) = new_password(gigya, call, &mut account, &plain, "newPassword") {
        return Err(Refusal::invalid(vec![problem]));
    }
    account.unlock();
    let uid = account.uid.clone();
    if call.site.policy_on("passwordReset", "sendConfirmationEmail")
        && let Some(email) = account.email()
    {
        let mail = Message::email("passwordResetConfirmation", email, &mail_language(call, &account));
        gigya.outbox.send(call.now, &call.site.api_key, mail.about(&uid));
    }
    store(gigya, call, account, Some(before));
    gigya.end_sessions(&call.site.api_key, &uid, None);
    Ok(Object::from_iter([("UID".into(), uid.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    const ANN: (&str, &str) = ("loginID", "ann@example.org");

    fn bench(policies: &serde_json::Value) -> Bench {
        Bench::seeded(&json!({
            "sites": [{"policies": policies}],
            "accounts": [{"UID": "ann", "password": "secret1",
                "profile": {"email": "ann@example.org", "birthYear": 1980}}],
        }))
    }

    fn login(bench: &mut Bench, password: &str) -> u64 {
        bench.client("accounts.login", &[ANN, ("password", password)])["errorCode"].as_u64().unwrap()
    }

    #[test]
    fn a_link_resets_the_password() {
        let mut bench = bench(&json!({"passwordReset": {"sendConfirmationEmail": true}}));
        let session = bench.session("ann");
        assert_eq!(bench.client("accounts.resetPassword", &[ANN])["errorCode"], 0);
        assert_eq!(bench.client("accounts.resetPassword", &[ANN, ("lang", "nl")])["errorCode"], 0);
        let mails = bench.gigya.outbox();
        assert_eq!(
            (&mails[1]["kind"], &mails[1]["to"], &mails[1]["lang"]),
            (&json!("passwordReset"), &json!("ann@example.org"), &json!("nl"))
        );
        let link = mails[1]["link"].as_str().unwrap();
        let token = mails[1]["code"].as_str().unwrap();
        assert!(link.starts_with("https://brand.example/?pwrt=") && link.contains(token), "{link}");
        let reset = |bench: &mut Bench, token: &str, password: &str| {
            let params = [("passwordResetToken", token), ("newPassword", password)];
            bench.client("accounts.resetPassword", &params)
        };
        let first = mails[0]["code"].as_str().unwrap();
        assert_eq!(reset(&mut bench, first, "secret2")["errorCode"], 403_025, "a new request voids it");
        let answer = reset(&mut bench, token, "short");
        assert_eq!(
            (&answer["errorCode"], &answer["validationErrors"][0]["fieldName"]),
            (&json!(400_009), &json!("newPassword"))
        );
        assert_eq!(reset(&mut bench, token, "secret2")["UID"], "ann");
        assert_eq!(reset(&mut bench, token, "secret3")["errorCode"], 403_025, "once only");
        assert_eq!((login(&mut bench, "secret1"), login(&mut bench, "secret2")), (401_030, 0));
        let info = bench.client("accounts.getAccountInfo", &[("login_token", &session)]);
        assert_eq!(info["errorCode"], 403_005, "sessions end");
        assert_eq!(bench.gigya.outbox()[2]["kind"], "passwordResetConfirmation");
    }

    #[test]
    fn a_server_gets_the_token_itself() {
        for (waited, expected) in [(3_599_999, 0), (3_600_000, 403_025)] {
            let mut bench = bench(&json!({}));
            let answer = bench.call("accounts.resetPassword", &[ANN, ("sendEmail", "false")]);
            assert_eq!(answer["emails"], json!({"verified": ["ann@example.org"], "unverified": []}));
            assert_eq!(bench.gigya.outbox(), Vec::<serde_json::Value>::new());
            let token = answer["passwordResetToken"].as_str().unwrap().to_owned();
            bench.wait(waited);
            let params = [("passwordResetToken", token.as_str()), ("newPassword", "secret2")];
            assert_eq!(bench.code("accounts.resetPassword", &params), expected);
        }
        let mut bench = bench(&json!({}));
        let answer = bench.client("accounts.resetPassword", &[ANN, ("sendEmail", "false")]);
        assert_eq!(answer["ignoredParams"][0]["paramName"], "sendEmail", "no browser gets a token");
        assert!(answer.get("passwordResetToken").is_none());
    }

    #[test]
    fn unknown_people_may_be_hidden() {
        for (hide, expected) in [(false, 403_047), (true, 0)] {
            let mut bench = bench(&json!({"accountOptions": {"preventLoginIDHarvesting": hide}}));
            let answer = bench.client("accounts.resetPassword", &[("loginID", "nobody@example.org")]);
            assert_eq!(answer["errorCode"], expected);
            assert!(bench.gigya.outbox().is_empty());
        }
    }

    #[test]
    fn secret_question_and_fields_are_checked() {
        let mut bench = bench(&json!({"passwordReset": {"requireSecurityCheck": true}}));
        let params = [
            ("UID", "ann"),
            ("password", "secret1"),
            ("secretQuestion", "First pet?"),
            ("secretAnswer", "Rex"),
        ];
        assert_eq!(bench.code("accounts.setAccountInfo", &params[..2]), 0);
        assert_eq!(bench.code("accounts.setAccountInfo", &params), 0);
        for more in [
            &[][..],
            &[("secretAnswer", "Fido")],
            &[("secretAnswer", "rex"), ("securityFields", r#"{"profile.birthYear":1981}"#)],
        ] {
            let answer = bench.client("accounts.resetPassword", &[&[ANN][..], more].concat());
            assert_eq!(
                (&answer["errorCode"], &answer["secretQuestion"]),
                (&json!(400_050), &json!("First pet?")),
                "{more:?}"
            );
        }
        let params = [
            ANN,
            ("secretAnswer", " rex "),
            ("securityFields", r#"{"profile.birthYear":"1980"}"#),
            ("newPassword", "secret2"),
        ];
        assert_eq!(bench.client("accounts.resetPassword", &params)["UID"], "ann");
        assert_eq!(login(&mut bench, "secret2"), 0);
    }
}
