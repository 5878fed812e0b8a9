//! What an export holds: one algorithm for exports over the API and for files that Eloqua delivers itself.

use crate::filter::Filter;
use crate::records::Owner;
use crate::statement::{Statement, Subject};
use crate::store::Store;
use crate::time::Zone;
use crate::value;
use standin_fake_kit::Knobs;
use std::borrow::Cow;

/// An export whose names are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ExportPlan {
    /// Keys or headings, and what stands under them.
    pub(crate) columns: Vec<(String, Statement)>,
    pub(crate) filter: Option<Filter>,
    pub(crate) zone: Zone,
    pub(crate) most: Option<u64>,
}

/// How flags are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Flags {
    yes: &'static str,
    no: &'static str,
}

impl Flags {
    /// Reads the knob.
    pub(crate) fn of(knobs: &Knobs) -> Self {
        match knobs.text("eloqua.flag_text") {
            "true/false" => Self { yes: "true", no: "false" },
            "1/0" => Self { yes: "1", no: "0" },
            _ => Self { yes: "True", no: "False" },
        }
    }
}

impl ExportPlan {
    /// Whether a subject is in the export.
    pub(crate) fn holds(&self, store: &Store, subject: Subject<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.admits(store, subject, self.zone))
    }

    /// How many rows the export has at most.
    pub(crate) fn most(&self) -> usize {
        self.most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
    }

    /// The cells of a subject, column by column.
    pub(crate) fn cells<'c>(
        &'c self,
        store: &'c Store,
        subject: Subject<'c>,
        flags: Flags,
    ) -> impl Iterator<Item = Cow<'c, str>> {
        self.columns.iter().map(move |(_, statement)| {
            let text = statement.of(store, subject, self.zone);
            let flag = match statement {
                Statement::Linked(_, linked) => linked,
                other => other,
            };
            match flag {
                Statement::IsSubscribed | Statement::IsBounced if text == value::flag_text(true) => {
                    flags.yes.into()
                }
                Statement::IsSubscribed | Statement::IsBounced if text == value::flag_text(false) => {
                    flags.no.into()
                }
                _ => text,
            }
        })
    }
}

/// The rows, by ascending contact id.
pub(crate) fn rows(store: &Store, plan: &ExportPlan, knobs: &Knobs) -> Vec<Vec<String>> {
    let flags = Flags::of(knobs);
    let subjects = store.contacts.values().map(|contact| Subject::Contact(contact));
    let passing = subjects.filter(|subject| plan.holds(store, *subject)).take(plan.most());
    passing.map(|subject| plan.cells(store, subject, flags).map(Cow::into_owned).collect()).collect()
}

/// The rows of records that are no contacts, by ascending id.
pub(crate) fn rows_of(store: &Store, owner: Owner, plan: &ExportPlan, knobs: &Knobs) -> Vec<Vec<String>> {
    let flags = Flags::of(knobs);
    let records = store.records.of(owner).into_iter().flat_map(|table| table.records.values());
    let subjects = records.map(|record| Subject::Record(record));
    let passing = subjects.filter(|subject| plan.holds(store, *subject)).take(plan.most());
    passing.map(|subject| plan.cells(store, subject, flags).map(Cow::into_owned).collect()).collect()
}
