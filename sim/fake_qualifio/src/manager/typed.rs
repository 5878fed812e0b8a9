//! What operators type, held against what it may be where it enters.

use crate::problem::Problem;
use http::Uri;
use standin_fake_kit::{Section, SeedError};
use standin_model::Instant;

/// The longest name, title or label, in characters.
const LONGEST: usize = 255;

/// The longest question, message, description or justification, in characters.
pub(crate) const LONGEST_TEXT: usize = 2_000;

/// The longest mask, word or code, in characters.
pub(crate) const LONGEST_WORD: usize = 100;

/// The longest address.
const LONGEST_ADDRESS: usize = 2_000;

/// A text of one line without blanks around it; nothing if the member is not there.
pub(crate) fn line(section: &Section<'_>, field: &'static str) -> Result<Option<String>, Problem> {
    let Some(text) = section.text_of(field)?.map(str::trim) else { return Ok(None) };
    if text.chars().count() > LONGEST {
        return Err(Problem::InvalidField { field, why: "has at most 255 characters" });
    }
    Ok(Some(text.to_owned()))
}

/// A text of at most `most` characters as it was typed; nothing if the member is not there.
pub(crate) fn text(section: &Section<'_>, member: &str, most: usize) -> Result<Option<String>, SeedError> {
    section.get(member).map(|given| within(&given, most)).transpose()
}

/// The text itself, if it has at most `most` characters.
pub(crate) fn within(given: &Section<'_>, most: usize) -> Result<String, SeedError> {
    let text = given.text()?;
    if text.chars().count() > most {
        return Err(given.wrong(format!("no more than {most} characters")));
    }
    Ok(text.to_owned())
}

/// The entries of a list that has at most `most` of them; none if the member is not there.
pub(crate) fn list<'a>(
    section: &Section<'a>,
    member: &str,
    most: usize,
) -> Result<Vec<Section<'a>>, SeedError> {
    let Some(listed) = section.get(member) else { return Ok(Vec::new()) };
    let entries = listed.items()?;
    if entries.len() > most { Err(listed.wrong(format!("no more than {most}"))) } else { Ok(entries) }
}

/// A language code such as `fr` or `nl-be`, in lower case.
pub(crate) fn language(section: &Section<'_>) -> Result<Option<String>, Problem> {
    let Some(text) = section.text_of("language")? else { return Ok(None) };
    let code = text.to_lowercase();
    let (base, region) = code.split_once(['-', '_']).unwrap_or((&code, "be"));
    let fits = |part: &str, most: usize| {
        (2..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if fits(base, 3) && fits(region, 4) {
        return Ok(Some(code));
    }
    Err(Problem::InvalidField { field: "language", why: "is not a language code such as fr" })
}

/// The page that embeds a campaign: an http or https address. One that means no host would let anybody frame it.
pub(crate) fn parent_page(section: &Section<'_>) -> Result<Option<String>, Problem> {
    let Some(text) = section.text_of("parent_page")?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let address: Option<Uri> = text.parse().ok().filter(|_| text.len() <= LONGEST_ADDRESS);
    let web = |uri: &Uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    };
    match address.as_ref().is_some_and(web) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(Some(text.to_owned())),
        false => Err(Problem::InvalidField {
            field: "parent_page",
            why: "is not an address that begins with http:// or https:// and names a host",
        }),
    }
}

/// A channel opens before it closes.
pub(crate) fn in_order(starts: Option<Instant>, ends: Option<Instant>) -> Result<(), Problem> {
    match (starts, ends) {
        (Some(starts), Some(ends)) if ends <= starts => {
            Err(Problem::InvalidField { field: "ends", why: "is not after `starts`" })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_operators_type_is_held_against_what_it_may_be() {
        let page = |text: &str| parent_page(&Section::root(&json!({"parent_page": text}))).map_err(|_| ());
        for good in ["https://www.brand.example/win?a=b", "http://localhost:8080/"] {
            assert_eq!(page(good), Ok(Some(good.to_owned())));
        }
        for bad in [
            "javascript:alert(1)",
            "https://evil.example *",
            "//evil.example",
            "www.brand.example/x",
            "https:///x",
        ] {
            assert_eq!(page(bad), Err(()), "{bad}");
        }
        let language = |text: &str| language(&Section::root(&json!({"language": text}))).map_err(|_| ());
        assert_eq!(language("nl-BE"), Ok(Some("nl-be".to_owned())));
        for bad in ["<script>", "", "f", "french", "fr-"] {
            assert_eq!(language(bad), Err(()), "{bad}");
        }
        let title = |text: String| line(&Section::root(&json!({"title": text})), "title").map_err(|_| ());
        assert_eq!(title(format!(" {} ", "a".repeat(255))), Ok(Some("a".repeat(255))));
        assert_eq!(title("a".repeat(256)), Err(()));
    }
}
