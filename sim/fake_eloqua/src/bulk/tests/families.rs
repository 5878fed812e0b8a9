//! One family beside the other.

use super::{Caller, by_email, counted, json_of, line_of};
use serde_json::{Value, json};

fn world() -> Value {
    json!({
        "contacts": [
            { "C_EmailAddress": "ann@brand.example", "C_Company": "Acme", "C_City": "Ghent" },
            { "C_EmailAddress": "bob@brand.example", "C_Company": "Unknown Ltd", "C_City": "Diest" },
        ],
        "lists": [{ "name": "High Value", "members": ["ann@brand.example"] }],
        "filters": [{ "name": "In Ghent", "filter": "'{{Contact.Field(C_City)}}' = 'ghent'" }],
        "segments": [
            { "name": "Test Segment 1", "filter": "EXISTS('{{ContactFilter[1]}}')" },
            { "name": "By Hand", "members": ["bob@brand.example"] },
        ],
        "accounts": [{ "M_CompanyName": "ACME", "M_City": "Leuven", "M_Employees1": "12" }],
        "account_lists": [{ "name": "Partners", "members": ["acme"] }],
        "custom_objects": [{
            "name": "Orders", "fields": ["Order Id", { "name": "Amount", "dataType": "numeric" }, "Buyer"],
            "display": "Order Id", "unique": "Order Id", "email": "Buyer",
            "records": [{ "Order Id": "o1", "Amount": "7", "contact": "ann@brand.example" }],
        }],
        "activities": [
            { "type": "EmailOpen", "ago": "1d", "contact": "ann@brand.example", "SubjectLine": "Hi", "AssetId": "12" },
            { "type": "Unsubscribe", "ago": "2h", "contact": "bob@brand.example" },
        ],
        "lead_scores": [{
            "name": "Fit", "scores": [
                { "contact": "ann@brand.example", "rating": "A1", "profile": "A", "engagement": 1 },
            ],
        }],
    })
}

#[test]
fn segments_and_filters_are_found_by_name() {
    let mut caller = Caller::new(world());
    // As pyeloqua asks: each blank is a star, and the whole stands in quotes.
    let found = caller.get("/contacts/segments?q=\"name=Test*Segment*1\"");
    assert_eq!(
        found["items"],
        json!([{
            "name": "Test Segment 1", "count": 1, "statement": "{{ContactSegment[1]}}", "uri": "/contacts/segments/1",
            "createdBy": "sync.user", "createdAt": "2026-01-05T08:00:00.0000000Z",
            "updatedBy": "sync.user", "updatedAt": "2026-01-05T08:00:00.0000000Z",
            "executedAt": "2026-01-05T08:00:00.0000000Z",
        }])
    );
    assert_eq!(caller.get("/contacts/segments/2")["count"], json!(1));
    assert_eq!(caller.get("/contacts/filters/1")["statement"], json!("{{ContactFilter[1]}}"));
    assert_eq!(caller.get("/contacts/filters")["totalResults"], json!(1));
    assert_eq!(caller.get("/accounts/lists/1")["statement"], json!("{{AccountList[1]}}"));
    assert_eq!(caller.call("GET", "/contacts/segments/9", Value::Null).0, 404);
    let emails = |caller: &mut Caller, place: &str| {
        let fields = json!({ "e": "{{Contact.Field(C_EmailAddress)}}" });
        let filter = format!(" EXISTS('{{{{{place}}}}}') ");
        caller.export("/contacts/exports", json!({ "name": "e", "fields": fields, "filter": filter }))
    };
    for place in ["ContactList[1]", "ContactSegment[1]", "ContactFilter[1]"] {
        assert_eq!(emails(&mut caller, place), json!([{ "e": "ann@brand.example" }]), "{place}");
    }
    assert_eq!(emails(&mut caller, "ContactSegment[2]"), json!([{ "e": "bob@brand.example" }]));
}

#[test]
fn lead_scores_are_exported() {
    let mut caller = Caller::new(world());
    let model = caller.get("/contacts/scoring/models/1");
    assert_eq!(
        (&model["name"], &model["id"], &model["uri"]),
        (&json!("Fit"), &json!(1), &json!("/contacts/scoring/models/1"))
    );
    let names: Vec<&Value> = model["fields"].as_array().unwrap().iter().map(|field| &field["name"]).collect();
    assert_eq!(names, ["Rating", "ProfileScore", "EngagementScore"]);
    assert_eq!(caller.get("/contacts/scoring/models?q=\"name=Fit\"")["count"], json!(1));
    let fields = json!({
        "r": model["fields"][0]["statement"], "p": model["fields"][1]["statement"], "e": model["fields"][2]["statement"],
    });
    assert_eq!(
        caller.export("/contacts/exports", json!({ "name": "e", "fields": fields })),
        json!([{ "r": "A1", "p": "A", "e": "1" }, { "r": "", "p": "", "e": "" }])
    );
}

