//! The way from start to exit.

pub use super::single_sign_on::{identified, site_known};

use super::{page, single_sign_on, submit};
use crate::campaign::{Mode, Question, Step};
use crate::form::FormError;
use crate::participation::Participation;
use crate::qualifio::Qualifio;
use crate::statistics::Row;
use crate::turn::Turn;
use crate::webhooks;
use imbl::OrdMap;
use standin_fake_kit::form::Form;
use standin_model::{Instant, text};
use std::collections::BTreeMap;
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

/// Answers the questions of one page. A page that comes a second time answers nothing of the next one: it says which
/// page it is, or names questions of its own only.
pub(super) fn answers(qualifio: &mut Qualifio, now: Instant, uk: &str, form: &Form) -> Turn {
    let Some(before) = qualifio.participations.get(uk).cloned() else { return show(qualifio, uk) };
    let named = |questions: &[Question]| questions.iter().any(|asked| form.get(&asked.name()).is_some());
    let another = form.get("pg").is_some_and(|pg| pg != before.page.to_string())
        || named(&before.campaign.questions) && !named(before.questions());
    if before.step() != Step::Questions || another {
        return show(qualifio, uk);
    }
    let (given, errors) = read_answers(before.questions(), form);
    if !errors.is_empty() {
        let typed = submit::given_back(form, before.questions().iter().map(Question::name));
        edit(qualifio, uk, |participation| (participation.typed, participation.errors) = (typed, errors));
        return show(qualifio, uk);
    }
    let answers = given.union(before.answers.clone());
    if before.part + 1 < before.pages_of_questions().len() {
        edit(qualifio, uk, |participation| {
            participation.answers = answers;
            participation.next_part();
        });
        return show(qualifio, uk);
    }
    let right =
        |question: &&Question| answers.get(&question.id).is_some_and(|given| question.is_right(given));
    let score = before.campaign.questions.iter().filter(right).map(|question| question.score).sum();
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

/// The answers of a page by question, and what is wrong with them by control name. Where there are choices nothing
/// else is an answer.
fn read_answers(questions: &[Question], form: &Form) -> (OrdMap<u64, String>, BTreeMap<String, FormError>) {
    let (mut given, mut errors) = (OrdMap::new(), BTreeMap::new());
    for question in questions {
        let answer = text::clean(form.get(&question.name()).unwrap_or_default());
        let offered = || question.answers.iter().any(|choice| text::clean(choice) == answer);
        if question.answers.is_empty() && answer.chars().count() > text::LIMIT {
            errors.insert(question.name(), FormError::TooLong);
        } else if !answer.is_empty() && (question.answers.is_empty() || offered()) {
            given.insert(question.id, answer);
        }
    }
    (given, errors)
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
        visitor: participation.visitor.clone(),
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
