//! `accounts.login`.

use crate::account::{Account, phone_key};
use crate::accounts::gate::{enter, may_log_in};
use crate::accounts::link_accounts::link;
use crate::accounts::write::put;
use crate::call::{Call, Caller};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::events::Event;
use crate::gigya::{Gigya, RegToken};
use crate::tickets::Purpose;
use standin_model::Evidence;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.login",
    summary: "Logs a person in with address or user name and password.",
    evidence: Evidence::recorded(
        "accounts.login REST; recorded answers of renault-api",
        "wrong_password_looks_like_unknown_user",
    ),
    access: Access::Public,
    params: &[
        "loginID",
        "aToken",
        "password",
        "loginMode",
        "regToken",
        "include",
        "extraProfileFields",
        "includeCommunications",
        "sessionExpiration",
        "captchaToken",
        "captchaType",
        "clientContext",
    ],
    server_params: &[],
    run,
};

/// What an answer to a login shows unless `include` says otherwise.
pub(crate) const SHOWN: &[&str] = &["profile", "data", "emails", "preferences"];

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let mode = call.params.get("loginMode").unwrap_or("standard").to_ascii_lowercase();
    if !["standard", "link", "reauth", "connect"].contains(&mode.as_str()) {
        return Err(Refusal::because(400_006, "loginMode must be standard, link, reAuth or connect"));
    }
    let account = by_password(gigya, call)?;
    match (mode.as_str(), call.params.get("regToken")) {
        ("link", None) => return Err(Refusal::missing(call.method, "regToken")),
        ("link", Some(token)) => {
            let open = gigya.reg_token(call.now, &call.site.api_key, token)?;
            return link(gigya, call, token, open, &account);
        }
        _ => {}
    }
    if mode == "reauth" {
        match &call.caller {
            Caller::Session { uid, .. } if *uid != account.uid => return Err(Refusal::new(403_027)),
            Caller::Anonymous => return Err(Refusal::new(403_005)),
            _ => {}
        }
    }
    may_log_in(gigya, call, &account, RegToken::of(call, &account.uid))?;
    enter(gigya, call, Account::clone(&account), None, SHOWN)
}

/// The account whose login identifier and password the call has. Failures count against the caller's address.
pub(crate) fn by_password(gigya: &mut Gigya, call: &Call) -> Result<Arc<Account>, Refusal> {
    gigya.check_address(call)?;
    let found = found_by_password(gigya, call);
    if found.as_ref().is_err_and(|refusal| [403_042, 401_030].contains(&refusal.code)) {
        gigya.login_failed(call);
    }
    found
}

fn found_by_password(gigya: &mut Gigya, call: &Call) -> Result<Arc<Account>, Refusal> {
    let id = match (call.params.get("loginID"), call.params.get("aToken")) {
        (None, Some(token)) => {
            let home = call.site.home();
            let ticket = gigya.tickets.find(call.now, home, &Purpose::Identifier, token);
            ticket.map(|ticket| ticket.to.clone()).ok_or_else(|| Refusal::new(403_025))?
        }
        _ => call.need("loginID")?.to_owned(),
    };
    let password = call.need("password")?;
    let account = owner(gigya, call, &id).ok_or_else(bad_login)?;
    check_captcha(call, &account)?;
    if account.locked(call.now).is_some() {
        return Err(Refusal::new(403_120));
    }
    if !account.password.as_ref().is_some_and(|kept| kept.is(password)) {
        return Err(failed(gigya, call, &account, password));
    }
    Ok(account)
}

/// Who logs in with `id` by one of the kinds of identifier that the site has.
pub(crate) fn owner(gigya: &Gigya, call: &Call, id: &str) -> Option<Arc<Account>> {
    let people = gigya.people_at(&call.site.api_key)?;
    let phone = || people.holder(&phone_key(id)).filter(|_| call.site.logs_in_by("phoneNumber"));
    let account = people.owner(id).or_else(phone).and_then(|uid| people.get(uid))?;
    let is_name = account.username.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(id));
    let is_email = account.login_emails.iter().any(|email| email.eq_ignore_ascii_case(id));
    (!is_name || is_email || call.site.logs_in_by("username")).then(|| account.clone())
}

fn bad_login() -> Refusal {
    Refusal::because(403_042, "invalid loginID or password")
}

/// After too many failures a password alone does not do; what stands in `captchaToken` is not judged.
fn check_captcha(call: &Call, account: &Account) -> Result<(), Refusal> {
    let threshold = call.site.policy_number("security", &["captcha", "failedLoginThreshold"], 0);
    let failures = account.rare.as_deref().map_or(0, |rare| rare.failed_logins);
    match threshold > 0 && failures >= threshold && call.params.get("captchaToken").is_none() {
        true => Err(Refusal::new(401_020)),
        false => Ok(()),
    }
}

