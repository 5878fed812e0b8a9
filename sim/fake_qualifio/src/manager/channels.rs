//! Where campaigns are published.

use super::campaigns::{known, read_channel, shown};
use super::typed::{in_order, language, parent_page};
use super::websites::domain_advice;
use super::{Call, json_reply, refused};
use crate::campaign::{Campaign, MOST};
use crate::problem::{Problem, Warning};
use crate::qualifio::{Pending, Qualifio};
use crate::turn::{Ask, AskFailed, SiteAnswer, Turn};
use standin_fake_kit::{Section, SeedError};
use standin_model::Instant;
use std::sync::Arc;

const ADDED: &[&str] = &["channel", "website", "language", "parent_page", "starts", "ends"];

const CHANGED: &[&str] = &["language", "parent_page", "starts", "ends"];

pub(super) fn add(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = known(qualifio, call)?;
    let section = Section::root(&call.body);
    section.only(ADDED)?;
    if campaign.channels.len() >= MOST {
        return Err(Problem::Full("200 channels"));
    }
    let channel = read_channel(qualifio, &section, None, qualifio.numbers.campaign)?;
    let mut next = (*campaign).clone();
    next.channels.push(channel);
    next.modified = call.now;
    if next.sso {
        qualifio.check_configs(&next)?;
    }
    qualifio.numbers.campaign += 1;
    let config = next.channels.last().and_then(|channel| qualifio.integration.config(channel.website));
    Ok(match config.filter(|_| next.sso) {
        Some(config) => qualifio.ask(Pending::Channel(Box::new(next)), Ask::SiteConfig(config)),
        None => keep(qualifio, &next, &[]),
    })
}

/// Goes on when the Gigya site behind the new channel is known: under a domain where it cannot be reached, a campaign
/// with single sign-on is not published.
pub(crate) fn site_known(
    qualifio: &mut Qualifio,
    next: &Campaign,
    site: Result<SiteAnswer, AskFailed>,
) -> Turn {
    let website = next.channels.last().and_then(|channel| qualifio.websites.get(&channel.website));
    let domain = website.map(|website| website.domain.clone()).unwrap_or_default();
    match domain_advice(&domain, site) {
        Ok(warnings) => keep(qualifio, next, &warnings),
        Err(problem) => Turn::Reply(refused(&problem)),
    }
}

fn keep(qualifio: &mut Qualifio, next: &Campaign, warnings: &[Warning]) -> Turn {
    qualifio.keep_campaign(next.clone());
    let mut body = shown(qualifio, next);
    let added = next.channels.last().map(|channel| channel.id);
    let advice = qualifio.screen_set_on_mobile(next, |channel| Some(channel.id) == added);
    let all: Vec<Warning> = warnings.iter().cloned().chain(advice.filter(|_| next.sso)).collect();
    body["warnings"] = super::warnings_json(&all);
    json_reply(201, &body)
}

pub(super) fn change(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let id = call.number("channel")?;
    let owns = |campaign: &&Arc<Campaign>| campaign.channels.iter().any(|channel| channel.id == id);
    let owner = qualifio.campaigns.values().find(owns).map(|campaign| (**campaign).clone());
    let mut next = owner.ok_or_else(|| Problem::NotFound(format!("channel {id}")))?;
    let section = Section::root(&call.body);
    section.only(CHANGED)?;
    next.modified = call.now;
    let named = |member: &str| call.body.get(member).is_some();
    for channel in next.channels.iter_mut().filter(|channel| channel.id == id) {
        if let Some(language) = language(&section)? {
            channel.language = language;
        }
        // A member that is null takes the value away.
        if named("parent_page") {
            channel.parent_page = parent_page(&section)?;
        }
        if named("starts") {
            channel.starts = time(&section, "starts")?;
        }
        if named("ends") {
            channel.ends = time(&section, "ends")?;
        }
        in_order(channel.starts, channel.ends)?;
    }
    next.modified = call.now;
    qualifio.keep_campaign(next.clone());
    Ok(json_reply(200, &shown(qualifio, &next)))
}

fn time(section: &Section<'_>, member: &str) -> Result<Option<Instant>, SeedError> {
    let Some(time) = section.get(member) else { return Ok(None) };
    time.text()?
        .parse()
        .map(Some)
        .map_err(|error: standin_model::instant::NotAnInstant| time.wrong(error.to_string()))
}
