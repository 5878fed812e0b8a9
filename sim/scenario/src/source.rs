//! A file and places in it.

use std::sync::Arc;

/// A file's name and text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The name that messages show.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
}

/// A part of a source, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Source {
    /// A source.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The quoted text or the character that starts at a line and column, both from 1, the column in characters.
    pub fn word_at(&self, line: usize, column: usize) -> Span {
        let before: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &self.text[before..];
        let offset = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        let start = before + offset;
        let word = &self.text[start..];
        let length = match word.strip_prefix('"').and_then(|inner| inner.find('"')) {
            Some(inner) => inner + 2,
            None => word.chars().next().map_or(0, char::len_utf8),
        };
        Span { start, end: start + length }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn line_column(&self, at: usize) -> (usize, usize) {
        let at = (0..=at.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
