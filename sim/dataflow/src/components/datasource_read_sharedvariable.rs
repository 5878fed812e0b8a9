//! `datasource.read.sharedvariable`

use crate::component::{Carries, Component, ComponentDoc, Each, Fate, Setup, Transform};
use crate::record::Record;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.read.sharedvariable",
    summary: "Stands between two record steps and passes every record on as it is",
    params: &[],
    input: Carries::Records,
    output: Carries::Records,
    evidence: Evidence::decided(
        "stored dataflows put it between a parser and a writer; what it does is nowhere documented",
        "records_pass_unchanged",
    ),
    build,
};

fn build(_setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Each(Pass)))
}

struct Pass;

impl Transform for Pass {
    fn transform(&mut self, record: Record) -> Fate {
        Fate::next(record)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_step;
    use serde_json::json;

    #[test]
    fn records_pass_unchanged() {
        for record in ["{}", r#"{"b":{"c":[1]},"a":null}"#] {
            check_step("datasource.read.sharedvariable", json!({}), record, &[record], &[]);
        }
    }
}
