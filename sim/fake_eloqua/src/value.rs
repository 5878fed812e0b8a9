//! The rules for single values: addresses, numbers, flags, wildcards.

/// Whether the text has the form of an e-mail address. Blanks of any kind (the non-breaking one too) and
/// characters outside ASCII are refused; plus-addresses are fine.
pub(crate) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte));
    let label_fits = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    local_fits && domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label_fits)
}

/// A value as it was meant: blanks around it are no part of it. A non-breaking one is, and spoils an address.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace())
}

/// The form under which an address or an identifier is compared.
pub(crate) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The same without a copy of what is folded already.
pub(crate) fn fold(text: &str) -> std::borrow::Cow<'_, str> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return text.into();
    }
    text.to_lowercase().into()
}

/// A flag as imports accept it.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match folded(text).as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A flag as exports write it.
pub(crate) fn flag_text(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

/// A number of at most 15 digits before and 4 after the point, written with four decimals.
pub(crate) fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 15 || fraction.len() > 4 {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
    Some(format!("{}{whole}.{fraction:0<4}", if zero { "" } else { sign }))
}

/// A number's text as a key that orders like the number.
pub(crate) fn number_key(text: &str) -> Option<i128> {
    number(text)?.replace('.', "").parse().ok()
}

/// Whether `text` fits `pattern`, in which `any` stands for any run and `one` for any one character.
/// Takes time proportional to the product of the lengths at worst.
pub(crate) fn fits(pattern: &str, text: &str, any: char, one: Option<char>) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut seen) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while seen < text.len() {
        if at < pattern.len() && pattern[at] == any {
            retry = Some((at, seen));
            at += 1;
        } else if at < pattern.len() && (Some(pattern[at]) == one || pattern[at] == text[seen]) {
            at += 1;
            seen += 1;
        } else if let Some((star, start)) = retry {
            retry = Some((star, start + 1));
            at = star + 1;
            seen = start + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|c| *c == any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (given, expected) in [
            ("ann@example.com", true),
            ("ann+news@mail.example.com", true),
            ("o'neil@example.com", true),
            ("ann@example", false),
            ("ann", false),
            ("@example.com", false),
            ("ann @example.com", false),
            ("ann\u{a0}@example.com", false),
            ("ann@exa_mple.com", false),
            ("", false),
        ] {
            assert_eq!(is_address(given), expected, "{given}");
        }
    }

    #[test]
    fn numbers_have_four_decimals() {
        for (given, expected) in [
            ("0", Some("0.0000")),
            ("-12.5", Some("-12.5000")),
            ("007", Some("7.0000")),
            ("123456789012345.1234", Some("123456789012345.1234")),
            ("1234567890123456", None),
            ("1.23456", None),
            ("1e3", None),
            ("", None),
        ] {
            assert_eq!(number(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*@example.com", "ann@example.com", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("ab", "abc", false),
        ] {
            assert_eq!(fits(pattern, text, '*', None), expected, "{pattern} {text}");
        }
        assert!(fits("a_c%", "abcdef", '%', Some('_')));
    }
}
