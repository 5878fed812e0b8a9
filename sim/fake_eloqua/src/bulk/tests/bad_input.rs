//! What is no input: it is refused with the documented answer, and nothing is half done.

use super::{Caller, by_email, json_of, line_of};
use serde_json::{Value, json};

const PARSING: &str = "There was a parsing error.";
const VALIDATION: &str = "There was a validation error.";
const ABSENT: &str = "The requested resource was not found.";

/// Method, path, content type and body; status and reason phrase.
type Case<'c> = (&'c str, &'c str, &'c str, &'c [u8], u16, &'c str);

/// All that a caller can see of a site.
fn seen(caller: &mut Caller) -> String {
    let mut all = Vec::new();
    for path in
        ["/imports", "/exports", "/contacts/syncActions", "/syncs", "/contacts/fields", "/customObjects"]
    {
        all.push(caller.get(path).to_string());
    }
    all.push(json!(caller.eloqua.contacts()).to_string());
    all.join("\n")
}

#[test]
fn bad_bodies_leave_no_trace() {
    let mut caller = Caller::new(json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] }));
    let import = caller.define("/contacts/imports", by_email());
    let data = format!("{import}/data");
    caller.define("/contacts/exports", json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" } }));
    let before = seen(&mut caller);
    let deep = format!("[{{\"email\":{}1{}}}]", "[".repeat(5000), "]".repeat(5000));
    let keys: Vec<Value> = (0..=10_000).map(|at| json!({ format!("k{at}"): 1 })).collect();
    let keys = json!(keys).to_string();
    let big = format!("[{}]", " ".repeat(33 << 20));
    let cases: Vec<Case<'_>> = vec![
        ("POST", &data, "application/json", b"", 400, PARSING),
        ("POST", &data, "application/json", b"[{\"email\":\"a@b.example\"}", 400, PARSING),
        ("POST", &data, "application/json", b"[{\"email\":\"a@b.example\"},7]", 400, PARSING),
        ("POST", &data, "application/json", b"[{\"email\":\"\xff\"}]", 400, PARSING),
        ("POST", &data, "application/json", b"email\r\na@b.example", 400, PARSING),
        ("POST", &data, "application/json", deep.as_bytes(), 400, PARSING),
        ("POST", &data, "application/json", keys.as_bytes(), 400, VALIDATION),
        ("POST", &data, "application/json", big.as_bytes(), 404, ABSENT),
        ("POST", &data, "text/csv", big.as_bytes(), 404, ABSENT),
        ("POST", &data, "text/csv", b"email\r\na@b.\xff", 400, PARSING),
        ("POST", "/contacts/imports/99/data", "application/json", b"[]", 404, ABSENT),
        ("POST", "/contacts/imports/one/data", "application/json", b"[]", 404, ABSENT),
        ("POST", "/contacts/imports/99999999999999999999/data", "application/json", b"[]", 404, ABSENT),
        ("POST", "/contacts/imports", "application/json", b"{", 400, PARSING),
        ("POST", "/contacts/exports", "application/json", b"{\"name\":\"\xc3\"}", 400, PARSING),
        ("PUT", &import, "application/json", b"{\"name\":\"x\"}", 400, VALIDATION),
        ("PUT", "/contacts/imports/99", "application/json", b"{}", 404, ABSENT),
        ("DELETE", "/contacts/imports/99", "application/json", b"", 404, ABSENT),
        ("DELETE", "/contacts/exports/99/data", "application/json", b"", 404, ABSENT),
        ("POST", "/syncs", "application/json", b"{}", 400, VALIDATION),
        ("POST", "/syncs", "application/json", b"{\"syncedInstanceUri\":7}", 400, VALIDATION),
        ("POST", "/syncs", "application/json", b"{\"syncedInstanceUri\":\"/syncs/1\"}", 400, VALIDATION),
        (
            "POST",
            "/syncs",
            "application/json",
            b"{\"syncedInstanceUri\":\"/contacts/imports/1/data\"}",
            400,
            VALIDATION,
        ),
        ("GET", "/syncs/99", "application/json", b"", 404, ABSENT),
        ("GET", "/syncs/99/logs", "application/json", b"", 404, ABSENT),
        ("GET", "/syncs/x/rejects", "application/json", b"", 404, ABSENT),
    ];
    for (method, path, kind, body, status, phrase) in cases {
        let response = caller.send(method, path, &[("content-type", kind)], body.to_vec());
        let told = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(line_of(&response), (status, phrase.to_owned()), "{method} {path} {told}");
        if phrase == VALIDATION {
            assert!(json_of(&response)["failures"][0]["constraint"].is_string());
        }
        assert_eq!(seen(&mut caller), before, "{method} {path} {told}");
    }
    let (_, state) = caller.sync(&import);
    assert_eq!(state, "warning", "nothing was staged");
    assert_eq!(caller.eloqua.contacts().len(), 1);
}

