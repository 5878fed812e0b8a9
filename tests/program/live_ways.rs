//! `standin dataflow run` in its other ways: as JSON, with a key, over FTP, stopped, and on a terminal.

use super::live::world;
use super::program;
use super::serving::Served;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

const OUTBOUND: &str = "tests/program/live-outbound.json";

fn shown(arguments: &[&str]) -> (Value, Option<i32>, String) {
    let output = program(arguments).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"));
    (value, output.status.code(), format!("{text}{errors}"))
}

fn keeps_secrets(served: &Served, text: &str) {
    for name in ["GIGYA_SECRET", "SFTP_PASSWORD"] {
        assert!(!text.contains(served.get(name)), "{name} is shown: {text}");
    }
}

fn paths(served: &Served) -> Vec<String> {
    let (_, state) = served.fetch(&format!("{}/state", served.get("STANDIN_URL")));
    let state: Value = serde_json::from_str(&state).unwrap();
    state["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn json_tells_what_a_dry_run_would_write_and_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let (served, settings) = world(folder.path());
    let run = ["dataflow", "run", OUTBOUND, "--secrets", &settings, "--full", "--json", "--trace", "debug"];
    let (dry, code, text) = shown(&[&run[..], &["--dry-run"]].concat());
    assert_eq!((code, &dry["succeeded"], &dry["files"]), (Some(0), &json!(true), &json!([])));
    assert_eq!(
        dry["plan"],
        json!({
            "calls": [],
            "files": [{
                "host": "127.0.0.1", "path": "/eloqua/in/contacts.csv", "bytes": 86,
                "start": ["C_Gigya_UID1,C_EmailAddress,C_City", "ann,ann@brand.example,Diest", "ben,ben@brand.example,"],
            }],
            "moreFiles": 0,
        })
    );
    keeps_secrets(&served, &text);
    let (failed, code, text) = shown(&[&run[..], &["--user-key", "nobody"]].concat());
    assert_eq!((code, &failed["succeeded"], &failed["records"]), (Some(1), &json!(false), &json!(0)));
    let failure = failed["failure"].as_str().unwrap();
    assert!(failure.contains("403005"), "{failure}");
    keeps_secrets(&served, &text);
    let (real, code, text) = shown(&run);
    assert_eq!(
        (code, &real["succeeded"], &real["files"], &real["records"]),
        (Some(0), &json!(true), &json!(["/eloqua/in/contacts.csv"]), &json!(2))
    );
    keeps_secrets(&served, &text);
}

#[test]
fn a_key_logs_in_in_place_of_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    if made.is_err() {
        assert!(std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "ssh-keygen is missing");
        return;
    }
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let file = folder.path().join("world.yaml");
    let world = format!(
        "sftp:
  users: [{{ name: batch, password: drop-password }}, {{ name: robot, public_key: {public:?} }}]
  folders: [/eloqua/in]
gigya: {{ accounts: [{{ UID: ann, isRegistered: true, profile: {{ email: ann@brand.example }} }}] }}
"
    );
    std::fs::write(&file, world).unwrap();
    let settings = folder.path().join("standin.env").to_str().unwrap().to_owned();
    let _served =
        Served::start(&["--clock", "still", "--world", file.to_str().unwrap(), "--env-file", &settings]);
    let run =
        ["dataflow", "run", OUTBOUND, "--secrets", &settings, "--full", "--json", "--sftp-user", "robot"];
    let (refused, code, _) = shown(&run);
    let failure = refused["failure"].as_str().unwrap();
    assert!(code == Some(1) && failure.contains("login of `robot`"), "{failure}");
    let (done, code, _) = shown(&[&run[..], &["--sftp-key", key.to_str().unwrap()]].concat());
    assert_eq!((code, &done["files"]), (Some(0), &json!(["/eloqua/in/contacts.csv"])));
}

