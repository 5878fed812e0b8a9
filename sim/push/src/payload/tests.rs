use super::*;
use crate::participation::PushBack;
use crate::record::PushState;
use crate::scripted::{Site, form, merge};
use proptest::prelude::*;
use standin_model::birthday::BirthdayError;
use standin_model::host::{Host, Verdict};

/// One known case of the mapping, or of what stands beside it.
enum Known {
    /// A variable, the profile before, the submitted value, the members sent.
    Sent(&'static str, Value, &'static str, Value),
    /// The same with the reason for which nothing is sent.
    NotSent(&'static str, Value, &'static str, Reason),
    /// The same as `Sent` where numbers join those already there.
    Joined(Value, &'static str, Result<Value, Reason>),
    /// The campaign's language, the languages before, those after.
    Language(Value, &'static str, Result<&'static str, Reason>),
    /// What the three selects of a date say.
    Selects([&'static str; 3], BirthdayError),
    /// What the form shows for a profile.
    Shown(&'static str, Value, Option<&'static str>),
    /// The Custom API Domain Prefix, the campaign's host, the verdict.
    Domain(Option<&'static str>, &'static str, Verdict),
    /// How a push ends whose writes fail so often with HTTP 500: attempt and seconds after the form.
    Retried(usize, u32, i64),
}

fn known() -> Vec<(u8, Known)> {
    use Known::{Domain, Joined, Language, NotSent, Retried, Selects, Sent, Shown};
    use Reason::{
        AlreadyThere, EmailTamperIgnored, Empty, InvalidDate, InvalidPhone, NotMapped, UnmappedValue,
    };
    let born =
        |day: i64, month: i64, year: i64| json!({ "birthDay": day, "birthMonth": month, "birthYear": year });
    vec![
        (1, Sent("firstname", json!({ "firstName": "Jon" }), "  John ", json!({ "firstName": "John" }))),
        (2, Sent("firstname", json!({}), "John, Jane", json!({ "firstName": "John, Jane" }))),
        (3, NotSent("lastname", json!({ "lastName": "Doe" }), "   ", Empty)),
        (
            4,
            Sent(
                "lastname",
                json!({ "lastName": "Doe" }),
                "\u{A0}Müller\u{A0}",
                json!({ "lastName": "Müller" }),
            ),
        ),
        (5, Sent("lastname", json!({}), "e\u{301}", json!({ "lastName": "\u{E9}" }))),
        (6, Sent("zipcode", json!({}), "01234", json!({ "zip": "01234" }))),
        (7, Sent("country", json!({ "country": "France" }), "be", json!({ "country": "Belgium" }))),
        (8, Sent("country", json!({}), "Belgique", json!({ "country": "Belgique" }))),
        (9, Sent("birthday", json!({}), "06/05/1959", born(6, 5, 1959))),
        (10, Sent("birthday", json!({}), "6.5.1959", born(6, 5, 1959))),
        (11, Sent("birthday", json!({}), "1959-05-06", born(6, 5, 1959))),
        (12, NotSent("birthday", json!({}), "12/31/1959", InvalidDate)),
        (13, Sent("birthday", json!({}), "29/02/2000", born(29, 2, 2000))),
        (14, NotSent("birthday", json!({}), "29/02/1900", InvalidDate)),
        (15, NotSent("birthday", json!({}), "06/05/59", InvalidDate)),
        (16, NotSent("birthday", json!({ "birthYear": 1959 }), "", Empty)),
        (16, Shown("birthday", json!({ "birthYear": 1959 }), None)),
        (17, Selects(["6", "5", ""], BirthdayError::PartialDate)),
        (18, Sent("gender", json!({ "gender": "f" }), "M", json!({ "gender": "m" }))),
        (19, NotSent("gender", json!({ "gender": "f" }), "", Empty)),
        (20, NotSent("gender", json!({}), "X", UnmappedValue)),
        (21, Sent("phone", json!({}), "0487 66 49251", json!({ "phones": { "number": "0487 66 49251" } }))),
        (
            22,
            Sent(
                "phone",
                json!({ "phones": [{ "number": "1" }, { "number": "2" }] }),
                "02 111 22 33",
                json!({ "phones": [{ "number": "02 111 22 33" }] }),
            ),
        ),
        (23, Joined(json!({ "number": "+32 487 66 49 25" }), "0487/66.49.25", Err(AlreadyThere))),
        (
            24,
            Joined(
                json!([{ "number": "+32 2 111 22 33" }]),
                "0032 (0)487 66 49 25",
                Ok(json!([{ "number": "+32 2 111 22 33" }, { "number": "0032 (0)487 66 49 25" }])),
            ),
        ),
        (25, NotSent("phone", json!({}), "n/a", InvalidPhone)),
        (26, Language(Value::Null, "fr", Ok("French"))),
        (27, Language(json!("English, French"), "nl", Ok("English, French, Dutch"))),
        (28, Language(json!("English,french"), "fr", Err(AlreadyThere))),
        (29, Language(json!("en, fr"), "en", Err(AlreadyThere))),
        (30, Language(json!("English,, Dutch "), "de", Ok("English, Dutch, German"))),
        (31, Language(json!("English"), "nl-BE", Ok("English, Dutch"))),
        (32, NotSent("email", json!({ "email": "a@b.be" }), "x@y.be", EmailTamperIgnored)),
        (33, NotSent("shoe_size", json!({}), "42", NotMapped)),
        (34, Shown("lastname", json!({ "lastName": "A &amp; B" }), Some("A & B"))),
        (34, Sent("lastname", json!({ "lastName": "A &amp; B" }), "A & B", json!({ "lastName": "A & B" }))),
        (35, Domain(Some("login"), "brand.qualifioapp.com", Verdict::Forbidden)),
        (36, Domain(Some("login"), "BRAND.QualifioApp.com.", Verdict::Forbidden)),
        (37, Domain(Some("login"), "jeux.brand.be", Verdict::Fine)),
        (38, Domain(None, "brand.qualifioapp.com", Verdict::Fine)),
        (42, Retried(2, 3, 150)),
    ]
}

fn check(participation: &Participation, existing: &Value, name: &str, expected: Result<Value, Reason>) {
    let got = payload(participation, existing);
    match expected {
        Ok(members) => {
            assert_eq!(Value::Object(got.profile), members, "{name} at {existing}");
            assert_eq!(got.sent, [name]);
        }
        Err(reason) => {
            assert_eq!(got.profile, Map::new(), "{name} at {existing}");
            assert!(
                got.skipped.contains(&(name.to_owned(), reason)),
                "{name} at {existing}: {:?}",
                got.skipped
            );
        }
    }
}

#[test]
fn known_rows() {
    let cases = known();
    let mut numbers: Vec<u8> = cases.iter().map(|(number, _)| *number).collect();
    numbers.dedup();
    // 39 to 41 are about what an operator saves, which is the platform's business.
    assert_eq!(numbers, (1..=38).chain([42]).collect::<Vec<u8>>());
    for (_, case) in cases {
        match case {
            Known::Sent(variable, existing, value, members) => {
                check(&form(&[(variable, value)]), &existing, variable, Ok(members));
            }
            Known::NotSent(variable, existing, value, reason) => {
                check(&form(&[(variable, value)]), &existing, variable, Err(reason));
            }
            Known::Joined(existing, value, expected) => {
                let form = Participation { phone_policy: PhonePolicy::Append, ..form(&[("phone", value)]) };
                let expected = expected.map(|phones| json!({ "phones": phones }));
                check(&form, &json!({ "phones": existing }), "phone", expected);
            }
            Known::Language(existing, language, expected) => {
                let form = Participation { language: language.to_owned(), ..form(&[]) };
                let expected = expected.map(|languages| json!({ "languages": languages }));
                check(&form, &json!({ "languages": existing }), "languages", expected);
            }
            Known::Selects([day, month, year], expected) => {
                assert_eq!(Birthday::from_selects(day, month, year), Err(expected));
            }
            Known::Shown(variable, profile, expected) => {
                let filled = prefill(&profile, &[variable.to_owned()]);
                assert_eq!(filled.first().map(|(_, value)| value.as_str()), expected);
            }
            Known::Domain(prefix, host, expected) => {
                assert_eq!(host.parse::<Host>().map(|host| host.verdict(prefix)), Ok(expected));
            }
            Known::Retried(failures, attempt, seconds) => {
                let writes = vec![Ok((500, "<html>".to_owned())); failures];
                let site = Site::failing(json!({}), vec![], writes);
                let ended = crate::outbox::tests::until_over(&site, form(&[("firstname", "John")]));
                assert_eq!(ended, (PushState::Succeeded, attempt, seconds));
            }
        }
    }
}

#[test]
fn each_overwriting_row_writes_its_own_member() {
    for (variable, value, members) in [
        ("username", "jdoe123", json!({ "username": "jdoe123" })),
        ("firstname", "Jane", json!({ "firstName": "Jane" })),
        ("lastname", "Doe", json!({ "lastName": "Doe" })),
        ("address", "Rue de Birmingham 280", json!({ "address": "Rue de Birmingham 280" })),
        ("zipcode", "3290", json!({ "zip": "3290" })),
        ("locality", "Diest", json!({ "city": "Diest" })),
        ("country", "Belgium", json!({ "country": "Belgium" })),
        ("gender", "u", json!({ "gender": "u" })),
    ] {
        let member = members.as_object().unwrap().keys().next().unwrap();
        check(
            &form(&[(variable, value)]),
            &json!({ member: "before", "other": 1 }),
            variable,
            Ok(members.clone()),
        );
    }
}

#[test]
fn both_phone_settings_with_both_stored_forms() {
    let held = json!({ "number": "+32 487 66 49 25", "type": "mobile", "default": "true" });
    let full = Value::from(vec![json!({ "number": "1" }); 20]);
    let nearly = Value::from(vec![json!({ "number": "1" }); 19]);
    let other = json!({ "number": "02 1" });
    let same = "0487 664925";
    for (policy, existing, number, expected) in [
        (PhonePolicy::Overwrite, Value::Null, "02 1", Ok(other.clone())),
        (PhonePolicy::Overwrite, held.clone(), "02 1", Ok(other.clone())),
        (
            PhonePolicy::Overwrite,
            held.clone(),
            same,
            Ok(json!({ "type": "mobile", "default": "true", "number": same })),
        ),
        (PhonePolicy::Overwrite, json!([]), "02 1", Ok(json!([other]))),
        (
            PhonePolicy::Overwrite,
            json!([other, held]),
            same,
            Ok(json!([{ "type": "mobile", "default": "true", "number": same }])),
        ),
        (PhonePolicy::Overwrite, json!([held, other]), "03 1", Ok(json!([{ "number": "03 1" }]))),
        (PhonePolicy::Overwrite, json!("02"), "02 1", Ok(other.clone())),
        (PhonePolicy::Append, Value::Null, "02 1", Ok(json!([other]))),
        (PhonePolicy::Append, held.clone(), "02 1", Ok(json!([held, other]))),
        (PhonePolicy::Append, held.clone(), same, Err(Reason::AlreadyThere)),
        (PhonePolicy::Append, json!([held, held]), "02 1", Ok(json!([held, held, other]))),
        (PhonePolicy::Append, json!([other, held]), same, Err(Reason::AlreadyThere)),
        (PhonePolicy::Append, json!([null, 5]), "02 1", Ok(json!([null, 5, other]))),
        (PhonePolicy::Append, json!("02"), "02 1", Err(Reason::UnreadableExisting)),
        (PhonePolicy::Append, full, "02 1", Err(Reason::ListFull)),
        (PhonePolicy::Append, nearly.clone(), "02 1", {
            let mut all = nearly.as_array().unwrap().clone();
            all.push(other.clone());
            Ok(Value::from(all))
        }),
    ] {
        let form = Participation { phone_policy: policy, ..form(&[("phone", number)]) };
        let expected = expected.map(|phones| json!({ "phones": phones }));
        check(&form, &json!({ "phones": existing }), "phone", expected);
    }
}

#[test]
fn national_numbers_are_read_in_the_country_of_the_site() {
    let held = json!({ "phones": [{ "number": "+33 1 23 45 67 89" }] });
    for (site_country, joins) in [("FR", false), ("France", false), ("BE", true), ("", true), ("XX", true)] {
        let form = Participation {
            phone_policy: PhonePolicy::Append,
            site_country: site_country.to_owned(),
            ..form(&[("phone", "01 23 45 67 89")])
        };
        assert_eq!(!payload(&form, &held).is_empty(), joins, "{site_country}");
    }
}

#[test]
fn languages_in_unusual_forms() {
    let long = "x".repeat(250);
    let longest = "x".repeat(247);
    let full = format!("{longest}, French");
    for (existing, language, expected) in [
        (json!(["English", "Dutch"]), "fr", Ok("English, Dutch, French")),
        (json!(["English", 1]), "fr", Err(Reason::UnreadableExisting)),
        (json!(7), "fr", Err(Reason::UnreadableExisting)),
        (json!({ "a": "b" }), "fr", Err(Reason::UnreadableExisting)),
        (json!("English, English"), "fr", Ok("English, English, French")),
        (json!(" , "), "fr", Ok("French")),
        (json!(long), "fr", Err(Reason::TooLong)),
        (json!(longest), "fr", Ok(full.as_str())),
        (json!("English"), "xx", Err(Reason::UnknownLanguage)),
    ] {
        let form = Participation { language: language.to_owned(), ..form(&[]) };
        let expected = expected.map(|languages| json!({ "languages": languages }));
        check(&form, &json!({ "languages": existing }), "languages", expected);
    }
}

#[test]
fn values_that_nobody_changed() {
    let seen = json!({
        "lastName": "A &amp; B", "country": "Belgium", "gender": "f", "zip": "3290", "email": "a@b.be",
        "birthDay": 6, "birthMonth": 5, "birthYear": 1959, "phones": [{ "number": "02 1" }],
    });
    for (variable, value, expected) in [
        ("lastname", "A & B", Err(Reason::Unchanged)),
        ("lastname", "A &amp; B", Ok(json!({ "lastName": "A &amp; B" }))),
        ("country", "be", Err(Reason::Unchanged)),
        ("gender", "F", Err(Reason::Unchanged)),
        ("birthday", "1959-05-06", Err(Reason::Unchanged)),
        ("birthday", "07/05/1959", Ok(json!({ "birthDay": 7, "birthMonth": 5, "birthYear": 1959 }))),
        ("phone", " 02 1 ", Err(Reason::Unchanged)),
        ("phone", "02 2", Ok(json!({ "phones": { "number": "02 2" } }))),
        ("username", "ann", Ok(json!({ "username": "ann" }))),
    ] {
        let form = Participation {
            send_mode: SendMode::ChangedOnly,
            profile_at_identification: seen.clone(),
            ..form(&[(variable, value)])
        };
        check(&form, &json!({}), variable, expected);
    }
}

#[test]
fn empty_fields_where_the_customer_wants_them_emptied() {
    for (policy, variable, expected) in [
        (PhonePolicy::Overwrite, "lastname", Ok(json!({ "lastName": null }))),
        (
            PhonePolicy::Overwrite,
            "birthday",
            Ok(json!({ "birthDay": null, "birthMonth": null, "birthYear": null })),
        ),
        (PhonePolicy::Overwrite, "phone", Ok(json!({ "phones": null }))),
        (PhonePolicy::Append, "phone", Err(Reason::Empty)),
        (PhonePolicy::Overwrite, "email", Err(Reason::KeyNeverSent)),
    ] {
        let form = Participation { clear_on_empty: true, phone_policy: policy, ..form(&[(variable, " ")]) };
        check(&form, &json!({ "phones": [{ "number": "1" }] }), variable, expected);
    }
}

/// What a form cannot show (a year of birth alone, an invisible name) was not emptied by anybody.
#[test]
fn fields_that_were_empty_from_the_start() {
    for (variable, expected) in [
        ("birthday", Err(Reason::Unchanged)),
        ("country", Err(Reason::Unchanged)),
        ("locality", Ok(json!({ "city": null }))),
    ] {
        let form = Participation {
            clear_on_empty: true,
            send_mode: SendMode::ChangedOnly,
            profile_at_identification: json!({ "birthYear": 1959, "country": "\u{FEFF}", "city": "Diest" }),
            ..form(&[(variable, "")])
        };
        check(&form, &json!({}), variable, expected);
    }
}

#[test]
fn odd_forms() {
    let long = "x".repeat(256);
    for (submitted, name, expected) in [
        (vec![("lastname", "A"), ("lastname", "B")], "lastname", Ok(json!({ "lastName": "B" }))),
        (vec![("lastname", "A"), ("lastname", "")], "lastname", Err(Reason::Empty)),
        (vec![("lastname", long.as_str())], "lastname", Err(Reason::TooLong)),
        (vec![("Lastname", "A")], "Lastname", Err(Reason::NotMapped)),
        (vec![("profile.lastName", "A")], "profile.lastName", Err(Reason::NotMapped)),
        (vec![("UID", "x")], "UID", Err(Reason::NotMapped)),
        (vec![("languages", "Klingon")], "languages", Err(Reason::UnknownLanguage)),
        (vec![("email", " A@B.be ")], "email", Err(Reason::KeyNeverSent)),
        (
            vec![("phone", "123456789012345678901234567890123456789012345678901")],
            "phone",
            Err(Reason::InvalidPhone),
        ),
    ] {
        check(&form(&submitted), &json!({}), name, expected);
    }
}

#[test]
fn a_birthday_ahead_is_none() {
    let form = form(&[("birthday", "06/01/2026")]);
    assert!(payload_at(&form, &json!({}), Instant::START, &[]).is_empty());
    let tomorrow: Instant = "2026-01-05T23:00:00.000Z".parse().unwrap();
    assert!(!payload_at(&form, &json!({}), tomorrow, &[]).is_empty());
}

#[test]
fn a_list_that_makes_the_profile_too_large_stays_home() {
    let existing = json!({ "phones": [{ "number": "x".repeat(PROFILE_LIMIT) }] });
    let form = Participation {
        phone_policy: PhonePolicy::Append,
        ..form(&[("phone", "02 1"), ("lastname", "Doe")])
    };
    let got = payload(&form, &existing);
    assert_eq!(Value::Object(got.profile), json!({ "lastName": "Doe" }));
    assert!(got.skipped.contains(&("phone".to_owned(), Reason::ProfileTooLarge)));
}

#[test]
fn changes_tell_the_way_of_each_value() {
    let form = Participation {
        language: "nl".to_owned(),
        phone_policy: PhonePolicy::Append,
        ..form(&[("lastname", "A & C"), ("phone", "02 1"), ("birthday", "31/02/2000"), ("email", "a@b.be")])
    };
    let existing =
        json!({ "lastName": "A &amp; B", "languages": "French", "email": "a@b.be", "birthYear": 1959 });
    let changes: Vec<(String, String, String)> = payload(&form, &existing)
        .changes
        .into_iter()
        .map(|change| (change.place, change.before, change.after))
        .collect();
    let row =
        |place: &str, before: &str, after: &str| (place.to_owned(), before.to_owned(), after.to_owned());
    assert_eq!(
        changes,
        [
            row("rule 3 lastname to profile.lastName (overwrite)", "A &amp; B", "A & C"),
            row("rule 4 email to profile.email (key)", "", "not sent: KeyNeverSent"),
            row("rule 9 phone to profile.phones.number (append)", "", r#"[{"number":"02 1"}]"#),
            row(
                "rule 10 birthday to profile.birthDay, profile.birthMonth, profile.birthYear (overwrite)",
                "null, null, 1959",
                "not sent: InvalidDate"
            ),
            row("rule 12 languages to profile.languages (append)", "French", "French, Dutch"),
        ]
    );
}

const VARIABLES: &[&str] = &[
    "username",
    "firstname",
    "lastname",
    "email",
    "address",
    "zipcode",
    "locality",
    "country",
    "phone",
    "birthday",
    "gender",
    "languages",
    "UID",
    "uid",
    "profile.email",
    "shoe_size",
    "optin",
];

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[+0-9 ()./-]{1,14}",
        "[0-9]{1,2}[/. -][0-9]{1,2}[/. -][0-9]{4}",
        "[mfuMFUX]",
        "[A-Z]{2,3}",
        "[a-z&;]{0,8}",
        Just(String::new()),
    ]
}

fn any_phone() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[+0-9 ()./-]{1,14}".prop_map(|number| json!({ "number": number })),
        "[+0-9 ]{1,14}".prop_map(|number| json!({ "number": number, "type": "home", "default": "true" })),
        Just(json!({})),
        Just(Value::Null),
    ]
}

