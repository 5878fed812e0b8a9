//! Deliveries that wait, what is tried again, and what became of each.

use super::Webhook;
use crate::participation::Participation;
use crate::qualifio::Qualifio;
use bytes::Bytes;
use imbl::{OrdMap, OrdSet};
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::Request;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long after a failed attempt the next one follows: five attempts in all.
const DELAYS: [u64; 4] = [30, 120, 600, 3600];

/// How many deliveries may wait; one more is given up at once, and its record says so.
const MOST_WAITING: usize = 10_000;

/// How many records are kept; the oldest of a delivery that is over goes first.
const MOST_RECORDS: usize = 20_000;

/// Deliveries on their way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    waiting: OrdMap<u64, Arc<Delivery>>,
    agenda: OrdSet<(Instant, u64)>,
    records: OrdMap<u64, Arc<Record>>,
    last: u64,
}

#[derive(Clone, Debug)]
struct Delivery {
    webhook: u64,
    body: Bytes,
    attempts: usize,
    /// When the next attempt is due, which is its place on the agenda.
    due: Instant,
}

/// What became of a delivery: names and outcomes, nothing that somebody wrote.
#[derive(Clone, Debug)]
struct Record {
    webhook: u64,
    name: String,
    url: String,
    participation: String,
    campaign: u64,
    state: State,
    attempt: usize,
    at: Instant,
    status: Option<u16>,
    message: Option<String>,
}

/// How a delivery stands, in the words of pushes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Queued,
    Retrying,
    Succeeded,
    Preview,
    Dead(Death),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Death {
    Exhausted,
    /// The webhook is no more, or switched off.
    Config,
    Erased,
    QueueFull,
}

impl State {
    fn word(self) -> String {
        match self {
            Self::Preview => "Skipped(Preview)".to_owned(),
            state => format!("{state:?}"),
        }
    }

    fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Retrying)
    }
}

/// One attempt to deliver a participation.
#[derive(Debug)]
pub struct WebhookCall {
    /// The delivery's number.
    pub delivery: u64,
    /// The webhook's name.
    pub webhook: String,
    /// What goes out.
    pub request: Request,
    /// Which attempt this is, from 1.
    pub attempt: usize,
}

impl Queue {
    /// Lets a body wait. A preview tells nobody.
    pub(super) fn add(&mut self, now: Instant, hook: &Webhook, participation: &Participation, body: Bytes) {
        self.last += 1;
        let state = match participation.campaign.preview {
            true => State::Preview,
            false if self.waiting.len() >= MOST_WAITING => State::Dead(Death::QueueFull),
            false => State::Queued,
        };
        let record = Record {
            webhook: hook.id,
            name: hook.name.clone(),
            url: hook.url.clone(),
            participation: participation.id.clone(),
            campaign: participation.campaign.id,
            state,
            attempt: 0,
            at: now,
            status: None,
            message: None,
        };
        self.records.insert(self.last, Arc::new(record));
        if self.records.len() > MOST_RECORDS {
            let over = self.records.iter().find(|(_, record)| record.state.is_final()).map(|(id, _)| *id);
            over.map(|id| self.records.remove(&id));
        }
        if state == State::Queued {
            let delivery = Delivery { webhook: hook.id, body, attempts: 0, due: now };
            self.waiting.insert(self.last, Arc::new(delivery));
            self.agenda.insert((now, self.last));
        }
    }

