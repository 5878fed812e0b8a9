//! Text to tree.

use super::JexlProblem;
use serde_json::Number;
use winnow::combinator::{alt, not, opt, preceded, terminated};
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{any, one_of, take_while};

/// Expressions with more words than this are refused: nobody reads them, and a tree that deep costs stack.
const MAX_TOKENS: usize = 1000;

/// Brackets within brackets.
const MAX_NESTING: usize = 50;

/// A column that says where, and makes no two trees differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) usize);

impl PartialEq for At {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// An expression as a tree.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Ast {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Ast>),
    Map(Vec<(String, Ast)>),
    /// A field by its dotted name.
    Name(String),
    /// A member of a value that is not simply a field.
    Member(Box<Ast>, String),
    Index(Box<Ast>, Box<Ast>),
    Not(Box<Ast>),
    Minus(Box<Ast>, At),
    Binary(Operator, Box<Ast>, Box<Ast>, At),
    Choice(Box<Ast>, Box<Ast>, Box<Ast>),
    Else(Box<Ast>, Box<Ast>),
    /// `a ?? b`
    IfNull(Box<Ast>, Box<Ast>),
    /// `(1 .. 3)`
    Range(Box<Ast>, Box<Ast>, At),
    /// `empty(x)`, `size(x)`.
    Function(Function, Box<Ast>),
    Call(Box<Ast>, Method, Vec<Ast>, At),
}

impl Ast {
    /// Shows every tree in it, itself first.
    pub(super) fn walk<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Name(_) => {}
            Self::List(items) => items.iter().for_each(|item| item.walk(see)),
            Self::Map(members) => members.iter().for_each(|(_, member)| member.walk(see)),
            Self::Member(inner, _) | Self::Not(inner) | Self::Minus(inner, _) | Self::Function(_, inner) => {
                inner.walk(see);
            }
            Self::Index(one, other)
            | Self::Else(one, other)
            | Self::IfNull(one, other)
            | Self::Range(one, other, _)
            | Self::Binary(_, one, other, _) => {
                one.walk(see);
                other.walk(see);
            }
            Self::Choice(condition, yes, no) => {
                condition.walk(see);
                yes.walk(see);
                no.walk(see);
            }
            Self::Call(target, _, arguments, _) => {
                target.walk(see);
                arguments.iter().for_each(|argument| argument.walk(see));
            }
        }
    }

    /// The regular expression that is written in this very tree, and where.
    pub(super) fn pattern(&self) -> Option<(&str, Searches, At)> {
        let (pattern, searches, at) = match self {
            Self::Binary(Operator::Match | Operator::NoMatch, _, pattern, at) => {
                (&**pattern, Searches::Whole, at)
            }
            Self::Call(_, Method::Matches, arguments, at) => (arguments.first()?, Searches::Whole, at),
            Self::Call(_, Method::ReplaceAll | Method::ReplaceFirst | Method::Split, arguments, at) => {
                (arguments.first()?, Searches::Parts, at)
            }
            _ => return None,
        };
        match pattern {
            Self::Text(text) => Some((text, searches, *at)),
            _ => None,
        }
    }
}

/// What a regular expression is held against.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Searches {
    Whole,
    Parts,
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum $name { $($variant),+ }

        impl $name {
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$variant),+];

            pub(super) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(
    /// Operators with two sides.
    Operator {
        Or = "||", And = "&&", Equal = "==", Unequal = "!=", Match = "=~", NoMatch = "!~", Less = "<",
        LessEqual = "<=", Greater = ">", GreaterEqual = ">=", Plus = "+", Minus = "-", Times = "*", Divide = "/",
        Modulo = "%", Starts = "=^", NoStart = "!^", Ends = "=$", NoEnd = "!$",
    }
);

words!(
    /// Functions that stand before their argument.
    Function { Empty = "empty", Size = "size" }
);

