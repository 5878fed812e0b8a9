//! Where two answers differ.

use serde_json::{Value, json};
use standin_ports::Response;
use standin_ports::journal::masked;

/// How much of a member is held where its value cannot be the same twice.
#[derive(Clone, Copy)]
enum Held {
    /// What kind of value it is.
    Kind,
    /// How it is written, digit for digit: a time, in whatever unit.
    Form,
    /// How it is written, a number of any size standing for any other: an id, or a path with one.
    Numbers,
}

/// Members that no two platforms can have the same values for. All others must be the same.
const VOLATILE: &[(&str, Held)] = &[
    // Who called, and when: the caller, the site and the machine are others.
    ("callId", Held::Kind),
    ("createdBy", Held::Kind),
    ("updatedBy", Held::Kind),
    ("lastLoginLocation", Held::Kind),
    ("time", Held::Form),
    ("created", Held::Form),
    ("lastUpdated", Held::Form),
    ("lastLogin", Held::Form),
    ("registered", Held::Form),
    ("verified", Held::Form),
    ("oldestDataUpdated", Held::Form),
    ("createdAt", Held::Form),
    ("updatedAt", Held::Form),
    ("accessedAt", Held::Form),
    ("syncStartedAt", Held::Form),
    ("syncEndedAt", Held::Form),
    ("subscriptionDate", Held::Form),
    // Which fields there are, and what they hold of themselves, is up to the owner of the site.
    ("profileSchema", Held::Kind),
    ("fieldValues", Held::Kind),
    // Counted from today.
    ("age", Held::Kind),
    // Given by the platform.
    ("id", Held::Numbers),
    ("initialId", Held::Numbers),
    ("uri", Held::Numbers),
    ("syncUri", Held::Numbers),
    ("syncedInstanceUri", Held::Numbers),
    // Made by chance or by a key that the platform keeps.
    ("id_token", Held::Kind),
    ("passwordResetToken", Held::Kind),
    ("regToken", Held::Kind),
    ("sessionInfo", Held::Kind),
    ("UIDSignature", Held::Kind),
    ("kid", Held::Kind),
    ("n", Held::Kind),
];

fn held(name: &str) -> Option<Held> {
    let listed = VOLATILE.iter().find(|(volatile, _)| *volatile == name).map(|(_, held)| *held);
    listed.or_else(|| name.to_ascii_lowercase().ends_with("timestamp").then_some(Held::Form))
}

/// Where two answers differ, and how.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Difference {
    /// `the HTTP status`, or the path of a member.
    pub(super) place: String,
    /// What is there in ours.
    pub(super) ours: String,
    /// What is there in theirs.
    pub(super) theirs: String,
}

/// Every difference; of answers with different statuses that one alone, since one is a refusal and the other is none.
pub(super) fn differences(ours: &Response, theirs: &Response) -> Vec<Difference> {
    let mut all = All::default();
    if ours.status() != theirs.status() {
        all.add("the HTTP status", ours.status().as_str().to_owned(), theirs.status().as_str().to_owned());
        return all.0;
    }
    let [here, there] = [ours, theirs].map(content_type);
    if here != there {
        all.add("the content type", here, there);
    }
    match (read(ours), read(theirs)) {
        (Some(ours), Some(theirs)) => all.of_values("", &ours, &theirs),
        (None, None) if ours.body() == theirs.body() => {}
        _ => all.add("the body", text(ours), text(theirs)),
    }
    all.0
}

/// The type of a body; none where there is none.
fn content_type(response: &Response) -> String {
    let header = response.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let plain = header.unwrap_or_default().to_ascii_lowercase().replace(' ', "");
    if response.body().is_empty() || plain.is_empty() { "none".to_owned() } else { plain }
}

fn read(response: &Response) -> Option<Value> {
    serde_json::from_slice(response.body()).ok()
}

/// How much of one value is told, in letters.
const TOLD: usize = 200;

fn bounded(text: &str) -> String {
    let short: String = text.chars().take(TOLD).collect();
    if short.len() < text.len() { format!("{short}...") } else { short }
}

fn text(response: &Response) -> String {
    let text = masked(response.body());
    if text.is_empty() { "nothing".to_owned() } else { bounded(&text) }
}

