//! The patterns of `regex('…')`: Lucene's, which match the whole value. They run on the `regex` crate, whose
//! time grows with the text alone, so no pattern can hold anybody up.

use std::sync::Arc;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    written: Arc<str>,
    compiled: Arc<Compiled>,
}

/// What a whole value must be. `&` and `~` have no equivalent in `regex`; between whole alternatives they are
/// conditions on the value, deeper inside they are refused.
#[derive(Debug)]
enum Compiled {
    Is(regex::Regex),
    All(Vec<Compiled>),
    Any(Vec<Compiled>),
    Not(Box<Compiled>),
}

/// Patterns are the same if they are written the same.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// How long a pattern may be, in characters.
const LONGEST: usize = 1_000;
/// How much memory a compiled pattern may take, in bytes.
const LARGEST: usize = 1 << 20;
/// How deep groups may go.
const DEEPEST: u32 = 64;

impl Pattern {
    /// From Lucene's syntax.
    pub(crate) fn lucene(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("pattern is longer than {LONGEST} characters"));
        }
        let chars: Vec<char> = text.chars().collect();
        Ok(Self { written: text.into(), compiled: Arc::new(compiled(&chars, 0)?) })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }
}

impl Compiled {
    fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Is(regex) => regex.is_match(text),
            Self::All(parts) => parts.iter().all(|part| part.is_match(text)),
            Self::Any(parts) => parts.iter().any(|part| part.is_match(text)),
            Self::Not(part) => !part.is_match(text),
        }
    }
}

fn compiled(pattern: &[char], depth: u32) -> Result<Compiled, String> {
    if depth > DEEPEST {
        return Err("pattern is nested too deep".to_owned());
    }
    let outside = |wanted: char| split(pattern, wanted);
    let each = |parts: Vec<&[char]>| -> Result<Vec<Compiled>, String> {
        parts.into_iter().map(|part| compiled(part, depth + 1)).collect()
    };
    if !has_operators(pattern) {
        return regex(pattern).map(Compiled::Is);
    }
    let alternatives = outside('|');
    if alternatives.len() > 1 {
        return each(alternatives).map(Compiled::Any);
    }
    let conditions = outside('&');
    if conditions.len() > 1 {
        return each(conditions).map(Compiled::All);
    }
    match pattern {
        ['~', inner @ ..] if is_one(inner) => Ok(Compiled::Not(Box::new(compiled(inner, depth + 1)?))),
        ['(', inner @ .., ')'] if is_one(pattern) => compiled(inner, depth + 1),
        _ => Err("pattern operators & and ~ are modelled between whole alternatives only".to_owned()),
    }
}

/// The characters that are operators, with their places: not those that are escaped, quoted or in a class.
fn operators(pattern: &[char]) -> impl Iterator<Item = (usize, char)> {
    let (mut quoted, mut class, mut escaped) = (false, false, false);
    pattern.iter().copied().enumerate().filter(move |(_, c)| {
        let plain = !quoted && !class && !escaped;
        match c {
            _ if escaped => escaped = false,
            '\\' if !quoted => escaped = true,
            '"' if !class => quoted = !quoted,
            '[' if !quoted => class = true,
            ']' => class = false,
            _ => {}
        }
        plain
    })
}

fn has_operators(pattern: &[char]) -> bool {
    operators(pattern).any(|(_, c)| c == '&' || c == '~')
}

/// The parts between operators outside all groups.
fn split(pattern: &[char], operator: char) -> Vec<&[char]> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (at, c) in operators(pattern) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if c == operator && depth == 0 => {
                parts.push(&pattern[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&pattern[from..]);
    parts
}

/// Whether the pattern is one character, class, text, group or complement, with nothing behind it.
fn is_one(pattern: &[char]) -> bool {
    match pattern {
        ['~', inner @ ..] => is_one(inner),
        ['\\', _] | [_] => true,
        ['(', ..] => {
            let mut depth = 0_i32;
            let closes = operators(pattern).find(|(_, c)| {
                depth += i32::from(*c == '(') - i32::from(*c == ')');
                depth == 0
            });
            closes.is_some_and(|(at, _)| at + 1 == pattern.len())
        }
        ['"', inner @ .., '"'] => !inner.contains(&'"'),
        ['[', inner @ .., ']'] => !inner.contains(&']'),
        _ => false,
    }
}

fn regex(pattern: &[char]) -> Result<regex::Regex, String> {
    let built = regex::RegexBuilder::new(&format!(r"\A(?:{})\z", translated(pattern)?))
        .dot_matches_new_line(true)
        .size_limit(LARGEST)
        .nest_limit(DEEPEST)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "pattern is too large".to_owned(),
        _ => "pattern cannot be read".to_owned(),
    })
}

