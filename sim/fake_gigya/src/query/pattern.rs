//! The patterns of `regex('…')`: Lucene's, which match the whole value.

use std::sync::Arc;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Arc<regex::Regex>);

impl Pattern {
    /// From Lucene's syntax. `#`, `&`, `<`, `>` and `~` are operators that are not modelled; escaped they are themselves.
    pub(crate) fn lucene(text: &str) -> Result<Self, String> {
        let translated = translated(text)?;
        let built = regex::RegexBuilder::new(&format!(r"\A(?:{translated})\z"))
            .dot_matches_new_line(true)
            .size_limit(1 << 20)
            .nest_limit(64)
            .build();
        built.map(|it| Self(Arc::new(it))).map_err(|_| "pattern cannot be read".to_owned())
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

fn translated(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            '"' => {
                let literal: String = chars.by_ref().take_while(|c| *c != '"').collect();
                out.push_str(&regex::escape(&literal));
            }
            '@' => out.push_str("(?:.*)"),
            '^' | '$' => out.push_str(&regex::escape(&c.to_string())),
            '#' | '&' | '<' | '>' | '~' => return Err(format!("pattern operator {c} is not modelled")),
            '(' if chars.peek() == Some(&'?') => return Err("a pattern group cannot begin with ?".to_owned()),
            '[' => class(&mut chars, &mut out)?,
            _ => out.push(c),
        }
    }
    Ok(out)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Result<(), String> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(Pattern::lucene(pattern).unwrap().is_match(text), expected, "{pattern} {text}");
        }
        for pattern in ["~a", "<1-5>", "(?i)a", "[a", "(a"] {
            assert!(Pattern::lucene(pattern).is_err(), "{pattern}");
        }
    }
}