    /// When the next attempt is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.agenda.get_min().map(|(due, _)| *due)
    }

    fn note(&mut self, id: u64, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.records.get_mut(&id) {
            change(Arc::make_mut(record));
        }
    }

    fn give_up(&mut self, now: Instant, id: u64, death: Death) {
        if let Some(delivery) = self.waiting.remove(&id) {
            self.agenda.remove(&(delivery.due, id));
        }
        self.note(id, |record| {
            record.state = State::Dead(death);
            record.at = now;
        });
    }

    /// Gives up what waits about participations whose people were forgotten.
    pub(crate) fn erase(&mut self, now: Instant, participations: &BTreeSet<String>) {
        let about = |id: &&u64| {
            self.records.get(*id).is_some_and(|record| participations.contains(&record.participation))
        };
        for id in self.waiting.keys().filter(about).copied().collect::<Vec<_>>() {
            self.give_up(now, id, Death::Erased);
        }
    }

    /// Gives up what waits for a webhook that is no more.
    pub(super) fn forget(&mut self, now: Instant, webhook: u64) {
        let own = self.waiting.iter().filter(|(_, delivery)| delivery.webhook == webhook);
        for id in own.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.give_up(now, id, Death::Config);
        }
    }

    /// What became of each delivery, oldest first.
    pub(crate) fn log(&self) -> Vec<Value> {
        let line = |(id, record): (&u64, &Arc<Record>)| {
            json!({
                "delivery_id": id, "webhook_id": record.webhook, "webhook": record.name, "url": record.url,
                "participation_id": record.participation, "campaign_id": record.campaign,
                "attempt": record.attempt, "at": record.at.to_string(), "state": record.state.word(),
                "http_status": record.status, "message": record.message,
            })
        };
        self.records.iter().map(line).collect()
    }
}

impl Qualifio {
    /// Takes the delivery of a participation that has been due for longest.
    pub fn take_webhook(&mut self, now: Instant) -> Option<WebhookCall> {
        loop {
            let queue = &mut self.webhooks.queue;
            let first = queue.agenda.get_min().copied().filter(|(due, _)| *due <= now)?;
            queue.agenda.remove(&first);
            let id = first.1;
            let Some(delivery) = queue.waiting.get_mut(&id) else { continue };
            let delivery = Arc::make_mut(delivery);
            delivery.attempts += 1;
            let attempt = delivery.attempts;
            let hook = self.webhooks.all.get(&delivery.webhook).filter(|hook| hook.active);
            let part = self.knobs.text("qualifio.webhook_signature");
            let call =
                hook.and_then(|hook| Some((hook.name.clone(), hook.request(now, &delivery.body, part)?)));
            match call {
                Some((webhook, request)) => {
                    return Some(WebhookCall { delivery: id, webhook, request, attempt });
                }
                None => queue.give_up(now, id, Death::Config),
            }
        }
    }

    /// Takes back what came of a delivery: the receiver's HTTP status, or why there was none. Anything but 2XX
    /// is a failure, a redirect included.
    pub fn webhook_answered(&mut self, now: Instant, delivery: u64, answer: Result<u16, String>) {
        let queue = &mut self.webhooks.queue;
        let Some(waiting) = queue.waiting.get_mut(&delivery) else { return };
        let attempt = waiting.attempts;
        let taken = answer.as_ref().is_ok_and(|status| (200..300).contains(status));
        let delay = DELAYS.get(attempt.saturating_sub(1)).copied().filter(|_| !taken);
        let state = match (taken, delay) {
            (true, _) => State::Succeeded,
            (false, Some(_)) => State::Retrying,
            (false, None) => State::Dead(Death::Exhausted),
        };
        match delay {
            Some(seconds) => {
                let due = now.plus(Duration::from_secs(seconds));
                Arc::make_mut(waiting).due = due;
                queue.agenda.insert((due, delivery));
            }
            None => {
                queue.waiting.remove(&delivery);
            }
        }
        queue.note(delivery, |record| {
            record.state = state;
            record.attempt = attempt;
            record.at = now;
            record.status = answer.as_ref().ok().copied();
            record.message = answer.err();
        });
    }

    /// The hosts of all webhooks.
    pub fn webhook_hosts(&self) -> Vec<String> {
        let host =
            |hook: &Arc<Webhook>| hook.url.parse::<http::Uri>().ok()?.host().map(str::to_ascii_lowercase);
        self.webhooks.all.values().filter_map(host).collect()
    }

    /// What became of each delivery of a participation, oldest first.
    pub fn webhook_deliveries(&self) -> Vec<Value> {
        self.webhooks.queue.log()
    }
}
