//! The roles of a sandbox: what is sent there, what stays there, and what is told of it.
//!
//! The sandbox is a world of ours behind a socket that notes every call and may answer in its place.

use super::with_python;
use crate::top;
use standin_conform::verify::judgement::read_report;
use standin_stage::surface::Platform;
use standin_stage::{Transport, World, WorldSpec};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

const SECRET: &str = "c2FtcGxl/IHN+ZWNyXQ=";

/// One call, as it came.
struct Call {
    /// Method, blank, path.
    line: String,
    body: String,
    whole: Vec<u8>,
}

impl Call {
    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut whole = Vec::new();
        let mut byte = [0];
        while !whole.ends_with(b"\r\n\r\n") {
            if stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            whole.extend(byte);
        }
        let head = String::from_utf8(whole.clone()).ok()?.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        stream.read_exact(&mut body).ok()?;
        let (first, rest) = std::str::from_utf8(&whole).ok()?.split_once("\r\n")?;
        let line = first.split('?').next()?.trim_end_matches(" HTTP/1.1").to_owned();
        let whole = [format!("{first}\r\nconnection: close\r\n{rest}").as_bytes(), &body].concat();
        Some(Self { line, body: String::from_utf8(body).ok()?, whole })
    }

    /// What the world behind answers.
    fn passed(&self, to: SocketAddr) -> Vec<u8> {
        let (mut stream, mut answer) = (TcpStream::connect(to).unwrap(), Vec::new());
        stream.write_all(&self.whole).unwrap();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }
}

fn answer(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}");
    format!("{head}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// A world that plays the sandbox, and the calls that came to it.
struct Sandbox {
    role: &'static str,
    world: World,
    calls: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
}

impl Sandbox {
    /// One that answers as its world does, but where `instead` answers.
    fn new(role: &'static str, instead: impl Fn(&Call) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::wanting(role, serde_json::json!({}), instead)
    }

    /// One whose site of Gigya's wants these fields of every account.
    fn wanting(
        role: &'static str,
        fields: serde_json::Value,
        instead: impl Fn(&Call) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let mut spec = WorldSpec::default();
        let keys = serde_json::json!([{"user_key": "AUser", "secret": SECRET}]);
        let sites =
            serde_json::json!([{"api_key": "3_Key", "keys": keys, "data_schema": {"fields": fields}}]);
        spec.sections.insert("gigya".to_owned(), serde_json::json!({"sites": sites}));
        let site = serde_json::json!({"name": "Company", "user": "api.user", "password": SECRET});
        spec.sections.insert("eloqua".to_owned(), serde_json::json!({"site": site}));
        let world = World::open(&spec, Transport::Wire).unwrap();
        let platform = if role == "gigya" { Platform::Gigya } else { Platform::Eloqua };
        let behind = world.sockets().unwrap().of(platform);
        let (calls, folder) = (Arc::<Mutex<Vec<String>>>::default(), tempfile::tempdir().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (noted, instead) = (Arc::clone(&calls), Arc::new(instead));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (noted, instead) = (Arc::clone(&noted), Arc::clone(&instead));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(call) = Call::read(&mut stream) else { return };
                    noted.lock().unwrap().push(call.line.clone());
                    let answer = instead(&call).unwrap_or_else(|| call.passed(behind));
                    // Whoever has gone away wants no answer.
                    let _ = stream.write_all(&answer);
                });
            }
        });
        let sandbox = Self { role, world, calls, folder };
        sandbox.describe(&format!("url: {url}\n"));
        sandbox
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("partner.yaml")
    }

    /// Says of it, beside its credentials, this.
    fn describe(&self, more: &str) {
        let own = match self.role {
            "gigya" => "api_key: 3_Key\nuser_key: AUser\nsecret: SANDBOX_SECRET\n",
            _ => "site: Company\nuser: api.user\npassword: SANDBOX_SECRET\n",
        };
        std::fs::write(self.file(), format!("verify: {}\nname: Sandbox\n{own}{more}", self.role)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
        standin.args(["verify", self.role]).arg(self.file()).args(arguments).current_dir(top());
        standin.args(["--report", &format!("json={}", self.folder.path().join("report.json").display())]);
        standin.env("SANDBOX_SECRET", SECRET).env("PATH", with_python());
        standin
    }

    fn verify(&self, arguments: &[&str]) -> Told {
        Told::of(self, &self.command(arguments).output().unwrap())
    }

    fn called(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn accounts(&self) -> usize {
        self.world.parts().gigya.lock().unwrap().accounts().len()
    }
}

/// What came of a run.
struct Told {
    code: Option<i32>,
    text: String,
    stands: BTreeMap<String, &'static str>,
}

impl Told {
    fn of(sandbox: &Sandbox, ran: &Output) -> Self {
        let report = std::fs::read_to_string(sandbox.folder.path().join("report.json"));
        Self {
            code: ran.status.code(),
            text: format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr)),
            stands: report.map(|text| read_report(&text).unwrap().clauses).unwrap_or_default(),
        }
    }

    /// The clauses that stand so.
    fn that(&self, word: &str) -> Vec<&str> {
        self.stands.iter().filter(|(_, stands)| **stands == word).map(|(clause, _)| clause.as_str()).collect()
    }

    fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.text.contains(part), "no `{part}` in\n{}", self.text);
        }
    }
}

