//! A site: its data centre, settings, policies, schemas and keys.

use crate::communications::Communications;
use crate::consent::Consent;
use crate::envelope::Object;
use crate::jwt::PublicKey;
use crate::policies;
use crate::profile_schema::profile_schema;
use crate::schema::Schema;
use crate::screen_sets::ScreenSet;
use crate::subscriptions::Subscription;
use crate::webhooks::Webhook;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_ports::Secret;
use std::sync::Arc;

/// The default site's key.
pub const DEFAULT_API_KEY: &str = "3_StandinBrandSiteKey_0123456789abcdefghijklmnopqrstuvwxyzABCDEF-X";
/// The default application key.
pub const DEFAULT_USER_KEY: &str = "AStandinUserKey";
/// The secret of [`DEFAULT_USER_KEY`], Base64.
pub const DEFAULT_SECRET: &str = "c3RhbmRpbi1hcHBsaWNhdGlvbi1zZWNyZXQtMDAwMQ==";
/// The partner secret of the default site, Base64.
pub const DEFAULT_PARTNER_SECRET: &str = "c3RhbmRpbi1wYXJ0bmVyLXNlY3JldC0wMDAwMDAwMQ==";

/// The policies that a child of a group may set itself; no names are all of a section.
const CHILD_POLICIES: &[(&str, &[&str])] = &[
    ("accountOptions", &["verifyEmail", "verifyProviderEmail"]),
    ("registration", &["requireCaptcha"]),
    ("emailVerification", &[]),
    ("emailNotifications", &[]),
    ("passwordReset", &[]),
];

/// One site.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) api_key: String,
    pub(crate) site_id: u64,
    pub(crate) data_center: String,
    pub(crate) base_domain: String,
    pub(crate) description: String,
    pub(crate) custom_api_domain_prefix: Option<String>,
    pub(crate) trusted_site_urls: Vec<String>,
    pub(crate) partner_secret: Secret,
    /// The parent of the group that the site is a child of.
    pub(crate) parent: Option<String>,
    /// Whether the sites of the group that this site is the parent of share sessions.
    pub(crate) enable_sso: bool,
    /// Which sites of the group share sessions with this one.
    pub(crate) sso_segment: String,
    /// Where the sites of the group that this site is the parent of send people to log in.
    pub(crate) central_login_page: Option<String>,
    /// What was set one by one; the rest are the platform's defaults.
    pub(crate) policies: Object,
    pub(crate) profile_schema: Schema,
    pub(crate) data_schema: Schema,
    pub(crate) internal_schema: Schema,
    pub(crate) addresses_schema: Schema,
    /// What the schema says about subscriptions, by id.
    pub(crate) subscriptions: OrdMap<String, Subscription>,
    /// Consent statements by id.
    pub(crate) consents: OrdMap<String, Consent>,
    pub(crate) communications: Communications,
    /// Screen-sets that were changed, by id; `None` for a standard one that was deleted.
    pub(crate) screen_sets: OrdMap<String, Option<Arc<ScreenSet>>>,
    pub(crate) webhooks: OrdMap<String, Arc<Webhook>>,
    /// Settings of admin.setSiteConfig that nothing here acts on.
    pub(crate) settings: Object,
    pub(crate) keys: OrdMap<String, Key>,
    /// The key that the platform uses for its own calls.
    pub(crate) first_key: String,
}

/// A user or application key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Empty where the key signs with a private key instead.
    pub(crate) secret: Secret,
    pub(crate) public: Option<PublicKey>,
    /// Methods or namespaces that it may call; `None` is everything.
    pub(crate) permissions: Option<Vec<String>>,
}

impl Key {
    /// Whether the key may call `method`: it has no list, or the list has `*`, the namespace or the method.
    pub(crate) fn may(&self, method: &str) -> bool {
        let namespace = method.split('.').next().unwrap_or_default();
        let fits = |entry: &String| {
            let entry = entry.strip_suffix(".*").unwrap_or(entry);
            entry == "*" || entry.eq_ignore_ascii_case(namespace) || entry.eq_ignore_ascii_case(method)
        };
        self.permissions.as_ref().is_none_or(|list| list.iter().any(fits))
    }
}

impl Site {
    /// A site with the default settings and key.
    pub(crate) fn new(api_key: &str) -> Self {
        let key = Key { secret: Secret::new(DEFAULT_SECRET), public: None, permissions: None };
        Self {
            api_key: api_key.to_owned(),
            site_id: 7_700_001,
            data_center: "eu1".into(),
            base_domain: "brand.example".into(),
            description: String::new(),
            custom_api_domain_prefix: None,
            trusted_site_urls: trusted_by_default("brand.example"),
            partner_secret: Secret::new(DEFAULT_PARTNER_SECRET),
            parent: None,
            enable_sso: false,
            sso_segment: String::new(),
            central_login_page: None,
            policies: Object::new(),
            profile_schema: profile_schema(),
            data_schema: Schema::open(),
            internal_schema: Schema::open(),
            addresses_schema: Schema::open(),
            subscriptions: OrdMap::new(),
            consents: OrdMap::new(),
            communications: Communications::default(),
            screen_sets: OrdMap::new(),
            webhooks: OrdMap::new(),
            settings: Object::new(),
            keys: OrdMap::unit(DEFAULT_USER_KEY.to_owned(), key),
            first_key: DEFAULT_USER_KEY.into(),
        }
    }