/// The value at a place as it may be told.
fn shown(place: &str, value: &Value) -> String {
    // The member decides what is a secret, at any depth; what is in a list is in its member.
    let last = place.rsplit('.').next().unwrap_or_default();
    let name = last.split_once('[').map_or(last, |(name, _)| name);
    let named = masked(json!({name: value}).to_string().as_bytes());
    match serde_json::from_str::<Value>(&named) {
        Ok(mut named) => bounded(&named[name].take().to_string()),
        // It is so long that it breaks off.
        Err(_) => bounded(&named),
    }
}

const ABSENT: &str = "absent";

#[derive(Default)]
struct All(Vec<Difference>);

impl All {
    fn add(&mut self, place: &str, ours: String, theirs: String) {
        let place = if place.is_empty() { "the body" } else { place }.to_owned();
        self.0.push(Difference { place, ours, theirs });
    }

    fn of_values(&mut self, place: &str, ours: &Value, theirs: &Value) {
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let at =
                    |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
                for (name, value) in ours {
                    match (theirs.get(name), held(name)) {
                        (None, _) => self.add(&at(name), shown(name, value), ABSENT.to_owned()),
                        (Some(other), Some(held)) if is_leaf(value, held) => {
                            if !alike(held, value, other) {
                                self.add(&at(name), shown(name, value), shown(name, other));
                            }
                        }
                        (Some(other), _) => self.of_values(&at(name), value, other),
                    }
                }
                for (name, value) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
                    self.add(&at(name), ABSENT.to_owned(), shown(name, value));
                }
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                if ours.len() != theirs.len() {
                    self.add(place, counted(place, ours), counted(place, theirs));
                }
                for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    self.of_values(&format!("{place}[{at}]"), ours, theirs);
                }
            }
            _ if ours == theirs => {}
            _ => self.add(place, shown(place, ours), shown(place, theirs)),
        }
    }
}

/// Whether a volatile member is looked at as a whole.
fn is_leaf(value: &Value, held: Held) -> bool {
    matches!(held, Held::Kind) || value.is_string() || value.is_number()
}

fn counted(place: &str, entries: &[Value]) -> String {
    let told = if entries.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", entries.len()) };
    format!("{told}: {}", shown(place, &Value::from(entries.to_vec())))
}

fn alike(held: Held, ours: &Value, theirs: &Value) -> bool {
    if std::mem::discriminant(ours) != std::mem::discriminant(theirs) {
        return false;
    }
    match held {
        Held::Kind => true,
        Held::Form => written(ours, false) == written(theirs, false),
        Held::Numbers => written(ours, true) == written(theirs, true),
    }
}

