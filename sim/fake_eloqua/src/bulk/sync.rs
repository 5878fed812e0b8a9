//! Syncs: when they run, and what they tell.

use crate::bulk::data::Data;
use crate::bulk::definitions::key_of;
use crate::bulk::staging::Posting;
use crate::bulk::{Callback, Key, Sort, definition};
use crate::eloqua::{Due, Eloqua};
use crate::elq;
use crate::import::{self, Log, Reject};
use crate::listing::{self, Oversize, Window};
use crate::reply::{self, Failure, Refused};
use crate::router::Call;
use crate::time;
use imbl::Vector;
use serde_json::{Map, Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;
use std::time::Duration;

/// How many syncs are remembered.
const KEPT: usize = 2000;
/// How many rows of exports and rejects are kept over all syncs; beyond it the oldest syncs are forgotten.
const ROWS_KEPT: usize = 20_000_000;
/// How many callbacks wait to be fetched.
const CALLBACKS_KEPT: usize = 1000;

/// One sync.
#[derive(Clone, Debug)]
pub(super) struct Sync {
    pub(super) id: u64,
    pub(super) key: Key,
    callback: Option<String>,
    status: &'static str,
    created: Instant,
    /// The login name of whoever started it.
    pub(super) by: String,
    started: Option<Instant>,
    ended: Option<Instant>,
    pub(super) taken: Vector<Arc<Posting>>,
    pub(super) logs: Vec<Log>,
    pub(super) rejects: Arc<Vec<Reject>>,
    pub(super) data: Option<Arc<Data>>,
}

impl Sync {
    fn uri(&self) -> String {
        format!("/syncs/{}", self.id)
    }

    fn rows(&self) -> usize {
        self.rejects.len() + self.data.as_ref().map_or(0, |data| data.len())
    }

    fn view(&self) -> Value {
        let mut out = json!({ "syncedInstanceUri": self.key.uri() });
        if let Some(callback) = &self.callback {
            out["callbackUrl"] = Value::from(callback.clone());
        }
        if let Some(started) = self.started {
            out["syncStartedAt"] = Value::from(time::bulk(started));
        }
        if let Some(ended) = self.ended {
            out["syncEndedAt"] = Value::from(time::bulk(ended));
        }
        out["status"] = Value::from(self.status);
        out["createdAt"] = Value::from(time::bulk(self.created));
        out["createdBy"] = Value::from(self.by.clone());
        out["uri"] = Value::from(self.uri());
        out
    }
}

impl Eloqua {
    /// Puts a sync on the agenda. Syncs of one definition run one after the other.
    pub(super) fn new_sync(&mut self, now: Instant, key: Key, callback: Option<String>, by: String) -> Value {
        self.bulk.last_sync += 1;
        let id = self.bulk.last_sync;
        let made = Sync {
            id,
            key,
            callback,
            status: "pending",
            created: now,
            by,
            started: None,
            ended: None,
            taken: Vector::new(),
            logs: Vec::new(),
            rejects: Arc::default(),
            data: None,
        };
        let view = made.view();
        let free = self.bulk.busy.get(&key).copied().unwrap_or(now);
        let start = now.plus(self.knobs.span("eloqua.sync_pending")).max(free);
        let end = start.plus(self.knobs.span("eloqua.sync_active"));
        self.bulk.busy.insert(key, end);
        self.agenda.add(start, Due::StartSync(id));
        self.agenda.add(end, Due::EndSync(id));
        if key.sort == Sort::Export {
            self.bulk.latest.insert(key, id);
        }
        self.bulk.asked.entry(key.sort).or_default().push_back(now);
        self.bulk.syncs.insert(id, Arc::new(made));
        self.forget_oldest();
        view
    }

    /// Forgets the oldest syncs where there are too many, or too much is kept of them. The last one stays.
    fn forget_oldest(&mut self) {
        let mut rows: usize = self.bulk.syncs.values().map(|sync| sync.rows()).sum();
        while self.bulk.syncs.len() > KEPT || rows > ROWS_KEPT && self.bulk.syncs.len() > 1 {
            let Some(oldest) = self.bulk.syncs.get_min().map(|(id, _)| *id) else { break };
            let forgotten = self.bulk.syncs.remove(&oldest);
            rows -= forgotten.map_or(0, |sync| sync.rows());
        }
    }

    /// Whether one more sync of a sort fits into the hour.
    pub(super) fn fits_the_hour(&mut self, now: Instant, sort: Sort) -> bool {
        let most = match sort {
            Sort::Import => self.knobs.number("eloqua.import_syncs_an_hour"),
            Sort::Export => self.knobs.number("eloqua.export_syncs_an_hour"),
            Sort::SyncAction => self.knobs.number("eloqua.action_syncs_an_hour"),
        };
        let asked = self.bulk.asked.entry(sort).or_default();
        while asked.front().is_some_and(|at| now.since(*at) >= Duration::from_secs(3600)) {
            asked.pop_front();
        }
        (asked.len() as u64) < most || self.knobs.text("eloqua.hourly_limit") == "soft"
    }

    /// A sync becomes active and takes everything that is staged.
    pub(crate) fn start_sync(&mut self, now: Instant, id: u64) {
        let Some(key) = self.bulk.syncs.get(&id).map(|sync| sync.key) else { return };
        let taken = self.unstage(key);
        let Some(sync) = self.bulk.syncs.get_mut(&id) else { return };
        let sync = Arc::make_mut(sync);
        sync.status = "active";
        sync.started = Some(now);
        sync.taken = taken;
    }

    /// A sync does its work and ends.
    pub(crate) fn end_sync(&mut self, now: Instant, id: u64) {
        let Some(sync) = self.bulk.syncs.get(&id) else { return };
        let mut sync = (**sync).clone();
        let definition = self.bulk.definitions.get(&sync.key).cloned();
        self.work(now, &mut sync, definition.as_deref());
        sync.taken = Vector::new();
        sync.status = import::weigh(&sync.logs);
        sync.ended = Some(now);
        if let Some(definition) = &definition
            && sync.data.is_some()
        {
            self.agenda.add(now.plus(definition.retention()), Due::DropData(id));
        }
        let id = sync.id.to_string();
        let state = format!("{}{}", sync.status[..1].to_uppercase(), &sync.status[1..]);
        let end = Log::new(101, 0).with("syncId", &id).with("status", &state);
        let at = sync.logs.iter().position(|log| log.code == 1).unwrap_or(sync.logs.len());
        sync.logs.insert(at, end);
        if let Some(url) = sync.callback.clone() {
            let body = sync.view().to_string();
            self.bulk.callbacks.push_back(Callback { at: now, url, body });
            while self.bulk.callbacks.len() > CALLBACKS_KEPT {
                self.bulk.callbacks.pop_front();
            }
        }
        self.bulk.syncs.insert(sync.id, Arc::new(sync));
        self.forget_oldest();
    }

    /// The next call that a finished sync owes to whoever started it. Whoever runs the world makes it.
    pub fn take_callback(&mut self) -> Option<Callback> {
        self.bulk.callbacks.pop_front()
    }

    /// Whether a sync is to be told of at this host.
    pub fn calls_back(&self, host: &str) -> bool {
        let at = |url: &str| url.parse::<http::Uri>().is_ok_and(|uri| uri.host() == Some(host));
        self.bulk.syncs.values().any(|sync| sync.callback.as_deref().is_some_and(at))
    }

    /// The rows of a sync are no longer available.
    pub(crate) fn drop_data(&mut self, id: u64) {
        if let Some(sync) = self.bulk.syncs.get_mut(&id).filter(|sync| sync.data.is_some()) {
            Arc::make_mut(sync).data = None;
        }
    }

    /// The rows of all syncs of a definition are no longer available.
    pub(super) fn forget_data_of(&mut self, key: Key) {
        let of = self.bulk.syncs.values().filter(|sync| sync.key == key && sync.data.is_some());
        for id in of.map(|sync| sync.id).collect::<Vec<_>>() {
            self.drop_data(id);
        }
    }
}

fn find(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<Sync>, Refused> {
    let id = call.id().ok_or_else(reply::absent)?;
    eloqua.bulk.syncs.get(&id).cloned().ok_or_else(reply::absent)
}

/// `POST /syncs`.
pub(super) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let members = call.object()?;
    let uri = members.get("syncedInstanceUri").and_then(Value::as_str);
    let key = uri.and_then(Key::read);
    let Some(definition) = key.and_then(|key| eloqua.bulk.definitions.get(&key)).cloned() else {
        let failure = Failure::new("syncedInstanceUri", uri, "Must reference an existing definition.");
        return Err(reply::failures(&[failure]));
    };
    definition::read(definition.key, &definition.members, &eloqua.store)
        .map_err(|failures| reply::failures(&failures))?;
    if !eloqua.fits_the_hour(call.now, definition.key.sort) {
        return Err(Box::new(reply::bare(429)));
    }
    let callback = members.get("callbackUrl").and_then(Value::as_str).filter(|url| !url.is_empty());
    let by = eloqua.login_of(call);
    Ok(reply::bulk(201, &eloqua.new_sync(call.now, definition.key, callback.map(str::to_owned), by)))
}

/// `GET /syncs`.
pub(super) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.bulk.syncs.values().map(|sync| sync.view()).collect();
    listing::page(all, &call.query, Oversize::Refuse)
}

