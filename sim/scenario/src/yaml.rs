//! From YAML text to the tree.
//!
//! Phone numbers, postal codes and dates are this field's daily bread, and YAML's plain scalars bite exactly
//! there. A plain scalar that readers disagree about, or that would lose its spelling, is refused.

use crate::diagnostic::Diagnostic;
use crate::node::{Key, Kind, Node};
use crate::source::{Source, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks};

/// How deep a file may nest.
const DEPTH: usize = 64;

/// How large a file may be, in bytes.
const SIZE: usize = 4 << 20;

/// Reads one document.
pub(crate) fn read(source: &Source) -> Result<Node, Diagnostic> {
    let text = source.text.as_ref();
    if text.len() > SIZE {
        return Err(Diagnostic::new(format!("the file is larger than {SIZE} bytes"), Span::default()));
    }
    let places = Places::new(text);
    let mut builder = Builder { places: &places, open: Vec::new(), root: None };
    for event in Parser::new_from_str(text) {
        let (event, marks) = event.map_err(|error| {
            let at = places.byte(error.marker().index());
            Diagnostic::new(format!("this is not YAML: {}", error.info()), Span { start: at, end: at + 1 })
        })?;
        builder.take(event, marks)?;
    }
    Ok(builder.root.unwrap_or(Node { kind: Kind::Null, span: Span::default() }))
}

/// Where each character starts, since the parser counts characters and a source counts bytes.
struct Places {
    ascii: bool,
    starts: Vec<usize>,
    end: usize,
}

impl Places {
    fn new(text: &str) -> Self {
        let ascii = text.is_ascii();
        let starts = if ascii { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self { ascii, starts, end: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        if self.ascii {
            character.min(self.end)
        } else {
            self.starts.get(character).copied().unwrap_or(self.end)
        }
    }

    fn span(&self, marks: Marks) -> Span {
        Span { start: self.byte(marks.start.index()), end: self.byte(marks.end.index()) }
    }
}

enum Open {
    List(Vec<Node>, Span),
    Map(Vec<(Key, Node)>, Option<Key>, Span),
}

struct Builder<'p> {
    places: &'p Places,
    open: Vec<Open>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, marks: Marks) -> Result<(), Diagnostic> {
        let span = self.places.span(marks);
        if self.open.len() > DEPTH {
            return Err(Diagnostic::new(format!("more than {DEPTH} levels of nesting"), span));
        }
        match event {
            Event::Alias(_) => Err(Diagnostic::new("aliases are not part of this language", span)
                .hint("write the value out, or use examples")),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor > 0 =>
            {
                Err(Diagnostic::new("anchors are not part of this language", span)
                    .hint("write the value out, or use examples"))
            }
            Event::Scalar(text, style, _, tag) => {
                if self.wants_key() {
                    return self.key(text.into_owned(), span);
                }
                let tag = tag.map(|tag| tag.suffix.clone());
                let kind = scalar(&text, style, tag.as_deref(), span)?;
                self.value(Node { kind, span })
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if self.wants_key() => {
                Err(Diagnostic::new("a member's name is wanted here", span))
            }
            Event::SequenceStart(..) => {
                self.open.push(Open::List(Vec::new(), span));
                Ok(())
            }
            Event::MappingStart(..) => {
                self.open.push(Open::Map(Vec::new(), None, span));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Diagnostic::new("one document a file", span)
                    .hint("put the second scenario into a file of its own"))
            }
            _ => Ok(()),
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map(_, None, _)))
    }

    fn key(&mut self, name: String, span: Span) -> Result<(), Diagnostic> {
        let Some(Open::Map(members, pending, _)) = self.open.last_mut() else { return Ok(()) };
        if name == "<<" {
            return Err(Diagnostic::new("merge keys are not part of this language", span));
        }
        if members.iter().any(|(key, _)| key.name == name) {
            return Err(Diagnostic::new(format!("`{name}` stands here twice"), span));
        }
        *pending = Some(Key { name, span });
        Ok(())
    }

    fn value(&mut self, node: Node) -> Result<(), Diagnostic> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(items, _)) => items.push(node),
            Some(Open::Map(members, pending, _)) => {
                if let Some(key) = pending.take() {
                    members.push((key, node));
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Diagnostic> {
        let node = match self.open.pop() {
            Some(Open::List(items, span)) => {
                let end =
                    items.last().map_or(end.end, |last| last.span.end.max(end.end.min(last.span.end + 1)));
                Node { kind: Kind::List(items), span: Span { start: span.start, end } }
            }
            Some(Open::Map(members, _, span)) => {
                let end = members.last().map_or(end.end, |(_, last)| last.span.end);
                Node { kind: Kind::Map(members), span: Span { start: span.start, end } }
            }
            None => return Ok(()),
        };
        self.value(node)
    }
}

/// What a scalar is, or why it is refused.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&str>, span: Span) -> Result<Kind, Diagnostic> {
    match tag {
        Some("str") => return Ok(Kind::Text(text.to_owned())),
        Some("int") => {
            let number =
                text.parse().map_err(|_| Diagnostic::new(format!("`{text}` is not a whole number"), span))?;
            return Ok(Kind::Number(number));
        }
        Some("bool") if matches!(text, "true" | "false") => return Ok(Kind::Bool(text == "true")),
        Some("null") => return Ok(Kind::Null),
        Some(other) => {
            return Err(Diagnostic::new(format!("the tag `{other}` is not part of this language"), span));
        }
        None => {}
    }
    if style != ScalarStyle::Plain {
        return Ok(Kind::Text(text.to_owned()));
    }
    match text {
        "" | "null" => return Ok(Kind::Null),
        "true" => return Ok(Kind::Bool(true)),
        "false" => return Ok(Kind::Bool(false)),
        _ => {}
    }
    if canonical_integer(text)
        && let Ok(number) = text.parse()
    {
        return Ok(Kind::Number(number));
    }
    match mistakable(text) {
        None => Ok(Kind::Text(text.to_owned())),
        Some(what) => Err(Diagnostic {
            message: format!("`{text}` would be taken for {what} by other readers"),
            span,
            label: String::new(),
            hint: Some(format!("quote it: \"{text}\"")),
        }),
    }
}

