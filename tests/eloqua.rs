//! Eloqua over a socket, where reason phrases and lengths are to be seen.

use serde_json::{Value, json};
use standin::{Transport, World, WorldSpec};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// `StandinCo\sync.user` and its password.
const USER: &str = "Authorization: Basic U3RhbmRpbkNvXHN5bmMudXNlcjpzeW5jLVBhNTV3b3Jk";

fn world() -> (World, SocketAddr) {
    let mut spec = WorldSpec::default();
    let contacts = json!({ "contacts": [{ "C_EmailAddress": "ann@brand.example" }] });
    spec.sections.insert("eloqua".into(), contacts);
    let world = World::open(&spec, Transport::Wire).unwrap();
    let address = world.sockets().unwrap().eloqua;
    (world, address)
}

/// Sends a request and gives the head of the answer, line by line in lower case, and its body.
fn ask(address: SocketAddr, line: &str, headers: &str, body: &str) -> (Vec<String>, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split("\r\n").map(str::to_lowercase).collect(), body.to_owned())
}

fn has(head: &[String], name: &str) -> bool {
    head.iter().any(|line| line.starts_with(&format!("{name}:")))
}

#[test]
fn reason_phrases_are_on_the_wire() {
    let (_world, address) = world();
    let json = format!("{USER}\r\nContent-Type: application/json");
    let new = r#"{"emailAddress":"ben@brand.example"}"#;
    for (line, headers, body, expected) in [
        ("GET /api/REST/1.0/data/contacts", "X: y", "", "401 Login required"),
        (
            "GET /api/REST/1.0/data/contacts",
            "Authorization: Basic eDp5",
            "",
            "401 You are not authorized to make this request",
        ),
        ("GET /API/rest/2.0//data/contacts", USER, "", "200 OK"),
        ("GET /api/REST/1.0/data/contact/1", USER, "", "404 The requested resource was not found."),
        ("POST /api/REST/1.0/data/contact", USER, new, "400 There was a serialization error."),
        ("POST /api/REST/1.0/data/contact", &json, "{", "400 There was a parsing error."),
        ("POST /api/REST/1.0/data/contact", &json, "{}", "400 There was a validation error."),
        ("POST /api/REST/1.0/data/contact", &json, new, "201 Success"),
        ("POST /api/REST/1.0/data/contact", &json, new, "409 There was a conflict."),
    ] {
        let (head, _) = ask(address, line, headers, body);
        assert_eq!(head[0], format!("http/1.1 {expected}").to_lowercase(), "{line}");
        assert!(has(&head, "x-request-id") && !has(&head, "location"), "{line}");
    }
}

#[test]
fn answers_without_a_body_say_nothing_of_it() {
    let (_world, address) = world();
    let delete = "DELETE /api/rest/2.0/data/contact/1986000";
    let (head, body) = ask(address, delete, USER, r#"{"id":"1986000"}"#);
    assert!(head.contains(&"content-length: 0".to_owned()) && !has(&head, "content-type"), "{head:?}");
    assert_eq!((head[0].as_str(), body.as_str()), ("http/1.1 200 ok", ""));
    let fields = r#"{"e":"{{Contact.Field(C_EmailAddress)}}"}"#;
    let definition = format!(r#"{{"name":"n","fields":{fields},"identifierFieldName":"e"}}"#);
    let json = format!("{USER}\r\nContent-Type: application/json");
    ask(address, "POST /api/bulk/2.0/contacts/imports", &json, &definition);
    let (head, body) = ask(address, "DELETE /api/bulk/2.0/contacts/imports/1", USER, "");
    assert_eq!((head[0].as_str(), body.as_str()), ("http/1.1 204 no content", ""));
    assert!(!has(&head, "content-length") && !has(&head, "content-type"), "{head:?}");
}

#[test]
fn login_names_the_address_that_it_was_asked_at() {
    let (_world, address) = world();
    let (head, body) = ask(address, "GET /id", USER, "");
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["urls"]["base"], json!(format!("http://{address}")));
    assert!(head.contains(&"content-type: application/json; charset=utf-8".to_owned()));
    // Encoders that break lines leave blanks in long credentials.
    let (front, back) = USER.split_at(40);
    let (_, body) = ask(address, "GET /ID/", &format!("{front} {back} "), "");
    assert!(body.starts_with('{'), "{body}");
    let (head, body) = ask(address, "GET /id", "Authorization: Basic eDp5", "");
    assert_eq!((head[0].as_str(), body.as_str()), ("http/1.1 200 ok", "\"Not authenticated.\""));
}
