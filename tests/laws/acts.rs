//! What happens in a world at random, with or without trouble on the way.

use super::drive::{CAMPAIGN, act, address, attempt, counters_add_up, edit, go, job, submit, to_the_form};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use standin::World;

/// Who is in these worlds.
pub(crate) const PEOPLE: [&str; 3] = ["ann", "ben", "cas"];

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// A participation, and what the push meets.
    TakePart { who: usize, form: Form, trouble: Option<Trouble> },
    /// A change of an account through Gigya's API.
    EditAccount { who: usize, members: Value, trouble: Option<Trouble> },
    /// A person's new address, one that nobody else has.
    Readdress { who: usize, number: usize },
    /// A change of a contact in Eloqua.
    EditContact { who: usize, field: &'static str, value: String, trouble: Option<Trouble> },
    /// Accounts to Eloqua and into its contacts.
    Outbound { full: bool, trouble: Option<Trouble> },
    /// Contacts to Gigya and into its accounts.
    Inbound { trouble: Option<Trouble> },
    /// Nothing, for a while.
    Wait { minutes: u32 },
}

/// What is typed into the form, by variable, and whether a form may hold it.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) typed: Value,
    pub(crate) acceptable: bool,
}

/// Something that goes wrong, and passes.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// Calls to a platform.
    Calls { call: &'static str, skip: u32, times: u32, how: (&'static str, Value) },
    /// Transfers at the drop.
    Transfer { op: &'static str, after_bytes: u32 },
    /// A full disk at the drop.
    Full { after_bytes: u32 },
}

/// How often something is repeated before the world counts as broken for good.
const PATIENCE: u32 = 8;

/// Longer than all the pauses of a push together.
const OVER: &str = "2h";

impl Act {
    /// Does it until it is done. Trouble is left out where `calm`; everything else is the same.
    pub(crate) fn perform(&self, world: &World, calm: bool) {
        let arm = |platform: &str, trouble: &Option<Trouble>| {
            if let Some(trouble) = trouble.as_ref().filter(|_| !calm) {
                act(world, "fault", &trouble.args(platform));
            }
        };
        match self {
            Self::TakePart { who, form, trouble } => {
                let mut run = to_the_form(world, CAMPAIGN, PEOPLE[*who]);
                // Only the push meets it: whether a form counts twice that was sent twice, since the answer
                // to the first was lost, is between Qualifio and the participant.
                arm("gigya", trouble);
                assert_eq!(submit(&mut run, &form.typed), form.acceptable, "{form:?}");
                go(&mut run, "advance", &json!(OVER)).unwrap();
            }
            Self::EditAccount { who, members, trouble } => {
                arm("gigya", trouble);
                until_done(|| edit(world, PEOPLE[*who], members));
            }
            Self::Readdress { who, number } => {
                let members = json!({ "profile": { "email": address(PEOPLE[*who], *number) } });
                edit(world, PEOPLE[*who], &members).unwrap();
            }
            Self::EditContact { who, field, value, trouble } => {
                arm("eloqua", trouble);
                let args = json!({ "where": { "C_Gigya_UID1": PEOPLE[*who] }, "set": { *field: value } });
                if has_contact(world, PEOPLE[*who]) {
                    until_done(|| attempt(world, "eloqua_set_contact", &args));
                }
            }
            Self::Outbound { full, trouble } => {
                arm("gigya", trouble);
                let (name, full) = if *full { ("full", true) } else { ("delta", false) };
                until_done(|| through(job(world, name, full)?));
                until_done(|| attempt(world, "eloqua_import", &json!("contacts")));
            }
            Self::Inbound { trouble } => {
                arm("gigya", trouble);
                until_done(|| {
                    attempt(world, "eloqua_export", &json!("changes"))?;
                    through(job(world, "inbound", false)?)
                });
            }
            Self::Wait { minutes } => act(world, "advance", &json!(format!("{minutes}min"))),
        }
        // What did not strike by now is gone, too.
        act(world, "clear_faults", &json!({}));
    }
}

impl Trouble {
    fn args(&self, platform: &str) -> Value {
        match self {
            Self::Calls { call, skip, times, how: (name, value) } => json!({
                "platform": platform, "call": call, "skip": skip, "times": times, *name: value,
            }),
            Self::Transfer { op, after_bytes } => {
                json!({ "platform": "sftp", "call": op, "after_bytes": after_bytes })
            }
            Self::Full { after_bytes } => json!({ "platform": "sftp", "full_after": after_bytes }),
        }
    }
}

fn until_done(mut attempt: impl FnMut() -> Result<(), String>) {
    let mut told = Vec::new();
    for _ in 0..PATIENCE {
        match attempt() {
            Ok(()) => return,
            Err(why) => told.push(why),
        }
    }
    panic!("it is not done after {PATIENCE} times: {told:#?}");
}

/// Whether a job brought everything through: neither it nor a single record failed.
fn through(job: Value) -> Result<(), String> {
    counters_add_up(&job);
    let failed = job["metrics"].as_array().into_iter().flatten().any(|step| step["errors"] != 0);
    if job["status"] == "succeeded" && !failed { Ok(()) } else { Err(job["trace"].to_string()) }
}

/// Whether there is a contact of a person.
pub(crate) fn has_contact(world: &World, uid: &str) -> bool {
    world.contacts().iter().any(|contact| contact["C_Gigya_UID1"] == uid)
}

