//! Regular expressions as Java's text methods use them.

use regex::{Captures, Regex, RegexBuilder};

/// A compiled pattern may take this many bytes.
const PATTERN: usize = 1 << 20;

/// A pattern, compiled.
pub fn pattern(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(PATTERN).build().map_err(|_| {
        let shown: String = pattern.chars().take(80).collect();
        format!("`{shown}` is not a regular expression that is supported here")
    })
}

/// A pattern that has to match a whole text.
pub fn whole(text: &str) -> Result<Regex, String> {
    pattern(text)?;
    pattern(&format!("^(?:{text})$"))
}

/// Whether the whole text matches.
pub fn full_match(text: &str, subject: &str) -> Result<bool, String> {
    Ok(whole(text)?.is_match(subject))
}

/// `String.replaceAll`.
pub fn replace_all(text: &str, replacement: &str, subject: &str) -> Result<String, String> {
    Ok(replace(&pattern(text)?, replacement, subject))
}

/// Every match replaced, with Java's meaning of `$1` and of the backslash.
pub fn replace(pattern: &Regex, replacement: &str, subject: &str) -> String {
    pattern.replace_all(subject, |found: &Captures<'_>| expanded(replacement, found)).into_owned()
}

/// `String.split`: trailing empty parts are left out, and an empty match at the start splits nothing off.
pub fn split(text: &str, subject: &str) -> Result<Vec<String>, String> {
    let pattern = pattern(text)?;
    let (mut parts, mut from) = (Vec::new(), 0);
    for found in pattern.find_iter(subject) {
        if found.end() > 0 && found.start() < subject.len() {
            parts.push(subject[from..found.start()].to_owned());
            from = found.end();
        }
    }
    if parts.is_empty() {
        return Ok(vec![subject.to_owned()]);
    }
    parts.push(subject[from..].to_owned());
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    Ok(parts)
}

/// `String.trim`: everything up to the blank goes, and no other white space.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// `String.length`, in UTF-16 units.
pub fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// `String.indexOf`, in UTF-16 units.
pub fn index_of(text: &str, part: &str) -> Option<usize> {
    text.find(part).map(|offset| length(&text[..offset]))
}

/// `String.substring`, in UTF-16 units; nothing if it is out of range. Half a pair becomes the replacement
/// character, since it cannot travel any further.
pub fn substring(text: &str, start: usize, end: usize) -> Option<String> {
    if start > end || end > length(text) {
        return None;
    }
    if text.is_ascii() {
        return text.get(start..end).map(str::to_owned);
    }
    let units: Vec<u16> = text.encode_utf16().skip(start).take(end - start).collect();
    Some(String::from_utf16_lossy(&units))
}

/// `$1` takes more digits only while there is such a group; a backslash takes the next character as it is.
fn expanded(replacement: &str, found: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = replacement.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.extend(rest.next()),
            '$' if rest.peek().is_some_and(char::is_ascii_digit) => {
                let group = group(&mut rest, found.len());
                out.push_str(found.get(group).map_or("", |part| part.as_str()));
            }
            other => out.push(other),
        }
    }
    out
}

fn group(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, groups: usize) -> usize {
    let digit = |c: Option<&char>| c.and_then(|c| c.to_digit(10)).map(|digit| digit as usize);
    let mut group = digit(rest.peek()).unwrap_or(0);
    rest.next();
    while let Some(next) = digit(rest.peek()) {
        let longer = group * 10 + next;
        if longer >= groups {
            break;
        }
        group = longer;
        rest.next();
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_follow_java() {
        for (pattern, replacement, subject, expected) in [
            ("(\\d+)-(\\d+)", "$2/$1\\$", "1-2", "2/1$"),
            ("(x)", "$12", "x", "x2"),
            ("x", "$0$0", "axb", "axxb"),
            ("x", "$", "x", "$"),
        ] {
            assert_eq!(replace_all(pattern, replacement, subject), Ok(expected.to_owned()), "{pattern}");
        }
    }

    #[test]
    fn splits_follow_java() {
        for (pattern, subject, expected) in [
            (",", "a,b,,", &["a", "b"][..]),
            (",", ",a", &["", "a"]),
            (",", ",,", &[]),
            (",", "", &[""]),
            (",", "a", &["a"]),
            ("", "ab", &["a", "b"]),
            ("x*", "axb", &["a", "b"]),
            ("\\s*;\\s*", "a ; b;c", &["a", "b", "c"]),
        ] {
            assert_eq!(split(pattern, subject).unwrap(), expected, "{pattern} {subject}");
        }
    }

    #[test]
    fn texts_are_counted_in_units() {
        assert_eq!(trim("\u{a0} a \t\u{1}"), "\u{a0} a");
        assert_eq!((length("Zoë"), length("a😀b")), (3, 4));
        assert_eq!(
            (index_of("a😀b", "b"), index_of("ab", "c"), index_of("ab", "")),
            (Some(3), None, Some(0))
        );
        assert_eq!(substring("a😀b", 1, 3).as_deref(), Some("😀"));
        assert_eq!(substring("a😀b", 1, 2).as_deref(), Some("\u{fffd}"));
        assert_eq!((substring("ab", 1, 3), substring("ab", 2, 1)), (None, None));
    }

    #[test]
    fn whole_texts_match() {
        for (pattern, subject, expected) in [
            (".*.csv", "a.csv", true),
            ("a|ab", "ab", true),
            ("elq_\\d{8}\\.csv", "elq_20260105.csv", true),
            ("a", "ab", false),
        ] {
            assert_eq!(full_match(pattern, subject), Ok(expected), "{pattern}");
        }
        assert!(whole("a)(b").is_err());
    }
}
