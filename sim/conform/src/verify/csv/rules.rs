//! What a file has to keep, rule by rule. Each looks at one thing, so that one fault breaks one rule.

use super::Columns;
use super::sheet::{Cell, Row, Sheet};
use standin_model::Email;
use standin_scenario::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;

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
    rule(
        "values",
        "cells hold values of at most 100 characters, and nothing where there is none",
        "GE-CSV-3",
        values,
    ),
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
    if let Some(what) = sheet.no_text {
        let whole = fault(Span { start: 0, end: 0 }, format!("the file is {what}"));
        return vec![whole.instead("text in UTF-8", what).hint("save the file as text in UTF-8")];
    }
    let at = sheet.broken_at.into_iter();
    at.map(|start| {
        fault(Span { start, end: start + char::REPLACEMENT_CHARACTER.len_utf8() }, "bytes that are no UTF-8")
            .hint("save the file in UTF-8, or tell the import which charset it is in")
    })
    .collect()
}

/// Whether UTF-8 was read as Latin-1 or Windows-1252 somewhere: a letter that begins a pair of bytes, and another that
/// is hardly ever written after it.
fn written_twice(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        let second = ('\u{80}'..='\u{bf}').contains(&c) || SECOND.contains(c);
        let pair = match before {
            'Ã' => second,
            'Â' | 'Î' | 'Ï' | 'Ð' | 'Ñ' => second && !['\u{a0}', '’', '–', '—'].contains(&c),
            'â' => ['€', '\u{80}'].contains(&c),
            _ => false,
        };
        before = c;
        pair
    })
}

/// What Windows-1252 reads where Latin-1 has control characters.
const SECOND: &str = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";

fn letters(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let all = sheet.rows.iter().flat_map(|row| &row.cells);
    let faults = all.filter_map(|cell| {
        if cell.value.contains(char::REPLACEMENT_CHARACTER) && sheet.broken_at.is_none() {
            let message = format!("`{}` has lost letters: they were read in another charset", cell.value);
            return Some(wrong(cell, message, "letters").hint("read the source in its own charset"));
        }
        written_twice(&cell.value).then(|| {
            wrong(cell, format!("`{}` was read in another charset and written again", cell.value), "letters")
                .hint("read the source in UTF-8")
        })
    });
    faults.collect()
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
    let cut = usize::from(cut_off(sheet).is_some());
    let all = sheet.rows.iter().rev().skip(cut).rev();
    let wrong = all.filter(|row| row.cells.len() != wanted && sheet.open.is_none());
    wrong
        .map(|row| {
            let found = row.cells.len();
            fault(row.span, format!("{found} cells under {wanted} headings"))
                .instead(&format!("{wanted} cells"), &format!("{found} cells"))
        })
        .collect()
}

/// The last row, if the file ends before it has all its cells. A row that is whole needs no line end after it (RFC
/// 4180, 2.2).
fn cut_off<'s>(sheet: &'s Sheet<'_>) -> Option<&'s Row> {
    let ended = sheet.text.ends_with('\n') || sheet.text.ends_with('\r');
    sheet.rows.last().filter(|row| !ended && row.cells.len() < sheet.headings.len())
}

/// A fault that shows the whole cell in the place of what is expected.
fn wrong(cell: &Cell, message: impl Into<String>, expected: &str) -> Fault {
    fault(cell.span, message).instead(expected, if cell.value.is_empty() { "(empty)" } else { &cell.value })
}

fn whole(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let hint = "write under another name, such as NAME.part, and rename at the end";
    if let Some(open) = sheet.open {
        let all = "a quote at the end of the cell";
        return vec![
            fault(open, "a cell that begins here never ends").instead(all, "the end of the file").hint(hint),
        ];
    }
    if sheet.text.is_empty() {
        let nothing = fault(Span { start: 0, end: 0 }, "the file is empty: not even headings");
        return vec![nothing.instead("a line of headings", "nothing").hint(hint)];
    }
    let Some(row) = cut_off(sheet) else { return Vec::new() };
    let end = sheet.text.len();
    let last = sheet.text.chars().next_back().map_or(1, char::len_utf8);
    let (wanted, found) = (sheet.headings.len(), row.cells.len());
    let within = fault(Span { start: end - last, end }, "the file ends within a row");
    vec![within.instead(&format!("{wanted} cells"), &format!("{found} cells")).hint(hint)]
}

