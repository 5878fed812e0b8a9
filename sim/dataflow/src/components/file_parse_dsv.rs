//! `file.parse.dsv`

use super::file_format_dsv::single;
use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional, required};
use crate::record::{Fields, Record};
use crate::run::{Outlet, Stop};
use csv_core::ReadFieldResult;
use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};
use serde_json::{Number, Value};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.parse.dsv",
    summary: "Reads separated values; the first row names the fields, and a dotted name stays one name",
    params: &[
        required("columnSeparator", "one character, or its escape such as `\\t` or `\\u0001`"),
        optional("escapeCharacter", "\"", "stands before a quote, a separator or itself"),
        optional(
            "fileCharset",
            "UTF-8",
            "the file's charset; `auto-detect` takes UTF-8 where the bytes allow it",
        ),
        optional(
            "inferTypes",
            "false",
            "whether numbers and booleans are recognised; values with leading zeros stay texts",
        ),
        optional("addFilename", "false", "whether each record gets the file's name as `_fileName`"),
    ],
    input: Carries::Files,
    output: Carries::Records,
    evidence: Evidence::recorded("SFTP import template of the IdentitySync console", "rows_become_records"),
    build,
};

/// A longer cell is no cell.
const MAX_CELL: usize = 16 << 20;

/// A row with more cells is no row.
const MAX_CELLS: usize = 10_000;

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let separator = single(setup.required_text("columnSeparator")?, "columnSeparator")?;
    let escape = match setup.text("escapeCharacter")? {
        "" => None,
        text => Some(single(text, "escapeCharacter")?).filter(|escape| *escape != '"'),
    };
    if matches!(separator, '"' | '\n' | '\r') || escape == Some(separator) {
        return Err(format!("parameter `columnSeparator` cannot be `{separator}`"));
    }
    let byte = u8::try_from(separator).ok().filter(u8::is_ascii);
    let (separator, marks) = match (byte, escape) {
        (Some(byte), None) => (byte, None),
        _ => (SEPARATOR, Some(Marks { separator, escape })),
    };
    let charset = match setup.text("fileCharset")?.trim() {
        "" => Some(UTF_8),
        name if name.eq_ignore_ascii_case("auto-detect") => None,
        name => Some(
            Encoding::for_label(name.as_bytes())
                .ok_or_else(|| format!("parameter `fileCharset` names no known charset: `{name}`"))?,
        ),
    };
    Ok(Box::new(ParseDsv {
        separator,
        marks,
        charset,
        infer_types: setup.truth("inferTypes", false)?,
        add_filename: setup.truth("addFilename", false)?,
        left: setup.job.limit.unwrap_or(u64::MAX),
        file: None,
    }))
}

/// The reader knows separators of one byte, and no escapes outside of quotes. Where there is more, every character
/// that means something, or does not mean it, becomes a byte that no text in UTF-8 has.
#[derive(Clone, Copy)]
struct Marks {
    separator: char,
    escape: Option<char>,
}

const SEPARATOR: u8 = 0xff;
const ESCAPED_QUOTE: u8 = 0xfe;
const ESCAPED_SEPARATOR: u8 = 0xfd;
const ESCAPED_LINE_FEED: u8 = 0xfc;
const ESCAPED_RETURN: u8 = 0xfb;

impl Marks {
    /// A piece for the reader; `escaped` tells whether an escape ended the piece before.
    fn put(self, text: &str, escaped: &mut bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let plain = |c: char, out: &mut Vec<u8>| out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        for c in text.chars() {
            match (std::mem::take(escaped), c) {
                (false, c) if Some(c) == self.escape => *escaped = true,
                (false, c) if c == self.separator => out.push(SEPARATOR),
                (false, c) => plain(c, &mut out),
                (true, '"') => out.push(ESCAPED_QUOTE),
                (true, '\n') => out.push(ESCAPED_LINE_FEED),
                (true, '\r') => out.push(ESCAPED_RETURN),
                (true, c) if c == self.separator => out.push(ESCAPED_SEPARATOR),
                (true, c) => {
                    if let Some(escape) = self.escape.filter(|escape| *escape != c) {
                        plain(escape, &mut out);
                    }
                    plain(c, &mut out);
                }
            }
        }
        out
    }

