//! `admin.setSiteConfig`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::site::Site;
use crate::trust::{is_label, trusted_entry};
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "admin.setSiteConfig",
    summary: "Changes the settings that are passed.",
    evidence: Evidence::documented("admin.setSiteConfig REST", "prefix_can_be_enabled_later"),
    access: Access::Private,
    params: &[
        "trustedSiteURLs",
        "customAPIDomainPrefix",
        "gigyaSettings",
        "description",
        "baseDomain",
        "trustedShareURLs",
        "tags",
        "captchaProvider",
        "invisibleRecaptcha",
        "recaptchaV2",
        "funCaptcha",
        "settings",
        "enableDataSharing",
        "isCDP",
        "siteGroupConfig",
    ],
    server_params: &[],
    run,
};

/// How many trusted addresses a site may have.
const MOST_URLS: usize = 1000;

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let own = gigya.sites.get(&call.site.api_key).cloned();
    let mut site = own.map_or_else(|| call.site.as_ref().clone(), |own| own.as_ref().clone());
    if let Some(urls) = call.params.json("trustedSiteURLs")? {
        site.trusted_site_urls = trusted(&urls)?;
    }
    let settings = call.params.object("gigyaSettings")?;
    let nested = settings.as_ref().and_then(|it| it.get("customAPIDomainPrefix")).and_then(Value::as_str);
    if let Some(prefix) = call.params.raw("customAPIDomainPrefix").or(nested) {
        let prefix = prefix.to_ascii_lowercase();
        if !prefix.is_empty() && !is_label(&prefix) {
            return Err(Refusal::because(
                400_006,
                "customAPIDomainPrefix must be one label of a domain name",
            ));
        }
        site.custom_api_domain_prefix = (!prefix.is_empty()).then_some(prefix);
    }
    if let Some(text) = call.params.raw("description") {
        site.description = text.to_owned();
    }
    if let Some(domain) = call.params.get("baseDomain") {
        site.base_domain = domain.to_owned();
    }
    group(gigya, call, &mut site)?;
    further(call, &mut site)?;
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

/// Addresses of pages that may call the site, each as it is kept.
fn trusted(urls: &Value) -> Result<Vec<String>, Refusal> {
    let list = urls.as_array().filter(|list| list.len() <= MOST_URLS);
    let list =
        list.ok_or_else(|| Refusal::because(400_006, "trustedSiteURLs must be a list of addresses"))?;
    let entry = |url: &Value| {
        let kept = url.as_str().and_then(trusted_entry);
        kept.ok_or_else(|| {
            let given = url.as_str().map_or_else(|| url.to_string(), str::to_owned);
            let rule = "an address is a host, *. before it or not, and a path that may end in *";
            Refusal::because(400_006, format!("trustedSiteURLs: `{}`: {rule}", brief(&given)))
        })
    };
    list.iter().map(entry).collect()
}

/// Single sign-on: the parent of a group has it or not, every site of it is in a segment.
fn group(gigya: &Gigya, call: &Call, site: &mut Site) -> Result<(), Refusal> {
    let Some(members) = call.params.object("siteGroupConfig")? else { return Ok(()) };
    let wrong = |details: &str| Refusal::because(400_006, details);
    match members.get("enableSSO") {
        None => {}
        Some(Value::Bool(_)) if site.parent.is_some() => {
            return Err(wrong("single sign-on is a setting of the group's parent"));
        }
        Some(Value::Bool(_)) if gigya.members_of(&site.api_key).is_empty() => {
            return Err(wrong("the site is the parent of no group"));
        }
        Some(Value::Bool(on)) => site.enable_sso = *on,
        Some(_) => return Err(wrong("enableSSO is a boolean")),
    }
    match members.get("SSOSegment") {
        None => Ok(()),
        Some(Value::String(segment)) if segment.chars().count() <= 100 => {
            segment.clone_into(&mut site.sso_segment);
            Ok(())
        }
        Some(_) => Err(wrong("SSOSegment is a text of at most 100 characters")),
    }
}

