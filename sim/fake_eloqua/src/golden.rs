//! What callers see, call by call.

use crate::eloqua::{DEFAULT_PASSWORD, Eloqua};
use base64::Engine;
use bytes::Bytes;
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use standin_model::Instant;
use standin_ports::{Reason, Request, Response};
use std::time::Duration;

const BASE: &str = "https://secure.p04.eloqua.com";

struct Caller {
    eloqua: Eloqua,
    now: Instant,
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
}

fn request(method: &str, uri: &str, authorization: &str, kind: &str, body: &str) -> Request {
    http::Request::builder()
        .method(method)
        .uri(uri)
        .header("authorization", authorization)
        .header("content-type", kind)
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

fn body_of(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

fn phrase_of(response: &Response) -> String {
    response.extensions().get::<Reason>().map(|reason| reason.0.to_string()).unwrap_or_default()
}

impl Caller {
    fn new(section: Value) -> Self {
        let mut eloqua = Eloqua::new(1);
        eloqua.seed(Instant::START, &section).unwrap();
        Self { eloqua, now: Instant::START }
    }

    fn raw(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Response {
        let authorization = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
        let request = request(method, &format!("{BASE}{path}"), &authorization, kind, body);
        self.eloqua.handle(self.now, request)
    }

    fn call(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.raw(method, path, "application/json", &text);
        (response.status().as_u16(), body_of(&response))
    }

    fn get(&mut self, path: &str) -> Value {
        self.call("GET", path, Value::Null).1
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    /// Stores a definition and gives its address.
    fn define(&mut self, sort: &str, definition: Value) -> String {
        let (status, body) = self.call("POST", &format!("/api/bulk/2.0/contacts/{sort}"), definition);
        assert_eq!(status, 201, "{body}");
        body["uri"].as_str().unwrap().to_owned()
    }

    /// Runs a sync of a definition to its end and gives the sync's address and final state.
    fn sync(&mut self, uri: &str) -> (String, String) {
        let (status, body) = self.call("POST", "/api/bulk/2.0/syncs", json!({ "syncedInstanceUri": uri }));
        assert_eq!((status, &body["status"]), (201, &json!("pending")), "{body}");
        self.pass(5);
        let sync = format!("/api/bulk/2.0{}", body["uri"].as_str().unwrap());
        let state = self.get(&sync)["status"].as_str().unwrap().to_owned();
        (sync, state)
    }

    /// Imports rows and gives the sync's address and final state.
    fn import(&mut self, definition: Value, rows: Value) -> (String, String) {
        let uri = self.define("imports", definition);
        let (status, _) = self.call("POST", &format!("/api/bulk/2.0{uri}/data"), rows);
        assert_eq!(status, 204);
        self.sync(&uri)
    }

    /// Codes and counts of a log, without those that count nothing.
    fn counts(&mut self, sync: &str) -> Vec<(String, u64)> {
        let logs = self.get(&format!("{sync}/logs"));
        let items = logs["items"].as_array().unwrap().iter();
        let one =
            |item: &Value| (item["statusCode"].as_str().unwrap().to_owned(), item["count"].as_u64().unwrap());
        items.map(one).filter(|(_, count)| *count > 0).collect()
    }
}

fn by_email() -> Value {
    json!({
        "name": "by email",
        "fields": {
            "email": "{{Contact.Field(C_EmailAddress)}}",
            "first": "{{Contact.Field(C_FirstName)}}",
            "last": "{{Contact.Field(C_LastName)}}",
        },
        "identifierFieldName": "email",
        "isSyncTriggeredOnImport": false,
    })
}

fn by_uid() -> Value {
    json!({
        "name": "by uid",
        "fields": {
            "uid": "{{Contact.Field(C_Gigya_UID1)}}",
            "email": "{{Contact.Field(C_EmailAddress)}}",
            "first": "{{Contact.Field(C_FirstName)}}",
        },
        "identifierFieldName": "uid",
        "isSyncTriggeredOnImport": false,
    })
}

fn counted(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(code, count)| (format!("ELQ-{code}"), *count)).collect()
}

#[test]
fn login_tells_the_base() {
    let mut eloqua = Eloqua::new(1);
    let good = basic("standinco\\SYNC.USER", DEFAULT_PASSWORD);
    for (uri, authorization, expected) in [
        ("https://login.eloqua.com/id", good.as_str(), json!("https://secure.p04.eloqua.com")),
        ("http://127.0.0.1:4711/ID/", good.as_str(), json!("http://127.0.0.1:4711")),
        ("https://login.eloqua.com/id", "Basic AAAA", Value::Null),
        ("https://login.eloqua.com/id", "", Value::Null),
    ] {
        let response = eloqua.handle(Instant::START, request("GET", uri, authorization, "", ""));
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
        let body = body_of(&response);
        assert_eq!(body["urls"]["base"], expected);
        if expected.is_null() {
            assert_eq!(&response.body()[..], b"\"Not authenticated.\"");
        } else {
            let base = expected.as_str().unwrap();
            assert_eq!(body["urls"]["apis"]["rest"]["bulk"], json!(format!("{base}/API/Bulk/{{version}}/")));
            assert_eq!(body["user"]["username"], json!("sync.user"));
            assert!(body["site"]["id"].is_number());
        }
    }
    // A line end within a long credential is no part of it.
    let broken = format!("{} {}", &good[..20], &good[20..]);
    let response = eloqua.handle(Instant::START, request("GET", "https://x.example/id", &broken, "", ""));
    assert!(body_of(&response).is_object());
}

#[test]
fn strangers_are_refused_with_the_phrase() {
    let mut eloqua = Eloqua::new(1);
    let uri = format!("{BASE}/api/bulk/2.0/contacts/fields");
    let response = eloqua.handle(Instant::START, request("GET", &uri, &basic("a\\b", "c"), "", ""));
    assert_eq!(response.status(), 401);
    assert_eq!(phrase_of(&response), "You are not authorized to make this request");
    assert!(response.headers().contains_key("x-request-id"));
}

#[test]
fn paths_are_forgiving() {
    let mut caller = Caller::new(json!({}));
    for path in [
        "/API/Bulk/2.0//contacts/fields",
        "/api/bulk/2.0/contacts/fields/",
        "/API/BULK/2.0/CONTACTS/Fields?limit=1",
        "/API/REST/1.0/assets/contact/fields",
        "/api/Rest/2.0/data/contacts",
    ] {
        assert_eq!(caller.call("GET", path, Value::Null).0, 200, "{path}");
    }
    let response = caller.raw("GET", "/api/bulk/2.0/nothing", "", "");
    assert_eq!(
        (response.status().as_u16(), phrase_of(&response).as_str()),
        (404, "The requested resource was not found.")
    );
    for (path, expected) in [
        ("/api/rest/2.0/data/contact/12", "GET /data/contact/{id}"),
        ("/API/Bulk/2.0/contacts/imports/3/data", "GET /api/x"),
        ("/api/bulk/2.0/emailAddresses/imports", "GET /emailAddresses/imports"),
    ] {
        let request = request("GET", &format!("{BASE}{path}"), "", "", "");
        let name = Eloqua::call_name(&request);
        if expected == "GET /api/x" {
            assert_eq!(name, format!("GET {path}"), "nothing is read there");
        } else {
            assert_eq!(name, expected);
        }
    }
}

#[test]
fn a_new_field_is_everywhere() {
    let mut caller = Caller::new(json!({}));
    let (status, made) = caller.call(
        "POST",
        "/API/REST/1.0/assets/contact/field",
        json!({ "name": "Gigya UID", "dataType": "text", "displayType": "text", "updateType": "always" }),
    );
    assert_eq!(status, 201);
    assert_eq!(
        made,
        json!({
            "type": "ContactField", "id": "100195", "depth": "complete", "name": "Gigya UID",
            "dataType": "text", "displayType": "text", "internalName": "C_Gigya_UID1",
            "isReadOnly": "false", "isRequired": "false", "isStandard": "false",
            "showTrustedVisitorsOnly": "true", "updateType": "always",
        })
    );
    let expected = json!({
        "name": "Gigya UID", "internalName": "C_Gigya_UID1", "dataType": "string",
        "hasReadOnlyConstraint": false, "hasNotNullConstraint": false, "hasUniquenessConstraint": false,
        "statement": "{{Contact.Field(C_Gigya_UID1)}}", "uri": "/contacts/fields/100195",
        "createdBy": "sync.user", "createdAt": "2026-01-05T08:00:00.0000000Z",
        "updatedBy": "sync.user", "updatedAt": "2026-01-05T08:00:00.0000000Z",
    });
    assert_eq!(caller.get("/api/bulk/2.0/contacts/fields/100195"), expected);
    let found = caller.get("/api/bulk/2.0/contacts/fields?q=%22internalName='C_Gigya*'%22");
    assert_eq!(
        found,
        json!({ "items": [expected], "totalResults": 1, "limit": 1000, "offset": 0, "count": 1, "hasMore": false })
    );
    let again = caller.call("POST", "/api/rest/2.0/assets/contact/field", json!({ "name": "gigya uid" }));
    assert_eq!((again.0, &again.1[0]["requirement"]["type"]), (400, &json!("UniquenessRequirement")));
    let found = caller.get("/api/rest/1.0/assets/contact/fields?search=name=Gigya*");
    assert_eq!((&found["total"], &found["elements"][0]["id"]), (&json!(1), &json!("100195")));
}

#[test]
fn fields_are_renamed_and_deleted() {
    let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"] }));
    let path = "/api/rest/1.0/assets/contact/field/100195";
    let (status, changed) = caller.call("PUT", path, json!({ "id": "100195", "name": "CDC UID" }));
    assert_eq!(
        (status, &changed["name"], &changed["internalName"]),
        (200, &json!("CDC UID"), &json!("C_Gigya_UID1"))
    );
    caller.define("imports", by_uid());
    assert_eq!(caller.call("DELETE", path, Value::Null).0, 409);
    caller.call("DELETE", "/api/bulk/2.0/contacts/imports/1", Value::Null);
    assert_eq!(caller.call("DELETE", path, Value::Null), (200, Value::Null));
    assert_eq!(caller.call("GET", path, Value::Null).0, 404);
    assert_eq!(caller.call("DELETE", "/api/rest/1.0/assets/contact/field/100001", Value::Null).0, 409);
}

#[test]
fn contacts_are_written_and_read() {
    let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"] }));
    let wish = json!({
        "emailAddress": "Ann@brand.example", "firstName": "Ann", "id": null,
        "fieldValues": [{ "id": "100195", "value": "ann" }],
    });
    let (status, made) = caller.call("POST", "/api/rest/1.0/data/contact", wish);
    assert_eq!(status, 201);
    assert_eq!(
        (&made["id"], &made["isSubscribed"], &made["createdAt"]),
        (&json!("1986000"), &json!("true"), &json!("1767600000"))
    );
    assert!(made.get("initialId").is_none() && made.get("lastName").is_none());
    let values = made["fieldValues"].as_array().unwrap();
    let of =
        |id: &str| values.iter().find(|value| value["id"] == *id).and_then(|value| value["value"].as_str());
    assert_eq!(of("100195"), Some("ann"));
    assert_eq!(of("100032"), Some("CSNDC000001986000"));
    assert_eq!(of("100171"), Some("brand.example"));
    assert_eq!(of("100017"), None);
    assert_eq!(of("100002"), None, "a field with a member of its own is no field value");
    let partial = caller.get("/api/rest/1.0/data/contact/1986000?depth=partial");
    assert!(partial.get("fieldValues").is_none() && partial["firstName"] == "Ann");
    caller.pass(60);
    let (status, changed) = caller.call(
        "PUT",
        "/api/rest/2.0/data/contact/1986000",
        json!({ "id": 7, "isSubscribed": "false", "lastName": "Lee" }),
    );
    assert_eq!(
        (status, &changed["initialId"], &changed["firstName"]),
        (200, &json!("1986000"), &json!("Ann"))
    );
    assert_eq!((&changed["isSubscribed"], &changed["updatedAt"]), (&json!("false"), &json!("1767600060")));
    let response = caller.raw("DELETE", "/api/rest/1.0/data/contact/1986000", "", "");
    assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
    assert_eq!(caller.call("GET", "/api/rest/1.0/data/contact/1986000", Value::Null).0, 404);
    let (_, again) =
        caller.call("POST", "/api/rest/1.0/data/contact", json!({ "emailAddress": "ann@brand.example" }));
    assert_eq!(
        (&again["id"], &again["isSubscribed"], &again["subscriptionDate"]),
        (&json!("1986001"), &json!("false"), &json!("1767600000"))
    );
}

#[test]
fn a_second_contact_is_refused() {
    let mut caller = Caller::new(json!({ "contacts": [
        { "C_EmailAddress": "ann@brand.example" }, { "C_EmailAddress": "bob@brand.example" },
    ] }));
    let response = caller.raw(
        "POST",
        "/api/rest/1.0/data/contact",
        "application/json",
        r#"{"emailAddress":"ANN@brand.example"}"#,
    );
    assert_eq!((response.status().as_u16(), phrase_of(&response).as_str()), (409, "There was a conflict."));
    assert_eq!(
        body_of(&response),
        json!([{
            "type": "ObjectValidationError", "container": { "type": "ObjectKey", "objectType": "Contact" },
            "property": "emailAddress", "requirement": { "type": "NoDuplicatesRequirement" }, "value": "ANN@brand.example",
        }])
    );
    caller.eloqua.knobs_mut().set("eloqua.duplicate_contact", "400").unwrap();
    let (status, body) = caller.call(
        "PUT",
        "/api/rest/1.0/data/contact/1986001",
        json!({ "emailAddress": "ann@brand.example" }),
    );
    assert_eq!(
        (status, &body[0]["requirement"]["type"], &body[0]["container"]["objectId"]),
        (400, &json!("UniquenessRequirement"), &json!("1986001"))
    );
    for (wish, requirement) in [
        (json!({ "emailAddress": "nobody" }), "EmailAddressRequirement"),
        (json!({ "firstName": "x" }), "NotNullRequirement"),
        (json!({ "emailAddress": "c@brand.example", "city": "x".repeat(101) }), "ValidTextLengthRequirement"),
    ] {
        let (status, body) = caller.call("POST", "/api/rest/1.0/data/contact", wish);
        assert_eq!((status, body[0]["requirement"]["type"].as_str()), (400, Some(requirement)));
    }
    let (status, body) = caller.call("GET", "/api/rest/1.0/data/contact/abc", Value::Null);
    assert_eq!((status, &body[0]["type"]), (400, &json!("EndpointParameterError")));
    assert_eq!(caller.eloqua.contacts().len(), 2);
}

#[test]
fn contacts_are_searched() {
    let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"], "contacts": [
        { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "u1", "C_City": "Ghent" },
        { "C_EmailAddress": "bob@brand.example", "C_Gigya_UID1": "u2" },
        { "C_EmailAddress": "eve+x@other.example", "C_Gigya_UID1": "u3" },
    ] }));
    for (search, expected) in [
        ("", "ann bob eve"),
        ("*@brand.example", "ann bob"),
        ("C_EmailAddress%3DBOB%40brand.example", "bob"),
        ("C_EmailAddress='eve%2Bx@other.example'", "eve"),
        ("C_Gigya_UID1='u2'", "bob"),
        ("emailAddress='ann@brand.example'emailAddress='bob@brand.example'", "ann bob"),
        ("C_City=''", "bob eve"),
        ("C_City!=''", "ann"),
        ("id>'1986000'", "bob eve"),
        ("updatedAt>='2026-01-05 03:00:00'", "ann bob eve"),
        ("updatedAt>'2026-01-05 03:00:00'", ""),
        ("C_DateModified<='1767600000'C_City='Ghent'", "ann"),
        ("?emailAddress='ann@brand.example'", "ann"),
        ("gibberish", ""),
    ] {
        let page = caller.get(
            &format!("/api/rest/1.0/data/contacts?depth=minimal&search={search}")
                .replace(' ', "%20")
                .replace('>', "%3E")
                .replace('<', "%3C"),
        );
        let names: Vec<String> = page["elements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap()[..3].to_owned())
            .collect();
        assert_eq!(names.join(" "), expected, "{search}");
    }
    let page = caller.get("/api/rest/2.0/data/contacts?count=2&page=2");
    assert_eq!((&page["page"], &page["pageSize"], &page["total"]), (&json!(2), &json!(2), &json!(3)));
    assert_eq!(page["elements"][0]["id"], json!("1986002"));
    assert_eq!(caller.call("GET", "/api/rest/1.0/data/contacts?search=C_Nothing='x'", Value::Null).0, 400);
}

