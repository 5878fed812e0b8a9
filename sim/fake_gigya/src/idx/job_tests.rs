//! Jobs from their start to the mail about their end.

use crate::DEFAULT_API_KEY;
use crate::job::JobEnd;
use crate::testing::Bench;
use serde_json::{Value, json};
use standin_fake_kit::Fake;

/// A bench with an hourly scheduling that is due now.
fn hourly(more: &Value) -> (Bench, String) {
    let mut bench = Bench::new();
    let flow = json!({"id": "f1", "name": "Nightly", "steps": [{"id": "r", "type": "datasource.read.gigya.account"}]});
    bench.gigya.put_dataflow(bench.now, DEFAULT_API_KEY, &flow).unwrap();
    let mut data = json!({"dataflowId": "f1", "frequencyType": "hour", "frequencyInterval": 1});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let id =
        bench.call("idx.createScheduling", &[("data", &data.to_string())])["id"].as_str().unwrap().to_owned();
    (bench, id)
}

fn end(succeeded: bool, again: bool, line: &str) -> JobEnd {
    JobEnd { succeeded, again, processed: 2, trace: vec![line.to_owned()], metrics: json!([]) }
}

/// The only job there is, as idx.search tells it.
fn job(bench: &mut Bench) -> Value {
    let answer = bench.call("idx.search", &[("query", "SELECT * FROM idx_job_status")]);
    assert_eq!(answer["resultCount"], 1, "{answer}");
    answer["result"][0].clone()
}

fn minutes(bench: &mut Bench, minutes: u64) {
    bench.wait(minutes * 60_000);
}

#[test]
fn a_job_is_tried_again_under_its_id() {
    let (mut bench, scheduling) =
        hourly(&json!({"failureEmailNotification": "ops@a.example, dev@a.example,"}));
    let began = bench.now;
    let first = bench.gigya.take_job(began).unwrap();
    minutes(&mut bench, 1);
    bench.gigya.finish_job(bench.now, &first.job_id, end(false, true, "one"));
    let waiting = job(&mut bench);
    assert_eq!((&waiting["status"], &waiting["attemptNumber"]), (&json!("running"), &json!(1)));
    assert_eq!(waiting.get("endTime"), None);
    let shown = bench.call("idx.getScheduling", &[("id", &scheduling)]);
    assert_eq!(shown["scheduling"]["schedulingStatus"], "busy");

    minutes(&mut bench, 5);
    assert_eq!(bench.gigya.next_due(), Some(bench.now));
    let second = bench.gigya.take_job(bench.now).unwrap();
    assert_eq!((&second.job_id, second.started, second.last_runtime), (&first.job_id, began, None));
    bench.gigya.finish_job(bench.now, &second.job_id, end(false, true, "two"));
    minutes(&mut bench, 5);
    let third = bench.gigya.take_job(bench.now).unwrap();
    assert!(bench.gigya.outbox().is_empty(), "nobody is told before the last attempt");
    bench.gigya.finish_job(bench.now, &third.job_id, end(false, true, "three"));
    let ended = job(&mut bench);
    assert_eq!((&ended["status"], &ended["attemptNumber"]), (&json!("failed"), &json!(3)));
    assert_eq!(
        ended["trace"],
        json!([
            "one",
            "attempt 1 failed, the next one begins at 2026-01-05T08:06:00.000Z",
            "two",
            "attempt 2 failed, the next one begins at 2026-01-05T08:11:00.000Z",
            "three",
        ])
    );
    let told: Vec<Value> = bench.gigya.outbox().iter().map(|mail| mail["to"].clone()).collect();
    assert_eq!(told, ["ops@a.example", "dev@a.example"]);
    assert_eq!(bench.gigya.outbox()[0]["kind"], "idxJobFailed");
    assert_eq!(bench.gigya.dataflow("f1").unwrap().get("lastRuntime"), None);
    assert_eq!(bench.gigya.next_due(), Some("2026-01-05T09:00:00Z".parse().unwrap()));
}

