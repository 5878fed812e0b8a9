//! Calls as the clients that exist send them, and what they need of the answers.

use super::{Caller, by_email, json_of, line_of};
use serde_json::{Value, json};

fn world() -> Value {
    json!({
        "contact_fields": ["Gigya UID"],
        "contacts": [{ "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "ann" }, { "C_EmailAddress": "bob@brand.example" }],
        "lists": [{ "name": "Test List 1", "members": ["ann@brand.example"] }],
        "accounts": [{ "M_CompanyName": "Acme" }],
        "custom_objects": [{ "name": "Orders", "fields": ["Order Id"], "records": [{ "Order Id": "o1" }] }],
        "activities": [{ "type": "EmailOpen", "ago": "1d", "contact": "ann@brand.example" }],
    })
}

/// Fields with doubled slashes, lists by name, an export with glued fragments, pages of 1000.
#[test]
fn pyeloqua() {
    let mut caller = Caller::new(world());
    let fields = caller.get("/api/Bulk/2.0//contacts/fields?limit=1000&offset=0");
    assert_eq!(fields["hasMore"], json!(false));
    let statement = |name: &str| {
        let all = fields["items"].as_array().unwrap().iter();
        all.clone()
            .find(|field| field["internalName"] == *name)
            .map(|field| field["statement"].clone())
            .unwrap()
    };
    let list = caller.get("/contacts/lists?q=\"name=Test*List*1\"")["items"][0]["statement"]
        .as_str()
        .unwrap()
        .to_owned();
    let wish = json!({
        "name": "test name", "areSystemTimestampsInUTC": true,
        "fields": { "C_EmailAddress": statement("C_EmailAddress"), "contactID": "{{Contact.Id}}" },
        "filter": format!(" '{{{{Contact.CreatedAt}}}}' >= '2000-01-01 00:00:00' AND EXISTS('{list}') "),
    });
    let uri = caller.define("/contacts/exports", wish);
    let (sync, state) = caller.sync(&uri);
    assert_eq!(state, "success");
    let page = caller.get(&format!("{uri}/data?limit=1000&offset=0"));
    assert_eq!(page["items"], json!([{ "C_EmailAddress": "ann@brand.example", "contactID": "1986000" }]));
    assert_eq!(caller.get(&format!("{sync}/logs?limit=50000"))["items"][0]["count"], json!(1));
    // An import whose statement names the id as identifier.
    let wish = json!({
        "name": "test", "fields": { "contactID": "{{Contact.Id}}", "C_Gigya_UID1": statement("C_Gigya_UID1") },
        "identifierFieldName": "contactID", "isSyncTriggeredOnImport": false, "updateRule": "always",
    });
    let (sync, state) =
        caller.import("/contacts/imports", wish, json!([{ "contactID": "1986001", "C_Gigya_UID1": "bob" }]));
    assert_eq!(state, "success");
    assert_eq!(caller.get(&format!("{sync}/rejects"))["items"], json!([]));
    assert_eq!(caller.eloqua.contacts()[1]["C_Gigya_UID1"], json!("bob"));
    // A refused definition has its first failure told.
    let (status, body) = caller.call("POST", "/contacts/exports", json!({ "name": "x", "fields": {} }));
    assert_eq!((status, &body["failures"][0]["field"]), (400, &json!("fields")));
    assert_eq!(caller.call("DELETE", &uri, Value::Null).0, 204);
}

fn captured(pattern: &str, text: &str) -> Option<u64> {
    text.rsplit_once(pattern)?.1.parse().ok()
}

/// Discovery over all families, and extraction that takes success alone.
#[test]
fn tap_eloqua() {
    let mut caller = Caller::new(world());
    let mut streams: Vec<(String, Value)> = Vec::new();
    for (family, root) in [("contacts", "Contact"), ("accounts", "Account")] {
        let fields = caller.get(&format!("/{family}/fields"));
        let mut columns = json!({
            "Id": format!("{{{{{root}.Id}}}}"), "CreatedAt": format!("{{{{{root}.CreatedAt}}}}"),
            "UpdatedAt": format!("{{{{{root}.UpdatedAt}}}}"),
        });
        for field in fields["items"].as_array().unwrap() {
            assert!(captured("/fields/", field["uri"].as_str().unwrap()).is_some());
            columns[field["internalName"].as_str().unwrap()] = field["statement"].clone();
        }
        if family == "contacts" {
            columns["IsSubscribed"] = json!("{{Contact.Email.IsSubscribed}}");
            columns["IsBounceback"] = json!("{{Contact.Email.IsBounced}}");
            columns["EmailFormat"] = json!("{{Contact.Email.Format}}");
            columns["AccountName"] = json!("{{Contact.Account.Field(M_CompanyName)}}");
        }
        streams.push((
            format!("/{family}/exports"),
            json!({
                "fields": columns, "filter": format!("'{{{{{root}.UpdatedAt}}}}' >= '2021-01-01 00:00:00'"),
            }),
        ));
    }
    for object in caller.get("/customObjects")["items"].as_array().unwrap() {
        let uri = object["uri"].as_str().unwrap();
        let id = captured("/customObjects/", uri).unwrap();
        let mut columns = json!({
            "Id": format!("{{{{CustomObject[{id}].Id}}}}"), "CreatedAt": format!("{{{{CustomObject[{id}].CreatedAt}}}}"),
            "UpdatedAt": format!("{{{{CustomObject[{id}].UpdatedAt}}}}"), "ExternalId": format!("{{{{CustomObject[{id}].ExternalId}}}}"),
        });
        for field in caller.get(&format!("{uri}/fields"))["items"].as_array().unwrap() {
            columns[field["internalName"].as_str().unwrap()] = field["statement"].clone();
        }
        streams.push((format!("{uri}/exports"), json!({
            "fields": columns, "filter": format!("'{{{{CustomObject[{id}].UpdatedAt}}}}' >= '2021-01-01 00:00:00'"),
        })));
    }
    for kind in [
        "EmailOpen",
        "EmailClickthrough",
        "EmailSend",
        "Subscribe",
        "Unsubscribe",
        "Bounceback",
        "WebVisit",
        "PageView",
        "FormSubmit",
    ] {
        let fields = caller.get(&format!("/activities/fields?activityType={kind}"));
        let mut columns = json!({});
        for field in fields["items"].as_array().unwrap() {
            columns[field["internalName"].as_str().unwrap()] = field["statement"].clone();
        }
        streams.push(("/activities/exports".to_owned(), json!({
            "fields": columns,
            "filter": format!("'{{{{Activity.CreatedAt}}}}' >= '2021-01-01 00:00:00' AND '{{{{Activity.CreatedAt}}}}' < '2027-01-01 00:00:00' AND '{{{{Activity.Type}}}}' = '{kind}'"),
        })));
    }
    let expected = [2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(streams.len(), expected.len());
    for ((place, mut wish), expected) in streams.into_iter().zip(expected) {
        wish["name"] = json!("singer export");
        for (member, value) in [
            ("areSystemTimestampsInUTC", json!(true)),
            ("autoDeleteDuration", json!("P3D")),
            ("dataRetentionDuration", json!("P3D")),
        ] {
            wish[member] = value;
        }
        let columns = wish["fields"].as_object().unwrap().len();
        let uri = caller.define(&place, wish);
        let (sync, state) = caller.sync(&uri);
        assert_eq!(state, "success", "{place}");
        let logs = caller.get(&format!("{sync}/logs"));
        let line = logs["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|log| log["message"] == "Successfully exported members to csv file.");
        assert_eq!(line.unwrap()["count"], json!(expected), "{place}");
        let page = caller.get(&format!("{sync}/data?limit=5000&offset=0"));
        assert_eq!(page.get("items").map_or(0, |items| items.as_array().unwrap().len()), expected, "{place}");
        for row in page["items"].as_array().into_iter().flatten() {
            let row = row.as_object().unwrap();
            assert!(row.len() == columns && row.values().all(Value::is_string));
        }
        assert!(page["hasMore"] == json!(false));
        // After the retention, a saved sync is gone: 404 or 410.
        caller.pass(3 * 86_400);
        assert_eq!(caller.call("GET", &format!("{sync}/data?limit=5000&offset=0"), Value::Null).0, 410);
    }
}

/// The Ruby gem wants 201 and `pending`, polls, and reads totalResults, items and hasMore.
#[test]
fn eloqua_api() {
    let mut caller = Caller::new(world());
    let wish = json!({
        "name": "My Export", "fields": { "Email Address": "{{Contact.Field(C_EmailAddress)}}" },
        "filter": "'{{Contact.CreatedAt}}'>'2014-08-01' OR ( '{{Contact.Id}}'='1' )", "secondsToRetainData": 3600,
    });
    let response = caller.send("POST", "/API/Bulk/2.0/contacts/exports", &[], wish.to_string());
    assert_eq!(
        (line_of(&response), json_of(&response).get("secondsToRetainData")),
        ((201, "Success".to_owned()), None)
    );
    let (sync, _) = caller.sync("/contacts/exports/1");
    let page = caller.get(&format!("{sync}/data?limit=1&offset=1"));
    assert_eq!((&page["totalResults"], &page["hasMore"]), (&json!(2), &json!(false)));
    assert_eq!(page["items"][0]["Email Address"], json!("bob@brand.example"));
    // The calls of 1.0 pass page and pageSize.
    assert_eq!(caller.get("/contacts/exports/1/data?page=1&pageSize=1")["count"], json!(2));
}

/// CSV in, 204 for data, 201 for syncs, success and warning both fine, 204 for the definition's end.
#[test]
fn rudder_server() {
    let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"] }));
    let fields = caller.get("/contacts/fields");
    for field in fields["items"].as_array().unwrap() {
        for at in ["createdAt", "updatedAt"] {
            let text = field[at].as_str().unwrap();
            assert!(text.parse::<jiff::Timestamp>().is_ok(), "{text}");
        }
    }
    let wish = json!({
        "name": "Rudderstack-Contact-Import",
        "fields": { "C_EmailAddress": "{{Contact.Field(C_EmailAddress)}}", "C_Gigya_UID1": "{{Contact.Field(C_Gigya_UID1)}}" },
        "identifierFieldName": "C_EmailAddress", "isSyncTriggeredOnImport": false,
    });
    let uri = caller.define("/contacts/imports", wish);
    let csv = [("content-type", "text/csv")];
    let body = "C_EmailAddress,C_Gigya_UID1\na@brand.example,u1\nnot an address,u2\n";
    let response = caller.send("POST", &format!("{uri}/data"), &csv, body);
    assert_eq!((response.status().as_u16(), response.body().len()), (204, 0));
    let (sync, state) = caller.sync(&uri);
    assert_eq!(state, "warning");
    let rejects = caller.get(&format!("{sync}/rejects?offset=0"));
    assert_eq!(
        (
            &rejects["items"][0]["fieldValues"]["C_Gigya_UID1"],
            &rejects["items"][0]["invalidFields"],
            &rejects["hasMore"]
        ),
        (&json!("u2"), &json!(["C_EmailAddress"]), &json!(false))
    );
    assert_eq!(caller.call("DELETE", &uri, Value::Null).0, 204);
}

/// Its whitelist drops false: the server sees no member and starts the sync itself; the second one finds nothing.
#[test]
fn node_eloqua_sdk() {
    let mut caller = Caller::new(json!({}));
    let mut wish = by_email();
    wish.as_object_mut().unwrap().remove("isSyncTriggeredOnImport");
    let uri = caller.define("/contacts/imports", wish);
    let (status, sync) = caller.call("POST", &format!("{uri}/data"), json!([{ "email": "a@brand.example" }]));
    assert_eq!((status, &sync["syncedInstanceUri"]), (201, &json!(uri)));
    let (second, state) = caller.sync(&uri);
    assert_eq!(state, "warning");
    assert_eq!(caller.get(&format!("{second}/logs"))["items"][0]["statusCode"], json!("ELQ-00124"));
    assert_eq!(caller.eloqua.contacts().len(), 1);
}

/// Explicit nulls everywhere.
#[test]
fn eloqua_python_sdk() {
    let mut caller = Caller::new(world());
    let (status, made) = caller.call("POST", "/contacts/imports", json!({
        "name": "n", "fields": { "C_EmailAddress": "{{Contact.Field(C_EmailAddress)}}", "city": "{{Contact.Field(C_City)}}" },
        "identifierFieldName": null, "syncActions": null, "updateRule": null, "autoDeleteDuration": null,
        "dataRetentionDuration": null, "isSyncTriggeredOnImport": null, "importPriorityUri": null, "externalSystemId": null,
    }));
    assert_eq!(status, 201, "{made}");
    assert!(made.as_object().unwrap().values().all(|value| !value.is_null()));
    let data = format!("{}/data", made["uri"].as_str().unwrap());
    assert_eq!(
        caller.call("POST", &data, json!([{ "C_EmailAddress": "ann@brand.example", "city": null }])).0,
        201
    );
    let (status, made) = caller.call("POST", "/contacts/exports", json!({
        "name": "n", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "filter": null, "syncActions": [],
        "filters": "x", "maxRecords": null,
    }));
    assert_eq!((status, made.get("filter"), made.get("filters")), (201, None, None));
    let (status, made) =
        caller.call("POST", "/syncs", json!({ "syncedInstanceUri": made["uri"], "callbackUrl": null }));
    assert_eq!((status, made.get("callbackUrl")), (201, None));
}

/// Ten postings and then a sync; one object alone; an extra key is a warning without a reject.
#[test]
fn grouparoo() {
    let mut caller = Caller::new(json!({}));
    let mut wish = by_email();
    wish["isUpdatingMultipleMatchedRecords"] = json!(true);
    wish["areSystemTimestampsInUTC"] = json!(true);
    let uri = caller.define("/contacts/imports", wish);
    for at in 0..10 {
        let row = json!({ "email": format!("p{at}@brand.example"), "first": "x", "city": "y" });
        assert_eq!(caller.call("POST", &format!("{uri}/data"), row).0, 204);
    }
    assert_eq!(caller.sync(&uri).1, "success");
    assert_eq!(caller.eloqua.contacts().len(), 10);
    caller.call(
        "POST",
        &format!("{uri}/data"),
        json!([{ "email": "p1@brand.example", "first": "", "city": "z", "extra": 1 }]),
    );
    let (sync, state) = caller.sync(&uri);
    assert_eq!(
        (state.as_str(), &caller.get(&format!("{sync}/rejects"))["totalResults"]),
        ("warning", &json!(0))
    );
    assert_eq!(caller.eloqua.contacts()[1].get("C_FirstName"), None);
}

/// Statements without braces, PUT 200, DELETE of data 204, unknown ids 404, strings for booleans.
#[test]
fn wso2_and_elomentary() {
    let mut caller = Caller::new(world());
    let wish = json!({
        "name": "w", "fields": { "first": "Contact.Field(C_FirstName)", "id": "{{contact.ID}}" },
        "areSystemTimestampsInUTC": "false", "dataRetentionDuration": "PT12H",
    });
    let uri = caller.define("/API/BULK/2.0/Contacts/Exports", wish.clone());
    let (status, changed) = caller.call("PUT", &uri, wish);
    assert_eq!((status, &changed["areSystemTimestampsInUTC"]), (200, &json!(false)));
    assert_eq!(caller.call("DELETE", &format!("{uri}/data"), Value::Null).0, 204);
    for (method, path) in [
        ("GET", "/contacts/exports/99"),
        ("DELETE", "/contacts/exports/99"),
        ("GET", "/contacts/imports/abc"),
    ] {
        let response = caller.send(method, path, &[], "");
        assert_eq!((response.status().as_u16(), response.body().len()), (404, 0), "{method} {path}");
    }
    // A body with DELETE is not looked at.
    assert_eq!(caller.send("DELETE", &uri, &[], "{\"id\":\"1\"}").status(), 204);
}

/// The stream of MadKudu's client takes pages of 10000 and gives rows on success alone.
#[test]
fn madkudu() {
    let mut caller = Caller::new(world());
    let uri = caller.define("/contacts/exports", json!({
        "name": "m", "fields": { "email": "{{Contact.Field(C_EmailAddress)}}" }, "areSystemTimestampsInUTC": true,
    }));
    let (_, made) = caller.call("POST", "/syncs", json!({ "syncedInstanceUri": uri }));
    let sync = made["uri"].as_str().unwrap().to_owned();
    let early = caller.get(&format!("{sync}/data?limit=10000&offset=0"));
    assert_eq!(
        (early.get("items"), &early["hasMore"]),
        (None, &json!(false)),
        "an empty page before the end"
    );
    caller.pass(10);
    assert_eq!(caller.get(&format!("{sync}/data?limit=10000&offset=0"))["count"], json!(2));
}
