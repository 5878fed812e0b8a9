//! One attempt: read the account, work out what to send, write it.

use super::Order;
use crate::entities::decode_once;
use crate::payload::{Payload, Reason, payload_at};
use crate::record::{Death, Idle, PushState};
use crate::verdict::{Class, class_of};
use serde_json::Value;
use sha2::{Digest, Sha256};
use standin_clients::{GigyaClient, GigyaError};
use standin_model::mutant::mutated;
use standin_model::{Instant, email};
use standin_ports::{Http, Journal, What};
use std::sync::Arc;

/// Who acts, for a journal.
pub(super) const ACTOR: &str = "push";

/// Members of a profile that Gigya leaves out unless asked for.
pub(crate) const EXTRA_FIELDS: &str = "phones,languages,address,username";

/// What came of an attempt.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) end: End,
    pub(super) sent: Vec<&'static str>,
    pub(super) skipped: Vec<(String, Reason)>,
    pub(super) warnings: Vec<String>,
    pub(super) code: Option<i64>,
    pub(super) call_id: Option<String>,
    pub(super) http_status: Option<u16>,
}

/// Whether there is another attempt to make.
#[derive(Debug)]
pub(super) enum End {
    /// It may help to try again.
    Later,
    /// It is over.
    Over(PushState),
}

impl Report {
    fn new() -> Self {
        Self {
            end: End::Later,
            sent: Vec::new(),
            skipped: Vec::new(),
            warnings: Vec::new(),
            code: None,
            call_id: None,
            http_status: None,
        }
    }

    fn over(mut self, state: PushState) -> Self {
        self.end = End::Over(state);
        self
    }

    /// Keeps what an answer says about itself.
    fn keep(&mut self, answer: &Result<Value, GigyaError>) {
        (self.code, self.call_id, self.http_status) = (None, None, None);
        let body = match answer {
            Ok(body) => {
                self.code = Some(0);
                body
            }
            Err(GigyaError::Api { code, body, .. }) => {
                self.code = Some(*code);
                body
            }
            Err(GigyaError::NotJson { status, .. }) => {
                self.http_status = Some(*status);
                return;
            }
            Err(GigyaError::Transport(_) | GigyaError::Unsigned { .. }) => return,
        };
        self.call_id = body.get("callId").and_then(Value::as_str).map(str::to_owned);
    }

    fn keep_rows(&mut self, payload: &Payload) {
        self.sent.clone_from(&payload.sent);
        self.skipped.clone_from(&payload.skipped);
        let tampered = payload.skipped.iter().any(|(_, reason)| *reason == Reason::EmailTamperIgnored);
        let warning = Reason::EmailTamperIgnored.to_string();
        if tampered && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

pub(super) async fn run(
    order: &mut Order,
    now: Instant,
    http: Arc<dyn Http>,
    journal: &dyn Journal,
) -> Report {
    order.attempts += 1;
    let mut report = Report::new();
    let participation = order.participation.clone();
    // What a form with nothing to send would add to an empty profile is nothing, too: no call is needed.
    let alone = payload_at(&participation, &Value::Null, now, &order.refused);
    if alone.is_empty() && order.refused.is_empty() {
        report.keep_rows(&alone);
        tell(order, &alone, journal);
        return report.over(PushState::Skipped(Idle::NothingToSend));
    }
    let client = GigyaClient::new(http, participation.access.clone(), ACTOR)
        .with_nonce_prefix(format!("{}.{}", order.push_id, order.attempts));
    // Numbers and languages are added to what is there, so what is there is read right before.
    let params = [
        ("UID", participation.uid.clone()),
        ("include", "profile".to_owned()),
        (
            "extraProfileFields",
            if mutated("push.account.without-extra-fields") { "address" } else { EXTRA_FIELDS }.to_owned(),
        ),
    ];
    let answer = client.call(now, "accounts.getAccountInfo", &params).await;
    report.keep(&answer);
    let account = match answer {
        Ok(account) => account,
        Err(error) => return failed(report, class_of(&error, &[])),
    };
    if account.get("UID").and_then(Value::as_str) != Some(&participation.uid) {
        return report.over(PushState::Dead(Death::AccountGone));
    }
    let profile = match mutated("push.account.not-read-before") {
        true => &Value::Null,
        false => account.get("profile").unwrap_or(&Value::Null),
    };
    if let Some(warning) = email_changed(&participation.email_at_identification, profile) {
        journal.record(What::Note { who: ACTOR, text: format!("push {}: {warning}", order.push_id) });
        report.warnings.push(warning);
    }
    write(order, now, &client, profile, journal, report).await
}

/// Writes, and once more without what Gigya refuses by name.
async fn write(
    order: &mut Order,
    now: Instant,
    client: &GigyaClient,
    profile: &Value,
    journal: &dyn Journal,
    mut report: Report,
) -> Report {
    loop {
        let payload = payload_at(&order.participation, profile, now, &order.refused);
        report.keep_rows(&payload);
        tell(order, &payload, journal);
        if payload.is_empty() {
            let state = if order.refused.is_empty() {
                PushState::Skipped(Idle::NothingToSend)
            } else {
                PushState::Dead(Death::Data)
            };
            return report.over(state);
        }
        let params = [
            ("UID", order.participation.uid.clone()),
            ("profile", Value::Object(payload.profile).to_string()),
        ];
        let answer = client.call(now, "accounts.setAccountInfo", &params).await;
        report.keep(&answer);
        let Err(error) = answer else {
            let dropped = order.refused.clone();
            let state =
                if dropped.is_empty() { PushState::Succeeded } else { PushState::Partial { dropped } };
            return report.over(state);
        };
        match class_of(&error, &payload.sent) {
            Class::Refused(rows)
                if order.refused.is_empty() && !rows.is_empty() && !mutated("push.refused-row.ends-it") =>
            {
                order.refused = if mutated("push.refused-row.takes-all-along") { payload.sent } else { rows };
            }
            class => return failed(report, class),
        }
    }
}

fn failed(mut report: Report, class: Class) -> Report {
    report.sent.clear();
    match class {
        Class::Transient => report,
        Class::Config => report.over(PushState::Dead(Death::Config)),
        Class::Gone => report.over(PushState::Dead(Death::AccountGone)),
        Class::Refused(_) => report.over(PushState::Dead(Death::Data)),
    }
}

/// Tells the journal what the rows did, unless it knows.
fn tell(order: &mut Order, payload: &Payload, journal: &dyn Journal) {
    if order.told == payload.changes {
        return;
    }
    for change in &payload.changes {
        journal.record(What::Change {
            who: ACTOR,
            place: change.place.clone(),
            subject: order.participation.uid.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        });
    }
    order.told.clone_from(&payload.changes);
}

/// Says that the account has another address by now. The UID carries the push, so it goes on; the addresses
/// themselves are nobody's business in a log.
fn email_changed(before: &str, profile: &Value) -> Option<String> {
    let now = decode_once(profile.get("email")?.as_str()?);
    if email::same(before, &now) {
        return None;
    }
    Some(format!("EmailChanged{{{},{}}}", short_hash(before), short_hash(&now)))
}

fn short_hash(address: &str) -> String {
    let digest = Sha256::digest(email::comparable(address).as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