#[test]
fn contacts_are_read_by_ids() {
    let mut caller = Caller::new(json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] }));
    let authorization = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let uri = format!("{BASE}/api/rest/2.0/data/contacts");
    let mut request = request("POST", &uri, &authorization, "application/json", r#"{"ids":["1986000","5"]}"#);
    request.headers_mut().insert("x-http-method-override", "SEARCH".parse().unwrap());
    let body = body_of(&caller.eloqua.handle(caller.now, request));
    assert_eq!((&body["total"], &body["elements"][0]["id"]), (&json!(1), &json!("1986000")));
}

#[test]
fn lists_have_members() {
    let mut caller = Caller::new(json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] }));
    let (status, _) =
        caller.call("POST", "/api/rest/1.0/assets/contact/list", json!({ "name": "High Value" }));
    assert_eq!(status, 201);
    let change = json!({ "id": "1", "name": "High Value", "membershipAdditions": ["1986000"], "membershipDeletions": [] });
    let (_, list) = caller.call("PUT", "/api/rest/1.0/assets/contact/list/1", change);
    assert_eq!(list["count"], json!("1"));
    assert_eq!(
        caller.get("/api/rest/2.0/data/contact/1986000/membership"),
        json!([{ "type": "ContactList", "id": "1", "name": "High Value" }])
    );
    assert_eq!(caller.get("/api/rest/1.0/data/contacts/list/1")["total"], json!(1));
    let bulk = caller.get("/api/bulk/2.0/contacts/lists/1");
    assert_eq!((&bulk["count"], &bulk["statement"]), (&json!(1), &json!("{{ContactList[1]}}")));
    assert_eq!(caller.get("/api/bulk/2.0/contacts/lists?q=%22name=High*%22")["count"], json!(1));
    assert_eq!(
        caller
            .get("/api/rest/1.0/assets/contact/lists?search=name='High Value'".replace(' ', "%20").as_str())
            ["total"],
        json!(1)
    );
    assert_eq!(caller.get("/api/rest/1.0/assets/contact/list/1")["name"], json!("High Value"));
    assert_eq!(caller.call("DELETE", "/api/rest/1.0/assets/contact/list/1", Value::Null).0, 200);
    assert_eq!(caller.eloqua.contacts().len(), 1);
}

