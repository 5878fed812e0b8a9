//! What happens to rows that are imported.

use super::{Caller, by_email, counted};
use serde_json::{Value, json};

fn uid_world() -> Value {
    json!({ "contact_fields": ["Gigya UID", { "name": "Keep", "updateType": "existingBlank" }], "contacts": [
        { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "ann", "C_City": "Ghent", "C_Keep1": "old" },
    ] })
}

#[test]
fn update_rules_decide_by_column() {
    for (rule, by_field, new, expected) in [
        ("always", json!({}), "", None),
        ("always", json!({}), "Diest", Some("Diest")),
        ("ifNewIsNotNull", json!({}), "", Some("Ghent")),
        ("ifNewIsNotNull", json!({}), "Diest", Some("Diest")),
        ("ifExistingIsNull", json!({}), "Diest", Some("Ghent")),
        ("useFieldRule", json!({}), "Diest", Some("Diest")),
        ("ifExistingIsNull", json!({ "city": "always" }), "Diest", Some("Diest")),
        ("always", json!({ "city": "ifExistingIsNull" }), "Diest", Some("Ghent")),
    ] {
        let mut caller = Caller::new(uid_world());
        let mut wish = by_email();
        wish["updateRule"] = json!(rule);
        wish["updateRuleByField"] = by_field.clone();
        wish["fields"]["keep"] = json!("{{Contact.Field(C_Keep1)}}");
        let row = json!([{ "email": "ann@brand.example", "first": "Ann", "city": new, "keep": "new" }]);
        assert_eq!(caller.import("/contacts/imports", wish, row).1, "success");
        let contact = &caller.eloqua.contacts()[0];
        assert_eq!(contact.get("C_City").and_then(Value::as_str), expected, "{rule} {by_field}");
        let keeps = ["ifExistingIsNull", "useFieldRule"].contains(&rule);
        assert_eq!(contact["C_Keep1"], json!(if keeps { "old" } else { "new" }), "{rule}");
    }
}

#[test]
fn import_rules_decide_by_row() {
    for (rule, state, created, stored) in [
        ("createAndUpdate", "success", 1, "Diest"),
        ("updateOnly", "warning", 0, "Diest"),
        ("createOnly", "warning", 1, "Ghent"),
    ] {
        let mut caller = Caller::new(uid_world());
        let mut wish = by_email();
        wish["importRule"] = json!(rule);
        let row = |email: &str| json!({ "email": email, "first": "x", "city": "Diest" });
        let rows = json!([row("ann@brand.example"), row("new@brand.example")]);
        let (sync, seen) = caller.import("/contacts/imports", wish, rows);
        assert_eq!(seen, state, "{rule}");
        assert_eq!(caller.eloqua.contacts().len(), 1 + created, "{rule}");
        assert_eq!(caller.eloqua.contacts()[0]["C_City"], json!(stored), "{rule}");
        let codes: Vec<String> = caller.counts(&sync).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes.contains(&"00034".to_owned()), rule == "updateOnly");
        assert_eq!(codes.contains(&"00048".to_owned()), rule == "createOnly");
    }
}

