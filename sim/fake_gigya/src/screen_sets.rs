//! Screen-sets: the standard ones that every site has, and what a site makes of them.

mod standard;

use crate::envelope::Object;
use crate::site::Site;
use serde_json::Value;
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

impl Site {
    /// A screen-set of this site.
    pub(crate) fn screen_set(&self, id: &str) -> Option<Arc<ScreenSet>> {
        match self.screen_sets.get(id) {
            Some(own) => own.clone(),
            None => standard::standard(id, self),
        }
    }

    /// The ids of all screen-sets of this site, in order.
    pub(crate) fn screen_set_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = standard::ids().map(str::to_owned).collect();
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

    /// The name under which there are texts for somebody who reads `lang`: the language itself, the same
    /// without a country, or else the default.
    fn language(&self, lang: &str) -> &str {
        let known = |wanted: &str| self.translations.keys().find(|name| name.eq_ignore_ascii_case(wanted));
        let without_country = || known(lang.split(['-', '_']).next().unwrap_or_default());
        known(lang).or_else(without_country).map_or("default", String::as_str)
    }

    /// The members that `wanted` names, with the texts of `lang` or of all languages.
    pub(crate) fn told(&self, id: &str, wanted: impl Fn(&str) -> bool, lang: Option<&str>) -> Value {
        let only = lang.map(|lang| self.language(lang));
        let translations: Object = self
            .translations
            .iter()
            .filter(|(name, _)| only.is_none_or(|only| only == name.as_str()))
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
