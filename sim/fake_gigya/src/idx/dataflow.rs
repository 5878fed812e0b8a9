//! The store of dataflows and drafts.

use crate::envelope::{Object, Refusal};
use crate::idx::document::{check, components, masked, restore};
use crate::idx::{Idx, MOST, MOST_VERSIONS};
use crate::site::Site;
use serde_json::{Value, json};
use standin_model::Instant;
use std::sync::Arc;

/// A dataflow: what the client sent, and what the server keeps about it.
#[derive(Clone, Debug)]
pub(crate) struct Dataflow {
    pub(crate) id: String,
    pub(crate) api_key: String,
    pub(crate) site_id: u64,
    /// Without the members that the server owns, with real secrets.
    pub(crate) document: Value,
    pub(crate) version: u64,
    pub(crate) created: Instant,
    pub(crate) updated: Instant,
    pub(crate) last_runtime: Option<Instant>,
}

/// Which store a dataflow is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Store {
    Published,
    Draft,
}

/// Members that only the server sets.
const OWNED: &[&str] = &[
    "id",
    "apiKey",
    "siteId",
    "version",
    "createTime",
    "updateTime",
    "updatedByName",
    "updatedByEmail",
    "lastRuntime",
    "lastRunTime",
    "status",
];

impl Store {
    fn status(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Draft => "draft",
        }
    }
}

impl Dataflow {
    /// The document as it is told, secrets masked.
    pub(crate) fn shown(&self, store: Store) -> Value {
        self.told(masked(&self.document), store)
    }

    /// The document with its real secrets, for who runs it.
    pub(crate) fn whole(&self) -> Value {
        self.told(self.document.clone(), Store::Published)
    }

    fn told(&self, document: Value, store: Store) -> Value {
        let mut out = json!({
            "apiKey": self.api_key,
            "siteId": self.site_id,
            "id": self.id,
            "status": store.status(),
            "version": self.version,
            "createTime": self.created.to_string(),
            "updateTime": self.updated.to_string(),
        });
        if let (Value::Object(out), Value::Object(document)) = (&mut out, document) {
            out.extend(document);
            if let Some(at) = self.last_runtime {
                out.insert("lastRuntime".into(), at.to_string().into());
            }
        }
        out
    }
}

