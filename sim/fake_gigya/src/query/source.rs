//! Where documents come from.

use crate::query::document::Document;
use crate::query::plan::Plan;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Which document; cursors remember this and nothing else of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Id {
    /// By the UID of an account.
    Account(Arc<str>),
    /// By an address without an account.
    Lite(Arc<str>),
    /// By whatever tells the documents of another source apart.
    Other(Arc<str>),
}

/// Documents that a query can be asked of.
pub(crate) trait Source {
    /// At least all documents that may match.
    fn candidates<'s>(&'s self, plan: &Plan) -> Candidates<'s>;

    /// The present document behind an id.
    fn document(&self, id: &Id) -> Option<Document<'_>>;
}

/// Documents among which the matches are.
pub(crate) struct Candidates<'s> {
    pub(crate) documents: Box<dyn Iterator<Item = (Hold<'s>, Document<'s>)> + 's>,
    /// Whether matches that ORDER BY leaves equal must still be brought into the order of their ids.
    pub(crate) shuffled: bool,
}

/// How to get at a document's id without making it for every candidate.
#[derive(Clone, Debug)]
pub(crate) enum Hold<'s> {
    Account(&'s Arc<str>),
    Lite(&'s Arc<str>),
    Other(Arc<str>),
}

impl Hold<'_> {
    pub(crate) fn id(&self) -> Id {
        match self {
            Self::Account(uid) => Id::Account(Arc::clone(uid)),
            Self::Lite(email) => Id::Lite(Arc::clone(email)),
            Self::Other(id) => Id::Other(Arc::clone(id)),
        }
    }

    pub(crate) fn order(&self) -> (u8, &str) {
        match self {
            Self::Account(uid) => (0, uid),
            Self::Lite(email) => (1, email),
            Self::Other(id) => (2, id),
        }
    }
}

/// A list of JSON documents, each with what tells it apart. The order of the list is the order of an answer
/// without ORDER BY.
pub(crate) struct Documents<'s>(pub(crate) Vec<(Arc<str>, Cow<'s, Value>)>);

impl Source for Documents<'_> {
    fn candidates<'s>(&'s self, _plan: &Plan) -> Candidates<'s> {
        let each = self.0.iter().map(|(id, document)| {
            (Hold::Other(Arc::clone(id)), Document::Json(Cow::Borrowed(document.as_ref())))
        });
        Candidates { documents: Box::new(each), shuffled: false }
    }

    fn document(&self, id: &Id) -> Option<Document<'_>> {
        let Id::Other(id) = id else { return None };
        let found = self.0.iter().find(|(it, _)| it == id)?;
        Some(Document::Json(Cow::Borrowed(found.1.as_ref())))
    }
}
