//! Who is signed in to a console, by what the browser's cookie says.

use crate::form::cookies;
use imbl::OrdMap;
use standin_model::Instant;
use standin_ports::Request;
use std::fmt;

/// How many sessions there may be; the first to end go first.
const MOST: usize = 1_000;

/// How many of them one person may have, so that nobody's browsers sign other people out.
const MOST_OF_ONE: usize = 20;

/// Sessions by the value of one cookie, each with what is kept for it.
#[derive(Clone)]
pub struct Sessions<T: Clone = ()> {
    cookie: &'static str,
    open: OrdMap<String, Session<T>>,
}

#[derive(Clone)]
struct Session<T> {
    owner: String,
    ends: Instant,
    kept: T,
}

/// A number alone: whoever reads the name of a session has it.
impl<T: Clone> fmt::Debug for Sessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({})", self.open.len())
    }
}

impl<T: Clone> Sessions<T> {
    /// Nobody is signed in. `cookie` is the cookie that names a session.
    pub fn by(cookie: &'static str) -> Self {
        Self { cookie, open: OrdMap::new() }
    }

    /// Begins a session in the place of the one that the request comes with: who signs in again leaves none behind.
    pub fn begin(
        &mut self,
        request: &Request,
        now: Instant,
        ends: Instant,
        name: String,
        owner: &str,
        kept: T,
    ) {
        self.end(request);
        self.open =
            self.open.iter().filter(|(_, it)| now < it.ends).map(|(k, v)| (k.clone(), v.clone())).collect();
        if self.open.values().filter(|it| it.owner == owner).count() >= MOST_OF_ONE {
            self.drop_first(|it| it.owner == owner);
        }
        if self.open.len() >= MOST {
            self.drop_first(|_| true);
        }
        self.open.insert(name, Session { owner: owner.to_owned(), ends, kept });
    }

    fn drop_first(&mut self, among: impl Fn(&Session<T>) -> bool) {
        let first = self.open.iter().filter(|(_, it)| among(it)).min_by_key(|(_, it)| it.ends);
        if let Some(name) = first.map(|(name, _)| name.clone()) {
            self.open.remove(&name);
        }
    }

    /// Whose session a request comes with, and what is kept for it.
    pub fn of(&self, now: Instant, request: &Request) -> Option<(&str, &T)> {
        let session = self.open.get(&self.named(request)?)?;
        (now < session.ends).then_some((session.owner.as_str(), &session.kept))
    }

    /// Ends the session that a request comes with.
    pub fn end(&mut self, request: &Request) {
        if let Some(name) = self.named(request) {
            self.open.remove(&name);
        }
    }

    fn named(&self, request: &Request) -> Option<String> {
        cookies(request).into_iter().find(|(name, _)| name == self.cookie).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::time::Duration;

    fn with(name: &str) -> Request {
        let cookie = format!("a=b; session={name}");
        http::Request::builder().uri("/").header("cookie", cookie).body(Bytes::new()).unwrap()
    }

    fn at(seconds: u64) -> Instant {
        Instant::START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_session_is_told_by_its_cookie_until_it_ends() {
        let mut sessions = Sessions::by("session");
        sessions.begin(&with(""), at(0), at(10), "one".to_owned(), "ann", 7);
        assert_eq!(sessions.of(at(9), &with("one")), Some(("ann", &7)));
        assert_eq!((sessions.of(at(10), &with("one")), sessions.of(at(0), &with("two"))), (None, None));
        sessions.begin(&with("one"), at(0), at(10), "two".to_owned(), "ann", 8);
        assert_eq!(sessions.of(at(0), &with("one")), None, "who signs in again leaves none behind");
        assert!(!format!("{sessions:?}").contains("two"));
        sessions.end(&with("two"));
        assert_eq!(sessions.of(at(0), &with("two")), None);
    }

    #[test]
    fn nobody_signs_others_out() {
        let mut sessions = Sessions::by("session");
        sessions.begin(&with(""), at(0), at(10), "anns".to_owned(), "ann", ());
        for n in 0..=MOST_OF_ONE as u64 {
            sessions.begin(&with(""), at(0), at(100 + n), format!("bobs {n}"), "bob", ());
        }
        assert!(sessions.of(at(0), &with("anns")).is_some());
        assert!(
            sessions.of(at(0), &with("bobs 0")).is_none() && sessions.of(at(0), &with("bobs 1")).is_some()
        );
    }

    #[test]
    fn the_session_that_ends_first_makes_room() {
        let mut sessions = Sessions::by("session");
        for n in 0..=MOST as u64 {
            sessions.begin(&with(""), at(0), at(10 + n), format!("{n}"), &format!("person {n}"), ());
        }
        assert_eq!(sessions.open.len(), MOST);
        assert!(sessions.of(at(0), &with("0")).is_none() && sessions.of(at(0), &with("1")).is_some());
        sessions.begin(&with(""), at(5_000), at(6_000), "last".to_owned(), "z", ());
        assert_eq!(sessions.open.len(), 1, "those whose time is over go");
    }
}
