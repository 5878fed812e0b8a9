//! Text to instant by a Java pattern.

use super::literal;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use standin_model::Instant;

/// The instant that a text names in a Java pattern; the zone counts where the text names none. The whole text has to
/// fit, and the date has to be one: neither a 31st of February nor what follows the pattern is overlooked.
pub fn parse_in(text: &str, zone: &TimeZone, pattern: &str) -> Option<Instant> {
    let mut parts = Parts { year: 1970, month: 1, day: 1, ..Parts::default() };
    let (mut text, mut rest) = (text, pattern);
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let mut wanted = String::new();
            rest = literal(&rest[1..], &mut wanted);
            text = text.strip_prefix(&wanted)?;
            continue;
        }
        let run = rest.chars().take_while(|c| *c == first).count();
        let (field, tail) = rest.split_at(run * first.len_utf8());
        // Digits that run into the next field are told apart by their number alone.
        let meets_digits = tail.starts_with(|c: char| c.is_ascii_alphabetic());
        text = parts.take(first, field, run, meets_digits, text)?;
        rest = tail;
    }
    if text.is_empty() { parts.instant(zone) } else { None }
}

#[derive(Default)]
struct Parts {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    millis: i32,
    afternoon: Option<bool>,
    offset: Option<Offset>,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Parts {
    /// Reads one field; the rest of the text comes back.
    fn take<'t>(
        &mut self,
        letter: char,
        field: &str,
        run: usize,
        meets_digits: bool,
        text: &'t str,
    ) -> Option<&'t str> {
        let digits = |text: &'t str| {
            let most = if meets_digits { run } else { 9 };
            let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let (number, rest) = text.split_at(length);
            number.parse::<i32>().ok().map(|number| (number, length, rest))
        };
        let small = |text: &'t str| {
            let (number, _, rest) = digits(text)?;
            Some((i8::try_from(number).ok()?, rest))
        };
        let rest;
        match letter {
            'y' | 'Y' | 'u' => {
                let (number, length, after) = digits(text)?;
                // Two digits are a year of this century, as the service is of this century.
                let century = if run == 2 && length == 2 { 2000 } else { 0 };
                self.year = i16::try_from(number + century).ok()?;
                rest = after;
            }
            'M' | 'L' if run > 2 => {
                let (index, after) = word(text, &MONTHS)?;
                self.month = i8::try_from(index).ok()? + 1;
                rest = after;
            }
            'M' | 'L' => (self.month, rest) = small(text)?,
            'd' => (self.day, rest) = small(text)?,
            'H' => (self.hour, rest) = small(text)?,
            'h' => {
                (self.hour, rest) = small(text)?;
                if !(1..=12).contains(&self.hour) {
                    return None;
                }
                self.hour %= 12;
            }
            'm' => (self.minute, rest) = small(text)?,
            's' => (self.second, rest) = small(text)?,
            'S' => {
                let (number, length, after) = digits(text)?;
                let scale = 10_i32.checked_pow(u32::try_from(length.abs_diff(3)).ok()?)?;
                self.millis = if length < 3 { number * scale } else { number / scale };
                rest = after;
            }
            'a' => {
                let half = text.get(..2)?;
                self.afternoon = Some(if half.eq_ignore_ascii_case("pm") {
                    true
                } else if half.eq_ignore_ascii_case("am") {
                    false
                } else {
                    return None;
                });
                rest = &text[2..];
            }
            'E' => (_, rest) = word(text, &DAYS)?,
            'X' | 'Z' | 'z' => {
                let (offset, after) = offset(text)?;
                self.offset = Some(offset);
                rest = after;
            }
            letter if letter.is_ascii_alphabetic() => return None,
            _ => rest = text.strip_prefix(field)?,
        }
        Some(rest)
    }

    fn instant(self, zone: &TimeZone) -> Option<Instant> {
        let hour = self.hour + if self.afternoon == Some(true) { 12 } else { 0 };
        let civil = DateTime::new(
            self.year,
            self.month,
            self.day,
            hour,
            self.minute,
            self.second,
            self.millis * 1_000_000,
        );
        let civil = civil.ok()?;
        let stamp = match self.offset {
            Some(offset) => offset.to_timestamp(civil).ok()?,
            None => civil.to_zoned_datetime(zone.clone()).ok()?.timestamp(),
        };
        Some(Instant::from_millis(stamp.as_millisecond()))
    }
}

