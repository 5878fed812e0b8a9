//! Reads what a search of Gigya finds, page by page.

use crate::component::Setup;
use crate::gigya::{CallFailure, Gigya};
use crate::job::Extract;
use crate::record::{Fields, Record};
use crate::run::{Outlet, Stop};
use serde_json::Value;

/// Pages of one run; a cursor that never ends is an error, not a loop.
const MAX_PAGES: u64 = 1_000_000;

/// One search of one run.
pub(crate) struct Pages {
    /// The method, `ds.search`.
    pub(crate) method: &'static str,
    /// What the results are, for the trace.
    pub(crate) noun: &'static str,
    /// The query.
    pub(crate) query: String,
    /// The site.
    pub(crate) gigya: Gigya,
    /// No more than so many results.
    pub(crate) limit: u64,
}

/// The query of a step. The user's condition stands in brackets: an OR in it would else swallow the delta.
pub(crate) fn query(
    setup: &Setup<'_>,
    select: &str,
    from: &str,
    changed: impl Fn(standin_model::Instant) -> String,
) -> Result<String, String> {
    let (condition, shifted) = setup.placeholders.condition(setup.text("where")?.trim());
    if shifted && setup.job.extract != Extract::Full {
        return Err(
            "a shifted time such as `${now-1h}` in `where` needs a scheduling with fullExtract".to_owned()
        );
    }
    let mut parts = Vec::new();
    if !condition.is_empty() {
        parts.push(format!("({condition})"));
    }
    parts.extend(setup.since().map(changed));
    let filter = if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) };
    let page = setup.number("batchSize", 300, 10_000)?.min(setup.job.limit.unwrap_or(u64::MAX).max(1));
    Ok(format!("SELECT {select} FROM {from}{filter} LIMIT {page}"))
}

impl Pages {
    /// Makes a record of each result, as far as the limit goes.
    pub(crate) async fn read(
        &self,
        shown: impl Fn(&Fields) -> Result<Fields, String> + Sync,
        out: &mut Outlet<'_>,
    ) -> Result<(), Stop> {
        let mut params = vec![("query", self.query.clone()), ("openCursor", "true".to_owned())];
        let mut read = 0;
        for _ in 0..MAX_PAGES {
            let answer = self.search(&params).await?;
            for result in answer.get("results").and_then(Value::as_array).into_iter().flatten() {
                if read == self.limit {
                    break;
                }
                read += 1;
                let Value::Object(members) = result else {
                    let text = format!("{} answered a result that is no object: {result}", self.method);
                    return Err(Stop::Here(text));
                };
                out.made(Record::new(shown(members)?, "")).await?;
            }
            match answer.get("nextCursorId").and_then(Value::as_str) {
                Some(cursor) if read < self.limit => params = vec![("cursorId", cursor.to_owned())],
                _ => {
                    out.trace(&format!("{read} {} read", self.noun));
                    return Ok(());
                }
            }
        }
        Err(Stop::Here(format!("{} does not end after {MAX_PAGES} pages", self.method)))
    }

    async fn search(&self, params: &[(&str, String)]) -> Result<Value, Stop> {
        self.gigya.call(self.method, params).await.map_err(|failure| {
            let sentence = failure.sentence();
            Stop::Here(match failure {
                CallFailure::Broken(_) => sentence,
                CallFailure::Refused { .. } => {
                    format!("{} refused `{}`: {sentence}", self.method, self.query)
                }
            })
        })
    }
}
