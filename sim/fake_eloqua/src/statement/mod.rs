//! Statements of the Eloqua markup language: what a column or a comparison names. `value` is what that holds,
//! `place` what filters and sync actions point to.

mod place;
mod value;

pub(crate) use place::Place;

use crate::activity;
use crate::field::{self, Field, Kind};
use crate::records::{COMPANY_NAME, Owner, Record};
use crate::store::{Contact, Store};
use std::sync::Arc;
use winnow::ascii::digit1;
use winnow::combinator::{alt, delimited, eof, opt, preceded, separated, terminated};
use winnow::prelude::*;
use winnow::token::take_while;

/// What a statement names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Statement {
    Id,
    CreatedAt,
    UpdatedAt,
    IsSubscribed,
    IsBounced,
    Format,
    Field(Arc<Field>),
    /// The address of an import of addresses.
    Address,
    /// A part of a contact's lead score under a model.
    Score(u64, Score),
    /// Something of the account of a contact.
    Account(Own),
    /// Something of a record that is no contact.
    Record(Owner, Own),
    /// Something of the contact that a record is linked to.
    Linked(Owner, Box<Statement>),
}

/// What a record that is no contact has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Own {
    Id,
    ExternalId,
    CreatedAt,
    UpdatedAt,
    Field(Arc<Field>),
}

/// Parts of a lead score.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Score {
    Rating,
    Profile,
    Engagement,
}

impl Score {
    /// All parts, in the order in which a model lists them.
    pub(crate) const ALL: [Self; 3] = [Self::Rating, Self::Profile, Self::Engagement];

    /// As statements write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Rating => "Rating",
            Self::Profile => "ProfileScore",
            Self::Engagement => "EngagementScore",
        }
    }
}

/// Whom a statement is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'s> {
    Contact(&'s Contact),
    Record(&'s Record),
}

/// The syntax alone: names, each with what stands in its brackets.
type Path<'t> = Vec<(&'t str, Bracket<'t>)>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bracket<'t> {
    None,
    Round(&'t str),
    Square(u64),
}

fn path<'t>(text: &'t str) -> Option<Path<'t>> {
    fn part<'t>(input: &mut &'t str) -> ModalResult<(&'t str, Bracket<'t>)> {
        let word = take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)?;
        let bracket = opt(alt((
            delimited('(', take_while(1.., |c| c != ')' && c != '}'), ')').map(Bracket::Round),
            delimited('[', digit1.parse_to(), ']').map(Bracket::Square),
        )))
        .parse_next(input)?;
        Ok((word, bracket.unwrap_or(Bracket::None)))
    }
    fn body<'t>(input: &mut &'t str) -> ModalResult<Path<'t>> {
        separated(1..=5, part, '.').parse_next(input)
    }
    let text = text.trim();
    let mut parser = if text.starts_with("{{") {
        |input: &mut &'t str| terminated(preceded("{{", body), ("}}", eof)).parse_next(input)
    } else {
        |input: &mut &'t str| terminated(body, eof).parse_next(input)
    };
    parser.parse(text).ok()
}