#[test]
fn bad_members_are_named() {
    let mut caller = Caller::new(json!({ "contact_fields": [{ "name": "Long", "dataType": "largeText" }] }));
    let with = |member: &str, value: Value| {
        let mut wish = by_email();
        wish[member] = value;
        wish
    };
    let length = "Must be a string value, at least 1 character and at most 100 characters long.";
    let many: serde_json::Map<String, Value> =
        (0..101).map(|at| (format!("f{at}"), json!("{{Contact.Field(C_City)}}"))).collect();
    let cases = [
        ("name", Value::Null, length),
        ("name", json!(7), length),
        ("name", json!("x".repeat(101)), length),
        ("fields", Value::Null, "Must contain at least 1 field."),
        ("fields", json!([]), "Must contain at least 1 field."),
        ("fields", Value::Object(many), "Must contain at least 1 and at most 100 fields."),
        ("fields", json!({ "email": 7 }), "Must reference known statements."),
        ("fields", json!({ "email": "{{Contact.Field(C_EmailAddress)" }), "Must reference known statements."),
        ("fields", json!({ "email": "{{Account.Id}}" }), "Must reference known statements."),
        ("fields", json!({ "email": "{{Contact.CreatedAt}}" }), "Must not reference read-only fields."),
        (
            "fields",
            json!({ "email": "{{Contact.Field(C_DateModified)}}" }),
            "Must not reference read-only fields.",
        ),
        ("identifierFieldName", json!(""), length),
        ("identifierFieldName", json!("C_EmailAddress"), "Must be contained within Fields, if specified."),
        ("isSyncTriggeredOnImport", json!("maybe"), "Must be a boolean value."),
        ("dataRetentionDuration", json!("PT30M"), "Must be a duration between PT1H and P14D."),
        ("dataRetentionDuration", json!("P15D"), "Must be a duration between PT1H and P14D."),
        ("dataRetentionDuration", json!("a week"), "Must be a duration between PT1H and P14D."),
        ("autoDeleteDuration", json!("PT59M"), "Must be a duration of at least PT1H."),
        (
            "updateRule",
            json!("sometimes"),
            "Must be one of: always, ifNewIsNotNull, ifExistingIsNull, useFieldRule.",
        ),
        ("importRule", json!("never"), "Must be one of: createAndUpdate, updateOnly, createOnly."),
        (
            "updateRuleByField",
            json!({ "nobody": "always" }),
            "Must name fields of the definition and known rules.",
        ),
        ("syncActions", json!("add"), "Must contain at most 10 sync actions."),
    ];
    for (member, value, constraint) in cases {
        let seen = caller.refused("/contacts/imports", with(member, value));
        assert_eq!(seen, (member.to_owned(), constraint.to_owned()));
    }
    for statement in [
        "{{Contact.Field(C_Long1)}}",
        "{{Contact.Email.IsSubscribed}}",
        "{{Contact.Field(C_Lead_Score_Date___Most_Recent1)}}",
    ] {
        let mut wish = with("identifierFieldName", json!("x"));
        wish["fields"]["x"] = json!(statement);
        let constraint = "Must not be a date, boolean or large text field.";
        assert_eq!(
            caller.refused("/contacts/imports", wish),
            ("identifierFieldName".to_owned(), constraint.to_owned())
        );
    }
    // A member of another sort of definition is dropped.
    let made = caller.call("POST", "/contacts/imports", with("areSystemTimestampsInUTC", json!(true))).1;
    assert!(made.get("areSystemTimestampsInUTC").is_none() && made.get("uri").is_some());
    let fields: serde_json::Map<String, Value> =
        (0..251).map(|at| (format!("f{at}"), json!("{{Contact.Id}}"))).collect();
    let wide = json!({ "name": "e", "fields": fields });
    assert_eq!(
        caller.refused("/contacts/exports", wide).1,
        "Must contain at least 1 and at most 250 fields."
    );
    let odd = json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" }, "maxRecords": "many" });
    assert_eq!(caller.refused("/contacts/exports", odd).0, "maxRecords");
}

#[test]
fn a_definition_that_became_invalid_ends_in_error() {
    let mut caller =
        Caller::new(json!({ "lists": ["All"], "contacts": [{ "C_EmailAddress": "a@brand.example" }] }));
    let uri = caller.define(
        "/contacts/exports",
        json!({
            "name": "e", "fields": { "id": "{{Contact.Id}}" }, "filter": "EXISTS('{{ContactList[1]}}')",
        }),
    );
    let (_, made) = caller.call("POST", "/syncs", json!({ "syncedInstanceUri": uri }));
    caller.call("DELETE", "/api/rest/1.0/assets/contact/list/1", Value::Null);
    caller.pass(5);
    let sync = made["uri"].as_str().unwrap().to_owned();
    assert_eq!(caller.get(&sync)["status"], json!("error"));
    let log = caller.get(&format!("{sync}/logs"))["items"][0].clone();
    assert_eq!(
        (&log["statusCode"], &log["message"]),
        (
            &json!("ELQ-00122"),
            &json!("Validation errors found on sync 1 for user sync.user. Sync will NOT proceed.")
        )
    );
    assert_eq!(caller.get(&format!("{sync}/data"))["count"], json!(0));
    // From then on it cannot be started at all.
    let (status, body) = caller.call("POST", "/syncs", json!({ "syncedInstanceUri": uri }));
    assert_eq!((status, &body["failures"][0]["field"]), (400, &json!("filter")));
    // And one that is gone tells so.
    caller.call("PUT", &uri, json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" } }));
    let (_, made) = caller.call("POST", "/syncs", json!({ "syncedInstanceUri": uri }));
    caller.call("DELETE", &uri, Value::Null);
    caller.pass(5);
    let logs = caller.get(&format!("{}/logs", made["uri"].as_str().unwrap()));
    assert_eq!(logs["items"][0]["statusCode"], json!("ELQ-00143"));
}
