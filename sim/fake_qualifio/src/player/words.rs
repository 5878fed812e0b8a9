//! What the player says itself, in the languages that it speaks. Campaigns bring all other text.

use serde_json::Value;
use std::sync::LazyLock;

/// The languages, English first: it stands in for those that are not here.
const LANGUAGES: &[(&str, &str)] = &[
    ("en", include_str!("words/en.json")),
    ("de", include_str!("words/de.json")),
    ("fr", include_str!("words/fr.json")),
    ("nl", include_str!("words/nl.json")),
];

static WORDS: LazyLock<Vec<(&str, Value)>> = LazyLock::new(|| {
    LANGUAGES.iter().map(|(code, text)| (*code, serde_json::from_str(text).unwrap_or_default())).collect()
});

/// The words for a campaign's language, `fr` or `fr-BE`.
pub fn of(language: &str) -> &'static Value {
    let spoken = spoken(language);
    WORDS.iter().find(|(code, _)| *code == spoken).map_or(&Value::Null, |(_, words)| words)
}

/// The language that stands in for a campaign's, if the player does not speak that.
pub fn spoken(language: &str) -> &'static str {
    let main = language.split('-').next().unwrap_or_default();
    let own = LANGUAGES.iter().find(|(code, _)| code.eq_ignore_ascii_case(main));
    own.map_or("en", |(code, _)| code)
}

/// One sentence out of a group, `form` or `messages`; its own name if nobody wrote it.
pub fn sentence(language: &str, group: &str, name: &str) -> String {
    of(language)[group][name].as_str().unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::FormError;

    fn names(words: &Value) -> Vec<String> {
        let members = words.as_object().into_iter().flatten();
        members
            .flat_map(|(name, inner)| {
                let inner = names(inner).into_iter().map(move |inner| format!("{name}.{inner}"));
                std::iter::once(name.clone()).chain(inner).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn every_language_says_everything() {
        let english = names(of("en"));
        assert!(english.contains(&"form.Required".to_owned()), "{english:?}");
        for (code, _) in LANGUAGES {
            assert_eq!(names(of(code)), english, "{code}");
        }
    }

    /// A page cannot be drawn whose sentence is missing.
    #[test]
    fn every_failure_has_a_sentence() {
        for name in [
            "GigyaUnreachable",
            "CredentialsRejected",
            "TooManyRedirects",
            "InvalidSignature",
            "StaleTimestamp",
            "AccountDisabled",
            "UnknownUser",
            "MissingPrimaryKey",
            "InvalidDestination",
            "InvalidConfig",
        ] {
            assert_ne!(sentence("en", "sso", name), name);
        }
        for error in [
            FormError::Required,
            FormError::TooLong,
            FormError::InvalidDate,
            FormError::PartialDate,
            FormError::InvalidPhone,
            FormError::InvalidEmail,
            FormError::MaskMismatch,
            FormError::LimitReached,
        ] {
            assert_ne!(sentence("en", "form", error.name()), error.name());
        }
    }

    #[test]
    fn languages_by_their_main_part() {
        for (language, code, expected) in [
            ("fr", "fr", "Suivant"),
            ("nl-BE", "nl", "Volgende"),
            ("DE", "de", "Weiter"),
            ("es", "en", "Next"),
            ("", "en", "Next"),
        ] {
            assert_eq!((spoken(language), &of(language)["next"]), (code, &expected.into()), "{language}");
        }
    }

    #[test]
    fn every_standard_field_has_a_label() {
        for (variable, _) in crate::campaign::MAPPED.iter().chain(crate::campaign::STANDARD) {
            assert!(of("en")["fields"][variable].is_string(), "{variable}");
        }
    }
}
