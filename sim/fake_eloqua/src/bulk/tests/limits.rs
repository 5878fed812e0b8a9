//! Bounds, parameters of lists, and what can be staged.

use super::{Caller, by_email, counted, json_of, line_of};
use serde_json::{Value, json};

#[test]
fn staging_has_its_bounds() {
    let mut caller = Caller::new(json!({}));
    let uri = caller.define("/contacts/imports", by_email());
    let data = format!("{uri}/data");
    // More than 32 MB is no resource that exists.
    let large = " ".repeat((32 << 20) + 1);
    assert_eq!(line_of(&caller.send("POST", &data, &[], large)).0, 404);
    // One contact, 50 KB.
    caller.set("eloqua.licensed_contacts", "1");
    let row = |size: usize| json!([{ "email": "ann@brand.example", "first": "x".repeat(size) }]);
    assert_eq!(caller.call("POST", &data, row(40_000)).0, 204);
    let response = caller.send("POST", &data, &[], row(40_000).to_string());
    assert_eq!(line_of(&response), (413, "Storage space exceeded.".to_owned()));
    assert_eq!(caller.call("DELETE", &data, Value::Null).0, 204);
    assert_eq!(caller.call("POST", &data, row(40_000)).0, 204, "what is dropped takes no room");
    caller.sync(&uri);
    assert_eq!(caller.call("POST", &data, row(40_000)).0, 204, "nor does what a sync took");
    caller.pass(7 * 86_400);
    assert_eq!(caller.call("POST", &data, row(40_000)).0, 204, "nor what expired");
    caller.call("DELETE", &data, Value::Null);
    for _ in 0..500 {
        assert_eq!(caller.call("POST", &data, json!([])).0, 204);
    }
    let (status, body) = caller.call("POST", &data, json!([]));
    assert_eq!((status, &body["failures"][0]["field"]), (400, &json!("data")));
    let (_, state) = caller.sync(&uri);
    assert_eq!(state, "warning");
    assert_eq!(caller.call("POST", &data, json!([])).0, 204);
}

#[test]
fn the_hour_has_its_syncs() {
    let mut caller = Caller::new(json!({}));
    let import = caller.define("/contacts/imports", by_email());
    let export =
        caller.define("/contacts/exports", json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" } }));
    let ask = |caller: &mut Caller, uri: &str| {
        let body = json!({ "syncedInstanceUri": uri }).to_string();
        line_of(&caller.send("POST", "/syncs", &[], body)).0
    };
    caller.set("eloqua.import_syncs_an_hour", "2");
    for _ in 0..3 {
        assert_eq!(ask(&mut caller, &import), 201, "the limit is soft");
    }
    caller.set("eloqua.hourly_limit", "hard");
    assert_eq!(ask(&mut caller, &import), 429);
    assert_eq!(ask(&mut caller, &export), 201, "each sort counts by itself");
    caller.set("eloqua.export_syncs_an_hour", "1");
    assert_eq!(ask(&mut caller, &export), 429);
    caller.pass(3600);
    assert_eq!(ask(&mut caller, &import), 201);
    let actions = json!({
        "name": "a", "fields": { "id": "{{Contact.Id}}" }, "identifierFieldName": "id",
        "syncActions": [{ "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "subscribed" }],
    });
    let actions = caller.define("/contacts/syncActions", actions);
    caller.set("eloqua.action_syncs_an_hour", "0");
    assert_eq!(ask(&mut caller, &actions), 429);
}

#[test]
fn syncs_end_as_they_are_told() {
    let mut caller = Caller::new(json!({}));
    let row = json!([{ "email": "ann@brand.example", "first": "Ann", "city": "Ghent" }]);
    caller.set("eloqua.sync_ends", "error");
    let (sync, state) = caller.import("/contacts/imports", by_email(), row.clone());
    assert_eq!(state, "error");
    let logs = caller.get(&format!("{sync}/logs"));
    assert_eq!(
        (&logs["items"][0]["statusCode"], &logs["items"][0]["severity"]),
        (&json!("ELQ-00146"), &json!("error"))
    );
    assert_eq!(caller.eloqua.contacts().len(), 0, "nothing is done");
    caller.set("eloqua.sync_ends", "warning");
    let (sync, state) = caller.import("/contacts/imports", by_email(), row.clone());
    assert_eq!(state, "warning");
    assert_eq!(caller.get(&format!("{sync}/rejects"))["totalResults"], json!(0));
    assert_eq!(caller.eloqua.contacts().len(), 1, "accepted rows are in the database");
    caller.set("eloqua.sync_ends", "as_it_went");
    caller.set("eloqua.staging", "lose");
    let (sync, state) = caller.import("/contacts/imports", by_email(), row);
    assert_eq!(state, "warning");
    assert_eq!(caller.get(&format!("{sync}/logs"))["items"][0]["statusCode"], json!("ELQ-00124"));
}

#[test]
fn too_many_matches_are_refused() {
    let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"], "contacts": [
        { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "same" },
        { "C_EmailAddress": "bob@brand.example", "C_Gigya_UID1": "same" },
    ] }));
    caller.set("eloqua.most_matches", "1");
    let definition = json!({
        "name": "i", "fields": { "uid": "{{Contact.Field(C_Gigya_UID1)}}", "first": "{{Contact.Field(C_FirstName)}}" },
        "identifierFieldName": "uid", "isSyncTriggeredOnImport": false, "isUpdatingMultipleMatchedRecords": true,
    });
    let (sync, state) =
        caller.import("/contacts/imports", definition, json!([{ "uid": "same", "first": "X" }]));
    assert_eq!(state, "warning");
    assert_eq!(
        caller.counts(&sync),
        counted(&[("00130", 1), ("00001", 1), ("00135", 1), ("00003", 1), ("00060", 1)])
    );
    assert_eq!(caller.get(&format!("{sync}/rejects"))["items"][0]["statusCode"], json!("ELQ-00135"));
}

