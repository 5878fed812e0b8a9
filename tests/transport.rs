//! Gigya over a socket, as clients speak that are not ours.

use crate::top;
use serde_json::{Value, json};
use standin::{Transport, World, WorldSpec};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

fn world() -> (World, SocketAddr) {
    let mut spec = WorldSpec::default();
    spec.sections.insert(
        "gigya".into(),
        json!({"accounts": [{"UID": "ann", "profile": {"email": "ann@brand.example"}}]}),
    );
    let world = World::open(&spec, Transport::Wire).unwrap();
    let address = world.sockets().unwrap().gigya;
    (world, address)
}

/// Sends bytes and reads until the other side closes.
fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

fn request(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The JSON of an answer that says how long it is.
fn told(answer: &[u8]) -> Value {
    let text = String::from_utf8_lossy(answer);
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no body: {text}"));
    serde_json::from_str(body).unwrap_or_else(|bad| panic!("{bad}: {text}"))
}

fn code(answer: &[u8]) -> u64 {
    told(answer)["errorCode"].as_u64().unwrap()
}

/// A call that was signed elsewhere for `https://accounts.eu1.gigya.com`, as a form.
fn signed_elsewhere() -> String {
    let file = top().join("fixtures/contracts/gigya/signed.requests.json");
    let sample: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let params = sample["calls"][0]["params"].as_object().unwrap();
    let pairs = params.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[test]
fn a_signature_holds_behind_a_proxy_that_tells_the_scheme() {
    let form = signed_elsewhere();
    let (left, right) = form.split_at(form.len() / 2);
    let chunked = format!(
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{left}\r\n{:x}\r\n{right}\r\n0\r\n\r\n",
        left.len(),
        right.len()
    );
    for (host, expected) in [
        ("Host: accounts.eu1.gigya.com\r\nX-Forwarded-Proto: https", 0),
        ("Host: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: accounts.eu1.gigya.com", 0),
        (
            "Host: 127.0.0.1\r\nX-Forwarded-Proto: https, http\r\nX-Forwarded-Host: Accounts.eu1.gigya.com:443, b",
            0,
        ),
        ("Host: accounts.eu1.gigya.com", 403_003),
        ("Host: accounts.us1.gigya.com\r\nX-Forwarded-Proto: https", 301_001),
    ] {
        let (_world, address) = world();
        let head = format!(
            "POST /accounts.getSchema HTTP/1.1\r\n{host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        );
        let answer = raw(address, format!("{head}{chunked}").as_bytes());
        assert_eq!(code(&answer), expected, "{host}");
    }
}

#[test]
fn a_body_of_a_hundred_megabytes_is_refused_in_the_platforms_words() {
    let (world, address) = world();
    let before = world.account("ann");
    let mut body = b"context=c&profile=".to_vec();
    body.resize(100 << 20, b'x');
    let answer = raw(address, &request("POST /accounts.setAccountInfo HTTP/1.1\r\nHost: x", &body));
    assert_eq!(code(&answer), 413_001);
    assert_eq!(world.account("ann"), before);
}

#[test]
fn eloqua_finds_no_resource_for_a_body_of_65_megabytes() {
    let (world, _) = world();
    let address = world.sockets().unwrap().eloqua;
    // The default user of Eloqua.
    let login = "Authorization: Basic U3RhbmRpbkNvXHN5bmMudXNlcjpzeW5jLVBhNTV3b3Jk";
    let kind = "Content-Type: application/json";
    let head = format!("POST /api/bulk/2.0/contacts/imports/1/data HTTP/1.1\r\nHost: x\r\n{login}\r\n{kind}");
    let answer = raw(address, &request(&head, &vec![b' '; 65 << 20]));
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 404 The requested resource was not found."), "{text}");
    assert!(text.ends_with("\r\n\r\n"), "no body: {text}");
}

#[test]
fn whatever_comes_gets_an_envelope() {
    let (world, address) = world();
    let before = world.account("ann");
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (line, kind, body, expected) in [
        ("POST /accounts.setAccountInfo", form, b"apiKey=\xff\xfe&UID=ann".as_slice(), 400_001),
        ("POST /accounts.setAccountInfo", form, b"profile=%C3%28", 400_001),
        ("POST /accounts.setAccountInfo", "Content-Type: application/json", b"{\"apiKey\":1}", 400_002),
        (
            "POST /accounts.setAccountInfo",
            "Content-Type: multipart/form-data; boundary=X",
            b"--X\r\n\r\n",
            400_002,
        ),
        ("GET /", form, b"", 405_001),
        ("GET /%2e%2e/accounts.nope", form, b"", 405_001),
        ("GET //accounts.getSchema/", form, b"", 400_002),
        ("DELETE /accounts.getSchema", form, b"", 400_001),
        ("GET /accounts.getSchema?apiKey=xyz&format=JSON", form, b"", 400_093),
    ] {
        let answer = raw(address, &request(&format!("{line} HTTP/1.1\r\nHost: x\r\n{kind}"), body));
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{line}");
        assert_eq!(code(&answer), expected, "{line}");
    }
    for length in [20_000, 70_000, 900_000] {
        let long = format!("GET /accounts.getSchema?x={} HTTP/1.1\r\nHost: x", "y".repeat(length));
        assert_eq!(code(&raw(address, &request(&long, b""))), 414_000, "{length}");
    }
    assert_eq!(world.account("ann"), before);
}

#[test]
fn what_is_no_request_gets_an_envelope_too() {
    let (world, address) = world();
    for (bytes, expected) in [
        ("GET /accounts.getSchema HTTP/1.1\r\nConnection: close\r\n\r\n", 400_001),
        ("GET /accounts.getSchema HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400_001),
        ("GET /accounts.getSchema HTTP/1.1\r\nHost: a/b\r\n\r\n", 400_001),
        ("GET ftp://x/accounts.getSchema HTTP/1.1\r\nHost: x\r\n\r\n", 400_001),
        ("GET /accounts.getSchema?a b HTTP/1.1\r\nHost: x\r\n\r\n", 400_001),
        ("GET /accounts.getSchema HTTP/1.1\r\nHo st: x\r\n\r\n", 400_001),
        ("accounts.getSchema\r\n\r\n", 400_001),
    ] {
        let answer = told(&raw(address, bytes.as_bytes()));
        assert_eq!(answer["errorCode"], expected, "{bytes}");
        assert_eq!(answer["statusReason"], "Bad Request", "{bytes}");
    }
    let asked = "GET /accounts.getSchema?context=c&httpStatusCodes=true HTTP/1.1\r\n\r\n";
    let answer = raw(address, asked.as_bytes());
    assert!(answer.starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    assert_eq!(
        (&told(&answer)["context"], told(&answer)["errorDetails"].as_str()),
        (&json!("c"), Some("the host header is missing"))
    );
    // Other platforms are behind a web server that says so itself.
    let eloqua = world.sockets().unwrap().eloqua;
    assert_eq!(
        raw(eloqua, asked.as_bytes()).split(|byte| *byte == b'\n').next_back(),
        Some(b"the host header is missing".as_slice())
    );
}

#[test]
fn queries_may_be_sent_as_they_are() {
    let (_world, address) = world();
    let (key, user, secret) = (
        standin_fake_gigya::DEFAULT_API_KEY,
        standin_fake_gigya::DEFAULT_USER_KEY,
        standin_fake_gigya::DEFAULT_SECRET,
    );
    let query = "SELECT+UID+FROM+accounts+WHERE+profile.email=\"ann@brand.example\"+AND+created<\"2027\"";
    let head = format!(
        "GET /accounts.search?apiKey={key}&userKey={user}&secret={secret}&query={query} HTTP/1.1\r\nHost: x"
    );
    assert_eq!(told(&raw(address, &request(&head, b"")))["results"], json!([{"UID": "ann"}]));
}

#[test]
fn several_calls_on_one_connection_and_gzip_on_demand() {
    let (_world, address) = world();
    let key = standin_fake_gigya::DEFAULT_API_KEY;
    let get = format!("GET /accounts.getJWTPublicKey?APIKEY={key} HTTP/1.1\r\nHost: x\r\n\r\n");
    let form = format!("apikey={key}");
    let post = request(
        "POST /ACCOUNTS.getjwtpublickey HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\
         Content-Type: application/x-www-form-urlencoded",
        form.as_bytes(),
    );
    let answer = raw(address, &[get.as_bytes(), get.as_bytes(), &post].concat());
    let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    assert_eq!(text.matches("http/1.1 200 ok").count(), 3, "{text}");
    assert_eq!(
        (text.matches("\"errorcode\":0").count(), text.matches("content-encoding: gzip").count()),
        (2, 1)
    );
}
