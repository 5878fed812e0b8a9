//! Whole flows: the samples as customers store them, our own ones, and laws that hold for any flow.

use crate::testing::{World, cases, gunzipped};
use crate::{COMPONENTS, Carries, Document, ELSEWHERE, Extract};
use base64::Engine as _;
use proptest::prelude::*;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::What;
use std::collections::BTreeSet;

const SAMPLE_01: &str = include_str!("../../../fixtures/dataflows/samples/01-gigya-to-sftp-export.json");
const SAMPLE_02: &str = include_str!("../../../fixtures/dataflows/samples/02-gigya-to-eloqua-full.json");
const SAMPLE_03: &str =
    include_str!("../../../fixtures/dataflows/samples/03-gigya-to-eloqua-incremental.json");
const SAMPLE_04: &str =
    include_str!("../../../fixtures/dataflows/samples/04-eloqua-to-gigya-update-only.json");

const SAMPLE_05: &str =
    include_str!("../../../fixtures/dataflows/samples/05-eloqua-unsubscribes-to-subscriptions.json");
const SAMPLE_06: &str = include_str!("../../../fixtures/dataflows/samples/06-sftp-json-to-gigya-import.json");
const SAMPLE_07: &str =
    include_str!("../../../fixtures/dataflows/samples/07-lite-accounts-lookup-branches.json");
const SAMPLE_08: &str =
    include_str!("../../../fixtures/dataflows/samples/08-audit-deleted-users-to-eloqua.json");
const SAMPLE_09: &str = include_str!("../../../fixtures/dataflows/samples/09-bulk-delete-with-reports.json");
const SAMPLE_10: &str = include_str!("../../../fixtures/dataflows/samples/10-split-json-csv-ok-marker.json");
const SAMPLE_11: &str = include_str!("../../../fixtures/dataflows/samples/11-pgp-encrypted-export.json");
const SAMPLE_12: &str = include_str!("../../../fixtures/dataflows/samples/12-pgp-inbound-datastore.json");
const SAMPLE_13: &str = include_str!("../../../fixtures/dataflows/samples/13-array-extract-children.json");
const SAMPLE_14: &str = include_str!("../../../fixtures/dataflows/samples/14-jexl-catalogue-to-s3.json");
const SAMPLE_15: &str = include_str!("../../../fixtures/dataflows/samples/15-site-to-site-copy.json");

/// Every sample, its entry point, and how many steps it has, as its description says.
const SAMPLES: [(&str, &str, usize); 15] = [
    (SAMPLE_01, "account", 6),
    (SAMPLE_02, "account", 6),
    (SAMPLE_03, "Read changed accounts", 6),
    (SAMPLE_04, "sftp", 9),
    (SAMPLE_05, "Pick unsubscribe files", 7),
    (SAMPLE_06, "Read files from SFTP", 9),
    (SAMPLE_07, "1. Read", 13),
    (SAMPLE_08, "audit", 5),
    (SAMPLE_09, "requests", 8),
    (SAMPLE_10, "account", 7),
    (SAMPLE_11, "account", 9),
    (SAMPLE_12, "sftp", 8),
    (SAMPLE_13, "account", 8),
    (SAMPLE_14, "account", 7),
    (SAMPLE_15, "Read source site", 7),
];

const OWN: [(&str, &str); 8] = [
    ("gigya-to-sftp", include_str!("../../../fixtures/dataflows/gigya-to-sftp.json")),
    ("gigya-to-eloqua-full", include_str!("../../../fixtures/dataflows/gigya-to-eloqua-full.json")),
    ("gigya-to-eloqua-delta", include_str!("../../../fixtures/dataflows/gigya-to-eloqua-delta.json")),
    ("gigya-to-eloqua-by-email", include_str!("../../../fixtures/dataflows/gigya-to-eloqua-by-email.json")),
    (
        "gigya-communications-to-eloqua",
        include_str!("../../../fixtures/dataflows/gigya-communications-to-eloqua.json"),
    ),
    ("eloqua-to-gigya", include_str!("../../../fixtures/dataflows/eloqua-to-gigya.json")),
    ("eloqua-to-gigya-create", include_str!("../../../fixtures/dataflows/eloqua-to-gigya-create.json")),
    (
        "eloqua-to-gigya-communications",
        include_str!("../../../fixtures/dataflows/eloqua-to-gigya-communications.json"),
    ),
];