#[test]
fn flags_and_ids_are_imported() {
    let mut caller = Caller::new(uid_world());
    let wish = json!({
        "name": "bounce", "fields": {
            "id": "{{Contact.Id}}", "IsBounced": "{{Contact.Email.IsBounced}}", "on": "{{Contact.Email.IsSubscribed}}",
            "format": "{{Contact.Email.Format}}",
        },
        "identifierFieldName": "id", "isSyncTriggeredOnImport": false,
    });
    let row = json!([{ "id": 1_986_000, "IsBounced": "TRUE", "on": "0", "format": "HTML" }, { "id": 1, "on": "true" }]);
    let (sync, state) = caller.import("/contacts/imports", wish.clone(), row);
    assert_eq!(state, "warning");
    assert_eq!(caller.counts(&sync)[2..], counted(&[("00061", 1), ("00003", 2), ("00022", 1), ("00060", 1)]));
    let rows = caller.export("/contacts/exports", json!({ "name": "e", "fields": {
        "b": "{{Contact.Email.IsBounced}}", "s": "{{Contact.Email.IsSubscribed}}", "f": "{{Contact.Email.Format}}",
    } }));
    assert_eq!(rows, json!([{ "b": "True", "s": "False", "f": "html" }]));
    let (sync, _) = caller.import(
        "/contacts/imports",
        wish,
        json!([{ "id": "1986000", "on": "perhaps", "format": "fax" }]),
    );
    let rejects = caller.get(&format!("{sync}/rejects"));
    assert_eq!(
        (&rejects["items"][0]["statusCode"], &rejects["items"][0]["invalidFields"]),
        (&json!("ELQ-00040"), &json!(["format", "on"]))
    );
}

#[test]
fn rows_of_many_postings_are_numbered_through() {
    let mut caller = Caller::new(json!({}));
    let uri = caller.define("/contacts/imports", by_email());
    let data = format!("{uri}/data");
    caller.call("POST", &data, json!([{ "email": "a@brand.example" }, { "email": "b@brand.example" }]));
    let csv = [("content-type", "text/csv; charset=utf-8")];
    let body = "\u{feff}city,email\r\n\"Den \"\"Haag\"\"\",c@brand.example\r\nx,y,z\r\n,not an address\r\n";
    assert_eq!(caller.send("POST", &data, &csv, body).status(), 204);
    caller.call("POST", &data, json!({ "email": "d@brand.example", "other": 1 }));
    let (sync, state) = caller.sync(&uri);
    assert_eq!(state, "warning");
    let logs = caller.get(&format!("{sync}/logs"));
    let lines: Vec<(&str, u64, &str, &str)> = logs["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| {
            let text = |name: &str| log[name].as_str().unwrap_or_default();
            (text("statusCode"), log["count"].as_u64().unwrap(), text("severity"), text("message"))
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("ELQ-00130", 6, "information", "Total records staged for import."),
            ("ELQ-00137", 0, "information", "Ready for data import processing."),
            ("ELQ-00111", 1, "warning", "Field other is not part of import definition, and will be ignored."),
            (
                "ELQ-00121",
                1,
                "information",
                "Field first is part of import definition, but not included in file 1."
            ),
            ("ELQ-00101", 0, "information", "Sync processed for sync 1, resulting in Warning status."),
            ("ELQ-00001", 6, "information", "Total records processed."),
            ("ELQ-00002", 1, "warning", "Invalid email addresses."),
            ("ELQ-00032", 1, "warning", "Malformed records."),
            ("ELQ-00003", 6, "information", "Total records remaining after duplicates are rejected."),
            ("ELQ-00004", 4, "information", "Contacts created."),
            ("ELQ-00022", 0, "information", "Contacts updated."),
            ("ELQ-00060", 2, "warning", "Total rejected records."),
            ("ELQ-00071", 0, "information", ""),
        ]
    );
    assert_eq!(
        caller.get(&format!("{sync}/rejects"))["items"],
        json!([
            { "fieldValues": { "email": "y", "first": "", "city": "x" }, "message": "Malformed record.",
              "statusCode": "ELQ-00032", "recordIndex": 4, "invalidFields": [] },
            { "fieldValues": { "email": "not an address", "first": "", "city": "" }, "message": "Invalid email address.",
              "statusCode": "ELQ-00002", "recordIndex": 5, "invalidFields": ["email"] },
        ])
    );
    assert_eq!(caller.eloqua.contacts()[2]["C_City"], json!("Den \"Haag\""));
}

