//! Masking in tables: a file of comma- or otherwise separated values whose first line names a secret column.

use super::{MASK, hidden};
use std::borrow::Cow;

/// What separates cells; that which the first line has most of counts.
const SEPARATORS: [char; 4] = [',', ';', '|', '\t'];

/// A table with the cells of secret columns masked; any other text as it is.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    let head = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let separator = most_frequent(head);
    let secret: Vec<bool> = head.split(separator).map(|name| hidden(last_part(name))).collect();
    if !text.contains('\n') || !secret.contains(&true) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (row, cells) in rows(text, separator).enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let (value, end) = split_end(cell, separator);
            let hide = row > 0 && secret.get(column) == Some(&true) && !matches!(value, "" | "\"\"");
            out.push_str(if hide { MASK } else { value });
            out.push_str(end);
        }
    }
    Cow::Owned(out)
}

fn most_frequent(head: &str) -> char {
    let count = |separator: &char| head.matches(*separator).count();
    // The first of equals.
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(',')
}

/// `"profile.password"` is one.
fn last_part(name: &str) -> &str {
    name.trim().trim_matches('"').rsplit('.').next().unwrap_or_default()
}

/// The rows of a table; each cell keeps what ends it.
fn rows(text: &str, separator: char) -> impl Iterator<Item = Vec<&str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (mut cells, mut from, mut quoted) = (Vec::new(), 0, false);
        for (at, c) in rest.char_indices() {
            let end = at + c.len_utf8();
            match c {
                '"' => quoted = !quoted,
                '\n' if !quoted => {
                    cells.push(&rest[from..end]);
                    rest = &rest[end..];
                    return Some(cells);
                }
                c if c == separator && !quoted => {
                    cells.push(&rest[from..end]);
                    from = end;
                }
                _ => {}
            }
        }
        cells.push(&rest[from..]);
        rest = "";
        Some(cells)
    })
}

fn split_end(cell: &str, separator: char) -> (&str, &str) {
    let value = cell.strip_suffix('\n').map_or(cell, |line| line.strip_suffix('\r').unwrap_or(line));
    let value = value.strip_suffix(separator).unwrap_or(value);
    cell.split_at(value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_secret_columns_are_masked() {
        for (given, expected) in [
            ("UID,password\nann,geheim\r\nbo,\n", "UID,password\nann,********\r\nbo,\n"),
            ("\u{feff}\"secret\";b\n\"x;\"\"y\nz\";1\n\"\";2", "\u{feff}\"secret\";b\n********;1\n\"\";2"),
            ("a|data.accessToken|c\n1|st2.s|3|4\n", "a|data.accessToken|c\n1|********|3|4\n"),
            ("password\ngeheim\nnoch\n", "password\n********\n********\n"),
            ("UID,city\nann,secret\n", "UID,city\nann,secret\n"),
            ("password, please", "password, please"),
            ("", ""),
        ] {
            assert_eq!(masked(given), expected, "{given}");
        }
    }
}
