//! `standin serve`: one process that programs in any language talk to.

use super::{program, top};
use bytes::Bytes;
use serde_json::{Value, json};
use standin_wire::HttpClient;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// What the program promises to print and to write, in its order.
const NAMES: [&str; 19] = [
    "GIGYA_URL",
    "ELOQUA_URL",
    "QUALIFIO_URL",
    "SFTP_HOST",
    "SFTP_PORT",
    "SFTP_USER",
    "SFTP_PASSWORD",
    "SFTP_HOST_KEY",
    "FTP_PORT",
    "GIGYA_API_KEY",
    "GIGYA_USER_KEY",
    "GIGYA_SECRET",
    "GIGYA_PARTNER_SECRET",
    "ELOQUA_SITE",
    "ELOQUA_USER",
    "ELOQUA_PASSWORD",
    "ELOQUA_CLIENT_ID",
    "ELOQUA_CLIENT_SECRET",
    "STANDIN_URL",
];

/// A running `standin serve`; killed if a test ends early.
pub(super) struct Served {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    env: BTreeMap<String, String>,
    /// What it said before it was up.
    told: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts it and waits for the line that says that it is up.
    pub(super) fn start(arguments: &[&str]) -> Self {
        Self::of(program(&[&["serve"], arguments].concat()))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut env = BTreeMap::new();
        let (mut line, mut told) = (String::new(), String::new());
        while !line.starts_with("Ctrl-C stops") {
            told.push_str(&line);
            if let Some((name, value)) = line.trim_end().split_once('=') {
                env.insert(name.to_owned(), value.to_owned());
            }
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended before it was up");
        }
        Self { child, out, env, told }
    }

    pub(super) fn get(&self, name: &str) -> &str {
        &self.env[name]
    }

    /// Sends a signal and waits for the end: the exit code, and what was printed meanwhile.
    fn stopped_by(mut self, signal: &str) -> (Option<i32>, String) {
        let kill = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.child.id())]).status();
        assert!(kill.unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }

    /// One request over a real socket: status and body.
    pub(super) fn send(&self, request: http::Request<String>) -> (u16, String) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = request.uri().authority().and_then(|authority| authority.as_str().parse().ok());
        let resolve = Arc::new(move |_: &str| address);
        let client = HttpClient::new(runtime.handle().clone(), resolve);
        let request = request.map(Bytes::from);
        let answer = runtime.block_on(standin_ports::Http::send(&client, request)).unwrap();
        (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
    }

    pub(super) fn fetch(&self, url: &str) -> (u16, String) {
        self.send(http::Request::get(url).body(String::new()).unwrap())
    }

    pub(super) fn gigya(&self, method: &str, more: &str) -> Value {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("apiKey", self.get("GIGYA_API_KEY"))
            .append_pair("userKey", self.get("GIGYA_USER_KEY"))
            .append_pair("secret", self.get("GIGYA_SECRET"))
            .finish();
        let request = http::Request::post(format!("{}/{method}", self.get("GIGYA_URL")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("{form}&{more}"));
        serde_json::from_str(&self.send(request.unwrap()).1).unwrap()
    }

    fn advance(&self, by: &str) {
        let request = http::Request::post(format!("{}/advance", self.get("STANDIN_URL")))
            .header("content-type", "application/json")
            .body(json!({"by": by}).to_string());
        assert_eq!(self.send(request.unwrap()).0, 200);
    }

    /// Commands to OpenSSH's own client, logging in by key.
    fn sftp(&self, key: &Path, commands: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let batch = folder.path().join("batch");
        std::fs::write(&batch, commands).unwrap();
        let output = Command::new("sftp")
            .args(["-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-P", self.get("SFTP_PORT")])
            .arg("-i")
            .arg(key)
            .arg("-b")
            .arg(&batch)
            .arg(format!("loader@{}", self.get("SFTP_HOST")))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn every_surface_answers_and_ctrl_c_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("standin.env");
    let served = Served::start(&["--env-file", file.to_str().unwrap()]);

    let written = std::fs::read_to_string(&file).unwrap();
    let names: Vec<&str> = written.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert_eq!(names, NAMES);
    let values: BTreeMap<String, String> =
        written.lines().filter_map(|line| line.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect();
    assert_eq!(values, served.env);
    assert!(values.values().all(|value| !value.is_empty()), "{values:#?}");

    let schema = served.gigya("accounts.getSchema", "");
    assert_eq!((&schema["errorCode"], &schema["statusCode"]), (&json!(0), &json!(200)));
    let login =
        [served.get("ELOQUA_SITE"), "\\", served.get("ELOQUA_USER"), ":", served.get("ELOQUA_PASSWORD")];
    let id = http::Request::get(format!("{}/id", served.get("ELOQUA_URL")))
        .header("authorization", format!("Basic {}", base64(&login.concat())))
        .body(String::new())
        .unwrap();
    let (status, body) = served.send(id);
    let id: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &id["site"]["name"]), (200, &json!(served.get("ELOQUA_SITE"))));
    let (status, page) = served.fetch(&format!("{}/nothing-here", served.get("QUALIFIO_URL")));
    assert_eq!(status, 404, "{page}");
    let health = served.fetch(&format!("{}/health", served.get("STANDIN_URL")));
    assert_eq!(
        (health.0, serde_json::from_str::<Value>(&health.1).unwrap()["ok"].clone()),
        (200, json!(true))
    );

    // Everything that was sent is in the journal; the secrets are not.
    let (_, journal) = served.fetch(&format!("{}/journal", served.get("STANDIN_URL")));
    assert!(journal.contains("accounts.getSchema"), "{journal}");
    for name in
        ["GIGYA_SECRET", "GIGYA_PARTNER_SECRET", "ELOQUA_PASSWORD", "ELOQUA_CLIENT_SECRET", "SFTP_PASSWORD"]
    {
        assert!(!journal.contains(served.get(name)), "{name} is in the journal");
    }

    assert_eq!(served.stopped_by("INT"), (Some(0), "stopped\n".to_owned()));
}

