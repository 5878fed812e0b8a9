//! The families of the Bulk API: what they are called, what they offer, and where their rows go.

use crate::bulk::Sort;
use crate::condition::Scope;
use crate::records::Owner;

/// Whose definitions, fields and lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Family {
    Contacts,
    EmailAddresses,
    Accounts,
    /// One custom object, by id.
    CustomObject(u64),
    Activities,
}

/// What a family offers.
pub(crate) struct Doc {
    /// The family; of custom objects any.
    pub(crate) family: Family,
    /// As paths write it.
    word: &'static str,
    /// Which sorts of definitions it has.
    pub(crate) sorts: &'static [Sort],
    /// How many fields an export may have.
    pub(crate) exported: usize,
    /// The internal name of the identifier of imports that name none.
    pub(crate) identifier: Option<&'static str>,
    /// How its definitions are named in texts.
    pub(crate) product: &'static str,
}

use Sort::{Export, Import, SyncAction};

/// All families that every site has.
pub(crate) const FAMILIES: &[Doc] = &[
    Doc {
        family: Family::Contacts,
        word: "contacts",
        sorts: &[Import, Export, SyncAction],
        exported: 250,
        identifier: Some("C_EmailAddress"),
        product: "Contact",
    },
    Doc {
        family: Family::EmailAddresses,
        word: "emailAddresses",
        sorts: &[Import],
        exported: 0,
        identifier: None,
        product: "EmailAddress",
    },
    Doc {
        family: Family::Accounts,
        word: "accounts",
        sorts: &[Import, Export, SyncAction],
        exported: 250,
        identifier: Some("M_CompanyName"),
        product: "Account",
    },
    Doc {
        family: Family::CustomObject(0),
        word: "customObjects",
        sorts: &[Import, Export, SyncAction],
        exported: 250,
        identifier: None,
        product: "CustomObject",
    },
    Doc {
        family: Family::Activities,
        word: "activities",
        // Imports of activities that others observed are not offered: whoever keeps contacts the same in two
        // places reads activities and makes none.
        sorts: &[Export],
        exported: 100,
        identifier: None,
        product: "Activity",
    },
];

/// Families of services that a site has to buy.
pub(crate) const UNBOUGHT: [&str; 5] =
    ["campaigns", "campaignresponses", "events", "opportunities", "phonenumbers"];

impl Family {
    /// What it offers.
    pub(crate) fn doc(self) -> &'static Doc {
        let kind = match self {
            Self::CustomObject(_) => Self::CustomObject(0),
            other => other,
        };
        FAMILIES.iter().find(|doc| doc.family == kind).unwrap_or(&FAMILIES[0])
    }

    /// As paths write it, without the first slash.
    pub(crate) fn path(self) -> String {
        match self {
            Self::CustomObject(id) => format!("{}/{id}", self.doc().word),
            _ => self.doc().word.to_owned(),
        }
    }

    /// The same with braces in place of an id.
    pub(crate) fn template(self) -> String {
        match self {
            Self::CustomObject(_) => format!("{}/{{id}}", self.doc().word),
            _ => self.doc().word.to_owned(),
        }
    }

    /// From what [`joined`] made of a path.
    pub(crate) fn read(part: &str) -> Option<Self> {
        let (word, id) = match part.split_once('/') {
            Some((word, id)) => (word, Some(id)),
            None => (part, None),
        };
        let doc = FAMILIES.iter().find(|doc| doc.word.eq_ignore_ascii_case(word))?;
        match (doc.family, id) {
            (Self::CustomObject(_), Some(id)) => id.parse().ok().map(Self::CustomObject),
            (Self::CustomObject(_), None) | (_, Some(_)) => None,
            (family, None) => Some(family),
        }
    }

    /// Whose records its rows are; none for contacts and addresses.
    pub(crate) fn owner(self) -> Option<Owner> {
        match self {
            Self::Contacts | Self::EmailAddresses => None,
            Self::Accounts => Some(Owner::Accounts),
            Self::CustomObject(id) => Some(Owner::CustomObject(id)),
            Self::Activities => Some(Owner::Activities),
        }
    }

    /// What its filters speak of.
    pub(crate) fn scope(self) -> Scope {
        self.owner().map_or(Scope::Contacts, Scope::Records)
    }
}

/// A path as version 1.0 wrote it, in the words of 2.0: some clients mix them.
fn renamed(parts: &[String]) -> Vec<String> {
    let one = |(at, part): (usize, &String)| match (at, part.to_ascii_lowercase().as_str()) {
        (0, "contact") => "contacts".to_owned(),
        (1, "import") => "imports".to_owned(),
        (1, "export") => "exports".to_owned(),
        (2 | 3, "results") => "data".to_owned(),
        _ => part.clone(),
    };
    parts.iter().enumerate().map(one).collect()
}

/// A path below the version with its family in one part: a custom object keeps its id beside it, and what
/// stands below a family that the site has not bought is left off.
pub(crate) fn joined(parts: &[String]) -> Vec<String> {
    let parts = &renamed(parts);
    let Some((first, rest)) = parts.split_first() else { return Vec::new() };
    if UNBOUGHT.contains(&first.to_ascii_lowercase().as_str()) {
        return vec![first.to_ascii_lowercase()];
    }
    match rest {
        [id, rest @ ..] if first.eq_ignore_ascii_case("customObjects") && !rest.is_empty() => {
            [format!("{first}/{id}")].into_iter().chain(rest.iter().cloned()).collect()
        }
        _ => parts.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_read_from_paths() {
        for (path, expected) in [
            ("contacts/imports", Some(Family::Contacts)),
            ("EMAILADDRESSES/imports/1", Some(Family::EmailAddresses)),
            ("customObjects/12/exports", Some(Family::CustomObject(12))),
            ("customobjects/x/exports", None),
            ("customObjects/12", None),
            ("syncs/1", None),
        ] {
            let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
            assert_eq!(Family::read(&joined(&parts)[0]), expected, "{path}");
        }
        for doc in FAMILIES {
            assert_eq!(Family::read(&doc.family.path()), Some(doc.family));
        }
        let events: Vec<String> = ["Events", "3", "fields"].map(str::to_owned).into();
        assert_eq!(joined(&events), ["events"]);
    }
}
