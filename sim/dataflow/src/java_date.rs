//! Java date patterns, as far as file names and dates in dataflows use them: English names, UTC unless said otherwise.

mod reading;

pub use reading::parse_in;

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use standin_model::Instant;

/// An instant in a Java pattern, in UTC. Unknown letters stay as they are; text in single quotes is literal.
pub fn format(at: Instant, pattern: &str) -> String {
    format_in(at, &TimeZone::UTC, pattern)
}

/// The same on the clocks of a time zone.
pub fn format_in(at: Instant, zone: &TimeZone, pattern: &str) -> String {
    let zoned = at.timestamp().to_zoned_datetime(zone.clone());
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = literal(&rest[1..], &mut out);
            continue;
        }
        let run = rest.chars().take_while(|c| *c == first).count();
        let (field, tail) = rest.split_at(run * first.len_utf8());
        letters(&zoned, first, field, run, &mut out);
        rest = tail;
    }
    out
}

/// Text up to the closing quote; two quotes are one quote.
fn literal<'a>(rest: &'a str, out: &mut String) -> &'a str {
    if let Some(tail) = rest.strip_prefix('\'') {
        out.push('\'');
        return tail;
    }
    let mut characters = rest.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c != '\'' {
            out.push(c);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            out.push('\'');
        } else {
            return &rest[at + 1..];
        }
    }
    ""
}

fn letters(at: &ZonedDateTime, letter: char, field: &str, run: usize, out: &mut String) {
    let number = match letter {
        // The week year differs from the year only around New Year; vendor templates write `YY` for the year.
        'y' | 'Y' if run == 2 => i64::from(at.year()).rem_euclid(100),
        'y' | 'Y' => i64::from(at.year()),
        'M' if run > 2 => return name(at, if run == 3 { "%b" } else { "%B" }, out),
        'M' => i64::from(at.month()),
        'd' => i64::from(at.day()),
        'D' => i64::from(at.date().day_of_year()),
        'H' => i64::from(at.hour()),
        'h' => i64::from((at.hour() + 11) % 12 + 1),
        'm' => i64::from(at.minute()),
        's' => i64::from(at.second()),
        'S' => i64::from(at.millisecond()),
        'a' => return name(at, "%p", out),
        'E' => return name(at, if run < 4 { "%a" } else { "%A" }, out),
        'Z' => return name(at, "%z", out),
        'X' if at.offset().seconds() == 0 => return out.push('Z'),
        'X' => return name(at, ["%:::z", "%z", "%:z"][run.min(3) - 1], out),
        'z' => return name(at, "%Z", out),
        _ => return out.push_str(field),
    };
    let width = run.min(20);
    out.push_str(&format!("{number:0width$}"));
}

fn name(at: &ZonedDateTime, directive: &str, out: &mut String) {
    out.push_str(&at.strftime(directive).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_print_like_java() {
        let at: Instant = "2026-01-05T08:09:07.042Z".parse().unwrap();
        for (pattern, expected) in [
            ("yyyyMMddHHmmss", "20260105080907"),
            ("yyMMddHHmm", "2601050809"),
            ("YYMMdd_HHmmss", "260105_080907"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2026-01-05T08:09:07.042Z"),
            ("d/M/y h:mm a", "5/1/2026 8:09 AM"),
            ("EEE dd MMM", "Mon 05 Jan"),
            ("DDD", "005"),
            ("'it''s' yyyy", "it's 2026"),
            ("'open", "open"),
            ("", ""),
            ("é", "é"),
        ] {
            assert_eq!(format(at, pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn zones_have_their_own_clocks() {
        let at: Instant = "2026-07-05T22:30:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Brussels").unwrap();
        for (pattern, expected) in
            [("dd HH Z", "06 00 +0200"), ("X", "+02"), ("XX", "+0200"), ("XXX", "+02:00"), ("z", "CEST")]
        {
            assert_eq!(format_in(at, &zone, pattern), expected, "{pattern}");
        }
        for (pattern, expected) in [("Z", "+0000"), ("X XX XXX", "Z Z Z"), ("z", "UTC")] {
            assert_eq!(format(at, pattern), expected, "{pattern}");
        }
    }
}
