//! Imports, edits, deletions, address changes and opt-outs in any order: an export always equals a small model.

use super::Caller;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An address, in small letters or in capitals.
type Email = (u8, bool);

/// A row of an import: its address, the UID if it has the key, a city.
type Row = (Email, Option<u8>, u8);

#[derive(Clone, Debug)]
enum Deed {
    /// Rows are staged and wait.
    Stage(Vec<Row>),
    /// What waits is dropped.
    Unstage,
    /// What waits and these rows are imported by address, as JSON or CSV.
    ByEmail(Vec<Row>, bool),
    /// Rows are imported by UID.
    ByUid(Vec<(u8, Email, u8)>),
    /// A contact takes an address over the REST API.
    Readdress(u8, u8),
    Delete(u8),
    /// Addresses are unsubscribed, whether or not a contact has them.
    OptOut(Vec<Email>),
    /// A contact is subscribed by a sync action.
    OptIn(Email),
    /// A contact is put on the list or taken off.
    Member(Email, bool),
}

#[derive(Clone, PartialEq, Debug)]
struct Person {
    email: Email,
    uid: Option<u8>,
    city: u8,
    member: bool,
}

#[derive(Clone, Default, Debug)]
struct Model {
    /// In the order in which they were made.
    people: Vec<Person>,
    out: BTreeSet<u8>,
    staged: Vec<Row>,
}

impl Model {
    fn holder(&self, email: u8) -> Option<usize> {
        self.people.iter().position(|person| person.email.0 == email)
    }

    fn by_email(&mut self, rows: &[Row]) {
        let last: BTreeMap<u8, usize> =
            rows.iter().enumerate().map(|(at, (email, ..))| (email.0, at)).collect();
        for (at, (email, uid, city)) in rows.iter().enumerate() {
            if last[&email.0] != at {
                continue;
            }
            match self.holder(email.0) {
                Some(found) => {
                    let person = &mut self.people[found];
                    (person.email, person.city, person.uid) = (*email, *city, uid.or(person.uid));
                }
                None => self.people.push(Person { email: *email, uid: *uid, city: *city, member: false }),
            }
        }
    }

    fn by_uid(&mut self, rows: &[(u8, Email, u8)]) {
        let last: BTreeMap<u8, usize> = rows.iter().enumerate().map(|(at, (uid, ..))| (*uid, at)).collect();
        for (at, (uid, email, city)) in rows.iter().enumerate() {
            if last[uid] != at {
                continue;
            }
            let bearing: Vec<usize> =
                (0..self.people.len()).filter(|at| self.people[*at].uid == Some(*uid)).collect();
            let free = self.holder(email.0).is_none_or(|holder| bearing == [holder]);
            match bearing.as_slice() {
                [] if free => {
                    self.people.push(Person { email: *email, uid: Some(*uid), city: *city, member: false });
                }
                [found] if free => {
                    let person = &mut self.people[*found];
                    (person.email, person.city) = (*email, *city);
                }
                // An address in use, or several of one UID.
                _ => {}
            }
        }
    }

    fn rows(&self) -> Value {
        let row = |person: &Person| {
            json!({
                "email": text(person.email), "uid": person.uid.map(|uid| format!("u{uid}")).unwrap_or_default(),
                "city": format!("city {}", person.city),
                "on": if self.out.contains(&person.email.0) { "False" } else { "True" },
            })
        };
        self.people.iter().map(row).collect()
    }

    fn members(&self) -> Value {
        let members = self.people.iter().filter(|person| person.member);
        members.map(|person| json!({ "email": text(person.email) })).collect()
    }
}

