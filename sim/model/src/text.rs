//! Text as people type it into a form.

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// The longest value that a form takes, in Unicode scalar values after [`clean`].
pub const LIMIT: usize = 255;

/// One value of a form: cleaned, not empty, at most [`LIMIT`] scalar values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Text(String);

/// The value is too long. It is refused, never cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{length} characters are more than {LIMIT}")]
pub struct TooLong {
    /// How long the cleaned value is, in Unicode scalar values.
    pub length: usize,
}

impl Text {
    /// Cleans `raw`; `None` where nothing is left of it.
    pub fn new(raw: &str) -> Result<Option<Self>, TooLong> {
        let cleaned = clean(raw);
        match cleaned.chars().count() {
            0 => Ok(None),
            length if length > LIMIT => Err(TooLong { length }),
            _ => Ok(Some(Self(cleaned))),
        }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is meant by `raw`: line breaks and tabs as one space, no control characters, no zero-width space or
/// byte order mark, composed (NFC), no white space at either end. Spaces inside and case stay.
pub fn clean(raw: &str) -> String {
    let mut spaced = String::with_capacity(raw.len());
    let mut in_break = false;
    for c in raw.chars() {
        let is_break = matches!(c, '\r' | '\n' | '\t');
        if is_break && !in_break {
            spaced.push(' ');
        } else if !is_break && !c.is_control() && !matches!(c, '\u{200B}' | '\u{FEFF}') {
            spaced.push(c);
        }
        in_break = is_break;
    }
    // Composing comes after the removals: an invisible character between a letter and its accent would
    // otherwise leave a pair that the next cleaning composes.
    let composed: String = spaced.nfc().collect();
    composed.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cleaning() {
        for (raw, expected) in [
            ("  John ", "John"),
            ("John, Jane", "John, Jane"),
            ("   ", ""),
            ("\u{A0}Müller\u{A0}", "Müller"),
            ("\u{202F}Müller\u{202F}", "Müller"),
            ("e\u{301}", "é"),
            ("e\u{200B}\u{301}", "é"),
            ("Rue\r\nde\tla  Loi", "Rue de la  Loi"),
            ("a\u{0}b\u{7F}c\u{85}d\u{FEFF}e\u{200B}f", "abcdef"),
            ("ßŁı漢字Ελλάδα🦀", "ßŁı漢字Ελλάδα🦀"),
            ("01234", "01234"),
            ("\u{200B}", ""),
        ] {
            assert_eq!(clean(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn length_is_counted_in_scalar_values() {
        assert_eq!(Text::new(&"é".repeat(255)).map(|text| text.is_some()), Ok(true));
        assert_eq!(Text::new(&"é".repeat(256)), Err(TooLong { length: 256 }));
        assert_eq!(Text::new(&format!("  {}  ", "x".repeat(255))).map(|text| text.is_some()), Ok(true));
        assert_eq!(Text::new(" \n "), Ok(None));
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(raw in ".*") {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn nothing_invisible_stays_at_the_ends(raw in "[ \t\n\u{A0}\u{200B}\u{FEFF}a\u{301}\u{0}]*") {
            let cleaned = clean(&raw);
            prop_assert_eq!(cleaned.trim(), cleaned.as_str());
            prop_assert!(!cleaned.chars().any(char::is_control));
        }
    }
}
