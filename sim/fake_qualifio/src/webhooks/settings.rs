//! What an operator configures of webhooks. Header values and secrets are shown masked.

use super::{SIGNATURE, Scope, Webhook};
use crate::campaign::Mode;
use crate::integration::mask;
use crate::manager::typed::{LONGEST_TEXT, list as listed, text, within};
use crate::manager::{Call, json_reply};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::turn::Turn;
use http::{HeaderName, HeaderValue, Uri};
use serde_json::{Value, json};
use standin_fake_kit::{Part, Section, Shape};
use standin_model::Instant;
use standin_ports::Secret;
use std::net::IpAddr;
use std::sync::Arc;

/// The most webhooks of one account.
const MOST: usize = 100;

/// The most campaigns or websites that one webhook names.
const MOST_IN_SCOPE: usize = 1_000;

/// The longest address.
const LONGEST_URL: usize = 2000;

/// What a webhook may have.
pub(crate) const SHAPE: Shape = &[
    Part::Plain(&["name", "url", "secret", "incomplete", "active"]),
    Part::One("authorization", HEADER),
    Part::One("scope", SCOPE),
];
const HEADER: Shape = &[Part::Plain(&["name", "token"])];
const SCOPE: Shape = &[Part::Plain(&["campaigns", "websites", "mode"])];

/// Headers that a delivery has of its own.
const OWN_HEADERS: &[&str] =
    &["host", "content-type", "content-length", "transfer-encoding", "connection", SIGNATURE];

impl Webhook {
    /// The webhook as the API writes it.
    pub fn to_json(&self) -> Value {
        let header = self.authorization.as_ref();
        json!({
            "id": self.id, "name": self.name, "url": self.url,
            "authorization": header.map(|(name, value)| json!({"name": name.as_str(), "token": mask(value.reveal())})),
            "secret": self.secret.as_ref().map(|secret| mask(secret.reveal())),
            "incomplete": self.incomplete, "active": self.active,
            "scope": {
                "campaigns": self.scope.campaigns, "websites": self.scope.websites,
                "mode": match self.scope.mode {
                    None => "both",
                    Some(Mode::Identified) => "identified",
                    Some(Mode::Anonymous) => "anonymous",
                },
            },
        })
    }
}

/// Adds a webhook out of a mapping.
pub(crate) fn add(qualifio: &mut Qualifio, now: Instant, section: &Section<'_>) -> Result<Webhook, Problem> {
    if qualifio.webhooks.all.len() >= MOST {
        return Err(Problem::Full("100 webhooks"));
    }
    let blank = Webhook {
        id: qualifio.webhooks.last + 1,
        name: String::new(),
        url: String::new(),
        authorization: None,
        secret: None,
        former: None,
        incomplete: false,
        active: true,
        scope: Scope::default(),
    };
    let mut hook = read(qualifio, now, section, blank)?;
    hook.former = None;
    qualifio.webhooks.last = hook.id;
    qualifio.webhooks.all.insert(hook.id, Arc::new(hook.clone()));
    Ok(hook)
}

fn read(
    qualifio: &Qualifio,
    now: Instant,
    section: &Section<'_>,
    mut hook: Webhook,
) -> Result<Webhook, Problem> {
    section.shaped(SHAPE)?;
    if let Some(name) = section.text_of("name")? {
        hook.name = name.trim().to_owned();
    }
    if let Some(url) = section.text_of("url")? {
        check_url(url)?;
        // What was told in confidence to one host is not told to another.
        if host_of(&hook.url) != host_of(url) && !hook.url.is_empty() {
            for (field, kept) in
                [("authorization", hook.authorization.is_some()), ("secret", hook.secret.is_some())]
            {
                if kept && section.get(field).is_none() {
                    return Err(Problem::MissingField(field.to_owned()));
                }
            }
        }
        hook.url = url.to_owned();
    }
    for (field, value) in [("name", &hook.name), ("url", &hook.url)] {
        if value.is_empty() {
            return Err(Problem::MissingField(field.to_owned()));
        }
    }
    if hook.name.chars().count() > 100 {
        return Err(Problem::InvalidField { field: "name", why: "has 1 to 100 characters" });
    }
    if let Some(header) = section.get("authorization") {
        hook.authorization = read_header(&header, hook.authorization)?;
    }
    if let Some(secret) = text(section, "secret", LONGEST_TEXT)? {
        let kept = hook.secret.as_ref().is_some_and(|known| mask(known.reveal()) == secret);
        if !kept {
            let secret = Some(secret).filter(|secret| !secret.is_empty()).map(Secret::new);
            hook.set_secret(now, secret, qualifio.knobs.span("qualifio.webhook_secret_cache"));
        }
    }
    hook.incomplete = section.flag_of("incomplete", hook.incomplete)?;
    hook.active = section.flag_of("active", hook.active)?;
    if let Some(scope) = section.get("scope") {
        hook.scope = read_scope(&scope)?;
    }
    Ok(hook)
}