#[test]
fn definitions_live_and_die() {
    let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"] }));
    let mut wish = by_uid();
    wish["areSystemTimestampsInUTC"] = json!(true);
    wish["isSyncTriggeredOnImport"] = json!("false");
    let (status, made) = caller.call("POST", "/api/bulk/2.0/contacts/imports", wish);
    assert_eq!(status, 201);
    assert_eq!(
        made.to_string(),
        json!({
            "name": "by uid", "fields": by_uid()["fields"], "identifierFieldName": "uid",
            "isSyncTriggeredOnImport": false, "dataRetentionDuration": "P7D",
            "isUpdatingMultipleMatchedRecords": false, "uri": "/contacts/imports/1",
            "createdBy": "sync.user", "createdAt": "2026-01-05T08:00:00.0000000Z",
            "updatedBy": "sync.user", "updatedAt": "2026-01-05T08:00:00.0000000Z",
        })
        .to_string()
    );
    let path = "/api/bulk/2.0/contacts/imports/1";
    assert_eq!(caller.get(path), made);
    assert_eq!(caller.get("/api/bulk/2.0/contacts/imports")["totalResults"], json!(1));
    let mut changed = by_uid();
    changed["name"] = json!("renamed");
    assert_eq!(caller.call("PUT", path, changed).0, 200);
    assert_eq!(caller.get(path)["name"], json!("renamed"));
    assert_eq!(caller.call("DELETE", path, Value::Null).0, 204);
    assert_eq!(caller.call("GET", path, Value::Null).0, 404);
    let export = caller.define("exports", json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" }, "filter": null, "autoDeleteDuration": "PT1H" }));
    let path = format!("/api/bulk/2.0{export}");
    assert_eq!(
        caller
            .call(
                "PUT",
                &path,
                json!({ "name": "f", "fields": { "id": "{{Contact.Id}}" }, "autoDeleteDuration": "PT1H" })
            )
            .0,
        200
    );
    assert_eq!(caller.get("/api/bulk/2.0/contacts/exports?totalResults=false").get("totalResults"), None);
    let later = json!({ "name": "f", "fields": { "id": "{{Contact.Id}}" }, "autoDeleteDuration": "PT2H" });
    assert_eq!(caller.call("PUT", &path, later).0, 200);
    caller.pass(3600);
    assert_eq!(caller.call("GET", &path, Value::Null).0, 200, "only the last definition counts");
    caller.pass(3600);
    assert_eq!(caller.call("GET", &path, Value::Null).0, 404, "it deletes itself");
    assert_eq!(caller.call("DELETE", &path, Value::Null).0, 404);
}

#[test]
fn bad_definitions_are_refused() {
    let mut caller = Caller::new(json!({}));
    let with = |member: &str, value: Value| {
        let mut wish = by_email();
        wish[member] = value;
        wish
    };
    for (sort, wish, field) in [
        ("imports", with("name", json!("")), "name"),
        ("imports", with("name", json!("x".repeat(101))), "name"),
        ("imports", with("fields", json!({})), "fields"),
        ("imports", with("fields", json!({ "email": "{{Contact.Field(C_Nothing)}}" })), "fields"),
        ("imports", with("fields", json!({ "email": "{{Contact.Field(C_DateCreated)}}" })), "fields"),
        ("imports", with("identifierFieldName", json!("C_EmailAddress")), "identifierFieldName"),
        ("imports", with("dataRetentionDuration", json!("P15D")), "dataRetentionDuration"),
        ("imports", with("updateRule", json!("sometimes")), "updateRule"),
        (
            "imports",
            with("syncActions", json!([{ "action": "add", "destination": "{{ContactList[9]}}" }])),
            "syncActions",
        ),
        (
            "exports",
            json!({ "name": "x", "fields": { "a": "{{Contact.Id}}" }, "filter": "'{{Contact.Id}}' = '1" }),
            "filter",
        ),
        (
            "exports",
            json!({ "name": "x", "fields": { "a": "{{Contact.Id}}" }, "filter": "x".repeat(1001) }),
            "filter",
        ),
    ] {
        let path = format!("/api/bulk/2.0/contacts/{sort}");
        let response = caller.raw("POST", &path, "application/json", &wish.to_string());
        assert_eq!(
            (response.status().as_u16(), phrase_of(&response).as_str()),
            (400, "There was a validation error.")
        );
        assert_eq!(body_of(&response)["failures"][0]["field"], json!(field), "{wish}");
    }
    let response = caller.raw("POST", "/api/bulk/2.0/contacts/imports", "application/json", "{");
    assert_eq!(
        (response.status().as_u16(), phrase_of(&response).as_str()),
        (400, "There was a parsing error.")
    );
    assert_eq!(caller.get("/api/bulk/2.0/contacts/imports")["count"], json!(0));
}

#[test]
fn rows_create_and_then_update() {
    let mut caller = Caller::new(json!({}));
    let row = json!([{ "email": "ann@brand.example", "first": "Ann", "last": "Lee" }]);
    let (sync, state) = caller.import(by_email(), row.clone());
    assert_eq!(state, "success");
    assert_eq!(caller.counts(&sync), counted(&[("00130", 1), ("00001", 1), ("00003", 1), ("00004", 1)]));
    let (sync, state) =
        caller.import(by_email(), json!([{ "email": "ANN@brand.example", "first": "Anna", "last": "" }]));
    assert_eq!(state, "success");
    assert_eq!(caller.counts(&sync), counted(&[("00130", 1), ("00001", 1), ("00003", 1), ("00022", 1)]));
    let contact = &caller.eloqua.contacts()[0];
    assert_eq!(
        (&contact["C_FirstName"], contact.get("C_LastName")),
        (&json!("Anna"), None),
        "a blank clears under always"
    );
}

#[test]
fn a_missing_key_follows_its_knob() {
    for (knob, weight, expected, ends) in [
        ("keep", "information", Some("Lee"), "success"),
        ("keep", "warning", Some("Lee"), "warning"),
        ("clear", "information", None, "success"),
        ("clear", "warning", None, "warning"),
    ] {
        let mut caller = Caller::new(
            json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example", "C_LastName": "Lee" }] }),
        );
        caller.eloqua.knobs_mut().set("eloqua.missing_key", knob).unwrap();
        caller.eloqua.knobs_mut().set("eloqua.absent_column", weight).unwrap();
        let (_, state) = caller.import(by_email(), json!([{ "email": "ann@brand.example", "first": "Ann" }]));
        assert_eq!(state, ends, "{knob} {weight}");
        assert_eq!(caller.eloqua.contacts()[0].get("C_LastName").and_then(Value::as_str), expected);
    }
}

#[test]
fn an_address_changes_and_its_status_stays_behind() {
    let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"], "contacts": [
        { "C_EmailAddress": "ann@old.example", "C_Gigya_UID1": "ann", "isSubscribed": false },
    ] }));
    for (address, subscribed) in [("ann@new.example", true), ("Ann@Old.example", false)] {
        let (_, state) = caller.import(by_uid(), json!([{ "uid": "ann", "email": address, "first": "Ann" }]));
        assert_eq!(state, "success");
        let contacts = caller.eloqua.contacts();
        assert_eq!(contacts.len(), 1);
        assert_eq!(
            (&contacts[0]["id"], &contacts[0]["C_EmailAddress"], &contacts[0]["isSubscribed"]),
            (&json!("1986000"), &json!(address), &json!(subscribed))
        );
    }
}

