//! `file.format.dsv`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::file_sink::FileSink;
use crate::record::{Record, leaves, plain_text};
use crate::run::{Outlet, Stop};
use crate::spool::Spool;
use indexmap::IndexMap;
use serde_json::Value;
use standin_model::Evidence;
use standin_model::mutant::mutated;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.format.dsv",
    summary: "Writes records as separated values; the columns are the union of their fields, in order of first appearance",
    params: &[
        required("fileName", "the file's name, with placeholders"),
        required("columnSeparator", "one character, or its escape such as `\\t`"),
        optional("escapeCharacter", "\"", "stands before a quote within a value"),
        optional("quoteFields", "false", "whether every cell is quoted"),
        optional("maxFileSize", "5000", "megabytes after which another file starts"),
        optional("writeHeader", "true", "whether the first line names the columns"),
        optional(
            "dsvFormatVersion",
            "Legacy",
            "`Standard` quotes a cell where it must; `Legacy` only by `quoteFields`",
        ),
        optional("lineEnd", "\\n", "a real line end, or its escape"),
        optional("createEmptyFile", "false", "whether there is a file even without records"),
    ],
    input: Carries::Records,
    output: Carries::Files,
    evidence: Evidence::recorded("SFTP export template of the IdentitySync console", "cells_and_headers"),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let standard = setup.word("dsvFormatVersion", &["Legacy", "Standard"])? == 1;
    let line_end = match setup.text("lineEnd")? {
        "" => "\n".to_owned(),
        text => unescaped(text),
    };
    let escape = match setup.text("escapeCharacter")? {
        "" => '"',
        text => single(text, "escapeCharacter")?,
    };
    let separator = single(setup.required_text("columnSeparator")?, "columnSeparator")?;
    let byte = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
    let ends = if standard { &b"\n\r"[..] } else { &[] };
    let mut special = Box::new([false; 256]);
    for c in [Some(b'"'), byte(separator), byte(escape)].into_iter().flatten().chain(ends.iter().copied()) {
        special[usize::from(c)] = true;
    }
    Ok(Box::new(FormatDsv {
        file_name: setup.placeholders.text(setup.required_text("fileName")?),
        style: Style {
            special,
            ascii: separator.is_ascii() && escape.is_ascii(),
            separator,
            escape,
            quote_all: setup.truth("quoteFields", false)?,
            quote_where_needed: standard,
            line_end,
        },
        limit: setup.number("maxFileSize", 5000, 1 << 20)? << 20,
        write_header: setup.truth("writeHeader", true)?,
        create_empty: setup.truth("createEmptyFile", false)?,
        columns: IndexMap::new(),
        line: Line::default(),
        spool: Spool::default(),
        records: 0,
        told: Vec::new(),
    }))
}

/// A character written as itself or as its escape.
pub(super) fn single(text: &str, param: &str) -> Result<char, String> {
    let unescaped = unescaped(text);
    let mut characters = unescaped.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(format!("parameter `{param}` should be one character, not `{text}`")),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let code = behind.strip_prefix('u').and_then(|digits| digits.get(..4));
        let coded = code.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?));
        let (c, length) = match (behind.as_bytes().first(), coded) {
            (Some(b'r'), _) => ('\r', 2),
            (Some(b'n'), _) => ('\n', 2),
            (Some(b't'), _) => ('\t', 2),
            (_, Some(coded)) => (coded, 6),
            _ => ('\\', 1),
        };
        out.push(c);
        rest = &rest[at + length..];
    }
    out + rest
}

/// How cells and lines look.
struct Style {
    separator: char,
    escape: char,
    quote_all: bool,
    quote_where_needed: bool,
    line_end: String,
    /// Bytes that make a cell difficult: cells are short, so that one look at each byte is the quickest way.
    special: Box<[bool; 256]>,
    /// Whether separator and escape are bytes, so that looking for them is looking for bytes.
    ascii: bool,
}

impl Style {
    fn header<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<u8> {
        let (mut line, mut count) = (Vec::new(), 0);
        for name in names {
            if count > 0 {
                self.separate(&mut line);
            }
            count += 1;
            self.cell(name, &mut line);
        }
        self.end(&mut line, count);
        line
    }