words!(
    /// Methods of texts, numbers, lists and maps.
    Method {
        ToLowerCase = "toLowerCase", ToUpperCase = "toUpperCase", Trim = "trim", Length = "length", Size = "size",
        IsEmpty = "isEmpty", Substring = "substring", IndexOf = "indexOf", Contains = "contains",
        StartsWith = "startsWith", EndsWith = "endsWith", Replace = "replace", ReplaceAll = "replaceAll",
        Split = "split", Concat = "concat", ToString = "toString", Equals = "equals",
        EqualsIgnoreCase = "equalsIgnoreCase", Matches = "matches", Get = "get", CharAt = "charAt",
        CodePointAt = "codePointAt", LastIndexOf = "lastIndexOf", ReplaceFirst = "replaceFirst",
        CompareTo = "compareTo", CompareToIgnoreCase = "compareToIgnoreCase", ContentEquals = "contentEquals",
        Repeat = "repeat", IsBlank = "isBlank", Strip = "strip", StripLeading = "stripLeading",
        StripTrailing = "stripTrailing", HashCode = "hashCode", Intern = "intern", ToCharArray = "toCharArray",
        ContainsKey = "containsKey", ContainsValue = "containsValue", GetOrDefault = "getOrDefault",
        KeySet = "keySet", Values = "values", IntValue = "intValue", LongValue = "longValue",
        DoubleValue = "doubleValue", FloatValue = "floatValue", BooleanValue = "booleanValue",
    }
);

impl Operator {
    /// The lower, the looser.
    fn level(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::Unequal => 3,
            Self::Less
            | Self::LessEqual
            | Self::Greater
            | Self::GreaterEqual
            | Self::Match
            | Self::NoMatch
            | Self::Starts
            | Self::NoStart
            | Self::Ends
            | Self::NoEnd => 4,
            Self::Plus | Self::Minus => 5,
            Self::Times | Self::Divide | Self::Modulo => 6,
        }
    }

    fn of_token(token: &Token) -> Option<Self> {
        match token {
            Token::Sign(sign) => Self::of(sign),
            Token::Word(word) => Self::of(match word.as_str() {
                "or" => "||",
                "and" => "&&",
                "eq" => "==",
                "ne" => "!=",
                "lt" => "<",
                "le" => "<=",
                "gt" => ">",
                "ge" => ">=",
                "div" => "/",
                "mod" => "%",
                _ => return None,
            }),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Word(String),
    Text(String),
    Number(Number),
    Sign(&'static str),
}

const SIGNS: [&str; 35] = [
    "||", "&&", "==", "!=", "=~", "!~", "=^", "!^", "=$", "!$", "<=", ">=", "?:", "??", "?.", "..", "<", ">",
    "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", ".", ";",
];

type Input<'a> = LocatingSlice<&'a str>;

fn token(input: &mut Input<'_>) -> winnow::Result<Token> {
    alt((word, number, text, sign)).parse_next(input)
}

fn index(input: &mut Input<'_>) -> winnow::Result<Token> {
    let digits = take_while(1.., |c: char| c.is_ascii_digit());
    digits
        .verify_map(|text: &str| text.parse::<u64>().ok().map(|at| Token::Number(at.into())))
        .parse_next(input)
}

fn exclamation(input: &mut Input<'_>) -> winnow::Result<Token> {
    '!'.value(Token::Sign("!")).parse_next(input)
}

fn word(input: &mut Input<'_>) -> winnow::Result<Token> {
    let start = |c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '@');
    let more = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@');
    (one_of(start), take_while(0.., more))
        .take()
        .map(|word: &str| Token::Word(word.to_owned()))
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> winnow::Result<Token> {
    let digits = |input: &mut Input<'_>| -> winnow::Result<()> {
        take_while(1.., |c: char| c.is_ascii_digit()).void().parse_next(input)
    };
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digits).void();
    // The letter that tells Java how wide a number is.
    let width = |wide: &'static str| {
        terminated(
            one_of(move |c: char| wide.contains(c.to_ascii_lowercase())),
            not(one_of(|c: char| c.is_alphanumeric() || c == '_')),
        )
    };
    let written = (digits, opt(preceded('.', digits)), opt(exponent)).take();
    (written, opt(alt((width("lh").value(false), width("fdb").value(true)))))
        .verify_map(|(text, fraction): (&str, Option<bool>)| {
            let number = match text.parse::<u64>() {
                Ok(whole) if fraction != Some(true) => Some(Number::from(whole)),
                _ => text.parse().ok().and_then(Number::from_f64),
            };
            number.map(Token::Number)
        })
        .parse_next(input)
}

