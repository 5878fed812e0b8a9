//! The UID is the key: whatever becomes of an address, a person stays one contact.

use super::cases;
use super::drive::{act, address, contacts, edit, email, import, open, outbound, rows_add_up, spec, sync};
use proptest::prelude::*;
use serde_json::{Value, json};
use standin::World;
use std::collections::BTreeSet;

const PEOPLE: [&str; 3] = ["ann", "ben", "cas"];

#[derive(Clone, Debug)]
enum Act {
    /// A person's address becomes one of those that the generator chose from.
    Readdress {
        who: usize,
        address: String,
    },
    Full,
    Delta,
    Import,
}

fn act_with(addresses: impl Strategy<Value = (usize, String)>) -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => addresses.prop_map(|(who, address)| Act::Readdress { who, address }),
        1 => Just(Act::Full),
        2 => Just(Act::Delta),
        2 => Just(Act::Import),
    ]
}

/// Addresses that nobody else ever has, in more than one spelling.
fn own_addresses() -> impl Strategy<Value = (usize, String)> {
    (0..PEOPLE.len(), 0..4_usize, any::<bool>()).prop_map(|(who, number, upper)| {
        let address = address(PEOPLE[who], number);
        (who, if upper { address.to_uppercase() } else { address })
    })
}

/// Addresses that go from one person to another.
fn shared_addresses() -> impl Strategy<Value = (usize, String)> {
    (0..PEOPLE.len(), 0..5_usize).prop_map(|(who, number)| (who, format!("box{number}@brand.example")))
}

/// Whether a person's former address stays a way to log in, as Gigya keeps it, or is free for somebody else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Former {
    Stays,
    IsFree,
}

/// Gives a person another address; Gigya refuses one that is somebody else's, and nothing changes.
fn readdress(world: &World, uid: &str, address: &str, former: Former) -> bool {
    let before = email(world, uid);
    let set = edit(world, uid, &json!({ "profile": { "email": address } })).is_ok();
    assert_eq!(email(world, uid), if set { address } else { &before });
    if set && former == Former::IsFree && before != address {
        edit(world, uid, &json!({ "removeLoginEmails": before })).unwrap();
    }
    set
}

/// Does the acts and gives the records of all imports.
fn walk(world: &World, acts: &[Act], former: Former) -> Vec<Value> {
    let mut imports = Vec::new();
    for act in acts {
        match act {
            Act::Readdress { who, address } => {
                readdress(world, PEOPLE[*who], address, former);
            }
            // Its file is not left waiting, see `a_full_file_that_waits_is_loaded_after_newer_changes`.
            Act::Full => imports.push(outbound(world)),
            Act::Delta => drop(sync(world, "delta", false)),
            Act::Import => imports.push(import(world)),
        }
    }
    imports
}

/// UID and address of every contact, by UID.
fn identities(world: &World) -> Vec<(String, String)> {
    let text = |contact: &Value, name: &str| contact[name].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = contacts(world)
        .iter()
        .map(|contact| (text(contact, "C_Gigya_UID1"), text(contact, "C_EmailAddress")))
        .collect();
    found.sort();
    found
}

