//! Twice is once: a run that is repeated finds everything done.

use super::acts::{PEOPLE, acts};
use super::cases;
use super::drive::{accounts, contacts, inbound, open, outbound, spec, sync};
use proptest::prelude::*;
use standin::World;

fn state(world: &World) -> impl PartialEq + std::fmt::Debug + use<> {
    (accounts(world), contacts(world))
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn a_second_run_changes_nothing(
        acts in proptest::collection::vec(acts(), 0..8),
        full in any::<bool>(),
    ) {
        let world = open(&spec(&PEOPLE));
        acts.iter().for_each(|act| act.perform(&world, true));
        outbound(&world);
        let once = state(&world);
        let second = outbound(&world);
        prop_assert_eq!(state(&world), once);
        prop_assert_eq!(&second["in"], PEOPLE.len(), "{}", second);
        prop_assert_eq!(&second["unchanged"], PEOPLE.len(), "{}", second);

        inbound(&world);
        let once = state(&world);
        // Either the same file again, or the same contacts in a file of their own.
        let second = if full { sync(&world, "inbound", true) } else { inbound(&world) };
        prop_assert!(second["processedRecords"].as_u64() >= Some(PEOPLE.len() as u64), "{}", second);
        prop_assert_eq!(state(&world), once);
    }

    /// Forms come from people, so they are not repeated by a sync: what is not new is not pushed again.
    #[test]
    fn a_sync_brings_no_form_a_second_time(acts in proptest::collection::vec(acts(), 0..6)) {
        let world = open(&spec(&PEOPLE));
        acts.iter().for_each(|act| act.perform(&world, true));
        let pushes = || world.parts().qualifio.lock().unwrap().pushes();
        let before = pushes();
        outbound(&world);
        inbound(&world);
        prop_assert_eq!(pushes(), before);
    }
}
