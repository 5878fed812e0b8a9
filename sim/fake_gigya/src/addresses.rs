//! Addresses and their subscriptions. A subscription belongs to the address: every account and lite record
//! that has the address sees the same state, whoever wrote it.

use crate::account::Account;
use crate::changes::Change;
use crate::envelope::Object;
use crate::gigya::Gigya;
use crate::packed::Packed;
use crate::people::Lite;
use crate::site::Site;
use crate::subscriptions::{entries, entry, is_subscribed, put_entry};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use imbl::{OrdMap, OrdSet};
use standin_model::Instant;
use standin_model::mutant::mutated;
use std::collections::{BTreeMap, BTreeSet};

/// What the records themselves do not tell of addresses, by site and address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strays {
    /// Accounts that have an address as their own and do not log in with it; those that do are known by their
    /// login identifiers.
    uids: OrdMap<(String, String), OrdSet<String>>,
    /// The subscriptions of addresses that nobody has any more, since their account has another one now.
    left: OrdMap<(String, String), Object>,
}

/// How many addresses that nobody has are remembered.
const MOST_LEFT: usize = 100_000;

impl Strays {
    fn add(&mut self, api_key: &str, email: &str, uid: &str) {
        self.uids.entry((api_key.to_owned(), email.to_owned())).or_default().insert(uid.to_owned());
    }

    fn remove(&mut self, api_key: &str, email: &str, uid: &str) {
        let key = (api_key.to_owned(), email.to_owned());
        let Some(uids) = self.uids.get_mut(&key) else { return };
        uids.remove(uid);
        if uids.is_empty() {
            self.uids.remove(&key);
        }
    }
}

/// The subscriptions of an address before and after a call.
#[derive(Clone, Debug)]
pub(crate) struct AddressChange {
    pub(crate) email: String,
    pub(crate) before: Object,
    pub(crate) after: Object,
    /// The account through which they were changed.
    pub(crate) uid: Option<String>,
    /// The language of that account.
    pub(crate) lang: Option<String>,
}

/// The token by which an address is named without showing it.
pub(crate) fn token(site: &Site, email: &str) -> String {
    let email = crate::email::folded(email);
    let proof = crate::signature::hmac_sha1(&site.partner_secret, &format!("emailAccount_{email}"));
    let proof: String = proof.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}.{proof}", URL_SAFE_NO_PAD.encode(email))
}

/// The address that a token names, if the site made it.
pub(crate) fn email_of(site: &Site, given: &str) -> Option<String> {
    let (name, _) = given.split_once('.')?;
    let email = String::from_utf8(URL_SAFE_NO_PAD.decode(name).ok()?).ok()?;
    (token(site, &email) == given).then_some(email)
}

impl Gigya {
    /// The UIDs of the accounts whose own address this is.
    fn holders(&self, api_key: &str, email: &str) -> Vec<String> {
        let Some(people) = self.people_at(api_key) else { return Vec::new() };
        let has = |uid: &&str| {
            let account = people.get(uid);
            account.is_some_and(|it| it.email().is_some_and(|own| crate::email::folded(own) == email))
        };
        let mut uids: Vec<String> = people.owner(email).filter(has).map(str::to_owned).into_iter().collect();
        if let Some(strays) = self.strays.uids.get(&(api_key.to_owned(), email.to_owned())) {
            let more = strays.iter().filter(|uid| has(&uid.as_str()) && !uids.contains(uid));
            let more: Vec<String> = more.cloned().collect();
            uids.extend(more);
        }
        uids
    }

    /// The subscriptions of an address; `None` where nobody has the address.
    pub(crate) fn subscriptions_of(
        &self,
        api_key: &str,
        email: &str,
        but: Option<&Change>,
    ) -> Option<Object> {
        let people = self.people_at(api_key)?;
        let own = |uid: &String| matches!(but, Some(Change::Account { uid: it, .. }) if it == uid);
        let holder = self.holders(api_key, email).into_iter().find(|uid| !own(uid));
        if let Some(account) = holder.and_then(|uid| people.get(&uid).cloned()) {
            return Some(account.subscriptions.object());
        }
        match but {
            Some(Change::Lite { .. }) => None,
            _ => people.lite(email).map(|lite| lite.subscriptions.object()),
        }
    }

