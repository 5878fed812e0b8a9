//! `accounts.isAvailableLoginID`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.isAvailableLoginID",
    summary: "Tells whether nobody logs in with an address or user name yet.",
    evidence: Evidence::documented("accounts.isAvailableLoginID REST", "availability"),
    access: Access::Public,
    params: &["loginID"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("loginID")?;
    if call.site.policy_on("accountOptions", "preventLoginIDHarvesting") {
        return Err(Refusal::new(403_026));
    }
    let free = gigya.people_of(&call.site.api_key).owner(id).is_none();
    Ok(Object::from_iter([("isAvailable".into(), free.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn availability() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        for (id, expected) in [("ANN@example.org", false), ("bob@example.org", true)] {
            assert_eq!(
                bench.client("accounts.isAvailableLoginID", &[("loginID", id)])["isAvailable"],
                expected
            );
        }
        let mut bench = Bench::seeded(
            &json!({"sites": [{"policies": {"accountOptions": {"preventLoginIDHarvesting": true}}}]}),
        );
        assert_eq!(bench.client("accounts.isAvailableLoginID", &[("loginID", "x")])["errorCode"], 403_026);
    }
}
