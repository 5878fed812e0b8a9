//! Partners' systems: the right samples keep every clause, and each wrong one breaks exactly its own.
//!
//! A wrong one is called after the clause that it breaks: `GE-CSV-4.takes-unfinished-files.py`.

mod sandbox;

use crate::top;
use standin_conform::verify::judgement::read_report;
use standin_conform::verify::{ROLES, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

fn verify(role: &str, file: &Path, report: &Path) -> Output {
    verify_only(role, file, report, &[])
}

/// The same, of some clauses alone.
fn verify_only(role: &str, file: &Path, report: &Path, clauses: &[&str]) -> Output {
    let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
    standin.args(["verify", role]).arg(file).arg("--report").arg(format!("json={}", report.display()));
    // What Python keeps beside a module has no place in the checkout.
    standin.env("PYTHONDONTWRITEBYTECODE", "1").env("PATH", with_python());
    standin.env("SAMPLE_SECRET", "c2FtcGxlIHNlY3JldA==");
    if matches!(role, "gigya" | "eloqua") {
        standin.arg("--allow-writes");
    }
    clauses.iter().for_each(|clause| _ = standin.args(["--clause", clause]));
    standin.current_dir(top()).output().unwrap()
}

/// Where programs are looked for: where Python itself is, without whatever chooses among several.
fn with_python() -> &'static OsStr {
    static PATH: LazyLock<OsString> = LazyLock::new(|| {
        let asked =
            Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
        let python = PathBuf::from(String::from_utf8(asked.stdout).unwrap().trim());
        python.parent().unwrap().as_os_str().to_owned()
    });
    &PATH
}

/// How each clause stands for a partner, the exit code, and what was told.
fn stands(
    role: &Role,
    file: &Path,
    clauses: &[&str],
) -> (Option<i32>, BTreeMap<String, &'static str>, String) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let partner = match file.extension().and_then(|kind| kind.to_str()) {
        // The same partner with another program.
        Some("py") => {
            let right = std::fs::read_to_string(samples(role).join("partner.yaml")).unwrap();
            // Without what the site adds, Python starts in half the time.
            let other = format!("command: [python3, \"-S\", {:?}]", file.display().to_string());
            let lines =
                right.lines().map(|line| if line.starts_with("command:") { other.as_str() } else { line });
            let place = folder.path().join("partner.yaml");
            std::fs::write(&place, lines.collect::<Vec<_>>().join("\n")).unwrap();
            place
        }
        _ => file.to_owned(),
    };
    let ran = verify_only(role.name, &partner, &report, clauses);
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let stands =
        std::fs::read_to_string(&report).map(|text| read_report(&text).unwrap().clauses).unwrap_or_default();
    (ran.status.code(), stands, told)
}

