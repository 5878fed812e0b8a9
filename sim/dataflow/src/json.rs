//! JSON whose every value knows where it stands, so that a problem in a dataflow points at its line.
//!
//! Stricter readers exist, but none that keeps positions of values; strings and numbers are still left to
//! `serde_json`, so that nothing is read differently from any other JSON in the product.

use crate::document::{Problem, Severity};
use serde_json::Value;
use std::collections::BTreeMap;

/// A document nested deeper than this is refused before it can cost anything.
const MAX_DEPTH: usize = 64;

/// Line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Place,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Anything without members.
    Leaf(Value),
    /// `[...]`
    List(Vec<Node>),
    /// `{...}` with each member's name and the name's place, in order.
    Object(Vec<(String, Place, Node)>),
}

impl Node {
    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Leaf(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Leaf(Value::Null))
    }

    /// The digits of a number.
    pub(crate) fn number(&self) -> Option<String> {
        match &self.kind {
            Kind::Leaf(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The member of an object.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Object(members) => {
                members.iter().find(|(known, _, _)| known == name).map(|(_, _, node)| node)
            }
            _ => None,
        }
    }

    /// The value without places.
    pub(crate) fn value(&self) -> Value {
        match &self.kind {
            Kind::Leaf(value) => value.clone(),
            Kind::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Kind::Object(members) => {
                Value::Object(members.iter().map(|(name, _, node)| (name.clone(), node.value())).collect())
            }
        }
    }

    /// What a reader calls this kind of value.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Leaf(Value::String(_)) => "a string",
            Kind::Leaf(Value::Number(_)) => "a number",
            Kind::Leaf(Value::Bool(_)) => "a boolean",
            Kind::Leaf(_) => "null",
            Kind::List(_) => "an array",
            Kind::Object(_) => "an object",
        }
    }
}

/// Reads a whole text.
pub(crate) fn parse(text: &str) -> Result<Node, Problem> {
    parse_and_doubt(text).map(|(node, _)| node)
}

/// Reads a whole text; the warnings tell what any other reader would pass over.
pub(crate) fn parse_and_doubt(text: &str) -> Result<(Node, Vec<Problem>), Problem> {
    let known = (0, Place { line: 1, column: 1 });
    let mut reader = Reader { text, at: 0, depth: 0, known, doubts: Vec::new() };
    reader.blanks()?;
    let node = reader.value()?;
    reader.blanks()?;
    match reader.peek() {
        None => Ok((node, reader.doubts)),
        Some(found) => Err(reader.problem(reader.at, format!("`{found}` after the end of the document"), "")),
    }
}

