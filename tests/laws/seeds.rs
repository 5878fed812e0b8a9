//! The same seed tells the same story, to the byte.

use super::acts::{Act, PEOPLE, Trouble, acts};
use super::cases;
use super::drive::{outbound, spec};
use proptest::prelude::*;
use serde_json::json;
use standin::{Transport, World};

fn journal(seed: u64, acts: &[Act], transport: Transport) -> String {
    let mut spec = spec(&PEOPLE);
    spec.seed = seed;
    let world = World::open(&spec, transport).unwrap();
    // With contacts to begin with, no act is without effect.
    outbound(&world);
    acts.iter().for_each(|act| act.perform(&world, false));
    assert_eq!(world.parts().journal.forgotten(), 0, "the journal has lost its beginning");
    world.journal()
}

/// Holds that two journals are one. Only the first line that differs is told; the whole would be megabytes.
fn same(one: &str, other: &str) {
    if let Some((left, right)) = one.lines().zip(other.lines()).find(|(left, right)| left != right) {
        panic!("the journals part\n  {left}\n  {right}");
    }
    assert!(one == other, "one journal is longer");
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn the_same_seed_gives_the_same_journal(
        seed in any::<u64>(),
        acts in proptest::collection::vec(acts(), 1..10),
    ) {
        same(&journal(seed, &acts, Transport::Memory), &journal(seed, &acts, Transport::Memory));
    }
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn both_transports_give_the_same_journal(
        seed in any::<u64>(),
        acts in proptest::collection::vec(acts(), 1..8),
    ) {
        same(&journal(seed, &acts, Transport::Wire), &journal(seed, &acts, Transport::Memory));
    }
}

/// Found by the law above: each transport had its own words for a call that is cut.
#[test]
fn a_cut_call_is_told_alike_on_both_transports() {
    for how in ["before", "after", "half"] {
        let trouble = Trouble::Calls { call: "accounts.search", skip: 0, times: 1, how: ("cut", json!(how)) };
        let acts = [Act::Outbound { full: true, trouble: Some(trouble) }];
        same(&journal(1, &acts, Transport::Wire), &journal(1, &acts, Transport::Memory));
    }
}
