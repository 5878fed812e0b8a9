//! What happens to rows: one algorithm for imports over the API and for files that Eloqua fetches itself, for
//! contacts and for other records.
//!
//! The steps, in order: count what was staged; note columns that the plan does not know; refuse bad
//! addresses and missing identifiers; keep one row of each identifier; match; decide between creating,
//! updating and refusing; apply the update rule to each field; write; do what the plan asks beyond fields;
//! log; weigh.
//!
//! - `plan`: what an import is to do. `view`: its columns in the rows. `outcome`: what it did.
//! - `contacts`, `records`: what matching, creating and updating mean for each sort.

mod contacts;
mod outcome;
mod plan;
mod records;
mod view;

pub(crate) use contacts::{Contacts, accepts};
pub(crate) use outcome::{Codes, Fate, Log, Outcome, Reject, weigh};
pub(crate) use plan::{Action, Card, Column, ImportRule, Plan, Row, Target, UpdateRule};
pub(crate) use records::RecordsOf;

use crate::elq::Severity;
use crate::records::Owner;
use crate::sheet::{Sheet, Stack};
use crate::store::Store;
use crate::value;
use indexmap::IndexMap;
use standin_fake_kit::Knobs;
use standin_model::Instant;
use standin_model::mutant::mutated;
use std::borrow::Cow;
use view::{RowView, View};

/// Why a row is refused: the code, and the keys that are to blame.
type Refusal = (u32, Vec<String>);

/// Where rows go.
pub(crate) trait Ground {
    /// Under which codes its records are counted.
    fn codes(&self) -> Codes;

    /// Records by the folded text of what `target` names, as far as `wanted` has it.
    fn index(&self, target: &Target, wanted: &IndexMap<Cow<'_, str>, u64>) -> Index;

    /// The record of an index that is none.
    fn direct(&self, identifier: &str) -> Vec<u64>;

    /// Makes a record of a row; keys whose value cannot be stored are added to `bad`.
    fn create(&mut self, work: &Work<'_>, row: RowView<'_>, bad: &mut Vec<String>) -> Result<u64, Refusal>;

    /// Writes a row into a record; says whether anything is different now.
    fn update(
        &mut self,
        work: &Work<'_>,
        row: RowView<'_>,
        id: u64,
        bad: &mut Vec<String>,
    ) -> Result<bool, Refusal>;

    /// Links a record as the plan asks; says whether it was linked otherwise.
    fn link(&mut self, work: &Work<'_>, row: RowView<'_>, id: u64) -> bool;

    /// Does what the plan asks beyond fields.
    fn act(&mut self, work: &Work<'_>, ids: &[u64]) -> Vec<Log>;
}

/// What all rows of an import share.
#[derive(Clone, Copy)]
pub(crate) struct Work<'w> {
    pub(crate) now: Instant,
    pub(crate) plan: &'w Plan,
    pub(crate) choices: Choices,
}

/// How records are found by an identifier.
pub(crate) enum Index {
    /// The ground finds them itself.
    Direct,
    Map(IndexMap<String, Vec<u64>>),
}

/// What the sources leave open, as set by knobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Choices {
    missing_clears: bool,
    keep_first: bool,
    lowest_match: bool,
    in_use: u32,
    absent_warns: bool,
    unchanged_touches: bool,
    most_matches: usize,
    tells_repeated: bool,
    without_email: bool,
    checks_addresses: bool,
}

impl Choices {
    /// Reads the knobs.
    pub(crate) fn of(knobs: &Knobs) -> Self {
        Self {
            missing_clears: knobs.text("eloqua.missing_key") == "clear",
            keep_first: knobs.text("eloqua.repeated_identifier") == "first",
            lowest_match: knobs.text("eloqua.multiple_matches") == "lowest_id",
            in_use: if knobs.text("eloqua.address_in_use") == "ELQ-00048" { 48 } else { 11 },
            absent_warns: knobs.text("eloqua.absent_column") == "warning",
            unchanged_touches: knobs.on("eloqua.unchanged_touches"),
            most_matches: usize::try_from(knobs.number("eloqua.most_matches")).unwrap_or(usize::MAX),
            tells_repeated: true,
            without_email: knobs.on("eloqua.contacts_without_address"),
            checks_addresses: true,
        }
    }

