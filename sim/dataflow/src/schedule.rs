//! What a scheduling means for one job: from when on it reads.

use crate::job::{Extract, Log};
use jiff::{Span, tz::TimeZone};
use serde_json::Value;
use standin_model::Instant;
use standin_model::mutant::mutated;

/// From when on a job of this scheduling reads.
///
/// Everything with `fullExtract`; else what changed since the last successful run. Before the first success a
/// scheduling `once` reads the last 24 hours, and a recurring one its last interval.
pub fn extract(scheduling: &Value, last_runtime: Option<Instant>, now: Instant) -> Result<Extract, String> {
    if !mutated("dataflow.extract.never-full")
        && member(scheduling, "fullExtract").is_some_and(|value| truth(value) == Some(true))
    {
        return Ok(Extract::Full);
    }
    if mutated("dataflow.extract.always-full") {
        return Ok(Extract::Full);
    }
    if let Some(since) = last_runtime.filter(|_| !mutated("dataflow.watermark.forgotten")) {
        return Ok(Extract::Since(since));
    }
    if mutated("dataflow.extract.first-run-is-full") {
        return Ok(Extract::Full);
    }
    let span = interval(scheduling)?;
    at_before(now, span).map(Extract::Since)
}

/// A cap on the records of a job; none if there is none.
pub fn limit(scheduling: &Value) -> Result<Option<u64>, String> {
    let number = match member(scheduling, "limit") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64(),
    };
    match number {
        Some(number) if number > 0 => Ok(Some(number)),
        _ => Err("limit is no whole number from 1".to_owned()),
    }
}

/// How much a job tells: `info` unless the scheduling says another level.
pub fn log(scheduling: &Value) -> Result<Log, String> {
    match member(scheduling, "logLevel") {
        None | Some(Value::Null) => Ok(Log::Info),
        Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "" | "info" => Ok(Log::Info),
            "error" => Ok(Log::Error),
            "debug" => Ok(Log::Debug),
            other => Err(format!("logLevel `{other}` is none of info, error, debug")),
        },
        Some(other) => Err(format!("logLevel {other} is none of info, error, debug")),
    }
}

/// How far the first run reads back: a day for `once`, else the frequency's own interval. Its number may be a
/// number or a text, and counts the frequency's own unit.
fn interval(scheduling: &Value) -> Result<Span, String> {
    let kind = member(scheduling, "frequencyType").and_then(Value::as_str).unwrap_or("once").trim();
    let unit: fn(Span, i64) -> Result<Span, jiff::Error> = match kind.to_ascii_lowercase().as_str() {
        "once" if !mutated("dataflow.extract.first-day-is-an-hour") => return Ok(Span::new().days(1)),
        "once" => return Ok(Span::new().hours(1)),
        "minute" => Span::try_minutes,
        "hour" => Span::try_hours,
        "day" => Span::try_days,
        "week" => Span::try_weeks,
        "month" => Span::try_months,
        _ => return Err(format!("frequencyType `{kind}` is none of once, minute, hour, day, week, month")),
    };
    let number = match member(scheduling, "frequencyInterval") {
        None | Some(Value::Null) => Some(1),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let span = number.filter(|number| (1..=100_000).contains(number)).map(|number| unit(Span::new(), number));
    match span {
        Some(Ok(span)) => Ok(span),
        _ => Err("frequencyInterval is no whole number from 1".to_owned()),
    }
}

fn at_before(now: Instant, span: Span) -> Result<Instant, String> {
    let then = now.timestamp().to_zoned_datetime(TimeZone::UTC).checked_sub(span);
    then.map(|zoned| Instant::from_millis(zoned.timestamp().as_millisecond()))
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
    fn limits_and_levels() {
        for (scheduling, expected) in [
            (json!({}), Ok(None)),
            (json!({"limit": null}), Ok(None)),
            (json!({"limit": ""}), Ok(None)),
            (json!({"limit": 10}), Ok(Some(10))),
            (json!({"Limit": "10"}), Ok(Some(10))),
            (json!({"limit": 0}), Err("limit is no whole number from 1".to_owned())),
            (json!({"limit": 1.5}), Err("limit is no whole number from 1".to_owned())),
        ] {
            assert_eq!(limit(&scheduling), expected, "{scheduling}");
        }
        for (scheduling, expected) in [
            (json!({}), Ok(Log::Info)),
            (json!({"logLevel": "error"}), Ok(Log::Error)),
            (json!({"loglevel": "DEBUG"}), Ok(Log::Debug)),
            (json!({"logLevel": "loud"}), Err("logLevel `loud` is none of info, error, debug".to_owned())),
        ] {
            assert_eq!(log(&scheduling), expected, "{scheduling}");
        }
    }
}
