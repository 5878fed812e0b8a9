//! Webhooks: who is told of what, and what is on its way.
//!
//! - [`event`]: what happened in a call, in the words of the platform's notifications.
//! - [`queue`]: events that wait, batches on their way, retries.
//! - [`payload`]: what is sent, and its signature.

#[cfg(test)]
mod delivery_tests;
pub(crate) mod event;
pub(crate) mod payload;
pub(crate) mod queue;

use crate::envelope::Object;
use crate::events::Event;
use serde_json::{Value, json};

/// One webhook of a site.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) events: Vec<Event>,
    pub(crate) active: bool,
    pub(crate) signing_user_key: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) version: Version,
    /// Whether payloads carry the parameters of the call.
    pub(crate) with_params: bool,
}

/// The form of a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    /// Signed with HMAC-SHA1; ended in July 2021.
    V1,
    V2,
    V3,
}

impl Version {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "1.0" | "1.1" => Some(Self::V1),
            "2.0" => Some(Self::V2),
            "3.0" => Some(Self::V3),
            _ => None,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
            Self::V3 => "3.0",
        }
    }

    /// How many events one delivery may carry.
    pub(crate) fn batch(self) -> usize {
        match self {
            Self::V1 | Self::V2 => 100,
            Self::V3 => 500,
        }
    }
}

impl Webhook {
    /// As accounts.webhooks.getAll tells it.
    pub(crate) fn told(&self) -> Value {
        let headers = self.headers.iter().map(|(name, value)| json!({"name": name, "value": value}));
        let mut out = json!({
            "name": self.name,
            "url": self.url,
            "events": self.events.iter().map(|event| event.word()).collect::<Vec<_>>(),
            "active": self.active,
            "headers": headers.collect::<Vec<_>>(),
            "version": self.version.word(),
            "id": self.id,
            "product": "UserManagement",
            "signingUserKey": self.signing_user_key,
            "useXfCredentials": false,
        });
        if self.with_params {
            out["include"] = "params".into();
        }
        out
    }
}

/// A parameter of a call as payloads carry it: objects as objects.
pub(crate) fn parameter(text: &str) -> Value {
    match text.starts_with(['{', '[']) {
        true => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        false => text.into(),
    }
}

/// An object from pairs.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Object {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