/// A value with a nine for each digit, or for each number.
fn written(value: &Value, numbers: bool) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut form = String::new();
    for letter in text.chars() {
        let nine = if letter.is_ascii_digit() { '9' } else { letter };
        if !(numbers && nine == '9' && form.ends_with('9')) {
            form.push(nine);
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn answer(status: u16, body: &str) -> Response {
        let mut response = Response::new(Bytes::from(body.to_owned()));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        if body.starts_with(['{', '[']) {
            let json = http::HeaderValue::from_static("application/json; charset=utf-8");
            response.headers_mut().insert(http::header::CONTENT_TYPE, json);
        }
        response
    }

    fn check(ours: &str, theirs: &str, expected: &[(&str, &str, &str)]) {
        let found = differences(&answer(200, ours), &answer(200, theirs));
        let found: Vec<_> =
            found.iter().map(|it| (it.place.as_str(), it.ours.as_str(), it.theirs.as_str())).collect();
        assert_eq!(found, expected, "{ours} {theirs}");
    }

    #[test]
    fn values_are_the_same_but_for_what_cannot_be() {
        for (ours, theirs) in [
            (r#"{"errorCode":0,"callId":"a"}"#, r#"{"callId":"b-c","errorCode":0}"#),
            (r#"{"time":"2026-01-05T08:00:00.000Z"}"#, r#"{"time":"2026-11-27T03:11:59.123Z"}"#),
            (r#"{"createdTimestamp":1767600002000}"#, r#"{"createdTimestamp":1795000000123}"#),
            (r#"{"uri":"/contacts/imports/7"}"#, r#"{"uri":"/contacts/imports/4711"}"#),
            (r#"{"id":"7","profile":{"age":36}}"#, r#"{"id":"90210","profile":{"age":37}}"#),
        ] {
            check(ours, theirs, &[]);
        }
        for (ours, theirs, place, here, there) in [
            (r#"{"callId":"a"}"#, r#"{"callId":7}"#, "callId", r#""a""#, "7"),
            (r#"{"isActive":true}"#, r#"{"isActive":false}"#, "isActive", "true", "false"),
            (r#"{"n":1}"#, r#"{"n":null}"#, "n", "1", "null"),
            (
                r#"{"time":"2026-01-05T08:00:00.000Z"}"#,
                r#"{"time":"Fri, 27 Nov 2026 03:00:00 GMT"}"#,
                "time",
                r#""2026-01-05T08:00:00.000Z""#,
                r#""Fri, 27 Nov 2026 03:00:00 GMT""#,
            ),
            (
                r#"{"createdTimestamp":1767600002000}"#,
                r#"{"createdTimestamp":1795000000}"#,
                "createdTimestamp",
                "1767600002000",
                "1795000000",
            ),
            (
                r#"{"uri":"/contacts/imports/7"}"#,
                r#"{"uri":"https://secure.p01.eloqua.com/contacts/imports/7"}"#,
                "uri",
                r#""/contacts/imports/7""#,
                r#""https://secure.p01.eloqua.com/contacts/imports/7""#,
            ),
            (
                r#"{"emails":{"verified":[],"unverified":[]}}"#,
                r#"{"emails":{"verified":["a"],"unverified":[]}}"#,
                "emails.verified",
                "0 entries: []",
                r#"1 entry: ["a"]"#,
            ),
            (r#"{"l":[{"x":1},{"x":2}]}"#, r#"{"l":[{"x":1},{"x":3}]}"#, "l[1].x", "2", "3"),
            ("[]", "{}", "the body", "[]", "{}"),
            (r#"{"id_token":"e30"}"#, "{}", "id_token", r#""********""#, "absent"),
            ("{}", r#"{"it":{"secret":"s"}}"#, "it", "absent", r#"{"secret":"********"}"#),
            (
                r#"{"identities":[]}"#,
                r#"{"identities":[{"provider":"site","sessionToken":"st2.s"}]}"#,
                "identities",
                "0 entries: []",
                r#"1 entry: [{"provider":"site","sessionToken":"********"}]"#,
            ),
            (r#"{"secret":["a"]}"#, r#"{"secret":["b"]}"#, "secret[0]", r#""********""#, r#""********""#),
            (
                r#"{"a":{"secret":["a"]}}"#,
                r#"{"a":{"secret":[]}}"#,
                "a.secret",
                r#"1 entry: "********""#,
                r#"0 entries: "********""#,
            ),
        ] {
            check(ours, theirs, &[(place, here, there)]);
        }
    }

    #[test]
    fn every_difference_is_told() {
        check(
            r#"{"errorCode":0,"items":[{"a":1}],"none":0}"#,
            r#"{"errorCode":403005,"items":[{"a":2},{"a":1}],"more":null}"#,
            &[
                ("errorCode", "0", "403005"),
                ("items", r#"1 entry: [{"a":1}]"#, r#"2 entries: [{"a":2},{"a":1}]"#),
                ("items[0].a", "1", "2"),
                ("none", "0", "absent"),
                ("more", "absent", "null"),
            ],
        );
    }

    #[test]
    fn statuses_types_and_bodies_that_are_no_json_count() {
        let told = |ours: &Response, theirs: &Response| -> Vec<(String, String, String)> {
            let found = differences(ours, theirs).into_iter();
            found.map(|it| (it.place, it.ours, it.theirs)).collect()
        };
        let owned = |place: &str, ours: &str, theirs: &str| {
            vec![(place.to_owned(), ours.to_owned(), theirs.to_owned())]
        };
        assert_eq!(told(&answer(404, ""), &answer(404, "")), []);
        assert_eq!(told(&answer(404, ""), &answer(400, "<h1>")), owned("the HTTP status", "404", "400"));
        assert_eq!(told(&answer(404, ""), &answer(404, "<h1>")), owned("the body", "nothing", "<h1>"));
        let mut plain = answer(200, "{}");
        plain.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
        let expected = owned("the content type", "application/json;charset=utf-8", "text/plain");
        assert_eq!(told(&answer(200, "{}"), &plain), expected);
    }
}
