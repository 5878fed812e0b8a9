//! When dataflows run.

use crate::envelope::{Object, Refusal};
use crate::idx::{Idx, MOST};
use crate::job::IdxJob;
use crate::site::Site;
use imbl::OrdMap;
use jiff::ToSpan;
use serde_json::{Value, json};
use standin_model::Instant;
use std::sync::Arc;

/// A scheduling.
#[derive(Clone, Debug)]
pub(crate) struct Scheduling {
    pub(crate) id: String,
    pub(crate) api_key: String,
    pub(crate) site_id: u64,
    pub(crate) dataflow_id: String,
    /// What the client sent, without what the server owns.
    pub(crate) sent: Object,
    frequency: Frequency,
    interval: i64,
    enabled: bool,
    /// When it runs next; `None` once a single run is over.
    next: Option<Instant>,
    /// The next run as it is told: a run that is over keeps its time.
    shown_next: Instant,
    pub(crate) busy: bool,
    /// When the next attempt of its job begins, and which job.
    pub(crate) retry: Option<(Instant, String)>,
    job_id: Option<String>,
    made: u64,
    created: Instant,
    updated: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Frequency {
    Once,
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

/// Members by their own spelling; clients write them in any case.
const KNOWN: &[&str] = &[
    "name",
    "dataflowId",
    "frequencyType",
    "frequencyInterval",
    "nextJobStartTime",
    "fullExtract",
    "limit",
    "logLevel",
    "successEmailNotification",
    "failureEmailNotification",
    "enabled",
    "currentJobStartTime",
    "daysOfWeek",
    "successEmails",
    "failureEmails",
];
/// Members that only the server sets.
const OWNED: &[&str] =
    &["id", "jobid", "schedulingstatus", "createtime", "updatetime", "apikey", "siteid", "version"];

impl Frequency {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "once" => Self::Once,
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            _ => return None,
        })
    }

    /// The start after `at`; calendar months keep the day where they can.
    fn after(self, at: Instant, interval: i64) -> Option<Instant> {
        let span = match self {
            Self::Once => return None,
            Self::Minute => interval.minutes(),
            Self::Hour => interval.hours(),
            Self::Day => interval.days(),
            Self::Week => interval.weeks(),
            Self::Month => interval.months(),
        };
        let later =
            jiff::ZonedDateTime::new(at.timestamp(), jiff::tz::TimeZone::UTC).checked_add(span).ok()?;
        Some(Instant::from_millis(later.timestamp().as_millisecond()))
    }
}

fn wrong(details: &str) -> Refusal {
    Refusal::because(400_006, format!("Invalid scheduling: {details}"))
}

/// `2026-01-05 08:00:00` or ISO 8601, UTC.
fn start_time(text: &str) -> Option<Instant> {
    let iso =
        if text.contains('T') { text.to_owned() } else { format!("{}Z", text.trim().replacen(' ', "T", 1)) };
    iso.parse().ok()
}

impl Scheduling {
    fn parse(now: Instant, site: &Site, data: &Value, id: String, made: u64) -> Result<Self, Refusal> {
        let members = data.as_object().ok_or_else(|| wrong("it must be an object"))?;
        let mut sent = Object::new();
        for (name, value) in members {
            let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name));
            if !OWNED.contains(&name.to_ascii_lowercase().as_str()) {
                sent.insert(known.map_or(name.clone(), |known| (*known).to_owned()), value.clone());
            }
        }
        let text = |name: &str| sent.get(name).and_then(Value::as_str);
        let dataflow_id =
            text("dataflowId").filter(|id| !id.is_empty()).ok_or_else(|| wrong("dataflowId is missing"))?;
        let frequency = text("frequencyType").and_then(Frequency::parse);
        let frequency =
            frequency.ok_or_else(|| wrong("frequencyType must be once, minute, hour, day, week or month"))?;
        let interval = match sent.get("frequencyInterval") {
            None | Some(Value::Null) => Some(1),
            Some(Value::String(text)) if text.is_empty() && frequency == Frequency::Once => Some(1),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_i64(),
        };
        let interval =
            interval.filter(|interval| (1..=100_000).contains(interval) || frequency == Frequency::Once);
        let interval = interval.ok_or_else(|| wrong("frequencyInterval must be a whole number from 1"))?;
        let start = match sent.get("nextJobStartTime") {
            None | Some(Value::Null) => now,
            Some(value) => {
                value.as_str().and_then(start_time).ok_or_else(|| wrong("nextJobStartTime is not a time"))?
            }
        };
        let enabled = sent.get("enabled").and_then(Value::as_bool).unwrap_or(true);
        Ok(Self {
            id,
            api_key: site.api_key.clone(),
            site_id: site.site_id,
            dataflow_id: dataflow_id.to_owned(),
            frequency,
            interval,
            enabled,
            next: Some(start),
            shown_next: start,
            busy: false,
            retry: None,
            job_id: None,
            made,
            created: now,
            updated: now,
            sent,
        })
    }

    /// As it is told.
    pub(crate) fn shown(&self) -> Value {
        let mut out = json!({"id": self.id, "apiKey": self.api_key, "siteId": self.site_id});
        if let Value::Object(out) = &mut out {
            out.extend(self.sent.clone());
            out.insert("enabled".into(), self.enabled.into());
            out.insert("nextJobStartTime".into(), self.shown_next.to_string().into());
            out.insert("schedulingStatus".into(), if self.busy { "busy" } else { "ready" }.into());
            if let Some(job) = &self.job_id {
                out.insert("jobId".into(), job.as_str().into());
            }
            out.insert("createTime".into(), self.created.to_string().into());
            out.insert("updateTime".into(), self.updated.to_string().into());
        }
        out
    }

    fn due(&self) -> Option<Instant> {
        match (&self.retry, self.busy) {
            (Some((at, _)), _) => Some(*at),
            (None, true) => None,
            (None, false) => self.next.filter(|_| self.enabled),
        }
    }

    /// Moves to the first start after `now`; starts that were missed are not made up for.
    fn advance(&mut self, now: Instant) {
        let mut next = self.next;
        for _ in 0..100_000 {
            next = next.and_then(|at| self.frequency.after(at, self.interval));
            if next.is_none_or(|at| at > now) {
                break;
            }
        }
        self.next =
            next.map(|at| if at > now { at } else { self.frequency.after(now, self.interval).unwrap_or(at) });
        self.shown_next = self.next.unwrap_or(self.shown_next);
    }
}

