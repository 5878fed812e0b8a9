//! Rows by key as they were sent, read once and kept in few bytes.

mod json;

use crate::import::Row;
use serde::de::DeserializeSeed;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How many different keys one posting may have.
pub(crate) const MOST_KEYS: usize = 10_000;

/// The rows of one posting or file.
///
/// The texts of all cells stand behind each other. A cell knows its key and where its text ends, a row where
/// its cells begin.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sheet {
    /// Keys in the order in which they were seen first.
    pub(crate) keys: Vec<String>,
    text: String,
    cells: Vec<Cell>,
    rows: Vec<Start>,
    /// Whether some row has a key twice.
    repeats: bool,
    /// How many rows the source had, those included that are no rows here.
    pub(crate) total: u32,
    /// Rows that could not be read as such: their number, and what could be read.
    pub(crate) malformed: Vec<(u32, Vec<String>)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cell {
    key: u32,
    end: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Start {
    /// The row's number in its source, from 1.
    number: u32,
    cell: u32,
}

/// One row of a sheet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SheetRow<'s> {
    sheet: &'s Sheet,
    pub(crate) number: u32,
    first: usize,
    end: usize,
}

/// A source that is no rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unread {
    /// Its text is not what it should be.
    Malformed,
    /// It has more different keys than any import.
    TooManyKeys,
}

impl Sheet {
    /// Reads an array of flat objects, or one of them alone.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, Unread> {
        let mut reading = Reading::default();
        let mut source = serde_json::Deserializer::from_slice(body);
        let read = json::Rows(&mut reading).deserialize(&mut source).and_then(|()| source.end());
        match read {
            Ok(()) => Ok(reading.done()),
            Err(_) if reading.sheet.keys.len() >= MOST_KEYS => Err(Unread::TooManyKeys),
            Err(_) => Err(Unread::Malformed),
        }
    }

    /// Reads CSV in UTF-8, keys first; a byte order mark is skipped.
    pub(crate) fn from_csv(body: &[u8]) -> Result<Self, Unread> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let text = std::str::from_utf8(body).map_err(|_| Unread::Malformed)?;
        let mut source =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut reading = Reading::default();
        let mut headings: Option<Vec<u32>> = None;
        while source.read_record(&mut record).map_err(|_| Unread::Malformed)? {
            let Some(keys) = &headings else {
                let keys = record.iter().enumerate().map(|(at, key)| reading.key(key, at));
                headings = Some(keys.collect::<Option<Vec<u32>>>().ok_or(Unread::TooManyKeys)?);
                continue;
            };
            if record.len() > keys.len() {
                let number = reading.sheet.total + 1;
                reading.sheet.malformed.push((number, record.iter().map(str::to_owned).collect()));
                reading.sheet.total = number;
                continue;
            }
            reading.row();
            for (key, text) in keys.iter().zip(&record) {
                reading.cell(*key, text);
            }
        }
        Ok(reading.done())
    }

    /// From rows that are already apart.
    pub(crate) fn of(rows: &[Row]) -> Self {
        let mut reading = Reading::default();
        for row in rows {
            reading.row();
            let number = u32::try_from(row.index).unwrap_or(u32::MAX);
            if let Some(start) = reading.sheet.rows.last_mut() {
                start.number = number;
            }
            for (at, (key, text)) in row.values.iter().enumerate() {
                if let Some(key) = reading.key(key, at) {
                    reading.cell(key, text);
                }
            }
        }
        reading.done()
    }

    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A row by its place.
    pub(crate) fn row(&self, at: usize) -> SheetRow<'_> {
        let cell = |at: usize| self.rows.get(at).map_or(self.cells.len(), |start| start.cell as usize);
        let number = self.rows.get(at).map_or(0, |start| start.number);
        SheetRow { sheet: self, number, first: cell(at), end: cell(at + 1) }
    }

    /// The place of a key.
    pub(crate) fn key(&self, key: &str) -> Option<u32> {
        self.keys.iter().position(|known| known == key).and_then(|at| u32::try_from(at).ok())
    }
}

impl<'s> SheetRow<'s> {
    /// The text under a key; the last one where a row has the key twice.
    pub(crate) fn get(&self, key: u32) -> Option<&'s str> {
        let own = self.sheet.cells.get(self.first..self.end)?;
        // Rows mostly have all keys, in the same order.
        let guess = !self.sheet.repeats && own.get(key as usize).is_some_and(|cell| cell.key == key);
        let at = match guess {
            true => key as usize,
            false => own.iter().rposition(|cell| cell.key == key)?,
        };
        let at = self.first + at;
        let start = if at == 0 { 0 } else { self.sheet.cells.get(at - 1)?.end as usize };
        self.sheet.text.get(start..self.sheet.cells.get(at)?.end as usize)
    }
}

/// A sheet that is being filled.
#[derive(Default)]
struct Reading {
    sheet: Sheet,
    places: BTreeMap<String, u32>,
    /// The row in which each key was seen last.
    seen: Vec<u32>,
}

impl Reading {
    fn done(mut self) -> Sheet {
        self.sheet.text.shrink_to_fit();
        self.sheet.cells.shrink_to_fit();
        self.sheet.rows.shrink_to_fit();
        self.sheet
    }