    /// The same where addresses are taken as they come, or not.
    pub(crate) fn checking(self, checks_addresses: bool) -> Self {
        Self { checks_addresses, ..self }
    }

    /// The same for whoever only counts repeated and unmatched rows.
    pub(crate) fn counting(self) -> Self {
        Self { tells_repeated: false, ..self }
    }
}

/// Runs the whole algorithm over rows that are already apart, into contacts.
pub(crate) fn run(store: &mut Store, now: Instant, plan: &Plan, rows: &[Row], choices: Choices) -> Outcome {
    let mut stack = Stack::default();
    stack.push(Cow::Owned(Sheet::of(rows)));
    run_on(&mut Contacts::new(store), &Work { now, plan, choices }, &stack)
}

/// The same into records of an owner.
pub(crate) fn run_records(
    store: &mut Store,
    owner: Owner,
    now: Instant,
    plan: &Plan,
    rows: &[Row],
    choices: Choices,
) -> Outcome {
    let mut stack = Stack::default();
    stack.push(Cow::Owned(Sheet::of(rows)));
    run_on(&mut RecordsOf::new(store, owner), &Work { now, plan, choices }, &stack)
}

/// Runs the whole algorithm.
pub(crate) fn run_on(ground: &mut impl Ground, work: &Work<'_>, stack: &Stack<'_>) -> Outcome {
    let (plan, choices) = (work.plan, work.choices);
    let view = View::new(plan, stack);
    let mut outcome = Outcome { codes: ground.codes(), total: stack.total, ..Outcome::default() };
    outcome.absent_weight = choices.absent_warns.then_some(Severity::Warning);
    view.note_columns(stack, &mut outcome);
    let fit: Vec<RowView<'_>> = view.rows().filter(|row| row.fits(choices, &mut outcome)).collect();
    let winners = winners(&fit, choices);
    let index = match view.identifier() {
        Some(column) => ground.index(&plan.columns[column].target, &winners),
        None => Index::Map(IndexMap::new()),
    };
    let mut touched = Vec::new();
    for row in fit {
        let identifier = folded(row);
        if !identifier.is_empty() && winners.get(&identifier) != Some(&row.index) {
            let reject = || row.reject(26, vec![plan.identifier.clone()]);
            outcome.repeat(choices.tells_repeated, reject);
            continue;
        }
        place(ground, work, row, &identifier, &index, &mut outcome, &mut touched);
    }
    outcome.actions = ground.act(work, &touched);
    outcome
}

/// The spelling under which identifiers are compared.
fn folded(row: RowView<'_>) -> Cow<'_, str> {
    match mutated("eloqua.import.letters-count") {
        true => row.identifier().into(),
        false => value::fold(row.identifier()),
    }
}

/// The row that counts for each identifier. Blank identifiers are nobody's and so are never the same.
fn winners<'r>(rows: &[RowView<'r>], choices: Choices) -> IndexMap<Cow<'r, str>, u64> {
    let mut winners = IndexMap::with_capacity(rows.len());
    for row in rows {
        let identifier = folded(*row);
        if choices.keep_first != mutated("eloqua.import.first-of-several-counts") {
            winners.entry(identifier).or_insert(row.index);
        } else {
            winners.insert(identifier, row.index);
        }
    }
    winners
}

