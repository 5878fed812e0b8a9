//! Contacts and addresses.
//!
//! The status of an address (subscribed, bounced) belongs to the address and not to a contact: it is there
//! before a contact has it, stays when the contact takes another one or is deleted, and comes back with it.

use crate::digest;
use crate::field::{self, Field, Fields};
use crate::group::EmailGroups;
use crate::option_list::OptionLists;
use crate::records::Records;
use crate::statement::{Score, Statement};
use crate::time::{self, Zone};
use crate::user::By;
use crate::value;
use crate::values::Values;
use imbl::{OrdMap, OrdSet};
use standin_model::Instant;
use standin_model::mutant::mutated;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A contact's own values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Contact {
    pub(crate) id: u64,
    /// Moves with every change that a client can see, the status of the address included.
    pub(crate) updated: Instant,
    pub(crate) created: Instant,
    /// Moves when a field changes.
    pub(crate) modified: Instant,
    /// By field id; blank values are absent.
    pub(crate) values: Values,
    pub(crate) format: &'static str,
}

impl Contact {
    /// The address as it was written.
    pub(crate) fn email(&self) -> &str {
        self.values.get(&field::EMAIL).unwrap_or_default()
    }
}

/// The formats that a contact may prefer.
pub(crate) const FORMATS: [&str; 3] = ["unspecified", "text", "html"];

/// What is known of an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Address {
    /// The contact that has it now.
    contact: Option<u64>,
    pub(crate) subscribed: bool,
    pub(crate) subscribed_at: Option<Instant>,
    pub(crate) unsubscribed_at: Option<Instant>,
    pub(crate) bounced: bool,
    pub(crate) bounced_at: Option<Instant>,
    /// Memberships in e-mail groups, by group.
    pub(crate) groups: BTreeMap<u64, bool>,
    /// When these last changed, by group.
    pub(crate) groups_at: BTreeMap<u64, Instant>,
}

impl Address {
    fn new(now: Instant) -> Self {
        Self {
            contact: None,
            subscribed: true,
            subscribed_at: Some(now),
            unsubscribed_at: None,
            bounced: false,
            bounced_at: None,
            groups: BTreeMap::new(),
            groups_at: BTreeMap::new(),
        }
    }
}

/// What of a contact is in no field.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) description: String,
    /// Whether short messages may be sent; absent if nobody ever said.
    pub(crate) sms: Option<bool>,
}

/// A shared contact list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct List {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) members: OrdSet<u64>,
    pub(crate) created: Instant,
    pub(crate) updated: Instant,
    pub(crate) by: By,
}

/// A segment or a shared filter: contacts by criteria, or by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Segment {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) criteria: Option<crate::condition::Filter>,
    pub(crate) members: OrdSet<u64>,
    pub(crate) created: Instant,
}

/// A lead score of one contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ContactScore {
    pub(crate) rating: String,
    pub(crate) profile: String,
    pub(crate) engagement: u64,
}

impl ContactScore {
    /// A part of it as exports write it.
    pub(crate) fn text(&self, part: Score) -> String {
        match part {
            Score::Rating => self.rating.clone(),
            Score::Profile => self.profile.clone(),
            Score::Engagement => self.engagement.to_string(),
        }
    }
}

/// A lead score model and what it made of contacts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Model {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) created: Instant,
    pub(crate) scores: OrdMap<u64, ContactScore>,
}

/// The address is another contact's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AddressTaken;

/// Everything that contacts consist of.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) site_code: String,
    pub(crate) fields: Fields,
    pub(crate) contacts: OrdMap<u64, Arc<Contact>>,
    addresses: OrdMap<Arc<str>, Arc<Address>>,
    pub(crate) lists: OrdMap<u64, Arc<List>>,
    pub(crate) next_list: u64,
    pub(crate) groups: EmailGroups,
    pub(crate) option_lists: OptionLists,
    /// What of a contact is in no field, where there is any.
    pub(crate) extras: OrdMap<u64, Extra>,
    pub(crate) account_lists: OrdMap<u64, Arc<List>>,
    pub(crate) segments: OrdMap<u64, Arc<Segment>>,
    pub(crate) filters: OrdMap<u64, Arc<Segment>>,
    pub(crate) models: OrdMap<u64, Arc<Model>>,
    pub(crate) records: Records,
    next: u64,
}

