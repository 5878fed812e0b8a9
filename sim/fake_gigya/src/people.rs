//! The accounts of one site, and the search index that follows them.

use crate::account::Account;
use crate::email::folded;
use crate::index::{Index, Indexed};
use crate::packed::Packed;
use crate::query::document::Node;
use imbl::OrdMap;
use standin_fake_kit::Agenda;
use standin_model::Instant;
use standin_model::mutant::mutated;
use std::sync::Arc;

/// Accounts by UID, who owns which login identifier, and what search sees of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    accounts: OrdMap<Arc<str>, Arc<Account>>,
    login_ids: OrdMap<Arc<str>, Arc<str>>,
    lites: OrdMap<Arc<str>, Arc<Lite>>,
    pub(crate) seen: Index<Account>,
    pub(crate) seen_lites: Index<Lite>,
    queue: Agenda<Change>,
    touched: Vec<Touched>,
}

/// A record that was stored or removed, before and after.
#[derive(Clone, Debug)]
pub(crate) enum Touched {
    Account { before: Option<Arc<Account>>, after: Option<Arc<Account>> },
    Lite { before: Option<Arc<Lite>>, after: Option<Arc<Lite>> },
}

/// A record that has an address and no account.
#[derive(Clone, Debug)]
pub(crate) struct Lite {
    pub(crate) uid: String,
    pub(crate) email: String,
    pub(crate) created: Instant,
    pub(crate) last_updated: Instant,
    pub(crate) profile: Packed,
    pub(crate) data: Packed,
    pub(crate) preferences: Packed,
    pub(crate) subscriptions: Packed,
    pub(crate) communications: Packed,
}

#[derive(Clone, Debug)]
enum Change {
    Account(Arc<str>, Option<Arc<Account>>),
    Lite(Arc<str>, Option<Arc<Lite>>),
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
        self.holder(&folded(id))
    }

    /// The UID that has one of the other identifiers: a phone, a custom one, one at a provider.
    pub(crate) fn holder(&self, key: &str) -> Option<&str> {
        self.login_ids.get(key).map(AsRef::as_ref)
    }

    pub(crate) fn lite(&self, email: &str) -> Option<&Arc<Lite>> {
        self.lites.get(folded(email).as_str())
    }

    /// Stores an account; search sees it at `due`.
    pub(crate) fn put(&mut self, mut account: Account, due: Instant) {
        for list in [&mut account.verified_emails, &mut account.unverified_emails, &mut account.login_emails]
        {
            list.shrink_to_fit();
        }
        let ids = account.login_ids();
        let uid = match self.accounts.get_key_value(account.uid.as_str()) {
            None => Arc::from(account.uid.as_str()),
            Some((uid, old)) => {
                for id in old.login_ids().into_iter().filter(|id| !ids.contains(id)) {
                    if !mutated("gigya.identity.old-address-stays-taken") {
                        self.login_ids.remove(id.as_str());
                    }
                }
                Arc::clone(uid)
            }
        };
        for id in ids {
            if self.login_ids.get(id.as_str()) != Some(&uid) {
                self.login_ids.insert(id.into(), Arc::clone(&uid));
            }
        }
        let account = Arc::new(account);
        self.queue.add(due, Change::Account(Arc::clone(&uid), Some(Arc::clone(&account))));
        let before = self.accounts.insert(uid, Arc::clone(&account));
        self.touched.push(Touched::Account { before, after: Some(account) });
    }

    /// Removes an account; search forgets it at `due`.
    pub(crate) fn remove(&mut self, uid: &str, due: Instant) {
        if let Some((uid, old)) = self.accounts.remove_with_key(uid) {
            for id in old.login_ids() {
                if !mutated("gigya.identity.deleted-keeps-address") {
                    self.login_ids.remove(id.as_str());
                }
            }
            self.queue.add(due, Change::Account(uid, None));
            self.touched.push(Touched::Account { before: Some(old), after: None });
        }
    }

    /// Stores a lite record; search sees it at `due`.
    pub(crate) fn put_lite(&mut self, lite: Lite, due: Instant) {
        let key: Arc<str> = folded(&lite.email).into();
        let lite = Arc::new(lite);
        self.queue.add(due, Change::Lite(Arc::clone(&key), Some(Arc::clone(&lite))));
        let before = self.lites.insert(key, Arc::clone(&lite));
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
        let (key, gone) = self.lites.remove_with_key(folded(email).as_str())?;
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
                Change::Account(uid, Some(account)) => self.seen.put(uid, account, &known(&self.login_ids)),
                Change::Account(uid, None) => self.seen.remove(&uid),
                Change::Lite(key, Some(lite)) => self.seen_lites.put(key, lite, &|name| name.into()),
                Change::Lite(key, None) => self.seen_lites.remove(&key),
            }
        }
    }
}