fn translated(pattern: &[char]) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = pattern.iter().copied().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            '"' => {
                let literal: String = chars.by_ref().take_while(|c| *c != '"').collect();
                out.push_str(&format!("(?:{})", regex::escape(&literal)));
            }
            '@' => out.push_str("(?:.*)"),
            '#' => out.push_str("[a&&b]"),
            '<' => {
                let inner: String = chars.by_ref().take_while(|c| *c != '>').collect();
                out.push_str(&interval(&inner).ok_or("pattern <n-m> takes two whole numbers")?);
            }
            '^' | '$' | '>' | '&' | '~' => out.push_str(&regex::escape(&c.to_string())),
            '(' if chars.peek() == Some(&'?') => return Err("a pattern group cannot begin with ?".to_owned()),
            '(' => out.push_str("(?:"),
            '[' => class(&mut chars, &mut out)?,
            _ => out.push(c),
        }
    }
    Ok(out)
}

fn class(
    chars: &mut std::iter::Peekable<impl Iterator<Item = char>>,
    out: &mut String,
) -> Result<(), String> {
    out.push('[');
    if chars.peek() == Some(&'^') {
        out.extend(chars.next());
    }
    loop {
        match chars.next() {
            None => return Err("pattern class is not closed".to_owned()),
            Some(']') => break,
            Some('-') => out.push('-'),
            Some('\\') => out.push_str(&escaped(chars.next().unwrap_or('\\'))),
            Some(c) => out.push_str(&escaped(c)),
        }
    }
    out.push(']');
    Ok(())
}

fn escaped(c: char) -> String {
    if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }
}

/// `1-15`: the decimal numbers between. Written with the same number of digits they have that many, else any
/// number of leading zeros.
fn interval(text: &str) -> Option<String> {
    let (a, b) = text.split_once('-')?;
    let digits = |it: &str| (1..=9).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(a) || !digits(b) {
        return None;
    }
    let (low, high) = (a.parse::<u32>().ok()?, b.parse::<u32>().ok()?);
    let (low, high) = (low.min(high), low.max(high));
    let mut parts = Vec::new();
    if a.len() == b.len() {
        let width = a.len();
        between(&format!("{low:0width$}"), &format!("{high:0width$}"), "", &mut parts);
        return Some(format!("(?:{})", parts.join("|")));
    }
    for width in low.to_string().len()..=high.to_string().len() {
        let first = if width == 1 { 0 } else { 10_u32.checked_pow(u32::try_from(width).ok()? - 1)? };
        let last = 10_u64.checked_pow(u32::try_from(width).ok()?)? - 1;
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        between(&low.max(first).to_string(), &high.min(last).to_string(), "", &mut parts);
    }
    Some(format!("0*(?:{})", parts.join("|")))
}

