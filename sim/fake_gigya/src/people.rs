//! The accounts of one site, and the search index that follows them.

use crate::account::Account;
use crate::envelope::Object;
use imbl::OrdMap;
use serde_json::Value;
use standin_fake_kit::Agenda;
use standin_model::Instant;
use std::sync::Arc;

/// Accounts by UID, who owns which login identifier, and what search sees of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    accounts: OrdMap<String, Arc<Account>>,
    login_ids: OrdMap<String, String>,
    lites: OrdMap<String, Arc<Lite>>,
    pub(crate) index: OrdMap<String, Arc<Indexed>>,
    pub(crate) lite_index: OrdMap<String, Arc<Value>>,
    queue: Agenda<Change>,
    touched: Vec<Touched>,
}

/// A record that was stored or removed, before and after.
#[derive(Clone, Debug)]
pub(crate) enum Touched {
    Account { before: Option<Arc<Account>>, after: Option<Arc<Account>> },
    Lite { before: Option<Arc<Lite>>, after: Option<Arc<Lite>> },
}

/// An account as search sees it.
#[derive(Debug)]
pub(crate) struct Indexed {
    pub(crate) account: Value,
    pub(crate) email: Option<Value>,
}

/// A record that has an address and no account.
#[derive(Clone, Debug)]
pub(crate) struct Lite {
    pub(crate) uid: String,
    pub(crate) email: String,
    pub(crate) created: Instant,
    pub(crate) last_updated: Instant,
    pub(crate) profile: Object,
    pub(crate) data: Object,
    pub(crate) preferences: Object,
    pub(crate) subscriptions: Object,
    pub(crate) communications: Object,
}

#[derive(Clone, Debug)]
enum Change {
    Account(String, Option<Arc<Account>>),
    Lite(String, Option<Arc<Lite>>),
}

impl People {
    pub(crate) fn get(&self, uid: &str) -> Option<&Arc<Account>> {
        self.accounts.get(uid)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// The UID that logs in with `id`, in whatever case.
    pub(crate) fn owner(&self, id: &str) -> Option<&str> {
        if id.contains('\n') {
            return None;
        }
        self.holder(&crate::email::folded(id))
    }

    /// The UID that has one of the other identifiers: a phone, a custom one, one at a provider.
    pub(crate) fn holder(&self, key: &str) -> Option<&str> {
        self.login_ids.get(key).map(String::as_str)
    }

    pub(crate) fn lite(&self, email: &str) -> Option<&Arc<Lite>> {
        self.lites.get(&crate::email::folded(email))
    }

    /// Stores an account; search sees it at `due`.
    pub(crate) fn put(&mut self, account: Account, due: Instant) {
        if let Some(old) = self.accounts.get(&account.uid) {
            for id in old.login_ids() {
                self.login_ids.remove(&id);
            }
        }
        for id in account.login_ids() {
            self.login_ids.insert(id, account.uid.clone());
        }
        let account = Arc::new(account);
        self.queue.add(due, Change::Account(account.uid.clone(), Some(account.clone())));
        let before = self.accounts.insert(account.uid.clone(), account.clone());
        self.touched.push(Touched::Account { before, after: Some(account) });
    }

    /// Removes an account; search forgets it at `due`.
    pub(crate) fn remove(&mut self, uid: &str, due: Instant) {
        if let Some(old) = self.accounts.remove(uid) {
            for id in old.login_ids() {
                self.login_ids.remove(&id);
            }
            self.queue.add(due, Change::Account(uid.to_owned(), None));
            self.touched.push(Touched::Account { before: Some(old), after: None });
        }
    }

    /// Stores a lite record; search sees it at `due`.
    pub(crate) fn put_lite(&mut self, lite: Lite, due: Instant) {
        let key = crate::email::folded(&lite.email);
        let lite = Arc::new(lite);
        self.queue.add(due, Change::Lite(key.clone(), Some(lite.clone())));
        let before = self.lites.insert(key, lite.clone());
        self.touched.push(Touched::Lite { before, after: Some(lite) });
    }

    /// What was stored or removed since this was last asked, in order.
    pub(crate) fn take_touched(&mut self) -> Vec<Touched> {
        std::mem::take(&mut self.touched)
    }

    /// Whether anything was stored or removed since.
    pub(crate) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Removes a lite record; search forgets it at `due`.
    pub(crate) fn remove_lite(&mut self, email: &str, due: Instant) -> Option<Arc<Lite>> {
        let key = crate::email::folded(email);
        let gone = self.lites.remove(&key)?;
        self.queue.add(due, Change::Lite(key, None));
        self.touched.push(Touched::Lite { before: Some(gone.clone()), after: None });
        Some(gone)
    }

    /// When the index next changes.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.queue.next_due()
    }

    /// Lets search see what is due by `now`.
    pub(crate) fn catch_up(&mut self, now: Instant) {
        while let Some((_, change)) = self.queue.take_due(now) {
            match change {
                Change::Account(uid, Some(account)) => {
                    let email = account.email_document("stored").map(Value::Object);
                    let account = Value::Object(account.document("stored"));
                    self.index.insert(uid, Arc::new(Indexed { account, email }));
                }
                Change::Account(uid, None) => _ = self.index.remove(&uid),
                Change::Lite(key, Some(lite)) => {
                    self.lite_index.insert(key, Arc::new(lite.document()));
                }
                Change::Lite(key, None) => _ = self.lite_index.remove(&key),
            }
        }
    }
}

impl Lite {
    pub(crate) fn new(uid: String, email: &str, now: Instant) -> Self {
        Self {
            uid,
            email: email.to_owned(),
            created: now,
            last_updated: now,
            profile: Object::new(),
            data: Object::new(),
            preferences: Object::new(),
            subscriptions: Object::new(),
            communications: Object::new(),
        }
    }

    /// The record in the shape in which accounts are shown.
    pub(crate) fn as_account(&self) -> Account {
        let mut account = Account::new(self.uid.clone(), self.created);
        account.last_updated = self.last_updated;
        account.profile = self.profile.clone();
        account.profile.insert("email".into(), self.email.as_str().into());
        account.data = self.data.clone();
        account.preferences = self.preferences.clone();
        account.subscriptions = self.subscriptions.clone();
        account
    }

    fn document(&self) -> Value {
        serde_json::json!({
            "email": self.email,
            "channel": "email",
            "created": self.created.to_string(),
            "createdTimestamp": self.created.millis(),
            "lastUpdated": self.last_updated.to_string(),
            "lastUpdatedTimestamp": self.last_updated.millis(),
            "hasFullAccount": false,
            "hasLiteAccount": true,
            "profile": self.profile,
            "data": self.data,
            "preferences": self.preferences,
            "subscriptions": self.subscriptions,
        })
    }
}
