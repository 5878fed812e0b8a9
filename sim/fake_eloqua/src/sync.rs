//! Syncs: what they do, when, and what they tell.

use crate::bulk::{Key, Posting, Sort};
use crate::definition::{self, Definition, Meaning};
use crate::eloqua::{Due, Eloqua};
use crate::elq;
use crate::export;
use crate::import::{self, Choices, Log, Plan, Reject, Row};
use crate::listing::{self, Oversize, Window};
use crate::reply::{self, Failure, Refused};
use crate::router::Call;
use crate::table::{self, Format};
use crate::time;
use crate::value;
use imbl::Vector;
use serde_json::{Map, Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// How many syncs are remembered.
const KEPT: usize = 2000;

/// The rows of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Data {
    keys: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One sync.
#[derive(Clone, Debug)]
pub(crate) struct Sync {
    id: u64,
    key: Key,
    callback: Option<String>,
    status: &'static str,
    created: Instant,
    started: Option<Instant>,
    ended: Option<Instant>,
    taken: Vector<Arc<Posting>>,
    logs: Vec<Log>,
    rejects: Arc<Vec<Reject>>,
    data: Option<Arc<Data>>,
    expires: Option<Instant>,
}

impl Sync {
    fn uri(&self) -> String {
        format!("/syncs/{}", self.id)
    }

    fn view(&self, user: &str) -> Value {
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
        out["createdBy"] = Value::from(user);
        out["uri"] = Value::from(self.uri());
        out
    }
}

impl Eloqua {
    /// Puts a sync on the agenda. Syncs of one definition run one after the other.
    pub(crate) fn new_sync(&mut self, now: Instant, key: Key, callback: Option<String>) -> Value {
        self.bulk.last_sync += 1;
        let id = self.bulk.last_sync;
        let made = Sync {
            id,
            key,
            callback,
            status: "pending",
            created: now,
            started: None,
            ended: None,
            taken: Vector::new(),
            logs: Vec::new(),
            rejects: Arc::default(),
            data: None,
            expires: None,
        };
        let view = made.view(&self.site.user);
        let free = self.bulk.busy.get(&key).copied().unwrap_or(now);
        let start = now.plus(self.knobs.span("eloqua.sync_pending")).max(free);
        let end = start.plus(self.knobs.span("eloqua.sync_active"));
        self.bulk.busy.insert(key, end);
        self.agenda.add(start, Due::StartSync(id));
        self.agenda.add(end, Due::EndSync(id));
        self.bulk.syncs.insert(id, Arc::new(made));
        while self.bulk.syncs.len() > KEPT {
            let Some(oldest) = self.bulk.syncs.get_min().map(|(id, _)| *id) else { break };
            self.bulk.syncs.remove(&oldest);
        }
        view
    }

    /// A sync becomes active and takes everything that is staged.
    pub(crate) fn start_sync(&mut self, now: Instant, id: u64) {
        let Some(sync) = self.bulk.syncs.get_mut(&id) else { return };
        let sync = Arc::make_mut(sync);
        sync.status = "active";
        sync.started = Some(now);
        sync.taken = self.bulk.staging.remove(&sync.key).unwrap_or_default();
    }

    /// A sync does its work and ends.
    pub(crate) fn end_sync(&mut self, now: Instant, id: u64) {
        let Some(sync) = self.bulk.syncs.get(&id) else { return };
        let mut sync = (**sync).clone();
        let definition = self.bulk.definitions.get(&sync.key).cloned();
        let retention = definition.as_ref().map(|definition| definition.retention());
        self.work(now, &mut sync, definition.as_deref());
        sync.taken = Vector::new();
        sync.status = import::weigh(&sync.logs);
        sync.ended = Some(now);
        sync.expires = retention.map(|span| now.plus(span));
        let id = sync.id.to_string();
        let state = format!("{}{}", sync.status[..1].to_uppercase(), &sync.status[1..]);
        let end = Log::new(101, 0).with("syncId", &id).with("status", &state);
        let at = sync.logs.iter().position(|log| log.code == 1).unwrap_or(sync.logs.len());
        sync.logs.insert(at, end);
        self.bulk.syncs.insert(sync.id, Arc::new(sync));
    }

    fn work(&mut self, now: Instant, sync: &mut Sync, definition: Option<&Definition>) {
        let id = sync.id.to_string();
        let read =
            definition.map(|definition| definition::read(definition.key, &definition.members, &self.store));
        let meaning = match read {
            None => {
                let log = Log::new(143, 0).with("syncProductType", "Import");
                sync.logs = vec![log.with("syncReferenceId", &sync.key.id.to_string())];
                return;
            }
            Some(Err(_)) => {
                let user = self.site.user.clone();
                sync.logs = vec![Log::new(122, 0).with("syncId", &id).with("userId", &user)];
                return;
            }
            Some(Ok((_, meaning))) => meaning,
        };
        let (rows, malformed) = rows_of(&sync.taken);
        match meaning {
            Meaning::Export(plan) => {
                let keys = plan.columns.iter().map(|(key, _)| key.clone()).collect();
                let rows = export::rows(&self.store, &plan, &self.knobs);
                sync.logs = vec![Log::new(102, rows.len() as u64)];
                sync.data = Some(Arc::new(Data { keys, rows }));
                return;
            }
            _ if rows.is_empty() && malformed == 0 => sync.logs = vec![Log::new(124, 0)],
            Meaning::Import(plan) => {
                let outcome = import::run(&mut self.store, now, &plan, &rows, Choices::of(&self.knobs));
                sync.logs = outcome.logs();
                sync.rejects = Arc::new(outcome.listed());
            }
            Meaning::Addresses(plan) => self.addresses(now, &plan, &rows, sync),
            Meaning::Actions(plan) => self.actions(now, &plan, &rows, sync),
        }
        if malformed > 0 {
            sync.logs.push(Log::new(32, malformed));
        }
    }

    /// Unsubscribes addresses, whether or not a contact has them.
    fn addresses(&mut self, now: Instant, plan: &Plan, rows: &[Row], sync: &mut Sync) {
        let (mut created, mut updated) = (0, 0);
        let mut rejects = Vec::new();
        for row in rows {
            let address = row.values.get(&plan.identifier).map(|text| text.trim()).unwrap_or_default();
            if !value::is_address(address) {
                let fields = vec![plan.identifier.clone()];
                let values = vec![(plan.identifier.clone(), address.to_owned())];
                rejects.push(Reject { index: row.index, code: 2, fields, values });
                continue;
            }
            if self.store.address(address).is_some() {
                updated += 1;
            } else {
                created += 1;
            }
            for action in &plan.actions {
                self.store.set_subscribed(now, address, action.on);
            }
        }
        let mut logs = vec![Log::new(130, rows.len() as u64), Log::new(1, rows.len() as u64)];
        if !rejects.is_empty() {
            logs.push(Log::new(2, rejects.len() as u64));
        }
        logs.extend([Log::new(33, created), Log::new(35, updated)]);
        logs.extend(plan.actions.iter().map(|action| action.log(created + updated)));
        sync.logs = logs;
        sync.rejects = Arc::new(rejects);
    }

    /// Sync actions for contacts that are there; rows without one are counted.
    fn actions(&mut self, now: Instant, plan: &Plan, rows: &[Row], sync: &mut Sync) {
        let outcome = import::run_actions(&mut self.store, now, plan, rows);
        let mut logs = vec![Log::new(140, rows.len() as u64), Log::new(1, rows.len() as u64)];
        logs.extend(outcome);
        sync.logs = logs;
    }
}

fn rows_of(taken: &Vector<Arc<Posting>>) -> (Vec<Row>, u64) {
    let mut rows = Vec::new();
    let mut malformed = 0;
    for posting in taken {
        malformed += posting.malformed as u64;
        for values in &posting.rows {
            rows.push(Row { index: rows.len() as u64 + 1, values: values.clone() });
        }
    }
    (rows, malformed)
}

fn find(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<Sync>, Refused> {
    let id = call.id().ok_or_else(reply::absent)?;
    eloqua.bulk.syncs.get(&id).cloned().ok_or_else(reply::absent)
}

/// `POST /syncs`.
pub(crate) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let members = call.object()?;
    let uri = members.get("syncedInstanceUri").and_then(Value::as_str);
    let key = uri.and_then(Key::read);
    let Some(definition) = key.and_then(|key| eloqua.bulk.definitions.get(&key)).cloned() else {
        let failure = Failure::new("syncedInstanceUri", uri, "Must reference an existing definition.");
        return Err(reply::failures(&[failure]));
    };
    definition::read(definition.key, &definition.members, &eloqua.store)
        .map_err(|failures| reply::failures(&failures))?;
    let callback = members.get("callbackUrl").and_then(Value::as_str).map(str::to_owned);
    Ok(reply::bulk(201, &eloqua.new_sync(call.now, definition.key, callback)))
}

/// `GET /syncs`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let all = eloqua.bulk.syncs.values().map(|sync| sync.view(&eloqua.site.user)).collect();
    listing::page(all, &call.query, Oversize::Refuse)
}

