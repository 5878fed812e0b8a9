//! The form: from what was submitted to a row and a push that waits.

use super::flow::{edit, refusing_limit, row, show};
use super::single_sign_on;
use crate::campaign::{Campaign, Field, Step, is_mapped};
use crate::form::{Checked, Terms, check};
use crate::participation::{Identified, Participation};
use crate::problem::Warning;
use crate::qualifio::Qualifio;
use crate::statistics::Row;
use crate::turn::{PushOrder, Turn};
use crate::webhooks;
use standin_fake_kit::form::Form;
use standin_model::{Instant, email, text};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The fields that a form shows or carries: the e-mail address is Gigya's, once Gigya said who this is.
pub fn fields<'c>(campaign: &'c Campaign, identity: Option<&Identified>) -> Vec<&'c Field> {
    campaign.fields.iter().filter(|field| identity.is_none() || field.variable != "email").collect()
}

/// Submits the form.
pub(super) fn form(qualifio: &mut Qualifio, now: Instant, uk: &str, form: &Form) -> Turn {
    let Some(participation) = qualifio.participations.get(uk).cloned() else {
        return show(qualifio, uk);
    };
    let open = participation.step() == Step::Form && participation.row.is_none();
    if participation.row.is_some() {
        edit(qualifio, uk, |participation| participation.repeated = true);
    }
    if !open || single_sign_on::is_due(qualifio, &participation) {
        return show(qualifio, uk);
    }
    if is_tampered(&participation, form) {
        edit(qualifio, uk, |participation| participation.warn(Warning::new("EmailTamperIgnored")));
    }
    let checked = checked(qualifio, now, &participation, form);
    if checked.errors.is_empty() {
        accept(qualifio, now, uk, &checked);
    } else {
        edit(qualifio, uk, |participation| redisplay(participation, &checked, form, None));
    }
    show(qualifio, uk)
}

/// Submits the form unseen, if the campaign wants that and Gigya knows everything that it asks for. What an address
/// says is not taken for that: whoever made the address would write into somebody's profile.
pub(super) fn unseen(qualifio: &mut Qualifio, now: Instant, uk: &str) -> Option<Turn> {
    let participation = qualifio.participations.get(uk).cloned()?;
    let campaign = &participation.campaign;
    let identity = participation.identity.as_ref()?;
    let shown = fields(campaign, Some(identity));
    let value = |field: &Field| -> String {
        let known = identity.known.contains(&field.variable);
        let value = participation.prefill.get(&field.variable).filter(|_| known);
        value.and_then(|value| field.chosen(value)).unwrap_or_default().to_owned()
    };
    let is_known =
        |field: &&Field| field.hidden || is_mapped(&field.variable) && !text::clean(&value(field)).is_empty();
    let custom = campaign.fields.iter().any(|field| !is_mapped(&field.variable));
    let consent = campaign.optins.iter().any(|optin| optin.mandatory);
    if !campaign.auto_submit || custom || consent || !shown.iter().all(is_known) {
        return None;
    }
    let mut filled = form_urlencoded::Serializer::new(String::new());
    for field in &shown {
        filled.append_pair(&field.name(), &value(field));
    }
    let form = Form::parse(filled.finish().as_bytes());
    let checked = checked(qualifio, now, &participation, &form);
    if !checked.errors.is_empty() {
        return None;
    }
    accept(qualifio, now, uk, &checked);
    Some(show(qualifio, uk))
}

fn is_tampered(participation: &Participation, form: &Form) -> bool {
    let Some(identity) = &participation.identity else { return false };
    let named = participation.campaign.fields.iter().filter(|field| field.variable == "email");
    let mut names = named.map(Field::name).chain(["email".to_owned()]);
    names.any(|name| {
        form.get(&name).is_some_and(|sent| !sent.trim().is_empty() && !email::same(sent, &identity.email))
    })
}

fn checked(qualifio: &Qualifio, now: Instant, participation: &Participation, form: &Form) -> Checked {
    let site = participation.channel().and_then(|channel| qualifio.websites.get(&channel.website));
    let terms = Terms {
        now,
        zone: site.map_or("Europe/Brussels", |site| site.zone.as_str()),
        prefill: &participation.prefill,
    };
    let fields = fields(&participation.campaign, participation.identity.as_ref());
    check(&fields, &participation.campaign.optins, form, terms)
}