fn gigya(method: &str) -> String {
    format!("POST /accounts.{method}")
}

/// Without leave nothing is sent that could change anything, whatever a case is tagged with.
#[test]
fn nothing_is_written_without_leave() {
    let sandbox = Sandbox::new("gigya", |_| None);
    let told = sandbox.verify(&[]);
    assert_eq!(told.code, Some(0), "{}", told.text);
    let known =
        ["getAccountInfo", "isAvailableLoginID", "search", "getEverything", "getProfileInfo", "getSchema"];
    let known = known.map(gigya);
    let called = sandbox.called();
    assert!(called.len() > 10 && called.iter().all(|call| known.contains(call)), "{called:?}");
    assert_eq!(
        told.that("kept"),
        ["GC-ERR-1", "GC-ERR-2", "GC-ERR-3", "GC-LOG-2", "GC-SCH-1", "GC-SEA-1", "GC-SEA-2"]
    );
    let sandbox = Sandbox::new("eloqua", |_| None);
    let told = sandbox.verify(&[]);
    let called = sandbox.called();
    assert!(called.len() > 3 && called.iter().all(|call| call.starts_with("GET ")), "{called:?}");
    assert_eq!(told.that("kept"), ["EC-ERR-1", "EC-FLD-1"]);
}

/// Who asks for one clause gets the calls of that one.
#[test]
fn a_clause_limits_the_calls() {
    let sandbox = Sandbox::new("gigya", |_| None);
    let told = sandbox.verify(&["--allow-writes", "--clause", "GC-LOG-2"]);
    assert_eq!((told.code, told.that("kept")), (Some(0), vec!["GC-LOG-2"]), "{}", told.text);
    assert_eq!(sandbox.called(), [gigya("isAvailableLoginID")]);
}

