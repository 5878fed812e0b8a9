//! `accounts.setSchema`.

use crate::account::Account;
use crate::accounts::get_schema::{Scope, scope};
use crate::call::Call;
use crate::consent::Consent;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::packed::Packed;
use crate::query::document::is_there;
use crate::schema::Schema;
use crate::site::Site;
use crate::subscriptions::Subscription;
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.setSchema",
    summary: "Adds fields and changes their properties; what is not passed stays.",
    evidence: Evidence::documented("accounts.setSchema REST; Schema Editor", "schema_is_changed_in_part"),
    access: Access::Private,
    params: &[
        "profileSchema",
        "dataSchema",
        "subscriptionsSchema",
        "preferencesSchema",
        "internalSchema",
        "addressesSchema",
        "scope",
    ],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    if scope(call)? == Scope::Site {
        return of_child(gigya, call);
    }
    let mut site = gigya.home_site(call);
    if let Some(schema) = call.params.object("profileSchema")? {
        if schema.get("dynamicSchema").is_some_and(|it| it != &Value::Bool(false)) {
            return Err(Refusal::because(400_030, "profileSchema.dynamicSchema is always false"));
        }
        let known = |path: &str| site.profile_schema.fields.contains_key(path);
        if let Some(stray) = fields_of("profileSchema", &schema)?.keys().find(|path| !known(path)) {
            return Err(Refusal::because(400_030, format!("profileSchema takes no new field: {stray}")));
        }
        let has = |path: &str| somebody_has(gigya, call, path, |account| &account.profile);
        change("profileSchema", &mut site.profile_schema, &schema, has)?;
    }
    if let Some(schema) = call.params.object("dataSchema")? {
        let has = |path: &str| somebody_has(gigya, call, path, |account| &account.data);
        change("dataSchema", &mut site.data_schema, &schema, has)?;
    }
    if let Some(schema) = call.params.object("internalSchema")? {
        let has = |path: &str| somebody_has(gigya, call, path, |account| &account.internal);
        change("internalSchema", &mut site.internal_schema, &schema, has)?;
    }
    if let Some(schema) = call.params.object("addressesSchema")? {
        change("addressesSchema", &mut site.addresses_schema, &schema, |_| false)?;
    }
    if let Some(schema) = call.params.object("subscriptionsSchema")? {
        subscriptions(&mut site, &schema)?;
    }
    if let Some(schema) = call.params.object("preferencesSchema")? {
        for (id, properties) in fields_of("preferencesSchema", &schema)? {
            let mut consent = site.consents.get(&id).cloned().unwrap_or_default();
            consent.set_schema(&id, &properties)?;
            site.consents.insert(id, consent);
        }
        crate::consent::check_ids(site.consents.keys())?;
    }
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

