//! Telephone numbers as people write them.

use crate::text::clean;
use std::fmt;
use std::str::FromStr;

/// The longest telephone number, in Unicode scalar values.
pub const LIMIT: usize = 50;

/// A cleaned text that could be a telephone number: it has a digit and is not too long. How many digits a
/// real number has is nobody's business here, and the spelling is kept.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Phone(String);

/// The text has no digit or is too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no telephone number: a digit is needed and at most {LIMIT} characters")]
pub struct InvalidPhone;

impl Phone {
    /// The number in its own spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one number are equal, for a site in `country` (alpha-2 code).
    pub fn comparable(&self, country: &str) -> String {
        comparable(&self.0, country)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Phone {
    type Err = InvalidPhone;

    fn from_str(text: &str) -> Result<Self, InvalidPhone> {
        let cleaned = clean(text);
        let has_digit = cleaned.bytes().any(|byte| byte.is_ascii_digit());
        if has_digit && cleaned.chars().count() <= LIMIT { Ok(Self(cleaned)) } else { Err(InvalidPhone) }
    }
}

/// What stands before a national number within its country.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trunk {
    /// A `0` that the international form loses.
    Zero,
    /// Nothing, or a `0` that belongs to the number.
    Nothing,
}

/// Country, calling code, trunk prefix.
const CALLING: &[(&str, &str, Trunk)] = &[
    ("AT", "43", Trunk::Zero),
    ("BE", "32", Trunk::Zero),
    ("CH", "41", Trunk::Zero),
    ("CZ", "420", Trunk::Nothing),
    ("DE", "49", Trunk::Zero),
    ("DK", "45", Trunk::Nothing),
    ("ES", "34", Trunk::Nothing),
    ("FI", "358", Trunk::Zero),
    ("FR", "33", Trunk::Zero),
    ("GB", "44", Trunk::Zero),
    ("IE", "353", Trunk::Zero),
    ("IT", "39", Trunk::Nothing),
    ("LU", "352", Trunk::Nothing),
    ("NL", "31", Trunk::Zero),
    ("NO", "47", Trunk::Nothing),
    ("PL", "48", Trunk::Nothing),
    ("PT", "351", Trunk::Nothing),
    ("SE", "46", Trunk::Zero),
];

/// The form in which two spellings of one number are equal, for any stored text and a site in `country`
/// (alpha-2 code, any case). It serves to find duplicates and is never sent.
pub fn comparable(text: &str, country: &str) -> String {
    let text = clean(text);
    if text.chars().any(char::is_alphabetic) {
        return text.to_lowercase();
    }
    let international = text.starts_with('+') || text.starts_with("00");
    let text = if international { text.replace("(0)", "") } else { text };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let before_digits = text.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    if before_digits.contains('+') {
        return format!("+{digits}");
    }
    if let Some(rest) = digits.strip_prefix("00") {
        return format!("+{rest}");
    }
    let site = CALLING.iter().find(|(code, ..)| code.eq_ignore_ascii_case(country.trim()));
    match (site, digits.strip_prefix('0')) {
        (Some((_, code, Trunk::Zero)), Some(rest)) => format!("+{code}{rest}"),
        (Some((_, code, Trunk::Nothing)), _) if !digits.is_empty() => format!("+{code}{digits}"),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn minimal_check() {
        for (text, expected) in [
            ("0487 66 49251", Some("0487 66 49251")),
            (" +32 2 111 22 33\n", Some("+32 2 111 22 33")),
            ("call 1", Some("call 1")),
            ("n/a", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Phone>().ok().as_ref().map(Phone::as_str), expected, "{text:?}");
        }
        assert!("1".repeat(50).parse::<Phone>().is_ok());
        assert!("1".repeat(51).parse::<Phone>().is_err());
    }

    #[test]
    fn comparison_forms() {
        for (text, country, expected) in [
            ("+32 487 66 49 25", "BE", "+32487664925"),
            ("0487/66.49.25", "BE", "+32487664925"),
            ("0487/66.49.25", "be", "+32487664925"),
            ("0032 (0)487 66 49 25", "BE", "+32487664925"),
            ("+32 (0)487 66 49 25", "FR", "+32487664925"),
            ("(+32) 487 66 49 25", "BE", "+32487664925"),
            ("487 66 49 25", "BE", "487664925"),
            ("0487 66 49 25", "XX", "0487664925"),
            ("0487 66 49 25", "", "0487664925"),
            ("(0)487", "BE", "+32487"),
            ("612 34 56 78", "ES", "+34612345678"),
            ("06 1234 5678", "IT", "+390612345678"),
            ("621 123 456", "LU", "+352621123456"),
            ("01 23 45 67 89", "FR", "+33123456789"),
            ("Ask Ann 12", "BE", "ask ann 12"),
            ("---", "ES", ""),
        ] {
            assert_eq!(comparable(text, country), expected, "{text:?} at {country}");
        }
    }

    proptest! {
        #[test]
        fn comparing_form_is_its_own_form(text in ".*", country in "[A-Z]{2}") {
            let once = comparable(&text, &country);
            prop_assert_eq!(comparable(&once, &country), once);
        }

        #[test]
        fn numbers_compare_stably_in_every_country(text in "[+0-9 ()./-]{0,20}", at in 0..CALLING.len()) {
            let country = CALLING[at].0;
            let once = comparable(&text, country);
            prop_assert_eq!(comparable(&once, country), once);
        }

        #[test]
        fn parsing_what_was_printed(text in ".{0,60}") {
            if let Ok(phone) = text.parse::<Phone>() {
                prop_assert_eq!(phone.to_string().parse::<Phone>(), Ok(phone));
            }
        }
    }
}
