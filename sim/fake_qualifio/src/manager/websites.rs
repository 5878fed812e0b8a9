//! Websites and their domains.

use super::typed::{language, line};
use super::{Call, json_reply, refused};
use crate::account::Website;
use crate::problem::{Problem, Warning};
use crate::qualifio::{Pending, Qualifio};
use crate::turn::{Ask, AskFailed, SiteAnswer, Turn};
use serde_json::{Value, json};
use standin_fake_kit::{Part, Section, Shape};
use standin_model::host::Verdict;
use standin_model::{Country, Host};
use std::sync::Arc;

/// The most websites of one account.
const MOST: usize = 10_000;

/// The longest host name that a name server knows.
const LONGEST_HOST: usize = 253;

/// Domains of the platforms. Customers of Qualifio have names of their own below `qualifioapp.com` and `qualif.io`.
const RESERVED: &[&str] =
    &["gigya.com", "gigya-api.com", "sapcdm.cn", "gigya-api.cn", "eloqua.com", "qualifio.com"];

/// Whether a host is a platform's own: the back office, an API, a login page.
fn is_reserved(host: &Host) -> bool {
    let name = host.as_str();
    let shared = host.is_shared_qualifio() && name != "qualif.io";
    let own = ["qualifioapp.com", "qualif.io", "www.qualifioapp.com"].contains(&name);
    // Under such a name the back office answers, and a campaign of one origin with it could act for operators.
    let back_office = name.starts_with("manager.");
    own || back_office || !shared && RESERVED.iter().any(|domain| host.is_within(domain))
}

/// The members of a website.
pub(crate) const SHAPE: Shape = &[Part::Plain(&["id", "name", "domain", "country", "language", "zone"])];

pub(super) fn list(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let websites: Value = qualifio.websites.values().map(|website| shown(website)).collect();
    Ok(json_reply(200, &json!({"websites": websites})))
}

fn shown(website: &Website) -> Value {
    json!({
        "id": website.id, "name": website.name, "domain": website.domain, "country": website.country,
        "language": website.language, "zone": website.zone,
    })
}

/// What a mapping makes of a website; what it does not name stays.
pub(crate) fn read(section: &Section<'_>, mut website: Website) -> Result<Website, Problem> {
    section.shaped(SHAPE)?;
    if let Some(name) = line(section, "name")? {
        website.name = name;
    }
    if let Some(domain) = section.text_of("domain")? {
        let why = "is not a host name";
        let host: Host = domain.parse().map_err(|_| Problem::InvalidField { field: "domain", why })?;
        if host.as_str().len() > LONGEST_HOST {
            return Err(Problem::InvalidField { field: "domain", why });
        }
        if is_reserved(&host) {
            return Err(Problem::DomainReserved(host.to_string()));
        }
        website.domain = host.to_string();
    }
    if let Some(country) = section.text_of("country")? {
        let why = "is not a two-letter country code";
        let known = Country::from_code(country).ok_or(Problem::InvalidField { field: "country", why })?;
        website.country = known.alpha2().to_owned();
    }
    if let Some(language) = language(section)? {
        website.language = language;
    }
    if let Some(zone) = section.text_of("zone")? {
        if standin_model::Instant::START.timestamp().in_tz(zone).is_err() {
            return Err(Problem::InvalidField {
                field: "zone",
                why: "is not a time zone such as Europe/Brussels",
            });
        }
        website.zone = zone.to_owned();
    }
    for (field, value) in [("name", &website.name), ("domain", &website.domain)] {
        if value.is_empty() {
            return Err(Problem::MissingField(field.to_owned()));
        }
    }
    Ok(website)
}

/// A website before anything is known about it.
pub(crate) fn blank(qualifio: &Qualifio) -> Website {
    let id = qualifio.websites.get_max().map_or(1, |(id, _)| id + 1);
    Website {
        id,
        name: String::new(),
        domain: String::new(),
        country: "BE".to_owned(),
        language: "fr".to_owned(),
        zone: "Europe/Brussels".to_owned(),
    }
}

pub(super) fn create(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    if qualifio.websites.len() >= MOST {
        return Err(Problem::Full("10000 websites"));
    }
    let mut website = read(&Section::root(&call.body), blank(qualifio))?;
    website.id = blank(qualifio).id;
    decide(qualifio, website)
}

pub(super) fn change(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let id = call.number("website")?;
    let known = qualifio.websites.get(&id).cloned();
    let known = known.ok_or_else(|| Problem::NotFound(format!("website {id}")))?;
    let mut website = read(&Section::root(&call.body), (*known).clone())?;
    website.id = id;
    if website.domain == known.domain {
        return Ok(keep(qualifio, website, &[]));
    }
    decide(qualifio, website)
}

/// A domain under which Gigya cannot be reached is refused, while the integration is OFF, too: it may be switched ON
/// again, and nobody looks at domains then.
fn decide(qualifio: &mut Qualifio, website: Website) -> Result<Turn, Problem> {
    let taken = |other: &Arc<Website>| other.id != website.id && other.domain == website.domain;
    if qualifio.websites.values().any(taken) {
        return Err(Problem::InvalidField { field: "domain", why: "is another website's already" });
    }
    Ok(match qualifio.integration.config(website.id) {
        Some(config) => qualifio.ask(Pending::Website { website }, Ask::SiteConfig(config)),
        None => keep(qualifio, website, &[]),
    })
}

/// Goes on when the Gigya site is known.
pub fn site_known(qualifio: &mut Qualifio, website: Website, site: Result<SiteAnswer, AskFailed>) -> Turn {
    match domain_advice(&website.domain, site) {
        Ok(warnings) => keep(qualifio, website, &warnings),
        Err(problem) => Turn::Reply(refused(&problem)),
    }
}

/// What can be said about a domain. Where Gigya gives no answer, the domain is taken with advice: the page
/// itself will show whether it works.
pub(super) fn domain_advice(
    domain: &str,
    site: Result<SiteAnswer, AskFailed>,
) -> Result<Vec<Warning>, Problem> {
    let Ok(host) = domain.parse::<Host>() else { return Ok(Vec::new()) };
    let mut warnings = Vec::new();
    if host.is_shared_qualifio() {
        warnings.push(Warning::about("SharedQualifioHost", domain));
    }
    match site {
        Ok(site) if host.verdict(site.custom_api_domain_prefix.as_deref()) == Verdict::Forbidden => {
            return Err(Problem::DomainForbidden { domain: domain.to_owned() });
        }
        Ok(_) => {}
        Err(AskFailed::GigyaUnreachable) => warnings.push(Warning::new("GigyaUnreachable")),
        Err(AskFailed::CredentialsRejected) => warnings.push(Warning::new("CredentialsRejected")),
    }
    Ok(warnings)
}

fn keep(qualifio: &mut Qualifio, website: Website, warnings: &[Warning]) -> Turn {
    let status = if qualifio.websites.contains_key(&website.id) { 200 } else { 201 };
    let mut body = shown(&website);
    body["warnings"] = super::warnings_json(warnings);
    qualifio.websites.insert(website.id, Arc::new(website));
    json_reply(status, &body)
}