fn text((number, loud): Email) -> String {
    let small = format!("p{number}@brand.example");
    if loud { small.to_uppercase() } else { small }
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Deed;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Deed> {
        let number = || 0u8..5;
        let email = || (number(), any::<bool>());
        let row = || (email(), proptest::option::of(0u8..3), 0u8..3);
        let rows = || proptest::collection::vec(row(), 1..4);
        let uid_rows = proptest::collection::vec((0u8..3, email(), 0u8..3), 1..4);
        prop_oneof![
            2 => rows().prop_map(Deed::Stage),
            1 => Just(Deed::Unstage),
            3 => (rows(), any::<bool>()).prop_map(|(rows, csv)| Deed::ByEmail(rows, csv)),
            4 => uid_rows.prop_map(Deed::ByUid),
            1 => (number(), number()).prop_map(|(from, to)| Deed::Readdress(from, to)),
            1 => number().prop_map(Deed::Delete),
            1 => proptest::collection::vec(email(), 1..3).prop_map(Deed::OptOut),
            1 => email().prop_map(Deed::OptIn),
            1 => (email(), any::<bool>()).prop_map(|(email, on)| Deed::Member(email, on)),
        ]
        .boxed()
    }

    fn apply(mut model: Model, deed: &Deed) -> Model {
        match deed {
            Deed::Stage(rows) => model.staged.extend(rows),
            Deed::Unstage => model.staged.clear(),
            Deed::ByEmail(rows, _) => {
                let mut all = std::mem::take(&mut model.staged);
                all.extend(rows);
                model.by_email(&all);
            }
            Deed::ByUid(rows) => model.by_uid(rows),
            Deed::Readdress(from, to) => {
                if let Some(found) = model.holder(*from)
                    && model.holder(*to).is_none_or(|holder| holder == found)
                {
                    model.people[found].email = (*to, false);
                }
            }
            Deed::Delete(email) => model.people.retain(|person| person.email.0 != *email),
            Deed::OptOut(emails) => model.out.extend(emails.iter().map(|email| email.0)),
            Deed::OptIn(email) => {
                if model.holder(email.0).is_some() {
                    model.out.remove(&email.0);
                }
            }
            Deed::Member(email, on) => {
                if let Some(found) = model.holder(email.0) {
                    model.people[found].member = *on;
                }
            }
        }
        model
    }
}

const BY_EMAIL: &str = "/contacts/imports/1";
const BY_UID: &str = "/contacts/imports/2";
const EVERYBODY: &str = "/contacts/exports/1";
const MEMBERS: &str = "/contacts/exports/2";

/// Definitions of sync actions, in order of id.
const ACTIONS: [(&str, &str, Option<&str>); 3] = [
    ("setStatus", "{{GlobalSubscribe}}", Some("subscribed")),
    ("add", "{{ContactList[1]}}", None),
    ("remove", "{{ContactList[1]}}", None),
];

