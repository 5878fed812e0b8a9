//! The stage's own surface as a browser meets it.

use super::*;
use crate::world::{Transport, World, WorldSpec};
use serde_json::json;

fn world() -> World {
    let gigya = json!({"accounts": [
        {"UID": "ann-uid", "profile": {"email": "ann@brand.example", "firstName": "<b>Ann", "lastName": "P"}},
        {"UID": "bob-uid", "profile": {"email": "bob@brand.example"}},
    ]});
    let eloqua = json!({"contact_fields": ["Gigya UID"], "contacts": [
        {"C_EmailAddress": "ANN@brand.example", "C_Gigya_UID1": "ann-uid"}, {"C_EmailAddress": "cid@brand.example"},
    ]});
    let sections = [("gigya".to_owned(), gigya), ("eloqua".to_owned(), eloqua)].into();
    World::open(&WorldSpec { sections, ..WorldSpec::default() }, Transport::Memory).unwrap()
}

fn ask(world: &World, request: http::request::Builder) -> Response {
    let control = Control::new(world.parts(), Arc::new(OnceLock::new()));
    world.wait(control.send(request.body(bytes::Bytes::new()).unwrap())).unwrap()
}

fn get(world: &World, path: &str) -> Value {
    let answer = ask(world, http::Request::get(format!("http://127.0.0.1:8080{path}")));
    assert_eq!(answer.status(), 200, "{path}");
    serde_json::from_slice(answer.body()).unwrap()
}

#[test]
fn one_person_is_followed_through_the_platforms() {
    let world = world();
    world.gigya("accounts.getAccountInfo", &[("UID", "ann-uid")]).unwrap();
    world.gigya("accounts.getAccountInfo", &[("UID", "bob-uid")]).unwrap();
    for who in ["ann-uid", "ann%40BRAND.example"] {
        let told = get(&world, &format!("/person?who={who}"));
        assert_eq!(told["account"]["UID"], "ann-uid");
        assert_eq!(told["contacts"].as_array().unwrap().len(), 1);
        let names: Vec<&Value> = told["entries"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
        assert_eq!(names, ["accounts.getAccountInfo"], "bob's call is none of hers");
    }
    let nobody = get(&world, "/person?who=nobody");
    assert_eq!((&nobody["account"], &nobody["entries"]), (&Value::Null, &json!([])));
    assert_eq!(get(&world, "/person?who=")["entries"], json!([]), "no text is in everything");
}

#[test]
fn people_are_listed_once() {
    let world = world();
    let told = get(&world, "/people");
    let who: Vec<(&Value, &Value)> =
        told["people"].as_array().unwrap().iter().map(|it| (&it["who"], &it["contact"])).collect();
    let (ann, bob, cid) = (json!("ann-uid"), json!("bob-uid"), json!("cid@brand.example"));
    assert_eq!(who, [(&ann, &json!(true)), (&bob, &json!(false)), (&cid, &json!(true))]);
    assert_eq!(told["total"]["accounts"], 2);
    assert_eq!(get(&world, "/people?search=CID")["people"].as_array().unwrap().len(), 1);
}

#[test]
fn entries_are_told_from_a_position_on() {
    let world = world();
    for uid in ["ann-uid", "bob-uid", "ann-uid"] {
        world.gigya("accounts.getAccountInfo", &[("UID", uid)]).unwrap();
    }
    let seqs = |path: &str| -> Vec<u64> {
        get(&world, path)["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["seq"].as_u64().unwrap())
            .collect()
    };
    let all = seqs("/entries");
    assert_eq!(all.len(), 3);
    assert_eq!(seqs(&format!("/entries?after={}", all[0])), all[1..]);
    assert_eq!(seqs("/entries?limit=2"), all[1..]);
    assert_eq!(seqs("/entries?search=BOB-uid"), [all[1]]);
    assert_eq!(get(&world, "/pulse")["next"], all[2] + 1);
    let whole = get(&world, &format!("/entry?seq={}", all[0]));
    assert_eq!(whole["name"], "accounts.getAccountInfo");
    assert!(!whole.to_string().contains(standin_fake_gigya::DEFAULT_SECRET));
    assert_eq!(ask(&world, http::Request::get("http://127.0.0.1:8080/entry?seq=99")).status(), 404);
}

#[test]
fn pages_and_their_policy() {
    let world = world();
    for path in ["/", "/stage/stage.js", "/console/console.css"] {
        let answer = ask(&world, http::Request::get(format!("http://127.0.0.1:8080{path}")));
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{path}");
    }
    let foreign =
        http::Request::post("http://127.0.0.1:8080/advance").header("origin", "https://evil.example");
    assert_eq!(ask(&world, foreign).status(), 403);
    assert_eq!(ask(&world, http::Request::get("http://127.0.0.1:8080/nothing")).status(), 404);
}

#[test]
fn more_than_ten_years_do_not_pass_at_once() {
    let world = world();
    let advance = |by: &str| {
        let sent = http::Request::post("http://127.0.0.1:8080/advance");
        let sent = sent.body(bytes::Bytes::from(json!({"by": by}).to_string())).unwrap();
        let control = Control::new(world.parts(), Arc::new(OnceLock::new()));
        let answer = world.wait(control.send(sent)).unwrap();
        let told: Value = serde_json::from_slice(answer.body()).unwrap();
        (answer.status().as_u16(), told["detail"].clone(), told["at"].clone())
    };
    let refused = "3661d is more than the ten years that may pass at once";
    assert_eq!(advance("3661d"), (400, json!(refused), json!("body: by")));
    assert_eq!(advance("3660d").0, 200);
}