impl Store {
    pub(crate) fn new(site_code: &str) -> Self {
        Self {
            site_code: site_code.to_owned(),
            fields: Fields::standard(),
            contacts: OrdMap::new(),
            addresses: OrdMap::new(),
            lists: OrdMap::new(),
            next_list: 1,
            groups: EmailGroups::default(),
            option_lists: OptionLists::default(),
            extras: OrdMap::new(),
            account_lists: OrdMap::new(),
            segments: OrdMap::new(),
            filters: OrdMap::new(),
            models: OrdMap::new(),
            records: Records::new(),
            next: 1_986_000,
        }
    }

    /// What these statements need of it to be answered for contacts and records that somebody else keeps.
    pub(crate) fn part(&self, statements: &[&Statement]) -> Self {
        let mut part = Self::new(&self.site_code);
        for statement in statements {
            let of = match statement {
                Statement::Linked(_, linked) => {
                    part.contacts = self.contacts.clone();
                    linked
                }
                other => *other,
            };
            match of {
                Statement::IsSubscribed | Statement::IsBounced => part.addresses = self.addresses.clone(),
                Statement::Score(..) => part.models = self.models.clone(),
                Statement::Account(_) | Statement::Record(..) => part.records = self.records.clone(),
                _ => {}
            }
        }
        part
    }

    /// The contact that has this address, in any case.
    pub(crate) fn with_email(&self, email: &str) -> Option<u64> {
        self.address(email)?.contact
    }

    /// The status of an address; one that nobody knows is subscribed.
    pub(crate) fn address(&self, email: &str) -> Option<&Arc<Address>> {
        self.addresses.get(&*value::fold(email))
    }

    /// Whether mail may go to an address.
    pub(crate) fn subscribed(&self, email: &str) -> bool {
        self.address(email).is_none_or(|address| address.subscribed)
    }

    /// Whether mail to an address came back.
    pub(crate) fn bounced(&self, email: &str) -> bool {
        self.address(email).is_some_and(|address| address.bounced)
    }

    /// Makes a contact. Blank values are left out, a field's default stands in for its own.
    pub(crate) fn create(
        &mut self,
        now: Instant,
        mut values: BTreeMap<u32, String>,
    ) -> Result<u64, AddressTaken> {
        values.retain(|_, value| !value.is_empty());
        for (field, default) in self.defaults() {
            values.entry(field).or_insert(default);
        }
        self.insert(now, Values::of(values))
    }

    /// The values that fields of new contacts have unless they are given others.
    pub(crate) fn defaults(&self) -> Vec<(u32, String)> {
        let defaults = self.fields.iter().filter_map(|field| Some((field.id, field.default.clone()?)));
        defaults.collect()
    }

    /// Makes a contact of exactly these values.
    pub(crate) fn insert(&mut self, now: Instant, values: Values) -> Result<u64, AddressTaken> {
        let email = values.get(&field::EMAIL).map(value::fold).unwrap_or_default();
        let id = self.next;
        self.hold(now, &email, id)?;
        self.next += 1;
        let contact = Contact { id, created: now, updated: now, modified: now, values, format: FORMATS[0] };
        self.contacts.insert(id, Arc::new(contact));
        Ok(id)
    }

    /// Writes values into a contact; a blank one clears its field. Says whether anything is different now.
    pub(crate) fn write(
        &mut self,
        now: Instant,
        id: u64,
        changes: &BTreeMap<u32, String>,
    ) -> Result<bool, AddressTaken> {
        let Some(contact) = self.contacts.get(&id).cloned() else { return Ok(false) };
        self.rewrite(now, &contact, contact.values.with(changes))
    }

