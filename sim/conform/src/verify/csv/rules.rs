//! What a file has to keep, rule by rule. Each looks at one thing, so that one fault breaks one rule.

use super::Columns;
use super::sheet::Sheet;
use standin_model::Email;
use standin_scenario::Span;
use std::collections::{BTreeMap, BTreeSet};

/// One rule.
pub(super) struct Rule {
    /// A short name.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) says: &'static str,
    /// The clause that needs it.
    pub(super) clause: &'static str,
    /// The faults of a file, in its order.
    pub(super) check: fn(&Sheet<'_>, &Columns) -> Vec<Fault>,
}

/// One fault.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) actual: Option<String>,
}

const fn rule(
    name: &'static str,
    says: &'static str,
    clause: &'static str,
    check: fn(&Sheet<'_>, &Columns) -> Vec<Fault>,
) -> Rule {
    Rule { name, says, clause, check }
}

/// Every rule.
pub(super) const RULES: &[Rule] = &[
    rule("charset", "the file is in UTF-8", "GE-CSV-3", charset),
    rule("letters", "letters are not those of another charset", "GE-CSV-3", letters),
    rule("separator", "cells are separated by comma, semicolon or bar", "GE-CSV-3", separator),
    rule("quotes", "quotes stand around cells and are doubled inside", "GE-CSV-3", quotes),
    rule("cells", "every row has a cell for every heading", "GE-CSV-3", cells),
    rule("dates", "dates are written YYYY-MM-DD or YYYY-MM-DD HH:MM:SS", "GE-CSV-3", dates),
    rule("spreadsheet", "no spreadsheet has turned text into numbers", "GE-CSV-3", spreadsheet),
    rule("whole", "the file ends with the end of a row", "GE-CSV-4", whole),
    rule("names", "headings are database names, each once", "GE-FLD-2", names),
    rule("key", "every row has a UID", "GE-UID-1", key),
    rule("one row", "every UID has one row", "EL-MRG-1", one_row),
    rule("addresses", "every address is one that Eloqua takes", "GE-OUT-1", addresses),
    rule("one address", "every address belongs to one UID", "EL-ADR-1", one_address),
    rule("subscriptions", "a subscription is Yes, No or empty", "GE-SUB-1", subscriptions),
];

fn fault(span: Span, message: impl Into<String>) -> Fault {
    Fault { span, message: message.into(), hint: None, expected: None, actual: None }
}

impl Fault {
    fn hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }

    fn instead(self, expected: &str, actual: &str) -> Self {
        Self { expected: Some(expected.to_owned()), actual: Some(actual.to_owned()), ..self }
    }
}

fn charset(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let at = sheet.broken_at.into_iter();
    at.map(|start| {
        fault(Span { start, end: start + char::REPLACEMENT_CHARACTER.len_utf8() }, "bytes that are no UTF-8")
            .hint("save the file in UTF-8, or tell the import which charset it is in")
    })
    .collect()
}

/// The beginnings of what UTF-8 looks like to a reader of Latin-1 who wrote it down again.
const TWICE: [&str; 5] = ["Ã©", "Ã¨", "Ã¶", "Ã¼", "â€™"];

fn letters(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let all = sheet.rows.iter().flat_map(|row| &row.cells);
    let twice = all.filter(|cell| TWICE.iter().any(|sign| cell.value.contains(sign)));
    twice
        .map(|cell| {
            fault(cell.span, format!("`{}` was read in another charset and written again", cell.value))
                .hint("read the source in UTF-8")
        })
        .collect()
}

fn separator(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    if [',', ';', '|'].contains(&sheet.separator) {
        return Vec::new();
    }
    let first = sheet.headings.first().map_or(Span::default(), |cell| cell.span);
    let named = if sheet.separator == '\t' { "tab".to_owned() } else { format!("`{}`", sheet.separator) };
    vec![fault(first, format!("cells are separated by {named}")).instead(", ; or |", &named)]
}

