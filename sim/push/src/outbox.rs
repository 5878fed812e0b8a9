//! Sends accepted forms to Gigya, in order for each person, and again where that may help.

mod attempt;
#[cfg(test)]
pub(crate) mod tests;

use crate::participation::{Participation, PushBack};
use crate::payload::RowChange;
use crate::record::{Death, Idle, PushRecord, PushState};
pub(crate) use attempt::EXTRA_FIELDS;
use attempt::{End, Report};
use imbl::{OrdMap, Vector};
use standin_clients::GigyaAccess;
use standin_model::Instant;
use standin_model::mutant::mutated;
use standin_ports::{Http, Journal, What};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long after a failed attempt the next one follows: five attempts in all.
pub const DELAYS: [Duration; 4] =
    [Duration::from_secs(30), Duration::from_secs(120), Duration::from_secs(600), Duration::from_secs(3600)];

/// How many pushes may wait; one more is given up at once, and its record says so.
pub const WAITING_LIMIT: usize = 10_000;

/// How many records are kept. The oldest of a push that is over goes first, and with it the memory that its
/// participation was pushed.
pub const RECORDS_LIMIT: usize = 20_000;

/// Pushes on their way.
///
/// One person's pushes follow each other: a later form waits until the earlier one is through or given up,
/// so that a late retry never undoes newer data. Different people do not wait for each other.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// By UID, first come first served.
    queues: OrdMap<String, Vector<Arc<Order>>>,
    /// When the first of each queue is due.
    agenda: OrdMap<(Instant, u64), String>,
    waiting: usize,
    /// By push id, as each stands now.
    records: OrdMap<u64, Arc<PushRecord>>,
    /// By participation id, its push.
    known: OrdMap<String, u64>,
    /// Records as they came to be, since somebody last took them.
    news: Vector<Arc<PushRecord>>,
    last_push: u64,
}

/// A push that is not over.
#[derive(Clone, Debug)]
struct Order {
    push_id: u64,
    participation: Arc<Participation>,
    due: Instant,
    attempts: u32,
    /// Rows that Gigya refused; they are not sent again.
    refused: Vec<&'static str>,
    /// What the journal was told of the rows, so that a retry that does the same does not repeat it.
    told: Vec<RowChange>,
}

/// What became of a participation that was handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enqueued {
    /// It waits to be pushed.
    Queued(u64),
    /// It is over already: nothing is to be written, or too many wait.
    Settled(u64),
    /// It was handed in before, as this push.
    Known(u64),
}

impl Outbox {
    /// Takes an accepted form. The same participation twice is one push.
    pub fn enqueue(&mut self, now: Instant, participation: Participation) -> Enqueued {
        if let Some(push_id) = self.known.get(&participation.id) {
            return Enqueued::Known(*push_id);
        }
        self.last_push += 1;
        let push_id = self.last_push;
        self.known.insert(participation.id.clone(), push_id);
        let state = match (participation.preview, participation.push_back) {
            (true, _) if !mutated("push.preview.is-sent") => PushState::Skipped(Idle::Preview),
            (_, PushBack::Off) if !mutated("push.off.is-sent") => PushState::Skipped(Idle::PushBackOff),
            _ if self.waiting >= WAITING_LIMIT => PushState::Dead(Death::QueueFull),
            _ => PushState::Queued,
        };
        let over = state.is_final();
        self.note(first_record(now, push_id, &participation, state));
        if over {
            return Enqueued::Settled(push_id);
        }
        let uid = match mutated("push.queue.of-one-account-overtakes") {
            true => format!("{} {push_id}", participation.uid),
            false => participation.uid.clone(),
        };
        let order = Order {
            push_id,
            participation: Arc::new(participation),
            due: now,
            attempts: 0,
            refused: Vec::new(),
            told: Vec::new(),
        };
        let queue = self.queues.entry(uid.clone()).or_default();
        if queue.is_empty() {
            self.agenda.insert((now, push_id), uid);
        }
        queue.push_back(Arc::new(order));
        self.waiting += 1;
        Enqueued::Queued(push_id)
    }

    /// When there is something to do next.
    pub fn next_due(&self) -> Option<Instant> {
        self.agenda.get_min().map(|((due, _), _)| *due)
    }

    /// Makes every attempt that is due at `now`.
    pub async fn run_due(&mut self, now: Instant, http: Arc<dyn Http>, journal: &dyn Journal) {
        while let Some(order) = self.first_due(now) {
            let mut order = Order::clone(&order);
            let report = attempt::run(&mut order, now, http.clone(), journal).await;
            self.settle(now, order, report, journal);
        }
    }

    /// Every push as it stands, in the order in which they were handed in.
    pub fn records(&self) -> Vec<PushRecord> {
        self.records.values().map(|record| PushRecord::clone(record)).collect()
    }

    /// Each change of a record since this was last asked, in order: a log for somebody else to keep.
    pub fn take_news(&mut self) -> Vec<PushRecord> {
        std::mem::take(&mut self.news).iter().map(|record| PushRecord::clone(record)).collect()
    }

    /// Makes what is due at `now` use the credentials that count now: `present` tells those of a website.
    /// Corrected keys help what waits, and keys that were withdrawn are not used again.
    pub fn renew_access(&mut self, now: Instant, present: impl Fn(u64) -> Option<GigyaAccess>) {
        let due = self.agenda.range(..=(now, u64::MAX)).map(|(_, uid)| uid.clone());
        for uid in due.collect::<Vec<_>>() {
            for order in self.queues.get_mut(&uid).into_iter().flatten() {
                if let Some(access) = present(order.participation.site_id)
                    && access != order.participation.access
                {
                    Arc::make_mut(&mut Arc::make_mut(order).participation).access = access;
                }
            }
        }
    }

