//! Names of accounts in Gigya.

use std::fmt;
use std::str::FromStr;

/// The UID of an account: 1 to 128 printable ASCII characters, compared byte for byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Uid(String);

/// The text is no UID.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no UID: 1 to 128 printable ASCII characters without spaces are needed")]
pub struct NotAUid;

impl Uid {
    /// How long a UID is that Gigya itself made.
    pub const USUAL_LENGTH: usize = 32;

    /// The UID itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Gigya itself could have made it; imported accounts carry the customer's own.
    pub fn has_usual_length(&self) -> bool {
        self.0.len() == Self::USUAL_LENGTH
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Uid {
    type Err = NotAUid;

    fn from_str(text: &str) -> Result<Self, NotAUid> {
        let fine = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fine { Ok(Self(text.to_owned())) } else { Err(NotAUid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds() {
        for (text, expected) in [
            ("d0a1b2c3d4e5f60718293a4b5c6d7e8f", Some(true)),
            ("ann", Some(false)),
            ("_guid_a-b==", Some(false)),
            ("", None),
            ("a b", None),
            (" ann", None),
            ("é", None),
            ("a\n", None),
        ] {
            assert_eq!(text.parse::<Uid>().ok().map(|uid| uid.has_usual_length()), expected, "{text:?}");
        }
        assert!("x".repeat(128).parse::<Uid>().is_ok());
        assert!("x".repeat(129).parse::<Uid>().is_err());
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed(text in ".*|[!-~]{1,40}") {
            if let Ok(uid) = text.parse::<Uid>() {
                prop_assert_eq!(uid.to_string().parse(), Ok(uid));
            }
        }
    }
}