#[test]
fn lists_have_parameters() {
    let mut caller = Caller::new(json!({}));
    for name in ["b", "a", "c"] {
        caller.define("/contacts/exports", json!({ "name": name, "fields": { "id": "{{Contact.Id}}" } }));
        caller.pass(1);
    }
    let names = |caller: &mut Caller, query: &str| {
        let page = caller.get(&format!("/contacts/exports?{query}"));
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<String>()
    };
    for (query, expected) in [
        ("", "bac"),
        ("limit=2", "ba"),
        ("limit=2&offset=2", "c"),
        ("LIMIT=1&Offset=1", "a"),
        ("orderBy=name ASC", "abc"),
        ("orderBy=name+DESC", "cba"),
        ("orderBy=createdAt DESC&limit=1", "c"),
        ("q=\"name=a\"", "a"),
        ("q=name='*'", "bac"),
        ("q=name=A", ""),
        ("q=name!=a", "bc"),
        ("q=name>a", "bc"),
        ("q=createdAt<2026-01-05T08:00:01", "b"),
        ("q=&orderBy=&links=x&offset=", "bac"),
        ("offset=99", ""),
    ] {
        assert_eq!(names(&mut caller, query), expected, "{query}");
    }
    assert_eq!(
        caller
            .get("/contacts/exports?limit=2&totalResults=false")
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["items", "limit", "offset", "count", "hasMore"]
    );
    let more = |caller: &mut Caller, query: &str| {
        caller.get(&format!("/contacts/exports?{query}"))["hasMore"].clone()
    };
    assert_eq!(
        more(&mut caller, "limit=3&totalResults=false"),
        json!(true),
        "a full page may have another behind it"
    );
    assert_eq!(more(&mut caller, "limit=3"), json!(false));
    for (path, field) in [
        ("/contacts/exports?limit=0", "limit"),
        ("/contacts/exports?limit=1001", "limit"),
        ("/contacts/exports?limit=-1", "limit"),
        ("/contacts/exports?limit=ten", "limit"),
        ("/contacts/exports?offset=-1", "offset"),
        ("/contacts/exports?q=nonsense", "q"),
        ("/contacts/exports/1/data?limit=50001", "limit"),
        ("/contacts/exports/1/data?limit=0", "limit"),
    ] {
        let (status, body) = caller.call("GET", path, Value::Null);
        assert_eq!((status, &body["failures"][0]["field"]), (400, &json!(field)), "{path}");
    }
    // Logs and rejects are read with the limit of data, and give what they can.
    let (sync, _) = caller.sync("/contacts/exports/1");
    for path in ["logs", "rejects"] {
        assert_eq!(caller.get(&format!("{sync}/{path}?limit=50000"))["limit"], json!(1000), "{path}");
    }
}