fn own(name: &str) -> &'static str {
    OWN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).unwrap()
}

#[test]
fn stored_flows_are_read_without_a_word() {
    for text in OWN.map(|(_, text)| text) {
        let (document, warnings) = Document::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(warnings, [], "{}", document.name);
        assert_eq!(document.graph.entries.len(), 1, "{}", document.name);
    }
}

/// The one thing said about a sample is that a component in it does not run here.
#[test]
fn every_sample_is_checked_and_explained() {
    for (text, entry, steps) in SAMPLES {
        let (document, warnings) = Document::parse(text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let unable = document
            .steps
            .iter()
            .filter(|step| ELSEWHERE.iter().any(|known| known.kind == step.component.kind));
        assert_eq!(warnings.len(), unable.count(), "{}: {warnings:?}", document.name);
        let entries: Vec<&str> =
            document.graph.entries.iter().map(|at| document.steps[*at].id.as_str()).collect();
        assert_eq!((entries, document.steps.len()), (vec![entry], steps), "{}", document.name);

        let (text, drawing) = (crate::explain(&document), crate::svg(&document));
        for step in &document.steps {
            let told = format!("\n`{}` {}\n  {}.\n", step.id, step.component.kind, step.component.summary);
            assert!(text.contains(&told), "{told} in {text}");
        }
        let edges: usize = document.steps.iter().map(|step| step.next.len() + step.error.len()).sum();
        assert_eq!((drawing.matches("<g>").count(), drawing.matches("marker-end").count()), (steps, edges));
    }
}

#[test]
fn sample_01_exports_members() {
    let mut world = World::new();
    world.folder("/outbound/members");
    world.answer(json!({"results": [
        {"UID": "u1", "profile": {"email": "ann@x.example", "firstName": "Ann", "lastName": "O\"Neil, Jr", "birthYear": 1959, "country": "BE"}},
        {"UID": "u2", "profile": {"email": "bo@x.example", "firstName": "Zo\u{eb}\nMarie"}},
    ]}));
    let report = world.run(SAMPLE_01);
    assert_eq!(report.failure, None);
    let path = "/outbound/members/members_20260105_080000.csv.gz";
    assert_eq!(report.files_written, [path]);
    assert_eq!(
        gunzipped(&world.files("/outbound/members")[path]),
        "\"MEMBER_ID\",\"MAIL\",\"FIRSTNAME\",\"NAME\",\"BIRTH_YEAR\",\"COUNTRY\"\n\
         \"u1\",\"ann@x.example\",\"Ann\",\"O\"\"Neil, Jr\",\"1959\",\"BE\"\n\
         \"u2\",\"bo@x.example\",\"Zo\u{eb}\nMarie\",\"\",\"\",\"\"\n"
    );
    assert_eq!(
        world.operations(),
        [format!("create {path}.uploading"), format!("rename {path}.uploading {path}")]
    );
    assert!(report.trace[3].ends_with("file members_20260105_080000.csv.gz"), "{:?}", report.trace);
    assert_eq!((report.processed, report.calls), (2, 1));
}

#[test]
fn sample_02_loads_everything() {
    let mut world = World::new();
    world.folder("/eloqua/in/full");
    world.answer(json!({"results": [
        {"UID": "u1", "lastUpdated": "2026-01-01T00:00:00.000Z", "profile": {"email": "a@x.example", "zip": "01234"}, "data": {"newsletter": {"isSubscribed": true}, "loyalty": {"tier": "gold"}}},
        {"UID": "u2", "lastUpdated": "2026-01-02T00:00:00.000Z", "profile": {"email": "b@x.example", "city": "Diest"}, "data": {"newsletter": {"isSubscribed": false}}},
    ]}));
    assert_eq!(world.run(SAMPLE_02).failure, None);
    assert_eq!(
        world.text("/eloqua/in/full/elq_contacts_full_20260105.csv"),
        "\"C_Newsletter_Opt_In1\",\"C_EmailAddress\",\"C_Zip_Postal\",\"C_Gigya_UID1\",\"C_Loyalty_Tier1\",\"C_Gigya_Last_Updated1\",\"C_City\"\n\
         \"Yes\",\"a@x.example\",\"01234\",\"u1\",\"gold\",\"2026-01-01T00:00:00.000Z\",\"\"\n\
         \"No\",\"b@x.example\",\"\",\"u2\",\"\",\"2026-01-02T00:00:00.000Z\",\"Diest\"\n"
    );

    let mut world = World::new();
    world.folder("/eloqua/in/full");
    world.answer(json!({"results": []}));
    assert_eq!(world.run(SAMPLE_02).failure, None);
    assert_eq!(world.text("/eloqua/in/full/elq_contacts_full_20260105.csv"), "");
}

#[test]
fn sample_03_carries_changes() {
    let mut world = World::new();
    world.extract(Extract::Since(Instant::from_millis(1_767_596_400_000)));
    world.folder("/eloqua/in/delta");
    let subscribed = |is: Value| json!({"newsletter": {"email": {"isSubscribed": is}}});
    world.answer(json!({"results": [
        {"UID": "u1", "lastUpdated": "t1", "profile": {"email": "a@x.example"}, "subscriptions": subscribed(json!(true))},
        {"UID": "u2", "lastUpdated": "t2", "profile": {}, "subscriptions": {}},
        {"UID": "u3", "lastUpdated": "t3", "profile": {"email": "c@x.example", "firstName": "C"}, "subscriptions": {}},
    ]}));
    let report = world.run(SAMPLE_03);
    assert_eq!(report.failure, None);
    assert_eq!(
        world.text("/eloqua/in/delta/elq_contacts_delta_202601050800.csv"),
        "\"C_Newsletter_Opt_In1\",\"C_Offers_Opt_In1\",\"C_EmailAddress\",\"C_Gigya_UID1\",\"C_Gigya_Last_Updated1\",\"C_FirstName\"\n\
         \"Yes\",\"\",\"a@x.example\",\"u1\",\"t1\",\"\"\n\
         \"\",\"\",\"c@x.example\",\"u3\",\"t3\",\"C\"\n"
    );
    let query = world.calls()[0]["query"].as_str().unwrap().to_owned();
    assert!(
        query.ends_with(
            "WHERE (profile.email IS NOT NULL) AND lastUpdatedTimestamp > 1767596400000 LIMIT 300"
        ),
        "{query}"
    );
    assert!(
        report.trace.contains(&"record.evaluate `Map subscriptions`: info skipped, no e-mail u2".to_owned())
    );
    let script = report.steps.iter().find(|step| step.id == "Map subscriptions").unwrap();
    assert_eq!((script.input, script.output, script.filtered), (3, 2, 1));

    let mut world = World::new();
    world.answer(json!({"results": []}));
    let report = world.run(SAMPLE_03);
    assert_eq!((report.failure, report.files_written, world.operations()), (None, vec![], vec![]));
}

#[test]
fn sample_04_updates_existing_users_only() {
    let mut world = World::new();
    world.folder("/eloqua/out/rejected");
    world.file(
        "/eloqua/out/elq_export_20260105.csv",
        b"C_Gigya_UID1,C_EmailAddress,C_FirstName,C_LastName,C_City,C_Newsletter_Opt_In1\nu1,new@x.example,Ann,,\"Diest, Old\",Yes\nnobody,n@x.example,N,N,N,No\nu2,b@x.example,Bo,B,B,No\n",
    );
    world.file("/eloqua/out/other.csv", b"never read");
    world.answer(json!({"results": [{"UID": "u2"}, {"UID": "u1"}]}));
    world.answer(json!({}));
    world.answer(json!({"errorCode": 400_009, "errorMessage": "Validation error"}));
    let report = world.run(SAMPLE_04);
    assert_eq!(report.failure, None);
    assert_eq!(
        world.calls(),
        [
            json!({"method": "accounts.search", "query": "SELECT UID FROM accounts WHERE UID IN (\"u1\", \"U1\", \"nobody\", \"NOBODY\", \"u2\", \"U2\") LIMIT 5000"}),
            json!({"method": "accounts.setAccountInfo", "UID": "u1", "profile": r#"{"firstName":"Ann","lastName":"","city":"Diest, Old"}"#, "data": r#"{"newsletter":{"isSubscribed":true},"sync":{"source":"eloqua"}}"#}),
            json!({"method": "accounts.setAccountInfo", "UID": "u2", "profile": r#"{"firstName":"Bo","lastName":"B","city":"B"}"#, "data": r#"{"newsletter":{"isSubscribed":false},"sync":{"source":"eloqua"}}"#}),
        ]
    );
    assert_eq!(
        world.text("/eloqua/out/rejected/elq_export_rejected_20260105080000_job-1.csv"),
        "\"UID\",\"profile.firstName\",\"profile.lastName\",\"profile.city\",\"data.newsletter.isSubscribed\",\"data.sync.source\",\"_errorDetails.errorCode\",\"_errorDetails.errorMessage\",\"profile.email\"\n\
         \"u2\",\"Bo\",\"B\",\"B\",\"false\",\"eloqua\",\"400009\",\"Validation error\",\"\"\n\
         \"nobody\",\"N\",\"N\",\"N\",\"No\",\"\",\"404000\",\"Not found\",\"n@x.example\"\n"
    );
    assert_eq!((report.processed, report.calls), (3, 3));
}

fn check_own(
    name: &str,
    folder: &str,
    input: Option<&str>,
    answers: &[Value],
    files: &[(&str, &str)],
) -> World {
    let mut world = World::new();
    world.folder(folder);
    if let Some(input) = input {
        world.file("/eloqua/out/contacts_1.csv", input.as_bytes());
    }
    for answer in answers {
        world.answer(answer.clone());
    }
    let report = world.run(own(name));
    assert_eq!(report.failure, None, "{name}");
    let written: Vec<(String, String)> = world
        .files(folder)
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
        .collect();
    let expected: Vec<(String, String)> =
        files.iter().map(|(path, text)| (format!("{folder}/{path}"), (*text).to_owned())).collect();
    assert_eq!(written, expected, "{name}");
    world
}

#[test]
fn own_outbound_flows() {
    let account = |opt_in: Value| json!({"UID": "ann", "lastUpdated": "t", "profile": {"email": "a@x.example", "zip": "01234"}, "data": opt_in});
    let results =
        json!({"results": [account(json!({"newsletter": {"isSubscribed": false}})), account(json!({}))]});
    let header = "\"C_Newsletter_Opt_In1\",\"C_EmailAddress\",\"C_Zip_Postal\",\"C_Gigya_UID1\",\"C_Gigya_Last_Updated1\"\n";
    let rows =
        "\"No\",\"a@x.example\",\"01234\",\"ann\",\"t\"\n\"\",\"a@x.example\",\"01234\",\"ann\",\"t\"\n";
    let whole = format!("{header}{rows}");
    check_own(
        "gigya-to-eloqua-full",
        "/eloqua/in",
        None,
        std::slice::from_ref(&results),
        &[("contacts_full_20260105080000.csv", &whole)],
    );
    check_own(
        "gigya-to-eloqua-delta",
        "/eloqua/in",
        None,
        std::slice::from_ref(&results),
        &[("contacts_delta_20260105080000.csv", &whole)],
    );
    let without_uid = whole.replace(",\"C_Gigya_UID1\"", "").replace(",\"ann\"", "");
    check_own(
        "gigya-to-eloqua-by-email",
        "/eloqua/in",
        None,
        &[results],
        &[("contacts_20260105080000.csv", &without_uid)],
    );

    let found = json!({"results": [{"UID": "ann", "lastUpdated": "t", "profile": {"email": "a@x.example"}}]});
    let topics = json!({"communications": {"email_newsletter": {"topic": "newsletter", "channel": "email", "status": "OptOut"}}});
    check_own(
        "gigya-communications-to-eloqua",
        "/eloqua/in",
        None,
        &[found, topics],
        &[(
            "contacts_20260105080000.csv",
            "\"C_Newsletter_Opt_In1\",\"C_EmailAddress\",\"C_Gigya_UID1\",\"C_Gigya_Last_Updated1\"\n\"No\",\"a@x.example\",\"ann\",\"t\"\n",
        )],
    );
}

#[test]
fn own_inbound_flows() {
    let rows = "C_Gigya_UID1,C_EmailAddress,C_FirstName,C_City,C_Newsletter_Opt_In1\nann,new@x.example,Ann,,No\nnobody,n@x.example,N,N,Yes\n";
    let found = json!({"results": [{"UID": "ann"}]});
    let world = check_own(
        "eloqua-to-gigya",
        "/eloqua/out/rejected",
        Some(rows),
        &[found.clone(), json!({})],
        &[(
            "rejected_20260105080000_job-1.csv",
            "\"UID\",\"profile.email\",\"profile.firstName\",\"profile.city\",\"data.newsletter.isSubscribed\",\"_errorDetails.errorCode\",\"_errorDetails.errorMessage\"\n\"nobody\",\"n@x.example\",\"N\",\"N\",\"Yes\",\"404000\",\"Not found\"\n",
        )],
    );
    assert_eq!(
        world.calls()[1],
        json!({"method": "accounts.setAccountInfo", "UID": "ann", "profile": r#"{"firstName":"Ann"}"#, "data": r#"{"newsletter":{"isSubscribed":false},"sync":{"source":"eloqua"}}"#})
    );

    let world =
        check_own("eloqua-to-gigya-create", "/eloqua/out/rejected", Some(rows), &[json!({}), json!({})], &[]);
    assert_eq!(
        world.calls()[1],
        json!({
            "method": "accounts.importFullAccount", "UID": "nobody", "profile": r#"{"email":"n@x.example","firstName":"N","city":"N"}"#,
            "isRegistered": "true", "isActive": "true", "loginIDs": r#"{"emails":["n@x.example"]}"#,
            "data": r#"{"newsletter":{"isSubscribed":true}}"#, "importPolicy": "upsert", "handleIdentityConflicts": "connect",
        })
    );

    let world = check_own(
        "eloqua-to-gigya-communications",
        "/eloqua/out/rejected",
        Some("C_Gigya_UID1,C_Newsletter_Opt_In1\nann,No\nann,\n"),
        &[found, json!({})],
        &[],
    );
    assert_eq!(
        world.calls()[1],
        json!({"method": "accounts.setAccountInfo", "UID": "ann", "communications": r#"{"email_newsletter":{"topic":"newsletter","channel":"email","status":"optOut"}}"#})
    );
}

fn sftp(folder: &str) -> Value {
    json!({"host": "h", "username": "u", "password": "p", "remotePath": format!("/{folder}")})
}

#[test]
fn branches_share_nothing_and_markers_come_last() {
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "*"}, "next": ["json", "drop", "ok"]},
        {"id": "drop", "type": "field.remove", "params": {"fields": ["p"]}, "next": ["csv"]},
        {"id": "csv", "type": "file.format.dsv", "params": {"fileName": "a.csv", "columnSeparator": ","}, "next": ["up"]},
        {"id": "ok", "type": "file.empty", "params": {"fileName": "done/a.ok"}, "next": ["up"]},
        {"id": "json", "type": "file.format.json", "params": {"fileName": "a.json"}, "next": ["up"]},
        {"id": "up", "type": "datasource.write.sftp", "params": sftp("out")},
    ]});
    let mut world = World::new();
    world.folder("/out");
    world.folder("/out/done");
    world.answer(json!({"results": [{"UID": "u", "p": {"x": 1}}]}));
    let report = world.run(&flow.to_string());
    assert_eq!(report.failure, None);
    assert_eq!(report.files_written, ["/out/a.json", "/out/a.csv", "/out/done/a.ok"]);
    assert_eq!(
        (world.text("/out/a.json"), world.text("/out/a.csv")),
        (r#"[{"UID":"u","p":{"x":1}}]"#.to_owned(), "UID\nu\n".to_owned())
    );
}

#[test]
fn the_journal_tells_where_a_value_changed() {
    let mut world = World::new();
    world.folder("/outbound/members");
    world.answer(json!({"results": [{"UID": "ann", "profile": {"email": "a@x.example"}}]}));
    world.run(SAMPLE_01);
    let changes: Vec<(String, String, String)> = world
        .journal()
        .into_iter()
        .filter_map(|what| match what {
            What::Change { who: "dataflow", place, subject, after, .. } => Some((place, subject, after)),
            _ => None,
        })
        .collect();
    let expected = [
        ("field.rename `rename`", r#"{"profile":{},"MEMBER_ID":"ann","MAIL":"a@x.example"}"#),
        ("field.remove `remove`", r#"{"MEMBER_ID":"ann","MAIL":"a@x.example"}"#),
        ("file.format.dsv `dsv`", "line 2: \"ann\",\"a@x.example\""),
    ];
    assert_eq!(
        changes,
        expected.map(|(place, after)| (place.to_owned(), "ann".to_owned(), after.to_owned()))
    );
}

#[test]
fn secrets_stay_out_of_journal_and_debug_output() {
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "*"}, "next": ["add"]},
        {"id": "add", "type": "field.add", "params": {"fields": [{"field": "x", "value": "1"}]}, "next": ["csv"]},
        {"id": "csv", "type": "file.format.json", "params": {"fileName": "f"}, "next": ["up"]},
        {"id": "up", "type": "datasource.write.sftp", "params": {"host": "h", "username": "u", "password": "hunter2"}},
    ]});
    let mut world = World::new();
    world.debug();
    world.folder("");
    world.answer(json!({"results": [{"UID": "ann", "password": "hunter2"}]}));
    let report = world.run(&flow.to_string());
    assert_eq!(report.failure, None);
    let (document, _) = Document::parse(&flow.to_string()).unwrap();
    for shown in [format!("{:?}", world.journal()), format!("{document:?}"), report.trace.join("\n")] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn dropped_records_are_counted_and_told() {
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "*"}, "next": ["write"]},
        {"id": "write", "type": "datasource.write.gigya.account"},
    ]});
    let mut world = World::new();
    world.answer(json!({"results": [{"UID": "ann", "data": {"a": 1}}]}));
    world.refuse(403_005, "Unauthorized user", "");
    let report = world.run(&flow.to_string());
    assert!(report.succeeded);
    assert_eq!(
        report.trace.last().unwrap(),
        "datasource.write.gigya.account `write`: record ann dropped: {\"errorCode\":403005,\"errorMessage\":\"Unauthorized user\"}"
    );
    assert_eq!((report.steps[1].input, report.steps[1].errors), (1, 1));
}

