//! A participation in the words of schema 2.3.0. No object has a member that is not in the schema.

use crate::campaign::{Campaign, Category, Channel, ChannelKind, Field, Optin, Question};
use crate::participation::Participation;
use crate::qualifio::Qualifio;
use crate::statistics::Row;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The body of a delivery; no row means that nobody finished.
pub(crate) fn participation(
    qualifio: &Qualifio,
    participation: &Participation,
    row: Option<&Row>,
) -> Option<Value> {
    let channel = participation.channel()?;
    let fields = participation.campaign.fields.iter().filter(|_| row.is_some());
    let optins = participation.campaign.optins.iter().filter(|_| row.is_some());
    let questions = participation.campaign.questions.iter();
    Some(json!({
        "id": participation.id,
        "ip": hashed(&participation.ip),
        "url": participation.url(),
        "startedAt": participation.started.to_string(),
        "completedAt": row.map(|row| row.completed.to_string()),
        "state": if row.is_some() { "COMPLETED" } else { "INCOMPLETE" },
        "browser": {"device": participation.device, "userAgent": participation.agent},
        "campaign": campaign(qualifio, &participation.campaign, channel)?,
        "form": fields.map(|field| answered(field, row)).collect::<Value>(),
        "optins": optins.map(|optin| consent(optin, row)).collect::<Value>(),
        "questionnaire": questions.map(|question| question_json(question, participation)).collect::<Value>(),
    }))
}

/// An address in the network, made unreadable: 16 upper-case hex digits.
fn hashed(ip: &str) -> String {
    Sha256::digest(ip.as_bytes()).iter().take(8).map(|byte| format!("{byte:02X}")).collect()
}

fn campaign(qualifio: &Qualifio, campaign: &Campaign, channel: &Channel) -> Option<Value> {
    let website = qualifio.websites.get(&channel.website)?;
    let (starts, ends) = channel.schedule(campaign);
    let themes = campaign.themes.iter();
    Some(json!({
        "id": campaign.id,
        "name": campaign.title,
        "themes": themes.map(|(code, text)| json!({"code": code, "description": text})).collect::<Value>(),
        "type": campaign.kind,
        "channel": {
            "uuid": channel.guid,
            "publishType": match channel.kind {
                ChannelKind::Minisite => "minisite",
                ChannelKind::Widget => "widget",
                ChannelKind::Mobile => "mobile",
            },
            "dateStart": starts.to_string(),
            "dateEnd": ends.to_string(),
            "website": {
                "id": website.id, "name": website.name, "domain": website.domain, "country": website.country,
            },
        },
    }))
}

fn answered(field: &Field, row: Option<&Row>) -> Value {
    let value = row.map_or("", |row| row.value(&field.variable));
    let chosen = field.options.iter().find(|choice| choice.value == value);
    let responses = match chosen {
        _ if value.is_empty() => json!([]),
        Some(choice) => json!([{"label": choice.label, "value": value}]),
        None => json!([{"value": value}]),
    };
    json!({
        "id": field.id, "label": field.label, "type": field.kind, "variable": field.variable,
        "responses": responses,
    })
}

fn consent(optin: &Optin, row: Option<&Row>) -> Value {
    let response = row.and_then(|row| row.optins.get(&optin.variable)).map_or("", String::as_str);
    json!({
        "id": optin.id, "label": optin.label, "description": optin.description, "response": response,
        "variable": optin.variable,
        "categories": optin.categories.iter().map(Category::to_json).collect::<Value>(),
    })
}

fn question_json(question: &Question, participation: &Participation) -> Value {
    let most = if question.correct.is_some() { question.score } else { 0 };
    let given = participation.answers.get(&question.id);
    let score = if given.is_some_and(|given| question.is_right(given)) { most } else { 0 };
    let response =
        given.map(|given| json!({"value": given, "score": score, "isCorrect": question.is_right(given)}));
    let mut told = json!({
        "id": question.id, "label": question.label, "type": question.kind, "score": score, "maxScore": most,
        "responses": response.into_iter().collect::<Vec<_>>(),
    });
    if let Some(variable) = &question.variable {
        told["variable"] = variable.as_str().into();
    }
    told
}
