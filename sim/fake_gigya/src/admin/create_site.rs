//! `admin.createSite`.

use crate::admin::partner::{check_partner, user_key};
use crate::call::{Call, is_data_center};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::site::Site;
use imbl::OrdMap;
use standin_model::Evidence;
use std::sync::Arc;

/// How many sites there may be.
const MOST_SITES: usize = 1_000;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "admin.createSite",
    summary: "Makes a site with the platform's defaults, to which the caller's key has access.",
    evidence: Evidence::recorded("sap-customer-data-cloud-toolkit", "a_site_is_made"),
    access: Access::Partner,
    params: &["partnerID", "baseDomain", "description", "dataCenter"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    check_partner(call, "partnerID")?;
    let base_domain = call.need("baseDomain")?.to_owned();
    let data_center = call.params.get("dataCenter").unwrap_or(&call.site.data_center).to_lowercase();
    if !is_data_center(&data_center) {
        return Err(Refusal::because(500_001, "Datacenter is invalid"));
    }
    if gigya.sites.len() >= MOST_SITES {
        return Err(Refusal::new(400_124));
    }
    let user_key = user_key(call)?;
    let key = call.site.keys.get(user_key).cloned().ok_or_else(|| Refusal::new(403_005))?;
    let api_key = format!("3_{}", gigya.ids.token(64));
    let last = gigya.sites.values().map(|site| site.site_id).max().unwrap_or_default();
    let site = Site {
        site_id: last + 1,
        data_center,
        trusted_site_urls: vec![format!("{base_domain}/*"), format!("*.{base_domain}/*")],
        base_domain,
        description: call.params.get("description").unwrap_or_default().to_owned(),
        partner_secret: call.site.partner_secret.clone(),
        keys: OrdMap::unit(user_key.to_owned(), key),
        first_key: user_key.to_owned(),
        ..Site::new(&api_key)
    };
    gigya.sites.insert(api_key.clone(), Arc::new(site));
    Ok(Object::from_iter([("apiKey".into(), api_key.into())]))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{DEFAULT_SECRET, DEFAULT_USER_KEY};
    use serde_json::{Value, json};

    /// A call of a server that names no site.
    fn call(bench: &mut Bench, method: &str, params: &[(&str, &str)]) -> Value {
        let mut all = vec![("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
        all.extend(params);
        body(&bench.send(post_to(&format!("https://admin.us1.gigya.com/{method}"), &all)))
    }

    #[test]
    fn a_site_is_made() {
        let mut bench = Bench::new();
        let partner = ("partnerID", "77000");
        let domain = ("baseDomain", "new.example");
        for (params, code, details) in [
            (vec![domain], 400_002, "Missing required parameter : partnerID"),
            (vec![partner], 400_002, "Missing required parameter : baseDomain"),
            (vec![partner, domain, ("dataCenter", "mars1")], 500_001, "Datacenter is invalid"),
            (vec![("partnerID", "1"), domain], 403_036, "Unauthorized partner"),
            (vec![partner, domain, ("secret", "d3Jvbmc=")], 403_010, "Invalid parameter: secret"),
            (vec![partner, domain, ("userKey", "nobody")], 403_005, "The supplied userkey was not found"),
        ] {
            let answer = call(&mut bench, "admin.createSite", &params);
            assert_eq!((&answer["errorCode"], &answer["errorDetails"]), (&json!(code), &json!(details)));
        }
        let made = call(&mut bench, "admin.createSite", &[partner, domain, ("dataCenter", "au1")]);
        let api_key = made["apiKey"].as_str().unwrap().to_owned();
        assert!(api_key.starts_with("3_") && api_key.len() == 66, "{api_key}");
        let config = call(&mut bench, "admin.getSiteConfig", &[("apiKey", &api_key)]);
        assert_eq!(config["errorCode"], 301_001, "it lives in its own data centre");
        let server =
            [("apiKey", api_key.as_str()), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
        let config = body(&bench.send(post_to("https://admin.au1.gigya.com/admin.getSiteConfig", &server)));
        assert_eq!(
            (&config["baseDomain"], &config["dataCenter"], &config["trustedSiteURLs"]),
            (&json!("new.example"), &json!("au1"), &json!(["new.example/*", "*.new.example/*"]))
        );
        let sites = call(&mut bench, "admin.getUserSites", &[]);
        assert_eq!(sites["sites"][0]["sites"].as_array().unwrap().len(), 2);
    }
}