/// A step that fails leaves nothing behind, and the next run finds nothing of it.
#[test]
fn what_a_run_made_is_removed_after_a_failure() {
    let fails = |call: &Call| {
        (call.line == gigya("setAccountInfo")).then(|| answer("500 Error", "text/html", "<html>"))
    };
    let sandbox = Sandbox::new("gigya", fails);
    for _ in 0..2 {
        let told = sandbox.verify(&["--allow-writes", "--clause", "GC-ACC-1"]);
        assert_eq!((told.code, told.that("broken")), (Some(1), vec!["GC-ACC-1"]), "{}", told.text);
        assert_eq!(sandbox.accounts(), 0);
        let imported = |call: &&String| **call == gigya("importFullAccount");
        assert_eq!(sandbox.called().iter().filter(imported).count(), 1);
    }
    let fails = |call: &Call| {
        let one = call.line.contains("/api/bulk/2.0/contacts/imports/");
        one.then(|| answer("500 Error", "text/html", "<html>"))
    };
    let sandbox = Sandbox::new("eloqua", fails);
    let told = sandbox.verify(&["--allow-writes", "--clause", "EC-BLK-1"]);
    // Whether it bears a name of the run cannot be seen, so it is not touched, and told.
    told.says(&["left behind:\n  /api/bulk/2.0/contacts/imports/1: whose it is cannot be seen: HTTP 500"]);
    let fails = |call: &Call| match call.line.as_str() {
        // It does not say which contact it has made, and is asked for the address.
        "POST /api/REST/1.0/data/contact" => Some(answer("201 Created", "application/json", "{}")),
        "GET /api/REST/1.0/data/contacts" => Some(answer("500 Error", "text/html", "<html>")),
        _ => None,
    };
    let sandbox = Sandbox::new("eloqua", fails);
    let told = sandbox.verify(&["--allow-writes", "--clause", "EC-CON-1"]);
    let unseen = "@example.com: whether it is gone cannot be seen: the search answers HTTP 500";
    told.says(&["left behind:\n  contact standin-contract-", unseen]);
    let fails = |call: &Call| {
        let changed = call.line.starts_with("PUT /api/REST/1.0/data/contact/");
        changed.then(|| answer("500 Error", "text/html", "<html>"))
    };
    let sandbox = Sandbox::new("eloqua", fails);
    let told = sandbox.verify(&["--allow-writes", "--clause", "EC-CON-1"]);
    assert_eq!((told.code, sandbox.world.contacts().len()), (Some(1), 0), "{}", told.text);
}

/// An account is there although its registration was answered with a refusal, or under another name.
#[test]
fn accounts_that_wait_for_something_are_removed() {
    let shoe = serde_json::json!({"shoe": {"type": "string", "required": true}});
    let sandbox = Sandbox::wanting("gigya", shoe, |_| None);
    let told = sandbox.verify(&["--allow-writes", "--clause", "GC-REG-1"]);
    told.says(&["errorCode differs: 206001"]);
    assert_eq!((told.code, sandbox.accounts()), (Some(1), 0), "{}", told.text);
    assert!(!told.text.contains("left behind"), "{}", told.text);
}

/// What cannot be removed is told.
#[test]
fn what_is_left_is_told() {
    let done = r#"{"callId":"5f0c2a9be1d34c6f8a7b90c1d2e3f405","errorCode":0,"apiVersion":2,"statusCode":200,"statusReason":"OK","time":"2026-11-27T03:00:00.000Z"}"#;
    let sandbox = Sandbox::new("gigya", |call| {
        let deletes = call.line == gigya("deleteAccount") && !call.body.contains("-none");
        deletes.then(|| answer("200 OK", "text/javascript; charset=utf-8", done))
    });
    let told = sandbox.verify(&["--allow-writes", "--clause", "GC-ACC-1"]);
    assert_eq!((told.code, sandbox.accounts()), (Some(1), 1));
    told.says(&["left behind:\n  account standin-contract-", "-1: it stays"]);
    let report = std::fs::read_to_string(sandbox.folder.path().join("report.json")).unwrap();
    assert!(report.contains("left behind"), "{report}");
}

/// Ctrl-C ends a run in order: what it made is gone.
#[test]
fn ctrl_c_leaves_nothing_behind() {
    let (send_pid, pid) = channel::<u32>();
    let (send_told, told) = channel::<()>();
    let once = Mutex::new(Some((pid, told)));
    let sandbox = Sandbox::new("gigya", move |call| {
        let imported = call.line == gigya("setAccountInfo");
        if let Some((pid, told)) = imported.then(|| once.lock().unwrap().take()).flatten() {
            let kill = format!("kill -INT {}", pid.recv().unwrap());
            assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
            // The call is answered once the program says that it knows.
            told.recv().unwrap();
        }
        None
    });
    let mut command = sandbox.command(&["--allow-writes", "--clause", "GC-ACC-1"]);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    send_pid.send(child.id()).unwrap();
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert!(said.starts_with("stopping"), "{said}");
    send_told.send(()).unwrap();
    let ran = child.wait_with_output().unwrap();
    let told = Told::of(&sandbox, &ran);
    assert_eq!((told.code, told.that("not exercised")), (Some(130), vec!["GC-ACC-1"]), "{}", told.text);
    told.says(&["it was stopped"]);
    assert_eq!(sandbox.accounts(), 0);
    let called = sandbox.called();
    assert_eq!(called.iter().filter(|call| **call == gigya("setAccountInfo")).count(), 1, "{called:?}");
}