/// As a real import of 30,000 rows was logged, at a thousandth of its size.
#[test]
fn repeated_identifiers_are_counted() {
    let mut caller = Caller::new(json!({}));
    let definition = by_email();
    let row = |n: usize| json!({ "email": format!("p{}@brand.example", n % 9), "first": n.to_string(), "city": "x" });
    let contacts: Vec<Value> = (0..9).map(row).collect();
    caller.import("/contacts/imports", definition.clone(), json!(contacts));
    let rows: Vec<Value> = (0..30).map(row).collect();
    let (sync, state) = caller.import("/contacts/imports", definition, json!(rows));
    assert_eq!(state, "warning");
    let logs = caller.get(&format!("{sync}/logs"));
    let codes: Vec<(String, u64)> = logs["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| (log["statusCode"].as_str().unwrap().replace("ELQ-", ""), log["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        codes,
        counted(&[
            ("00130", 30),
            ("00137", 0),
            ("00101", 0),
            ("00001", 30),
            ("00026", 21),
            ("00003", 9),
            ("00004", 0),
            ("00022", 9),
            ("00071", 0),
        ])
    );
    assert_eq!(caller.get(&format!("{sync}/rejects"))["totalResults"], json!(0));
}

#[test]
fn a_blank_identifier_may_be_allowed() {
    let row = json!([{ "email": "new@brand.example" }, { "uid": "", "email": "other@brand.example" }]);
    for (flag, created) in [(Value::Null, 0), (json!("true"), 2)] {
        let mut caller = Caller::new(uid_world());
        let wish = json!({
            "name": "i", "fields": {
                "uid": "{{Contact.Field(C_Gigya_UID1)}}", "email": "{{Contact.Field(C_EmailAddress)}}",
            },
            "identifierFieldName": "uid", "isSyncTriggeredOnImport": false, "nullIdentifierFieldName": flag,
        });
        caller.import("/contacts/imports", wish, row.clone());
        assert_eq!(caller.eloqua.contacts().len(), 1 + created);
    }
}

