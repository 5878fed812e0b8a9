//! What a submitted form may hold.

use crate::campaign::{Field, Optin};
use standin_fake_kit::form::Form;
use standin_model::birthday::BirthdayError;
use standin_model::{Birthday, Email, Instant, Phone, text};
use std::collections::BTreeMap;

/// Why one value is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FormError {
    /// Nothing is there.
    Required,
    /// More than 255 characters.
    TooLong,
    /// Not a date of birth.
    InvalidDate,
    /// Day, month or year is missing.
    PartialDate,
    /// No digit, or too long.
    InvalidPhone,
    /// Not an e-mail address.
    InvalidEmail,
    /// Not of the form that the mask wants.
    MaskMismatch,
    /// Taken part often enough.
    LimitReached,
}

impl FormError {
    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::TooLong => "TooLong",
            Self::InvalidDate => "InvalidDate",
            Self::PartialDate => "PartialDate",
            Self::InvalidPhone => "InvalidPhone",
            Self::InvalidEmail => "InvalidEmail",
            Self::MaskMismatch => "MaskMismatch",
            Self::LimitReached => "LimitReached",
        }
    }
}

/// A form's values after clean-up, and what is wrong with them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// Values by field id; a date of birth is `DD/MM/YYYY`.
    pub values: BTreeMap<u64, String>,
    /// Opt-in responses by id: `1`, `0` or empty.
    pub optins: BTreeMap<u64, String>,
    /// Mistakes by control name.
    pub errors: BTreeMap<String, FormError>,
}

/// What a check needs to know besides the form.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The present time.
    pub now: Instant,
    /// The website's time zone.
    pub zone: &'a str,
    /// What the fields were filled in with, by variable.
    pub prefill: &'a BTreeMap<String, String>,
}

/// Checks what was submitted for the fields that the form has.
pub fn check(fields: &[&Field], optins: &[Optin], form: &Form, terms: Terms<'_>) -> Checked {
    let mut checked = Checked::default();
    for field in fields {
        let (value, error) = match submitted(field, form) {
            Submitted::Text(raw) => one(field, raw, terms),
            Submitted::Selects(day, month, year) => selects(day, month, year, terms),
        };
        let error = error.or_else(|| (value.is_empty() && field.mandatory).then_some(FormError::Required));
        if let Some(error) = error {
            checked.errors.insert(field.name(), error);
        }
        checked.values.insert(field.id, value);
    }
    for optin in optins {
        let response = match form.get(&optin.name()) {
            Some("1" | "on" | "true") => "1",
            Some("0" | "false") => "0",
            _ => "",
        };
        if optin.mandatory && response != "1" {
            checked.errors.insert(optin.name(), FormError::Required);
        }
        checked.optins.insert(optin.id, response.to_owned());
    }
    checked
}

enum Submitted<'a> {
    Text(&'a str),
    Selects(&'a str, &'a str, &'a str),
}

fn submitted<'a>(field: &Field, form: &'a Form) -> Submitted<'a> {
    let parts = ["day", "month", "year"].map(|part| form.get(part));
    if field.variable == "birthday" && parts.iter().any(Option::is_some) {
        let [day, month, year] = parts.map(Option::unwrap_or_default);
        return Submitted::Selects(day, month, year);
    }
    Submitted::Text(form.get(&field.name()).unwrap_or_default())
}

fn selects(day: &str, month: &str, year: &str, terms: Terms<'_>) -> (String, Option<FormError>) {
    match Birthday::from_selects(day, month, year) {
        Ok(None) => (String::new(), None),
        Ok(Some(born)) => dated(born, terms),
        Err(BirthdayError::PartialDate) => (String::new(), Some(FormError::PartialDate)),
        Err(BirthdayError::InvalidDate) => (String::new(), Some(FormError::InvalidDate)),
    }
}

fn dated(born: Birthday, terms: Terms<'_>) -> (String, Option<FormError>) {
    let error = born.is_future(terms.now, terms.zone).then_some(FormError::InvalidDate);
    (born.to_string(), error)
}

fn one(field: &Field, raw: &str, terms: Terms<'_>) -> (String, Option<FormError>) {
    let value = text::clean(raw);
    if value.is_empty() {
        return (value, None);
    }
    if field.variable == "birthday" {
        return match value.parse::<Birthday>() {
            Ok(born) => dated(born, terms),
            Err(_) => (value, Some(FormError::InvalidDate)),
        };
    }
    let Some(value) = field.chosen(&value).map(str::to_owned) else { return (String::new(), None) };
    let error = refusal(field, &value, terms);
    (value, error)
}

fn refusal(field: &Field, value: &str, terms: Terms<'_>) -> Option<FormError> {
    // What Gigya holds already may be longer; nobody is punished for leaving it alone.
    let untouched = terms.prefill.get(&field.variable).is_some_and(|filled| text::clean(filled) == value);
    if value.chars().count() > text::LIMIT && !untouched {
        return Some(FormError::TooLong);
    }
    if field.variable == "phone" && value.parse::<Phone>().is_err() {
        return Some(FormError::InvalidPhone);
    }
    if field.variable == "email" && value.parse::<Email>().is_err() {
        return Some(FormError::InvalidEmail);
    }
    let mask = field.mask.as_deref().filter(|mask| !fits_mask(value, mask));
    mask.map(|_| FormError::MaskMismatch)
}