/// `GET /syncs/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    Ok(reply::bulk(200, &find(eloqua, call)?.view(&eloqua.site.user)))
}

/// `GET /syncs/{id}/logs`.
pub(crate) fn logs(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
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
pub(crate) fn rejects(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
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
    listing::page(sync.rejects.iter().map(one).collect(), &call.query, Oversize::Clamp)
}

/// `GET /syncs/{id}/data`.
pub(crate) fn data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let sync = find(eloqua, call)?;
    page_of(&sync, call)
}

/// `GET /contacts/exports/{id}/data`: the rows of the latest sync.
pub(crate) fn latest_data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    match latest(eloqua, call)? {
        Some(sync) => page_of(&sync, call),
        None => Ok(Window::read(&call.query, listing::DATA, Oversize::Refuse)?.envelope(None, 0)),
    }
}

fn latest(eloqua: &Eloqua, call: &Call<'_>) -> Result<Option<Arc<Sync>>, Refused> {
    let id = call.id().ok_or_else(reply::absent)?;
    let key = Key { family: call.family, sort: Sort::Export, id };
    if !eloqua.bulk.definitions.contains_key(&key) {
        return Err(reply::absent());
    }
    Ok(eloqua.bulk.syncs.values().rfind(|sync| sync.key == key).cloned())
}

