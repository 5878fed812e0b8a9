//! Webhooks of participations: who is told, of which ones, and signed with what.
//!
//! - [`payload`]: a participation in the words of the schema.
//! - [`queue`]: deliveries that wait, retries, the delivery log.
//! - [`settings`]: what an operator configures.

pub mod payload;
pub mod queue;
pub mod settings;

use crate::campaign::{Campaign, Mode};
use crate::participation::Participation;
use crate::qualifio::Qualifio;
use crate::statistics::Row;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, header};
use imbl::OrdMap;
use sha2::Sha256;
use standin_model::Instant;
use standin_ports::{Request, Secret};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// The header that carries the signature.
pub const SIGNATURE: &str = "x-qualifio-signature";

/// One webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Its number.
    pub id: u64,
    /// What operators call it.
    pub name: String,
    /// Where participations are posted.
    pub url: String,
    /// The one header that the receiver wants to see.
    pub authorization: Option<(HeaderName, Secret)>,
    /// What deliveries are signed with.
    pub secret: Option<Secret>,
    /// The secret before it was changed, and until when it may still be in use.
    former: Option<(Option<Secret>, Instant)>,
    /// Whether participations that nobody finished are told, too.
    pub incomplete: bool,
    /// Whether it is switched on.
    pub active: bool,
    /// What it is told of.
    pub scope: Scope,
}

/// Which campaigns a webhook is told of; an empty list stands for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope {
    /// Campaigns by number.
    pub campaigns: Vec<u64>,
    /// Websites by number.
    pub websites: Vec<u64>,
    /// Only campaigns with a form, or only those without.
    pub mode: Option<Mode>,
}

impl Scope {
    fn covers(&self, campaign: &Campaign, website: u64) -> bool {
        let among = |list: &[u64], wanted: u64| list.is_empty() || list.contains(&wanted);
        among(&self.campaigns, campaign.id)
            && among(&self.websites, website)
            && self.mode.is_none_or(|mode| mode == campaign.mode)
    }
}

impl Webhook {
    /// The secret that counts at a moment: the platform may go on with the former one for a while.
    fn secret_at(&self, now: Instant) -> Option<&Secret> {
        match &self.former {
            Some((former, until)) if now < *until => former.as_ref(),
            _ => self.secret.as_ref(),
        }
    }

    /// Changes the secret; the former one stays in use for `cached`.
    fn set_secret(&mut self, now: Instant, secret: Option<Secret>, cached: Duration) {
        if secret != self.secret {
            self.former = Some((self.secret_at(now).cloned(), now.plus(cached)));
            self.secret = secret;
        }
    }

    /// The request that brings a body, with so much of its signature.
    fn request(&self, now: Instant, body: &Bytes, part: &str) -> Option<Request> {
        let mut request = http::Request::post(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.clone())
            .ok()?;
        let headers = request.headers_mut();
        if let Some((name, value)) = &self.authorization {
            headers.insert(name, HeaderValue::from_str(value.reveal()).ok()?);
        }
        if let Some(secret) = self.secret_at(now) {
            let mut signature = signature(secret, body);
            signature.truncate(match part {
                "cut" => SCHEME.len() + 32,
                "empty" => SCHEME.len(),
                _ => signature.len(),
            });
            headers.insert(SIGNATURE, HeaderValue::try_from(signature).ok()?);
        }
        Some(request)
    }
}

/// What a signature begins with.
const SCHEME: &str = "sha256=";

/// `sha256=` and the HMAC-SHA256 of the body in lower-case hex.
pub fn signature(secret: &Secret, body: &[u8]) -> String {
    let mut text = SCHEME.to_owned();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) {
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}

/// Everything about webhooks that is state.
#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    pub(crate) all: OrdMap<u64, Arc<Webhook>>,
    pub(crate) queue: queue::Queue,
    last: u64,
}

/// Tells the webhooks of a participation: with its row when it is completed, without one when its time is over.
pub(crate) fn tell(qualifio: &mut Qualifio, now: Instant, participation: &Participation, row: Option<&Row>) {
    let Some(channel) = participation.channel() else { return };
    let campaign = &participation.campaign;
    let wants = |hook: &&Arc<Webhook>| {
        hook.active && (row.is_some() || hook.incomplete) && hook.scope.covers(campaign, channel.website)
    };
    let hooks: Vec<_> = qualifio.webhooks.all.values().filter(wants).cloned().collect();
    if hooks.is_empty() {
        return;
    }
    let Some(body) = payload::participation(qualifio, participation, row) else { return };
    let body = Bytes::from(match qualifio.knobs.text("qualifio.webhook_body") {
        "indented" => format!("{body:#}"),
        _ => body.to_string(),
    });
    for hook in hooks {
        qualifio.webhooks.queue.add(now, &hook, participation, body.clone());
    }
}
