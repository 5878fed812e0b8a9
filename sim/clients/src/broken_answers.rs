//! Answers that no platform documents and every platform gives once: over a real socket.

use crate::gigya::{GigyaAccess, GigyaClient, GigyaError, Proof};
use crate::{EloquaClient, EloquaError};
use standin_model::Instant;
use standin_ports::{Http, HttpError, Secret};
use standin_wire::HttpClient;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Long enough for a loaded machine to answer, short beside the minutes a slow server takes.
const PATIENCE: Duration = Duration::from_millis(300);

fn over_the_wire(address: SocketAddr, timeout: Duration) -> Arc<dyn Http> {
    Arc::new(HttpClient::with_timeout(Handle::current(), Arc::new(move |_| Some(address)), timeout))
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn gigya(http: Arc<dyn Http>) -> GigyaError {
    let access = GigyaAccess { api_key: "3_K".to_owned(), data_center: "eu1".to_owned(), proof: Proof::None };
    let client = GigyaClient::new(http, access, "push");
    client.call(Instant::START, "accounts.search", &[]).await.unwrap_err()
}

async fn eloqua(http: Arc<dyn Http>) -> EloquaError {
    EloquaClient::login(http, "S", "u", Secret::new("p"), "operator").await.err().unwrap()
}

/// A server that promises more bytes than it sends.
fn truncating() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"errorCode\":0");
        }
    });
    address
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    for (status, body, gigya_says, eloqua_says) in [
        (
            502,
            "<html>Bad Gateway</html>",
            "HTTP 502 and no JSON object with an errorCode: `<html>Bad Gateway</html>`",
            "HTTP 502 Bad Gateway",
        ),
        (503, "", "HTTP 503 and no JSON object with an errorCode: ``", "HTTP 503 Service Unavailable"),
        (
            200,
            "{\"errorCode\":",
            "HTTP 200 and no JSON object with an errorCode: `{\"errorCode\":`",
            "HTTP 200 and no JSON: `{\"errorCode\":`",
        ),
    ] {
        let server = server(ResponseTemplate::new(status).set_body_string(body)).await;
        let http = over_the_wire(*server.address(), Duration::from_secs(10));
        let error = gigya(http.clone()).await;
        assert_eq!(error.to_string(), format!("accounts.search at accounts.eu1.gigya.com: {gigya_says}"));
        let error = eloqua(http).await;
        assert_eq!(error.to_string(), format!("GET /id at login.eloqua.com: {eloqua_says}"));
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long() {
    let slow = ResponseTemplate::new(200).set_body_string("{}").set_delay(Duration::from_secs(60));
    let server = server(slow).await;
    let http = over_the_wire(*server.address(), PATIENCE);
    let timeout = |host: &str| HttpError::Timeout { host: host.to_owned() };
    assert_eq!(gigya(http.clone()).await, GigyaError::Transport(timeout("accounts.eu1.gigya.com")));
    assert_eq!(eloqua(http).await, EloquaError::Transport(timeout("login.eloqua.com")));
}

#[tokio::test]
async fn an_answer_that_stops_half_way() {
    let http = over_the_wire(truncating(), Duration::from_secs(10));
    let broken = |error: &HttpError| matches!(error, HttpError::Broken { .. });
    assert!(matches!(gigya(http.clone()).await, GigyaError::Transport(error) if broken(&error)));
    assert!(matches!(eloqua(http).await, EloquaError::Transport(error) if broken(&error)));
}

#[tokio::test]
async fn nobody_there() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let http = over_the_wire(gone, Duration::from_secs(10));
    let unreachable = |error: &HttpError| matches!(error, HttpError::Unreachable { .. });
    assert!(matches!(gigya(http.clone()).await, GigyaError::Transport(error) if unreachable(&error)));
    assert!(matches!(eloqua(http).await, EloquaError::Transport(error) if unreachable(&error)));
}