fn names(sheet: &Sheet<'_>, _: &Columns) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for cell in &sheet.headings {
        if !seen.insert(cell.value.to_ascii_lowercase()) {
            let twice = format!("the heading `{}` stands there twice", cell.value);
            faults.push(wrong(cell, twice, "each heading once"));
        } else if !is_database_name(&cell.value) {
            faults.push(
                wrong(cell, format!("`{}` is no database name", cell.value), "a database name").hint(
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

/// Whether a heading is the end of a name, letter by letter: `Gigya UID` of `C_Gigya_UID1`.
fn ends_alike(name: &str, heading: &str) -> bool {
    let letters =
        |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let heading = letters(heading);
    heading.len() > 2 && letters(name).ends_with(&heading)
}

fn key(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    if sheet.text.is_empty() {
        return Vec::new();
    }
    if sheet.column(&columns.key).is_none() {
        // Under a separator that nobody takes there are no columns to look at.
        let named = sheet.text.lines().next().is_some_and(|line| line.contains(&columns.key));
        // Under other names, another rule tells what is wrong.
        let meant = |cell: &Cell| !is_database_name(&cell.value) && ends_alike(&columns.key, &cell.value);
        let all = !sheet.headings.iter().any(|cell| is_database_name(&cell.value));
        let named = named || all || sheet.headings.iter().any(meant);
        let first = sheet.headings.first().map_or(Span::default(), |cell| cell.span);
        let there: Vec<&str> = sheet.headings.iter().map(|cell| cell.value.as_str()).collect();
        let missing = fault(first, format!("no column is called {}", columns.key))
            .instead(&format!("a column {}", columns.key), &there.join(", "))
            .hint("keyed by the address, a user who changes it becomes a second contact");
        return if named { Vec::new() } else { vec![missing] };
    }
    let all = sheet.cells(&columns.key);
    let faults = all.filter_map(|cell| {
        let text = cell.value.trim();
        let message = match text {
            "" => "a row without a UID".to_owned(),
            _ if is_nothing(text) => {
                format!("`{text}` is what a program writes for a UID that it does not have")
            }
            _ if text.parse::<Email>().is_ok() => format!("`{text}` is an address, not a UID"),
            _ => return None,
        };
        Some(wrong(cell, message, "a UID"))
    });
    faults.collect()
}

/// What programs write for a value that they do not have.
const NOTHING: [&str; 6] = ["undefined", "null", "None", "NaN", "nil", "[object Object]"];

fn is_nothing(text: &str) -> bool {
    NOTHING.contains(&text)
}

fn values(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    let key = sheet.column(&columns.key);
    let subscriptions: Vec<_> = columns.subscriptions.iter().map(|name| sheet.column(name)).collect();
    let all = sheet.rows.iter().flat_map(|row| row.cells.iter().enumerate());
    // A UID and a subscription have rules of their own.
    let all = all.filter(|(at, _)| key != Some(*at) && !subscriptions.contains(&Some(*at)));
    let long: Vec<_> = columns.long.iter().map(|name| sheet.column(name)).collect();
    let faults = all.filter_map(|(at, cell)| {
        let length = cell.value.chars().count();
        if cell.value == "undefined" || cell.value == "[object Object]" {
            let message =
                format!("`{}` is what a program writes for a value that it does not have", cell.value);
            return Some(wrong(cell, message, "a value or nothing"));
        }
        if cell.value.contains('\0') {
            return Some(wrong(cell, "a cell with a character NUL", "text"));
        }
        (length > LONGEST && !long.contains(&Some(at))).then(|| {
            fault(cell.span, format!("{length} characters, where a text field takes {LONGEST}"))
                .instead(&format!("at most {LONGEST} characters"), &format!("{length} characters"))
                .hint("name the columns of large text fields under `long`")
        })
    });
    faults.collect()
}

/// How many characters a text field of Eloqua takes.
const LONGEST: usize = 100;

fn one_row(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let named = sheet.cells(&columns.key).filter(|cell| !cell.value.trim().is_empty());
    // Eloqua compares text without regard to case.
    let again = named.filter(|cell| !seen.insert(cell.value.trim().to_lowercase()));
    again
        .map(|cell| {
            wrong(cell, format!("the UID `{}` has more than one row", cell.value), "one row for each UID")
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
                wrong(
                    cell,
                    format!("`{}` is the address of `{owner}` as well", cell.value),
                    "one UID for each address",
                )
                .hint("an address is one contact's; the second row is refused"),
            );
        }
    }
    faults
}

fn addresses(sheet: &Sheet<'_>, columns: &Columns) -> Vec<Fault> {
    // A row that is cut off has no address to judge.
    let cut = usize::from(cut_off(sheet).is_some());
    let whole = sheet.rows.iter().rev().skip(cut).rev();
    let Some(column) = sheet.column(&columns.address) else {
        // Without columns, or under other names, other rules tell what is wrong.
        let named = sheet.text.lines().next().is_none_or(|line| line.contains(&columns.address));
        let first = sheet
            .headings
            .first()
            .filter(|_| !named && sheet.headings.iter().all(|cell| is_database_name(&cell.value)));
        let missing = first.map(|first| {
            let there: Vec<&str> = sheet.headings.iter().map(|cell| cell.value.as_str()).collect();
            fault(first.span, format!("no column is called {}", columns.address))
                .instead(&format!("a column {}", columns.address), &there.join(", "))
                .hint("Eloqua makes no contact without an address")
        });
        return missing.into_iter().collect();
    };
    let mut faults = Vec::new();
    for cell in whole.filter_map(|row| row.cells.get(column)) {
        match cell.value.parse::<Email>() {
            Ok(_) if cell.value.trim() == cell.value => {}
            Ok(address) => {
                faults.push(wrong(cell, format!("`{}` has blanks around it", cell.value), address.as_str()))
            }
            Err(why) => faults.push(
                wrong(cell, format!("`{}`: {why}", cell.value), "an address")
                    .hint("Eloqua makes no contact without an address"),
            ),
        }
    }
    faults
}

/// Why a rule has nothing to look at in a file, if that is so.
pub(super) fn nothing_to_see(rule: &Rule, sheet: &Sheet<'_>, columns: &Columns) -> Option<String> {
    if let Some(what) = sheet.no_text {
        return (rule.name != "charset")
            .then(|| format!("it rests on GE-CSV-3, which is broken: the file is {what}"));
    }
    let (key, address) = (from_ref(&columns.key), from_ref(&columns.address));
    let needed: &[&[String]] = match rule.name {
        "names" => return sheet.headings.is_empty().then(|| "the file has no headings".to_owned()),
        "whole" => return None,
        "subscriptions" => &[&columns.subscriptions],
        "dates" => &[&columns.dates],
        "key" | "one row" => &[key],
        "addresses" => &[address],
        "one address" => &[key, address],
        _ => &[],
    };
    if sheet.rows.is_empty() {
        return Some("the file has no rows".to_owned());
    }
    let missing = needed.iter().find(|names| !names.iter().any(|name| sheet.column(name).is_some()));
    missing.map(|names| format!("the file has no column {}", names.join(" or ")))
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
    let numbers = all.filter(|cell| is_rounded(&cell.value));
    let faults = sheet.rows.iter().flat_map(|row| &row.cells);
    let faults = faults.filter(|cell| FAULTS.contains(&cell.value.as_str()) || is_formula(&cell.value));
    let found = numbers.map(|cell| (cell, "a long number")).chain(faults.map(|cell| (cell, "a formula")));
    found
        .map(|(cell, what)| {
            wrong(cell, format!("`{}` is what a spreadsheet makes of {what}", cell.value), "the value itself")
                .hint("do not open the file in a spreadsheet before it is loaded")
        })
        .collect()
}

/// What a spreadsheet writes in the place of a formula that went wrong.
const FAULTS: [&str; 7] = ["#NAME?", "#REF!", "#VALUE!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!"];

/// `="01234"`: digits that are to stay text in a spreadsheet.
fn is_formula(text: &str) -> bool {
    text.len() > 2 && text.starts_with("=\"") && text.ends_with('"')
}

/// `1.23E+15`: digits, a point, digits, an E; its sign only where there is a point, as a zip may be `1E5`.
fn is_rounded(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once('E') else { return false };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let signed = exponent.strip_prefix('+');
    digits(whole)
        && (digits(fraction) || fraction.is_empty() && signed.is_some())
        && digits(signed.unwrap_or(exponent))
}
