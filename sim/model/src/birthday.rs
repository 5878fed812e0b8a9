//! Days of birth.

use crate::Instant;
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// A real day of the Gregorian calendar, from 1900 on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Birthday(Date);

/// Why there is no day of birth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BirthdayError {
    /// Not a day as forms write it, not in the calendar, or before 1900.
    #[error("no date of birth such as 06/05/1959 (day first)")]
    InvalidDate,
    /// Some of day, month and year are there, others are not.
    #[error("day, month and year are needed together")]
    PartialDate,
}

/// The first year that a living person can be born in.
pub const FIRST_YEAR: i16 = 1900;

impl Birthday {
    /// From the three numbers.
    pub fn new(day: i64, month: i64, year: i64) -> Result<Self, BirthdayError> {
        let invalid = BirthdayError::InvalidDate;
        let day = i8::try_from(day).map_err(|_| invalid)?;
        let month = i8::try_from(month).map_err(|_| invalid)?;
        let year = i16::try_from(year).map_err(|_| invalid)?;
        if year < FIRST_YEAR {
            return Err(invalid);
        }
        Date::new(year, month, day).map(Self).map_err(|_| invalid)
    }

    /// From the three selects of a form: all empty is no date, some empty is a mistake.
    pub fn from_selects(day: &str, month: &str, year: &str) -> Result<Option<Self>, BirthdayError> {
        let parts = [day.trim(), month.trim(), year.trim()];
        match parts.iter().filter(|part| part.is_empty()).count() {
            3 => Ok(None),
            0 => numbers(parts).map(Some),
            _ => Err(BirthdayError::PartialDate),
        }
    }

    /// Day of the month, from 1.
    pub fn day(self) -> i64 {
        self.0.day().into()
    }

    /// Month, from 1.
    pub fn month(self) -> i64 {
        self.0.month().into()
    }

    /// Year, four digits.
    pub fn year(self) -> i64 {
        self.0.year().into()
    }

    /// Whether the day has not yet begun at `now` in `zone` (`Europe/Brussels`). A zone that nobody knows
    /// counts as UTC.
    pub fn is_future(self, now: Instant, zone: &str) -> bool {
        let stamp = now.timestamp();
        let today = match stamp.in_tz(zone) {
            Ok(zoned) => zoned.date(),
            Err(_) => jiff::tz::TimeZone::UTC.to_datetime(stamp).date(),
        };
        self.0 > today
    }
}

/// Day first, two digits, slashes: `06/05/1959`.
impl fmt::Display for Birthday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}/{:02}/{:04}", self.0.day(), self.0.month(), self.0.year())
    }
}

/// Day first with `/`, `-`, `.` or a space, or ISO. A date that only makes sense month first is refused, not
/// turned round: a guess would be wrong for every day up to the twelfth.
impl FromStr for Birthday {
    type Err = BirthdayError;

    fn from_str(text: &str) -> Result<Self, BirthdayError> {
        for separator in ['/', '-', '.', ' '] {
            let parts: Vec<&str> = text.split(separator).collect();
            if let [first, second, third] = parts[..] {
                let iso = separator == '-' && (first.len(), second.len(), third.len()) == (4, 2, 2);
                return numbers(if iso { [third, second, first] } else { [first, second, third] });
            }
        }
        Err(BirthdayError::InvalidDate)
    }
}

fn numbers([day, month, year]: [&str; 3]) -> Result<Birthday, BirthdayError> {
    let plain = [day, month, year].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let lengths = matches!(day.len(), 1 | 2) && matches!(month.len(), 1 | 2) && year.len() == 4;
    if !plain || !lengths {
        return Err(BirthdayError::InvalidDate);
    }
    let number = |part: &str| part.parse::<i64>().map_err(|_| BirthdayError::InvalidDate);
    Birthday::new(number(day)?, number(month)?, number(year)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parsing() {
        for (text, expected) in [
            ("06/05/1959", Some((6, 5, 1959))),
            ("6.5.1959", Some((6, 5, 1959))),
            ("6-5-1959", Some((6, 5, 1959))),
            ("6 5 1959", Some((6, 5, 1959))),
            ("1959-05-06", Some((6, 5, 1959))),
            ("29/02/2000", Some((29, 2, 2000))),
            ("29/02/1996", Some((29, 2, 1996))),
            ("31/12/1900", Some((31, 12, 1900))),
            ("12/31/1959", None),
            ("29/02/1900", None),
            ("29/02/2023", None),
            ("31/04/1980", None),
            ("31/12/1899", None),
            ("06/05/59", None),
            ("06/05-1959", None),
            ("06//05/1959", None),
            ("1959/05/06", None),
            ("1959/06/05", None),
            ("1959-5-6", None),
            ("6 May 1959", None),
            ("06/05/1959 10:00", None),
            ("٠٦/٠٥/١٩٥٩", None),
            ("+6/05/1959", None),
            ("00/05/1959", None),
            ("", None),
        ] {
            let got = text.parse::<Birthday>().ok().map(|b| (b.day(), b.month(), b.year()));
            assert_eq!(got, expected, "{text:?}");
        }
    }

    #[test]
    fn three_selects_are_all_or_nothing() {
        assert_eq!(Birthday::from_selects("", " ", ""), Ok(None));
        assert_eq!(Birthday::from_selects("6", "5", "1959"), Birthday::new(6, 5, 1959).map(Some));
        for (day, month, year) in [("6", "5", ""), ("6", "", ""), ("", "", "1959")] {
            assert_eq!(Birthday::from_selects(day, month, year), Err(BirthdayError::PartialDate));
        }
        assert_eq!(Birthday::from_selects("31", "4", "1980"), Err(BirthdayError::InvalidDate));
    }

    #[test]
    fn today_is_the_day_at_the_site() {
        let born = Birthday::new(6, 1, 2026).unwrap();
        let late: Instant = "2026-01-05T23:30:00.000Z".parse().unwrap();
        assert!(!born.is_future(late, "Europe/Brussels"));
        assert!(born.is_future(late, "UTC"));
        assert!(born.is_future(late, "Nowhere/At_All"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Birthday>();
        }

        #[test]
        fn parsing_what_was_printed(day in 1_i64..=31, month in 1_i64..=12, year in 1900_i64..=9999) {
            if let Ok(born) = Birthday::new(day, month, year) {
                prop_assert_eq!(born.to_string().parse::<Birthday>(), Ok(born));
            }
        }
    }
}