#[test]
fn accounts_are_imported_and_exported() {
    let mut caller = Caller::new(world());
    let fields = caller.get("/accounts/fields?q=\"internalName='M_CompanyName'\"");
    let field = &fields["items"][0];
    assert_eq!(
        (&field["statement"], &field["hasNotNullConstraint"]),
        (&json!("{{Account.Field(M_CompanyName)}}"), &json!(true))
    );
    let uri = field["uri"].as_str().unwrap().to_owned();
    assert!(uri.starts_with("/accounts/fields/"));
    assert_eq!(caller.get(&uri)["internalName"], json!("M_CompanyName"));
    // Without an identifier, the company name stands in.
    let definition = json!({
        "name": "a", "fields": {
            "company": "{{Account.Field(M_CompanyName)}}", "city": "{{Account.Field(M_City)}}",
            "staff": "{{Account.Field(M_Employees1)}}",
        },
        "isSyncTriggeredOnImport": false,
        "syncActions": [{ "action": "add", "destination": "{{AccountList[1]}}" }],
    });
    let rows = json!([
        { "company": "acme", "city": "Gent" }, { "company": "Unknown Ltd", "staff": "many" }, { "city": "Nowhere" },
    ]);
    let (sync, state) = caller.import("/accounts/imports", definition, rows);
    assert_eq!(state, "warning");
    assert_eq!(
        caller.counts(&sync),
        counted(&[
            ("00130", 3),
            ("00001", 3),
            ("00061", 1),
            ("00003", 3),
            ("00005", 1),
            ("00023", 1),
            ("00040", 1),
            ("00060", 1),
            ("00144", 1),
            ("00114", 1),
        ])
    );
    assert_eq!(
        caller.export("/accounts/exports", json!({
            "name": "a", "fields": {
                "id": "{{Account.Id}}", "ext": "{{Account.Field(CompanyIDExt)}}", "name": "{{Account.Field(M_CompanyName)}}",
                "city": "{{Account.Field(M_City)}}", "staff": "{{Account.Field(M_Employees1)}}",
            },
            "filter": "'{{Account.Field(M_City)}}' != 'x' AND EXISTS('{{AccountList[1]}}')",
        })),
        json!([
            { "id": "1", "ext": "ASNDC000000000001", "name": "acme", "city": "Gent", "staff": "12.0000" },
            { "id": "2", "ext": "ASNDC000000000002", "name": "Unknown Ltd", "city": "", "staff": "" },
        ])
    );
    // Contacts see the account that bears their company's name.
    assert_eq!(
        caller.export("/contacts/exports", json!({
            "name": "c", "fields": {
                "city": "{{Contact.Account.Field(M_City)}}", "company": "{{Contact.Account.Field(M_CompanyName)}}",
            },
        })),
        json!([{ "city": "Gent", "company": "acme" }, { "city": "", "company": "Unknown Ltd" }])
    );
    assert_eq!(caller.get("/accounts/imports/1")["uri"], json!("/accounts/imports/1"));
}

#[test]
fn custom_objects_are_discovered() {
    let mut caller = Caller::new(world());
    assert_eq!(
        caller.get("/customObjects")["items"],
        json!([{
            "name": "Orders", "displayNameFieldUri": "/customObjects/1/fields/1",
            "emailAddressFieldUri": "/customObjects/1/fields/3", "uniqueFieldUri": "/customObjects/1/fields/1",
            "uri": "/customObjects/1", "createdBy": "sync.user", "createdAt": "2026-01-05T08:00:00.0000000Z",
            "updatedBy": "sync.user", "updatedAt": "2026-01-05T08:00:00.0000000Z",
        }])
    );
    assert_eq!(caller.get("/customobjects/1")["name"], json!("Orders"));
    let fields = caller.get("/customObjects/1/fields");
    let field = &fields["items"][1];
    assert_eq!(
        (&field["statement"], &field["internalName"], &field["dataType"], &field["uri"]),
        (
            &json!("{{CustomObject[1].Field[2]}}"),
            &json!("Amount1"),
            &json!("number"),
            &json!("/customObjects/1/fields/2")
        )
    );
    assert_eq!(caller.call("GET", "/customObjects/9/fields", Value::Null).0, 404);
    assert_eq!(caller.call("POST", "/customObjects/9/imports", json!({})).0, 404);
    assert_eq!(caller.get("/customObjects/1/lists")["totalResults"], json!(0));
}

