//! Password hashes that carry their own salt and cost, as PHP's and Unix's do: `$1$…` and Drupal's `$S$…`.

use md5::Md5;
use sha2::{Digest, Sha512};

/// The digits of these texts, by their values.
const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How costly a hash of Drupal's may be, as a power of two, so that a login ends.
pub(crate) const MOST_DRUPAL_COST: u32 = 19;

/// How long a hash of Drupal's is, as text.
const DRUPAL_LENGTH: usize = 55;

/// `$1$salt$hash` of `plain`, with the salt of `kept`. `None` if that is not in this form.
pub(crate) fn md5_crypt(plain: &str, kept: &str) -> Option<String> {
    let (salt, hash) = kept.strip_prefix("$1$")?.split_once('$')?;
    let fits = salt.len() <= 8 && hash.len() == 22 && hash.bytes().all(|byte| DIGITS.contains(&byte));
    let (plain, salt_text, salt) = (plain.as_bytes(), salt, salt.as_bytes());
    if !fits {
        return None;
    }
    let inner = Md5::digest([plain, salt, plain].concat());
    let mut text = [plain, b"$1$", salt].concat();
    text.extend(inner.iter().cycle().take(plain.len()));
    let mut bits = plain.len();
    while bits > 0 {
        text.push(if bits & 1 == 1 { 0 } else { plain[0] });
        bits >>= 1;
    }
    let mut hash = Md5::digest(text);
    for round in 0..1000 {
        let (first, last) = if round % 2 == 1 { (plain, &hash[..]) } else { (&hash[..], plain) };
        let salt = if round % 3 == 0 { &[] } else { salt };
        let middle = if round % 7 == 0 { &[] } else { plain };
        hash = Md5::digest([first, salt, middle, last].concat());
    }
    let mut out = format!("$1${salt_text}$");
    for at in 0..5 {
        // The bytes are interleaved; the last group ends with the sixth.
        let third = if at == 4 { 5 } else { at + 12 };
        push_digits(&mut out, &[hash[third], hash[at + 6], hash[at]]);
    }
    push_digits(&mut out, &hash[11..12]);
    Some(out)
}

/// `$S$` with cost, salt and hash of `plain`, with the cost and salt of `kept`. `None` if that is not in this form,
/// or too costly.
pub(crate) fn drupal(plain: &str, kept: &str) -> Option<String> {
    let rest = kept.strip_prefix("$S$").filter(|_| kept.len() == DRUPAL_LENGTH)?;
    if !rest.bytes().all(|byte| DIGITS.contains(&byte)) {
        return None;
    }
    let cost = DIGITS.iter().position(|digit| *digit == rest.as_bytes()[0])?;
    let cost = u32::try_from(cost).ok().filter(|cost| (7..=MOST_DRUPAL_COST).contains(cost))?;
    let (setting, salt) = (&kept[..12], &kept.as_bytes()[4..12]);
    let mut hash = Sha512::digest([salt, plain.as_bytes()].concat());
    for _ in 0..1_u32 << cost {
        hash = Sha512::digest([&hash[..], plain.as_bytes()].concat());
    }
    let mut out = setting.to_owned();
    for group in hash.chunks(3) {
        push_digits(&mut out, group);
    }
    out.truncate(DRUPAL_LENGTH);
    Some(out)
}

/// Up to three bytes, the first the least, as digits of six bits, the least first.
fn push_digits(out: &mut String, bytes: &[u8]) {
    let mut value = bytes.iter().rev().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
    for _ in 0..=bytes.len() {
        out.push(char::from(DIGITS[value & 63]));
        value >>= 6;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `crypt(3)` and `openssl passwd -1` make, and the sample hashes of hashcat's manual.
    #[test]
    fn hashes_of_others() {
        for (plain, kept) in [
            ("hashcat", "$1$28772684$iEwNOgGugqO9.bIz5sk8k/"),
            ("", "$1$salt$UsdFqFVB.FsuinRDK5eE.."),
            ("a", "$1$ab$NM4FR4Dl/CzoTSJTd3YJ3."),
            ("correct horse battery staple", "$1$xyzzy123$Kf8lDvPC2h7MIIz2bMtr8."),
            ("pässword", "$1$s/.0$WQin0HTAUHaDGyGRUYKpx1"),
        ] {
            assert_eq!(md5_crypt(plain, kept).as_deref(), Some(kept));
            assert_ne!(md5_crypt("other", kept).as_deref(), Some(kept));
        }
        let kept = "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf";
        assert_eq!(drupal("hashcat", kept).as_deref(), Some(kept));
        assert_ne!(drupal("Hashcat", kept).as_deref(), Some(kept));
    }

    #[test]
    fn texts_that_are_no_hash() {
        for text in [
            "",
            "$1$",
            "$1$salt",
            "$1$toolongsalt$iEwNOgGugqO9.bIz5sk8k/",
            "$1$s$short",
            "$2$s$iEwNOgGugqO9.bIz5sk8k/",
        ] {
            assert_eq!(md5_crypt("x", text), None, "{text}");
        }
        for text in [
            "",
            "$S$",
            "$S$z33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
            "$S$.33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
            "$P$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
            "$S$C3378é772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzL",
        ] {
            assert_eq!(drupal("x", text), None, "{text}");
        }
    }
}