/// No answer brings a secret to where it is shown.
#[test]
fn no_answer_tells_the_secret() {
    let echo = |call: &Call| {
        let head = String::from_utf8_lossy(&call.whole).into_owned();
        Some(answer("500 Error", "text/html", &format!("<html>Error: {SECRET} {head}</html>")))
    };
    for role in ["gigya", "eloqua"] {
        let sandbox = Sandbox::new(role, echo);
        let formats = ["html", "junit", "markdown", "tap"];
        let files = formats.map(|format| sandbox.folder.path().join(format));
        let reports: Vec<String> = formats
            .iter()
            .zip(&files)
            .flat_map(|(format, file)| ["--report".to_owned(), format!("{format}={}", file.display())])
            .collect();
        let mut arguments = vec!["--allow-writes", "--steps"];
        arguments.extend(reports.iter().map(String::as_str));
        let told = sandbox.verify(&arguments);
        assert_eq!(told.code, Some(1), "{}", told.text);
        told.says(&["Error: ********"]);
        let report = sandbox.folder.path().join("report.json");
        let texts = files.iter().chain([&report]).map(|file| std::fs::read_to_string(file).unwrap());
        let basic = "Q29tcGFueVxhcGkudXNlc";
        for text in texts.chain([told.text]) {
            for form in [SECRET, "c2FtcGxl%2FIHN%2BZWNyXQ%3D", "c2FtcGxl&#x2f;IHN", basic] {
                assert!(!text.contains(form), "{form} in\n{text}");
            }
        }
    }
}

/// Who is not reached or not let in is told why and where; nothing is broken by it.
#[test]
fn what_cannot_be_asked_is_not_broken() {
    let sandbox = Sandbox::new("gigya", |_| None);
    // A port that is free now may be somebody's a moment later; nobody listens on this one.
    let closed = "127.0.0.1:1";
    sandbox.describe(&format!("url: http://{closed}\n"));
    let told = sandbox.verify(&[]);
    assert_eq!((told.code, told.that("broken"), told.that("kept")), (Some(2), vec![], vec![]));
    told.says(&[&format!("accounts.search at http://{closed}: cannot reach 127.0.0.1: Connection refused")]);
    let sandbox = Sandbox::new("eloqua", |_| Some(answer("401 Unauthorized", "text/plain", "")));
    let told = sandbox.verify(&["--allow-writes"]);
    assert_eq!((told.code, told.that("broken"), told.that("kept")), (Some(2), vec![], vec![]));
    told.says(&["answers HTTP 401: the credentials are not taken"]);
    let sandbox = Sandbox::new("gigya", |call| {
        let busy = call.line == gigya("isAvailableLoginID");
        busy.then(|| answer("429 Too Many Requests", "text/html", "Too many"))
    });
    let told = sandbox.verify(&[]);
    assert_eq!((told.code, told.that("broken")), (Some(0), vec![]), "{}", told.text);
    told.says(&["answers HTTP 429: there were too many calls"]);
    assert_eq!(told.stands["GC-LOG-2"], "not exercised");
}

/// A case that came to no result leaves no clause kept, whatever others of that clause came to.
#[test]
fn one_case_without_a_result_keeps_no_clause() {
    let sandbox = Sandbox::new("gigya", |call| {
        let busy = call.line == gigya("setAccountInfo");
        busy.then(|| answer("429 Too Many Requests", "text/html", "Too many"))
    });
    let told = sandbox.verify(&["--allow-writes", "--clause", "GC-ERR-1"]);
    assert_eq!((told.code, told.that("not exercised")), (Some(0), vec!["GC-ERR-1"]), "{}", told.text);
    // Where it is not even tried, the other case says what there is to say.
    let told = sandbox.verify(&["--clause", "GC-ERR-1"]);
    assert_eq!((told.code, told.that("kept")), (Some(0), vec!["GC-ERR-1"]), "{}", told.text);
}

