//! What one reader, one world or one order may keep busy.

use super::api_tests::{Stand, placed, stand};
use super::*;
use bytes::Bytes;
use standin_ports::http::Streamed;
use std::future::Future;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

fn stream(stand: &Stand, path: &str) -> Streamed {
    stand.get(path).extensions.get::<Streamed>().unwrap().clone()
}

#[test]
fn a_piece_of_a_stream_is_bounded_in_bytes() {
    let stand = stand();
    let long = "x".repeat(200 << 10);
    (0..5).for_each(|_| stand.worlds.first().note(&long));
    let stream = stream(&stand, "/worlds/main/events?most=5");
    let pieces = std::iter::from_fn(|| pollster::block_on(stream.pieces.next()));
    let told: Vec<usize> =
        pieces.map(|piece| String::from_utf8_lossy(&piece).matches("event: entry").count()).collect();
    // The second reaches the bound of 256 KB.
    assert_eq!(told, [2, 2, 1]);
}

/// As many as may read at once do; the next one waits, and nobody who has another question.
#[test]
fn readers_of_journals_hold_nobody_else() {
    let stand = stand();
    stand.worlds.first().note("one");
    let stream = stream(&stand, "/worlds/main/events");
    let reading = pollster::block_on(stand.worlds.pieces.acquire_many(4)).unwrap();
    let mut next = stream.pieces.next();
    let mut context = Context::from_waker(Waker::noop());
    assert!(next.as_mut().poll(&mut context).is_pending());
    assert_eq!(stand.get("/health").status, 200);
    drop(reading);
    drop(next);
    // Who gave up has lost nothing.
    let told = pollster::block_on(stream.pieces.next()).unwrap();
    assert_eq!(String::from_utf8_lossy(&told).matches("event: entry").count(), 1);
}

#[test]
fn a_stream_ends_with_its_world() {
    let stand = stand();
    stand.post("/worlds", &json!({"name": "a"})).fine();
    let stream = stream(&stand, "/worlds/a/events");
    let mut next = stream.pieces.next();
    let mut context = Context::from_waker(Waker::noop());
    assert!(next.as_mut().poll(&mut context).is_pending());
    stand.send("DELETE", "/worlds/a", "", "").fine();
    assert!(pollster::block_on(next).is_none());
}

#[test]
fn who_undoes_what_happens_need_not_wait_for_it() {
    let (_server, stand) = placed();
    let made = stand.post("/worlds", &json!({"name": "a"})).fine();
    // It expires in eight hours, so something falls due.
    stand.token(&made["environment"]);
    let hosted = stand.worlds.named("a").unwrap();
    let undoing = hosted.to_be_undone();
    let problem = stand.post("/worlds/a/clock/advance", &json!({"by": "3650d"})).refused(409);
    assert!(problem["detail"].as_str().unwrap().contains("taken back while time passed"), "{problem}");
    drop(undoing);
    stand.post("/worlds/a/clock/advance", &json!({"by": "9h"})).fine();
    // Each of them says so before its turn comes.
    stand.put("/worlds/a/snapshots/s", &json!({})).fine();
    for (method, path) in
        [("POST", "/worlds/a/reset"), ("POST", "/worlds/a/snapshots/s/restore"), ("DELETE", "/worlds/a")]
    {
        let held = pollster::block_on(Arc::clone(&hosted.busy).lock_owned());
        let request = http::Request::builder().method(method).uri(format!("http://127.0.0.1:8080{path}"));
        let request = request.body(Bytes::new()).unwrap();
        let mut sent = std::pin::pin!(operation::answer(&stand.worlds, &request));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(sent.as_mut().poll(&mut context), Poll::Pending));
        assert_eq!(hosted.parts().undoing.load(Ordering::SeqCst), 1, "{method} {path}");
        drop(held);
        assert!(pollster::block_on(sent).unwrap().status().is_success());
        assert_eq!(hosted.parts().undoing.load(Ordering::SeqCst), 0);
    }
}

/// A scenario's time passes whole, whoever waits for its world: its end would be another.
#[test]
fn a_scenario_is_not_cut_short() {
    let (_server, stand) = placed();
    let made = stand.post("/worlds", &json!({"name": "a"})).fine();
    stand.token(&made["environment"]);
    let hosted = stand.worlds.named("a").unwrap();
    let _undoing = hosted.to_be_undone();
    let scenario = json!({"scenario": "nine hours", "steps": [{"advance": "9h"}]});
    stand.post("/worlds/a/scenarios", &scenario).fine();
    // Each step takes a second more.
    assert_eq!(stand.get("/worlds/a/clock").fine()["now"], "2026-01-05T17:00:01.000Z");
}

#[test]
fn a_bound_of_faults_is_told() {
    let stand = stand();
    let rule = json!({"platform": "gigya", "http": 502, "until": "1h"});
    let rule = standin_fake_kit::faults::Fault::read(standin_model::Instant::START, &rule).unwrap();
    (0..1_000).for_each(|_| stand.worlds.first().add_fault(rule.clone()).unwrap());
    let one = json!({"platform": "gigya", "http": 502});
    let problem = stand.post("/worlds/main/faults", &one).refused(429);
    assert_eq!(problem["detail"], "there are 1000 faults already");
    stand.post("/worlds/main/clock/advance", &json!({"by": "1h"})).fine();
    stand.post("/worlds/main/faults", &one).fine();
    assert_eq!(stand.state("main", "faults").len(), 1, "those that are over make room");
}
