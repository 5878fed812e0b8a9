//! Files of rows: separators, quotes, charsets.

use bytes::Bytes;
use encoding_rs::Encoding;

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Format {
    pub(crate) separator: u8,
    pub(crate) charset: &'static Encoding,
}

#[cfg(test)]
impl Format {
    /// UTF-8 with commas.
    pub(crate) const CSV: Self = Self { separator: b',', charset: encoding_rs::UTF_8 };
}

/// A table as read: headings, and records that may be shorter or longer than these.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Table {
    pub(crate) headings: Vec<String>,
    pub(crate) records: Vec<Vec<String>>,
}

/// Reads a file. A byte order mark is skipped; bytes that the charset does not know fail the whole file.
pub(crate) fn read(bytes: &[u8], format: Format) -> Result<Table, String> {
    let (text, charset, broken) = format.charset.decode(bytes);
    if broken {
        return Err(format!("the file is not in {}", charset.name()));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(format.separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut table = Table::default();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if at == 0 {
            table.headings = cells;
        } else {
            table.records.push(cells);
        }
    }
    Ok(table)
}

/// Writes a file, lines ended by CR LF.
pub(crate) fn write(headings: &[String], rows: &[Vec<String>], format: Format) -> Bytes {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(format.separator)
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    for row in std::iter::once(headings).chain(rows.iter().map(Vec::as_slice)) {
        // Writing into memory cannot fail.
        let _ = writer.write_record(row);
    }
    let text = String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default();
    let (encoded, _, _) = format.charset.encode(&text);
    Bytes::from(encoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_table_survives(rows in proptest::collection::vec(proptest::collection::vec(any::<String>(), 3), 1..6), separator in proptest::sample::select(vec![b',', b';', b'|', b'\t'])) {
            let format = Format { separator, ..Format::CSV };
            // A heading that begins with a byte order mark loses it, as it must.
            let headings = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
            let table = read(&write(&headings, &rows, format), format).unwrap();
            prop_assert_eq!(table.headings, headings);
            prop_assert_eq!(table.records, rows);
        }
    }

    #[test]
    fn marks_and_charsets() {
        let latin = Format { separator: b';', charset: encoding_rs::WINDOWS_1252 };
        // A mark decides, whatever charset was agreed on.
        let table = read(b"\xef\xbb\xbfa;b\r\n\xc3\xa9;2\r\n", latin);
        assert_eq!(table.map(|table| table.headings), Ok(vec!["a".to_owned(), "b".to_owned()]));
        let table = read(b"a\r\n\xe9\r\n", latin);
        assert_eq!(table.map(|table| table.records), Ok(vec![vec!["é".to_owned()]]));
        assert_eq!(read(b"a\n\xe9\n", Format::CSV), Err("the file is not in UTF-8".to_owned()));
        assert_eq!(&write(&["é".to_owned()], &[], latin)[..], b"\xe9\r\n");
    }
}
