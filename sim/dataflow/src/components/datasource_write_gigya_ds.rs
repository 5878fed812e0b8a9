//! `datasource.write.gigya.ds`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::gigya::{CallFailure, Gigya};
use crate::lanes::{CONNECTIONS, Call, calls, connections, identities};
use crate::record::{Record, plain_text};
use crate::run::{Outlet, Stop};
use serde_json::Value;
use sha2::{Digest, Sha256};
use standin_model::Evidence;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.gigya.ds",
    summary: "Stores each record's `data` as an object of the data store, under its `oid` and `UID`; without an `oid` under one that follows from its content, so that a repeated run stores nothing twice",
    params: &[
        required("type", "the type of object"),
        optional("updateBehavior", "", "passed on to the API: `arrayPush`, `arraySet` or `replace`"),
        optional("maxConnections", "10", CONNECTIONS),
        optional("addResponse", "false", "whether the answer goes into the record as `_response`"),
        optional("apiKey", "", "another site"),
        optional("userKey", "", "another site's user key"),
        optional("secret", "", "another site's secret"),
        optional(
            "privateKey",
            "",
            "another site's private key in PEM or base64 of it, in place of the secret",
        ),
    ],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::inferred(
        "ds.store REST; the parameter is stored in templates of gigya-dataflow-tool",
        "an_object_is_stored_under_its_keys",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(WriteObjects {
        kind: setup.required_text("type")?.trim().to_owned(),
        behaviour: setup.text("updateBehavior")?.trim().to_owned(),
        add_response: setup.truth("addResponse", false)?,
        connections: connections(setup, 10)?,
        gigya: setup.gigya()?,
        unsent: BTreeSet::new(),
        met: Mutex::default(),
    }))
}

struct WriteObjects {
    kind: String,
    behaviour: String,
    add_response: bool,
    connections: usize,
    gigya: Gigya,
    unsent: BTreeSet<String>,
    /// How often a content without an oid has come.
    met: Mutex<BTreeMap<[u8; 16], u32>>,
}

/// How many contents without an oid are told apart from their repetitions; beyond that, equal ones are one object.
const CONTENTS: usize = 1 << 20;

impl WriteObjects {
    /// An oid for a record that has none: the same in every run, and another for each repetition within one.
    fn oid(&self, uid: &str, data: &str) -> String {
        let content = digest(&[self.kind.as_bytes(), uid.as_bytes(), data.as_bytes()]);
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match met.get_mut(&content) {
            Some(times) => {
                *times += 1;
                *times - 1
            }
            None => {
                if met.len() < CONTENTS {
                    met.insert(content, 1);
                }
                0
            }
        };
        let named = match before {
            0 => content,
            times => digest(&[&content, &times.to_be_bytes()]),
        };
        named.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hash.update([0]);
        }
        hash.update(part);
    }
    let mut start = [0; 16];
    start.copy_from_slice(&hash.finalize()[..16]);
    start
}

#[async_trait::async_trait]
impl Component for WriteObjects {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in &batch {
            for name in record.fields.keys() {
                let known = matches!(name.as_str(), "oid" | "UID" | "data") || name.starts_with('_');
                if !known && self.unsent.len() < 50 && self.unsent.insert(name.clone()) {
                    out.trace(&format!("field `{name}` is no parameter of ds.store and is not sent"));
                }
            }
        }
        calls(&*self, batch, self.connections, self.add_response, out).await
    }
}

#[async_trait::async_trait]
impl Call for WriteObjects {
    fn identities(&self, record: &Record) -> Vec<String> {
        let oid = record.fields.get("oid").map(plain_text).filter(|oid| !oid.is_empty());
        identities(record).into_iter().chain(oid).collect()
    }

    async fn call(&self, record: &Record) -> Result<Value, CallFailure> {
        let text = |name: &str| record.fields.get(name).map(plain_text).filter(|text| !text.is_empty());
        let (uid, data) = (text("UID"), data(record));
        // The API would make an oid for the word `auto`, and another one each time the call is made again.
        let oid = text("oid").unwrap_or_else(|| {
            self.oid(uid.as_deref().unwrap_or_default(), data.as_deref().unwrap_or_default())
        });
        let mut params = vec![("type", self.kind.clone()), ("oid", oid)];
        params.extend(uid.map(|uid| ("UID", uid)));
        params.extend(data.map(|data| ("data", data)));
        if !self.behaviour.is_empty() {
            params.push(("updateBehavior", self.behaviour.clone()));
        }
        self.gigya.write("ds.store", &params).await
    }
}

