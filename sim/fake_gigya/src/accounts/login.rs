//! `accounts.login`.

use crate::account::Account;
use crate::accounts::finalize_registration::must_verify;
use crate::accounts::session::{logged_in, missing_fields, pending};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::gigya::Gigya;
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

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("loginID")?;
    let password = call.need("password")?;
    let people = gigya.people_of(&call.site.api_key);
    let found = people.owner(id).map(str::to_owned).and_then(|uid| people.get(&uid).cloned());
    let account = found.ok_or_else(bad_login)?;
    if account.locked_until.is_some_and(|until| until > call.now) {
        return Err(Refusal::new(403_120));
    }
    if !account.password.as_ref().is_some_and(|kept| kept.is(password)) {
        return Err(failed(gigya, call, &account, password));
    }
    may_log_in(gigya, call, &account)?;
    let mut account = Account::clone(&account);
    account.last_login = Some(call.now);
    account.failed_logins = 0;
    account.locked_until = None;
    touch(gigya, call, account.clone());
    logged_in(gigya, call, &account, &["profile", "data", "emails", "preferences"])
}

fn bad_login() -> Refusal {
    Refusal::because(403_042, "invalid loginID or password")
}

/// Counts a failure; the answer does not tell a wrong password from an unknown person.
fn failed(gigya: &mut Gigya, call: &Call, before: &Arc<Account>, password: &str) -> Refusal {
    let mut account = Account::clone(before);
    account.failed_logins += 1;
    let threshold = call.site.policy_number("security", &["accountLockout", "failedLoginThreshold"], 0);
    if threshold > 0 && account.failed_logins >= threshold {
        let seconds = call.site.policy_number("security", &["accountLockout", "lockoutTimeSec"], 300);
        account.locked_until = Some(call.now.plus(Duration::from_secs(seconds)));
        account.failed_logins = 0;
    }
    if threshold > 0 {
        touch(gigya, call, account);
    }
    match before.old_passwords.iter().any(|old| old.is(password)) {
        true => Refusal::new(401_030),
        false => bad_login(),
    }
}

/// Refuses disabled, pending and unverified accounts.
pub(crate) fn may_log_in(gigya: &mut Gigya, call: &Call, account: &Account) -> Result<(), Refusal> {
    if !account.is_active {
        return Err(Refusal::new(403_041));
    }
    if account.must_change_password {
        return Err(pending(gigya, call, &account.uid, 403_100, "Pending Password Change".into()));
    }
    let missing = missing_fields(call, account);
    if !account.is_registered || !missing.is_empty() {
        let details = match missing.is_empty() {
            true => "Registration was not finalized".to_owned(),
            false => format!("Missing required fields for registration: {}", missing.join(", ")),
        };
        return Err(pending(gigya, call, &account.uid, 206_001, details));
    }
    if must_verify(call, account) {
        return Err(pending(gigya, call, &account.uid, 206_002, "Account Pending Verification".into()));
    }
    Ok(())
}

/// Stores what a login changes; `lastUpdated` stays where it is.
pub(crate) fn touch(gigya: &mut Gigya, call: &Call, account: Account) {
    let due = gigya.visible_at(call.now);
    gigya.people_of(&call.site.api_key).put(account, due);
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
}
