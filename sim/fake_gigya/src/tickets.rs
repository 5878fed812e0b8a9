//! Tokens and codes that were handed out and wait to come back.

use crate::accounts::tfa::{Mode, Provider};
use crate::envelope::Refusal;
use crate::expiring::Expiring;
use imbl::OrdMap;
use standin_model::Instant;

/// How many tickets are kept; the first to end go first.
const MOST: usize = 100_000;

/// What a ticket is good for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Purpose {
    /// The link of a password reset.
    ResetPassword,
    /// The link that verifies an address.
    VerifyEmail,
    /// A login identifier that a page may use without seeing it.
    Identifier,
    /// A second factor that is being set up or shown.
    Assertion(Provider, Mode),
    /// A code of a second factor that was sent.
    CodeSent(Provider),
    /// A second factor that was shown.
    Proven(Provider),
    /// The secret of an authenticator application that is being set up.
    TotpSecret,
    /// A one-time code that was sent.
    OneTimeCode,
    /// A lite record that may be read and written.
    LiteInvite,
    /// The id of a browser that keeps no cookies.
    Machine,
    /// A site that is to be deleted.
    DeleteSite,
}

/// A token that waits to come back.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    /// The site whose accounts these are.
    pub(crate) home: String,
    pub(crate) purpose: Purpose,
    /// Whose it is.
    pub(crate) uid: String,
    /// The address or number that it went to, if it was sent.
    pub(crate) to: String,
    /// What has to come back with the token.
    pub(crate) code: Option<String>,
}

/// A ticket, and how often a wrong code came with it.
#[derive(Clone, Debug)]
struct Open {
    ticket: Ticket,
    mistakes: u32,
}

/// How many wrong codes make a ticket void.
const MOST_MISTAKES: u32 = 5;

/// Tickets by token.
#[derive(Clone, Debug)]
pub(crate) struct Tickets {
    open: Expiring<Open>,
    /// The last token of a kind for one person and address: the next takes its place.
    last: OrdMap<(String, Purpose, String, String), String>,
}

impl Default for Tickets {
    fn default() -> Self {
        Self { open: Expiring::at_most(MOST), last: OrdMap::new() }
    }
}

impl Ticket {
    fn line(&self) -> (String, Purpose, String, String) {
        (self.home.clone(), self.purpose.clone(), self.uid.clone(), self.to.clone())
    }
}

impl Tickets {
    /// Hands out a token; an earlier one for the same person, purpose and address is void.
    pub(crate) fn issue(&mut self, ends: Instant, token: String, ticket: Ticket) {
        if let Some(earlier) = self.last.insert(ticket.line(), token.clone()) {
            self.open.remove(&earlier);
        }
        if let Some((token, gone)) = self.open.insert(ends, token, Open { ticket, mistakes: 0 }) {
            self.forget(&token, &gone.ticket);
        }
    }

    /// The ticket of a token of this site, whatever it is good for.
    pub(crate) fn any(&self, now: Instant, home: &str, token: &str) -> Option<&Ticket> {
        self.open.get(now, token).map(|open| &open.ticket).filter(|ticket| ticket.home == home)
    }

    /// The ticket of a token that is good for `purpose` at this site.
    pub(crate) fn find(&self, now: Instant, home: &str, purpose: &Purpose, token: &str) -> Option<&Ticket> {
        self.any(now, home, token).filter(|ticket| ticket.purpose == *purpose)
    }

    /// Takes back a token with the code that belongs to it. A few mistakes are forgiven.
    pub(crate) fn redeem(
        &mut self,
        now: Instant,
        home: &str,
        purpose: &Purpose,
        token: &str,
        code: &str,
    ) -> Result<Ticket, Refusal> {
        let found = self.find(now, home, purpose, token).cloned();
        let ticket = found.ok_or_else(|| Refusal::because(403_025, "the code is no longer valid"))?;
        if ticket.code.as_deref() == Some(code) {
            self.spend(token);
            return Ok(ticket);
        }
        let mistakes = self.open.get_mut(now, token).map_or(0, |open| {
            open.mistakes += 1;
            open.mistakes
        });
        if mistakes >= MOST_MISTAKES {
            self.spend(token);
        }
        Err(Refusal::because(400_006, "Wrong verification code"))
    }

    /// Takes a token back for good.
    pub(crate) fn spend(&mut self, token: &str) {
        if let Some(gone) = self.open.remove(token) {
            self.forget(token, &gone.ticket);
        }
    }

    pub(crate) fn expire(&mut self, now: Instant) {
        while let Some((token, gone)) = self.open.expire_one(now) {
            self.forget(&token, &gone.ticket);
        }
    }

    fn forget(&mut self, token: &str, gone: &Ticket) {
        if self.last.get(&gone.line()).is_some_and(|last| last == token) {
            self.last.remove(&gone.line());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_new_ticket_voids_the_one_before() {
        let now = Instant::START;
        let ends = now.plus(Duration::from_secs(60));
        let ticket = |to: &str| Ticket {
            home: "k".into(),
            purpose: Purpose::ResetPassword,
            uid: "ann".into(),
            to: to.into(),
            code: None,
        };
        let mut tickets = Tickets::default();
        for (token, to) in [("one", "a@b.org"), ("two", "a@b.org"), ("three", "c@d.org")] {
            tickets.issue(ends, token.to_owned(), ticket(to));
        }
        let open =
            |tickets: &Tickets, token: &str| tickets.find(now, "k", &Purpose::ResetPassword, token).is_some();
        assert_eq!(["one", "two", "three"].map(|token| open(&tickets, token)), [false, true, true]);
        assert!(tickets.find(now, "k", &Purpose::VerifyEmail, "two").is_none());
        assert!(tickets.find(now, "other", &Purpose::ResetPassword, "two").is_none());
        tickets.spend("two");
        tickets.expire(ends);
        assert!(!open(&tickets, "two") && tickets.last.is_empty());
    }
}
