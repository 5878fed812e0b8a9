//! A feed in XML: the members of the JSON as elements of the same names.

use serde_json::Value;

/// The whole document.
pub(super) fn of(feed: &Value) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    element(&mut out, "campaignFeed", feed);
    out
}

fn element(out: &mut String, name: &str, value: &Value) {
    out.push_str(&format!("<{name}>"));
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| element(out, name, value)),
        Value::Array(items) => items.iter().for_each(|item| element(out, "channelEntry", item)),
        Value::String(text) => text.chars().for_each(|c| character(out, c)),
        Value::Null => {}
        other => out.push_str(&other.to_string()),
    }
    out.push_str(&format!("</{name}>"));
}

/// XML 1.0 has no way to write most control characters.
fn character(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\r' => out.push_str("&#13;"),
        '\t' | '\n' => out.push(c),
        '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_become_elements() {
        let feed = json!({"numberRows": 1, "channels": [{"id": 7, "name": "A & <B>\u{1}é\r", "none": null, "on": false}]});
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<campaignFeed><numberRows>1</numberRows><channels>\
                        <channelEntry><id>7</id><name>A &amp; &lt;B&gt;é&#13;</name><none></none><on>false</on>\
                        </channelEntry></channels></campaignFeed>";
        assert_eq!(of(&feed), expected);
    }
}