fn text(input: &mut Input<'_>) -> winnow::Result<Token> {
    let quote = one_of(['\'', '"']).parse_next(input)?;
    let mut out = String::new();
    loop {
        match any.parse_next(input)? {
            '\\' => match any.parse_next(input)? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                other => {
                    // JEXL keeps a backslash that escapes nothing, so that patterns stay readable.
                    if !matches!(other, '\\' | '\'' | '"') {
                        out.push('\\');
                    }
                    out.push(other);
                }
            },
            c if c == quote => return Ok(Token::Text(out)),
            c => out.push(c),
        }
    }
}

fn sign(input: &mut Input<'_>) -> winnow::Result<Token> {
    for sign in SIGNS {
        if opt(sign).parse_next(input)?.is_some() {
            return Ok(Token::Sign(sign));
        }
    }
    winnow::combinator::fail.parse_next(input)
}

/// Blanks and comments.
fn blanks(input: &mut Input<'_>) -> winnow::Result<()> {
    loop {
        take_while(0.., char::is_whitespace).void().parse_next(input)?;
        if opt(alt(("##", "//"))).parse_next(input)?.is_some() {
            take_while(0.., |c| c != '\n').void().parse_next(input)?;
        } else {
            return Ok(());
        }
    }
}

/// Whether an operand may end with these tokens, so that an operator follows.
fn ends_operand(tokens: &[(usize, Token)]) -> bool {
    match tokens {
        // Behind a dot, a word of an operator is the name of a member.
        [.., (_, Token::Sign("." | "?.")), (_, Token::Word(_))] => true,
        [.., (_, token @ Token::Word(word))] => word != "not" && Operator::of_token(token).is_none(),
        [.., (_, Token::Text(_) | Token::Number(_))] => true,
        [.., (_, Token::Sign(sign))] => matches!(*sign, ")" | "]" | "}"),
        [] => false,
    }
}

