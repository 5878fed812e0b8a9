//! Browsers that are logged in.

use crate::expiring::Expiring;
use imbl::OrdSet;
use standin_model::Instant;
use std::time::Duration;

/// How many sessions are kept.
const MOST: usize = 100_000;
/// How long an ended session is still told from one that never was.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);
/// When a session without an end ends.
const NEVER: Instant = Instant::from_seconds(253_402_300_799);

/// One session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The site at which it started.
    pub(crate) api_key: String,
    /// The site whose accounts these are.
    pub(crate) home: String,
    pub(crate) uid: String,
    pub(crate) ends: Option<Instant>,
    /// Whether the site's own signature keeps it alive after its end.
    pub(crate) dynamic: bool,
}

/// Sessions by token, and by whose they are.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    by_token: Expiring<Session>,
    by_owner: OrdSet<(String, String, String)>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { by_token: Expiring::at_most(MOST), by_owner: OrdSet::new() }
    }
}

impl Session {
    fn owned(&self, token: &str) -> (String, String, String) {
        (self.home.clone(), self.uid.clone(), token.to_owned())
    }
}

impl Sessions {
    pub(crate) fn start(&mut self, token: String, session: Session) {
        let ends = session.ends.filter(|_| !session.dynamic);
        let kept = ends.map_or(NEVER, |ends| ends.plus(REMEMBERED));
        self.by_owner.insert(session.owned(&token));
        if let Some((token, gone)) = self.by_token.insert(kept, token, session) {
            self.by_owner.remove(&gone.owned(&token));
        }
    }

    /// A session, ended or not.
    pub(crate) fn get(&self, now: Instant, token: &str) -> Option<&Session> {
        self.by_token.get(now, token)
    }

    /// Those that have not ended, by whose they are.
    pub(crate) fn alive(&self, now: Instant) -> impl Iterator<Item = &Session> {
        let found = self.by_owner.iter().filter_map(move |(_, _, token)| self.by_token.get(now, token));
        found.filter(move |session| session.dynamic || session.ends.is_none_or(|ends| ends > now))
    }

    /// Ends one session.
    pub(crate) fn end(&mut self, token: &str) {
        if let Some(gone) = self.by_token.remove(token) {
            self.by_owner.remove(&gone.owned(token));
        }
    }

    /// Ends the sessions of an account, all but `spared`.
    pub(crate) fn end_all(&mut self, home: &str, uid: &str, spared: Option<&str>) {
        let first = (home.to_owned(), uid.to_owned(), String::new());
        let of_it = |(of, who, _): &&(String, String, String)| of == home && who == uid;
        let found: Vec<_> = self.by_owner.range(first..).take_while(of_it).cloned().collect();
        for owned in found.into_iter().filter(|(_, _, token)| Some(token.as_str()) != spared) {
            self.by_token.remove(&owned.2);
            self.by_owner.remove(&owned);
        }
    }

    pub(crate) fn expire(&mut self, now: Instant) {
        while let Some((token, gone)) = self.by_token.expire_one(now) {
            self.by_owner.remove(&gone.owned(&token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_persons_sessions_end_and_no_others() {
        let mut sessions = Sessions::default();
        let now = Instant::START;
        for (token, uid) in [("t1", "ann"), ("t2", "ann"), ("t3", "anna"), ("t4", "ann")] {
            let (api_key, home) = ("k".to_owned(), "k".to_owned());
            let session = Session { api_key, home, uid: uid.into(), ends: None, dynamic: false };
            sessions.start(token.to_owned(), session);
        }
        sessions.end_all("k", "ann", Some("t4"));
        let left: Vec<bool> =
            ["t1", "t2", "t3", "t4"].map(|token| sessions.get(now, token).is_some()).to_vec();
        assert_eq!(left, [false, false, true, true]);
        assert_eq!(sessions.by_owner.len(), 2);
    }
}