fn any_profile() -> impl Strategy<Value = Value> {
    let phones = prop_oneof![
        Just(Value::Null),
        any_phone(),
        proptest::collection::vec(any_phone(), 0..23).prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
    ];
    let languages = prop_oneof![
        Just(Value::Null),
        "((English|french|nl|,| ){0,6})".prop_map(Value::from),
        proptest::collection::vec("[A-Za-z]{0,8}", 0..4).prop_map(Value::from),
        Just(json!(1)),
    ];
    let born = (proptest::option::of(1..40), proptest::option::of(1..15), proptest::option::of(1880..2030));
    (phones, languages, born, any_value(), any_value(), "[mfux]?").prop_map(
        |(phones, languages, (day, month, year), name, country, gender)| {
            json!({
                "email": "a@b.be", "lastName": name, "country": country, "phones": phones, "gender": gender,
                "languages": languages, "birthDay": day, "birthMonth": month, "birthYear": year,
            })
        },
    )
}

fn any_form() -> impl Strategy<Value = Participation> {
    let submitted = proptest::collection::vec((0..VARIABLES.len(), any_value()), 0..12);
    let settings = (any::<bool>(), any::<bool>(), any::<bool>());
    (submitted, settings, any_profile(), "fr|nl|en|xx|pt-BR", "BE|FR|ES|IT|XX").prop_map(
        |(submitted, (append, changed_only, clear_on_empty), profile, language, site_country)| {
            Participation {
                submitted: submitted
                    .into_iter()
                    .map(|(at, value)| (VARIABLES[at].to_owned(), value))
                    .collect(),
                phone_policy: if append { PhonePolicy::Append } else { PhonePolicy::Overwrite },
                send_mode: if changed_only { SendMode::ChangedOnly } else { SendMode::AllSubmitted },
                clear_on_empty,
                profile_at_identification: profile,
                language,
                site_country,
                push_back: PushBack::On,
                ..form(&[])
            }
        },
    )
}

