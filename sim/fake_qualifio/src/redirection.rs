//! The redirection URL, and the destination that follows it.

use crate::problem::{Problem, Warning};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use standin_model::Host;
use std::fmt;

/// The longest redirection URL.
pub const LONGEST: usize = 2000;

/// Everything but letters, digits and `- . _ ~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of a customer's login page, ending in the parameter that takes the destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedirectionUrl(String);

impl RedirectionUrl {
    /// What an operator typed. Plain http draws a warning.
    pub fn parse(typed: &str) -> Result<(Self, Option<Warning>), Problem> {
        let typed = typed.trim();
        if typed.chars().count() > LONGEST {
            return Err(Problem::InvalidRedirectUrl("is longer than 2000 characters"));
        }
        if typed.contains('#') {
            return Err(Problem::InvalidRedirectUrl("has a fragment"));
        }
        let (scheme, rest) = scheme(typed)?;
        let authority_ends = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(authority_ends);
        let fits = |byte: u8| byte.is_ascii_graphic() || byte >= 0x80;
        if !authority.bytes().all(fits) || !tail.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::InvalidRedirectUrl("has characters that an address cannot hold"));
        }
        let authority = checked_host(authority)?;
        check_parameter(tail)?;
        let warning = (scheme == "http").then(|| Warning::new("HttpRedirectUrl"));
        Ok((Self(format!("{scheme}://{authority}{tail}")), warning))
    }

    /// The address that sends a participant to log in and then to `destination`.
    pub fn with_destination(&self, destination: &str) -> String {
        format!("{}{}", self.0, utf8_percent_encode(destination, RESERVED))
    }
}

impl fmt::Display for RedirectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `host:8080` looks like a scheme but for its digits.
fn scheme(typed: &str) -> Result<(&'static str, &str), Problem> {
    let refused = Problem::InvalidRedirectUrl("has a scheme other than https or http");
    if let Some((scheme, rest)) = typed.split_once("://")
        && !scheme.contains(['/', '?'])
    {
        return match scheme.to_ascii_lowercase().as_str() {
            "https" => Ok(("https", rest)),
            "http" => Ok(("http", rest)),
            _ => Err(refused),
        };
    }
    let before_path = &typed[..typed.find(['/', '?']).unwrap_or(typed.len())];
    match before_path.split_once(':') {
        Some((_, port)) if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) => Err(refused),
        _ => Ok(("https", typed)),
    }
}

/// Host and port as a browser sends them: a name in letters of its own becomes one in ASCII.
fn checked_host(authority: &str) -> Result<String, Problem> {
    if authority.contains('@') {
        return Err(Problem::InvalidRedirectUrl("names a user or a password in front of the host"));
    }
    let refused = Problem::InvalidRedirectUrl("has no host with a dot");
    let Ok(host) = authority.parse::<Host>() else { return Err(refused) };
    if host.as_str() != "localhost" && !host.as_str().contains('.') {
        return Err(refused);
    }
    if let Some((_, port)) = authority.rsplit_once(':')
        && !port.parse::<u16>().is_ok_and(|port| port > 0)
    {
        return Err(Problem::InvalidRedirectUrl("has a port that there cannot be"));
    }
    if authority.is_ascii() {
        return Ok(authority.to_owned());
    }
    let port = authority.find(':').map_or("", |at| &authority[at..]);
    Ok(format!("{host}{port}"))
}

