//! What a statement stands for in a contact or record.

use crate::field::{self, Kind};
use crate::records::{COMPANY_NAME, Owner, Record};
use crate::statement::{Own, Statement, Subject};
use crate::store::{Contact, Store};
use crate::time::{self, Zone};
use crate::value;
use standin_model::Instant;
use std::borrow::Cow;

impl Statement {
    /// What an export writes for a contact.
    pub(crate) fn value(&self, store: &Store, contact: &Contact, zone: Zone) -> String {
        self.of(store, Subject::Contact(contact), zone).into_owned()
    }

    /// What an export writes for a subject; nothing for a subject of another sort.
    pub(crate) fn of<'s>(&self, store: &'s Store, subject: Subject<'s>, zone: Zone) -> Cow<'s, str> {
        match (self, subject) {
            (Self::Record(owner, own), Subject::Record(record)) => own.of(*owner, store, record, zone),
            (Self::Linked(_, linked), Subject::Record(record)) => {
                match record.contact.and_then(|id| store.contacts.get(&id)) {
                    Some(contact) => linked.of(store, Subject::Contact(contact), zone),
                    None => "".into(),
                }
            }
            (_, Subject::Contact(contact)) => self.of_one(store, contact, zone),
            _ => "".into(),
        }
    }

    fn of_one<'s>(&self, store: &'s Store, contact: &'s Contact, zone: Zone) -> Cow<'s, str> {
        match self {
            Self::Id => contact.id.to_string().into(),
            Self::CreatedAt => time::exported(zone.civil(contact.created)).into(),
            Self::UpdatedAt => time::exported(zone.civil(contact.updated)).into(),
            Self::IsSubscribed => value::flag_text(store.subscribed(contact.email())).into(),
            Self::IsBounced => value::flag_text(store.bounced(contact.email())).into(),
            Self::Format => contact.format.into(),
            Self::Address => contact.email().into(),
            Self::Field(field) => written(store.cell(contact, field), field.kind),
            Self::Score(model, part) => {
                let score = store.models.get(model).and_then(|model| model.scores.get(&contact.id));
                score.map(|score| score.text(*part)).unwrap_or_default().into()
            }
            Self::Account(own) => {
                let company = contact.values.get(&field::COMPANY).unwrap_or_default();
                match (store.records.account_named(company), own) {
                    (Some(account), _) => own.of(Owner::Accounts, store, account, zone),
                    (None, Own::Field(field)) if field.id == COMPANY_NAME => company.into(),
                    (None, _) => "".into(),
                }
            }
            Self::Record(..) | Self::Linked(..) => "".into(),
        }
    }

    /// The point in time that it names, where that is one of the system's own.
    pub(crate) fn instant(&self, store: &Store, subject: Subject<'_>) -> Option<Instant> {
        match (self, subject) {
            (Self::CreatedAt, Subject::Contact(contact)) => Some(contact.created),
            (Self::UpdatedAt, Subject::Contact(contact)) => Some(contact.updated),
            (Self::Field(field), Subject::Contact(contact)) => match field.internal.as_str() {
                "C_DateCreated" => Some(contact.created),
                "C_DateModified" => Some(contact.modified),
                _ => None,
            },
            (Self::Record(_, Own::CreatedAt), Subject::Record(record)) => Some(record.created),
            (Self::Record(_, Own::UpdatedAt), Subject::Record(record)) => Some(record.updated),
            (Self::Linked(_, linked), Subject::Record(record)) => {
                let contact = record.contact.and_then(|id| store.contacts.get(&id))?;
                linked.instant(store, Subject::Contact(contact))
            }
            _ => None,
        }
    }

    /// How its values compare.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Id | Self::Record(_, Own::Id) | Self::Account(Own::Id) => Kind::Numeric,
            Self::Field(field) | Self::Record(_, Own::Field(field)) | Self::Account(Own::Field(field)) => {
                field.kind
            }
            Self::Linked(_, linked) => linked.kind(),
            _ => Kind::Text,
        }
    }
}

impl Own {
    fn of<'s>(&self, owner: Owner, store: &'s Store, record: &'s Record, zone: Zone) -> Cow<'s, str> {
        let Some(table) = store.records.of(owner) else { return "".into() };
        match self {
            Self::Id => record.id.to_string().into(),
            Self::ExternalId => table.external_id(&store.site_code, record.id).into(),
            Self::CreatedAt => time::exported(zone.civil(record.created)).into(),
            Self::UpdatedAt => time::exported(zone.civil(record.updated)).into(),
            Self::Field(field) if owner == Owner::Activities => match field.internal.as_str() {
                "ContactId" => record.contact.map(|id| id.to_string()).unwrap_or_default().into(),
                _ => record.values.get(&field.id).unwrap_or_default().into(),
            },
            Self::Field(field) => written(table.text(&store.site_code, record, field), field.kind),
        }
    }
}

/// A stored value as exports write it.
fn written(text: Cow<'_, str>, kind: Kind) -> Cow<'_, str> {
    match kind {
        Kind::Date => time::civil(&text).map_or(text, |civil| time::exported(civil).into()),
        Kind::Numeric => match value::number(&text) {
            Some(number) => number.into(),
            None => text,
        },
        _ => text,
    }
}