#[test]
fn sync_actions_follow_an_import() {
    let mut caller = Caller::new(json!({ "lists": ["All"], "email_groups": ["News"] }));
    let mut wish = by_email();
    wish["syncActions"] = json!([
        { "action": "add", "destination": "{{ContactList[1]}}" },
        { "action": "setStatus", "destination": "{{EmailGroup[1]}}", "status": "unsubscribed" },
        { "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "unsubscribed" },
    ]);
    let rows = json!([{ "email": "a@brand.example" }, { "email": "bad" }, { "email": "b@brand.example" }]);
    let (sync, _) = caller.import("/contacts/imports", wish, rows);
    let logs = caller.get(&format!("{sync}/logs"));
    let told = |code: &str| {
        let found = logs["items"].as_array().unwrap().iter().find(|log| log["statusCode"] == *code).cloned();
        found.map(|log| (log["count"].as_u64().unwrap(), log["message"].as_str().unwrap().to_owned()))
    };
    for (code, text) in [
        ("ELQ-00119", "Added members to Contact List 1."),
        ("ELQ-00116", "Unsubscribed members from Email Group 1."),
        ("ELQ-00017", "Contacts email marked as unsubscribed."),
    ] {
        assert_eq!(told(code), Some((2, text.to_owned())));
    }
    assert_eq!(caller.get("/contacts/lists/1")["count"], json!(2));
    let mut wish = by_email();
    for (action, constraint) in [
        (json!({ "action": "add", "destination": "{{GlobalSubscribe}}" }), "Must be a valid sync action."),
        (
            json!({ "action": "setStatus", "destination": "{{ContactList[1]}}", "status": "subscribed" }),
            "Must be a valid sync action.",
        ),
        (json!({ "action": "add", "destination": "{{ContactList[2]}}" }), "Must be a valid sync action."),
        (
            json!({ "action": "setStatus", "destination": "{{ActionInstance(f82d50cd86a94fcab37e4ec9a98b0339).Execution[12345]}}", "status": "complete" }),
            "Must reference service instance within a workflow",
        ),
        (json!("add"), "Must be a valid sync action."),
    ] {
        wish["syncActions"] = json!([action]);
        assert_eq!(
            caller.refused("/contacts/imports", wish.clone()),
            ("syncActions".to_owned(), constraint.to_owned())
        );
    }
    wish["syncActions"] = json!(vec![json!({ "action": "add", "destination": "{{ContactList[1]}}" }); 11]);
    assert_eq!(caller.refused("/contacts/imports", wish).1, "Must contain at most 10 sync actions.");
}

#[test]
fn exports_may_act_too() {
    let mut caller = Caller::new(json!({ "lists": ["Seen"], "contacts": [
        { "C_EmailAddress": "a@brand.example", "C_City": "Ghent" }, { "C_EmailAddress": "b@brand.example" },
    ] }));
    caller.export("/contacts/exports", json!({
        "name": "e", "fields": { "id": "{{Contact.Id}}" }, "filter": "'{{Contact.Field(C_City)}}' = 'Ghent'",
        "syncActions": [{ "action": "add", "destination": "{{ContactList[1]}}" }],
    }));
    assert_eq!(caller.get("/contacts/lists/1")["count"], json!(1));
}

#[test]
fn a_non_breaking_blank_spoils_an_address() {
    let addresses =
        ["\u{a0}a@brand.example", "b@brand.example\u{a0}", " c@brand.example ", "\td@brand.example"];
    let mut caller = Caller::new(json!({}));
    let rows: Vec<Value> = addresses.iter().map(|address| json!({ "email": address })).collect();
    let (sync, state) = caller.import("/contacts/imports", by_email(), json!(rows));
    assert_eq!(state, "warning");
    let rejects = caller.get(&format!("{sync}/rejects"));
    let told: Vec<_> = rejects["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["recordIndex"], &it["statusCode"]))
        .collect();
    assert_eq!(told, [(&json!(1), &json!("ELQ-00002")), (&json!(2), &json!("ELQ-00002"))]);
    let stored: Vec<Value> = caller.eloqua.contacts().iter().map(|it| it["C_EmailAddress"].clone()).collect();
    assert_eq!(stored, [json!("c@brand.example"), json!("d@brand.example")]);
    // Opt-outs by address.
    let definition = json!({
        "name": "out", "fields": { "email": "{{EmailAddress.Field(EmailAddress)}}" }, "isSyncTriggeredOnImport": false,
        "syncActions": [{ "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "unsubscribed" }],
    });
    let (sync, _) = caller.import("/emailAddresses/imports", definition, json!(rows));
    assert_eq!(caller.get(&format!("{sync}/rejects"))["totalResults"], json!(2));
}

#[test]
fn contacts_may_go_without_an_address() {
    let wish = json!({
        "name": "i", "fields": {
            "uid": "{{Contact.Field(C_Gigya_UID1)}}", "email": "{{Contact.Field(C_EmailAddress)}}",
        },
        "identifierFieldName": "uid", "isSyncTriggeredOnImport": false,
    });
    let rows = json!([{ "uid": "bob" }, { "uid": "cid", "email": "" }, { "uid": "ann", "email": "" }]);
    for (knob, needed, created) in [("false", true, 0), ("true", false, 2)] {
        let mut caller = Caller::new(uid_world());
        caller.set("eloqua.contacts_without_address", knob);
        assert_eq!(caller.get("/contacts/fields/100001")["hasNotNullConstraint"], json!(needed));
        let (sync, _) = caller.import("/contacts/imports", wish.clone(), rows.clone());
        assert_eq!(caller.eloqua.contacts().len(), 1 + created);
        let missing = caller.counts(&sync).into_iter().find(|(code, _)| code == "00061");
        assert_eq!(missing.map_or(0, |(_, count)| count), 2 - created as u64);
        // An address that is there is never cleared.
        assert_eq!(caller.eloqua.contacts()[0]["C_EmailAddress"], json!("ann@brand.example"));
    }
}
