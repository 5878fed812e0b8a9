//! Host names of campaigns.

use std::fmt;
use std::str::FromStr;

/// A host name in ASCII, lower case, without port and without final dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Host(String);

/// The text is no host name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no host name")]
pub struct NotAHost(String);

/// Whether a campaign may sign people in on a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing speaks against it.
    Fine,
    /// It cannot work: the host belongs to Qualifio, and Gigya is reached under the customer's own prefix.
    Forbidden,
    /// Another host of Qualifio's with the same difficulty; advice, not a ban.
    SharedQualifioHost,
}

impl Host {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `qualifioapp.com` or within it.
    pub fn is_qualifioapp(&self) -> bool {
        self.is_within("qualifioapp.com")
    }

    /// Whether this is another host that all of Qualifio's customers share.
    pub fn is_shared_qualifio(&self) -> bool {
        self.0 == "player.qualifio.com" || self.is_within("qualif.io")
    }

    /// Whether this is `domain` or a name below it.
    pub fn is_within(&self, domain: &str) -> bool {
        self.0.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// May a campaign on this host sign people in, given the site's Custom API Domain Prefix?
    ///
    /// With a prefix the browser calls Gigya under a name below the page's own domain, and nobody but
    /// Qualifio can make such a name below `qualifioapp.com`.
    pub fn verdict(&self, custom_api_domain_prefix: Option<&str>) -> Verdict {
        if custom_api_domain_prefix.is_none_or(|prefix| prefix.trim().is_empty()) {
            Verdict::Fine
        } else if self.is_qualifioapp() {
            Verdict::Forbidden
        } else if self.is_shared_qualifio() {
            Verdict::SharedQualifioHost
        } else {
            Verdict::Fine
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host with or without port and final dot, in any case and script.
impl FromStr for Host {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let refused = || NotAHost(text.to_owned());
        let name = match text.trim().rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => text.trim(),
        };
        let ascii = idna::domain_to_ascii(name).map_err(|_| refused())?;
        let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if ascii.is_empty() || ascii.split('.').any(str::is_empty) || !ascii.bytes().all(allowed) {
            return Err(refused());
        }
        Ok(Self(ascii.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn verdicts() {
        for (prefix, host, expected) in [
            (Some("login"), "brand.qualifioapp.com", Verdict::Forbidden),
            (Some("login"), "BRAND.QualifioApp.com.", Verdict::Forbidden),
            (Some("login"), "brand.qualifioapp.com:443", Verdict::Forbidden),
            (Some("login"), "brand。qualifioapp。com", Verdict::Forbidden),
            (Some("login"), "qualifioapp.com", Verdict::Forbidden),
            (Some("login"), "jeux.brand.be", Verdict::Fine),
            (Some("login"), "notqualifioapp.com", Verdict::Fine),
            (Some("login"), "qualifioapp.com.brand.be", Verdict::Fine),
            (Some("login"), "player.qualifio.com", Verdict::SharedQualifioHost),
            (Some("login"), "brand.qualif.io", Verdict::SharedQualifioHost),
            (None, "brand.qualifioapp.com", Verdict::Fine),
            (Some(" "), "brand.qualifioapp.com", Verdict::Fine),
        ] {
            assert_eq!(host.parse::<Host>().unwrap().verdict(prefix), expected, "{host} {prefix:?}");
        }
    }

    #[test]
    fn names() {
        for (text, expected) in [
            ("Bücher.Example:8080", Some("xn--bcher-kva.example")),
            ("localhost", Some("localhost")),
            ("a.b.", Some("a.b")),
            ("", None),
            (":80", None),
            ("a..b", None),
            ("a b", None),
            ("a/b", None),
        ] {
            assert_eq!(text.parse::<Host>().ok().as_ref().map(Host::as_str), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed(text in ".*|[a-zA-Zü0-9.-]{1,12}(:[0-9]{1,4})?") {
            if let Ok(host) = text.parse::<Host>() {
                prop_assert_eq!(host.to_string().parse(), Ok(host));
            }
        }
    }
}