    /// Gives a contact these values and no others. Says whether anything is different now.
    pub(crate) fn rewrite(
        &mut self,
        now: Instant,
        contact: &Contact,
        values: Values,
    ) -> Result<bool, AddressTaken> {
        if values == contact.values {
            return Ok(false);
        }
        let before = value::fold(contact.email());
        let after = values.get(&field::EMAIL).map(value::fold).unwrap_or_default();
        if after != before {
            self.hold(now, &after, contact.id)?;
            if !mutated("eloqua.identity.old-address-stays-taken") {
                self.release(&before);
            }
        }
        let changed = Contact { values, updated: now, modified: now, ..contact.clone() };
        self.contacts.insert(contact.id, Arc::new(changed));
        Ok(true)
    }

    /// Gives an address that nobody has to a contact; a blank one is everybody's.
    fn hold(&mut self, now: Instant, folded: &str, contact: u64) -> Result<(), AddressTaken> {
        if folded.is_empty() {
            return Ok(());
        }
        match self.addresses.get_mut(folded) {
            Some(address) if address.contact.is_some() && !mutated("eloqua.identity.address-of-two") => {
                return Err(AddressTaken);
            }
            Some(address) => Arc::make_mut(address).contact = Some(contact),
            None => {
                let address = Address { contact: Some(contact), ..Address::new(now) };
                self.addresses.insert(folded.into(), Arc::new(address));
            }
        }
        Ok(())
    }

    /// Takes an address from its contact. What is known of it stays.
    fn release(&mut self, folded: &str) {
        if mutated("eloqua.opt-out.goes-with-the-contact") {
            self.addresses.remove(folded);
        } else if let Some(address) = self.addresses.get_mut(folded) {
            Arc::make_mut(address).contact = None;
        }
    }

    /// Moves the dates of a contact without changing a value.
    pub(crate) fn touch(&mut self, now: Instant, id: u64) {
        if let Some(contact) = self.contacts.get_mut(&id) {
            let contact = Arc::make_mut(contact);
            contact.updated = now;
            contact.modified = now;
        }
    }

    /// Sets the preferred format; says whether it is different now.
    pub(crate) fn set_format(&mut self, now: Instant, id: u64, format: &str) -> bool {
        let Some(format) = FORMATS.into_iter().find(|known| *known == format) else { return false };
        match self.contacts.get_mut(&id) {
            Some(contact) if contact.format != format => {
                let contact = Arc::make_mut(contact);
                contact.format = format;
                contact.updated = now;
                true
            }
            _ => false,
        }
    }

    /// Takes the values of a field out of all contacts.
    pub(crate) fn forget_field(&mut self, field: u32) {
        let holding: Vec<u64> = self
            .contacts
            .values()
            .filter(|contact| contact.values.contains_key(&field))
            .map(|contact| contact.id)
            .collect();
        for id in holding {
            if let Some(contact) = self.contacts.get_mut(&id) {
                Arc::make_mut(contact).values.remove(&field);
            }
        }
    }

    /// Takes a contact away. What is known of its address stays.
    pub(crate) fn delete(&mut self, id: u64) -> bool {
        let Some(contact) = self.contacts.remove(&id) else { return false };
        if !mutated("eloqua.identity.deleted-keeps-address") {
            self.release(&value::fold(contact.email()));
        }
        self.extras.remove(&id);
        let holding: Vec<u64> =
            self.lists.values().filter(|list| list.members.contains(&id)).map(|list| list.id).collect();
        for list in holding {
            if let Some(list) = self.lists.get_mut(&list) {
                Arc::make_mut(list).members.remove(&id);
            }
        }
        true
    }

    fn change_address(&mut self, now: Instant, email: &str, change: impl FnOnce(&mut Address)) -> bool {
        let folded = value::fold(email);
        if folded.is_empty() {
            return false;
        }
        let known = self.addresses.get(&*folded);
        let before = known.map_or_else(|| Address::new(now), |address| (**address).clone());
        let unknown = known.is_none();
        let mut after = before.clone();
        change(&mut after);
        let changed = after != before;
        if changed || unknown {
            let contact = after.contact;
            self.addresses.insert((&*folded).into(), Arc::new(after));
            if changed && let Some(contact) = contact.and_then(|id| self.contacts.get_mut(&id)) {
                Arc::make_mut(contact).updated = now;
            }
        }
        changed
    }