fn present(world: &World) -> Vec<(String, String)> {
    PEOPLE.iter().map(|uid| ((*uid).to_owned(), email(world, uid))).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn one_contact_for_each_user_with_the_present_address(
        acts in proptest::collection::vec(act_with(own_addresses()), 0..14),
        last_is_full in any::<bool>(),
    ) {
        let world = open(&spec(&PEOPLE));
        // An incremental run carries what changed since the one before, so somebody has to begin with all.
        sync(&world, "delta", true);
        for run in walk(&world, &acts, Former::Stays) {
            rows_add_up(&run);
            prop_assert_eq!(&run["rejected"], 0, "{}", run);
        }
        if last_is_full {
            sync(&world, "full", true);
        } else {
            sync(&world, "delta", false);
        }
        import(&world);
        prop_assert_eq!(identities(&world), present(&world));
    }

    /// Eloqua lets an address be on one contact only. Where addresses change hands a row may therefore have
    /// to wait for another, and it is then rejected aloud: who is told of no reject is up to date.
    #[test]
    fn addresses_that_change_hands_are_right_or_rejected(
        acts in proptest::collection::vec(act_with(shared_addresses()), 0..16),
    ) {
        let world = open(&spec(&PEOPLE));
        walk(&world, &acts, Former::IsFree).iter().for_each(rows_add_up);
        // What waits goes first: a row of an older file that had to wait then is no news of today.
        rows_add_up(&import(&world));
        let last = outbound(&world);
        rows_add_up(&last);
        let rejects = last["rejects"].as_array().unwrap();
        let mut waiting = BTreeSet::new();
        for reject in rejects {
            prop_assert_eq!(&reject["code"], "ELQ-00011", "{}", reject);
            waiting.insert(reject["values"]["C_Gigya_UID1"].as_str().unwrap().to_owned());
        }
        let known = identities(&world);
        let uids: BTreeSet<&String> = known.iter().map(|(uid, _)| uid).collect();
        prop_assert_eq!(uids.len(), known.len(), "a user has two contacts: {:?}", known);
        for (uid, address) in present(&world) {
            let arrived = known.contains(&(uid.clone(), address));
            prop_assert_eq!(arrived, !waiting.contains(&uid), "{}: {:?} {}", uid, known, last);
        }
    }
}

/// Two people who swap their addresses between two runs block each other for good: each row waits for the
/// other's contact to let go of the address. That is wrong for the brand, and Eloqua leaves no way in one
/// file; the rejects are how an operator hears of it.
#[test]
fn swapped_addresses_wait_for_an_operator() {
    let world = open(&spec(&PEOPLE));
    outbound(&world);
    let before = identities(&world);
    for (uid, address) in
        [("ann", "aside@brand.example"), ("ben", "ann@brand.example"), ("ann", "ben@brand.example")]
    {
        assert!(readdress(&world, uid, address, Former::IsFree));
    }
    for _ in 0..2 {
        let run = outbound(&world);
        assert_eq!((&run["rejected"], &run["in"]), (&json!(2), &json!(3)), "{run}");
        assert_eq!(identities(&world), before);
    }
}

/// Search lags behind an account by the time that Gigya's index takes, and the next incremental run begins
/// where the last one started: a change within that time before a run is carried by neither. It is wrong,
/// and the reason why a full run belongs into every schedule.
#[test]
fn a_change_right_before_an_incremental_run_waits_for_a_full_one() {
    let world = open(&spec(&["ann"]));
    world.set_knob("gigya.index_delay", "5s").unwrap();
    act(&world, "advance", &json!("1min"));
    sync(&world, "delta", true);
    import(&world);
    edit(&world, "ann", &json!({ "profile": { "email": "ann@new.example" } })).unwrap();
    assert_eq!(sync(&world, "delta", false)["processedRecords"], 0);
    act(&world, "advance", &json!("1h"));
    assert_eq!(sync(&world, "delta", false)["processedRecords"], 0);
    import(&world);
    assert_eq!(identities(&world), [("ann".to_owned(), "ann@brand.example".to_owned())]);
    outbound(&world);
    assert_eq!(identities(&world), [("ann".to_owned(), "ann@new.example".to_owned())]);
}

/// An import takes waiting files by name, and `contacts_full_` comes after `contacts_delta_`: a full file that
/// was not imported when the next changes were written puts back what it held. It is wrong, and the reason
/// why an import belongs between the two, or the time into the name before the kind.
#[test]
fn a_full_file_that_waits_is_loaded_after_newer_changes() {
    let world = open(&spec(&["ann"]));
    sync(&world, "delta", true);
    sync(&world, "full", true);
    assert!(readdress(&world, "ann", "ann@new.example", Former::Stays));
    sync(&world, "delta", false);
    import(&world);
    assert_eq!(identities(&world), [("ann".to_owned(), "ann@brand.example".to_owned())]);
    outbound(&world);
    assert_eq!(identities(&world), [("ann".to_owned(), "ann@new.example".to_owned())]);
}
