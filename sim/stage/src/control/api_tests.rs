//! The control API: every operation as it is described, and many worlds that never meet.

use super::operations::OPERATIONS;
use super::pages::PAGES;
use super::worlds::{Hosting, Worlds};
use super::*;
use crate::surface::{Platform, locked};
use crate::world::{World, WorldSpec};
use base64::Engine;
use bytes::Bytes;
use proptest::prelude::*;
use standin_ports::clock::VirtualClock;
use standin_ports::http::Streamed;
use standin_ports::{Clock, Login, Secret};
use std::time::Duration;

/// A server with one world; the wall's clock is at hand.
pub(super) struct Stand {
    control: Control,
    pub(super) worlds: Arc<Worlds>,
    wall: Arc<VirtualClock>,
}

pub(super) fn stand() -> Stand {
    stand_with(|_| {})
}

pub(super) fn stand_with(change: impl FnOnce(&mut Hosting)) -> Stand {
    let wall = Arc::new(VirtualClock::new(standin_model::Instant::START));
    let report = |outcomes: &[standin_scenario::Outcome]| {
        let held = outcomes.iter().all(|outcome| outcome.verdict == standin_scenario::outcome::Verdict::Held);
        let told: Vec<String> = outcomes.iter().map(|outcome| format!("{:?}", outcome.verdict)).collect();
        json!({"held": held, "scenarios": told})
    };
    let mut hosting = Hosting {
        wall: Some(Arc::clone(&wall) as Arc<dyn Clock>),
        report,
        report_schema: || json!({"$ref": "#/$defs/Run", "$defs": {"Run": {"type": "object", "required": ["held"]}}}),
        ..Hosting::default()
    };
    change(&mut hosting);
    let world =
        World::hosted(&WorldSpec::default(), crate::clock::StageClock::still(standin_model::Instant::START));
    let world = world.unwrap();
    let worlds = Arc::new(Worlds::new(world.parts(), hosting));
    worlds.take_main(world, &WorldSpec::default());
    Stand { control: Control::of_many(&worlds, Arc::new(OnceLock::new())), worlds, wall }
}

/// What comes back: status, headers, body.
pub(super) struct Told {
    pub(super) status: u16,
    headers: http::HeaderMap,
    pub(super) extensions: http::Extensions,
    pub(super) body: Bytes,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The body of an answer that was fine.
    pub(super) fn fine(self) -> Value {
        let told = String::from_utf8_lossy(&self.body).into_owned();
        assert!((200..300).contains(&self.status), "{}: {told}", self.status);
        if self.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&told).unwrap_or(Value::String(told))
        }
    }

    /// The kind and the words of a refusal.
    pub(super) fn refused(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let value = self.json();
        assert_eq!(value["status"], status);
        value
    }
}

impl Stand {
    pub(super) fn send(&self, method: &str, path: &str, kind: &str, body: impl Into<Bytes>) -> Told {
        let request = http::Request::builder().method(method).uri(format!("http://127.0.0.1:8080{path}"));
        let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
        self.ask(request.body(body.into()).unwrap())
    }

    pub(super) fn ask(&self, request: Request) -> Told {
        let (parts, body) = pollster::block_on(self.control.send(request)).unwrap().into_parts();
        Told { status: parts.status.as_u16(), headers: parts.headers, extensions: parts.extensions, body }
    }

