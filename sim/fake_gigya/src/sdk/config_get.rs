//! `sdk.config.get`.

use crate::call::{Call, api_domain};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use crate::machines::TICKET_LASTS;
use crate::policies;
use crate::site::Site;
use serde_json::{Value, json};
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "sdk.config.get",
    summary: "Tells the Web SDK how a site is set: its domains, its group, its plug-ins.",
    evidence: Evidence::recorded("captured traffic of the Web SDK", "a_page_learns_how_its_site_is_set"),
    access: Access::Open,
    params: &["version", "build"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let site = &call.site;
    let group = gigya.sites.get(site.home()).cloned().filter(|parent| parent.enable_sso);
    let mut api = json!({
        "baseDomains": base_domains(site),
        "gmidTicketExpiration": TICKET_LASTS.as_secs(),
    });
    if let Some(prefix) = &site.custom_api_domain_prefix {
        api["customAPIDomainPrefix"] = prefix.as_str().into();
    }
    if let Some(group) = &group {
        api["ssoKey"] = group.api_key.as_str().into();
    }
    let mut plugins = policies::effective("gigyaPlugins", site.policies.get("gigyaPlugins"));
    plugins["apiDomain"] = api_domain(&site.data_center).into();
    let mut out = Object::new();
    out.insert("flags".into(), flags(gigya.knobs.text("gigya.sdk_flags")).into());
    out.insert("toggles".into(), json!({}));
    out.insert("plugins".into(), plugins);
    out.insert("api".into(), api);
    out.insert(
        "sso".into(),
        json!({"validDomains": valid_domains(gigya, site), "logoutURLs": logout_urls(gigya, site)}),
    );
    out.insert("hostedPagesDomain".into(), "".into());
    out.insert("hasConsentLicense".into(), (!site.consents.is_empty()).into());
    Ok(out)
}

/// Switches by name: `a,-b` has a on and b off.
fn flags(written: &str) -> Object {
    let words = written.split(',').map(str::trim).filter(|word| !word.is_empty());
    let switch = |word: &str| match word.strip_prefix('-') {
        Some(name) => (name.to_owned(), false.into()),
        None => (word.to_owned(), true.into()),
    };
    words.map(switch).collect()
}

/// The sites that share sessions with a site, itself among them, by API key.
fn circle<'g>(gigya: &'g Gigya, site: &'g Site) -> impl Iterator<Item = &'g Arc<Site>> {
    let shared = gigya.sites.get(site.home()).is_some_and(|parent| parent.enable_sso);
    gigya.sites.values().filter(move |other| match shared {
        true => other.home() == site.home() && other.sso_segment == site.sso_segment,
        false => other.api_key == site.api_key,
    })
}

/// The domains whose pages may ask the group for its session: each is meant with all below it.
pub(crate) fn valid_domains(gigya: &Gigya, site: &Site) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for domain in circle(gigya, site).flat_map(|it| base_domains(it)) {
        let bare = domain.trim_start_matches("*.").to_owned();
        if !out.contains(&bare) {
            out.push(bare);
        }
    }
    out
}

/// Where each site that shares sessions has people logged out.
pub(crate) fn logout_urls(gigya: &Gigya, site: &Site) -> Object {
    let url = |it: &Arc<Site>| Some((it.api_key.clone(), it.settings.get("logoutURL")?.clone()));
    circle(gigya, site).filter_map(url).collect::<serde_json::Map<String, Value>>()
}

/// The hosts of the trusted addresses, once each. `*.d` is left out beside `d`, which the Web SDK takes for all
/// that is below it, too.
pub(crate) fn base_domains(site: &Site) -> Vec<String> {
    let hosts: Vec<String> = site.trusted_site_urls.iter().map(|url| host(url)).collect();
    let mut out: Vec<String> = Vec::new();
    for host in &hosts {
        let covered = host.strip_prefix("*.").is_some_and(|bare| hosts.iter().any(|it| it == bare));
        if !host.is_empty() && !covered && !out.contains(host) {
            out.push(host.clone());
        }
    }
    out
}

/// The host of an entry of the trusted addresses.
pub(crate) fn host(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use bytes::Bytes;
    use serde_json::{Value, json};

    fn config(bench: &mut Bench, api_key: &str) -> (u16, Value) {
        let url = format!("https://cdns.eu1.gigya.com/sdk.config.get?apiKey={api_key}&httpStatusCodes=true");
        let request = http::Request::get(url).header("origin", "https://anywhere.example");
        let response = bench.send(request.body(Bytes::new()).unwrap());
        (response.status().as_u16(), body(&response))
    }

    #[test]
    fn a_page_learns_how_its_site_is_set() {
        let mut bench = Bench::seeded(&json!({"sites": [{
            "api_key": DEFAULT_API_KEY, "custom_api_domain_prefix": "login",
            "trusted_site_urls": ["*.brand.example/*", "brand.example/*", "*.Shop.example/*", "https://x.example:81/y"],
            "policies": {"gigyaPlugins": {"sessionExpiration": 3600}},
        }]}));
        let (status, told) = config(&mut bench, DEFAULT_API_KEY);
        assert_eq!((status, &told["statusCode"], &told["errorCode"]), (200, &json!(200), &json!(0)));
        assert_eq!(
            told["api"],
            json!({"baseDomains": ["brand.example", "*.shop.example", "x.example"],
                "gmidTicketExpiration": 3600, "customAPIDomainPrefix": "login"})
        );
        assert_eq!(told["plugins"]["sessionExpiration"], 3600);
        assert_eq!(told["plugins"]["defaultRegScreenSet"], "Default-RegistrationLogin");
        assert_eq!((&told["flags"], &told["toggles"]), (&json!({}), &json!({})));
        assert_eq!(told["hasConsentLicense"], false);
        let (status, told) = config(&mut bench, "3_nobody");
        assert_eq!((status, &told["errorCode"]), (400, &json!(400_093)));
    }

    #[test]
    fn a_site_has_switches_of_the_sdk() {
        let mut bench = Bench::new();
        bench.knob("gigya.sdk_flags", "updateAccountInfoAsync, -setProviderFromResponse,");
        let (_, told) = config(&mut bench, DEFAULT_API_KEY);
        assert_eq!(told["flags"], json!({"updateAccountInfoAsync": true, "setProviderFromResponse": false}));
    }

    #[test]
    fn a_group_has_one_key_and_the_domains_of_all() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"api_key": DEFAULT_API_KEY, "enable_sso": true, "base_domain": "group.example"},
            {"api_key": "3_one", "parent": DEFAULT_API_KEY, "base_domain": "one.example",
                "logout_url": "https://www.one.example/logout"},
            {"api_key": "3_two", "parent": DEFAULT_API_KEY, "base_domain": "two.example", "sso_segment": "b"},
        ]}));
        let (_, one) = config(&mut bench, "3_one");
        assert_eq!(one["api"]["ssoKey"], DEFAULT_API_KEY);
        assert_eq!(
            one["sso"],
            json!({
                "validDomains": ["qualifioapp.com", "group.example", "one.example"],
                "logoutURLs": {"3_one": "https://www.one.example/logout"},
            })
        );
        let (_, two) = config(&mut bench, "3_two");
        assert_eq!(two["sso"]["validDomains"], json!(["qualifioapp.com", "two.example"]));
    }
}