#[test]
fn several_matches_are_rejected() {
    let section = json!({ "contact_fields": ["Gigya UID"], "contacts": [
        { "C_EmailAddress": "ann@brand.example", "C_Gigya_UID1": "same" },
        { "C_EmailAddress": "bob@brand.example", "C_Gigya_UID1": "same" },
    ] });
    let row = json!([{ "uid": "same", "first": "X" }]);
    let mut caller = Caller::new(section.clone());
    let (sync, state) = caller.import(by_uid(), row.clone());
    assert_eq!(state, "warning");
    let rejects = caller.get(&format!("{sync}/rejects"));
    assert_eq!(
        rejects["items"],
        json!([{
            "fieldValues": { "uid": "same", "email": "", "first": "X" }, "message": "Multiple matches.",
            "statusCode": "ELQ-00026", "recordIndex": 1, "invalidFields": ["uid"],
        }])
    );
    let mut caller = Caller::new(section.clone());
    caller.eloqua.knobs_mut().set("eloqua.multiple_matches", "lowest_id").unwrap();
    assert_eq!(caller.import(by_uid(), row.clone()).1, "success");
    assert_eq!(caller.eloqua.contacts()[0]["C_FirstName"], json!("X"));
    let mut caller = Caller::new(section);
    let mut wish = by_uid();
    wish["isUpdatingMultipleMatchedRecords"] = json!(true);
    assert_eq!(caller.import(wish, row).1, "success");
    assert_eq!(caller.eloqua.contacts()[1]["C_FirstName"], json!("X"));
}

