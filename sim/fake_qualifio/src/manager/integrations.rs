//! The Gigya SSO integration.

use super::typed::line;
use super::{Call, json_reply, warnings_json};
use crate::campaign::{Channel, is_mapped};
use crate::integration::{EXPERT_MEMBERS, SiteMode, TypedBlock, expert_json, integration_name, read_expert};
use crate::problem::{Problem, Warning};
use crate::qualifio::Qualifio;
use crate::turn::Turn;
use serde_json::{Map, Value, json};
use standin_fake_kit::Section;
use std::sync::Arc;

pub(super) fn get(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    Ok(json_reply(200, &shown(qualifio, &[])))
}

fn shown(qualifio: &Qualifio, warnings: &[Warning]) -> Value {
    let integration = &qualifio.integration;
    let mut body = json!({
        "enabled": integration.enabled,
        "name": integration.name,
        "global": integration.global.as_ref().map(|block| block.to_json()),
        "sites": qualifio.websites.values().map(|website| site_json(qualifio, website.id)).collect::<Value>(),
        "subscription": {"sso": integration.subscription_sso},
        "health": health(!qualifio.unhealthy.is_empty()),
        "unsaved": integration.draft.is_some(),
        "draft": integration.draft.as_deref().map(|(name, block)| draft_json(name.as_deref(), block)),
        "warnings": warnings_json(warnings),
    });
    if let (Some(body), Value::Object(expert)) = (body.as_object_mut(), expert_json(integration)) {
        body.extend(expert);
    }
    body
}

/// What was typed and not saved; a key in it is as secret as one that was.
fn draft_json(name: Option<&str>, block: &TypedBlock) -> Value {
    let mut draft = block.to_json();
    draft["name"] = name.into();
    draft
}

fn site_json(qualifio: &Qualifio, id: u64) -> Value {
    let settings = qualifio.integration.sites.get(&id).cloned().unwrap_or_default();
    let website = qualifio.websites.get(&id);
    let name = website.map(|website| website.name.as_str());
    let mut members = Map::new();
    members.insert("id".to_owned(), id.into());
    members.insert("name".to_owned(), name.into());
    members.insert("domain".to_owned(), website.map(|website| website.domain.as_str()).into());
    members.insert("site_mode".to_owned(), settings.mode.name().into());
    let effective = qualifio.integration.effective(id).map(|block| block.login_screen.name());
    members.insert("effective_login_screen".to_owned(), effective.into());
    members.insert("health".to_owned(), health(qualifio.unhealthy.contains(&id)));
    members.insert("block".to_owned(), settings.block.map(|block| block.to_json()).into());
    Value::Object(members)
}

/// Red as long as Gigya's last word was that it does not take the keys.
fn health(refused: bool) -> Value {
    if refused { "red".into() } else { "green".into() }
}

fn typed(body: &Value) -> Result<(Option<String>, TypedBlock), Problem> {
    let section = Section::root(body);
    let members: Vec<&str> = [&["name"], TypedBlock::MEMBERS].concat();
    section.only(&members)?;
    let name = line(&section, "name")?;
    Ok((name, TypedBlock::read(&section)?))
}

/// Saves name and global block, whole or not at all.
pub(crate) fn keep(
    qualifio: &mut Qualifio,
    name: Option<&str>,
    block: &TypedBlock,
) -> Result<Vec<Warning>, Problem> {
    if !qualifio.integration.subscription_sso {
        return Err(Problem::SsoNotInSubscription);
    }
    let name = name.map(integration_name).transpose()?;
    let (block, mut warnings) = block.save(qualifio.integration.global.as_deref())?;
    if let Some(name) = name {
        qualifio.integration.name = name;
    }
    qualifio.integration.global = Some(Arc::new(block));
    warnings.extend(advice(qualifio, |channel| {
        qualifio.integration.sites.get(&channel.website).is_none_or(|site| site.mode == SiteMode::Inherit)
    }));
    Ok(warnings)
}

/// What is advised of login screens that have just been chosen, since campaigns are on phones already.
fn advice(qualifio: &Qualifio, asked: impl Fn(&Channel) -> bool) -> Option<Warning> {
    let running = qualifio.campaigns.values().filter(|campaign| campaign.sso);
    running.filter_map(|campaign| qualifio.screen_set_on_mobile(campaign, &asked)).next()
}

