//! What holds of contacts and addresses whatever is done to them, over the REST API or by Eloqua's own jobs:
//! a small model beside the platform.

use crate::caller::Caller;
use proptest::prelude::*;
use serde_json::{Value, json};
use standin_ports::FileEntry;
use std::collections::{BTreeMap, BTreeSet};

/// The way in which something is done.
#[derive(Clone, Copy, Debug)]
enum Way {
    Rest,
    Job,
    /// An import that is keyed by UID.
    Uid,
}

#[derive(Clone, Debug)]
enum Deed {
    Create(u8),
    Move(u8, u8, Way),
    Out(u8, Way),
    In(u8),
    Bounce(u8),
    Delete(u8, Way),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let way = || proptest::sample::select(vec![Way::Rest, Way::Job, Way::Uid]);
    let deed = prop_oneof![
        3 => (0u8..5).prop_map(Deed::Create),
        3 => (0u8..5, 0u8..5, way()).prop_map(|(from, to, way)| Deed::Move(from, to, way)),
        2 => (0u8..5, way()).prop_map(|(address, way)| Deed::Out(address, way)),
        1 => (0u8..5).prop_map(Deed::In),
        1 => (0u8..5).prop_map(Deed::Bounce),
        2 => (0u8..5, way()).prop_map(|(address, way)| Deed::Delete(address, way)),
    ];
    proptest::collection::vec(deed, 1..16)
}

/// An address, in one of two spellings.
fn address(number: u8, loud: bool) -> String {
    let text = format!("a{number}@brand.example");
    if loud { text.to_uppercase() } else { text }
}

/// What the model knows: contacts by id, as the number and the text of the address; statuses by address.
#[derive(Default)]
struct Model {
    contacts: BTreeMap<u64, (u8, String)>,
    out: BTreeSet<u8>,
    bounced: BTreeSet<u8>,
    next: u64,
}

impl Model {
    fn owner(&self, number: u8) -> Option<u64> {
        self.contacts.iter().find(|(_, (known, _))| *known == number).map(|(id, _)| *id)
    }

    fn rows(&self) -> Vec<(String, String, bool, bool)> {
        let row = |(id, (number, text)): (&u64, &(u8, String))| {
            (id.to_string(), text.clone(), !self.out.contains(number), self.bounced.contains(number))
        };
        self.contacts.iter().map(row).collect()
    }
}

struct World {
    caller: Caller,
    model: Model,
}

impl World {
    fn new() -> Self {
        let mapping = json!({ "before": "original", "after": "new" });
        let caller = Caller::new(json!({ "contact_fields": ["Gigya UID"], "imports": [
            { "name": "uid", "user": "u", "key": "C_Gigya_UID1", "import_rule": "updateOnly" },
            { "name": "addresses", "user": "u", "kind": "update_addresses", "mapping": mapping },
            { "name": "optouts", "user": "u", "kind": "unsubscribe" },
            { "name": "bounces", "user": "u", "kind": "bouncebacks" },
            { "name": "leavers", "user": "u", "kind": "delete_contacts", "key": "C_Gigya_UID1" },
        ] }));
        Self { caller, model: Model { next: 1_986_000, ..Model::default() } }
    }

    fn file(&mut self, job: &str, text: &str) -> Value {
        self.caller.pass(10);
        let (eloqua, now) = (&mut self.caller.eloqua, self.caller.now);
        let run = eloqua.run_now(now, job).unwrap();
        let size = text.len() as u64;
        let entry = FileEntry { name: "a.csv".to_owned(), folder: false, size, modified: now };
        for file in eloqua.choose(&run, &[entry]) {
            eloqua.load(now, &run, &file, text.as_bytes());
        }
        eloqua.end_run(now, &run, Ok(()));
        eloqua.runs().pop().unwrap()
    }

    fn put(&mut self, id: u64, body: Value) -> u16 {
        self.caller.call("PUT", &format!("/api/rest/2.0/data/contact/{id}"), body).0
    }

