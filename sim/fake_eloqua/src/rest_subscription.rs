//! Which e-mail groups a contact is subscribed to. The answer is its address's, and independent of the
//! global opt-out.

use crate::eloqua::Eloqua;
use crate::group::EmailGroup;
use crate::reply::{self, Refused};
use crate::rest_asset::{self, Asset, Own};
use crate::rest_group;
use crate::rest_page::{Depth, member, text};
use crate::router::Call;
use crate::store::Contact;
use crate::value;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

const KIND: &str = "ContactEmailSubscription";

/// A contact beside a group.
struct Subscription {
    contact: u64,
    group: Arc<EmailGroup>,
    on: bool,
    at: Option<Instant>,
}

impl Asset for Subscription {
    const KIND: &'static str = KIND;

    fn id(&self) -> u64 {
        self.group.id
    }

    fn name(&self) -> &str {
        &self.group.name
    }

    fn created(&self) -> Option<Instant> {
        None
    }

    fn updated(&self) -> Option<Instant> {
        self.at
    }

    fn other(&self, term: &str) -> Option<Own> {
        (term == "issubscribed").then(|| Own::Text(self.on.to_string()))
    }
}

impl Subscription {
    fn of(eloqua: &Eloqua, contact: &Contact, group: &Arc<EmailGroup>) -> Self {
        let address = eloqua.store.address(contact.email());
        Self {
            contact: contact.id,
            group: Arc::clone(group),
            on: eloqua.store.in_group(contact.email(), group),
            at: address.and_then(|address| address.groups_at.get(&group.id).copied()),
        }
    }

    fn view(&self, depth: Depth, second: bool) -> Value {
        let within = if depth == Depth::Complete { Depth::Complete } else { Depth::Minimal };
        let mut out = json!({
            "type": KIND,
            "contactId": self.contact.to_string(),
            "emailGroup": rest_group::view(&self.group, within, second),
            "isSubscribed": self.on.to_string(),
        });
        if let Some(at) = self.at {
            out["updatedAt"] = Value::from(at.seconds().to_string());
        }
        out
    }
}

fn contact_of(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<Contact>, Refused> {
    let id = call.rest_id()?;
    eloqua.store.contacts.get(&id).cloned().ok_or_else(reply::absent)
}

/// `GET /data/contact/{id}/email/groups/subscription`.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = contact_of(eloqua, call)?;
    let all: Vec<Subscription> =
        eloqua.store.groups.iter().map(|group| Subscription::of(eloqua, &contact, group)).collect();
    rest_asset::page(eloqua, call, all.iter().collect(), |one, depth| one.view(depth, call.second))
}

/// `GET /data/contact/{id}/email/group/{id}/subscription`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = contact_of(eloqua, call)?;
    let group = rest_group::find(eloqua, call, 1)?;
    let depth = Depth::read(call, Depth::Complete);
    Ok(reply::rest(200, &Subscription::of(eloqua, &contact, &group).view(depth, call.second)))
}

/// `PUT /data/contact/{id}/email/group/{id}/subscription`: contact, group and answer must be there; the path
/// says which they are.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = contact_of(eloqua, call)?;
    let group = rest_group::find(eloqua, call, 1)?;
    let members = call.object()?;
    let wrong = |property: &str, requirement: &str, value: &str| {
        reply::invalid(400, (KIND, None), property, requirement, value)
    };
    let missing = |property: &str| wrong(property, "NotNullRequirement", "");
    text(&members, "contactId")?.ok_or_else(|| missing("contactId"))?;
    let inner = member(&members, "emailGroup").ok_or_else(|| missing("emailGroup"))?;
    let inner = inner.as_object().ok_or_else(reply::unusable)?;
    text(inner, "id")?.ok_or_else(|| missing("emailGroup"))?;
    let word = text(&members, "isSubscribed")?.ok_or_else(|| missing("isSubscribed"))?;
    let on = value::flag(&word).ok_or_else(|| wrong("isSubscribed", "BooleanRequirement", &word))?;
    eloqua.store.set_group(call.now, contact.email(), group.id, on);
    Ok(reply::rest(200, &Subscription::of(eloqua, &contact, &group).view(Depth::Complete, call.second)))
}
