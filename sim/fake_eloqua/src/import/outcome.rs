//! What became of the rows of an import, and the log that tells it.

use crate::elq::{self, Severity};
use std::collections::BTreeSet;

/// A row, or some of its values, that did not arrive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reject {
    pub(crate) index: u64,
    pub(crate) code: u32,
    pub(crate) fields: Vec<String>,
    pub(crate) values: Vec<(String, String)>,
}

/// An entry of a sync's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Log {
    pub(crate) code: u32,
    pub(crate) severity: Severity,
    pub(crate) count: u64,
    pub(crate) text: String,
}

impl Log {
    /// An entry with the code's own text and weight.
    pub(crate) fn new(code: u32, count: u64) -> Self {
        let known = elq::of(code);
        Self { code, severity: known.severity, count, text: known.text.to_owned() }
    }

    /// The same with the places in its text filled.
    pub(crate) fn with(mut self, place: &str, value: &str) -> Self {
        self.text = self.text.replace(&format!("{{{place}}}"), value);
        self
    }
}

/// The codes under which a sort of records is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Codes {
    pub(crate) created: u32,
    pub(crate) updated: u32,
    /// Counted besides, where such records are linked to contacts.
    pub(crate) linked: Option<u32>,
}

impl Codes {
    pub(crate) const CONTACTS: Self = Self { created: 4, updated: 22, linked: None };
}

impl Default for Codes {
    fn default() -> Self {
        Self::CONTACTS
    }
}

/// What became of the rows: total = created + updated + unchanged + rejected + repeats + unmatched.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) codes: Codes,
    pub(crate) total: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) linked: u64,
    /// Rows refused.
    pub(crate) rejected: Vec<Reject>,
    /// How many rows were dropped for another of the same identifier.
    pub(crate) repeats: u64,
    /// These rows themselves, where whoever asks tells of them.
    pub(crate) repeated: Vec<Reject>,
    /// Rows that would have had to create and may not.
    pub(crate) unmatched: Vec<Reject>,
    /// Rows stored without some of their values.
    pub(crate) partial: Vec<Reject>,
    /// Keys outside the plan.
    pub(crate) unknown: BTreeSet<String>,
    /// Columns of the plan that no row had.
    pub(crate) absent: Vec<String>,
    /// What became of rows that were not refused, the first of them.
    pub(crate) fates: Vec<Fate>,
    /// How much a column of the plan that no row had weighs.
    pub(crate) absent_weight: Option<Severity>,
    pub(crate) actions: Vec<Log>,
}

/// How many fates an outcome keeps.
pub(crate) const FATES_KEPT: usize = 200;
/// How many keys outside the plan are told one by one.
const UNKNOWN_TOLD: usize = 1000;

/// What became of one row that was not refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fate {
    pub(crate) index: u64,
    pub(crate) contacts: Vec<u64>,
    pub(crate) verdict: &'static str,
}

impl Outcome {
    /// Rows that are no contact now: refused, repeated, unmatched; in the order of the rows.
    pub(crate) fn refused(&self) -> Vec<&Reject> {
        let mut all: Vec<&Reject> =
            self.rejected.iter().chain(&self.repeated).chain(&self.unmatched).collect();
        all.sort_by_key(|reject| reject.index);
        all
    }

    /// Rows that GET rejects lists: refused ones and those with refused values. Repeated and unmatched rows
    /// are only counted in the log.
    pub(crate) fn listed(&mut self) -> Vec<Reject> {
        let mut all = std::mem::take(&mut self.rejected);
        all.append(&mut self.partial);
        all.sort_by_key(|reject| reject.index);
        all
    }

    /// The log of a sync, without the entry that names its final state.
    pub(crate) fn logs(&self) -> Vec<Log> {
        let mut logs = vec![Log::new(130, self.total), Log::new(137, 0)];
        for key in self.unknown.iter().take(UNKNOWN_TOLD) {
            logs.push(Log::new(111, 1).with("field", key));
        }
        for key in &self.absent {
            let mut log = Log::new(121, 1).with("field", key).with("file", "1");
            log.severity = self.absent_weight.unwrap_or(log.severity);
            logs.push(log);
        }
        logs.push(Log::new(1, self.total));
        for code in [2, 11, 32, 48, 61, 135] {
            let count = self.rejected.iter().filter(|reject| reject.code == code).count() as u64;
            if count > 0 {
                logs.push(Log::new(code, count));
            }
        }
        let matches = self.rejected.iter().filter(|reject| reject.code == 26).count() as u64;
        if self.repeats + matches > 0 {
            logs.push(Log::new(26, self.repeats + matches));
        }
        logs.push(Log::new(3, self.total - self.repeats));
        logs.push(Log::new(self.codes.created, self.created));
        logs.push(Log::new(self.codes.updated, self.updated + self.unchanged));
        if let Some(code) = self.codes.linked {
            logs.push(Log::new(code, self.linked));
        }
        for (code, rows) in
            [(34, &self.unmatched), (40, &self.partial), (60, &self.rejected), (144, &self.partial)]
        {
            if !rows.is_empty() {
                logs.push(Log::new(code, rows.len() as u64));
            }
        }
        logs.push(Log::new(71, 0));
        logs.extend(self.actions.iter().cloned());
        logs
    }
}

/// The final state that a log amounts to.
pub(crate) fn weigh(logs: &[Log]) -> &'static str {
    match logs.iter().map(|log| log.severity).max() {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        _ => "success",
    }
}