    fn take(self, cell: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(cell.len());
        for byte in cell {
            match *byte {
                SEPARATOR | ESCAPED_SEPARATOR => {
                    out.extend(self.separator.encode_utf8(&mut [0; 4]).as_bytes());
                }
                ESCAPED_QUOTE => out.push(b'"'),
                ESCAPED_LINE_FEED => out.push(b'\n'),
                ESCAPED_RETURN => out.push(b'\r'),
                byte => out.push(byte),
            }
        }
        out
    }
}

struct ParseDsv {
    separator: u8,
    marks: Option<Marks>,
    charset: Option<&'static Encoding>,
    infer_types: bool,
    add_filename: bool,
    left: u64,
    file: Option<OpenFile>,
}

/// One file being read.
struct OpenFile {
    name: String,
    decoder: Option<Decoder>,
    reader: csv_core::Reader,
    escaped: bool,
    cell: Vec<u8>,
    row: Vec<String>,
    header: Option<Vec<String>>,
    line: u64,
    replaced: bool,
    extra_told: bool,
    rows: u64,
}

#[async_trait::async_trait]
impl Component for ParseDsv {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => {
                self.file = Some(OpenFile {
                    name,
                    decoder: None,
                    reader: csv_core::ReaderBuilder::new().delimiter(self.separator).build(),
                    escaped: false,
                    cell: Vec::new(),
                    row: Vec::new(),
                    header: None,
                    line: 1,
                    replaced: false,
                    extra_told: false,
                    rows: 0,
                });
                Ok(())
            }
            FilePart::Bytes(bytes) => self.decode(&bytes, false, out).await,
            FilePart::End => {
                self.decode(&[], true, out).await?;
                let last = self.marks.and_then(|marks| marks.escape);
                if let Some(escape) = last.filter(|_| self.file.as_ref().is_some_and(|file| file.escaped)) {
                    self.parse(escape.encode_utf8(&mut [0; 4]).as_bytes(), out).await?;
                }
                self.parse(&[], out).await?;
                if let Some(file) = self.file.take() {
                    out.trace(&format!("{} rows in {}", file.rows, file.name));
                    if file.replaced {
                        out.trace(&format!(
                            "{} holds bytes that are not of its charset; they were replaced",
                            file.name
                        ));
                    }
                }
                Ok(())
            }
        }
    }
}

impl ParseDsv {
    async fn decode(&mut self, mut bytes: &[u8], last: bool, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let charset = self.charset;
        loop {
            let Some(file) = &mut self.file else { return Ok(()) };
            let decoder =
                file.decoder.get_or_insert_with(|| charset.unwrap_or_else(|| guess(bytes)).new_decoder());
            let mut text = String::with_capacity(bytes.len().min(1 << 16) * 3 + 16);
            let (result, read, replaced) = decoder.decode_to_string(bytes, &mut text, last);
            file.replaced |= replaced;
            bytes = &bytes[read..];
            let marked = self.marks.map(|marks| marks.put(&text, &mut file.escaped));
            let piece = marked.as_deref().unwrap_or(text.as_bytes());
            if !piece.is_empty() {
                self.parse(piece, out).await?;
            }
            if result == encoding_rs::CoderResult::InputEmpty {
                return Ok(());
            }
        }
    }

    /// Feeds the reader; an empty input is the file's end.
    async fn parse(&mut self, mut input: &[u8], out: &mut Outlet<'_>) -> Result<(), Stop> {
        let end = input.is_empty();
        let mut buffer = [0; 4096];
        loop {
            let Some(file) = &mut self.file else { return Ok(()) };
            // The reader would take a piece that is used up for the file's end, and end a row in its middle.
            if input.is_empty() && !end {
                return Ok(());
            }
            let (result, read, written) = file.reader.read_field(input, &mut buffer);
            input = &input[read..];
            file.cell.extend_from_slice(&buffer[..written]);
            if file.cell.len() > MAX_CELL || file.row.len() > MAX_CELLS {
                let message = format!("{} line {}: a cell or a row grows without end", file.name, file.line);
                return Err(Stop::Here(message));
            }
            match result {
                ReadFieldResult::OutputFull => {}
                ReadFieldResult::InputEmpty if end => {}
                ReadFieldResult::InputEmpty => return Ok(()),
                ReadFieldResult::End => return Ok(()),
                ReadFieldResult::Field { record_end } => {
                    let mut cell = std::mem::take(&mut file.cell);
                    if let Some(marks) = self.marks {
                        cell = marks.take(&cell);
                    }
                    file.row.push(String::from_utf8_lossy(&cell).into_owned());
                    if record_end {
                        self.row(out).await?;
                    }
                }
            }
        }
    }

