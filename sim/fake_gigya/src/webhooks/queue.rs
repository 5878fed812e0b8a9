//! Events that wait for their delivery, batches on their way, and what is tried again.

use crate::envelope::Object;
use crate::gigya::Gigya;
use crate::webhooks::event::News;
use crate::webhooks::{Webhook, payload};
use imbl::{OrdMap, Vector};
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::Request;
use std::sync::Arc;
use std::time::Duration;

/// How long the platform waits before each attempt; behind the last it gives up.
const WAITS: [u64; 9] = [0, 10, 30, 60, 120, 300, 600, 1200, 1800];
/// How many events wait for one webhook at most; the oldest go first.
const MOST: usize = 100_000;

/// What is on its way, by site and name of the webhook.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deliveries(OrdMap<(String, String), Line>);

/// The way to one webhook.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    waiting: Vector<Arc<Sealed>>,
    batch: Option<Batch>,
    /// When the next attempt is due; `None` while one is made, or with nothing to send.
    next: Option<Instant>,
    status: Option<Status>,
    /// Events that were given up, or for which there was no room.
    dropped: u64,
}

/// An event with its id.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) id: String,
    pub(crate) call_id: String,
    pub(crate) event: News,
    /// The parameters of the call.
    pub(crate) params: Option<Object>,
}

#[derive(Clone, Debug)]
struct Batch {
    events: Vec<Arc<Sealed>>,
    attempt: usize,
    copies: u64,
}

#[derive(Clone, Debug)]
struct Status {
    code: u16,
    sent: Instant,
    message: Option<String>,
}

/// One attempt to deliver events.
#[derive(Debug)]
pub struct WebhookCall {
    /// The site.
    pub api_key: String,
    /// The webhook's name.
    pub name: String,
    /// What goes out.
    pub request: Request,
    /// Which attempt this is, from 1.
    pub attempt: usize,
}

impl Gigya {
    /// Queues events for the webhooks of a site.
    pub(crate) fn announce(
        &mut self,
        now: Instant,
        api_key: &str,
        call_id: &str,
        events: Vec<News>,
        params: &Object,
    ) {
        let Some(site) = self.sites.get(api_key).cloned() else { return };
        let wait = self.knobs.span("gigya.webhook_delay");
        for event in events {
            let wanted = |hook: &&Arc<Webhook>| hook.active && hook.events.contains(&event.kind);
            let hooks: Vec<&Arc<Webhook>> = site.webhooks.values().filter(wanted).collect();
            if hooks.is_empty() {
                continue;
            }
            let params = event.kind.carries_params().then(|| params.clone());
            let id = self.ids.guid().to_ascii_lowercase();
            let sealed = Arc::new(Sealed { id, call_id: call_id.to_owned(), event, params });
            for hook in hooks {
                let line = self.deliveries.line(api_key, &hook.name);
                if line.waiting.len() >= MOST {
                    line.waiting.pop_front();
                    line.dropped += 1;
                }
                line.waiting.push_back(sealed.clone());
                if line.batch.is_none() && line.next.is_none() {
                    line.next = Some(now.plus(wait));
                }
            }
        }
    }

    /// Takes the delivery that has been due for longest.
    pub fn take_webhook(&mut self, now: Instant) -> Option<WebhookCall> {
        loop {
            let due = self.deliveries.0.iter().filter(|(_, line)| line.next.is_some_and(|at| at <= now));
            let key = due.min_by_key(|(_, line)| line.next).map(|(key, _)| key.clone())?;
            let hook = self.sites.get(&key.0).and_then(|site| site.webhooks.get(&key.1)).cloned();
            let Some(hook) = hook.filter(|hook| hook.active) else {
                self.deliveries.0.remove(&key);
                continue;
            };
            let backwards = self.knobs.text("gigya.webhook_order") == "reversed";
            let copies = self.knobs.number("gigya.webhook_copies").saturating_sub(1).min(10);
            let line = self.deliveries.line(&key.0, &key.1);
            line.next = None;
            if line.batch.is_none() {
                let events = line.cut(hook.version.batch(), backwards);
                if events.is_empty() {
                    continue;
                }
                line.batch = Some(Batch { events, attempt: 0, copies });
            }
            let Some(batch) = &mut line.batch else { continue };
            batch.attempt += 1;
            let (events, attempt) = (batch.events.clone(), batch.attempt);
            let Some(request) = payload::request(self, now, &key.0, &hook, &events) else {
                let why = "the request could not be signed".to_owned();
                self.webhook_answered(now, &key.0, &key.1, Err(why));
                continue;
            };
            return Some(WebhookCall { api_key: key.0, name: key.1, request, attempt });
        }
    }

