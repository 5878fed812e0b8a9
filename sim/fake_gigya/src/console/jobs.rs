//! The button that stops a job.

use crate::console::{Visit, refused, reply, sent};
use crate::gigya::Gigya;
use serde_json::json;
use standin_ports::Response;

/// `POST /console/jobs/stop`.
pub(crate) fn stop(gigya: &mut Gigya, visit: &Visit<'_>) -> Response {
    let body = sent(visit.request);
    let id = body["id"].as_str().unwrap_or_default();
    let user_key = visit.user_key.as_deref().unwrap_or_default();
    let site = gigya.idx.site_of_running(id).and_then(|api_key| gigya.sites.get(api_key));
    let key = site.and_then(|site| site.keys.get(user_key));
    match key {
        None => refused(404, 404_000, "no such job is running"),
        Some(key) if !key.may("idx") => refused(403, 403_007, "the key may not call idx"),
        Some(_) => {
            gigya.stop_job(visit.now, id);
            reply(200, &json!({"stopped": id}))
        }
    }
}
