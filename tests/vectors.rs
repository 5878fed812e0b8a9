//! The forty-two known cases of Qualifio's side, each through the whole world: somebody logs in, fills in the
//! form, and what is in Gigya and in the statistics afterwards is held against what must be there.

use crate::laws::drive::{act, go, open, start};
use serde_json::{Value, json};
use standin::{World, WorldSpec};

/// One case: what is peculiar to its world, what happens, what must be so afterwards.
struct Case {
    number: u8,
    /// Members of the integration's section.
    integration: Value,
    /// Members of the campaign's section.
    campaign: Value,
    /// The profile before, members beyond the name and the address.
    before: Value,
    /// What is typed into the form; nothing: the form is left alone.
    typed: Value,
    expected: Expected,
}

enum Expected {
    /// Members of the profile after the form was accepted; null is absent.
    Profile(Value),
    /// Members of the profile and a row's name with the reason for which it was not sent.
    NotSent(Value, &'static str, &'static str),
    /// The form comes back with this mistake at the variable, and nothing changed.
    FormError(&'static str, &'static str),
    /// What the form shows for the variable.
    Shown(&'static str, &'static str),
    /// Members of the statistics' row, and of the profile.
    Row(Value, Value),
}

fn case(number: u8, before: Value, typed: Value, expected: Expected) -> Case {
    Case { number, integration: json!({}), campaign: json!({}), before, typed, expected }
}

fn phone(number: u8, policy: &str, before: Value, typed: &str, expected: Expected) -> Case {
    let integration = json!({ "phone_policy": policy });
    Case { integration, ..case(number, json!({ "phones": before }), json!({ "phone": typed }), expected) }
}

fn language(number: u8, before: Value, language: &str, after: &str) -> Case {
    let campaign = json!({ "language": language });
    let expected = Expected::Profile(json!({ "languages": after }));
    Case { campaign, ..case(number, json!({ "languages": before }), json!({}), expected) }
}

/// Names, dates, genders: rows in which the case's number says all.
fn rows() -> Vec<Case> {
    use Expected::{FormError, NotSent, Profile, Row, Shown};
    let born = |day: i64, month: i64, year: i64| {
        Profile(json!({ "birthDay": day, "birthMonth": month, "birthYear": year }))
    };
    let birthday = |text: &str| json!({ "birthday": text });
    let first = |name: &str| Profile(json!({ "firstName": name }));
    let last = |name: &str| Profile(json!({ "lastName": name }));
    let invalid = || FormError("birthday", "InvalidDate");
    let year = json!({ "birthYear": 1959 });
    let entity = json!({ "lastName": "A & B" });
    vec![
        case(1, json!({ "firstName": "Jon" }), json!({ "firstname": "  John " }), first("John")),
        case(2, json!({}), json!({ "firstname": "John, Jane" }), first("John, Jane")),
        case(
            3,
            json!({ "lastName": "Doe" }),
            json!({ "lastname": "   " }),
            NotSent(json!({ "lastName": "Doe" }), "lastname", "Empty"),
        ),
        case(
            4,
            json!({ "lastName": "Doe" }),
            json!({ "lastname": "\u{A0}Müller\u{A0}" }),
            last("M\u{FC}ller"),
        ),
        case(5, json!({}), json!({ "lastname": "e\u{301}" }), last("\u{E9}")),
        case(6, json!({}), json!({ "zipcode": "01234" }), Profile(json!({ "zip": "01234" }))),
        case(
            7,
            json!({ "country": "France" }),
            json!({ "country": "be" }),
            Profile(json!({ "country": "Belgium" })),
        ),
        case(8, json!({}), json!({ "country": "Belgique" }), Profile(json!({ "country": "Belgique" }))),
        case(9, json!({}), birthday("06/05/1959"), born(6, 5, 1959)),
        case(10, json!({}), birthday("6.5.1959"), born(6, 5, 1959)),
        case(11, json!({}), birthday("1959-05-06"), born(6, 5, 1959)),
        case(12, json!({}), birthday("12/31/1959"), invalid()),
        case(13, json!({}), birthday("29/02/2000"), born(29, 2, 2000)),
        case(14, json!({}), birthday("29/02/1900"), invalid()),
        case(15, json!({}), birthday("06/05/59"), invalid()),
        case(16, year.clone(), Value::Null, Shown("birthday", "")),
        case(
            16,
            year,
            birthday(""),
            NotSent(json!({ "birthDay": null, "birthMonth": null, "birthYear": 1959 }), "birthday", "Empty"),
        ),
        case(
            17,
            json!({}),
            json!({ "day": "6", "month": "5", "year": "" }),
            FormError("birthday", "PartialDate"),
        ),
        case(18, json!({ "gender": "f" }), json!({ "gender": "M" }), Profile(json!({ "gender": "m" }))),
        case(
            19,
            json!({ "gender": "f" }),
            json!({ "gender": "" }),
            NotSent(json!({ "gender": "f" }), "gender", "Empty"),
        ),
        case(
            20,
            json!({}),
            json!({ "gender": "X" }),
            NotSent(json!({ "gender": null }), "gender", "UnmappedValue"),
        ),
        case(
            32,
            json!({}),
            json!({ "email": "x@y.be" }),
            Row(
                json!({ "email": "a@b.be", "warnings": ["EmailTamperIgnored"] }),
                json!({ "email": "a@b.be" }),
            ),
        ),
        case(
            33,
            json!({}),
            json!({ "shoe_size": "42" }),
            NotSent(json!({ "shoe_size": null }), "shoe_size", "NotMapped"),
        ),
        case(
            33,
            json!({}),
            json!({ "shoe_size": "42" }),
            Row(json!({ "shoe_size": "42" }), json!({ "shoe_size": null })),
        ),
        case(34, entity.clone(), Value::Null, Shown("lastname", "A & B")),
        case(34, entity, json!({}), last("A &amp; B")),
    ]
}

