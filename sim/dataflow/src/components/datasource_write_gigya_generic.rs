//! `datasource.write.gigya.generic`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::gigya::{CallFailure, Gigya};
use crate::lanes::{CONNECTIONS, Call, calls, connections, identities};
use crate::record::{FieldPath, Record, plain_text};
use crate::run::{Outlet, Stop};
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.gigya.generic",
    summary: "Calls any method of Gigya's REST API for each record",
    params: &[
        required("apiMethod", "the method with its namespace, `accounts.setAccountInfo`"),
        optional("addResponse", "false", "whether the answer goes into the record as `_response`"),
        optional(
            "apiParams",
            "",
            "list of `paramName` with `sourceField`, or with `value` where that is empty",
        ),
        optional("maxConnections", "10", CONNECTIONS),
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
        "Component Repository, page history",
        "parameters_come_from_fields_or_constants",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let method = setup.required_text("apiMethod")?.trim().to_owned();
    let parts: Vec<&str> = method.split('.').collect();
    // The namespace becomes a part of a host name.
    let named = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    if parts.len() < 2 || !parts.iter().all(named) {
        return Err(format!("parameter `apiMethod` is no method: `{method}`"));
    }
    let mut params = Vec::new();
    for [name, source, value] in setup.rows("apiParams", ["paramName", "sourceField", "value"])? {
        // The console keeps rows that nobody has filled in.
        if [&name, &source, &value].into_iter().all(|cell| cell.is_empty()) {
            continue;
        }
        if name.is_empty() {
            return Err("parameter `apiParams` has a row without `paramName`".to_owned());
        }
        let from = match source.as_ref() {
            "" => From::Constant(setup.placeholders.text(&value)),
            source => From::Field(FieldPath::new(source)),
        };
        params.push((name.into_owned(), from));
    }
    let add_response = setup.truth("addResponse", false)?;
    let connections = connections(setup, 10)?;
    Ok(Box::new(Generic { method, params, add_response, connections, gigya: setup.gigya()? }))
}

/// Parameters that name an account or an object.
const WHO: [&str; 8] =
    ["UID", "siteUID", "email", "loginID", "username", "oid", "regToken", "emailAccountToken"];

enum From {
    Field(FieldPath),
    Constant(String),
}

struct Generic {
    method: String,
    params: Vec<(String, From)>,
    add_response: bool,
    connections: usize,
    gigya: Gigya,
}

#[async_trait::async_trait]
impl Component for Generic {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        calls(&*self, batch, self.connections, self.add_response, out).await
    }
}

#[async_trait::async_trait]
impl Call for Generic {
    /// Whose call this is: what its parameters name, beside the record's own names.
    fn identities(&self, record: &Record) -> Vec<String> {
        let named =
            self.params.iter().filter(|(name, _)| WHO.iter().any(|who| who.eq_ignore_ascii_case(name)));
        let values = named.filter_map(|(_, from)| match from {
            From::Field(path) => path.get(&record.fields).map(plain_text),
            From::Constant(text) => Some(text.clone()),
        });
        identities(record).into_iter().chain(values.filter(|value| !value.is_empty())).collect()
    }