#[test]
fn an_address_in_use_is_rejected() {
    for (knob, code) in [("ELQ-00011", "ELQ-00011"), ("ELQ-00048", "ELQ-00048")] {
        let mut caller = Caller::new(json!({ "contact_fields": ["Gigya UID"], "contacts": [
            { "C_EmailAddress": "ann@brand.example" }, { "C_EmailAddress": "bob@brand.example", "C_Gigya_UID1": "bob" },
        ] }));
        caller.eloqua.knobs_mut().set("eloqua.address_in_use", knob).unwrap();
        let rows = json!([{ "uid": "new", "email": "ann@brand.example" }, { "uid": "bob", "email": "ann@brand.example" }]);
        let (sync, state) = caller.import(by_uid(), rows);
        assert_eq!(state, "warning");
        let rejects = caller.get(&format!("{sync}/rejects"));
        assert_eq!((&rejects["count"], &rejects["items"][1]["statusCode"]), (&json!(2), &json!(code)));
        assert_eq!(caller.eloqua.contacts()[1]["C_EmailAddress"], json!("bob@brand.example"));
    }
}

#[test]
fn an_unknown_key_is_a_warning_without_reject() {
    let mut caller = Caller::new(json!({}));
    let (sync, state) = caller.import(
        by_email(),
        json!([{ "email": "ann@brand.example", "first": "A", "last": "L", "extra": "x" }]),
    );
    assert_eq!(state, "warning");
    let rejects = caller.get(&format!("{sync}/rejects"));
    assert_eq!((&rejects["items"], &rejects["totalResults"]), (&json!([]), &json!(0)));
    assert!(caller.counts(&sync).contains(&("ELQ-00111".to_owned(), 1)));
    assert_eq!(caller.eloqua.contacts().len(), 1);
}

#[test]
fn a_bad_address_is_one_reject() {
    let mut caller = Caller::new(json!({}));
    let rows = json!([
        { "email": "ann@brand.example", "first": "A", "last": "L" },
        { "email": "not an address", "first": "B", "last": "L" },
        { "email": "cid@brand.example", "first": "C", "last": "L" },
    ]);
    let (sync, state) = caller.import(by_email(), rows);
    assert_eq!(state, "warning");
    assert_eq!(
        caller.get(&format!("{sync}/rejects?limit=50000"))["items"],
        json!([{
            "fieldValues": { "email": "not an address", "first": "B", "last": "L" },
            "message": "Invalid email address.", "statusCode": "ELQ-00002", "recordIndex": 2, "invalidFields": ["email"],
        }])
    );
    assert_eq!(caller.eloqua.contacts().len(), 2);
}

#[test]
fn repeated_identifiers_are_dropped() {
    for (knob, name) in [("last", "Three"), ("first", "One")] {
        let mut caller = Caller::new(json!({}));
        caller.eloqua.knobs_mut().set("eloqua.repeated_identifier", knob).unwrap();
        let row = |first: &str| json!({ "email": "Ann@brand.example", "first": first, "last": "L" });
        let (sync, state) = caller.import(by_email(), json!([row("One"), row("Two"), row("Three")]));
        assert_eq!(state, "warning");
        assert_eq!(
            caller.counts(&sync),
            counted(&[("00130", 3), ("00001", 3), ("00026", 2), ("00003", 1), ("00004", 1)])
        );
        assert_eq!(caller.eloqua.contacts()[0]["C_FirstName"], json!(name));
    }
}

