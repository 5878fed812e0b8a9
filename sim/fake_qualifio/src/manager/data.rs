//! Statistics, participations, CRM profiles, the push log.

use super::paging::Page;
use super::{Call, json_reply, plain};
use crate::campaign::Campaign;
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::statistics::Export;
use crate::turn::Turn;
use crate::workbook;
use http::{HeaderValue, header};
use std::sync::Arc;

fn campaign(qualifio: &Qualifio, call: &Call<'_>) -> Result<Arc<Campaign>, Problem> {
    let id = call.number("campaign")?;
    qualifio.campaigns.get(&id).cloned().ok_or_else(|| Problem::NotFound(format!("campaign {id}")))
}

pub(super) fn statistics(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = campaign(qualifio, call)?;
    let page = Page::of(call)?;
    let (columns, rows, total) = qualifio.statistics.page(&campaign, page);
    let mut body = page.answer("participations", rows, total);
    body["columns"] = columns.into();
    Ok(json_reply(200, &body))
}

fn export(call: &Call<'_>) -> Export {
    match call.query.get("spreadsheet_safe") {
        Some("1" | "true") => Export::SpreadsheetSafe,
        _ => Export::Plain,
    }
}

pub(super) fn csv(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = campaign(qualifio, call)?;
    let text = qualifio.statistics.to_csv(&campaign, export(call));
    Ok(file("text/csv; charset=utf-8", &format!("campaign-{}.csv", campaign.id), text))
}

pub(super) fn workbook(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = campaign(qualifio, call)?;
    let table = qualifio.statistics.table(&campaign);
    let bytes = workbook::write(&table, export(call), call.now).map_err(Problem::NotExported)?;
    Ok(file(workbook::KIND, &format!("campaign-{}.xlsx", campaign.id), bytes))
}

fn file(kind: &'static str, name: &str, content: impl Into<bytes::Bytes>) -> Turn {
    let mut response = plain(200, kind, content);
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Turn::Reply(response)
}

pub(super) fn participations(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let page = Page::of(call)?;
    let part = page.cut(qualifio.participations.values(), |participation| participation.to_json());
    Ok(json_reply(200, &page.answer("participations", part, qualifio.participations.len())))
}

pub(super) fn profiles(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let page = Page::of(call)?;
    let profiles = qualifio.profiles();
    let total = profiles.len();
    Ok(json_reply(200, &page.answer("profiles", page.cut(profiles.into_iter(), |profile| profile), total)))
}

pub(super) fn pushes(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let page = Page::of(call)?;
    let Some(campaign) = call.query.get("campaign") else {
        let part = page.cut(qualifio.pushes.iter(), |record| (**record).clone());
        return Ok(json_reply(200, &page.answer("pushes", part, qualifio.pushes.len())));
    };
    let wanted: Vec<_> = qualifio
        .pushes
        .iter()
        .filter(|record| record["campaign_id"].as_u64().is_some_and(|id| id.to_string() == campaign))
        .collect();
    let part = page.cut(wanted.iter(), |record| (***record).clone());
    Ok(json_reply(200, &page.answer("pushes", part, wanted.len())))
}
