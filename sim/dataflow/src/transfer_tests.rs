//! Transfers that are broken off at every call: either the job comes through with whole files, or it fails, leaves
//! none under its final name, and a later job ends as if nothing had been.

use crate::job::Log;
use crate::testing::{Trouble, World};
use serde_json::json;
use std::collections::BTreeMap;

pub(crate) fn flow() -> String {
    let place = |folder: &str| json!({"host": "h", "username": "u", "password": "p", "remotePath": format!("/{folder}")});
    json!({"name": "f", "steps": [
        {"id": "r", "type": "datasource.read.sftp", "params": place("in"), "next": ["w"]},
        {"id": "w", "type": "datasource.write.sftp", "params": place("out")},
    ]})
    .to_string()
}

/// Pieces of 1021 bytes, so several reads and writes for each file.
pub(crate) fn world() -> World {
    let mut world = World::new();
    world.folder("/out");
    world.file("/out/a.csv", b"old");
    for (name, line) in [("a.csv", "one\n"), ("b.csv", "two\n")] {
        world.file(&format!("/in/{name}"), line.repeat(1000).as_bytes());
    }
    world
}

pub(crate) fn whole() -> BTreeMap<String, Vec<u8>> {
    let file = |name: &str, line: &str| (format!("/out/{name}"), line.repeat(1000).into_bytes());
    [file("a.csv", "one\n"), file("b.csv", "two\n")].into()
}

/// Calls of an undisturbed run.
pub(crate) fn calls() -> u64 {
    let mut world = world();
    world.breaks([], false);
    assert_eq!(world.run(&flow()).failure, None);
    assert_eq!(world.files("/out"), whole());
    world.file_calls()
}

#[test]
fn one_break_anywhere_is_mended() {
    let calls = calls();
    assert!(calls > 20, "{calls}");
    for answer_is_lost in [false, true] {
        for at in 1..=calls {
            let mut world = world();
            world.breaks([at], answer_is_lost);
            let report = world.run(&flow());
            assert_eq!((report.failure, at), (None, at));
            assert_eq!((world.files("/out"), at), (whole(), at));
        }
    }
}

#[test]
fn a_server_that_stays_away_fails_the_job_and_leaves_no_half_file() {
    let calls = calls();
    for answer_is_lost in [false, true] {
        for at in 1..=calls {
            let mut world = world();
            world.breaks(at..10_000, answer_is_lost);
            let report = world.run(&flow());
            assert_eq!((report.succeeded, report.unreachable), (false, true), "{at}");
            let whole = whole();
            for (path, content) in world.files("/out") {
                let fine = path.ends_with(".uploading") || content == b"old" || whole[&path] == content;
                assert!(fine, "break at {at}: {path} holds {} bytes", content.len());
            }
            for path in &report.files_written {
                assert_eq!(world.files("/out")[path], whole[path], "break at {at}");
            }
            world.breaks([], false);
            assert_eq!(world.run(&flow()).failure, None);
            assert_eq!((world.files("/out"), at), (whole, at));
        }
    }
}

#[test]
fn a_process_that_dies_anywhere_leaves_no_half_file_and_the_next_run_ends_as_if_nothing_had_been() {
    for flow in [flow(), flow().replace("sftp", "ftp")] {
        for after_the_work in [false, true] {
            for at in 1..=calls() {
                let mut world = world();
                world.crashes(at, after_the_work);
                assert!(world.run_to_death(&flow), "at {at}");
                let whole = whole();
                for (path, content) in world.files("/out") {
                    let fine = path.ends_with(".uploading") || content == b"old" || whole[&path] == content;
                    assert!(fine, "death at {at}: {path} holds {} bytes", content.len());
                }
                world.breaks([], false);
                assert_eq!(world.run(&flow).failure, None);
                assert_eq!((world.files("/out"), at), (whole, at));
            }
        }
    }
}

#[test]
fn a_transfer_goes_on_where_it_stood() {
    let mut world = world();
    // Login, list, open and first read of the source; login and create at the target; then reads and writes in turns.
    world.breaks([10], false);
    assert_eq!(world.run(&flow()).failure, None);
    assert_eq!(
        world.operations()[..3],
        [
            "create /out/a.csv.uploading",
            "resume /out/a.csv.uploading at 1021",
            "rename /out/a.csv.uploading /out/a.csv"
        ]
    );
}

#[test]
fn a_file_that_changes_while_it_is_read_fails_the_job() {
    let mut world = world();
    world.changes_when_broken("/in/a.csv", b"another");
    world.breaks([7], false);
    assert_eq!(
        world.run(&flow()).failure.as_deref(),
        Some("datasource.read.sftp `r`: cannot read /in/a.csv at h: /in/a.csv changed while it was read")
    );
    assert_eq!(world.files("/out"), [("/out/a.csv".to_owned(), b"old".to_vec())].into());
}

#[test]
fn a_file_that_is_shorter_than_it_was_listed_fails_the_job() {
    let mut world = world();
    world.trouble(Trouble::EndsEarly);
    assert_eq!(
        world.run(&flow()).failure.as_deref(),
        Some("datasource.read.sftp `r`: cannot read /in/a.csv at h: /in/a.csv changed while it was read")
    );
    assert_eq!(world.files("/out"), [("/out/a.csv".to_owned(), b"old".to_vec())].into());
}

#[test]
fn a_job_that_is_stopped_anywhere_leaves_no_half_file() {
    let mut stopped = 0;
    for times in 0..100 {
        let mut world = world();
        world.patience(times);
        let report = world.run(&flow());
        if report.succeeded {
            break;
        }
        stopped += 1;
        assert_eq!(
            (report.stopped, report.unreachable, report.failure.as_deref()),
            (true, false, Some("stopped"))
        );
        assert_eq!(report.trace.last().map(String::as_str), Some("job job-1 was stopped"));
        for (path, content) in world.files("/out") {
            assert!(content == b"old" || whole()[&path] == content, "stopped after {times}: {path}");
        }
    }
    assert!((10..100).contains(&stopped), "{stopped}");
}

#[test]
fn the_level_says_what_is_traced() {
    for (log, expected) in [
        (Log::Error, vec![]),
        (
            Log::Info,
            vec![
                "job job-1 of dataflow `f` reads everything",
                "datasource.read.sftp `r`: 1 files to read in /in at h",
                "datasource.write.sftp `w`: 2 bytes to /out at h, file a.csv",
            ],
        ),
    ] {
        let mut world = World::new();
        world.folder("/out");
        world.file("/in/a.csv", b"ab");
        world.log(log);
        assert_eq!(world.run(&flow()).trace, expected);
        world.breaks(1..10, false);
        let trace = world.run(&flow()).trace;
        let last =
            "job job-1 failed: datasource.read.sftp `r`: cannot reach file server h: connection refused";
        assert_eq!(trace.last().map(String::as_str), Some(last));
        assert_eq!(trace.len(), if log == Log::Error { 1 } else { 2 });
    }
}
