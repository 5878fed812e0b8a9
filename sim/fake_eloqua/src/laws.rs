//! What holds whatever is done: a small model beside the platform, and bytes of any kind.

use crate::eloqua::{DEFAULT_PASSWORD, Eloqua};
use base64::Engine;
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::collections::BTreeMap;
use std::time::Duration;

fn request(method: &str, path: &str, body: impl Into<Bytes>) -> Request {
    let credentials = format!("StandinCo\\sync.user:{DEFAULT_PASSWORD}");
    let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
    http::Request::builder()
        .method(method)
        .uri(format!("https://secure.p04.eloqua.com{path}"))
        .header("authorization", format!("Basic {encoded}"))
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Deed {
    /// A row of an import by UID: UID, address, city.
    Import(Vec<(u8, u8, u8)>),
    /// A contact takes an address over the REST API.
    Readdress(u8, u8),
    /// The contact of an address is deleted.
    Delete(u8),
    /// An address is subscribed or not.
    Subscribe(u8, bool),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let row = (0u8..4, 0u8..5, 0u8..3);
    let deed = prop_oneof![
        3 => proptest::collection::vec(row, 1..4).prop_map(Deed::Import),
        1 => (0u8..5, 0u8..5).prop_map(|(from, to)| Deed::Readdress(from, to)),
        1 => (0u8..5).prop_map(Deed::Delete),
        1 => (0u8..5, any::<bool>()).prop_map(|(address, on)| Deed::Subscribe(address, on)),
    ];
    proptest::collection::vec(deed, 1..12)
}

/// What the model knows: contacts by address as UID and city, and opted-out addresses.
#[derive(Default)]
struct Model {
    contacts: BTreeMap<u8, (u8, u8)>,
    out: BTreeMap<u8, bool>,
}

impl Model {
    fn import(&mut self, rows: &[(u8, u8, u8)]) {
        let mut last: BTreeMap<u8, usize> = BTreeMap::new();
        for (at, (uid, _, _)) in rows.iter().enumerate() {
            last.insert(*uid, at);
        }
        for (at, (uid, address, city)) in rows.iter().enumerate() {
            if last[uid] != at {
                continue;
            }
            let has: Vec<u8> = self
                .contacts
                .iter()
                .filter(|(_, (known, _))| known == uid)
                .map(|(address, _)| *address)
                .collect();
            match has.as_slice() {
                [old] if old == address || !self.contacts.contains_key(address) => {
                    self.contacts.remove(old);
                    self.contacts.insert(*address, (*uid, *city));
                }
                [] if !self.contacts.contains_key(address) => {
                    self.contacts.insert(*address, (*uid, *city));
                }
                _ => {}
            }
        }
    }

    fn rows(&self) -> Vec<(String, String, String, String)> {
        let word = |on: bool| if on { "True" } else { "False" }.to_owned();
        let row = |(address, (uid, city)): (&u8, &(u8, u8))| {
            let on = !self.out.get(address).copied().unwrap_or(false);
            (email(*address), format!("u{uid}"), format!("city {city}"), word(on))
        };
        self.contacts.iter().map(row).collect()
    }
}

fn email(address: u8) -> String {
    format!("a{address}@brand.example")
}

struct World {
    eloqua: Eloqua,
    now: Instant,
}

impl World {
    fn new() -> Self {
        let mut eloqua = Eloqua::new(7);
        eloqua.seed(Instant::START, &json!({
            "contact_fields": ["Gigya UID"], "custom_objects": [{ "name": "Orders", "fields": ["Order Id"] }],
        })).unwrap();
        let mut world = Self { eloqua, now: Instant::START };
        let fields = json!({
            "email": "{{Contact.Field(C_EmailAddress)}}", "uid": "{{Contact.Field(C_Gigya_UID1)}}",
            "city": "{{Contact.Field(C_City)}}",
        });
        let import = json!({ "name": "i", "fields": fields, "identifierFieldName": "uid", "isSyncTriggeredOnImport": true });
        world.call("POST", "/api/bulk/2.0/contacts/imports", import);
        let mut fields = fields;
        fields["on"] = json!("{{Contact.Email.IsSubscribed}}");
        world.call("POST", "/api/bulk/2.0/contacts/exports", json!({ "name": "e", "fields": fields }));
        world
    }

    fn call(&mut self, method: &str, path: &str, body: Value) -> Value {
        let response = self.eloqua.handle(self.now, request(method, path, body.to_string()));
        self.now = self.now.plus(Duration::from_secs(5));
        json_of(&response)
    }

    fn id_of(&mut self, address: u8) -> Option<String> {
        let path = format!("/api/rest/1.0/data/contacts?search=emailAddress='{}'", email(address));
        self.call("GET", &path, Value::Null)["elements"][0]["id"].as_str().map(str::to_owned)
    }

    fn exported(&mut self) -> Vec<(String, String, String, String)> {
        self.call("POST", "/api/bulk/2.0/syncs", json!({ "syncedInstanceUri": "/contacts/exports/1" }));
        let page = self.call("GET", "/api/bulk/2.0/contacts/exports/1/data", Value::Null);
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let row = |row: &Value| (text(row, "email"), text(row, "uid"), text(row, "city"), text(row, "on"));
        let mut rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
        rows.sort();
        rows
    }
}

fn perform(world: &mut World, model: &mut Model, deed: &Deed) {
    match deed {
        Deed::Import(rows) => {
            let row = |(uid, address, city): &(u8, u8, u8)| json!({ "uid": format!("u{uid}"), "email": email(*address), "city": format!("city {city}") });
            let body = Value::from(rows.iter().map(row).collect::<Vec<_>>());
            world.call("POST", "/api/bulk/2.0/contacts/imports/1/data", body);
            model.import(rows);
        }
        Deed::Readdress(from, to) => {
            let Some(id) = world.id_of(*from) else { return };
            let path = format!("/api/rest/1.0/data/contact/{id}");
            world.call("PUT", &path, json!({ "id": id, "emailAddress": email(*to) }));
            if !model.contacts.contains_key(to)
                && let Some(values) = model.contacts.remove(from)
            {
                model.contacts.insert(*to, values);
            }
        }
        Deed::Delete(address) => {
            let Some(id) = world.id_of(*address) else { return };
            world.call("DELETE", &format!("/api/rest/1.0/data/contact/{id}"), Value::Null);
            model.contacts.remove(address);
        }
        Deed::Subscribe(address, on) => {
            let Some(id) = world.id_of(*address) else { return };
            let path = format!("/api/rest/1.0/data/contact/{id}");
            world.call("PUT", &path, json!({ "isSubscribed": on.to_string() }));
            model.out.insert(*address, !on);
        }
    }
}

proptest! {
    #[test]
    fn an_export_equals_the_model(deeds in deeds()) {
        let (mut world, mut model) = (World::new(), Model::default());
        for deed in &deeds {
            perform(&mut world, &mut model, deed);
        }
        // The last import ends on the agenda.
        world.eloqua.advance(world.now);
        prop_assert_eq!(world.exported(), model.rows());
        prop_assert_eq!(world.eloqua.contacts().len(), model.contacts.len());
    }

    #[test]
    fn the_same_seed_and_calls_give_the_same_world(deeds in deeds()) {
        let run = |deeds: &[Deed]| {
            let (mut world, mut model) = (World::new(), Model::default());
            for deed in deeds {
                perform(&mut world, &mut model, deed);
            }
            (world.eloqua.contacts(), world.eloqua.request_id())
        };
        prop_assert_eq!(run(&deeds), run(&deeds));
    }

    #[test]
    fn any_bytes_are_answered(
        body in proptest::collection::vec(any::<u8>(), 0..120),
        at in 0usize..100,
        id in "[0-9]{1,22}|[a-z]{1,3}",
        query in "[a-zA-Z]{0,9}=[0-9a-zA-Z'%*-]{0,12}",
    ) {
        let mut world = World::new();
        let endpoints = Eloqua::endpoints();
        let families = ["contacts", "accounts", "customObjects/1", "activities", "emailAddresses"];
        let (method, path) = endpoints[at % endpoints.len()].name.split_once(' ').unwrap();
        let path = path.replace("{family}", families[id.len() % families.len()]).replace("{unbought}", "events").replace("{id}", &id);
        for root in ["", "/api/rest/2.0", "/api/bulk/2.0"] {
            let response = world.eloqua.handle(world.now, request(method, &format!("{root}{path}?{query}"), body.clone()));
            prop_assert!(response.status().as_u16() < 500);
        }
        world.eloqua.advance(world.now.plus(Duration::from_secs(60)));
    }

    #[test]
    fn any_json_is_answered(text in "\\{(\"(name|fields|filter|syncActions|identifierFieldName|emailAddress|fieldValues|ids)\":(\"[a-z'{}().]{0,8}\"|[0-9]{1,20}|null|\\[\\{\\}\\]|\\{\"a\":\"\\{\\{Contact.Id\\}\\}\"\\}),?){0,5}\\}?") {
        let mut world = World::new();
        for path in ["/api/bulk/2.0/contacts/imports", "/api/bulk/2.0/contacts/exports", "/api/bulk/2.0/contacts/imports/1/data", "/api/rest/1.0/data/contact", "/api/rest/1.0/assets/contact/field"] {
            let response = world.eloqua.handle(world.now, request("POST", path, text.clone()));
            prop_assert!(response.status().as_u16() < 500, "{}", path);
        }
    }
}