fn json_row((email, uid, city): &Row) -> Value {
    let mut row = json!({ "email": text(*email), "city": format!("city {city}") });
    if let Some(uid) = uid {
        row["uid"] = json!(format!("u{uid}"));
    }
    row
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Caller;
    type Reference = Self;

    fn init_test(_: &Model) -> Caller {
        let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"], "lists": ["Chosen"] }));
        let fields = json!({
            "email": "{{Contact.Field(C_EmailAddress)}}", "uid": "{{Contact.Field(C_Gigya_UID1)}}",
            "city": "{{Contact.Field(C_City)}}",
        });
        for identifier in ["email", "uid"] {
            caller.define("/contacts/imports", json!({
                "name": identifier, "fields": fields, "identifierFieldName": identifier, "isSyncTriggeredOnImport": false,
            }));
        }
        let mut columns = fields;
        columns["on"] = json!("{{Contact.Email.IsSubscribed}}");
        caller.define("/contacts/exports", json!({ "name": "everybody", "fields": columns }));
        caller.define(
            "/contacts/exports",
            json!({
                "name": "members", "fields": { "email": "{{Contact.Field(C_EmailAddress)}}" },
                "filter": "EXISTS('{{ContactList[1]}}')",
            }),
        );
        let off =
            json!({ "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "unsubscribed" });
        caller.define(
            "/emailAddresses/imports",
            json!({
                "name": "off", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "syncActions": [off],
                "isSyncTriggeredOnImport": false,
            }),
        );
        for (action, destination, status) in ACTIONS {
            caller.define("/contacts/syncActions", json!({
                "name": action, "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "identifierFieldName": "e",
                "isSyncTriggeredOnImport": false,
                "syncActions": [{ "action": action, "destination": destination, "status": status }],
            }));
        }
        caller
    }

    fn apply(mut caller: Caller, _: &Model, deed: Deed) -> Caller {
        let run = |caller: &mut Caller, uri: &str, rows: Value| {
            assert_eq!(caller.call("POST", &format!("{uri}/data"), rows).0, 204);
            caller.sync(uri);
        };
        let id_of = |caller: &mut Caller, number: u8| {
            let path = format!("/api/rest/1.0/data/contacts?search=emailAddress='{}'", text((number, false)));
            caller.get(&path)["elements"][0]["id"].as_str().map(str::to_owned)
        };
        match deed {
            Deed::Stage(rows) => {
                let rows = rows.iter().map(json_row).collect();
                assert_eq!(caller.call("POST", &format!("{BY_EMAIL}/data"), rows).0, 204);
            }
            Deed::Unstage => {
                assert_eq!(caller.call("DELETE", &format!("{BY_EMAIL}/data"), Value::Null).0, 204);
            }
            Deed::ByEmail(rows, false) => run(&mut caller, BY_EMAIL, rows.iter().map(json_row).collect()),
            Deed::ByEmail(rows, true) => {
                // A file has a column or has it not, so rows with and without UID go apart.
                for row in rows {
                    let (head, uid) = row.1.map_or((String::new(), String::new()), |uid| {
                        (",uid".to_owned(), format!(",u{uid}"))
                    });
                    let body = format!("city,email{head}\r\ncity {},{}{uid}\r\n", row.2, text(row.0));
                    let csv = [("content-type", "text/csv")];
                    assert_eq!(caller.send("POST", &format!("{BY_EMAIL}/data"), &csv, body).status(), 204);
                }
                caller.sync(BY_EMAIL);
            }
            Deed::ByUid(rows) => {
                let row = |(uid, email, city): &(u8, Email, u8)| json_row(&(*email, Some(*uid), *city));
                run(&mut caller, BY_UID, rows.iter().map(row).collect());
            }
            Deed::Readdress(from, to) => {
                if let Some(id) = id_of(&mut caller, from) {
                    let path = format!("/api/rest/1.0/data/contact/{id}");
                    caller.call("PUT", &path, json!({ "id": id, "emailAddress": text((to, false)) }));
                }
            }
            Deed::Delete(email) => {
                if let Some(id) = id_of(&mut caller, email) {
                    caller.call("DELETE", &format!("/api/rest/1.0/data/contact/{id}"), Value::Null);
                }
            }
            Deed::OptOut(emails) => {
                let rows = emails.iter().map(|email| json!({ "e": text(*email) })).collect();
                run(&mut caller, "/emailAddresses/imports/1", rows);
            }
            Deed::OptIn(email) => run(&mut caller, "/contacts/syncActions/1", json!([{ "e": text(email) }])),
            Deed::Member(email, on) => {
                let uri = if on { "/contacts/syncActions/2" } else { "/contacts/syncActions/3" };
                run(&mut caller, uri, json!([{ "e": text(email) }]));
            }
        }
        caller
    }

    fn check_invariants(caller: &Caller, model: &Model) {
        let mut copy = Caller { eloqua: caller.eloqua.clone(), ..*caller };
        for (uri, expected) in [(EVERYBODY, model.rows()), (MEMBERS, model.members())] {
            let (_, state) = copy.sync(uri);
            assert_eq!(state, "success");
            let page = copy.get(&format!("{uri}/data"));
            assert_eq!(page["totalResults"], json!(expected.as_array().map_or(0, Vec::len)));
            assert_eq!(page.get("items").cloned().unwrap_or(json!([])), expected);
        }
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_export_always_equals_the_model(sequential 1..25 => Machine);
}