fn samples(role: &Role) -> PathBuf {
    top().join("fixtures/verify").join(role.name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn right_ones(role: &Role) -> Vec<PathBuf> {
    let all = files(&samples(role)).into_iter();
    all.filter(|file| file.extension().is_some_and(|kind| kind == "yaml")).collect()
}

fn wrong_ones(role: &Role) -> Vec<PathBuf> {
    let all = files(&samples(role).join("wrong")).into_iter();
    all.filter(|file| clause_of(file).is_some()).collect()
}

/// The clause in the name of a wrong one; what it is made of has none.
fn clause_of(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let (clause, rest) = name.split_once('.')?;
    rest.contains('.').then(|| clause.to_owned())
}

/// The clauses that one sample keeps, or what is wrong about its outcome.
fn kept(role: &Role, file: &Path) -> Result<Vec<String>, String> {
    let (code, stands, told) = stands(role, file, &[]);
    let that = |word: &str| -> Vec<String> {
        stands.iter().filter(|(_, stands)| **stands == word).map(|(clause, _)| clause.clone()).collect()
    };
    let wrong: Vec<String> = clause_of(file).into_iter().collect();
    let fits = that("broken") == wrong && stands.len() == role.clauses.len();
    if fits && code == Some(i32::from(!wrong.is_empty())) {
        return Ok(that("kept"));
    }
    Err(format!("{} ended with {code:?} and\n{told}", file.display()))
}

#[test]
fn right_ones_keep_every_clause_and_each_wrong_one_breaks_its_own() {
    let mut all: Vec<(&Role, PathBuf)> = Vec::new();
    for role in ROLES {
        let files = right_ones(role).into_iter().chain(wrong_ones(role));
        all.extend(files.map(|file| (role, file)));
    }
    let (waiting, told) = (Mutex::new(all), Mutex::new(Vec::new()));
    let kept_by_right = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some((role, file)) = next else { return };
                    match kept(role, &file) {
                        Err(mistake) => told.lock().unwrap().push(mistake),
                        Ok(clauses) if clause_of(&file).is_none() => {
                            let named = clauses.into_iter().map(|clause| (role.name, clause));
                            kept_by_right.lock().unwrap().extend(named);
                        }
                        Ok(_) => {}
                    }
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let every =
        ROLES.iter().flat_map(|role| role.clauses.iter().map(|clause| (role.name, (*clause).to_owned())));
    assert_eq!(kept_by_right.into_inner().unwrap(), every.collect::<BTreeSet<_>>());
}

/// Of what rests on something broken nothing is said, and that is no success where it alone is asked for.
#[test]
fn a_clause_that_rests_on_a_broken_one_is_no_success() {
    let role = ROLES.iter().find(|role| role.name == "push").unwrap();
    let file = samples(role).join("wrong/QG-DAT-2.once-a-person.py");
    let (code, stands, told) = stands(role, &file, &["QG-MAP-12"]);
    assert_eq!((code, stands.get("QG-MAP-12").copied()), (Some(1), Some("not exercised")), "{told}");
    assert!(told.contains("it rests on QG-DAT-2, which is broken"), "{told}");
}

/// A check that nothing fails is no check.
#[test]
fn every_clause_of_a_role_has_a_wrong_one() {
    for role in ROLES {
        let broken: BTreeSet<String> = wrong_ones(role).iter().filter_map(|file| clause_of(file)).collect();
        let clauses: BTreeSet<String> = role.clauses.iter().map(|clause| (*clause).to_owned()).collect();
        assert_eq!(broken, clauses, "{}", role.name);
        assert!(clauses.iter().all(|id| standin_conform::clauses::clause_of(id).is_some()), "{}", role.name);
    }
}

/// What was kept and is broken now is told, and nothing else is a loss.
#[test]
fn two_runs_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let role = ROLES.iter().find(|role| role.name == "csv").unwrap();
    let [right, wrong] = ["right.json", "wrong.json"].map(|name| folder.path().join(name));
    verify("csv", &samples(role).join("partner.yaml"), &right);
    verify("csv", &samples(role).join("wrong/GE-CSV-4.cut-off.csv"), &wrong);
    let compare = |old: &Path, new: &Path| {
        let ran =
            Command::new(env!("CARGO_BIN_EXE_standin")).arg("compare").arg(old).arg(new).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let loss =
        "LOST GE-CSV-4    kept -> broken\n8 clauses named, 1 differently, 1 kept before and broken now\n";
    assert_eq!(compare(&right, &wrong), (Some(1), loss.to_owned()));
    let gain =
        "     GE-CSV-4    broken -> kept\n8 clauses named, 1 differently, 0 kept before and broken now\n";
    assert_eq!(compare(&wrong, &right), (Some(0), gain.to_owned()));
    assert_eq!(compare(&right, &folder.path().join("nowhere.json")).0, Some(2));
}

/// A program that is stopped takes along what it has started, and what it said until then is told.
#[test]
fn what_is_stopped_is_stopped_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let partner = folder.path().join("partner.yaml");
    let script = "sleep 600 & echo $! >> started; echo waiting for the end; wait";
    std::fs::write(&partner, format!("verify: loader\ncommand: [/bin/sh, -c, \"{script}\"]\npatience: 1\n"))
        .unwrap();
    let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
    let ran = standin.args(["verify", "loader", "--clause", "GE-OUT-1"]).arg(&partner).output().unwrap();
    let told = String::from_utf8(ran.stdout).unwrap();
    assert!(told.contains("stopped after 1 s; it had said: waiting for the end"), "{told}");
    let started = std::fs::read_to_string(folder.path().join("started")).unwrap();
    for process in started.lines() {
        // One that nobody has taken leave of yet has no command line any more.
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        assert!(line.is_empty(), "{process} goes on: {}", String::from_utf8_lossy(&line));
    }
}

/// A program that cannot be started keeps no clause and breaks none, whatever it plays.
#[test]
fn a_program_that_cannot_be_started_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    for role in ["push", "login-page", "loader", "exporter"] {
        let role = ROLES.iter().find(|known| known.name == role).unwrap();
        let partner = folder.path().join("partner.yaml");
        std::fs::write(&partner, format!("verify: {}\ncommand: [/bin/sh, nowhere.sh]\n", role.name)).unwrap();
        let (code, stands, told) = stands(role, &partner, &[]);
        assert_eq!((code, stands.len()), (Some(2), role.clauses.len()), "{told}");
        assert!(stands.values().all(|stands| *stands == "not exercised"), "{told}");
        assert!(told.contains("nowhere.sh"), "{told}");
    }
}