fn phones_and_languages() -> Vec<Case> {
    use Expected::{FormError, NotSent, Profile};
    let phones = |phones: Value| Profile(json!({ "phones": phones }));
    let mobile = json!({ "number": "+32 487 66 49 25" });
    let brussels = json!({ "number": "+32 2 111 22 33" });
    vec![
        phone(21, "Overwrite", Value::Null, "0487 66 49251", phones(json!({ "number": "0487 66 49251" }))),
        phone(
            22,
            "Overwrite",
            json!([{ "number": "1" }, { "number": "2" }]),
            "02 111 22 33",
            phones(json!([{ "number": "02 111 22 33" }])),
        ),
        phone(
            23,
            "Append",
            mobile.clone(),
            "0487/66.49.25",
            NotSent(json!({ "phones": mobile }), "phone", "AlreadyThere"),
        ),
        phone(
            24,
            "Append",
            json!([brussels]),
            "0032 (0)487 66 49 25",
            phones(json!([brussels, { "number": "0032 (0)487 66 49 25" }])),
        ),
        phone(25, "Overwrite", Value::Null, "n/a", FormError("phone", "InvalidPhone")),
        language(26, Value::Null, "fr", "French"),
        language(27, json!("English, French"), "nl", "English, French, Dutch"),
        language(28, json!("English,french"), "fr", "English,french"),
        language(29, json!("en, fr"), "en", "en, fr"),
        language(30, json!("English,, Dutch "), "de", "English, Dutch, German"),
        language(31, json!("English"), "nl-BE", "English, Dutch"),
    ]
}

fn world(case: &Case) -> World {
    let mut profile = json!({ "email": "a@b.be" });
    let before = case.before.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    profile.as_object_mut().unwrap().extend(before.map(|(name, value)| (name.clone(), value.clone())));
    let mut campaign = json!({
        "title": "Quiz", "sso": true, "language": "xx",
        "fields": [
            "firstname", "lastname", "email", "username", "address", "zipcode", "locality", "country", "phone",
            "birthday", {"variable": "gender", "options": ["M", "F", "X"]}, "shoe_size",
        ],
    });
    campaign.as_object_mut().unwrap().extend(case.campaign.as_object().unwrap().clone());
    spec_with(&profile, &case.integration, &campaign, "jeux.brand.example", None)
}