#[test]
fn custom_object_records_are_linked_to_contacts() {
    let mut caller = Caller::new(world());
    let definition = json!({
        "name": "o", "fields": {
            "order": "{{CustomObject[1].Field[1]}}", "amount": "{{CustomObject[1].Field[2]}}",
            "buyer": "{{CustomObject[1].Field[3]}}",
        },
        "identifierFieldName": "order", "isSyncTriggeredOnImport": false,
        // As Oracle's own sample writes it.
        "mapDataCards": "true", "mapDataCardsEntityField": "{{Contact.Field(C_EmailAddress)}}",
        "mapDataCardsSourceField": "buyer", "mapDataCardsEntityType": "Contact", "mapDataCardsCaseSensitiveMatch": "false",
    });
    let rows = json!([
        { "order": "O1", "amount": "8" }, { "order": "o2", "amount": 3, "buyer": "BOB@brand.example" },
        { "order": "o3", "buyer": "nobody@brand.example" },
    ]);
    let (sync, state) = caller.import("/customObjects/1/imports", definition.clone(), rows);
    assert_eq!(state, "success");
    assert_eq!(
        caller.counts(&sync),
        counted(&[("00130", 3), ("00001", 3), ("00003", 3), ("00007", 2), ("00012", 1), ("00025", 1)])
    );
    let echoed = caller.get("/customObjects/1/imports/1");
    assert_eq!(
        (&echoed["mapDataCards"], &echoed["uri"]),
        (&json!(true), &json!("/customObjects/1/imports/1"))
    );
    assert_eq!(
        caller.export("/customObjects/1/exports", json!({
            "name": "o", "fields": {
                "id": "{{CustomObject[1].Id}}", "order": "{{CustomObject[1].Field[1]}}",
                "amount": "{{CustomObject[1].Field[2]}}", "who": "{{CustomObject[1].Contact.Field(C_EmailAddress)}}",
                "on": "{{CustomObject[1].Contact.Email.IsSubscribed}}", "at": "{{CustomObject[1].UpdatedAt}}",
            },
            "filter": "'{{CustomObject[1].Contact.Field(C_City)}}' = 'Diest' OR '{{CustomObject[1].Field[2]}}' >= '8'",
            "areSystemTimestampsInUTC": true,
        })),
        json!([
            { "id": "1", "order": "O1", "amount": "8.0000", "who": "ann@brand.example", "on": "True", "at": "2026-01-05 08:00:02.000" },
            { "id": "2", "order": "o2", "amount": "3.0000", "who": "bob@brand.example", "on": "True", "at": "2026-01-05 08:00:02.000" },
        ])
    );
    // Without an identifier every row is a new record.
    let mut fresh = definition.clone();
    fresh["identifierFieldName"] = Value::Null;
    let (sync, _) =
        caller.import("/customObjects/1/imports", fresh, json!([{ "order": "o2" }, { "order": "o2" }]));
    assert!(caller.counts(&sync).contains(&("00007".to_owned(), 2)));
    for (member, value, field) in [
        ("mapDataCardsSourceField", json!("other"), "mapDataCardsSourceField"),
        ("mapDataCardsEntityField", json!("{{Contact.Field(C_None)}}"), "mapDataCardsEntityField"),
        ("mapDataCardsEntityType", json!("Company"), "mapDataCardsEntityType"),
        ("identifierFieldName", json!("nobody"), "identifierFieldName"),
    ] {
        let mut wrong = definition.clone();
        wrong[member] = value;
        assert_eq!(caller.refused("/customObjects/1/imports", wrong).0, field);
    }
}

#[test]
fn activities_are_discovered_by_type() {
    let mut caller = Caller::new(world());
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
        let items = fields["items"].as_array().unwrap();
        let has = |statement: &str| items.iter().any(|item| item["statement"] == *statement);
        assert!(
            has("{{Activity.Id}}") && has("{{Activity.Type}}") && has("{{Activity.CreatedAt}}"),
            "{kind}"
        );
        assert!(items.iter().all(|item| item["activityTypes"].as_array().unwrap().contains(&json!(kind))));
        // Opt-outs carry no contact.
        assert_eq!(has("{{Activity.Contact.Id}}"), !["Subscribe", "Unsubscribe"].contains(&kind), "{kind}");
    }
    let types = caller.get("/activities/types");
    assert_eq!(types["totalResults"], json!(9));
    assert_eq!(caller.get("/activities/types/1")["name"], types["items"][0]["name"]);
    assert_eq!(caller.call("GET", "/activities/fields?activityType=Dance", Value::Null).0, 400);
    assert_eq!(caller.call("POST", "/activities/imports", json!({})).0, 404, "activities are only exported");
}