#[test]
fn many_records_stream_and_add_up() {
    let flow = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID", "batchSize": 1000}, "next": ["csv"]},
        {"id": "csv", "type": "file.format.dsv", "params": {"fileName": "a.csv", "columnSeparator": ","}, "next": ["up"]},
        {"id": "up", "type": "datasource.write.sftp", "params": sftp("out")},
    ]});
    let mut world = World::new();
    world.folder("/out");
    world.answer_with(|call| {
        let page: usize = call.get("cursorId").map_or(0, |cursor| cursor.as_str().unwrap().parse().unwrap());
        let results: Vec<Value> =
            (0..1000).map(|n| json!({"UID": format!("u{}", page * 1000 + n)})).collect();
        let mut answer = json!({"errorCode": 0, "results": results});
        if page < 19 {
            answer["nextCursorId"] = (page + 1).to_string().into();
        }
        Some(answer)
    });
    let report = world.run(&flow.to_string());
    assert_eq!((report.failure, report.processed, report.calls), (None, 20_000, 20));
    assert_eq!(world.text("/out/a.csv").lines().count(), 20_001);
}

#[test]
fn a_long_chain_of_steps_runs() {
    let mut steps = vec![
        json!({"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["s0"]}),
    ];
    for n in 0..199 {
        let next = if n < 198 { vec![format!("s{}", n + 1)] } else { vec![] };
        steps.push(
            json!({"id": format!("s{n}"), "type": "field.remove", "params": {"fields": []}, "next": next}),
        );
    }
    let mut world = World::new();
    world.answer(json!({"results": [{"UID": "u"}]}));
    let report = world.run(&json!({"name": "f", "steps": steps}).to_string());
    assert_eq!((report.failure, report.steps[199].output), (None, 1));
}

#[test]
fn a_run_may_move_between_threads() {
    fn sendable<T: Send>(_: T) {}
    sendable(|document: &'static Document, job: &'static crate::Job, ports: &'static crate::Ports| {
        sendable(crate::run(document, job, ports));
    });
}

#[test]
fn the_same_run_twice_is_the_same_to_the_byte() {
    let once = || {
        let mut world = World::new();
        world.folder("/eloqua/in/delta");
        world.answer(
            json!({"results": [{"UID": "u1", "profile": {"email": "a@x.example"}, "subscriptions": {}}]}),
        );
        (world.run(SAMPLE_03), world.files("/eloqua"), world.journal())
    };
    assert_eq!(once(), once());
}

#[test]
fn the_list_is_sound() {
    let mut kinds = BTreeSet::new();
    for component in COMPONENTS {
        assert!(kinds.insert(component.kind), "{} twice", component.kind);
        assert!(
            !ELSEWHERE.iter().any(|known| known.kind == component.kind),
            "{} is implemented",
            component.kind
        );
        assert_eq!(component.kind, component.kind.trim().to_ascii_lowercase());
        assert!(!component.summary.is_empty() && !component.evidence.source.is_empty());
        let params: BTreeSet<&str> = component.params.iter().map(|param| param.name).collect();
        assert_eq!(params.len(), component.params.len(), "{}", component.kind);
        let file =
            format!("{}/src/components/{}.rs", env!("CARGO_MANIFEST_DIR"), component.kind.replace('.', "_"));
        let source = std::fs::read_to_string(&file).unwrap();
        assert!(source.contains(&format!("fn {}()", component.evidence.test)), "{}", component.kind);
    }
}

/// Parameters with which a component works on any record.
fn working(kind: &str, script: &str) -> Value {
    let rows = json!([{"sourceField": "a", "targetField": "x.y", "field": "a", "value": "v", "expression": "a.substring(1)", "regex": "b", "replacement": "c", "targetFormat": "yyyy"}]);
    match kind {
        "datasource.lookup.gigya.account" => {
            json!({"select": "UID", "lookupFields": [{"sourceField": "UID", "gigyaField": "UID"}], "batchSize": 3})
        }
        "datasource.write.gigya.generic" => {
            json!({"apiMethod": "accounts.x", "apiParams": [{"paramName": "UID", "sourceField": "UID"}]})
        }
        "record.evaluate" => json!({"script": base64::engine::general_purpose::STANDARD.encode(script)}),
        "field.array.extract" | "field.array.join" => json!({"field": "a"}),
        "field.remove" | "field.select" | "field.flatten" => json!({"fields": ["a"]}),
        "field.move" => json!({"fields": ["a"], "after": "UID"}),
        "datasource.write.gigya.ds" => json!({"type": "a"}),
        "datasource.write.gigya.account" | "datasource.write.gigya.importaccount" => json!({}),
        _ => json!({"fields": rows}),
    }
}

const MOODY: &str = "function process(record, ctx, logger, next, error) {
    switch (record.n % 5) {
        case 0: return record;
        case 1: return null;
        case 2: next.accept(record); next.accept(record); return record;
        case 3: error.accept(record); next.accept(record); return null;
        default: throw new Error('mood');
    }
}";

