//! Gender as profiles store it.

use std::fmt;
use std::str::FromStr;

/// One of the three letters of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gender {
    /// `f`
    Female,
    /// `m`
    Male,
    /// `u`, told not to be either.
    Unspecified,
}

/// Not one of the three letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not one of f, m, u")]
pub struct NotAGender;

impl Gender {
    /// The letter of a profile, lower case.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "f",
            Self::Male => "m",
            Self::Unspecified => "u",
        }
    }
}

impl fmt::Display for Gender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

/// The letter in either case; no words, since their language is unknown.
impl FromStr for Gender {
    type Err = NotAGender;

    fn from_str(text: &str) -> Result<Self, NotAGender> {
        match text {
            "f" | "F" => Ok(Self::Female),
            "m" | "M" => Ok(Self::Male),
            "u" | "U" => Ok(Self::Unspecified),
            _ => Err(NotAGender),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_only() {
        for (text, expected) in [
            ("M", Some("m")),
            ("f", Some("f")),
            ("U", Some("u")),
            ("X", None),
            ("Mr", None),
            ("Male", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Gender>().ok().map(Gender::letter), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed(text in ".*") {
            if let Ok(gender) = text.parse::<Gender>() {
                prop_assert_eq!(gender.to_string().parse(), Ok(gender));
            }
        }
    }
}
