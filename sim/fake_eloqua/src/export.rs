//! What an export holds: one algorithm for exports over the API and for files that Eloqua delivers itself.

use crate::filter::Filter;
use crate::statement::Statement;
use crate::store::Store;
use crate::time::Zone;
use crate::value;
use standin_fake_kit::Knobs;

/// An export whose names are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ExportPlan {
    /// Keys or headings, and what stands under them.
    pub(crate) columns: Vec<(String, Statement)>,
    pub(crate) filter: Option<Filter>,
    pub(crate) zone: Zone,
    pub(crate) most: Option<u64>,
}

/// The rows, by ascending contact id.
pub(crate) fn rows(store: &Store, plan: &ExportPlan, knobs: &Knobs) -> Vec<Vec<String>> {
    let (yes, no) = match knobs.text("eloqua.flag_text") {
        "true/false" => ("true", "false"),
        "1/0" => ("1", "0"),
        _ => ("True", "False"),
    };
    let passing = store
        .contacts
        .values()
        .filter(|contact| plan.filter.as_ref().is_none_or(|filter| filter.passes(store, contact, plan.zone)));
    let most = plan.most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let row = |contact: &crate::store::Contact| {
        let cell = |(_, statement): &(String, Statement)| {
            let text = statement.value(store, contact, plan.zone);
            match statement {
                Statement::IsSubscribed | Statement::IsBounced if text == value::flag_text(true) => {
                    yes.to_owned()
                }
                Statement::IsSubscribed | Statement::IsBounced => no.to_owned(),
                _ => text,
            }
        };
        plan.columns.iter().map(cell).collect()
    };
    passing.take(most).map(|contact| row(contact)).collect()
}