/// Names as the login identifiers spell them already, so that each text is in memory once.
fn known(ids: &OrdMap<Arc<str>, Arc<str>>) -> impl Fn(&str) -> Arc<str> {
    |name| ids.get_key_value(name).map_or_else(|| name.into(), |(known, _)| Arc::clone(known))
}

impl Indexed for Account {
    fn updated(&self) -> Instant {
        self.last_updated
    }

    /// Addresses and user names, wherever a query may ask for them.
    fn names(&self) -> Vec<String> {
        let texts = self.verified_emails.iter().chain(&self.unverified_emails).chain(&self.login_emails);
        let one = |name: &str| self.profile.get(name).and_then(|it| it.as_str()).map(folded);
        let mut names: Vec<String> = texts.chain(&self.username).map(|text| folded(text)).collect();
        names.extend(one("email"));
        names.extend(one("username"));
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Indexed for Lite {
    fn updated(&self) -> Instant {
        self.last_updated
    }

    /// Its key is its address already.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Lite {
    pub(crate) fn new(uid: String, email: &str, now: Instant) -> Self {
        Self {
            uid,
            email: email.to_owned(),
            created: now,
            last_updated: now,
            profile: Packed::default(),
            data: Packed::default(),
            preferences: Packed::default(),
            subscriptions: Packed::default(),
            communications: Packed::default(),
        }
    }

    /// The record in the shape in which accounts are shown.
    pub(crate) fn as_account(&self) -> Account {
        let mut account = Account::new(self.uid.as_str(), self.created);
        account.last_updated = self.last_updated;
        account.profile = self.profile.clone();
        account.profile.insert("email", self.email.as_str());
        account.data = self.data.clone();
        account.preferences = self.preferences.clone();
        account.subscriptions = self.subscriptions.clone();
        account.communications = self.communications.clone();
        account
    }

    /// One member of its record in `emailAccounts`.
    pub(crate) fn member(&self, name: &str) -> Option<Node<'_>> {
        Some(match name {
            "email" => Node::Text(&self.email),
            "channel" => Node::Text("email"),
            "created" => Node::Time(self.created),
            "createdTimestamp" => Node::Whole(self.created.millis()),
            "lastUpdated" => Node::Time(self.last_updated),
            "lastUpdatedTimestamp" => Node::Whole(self.last_updated.millis()),
            "hasFullAccount" => Node::Flag(false),
            "hasLiteAccount" => Node::Flag(true),
            "profile" => Node::Members(self.profile.members()),
            "data" => Node::Members(self.data.members()),
            "preferences" => Node::Members(self.preferences.members()),
            "subscriptions" => Node::Members(self.subscriptions.members()),
            _ => return None,
        })
    }
}

/// Members of a lite record, in their order.
pub(crate) const LITE: &[&str] = &[
    "email",
    "token",
    "channel",
    "created",
    "createdTimestamp",
    "lastUpdated",
    "lastUpdatedTimestamp",
    "hasFullAccount",
    "hasLiteAccount",
    "profile",
    "data",
    "preferences",
    "subscriptions",
];
