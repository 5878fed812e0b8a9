//! A mistake, shown on its own line like a compiler's.

use crate::source::{Source, Span};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A mistake in a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to say at the place itself; may be empty.
    pub label: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span, label: String::new(), hint: None }
    }

    /// The same with a remedy.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// File, line, the line itself, a caret, and the remedy.
    pub fn render(&self, source: &Source, colour: bool) -> String {
        self.render_at(&Level::ERROR, source, colour)
    }

    /// The same for what does not stop anybody.
    pub fn render_warning(&self, source: &Source, colour: bool) -> String {
        self.render_at(&Level::WARNING, source, colour)
    }

    fn render_at(&self, level: &Level<'_>, source: &Source, colour: bool) -> String {
        let end = source.text.ceil_char_boundary(self.span.end);
        let start = source.text.floor_char_boundary(self.span.start.min(end));
        // A place that spans lines is shown by its first line only.
        let line_end = source.text[start..end].find('\n').map_or(end, |newline| start + newline);
        let annotation = AnnotationKind::Primary.span(start..line_end.max(start));
        let annotation =
            if self.label.is_empty() { annotation } else { annotation.label(self.label.as_str()) };
        let snippet = Snippet::source(source.text.as_ref()).path(source.name.as_str()).annotation(annotation);
        let mut group = level.clone().primary_title(self.message.as_str()).element(snippet);
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }
}

/// The known name that is most like `name`, if one is like it at all.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let folded = name.to_ascii_lowercase();
    known
        .map(|candidate| (strsim::jaro_winkler(&folded, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place that is given in bytes may begin or end within a character, or past the end.
    #[test]
    fn a_place_within_a_character_is_shown_at_that_character() {
        let source = Source::new("a.csv", "Ren\u{fffd}e\n");
        let shown = |start, end| Diagnostic::new("odd", Span { start, end }).render(&source, false);
        let whole = shown(3, 6);
        assert!(whole.contains("--> a.csv:1:4"), "{whole}");
        assert_eq!((shown(3, 4), shown(4, 6), shown(5, 5)), (whole.clone(), whole.clone(), whole));
        assert!(shown(90, 95).contains("odd"));
    }
}