#[test]
fn values_that_a_field_cannot_hold_are_left_out() {
    let mut caller = Caller::new(json!({}));
    let (sync, state) = caller
        .import(by_email(), json!([{ "email": "ann@brand.example", "first": "x".repeat(101), "last": "L" }]));
    assert_eq!(state, "warning");
    let rejects = caller.get(&format!("{sync}/rejects"));
    assert_eq!(
        (&rejects["items"][0]["statusCode"], &rejects["items"][0]["invalidFields"]),
        (&json!("ELQ-00040"), &json!(["first"]))
    );
    let contact = &caller.eloqua.contacts()[0];
    assert_eq!((&contact["C_LastName"], contact.get("C_FirstName")), (&json!("L"), None));
}

#[test]
fn unchanged_rows_leave_dates_alone() {
    for (knob, expected) in [("false", "2026-01-05 03:00:00.000"), ("true", "2026-01-05 03:01:02.000")] {
        let mut caller = Caller::new(
            json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example", "C_FirstName": "Ann" }] }),
        );
        caller.eloqua.knobs_mut().set("eloqua.unchanged_touches", knob).unwrap();
        caller.pass(60);
        caller.import(by_email(), json!([{ "email": "ann@brand.example", "first": "Ann" }]));
        assert_eq!(caller.eloqua.contacts()[0]["C_DateModified"], json!(expected));
    }
}

#[test]
fn posting_data_may_start_a_sync() {
    let mut caller = Caller::new(json!({}));
    let row = json!([{ "email": "ann@brand.example" }]);
    for (wish, expected) in [(json!(false), 204), (json!(true), 201), (Value::Null, 201)] {
        let mut definition = by_email();
        definition["isSyncTriggeredOnImport"] = wish;
        let uri = caller.define("imports", definition);
        let (status, body) = caller.call("POST", &format!("/api/bulk/2.0{uri}/data"), row.clone());
        assert_eq!(status, expected);
        if expected == 201 {
            assert_eq!((&body["status"], &body["syncedInstanceUri"]), (&json!("pending"), &json!(uri)));
        } else {
            assert_eq!(body, Value::Null);
        }
    }
    caller.call("DELETE", "/api/bulk/2.0/contacts/imports/1/data", Value::Null);
    let response = caller.raw(
        "POST",
        "/api/bulk/2.0/contacts/imports/1/data",
        "text/csv",
        "\u{feff}first,email\r\nAnn,ann@brand.example\r\n",
    );
    assert_eq!(response.status(), 204);
    assert!(!response.headers().contains_key("content-type"));
    let (_, state) = caller.sync("/contacts/imports/1");
    assert_eq!(state, "success");
    assert_eq!(caller.eloqua.contacts()[0]["C_FirstName"], json!("Ann"));
    let (_, state) = caller.sync("/contacts/imports/1");
    assert_eq!(state, "warning", "nothing is staged");
    let large = " ".repeat((32 << 20) + 1);
    assert_eq!(
        caller.raw("POST", "/api/bulk/2.0/contacts/imports/1/data", "application/json", &large).status(),
        404
    );
}

#[test]
fn staged_rows_are_dropped() {
    let mut caller = Caller::new(json!({}));
    let mut definition = by_email();
    definition["dataRetentionDuration"] = json!("PT1H");
    let uri = caller.define("imports", definition);
    let data = format!("/api/bulk/2.0{uri}/data");
    caller.call("POST", &data, json!({ "email": "ann@brand.example" }));
    assert_eq!(caller.call("DELETE", &data, Value::Null).0, 204);
    caller.sync(&uri);
    caller.call("POST", &data, json!({ "email": "ann@brand.example" }));
    caller.pass(3600);
    caller.sync(&uri);
    assert_eq!(caller.eloqua.contacts().len(), 0);
}

#[test]
fn a_sync_moves_on_the_agenda() {
    let mut caller = Caller::new(json!({}));
    let uri = caller.define("imports", by_email());
    caller.call("POST", &format!("/api/bulk/2.0{uri}/data"), json!([{ "email": "ann@brand.example" }]));
    let (status, made) =
        caller.call("POST", "/api/bulk/2.0/syncs", json!({ "syncedInstanceUri": uri, "callbackUrl": null }));
    assert_eq!(status, 201);
    assert_eq!(
        made.to_string(),
        json!({
            "syncedInstanceUri": "/contacts/imports/1", "status": "pending",
            "createdAt": "2026-01-05T08:00:00.0000000Z", "createdBy": "sync.user", "uri": "/syncs/1",
        })
        .to_string()
    );
    assert_eq!(caller.eloqua.next_due(), Some(Instant::START.plus(Duration::from_secs(1))));
    caller.pass(1);
    assert_eq!(caller.get("/api/bulk/2.0/syncs/1")["status"], json!("active"));
    assert_eq!(caller.eloqua.contacts().len(), 0);
    caller.pass(1);
    let ended = caller.get("/api/bulk/2.0/syncs/1");
    assert_eq!(
        ended.to_string(),
        json!({
            "syncedInstanceUri": "/contacts/imports/1", "syncStartedAt": "2026-01-05T08:00:01.0000000Z",
            "syncEndedAt": "2026-01-05T08:00:02.0000000Z", "status": "success",
            "createdAt": "2026-01-05T08:00:00.0000000Z", "createdBy": "sync.user", "uri": "/syncs/1",
        })
        .to_string()
    );
    assert_eq!(caller.get("/api/bulk/2.0/syncs?orderBy=createdAt%20DESC")["count"], json!(1));
    let (status, body) =
        caller.call("POST", "/api/bulk/2.0/syncs", json!({ "syncedInstanceUri": "/contacts/imports/99" }));
    assert_eq!((status, &body["failures"][0]["field"]), (400, &json!("syncedInstanceUri")));
    assert_eq!(caller.call("GET", "/api/bulk/2.0/syncs/1/data", Value::Null).0, 400);
}

fn export(filter: Value) -> Value {
    json!({
        "name": "out",
        "fields": {
            "id": "{{Contact.Id}}", "email": "{{Contact.Field(C_EmailAddress)}}",
            "on": "{{Contact.Email.IsSubscribed}}", "at": "{{Contact.UpdatedAt}}",
        },
        "filter": filter,
    })
}

