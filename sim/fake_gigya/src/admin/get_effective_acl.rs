//! `admin.getEffectiveACL`.

use crate::admin::partner::{check_partner, user_key};
use crate::call::Call;
use crate::endpoints::{Access, ENDPOINTS, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use serde_json::json;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "admin.getEffectiveACL",
    summary: "Tells which methods a key may call: x for may, -x for may not.",
    evidence: Evidence::recorded("sap-customer-data-cloud-toolkit", "what_a_key_may"),
    access: Access::Partner,
    params: &["partnerID", "targetUserKey"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    check_partner(call, "partnerID")?;
    let of = call.params.get("targetUserKey").map_or_else(|| user_key(call), Ok)?;
    let here = call.site.keys.get(of).filter(|_| call.params.get("apiKey").is_some());
    let anywhere = || gigya.sites.values().find_map(|site| site.keys.get(of));
    let key = here.or_else(anywhere).ok_or_else(|| gigya.stranger(of))?;
    let mut api = json!({});
    for endpoint in ENDPOINTS {
        let Some((namespace, method)) = endpoint.name.split_once('.') else { continue };
        let perms = if key.may(endpoint.name) { "x" } else { "-x" };
        api[namespace][method] = json!({"_ace": {"perms": perms}});
    }
    Ok(Object::from_iter([("eACL".into(), json!({"_api": api}))]))
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_SECRET;
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn what_a_key_may() {
        let mut bench = Bench::seeded(&json!({"sites": [{"keys": [
            {"user_key": "Wide", "secret": DEFAULT_SECRET},
            {"user_key": "Narrow", "secret": DEFAULT_SECRET, "permissions": ["idx", "accounts.search"]},
        ]}]}));
        let mut acl = |of: &str| {
            let params = [
                ("userKey", "Wide"),
                ("secret", DEFAULT_SECRET),
                ("partnerID", "77000"),
                ("targetUserKey", of),
            ];
            body(&bench.send(post_to("https://admin.us1.gigya.com/admin.getEffectiveACL", &params)))
        };
        let perms = |answer: &serde_json::Value| {
            [("idx", "search"), ("accounts", "search"), ("accounts", "tfa.initTFA")]
                .map(|(space, name)| answer["eACL"]["_api"][space][name]["_ace"]["perms"].clone())
        };
        assert_eq!(perms(&acl("Wide")), ["x", "x", "x"]);
        assert_eq!(perms(&acl("Narrow")), ["x", "x", "-x"]);
        assert_eq!(acl("nobody")["errorCode"], 403_005);
    }
}