    /// The site whose accounts this site has.
    pub(crate) fn home(&self) -> &str {
        self.parent.as_deref().unwrap_or(&self.api_key)
    }

    /// A child as it works in its group: users, schemas and policies are the parent's, but for the policies
    /// that a child sets itself. What a child requires is required there alone.
    pub(crate) fn within(&self, parent: &Self) -> Self {
        let mut out = self.clone();
        out.policies = parent.policies.clone();
        for (section, names) in CHILD_POLICIES {
            let Some(Value::Object(own)) = self.policies.get(*section) else { continue };
            let Value::Object(into) = out.policies.entry(*section).or_insert_with(|| json!({})) else {
                continue;
            };
            let may = |name: &str| names.is_empty() || names.contains(&name);
            into.extend(
                own.iter().filter(|(name, _)| may(name)).map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        out.profile_schema = parent.profile_schema.requiring(&self.profile_schema);
        out.data_schema = parent.data_schema.requiring(&self.data_schema);
        out.subscriptions = parent.subscriptions.clone();
        out.consents = parent.consents.clone();
        out.communications = parent.communications.clone();
        for (name, key) in &parent.keys {
            out.keys.entry(name.clone()).or_insert_with(|| key.clone());
        }
        out
    }

    /// What was set, or else the platform's default.
    pub(crate) fn policy<'s>(&'s self, section: &str, path: &[&str]) -> Option<&'s Value> {
        let from =
            |policies: Option<&'s Value>| path.iter().try_fold(policies?, |value, name| value.get(name));
        from(self.policies.get(section)).or_else(|| from(policies::defaults().get(section)))
    }

    pub(crate) fn policy_on(&self, section: &str, name: &str) -> bool {
        self.policy(section, &[name]).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn policy_text(&self, section: &str, path: &[&str]) -> Option<&str> {
        self.policy(section, path).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(crate) fn policy_signed(&self, section: &str, path: &[&str]) -> Option<i64> {
        self.policy(section, path).and_then(Value::as_i64)
    }

    pub(crate) fn policy_number(&self, section: &str, path: &[&str], default: u64) -> u64 {
        self.policy(section, path).and_then(Value::as_u64).unwrap_or(default)
    }

    /// Whether `kind` (`email`, `username`) may log in.
    pub(crate) fn logs_in_by(&self, kind: &str) -> bool {
        let list = self.policy("accountOptions", &["loginIdentifiers"]).and_then(Value::as_str);
        list.unwrap_or("email, providerEmail").split(',').any(|item| item.trim() == kind)
    }

    /// The `globalConf`-free part of what admin.getSiteConfig tells.
    pub(crate) fn config(&self) -> Object {
        let mut settings = json!({"dsSize": "0", "enableSSLForCNAME": false});
        let mut out = Object::new();
        out.insert("baseDomain".into(), self.base_domain.as_str().into());
        out.insert("dataCenter".into(), self.data_center.as_str().into());
        out.insert("description".into(), self.description.as_str().into());
        out.insert("trustedSiteURLs".into(), json!(self.trusted_site_urls));
        out.insert("trustedShareURLs".into(), json!(["bit.ly/*", "fw.to/*", "shr.gs/*"]));
        out.insert("tags".into(), json!([]));
        out.insert("captchaProvider".into(), "Google".into());
        out.insert(
            "settings".into(),
            json!({"CNAME": "", "shortURLDomain": "", "shortURLRedirMethod": "js", "encryptPII": true}),
        );
        out.insert("siteGroupOwner".into(), self.parent.as_deref().unwrap_or_default().into());
        out.insert("enableDataSharing".into(), false.into());
        out.insert("isCDP".into(), false.into());
        if let Some(prefix) = &self.custom_api_domain_prefix {
            out.insert("customAPIDomainPrefix".into(), prefix.as_str().into());
            settings["customAPIDomainPrefix"] = prefix.as_str().into();
        }
        out.insert("gigyaSettings".into(), settings);
        out.insert("siteID".into(), self.site_id.into());
        for (name, value) in &self.settings {
            match (out.get_mut(name).and_then(Value::as_object_mut), value) {
                (Some(known), Value::Object(members)) => known.extend(members.clone()),
                _ => _ = out.insert(name.clone(), value.clone()),
            }
        }
        out
    }
}

/// The pages that a site of this base domain trusts unless it says otherwise: its own, and campaigns.
pub(crate) fn trusted_by_default(base_domain: &str) -> Vec<String> {
    vec![format!("*.{base_domain}/*"), "*.qualifioapp.com/*".to_owned(), format!("{base_domain}/*")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_key_has_the_vendors_shape() {
        assert!(DEFAULT_API_KEY.starts_with("3_") && DEFAULT_API_KEY.len() == 66);
        assert!(DEFAULT_API_KEY.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
    }

    #[test]
    fn permissions_name_methods_or_namespaces() {
        for (list, expected) in [
            (None, true),
            (Some(vec!["accounts"]), true),
            (Some(vec!["idx.*"]), false),
            (Some(vec!["accounts.LOGIN"]), true),
        ] {
            let permissions = list.map(|list| list.into_iter().map(str::to_owned).collect());
            assert_eq!(
                Key { secret: Secret::default(), public: None, permissions }.may("accounts.login"),
                expected
            );
        }
    }
}
