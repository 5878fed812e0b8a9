//! The cookies of a participant's browser.

use http::{HeaderMap, header};
use standin_model::Instant;
use std::time::Duration;

/// The most cookies of one domain. Where there is no room, the oldest goes, as in any browser.
const OF_DOMAIN: usize = 180;

/// The most cookies of all domains.
const ALL: usize = 3_000;

/// The longest name and value of a cookie together, in bytes; browsers leave a longer one unset.
const LONGEST: usize = 4_096;

/// What a browser keeps of what hosts had it keep, oldest first.
#[derive(Default)]
pub(super) struct Cookies(Vec<Cookie>);

struct Cookie {
    name: String,
    value: String,
    /// The host that it is for.
    domain: String,
    /// Whether it is for the hosts under that as well.
    wide: bool,
    /// When it is gone; with the browser, if that is not said.
    ends: Option<Instant>,
}

/// One change of a cookie.
pub(super) struct Change {
    pub(super) name: String,
    /// None where it is gone.
    pub(super) value: Option<String>,
}

impl Cookies {
    /// Does what an answer of a host says about cookies, and tells what came of it.
    pub(super) fn keep(&mut self, host: &str, headers: &HeaderMap, now: Instant) -> Vec<Change> {
        // A server may live by another clock, and means its own.
        let date = headers.get(header::DATE).and_then(|date| moment(date.to_str().ok()?)).unwrap_or(now);
        let lines = headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let read: Vec<Cookie> = lines.filter_map(|line| Cookie::read(host, line, date, now)).collect();
        read.into_iter().map(|cookie| self.put(cookie, now)).collect()
    }

    fn put(&mut self, cookie: Cookie, now: Instant) -> Change {
        let same = |known: &Cookie| known.name == cookie.name && known.domain == cookie.domain;
        self.0.retain(|known| !same(known) && known.lives(now));
        let lives = cookie.lives(now);
        let change = Change { name: cookie.name.clone(), value: lives.then(|| cookie.value.clone()) };
        if lives {
            let of_domain = |known: &Cookie| known.domain == cookie.domain;
            let full = self.0.iter().filter(|known| of_domain(known)).count() >= OF_DOMAIN;
            let oldest = if full { self.0.iter().position(of_domain) } else { None };
            if let Some(oldest) = oldest.or_else(|| (self.0.len() >= ALL).then_some(0)) {
                self.0.remove(oldest);
            }
            self.0.push(cookie);
        }
        change
    }

    /// What goes along to a host.
    pub(super) fn line(&self, host: &str, now: Instant) -> String {
        let fitting = self.0.iter().filter(|cookie| cookie.is_for(host) && cookie.lives(now));
        let pairs: Vec<String> = fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        pairs.join("; ")
    }
}

impl Cookie {
    /// A cookie that a host sets; none that it may not set. `date` is what the host's clock showed.
    fn read(host: &str, line: &str, date: Instant, now: Instant) -> Option<Self> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes: Vec<(String, &str)> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
            .collect();
        let said =
            |wanted: &str| attributes.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        let domain = said("domain").map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
        let domain = domain.filter(|domain| !domain.is_empty());
        let wide = domain.is_some();
        let age = said("max-age").and_then(|age| age.parse::<i64>().ok());
        let lasts = |seconds: i64| now.plus(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
        let expires = || Some(now.plus(said("expires").and_then(moment)?.since(date)));
        let cookie = Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            domain: domain.unwrap_or_else(|| host.to_owned()),
            wide,
            ends: age.map(lasts).or_else(expires),
        };
        (cookie.is_for(host) && cookie.name.len() + cookie.value.len() <= LONGEST).then_some(cookie)
    }

    fn lives(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    fn is_for(&self, host: &str) -> bool {
        let under = host.strip_suffix(self.domain.as_str());
        under.is_some_and(|head| head.is_empty() || self.wide && head.ends_with('.'))
    }
}

/// The date of a cookie or an answer, whichever of the ways in use it is written in: RFC 6265, section 5.1.1.
fn moment(text: &str) -> Option<Instant> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut time, mut day, mut month, mut year) = (None, None, None, None::<u32>);
    let delimits = |c: char| !(c.is_ascii_alphanumeric() || c == ':' || !c.is_ascii());
    for token in text.split(delimits).filter(|token| !token.is_empty()) {
        let digits = token.bytes().take_while(u8::is_ascii_digit).count();
        let number = || token[..digits].parse::<u32>().ok();
        let name = token.get(..3).map(str::to_ascii_lowercase).unwrap_or_default();
        match digits {
            1 | 2 if time.is_none() && token.contains(':') => time = Some(time_of_day(token)?),
            1 | 2 if day.is_none() => day = number(),
            0 if month.is_none() && MONTHS.contains(&name.as_str()) => {
                month = MONTHS.iter().position(|known| *known == name);
            }
            2..=4 if year.is_none() => year = number(),
            _ => {}
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1_900,
        year @ 0..=69 => year + 2_000,
        year => year,
    };
    let (day, month, [hours, minutes, seconds]) = (day?, month? + 1, time?);
    // What no calendar has is no date.
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z").parse().ok()
}

