//! What became of each push: names of variables and reasons, never a value and never a secret.

use crate::payload::Reason;
use serde_json::{Value, json};
use standin_model::Instant;
use std::fmt;

/// One push as it stands, or as it stood after one attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushRecord {
    /// Number of the push, from 1.
    pub push_id: u64,
    /// The participation that it comes from.
    pub participation_id: String,
    /// The participation's campaign.
    pub campaign_id: u64,
    /// The campaign's website.
    pub site_id: u64,
    /// Whose profile it is for.
    pub uid: String,
    /// How many attempts were made.
    pub attempt: u32,
    /// When it came to this.
    pub at: Instant,
    /// How it stands.
    pub state: PushState,
    /// Variables that were sent, by the last attempt.
    pub sent: Vec<&'static str>,
    /// Variables that were not, each with its reason.
    pub skipped: Vec<(String, Reason)>,
    /// What an operator should know.
    pub warnings: Vec<String>,
    /// Gigya's last `errorCode`.
    pub gigya_error_code: Option<i64>,
    /// Gigya's last `callId`.
    pub gigya_call_id: Option<String>,
    /// The HTTP status of a last answer that was not Gigya's JSON.
    pub http_status: Option<u16>,
}

/// How a push stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PushState {
    /// No attempt yet.
    Queued,
    /// The last attempt failed, another follows.
    Retrying,
    /// Gigya took everything.
    Succeeded,
    /// Gigya took everything but these variables.
    Partial {
        /// What it did not take.
        dropped: Vec<&'static str>,
    },
    /// Nothing was to be written.
    Skipped(Idle),
    /// Given up.
    Dead(Death),
}

/// Why nothing was to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Idle {
    /// No row had a value to send.
    NothingToSend,
    /// It was a preview.
    Preview,
    /// The customer has nothing written to Gigya.
    PushBackOff,
}

/// Why a push was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Death {
    /// The last attempt failed like those before it.
    Exhausted,
    /// Keys or permissions are wrong.
    Config,
    /// Gigya does not take the values.
    Data,
    /// The account is no more, or is another's.
    AccountGone,
    /// The person had their data removed.
    Erased,
    /// Too many pushes were waiting already.
    QueueFull,
}

impl PushState {
    /// Whether nothing more will happen.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Queued | Self::Retrying)
    }
}

/// `Succeeded`, `Partial{username}`, `Skipped(Preview)`, `Dead(Config)`.
impl fmt::Display for PushState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partial { dropped } => write!(f, "Partial{{{}}}", dropped.join(",")),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

impl PushRecord {
    /// The record as an entry of a push log.
    pub fn to_json(&self) -> Value {
        let skipped: Vec<Value> = self
            .skipped
            .iter()
            .map(|(variable, reason)| json!({ "variable": variable, "reason": reason.to_string() }))
            .collect();
        let mut entry = json!({
            "push_id": self.push_id,
            "participation_id": self.participation_id,
            "campaign_id": self.campaign_id,
            "site_id": self.site_id,
            "uid": self.uid,
            "attempt": self.attempt,
            "at": self.at.to_string(),
            "state": self.state.to_string(),
            "sent_fields": self.sent,
            "skipped": skipped,
            "warnings": self.warnings,
        });
        for (name, value) in [
            ("gigya_error_code", self.gigya_error_code.map(Value::from)),
            ("gigya_call_id", self.gigya_call_id.clone().map(Value::from)),
            ("http_status", self.http_status.map(Value::from)),
        ] {
            if let Some(value) = value {
                entry[name] = value;
            }
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_in_words() {
        for (state, expected) in [
            (PushState::Queued, "Queued"),
            (PushState::Retrying, "Retrying"),
            (PushState::Succeeded, "Succeeded"),
            (PushState::Partial { dropped: vec!["username", "gender"] }, "Partial{username,gender}"),
            (PushState::Skipped(Idle::NothingToSend), "Skipped(NothingToSend)"),
            (PushState::Dead(Death::AccountGone), "Dead(AccountGone)"),
        ] {
            assert_eq!(state.to_string(), expected);
        }
    }

    #[test]
    fn a_log_entry() {
        let record = PushRecord {
            push_id: 1,
            participation_id: "p".to_owned(),
            campaign_id: 2,
            site_id: 3,
            uid: "ann".to_owned(),
            attempt: 1,
            at: Instant::START,
            state: PushState::Succeeded,
            sent: vec!["firstname"],
            skipped: vec![("phone".to_owned(), Reason::InvalidPhone)],
            warnings: vec![],
            gigya_error_code: Some(0),
            gigya_call_id: None,
            http_status: None,
        };
        assert_eq!(
            record.to_json(),
            json!({
                "push_id": 1, "participation_id": "p", "campaign_id": 2, "site_id": 3, "uid": "ann",
                "attempt": 1, "at": "2026-01-05T08:00:00.000Z", "state": "Succeeded",
                "sent_fields": ["firstname"],
                "skipped": [{ "variable": "phone", "reason": "InvalidPhone" }],
                "warnings": [], "gigya_error_code": 0,
            })
        );
    }
}
