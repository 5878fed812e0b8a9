//! A filter whose names are known: which rows an export holds.

use crate::field::Kind;
use crate::filter::{Op, Text, parse};
use crate::records::Owner;
use crate::statement::{Own, Place, Statement, Subject};
use crate::store::{Contact, Store};
use crate::time::{self, Zone};
use crate::value;

/// A filter whose names are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Filter {
    Compare(Statement, Op, String),
    Exists(Place),
    Not(Box<Filter>),
    And(Vec<Filter>),
    Or(Vec<Filter>),
}

/// What a filter may speak of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    Contacts,
    Records(Owner),
}

/// How deep segments and filters may lean on each other.
const DEEPEST: u32 = 8;

impl Filter {
    /// Reads a filter over contacts and looks its names up.
    pub(crate) fn read(text: &str, store: &Store) -> Result<Self, String> {
        Self::read_in(text, Scope::Contacts, store)
    }

    /// Reads a filter and looks its names up.
    pub(crate) fn read_in(text: &str, scope: Scope, store: &Store) -> Result<Self, String> {
        let parsed = parse(text)?;
        let mut names = Names { text, scope, store, exists: 0, status: 0 };
        let filter = names.resolve(&parsed)?;
        if names.exists > 1 {
            return Err("Must contain at most one EXISTS.".to_owned());
        }
        if filter.has_segment() && !filter.leaves_segments_alone() {
            return Err("Must combine a segment only by AND with at most two criteria on \
                {{Contact.CreatedAt}}, {{Contact.UpdatedAt}}, C_DateCreated or C_DateModified."
                .to_owned());
        }
        if scope == Scope::Records(Owner::Activities) && !filter.names_a_type() {
            return Err("Must contain a criterion on {{Activity.Type}}.".to_owned());
        }
        Ok(filter)
    }

    /// Whether a comparison names this contact field.
    pub(crate) fn uses(&self, field: u32) -> bool {
        match self {
            Self::Compare(statement, _, _) => statement.uses(field),
            Self::Exists(_) => false,
            Self::Not(inner) => inner.uses(field),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.uses(field)),
        }
    }

    fn has_segment(&self) -> bool {
        match self {
            Self::Exists(Place::ContactSegment(_)) => true,
            Self::Not(inner) => inner.has_segment(),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::has_segment),
            _ => false,
        }
    }

    /// A segment by itself, with one or two dates, or with a choice of two.
    fn leaves_segments_alone(&self) -> bool {
        let segment = |part: &Self| matches!(part, Self::Exists(Place::ContactSegment(_)));
        match self {
            Self::Exists(_) => true,
            Self::And(parts) => match parts.iter().filter(|part| !segment(part)).collect::<Vec<_>>()[..] {
                [Self::Or(choice) | Self::And(choice)] => {
                    choice.len() == 2 && choice.iter().all(Self::is_on_a_date)
                }
                [one] => one.is_on_a_date(),
                [one, two] => one.is_on_a_date() && two.is_on_a_date(),
                _ => false,
            },
            _ => false,
        }
    }

    fn is_on_a_date(&self) -> bool {
        match self {
            Self::Compare(Statement::CreatedAt | Statement::UpdatedAt, _, _) => true,
            Self::Compare(Statement::Field(field), _, _) => {
                ["C_DateCreated", "C_DateModified"].contains(&field.internal.as_str())
            }
            _ => false,
        }
    }

    /// Whether only activities of named types can pass.
    fn names_a_type(&self) -> bool {
        match self {
            Self::Compare(Statement::Record(Owner::Activities, Own::Field(field)), Op::Equal, value) => {
                field.id == crate::activity::TYPE && crate::activity::type_of(value).is_some()
            }
            Self::And(parts) => parts.iter().any(Self::names_a_type),
            Self::Or(parts) => parts.iter().all(Self::names_a_type),
            _ => false,
        }
    }

    /// Whether a subject passes. Dates of the filter are read in `zone`.
    pub(crate) fn admits(&self, store: &Store, subject: Subject<'_>, zone: Zone) -> bool {
        self.admits_at(store, subject, zone, 0)
    }

    fn admits_at(&self, store: &Store, subject: Subject<'_>, zone: Zone, depth: u32) -> bool {
        match self {
            Self::Not(inner) => !inner.admits_at(store, subject, zone, depth),
            Self::And(parts) => parts.iter().all(|part| part.admits_at(store, subject, zone, depth)),
            Self::Or(parts) => parts.iter().any(|part| part.admits_at(store, subject, zone, depth)),
            Self::Exists(place) => store.stands_in(*place, subject, depth + 1),
            Self::Compare(statement, op, wanted) => compare(store, subject, statement, *op, wanted, zone),
        }
    }
}

impl Store {
    /// Whether a subject is in a list, segment or filter.
    fn stands_in(&self, place: Place, subject: Subject<'_>, depth: u32) -> bool {
        let gathered = |segment: Option<&std::sync::Arc<crate::store::Segment>>, contact: &Contact| {
            depth <= DEEPEST
                && segment.is_some_and(|segment| match &segment.criteria {
                    Some(filter) => filter.admits_at(self, Subject::Contact(contact), Zone::Eastern, depth),
                    None => segment.members.contains(&contact.id),
                })
        };
        match (place, subject) {
            (Place::ContactList(id), Subject::Contact(contact)) => {
                self.lists.get(&id).is_some_and(|list| list.members.contains(&contact.id))
            }
            (Place::ContactSegment(id), Subject::Contact(contact)) => {
                gathered(self.segments.get(&id), contact)
            }
            (Place::ContactFilter(id), Subject::Contact(contact)) => gathered(self.filters.get(&id), contact),
            (Place::AccountList(id), Subject::Record(account)) => {
                self.account_lists.get(&id).is_some_and(|list| list.members.contains(&account.id))
            }
            _ => false,
        }
    }