#[test]
fn exports_hold_what_contacts_hold() {
    let mut caller = Caller::new(json!({ "contacts": [
        { "C_EmailAddress": "ann@brand.example" }, { "C_EmailAddress": "bob@brand.example", "isSubscribed": false },
    ] }));
    let uri = caller.define("exports", export(Value::Null));
    let (sync, state) = caller.sync(&uri);
    assert_eq!(state, "success");
    let logs = caller.get(&format!("{sync}/logs"));
    assert_eq!(logs["items"][0]["message"], json!("Successfully exported members to csv file."));
    assert_eq!(
        (&logs["items"][0]["statusCode"], &logs["items"][0]["count"]),
        (&json!("ELQ-00102"), &json!(2))
    );
    let row = |id: &str, email: &str, on: &str| json!({ "id": id, "email": email, "on": on, "at": "2026-01-05 03:00:00.000" });
    assert_eq!(
        caller.get(&format!("{sync}/data")),
        json!({
            "items": [row("1986000", "ann@brand.example", "True"), row("1986001", "bob@brand.example", "False")],
            "totalResults": 2, "limit": 1000, "offset": 0, "count": 2, "hasMore": false,
        })
    );
    let page = caller.get(&format!("/api/bulk/2.0{uri}/data?limit=1&offset=0"));
    assert_eq!((&page["count"], &page["hasMore"]), (&json!(1), &json!(true)));
    let authorization = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let mut request = request("GET", &format!("{BASE}{sync}/data?limit=1"), &authorization, "", "");
    request.headers_mut().insert("accept", "text/csv".parse().unwrap());
    let response = caller.eloqua.handle(caller.now, request);
    assert_eq!(
        &response.body()[..],
        b"id,email,on,at\r\n1986000,ann@brand.example,True,2026-01-05 03:00:00.000\r\n"
    );
    let mut utc = export(json!(
        "'{{Contact.Email.IsSubscribed}}' = 'false' AND '{{Contact.UpdatedAt}}'>='2026-01-05 08:00:00'"
    ));
    utc["areSystemTimestampsInUTC"] = json!(true);
    let uri = caller.define("exports", utc);
    let (sync, _) = caller.sync(&uri);
    assert_eq!(caller.get(&format!("{sync}/data"))["items"][0]["at"], json!("2026-01-05 08:00:00.000"));
    caller.eloqua.knobs_mut().set("eloqua.flag_text", "1/0").unwrap();
    let (sync, _) = caller.sync(&uri);
    assert_eq!(caller.get(&format!("{sync}/data"))["items"][0]["on"], json!("0"));
    let uri = caller.define("exports", export(json!("'{{Contact.Id}}' = '1'")));
    let (sync, _) = caller.sync(&uri);
    assert_eq!(
        caller.get(&format!("{sync}/data")),
        json!({ "totalResults": 0, "limit": 1000, "offset": 0, "count": 0, "hasMore": false })
    );
    assert_eq!(caller.call("GET", &format!("{sync}/data?limit=50001"), Value::Null).0, 400);
}

#[test]
fn export_data_is_dropped() {
    let mut caller = Caller::new(json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] }));
    let uri = caller.define("exports", export(Value::Null));
    let (sync, _) = caller.sync(&uri);
    assert_eq!(caller.call("DELETE", &format!("/api/bulk/2.0{uri}/data"), Value::Null).0, 204);
    assert_eq!(caller.call("GET", &format!("{sync}/data"), Value::Null).0, 410);
    let (sync, _) = caller.sync(&uri);
    assert_eq!(caller.call("DELETE", &format!("{sync}/data"), Value::Null).0, 204);
    let (sync, _) = caller.sync(&uri);
    caller.pass(12 * 3600);
    assert_eq!(caller.call("GET", &format!("{sync}/data"), Value::Null).0, 410, "it expires");
}

#[test]
fn sync_actions_unsubscribe() {
    let mut caller = Caller::new(json!({ "lists": ["All"], "contacts": [
        { "C_EmailAddress": "ann@brand.example" }, { "C_EmailAddress": "bob@brand.example" },
    ] }));
    let off =
        json!({ "action": "setStatus", "destination": "{{GlobalSubscribe}}", "status": "unsubscribed" });
    let add = json!({ "action": "add", "destination": "{{ContactList[1]}}" });
    let uri = caller.define(
        "syncActions",
        json!({
            "name": "off", "fields": { "id": "{{Contact.Id}}" }, "identifierFieldName": "id",
            "isSyncTriggeredOnImport": false, "syncActions": [off.clone(), add],
        }),
    );
    let path = format!("/api/bulk/2.0{uri}");
    assert_eq!(
        caller.call("POST", &format!("{path}/data"), json!([{ "id": 1_986_000 }, { "id": "5" }])).0,
        204
    );
    let (sync, state) = caller.sync(&uri);
    assert_eq!(state, "warning");
    assert_eq!(
        caller.counts(&sync),
        counted(&[("00140", 2), ("00001", 2), ("00017", 1), ("00119", 1), ("00034", 1)])
    );
    assert_eq!(caller.eloqua.contacts()[0]["isSubscribed"], json!(false));
    assert_eq!(caller.get(&path)["name"], json!("off"));
    assert_eq!(caller.get("/api/bulk/2.0/contacts/syncActions")["count"], json!(1));
    assert_eq!(caller.call("PUT", &path, json!({ "name": "x" })).0, 400);
    assert_eq!(caller.call("DELETE", &path, Value::Null).0, 204);

    let (status, made) = caller.call("POST", "/api/bulk/2.0/emailAddresses/imports", json!({
        "name": "off", "fields": { "e": "{{EmailAddress.Field(C_EmailAddress)}}" }, "identifierFieldName": "e",
        "isSyncTriggeredOnImport": false, "syncActions": [off],
    }));
    assert_eq!((status, &made["uri"]), (201, &json!("/emailAddresses/imports/1")));
    caller.call("POST", "/api/bulk/2.0/emailAddresses/imports/1/data", json!([{ "e": "new@brand.example" }]));
    assert_eq!(caller.sync("/emailAddresses/imports/1").1, "success");
    assert_eq!(caller.eloqua.contacts().len(), 2, "an address is no contact");
    for sort in ["exports", "syncActions"] {
        let path = format!("/api/bulk/2.0/emailAddresses/{sort}");
        let body = json!({ "name": "e", "fields": { "id": "{{Contact.Id}}" } });
        assert_eq!(caller.call("POST", &path, body).0, 404, "addresses are only imported");
    }
    let (_, made) =
        caller.call("POST", "/api/rest/1.0/data/contact", json!({ "emailAddress": "New@brand.example" }));
    assert_eq!(made["isSubscribed"], json!("false"));
}

