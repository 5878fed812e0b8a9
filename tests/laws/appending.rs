//! Numbers and languages join what is there: nothing is lost, nothing changes its place, twice is once.

use super::cases;
use super::drive::{edit, open, spec, submit, to_the_form};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use standin::{World, WorldSpec};
use standin_model::{Language, phone};

/// Languages of the campaigns, each titled by its own.
const SPOKEN: [&str; 5] = ["en", "fr", "nl", "de", "pt-BR"];

/// The country of the campaigns' website, in which a national number is meant.
const COUNTRY: &str = "BE";

/// The most numbers that a profile is made to hold.
const LIMIT: usize = 20;

fn world() -> World {
    let mut spec: WorldSpec = spec(&["ann"]);
    let qualifio = spec.sections.get_mut("qualifio").unwrap();
    qualifio["gigya_sso"]["phone_policy"] = json!("Append");
    let website = qualifio["websites"][0]["name"].clone();
    let campaign = |language: &&str| {
        json!({
            "title": language, "website": website, "language": language, "channel": "minisite", "sso": true,
            "fields": ["firstname", "lastname", "email", "phone"],
        })
    };
    qualifio["campaigns"] = SPOKEN.iter().map(campaign).collect();
    open(&spec)
}

/// A number in one of its spellings, so that some are the same.
fn number() -> impl Strategy<Value = String> + Clone {
    let last = 0..12_u32;
    (last, 0..5_u8).prop_map(|(last, spelling)| match spelling {
        0 => format!("0487 66 49 {last:02}"),
        1 => format!("+32 487 66 49 {last:02}"),
        2 => format!("0032 (0)487/66.49.{last:02}"),
        3 => format!("+33 1 23 45 67 {last:02}"),
        _ => format!("00331234567{last:02}"),
    })
}

/// The two forms in which Gigya holds numbers, and none at all.
fn stored_phones() -> impl Strategy<Value = Value> {
    let entry = (number(), select(vec![None, Some("work"), Some("home")])).prop_map(|(number, kind)| {
        let mut entry = json!({ "number": number });
        if let Some(kind) = kind {
            entry["type"] = json!(kind);
        }
        entry
    });
    prop_oneof![
        Just(Value::Null),
        entry.clone(),
        proptest::collection::vec(entry, 1..22).prop_map(Value::from),
    ]
}

/// Languages as somebody may have written them, with words that are none.
fn stored_languages() -> impl Strategy<Value = String> {
    let word = select(vec!["English", "french", "nl", "Klingon", "pt_BR", "Deutsch", "", " Dutch ", "en"]);
    (proptest::collection::vec(word, 0..6), select(vec![",", ", "]))
        .prop_map(|(words, between)| words.join(between))
}

fn profile(world: &World) -> Value {
    world.account("ann").unwrap()["profile"].clone()
}

fn phones(profile: &Value) -> Vec<Value> {
    match &profile["phones"] {
        Value::Null => Vec::new(),
        Value::Array(entries) => entries.clone(),
        entry => vec![entry.clone()],
    }
}

fn words(profile: &Value) -> Vec<String> {
    let held = profile["languages"].as_str().unwrap_or_default();
    held.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

fn means(word: &str, language: Language) -> bool {
    language.is_meant_by(word)
}

fn take_part(world: &World, language: &str, number: &str) {
    let mut run = to_the_form(world, language, "ann");
    assert!(submit(&mut run, &json!({ "phone": number })));
}

/// Holds one participation against what was there before it.
fn joined(before: &Value, after: &Value, spoken: &str, number: &str) {
    let same = |entry: &Value| {
        let held = entry["number"].as_str().unwrap();
        phone::comparable(held, COUNTRY) == phone::comparable(number, COUNTRY)
    };
    let (old, new) = (phones(before), phones(after));
    assert!(new.starts_with(&old), "numbers were lost or moved: {old:?} {new:?}");
    let expected = match (old.iter().any(same), old.len() < LIMIT) {
        (false, true) => vec![json!({ "number": number })],
        _ => Vec::new(),
    };
    assert_eq!(new[old.len()..], expected, "{number} after {old:?}");

    let language = Language::from_code(spoken).unwrap();
    let (old, new) = (words(before), words(after));
    assert!(new.starts_with(&old), "languages were lost or moved: {old:?} {new:?}");
    let known = old.iter().any(|word| means(word, language));
    let expected = if known { Vec::new() } else { vec![language.name().to_owned()] };
    assert_eq!(new[old.len()..], expected, "{spoken} after {old:?}");
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn nothing_is_lost_or_moved_and_twice_is_once(
        held in stored_phones(),
        languages in stored_languages(),
        forms in proptest::collection::vec((select(&SPOKEN[..]), number()), 1..5),
    ) {
        let world = world();
        edit(&world, "ann", &json!({ "profile": { "languages": languages } })).unwrap();
        if !held.is_null() {
            edit(&world, "ann", &json!({ "profile": { "phones": held } })).unwrap();
        }
        for (spoken, number) in &forms {
            let before = profile(&world);
            take_part(&world, spoken, number);
            let once = profile(&world);
            joined(&before, &once, spoken, number);
            take_part(&world, spoken, number);
            prop_assert_eq!(profile(&world), once, "{} {}", spoken, number);
        }
    }
}