    /// The contacts of a segment or filter, by ascending id.
    pub(crate) fn gathered(&self, place: Place) -> Vec<u64> {
        let stands = |contact: &&std::sync::Arc<Contact>| self.stands_in(place, Subject::Contact(contact), 1);
        self.contacts.values().filter(stands).map(|contact| contact.id).collect()
    }
}

struct Names<'f> {
    text: &'f str,
    scope: Scope,
    store: &'f Store,
    exists: u32,
    status: u32,
}

impl Names<'_> {
    fn resolve(&mut self, text: &Text) -> Result<Filter, String> {
        match text {
            Text::Compare { statement, op, value } => {
                let known = match self.scope {
                    Scope::Contacts => Statement::read(statement, self.store),
                    Scope::Records(owner) => Statement::read_record(statement, owner, self.store),
                };
                let known = known.ok_or_else(|| {
                    format!("Must reference known statements: {statement}{}", self.place(statement))
                })?;
                if matches!(known, Statement::Linked(Owner::Activities, _)) {
                    return Err(format!(
                        "Must not reference contact fields: {statement}{}",
                        self.place(statement)
                    ));
                }
                Ok(Filter::Compare(known, *op, value.clone()))
            }
            Text::Exists(text) => {
                self.exists += 1;
                match Place::read(text).filter(|place| self.may_exist(*place)) {
                    Some(place) => Ok(Filter::Exists(place)),
                    None => Err(format!("Must reference an existing list: {text}{}", self.place(text))),
                }
            }
            Text::Status { .. } => {
                self.status += 1;
                if self.status > 1 {
                    return Err("Must contain at most one STATUS.".to_owned());
                }
                Err("Must reference service instance within a workflow".to_owned())
            }
            Text::Not(inner) => Ok(Filter::Not(Box::new(self.resolve(inner)?))),
            Text::And(parts) => Ok(Filter::And(self.all(parts)?)),
            Text::Or(parts) => Ok(Filter::Or(self.all(parts)?)),
        }
    }

    fn all(&mut self, parts: &[Text]) -> Result<Vec<Filter>, String> {
        parts.iter().map(|part| self.resolve(part)).collect()
    }

    /// Where a quoted text stands.
    fn place(&self, quoted: &str) -> String {
        let quoted = format!("'{}'", quoted.replace('\'', "''"));
        match self.text.find(&quoted) {
            Some(at) => format!(" at character {}", self.text[..at].chars().count() + 1),
            None => String::new(),
        }
    }

    fn may_exist(&self, place: Place) -> bool {
        match (place, self.scope) {
            (Place::ContactList(id), Scope::Contacts) => self.store.lists.contains_key(&id),
            (Place::ContactSegment(id), Scope::Contacts) => self.store.segments.contains_key(&id),
            (Place::ContactFilter(id), Scope::Contacts) => self.store.filters.contains_key(&id),
            (Place::AccountList(id), Scope::Records(Owner::Accounts)) => {
                self.store.account_lists.contains_key(&id)
            }
            _ => false,
        }
    }
}

fn compare(
    store: &Store,
    subject: Subject<'_>,
    statement: &Statement,
    op: Op,
    wanted: &str,
    zone: Zone,
) -> bool {
    if op != Op::Like
        && !wanted.is_empty()
        && let Some(at) = statement.instant(store, subject)
    {
        return match time::civil(wanted).and_then(|civil| zone.instant(civil)) {
            Some(wanted) => op.holds(at.cmp(&wanted)),
            None => op == Op::NotEqual,
        };
    }
    let text = statement.of(store, subject, zone);
    if op == Op::Like {
        return value::fits(&wanted.to_lowercase(), &text.to_lowercase(), '%', Some('_'));
    }
    if wanted.is_empty() || text.is_empty() {
        return op.holds((*text).cmp(wanted));
    }
    let order = match statement.kind() {
        Kind::Date => time::civil(&text).zip(time::civil(wanted)).map(|(a, b)| a.cmp(&b)),
        Kind::Numeric => value::number_key(&text).zip(value::number_key(wanted)).map(|(a, b)| a.cmp(&b)),
        _ => None,
    };
    op.holds(order.unwrap_or_else(|| text.to_lowercase().cmp(&wanted.to_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_filter_is_read_or_refused(text in "('\\{\\{(Contact|Activity|Account)\\.[A-Za-z.()\\[\\]0-9]{0,14}\\}\\}'|[ '()=<>~!A-Z]{0,6}|'[\\PC]{0,4}'){0,6}") {
            let store = Store::new("SNDC");
            for scope in [Scope::Contacts, Scope::Records(Owner::Accounts), Scope::Records(Owner::Activities)] {
                let _ = Filter::read_in(&text, scope, &store);
            }
        }
    }
}