fn place(
    ground: &mut impl Ground,
    work: &Work<'_>,
    row: RowView<'_>,
    identifier: &str,
    index: &Index,
    outcome: &mut Outcome,
    touched: &mut Vec<u64>,
) {
    let ids = match index {
        _ if identifier.is_empty() || mutated("eloqua.import.matches-nobody") => Vec::new(),
        Index::Direct => ground.direct(identifier),
        Index::Map(map) => map.get(identifier).cloned().unwrap_or_default(),
    };
    match settle(ground, work, row, ids, outcome) {
        Ok((ids, verdict)) => {
            if outcome.fates.len() < outcome::FATES_KEPT {
                outcome.fates.push(Fate { index: row.index, contacts: ids.clone(), verdict });
            }
            for id in &ids {
                outcome.linked += u64::from(ground.link(work, row, *id));
            }
            if !work.plan.actions.is_empty() {
                touched.extend(ids);
            }
        }
        Err((34, _)) => outcome.miss(work.choices.tells_repeated, || row.reject(34, Vec::new())),
        Err((code, fields)) => outcome.refuse(code, || row.reject(code, fields)),
    }
}

/// Creates, updates, or says why not.
fn settle(
    ground: &mut impl Ground,
    work: &Work<'_>,
    row: RowView<'_>,
    mut ids: Vec<u64>,
    outcome: &mut Outcome,
) -> Result<(Vec<u64>, &'static str), Refusal> {
    let plan = work.plan;
    let identifier = || vec![plan.identifier.clone()];
    if ids.len() > 1 && !plan.multiple {
        if !work.choices.lowest_match && !mutated("eloqua.import.takes-one-of-several") {
            return Err((26, identifier()));
        }
        ids.truncate(1);
    }
    if ids.len() > work.choices.most_matches {
        return Err((135, identifier()));
    }
    let mut bad = Vec::new();
    let verdict = match (ids.as_slice(), plan.import_rule) {
        ([], ImportRule::UpdateOnly) if !mutated("eloqua.import.update-only-creates") => {
            return Err((34, Vec::new()));
        }
        ([], _) => {
            ids.push(ground.create(work, row, &mut bad)?);
            outcome.created += 1;
            "created"
        }
        (_, ImportRule::CreateOnly) if !mutated("eloqua.import.create-only-updates") => {
            return Err((48, identifier()));
        }
        _ => {
            let mut changed = false;
            for id in &ids {
                changed |= ground.update(work, row, *id, &mut bad)?;
            }
            if changed {
                outcome.updated += 1;
                "updated"
            } else {
                outcome.unchanged += 1;
                "left unchanged"
            }
        }
    };
    bad.sort();
    bad.dedup();
    if !bad.is_empty() {
        outcome.store_in_part(|| row.reject(40, bad));
    }
    Ok((ids, verdict))
}

/// What can be told of columns and rows before any row is placed.
pub(crate) fn noted(plan: &Plan, stack: &Stack<'_>, choices: Choices) -> Outcome {
    let mut outcome = Outcome { total: stack.total, ..Outcome::default() };
    outcome.absent_weight = choices.absent_warns.then_some(Severity::Warning);
    View::new(plan, stack).note_columns(stack, &mut outcome);
    outcome
}

/// Sync actions by themselves: no row creates or changes a field.
pub(crate) fn run_actions(
    ground: &mut impl Ground,
    work: &Work<'_>,
    stack: &Stack<'_>,
) -> (Vec<Log>, Vec<Reject>) {
    let view = View::new(work.plan, stack);
    let mut outcome = noted(work.plan, stack, work.choices);
    let rows: Vec<RowView<'_>> = view.rows().collect();
    let winners = winners(&rows, work.choices);
    let Some(column) = view.identifier() else { return (Vec::new(), Vec::new()) };
    let index = ground.index(&work.plan.columns[column].target, &winners);
    let mut ids = Vec::new();
    for row in rows {
        let identifier = value::fold(row.identifier());
        let found = match &index {
            Index::Direct => ground.direct(&identifier),
            Index::Map(map) => map.get(&*identifier).cloned().unwrap_or_default(),
        };
        if found.is_empty() {
            outcome.miss(false, || row.reject(34, Vec::new()));
        }
        ids.extend(found);
    }
    outcome.actions = ground.act(work, &ids);
    (outcome.action_logs(), outcome.listed())
}