fn spec_with(
    profile: &Value,
    integration: &Value,
    campaign: &Value,
    domain: &str,
    prefix: Option<&str>,
) -> World {
    let mut gigya_sso = json!({
        "login_screen": "Redirect", "redirection_url": "https://www.brand.example/login?redirect=",
    });
    gigya_sso.as_object_mut().unwrap().extend(integration.as_object().unwrap().clone());
    let account = json!({
        "UID": "d0a1b2c3d4e5f60718293a4b5c6d7e8f", "password": "correct horse", "isRegistered": true,
        "isVerified": true, "profile": profile,
    });
    let mut spec = WorldSpec::default();
    let sites = json!([{ "custom_api_domain_prefix": prefix }]);
    let sites = if prefix.is_some() { sites } else { json!([{}]) };
    spec.sections.insert("gigya".to_owned(), json!({ "accounts": [account], "sites": sites }));
    let websites = json!([{ "name": "Brand BE", "domain": domain, "country": "BE" }]);
    let qualifio = json!({ "gigya_sso": gigya_sso, "websites": websites, "campaigns": [campaign] });
    spec.sections.insert("qualifio".to_owned(), qualifio);
    open(&spec)
}

const UID: &str = "d0a1b2c3d4e5f60718293a4b5c6d7e8f";

fn hold(case: &Case) -> Result<(), String> {
    let world = world(case);
    let mut run = start(&world);
    go(&mut run, "visit", &json!("Quiz"))?;
    go(&mut run, "log_in", &json!({ "loginID": "a@b.be", "password": "correct horse" }))?;
    if let Expected::Shown(variable, text) = case.expected {
        return go(&mut run, "expect_page", &json!({ "step": "identityset", "fields": { variable: text } }));
    }
    go(&mut run, "submit_form", &case.typed)?;
    let profile = |members: &Value| json!({ "UID": UID, "profile": members });
    match &case.expected {
        Expected::FormError(variable, error) => {
            let page = json!({ "step": "identityset", "errors": { *variable: error } });
            go(&mut run, "expect_page", &page)?;
            go(&mut run, "expect_statistics", &json!({ "campaign": "Quiz", "rows": [] }))?;
            return go(&mut run, "expect_pushes", &json!([]));
        }
        Expected::Profile(members) => go(&mut run, "expect_account", &profile(members))?,
        Expected::NotSent(members, name, reason) => {
            go(&mut run, "expect_account", &profile(members))?;
            let log = world.parts().qualifio.lock().unwrap().pushes();
            let skipped = log.last().map(|record| record["skipped"].clone()).unwrap_or_default();
            let wanted = json!({ "variable": name, "reason": reason });
            if !skipped.as_array().is_some_and(|skipped| skipped.contains(&wanted)) {
                return Err(format!("{wanted} is not in {skipped}"));
            }
        }
        Expected::Row(row, members) => {
            go(&mut run, "expect_account", &profile(members))?;
            go(&mut run, "expect_statistics", &json!({ "campaign": "Quiz", "rows": [row] }))?;
        }
        Expected::Shown(..) => {}
    }
    go(&mut run, "expect_page", &json!({ "step": "exit" }))
}

#[test]
fn forms_and_profiles() {
    let cases: Vec<Case> = rows().into_iter().chain(phones_and_languages()).collect();
    let mut numbers: Vec<u8> = cases.iter().map(|case| case.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, (1..=34).collect::<Vec<u8>>(), "35 to 42 have tests of their own");
    let told = cases.iter().filter_map(|case| hold(case).err().map(|why| (case.number, why)));
    let told: Vec<(u8, String)> = told.collect();
    assert!(told.is_empty(), "{told:#?}");
}

fn quiz() -> Value {
    json!({ "id": 700_101, "title": "Quiz", "language": "xx", "fields": ["firstname", "lastname", "email"] })
}

fn with_sso() -> Value {
    let mut quiz = quiz();
    quiz["sso"] = json!(true);
    quiz
}

fn ann() -> Value {
    json!({ "email": "a@b.be" })
}

/// Cases 35 to 38: what switching single sign-on on is answered.
#[test]
fn domains() {
    for (prefix, domain, status, error) in [
        (Some("login"), "brand.qualifioapp.com", 422, json!("DomainForbidden")),
        (Some("login"), "BRAND.QualifioApp.com.", 422, json!("DomainForbidden")),
        (Some("login"), "jeux.brand.be", 200, Value::Null),
        (None, "brand.qualifioapp.com", 200, Value::Null),
    ] {
        let world = spec_with(&ann(), &json!({}), &quiz(), domain, prefix);
        let call = json!({
            "call": "PUT /manager/api/campaigns/700101/sso", "body": { "enabled": true },
            "expect_status": status, "expect": { "error": { "name": error } },
        });
        let call = if error.is_null() { without(call, "expect") } else { call };
        act(&world, "qualifio_call", &call);
    }
}