fn host_of(url: &str) -> Option<String> {
    url.parse::<Uri>().ok()?.host().map(str::to_ascii_lowercase)
}

/// Participations go out over https; to this machine, plain http will do.
fn check_url(text: &str) -> Result<(), Problem> {
    let invalid = |why| Err(Problem::InvalidField { field: "url", why });
    if text.len() > LONGEST_URL {
        return invalid("is longer than 2000 characters");
    }
    let Ok(uri) = text.parse::<Uri>() else { return invalid("is no address") };
    let Some(host) = uri.host().filter(|host| !host.is_empty()) else { return invalid("has no host") };
    if text.contains('#') || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return invalid("has a fragment or a user name");
    }
    let here = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if here => Ok(()),
        _ => invalid("is not https"),
    }
}

/// One header of any name; an empty mapping takes it away. Its value is called a token, so that journals know
/// what to hide.
fn read_header(
    section: &Section<'_>,
    known: Option<(HeaderName, Secret)>,
) -> Result<Option<(HeaderName, Secret)>, Problem> {
    section.shaped(HEADER)?;
    if section.members()?.is_empty() {
        return Ok(None);
    }
    let invalid = |why| Problem::InvalidField { field: "authorization", why };
    let name = section.text_of("name")?.unwrap_or("Authorization").trim().to_owned();
    let name = HeaderName::try_from(name).map_err(|_| invalid("is no header that can be sent"))?;
    if OWN_HEADERS.contains(&name.as_str()) {
        return Err(invalid("names a header that deliveries have already"));
    }
    let value = within(&section.need("token")?, LONGEST_TEXT)?;
    if let Some((_, before)) = known.filter(|(_, before)| mask(before.reveal()) == value) {
        return Ok(Some((name, before)));
    }
    if value.is_empty() || HeaderValue::from_str(&value).is_err() {
        return Err(invalid("has a value that no header can hold"));
    }
    Ok(Some((name, Secret::new(value))))
}

fn read_scope(section: &Section<'_>) -> Result<Scope, Problem> {
    section.shaped(SCOPE)?;
    let numbers = |name: &str| -> Result<Vec<u64>, Problem> {
        listed(section, name, MOST_IN_SCOPE)?
            .iter()
            .map(|item| item.number().map_err(Problem::from))
            .collect()
    };
    let mode = match section.get("mode").map(|mode| mode.word(&["anonymous", "identified", "both"])) {
        Some(Ok("identified")) => Some(Mode::Identified),
        Some(Ok("anonymous")) => Some(Mode::Anonymous),
        Some(Err(error)) => return Err(error.into()),
        _ => None,
    };
    Ok(Scope { campaigns: numbers("campaigns")?, websites: numbers("websites")?, mode })
}

pub(crate) fn list(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let all: Value = qualifio.webhooks.all.values().map(|hook| hook.to_json()).collect();
    Ok(json_reply(200, &json!({"webhooks": all})))
}

pub(crate) fn create(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let hook = add(qualifio, call.now, &Section::root(&call.body))?;
    Ok(json_reply(201, &hook.to_json()))
}

fn known(qualifio: &Qualifio, call: &Call<'_>) -> Result<Arc<Webhook>, Problem> {
    let id = call.number("webhook")?;
    qualifio.webhooks.all.get(&id).cloned().ok_or_else(|| Problem::NotFound(format!("webhook {id}")))
}

pub(crate) fn change(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let before = known(qualifio, call)?;
    let hook = read(qualifio, call.now, &Section::root(&call.body), (*before).clone())?;
    qualifio.webhooks.all.insert(hook.id, Arc::new(hook.clone()));
    Ok(json_reply(200, &hook.to_json()))
}

/// What waits for it is given up.
pub(crate) fn delete(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let hook = known(qualifio, call)?;
    qualifio.webhooks.all.remove(&hook.id);
    qualifio.webhooks.queue.forget(call.now, hook.id);
    Ok(json_reply(200, &json!({"deleted": hook.id})))
}

pub(crate) fn deliveries(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    Ok(json_reply(200, &json!({"deliveries": qualifio.webhook_deliveries()})))
}
