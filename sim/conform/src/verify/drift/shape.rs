//! Where two answers differ.

use base64::Engine;
use serde_json::{Map, Value, json};
use standin_ports::Response;
use standin_ports::journal::masked;

/// How much of a member is held where its value cannot be the same twice.
#[derive(Clone, Copy)]
enum Held {
    /// What kind of value it is.
    Kind,
    /// That it is a whole number, and whether it is below, at or above nought.
    Sign,
    /// How it is written, digit for digit: a time, in whatever unit.
    Form,
    /// How it is written, a hexadecimal digit standing for any other.
    Hex,
    /// How it is written, a number of any size standing for any other: an id, or a path with one.
    Numbers,
    /// What its members are called and of which kind they are, at every depth.
    Members,
    /// Of a list, the same of what its entries have among them; all of anything else.
    Entries,
    /// Of a signed token how it is signed, and the same of its claims.
    Token,
}

/// Members that no two platforms can have the same values for. All others must be the same.
const VOLATILE: &[(&str, Held)] = &[
    // Who called, and when: the caller, the site and the machine are others.
    ("callId", Held::Hex),
    ("createdBy", Held::Kind),
    ("updatedBy", Held::Kind),
    ("lastLoginLocation", Held::Members),
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
    // Up to the owner of the site: how a field of the schema is used, and which fields a contact has.
    ("required", Held::Kind),
    ("allowNull", Held::Kind),
    ("writeAccess", Held::Kind),
    ("format", Held::Kind),
    ("fieldValues", Held::Entries),
    // Counted from today.
    ("age", Held::Sign),
    // Given by the platform.
    ("id", Held::Numbers),
    ("initialId", Held::Numbers),
    ("uri", Held::Numbers),
    ("syncUri", Held::Numbers),
    ("syncedInstanceUri", Held::Numbers),
    // Made by chance or by a key that the platform keeps.
    ("id_token", Held::Token),
    ("passwordResetToken", Held::Kind),
    ("regToken", Held::Kind),
    ("cookieValue", Held::Kind),
    ("login_token", Held::Kind),
    ("sessionToken", Held::Kind),
    ("sessionSecret", Held::Kind),
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
        (Some(ours), Some(theirs)) => all.of_values("", &ours, &theirs, held),
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

    fn of_values(&mut self, place: &str, ours: &Value, theirs: &Value, held: fn(&str) -> Option<Held>) {
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let at =
                    |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
                for (name, value) in ours {
                    match (theirs.get(name), held(name)) {
                        (None, _) => self.add(&at(name), shown(name, value), ABSENT.to_owned()),
                        (Some(other), Some(volatile)) if volatile.is_about(value) => {
                            match (volatile.kept(value), volatile.kept(other)) {
                                (ours, theirs) if ours == theirs => {}
                                (ours @ Value::Object(_), theirs) | (ours @ Value::Array(_), theirs) => {
                                    self.of_values(&at(name), &ours, &theirs, |_| None);
                                }
                                _ => self.add(&at(name), shown(name, value), shown(name, other)),
                            }
                        }
                        (Some(other), _) => self.of_values(&at(name), value, other, held),
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
                    self.of_values(&format!("{place}[{at}]"), ours, theirs, held);
                }
            }
            _ if ours == theirs => {}
            _ => self.add(place, shown(place, ours), shown(place, theirs)),
        }
    }
}

impl Held {
    /// Whether it decides about such a value; another is held like any other.
    fn is_about(self, value: &Value) -> bool {
        match self {
            Self::Kind | Self::Members | Self::Token => true,
            Self::Sign | Self::Form | Self::Hex | Self::Numbers => value.is_string() || value.is_number(),
            Self::Entries => value.is_array(),
        }
    }

