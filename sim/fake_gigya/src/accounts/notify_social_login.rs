//! `accounts.notifySocialLogin`.

use crate::accounts::social::{arrive, provider_user};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::Reply;
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.notifySocialLogin",
    summary: "Lets in who has a token of a social provider; makes the account if it is new.",
    evidence: Evidence::documented("accounts.notifySocialLogin REST", "a_provider_brings_people"),
    access: Access::Public,
    params: &[
        "providerSessions",
        "include",
        "extraProfileFields",
        "includeCommunications",
        "sessionExpiration",
    ],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let user = provider_user(gigya, call)?;
    arrive(gigya, call, &user)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    const SESSION: (&str, &str) = ("providerSessions", r#"{"facebook":{"authToken":"fb-1"}}"#);

    fn bench(policies: &Value) -> Bench {
        Bench::seeded(&json!({
            "sites": [{"policies": policies}],
            "social_users": [{"provider": "facebook", "authToken": "fb-1", "providerUID": "900",
                "profile": {"email": "ann@example.org", "firstName": "Ann"}}],
        }))
    }

    #[test]
    fn a_provider_brings_people() {
        let mut bench = bench(&json!({}));
        let answer =
            bench.client("accounts.notifySocialLogin", &[SESSION, ("include", "identities-all,emails")]);
        assert_eq!((&answer["errorCode"], &answer["newUser"]), (&json!(0), &json!(true)), "{answer}");
        let uid = answer["UID"].as_str().unwrap();
        assert!(uid.starts_with("_guid_") && uid.ends_with('='), "{uid}");
        assert_eq!(
            (&answer["loginProvider"], &answer["socialProviders"], &answer["isVerified"]),
            (&json!("facebook"), &json!("facebook"), &json!(true))
        );
        assert_eq!(answer["identities"][0]["providerUID"], "900");
        assert_eq!(answer["emails"]["verified"], json!(["ann@example.org"]));
        let again = bench.client("accounts.notifySocialLogin", &[SESSION]);
        assert_eq!((&again["UID"], &again["newUser"]), (&answer["UID"], &json!(false)));
        for (sessions, expected) in [
            (r#"{"facebook":{"authToken":"other"}}"#, 403_009),
            (r#"{"orkut":{"authToken":"fb-1"}}"#, 400_122),
            (r#"{"facebook":{}}"#, 400_002),
            ("{}", 400_006),
        ] {
            let answer = bench.client("accounts.notifySocialLogin", &[("providerSessions", sessions)]);
            assert_eq!(answer["errorCode"], expected, "{sessions}");
        }
    }

    #[test]
    fn what_is_a_conflict_is_a_policy() {
        for (policy, password, expected) in [
            ("ignore", "secret1", 0),
            ("failOnSiteConflictingIdentity", "secret1", 403_043),
            ("failOnAnyConflictingIdentity", "secret1", 403_043),
        ] {
            let mut bench = bench(&json!({"accountOptions": {"loginIdentifierConflict": policy}}));
            let seed = json!({"accounts": [{"UID": "ann", "password": password, "profile": {"email": "ann@example.org"}}]});
            bench.gigya.seed(bench.now, &seed).unwrap();
            let answer = bench.client("accounts.notifySocialLogin", &[SESSION, ("include", "loginIDs")]);
            assert_eq!(answer["errorCode"], expected, "{policy}");
            if expected == 0 {
                assert_eq!(answer["loginIDs"]["emails"], json!([]), "the address stays with its owner");
            }
        }
    }
}
