//! The way from start to exit.

pub use super::single_sign_on::{identified, site_known};

use super::{page, single_sign_on};
use crate::campaign::{Mode, Step};
use crate::participation::Participation;
use crate::qualifio::Qualifio;
use crate::statistics::Row;
use crate::turn::Turn;
use crate::webhooks;
use imbl::OrdMap;
use standin_fake_kit::form::Form;
use standin_model::{Instant, text};
use std::sync::Arc;

/// Changes a participation that is known to be there.
pub(super) fn edit(qualifio: &mut Qualifio, uk: &str, change: impl FnOnce(&mut Participation)) {
    if let Some(participation) = qualifio.participations.get_mut(uk) {
        change(Arc::make_mut(participation));
    }
}

/// The page where the participant stands. Before the form, Gigya may have to be asked first.
pub fn show(qualifio: &mut Qualifio, uk: &str) -> Turn {
    let Some(participation) = qualifio.participations.get(uk).cloned() else {
        let expired = page::Message { status: 410, name: "Expired", channel: None, again: None };
        return Turn::Reply(page::message(qualifio, expired));
    };
    if single_sign_on::is_due(qualifio, &participation) && participation.reach.is_none() {
        return single_sign_on::look(qualifio, &participation);
    }
    Turn::Reply(page::of(qualifio, &participation))
}

/// Leaves the welcome screen.
pub(super) fn start(qualifio: &mut Qualifio, _: Instant, uk: &str, _: &Form) -> Turn {
    edit(qualifio, uk, |participation| {
        if participation.step() == Step::Intro {
            participation.forward();
        }
    });
    show(qualifio, uk)
}

/// Answers the questions.
pub(super) fn answers(qualifio: &mut Qualifio, now: Instant, uk: &str, form: &Form) -> Turn {
    let Some(before) = qualifio.participations.get(uk).cloned() else { return show(qualifio, uk) };
    if before.step() != Step::Questions {
        return show(qualifio, uk);
    }
    let right = |question: &&crate::campaign::Question| {
        let given = form.get(&question.name()).unwrap_or_default().trim();
        question.correct.as_deref().is_some_and(|correct| correct == given)
    };
    let score = before.campaign.questions.iter().filter(right).map(|question| question.score).sum();
    let given = before.campaign.questions.iter().filter_map(|question| {
        let given = text::clean(form.get(&question.name())?);
        (!given.is_empty()).then_some((question.id, given))
    });
    let answers: OrdMap<u64, String> = given.collect();
    edit(qualifio, uk, |participation| {
        participation.score = score;
        participation.answers = answers.clone();
        participation.forward();
    });
    match before.row {
        Some(number) => qualifio.statistics.set_answers(before.campaign.id, number, score, answers),
        None if before.campaign.mode == Mode::Anonymous => finish_anonymous(qualifio, now, uk),
        None => {}
    }
    show(qualifio, uk)
}

fn finish_anonymous(qualifio: &mut Qualifio, now: Instant, uk: &str) {
    let Some(participation) = qualifio.participations.get(uk).cloned() else { return };
    let Some(row) = row(qualifio, now, &participation) else { return };
    if let Some(limit) = refusing_limit(qualifio, &participation, &row) {
        return edit(qualifio, uk, |participation| {
            participation.refusal = Some("LimitReached");
            participation.limited = Some(limit);
        });
    }
    webhooks::tell(qualifio, now, &participation, Some(&row));
    let number = qualifio.statistics.add(row);
    edit(qualifio, uk, |participation| participation.row = Some(number));
}

/// The limit of the campaign that keeps a participation out.
pub(super) fn refusing_limit(
    qualifio: &Qualifio,
    participation: &Participation,
    row: &Row,
) -> Option<&'static str> {
    let site = participation.channel().and_then(|channel| qualifio.websites.get(&channel.website));
    let zone = site.map_or("UTC", |site| site.zone.as_str());
    qualifio.statistics.refusing_limit(&participation.campaign.limits, row, zone)
}

/// What the statistics keep of a participation, before anything that a form adds.
pub(super) fn row(qualifio: &Qualifio, now: Instant, participation: &Participation) -> Option<Row> {
    let channel = participation.channel()?;
    let website = qualifio.websites.get(&channel.website)?;
    Some(Row {
        participation_id: participation.id.clone(),
        campaign_id: participation.campaign.id,
        campaign_title: participation.campaign.title.clone(),
        channel_guid: channel.guid.clone(),
        website: website.name.clone(),
        country: website.country.clone(),
        channel: channel.kind.name(),
        language: channel.language.clone(),
        device: participation.device,
        url: participation.url(),
        ip: participation.ip.clone(),
        started: participation.started,
        completed: now,
        values: OrdMap::new(),
        optins: OrdMap::new(),
        answers: participation.answers.clone(),
        score: participation.score,
        external_id: String::new(),
        warnings: participation.warnings.clone(),
        anonymised: None,
    })
}
