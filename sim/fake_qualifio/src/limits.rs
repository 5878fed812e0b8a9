//! How often one may take part, and what is counted for it.

use crate::statistics::Row;
use imbl::OrdMap;
use serde_json::{Map, Value, json};
use standin_fake_kit::knobs::span;
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::{Instant, email, phone};
use std::time::Duration;

/// One limit of a campaign; a campaign may have several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Once for each first name, last name and e-mail address, and once for each browser.
    OnePerTrigram,
    /// So often for each e-mail address.
    NPerEmail(u64),
    /// So often for each address in the network.
    NPerIp(u64),
    /// So often for each telephone number.
    NPerPhone(u64),
    /// Not again within this time.
    NoneWithin(Duration),
    /// Not again until this.
    NoneUntil(Until),
    /// So many people in all.
    MaxParticipants(u64),
    /// So often for all together.
    MaxParticipations(u64),
}

impl Limit {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnePerTrigram => "OnePerTrigram",
            Self::NPerEmail(_) => "NPerEmail",
            Self::NPerIp(_) => "NPerIp",
            Self::NPerPhone(_) => "NPerPhone",
            Self::NoneWithin(_) => "NoneWithin",
            Self::NoneUntil(_) => "NoneUntil",
            Self::MaxParticipants(_) => "MaxParticipants",
            Self::MaxParticipations(_) => "MaxParticipations",
        }
    }
}

/// When one may take part again, by the website's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// From the next full hour on.
    Hour,
    /// From midnight on.
    Day,
    /// From midnight before Monday on.
    Monday,
}

impl Until {
    fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Monday => "Monday",
        }
    }

    /// Which hour, day or week a moment belongs to: two moments of the same one are too close.
    fn period(self, at: Instant, zone: &str) -> String {
        let Ok(local) = at.timestamp().in_tz(zone) else { return String::new() };
        match self {
            Self::Hour => format!("{} {:02}{}", local.date(), local.hour(), local.offset()),
            Self::Day => local.date().to_string(),
            Self::Monday => {
                let week = local.date().iso_week_date();
                format!("{}-{}", week.year(), week.week())
            }
        }
    }
}

/// What limits may be, as a mapping.
pub(crate) const SHAPE: Shape = &[Part::Plain(&[
    "OnePerTrigram",
    "NPerEmail",
    "NPerIp",
    "NPerPhone",
    "NoneWithin",
    "NoneUntil",
    "MaxParticipants",
    "MaxParticipations",
])];

/// A limit with a number.
type Numbered = (&'static str, fn(u64) -> Limit);

const NUMBERED: [Numbered; 5] = [
    ("NPerEmail", Limit::NPerEmail),
    ("NPerIp", Limit::NPerIp),
    ("NPerPhone", Limit::NPerPhone),
    ("MaxParticipants", Limit::MaxParticipants),
    ("MaxParticipations", Limit::MaxParticipations),
];

/// Reads limits: a word, or a mapping of those that hold together.
pub fn read_limits(section: &Section<'_>) -> Result<Vec<Limit>, SeedError> {
    if !section.value().is_object() {
        return Ok(match section.word(&["Unlimited", "OnePerTrigram"])? {
            "OnePerTrigram" => vec![Limit::OnePerTrigram],
            _ => Vec::new(),
        });
    }
    section.shaped(SHAPE)?;
    let mut limits = Vec::new();
    if section.flag_of("OnePerTrigram", false)? {
        limits.push(Limit::OnePerTrigram);
    }
    for (name, limit) in NUMBERED {
        if let Some(number) = section.get(name) {
            limits.push(limit(number.number()?));
        }
    }
    if let Some(time) = section.get("NoneWithin") {
        let read = span(time.text()?);
        let read = read.ok_or_else(|| time.wrong("a span of time such as 10min, 2h or 1d is wanted here"))?;
        limits.push(Limit::NoneWithin(read));
    }
    if let Some(word) = section.get("NoneUntil") {
        limits.push(Limit::NoneUntil(match word.word(&["hour", "day", "Monday"])? {
            "hour" => Until::Hour,
            "day" => Until::Day,
            _ => Until::Monday,
        }));
    }
    Ok(limits)
}

/// Limits as the API writes them.
pub fn limits_json(limits: &[Limit]) -> Value {
    match limits {
        [] => return json!("Unlimited"),
        [Limit::OnePerTrigram] => return json!("OnePerTrigram"),
        _ => {}
    }
    let member = |limit: &Limit| {
        let value = match limit {
            Limit::OnePerTrigram => json!(true),
            Limit::NPerEmail(n)
            | Limit::NPerIp(n)
            | Limit::NPerPhone(n)
            | Limit::MaxParticipants(n)
            | Limit::MaxParticipations(n) => json!(n),
            Limit::NoneWithin(time) => json!(format!("{}s", time.as_secs())),
            Limit::NoneUntil(until) => json!(until.name()),
        };
        (limit.name().to_owned(), value)
    };
    Value::Object(limits.iter().map(member).collect::<Map<_, _>>())
}

/// What is counted of a campaign's rows. Counts by person go with the person's data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies {
    counts: OrdMap<(u64, String), u64>,
    latest: OrdMap<(u64, String), Instant>,
}

