//! Languages, by code and by English name.

use std::fmt;

/// A language that a campaign can be in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Language(usize);

/// Codes and English name; the first code is the usual one.
const TABLE: &[(&[&str], &str)] = &[
    (&["ar"], "Arabic"),
    (&["bg"], "Bulgarian"),
    (&["ca"], "Catalan"),
    (&["cs"], "Czech"),
    (&["da"], "Danish"),
    (&["de"], "German"),
    (&["el"], "Greek"),
    (&["en"], "English"),
    (&["es"], "Spanish"),
    (&["et"], "Estonian"),
    (&["fi"], "Finnish"),
    (&["fr"], "French"),
    (&["ga"], "Irish"),
    (&["he"], "Hebrew"),
    (&["hr"], "Croatian"),
    (&["hu"], "Hungarian"),
    (&["it"], "Italian"),
    (&["ja"], "Japanese"),
    (&["ko"], "Korean"),
    (&["lb"], "Luxembourgish"),
    (&["lt"], "Lithuanian"),
    (&["lv"], "Latvian"),
    (&["mt"], "Maltese"),
    (&["nb", "nn", "no"], "Norwegian"),
    (&["nl"], "Dutch"),
    (&["pl"], "Polish"),
    (&["pt"], "Portuguese"),
    (&["ro"], "Romanian"),
    (&["ru"], "Russian"),
    (&["sk"], "Slovak"),
    (&["sl"], "Slovenian"),
    (&["sr"], "Serbian"),
    (&["sv"], "Swedish"),
    (&["tr"], "Turkish"),
    (&["uk"], "Ukrainian"),
    (&["zh"], "Chinese"),
];

impl Language {
    /// Every language, in order of its usual code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(Self)
    }

    /// By code, in any case; a region (`fr-BE`, `pt_BR`) does not matter.
    pub fn from_code(tag: &str) -> Option<Self> {
        let code = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::all().find(|language| TABLE[language.0].0.iter().any(|known| known.eq_ignore_ascii_case(code)))
    }

    /// By code or by English name, in any case.
    pub fn find(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::all()
            .find(|language| language.name().eq_ignore_ascii_case(word))
            .or_else(|| Self::from_code(word))
    }

    /// English name.
    pub fn name(self) -> &'static str {
        TABLE[self.0].1
    }

    /// Usual code.
    pub fn code(self) -> &'static str {
        TABLE[self.0].0[0]
    }

    /// Whether `word` means this language, as a code or as an English name.
    pub fn is_meant_by(self, word: &str) -> bool {
        Self::find(word) == Some(self)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_codes() {
        for (tag, expected) in [
            ("fr", Some("French")),
            ("FR", Some("French")),
            ("fr-BE", Some("French")),
            ("nl-BE", Some("Dutch")),
            ("pt-BR", Some("Portuguese")),
            ("pt_BR", Some("Portuguese")),
            ("nn", Some("Norwegian")),
            ("no", Some("Norwegian")),
            ("French", None),
            ("xx", None),
            ("", None),
        ] {
            assert_eq!(Language::from_code(tag).map(Language::name), expected, "{tag:?}");
        }
    }

    #[test]
    fn code_and_name_are_equal() {
        let french = Language::from_code("fr").unwrap();
        for (word, expected) in [
            ("French", true),
            ("french", true),
            (" fr ", true),
            ("fr-CA", true),
            ("Dutch", false),
            ("Français", false),
        ] {
            assert_eq!(french.is_meant_by(word), expected, "{word:?}");
        }
    }

    #[test]
    fn every_language_is_found_by_each_of_its_words() {
        for language in Language::all() {
            assert_eq!(Language::find(language.name()), Some(language));
            for code in TABLE[language.0].0 {
                assert_eq!(Language::from_code(code), Some(language));
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Language::find(&text);
        }
    }
}
