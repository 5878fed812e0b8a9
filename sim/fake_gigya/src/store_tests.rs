//! The store of accounts held against a model that is small enough to read: who has which address, which
//! password lets whom in, and what search sees of it.

use crate::testing::Bench;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the model knows of a person.
#[derive(Clone, Debug, Default)]
struct Person {
    profile_email: Option<&'static str>,
    /// Addresses that log in.
    emails: Vec<&'static str>,
    password: Option<&'static str>,
    former: Vec<&'static str>,
    disabled: bool,
    registered: bool,
    failures: u32,
    locked_until: u64,
}

/// The model, and the code that the last call must answer.
#[derive(Clone, Debug, Default)]
struct Model {
    people: BTreeMap<&'static str, Person>,
    /// Seconds since the start.
    now: u64,
    /// When each change of who is there becomes visible to search.
    changes: Vec<(u64, &'static str, bool)>,
    answer: u32,
}

#[derive(Clone, Debug)]
enum Call {
    Register { uid: &'static str, email: &'static str, password: &'static str, finalise: bool },
    Import { uid: &'static str, email: &'static str, upsert: bool },
    SetEmail { uid: &'static str, email: &'static str },
    AddLogin { uid: &'static str, email: &'static str },
    RemoveLogin { uid: &'static str, email: &'static str },
    SetPassword { uid: &'static str, password: &'static str },
    Disable { uid: &'static str, disabled: bool },
    Delete { uid: &'static str },
    Login { email: &'static str, password: &'static str },
    Wait { seconds: u64 },
}

const UIDS: &[&str] = &["ann", "bob", "cleo"];
const EMAILS: &[&str] = &["a@example.org", "b@example.org", "c@example.org", "d@example.org"];
const PASSWORDS: &[&str] = &["secret1", "secret2", "secret3"];
/// The site's lockout: so many failures, for so long.
const LOCKS_AFTER: u32 = 3;
const LOCKED_FOR: u64 = 60;

impl Model {
    fn owner(&self, email: &str) -> Option<&'static str> {
        self.people.iter().find(|(_, it)| it.emails.contains(&email)).map(|(uid, _)| *uid)
    }

    fn owned_by_other(&self, email: &str, uid: &str) -> bool {
        self.owner(email).is_some_and(|owner| owner != uid)
    }

    /// Whether a profile takes an address that is somebody else's; the one that it has is no change.
    fn takes_anothers(&self, email: &str, uid: &str) -> bool {
        let has = self.people.get(uid).is_some_and(|it| it.profile_email == Some(email));
        !has && self.owned_by_other(email, uid)
    }

    fn there(&mut self, uid: &'static str, is_there: bool) {
        self.changes.push((self.now + 1, uid, is_there));
    }

    /// UIDs that search sees.
    fn seen(&self) -> Vec<&'static str> {
        let mut seen: BTreeMap<&str, (&'static str, bool)> = BTreeMap::new();
        for (at, uid, is_there) in &self.changes {
            if *at <= self.now {
                seen.insert(uid, (*uid, *is_there));
            }
        }
        seen.into_values().filter(|(_, is_there)| *is_there).map(|(uid, _)| uid).collect()
    }

    /// Does a call and gives the code that answers it.
    fn does(&mut self, call: &Call) -> u32 {
        match *call {
            Call::Wait { seconds } => {
                self.now += seconds;
                0
            }
            Call::Register { uid, email, password, finalise } => {
                if self.people.contains_key(uid) {
                    return 409_001;
                }
                if self.owner(email).is_some() {
                    return 400_009;
                }
                let person = Person {
                    profile_email: Some(email),
                    emails: vec![email],
                    password: Some(password),
                    registered: finalise,
                    ..Person::default()
                };
                self.people.insert(uid, person);
                self.there(uid, true);
                if finalise { 0 } else { 206_001 }
            }
            Call::Import { uid, email, upsert } => {
                if self.people.contains_key(uid) && !upsert {
                    return 400_003;
                }
                if self.takes_anothers(email, uid) {
                    return 400_009;
                }
                self.people.entry(uid).or_default().take(email);
                self.there(uid, true);
                0
            }
            Call::Login { email, password } => self.logs_in(email, password),
            Call::Delete { uid } => match self.people.remove(uid) {
                None => 403_005,
                Some(_) => {
                    self.there(uid, false);
                    0
                }
            },
            Call::SetEmail { uid, email } | Call::AddLogin { uid, email } => {
                let taken = match call {
                    Call::SetEmail { .. } => self.takes_anothers(email, uid),
                    _ => self.owned_by_other(email, uid),
                };
                let Some(person) = self.people.get_mut(uid) else { return 403_005 };
                match taken {
                    true if person.registered => 400_009,
                    true => 403_043,
                    false if matches!(call, Call::AddLogin { .. }) => {
                        person.logs_in_with(email);
                        0
                    }
                    false => {
                        person.take(email);
                        0
                    }
                }
            }
            Call::RemoveLogin { uid, email } => {
                let Some(person) = self.people.get_mut(uid) else { return 403_005 };
                person.emails.retain(|other| *other != email);
                0
            }
            Call::SetPassword { uid, password } => {
                let Some(person) = self.people.get_mut(uid) else { return 403_005 };
                person.former.extend(person.password.replace(password));
                0
            }
            Call::Disable { uid, disabled } => {
                let Some(person) = self.people.get_mut(uid) else { return 403_005 };
                person.disabled = disabled;
                0
            }
        }
    }

    fn logs_in(&mut self, email: &str, password: &str) -> u32 {
        let now = self.now;
        let Some(uid) = self.owner(email) else { return 403_042 };
        let Some(person) = self.people.get_mut(uid) else { return 403_042 };
        if person.locked_until > now {
            return 403_120;
        }
        if person.password != Some(password) {
            person.failures += 1;
            if person.failures >= LOCKS_AFTER {
                person.locked_until = now + LOCKED_FOR;
                person.failures = 0;
            }
            return if person.former.contains(&password) { 401_030 } else { 403_042 };
        }
        if person.disabled {
            return 403_041;
        }
        if !person.registered {
            return 206_001;
        }
        person.failures = 0;
        0
    }
}

impl Person {
    fn logs_in_with(&mut self, email: &'static str) {
        if !self.emails.contains(&email) {
            self.emails.push(email);
        }
    }

    /// A new address of the profile logs in as well; the same address again changes nothing.
    fn take(&mut self, email: &'static str) {
        if self.profile_email != Some(email) {
            self.logs_in_with(email);
        }
        self.profile_email = Some(email);
    }
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Call;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Call> {
        let uid = || prop::sample::select(UIDS);
        let email = || prop::sample::select(EMAILS);
        let password = || prop::sample::select(PASSWORDS);
        Union::new_weighted(vec![
            (
                4,
                (uid(), email(), password(), any::<bool>())
                    .prop_map(|(uid, email, password, finalise)| Call::Register {
                        uid,
                        email,
                        password,
                        finalise,
                    })
                    .boxed(),
            ),
            (
                2,
                (uid(), email(), any::<bool>())
                    .prop_map(|(uid, email, upsert)| Call::Import { uid, email, upsert })
                    .boxed(),
            ),
            (2, (uid(), email()).prop_map(|(uid, email)| Call::SetEmail { uid, email }).boxed()),
            (2, (uid(), email()).prop_map(|(uid, email)| Call::AddLogin { uid, email }).boxed()),
            (2, (uid(), email()).prop_map(|(uid, email)| Call::RemoveLogin { uid, email }).boxed()),
            (2, (uid(), password()).prop_map(|(uid, password)| Call::SetPassword { uid, password }).boxed()),
            (1, (uid(), any::<bool>()).prop_map(|(uid, disabled)| Call::Disable { uid, disabled }).boxed()),
            (1, uid().prop_map(|uid| Call::Delete { uid }).boxed()),
            (6, (email(), password()).prop_map(|(email, password)| Call::Login { email, password }).boxed()),
            (2, prop::sample::select(&[1, 30, 60][..]).prop_map(|seconds| Call::Wait { seconds }).boxed()),
        ])
        .boxed()
    }

    fn apply(mut state: Model, call: &Call) -> Model {
        state.answer = state.does(call);
        state
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Bench;
    type Reference = Self;

    fn init_test(_: &Model) -> Bench {
        let lockout = json!({"failedLoginThreshold": LOCKS_AFTER, "lockoutTimeSec": LOCKED_FOR});
        let mut bench =
            Bench::seeded(&json!({"sites": [{"policies": {"security": {"accountLockout": lockout}}}]}));
        bench.knob("gigya.imports_per_minute", "0");
        bench
    }

    fn apply(mut bench: Bench, model: &Model, call: Call) -> Bench {
        let set = |bench: &mut Bench, uid: &str, name: &str, value: &str| {
            let params = [("UID", uid), ("securityOverride", "true"), (name, value)];
            bench.call("accounts.setAccountInfo", &params)
        };
        let profile = |email: &str| json!({"email": email}).to_string();
        let answer = match &call {
            Call::Wait { seconds } => {
                bench.wait(seconds * 1000);
                json!({"errorCode": 0})
            }
            Call::Register { uid, email, password, finalise } => bench.call(
                "accounts.register",
                &[
                    ("siteUID", uid),
                    ("email", email),
                    ("password", password),
                    ("finalizeRegistration", &finalise.to_string()),
                ],
            ),
            Call::Import { uid, email, upsert } => bench.call(
                "accounts.importFullAccount",
                &[
                    ("UID", uid),
                    ("profile", &profile(email)),
                    ("importPolicy", if *upsert { "upsert" } else { "insert" }),
                ],
            ),
            Call::SetEmail { uid, email } => set(&mut bench, uid, "profile", &profile(email)),
            Call::AddLogin { uid, email } => set(&mut bench, uid, "addLoginEmails", email),
            Call::RemoveLogin { uid, email } => set(&mut bench, uid, "removeLoginEmails", email),
            Call::SetPassword { uid, password } => set(&mut bench, uid, "newPassword", password),
            Call::Disable { uid, disabled } => set(&mut bench, uid, "isActive", &(!disabled).to_string()),
            Call::Delete { uid } => bench.call("accounts.deleteAccount", &[("UID", uid)]),
            Call::Login { email, password } => {
                bench.client("accounts.login", &[("loginID", email), ("password", password)])
            }
        };
        assert_eq!(answer["errorCode"], model.answer, "{call:?}: {answer}");
        bench
    }

    fn check_invariants(bench: &Bench, model: &Model) {
        let shown = |person: &Value| {
            let mut emails: Vec<String> = person["loginIDs"]["emails"]
                .as_array()
                .unwrap()
                .iter()
                .map(|email| email.as_str().unwrap().to_owned())
                .collect();
            emails.sort_unstable();
            let profile_email = person["profile"]["email"].as_str().map(str::to_owned);
            let flags = (person["isActive"].clone(), person["isRegistered"].clone());
            (person["UID"].as_str().unwrap().to_owned(), emails, profile_email, flags)
        };
        let found: Vec<_> = bench.gigya.accounts().iter().map(shown).collect();
        let expected: Vec<_> = model
            .people
            .iter()
            .map(|(uid, it)| {
                let mut emails: Vec<String> = it.emails.iter().map(|email| (*email).to_owned()).collect();
                emails.sort_unstable();
                let flags = (json!(!it.disabled), json!(it.registered));
                ((*uid).to_owned(), emails, it.profile_email.map(str::to_owned), flags)
            })
            .collect();
        assert_eq!(found, expected);
        for email in EMAILS {
            let people = bench.gigya.people_at(crate::DEFAULT_API_KEY);
            assert_eq!(people.and_then(|people| people.owner(email)), model.owner(email), "{email}");
        }
        let mut copy = Bench { gigya: bench.gigya.clone(), now: bench.now };
        let answer = copy.call("accounts.search", &[("query", "SELECT UID FROM accounts")]);
        let results = answer["results"].as_array().unwrap();
        let mut seen: Vec<&str> = results.iter().map(|it| it["UID"].as_str().unwrap()).collect();
        seen.sort_unstable();
        assert_eq!(seen, model.seen(), "search sees what was there a second ago");
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_follows_the_model(sequential 1..40 => Machine);
}
