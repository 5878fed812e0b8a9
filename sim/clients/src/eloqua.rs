//! Calls to Eloqua: who we are, the REST API, the Bulk API.
//!
//! - [`rest`]: contacts and contact fields, one by one.
//! - [`bulk`]: many contacts in one import or export. A sync runs over there; asking how far it is is one
//!   call, and when to ask again is the caller's decision.

pub mod bulk;
pub mod rest;

use crate::{ACTOR_HEADER, answer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use standin_ports::{Http, HttpError, Reason, Request, Response, Secret};
use std::sync::{Arc, Mutex, PoisonError};

/// Where everybody logs in, whatever pod the instance lives on.
pub const LOGIN_URL: &str = "https://login.eloqua.com/id";

/// Why a call gave nothing.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum EloquaError {
    /// No whole answer came.
    #[error(transparent)]
    Transport(#[from] HttpError),
    /// The login was refused. Eloqua says so with a 200 and a JSON string.
    #[error("login of `{user}` refused: {answer}")]
    LoginRefused {
        /// Site and user.
        user: String,
        /// What came back.
        answer: String,
    },
    /// What came is not an answer of Eloqua's.
    #[error("{call}: HTTP {status} and no JSON: `{start_of_body}`")]
    Unreadable {
        /// Method, path and host.
        call: String,
        /// HTTP status.
        status: u16,
        /// The start of what came.
        start_of_body: String,
    },
    /// The call succeeded, but the answer lacks what it is asked for.
    #[error("{call}: no {wanted} in `{start_of_body}`")]
    Lacking {
        /// Method, path and host.
        call: String,
        /// What was looked for.
        wanted: &'static str,
        /// The start of what came.
        start_of_body: String,
    },
    /// Eloqua refused.
    #[error("{call}: HTTP {status} {reason}{}", after_colon(.failures))]
    Refused {
        /// Method, path and host.
        call: String,
        /// HTTP status.
        status: u16,
        /// The reason phrase, which carries Eloqua's own words.
        reason: String,
        /// The named faults of the body, one text each: member, requirement, value.
        failures: Vec<String>,
        /// The whole body; null where there was none or it was no JSON.
        body: Box<Value>,
    },
    /// The call was not made, since it could not succeed.
    #[error("{call}: {why}")]
    Unsendable {
        /// Method and path.
        call: String,
        /// Why.
        why: String,
    },
}

fn after_colon(failures: &[String]) -> String {
    if failures.is_empty() { String::new() } else { format!(": {}", failures.join("; ")) }
}

impl EloquaError {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// Speaks to one Eloqua instance.
pub struct EloquaClient {
    http: Arc<dyn Http>,
    authorization: HeaderValue,
    user: String,
    actor: &'static str,
    /// Where the instance lives. It moves when Eloqua moves it.
    base: Mutex<String>,
}

impl EloquaClient {
    /// Logs in as `user` of `site` and learns where the instance lives.
    pub async fn login(
        http: Arc<dyn Http>,
        site: &str,
        user: &str,
        password: Secret,
        actor: &'static str,
    ) -> Result<Self, EloquaError> {
        let name = format!(r"{site}\{user}");
        let credentials = STANDARD.encode(format!("{name}:{}", password.reveal()));
        let unsendable =
            |why: &str| EloquaError::Unsendable { call: "GET /id".to_owned(), why: why.to_owned() };
        let mut authorization = HeaderValue::from_str(&format!("Basic {credentials}"))
            .map_err(|_| unsendable("the credentials fit into no header"))?;
        authorization.set_sensitive(true);
        let client = Self { http, authorization, user: name, actor, base: Mutex::default() };
        let base = client.ask_base().await?;
        client.move_to(base);
        Ok(client)
    }

    /// The URL below which the instance lives, without a final slash.
    pub fn base(&self) -> String {
        self.base.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads. `path` is absolute within the instance: `/api/REST/1.0/data/contact/12`.
    pub async fn get(&self, path: &str) -> Result<Value, EloquaError> {
        self.call(Method::GET, path, None).await
    }

    /// Makes something, or starts it.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, EloquaError> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Replaces something.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, EloquaError> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Removes something.
    pub async fn delete(&self, path: &str) -> Result<(), EloquaError> {
        self.call(Method::DELETE, path, None).await.map(|_| ())
    }

    /// One call; null where the answer has no body.
    ///
    /// A 401 may mean that the instance has moved to another pod: then the login still works and tells the
    /// new place. If it tells the old one, the 401 stands.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, EloquaError> {
        let base = self.base();
        let response = self.send(method.clone(), &base, path, body).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return read(&call_name(&method, path, &base), response);
        }
        let now = self.ask_base().await?;
        if now == base {
            return read(&call_name(&method, path, &base), response);
        }
        self.move_to(now.clone());
        let response = self.send(method.clone(), &now, path, body).await?;
        read(&call_name(&method, path, &now), response)
    }

    async fn send(
        &self,
        method: Method,
        base: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, EloquaError> {
        let mut request = http::Request::builder()
            .method(method.clone())
            .uri(format!("{base}{path}"))
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::ACCEPT, "application/json")
            .header(ACTOR_HEADER, self.actor);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let no_url = || EloquaError::Unsendable {
            call: format!("{method} {path}"),
            why: "no URL can be made of it".to_owned(),
        };
        // Glued to the host, any other beginning could make it somebody else's.
        if !path.starts_with('/') {
            return Err(no_url());
        }
        let request: Request = request.body(bytes).map_err(|_| no_url())?;
        Ok(self.http.send(request).await?)
    }

    async fn ask_base(&self) -> Result<String, EloquaError> {
        let (origin, path) = LOGIN_URL.split_at(LOGIN_URL.len() - "/id".len());
        let response = self.send(Method::GET, origin, path, None).await?;
        let call = call_name(&Method::GET, path, origin);
        let refused = |answer: String| EloquaError::LoginRefused { user: self.user.clone(), answer };
        if response.status() == StatusCode::UNAUTHORIZED {
            return Err(refused(format!("HTTP 401 {}", reason(&response))));
        }
        let start_of_body = answer::start_of(response.body());
        let body = read(&call, response)?;
        if let Some(sentence) = body.as_str() {
            return Err(refused(sentence.to_owned()));
        }
        let base = body.pointer("/urls/base").and_then(Value::as_str).map(|base| base.trim_end_matches('/'));
        // The credentials go wherever this text says, so it must at least keep them off the open wire.
        match base.filter(|base| base.starts_with("https://")) {
            Some(base) => Ok(base.to_owned()),
            None => Err(EloquaError::Lacking { call, wanted: "https URL in urls.base", start_of_body }),
        }
    }

    /// The error of an answer that came with success and without what was wanted.
    fn lacking(&self, method: &Method, path: &str, wanted: &'static str, body: &Value) -> EloquaError {
        let call = call_name(method, path, &self.base());
        EloquaError::Lacking { call, wanted, start_of_body: answer::start_of(body.to_string().as_bytes()) }
    }

    fn move_to(&self, base: String) {
        *self.base.lock().unwrap_or_else(PoisonError::into_inner) = base;
    }
}

/// A call as messages name it: the query may hold addresses of people and is left out.
fn call_name(method: &Method, path: &str, base: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    format!("{method} {path} at {}", base.trim_start_matches("https://"))
}

fn read(call: &str, response: Response) -> Result<Value, EloquaError> {
    let status = response.status();
    let body: Option<Value> = match response.body().as_ref() {
        b"" => Some(Value::Null),
        bytes => serde_json::from_slice(bytes).ok(),
    };
    if !status.is_success() {
        let body = body.unwrap_or_default();
        return Err(EloquaError::Refused {
            call: call.to_owned(),
            status: status.as_u16(),
            reason: reason(&response),
            failures: failures(&body),
            body: Box::new(body),
        });
    }
    body.ok_or_else(|| EloquaError::Unreadable {
        call: call.to_owned(),
        status: status.as_u16(),
        start_of_body: answer::start_of(response.body()),
    })
}

fn reason(response: &Response) -> String {
    match response.extensions().get::<Reason>() {
        Some(reason) => reason.0.to_string(),
        None => response.status().canonical_reason().unwrap_or_default().to_owned(),
    }
}

/// The faults that a refusal names: the Bulk API's `failures`, or the REST API's list.
fn failures(body: &Value) -> Vec<String> {
    let items = body.get("failures").unwrap_or(body);
    let described = items.as_array().into_iter().flatten().map(|item| {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let member = text("field").or_else(|| text("property")).or_else(|| text("parameter")).unwrap_or("?");
        let rule = text("constraint").or_else(|| item.pointer("/requirement/type").and_then(Value::as_str));
        format!("{member}: {}", rule.unwrap_or("refused"))
    });
    described.collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scripted::{Answer, Scripted};
    use serde_json::json;

    pub(crate) const WELCOME: &str =
        r#"{"site":{"id":1,"name":"StandinCo"},"urls":{"base":"https://secure.p04.eloqua.com","apis":{}}}"#;

    pub(crate) fn ok(status: u16, body: &str) -> Answer {
        Ok((status, body.to_owned()))
    }

    /// A client that logged in; the answers after the login's.
    pub(crate) fn logged_in(answers: Vec<Answer>) -> (Arc<Scripted>, EloquaClient) {
        let http = Scripted::new([vec![ok(200, WELCOME)], answers].concat());
        let client = pollster::block_on(login(&http)).unwrap();
        (http, client)
    }

    async fn login(http: &Arc<Scripted>) -> Result<EloquaClient, EloquaError> {
        EloquaClient::login(http.clone(), "StandinCo", "sync.user", Secret::new("pass:word"), "operator")
            .await
    }

    #[test]
    fn login_tells_where_the_instance_lives() {
        let (http, client) = logged_in(vec![]);
        assert_eq!(client.base(), "https://secure.p04.eloqua.com");
        // The Base64 text is that of `StandinCo\sync.user:pass:word`.
        assert_eq!(
            http.requests(),
            [concat!(
                "GET https://login.eloqua.com/id\naccept: application/json\n",
                "authorization: Basic U3RhbmRpbkNvXHN5bmMudXNlcjpwYXNzOndvcmQ=\nx-standin-actor: operator\n\n"
            )]
        );
    }

    #[test]
    fn logins_that_give_nothing() {
        let at = "GET /id at login.eloqua.com";
        for (status, body, expected) in [
            (
                200,
                r#""Not authenticated.""#,
                r"login of `StandinCo\sync.user` refused: Not authenticated.".to_owned(),
            ),
            (401, "", r"login of `StandinCo\sync.user` refused: HTTP 401 Unauthorized".to_owned()),
            (200, "{}", format!("{at}: no https URL in urls.base in `{{}}`")),
            (
                200,
                r#"{"urls":{"base":"http://x"}}"#,
                format!("{at}: no https URL in urls.base in `{{\"urls\":{{\"base\":\"http://x\"}}}}`"),
            ),
            (200, "<html>", format!("{at}: HTTP 200 and no JSON: `<html>`")),
            (503, "", format!("{at}: HTTP 503 Service Unavailable")),
        ] {
            let http = Scripted::answering(status, body);
            let error = pollster::block_on(login(&http)).err().unwrap();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn an_instance_that_moved_is_followed_once() {
        let moved = WELCOME.replace("p04", "p06");
        let (http, client) = logged_in(vec![ok(401, ""), ok(200, &moved), ok(200, r#"{"id":"1"}"#)]);
        let got = pollster::block_on(client.get("/api/REST/1.0/data/contact/1"));
        assert_eq!(got, Ok(json!({ "id": "1" })));
        let lines: Vec<String> =
            http.requests().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
        assert_eq!(
            lines,
            [
                "GET https://login.eloqua.com/id",
                "GET https://secure.p04.eloqua.com/api/REST/1.0/data/contact/1",
                "GET https://login.eloqua.com/id",
                "GET https://secure.p06.eloqua.com/api/REST/1.0/data/contact/1",
            ]
        );
        assert_eq!(client.base(), "https://secure.p06.eloqua.com");
    }

    #[test]
    fn a_401_without_a_move_stands() {
        let (http, client) = logged_in(vec![ok(401, ""), ok(200, WELCOME)]);
        let error = pollster::block_on(client.get("/x")).unwrap_err();
        assert_eq!(error.to_string(), "GET /x at secure.p04.eloqua.com: HTTP 401 Unauthorized");
        assert_eq!(http.requests().len(), 3);
    }

    #[test]
    fn refusals_name_their_faults() {
        for (status, body, expected) in [
            (
                400,
                r#"{"failures":[{"field":"name","constraint":"Must be a string value."},{"field":"fields"}]}"#,
                "HTTP 400 Bad Request: name: Must be a string value.; fields: refused",
            ),
            (
                409,
                r#"[{"type":"ObjectValidationError","property":"emailAddress","requirement":{"type":"NoDuplicatesRequirement"},"value":"x"}]"#,
                "HTTP 409 Conflict: emailAddress: NoDuplicatesRequirement",
            ),
            (404, "", "HTTP 404 Not Found"),
            (500, "<html>", "HTTP 500 Internal Server Error"),
        ] {
            let (_, client) = logged_in(vec![ok(status, body)]);
            let error = pollster::block_on(client.put("/x?search=ann", &json!({}))).unwrap_err();
            assert_eq!(error.to_string(), format!("PUT /x at secure.p04.eloqua.com: {expected}"));
            assert_eq!(error.status(), Some(status));
        }
    }

    #[test]
    fn nothing_is_sent_to_a_path_that_is_none() {
        let (http, client) = logged_in(vec![]);
        for path in ["/a b", "@x.example/", ".x.example/", ""] {
            let error = pollster::block_on(client.get(path)).unwrap_err();
            assert_eq!(error.to_string(), format!("GET {path}: no URL can be made of it"));
        }
        assert_eq!(http.requests().len(), 1);
    }

    #[test]
    fn empty_answers_are_null() {
        let (_, client) = logged_in(vec![ok(204, "")]);
        assert_eq!(pollster::block_on(client.post("/x", &json!([]))), Ok(Value::Null));
        assert_eq!(pollster::block_on(client.delete("/x")), Ok(()));
    }
}
