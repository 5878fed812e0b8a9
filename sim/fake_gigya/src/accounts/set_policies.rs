//! `accounts.setPolicies`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::policies::{LARGEST, SECTIONS, write};
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.setPolicies",
    summary: "Sets the policies that are passed; null brings a default back.",
    evidence: Evidence::documented("accounts.setPolicies REST", "policies_are_set_in_part"),
    access: Access::Private,
    params: SECTIONS,
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let mut site = gigya.own_site(call);
    for section in SECTIONS {
        if call.params.get(section) == Some("null") {
            site.policies.shift_remove(*section);
            continue;
        }
        let Some(from) = call.params.object(section)? else { continue };
        let mut set = site.policies.get(*section).and_then(Value::as_object).cloned().unwrap_or_default();
        write(section, &mut set, &from)?;
        match set.is_empty() {
            true => _ = site.policies.shift_remove(*section),
            false => _ = site.policies.insert((*section).to_owned(), set.into()),
        }
    }
    if Value::Object(site.policies.clone()).to_string().len() > LARGEST {
        return Err(Refusal::because(400_124, format!("policies may not exceed {LARGEST} bytes")));
    }
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn policies_are_set_in_part() {
        let mut bench = Bench::new();
        let set = |bench: &mut Bench, section, value| bench.code("accounts.setPolicies", &[(section, value)]);
        let lockout = r#"{"accountLockout":{"failedLoginThreshold":"3"},"passwordHistorySize":2}"#;
        assert_eq!(set(&mut bench, "security", lockout), 0);
        assert_eq!(set(&mut bench, "accountOptions", r#"{"verifyEmail":true}"#), 0);
        let explicit = bench.call("accounts.getPolicies", &[("include", "explicitOnly")]);
        assert_eq!(
            explicit["security"],
            json!({"accountLockout": {"failedLoginThreshold": 3}, "passwordHistorySize": 2})
        );
        assert_eq!((&explicit["accountOptions"], explicit.get("rba")), (&json!({"verifyEmail": true}), None));
        let full = bench.call("accounts.getPolicies", &[("sections", "security")]);
        assert_eq!(full["security"]["accountLockout"]["lockoutTimeSec"], 300);
        assert_eq!(full["security"]["accountLockout"]["failedLoginThreshold"], 3);
        assert_eq!(set(&mut bench, "security", r#"{"accountLockout":{"failedLoginThreshold":null}}"#), 0);
        let explicit = bench.call("accounts.getPolicies", &[("include", "explicitOnly")]);
        assert_eq!(explicit["security"], json!({"passwordHistorySize": 2}));
        assert_eq!(set(&mut bench, "security", "null"), 0);
        let explicit = bench.call("accounts.getPolicies", &[("include", "explicitOnly")]);
        assert_eq!(explicit.get("security"), None);
    }

    #[test]
    fn a_policy_that_is_set_is_acted_on() {
        let mut bench = Bench::new();
        let register = [("email", "ann@example.org"), ("password", "secret1")];
        let longer = [("passwordComplexity", r#"{"minLength":10}"#)];
        assert_eq!(bench.code("accounts.setPolicies", &longer), 0);
        assert_eq!(bench.code("accounts.register", &register), 400_009);
        assert_eq!(bench.code("accounts.setPolicies", &[("passwordComplexity", r#"{"minLength":null}"#)]), 0);
        assert_eq!(bench.code("accounts.register", &register), 206_001);
    }

    #[test]
    fn what_policies_refuse() {
        let mut bench = Bench::new();
        for (section, value, expected) in [
            ("accountOptions", r#"{"verifyEmail":"perhaps"}"#, 401_000),
            ("accountOptions", r#"{"loginIdentifierConflict":"shrug"}"#, 401_000),
            ("security", r#"{"accountLockout":5}"#, 401_000),
            ("security", r#"{"passwordHistorySize":-1}"#, 401_000),
            ("security", "[]", 400_006),
            ("security", "{", 400_006),
        ] {
            assert_eq!(bench.code("accounts.setPolicies", &[(section, value)]), expected, "{value}");
        }
        let answer = bench.call("accounts.setPolicies", &[("weather", "{}")]);
        assert_eq!(answer["ignoredParams"][0]["paramName"], "weather");
        let explicit = bench.call("accounts.getPolicies", &[("include", "explicitOnly")]);
        assert!(explicit.get("security").is_none() && explicit.get("accountOptions").is_none());
    }
}