/// The place of a byte offset.
fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// The last place asked for and its offset: counting goes on from there.
    known: (usize, Place),
    /// What is strange and does no harm.
    doubts: Vec<Problem>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn here(&mut self) -> Place {
        let (from, mut place) = self.known;
        for c in self.text.get(from..self.at).unwrap_or_default().chars() {
            if c == '\n' {
                place = Place { line: place.line + 1, column: 1 };
            } else {
                place.column += 1;
            }
        }
        self.known = (self.at, place);
        place
    }

    fn problem(&self, offset: usize, message: impl Into<String>, hint: &str) -> Problem {
        Problem::at(place(self.text, offset), Severity::Error, message, hint)
    }

    fn blanks(&mut self) -> Result<(), Problem> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let rest = &self.text[self.at..];
        if rest.starts_with("//") || rest.starts_with("/*") {
            return Err(self.problem(
                self.at,
                "comments are not legal in JSON",
                "remove the comment; documentation samples carry them for the reader only",
            ));
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Node, Problem> {
        let at = self.here();
        let kind = match self.peek() {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(Self::list)?,
            Some('"') => Kind::Leaf(Value::String(self.string()?)),
            Some(_) => Kind::Leaf(self.word()?),
            None => return Err(self.problem(self.at, "the document ends where a value should stand", "")),
        };
        Ok(Node { at, kind })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, Problem>) -> Result<Kind, Problem> {
        if self.depth == MAX_DEPTH {
            return Err(self.problem(self.at, format!("nested deeper than {MAX_DEPTH} levels"), ""));
        }
        self.depth += 1;
        self.at += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Result<Kind, Problem> {
        let mut members: Vec<(String, Place, Node)> = Vec::new();
        let mut names = BTreeMap::new();
        while self.another('}', members.is_empty())? {
            let (start, at) = (self.at, self.here());
            if self.peek() != Some('"') {
                return Err(self.problem(start, "a member name in double quotes should stand here", ""));
            }
            let name = self.string()?;
            self.blanks()?;
            self.expect(':')?;
            self.blanks()?;
            let node = self.value()?;
            if let Some(index) = names.get(&name) {
                let message = format!("member `{name}` stands twice in one object: the last one counts");
                self.doubts.push(Problem::at(at, Severity::Warning, message, ""));
                members[*index] = (name, at, node);
                continue;
            }
            names.insert(name.clone(), members.len());
            members.push((name, at, node));
        }
        Ok(Kind::Object(members))
    }

    fn list(&mut self) -> Result<Kind, Problem> {
        let mut items = Vec::new();
        while self.another(']', items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Kind::List(items))
    }

    /// Whether one more item follows; consumes the comma or the closing bracket.
    fn another(&mut self, close: char, first: bool) -> Result<bool, Problem> {
        self.blanks()?;
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if !first {
            self.expect(',')?;
            self.blanks()?;
            if self.peek() == Some(close) {
                return Err(self.problem(self.at, format!("a comma before `{close}`"), "remove the comma"));
            }
        }
        Ok(true)
    }

    fn expect(&mut self, wanted: char) -> Result<(), Problem> {
        match self.peek() {
            Some(found) if found == wanted => {
                self.at += 1;
                Ok(())
            }
            Some(found) => {
                Err(self.problem(self.at, format!("`{wanted}` should stand here, not `{found}`"), ""))
            }
            None => {
                Err(self.problem(self.at, format!("the document ends where `{wanted}` should stand"), ""))
            }
        }
    }

    fn string(&mut self) -> Result<String, Problem> {
        let start = self.at;
        let mut escaped = false;
        for (offset, byte) in self.text.bytes().enumerate().skip(start + 1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at = offset + 1;
                    return serde_json::from_str(&self.text[start..=offset])
                        .map_err(|_| self.problem(start, "not a legal JSON string", ""));
                }
                _ => {}
            }
        }
        Err(self.problem(start, "the string never ends", ""))
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest.find(|c: char| " \t\r\n,:]}[{\"/".contains(c)).unwrap_or(rest.len()).max(1);
        let end = (end..=rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        serde_json::from_str(word)
            .map_err(|_| self.problem(start, format!("`{}` is not a JSON value", shortened(word)), ""))
    }
}

fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_refused(text: &str, line: usize, column: usize, message: &str) {
        let problem = parse(text).expect_err(text);
        assert_eq!(
            (problem.line, problem.column, problem.message.as_str()),
            (line, column, message),
            "{text}"
        );
    }

    #[test]
    fn mistakes_have_places() {
        check_refused("{\n  // note\n}", 2, 3, "comments are not legal in JSON");
        check_refused("{\"a\": 1,}", 1, 9, "a comma before `}`");
        check_refused("{\"é\": 1 2}", 1, 9, "`,` should stand here, not `2`");
        check_refused("[1", 1, 3, "the document ends where `,` should stand");
        check_refused("[nope]", 1, 2, "`nope` is not a JSON value");
        check_refused("\"abc", 1, 1, "the string never ends");
        check_refused("{} {}", 1, 4, "`{` after the end of the document");
        check_refused("", 1, 1, "the document ends where a value should stand");
    }

    #[test]
    fn of_two_members_with_one_name_the_last_counts() {
        let (node, doubts) = parse_and_doubt("{\"a\":1,\n \"b\":3, \"a\":2}").unwrap();
        assert_eq!(node.value().to_string(), r#"{"a":2,"b":3}"#);
        let told: Vec<(usize, usize, &str)> =
            doubts.iter().map(|doubt| (doubt.line, doubt.column, doubt.message.as_str())).collect();
        assert_eq!(told, [(2, 9, "member `a` stands twice in one object: the last one counts")]);
        assert_eq!(doubts[0].severity, Severity::Warning);
    }

    #[test]
    fn hostile_depth_is_refused() {
        check_refused(&"[".repeat(1_000_000), 1, 65, "nested deeper than 64 levels");
    }

    #[test]
    fn a_large_document_costs_no_more_than_its_size() {
        let text = format!("[{}[]]", "{},".repeat(300_000));
        let Kind::List(items) = parse(&text).unwrap().kind else { panic!() };
        assert_eq!(items[300_000].at, Place { line: 1, column: 900_002 });
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(crate::testing::cases(256))]

        #[test]
        fn reads_what_serde_json_writes(value in any_json()) {
            prop_assert_eq!(parse(&serde_json::to_string_pretty(&value).unwrap()).unwrap().value(), value);
        }

        #[test]
        fn never_panics(text in "[\\[\\]{}:,\"\\\\/a0-9 é\\n]{0,40}") {
            let _ = parse(&text);
        }
    }
}
