//! A platform that says what a test wrote down.

use bytes::Bytes;
use standin_ports::{Http, HttpError, Request, Response};
use std::sync::{Arc, Mutex};

/// What the next request gets.
pub(crate) type Answer = Result<(u16, String), HttpError>;

/// Answers in order, the last one for ever; keeps what it was asked.
pub(crate) struct Scripted {
    answers: Mutex<Vec<Answer>>,
    requests: Mutex<Vec<String>>,
}

impl Scripted {
    pub(crate) fn new(answers: Vec<Answer>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers), requests: Mutex::default() })
    }

    pub(crate) fn answering(status: u16, body: &str) -> Arc<Self> {
        Self::new(vec![Ok((status, body.to_owned()))])
    }

    /// The requests as text: line, headers in order of name, empty line, body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn as_text(request: &Request) -> String {
    let mut headers: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let body = String::from_utf8_lossy(request.body());
    format!("{} {}\n{}\n{body}", request.method(), request.uri(), headers.concat())
}

#[async_trait::async_trait]
impl Http for Scripted {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        self.requests.lock().unwrap().push(as_text(&request));
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        let (status, body) = answer?;
        Ok(http::Response::builder().status(status).body(Bytes::from(body)).unwrap())
    }
}
