//! What the stage may see of the sites without asking by API.

use crate::Gigya;
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

    /// The partner secret of a site.
    pub fn partner_secret(&self, api_key: &str) -> Option<Secret> {
        self.sites.get(api_key).map(|site| site.partner_secret.clone())
    }

    /// The Custom API Domain Prefixes that are enabled, with no site twice.
    pub fn custom_api_domain_prefixes(&self) -> Vec<String> {
        self.sites.values().filter_map(|site| site.custom_api_domain_prefix.clone()).collect()
    }
}
