//! `admin.getUserSites`.

use crate::admin::partner::{PARTNER_ID, check_partner, user_key};
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use serde_json::{Value, json};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "admin.getUserSites",
    summary: "Lists the sites to which a key has access, by partner.",
    evidence: Evidence::recorded("sap-customer-data-cloud-toolkit", "sites_of_a_key"),
    access: Access::Partner,
    params: &["targetPartnerID", "targetUserKey"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    if call.params.get("targetPartnerID").is_some() {
        check_partner(call, "targetPartnerID")?;
    }
    let of = call.params.get("targetUserKey").map_or_else(|| user_key(call), Ok)?;
    let mut known: Vec<_> = gigya.sites.values().filter(|site| site.keys.contains_key(of)).collect();
    if known.is_empty() {
        return Err(gigya.stranger(of));
    }
    known.sort_by_key(|site| site.site_id);
    let shown = |site: &&std::sync::Arc<crate::site::Site>| {
        json!({
            "siteID": site.site_id,
            "apiKey": site.api_key,
            "baseDomain": site.base_domain,
            "description": site.description,
            "dataCenter": site.data_center,
        })
    };
    let sites: Vec<Value> = known.iter().map(shown).collect();
    let partners = json!([{"partnerID": PARTNER_ID, "sites": sites}]);
    Ok(Object::from_iter([("sites".into(), partners)]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY};
    use serde_json::json;

    #[test]
    fn sites_of_a_key() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"api_key": DEFAULT_API_KEY},
            {"api_key": "3_other", "keys": [{"user_key": "Other", "secret": DEFAULT_SECRET}]},
        ]}));
        let mut keys = |user_key: &str, params: &[(&str, &str)]| {
            let mut all = vec![("userKey", user_key), ("secret", DEFAULT_SECRET)];
            all.extend(params);
            let answer = body(&bench.send(post_to("https://admin.us1.gigya.com/admin.getUserSites", &all)));
            let sites = answer["sites"][0]["sites"].as_array().cloned().unwrap_or_default();
            let keys: Vec<String> =
                sites.iter().map(|it| it["apiKey"].as_str().unwrap().to_owned()).collect();
            (answer["errorCode"].as_u64().unwrap(), keys)
        };
        assert_eq!(keys(DEFAULT_USER_KEY, &[]), (0, vec![DEFAULT_API_KEY.to_owned()]));
        assert_eq!(keys(DEFAULT_USER_KEY, &[("targetUserKey", "Other")]), (0, vec!["3_other".to_owned()]));
        assert_eq!(keys("Other", &[("targetPartnerID", "77000")]), (0, vec!["3_other".to_owned()]));
        assert_eq!(keys("Other", &[("targetPartnerID", "1")]), (403_036, vec![]));
        assert_eq!(keys("Other", &[("targetUserKey", "nobody")]), (403_005, vec![]));
    }
}
