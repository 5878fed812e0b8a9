//! Answers that no fake gives: the clients against a server that misbehaves.

use standin_clients::gigya::{GigyaAccess, GigyaClient, GigyaError, Proof};
use standin_model::Instant;
use standin_ports::{Http, HttpError, Secret};
use standin_wire::HttpClient;
use std::sync::Arc;
use std::time::Duration;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn asked(answer: ResponseTemplate) -> Result<serde_json::Value, GigyaError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let address = *server.address();
    let resolve = Arc::new(move |_: &str| Some(address));
    let timeout = Duration::from_millis(300);
    let http: Arc<dyn Http> =
        Arc::new(HttpClient::with_timeout(tokio::runtime::Handle::current(), resolve, timeout));
    let access = GigyaAccess {
        api_key: "3_K".into(),
        data_center: "eu1".into(),
        proof: Proof::Secret { user_key: "U".into(), secret: Secret::new("c2VjcmV0") },
    };
    GigyaClient::new(http, access, "test").call(Instant::START, "accounts.getAccountInfo", &[]).await
}

#[tokio::test]
async fn a_proxys_error_page_is_no_answer() {
    let error = asked(ResponseTemplate::new(502).set_body_raw("<html>Bad Gateway</html>", "text/html"))
        .await
        .unwrap_err();
    assert!(matches!(error, GigyaError::NotJson { status: 502, .. }), "{error:?}");
}

#[tokio::test]
async fn broken_json_is_no_answer() {
    let error = asked(ResponseTemplate::new(200).set_body_raw("{\"errorCode\":0", "text/javascript"))
        .await
        .unwrap_err();
    assert!(matches!(error, GigyaError::NotJson { status: 200, .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_timeout() {
    let late = ResponseTemplate::new(200)
        .set_body_raw("{\"errorCode\":0}", "text/javascript")
        .set_delay(Duration::from_secs(30));
    let error = asked(late).await.unwrap_err();
    assert!(matches!(error, GigyaError::Transport(HttpError::Timeout { .. })), "{error:?}");
}

#[tokio::test]
async fn an_answer_cut_short_is_a_broken_connection() {
    let cut = ResponseTemplate::new(200)
        .set_body_raw("{\"errorCode\":0}", "text/javascript")
        .insert_header("content-length", "500");
    let error = asked(cut).await.unwrap_err();
    let broken = matches!(error, GigyaError::Transport(HttpError::Broken { .. } | HttpError::Timeout { .. }));
    assert!(broken || matches!(error, GigyaError::NotJson { .. }), "{error:?}");
}
