//! Who may call: the site's users and what each of them may do.

use crate::eloqua::{Eloqua, Site};
use standin_ports::Secret;

/// The id of the site's own user.
pub(crate) const OWN: u64 = 222;

/// Who made something, and who changed it last: ids of users. What is there from the beginning is the own user's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct By {
    pub(crate) made: u64,
    pub(crate) changed: u64,
}

impl Default for By {
    fn default() -> Self {
        Self::new(OWN)
    }
}

impl By {
    /// Of something new.
    pub(crate) fn new(user: u64) -> Self {
        Self { made: user, changed: user }
    }

    /// The same after a change.
    pub(crate) fn then(self, user: u64) -> Self {
        Self { changed: user, ..self }
    }
}

/// A user of the site.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) password: Secret,
    pub(crate) enabled: bool,
    /// Whether the user may use the APIs at all.
    pub(crate) api: bool,
    /// Endpoints that the user has no right to; `*` stands for any run of characters.
    pub(crate) without: Vec<String>,
}

impl User {
    /// The name as people read it: `sync.user` is `Sync User`.
    pub(crate) fn display_name(&self) -> String {
        let (first, last) = self.names();
        format!("{first} {last}").trim().to_owned()
    }

    /// First and last name, from the parts of the login name.
    pub(crate) fn names(&self) -> (String, String) {
        let mut parts = self.name.split(['.', '_', ' ']).filter(|part| !part.is_empty()).map(capital);
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}

impl Site {
    /// The user of a login name, in any case.
    pub(crate) fn user_named(&self, name: &str) -> Option<User> {
        let same = |known: &str| known.to_lowercase() == name.to_lowercase();
        if same(&self.user) {
            return Some(User {
                id: OWN,
                name: self.user.clone(),
                password: self.password.clone(),
                enabled: true,
                api: true,
                without: Vec::new(),
            });
        }
        self.others.iter().find(|user| same(&user.name)).cloned()
    }

    /// The login name of a user by id.
    pub(crate) fn name_of(&self, id: u64) -> &str {
        let other = self.others.iter().find(|user| user.id == id);
        other.map_or(self.user.as_str(), |user| user.name.as_str())
    }

    /// The user who `Site\User` and the password belong to.
    pub(crate) fn login(&self, name: &str, password: &str) -> Option<User> {
        let (site, user) = name.split_once('\\')?;
        if site.to_lowercase() != self.name.to_lowercase() {
            return None;
        }
        self.user_named(user).filter(|user| user.enabled && user.password.reveal() == password)
    }
}

/// Whether the name of an endpoint is among `patterns`.
pub(crate) fn listed(patterns: &[String], endpoint: &str) -> bool {
    patterns.iter().any(|pattern| crate::value::fits(pattern, endpoint, '*', None))
}

impl Eloqua {
    /// Whether the site lets callers in from where they are.
    pub(crate) fn lets_in(&self) -> bool {
        self.knobs.on("eloqua.caller_allowed")
    }
}
