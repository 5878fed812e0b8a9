//! The REST API, as callers see it.

use crate::caller::{BASE, Caller, basic, json_of, line_of, request};
use crate::eloqua::{DEFAULT_PASSWORD, Eloqua};
use proptest::prelude::*;
use serde_json::{Value, json};

fn people() -> Value {
    json!({
        "contact_fields": ["Gigya UID", { "name": "Born", "dataType": "date" }],
        "email_groups": ["Newsletter", { "name": "Offers", "require_opt_in": true }],
        "contacts": [
            { "C_EmailAddress": "ann@brand.example", "C_City": "Ghent", "C_FirstName": "Ann" },
            { "C_EmailAddress": "Bob@brand.example", "C_FirstName": "bob" },
            { "C_EmailAddress": "cid@brand.example", "C_FirstName": "Cid" },
        ],
    })
}

fn requirement(body: &Value) -> &str {
    body[0]["requirement"]["type"].as_str().unwrap_or_default()
}

fn names(page: &Value) -> Vec<&str> {
    page["elements"].as_array().unwrap().iter().map(|element| element["name"].as_str().unwrap()).collect()
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn members_stand_in_the_recorded_order() {
    let mut caller = Caller::new(people());
    let partial = [
        "type",
        "currentStatus",
        "id",
        "createdAt",
        "depth",
        "name",
        "updatedAt",
        "emailAddress",
        "emailFormatPreference",
        "firstName",
        "isBounceback",
        "isSubscribed",
        "subscriptionDate",
        "city",
    ];
    let path = "/api/rest/1.0/data/contact/1986000";
    assert_eq!(members(&caller.get(&format!("{path}?depth=partial"))), partial);
    let minimal = ["type", "id", "createdAt", "depth", "name", "updatedAt", "emailAddress"];
    assert_eq!(members(&caller.get(&format!("{path}?DEPTH=Minimal"))), minimal);
    for odd in ["", "?depth=", "?depth=abyss", "?depth=complete"] {
        assert_eq!(caller.get(&format!("{path}{odd}"))["depth"], json!("complete"), "{odd}");
    }
    for value in caller.get(path).as_object().unwrap().values() {
        assert!(value.is_string() || value.is_array(), "every scalar is text: {value}");
    }
    caller.call("POST", "/api/rest/1.0/assets/contact/list", json!({ "name": "High Value" }));
    let list = [
        "type",
        "id",
        "createdAt",
        "createdBy",
        "depth",
        "folderId",
        "name",
        "permissions",
        "updatedAt",
        "updatedBy",
        "count",
        "dataLookupId",
        "scope",
    ];
    let shown = caller.get("/api/rest/1.0/assets/contact/list/1");
    assert_eq!(members(&shown), list);
    assert_eq!((&shown["permissions"], &shown["count"]), (&json!("fullControl"), &json!("0")));
    assert_eq!(shown["dataLookupId"].as_str().map(str::len), Some(36));
    assert!(caller.get("/api/rest/2.0/assets/contact/list/1")["permissions"].is_array());
}

#[test]
fn names_of_members_have_no_case_and_null_is_absent() {
    let mut caller = Caller::new(people());
    let path = "/api/rest/1.0/data/contact/1986000";
    let body = json!({
        "ID": 1_986_000, "EMAILADDRESS": "ann@new.example", "accountname": "Brand", "firstName": null,
        "isBounceBack": true, "isSubscribed": false, "unknown": { "a": [] }, "fieldValues": [
            { "id": 100_195, "value": 42 }, { "id": "100196", "value": "1767600000" }, { "type": "FieldValue" },
            { "id": "100032", "value": "read-only" },
        ],
    });
    let (status, shown) = caller.call("PUT", path, body);
    assert_eq!(status, 200);
    for (member, expected) in [
        ("initialId", "1986000"),
        ("emailAddress", "ann@new.example"),
        ("accountName", "Brand"),
        ("firstName", "Ann"),
        ("isBounceback", "true"),
        ("isSubscribed", "false"),
        ("unsubscriptionDate", "1767600000"),
        ("bouncebackDate", "1767600000"),
    ] {
        assert_eq!(shown[member], json!(expected), "{member}");
    }
    let values = shown["fieldValues"].as_array().unwrap();
    let of = |id: &str| values.iter().find(|value| value["id"] == *id).map(|value| value["value"].clone());
    assert_eq!((of("100195"), of("100196")), (Some(json!("42")), Some(json!("1767600000"))));
    assert_eq!(of("100032"), Some(json!("CSNDC000001986000")));
    assert!(shown.get("createdBy").is_none() && shown.get("updatedBy").is_none());
}

#[test]
fn bodies_that_cannot_be_taken_change_nothing() {
    let mut caller = Caller::new(people());
    let before = caller.eloqua.contacts();
    let long = "x".repeat(33 << 20);
    for (body, phrase) in [
        (&b"{"[..], "There was a parsing error."),
        (b"", "There was a parsing error."),
        (b"{\"firstName\":\"\xff\"}", "There was a parsing error."),
        (b"[]", "There was a serialization error."),
        (b"\"text\"", "There was a serialization error."),
        (b"{\"firstName\":{\"a\":1},\"city\":\"X\"}", "There was a serialization error."),
        (b"{\"fieldValues\":\"none\",\"city\":\"X\"}", "There was a serialization error."),
        (b"{\"fieldValues\":[1],\"city\":\"X\"}", "There was a serialization error."),
        (long.as_bytes(), "There was a parsing error."),
    ] {
        let response = caller.raw("PUT", "/api/rest/1.0/data/contact/1986000", body.to_vec());
        assert_eq!(line_of(&response), (400, phrase.to_owned()));
        assert!(response.body().is_empty());
    }
    let valid = [
        (json!({ "fieldValues": [{ "id": "7", "value": "x" }] }), "RelationshipRequirement"),
        (json!({ "fieldValues": [{ "id": "x", "value": "x" }] }), "RelationshipRequirement"),
        (json!({ "fieldValues": [{ "id": "100196", "value": "soon" }] }), "DateRequirement"),
        (json!({ "city": "X", "isSubscribed": "perhaps" }), "BooleanRequirement"),
        (json!({ "city": "X", "emailFormatPreference": "pigeon" }), "EnumRequirement"),
        (json!({ "city": "X", "emailAddress": "a b@brand.example" }), "EmailAddressRequirement"),
        (json!({ "city": "X", "emailAddress": "ann\u{a0}@brand.example" }), "EmailAddressRequirement"),
        (json!({ "city": "x".repeat(101) }), "ValidTextLengthRequirement"),
    ];
    for (body, expected) in valid {
        let (status, answer) = caller.call("PUT", "/api/rest/2.0/data/contact/1986000", body);
        assert_eq!((status, requirement(&answer)), (400, expected));
        assert_eq!(
            answer[0]["container"],
            json!({ "type": "ObjectKey", "objectType": "Contact", "objectId": "1986000" })
        );
    }
    assert_eq!(caller.eloqua.contacts(), before);
}

#[test]
fn pages_and_orders() {
    let mut caller = Caller::new(people());
    for (query, expected) in [
        ("page=0&orderBy=&search=", vec!["ann@brand.example", "Bob@brand.example", "cid@brand.example"]),
        ("orderBy=name DESC&count=2", vec!["cid@brand.example", "Bob@brand.example"]),
        ("sort=firstName", vec!["ann@brand.example", "Bob@brand.example", "cid@brand.example"]),
        ("sort=C_FirstName&dir=desc&count=1&page=2", vec!["Bob@brand.example"]),
        ("orderBy=id+desc&count=1", vec!["cid@brand.example"]),
        ("page=9", vec![]),
    ] {
        let page = caller.get(&format!("/api/rest/2.0/data/contacts?{query}"));
        assert_eq!(names(&page), expected, "{query}");
        assert_eq!(page["total"], json!(3));
    }
    for query in ["count=0", "count=1001", "count=x", "page=x", "lastUpdatedAt=soon"] {
        let (status, body) = caller.call("GET", &format!("/api/rest/2.0/data/contacts?{query}"), Value::Null);
        assert_eq!((status, body[0]["type"].as_str()), (400, Some("EndpointParameterError")), "{query}");
    }
}

#[test]
fn what_was_deleted_is_told() {
    let mut caller = Caller::new(people());
    caller.pass(60);
    caller.call("DELETE", "/api/rest/1.0/data/contact/1986001", json!({ "id": "1986001" }));
    let since = "/api/rest/1.0/data/contacts?lastUpdatedAt=1767600060";
    let page = caller.get(since);
    assert_eq!((names(&page), &page["total"]), (vec!["Bob@brand.example"], &json!(1)));
    assert_eq!(page["elements"][0]["updatedAt"], json!("1767600060"));
    assert_eq!(caller.get("/api/rest/1.0/data/contacts")["total"], json!(2));
    caller.call("POST", "/api/rest/1.0/assets/contact/list", json!({ "name": "Gone" }));
    caller.call("DELETE", "/api/rest/1.0/assets/contact/list/1", Value::Null);
    let lists = "/api/rest/2.0/assets/contact/lists?lastUpdatedAt=0";
    assert_eq!(names(&caller.get(lists)), ["Gone"]);
    caller.set("eloqua.list_deleted", "false");
    assert_eq!((&caller.get(since)["total"], &caller.get(lists)["total"]), (&json!(0), &json!(0)));
}

#[test]
fn deletions_follow_their_knob() {
    for (knob, expected) in [("200", (200, "OK")), ("204", (204, "No Content"))] {
        let mut caller = Caller::new(people());
        caller.set("eloqua.delete_status", knob);
        let response = caller.raw("DELETE", "/api/rest/2.0/data/contact/1986000", "{\"id\":\"1986000\"}");
        assert_eq!(line_of(&response), (expected.0, expected.1.to_owned()));
        assert!(response.body().is_empty() && !response.headers().contains_key("content-type"));
        assert_eq!(caller.raw("DELETE", "/api/rest/2.0/data/contact/1986000", "").status(), 404);
    }
}

#[test]
fn contacts_may_lack_an_address() {
    let mut caller = Caller::new(people());
    let new = json!({ "firstName": "Eve" });
    let (status, body) = caller.call("POST", "/api/rest/1.0/data/contact", new.clone());
    assert_eq!((status, requirement(&body)), (400, "NotNullRequirement"));
    let blank = json!({ "emailAddress": "" });
    let (status, body) = caller.call("PUT", "/api/rest/1.0/data/contact/1986000", blank.clone());
    assert_eq!((status, requirement(&body)), (400, "EmailAddressRequirement"));
    caller.set("eloqua.contacts_without_address", "true");
    for _ in 0..2 {
        let (status, body) = caller.call("POST", "/api/rest/1.0/data/contact", new.clone());
        assert_eq!((status, body.get("emailAddress")), (201, None));
    }
    assert_eq!(caller.call("PUT", "/api/rest/1.0/data/contact/1986000", blank).0, 200);
    assert_eq!(
        caller
            .call("PUT", "/api/rest/1.0/data/contact/1986001", json!({ "emailAddress": "ann@brand.example" }))
            .0,
        200
    );
}

#[test]
fn a_contact_has_more_than_fields() {
    let mut caller = Caller::new(people());
    let (_, shown) = caller.call(
        "PUT",
        "/api/rest/2.0/data/contact/1986000",
        json!({ "description": "VIP", "isSmsSubscribed": "false" }),
    );
    assert_eq!((&shown["description"], &shown["isSmsSubscribed"]), (&json!("VIP"), &json!("false")));
    let first = caller.get("/api/rest/1.0/data/contact/1986000");
    assert_eq!((&first["description"], first.get("isSmsSubscribed")), (&json!("VIP"), None));
}

#[test]
fn defaults_are_told_by_the_answer_after_the_first() {
    let mut caller = Caller::new(json!({ "contact_fields": [{ "name": "Tier", "defaultValue": "Bronze" }] }));
    let tier = |contact: &Value| {
        let values = contact["fieldValues"].as_array().unwrap();
        values.iter().find(|value| value["id"] == "100195").map(|value| value["value"].clone())
    };
    let new = json!({ "emailAddress": "ann@brand.example" });
    let (status, made) = caller.call("POST", "/api/rest/1.0/data/contact", new);
    assert_eq!((status, tier(&made)), (201, Some(Value::Null)), "the field is there, its value is not");
    let (_, changed) = caller.call("PUT", "/api/rest/1.0/data/contact/1986000", json!({ "id": "1986000" }));
    assert_eq!(tier(&changed), Some(json!("Bronze")));
}

#[test]
fn a_contact_names_its_account() {
    let mut world = people();
    world["accounts"] = json!([{ "M_CompanyName": "Other" }, { "M_CompanyName": "Brand" }]);
    let mut caller = Caller::new(world);
    let account = caller.eloqua.store.records.account_named("Brand").unwrap().id;
    let path = "/api/rest/1.0/data/contact/1986000";
    assert_eq!(caller.get(path).get("accountId"), None);
    let (_, shown) = caller.call("PUT", path, json!({ "accountName": "brand" }));
    assert_eq!(shown["accountId"], json!(account.to_string()));
}

#[test]
fn fields_have_rules() {
    let mut caller =
        Caller::new(json!({ "option_lists": [{ "name": "Colours", "options": ["Red", "Blue"] }] }));
    let create = "/api/rest/1.0/assets/contact/field";
    for (body, expected) in [
        (json!({}), "NotNullRequirement"),
        (json!({ "name": " " }), "NotNullRequirement"),
        (json!({ "name": "x".repeat(101) }), "ValidTextLengthRequirement"),
        (json!({ "name": "first name" }), "UniquenessRequirement"),
        (json!({ "name": "a", "dataType": "emailAddress" }), "EnumRequirement"),
        (json!({ "name": "a", "displayType": "slider" }), "EnumRequirement"),
        (json!({ "name": "a", "updateType": "sometimes" }), "EnumRequirement"),
        (
            json!({ "name": "a", "dataType": "numeric", "displayType": "singleSelect" }),
            "RelationshipRequirement",
        ),
        (json!({ "name": "a", "optionListId": "9" }), "RelationshipRequirement"),
        (json!({ "name": "a", "dataType": "numeric", "defaultValue": "many" }), "SyntaxRequirement"),
    ] {
        let (status, answer) = caller.call("POST", create, body.clone());
        assert_eq!((status, requirement(&answer)), (400, expected), "{body}");
    }
    caller.set("eloqua.duplicate_field", "409");
    assert_eq!(caller.call("POST", create, json!({ "name": "City" })).0, 409);
    let pick = json!({
        "name": "Colour", "dataType": "text", "displayType": "singleSelect", "updateType": "newNotBlank",
        "optionListId": "1", "internalName": "C_Mine", "description": "d",
    });
    let (status, made) = caller.call("POST", create, pick);
    assert_eq!(
        (status, &made["internalName"], &made["optionListId"]),
        (201, &json!("C_Colour1"), &json!("1"))
    );
    let later = caller.get("/api/rest/2.0/assets/contact/field/100195");
    for member in [
        "createdAt",
        "createdBy",
        "updatedAt",
        "updatedBy",
        "isCaseSensitive",
        "isAccountLinkageField",
        "isProtected",
    ] {
        assert!(later[member].is_string() && made.get(member).is_none(), "{member}");
    }
    caller.call("POST", create, json!({ "name": "Born", "dataType": "date" }));
    assert!(caller.get("/api/rest/1.0/assets/contact/field/100196")["outputFormatId"].is_string());
    let (_, blanked) =
        caller.call("PUT", "/api/rest/1.0/assets/contact/field/100195", json!({ "name": "Colour" }));
    assert_eq!((blanked.get("description"), &blanked["updateType"]), (None, &json!("always")));
    let (status, answer) =
        caller.call("PUT", "/api/rest/1.0/assets/contact/field/100026", json!({ "name": "x" }));
    assert_eq!((status, requirement(&answer)), (400, "ImmutabilityRequirement"));
    let found =
        caller.get("/api/rest/1.0/assets/contact/fields?search=internalName='C_*'name='born'&depth=complete");
    assert_eq!((&found["total"], &found["elements"][0]["dataType"]), (&json!(1), &json!("date")));
    for at in 0..248 {
        assert_eq!(caller.call("POST", create, json!({ "name": format!("Field {at}") })).0, 201);
    }
    assert_eq!(caller.call("POST", create, json!({ "name": "One more" })).0, 400, "250 at most");
}

#[test]
fn fields_are_used() {
    let mut caller = Caller::new(json!({
        "contact_fields": ["Gigya UID", "Spare"],
        "imports": [{ "name": "in", "user": "u", "mapping": { "uid": "C_Gigya_UID1", "e": "C_EmailAddress" } }],
    }));
    caller.call("POST", "/api/bulk/2.0/contacts/exports", json!({
        "name": "out", "fields": { "id": "{{Contact.Id}}" }, "filter": "'{{Contact.Field(C_Gigya_UID1)}}' != ''",
    }));
    let used = caller.get("/api/rest/1.0/assets/contact/field/100195/dependencies");
    assert_eq!(names(&used), ["out", "in"]);
    assert_eq!(caller.get("/api/rest/1.0/assets/contact/field/100196/dependencies")["total"], json!(0));
    let path = "/api/rest/1.0/assets/contact/field/100195";
    assert_eq!(caller.call("DELETE", path, Value::Null).0, 409);
    caller.set("eloqua.dependency", "412");
    let response = caller.raw("DELETE", path, "");
    let phrase = "The resource you are attempting to delete has dependencies, and cannot be deleted";
    assert_eq!(line_of(&response), (412, phrase.to_owned()));
    assert_eq!(json_of(&response)[0]["type"], json!("ObjectValidationError"));
    assert_eq!(caller.call("DELETE", "/api/rest/1.0/assets/contact/field/100196", Value::Null).0, 200);
}

#[test]
fn groups_are_kept() {
    let mut caller = Caller::new(people());
    assert_eq!(names(&caller.get("/api/rest/1.0/assets/email/groups?search=O*")), ["Offers"]);
    let new =
        json!({ "name": "Trials", "displayName": "Free trials", "emailHeaderId": 3, "requireOptIn": "true" });
    let (status, made) = caller.call("POST", "/API/REST/2.0/assets/email/group", new);
    assert_eq!(
        (status, made),
        (
            201,
            json!({
                "type": "EmailGroup", "id": "3", "createdAt": "1767600000", "createdBy": "222", "depth": "complete",
                "name": "Trials", "permissions": ["Retrieve", "SetSecurity", "Delete", "Update"],
                "updatedAt": "1767600000", "updatedBy": "222", "displayName": "Free trials", "emailHeaderId": "3",
                "emailIds": [], "requireOptIn": "true",
            })
        )
    );
    let (status, answer) =
        caller.call("POST", "/API/REST/2.0/assets/email/group", json!({ "name": "newsletter" }));
    assert_eq!((status, requirement(&answer)), (400, "UniquenessRequirement"));
    let path = "/api/rest/2.0/assets/email/group/3";
    assert_eq!(caller.call("PUT", path, json!({ "name": "Trial" })).1["displayName"], json!("Trial"));
    assert_eq!(caller.call("DELETE", path, Value::Null).0, 200);
    assert_eq!(caller.call("GET", path, Value::Null).0, 404);
    let (_, next) = caller.call("POST", "/API/REST/2.0/assets/email/group", json!({ "name": "Trials" }));
    assert_eq!(next["id"], json!("4"), "an id is never given twice");
}

#[test]
fn subscriptions_by_group() {
    let mut caller = Caller::new(people());
    let contact = "/api/rest/2.0/data/contact/1986000";
    let all = caller.get(&format!("{contact}/email/groups/subscription"));
    let on = |page: &Value| -> Vec<String> {
        let elements = page["elements"].as_array().unwrap().iter();
        elements.map(|one| one["isSubscribed"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((on(&all), &all["total"]), (vec!["true".to_owned(), "false".to_owned()], &json!(2)));
    caller.pass(60);
    let path = format!("{contact}/email/group/1/subscription");
    let wish = json!({ "type": "ContactEmailSubscription", "contactId": "1986000", "emailGroup": { "id": "1" }, "isSubscribed": "false" });
    let (status, set) = caller.call("PUT", &path, wish.clone());
    assert_eq!(
        (
            status,
            &set["type"],
            &set["contactId"],
            &set["isSubscribed"],
            &set["updatedAt"],
            &set["emailGroup"]["name"]
        ),
        (
            200,
            &json!("ContactEmailSubscription"),
            &json!("1986000"),
            &json!("false"),
            &json!("1767600060"),
            &json!("Newsletter")
        )
    );
    assert_eq!(caller.get(&path)["isSubscribed"], json!("false"));
    assert_eq!(caller.get(contact)["isSubscribed"], json!("true"), "the global answer is another");
    for member in ["contactId", "emailGroup", "isSubscribed"] {
        let mut short = wish.clone();
        short.as_object_mut().unwrap().remove(member);
        let (status, answer) = caller.call("PUT", &path, short);
        assert_eq!(
            (status, answer[0]["property"].as_str(), requirement(&answer)),
            (400, Some(member), "NotNullRequirement")
        );
    }
    for missing in [
        "/api/rest/2.0/data/contact/5/email/group/1/subscription",
        "/api/rest/2.0/data/contact/1986000/email/group/9/subscription",
    ] {
        assert_eq!(caller.call("GET", missing, Value::Null).0, 404);
    }
    // The answer is the address's: it stays behind when the contact takes another one.
    caller.call("PUT", contact, json!({ "emailAddress": "ann@new.example" }));
    assert_eq!(caller.get(&path)["isSubscribed"], json!("true"));
    caller.call("PUT", contact, json!({ "emailAddress": "ANN@brand.example" }));
    assert_eq!(caller.get(&path)["isSubscribed"], json!("false"));
}

#[test]
fn option_lists_are_kept() {
    let mut caller = Caller::new(json!({ "option_lists": [{ "name": "Colours", "options": ["Red"] }] }));
    let path = "/api/rest/1.0/assets/optionList/1";
    assert_eq!(
        caller.get(path)["elements"],
        json!([{ "type": "Option", "displayName": "Red", "value": "Red" }])
    );
    let (status, changed) = caller.call(
        "PUT",
        path,
        json!({ "name": "Colours", "elements": [{ "displayName": "Blau", "value": "b" }] }),
    );
    assert_eq!((status, &changed["elements"][0]["value"]), (200, &json!("b")));
    let (status, made) = caller.call("POST", "/api/rest/2.0/assets/optionList", json!({ "name": "Sizes" }));
    assert_eq!((status, &made["id"]), (201, &json!("2")));
    assert_eq!(
        names(&caller.get("/api/rest/2.0/assets/optionLists?orderBy=name desc")),
        ["Sizes", "Colours"]
    );
    caller.call(
        "POST",
        "/api/rest/1.0/assets/contact/field",
        json!({ "name": "Colour", "displayType": "singleSelect", "optionListId": 1 }),
    );
    assert_eq!(caller.call("DELETE", path, Value::Null).0, 409, "a field offers it");
    assert_eq!(caller.call("DELETE", "/api/rest/2.0/assets/optionList/2", Value::Null).0, 200);
}

#[test]
fn a_site_without_campaigns() {
    let mut caller = Caller::new(json!({}));
    let query = "count=1000&page=1&depth=complete&orderBy=updatedAt&search=updatedAt>='2018-01-01 00:00:00'";
    for path in [
        "/api/REST/2.0/assets/campaigns",
        "/api/REST/2.0/assets/emails",
        "/API/Rest/2.0//assets/forms",
        "/api/REST/2.0/data/visitors",
    ] {
        let (status, page) = caller.call("GET", &format!("{path}?{query}"), Value::Null);
        assert_eq!(
            (status, page),
            (200, json!({ "elements": [], "page": 1, "pageSize": 1000, "total": 0 })),
            "{path}"
        );
    }
    let docs = Eloqua::endpoints();
    let mut called = 0;
    for doc in docs.iter().filter(|doc| doc.evidence.test == "a_site_without_campaigns") {
        let path = format!("/api/rest/2.0{}", doc.name.strip_prefix("GET ").unwrap());
        called += 1;
        if path.contains("{id}") {
            assert_eq!(
                caller.call("GET", &path.replace("{id}", "1"), Value::Null),
                (404, Value::Null),
                "{path}"
            );
            let (status, refused) = caller.call("GET", &path.replace("{id}", "x"), Value::Null);
            assert_eq!((status, requirement(&refused)), (400, "IdRequirement"), "{path}");
        } else {
            let (status, page) = caller.call("GET", &format!("{path}?{query}"), Value::Null);
            assert_eq!((status, &page["total"], &page["elements"]), (200, &json!(0), &json!([])), "{path}");
        }
    }
    assert!(called > 20, "{called}");
}

#[test]
fn ids_are_read_strictly() {
    let mut caller = Caller::new(people());
    let uri = "https://secure.p04.eloqua.com/api/rest/2.0/data/contacts";
    let user = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let search = |caller: &mut Caller, body: Value| {
        let headers = [
            ("authorization", user.as_str()),
            ("content-type", "application/json"),
            ("x-http-method-override", "search"),
        ];
        let answer = caller.send(request("POST", uri, &headers, body.to_string()));
        (answer.status().as_u16(), json_of(&answer))
    };
    let (status, page) =
        search(&mut caller, json!({ "ids": [1_986_002, "1986000", "1986000", 5], "depth": "partial" }));
    assert_eq!((status, names(&page)), (200, vec!["ann@brand.example", "cid@brand.example"]));
    assert_eq!(page["elements"][0]["firstName"], json!("Ann"));
    for body in
        [json!({ "ids": ["x"] }), json!({ "ids": "1" }), json!({ "ids": (0..201).collect::<Vec<u64>>() })]
    {
        assert_eq!(search(&mut caller, body).0, 400);
    }
    assert_eq!(
        caller.call("POST", "/api/rest/2.0/data/contacts", json!({ "ids": [] })).0,
        404,
        "not without the header"
    );
}

#[test]
fn segments_have_members() {
    let mut world = people();
    world["segments"] = json!([{ "name": "Ghent", "filter": "'{{Contact.Field(C_City)}}' = 'Ghent'" }, { "name": "Two", "members": ["bob@brand.example", "cid@brand.example"] }]);
    world["filters"] = json!([{ "name": "Known", "filter": "'{{Contact.Field(C_City)}}' != ''" }]);
    let mut caller = Caller::new(world);
    assert_eq!(names(&caller.get("/api/rest/2.0/assets/contact/segments?search=name='T*'")), ["Two"]);
    let shown = caller.get("/api/rest/2.0/assets/contact/segment/1");
    assert_eq!(
        (&shown["type"], &shown["count"], &shown["elements"][0]["type"]),
        (&json!("ContactSegment"), &json!("1"), &json!("ContactFilterSegmentElement"))
    );
    assert_eq!(caller.get("/api/rest/1.0/assets/contact/filter/1")["type"], json!("ContactFilter"));
    for (place, expected) in [
        ("segment/1", vec!["ann@brand.example"]),
        ("segment/2", vec!["Bob@brand.example", "cid@brand.example"]),
        ("filter/1", vec!["ann@brand.example"]),
    ] {
        assert_eq!(names(&caller.get(&format!("/API/REST/2.0/data/contacts/{place}"))), expected, "{place}");
    }
    for missing in [
        "assets/contact/segment/9",
        "assets/contact/filter/9",
        "data/contacts/segment/9",
        "data/contacts/filter/9",
        "data/contacts/list/9",
    ] {
        assert_eq!(caller.call("GET", &format!("/API/REST/2.0/{missing}"), Value::Null).0, 404, "{missing}");
    }
}

#[test]
fn a_contact_did_things() {
    let mut world = people();
    world["activities"] = json!([
        { "type": "EmailOpen", "ago": "2h", "contact": "ann@brand.example", "AssetId": "7", "AssetName": "May", "AssetType": "Email" },
        { "type": "EmailOpen", "ago": "1h", "contact": "Bob@brand.example" },
        { "type": "Unsubscribe", "ago": "1h", "contact": "ann@brand.example" },
    ]);
    let mut caller = Caller::new(world);
    let path = "/api/rest/1.0/data/activities/contact/1986000";
    assert_eq!(
        caller.get(&format!("{path}?type=emailOpen&startDate=1767500000&endDate=1767600000&count=10")),
        json!([{
            "type": "Activity", "id": "1", "activityDate": "1767592800", "activityType": "emailOpen", "asset": "7",
            "assetType": "Email", "contact": "1986000",
            "details": [{ "Key": "EmailAddress", "Value": "ann@brand.example" }, { "Key": "AssetName", "Value": "May" }],
        }])
    );
    let all = caller.get(path);
    let types: Vec<&str> =
        all.as_array().unwrap().iter().map(|one| one["activityType"].as_str().unwrap()).collect();
    assert_eq!(types, ["emailUnsubscribe", "emailOpen"], "the newest first");
    assert_eq!(caller.get(&format!("{path}?endDate=1")), json!([]));
    assert_eq!(caller.call("GET", &format!("{path}?type=dance"), Value::Null).0, 400);
}

#[test]
fn groups_are_in_the_bulk_api() {
    let mut caller = Caller::new(people());
    assert_eq!(
        caller.get("/api/bulk/2.0/emailGroups?q=\"name='News*'\"".replace('"', "%22").as_str())["items"],
        json!([{
            "name": "Newsletter", "statement": "{{EmailGroup[1]}}", "uri": "/emailGroups/1",
            "createdBy": "sync.user", "createdAt": "2026-01-05T08:00:00.0000000Z",
            "updatedBy": "sync.user", "updatedAt": "2026-01-05T08:00:00.0000000Z",
        }])
    );
    assert_eq!(caller.get("/api/bulk/2.0/emailgroups/2")["name"], json!("Offers"));
    assert_eq!(caller.call("GET", "/api/bulk/2.0/emailGroups/3", Value::Null).0, 404);
}

proptest! {
    /// Whatever is asked for, lists of contacts answer, and never with more than there is.
    #[test]
    fn any_query_is_answered(search in "[\\PC'=<>*]{0,30}", order in "\\PC{0,12}", page in 0u32..5, count in 1u32..4) {
        let mut caller = Caller::new(people());
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("search", &search).append_pair("orderBy", &order)
            .append_pair("page", &page.to_string()).append_pair("count", &count.to_string()).finish();
        for path in ["data/contacts", "assets/contact/fields", "assets/email/groups"] {
            let (status, body) = caller.call("GET", &format!("/api/rest/2.0/{path}?{query}"), Value::Null);
            prop_assert!(status == 200 || status == 400);
            prop_assert!(body["elements"].as_array().is_none_or(|elements| elements.len() <= count as usize));
        }
    }
}

#[test]
fn whatever_uses_a_field_keeps_it() {
    let world = |more: Value| {
        let mut world = json!({ "contact_fields": ["Gigya UID"] });
        world.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Caller::new(world)
    };
    let job = |more: Value| {
        let mut job = json!({ "name": "user", "user": "u", "file": "f.csv" });
        job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([job])
    };
    let path = "/api/rest/1.0/assets/contact/field/100195";
    let kept = |caller: &mut Caller, place: &str| {
        assert_eq!(names(&caller.get(&format!("{path}/dependencies"))), ["user"], "{place}");
        assert_eq!(caller.call("DELETE", path, Value::Null).0, 409, "{place}");
    };
    let criteria = json!([{ "name": "user", "filter": "'{{contact.field[100195]}}' != ''" }]);
    let filter = "'{{Contact.Field[100195]}}' != ''";
    for seeded in [
        json!({ "segments": criteria }),
        json!({ "filters": criteria }),
        json!({ "imports": job(json!({ "key": "C_Gigya_UID1" })) }),
        json!({ "imports": job(json!({ "constants": { "c_gigya_uid1": "x" } })) }),
        json!({ "imports": job(json!({ "mapping": { "u": "{{Contact.Field[100195]}}", "e": "C_EmailAddress" } })) }),
        json!({ "exports": job(json!({ "fields": ["{{contact.field(C_GIGYA_UID1)}}"] })) }),
        json!({ "exports": job(json!({ "fields": ["C_EmailAddress"], "filter": filter })) }),
    ] {
        kept(&mut world(seeded.clone()), &seeded.to_string());
    }
    let object = json!({ "custom_objects": [{ "name": "Purchase", "fields": ["Item"] }] });
    for (place, definition) in [
        ("contacts/exports", json!({ "fields": { "u": "{{Contact.Field[100195]}}" } })),
        ("contacts/exports", json!({ "fields": { "u": "Contact.Field(c_gigya_uid1)" } })),
        ("contacts/exports", json!({ "fields": { "i": "{{Contact.Id}}" }, "filter": filter })),
        (
            "contacts/imports",
            json!({ "fields": { "u": "{{CONTACT.FIELD(C_Gigya_UID1)}}" }, "identifierFieldName": "u" }),
        ),
        (
            "customObjects/1/exports",
            json!({ "fields": { "u": "{{CustomObject[1].Contact.Field(C_Gigya_UID1)}}" } }),
        ),
    ] {
        let mut caller = world(object.clone());
        let mut definition = definition;
        definition["name"] = json!("user");
        let (status, made) = caller.call("POST", &format!("/api/bulk/2.0/{place}"), definition.clone());
        assert_eq!(status, 201, "{made}");
        kept(&mut caller, &definition.to_string());
    }
    let mut caller = world(json!({ "imports": job(json!({})) }));
    caller.call(
        "POST",
        "/api/bulk/2.0/contacts/exports",
        json!({ "name": "C_Gigya_UID1", "fields": { "{{Contact.Field(C_Gigya_UID1)}}": "{{Contact.Id}}" } }),
    );
    assert_eq!(caller.call("DELETE", path, Value::Null).0, 200, "a name alone uses nothing");
}

#[test]
fn a_blank_of_another_kind_spoils_an_address() {
    for (given, stored) in [
        (" eve@brand.example\t", Some("eve@brand.example")),
        ("eve@brand.example\u{a0}", None),
        ("\u{a0}eve@brand.example", None),
        ("\u{2003}eve@brand.example", None),
    ] {
        let mut caller = Caller::new(people());
        let body = json!({ "emailAddress": given });
        let (status, answer) = caller.call("POST", "/api/rest/1.0/data/contact", body.clone());
        let (changed, _) = caller.call(
            "PUT",
            "/api/rest/1.0/data/contact/1986000",
            json!({ "emailAddress": given.replace("eve", "joe") }),
        );
        match stored {
            Some(stored) => {
                assert_eq!((status, changed, &answer["emailAddress"]), (201, 200, &json!(stored)))
            }
            None => assert_eq!(
                (status, changed, requirement(&answer)),
                (400, 400, "EmailAddressRequirement"),
                "{given:?}"
            ),
        }
    }
}

#[test]
fn types_of_fields_stay() {
    let mut caller = Caller::new(people());
    let path = "/api/rest/1.0/assets/contact/field/100196";
    let (status, kept) = caller.call("PUT", path, json!({ "name": "Born on" }));
    assert_eq!((status, &kept["dataType"], &kept["name"]), (200, &json!("date"), &json!("Born on")));
    assert_eq!(
        caller.call("PUT", path, json!({ "name": "Born", "dataType": "" })).1["dataType"],
        json!("date")
    );
    assert_eq!(caller.call("PUT", path, json!({ "name": "Born", "dataType": "DATE" })).0, 200);
    let (status, refused) = caller.call("PUT", path, json!({ "name": "Born", "dataType": "text" }));
    assert_eq!(
        (status, requirement(&refused), &refused[0]["property"]),
        (400, "ImmutabilityRequirement", &json!("dataType"))
    );
}

#[test]
fn fields_keep_what_clients_send() {
    let mut caller = Caller::new(json!({}));
    let path = "/api/rest/1.0/assets/contact/field";
    let sent = json!({
        "isRequired": "true", "isCaseSensitive": "true", "isPhoneValidationRequired": "true",
        "isPopulatedInOutlookPlugin": "false", "showTrustedVisitorsOnly": "false", "permissions": "fullControl",
        "currentStatus": "Draft",
    });
    let mut body = sent.clone();
    body["name"] = json!("Card");
    for word in ["dataType", "displayType", "updateType", "isProtected"] {
        body[word] = json!("");
    }
    let (status, made) = caller.call("POST", path, body.clone());
    assert_eq!(status, 201, "{made}");
    let read = caller.get(&format!("{path}/100195"));
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!((&made[name], &read[name]), (value, value), "{name}");
    }
    assert_eq!(
        (&made["dataType"], &made["displayType"], &made["updateType"]),
        (&json!("text"), &json!("text"), &json!("always"))
    );
    for name in ["isRequired", "showTrustedVisitorsOnly", "isCaseSensitive"] {
        let (status, refused) = caller.call("POST", path, json!({ "name": "b", name: "perhaps" }));
        assert_eq!(
            (status, requirement(&refused), &refused[0]["property"]),
            (400, "BooleanRequirement", &json!(name))
        );
    }
    body["name"] = json!("Second");
    body["permissions"] = json!(["Retrieve"]);
    assert_eq!(caller.call("POST", "/api/rest/2.0/assets/contact/field", body).0, 201);
}

#[test]
fn groups_keep_what_clients_send() {
    let mut caller = Caller::new(json!({}));
    let path = "/api/rest/2.0/assets/email/group";
    let sent = json!({
        "subscriptionListId": "7", "unSubscriptionListId": "8", "subscriptionListDataLookupId": "a",
        "unSubscriptionListDataLookupId": "b", "isVisibleInOutlookPlugin": "true",
    });
    let mut body = sent.clone();
    body["name"] = json!("News");
    body["emailHeaderId"] = json!("");
    let (status, made) = caller.call("POST", path, body);
    assert_eq!((status, made.get("emailHeaderId")), (201, None));
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let (status, refused) =
        caller.call("POST", path, json!({ "name": "b", "isVisibleInPublicSubscriptionList": "maybe" }));
    assert_eq!((status, requirement(&refused)), (400, "BooleanRequirement"));
}

#[test]
fn what_is_sought_by_id_comes_in_pages() {
    let mut caller = Caller::new(people());
    let body = json!({ "ids": ["1986000", "1986001", "1986002", "9"] }).to_string();
    let user = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let headers = [
        ("authorization", user.as_str()),
        ("content-type", "application/json"),
        ("x-http-method-override", "SEARCH"),
    ];
    for (query, expected) in
        [("count=2", &["1986000", "1986001"][..]), ("count=2&page=2", &["1986002"]), ("count=2&page=3", &[])]
    {
        let uri = format!("{BASE}/api/rest/2.0/data/contacts?{query}");
        let page = json_of(&caller.send(request("POST", &uri, &headers, body.clone())));
        let ids: Vec<&str> =
            page["elements"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!((ids.as_slice(), &page["total"]), (expected, &json!(3)), "{query}");
    }
}

#[test]
fn a_default_for_a_blank_member_is_told_later() {
    let mut caller = Caller::new(json!({ "contact_fields": [{ "name": "Tier", "defaultValue": "Basic" }] }));
    let body =
        json!({ "emailAddress": "ann@brand.example", "fieldValues": [{ "id": "100195", "value": "" }] });
    let of = |contact: &Value| {
        let mut values = contact["fieldValues"].as_array().unwrap().iter();
        values.find(|item| item["id"] == json!("100195")).unwrap().get("value").cloned()
    };
    let (_, made) = caller.call("POST", "/api/rest/1.0/data/contact", body);
    assert_eq!(of(&made), None);
    assert_eq!(of(&caller.get("/api/rest/1.0/data/contact/1986000")), Some(json!("Basic")));
}

#[test]
fn words_are_no_ids_of_lists() {
    let mut caller = Caller::new(people());
    for kind in ["list", "segment", "filter"] {
        let (status, refused) =
            caller.call("GET", &format!("/api/rest/2.0/data/contacts/{kind}/vip"), Value::Null);
        assert_eq!((status, requirement(&refused)), (400, "IdRequirement"), "{kind}");
        assert_eq!(caller.call("GET", &format!("/api/rest/2.0/data/contacts/{kind}/9"), Value::Null).0, 404);
    }
}

#[test]
fn bodies_that_are_too_large_are_not_found() {
    let mut caller = Caller::new(people());
    let definition = json!({ "name": "i", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "identifierFieldName": "e" });
    caller.call("POST", "/api/bulk/2.0/contacts/imports", definition);
    let user = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    // What came over a socket arrives without its body.
    for (path, authorization, expected) in [
        (
            "/api/bulk/2.0/contacts/imports/1/data",
            user.as_str(),
            (404, "The requested resource was not found."),
        ),
        ("/api/rest/1.0/data/contact", user.as_str(), (404, "The requested resource was not found.")),
        (
            "/api/bulk/2.0/contacts/imports/1/data",
            "Basic x",
            (401, "You are not authorized to make this request"),
        ),
    ] {
        let headers = [("authorization", authorization), ("content-type", "application/json")];
        let mut oversized = request("POST", &format!("{BASE}{path}"), &headers, "");
        oversized.extensions_mut().insert(standin_ports::http::Oversized);
        let response = caller.send(oversized);
        assert_eq!((line_of(&response).0, line_of(&response).1.as_str()), expected, "{path}");
        assert!(response.body().is_empty());
    }
    let client = basic(crate::oauth::DEFAULT_CLIENT_ID, crate::oauth::DEFAULT_CLIENT_SECRET);
    let mut oversized = request(
        "POST",
        "https://login.eloqua.com/auth/oauth2/token",
        &[("authorization", client.as_str())],
        "",
    );
    oversized.extensions_mut().insert(standin_ports::http::Oversized);
    assert_eq!(json_of(&caller.send(oversized))["error"], json!("invalid_request"));
}

#[test]
fn whoever_made_and_changed_something_is_told() {
    let mut caller = Caller::new(json!({
        "site": { "users": [{ "name": "Ann.Lee", "password": "a" }, { "name": "bob", "password": "b" }] },
    }));
    let call = |caller: &mut Caller, user: &str, method: &str, path: &str, body: &Value| {
        let (name, password) =
            if user == "ann" { ("StandinCo\\ann.lee", "a") } else { ("StandinCo\\bob", "b") };
        let login = basic(name, password);
        let headers = [("authorization", login.as_str()), ("content-type", "application/json")];
        let response = caller.send(request(method, &format!("{BASE}{path}"), &headers, body.to_string()));
        assert!(response.status().is_success(), "{method} {path}: {}", json_of(&response));
        json_of(&response)
    };
    let signed = |value: &Value| [value["createdBy"].clone(), value["updatedBy"].clone()];
    for path in ["assets/contact/field", "assets/contact/list", "assets/email/group", "assets/optionList"] {
        let path = format!("/api/rest/1.0/{path}");
        let made = call(&mut caller, "ann", "POST", &path, &json!({ "name": "Mine" }));
        let own = format!("{path}/{}", made["id"].as_str().unwrap());
        assert_eq!(signed(&caller.get(&own)), [json!("223"), json!("223")], "{path}");
        call(&mut caller, "bob", "PUT", &own, &json!({ "name": "Ours" }));
        assert_eq!(signed(&caller.get(&own)), [json!("223"), json!("224")], "{path}");
    }
    let names = [json!("Ann.Lee"), json!("bob")];
    for path in ["contacts/fields/100195", "contacts/lists/1", "emailGroups/1"] {
        assert_eq!(signed(&caller.get(&format!("/api/bulk/2.0/{path}"))), names, "{path}");
    }
    let definition = json!({
        "name": "in", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "identifierFieldName": "e",
        "isSyncTriggeredOnImport": true,
    });
    let place = "/api/bulk/2.0/contacts/imports";
    let made = call(&mut caller, "ann", "POST", place, &definition);
    assert_eq!(signed(&made), [json!("Ann.Lee"), json!("Ann.Lee")]);
    let put = call(&mut caller, "bob", "PUT", &format!("{place}/1"), &definition);
    assert_eq!((signed(&put), signed(&caller.get(&format!("{place}/1")))), (names.clone(), names));
    let sync = json!({ "syncedInstanceUri": "/contacts/imports/1" });
    assert_eq!(call(&mut caller, "bob", "POST", "/api/bulk/2.0/syncs", &sync)["createdBy"], json!("bob"));
    let row = json!([{ "e": "eve@brand.example" }]);
    let started = call(&mut caller, "ann", "POST", &format!("{place}/1/data"), &row);
    assert_eq!(started["createdBy"], json!("Ann.Lee"));
    caller.pass(10);
    assert_eq!(caller.get("/api/bulk/2.0/syncs/2")["createdBy"], json!("Ann.Lee"));
}