/// Whoever is told to end takes along what runs for it, and leaves no folder behind.
#[test]
fn a_signal_ends_what_was_started() {
    const SERVICE: &str = r#"
import http.server, os
open(os.environ["TOLD"], "a").write("%d\n" % os.getpid())
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.BaseHTTPRequestHandler).serve_forever()
"#;
    const PROGRAM: &str = r#"
import os, time
open(os.environ["TOLD"], "a").write("%d\n" % os.getpid())
time.sleep(600)
"#;
    for (role, text) in [("push", SERVICE), ("loader", PROGRAM)] {
        let folder = tempfile::tempdir().unwrap();
        let [script, partner, told, places] =
            ["script.py", "partner.yaml", "told", "places"].map(|name| folder.path().join(name));
        std::fs::write(&script, text).unwrap();
        std::fs::write(&partner, format!("verify: {role}\ncommand: [python3, \"-S\", script.py]\n")).unwrap();
        std::fs::create_dir(&places).unwrap();
        let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
        standin.args(["verify", role]).arg(&partner).env("TOLD", &told).env("TMPDIR", &places);
        standin.env("PATH", with_python()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = standin.spawn().unwrap();
        let started = || std::fs::read_to_string(&told).unwrap_or_default();
        wait_for(|| !started().is_empty());
        let ended = Command::new("/bin/kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
        assert!(ended.success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{role}");
        for process in started().lines() {
            let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            assert!(line.is_empty(), "{role}: {process} goes on: {}", String::from_utf8_lossy(&line));
        }
        assert_eq!(files(&places), Vec::<PathBuf>::new(), "{role}");
    }
}

/// Waits for something that comes about by itself.
fn wait_for(so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("it did not come about within 30 s");
}

/// Nobody is sent anywhere by a page on which nobody can log in, and that is no merit.
#[test]
fn a_page_without_a_log_in_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("page.py");
    std::fs::write(&script, WITHOUT_A_LOG_IN).unwrap();
    let partner = folder.path().join("partner.yaml");
    let command =
        format!("verify: login-page\ncommand: [python3, \"-S\", {:?}]\n", script.display().to_string());
    std::fs::write(&partner, command).unwrap();
    let report = folder.path().join("report.json");
    let told = verify("login-page", &partner, &report).stdout;
    let stands = read_report(&std::fs::read_to_string(&report).unwrap()).unwrap().clauses;
    assert_eq!(stands["QG-RED-5"], "not exercised", "{}", String::from_utf8_lossy(&told));
    assert!(stands.values().all(|stands| *stands != "kept"), "{stands:?}");
}

const WITHOUT_A_LOG_IN: &str = r#"
import http.server, os

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Brand</title><h1>Brand</h1>")

    def log_message(self, *_):
        pass

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"#;

/// The file that a partner starts from is well written.
#[test]
fn every_template_is_read() {
    for role in ROLES {
        let read =
            standin_conform::verify::PartnerFile::read(role, Path::new("partner.yaml"), role.template, false);
        assert!(read.is_ok(), "{}: {}", role.name, read.err().map(|bad| bad.0).unwrap_or_default());
    }
}

/// A login page may be tried in a real browser, and only there if it needs its script or has a page for each step.
#[test]
fn a_login_page_is_tried_in_a_browser() {
    let role = ROLES.iter().find(|role| role.name == "login-page").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(samples(role).join("partner.yaml")).unwrap();
    let page = samples(role).join("page.py");
    let text = text.replace("page.py", &page.display().to_string());
    let scripted = folder.path().join("partner.yaml");
    std::fs::write(&scripted, format!("{text}by: script\n")).unwrap();
    let report = folder.path().join("report.json");
    let stands = |file: &Path, browser: &[&str]| {
        let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
        standin.args(["verify", "login-page"]).arg(file).args(browser);
        standin.arg("--report").arg(format!("json={}", report.display()));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::iter::once(PathBuf::from(with_python())).chain(std::env::split_paths(&path));
        standin.env("PATH", std::env::join_paths(places).unwrap());
        standin.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(top());
        let ran = standin.output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stdout));
        read_report(&std::fs::read_to_string(&report).unwrap()).unwrap().clauses
    };
    for file in [scripted, samples(role).join("partner-in-steps.yaml")] {
        assert!(stands(&file, &[]).values().all(|stands| *stands == "not exercised"));
        if standin_stage::chromium::lacking().is_none() {
            let seen = stands(&file, &["--browser"]);
            assert_eq!(seen.len(), role.clauses.len());
            assert!(seen.values().all(|stands| *stands == "kept"), "{}: {seen:?}", file.display());
        } else {
            assert!(std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "no browser");
        }
    }
}
