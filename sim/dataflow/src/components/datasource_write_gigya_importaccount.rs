//! `datasource.write.gigya.importaccount`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional};
use crate::gigya::{CallFailure, Gigya};
use crate::lanes::{CONNECTIONS, Call, calls, connections};
use crate::record::{Record, plain_text};
use crate::run::{Outlet, Stop};
use serde_json::Value;
use standin_model::Evidence;
use standin_model::mutant::mutated;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.gigya.importaccount",
    summary: "Creates accounts with accounts.importFullAccount, or overwrites them, as the policy says",
    params: &[
        optional(
            "importPolicy",
            "insert",
            "`insert` refuses a UID that exists, `upsert` overwrites it, `update` refuses one that does not",
        ),
        optional("handleIdentityConflicts", "", "passed on to the API"),
        optional("maxConnections", "20", CONNECTIONS),
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
    evidence: Evidence::documented("accounts.importFullAccount REST", "every_field_is_a_parameter"),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let policy = setup.text("importPolicy")?.trim().to_ascii_lowercase();
    if !["", "insert", "upsert", "update"].contains(&policy.as_str()) {
        return Err(format!("parameter `importPolicy` is `{policy}`, none of insert, upsert, update"));
    }
    Ok(Box::new(ImportAccount {
        policy,
        conflicts: setup.text("handleIdentityConflicts")?.to_owned(),
        add_response: setup.truth("addResponse", false)?,
        connections: connections(setup, 20)?,
        gigya: setup.gigya()?,
    }))
}

struct ImportAccount {
    policy: String,
    conflicts: String,
    add_response: bool,
    connections: usize,
    gigya: Gigya,
}

#[async_trait::async_trait]
impl Component for ImportAccount {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        calls(&*self, batch, self.connections, self.add_response, out).await
    }
}

#[async_trait::async_trait]
impl Call for ImportAccount {
    async fn call(&self, record: &Record) -> Result<Value, CallFailure> {
        let mut params: Vec<(&str, String)> = Vec::new();
        for (name, value) in &record.fields {
            let nothing = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
            if !name.starts_with('_') && !nothing {
                params.push((name, plain_text(value)));
            }
        }
        match self.policy.as_str() {
            "" => {}
            "update" => {
                // The API knows no such policy: ask whether the account is there, then overwrite it.
                let uid = record.fields.get("UID").map(plain_text).unwrap_or_default();
                let exists = [("UID", uid), ("include", "regSource".to_owned())];
                if !mutated("dataflow.import.update-creates") {
                    self.gigya.call("accounts.getAccountInfo", &exists).await?;
                }
                params.push(("importPolicy", "upsert".to_owned()));
            }
            policy => params.push(("importPolicy", policy.to_owned())),
        }
        if !self.conflicts.is_empty() {
            params.push(("handleIdentityConflicts", self.conflicts.clone()));
        }
        self.gigya.write("accounts.importFullAccount", &params).await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::World;
    use serde_json::{Value, json};

    fn check(params: Value, answers: &[Value], calls: &[Value], next: Value, errors: Value) {
        let mut world = World::new();
        for answer in answers {
            world.answer(answer.clone());
        }
        let record = json!({"UID": "ann", "profile": {"email": "a@x.example"}, "isRegistered": "true", "gone": null, "_line": 2});
        let out = world.through("datasource.write.gigya.importaccount", params, &[record]);
        assert_eq!(world.calls(), calls);
        assert_eq!((Value::from(out.next), Value::from(out.errors)), (next, errors));
    }

    fn call(policy: Option<&str>) -> Value {
        let mut call = json!({"method": "accounts.importFullAccount", "UID": "ann", "profile": "{\"email\":\"a@x.example\"}", "isRegistered": "true"});
        if let Some(policy) = policy {
            call["importPolicy"] = policy.into();
        }
        call
    }

    fn record(more: Value) -> Value {
        let mut record = json!({"UID": "ann", "profile": {"email": "a@x.example"}, "isRegistered": "true", "gone": null, "_line": 2});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([record])
    }

    #[test]
    fn every_field_is_a_parameter() {
        let answer = json!({"UID": "ann"});
        let whole = json!({"UID": "ann", "errorCode": 0});
        check(json!({}), std::slice::from_ref(&answer), &[call(None)], record(json!({})), json!([]));
        check(
            json!({"importPolicy": "upsert", "addResponse": true}),
            &[answer],
            &[call(Some("upsert"))],
            record(json!({"_response": whole})),
            json!([]),
        );
    }

    #[test]
    fn refusals_are_error_records() {
        let known = json!({"errorCode": 400_003, "errorMessage": "Unique identifier exists"});
        check(
            json!({"importPolicy": "insert"}),
            std::slice::from_ref(&known),
            &[call(Some("insert"))],
            json!([]),
            record(json!({"_errorDetails": known})),
        );
    }

    #[test]
    fn update_looks_first() {
        let unknown = json!({"errorCode": 403_005, "errorMessage": "Unauthorized user"});
        let look = json!({"method": "accounts.getAccountInfo", "UID": "ann", "include": "regSource"});
        check(
            json!({"importPolicy": "update"}),
            std::slice::from_ref(&unknown),
            &[look],
            json!([]),
            record(json!({"_errorDetails": unknown})),
        );
    }
}