/// `GET /syncs/{id}`.
pub(super) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    Ok(reply::bulk(200, &find(eloqua, call)?.view()))
}

/// `GET /syncs/{id}/logs`.
pub(super) fn logs(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let sync = find(eloqua, call)?;
    let at = time::bulk(sync.ended.unwrap_or(sync.created));
    let one = |log: &Log| {
        let mut out = json!({
            "syncUri": sync.uri(),
            "count": log.count,
            "severity": log.severity.word(),
            "statusCode": elq::of(log.code).name(),
        });
        if !log.text.is_empty() {
            out["message"] = Value::from(log.text.clone());
        }
        out["createdAt"] = Value::from(at.clone());
        out
    };
    listing::page(sync.logs.iter().map(one).collect(), &call.query, Oversize::Clamp)
}

/// `GET /syncs/{id}/rejects`.
pub(super) fn rejects(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let sync = find(eloqua, call)?;
    let one = |reject: &Reject| {
        let values: Map<String, Value> =
            reject.values.iter().map(|(key, value)| (key.clone(), Value::from(value.clone()))).collect();
        json!({
            "fieldValues": values,
            "message": elq::reject_text(reject.code),
            "statusCode": elq::of(reject.code).name(),
            "recordIndex": reject.index,
            "invalidFields": reject.fields,
        })
    };
    if call.query.get_any_case("q").is_some() || call.query.get_any_case("orderBy").is_some() {
        return listing::page(sync.rejects.iter().map(one).collect(), &call.query, Oversize::Clamp);
    }
    let window = Window::read(&call.query, listing::LIST, Oversize::Clamp)?;
    let page = sync.rejects.iter().skip(window.offset).take(window.limit).map(one).collect();
    Ok(window.envelope(Some(page), sync.rejects.len()))
}