/// The number of a name, in full or by its first three letters, in any case.
fn word<'t>(text: &'t str, names: &[&str]) -> Option<(usize, &'t str)> {
    let starts = |name: &&str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let full = names.iter().position(&starts).map(|index| (index, names[index].len()));
    let (index, length) = full.or_else(|| Some((names.iter().position(|name| starts(&&name[..3]))?, 3)))?;
    Some((index, &text[length..]))
}

/// `Z`, `UTC`, `GMT`, `+01`, `+0100` or `+01:00`.
fn offset(text: &str) -> Option<(Offset, &str)> {
    for name in ["Z", "UTC", "GMT"] {
        if let Some(rest) = text.strip_prefix(name) {
            return Some((Offset::UTC, rest));
        }
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let two =
        |text: &str| text.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_digit()))?.parse::<i32>().ok();
    let hours = two(&text[1..])?;
    let after = &text[3..];
    let bare = after.strip_prefix(':').unwrap_or(after);
    let (minutes, rest) = match two(bare) {
        Some(minutes) => (minutes, &bare[2..]),
        None if bare.len() == after.len() => (0, after),
        None => return None,
    };
    if minutes > 59 {
        return None;
    }
    Some((Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::super::format_in;
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, pattern: &str) -> Option<String> {
        parse_in(text, &TimeZone::get("Europe/Brussels").unwrap(), pattern).map(|at| at.to_string())
    }

    #[test]
    fn patterns_read_like_java() {
        for (text, pattern, expected) in [
            ("2026-01-05T08:09:07.042Z", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "2026-01-05T08:09:07.042Z"),
            ("2026-01-05T08:09:07.042+02:00", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-01-05T06:09:07.042Z"),
            ("20260105 -0130", "yyyyMMdd Z", "2026-01-05T01:30:00.000Z"),
            ("5/7/2026 2:05 PM", "d/M/yyyy h:mm a", "2026-07-05T12:05:00.000Z"),
            ("12:00 am", "h:mm a", "1969-12-31T23:00:00.000Z"),
            ("Mon 05 Jan 2026", "EEE dd MMM yyyy", "2026-01-04T23:00:00.000Z"),
            ("5 september 26", "d MMMM yy", "2026-09-04T22:00:00.000Z"),
            ("05.1", "ss.S", "1969-12-31T23:00:05.100Z"),
        ] {
            assert_eq!(read(text, pattern).as_deref(), Some(expected), "{text} {pattern}");
        }
    }

    #[test]
    fn what_does_not_fit_is_no_date() {
        for (text, pattern) in [
            ("", "yyyy"),
            ("2026-02-30", "yyyy-MM-dd"),
            ("2026-13-01", "yyyy-MM-dd"),
            ("2026-01-05 and more", "yyyy-MM-dd"),
            ("2026-01", "yyyy-MM-dd"),
            ("99999999999", "yyyy"),
            ("25:00", "HH:mm"),
            ("0:10 AM", "h:mm a"),
            ("é", "a"),
            ("+1é", "X"),
            ("Ma 5", "EEE d"),
            ("5", "Q"),
        ] {
            assert_eq!(read(text, pattern), None, "{text} {pattern}");
        }
    }

    proptest! {
        #![proptest_config(crate::testing::cases(256))]

        #[test]
        fn what_is_written_reads_back(millis in 0i64..4_000_000_000_000) {
            let (at, zone) = (Instant::from_millis(millis), TimeZone::UTC);
            for pattern in ["yyyyMMddHHmmssSSS", "d MMMM yyyy, h:mm:ss.SSS a XXX"] {
                let text = format_in(at, &zone, pattern);
                prop_assert_eq!(parse_in(&text, &zone, pattern), Some(at), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,12}", pattern in "[yMdHhmsSaEXZz'Q:./ é-]{0,10}") {
            let _ = parse_in(&text, &TimeZone::UTC, &pattern);
        }
    }
}
