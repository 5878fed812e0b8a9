//! The plan of an import: columns, rules, and what is done beyond fields.

use crate::field::{self, Field};
use crate::import::Log;
use crate::statement::{Place, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// When a new value replaces a stored one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum UpdateRule {
    Always,
    IfNewIsNotNull,
    IfExistingIsNull,
    UseFieldRule,
}

impl UpdateRule {
    /// The words of definitions.
    pub(crate) const WORDS: [&'static str; 4] =
        ["always", "ifNewIsNotNull", "ifExistingIsNull", "useFieldRule"];

    /// From a word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let rules = [Self::Always, Self::IfNewIsNotNull, Self::IfExistingIsNull, Self::UseFieldRule];
        Self::WORDS.iter().position(|known| known.eq_ignore_ascii_case(word)).map(|at| rules[at])
    }
}

/// Which rows may create and which may update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ImportRule {
    CreateAndUpdate,
    UpdateOnly,
    CreateOnly,
}

impl ImportRule {
    /// The words of definitions.
    pub(crate) const WORDS: [&'static str; 3] = ["createAndUpdate", "updateOnly", "createOnly"];

    /// From a word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let rules = [Self::CreateAndUpdate, Self::UpdateOnly, Self::CreateOnly];
        Self::WORDS.iter().position(|known| known.eq_ignore_ascii_case(word)).map(|at| rules[at])
    }
}

/// Where a column goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A field, a flag of the address, or, as identifier only, an id.
    Statement(Statement),
    /// The subscription, by words of the job's own.
    Subscription { yes: String, no: String },
}

impl Target {
    pub(crate) fn field(&self) -> Option<&Arc<Field>> {
        match self {
            Self::Statement(statement) => statement.field(),
            Self::Subscription { .. } => None,
        }
    }

    /// Whether it is the address of a contact.
    pub(crate) fn is_email(&self) -> bool {
        match self {
            Self::Statement(Statement::Field(field)) => field.id == field::EMAIL,
            Self::Statement(Statement::Linked(_, linked)) => {
                matches!(&**linked, Statement::Field(field) if field.id == field::EMAIL)
            }
            _ => false,
        }
    }
}

/// A column of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    pub(crate) key: String,
    pub(crate) target: Target,
    pub(crate) rule: UpdateRule,
}

/// What is done with every accepted row beyond its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Action {
    pub(crate) place: Place,
    /// Add and subscribe, or remove and unsubscribe.
    pub(crate) on: bool,
}

impl Action {
    /// The entry that reports it.
    pub(crate) fn log(&self, count: u64) -> Log {
        let list = |code: u32, id: u64| Log::new(code, count).with("listId", &id.to_string());
        let group = |code: u32, id: u64| Log::new(code, count).with("groupId", &id.to_string());
        match (self.place, self.on) {
            (Place::EmailGroup(id), true) => group(115, id),
            (Place::EmailGroup(id), false) => group(116, id),
            (Place::AccountList(id), true) => list(114, id),
            (Place::AccountList(id), false) => list(117, id),
            (Place::ContactList(id), true) => list(119, id),
            (Place::ContactList(id), false) => list(118, id),
            (_, true) => Log::new(138, count),
            (_, false) => Log::new(17, count),
        }
    }
}

/// An import whose names are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    pub(crate) columns: Vec<Column>,
    pub(crate) identifier: String,
    pub(crate) import_rule: ImportRule,
    pub(crate) multiple: bool,
    pub(crate) null_identifier: bool,
    pub(crate) actions: Vec<Action>,
    /// Whether dates with a fraction of a second are left out, as file uploads do.
    pub(crate) fractions_ignored: bool,
    /// Columns of the source that are known not to be wanted, and so are no cause for a warning.
    pub(crate) unmapped: BTreeSet<String>,
    /// How records are linked to contacts, if not by a column of their own.
    pub(crate) card: Option<Card>,
}

impl Plan {
    /// One that only acts.
    pub(crate) fn only_actions(actions: Vec<Action>) -> Self {
        Self {
            columns: Vec::new(),
            identifier: String::new(),
            import_rule: ImportRule::UpdateOnly,
            multiple: true,
            null_identifier: false,
            actions,
            fractions_ignored: false,
            unmapped: BTreeSet::new(),
            card: None,
        }
    }
}

/// Links records to contacts that hold the same value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Card {
    /// The key of the column that holds the value.
    pub(crate) source: String,
    /// Where contacts hold it.
    pub(crate) entity: Statement,
    pub(crate) case_sensitive: bool,
}

/// A staged row: its number from 1, and its values by key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) index: u64,
    pub(crate) values: BTreeMap<String, String>,
}
