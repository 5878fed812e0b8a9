//! `idx.search`.

use crate::call::Call;
use crate::documents::{Documents, Source, search};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::query::parse::Query;
use serde_json::Value;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "idx.search",
    summary: "Finds dataflows, drafts, their versions, schedulings, scripts and job records; the list is called `result`.",
    evidence: Evidence::recorded("idx.search REST; recorded answers", "nothing_found_is_a_count_alone"),
    access: Access::Private,
    params: &["query", "openCursor", "cursorId"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    search(gigya, call, &Source { documents, page, rewrite: str::to_owned })
}

/// The documents of a query's source.
fn documents(gigya: &Gigya, call: &Call, query: &Query) -> Result<Documents, Refusal> {
    let found = gigya.idx.documents(&call.site, &query.from.to_ascii_lowercase());
    found.ok_or_else(|| Refusal::because(400_006, format!("Unknown source in FROM: {}", brief(&query.from))))
}

/// With no hit at all there is a count and nothing else.
fn page(result: Vec<Value>, total: usize) -> Object {
    let mut out = Object::new();
    out.insert("resultCount".into(), result.len().into());
    if total > 0 {
        out.insert("totalCount".into(), total.into());
        out.insert("result".into(), result.into());
    }
    out
}
