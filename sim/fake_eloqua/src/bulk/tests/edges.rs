//! Where rules meet: bounds, retries, blanks, and calls of an older version.

use super::{Caller, by_email, counted, line_of};
use crate::eloqua::Due;
use serde_json::{Value, json};

fn by_uid() -> Value {
    json!({
        "name": "by uid", "fields": {
            "uid": "{{Contact.Field(C_Gigya_UID1)}}", "email": "{{Contact.Field(C_EmailAddress)}}",
            "city": "{{Contact.Field(C_City)}}",
        },
        "identifierFieldName": "uid", "isSyncTriggeredOnImport": false,
    })
}

fn uid_world() -> Value {
    json!({ "contact_fields": ["Gigya UID"], "contacts": [
        { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "ann", "C_City": "Ghent" },
    ] })
}

/// What is kept of refused rows is bounded; how many there are is told exactly.
#[test]
fn refused_rows_are_counted_beyond_what_is_kept() {
    let mut caller = Caller::new(json!({}));
    let fields: serde_json::Map<String, Value> = (0..99)
        .map(|at| (format!("f{at}"), json!("{{Contact.Field(C_City)}}")))
        .chain([("email".to_owned(), json!("{{Contact.Field(C_EmailAddress)}}"))])
        .collect();
    let mut wish = by_email();
    wish["fields"] = Value::Object(fields);
    let rows = vec!["{}"; 100_000].join(",");
    let uri = caller.define("/contacts/imports", wish);
    assert_eq!(caller.send("POST", &format!("{uri}/data"), &[], format!("[{rows}]")).status(), 204);
    let (sync, _) = caller.sync(&uri);
    assert!(caller.counts(&sync).contains(&("00060".to_owned(), 100_000)));
    // A reject of a hundred blanks takes about 4 KB, and 128 MB are kept.
    let listed = caller.get(&format!("{sync}/rejects?limit=1"))["totalResults"].as_u64().unwrap();
    assert!((20_000..60_000).contains(&listed), "{listed}");
}

#[test]
fn a_retry_finds_the_rows() {
    let mut caller = Caller::new(json!({}));
    let uri = caller.define("/contacts/imports", by_email());
    let data = format!("{uri}/data");
    caller.call("POST", &data, json!([{ "email": "ann@brand.example", "first": "A", "city": "x" }]));
    caller.set("eloqua.sync_ends", "error");
    assert_eq!(caller.sync(&uri).1, "error");
    caller.set("eloqua.sync_ends", "as_it_went");
    caller.call("POST", &data, json!([{ "email": "bob@brand.example", "first": "B", "city": "x" }]));
    let (sync, state) = caller.sync(&uri);
    assert_eq!((state.as_str(), caller.counts(&sync)[0].1), ("success", 2));
    assert_eq!(caller.eloqua.contacts()[0]["C_FirstName"], json!("A"), "what came first stays first");
}

#[test]
fn rows_that_a_sync_works_on_take_room() {
    let mut caller = Caller::new(json!({}));
    caller.set("eloqua.licensed_contacts", "1");
    let uri = caller.define("/contacts/imports", by_email());
    let data = format!("{uri}/data");
    let row = json!([{ "email": "ann@brand.example", "first": "x".repeat(40_000) }]);
    assert_eq!(caller.call("POST", &data, row.clone()).0, 204);
    assert_eq!(caller.call("POST", "/syncs", json!({ "syncedInstanceUri": uri })).0, 201);
    caller.pass(1);
    assert_eq!(caller.get("/syncs/1")["status"], json!("active"));
    assert_eq!(caller.call("POST", &data, row.clone()).0, 413);
    caller.pass(5);
    assert_eq!(caller.call("POST", &data, row).0, 204);
}

