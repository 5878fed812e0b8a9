//! Several things under way at once, on an executor of one thread: who asks when, and in which order it counts.

use crate::job::Pace;
use crate::testing::World;
use serde_json::{Value, json};

fn place(folder: &str) -> Value {
    json!({"host": "h", "username": "u", "password": "p", "remotePath": folder})
}

fn writer(kind: &str, params: Value) -> String {
    json!({"name": "f", "steps": [
        {"id": "r", "type": "datasource.read.sftp", "params": place("in"), "next": ["p"]},
        {"id": "p", "type": "file.parse.json", "next": ["w"]},
        {"id": "w", "type": kind, "params": params, "next": ["j"], "error": ["e"]},
        {"id": "j", "type": "file.format.json", "params": {"fileName": "next"}, "next": ["o"]},
        {"id": "e", "type": "file.format.json", "params": {"fileName": "error"}, "next": ["o"]},
        {"id": "o", "type": "datasource.write.sftp", "params": place("out")},
    ]})
    .to_string()
}

/// Runs records through the account writer; gives the most calls that were under way at once.
fn write(pace: Pace, connections: u64, records: &[Value]) -> (World, u64) {
    let mut world = World::new();
    world.pace(pace);
    world.folder("/out");
    world.file("/in/a.json", Value::from(records.to_vec()).to_string().as_bytes());
    world.answer_with(|call| {
        let refused = call["UID"] == "u3";
        Some(json!({"errorCode": if refused { 403_005 } else { 0 }, "errorMessage": ""}))
    });
    world.answers_take(3);
    let report = world.run(&writer("datasource.write.gigya.account", json!({"maxConnections": connections})));
    assert_eq!(report.failure, None);
    let most = world.most_under_way();
    (world, most)
}

fn records() -> Vec<Value> {
    // Every seventh record is of one account, which some of them know by e-mail address too.
    let uid = |n: usize| if n.is_multiple_of(7) { "same".to_owned() } else { format!("u{n}") };
    (0..100).map(|n| json!({"UID": uid(n), "data": {"n": n}})).collect()
}

#[test]
fn writers_make_so_many_calls_at_once_and_keep_the_order_of_an_account() {
    for (pace, connections, expected) in
        [(Pace::InOrder, 10, 1), (Pace::Overlapping, 1, 1), (Pace::Overlapping, 10, 10)]
    {
        let (world, most) = write(pace, connections, &records());
        assert_eq!(most, expected);
        let calls = world.calls();
        let of_one: Vec<i64> = calls
            .iter()
            .filter(|call| call["UID"] == "same")
            .filter_map(|call| serde_json::from_str::<Value>(call["data"].as_str()?).ok()?["n"].as_i64())
            .collect();
        assert_eq!(of_one, (0..100).step_by(7).collect::<Vec<_>>());
        assert_eq!(calls.len(), 100);
        let next: Value = serde_json::from_str(&world.text("/out/next")).unwrap();
        let rest: Vec<Value> = records().into_iter().filter(|record| record["UID"] != "u3").collect();
        assert_eq!(next, Value::from(rest), "what comes of records keeps their order");
        assert!(world.text("/out/error").contains("\"u3\""));
    }
}

/// As many accounts as travel together.
fn page(uid: &str) -> Value {
    vec![json!({"UID": uid}); 300].into()
}

#[test]
fn the_next_page_is_asked_for_while_the_last_one_is_written() {
    let flow = json!({"name": "f", "steps": [
        {"id": "r", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["w"]},
        {"id": "w", "type": "datasource.write.gigya.generic", "params": {
            "apiMethod": "accounts.setAccountInfo",
            "maxConnections": 10,
            "apiParams": [{"paramName": "UID", "sourceField": "UID", "value": ""}],
        }},
    ]})
    .to_string();
    for (pace, most) in [(Pace::InOrder, 1), (Pace::Overlapping, 2)] {
        let mut world = World::new();
        world.pace(pace);
        world.answer_with(|call| match (call["query"].as_str(), call["cursorId"].as_str()) {
            (Some(_), _) => Some(json!({"errorCode": 0, "results": page("a"), "nextCursorId": "1"})),
            (_, Some("1")) => Some(json!({"errorCode": 0, "results": page("b"), "nextCursorId": "2"})),
            (_, Some(_)) => Some(json!({"errorCode": 0, "results": page("c")})),
            _ => Some(json!({"errorCode": 0})),
        });
        world.answers_take(2);
        let report = world.run(&flow);
        assert_eq!((report.failure, report.processed), (None, 900));
        let mut told: Vec<String> = world
            .calls()
            .iter()
            .map(|call| {
                let of = call.get("cursorId").or(call.get("UID")).and_then(Value::as_str).unwrap_or("first");
                format!("{} {of}", call["method"].as_str().unwrap())
            })
            .collect();
        told.dedup();
        assert_eq!(
            told,
            [
                "accounts.search first",
                "accounts.search 1",
                "accounts.setAccountInfo a",
                "accounts.search 2",
                "accounts.setAccountInfo b",
                "accounts.setAccountInfo c",
            ]
        );
        assert_eq!(world.most_under_way(), most);
    }
}

#[test]
fn a_page_that_does_not_come_does_not_undo_the_one_before() {
    let flow = json!({"name": "f", "steps": [
        {"id": "r", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["w"]},
        {"id": "w", "type": "field.remove", "params": {"fields": []}},
    ]});
    let mut world = World::new();
    world.answer(json!({"results": page("a"), "nextCursorId": "1"}));
    let report = world.run(&flow.to_string());
    assert_eq!((report.succeeded, report.unreachable, report.processed), (false, true, 300));
    assert_eq!(report.steps[1].output, 300);
}
