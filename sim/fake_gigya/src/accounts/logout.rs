//! `accounts.logout`.

use crate::accounts::session::{sign, uid_of};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.logout",
    summary: "Ends the sessions of an account.",
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
    gigya.end_sessions(&call.site.api_key, &uid, None);
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
        let token = bench.session("ann");
        let other = bench.session("ann");
        let answer = bench.client("accounts.logout", &[("login_token", &token)]);
        assert_eq!((&answer["UID"], &answer["logoutActiveSession"]), (&json!("ann"), &json!(true)));
        assert_eq!(bench.client("accounts.getAccountInfo", &[("login_token", &other)])["errorCode"], 403_005);
        assert_eq!(bench.client("accounts.getAccountInfo", &[("login_token", &token)])["errorCode"], 403_005);
        assert_eq!(bench.client("accounts.logout", &[])["errorCode"], 403_005);
    }
}