    fn separate(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(self.separator.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Ends a line of so many cells.
    fn end(&self, line: &mut Vec<u8>, cells: usize) {
        // A line without a character would be no line to whoever reads the file.
        if cells == 1 && line.is_empty() && self.quote_where_needed {
            line.extend_from_slice(b"\"\"");
        }
        line.extend_from_slice(self.line_end.as_bytes());
    }

    /// Most cells hold nothing that has to be written in another way.
    fn cell(&self, cell: &str, line: &mut Vec<u8>) {
        let plain = !cell.bytes().any(|c| self.special[usize::from(c)]);
        let padded = cell.starts_with(' ') || cell.ends_with(' ');
        match (plain && self.ascii, self.quote_all) {
            (true, true) => {
                line.push(b'"');
                line.extend_from_slice(cell.as_bytes());
                line.push(b'"');
            }
            (true, false) if !(padded && self.quote_where_needed) => line.extend_from_slice(cell.as_bytes()),
            _ => self.difficult(cell, padded, line),
        }
    }

    fn difficult(&self, cell: &str, padded: bool, line: &mut Vec<u8>) {
        let special = |c: char| c == self.separator || matches!(c, '"' | '\n' | '\r') || c == self.escape;
        let quote = !mutated("dataflow.dsv.never-quotes") && self.quote_all
            || (self.quote_where_needed && (padded || cell.contains(special)));
        if quote {
            line.push(b'"');
        }
        let mut put = |c: char| line.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        for c in cell.chars() {
            let escaped =
                c == '"' || (c == self.escape && self.escape != '"') || (!quote && c == self.separator);
            if escaped && (quote || !self.quote_where_needed) {
                put(self.escape);
            }
            put(c);
        }
        if quote {
            line.push(b'"');
        }
    }
}

/// All column names are known only at the end, so the lines wait until then: each as far as its own last cell.
struct FormatDsv {
    file_name: String,
    style: Style,
    limit: u64,
    write_header: bool,
    create_empty: bool,
    columns: IndexMap<String, ()>,
    line: Line,
    spool: Spool,
    records: u64,
    told: Vec<(std::sync::Arc<str>, String)>,
}

/// More columns than this are not a table any more.
const MAX_COLUMNS: usize = 10_000;

/// The line under construction.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    /// Cells that `text` has, the first of the columns.
    cells: usize,
    /// Whether a cell came that stands before one that is there already.
    disordered: bool,
}

impl Line {
    /// Adds the cell of a column, and empty ones for those between.
    fn put(&mut self, column: usize, value: &Value, style: &Style) {
        if column < self.cells {
            self.disordered = true;
            return;
        }
        self.fill(column, style);
        if column > 0 {
            style.separate(&mut self.text);
        }
        self.cells = column + 1;
        match value {
            Value::String(text) => style.cell(text, &mut self.text),
            Value::Null if mutated("dataflow.dsv.writes-null") => style.cell("null", &mut self.text),
            Value::Null => style.cell("", &mut self.text),
            other => style.cell(&plain_text(other), &mut self.text),
        }
    }

    /// Adds empty cells until there are so many.
    fn fill(&mut self, cells: usize, style: &Style) {
        for column in self.cells..cells {
            if column > 0 {
                style.separate(&mut self.text);
            }
            style.cell("", &mut self.text);
        }
        self.cells = self.cells.max(cells);
    }
}

impl FormatDsv {
    fn keep(&mut self, record: &Record) -> Result<(), String> {
        self.line.text.clear();
        (self.line.cells, self.line.disordered) = (0, false);
        let (columns, line, style) = (&mut self.columns, &mut self.line, &self.style);
        let mut guess = 0;
        leaves(&record.fields, &mut |path, value| {
            let column = column_of(columns, path, guess);
            guess = column + 1;
            line.put(column, value, style);
        });
        if line.disordered {
            self.sorted(record);
        }
        if self.columns.len() > MAX_COLUMNS {
            return Err(format!("more than {MAX_COLUMNS} columns"));
        }
        self.records += 1;
        let cells = u32::try_from(self.line.cells).unwrap_or(u32::MAX).to_le_bytes();
        self.spool.push_parts(&[&cells, &self.line.text]).map_err(|error| error.to_string())
    }

    /// The same for a record whose fields stand in another order than the columns.
    fn sorted(&mut self, record: &Record) {
        let mut cells: Vec<(usize, &Value)> = Vec::new();
        leaves(&record.fields, &mut |path, value| cells.push((column_of(&mut self.columns, path, 0), value)));
        cells.sort_by_key(|(column, _)| *column);
        self.line.text.clear();
        self.line.cells = 0;
        for (column, value) in cells {
            self.line.put(column, value, &self.style);
        }
    }

    fn header(&self) -> Vec<u8> {
        self.style.header(self.columns.keys().map(String::as_str))
    }