fn time_of_day(token: &str) -> Option<[u32; 3]> {
    let mut parts = token.splitn(3, ':').map(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        part[..digits].parse().ok().filter(|_| digits <= 2)
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const HOST: &str = "www.brand.example";

    fn answer(lines: &[&str], date: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::SET_COOKIE, HeaderValue::from_str(line).unwrap());
        }
        date.map(|date| headers.insert(header::DATE, HeaderValue::from_str(date).unwrap()));
        headers
    }

    fn in_(seconds: u64) -> Instant {
        Instant::START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn cookies_go_where_they_are_for() {
        for (line, host, expected) in [
            ("a=1", "www.brand.example", "a=1"),
            ("a=1", "m.brand.example", ""),
            ("a=1; Domain=brand.example; Secure", "m.brand.example", "a=1"),
            ("a=1; Domain=.brand.example", "m.brand.example", "a=1"),
            ("a=1; domain=brand.example", "notbrand.example", ""),
            ("a=1; Domain=evil.example", "evil.example", ""),
        ] {
            let mut cookies = Cookies::default();
            cookies.keep(HOST, &answer(&[line], None), in_(0));
            assert_eq!(cookies.line(host, in_(0)), expected, "{line} {host}");
        }
    }

    #[test]
    fn cookies_last_as_long_as_is_said() {
        // The world's clock begins at 08:00:00 on 5 January 2026.
        for (line, date, last) in [
            ("a=1", None, Some(1_000_000)),
            ("a=1; Max-Age=60", None, Some(59)),
            ("a=1; Max-Age=0", None, None),
            ("a=1; Max-Age=-1; Expires=Mon, 05 Jan 2026 08:01:00 GMT", None, None),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None, None),
            ("a=1; expires=Thu, 01-Jan-1970 00:00:01 GMT", None, None),
            ("a=1; Expires=Mon, 05 Jan 2026 08:01:00 GMT", None, Some(59)),
            ("a=1; Expires=Monday, 05-Jan-26 08:01:00 GMT", None, Some(59)),
            ("a=1; Expires=Mon Jan  5 08:01:00 2026", None, Some(59)),
            ("a=1; Expires=Mon, 31 Feb 2026 08:01:00 GMT", None, Some(1_000_000)),
            ("a=1; Expires=soon", None, Some(1_000_000)),
            // Whoever lives in another year means its own.
            ("a=1; Expires=Fri, 05 Jan 2024 08:01:00 GMT", Some("Fri, 05 Jan 2024 08:00:00 GMT"), Some(59)),
            ("a=1; Expires=Mon, 05 Jan 2026 08:01:00 GMT", Some("Tue, 06 Jan 2026 08:00:00 GMT"), None),
        ] {
            let mut cookies = Cookies::default();
            cookies.keep(HOST, &answer(&["a=0"], None), in_(0));
            let told = cookies.keep(HOST, &answer(&[line], date), in_(0));
            assert_eq!(told[0].value.is_some(), last.is_some(), "{line}");
            let Some(last) = last else {
                assert_eq!(cookies.line(HOST, in_(0)), "", "{line}");
                continue;
            };
            assert_eq!(cookies.line(HOST, in_(last)), "a=1", "{line}");
            if last < 1_000_000 {
                assert_eq!(cookies.line(HOST, in_(last + 1)), "", "{line}");
            }
        }
    }

    #[test]
    fn there_is_room_for_so_many_cookies() {
        let mut cookies = Cookies::default();
        cookies.keep(HOST, &answer(&["other=1; Domain=brand.example"], None), in_(0));
        let lines: Vec<String> = (0..=OF_DOMAIN).map(|number| format!("c{number}=1")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        cookies.keep(HOST, &answer(&lines, None), in_(0));
        let line = cookies.line(HOST, in_(0));
        let names: Vec<&str> = line.split("; ").collect();
        assert_eq!((names.len(), names[0], names[1]), (OF_DOMAIN + 1, "other=1", "c1=1"));
        for number in 0..ALL {
            cookies.keep(&format!("h{number}.example"), &answer(&["a=1"], None), in_(0));
        }
        assert_eq!((cookies.0.len(), cookies.line(HOST, in_(0))), (ALL, String::new()));
        let long = format!("long={}", "x".repeat(LONGEST));
        assert!(cookies.keep(HOST, &answer(&[&long], None), in_(0)).is_empty());
    }
}
