//! From `sqlparser`'s condition to ours: what the platform's language does not have is refused here.

use crate::query::dialect::IN;
use crate::query::parse::{Wrong, number, unescaped};
use crate::query::pattern::Pattern;
use crate::query::tree::{Constant, Expr, Op, Path};
use sqlparser::ast::{BinaryOperator, Expr as Sql, UnaryOperator, Value};
use sqlparser::tokenizer::Location;

/// The condition that `sql` stands for.
pub(crate) fn lowered(sql: Sql) -> Result<Expr, Wrong> {
    match sql {
        Sql::BinaryOp { op: BinaryOperator::And, .. } => Ok(Expr::And(terms(sql, &BinaryOperator::And)?)),
        Sql::BinaryOp { op: BinaryOperator::Or, .. } => Ok(Expr::Or(terms(sql, &BinaryOperator::Or)?)),
        Sql::Nested(inner) => lowered(*inner),
        Sql::UnaryOp { op: UnaryOperator::Not, expr } => Ok(not(lowered(*expr)?)),
        Sql::IsNull(inner) => Ok(Expr::IsNull { path: path(&inner)? }),
        Sql::IsNotNull(inner) => Ok(not(Expr::IsNull { path: path(&inner)? })),
        Sql::BinaryOp { left, op, right } => comparison(&left, &op, &right),
        other => Err(expected("a condition", &other)),
    }
}

fn not(inner: Expr) -> Expr {
    Expr::Not(Box::new(inner))
}

/// The terms of a chain of one connective. The chain leans to the left and may be long, so it is walked.
fn terms(mut sql: Sql, connective: &BinaryOperator) -> Result<Vec<Expr>, Wrong> {
    let mut terms = Vec::new();
    loop {
        match sql {
            Sql::BinaryOp { left, op, right } if op == *connective => {
                terms.push(lowered(*right)?);
                sql = *left;
            }
            first => {
                terms.push(lowered(first)?);
                terms.reverse();
                return Ok(terms);
            }
        }
    }
}

fn comparison(left: &Sql, op: &BinaryOperator, right: &Sql) -> Result<Expr, Wrong> {
    let path = path(left)?;
    let op = match op {
        BinaryOperator::Eq => Op::Equal,
        BinaryOperator::NotEq => Op::NotEqual,
        BinaryOperator::Lt => Op::Less,
        BinaryOperator::LtEq => Op::LessOrEqual,
        BinaryOperator::Gt => Op::Greater,
        BinaryOperator::GtEq => Op::GreaterOrEqual,
        BinaryOperator::Custom(word) => return word_operator(path, word, right),
        _ => return Err(expected("a comparison", left)),
    };
    match (right, op) {
        (Sql::Prefixed { value, .. }, Op::Equal | Op::NotEqual) => {
            let Constant::Text(text) = constant(value)? else { return Err(expected("a pattern", value)) };
            let pattern = Pattern::lucene(&text).map_err(|why| Wrong::at(place(value), why))?;
            let found = Expr::Matches { path, pattern };
            Ok(if op == Op::NotEqual { not(found) } else { found })
        }
        _ => Ok(Expr::Compare { path, op, value: constant(right)? }),
    }
}

fn word_operator(path: Path, word: &str, right: &Sql) -> Result<Expr, Wrong> {
    match (word, right) {
        (IN, Sql::Tuple(list)) => {
            let values = list.iter().map(constant).collect::<Result<_, _>>()?;
            Ok(Expr::In { path, values })
        }
        _ => Ok(Expr::Contains { path, value: constant(right)? }),
    }
}

fn path(sql: &Sql) -> Result<Path, Wrong> {
    let path = match sql {
        Sql::Identifier(name) => Path::new(&name.value),
        Sql::Value(value) => match &value.value {
            Value::DoubleQuotedString(raw) => Path::new(&unescaped(raw, '"')),
            _ => None,
        },
        _ => None,
    };
    path.ok_or_else(|| expected("a field", sql))
}

fn constant(sql: &Sql) -> Result<Constant, Wrong> {
    let (value, negative) = match sql {
        Sql::Value(value) => (value, false),
        Sql::UnaryOp { op: UnaryOperator::Minus, expr } => match &**expr {
            Sql::Value(value) => (value, true),
            _ => return Err(expected("a constant", sql)),
        },
        _ => return Err(expected("a constant", sql)),
    };
    let constant = match &value.value {
        Value::Number(digits, false) => number(digits, negative),
        Value::SingleQuotedString(raw) => Some(Constant::Text(unescaped(raw, '\''))),
        Value::DoubleQuotedString(raw) => Some(Constant::Text(unescaped(raw, '"'))),
        Value::Boolean(flag) => Some(Constant::Flag(*flag)),
        _ => None,
    };
    constant.ok_or_else(|| expected("a constant", sql))
}

/// What stands there instead.
fn expected(what: &str, sql: &Sql) -> Wrong {
    let (place, found) = beginning(sql);
    Wrong::at(place, format!("expected {what}, found `{}`", crate::params::brief(&found)))
}

fn place(sql: &Sql) -> Location {
    beginning(sql).0
}

/// Where it begins and its first word: a chain may be too long to print.
fn beginning(sql: &Sql) -> (Location, String) {
    let mut first = sql;
    loop {
        first = match first {
            Sql::BinaryOp { left, .. } => left,
            Sql::UnaryOp { expr, .. } => expr,
            Sql::Nested(inner) | Sql::IsNull(inner) | Sql::IsNotNull(inner) => inner,
            Sql::Identifier(name) => return (name.span.start, name.value.clone()),
            Sql::Prefixed { prefix, .. } => return (prefix.span.start, prefix.value.clone()),
            Sql::Value(value) => return (value.span.start, value.value.to_string()),
            _ => return (Location { line: 0, column: 0 }, "something else".to_owned()),
        };
    }
}