/// A child of a group may say what it requires of the group's fields, and nothing else.
fn of_child(gigya: &mut Gigya, call: &Call) -> Reply {
    let group = gigya.home_site(call);
    let mut site = gigya.own_site(call);
    for name in ["subscriptionsSchema", "preferencesSchema", "internalSchema", "addressesSchema"] {
        if call.params.get(name).is_some() {
            return Err(Refusal::because(400_030, format!("{name} is set for the whole group")));
        }
    }
    for (name, own, of_group) in [
        ("profileSchema", &mut site.profile_schema, &group.profile_schema),
        ("dataSchema", &mut site.data_schema, &group.data_schema),
    ] {
        let Some(schema) = call.params.object(name)? else { continue };
        if let Some(other) = schema.keys().find(|key| *key != "fields") {
            return Err(Refusal::because(400_030, format!("{name}: {other} is set for the whole group")));
        }
        for (path, properties) in fields_of(name, &schema)? {
            let alone = properties.keys().all(|property| property == "required");
            let Some(field) = of_group.fields.get(&path).filter(|_| alone) else {
                let details = format!("{name}: {path} takes `required` alone, once the group has it");
                return Err(Refusal::because(400_030, details));
            };
            let mut field = own.fields.get(&path).unwrap_or(field).clone();
            field.set(&path, &properties, || false)?;
            own.fields.insert(path, field);
        }
    }
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

/// The members of `fields`, each an object.
pub(crate) fn fields_of(
    name: &str,
    schema: &Object,
) -> Result<std::collections::BTreeMap<String, Object>, Refusal> {
    let wrong = |what: &str| Refusal::because(400_006, format!("{name}: {what}"));
    let Some(fields) = schema.get("fields") else { return Ok(std::collections::BTreeMap::new()) };
    let fields = fields.as_object().ok_or_else(|| wrong("fields must be an object"))?;
    let object = |(path, value): (&String, &Value)| match value.as_object() {
        Some(members) => Ok((path.clone(), members.clone())),
        None => Err(wrong(&format!("{path} must be an object"))),
    };
    fields.iter().map(object).collect()
}

fn change(
    name: &str,
    into: &mut Schema,
    schema: &Object,
    has_data: impl Fn(&str) -> bool,
) -> Result<(), Refusal> {
    match schema.get("dynamicSchema") {
        None => {}
        Some(Value::Null) => into.dynamic = true,
        Some(value) => {
            let flag = crate::schema::Kind::Boolean.coerce(value).and_then(|flag| flag.as_bool());
            let wrong = || Refusal::because(400_006, format!("{name}: invalid value for dynamicSchema"));
            into.dynamic = flag.ok_or_else(wrong)?;
        }
    }
    for (path, properties) in fields_of(name, schema)? {
        into.set_field(&path, &properties, || has_data(&path))?;
    }
    Ok(())
}

/// Whether any account of the site has a value at `path`.
fn somebody_has(gigya: &Gigya, call: &Call, path: &str, part: fn(&Account) -> &Packed) -> bool {
    let Some(people) = gigya.people_at(&call.site.api_key) else { return false };
    people.all().any(|account| is_there(part(account).members(), path))
}

fn subscriptions(site: &mut Site, schema: &Object) -> Result<(), Refusal> {
    for (id, channels) in fields_of("subscriptionsSchema", schema)? {
        let email = channels.get("email").and_then(Value::as_object);
        let properties = email
            .ok_or_else(|| Refusal::because(400_006, format!("subscriptionsSchema: {id} has no email")))?;
        let mut subscription = site.subscriptions.get(&id).cloned().unwrap_or_default();
        subscription.set(&id, properties)?;
        site.subscriptions.insert(id, subscription);
    }
    crate::consent::check_ids(site.subscriptions.keys())
}

/// The consents and subscriptions as accounts.getSchema tells them.
pub(crate) fn subscriptions_json(site: &Site) -> Value {
    let each = |(id, it): (&String, &Subscription)| (id.clone(), serde_json::json!({"email": it.to_json()}));
    serde_json::json!({"fields": site.subscriptions.iter().map(each).collect::<Object>()})
}

pub(crate) fn preferences_json(site: &Site) -> Value {
    let each = |(id, it): (&String, &Consent)| (id.clone(), it.schema_json());
    serde_json::json!({"fields": site.consents.iter().map(each).collect::<Object>()})
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    fn set(bench: &mut Bench, data: &str) -> u64 {
        bench.code("accounts.setSchema", &[("dataSchema", data)])
    }

    #[test]
    fn schema_is_changed_in_part() {
        let mut bench = Bench::new();
        let first = r#"{"fields":{"club.tier":{"type":"basic-string","writeAccess":"clientModify","required":true}}}"#;
        assert_eq!(set(&mut bench, first), 0);
        let more = r#"{"fields":{"club.tier":{"format":"regex('^(gold|silver)$')","required":null},"ssn":{"encrypt":"AES"}},"dynamicSchema":false}"#;
        assert_eq!(set(&mut bench, more), 0);
        let schema = bench.call("accounts.getSchema", &[("include", "dataSchema")])["dataSchema"].clone();
        assert_eq!(
            schema,
            json!({"fields": {
                "club.tier": {"required": false, "type": "basic-string", "allowNull": true,
                    "writeAccess": "clientModify", "format": "regex('^(gold|silver)$')"},
                "ssn": {"required": false, "type": "string", "allowNull": true, "writeAccess": "serverOnly",
                    "encrypt": "AES"},
            }, "dynamicSchema": false})
        );
        let explicit =
            bench.call("accounts.getSchema", &[("include", "dataSchema"), ("filter", "explicitOnly")]);
        assert_eq!(explicit["dataSchema"]["fields"]["ssn"], json!({"encrypt": "AES"}));
        let client = bench.call("accounts.getSchema", &[("filter", "clientOnly")]);
        let names = |schema: &str| -> Vec<String> {
            client[schema]["fields"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(names("dataSchema"), ["club.tier"]);
        assert_eq!(names("profileSchema"), ["birthYear", "country", "email", "firstName", "lastName", "zip"]);
    }

    #[test]
    fn writes_meet_each_rule_of_the_schema() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let schema = json!({"dynamicSchema": false, "fields": {
            "n": {"type": "integer", "allowNull": false},
            "code": {"format": "regex('^[A-Z]{3}$')"},
            "once": {"writeAccess": "clientCreate"},
            "open": {"writeAccess": "clientModify"},
            "closed": {},
            "when": {"type": "date"},
        }});
        assert_eq!(set(&mut bench, &schema.to_string()), 0);
        let token = bench.session("ann");
        let server = |bench: &mut Bench, data| {
            bench.call("accounts.setAccountInfo", &[("UID", "ann"), ("data", data)])
        };
        for (data, problem) in [
            (r#"{"n":"x"}"#, 400_023),
            (r#"{"n":3000000000}"#, 400_023),
            (r#"{"code":"abc"}"#, 400_026),
            (r#"{"when":"soon"}"#, 400_023),
            (r#"{"stray":1}"#, 400_024),
            (r#"{"n":null}"#, 400_027),
        ] {
            let answer = server(&mut bench, data);
            let told = (&answer["errorCode"], &answer["validationErrors"][0]["errorCode"]);
            assert_eq!(told, (&json!(400_020), &json!(problem)), "{data}");
        }
        assert_eq!(
            server(&mut bench, r#"{"n":"5","code":"ABC","closed":"x","when":"2026-01-05"}"#)["errorCode"],
            0
        );
        for (data, problem) in [
            (r#"{"closed":"y"}"#, json!(400_025)),
            (r#"{"open":"x"}"#, json!(null)),
            (r#"{"once":"a"}"#, json!(null)),
            (r#"{"once":"b"}"#, json!(400_025)),
        ] {
            let answer = bench.client("accounts.setAccountInfo", &[("login_token", &token), ("data", data)]);
            assert_eq!(answer["validationErrors"][0]["errorCode"], problem, "{data}");
        }
    }

    #[test]
    fn what_a_schema_refuses() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"email":"ann@example.org"}"#);
        let data = r#"{"club":{"tier":"gold","kids":[{"age":3}]}}"#;
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("data", data)]), 0);
        assert_eq!(set(&mut bench, r#"{"fields":{"ssn":{"encrypt":"AES"},"spare":{}}}"#), 0);
        for (schema, expected) in [
            (r#"{"fields":{"club.tier":{"type":"long"}}}"#, 400_029),
            (r#"{"fields":{"club.kids.age":{"type":"string"}}}"#, 400_029),
            (r#"{"fields":{"club.tier":{"type":"string"}}}"#, 0),
            (r#"{"fields":{"spare":{"type":"long"}}}"#, 0),
            (r#"{"fields":{"club":{"type":"string"}}}"#, 400_029),
            (r#"{"fields":{"spare.more":{"type":"string"}}}"#, 400_029),
            (r#"{"fields":{"ssn":{"encrypt":null}}}"#, 400_030),
            (r#"{"fields":{"x":{"encrypt":"DES"}}}"#, 400_006),
            (r#"{"fields":{"x":{"type":"money"}}}"#, 400_006),
            (r#"{"fields":{"x":{"format":"regex('(')"}}}"#, 400_006),
            (r#"{"fields":{"x":{"writeAccess":"everybody"}}}"#, 400_006),
            (r#"{"fields":{"x":{"required":"maybe"}}}"#, 400_006),
            (r#"{"fields":{"1x":{}}}"#, 400_006),
            (r#"{"fields":{"x":5}}"#, 400_006),
            (r#"{"fields":[]}"#, 400_006),
            ("[]", 400_006),
        ] {
            assert_eq!(set(&mut bench, schema), expected, "{schema}");
        }
        let profile =
            |bench: &mut Bench, schema| bench.code("accounts.setSchema", &[("profileSchema", schema)]);
        assert_eq!(profile(&mut bench, r#"{"fields":{"shoeSize":{"type":"long"}}}"#), 400_030);
        assert_eq!(profile(&mut bench, r#"{"dynamicSchema":true}"#), 400_030);
        assert_eq!(profile(&mut bench, r#"{"fields":{"city":{"required":true}}}"#), 0);
        assert_eq!(bench.code("accounts.setSchema", &[("scope", "world")]), 400_006);
    }
}