/// An empty object is one; a text is taken for JSON already.
fn data(record: &Record) -> Option<String> {
    match record.fields.get("data") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::World;
    use serde_json::{Value, json};

    fn check(params: Value, record: Value, call: Value) {
        let mut world = World::new();
        world.answer(json!({"oid": "b1"}));
        let out = world.through("datasource.write.gigya.ds", params.clone(), std::slice::from_ref(&record));
        assert_eq!(world.calls(), [call], "{params} {record}");
        assert_eq!((out.next, out.errors), (vec![record], vec![]));
    }

    #[test]
    fn an_object_is_stored_under_its_keys() {
        let bike = json!({"type": "bike"});
        check(
            bike.clone(),
            json!({"oid": 7, "UID": "ann", "data": {"gears_i": 3, "tags": ["a"]}, "brand": "X", "_line": 2}),
            json!({"method": "ds.store", "type": "bike", "oid": "7", "UID": "ann", "data": "{\"gears_i\":3,\"tags\":[\"a\"]}"}),
        );
        check(
            bike.clone(),
            json!({"UID": "", "data": {}}),
            json!({"method": "ds.store", "type": "bike", "oid": "efd517e795be318a5e3aefee1dbc73a0", "data": "{}"}),
        );
        check(
            bike,
            json!({"oid": "b", "data": "{\"a\":1}"}),
            json!({"method": "ds.store", "type": "bike", "oid": "b", "data": "{\"a\":1}"}),
        );
        check(
            json!({"type": "bike", "updateBehavior": "replace"}),
            json!({"oid": "b", "data": null}),
            json!({"method": "ds.store", "type": "bike", "oid": "b", "updateBehavior": "replace"}),
        );
    }

    #[test]
    fn a_repeated_run_stores_under_the_same_oids() {
        let oids = || {
            let mut world = World::new();
            world.answer_with(|_| Some(json!({"errorCode": 0})));
            let records =
                [json!({"data": {"a": 1}}), json!({"data": {"a": 1}}), json!({"UID": "u", "data": {"a": 1}})];
            world.through("datasource.write.gigya.ds", json!({"type": "bike"}), &records);
            world.calls().iter().map(|call| call["oid"].to_string()).collect::<Vec<_>>()
        };
        let once = oids();
        assert_eq!(once, oids());
        assert_eq!(once.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{once:?}");
    }

    #[test]
    fn answers_and_refusals_come_with_the_record() {
        let mut world = World::new();
        world.answer(json!({"oid": "b1"}));
        world.refuse(400_022, "Unique value is not unique", "code");
        let records = [json!({"data": {"code": "AB"}}), json!({"data": {"code": "AB"}})];
        let params = json!({"type": "coupon", "addResponse": true});
        let out = world.through("datasource.write.gigya.ds", params, &records);
        assert_eq!(
            Value::from(out.next),
            json!([{"data": {"code": "AB"}, "_response": {"oid": "b1", "errorCode": 0}}])
        );
        let details = json!({"errorCode": 400_022, "errorMessage": "Unique value is not unique", "errorDetails": "code"});
        assert_eq!(Value::from(out.errors), json!([{"data": {"code": "AB"}, "_errorDetails": details}]));
    }

    #[test]
    fn what_is_not_sent_is_said_once() {
        let mut world = World::new();
        world.answer_with(|_| Some(json!({"errorCode": 0})));
        let records = [json!({"data": {}, "brand": "X"}), json!({"data": {}, "brand": "Y"})];
        let out = world.through("datasource.write.gigya.ds", json!({"type": "bike"}), &records);
        let said =
            "datasource.write.gigya.ds `step`: field `brand` is no parameter of ds.store and is not sent";
        assert_eq!(out.report.trace.iter().filter(|line| *line == said).count(), 1);
    }
}
