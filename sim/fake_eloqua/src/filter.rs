//! The filter language of exports, as text.
//!
//! ```text
//! filter = term { ("AND" | "OR") term }        AND binds tighter, NOT stands before a term
//! term   = 'statement' op 'value' | EXISTS('place') | STATUS('instance') = 'word' | ( filter ) | NOT term
//! ```

pub(crate) use crate::condition::Filter;
use std::cmp::Ordering;
use winnow::ascii::{Caseless, multispace0};
use winnow::combinator::{delimited, opt, preceded};
use winnow::error::{ContextError, ErrMode, StrContext, StrContextValue};
use winnow::prelude::*;

/// The longest filter, in characters.
pub(crate) const LONGEST: usize = 1000;
const DEEPEST: u32 = 32;

/// A filter as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    Compare { statement: String, op: Op, value: String },
    Exists(String),
    Status { instance: String, word: String },
    Not(Box<Text>),
    And(Vec<Text>),
    Or(Vec<Text>),
}

/// Operators of comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Equal,
    NotEqual,
    Greater,
    NotLess,
    Less,
    NotGreater,
    Like,
}

/// Operators as they are written; a longer one stands before its beginning.
pub(crate) const OPS: [(&str, Op); 7] = [
    (">=", Op::NotLess),
    ("<=", Op::NotGreater),
    ("!=", Op::NotEqual),
    (">", Op::Greater),
    ("<", Op::Less),
    ("=", Op::Equal),
    ("~", Op::Like),
];

impl Op {
    /// Whether two values that compare as `order` satisfy it.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal | Self::Like => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Greater => order == Ordering::Greater,
            Self::NotLess => order != Ordering::Less,
            Self::Less => order == Ordering::Less,
            Self::NotGreater => order != Ordering::Greater,
        }
    }
}

type Parsed<T> = ModalResult<T, ContextError>;

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}

fn quoted(input: &mut &str) -> Parsed<String> {
    preceded(multispace0, '\'').context(expected("a quoted text")).parse_next(input)?;
    let mut out = String::new();
    loop {
        let Some(at) = input.find('\'') else {
            *input = &input[input.len()..];
            let mut error = ContextError::new();
            error.push(expected("a closing quote"));
            return Err(ErrMode::Cut(error));
        };
        out.push_str(&input[..at]);
        *input = &input[at + 1..];
        match input.strip_prefix('\'') {
            Some(rest) => {
                out.push('\'');
                *input = rest;
            }
            None => return Ok(out),
        }
    }
}

fn op(input: &mut &str) -> Parsed<Op> {
    multispace0.parse_next(input)?;
    for (text, op) in OPS {
        if let Some(rest) = input.strip_prefix(text) {
            *input = rest;
            return Ok(op);
        }
    }
    let mut error = ContextError::new();
    error.push(expected("an operator"));
    Err(ErrMode::Cut(error))
}

fn word(text: &'static str) -> impl FnMut(&mut &str) -> Parsed<()> {
    move |input| preceded(multispace0, Caseless(text)).void().parse_next(input)
}

fn call(name: &'static str) -> impl FnMut(&mut &str) -> Parsed<String> {
    move |input| {
        (word(name), multispace0, '(').parse_next(input)?;
        let inner = quoted.parse_next(input)?;
        (multispace0, ')').context(expected("a closing parenthesis")).parse_next(input)?;
        Ok(inner)
    }
}

fn term(input: &mut &str, depth: u32) -> Parsed<Text> {
    if depth > DEEPEST {
        let mut error = ContextError::new();
        error.push(expected("fewer parentheses"));
        return Err(ErrMode::Cut(error));
    }
    if opt((word("NOT"), winnow::combinator::not(winnow::token::any.verify(|c: &char| c.is_alphanumeric()))))
        .parse_next(input)?
        .is_some()
    {
        return Ok(Text::Not(Box::new(term(input, depth + 1)?)));
    }
    if opt((multispace0, '(')).parse_next(input)?.is_some() {
        let inner = disjunction(input, depth + 1)?;
        (multispace0, ')').context(expected("a closing parenthesis")).parse_next(input)?;
        return Ok(inner);
    }
    if let Some(place) = opt(call("EXISTS")).parse_next(input)? {
        return Ok(Text::Exists(place));
    }
    if let Some(instance) = opt(call("STATUS")).parse_next(input)? {
        (multispace0, '=').context(expected("`=`")).parse_next(input)?;
        return Ok(Text::Status { instance, word: quoted.parse_next(input)? });
    }
    let statement = quoted.parse_next(input)?;
    Ok(Text::Compare { statement, op: op.parse_next(input)?, value: quoted.parse_next(input)? })
}

fn conjunction(input: &mut &str, depth: u32) -> Parsed<Text> {
    let mut parts = vec![term(input, depth)?];
    while opt(word("AND")).parse_next(input)?.is_some() {
        parts.push(term(input, depth)?);
    }
    Ok(one_or(parts, Text::And))
}

