//! What the stage may see of the sites without asking by API.

use crate::Gigya;
use crate::sdk::config_get::base_domains;
use crate::sessions::Session;
use crate::site::Site;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::Secret;

impl Gigya {
    /// The API key of the first site.
    pub fn first_site(&self) -> String {
        self.first_site.clone()
    }

    /// Whether there is a site with this API key.
    pub fn has_site(&self, api_key: &str) -> bool {
        self.sites.contains_key(api_key)
    }

    /// The first user key of a site, its secret, and the data centre.
    pub fn site_access(&self, api_key: &str) -> Option<(String, Secret, String)> {
        let site = self.sites.get(api_key)?;
        let key = site.keys.get(&site.first_key)?;
        Some((site.first_key.clone(), key.secret.clone(), site.data_center.clone()))
    }

    /// The sessions that browsers have, by whose they are; their tokens are secrets.
    pub fn sessions(&self, now: Instant) -> Vec<Value> {
        let told = |session: &Session| {
            let ends = session.ends.filter(|_| !session.dynamic).map(|ends| ends.to_string());
            json!({"UID": session.uid, "apiKey": session.api_key, "ends": ends, "dynamic": session.dynamic})
        };
        self.sessions.alive(now).map(told).collect()
    }

    /// The partner secret of a site.
    pub fn partner_secret(&self, api_key: &str) -> Option<Secret> {
        self.sites.get(api_key).map(|site| site.partner_secret.clone())
    }

    /// Whether a site trusts the page at an absolute address.
    pub fn trusts(&self, api_key: &str, url: &str) -> bool {
        self.sites.get(api_key).is_some_and(|site| site.trusts(url))
    }

    /// The domain under which a page's server keeps the cookies of a site: a trusted domain above the page's
    /// host, or the host itself.
    pub fn cookie_domain<'h>(&self, api_key: &str, host: &'h str) -> &'h str {
        let domains = self.sites.get(api_key).map(|site| plain_domains(site)).unwrap_or_default();
        let above = |domain: &String| {
            let head =
                host.strip_suffix(domain.as_str()).is_some_and(|head| head.is_empty() || head.ends_with('.'));
            head.then(|| &host[host.len() - domain.len()..])
        };
        domains.iter().find_map(above).unwrap_or(host)
    }

    /// Whether a host is the Custom API Domain Prefix of a site before one of its domains: only there the name
    /// leads anywhere.
    pub fn is_custom_api_domain(&self, host: &str) -> bool {
        let leads = |site: &Site| {
            let prefix = site.custom_api_domain_prefix.as_deref()?;
            let domain = host.strip_prefix(prefix)?.strip_prefix('.')?;
            let bare = |url: &String| crate::sdk::config_get::host(url).trim_start_matches("*.") == domain;
            Some(site.base_domain == domain || site.trusted_site_urls.iter().any(bare))
        };
        self.sites.values().any(|site| leads(site).unwrap_or(false))
    }

    /// The Custom API Domain Prefixes that are enabled, with no site twice.
    pub fn custom_api_domain_prefixes(&self) -> Vec<String> {
        self.sites.values().filter_map(|site| site.custom_api_domain_prefix.clone()).collect()
    }
}

/// The domains of a site that are trusted themselves and not only what is below them.
fn plain_domains(site: &Site) -> Vec<String> {
    base_domains(site).into_iter().filter(|domain| !domain.starts_with('*')).collect()
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::Bench;
    use serde_json::json;

    fn bench() -> Bench {
        Bench::seeded(&json!({"sites": [{
            "api_key": DEFAULT_API_KEY, "base_domain": "brand.example", "custom_api_domain_prefix": "login",
            "trusted_site_urls": ["*.brand.example/*", "brand.example/*", "*.qualifioapp.com/*", "shop.example/x/*"],
        }]}))
    }

    #[test]
    fn sessions_are_shown_without_their_tokens() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}]}));
        for expiration in ["0", "60", "-1"] {
            let params =
                [("loginID", "ann@example.org"), ("password", "secret1"), ("sessionExpiration", expiration)];
            assert_eq!(bench.client("accounts.login", &params)["errorCode"], 0);
        }
        let shown = |bench: &Bench| {
            let mut shown: Vec<String> =
                bench.gigya.sessions(bench.now).iter().map(ToString::to_string).collect();
            shown.sort();
            shown
        };
        let of_ann = |ends: &str, dynamic: bool| {
            format!(r#"{{"UID":"ann","apiKey":"{DEFAULT_API_KEY}","ends":{ends},"dynamic":{dynamic}}}"#)
        };
        let all =
            [of_ann("\"2026-01-05T08:01:00.000Z\"", false), of_ann("null", false), of_ann("null", true)];
        assert_eq!(shown(&bench), all);
        bench.wait(60_000);
        assert_eq!(shown(&bench), all[1..]);
    }

    #[test]
    fn where_servers_keep_cookies() {
        for (host, expected) in [
            ("www.brand.example", "brand.example"),
            ("brand.example", "brand.example"),
            ("notbrand.example", "notbrand.example"),
            ("a.b.shop.example", "shop.example"),
            ("acme.qualifioapp.com", "acme.qualifioapp.com"),
        ] {
            assert_eq!(bench().gigya.cookie_domain(DEFAULT_API_KEY, host), expected, "{host}");
        }
    }

    #[test]
    fn a_prefix_leads_to_gigya_before_domains_of_its_site_only() {
        for (host, expected) in [
            ("login.brand.example", true),
            ("login.shop.example", true),
            ("login.www.brand.example", false),
            ("login.evil.example", false),
            ("xlogin.brand.example", false),
            ("login", false),
            ("brand.example", false),
        ] {
            assert_eq!(bench().gigya.is_custom_api_domain(host), expected, "{host}");
        }
    }
}