    /// Subscribes or unsubscribes an address globally; says whether it is different now.
    pub(crate) fn set_subscribed(&mut self, now: Instant, email: &str, subscribed: bool) -> bool {
        if mutated("eloqua.opt-in.ignored") && subscribed || mutated("eloqua.opt-out.ignored") && !subscribed
        {
            return false;
        }
        let changed = self.change_address(now, email, |address| {
            if address.subscribed == subscribed {
                return;
            }
            address.subscribed = subscribed;
            if subscribed {
                address.subscribed_at = Some(now);
            } else {
                address.unsubscribed_at = Some(now);
            }
        });
        if changed {
            self.note(now, if subscribed { "Subscribe" } else { "Unsubscribe" }, email);
        }
        changed
    }

    /// Marks an address as bounced or not; says whether it is different now.
    pub(crate) fn set_bounced(&mut self, now: Instant, email: &str, bounced: bool) -> bool {
        let changed = self.change_address(now, email, |address| {
            if address.bounced == bounced || mutated("eloqua.bounce.ignored") {
                return;
            }
            address.bounced = bounced;
            address.bounced_at = bounced.then_some(now);
        });
        if changed && bounced {
            self.note(now, "Bounceback", email);
        }
        changed
    }

    /// Keeps that something happened to an address. Who opts in or out is known by the address alone.
    fn note(&mut self, now: Instant, kind: &str, email: &str) {
        let contact = if kind == "Bounceback" { self.with_email(email) } else { None };
        let values = [(crate::activity::TYPE, kind), (crate::activity::EMAIL_ADDRESS, email.trim())];
        self.records.activities.add(now, Values::of(values), contact);
    }

    /// Subscribes an address to one e-mail group or not.
    pub(crate) fn set_group(&mut self, now: Instant, email: &str, group: u64, subscribed: bool) -> bool {
        self.change_address(now, email, |address| {
            if address.groups.insert(group, subscribed) != Some(subscribed) {
                address.groups_at.insert(group, now);
            }
        })
    }

    /// Whether an address is in a group: what it said, else what the group takes it for.
    pub(crate) fn in_group(&self, email: &str, group: &crate::group::EmailGroup) -> bool {
        let said = self.address(email).and_then(|address| address.groups.get(&group.id).copied());
        let said = said.filter(|_| !mutated("eloqua.group.follows-its-default"));
        said.unwrap_or(!group.require_opt_in)
    }

    /// Changes what of a contact is in no field; says whether it is different now.
    pub(crate) fn set_extra(&mut self, now: Instant, id: u64, change: impl FnOnce(&mut Extra)) -> bool {
        let before = self.extras.get(&id).cloned().unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        let Some(contact) = self.contacts.get_mut(&id).filter(|_| after != before) else { return false };
        Arc::make_mut(contact).updated = now;
        self.extras.insert(id, after);
        true
    }

    /// Puts a contact on a list or takes it off.
    pub(crate) fn set_member(&mut self, now: Instant, list: u64, contact: u64, member: bool) -> bool {
        let Some(list) = self.lists.get_mut(&list) else { return false };
        if !self.contacts.contains_key(&contact) || list.members.contains(&contact) == member {
            return false;
        }
        let list = Arc::make_mut(list);
        list.updated = now;
        if member {
            list.members.insert(contact);
        } else {
            list.members.remove(&contact);
        }
        if let Some(contact) = self.contacts.get_mut(&contact) {
            Arc::make_mut(contact).updated = now;
        }
        true
    }

    /// Puts an account on a list or takes it off.
    pub(crate) fn set_account_member(&mut self, now: Instant, list: u64, account: u64, member: bool) -> bool {
        let Some(list) = self.account_lists.get_mut(&list) else { return false };
        if list.members.contains(&account) == member {
            return false;
        }
        let list = Arc::make_mut(list);
        list.updated = now;
        if member {
            list.members.insert(account);
        } else {
            list.members.remove(&account);
        }
        true
    }

