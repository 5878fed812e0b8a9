//! `${...}` in file names, constants and conditions.

use crate::java_date;
use jiff::{Span, tz::TimeZone};
use standin_model::Instant;

/// What `${now}` prints without a pattern of its own.
pub const DEFAULT_FORMAT: &str = "yyyyMMddHHmmss";

/// What placeholders stand for within one job.
#[derive(Clone, Debug)]
pub struct Placeholders {
    /// When the job started; constant within a job.
    pub now: Instant,
    /// `${jobId}`
    pub job_id: String,
    /// `${apiKey}`
    pub api_key: String,
}

impl Placeholders {
    /// A file name or a constant. What is not known stays as it is.
    pub fn text(&self, text: &str) -> String {
        replace(text, |inside| self.one(inside))
    }

    /// A regular expression: what placeholders stand for is taken literally.
    pub fn pattern(&self, text: &str) -> String {
        replace(text, |inside| self.one(inside).map(|value| regex::escape(&value)))
    }

    /// A condition: times are epoch milliseconds. The second value tells whether a shifted time was in it.
    pub fn condition(&self, text: &str) -> (String, bool) {
        let mut shifted = false;
        let out = replace(text, |inside| match moment(inside, self.now) {
            Some((at, false, None)) => Some(at.millis().to_string()),
            Some((at, true, None)) => {
                shifted = true;
                Some(at.millis().to_string())
            }
            Some((at, was_shifted, Some(format))) => {
                shifted |= was_shifted;
                Some(java_date::format(at, format))
            }
            None => self.one(inside),
        });
        (out, shifted)
    }

    fn one(&self, inside: &str) -> Option<String> {
        match inside {
            "jobId" => Some(self.job_id.clone()),
            "apiKey" => Some(self.api_key.clone()),
            "unix" => Some(self.now.seconds().to_string()),
            _ => {
                let (at, _, format) = moment(inside, self.now)?;
                Some(java_date::format(at, format.unwrap_or(DEFAULT_FORMAT)))
            }
        }
    }
}

fn replace(text: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let (before, placeholder) = (&rest[..start], &rest[start..=start + length]);
        out.push_str(before);
        match value(&placeholder[2..placeholder.len() - 1]) {
            Some(text) => out.push_str(&text),
            None => out.push_str(placeholder),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    out
}

/// `now`, `now-1h`, `now+2D:yyMMdd`: the point in time, whether it is shifted, and its pattern.
fn moment(inside: &str, now: Instant) -> Option<(Instant, bool, Option<&str>)> {
    let rest = inside.strip_prefix("now")?;
    let (shift, format) = match rest.split_once(':') {
        Some((shift, format)) => (shift, Some(format)),
        None => (rest, None),
    };
    if shift.is_empty() {
        return Some((now, false, format));
    }
    let (sign, amount) = match shift.split_at_checked(1)? {
        ("-", amount) => (-1, amount),
        ("+", amount) => (1, amount),
        _ => return None,
    };
    let unit_at = amount.find(|c: char| !c.is_ascii_digit())?;
    let number = sign * amount[..unit_at].parse::<i64>().ok()?;
    let span = unit(&amount[unit_at..], number)?;
    let moved = now.timestamp().to_zoned_datetime(TimeZone::UTC).checked_add(span).ok()?;
    Some((Instant::from_millis(moved.timestamp().as_millisecond()), true, format))
}

/// Case matters: `M` is months, `m` minutes; `D` and `d` are both days.
fn unit(unit: &str, number: i64) -> Option<Span> {
    let none = Span::new();
    match unit {
        "y" => none.try_years(number).ok(),
        "M" => none.try_months(number).ok(),
        "w" => none.try_weeks(number).ok(),
        "d" | "D" => none.try_days(number).ok(),
        "h" => none.try_hours(number).ok(),
        "m" => none.try_minutes(number).ok(),
        "s" => none.try_seconds(number).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Placeholders {
        Placeholders { now: Instant::START, job_id: "j1".to_owned(), api_key: "3_k".to_owned() }
    }

    #[test]
    fn names_are_filled_in() {
        for (text, expected) in [
            ("members_${now:yyyyMMdd_HHmmss}.csv", "members_20260105_080000.csv"),
            ("a_${now}_${jobId}.json", "a_20260105080000_j1.json"),
            ("${now-1D:yyMMdd} ${now+1d:yyMMdd} ${now-1M:yyyyMM}", "260104 260106 202512"),
            ("${unix}-${apiKey}", "1767600000-3_k"),
            ("${now-2h}", "20260105060000"),
            ("${now-1y:yyyy}${now-1w:dd}${now-5m:HHmm}${now-5s:HHmmss}", "2025290755075955"),
            ("${random} ${now-1q} {{x}} [[Y]] <$z$> ${", "${random} ${now-1q} {{x}} [[Y]] <$z$> ${"),
            ("${now-99999999999999999999h}", "${now-99999999999999999999h}"),
            ("${now-999999999y}", "${now-999999999y}"),
            ("${nowé}", "${nowé}"),
        ] {
            assert_eq!(job().text(text), expected, "{text}");
        }
    }

    #[test]
    fn conditions_compare_milliseconds() {
        for (text, expected, shifted) in [
            ("created > ${now-1h}", "created > 1767596400000", true),
            ("created > ${now}", "created > 1767600000000", false),
            ("x = \"${jobId}\"", "x = \"j1\"", false),
            ("c > \"${now-1d:yyyy-MM-dd}\"", "c > \"2026-01-04\"", true),
        ] {
            assert_eq!(job().condition(text), (expected.to_owned(), shifted), "{text}");
        }
    }
}
