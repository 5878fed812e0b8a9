//! The parameters of a call.

use crate::envelope::{Object, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use serde_json::Value;
use standin_ports::Request;
use std::borrow::Cow;

/// Names, as the client spelt them, and values, in the order of the names. Case makes no difference. The body
/// wins over the query, the last of a repeated name wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    fault: Option<Refusal>,
}

/// How many parameters are read of one call.
const MOST_PARAMS: usize = 2_000;

/// Parameters that every method takes; they never count as unknown.
const CONTROL: &[&str] = &[
    "apikey",
    "userkey",
    "secret",
    "sig",
    "timestamp",
    "nonce",
    "oauth_token",
    "login_token",
    "format",
    "callback",
    "context",
    "httpstatuscodes",
    "sdk",
    "cid",
    "lang",
    "targetenv",
    "ignoreinterruptions",
    "donthandlescreenset",
    "authmode",
    "pageurl",
    "sdkbuild",
    "gmid",
    "ucid",
    "source",
    "logintokenexp",
    "gmidticket",
    "noauth",
    "riskcontext",
    "includeuserinfo",
    "sdkversion",
    "dc",
];

impl Params {
    /// The parameters of a request, and what is wrong with them. What can be read is kept, so that the
    /// refusal can have the form that the client asked for.
    pub(crate) fn of(request: &Request) -> Self {
        let mut params = Self::default();
        params.read_form(request.uri().query().unwrap_or_default().as_bytes());
        let kind = request.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default();
        match boundary(kind) {
            Some(boundary) => params.read_multipart(request.body(), &boundary),
            None if kind.is_empty() || is_form(kind) => params.read_form(request.body()),
            None => {}
        }
        params.read_client(request);
        params
    }

