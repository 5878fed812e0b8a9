//! The engine's calls to Gigya: counted, and judged the way the engine judges them.

use crate::job::{Job, Ports};
use crate::record::error_message;
use crate::run::Stop;
use serde_json::{Map, Value};
use standin_clients::gigya::{GigyaAccess, GigyaClient, GigyaError, Proof};
use standin_ports::Clock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// One site, called by the engine.
#[derive(Clone)]
pub(crate) struct Gigya {
    client: Arc<GigyaClient>,
    /// The same site where an answer said that it is.
    moved: Arc<OnceLock<GigyaClient>>,
    clock: Arc<dyn Clock>,
    calls: Arc<AtomicU64>,
}

/// Why a call did not do what it should.
#[derive(Debug)]
pub(crate) enum CallFailure {
    /// The platform refused: the record's fault, as error details.
    Refused {
        /// The platform's code.
        code: i64,
        /// What an error record carries.
        details: Value,
    },
    /// Nobody answered, or not as the platform does: the job's fault.
    Broken(String),
}

impl CallFailure {
    /// What it does to a job that cannot go on without the answer; trouble of the platform's own may pass.
    pub(crate) fn stop(self, refused: &str) -> Stop {
        let sentence = self.sentence();
        match self {
            Self::Broken(_) => Stop::Outside(sentence),
            // A rate that is too high passes as well.
            Self::Refused { code: 403_048 | 500_000.., .. } => {
                Stop::Outside(format!("{refused}: {sentence}"))
            }
            Self::Refused { .. } => Stop::Here(format!("{refused}: {sentence}")),
        }
    }

    /// The failure in a sentence, for where a refusal fails the job.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Broken(text) => text.clone(),
            Self::Refused { code, details } => {
                let text = |name: &str| details.get(name).and_then(Value::as_str).unwrap_or_default();
                let (message, more) = (text("errorMessage"), text("errorDetails"));
                if more.is_empty() {
                    format!("{code} {message}")
                } else {
                    format!("{code} {message}: {more}")
                }
            }
        }
    }
}

impl Gigya {
    /// The job's own site.
    pub(crate) fn new(job: &Job, ports: &Ports) -> Self {
        Self::with(job, job.access.clone(), ports, Arc::new(AtomicU64::new(0)))
    }

    fn with(job: &Job, access: GigyaAccess, ports: &Ports, calls: Arc<AtomicU64>) -> Self {
        let client =
            GigyaClient::new(ports.http.clone(), access, "dataflow").with_nonce_prefix(job.id.as_str());
        let client = Arc::new(client);
        Self { client, moved: Arc::default(), clock: ports.clock.clone(), calls }
    }

    /// Another site or other credentials, as a step names them; the calls count together.
    pub(crate) fn elsewhere(&self, job: &Job, ports: &Ports, api_key: &str, proof: Proof) -> Self {
        let mut access = job.access.clone();
        if !api_key.is_empty() {
            access.api_key = api_key.to_owned();
        }
        access.proof = proof;
        Self::with(job, access, ports, self.calls.clone())
    }

    /// Another site with the job's own credentials.
    pub(crate) fn other_key(&self, job: &Job, ports: &Ports, api_key: &str) -> Self {
        let mut access = job.access.clone();
        access.api_key = api_key.to_owned();
        Self::with(job, access, ports, self.calls.clone())
    }

    /// Calls made so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls a method; success is error code 0.
    pub(crate) async fn call(&self, method: &str, params: &[(&str, String)]) -> Result<Value, CallFailure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let client = self.moved.get().unwrap_or(&self.client);
        let mut answer = client.call(self.clock.now(), method, params).await;
        if let Err(GigyaError::Api { code: 301_001, body, .. }) = &answer
            && self.moved.get().is_none()
            && let Some(center) = body.get("apiDomain").and_then(Value::as_str).and_then(data_center)
        {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let moved = self.moved.get_or_init(|| self.client.at(center));
            answer = moved.call(self.clock.now(), method, params).await;
        }
        match answer {
            Ok(answer) => Ok(answer),
            Err(GigyaError::Api { code, message, details, body, .. }) => {
                Err(CallFailure::Refused { code, details: api_details(code, &message, &details, &body) })
            }
            Err(GigyaError::Transport(error)) => Err(CallFailure::Broken(format!("{method}: {error}"))),
            Err(other) => Err(CallFailure::Broken(other.to_string())),
        }
    }

    /// Calls a method for a record: an answer that ignored parameters is a refusal.
    pub(crate) async fn write(&self, method: &str, params: &[(&str, String)]) -> Result<Value, CallFailure> {
        let answer = self.call(method, params).await?;
        match answer.get("ignoredParams").and_then(Value::as_array) {
            Some(ignored) if !ignored.is_empty() => {
                Err(CallFailure::Refused { code: 403_007, details: error_message(ignored_text(ignored)) })
            }
            _ => Ok(answer),
        }
    }
}

