//! Statements of the Eloqua markup language, as far as they speak of contacts.

use crate::field::{self, Field};
use crate::store::{Contact, Store};
use crate::time::{self, Zone};
use crate::value;
use std::sync::Arc;
use winnow::ascii::digit1;
use winnow::combinator::{alt, delimited, eof, opt, preceded, terminated};
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
}

/// Something that filters and sync actions point to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    ContactList(u64),
    EmailGroup(u64),
    GlobalSubscribe,
}

/// The syntax alone: a path of names, and what stands in its brackets.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Shape<'t> {
    path: Vec<&'t str>,
    bracket: Bracket<'t>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Bracket<'t> {
    None,
    Round(&'t str),
    Square(u64),
}

fn shape<'t>(text: &'t str) -> Option<Shape<'t>> {
    fn word<'t>(input: &mut &'t str) -> ModalResult<&'t str> {
        take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)
    }
    fn body<'t>(input: &mut &'t str) -> ModalResult<Shape<'t>> {
        let mut path = vec![word.parse_next(input)?];
        while opt('.').parse_next(input)?.is_some() {
            path.push(word.parse_next(input)?);
        }
        let bracket = opt(alt((
            delimited('(', take_while(1.., |c| c != ')'), ')').map(Bracket::Round),
            delimited('[', digit1.parse_to(), ']').map(Bracket::Square),
        )))
        .parse_next(input)?;
        Ok(Shape { path, bracket: bracket.unwrap_or(Bracket::None) })
    }
    let text = text.trim();
    let braced = text.starts_with("{{");
    let mut parser = if braced {
        |input: &mut &'t str| terminated(preceded("{{", body), ("}}", eof)).parse_next(input)
    } else {
        |input: &mut &'t str| terminated(body, eof).parse_next(input)
    };
    parser.parse(text).ok()
}

impl Statement {
    /// Reads a statement about contacts; braces may be missing, case does not matter.
    pub(crate) fn read(text: &str, store: &Store) -> Option<Self> {
        let shape = shape(text)?;
        let path: Vec<String> = shape.path.iter().map(|part| part.to_ascii_lowercase()).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (path.as_slice(), &shape.bracket) {
            (["contact", "id"], Bracket::None) => Some(Self::Id),
            (["contact", "createdat"], Bracket::None) => Some(Self::CreatedAt),
            (["contact", "updatedat"], Bracket::None) => Some(Self::UpdatedAt),
            (["contact", "email", "issubscribed"], Bracket::None) => Some(Self::IsSubscribed),
            (["contact", "email", "isbounced"], Bracket::None) => Some(Self::IsBounced),
            (["contact", "email", "format"], Bracket::None) => Some(Self::Format),
            (["contact", "field"], Bracket::Round(name)) => {
                store.fields.internal(name).cloned().map(Self::Field)
            }
            (["contact", "field"], Bracket::Square(id)) => {
                store.fields.get((*id).try_into().ok()?).cloned().map(Self::Field)
            }
            (["contact", "account", "field"], Bracket::Round(name))
                if name.eq_ignore_ascii_case("M_CompanyName") =>
            {
                store.fields.get(field::COMPANY).cloned().map(Self::Field)
            }
            _ => None,
        }
    }

    /// Reads the statement of the one column of an import of addresses.
    pub(crate) fn read_address(text: &str, store: &Store) -> Option<Self> {
        let first = shape(text)?.path.first().map(|part| part.to_ascii_lowercase());
        if first.as_deref() == Some("emailaddress") {
            return Some(Self::Address);
        }
        match Self::read(text, store)? {
            Self::Field(field) if field.id == field::EMAIL => Some(Self::Address),
            _ => None,
        }
    }

