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
            // A line of JSON is no head of a table.
            Err(_) => masked_by(&MASKS[1..], text),
        }
    } else {
        masked_form(text)
    };
    cut(&whole)
}

/// A path with the value of every `name=value` in it replaced whose name is that of a secret: what stands behind a
/// method's name is part of the path, whatever its client meant.
pub fn masked_path(path: &str) -> Cow<'_, str> {
    const ENDS: [char; 4] = ['/', ';', '&', '?'];
    if !path.contains('=') {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    for piece in path.split_inclusive(ENDS) {
        let (plain, end) = match piece.strip_suffix(ENDS) {
            Some(plain) => (plain, &piece[plain.len()..]),
            None => (piece, ""),
        };
        let pair = form_urlencoded::parse(plain.as_bytes()).next();
        match (plain.split_once('='), pair) {
            (Some((name, _)), Some((decoded, _))) if hidden(&decoded) => {
                out.push_str(&format!("{name}={MASK}{end}"));
            }
            _ => out.push_str(piece),
        }
    }
    Cow::Owned(out)
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
    masked_by(MASKS, text)
}

/// Every way to mask a text that is no form and not JSON as a whole.
const MASKS: &[fn(&str) -> Cow<'_, str>] = &[
    table::masked,
    masked_fields,
    masked_elements,
    masked_members,
    |text| masked_quoted(text, "\"\""),
    |text| masked_quoted(text, "\\\""),
    |text| masked_quoted(text, "\\\\\\\""),
];

fn masked_by<'t>(masks: &[fn(&str) -> Cow<'_, str>], text: &'t str) -> Cow<'t, str> {
    masks.iter().fold(Cow::Borrowed(text), |text, mask| match text {
        Cow::Borrowed(text) => mask(text),
        Cow::Owned(text) => Cow::Owned(mask(&text).into_owned()),
    })
}

