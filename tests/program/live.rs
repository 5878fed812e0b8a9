//! `standin dataflow run` against a world that another process serves, over real sockets.

use super::serving::Served;
use super::{program, top};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

/// A served world with two accounts, and the file that says where it is.
pub(super) fn world(folder: &Path) -> (Served, String) {
    let file = folder.join("world.yaml");
    let world = "sftp:
  users: [{ name: batch, password: drop-password }]
  folders: [/eloqua/in]
gigya:
  accounts:
    - { UID: ann, isRegistered: true, profile: { email: ann@brand.example, city: Diest } }
    - { UID: ben, isRegistered: true, profile: { email: ben@brand.example } }
";
    std::fs::write(&file, world).unwrap();
    let settings = folder.join("standin.env").to_str().unwrap().to_owned();
    let served =
        Served::start(&["--clock", "still", "--world", file.to_str().unwrap(), "--env-file", &settings]);
    (served, settings)
}

/// What the program prints, without what is another time another thing.
fn told(arguments: &[&str]) -> (String, Option<i32>) {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    let (out, errors) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    let errors = if errors.is_empty() { errors } else { format!("--- standard error\n{errors}") };
    (format!("{out}{errors}--- exit code {}\n", status.code().unwrap()), status.code())
}

fn check(name: &str, arguments: &[&str]) -> String {
    let (text, _) = told(arguments);
    let filters = [
        (r"job [0-9a-f]{32}", "job ID"),
        (r"in \d+\.\d s", "in TIME"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"(/[^ ]*)?/(known_hosts|standin\.env)", "FILE"),
        (r"SHA256:[A-Za-z0-9+/]+", "FINGERPRINT"),
        (r"after 20\S+", "after TIME"),
    ];
    insta::with_settings!(
        { omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => top().join("tests/snapshots"), filters => filters },
        { insta::assert_snapshot!(name, text); }
    );
    text
}

fn files(served: &Served) -> Vec<(String, u64)> {
    let (_, state) = served.fetch(&format!("{}/state", served.get("STANDIN_URL")));
    let state: Value = serde_json::from_str(&state).unwrap();
    let files = state["files"].as_array().unwrap().iter();
    files.map(|file| (file["path"].as_str().unwrap().to_owned(), file["size"].as_u64().unwrap())).collect()
}

#[test]
fn a_dataflow_runs_against_served_platforms_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (served, settings) = world(folder.path());
    let outbound = ["dataflow", "run", "tests/program/live-outbound.json", "--secrets", &settings, "--full"];

    check("live-dry-run", &[&outbound[..], &["--dry-run"]].concat());
    assert_eq!(files(&served), [], "a dry run writes nothing");

    check("live-run", &outbound);
    let whole = "C_Gigya_UID1,C_EmailAddress,C_City\nann,ann@brand.example,Diest\nben,ben@brand.example,\n";
    assert_eq!(files(&served), [("/eloqua/in/contacts.csv".to_owned(), whole.len() as u64)]);

    let inbound = ["dataflow", "run", "tests/program/live-inbound.json", "--secrets", &settings, "--full"];
    check("live-dry-run-back", &[&inbound[..], &["--dry-run"]].concat());
    let city = |uid: &str| {
        served.gigya("accounts.getAccountInfo", &format!("UID={uid}&include=data"))["data"]["crmCity"].clone()
    };
    assert_eq!(city("ann"), Value::Null);
    let output =
        program(&[&inbound[..], &["--json", "--limit", "1", "--trace", "info"]].concat()).output().unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{shown:#}");
    assert_eq!(
        (&shown["succeeded"], &shown["attempts"], &shown["stopped"]),
        (&json!(true), &json!(1), &json!(false))
    );
    let last = &shown["steps"][3];
    assert_eq!((&last["id"], &last["output"], &last["errors"]), (&json!("write"), &json!(1), &json!(0)));
    assert_eq!((city("ann"), city("ben")), (json!("Diest"), Value::Null));

    // Nowhere on the way is a secret shown.
    for arguments in [&outbound, &inbound] {
        let (shown, code) = told(&[&arguments[..], &["--dry-run", "--trace", "debug"]].concat());
        assert_eq!(code, Some(0), "{shown}");
        for name in ["GIGYA_SECRET", "SFTP_PASSWORD"] {
            assert!(!shown.contains(served.get(name)), "{name} is shown: {shown}");
        }
    }
}

#[test]
fn failures_say_what_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (served, settings) = world(folder.path());
    let flow = "tests/program/live-outbound.json";
    let run = ["dataflow", "run", flow, "--full", "--secrets", &settings];
    let known = folder.path().join("known_hosts");
    std::fs::write(&known, "").unwrap();
    check("live-unknown-host", &[&run[..], &["--known-hosts", known.to_str().unwrap()]].concat());
    let other = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    check("live-other-host-key", &[&run[..], &["--host-key", other]].concat());
    check("live-wrong-key", &[&run[..], &["--user-key", "nobody"]].concat());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    check("live-unreachable", &[&run[..], &["--sftp", &closed, "--attempts", "1"]].concat());
    assert_eq!(files(&served), []);
}

#[test]
fn a_run_that_cannot_begin_says_what_is_missing() {
    let flow = "tests/program/live-outbound.json";
    for (name, more) in [
        ("live-no-secrets", &["--api-key", "3_K"][..]),
        (
            "live-unencrypted",
            &["--secrets", "tests/program/live-secrets.env", "--gigya-url", "http://proxy.example"],
        ),
        ("live-no-gigya", &["--secrets", "tests/program/live-secrets.env"]),
        ("live-no-time", &["--secrets", "tests/program/live-all-secrets.env", "--since", "yesterday"]),
        ("live-no-place", &["--secrets", "tests/program/live-all-secrets.env", "--sftp", "user@host"]),
    ] {
        check(name, &[&["dataflow", "run", flow][..], more].concat());
    }
}