#[test]
fn a_refresh_token_works_once() {
    let mut eloqua = Eloqua::new(1);
    let client = basic(crate::oauth::DEFAULT_CLIENT_ID, crate::oauth::DEFAULT_CLIENT_SECRET);
    let mut ask = |now: Instant, kind: &str, body: &str| {
        let request = request("POST", "https://login.eloqua.com/auth/oauth2/token", &client, kind, body);
        let response = eloqua.handle(now, request);
        (response.status().as_u16(), body_of(&response))
    };
    let wish = json!({ "grant_type": "password", "username": "StandinCo\\sync.user", "password": DEFAULT_PASSWORD, "scope": "full" });
    let (status, first) = ask(Instant::START, "application/json", &wish.to_string());
    assert_eq!((status, &first["token_type"], &first["expires_in"]), (200, &json!("bearer"), &json!(28800)));
    let again =
        format!("grant_type=refresh_token&refresh_token={}", first["refresh_token"].as_str().unwrap());
    assert_eq!(ask(Instant::START, "application/x-www-form-urlencoded", &again).0, 200);
    let (status, body) = ask(Instant::START, "application/x-www-form-urlencoded", &again);
    assert_eq!((status, &body["error"]), (401, &json!("invalid_grant")));
    assert_eq!(ask(Instant::START, "application/json", r#"{"grant_type":"magic"}"#).0, 400);
    let bearer = format!("Bearer {}", first["access_token"].as_str().unwrap());
    for (hours, expected) in [(7, 200), (8, 401)] {
        let now = Instant::START.plus(Duration::from_secs(hours * 3600));
        let uri = format!("{BASE}/api/rest/2.0/data/contacts");
        assert_eq!(eloqua.handle(now, request("GET", &uri, &bearer, "", "")).status(), expected);
    }
}

#[test]
fn trouble_is_told_by_status() {
    let mut eloqua = Eloqua::new(1);
    let call = request("GET", "https://x.example/id", "", "", "");
    for (code, phrase) in [
        (429, "Too Many Requests"),
        (503, "There was a timeout processing the request"),
        (401, "You are not authorized to make this request"),
    ] {
        let response = eloqua.refuse(Instant::START, &call, code);
        assert_eq!((u32::from(response.status().as_u16()), phrase_of(&response).as_str()), (code, phrase));
    }
}

#[test]
fn the_true_status_may_stand_in_a_header() {
    let mut caller = Caller::new(json!({}));
    let authorization = basic("StandinCo\\sync.user", DEFAULT_PASSWORD);
    let mut request = request("GET", &format!("{BASE}/api/rest/1.0/data/contact/1"), &authorization, "", "");
    request.headers_mut().insert("x-http-status-code-override", "true".parse().unwrap());
    let response = caller.eloqua.handle(caller.now, request);
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-http-original-status-code"], "404");
}

#[test]
fn secrets_are_not_shown() {
    let mut caller =
        Caller::new(json!({ "imports": [{ "name": "i", "user": "u", "password": "drop-Pa55" }] }));
    let client = basic(crate::oauth::DEFAULT_CLIENT_ID, crate::oauth::DEFAULT_CLIENT_SECRET);
    let wish =
        json!({ "grant_type": "password", "username": "StandinCo\\sync.user", "password": DEFAULT_PASSWORD });
    let ask = request(
        "POST",
        "https://x.example/auth/oauth2/token",
        &client,
        "application/json",
        &wish.to_string(),
    );
    let token = body_of(&caller.eloqua.handle(caller.now, ask))["access_token"].as_str().unwrap().to_owned();
    let shown = format!("{:?} {:?}", caller.eloqua, caller.eloqua.clone().run_now(caller.now, "i"));
    for secret in [DEFAULT_PASSWORD, crate::oauth::DEFAULT_CLIENT_SECRET, "drop-Pa55", &token] {
        assert!(!shown.contains(secret));
    }
}

#[test]
fn seeding_mistakes_have_places() {
    for (section, path) in [
        (json!({ "contact": [] }), "contact"),
        (json!({ "contacts": [{ "C_FirstName": "A" }] }), "contacts[0]"),
        (
            json!({ "contacts": [{ "C_EmailAddress": "a@b.example", "C_Gigya_UID1": "x" }] }),
            "contacts[0].C_Gigya_UID1",
        ),
        (
            json!({ "contacts": [{ "C_EmailAddress": "a@b.example", "C_Zip_Postal": 3290 }] }),
            "contacts[0].C_Zip_Postal",
        ),
        (
            json!({ "contacts": [{ "C_EmailAddress": "a@b.example" }, { "C_EmailAddress": "A@b.example" }] }),
            "contacts[1]",
        ),
        (json!({ "imports": [{ "name": "i", "user": "u", "key": "C_Gigya_UID" }] }), "imports[0].key"),
        (json!({ "imports": [{ "name": "i", "user": "u", "separator": "#" }] }), "imports[0].separator"),
        (json!({ "imports": [{ "name": "i", "user": "u", "every": "sometimes" }] }), "imports[0].every"),
        (json!({ "exports": [{ "name": "e", "user": "u", "file": "x.csv" }] }), "exports[0]"),
        (
            json!({ "exports": [{ "name": "e", "user": "u", "file": "x.csv", "fields": ["C_Id"] }] }),
            "exports[0].fields[0]",
        ),
        (
            json!({ "exports": [{ "name": "e", "user": "u", "file": "x.csv", "fields": ["C_City"], "filter": "x" }] }),
            "exports[0].filter",
        ),
    ] {
        let error = Eloqua::new(1).seed(Instant::START, &section).unwrap_err();
        assert_eq!(error.path, path, "{error}");
    }
}
