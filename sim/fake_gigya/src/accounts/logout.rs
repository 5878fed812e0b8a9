//! `accounts.logout`.

use crate::accounts::session::uid_of;
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

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = uid_of(call)?;
    gigya.account_of(&call.site.api_key, &uid)?;
    gigya.end_sessions(&call.site.api_key, &uid);
    Ok(Object::from_iter([("UID".into(), uid.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn logout_ends_sessions() {
        let mut bench = Bench::new();
        let token = bench.session("ann");
        assert_eq!(bench.client("accounts.logout", &[("login_token", &token)])["UID"], "ann");
        assert_eq!(bench.client("accounts.getAccountInfo", &[("login_token", &token)])["errorCode"], 403_001);
        assert_eq!(bench.client("accounts.logout", &[])["errorCode"], 403_005);
    }
}
