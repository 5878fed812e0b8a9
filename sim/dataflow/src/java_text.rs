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

/// `String.split`: trailing empty parts are left out.
pub fn split(text: &str, subject: &str) -> Result<Vec<String>, String> {
    let mut parts: Vec<String> = pattern(text)?.split(subject).map(str::to_owned).collect();
    while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    Ok(parts)
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
