//! Every knob turns something.

use crate::caller::{Caller, basic, json_of, request};
use crate::knobs::KNOBS;
use crate::oauth::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn a_put_keeps_or_blanks_what_it_leaves_out() {
    for (knob, city) in [(None, Some("Ghent")), (Some("keep"), Some("Ghent")), (Some("blank"), None)] {
        let person = json!({ "C_EmailAddress": "ann@brand.example", "C_City": "Ghent", "C_FirstName": "An" });
        let mut caller = Caller::new(json!({ "contacts": [person] }));
        if let Some(knob) = knob {
            caller.set("eloqua.put_omitted", knob);
        }
        let (status, put) =
            caller.call("PUT", "/api/rest/1.0/data/contact/1986000", json!({ "firstName": "Ann" }));
        assert_eq!((status, &put["firstName"]), (200, &json!("Ann")));
        assert_eq!(put["emailAddress"], json!("ann@brand.example"), "an address is not blanked");
        assert_eq!(put.get("city").and_then(Value::as_str), city, "{knob:?}");
    }
}

/// A definition that does not say whether data starts a sync.
fn define(caller: &mut Caller) {
    let fields = json!({ "email": "{{Contact.Field(C_EmailAddress)}}" });
    let definition = json!({ "name": "in", "fields": fields, "identifierFieldName": "email" });
    assert_eq!(caller.call("POST", "/api/bulk/2.0/contacts/imports", definition).0, 201);
}

#[test]
fn data_starts_a_sync_unless_told_otherwise() {
    for (knob, status) in [("true", 201), ("false", 204)] {
        let mut caller = Caller::new(json!({}));
        caller.set("eloqua.sync_trigger_default", knob);
        define(&mut caller);
        let row = json!([{ "email": "ann@brand.example" }]);
        assert_eq!(caller.call("POST", "/api/bulk/2.0/contacts/imports/1/data", row).0, status, "{knob}");
        let syncs = caller.get("/api/bulk/2.0/syncs")["totalResults"].clone();
        assert_eq!(syncs, json!(u64::from(status == 201)));
    }
}

#[test]
fn syncs_take_the_time_they_are_told() {
    let mut caller = Caller::new(json!({}));
    caller.set("eloqua.sync_pending", "3s");
    caller.set("eloqua.sync_active", "4s");
    define(&mut caller);
    caller.call("POST", "/api/bulk/2.0/contacts/imports/1/data", json!([{ "email": "ann@brand.example" }]));
    for (seconds, status) in [(2, "pending"), (1, "active"), (3, "active"), (1, "success")] {
        caller.pass(seconds);
        assert_eq!(caller.get("/api/bulk/2.0/syncs/1")["status"], json!(status));
    }
}

#[test]
fn codes_live_as_long_as_they_are_told() {
    for (seconds, expected) in [(9, 200), (10, 401)] {
        let mut caller = Caller::new(json!({}));
        caller.set("eloqua.code_life", "10s");
        let query = "response_type=code&client_id=standin-client&redirect_uri=https%3A%2F%2Fapp.example%2F";
        let uri = format!("https://login.eloqua.com/auth/oauth2/authorize?{query}");
        let sent_to = caller.send(request("GET", &uri, &[], ""));
        let sent_to = sent_to.headers()["location"].to_str().unwrap().to_owned();
        let code = sent_to.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
        caller.pass(seconds);
        let client = basic(DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET);
        let headers = [("authorization", client.as_str()), ("content-type", "application/json")];
        let body = json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example/" });
        let uri = "https://login.eloqua.com/auth/oauth2/token";
        let answer = caller.send(request("POST", uri, &headers, body.to_string()));
        assert_eq!(answer.status(), expected, "{}", json_of(&answer));
    }
}

/// The parts of the sources below a folder that are tests.
fn tests_below(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, out);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy();
        let whole = name.contains("tests") || name.ends_with("golden.rs") || name.ends_with("laws.rs");
        let from = if whole { Some(0) } else { text.find("\n#[cfg(test)]\nmod tests {") };
        out.push_str(from.map_or("", |at| &text[at..]));
    }
}

#[test]
fn every_knob_is_turned_by_a_test() {
    let mut tests = String::new();
    tests_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut tests);
    let unturned: Vec<&str> =
        KNOBS.iter().map(|knob| knob.name).filter(|name| !tests.contains(&format!("\"{name}\""))).collect();
    assert_eq!(unturned, [""; 0]);
}
