//! `accounts.getConflictingAccount`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use serde_json::{Value, json};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getConflictingAccount",
    summary: "Tells with what the person may come in who already has the address of a pending registration.",
    evidence: Evidence::documented("accounts.getConflictingAccount REST", "no_conflict_is_null"),
    access: Access::Public,
    params: &["regToken"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let token = call.need("regToken")?;
    if call.site.policy_on("accountOptions", "preventLoginIDHarvesting") {
        return Err(Refusal::new(403_026));
    }
    let open = gigya.reg_token(call.now, &call.site.api_key, token)?;
    let other = open.conflict.and_then(|uid| gigya.account_of(&call.site.api_key, &uid).ok());
    let conflict = other.map_or(Value::Null, |other| {
        let id = other.login_emails.first().map(String::as_str).or(other.username.as_deref());
        json!({"loginProviders": other.providers(), "loginID": id.or(other.email())})
    });
    Ok(Object::from_iter([("conflictingAccount".into(), conflict)]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    #[test]
    fn no_conflict_is_null() {
        let mut bench = Bench::new();
        let token = bench.client("accounts.initRegistration", &[])["regToken"].as_str().unwrap().to_owned();
        let answer = bench.client("accounts.getConflictingAccount", &[("regToken", &token)]);
        assert_eq!((&answer["errorCode"], answer.get("conflictingAccount")), (&json!(0), Some(&Value::Null)));
        assert_eq!(
            bench.client("accounts.getConflictingAccount", &[("regToken", "RT1_x")])["errorCode"],
            403_025
        );
        let mut bench = Bench::seeded(
            &json!({"sites": [{"policies": {"accountOptions": {"preventLoginIDHarvesting": true}}}]}),
        );
        let token = bench.client("accounts.initRegistration", &[])["regToken"].as_str().unwrap().to_owned();
        let answer = bench.client("accounts.getConflictingAccount", &[("regToken", &token)]);
        assert_eq!(answer["errorCode"], 403_026);
    }
}
