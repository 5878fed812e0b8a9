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
fn a_world_is_described_member_by_member() {
    let flow = std::fs::read_to_string(crate::top().join("fixtures/dataflows/gigya-to-sftp.json")).unwrap();
    let world = World::builder()
        .transport(Transport::Memory)
        .seed(7)
        .knob("gigya.index_delay", "5s")
        .gigya(json!({"accounts": [{"UID": "ann"}]}))
        .eloqua(json!({"contact_fields": ["Gigya UID"], "contacts": [{"C_Gigya_UID1": "ann", "C_EmailAddress": "a@x.example"}]}))
        .qualifio(json!({}))
        .sftp(json!({"folders": ["/outbound/members"]}))
        .login_pages(json!([{"host": "www.brand.example", "path": "/login"}]))
        .dataflow("members", serde_json::from_str(&flow).unwrap())
        .open()
        .unwrap();
    assert!(world.account("ann").is_some() && world.dataflow_id("members").is_some());
    assert_eq!(world.contacts()[0]["C_Gigya_UID1"], "ann");
    let wrong = World::builder().gigya(json!({"accunts": []})).open().err().unwrap();
    assert!(wrong.to_string().starts_with("gigya: "), "{wrong}");
}

/// A fork has all of the state, and what is done in one world is not done in the other.
#[test]
fn a_fork_goes_on_by_itself() {
    for transport in [Transport::Memory, Transport::Wire] {
        let path = crate::top().join("scenarios/push/retries.yaml");
        let ready = standin::load(&path, &standin::Extras::default(), false).unwrap().remove(0);
        let (outcome, world) = standin_stage::runner::run_keeping(&ready, transport);
        let world = world.unwrap();
        assert!(outcome.held());
        let fork = world.fork().unwrap();
        assert_eq!(fork.journal(), world.journal());
        // The same acts have the same consequences, down to the identifiers.
        let act = |world: &World, city: &str| {
            let uid = world.parts().gigya.lock().unwrap().accounts()[0]["UID"].as_str().unwrap().to_owned();
            let profile = json!({"city": city}).to_string();
            world.gigya("accounts.setAccountInfo", &[("UID", &uid), ("profile", &profile)]).unwrap();
            world.parts().files.lock().unwrap().put(world.now(), "/a.txt", city.as_bytes()).unwrap();
            world.advance(std::time::Duration::from_secs(7200));
            world.account(&uid).unwrap()["profile"]["city"].clone()
        };
        let second = fork.fork().unwrap();
        assert_eq!((act(&fork, "Gent"), act(&second, "Gent")), (json!("Gent"), json!("Gent")));
        assert_eq!(fork.journal(), second.journal());
        let files = |world: &World| world.parts().files.lock().unwrap().files().len();
        assert_eq!((files(&fork), files(&world)), (1, 0));
        assert!(world.journal().len() < fork.journal().len() && world.now() < fork.now());
        assert_eq!(act(&world, "Leuven"), "Leuven");
        assert_eq!(act(&fork, "Gent"), "Gent");
    }
}

/// A thousand worlds, one after the other and some at once, leave neither sockets nor threads behind. The
/// listeners of a world close when it is dropped, on the runtime's own thread.
#[test]
fn a_thousand_worlds_leave_nothing_behind() {
    let count = |folder: &str| std::fs::read_dir(folder).map(Iterator::count).unwrap_or_default();
    drop(World::open(&spec(), Transport::Wire).unwrap());
    let threads = count("/proc/self/task");
    for _ in 0..100 {
        let worlds: Vec<World> = (0..10).map(|_| World::open(&spec(), Transport::Wire).unwrap()).collect();
        worlds[9].gigya("accounts.getAccountInfo", &[("UID", "ann")]).unwrap();
        let addresses: Vec<_> = worlds.iter().map(|world| world.sockets().unwrap().gigya).collect();
        drop(worlds);
        let closed = |address| (0..2000).any(|_| TcpStream::connect(address).is_err());
        assert!(addresses.into_iter().all(closed), "a socket is still open");
    }
    // Other tests of this binary start threads, too, but no thousand.
    assert!(count("/proc/self/task") < threads + 500, "threads were left behind");
    assert!(count("/proc/self/fd") < 2500, "files were left open");
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

/// A webhook reaches somebody else's receiver on this machine: real HTTP, one whole request.
#[test]
fn webhooks_reach_receivers_outside() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?tenant=1", listener.local_addr().unwrap());
    let receiver = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut text, mut buffer) = (String::new(), [0; 4096]);
        while !text.ends_with('}') {
            let read = stream.read(&mut buffer).unwrap();
            text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        text
    });
    let world = World::open(&spec(), Transport::Wire).unwrap();
    let hook = [("name", "sync"), ("url", url.as_str()), ("events", "accountUpdated")];
    world.gigya("accounts.webhooks.set", &hook).unwrap();
    world.gigya("accounts.setAccountInfo", &[("UID", "ann"), ("data", r#"{"n":1}"#)]).unwrap();
    world.advance(std::time::Duration::from_secs(1));
    let status = world.gigya("accounts.webhooks.getStatus", &[("url", url.as_str())]).unwrap();
    assert_eq!(status["webhookStatus"]["statusCode"], 204);
    let text = receiver.join().unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?tenant=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("\r\nx-gigya-sig-jwt: "), "{head}");
    assert!(!head.to_ascii_lowercase().contains("x-standin-actor"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["events"][0]["data"], json!({"accountType": "full", "uid": "ann"}));
}
