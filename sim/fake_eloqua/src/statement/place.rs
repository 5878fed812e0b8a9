//! What filters and sync actions point to.

use crate::statement::{Bracket, path};

/// Something that filters and sync actions point to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    ContactList(u64),
    ContactSegment(u64),
    ContactFilter(u64),
    AccountList(u64),
    EmailGroup(u64),
    GlobalSubscribe,
}

impl Place {
    /// Reads the destination of a sync action or the target of EXISTS.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let path = path(text)?;
        let [(name, bracket)] = path.as_slice() else { return None };
        match (name.to_ascii_lowercase().as_str(), bracket) {
            ("contactlist", Bracket::Square(id)) => Some(Self::ContactList(*id)),
            ("contactsegment", Bracket::Square(id)) => Some(Self::ContactSegment(*id)),
            ("contactfilter", Bracket::Square(id)) => Some(Self::ContactFilter(*id)),
            ("accountlist", Bracket::Square(id)) => Some(Self::AccountList(*id)),
            ("emailgroup", Bracket::Square(id)) => Some(Self::EmailGroup(*id)),
            ("globalsubscribe", Bracket::None) => Some(Self::GlobalSubscribe),
            _ => None,
        }
    }

    /// The canonical text.
    pub(crate) fn text(self) -> String {
        match self {
            Self::ContactList(id) => format!("{{{{ContactList[{id}]}}}}"),
            Self::ContactSegment(id) => format!("{{{{ContactSegment[{id}]}}}}"),
            Self::ContactFilter(id) => format!("{{{{ContactFilter[{id}]}}}}"),
            Self::AccountList(id) => format!("{{{{AccountList[{id}]}}}}"),
            Self::EmailGroup(id) => format!("{{{{EmailGroup[{id}]}}}}"),
            Self::GlobalSubscribe => "{{GlobalSubscribe}}".to_owned(),
        }
    }
}
