//! The columns of a plan in the rows of a stack of sheets.

use crate::import::{Choices, Outcome, Plan, Reject, Target};
use crate::sheet::{SheetRow, Stack};
use crate::value;

/// A plan beside the rows that it is for.
pub(super) struct View<'v> {
    plan: &'v Plan,
    identifier: Option<usize>,
    emails: Vec<usize>,
    sheets: Vec<SheetView<'v>>,
}

struct SheetView<'v> {
    before: u64,
    sheet: &'v crate::sheet::Sheet,
    /// The key of each column.
    keys: Vec<Option<u32>>,
}

/// One row with the columns of a plan.
#[derive(Clone, Copy)]
pub(crate) struct RowView<'v> {
    /// The row's number, from 1, over all sheets.
    pub(crate) index: u64,
    view: &'v View<'v>,
    keys: &'v [Option<u32>],
    row: SheetRow<'v>,
}

impl<'v> View<'v> {
    pub(super) fn new(plan: &'v Plan, stack: &'v Stack<'_>) -> Self {
        let at = |wanted: &dyn Fn(&Target) -> bool| {
            plan.columns
                .iter()
                .enumerate()
                .filter(|(_, column)| wanted(&column.target))
                .map(|(at, _)| at)
                .collect()
        };
        let sheets = stack.sheets().map(|(before, sheet)| {
            let keys = plan.columns.iter().map(|column| sheet.key(&column.key)).collect();
            SheetView { before, sheet, keys }
        });
        Self {
            plan,
            identifier: plan.columns.iter().position(|column| column.key == plan.identifier),
            emails: at(&Target::is_email),
            sheets: sheets.collect(),
        }
    }

    /// The place of the identifier among the columns.
    pub(super) fn identifier(&self) -> Option<usize> {
        self.identifier
    }

    /// All rows in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = RowView<'_>> {
        self.sheets.iter().flat_map(move |of| {
            (0..of.sheet.len()).map(move |at| {
                let row = of.sheet.row(at);
                RowView { index: of.before + u64::from(row.number), view: self, keys: &of.keys, row }
            })
        })
    }

    /// Notes keys that the plan does not know, columns that no row has, and rows that could not be read.
    pub(super) fn note_columns(&self, stack: &Stack<'_>, outcome: &mut Outcome) {
        let columns = &self.plan.columns;
        for (before, sheet) in stack.sheets() {
            for key in &sheet.keys {
                if !columns.iter().any(|column| column.key == *key) && !self.plan.unmapped.contains(key) {
                    outcome.unknown.insert(key.clone());
                }
            }
            for (number, cells) in &sheet.malformed {
                let cell = |key: &str| {
                    let at = sheet.keys.iter().position(|known| known == key)?;
                    cells.get(at).cloned()
                };
                let values =
                    columns.iter().map(|column| (column.key.clone(), cell(&column.key).unwrap_or_default()));
                outcome.rejected.push(Reject {
                    index: before + u64::from(*number),
                    code: 32,
                    fields: Vec::new(),
                    values: values.collect(),
                });
            }
        }
        if self.sheets.iter().any(|of| of.sheet.len() > 0) {
            let absent = |at: &usize| self.sheets.iter().all(|of| of.keys[*at].is_none());
            outcome.absent = (0..columns.len()).filter(absent).map(|at| columns[at].key.clone()).collect();
        }
    }
}

impl<'v> RowView<'v> {
    /// What a column holds; none where the row lacks its key.
    pub(crate) fn get(&self, column: usize) -> Option<&'v str> {
        self.row.get((*self.keys.get(column)?)?)
    }

    /// What a column holds, blank where the row lacks its key.
    pub(crate) fn cell(&self, column: usize) -> &'v str {
        self.get(column).unwrap_or_default()
    }

    /// What the identifier's column holds.
    pub(crate) fn identifier(&self) -> &'v str {
        self.view.identifier.map(|column| self.cell(column)).unwrap_or_default()
    }

    /// The columns that hold an address.
    pub(crate) fn emails(&self) -> &'v [usize] {
        &self.view.emails
    }

    /// The keys of the columns that hold an address.
    pub(crate) fn email_keys(&self) -> Vec<String> {
        self.view.emails.iter().map(|at| self.view.plan.columns[*at].key.clone()).collect()
    }

    /// Whether the row is worth placing: its addresses are addresses, and it has an identifier.
    pub(super) fn fits(&self, choices: Choices, outcome: &mut Outcome) -> bool {
        let plan = self.view.plan;
        for column in self.emails() {
            let address = value::trimmed(self.cell(*column));
            if choices.checks_addresses && !address.is_empty() && !value::is_address(address) {
                outcome.rejected.push(self.reject(2, vec![plan.columns[*column].key.clone()]));
                return false;
            }
        }
        if self.identifier().trim().is_empty() && !plan.null_identifier {
            outcome.rejected.push(self.reject(61, vec![plan.identifier.clone()]));
            return false;
        }
        true
    }

    /// The row as it is told when it is refused.
    pub(crate) fn reject(&self, code: u32, fields: Vec<String>) -> Reject {
        let columns = self.view.plan.columns.iter().enumerate();
        let values = columns.map(|(at, column)| (column.key.clone(), self.cell(at).to_owned())).collect();
        Reject { index: self.index, code, fields, values }
    }
}
