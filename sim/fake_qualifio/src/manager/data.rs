//! Statistics, participations, CRM profiles, the push log.

use super::{Call, json_reply};
use crate::campaign::Campaign;
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::statistics::Export;
use crate::turn::Turn;
use http::{HeaderValue, header};
use serde_json::json;
use standin_fake_kit::answer;
use std::sync::Arc;

fn campaign(qualifio: &Qualifio, call: &Call<'_>) -> Result<Arc<Campaign>, Problem> {
    let id = call.number("campaign")?;
    qualifio.campaigns.get(&id).cloned().ok_or_else(|| Problem::NotFound(format!("campaign {id}")))
}

pub(super) fn statistics(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = campaign(qualifio, call)?;
    Ok(json_reply(200, &json!({"participations": qualifio.statistics.to_json(&campaign)})))
}

pub(super) fn csv(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = campaign(qualifio, call)?;
    let export = match call.query.get("spreadsheet_safe") {
        Some("1" | "true") => Export::SpreadsheetSafe,
        _ => Export::Plain,
    };
    let text = qualifio.statistics.to_csv(&campaign, export);
    let mut response = answer::with_body(200, "text/csv; charset=utf-8", text);
    let name = format!("attachment; filename=\"campaign-{}.csv\"", campaign.id);
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(Turn::Reply(response))
}

pub(super) fn participations(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    Ok(json_reply(200, &json!({"participations": qualifio.participations()})))
}

pub(super) fn profiles(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    Ok(json_reply(200, &json!({"profiles": qualifio.profiles()})))
}

pub(super) fn pushes(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    Ok(json_reply(200, &json!({"pushes": qualifio.pushes()})))
}
