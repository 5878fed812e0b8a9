//! `datasource.write.gigya.account`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional};
use crate::gigya::{CallFailure, Gigya, constant};
use crate::lanes::{CONNECTIONS, Call, calls, connections};
use crate::record::{FieldPath, Fields, Record, error_details, plain_text};
use crate::run::{Outlet, Stop};
use serde_json::Value;
use standin_model::Evidence;
use standin_model::mutant::mutated;
use std::collections::BTreeSet;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.gigya.account",
    summary: "Updates accounts that exist, by UID, else by e-mail address; never creates one",
    params: &[
        optional(
            "updatePolicy",
            "append",
            "`append` keeps stored array elements and adds; `replace` or `override` overwrites",
        ),
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
    evidence: Evidence::documented(
        "Eloqua page of the vendor: update only, faster with the UID",
        "a_uid_saves_the_search",
    ),
    build,
};

/// Top-level fields that are parameters of accounts.setAccountInfo. Everything else in a record is a helper.
const SENT: [&str; 15] = [
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
    "regSource",
    "lang",
];

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let append = setup.word("updatePolicy", &["append", "override", "replace"])? == 0;
    let add_response = setup.truth("addResponse", false)?;
    Ok(Box::new(WriteAccount {
        append,
        add_response,
        gigya: setup.gigya()?,
        connections: connections(setup, 10)?,
        unsent: BTreeSet::new(),
    }))
}

struct WriteAccount {
    append: bool,
    add_response: bool,
    gigya: Gigya,
    connections: usize,
    unsent: BTreeSet<String>,
}

#[async_trait::async_trait]
impl Component for WriteAccount {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in &batch {
            for name in record.fields.keys() {
                let known = name == "UID" || name.starts_with('_') || SENT.contains(&name.as_str());
                if !known && self.unsent.len() < 50 && self.unsent.insert(name.clone()) {
                    out.trace(&format!(
                        "field `{name}` is no parameter of accounts.setAccountInfo and is not sent"
                    ));
                }
            }
        }
        calls(&*self, batch, self.connections, self.add_response, out).await
    }
}

#[async_trait::async_trait]
impl Call for WriteAccount {
    async fn call(&self, record: &Record) -> Result<Value, CallFailure> {
        self.write(record).await
    }
}

impl WriteAccount {
    async fn write(&self, record: &Record) -> Result<Value, CallFailure> {
        let uid = match record.fields.get("UID").map(plain_text) {
            Some(uid) if !uid.is_empty() && !mutated("dataflow.write.by-email") => uid,
            _ => self.uid_by_email(&record.fields).await?,
        };
        let mut params = vec![("UID", uid.clone())];
        let mut sections: Vec<(&str, Value)> = Vec::new();
        for name in SENT {
            match record.fields.get(name) {
                None | Some(Value::Null) => {}
                Some(Value::Object(members)) if members.is_empty() => {}
                Some(value) => sections.push((name, value.clone())),
            }
        }
        if self.append
            && !mutated("dataflow.write.append-replaces")
            && sections.iter().any(|(_, value)| holds_array(value))
        {
            self.merge(&uid, &mut sections).await?;
        }
        params.extend(sections.iter().map(|(name, value)| (*name, plain_text(value))));
        self.gigya.write("accounts.setAccountInfo", &params).await
    }

    /// Without a UID each record costs a search first.
    async fn uid_by_email(&self, fields: &Fields) -> Result<String, CallFailure> {
        let email = FieldPath::new("profile.email").get(fields).map(plain_text).unwrap_or_default();
        if email.is_empty() {
            return refused(400_002, "Missing required parameter: UID, or profile.email in its place");
        }
        let email = Value::from(email);
        let query = format!("SELECT UID FROM accounts WHERE profile.email = {} LIMIT 2", constant(&email));
        let answer = self.gigya.call("accounts.search", &[("query", query)]).await?;
        let uids: Vec<&str> = answer
            .get("results")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|account| account.get("UID")?.as_str())
            .collect();
        match uids.as_slice() {
            [uid] => Ok((*uid).to_owned()),
            [uid, ..] if mutated("dataflow.write.first-of-many") => Ok((*uid).to_owned()),
            [] => refused(403_047, "There is no user with that username or email"),
            _ => refused(400_006, "more than one account has this e-mail address"),
        }
    }

    /// The API replaces arrays, so what is stored has to be read and sent along.
    async fn merge(&self, uid: &str, sections: &mut [(&str, Value)]) -> Result<(), CallFailure> {
        let names: Vec<&str> =
            sections.iter().filter(|(_, value)| holds_array(value)).map(|(name, _)| *name).collect();
        let mut params = vec![("UID", uid.to_owned()), ("include", names.join(","))];
        if let Some((_, Value::Object(profile))) = sections.iter().find(|(name, _)| *name == "profile") {
            let arrays: Vec<&str> = profile
                .iter()
                .filter(|(_, value)| holds_array(value))
                .map(|(name, _)| name.as_str())
                .collect();
            if !arrays.is_empty() {
                params.push(("extraProfileFields", arrays.join(",")));
            }
        }
        let stored = self.gigya.call("accounts.getAccountInfo", &params).await?;
        for (name, value) in sections {
            if let Some(stored) = stored.get(*name) {
                append(value, stored);
            }
        }
        Ok(())
    }
}

fn refused<T>(code: i64, message: &str) -> Result<T, CallFailure> {
    Err(CallFailure::Refused { code, details: error_details(code, message) })
}

fn holds_array(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(members) => members.values().any(holds_array),
        _ => false,
    }
}

