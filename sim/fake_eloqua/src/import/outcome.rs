//! What became of the rows of an import, and the log that tells it.

use crate::elq::{self, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A row, or some of its values, that did not arrive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reject {
    pub(crate) index: u64,
    pub(crate) code: u32,
    pub(crate) fields: Vec<String>,
    /// The keys of the plan, which all rejects of an import share.
    pub(crate) keys: Arc<[String]>,
    /// What the row held under each key.
    pub(crate) cells: Vec<String>,
}

impl Reject {
    /// What the row held, by key.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&String, &String)> {
        self.keys.iter().zip(&self.cells)
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let text = |texts: &[String]| texts.iter().map(|text| 40 + text.len()).sum::<usize>();
        100 + text(&self.fields) + text(&self.cells)
    }
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
    pub(crate) const ADDRESSES: Self = Self { created: 33, updated: 35, linked: None };
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
    /// Rows refused, as far as they are kept.
    pub(crate) rejected: Vec<Reject>,
    /// How many rows were refused under each code.
    pub(super) refusals: BTreeMap<u32, u64>,
    /// How many rows were dropped for another of the same identifier.
    pub(crate) repeats: u64,
    /// These rows themselves, where whoever asks tells of them.
    pub(crate) repeated: Vec<Reject>,
    /// How many rows would have had to create and may not.
    pub(crate) unmatched: u64,
    /// These rows themselves, where whoever asks tells of them.
    pub(crate) unmatched_rows: Vec<Reject>,
    /// Rows stored without some of their values, as far as they are kept.
    pub(crate) partial: Vec<Reject>,
    /// How many there are.
    pub(crate) partials: u64,
    /// How many bytes the kept rows take.
    pub(super) kept: usize,
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

/// How many bytes of rows that did not arrive an outcome keeps; beyond it they are only counted.
const KEPT: usize = 128 << 20;
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
    /// Counts a row as refused, and keeps it while there is room.
    pub(crate) fn refuse(&mut self, code: u32, reject: impl FnOnce() -> Reject) {
        *self.refusals.entry(code).or_default() += 1;
        if let Some(reject) = self.room(reject) {
            self.rejected.push(reject);
        }
    }

    /// The same for a row that repeats the identifier of another.
    pub(crate) fn repeat(&mut self, told: bool, reject: impl FnOnce() -> Reject) {
        self.repeats += 1;
        if told && let Some(reject) = self.room(reject) {
            self.repeated.push(reject);
        }
    }

    /// The same for a row that matches nothing.
    pub(crate) fn miss(&mut self, told: bool, reject: impl FnOnce() -> Reject) {
        self.unmatched += 1;
        if told && let Some(reject) = self.room(reject) {
            self.unmatched_rows.push(reject);
        }
    }

    /// The same for a row that is stored without some of its values.
    pub(crate) fn store_in_part(&mut self, reject: impl FnOnce() -> Reject) {
        self.partials += 1;
        if let Some(reject) = self.room(reject) {
            self.partial.push(reject);
        }
    }

    /// Refused rows that were not kept one by one.
    pub(crate) fn refuse_unseen(&mut self, code: u32, count: u64) {
        if count > 0 {
            *self.refusals.entry(code).or_default() += count;
        }
    }

    fn room(&mut self, reject: impl FnOnce() -> Reject) -> Option<Reject> {
        if self.kept >= KEPT {
            return None;
        }
        let reject = reject();
        self.kept += reject.bytes();
        Some(reject)
    }

    /// How many rows are no contact now.
    pub(crate) fn refused_count(&self) -> u64 {
        self.refusals.values().sum::<u64>() + self.repeats + self.unmatched
    }

    /// Rows that are no contact now: refused, repeated, unmatched; in the order of the rows.
    pub(crate) fn refused(&self) -> Vec<&Reject> {
        let mut all: Vec<&Reject> =
            self.rejected.iter().chain(&self.repeated).chain(&self.unmatched_rows).collect();
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

    /// The log of sync actions by themselves, without the entry that names the final state.
    pub(crate) fn action_logs(&self) -> Vec<Log> {
        let mut logs = vec![Log::new(140, self.total)];
        logs.extend(self.column_logs());
        logs.push(Log::new(1, self.total));
        logs.extend(self.refusals.iter().map(|(code, count)| Log::new(*code, *count)));
        logs.extend(self.actions.iter().cloned());
        let rejected: u64 = self.refusals.values().sum();
        for (code, count) in [(34, self.unmatched), (60, rejected)] {
            if count > 0 {
                logs.push(Log::new(code, count));
            }
        }
        logs
    }

    /// What is told of keys outside the plan and of columns that no row had.
    fn column_logs(&self) -> Vec<Log> {
        let unknown = self.unknown.iter().take(UNKNOWN_TOLD);
        let mut logs: Vec<Log> = unknown.map(|key| Log::new(111, 1).with("field", key)).collect();
        for key in &self.absent {
            let mut log = Log::new(121, 1).with("field", key).with("file", "1");
            log.severity = self.absent_weight.unwrap_or(log.severity);
            logs.push(log);
        }
        logs
    }

    /// The log of a sync, without the entry that names its final state.
    pub(crate) fn logs(&self) -> Vec<Log> {
        let mut logs = vec![Log::new(130, self.total), Log::new(137, 0)];
        logs.extend(self.column_logs());
        logs.push(Log::new(1, self.total));
        let refused = |code: u32| self.refusals.get(&code).copied().unwrap_or_default();
        for code in [2, 11, 32, 48, 61, 135] {
            let count = refused(code);
            if count > 0 {
                logs.push(Log::new(code, count));
            }
        }
        let matches = refused(26);
        if self.repeats + matches > 0 {
            logs.push(Log::new(26, self.repeats + matches));
        }
        logs.push(Log::new(3, self.total - self.repeats));
        logs.push(Log::new(self.codes.created, self.created));
        logs.push(Log::new(self.codes.updated, self.updated + self.unchanged));
        if let Some(code) = self.codes.linked {
            logs.push(Log::new(code, self.linked));
        }
        let rejected: u64 = self.refusals.values().sum();
        for (code, count) in [(34, self.unmatched), (40, self.partials), (60, rejected), (144, self.partials)]
        {
            if count > 0 {
                logs.push(Log::new(code, count));
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
