//! Text travels through two CSV files and comes back as it left.

use super::cases;
use super::drive::{act, edit, inbound, open, outbound, spec};
use proptest::prelude::*;
use serde_json::json;
use standin::World;
use std::ops::Not;

const PEOPLE: [&str; 4] = ["ann", "ben", "cas", "dan"];

/// Any text that all three can hold. A contact's text field takes 100 characters. Gigya rewrites markup, which
/// `&`, `<` and `>` begin or end. Control characters other than line ends and tabs are no text; nothing else
/// is left out, and nobody trims: blanks at either end, quotes and separators all count.
fn text() -> impl Strategy<Value = String> {
    let awkward = "[,;|\"'\\\\= \t\r\n\u{a0}\u{feff}\u{2028}a-c]{0,20}";
    let any = proptest::collection::vec(any::<char>().prop_filter("no text", is_text), 0..=100);
    prop_oneof![
        3 => any.prop_map(|chars| chars.into_iter().collect()),
        3 => awkward,
        1 => proptest::sample::select(vec!["", " ", "\n", "\"", "\"\"", ",", "007", "+32", "=1+1", "null", "true", "NaN", "'", "\\"])
            .prop_map(str::to_owned),
    ]
}

fn is_text(c: &char) -> bool {
    !matches!(c, '&' | '<' | '>') && (!c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_text_arrives_and_comes_back(texts in proptest::array::uniform4((text(), text()))) {
        let world = open(&spec(&PEOPLE));
        for (uid, (name, city)) in PEOPLE.iter().zip(&texts) {
            edit(&world, uid, &json!({ "profile": { "lastName": name, "city": city } })).unwrap();
            // What Gigya takes is what is being looked at; the rest of the way is the sync's.
            let profile = &world.account(uid).unwrap()["profile"];
            prop_assert_eq!((&profile["lastName"], &profile["city"]), (&json!(name), &json!(city)));
        }
        let run = outbound(&world);
        prop_assert_eq!((&run["created"], &run["rejects"]), (&json!(PEOPLE.len()), &json!([])));
        for (uid, (name, city)) in PEOPLE.iter().zip(&texts) {
            prop_assert_eq!((&cell(&world, uid, "C_LastName"), &cell(&world, uid, "C_City")), (name, city));
            edit(&world, uid, &json!({ "profile": { "lastName": "changed", "city": "changed" } })).unwrap();
        }
        let job = inbound(&world);
        prop_assert_eq!(&job["processedRecords"], PEOPLE.len());
        for (uid, (name, city)) in PEOPLE.iter().zip(&texts) {
            let profile = &world.account(uid).unwrap()["profile"];
            // An empty field of a contact says nothing about the account, so nothing comes back of it.
            let back = |text: &str| if text.is_empty() { "changed".to_owned() } else { text.to_owned() };
            prop_assert_eq!((&profile["lastName"], &profile["city"]), (&json!(back(name)), &json!(back(city))));
        }
    }

    /// What was emptied in Gigya is empty in Eloqua, and the way back does not fill it.
    #[test]
    fn empty_stays_empty(before in text().prop_filter("something", |text| text.is_empty().not())) {
        let world = open(&spec(&PEOPLE));
        let name = |text: &str| json!({ "profile": { "lastName": text } });
        PEOPLE.iter().for_each(|uid| edit(&world, uid, &name(&before)).unwrap());
        outbound(&world);
        edit(&world, "ann", &name("")).unwrap();
        outbound(&world);
        prop_assert_eq!(cell(&world, "ann", "C_LastName"), "");
        prop_assert_eq!(cell(&world, "ben", "C_LastName"), before.clone());
        act(&world, "advance", &json!("1h"));
        inbound(&world);
        let held = |uid: &str| world.account(uid).unwrap()["profile"]["lastName"].clone();
        prop_assert!(matches!(held("ann").as_str(), None | Some("")), "{}", held("ann"));
        prop_assert_eq!(held("ben"), before);
    }
}

/// What a contact's field holds; Eloqua tells no empty ones.
fn cell(world: &World, uid: &str, field: &str) -> String {
    let contacts = world.contacts();
    let fitting: Vec<_> = contacts.iter().filter(|contact| contact["C_Gigya_UID1"] == uid).collect();
    let [contact] = fitting.as_slice() else { panic!("{} contacts of {uid}", fitting.len()) };
    contact.get(field).map_or_else(String::new, |text| text.as_str().unwrap().to_owned())
}
