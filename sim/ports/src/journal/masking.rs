//! What a journal never holds: secrets, wherever in a body, a file or an address they stand. What is read here comes
//! from anybody, so that every way to mask reads a text once.

mod address;
mod table;

pub use address::masked_address;

use super::KEPT;
use serde_json::Value;
use std::borrow::Cow;

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

/// The longest name, in bytes, that is looked at: longer than each hidden one with a prefix or encoded throughout.
const LONGEST_NAME: usize = 128;

/// A call with this parameter asks for a token, and its code is a secret; elsewhere codes are none.
const GRANT: &str = "grant_type";
const CODE: &str = "code";

/// Whether what has this name is a secret.
pub fn hidden(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    HIDDEN.contains(&plain.as_str())
}

/// A text that is not JSON as a whole, or the start of one, with every secret replaced: the value of a parameter by
/// the parameter's name, a table whose first line names a secret column cell by cell, fields, elements and members by
/// theirs, wherever they stand and as far as they go.
pub fn masked_start(text: &str) -> Cow<'_, str> {
    masked_by(WITHIN, masked_by(&[masked_pairs, table::masked], Cow::Borrowed(text)))
}

/// A body, query, URL tail or sentence as text with every secret replaced, cut to [`KEPT`].
///
/// JSON is masked by member name at any depth, anything else in each way that [`masked_start`] has; bytes that are not
/// UTF-8 are told by their number.
pub fn masked(body: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(body) else { return format!("<{} bytes>", body.len()) };
    if !text.trim_start().starts_with(['{', '[']) {
        return cut(&masked_start(text));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            mask_value(&mut value);
            cut(&value.to_string())
        }
        // A line of JSON is no head of a table.
        Err(_) => cut(&masked_by(WITHIN, Cow::Borrowed(text))),
    }
}

/// A query as [`masked`], and the same however its client encoded it.
pub fn masked_query(query: &[u8]) -> String {
    if !query.contains(&b'=') {
        return masked(query);
    }
    let mut same = form_urlencoded::Serializer::new(String::new());
    same.extend_pairs(form_urlencoded::parse(query));
    masked(same.finish().as_bytes())
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
            // A method's name may stand before it: `socialize.secret=...`.
            (Some((name, _)), Some((decoded, _)))
                if hidden(&decoded) || decoded.rsplit_once('.').is_some_and(|(_, last)| hidden(last)) =>
            {
                out.push_str(&format!("{name}={MASK}{end}"));
            }
            _ => out.push_str(piece),
        }
    }
    Cow::Owned(out)
}

/// What is masked within a text: fields, elements, and members of JSON, whether its quotes stand once or, as in a
/// quoted cell or a text of JSON, in another way.
const WITHIN: &[fn(&str) -> Cow<'_, str>] = &[
    masked_fields,
    masked_elements,
    masked_members,
    |text| masked_quoted(text, "\"\""),
    |text| masked_quoted(text, "\\\""),
    |text| masked_quoted(text, "\\\\\\\""),
];

fn masked_by<'t>(masks: &[fn(&str) -> Cow<'_, str>], text: Cow<'t, str>) -> Cow<'t, str> {
    masks.iter().fold(text, |text, mask| match text {
        Cow::Borrowed(text) => mask(text),
        Cow::Owned(text) => Cow::Owned(mask(&text).into_owned()),
    })
}

