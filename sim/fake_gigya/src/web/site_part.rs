//! What gigya.js is told about its site.

use crate::call::{api_domain, data_center_of};
use crate::envelope::Object;
use crate::gigya::Gigya;
use crate::params::Params;
use crate::sdk::config_get::base_domains;
use crate::site::Site;
use serde_json::{Value, json};
use standin_fake_kit::asset::in_script;
use standin_ports::Request;
use std::sync::Arc;

/// The build that the script says it is.
const BUILD: u32 = 15_000;

/// The object that stands behind the generic part, as JavaScript. A key that no site has gets one, too: the
/// script loads, and its calls are refused.
pub(super) fn of(gigya: &Gigya, request: &Request, params: &Params) -> String {
    let key = params.get("apiKey").unwrap_or_default();
    let found = gigya.sites.get(key).map(|site| gigya.in_its_group(site));
    let site = found.unwrap_or_else(|| Arc::new(stranger(key, request)));
    in_script(&told(gigya, &site))
}

fn stranger(key: &str, request: &Request) -> Site {
    let host = standin_ports::http::host_of(request);
    let data_center = data_center_of(&host).unwrap_or("us1").to_owned();
    Site { data_center, trusted_site_urls: Vec::new(), ..Site::new(key) }
}

fn told(gigya: &Gigya, site: &Site) -> Value {
    let group = site.parent.as_ref().and_then(|key| gigya.sites.get(key)).map_or(site, |parent| parent);
    let mut settings = json!({
        "authMode": "cookie",
        "captchaProvider": "Google",
        "baseDomains": base_domains(site).join(","),
        "gmidTicketExpiration": 3600,
        "globalConf": site.settings.get("globalConf").cloned().unwrap_or_else(|| json!({})),
        "siteGroupGlobalConf": {},
        "plugins": plugins(site),
    });
    if let Some(prefix) = &site.custom_api_domain_prefix {
        settings["customAPIDomainPrefix"] = prefix.as_str().into();
    }
    if group.enable_sso {
        settings["ssoKey"] = group.api_key.as_str().into();
        settings["ssoSegment"] = site.sso_segment.as_str().into();
    }
    if group.enable_sso
        && let Some(url) = site.settings.get("logoutURL")
    {
        settings["ssoLogoutUrl"] = url.clone();
    }
    json!({
        "apiKey": site.api_key,
        "defaultApiDomain": "gigya.com",
        "dataCenter": site.data_center,
        "build": {"number": BUILD, "version": "latest"},
        "gmidVersion": "ver4",
        "partnerSettings": settings,
        "providersConfig": {},
        "samlConfig": {},
        "canary": null,
        "errorReport": null,
        "defaultEventMaps": [],
    })
}

/// The policies that are settings of the script.
fn plugins(site: &Site) -> Object {
    let names = [
        "connectWithoutLoginBehavior",
        "defaultRegScreenSet",
        "defaultMobileRegScreenSet",
        "sessionExpiration",
        "rememberSessionExpiration",
    ];
    let set = |name: &str| Some((name.to_owned(), site.policy("gigyaPlugins", &[name])?.clone()));
    let mut out: Object = names.into_iter().filter_map(set).collect();
    out.insert("apiDomain".into(), api_domain(&site.data_center).into());
    out
}