    pub(super) fn get(&self, path: &str) -> Told {
        self.send("GET", path, "", "")
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Told {
        self.send("POST", path, "application/json", body.to_string())
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> Told {
        self.send("PUT", path, "application/json", body.to_string())
    }

    pub(super) fn state(&self, world: &str, view: &str) -> Vec<Value> {
        let told = self.get(&format!("/worlds/{world}/state/{view}")).fine();
        told["items"].as_array().unwrap().clone()
    }

    /// A call to Gigya's socket that shows an API key and names no world.
    fn gigya(&self, environment: &Value, method: &str, params: &[(&str, &str)]) -> Value {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, variable) in
            [("apiKey", "GIGYA_API_KEY"), ("userKey", "GIGYA_USER_KEY"), ("secret", "GIGYA_SECRET")]
        {
            form.append_pair(name, environment[variable].as_str().unwrap());
        }
        params.iter().for_each(|(name, value)| _ = form.append_pair(name, value));
        let request = http::Request::post(format!("http://127.0.0.1:9000/{method}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form.finish()));
        let answer = self.platform(Platform::Gigya, request.unwrap());
        serde_json::from_slice(answer.body()).unwrap()
    }

    /// A token that Eloqua gives to a client that names no world.
    pub(super) fn token(&self, environment: &Value) -> String {
        let request = token_request(environment).body(token_body(environment));
        let answer = self.platform(Platform::Eloqua, request.unwrap());
        let told: Value = serde_json::from_slice(answer.body()).unwrap();
        told["access_token"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned()
    }

    pub(super) fn platform(&self, platform: Platform, request: Request) -> Response {
        pollster::block_on(routed::Routed::new(platform, &self.worlds).send(request)).unwrap()
    }
}

pub(super) fn token_request(environment: &Value) -> http::request::Builder {
    let word = |name: &str| environment[name].as_str().unwrap();
    http::Request::post("http://login.eloqua.com/auth/oauth2/token")
        .header("authorization", basic(word("ELOQUA_CLIENT_ID"), word("ELOQUA_CLIENT_SECRET")))
        .header("content-type", "application/json")
}

pub(super) fn token_body(environment: &Value) -> Bytes {
    let word = |name: &str| environment[name].as_str().unwrap();
    let user = format!("{}\\{}", word("ELOQUA_SITE"), word("ELOQUA_USER"));
    let password = word("ELOQUA_PASSWORD");
    let body = json!({"grant_type": "password", "username": user, "password": password, "scope": "full"});
    Bytes::from(body.to_string())
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

fn eloqua(stand: &Stand, environment: &Value, path: &str) -> Response {
    let word = |name: &str| environment[name].as_str().unwrap().to_owned();
    let user = format!("{}\\{}", word("ELOQUA_SITE"), word("ELOQUA_USER"));
    let request = http::Request::get(format!("http://127.0.0.1:9000{path}"))
        .header("authorization", basic(&user, &word("ELOQUA_PASSWORD")));
    stand.platform(Platform::Eloqua, request.body(Bytes::new()).unwrap())
}

/// A server whose worlds have sockets' addresses, so that they can tell an environment.
pub(super) fn placed() -> (World, Stand) {
    let hosting = Hosting {
        wall: Some(Arc::new(VirtualClock::new(standin_model::Instant::START))),
        ..Hosting::default()
    };
    let clock = crate::clock::StageClock::still(standin_model::Instant::START);
    let world = World::open_served(&WorldSpec::default(), clock, 0, hosting).unwrap();
    let worlds = Arc::clone(world.worlds().unwrap());
    let control = Control::of_many(&worlds, Arc::new(OnceLock::new()));
    let wall = Arc::new(VirtualClock::new(standin_model::Instant::START));
    (world, Stand { control, worlds, wall })
}

#[test]
fn worlds_come_and_go() {
    let stand = stand_with(|hosting| hosting.worlds = 3);
    let made = stand
        .post("/worlds", &json!({"name": "a", "world": {"gigya": {"accounts": [{"UID": "ann"}]}}}))
        .fine();
    assert_eq!((&made["name"], &made["pace"]), (&json!("a"), &json!("still")));
    assert!(made["credentials"]["gigya_api_key"][0].as_str().unwrap().ends_with("-a"));
    let text = "# The same in a file.\neloqua:\n  contacts:\n    - { C_EmailAddress: ann@brand.example }\n";
    let second =
        stand.send("POST", "/worlds?name=b&seed=7&credentials=as_written", "application/yaml", text).fine();
    assert_eq!((&second["name"], &second["seed"]), (&json!("b"), &json!(7)));
    assert_eq!(second["credentials"], json!({}), "the first world had them already");
    assert_eq!(stand.state("b", "contacts")[0]["C_EmailAddress"], "ann@brand.example");
    let full = stand.post("/worlds", &json!({})).refused(429);
    assert_eq!(full["type"], "urn:standin:problem:full");
    assert!(full["hint"].as_str().unwrap().contains("--worlds"));
    stand.send("DELETE", "/worlds/b", "", "").fine();
    stand.get("/worlds/b").refused(404);
    stand.post("/worlds", &json!({"name": "a"})).refused(409);
    stand.send("DELETE", "/worlds/main", "", "").refused(409);
    let names: Vec<Value> = stand.get("/worlds").fine()["worlds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|world| world["name"].clone())
        .collect();
    assert_eq!(names, [json!("a"), json!("main")]);
}

#[test]
fn mistakes_are_told_with_their_place() {
    let stand = stand();
    for (body, at, said) in [
        (json!({"nam": "a"}), "body", "did you mean `name`"),
        (json!({"name": "A b"}), "name", "lower-case"),
        (json!({"seed": -1}), "seed", "whole number"),
        (json!({"credentials": "mine"}), "credentials", "as_written"),
        (json!({"world": {"gigia": {}}}), "body: world", "did you mean `gigya`"),
        (json!({"world": {"gigya": {"accounts": [{"UID": 7}]}}}), "body: world", "UID"),
        (json!({"world": {"from": "../Cargo.toml"}}), "body: world", "no file"),
        (json!({"world": {"knobs": {"gigya.index_dela": "5s"}}}), "body: world", "did you mean"),
    ] {
        let problem = stand.post("/worlds", &body).refused(400);
        assert_eq!(problem["at"], at, "{body}: {problem}");
        assert!(problem.to_string().contains(said), "{body}: {problem}");
    }
    stand.send("POST", "/worlds", "application/json", "{").refused(400);
    for twice in
        [r#"{"name": "x", "name": "y"}"#, r#"{"world": {"gigya": {"accounts": [{"UID": "a", "UID": "b"}]}}}"#]
    {
        let problem = stand.send("POST", "/worlds", "application/json", twice).refused(400);
        assert!(problem["detail"].as_str().unwrap().contains("stands twice"), "{problem}");
    }
    stand.send("POST", "/worlds", "text/csv", "a").refused(415);
    stand.send("POST", "/worlds", "application/yaml", vec![b'#'; operation::LARGEST + 1]).refused(413);
    stand.get("/worlds?x=1").refused(400);
    stand.get("/worlds/main/nothing").refused(404);
    stand.get("/nothing").refused(404);
    let wrong = stand.get("/advance");
    assert_eq!(wrong.headers["allow"], "POST");
    wrong.refused(405);
    assert_eq!(
        ["/worlds", "/health", "/pulse"].map(|path| stand.send("HEAD", path, "", "").status),
        [200; 3]
    );
    let wrong = stand.send("PATCH", "/worlds", "", "");
    assert_eq!(wrong.headers["allow"], "GET, POST");
    wrong.refused(405);
    let unknown = http::Request::get("http://127.0.0.1:8080/state").header("Standin-World", "nobody");
    stand.ask(unknown.body(Bytes::new()).unwrap()).refused(404);
}

#[test]
fn a_world_goes_back_to_what_it_was() {
    let (_server, stand) = placed();
    let made = stand
        .post("/worlds", &json!({"name": "a", "world": {"gigya": {"accounts": [{"UID": "ann"}]}}}))
        .fine();
    let environment = &made["environment"];
    let city = |told: &str| {
        let profile = json!({"city": told}).to_string();
        let set =
            stand.gigya(environment, "accounts.setAccountInfo", &[("UID", "ann"), ("profile", &profile)]);
        assert_eq!(set["errorCode"], 0, "{set}");
    };
    let shown = || stand.state("a", "accounts")[0]["profile"]["city"].clone();
    city("Ghent");
    stand.post("/worlds/a/clock/advance", &json!({"by": "1h"})).fine();
    stand.put("/worlds/a/snapshots/moved", &json!({})).fine();
    city("Bruges");
    stand.post("/worlds/a/clock/advance", &json!({"by": "1d"})).fine();
    assert_eq!(shown(), "Bruges");
    stand.post("/worlds/a/snapshots/moved/restore", &json!({})).fine();
    assert_eq!(
        (shown(), stand.get("/worlds/a/clock").fine()["now"].clone()),
        (json!("Ghent"), json!("2026-01-05T09:00:00.000Z"))
    );
    let lines = stand.get("/worlds/a/journal").body;
    let calls = std::str::from_utf8(&lines).unwrap().lines().filter(|line| line.contains("setAccountInfo"));
    assert_eq!(calls.count(), 1, "the journal goes back too");
    stand.post("/worlds/a/reset", &json!({})).fine();
    assert_eq!((shown(), stand.get("/worlds/a/journal").body.len()), (Value::Null, 0));
    // What was kept is kept over a reset.
    stand.post("/worlds/a/snapshots/moved/restore", &json!({})).fine();
    assert_eq!(shown(), "Ghent");
    assert_eq!(stand.get("/worlds/a/snapshots").fine()["snapshots"][0]["name"], "moved");
    stand.send("DELETE", "/worlds/a/snapshots/moved", "", "").fine();
    let gone = stand.post("/worlds/a/snapshots/moved/restore", &json!({})).refused(404);
    assert_eq!(gone["at"], "path: snapshot");
    // The first world is no other.
    stand.post("/worlds/main/reset", &json!({})).fine();
}

#[test]
fn a_bound_of_snapshots_is_told() {
    let stand = stand_with(|hosting| hosting.snapshots = 2);
    for name in ["one", "two", "one"] {
        stand.put(&format!("/worlds/main/snapshots/{name}"), &json!({})).fine();
    }
    stand.put("/worlds/main/snapshots/three", &json!({})).refused(429);
}

#[test]
fn a_fork_goes_its_own_way() {
    let (_server, stand) = placed();
    let made = stand
        .post("/worlds", &json!({"name": "a", "world": {"gigya": {"accounts": [{"UID": "ann"}]}}}))
        .fine();
    let fork = stand.post("/worlds/a/fork", &json!({"name": "b"})).fine();
    assert_eq!(fork["credentials"], json!({}), "they go on leading to the first");
    stand.gigya(&made["environment"], "accounts.deleteAccount", &[("UID", "ann")]);
    assert_eq!((stand.state("a", "accounts").len(), stand.state("b", "accounts").len()), (0, 1));
    // The header leads to the fork, and so does its name under localhost.
    for (host, header) in [("127.0.0.1", Some("b")), ("b.localhost", None)] {
        let text = |name: &str| fork["environment"][name].as_str().unwrap().to_owned();
        let query = format!("apiKey={}&userKey={}&secret=", text("GIGYA_API_KEY"), text("GIGYA_USER_KEY"));
        let secret = form_urlencoded::byte_serialize(text("GIGYA_SECRET").as_bytes()).collect::<String>();
        let uri = format!("http://{host}:9000/accounts.getAccountInfo?{query}{secret}&UID=ann");
        let mut request = http::Request::get(uri);
        if let Some(name) = header {
            request = request.header("standin-world", name);
        }
        let answer = stand.platform(Platform::Gigya, request.body(Bytes::new()).unwrap());
        let told: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!((&told["errorCode"], &told["UID"]), (&json!(0), &json!("ann")), "{host}");
    }
    stand.post("/worlds/a/fork", &json!({"name": "b"})).refused(409);
}

#[test]
fn time_passes_as_it_is_told() {
    let stand = stand();
    stand.post("/worlds", &json!({"name": "a"})).fine();
    let clock = || stand.get("/worlds/a/clock").fine();
    assert_eq!((&clock()["now"], &clock()["pace"]), (&json!("2026-01-05T08:00:00.000Z"), &json!("still")));
    stand.post("/worlds/a/clock/advance", &json!({"by": "90min"})).fine();
    assert_eq!(clock()["now"], "2026-01-05T09:30:00.000Z");
    stand.post("/worlds/a/clock/advance", &json!({"to": "2026-01-06T00:00:00Z"})).fine();
    assert_eq!(clock()["now"], "2026-01-06T00:00:00.000Z");
    for (body, at) in [
        (json!({"to": "2026-01-05T00:00:00Z"}), "body: to"),
        (json!({"by": "soon"}), "body: by"),
        (json!({"by": "1s", "to": "2026-01-07T00:00:00Z"}), "body"),
        (json!({"by": "3661d"}), "body"),
    ] {
        assert_eq!(stand.post("/worlds/a/clock/advance", &body).refused(400)["at"], at, "{body}");
    }
    // As fast as the wall, from what it showed.
    stand.put("/worlds/a/clock", &json!({"pace": "running"})).fine();
    stand.wall.reach("2026-01-05T08:00:30Z".parse().unwrap());
    assert_eq!(
        (clock()["now"].clone(), clock()["pace"].clone()),
        (json!("2026-01-06T00:00:30.000Z"), json!("running"))
    );
    stand.put("/worlds/a/clock", &json!({"pace": "still"})).fine();
    stand.wall.reach("2026-03-01T12:00:00Z".parse().unwrap());
    assert_eq!(clock()["now"], "2026-01-06T00:00:30.000Z");
    stand.put("/worlds/a/clock", &json!({"pace": "wall"})).fine();
    assert_eq!(clock()["now"], "2026-03-01T12:00:00.000Z");
    stand.put("/worlds/a/clock", &json!({"pace": "fast"})).refused(400);
    assert_eq!(stand.get("/worlds/main/clock").fine()["now"], "2026-01-05T08:00:00.000Z", "each has its own");
}

#[test]
fn any_state_is_read() {
    let stand = stand();
    let world = json!({
        "gigya": {"accounts": [{"UID": "ann"}, {"UID": "bob"}, {"UID": "cid"}]},
        "eloqua": {"contacts": [{"C_EmailAddress": "ann@brand.example"}]},
        "sftp": {"files": [{"path": "/out/a.csv", "text": "x"}]},
        "stores": {"buckets": ["s3://a"], "objects": [{"path": "s3://a/k", "text": "1"}]},
    });
    stand.post("/worlds", &json!({"name": "a", "world": world})).fine();
    let views = stand.get("/worlds/a/state").fine();
    let views = views["views"].as_array().unwrap();
    let total = |name: &str| views.iter().find(|view| view["name"] == name).map(|view| view["total"].clone());
    for (name, expected) in [("accounts", 3), ("contacts", 1), ("files", 1), ("objects", 1), ("pushes", 0)] {
        assert_eq!(total(name), Some(json!(expected)), "{name}");
    }
    for view in views {
        let items = stand.state("a", view["name"].as_str().unwrap());
        assert_eq!(json!(items.len()), view["total"], "{view}");
    }
    let page = stand.get("/worlds/a/state/accounts?offset=1&limit=1").fine();
    assert_eq!(
        (&page["items"][0]["UID"], &page["next"], &page["total"]),
        (&json!("bob"), &json!(2), &json!(3))
    );
    let last = stand.get("/worlds/a/state/accounts?offset=2&limit=5").fine();
    assert_eq!((&last["items"][0]["UID"], &last["next"]), (&json!("cid"), &Value::Null));
    let unknown = stand.get("/worlds/a/state/acounts").refused(404);
    assert_eq!(unknown["hint"], "did you mean `accounts`?");
    stand.get("/worlds/a/state/accounts?limit=many").refused(400);
}

#[test]
fn files_and_knobs_are_set() {
    let stand = stand();
    stand.post("/worlds", &json!({"name": "a"})).fine();
    let bytes: &[u8] = b"E-mail\n\xff\x00";
    stand.send("PUT", "/worlds/a/file?path=/in/new.csv", "application/octet-stream", bytes).fine();
    assert_eq!(stand.get("/worlds/a/file?path=/in/new.csv").body, bytes);
    stand.get("/worlds/main/file?path=/in/new.csv").refused(404);
    stand.get("/worlds/a/file").refused(400);
    stand.put("/worlds/a/knobs/gigya.index_delay", &json!({"value": "5s"})).fine();
    assert_eq!(
        stand.put("/worlds/a/knobs/gigya.index_delay", &json!({"value": "x"})).refused(400)["at"],
        "body: value"
    );
    stand.put("/worlds/a/knobs/gigya.index_dela", &json!({"value": "5s"})).refused(404);
}

#[test]
fn faults_are_ordered_and_taken_away() {
    let (_server, stand) = placed();
    let made = stand.post("/worlds", &json!({"name": "a"})).fine();
    let rule = json!({"platform": "gigya", "call": "accounts.search", "times": 5, "code": 500_001});
    let told = stand.post("/worlds/a/faults", &rule).fine();
    assert!(told["fault"].as_str().unwrap().contains("accounts.search"), "{told}");
    let search = |environment: &Value| {
        let query = [("query", "SELECT * FROM accounts")];
        stand.gigya(environment, "accounts.search", &query)["errorCode"].clone()
    };
    let main = stand.get("/worlds/main").fine();
    assert_eq!((search(&made["environment"]), search(&main["environment"])), (json!(500_001), json!(0)));
    stand.post("/worlds/a/faults", &json!({"platform": "sftp", "call": "write", "full_after": 20})).fine();
    stand.post("/worlds/a/faults", &json!({"platform": "eloqua", "twice": "last", "chance": "0.5%"})).fine();
    let left = stand.get("/worlds/a/state/faults").fine()["items"].clone();
    let of = |at: usize| (left[at]["platform"].clone(), left[at]["times"].clone());
    // One of five is used up; the drop's come last.
    assert_eq!(of(0), (json!("gigya"), json!(4)), "{left}");
    assert_eq!((of(1).0, of(2)), (json!("eloqua"), (json!("sftp"), json!(1))), "{left}");
    let effect = "the request arrives twice, the last answer is heard";
    assert_eq!(
        (&left[1]["chance"], &left[1]["effect"], &left[0]["chance"]),
        (&json!("0.5%"), &json!(effect), &json!("100%"))
    );
    stand.send("DELETE", "/worlds/a/faults", "", "").fine();
    assert_eq!(stand.get("/worlds/a/state/faults").fine()["items"], json!([]));
    assert_eq!(search(&made["environment"]), 0);
    for (rule, said) in [
        (json!({"platform": "gigia", "code": 1}), "gigya"),
        (json!({"platform": "gigya"}), "code"),
        (json!({"platform": "gigya", "tims": 1}), "times"),
        (json!({"platform": "gigya", "http": 502, "until": "2026-01-05T08:00:00Z"}), "is over"),
    ] {
        let problem = stand.post("/worlds/a/faults", &rule).refused(400);
        assert!(problem.to_string().contains(said), "{problem}");
    }
}

#[test]
fn the_journal_is_read_and_followed() {
    let (_server, stand) = placed();
    let made = stand.post("/worlds", &json!({"name": "a"})).fine();
    let call = || drop(stand.gigya(&made["environment"], "socialize.getPolicies", &[]));
    (0..5).for_each(|_| call());
    let seqs = |path: &str| -> Vec<u64> {
        let text = stand.get(path).body;
        let lines = std::str::from_utf8(&text).unwrap().lines();
        lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap()).collect()
    };
    assert_eq!(seqs("/worlds/a/journal"), [1, 2, 3, 4, 5]);
    assert_eq!(seqs("/worlds/a/journal?after=1&limit=2"), [2, 3]);
    assert_eq!(stand.get("/worlds/a/journal?after=1&limit=2").headers["standin-next"], "3");
    let secret = made["environment"]["GIGYA_SECRET"].as_str().unwrap();
    let told = stand.get("/worlds/a/journal").body;
    assert!(!String::from_utf8_lossy(&told).contains(secret));

    let follow = |after: &str| {
        let request = http::Request::get("http://127.0.0.1:8080/worlds/a/events?most=20");
        let request = if after.is_empty() { request } else { request.header("last-event-id", after) };
        let told = stand.ask(request.body(Bytes::new()).unwrap());
        assert_eq!(told.headers["content-type"], "text/event-stream");
        told.extensions.get::<Streamed>().unwrap().clone()
    };
    let next = |stream: &Streamed| {
        String::from_utf8(pollster::block_on(stream.pieces.next()).unwrap().to_vec()).unwrap()
    };
    let making = stand.worlds.named("a").unwrap().making;
    let id = |rest: &str| format!("{making}.{rest}");
    let ids = |text: &str| -> Vec<String> {
        let own = format!("id: {making}.");
        text.lines().filter_map(|line| line.strip_prefix(own.as_str())).map(str::to_owned).collect()
    };
    assert_eq!(ids(&next(&follow(""))), ["0-1", "0-2", "0-3", "0-4", "0-5"]);
    let stream = follow(&id("0-3"));
    assert_eq!(ids(&next(&stream)), ["0-4", "0-5"]);
    // It waits for what comes, and begins anew where the world goes back.
    let waiting = stream.clone();
    let waited = std::thread::spawn(move || pollster::block_on(waiting.pieces.next()).unwrap());
    call();
    assert_eq!(ids(std::str::from_utf8(&waited.join().unwrap()).unwrap()), ["0-6"]);
    stand.post("/worlds/a/reset", &json!({})).fine();
    call();
    let text = next(&stream);
    assert!(text.starts_with(&format!("event: reset\nid: {}\n", id("1-0"))), "{text}");
    let text = if ids(&text).len() == 1 { next(&stream) } else { text };
    assert_eq!(ids(&text).last().unwrap(), "1-1");
    assert!(next(&follow(&id("0-3"))).starts_with("event: reset\n"), "an id of before the reset");
    stand.get("/worlds/a/events?after=x").refused(400);
    // Another world of that name has other events, whatever their numbers are.
    stand.send("DELETE", "/worlds/a", "", "").fine();
    let made = stand.post("/worlds", &json!({"name": "a"})).fine();
    (0..3).for_each(|_| drop(stand.gigya(&made["environment"], "socialize.getPolicies", &[])));
    let text = next(&follow(&id("1-1")));
    assert!(text.starts_with("event: reset\n") && text.matches("event: entry\n").count() == 3, "{text}");
}

#[test]
fn streams_of_events_have_bounds() {
    let stand = stand_with(|hosting| hosting.streams = 1);
    let open = || stand.get("/worlds/main/events?most=1");
    let first = open();
    assert_eq!(first.status, 200);
    open().refused(429);
    drop(first);
    let again = open();
    stand.worlds.first().note("one");
    stand.worlds.first().note("two");
    let stream = again.extensions.get::<Streamed>().unwrap();
    let told = pollster::block_on(stream.pieces.next()).unwrap();
    assert_eq!(String::from_utf8_lossy(&told).matches("event: entry").count(), 1);
    assert!(pollster::block_on(stream.pieces.next()).is_none(), "it ends after as many as were asked for");
}

#[test]
fn scenarios_run_in_a_world_or_in_one_of_their_own() {
    let stand = stand();
    stand.post("/worlds", &json!({"name": "a", "world": {"gigya": {"accounts": [{"UID": "ann"}]}}})).fine();
    let steps = "scenario: Ann moves\nsteps:\n  - gigya_set_account: { UID: ann, profile: { city: Ghent } }\n  - expect_account: { UID: ann, profile: { city: CITY } }\n";
    for (city, held) in [("Ghent", true), ("Bruges", false)] {
        let text = steps.replace("CITY", city);
        let report = stand.send("POST", "/worlds/a/scenarios", "application/yaml", text).fine();
        assert_eq!(report["held"], held, "{report}");
    }
    assert_eq!(stand.state("a", "accounts")[0]["profile"]["city"], "Ghent", "it stays as the steps left it");
    let own =
        format!("{steps}world:\n  gigya:\n    accounts:\n      - {{ UID: ann }}\n").replace("CITY", "Ghent");
    assert_eq!(stand.send("POST", "/scenarios", "application/yaml", own.clone()).fine()["held"], true);
    let refused = stand.send("POST", "/worlds/a/scenarios", "application/yaml", own).refused(400);
    assert_eq!(refused["at"], "body: world");
    let as_json = json!({"scenario": "as JSON", "steps": [{"expect_accounts": 0}]});
    assert_eq!(stand.post("/scenarios", &as_json).fine()["held"], true);
    let wrong = json!({"scenario": "wrong", "steps": [{"expect_acounts": 0}]});
    let problem = stand.post("/scenarios", &wrong).refused(400);
    assert!(problem["detail"].as_str().unwrap().contains("did you mean `expect_accounts`?"), "{problem}");
}

#[test]
fn dataflows_run() {
    let stand = stand();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/dataflows/gigya-to-eloqua-full.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let account = json!({"UID": "ann", "profile": {"email": "ann@brand.example"}, "isRegistered": true});
    let world = json!({"gigya": {"accounts": [account]}, "sftp": {"folders": ["/eloqua/in"]}, "dataflows": {"outbound": document}});
    stand.post("/worlds", &json!({"name": "a", "world": world})).fine();
    let report = stand.post("/worlds/a/dataflows/outbound/runs", &json!({"full": true})).fine();
    assert_eq!(report["held"], true, "{report}");
    assert_eq!(stand.state("a", "files").len(), 1, "{:?}", stand.state("a", "files"));
    assert_eq!(stand.state("a", "dataflows")[0]["name"], "outbound");
    let unknown = stand.post("/worlds/a/dataflows/outbond/runs", &json!({})).refused(404);
    assert_eq!(unknown["hint"], "did you mean `outbound`?");
    stand.post("/worlds/a/dataflows/outbound/runs", &json!({"expect": "later"})).refused(400);
}

#[test]
fn a_job_that_waits_is_stopped() {
    let stand = stand();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/dataflows/gigya-to-eloqua-full.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let world = json!({"sftp": {"folders": ["/eloqua/in"]}, "dataflows": {"outbound": document}});
    stand.post("/worlds", &json!({"name": "a", "world": world})).fine();
    let runs = "/worlds/a/dataflows/outbound/runs";
    let idle = stand.send("DELETE", runs, "", "").refused(409);
    assert_eq!(idle["detail"], "no job of `outbound` is running");
    // Three logins are one attempt; the next comes minutes later.
    let steps = json!([
        {"fault": {"platform": "sftp", "call": "login", "times": 3}},
        {"schedule_dataflow": {"name": "outbound", "frequencyType": "hour"}},
        {"expect_job": {"name": "outbound", "status": "running"}},
    ]);
    let report = stand.post("/worlds/a/scenarios", &json!({"scenario": "s", "steps": steps})).fine();
    assert_eq!(report["held"], true, "{report}");
    assert_eq!(stand.send("DELETE", runs, "", "").status, 204);
    stand.send("DELETE", runs, "", "").refused(409);
    stand.send("DELETE", "/worlds/a/dataflows/outbond/runs", "", "").refused(404);
}

#[test]
fn a_token_is_asked_for_where_there_is_one() {
    let token = "correct horse battery staple";
    let stand = stand_with(|hosting| hosting.token = Some(Secret::new(token)));
    let ask = |path: &str, authorization: Option<String>| {
        let mut request = http::Request::get(format!("http://stage.corp.example:8080{path}"));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        stand.ask(request.body(Bytes::new()).unwrap())
    };
    for wrong in
        [None, Some(format!("Bearer {token}x")), Some("Bearer".to_owned()), Some(basic("me", "guess"))]
    {
        for path in ["/worlds", "/openapi.json", "/", "/state"] {
            let refusal = ask(path, wrong.clone());
            assert_eq!(refusal.headers.get_all("www-authenticate").iter().count(), 2);
            assert!(!String::from_utf8_lossy(&refusal.body).contains(token));
            refusal.refused(401);
        }
    }
    for right in [format!("Bearer {token}"), format!("bearer {token}"), basic("anybody", token)] {
        assert_eq!(ask("/worlds", Some(right.clone())).status, 200);
        assert_eq!(ask("/", Some(right)).status, 200);
    }
    assert_eq!(ask("/health", None).status, 200);
    let journal = stand.worlds.first().journal.entries();
    assert!(!format!("{journal:?}").contains(token));
    // Without a token, the host tells who was led here.
    let stand = self::stand();
    let led = http::Request::get("http://stage.corp.example:8080/worlds").body(Bytes::new()).unwrap();
    stand.ask(led).refused(421);
    let mut led = http::Request::get("http://127.0.0.1:8080/worlds").body(Bytes::new()).unwrap();
    led.extensions_mut().insert(standin_ports::http::Addressed("stage.corp.example".to_owned()));
    // Whatever its X-Forwarded-Host says.
    stand.ask(led).refused(421);
    let foreign =
        http::Request::post("http://127.0.0.1:8080/worlds").header("origin", "https://evil.example");
    stand.ask(foreign.body(Bytes::new()).unwrap()).refused(403);
}

#[test]
fn tokens_of_eloqua_lead_to_the_world_that_gave_them() {
    let (_server, stand) = placed();
    let worlds: Vec<Value> = ["a", "b", "c"]
        .iter()
        .map(|name| {
            let mail = format!("{name}@brand.example");
            // The last two are alike to the byte in what they give out.
            let seed = if *name == "a" { 11 } else { 12 };
            let world = json!({"eloqua": {"contacts": [{"C_EmailAddress": mail}]}});
            stand.post("/worlds", &json!({"name": name, "seed": seed, "world": world})).fine()["environment"]
                .clone()
        })
        .collect();
    let contacts = |token: &str| {
        let request = http::Request::get("http://127.0.0.1:9000/api/REST/1.0/data/contacts")
            .header("authorization", format!("Bearer {token}"));
        stand.platform(Platform::Eloqua, request.body(Bytes::new()).unwrap())
    };
    let first = stand.token(&worlds[0]);
    let told = contacts(&first);
    assert!(String::from_utf8_lossy(told.body()).contains("a@brand.example"), "{told:?}");
    let (second, third) = (stand.token(&worlds[1]), stand.token(&worlds[2]));
    assert_eq!(second, third, "the same seed");
    assert_eq!(contacts(&second).status(), 409, "neither world answers for the other");
}

#[test]
fn the_drop_is_told_by_its_user() {
    let (server, stand) = placed();
    let world = |name: &str| {
        let world = json!({"sftp": {"users": [{"name": "loader", "password": "pw"}], "files": [{"path": "/who.txt", "text": name}]}});
        stand.post("/worlds", &json!({"name": name, "world": world})).fine()
    };
    let (first, _) = (world("a"), world("b"));
    stand.post("/worlds/a/fork", &json!({"name": "c"})).fine();
    stand.send("PUT", "/worlds/c/file?path=/who.txt", "application/octet-stream", "c").fine();
    assert_eq!(first["credentials"]["sftp_user"], json!(["cdc-batch-a", "loader-a"]));
    for (user, expected) in [("loader-a", "a"), ("loader-b", "b"), ("loader-a@c", "c"), ("loader@b", "b")] {
        let target = standin_ports::FilesTarget {
            username: user.to_owned(),
            credential: standin_ports::Credential::Password(Secret::new("pw")),
            ..server.file_target()
        };
        let address = server.sockets().unwrap().sftp;
        let resolve: standin_wire::ResolvePort = Arc::new(move |_: &str, _| Some(address));
        let login = standin_wire::SshLogin::new(crate::world::runtime().clone(), resolve);
        let text = server.wait(async {
            let files = login.login(&target).await.unwrap_or_else(|error| panic!("{user}: {error}"));
            standin_ports::files::read_whole(files.as_ref(), "/who.txt", 10).await.unwrap()
        });
        assert_eq!(text, expected.as_bytes(), "{user}");
    }
}

/// What a test does to one of the worlds.
#[derive(Clone, Copy, Debug)]
enum Deed {
    City(u8),
    Reset,
    Keep,
    Restore,
    Pass(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => any::<u8>().prop_map(Deed::City),
        1 => Just(Deed::Reset),
        1 => Just(Deed::Keep),
        1 => Just(Deed::Restore),
        1 => any::<u8>().prop_map(Deed::Pass),
    ]
}

/// What one world should hold: the city, the seconds that passed, and both as they were kept.
#[derive(Clone, Default)]
struct Expected {
    now: (Option<u8>, u64),
    kept: Option<(Option<u8>, u64)>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two hundred worlds from one file on one server, each with credentials of its own: whatever is done to one of them
    /// is seen in that one and in no other.
    #[test]
    fn worlds_never_meet(deeds in proptest::collection::vec((0..200usize, deed()), 300)) {
        let (_server, stand) = placed();
        let world = json!({"gigya": {"accounts": [{"UID": "ann"}]}, "eloqua": {"contacts": [{"C_EmailAddress": "ann@brand.example"}]}});
        let environments: Vec<Value> = (0..200)
            .map(|at| {
                let made = json!({"name": format!("n{at}"), "world": world});
                stand.post("/worlds", &made).fine()["environment"].clone()
            })
            .collect();
        let mut expected = vec![Expected::default(); 200];
        for (at, deed) in deeds {
            let (name, own) = (format!("n{at}"), &mut expected[at]);
            match deed {
                Deed::City(city) => {
                    let profile = json!({"city": format!("c{city}")}).to_string();
                    let params = [("UID", "ann"), ("profile", profile.as_str())];
                    let told = stand.gigya(&environments[at], "accounts.setAccountInfo", &params);
                    prop_assert_eq!(&told["errorCode"], &json!(0));
                    own.now.0 = Some(city);
                }
                Deed::Reset => {
                    stand.post(&format!("/worlds/{name}/reset"), &json!({})).fine();
                    own.now = (None, 0);
                }
                Deed::Keep => {
                    stand.put(&format!("/worlds/{name}/snapshots/s"), &json!({})).fine();
                    own.kept = Some(own.now);
                }
                Deed::Restore => match own.kept {
                    Some(kept) => {
                        stand.post(&format!("/worlds/{name}/snapshots/s/restore"), &json!({})).fine();
                        own.now = kept;
                    }
                    None => drop(stand.post(&format!("/worlds/{name}/snapshots/s/restore"), &json!({})).refused(404)),
                },
                Deed::Pass(seconds) => {
                    stand.post(&format!("/worlds/{name}/clock/advance"), &json!({"by": format!("{seconds}s")})).fine();
                    own.now.1 += u64::from(seconds);
                }
            }
        }
        for (at, own) in expected.iter().enumerate() {
            let told = stand.gigya(&environments[at], "accounts.getAccountInfo", &[("UID", "ann")]);
            let city = own.now.0.map_or(Value::Null, |city| json!(format!("c{city}")));
            prop_assert_eq!(&told["profile"]["city"], &city, "world {}", at);
            let now = stand.worlds.named(&format!("n{at}")).unwrap().parts().clock.now();
            let passed = now.since(standin_model::Instant::START);
            prop_assert_eq!(passed, Duration::from_secs(own.now.1), "world {}", at);
            if at % 20 == 0 {
                let answer = eloqua(&stand, &environments[at], "/api/REST/1.0/data/contacts");
                prop_assert_eq!(answer.status().as_u16(), 200);
            }
        }
        prop_assert!(stand.state("main", "accounts").is_empty());
    }
}

/// A world that takes its time holds up whoever wants to change that world, and nobody else.
#[test]
fn a_slow_world_holds_no_other() {
    let stand = stand();
    for name in ["slow", "quick"] {
        stand.post("/worlds", &json!({"name": name})).fine();
    }
    let slow = stand.worlds.named("slow").unwrap();
    let held = Arc::clone(&slow.busy).try_lock_owned().unwrap();
    let gigya = slow.parts().gigya.lock().unwrap();
    stand.post("/worlds/quick/clock/advance", &json!({"by": "1h"})).fine();
    stand.post("/worlds/quick/reset", &json!({})).fine();
    assert_eq!(stand.state("quick", "accounts").len(), 0);
    stand.worlds.tick();
    // More calls than the server has threads wait for the slow one; the quick one answers meanwhile.
    let call = |name: &str| {
        let routed = routed::Routed::new(Platform::Gigya, &stand.worlds);
        let request =
            http::Request::get("http://127.0.0.1:9000/socialize.getPolicies").header("standin-world", name);
        let request = request.body(Bytes::new()).unwrap();
        let sent = async move { routed.send(request).await.map(|answer| answer.status().as_u16()) };
        crate::world::runtime().spawn(async { tokio::time::timeout(Duration::from_secs(60), sent).await })
    };
    let waiting: Vec<_> = (0..16).map(|_| call("slow")).collect();
    assert_eq!(pollster::block_on(call("quick")).unwrap().unwrap().unwrap(), 200);
    assert!(waiting.iter().all(|call| !call.is_finished()));
    drop(gigya);
    drop(held);
    for call in waiting {
        assert_eq!(pollster::block_on(call).unwrap().unwrap().unwrap(), 200);
    }
    stand.post("/worlds/slow/reset", &json!({})).fine();
}

/// The platforms of a server as somebody outside reaches them.
struct Outside(Arc<Worlds>);

#[async_trait::async_trait]
impl Http for Outside {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let host = standin_ports::http::host_of(&request);
        let platform = self.0.first().platform_of(&host).unwrap();
        routed::Routed::new(platform, &self.0).send(request).await
    }
}

/// Whoever sees that a form was accepted finds it in Gigya, without a tick and however slow Gigya is: what the push
/// waits for passes on the world's clock.
#[test]
fn a_form_is_in_gigya_when_its_page_comes() {
    let gigya = json!({"accounts": [{"UID": "ann", "password": "correct horse", "isRegistered": true,
        "profile": {"email": "ann@brand.example", "firstName": "Ann", "lastName": "P", "city": "Lier"}}]});
    let qualifio = json!({
        "gigya_sso": {"enabled": true, "name": "Brand login", "login_screen": "Redirect",
            "redirection_url": "https://www.brand.example/login?redirect="},
        "websites": [{"name": "Brand BE", "domain": "jeux.brand.example", "country": "BE"}],
        "campaigns": [{"title": "Quiz", "sso": true, "fields": ["firstname", "lastname", "email", "locality"]}],
    });
    let sections = [("gigya".to_owned(), gigya), ("qualifio".to_owned(), qualifio)].into();
    let spec = WorldSpec { sections, ..WorldSpec::default() };
    let run = |going_on: bool| {
        let start = standin_model::Instant::START;
        let clock = match going_on {
            true => crate::clock::StageClock::going_on_with(Arc::new(VirtualClock::new(start))),
            false => crate::clock::StageClock::still(start),
        };
        let world = World::open_served(&spec, clock, 0, Hosting::default()).unwrap();
        world.fault(&json!({"platform": "gigya", "call": "accounts.setAccountInfo", "delay": "9s"})).unwrap();
        let outside = Arc::new(Outside(Arc::clone(world.worlds().unwrap())));
        let clock = Arc::clone(&world.parts().clock) as Arc<dyn Clock>;
        let mut ann = crate::browser::Browser::new(outside, clock, standin_browser::Device::Desktop);
        let url = locked(&world.parts().qualifio).campaigns()[0]["id"].as_u64();
        let url = locked(&world.parts().qualifio).player_url(url.unwrap()).unwrap();
        let fields = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        pollster::block_on(async {
            ann.visit(&url).await.unwrap();
            ann.send("start", &[]).await.unwrap();
            if ann.state["sso"]["state"] == "redirect_offered" {
                ann.follow_redirect().await.unwrap();
            }
            ann.log_in_on_page(&fields(&[("loginID", "ann@brand.example"), ("password", "correct horse")]))
                .await
                .unwrap();
            let shown = ann.state["fields"].as_array().unwrap().clone();
            let name = |of: &str| shown.iter().find(|it| it["variable"] == of).unwrap()["name"].clone();
            let typed = [("firstname", "Ann"), ("lastname", "P"), ("locality", "Diest")];
            let typed = typed.map(|(of, value)| (name(of).as_str().unwrap().to_owned(), value.to_owned()));
            ann.send("form", &typed).await.unwrap();
        });
        assert_eq!(ann.state["step"], "exit", "{}", ann.summary());
        assert_eq!(world.account("ann").unwrap()["profile"]["city"], "Diest");
        assert_eq!(locked(&world.parts().qualifio).pushes().last().unwrap()["state"], "Succeeded");
        assert_eq!(world.now(), start.plus(Duration::from_secs(9)));
        world.journal()
    };
    assert_eq!(run(false), run(false), "the same calls, the same journal");
    assert_eq!(run(false), run(true));
}

/// Sample calls of every operation: what they are sent, and whether it is fine.
fn samples(name: &str) -> Vec<(&'static str, &'static str, &'static str, u16)> {
    let json = "application/json";
    match name {
        "describe" => vec![("/openapi.json", "", "", 200)],
        "list_worlds" => vec![("/worlds", "", "", 200), ("/worlds?x=1", "", "", 400)],
        "create_world" => vec![
            ("/worlds", json, r#"{"name": "new"}"#, 201),
            ("/worlds", json, r#"{"name": "a"}"#, 409),
            ("/worlds?name=y", "application/yaml", "gigya: {}", 201),
            ("/worlds", json, "[]", 400),
        ],
        "read_world" => vec![("/worlds/a", "", "", 200), ("/worlds/x", "", "", 404)],
        "delete_world" => vec![("/worlds/y", "", "", 204), ("/worlds/main", "", "", 409)],
        "reset_world" => vec![("/worlds/a/reset", "", "", 200), ("/worlds/x/reset", "", "", 404)],
        "fork_world" => {
            vec![("/worlds/a/fork", json, "{}", 201), ("/worlds/a/fork", json, r#"{"name": 1}"#, 400)]
        }
        "list_snapshots" => vec![("/worlds/a/snapshots", "", "", 200)],
        "take_snapshot" => vec![("/worlds/a/snapshots/s", "", "", 200)],
        "restore_snapshot" => {
            vec![
                ("/worlds/a/snapshots/s/restore", "", "", 200),
                ("/worlds/a/snapshots/t/restore", "", "", 404),
            ]
        }
        "delete_snapshot" => {
            vec![("/worlds/a/snapshots/s", "", "", 204), ("/worlds/a/snapshots/s", "", "", 404)]
        }
        "read_clock" => vec![("/worlds/a/clock", "", "", 200)],
        "set_clock" => vec![
            ("/worlds/a/clock", json, r#"{"pace": "running"}"#, 200),
            ("/worlds/a/clock", json, r#"{"pace": "x"}"#, 400),
        ],
        "advance_clock" => vec![
            ("/worlds/a/clock/advance", json, r#"{"by": "1s"}"#, 200),
            ("/worlds/a/clock/advance", json, "{}", 400),
        ],
        "list_state" => vec![("/worlds/a/state", "", "", 200)],
        "read_state" => vec![("/worlds/a/state/accounts", "", "", 200), ("/worlds/a/state/x", "", "", 404)],
        "read_file" => {
            vec![("/worlds/a/file?path=/who", "", "", 200), ("/worlds/a/file?path=/x", "", "", 404)]
        }
        "write_file" => vec![("/worlds/a/file?path=/new", "application/octet-stream", "x", 204)],
        "set_knob" => vec![
            ("/worlds/a/knobs/gigya.index_delay", json, r#"{"value": "1s"}"#, 204),
            ("/worlds/a/knobs/x", json, r#"{"value": "1s"}"#, 404),
        ],
        "add_fault" => vec![
            ("/worlds/a/faults", json, r#"{"platform": "gigya", "http": 503}"#, 201),
            ("/worlds/a/faults", json, "{}", 400),
        ],
        "clear_faults" => vec![("/worlds/a/faults", "", "", 204)],
        "read_journal" => vec![("/worlds/a/journal", "", "", 200)],
        "follow_journal" => {
            vec![("/worlds/a/events", "", "", 200), ("/worlds/a/events?after=x", "", "", 400)]
        }
        "run_scenario" => vec![
            ("/worlds/a/scenarios", json, r#"{"scenario": "s", "steps": ["clear_faults"]}"#, 200),
            ("/worlds/a/scenarios", json, "{}", 400),
        ],
        "run_dataflow" => vec![("/worlds/a/dataflows/x/runs", json, "{}", 404)],
        "stop_dataflow" => vec![("/worlds/a/dataflows/x/runs", "", "", 404)],
        "run_scenario_alone" => {
            vec![("/scenarios", json, r#"{"scenario": "s", "steps": [{"advance": "1s"}]}"#, 200)]
        }
        "health" => vec![("/health", "", "", 200)],
        "advance" => vec![
            ("/advance", json, r#"{"by": "1s"}"#, 200),
            ("/advance", json, "{}", 400),
            ("/advance", json, r#"{"by": "4000d"}"#, 400),
        ],
        "state" => vec![("/state", "", "", 200)],
        "journal" => vec![("/journal", "", "", 200)],
        "pulse" => vec![("/pulse", "", "", 200)],
        "places" => vec![("/places", "", "", 200)],
        "people" => vec![("/people", "", "", 200), ("/people?serch=a", "", "", 400)],
        "person" => vec![("/person?who=ann", "", "", 200)],
        "entries" => vec![("/entries", "", "", 200), ("/entries?limit=x", "", "", 400)],
        "entry" => {
            vec![("/entry?seq=1", "", "", 200), ("/entry", "", "", 400), ("/entry?seq=999", "", "", 404)]
        }
        other => panic!("no sample of {other}: add one"),
    }
}

/// Every operation is called; every answer is of a kind that the description names, and as its schema says.
#[test]
fn every_operation_answers_as_it_is_described() {
    let (_server, stand) = placed();
    stand.post("/worlds", &json!({"name": "a", "world": {"gigya": {"accounts": [{"UID": "ann"}]}, "sftp": {"files": [{"path": "/who", "text": "a"}]}}})).fine();
    stand.worlds.first().note("something happens");
    let document = stand.get("/openapi.json").fine();
    assert_eq!(document["openapi"], "3.1.0");
    let described: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(described, OPERATIONS.len() + PAGES.len(), "two operations have one path and method");
    let validator = |reference: &Value| {
        let schema = json!({"$ref": reference["$ref"], "components": document["components"]});
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
    };
    // What the server takes or refuses as wrong is so by the schema, too.
    for (schema, body, expected) in [
        ("NewWorld", json!({"name": null, "seed": null, "credentials": null, "world": null}), true),
        ("Passing", json!({"by": "1s", "to": null}), true),
        ("Passing", json!({"by": "1s", "to": "2026-01-07T00:00:00Z"}), false),
        ("Passing", json!({}), false),
        ("Fault", json!({"platform": "sftp", "call": "read"}), true),
        ("Fault", json!({"platform": "gigya"}), false),
        ("Fault", json!({"platform": "gigya", "http": 502, "cut": "half"}), false),
        ("Fault", json!({"platform": "gigya", "delay": "soon"}), false),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "chance": "0.5%"}), true),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "chance": "half"}), false),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "chance": "0%"}), false),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "chance": "100.1%"}), false),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "chance": "100.0 %"}), true),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "times": 0}), false),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "nth": 0}), false),
        ("Fault", json!({"platform": "gigya", "delay": "2s", "skip": 0}), true),
        ("Fault", json!({"platform": "gigya", "http": 299}), false),
        ("Fault", json!({"platform": "sftp", "http": 502}), false),
        ("Fault", json!({"platform": "gigya", "after_bytes": 5}), false),
        ("Fault", json!({"platform": "sftp", "full_after": null, "times": null}), true),
        ("Fault", json!({"platform": "gigya", "http": null}), false),
        (
            "Fault",
            json!({"platform": "gigya", "http": 502, "from": "10min", "until": "2027-01-05T08:00:00Z"}),
            true,
        ),
        ("Fault", json!({"platform": "gigya", "http": 502, "from": "noon"}), false),
    ] {
        let valid = validator(&json!({"$ref": format!("#/components/schemas/{schema}")})).is_valid(&body);
        assert_eq!(valid, expected, "{schema} {body}");
        let path = match schema {
            "NewWorld" => "/worlds",
            "Passing" => "/worlds/main/clock/advance",
            _ => "/worlds/main/faults",
        };
        assert_eq!(stand.post(path, &body).status < 300, expected, "{body}");
    }
    let all = OPERATIONS.iter().map(|it| (it.name, it.method, it.path));
    for (name, method, path) in all.chain(PAGES.iter().map(|it| (it.name, it.method, it.path))) {
        let told = &document["paths"][path][method.to_ascii_lowercase()];
        assert_eq!(told["operationId"], name);
        for (path, kind, body, expected) in samples(name) {
            let answer = stand.send(method, path, kind, body);
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, expected, "{name} {path} {body}: {said}");
            let response = &told["responses"][expected.to_string()];
            assert!(response.is_object(), "{name}: {expected} is not described");
            let Some(content) = response["content"].as_object() else {
                assert!(answer.body.is_empty(), "{name}: {said}");
                continue;
            };
            let given = answer.headers["content-type"].to_str().unwrap();
            let schema = &content[given]["schema"];
            let value = if given.ends_with("/json") || given.ends_with("+json") {
                answer.json()
            } else {
                Value::String(said.clone())
            };
            let errors: Vec<String> =
                validator(schema).iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name} {path}: {errors:?} in {said}");
            // What is refused as wrong is wrong by its schema too, where a schema can tell.
            let sent = &told["requestBody"]["content"]["application/json"]["schema"];
            if kind == "application/json" && expected < 300 && sent.is_object() {
                let value: Value = serde_json::from_str(body).unwrap();
                assert!(validator(sent).is_valid(&value), "{name}: {body}");
            }
        }
    }
    let line = stand.get("/worlds/main/journal?limit=1").body;
    if let Ok(entry) = serde_json::from_slice::<Value>(&line) {
        assert!(validator(&json!({"$ref": "#/components/schemas/Entry"})).is_valid(&entry), "{entry}");
    }
}