    async fn call(&self, record: &Record) -> Result<Value, CallFailure> {
        let mut params: Vec<(&str, String)> = Vec::new();
        for (name, from) in &self.params {
            match from {
                From::Constant(text) => params.push((name, text.clone())),
                From::Field(path) => match path.get(&record.fields) {
                    None | Some(Value::Null) => {}
                    Some(Value::Object(members)) if members.is_empty() => {
                        params.push((name, "{}".to_owned()))
                    }
                    Some(value) => params.push((name, plain_text(value))),
                },
            }
        }
        self.gigya.write(&self.method, &params).await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::World;
    use serde_json::{Value, json};

    #[test]
    fn parameters_come_from_fields_or_constants() {
        let mut world = World::new();
        world.answer(json!({"context": "c"}));
        let params = json!({"apiMethod": "accounts.importLiteAccount", "addResponse": true, "apiParams": [
            {"paramName": "email", "sourceField": "request.email", "value": ""},
            {"paramName": "profile", "sourceField": "p", "value": "unused"},
            {"paramName": "data", "sourceField": "empty", "value": ""},
            {"paramName": "gone", "sourceField": "nothing", "value": "x"},
            {"paramName": "lang", "sourceField": "", "value": "job ${jobId}"},
        ]});
        let out = world.through(
            "datasource.write.gigya.generic",
            params,
            &[json!({"request": {"email": "a@x.example"}, "p": {"a": [1]}, "empty": {}, "nothing": null})],
        );
        assert_eq!(
            world.calls(),
            [
                json!({"method": "accounts.importLiteAccount", "email": "a@x.example", "profile": "{\"a\":[1]}", "data": "{}", "lang": "job job-1"})
            ]
        );
        assert_eq!(out.next[0]["_response"], json!({"context": "c", "errorCode": 0}));
    }

    #[test]
    fn refusals_and_other_sites() {
        let mut world = World::new();
        world.refuse(403_007, "Permission denied", "");
        let params = json!({"apiMethod": "ds.store", "apiKey": "3_other", "userKey": "uk", "secret": "c2VjcmV0", "apiParams": []});
        let out = world.through("datasource.write.gigya.generic", params, &[json!({"a": 1})]);
        assert_eq!(
            Value::from(out.errors),
            json!([{"a": 1, "_errorDetails": {"errorCode": 403_007, "errorMessage": "Permission denied"}}])
        );
        assert_eq!(world.keys(), ["3_other uk"]);
    }

    #[test]
    fn a_private_key_proves_calls_to_another_site() {
        use base64::Engine as _;
        let pem = include_str!("../../../../fixtures/keys/application.pem");
        let packed = base64::engine::general_purpose::STANDARD.encode(pem);
        for key in [pem, packed.as_str()] {
            let mut world = World::new();
            world.answer(json!({"errorCode": 0}));
            let params = json!({"apiMethod": "ds.store", "apiKey": "3_other", "userKey": "ARsa", "secret": "", "privateKey": key, "apiParams": []});
            let out = world.through("datasource.write.gigya.generic", params, &[json!({"a": 1})]);
            assert_eq!((out.errors, world.keys()), (vec![], vec!["3_other token".to_owned()]));
        }
        for (params, told) in [
            (
                json!({"userKey": "ARsa", "privateKey": "x"}),
                "parameter `privateKey`: the private key is no RSA key in PEM of at least 2048 bits",
            ),
            (json!({"privateKey": pem}), "parameters `userKey` and `secret` or `privateKey` belong together"),
        ] {
            let mut params = params;
            params["apiMethod"] = json!("ds.store");
            let out = World::new().through("datasource.write.gigya.generic", params, &[]);
            assert_eq!(out.report.failure, Some(format!("datasource.write.gigya.generic `step`: {told}")));
        }
    }

    #[test]
    fn every_row_that_is_filled_in_names_its_parameter() {
        let told = |rows: Value| {
            let params = json!({"apiMethod": "accounts.setAccountInfo", "apiParams": rows});
            World::new().through("datasource.write.gigya.generic", params, &[]).report.failure
        };
        let nameless =
            "datasource.write.gigya.generic `step`: parameter `apiParams` has a row without `paramName`";
        assert_eq!(told(json!([{"paramName": "", "sourceField": "", "value": ""}])), None);
        for row in [
            json!({"apiParamName": "UID", "sourceField": "UID", "value": ""}),
            json!({"paramName": "", "sourceField": "", "value": "x"}),
        ] {
            assert_eq!(told(json!([row])), Some(nameless.to_owned()));
        }
    }

    #[test]
    fn methods_cannot_lead_elsewhere() {
        for method in ["evil.example/x", "a", "accounts.", "accounts.x@evil"] {
            let out =
                World::new().through("datasource.write.gigya.generic", json!({"apiMethod": method}), &[]);
            assert_eq!(
                out.report.failure,
                Some(format!(
                    "datasource.write.gigya.generic `step`: parameter `apiMethod` is no method: `{method}`"
                ))
            );
        }
    }
}
