//! How Eloqua writes and reads points in time.
//!
//! System timestamps are US Eastern unless the caller asks for UTC; date fields have no zone at all.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use standin_model::Instant;
use std::sync::LazyLock;
use std::time::Duration;

/// Looked up once: exports ask for it with every row.
static EASTERN: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC));

/// The zone in which system timestamps are written and filter dates are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Zone {
    /// New York, with its daylight saving.
    Eastern,
    /// Coordinated universal time.
    Utc,
}

impl Zone {
    fn rules(self) -> TimeZone {
        match self {
            Self::Eastern => EASTERN.clone(),
            Self::Utc => TimeZone::UTC,
        }
    }

    /// The wall clock in this zone.
    pub(crate) fn civil(self, at: Instant) -> DateTime {
        self.rules().to_datetime(at.timestamp())
    }

    /// The point that a wall clock of this zone shows; the earlier one where two fit.
    pub(crate) fn instant(self, civil: DateTime) -> Option<Instant> {
        let stamp = self.rules().to_ambiguous_timestamp(civil).compatible().ok()?;
        Some(Instant::from_millis(stamp.as_millisecond()))
    }
}

/// The members of definitions and syncs: `2021-07-01T10:11:12.1230000Z`, always seven digits.
pub(crate) fn bulk(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%3f0000Z").to_string()
}

/// Values in exports: `2018-11-02 13:25:26.203`.
pub(crate) fn exported(civil: DateTime) -> String {
    civil.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}

/// The stamp in a file name: `20260105`.
pub(crate) fn file_stamp(at: Instant) -> String {
    Zone::Eastern.civil(at).strftime("%Y%m%d").to_string()
}

/// Reads `YYYY-MM-DD`, `MM/DD/YYYY`, `MM/DD/YY`, each with an optional time to the minute, second or fraction.
pub(crate) fn civil(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time.trim().trim_end_matches('Z'))),
        None => (text, None),
    };
    let date = if date.contains('/') { us_date(date)? } else { iso_date(date)? };
    match time {
        Some(time) => Some(date.to_datetime(clock(time)?)),
        None => Some(date.to_datetime(Time::midnight())),
    }
}

/// Whether the text ends in a fraction of a second.
pub(crate) fn has_fraction(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(_, seconds)| seconds.contains('.'))
}

fn digits(text: &str, most: usize) -> Option<i16> {
    let fits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

fn iso_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(digits(year, 4)?, digits(month, 2)?.try_into().ok()?, digits(day, 2)?.try_into().ok()?).ok()
}

fn us_date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || ![2, 4].contains(&year.len()) {
        return None;
    }
    // Two digits are the hundred years that end in 2049, as .NET reads them.
    let year = match (year.len(), digits(year, 4)?) {
        (2, short @ 0..50) => 2000 + short,
        (2, short) => 1900 + short,
        (_, whole) => whole,
    };
    Date::new(year, digits(month, 2)?.try_into().ok()?, digits(day, 2)?.try_into().ok()?).ok()
}

fn clock(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let hour = digits(parts.next()?, 2)?.try_into().ok()?;
    let minute = digits(parts.next()?, 2)?.try_into().ok()?;
    let second = parts.next().map_or(Some(0), |part| digits(part, 2))?.try_into().ok()?;
    if parts.next().is_some() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Time::new(hour, minute, second, nanos).ok()
}

/// Reads an ISO 8601 duration such as `PT12H` or `P7D`; days have 24 hours, months 30 days, years 365.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    if !text.starts_with('P') {
        return None;
    }
    let span: jiff::Span = text.parse().ok()?;
    let days = i64::from(span.get_years()) * 365 + i64::from(span.get_months()) * 30;
    let rest = span.try_years(0).ok()?.try_months(0).ok()?;
    let rest = rest.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()?;
    // Seconds of a few centuries at most.
    let seconds = rest + Duration::from_secs(u64::try_from(days).ok()? * 86_400).as_secs_f64();
    (seconds.is_finite() && (0.0..4e9).contains(&seconds)).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_time() {
        let winter = Instant::START;
        let summer: Instant = "2026-07-01T12:00:00.203Z".parse().unwrap();
        for (given, expected) in [
            (bulk(winter), "2026-01-05T08:00:00.0000000Z"),
            (exported(Zone::Eastern.civil(winter)), "2026-01-05 03:00:00.000"),
            (exported(Zone::Eastern.civil(summer)), "2026-07-01 08:00:00.203"),
            (exported(Zone::Utc.civil(summer)), "2026-07-01 12:00:00.203"),
            (file_stamp(winter), "20260105"),
        ] {
            assert_eq!(given, expected);
        }
    }

    #[test]
    fn dates_that_are_read() {
        for (given, expected) in [
            ("1959-05-06", Some("1959-05-06 00:00:00.000")),
            ("2021-01-01 09:08", Some("2021-01-01 09:08:00.000")),
            ("2021-01-01 09:08:07", Some("2021-01-01 09:08:07.000")),
            ("2021-01-01 09:08:07.5", Some("2021-01-01 09:08:07.500")),
            ("01/31/2021", Some("2021-01-31 00:00:00.000")),
            ("05/06/59", Some("1959-05-06 00:00:00.000")),
            ("01/31/21", Some("2021-01-31 00:00:00.000")),
            ("01/31/021", None),
            ("2021-02-30", None),
            ("31/01/2021", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(civil(given).map(exported).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn durations() {
        for (given, hours) in [
            ("PT1H", Some(1)),
            ("P7D", Some(168)),
            ("P14D", Some(336)),
            ("7D", None),
            ("P1M", Some(720)),
            ("P1Y", Some(8760)),
            ("P1Y2M3DT4H", Some(10_276)),
        ] {
            assert_eq!(duration(given).map(|span| span.as_secs() / 3600), hours, "{given}");
        }
    }
}
