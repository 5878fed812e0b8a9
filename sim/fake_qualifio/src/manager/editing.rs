//! What an editor needs besides the campaign itself: everything that it sends back, and numbers that stay.

use crate::campaign::{Campaign, Channel};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use serde_json::{Value, json};

/// The lists of a campaign whose entries have numbers.
const NUMBERED: &[&str] = &["fields", "optins", "questions"];

/// Adds what the campaign's short form leaves out.
pub(super) fn complete(qualifio: &Qualifio, campaign: &Campaign, body: &mut Value) {
    for (shown, field) in entries(body, "fields").zip(&campaign.fields) {
        shown["message"] = field.message.as_deref().into();
        let options = field.options.iter().map(|choice| {
            let mut option = json!({"value": choice.value, "label": choice.label});
            if let Some(letter) = &choice.gigya {
                option["gigya"] = letter.as_str().into();
            }
            option
        });
        shown["options"] = options.collect();
    }
    for (shown, question) in entries(body, "questions").zip(&campaign.questions) {
        shown["correct"] = question.correct.as_deref().into();
        shown["score"] = question.score.into();
        shown["type"] = question.kind.as_str().into();
        shown["variable"] = question.variable.as_deref().into();
    }
    for (shown, channel) in entries(body, "channels").zip(&campaign.channels) {
        publication(qualifio, campaign, channel, shown);
    }
}

fn entries<'b>(body: &'b mut Value, list: &str) -> impl Iterator<Item = &'b mut Value> {
    body[list].as_array_mut().into_iter().flatten()
}

fn publication(qualifio: &Qualifio, campaign: &Campaign, channel: &Channel, shown: &mut Value) {
    let website = qualifio.websites.get(&channel.website);
    shown["url"] = qualifio.channel_url(channel).into();
    shown["website_name"] = website.map(|website| website.name.as_str()).into();
    shown["domain"] = website.map(|website| website.domain.as_str()).into();
    shown["starts"] = channel.starts.map(|starts| starts.to_string()).into();
    shown["ends"] = channel.ends.map(|ends| ends.to_string()).into();
    let embed = qualifio.embed(channel, &campaign.public_name);
    shown["embed"] = json!({"webview": embed.webview, "html": embed.html, "javascript": embed.javascript});
}

/// Takes the numbers out of the entries of `body`, so that they are read like new ones.
pub(super) fn without_numbers(body: &Value) -> (Value, Numbers) {
    let mut body = body.clone();
    let mut numbers = Vec::new();
    for list in NUMBERED {
        for (at, entry) in entries(&mut body, list).enumerate() {
            if let Some(id) = entry.as_object_mut().and_then(|entry| entry.shift_remove("id")) {
                numbers.push((*list, at, id));
            }
        }
    }
    (body, Numbers(numbers))
}

/// Which entry of which list has which number already.
pub(super) struct Numbers(Vec<(&'static str, usize, Value)>);

impl Numbers {
    /// Gives the entries of `next` the numbers that they had in `before`: a form that was edited has the same
    /// controls.
    pub(super) fn give_back(self, before: &Campaign, next: &mut Campaign) -> Result<(), Problem> {
        for (list, at, id) in self.0 {
            let (known, place) = match list {
                "fields" => {
                    (ids(&before.fields, |field| field.id), next.fields.get_mut(at).map(|f| &mut f.id))
                }
                "optins" => {
                    (ids(&before.optins, |optin| optin.id), next.optins.get_mut(at).map(|o| &mut o.id))
                }
                _ => (
                    ids(&before.questions, |question| question.id),
                    next.questions.get_mut(at).map(|question| &mut question.id),
                ),
            };
            let Some(id) = id.as_u64().filter(|id| known.contains(id)) else {
                let message = "nothing in this campaign has this number".to_owned();
                return Err(Problem::Malformed { field: format!("{list}[{at}].id"), message, hint: None });
            };
            if let Some(place) = place {
                *place = id;
            }
        }
        let fields = ids(&next.fields, |field| field.id);
        let twice = fields.iter().enumerate().find(|(at, id)| fields[..*at].contains(id));
        twice.map_or(Ok(()), |(at, _)| {
            let message = "another field has this number".to_owned();
            Err(Problem::Malformed { field: format!("fields[{at}].id"), message, hint: None })
        })
    }
}

fn ids<T>(entries: &[T], id: impl Fn(&T) -> u64) -> Vec<u64> {
    entries.iter().map(id).collect()
}
