//! `accounts.verifyLogin` and `accounts.session.verify`.

use crate::accounts::gate::may_log_in;
use crate::accounts::session::{shown, uid_of, view};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::{Gigya, RegToken};
use crate::shown::Shape;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.verifyLogin",
    summary: "Tells whether an account could log in now, with the refusals of a login.",
    evidence: Evidence::documented("accounts.verifyLogin REST", "accounts_and_sessions_are_checked"),
    access: Access::Public,
    params: &["include", "extraProfileFields", "includeCommunications"],
    server_params: &["UID"],
    run,
};

pub(crate) const SESSION: Endpoint = Endpoint {
    name: "accounts.session.verify",
    summary: "Tells whether a session is good.",
    evidence: Evidence::documented("accounts.session.verify JS", "accounts_and_sessions_are_checked"),
    access: Access::Public,
    params: &[],
    server_params: &["UID"],
    run: session,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = uid_of(call)?;
    let account = gigya.account_of(&call.site.api_key, &uid)?;
    may_log_in(gigya, call, &account, RegToken { second_factor: true, ..RegToken::of(call, &uid) })?;
    let view = view(call, &["profile"])?;
    Ok(shown(gigya, call, &account, Shape::Login, &view))
}

fn session(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = uid_of(call)?;
    gigya.account_of(&call.site.api_key, &uid)?;
    Ok(Object::from_iter([("UID".into(), uid.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn accounts_and_sessions_are_checked() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "profile": {"email": "ann@example.org"}},
            {"UID": "off", "isActive": false},
            {"UID": "new", "isRegistered": false},
        ]}));
        for (uid, expected) in [("ann", 0), ("off", 403_041), ("new", 206_001), ("nobody", 403_005)] {
            assert_eq!(bench.code("accounts.verifyLogin", &[("UID", uid)]), expected, "{uid}");
        }
        let token = bench.session("ann");
        for method in ["accounts.verifyLogin", "accounts.session.verify"] {
            assert_eq!(bench.client(method, &[("login_token", &token)])["UID"], "ann", "{method}");
            assert_eq!(bench.client(method, &[("login_token", "st2.s.x")])["errorCode"], 403_005);
            assert_eq!(bench.client(method, &[])["errorCode"], 403_005);
        }
    }
}
