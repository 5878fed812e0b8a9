//! The form in which Gigya stores an ampersand.
//!
//! Gigya writes `&` as `&amp;` when it stores a name or an address. A form that showed that, and sent it
//! back, would have it written once more; so what comes from Gigya is decoded, exactly once.

use std::borrow::Cow;

/// Entities with names; the rest of HTML's have no business in a name or an address.
const NAMED: &[(&str, char)] =
    &[("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", '\u{A0}')];

/// The longest text between `&` and `;` that can be an entity.
const LONGEST: usize = 10;

/// `text` with each entity replaced by its character; what is no entity stays as it is.
pub fn decode_once(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        match entity(after) {
            Some((character, length)) => {
                out.push(character);
                rest = &after[length..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of the entity that `after` begins with, and how many bytes it takes with its semicolon.
fn entity(after: &str) -> Option<(char, usize)> {
    let end = after.bytes().take(LONGEST + 1).position(|byte| byte == b';')?;
    let name = &after[..end];
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|character| !character.is_control())?
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        for (text, expected) in [
            ("A &amp; B", "A & B"),
            ("A &amp;amp; B", "A &amp; B"),
            ("A & B", "A & B"),
            ("&lt;b&gt; &quot;x&quot; &apos;y&#39;", "<b> \"x\" 'y'"),
            ("caf&#233;&#xE9;&#XE9;", "cafééé"),
            ("&eacute;", "&eacute;"),
            ("&amp", "&amp"),
            ("&#0;&#x110000;&#;", "&#0;&#x110000;&#;"),
            ("&é;", "&é;"),
            ("&", "&"),
            ("", ""),
        ] {
            assert_eq!(decode_once(text), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn encoded_ampersands_come_back(text in "[a-z&;# é]*") {
            let encoded = text.replace('&', "&amp;");
            proptest::prop_assert_eq!(decode_once(&encoded), text);
        }

        #[test]
        fn no_text_panics(text in ".*|[&#x0-9a-f;é]*") {
            let _ = decode_once(&text);
        }
    }
}
