//! Text in pages.

/// Text that is text wherever it stands in HTML: between elements, and in an attribute within either quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, expected) in [
            ("<script>", "&lt;script&gt;"),
            ("\"onmouseover='x' &amp;", "&quot;onmouseover=&#39;x&#39; &amp;amp;"),
            ("é\u{202e}", "é\u{202e}"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