    /// Gives up what waits of participations whose people had their data removed, and forgets in their records
    /// whose they were. What the same account sent apart from these goes on.
    pub fn erase(&mut self, now: Instant, participations: &BTreeSet<String>) {
        let is_theirs = |order: &Arc<Order>| participations.contains(&order.participation.id);
        let uids: Vec<String> = self
            .queues
            .iter()
            .filter(|(_, queue)| queue.iter().any(is_theirs))
            .map(|(uid, _)| uid.clone())
            .collect();
        for uid in uids {
            let Some(queue) = self.queues.remove(&uid) else { continue };
            if let Some(first) = queue.front() {
                self.agenda.remove(&(first.due, first.push_id));
            }
            let (gone, mut kept): (Vector<_>, Vector<_>) = queue.into_iter().partition(is_theirs);
            self.waiting -= gone.len();
            for order in &gone {
                if let Some(record) = self.records.get(&order.push_id) {
                    let mut record = PushRecord::clone(record);
                    record.state = PushState::Dead(Death::Erased);
                    record.at = now;
                    record.uid.clear();
                    self.note(record);
                }
            }
            if let Some(first) = kept.front_mut() {
                let first = Arc::make_mut(first);
                first.due = first.due.max(now);
                self.agenda.insert((first.due, first.push_id), uid.clone());
                self.queues.insert(uid, kept);
            }
        }
        let pushes = participations.iter().filter_map(|id| self.known.get(id)).copied().collect::<Vec<_>>();
        for push_id in pushes {
            if let Some(record) = self.records.get_mut(&push_id).filter(|record| !record.uid.is_empty()) {
                Arc::make_mut(record).uid.clear();
            }
        }
        for record in self.news.iter_mut().filter(|record| participations.contains(&record.participation_id))
        {
            Arc::make_mut(record).uid.clear();
        }
    }

    fn first_due(&self, now: Instant) -> Option<Arc<Order>> {
        let ((due, _), uid) = self.agenda.get_min()?;
        if *due > now {
            return None;
        }
        self.queues.get(uid)?.front().cloned()
    }

    /// Writes down what came of an attempt: the push is over, or stays first in its queue for later.
    fn settle(&mut self, now: Instant, mut order: Order, report: Report, journal: &dyn Journal) {
        let uid = order.participation.uid.clone();
        self.agenda.remove(&(order.due, order.push_id));
        let before = if mutated("push.retry.never-ends") { 0 } else { order.attempts.saturating_sub(1) };
        let delay = DELAYS.get(before as usize);
        let state = match (&report.end, delay) {
            (End::Later, Some(_)) => PushState::Retrying,
            (End::Later, None) => PushState::Dead(Death::Exhausted),
            (End::Over(state), _) => state.clone(),
        };
        let record = PushRecord {
            attempt: order.attempts,
            sent: report.sent,
            skipped: report.skipped,
            warnings: report.warnings,
            gigya_error_code: report.code,
            gigya_call_id: report.call_id,
            http_status: report.http_status,
            ..first_record(now, order.push_id, &order.participation, state.clone())
        };
        let text = format!(
            "push {} of participation {}: {state} after attempt {}",
            record.push_id, record.participation_id, record.attempt
        );
        journal.record(What::Note { who: attempt::ACTOR, text });
        self.note(record);
        if let (false, Some(delay)) = (state.is_final(), delay) {
            order.due = now.plus(*delay);
            self.agenda.insert((order.due, order.push_id), uid.clone());
            if let Some(first) = self.queues.get_mut(&uid).and_then(Vector::front_mut) {
                *first = Arc::new(order);
            }
        } else {
            self.next_in_queue(now, &uid);
        }
    }

    /// Removes the first of a queue; the second may go at once.
    fn next_in_queue(&mut self, now: Instant, uid: &str) {
        let Some(queue) = self.queues.get_mut(uid) else { return };
        if queue.pop_front().is_some() {
            self.waiting -= 1;
        }
        match queue.front_mut() {
            Some(next) => {
                let next = Arc::make_mut(next);
                next.due = next.due.max(now);
                self.agenda.insert((next.due, next.push_id), uid.to_owned());
            }
            None => {
                self.queues.remove(uid);
            }
        }
    }

    fn note(&mut self, record: PushRecord) {
        let record = Arc::new(record);
        self.records.insert(record.push_id, record.clone());
        self.news.push_back(record);
        if self.news.len() > RECORDS_LIMIT {
            self.news.pop_front();
        }
        if self.records.len() > RECORDS_LIMIT {
            let over = self.records.values().find(|record| record.state.is_final()).cloned();
            if let Some(over) = over {
                self.records.remove(&over.push_id);
                self.known.remove(&over.participation_id);
            }
        }
    }
}

fn first_record(now: Instant, push_id: u64, participation: &Participation, state: PushState) -> PushRecord {
    PushRecord {
        push_id,
        participation_id: participation.id.clone(),
        campaign_id: participation.campaign_id,
        site_id: participation.site_id,
        uid: participation.uid.clone(),
        attempt: 0,
        at: now,
        state,
        sent: Vec::new(),
        skipped: Vec::new(),
        warnings: Vec::new(),
        gigya_error_code: None,
        gigya_call_id: None,
        http_status: None,
    }
}