#[test]
fn opt_outs_are_activities() {
    let mut caller = Caller::new(world());
    let off =
        json!({ "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "unsubscribed" });
    caller.import(
        "/emailAddresses/imports",
        json!({
            "name": "off", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "isSyncTriggeredOnImport": false,
            "syncActions": [off],
        }),
        json!([{ "e": "ann@brand.example" }, { "e": "stranger@brand.example" }]),
    );
    let rows = caller.export("/activities/exports", json!({
        "name": "out", "fields": {
            "ActivityType": "{{Activity.Type}}", "EmailAddress": "{{Activity.Field(EmailAddress)}}",
            "ContactId": "{{Activity.Contact.Id}}", "CreatedAt": "{{Activity.CreatedAt}}",
        },
        "filter": "'{{Activity.CreatedAt}}' >= '2026-01-05 08:00:00' AND '{{Activity.CreatedAt}}' < '2026-01-05 09:00:00' \
            AND '{{Activity.Type}}' = 'Unsubscribe'",
        "areSystemTimestampsInUTC": true,
    }));
    let row = |email: &str| json!({ "ActivityType": "Unsubscribe", "EmailAddress": email, "ContactId": "", "CreatedAt": "2026-01-05 08:00:02.000" });
    assert_eq!(rows, json!([row("ann@brand.example"), row("stranger@brand.example")]));
    // An open carries its contact, and what was sent.
    assert_eq!(
        caller.export("/activities/exports", json!({
            "name": "open", "fields": {
                "who": "{{Activity.Contact.Id}}", "city": "{{Activity.Contact.Field(C_City)}}",
                "subject": "{{Activity.Field(SubjectLine)}}", "asset": "{{Activity.Asset.Id}}", "at": "{{Activity.CreatedAt}}",
            },
            "filter": "'{{Activity.Type}}'='EmailOpen'",
        })),
        json!([{ "who": "1986000", "city": "Ghent", "subject": "Hi", "asset": "12", "at": "2026-01-04 03:00:00.000" }])
    );
}

#[test]
fn definitions_of_all_families_are_listed() {
    let mut caller = Caller::new(world());
    caller.define("/contacts/imports", by_email());
    caller.define(
        "/accounts/imports",
        json!({ "name": "a", "fields": { "n": "{{Account.Field(M_CompanyName)}}" } }),
    );
    caller.define("/contacts/exports", json!({ "name": "c", "fields": { "id": "{{Contact.Id}}" } }));
    caller.define(
        "/customObjects/1/exports",
        json!({ "name": "o", "fields": { "id": "{{CustomObject[1].Id}}" } }),
    );
    let uris = |caller: &mut Caller, path: &str| {
        let all = caller.get(path);
        let items = all["items"].as_array().unwrap();
        items.iter().map(|item| item["uri"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(uris(&mut caller, "/imports"), ["/contacts/imports/1", "/accounts/imports/1"]);
    assert_eq!(uris(&mut caller, "/exports"), ["/contacts/exports/1", "/customObjects/1/exports/1"]);
    assert_eq!(uris(&mut caller, "/accounts/imports"), ["/accounts/imports/1"]);
    let priorities = caller.get("/imports/priorities");
    let first = priorities["items"][0]["uri"].as_str().unwrap().to_owned();
    assert_eq!(caller.get(&first), priorities["items"][0]);
    let mut wish = by_email();
    wish["importPriorityUri"] = json!(first);
    caller.define("/contacts/imports", wish.clone());
    wish["importPriorityUri"] = json!("/imports/priorities/99");
    assert_eq!(caller.refused("/contacts/imports", wish).0, "importPriorityUri");
}

#[test]
fn families_that_are_not_bought_say_so() {
    let mut caller = Caller::new(json!({}));
    for path in [
        "/events",
        "/events/3/fields",
        "/Campaigns",
        "/campaignResponses/imports",
        "/opportunities/fields",
        "/phoneNumbers/exports/1/data",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let response = caller.send(method, path, &[], "");
            let expected = (403, "This service has not been enabled for your site.".to_owned());
            assert_eq!(line_of(&response), expected, "{method} {path}");
        }
    }
    let response = caller.send("GET", "/nothing", &[], "");
    assert_eq!(line_of(&response), (404, "The requested resource was not found.".to_owned()));
    assert_eq!(json_of(&response), Value::Null);
}

#[test]
fn definitions_and_syncs_bear_their_users() {
    let mut caller = Caller::new(json!({
        "site": { "users": [{ "name": "second.user", "password": crate::DEFAULT_PASSWORD }] },
    }));
    let uri = caller.define("/contacts/imports", by_email());
    caller.user = "second.user";
    caller.call("PUT", &uri, by_email());
    let seen = caller.get(&uri);
    assert_eq!((&seen["createdBy"], &seen["updatedBy"]), (&json!("sync.user"), &json!("second.user")));
    let (sync, _) = caller.sync(&uri);
    assert_eq!(caller.get(&sync)["createdBy"], json!("second.user"));
}
