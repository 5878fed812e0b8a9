//! Bodies of answers as a message may show them.

/// How much of a body a message shows, in Unicode scalar values.
const SHOWN: usize = 120;

/// The start of a body in one line, for a message about an answer that could not be read.
pub(crate) fn start_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.chars().count() > SHOWN {
            return words.chars().take(SHOWN).chain("...".chars()).collect();
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_short_line() {
        assert_eq!(start_of(b"<html>\n  <b>Oops</b>"), "<html> <b>Oops</b>");
        assert_eq!(start_of("é".repeat(500).as_bytes()), format!("{}...", "é".repeat(120)));
        assert_eq!(start_of(b""), "");
        assert_eq!(start_of(&[0xFF, b'a']), "\u{FFFD}a");
    }
}