    /// Adds a list.
    pub(crate) fn add_list(&mut self, now: Instant, name: &str) -> u64 {
        let id = self.next_list;
        self.next_list += 1;
        let by = By::default();
        let list = List { id, name: name.to_owned(), members: OrdSet::new(), created: now, updated: now, by };
        self.lists.insert(id, Arc::new(list));
        id
    }

    /// The external id: `C`, the site's code, the id in twelve digits.
    pub(crate) fn external_id(&self, id: u64) -> String {
        format!("C{}{id:012}", self.site_code)
    }

    /// What a field of a contact holds, fields that follow from others included. Dates are as stored, or
    /// Eastern where they are Eloqua's own.
    pub(crate) fn text(&self, contact: &Contact, field: &Field) -> String {
        self.cell(contact, field).into_owned()
    }

    /// The same without a copy of what is stored.
    pub(crate) fn cell<'c>(&self, contact: &'c Contact, field: &Field) -> Cow<'c, str> {
        let own = |id: u32| contact.values.get(&id).unwrap_or_default();
        if !field.read_only {
            return own(field.id).into();
        }
        match field.internal.as_str() {
            "C_DateCreated" => time::exported(Zone::Eastern.civil(contact.created)).into(),
            "C_DateModified" => time::exported(Zone::Eastern.civil(contact.modified)).into(),
            "ContactIDExt" => self.external_id(contact.id).into(),
            "C_EmailAddressDomain" => {
                contact.email().rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default().into()
            }
            "C_FirstAndLastName" => {
                let name = format!("{} {}", own(field::FIRST_NAME), own(field::LAST_NAME));
                name.trim().to_owned().into()
            }
            "C_ElqPURLName" | "C_elqPURLName1" => {
                let name = format!("{}{}", own(field::FIRST_NAME), own(field::LAST_NAME));
                name.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().into()
            }
            "C_MD5HashedEmailAddress" => digest::md5(contact.email()).into(),
            "C_SHA256HashedEmailAddress" => digest::sha256(contact.email()).into(),
            "C_MD5HashedBusPhone" => digest::md5(own(field::BUSINESS_PHONE)).into(),
            "C_SHA256HashedBusPhone" => digest::sha256(own(field::BUSINESS_PHONE)).into(),
            "C_MD5HashedMobilePhone" => digest::md5(own(field::MOBILE_PHONE)).into(),
            "C_SHA256HashedMobilePhone" => digest::sha256(own(field::MOBILE_PHONE)).into(),
            _ => own(field.id).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::START;

    fn email(address: &str) -> BTreeMap<u32, String> {
        [(field::EMAIL, address.to_owned())].into()
    }

    #[test]
    fn an_address_keeps_its_status() {
        let mut store = Store::new("SNDC");
        let id = store.create(NOW, email("Ann@Old.example")).unwrap();
        assert!(store.set_subscribed(NOW, "ann@old.example", false));
        store.write(NOW, id, &email("ann@new.example")).unwrap();
        assert!(store.subscribed("ann@new.example"));
        store.write(NOW, id, &email("ann@old.example")).unwrap();
        assert!(!store.subscribed("ann@old.example"));
        store.delete(id);
        let again = store.create(NOW, email("ann@old.example")).unwrap();
        assert_ne!(again, id);
        assert!(!store.subscribed("ann@old.example"));
    }

    #[test]
    fn an_address_has_one_contact() {
        let mut store = Store::new("SNDC");
        let ann = store.create(NOW, email("ann@brand.example")).unwrap();
        let bob = store.create(NOW, email("bob@brand.example")).unwrap();
        assert_eq!(store.create(NOW, email("ANN@brand.example")), Err(AddressTaken));
        assert_eq!(store.write(NOW, bob, &email("ann@brand.example")), Err(AddressTaken));
        assert_eq!(store.with_email("ANN@brand.example "), Some(ann));
        assert_eq!(store.contacts.len(), 2);
    }

    #[test]
    fn external_ids_have_twelve_digits() {
        assert_eq!(Store::new("RDMG").external_id(1500), "CRDMG000000001500");
    }
}