    fn perform(&mut self, deed: &Deed) {
        match *deed {
            Deed::Create(number) => {
                let (id, text) = (self.model.next, address(number, number % 2 == 0));
                let uid = json!([{ "id": "100195", "value": format!("u{id}") }]);
                let body = json!({ "emailAddress": text, "fieldValues": uid });
                let (status, _) = self.caller.call("POST", "/api/rest/1.0/data/contact", body);
                let free = self.model.owner(number).is_none();
                assert_eq!(status, if free { 201 } else { 409 });
                if free {
                    self.model.contacts.insert(id, (number, text));
                    self.model.next += 1;
                }
            }
            Deed::Move(from, to, way) => self.readdress(from, to, way),
            Deed::Out(number, way) => {
                let owner = self.model.owner(number);
                match (way, owner) {
                    (Way::Rest, Some(id)) => drop(self.put(id, json!({ "isSubscribed": "false" }))),
                    (Way::Rest, None) => return,
                    _ => drop(self.file("optouts", &format!("Email Address\n{}\n", address(number, true)))),
                }
                self.model.out.insert(number);
            }
            Deed::In(number) => {
                let Some(id) = self.model.owner(number) else { return };
                self.put(id, json!({ "isSubscribed": true }));
                self.model.out.remove(&number);
            }
            Deed::Bounce(number) => {
                self.file("bounces", &format!("C_EmailAddress\n{}\n", address(number, false)));
                self.model.bounced.insert(number);
            }
            Deed::Delete(number, way) => {
                let Some(id) = self.model.owner(number) else { return };
                match way {
                    Way::Rest => {
                        let path = format!("/api/rest/1.0/data/contact/{id}");
                        assert_eq!(self.caller.call("DELETE", &path, Value::Null).0, 200);
                    }
                    Way::Job | Way::Uid => {
                        let run = self.file("leavers", &format!("C_Gigya_UID1\nU{id}\n"));
                        assert_eq!(run["deleted"], json!(1));
                    }
                }
                self.model.contacts.remove(&id);
            }
        }
    }

    fn readdress(&mut self, from: u8, to: u8, way: Way) {
        let Some(id) = self.model.owner(from) else { return };
        let text = address(to, false);
        let free = self.model.owner(to).is_none_or(|owner| owner == id);
        let refused = match way {
            Way::Rest => self.put(id, json!({ "emailAddress": text })) == 409,
            Way::Uid => {
                let run = self.file("uid", &format!("C_Gigya_UID1,C_EmailAddress\nu{id},{text}\n"));
                run["rejected"] == json!(1)
            }
            Way::Job => {
                let run = self.file("addresses", &format!("before,after\n{},{text}\n", address(from, true)));
                run["rejected"] == json!(1)
            }
        };
        assert_eq!(refused, !free);
        if free {
            self.model.contacts.insert(id, (to, text));
        }
    }

    fn rows(&self) -> Vec<(String, String, bool, bool)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let row = |contact: &Value| {
            let flags = (contact["isSubscribed"] == json!(true), contact["isBounced"] == json!(true));
            (text(&contact["id"]), text(&contact["C_EmailAddress"]), flags.0, flags.1)
        };
        self.caller.eloqua.contacts().iter().map(row).collect()
    }
}

proptest! {
    #[test]
    fn contacts_and_addresses_are_those_of_the_model(deeds in deeds()) {
        let mut world = World::new();
        for deed in &deeds {
            world.perform(deed);
            prop_assert_eq!(world.rows(), world.model.rows(), "after {:?}", deed);
        }
        let total = world.caller.get("/api/rest/2.0/data/contacts?search=*&count=1")["total"].clone();
        prop_assert_eq!(total, json!(world.model.contacts.len()));
    }

    /// Whatever a file holds, every row is accounted for, and no kind of import makes contacts but one.
    #[test]
    fn rows_of_any_kind_add_up(
        at in 0usize..9,
        rows in proptest::collection::vec("(a[0-4]@brand.example|u198600[0-3]|[a-z\"\\\\ @,]{0,8})", 0..8),
    ) {
        let (word, kind) = crate::job::ImportKind::WORDS[at];
        let mut world = World::new();
        for number in 0..3 {
            world.perform(&Deed::Create(number));
        }
        let heading = match kind.of() {
            crate::job::Of::Contacts => "C_EmailAddress",
            crate::job::Of::Records(_) => "M_CompanyName",
        };
        let mut job = json!({ "name": "any", "user": "u", "kind": word });
        if word == "update_addresses" {
            job["mapping"] = json!({ (heading): "original", "new": "new" });
        }
        world.caller.eloqua.seed(world.caller.now, &json!({ "imports": [job] })).unwrap();
        let before = world.rows().len();
        let run = world.file("any", &format!("{heading},new\n{}\n", rows.join("\n")));
        let number = |name: &str| run[name].as_u64().unwrap_or_default();
        let sum: u64 = ["created", "updated", "unchanged", "deleted", "rejected"].map(number).iter().sum();
        prop_assert_eq!(number("in"), sum, "{}", run);
        if word != "contacts" {
            prop_assert!(world.rows().len() <= before);
        }
    }
}
