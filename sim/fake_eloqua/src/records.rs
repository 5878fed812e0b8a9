//! Accounts, custom object records and activities: records that are no contacts and may belong to one.

use crate::field::{Field, Kind};
use crate::time::{self, Zone};
use crate::value;
use crate::values::Values;
use imbl::OrdMap;
use standin_model::Instant;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Owner {
    Accounts,
    /// A custom object, by id.
    CustomObject(u64),
    Activities,
}

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    pub(crate) id: u64,
    pub(crate) created: Instant,
    pub(crate) updated: Instant,
    /// The contact that it is linked to.
    pub(crate) contact: Option<u64>,
    pub(crate) values: Values,
}

/// How many activities are kept.
const ACTIVITIES_KEPT: usize = 5_000_000;

/// All records of one owner.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) owner: Owner,
    pub(crate) fields: Arc<[Arc<Field>]>,
    pub(crate) records: OrdMap<u64, Arc<Record>>,
    next: u64,
    /// How many records are kept; beyond it the oldest are forgotten.
    most: usize,
}

impl Table {
    pub(crate) fn new(owner: Owner, fields: Vec<Arc<Field>>, first: u64) -> Self {
        let most = if owner == Owner::Activities { ACTIVITIES_KEPT } else { usize::MAX };
        Self { owner, fields: fields.into(), records: OrdMap::new(), next: first, most }
    }

    /// By id.
    pub(crate) fn field(&self, id: u32) -> Option<&Arc<Field>> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// By internal name, in any case.
    pub(crate) fn internal(&self, name: &str) -> Option<&Arc<Field>> {
        self.fields.iter().find(|field| field.internal.eq_ignore_ascii_case(name))
    }

    /// The statement by which the Bulk API names a field.
    pub(crate) fn statement(&self, field: &Field) -> String {
        match self.owner {
            Owner::Accounts => format!("{{{{Account.Field({})}}}}", field.internal),
            Owner::CustomObject(id) => format!("{{{{CustomObject[{id}].Field[{}]}}}}", field.id),
            Owner::Activities => crate::activity::statement(field),
        }
    }

    /// Makes a record.
    pub(crate) fn add(&mut self, now: Instant, values: Values, contact: Option<u64>) -> u64 {
        let id = self.next;
        self.next += 1;
        let record = Record { id, created: now, updated: now, contact, values };
        self.records.insert(id, Arc::new(record));
        while self.records.len() > self.most {
            let Some(oldest) = self.records.get_min().map(|(id, _)| *id) else { break };
            self.records.remove(&oldest);
        }
        id
    }

    /// Writes values into a record; says whether anything is different now.
    pub(crate) fn write(&mut self, now: Instant, id: u64, changes: &BTreeMap<u32, String>) -> bool {
        let Some(record) = self.records.get_mut(&id) else { return false };
        let values = record.values.with(changes);
        if values == record.values {
            return false;
        }
        let record = Arc::make_mut(record);
        record.values = values;
        record.updated = now;
        true
    }

    /// Links a record to a contact; says whether it was linked otherwise.
    pub(crate) fn link(&mut self, now: Instant, id: u64, contact: u64) -> bool {
        match self.records.get_mut(&id) {
            Some(record) if record.contact != Some(contact) => {
                let record = Arc::make_mut(record);
                record.contact = Some(contact);
                record.updated = now;
                true
            }
            _ => false,
        }
    }

    /// The external id: a letter for the sort, the site's code, the id in twelve digits.
    pub(crate) fn external_id(&self, site_code: &str, id: u64) -> String {
        let letter = match self.owner {
            Owner::Accounts => 'A',
            Owner::CustomObject(_) => 'D',
            Owner::Activities => 'T',
        };
        format!("{letter}{site_code}{id:012}")
    }

    /// What a field of a record holds as it is stored, fields that follow from others included.
    pub(crate) fn text<'r>(&self, site_code: &str, record: &'r Record, field: &Field) -> Cow<'r, str> {
        match (self.owner, field.internal.as_str()) {
            (Owner::Accounts, "M_DateCreated") => time::exported(Zone::Eastern.civil(record.created)).into(),
            (Owner::Accounts, "M_DateModified") => time::exported(Zone::Eastern.civil(record.updated)).into(),
            (Owner::Accounts, "CompanyIDExt") => self.external_id(site_code, record.id).into(),
            _ => record.values.get(&field.id).unwrap_or_default().into(),
        }
    }
}

