//! The instance's own imports and exports, and what they did.

use crate::eloqua::Eloqua;
use crate::job::{Direction, Job};
use crate::reply::{self, Refused};
use crate::router::Call;
use crate::setup::session;
use serde_json::{Value, json};
use standin_fake_kit::asset;
use standin_ports::Response;

/// `GET /setup/runs`.
pub(crate) fn runs(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    session::check_host(call.request)?;
    if session::user_of(eloqua, call.now, call.request).is_none() {
        return Err(session::nobody());
    }
    let jobs: Vec<Value> = eloqua.jobs.all.values().map(|job| told(job)).collect();
    let mut response = reply::rest(200, &json!({ "jobs": jobs, "runs": eloqua.runs() }));
    asset::guard(response.headers_mut(), asset::OWN_HOST_ONLY);
    Ok(response)
}

fn told(job: &Job) -> Value {
    let mut out = json!({
        "name": job.name,
        "server": format!("{}@{}", job.target.username, job.target.host),
        "folder": job.folder,
        "file": job.file,
        "everySeconds": job.every.map(|every| every.as_secs()),
        "mapping": job.mapping.iter().map(|(column, field)| json!([column, field])).collect::<Vec<_>>(),
    });
    match &job.direction {
        Direction::Import(import) => {
            out["direction"] = "import".into();
            out["key"] = import.key.as_str().into();
        }
        Direction::Export(export) => {
            out["direction"] = "export".into();
            out["changedOnly"] = export.changed_since_last_run.into();
        }
    }
    out
}