#[test]
fn a_later_attempt_that_succeeds_counts_from_the_first_start() {
    let (mut bench, _) = hourly(&json!({"successEmailNotification": "ops@a.example"}));
    let began = bench.now;
    let first = bench.gigya.take_job(began).unwrap();
    bench.gigya.finish_job(bench.now, &first.job_id, end(false, true, "one"));
    minutes(&mut bench, 5);
    let second = bench.gigya.take_job(bench.now).unwrap();
    bench.gigya.finish_job(bench.now, &second.job_id, end(true, false, "two"));
    let ended = job(&mut bench);
    assert_eq!((&ended["status"], &ended["attemptNumber"]), (&json!("succeeded"), &json!(2)));
    assert_eq!(bench.gigya.dataflow("f1").unwrap()["lastRuntime"], began.to_string());
    let mail = bench.gigya.outbox()[0].clone();
    assert_eq!((&mail["kind"], &mail["to"]), (&json!("idxJobSucceeded"), &json!("ops@a.example")));
    assert_eq!(mail["text"], format!("dataflow Nightly, job {}: succeeded, 2 records", first.job_id));
}

#[test]
fn a_refusal_is_not_tried_again() {
    let (mut bench, _) = hourly(&json!({}));
    let first = bench.gigya.take_job(bench.now).unwrap();
    bench.gigya.finish_job(bench.now, &first.job_id, end(false, false, "no such field"));
    assert_eq!(job(&mut bench)["status"], "failed");
    assert!(bench.gigya.outbox().is_empty(), "nobody asked for a mail");
}

#[test]
fn a_start_that_falls_into_a_job_waits_for_its_end() {
    let (mut bench, _) = hourly(&json!({}));
    let first = bench.gigya.take_job(bench.now).unwrap();
    minutes(&mut bench, 90);
    assert!(bench.gigya.take_job(bench.now).is_none(), "never two at once");
    bench.gigya.finish_job(bench.now, &first.job_id, end(true, false, "long"));
    let second = bench.gigya.take_job(bench.now).unwrap();
    assert!(second.job_id != first.job_id);
    assert_eq!(second.scheduling["nextJobStartTime"], "2026-01-05T10:00:00.000Z");
}

#[test]
fn a_stopped_job_moves_nothing() {
    let (mut bench, scheduling) = hourly(&json!({"failureEmailNotification": "ops@a.example"}));
    let first = bench.gigya.take_job(bench.now).unwrap();
    bench.gigya.finish_job(bench.now, &first.job_id, end(false, true, "one"));
    assert_eq!(bench.gigya.running_job_of("f1").as_deref(), Some(first.job_id.as_str()));
    assert!(bench.gigya.stop_job(bench.now, &first.job_id));
    assert_eq!(
        (job(&mut bench)["status"].clone(), bench.gigya.running_job_of("f1")),
        (json!("stopped"), None)
    );
    assert!(!bench.gigya.stop_job(bench.now, &first.job_id));
    // What the engine still brings of it changes nothing.
    bench.gigya.finish_job(bench.now, &first.job_id, end(true, false, "late"));
    assert_eq!(job(&mut bench)["status"], "stopped");
    assert_eq!(bench.gigya.dataflow("f1").unwrap().get("lastRuntime"), None);
    assert!(bench.gigya.outbox().is_empty());
    assert_eq!(bench.gigya.next_due(), Some("2026-01-05T09:00:00Z".parse().unwrap()));
    assert_eq!(bench.code("idx.deleteScheduling", &[("id", &scheduling)]), 0);
}

#[test]
fn a_scheduling_that_is_deleted_takes_its_waiting_job_along() {
    let (mut bench, scheduling) = hourly(&json!({}));
    let first = bench.gigya.take_job(bench.now).unwrap();
    bench.gigya.finish_job(bench.now, &first.job_id, end(false, true, "one"));
    assert_eq!(bench.code("idx.deleteScheduling", &[("id", &scheduling)]), 0);
    assert_eq!((job(&mut bench)["status"].clone(), bench.gigya.next_due()), (json!("stopped"), None));
}