#[test]
fn retention_is_kept() {
    let mut caller = Caller::new(json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] }));
    let wish = json!({
        "name": "e", "fields": { "id": "{{Contact.Id}}" }, "dataRetentionDuration": "PT1H", "autoDeleteDuration": "PT3H",
    });
    let uri = caller.define("/contacts/exports", wish);
    let (sync, _) = caller.sync(&uri);
    caller.pass(3590);
    assert_eq!(caller.get(&format!("{sync}/data"))["count"], json!(1));
    caller.pass(10);
    let response = caller.send("GET", &format!("{sync}/data"), &[], "");
    assert_eq!(line_of(&response), (410, "The requested resource is no longer available.".to_owned()));
    assert_eq!(caller.send("GET", &format!("{uri}/data"), &[], "").status(), 410);
    let (later, _) = caller.sync(&uri);
    assert_eq!(caller.get(&format!("{uri}/data"))["count"], json!(1), "the latest sync counts");
    caller.call("DELETE", &uri, Value::Null);
    assert_eq!(caller.send("GET", &format!("{uri}/data"), &[], "").status(), 404);
    assert_eq!(caller.send("GET", &format!("{later}/data"), &[], "").status(), 410);
    assert_eq!(caller.get(&later)["status"], json!("success"), "what it did is still told");
}

#[test]
fn syncs_of_a_definition_stand_in_line() {
    let mut caller = Caller::new(json!({}));
    let uri = caller.define("/contacts/imports", by_email());
    let post = |caller: &mut Caller, first: &str| {
        let row = json!([{ "email": format!("{first}@brand.example"), "first": first, "city": "x" }]);
        assert_eq!(caller.call("POST", &format!("{uri}/data"), row).0, 204);
        caller.call(
            "POST",
            "/syncs",
            json!({ "syncedInstanceUri": uri, "callbackUrl": "https://x.example/done" }),
        )
    };
    let (_, made) = post(&mut caller, "One");
    assert_eq!(made["callbackUrl"], json!("https://x.example/done"));
    let (_, _) = post(&mut caller, "Two");
    caller.pass(2);
    let states = |caller: &mut Caller| {
        [1, 2].map(|id| caller.get(&format!("/syncs/{id}"))["status"].as_str().unwrap().to_owned())
    };
    assert_eq!(states(&mut caller), ["success", "active"], "the second starts when the first has ended");
    caller.pass(1);
    assert_eq!(states(&mut caller), ["success", "warning"], "the first took everything");
    assert_eq!(caller.eloqua.contacts().len(), 2);
    let callback = caller.eloqua.take_callback().unwrap();
    let told: Value = serde_json::from_str(&callback.body).unwrap();
    assert_eq!((callback.url.as_str(), &told), ("https://x.example/done", &caller.get("/syncs/1")));
    assert!(caller.eloqua.take_callback().is_some() && caller.eloqua.take_callback().is_none());
    assert_eq!(json_of(&caller.send("GET", "/syncs?q=status=warning", &[], ""))["count"], json!(1));
    assert_eq!(caller.get("/syncs?orderBy=createdAt DESC&limit=1")["items"][0]["uri"], json!("/syncs/1"));
}

#[test]
fn syncs_that_data_starts_count_in_the_hour() {
    let mut caller = Caller::new(json!({}));
    let mut definition = by_email();
    definition["isSyncTriggeredOnImport"] = json!(true);
    let data = format!("{}/data", caller.define("/contacts/imports", definition));
    let row = json!([{ "email": "ann@brand.example" }]);
    caller.set("eloqua.import_syncs_an_hour", "2");
    for _ in 0..3 {
        assert_eq!(caller.call("POST", &data, row.clone()).0, 201, "the limit is soft");
    }
    caller.pass(3600);
    caller.set("eloqua.hourly_limit", "hard");
    for _ in 0..2 {
        assert_eq!(caller.call("POST", &data, row.clone()).0, 201);
    }
    let response = caller.send("POST", &data, &[], json!([{ "email": "bob@brand.example" }]).to_string());
    assert_eq!(line_of(&response), (429, "Too Many Requests".to_owned()));
    assert_eq!(
        caller.eloqua.bulk.asked[&crate::bulk::Sort::Import].len(),
        2,
        "what is an hour old is forgotten"
    );
    caller.pass(3600);
    assert_eq!(caller.eloqua.contacts().len(), 1, "the rows of a refused posting are not staged");
}
