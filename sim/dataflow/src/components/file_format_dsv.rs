//! `file.format.dsv`

use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use crate::file_sink::FileSink;
use crate::record::{Record, leaves, plain_text};
use crate::run::{Outlet, Stop};
use crate::spool::Spool;
use indexmap::IndexMap;
use standin_model::Evidence;

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
    Ok(Box::new(FormatDsv {
        file_name: setup.placeholders.text(setup.required_text("fileName")?),
        style: Style {
            separator: single(setup.required_text("columnSeparator")?, "columnSeparator")?,
            escape,
            quote_all: setup.truth("quoteFields", false)?,
            quote_where_needed: standard,
            line_end,
        },
        limit: setup.number("maxFileSize", 5000, 1 << 20)? << 20,
        write_header: setup.truth("writeHeader", true)?,
        create_empty: setup.truth("createEmptyFile", false)?,
        columns: IndexMap::new(),
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
    text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t")
}

/// How cells and lines look.
struct Style {
    separator: char,
    escape: char,
    quote_all: bool,
    quote_where_needed: bool,
    line_end: String,
}

impl Style {
    fn line<'a>(&self, cells: impl Iterator<Item = &'a str>) -> String {
        let mut line = String::new();
        let mut count = 0;
        for cell in cells {
            if count > 0 {
                line.push(self.separator);
            }
            count += 1;
            self.cell(cell, &mut line);
        }
        // A line without a character would be no line to whoever reads the file.
        if count == 1 && line.is_empty() && self.quote_where_needed {
            line.push_str("\"\"");
        }
        line.push_str(&self.line_end);
        line
    }

    fn cell(&self, cell: &str, line: &mut String) {
        let special = |c: char| c == self.separator || matches!(c, '"' | '\n' | '\r');
        let padded = cell.starts_with(' ') || cell.ends_with(' ');
        let quote = self.quote_all || (self.quote_where_needed && (padded || cell.contains(special)));
        if quote {
            line.push('"');
        }
        for c in cell.chars() {
            let escaped =
                c == '"' || (c == self.escape && self.escape != '"') || (!quote && c == self.separator);
            if escaped && (quote || !self.quote_where_needed) {
                line.push(self.escape);
            }
            line.push(c);
        }
        if quote {
            line.push('"');
        }
    }
}

/// The column names are known only at the end, so the cells wait until then.
struct FormatDsv {
    file_name: String,
    style: Style,
    limit: u64,
    write_header: bool,
    create_empty: bool,
    columns: IndexMap<String, ()>,
    spool: Spool,
    records: u64,
    told: Vec<(std::sync::Arc<str>, String)>,
}

/// More columns than this are not a table any more.
const MAX_COLUMNS: usize = 10_000;

impl FormatDsv {
    fn keep(&mut self, record: &Record) -> Result<(), String> {
        let mut frame = Vec::new();
        leaves(&record.fields, &mut |path, value| {
            let column = match self.columns.get_index_of(path) {
                Some(column) => column,
                None => self.columns.insert_full(path.to_owned(), ()).0,
            };
            let text = plain_text(value);
            frame.extend_from_slice(&(column as u64).to_le_bytes());
            frame.extend_from_slice(&(text.len() as u64).to_le_bytes());
            frame.extend_from_slice(text.as_bytes());
        });
        if self.columns.len() > MAX_COLUMNS {
            return Err(format!("more than {MAX_COLUMNS} columns"));
        }
        self.records += 1;
        self.spool.push(&frame).map_err(|full| full.to_string())
    }

    fn header(&self) -> String {
        self.style.line(self.columns.keys().map(String::as_str))
    }
}

fn cells(mut frame: &[u8], columns: usize) -> Vec<String> {
    let mut cells = vec![String::new(); columns];
    while let Some((column, rest)) = frame.split_first_chunk::<8>() {
        let Some((length, rest)) = rest.split_first_chunk::<8>() else { break };
        let size = |bytes: &[u8; 8]| usize::try_from(u64::from_le_bytes(*bytes)).unwrap_or(usize::MAX);
        let Some((text, rest)) = rest.split_at_checked(size(length)) else { break };
        if let Some(cell) = cells.get_mut(size(column)) {
            *cell = String::from_utf8_lossy(text).into_owned();
        }
        frame = rest;
    }
    cells
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
        let header = if self.write_header { self.header() } else { String::new() };
        let mut told = std::mem::take(&mut self.told).into_iter();
        let mut line_number = u64::from(self.write_header);
        sink.start(out).await?;
        sink.write(header.as_bytes(), out).await?;
        let mut written = 0;
        for block in std::mem::take(&mut self.spool).drain() {
            for frame in block {
                let cells = cells(&frame, self.columns.len());
                let line = self.style.line(cells.iter().map(String::as_str));
                if written > 0 && sink.full(line.len()) {
                    sink.end(out).await?;
                    sink.start(out).await?;
                    sink.write(header.as_bytes(), out).await?;
                    line_number = u64::from(self.write_header);
                }
                written += 1;
                line_number += 1;
                if let Some((subject, before)) = told.next() {
                    out.change(
                        &subject,
                        before,
                        format!("line {line_number}: {}", line.trim_end_matches(['\r', '\n'])),
                    );
                }
                sink.write(line.as_bytes(), out).await?;
            }
        }
        if written != self.records {
            return Err(Stop::Here(format!(
                "only {written} of {} records came back from the spool",
                self.records
            )));
        }
        sink.end(out).await?;
        out.written(self.records);
        self.records = 0;
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