    fn read_form(&mut self, text: &[u8]) {
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(halves.next().unwrap_or_default());
            let value = decoded(halves.next().unwrap_or_default());
            if !self.keep(name, value) {
                return;
            }
        }
    }

    /// Takes the text parts of a multipart body; a part that cannot be read is left out.
    fn read_multipart(&mut self, body: &[u8], boundary: &str) {
        let mark = format!("--{boundary}");
        for part in parts(body, mark.as_bytes()) {
            let Some((name, value)) = part_of(part) else { continue };
            if !self.keep(String::from_utf8(name), String::from_utf8(value)) {
                return;
            }
        }
    }

    /// A client that shows its credentials in the header instead of the body.
    fn read_client(&mut self, request: &Request) {
        let header = request.headers().get(http::header::AUTHORIZATION).and_then(|text| text.to_str().ok());
        let basic =
            header.and_then(|text| text.split_once(' ')).filter(|it| it.0.eq_ignore_ascii_case("basic"));
        let Some(text) = basic.and_then(|(_, text)| STANDARD.decode(text.trim()).ok()) else { return };
        let text = String::from_utf8_lossy(&text);
        if let Some((id, secret)) = text.split_once(':') {
            self.insert("client_id".into(), id.into());
            self.insert("client_secret".into(), secret.into());
        }
    }

    /// Keeps a pair; whether there may be more of them.
    fn keep(&mut self, name: Decoded, value: Decoded) -> bool {
        if self.pairs.len() >= MOST_PARAMS {
            self.fault.get_or_insert_with(|| Refusal::because(400_001, "too many parameters"));
            return false;
        }
        let valid = name.is_ok() && value.is_ok();
        let (name, value) = (lossy(name), lossy(value));
        if !valid {
            let details = format!("parameter {} is not UTF-8", brief(&name));
            self.fault.get_or_insert_with(|| Refusal::because(400_001, details));
        }
        self.insert(name, value);
        true
    }

    fn insert(&mut self, name: String, value: String) {
        match self.place(&name) {
            Ok(at) => self.pairs[at] = (name, value),
            Err(at) => self.pairs.insert(at, (name, value)),
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.pairs.binary_search_by(|(known, _)| lower(known).cmp(lower(name)))
    }

    /// Why the request cannot be read, if it cannot.
    pub(crate) fn fault(&self) -> Option<&Refusal> {
        self.fault.as_ref()
    }

    /// A parameter; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// A parameter, empty or not.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.place(name).ok().map(|at| self.pairs[at].1.as_str())
    }

    /// All pairs as the client spelt them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names, as spelt, that are neither control parameters nor in `known`.
    pub(crate) fn unknown(&self, known: &[&[&str]]) -> Vec<&str> {
        let listed = |list: &[&str], name: &str| list.iter().any(|item| item.eq_ignore_ascii_case(name));
        let known = |name: &str| listed(CONTROL, name) || known.iter().any(|list| listed(list, name));
        self.pairs.iter().map(|(name, _)| name.as_str()).filter(|name| !known(name)).collect()
    }

    /// Adds a parameter, as if it had been sent.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        self.insert(name.into(), value.into());
    }

    /// Takes parameters away, as if they had not been sent.
    pub(crate) fn forget(&mut self, names: &[&str]) {
        for name in names {
            if let Ok(at) = self.place(name) {
                self.pairs.remove(at);
            }
        }
    }

    /// `true`, `false`, `1` or `0` in any case.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => {
                Err(Refusal::because(400_006, format!("{name} is not a boolean: {}", brief(other))))
            }
        }
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let wrong =
            |text: &str| Refusal::because(400_006, format!("{name} is not a number: {}", brief(text)));
        self.get(name).map(|text| text.trim().parse().map_err(|_| wrong(text))).transpose()
    }

    /// A JSON text.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match serde_json::from_str(text) {
            Ok(Value::Null) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Refusal::because(400_006, format!("{name} is not valid JSON: {error}"))),
        }
    }

    /// A JSON object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Object>, Refusal> {
        match self.json(name)? {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(Refusal::because(400_006, format!("{name} must be a JSON object"))),
        }
    }

    /// Items joined by commas, blanks around them dropped. Clients that turn every list into JSON send an array.
    pub(crate) fn words(&self, name: &str) -> Option<Vec<String>> {
        let text = self.get(name)?;
        let list = text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten();
        let items: Vec<String> = list.unwrap_or_else(|| text.split(',').map(str::to_owned).collect());
        Some(items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
    }
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

type Decoded = Result<String, std::string::FromUtf8Error>;

/// One half of a pair of a form: `+` is a blank, `%41` is a byte.
fn decoded(text: &[u8]) -> Decoded {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return String::from_utf8(text.to_vec());
    }
    let blanks: Cow<'_, [u8]> = match text.contains(&b'+') {
        true => text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect(),
        false => text.into(),
    };
    String::from_utf8(Cow::from(percent_decode(&blanks)).into_owned())
}

fn lossy(text: Decoded) -> String {
    text.unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

fn is_form(kind: &str) -> bool {
    is_kind(kind, "application/x-www-form-urlencoded")
}

fn is_kind(kind: &str, wanted: &str) -> bool {
    kind.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
}

/// Whether every method takes a parameter of this name.
pub(crate) fn is_control(name: &str) -> bool {
    CONTROL.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The start of a text that a client sent, for a message.
pub(crate) fn brief(text: &str) -> String {
    text.chars().take(60).collect()
}

fn boundary(kind: &str) -> Option<String> {
    if !is_kind(kind, "multipart/form-data") {
        return None;
    }
    let at = kind.to_ascii_lowercase().find("boundary=")?;
    let text = kind[at + "boundary=".len()..].split(';').next().unwrap_or_default().trim().trim_matches('"');
    (!text.is_empty()).then(|| text.to_owned())
}

/// What stands between the marks, up to the one that closes.
fn parts<'b>(body: &'b [u8], mark: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
    let mut rest = body;
    let mut first = true;
    std::iter::from_fn(move || {
        if first {
            first = false;
            rest = after(rest, mark)?.1;
        }
        if rest.starts_with(b"--") {
            return None;
        }
        let (part, behind) = after(rest, mark)?;
        rest = behind;
        Some(part)
    })
}

/// What is before and what is after the first `mark`.
fn after<'b>(text: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = memchr::memmem::find(text, mark)?;
    Some((&text[..at], &text[at + mark.len()..]))
}

