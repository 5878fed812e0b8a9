//! `admin.getSiteConfig`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use serde_json::json;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "admin.getSiteConfig",
    summary: "Tells a site's settings: data centre, trusted addresses, the prefix of its own API domain.",
    evidence: Evidence::recorded(
        "admin.getSiteConfig REST; fixtures of sap-customer-data-cloud-toolkit",
        "site_configuration",
    ),
    access: Access::Private,
    params: &[
        "includeServices",
        "includeSiteGroupConfig",
        "includeSiteID",
        "includeGigyaSettings",
        "includeGlobalConf",
        "explicitSiteConfig",
    ],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let mut config: Object = call.site.config();
    if call.params.flag("includeServices")?.unwrap_or(false) {
        config.insert("services".into(), json!({}));
    }
    if call.params.flag("includeSiteGroupConfig")?.unwrap_or(false) {
        let group = gigya.sites.get(call.site.home()).unwrap_or(&call.site);
        let mut of_group =
            json!({"members": gigya.members_of(call.site.home()), "enableSSO": group.enable_sso});
        if !call.site.sso_segment.is_empty() {
            of_group["SSOSegment"] = call.site.sso_segment.as_str().into();
        }
        config.insert("siteGroupConfig".into(), of_group);
    }
    if call.params.flag("includeGlobalConf")?.unwrap_or(false) {
        config.insert("globalConf".into(), json!(""));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn site_configuration() {
        let mut bench = Bench::new();
        let answer = bench.call("admin.getSiteConfig", &[]);
        assert_eq!((&answer["dataCenter"], &answer["baseDomain"]), (&json!("eu1"), &json!("brand.example")));
        assert_eq!(
            answer["trustedSiteURLs"],
            json!(["*.brand.example/*", "*.qualifioapp.com/*", "brand.example/*"])
        );
        assert_eq!(answer.get("customAPIDomainPrefix"), None);
        let mut bench = Bench::seeded(&json!({"sites": [{"custom_api_domain_prefix": "login"}]}));
        let answer = bench.call("admin.getSiteConfig", &[]);
        assert_eq!(answer["customAPIDomainPrefix"], "login");
        assert_eq!(answer["gigyaSettings"]["customAPIDomainPrefix"], "login");
    }
}