fn words(value: Option<&Value>) -> Vec<String> {
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        _ => String::new(),
    };
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn uid_and_email_are_never_sent(form in any_form(), existing in any_profile()) {
        let sent = payload(&form, &existing);
        for name in sent.profile.keys() {
            prop_assert!(!["email", "emails", "loginIDs", "UID", "uid"].contains(&name.as_str()));
        }
        prop_assert!(!sent.sent.contains(&"email") && !sent.sent.contains(&"UID"));
    }

    #[test]
    fn nothing_outside_the_rows_is_sent(form in any_form(), existing in any_profile()) {
        let sent = payload(&form, &existing);
        for name in sent.profile.keys() {
            let rule = Rule::of_member(name).expect("a row for every member");
            prop_assert!(rule.number <= 12 && sent.sent.contains(&rule.name));
        }
        prop_assert!(Value::Object(sent.profile).to_string().len() <= PROFILE_LIMIT);
    }

    #[test]
    fn every_submitted_variable_is_sent_or_has_its_reason(form in any_form(), existing in any_profile()) {
        let got = payload(&form, &existing);
        for (variable, _) in &form.submitted {
            let sent = got.sent.contains(&variable.as_str());
            let skipped = got.skipped.iter().any(|(name, _)| name == variable);
            prop_assert!(sent != skipped || variable == "languages", "{}", variable);
        }
        prop_assert_eq!(got.changes.len(), got.sent.len() + got.skipped.iter().filter(|(_, reason)| *reason != Reason::NotMapped).count());
    }

    #[test]
    fn birth_members_come_together_or_not_at_all(form in any_form(), existing in any_profile()) {
        let sent = payload(&form, &existing).profile;
        let held: Vec<&Value> = BIRTH_MEMBERS.iter().filter_map(|member| sent.get(*member)).collect();
        prop_assert!(held.is_empty() || held.len() == 3);
        prop_assert!(held.iter().all(|part| part.is_i64()) || held.iter().all(|part| part.is_null()));
    }

    #[test]
    fn joining_loses_and_reorders_nothing(form in any_form(), existing in any_profile()) {
        let form = Participation { phone_policy: PhonePolicy::Append, ..form };
        if let Some(phones) = payload(&form, &existing).profile.get("phones") {
            let after = phones.as_array().expect("a list");
            let before = entries(&existing["phones"]);
            prop_assert_eq!(&after[..before.len()], before);
            prop_assert_eq!(after.len(), before.len() + 1);
            prop_assert!(after.len() <= PHONES_LIMIT);
        }
    }

    #[test]
    fn languages_lose_and_reorder_nothing(form in any_form(), existing in any_profile()) {
        if let Some(languages) = payload(&form, &existing).profile.get("languages") {
            let (before, after) = (words(existing.get("languages")), words(Some(languages)));
            prop_assert_eq!(&after[..before.len()], &before[..]);
            prop_assert_eq!(after.len(), before.len() + 1);
        }
    }

    #[test]
    fn twice_is_once(form in any_form(), existing in any_profile()) {
        let mut once = existing;
        let first = payload(&form, &once).profile;
        merge(&mut once, &first);
        let mut twice = once.clone();
        let second = payload(&form, &twice).profile;
        merge(&mut twice, &second);
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn a_form_left_as_it_was_filled_changes_nothing(form in any_form(), profile in any_profile()) {
        let variables: Vec<String> = VARIABLES.iter().map(|variable| (*variable).to_owned()).collect();
        let form = Participation {
            submitted: prefill(&profile, &variables),
            profile_at_identification: profile.clone(),
            send_mode: SendMode::ChangedOnly,
            ..form
        };
        let sent = payload(&form, &profile).sent;
        prop_assert!(sent.iter().all(|name| *name == "languages"), "{:?}", sent);
    }

    #[test]
    fn no_profile_panics(form in any_form(), text in ".*") {
        let existing = serde_json::from_str(&text).unwrap_or(Value::from(text));
        payload(&form, &existing);
        prefill(&existing, &["phone".to_owned()]);
    }
}

#[test]
fn what_is_sent_alone_covers_what_is_sent_at_all() {
    // The outbox makes no call for a form that would add nothing to an empty profile.
    let form = form(&[("lastname", ""), ("shoe_size", "42"), ("phone", "n/a")]);
    assert!(payload(&form, &Value::Null).is_empty());
}
