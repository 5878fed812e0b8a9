//! The Rust face.

use serde_json::json;
use standin::{Transport, World, WorldSpec};
use std::io::{Read, Write};
use std::net::TcpStream;

fn spec() -> WorldSpec {
    let mut spec = WorldSpec::default();
    spec.sections.insert(
        "gigya".into(),
        json!({"accounts": [{"UID": "ann", "profile": {"email": "ann@brand.example"}}]}),
    );
    spec
}

#[test]
fn a_world_a_test() {
    for transport in [Transport::Memory, Transport::Wire] {
        let world = World::open(&spec(), transport).unwrap();
        let set = world
            .gigya("accounts.setAccountInfo", &[("UID", "ann"), ("profile", r#"{"city":"Diest"}"#)])
            .unwrap();
        assert_eq!(set["errorCode"], 0);
        assert_eq!(world.account("ann").unwrap()["profile"]["city"], "Diest");
        assert!(world.account("ben").is_none());
    }
}

#[test]
fn worlds_do_not_meet() {
    let (one, two) =
        (World::open(&spec(), Transport::Wire).unwrap(), World::open(&spec(), Transport::Wire).unwrap());
    one.gigya("accounts.deleteAccount", &[("UID", "ann")]).unwrap();
    assert!(one.account("ann").is_none() && two.account("ann").is_some());
}

#[test]
fn sockets_close_with_the_world() {
    let world = World::open(&spec(), Transport::Wire).unwrap();
    let address = world.sockets().unwrap().gigya;
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /accounts.nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("405001"), "{answer}");
    drop((stream, world));
    // The listener goes with its task, which the runtime ends on its own thread: connecting ends in refusal.
    let gone = (0..2000).any(|_| TcpStream::connect(address).is_err());
    assert!(gone, "the socket is still open");
}

#[tokio::test]
async fn a_world_may_be_driven_from_async_code() {
    let world = World::open(&spec(), Transport::Wire).unwrap();
    assert!(world.gigya("accounts.getAccountInfo", &[("UID", "ann")]).is_ok());
}