/// Any act.
pub(crate) fn acts() -> BoxedStrategy<Act> {
    let who = || 0..PEOPLE.len();
    let calls = |names: &'static [&'static str]| proptest::option::of(call_trouble(names));
    prop_oneof![
        4 => (who(), form(), calls(&["accounts.setAccountInfo", "accounts.getAccountInfo", "accounts."]))
            .prop_map(|(who, form, trouble)| Act::TakePart { who, form, trouble }),
        3 => (who(), account_members(), calls(&["accounts.setAccountInfo"]))
            .prop_map(|(who, members, trouble)| Act::EditAccount { who, members, trouble }),
        1 => (who(), 0..4_usize).prop_map(|(who, number)| Act::Readdress { who, number }),
        3 => (who(), contact_value(), calls(&["*"])).prop_map(|(who, (field, value), trouble)| {
            Act::EditContact { who, field, value, trouble }
        }),
        3 => (any::<bool>(), job_trouble(&["accounts.search", "accounts."]))
            .prop_map(|(full, trouble)| Act::Outbound { full, trouble }),
        3 => job_trouble(&["accounts.search", "accounts.setAccountInfo", "accounts."])
            .prop_map(|trouble| Act::Inbound { trouble }),
        1 => (0..3000_u32).prop_map(|minutes| Act::Wait { minutes }),
    ]
    .boxed()
}

/// Text that people have in their names and towns. Some of it is awkward for a CSV file; none of it is
/// changed by trimming or by Gigya's sanitiser, which is looked at by `text`.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-zéßŁ漢 ,;\"'|-]{0,12}[A-Za-z0-9é\"]", Just("007".to_owned()), Just("=1+1".to_owned())]
        .prop_map(|text| text.trim().to_owned())
}

fn form() -> impl Strategy<Value = Form> {
    let typed = |name: &'static str, values: BoxedStrategy<(String, bool)>| {
        proptest::option::of(values).prop_map(move |value| (name, value))
    };
    let good = |values: BoxedStrategy<String>| values.prop_map(|value| (value, true)).boxed();
    let of = |values: &'static [(&'static str, bool)]| {
        select(values).prop_map(|(value, fine)| (value.to_owned(), fine)).boxed()
    };
    let fields = vec![
        typed("firstname", good(word().boxed())),
        typed("lastname", good(word().boxed())),
        typed("address", good(word().boxed())),
        typed("zipcode", of(&[("03290", true), ("1000", true), ("", true)])),
        typed("locality", good(word().boxed())),
        typed("country", of(&[("be", true), ("Belgium", true), ("nowhere", true), ("", true)])),
        typed("phone", of(&[("0487 66 49 25", true), ("+32 2 111 22 33", true), ("n/a", false), ("", true)])),
        typed(
            "birthday",
            of(&[("06/05/1959", true), ("29/02/2000", true), ("31/02/2000", false), ("", true)]),
        ),
        typed("gender", of(&[("f", true), ("Male", true), ("X", true), ("", true)])),
    ];
    fields.prop_map(|fields| {
        let mut form = Form { typed: json!({}), acceptable: true };
        for (name, value) in fields {
            if let Some((value, fine)) = value {
                form.typed[name] = json!(value);
                form.acceptable &= fine;
            }
        }
        form
    })
}

fn account_members() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (select(vec!["firstName", "lastName", "city", "zip", "country"]), word())
            .prop_map(|(field, value)| json!({ "profile": { field: value } })),
        1 => any::<bool>().prop_map(|yes| json!({ "data": { "newsletter": { "isSubscribed": yes } } })),
    ]
}

/// The address of a contact is changed, too: nothing of that may come to the account.
fn contact_value() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        4 => (select(vec!["C_FirstName", "C_LastName", "C_City", "C_Title"]), word()),
        1 => (Just("C_Newsletter_Opt_In1"), select(vec!["Yes", "No", ""]).prop_map(str::to_owned)),
        1 => (Just("C_EmailAddress"), "[a-z]{8}".prop_map(|name| format!("{name}@crm.example"))),
    ]
}

fn call_trouble(calls: &'static [&'static str]) -> impl Strategy<Value = Trouble> {
    let how = select(vec![
        ("code", json!(500_001)),
        ("http", json!(502)),
        ("cut", json!("before")),
        ("cut", json!("after")),
        ("cut", json!("half")),
        ("delay", json!("9s")),
        ("delay", json!("1min")),
        ("bytes_per_second", json!(10)),
        ("twice", json!("first")),
        ("twice", json!("last")),
        ("clock_jump", json!("20min")),
        ("overtaken", json!("1h")),
    ]);
    (select(calls), 0..3_u32, 1..4_u32, how).prop_map(|(call, skip, times, how)| Trouble::Calls {
        call,
        skip,
        times,
        how,
    })
}

fn job_trouble(calls: &'static [&'static str]) -> impl Strategy<Value = Option<Trouble>> {
    let transfer = (select(vec!["login", "list", "read", "write", "rename"]), 0..300_u32)
        .prop_map(|(op, after_bytes)| Trouble::Transfer { op, after_bytes });
    let full = (0..300_u32).prop_map(|after_bytes| Trouble::Full { after_bytes });
    proptest::option::of(prop_oneof![4 => call_trouble(calls), 4 => transfer, 1 => full])
}
