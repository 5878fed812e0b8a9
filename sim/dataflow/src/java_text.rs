//! Regular expressions as Java's text methods use them.

mod pattern;
mod translation;

use pattern::Groups;
pub use pattern::{Pattern, pattern, whole};

/// Whether the whole text matches.
pub fn full_match(text: &str, subject: &str) -> Result<bool, String> {
    whole(text)?.is_match(subject)
}

/// How many matches are replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// `String.replaceFirst`
    First,
    /// `String.replaceAll`
    All,
}

/// What is told of a text that would take more bytes than it may.
pub const TOO_LONG: &str = "the text grows too long";

/// Matches replaced, with Java's meaning of `$1` and of the backslash, in a text of at most `most` bytes.
pub fn replace(
    pattern: &Pattern,
    which: Which,
    replacement: &str,
    subject: &str,
    most: usize,
) -> Result<String, String> {
    let (mut out, mut from) = (String::new(), 0);
    let mut first = true;
    pattern.each(subject, |groups| {
        if let Some((start, end)) = groups[0].filter(|_| first || which == Which::All) {
            first = false;
            out.push_str(&subject[from..start]);
            expand(replacement, subject, groups, most, &mut out)?;
            from = end;
        }
        Ok(())
    })?;
    out.push_str(&subject[from..]);
    if out.len() > most { Err(TOO_LONG.to_owned()) } else { Ok(out) }
}

/// `String.replace`, in a text of at most `most` bytes.
pub fn replace_text(part: &str, replacement: &str, subject: &str, most: usize) -> Result<String, String> {
    if replacement.len() > part.len() {
        let growth = subject.matches(part).count().saturating_mul(replacement.len() - part.len());
        if growth.saturating_add(subject.len()) > most {
            return Err(TOO_LONG.to_owned());
        }
    }
    Ok(subject.replace(part, replacement))
}