/// The data centre of one of the vendor's own domains; secrets go to no other.
fn data_center(domain: &str) -> Option<&str> {
    match domain {
        "cn1.sapcdm.cn" => Some("cn1"),
        domain => {
            let center = domain.strip_suffix(".gigya.com")?;
            center.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(center)
        }
    }
}

fn api_details(code: i64, message: &str, details: &str, body: &Value) -> Value {
    let mut out = Map::new();
    out.insert("errorCode".to_owned(), code.into());
    out.insert("errorMessage".to_owned(), message.into());
    if !details.is_empty() {
        out.insert("errorDetails".to_owned(), details.into());
    }
    if let Some(errors) = body.get("validationErrors") {
        out.insert("validationErrors".to_owned(), errors.clone());
    }
    Value::Object(out)
}

fn ignored_text(ignored: &[Value]) -> String {
    let one = |entry: &Value| {
        let text = |name: &str| match entry.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        format!(
            "{{paramName = {}, warningCode = {}, message = {}}}",
            text("paramName"),
            text("warningCode"),
            text("message")
        )
    };
    format!("Ignored Params: [{}]", ignored.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// A constant in a query: text in double quotes, everything else bare.
pub(crate) fn constant(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde_json::json;
    use standin_ports::http::host_of;
    use standin_ports::{Http, HttpError, Request, Response};
    use std::sync::Mutex;

    #[test]
    fn ignored_parameters_read_like_the_platforms_own_text() {
        let entry = json!({"paramName": "profil", "warningCode": 403_007, "message": "not recognized"});
        assert_eq!(
            ignored_text(&[entry]),
            "Ignored Params: [{paramName = profil, warningCode = 403007, message = not recognized}]"
        );
    }

    /// A site that lives in eu1, whatever host is asked; keeps the hosts.
    #[derive(Default)]
    struct Moved(Mutex<Vec<String>>);

    #[async_trait::async_trait]
    impl Http for Moved {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            let host = host_of(&request);
            self.0.lock().unwrap().push(host.clone());
            let answer = match host.as_str() {
                "accounts.eu1.gigya.com" => json!({"errorCode": 0, "UID": "ann"}),
                _ => {
                    json!({"errorCode": 301_001, "errorMessage": "Invalid data center", "apiDomain": "eu1.gigya.com"})
                }
            };
            Ok(Response::new(Bytes::from(answer.to_string())))
        }
    }

    #[test]
    fn a_site_is_followed_to_its_data_center_once() {
        let site = Arc::new(Moved::default());
        let ports = Ports { http: site.clone(), ..crate::trial_build::ports() };
        let gigya = Gigya::new(&crate::trial_build::job(), &ports);
        for _ in 0..2 {
            let answer = pollster::block_on(gigya.clone().call("accounts.getAccountInfo", &[])).unwrap();
            assert_eq!(answer["UID"], "ann");
        }
        let (us, eu) = ("accounts.us1.gigya.com", "accounts.eu1.gigya.com");
        assert_eq!(*site.0.lock().unwrap(), [us, eu, eu]);
        assert_eq!(gigya.calls(), 3);
    }

    #[test]
    fn only_the_vendors_domains_are_followed() {
        for (domain, expected) in [
            ("eu1.gigya.com", Some("eu1")),
            ("cn1.sapcdm.cn", Some("cn1")),
            ("eu1.gigya.com.evil.example", None),
            ("evil.example/eu1.gigya.com", None),
            ("a.eu1.gigya.com", None),
        ] {
            assert_eq!(data_center(domain), expected, "{domain}");
        }
    }

    #[test]
    fn constants_cannot_leave_their_quotes() {
        for (value, expected) in [
            (json!("a\" OR \"1\"=\"1"), r#""a\" OR \"1\"=\"1""#),
            (json!("a\\"), r#""a\\""#),
            (json!(5), "5"),
            (json!(true), "true"),
        ] {
            assert_eq!(constant(&value), expected);
        }
    }
}
