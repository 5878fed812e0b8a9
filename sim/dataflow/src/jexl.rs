//! The expressions of `field.evaluate`: a part of Apache Commons JEXL.
//!
//! [`Expression::parse`] tells what is wrong with its column; [`Expression::evaluate`] never fails on a name that
//! is not there, which is null. `Display` prints an expression that reads back as the same one.

mod evaluate;
mod print;
mod syntax;

use crate::record::Fields;
use serde_json::Value;

/// An expression, ready to be evaluated for any number of records.
#[derive(Clone, PartialEq, Debug)]
pub struct Expression(syntax::Ast);

/// What is wrong with an expression, or what went wrong in it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct JexlProblem {
    /// Where, in characters from 1.
    pub column: usize,
    /// What.
    pub message: String,
}

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, JexlProblem> {
        syntax::parse(text).map(Self)
    }

    /// The names in it, as they are written.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.names(&mut names);
        names
    }

    /// Its value for a record.
    pub fn evaluate(&self, fields: &Fields) -> Result<Value, JexlProblem> {
        evaluate::value(&self.0, fields)
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&print::text(&self.0))
    }
}
