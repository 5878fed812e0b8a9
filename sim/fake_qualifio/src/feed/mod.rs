//! Campaign feeds: which campaigns are published where, for the pages and apps that list them.
//!
//! - [`entry`]: one channel in the words of a feed.
//! - [`xml`]: the same feed in XML.

pub mod entry;
pub mod xml;

use crate::api::Refusal;
use crate::campaign::{Campaign, Channel};
use crate::manager::typed::{line, list as listed};
use crate::manager::{Call, json_reply};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::turn::Turn;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_fake_kit::{Ids, Part, Section, SeedError, Shape, answer};
use standin_model::Instant;
use standin_ports::Response;
use std::sync::Arc;

/// The most feeds of one account.
const MOST: usize = 100;

/// The most websites that one feed names.
const MOST_WEBSITES: usize = 1_000;

/// The most answers that are kept for a while; the oldest goes.
const MOST_KEPT: usize = 1_000;

/// The form of a feed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Format {
    /// `application/json`.
    Json,
    /// `application/xml`.
    Xml,
}

/// One feed. Whoever knows its UUID may read it.
#[derive(Clone, Debug)]
struct Feed {
    uuid: String,
    name: String,
    /// Websites by number; none means all.
    websites: Vec<u64>,
}

type Asked = (String, Format, Option<u64>);

/// The feeds of one account, by UUID in lower case, and what they answered of late.
#[derive(Clone, Debug)]
pub struct Feeds {
    ids: Ids,
    all: OrdMap<String, Arc<Feed>>,
    kept: OrdMap<Asked, (Instant, Arc<str>)>,
}

impl Feeds {
    /// No feeds.
    pub fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed, "qualifio-feeds"), all: OrdMap::new(), kept: OrdMap::new() }
    }
}

impl Feed {
    fn to_json(&self) -> Value {
        json!({"uuid": self.uuid, "name": self.name, "websites": self.websites})
    }
}

/// What a feed may have.
pub(crate) const SHAPE: Shape = &[Part::Plain(&["name", "uuid", "websites"])];

/// Adds a feed out of a mapping.
pub(crate) fn add(qualifio: &mut Qualifio, section: &Section<'_>) -> Result<Value, Problem> {
    section.shaped(SHAPE)?;
    if qualifio.feeds.all.len() >= MOST {
        return Err(Problem::Full("100 feeds"));
    }
    let uuid = match section.get("uuid") {
        Some(uuid) => {
            let text = uuid.text()?.to_ascii_lowercase();
            let shaped = text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
            if !shaped || qualifio.feeds.all.contains_key(&text) {
                return Err(uuid.wrong("a new UUID of 36 characters is wanted here").into());
            }
            text
        }
        None => qualifio.feeds.ids.guid().to_ascii_lowercase(),
    };
    let mut websites = Vec::new();
    for item in listed(section, "websites", MOST_WEBSITES)? {
        websites.push(website(qualifio, &item)?);
    }
    let name = line(section, "name")?.filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| "Campaign feed".to_owned());
    let feed = Feed { uuid: uuid.clone(), name, websites };
    let told = feed.to_json();
    qualifio.feeds.all.insert(uuid, Arc::new(feed));
    Ok(told)
}

/// A website by number or name.
fn website(qualifio: &Qualifio, section: &Section<'_>) -> Result<u64, SeedError> {
    let found = match section.value().as_u64() {
        Some(id) => qualifio.websites.get(&id),
        None => {
            let name = section.text()?;
            qualifio.websites.values().find(|site| site.name == name)
        }
    };
    found.map(|site| site.id).ok_or_else(|| section.wrong("no website is called so"))
}

/// A feed as somebody reads it. For a while everybody gets the same answer, whatever has changed since.
pub(crate) fn read(
    qualifio: &mut Qualifio,
    now: Instant,
    uuid: &str,
    format: Format,
    cursor: Option<u64>,
) -> Result<Response, Refusal> {
    let uuid = uuid.to_ascii_lowercase();
    let feed = qualifio.feeds.all.get(&uuid).cloned();
    let feed = feed.ok_or_else(|| Refusal::new(404, "there is no such feed"))?;
    let cached = qualifio.knobs.span("qualifio.feed_cache");
    let asked = (uuid, format, cursor);
    let fresh = qualifio.feeds.kept.get(&asked).filter(|(made, _)| now < made.plus(cached));
    let text = match fresh {
        Some((_, text)) => Arc::clone(text),
        None => {
            let entries = entries(qualifio, &feed, cursor);
            let whole = json!({"numberRows": entries.len(), "channels": entries});
            let text: Arc<str> = match format {
                Format::Json => whole.to_string().into(),
                Format::Xml => xml::of(&whole).into(),
            };
            keep(&mut qualifio.feeds, now, asked, &text);
            text
        }
    };
    let kind = match format {
        Format::Json => "application/json; charset=utf-8",
        Format::Xml => "application/xml; charset=utf-8",
    };
    Ok(answer::with_body(200, kind, text.to_string()))
}

fn keep(feeds: &mut Feeds, now: Instant, asked: Asked, text: &Arc<str>) {
    feeds.kept.insert(asked, (now, Arc::clone(text)));
    if feeds.kept.len() > MOST_KEPT {
        let oldest = feeds.kept.iter().min_by_key(|(_, (made, _))| *made).map(|(asked, _)| asked.clone());
        oldest.map(|asked| feeds.kept.remove(&asked));
    }
}

/// The channels of a feed, oldest campaign first. A cursor asks for one campaign.
fn entries(qualifio: &Qualifio, feed: &Feed, cursor: Option<u64>) -> Vec<Value> {
    let wanted = |campaign: &&Arc<Campaign>| cursor.is_none_or(|id| campaign.id == id);
    let campaigns = qualifio.campaigns.values().filter(wanted);
    let channels =
        campaigns.flat_map(|campaign| campaign.channels.iter().map(move |channel| (campaign, channel)));
    let on = |channel: &Channel| feed.websites.is_empty() || feed.websites.contains(&channel.website);
    let here = channels.filter(|(_, channel)| on(channel));
    here.map(|(campaign, channel)| entry::of(qualifio, campaign, channel)).collect()
}

pub(crate) fn list(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let feeds: Value = qualifio.feeds.all.values().map(|feed| feed.to_json()).collect();
    Ok(json_reply(200, &json!({"client_id": qualifio.client_id, "feeds": feeds})))
}

pub(crate) fn create(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let feed = add(qualifio, &Section::root(&call.body))?;
    Ok(json_reply(201, &feed))
}

pub(crate) fn delete(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let uuid = call.id.to_ascii_lowercase();
    let known = qualifio.feeds.all.remove(&uuid);
    let known = known.ok_or_else(|| Problem::NotFound(format!("feed `{}`", call.id)))?;
    let kept = std::mem::take(&mut qualifio.feeds.kept);
    qualifio.feeds.kept = kept.into_iter().filter(|((feed, ..), _)| *feed != uuid).collect();
    Ok(json_reply(200, &json!({"deleted": known.uuid})))
}
