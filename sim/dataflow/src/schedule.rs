//! What a scheduling means for one job: from when on it reads.

use crate::job::Extract;
use jiff::{Span, tz::TimeZone};
use serde_json::Value;
use standin_model::Instant;

/// How often a scheduling runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frequency {
    /// One job.
    Once,
    /// A job every so many units.
    Every(u32, Unit),
}

/// The unit of a frequency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// `minute`
    Minute,
    /// `hour`
    Hour,
    /// `day`
    Day,
    /// `week`
    Week,
    /// `month`
    Month,
}

/// From when on a job of this scheduling reads.
///
/// Everything with `fullExtract`; else what changed since the last successful run. Before the first success a
/// scheduling `once` reads the last 24 hours, and a recurring one its last interval.
pub fn extract(scheduling: &Value, last_runtime: Option<Instant>, now: Instant) -> Result<Extract, String> {
    if member(scheduling, "fullExtract").is_some_and(|value| truth(value) == Some(true)) {
        return Ok(Extract::Full);
    }
    if let Some(since) = last_runtime {
        return Ok(Extract::Since(since));
    }
    match frequency(scheduling)? {
        Frequency::Once => Ok(Extract::Since(moved(now, -1, Unit::Day)?)),
        Frequency::Every(interval, unit) => Ok(Extract::Since(moved(now, -i64::from(interval), unit)?)),
    }
}

/// How often; the interval may be a number or a text, and is counted in the frequency's own unit.
pub fn frequency(scheduling: &Value) -> Result<Frequency, String> {
    let kind = member(scheduling, "frequencyType").and_then(Value::as_str).unwrap_or("once").trim();
    let unit = match kind.to_ascii_lowercase().as_str() {
        "once" => return Ok(Frequency::Once),
        "minute" => Unit::Minute,
        "hour" => Unit::Hour,
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        _ => return Err(format!("frequencyType `{kind}` is none of once, minute, hour, day, week, month")),
    };
    let interval = match member(scheduling, "frequencyInterval") {
        None | Some(Value::Null) => Some(1),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    match interval.and_then(|interval| u32::try_from(interval).ok()) {
        Some(interval @ 1..=100_000) => Ok(Frequency::Every(interval, unit)),
        _ => Err("frequencyInterval is no whole number from 1".to_owned()),
    }
}

/// When the first job starts: `yyyy-MM-dd HH:mm:ss` or ISO 8601, both UTC; now if nothing is said.
pub fn first_start(scheduling: &Value, now: Instant) -> Result<Instant, String> {
    match member(scheduling, "nextJobStartTime") {
        None | Some(Value::Null) => Ok(now),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(now),
        Some(Value::String(text)) => time(text.trim()),
        Some(other) => Err(format!("nextJobStartTime {other} is no time")),
    }
}

fn time(text: &str) -> Result<Instant, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let civil: Result<jiff::civil::DateTime, _> = text.parse();
    civil
        .ok()
        .and_then(|civil| TimeZone::UTC.to_timestamp(civil).ok())
        .map(|stamp| Instant::from_millis(stamp.as_millisecond()))
        .ok_or_else(|| {
            format!("nextJobStartTime `{text}` is neither 2026-01-05 08:00:00 nor 2026-01-05T08:00:00.000Z")
        })
}

/// When the next job starts after one that started at `start`.
pub fn next_start(frequency: Frequency, start: Instant) -> Option<Instant> {
    match frequency {
        Frequency::Once => None,
        Frequency::Every(interval, unit) => moved(start, i64::from(interval), unit).ok(),
    }
}

fn moved(at: Instant, by: i64, unit: Unit) -> Result<Instant, String> {
    let none = Span::new();
    let span = match unit {
        Unit::Minute => none.try_minutes(by),
        Unit::Hour => none.try_hours(by),
        Unit::Day => none.try_days(by),
        Unit::Week => none.try_weeks(by),
        Unit::Month => none.try_months(by),
    };
    span.and_then(|span| at.timestamp().to_zoned_datetime(TimeZone::UTC).checked_add(span))
        .map(|zoned| Instant::from_millis(zoned.timestamp().as_millisecond()))
        .map_err(|_| "the interval leads out of the calendar".to_owned())
}

/// A member by name in any case: clients write `dataFlowId` and the like.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let members = object.as_object()?;
    members.get(name).or_else(|| {
        members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn since(text: &str) -> Result<Extract, String> {
        Ok(Extract::Since(text.parse().unwrap()))
    }

    #[test]
    fn the_first_run_reads_one_interval_back() {
        let last = Some("2026-01-05T07:00:00.000Z".parse().unwrap());
        for (scheduling, last_runtime, expected) in [
            (json!({"frequencyType": "once"}), None, since("2026-01-04T08:00:00Z")),
            (json!({}), None, since("2026-01-04T08:00:00Z")),
            (json!({"frequencyType": "hour", "frequencyInterval": 12}), None, since("2026-01-04T20:00:00Z")),
            (
                json!({"frequencyType": "minute", "frequencyInterval": "15"}),
                None,
                since("2026-01-05T07:45:00Z"),
            ),
            (json!({"frequencyType": "week"}), None, since("2025-12-29T08:00:00Z")),
            (json!({"frequencyType": "month", "frequencyInterval": 1}), None, since("2025-12-05T08:00:00Z")),
            (json!({"frequencyType": "once"}), last, since("2026-01-05T07:00:00Z")),
            (json!({"frequencyType": "day", "fullExtract": null}), last, since("2026-01-05T07:00:00Z")),
            (json!({"frequencyType": "day", "fullExtract": true}), last, Ok(Extract::Full)),
            (json!({"FullExtract": "true"}), None, Ok(Extract::Full)),
            (
                json!({"frequencyType": "yearly"}),
                None,
                Err("frequencyType `yearly` is none of once, minute, hour, day, week, month".to_owned()),
            ),
            (
                json!({"frequencyType": "day", "frequencyInterval": -1}),
                None,
                Err("frequencyInterval is no whole number from 1".to_owned()),
            ),
        ] {
            assert_eq!(extract(&scheduling, last_runtime, Instant::START), expected, "{scheduling}");
        }
    }

    #[test]
    fn both_time_formats_are_utc() {
        for (text, expected) in [
            ("2026-01-05 09:30:00", "2026-01-05T09:30:00.000Z"),
            ("2026-01-01T10:03:14.607Z", "2026-01-01T10:03:14.607Z"),
        ] {
            let start = first_start(&json!({"nextJobStartTime": text}), Instant::START).unwrap();
            assert_eq!(start.to_string(), expected);
        }
        assert_eq!(first_start(&json!({}), Instant::START), Ok(Instant::START));
        assert!(first_start(&json!({"nextJobStartTime": "tomorrow"}), Instant::START).is_err());
    }

    #[test]
    fn intervals_count_in_their_own_unit() {
        let start: Instant = "2026-01-31T08:00:00Z".parse().unwrap();
        for (frequency, expected) in [
            (Frequency::Once, None),
            (Frequency::Every(12, Unit::Hour), Some("2026-01-31T20:00:00.000Z")),
            (Frequency::Every(1, Unit::Month), Some("2026-02-28T08:00:00.000Z")),
        ] {
            assert_eq!(next_start(frequency, start).map(|at| at.to_string()), expected.map(str::to_owned));
        }
    }
}