/// Name and value of a part.
fn part_of(part: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (head, value) = after(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(head);
    let disposition =
        head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let name = disposition.split(';').map(str::trim).find_map(|item| item.strip_prefix("name="))?;
    let value = value.strip_suffix(b"\r\n").unwrap_or(value);
    Some((name.trim_matches('"').into(), value.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(kind: &str, query: &str, body: &str) -> Request {
        http::Request::post(format!("https://idx.eu1.gigya.com/idx.search?{query}"))
            .header("content-type", kind)
            .body(bytes::Bytes::copy_from_slice(body.as_bytes()))
            .unwrap()
    }

    #[test]
    fn body_wins_and_case_does_not_matter() {
        let params = Params::of(&request("application/x-www-form-urlencoded", "uid=a&b=1", "UID=x&UID=y"));
        assert_eq!((params.get("Uid"), params.get("B")), (Some("y"), Some("1")));
    }

    #[test]
    fn lists_come_with_commas_or_as_json() {
        for (text, expected) in [
            ("profile,%20data", vec!["profile", "data"]),
            ("%5B%22profile%22,%22%20data%22%5D", vec!["profile", "data"]),
            ("%5B%5D", vec![]),
            (",", vec![]),
            ("%5Bprofile,1", vec!["[profile", "1"]),
        ] {
            let params = Params::of(&request("application/x-www-form-urlencoded", "", &format!("a={text}")));
            assert_eq!(params.words("a").unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn multipart_parts_are_parameters() {
        let body =
            "--X\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nselect *\r\nfrom x\r\n--X--\r\n";
        let params = Params::of(&request("multipart/form-data; boundary=X", "", body));
        assert_eq!(params.get("query"), Some("select *\r\nfrom x"));
    }

    #[test]
    fn what_cannot_be_read_is_a_fault() {
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        let many: String = (0..=MOST_PARAMS).map(|number| format!("p{number}=&")).collect();
        for (kind, body, expected) in [
            (form, "a=%C3%A9&b=%zz&c", None),
            (form, "a=1&b=%FF&context=x", Some("parameter b is not UTF-8")),
            (form, "a=1&%C3=2&context=x", Some("parameter \u{fffd} is not UTF-8")),
            (form, many.as_str(), Some("too many parameters")),
            ("application/json", "{\"a\":\"\\xff\"}", None),
        ] {
            let params = Params::of(&request(kind, "context=x", body));
            assert_eq!(params.fault().map(|fault| fault.details.as_str()), expected);
            assert!(params.pairs.len() <= MOST_PARAMS);
            assert_eq!(params.get("context"), Some("x"));
        }
        let params = Params::of(&request("", "", "a=x+y%2Bz"));
        assert_eq!(params.get("a"), Some("x y+z"), "a body without a kind is a form");
    }

    #[test]
    fn clients_in_the_header() {
        for (header, expected) in [
            ("Basic QUtleTpjMlZqOng=", Some(("AKey", "c2Vj:x"))),
            ("basic QUtleTpjMlZqOng=", Some(("AKey", "c2Vj:x"))),
            ("Basic QUtleQ==", None),
            ("Basic !", None),
            ("Bearer QUtleTpjMlZqOng=", None),
        ] {
            let mut request = request("", "", "");
            request.headers_mut().insert("authorization", header.parse().unwrap());
            let params = Params::of(&request);
            assert_eq!(params.get("client_id").zip(params.get("client_secret")), expected, "{header}");
        }
    }

    #[test]
    fn booleans_in_every_spelling() {
        for (text, expected) in [("TRUE", Some(true)), ("0", Some(false)), ("", None)] {
            let params = Params::of(&request("text/plain", &format!("f={text}"), ""));
            assert_eq!(params.flag("f").unwrap(), expected);
        }
    }
}