#[test]
fn staging_expires_by_one_entry_of_the_agenda() {
    let mut caller = Caller::new(json!({}));
    let uri = caller.define("/contacts/imports", by_email());
    let data = format!("{uri}/data");
    let row = json!([{ "email": "ann@brand.example", "first": "A", "city": "x" }]);
    let entries = |caller: &Caller| {
        caller.eloqua.agenda.iter().filter(|(_, due)| matches!(due, Due::DropStaging(_))).count()
    };
    for _ in 0..20 {
        caller.call("POST", &data, row.clone());
        caller.pass(60);
    }
    assert_eq!(entries(&caller), 1);
    caller.sync(&uri);
    caller.call("POST", &data, json!([{ "email": "cid@brand.example", "first": "C", "city": "x" }]));
    assert_eq!(entries(&caller), 1);
    // What is said now about how long counts for what is there.
    let mut shorter = by_email();
    shorter["dataRetentionDuration"] = json!("PT1H");
    assert_eq!(caller.call("PUT", &uri, shorter).0, 200);
    assert_eq!(entries(&caller), 1);
    caller.pass(1800);
    caller.call("POST", &data, json!([{ "email": "bob@brand.example", "first": "B", "city": "x" }]));
    caller.pass(1800);
    caller.sync(&uri);
    let emails: Vec<Value> =
        caller.eloqua.contacts().iter().map(|one| one["C_EmailAddress"].clone()).collect();
    assert_eq!(emails, ["ann@brand.example", "bob@brand.example"]);
    caller.call("POST", &data, row);
    caller.pass(3600);
    let (sync, _) = caller.sync(&uri);
    assert!(caller.counts(&sync).is_empty(), "it expired");
}

