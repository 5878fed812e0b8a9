//! What happened, in order.
//!
//! Every crossing of a border and every change of a value by a rule is one entry. Failures, reports and the
//! lineage of a value are read from here. No secret is ever in an entry: bodies pass through [`masked`].

mod table;

use serde_json::Value;
use standin_model::Instant;
use std::borrow::Cow;

/// One thing that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Position in the journal, from 1.
    pub seq: u64,
    /// When, in virtual time.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// Kinds of entry.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A call to a platform and its answer.
    Call {
        /// Who called: `participant`, `push`, `dataflow`, `operator`, a program from outside (`client`).
        from: String,
        /// Which platform was called: `gigya`, `qualifio`, `eloqua`, `login-page`.
        to: &'static str,
        /// The platform's own name for the call, `accounts.setAccountInfo` or `POST /syncs`.
        name: String,
        /// Method, host, path and query, masked.
        line: String,
        /// The request's body, masked; a bounded part of it.
        request: String,
        /// HTTP status; 0 where no answer came.
        status: u16,
        /// The answer's body, masked; a bounded part of it.
        answer: String,
    },
    /// A file written, read or renamed at the drop.
    File {
        /// Who: a login's name.
        who: String,
        /// `write`, `read`, `rename`, `remove`.
        op: &'static str,
        /// Where, as an absolute path within the drop.
        path: String,
        /// How many bytes.
        bytes: u64,
        /// The content as text where it is text; a bounded part of it.
        text: String,
    },
    /// A rule or component made one value out of another.
    Change {
        /// `push`, `dataflow`, `eloqua import`, ...
        who: &'static str,
        /// Where in it, as a reader would name it: ``field.rename `rename` `` or `rule 9, phone`.
        place: String,
        /// Whose value: a UID, an e-mail address, a file's line.
        subject: String,
        /// Before.
        before: String,
        /// After; why, where something was refused or left out.
        after: String,
    },
    /// A sentence, for what has no value.
    Note {
        /// Who says so.
        who: &'static str,
        /// The sentence.
        text: String,
    },
}

/// Takes entries.
pub trait Journal: Send + Sync {
    /// Adds one at the end.
    fn record(&self, what: What);
}

/// A journal that keeps nothing, for runs that nobody will ask about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Journal for Silent {
    fn record(&self, _what: What) {}
}

/// How much of one body an entry keeps, in bytes.
pub const KEPT: usize = 64 * 1024;

const MASK: &str = "********";

/// Parameter and member names whose values never enter a journal, in lower case and without underscores: the
/// platforms write one and the same thing as `client_secret` and `clientSecret`.
const HIDDEN: &[&str] = &[
    "accesskey",
    "accesstoken",
    "accountkey",
    "authcode",
    "authorization",
    "clientassertion",
    "clientsecret",
    "compoundhashedpassword",
    "cookievalue",
    "gigssotoken",
    "gigyaassertion",
    "gmidticket",
    "hashedpassword",
    "idtoken",
    "logintoken",
    "newpassword",
    "oauthtoken",
    "passphrase",
    "password",
    "passwordresettoken",
    "pgpkey",
    "pgpkey.importedprivatekey",
    "privatekey",
    "phvtoken",
    "providerassertion",
    "pwrt",
    "refreshtoken",
    "regtoken",
    "secret",
    "secretanswer",
    "secretkey",
    "sessionsecret",
    "sessiontoken",
    "ssotoken",
    "token",
    "sig",
    "uidsignature",
    "userkey",
    "vtoken",
];

/// A call with this parameter asks for a token, and its code is a secret; elsewhere codes are none.
const GRANT: &str = "grant_type";
const CODE: &str = "code";

/// Whether what has this name is a secret.
pub fn hidden(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    HIDDEN.contains(&plain.as_str())
}

/// The start of a larger text, masked as [`masked`] does with a table and with what holds JSON among other things.
pub fn masked_start(text: &str) -> Cow<'_, str> {
    masked_parts(text)
}

/// A body, query, URL tail or sentence as text with every secret replaced, cut to [`KEPT`].
///
/// A table whose first line names a secret column is masked cell by cell.
/// JSON is masked by member name at any depth, form text by parameter name (JSON inside a parameter too). Text
/// that holds JSON among other things, or JSON that breaks off, is masked member by member as far as it goes;
/// bytes that are not UTF-8 are told by their number.
pub fn masked(body: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(body) else { return format!("<{} bytes>", body.len()) };
    let whole = if text.trim_start().starts_with(['{', '[']) {
        match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                mask_value(&mut value);
                Cow::Owned(value.to_string())
            }
            Err(_) => masked_members(text),
        }
    } else {
        masked_form(text)
    };
    cut(&whole)
}

fn masked_form(text: &str) -> Cow<'_, str> {
    let form_like = text.contains('=') && !text.contains(['\n', '<', ' ']);
    if !form_like {
        return masked_parts(text);
    }
    let mut out = form_urlencoded::Serializer::new(String::new());
    let asks_for_a_token = form_urlencoded::parse(text.as_bytes()).any(|(name, _)| name == GRANT);
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        if hidden(&name) || (asks_for_a_token && name == CODE) {
            out.append_pair(&name, MASK);
        } else if value.starts_with(['{', '[']) {
            out.append_pair(&name, &masked(value.as_bytes()));
        } else {
            out.append_pair(&name, &value);
        }
    }
    Cow::Owned(out.finish())
}