impl Idx {
    pub(crate) fn create_scheduling(
        &mut self,
        now: Instant,
        site: &Site,
        data: &Value,
        id: String,
    ) -> Result<String, Refusal> {
        self.made += 1;
        let made = Scheduling::parse(now, site, data, id.clone(), self.made)?;
        if self.dataflows.get(&made.dataflow_id).is_none_or(|flow| flow.api_key != site.api_key) {
            return Err(Refusal::because(
                404_000,
                format!("no dataflow has the id {}", crate::params::brief(&made.dataflow_id)),
            ));
        }
        if self.schedulings.len() >= MOST {
            return Err(Refusal::because(400_124, format!("a platform keeps at most {MOST} schedulings")));
        }
        self.schedulings.insert(id.clone(), Arc::new(made));
        Ok(id)
    }

    pub(crate) fn set_scheduling(&mut self, now: Instant, site: &Site, data: &Value) -> Result<(), Refusal> {
        let id = data.get("id").and_then(Value::as_str).unwrap_or_default();
        let before = self.scheduling_of(site, id)?;
        let mut changed = Scheduling::parse(now, site, data, before.id.clone(), before.made)?;
        changed.created = before.created;
        changed.busy = before.busy;
        changed.retry = before.retry.clone();
        changed.job_id = before.job_id.clone();
        self.schedulings.insert(changed.id.clone(), Arc::new(changed));
        Ok(())
    }

    pub(crate) fn scheduling_of(&self, site: &Site, id: &str) -> Result<Arc<Scheduling>, Refusal> {
        let found = self.schedulings.get(id).filter(|it| it.api_key == site.api_key);
        found.cloned().ok_or_else(|| Refusal::new(404_000))
    }

    pub(crate) fn delete_scheduling(&mut self, now: Instant, site: &Site, id: &str) -> Result<(), Refusal> {
        let gone = self.scheduling_of(site, id)?;
        if let Some((_, job_id)) = &gone.retry {
            self.stop_job(now, job_id);
        }
        self.schedulings.remove(id);
        Ok(())
    }

    /// When the next scheduling is due that is not busy.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.schedulings.values().filter_map(|it| it.due()).min()
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.next_due().is_some_and(|at| at <= now)
    }

    /// Takes the scheduling that has been due for longest, the older first.
    pub(crate) fn take_job(
        &mut self,
        now: Instant,
        sites: &OrdMap<String, Arc<Site>>,
        job_id: String,
    ) -> Option<IdxJob> {
        let due = |it: &&Arc<Scheduling>| it.due().is_some_and(|at| at <= now);
        let found = self.schedulings.values().filter(due).min_by_key(|it| (it.due(), it.made))?.clone();
        let flow = self.dataflows.get(&found.dataflow_id).cloned();
        let site = sites.get(&found.api_key);
        let key = site.and_then(|site| site.keys.get(&site.first_key));
        let (Some(flow), Some(site), Some(key)) = (flow, site, key) else {
            // Its site or its dataflow is gone: it must not stay due for ever.
            if let Some((_, job_id)) = &found.retry {
                self.stop_job(now, job_id);
            }
            self.schedulings.remove(&found.id);
            return None;
        };
        let mut changed = Scheduling::clone(&found);
        let (job_id, started) = match changed.retry.take() {
            Some((_, job_id)) => (job_id.clone(), self.next_attempt(now, &job_id)),
            None => {
                changed.busy = true;
                changed.job_id = Some(job_id.clone());
                changed.advance(now);
                self.open_job(now, &changed, &flow.document, &job_id);
                (job_id, now)
            }
        };
        let scheduling = changed.shown();
        self.schedulings.insert(changed.id.clone(), Arc::new(changed));
        Some(IdxJob {
            job_id,
            dataflow_id: flow.id.clone(),
            scheduling_id: found.id.clone(),
            api_key: found.api_key.clone(),
            user_key: site.first_key.clone(),
            secret: key.secret.clone(),
            data_center: site.data_center.clone(),
            document: flow.whole(),
            scheduling,
            last_runtime: flow.last_runtime,
            started,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_follow_the_calendar() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        for (frequency, interval, from, expected) in [
            (Frequency::Hour, 12, "2026-01-05T08:00:00Z", "2026-01-05T20:00:00Z"),
            (Frequency::Week, 1, "2026-01-05T08:00:00Z", "2026-01-12T08:00:00Z"),
            (Frequency::Month, 1, "2026-01-31T08:00:00Z", "2026-02-28T08:00:00Z"),
            (Frequency::Minute, 15, "2026-01-05T23:50:00Z", "2026-01-06T00:05:00Z"),
        ] {
            assert_eq!(frequency.after(at(from), interval), Some(at(expected)));
        }
        assert_eq!(start_time("2026-01-05 08:00:00"), Some(Instant::START));
        assert_eq!(start_time("2026-01-05T08:00:00.000Z"), Some(Instant::START));
        assert_eq!(start_time("tomorrow"), None);
    }
}