fn without(mut args: Value, name: &str) -> Value {
    args.as_object_mut().unwrap().shift_remove(name);
    args
}

/// Case 39: the address that a participant is sent to. The destination's own shape is the world's.
#[test]
fn redirects() {
    let integration = json!({ "redirection_url": "mywebsite.com/login?redirect=" });
    let mut campaign = with_sso();
    campaign["channel"] = json!("mobile");
    let world = spec_with(&ann(), &integration, &campaign, "j.b.be", None);
    let mut run = start(&world);
    go(&mut run, "set_knob", &json!({ "name": "gigya.check_origin", "value": "false" })).unwrap();
    go(&mut run, "visit", &json!("Quiz")).unwrap();
    let redirect = "https://mywebsite.com/login?redirect=https%3A%2F%2Fj.b.be%2F20%2F";
    let destination = "https://j.b.be/20/";
    let page = json!({
        "sso": { "state": "redirect_offered" }, "redirect": redirect, "destination": destination,
    });
    go(&mut run, "expect_page", &page).unwrap();
    let state = &run.browsers["participant"].state;
    let url = state["sso"]["url"].as_str().unwrap();
    let guid = state["channel_guid"].as_str().unwrap();
    let uk = state["uk"].as_str().unwrap();
    assert!(url.contains(&format!("%2Fv1.cfm%3Fid%3D{guid}%26cfid%3D")), "{url}");
    assert!(url.contains(&format!("%26uk%3D{uk}%26page%3D")), "{url}");
}

/// Case 40: a redirection URL that takes no destination.
#[test]
fn redirection_urls() {
    let world = spec_with(&ann(), &json!({}), &quiz(), "jeux.brand.example", None);
    let body = json!({ "redirection_url": "https://a.be/login" });
    let call = json!({
        "call": "PUT /manager/api/integrations/gigya-sso", "body": body, "expect_status": 422,
        "expect": { "error": { "name": "MissingRedirectParameter", "field": "redirection_url" } },
    });
    act(&world, "qualifio_call", &call);
}

/// Case 41: an independent site without keys of its own does not get the global ones.
#[test]
fn independent_sites() {
    let integration = json!({ "sites": { "Brand BE": { "site_mode": "Independent" } } });
    let world = spec_with(&ann(), &integration, &with_sso(), "jeux.brand.example", None);
    let mut run = start(&world);
    go(&mut run, "visit", &json!("Quiz")).unwrap();
    go(&mut run, "expect_page", &json!({ "sso": { "state": "failed", "error": "InvalidConfig" } })).unwrap();
    go(&mut run, "expect_calls", &json!({ "to": "gigya", "count": 0 })).unwrap();
}

/// Case 42: a push that fails twice is through at its third attempt, two minutes and a half after the form.
#[test]
fn retries() {
    let world = spec_with(&ann(), &json!({}), &with_sso(), "jeux.brand.example", None);
    let mut run = start(&world);
    let fault = json!({ "platform": "gigya", "call": "accounts.setAccountInfo", "times": 2, "http": 500 });
    go(&mut run, "visit", &json!("Quiz")).unwrap();
    go(&mut run, "log_in", &json!({ "loginID": "a@b.be", "password": "correct horse" })).unwrap();
    go(&mut run, "fault", &fault).unwrap();
    go(&mut run, "submit_form", &json!({ "firstname": "Ann" })).unwrap();
    let accepted = world.now();
    world.advance(std::time::Duration::from_secs(3600));
    let log = world.parts().qualifio.lock().unwrap().pushes();
    let last = log.last().unwrap();
    assert_eq!(
        (&last["state"], &last["attempt"], &last["at"]),
        (
            &json!("Succeeded"),
            &json!(3),
            &json!(accepted.plus(std::time::Duration::from_secs(150)).to_string())
        )
    );
}
