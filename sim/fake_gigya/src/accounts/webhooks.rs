//! `accounts.webhooks.set`, `getAll`, `getStatus` and `delete`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::events::Event;
use crate::gigya::Gigya;
use crate::params::brief;
use crate::webhooks::{Version, Webhook};
use http::{HeaderName, HeaderValue, Uri};
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

/// A webhook.
pub(crate) const SET: Endpoint = Endpoint {
    name: "accounts.webhooks.set",
    summary: "Adds a webhook, or changes the one of the same name.",
    evidence: Evidence::documented("accounts.webhooks.set REST", "webhooks_are_managed"),
    access: Access::Private,
    params: &["name", "url", "events", "active", "signingUserKey", "headers", "version", "include"],
    server_params: &[],
    run: set,
};

/// All of them.
pub(crate) const GET_ALL: Endpoint = Endpoint {
    name: "accounts.webhooks.getAll",
    summary: "Tells the webhooks of a site.",
    evidence: Evidence::recorded(
        "accounts.webhooks.getAll REST; fixtures of sap-customer-data-cloud-toolkit",
        "webhooks_are_managed",
    ),
    params: &[],
    run: get_all,
    ..SET
};

/// How the last delivery went.
pub(crate) const GET_STATUS: Endpoint = Endpoint {
    name: "accounts.webhooks.getStatus",
    summary: "Tells how the last delivery to an address went.",
    evidence: Evidence::documented("accounts.webhooks.getStatus REST", "failed_deliveries_are_tried_again"),
    params: &["url"],
    run: get_status,
    ..SET
};

/// The end of one.
pub(crate) const DELETE: Endpoint = Endpoint {
    name: "accounts.webhooks.delete",
    summary: "Deletes a webhook, and what is still on its way to it.",
    evidence: Evidence::documented("accounts.webhooks.delete REST", "webhooks_are_managed"),
    params: &["name"],
    run: delete,
    ..SET
};

/// How many webhooks a site may have.
const MOST: usize = 100;
/// How many headers of its own a webhook may have.
const MOST_HEADERS: usize = 20;

fn wrong(details: impl Into<String>) -> Refusal {
    Refusal::because(400_006, details)
}

fn set(gigya: &mut Gigya, call: &Call) -> Reply {
    let name = call.need("name")?;
    if name.chars().count() > 100 {
        return Err(wrong("name may not exceed 100 characters"));
    }
    let known = call.site.webhooks.get(name);
    if known.is_none() && call.site.webhooks.len() >= MOST {
        return Err(Refusal::because(400_124, format!("a site has at most {MOST} webhooks")));
    }
    let mut hook = match known {
        Some(known) => Webhook::clone(known),
        None => Webhook {
            id: gigya.ids.hex(32),
            name: name.to_owned(),
            url: call.need("url")?.to_owned(),
            events: events(call.need("events")?)?,
            active: true,
            signing_user_key: call.site.first_key.clone(),
            headers: Vec::new(),
            version: Version::V2,
            with_params: false,
        },
    };
    if let Some(url) = call.params.get("url") {
        hook.url = url.to_owned();
    }
    check_url(&hook.url)?;
    if call.site.webhooks.values().any(|other| other.url == hook.url && other.name != hook.name) {
        return Err(Refusal::because(400_007, "another webhook of this site has the same url"));
    }
    if let Some(text) = call.params.get("events") {
        hook.events = events(text)?;
    }
    hook.active = call.params.flag("active")?.unwrap_or(hook.active);
    if let Some(key) = call.params.get("signingUserKey") {
        if !call.site.keys.contains_key(key) {
            return Err(wrong("signingUserKey is no key of this site"));
        }
        hook.signing_user_key = key.to_owned();
    }
    if let Some(list) = call.params.json("headers")? {
        hook.headers = headers(&list)?;
    }
    if let Some(text) = call.params.get("version") {
        let version =
            Version::parse(text).filter(|it| *it != Version::V1 || gigya.knobs.on("gigya.webhook_v1"));
        hook.version = version.ok_or_else(|| wrong("version takes 2.0 and 3.0"))?;
    }
    match call.params.get("include") {
        None => {}
        Some("params") if hook.version == Version::V3 => hook.with_params = true,
        Some(_) => return Err(wrong("include takes params, with version 3.0")),
    }
    let mut site = gigya.own_site(call);
    site.webhooks.insert(name.to_owned(), Arc::new(hook));
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

/// HTTPS, or plain HTTP to this machine.
fn check_url(text: &str) -> Result<(), Refusal> {
    let url: Uri = text.parse().map_err(|_| wrong("url is no address"))?;
    let host = url.host().unwrap_or_default();
    let own = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    match url.scheme_str() {
        Some("https") if !host.is_empty() => Ok(()),
        Some("http") if own => Ok(()),
        _ => Err(wrong("url must be https")),
    }
}

/// A JSON list of events, or their names with commas between them.
fn events(text: &str) -> Result<Vec<Event>, Refusal> {
    let list: Vec<String> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text).map_err(|_| wrong("events must be a list of names"))?,
        false => text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
    };
    if list.is_empty() {
        return Err(wrong("events must name at least one"));
    }
    let known =
        |name: &String| Event::named(name).ok_or_else(|| wrong(format!("there is no event {}", brief(name))));
    list.iter().map(known).collect()
}

fn headers(list: &Value) -> Result<Vec<(String, String)>, Refusal> {
    let none = || wrong("headers must be a list of objects with name and value");
    let list = list.as_array().filter(|list| list.len() <= MOST_HEADERS).ok_or_else(none)?;
    let one = |item: &Value| {
        let (name, value) = (item.get("name")?.as_str()?, item.get("value")?.as_str()?);
        HeaderName::from_bytes(name.as_bytes()).ok()?;
        HeaderValue::from_str(value).ok()?;
        Some((name.to_owned(), value.to_owned()))
    };
    list.iter().map(|item| one(item).ok_or_else(none)).collect()
}

fn get_all(_: &mut Gigya, call: &Call) -> Reply {
    let list: Vec<Value> = call.site.webhooks.values().map(|hook| hook.told()).collect();
    Ok(Object::from_iter([("webhooks".into(), list.into())]))
}

fn get_status(gigya: &mut Gigya, call: &Call) -> Reply {
    let url = call.need("url")?;
    let hook = call.site.webhooks.values().find(|hook| hook.url == url);
    let hook = hook.ok_or_else(|| wrong("no webhook of this site has this url"))?;
    let status = gigya.deliveries.status(&call.site.api_key, &hook.name);
    Ok(Object::from_iter([("webhookStatus".into(), status)]))
}

fn delete(gigya: &mut Gigya, call: &Call) -> Reply {
    let name = call.need("name")?;
    let mut site = gigya.own_site(call);
    if site.webhooks.remove(name).is_none() {
        return Err(wrong(format!("there is no webhook {}", brief(name))));
    }
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    gigya.deliveries.forget(&call.site.api_key, name);
    Ok(Object::new())
}