/// `String.split`: trailing empty parts are left out, and an empty match at the start splits nothing off.
pub fn split(pattern: &Pattern, subject: &str) -> Result<Vec<String>, String> {
    let (mut parts, mut from) = (Vec::new(), 0);
    pattern.each(subject, |groups| {
        if let Some((start, end)) = groups[0].filter(|found| (from, *found) != (0, (0, 0))) {
            parts.push(subject[from..start].to_owned());
            from = end;
        }
        Ok(())
    })?;
    if from == 0 {
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

/// `Character.isWhitespace`, which is what `String.strip` goes by: no blanks that hold words together.
pub fn is_blank(c: char) -> bool {
    let holds_together = matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
    (c.is_whitespace() && !holds_together) || matches!(c, '\u{1c}'..='\u{1f}')
}

/// `String.length`, in UTF-16 units.
pub fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// `String.indexOf`, in UTF-16 units.
pub fn index_of(text: &str, part: &str) -> Option<usize> {
    text.find(part).map(|offset| length(&text[..offset]))
}

/// `String.indexOf` from a place on.
pub fn index_from(text: &str, part: &str, from: usize) -> Option<usize> {
    let length = length(text);
    let from = from.min(length);
    index_of(&substring(text, from, length)?, part).map(|at| from + at)
}

/// `String.lastIndexOf` of a part that begins at a place or before it.
pub fn last_index_of(text: &str, part: &str, from: usize) -> Option<usize> {
    let end = from.saturating_add(length(part)).min(length(text));
    let before = substring(text, 0, end)?;
    before.rfind(part).map(|offset| length(&before[..offset]))
}

/// `String.compareTo`: how far the first units that differ are apart, or else the lengths.
pub fn compare(one: &str, other: &str) -> i64 {
    let differ = one.encode_utf16().zip(other.encode_utf16()).find(|(one, other)| one != other);
    match differ {
        Some((one, other)) => i64::from(one) - i64::from(other),
        None => length(one) as i64 - length(other) as i64,
    }
}

/// `String.hashCode`
pub fn hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
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
fn expand(
    replacement: &str,
    subject: &str,
    groups: &Groups,
    most: usize,
    out: &mut String,
) -> Result<(), String> {
    let mut rest = replacement.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.extend(rest.next()),
            '$' if rest.peek().is_some_and(char::is_ascii_digit) => {
                let found = groups.get(group(&mut rest, groups.len())).copied().flatten();
                out.push_str(found.map_or("", |(start, end)| &subject[start..end]));
            }
            other => out.push(other),
        }
        if out.len() > most {
            return Err(TOO_LONG.to_owned());
        }
    }
    Ok(())
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
            assert_eq!(replaced(pattern, replacement, subject), Ok(expected.to_owned()), "{pattern}");
        }
        let first = replace(&pattern("a").unwrap(), Which::First, "b", "aaa", 9);
        assert_eq!(first, Ok("baa".to_owned()));
    }

    fn replaced(java: &str, replacement: &str, subject: &str) -> Result<String, String> {
        replace(&pattern(java)?, Which::All, replacement, subject, 1 << 20)
    }

    /// Each row: a pattern, a text, and the text with every match in angle brackets, as Java's documentation has it.
    #[test]
    fn patterns_are_javas() {
        for (java, subject, expected) in [
            (r"(?<=\d)(?=(\d{3})+$)", "1234567", "1<>234<>567"),
            (r"(\w)\1", "aabcc", "<aa>b<cc>"),
            (r"(a)\11", "aa1", "<aa1>"),
            (r"(?>a+)b", "aab", "<aab>"),
            (r"a++b", "aab", "<aab>"),
            (r"a++a", "aaa", "aaa"),
            (r"\Qa.b\E+", "a.bb axb", "<a.bb> axb"),
            (r"\p{Alnum}+", "aé9", "<a>é<9>"),
            (r"[\p{Punct}&&[^-]]", "a-b!", "a-b<!>"),
            (r"\P{Alpha}", "aé", "a<é>"),
            (r"\p{IsAlphabetic}+", "aé9", "<aé>9"),
            (r"\p{L}+", "aé9", "<aé>9"),
            (r"\p{javaUpperCase}", "aÉ", "a<É>"),
            (r"\h+", "f\u{a0}\t", "f<\u{a0}\t>"),
            (r"\v", "a\u{2028}h", "a<\u{2028}>h"),
            (r"\R", "a\r\nb", "a<\r\n>b"),
            (r"b\Z", "ab\n", "a<b>\n"),
            (r"b$", "ab\r\n", "a<b>\r\n"),
            (r"b\z", "ab\n", "ab\n"),
            (r"\d", "\u{664}4", "\u{664}<4>"),
            (r"\w+", "éa_1", "é<a_1>"),
            (r"(?U)\w+", "éa", "<éa>"),
            (r"\s", "\u{a0} ", "\u{a0}< >"),
            (r"\S", "\u{a0} ", "<\u{a0}> "),
            (r"[\w.-]+", "é a.b-c", "é <a.b-c>"),
            (r"[^\d\s]+", "1 é", "1 <é>"),
            (r"[\W]", "aé", "a<é>"),
            (r".", "\r\u{85}a", "\r\u{85}<a>"),
            (r"(?s).", "\n", "<\n>"),
            (r"(?i)AB", "ab", "<ab>"),
            (r"(?iu:A)B", "aB", "<aB>"),
            (r"\u0041\x42\0103", "ABC", "<ABC>"),
            (r"\uD83D\uDE00", "😀", "<😀>"),
            (r"\<b\>", "<b>", "<<b>>"),
            (r"[a~~b]", "~", "<~>"),
            (r"(?<n>a)\k<n>", "aa", "<aa>"),
            ("x*", "axb", "<>a<x><>b<>"),
        ] {
            assert_eq!(replaced(java, "<$0>", subject), Ok(expected.to_owned()), "{java}");
        }
        for java in ["a)(b", "\\", "(", "[a", "(?z)", "\\y", "\\p{InNothing}", "\\u12", "*"] {
            assert!(pattern(java).is_err(), "{java}");
        }
    }

    #[test]
    fn what_grows_or_never_ends_is_told() {
        let (many, long) = ("x".repeat(1_000_000), "b".repeat(1_000_000));
        let grown = Err(TOO_LONG.to_owned());
        assert_eq!(replace(&pattern("x").unwrap(), Which::All, &long, &many, 1 << 20), grown);
        assert_eq!(replace(&pattern("(x+)").unwrap(), Which::All, "$1$1$1", &many, 1 << 20), grown);
        assert_eq!(replace_text("x", &long, &many, 1 << 20), grown);
        assert_eq!(replace_text("x", "", &many, 1 << 20), Ok(String::new()));
        assert_eq!(full_match(r"(?=(a+)+$)b", &"a".repeat(20)), Ok(false), "a short text is decided");
        let told = full_match(r"(?:(a|aa)\1?)+(?!a)b", &format!("{}cb", "a".repeat(60)));
        assert_eq!(
            told,
            Err(r"the regular expression `(?:(a|aa)\1?)+(?!a)b` takes too long on this text".to_owned())
        );
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
            ("x*", "axb", &["a", "", "b"]),
            ("\\s*;\\s*", "a ; b;c", &["a", "b", "c"]),
        ] {
            let found = split(&super::pattern(pattern).unwrap(), subject);
            assert_eq!(found.unwrap(), expected, "{pattern} {subject}");
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
            (r"^(?!.*processed).*\.csv$", "a.csv", true),
            (r"^(?!.*processed).*\.csv$", "a.processed.csv", false),
            ("a$", "a\n", false),
        ] {
            assert_eq!(full_match(pattern, subject), Ok(expected), "{pattern}");
        }
        assert!(whole("a)(b").is_err());
    }
}