/// Counts a failure; the answer does not tell a wrong password from an unknown person.
fn failed(gigya: &mut Gigya, call: &Call, before: &Arc<Account>, password: &str) -> Refusal {
    let policy = |path: &[&str], default| call.site.policy_number("security", path, default);
    let threshold = policy(&["accountLockout", "failedLoginThreshold"], 0);
    let forgets = policy(&["accountLockout", "failedLoginResetSec"], 0);
    if threshold > 0 || policy(&["captcha", "failedLoginThreshold"], 0) > 0 {
        let mut account = Account::clone(before);
        let rare = account.rare_mut();
        let is_old = |at| call.now.since(at) >= Duration::from_secs(forgets);
        if forgets > 0 && rare.last_failure.is_some_and(is_old) {
            rare.failed_logins = 0;
        }
        rare.failed_logins += 1;
        rare.last_failure = Some(call.now);
        let locks = threshold > 0 && rare.failed_logins >= threshold;
        if locks {
            let seconds = policy(&["accountLockout", "lockoutTimeSec"], 300);
            rare.locked_until = Some(call.now.plus(Duration::from_secs(seconds)));
            rare.failed_logins = 0;
        }
        put(gigya, call, account);
        if locks {
            gigya.happened(call, &before.uid, Event::LockedOut);
        }
    }
    let old = before.rare.as_deref().map_or(&[][..], |rare| &rare.old_passwords);
    match old.iter().any(|old| old.is(password)) {
        true => Refusal::new(401_030),
        false => bad_login(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    fn bench() -> Bench {
        Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}},
            {"UID": "off", "password": "secret1", "isActive": false, "profile": {"email": "off@example.org"}},
            {"UID": "new", "password": "secret1", "isRegistered": false, "profile": {"email": "new@example.org"}},
        ]}))
    }

    #[test]
    fn wrong_password_looks_like_unknown_user() {
        let mut bench = bench();
        let mut answers = Vec::new();
        for (id, password) in [("ann@example.org", "wrong"), ("nobody@example.org", "secret1")] {
            let mut answer = bench.client("accounts.login", &[("loginID", id), ("password", password)]);
            assert_eq!(answer["errorCode"], 403_042);
            answer.as_object_mut().unwrap().shift_remove("callId");
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[1]);
    }

    #[test]
    fn who_gets_in() {
        let mut bench = bench();
        for (id, expected) in [
            ("ANN@example.org", 0),
            ("off@example.org", 403_041),
            ("new@example.org", 206_001),
            ("x", 403_042),
        ] {
            let answer = bench.client("accounts.login", &[("loginID", id), ("password", "secret1")]);
            assert_eq!(answer["errorCode"], expected, "{id}");
            assert_eq!(answer.get("regToken").is_some(), expected == 206_001);
        }
    }

    #[test]
    fn login_moves_last_login_only() {
        let mut bench = bench();
        bench.wait(5000);
        let answer =
            bench.client("accounts.login", &[("loginID", "ann@example.org"), ("password", "secret1")]);
        assert_eq!(answer["lastLoginTimestamp"], bench.now.seconds());
        assert_eq!(answer["lastUpdatedTimestamp"], standin_model::Instant::START.millis());
        assert!(answer["UIDSignature"].is_string() && answer["signatureTimestamp"].is_string());
        let token = answer["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned();
        let info = bench.client("accounts.getAccountInfo", &[("login_token", &token)]);
        assert_eq!(
            (&info["UID"], &info["lastLoginTimestamp"]),
            (&json!("ann"), &json!(bench.now.seconds() * 1000))
        );
    }

    #[test]
    fn lockout_after_too_many_failures() {
        let policies =
            json!({"security": {"accountLockout": {"failedLoginThreshold": 2, "lockoutTimeSec": 60}}});
        let mut bench = Bench::seeded(&json!({
            "sites": [{"policies": policies}],
            "accounts": [{"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}],
        }));
        let mut codes = Vec::new();
        for password in ["a", "b", "secret1"] {
            codes.push(bench.client("accounts.login", &[("loginID", "ann@example.org"), ("password", password)])["errorCode"].clone());
        }
        assert_eq!(codes, [403_042, 403_042, 403_120]);
        bench.wait(60_000);
        assert_eq!(
            bench.client("accounts.login", &[("loginID", "ann@example.org"), ("password", "secret1")])["errorCode"],
            0
        );
    }

    fn with_security(security: &serde_json::Value) -> Bench {
        Bench::seeded(&json!({
            "sites": [{"policies": {"security": security}}],
            "accounts": [{"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}],
        }))
    }

    fn code(bench: &mut Bench, more: &[(&str, &str)]) -> u64 {
        let params = [&[("loginID", "ann@example.org")][..], more].concat();
        bench.client("accounts.login", &params)["errorCode"].as_u64().unwrap()
    }

    #[test]
    fn failures_are_forgotten_after_a_while() {
        for (waited, expected) in [(59_999, 403_120), (60_000, 0)] {
            let policy = json!({"accountLockout": {"failedLoginThreshold": 2, "failedLoginResetSec": 60}});
            let mut bench = with_security(&policy);
            assert_eq!(code(&mut bench, &[("password", "a")]), 403_042);
            bench.wait(waited);
            assert_eq!(code(&mut bench, &[("password", "b")]), 403_042);
            assert_eq!(code(&mut bench, &[("password", "secret1")]), expected);
        }
    }

    #[test]
    fn a_captcha_is_asked_after_failures() {
        let mut bench = with_security(&json!({"captcha": {"failedLoginThreshold": 1}}));
        assert_eq!(code(&mut bench, &[("password", "a")]), 403_042);
        assert_eq!(code(&mut bench, &[("password", "secret1")]), 401_020);
        assert_eq!(code(&mut bench, &[("password", "secret1"), ("captchaToken", "t")]), 0);
        assert_eq!(code(&mut bench, &[("password", "secret1")]), 0, "a login forgets them");
    }

    #[test]
    fn old_passwords_must_change() {
        for (unit, waited, expected) in
            [("days", 86_399_999, 0), ("days", 86_400_000, 403_100), ("seconds", 1000, 403_100)]
        {
            let mut bench = with_security(&json!({"passwordChangeInterval": 1}));
            bench.knob("gigya.password_change_unit", unit);
            bench.wait(waited);
            assert_eq!(code(&mut bench, &[("password", "secret1")]), expected, "{unit}");
        }
        let mut bench = with_security(&json!({"passwordChangeInterval": 1}));
        bench.wait(86_400_000);
        let params = [("loginID", "ann@example.org"), ("password", "secret1")];
        let token = bench.client("accounts.login", &params)["regToken"].as_str().unwrap().to_owned();
        let params = [("regToken", token.as_str()), ("password", "secret1"), ("newPassword", "secret2")];
        assert_eq!(bench.client("accounts.setAccountInfo", &params)["errorCode"], 0);
        let answer = bench.client("accounts.finalizeRegistration", &[("regToken", &token)]);
        assert_eq!((&answer["errorCode"], answer.get("newUser")), (&json!(0), None));
        assert_eq!(code(&mut bench, &[("password", "secret2")]), 0);
    }

    #[test]
    fn user_names_log_in_where_the_policy_has_them() {
        for (kinds, expected) in [("email", 403_042), ("email, username", 0)] {
            let mut bench = Bench::seeded(&json!({
                "sites": [{"policies": {"accountOptions": {"loginIdentifiers": kinds}}}],
                "accounts": [{"UID": "ann", "username": "annie", "password": "secret1"}],
            }));
            let params = [("loginID", "Annie"), ("password", "secret1")];
            assert_eq!(bench.client("accounts.login", &params)["errorCode"], expected, "{kinds}");
            let params = [("UID", "ann"), ("username", "anna")];
            let written = if expected == 0 { 0 } else { 400_009 };
            assert_eq!(bench.code("accounts.setAccountInfo", &params), written);
        }
    }

    #[test]
    fn modes_of_a_login() {
        let mut bench = bench();
        let own = bench.session("ann");
        let other = bench.session("zoe");
        for (mode, token, expected) in [
            ("standard", "", 0),
            ("reAuth", own.as_str(), 0),
            ("reAuth", other.as_str(), 403_027),
            ("reAuth", "", 403_005),
            ("link", "", 400_002),
            ("sideways", "", 400_006),
        ] {
            let params = [("loginMode", mode), ("password", "secret1"), ("login_token", token)];
            assert_eq!(code(&mut bench, &params), expected, "{mode}");
        }
    }

    #[test]
    fn the_shape_of_a_session_is_the_callers_choice() {
        let mut bench = bench();
        for (env, expected) in [
            ("browser", vec!["cookieName", "cookieValue"]),
            ("mobile", vec!["sessionToken", "sessionSecret", "expires_in"]),
            ("jssdk", vec!["login_token", "expires_in"]),
        ] {
            let params = [("password", "secret1"), ("targetEnv", env), ("sessionExpiration", "60")];
            let all = [&[("loginID", "ann@example.org")][..], &params].concat();
            let session = bench.client("accounts.login", &all)["sessionInfo"].clone();
            let names: Vec<&str> = session.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, expected);
            let token = session[expected[expected.len().min(2) - 1]].as_str().unwrap();
            assert!(env == "jssdk" || !token.is_empty());
            if env != "browser" {
                assert_eq!(session["expires_in"], "60");
            }
        }
    }
}
