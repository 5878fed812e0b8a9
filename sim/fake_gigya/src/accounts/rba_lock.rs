//! `accounts.rba.lock` and `accounts.rba.unlock`.

use crate::account::Account;
use crate::accounts::login::owner;
use crate::accounts::write::put;
use crate::call::{Call, ip_of};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::events::Event;
use crate::gigya::Gigya;
use standin_model::Evidence;
use std::time::Duration;

pub(crate) const LOCK: Endpoint = Endpoint {
    name: "accounts.rba.lock",
    summary: "Locks an account, or an address from which people log in, for as long as the site's lockout lasts.",
    evidence: Evidence::documented("accounts.rba.lock REST", "a_server_locks_and_unlocks"),
    access: Access::Private,
    params: &["UID", "loginID", "ip"],
    server_params: &[],
    run: lock,
};

pub(crate) const UNLOCK: Endpoint = Endpoint {
    name: "accounts.rba.unlock",
    summary: "Opens a locked account or address and forgets its failed logins.",
    evidence: Evidence::documented("accounts.rba.unlock REST", "a_server_locks_and_unlocks"),
    access: Access::Private,
    params: &["UID", "loginID", "ip"],
    server_params: &[],
    run: unlock,
};

/// What is locked or opened.
enum Lockable {
    Account(Box<Account>),
    Address(String),
}

fn find(gigya: &Gigya, call: &Call) -> Result<Lockable, Refusal> {
    let account = match (call.params.get("UID"), call.params.get("loginID"), call.params.get("ip")) {
        (Some(uid), ..) => gigya.account_of(&call.site.api_key, uid)?,
        (None, Some(id), _) => owner(gigya, call, id).ok_or_else(|| Refusal::new(403_005))?,
        (None, None, Some(address)) => {
            let wrong = || Refusal::because(400_006, "ip is not an address");
            let address = ip_of(address).ok_or_else(wrong)?;
            return Ok(Lockable::Address(address.to_string()));
        }
        (None, None, None) => return Err(Refusal::missing(call.method, "UID")),
    };
    Ok(Lockable::Account(Box::new(Account::clone(&account))))
}

fn lock(gigya: &mut Gigya, call: &Call) -> Reply {
    match find(gigya, call)? {
        Lockable::Address(address) => gigya.lock_address(call, &address),
        Lockable::Account(mut account) => {
            let seconds = call.site.policy_number("security", &["accountLockout", "lockoutTimeSec"], 300);
            account.rare_mut().locked_until = Some(call.now.plus(Duration::from_secs(seconds)));
            let uid = account.uid.clone();
            put(gigya, call, *account);
            gigya.happened(call, &uid, Event::LockedOut);
        }
    }
    Ok(Object::new())
}

fn unlock(gigya: &mut Gigya, call: &Call) -> Reply {
    match find(gigya, call)? {
        Lockable::Address(address) => gigya.unlock_address(call, &address),
        Lockable::Account(mut account) => {
            account.unlock();
            put(gigya, call, *account);
        }
    }
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn a_server_locks_and_unlocks() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}},
        ]}));
        let login = |bench: &mut Bench| {
            let params = [("loginID", "ann@example.org"), ("password", "secret1")];
            bench.client("accounts.login", &params)["errorCode"].as_u64().unwrap()
        };
        assert_eq!(bench.code("accounts.rba.lock", &[("loginID", "ann@example.org")]), 0);
        assert_eq!(login(&mut bench), 403_120);
        let params = [("UID", "ann"), ("include", "isLockedOut")];
        let info = bench.call("accounts.getAccountInfo", &params);
        assert_eq!(
            (&info["isLockedOut"], &info["lockedUntil"]),
            (&json!(true), &json!("2026-01-05T08:05:00.000Z"))
        );
        assert_eq!(bench.code("accounts.rba.unlock", &[("UID", "ann")]), 0);
        assert_eq!(login(&mut bench), 0);
        assert_eq!(bench.code("accounts.rba.lock", &[("UID", "nobody")]), 403_005);
        assert_eq!(bench.code("accounts.rba.unlock", &[]), 400_002);
    }
}