fn canonical_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && (digits == "0" && text == "0" || !digits.starts_with('0'))
}

/// What some YAML reader would make of a plain scalar that is meant as text.
fn mistakable(text: &str) -> Option<&'static str> {
    let folded = text.to_ascii_lowercase();
    if matches!(folded.as_str(), "yes" | "no" | "on" | "off" | "y" | "n" | "true" | "false") {
        return Some("a boolean");
    }
    if matches!(folded.as_str(), "~" | "null") {
        return Some("null");
    }
    let head = folded.trim_start_matches(['+', '-']);
    if matches!(head, ".inf" | ".nan") {
        return Some("a number");
    }
    let first = head.bytes().next()?;
    if !(first.is_ascii_digit() || first == b'.' && head.as_bytes().get(1).is_some_and(u8::is_ascii_digit)) {
        return None;
    }
    let date = head.len() >= 8
        && head.bytes().take(4).all(|byte| byte.is_ascii_digit())
        && head.as_bytes()[4] == b'-'
        && head.bytes().all(|byte| byte.is_ascii_digit() || b"-:tz.+ ".contains(&byte));
    if date {
        return Some("a date");
    }
    if head.contains(':') && head.bytes().all(|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.') {
        return Some("a time");
    }
    let hex = head.starts_with("0x")
        && head.len() > 2
        && head[2..].bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    let octal = head.starts_with("0o") && head[2..].bytes().all(|byte| byte.is_ascii_digit());
    let number = head.bytes().all(|byte| byte.is_ascii_digit() || b"._,e+-".contains(&byte))
        && head.replace(['_', ','], "").parse::<f64>().is_ok();
    (hex || octal || number).then_some("a number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) -> Result<Kind, String> {
        let source = Source::new("t.yaml", format!("- {text}\n"));
        match read(&source) {
            Ok(Node { kind: Kind::List(mut items), .. }) => Ok(items.remove(0).kind),
            Ok(other) => panic!("{other:?}"),
            Err(diagnostic) => Err(diagnostic.message),
        }
    }

    #[test]
    fn plain_scalars_that_bite_are_refused() {
        for text in [
            "01234",
            "+32487664925",
            "1959-05-06",
            "2026-01-05T08:00:00Z",
            "12:30:00",
            "no",
            "Yes",
            "ON",
            "y",
            "TRUE",
            "~",
            "Null",
            ".5",
            "1e3",
            "0x1F",
            "0o7",
            "1_000",
            "1.50",
            "-.inf",
            ".NaN",
            "1,000",
        ] {
            assert!(check(text).is_err(), "{text} was let through as {:?}", check(text));
            assert_eq!(check(&format!("\"{text}\"")), Ok(Kind::Text(text.to_owned())));
        }
    }

    #[test]
    fn other_plain_scalars_are_what_they_look_like() {
        for (text, expected) in [
            ("true", Kind::Bool(true)),
            ("null", Kind::Null),
            ("1959", Kind::Number(1959)),
            ("-5", Kind::Number(-5)),
            ("0", Kind::Number(0)),
            ("Rue de Birmingham 280", Kind::Text("Rue de Birmingham 280".into())),
            ("5min", Kind::Text("5min".into())),
            ("0487 66 49251", Kind::Text("0487 66 49251".into())),
            ("!!str 01234", Kind::Text("01234".into())),
            ("!!int 7", Kind::Number(7)),
        ] {
            assert_eq!(check(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn doubles_aliases_and_second_documents_are_refused() {
        for (text, expected) in [
            ("a: 1\na: 2\n", "`a` stands here twice"),
            ("a: &x 1\nb: *x\n", "anchors are not part of this language"),
            ("a: 1\n---\nb: 2\n", "one document a file"),
        ] {
            assert_eq!(read(&Source::new("t", text)).unwrap_err().message, expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            drop(read(&Source::new("t", text)));
        }

        #[test]
        fn quoted_text_survives(text in "[^\\p{C}]{0,40}") {
            let quoted = serde_json::to_string(&text).unwrap();
            let source = Source::new("t", format!("a: {quoted}\n"));
            let node = read(&source).unwrap();
            prop_assert_eq!(node.get("a").unwrap().text().unwrap(), text);
        }
    }
}
