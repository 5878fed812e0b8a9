//! E-mail addresses.

use std::fmt;
use std::str::FromStr;

/// An address that an ordinary form accepts, in the spelling it was given.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Email(String);

/// The text is no address that an ordinary form accepts.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no e-mail address: {0}")]
pub struct InvalidEmail(&'static str);

impl Email {
    /// The address in its own spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are one address.
    pub fn is_same(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let address = text.trim();
        if address.chars().count() > 254 {
            return Err(InvalidEmail("longer than 254 characters"));
        }
        if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(InvalidEmail("it has a space or a control character"));
        }
        let Some((local, domain)) = address.split_once('@') else { return Err(InvalidEmail("it has no @")) };
        if domain.contains('@') {
            return Err(InvalidEmail("it has more than one @"));
        }
        if !(1..=64).contains(&local.chars().count()) {
            return Err(InvalidEmail("the part before the @ needs 1 to 64 characters"));
        }
        if !is_domain(domain) {
            return Err(InvalidEmail("the part after the @ is no domain with a dot"));
        }
        Ok(Self(address.to_owned()))
    }
}

/// Letters, digits and inner hyphens in at least two labels; international names in either spelling.
fn is_domain(domain: &str) -> bool {
    let Ok(ascii) = idna::domain_to_ascii(domain) else { return false };
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    ascii.contains('.') && ascii.split('.').all(label_ok)
}

/// The form in which two spellings of one address are equal.
pub fn comparable(address: &str) -> String {
    address.trim().to_ascii_lowercase()
}

/// Whether both texts are one address, valid or not: neither case nor outer spaces matter.
pub fn same(one: &str, other: &str) -> bool {
    comparable(one) == comparable(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn validity() {
        for (text, valid) in [
            ("a@b.be", true),
            (" Ann.O'Neil+x@Mail.Example ", true),
            ("é@bücher.example", true),
            ("a@xn--bcher-kva.example", true),
            ("a@b", false),
            ("a@b..be", false),
            ("a@-b.be", false),
            ("a@b-.be", false),
            ("a@b_c.be", false),
            ("a@b.be.", false),
            ("@b.be", false),
            ("a@", false),
            ("a@b@c.be", false),
            ("a b@c.be", false),
            ("a\u{0}@c.be", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<Email>().is_ok(), valid, "{text:?}");
        }
        assert!(format!("{}@b.be", "x".repeat(64)).parse::<Email>().is_ok());
        assert!(format!("{}@b.be", "x".repeat(65)).parse::<Email>().is_err());
        assert!(format!("a@{}.be", "x".repeat(64)).parse::<Email>().is_err());
        assert!(format!("a@{}be", "x.".repeat(130)).parse::<Email>().is_err());
    }

    #[test]
    fn comparison() {
        for (one, other, expected) in [
            ("A@B.be", " a@b.BE ", true),
            ("a@b.be", "x@b.be", false),
            ("", " ", true),
            ("é@b.be", "e@b.be", false),
        ] {
            assert_eq!(same(one, other), expected, "{one:?} {other:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed(text in ".*|[a-zé]{1,5}@[a-z-]{1,4}\\.[a-zü]{1,4}") {
            if let Ok(email) = text.parse::<Email>() {
                prop_assert_eq!(email.to_string().parse(), Ok(email));
            }
        }
    }
}
