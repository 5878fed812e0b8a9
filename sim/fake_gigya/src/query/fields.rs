//! What a query may do with which field.

use crate::envelope::Refusal;
use crate::query::tree::{Expr, Item, Op, Path, Query, Select};
use crate::schema::{Kind, Schema};

/// What search knows about fields.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'s> {
    /// The schemas of the site; `None` for documents that are no accounts.
    pub(crate) schemas: Option<(&'s Schema, &'s Schema)>,
}

impl Fields<'_> {
    /// For documents that are no accounts: nothing is encrypted, every text has words.
    pub(crate) const PLAIN: Self = Self { schemas: None };

    /// Whether the field is encrypted at rest: compared whole and without case, and nothing else.
    pub(crate) fn is_encrypted(&self, path: &str) -> bool {
        let Some((profile, data)) = self.schemas else { return false };
        let declared =
            |schema: &Schema, rest: &str| schema.fields.get(rest).is_some_and(|field| field.encrypted);
        match path.split_once('.') {
            Some(("profile", rest)) => declared(profile, rest),
            Some(("data", rest)) => declared(data, rest),
            Some(("emails" | "loginIDs", _)) => true,
            _ => matches!(path, "email" | "emails" | "loginIDs" | "username"),
        }
    }

    /// Whether case makes no difference to an equality. The audit log shows endpoints in lower case, and its
    /// documented queries write them as the methods are called.
    pub(crate) fn ignores_case(&self, path: &str) -> bool {
        self.is_encrypted(path) || (self.schemas.is_none() && path == "endpoint")
    }

    /// Whether `contains` looks for words in the field; if not, it looks at the whole value.
    pub(crate) fn is_analysed(&self, path: &str) -> bool {
        let Some((profile, data)) = self.schemas else { return true };
        let field = match path.split_once('.') {
            Some(("profile", rest)) => profile.fields.get(rest),
            Some(("data", rest)) => data.fields.get(rest),
            _ => None,
        };
        field.is_none_or(|field| field.kind != Kind::BasicString)
    }

    fn refuse(&self, path: &Path, what: &str) -> Result<(), Refusal> {
        match self.is_encrypted(path.as_str()) {
            true => {
                Err(Refusal::because(400_006, format!("{what} is not supported on encrypted field {path}")))
            }
            false => Ok(()),
        }
    }

    /// Refuses what encrypted fields cannot do.
    pub(crate) fn check(&self, query: &Query) -> Result<(), Refusal> {
        for (path, _) in &query.order_by {
            self.refuse(path, "ORDER BY")?;
        }
        for path in &query.group_by {
            self.refuse(path, "GROUP BY")?;
        }
        if let Select::Items(items) = &query.select {
            for item in items {
                if let Item::Aggregate { function, path: Some(path), .. } = item {
                    self.refuse(path, function.word())?;
                }
            }
        }
        query.filter.as_ref().map_or(Ok(()), |filter| self.check_expr(filter))
    }

    fn check_expr(&self, expr: &Expr) -> Result<(), Refusal> {
        match expr {
            Expr::And(terms) | Expr::Or(terms) => terms.iter().try_for_each(|term| self.check_expr(term)),
            Expr::Not(inner) => self.check_expr(inner),
            Expr::Compare { path, op, .. } if !matches!(op, Op::Equal | Op::NotEqual) => {
                self.refuse(path, "comparison by order")
            }
            Expr::Matches { path, .. } => self.refuse(path, "regex"),
            _ => Ok(()),
        }
    }
}
