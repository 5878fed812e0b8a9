//! Reads what a search of Gigya finds, page by page.

use crate::component::Setup;
use crate::gigya::Gigya;
use crate::job::{Extract, Pace};
use crate::record::{Fields, Record};
use crate::run::{Outlet, Stop};
use crate::server::ahead;
use serde_json::Value;
use standin_model::mutant::mutated;

/// Pages of one run; a cursor that never ends is an error, not a loop.
const MAX_PAGES: u64 = 1_000_000;

/// What becomes of the fields of a result.
pub(crate) trait Shape: Sync {
    /// A record's fields.
    fn shaped(&self, result: Fields) -> impl Future<Output = Result<Fields, Stop>> + Send;
}

impl<F: Fn(Fields) -> Result<Fields, String> + Sync> Shape for F {
    async fn shaped(&self, result: Fields) -> Result<Fields, Stop> {
        Ok(self(result)?)
    }
}

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
    /// Whether the next page is fetched while the last one is worked on.
    pub(crate) pace: Pace,
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
        parts.push(match mutated("dataflow.where.no-brackets") {
            true => condition,
            false => format!("({condition})"),
        });
    }
    parts.extend(setup.since().map(changed));
    let filter = if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) };
    let page = setup.number("batchSize", 300, 10_000)?.min(setup.job.limit.unwrap_or(u64::MAX).max(1));
    Ok(format!("SELECT {select} FROM {from}{filter} LIMIT {page}"))
}

impl Pages {
    /// Makes a record of each result, as far as the limit goes.
    pub(crate) async fn read(&self, shape: &impl Shape, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let first = [("query", self.query.clone()), ("openCursor", "true".to_owned())];
        let mut answer = self.search(&first).await?;
        let mut read = 0;
        for _ in 0..MAX_PAGES {
            let results = match answer.get_mut("results").map(Value::take) {
                Some(Value::Array(results)) => results,
                _ => Vec::new(),
            };
            let wanted = usize::try_from(self.limit - read).unwrap_or(usize::MAX).min(results.len());
            read += wanted as u64;
            let work = self.bring(results.into_iter().take(wanted), shape, out);
            let next = match answer.get("nextCursorId").and_then(Value::as_str) {
                Some(cursor) if read < self.limit => [("cursorId", cursor.to_owned())],
                _ => {
                    work.await?;
                    out.trace(&format!("{read} {} read", self.noun));
                    return Ok(());
                }
            };
            let (next, worked) = ahead(self.pace, self.search(&next), work).await;
            worked?;
            answer = next?;
        }
        Err(Stop::Here(format!("{} does not end after {MAX_PAGES} pages", self.method)))
    }

    async fn bring(
        &self,
        results: impl Iterator<Item = Value> + Send,
        shape: &impl Shape,
        out: &mut Outlet<'_>,
    ) -> Result<(), Stop> {
        for result in results {
            let Value::Object(members) = result else {
                let text = format!("{} answered a result that is no object", self.method);
                return Err(Stop::Here(text));
            };
            out.made(Record::new(shape.shaped(members).await?, "")).await?;
        }
        Ok(())
    }

    async fn search(&self, params: &[(&str, String)]) -> Result<Value, Stop> {
        let refused = || format!("{} refused `{}`", self.method, self.query);
        self.gigya.call(self.method, params).await.map_err(|failure| failure.stop(&refused()))
    }
}
