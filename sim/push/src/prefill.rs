//! A form filled from a profile: the rows read from right to left.

use crate::entities::decode_once;
use crate::rules::{BIRTH_MEMBERS, Behaviour, Rule};
use serde_json::Value;
use standin_model::text::clean;
use standin_model::{Birthday, Gender};

/// Values for those of `variables` that a row takes and the profile has, in the order of `variables`.
///
/// The e-mail address is the key and no field, the campaign's language is no field either; both stay out.
pub fn prefill(profile: &Value, variables: &[String]) -> Vec<(String, String)> {
    let filled = variables.iter().filter_map(|variable| {
        let rule = Rule::of_variable(variable)?;
        Some((variable.clone(), value(rule, profile)?))
    });
    filled.collect()
}

/// What a row's field shows for `profile`; `None` for an empty field.
pub(crate) fn value(rule: &Rule, profile: &Value) -> Option<String> {
    let shown = match rule.behaviour {
        Behaviour::Overwrite { member: "gender", .. } => {
            let letter = profile.get("gender")?.as_str()?;
            letter.trim().parse::<Gender>().ok()?.letter().to_owned()
        }
        Behaviour::Overwrite { member, .. } => text(profile.get(member)?)?,
        Behaviour::Phone => phone(profile.get("phones")?)?,
        Behaviour::Birthday => birthday(profile)?.to_string(),
        Behaviour::Key | Behaviour::Languages | Behaviour::ReadOnly => return None,
    };
    (!clean(&shown).is_empty()).then_some(shown)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(decode_once(text).into_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The number flagged as default, else the first; of a single object, its own.
fn phone(phones: &Value) -> Option<String> {
    let entry = match phones {
        Value::Array(entries) => {
            entries.iter().find(|entry| is_default(entry)).or_else(|| entries.first())?
        }
        Value::Object(_) => phones,
        _ => return None,
    };
    text(entry.get("number")?)
}

/// The flag is text in Gigya's own models.
fn is_default(entry: &Value) -> bool {
    match entry.get("default") {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(flag)) => flag.eq_ignore_ascii_case("true") || flag == "1",
        _ => false,
    }
}

/// A date only where all three parts are there and make one.
fn birthday(profile: &Value) -> Option<Birthday> {
    let part = |member: &str| match profile.get(member)? {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    };
    let [day, month, year] = BIRTH_MEMBERS;
    Birthday::new(part(day)?, part(month)?, part(year)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: &[&str] = &[
        "phone",
        "username",
        "firstname",
        "lastname",
        "email",
        "address",
        "zipcode",
        "locality",
        "country",
        "birthday",
        "gender",
        "languages",
        "UID",
        "shoe_size",
    ];

    fn check(profile: &Value, expected: &[(&str, &str)]) {
        let variables: Vec<String> = ALL.iter().map(|variable| (*variable).to_owned()).collect();
        let filled = prefill(profile, &variables);
        let filled: Vec<(&str, &str)> =
            filled.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(filled, expected, "{profile}");
    }

    #[test]
    fn a_whole_profile_in_the_order_of_the_form() {
        check(
            &json!({
                "username": "jdoe123", "firstName": "Jane", "lastName": "A &amp; B", "email": "jdoe@mail.com",
                "address": "Rue de Birmingham 280", "zip": "03290", "city": "Diest", "country": "Belgium",
                "phones": [{ "number": "1" }, { "number": "0487 66 49251", "default": "true" }],
                "birthDay": 6, "birthMonth": 5, "birthYear": 1959, "gender": "f", "languages": "French",
            }),
            &[
                ("phone", "0487 66 49251"),
                ("username", "jdoe123"),
                ("firstname", "Jane"),
                ("lastname", "A & B"),
                ("address", "Rue de Birmingham 280"),
                ("zipcode", "03290"),
                ("locality", "Diest"),
                ("country", "Belgium"),
                ("birthday", "06/05/1959"),
                ("gender", "f"),
            ],
        );
    }

    #[test]
    fn one_field_at_a_time() {
        for (profile, expected) in [
            (json!({ "lastName": "A &amp;amp; B" }), Some(("lastname", "A &amp; B"))),
            (json!({ "lastName": "  " }), None),
            (json!({ "lastName": "\u{FEFF}" }), None),
            (json!({ "lastName": null }), None),
            (json!({ "zip": 3290 }), Some(("zipcode", "3290"))),
            (json!({ "phones": { "number": "1", "type": "home" } }), Some(("phone", "1"))),
            (json!({ "phones": [{ "number": "1" }, { "number": "2" }] }), Some(("phone", "1"))),
            (
                json!({ "phones": [{ "number": "1" }, { "number": "2", "default": true }] }),
                Some(("phone", "2")),
            ),
            (
                json!({ "phones": [{ "number": "1" }, { "number": "2", "default": "false" }] }),
                Some(("phone", "1")),
            ),
            (json!({ "phones": [] }), None),
            (json!({ "phones": "1" }), None),
            (json!({ "phones": [null] }), None),
            (json!({ "birthYear": 1959 }), None),
            (json!({ "birthDay": 6, "birthMonth": 5 }), None),
            (json!({ "birthDay": 31, "birthMonth": 4, "birthYear": 1959 }), None),
            (
                json!({ "birthDay": "6", "birthMonth": "5", "birthYear": "1959" }),
                Some(("birthday", "06/05/1959")),
            ),
            (json!({ "gender": "u" }), Some(("gender", "u"))),
            (json!({ "gender": "x" }), None),
            (json!([]), None),
            (json!(null), None),
        ] {
            check(&profile, expected.as_slice());
        }
    }
}