/// The key of all participations of a campaign.
const ALL: &str = "";
/// The key of all people of a campaign.
const PEOPLE: &str = "u";

impl Tallies {
    fn count(&self, campaign: u64, key: &str) -> u64 {
        self.counts.get(&(campaign, key.to_owned())).copied().unwrap_or(0)
    }

    /// The first of the limits that keeps a row out.
    pub(crate) fn refuse(&self, limits: &[Limit], row: &Row, zone: &str) -> Option<Limit> {
        let reached =
            |key: Option<String>, most: u64| key.is_some_and(|key| self.count(row.campaign_id, &key) >= most);
        let before = trigram(row).and_then(|key| self.latest.get(&(row.campaign_id, key))).copied();
        let refuses = |limit: &&Limit| match **limit {
            Limit::OnePerTrigram => reached(trigram(row), 1) || reached(Some(browser(row)), 1),
            Limit::NPerEmail(most) => reached(address(row), most),
            Limit::NPerIp(most) => reached(Some(network(row)), most),
            Limit::NPerPhone(most) => reached(number(row), most),
            Limit::NoneWithin(time) => before.is_some_and(|before| row.completed < before.plus(time)),
            Limit::NoneUntil(until) => {
                before.is_some_and(|before| until.period(before, zone) == until.period(row.completed, zone))
            }
            Limit::MaxParticipants(most) => {
                !reached(trigram(row), 1) && self.count(row.campaign_id, PEOPLE) >= most
            }
            Limit::MaxParticipations(most) => self.count(row.campaign_id, ALL) >= most,
        };
        limits.iter().find(refuses).copied()
    }

    /// Counts a row.
    pub(crate) fn add(&mut self, row: &Row) {
        let campaign = row.campaign_id;
        if let Some(key) = trigram(row) {
            if self.count(campaign, &key) == 0 {
                *self.counts.entry((campaign, PEOPLE.to_owned())).or_insert(0) += 1;
            }
            self.latest.insert((campaign, key), row.completed);
        }
        for key in personal(row).into_iter().chain([ALL.to_owned()]) {
            *self.counts.entry((campaign, key)).or_insert(0) += 1;
        }
    }

    /// Forgets the person behind a row.
    pub(crate) fn forget_person(&mut self, row: &Row) {
        for key in personal(row) {
            self.less((row.campaign_id, key.clone()));
            if self.count(row.campaign_id, &key) == 0 {
                self.latest.remove(&(row.campaign_id, key));
            }
        }
    }

    /// Forgets that there was a row whose person is forgotten already.
    pub(crate) fn forget_row(&mut self, row: &Row) {
        self.less((row.campaign_id, ALL.to_owned()));
    }

    fn less(&mut self, key: (u64, String)) {
        match self.counts.get_mut(&key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.counts.remove(&key);
            }
        }
    }
}

fn personal(row: &Row) -> Vec<String> {
    let told = [trigram(row), address(row), number(row)].into_iter().flatten();
    told.chain([network(row), browser(row)]).collect()
}

fn trigram(row: &Row) -> Option<String> {
    row.is_identified().then(|| format!("t{}", row.trigram().to_lowercase()))
}

fn address(row: &Row) -> Option<String> {
    let key = email::comparable(row.value("email"));
    (!key.is_empty()).then(|| format!("e{key}"))
}

fn number(row: &Row) -> Option<String> {
    let key = phone::comparable(row.value("phone"), &row.country);
    (!key.is_empty()).then(|| format!("p{key}"))
}

fn network(row: &Row) -> String {
    format!("i{}", row.ip)
}

fn browser(row: &Row) -> String {
    format!("c{}", row.visitor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_days_and_weeks() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        for (until, one, other, same) in [
            (Until::Hour, "2026-01-05T08:00:00Z", "2026-01-05T08:59:59Z", true),
            (Until::Hour, "2026-01-05T08:59:59Z", "2026-01-05T09:00:00Z", false),
            // One o'clock to two o'clock UTC is two different hours when the clocks go back in Brussels.
            (Until::Hour, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", false),
            (Until::Day, "2026-01-05T23:30:00Z", "2026-01-06T22:59:59Z", true),
            (Until::Day, "2026-01-05T22:59:59Z", "2026-01-05T23:00:00Z", false),
            (Until::Monday, "2026-01-05T08:00:00Z", "2026-01-11T22:59:59Z", true),
            (Until::Monday, "2026-01-11T22:59:59Z", "2026-01-11T23:00:00Z", false),
        ] {
            let (first, second) = (at(one), at(other));
            let found = until.period(first, "Europe/Brussels") == until.period(second, "Europe/Brussels");
            assert_eq!(found, same, "{until:?} {one} {other}");
        }
    }

    #[test]
    fn as_read_and_as_written() {
        for limits in [
            json!("Unlimited"),
            json!("OnePerTrigram"),
            json!({"NPerEmail": 2}),
            json!({"NPerIp": 3, "MaxParticipations": 100}),
            json!({"NPerPhone": 1, "MaxParticipants": 5, "NoneWithin": "7200s", "NoneUntil": "Monday"}),
        ] {
            assert_eq!(limits_json(&read_limits(&Section::root(&limits)).unwrap()), limits);
        }
    }
}
