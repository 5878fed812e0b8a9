//! From text to a query. Tokens come from `sqlparser`; the grammar differs too much from SQL for its parser:
//! dotted words are one path, double quotes hold text, and START has no equivalent.

use crate::envelope::Refusal;
use crate::query::pattern::Pattern;
use serde_json::{Number, Value};
use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// A whole query.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) select: Select,
    pub(crate) from: String,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Vec<String>,
    pub(crate) order_by: Vec<(String, Direction)>,
    pub(crate) start: Option<u64>,
    pub(crate) limit: Option<u64>,
}

/// What is shown of a match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Select {
    Everything,
    Items(Vec<Item>),
}

/// One item of a select list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Item {
    Path { path: String, alias: Option<String> },
    Aggregate { function: String, path: String, alias: Option<String> },
}

/// Which way to sort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare { path: String, op: Op, value: Value },
    Contains { path: String, value: Value },
    In { path: String, values: Vec<Value> },
    IsNull { path: String },
    Matches { path: String, pattern: Pattern },
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

/// Functions over many records.
const AGGREGATES: &[&str] = &["count", "sum", "min", "max", "avg", "sum_of_squares", "variance", "std"];
/// Words that end a list of paths.
const RESERVED: &[&str] =
    &["from", "where", "filter", "group", "order", "start", "limit", "as", "and", "or", "not"];
/// How deep parentheses and negations may go.
const DEEPEST: usize = 64;
/// How long a query may be, in tokens.
const LONGEST: usize = 20_000;

/// The platform's tokens: dots belong to words, both quotes hold text.
#[derive(Debug)]
struct GigyaDialect;

impl Dialect for GigyaDialect {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_' || ch == '@'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_' || ch == '.' || ch == '$'
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }
}

/// Reads a query.
pub(crate) fn parse(text: &str) -> Result<Query, Refusal> {
    let tokens = Tokenizer::new(&GigyaDialect, text)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| wrong(error.location, &error.message))?;
    let tokens: Vec<TokenWithSpan> =
        tokens.into_iter().filter(|it| !matches!(it.token, Token::Whitespace(_))).collect();
    if tokens.len() > LONGEST {
        return Err(Refusal::because(400_006, format!("Query is longer than {LONGEST} words")));
    }
    Parser { tokens, at: 0, depth: 0 }.query()
}

fn wrong(place: Location, message: &str) -> Refusal {
    let (line, column) = (place.line.max(1), place.column.max(1));
    Refusal::because(400_006, format!("Error parsing query: line {line}, column {column}: {message}"))
}

struct Parser {
    tokens: Vec<TokenWithSpan>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn query(&mut self) -> Result<Query, Refusal> {
        self.expect_word("SELECT")?;
        let select = self.select()?;
        self.expect_word("FROM")?;
        let from = self.path()?;
        let filter = if self.take_word("WHERE") { Some(self.any_of()?) } else { None };
        if self.peeks("FILTER") {
            return Err(self.unexpected("counters are not modelled here: no FILTER"));
        }
        let group_by = if self.take_word("GROUP") { self.group_by()? } else { Vec::new() };
        let order_by = if self.take_word("ORDER") { self.order_by()? } else { Vec::new() };
        let start = if self.take_word("START") { Some(self.whole()?) } else { None };
        let limit = if self.take_word("LIMIT") { Some(self.whole()?) } else { None };
        self.take(&Token::SemiColon);
        match self.peek() {
            None => Ok(Query { select, from, filter, group_by, order_by, start, limit }),
            Some(_) => Err(self.unexpected("expected the end of the query")),
        }
    }

    fn select(&mut self) -> Result<Select, Refusal> {
        if self.take(&Token::Mul) {
            return Ok(Select::Everything);
        }
        let mut items = vec![self.item()?];
        while self.take(&Token::Comma) {
            items.push(self.item()?);
        }
        Ok(Select::Items(items))
    }

    fn item(&mut self) -> Result<Item, Refusal> {
        let name = self.path()?;
        if self.take(&Token::LParen) {
            let function = name.to_ascii_lowercase();
            if !AGGREGATES.contains(&function.as_str()) {
                self.at = self.at.saturating_sub(2);
                return Err(self.unexpected("expected a field or an aggregate"));
            }
            let path = match function.as_str() {
                "count" if self.take(&Token::Mul) => "*".to_owned(),
                _ => self.path()?,
            };
            self.expect(&Token::RParen, "`)`")?;
            return Ok(Item::Aggregate { function, path, alias: self.alias()? });
        }
        Ok(Item::Path { path: name, alias: self.alias()? })
    }