/// Stored elements first, then those that are new.
fn append(value: &mut Value, stored: &Value) {
    match (value, stored) {
        (Value::Object(members), Value::Object(stored)) => {
            for (name, member) in members {
                if let Some(stored) = stored.get(name) {
                    append(member, stored);
                }
            }
        }
        (Value::Array(items), Value::Array(stored)) => {
            let new: Vec<Value> = items
                .drain(..)
                .filter(|item| !stored.contains(item) || mutated("dataflow.write.appends-again"))
                .collect();
            items.extend(stored.iter().cloned().chain(new));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::World;
    use serde_json::{Value, json};

    /// Runs one record through the writer; gives what it became and the calls made.
    fn write(world: &mut World, params: Value, record: Value) -> (Value, Value, Vec<Value>) {
        let out = world.through("datasource.write.gigya.account", params, &[record]);
        (out.next.into(), out.errors.into(), world.calls())
    }

    #[test]
    fn a_uid_saves_the_search() {
        let mut world = World::new();
        world.answer(json!({}));
        let record = json!({"UID": "ann", "profile": {"city": "Diest"}, "data": {}, "C_X": "1", "_y": 2, "isActive": "true"});
        let (next, _, calls) = write(&mut world, json!({}), record.clone());
        assert_eq!(next, json!([record]));
        assert_eq!(
            calls,
            [
                json!({"method": "accounts.setAccountInfo", "UID": "ann", "profile": "{\"city\":\"Diest\"}", "isActive": "true"})
            ]
        );

        let mut world = World::new();
        world.answer(json!({"results": [{"UID": "ann"}]}));
        world.answer(json!({}));
        let record = json!({"profile": {"email": "a\"@x.example"}});
        let (next, _, calls) = write(&mut world, json!({}), record.clone());
        assert_eq!(next, json!([record]));
        assert_eq!(
            calls,
            [
                json!({"method": "accounts.search", "query": "SELECT UID FROM accounts WHERE profile.email = \"a\\\"@x.example\" LIMIT 2"}),
                json!({"method": "accounts.setAccountInfo", "UID": "ann", "profile": "{\"email\":\"a\\\"@x.example\"}"}),
            ]
        );
    }

    #[test]
    fn nobody_is_created() {
        for (answers, record, details) in [
            (
                vec![],
                json!({"profile": {"city": "x"}}),
                json!({"errorCode": 400_002, "errorMessage": "Missing required parameter: UID, or profile.email in its place"}),
            ),
            (
                vec![json!({"results": []})],
                json!({"profile": {"email": "e"}}),
                json!({"errorCode": 403_047, "errorMessage": "There is no user with that username or email"}),
            ),
            (
                vec![json!({"results": [{"UID": "a"}, {"UID": "b"}]})],
                json!({"profile": {"email": "e"}}),
                json!({"errorCode": 400_006, "errorMessage": "more than one account has this e-mail address"}),
            ),
            (
                vec![
                    json!({"errorCode": 403_005, "errorMessage": "Unauthorized user", "errorDetails": "no such user"}),
                ],
                json!({"UID": "nobody", "data": {"a": 1}}),
                json!({"errorCode": 403_005, "errorMessage": "Unauthorized user", "errorDetails": "no such user"}),
            ),
        ] {
            let mut world = World::new();
            for answer in answers {
                world.answer(answer);
            }
            let (next, errors, _) = write(&mut world, json!({}), record.clone());
            let mut expected = record;
            expected["_errorDetails"] = details;
            assert_eq!((next, errors), (json!([]), json!([expected])));
        }
    }

    #[test]
    fn ignored_parameters_are_an_error() {
        let mut world = World::new();
        world.answer(json!({"ignoredParams": [{"paramName": "phoneNumber", "warningCode": 403_007, "message": "not valid"}]}));
        let (next, errors, _) = write(&mut world, json!({}), json!({"UID": "ann", "phoneNumber": "+32"}));
        assert_eq!(next, json!([]));
        assert_eq!(
            errors[0]["_errorDetails"],
            json!({"errorMessage": "Ignored Params: [{paramName = phoneNumber, warningCode = 403007, message = not valid}]"})
        );
    }

    #[test]
    fn append_keeps_stored_elements() {
        let record = json!({"UID": "ann", "data": {"tags": ["b", "c"], "x": 1}});
        let mut world = World::new();
        world.answer(json!({"data": {"tags": ["a", "b"], "x": 9}}));
        world.answer(json!({}));
        let (_, _, calls) = write(&mut world, json!({"updatePolicy": "append"}), record.clone());
        assert_eq!(calls[0], json!({"method": "accounts.getAccountInfo", "UID": "ann", "include": "data"}));
        assert_eq!(calls[1]["data"], r#"{"tags":["a","b","c"],"x":1}"#);

        let mut world = World::new();
        world.answer(json!({}));
        let (_, _, calls) = write(&mut world, json!({"updatePolicy": "replace"}), record);
        assert_eq!(calls[0]["data"], r#"{"tags":["b","c"],"x":1}"#);
    }

    #[test]
    fn silence_fails_the_job() {
        let mut world = World::new();
        let out = world.through(
            "datasource.write.gigya.account",
            json!({}),
            &[json!({"UID": "ann", "data": {"a": 1}})],
        );
        assert_eq!(
            out.report.failure.as_deref(),
            Some(
                "datasource.write.gigya.account `step`: record ann: accounts.setAccountInfo: cannot reach accounts.eu1.gigya.com: nothing scripted"
            )
        );
    }
}