    /// The place of a key that is the `at`th of its row.
    fn key(&mut self, key: &str, at: usize) -> Option<u32> {
        if self.sheet.keys.get(at).is_some_and(|known| known == key) {
            return u32::try_from(at).ok();
        }
        if let Some(place) = self.places.get(key) {
            return Some(*place);
        }
        if self.sheet.keys.len() >= MOST_KEYS {
            return None;
        }
        let place = u32::try_from(self.sheet.keys.len()).ok()?;
        self.sheet.keys.push(key.to_owned());
        self.places.insert(key.to_owned(), place);
        Some(place)
    }

    fn row(&mut self) {
        self.sheet.total += 1;
        // A posting is bounded, so its cells are far fewer than these numbers can hold.
        let cell = u32::try_from(self.sheet.cells.len()).unwrap_or(u32::MAX);
        self.sheet.rows.push(Start { number: self.sheet.total, cell });
    }

    fn cell(&mut self, key: u32, text: &str) {
        let at = key as usize;
        if self.seen.len() <= at {
            self.seen.resize(at + 1, 0);
        }
        self.sheet.repeats |= self.seen[at] == self.sheet.total;
        self.seen[at] = self.sheet.total;
        self.sheet.text.push_str(text);
        let end = u32::try_from(self.sheet.text.len()).unwrap_or(u32::MAX);
        self.sheet.cells.push(Cell { key, end });
    }
}

/// Sheets behind each other, their rows numbered through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stack<'s> {
    sheets: Vec<(u64, Cow<'s, Sheet>)>,
    /// How many rows there are, those included that could not be read as such.
    pub(crate) total: u64,
}

impl<'s> Stack<'s> {
    /// Adds the rows of a sheet behind those that are there.
    pub(crate) fn push(&mut self, sheet: Cow<'s, Sheet>) {
        let rows = u64::from(sheet.total);
        self.sheets.push((self.total, sheet));
        self.total += rows;
    }

    /// The sheets, each with the number of rows before it.
    pub(crate) fn sheets(&self) -> impl Iterator<Item = (u64, &Sheet)> {
        self.sheets.iter().map(|(before, sheet)| (*before, &**sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn cells(sheet: &Sheet) -> Vec<Vec<Option<&str>>> {
        let row = |at| {
            let row = sheet.row(at);
            (0..sheet.keys.len()).map(|key| row.get(u32::try_from(key).unwrap())).collect()
        };
        (0..sheet.len()).map(row).collect()
    }

    #[test]
    fn values_of_any_sort_are_text() {
        let body = json!([
            { "a": "x", "b": 1, "c": null },
            { "b": 2.5, "d": true, "a": "" },
            {},
            { "c": [1, "2"], "d": { "e": null } },
        ]);
        let sheet = Sheet::from_json(body.to_string().as_bytes()).unwrap();
        assert_eq!(sheet.keys, ["a", "b", "c", "d"]);
        assert_eq!(
            cells(&sheet),
            [
                [Some("x"), Some("1"), Some(""), None],
                [Some(""), Some("2.5"), None, Some("true")],
                [None; 4],
                [None, None, Some("[1,\"2\"]"), Some("{\"e\":null}")],
            ]
        );
        let one = Sheet::from_json(br#"{"a":"x","a":"y"}"#).unwrap();
        assert_eq!(cells(&one), [[Some("y")]], "the last of two counts");
    }

    #[test]
    fn csv_may_have_short_and_long_rows() {
        let sheet =
            Sheet::from_csv(b"\xef\xbb\xbfa,b\r\n\"x,\"\"y\"\"\",2\r\n1\r\n1,2,3\r\n4,5\r\n").unwrap();
        assert_eq!(cells(&sheet), [[Some("x,\"y\""), Some("2")], [Some("1"), None], [Some("4"), Some("5")]]);
        assert_eq!(sheet.malformed, [(3, vec!["1".to_owned(), "2".to_owned(), "3".to_owned()])]);
        assert_eq!((sheet.total, sheet.row(2).number), (4, 4));
    }

    #[test]
    fn what_is_no_rows_is_not_read() {
        for body in ["", "[", "[1]", "\"x\"", "3", "[{\"a\":1}] x", "[[{}]]", "{\"a\":}", "null"] {
            assert_eq!(Sheet::from_json(body.as_bytes()), Err(Unread::Malformed), "{body}");
        }
        assert_eq!(Sheet::from_json(b"[{\"a\":\"\xff\"}]"), Err(Unread::Malformed));
        assert_eq!(Sheet::from_csv(b"a\n\xff\n"), Err(Unread::Malformed));
        let many: Vec<Value> = (0..=MOST_KEYS).map(|at| json!({ format!("k{at}"): 1 })).collect();
        let body = Value::from(many).to_string();
        assert_eq!(Sheet::from_json(body.as_bytes()), Err(Unread::TooManyKeys));
    }

    proptest! {
        #[test]
        fn a_sheet_holds_what_was_sent(rows in proptest::collection::vec(
            proptest::collection::btree_map("[a-d]", "\\PC{0,5}", 0..4), 0..6))
        {
            let sheet = Sheet::from_json(serde_json::to_string(&rows).unwrap().as_bytes()).unwrap();
            prop_assert_eq!(sheet.len(), rows.len());
            for (at, row) in rows.iter().enumerate() {
                for key in ["a", "b", "c", "d"] {
                    let seen = sheet.key(key).and_then(|key| sheet.row(at).get(key));
                    prop_assert_eq!(seen, row.get(key).map(String::as_str));
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Sheet::from_json(&body);
            let _ = Sheet::from_csv(&body);
        }
    }
}