    fn alias(&mut self) -> Result<Option<String>, Refusal> {
        if self.take_word("AS") { self.path().map(Some) } else { Ok(None) }
    }

    fn group_by(&mut self) -> Result<Vec<String>, Refusal> {
        self.expect_word("BY")?;
        let mut paths = vec![self.path()?];
        while self.take(&Token::Comma) {
            paths.push(self.path()?);
        }
        Ok(paths)
    }

    fn order_by(&mut self) -> Result<Vec<(String, Direction)>, Refusal> {
        self.expect_word("BY")?;
        let mut paths = Vec::new();
        loop {
            let path = self.path()?;
            let direction = match self.take_word("DESC") {
                true => Direction::Descending,
                false => {
                    self.take_word("ASC");
                    Direction::Ascending
                }
            };
            paths.push((path, direction));
            if !self.take(&Token::Comma) {
                return Ok(paths);
            }
        }
    }

    fn any_of(&mut self) -> Result<Expr, Refusal> {
        let mut terms = vec![self.all_of()?];
        while self.take_word("OR") {
            terms.push(self.all_of()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::Or(terms) })
    }

    fn all_of(&mut self) -> Result<Expr, Refusal> {
        let mut terms = vec![self.term()?];
        while self.take_word("AND") {
            terms.push(self.term()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::And(terms) })
    }

    fn term(&mut self) -> Result<Expr, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.unexpected(&format!("conditions are nested deeper than {DEEPEST}")));
        }
        let term = self.bare_term();
        self.depth -= 1;
        term
    }

    fn bare_term(&mut self) -> Result<Expr, Refusal> {
        if self.take_word("NOT") || self.take(&Token::ExclamationMark) {
            return Ok(Expr::Not(Box::new(self.term()?)));
        }
        if self.take(&Token::DoubleExclamationMark) {
            return self.term();
        }
        if self.take(&Token::LParen) {
            let inner = self.any_of()?;
            self.expect(&Token::RParen, "`)`")?;
            return Ok(inner);
        }
        let path = self.path()?;
        if self.take_word("IS") {
            let negated = self.take_word("NOT");
            self.expect_word("NULL")?;
            return Ok(negate(Expr::IsNull { path }, negated));
        }
        let negated = self.take_word("NOT");
        if self.take_word("CONTAINS") {
            let value = self.constant()?;
            return Ok(negate(Expr::Contains { path, value }, negated));
        }
        if self.take_word("IN") {
            let values = self.list()?;
            return Ok(negate(Expr::In { path, values }, negated));
        }
        if negated {
            return Err(self.unexpected("expected CONTAINS or IN"));
        }
        self.comparison(path)
    }

    fn comparison(&mut self, path: String) -> Result<Expr, Refusal> {
        let op = match self.peek() {
            Some(Token::Eq | Token::DoubleEq) => Op::Equal,
            Some(Token::Neq) => Op::NotEqual,
            Some(Token::Lt) => Op::Less,
            Some(Token::LtEq) => Op::LessOrEqual,
            Some(Token::Gt) => Op::Greater,
            Some(Token::GtEq) => Op::GreaterOrEqual,
            _ => return Err(self.unexpected("expected a comparison")),
        };
        self.at += 1;
        if matches!(op, Op::Equal | Op::NotEqual) && self.peeks("REGEX") {
            self.at += 1;
            self.expect(&Token::LParen, "`(`")?;
            let place = self.place();
            let text = self.text()?;
            self.expect(&Token::RParen, "`)`")?;
            let pattern = Pattern::lucene(&text).map_err(|message| wrong(place, &message))?;
            return Ok(negate(Expr::Matches { path, pattern }, op == Op::NotEqual));
        }
        let value = self.constant()?;
        Ok(Expr::Compare { path, op, value })
    }

    fn list(&mut self) -> Result<Vec<Value>, Refusal> {
        self.expect(&Token::LParen, "`(`")?;
        let mut values = vec![self.constant()?];
        while self.take(&Token::Comma) {
            values.push(self.constant()?);
        }
        self.expect(&Token::RParen, "`)`")?;
        Ok(values)
    }

    fn constant(&mut self) -> Result<Value, Refusal> {
        let negative = self.take(&Token::Minus);
        match self.peek().cloned() {
            Some(Token::Number(digits, _)) => {
                let text = if negative { format!("-{digits}") } else { digits };
                let number = text.parse::<i64>().map(Number::from).ok();
                let float = || text.parse::<f64>().ok().and_then(Number::from_f64);
                let number = number.or_else(float).ok_or_else(|| self.unexpected("expected a number"))?;
                self.at += 1;
                Ok(Value::Number(number))
            }
            _ if negative => Err(self.unexpected("expected a number")),
            Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("true") => {
                self.at += 1;
                Ok(Value::Bool(true))
            }
            Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("false") => {
                self.at += 1;
                Ok(Value::Bool(false))
            }
            _ => self.text().map(Value::String),
        }
    }

    fn text(&mut self) -> Result<String, Refusal> {
        match self.peek() {
            Some(Token::SingleQuotedString(raw) | Token::DoubleQuotedString(raw)) => {
                let text = unescaped(raw);
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected("expected a constant")),
        }
    }

    fn whole(&mut self) -> Result<u64, Refusal> {
        let number = match self.peek() {
            Some(Token::Number(digits, _)) => digits.parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.unexpected("expected a whole number"))?;
        self.at += 1;
        Ok(number)
    }

    fn path(&mut self) -> Result<String, Refusal> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let path = word.value.clone();
                let reserved = word.quote_style.is_none()
                    && RESERVED.iter().any(|reserved| path.eq_ignore_ascii_case(reserved));
                let broken = path.split('.').any(str::is_empty);
                if reserved || broken {
                    return Err(self.unexpected("expected a field"));
                }
                self.at += 1;
                Ok(path)
            }
            _ => Err(self.unexpected("expected a field")),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|it| &it.token)
    }

    fn peeks(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(it)) if it.quote_style.is_none() && it.value.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peeks(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), Refusal> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected(&format!("expected {name}"))) }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Refusal> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(&format!("expected {word}"))) }
    }

    fn place(&self) -> Location {
        let here = self.tokens.get(self.at).map(|it| it.span.start);
        here.or_else(|| self.tokens.last().map(|it| it.span.end)).unwrap_or(Location { line: 1, column: 1 })
    }

    fn unexpected(&self, message: &str) -> Refusal {
        let found = self.peek().map_or("the end".to_owned(), |token| format!("`{token}`"));
        wrong(self.place(), &format!("{message}, found {}", crate::params::brief(&found)))
    }
}