/// How much of a refused value the page gives back: enough to shorten it, and more than any value may have.
const MOST_GIVEN_BACK: usize = 1_000;

/// What was typed into some controls, as a page that was refused gives it back.
pub(super) fn given_back(form: &Form, names: impl IntoIterator<Item = String>) -> BTreeMap<String, String> {
    let cut = |value: &str| value.chars().take(MOST_GIVEN_BACK).collect();
    names.into_iter().filter_map(|name| Some((name.clone(), cut(form.get(&name)?)))).collect()
}

fn redisplay(
    participation: &mut Participation,
    checked: &Checked,
    form: &Form,
    refusal: Option<&'static str>,
) {
    participation.refusal = refusal;
    participation.errors = checked.errors.clone();
    let names = participation.campaign.fields.iter().map(Field::name);
    let names = names.chain(participation.campaign.optins.iter().map(crate::campaign::Optin::name));
    let parts = ["day", "month", "year"].map(str::to_owned);
    participation.typed = given_back(form, names.chain(parts));
}

/// Keeps the row, then lets the push wait: whoever takes part never waits for it.
fn accept(qualifio: &mut Qualifio, now: Instant, uk: &str, checked: &Checked) {
    let Some(participation) = qualifio.participations.get(uk).cloned() else { return };
    let Some(row) = filled_row(qualifio, now, &participation, checked) else { return };
    if let Some(limit) = refusing_limit(qualifio, &participation, &row) {
        return edit(qualifio, uk, |participation| {
            let typed = checked.values.iter().map(|(id, value)| (format!("choix_{id}"), value.clone()));
            participation.typed = typed.collect();
            participation.errors.clear();
            participation.refusal = Some("LimitReached");
            participation.limited = Some(limit);
        });
    }
    webhooks::tell(qualifio, now, &participation, Some(&row));
    let number = qualifio.statistics.add(row);
    edit(qualifio, uk, |participation| {
        participation.row = Some(number);
        participation.refusal = None;
        participation.forward();
        participation.just_submitted = true;
    });
    let submitted = participation.campaign.fields.iter().filter_map(|field| {
        let value = field.in_gigya(checked.values.get(&field.id)?).to_owned();
        Some((field.variable.clone(), value))
    });
    push(qualifio, &participation, submitted.collect());
}

fn filled_row(
    qualifio: &Qualifio,
    now: Instant,
    participation: &Participation,
    checked: &Checked,
) -> Option<Row> {
    let mut row = row(qualifio, now, participation)?;
    for field in &participation.campaign.fields {
        if let Some(value) = checked.values.get(&field.id) {
            row.values.insert(field.variable.clone(), value.clone());
        }
    }
    for optin in &participation.campaign.optins {
        let response = checked.optins.get(&optin.id).cloned().unwrap_or_default();
        row.optins.insert(optin.variable.clone(), response);
    }
    if let Some(identity) = &participation.identity {
        row.values.insert("email".to_owned(), identity.email.clone());
        row.external_id = identity.uid.clone();
    }
    Some(row)
}

/// Hands the form over. Whether anything is written is for the push to decide and to record: it is told of
/// previews and of customers who have nothing written back.
fn push(qualifio: &mut Qualifio, participation: &Participation, submitted: Vec<(String, String)>) {
    let Some(identity) = &participation.identity else { return };
    if !qualifio.integration.enabled {
        return;
    }
    let Some(channel) = participation.channel() else { return };
    let Some(config) = qualifio.integration.config(channel.website) else { return };
    let order = PushOrder {
        id: participation.id.clone(),
        campaign_id: participation.campaign.id,
        site_id: channel.website,
        site_country: qualifio.websites.get(&channel.website).map_or_else(String::new, |s| s.country.clone()),
        uid: identity.uid.clone(),
        email_at_identification: identity.email.clone(),
        language: channel.language.clone(),
        submitted,
        profile_at_identification: identity.profile.clone(),
        config,
        phone_policy: qualifio.integration.phone_policy,
        send_mode: qualifio.integration.send_mode,
        clear_on_empty: qualifio.integration.clear_on_empty,
        push_back: qualifio.integration.push_back,
        preview: participation.campaign.preview,
    };
    qualifio.orders.push_back(Arc::new(order));
}
