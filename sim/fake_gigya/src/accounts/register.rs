//! `accounts.register`.

use crate::account::Account;
use crate::accounts::gate::{complete, incomplete};
use crate::accounts::session::{missing_fields, pending};
use crate::accounts::write::{follow_email, keep_fields, new_password, new_username, sections, store};
use crate::call::Call;
use crate::consent::Source;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Problem, Refusal, Reply};
use crate::gigya::{Gigya, RegToken};
use crate::merge::Writer;
use crate::rare::SecretQuestion;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.register",
    summary: "Makes an account; it stays pending until it is finalised and nothing required is missing.",
    evidence: Evidence::documented("accounts.register REST", "registration"),
    access: Access::Public,
    params: &[
        "username",
        "email",
        "password",
        "regToken",
        "profile",
        "data",
        "preferences",
        "subscriptions",
        "communications",
        "finalizeRegistration",
        "regSource",
        "secretQuestion",
        "secretAnswer",
        "include",
        "extraProfileFields",
        "includeCommunications",
        "sessionExpiration",
        "captchaToken",
        "captchaType",
        "clientContext",
    ],
    server_params: &["siteUID"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let token = open_registration(gigya, call)?;
    let uid = new_uid(gigya, call)?;
    let mut account = Account::new(uid, call.now);
    let writer = if call.is_server() { Writer::Server } else { Writer::Client };
    let mut written = sections(gigya, call, &mut account, writer, Source::Call)?;
    let conflict = identify(gigya, call, &mut account, &mut written.problems)?;
    let password = call.need("password")?.to_owned();
    written.problems.extend(new_password(gigya, call, &mut account, &password, "password"));
    secret_question(gigya, call, &mut account, &mut written.problems);
    if !written.problems.is_empty() {
        return Err(Refusal::invalid(written.problems));
    }
    account.lang = call.params.get("lang").map(str::to_owned);
    account.reg_source = call.params.get("regSource").or(call.params.get("pageURL")).map(str::to_owned);
    if let (Some(lang), None) = (&account.lang, account.profile.get("locale")) {
        account.profile.insert("locale", lang.as_str());
    }
    keep_fields(gigya, call, written.new_fields);
    if let Some((token, _)) = token {
        gigya.reg_tokens.remove(&token);
    }
    let finalise = call.params.flag("finalizeRegistration")?.unwrap_or(false);
    store(gigya, call, account.clone(), None);
    let open = RegToken { conflict: conflict.clone(), ..RegToken::of(call, &account.uid) };
    if conflict.is_some() {
        return Err(pending(gigya, call, open, 403_043, "Login identifier exists"));
    }
    if finalise {
        return complete(gigya, call, &account, open, &["profile"]);
    }
    let missing = missing_fields(call, &account);
    Err(pending(gigya, call, open, 206_001, &incomplete(&missing)))
}

/// A browser must have opened the registration; a server may do without.
fn open_registration(gigya: &Gigya, call: &Call) -> Result<Option<(String, RegToken)>, Refusal> {
    let token = match call.params.get("regToken") {
        Some(token) => token,
        None if call.is_server() => return Ok(None),
        None => return Err(Refusal::missing(call.method, "regToken")),
    };
    let found = gigya.reg_token(call.now, &call.site.api_key, token)?;
    if found.uid.is_some() {
        return Err(Refusal::because(
            403_025,
            "this regToken belongs to an account that is registered already",
        ));
    }
    Ok(Some((token.to_owned(), found)))
}

/// Question and answer of the password reset, which the site's policy may want.
fn secret_question(gigya: &mut Gigya, call: &Call, account: &mut Account, problems: &mut Vec<Problem>) {
    let wanted = call.site.policy_on("registration", "requireSecurityQuestion");
    match (call.params.get("secretQuestion"), call.params.get("secretAnswer")) {
        (Some(question), Some(answer)) => {
            let salt = gigya.ids.hex(16);
            account.rare_mut().secret = Some(SecretQuestion::new(question, answer, salt, call.now));
        }
        (None, None) if !wanted => {}
        (None, _) => problems.push(Problem::new(400_027, "secretQuestion", "secretQuestion is missing")),
        (_, None) => problems.push(Problem::new(400_027, "secretAnswer", "secretAnswer is missing")),
    }
}

fn new_uid(gigya: &mut Gigya, call: &Call) -> Result<String, Refusal> {
    let Some(uid) = call.params.get("siteUID") else { return Ok(gigya.ids.hex(32)) };
    check_uid(uid)?;
    match gigya.account_of(&call.site.api_key, uid) {
        Ok(_) => Err(Refusal::new(409_001)),
        Err(_) => Ok(uid.to_owned()),
    }
}