fn negate(expr: Expr, negated: bool) -> Expr {
    if negated { Expr::Not(Box::new(expr)) } else { expr }
}

/// A backslash protects a quote or a backslash; before anything else it stays, since patterns need it.
fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\'' | '\\')) => out.extend(chars.next()),
            ('\'', Some('\'')) | ('"', Some('"')) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_have_positions() {
        for (text, expected) in [
            ("", "line 1, column 1: expected SELECT, found the end"),
            ("SELECT UID accounts", "line 1, column 12: expected FROM, found `accounts`"),
            (
                "SELECT UID FROM accounts LIMIT 5 WHERE a = 1",
                "line 1, column 34: expected the end of the query, found `WHERE`",
            ),
            ("SELECT UID FROM accounts\nWHERE a =", "line 2, column 10: expected a constant, found the end"),
            ("SELECT UID FROM accounts WHERE a = b", "line 1, column 36: expected a constant, found `b`"),
            (
                "SELECT UID FROM accounts HAVING x",
                "line 1, column 26: expected the end of the query, found `HAVING`",
            ),
            ("SELECT DISTINCT UID FROM accounts", "line 1, column 17: expected FROM, found `UID`"),
            (
                "SELECT UID FROM accounts FILTER x WITH counters",
                "line 1, column 26: counters are not modelled here: no FILTER, found `FILTER`",
            ),
            ("SELECT UID FROM accounts WHERE a = \"x", "line 1, column 36: Unterminated string literal"),
        ] {
            let details = parse(text).unwrap_err().details;
            assert_eq!(details, format!("Error parsing query: {expected}"), "{text}");
        }
    }

    #[test]
    fn depth_has_a_bound() {
        for nested in ["!", "(", "NOT "] {
            let deep = format!("SELECT UID FROM accounts WHERE {}a = 1", nested.repeat(5000));
            assert!(parse(&deep).unwrap_err().details.contains("nested deeper"), "{nested}");
        }
    }

    #[test]
    fn escapes() {
        for (raw, expected) in [(r#"a\"b"#, "a\"b"), (r"a\.b", r"a\.b"), (r"a\\b", r"a\b"), ("it''s", "it's")]
        {
            assert_eq!(unescaped(raw), expected);
        }
    }
}