pub(super) fn save(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let (name, block) = typed(&call.body)?;
    let warnings = keep(qualifio, name.as_deref(), &block)?;
    qualifio.integration.draft = None;
    Ok(json_reply(200, &shown(qualifio, &warnings)))
}

pub(super) fn draft(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let (name, mut block) = typed(&call.body)?;
    if let Some(earlier) = qualifio.integration.draft.as_deref() {
        block.keep_keys(&earlier.1);
    }
    qualifio.integration.draft = Some(Arc::new((name, block)));
    Ok(json_reply(200, &shown(qualifio, &[])))
}

pub(super) fn save_draft(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let draft = qualifio.integration.draft.clone();
    let draft = draft.ok_or_else(|| Problem::NotFound("unsaved change".to_owned()))?;
    let warnings = keep(qualifio, draft.0.as_deref(), &draft.1)?;
    qualifio.integration.draft = None;
    Ok(json_reply(200, &shown(qualifio, &warnings)))
}

pub(super) fn forget_draft(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    qualifio.integration.draft = None;
    Ok(json_reply(200, &shown(qualifio, &[])))
}

pub(super) fn expert_shown(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    Ok(json_reply(200, &expert_json(&qualifio.integration)))
}

pub(super) fn switch(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let section = Section::root(&call.body);
    section.only(&["enabled"])?;
    let enabled = section.need("enabled")?.flag()?;
    if enabled && !qualifio.integration.subscription_sso {
        return Err(Problem::SsoNotInSubscription);
    }
    if enabled && !qualifio.integration.is_configured() {
        return Err(Problem::InvalidConfig("Global".to_owned()));
    }
    qualifio.integration.enabled = enabled;
    Ok(json_reply(200, &shown(qualifio, &[])))
}

pub(super) fn expert(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let section = Section::root(&call.body);
    section.only(EXPERT_MEMBERS)?;
    let mut next = qualifio.integration.clone();
    read_expert(&mut next, &section)?;
    qualifio.integration = next;
    Ok(json_reply(200, &expert_json(&qualifio.integration)))
}

/// Saves a site's mode, its block, or both. A mode alone brings back what was stored before; a site that is
/// made independent with nothing stored has no usable configuration.
pub(crate) fn keep_site(
    qualifio: &mut Qualifio,
    id: u64,
    mode: Option<SiteMode>,
    block: &TypedBlock,
) -> Result<Vec<Warning>, Problem> {
    if !qualifio.integration.subscription_sso {
        return Err(Problem::SsoNotInSubscription);
    }
    let mut settings = qualifio.integration.sites.get(&id).cloned().unwrap_or_default();
    let mut warnings = Vec::new();
    if !block.is_empty() {
        let (saved, saved_with) = block.save(settings.block.as_deref())?;
        settings.block = Some(Arc::new(saved));
        settings.mode = SiteMode::Independent;
        warnings = saved_with;
    }
    settings.mode = mode.unwrap_or(settings.mode);
    qualifio.integration.sites.insert(id, settings);
    warnings.extend(advice(qualifio, |channel| channel.website == id));
    Ok(warnings)
}

pub(super) fn site(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let id = call.number("website")?;
    if !qualifio.websites.contains_key(&id) {
        return Err(Problem::NotFound(format!("website {id}")));
    }
    let section = Section::root(&call.body);
    let members: Vec<&str> = [&["site_mode"], TypedBlock::MEMBERS].concat();
    section.only(&members)?;
    let mode = section.get("site_mode").map(|mode| SiteMode::read(&mode)).transpose()?;
    let block = TypedBlock::read(&section)?;
    let warnings = keep_site(qualifio, id, mode, &block)?;
    let mut body = site_json(qualifio, id);
    body["warnings"] = warnings_json(&warnings);
    Ok(json_reply(200, &body))
}

pub(super) fn map(_: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let section = Section::root(&call.body);
    section.only(&["variable", "path"])?;
    let variable = section.need("variable")?.text()?.to_owned();
    Err(if is_mapped(&variable) {
        Problem::AlreadyMapped(variable)
    } else {
        Problem::UnsupportedVariable(variable)
    })
}