    /// Gives every record of an address the same subscriptions.
    pub(crate) fn put_subscriptions(&mut self, now: Instant, api_key: &str, email: &str, state: &Object) {
        let due = self.visible_at(now);
        let packed = Packed::of(state);
        let uids = self.holders(api_key, email);
        let people = self.people_of(api_key);
        for uid in uids.into_iter().filter(|_| !mutated("gigya.subscription.of-one-record")) {
            let Some(account) = people.get(&uid).filter(|it| it.subscriptions != packed) else { continue };
            let mut account = Account::clone(account);
            account.subscriptions = packed.clone();
            account.last_updated = now;
            people.put(account, due);
        }
        if let Some(lite) = people.lite(email).filter(|it| it.subscriptions != packed) {
            let lite = Lite { subscriptions: packed, last_updated: now, ..Lite::clone(lite) };
            people.put_lite(lite, due);
        }
    }

    /// Brings the records of the addresses that a call touched in line; gives what the call changed, after
    /// that, and which addresses have other subscriptions now.
    pub(crate) fn settle_addresses(
        &mut self,
        now: Instant,
        api_key: &str,
        changes: Vec<Change>,
    ) -> (Vec<Change>, Vec<AddressChange>) {
        let mut addresses: Vec<AddressChange> = Vec::new();
        let mut settled = BTreeSet::new();
        let left = left_lites(&changes);
        for change in &changes {
            self.follow_stray(api_key, change);
            self.remember_left(api_key, change);
            let Some(email) = change.email_after() else { continue };
            let (before, after) = (change.subscriptions_before(), change.subscriptions_after());
            let moved = change.email_before().as_ref() != Some(&email);
            if !moved && before == after {
                continue;
            }
            let (known, state) = match moved {
                false => (before, after),
                // What the record had at its former address stays there.
                true => {
                    let known = self.subscriptions_of(api_key, &email, Some(change));
                    let known =
                        known.or_else(|| left.get(email.as_str()).map(|lite| lite.subscriptions.object()));
                    let known = known.or_else(|| self.found_again(api_key, &email)).unwrap_or_default();
                    let state = match mutated("gigya.subscription.follows-account") {
                        true => after,
                        false => laid_over(known.clone(), &before, &after),
                    };
                    (known, state)
                }
            };
            self.put_subscriptions(now, api_key, &email, &state);
            if known != state && settled.insert(email.clone()) {
                let (uid, lang) = (change.uid(), change.lang());
                addresses.push(AddressChange { email, before: known, after: state, uid, lang });
            }
        }
        let people = self.people_of(api_key);
        people.take_touched();
        (changes.into_iter().map(|change| present(people, change)).collect(), addresses)
    }

    /// What an address had when its last record left it.
    fn found_again(&mut self, api_key: &str, email: &str) -> Option<Object> {
        let left = self.strays.left.remove(&(api_key.to_owned(), email.to_owned()));
        left.filter(|_| !mutated("gigya.subscription.left-is-forgotten"))
    }

    /// Remembers the subscriptions of an address that an account has left, if nobody else has it.
    fn remember_left(&mut self, api_key: &str, change: &Change) {
        let (Some(old), true) = (change.email_before(), change.email_after().is_some()) else { return };
        let state = change.subscriptions_before();
        let moved = change.email_after().as_ref() != Some(&old);
        if moved && !state.is_empty() && self.subscriptions_of(api_key, &old, None).is_none() {
            if self.strays.left.len() >= MOST_LEFT {
                self.strays.left = self.strays.left.without_min().1;
            }
            self.strays.left.insert((api_key.to_owned(), old), state);
        }
    }

    fn follow_stray(&mut self, api_key: &str, change: &Change) {
        let Change::Account { uid, .. } = change else { return };
        let (before, after) = (change.email_before(), change.email_after());
        if let Some(email) = before.filter(|email| after.as_ref() != Some(email)) {
            self.strays.remove(api_key, &email, uid);
        }
        let Some(email) = after else { return };
        let owner = self.people_at(api_key).and_then(|people| people.owner(&email));
        match owner == Some(uid.as_str()) {
            true => self.strays.remove(api_key, &email, uid),
            false => self.strays.add(api_key, &email, uid),
        }
    }
}

/// The lite records that the same call took away, by address.
fn left_lites(changes: &[Change]) -> BTreeMap<&str, &Lite> {
    let each = changes.iter().filter_map(|change| match change {
        Change::Lite { email, before: Some(before), after: None } => Some((email.as_str(), &**before)),
        _ => None,
    });
    each.collect()
}

