//! A file of rows, read cell by cell with the place of each, and with what is wrong about its quotes.

use standin_scenario::Span;

/// The separators that Eloqua's import takes, and those that are met all the same.
const SEPARATORS: [char; 7] = [',', ';', '|', '\t', ':', '^', '~'];

/// A file, read.
pub(super) struct Sheet<'s> {
    /// The whole text, a byte order mark included.
    pub(super) text: &'s str,
    /// Between cells.
    pub(super) separator: char,
    /// The first row.
    pub(super) headings: Vec<Cell>,
    /// The others.
    pub(super) rows: Vec<Row>,
    /// Quotes where none may be.
    pub(super) stray: Vec<Span>,
    /// A quoted cell that never ends.
    pub(super) open: Option<Span>,
    /// Where bytes begin that are no UTF-8.
    pub(super) broken_at: Option<usize>,
    /// What the file is if it is no text that anybody could look into.
    pub(super) no_text: Option<&'static str>,
}

/// What bytes are that are no text in UTF-8 from the first line on.
pub(super) fn no_text(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("packed with gzip"),
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive, as workbooks are"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("in UTF-16"),
        _ => {
            let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            first.contains(&0).then_some("in a charset of two bytes a letter, or no text")
        }
    }
}

/// One row.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// From its first cell to its last.
    pub(super) span: Span,
}

/// One cell.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// Its value.
    pub(super) value: String,
    /// Its place, quotes included.
    pub(super) span: Span,
}

impl<'s> Sheet<'s> {
    /// Reads a text; the separator is found by the headings if it is not known.
    pub(super) fn read(text: &'s str, separator: Option<char>, broken_at: Option<usize>) -> Self {
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let separator = separator.unwrap_or_else(|| found(&text[start..]));
        let mut sheet = Self {
            text,
            separator,
            headings: Vec::new(),
            rows: Vec::new(),
            stray: Vec::new(),
            open: None,
            broken_at,
            no_text: None,
        };
        let mut at = start;
        let mut first = true;
        while at < text.len() {
            let (cells, end) = sheet.row(at);
            let blank =
                matches!(cells.as_slice(), [one] if one.value.is_empty() && one.span.start == one.span.end);
            if first {
                sheet.headings = cells;
            } else if !blank {
                let span = Span { start: at, end: cells.last().map_or(at, |cell| cell.span.end) };
                sheet.rows.push(Row { cells, span });
            }
            first = false;
            at = end;
        }
        sheet
    }

    /// The row that begins at `at`, and where the next one begins.
    fn row(&mut self, at: usize) -> (Vec<Cell>, usize) {
        let mut cells = Vec::new();
        let mut at = at;
        loop {
            let (cell, end) = self.cell(at);
            cells.push(cell);
            let rest = &self.text[end..];
            match rest.chars().next() {
                Some(next) if next == self.separator => at = end + next.len_utf8(),
                Some('\r') if rest[1..].starts_with('\n') => return (cells, end + 2),
                Some(_) => return (cells, end + 1),
                None => return (cells, end),
            }
        }
    }

    /// The cell that begins at `at`, and where it ends.
    fn cell(&mut self, at: usize) -> (Cell, usize) {
        let text = self.text;
        let ends = |c: char| c == self.separator || c == '\n' || c == '\r';
        if !text[at..].starts_with('"') {
            let end = text[at..].find(ends).map_or(text.len(), |found| at + found);
            if let Some(quote) = text[at..end].find('"') {
                self.stray.push(Span { start: at + quote, end: at + quote + 1 });
            }
            return (Cell { value: text[at..end].to_owned(), span: Span { start: at, end } }, end);
        }
        let mut value = String::new();
        let mut from = at + 1;
        loop {
            let Some(quote) = text[from..].find('"').map(|found| from + found) else {
                self.open = Some(Span { start: at, end: at + 1 });
                value.push_str(&text[from..]);
                return (Cell { value, span: Span { start: at, end: text.len() } }, text.len());
            };
            value.push_str(&text[from..quote]);
            from = quote + 1;
            if !text[from..].starts_with('"') {
                break;
            }
            value.push('"');
            from += 1;
        }
        let end = text[from..].find(ends).map_or(text.len(), |found| from + found);
        if end > from {
            self.stray.push(Span {
                start: from,
                end: from + text[from..].chars().next().map_or(1, char::len_utf8),
            });
            value.push_str(&text[from..end]);
        }
        (Cell { value, span: Span { start: at, end } }, end)
    }

    /// The column of a heading.
    pub(super) fn column(&self, heading: &str) -> Option<usize> {
        self.headings.iter().position(|cell| cell.value == heading)
    }

    /// The cells of a column, row by row.
    pub(super) fn cells(&self, heading: &str) -> impl Iterator<Item = &Cell> {
        let column = self.column(heading);
        self.rows.iter().filter_map(move |row| row.cells.get(column?))
    }
}

/// The separator that the first line has most of.
fn found(text: &str) -> char {
    let line = text.lines().next().unwrap_or_default();
    let many = |separator: &char| line.matches(*separator).count();
    SEPARATORS.into_iter().rev().max_by_key(many).filter(|separator| many(separator) > 0).unwrap_or(',')
}