    /// Takes back what came of a delivery: the receiver's HTTP status, or why there was none.
    pub fn webhook_answered(&mut self, now: Instant, api_key: &str, name: &str, answer: Result<u16, String>) {
        let wait = self.knobs.span("gigya.webhook_delay");
        let Some(line) = self.deliveries.0.get_mut(&(api_key.to_owned(), name.to_owned())) else { return };
        let Some(batch) = &mut line.batch else { return };
        let taken = answer.as_ref().is_ok_and(|status| (200..300).contains(status));
        let (code, message) = match answer {
            Ok(code) if taken => (code, None),
            Ok(code) => (code, Some(format!("the receiver answered {code}"))),
            Err(why) => (0, Some(why)),
        };
        line.status = Some(Status { code, sent: now, message });
        if taken && batch.copies > 0 {
            batch.copies -= 1;
            batch.attempt = 0;
            line.next = Some(now);
            return;
        }
        if !taken && let Some(seconds) = WAITS.get(batch.attempt) {
            line.next = Some(now.plus(Duration::from_secs(*seconds)));
            return;
        }
        if !taken {
            line.dropped += batch.events.len() as u64;
        }
        line.batch = None;
        line.next = (!line.waiting.is_empty()).then(|| now.plus(wait));
    }

    /// How many events never reached a webhook: those that were given up, and those for which there was no room.
    pub fn dropped_webhook_events(&self) -> u64 {
        self.deliveries.0.values().map(|line| line.dropped).sum()
    }

    /// The hosts of all webhooks.
    pub fn webhook_hosts(&self) -> Vec<String> {
        let hooks = self.sites.values().flat_map(|site| site.webhooks.values());
        let host =
            |hook: &Arc<Webhook>| hook.url.parse::<http::Uri>().ok()?.host().map(str::to_ascii_lowercase);
        hooks.filter_map(host).collect()
    }
}

impl Deliveries {
    fn line(&mut self, api_key: &str, name: &str) -> &mut Line {
        self.0.entry((api_key.to_owned(), name.to_owned())).or_default()
    }

    /// When the next delivery is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.0.values().filter_map(|line| line.next).min()
    }

    /// Forgets what was on its way to a webhook.
    pub(crate) fn forget(&mut self, api_key: &str, name: &str) {
        self.0.remove(&(api_key.to_owned(), name.to_owned()));
    }

    /// As accounts.webhooks.getStatus tells it.
    pub(crate) fn status(&self, api_key: &str, name: &str) -> Value {
        let line = self.0.get(&(api_key.to_owned(), name.to_owned()));
        let Some(status) = line.and_then(|line| line.status.as_ref()) else {
            return json!({"message": "No Webhook activity was found"});
        };
        let mut out = json!({"statusCode": status.code, "lastSent": status.sent.to_string()});
        if let Some(message) = &status.message {
            out["message"] = message.as_str().into();
        }
        out
    }
}

impl Line {
    /// The events of the next batch; backwards, the newest first.
    fn cut(&mut self, most: usize, backwards: bool) -> Vec<Arc<Sealed>> {
        let count = self.waiting.len().min(most);
        match backwards {
            false => {
                let rest = self.waiting.split_off(count);
                std::mem::replace(&mut self.waiting, rest).into_iter().collect()
            }
            true => {
                let newest = self.waiting.split_off(self.waiting.len() - count);
                newest.into_iter().rev().collect()
            }
        }
    }
}
