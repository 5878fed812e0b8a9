//! The e-mail format of the profile schema.

use standin_model::mutant::mutated;

/// Whether `text` is an address by the platform's rule: ASCII, at most 64 before the `@`, and behind it an
/// IPv4 in brackets or labels, of which each after the first has 2 to 63 characters. Dots may double before
/// the `@`.
pub(crate) fn is_valid(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
    let local_fits = (1..=64).contains(&local.len()) && !local.starts_with('.') && local.chars().all(allowed);
    local_fits && domain.len() <= 255 && (is_bracketed_ip(domain) || has_labels(domain))
}

fn is_bracketed_ip(domain: &str) -> bool {
    let inner = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|address| address.parse::<std::net::Ipv4Addr>().is_ok())
}

fn has_labels(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let letters = |label: &str| label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let edges = |label: &str| !label.starts_with('-') && !label.ends_with('-');
    labels.len() >= 2
        && labels.iter().all(|label| letters(label) && edges(label))
        && (1..=63).contains(&labels[0].len())
        && labels[1..].iter().all(|label| (2..=63).contains(&label.len()))
}

/// The spelling under which addresses and user names are compared.
pub(crate) fn folded(text: &str) -> String {
    if mutated("gigya.identity.letters-count") { text.to_owned() } else { text.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("ann@example.org", true),
            ("a..b.@example.org", true),
            ("ann@e.org", true),
            ("ann@example.o", false),
            ("ann@a.b.org", false),
            ("ann@[10.0.0.1]", true),
            ("ann@[10.0.0.256]", false),
            ("ann@example", false),
            ("änn@example.org", false),
            ("@example.org", false),
            ("ann", false),
            ("ann@@example.org", false),
        ] {
            assert_eq!(is_valid(text), expected, "{text}");
        }
        assert!(is_valid(&format!("{}@example.org", "a".repeat(64))));
        assert!(!is_valid(&format!("{}@example.org", "a".repeat(65))));
    }
}