fn disjunction(input: &mut &str, depth: u32) -> Parsed<Text> {
    let mut parts = vec![conjunction(input, depth)?];
    while opt(word("OR")).parse_next(input)?.is_some() {
        parts.push(conjunction(input, depth)?);
    }
    Ok(one_or(parts, Text::Or))
}

fn one_or(mut parts: Vec<Text>, many: fn(Vec<Text>) -> Text) -> Text {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

/// Reads a filter; the error says what is wanted, and at which character.
pub(crate) fn parse(text: &str) -> Result<Text, String> {
    if text.chars().count() > LONGEST {
        return Err(format!("Must be at most {LONGEST} characters long."));
    }
    let mut whole = delimited(multispace0, |input: &mut &str| disjunction(input, 0), multispace0);
    whole.parse(text).map_err(|error| {
        let wanted = error.inner().context().find_map(|context| match context {
            StrContext::Expected(what) => Some(what.to_string()),
            _ => None,
        });
        let wanted = wanted.unwrap_or_else(|| "AND, OR or the end".to_owned());
        let at = text[..floor(text, error.offset())].chars().count() + 1;
        format!("Cannot be parsed: {wanted} is expected at character {at}.")
    })
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The canonical text; parsing it gives the same filter.
impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let joined = |f: &mut std::fmt::Formatter<'_>, parts: &[Self], between: &str| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    write!(f, " {between} ")?;
                }
                match part {
                    Self::And(_) | Self::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Compare { statement, op, value } => {
                let op = OPS.iter().find(|(_, known)| known == op).map_or("=", |(text, _)| text);
                write!(f, "{} {op} {}", quote(statement), quote(value))
            }
            Self::Exists(place) => write!(f, "EXISTS({})", quote(place)),
            Self::Status { instance, word } => write!(f, "STATUS({}) = {}", quote(instance), quote(word)),
            Self::Not(inner) => match **inner {
                Self::And(_) | Self::Or(_) => write!(f, "NOT ({inner})"),
                _ => write!(f, "NOT {inner}"),
            },
            Self::And(parts) => joined(f, parts, "AND"),
            Self::Or(parts) => joined(f, parts, "OR"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_clients_produce() {
        let statement = "{{Contact.UpdatedAt}}";
        for text in [
            format!("'{statement}' >= '2021-01-01 00:00:00'"),
            format!(" '{statement}' >= '2021-01-01' AND '{statement}' <= '2021-02-01' "),
            format!("'{statement}' >= '2021-01-01'AND'{statement}' <= '2021-02-01'"),
            " EXISTS('{{ContactList[1]}}') ".to_owned(),
            format!("'{statement}'>'2014-08-01' OR ( '{statement}'='' )"),
            "STATUS('{{ActionInstance(abc).Execution[1]}}') = 'pending'".to_owned(),
            format!("NOT '{statement}' = 'it''s'"),
        ] {
            let parsed = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(parse(&parsed.to_string()), Ok(parsed));
        }
    }

    #[test]
    fn mistakes_have_positions() {
        for (text, expected) in [
            ("'a' = 'b", "Cannot be parsed: a closing quote is expected at character 9."),
            ("'a' 'b'", "Cannot be parsed: an operator is expected at character 5."),
            ("('a' = 'b'", "Cannot be parsed: a closing parenthesis is expected at character 11."),
            ("'a' = 'b' 'c'", "Cannot be parsed: AND, OR or the end is expected at character 11."),
            ("", "Cannot be parsed: a quoted text is expected at character 1."),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
        assert!(parse(&"(".repeat(900)).is_err());
        assert!(parse(&"x".repeat(1001)).is_err());
    }

    #[test]
    fn and_binds_tighter() {
        let text = parse("'a'='1' OR 'b'='2' AND 'c'='3'").unwrap();
        assert_eq!(text.to_string(), "'a' = '1' OR ('b' = '2' AND 'c' = '3')");
    }

    fn texts() -> impl Strategy<Value = Text> {
        let op = proptest::sample::select(OPS.map(|(_, op)| op).to_vec());
        let leaf = prop_oneof![
            ("[a-z'{}. ]{0,6}", op, "\\PC{0,6}").prop_map(|(statement, op, value)| Text::Compare {
                statement,
                op,
                value
            }),
            "[a-z']{0,4}".prop_map(Text::Exists),
            ("[a-z]{0,4}", "[a-z]{0,4}").prop_map(|(instance, word)| Text::Status { instance, word }),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| Text::Not(Box::new(inner))),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Text::And),
                proptest::collection::vec(inner, 2..4).prop_map(Text::Or),
            ]
        })
    }

    proptest! {
        #[test]
        fn parse_of_print_is_the_same(text in texts()) {
            let printed = text.to_string();
            prop_assume!(printed.chars().count() <= LONGEST);
            prop_assert_eq!(parse(&printed), Ok(text), "{}", printed);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[\\PC'()]{0,80}") {
            let _ = parse(&text);
        }
    }
}