/// The entries that a write changed, laid over what the address has; an entry that says the same about the
/// subscription stays as it is, with its confirmation.
fn laid_over(mut known: Object, before: &Object, after: &Object) -> Object {
    for (id, state) in entries(after) {
        let written = entry(before, &id) != Some(&state);
        let same = entry(&known, &id).is_some_and(|it| is_subscribed(it) == is_subscribed(&state));
        if written && !same {
            put_entry(&mut known, &id, state);
        }
    }
    known
}

/// A change with the record as it is now.
fn present(people: &crate::people::People, change: Change) -> Change {
    match change {
        Change::Account { uid, before, after: Some(_) } => {
            let after = people.get(&uid).cloned();
            Change::Account { uid, before, after }
        }
        Change::Lite { email, before, after: Some(_) } => {
            let after = people.lite(&email).cloned();
            Change::Lite { email, before, after }
        }
        gone => gone,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    const NEWS: &str = r#"{"news":{"email":{"isSubscribed":true}}}"#;

    fn is_subscribed(bench: &Bench, uid: &str) -> Value {
        bench.gigya.account(uid).unwrap()["subscriptions"]["news"]["email"]["isSubscribed"].clone()
    }

    fn lite(bench: &mut Bench, email: &str) -> Value {
        let site = bench.gigya.first_site();
        let lite = bench.gigya.people_of(&site).lite(email).cloned().unwrap();
        lite.subscriptions.object().get("news").map_or(Value::Null, |it| it["email"]["isSubscribed"].clone())
    }

    #[test]
    fn subscriptions_belong_to_the_address() {
        let mut bench = Bench::new();
        let import = [("email", "Ann@example.org"), ("subscriptions", NEWS)];
        assert_eq!(bench.code("accounts.importLiteAccount", &import), 0);
        bench.account("other", r#"{"email":"other@example.org"}"#);
        let register = [("siteUID", "ann"), ("email", "ann@example.org"), ("password", "secret1")];
        assert_eq!(bench.code("accounts.register", &register), 206_001);
        assert_eq!(is_subscribed(&bench, "ann"), true, "the account finds what the address has");
        let off = r#"{"news":{"email":{"isSubscribed":false}}}"#;
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("subscriptions", off)]), 0);
        assert_eq!(lite(&mut bench, "ann@example.org"), false);
        assert_eq!(bench.code("accounts.importLiteAccount", &import), 0);
        assert_eq!(is_subscribed(&bench, "ann"), true);
        assert_eq!(is_subscribed(&bench, "other"), Value::Null);
        let moved = [("UID", "ann"), ("profile", r#"{"email":"new@example.org"}"#)];
        assert_eq!(bench.code("accounts.setAccountInfo", &moved), 0);
        assert_eq!(is_subscribed(&bench, "ann"), Value::Null, "they stay at the former address");
        assert_eq!(lite(&mut bench, "ann@example.org"), true);
        let back = [("UID", "ann"), ("profile", r#"{"email":"ann@example.org"}"#)];
        assert_eq!(bench.code("accounts.setAccountInfo", &back), 0);
        assert_eq!(is_subscribed(&bench, "ann"), true);
    }

    #[test]
    fn accounts_that_share_an_address_without_logging_in_by_it() {
        let mut bench = Bench::seeded(&json!({"sites": [{
            "policies": {"accountOptions": {"loginIdentifiers": "username"}},
        }]}));
        for uid in ["one", "two"] {
            let params = [("siteUID", uid), ("profile", r#"{"email":"home@example.org"}"#)];
            assert_eq!(bench.call("accounts.notifyLogin", &params)["errorCode"], 0);
        }
        let set = [("UID", "two"), ("subscriptions", NEWS)];
        assert_eq!(bench.code("accounts.setAccountInfo", &set), 0);
        assert_eq!(is_subscribed(&bench, "one"), true);
        assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "one")]), 0);
        let off = [("UID", "two"), ("subscriptions", r#"{"news":{"email":{"isSubscribed":false}}}"#)];
        assert_eq!(bench.code("accounts.setAccountInfo", &off), 0);
        assert_eq!(is_subscribed(&bench, "two"), false);
    }

    #[test]
    fn tokens_name_addresses() {
        let site = crate::site::Site::new("3_x");
        let token = super::token(&site, "Ann@example.org");
        assert_eq!(super::email_of(&site, &token).as_deref(), Some("ann@example.org"));
        assert_eq!(super::email_of(&site, &format!("{token}x")), None);
        assert_eq!(super::email_of(&site, "nonsense"), None);
    }
}
