//! From text to a query. `sqlparser` reads tokens and conditions in the platform's [dialect](GigyaDialect); the
//! clauses around them stand here, since START has no equivalent in SQL and their order is fixed.

use crate::envelope::Refusal;
use crate::params::brief;
use crate::query::dialect::GigyaDialect;
use crate::query::lower::lowered;
use crate::query::tree::{Constant, Direction, Expr, Function, Item, Path, Query, RESERVED, Select};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// How deep parentheses and negations may go.
const DEEPEST: usize = 64;
/// How long a query may be, in tokens.
const LONGEST: usize = 20_000;
/// How many comparisons and connectives a query may have.
const MOST_OPERATORS: usize = 4_000;

/// Something in a query is wrong, and where.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) place: Location,
    pub(crate) message: String,
}

impl Wrong {
    pub(crate) fn at(place: Location, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }

    /// The platform's words around the mistake; one without a place is at the end.
    fn refusal(self, end: Location) -> Refusal {
        let place = if self.place.line == 0 { end } else { self.place };
        let (line, column) = (place.line.max(1), place.column.max(1));
        Refusal::because(
            400_006,
            format!("Error parsing query: line {line}, column {column}: {}", self.message),
        )
    }
}

/// Reads a query.
pub(crate) fn parse(text: &str) -> Result<Query, Refusal> {
    let tokens = Tokenizer::new(&GigyaDialect, text)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| Wrong::at(error.location, error.message).refusal(Location { line: 1, column: 1 }))?;
    let tokens: Vec<TokenWithSpan> =
        tokens.into_iter().filter(|it| !matches!(it.token, Token::Whitespace(_) | Token::EOF)).collect();
    let end = tokens.last().map_or(Location { line: 1, column: 1 }, |it| it.span.end);
    bounded(&tokens).map_err(|wrong| wrong.refusal(end))?;
    let parser = Parser::new(&GigyaDialect).with_recursion_limit(DEEPEST).with_tokens_with_locations(tokens);
    Clauses { parser }.query().map_err(|wrong| wrong.refusal(end))
}

/// Refuses tokens that the language does not have, and more of the others than anybody needs.
fn bounded(tokens: &[TokenWithSpan]) -> Result<(), Wrong> {
    if let Some(surplus) = tokens.get(LONGEST) {
        return Err(Wrong::at(surplus.span.start, format!("the query is longer than {LONGEST} words")));
    }
    let mut operators = 0;
    for it in tokens {
        match &it.token {
            Token::Eq | Token::DoubleEq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => {
                operators += 1;
            }
            Token::Word(word)
                if ["and", "or", "is", "in", "contains"].contains(&&*word.value.to_ascii_lowercase()) =>
            {
                operators += 1;
            }
            Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::LParen
            | Token::RParen
            | Token::Comma
            | Token::Mul
            | Token::Minus
            | Token::ExclamationMark
            | Token::DoubleExclamationMark
            | Token::SemiColon => {}
            other => {
                let message = format!("unexpected `{}`", brief(&other.to_string()));
                return Err(Wrong::at(it.span.start, message));
            }
        }
        if operators > MOST_OPERATORS {
            let message = format!("the query has more than {MOST_OPERATORS} conditions");
            return Err(Wrong::at(it.span.start, message));
        }
    }
    Ok(())
}

/// `sqlparser` tells the place at the end of its message: `Expected: x, found: y at Line: 1, Column: 2`.
impl From<ParserError> for Wrong {
    fn from(error: ParserError) -> Self {
        let nowhere = Location { line: 0, column: 0 };
        let text = match error {
            ParserError::RecursionLimitExceeded => {
                return Self::at(nowhere, format!("conditions are nested deeper than {DEEPEST}"));
            }
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
        };
        let place = |tail: &str| {
            let (line, column) = tail.split_once(", Column: ")?;
            Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
        };
        let (message, place) = match text.rsplit_once(" at Line: ").map(|(head, tail)| (head, place(tail))) {
            Some((head, Some(place))) => (head.to_owned(), place),
            _ => (text, nowhere),
        };
        let expected = message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: "));
        match expected {
            Some((expected, "EOF")) => Self::at(place, format!("expected {expected}, found the end")),
            Some((expected, found)) => {
                Self::at(place, format!("expected {expected}, found `{}`", brief(found)))
            }
            None => Self::at(place, message),
        }
    }
}

struct Clauses<'p> {
    parser: Parser<'p>,
}

