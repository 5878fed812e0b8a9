//! A Gigya site with one account, which fails as a test wrote down.

use crate::participation::{Participation, PhonePolicy, PushBack, SendMode};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use standin_clients::{GigyaAccess, Proof};
use standin_ports::{Entry, Http, HttpError, Journal, Request, Response, Secret, What};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub(crate) const UID: &str = "d0a1b2c3d4e5f60718293a4b5c6d7e8f";
pub(crate) const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

/// What one call gets instead of success.
pub(crate) type Answer = Result<(u16, String), HttpError>;

/// A refusal by code.
pub(crate) fn code(code: i64) -> Answer {
    Ok((200, json!({ "errorCode": code, "errorMessage": "x", "callId": "c1" }).to_string()))
}

/// A refusal that names fields.
pub(crate) fn naming(code: i64, fields: &[&str]) -> Answer {
    let entries: Vec<Value> = fields.iter().map(|field| json!({ "fieldName": field })).collect();
    Ok((200, json!({ "errorCode": code, "validationErrors": entries, "callId": "c1" }).to_string()))
}

/// Method and parameters.
type Call = (String, Vec<(String, String)>);

/// Keeps one profile and merges writes into it.
pub(crate) struct Site {
    profile: Mutex<Value>,
    reads: Mutex<VecDeque<Answer>>,
    writes: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<Call>>,
}

impl Site {
    pub(crate) fn new(profile: Value) -> Arc<Self> {
        Self::failing(profile, vec![], vec![])
    }

    /// The first reads and writes get these answers; later ones succeed.
    pub(crate) fn failing(profile: Value, reads: Vec<Answer>, writes: Vec<Answer>) -> Arc<Self> {
        Arc::new(Self {
            profile: Mutex::new(profile),
            reads: Mutex::new(reads.into()),
            writes: Mutex::new(writes.into()),
            calls: Mutex::default(),
        })
    }

    pub(crate) fn profile(&self) -> Value {
        self.profile.lock().unwrap().clone()
    }

    /// Methods called, in order.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(method, _)| method.clone()).collect()
    }

    /// A parameter of the call at `at`.
    pub(crate) fn param(&self, at: usize, name: &str) -> Option<String> {
        let calls = self.calls.lock().unwrap();
        calls.get(at)?.1.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn answer(&self, method: &str, fields: &[(String, String)]) -> Answer {
        let field =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let script = if method == "accounts.setAccountInfo" { &self.writes } else { &self.reads };
        if let Some(answer) = script.lock().unwrap().pop_front() {
            return answer;
        }
        let mut profile = self.profile.lock().unwrap();
        if method == "accounts.setAccountInfo" {
            let sent: Map<String, Value> = serde_json::from_str(&field("profile").unwrap()).unwrap();
            merge(&mut profile, &sent);
            return Ok((200, json!({ "errorCode": 0, "callId": "c0" }).to_string()));
        }
        let account = json!({
            "errorCode": 0, "callId": "c0", "UID": field("UID"), "isActive": true, "isRegistered": true,
            "profile": profile.clone(),
        });
        Ok((200, account.to_string()))
    }
}

/// What Gigya does with a profile's members: those passed replace, null removes.
pub(crate) fn merge(profile: &mut Value, sent: &Map<String, Value>) {
    if !profile.is_object() {
        *profile = json!({});
    }
    let members = profile.as_object_mut().unwrap();
    for (name, value) in sent {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}

#[async_trait::async_trait]
impl Http for Site {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let fields: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
        let answer = self.answer(&method, &fields);
        self.calls.lock().unwrap().push((method, fields));
        let (status, body) = answer?;
        Ok(http::Response::builder().status(status).body(Bytes::from(body)).unwrap())
    }
}

pub(crate) fn access() -> GigyaAccess {
    let proof = Proof::Secret { user_key: "AU".to_owned(), secret: Secret::new(SECRET) };
    GigyaAccess { api_key: "3_K".to_owned(), data_center: "eu1".to_owned(), proof }
}

/// A form with these values, in a language that no row adds.
pub(crate) fn form(submitted: &[(&str, &str)]) -> Participation {
    Participation {
        id: "p1".to_owned(),
        campaign_id: 7,
        site_id: 3,
        site_country: "BE".to_owned(),
        uid: UID.to_owned(),
        email_at_identification: "a@b.be".to_owned(),
        language: "xx".to_owned(),
        submitted: submitted.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        profile_at_identification: json!({ "email": "a@b.be" }),
        access: access(),
        phone_policy: PhonePolicy::Overwrite,
        send_mode: SendMode::AllSubmitted,
        clear_on_empty: false,
        push_back: PushBack::On,
        preview: false,
    }
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Diary(Mutex<Vec<What>>);

impl Diary {
    /// One line an entry.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |what: &What| match what {
            What::Change { who, place, subject, before, after } => {
                format!("{who}: {place}: {subject}: [{before}] -> [{after}]")
            }
            What::Note { who, text } => format!("{who}: {text}"),
            other => {
                format!("{:?}", Entry { seq: 0, at: standin_model::Instant::START, what: other.clone() })
            }
        };
        self.0.lock().unwrap().iter().map(line).collect()
    }
}

impl Journal for Diary {
    fn record(&self, what: What) {
        self.0.lock().unwrap().push(what);
    }
}