/// UIDs that come from outside are ASCII, at most 252 characters.
pub(crate) fn check_uid(uid: &str) -> Result<(), Refusal> {
    match uid.len() <= 252 && uid.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        true => Ok(()),
        false => Err(Refusal::because(400_006, "a UID is ASCII text of at most 252 characters")),
    }
}

/// Address and user name from their own parameters or the profile; one of them there must be. Gives the
/// social account that has the address, which is a conflict that linking solves.
fn identify(
    gigya: &Gigya,
    call: &Call,
    account: &mut Account,
    problems: &mut Vec<Problem>,
) -> Result<Option<String>, Refusal> {
    if let Some(email) = call.params.get("email") {
        match crate::email::is_valid(email) {
            true => account.profile.insert("email", email),
            false => problems.push(Problem::new(400_006, "email", "email is not a valid address")),
        }
    }
    if let Some(username) = call.params.get("username") {
        problems.extend(new_username(gigya, call, account, username));
    }
    let problem = follow_email(gigya, call, account, None);
    let owner = account.email().and_then(|email| {
        let people = gigya.people_at(&call.site.api_key)?;
        people.get(people.owner(email)?)
    });
    match (problem, owner) {
        (Some(_), Some(owner)) if !owner.has_site_identity() => return Ok(Some(owner.uid.clone())),
        (problem, _) => problems.extend(problem),
    }
    match account.email().is_none() && account.username.is_none() && problems.is_empty() {
        true => Err(Refusal::missing(call.method, "email")),
        false => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn registration() {
        let mut bench = Bench::new();
        let answer = bench.call(
            "accounts.register",
            &[("email", "ann@example.org"), ("password", "secret1"), ("profile", r#"{"firstName":"Ann"}"#)],
        );
        assert_eq!((&answer["errorCode"], &answer["statusCode"]), (&json!(206_001), &json!(206)));
        let token = answer["regToken"].as_str().unwrap().to_owned();
        let uid = answer["UID"].as_str().unwrap().to_owned();
        assert!(uid.len() == 32 && uid.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let answer = bench.call("accounts.getAccountInfo", &[("UID", &uid)]);
        assert_eq!((&answer["isRegistered"], &answer["registered"]), (&json!(false), &json!(null)));
        let answer = bench.client("accounts.finalizeRegistration", &[("regToken", &token)]);
        assert_eq!((&answer["errorCode"], &answer["newUser"]), (&json!(0), &json!(true)));
        assert_eq!(answer["sessionInfo"]["cookieName"], format!("glt_{}", crate::DEFAULT_API_KEY));
        assert_eq!(answer["registeredTimestamp"], bench.now.seconds());
    }

    #[test]
    fn everything_wrong_is_told_at_once_and_nothing_is_made() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let answer = bench.call("accounts.register", &[("email", "ANN@example.org"), ("password", "short")]);
        assert_eq!(answer["errorCode"], 400_009);
        assert_eq!(
            answer["validationErrors"],
            json!([
                {"errorCode": 400_003, "message": "email already exists", "fieldName": "email"},
                {"errorCode": 400_006, "message": "Password does not meet complexity requirements: at least 6 characters", "fieldName": "password"},
            ])
        );
        assert_eq!(bench.gigya.accounts().len(), 1);
    }

    #[test]
    fn required_fields_and_verification_keep_it_pending() {
        let mut bench = Bench::seeded(&json!({"sites": [{
            "data_schema": {"fields": {"club.tier": {"type": "string", "required": true}}},
            "policies": {"accountOptions": {"verifyEmail": true}}
        }]}));
        let base = [("email", "ann@example.org"), ("password", "secret1"), ("finalizeRegistration", "true")];
        let answer = bench.call("accounts.register", &base);
        assert_eq!(answer["errorDetails"], "Missing required fields for registration: data.club.tier");
        let uid = answer["UID"].as_str().unwrap().to_owned();
        let token = answer["regToken"].as_str().unwrap().to_owned();
        assert_eq!(
            bench.code("accounts.setAccountInfo", &[("UID", &uid), ("data", r#"{"club":{"tier":"x"}}"#)]),
            0
        );
        let answer = bench.call("accounts.finalizeRegistration", &[("regToken", &token)]);
        assert_eq!(answer["errorCode"], 206_002);
        assert_eq!(
            bench.code(
                "accounts.register",
                &[("siteUID", &uid), ("email", "b@example.org"), ("password", "secret1")]
            ),
            409_001
        );
    }
}