/// A custom object: what its records are about.
#[derive(Clone, Debug)]
pub(crate) struct CustomObject {
    pub(crate) name: String,
    pub(crate) display_field: Option<u32>,
    pub(crate) email_field: Option<u32>,
    pub(crate) unique_field: Option<u32>,
    pub(crate) created: Instant,
    pub(crate) table: Table,
}

/// All records of a site that are no contacts.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) accounts: Table,
    pub(crate) custom_objects: OrdMap<u64, Arc<CustomObject>>,
    pub(crate) activities: Table,
    pub(crate) next_field: u32,
    /// Accounts by folded company name.
    by_name: OrdMap<String, u64>,
}

impl Records {
    pub(crate) fn new() -> Self {
        Self {
            accounts: Table::new(Owner::Accounts, account_fields(), 1),
            custom_objects: OrdMap::new(),
            activities: Table::new(Owner::Activities, crate::activity::fields(), 1),
            next_field: 1,
            by_name: OrdMap::new(),
        }
    }

    /// The records of an owner.
    pub(crate) fn of(&self, owner: Owner) -> Option<&Table> {
        match owner {
            Owner::Accounts => Some(&self.accounts),
            Owner::CustomObject(id) => self.custom_objects.get(&id).map(|object| &object.table),
            Owner::Activities => Some(&self.activities),
        }
    }

    /// The records of an owner, to be changed.
    pub(crate) fn of_mut(&mut self, owner: Owner) -> Option<&mut Table> {
        match owner {
            Owner::Accounts => Some(&mut self.accounts),
            Owner::CustomObject(id) => {
                self.custom_objects.get_mut(&id).map(|object| &mut Arc::make_mut(object).table)
            }
            Owner::Activities => Some(&mut self.activities),
        }
    }

    /// The account that bears this company name; of several the one with the lowest id.
    pub(crate) fn account_named(&self, name: &str) -> Option<&Arc<Record>> {
        self.accounts.records.get(self.by_name.get(&*value::fold(name))?)
    }

    /// To be called after accounts were made or renamed.
    pub(crate) fn index_accounts(&mut self) {
        let mut by_name = OrdMap::new();
        for record in self.accounts.records.values().rev() {
            let name = record.values.get(&COMPANY_NAME).map(value::folded).unwrap_or_default();
            if !name.is_empty() {
                by_name.insert(name, record.id);
            }
        }
        self.by_name = by_name;
    }
}

/// The id of Company Name.
pub(crate) const COMPANY_NAME: u32 = 100_085;

fn account_fields() -> Vec<Arc<Field>> {
    let made = |(at, (name, internal, kind, read_only)): (usize, &(&str, &str, Kind, bool))| {
        let id = COMPANY_NAME + u32::try_from(at).unwrap_or_default();
        Arc::new(Field::system(id, name, internal, *kind, *read_only))
    };
    ACCOUNT_FIELDS.iter().enumerate().map(made).collect()
}

const ACCOUNT_FIELDS: [(&str, &str, Kind, bool); 16] = [
    ("Company Name", "M_CompanyName", Kind::Text, false),
    ("Country", "M_Country", Kind::Text, false),
    ("Address 1", "M_Address1", Kind::Text, false),
    ("Address 2", "M_Address2", Kind::Text, false),
    ("Address 3", "M_Address3", Kind::Text, false),
    ("City", "M_City", Kind::Text, false),
    ("State or Province", "M_State_Prov", Kind::Text, false),
    ("Zip or Postal Code", "M_Zip_Postal", Kind::Text, false),
    ("Business Phone", "M_BusPhone", Kind::Text, false),
    ("SFDC Account ID", "M_SFDCAccountID", Kind::Text, false),
    ("Last Modified by CRM System", "M_LastModifiedByExtIntegrateSystem", Kind::Date, false),
    ("Date Created", "M_DateCreated", Kind::Date, true),
    ("Date Modified", "M_DateModified", Kind::Date, true),
    ("Eloqua Company ID", "CompanyIDExt", Kind::Text, true),
    ("Industry", "M_Industry1", Kind::Text, false),
    ("Employees", "M_Employees1", Kind::Numeric, false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_activities_are_forgotten() {
        let mut records = Records::new();
        assert_eq!((records.activities.most, records.accounts.most), (ACTIVITIES_KEPT, usize::MAX));
        records.activities.most = 3;
        for _ in 0..5 {
            records.activities.add(Instant::START, Values::of::<&str>([]), None);
        }
        assert_eq!(records.activities.records.keys().copied().collect::<Vec<_>>(), [3, 4, 5]);
    }
}