fn is(part: &(&str, Bracket<'_>), word: &str) -> bool {
    part.1 == Bracket::None && part.0.eq_ignore_ascii_case(word)
}

impl Statement {
    /// Reads a statement about contacts; braces may be missing, case does not matter.
    pub(crate) fn read(text: &str, store: &Store) -> Option<Self> {
        let path = path(text)?;
        let (first, rest) = path.split_first()?;
        if !is(first, "contact") {
            return None;
        }
        Self::of_contact(rest, store)
    }

    fn of_contact(path: &[(&str, Bracket<'_>)], store: &Store) -> Option<Self> {
        let names: Vec<String> = path.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let brackets: Vec<Bracket<'_>> = path.iter().map(|(_, bracket)| *bracket).collect();
        use Bracket::{None as No, Round, Square};
        match (names.as_slice(), brackets.as_slice()) {
            (["id"], [No]) => Some(Self::Id),
            (["createdat"], [No]) => Some(Self::CreatedAt),
            (["updatedat"], [No]) => Some(Self::UpdatedAt),
            (["email", "issubscribed"], [No, No]) => Some(Self::IsSubscribed),
            (["email", "isbounced"], [No, No]) => Some(Self::IsBounced),
            (["email", "format"], [No, No]) => Some(Self::Format),
            (["field"], [Round(name)]) => store.fields.internal(name).cloned().map(Self::Field),
            (["field"], [Square(id)]) => store.fields.get((*id).try_into().ok()?).cloned().map(Self::Field),
            (["leadscore", "model", part], [No, Square(id), No]) => {
                store.models.contains_key(id).then_some(())?;
                let part = Score::ALL.into_iter().find(|known| known.word().eq_ignore_ascii_case(part))?;
                Some(Self::Score(*id, part))
            }
            (["account", ..], [No, ..]) => own(&path[1..], Owner::Accounts, store).map(Self::Account),
            _ => None,
        }
    }

    /// Reads a statement about records of an owner, or about the contact that one is linked to.
    pub(crate) fn read_record(text: &str, owner: Owner, store: &Store) -> Option<Self> {
        let path = path(text)?;
        let (first, rest) = path.split_first()?;
        let fits = match (owner, first.1) {
            (Owner::Accounts, Bracket::None) => first.0.eq_ignore_ascii_case("account"),
            (Owner::CustomObject(id), Bracket::Square(given)) => {
                first.0.eq_ignore_ascii_case("customobject") && id == given
            }
            (Owner::Activities, Bracket::None) => first.0.eq_ignore_ascii_case("activity"),
            _ => false,
        };
        if !fits {
            return None;
        }
        if owner != Owner::Accounts && rest.len() > 1 && is(&rest[0], "contact") {
            let activity_contact = owner == Owner::Activities && rest.len() == 2 && is(&rest[1], "id");
            if !activity_contact {
                return Self::of_contact(&rest[1..], store)
                    .map(|linked| Self::Linked(owner, Box::new(linked)));
            }
        }
        own(rest, owner, store).map(|own| Self::Record(owner, own))
    }

    /// Reads the statement of the one column of an import of addresses.
    pub(crate) fn read_address(text: &str, store: &Store) -> Option<Self> {
        if path(text)?.first()?.0.eq_ignore_ascii_case("emailaddress") {
            return Some(Self::Address);
        }
        match Self::read(text, store)? {
            Self::Field(field) if field.id == field::EMAIL => Some(Self::Address),
            _ => None,
        }
    }

    /// The canonical text.
    pub(crate) fn text(&self, store: &Store) -> String {
        let owned = |owner: Owner, own: &Own, root: &str| match own {
            Own::Id => format!("{{{{{root}.Id}}}}"),
            Own::ExternalId => format!("{{{{{root}.ExternalId}}}}"),
            Own::CreatedAt => format!("{{{{{root}.CreatedAt}}}}"),
            Own::UpdatedAt => format!("{{{{{root}.UpdatedAt}}}}"),
            Own::Field(field) => {
                store.records.of(owner).map(|table| table.statement(field)).unwrap_or_default()
            }
        };
        match self {
            Self::Id => "{{Contact.Id}}".to_owned(),
            Self::CreatedAt => "{{Contact.CreatedAt}}".to_owned(),
            Self::UpdatedAt => "{{Contact.UpdatedAt}}".to_owned(),
            Self::IsSubscribed => "{{Contact.Email.IsSubscribed}}".to_owned(),
            Self::IsBounced => "{{Contact.Email.IsBounced}}".to_owned(),
            Self::Format => "{{Contact.Email.Format}}".to_owned(),
            Self::Field(field) => field.statement(),
            Self::Address => "{{EmailAddress}}".to_owned(),
            Self::Score(id, part) => format!("{{{{Contact.LeadScore.Model[{id}].{}}}}}", part.word()),
            Self::Account(own) => owned(Owner::Accounts, own, "Account").replacen("{{", "{{Contact.", 1),
            Self::Record(owner, own) => owned(*owner, own, &root_of(*owner)),
            Self::Linked(owner, linked) => {
                linked.text(store).replacen("{{", &format!("{{{{{}.", root_of(*owner)), 1)
            }
        }
    }

    /// Whether imports may write to it.
    pub(crate) fn writable(&self) -> bool {
        match self {
            Self::IsSubscribed | Self::IsBounced | Self::Format | Self::Address => true,
            Self::Id | Self::CreatedAt | Self::UpdatedAt | Self::Score(..) | Self::Linked(..) => false,
            Self::Account(Own::Field(field)) => field.id == COMPANY_NAME,
            Self::Field(field) | Self::Record(_, Own::Field(field)) => !field.read_only,
            Self::Account(_) | Self::Record(..) => false,
        }
    }

    /// Whether imports may match by it.
    pub(crate) fn identifies(&self) -> bool {
        match self {
            Self::Id | Self::Address | Self::Record(_, Own::Id | Own::ExternalId) => true,
            Self::Field(field) | Self::Record(_, Own::Field(field)) => {
                !matches!(field.kind, Kind::Date | Kind::LargeText)
            }
            _ => false,
        }
    }

    /// Whether it names this contact field, of a contact or of one that a record is linked to.
    pub(crate) fn uses(&self, id: u32) -> bool {
        match self {
            Self::Field(field) => field.id == id,
            Self::Linked(_, linked) => linked.uses(id),
            _ => false,
        }
    }

    /// The field that it names.
    pub(crate) fn field(&self) -> Option<&Arc<Field>> {
        match self {
            Self::Field(field) | Self::Record(_, Own::Field(field)) => Some(field),
            _ => None,
        }
    }
}

fn root_of(owner: Owner) -> String {
    match owner {
        Owner::Accounts => "Account".to_owned(),
        Owner::CustomObject(id) => format!("CustomObject[{id}]"),
        Owner::Activities => "Activity".to_owned(),
    }
}

fn own(path: &[(&str, Bracket<'_>)], owner: Owner, store: &Store) -> Option<Own> {
    let table = store.records.of(owner)?;
    match path {
        [part] if is(part, "id") => return Some(Own::Id),
        [part] if is(part, "createdat") => return Some(Own::CreatedAt),
        [part] if is(part, "externalid") => return Some(Own::ExternalId),
        [part] if is(part, "updatedat") && owner != Owner::Activities => return Some(Own::UpdatedAt),
        _ => {}
    }
    if owner == Owner::Activities {
        let part = |(name, bracket): &(&str, Bracket<'_>)| match bracket {
            Bracket::Round(inner) => format!("{name}({inner})"),
            Bracket::Square(id) => format!("{name}[{id}]"),
            Bracket::None => (*name).to_owned(),
        };
        let text: Vec<String> = path.iter().map(part).collect();
        let id = activity::named(&format!("Activity.{}", text.join(".")))?;
        return table.field(id).cloned().map(Own::Field);
    }
    match path {
        [(name, Bracket::Round(field))] if name.eq_ignore_ascii_case("field") => {
            table.internal(field).cloned().map(Own::Field)
        }
        [(name, Bracket::Square(id))] if name.eq_ignore_ascii_case("field") => {
            table.field((*id).try_into().ok()?).cloned().map(Own::Field)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn statements_are_read() {
        let store = Store::new("SNDC");
        for (given, expected) in [
            ("{{Contact.Id}}", Some("{{Contact.Id}}")),
            ("{{contact.field(c_firstname)}}", Some("{{Contact.Field(C_FirstName)}}")),
            ("Contact.Field(C_FirstName)", Some("{{Contact.Field(C_FirstName)}}")),
            ("{{Contact.Field[100001]}}", Some("{{Contact.Field(C_EmailAddress)}}")),
            ("{{Contact.Email.IsSubscribed}}", Some("{{Contact.Email.IsSubscribed}}")),
            ("{{Contact.Account.Field(M_CompanyName)}}", Some("{{Contact.Account.Field(M_CompanyName)}}")),
            ("{{Contact.Account.Field(M_City)}}", Some("{{Contact.Account.Field(M_City)}}")),
            ("{{Contact.Field(C_Nobody)}}", None),
            ("{{Contact.LeadScore.Model[1].Rating}}", None),
            ("{{Contact.Field(C_FirstName)", None),
            ("{{Contact.Field[99999999999999999999]}}", None),
            ("{{Contact}}", None),
            ("{{Activity.Id}}", None),
            ("", None),
        ] {
            let read = Statement::read(given, &store).map(|statement| statement.text(&store));
            assert_eq!(read.as_deref(), expected, "{given}");
        }
        for (given, owner, expected) in [
            ("{{Account.Field(m_companyname)}}", Owner::Accounts, Some("{{Account.Field(M_CompanyName)}}")),
            ("{{Account.Id}}", Owner::Accounts, Some("{{Account.Id}}")),
            ("{{Activity.CreatedAt}}", Owner::Activities, Some("{{Activity.CreatedAt}}")),
            ("{{Activity.Asset.Id}}", Owner::Activities, Some("{{Activity.Asset.Id}}")),
            ("{{Activity.Contact.Id}}", Owner::Activities, Some("{{Activity.Contact.Id}}")),
            (
                "{{Activity.Contact.Field(C_EmailAddress)}}",
                Owner::Activities,
                Some("{{Activity.Contact.Field(C_EmailAddress)}}"),
            ),
            ("{{activity.field(subjectline)}}", Owner::Activities, Some("{{Activity.Field(SubjectLine)}}")),
            ("{{Activity.UpdatedAt}}", Owner::Activities, None),
            ("{{CustomObject[1].Id}}", Owner::CustomObject(1), None),
            ("{{Contact.Id}}", Owner::Accounts, None),
        ] {
            let read = Statement::read_record(given, owner, &store).map(|statement| statement.text(&store));
            assert_eq!(read.as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn places_are_read() {
        for (given, expected) in [
            ("{{ContactList[7]}}", Some(Place::ContactList(7))),
            ("{{globalsubscribe}}", Some(Place::GlobalSubscribe)),
            ("{{EmailGroup[1]}}", Some(Place::EmailGroup(1))),
            ("{{ContactSegment[1]}}", Some(Place::ContactSegment(1))),
            ("{{AccountList[3]}}", Some(Place::AccountList(3))),
            ("{{ContactList(1)}}", None),
        ] {
            assert_eq!(Place::read(given), expected, "{given}");
        }
    }

    proptest! {
        #[test]
        fn any_statement_is_read_or_refused(text in "[\\PC{}().\\[\\]0-9]{0,40}") {
            let store = Store::new("SNDC");
            let _ = Statement::read(&text, &store);
            let _ = Statement::read_record(&text, Owner::Activities, &store);
            let _ = Place::read(&text);
        }
    }
}
