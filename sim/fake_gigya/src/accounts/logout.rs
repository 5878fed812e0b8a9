//! `accounts.logout`.

use crate::accounts::session::{own_token, sign, uid_of};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.logout",
    summary: "Ends the session of a browser, or as a server all sessions of an account.",
    evidence: Evidence::documented("accounts.logout REST", "logout_ends_sessions"),
    access: Access::Public,
    params: &[],
    server_params: &["UID"],
    run,
};

/// The older name.
pub(crate) const SOCIALIZE: Endpoint = Endpoint {
    name: "socialize.logout",
    evidence: Evidence::documented("socialize.logout REST", "older_names_do_the_same"),
    ..ENDPOINT
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = uid_of(call)?;
    let account = gigya.account_of(&call.site.api_key, &uid)?;
    // A browser leaves by itself; a server that names a person means everywhere.
    match own_token(call) {
        Some(token) => gigya.end_session(token),
        None => gigya.end_sessions(&call.site.api_key, &uid, None),
    }
    let mut out = Object::from_iter([("UID".into(), uid.as_str().into())]);
    let social: Vec<&str> = account.providers().into_iter().filter(|name| *name != "site").collect();
    if !social.is_empty() {
        out.insert("connectedProviders".into(), social.join(",").into());
    }
    if !call.is_server() {
        out.insert("logoutActiveSession".into(), true.into());
    }
    sign(gigya, call, &uid, &mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn logout_ends_sessions() {
        let mut bench = Bench::new();
        let [token, other, third] = ["ann"; 3].map(|uid| bench.session(uid));
        let code = |bench: &mut Bench, token: &str| {
            bench.client("accounts.getAccountInfo", &[("login_token", token)])["errorCode"].clone()
        };
        let answer = bench.client("accounts.logout", &[("login_token", &format!("{token}|UUID=1"))]);
        assert_eq!((&answer["UID"], &answer["logoutActiveSession"]), (&json!("ann"), &json!(true)));
        assert_eq!(code(&mut bench, &token), 403_005);
        assert_eq!(code(&mut bench, &other), 0, "another browser stays signed in");
        bench.client("accounts.logout", &[("login_token", &other), ("UID", "ann")]);
        assert_eq!(code(&mut bench, &third), 0, "a browser cannot mean more than itself");
        let again = bench.session("ann");
        let answer = bench.call("accounts.logout", &[("UID", "ann")]);
        assert_eq!((&answer["errorCode"], answer.get("logoutActiveSession")), (&json!(0), None));
        for token in [&third, &again] {
            assert_eq!(code(&mut bench, token), 403_005, "a server ends them all");
        }
        assert_eq!(bench.client("accounts.logout", &[])["errorCode"], 403_005);
        assert_eq!(bench.client("accounts.logout", &[("login_token", &token)])["errorCode"], 403_005);
    }
}
