//! What an answer of Gigya's means for a push.

use crate::rules::Rule;
use serde_json::Value;
use standin_clients::GigyaError;
use standin_model::mutant::mutated;

/// What to do about a call that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Class {
    /// Try again later.
    Transient,
    /// The keys or permissions are wrong: trying again changes nothing until somebody corrects them.
    Config,
    /// The account is no more.
    Gone,
    /// These rows were refused; empty where the answer names none that was sent.
    Refused(Vec<&'static str>),
}

/// The code of an account or user key that Gigya does not know: the same for both.
const UNAUTHORIZED_USER: i64 = 403_005;

/// Reads a failure. `sent` are the names of the rows that the call carried.
pub fn class_of(error: &GigyaError, sent: &[&'static str]) -> Class {
    match error {
        GigyaError::Transport(_) if mutated("push.retry.never") => Class::Config,
        GigyaError::Transport(_) => Class::Transient,
        GigyaError::NotJson { status: 429, .. } => Class::Transient,
        GigyaError::NotJson { status: 400..=499, .. } => Class::Config,
        // A cut or foreign body with any other status comes from something between us and Gigya.
        GigyaError::NotJson { .. } if mutated("push.retry.not-on-pages") => Class::Config,
        GigyaError::NotJson { .. } => Class::Transient,
        GigyaError::Unsigned { .. } => Class::Config,
        GigyaError::Api { code, details, body, .. } => match code {
            500_000..=599_999 | 403_048 | 409_030 if !mutated("push.retry.not-on-codes") => Class::Transient,
            // Something on the way has sent the call twice; another attempt has a nonce of its own.
            403_004 if !mutated("push.retry.not-on-nonce") => Class::Transient,
            &UNAUTHORIZED_USER if names_user_key(details) && !mutated("push.verdict.key-is-account") => {
                Class::Config
            }
            &UNAUTHORIZED_USER | 403_047 => Class::Gone,
            400_003 | 400_006 | 400_009 | 400_020 | 400_022..=400_027 => {
                Class::Refused(refused_rows(details, body, sent))
            }
            _ => Class::Config,
        },
    }
}

/// Whether Gigya speaks of the key of the call and not of the account that the call is about.
pub(crate) fn names_user_key(details: &str) -> bool {
    details.to_ascii_lowercase().replace(' ', "").contains("userkey")
}

/// The sent rows that an answer names: in its `validationErrors`, or else by a path in its details.
fn refused_rows(details: &str, body: &Value, sent: &[&'static str]) -> Vec<&'static str> {
    let entries = body.get("validationErrors").and_then(Value::as_array).into_iter().flatten();
    let mut rows: Vec<&'static str> = Vec::new();
    for field in entries.filter_map(|entry| entry.get("fieldName").and_then(Value::as_str)) {
        add_row(&mut rows, field, sent);
    }
    if rows.is_empty() {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
        for word in details.split(|c| !is_part(c)) {
            add_row(&mut rows, word, sent);
        }
    }
    rows
}

fn add_row(rows: &mut Vec<&'static str>, field: &str, sent: &[&'static str]) {
    let within = field.strip_prefix("profile.").unwrap_or(field);
    let member = within.split('.').next().unwrap_or_default();
    if let Some(rule) = Rule::of_member(member)
        && sent.contains(&rule.name)
        && !rows.contains(&rule.name)
    {
        rows.push(rule.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use standin_ports::HttpError;

    const SENT: &[&str] = &["username", "firstname", "phone", "birthday", "gender"];

    fn api(code: i64, details: &str, fields: &[&str]) -> GigyaError {
        let entries: Vec<Value> = fields.iter().map(|field| json!({ "fieldName": field })).collect();
        GigyaError::Api {
            call: String::new(),
            code,
            message: String::new(),
            details: details.to_owned(),
            body: Box::new(json!({ "validationErrors": entries })),
        }
    }

    #[test]
    fn codes() {
        let refused = |rows: &[&'static str]| Class::Refused(rows.to_vec());
        for (code, details, fields, expected) in [
            (500_001, "", &[][..], Class::Transient),
            (504_001, "", &[], Class::Transient),
            (503_001, "", &[], Class::Transient),
            (403_048, "", &[], Class::Transient),
            (409_030, "", &[], Class::Transient),
            (403_004, "", &[], Class::Transient),
            (400_093, "", &[], Class::Config),
            (403_003, "", &[], Class::Config),
            (403_007, "", &[], Class::Config),
            (403_010, "", &[], Class::Config),
            (403_005, "The supplied userkey was not found", &[], Class::Config),
            (400_002, "", &[], Class::Config),
            (403_036, "", &[], Class::Config),
            (301_001, "", &[], Class::Config),
            (405_001, "", &[], Class::Config),
            (403_005, "", &[], Class::Gone),
            (403_047, "", &[], Class::Gone),
            (400_020, "", &["profile.gender"], refused(&["gender"])),
            (
                400_006,
                "",
                &["gender", "profile.birthDay", "profile.birthYear"],
                refused(&["gender", "birthday"]),
            ),
            (400_009, "Validation failed", &["profile.phones.number"], refused(&["phone"])),
            (400_009, "", &["username"], refused(&["username"])),
            (400_003, "username already exists", &[], refused(&["username"])),
            (400_006, "Invalid value of profile.firstName", &[], refused(&["firstname"])),
            (400_020, "", &["profile.lastName"], refused(&[])),
            (400_020, "", &["email"], refused(&[])),
            (400_006, "", &[], refused(&[])),
        ] {
            assert_eq!(class_of(&api(code, details, fields), SENT), expected, "{code} {details}");
        }
    }

    #[test]
    fn answers_that_are_none() {
        let unreadable =
            |status| GigyaError::NotJson { call: String::new(), status, start_of_body: String::new() };
        for (error, expected) in [
            (GigyaError::Transport(HttpError::Timeout { host: "x".to_owned() }), Class::Transient),
            (unreadable(500), Class::Transient),
            (unreadable(503), Class::Transient),
            (unreadable(429), Class::Transient),
            (unreadable(200), Class::Transient),
            (unreadable(404), Class::Config),
        ] {
            assert_eq!(class_of(&error, SENT), expected, "{error}");
        }
    }
}
