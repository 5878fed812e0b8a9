//! `idx.search`.

use crate::call::Call;
use crate::documents;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::query::fields::Fields;
use crate::query::plan::Plan;
use crate::query::search::{LIMITS, Search, Sourced};
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

const SEARCH: Search = Search { limits: LIMITS, fields: |_| Fields::PLAIN, source, profiles: false };

/// With no hit at all there is a count and nothing else.
fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let page = SEARCH.run(gigya, call)?;
    let total = if page.aggregated { page.rows.count } else { page.total };
    let mut out = Object::new();
    out.insert("resultCount".into(), page.rows.count.into());
    if total > 0 {
        out.insert("totalCount".into(), total.into());
        page.rows.put(gigya, "result");
    }
    if let Some(next) = page.next {
        out.insert("nextCursorId".into(), next.into());
    }
    Ok(out)
}

fn source<'g>(gigya: &'g Gigya, call: &'g Call, plan: &Plan) -> Sourced<'g> {
    let found = gigya.idx.documents(&call.site, &plan.from.to_ascii_lowercase());
    let unknown = || Refusal::because(400_006, format!("Unknown source in FROM: {}", brief(&plan.from)));
    Ok(documents::source(found.ok_or_else(unknown)?))
}