/// The value of every parameter of a form, as its client encoded it or did not, and of every line `name=value`; JSON
/// in one is masked by member.
fn masked_pairs(text: &str) -> Cow<'_, str> {
    let pair = |from: usize| {
        let end = text[from..].find(['&', '\n']).map_or(text.len(), |at| from + at);
        let pair = text[from..end].split_once('=');
        (end, pair.filter(|(name, _)| name.len() <= LONGEST_NAME).map(|(name, _)| name))
    };
    let asks_for_a_token = text.contains(GRANT);
    let (mut out, mut kept, mut from) = (String::new(), 0, 0);
    while from < text.len() {
        let (mut end, name) = pair(from);
        let (at, start) = (from, from + name.map_or(0, |name| name.len() + 1));
        from = end + 1;
        let Some(name) = name else { continue };
        let name = form_urlencoded::parse(name.as_bytes()).next().unwrap_or_default().0;
        if hidden(name.trim()) || (asks_for_a_token && name == CODE) {
            // A value that was not encoded may hold line ends: it goes on to a `&` or to a line with a name.
            while text[end..].starts_with('\n') && end + 1 < text.len() {
                let (next, name) = pair(end + 1);
                if name.is_some() {
                    break;
                }
                end = next;
            }
            out.push_str(&text[kept..start]);
            out.push_str(MASK);
            (kept, from) = (end, end + 1);
        } else if text[start..end].starts_with(['{', '[', '%'])
            && let Some((_, value)) = form_urlencoded::parse(&text.as_bytes()[at..end]).next()
            && value.starts_with(['{', '['])
            && let Some(shown) = masked_text(&value)
        {
            out.push_str(&text[kept..start]);
            out.extend(form_urlencoded::byte_serialize(shown.as_bytes()));
            kept = end;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// JSON, the start of it or what has some within, if there was anything to mask.
fn masked_text(text: &str) -> Option<String> {
    if text.starts_with(['{', '['])
        && let Ok(mut value) = serde_json::from_str::<Value>(text)
    {
        return mask_value(&mut value).then(|| value.to_string());
    }
    match masked_by(WITHIN, Cow::Borrowed(text)) {
        Cow::Owned(shown) => Some(shown),
        Cow::Borrowed(_) => None,
    }
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
        let ends = lower[from..].match_indices('\n').map(|(at, _)| from + at + 1);
        let blank = |at: &usize| lower[*at..].starts_with('\n') || lower[*at..].starts_with("\r\n");
        let Some(blank) = ends.into_iter().find(blank) else { break };
        let start = blank + 1 + usize::from(lower[blank..].starts_with('\r'));
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
        let name = start_of(&text[from..], LONGEST_NAME);
        let name = name
            .split(|c: char| c == '>' || c == '<' || c == '/' || c.is_whitespace())
            .next()
            .unwrap_or_default();
        if !hidden(name.rsplit(':').next().unwrap_or_default()) {
            continue;
        }
        let Some(start) = text[from..].find('>').map(|at| from + at + 1) else { break };
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
        // What is longer is no name that is known here.
        let close = open + 1 + quoted_end(start_of(&text[open + 1..], LONGEST_NAME), 0);
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

/// The first bytes of a text, so many at most.
fn start_of(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Whether there was anything to mask.
fn mask_value(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let asks_for_a_token = members.contains_key(GRANT);
            members.iter_mut().fold(false, |masked, (name, member)| {
                let hidden = hidden(name) || (asks_for_a_token && name == CODE);
                if hidden && !member.is_object() {
                    *member = Value::from(MASK);
                    return true;
                }
                masked | mask_value(member)
            })
        }
        Value::Array(items) => items.iter_mut().fold(false, |masked, item| masked | mask_value(item)),
        // Documents travel as texts inside other documents.
        Value::String(text) if text.contains(['"', '<']) => {
            let shown = masked_text(text);
            let masked = shown.is_some();
            if let Some(shown) = shown {
                *text = shown;
            }
            masked
        }
        _ => false,
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
    fn a_query_is_told_in_one_way() {
        for (query, expected) in [
            ("search=a='b'&secret=s+3", "search=a%3D%27b%27&secret=********"),
            ("search=a%3d%27b%27&secret=s%203", "search=a%3D%27b%27&secret=********"),
            ("wsdl", "wsdl"),
        ] {
            assert_eq!(masked_query(query.as_bytes()), expected);
        }
    }

    #[test]
    fn a_path_with_a_secret_is_masked() {
        for (path, expected) in [
            ("accounts.x/secret=s3", "accounts.x/secret=********"),
            ("/a;regToken=s3/city=Diest?x", "/a;regToken=********/city=Diest?x"),
            ("/s%65cret=s3", "/s%65cret=********"),
            ("/socialize.secret=s3", "/socialize.secret=********"),
            ("/secret", "/secret"),
        ] {
            assert_eq!(masked_path(path), expected);
        }
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        for (given, expected) in [
            ("apiKey=3_K&secret=abc", "apiKey=3_K&secret=********"),
            ("loginID=ann b&password=correct horse&c=<d>", "loginID=ann b&password=********&c=<d>"),
            ("password=a<b\n", "password=********\n"),
            ("a=1\npassword=a\nb c\nd=%2B&s%65cret=x\ny", "a=1\npassword=********\nd=%2B&s%65cret=********"),
            ("data=%7B%22city%22%3A+%22Diest%22%7D", "data=%7B%22city%22%3A+%22Diest%22%7D"),
            ("data=%7B%22secret%22%3A%22s3", "data=%7B%22secret%22%3A%22********%22"),
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

    /// Bodies come from anybody. What read each of these again and again from the start would take very long.
    #[test]
    fn every_text_is_read_once() {
        let whole = |piece: &str| piece.repeat(KEPT * 4 / piece.len());
        for piece in [
            "<",
            "<password ",
            "<password>",
            "\"\\",
            "\"",
            "\\\"",
            "\"\"",
            "\"password\":",
            "a=",
            "a={",
            "a=%7B&",
            "password=\n",
            "Content-Disposition: x\r\n",
            "content-disposition: form-data; name=\"a\"\n\n",
            "{\"a\":\"<",
        ] {
            let text = whole(piece);
            assert!(masked(text.as_bytes()).len() <= KEPT + 40, "{piece}");
            assert!(
                masked(format!("{{\"a\":{}}}", Value::from(text)).as_bytes()).len() <= KEPT + 40,
                "{piece}"
            );
        }
    }
}
