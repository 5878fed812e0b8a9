//! The Bulk API's definitions and the rows staged for them.

use crate::definition::{self, Definition};
use crate::eloqua::{Due, Eloqua};
use crate::listing::{self, Oversize};
use crate::load;
use crate::reply::{self, Failure, Refused};
use crate::router::Call;
use crate::sync::Sync;
use crate::table::{self, Format};
use imbl::{OrdMap, Vector};
use serde_json::{Map, Value};
use standin_model::Instant;
use standin_ports::Response;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest body of one posting.
const LARGEST: usize = 32 << 20;
/// How many postings may wait for a sync.
const MOST_FILES: usize = 500;
/// How many bytes may be staged in all.
const QUOTA: usize = 512 << 20;
/// How many definitions of one sort are kept.
const MOST_DEFINITIONS: usize = 10_000;

/// Whose definitions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Family {
    Contacts,
    EmailAddresses,
}

impl Family {
    /// As paths write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::EmailAddresses => "emailAddresses",
        }
    }
}

/// Sorts of definitions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Sort {
    Import,
    Export,
    SyncAction,
}

impl Sort {
    fn word(self) -> &'static str {
        match self {
            Self::Import => "imports",
            Self::Export => "exports",
            Self::SyncAction => "syncActions",
        }
    }
}

/// Names a definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub(crate) family: Family,
    pub(crate) sort: Sort,
    pub(crate) id: u64,
}

impl Key {
    /// Its address below the version.
    pub(crate) fn uri(&self) -> String {
        format!("/{}/{}/{}", self.family.word(), self.sort.word(), self.id)
    }

    /// From an address below the version.
    pub(crate) fn read(uri: &str) -> Option<Self> {
        let parts: Vec<&str> = uri.split('/').filter(|part| !part.is_empty()).collect();
        let [family, sort, id] = parts.as_slice() else { return None };
        let family = [Family::Contacts, Family::EmailAddresses]
            .into_iter()
            .find(|known| known.word().eq_ignore_ascii_case(family))?;
        let sort = [Sort::Import, Sort::Export, Sort::SyncAction]
            .into_iter()
            .find(|known| known.word().eq_ignore_ascii_case(sort))?;
        Some(Self { family, sort, id: id.parse().ok()? })
    }
}

/// One posting of rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Posting {
    pub(crate) rows: Vec<BTreeMap<String, String>>,
    /// Rows that could not be read as such, by number.
    pub(crate) malformed: usize,
    bytes: usize,
    at: Instant,
}

/// Everything of the Bulk API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bulk {
    pub(crate) definitions: OrdMap<Key, Arc<Definition>>,
    pub(crate) staging: OrdMap<Key, Vector<Arc<Posting>>>,
    pub(crate) syncs: OrdMap<u64, Arc<Sync>>,
    /// Until when the syncs of a definition keep it busy.
    pub(crate) busy: OrdMap<Key, Instant>,
    counters: OrdMap<(Family, Sort), u64>,
    pub(crate) last_sync: u64,
}

impl Bulk {
    fn next(&mut self, family: Family, sort: Sort) -> u64 {
        let next = self.counters.get(&(family, sort)).copied().unwrap_or_default() + 1;
        self.counters.insert((family, sort), next);
        next
    }

    fn staged(&self) -> usize {
        self.staging.values().flatten().map(|posting| posting.bytes).sum()
    }
}

fn key_of(call: &Call<'_>, sort: Sort) -> Result<Key, Refused> {
    let id = call.id().ok_or_else(reply::absent)?;
    Ok(Key { family: call.family, sort, id })
}

fn find(eloqua: &Eloqua, key: Key) -> Result<Arc<Definition>, Refused> {
    eloqua.bulk.definitions.get(&key).cloned().ok_or_else(reply::absent)
}

fn list(eloqua: &Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let wanted =
        |definition: &&Arc<Definition>| definition.key.family == call.family && definition.key.sort == sort;
    let all = eloqua.bulk.definitions.values().filter(wanted);
    listing::page(all.map(|one| one.view(&eloqua.site.user)).collect(), &call.query, Oversize::Refuse)
}

fn create(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let members = call.object()?;
    let mut key = Key { family: call.family, sort, id: 0 };
    let (echo, _) =
        definition::read(key, &members, &eloqua.store).map_err(|failures| reply::failures(&failures))?;
    if eloqua.bulk.definitions.len() >= MOST_DEFINITIONS {
        return Err(Box::new(reply::bare(413)));
    }
    key.id = eloqua.bulk.next(call.family, sort);
    let made = Definition { key, members: echo, created: call.now, updated: call.now };
    let view = made.view(&eloqua.site.user);
    eloqua.plan_deletion(call.now, &made);
    eloqua.bulk.definitions.insert(key, Arc::new(made));
    Ok(reply::bulk(201, &view))
}

fn read(eloqua: &Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let definition = find(eloqua, key_of(call, sort)?)?;
    Ok(reply::bulk(200, &definition.view(&eloqua.site.user)))
}

fn replace(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(call, sort)?;
    let before = find(eloqua, key)?;
    let (echo, _) = definition::read(key, &call.object()?, &eloqua.store)
        .map_err(|failures| reply::failures(&failures))?;
    let made = Definition { key, members: echo, created: before.created, updated: call.now };
    let view = made.view(&eloqua.site.user);
    eloqua.plan_deletion(call.now, &made);
    eloqua.bulk.definitions.insert(key, Arc::new(made));
    Ok(reply::bulk(200, &view))
}

