//! The cookies of a participant's browser: who gets them, and what a page's script sees of them.

use http::{HeaderMap, header};
use standin_fake_qualifio::domain::registrable;
use standin_model::Instant;
use std::cmp::Reverse;
use std::time::Duration;
use url::Url;

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
    /// Where on the host it goes, and below.
    path: String,
    /// Whether it goes along over TLS alone.
    secure: bool,
    /// Whether no script sees it.
    hidden: bool,
    /// When it is gone; with the browser, if that is not said.
    ends: Option<Instant>,
}

impl Cookies {
    /// Does what the answer of an address says about cookies.
    pub(super) fn keep(&mut self, from: &Url, headers: &HeaderMap, now: Instant) {
        // A server may live by another clock, and means its own.
        let date = headers.get(header::DATE).and_then(|date| moment(date.to_str().ok()?)).unwrap_or(now);
        for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            if let Some(cookie) = Cookie::read(from, line, date, now) {
                self.put(cookie, now);
            }
        }
    }

    /// Writes a cookie as a script of a page does.
    pub(super) fn write(&mut self, page: &Url, line: &str, now: Instant) {
        let own = Cookie::read(page, line, now, now).filter(|cookie| !cookie.hidden);
        if let Some(cookie) = own.filter(|own| !self.0.iter().any(|known| known.hidden && known.is_same(own)))
        {
            self.put(cookie, now);
        }
    }

    fn put(&mut self, cookie: Cookie, now: Instant) {
        self.0.retain(|known| !known.is_same(&cookie) && known.lives(now));
        if !cookie.lives(now) {
            return;
        }
        let of_domain = |known: &Cookie| known.domain == cookie.domain;
        let full = self.0.iter().filter(|known| of_domain(known)).count() >= OF_DOMAIN;
        let oldest = if full { self.0.iter().position(of_domain) } else { None };
        if let Some(oldest) = oldest.or_else(|| (self.0.len() >= ALL).then_some(0)) {
            self.0.remove(oldest);
        }
        self.0.push(cookie);
    }

    /// What goes along to an address.
    pub(super) fn line(&self, to: &Url, now: Instant) -> String {
        let pairs = self.of(to, now).map(|cookie| format!("{}={}", cookie.name, cookie.value));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// What a script of a page finds under a name.
    pub(super) fn seen(&self, page: &Url, name: &str, now: Instant) -> Option<&str> {
        let mut seen = self.of(page, now).filter(|cookie| !cookie.hidden);
        seen.find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// Forgets the cookies whose names begin so.
    pub(super) fn forget(&mut self, beginning: &str) {
        self.0.retain(|cookie| !cookie.name.starts_with(beginning));
    }

    /// The cookies of an address, those of longer paths first.
    fn of(&self, address: &Url, now: Instant) -> impl Iterator<Item = &Cookie> {
        let mut fitting: Vec<&Cookie> =
            self.0.iter().filter(|cookie| cookie.lives(now) && cookie.is_for(address)).collect();
        fitting.sort_by_key(|cookie| Reverse(cookie.path.len()));
        fitting.into_iter()
    }
}

impl Cookie {
    /// A cookie that an address sets; none that it may not set. `date` is what the host's clock showed.
    fn read(from: &Url, line: &str, date: Instant, now: Instant) -> Option<Self> {
        let host = from.host_str()?;
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes: Vec<(String, &str)> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
            .collect();
        let said =
            |wanted: &str| attributes.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        let domain = said("domain").map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
        let domain = domain.filter(|domain| !domain.is_empty());
        let age = said("max-age").and_then(|age| age.parse::<i64>().ok());
        let lasts = |seconds: i64| now.plus(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
        let expires = || Some(now.plus(said("expires").and_then(moment)?.since(date)));
        let cookie = Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            wide: domain.is_some(),
            domain: domain.unwrap_or_else(|| host.to_owned()),
            path: said("path")
                .filter(|path| path.starts_with('/'))
                .map_or_else(|| folder(from), str::to_owned),
            secure: said("secure").is_some(),
            hidden: said("httponly").is_some(),
            ends: age.map(lasts).or_else(expires),
        };
        // Nobody sets one for the sites of strangers, or for use within other sites without TLS.
        let shared = cookie.wide && cookie.domain != host && cookie.domain.len() < own_domain(host).len();
        let open = said("samesite").is_some_and(|site| site.eq_ignore_ascii_case("none")) && !cookie.secure;
        let fits = cookie.reaches(host) && (is_safe(from) || !cookie.secure) && cookie.keeps_its_name();
        (fits && !shared && !open && cookie.name.len() + cookie.value.len() <= LONGEST).then_some(cookie)
    }

    /// Whether it is what its name promises.
    fn keeps_its_name(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let bound = self.secure && !self.wide && self.path == "/";
        (!name.starts_with("__secure-") || self.secure) && (!name.starts_with("__host-") || bound)
    }

    /// Whether setting one changes the other.
    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
            && (self.wide, &self.domain, &self.path) == (other.wide, &other.domain, &other.path)
    }

    fn lives(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    fn is_for(&self, address: &Url) -> bool {
        let below = address.path().strip_prefix(self.path.as_str());
        let below =
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        below
            && address.host_str().is_some_and(|host| self.reaches(host))
            && (!self.secure || is_safe(address))
    }

    fn reaches(&self, host: &str) -> bool {
        let under = host.strip_suffix(self.domain.as_str());
        under.is_some_and(|head| head.is_empty() || self.wide && head.ends_with('.'))
    }
}

/// The part of a host's name that its cookies may be for at most.
pub(super) fn own_domain(host: &str) -> String {
    host.parse().map_or_else(|_| host.to_owned(), |host| registrable(&host))
}

/// Whether nobody listens in: over TLS, or within the machine.
fn is_safe(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    address.scheme() == "https" || host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1"
}

/// The folder of an address: where a cookie goes that names no path.
fn folder(address: &Url) -> String {
    match address.path().rsplit_once('/') {
        Some((folder, _)) if !folder.is_empty() => folder.to_owned(),
        _ => "/".to_owned(),
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

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

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
    fn cookies_go_where_they_are_for_and_scripts_see_the_open_ones() {
        // What goes along, and what a script sees.
        let both = (true, true);
        for (line, at, expected) in [
            ("a=1", "https://www.brand.example/", both),
            ("a=1", "https://m.brand.example/", (false, false)),
            ("a=1; Domain=brand.example; Secure", "https://m.brand.example/x", both),
            ("a=1; Domain=brand.example; Secure", "http://m.brand.example/x", (false, false)),
            ("a=1; Domain=.brand.example", "https://m.brand.example/", both),
            ("a=1; domain=brand.example", "https://notbrand.example/", (false, false)),
            ("a=1; Domain=evil.example", "https://evil.example/", (false, false)),
            ("a=1; Domain=example", "https://www.brand.example/", (false, false)),
            ("a=1; HttpOnly", "https://www.brand.example/", (true, false)),
            ("a=1; httponly=; Domain=brand.example; Path=/", "https://jeux.brand.example/", (true, false)),
            // Without a path it is for the folder of the address that set it.
            ("a=1", "https://www.brand.example/shop/login/again", both),
            ("a=1; Path=/shop", "https://www.brand.example/shop/login", both),
            ("a=1; Path=/shop/login", "https://www.brand.example/shop/login", both),
            ("a=1; Path=/shop/login", "https://www.brand.example/shop/", (false, false)),
            ("a=1; Path=/shop/log", "https://www.brand.example/shop/login", (false, false)),
            ("a=1; Path=/shop/", "https://www.brand.example/shop/login", both),
            ("a=1; Path=/shop/", "https://www.brand.example/shop", (false, false)),
            ("a=1; SameSite=Strict", "https://www.brand.example/", both),
            ("a=1; SameSite=None", "https://www.brand.example/", (false, false)),
            ("a=1; SameSite=None; Secure", "https://www.brand.example/", both),
            ("__Host-a=1; Path=/; Secure", "https://www.brand.example/", both),
            (
                "__Host-a=1; Path=/; Secure; Domain=brand.example",
                "https://www.brand.example/",
                (false, false),
            ),
            ("__Secure-a=1", "https://www.brand.example/", (false, false)),
        ] {
            let mut cookies = Cookies::default();
            cookies.keep(&url("https://www.brand.example/in"), &answer(&[line], None), in_(0));
            let name = line.split('=').next().unwrap();
            let seen = cookies.seen(&url(at), name, in_(0)) == Some("1");
            assert_eq!((!cookies.line(&url(at), in_(0)).is_empty(), seen), expected, "{line} {at}");
        }
        let mut cookies = Cookies::default();
        cookies.keep(&url("https://www.brand.example/shop/in"), &answer(&["a=1"], None), in_(0));
        assert_eq!(cookies.line(&url("https://www.brand.example/"), in_(0)), "");
        cookies.keep(&url("https://www.brand.example/"), &answer(&["a=2", "b=3; HttpOnly"], None), in_(0));
        assert_eq!(cookies.line(&url("https://www.brand.example/shop/x"), in_(0)), "a=1; a=2; b=3");
        assert_eq!(cookies.seen(&url("https://www.brand.example/shop/x"), "a", in_(0)), Some("1"));
        let plain = url("http://www.brand.example/");
        cookies.keep(&plain, &answer(&["c=1; Secure"], None), in_(0));
        assert_eq!(cookies.line(&plain, in_(0)), "a=2; b=3");
    }

    /// A cookie is another one under another domain or path, and a script does not touch what it does not see.
    #[test]
    fn cookies_are_changed_by_their_name_domain_and_path() {
        let gone = "; Max-Age=0";
        for (line, then, by_script, left) in [
            ("a=1", format!("a={gone}"), false, ""),
            ("a=1", format!("a={gone}"), true, ""),
            ("a=1", format!("a={gone}; Path=/in"), false, "a=1"),
            ("a=1; Domain=brand.example", format!("a={gone}"), false, "a=1"),
            ("a=1; Domain=brand.example", format!("a={gone}; Domain=.Brand.example"), false, ""),
            ("a=1; Domain=brand.example", "a=2".to_owned(), false, "a=1; a=2"),
            ("a=1; HttpOnly", format!("a={gone}"), true, "a=1"),
            ("a=1", "b=2; HttpOnly".to_owned(), true, "a=1"),
            ("a=1; HttpOnly", format!("a={gone}"), false, ""),
        ] {
            let (mut cookies, page) = (Cookies::default(), url("https://www.brand.example/in"));
            cookies.keep(&page, &answer(&[line], None), in_(0));
            match by_script {
                true => cookies.write(&page, &then, in_(0)),
                false => cookies.keep(&page, &answer(&[&then], None), in_(0)),
            }
            assert_eq!(cookies.line(&page, in_(0)), left, "{line} {then}");
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
            let (mut cookies, page) = (Cookies::default(), url("https://www.brand.example/"));
            cookies.keep(&page, &answer(&["a=0"], None), in_(0));
            cookies.keep(&page, &answer(&[line], date), in_(0));
            let Some(last) = last else {
                assert_eq!(cookies.line(&page, in_(0)), "", "{line}");
                continue;
            };
            assert_eq!(cookies.line(&page, in_(last)), "a=1", "{line}");
            if last < 1_000_000 {
                assert_eq!(cookies.line(&page, in_(last + 1)), "", "{line}");
            }
        }
    }

    #[test]
    fn there_is_room_for_so_many_cookies() {
        let (mut cookies, page) = (Cookies::default(), url("https://www.brand.example/"));
        cookies.keep(&page, &answer(&["other=1; Domain=brand.example"], None), in_(0));
        let lines: Vec<String> = (0..=OF_DOMAIN).map(|number| format!("c{number}=1")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        cookies.keep(&page, &answer(&lines, None), in_(0));
        let line = cookies.line(&page, in_(0));
        let names: Vec<&str> = line.split("; ").collect();
        assert_eq!((names.len(), names[0], names[1]), (OF_DOMAIN + 1, "other=1", "c1=1"));
        for number in 0..ALL {
            cookies.keep(&url(&format!("https://h{number}.example")), &answer(&["a=1"], None), in_(0));
        }
        assert_eq!((cookies.0.len(), cookies.line(&page, in_(0))), (ALL, String::new()));
        let long = format!("long={}", "x".repeat(LONGEST));
        cookies.keep(&page, &answer(&[&long], None), in_(0));
        assert_eq!(cookies.line(&page, in_(0)), "");
    }
}