/// Settings that are kept and told, and that nothing here acts on.
fn further(call: &Call, site: &mut Site) -> Result<(), Refusal> {
    for name in ["trustedShareURLs", "tags"] {
        if let Some(list) = call.params.json(name)? {
            let texts = list
                .as_array()
                .is_some_and(|list| list.len() <= MOST_URLS && list.iter().all(Value::is_string));
            if !texts {
                return Err(Refusal::because(400_006, format!("{name} must be a list of texts")));
            }
            site.settings.insert(name.into(), list);
        }
    }
    for name in ["invisibleRecaptcha", "recaptchaV2", "funCaptcha", "settings"] {
        if let Some(members) = call.params.object(name)? {
            let slot = site.settings.entry(name).or_insert_with(|| Object::new().into());
            if let Some(known) = slot.as_object_mut() {
                known.extend(members);
            }
        }
    }
    for name in ["enableDataSharing", "isCDP"] {
        if let Some(flag) = call.params.flag(name)? {
            site.settings.insert(name.into(), flag.into());
        }
    }
    match call.params.get("captchaProvider") {
        None => Ok(()),
        Some(provider) if ["Google", "FunCaptcha"].contains(&provider) => {
            site.settings.insert("captchaProvider".into(), provider.into());
            Ok(())
        }
        Some(_) => Err(Refusal::because(400_006, "captchaProvider takes Google and FunCaptcha")),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn prefix_can_be_enabled_later() {
        let mut bench = Bench::new();
        let params = [("customAPIDomainPrefix", "login"), ("trustedSiteURLs", r#"["*.other.example/*"]"#)];
        assert_eq!(bench.code("admin.setSiteConfig", &params), 0);
        let answer = bench.call("admin.getSiteConfig", &[]);
        assert_eq!(answer["customAPIDomainPrefix"], "login");
        assert_eq!(answer["trustedSiteURLs"], json!(["*.other.example/*"]));
        for prefix in ["a.b", "-a", "a-", "a_b", "*", &"x".repeat(64)] {
            let params = [("customAPIDomainPrefix", prefix)];
            assert_eq!(bench.code("admin.setSiteConfig", &params), 400_006, "{prefix}");
        }
        for urls in ["[1]", "{}", r#"["*/*"]"#, r#"["brand.example/*", "any text"]"#, r#"[""]"#] {
            assert_eq!(bench.code("admin.setSiteConfig", &[("trustedSiteURLs", urls)]), 400_006, "{urls}");
        }
        let answer = bench.call("admin.setSiteConfig", &[("trustedSiteURLs", r#"["www.*.be/*"]"#)]);
        assert_eq!(
            answer["errorDetails"],
            "trustedSiteURLs: `www.*.be/*`: an address is a host, *. before it or not, and a path that may end in *"
        );
        let params =
            [("customAPIDomainPrefix", "ID-1"), ("trustedSiteURLs", r#"["*.Other.Example/Shop/*"]"#)];
        assert_eq!(bench.code("admin.setSiteConfig", &params), 0, "names of hosts have no case");
        let answer = bench.call("admin.getSiteConfig", &[]);
        assert_eq!(answer["customAPIDomainPrefix"], "id-1");
        assert_eq!(answer["trustedSiteURLs"], json!(["*.other.example/Shop/*"]));
        assert_eq!(bench.code("admin.setSiteConfig", &[("customAPIDomainPrefix", "")]), 0);
        assert_eq!(bench.call("admin.getSiteConfig", &[]).get("customAPIDomainPrefix"), None);
    }

    #[test]
    fn a_group_has_single_sign_on_or_not() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"api_key": "3_parent"}, {"api_key": "3_child", "parent": "3_parent"}, {"api_key": "3_alone"},
        ]}));
        for (site, config, expected) in [
            ("3_parent", r#"{"enableSSO":true}"#, 0),
            ("3_child", r#"{"SSOSegment":"shops"}"#, 0),
            ("3_child", r#"{"enableSSO":true}"#, 400_006),
            ("3_alone", r#"{"enableSSO":true}"#, 400_006),
            ("3_parent", r#"{"enableSSO":"yes"}"#, 400_006),
            ("3_child", r#"{"SSOSegment":1}"#, 400_006),
        ] {
            let params = [("apiKey", site), ("siteGroupConfig", config)];
            assert_eq!(bench.code("admin.setSiteConfig", &params), expected, "{site} {config}");
        }
        let params = [("apiKey", "3_child"), ("includeSiteGroupConfig", "true")];
        let group = json!({"members": ["3_child"], "enableSSO": true, "SSOSegment": "shops"});
        assert_eq!(bench.call("admin.getSiteConfig", &params)["siteGroupConfig"], group);
    }

    #[test]
    fn other_settings_are_kept() {
        let mut bench = Bench::new();
        let params = [
            ("tags", r#"["brand"]"#),
            ("captchaProvider", "FunCaptcha"),
            ("settings", r#"{"CNAME":"login.brand.example"}"#),
            ("isCDP", "true"),
        ];
        assert_eq!(bench.code("admin.setSiteConfig", &params), 0);
        let answer = bench.call("admin.getSiteConfig", &[]);
        assert_eq!(
            (&answer["tags"], &answer["captchaProvider"], &answer["isCDP"]),
            (&json!(["brand"]), &json!("FunCaptcha"), &json!(true))
        );
        assert_eq!(
            answer["settings"],
            json!({"CNAME": "login.brand.example", "shortURLDomain": "", "shortURLRedirMethod": "js", "encryptPII": true})
        );
        for (name, value) in
            [("tags", "[1]"), ("captchaProvider", "Me"), ("isCDP", "maybe"), ("settings", "[]")]
        {
            assert_eq!(bench.code("admin.setSiteConfig", &[(name, value)]), 400_006, "{name}={value}");
        }
    }
}
