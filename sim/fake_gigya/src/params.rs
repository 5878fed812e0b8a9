//! The parameters of a call.

use crate::envelope::{Object, Refusal};
use serde_json::Value;
use standin_fake_kit::form::Form;
use standin_ports::Request;
use std::collections::BTreeMap;

/// Parameters by name in lower case, with the spelling the client used. The body wins over the query, the
/// last of a repeated name wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(BTreeMap<String, (String, String)>);

/// Parameters that every method takes; they never count as unknown. In lower case.
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
];

impl Params {
    pub(crate) fn of(request: &Request) -> Self {
        let mut form = Form::query(request);
        let kind = request.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        match kind.and_then(boundary) {
            Some(boundary) => {
                return Self::from_pairs(form.iter().map(owned).chain(multipart(request.body(), &boundary)));
            }
            None => form.extend(Form::body(request)),
        }
        Self::from_pairs(form.iter().map(owned))
    }

    fn from_pairs(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.map(|(name, value)| (name.to_lowercase(), (name, value))).collect())
    }

    /// A parameter; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// A parameter, empty or not.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_lowercase()).map(|(_, value)| value.as_str())
    }

    /// All pairs as the client spelt them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names, as spelt, that are neither control parameters nor in `known`.
    pub(crate) fn unknown(&self, known: &[&[&str]]) -> Vec<&str> {
        let listed =
            |name: &str| known.iter().any(|list| list.iter().any(|item| item.eq_ignore_ascii_case(name)));
        let stray = self.0.iter().filter(|(key, _)| !CONTROL.contains(&key.as_str()) && !listed(key));
        stray.map(|(_, (name, _))| name.as_str()).collect()
    }

    /// Takes parameters away, as if they had not been sent.
    pub(crate) fn forget(&mut self, names: &[&str]) {
        for name in names {
            self.0.remove(&name.to_lowercase());
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

    /// Items joined by commas, blanks around them dropped.
    pub(crate) fn words(&self, name: &str) -> Option<Vec<String>> {
        let text = self.get(name)?;
        Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The start of a text that a client sent, for a message.
pub(crate) fn brief(text: &str) -> String {
    text.chars().take(60).collect()
}

fn boundary(kind: &str) -> Option<String> {
    if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        return None;
    }
    let at = kind.to_ascii_lowercase().find("boundary=")?;
    let text = kind[at + "boundary=".len()..].split(';').next().unwrap_or_default().trim().trim_matches('"');
    (!text.is_empty()).then(|| text.to_owned())
}

/// The named text parts of a multipart body; a part that cannot be read is left out.
fn multipart(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let mark = format!("--{boundary}");
    let parts = text.split(&mark).skip(1).take_while(|part| !part.starts_with("--"));
    parts.filter_map(part).collect()
}

fn part(part: &str) -> Option<(String, String)> {
    let (head, value) = part.split_once("\r\n\r\n")?;
    let disposition =
        head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let name = disposition.split(';').map(str::trim).find_map(|item| item.strip_prefix("name="))?;
    let value = value.strip_suffix("\r\n").unwrap_or(value);
    Some((name.trim_matches('"').to_owned(), value.to_owned()))
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
    fn multipart_parts_are_parameters() {
        let body =
            "--X\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nselect *\r\nfrom x\r\n--X--\r\n";
        let params = Params::of(&request("multipart/form-data; boundary=X", "", body));
        assert_eq!(params.get("query"), Some("select *\r\nfrom x"));
    }

    #[test]
    fn booleans_in_every_spelling() {
        for (text, expected) in [("TRUE", Some(true)), ("0", Some(false)), ("", None)] {
            let params = Params::of(&request("text/plain", &format!("f={text}"), ""));
            assert_eq!(params.flag("f").unwrap(), expected);
        }
    }
}