fn quotes(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let hint = "put the cell in quotes and double the quotes inside: \"say \"\"yes\"\"\"";
    sheet
        .stray
        .iter()
        .map(|span| fault(*span, "a quote where none may be, or text after one").hint(hint))
        .collect()
}

fn cells(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let wanted = sheet.headings.len();
    // The last row may be cut off, which another rule tells.
    let all =
        sheet.rows.iter().rev().skip(1).rev().chain(sheet.rows.last().filter(|_| ends_with_a_row(sheet)));
    let wrong = all.filter(|row| row.cells.len() != wanted && sheet.open.is_none());
    wrong
        .map(|row| {
            let found = row.cells.len();
            fault(row.span, format!("{found} cells under {wanted} headings"))
                .instead(&format!("{wanted} cells"), &format!("{found} cells"))
        })
        .collect()
}

fn ends_with_a_row(sheet: &Sheet<'_>) -> bool {
    sheet.text.ends_with('\n') || sheet.text.ends_with('\r')
}

fn whole(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let hint = "write under another name, such as NAME.part, and rename at the end";
    if let Some(open) = sheet.open {
        return vec![fault(open, "a cell that begins here never ends").hint(hint)];
    }
    if sheet.text.is_empty() {
        return vec![fault(Span { start: 0, end: 0 }, "the file is empty: not even headings").hint(hint)];
    }
    if ends_with_a_row(sheet) {
        return Vec::new();
    }
    let end = sheet.text.len();
    let last = sheet.text.chars().next_back().map_or(1, char::len_utf8);
    vec![fault(Span { start: end - last, end }, "the file ends within a row").hint(hint)]
}

fn names(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for cell in &sheet.headings {
        if !seen.insert(cell.value.to_ascii_lowercase()) {
            faults.push(fault(cell.span, format!("the heading `{}` stands there twice", cell.value)));
        } else if !is_database_name(&cell.value) {
            faults.push(
                fault(cell.span, format!("`{}` is no database name", cell.value)).hint(
                    "database names look like C_EmailAddress and C_Gigya_UID1; display names may change",
                ),
            );
        }
    }
    faults
}

/// A letter for the kind of record, an underscore, and letters, digits and underscores; or a field that Eloqua keeps by
/// itself.
fn is_database_name(name: &str) -> bool {
    let mut parts = name.splitn(2, '_');
    let kind = parts.next().unwrap_or_default();
    let rest = parts.next().unwrap_or_default();
    let letters =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    kind.len() == 1 && kind.chars().all(|c| c.is_ascii_uppercase()) && letters(rest) || name == "ContactIDExt"
}

fn key(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    if sheet.text.is_empty() {
        return Vec::new();
    }
    if sheet.column(&columns.key).is_none() {
        // Under a separator that nobody takes there are no columns to look at.
        let named = sheet.text.lines().next().is_some_and(|line| line.contains(&columns.key));
        let first = sheet.headings.first().map_or(Span::default(), |cell| cell.span);
        let missing = fault(first, format!("no column is called {}", columns.key))
            .hint("keyed by the address, a user who changes it becomes a second contact");
        return if named { Vec::new() } else { vec![missing] };
    }
    let empty = sheet.cells(&columns.key).filter(|cell| cell.value.trim().is_empty());
    empty.map(|cell| fault(cell.span, "a row without a UID")).collect()
}

fn one_row(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let named = sheet.cells(&columns.key).filter(|cell| !cell.value.trim().is_empty());
    let again = named.filter(|cell| !seen.insert(cell.value.as_str()));
    again
        .map(|cell| {
            fault(cell.span, format!("the UID `{}` has more than one row", cell.value))
                .hint("rows of one identifier become one, and only the last of them counts")
        })
        .collect()
}