/// OpenSSH's own `sftp` and HTTP at once: a file that is put becomes contacts of Eloqua when its job is due.
#[test]
#[expect(clippy::print_stderr, reason = "a test that looked at nothing has to say so")]
fn sftp_and_http_meet_in_one_world() {
    if Command::new("sftp").arg("-V").output().is_err() {
        assert!(std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "OpenSSH's sftp is missing");
        eprintln!("OpenSSH's sftp is not on this machine: this test looked at nothing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.unwrap().success());
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let world = format!(
        "sftp:
  users: [{{ name: loader, public_key: {public:?} }}, {{ name: batch, password: \"job password\" }}]
  folders: [/in]
eloqua:
  contact_fields: [Gigya UID]
  imports:
    - {{ name: contacts, folder: /in, file: \"*.csv\", key: C_Gigya_UID1, user: batch, password: \"job password\", \
         every: 1h }}
"
    );
    let file = folder.path().join("world.yaml");
    std::fs::write(&file, world).unwrap();
    let served = Served::start(&["--clock", "still", "--world", file.to_str().unwrap()]);
    assert_eq!(served.get("SFTP_PASSWORD"), "'job password'");

    let csv = folder.path().join("contacts.csv");
    std::fs::write(&csv, "Gigya UID,Email Address\nann,ann@brand.example\n").unwrap();
    let listed = served.sftp(
        &key,
        &format!(
            "put {} /in/contacts.part\nrename /in/contacts.part /in/contacts.csv\nls -1 /in\n",
            csv.display()
        ),
    );
    assert!(listed.contains("contacts.csv"), "{listed}");
    served.advance("2h");
    let (_, state) = served.fetch(&format!("{}/state", served.get("STANDIN_URL")));
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["contacts"][0]["C_EmailAddress"], "ann@brand.example", "{state:#}");
    assert_eq!(served.stopped_by("TERM"), (Some(0), "stopped\n".to_owned()));
}

/// Where no window can be opened, that is said with the address, and the stage is there all the same.
#[test]
#[cfg(target_os = "linux")]
fn without_a_display_the_address_is_told() {
    let mut command = program(&["serve", "--browse", "--port", "0"]);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    let served = Served::of(command);
    assert!(served.told.contains("No window can be opened here: "), "{}", served.told);
    assert!(served.told.contains("Open https://standin.localhost/ yourself"), "{}", served.told);
    assert_eq!(served.fetch(&format!("{}/pulse", served.get("STANDIN_URL"))).0, 200);
    assert_eq!(served.stopped_by("TERM"), (Some(0), "stopped\n".to_owned()));
}

/// A server that may open few files has room for whoever comes, at each of its sockets: clients that keep connections
/// which they do not use give them up.
#[test]
fn few_descriptors_are_enough_for_many_clients() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 256; exec \"$0\" serve", env!("CARGO_BIN_EXE_standin")]);
    command.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    let served = Served::of(command);
    let mut kept = Vec::new();
    for name in ["GIGYA_URL", "STANDIN_URL"] {
        let place = served.get(name).trim_start_matches("http://").to_owned();
        for at in 0..250 {
            let mut stream = std::net::TcpStream::connect(&place).unwrap();
            stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
            stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let mut answer = [0; 8];
            stream.read_exact(&mut answer).unwrap_or_else(|error| panic!("{name}, client {at}: {error}"));
            assert_eq!(&answer, b"HTTP/1.1");
            kept.push(stream);
        }
    }
    assert_eq!(served.stopped_by("TERM"), (Some(0), "stopped\n".to_owned()));
}

#[test]
fn a_port_in_use_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = program(&["serve", "--port", &port.to_string()]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    insta::with_settings!(
        { omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => top().join("tests/snapshots"), filters => [(r"port \d+", "port PORT")] },
        { insta::assert_snapshot!("serve-port-in-use", told); }
    );
}

/// Whoever can be reached by others asks for a token, and tells nobody what it is.
#[test]
fn others_are_answered_with_a_token_alone() {
    let mut without = program(&["serve", "--listen", "0.0.0.0"]);
    let output = without.env_remove("STANDIN_TOKEN").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(
        told,
        "error: others can reach 0.0.0.0, and there is no token\n  help: name a file with one: --token-file FILE, or set STANDIN_TOKEN\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "a token that is long enough\n").unwrap();
    let served = Served::start(&["--listen", "0.0.0.0", "--token-file", file.to_str().unwrap()]);
    let ask = |token: &str| {
        let request = http::Request::get(format!("{}/worlds", served.get("STANDIN_URL")))
            .header("authorization", format!("Bearer {token}"));
        served.send(request.body(String::new()).unwrap()).0
    };
    assert_eq!((ask("a token that is long enough"), ask("another one")), (200, 401));
    assert_eq!(served.stopped_by("TERM"), (Some(0), "stopped\n".to_owned()));
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}
