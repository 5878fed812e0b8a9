//! The expressions of `field.evaluate`: a part of Apache Commons JEXL.
//!
//! [`Expression::parse`] tells what is wrong with its column; [`Expression::evaluate`] never fails on a name that
//! is not there, which is null. `Display` prints an expression that reads back as the same one.

mod evaluate;
mod print;
mod syntax;

use crate::java_text::Pattern;
use crate::record::Fields;
use serde_json::Value;
use std::collections::BTreeMap;
use syntax::Searches;

/// An expression, ready to be evaluated for any number of records.
#[derive(Clone, Debug)]
pub struct Expression {
    tree: syntax::Ast,
    /// The regular expressions that are written in it, compiled once.
    patterns: Patterns,
}

type Patterns = BTreeMap<(Searches, String), Result<Pattern, String>>;

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

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
        syntax::parse(text).map(Self::of)
    }

    fn of(tree: syntax::Ast) -> Self {
        let mut patterns = Patterns::new();
        tree.walk(&mut |tree| {
            if let Some((text, searches, _)) = tree.pattern() {
                let key = (searches, text.to_owned());
                patterns.entry(key).or_insert_with(|| evaluate::compiled(text, searches));
            }
        });
        Self { tree, patterns }
    }

    /// What is wrong with the regular expressions in it, which only a record that comes to them suffers from.
    pub fn doubts(&self) -> Vec<JexlProblem> {
        let mut doubts = Vec::new();
        self.tree.walk(&mut |tree| {
            if let Some((text, searches, at)) = tree.pattern()
                && let Err(told) = evaluate::compiled(text, searches)
            {
                doubts.push(JexlProblem { column: at.0, message: told });
            }
        });
        doubts
    }

    /// The names in it, as they are written.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.tree.walk(&mut |tree| {
            if let syntax::Ast::Name(name) = tree {
                names.push(name.as_str());
            }
        });
        names
    }

    /// Its value for a record.
    pub fn evaluate(&self, fields: &Fields) -> Result<Value, JexlProblem> {
        evaluate::value(&self.tree, &evaluate::Scope { fields, patterns: &self.patterns })
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&print::text(&self.tree))
    }
}