fn one_address(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    let Some(key) = sheet.column(&columns.key) else { return Vec::new() };
    let Some(address) = sheet.column(&columns.address) else { return Vec::new() };
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut faults = Vec::new();
    for row in &sheet.rows {
        let (Some(uid), Some(cell)) = (row.cells.get(key), row.cells.get(address)) else { continue };
        if cell.value.trim().is_empty() {
            continue;
        }
        let owner = owners.entry(cell.value.trim().to_lowercase()).or_insert_with(|| uid.value.clone());
        if *owner != uid.value {
            faults.push(
                fault(cell.span, format!("`{}` is the address of `{owner}` as well", cell.value))
                    .hint("an address is one contact's; the second row is refused"),
            );
        }
    }
    faults
}

fn addresses(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    // A row that is cut off has no address to judge.
    let whole =
        sheet.rows.iter().filter(|row| row.cells.len() == sheet.headings.len() || ends_with_a_row(sheet));
    let Some(column) = sheet.column(&columns.address) else { return Vec::new() };
    let mut faults = Vec::new();
    for cell in whole.filter_map(|row| row.cells.get(column)) {
        match cell.value.parse::<Email>() {
            Ok(_) if cell.value.trim() == cell.value => {}
            Ok(_) => faults.push(fault(cell.span, format!("`{}` has blanks around it", cell.value))),
            Err(why) => faults.push(
                fault(cell.span, format!("`{}`: {why}", cell.value))
                    .hint("Eloqua makes no contact without an address"),
            ),
        }
    }
    faults
}

fn subscriptions(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    let all = columns.subscriptions.iter().flat_map(|heading| sheet.cells(heading));
    let wrong = all.filter(|cell| !["Yes", "No", ""].contains(&cell.value.as_str()));
    wrong
        .map(|cell| {
            fault(cell.span, format!("`{}` is neither Yes nor No nor empty", cell.value))
                .instead("Yes, No or nothing", &cell.value)
        })
        .collect()
}

fn dates(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    let all = columns.dates.iter().flat_map(|heading| sheet.cells(heading));
    let wrong = all.filter(|cell| !cell.value.is_empty() && !is_date(&cell.value));
    wrong
        .map(|cell| {
            fault(cell.span, format!("`{}` is no date that the import reads", cell.value))
                .instead("YYYY-MM-DD or YYYY-MM-DD HH:MM:SS", &cell.value)
                .hint("with a fraction of a second the field is left out and the row loads all the same")
        })
        .collect()
}

fn is_date(text: &str) -> bool {
    let (day, time) = text.split_once(' ').map_or((text, None), |(day, time)| (day, Some(time)));
    let numbers = |text: &str, separator: char, widths: [usize; 3]| -> Option<[u32; 3]> {
        let parts: Vec<&str> = text.split(separator).collect();
        let fit = parts.len() == 3 && parts.iter().zip(widths).all(|(part, width)| part.len() == width);
        let parsed: Vec<u32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
        parsed.try_into().ok().filter(|_| fit && !text.contains('+'))
    };
    let Some([year, month, day]) = numbers(day, '-', [4, 2, 2]) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let of_day = time.is_none_or(|time| {
        numbers(time, ':', [2, 2, 2])
            .is_some_and(|[hour, minute, second]| hour < 24 && minute < 60 && second < 60)
    });
    (1..=days).contains(&day) && of_day
}

/// Columns whose values are text that looks like a number.
const TEXTS: [&str; 4] = ["C_Zip_Postal", "C_MobilePhone", "C_BusPhone", "C_Fax"];

fn spreadsheet(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    let headings = TEXTS.into_iter().chain([columns.key.as_str()]);
    let all = headings.flat_map(|heading| sheet.cells(heading));
    let wrong = all.filter(|cell| is_rounded(&cell.value));
    wrong
        .map(|cell| {
            fault(cell.span, format!("`{}` is what a spreadsheet makes of a long number", cell.value))
                .hint("do not open the file in a spreadsheet before it is loaded")
        })
        .collect()
}

/// `1.23E+15`: digits, a point, digits, an E with its sign.
fn is_rounded(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    digits(whole) && digits(fraction) && digits(exponent)
}