/// What is said of a character that begins nothing.
fn strange(first: char) -> String {
    match first {
        '`' => "texts between backticks are not supported: join parts with `+`".to_owned(),
        '=' => {
            "variables cannot be set: `==` or `eq` compares, and each field takes one expression".to_owned()
        }
        other => format!("`{other}` means nothing here"),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, JexlProblem> {
    let column = |offset: usize| text.get(..offset).unwrap_or(text).chars().count() + 1;
    let mut input = LocatingSlice::new(text);
    let mut out = Vec::new();
    loop {
        // Blanks always match.
        let _ = blanks.parse_next(&mut input);
        if input.is_empty() {
            return Ok(out);
        }
        let rest: &str = input.as_ref();
        let at = column(text.len() - rest.len());
        let first = rest.chars().next().unwrap_or(' ');
        let last: Option<&Token> = out.last().map(|(_, token)| token);
        let mut token = match last {
            // An element of a list by its number: `tags.0`.
            Some(Token::Sign("." | "?.")) if first.is_ascii_digit() => index,
            // A name may begin with the dollar.
            _ if rest.starts_with("!$") && !ends_operand(&out) => exclamation,
            _ => token,
        };
        match token.parse_next(&mut input) {
            Ok(token) => out.push((at, token)),
            Err(_) if matches!(first, '\'' | '"') => {
                return Err(JexlProblem { column: at, message: "the text never ends".to_owned() });
            }
            Err(_) => {
                return Err(JexlProblem { column: at, message: strange(first) });
            }
        }
        if out.len() > MAX_TOKENS {
            return Err(JexlProblem {
                column: at,
                message: format!("more than {MAX_TOKENS} words and signs"),
            });
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Ast, JexlProblem> {
    let mut parser = Descent { tokens: tokens(text)?, at: 0, nesting: 0, end: text.chars().count() + 1 };
    let tree = parser.expression()?;
    while parser.eat(";") {}
    match parser.peek() {
        None => Ok(tree),
        Some(_) if parser.tokens[parser.at - 1].1 == Token::Sign(";") => Err(JexlProblem {
            column: parser.column(),
            message: "a second statement is not supported: each field takes one expression".to_owned(),
        }),
        Some(_) => Err(parser.unexpected("an operator")),
    }
}

/// Words that begin a statement where an operand follows.
const STATEMENTS: [&str; 9] = ["if", "for", "while", "do", "var", "let", "new", "return", "function"];

const INSTEAD: &str = "write one expression such as `condition ? a : b`, or use record.evaluate";

struct Descent {
    tokens: Vec<(usize, Token)>,
    at: usize,
    nesting: usize,
    end: usize,
}

type Parsed<T = Ast> = Result<T, JexlProblem>;

impl Descent {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn column(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(column, _)| *column)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.eat(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> JexlProblem {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(Token::Word(word)) => format!("`{word}`"),
            Some(Token::Text(text)) => format!("'{text}'"),
            Some(Token::Number(number)) => format!("`{number}`"),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
        };
        JexlProblem { column: self.column(), message: format!("{wanted} should stand here, not {found}") }
    }

    fn expression(&mut self) -> Parsed {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let message = format!("nested deeper than {MAX_NESTING} levels");
            return Err(JexlProblem { column: self.column(), message });
        }
        let condition = self.binary(1)?;
        let tree = if self.eat("?:") {
            Ast::Else(Box::new(condition), Box::new(self.expression()?))
        } else if self.eat("??") {
            Ast::IfNull(Box::new(condition), Box::new(self.expression()?))
        } else if self.eat("?") {
            let yes = self.expression()?;
            self.expect(":")?;
            Ast::Choice(Box::new(condition), Box::new(yes), Box::new(self.expression()?))
        } else {
            condition
        };
        self.nesting -= 1;
        Ok(tree)
    }

    fn binary(&mut self, level: u8) -> Parsed {
        let mut left = self.unary()?;
        while let Some(operator) =
            self.peek().and_then(Operator::of_token).filter(|found| found.level() >= level)
        {
            let at = At(self.column());
            self.at += 1;
            let right = self.binary(operator.level() + 1)?;
            left = Ast::Binary(operator, Box::new(left), Box::new(right), at);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        let at = At(self.column());
        let not = matches!(self.peek(), Some(Token::Word(word)) if word == "not") && self.operand_follows();
        let minus = self.eat("-");
        if !minus && !not && !self.eat("!") {
            let primary = self.primary()?;
            return self.postfix(primary);
        }
        self.at += usize::from(not);
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(JexlProblem {
                column: at.0,
                message: format!("nested deeper than {MAX_NESTING} levels"),
            });
        }
        let inner = Box::new(self.unary()?);
        self.nesting -= 1;
        Ok(if minus { Ast::Minus(inner, at) } else { Ast::Not(inner) })
    }

    /// Whether the word here has an operand behind it, or is a field of that name.
    fn operand_follows(&self) -> bool {
        match self.tokens.get(self.at + 1).map(|(_, token)| token) {
            None => false,
            Some(Token::Sign(sign)) => matches!(*sign, "(" | "[" | "{" | "!"),
            Some(token) => Operator::of_token(token).is_none(),
        }
    }

    fn index_follows(&self) -> bool {
        matches!(self.tokens.get(self.at + 1), Some((_, Token::Sign("["))))
    }

    fn primary(&mut self) -> Parsed {
        let Some(token) = self.peek().cloned() else { return Err(self.unexpected("a value")) };
        if Operator::of_token(&token).is_some() {
            return Err(self.unexpected("a value"));
        }
        match token {
            Token::Text(text) => self.leaf(Ast::Text(text)),
            Token::Number(number) => self.leaf(Ast::Number(number)),
            Token::Word(word) => self.word(&word),
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                let at = At(self.column());
                let tree = match self.eat("..") {
                    true => Ast::Range(Box::new(inner), Box::new(self.expression()?), at),
                    false => inner,
                };
                self.expect(")")?;
                Ok(tree)
            }
            Token::Sign("[") => {
                self.at += 1;
                Ok(Ast::List(self.items("]")?))
            }
            Token::Sign("{") => self.map(),
            Token::Sign(_) => Err(self.unexpected("a value")),
        }
    }

    fn leaf(&mut self, leaf: Ast) -> Parsed {
        self.at += 1;
        Ok(leaf)
    }

    fn word(&mut self, word: &str) -> Parsed {
        match (word, Function::of(word)) {
            ("null", _) => self.leaf(Ast::Null),
            ("true", _) => self.leaf(Ast::Bool(true)),
            ("false", _) => self.leaf(Ast::Bool(false)),
            // A bracket behind the word is an index into a field of that name.
            (_, Some(function)) if self.operand_follows() && !self.index_follows() => {
                self.at += 1;
                self.nesting += 1;
                if self.nesting > MAX_NESTING {
                    return Err(self.unexpected("fewer brackets and functions"));
                }
                let primary = self.primary()?;
                let argument = self.postfix(primary)?;
                self.nesting -= 1;
                Ok(Ast::Function(function, Box::new(argument)))
            }
            _ if STATEMENTS.contains(&word) && self.operand_follows() && !self.index_follows() => {
                let message = format!("`{word}` is a statement, which is not supported: {INSTEAD}");
                Err(JexlProblem { column: self.column(), message })
            }
            _ => self.leaf(Ast::Name(word.to_owned())),
        }
    }

    fn items(&mut self, close: &str) -> Parsed<Vec<Ast>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(self.expression()?);
        }
        Ok(items)
    }

    fn map(&mut self) -> Parsed {
        self.at += 1;
        let mut members = Vec::new();
        while !self.eat("}") {
            if !members.is_empty() {
                self.expect(",")?;
            }
            let name = match self.peek() {
                Some(Token::Text(text)) => text.clone(),
                Some(Token::Word(word)) => word.clone(),
                _ => return Err(self.unexpected("a member name")),
            };
            self.at += 1;
            self.expect(":")?;
            members.push((name, self.expression()?));
        }
        Ok(Ast::Map(members))
    }

    fn postfix(&mut self, mut tree: Ast) -> Parsed {
        loop {
            let at = At(self.column());
            if self.eat("[") {
                let index = self.expression()?;
                self.expect("]")?;
                tree = Ast::Index(Box::new(tree), Box::new(index));
            } else if self.eat(".") || self.eat("?.") {
                let at = At(self.column());
                if let Some(Token::Number(index)) = self.peek().cloned() {
                    self.at += 1;
                    tree = Ast::Index(Box::new(tree), Box::new(Ast::Number(index)));
                    continue;
                }
                let Some(Token::Word(name)) = self.peek().cloned() else {
                    return Err(self.unexpected("a name"));
                };
                self.at += 1;
                tree = if self.eat("(") { self.call(tree, &name, at)? } else { member(tree, name) };
            } else if matches!((&tree, self.peek()), (Ast::Name(_), Some(Token::Sign("(")))) {
                let Ast::Name(name) = tree else { return Ok(tree) };
                return Err(JexlProblem { column: at.0, message: format!("there is no function `{name}`") });
            } else {
                return Ok(tree);
            }
        }
    }

    fn call(&mut self, target: Ast, name: &str, at: At) -> Parsed {
        let Some(method) = Method::of(name) else {
            return Err(JexlProblem { column: at.0, message: format!("there is no method `{name}`") });
        };
        let arguments = self.items(")")?;
        let wanted = method.arguments();
        if !wanted.contains(&arguments.len()) {
            let message = format!("`{name}` takes {} to {} arguments", wanted.start(), wanted.end());
            return Err(JexlProblem { column: at.0, message });
        }
        Ok(Ast::Call(Box::new(target), method, arguments, at))
    }
}

fn member(tree: Ast, name: String) -> Ast {
    match tree {
        Ast::Name(path) => Ast::Name(format!("{path}.{name}")),
        other => Ast::Member(Box::new(other), name),
    }
}

impl Method {
    pub(super) fn arguments(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::ToLowerCase
            | Self::ToUpperCase
            | Self::Trim
            | Self::Length
            | Self::Size
            | Self::IsEmpty
            | Self::ToString
            | Self::IsBlank
            | Self::Strip
            | Self::StripLeading
            | Self::StripTrailing
            | Self::HashCode
            | Self::Intern
            | Self::ToCharArray
            | Self::KeySet
            | Self::Values
            | Self::IntValue
            | Self::LongValue
            | Self::DoubleValue
            | Self::FloatValue
            | Self::BooleanValue => 0..=0,
            Self::Substring | Self::IndexOf | Self::LastIndexOf | Self::StartsWith => 1..=2,
            Self::Replace | Self::ReplaceAll | Self::ReplaceFirst | Self::GetOrDefault => 2..=2,
            _ => 1..=1,
        }
    }
}
