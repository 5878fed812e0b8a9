//! What Gigya would be told.

use super::{Plan, SHOWN};
use bytes::Bytes;
use standin_ports::journal::masked;
use standin_ports::{Http, HttpError, Request, Response};
use std::sync::Arc;

pub(super) struct DryHttp {
    pub(super) http: Arc<dyn Http>,
    pub(super) plan: Plan,
}

#[async_trait::async_trait]
impl Http for DryHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        if reads(&request) {
            return self.http.send(request).await;
        }
        let own = ["apiKey", "userKey", "secret", "format", "httpStatusCodes", "sig", "timestamp", "nonce"];
        let params = form_urlencoded::parse(request.body()).filter(|(name, _)| !own.contains(&name.as_ref()));
        // Each value is masked as the parameter of its name.
        let shown: Vec<String> = params.map(|(name, value)| parameter(&name, &value)).collect();
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let mut written = self.plan.written();
        let calls = written.calls.entry(method).or_default();
        calls.count += 1;
        if calls.shown.len() < SHOWN {
            calls.shown.push(shown.join(" "));
        }
        let answer =
            r#"{"callId":"dry-run","errorCode":0,"apiVersion":2,"statusCode":200,"statusReason":"OK"}"#;
        Ok(Response::new(Bytes::from_static(answer.as_bytes())))
    }
}

/// Whether a call changes nothing: Gigya's methods say so in their last word, other servers in the HTTP method.
pub fn reads(request: &Request) -> bool {
    if request.method().is_safe() {
        return true;
    }
    let method = request.uri().path().rsplit(['/', '.']).next().unwrap_or_default();
    ["get", "search", "is"].iter().any(|word| {
        method
            .strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_uppercase()))
    })
}

fn parameter(name: &str, value: &str) -> String {
    let form = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    let masked = masked(form.as_bytes());
    let value = form_urlencoded::parse(masked.as_bytes()).next().map(|(_, value)| value.into_owned());
    format!("{name}={}", value.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;

    struct Nobody;

    #[async_trait::async_trait]
    impl Http for Nobody {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            Err(HttpError::Timeout { host: request.uri().path().to_owned() })
        }
    }

    fn send(plan: &Plan, method: &str, body: &'static str) -> Result<Response, HttpError> {
        let request = http::Request::post(format!("https://accounts.eu1.gigya.com/{method}"));
        block_on(plan.http(Arc::new(Nobody)).send(request.body(Bytes::from_static(body.as_bytes())).unwrap()))
    }

    #[test]
    fn reads_pass_and_everything_else_is_noted() {
        let plan = Plan::default();
        for method in ["accounts.search", "accounts.getAccountInfo", "accounts.isAvailableLoginID", "ds.get"]
        {
            assert!(send(&plan, method, "").is_err(), "{method} was to pass");
        }
        for method in ["accounts.setAccountInfo", "accounts.deleteAccount", "ds.store", "accounts.issue"] {
            assert!(send(&plan, method, "").is_ok(), "{method} was not to pass");
        }
        let body = "apiKey=3_K&userKey=AU&secret=S&UID=ann&profile=%7B%22city%22%3A%22Diest%22%7D&newPassword=geheim&format=json";
        send(&plan, "accounts.setAccountInfo", body).unwrap();
        let calls = plan.calls();
        assert_eq!(calls.len(), 4);
        let (method, calls) = &calls[2];
        assert_eq!((method.as_str(), calls.count), ("accounts.setAccountInfo", 2));
        assert_eq!(calls.shown[1], r#"UID=ann profile={"city":"Diest"} newPassword=********"#);
    }
}