/// Who takes a call and hangs up differs from who answers; that is no matter of addresses.
#[test]
fn a_call_that_is_not_answered_is_a_difference() {
    let sandbox = Sandbox::new("gigya", |call| (call.line == gigya("isAvailableLoginID")).then(Vec::new));
    let told = sandbox.verify(&["--clause", "GC-LOG-2"]);
    assert_eq!((told.code, told.that("broken")), (Some(1), vec!["GC-LOG-2"]), "{}", told.text);
    told.says(&["accounts.isAvailableLoginID: the answer differs", "expected HTTP 200", "connection to"]);
}

/// A difference is told with its place, what was sent and what came; and not the first one alone.
#[test]
fn every_difference_of_a_case_is_told_with_its_exchange() {
    let sandbox = Sandbox::new("gigya", |call| {
        let query = call.body.contains("SELECT+FROM+WHERE");
        let refused = r#"{"callId":"5f0c2a9be1d34c6f8a7b90c1d2e3f405","errorCode":400006,"errorDetails":"no","errorMessage":"Invalid","apiVersion":2,"statusCode":400,"statusReason":"Bad Request","time":"2026-11-27T03:00:00.000Z"}"#;
        let found = r#"{"callId":"5f0c2a9be1d34c6f8a7b90c1d2e3f405","errorCode":0,"apiVersion":2,"statusCode":200,"statusReason":"OK","time":"2026-11-27T03:00:00.000Z","results":[],"objectsCount":0,"totalCount":"0"}"#;
        let body = if query { refused } else { found };
        let other = call.line == gigya("search") && (query || call.body.contains("profile.email"));
        other.then(|| answer("200 OK", "text/javascript; charset=utf-8", body))
    });
    let told = sandbox.verify(&["--clause", "GC-SEA-1"]);
    assert_eq!((told.code, told.that("broken")), (Some(1), vec!["GC-SEA-1"]));
    told.says(&[
        "--> scenarios/contract/gigya-search.yaml:5:5",
        "--> scenarios/contract/gigya-search.yaml:6:5",
        "accounts.search: totalCount differs: 0\n",
        "accounts.search: totalCount differs: \"0\"\n",
        "accounts.search: errorDetails differs: \"no\"\n",
        "accounts.search: errorMessage differs: \"Invalid parameter value\"\n",
        "operator -> gigya accounts.search",
        "sent query=SELECT FROM WHERE and got 200 errorCode 400006 Invalid: no",
    ]);
}

/// What is written wrongly is told before anything is sent.
#[test]
fn a_wrong_description_is_refused() {
    let long = format!("mark: {}\n", "a".repeat(31));
    for (role, more, secret, expected) in [
        ("gigya", long.as_str(), SECRET, "it is longer than 30 letters"),
        ("gigya", "url: http://127.0.0.1:1\ncommand: [sh]\n", SECRET, "it is started here by `command`"),
        ("gigya", "url: http://sandbox.example\n", SECRET, "would carry the secret unencrypted"),
        ("gigya", "data_center: xx9\n", SECRET, "`xx9` is no data centre of Gigya"),
        ("gigya", "url: http://127.0.0.1:1\n", "", "the environment has no variable `SANDBOX_SECRET`"),
        ("eloqua", "pod: eu1\n", SECRET, "`eu1` is no pod"),
        ("eloqua", "", SECRET, "`pod` is missing"),
    ] {
        let sandbox = Sandbox::new(role, |_| None);
        sandbox.describe(more);
        let ran = sandbox.command(&[]).env("SANDBOX_SECRET", secret).output().unwrap();
        let told = Told::of(&sandbox, &ran);
        assert_eq!((told.code, sandbox.called()), (Some(2), vec![]), "{}", told.text);
        told.says(&[expected]);
    }
}
