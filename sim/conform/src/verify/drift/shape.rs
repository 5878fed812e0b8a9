//! Whether two answers are of one shape.

use serde_json::Value;

/// Members whose values are what a caller decides by, so that they must be the same and not only alike.
const SAME: &[&str] =
    &["errorCode", "errorMessage", "statusCode", "statusReason", "apiVersion", "constraint"];

/// One answer.
pub(super) struct Answer {
    /// The platform's own name for the call.
    pub(super) name: String,
    /// HTTP status.
    pub(super) status: u16,
    /// Its body.
    pub(super) body: String,
}

/// Where two answers differ, and how.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Difference {
    /// `status`, or the path of a member.
    pub(super) place: String,
    /// What is there in ours.
    pub(super) ours: String,
    /// What is there in theirs.
    pub(super) theirs: String,
}

fn differs(place: &str, ours: impl Into<String>, theirs: impl Into<String>) -> Option<Difference> {
    Some(Difference { place: place.to_owned(), ours: ours.into(), theirs: theirs.into() })
}

/// The first difference.
pub(super) fn difference(ours: &Answer, theirs: &Answer) -> Option<Difference> {
    if ours.status != theirs.status {
        return differs("the HTTP status", ours.status.to_string(), theirs.status.to_string());
    }
    match (read(&ours.body), read(&theirs.body)) {
        (Some(ours), Some(theirs)) => of_values("", &ours, &theirs),
        (None, None) => None,
        (Some(_), None) => differs("the body", "JSON", bounded(&theirs.body)),
        (None, Some(_)) => differs("the body", bounded(&ours.body), "JSON"),
    }
}

fn read(body: &str) -> Option<Value> {
    serde_json::from_str(body).ok()
}

fn bounded(text: &str) -> String {
    let text: String = text.chars().take(200).collect();
    if text.is_empty() { "nothing".to_owned() } else { text }
}

fn of_values(place: &str, ours: &Value, theirs: &Value) -> Option<Difference> {
    let shown = if place.is_empty() { "the body" } else { place };
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let at = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            for (name, value) in ours {
                let Some(other) = theirs.get(name) else {
                    return differs(&at(name), kind(value), "absent");
                };
                if SAME.contains(&name.as_str()) && value != other {
                    return differs(&at(name), value.to_string(), other.to_string());
                }
                if let Some(found) = of_values(&at(name), value, other) {
                    return Some(found);
                }
            }
            let more = theirs.iter().find(|(name, _)| !ours.contains_key(*name));
            more.and_then(|(name, value)| differs(&at(name), "absent", kind(value)))
        }
        (Value::Array(ours), Value::Array(theirs)) => match (ours.first(), theirs.first()) {
            (Some(ours), Some(theirs)) => of_values(&format!("{place}[0]"), ours, theirs),
            (None, None) => None,
            _ => differs(shown, counted(ours.len()), counted(theirs.len())),
        },
        _ if kind(ours) == kind(theirs) => None,
        _ => differs(shown, kind(ours), kind(theirs)),
    }
}

fn counted(entries: usize) -> &'static str {
    if entries == 0 { "an empty list" } else { "a list with entries" }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a whole number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ours: (u16, &str), theirs: (u16, &str)) -> Option<(String, String, String)> {
        let answer =
            |(status, body): (u16, &str)| Answer { name: "x".to_owned(), status, body: body.to_owned() };
        difference(&answer(ours), &answer(theirs)).map(|found| (found.place, found.ours, found.theirs))
    }

    #[test]
    fn values_may_differ_and_shapes_and_codes_may_not() {
        let ours = (200, r#"{"errorCode":0,"callId":"a","n":1,"list":[{"x":"a"},{"x":"b"}],"none":[]}"#);
        assert_eq!(
            found(ours, (200, r#"{"none":[],"list":[{"x":"c"}],"n":7,"callId":"b","errorCode":0}"#)),
            None
        );
        for (theirs, place, here, there) in [
            ((404, "{}"), "the HTTP status", "200", "404"),
            ((200, ""), "the body", "JSON", "nothing"),
            ((200, "[]"), "the body", "an object", "a list"),
            (
                (200, r#"{"errorCode":403005,"callId":"a","n":1,"list":[{"x":"a"}],"none":[]}"#),
                "errorCode",
                "0",
                "403005",
            ),
            ((200, r#"{"errorCode":0,"n":1,"list":[{"x":"a"}],"none":[]}"#), "callId", "text", "absent"),
            (
                (200, r#"{"errorCode":0,"callId":"a","n":1.5,"list":[{"x":"a"}],"none":[]}"#),
                "n",
                "a whole number",
                "a number with a fraction",
            ),
            (
                (200, r#"{"errorCode":0,"callId":"a","n":1,"list":[{"x":1}],"none":[]}"#),
                "list[0].x",
                "text",
                "a whole number",
            ),
            (
                (200, r#"{"errorCode":0,"callId":"a","n":1,"list":[{"x":"a"}],"none":[1]}"#),
                "none",
                "an empty list",
                "a list with entries",
            ),
            (
                (200, r#"{"errorCode":0,"callId":"a","n":1,"list":[{"x":"a"}],"none":[],"more":null}"#),
                "more",
                "absent",
                "null",
            ),
        ] {
            let expected = Some((place.to_owned(), here.to_owned(), there.to_owned()));
            assert_eq!(found(ours, theirs), expected, "{theirs:?}");
        }
    }
}