fn delete(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(call, sort)?;
    find(eloqua, key)?;
    eloqua.drop_definition(key);
    Ok(reply::bare(204))
}

fn post(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(call, sort)?;
    let definition = find(eloqua, key)?;
    let body = call.request.body();
    if body.len() > LARGEST {
        return Err(reply::absent());
    }
    let mut posting = posting_of(call)?;
    posting.at = call.now;
    let waiting = eloqua.bulk.staging.get(&key).map_or(0, Vector::len);
    if waiting >= MOST_FILES {
        let constraint = format!("Must have at most {MOST_FILES} files that wait for a sync.");
        return Err(reply::failures(&[Failure::new("data", None, &constraint)]));
    }
    if eloqua.bulk.staged() + body.len() > QUOTA {
        return Err(Box::new(reply::bare(413)));
    }
    let mut staged = eloqua.bulk.staging.get(&key).cloned().unwrap_or_default();
    staged.push_back(Arc::new(posting));
    eloqua.bulk.staging.insert(key, staged);
    eloqua.agenda.add(call.now.plus(definition.retention()), Due::DropStaging(key));
    if definition.triggers().unwrap_or_else(|| eloqua.knobs.on("eloqua.sync_trigger_default")) {
        let view = eloqua.new_sync(call.now, key, None);
        return Ok(reply::bulk(201, &view));
    }
    Ok(reply::bare(204))
}

fn posting_of(call: &Call<'_>) -> Result<Posting, Refused> {
    let body = call.request.body();
    let kind = call.request.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let csv = kind.is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("text/csv"));
    let (rows, malformed) = if csv { csv_rows(body)? } else { (json_rows(body)?, 0) };
    Ok(Posting { rows, malformed, bytes: body.len(), at: Instant::default() })
}

type Rows = Vec<BTreeMap<String, String>>;

fn csv_rows(body: &[u8]) -> Result<(Rows, usize), Refused> {
    let table = table::read(body, Format::CSV).map_err(|_| reply::unreadable())?;
    let (rows, malformed) = load::rows_of(&table.headings, table.records);
    Ok((rows.into_iter().map(|row| row.values).collect(), malformed.len()))
}

fn json_rows(body: &[u8]) -> Result<Rows, Refused> {
    let items = match serde_json::from_slice(body) {
        Ok(Value::Array(items)) => items,
        Ok(one @ Value::Object(_)) => vec![one],
        _ => return Err(reply::unreadable()),
    };
    let row = |item: Value| match item {
        Value::Object(members) => Ok(row_of(members)),
        _ => Err(reply::unreadable()),
    };
    items.into_iter().map(row).collect()
}

fn row_of(members: Map<String, Value>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    members.into_iter().map(|(key, value)| (key, text(value))).collect()
}

fn drop_data(eloqua: &mut Eloqua, call: &Call<'_>, sort: Sort) -> Result<Response, Refused> {
    let key = key_of(call, sort)?;
    find(eloqua, key)?;
    eloqua.bulk.staging.remove(&key);
    Ok(reply::bare(204))
}

impl Eloqua {
    /// What the definition says now counts, whatever an earlier one of this key said.
    fn plan_deletion(&mut self, now: Instant, definition: &Definition) {
        self.agenda.retain(|due| !matches!(due, Due::DropDefinition(key) if *key == definition.key));
        if let Some(span) = definition.auto_delete() {
            self.agenda.add(now.plus(span), Due::DropDefinition(definition.key));
        }
    }

    /// Takes a definition away with everything staged for it.
    pub(crate) fn drop_definition(&mut self, key: Key) {
        self.bulk.definitions.remove(&key);
        self.bulk.staging.remove(&key);
        self.bulk.busy.remove(&key);
        self.agenda.retain(
            |due| !matches!(due, Due::DropDefinition(other) | Due::DropStaging(other) if *other == key),
        );
    }

    /// Drops postings that are older than their definition allows.
    pub(crate) fn drop_expired(&mut self, now: Instant, key: Key) {
        let Some(definition) = self.bulk.definitions.get(&key).cloned() else { return };
        if let Some(staged) = self.bulk.staging.get(&key) {
            let kept: Vector<Arc<Posting>> = staged
                .iter()
                .filter(|posting| now.since(posting.at) < definition.retention())
                .cloned()
                .collect();
            if kept.is_empty() {
                self.bulk.staging.remove(&key);
            } else {
                self.bulk.staging.insert(key, kept);
            }
        }
    }
}

macro_rules! handlers {
    ($($name:ident = $what:ident($sort:ident);)*) => {
        $(
            pub(crate) fn $name(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
                $what(eloqua, call, Sort::$sort)
            }
        )*
    };
}

handlers! {
    list_imports = list(Import);
    create_import = create(Import);
    read_import = read(Import);
    replace_import = replace(Import);
    delete_import = delete(Import);
    post_data = post(Import);
    delete_import_data = drop_data(Import);
    list_exports = list(Export);
    create_export = create(Export);
    read_export = read(Export);
    replace_export = replace(Export);
    delete_export = delete(Export);
    list_actions = list(SyncAction);
    create_action = create(SyncAction);
    read_action = read(SyncAction);
    replace_action = replace(SyncAction);
    delete_action = delete(SyncAction);
    post_action_data = post(SyncAction);
}