    /// What is held of a value.
    fn kept(self, value: &Value) -> Value {
        match self {
            Self::Kind => kind(value).into(),
            Self::Sign => value.as_i64().map_or_else(|| kind(value).into(), |number| number.signum().into()),
            Self::Form => written(value, |letter| letter.is_ascii_digit(), false),
            Self::Hex => {
                written(value, |letter| letter.is_ascii_digit() || ('a'..='f').contains(&letter), false)
            }
            Self::Numbers => written(value, |letter| letter.is_ascii_digit(), true),
            Self::Members | Self::Entries => members(value),
            Self::Token => token(value),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "members",
    }
}

/// The kinds of all values within a value; of a list one entry that has what any of its entries has.
fn members(value: &Value) -> Value {
    match value {
        Value::Object(all) => all.iter().map(|(name, value)| (name.clone(), members(value))).collect(),
        Value::Array(entries) => entries.iter().map(members).reduce(both).into_iter().collect(),
        other => kind(other).into(),
    }
}

/// What has the members of both; where they are of different kinds, either.
fn both(one: Value, other: Value) -> Value {
    match (one, other) {
        (one, other) if one == other => one,
        (Value::Object(mut all), Value::Object(more)) => {
            for (name, value) in more {
                let value = match all.get(&name) {
                    Some(known) => both(known.clone(), value),
                    None => value,
                };
                all.insert(name, value);
            }
            all.into()
        }
        (Value::Array(all), Value::Array(more)) => all
            .into_iter()
            .chain(more)
            .reduce(both)
            .map_or_else(|| Value::Array(Vec::new()), |one| vec![one].into()),
        (one, other) => {
            let words =
                [one, other].map(|it| it.as_str().map_or_else(|| kind(&it).to_owned(), str::to_owned));
            let mut words: Vec<&str> = words.iter().flat_map(|words| words.split(" or else ")).collect();
            words.sort_unstable();
            words.dedup();
            words.join(" or else ").into()
        }
    }
}

/// How a JSON Web Token is signed, whether it names its key, and the kinds of its claims.
fn token(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    let mut parts = text.splitn(3, '.');
    let mut part = || {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
    };
    let unreadable = || Value::from("unreadable");
    let header = part().map_or_else(unreadable, |header| {
        let key = header.get("kid").map(kind);
        json!({"alg": header.get("alg"), "typ": header.get("typ"), "kid": key})
    });
    let claims = part().map_or_else(unreadable, |claims| members(&claims.into()));
    json!({"header": header, "claims": claims, "signature": kind(&parts.next().unwrap_or_default().into())})
}

fn counted(place: &str, entries: &[Value]) -> String {
    let told = if entries.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", entries.len()) };
    format!("{told}: {}", shown(place, &Value::from(entries.to_vec())))
}

/// A value with a nine for each letter that varies, or for each run of them.
fn written(value: &Value, varies: fn(char) -> bool, in_runs: bool) -> Value {
    let Some(text) =
        value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()))
    else {
        return kind(value).into();
    };
    let mut form = String::from(if value.is_string() { "\"" } else { "" });
    for letter in text.chars() {
        let nine = if varies(letter) { '9' } else { letter };
        if !(in_runs && nine == '9' && form.ends_with('9')) {
            form.push(nine);
        }
    }
    form.into()
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
            (r#"{"errorCode":0,"callId":"0a1b"}"#, r#"{"callId":"ffe9","errorCode":0}"#),
            (r#"{"time":"2026-01-05T08:00:00.000Z"}"#, r#"{"time":"2026-11-27T03:11:59.123Z"}"#),
            (r#"{"createdTimestamp":1767600002000}"#, r#"{"createdTimestamp":1795000000123}"#),
            (r#"{"uri":"/contacts/imports/7"}"#, r#"{"uri":"/contacts/imports/4711"}"#),
            (r#"{"id":"7","profile":{"age":36}}"#, r#"{"id":"90210","profile":{"age":37}}"#),
        ] {
            check(ours, theirs, &[]);
        }
        for (ours, theirs, place, here, there) in [
            (r#"{"callId":"a"}"#, r#"{"callId":7}"#, "callId", r#""a""#, "7"),
            (r#"{"callId":"0a1b"}"#, r#"{"callId":"0A1B"}"#, "callId", r#""0a1b""#, r#""0A1B""#),
            (r#"{"callId":"0a1b"}"#, r#"{"callId":"0a-1b"}"#, "callId", r#""0a1b""#, r#""0a-1b""#),
            (r#"{"createdBy":"ann"}"#, r#"{"createdBy":""}"#, "createdBy", r#""ann""#, r#""""#),
            (r#"{"age":36}"#, r#"{"age":"36"}"#, "age", "36", r#""36""#),
            (r#"{"age":36}"#, r#"{"age":36.5}"#, "age", "36", "36.5"),
            (r#"{"age":36}"#, r#"{"age":-1}"#, "age", "36", "-1"),
            (r#"{"age":36}"#, r#"{"age":0}"#, "age", "36", "0"),
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

    /// Of what is up to a site or made by chance, the members are held, and what kind they are of.
    #[test]
    fn members_are_held_where_values_cannot_be() {
        let session = r#"{"sessionInfo":{"cookieName":"glt_3_K","cookieValue":"st2.a"}}"#;
        check(session, r#"{"sessionInfo":{"cookieName":"glt_3_K","cookieValue":"LT3_b"}}"#, &[]);
        check(
            session,
            r#"{"sessionInfo":{"sessionToken":"s3cr3t","sessionSecret":"s3cr3t"}}"#,
            &[
                ("sessionInfo.cookieName", r#""glt_3_K""#, "absent"),
                ("sessionInfo.cookieValue", r#""********""#, "absent"),
                ("sessionInfo.sessionToken", "absent", r#""********""#),
                ("sessionInfo.sessionSecret", "absent", r#""********""#),
            ],
        );
        let other = r#"{"sessionInfo":{"cookieName":"gac_3_K","cookieValue":""}}"#;
        let empty = ("sessionInfo.cookieValue", r#""********""#, r#""********""#);
        check(session, other, &[("sessionInfo.cookieName", r#""glt_3_K""#, r#""gac_3_K""#), empty]);
        let place = r#"{"lastLoginLocation":{"country":"BE","coordinates":{"lat":51.05,"lon":3.7}}}"#;
        check(place, r#"{"lastLoginLocation":{"country":"NL","coordinates":{"lat":52,"lon":-4}}}"#, &[]);
        check(
            place,
            r#"{"lastLoginLocation":{"country":"BE","city":"Gent","coordinates":{"lat":"51.05","lon":3.7}}}"#,
            &[
                ("lastLoginLocation.coordinates.lat", r#""a number""#, r#""a text""#),
                ("lastLoginLocation.city", "absent", r#""a text""#),
            ],
        );
        let schema = r#"{"profileSchema":{"fields":{"zip":{"type":"string","required":false}}}}"#;
        check(schema, r#"{"profileSchema":{"fields":{"zip":{"type":"string","required":true}}}}"#, &[]);
        check(
            schema,
            r#"{"profileSchema":{"fields":{"zip":{"type":"long","required":"false"},"age":{}}}}"#,
            &[
                ("profileSchema.fields.zip.type", r#""string""#, r#""long""#),
                ("profileSchema.fields.zip.required", "false", r#""false""#),
                ("profileSchema.fields.age", "absent", "{}"),
            ],
        );
    }

    /// Which fields a contact has is up to the site, and one without a value says nothing of it.
    #[test]
    fn entries_are_held_for_what_they_have_among_them() {
        let ours =
            r#"{"fieldValues":[{"id":"7","type":"FieldValue"},{"id":"8","type":"FieldValue","value":"x"}]}"#;
        check(ours, r#"{"fieldValues":[{"id":"90","type":"FieldValue","value":"y"}]}"#, &[]);
        check(ours, r#"{"fieldValues":[]}"#, &[("fieldValues", TOLD_ENTRY, "0 entries: []")]);
        check(
            ours,
            r#"{"fieldValues":[{"id":7,"type":"FieldValue","value":"y","name":"z"},{"id":8,"type":"FieldValue","value":null}]}"#,
            &[
                ("fieldValues[0].id", r#""a text""#, r#""a number""#),
                ("fieldValues[0].value", r#""a text""#, r#""a text or else null""#),
                ("fieldValues[0].name", "absent", r#""a text""#),
            ],
        );
        // Those of a rejected row are what was sent.
        let row = r#"{"fieldValues":{"e":"no-address","f":"Eve"}}"#;
        check(row, r#"{"fieldValues":{"e":"","f":"Eve"}}"#, &[("fieldValues.e", r#""no-address""#, r#""""#)]);
    }

    const TOLD_ENTRY: &str = r#"1 entry: [{"id":"a text","type":"a text","value":"a text"}]"#;

    #[test]
    fn of_a_token_header_and_claims_are_held() {
        let token = |header: &str, claims: &str, rest: &str| {
            let coded = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
            json!({"id_token": format!("{}.{}{rest}", coded(header), coded(claims))}).to_string()
        };
        let header = r#"{"alg":"RS256","typ":"JWT","kid":"k1","dc":"eu1"}"#;
        let claims = r#"{"sub":"ann","exp":1767600300}"#;
        let ours = token(header, claims, ".c2ln");
        check(
            &ours,
            &token(r#"{"typ":"JWT","alg":"RS256","kid":"k2"}"#, r#"{"exp":9,"sub":"b"}"#, ".eA"),
            &[],
        );
        for (theirs, place, here, there) in [
            (
                token(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#, claims, ".c2ln"),
                "header.alg",
                r#""RS256""#,
                r#""none""#,
            ),
            (token(r#"{"alg":"RS256","kid":"k1"}"#, claims, ".c2ln"), "header.typ", r#""JWT""#, "null"),
            (token(r#"{"alg":"RS256","typ":"JWT"}"#, claims, ".c2ln"), "header.kid", r#""a text""#, "null"),
            (token(header, r#"{"sub":"ann"}"#, ".c2ln"), "claims.exp", r#""a number""#, "absent"),
            (
                token(header, r#"{"sub":"ann","exp":"9"}"#, ".c2ln"),
                "claims.exp",
                r#""a number""#,
                r#""a text""#,
            ),
            (
                token(header, r#"{"sub":"ann","exp":9,"aud":"x"}"#, ".c2ln"),
                "claims.aud",
                "absent",
                r#""a text""#,
            ),
            (token(header, claims, "."), "signature", r#""a text""#, r#""an empty text""#),
            (
                token(header, "ann", ".c2ln"),
                "claims",
                r#"{"sub":"a text","exp":"a number"}"#,
                r#""unreadable""#,
            ),
        ] {
            check(&ours, &theirs, &[(format!("id_token.{place}").as_str(), here, there)]);
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