/// Replaces the value after every name in such quotes that is hidden: doubled ones of a table's cell, or the escaped
/// ones of JSON in a text of JSON.
fn masked_quoted<'t>(text: &'t str, quote: &str) -> Cow<'t, str> {
    let next = |from: usize| {
        let mut from = from;
        loop {
            let at = from + text[from..].find(quote)?;
            // More backslashes before it belong to a quote that lies deeper.
            if !(quote.starts_with('\\') && text[..at].ends_with('\\')) {
                return Some(at);
            }
            from = at + quote.len();
        }
    };
    let (mut out, mut kept, mut from, mut before) = (String::new(), 0, 0, 0);
    while let Some(close) = next(from) {
        let name = &text[before..close];
        from = close + quote.len();
        before = from;
        let Some(value) = text[from..].trim_start().strip_prefix(':').map(str::trim_start) else { continue };
        if !hidden(name) {
            continue;
        }
        let start = text.len() - value.len();
        let end = match value.starts_with(quote) {
            true => next(start + quote.len()).map_or(text.len(), |at| at + quote.len()),
            false if value.starts_with('{') => continue,
            false => value.find([',', '}', '\n']).map_or(text.len(), |at| start + at),
        };
        out.push_str(&text[kept..start]);
        out.push_str(&format!("{quote}{MASK}{quote}"));
        (kept, from, before) = (end, end, end);
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// The value of every field of a multipart form: that of a hidden one is replaced, any other is masked as a body.
fn masked_fields(text: &str) -> Cow<'_, str> {
    const HEAD: &str = "content-disposition:";
    let lower = text.to_ascii_lowercase();
    if !lower.contains(HEAD) {
        return Cow::Borrowed(text);
    }
    let (mut out, mut kept, mut from) = (String::new(), 0, 0);
    while let Some(at) = lower[from..].find(HEAD).map(|at| from + at) {
        from = at + HEAD.len();
        let line = &text[from..lower[from..].find('\n').map_or(text.len(), |end| from + end)];
        let rest = &lower[from..];
        let blank =
            ["\r\n\r\n", "\n\n"].iter().filter_map(|blank| Some((rest.find(blank)?, blank.len()))).min();
        let Some((blank, length)) = blank else { break };
        let start = from + blank + length;
        let end = text[start..].find("\n--").map_or(text.len(), |end| start + end);
        let value = text[start..end].trim_end_matches('\r');
        let name = line.split(';').find_map(|part| part.trim().strip_prefix("name="));
        let name = name.map(|name| name.trim().trim_matches('"')).unwrap_or_default();
        out.push_str(&text[kept..start]);
        match hidden(name) {
            true => out.push_str(MASK),
            false if value.to_ascii_lowercase().contains(HEAD) => out.push_str(value),
            false => out.push_str(&masked(value.as_bytes())),
        }
        kept = start + value.len();
        from = kept;
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// What stands in every element of XML whose name is hidden.
fn masked_elements(text: &str) -> Cow<'_, str> {
    let (mut out, mut kept, mut from) = (String::new(), 0, 0);
    while let Some(open) = text[from..].find('<').map(|at| from + at) {
        from = open + 1;
        let name = text[from..]
            .split(|c: char| c == '>' || c == '/' || c.is_whitespace())
            .next()
            .unwrap_or_default();
        let plain = name.rsplit(':').next().unwrap_or_default();
        let Some(start) = text[from..].find('>').map(|at| from + at + 1).filter(|_| hidden(plain)) else {
            continue;
        };
        if text[..start].ends_with("/>") {
            continue;
        }
        let end = text[start..].find(&format!("</{name}")).map_or(text.len(), |at| start + at);
        out.push_str(&text[kept..start]);
        out.push_str(MASK);
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
        // Documents travel as texts inside other documents.
        Value::String(text) if text.contains(['"', '<']) => match serde_json::from_str::<Value>(text) {
            Ok(inner) if inner.is_object() || inner.is_array() => {
                let mut shown = inner.clone();
                mask_value(&mut shown);
                if shown != inner {
                    *text = shown.to_string();
                }
            }
            _ => {
                if let Cow::Owned(shown) = masked_parts(text) {
                    *text = shown;
                }
            }
        },
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
    fn a_path_with_a_secret_is_masked() {
        for (path, expected) in [
            ("accounts.x/secret=s3", "accounts.x/secret=********"),
            ("/a;regToken=s3/city=Diest?x", "/a;regToken=********/city=Diest?x"),
            ("/s%65cret=s3", "/s%65cret=********"),
            ("/secret", "/secret"),
        ] {
            assert_eq!(masked_path(path), expected);
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
            (
                r#"{"data":"{\"a\":\"{\\\"password\\\":\\\"s3\\\"}\",\"secret\":\"s3\"}"}"#,
                r#"{"data":"{\"a\":\"{\\\"password\\\":\\\"********\\\"}\",\"secret\":\"********\"}"}"#,
            ),
            (
                r#"{"data":"{\"a\":\"{\\\"password\\\":\\\"s3\\\"}\",\"secret\":\"s3\""#,
                r#"{"data":"{\"a\":\"{\\\"password\\\":\\\"********\\\"}\",\"secret\":\"********\""#,
            ),
            (r#"{"data":"{\"city\" : \"Diest\"}"}"#, r#"{"data":"{\"city\" : \"Diest\"}"}"#),
            (
                "--b\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\ns3\r\n\
                 --b\r\ncontent-disposition: form-data; name=\"data\"\r\n\r\n{\"password\":\"s3\"}\r\n\
                 --b\r\nContent-Disposition: form-data; name=\"UID\"\r\n\r\nann\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\n********\r\n\
                 --b\r\ncontent-disposition: form-data; name=\"data\"\r\n\r\n{\"password\":\"********\"}\r\n\
                 --b\r\nContent-Disposition: form-data; name=\"UID\"\r\n\r\nann\r\n--b--\r\n",
            ),
            (
                "<a><city>Diest</city><x:password kind=\"p\">s3</x:password><token/></a>",
                "<a><city>Diest</city><x:password kind=\"p\">********</x:password><token/></a>",
            ),
            (r#"say "hi" to "secret" people"#, r#"say "hi" to "secret" people"#),
            ("UID,password\nann,geheim\n", "UID,password\nann,********\n"),
            ("plain text", "plain text"),
        ] {
            assert_eq!(masked(given.as_bytes()), expected);
        }
    }
}
