//! A query as it was written.

use crate::query::pattern::Pattern;
use std::fmt;

/// A whole query.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Query {
    pub(crate) select: Select,
    pub(crate) from: Path,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Vec<Path>,
    pub(crate) order_by: Vec<(Path, Direction)>,
    pub(crate) start: Option<u64>,
    pub(crate) limit: Option<u64>,
}

/// Names joined by dots, none of them empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Path(String);

/// What is shown of a match.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Select {
    Everything,
    Items(Vec<Item>),
}

/// One item of a select list.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Item {
    Path {
        path: Path,
        alias: Option<Path>,
    },
    /// A function over many records; no path is `*`.
    Aggregate {
        function: Function,
        path: Option<Path>,
        alias: Option<Path>,
    },
}

/// A function over many records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Function {
    Count,
    Sum,
    Min,
    Max,
    Avg,
    SumOfSquares,
    Variance,
    Std,
}

/// Which way to sort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// A condition.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare { path: Path, op: Op, value: Constant },
    Contains { path: Path, value: Constant },
    In { path: Path, values: Vec<Constant> },
    IsNull { path: Path },
    Matches { path: Path, pattern: Pattern },
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a field is compared with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Constant {
    Text(String),
    Whole(i64),
    Float(f64),
    Flag(bool),
}

/// Words that are no field unless they are quoted.
pub(crate) const RESERVED: &[&str] =
    &["from", "where", "filter", "group", "order", "start", "limit", "as", "and", "or", "not"];

impl Path {
    /// A path, unless one of its names is empty.
    pub(crate) fn new(text: &str) -> Option<Self> {
        (!text.split('.').any(str::is_empty)).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Function {
    pub(crate) const ALL: [Self; 8] = [
        Self::Count,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Avg,
        Self::SumOfSquares,
        Self::Variance,
        Self::Std,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
            Self::SumOfSquares => "sum_of_squares",
            Self::Variance => "variance",
            Self::Std => "std",
        }
    }
}

/// Whether the character may begin a name that is not quoted.
pub(crate) fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '@'
}

/// Whether the character may stand in a path that is not quoted.
pub(crate) fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.' || c == '$'
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken = RESERVED.iter().chain(&["true", "false"]).any(|word| self.0.eq_ignore_ascii_case(word));
        let mut chars = self.0.chars();
        let plain = chars.next().is_some_and(|c| c != '@' && begins_name(c)) && chars.all(continues_name);
        match plain && !taken {
            true => f.write_str(&self.0),
            false => quoted(f, &self.0, '"'),
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    write!(f, "{quote}")?;
    for c in text.chars() {
        if c == quote || c == '\\' {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    write!(f, "{quote}")
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quoted(f, text, '\''),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alias = match self {
            Self::Path { path, alias } => {
                write!(f, "{path}")?;
                alias
            }
            Self::Aggregate { function, path: None, alias } => {
                write!(f, "{}(*)", function.word())?;
                alias
            }
            Self::Aggregate { function, path: Some(path), alias } => {
                write!(f, "{}({path})", function.word())?;
                alias
            }
        };
        alias.as_ref().map_or(Ok(()), |alias| write!(f, " AS {alias}"))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(terms) => terms_of(f, terms, " AND "),
            Self::Or(terms) => terms_of(f, terms, " OR "),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                nested(f, inner)
            }
            Self::Compare { path, op, value } => write!(f, "{path} {op} {value}"),
            Self::Contains { path, value } => write!(f, "{path} CONTAINS {value}"),
            Self::In { path, values } => {
                write!(f, "{path} IN (")?;
                list(f, values)?;
                f.write_str(")")
            }
            Self::IsNull { path } => write!(f, "{path} IS NULL"),
            Self::Matches { path, pattern } => {
                write!(f, "{path} = regex(")?;
                quoted(f, pattern.as_str(), '\'')?;
                f.write_str(")")
            }
        }
    }
}

fn terms_of(f: &mut fmt::Formatter<'_>, terms: &[Expr], word: &str) -> fmt::Result {
    for (at, term) in terms.iter().enumerate() {
        f.write_str(if at == 0 { "" } else { word })?;
        nested(f, term)?;
    }
    Ok(())
}

fn nested(f: &mut fmt::Formatter<'_>, expr: &Expr) -> fmt::Result {
    match expr {
        Expr::And(_) | Expr::Or(_) => write!(f, "({expr})"),
        _ => write!(f, "{expr}"),
    }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
    }
    Ok(())
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        match &self.select {
            Select::Everything => f.write_str("*")?,
            Select::Items(items) => list(f, items)?,
        }
        write!(f, " FROM {}", self.from)?;
        if let Some(filter) = &self.filter {
            write!(f, " WHERE {filter}")?;
        }
        if !self.group_by.is_empty() {
            f.write_str(" GROUP BY ")?;
            list(f, &self.group_by)?;
        }
        for (at, (path, direction)) in self.order_by.iter().enumerate() {
            let down = if *direction == Direction::Descending { " DESC" } else { "" };
            write!(f, "{}{path}{down}", if at == 0 { " ORDER BY " } else { ", " })?;
        }
        if let Some(start) = self.start {
            write!(f, " START {start}")?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, " LIMIT {limit}"))
    }
}