impl Clauses<'_> {
    fn query(&mut self) -> Result<Query, Wrong> {
        self.parser.expect_keyword_is(Keyword::SELECT)?;
        let select = self.select()?;
        self.parser.expect_keyword_is(Keyword::FROM)?;
        let from = self.path()?;
        let filter = match self.parser.parse_keyword(Keyword::WHERE) {
            true => Some(self.condition()?),
            false => None,
        };
        if self.parser.peek_keyword(Keyword::FILTER) {
            let place = self.parser.peek_token_ref().span.start;
            return Err(Wrong::at(place, "counters are not modelled here: no FILTER, found `FILTER`"));
        }
        let group_by = match self.parser.parse_keyword(Keyword::GROUP) {
            true => self.group_by()?,
            false => Vec::new(),
        };
        let order_by = match self.parser.parse_keyword(Keyword::ORDER) {
            true => self.order_by()?,
            false => Vec::new(),
        };
        let start = if self.parser.parse_keyword(Keyword::START) { Some(self.whole()?) } else { None };
        let limit = if self.parser.parse_keyword(Keyword::LIMIT) { Some(self.whole()?) } else { None };
        _ = self.parser.consume_token(&Token::SemiColon);
        match self.parser.peek_token_ref().token {
            Token::EOF => Ok(Query { select, from, filter, group_by, order_by, start, limit }),
            _ => self.unexpected("the end of the query"),
        }
    }

    /// A condition up to the next clause. What cannot go on there is told before what it leaves incomplete.
    fn condition(&mut self) -> Result<Expr, Wrong> {
        let condition = self.parser.parse_expr()?;
        match &self.parser.peek_token_ref().token {
            Token::EOF | Token::SemiColon => lowered(condition),
            Token::Word(word) if RESERVED.iter().any(|it| word.value.eq_ignore_ascii_case(it)) => {
                lowered(condition)
            }
            _ => self.unexpected("the end of the query"),
        }
    }

    fn select(&mut self) -> Result<Select, Wrong> {
        if self.parser.consume_token(&Token::Mul) {
            return Ok(Select::Everything);
        }
        let mut items = vec![self.item()?];
        while self.parser.consume_token(&Token::Comma) {
            items.push(self.item()?);
        }
        Ok(Select::Items(items))
    }

    fn item(&mut self) -> Result<Item, Wrong> {
        if self.parser.peek_nth_token_ref(1).token != Token::LParen {
            return Ok(Item::Path { path: self.path()?, alias: self.alias()? });
        }
        let found = self.parser.next_token();
        let function = match &found.token {
            Token::Word(word) => {
                Function::ALL.into_iter().find(|it| it.word().eq_ignore_ascii_case(&word.value))
            }
            _ => None,
        };
        let Some(function) = function else {
            return Ok(self.parser.expected("a field or an aggregate", found)?);
        };
        self.parser.expect_token(&Token::LParen)?;
        let path = match function == Function::Count && self.parser.consume_token(&Token::Mul) {
            true => None,
            false => Some(self.path()?),
        };
        self.parser.expect_token(&Token::RParen)?;
        Ok(Item::Aggregate { function, path, alias: self.alias()? })
    }

    fn alias(&mut self) -> Result<Option<Path>, Wrong> {
        if self.parser.parse_keyword(Keyword::AS) { self.path().map(Some) } else { Ok(None) }
    }

    fn group_by(&mut self) -> Result<Vec<Path>, Wrong> {
        self.parser.expect_keyword_is(Keyword::BY)?;
        let mut paths = vec![self.path()?];
        while self.parser.consume_token(&Token::Comma) {
            paths.push(self.path()?);
        }
        Ok(paths)
    }

    fn order_by(&mut self) -> Result<Vec<(Path, Direction)>, Wrong> {
        self.parser.expect_keyword_is(Keyword::BY)?;
        let mut paths = Vec::new();
        loop {
            let path = self.path()?;
            let direction = match self.parser.parse_keyword(Keyword::DESC) {
                true => Direction::Descending,
                false => {
                    _ = self.parser.parse_keyword(Keyword::ASC);
                    Direction::Ascending
                }
            };
            paths.push((path, direction));
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(paths);
            }
        }
    }

    fn whole(&mut self) -> Result<u64, Wrong> {
        let number = match &self.parser.peek_token_ref().token {
            Token::Number(digits, false) => digits.parse().ok(),
            _ => None,
        };
        let Some(number) = number else { return self.unexpected("a whole number") };
        self.parser.advance_token();
        Ok(number)
    }

    fn path(&mut self) -> Result<Path, Wrong> {
        let path = match &self.parser.peek_token_ref().token {
            Token::Word(word)
                if word.quote_style.is_none()
                    && RESERVED.iter().any(|it| word.value.eq_ignore_ascii_case(it)) =>
            {
                None
            }
            Token::Word(word) => Path::new(&word.value),
            Token::DoubleQuotedString(raw) => Path::new(&unescaped(raw, '"')),
            _ => None,
        };
        let Some(path) = path else { return self.unexpected("a field") };
        self.parser.advance_token();
        Ok(path)
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, Wrong> {
        Ok(self.parser.expected_ref(expected, self.parser.peek_token_ref())?)
    }
}

/// A number as `sqlparser` leaves it.
pub(crate) fn number(digits: &str, negative: bool) -> Option<Constant> {
    let text = if negative { format!("-{digits}") } else { digits.to_owned() };
    let whole = text.parse().ok().map(Constant::Whole);
    whole.or_else(|| text.parse().ok().filter(|it: &f64| it.is_finite()).map(Constant::Float))
}

/// A backslash protects a quote or a backslash; before anything else it stays, since patterns need it. A quote
/// may also be doubled.
pub(crate) fn unescaped(raw: &str, quote: char) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\'' | '\\')) => out.extend(chars.next()),
            (c, Some(next)) if c == quote && *next == quote => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}