    /// The whole line of a frame.
    fn line(&self, frame: &[u8], line: &mut Line) {
        let (cells, text) = frame.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
        line.text.clear();
        line.text.extend_from_slice(text);
        line.cells = usize::try_from(u32::from_le_bytes(*cells)).unwrap_or_default();
        line.fill(self.columns.len(), &self.style);
        self.style.end(&mut line.text, self.columns.len());
    }
}

/// The column of a path, most likely the guessed one; a new path makes a new column.
fn column_of(columns: &mut IndexMap<String, ()>, path: &str, guess: usize) -> usize {
    if columns.get_index(guess).is_some_and(|(name, ())| name == path) {
        return guess;
    }
    match columns.get_index_of(path) {
        Some(column) => column,
        None => columns.insert_full(path.to_owned(), ()).0,
    }
}

#[async_trait::async_trait]
impl Component for FormatDsv {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        for record in &batch {
            if out.wants_changes() && self.told.len() < 200 {
                self.told.push((record.subject.clone(), record.json()));
            }
            self.keep(record)?;
        }
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let mut sink = FileSink::new(self.file_name.clone(), self.limit);
        if self.records == 0 {
            out.trace(if self.create_empty {
                "no records: an empty file"
            } else {
                "no records: nothing to write"
            });
            if self.create_empty {
                sink.start(out).await?;
                sink.end(out).await?;
            }
            return Ok(());
        }
        out.trace(&format!("{} records formatted", self.records));
        let header = if self.write_header { self.header() } else { Vec::new() };
        let mut told = std::mem::take(&mut self.told).into_iter();
        let mut line_number = u64::from(self.write_header);
        sink.start(out).await?;
        sink.write(&header, out).await?;
        let (mut first, mut line) = (true, Line::default());
        let mut frames = std::mem::take(&mut self.spool).read().map_err(|error| error.to_string())?;
        while let Some(frame) = frames.next().map_err(|error| error.to_string())? {
            self.line(frame, &mut line);
            if !first && sink.full(line.text.len()) {
                sink.end(out).await?;
                sink.start(out).await?;
                sink.write(&header, out).await?;
                line_number = u64::from(self.write_header);
            }
            first = false;
            line_number += 1;
            if let Some((subject, before)) = told.next() {
                let text = String::from_utf8_lossy(&line.text);
                let text = text.trim_end_matches(['\r', '\n']);
                out.change(&subject, before, format!("line {line_number}: {text}"));
            }
            sink.write(&line.text, out).await?;
        }
        sink.end(out).await?;
        out.written(std::mem::take(&mut self.records));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{files_of, format_files};
    use serde_json::{Value, json};

    fn params(more: Value) -> Value {
        let mut params = json!({"fileName": "f.csv", "columnSeparator": ",", "quoteFields": true});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    }

    fn check(more: Value, records: &[Value], expected: &str) {
        let files = format_files("file.format.dsv", params(more), records);
        assert_eq!(files, files_of(&[("f.csv", expected)]));
    }

    #[test]
    fn cells_and_headers() {
        check(
            json!({}),
            &[json!({"a": 1, "b": "x"}), json!({"c": true, "a": null})],
            "\"a\",\"b\",\"c\"\n\"1\",\"x\",\"\"\n\"\",\"\",\"true\"\n",
        );
        check(
            json!({}),
            &[json!({"q": "say \"hi\", you\nthere"})],
            "\"q\"\n\"say \"\"hi\"\", you\nthere\"\n",
        );
        check(json!({"escapeCharacter": "\\"}), &[json!({"q": "a\"b\\c"})], "\"q\"\n\"a\\\"b\\\\c\"\n");
        check(
            json!({}),
            &[json!({"p": {"x": 1, "y": {"z": 2}}, "l": [1, "b"], "e": {}})],
            "\"p.x\",\"p.y.z\",\"l\",\"e\"\n\"1\",\"2\",\"[1,\"\"b\"\"]\",\"\"\n",
        );
        check(
            json!({"quoteFields": false, "dsvFormatVersion": "Standard"}),
            &[json!({"a": "x,y", "b": " z", "c": "plain"})],
            "a,b,c\n\"x,y\",\" z\",plain\n",
        );
        check(
            json!({"quoteFields": false, "dsvFormatVersion": "Standard", "escapeCharacter": "\\"}),
            &[json!({"a": "C:\\", "b": "y"})],
            "a,b\n\"C:\\\\\",y\n",
        );
        check(json!({"quoteFields": false}), &[json!({"a": "x", "b": "y,z"})], "a,b\nx,y\",z\n");
    }

    #[test]
    fn separators_and_line_ends_in_both_spellings() {
        for (separator, line_end) in [("\t", "\r\n"), ("\\t", "\\r\\n")] {
            check(
                json!({"columnSeparator": separator, "lineEnd": line_end, "quoteFields": false, "writeHeader": true}),
                &[json!({"a": 1, "b": 2})],
                "a\tb\r\n1\t2\r\n",
            );
        }
        check(
            json!({"columnSeparator": "|", "writeHeader": false}),
            &[json!({"a": 1, "b": 2})],
            "\"1\"|\"2\"\n",
        );
    }

    #[test]
    fn no_record_no_file_unless_wanted() {
        assert_eq!(format_files("file.format.dsv", params(json!({})), &[]), files_of(&[]));
        check(json!({"createEmptyFile": true}), &[], "");
    }

    #[test]
    fn a_full_file_is_followed_by_another() {
        let half = "x".repeat(700_000);
        let files = format_files(
            "file.format.dsv",
            params(json!({"maxFileSize": 1})),
            &[json!({"a": half}), json!({"a": half})],
        );
        let whole = format!("\"a\"\n\"{half}\"\n");
        assert_eq!(files, files_of(&[("f.csv", &whole), ("f_1.csv", &whole)]));
    }
}