    async fn row(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let row = std::mem::take(&mut file.row);
        let line = file.line;
        file.line += 1 + row.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        let Some(header) = &file.header else {
            for (column, name) in row.iter().enumerate() {
                if name.is_empty() || row[..column].contains(name) {
                    out.trace(&format!(
                        "{}: column {} `{name}` has no name of its own and is left out",
                        file.name,
                        column + 1
                    ));
                }
            }
            file.header = Some(row);
            return Ok(());
        };
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        file.rows += 1;
        if row.len() > header.len() && !file.extra_told {
            file.extra_told = true;
            out.trace(&format!(
                "{} line {line}: more cells than columns; the extra ones are ignored",
                file.name
            ));
        }
        let mut fields = Fields::new();
        for (name, cell) in header.iter().zip(row) {
            if !name.is_empty() && !fields.contains_key(name) {
                fields.insert(
                    name.clone(),
                    if self.infer_types { inferred(cell) } else { Value::String(cell) },
                );
            }
        }
        if self.add_filename {
            fields.insert("_fileName".to_owned(), file.name.clone().into());
        }
        let origin = format!("{}:{line}", file.name);
        let record = Record::new(fields, origin.as_str());
        if out.wants_changes() {
            out.change(&record.subject, origin, record.json());
        }
        out.made(record).await
    }
}

