//! What happens to markup in textual profile fields when they are written.

/// Fields whose text is cleaned.
const TEXT: &[&str] =
    &["city", "country", "firstName", "lastName", "nickname", "zip", "name", "state", "address"];
/// Fields that hold an address on the web.
const URLS: &[&str] = &["photoURL", "profileURL", "thumbnailURL"];
/// Elements that go with all that is in them.
const REMOVED: &[&str] = &["script", "iframe", "style", "object", "embed", "applet"];
/// Elements that stay.
const KEPT: &[&str] = &["b", "i", "u", "strong", "br", "p"];

/// The text as it is stored in the profile field at `path`.
pub(crate) fn sanitised(path: &str, text: &str) -> String {
    if TEXT.contains(&path) {
        clean(text)
    } else if URLS.contains(&path) {
        text.replace('"', "%22").replace('\'', "%27").replace('<', "%3C").replace('>', "%3E")
    } else {
        text.to_owned()
    }
}

fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            out.push_str(if is_entity(rest) { "&" } else { "&amp;" });
            rest = &rest[1..];
            continue;
        }
        let Some((name, closing, length)) = tag(rest) else {
            out.push_str("&lt;");
            rest = &rest[1..];
            continue;
        };
        if KEPT.contains(&name.as_str()) {
            out.push_str(if closing { "</" } else { "<" });
            out.push_str(&name);
            out.push('>');
        }
        rest = &rest[length..];
        if REMOVED.contains(&name.as_str()) && !closing {
            rest = behind_element(rest, &name);
        }
    }
    out.push_str(rest);
    out
}

/// Whether `&` begins `&amp;`, `&#39;` or the like.
fn is_entity(text: &str) -> bool {
    let inner: String = text[1..].chars().take(12).collect();
    let Some((inner, _)) = inner.split_once(';') else { return false };
    let inner = inner.strip_prefix('#').unwrap_or(inner);
    !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Name in lower case, whether it closes, and length of the tag that `text` begins with.
fn tag(text: &str) -> Option<(String, bool, usize)> {
    let inner = &text[1..];
    let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = text.find('>')?;
    Some((name.to_ascii_lowercase(), closing, end + 1))
}

/// What follows the end tag of `name`; nothing if it never ends.
fn behind_element<'t>(text: &'t str, name: &str) -> &'t str {
    let folded = text.to_ascii_lowercase();
    let Some(at) = folded.find(&format!("</{name}")) else { return "" };
    text[at..].find('>').map_or("", |end| &text[at + end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sanitising_on_write() {
        for (path, given, expected) in [
            ("city", "A & B", "A &amp; B"),
            ("city", "A &amp; B", "A &amp; B"),
            ("city", "x<script>alert(1)</script>y", "xy"),
            ("city", "<B class=x>fat</b><br>", "<b>fat</b><br>"),
            ("city", "<div>in</div>", "in"),
            ("city", "1 < 2", "1 &lt; 2"),
            ("city", "<script>never ends", ""),
            ("photoURL", "https://x.example/?a=\"><b>&c=1", "https://x.example/?a=%22%3E%3Cb%3E&c=1"),
            ("languages", "A & B", "A & B"),
        ] {
            assert_eq!(sanitised(path, given), expected, "{given}");
        }
    }
}