    /// The canonical text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Id => "{{Contact.Id}}".to_owned(),
            Self::CreatedAt => "{{Contact.CreatedAt}}".to_owned(),
            Self::UpdatedAt => "{{Contact.UpdatedAt}}".to_owned(),
            Self::IsSubscribed => "{{Contact.Email.IsSubscribed}}".to_owned(),
            Self::IsBounced => "{{Contact.Email.IsBounced}}".to_owned(),
            Self::Format => "{{Contact.Email.Format}}".to_owned(),
            Self::Field(field) => field.statement(),
            Self::Address => "{{EmailAddress}}".to_owned(),
        }
    }

    /// Whether imports may write to it.
    pub(crate) fn writable(&self) -> bool {
        match self {
            Self::IsSubscribed | Self::IsBounced | Self::Format | Self::Address => true,
            Self::Id | Self::CreatedAt | Self::UpdatedAt => false,
            Self::Field(field) => !field.read_only,
        }
    }

    /// What an export writes for a contact.
    pub(crate) fn value(&self, store: &Store, contact: &Contact, zone: Zone) -> String {
        match self {
            Self::Id => contact.id.to_string(),
            Self::CreatedAt => time::exported(zone.civil(contact.created)),
            Self::UpdatedAt => time::exported(zone.civil(contact.updated)),
            Self::IsSubscribed => value::flag_text(store.subscribed(contact.email())).to_owned(),
            Self::IsBounced => value::flag_text(store.bounced(contact.email())).to_owned(),
            Self::Format => contact.format.clone(),
            Self::Address => contact.email().to_owned(),
            Self::Field(field) => {
                let text = store.text(contact, field);
                match field.kind {
                    field::Kind::Date => time::civil(&text).map_or(text, time::exported),
                    field::Kind::Numeric => value::number(&text).unwrap_or(text),
                    _ => text,
                }
            }
        }
    }
}

impl Place {
    /// Reads the destination of a sync action or the target of EXISTS.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let shape = shape(text)?;
        let name = match shape.path.as_slice() {
            [name] => name.to_ascii_lowercase(),
            _ => return None,
        };
        match (name.as_str(), shape.bracket) {
            ("contactlist", Bracket::Square(id)) => Some(Self::ContactList(id)),
            ("emailgroup", Bracket::Square(id)) => Some(Self::EmailGroup(id)),
            ("globalsubscribe", Bracket::None) => Some(Self::GlobalSubscribe),
            _ => None,
        }
    }

    /// The canonical text.
    pub(crate) fn text(self) -> String {
        match self {
            Self::ContactList(id) => format!("{{{{ContactList[{id}]}}}}"),
            Self::EmailGroup(id) => format!("{{{{EmailGroup[{id}]}}}}"),
            Self::GlobalSubscribe => "{{GlobalSubscribe}}".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read() {
        let store = Store::new("SNDC");
        for (given, expected) in [
            ("{{Contact.Id}}", Some("{{Contact.Id}}")),
            ("{{contact.field(c_firstname)}}", Some("{{Contact.Field(C_FirstName)}}")),
            ("Contact.Field(C_FirstName)", Some("{{Contact.Field(C_FirstName)}}")),
            ("{{Contact.Field[100001]}}", Some("{{Contact.Field(C_EmailAddress)}}")),
            ("{{Contact.Email.IsSubscribed}}", Some("{{Contact.Email.IsSubscribed}}")),
            ("{{Contact.Account.Field(M_CompanyName)}}", Some("{{Contact.Field(C_Company)}}")),
            ("{{Contact.Field(C_Nobody)}}", None),
            ("{{Contact.Field(C_FirstName)", None),
            ("{{Contact.Field[99999999999999999999]}}", None),
            ("{{Activity.Id}}", None),
            ("", None),
        ] {
            let read = Statement::read(given, &store).map(|statement| statement.text());
            assert_eq!(read.as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn places_are_read() {
        for (given, expected) in [
            ("{{ContactList[7]}}", Some(Place::ContactList(7))),
            ("{{globalsubscribe}}", Some(Place::GlobalSubscribe)),
            ("{{EmailGroup[1]}}", Some(Place::EmailGroup(1))),
            ("{{ContactSegment[1]}}", None),
        ] {
            assert_eq!(Place::read(given), expected, "{given}");
        }
    }
}
