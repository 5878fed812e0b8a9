//! The whole world against a small model, and against a twin that never met any trouble.

use super::acts::{Act, PEOPLE, acts, has_contact};
use super::cases;
use super::drive::{
    CAMPAIGN, accounts, address, contacts, email, inbound, open, outbound, rows_add_up, spec,
};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::Value;
use standin::{What, World};
use standin_fake_kit::form::Form;
use std::collections::BTreeSet;

/// What one knows of a world without looking at it.
#[derive(Clone, Debug)]
struct Model {
    /// Addresses by person: only the API changes them.
    addresses: Vec<String>,
    /// Accepted forms by person.
    forms: Vec<usize>,
    /// Whether the contacts have been made.
    in_eloqua: bool,
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Act;

    fn init_state() -> BoxedStrategy<Self> {
        let addresses = PEOPLE.iter().map(|uid| address(uid, 0)).collect();
        Just(Self { addresses, forms: vec![0; PEOPLE.len()], in_eloqua: false }).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Act> {
        acts()
    }

    fn apply(mut model: Self, act: &Act) -> Self {
        match act {
            Act::TakePart { who, form, .. } => model.forms[*who] += usize::from(form.acceptable),
            Act::Readdress { who, number } => model.addresses[*who] = address(PEOPLE[*who], *number),
            // The first run of any kind reads a day back, and the accounts are younger than that unless time
            // has passed: a contact may be there earlier than the model knows, never later.
            Act::Outbound { full: true, .. } => model.in_eloqua = true,
            _ => {}
        }
        model
    }
}

/// Two worlds in which the same is done; only one of them meets trouble.
struct Twins {
    troubled: Watched,
    calm: Watched,
}

/// A world, and up to where its journal and its imports have been looked at.
struct Watched {
    world: World,
    mark: u64,
    runs: usize,
}

impl Watched {
    fn new() -> Self {
        Self { world: open(&spec(&PEOPLE)), mark: 0, runs: 0 }
    }

    /// Holds what is true at any time.
    fn check(&mut self, model: &Model) {
        let world = &self.world;
        let mut uids: Vec<Value> = accounts(world).iter().map(|account| account["UID"].clone()).collect();
        uids.sort_by_key(Value::to_string);
        assert_eq!(uids, PEOPLE, "an account came or went");
        for (uid, expected) in PEOPLE.iter().zip(&model.addresses) {
            assert_eq!(&email(world, uid), expected, "the address of {uid}");
            assert!(!model.in_eloqua || has_contact(world, uid), "{uid} has no contact");
        }
        let rows = world.statistics(CAMPAIGN);
        for (uid, forms) in PEOPLE.iter().zip(&model.forms) {
            let found = rows.iter().filter(|row| row["external_id"] == *uid).count();
            assert_eq!(found, *forms, "rows of {uid}");
        }
        assert_eq!(rows.len(), model.forms.iter().sum::<usize>(), "rows of nobody");
        self.check_calls();
        self.check_imports();
    }

    /// Looks at every write that the sync sent since the last time.
    fn check_calls(&mut self) {
        let journal = &self.world.parts().journal;
        let entries = journal.since(self.mark);
        self.mark = journal.mark();
        for entry in entries {
            let What::Call { from, name, request, .. } = entry.what else { continue };
            if name != "accounts.setAccountInfo" || !matches!(&*from, "push" | "dataflow") {
                continue;
            }
            let form = Form::parse(request.as_bytes());
            assert!(PEOPLE.contains(&form.get("UID").unwrap_or_default()), "{from} writes {request}");
            let section = |name: &str| -> Value {
                form.get(name).map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
            };
            let profile = section("profile");
            let members: BTreeSet<&str> =
                profile.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let mapped: &[&str] = if from == "push" { &PUSHED } else { &WRITTEN_BACK };
            let foreign: Vec<&str> = members.into_iter().filter(|member| !mapped.contains(member)).collect();
            assert!(foreign.is_empty(), "{from} sends {foreign:?}");
            let sections: Vec<&str> =
                form.iter().map(|(name, _)| name).filter(|name| SECTIONS.contains(name)).collect();
            let allowed = |name: &&str| *name == "profile" || (from == "dataflow" && *name == "data");
            assert!(sections.iter().all(allowed), "{from} writes {sections:?}");
            assert!(from == "dataflow" || !profile.is_null(), "an empty push: {request}");
        }
    }

    fn check_imports(&mut self) {
        let runs = self.world.parts().eloqua.lock().unwrap().runs();
        for run in runs.iter().skip(self.runs).filter(|run| run["kind"] == "import") {
            rows_add_up(run);
        }
        self.runs = runs.len();
    }
}

/// The members of a profile that the mapping table names; the table itself is not asked.
const PUSHED: [&str; 13] = [
    "username",
    "firstName",
    "lastName",
    "address",
    "zip",
    "city",
    "country",
    "phones",
    "birthDay",
    "birthMonth",
    "birthYear",
    "gender",
    "languages",
];

/// The members of a profile that come back from Eloqua.
const WRITTEN_BACK: [&str; 5] = ["firstName", "lastName", "city", "country", "zip"];

/// The parameters of accounts.setAccountInfo that write something.
const SECTIONS: [&str; 14] = [
    "profile",
    "data",
    "subscriptions",
    "communications",
    "preferences",
    "isActive",
    "isVerified",
    "phoneNumber",
    "username",
    "addLoginEmails",
    "removeLoginEmails",
    "customIdentifiers",
    "requirePasswordChange",
    "newPassword",
];

impl StateMachineTest for Twins {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        Self { troubled: Watched::new(), calm: Watched::new() }
    }

    fn apply(mut twins: Self, model: &Model, act: Act) -> Self {
        act.perform(&twins.troubled.world, false);
        act.perform(&twins.calm.world, true);
        twins.troubled.check(model);
        twins.calm.check(model);
        twins
    }

    /// Trouble that has passed leaves no trace.
    fn check_invariants(twins: &Self, _: &Model) {
        let (troubled, calm) = (&twins.troubled.world, &twins.calm.world);
        assert_eq!(accounts(troubled), accounts(calm));
        assert_eq!(contacts(troubled), contacts(calm));
        assert_eq!(answers(troubled), answers(calm));
    }

    /// In the end all contacts are what the accounts are, whatever was done before.
    fn teardown(mut twins: Self, model: Model) {
        for watched in [&mut twins.troubled, &mut twins.calm] {
            outbound(&watched.world);
            inbound(&watched.world);
            watched.check(&Model { in_eloqua: true, ..model.clone() });
            assert_eq!(contacts(&watched.world).len(), PEOPLE.len());
        }
        Self::check_invariants(&twins, &model);
    }
}

/// The statistics without the times at which people took part.
fn answers(world: &World) -> Vec<Value> {
    let mut rows = world.statistics(CAMPAIGN);
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.retain(|name, _| !name.ends_with("_at"));
    }
    rows
}

prop_state_machine! {
    #![proptest_config(cases(32))]

    #[test]
    fn the_model_holds_and_trouble_that_passes_leaves_no_trace(sequential 1..16 => Twins);
}