/// A table cell by cell, JSON in it member by member, whether its quotes stand once or, as in a quoted cell, twice.
fn masked_parts(text: &str) -> Cow<'_, str> {
    [table::masked, masked_members, masked_doubled].into_iter().fold(Cow::Borrowed(text), |text, mask| {
        match text {
            Cow::Borrowed(text) => mask(text),
            Cow::Owned(text) => Cow::Owned(mask(&text).into_owned()),
        }
    })
}

/// Replaces the value after every `""name"":` whose name is hidden.
fn masked_doubled(text: &str) -> Cow<'_, str> {
    let (mut out, mut kept, mut from) = (String::new(), 0, 0);
    while let Some(close) = text[from..].find("\"\"").map(|at| from + at) {
        from = close + 2;
        let Some(value) = text[from..].trim_start().strip_prefix(':').map(str::trim_start) else { continue };
        if !text[..close].rsplit("\"\"").next().is_some_and(hidden) {
            continue;
        }
        let start = text.len() - value.len();
        let end = match value.strip_prefix("\"\"") {
            Some(rest) => rest.find("\"\"").map_or(text.len(), |at| start + 2 + at + 2),
            None if value.starts_with('{') => continue,
            None => value.find([',', '}', '\n']).map_or(text.len(), |at| start + at),
        };
        out.push_str(&text[kept..start]);
        out.push_str(&format!("\"\"{MASK}\"\""));
        (kept, from) = (end, end);
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// Replaces the value after every `"name":` whose name is hidden, in text that is not JSON as a whole.
fn masked_members(text: &str) -> Cow<'_, str> {
    let (mut out, mut kept, mut from) = (String::new(), 0, 0);
    while let Some(open) = text[from..].find('"').map(|at| from + at) {
        let close = quoted_end(text, open + 1);
        from = close;
        let name = text[open + 1..close].trim_end_matches('"');
        let after = &text[close..];
        let Some(value) = after.trim_start().strip_prefix(':').map(str::trim_start) else {
            // What was taken for a name may have been the end of a text and what follows it.
            from = open + 1;
            continue;
        };
        if !hidden(name) {
            continue;
        }
        let start = text.len() - value.len();
        let end = match value.as_bytes().first() {
            Some(b'"') => quoted_end(text, start + 1),
            Some(b'{') => continue,
            _ => value.find([',', '}', '\n']).map_or(text.len(), |at| start + at),
        };
        out.push_str(&text[kept..start]);
        out.push_str(&format!("\"{MASK}\""));
        (kept, from) = (end, end);
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// Where a quoted text that begins at `from` ends, its quote included; the end of `text` if it breaks off.
fn quoted_end(text: &str, from: usize) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn mask_value(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let asks_for_a_token = members.contains_key(GRANT);
            for (name, member) in members {
                let hidden = hidden(name) || (asks_for_a_token && name == CODE);
                if hidden && !member.is_object() {
                    *member = Value::from(MASK);
                } else {
                    mask_value(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_value),
        _ => {}
    }
}

fn cut(text: &str) -> String {
    if text.len() <= KEPT {
        return text.to_owned();
    }
    let end = (0..=KEPT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}... ({} bytes in all)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_for_tokens_are_secrets() {
        for (body, expected) in [
            ("grant_type=authorization_code&code=s3cr3t", "grant_type=authorization_code&code=********"),
            (r#"{"code":"s3cr3t","grant_type":"x"}"#, r#"{"code":"********","grant_type":"x"}"#),
            ("code=fr&a=b", "code=fr&a=b"),
        ] {
            assert_eq!(masked(body.as_bytes()), expected);
        }
    }

    #[test]
    fn json_in_a_quoted_cell_is_masked() {
        let cell = r#"ann,"{""password"":""s3cr3t"",""city"":""Diest"",""token"":12345}""#;
        let masked_cell = r#"ann,"{""password"":""********"",""city"":""Diest"",""token"":""********""}""#;
        let table = |cell: &str| format!("uid,data\n{cell}\n");
        assert_eq!(masked(table(cell).as_bytes()), table(masked_cell));
        assert_eq!(masked_start(&table(cell)), table(masked_cell));
        for (text, expected) in [
            (r#"a,"{""secret"":""s3c"#, r#"a,"{""secret"":""********"""#),
            (r#""x"" ""y"": 1"#, r#""x"" ""y"": 1"#),
            (r#"{"password":"s3cr3t"} and more"#, r#"{"password":"********"} and more"#),
        ] {
            assert_eq!(masked_start(text), expected);
        }
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        for (given, expected) in [
            ("apiKey=3_K&secret=abc", "apiKey=3_K&secret=********"),
            (r#"{"a":{"password":"x"},"b":1}"#, r#"{"a":{"password":"********"},"b":1}"#),
            (r#"data={"secret":"x"}"#, "data=%7B%22secret%22%3A%22********%22%7D"),
            (
                r#"{"clientSecret":"x","client_secret":"y","accessToken":"z"}"#,
                r#"{"clientSecret":"********","client_secret":"********","accessToken":"********"}"#,
            ),
            (
                r#"{"a":1,"sessionInfo":{"sessionToken":"st2.s.AcbH"#,
                r#"{"a":1,"sessionInfo":{"sessionToken":"********""#,
            ),
            (r#"{"password": "x\"y", "b": "z"#, r#"{"password": "********", "b": "z"#),
            (
                r#"info seen {"UID":"ann","password":"x"} {"secret":5}"#,
                r#"info seen {"UID":"ann","password":"********"} {"secret":"********"}"#,
            ),
            (r#"say "hi" to "secret" people"#, r#"say "hi" to "secret" people"#),
            ("UID,password\nann,geheim\n", "UID,password\nann,********\n"),
            ("plain text", "plain text"),
        ] {
            assert_eq!(masked(given.as_bytes()), expected);
        }
    }
}