/// Whoever asks for something that takes long may leave. Each of these is left at its beginning, so a step or an entry
/// of the agenda at most is done, and the world goes on from there.
#[test]
fn nothing_long_is_done_for_who_has_left() {
    let stand = stand();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/dataflows/gigya-to-eloqua-full.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let world = json!({"gigya": {"accounts": [{"UID": "ann", "isRegistered": true, "profile": {"email": "ann@brand.example"}}]},
        "sftp": {"folders": ["/eloqua/in"]}, "dataflows": {"outbound": document}});
    stand.post("/worlds", &json!({"name": "a", "world": world})).fine();
    let ask = |path: &str, body: Value, left: bool| {
        let gone = standin_ports::http::Left::default();
        if left {
            gone.note();
        }
        let request = http::Request::post(format!("http://127.0.0.1:8080{path}"))
            .header("content-type", "application/json")
            .header("standin-world", "a")
            .extension(gone);
        stand.ask(request.body(body.to_string().into()).unwrap())
    };
    let now = || stand.get("/worlds/a/clock").fine()["now"].clone();
    let begin = now();
    let steps = json!([{"gigya_set_account": {"UID": "ann", "profile": {"city": "Ghent"}}}]);
    let body = json!({"scenario": "s", "steps": steps});
    for path in ["/worlds/a/scenarios", "/scenarios"] {
        let report = ask(path, body.clone(), true).fine();
        assert_eq!(report["scenarios"], json!(["Inconclusive(\"whoever asked for it has left\")"]), "{path}");
    }
    ask("/worlds/a/dataflows/outbound/runs", json!({}), true).fine();
    assert_eq!((now(), stand.state("a", "files").len()), (begin.clone(), 0));
    // Something falls due before the end.
    let hourly = json!([{"schedule_dataflow": {"name": "outbound", "frequencyType": "hour"}}]);
    ask("/worlds/a/scenarios", json!({"scenario": "s", "steps": hourly}), false).fine();
    let begin = now();
    ask("/worlds/a/clock/advance", json!({"by": "3650d"}), true).refused(409);
    ask("/advance", json!({"by": "3650d"}), true).refused(409);
    assert_eq!(now(), begin);
    assert_eq!(ask("/worlds/a/scenarios", body, false).fine()["held"], true);
    assert_eq!(ask("/worlds/a/dataflows/outbound/runs", json!({}), false).fine()["held"], true);
}

/// Whoever names a test has one.
#[test]
fn the_tests_of_operations_are_there() {
    let here = include_str!("api_tests.rs");
    for operation in OPERATIONS {
        assert!(here.contains(&format!("fn {}()", operation.test)), "{}: {}", operation.name, operation.test);
    }
}