/// The numbers of one width between two: those that begin like the lower, like the upper, and between.
fn between(low: &str, high: &str, prefix: &str, parts: &mut Vec<String>) {
    let (Some(a), Some(b)) = (low.chars().next(), high.chars().next()) else {
        parts.push(prefix.to_owned());
        return;
    };
    let (low, high) = (&low[1..], &high[1..]);
    let rest = low.len();
    if low.bytes().all(|byte| byte == b'0') && high.bytes().all(|byte| byte == b'9') {
        parts.push(format!("{prefix}[{a}-{b}][0-9]{{{rest}}}"));
    } else if a == b {
        between(low, high, &format!("{prefix}{a}"), parts);
    } else {
        between(low, &"9".repeat(rest), &format!("{prefix}{a}"), parts);
        between(&"0".repeat(rest), high, &format!("{prefix}{b}"), parts);
        let next = char::from_u32(u32::from(a) + 1).unwrap_or(a);
        let before = char::from_u32(u32::from(b) - 1).unwrap_or(b);
        if next <= before {
            parts.push(format!("{prefix}[{next}-{before}][0-9]{{{rest}}}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_are_anchored_and_lucenes() {
        for (pattern, text, expected) in [
            ("ann", "ann", true),
            ("ann", "anna", false),
            ("ann.*", "anna", true),
            ("a|b", "b", true),
            ("[a-c]+", "abc", true),
            ("[^a]", "a", false),
            (r"a\.b", "axb", false),
            (r"\d", "d", true),
            ("\"a.b\"", "axb", false),
            ("a@", "anything", true),
            ("a^", "a^", true),
            ("a{2}", "aa", true),
            ("a#b|c", "ab", false),
            ("a#b|c", "c", true),
            ("<1-15>", "15", true),
            ("<1-15>", "16", false),
            ("<1-15>", "0007", true),
            ("<01-15>", "7", false),
            ("<01-15>", "07", true),
            ("A-<10-12>", "A-11", true),
            (".*b.*&.*c.*", "abc", true),
            (".*b.*&.*c.*", "ab", false),
            ("~ann", "bob", false),
            ("~(ann)", "bob", true),
            ("~(ann)", "ann", false),
            ("ann|~(a.*)", "ann", true),
            ("ann|~(a.*)", "abe", false),
            ("(a.*)&~(.*z)", "abe", true),
            ("(a.*)&~(.*z)", "abz", false),
            (r"a\&b", "a&b", true),
            ("[&~]", "~", true),
        ] {
            let matches = Pattern::lucene(pattern).map(|it| it.is_match(text));
            let expected = if pattern == "~ann" { Err(()) } else { Ok(expected) };
            assert_eq!(matches.map_err(|_| ()), expected, "{pattern} {text}");
        }
        for pattern in ["x~(a)", "a(b&c)", "<a-b>", "<1->", "(?i)a", "[a", "(a", "a)", "*"] {
            assert!(Pattern::lucene(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn hostile_patterns_are_refused_or_harmless() {
        for (pattern, expected) in [
            ("(a{1000}){1000}".to_owned(), "pattern is too large"),
            ("(((((a{30}){30}){30}){30}){30})".to_owned(), "pattern is too large"),
            ("(".repeat(900) + &")".repeat(900), "pattern is longer than 1000 characters"),
            ("(".repeat(400) + &")".repeat(400), "pattern cannot be read"),
            ("~".repeat(900) + "(a)", "pattern is nested too deep"),
            ("a".repeat(1001), "pattern is longer than 1000 characters"),
        ] {
            assert_eq!(Pattern::lucene(&pattern).map(|_| ()), Err(expected.to_owned()), "{pattern}");
        }
        // The classic that makes backtracking engines run for years.
        let pattern = Pattern::lucene("(a+)+b").unwrap();
        assert!(!pattern.is_match(&"a".repeat(100_000)));
    }

    proptest! {
        #[test]
        fn no_pattern_is_too_odd(pattern in r#"[a-c|&~#@<>0-9"()\[\]\\.*+?{},^$-]{0,24}"#, text in "[a-c0-9]{0,8}") {
            if let Ok(pattern) = Pattern::lucene(&pattern) {
                pattern.is_match(&text);
            }
        }

        #[test]
        fn intervals_hold_what_lies_between(a in 0_u32..2000, b in 0_u32..2000, n in 0_u32..2500) {
            let pattern = Pattern::lucene(&format!("<{a}-{b}>")).unwrap();
            let width = a.to_string().len();
            let same = width == b.to_string().len();
            let written = n.to_string();
            let inside = (a.min(b)..=a.max(b)).contains(&n) && (!same || written.len() == width);
            prop_assert_eq!(pattern.is_match(&written), inside);
        }
    }
}
