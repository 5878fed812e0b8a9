//! The tree that a file is, every part with its place.

use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// One part of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// What a part is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// `true` or `false`, written plainly.
    Bool(bool),
    /// A whole number, written plainly.
    Number(i64),
    /// Text, quoted or plain.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A member's name with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// What kind of thing it is, in words.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(flag) => format!("`{flag}`"),
            Kind::Number(number) => format!("the number `{number}`"),
            Kind::Text(text) => format!("the text `{}`", text.chars().take(40).collect::<String>()),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
        }
    }

    fn wants(&self, what: &str) -> Diagnostic {
        Diagnostic::new(format!("{what} is wanted here, not {}", self.describe()), self.span)
    }

    /// Text. A plain number, `true` or `false` is refused: its spelling would not be kept.
    pub fn text(&self) -> Result<&str, Diagnostic> {
        match &self.kind {
            Kind::Text(text) => Ok(text),
            Kind::Number(number) => Err(self.wants("text").hint(format!("quote it: \"{number}\""))),
            Kind::Bool(flag) => Err(self.wants("text").hint(format!("quote it: \"{flag}\""))),
            _ => Err(self.wants("text")),
        }
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Result<bool, Diagnostic> {
        if let Kind::Bool(flag) = self.kind { Ok(flag) } else { Err(self.wants("true or false")) }
    }

    /// A whole number, zero or more.
    pub fn number(&self) -> Result<u64, Diagnostic> {
        match self.kind {
            Kind::Number(number) => {
                u64::try_from(number).map_err(|_| self.wants("a number that is not negative"))
            }
            _ => Err(self.wants("a whole number")),
        }
    }

    /// The items of a list.
    pub fn list(&self) -> Result<&[Self], Diagnostic> {
        if let Kind::List(items) = &self.kind { Ok(items) } else { Err(self.wants("a list")) }
    }

    /// The members of a mapping.
    pub fn map(&self) -> Result<&[(Key, Self)], Diagnostic> {
        if let Kind::Map(members) = &self.kind { Ok(members) } else { Err(self.wants("a mapping")) }
    }

    /// A member of a mapping.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Kind::Map(members) = &self.kind else { return None };
        members.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// Refuses members that are not known.
    pub fn only(&self, known: &[&str]) -> Result<(), Diagnostic> {
        for (key, _) in self.map()? {
            if !known.contains(&key.name.as_str()) {
                let hint = nearest(&key.name, known.iter().copied()).map_or_else(
                    || format!("known here: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(Diagnostic::new(format!("`{}` is not known here", key.name), key.span).hint(hint));
            }
        }
        Ok(())
    }

    /// The value as it travels in JSON.
    pub fn to_json(&self) -> Result<Value, Diagnostic> {
        Ok(match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(Number::from(*number)),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect::<Result<_, _>>()?),
            Kind::Map(members) => {
                let pairs = members.iter().map(|(key, node)| Ok((key.name.clone(), node.to_json()?)));
                Value::Object(pairs.collect::<Result<Map<_, _>, Diagnostic>>()?)
            }
        })
    }

    /// The place of a path such as `accounts[0].profile.zip` below this node. Where the path leads to
    /// nothing, the place of the deepest part that is there.
    pub fn at_path(&self, path: &str) -> Option<Span> {
        if path.is_empty() {
            return Some(self.span);
        }
        let rest = path.strip_prefix('.').unwrap_or(path);
        if let Some(rest) = rest.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            let Kind::List(items) = &self.kind else { return Some(self.span) };
            return items
                .get(index.parse::<usize>().ok()?)
                .map_or(Some(self.span), |item| item.at_path(rest));
        }
        let Kind::Map(members) = &self.kind else { return Some(self.span) };
        // A member's name may itself contain dots or brackets, so the longest name that fits is taken.
        let fits = members.iter().filter(|(key, _)| {
            rest.strip_prefix(key.name.as_str())
                .is_some_and(|tail| tail.is_empty() || tail.starts_with(['.', '[']))
        });
        let Some((key, node)) = fits.max_by_key(|(key, _)| key.name.len()) else { return Some(self.span) };
        let tail = &rest[key.name.len()..];
        if tail.is_empty() {
            let scalar = !matches!(node.kind, Kind::Map(_) | Kind::List(_));
            return Some(if scalar { node.span } else { key.span });
        }
        node.at_path(tail)
    }

    /// The same tree with every `<name>` replaced by the example's value. A scalar that is nothing but one
    /// placeholder becomes the value itself; inside longer text, and in member names, the value's text.
    pub fn with_example(&self, example: &BTreeMap<&str, &Self>) -> Result<Self, Diagnostic> {
        self.rewritten(&|text, whole| {
            let alone = text
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'))
                .filter(|name| placeholder(name));
            if let Some(name) = alone
                && whole
            {
                let value = example.get(name).ok_or_else(|| unknown(name, example))?;
                return Ok(Some(value.kind.clone()));
            }
            let mut out = text.to_owned();
            let mut from = 0;
            while let Some(open) = out[from..].find('<').map(|at| from + at) {
                let Some(close) = out[open..].find('>').map(|at| open + at) else { break };
                let name = out[open + 1..close].to_owned();
                if !placeholder(&name) {
                    from = open + 1;
                    continue;
                }
                let value = example.get(name.as_str()).ok_or_else(|| unknown(&name, example))?;
                let value =
                    value.plain_text().ok_or_else(|| format!("`{name}` is not text, a number or a flag"))?;
                out.replace_range(open..=close, &value);
                from = open + value.len();
            }
            Ok((out != text).then_some(Kind::Text(out)))
        })
    }

    /// The same tree with every `${name}` of a captured value replaced; other such text stays as it is.
    pub fn with_captures(&self, captures: &BTreeMap<String, String>) -> Result<Self, Diagnostic> {
        if captures.is_empty() {
            return Ok(self.clone());
        }
        self.rewritten(&|text, _| {
            let mut out = text.to_owned();
            for (name, value) in captures {
                out = out.replace(&format!("${{{name}}}"), value);
            }
            Ok((out != text).then_some(Kind::Text(out)))
        })
    }

    /// Where a value that a step saves is written first, if it is anywhere in here.
    pub fn captured(&self) -> Option<Span> {
        match &self.kind {
            Kind::Text(text) => text.contains("${").then_some(self.span),
            Kind::List(items) => items.iter().find_map(Self::captured),
            Kind::Map(members) => members.iter().find_map(|(_, node)| node.captured()),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn plain_text(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) => Some(text.clone()),
            Kind::Number(number) => Some(number.to_string()),
            Kind::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    fn rewritten(&self, rewrite: &Rewrite<'_>) -> Result<Self, Diagnostic> {
        let at = |message: String, span: Span| Diagnostic::new(message, span);
        let kind = match &self.kind {
            Kind::Text(text) => {
                rewrite(text, true).map_err(|why| at(why, self.span))?.unwrap_or_else(|| self.kind.clone())
            }
            Kind::List(items) => {
                Kind::List(items.iter().map(|item| item.rewritten(rewrite)).collect::<Result<_, _>>()?)
            }
            Kind::Map(members) => {
                let mut written = Vec::with_capacity(members.len());
                for (key, node) in members {
                    let name = match rewrite(&key.name, false).map_err(|why| at(why, key.span))? {
                        Some(Kind::Text(name)) => name,
                        _ => key.name.clone(),
                    };
                    written.push((Key { name, span: key.span }, node.rewritten(rewrite)?));
                }
                Kind::Map(written)
            }
            other => other.clone(),
        };
        Ok(Self { kind, span: self.span })
    }
}

/// Text and whether it stands alone as a value; what it becomes, or why it cannot.
type Rewrite<'r> = dyn Fn(&str, bool) -> Result<Option<Kind>, String> + 'r;

fn placeholder(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unknown(name: &str, example: &BTreeMap<&str, &Node>) -> String {
    let known: Vec<&str> = example.keys().copied().collect();
    format!("the example has no `{name}`; it has {}", known.join(", "))
}
