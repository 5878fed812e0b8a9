//! `accounts.getPolicies`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::policies::{OPEN, SECTIONS, effective};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getPolicies",
    summary: "Tells the policies of a site; without credentials four sections of them.",
    evidence: Evidence::recorded(
        "accounts.getPolicies REST; live object of the customer-data-cloud-accelerator",
        "policies_of_a_new_site",
    ),
    access: Access::Public,
    params: &["sections", "include"],
    server_params: &[],
    run,
};

fn run(_: &mut Gigya, call: &Call) -> Reply {
    let explicit = match call.params.get("include").map(str::to_ascii_lowercase).as_deref() {
        None | Some("full") => false,
        Some("explicitonly") => true,
        Some(_) => return Err(Refusal::because(400_006, "include takes full and explicitOnly")),
    };
    let wanted = call.params.words("sections");
    let mut out = Object::new();
    for section in SECTIONS {
        let named = wanted.as_ref().map(|list| list.iter().any(|it| it.eq_ignore_ascii_case(section)));
        let open = call.is_server() || OPEN.contains(section);
        match named {
            Some(true) if !open => return Err(Refusal::new(403_007)),
            Some(false) => continue,
            None if !open => continue,
            _ => {}
        }
        let set = call.site.policies.get(*section);
        match (explicit, set) {
            (true, None) => {}
            (true, Some(set)) => _ = out.insert((*section).to_owned(), set.clone()),
            (false, set) => _ = out.insert((*section).to_owned(), effective(section, set)),
        }
    }
    let known = |name: &String| SECTIONS.iter().any(|it| it.eq_ignore_ascii_case(name));
    match wanted.iter().flatten().find(|name| !known(name)) {
        Some(stray) => Err(Refusal::because(400_006, format!("there is no section {}", brief(stray)))),
        None => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn policies_of_a_new_site() {
        let mut bench = Bench::new();
        let answer = bench.call("accounts.getPolicies", &[]);
        assert_eq!(
            answer["accountOptions"],
            json!({
                "verifyEmail": false, "verifyProviderEmail": false, "useCodeVerification": false,
                "allowUnverifiedLogin": false, "preventLoginIDHarvesting": false, "sendWelcomeEmail": false,
                "sendAccountDeletedEmail": false, "defaultLanguage": "en",
                "loginIdentifierConflict": "failOnSiteConflictingIdentity",
                "loginIdentifiers": "email, providerEmail",
            })
        );
        assert_eq!(answer["passwordComplexity"], json!({"minCharGroups": 0, "minLength": 6}));
        assert_eq!(answer["doubleOptIn"], json!({"nextURL": "", "confirmationLinkExpiration": 1_209_600}));
        let one = bench.call("accounts.getPolicies", &[("sections", "rba, security")]);
        assert!(one["rba"].is_object() && one["security"].is_object() && one.get("registration").is_none());
        assert_eq!(bench.code("accounts.getPolicies", &[("sections", "weather")]), 400_006);
        assert_eq!(bench.code("accounts.getPolicies", &[("include", "some")]), 400_006);
    }

    #[test]
    fn strangers_see_four_sections() {
        let mut bench = Bench::new();
        let answer = bench.client("accounts.getPolicies", &[]);
        assert!(answer["registration"].is_object() && answer.get("accountOptions").is_none());
        let open = [("sections", "security,passwordComplexity")];
        assert_eq!(bench.client("accounts.getPolicies", &open)["errorCode"], 0);
        let closed = [("sections", "accountOptions")];
        assert_eq!(bench.client("accounts.getPolicies", &closed)["errorCode"], 403_007);
    }
}
