//! For programs: one object, stable in shape, with a schema. Durations are the only part that differs between two
//! runs.

use crate::document::{Document, document};
use crate::{Format, Needs, ReportError, Results};
use serde_json::Value;

/// The format.
pub const FORMAT: Format = Format {
    name: "json",
    summary: "one JSON object with every scenario, step, failure and journal; its schema: `standin list schema report`",
    needs: Needs::Story,
    write,
};

fn write(results: &Results<'_>) -> Result<String, ReportError> {
    Ok(format!("{}\n", serde_json::to_string_pretty(&document(results))?))
}

/// The JSON Schema of the report.
pub fn schema() -> Value {
    schemars::schema_for!(Document<'_>).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{outcomes, results};

    #[test]
    fn whole() {
        insta::assert_snapshot!(write(&results(&outcomes())).unwrap());
    }

    #[test]
    fn schema_of_the_report() {
        insta::assert_snapshot!(format!("{:#}", schema()));
    }
}