/// What the client may set of a document.
fn own_part(document: &Object) -> Object {
    document
        .iter()
        .filter(|(name, _)| !OWNED.contains(&name.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

impl Idx {
    fn store(&mut self, store: Store) -> &mut imbl::OrdMap<String, Arc<Dataflow>> {
        match store {
            Store::Published => &mut self.dataflows,
            Store::Draft => &mut self.drafts,
        }
    }

    /// Keeps a version that has just been stored.
    fn remember(&mut self, store: Store, flow: &Arc<Dataflow>) {
        let versions = match store {
            Store::Published => &mut self.versions,
            Store::Draft => &mut self.draft_versions,
        };
        versions.insert((flow.id.clone(), flow.version), flow.clone());
        if let Some(old) = flow.version.checked_sub(MOST_VERSIONS) {
            versions.remove(&(flow.id.clone(), old));
        }
    }

    /// The id of a new draft: that of the published dataflow which it names, or else a fresh one.
    pub(crate) fn draft_id(&self, site: &Site, document: &Object, fresh: String) -> String {
        let named = document.get("id").and_then(Value::as_str).filter(|id| !self.drafts.contains_key(*id));
        let published =
            named.filter(|id| self.dataflows.get(*id).is_some_and(|it| it.api_key == site.api_key));
        published.map_or(fresh, str::to_owned)
    }

    /// Stores a new dataflow under `id`.
    pub(crate) fn create_dataflow(
        &mut self,
        now: Instant,
        site: &Site,
        document: &Object,
        id: String,
        store: Store,
    ) -> Result<String, Refusal> {
        check(document)?;
        if self.store(store).len() >= MOST {
            return Err(Refusal::because(400_124, format!("a platform keeps at most {MOST} dataflows")));
        }
        let made = Dataflow {
            id: id.clone(),
            api_key: site.api_key.clone(),
            site_id: site.site_id,
            document: own_part(document).into(),
            version: 1,
            created: now,
            updated: now,
            last_runtime: None,
        };
        let made = Arc::new(made);
        self.remember(store, &made);
        self.store(store).insert(id.clone(), made);
        Ok(id)
    }

    /// Puts `document` in the place of the one with its id, whole; gives the new version.
    pub(crate) fn set_dataflow(
        &mut self,
        now: Instant,
        site: &Site,
        document: &Object,
        store: Store,
    ) -> Result<u64, Refusal> {
        let id = document.get("id").and_then(Value::as_str).unwrap_or_default();
        let found = self.store(store).get(id).filter(|flow| flow.api_key == site.api_key).cloned();
        let before = found.ok_or_else(|| Refusal::new(404_000))?;
        let mut changed = Dataflow::clone(&before);
        let mut wanted = Value::Object(own_part(document));
        restore(&mut wanted, &before.document);
        if wanted == before.document {
            return Err(Refusal::because(403_200, "dataflow has not changed"));
        }
        let mut named = wanted.as_object().cloned().unwrap_or_default();
        if !named.contains_key("name") {
            named.insert("name".into(), before.document["name"].clone());
        }
        check(&named)?;
        changed.document = wanted;
        changed.version += 1;
        changed.updated = now;
        let version = changed.version;
        let changed = Arc::new(changed);
        self.remember(store, &changed);
        self.store(store).insert(changed.id.clone(), changed);
        Ok(version)
    }

    /// Stores a dataflow from a world file: a given id is kept, and an existing one replaced.
    pub(crate) fn put_dataflow(
        &mut self,
        now: Instant,
        site: &Site,
        document: &Value,
        fresh: String,
    ) -> Result<String, Refusal> {
        let members =
            document.as_object().ok_or_else(|| Refusal::because(400_006, "a dataflow must be an object"))?;
        let id = members
            .get("id")
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())
            .map_or(fresh, str::to_owned);
        if self.dataflows.contains_key(&id) {
            return match self.set_dataflow(now, site, members, Store::Published) {
                Err(refusal) if refusal.code != 403_200 => Err(refusal),
                _ => Ok(id),
            };
        }
        self.create_dataflow(now, site, members, id, Store::Published)
    }

    pub(crate) fn dataflow(&self, id: &str) -> Option<Value> {
        self.dataflows.get(id).map(|flow| flow.shown(Store::Published))
    }

    /// A dataflow of this site, or else its draft.
    pub(crate) fn dataflow_of(&self, site: &Site, id: &str) -> Result<Value, Refusal> {
        let of_site = |flow: &&Arc<Dataflow>| flow.api_key == site.api_key;
        let published = self.dataflows.get(id).filter(of_site).map(|flow| flow.shown(Store::Published));
        let draft = || self.drafts.get(id).filter(of_site).map(|flow| flow.shown(Store::Draft));
        published.or_else(draft).ok_or_else(|| Refusal::new(404_000))
    }

    /// Deletes a dataflow with its drafts and schedulings.
    pub(crate) fn delete_dataflow(&mut self, site: &Site, id: &str) -> Result<(), Refusal> {
        self.dataflow_of(site, id)?;
        self.dataflows.remove(id);
        self.drafts.remove(id);
        for versions in [&mut self.versions, &mut self.draft_versions] {
            let numbers: Vec<(String, u64)> = versions
                .range((id.to_owned(), 0)..=(id.to_owned(), u64::MAX))
                .map(|(key, _)| key.clone())
                .collect();
            for key in numbers {
                versions.remove(&key);
            }
        }
        let of_it: Vec<String> = self
            .schedulings
            .iter()
            .filter(|(_, it)| it.dataflow_id == id)
            .map(|(id, _)| id.clone())
            .collect();
        for scheduling in of_it {
            self.schedulings.remove(&scheduling);
        }
        Ok(())
    }

    /// All documents of a source of idx.search, each with an id of its own.
    pub(crate) fn documents(&self, site: &Site, source: &str) -> Option<Vec<(String, Value)>> {
        let flows = |flows: &imbl::OrdMap<String, Arc<Dataflow>>, store| {
            let own = flows.values().filter(|flow| flow.api_key == site.api_key);
            own.map(|flow| (flow.id.clone(), flow.shown(store))).collect()
        };
        let versions = |flows: &imbl::OrdMap<(String, u64), Arc<Dataflow>>, store| {
            let own = flows.values().filter(|flow| flow.api_key == site.api_key);
            own.map(|flow| (format!("{}:{:020}", flow.id, flow.version), flow.shown(store))).collect()
        };
        match source {
            "dataflow" => Some(flows(&self.dataflows, Store::Published)),
            "dataflow_draft" => Some(flows(&self.drafts, Store::Draft)),
            "dataflow_version" => Some(versions(&self.versions, Store::Published)),
            "dataflow_draft_version" => Some(versions(&self.draft_versions, Store::Draft)),
            "script" => Some(components()),
            "scheduling" => {
                let own = self.schedulings.values().filter(|it| it.api_key == site.api_key);
                Some(own.map(|it| (it.id.clone(), it.shown())).collect())
            }
            "idx_job_status" => {
                let own = self.jobs.values().filter(|job| job.api_key == site.api_key);
                Some(own.map(|job| (job.id.clone(), job.record.clone())).collect())
            }
            _ => None,
        }
    }
}