fn any_record() -> impl Strategy<Value = Value> {
    (0..10u32, "[a-c]{0,3}", proptest::option::of("[u-w]")).prop_map(|(n, a, uid)| {
        let mut record = json!({"n": n, "a": a});
        if let Some(uid) = uid {
            record["UID"] = uid.into();
        }
        record
    })
}

proptest! {
    #![proptest_config(cases(48))]

    /// The runner checks the balance of every step of every run; here for random flows and moody answers.
    #[test]
    fn no_record_disappears(
        records in proptest::collection::vec(any_record(), 0..30),
        chosen in proptest::collection::vec(any::<proptest::sample::Index>(), 1..5),
        with_error_path in any::<bool>(),
    ) {
        let kinds: Vec<&str> = COMPONENTS
            .iter()
            .filter(|component| (component.input, component.output) == (Carries::Records, Carries::Records))
            .map(|component| component.kind)
            .collect();
        let chosen: Vec<&str> = chosen.iter().map(|index| *index.get(&kinds)).collect();
        let mut steps = vec![
            json!({"id": "read", "type": "datasource.read.sftp", "params": sftp("in"), "next": ["parse"]}),
            json!({"id": "parse", "type": "file.parse.json", "next": ["s0"]}),
        ];
        for (index, kind) in chosen.iter().enumerate() {
            let next = if index + 1 == chosen.len() { "all".to_owned() } else { format!("s{}", index + 1) };
            let error = if with_error_path { vec!["all"] } else { vec![] };
            steps.push(json!({"id": format!("s{index}"), "type": kind, "params": working(kind, MOODY), "next": [next], "error": error}));
        }
        steps.push(json!({"id": "all", "type": "file.format.json", "params": {"fileName": "all.json", "createEmptyFile": true}, "next": ["up"]}));
        steps.push(json!({"id": "up", "type": "datasource.write.sftp", "params": sftp("out")}));

        let mut world = World::new();
        world.folder("/out");
        world.file("/in/r.json", Value::from(records.clone()).to_string().as_bytes());
        world.answer_with(|call| Some(match call["method"].as_str() {
            Some("accounts.search") => json!({"errorCode": 0, "results": [{"UID": "u"}, {"UID": "v"}, {"UID": "v"}]}),
            _ if call["UID"] == "u" => json!({"errorCode": 0}),
            _ => json!({"errorCode": 403_005, "errorMessage": "Unauthorized user"}),
        }));
        let report = world.run(&json!({"name": "law", "steps": steps}).to_string());
        prop_assert_eq!(&report.failure, &None);
        for step in &report.steps {
            prop_assert!(step.balanced(), "{:?}", step);
        }
        let count = |id: &str| report.steps.iter().find(|step| step.id == id).unwrap().clone();
        prop_assert_eq!(count("parse").output, records.len() as u64);
        for index in 1..chosen.len() {
            prop_assert_eq!(count(&format!("s{}", index - 1)).output, count(&format!("s{index}")).input);
        }
        let written: Vec<Value> = serde_json::from_str(&world.text("/out/all.json")).unwrap();
        prop_assert_eq!(written.len() as u64, count("all").output);
    }
}