#[test]
fn only_syncs_that_have_ended_are_forgotten() {
    let mut caller = Caller::new(json!({}));
    caller.set("eloqua.sync_pending", "1h");
    let import = caller.define("/contacts/imports", by_email());
    let export =
        caller.define("/contacts/exports", json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" } }));
    caller.call("POST", &format!("{import}/data"), json!([{ "email": "ann@brand.example" }]));
    let ask = |caller: &mut Caller, uri: &str| {
        assert_eq!(caller.call("POST", "/syncs", json!({ "syncedInstanceUri": uri })).0, 201);
    };
    ask(&mut caller, &import);
    caller.set("eloqua.sync_pending", "0s");
    caller.set("eloqua.sync_active", "0s");
    ask(&mut caller, &export);
    let other =
        caller.define("/contacts/exports", json!({ "name": "o", "fields": { "id": "{{Contact.Id}}" } }));
    for _ in 0..2000 {
        ask(&mut caller, &other);
    }
    assert_eq!(caller.get("/syncs/1")["status"], json!("pending"), "it still has rows to take");
    assert_eq!(caller.call("GET", "/syncs/2", Value::Null).0, 404);
    let gone = caller.send("GET", &format!("{export}/data"), &[], "");
    assert_eq!(line_of(&gone), (410, "The requested resource is no longer available.".to_owned()));
    caller.pass(2 * 3600);
    caller.get("/syncs/1");
    assert_eq!(caller.eloqua.contacts().len(), 1);
}

/// An export keeps what its columns need and shows it as it was.
#[test]
fn exports_show_what_was_there() {
    let mut caller = Caller::new(json!({
        "contacts": [{ "C_EmailAddress": "ann@brand.example", "C_Company": "Acme" }],
        "accounts": [{ "M_CompanyName": "Acme", "M_City": "Leuven" }],
        "custom_objects": [{ "name": "Orders", "fields": ["No"], "records": [{ "No": "1", "contact": "ann@brand.example" }] }],
    }));
    let contacts = caller.define(
        "/contacts/exports",
        json!({ "name": "c", "fields": {
        "on": "{{Contact.Email.IsSubscribed}}", "city": "{{Contact.Account.Field(M_City)}}",
        "ext": "{{Contact.Field(ContactIDExt)}}",
    } }),
    );
    let records = caller.define(
        "/customObjects/1/exports",
        json!({ "name": "r", "fields": {
        "no": "{{CustomObject[1].Field[1]}}", "who": "{{CustomObject[1].Contact.Field(C_EmailAddress)}}",
        "on": "{{CustomObject[1].Contact.Email.IsSubscribed}}",
    } }),
    );
    let (one, two) = (caller.sync(&contacts).0, caller.sync(&records).0);
    let off =
        json!({ "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "unsubscribed" });
    caller.import("/emailAddresses/imports", json!({
        "name": "off", "fields": { "e": "{{EmailAddress}}" }, "isSyncTriggeredOnImport": false, "syncActions": [off],
    }), json!([{ "e": "ann@brand.example" }]));
    assert_eq!(
        caller.get(&format!("{one}/data"))["items"],
        json!([{ "on": "True", "city": "Leuven", "ext": "CSNDC000001986000" }])
    );
    assert_eq!(
        caller.get(&format!("{two}/data"))["items"],
        json!([{ "no": "1", "who": "ann@brand.example", "on": "True" }])
    );
}

#[test]
fn rows_of_actions_and_addresses_are_accounted_for() {
    let mut caller = Caller::new(uid_world());
    let off =
        json!({ "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "unsubscribed" });
    let csv = [("content-type", "text/csv")];
    let actions = caller.define(
        "/contacts/syncActions",
        json!({
            "name": "a", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "identifierFieldName": "e",
            "isSyncTriggeredOnImport": false, "syncActions": [off.clone()],
        }),
    );
    let addresses = caller.define("/emailAddresses/imports", json!({
        "name": "b", "fields": { "e": "{{EmailAddress}}" }, "isSyncTriggeredOnImport": false, "syncActions": [off],
    }));
    let body = "e,extra\nann@brand.example,1\nbob@brand.example,2,3\n";
    for uri in [&actions, &addresses] {
        assert_eq!(caller.send("POST", &format!("{uri}/data"), &csv, body).status(), 204);
    }
    let (sync, state) = caller.sync(&actions);
    assert_eq!(state, "warning");
    assert_eq!(
        caller.counts(&sync),
        counted(&[("00140", 2), ("00111", 1), ("00001", 2), ("00032", 1), ("00017", 1), ("00060", 1)])
    );
    assert_eq!(caller.get(&format!("{sync}/rejects"))["items"][0]["recordIndex"], json!(2));
    // A blank that is no ASCII belongs to the address and makes it none.
    caller.call(
        "POST",
        &format!("{addresses}/data"),
        json!([{ "e": "cid@brand.example\u{a0}" }, { "e": " new@brand.example " }]),
    );
    let (sync, state) = caller.sync(&addresses);
    assert_eq!(state, "warning");
    assert_eq!(
        caller.counts(&sync),
        counted(&[
            ("00130", 4),
            ("00111", 1),
            ("00001", 4),
            ("00002", 1),
            ("00032", 1),
            ("00003", 4),
            ("00033", 1),
            ("00035", 1),
            ("00060", 2),
            ("00017", 2),
        ])
    );
    let rejects = caller.get(&format!("{sync}/rejects"));
    assert_eq!(rejects["items"][1]["fieldValues"], json!({ "e": "cid@brand.example\u{a0}" }));
}

#[test]
fn a_blank_address_is_left_to_the_other_identifier() {
    let mut caller = Caller::new(uid_world());
    let row = json!([{ "uid": "ann", "email": "", "city": "Diest" }]);
    let (sync, state) = caller.import("/contacts/imports", by_uid(), row);
    assert_eq!(state, "success", "{:?}", caller.counts(&sync));
    let ann = caller.eloqua.contacts()[0].clone();
    assert_eq!((&ann["C_EmailAddress"], &ann["C_City"]), (&json!("ann@brand.example"), &json!("Diest")));
}

#[test]
fn the_last_column_of_the_address_decides() {
    let mut caller = Caller::new(uid_world());
    let mut wish = by_uid();
    wish["fields"]["other"] = json!("{{Contact.Field(C_EmailAddress)}}");
    let row = json!([{ "uid": "bob", "email": "bob@brand.example", "city": "x", "other": "" }]);
    let (sync, _) = caller.import("/contacts/imports", wish, row);
    assert!(caller.counts(&sync).contains(&("00061".to_owned(), 1)));
    assert_eq!(caller.eloqua.contacts().len(), 1, "no contact without an address");
}

#[test]
fn statements_may_hold_blanks() {
    let mut caller = Caller::new(uid_world());
    let rows = caller.export("/contacts/exports", json!({
        "name": "e", "fields": { "e": "{{ Contact . Field( C_EmailAddress ) }}", "id": " {{Contact.Field [ 100001 ]}}" },
        "filter": "'{{ Contact.Field (C_City) }}' = 'Ghent'",
    }));
    assert_eq!(rows, json!([{ "e": "ann@brand.example", "id": "ann@brand.example" }]));
    let (field, _) =
        caller.refused("/contacts/exports", json!({ "name": "e", "fields": { "e": "{{Con tact.Id}}" } }));
    assert_eq!(field, "fields");
}

#[test]
fn a_segment_may_stand_in_parentheses() {
    let mut caller = Caller::new(json!({
        "contacts": [{ "C_EmailAddress": "ann@brand.example" }],
        "segments": [{ "name": "All", "filter": "'{{Contact.Id}}' > '0'" }],
    }));
    let segment = "EXISTS('{{ContactSegment[1]}}')";
    let date = "'{{Contact.CreatedAt}}' >= '2026-01-01'";
    let wish =
        |filter: String| json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" }, "filter": filter });
    for filter in [format!("({segment} AND {date}) AND {date}"), format!("{date} AND ({date} AND {segment})")]
    {
        assert_eq!(caller.export("/contacts/exports", wish(filter)), json!([{ "id": "1986000" }]));
    }
    let three = format!("({segment} AND {date}) AND ({date} AND {date})");
    assert_eq!(caller.refused("/contacts/exports", wish(three)).0, "filter");
}

#[test]
fn numbers_are_rounded_and_names_of_accounts_stay() {
    let mut caller = Caller::new(json!({ "accounts": [{ "M_CompanyName": "Acme", "M_City": "Leuven" }] }));
    let definition = json!({
        "name": "a", "fields": {
            "id": "{{Account.Id}}", "company": "{{Account.Field(M_CompanyName)}}", "staff": "{{Account.Field(M_Employees1)}}",
        },
        "identifierFieldName": "id", "isSyncTriggeredOnImport": false, "nullIdentifierFieldName": true,
    });
    let rows = json!([
        { "id": 1, "company": " ", "staff": 0.123_456 }, { "company": "", "staff": "1" }, { "company": "New", "staff": "1.5e3" },
    ]);
    let (sync, _) = caller.import("/accounts/imports", definition, rows);
    assert_eq!(
        caller.counts(&sync)[2..],
        counted(&[("00061", 1), ("00003", 3), ("00005", 1), ("00023", 1), ("00060", 1)])
    );
    let export = json!({ "name": "e", "fields": {
        "n": "{{Account.Field(M_CompanyName)}}", "s": "{{Account.Field(M_Employees1)}}",
    } });
    assert_eq!(
        caller.export("/accounts/exports", export),
        json!([{ "n": "Acme", "s": "0.1235" }, { "n": "New", "s": "1500.0000" }])
    );
}

/// It is eight in the morning in UTC and three in New York.
#[test]
fn dates_of_accounts_have_the_zone_of_the_export() {
    let mut caller = Caller::new(json!({
        "contacts": [{ "C_EmailAddress": "ann@brand.example", "C_Company": "Acme" }],
        "accounts": [{ "M_CompanyName": "Acme" }],
    }));
    for (family, statement, id) in [
        ("accounts", "{{Account.Field(M_DateCreated)}}", "{{Account.Id}}"),
        ("accounts", "{{Account.Field(M_DateModified)}}", "{{Account.Id}}"),
        ("contacts", "{{Contact.Account.Field(M_DateCreated)}}", "{{Contact.Id}}"),
        ("contacts", "{{Contact.Account.CreatedAt}}", "{{Contact.Id}}"),
    ] {
        for (utc, found) in [(true, 1), (false, 0)] {
            let rows = caller.export(
                &format!("/{family}/exports"),
                json!({
                    "name": "e", "fields": { "id": id }, "areSystemTimestampsInUTC": utc,
                    "filter": format!("'{statement}' >= '2026-01-05 08:00:00'"),
                }),
            );
            assert_eq!(rows.as_array().map_or(0, Vec::len), found, "{statement} {utc}");
        }
    }
}

#[test]
fn records_are_linked_by_any_field() {
    let mut caller = Caller::new(json!({
        "contact_fields": ["Gigya UID"],
        "contacts": [
            { "C_EmailAddress": "a@brand.example", "C_Gigya_UID1": "UID" },
            { "C_EmailAddress": "b@brand.example", "C_Gigya_UID1": "uid" },
        ],
        "custom_objects": [{ "name": "Orders", "fields": ["No", "Buyer"] }],
    }));
    for (sensitive, who) in [(false, "a@brand.example"), (true, "b@brand.example")] {
        let definition = json!({
            "name": "o", "fields": { "no": "{{CustomObject[1].Field[1]}}", "buyer": "{{CustomObject[1].Field[2]}}" },
            "identifierFieldName": "no", "isSyncTriggeredOnImport": false, "mapDataCards": true,
            "mapDataCardsEntityField": "{{Contact.Field(C_Gigya_UID1)}}", "mapDataCardsSourceField": "buyer",
            "mapDataCardsEntityType": "Contact", "mapDataCardsCaseSensitiveMatch": sensitive,
        });
        let rows = json!([{ "no": "1", "buyer": "uid" }, { "no": "2", "buyer": "nobody" }]);
        caller.import("/customObjects/1/imports", definition, rows);
        let rows = caller.export(
            "/customObjects/1/exports",
            json!({ "name": "e", "fields": {
            "who": "{{CustomObject[1].Contact.Field(C_EmailAddress)}}",
        } }),
        );
        assert_eq!(rows, json!([{ "who": who }, { "who": "" }]));
    }
}

#[test]
fn custom_objects_have_sync_actions() {
    let mut caller = Caller::new(json!({ "custom_objects": [{ "name": "Orders", "fields": ["No"] }] }));
    assert_eq!(caller.get("/customObjects/1/syncActions")["totalResults"], json!(0));
    let (field, constraint) = caller.refused("/customObjects/1/syncActions", json!({
        "name": "a", "fields": { "id": "{{CustomObject[1].Id}}" }, "identifierFieldName": "id",
        "syncActions": [{ "action": "setStatus", "destination": "{{ActionInstance(abc).Execution[1]}}", "status": "complete" }],
    }));
    assert_eq!(
        (field.as_str(), constraint.as_str()),
        ("syncActions", "Must reference service instance within a workflow")
    );
}

/// The wrapper for C# mixes words of 1.0 with paths of 2.0.
#[test]
fn dirq() {
    let mut caller = Caller::new(uid_world());
    assert_eq!(caller.get("/contact/fields")["totalResults"], caller.get("/contacts/fields")["totalResults"]);
    let uri = caller.define("/contact/import", by_email());
    assert_eq!(uri, "/contacts/imports/1");
    assert_eq!(caller.call("POST", "/contact/import/1/data", json!([{ "email": "b@brand.example" }])).0, 204);
    assert_eq!(caller.sync("/contact/import/1").1, "success");
    let wish = json!({ "name": "e", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "SecondsToRetainData": 3600 });
    let uri = caller.define("/contact/export", wish);
    assert_eq!(uri.split('/').collect::<Vec<_>>(), ["", "contacts", "exports", "1"]);
    let (sync, _) = caller.sync(&uri);
    for path in ["/contacts/exports/1/results".to_owned(), format!("{sync}/results")] {
        assert_eq!(caller.get(&path)["count"], json!(2), "{path}");
    }
}
