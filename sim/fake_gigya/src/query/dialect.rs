//! The search language as a dialect of `sqlparser`: dotted words are one path, both quotes hold text, and
//! conditions know `contains`, lists and `regex`, but nothing else of SQL.

use crate::query::tree::{RESERVED, begins_name, continues_name};
use sqlparser::ast::{BinaryOperator, Expr, Ident, UnaryOperator, Value};
use sqlparser::dialect::{Dialect, Precedence};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// The platform's dialect.
#[derive(Debug)]
pub(crate) struct GigyaDialect;

/// The operators that SQL does not have, by their names in the tree.
pub(crate) const CONTAINS: &str = "CONTAINS";
pub(crate) const IN: &str = "IN";

type Parsed = Result<Expr, ParserError>;

impl Dialect for GigyaDialect {
    fn is_identifier_start(&self, ch: char) -> bool {
        begins_name(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        continues_name(ch)
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Parsed> {
        let found = parser.next_token();
        let span = found.span;
        Some(match &found.token {
            Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => {
                Ok(Expr::Value(constant(found.token).with_span(span)))
            }
            Token::Word(word) if word.quote_style.is_some() => {
                Ok(Expr::Identifier(Ident { value: word.value.clone(), quote_style: word.quote_style, span }))
            }
            Token::Word(word) if is(&word.value, &["true", "false"]) => {
                Ok(Expr::Value(Value::Boolean(word.value.eq_ignore_ascii_case("true")).with_span(span)))
            }
            Token::Word(word) if is(&word.value, &["not"]) => self.negated(parser),
            Token::Word(word) if parser.peek_token_ref().token == Token::LParen => {
                match word.value.eq_ignore_ascii_case("regex") {
                    true => regex(parser, Ident { value: word.value.clone(), quote_style: None, span }),
                    false => parser.expected("a condition", found),
                }
            }
            Token::Word(word) if is(&word.value, RESERVED) => parser.expected("a condition", found),
            Token::Word(word) => {
                Ok(Expr::Identifier(Ident { value: word.value.clone(), quote_style: None, span }))
            }
            Token::ExclamationMark => self.negated(parser),
            Token::DoubleExclamationMark => parser.parse_subexpr(self.prec_value(Precedence::UnaryNot)),
            Token::Minus => match parser.next_token() {
                number if matches!(number.token, Token::Number(..)) => {
                    let number = Expr::Value(constant(number.token).with_span(span));
                    Ok(Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) })
                }
                other => parser.expected("a number", other),
            },
            Token::LParen => parser.parse_expr().and_then(|inner| {
                parser.expect_token(&Token::RParen)?;
                Ok(Expr::Nested(Box::new(inner)))
            }),
            _ => parser.expected("a condition", found),
        })
    }

    /// Only these operators exist; anything else ends the condition.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let precedence = match &parser.peek_token_ref().token {
            Token::Eq | Token::DoubleEq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => {
                Precedence::Eq
            }
            Token::Word(word) if word.quote_style.is_some() => return Some(Ok(self.prec_unknown())),
            Token::Word(word) if is(&word.value, &["contains", "in", "not"]) => Precedence::Like,
            Token::Word(word) if is(&word.value, &["is"]) => Precedence::Is,
            Token::Word(word) if is(&word.value, &["and"]) => Precedence::And,
            Token::Word(word) if is(&word.value, &["or"]) => Precedence::Or,
            _ => return Some(Ok(self.prec_unknown())),
        };
        Some(Ok(self.prec_value(precedence)))
    }

    fn parse_infix(&self, parser: &mut Parser, left: &Expr, precedence: u8) -> Option<Parsed> {
        let Token::Word(word) = &parser.peek_token_ref().token else { return None };
        if !is(&word.value, &["contains", "in", "not"]) {
            return None;
        }
        let negated = is(&word.value, &["not"]);
        if negated {
            parser.advance_token();
        }
        Some(self.word_operator(parser, left, precedence, negated))
    }
}

impl GigyaDialect {
    fn negated(&self, parser: &mut Parser) -> Parsed {
        let inner = parser.parse_subexpr(self.prec_value(Precedence::UnaryNot))?;
        Ok(Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(inner) })
    }

    /// `contains "text"` or `in (…)`, behind a `not` or not.
    fn word_operator(&self, parser: &mut Parser, left: &Expr, precedence: u8, negated: bool) -> Parsed {
        let found = parser.next_token();
        let (op, right) = match &found.token {
            Token::Word(word) if is(&word.value, &["contains"]) => {
                (CONTAINS, parser.parse_subexpr(precedence)?)
            }
            Token::Word(word) if is(&word.value, &["in"]) => {
                parser.expect_token(&Token::LParen)?;
                let list = parser.parse_comma_separated(|parser| parser.parse_subexpr(precedence))?;
                parser.expect_token(&Token::RParen)?;
                (IN, Expr::Tuple(list))
            }
            _ => return parser.expected("CONTAINS or IN", found),
        };
        let op = BinaryOperator::Custom(op.to_owned());
        let condition = Expr::BinaryOp { left: Box::new(left.clone()), op, right: Box::new(right) };
        Ok(match negated {
            true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(condition) },
            false => condition,
        })
    }
}

/// `regex('…')`, kept as the text behind the word.
fn regex(parser: &mut Parser, prefix: Ident) -> Parsed {
    parser.expect_token(&Token::LParen)?;
    let found = parser.next_token();
    let span = found.span;
    if !matches!(found.token, Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)) {
        return parser.expected("a pattern in quotes", found);
    }
    parser.expect_token(&Token::RParen)?;
    Ok(Expr::Prefixed { prefix, value: Box::new(Expr::Value(constant(found.token).with_span(span))) })
}

fn is(word: &str, one_of: &[&str]) -> bool {
    one_of.iter().any(|it| word.eq_ignore_ascii_case(it))
}

fn constant(token: Token) -> Value {
    match token {
        Token::Number(digits, long) => Value::Number(digits, long),
        Token::SingleQuotedString(text) => Value::SingleQuotedString(text),
        Token::DoubleQuotedString(text) => Value::DoubleQuotedString(text),
        _ => Value::Null,
    }
}