fn fits_mask(value: &str, mask: &str) -> bool {
    let fits = |(c, wanted): (char, char)| match wanted {
        '9' => c.is_ascii_digit(),
        'A' => c.is_alphabetic(),
        literal => c == literal,
    };
    value.chars().count() == mask.chars().count() && value.chars().zip(mask.chars()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Numbers, read_field};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use standin_fake_kit::Section;

    fn field(value: &Value) -> Field {
        read_field(&Section::root(value), &mut Numbers { campaign: 1, part: 7 }).unwrap()
    }

    fn run(of: &Value, query: &str, prefill: &[(&str, &str)]) -> (String, Option<&'static str>) {
        let field = field(of);
        let prefill = prefill.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let terms = Terms { now: Instant::START, zone: "Europe/Brussels", prefill: &prefill };
        let checked = check(&[&field], &[], &Form::parse(query.as_bytes()), terms);
        (checked.values[&7].clone(), checked.errors.get("choix_7").map(|error| error.name()))
    }

    #[test]
    fn values_and_mistakes() {
        let long = format!("choix_7={}", "x".repeat(256));
        let limit = format!("choix_7={}", "x".repeat(255));
        for (of, query, value, error) in [
            (json!("firstname"), "choix_7=++John+", "John", None),
            (json!("firstname"), "choix_7=John%2C+Jane", "John, Jane", None),
            (json!("lastname"), "choix_7=+++", "", None),
            (json!({"variable": "lastname", "mandatory": true}), "choix_7=+++", "", Some("Required")),
            (json!("lastname"), "choix_7=%C2%A0M%C3%BCller%C2%A0", "Müller", None),
            (json!("lastname"), "choix_7=e%CC%81", "é", None),
            (json!("zipcode"), "choix_7=01234", "01234", None),
            (json!("firstname"), &long[..], &long[8..], Some("TooLong")),
            (json!("firstname"), &limit[..], &limit[8..], None),
            (json!("birthday"), "choix_7=06/05/1959", "06/05/1959", None),
            (json!("birthday"), "choix_7=6.5.1959", "06/05/1959", None),
            (json!("birthday"), "choix_7=1959-05-06", "06/05/1959", None),
            (json!("birthday"), "choix_7=12/31/1959", "12/31/1959", Some("InvalidDate")),
            (json!("birthday"), "choix_7=29/02/2000", "29/02/2000", None),
            (json!("birthday"), "choix_7=29/02/1900", "29/02/1900", Some("InvalidDate")),
            (json!("birthday"), "choix_7=06/05/59", "06/05/59", Some("InvalidDate")),
            (json!("birthday"), "choix_7=05/01/2026", "05/01/2026", None),
            (json!("birthday"), "choix_7=06/01/2026", "06/01/2026", Some("InvalidDate")),
            (json!("birthday"), "day=6&month=5&year=1959", "06/05/1959", None),
            (json!("birthday"), "day=6&month=5&year=", "", Some("PartialDate")),
            (json!("birthday"), "day=6&month=5", "", Some("PartialDate")),
            (json!("birthday"), "day=&month=&year=", "", None),
            (json!("birthday"), "day=31&month=4&year=1980", "", Some("InvalidDate")),
            (json!("phone"), "choix_7=0487+66+49251", "0487 66 49251", None),
            (json!("phone"), "choix_7=n%2Fa", "n/a", Some("InvalidPhone")),
            (json!("gender"), "choix_7=F", "F", None),
            (json!("gender"), "choix_7=f", "F", None),
            (json!("gender"), "choix_7=X", "", None),
            (json!({"variable": "gender", "options": ["M", "F", "X"]}), "choix_7=X", "X", None),
            (json!({"variable": "size", "options": ["S", "s", "L  XL"]}), "choix_7=s", "s", None),
            (json!({"variable": "size", "options": ["S", "s", "L  XL"]}), "choix_7=L++XL", "L  XL", None),
            (
                json!({"variable": "size", "options": ["S"], "mandatory": true}),
                "choix_7=M",
                "",
                Some("Required"),
            ),
            (json!("email"), "choix_7=a%40b.be", "a@b.be", None),
            (json!("email"), "choix_7=a%40b", "a@b", Some("InvalidEmail")),
            (json!("email"), "choix_7=", "", Some("Required")),
            (json!({"variable": "plate", "mask": "999AAA"}), "choix_7=123abc", "123abc", None),
            (json!({"variable": "plate", "mask": "999AAA"}), "choix_7=12abc", "12abc", Some("MaskMismatch")),
            (json!({"variable": "plate", "mask": "9-A"}), "choix_7=1-b", "1-b", None),
            (json!({"variable": "plate", "mask": "9-A"}), "choix_7=1+b", "1 b", Some("MaskMismatch")),
        ] {
            assert_eq!(run(&of, query, &[]), (value.to_owned(), error), "{of} {query}");
        }
    }

    #[test]
    fn what_gigya_holds_already_may_be_long() {
        let held = "x".repeat(300);
        let query = format!("choix_7={held}");
        let outcome = run(&json!("lastname"), &query, &[("lastname", &held)]);
        assert_eq!(outcome, (held.clone(), None));
        let outcome = run(&json!("lastname"), &format!("{query}y"), &[("lastname", &held)]);
        assert_eq!(outcome.1, Some("TooLong"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_checked(bytes in proptest::collection::vec(any::<u8>(), 0..200), variable in 0..11_usize) {
            let mut query = b"choix_7=".to_vec();
            query.extend(bytes);
            let field = field(&json!(crate::campaign::MAPPED[variable].0));
            let prefill = BTreeMap::new();
            let terms = Terms { now: Instant::START, zone: "Europe/Brussels", prefill: &prefill };
            check(&[&field], &[], &Form::parse(&query), terms);
        }
    }
}