/// `GET /syncs/{id}/data`.
pub(super) fn data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    page_of(&*find(eloqua, call)?, call)
}

/// `GET /{family}/exports/{id}/data`: the rows of the latest sync.
pub(super) fn latest_data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    match latest(eloqua, call)? {
        Some(sync) => page_of(&sync, call),
        None => Ok(Window::read(&call.query, listing::DATA, Oversize::Refuse)?.envelope(None, 0)),
    }
}

fn latest(eloqua: &Eloqua, call: &Call<'_>) -> Result<Option<Arc<Sync>>, Refused> {
    let key = key_of(eloqua, call, Sort::Export)?;
    if !eloqua.bulk.definitions.contains_key(&key) {
        return Err(reply::absent());
    }
    let id = eloqua.bulk.latest.get(&key);
    Ok(id.and_then(|id| eloqua.bulk.syncs.get(id)).cloned())
}

fn page_of(sync: &Sync, call: &Call<'_>) -> Result<Response, Refused> {
    if sync.key.sort != Sort::Export {
        let failure = Failure::new("syncUri", Some(&sync.uri()), "Must reference a sync of an export.");
        return Err(reply::failures(&[failure]));
    }
    match &sync.data {
        Some(data) => data.answer(call),
        // What was there expired or was deleted.
        None if sync.status == "success" || sync.status == "warning" => Err(Box::new(reply::bare(410))),
        None => Ok(Window::read(&call.query, listing::DATA, Oversize::Refuse)?.envelope(None, 0)),
    }
}

/// `DELETE /syncs/{id}/data`.
pub(super) fn delete_data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let id = find(eloqua, call)?.id;
    eloqua.drop_data(id);
    Ok(reply::bare(204))
}

/// `DELETE /{family}/exports/{id}/data`.
pub(super) fn delete_latest_data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    if let Some(sync) = latest(eloqua, call)? {
        eloqua.drop_data(sync.id);
    }
    Ok(reply::bare(204))
}
