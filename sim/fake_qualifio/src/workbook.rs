//! The XLSX export: one sheet, its cells as text.

use crate::statistics::{Export, is_formula};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use standin_model::Instant;

/// Its content type.
pub const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The columns that are numbers. Everything else is text, above all phone numbers, postal codes and UIDs,
/// which a number would cost their zeros and signs.
const NUMBERS: &[&str] = &["campaign_id", "score"];

/// Writes rows of named cells, captions first.
pub fn write(rows: &[Vec<(String, String)>], export: Export, now: Instant) -> Result<Vec<u8>, String> {
    built(rows, export, now).map_err(|error| error.to_string())
}

fn built(rows: &[Vec<(String, String)>], export: Export, now: Instant) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The library would put the machine's time here.
    let created = ExcelDateTime::from_timestamp(now.seconds())?;
    workbook.set_properties(&DocProperties::new().set_author("Qualifio").set_creation_datetime(&created));
    let sheet = workbook.add_worksheet();
    sheet.set_name("Participations")?;
    sheet.set_freeze_panes(1, 0)?;
    let text = Format::new().set_num_format("@");
    let caption = Format::new().set_bold();
    for (row, cells) in (0..).zip(rows) {
        for (column, (name, cell)) in (0..).zip(cells) {
            if row == 0 {
                sheet.write_string_with_format(row, column, cell, &caption)?;
            } else if let (true, Ok(number)) = (NUMBERS.contains(&name.as_str()), cell.parse::<u32>()) {
                sheet.write_number(row, column, number)?;
            } else if export == Export::SpreadsheetSafe && is_formula(cell) {
                sheet.write_string_with_format(row, column, format!("'{cell}"), &text)?;
            } else {
                sheet.write_string_with_format(row, column, cell, &text)?;
            }
        }
    }
    workbook.save_to_buffer()
}