fn check_parameter(tail: &str) -> Result<(), Problem> {
    let Some((_, query)) = tail.split_once('?') else { return Err(Problem::MissingRedirectParameter) };
    let last = query.rsplit('&').next().unwrap_or_default();
    let Some((name, value)) = last.split_once('=') else { return Err(Problem::MissingRedirectParameter) };
    if !value.is_empty() {
        return Err(Problem::TrailingValueNotAllowed);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'~' | b'-');
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(Problem::MissingRedirectParameter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_save_accepts() {
        for (typed, expected) in [
            ("mywebsite.com/login?redirect=", Ok("https://mywebsite.com/login?redirect=")),
            ("mywebsite.com/login?destination=", Ok("https://mywebsite.com/login?destination=")),
            (" https://a.be/login?a=1&b.c_d~e-f= ", Ok("https://a.be/login?a=1&b.c_d~e-f=")),
            ("HTTPS://a.be?x=", Ok("https://a.be?x=")),
            ("http://a.be/?x=", Ok("http://a.be/?x=")),
            ("localhost:8080/login?x=", Ok("https://localhost:8080/login?x=")),
            ("https://a.be/login?next=https://b.be/&x=", Ok("https://a.be/login?next=https://b.be/&x=")),
            ("https://a.be:65535/?a=", Ok("https://a.be:65535/?a=")),
            ("https://a.be:65536/?a=", Err("InvalidRedirectUrl")),
            ("https://a.be:0/?a=", Err("InvalidRedirectUrl")),
            ("a.be:99999/?a=", Err("InvalidRedirectUrl")),
            ("https://a.be/login", Err("MissingRedirectParameter")),
            ("https://a.be/login?", Err("MissingRedirectParameter")),
            ("https://a.be/login?redirect", Err("MissingRedirectParameter")),
            ("https://a.be/login?=", Err("MissingRedirectParameter")),
            ("https://a.be/login?a b=", Err("InvalidRedirectUrl")),
            ("https://a b.be/login?a=", Err("InvalidRedirectUrl")),
            ("https://a.be/lögin?a=", Err("InvalidRedirectUrl")),
            ("https://login.bücher.example:8443/?a=", Ok("https://login.xn--bcher-kva.example:8443/?a=")),
            ("https://a.be/login?a%20=", Err("MissingRedirectParameter")),
            ("https://a.be/login?a=1", Err("TrailingValueNotAllowed")),
            ("https://a.be/login?a=&b=1", Err("TrailingValueNotAllowed")),
            ("https://a.be/login?a==", Err("TrailingValueNotAllowed")),
            ("https://a.be/login?a=#", Err("InvalidRedirectUrl")),
            ("https://login?a=", Err("InvalidRedirectUrl")),
            ("https://?a=", Err("InvalidRedirectUrl")),
            ("https://me@a.be/?a=", Err("InvalidRedirectUrl")),
            ("ftp://a.be/?a=", Err("InvalidRedirectUrl")),
            ("javascript:alert(1)?a=", Err("InvalidRedirectUrl")),
            ("", Err("InvalidRedirectUrl")),
        ] {
            let got = RedirectionUrl::parse(typed);
            let got = got.as_ref().map(|(url, _)| url.0.as_str()).map_err(Problem::name);
            assert_eq!(got, expected, "{typed:?}");
        }
        let longest = format!("https://a.be/{}?a=", "x".repeat(LONGEST - 16));
        assert!(RedirectionUrl::parse(&longest).is_ok());
        assert!(RedirectionUrl::parse(&longest.replace("?a=", "x?a=")).is_err());
    }

    #[test]
    fn a_user_in_front_of_the_host_is_named() {
        let refused = RedirectionUrl::parse("https://user:pw@a.be/?r=").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the redirection URL names a user or a password in front of the host"
        );
    }

    #[test]
    fn plain_http_draws_a_warning() {
        for (typed, expected) in [("http://a.be/?x=", true), ("https://a.be/?x=", false), ("a.be/?x=", false)]
        {
            assert_eq!(RedirectionUrl::parse(typed).unwrap().1.is_some(), expected, "{typed}");
        }
    }

    #[test]
    fn destination_is_percent_encoded() {
        let (url, _) = RedirectionUrl::parse("mywebsite.com/login?redirect=").unwrap();
        for (destination, expected) in [
            (
                "https://j.b.be/20/v1.cfm?id=A&uk=B",
                "https://mywebsite.com/login?redirect=https%3A%2F%2Fj.b.be%2F20%2Fv1.cfm%3Fid%3DA%26uk%3DB",
            ),
            ("é ~-._", "https://mywebsite.com/login?redirect=%C3%A9%20~-._"),
        ] {
            assert_eq!(url.with_destination(destination), expected);
        }
    }
}