fn guess(start: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(start) {
        Ok(_) => UTF_8,
        // A character cut in two at the end of the first piece is no sign against UTF-8.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// A number only where printing it gives the same text back.
fn inferred(cell: String) -> Value {
    match cell.as_str() {
        "true" => return true.into(),
        "false" => return false.into(),
        _ => {}
    }
    if let Ok(number) = cell.parse::<i64>()
        && number.to_string() == cell
    {
        return number.into();
    }
    let decimal =
        cell.len() < 18 && cell.contains('.') && cell.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if decimal
        && let Ok(number) = cell.parse::<f64>()
        && number.to_string() == cell
        && let Some(number) = Number::from_f64(number)
    {
        return number.into();
    }
    cell.into()
}

#[cfg(test)]
mod tests {
    use crate::testing::{cases, format_files, parse_file};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn check(more: Value, file: &[u8], expected: Value) {
        let mut params = json!({"columnSeparator": ",", "fileCharset": "UTF-8"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(parse_file("file.parse.dsv", params, "in.csv", file), Ok(expected));
    }

    /// Files come in pieces of 1021 bytes here, and some of these rows lie across their ends.
    #[test]
    fn rows_go_on_from_piece_to_piece() {
        for width in [1, 2, 509, 510, 511, 1020] {
            let row: Vec<String> = (0..width).map(|_| "x".to_owned()).collect();
            let header: Vec<String> = (0..width).map(|column| format!("c{column}")).collect();
            let file = format!("{}\n{}\n", header.join(","), vec![row.join(","); 5].join("\n"));
            let records =
                parse_file("file.parse.dsv", json!({"columnSeparator": ","}), "in.csv", file.as_bytes());
            let record: Value = header.iter().map(|name| (name.clone(), Value::from("x"))).collect();
            assert!(records == Ok(Value::from(vec![record; 5])), "{width} {records:?}");
        }
    }

    #[test]
    fn rows_become_records() {
        check(
            json!({}),
            b"a,p.b\n1,\n\"x,\"\"y\"\"\n\",z\n",
            json!([{"a": "1", "p.b": ""}, {"a": "x,\"y\"\n", "p.b": "z"}]),
        );
        check(json!({}), b"\xef\xbb\xbfa\r\n1\r\n", json!([{"a": "1"}]));
        check(json!({}), b"a,b\n1\n1,2,3", json!([{"a": "1"}, {"a": "1", "b": "2"}]));
        check(json!({}), b"a,b\n", json!([]));
        check(json!({}), b"", json!([]));
        check(json!({"columnSeparator": "\\t"}), b"a\tb\n1\t2\n", json!([{"a": "1", "b": "2"}]));
        check(
            json!({"columnSeparator": "|", "addFilename": true}),
            b"a|a\n1|2\n",
            json!([{"a": "1", "_fileName": "in.csv"}]),
        );
    }

    #[test]
    fn separators_and_escapes_are_characters() {
        let expected = json!([{"a": "1§", "b": "2"}]);
        check(json!({"columnSeparator": "§"}), "a§b\n\"1§\"§2\n".as_bytes(), expected.clone());
        check(
            json!({"columnSeparator": "§", "fileCharset": "ISO-8859-1"}),
            b"a\xa7b\n\"1\xa7\"\xa72\n",
            expected,
        );
        check(json!({"columnSeparator": "\\u0001"}), b"a\x01b\n1\x012\n", json!([{"a": "1", "b": "2"}]));
        let escapes = json!({"escapeCharacter": "\\"});
        check(
            escapes.clone(),
            b"a,b\n1\\,2,\\\"x\\\"\n\"3\\\"4\",C:\\\\d\\e\\",
            json!([{"a": "1,2", "b": "\"x\""}, {"a": "3\"4", "b": "C:\\d\\e\\"}]),
        );
        check(escapes, b"a,b\n\"1\"\"2\",3\n", json!([{"a": "1\"2", "b": "3"}]));
        for separator in ["\"", "\\n", "ab", "\\u00"] {
            let told = parse_file("file.parse.dsv", json!({"columnSeparator": separator}), "in.csv", b"a");
            assert!(told.is_err(), "{separator}");
        }
    }

    #[test]
    fn charsets() {
        let expected = json!([{"a": "Zo\u{eb}"}]);
        check(json!({}), "a\nZo\u{eb}\n".as_bytes(), expected.clone());
        check(json!({"fileCharset": "auto-detect"}), "a\nZo\u{eb}\n".as_bytes(), expected.clone());
        check(json!({"fileCharset": "auto-detect"}), b"a\nZo\xeb\n", expected.clone());
        check(json!({"fileCharset": "ISO-8859-1"}), b"a\nZo\xeb\n", expected);
    }

    #[test]
    fn types_are_inferred_where_nothing_is_lost() {
        check(
            json!({"inferTypes": true}),
            b"a,b,c,d,e,f,g\n1,01234,+32,1.5,true,,1e5\n",
            json!([{"a": 1, "b": "01234", "c": "+32", "d": 1.5, "e": true, "f": "", "g": "1e5"}]),
        );
    }

    proptest! {
        #![proptest_config(cases(64))]

        #[test]
        fn what_is_formatted_is_parsed_back(
            rows in proptest::collection::vec(proptest::collection::vec("(\\PC|[\"',;\\\\\r\n\t\u{1}¬ ]){0,8}", 3), 1..8),
            quote_all in any::<bool>(),
            separator in proptest::sample::select(vec![",", ";", "|", "\\t", "¬", "\\u0001"]),
            escape in proptest::sample::select(vec!["\"", "\\"]),
        ) {
            let records: Vec<Value> = rows.iter().map(|row| json!({"a": row[0], "b": row[1], "c": row[2]})).collect();
            let format = json!({
                "fileName": "f.csv", "columnSeparator": separator, "quoteFields": quote_all, "escapeCharacter": escape,
                "dsvFormatVersion": if quote_all { "Legacy" } else { "Standard" },
            });
            let files = format_files("file.format.dsv", format, &records);
            let parse = json!({"columnSeparator": separator, "escapeCharacter": escape});
            let back = parse_file("file.parse.dsv", parse, "f.csv", &files["/out/f.csv"]);
            prop_assert_eq!(back, Ok(Value::Array(records)));
        }
    }
}
