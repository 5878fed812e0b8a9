//! The audit log: who called what, on whose account, and how it ended.

pub(crate) mod search;

use crate::call::{Call, Caller};
use crate::envelope::{self, Object, Reply};
use crate::gigya::Gigya;
use crate::params::Params;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_model::Instant;
use std::sync::Arc;
use std::time::Duration;

/// Methods whose calls are logged, whoever makes them.
const AUDITED: &[&str] = &[
    "accounts.addConnection",
    "accounts.deleteAccount",
    "accounts.linkAccounts",
    "accounts.login",
    "accounts.logout",
    "accounts.notifyLogin",
    "accounts.register",
    "accounts.removeConnection",
    "accounts.resetPassword",
    "accounts.setAccountInfo",
    "accounts.setPassword",
    "accounts.socialLogin",
];
/// How many entries are kept over all sites; the oldest go first.
const MOST: usize = 50_000;
/// How long an entry is kept: twelve months.
const RETENTION: Duration = Duration::from_secs(365 * 86_400);
/// Parameters whose values are not logged, in lower case.
const SECRETS: &[&str] = &[
    "authcode",
    "client_secret",
    "gmidticket",
    "login_token",
    "newpassword",
    "oauth_token",
    "password",
    "passwordresettoken",
    "providersessions",
    "regtoken",
    "secret",
    "secretanswer",
    "secretquestionandanswer",
    "sig",
    "ssotoken",
    "uidsignature",
];
/// What is logged instead.
const MASK: &str = "********";
/// How much of one value is logged, in characters.
const LONGEST: usize = 4096;

/// The entries of all sites, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Audit {
    entries: OrdMap<u64, Arc<Entry>>,
    made: u64,
}

/// One logged call.
#[derive(Debug)]
pub(crate) struct Entry {
    at: Instant,
    call_id: String,
    api_key: String,
    endpoint: &'static str,
    code: u32,
    details: Option<String>,
    user_key: Option<String>,
    uid: Option<String>,
    source_ip: String,
    params: Arc<Params>,
}

impl Audit {
    fn add(&mut self, entry: Entry) {
        self.forget_before(entry.at);
        if self.entries.len() >= MOST
            && let Some(oldest) = self.entries.get_min().map(|(made, _)| *made)
        {
            self.entries.remove(&oldest);
        }
        self.made += 1;
        self.entries.insert(self.made, Arc::new(entry));
    }

    fn forget_before(&mut self, now: Instant) {
        while let Some((made, entry)) = self.entries.get_min() {
            if entry.at.plus(RETENTION) > now {
                return;
            }
            let made = *made;
            self.entries.remove(&made);
        }
    }

    /// The entries of a site that are still kept, oldest first, with an id for cursors.
    pub(crate) fn documents(&self, api_key: &str, now: Instant) -> Vec<(String, Value)> {
        let kept = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.api_key == api_key && entry.at.plus(RETENTION) > now);
        kept.map(|(made, entry)| (format!("{made:020}"), entry.told())).collect()
    }
}

impl Entry {
    fn told(&self) -> Value {
        let param = |name: &str| self.params.raw(name);
        let params: Object =
            self.params.iter().map(|(name, value)| (name.to_owned(), logged(name, value))).collect();
        let message = if self.code == 0 { "OK" } else { envelope::message(self.code) };
        let mut out = json!({
            "@timestamp": self.at.to_string(),
            "callID": self.call_id,
            "apiKey": self.api_key,
            "endpoint": self.endpoint.to_ascii_lowercase(),
            "errCode": self.code.to_string(),
            "errMessage": message,
            "sourceIP": self.source_ip,
            "params": params,
            "httpReq": {"SDK": param("sdk").unwrap_or_default(), "country": ""},
        });
        for (name, value) in [("errDetails", &self.details), ("uid", &self.uid), ("userKey", &self.user_key)]
        {
            if let Some(value) = value {
                out[name] = value.as_str().into();
            }
        }
        if let Some(key) = &self.user_key {
            out["userKeyDetails"] = json!({"name": key, "description": "", "emailDomain": ""});
        }
        out
    }
}

/// Whether a parameter's value is kept out of everything that is shown.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name.to_ascii_lowercase().as_str())
}

/// A parameter as the log shows it.
fn logged(name: &str, value: &str) -> Value {
    if is_secret(name) {
        return MASK.into();
    }
    let text = if value.starts_with(['{', '[']) {
        standin_ports::journal::masked(value.as_bytes())
    } else {
        value.to_owned()
    };
    text.chars().take(LONGEST).collect::<String>().into()
}

impl Gigya {
    /// Logs a call if calls of its method are logged.
    pub(crate) fn audit_call(&mut self, call: &Call, reply: &Reply, call_id: &str) {
        let listed = AUDITED.contains(&call.method) || call.method.starts_with("socialize.");
        if !listed && self.knobs.text("gigya.audit_scope") != "all" {
            return;
        }
        let refusal = reply.as_ref().err();
        let told = |body: &Object| body.get("UID").and_then(Value::as_str).map(str::to_owned);
        let asked = ["UID", "siteUID", "targetUID"].iter().find_map(|name| call.params.get(name));
        let session = match &call.caller {
            Caller::Session { uid, .. } => Some(uid.clone()),
            _ => None,
        };
        let answered = match reply {
            Ok(body) => told(body),
            Err(refusal) => told(&refusal.body),
        };
        let user_key = match &call.caller {
            Caller::Server { user_key } => Some(user_key.clone()),
            _ => None,
        };
        self.audit.add(Entry {
            at: call.now,
            call_id: call_id.to_owned(),
            api_key: call.site.api_key.clone(),
            endpoint: call.method,
            code: refusal.map_or(0, |refusal| refusal.code),
            details: refusal.map(|refusal| refusal.details.clone()),
            user_key,
            uid: answered.or(asked.map(str::to_owned)).or(session),
            source_ip: call.address.to_string(),
            params: Arc::clone(&call.params),
        });
    }
}