fn page_of(sync: &Sync, call: &Call<'_>) -> Result<Response, Refused> {
    if sync.key.sort != Sort::Export {
        let failure = Failure::new("syncUri", Some(&sync.uri()), "Must reference a sync of an export.");
        return Err(reply::failures(&[failure]));
    }
    let window = Window::read(&call.query, listing::DATA, Oversize::Refuse)?;
    let gone = sync.expires.is_some_and(|end| end <= call.now);
    let data = match &sync.data {
        Some(data) if !gone => data,
        _ if gone || sync.status == "success" => return Err(Box::new(reply::bare(410))),
        _ => return Ok(window.envelope(None, 0)),
    };
    let rows = data.rows.iter().skip(window.offset).take(window.limit);
    let accept = call.request.headers().get(http::header::ACCEPT).and_then(|kind| kind.to_str().ok());
    if accept.is_some_and(|kind| kind.to_ascii_lowercase().contains("text/csv")) {
        let rows: Vec<Vec<String>> = rows.cloned().collect();
        return Ok(reply::csv(table::write(&data.keys, &rows, Format::CSV)));
    }
    let object = |row: &Vec<String>| {
        let members = data.keys.iter().cloned().zip(row.iter().cloned().map(Value::from));
        Value::Object(members.collect())
    };
    let page: Vec<Value> = rows.map(object).collect();
    Ok(window.envelope((!page.is_empty()).then_some(page), data.rows.len()))
}

fn forget(eloqua: &mut Eloqua, id: u64) -> Response {
    if let Some(sync) = eloqua.bulk.syncs.get_mut(&id) {
        Arc::make_mut(sync).data = None;
    }
    reply::bare(204)
}

/// `DELETE /syncs/{id}/data`.
pub(crate) fn delete_data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let id = find(eloqua, call)?.id;
    Ok(forget(eloqua, id))
}

/// `DELETE /contacts/exports/{id}/data`.
pub(crate) fn delete_latest_data(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    match latest(eloqua, call)? {
        Some(sync) => Ok(forget(eloqua, sync.id)),
        None => Ok(reply::bare(204)),
    }
}