#[test]
fn a_dataflow_runs_over_ftp() {
    let folder = tempfile::tempdir().unwrap();
    let (served, settings) = world(folder.path());
    let flow = folder.path().join("flow.json");
    let place = json!({
        "host": served.get("SFTP_HOST"), "port": served.get("FTP_PORT"), "username": "batch", "password": "********",
        "remotePath": "/eloqua/in",
    });
    let document = json!({"name": "f", "steps": [
        {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["json"]},
        {"id": "json", "type": "file.format.json", "params": {"fileName": "accounts.json"}, "next": ["write"]},
        {"id": "write", "type": "datasource.write.ftp", "params": place},
    ]});
    std::fs::write(&flow, document.to_string()).unwrap();
    let run = ["dataflow", "run", flow.to_str().unwrap(), "--secrets", &settings, "--full", "--json"];
    let output = program(&run).env("FTP_PASSWORD", served.get("SFTP_PASSWORD")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(paths(&served), ["/eloqua/in/accounts.json"]);
}

/// A Gigya that has one more page for as long as anybody asks.
struct Endless(TcpListener);

impl Endless {
    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Takes the next call; whoever gave it waits for its page.
    fn call(&self) -> Option<TcpStream> {
        let (mut stream, _) = self.0.accept().ok()?;
        let mut lines = BufReader::new(&mut stream);
        let (mut line, mut length) = (String::new(), 0);
        while lines.read_line(&mut line).ok()? > 2 {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
            line.clear();
        }
        lines.read_exact(&mut vec![0; length]).ok()?;
        Some(stream)
    }

    fn page(mut stream: TcpStream) {
        let page = r#"{"errorCode":0,"statusCode":200,"results":[{"UID":"ann","profile":{"email":"a@x.example"}}],"nextCursorId":"more"}"#;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length";
        // Whoever has been stopped does not read it.
        let _ = stream.write_all(format!("{head}: {}\r\n\r\n{page}", page.len()).as_bytes());
    }
}

#[test]
fn ctrl_c_ends_a_run_and_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let (served, settings) = world(folder.path());
    let gigya = Endless(TcpListener::bind("127.0.0.1:0").unwrap());
    let child = program(&[
        "dataflow",
        "run",
        OUTBOUND,
        "--secrets",
        &settings,
        "--full",
        "--gigya-url",
        &gigya.url(),
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let first = gigya.call().unwrap();
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(kill.unwrap().success());
    Endless::page(first);
    // It may ask a few times more before the signal has reached it.
    let asking = std::thread::spawn(move || {
        while let Some(stream) = gigya.call() {
            Endless::page(stream)
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(asking);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("stopped: what was not whole was taken away"), "{told}");
    assert_eq!(paths(&served), Vec::<String>::new());
}

#[test]
fn a_terminal_shows_how_far_a_run_is() {
    if Command::new("script").arg("--version").output().is_err() {
        assert!(std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "`script` is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_served, settings) = world(folder.path());
    let gigya = Endless(TcpListener::bind("127.0.0.1:0").unwrap());
    let line = format!(
        "{} dataflow run {OUTBOUND} --secrets {settings} --full --limit 7 --dry-run --gigya-url {}",
        env!("CARGO_BIN_EXE_standin"),
        gigya.url()
    );
    let mut child = Command::new("script")
        .args(["-qefc", &line, "/dev/null"])
        .current_dir(crate::top())
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut terminal = child.stdout.take().unwrap();
    let waiting = gigya.call().unwrap();
    let mut shown = Vec::new();
    let mut read = |shown: &mut Vec<u8>| {
        let mut piece = [0; 512];
        let read = terminal.read(&mut piece).unwrap_or(0);
        shown.extend_from_slice(&piece[..read]);
        read > 0
    };
    // The bar stands there while the first page is waited for.
    while !String::from_utf8_lossy(&shown).contains("0/7 records") && read(&mut shown) {}
    let asking = std::thread::spawn(move || {
        while let Some(stream) = gigya.call() {
            Endless::page(stream)
        }
    });
    Endless::page(waiting);
    while read(&mut shown) {}
    drop(asking);
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("0/7 records") && shown.contains("7 records"), "{shown}");
}

const TLS_SERVER: &str = r#"
import http.server, ssl, sys
class Gigya(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"errorCode":0,"statusCode":200,"results":[{"UID":"ann","profile":{"email":"a@x.example"}}]}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *all):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Gigya)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/leaf.pem", sys.argv[1] + "/leaf.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// Makes two certificate authorities, and of the first a certificate for this machine; whether there is a tool for it.
fn certificates(folder: &std::path::Path) -> bool {
    let openssl = |line: &str| {
        let made = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
        made.is_ok_and(|made| made.status.success())
    };
    let new = "req -x509 -newkey rsa:2048 -nodes -days 2";
    openssl(&format!("{new} -keyout ca.key -out ca.pem -subj /CN=authority"))
        && openssl(&format!("{new} -keyout other.key -out other.pem -subj /CN=other"))
        && openssl(&format!(
            "{new} -CA ca.pem -CAkey ca.key -keyout leaf.key -out leaf.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
        ))
}

#[test]
fn gigya_in_another_place_is_spoken_to_over_tls_and_only_with_a_certificate_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("server.py");
    std::fs::write(&script, TLS_SERVER).unwrap();
    let mut server = Command::new("python3");
    server.arg(&script).arg(folder.path()).stdout(Stdio::piped());
    let mut server = match certificates(folder.path()).then(|| server.spawn()) {
        Some(Ok(server)) => server,
        _ => {
            assert!(std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "openssl or python3 is missing");
            return;
        }
    };
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let (_served, settings) = world(folder.path());
    let url = format!("https://localhost:{}", port.trim());
    let run = [
        "dataflow",
        "run",
        OUTBOUND,
        "--secrets",
        &settings,
        "--full",
        "--json",
        "--dry-run",
        "--attempts",
        "1",
        "--gigya-url",
        &url,
    ];
    let with = |authorities: &str| {
        let output = program(&run).env("SSL_CERT_FILE", folder.path().join(authorities)).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let (trusted, untrusted) = (with("ca.pem"), with("other.pem"));
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((&trusted["succeeded"], &trusted["records"]), (&json!(true), &json!(1)), "{trusted:#}");
    let failure = untrusted["failure"].as_str().unwrap();
    assert!(failure.contains("cannot reach") && failure.contains("certificate"), "{failure}");
}
