//! Screen-sets: the standard ones that every site has, and what a site makes of them.

use crate::envelope::Object;
use crate::site::Site;
use serde_json::{Value, json};
use standin_model::Instant;
use std::sync::Arc;

/// One screen-set in its present version.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScreenSet {
    pub(crate) html: String,
    pub(crate) css: String,
    pub(crate) javascript: String,
    /// Texts by language and key.
    pub(crate) translations: Object,
    /// What the client keeps in `metadata`.
    pub(crate) metadata: Object,
    pub(crate) comment: String,
    pub(crate) version: u64,
    pub(crate) modified: Instant,
    /// Versions before this one, the oldest first.
    pub(crate) before: Vec<Version>,
}

/// A version that was replaced.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) version: u64,
    pub(crate) modified: Instant,
    pub(crate) comment: String,
}

/// How many screen-sets a site may have.
pub(crate) const MOST: usize = 1_000;
/// How many versions are remembered.
const MOST_VERSIONS: usize = 100;

/// The standard screen-sets with their screens, the first of which is the one that is shown first.
const STANDARD: &[(&str, &[&str])] = &[
    ("Default-LinkAccounts", &["gigya-link-account-screen", "gigya-forgot-password-screen"]),
    ("Default-LiteRegistration", &["gigya-subscribe-with-email-screen", "gigya-subscribe-thank-you-screen"]),
    ("Default-OrganizationRegistration", &["gigya-org-register-screen", "gigya-org-success-screen"]),
    ("Default-PasswordlessLogin", &["gigya-passwordless-login-screen", "gigya-otp-update-phone-screen"]),
    ("Default-ProfileUpdate", &["gigya-update-profile-screen", "gigya-change-password-screen"]),
    ("Default-ReAuthentication", &["gigya-reauthentication-screen"]),
    (
        "Default-RegistrationLogin",
        &[
            "gigya-login-screen",
            "gigya-register-screen",
            "gigya-complete-registration-screen",
            "gigya-forgot-password-screen",
            "gigya-link-account-screen",
            "gigya-change-password-screen",
        ],
    ),
    ("Default-Subscriptions", &["gigya-subscriptions-screen"]),
];

fn standard(id: &str) -> Option<Arc<ScreenSet>> {
    let (id, screens) = STANDARD.iter().find(|(name, _)| *name == id)?;
    let screens: String = screens
        .iter()
        .map(|screen| format!(r#"<div class="gigya-screen" id="{screen}" data-responsive="true"></div>"#))
        .collect();
    let html = format!(r#"<div class="gigya-screen-set" id="{id}" data-width="auto">{screens}</div>"#);
    let translations = json!({"default": {}}).as_object().cloned().unwrap_or_default();
    Some(Arc::new(ScreenSet { html, translations, version: 1, ..ScreenSet::default() }))
}

impl Site {
    /// A screen-set of this site.
    pub(crate) fn screen_set(&self, id: &str) -> Option<Arc<ScreenSet>> {
        match self.screen_sets.get(id) {
            Some(own) => own.clone(),
            None => standard(id),
        }
    }

    /// The ids of all screen-sets of this site, in order.
    pub(crate) fn screen_set_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = STANDARD.iter().map(|(id, _)| (*id).to_owned()).collect();
        ids.extend(self.screen_sets.keys().cloned());
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| self.screen_set(id).is_some());
        ids
    }
}

impl ScreenSet {
    /// Becomes the next version.
    pub(crate) fn next(&mut self, now: Instant, comment: String) {
        if self.version > 0 {
            let (version, modified) = (self.version, self.modified);
            self.before.push(Version { version, modified, comment: std::mem::take(&mut self.comment) });
            let surplus = self.before.len().saturating_sub(MOST_VERSIONS);
            self.before.drain(..surplus);
        }
        self.version += 1;
        self.modified = now;
        self.comment = comment;
    }

    /// The members that `wanted` names, with the texts of `lang` or of all languages.
    pub(crate) fn told(&self, id: &str, wanted: impl Fn(&str) -> bool, lang: Option<&str>) -> Value {
        let translations: Object = self
            .translations
            .iter()
            .filter(|(name, _)| lang.is_none_or(|lang| lang.eq_ignore_ascii_case(name)))
            .map(|(name, texts)| (name.clone(), texts.clone()))
            .collect();
        let mut metadata = self.metadata.clone();
        metadata.insert("version".into(), self.version.into());
        metadata.insert("lastModified".into(), self.modified.to_string().into());
        metadata.entry("desc").or_insert_with(|| "".into());
        metadata.entry("designerHtml").or_insert_with(|| self.html.as_str().into());
        metadata.insert("comment".into(), self.comment.as_str().into());
        let members = [
            ("screenSetID", Value::from(id)),
            ("html", self.html.as_str().into()),
            ("css", self.css.as_str().into()),
            ("javascript", self.javascript.as_str().into()),
            ("rawTranslations", Value::Object(translations.clone()).to_string().into()),
            ("translations", translations.into()),
            ("metadata", metadata.into()),
        ];
        let kept = members.into_iter().filter(|(name, _)| wanted(name));
        Value::Object(kept.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
